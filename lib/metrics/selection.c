#include "binet/selection.h"

#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "metrics/correctness.h"
#include "metrics/interval.h"

/* ---- Sort and Search --------------------------------------------------------------------------------------------- */

/* How many models have each sample right. */
static void count_models(const binet_array *correct, int64_t *counts)
{
    const unsigned char *first = correct->data;
    for (int64_t sample = 0; sample < correct->shape[1]; sample++) {
        counts[sample] = 0;
    }
    for (int64_t model = 0; model < correct->shape[0]; model++) {
        const unsigned char *row = first + model * correct->strides[0];
        for (int64_t sample = 0; sample < correct->shape[1]; sample++) {
            counts[sample] += row[sample * correct->strides[1]];
        }
    }
}

/* Place samples by falling counts, 0 .. n_models; `starts` has room for n_models + 2. */
static void place_by_count(const int64_t *counts, int64_t n_samples, int64_t n_models, int64_t *starts, int64_t *order)
{
    for (int64_t i = 0; i < n_models + 2; i++) {
        starts[i] = 0;
    }
    for (int64_t sample = 0; sample < n_samples; sample++) {
        starts[n_models - counts[sample] + 1]++;
    }
    for (int64_t i = 1; i < n_models + 2; i++) {
        starts[i] += starts[i - 1];
    }
    for (int64_t sample = 0; sample < n_samples; sample++) {
        order[starts[n_models - counts[sample]]++] = sample;
    }
}

binet_status binet_sort_by_difficulty(const binet_context *context, const binet_array *correct, int64_t *order,
                                      binet_error *error)
{
    int64_t *counts = NULL;
    int64_t *starts = NULL;
    int64_t n_correct = 0;
    binet_status status = binet__require(correct, "correct", error);
    status = status == BINET_OK ? binet__check_array(correct, "correct", 2, BINET__DTYPE(BINET_U8), error) : status;
    if (status == BINET_OK && (correct->shape[0] == 0 || correct->shape[1] == 0)) {
        status = binet__fail_argument(error, "correct", "correct is empty; one model and one sample are needed");
    }
    status = status == BINET_OK ? binet__require(order, "order", error) : status;
    status = status == BINET_OK ? binet__count_correct(correct, "correct", &n_correct, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    int64_t n_models = correct->shape[0];
    int64_t n_samples = correct->shape[1];
    counts = binet__allocate(context, n_samples, sizeof *counts, error);
    starts = counts != NULL ? binet__allocate(context, n_models + 2, sizeof *starts, error) : NULL;
    if (starts == NULL) {
        status = BINET_OUT_OF_MEMORY;
        goto cleanup;
    }
    count_models(correct, counts);
    place_by_count(counts, n_samples, n_models, starts, order);
cleanup:
    binet__release(context, starts);
    binet__release(context, counts);
    return status;
}

binet_status binet_query_places(int64_t n_samples, int64_t n_queries, int64_t *places, binet_error *error)
{
    if (n_samples < 1 || n_samples > INT32_MAX) {
        return binet__fail_argument(error, "n_samples", "n_samples is %lld; allowed: 1 .. %d", (long long)n_samples,
                                    INT32_MAX);
    }
    if (n_queries < 1 || n_queries > n_samples) {
        return binet__fail_argument(error, "n_queries", "n_queries is %lld; allowed: 1 .. n_samples, %lld",
                                    (long long)n_queries, (long long)n_samples);
    }
    binet_status status = binet__require(places, "places", error);
    for (int64_t i = 0; status == BINET_OK && i < n_queries; i++) {
        places[i] = (2 * i + 1) * n_samples / (2 * n_queries);
    }
    return status;
}

static binet_status check_places(const binet_array *places, int64_t n_samples, binet_error *error)
{
    int64_t before = -1;
    for (int64_t i = 0; i < places->shape[0]; i++) {
        int64_t place = binet__integer_at(places, i);
        if (place <= before || place >= n_samples) {
            return binet__fail(error, BINET_INVALID_DATA, "places", i,
                               "places[%lld] is %lld; allowed: above the one before it, below n_samples, %lld",
                               (long long)i, (long long)place, (long long)n_samples);
        }
        before = place;
    }
    return BINET_OK;
}

/* The cut of the queries with the fewest disagreements; of equals the nearest to n_correct, then the lower. */
static int64_t cut_queries(const binet_array *correct, int64_t n_correct, int64_t *n_disagree)
{
    int64_t cut = 0;
    int64_t fewest = n_correct;
    int64_t disagree = n_correct; /* of the cut 0: every right one lies after it */
    for (int64_t i = 0; i < correct->shape[0]; i++) {
        disagree += binet__correct_at(correct, i) ? -1 : 1;
        int64_t here = i + 1;
        if (disagree < fewest || (disagree == fewest && llabs(here - n_correct) < llabs(cut - n_correct))) {
            cut = here;
            fewest = disagree;
        }
    }
    *n_disagree = fewest;
    return cut;
}

/* Where a cut of the queries lies in the whole order. */
static int64_t threshold_of(const binet_array *places, int64_t cut, int64_t n_samples)
{
    if (cut == 0) {
        return 0;
    }
    if (cut == places->shape[0]) {
        return n_samples;
    }
    int64_t last_right = binet__integer_at(places, cut - 1);
    int64_t first_wrong = binet__integer_at(places, cut);
    return last_right + 1 + (first_wrong - last_right) / 2;
}

binet_status binet_place_model(const binet_context *context, const binet_array *places, const binet_array *correct,
                               int64_t n_samples, double confidence_level, binet_placement_result *result,
                               binet_error *error)
{
    (void)context;
    binet_placement_result found = {.n_samples = n_samples};
    binet_status status = binet__check_vector(places, "places", BINET__DTYPES_INTEGER, &found.n_queries, error);
    status = status == BINET_OK
                 ? binet__check_vector(correct, "correct", BINET__DTYPE(BINET_U8), &found.n_queries, error)
                 : status;
    status = status == BINET_OK ? check_places(places, n_samples, error) : status;
    status = status == BINET_OK ? binet__count_correct(correct, "correct", &found.n_correct, error) : status;
    status = status == BINET_OK ? binet__check_confidence_level_argument(&confidence_level, error) : status;
    status = status == BINET_OK ? binet__check_struct(result, sizeof *result, "result", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    int64_t cut = cut_queries(correct, found.n_correct, &found.n_disagree);
    found.threshold = threshold_of(places, cut, n_samples);
    found.accuracy = (double)found.threshold / (double)n_samples;
    binet__wilson(found.n_correct, found.n_queries, confidence_level, &found.low, &found.high);
    binet__write_struct(result, &found, sizeof found);
    return BINET_OK;
}

/* That order is a permutation. */
static binet_status check_order(const binet_context *context, const binet_array *order, binet_error *error)
{
    int64_t n = order->shape[0];
    unsigned char *seen = binet__allocate_zero(context, n, 1, error);
    if (seen == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    binet_status status = BINET_OK;
    for (int64_t i = 0; status == BINET_OK && i < n; i++) {
        int64_t sample = binet__integer_at(order, i);
        if (sample < 0 || sample >= n) {
            status = binet__fail(error, BINET_INVALID_DATA, "order", i, "order[%lld] is %lld; allowed: 0 .. %lld",
                                 (long long)i, (long long)sample, (long long)n - 1);
        } else if (seen[sample]) {
            status = binet__fail(error, BINET_INVALID_DATA, "order", i,
                                 "order[%lld] is %lld, which came before; each sample comes once", (long long)i,
                                 (long long)sample);
        } else {
            seen[sample] = 1;
        }
    }
    binet__release(context, seen);
    return status;
}

binet_status binet_placement_error(const binet_context *context, const binet_array *order, const binet_array *correct,
                                   int64_t threshold, binet_placement_error_result *result, binet_error *error)
{
    binet_placement_error_result found = {0};
    binet_status status = binet__check_vector(order, "order", BINET__DTYPES_INTEGER, &found.n_samples, error);
    status = status == BINET_OK
                 ? binet__check_vector(correct, "correct", BINET__DTYPE(BINET_U8), &found.n_samples, error)
                 : status;
    if (status == BINET_OK && (threshold < 0 || threshold > found.n_samples)) {
        status = binet__fail_argument(error, "threshold", "threshold is %lld; allowed: 0 .. %lld", (long long)threshold,
                                      (long long)found.n_samples);
    }
    status = status == BINET_OK ? binet__check_struct(result, sizeof *result, "result", error) : status;
    status = status == BINET_OK ? binet__count_correct(correct, "correct", &found.n_correct, error) : status;
    status = status == BINET_OK ? check_order(context, order, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    for (int64_t place = 0; place < found.n_samples; place++) {
        int taken_right = place < threshold;
        found.n_disagree += binet__correct_at(correct, binet__integer_at(order, place)) != taken_right;
    }
    double n = (double)found.n_samples;
    found.dataset_error = fabs((double)threshold - (double)found.n_correct) / n;
    found.sample_error = (double)found.n_disagree / n;
    binet__write_struct(result, &found, sizeof found);
    return BINET_OK;
}
