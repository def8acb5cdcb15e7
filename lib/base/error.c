#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LARGEST_STRUCT = 4096 };

const char *binet_status_name(binet_status status)
{
    static const char *const names[] = {
        "OK", "INVALID_ARGUMENT", "INVALID_DATA", "UNSUPPORTED", "OUT_OF_MEMORY", "NOT_CONVERGED", "CANCELLED",
        "IO", "INTERNAL"};
    if (status < 0 || (size_t)status >= sizeof names / sizeof names[0]) {
        return "UNKNOWN";
    }
    return names[status];
}

static void fill(binet_error *error, binet_status status, const char *argument, int64_t element, const char *format,
                 va_list arguments)
{
    if (error == NULL) {
        return;
    }
    memset(error, 0, sizeof *error);
    error->status = status;
    error->element = element;
    (void)snprintf(error->argument, sizeof error->argument, "%s", argument);
    (void)vsnprintf(error->message, sizeof error->message, format, arguments);
    /* One line, whatever a path or a file brings along. */
    for (char *at = error->message; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f) {
            *at = '?';
        }
    }
}

binet_status binet__fail(binet_error *error, binet_status status, const char *argument, int64_t element,
                         const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fill(error, status, argument, element, format, arguments);
    va_end(arguments);
    return status;
}

binet_status binet__fail_argument(binet_error *error, const char *argument, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fill(error, BINET_INVALID_ARGUMENT, argument, -1, format, arguments);
    va_end(arguments);
    return BINET_INVALID_ARGUMENT;
}

binet_status binet__fail_memory(binet_error *error, uint64_t bytes)
{
    return binet__fail(error, BINET_OUT_OF_MEMORY, "", -1, "no memory for %llu bytes", (unsigned long long)bytes);
}

binet_status binet__fail_io(binet_error *error, const char *argument, const char *action, const char *path, int code)
{
    char reason[128];
    if (strerror_r(code, reason, sizeof reason) != 0) {
        (void)snprintf(reason, sizeof reason, "error %d", code);
    }
    return binet__fail(error, BINET_IO, argument, -1, "cannot %s '%s': %s", action, path, reason);
}

binet_status binet__require(const void *pointer, const char *argument, binet_error *error)
{
    return pointer != NULL ? BINET_OK : binet__fail_argument(error, argument, "%s is NULL", argument);
}

static uint32_t size_of(const void *given)
{
    uint32_t size;
    memcpy(&size, given, sizeof size);
    return size;
}

binet_status binet__check_struct(const void *given, size_t known, const char *argument, binet_error *error)
{
    binet_status status = binet__require(given, argument, error);
    if (status != BINET_OK) {
        return status;
    }
    uint32_t size = size_of(given);
    /* No struct is larger than a page: that much is memory that was never set, not a size. */
    if (size < sizeof size || size > LARGEST_STRUCT) {
        return binet__fail_argument(error, argument, "%s->struct_size is %u; set it to sizeof *%s", argument,
                                    (unsigned)size, argument);
    }
    const unsigned char *bytes = given;
    for (size_t i = known; i < size; i++) {
        if (bytes[i] != 0) {
            return binet__fail(error, BINET_UNSUPPORTED, argument, -1,
                               "%s has a field at byte %zu that libbinet %s does not know", argument, i,
                               BINET_VERSION_STRING);
        }
    }
    return BINET_OK;
}

binet_status binet__read_struct(void *local, size_t known, const void *given, const char *argument, binet_error *error)
{
    memset(local, 0, known);
    if (given == NULL) {
        return BINET_OK;
    }
    binet_status status = binet__check_struct(given, known, argument, error);
    if (status == BINET_OK) {
        uint32_t size = size_of(given);
        memcpy(local, given, size < known ? size : known);
    }
    return status;
}

binet_status binet__check_reserved(int32_t reserved, binet_error *error)
{
    return reserved == 0 ? BINET_OK
                         : binet__fail_argument(error, "options", "options->reserved is %d, not 0", (int)reserved);
}

void binet__write_struct(void *given, const void *local, size_t known)
{
    uint32_t size = size_of(given);
    size_t common = size < known ? size : known;
    memcpy((char *)given + sizeof size, (const char *)local + sizeof size, common - sizeof size);
}
