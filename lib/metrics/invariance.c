#include "binet/invariance.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "metrics/interval.h"
#include "metrics/invariance.h"
#include "metrics/predictions_table.h"

enum { MOST_SETTINGS = 65536 };

/* A number for each picture, and room for one setting. */
typedef struct pictures {
    int64_t *rows; /* of the setting, for each row of the reference */
    double *values;
    double *accuracy_areas;
    double *probability_areas;
    double *consistency_areas;
} pictures;

/* ---- Arguments --------------------------------------------------------------------------------------------------- */

static binet_status check_values(const double *values, int64_t n, binet_error *error)
{
    for (int64_t k = 0; values != NULL && k < n; k++) {
        if (!isfinite(values[k]) || (k > 0 && values[k] <= values[k - 1])) {
            return binet__fail(error, BINET_INVALID_ARGUMENT, "options", k,
                               "options->values[%lld] is %g%s; they must be finite and ascend", (long long)k, values[k],
                               isfinite(values[k]) ? ", not more than the one before" : "");
        }
    }
    if (values != NULL && !isfinite(values[n - 1] - values[0])) {
        return binet__fail_argument(error, "options", "options->values go from %g to %g, which is too far", values[0],
                                    values[n - 1]);
    }
    return BINET_OK;
}

static binet_status read_options(const binet_invariance_options *options, int64_t n_settings,
                                 binet_invariance_options *given, binet_error *error)
{
    binet_status status = binet__read_struct(given, sizeof *given, options, "options", error);
    status = status == BINET_OK ? binet__check_reserved(given->reserved, error) : status;
    status = status == BINET_OK ? binet__check_confidence_level(&given->confidence_level, error) : status;
    return status == BINET_OK ? check_values(given->values, n_settings, error) : status;
}

static binet_status check_settings(const binet__sweep *sweep, binet_error *error)
{
    binet_status status = binet__require((const void *)sweep->settings, "settings", error);
    if (status != BINET_OK) {
        return status;
    }
    if (sweep->n_settings < 2 || sweep->n_settings > MOST_SETTINGS) {
        return binet__fail_argument(error, "n_settings",
                                    "n_settings is %lld; allowed: 2 .. %d, one of them the reference",
                                    (long long)sweep->n_settings, MOST_SETTINGS);
    }
    if (sweep->reference < 0 || sweep->reference >= sweep->n_settings) {
        return binet__fail_argument(error, "reference", "reference is %lld; allowed: 0 .. %lld",
                                    (long long)sweep->reference, (long long)sweep->n_settings - 1);
    }
    for (int64_t k = 0; k < sweep->n_settings; k++) {
        if (sweep->settings[k] == NULL) {
            return binet__fail(error, BINET_INVALID_ARGUMENT, "settings", k, "settings[%lld] is NULL", (long long)k);
        }
    }
    return BINET_OK;
}

static binet_status read_result(const binet_invariance_result *result, const binet__sweep *sweep,
                                binet_invariance_result *found, binet_error *error)
{
    binet_invariance_result caller;
    binet_status status = binet__require(result, "result", error);
    status = status == BINET_OK ? binet__read_struct(&caller, sizeof caller, result, "result", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (caller.settings != NULL && caller.settings_capacity < sweep->n_settings) {
        return binet__fail_argument(error, "result",
                                    "result->settings_capacity is %lld; %lld settings need at least as many",
                                    (long long)caller.settings_capacity, (long long)sweep->n_settings);
    }
    found->settings = caller.settings;
    found->settings_capacity = caller.settings_capacity;
    found->n_settings = sweep->n_settings;
    found->reference = sweep->reference;
    found->n = sweep->n;
    return BINET_OK;
}

/* ---- One setting ------------------------------------------------------------------------------------------------- */

static binet_invariance_mean mean_of(const double *values, int64_t n, double level, double least, double most)
{
    binet_invariance_mean mean;
    binet__mean(values, n, level, least, most, &mean.value, &mean.low, &mean.high);
    return mean;
}

/* How much of the curve's area, times its width, a setting's height counts for: half the way to each neighbour. */
static double weight_of(const double *values, int64_t n, int64_t k)
{
    double low = values[k > 0 ? k - 1 : k];
    double high = values[k + 1 < n ? k + 1 : k];
    return (high - low) / 2;
}

static void count_answers(const binet__sweep *sweep, int64_t k, double weight, const pictures *room,
                          binet_invariance_setting *found)
{
    const binet_predictions *reference = sweep->settings[sweep->reference];
    const int32_t *here = binet__column_i32(sweep->settings[k], BINET_PREDICTED_CLASS);
    const int32_t *there = binet__column_i32(reference, BINET_PREDICTED_CLASS);
    const int32_t *labels = binet__column_i32(reference, BINET_LABEL);
    for (int64_t i = 0; i < sweep->n; i++) {
        int32_t answer = here[room->rows[i]];
        int same = answer == there[i];
        int right = answer == labels[i];
        int was_right = there[i] == labels[i];
        found->n_correct += right;
        found->n_same += same;
        found->n_to_right += right && !was_right;
        found->n_to_wrong += was_right && !right;
        found->n_other_wrong += !right && !was_right && !same;
        room->accuracy_areas[i] += right ? weight : 0.0;
        room->consistency_areas[i] += same ? weight : 0.0;
    }
    binet__share(found->n_correct, sweep->n, sweep->level, &found->accuracy, &found->accuracy_low,
                 &found->accuracy_high);
    binet__share(found->n_same, sweep->n, sweep->level, &found->consistency, &found->consistency_low,
                 &found->consistency_high);
}

/* A sum with what is unknown is unknown: NaN is what the table has for it. */
static void sum_probabilities(const binet__sweep *sweep, int64_t k, double weight, const pictures *room,
                              binet_invariance_setting *found)
{
    const binet_invariance_mean unknown = {NAN, NAN, NAN};
    const double *here = binet__column_f64(sweep->settings[k], BINET_TRUE_PROBABILITY);
    const double *there = binet__column_f64(sweep->settings[sweep->reference], BINET_TRUE_PROBABILITY);
    int64_t n_unknown = 0;
    for (int64_t i = 0; i < sweep->n; i++) {
        double probability = here[room->rows[i]];
        room->values[i] = probability;
        room->probability_areas[i] += weight * probability;
        n_unknown += isnan(probability);
        found->n_unknown += isnan(probability) || isnan(there[i]);
    }
    found->true_probability = n_unknown == 0 ? mean_of(room->values, sweep->n, sweep->level, 0.0, 1.0) : unknown;
    for (int64_t i = 0; i < sweep->n; i++) {
        room->values[i] -= there[i];
    }
    found->probability_shift =
        found->n_unknown == 0 ? mean_of(room->values, sweep->n, sweep->level, -1.0, 1.0) : unknown;
}

static binet_status compare(const binet__sweep *sweep, int64_t k, const double *values, const pictures *room,
                            binet_invariance_setting *found, binet_error *error)
{
    double weight = values != NULL ? weight_of(values, sweep->n_settings, k) : 0.0;
    memset(found, 0, sizeof *found);
    binet_status status = binet__sweep_match(sweep, k, room->rows, error);
    if (status != BINET_OK) {
        return status;
    }
    count_answers(sweep, k, weight, room, found);
    sum_probabilities(sweep, k, weight, room, found);
    if (sweep->features != NULL) {
        status = binet__sweep_cosines(sweep, k, room->rows, room->values, &found->n_cosine, error);
        found->n_zero = sweep->n - found->n_cosine;
    }
    if (status == BINET_OK) {
        found->cosine = mean_of(room->values, found->n_cosine, sweep->level, -1.0, 1.0);
    }
    return status;
}

/* ---- All of them ------------------------------------------------------------------------------------------------- */

/* Over the width of the curve; NaN where a height is. */
static binet_invariance_mean area_of(const binet__sweep *sweep, const double *values, double *areas)
{
    binet_invariance_mean area = {NAN, NAN, NAN};
    if (values == NULL) {
        return area;
    }
    double width = values[sweep->n_settings - 1] - values[0];
    for (int64_t i = 0; i < sweep->n; i++) {
        areas[i] /= width;
        if (isnan(areas[i])) {
            return area;
        }
    }
    return mean_of(areas, sweep->n, sweep->level, 0.0, 1.0);
}

static binet_status measure(const binet__sweep *sweep, const double *values, const pictures *room,
                            binet_invariance_setting *settings, binet_invariance_result *found, binet_error *error)
{
    for (int64_t k = 0; k < sweep->n_settings; k++) {
        binet_status status = compare(sweep, k, values, room, &settings[k], error);
        if (status != BINET_OK) {
            return status;
        }
    }
    found->accuracy_area = area_of(sweep, values, room->accuracy_areas);
    found->true_probability_area = area_of(sweep, values, room->probability_areas);
    found->consistency_area = area_of(sweep, values, room->consistency_areas);
    if (found->settings != NULL) {
        memcpy(found->settings, settings, (size_t)sweep->n_settings * sizeof *settings);
    }
    return BINET_OK;
}

static binet_status measure_in_room(const binet__sweep *sweep, const double *values, binet_invariance_result *found,
                                    binet_error *error)
{
    const binet_context *context = sweep->context;
    binet_invariance_setting *settings = binet__allocate(context, sweep->n_settings, sizeof *settings, error);
    int64_t *rows = settings != NULL ? binet__allocate(context, sweep->n, sizeof *rows, error) : NULL;
    double *columns = rows != NULL ? binet__allocate_zero(context, sweep->n, 4 * sizeof *columns, error) : NULL;
    binet_status status = columns != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    if (status == BINET_OK) {
        pictures room = {rows, columns, columns + sweep->n, columns + 2 * sweep->n, columns + 3 * sweep->n};
        status = measure(sweep, values, &room, settings, found, error);
    }
    binet__release(context, columns);
    binet__release(context, rows);
    binet__release(context, settings);
    return status;
}

binet_status binet_invariance(const binet_context *context, const binet_predictions *const *settings,
                              int64_t n_settings, int64_t reference, const binet_array *features,
                              const binet_invariance_options *options, binet_invariance_result *result,
                              binet_error *error)
{
    binet__sweep sweep = {.context = context,
                          .settings = settings,
                          .features = features,
                          .n_settings = n_settings,
                          .reference = reference};
    binet_invariance_options chosen = {0};
    binet_invariance_result found = {0};
    binet_status status = check_settings(&sweep, error);
    status = status == BINET_OK ? read_options(options, n_settings, &chosen, error) : status;
    sweep.level = chosen.confidence_level;
    status = status == BINET_OK ? binet__sweep_check_tables(&sweep, error) : status;
    if (status == BINET_OK && features != NULL) {
        status = binet__sweep_check_features(&sweep, error);
    }
    status = status == BINET_OK ? read_result(result, &sweep, &found, error) : status;
    status = status == BINET_OK ? measure_in_room(&sweep, chosen.values, &found, error) : status;
    if (status == BINET_OK) {
        binet__write_struct(result, &found, sizeof found);
    }
    return status;
}
