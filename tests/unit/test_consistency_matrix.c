/* The matrix of kappas holds what every two observers have alone, whatever the threads and the strides. */
#include "binet/bias.h"
#include "binet/threads.h"
#include "check.h"
#include "failing_allocator.h"
#include "scores.h"

enum { M = 7, N = 333 };

static unsigned char correct[M][N];

/* Observers from never right to always right, each with something of the one before. */
static void fill(void)
{
    uint64_t state = 11;
    for (int a = 0; a < M; a++) {
        for (int i = 0; i < N; i++) {
            uint64_t chance = scores_next(&state) >> 40;
            int copied = a > 1 && chance % 3 == 0;
            correct[a][i] = copied ? correct[a - 1][i] : (unsigned char)((chance >> 4) % (M - 1) < (uint64_t)a);
        }
    }
}

static binet_array observers(void)
{
    binet_array array = {correct, BINET_U8, 2, {M, N}, {N, 1}};
    return array;
}

static binet_status measure(const binet_context *context, const binet_array *array, double *accuracy, double *kappa,
                            binet_error *error)
{
    binet_error_consistency_matrix_result result = {.struct_size = sizeof result,
                                                    .accuracy = accuracy,
                                                    .accuracy_capacity = M,
                                                    .kappa = kappa,
                                                    .kappa_capacity = (int64_t)M * M};
    binet_status status = binet_error_consistency_matrix(context, array, &result, error);
    if (status == BINET_OK) {
        CHECK_INT(result.n_observers, array->shape[0]);
        CHECK_INT(result.n, array->shape[1]);
    }
    return status;
}

static void every_entry_is_that_of_two_observers_alone(void)
{
    double accuracy[M];
    double kappa[M * M];
    fill();
    binet_array all = observers();
    CHECK_INT(measure(NULL, &all, accuracy, kappa, NULL), BINET_OK);
    for (int a = 0; a < M; a++) {
        for (int b = 0; b < M; b++) {
            binet_array one = {correct[a], BINET_U8, 1, {N}, {1}};
            binet_array two = {correct[b], BINET_U8, 1, {N}, {1}};
            binet_error_consistency_result pair = {.struct_size = sizeof pair};
            CHECK_INT(binet_error_consistency(NULL, &one, &two, &pair, NULL), BINET_OK);
            CHECK(kappa[a * M + b] == pair.kappa);
            CHECK(accuracy[a] == pair.accuracy_a);
        }
        CHECK(kappa[a * M + a] == 1.0);
    }
    CHECK(accuracy[0] == 0.0 && accuracy[M - 1] > 0.9); /* the ends are among them */
}

static void threads_strides_and_isa_change_nothing(void)
{
    static unsigned char backwards[N][2 * M];
    double plain[M * M];
    double other[M * M];
    fill();
    for (int a = 0; a < M; a++) {
        for (int i = 0; i < N; i++) {
            backwards[N - 1 - i][2 * a] = correct[a][i];
        }
    }
    binet_array all = observers();
    binet_array strided = {backwards[N - 1], BINET_U8, 2, {M, N}, {2, -2 * M}};
    CHECK_INT(measure(NULL, &all, NULL, plain, NULL), BINET_OK);
    for (int32_t isa = BINET_ISA_SCALAR; isa <= BINET_ISA_NEON; isa++) {
        binet_thread_pool *pool = NULL;
        binet_context *context = NULL;
        CHECK_INT(binet_thread_pool_create(3, &pool, NULL), BINET_OK);
        binet_executor executor = binet_thread_pool_executor(pool);
        binet_context_options options = {sizeof options, isa, NULL, &executor};
        if (binet_context_create(&options, &context, NULL) == BINET_OK) {
            memset(other, 0, sizeof other);
            CHECK_INT(measure(context, &strided, NULL, other, NULL), BINET_OK);
            CHECK(memcmp(plain, other, sizeof plain) == 0);
        }
        binet_context_destroy(context);
        binet_thread_pool_destroy(pool);
    }
}

static void rooms_that_are_not_wanted_may_be_missing(void)
{
    double kappa[M * M];
    fill();
    binet_array all = observers();
    CHECK_INT(measure(NULL, &all, NULL, NULL, NULL), BINET_OK);
    binet_array one = {correct[3], BINET_U8, 2, {1, N}, {N, 1}};
    CHECK_INT(measure(NULL, &one, NULL, kappa, NULL), BINET_OK);
    CHECK(kappa[0] == 1.0);
}

static void refused(const binet_array *array, binet_status status, const char *argument, int64_t element,
                    const char *why)
{
    double accuracy[M] = {7.0};
    double kappa[M * M] = {7.0};
    binet_error error;
    CHECK_INT(measure(NULL, array, accuracy, kappa, &error), status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
    CHECK(accuracy[0] == 7.0 && kappa[0] == 7.0);
}

static void what_does_not_fit_is_named(void)
{
    fill();
    binet_array all = observers();
    correct[4][17] = 2;
    refused(&all, BINET_INVALID_DATA, "correct", 4 * N + 17, "is 2; allowed: 0 (wrong), 1 (right)");
    correct[4][17] = 1;
    refused(NULL, BINET_INVALID_ARGUMENT, "correct", -1, "NULL");
    all.ndim = 1;
    refused(&all, BINET_INVALID_ARGUMENT, "correct", -1, "1 dimensions");
    all = observers();
    all.shape[0] = 0;
    refused(&all, BINET_INVALID_ARGUMENT, "correct", -1, "correct is [0, 333]");
    all = observers();
    all.shape[1] = 0;
    refused(&all, BINET_INVALID_ARGUMENT, "correct", -1, "at least one trial");
    all = observers();
    all.dtype = BINET_I32;
    refused(&all, BINET_INVALID_ARGUMENT, "correct", -1, "dtype");
    all = observers();
    double room[M * M] = {7.0};
    binet_error error;
    binet_error_consistency_matrix_result result = {
        .struct_size = sizeof result, .kappa = room, .kappa_capacity = M * M - 1};
    CHECK_INT(binet_error_consistency_matrix(NULL, &all, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "kappa_capacity is 48; 7 observers need their square");
    result.kappa = NULL;
    result.accuracy = room;
    result.accuracy_capacity = M - 1;
    CHECK_INT(binet_error_consistency_matrix(NULL, &all, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "accuracy_capacity is 6; 7 observers");
    CHECK(room[0] == 7.0);
    CHECK_INT(result.n_observers, 0);
    CHECK_INT(binet_error_consistency_matrix(NULL, &all, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "result");
    struct {
        binet_error_consistency_matrix_result known;
        int64_t unknown;
    } later = {{.struct_size = sizeof later}, 1};
    CHECK_INT(binet_error_consistency_matrix(NULL, &all, &later.known, NULL), BINET_UNSUPPORTED);
}

static void memory_that_runs_out_is_said_and_given_back(void)
{
    fill();
    binet_array all = observers();
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        double kappa[M * M] = {7.0};
        binet_status status = measure(context, &all, NULL, kappa, NULL);
        CHECK((status == BINET_OK) == (kappa[0] != 7.0));
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

int main(void)
{
    RUN(every_entry_is_that_of_two_observers_alone);
    RUN(threads_strides_and_isa_change_nothing);
    RUN(rooms_that_are_not_wanted_may_be_missing);
    RUN(what_does_not_fit_is_named);
    RUN(memory_that_runs_out_is_said_and_given_back);
    return check_result();
}
