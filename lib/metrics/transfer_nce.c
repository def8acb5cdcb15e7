#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/sum.h"
#include "binet/transfer.h"
#include "kernels/kernels.h"
#include "metrics/sort.h"
#include "metrics/targets.h"

/* Pairs of a source class, in the upper half, and the number of a target class, as numbers that sort. */
typedef struct pairs {
    int64_t n;
    uint64_t *values;
    uint64_t *scratch;
} pairs;

static uint64_t source_of(uint64_t pair)
{
    return pair >> 32;
}

/* Minus count log(count / whole). */
static void add_entropy(const binet__kernels *kernels, int64_t count, int64_t whole, binet__sum *sum)
{
    double share = (double)count / (double)whole;
    kernels->log_each(&share, 1);
    binet__sum_add(sum, -(double)count * share);
}

/* N H(Y | Z) over sorted pairs; how many source classes there are. */
static void add_pairs(const binet__kernels *kernels, const pairs *of, binet__sum *sum, int32_t *n_sources)
{
    for (int64_t first = 0, end; first < of->n; first = end) {
        end = first;
        while (end < of->n && source_of(of->values[end]) == source_of(of->values[first])) {
            end++;
        }
        ++*n_sources;
        for (int64_t i = first, next; i < end; i = next) {
            next = i;
            while (next < end && of->values[next] == of->values[i]) {
                next++;
            }
            add_entropy(kernels, next - i, end - first, sum);
        }
    }
}

static binet_status fill(const binet_array *predictions, const binet__targets *targets, const pairs *of,
                         binet_error *error)
{
    for (int64_t i = 0; i < of->n; i++) {
        int64_t source = binet__integer_at(predictions, i);
        if (source < 0 || source > INT32_MAX) {
            return binet__fail(error, BINET_INVALID_DATA, "predictions", i,
                               "predictions[%lld] is %lld; allowed: 0 .. %d", (long long)i, (long long)source,
                               INT32_MAX);
        }
        of->values[i] = (uint64_t)source << 32 | (uint32_t)targets->classes[i];
    }
    return BINET_OK;
}

static binet_status measure(const binet_context *context, const binet_array *predictions, const binet__targets *targets,
                            binet_nce_result *found, binet_error *error)
{
    pairs of = {.n = targets->n};
    const binet__kernels *kernels = NULL;
    binet_status status = binet__kernels_of(context, &kernels, error);
    if (status == BINET_OK) {
        of.values = binet__allocate(context, of.n, sizeof *of.values, error);
        of.scratch = binet__allocate(context, of.n, sizeof *of.scratch, error);
        status = of.values != NULL && of.scratch != NULL ? fill(predictions, targets, &of, error) : BINET_OUT_OF_MEMORY;
    }
    if (status == BINET_OK) {
        binet__sum conditional = {0, 0};
        binet__sum entropy = {0, 0};
        binet__sort_u64(of.values, of.n, of.scratch);
        add_pairs(kernels, &of, &conditional, &found->n_source_classes);
        for (int32_t k = 0; k < targets->n_classes; k++) {
            if (targets->counts[k] > 0) {
                add_entropy(kernels, targets->counts[k], of.n, &entropy);
            }
        }
        found->nce = 0.0 - binet__sum_value(&conditional) / (double)of.n;
        found->label_entropy = binet__sum_value(&entropy) / (double)of.n;
    }
    binet__release(context, of.scratch);
    binet__release(context, of.values);
    return status;
}

binet_status binet_nce(const binet_context *context, const binet_array *predictions, const binet_array *labels,
                       binet_nce_result *result, binet_error *error)
{
    binet_nce_result found = {0};
    binet__targets targets = {0};
    binet_status status = binet__check_vector(predictions, "predictions", BINET__DTYPES_INTEGER, &found.n, error);
    status = status == BINET_OK ? binet__require(result, "result", error) : status;
    status = status == BINET_OK ? binet__check_struct(result, sizeof *result, "result", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    status = binet__targets_create(context, labels, found.n, "predictions", &targets, error);
    status = status == BINET_OK ? measure(context, predictions, &targets, &found, error) : status;
    if (status == BINET_OK) {
        found.n_classes = targets.n_classes;
        found.n_present = targets.n_present;
        binet__write_struct(result, &found, sizeof found);
    }
    binet__targets_release(context, &targets);
    return status;
}
