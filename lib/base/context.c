#include "base/context.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/isa.h"
#include "base/memory.h"

static void *allocate_default(void *user, size_t size)
{
    (void)user;
    return malloc(size);
}

static void release_default(void *user, void *pointer)
{
    (void)user;
    free(pointer);
}

static binet_status run_default(void *user, int64_t n_tasks, binet_task task, void *argument, binet_error *error)
{
    (void)user;
    (void)error;
    for (int64_t i = 0; i < n_tasks; i++) {
        task(argument, i);
    }
    return BINET_OK;
}

static const binet_context defaults = {
    .allocator = {NULL, allocate_default, release_default}, .executor = {NULL, run_default}, .isa = BINET_ISA_DEFAULT};

binet_status binet_context_create(const binet_context_options *options, binet_context **context, binet_error *error)
{
    binet_context_options given;
    binet_status status = binet__require(context, "context", error);
    if (status != BINET_OK) {
        return status;
    }
    status = binet__read_struct(&given, sizeof given, options, "options", error);
    if (status != BINET_OK) {
        return status;
    }
    binet_context made = defaults;
    if (given.allocator != NULL) {
        if (given.allocator->allocate == NULL || given.allocator->release == NULL) {
            return binet__fail_argument(error, "options", "options->allocator lacks allocate or release");
        }
        made.allocator = *given.allocator;
    }
    if (given.executor != NULL) {
        if (given.executor->run == NULL) {
            return binet__fail_argument(error, "options", "options->executor lacks run");
        }
        made.executor = *given.executor;
    }
    status = binet__isa_resolve(given.isa, &made.isa, error);
    if (status != BINET_OK) {
        return status;
    }
    binet_context *created = binet__allocate(&made, 1, sizeof *created, error);
    if (created == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    *created = made;
    *context = created;
    return BINET_OK;
}

void binet_context_destroy(binet_context *context)
{
    if (context != NULL) {
        binet_context copy = *context;
        binet__release(&copy, context);
    }
}

const char *binet_context_isa(const binet_context *context)
{
    int32_t isa;
    return binet__context_isa(context, &isa, NULL) == BINET_OK ? binet__isa_name(isa) : NULL;
}

const binet_allocator *binet__context_allocator(const binet_context *context)
{
    return context != NULL ? &context->allocator : &defaults.allocator;
}

binet_status binet__context_isa(const binet_context *context, int32_t *isa, binet_error *error)
{
    return binet__isa_resolve(context != NULL ? context->isa : defaults.isa, isa, error);
}

binet_context binet__context_copy(const binet_context *context)
{
    return context != NULL ? *context : defaults;
}

binet_status binet__run(const binet_context *context, int64_t n_tasks, binet_task task, void *argument,
                        binet_error *error)
{
    const binet_executor *executor = context != NULL ? &context->executor : &defaults.executor;
    binet_error detail;
    memset(&detail, 0, sizeof detail);
    binet_status status = executor->run(executor->user, n_tasks, task, argument, &detail);
    if (status != BINET_OK) {
        detail.message[sizeof detail.message - 1] = '\0';
        return binet__fail(error, status, "context", -1, "%s",
                           detail.message[0] != '\0' ? detail.message : "the executor of the context failed");
    }
    return BINET_OK;
}
