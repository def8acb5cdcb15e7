/** An allocator that fails at its n-th call, and counts what is not given back.
 *
 *      FAILING_ALLOCATOR_LOOP(allocator, context) {
 *          status = binet_something(context, ..., &out, &error);
 *          ... CHECK that out is untouched where status is BINET_OUT_OF_MEMORY; destroy out where it is BINET_OK ...
 *          failing_allocator_next(&allocator, status);
 *      }
 */
#ifndef TESTS_FAILING_ALLOCATOR_H
#define TESTS_FAILING_ALLOCATOR_H

#include <stdatomic.h>
#include <stdlib.h>

#include "binet/base.h"
#include "check.h"

typedef struct failing_allocator {
    atomic_llong calls;       /* of allocate so far */
    long long fails_at;       /* the call that gets NULL, from 1; 0: none */
    atomic_llong outstanding; /* blocks not given back */
    int done;                 /* a round went through without a failure */
} failing_allocator;

static inline void *failing_allocate(void *user, size_t size)
{
    failing_allocator *allocator = user;
    if (atomic_fetch_add(&allocator->calls, 1) + 1 == allocator->fails_at) {
        return NULL;
    }
    atomic_fetch_add(&allocator->outstanding, 1);
    return malloc(size);
}

static inline void failing_release(void *user, void *pointer)
{
    atomic_fetch_sub(&((failing_allocator *)user)->outstanding, 1);
    free(pointer);
}

/* A context with this allocator, and the executor where one is given. */
static inline binet_context *failing_allocator_context(failing_allocator *allocator, const binet_executor *executor)
{
    binet_allocator functions = {allocator, failing_allocate, failing_release};
    binet_context_options options = {sizeof options, BINET_ISA_DEFAULT, &functions, executor};
    binet_context *context = NULL;
    memset(allocator, 0, sizeof *allocator);
    CHECK_INT(binet_context_create(&options, &context, NULL), BINET_OK);
    allocator->fails_at = 2; /* the context itself was call 1 */
    return context;
}

/* End a round: it failed if and only if the n-th call came, and all memory of the round was given back. */
static inline void failing_allocator_next(failing_allocator *allocator, binet_status status)
{
    int failed = atomic_load(&allocator->calls) >= allocator->fails_at;
    CHECK_INT(status, failed ? BINET_OUT_OF_MEMORY : BINET_OK);
    CHECK_INT(atomic_load(&allocator->outstanding), 1);
    allocator->done = status != BINET_OUT_OF_MEMORY;
    allocator->fails_at++;
    atomic_store(&allocator->calls, 1);
}

#define FAILING_ALLOCATOR_LOOP(allocator, context)                                                                     \
    failing_allocator allocator;                                                                                       \
    binet_context *context;                                                                                            \
    for ((context) = failing_allocator_context(&(allocator), NULL); !(allocator).done;)

#endif
