#include "base/memory.h"

#include <string.h>

#include "base/context.h"
#include "base/error.h"

int binet__multiply(int64_t count, uint64_t size, size_t *bytes)
{
    if (count < 0 || (size != 0 && (uint64_t)count > (uint64_t)PTRDIFF_MAX / size)) {
        return 0;
    }
    *bytes = (size_t)((uint64_t)count * size);
    return 1;
}

void *binet__allocate(const binet_context *context, int64_t count, uint64_t size, binet_error *error)
{
    size_t bytes;
    if (!binet__multiply(count, size, &bytes)) {
        (void)binet__fail(error, BINET_OUT_OF_MEMORY, "", -1, "%lld elements of %llu bytes are more than memory",
                          (long long)count, (unsigned long long)size);
        return NULL;
    }
    const binet_allocator *allocator = binet__context_allocator(context);
    void *pointer = allocator->allocate(allocator->user, bytes != 0 ? bytes : 1);
    if (pointer == NULL) {
        (void)binet__fail_memory(error, bytes);
    }
    return pointer;
}

void *binet__allocate_zero(const binet_context *context, int64_t count, uint64_t size, binet_error *error)
{
    void *pointer = binet__allocate(context, count, size, error);
    if (pointer != NULL) {
        memset(pointer, 0, (size_t)count * (size_t)size);
    }
    return pointer;
}

binet_status binet__grow(const binet_context *context, void **block, int64_t *capacity, int64_t needed, uint64_t size,
                         binet_error *error)
{
    if (needed <= *capacity) {
        return BINET_OK;
    }
    int64_t larger = *capacity > INT64_MAX / 2 ? needed : 2 * *capacity;
    if (larger < needed) {
        larger = needed;
    }
    void *moved = binet__allocate(context, larger, size, error);
    if (moved == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    if (*block != NULL) {
        memcpy(moved, *block, (size_t)*capacity * (size_t)size);
        binet__release(context, *block);
    }
    *block = moved;
    *capacity = larger;
    return BINET_OK;
}

char *binet__copy_text(const binet_context *context, const char *text, size_t length, binet_error *error)
{
    char *copy = binet__allocate(context, (int64_t)length + 1, 1, error);
    if (copy != NULL) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

void binet__release(const binet_context *context, void *pointer)
{
    if (pointer != NULL) {
        const binet_allocator *allocator = binet__context_allocator(context);
        allocator->release(allocator->user, pointer);
    }
}
