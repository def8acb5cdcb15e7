/** Filling a binet_error. */
#ifndef BINET_BASE_ERROR_H
#define BINET_BASE_ERROR_H

#include "binet/base.h"

#if defined(__GNUC__)
#define BINET__PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define BINET__PRINTF(text, first)
#endif

/** Fill `error`, where there is one, and return `status`: `return binet__fail(error, ...)`. `argument` may be "". */
binet_status binet__fail(binet_error *error, binet_status status, const char *argument, int64_t element,
                         const char *format, ...) BINET__PRINTF(5, 6);

/** As binet__fail, with BINET_INVALID_ARGUMENT and no element. */
binet_status binet__fail_argument(binet_error *error, const char *argument, const char *format, ...)
    BINET__PRINTF(3, 4);

/** BINET_OUT_OF_MEMORY, saying how much was asked for. */
binet_status binet__fail_memory(binet_error *error, uint64_t bytes);

/** BINET_IO: "cannot <action> '<path>': <reason of errno code>". */
binet_status binet__fail_io(binet_error *error, const char *argument, const char *action, const char *path, int code);

/** BINET_INVALID_ARGUMENT where pointer is NULL. */
binet_status binet__require(const void *pointer, const char *argument, binet_error *error);

/** Check the struct_size of an options or result struct that the caller was compiled with.
 *
 * Too small for `struct_size` itself is BINET_INVALID_ARGUMENT; larger than `known` with a tail that is not zero is
 * BINET_UNSUPPORTED. */
binet_status binet__check_struct(const void *given, size_t known, const char *argument, binet_error *error);

/** Copy options of any version into a local struct of the present one: what the caller does not know is zero.
 *  `given` may be NULL: all zero. */
binet_status binet__read_struct(void *local, size_t known, const void *given, const char *argument, binet_error *error);

/** BINET_INVALID_ARGUMENT where options->reserved is not 0, so that it can come to mean something. */
binet_status binet__check_reserved(int32_t reserved, binet_error *error);

/** Copy a result into the caller's struct of any version, leaving its struct_size. Checked before with
 *  binet__check_struct. */
void binet__write_struct(void *given, const void *local, size_t known);

#endif
