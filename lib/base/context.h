/** What a context holds, and its defaults where it is NULL. */
#ifndef BINET_BASE_CONTEXT_H
#define BINET_BASE_CONTEXT_H

#include "binet/base.h"

struct binet_context {
    binet_allocator allocator;
    binet_executor executor;
    int32_t isa;
};

/** Never NULL. */
const binet_allocator *binet__context_allocator(const binet_context *context);

/** The instruction set to use, never BINET_ISA_DEFAULT. Fails only where context is NULL and BINET_ISA is wrong. */
binet_status binet__context_isa(const binet_context *context, int32_t *isa, binet_error *error);

/** A copy of the context for an object that outlives the call, since the caller may hand in a context for one call
 *  only; all defaults where context is NULL. */
binet_context binet__context_copy(const binet_context *context);

/** Call task(argument, i) for i in 0 .. n_tasks - 1 on the context's executor. A failure of the executor is passed on.
 */
binet_status binet__run(const binet_context *context, int64_t n_tasks, binet_task task, void *argument,
                        binet_error *error);

#endif
