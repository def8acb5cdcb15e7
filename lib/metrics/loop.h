/** Loops whose steps can fail: the first failure in order is the one that is told, for any number of threads. */
#ifndef BINET_METRICS_LOOP_H
#define BINET_METRICS_LOOP_H

#include "binet/base.h"

typedef struct binet__loop {
    void *self;
    int64_t n; /**< steps, >= 1 */
    /** Scratch for steps that run one after the other. On failure there is nothing to end. */
    binet_status (*begin)(const void *self, void **scratch, binet_error *error);
    /** Step i; fills `error`, which is never NULL, where it fails. */
    binet_status (*step)(const void *self, void *scratch, int64_t i, binet_error *error);
    void (*end)(const void *self, void *scratch);
} binet__loop;

/** Run the steps on the context's executor. */
binet_status binet__loop_run(const binet_context *context, const binet__loop *loop, binet_error *error);

#endif
