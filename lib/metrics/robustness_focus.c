#include <math.h>

#include "base/array.h"
#include "base/error.h"
#include "binet/robustness.h"
#include "metrics/interval.h"
#include "metrics/robustness.h"

enum { NO_GROUP = -1 };

/* ---- Accuracy among groups --------------------------------------------------------------------------------------- */

typedef struct inputs {
    binet_array answers;
    const binet_array *groups;
    const binet_array *labels;
    int64_t n;
    int64_t n_classes;
} inputs;

/* Groups are NO_GROUP and more; *largest is the last of them. */
static binet_status check_groups(const inputs *given, int64_t *largest, binet_error *error)
{
    *largest = NO_GROUP;
    for (int64_t k = 0; k < given->n_classes; k++) {
        int64_t group = binet__integer_at(given->groups, k);
        if (group < NO_GROUP || group > INT32_MAX) {
            return binet__fail(error, BINET_INVALID_DATA, "groups", k,
                               "groups[%lld] is %lld; allowed: 0 and more, or -1 for none", (long long)k,
                               (long long)group);
        }
        *largest = group > *largest ? group : *largest;
    }
    return BINET_OK;
}

static binet_status check_rows(const inputs *given, int64_t largest, binet_error *error)
{
    for (int64_t i = 0; i < given->n; i++) {
        int64_t label = binet__integer_at(given->labels, i);
        int64_t answer = binet__integer_at(&given->answers, i);
        if (label < 0 || label > largest) {
            return binet__fail(error, BINET_INVALID_DATA, "labels", i,
                               "labels[%lld] is %lld; allowed: 0 .. %lld, the groups that classes have", (long long)i,
                               (long long)label, (long long)largest);
        }
        if (answer >= given->n_classes) {
            return binet__fail(error, BINET_INVALID_DATA, "predictions", i,
                               "row %lld of predictions is class %lld; groups has %lld classes", (long long)i,
                               (long long)answer, (long long)given->n_classes);
        }
    }
    return BINET_OK;
}

static binet_status check_inputs(inputs *given, const binet_predictions *predictions, binet_error *error)
{
    int64_t largest = NO_GROUP;
    binet_status status = binet__require(predictions, "predictions", error);
    status = status == BINET_OK ? binet_predictions_column(predictions, BINET_PREDICTED_CLASS, &given->answers, error)
                                : status;
    if (status != BINET_OK) {
        return status;
    }
    given->n = given->answers.shape[0];
    status = binet__check_vector(given->labels, "labels", BINET__DTYPES_INTEGER, &given->n, error);
    status = status == BINET_OK
                 ? binet__check_vector(given->groups, "groups", BINET__DTYPES_INTEGER, &given->n_classes, error)
                 : status;
    status = status == BINET_OK ? check_groups(given, &largest, error) : status;
    return status == BINET_OK ? check_rows(given, largest, error) : status;
}

static binet_status read_result(const binet_mapped_accuracy_result *result, int64_t n,
                                binet_mapped_accuracy_result *found, binet_error *error)
{
    binet_status status = binet__require(result, "result", error);
    status = status == BINET_OK ? binet__read_struct(found, sizeof *found, result, "result", error) : status;
    if (status == BINET_OK && found->correct != NULL && found->correct_capacity < n) {
        return binet__fail_argument(error, "result",
                                    "result->correct_capacity is %lld; %lld rows need at least as many",
                                    (long long)found->correct_capacity, (long long)n);
    }
    return status;
}

binet_status binet_mapped_accuracy(const binet_context *context, const binet_predictions *predictions,
                                   const binet_array *groups, const binet_array *labels,
                                   const binet_mapped_accuracy_options *options, binet_mapped_accuracy_result *result,
                                   binet_error *error)
{
    (void)context;
    inputs given = {.groups = groups, .labels = labels};
    binet_mapped_accuracy_options chosen;
    binet_mapped_accuracy_result found;
    binet_status status = binet__read_struct(&chosen, sizeof chosen, options, "options", error);
    status = status == BINET_OK ? binet__check_confidence_level(&chosen.confidence_level, error) : status;
    status = status == BINET_OK ? check_inputs(&given, predictions, error) : status;
    status = status == BINET_OK ? read_result(result, given.n, &found, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    found.reserved = 0;
    found.n = given.n;
    found.n_correct = 0;
    found.n_outside = 0;
    for (int64_t i = 0; i < given.n; i++) {
        int64_t group = binet__integer_at(groups, binet__integer_at(&given.answers, i));
        int right = group == binet__integer_at(labels, i);
        found.n_correct += right;
        found.n_outside += group == NO_GROUP;
        if (found.correct != NULL) {
            found.correct[i] = (unsigned char)right;
        }
    }
    binet__share(found.n_correct, found.n, chosen.confidence_level, &found.value, &found.low, &found.high);
    binet__write_struct(result, &found, sizeof found);
    return BINET_OK;
}

/* ---- Object focus ------------------------------------------------------------------------------------------------ */

static binet_status check_accuracy(double value, const char *name, binet_error *error)
{
    if (!(value >= 0.0 && value <= 1.0)) {
        return binet__fail(error, BINET_INVALID_DATA, name, -1, "%s is %g; allowed: 0 .. 1", name, value);
    }
    return BINET_OK;
}

static binet_status read_options(const binet_object_focus_options *options, binet_object_focus_options *chosen,
                                 binet_error *error)
{
    binet_status status = binet__read_struct(chosen, sizeof *chosen, options, "options", error);
    if (status == BINET_OK && (chosen->n_mixed_same < 0 || chosen->n_mixed_rand < 0 || chosen->n_clean < 0)) {
        return binet__fail_argument(
            error, "options", "options->n_mixed_same, n_mixed_rand and n_clean are %lld, %lld and %lld; allowed: >= 0",
            (long long)chosen->n_mixed_same, (long long)chosen->n_mixed_rand, (long long)chosen->n_clean);
    }
    return status == BINET_OK ? binet__check_confidence_level(&chosen->confidence_level, error) : status;
}

/* An end of the gap over the end of the clean accuracy that takes it further out. */
static double further(double gap, double if_positive, double if_negative)
{
    return gap / (gap >= 0.0 ? if_positive : if_negative);
}

binet_status binet_object_focus(double mixed_same, double mixed_rand, double clean,
                                const binet_object_focus_options *options, binet_object_focus_result *result,
                                binet_error *error)
{
    binet_object_focus_options chosen;
    binet_object_focus_result found = {0};
    binet_status status = read_options(options, &chosen, error);
    status = status == BINET_OK ? check_accuracy(mixed_same, "mixed_same", error) : status;
    status = status == BINET_OK ? check_accuracy(mixed_rand, "mixed_rand", error) : status;
    status = status == BINET_OK ? check_accuracy(clean, "clean", error) : status;
    status = status == BINET_OK ? binet__require(result, "result", error) : status;
    status = status == BINET_OK ? binet__check_struct(result, sizeof found, "result", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (clean == 0.0) {
        return binet__fail(error, BINET_INVALID_DATA, "clean", -1, "clean is 0; nothing can be divided by it");
    }
    double level = chosen.confidence_level;
    binet__estimate gap = binet__difference_of(binet__estimate_of(mixed_same, chosen.n_mixed_same, level),
                                               binet__estimate_of(mixed_rand, chosen.n_mixed_rand, level));
    binet__estimate of_clean = binet__estimate_of(clean, chosen.n_clean, level);
    found.gap = gap.value;
    found.value = 1.0 - gap.value / clean;
    found.low = 1.0 - further(gap.high, of_clean.low, of_clean.high);
    found.high = 1.0 - further(gap.low, of_clean.high, of_clean.low);
    binet__write_struct(result, &found, sizeof found);
    return BINET_OK;
}
