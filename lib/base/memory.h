/** Sizes that cannot overflow, and memory through a context. */
#ifndef BINET_BASE_MEMORY_H
#define BINET_BASE_MEMORY_H

#include "binet/base.h"

/** count * size into bytes; 0 where it does not fit, or where count is negative. The one place where sizes multiply. */
int binet__multiply(int64_t count, uint64_t size, size_t *bytes);

/** Memory for `count` elements of `size` bytes (count 0 gives a pointer too), NULL with BINET_OUT_OF_MEMORY filled in.
 *  context may be NULL. */
void *binet__allocate(const binet_context *context, int64_t count, uint64_t size, binet_error *error);

/** As binet__allocate, all bytes zero. */
void *binet__allocate_zero(const binet_context *context, int64_t count, uint64_t size, binet_error *error);

/** Make room for `needed` elements in a growing block: the old contents move, the capacity at least doubles. On failure
 *  block and capacity are as they were. `*block` may be NULL with `*capacity` 0. */
binet_status binet__grow(const binet_context *context, void **block, int64_t *capacity, int64_t needed, uint64_t size,
                         binet_error *error);

/** A copy of a text of `length` bytes, ending in a zero byte. */
char *binet__copy_text(const binet_context *context, const char *text, size_t length, binet_error *error);

/** Give memory back. NULL is fine. */
void binet__release(const binet_context *context, void *pointer);

#endif
