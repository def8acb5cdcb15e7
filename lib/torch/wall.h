/** The wall that no C++ exception passes: every entry of libbinet_torch is one call of wall(). */
#ifndef BINET_TORCH_WALL_H
#define BINET_TORCH_WALL_H

#include <exception>
#include <new>
#include <string>
#include <utility>

#include <c10/util/Exception.h>

#include "binet/base.h"

namespace binet_torch
{

/** What an entry gives up with. */
struct Failure {
    binet_status status;
    const char *argument;
    std::string message;
};

/** The one line of an exception's text that says what is wrong: libtorch prints a traceback around it. */
std::string one_line(const std::string &what);

/** Fill `error`, where there is one, and return the failure's status. */
binet_status fill(binet_error *error, const Failure &failure) noexcept;

/** What an exception's own text says, without the C++ stack. */
inline std::string text_of(const std::exception &exception)
{
    const auto *error = dynamic_cast<const c10::Error *>(&exception);
    return one_line(error != nullptr ? error->what_without_backtrace() : exception.what());
}

/** Run `body`; what it throws becomes a status. */
template <class Body> binet_status wall(const char *argument, binet_error *error, Body &&body) noexcept
{
    try {
        try {
            std::forward<Body>(body)();
            return BINET_OK;
        } catch (const Failure &failure) {
            return fill(error, failure);
        } catch (const std::bad_alloc &) {
            return fill(error, {BINET_OUT_OF_MEMORY, argument, "no memory"});
        } catch (const c10::OutOfMemoryError &exception) {
            return fill(error, {BINET_OUT_OF_MEMORY, argument, text_of(exception)});
        } catch (const std::exception &exception) {
            return fill(error, {BINET_INTERNAL, argument, text_of(exception)});
        }
    } catch (...) {
        return fill(error, {BINET_INTERNAL, argument, {}});
    }
}

} // namespace binet_torch

#endif
