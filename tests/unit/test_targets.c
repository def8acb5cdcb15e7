/* Labels are counted, and classes that have samples are numbered in their order. */
#include "metrics/targets.h"

#include "check.h"
#include "failing_allocator.h"
#include "scores.h"

enum { N = 300, MOST = 65536 };

/* Labels [n] in i32 or i64, with a gap between them, against plain loops. */
static void targets_are_those_of_loops(const int64_t *labels, int64_t n)
{
    int32_t narrow[N];
    int64_t apart[2 * N];
    int64_t largest = 0;
    for (int64_t i = 0; i < n; i++) {
        narrow[i] = (int32_t)labels[i];
        apart[2 * i] = labels[i];
        apart[2 * i + 1] = -5;
        largest = labels[i] > largest ? labels[i] : largest;
    }
    binet_array kinds[] = {scores_vector(labels, BINET_I64, n), scores_vector(narrow, BINET_I32, n),
                           scores_vector(apart, BINET_I64, n)};
    kinds[2].strides[0] *= 2;
    for (int kind = 0; kind < 3; kind++) {
        binet__targets targets = {0};
        CHECK_INT(binet__targets_create(NULL, &kinds[kind], n, "rows", &targets, NULL), BINET_OK);
        CHECK_INT(targets.n, n);
        CHECK_INT(targets.n_classes, largest + 1);
        int32_t n_present = 0;
        for (int64_t k = 0; k <= largest; k++) {
            int64_t count = 0;
            for (int64_t i = 0; i < n; i++) {
                count += labels[i] == k;
            }
            CHECK_INT(targets.counts[k], count);
            CHECK_INT(targets.numbers[k], count > 0 ? n_present : -1);
            n_present += count > 0;
        }
        CHECK_INT(targets.n_present, n_present);
        for (int64_t i = 0; i < n; i++) {
            CHECK_INT(targets.classes[i], targets.numbers[labels[i]]);
        }
        binet__targets_release(NULL, &targets);
    }
}

static void classes_with_samples_are_numbered(void)
{
    static const int64_t two[] = {0, 1};
    static const int64_t falling[] = {9, 4, 9, 2};
    static const int64_t far[] = {MOST - 1, 0, MOST - 1};
    int64_t labels[N];
    targets_are_those_of_loops(two, 2);
    targets_are_those_of_loops(falling, 4);
    targets_are_those_of_loops(far, 3);
    for (int64_t n_classes = 2; n_classes <= 1000; n_classes *= 5) {
        scores_labels(labels, N, n_classes, (uint64_t)n_classes);
        targets_are_those_of_loops(labels, N);
    }
}

static void refused(const binet_array *labels, int64_t n, binet_status status, int64_t element, const char *why)
{
    binet__targets targets = {0};
    binet_error error = {0};
    CHECK_INT(binet__targets_create(NULL, labels, n, "features", &targets, &error), status);
    CHECK_INT(error.status, status);
    CHECK_TEXT(error.argument, "labels");
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
    binet__targets_release(NULL, &targets);
}

static void labels_at_fault_are_named(void)
{
    int64_t labels[4] = {3, 1, 3, 0};
    binet_array of = scores_vector(labels, BINET_I64, 4);
    refused(NULL, 4, BINET_INVALID_ARGUMENT, -1, "NULL");
    refused(&of, 5, BINET_INVALID_ARGUMENT, -1, "labels has 4 entries; features has 5 rows");
    refused(&of, 3, BINET_INVALID_ARGUMENT, -1, "labels has 4 entries; features has 3 rows");
    labels[3] = MOST;
    labels[2] = -1;
    refused(&of, 4, BINET_INVALID_DATA, 2, "labels[2] is -1; allowed: 0 .. 65535");
    labels[2] = 3;
    refused(&of, 4, BINET_INVALID_DATA, 3, "labels[3] is 65536; allowed: 0 .. 65535");
    labels[0] = labels[1] = labels[3] = 3;
    refused(&of, 4, BINET_INVALID_DATA, -1, "labels has one class, 3, on all 4 rows; at least two are needed");
    of.dtype = BINET_F64;
    refused(&of, 4, BINET_INVALID_ARGUMENT, -1, "dtype f64");
    of = scores_matrix(labels, BINET_I64, 2, 2);
    refused(&of, 2, BINET_INVALID_ARGUMENT, -1, "2 dimensions");
}

static void memory_that_runs_out_is_given_back(void)
{
    static const int64_t labels[] = {0, 2, 2};
    binet_array of = scores_vector(labels, BINET_I64, 3);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet__targets targets = {0};
        binet_status status = binet__targets_create(context, &of, 3, "rows", &targets, NULL);
        binet__targets_release(context, &targets);
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

int main(void)
{
    RUN(classes_with_samples_are_numbered);
    RUN(labels_at_fault_are_named);
    RUN(memory_that_runs_out_is_given_back);
    return check_result();
}
