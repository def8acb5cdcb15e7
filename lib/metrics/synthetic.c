#include "binet/synthetic.h"

#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "metrics/interval.h"
#include "metrics/predictions_table.h"
#include "metrics/sort.h"

enum { MOST_FACTORS = 65536, NO_FACTOR = -1 };

/* The map turned round: what each predicted class stands for. */
typedef struct turned_map {
    int64_t n_classes; /* K */
    int64_t n;         /* M */
    uint64_t *pairs;   /* [M]: a predicted class, and in the low half the class that lists it, ascending */
} turned_map;

typedef struct inputs {
    const binet_predictions *predictions;
    const binet_array *offsets;
    const binet_array *classes;
    const binet_array *factors; /* NULL: none */
    binet_synthetic_options options;
    int32_t n_factors;
} inputs;

static uint64_t pair_of(int64_t predicted, int64_t listed_by)
{
    return (uint64_t)predicted << 32 | (uint64_t)listed_by;
}

/* ---- The map ----------------------------------------------------------------------------------------------------- */

static binet_status check_offsets(const inputs *given, turned_map *map, binet_error *error)
{
    const binet_array *offsets = given->offsets;
    int64_t n = offsets->shape[0];
    if (n < 2 || n > INT32_MAX) {
        return binet__fail_argument(error, "offsets",
                                    "offsets has %lld elements; allowed: 2 .. %d, one more than classes", (long long)n,
                                    INT32_MAX);
    }
    map->n_classes = n - 1;
    map->n = given->classes->shape[0];
    if (binet__integer_at(offsets, 0) != 0 || binet__integer_at(offsets, n - 1) != map->n) {
        return binet__fail(error, BINET_INVALID_DATA, "offsets", binet__integer_at(offsets, 0) != 0 ? 0 : n - 1,
                           "offsets goes from %lld to %lld; it must go from 0 to %lld, the elements of classes",
                           (long long)binet__integer_at(offsets, 0), (long long)binet__integer_at(offsets, n - 1),
                           (long long)map->n);
    }
    for (int64_t k = 0; k < map->n_classes; k++) {
        int64_t from = binet__integer_at(offsets, k);
        int64_t to = binet__integer_at(offsets, k + 1);
        if (to <= from || to > map->n) {
            return binet__fail(error, BINET_INVALID_DATA, "offsets", k,
                               "class %lld goes from %lld to %lld; it must have at least one index", (long long)k,
                               (long long)from, (long long)to);
        }
    }
    return BINET_OK;
}

/* Fill the pairs, which are allocated, in the order of the map. */
static binet_status list_pairs(const inputs *given, turned_map *map, binet_error *error)
{
    int64_t most = given->predictions->n_classes != 0 ? given->predictions->n_classes : INT32_MAX;
    for (int64_t k = 0; k < map->n_classes; k++) {
        for (int64_t i = binet__integer_at(given->offsets, k); i < binet__integer_at(given->offsets, k + 1); i++) {
            int64_t index = binet__integer_at(given->classes, i);
            if (index < 0 || index >= most) {
                return binet__fail(error, BINET_INVALID_DATA, "classes", i,
                                   "classes[%lld], of class %lld, is %lld; allowed: 0 .. %lld", (long long)i,
                                   (long long)k, (long long)index, (long long)most - 1);
            }
            map->pairs[i] = pair_of(index, k);
        }
    }
    return BINET_OK;
}

/* The place in the map of the second mention of an index by class k, for the message. */
static int64_t second_mention(const inputs *given, int64_t index, int64_t k)
{
    int64_t i = binet__integer_at(given->offsets, k + 1) - 1;
    while (binet__integer_at(given->classes, i) != index) {
        i--;
    }
    return i;
}

static binet_status turn_map(const binet_context *context, const inputs *given, turned_map *map, binet_error *error)
{
    binet_status status = check_offsets(given, map, error);
    if (status != BINET_OK) {
        return status;
    }
    uint64_t *scratch = binet__allocate(context, map->n, sizeof *scratch, error);
    map->pairs = binet__allocate(context, map->n, sizeof *map->pairs, error);
    status = scratch != NULL && map->pairs != NULL ? list_pairs(given, map, error) : BINET_OUT_OF_MEMORY;
    if (status == BINET_OK) {
        binet__sort_u64(map->pairs, map->n, scratch);
    }
    for (int64_t i = 1; status == BINET_OK && i < map->n; i++) {
        if (map->pairs[i] == map->pairs[i - 1]) {
            int64_t index = (int64_t)(map->pairs[i] >> 32);
            int64_t k = (int64_t)(map->pairs[i] & UINT32_MAX);
            status = binet__fail(error, BINET_INVALID_DATA, "classes", second_mention(given, index, k),
                                 "class %lld lists the index %lld twice", (long long)k, (long long)index);
        }
    }
    binet__release(context, scratch);
    return status;
}

/* The first pair that is not below `pair`; M where there is none. */
static int64_t lower_bound(const turned_map *map, uint64_t pair)
{
    int64_t low = 0;
    int64_t high = map->n;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (map->pairs[middle] < pair) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

static binet_status check_labels(const binet_predictions *predictions, int64_t n_classes, binet_error *error)
{
    const int32_t *labels = binet__column_i32(predictions, BINET_LABEL);
    for (int64_t i = 0; i < predictions->n; i++) {
        if (labels[i] == BINET__NO_LABEL) {
            return binet__fail(error, BINET_INVALID_DATA, "predictions", i, "row %lld has no label", (long long)i);
        }
        if (labels[i] >= n_classes) {
            return binet__fail(error, BINET_INVALID_DATA, "predictions", i,
                               "row %lld has the label %d; the map has the classes 0 .. %lld", (long long)i,
                               (int)labels[i], (long long)n_classes - 1);
        }
    }
    return BINET_OK;
}

static binet_status check_factors(inputs *given, binet_error *error)
{
    if (given->factors == NULL) {
        return BINET_OK;
    }
    int64_t n = given->predictions->n;
    binet_status status = binet__check_vector(given->factors, "factors", BINET__DTYPES_INTEGER, &n, error);
    int32_t most = given->options.n_factors != 0 ? given->options.n_factors : MOST_FACTORS;
    int32_t n_used = 0;
    for (int64_t i = 0; status == BINET_OK && i < n; i++) {
        int64_t index = binet__integer_at(given->factors, i);
        if (index < NO_FACTOR || index >= most) {
            return binet__fail(error, BINET_INVALID_DATA, "factors", i,
                               "factors[%lld] is %lld; allowed: -1 .. %d, where -1 is none of the factors",
                               (long long)i, (long long)index, (int)most - 1);
        }
        n_used = index < n_used ? n_used : (int32_t)index + 1;
    }
    given->n_factors = given->options.n_factors != 0 ? given->options.n_factors : n_used;
    return status;
}

/* Whether a label stands for a predicted class; *is_inside says whether any class lists it. */
static int is_right(const turned_map *map, int32_t convention, int32_t predicted, int32_t label, int *is_inside)
{
    uint64_t wanted = pair_of(predicted, label);
    int64_t at = lower_bound(map, wanted);
    int is_listed = at < map->n && map->pairs[at] == wanted;
    int64_t next = is_listed ? at + 1 : at;
    int is_listed_later = next < map->n && map->pairs[next] >> 32 == (uint64_t)predicted;
    int is_listed_before = at > 0 && map->pairs[at - 1] >> 32 == (uint64_t)predicted;
    *is_inside = is_listed || is_listed_later || is_listed_before;
    return is_listed && (convention == BINET_SYNTHETIC_FIXED || !is_listed_later);
}

static void count(const inputs *given, const turned_map *map, binet_synthetic_result *found,
                  binet_synthetic_factor *factors)
{
    const int32_t *predicted = binet__column_i32(given->predictions, BINET_PREDICTED_CLASS);
    const int32_t *labels = binet__column_i32(given->predictions, BINET_LABEL);
    for (int64_t i = 0; i < given->predictions->n; i++) {
        int is_inside;
        int right = is_right(map, given->options.convention, predicted[i], labels[i], &is_inside);
        int64_t factor = given->factors != NULL ? binet__integer_at(given->factors, i) : NO_FACTOR;
        found->n_correct += right;
        found->n_outside += !is_inside;
        if (factor != NO_FACTOR) {
            factors[factor].n++;
            factors[factor].n_correct += right;
        }
        if (found->correct != NULL) {
            found->correct[i] = (unsigned char)right;
        }
    }
    found->n = given->predictions->n;
}

static void summarise(binet_synthetic_result *found, binet_synthetic_factor *factors, double level)
{
    double sum = 0.0;
    binet__share(found->n_correct, found->n, level, &found->accuracy, &found->low, &found->high);
    for (int32_t f = 0; f < found->n_factors; f++) {
        binet_synthetic_factor *one = &factors[f];
        binet__share(one->n_correct, one->n, level, &one->accuracy, &one->low, &one->high);
        sum += one->n > 0 ? one->accuracy : 0.0;
        found->n_measured += one->n > 0;
    }
    found->mean = found->n_measured > 0 ? sum / found->n_measured : NAN;
}

/* ---- The call ---------------------------------------------------------------------------------------------------- */

static binet_status read_options(const binet_synthetic_options *options, binet_synthetic_options *given,
                                 binet_error *error)
{
    binet_status status = binet__read_struct(given, sizeof *given, options, "options", error);
    status = status == BINET_OK ? binet__check_reserved(given->reserved, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (given->convention != BINET_SYNTHETIC_OFFICIAL && given->convention != BINET_SYNTHETIC_FIXED) {
        return binet__fail_argument(error, "options", "options->convention is %d; allowed: %d (official), %d (fixed)",
                                    (int)given->convention, BINET_SYNTHETIC_OFFICIAL, BINET_SYNTHETIC_FIXED);
    }
    if (given->n_factors < 0 || given->n_factors > MOST_FACTORS) {
        return binet__fail_argument(error, "options",
                                    "options->n_factors is %d; allowed: 1 .. %d, or 0 for the number in use",
                                    (int)given->n_factors, MOST_FACTORS);
    }
    return binet__check_confidence_level(&given->confidence_level, error);
}

/* The caller's rooms, which are large enough, and F into a result of zeros. */
static binet_status read_result(const binet_synthetic_result *result, const inputs *given,
                                binet_synthetic_result *found, binet_error *error)
{
    binet_synthetic_result caller;
    binet_status status = binet__require(result, "result", error);
    status = status == BINET_OK ? binet__read_struct(&caller, sizeof caller, result, "result", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (caller.factors != NULL && caller.factors_capacity < given->n_factors) {
        return binet__fail_argument(error, "result",
                                    "result->factors_capacity is %lld; %d factors need at least as many",
                                    (long long)caller.factors_capacity, (int)given->n_factors);
    }
    if (caller.correct != NULL && caller.correct_capacity < given->predictions->n) {
        return binet__fail_argument(error, "result",
                                    "result->correct_capacity is %lld; %lld rows need at least as many",
                                    (long long)caller.correct_capacity, (long long)given->predictions->n);
    }
    found->n_factors = given->n_factors;
    found->factors = caller.factors;
    found->factors_capacity = caller.factors_capacity;
    found->correct = caller.correct;
    found->correct_capacity = caller.correct_capacity;
    return BINET_OK;
}

static binet_status check_arrays(const inputs *given, binet_error *error)
{
    binet_status status = binet__require(given->predictions, "predictions", error);
    status =
        status == BINET_OK ? binet__check_array(given->offsets, "offsets", 1, BINET__DTYPES_INTEGER, error) : status;
    return status == BINET_OK ? binet__check_array(given->classes, "classes", 1, BINET__DTYPES_INTEGER, error) : status;
}

binet_status binet_synthetic_accuracy(const binet_context *context, const binet_predictions *predictions,
                                      const binet_array *offsets, const binet_array *classes,
                                      const binet_array *factors, const binet_synthetic_options *options,
                                      binet_synthetic_result *result, binet_error *error)
{
    inputs given = {.predictions = predictions, .offsets = offsets, .classes = classes, .factors = factors};
    turned_map map = {0};
    binet_synthetic_result found = {0};
    binet_synthetic_factor *counted = NULL;
    binet_status status = check_arrays(&given, error);
    status = status == BINET_OK ? read_options(options, &given.options, error) : status;
    status = status == BINET_OK ? check_factors(&given, error) : status;
    status = status == BINET_OK ? read_result(result, &given, &found, error) : status;
    status = status == BINET_OK ? turn_map(context, &given, &map, error) : status;
    status = status == BINET_OK ? check_labels(predictions, map.n_classes, error) : status;
    if (status == BINET_OK) {
        counted = binet__allocate_zero(context, given.n_factors, sizeof *counted, error);
        status = counted != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    }
    if (status == BINET_OK) {
        count(&given, &map, &found, counted);
        summarise(&found, counted, given.options.confidence_level);
        if (found.factors != NULL) {
            memcpy(found.factors, counted, (size_t)found.n_factors * sizeof *counted);
        }
        binet__write_struct(result, &found, sizeof found);
    }
    binet__release(context, counted);
    binet__release(context, map.pairs);
    return status;
}
