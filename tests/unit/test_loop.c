/* A loop runs every step once, and tells the first failure in order whatever the number of threads. */
#include "metrics/loop.h"

#include <stdatomic.h>

#include "base/error.h"
#include "base/memory.h"
#include "check.h"
#include "failing_allocator.h"
#include "pooled.h"

enum { N = 1000 };

static const int64_t none[2] = {-1, -1};

typedef struct tally {
    atomic_int steps[N];
    atomic_int begun;
    atomic_int ended;
} tally;

typedef struct counted {
    const binet_context *context;
    tally *seen;
    int64_t fails[2]; /* steps that fail; -1: none */
} counted;

static binet_status begin(const void *self, void **scratch, binet_error *error)
{
    const counted *of = self;
    *scratch = binet__allocate(of->context, 1, 1, error);
    if (*scratch == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    atomic_fetch_add(&of->seen->begun, 1);
    return BINET_OK;
}

static binet_status step(const void *self, void *scratch, int64_t i, binet_error *error)
{
    const counted *of = self;
    (void)scratch;
    atomic_fetch_add(&of->seen->steps[i], 1);
    if (i == of->fails[0] || i == of->fails[1]) {
        return binet__fail(error, BINET_INVALID_DATA, "step", i, "step %lld fails", (long long)i);
    }
    return BINET_OK;
}

static void end(const void *self, void *scratch)
{
    const counted *of = self;
    binet__release(of->context, scratch);
    atomic_fetch_add(&of->seen->ended, 1);
}

/** Runs steps [0, n) into a fresh `seen`. fails: the two steps that fail, or -1. */
static binet_status run(const binet_context *context, int64_t n, const int64_t fails[2], tally *seen,
                        binet_error *error)
{
    counted of = {context, seen, {fails[0], fails[1]}};
    binet__loop loop = {&of, n, begin, step, end};
    memset(seen, 0, sizeof *seen);
    return binet__loop_run(context, &loop, error);
}

static void on_threads(int32_t n_threads, void (*claim)(const binet_context *context))
{
    pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
    claim(on.context);
    pooled_end(on);
}

static void check_every_step(const binet_context *context)
{
    static const int64_t lengths[] = {1, 2, 127, 128, 129, N};
    for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
        static tally seen;
        CHECK_INT(run(context, lengths[k], none, &seen, NULL), BINET_OK);
        for (int64_t i = 0; i < N; i++) {
            CHECK_INT(atomic_load(&seen.steps[i]), i < lengths[k]);
        }
        CHECK_INT(atomic_load(&seen.begun), atomic_load(&seen.ended));
    }
}

static void check_first_failure(const binet_context *context)
{
    static const int64_t pairs[][2] = {{0, 999}, {999, 3}, {500, 501}, {700, 699}, {998, -1}};
    for (size_t k = 0; k < sizeof pairs / sizeof pairs[0]; k++) {
        for (int round = 0; round < 20; round++) {
            static tally seen;
            binet_error error;
            int64_t first = pairs[k][1] >= 0 && pairs[k][1] < pairs[k][0] ? pairs[k][1] : pairs[k][0];
            CHECK_INT(run(context, N, pairs[k], &seen, &error), BINET_INVALID_DATA);
            CHECK_INT(error.element, first);
            for (int64_t i = 0; i <= first; i++) {
                CHECK_INT(atomic_load(&seen.steps[i]), 1);
            }
            CHECK_INT(atomic_load(&seen.begun), atomic_load(&seen.ended));
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
        static tally seen;
        failing_allocator_next(&allocator, run(context, 3, none, &seen, NULL));
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
