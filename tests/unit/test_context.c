/* A context uses the caller's allocator and executor, and nothing else. */
#include "base/context.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "check.h"

typedef struct counts {
    int64_t allocated;
    int64_t released;
    int64_t loops;
} counts;

static void *allocate(void *user, size_t size)
{
    ((counts *)user)->allocated++;
    return malloc(size);
}

static void release(void *user, void *pointer)
{
    ((counts *)user)->released++;
    free(pointer);
}

static void *allocate_nothing(void *user, size_t size)
{
    (void)user;
    (void)size;
    return NULL;
}

static binet_status run_backwards(void *user, int64_t n_tasks, binet_task task, void *argument, binet_error *error)
{
    (void)error;
    ((counts *)user)->loops++;
    for (int64_t i = n_tasks; i-- > 0;) {
        task(argument, i);
    }
    return BINET_OK;
}

static binet_status run_nothing(void *user, int64_t n_tasks, binet_task task, void *argument, binet_error *error)
{
    (void)user;
    (void)n_tasks;
    (void)task;
    (void)argument;
    (void)error;
    return BINET_CANCELLED;
}

static void square(void *argument, int64_t index)
{
    ((int64_t *)argument)[index] = index * index;
}

static void the_callers_allocator_and_executor_are_used(void)
{
    counts seen = {0, 0, 0};
    binet_allocator allocator = {&seen, allocate, release};
    binet_executor executor = {&seen, run_backwards};
    binet_context_options options = {sizeof options, BINET_ISA_SCALAR, &allocator, &executor};
    binet_context *context = NULL;
    CHECK_INT(binet_context_create(&options, &context, NULL), BINET_OK);
    CHECK_TEXT(binet_context_isa(context), "scalar");
    int64_t squares[5] = {0};
    CHECK_INT(binet__run(context, 5, square, squares, NULL), BINET_OK);
    CHECK_INT(squares[4], 16);
    CHECK_INT(seen.loops, 1);
    void *block = binet__allocate(context, 3, 8, NULL);
    CHECK(block != NULL);
    binet__release(context, block);
    binet_context_destroy(context);
    CHECK_INT(seen.allocated, 2);
    CHECK_INT(seen.released, 2);
}

static void no_context_runs_in_order_on_this_thread(void)
{
    int64_t squares[3] = {0};
    CHECK_INT(binet__run(NULL, 3, square, squares, NULL), BINET_OK);
    CHECK_INT(squares[2], 4);
    binet_context_destroy(NULL);
}

static void what_is_missing_is_named(void)
{
    binet_context *context = (binet_context *)&context;
    binet_context *before = context;
    binet_error error;
    CHECK_INT(binet_context_create(NULL, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "context");
    binet_allocator allocator = {NULL, allocate, NULL};
    binet_context_options options = {sizeof options, 0, &allocator, NULL};
    CHECK_INT(binet_context_create(&options, &context, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "allocator");
    binet_executor executor = {NULL, NULL};
    options.allocator = NULL;
    options.executor = &executor;
    CHECK_INT(binet_context_create(&options, &context, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "executor");
    options.executor = NULL;
    options.isa = 99;
    CHECK_INT(binet_context_create(&options, &context, &error), BINET_UNSUPPORTED);
    CHECK_CONTAINS(error.message, "scalar");
    allocator.release = release;
    allocator.allocate = allocate_nothing;
    options.allocator = &allocator;
    options.isa = 0;
    CHECK_INT(binet_context_create(&options, &context, &error), BINET_OUT_OF_MEMORY);
    CHECK(context == before);
}

static void an_executor_that_fails_is_reported(void)
{
    binet_executor executor = {NULL, run_nothing};
    binet_context_options options = {sizeof options, 0, NULL, &executor};
    binet_context *context = NULL;
    binet_error error;
    CHECK_INT(binet_context_create(&options, &context, NULL), BINET_OK);
    int64_t squares[1] = {0};
    CHECK_INT(binet__run(context, 1, square, squares, &error), BINET_CANCELLED);
    CHECK_TEXT(error.argument, "context");
    CHECK_CONTAINS(error.message, "executor");
    binet_context_destroy(context);
}

static void sizes_never_overflow(void)
{
    size_t bytes = 7;
    CHECK(binet__multiply(3, 8, &bytes) && bytes == 24);
    CHECK(binet__multiply(0, UINT64_MAX, &bytes) && bytes == 0);
    CHECK(binet__multiply(INT64_MAX, 1, &bytes) && bytes == (size_t)INT64_MAX);
    bytes = 7;
    CHECK(!binet__multiply(INT64_MAX, 2, &bytes));
    CHECK(!binet__multiply(-1, 8, &bytes));
    CHECK_INT(bytes, 7);
    binet_error error;
    CHECK(binet__allocate(NULL, INT64_MAX, 1000, &error) == NULL);
    CHECK_INT(error.status, BINET_OUT_OF_MEMORY);
}

static void a_block_grows_with_its_contents(void)
{
    void *block = NULL;
    int64_t capacity = 0;
    for (int64_t i = 0; i < 1000; i++) {
        CHECK_INT(binet__grow(NULL, &block, &capacity, i + 1, sizeof(int64_t), NULL), BINET_OK);
        ((int64_t *)block)[i] = i;
    }
    for (int64_t i = 0; i < 1000; i++) {
        CHECK_INT(((int64_t *)block)[i], i);
    }
    CHECK_INT(capacity, 1024);
    void *before = block;
    CHECK_INT(binet__grow(NULL, &block, &capacity, INT64_MAX, sizeof(int64_t), NULL), BINET_OUT_OF_MEMORY);
    CHECK(block == before);
    CHECK_INT(capacity, 1024);
    binet__release(NULL, block);
}

int main(void)
{
    RUN(the_callers_allocator_and_executor_are_used);
    RUN(no_context_runs_in_order_on_this_thread);
    RUN(what_is_missing_is_named);
    RUN(an_executor_that_fails_is_reported);
    RUN(sizes_never_overflow);
    RUN(a_block_grows_with_its_contents);
    return check_result();
}
