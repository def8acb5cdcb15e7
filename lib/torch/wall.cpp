#include "wall.h"

#include <cstdio>
#include <cstring>

namespace binet_torch
{

std::string one_line(const std::string &what)
{
    // The interpreter of libtorch quotes the model's source first; the reason is its last line.
    const bool traceback = what.rfind("The following operation failed", 0) == 0;
    const std::size_t last = what.find_last_not_of(" \n");
    if (last == std::string::npos) {
        return "an exception without a text";
    }
    const std::size_t begin = traceback ? what.find_last_of('\n', last) + 1 : what.find_first_not_of(" \n");
    const std::size_t end = traceback ? last + 1 : what.find('\n', begin);
    return what.substr(begin, end == std::string::npos ? end : end - begin);
}

binet_status fill(binet_error *error, const Failure &failure) noexcept
{
    if (error != nullptr) {
        const char *message = failure.message.empty() ? "an exception of an unknown type" : failure.message.c_str();
        std::memset(error, 0, sizeof *error);
        error->status = failure.status;
        error->element = -1;
        (void)std::snprintf(error->argument, sizeof error->argument, "%s", failure.argument);
        (void)std::snprintf(error->message, sizeof error->message, "%s", message);
        // One line, whatever a path brings along.
        for (char *at = error->message; *at != '\0'; at++) {
            if (static_cast<unsigned char>(*at) < ' ' || *at == 0x7f) {
                *at = '?';
            }
        }
    }
    return failure.status;
}

} // namespace binet_torch
