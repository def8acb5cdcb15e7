#include "metrics/targets.h"

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"

enum { MOST_CLASSES = 65536 };

static binet_status check(const binet_array *labels, int64_t n, const char *rows, int32_t *n_classes,
                          binet_error *error)
{
    binet_status status = binet__require(labels, "labels", error);
    status = status == BINET_OK ? binet__check_array(labels, "labels", 1, BINET__DTYPES_INTEGER, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (labels->shape[0] != n) {
        return binet__fail_argument(error, "labels", "labels has %lld entries; %s has %lld rows",
                                    (long long)labels->shape[0], rows, (long long)n);
    }
    int64_t largest = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t label = binet__integer_at(labels, i);
        if (label < 0 || label >= MOST_CLASSES) {
            return binet__fail(error, BINET_INVALID_DATA, "labels", i, "labels[%lld] is %lld; allowed: 0 .. %d",
                               (long long)i, (long long)label, MOST_CLASSES - 1);
        }
        largest = label > largest ? label : largest;
    }
    *n_classes = (int32_t)(largest + 1);
    return BINET_OK;
}

static binet_status number(const binet_array *labels, binet__targets *targets, binet_error *error)
{
    for (int64_t i = 0; i < targets->n; i++) {
        targets->counts[binet__integer_at(labels, i)]++;
    }
    for (int32_t k = 0; k < targets->n_classes; k++) {
        targets->numbers[k] = targets->counts[k] > 0 ? targets->n_present++ : -1;
    }
    for (int64_t i = 0; i < targets->n; i++) {
        targets->classes[i] = targets->numbers[binet__integer_at(labels, i)];
    }
    return targets->n_present > 1 ? BINET_OK
                                  : binet__fail(error, BINET_INVALID_DATA, "labels", -1,
                                                "labels has one class, %d, on all %lld rows; at least two are needed",
                                                (int)targets->n_classes - 1, (long long)targets->n);
}

binet_status binet__targets_create(const binet_context *context, const binet_array *labels, int64_t n, const char *rows,
                                   binet__targets *targets, binet_error *error)
{
    binet_status status = check(labels, n, rows, &targets->n_classes, error);
    if (status != BINET_OK) {
        return status;
    }
    targets->n = n;
    targets->counts = binet__allocate_zero(context, targets->n_classes, sizeof *targets->counts, error);
    targets->numbers = binet__allocate(context, targets->n_classes, sizeof *targets->numbers, error);
    targets->classes = binet__allocate(context, n, sizeof *targets->classes, error);
    int all = targets->counts != NULL && targets->numbers != NULL && targets->classes != NULL;
    return all ? number(labels, targets, error) : BINET_OUT_OF_MEMORY;
}

void binet__targets_release(const binet_context *context, const binet__targets *targets)
{
    binet__release(context, targets->classes);
    binet__release(context, targets->numbers);
    binet__release(context, targets->counts);
}
