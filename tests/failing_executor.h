/** An executor that fails at its n-th call, with an allocator that counts what is not given back.
 *
 *      FAILING_EXECUTOR_LOOP(executor, context) {
 *          status = binet_something(context, ..., &out, &error);
 *          ... CHECK that out is untouched where status is BINET_CANCELLED; destroy out where it is BINET_OK ...
 *          failing_executor_next(&executor, status);
 *      }
 */
#ifndef TESTS_FAILING_EXECUTOR_H
#define TESTS_FAILING_EXECUTOR_H

#include "failing_allocator.h"

typedef struct failing_executor {
    failing_allocator allocator; /* never fails */
    int calls;                   /* of run so far */
    int fails_at;                /* the call that leaves its last task out, from 1 */
    int done;                    /* a round went through without a failure */
} failing_executor;

static inline binet_status failing_run(void *user, int64_t n_tasks, binet_task task, void *argument, binet_error *error)
{
    failing_executor *executor = user;
    (void)error;
    int fails = ++executor->calls == executor->fails_at;
    for (int64_t i = 0; i < n_tasks - fails; i++) {
        task(argument, i);
    }
    return fails ? BINET_CANCELLED : BINET_OK;
}

static inline binet_context *failing_executor_context(failing_executor *executor)
{
    binet_executor functions = {executor, failing_run};
    memset(executor, 0, sizeof *executor);
    binet_context *context = failing_allocator_context(&executor->allocator, &functions);
    executor->allocator.fails_at = 0;
    executor->fails_at = 1;
    return context;
}

/* End a round: it failed if and only if the n-th call came, and all memory of the round was given back. */
static inline void failing_executor_next(failing_executor *executor, binet_status status)
{
    int failed = executor->calls >= executor->fails_at;
    CHECK_INT(status, failed ? BINET_CANCELLED : BINET_OK);
    CHECK_INT(atomic_load(&executor->allocator.outstanding), 1);
    executor->done = status != BINET_CANCELLED;
    executor->fails_at++;
    executor->calls = 0;
}

#define FAILING_EXECUTOR_LOOP(executor, context)                                                                       \
    failing_executor executor;                                                                                         \
    binet_context *context;                                                                                            \
    for ((context) = failing_executor_context(&(executor)); !(executor).done;)

#endif
