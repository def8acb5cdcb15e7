/* A loop runs every step once, and tells the first failure in order whatever the number of threads. */
#include "metrics/loop.h"

#include <stdatomic.h>

#include "base/error.h"
#include "base/memory.h"
#include "binet/threads.h"
#include "check.h"
#include "failing_allocator.h"

enum { N = 1000 };

typedef struct counted {
    atomic_int steps[N];
    atomic_int begun;
    atomic_int ended;
    int64_t fails[2]; /* steps that fail; -1: none */
    const binet_context *context;
} counted;

static binet_status begin(const void *self, void **scratch, binet_error *error)
{
    counted *of = (counted *)(uintptr_t)self;
    *scratch = binet__allocate(of->context, 1, 1, error);
    if (*scratch == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    atomic_fetch_add(&of->begun, 1);
    return BINET_OK;
}

static binet_status step(const void *self, void *scratch, int64_t i, binet_error *error)
{
    counted *of = (counted *)(uintptr_t)self;
    (void)scratch;
    atomic_fetch_add(&of->steps[i], 1);
    if (i == of->fails[0] || i == of->fails[1]) {
        return binet__fail(error, BINET_INVALID_DATA, "step", i, "step %lld fails", (long long)i);
    }
    return BINET_OK;
}

static void end(const void *self, void *scratch)
{
    counted *of = (counted *)(uintptr_t)self;
    binet__release(of->context, scratch);
    atomic_fetch_add(&of->ended, 1);
}

static binet_status run(const binet_context *context, counted *of, int64_t n, binet_error *error)
{
    binet__loop loop = {of, n, begin, step, end};
    of->context = context;
    return binet__loop_run(context, &loop, error);
}

static void on_threads(int32_t n_threads, void (*claim)(const binet_context *context))
{
    binet_thread_pool *pool = NULL;
    binet_context *context = NULL;
    CHECK_INT(binet_thread_pool_create(n_threads, &pool, NULL), BINET_OK);
    binet_executor executor = binet_thread_pool_executor(pool);
    binet_context_options options = {.struct_size = sizeof options, .executor = &executor};
    CHECK_INT(binet_context_create(&options, &context, NULL), BINET_OK);
    claim(context);
    binet_context_destroy(context);
    binet_thread_pool_destroy(pool);
}

static void check_every_step(const binet_context *context)
{
    static const int64_t lengths[] = {1, 2, 127, 128, 129, N};
    for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
        static counted of;
        memset(&of, 0, sizeof of);
        of.fails[0] = of.fails[1] = -1;
        CHECK_INT(run(context, &of, lengths[k], NULL), BINET_OK);
        for (int64_t i = 0; i < N; i++) {
            CHECK_INT(atomic_load(&of.steps[i]), i < lengths[k]);
        }
        CHECK_INT(atomic_load(&of.begun), atomic_load(&of.ended));
    }
}

static void check_first_failure(const binet_context *context)
{
    static const int64_t pairs[][2] = {{0, 999}, {999, 3}, {500, 501}, {700, 699}, {998, -1}};
    for (size_t k = 0; k < sizeof pairs / sizeof pairs[0]; k++) {
        for (int round = 0; round < 20; round++) {
            static counted of;
            binet_error error;
            memset(&of, 0, sizeof of);
            memcpy(of.fails, pairs[k], sizeof of.fails);
            int64_t first = pairs[k][1] >= 0 && pairs[k][1] < pairs[k][0] ? pairs[k][1] : pairs[k][0];
            CHECK_INT(run(context, &of, N, &error), BINET_INVALID_DATA);
            CHECK_INT(error.element, first);
            for (int64_t i = 0; i <= first; i++) {
                CHECK_INT(atomic_load(&of.steps[i]), 1);
            }
            CHECK_INT(atomic_load(&of.begun), atomic_load(&of.ended));
        }
    }
}

static void every_step_runs_once(void)
{
    check_every_step(NULL);
    on_threads(2, check_every_step);
    on_threads(5, check_every_step);
}

static void the_first_failure_in_order_is_told(void)
{
    check_first_failure(NULL);
    on_threads(2, check_first_failure);
    on_threads(5, check_first_failure);
}

static void memory_that_runs_out_is_given_back(void)
{
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        static counted of;
        memset(&of, 0, sizeof of);
        of.fails[0] = of.fails[1] = -1;
        failing_allocator_next(&allocator, run(context, &of, 3, NULL));
    }
    binet_context_destroy(context);
}

int main(void)
{
    RUN(every_step_runs_once);
    RUN(the_first_failure_in_order_is_told);
    RUN(memory_that_runs_out_is_given_back);
    return check_result();
}
