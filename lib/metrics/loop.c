#include "metrics/loop.h"

#include <stdatomic.h>

#include "base/context.h"
#include "base/error.h"
#include "base/memory.h"

enum { MOST_TASKS = 128 };

typedef struct tasks {
    const binet__loop *loop;
    int64_t n;
    binet_error *errors; /* [n]; status BINET_OK where all went well */
    _Atomic int64_t first_failed;
} tasks;

/* What comes before the first failure is always run, so that it is the same one for any number of threads. */
static void run_task(void *argument, int64_t task)
{
    tasks *of = argument;
    const binet__loop *loop = of->loop;
    binet_error *error = &of->errors[task];
    void *scratch = NULL;
    binet_status status = loop->begin(loop->self, &scratch, error);
    if (status == BINET_OK) {
        int64_t end = (task + 1) * loop->n / of->n;
        for (int64_t i = task * loop->n / of->n; status == BINET_OK && i < end; i++) {
            if (atomic_load(&of->first_failed) < task) {
                break;
            }
            status = loop->step(loop->self, scratch, i, error);
        }
        loop->end(loop->self, scratch);
    }
    error->status = status;
    int64_t failed = atomic_load(&of->first_failed);
    while (status != BINET_OK && task < failed && !atomic_compare_exchange_weak(&of->first_failed, &failed, task)) {
    }
}

binet_status binet__loop_run(const binet_context *context, const binet__loop *loop, binet_error *error)
{
    tasks of = {.loop = loop, .n = loop->n < MOST_TASKS ? loop->n : MOST_TASKS};
    of.errors = binet__allocate_zero(context, of.n, sizeof *of.errors, error);
    if (of.errors == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    atomic_init(&of.first_failed, of.n);
    binet_status status = binet__run(context, of.n, run_task, &of, error);
    int64_t failed = atomic_load(&of.first_failed);
    if (status == BINET_OK && failed < of.n) {
        status = of.errors[failed].status;
        if (error != NULL) {
            *error = of.errors[failed];
        }
    }
    binet__release(context, of.errors);
    return status;
}
