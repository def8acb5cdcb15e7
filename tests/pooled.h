/** A context that runs on a pool of threads of its own. */
#ifndef TESTS_POOLED_H
#define TESTS_POOLED_H

#include "binet/base.h"
#include "binet/threads.h"
#include "check.h"

typedef struct pooled {
    binet_thread_pool *pool;
    binet_context *context;
} pooled;

static inline pooled pooled_start(int32_t n_threads, int32_t isa)
{
    pooled on = {NULL, NULL};
    CHECK_INT(binet_thread_pool_create(n_threads, &on.pool, NULL), BINET_OK);
    binet_executor executor = binet_thread_pool_executor(on.pool);
    binet_context_options options = {.struct_size = sizeof options, .isa = isa, .executor = &executor};
    CHECK_INT(binet_context_create(&options, &on.context, NULL), BINET_OK);
    return on;
}

static inline void pooled_end(pooled on)
{
    binet_context_destroy(on.context);
    binet_thread_pool_destroy(on.pool);
}

#endif
