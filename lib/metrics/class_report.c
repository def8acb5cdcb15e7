#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/sum.h"
#include "binet/mistakes.h"
#include "metrics/interval.h"
#include "metrics/predictions_table.h"
#include "metrics/sort.h"

enum { WORST_SHARE = 10 }; /* the worst tenth, where nothing else is asked for */

/* What is gathered of a class beside its counts, to find the deviation of the true class's probability. */
typedef struct spread {
    binet__sum sum;     /* of the probability */
    binet__sum squares; /* of its distance from the mean */
} spread;

typedef struct report {
    const binet_predictions *predictions;
    binet_class_report_options options;
    binet_class_report_result found;
    binet_class_report_class *classes; /* [C] */
    spread *spreads;                   /* [C] */
    uint64_t *numbers;                 /* [max(N, C)]: accuracies to sort, then pairs */
    uint64_t *scratch;                 /* likewise */
    binet_confusion *confusions;       /* [n_confusions], the most frequent first */
} report;

/* ---- Input ------------------------------------------------------------------------------------------------------- */

static binet_status read_options(const binet_class_report_options *options, binet_class_report_options *given,
                                 binet_error *error)
{
    binet_status status = binet__read_struct(given, sizeof *given, options, "options", error);
    if (status != BINET_OK) {
        return status;
    }
    if (given->n_classes < 0) {
        return binet__fail_argument(error, "options",
                                    "options->n_classes is %d; allowed: 1 and more, or 0 for those of predictions",
                                    (int)given->n_classes);
    }
    if (given->n_worst < 0) {
        return binet__fail_argument(error, "options",
                                    "options->n_worst is %lld; allowed: 1 .. classes with rows, or 0 for a tenth",
                                    (long long)given->n_worst);
    }
    return binet__check_confidence_level(&given->confidence_level, error);
}

/* Labels are there and no class is C or more; where C is not known it becomes one more than the largest class. */
static binet_status check_rows(const binet_predictions *predictions, int32_t *n_classes, binet_error *error)
{
    const int32_t *predicted = binet__column_i32(predictions, BINET_PREDICTED_CLASS);
    const int32_t *labels = binet__column_i32(predictions, BINET_LABEL);
    int64_t most = *n_classes != 0 ? *n_classes : predictions->n_classes;
    int64_t limit = most != 0 ? most : INT32_MAX;
    int32_t largest = 0;
    for (int64_t i = 0; i < predictions->n; i++) {
        if (labels[i] == BINET__NO_LABEL) {
            return binet__fail(error, BINET_INVALID_DATA, "predictions", i, "row %lld has no label", (long long)i);
        }
        int32_t larger = labels[i] > predicted[i] ? labels[i] : predicted[i];
        if (larger >= limit) {
            return binet__fail(error, BINET_INVALID_DATA, "predictions", i,
                               "row %lld has the class %d; allowed: 0 .. %lld", (long long)i, (int)larger,
                               (long long)limit - 1);
        }
        largest = larger > largest ? larger : largest;
    }
    *n_classes = most != 0 ? (int32_t)most : largest + 1;
    int64_t row = binet__predictions_first_improbable(predictions);
    if (row < predictions->n) {
        return binet__fail(error, BINET_INVALID_DATA, "predictions", row,
                           "row %lld has the true_probability %.9g; allowed: 0 .. 1", (long long)row,
                           binet__column_f64(predictions, BINET_TRUE_PROBABILITY)[row]);
    }
    return BINET_OK;
}

static binet_status read_result(const binet_class_report_result *result, binet_class_report_result *found,
                                binet_error *error)
{
    binet_class_report_result caller;
    binet_status status = binet__require(result, "result", error);
    status = status == BINET_OK ? binet__read_struct(&caller, sizeof caller, result, "result", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (caller.classes != NULL && caller.classes_capacity < found->n_classes) {
        return binet__fail_argument(error, "result",
                                    "result->classes_capacity is %lld; %d classes need at least as many",
                                    (long long)caller.classes_capacity, (int)found->n_classes);
    }
    if (caller.confusions != NULL && caller.confusions_capacity < 0) {
        return binet__fail_argument(error, "result", "result->confusions_capacity is %lld; allowed: 0 and more",
                                    (long long)caller.confusions_capacity);
    }
    found->classes = caller.classes;
    found->classes_capacity = caller.classes_capacity;
    found->confusions = caller.confusions;
    found->confusions_capacity = caller.confusions_capacity;
    return BINET_OK;
}

static binet_status allocate(const binet_context *context, report *work, binet_error *error)
{
    int64_t n_classes = work->found.n_classes;
    int64_t n = work->predictions->n > n_classes ? work->predictions->n : n_classes;
    work->classes = binet__allocate_zero(context, n_classes, sizeof *work->classes, error);
    work->spreads = binet__allocate_zero(context, n_classes, sizeof *work->spreads, error);
    work->numbers = binet__allocate(context, n, sizeof *work->numbers, error);
    work->scratch = binet__allocate(context, n, sizeof *work->scratch, error);
    int all = work->classes != NULL && work->spreads != NULL && work->numbers != NULL && work->scratch != NULL;
    return all ? BINET_OK : BINET_OUT_OF_MEMORY;
}

/* ---- Classes ----------------------------------------------------------------------------------------------------- */

static void count(report *work)
{
    const int32_t *predicted = binet__column_i32(work->predictions, BINET_PREDICTED_CLASS);
    const int32_t *labels = binet__column_i32(work->predictions, BINET_LABEL);
    const double *probabilities = binet__column_f64(work->predictions, BINET_TRUE_PROBABILITY);
    for (int64_t i = 0; i < work->predictions->n; i++) {
        int right = predicted[i] == labels[i];
        work->classes[labels[i]].n++;
        work->classes[labels[i]].n_correct += right;
        work->classes[predicted[i]].n_predicted++;
        work->classes[predicted[i]].n_false_positive += !right;
        work->found.n_correct += right;
        if (isnan(probabilities[i])) {
            work->found.n_unknown++;
        } else {
            binet__sum_add(&work->spreads[labels[i]].sum, probabilities[i]);
        }
    }
    work->found.n = work->predictions->n;
}

/* Accuracies of the classes with rows, in their order, into `numbers` as bits; what each class's row says. */
static void share(report *work)
{
    for (int32_t c = 0; c < work->found.n_classes; c++) {
        binet_class_report_class *one = &work->classes[c];
        binet__share(one->n_correct, one->n, work->options.confidence_level, &one->accuracy, &one->low, &one->high);
        one->precision = one->n_predicted > 0 ? (double)one->n_correct / (double)one->n_predicted : NAN;
        if (one->n == 0) {
            continue;
        }
        if (work->found.n_present == 0 || one->accuracy < work->found.worst_accuracy) {
            work->found.worst_class = c;
            work->found.worst_accuracy = one->accuracy;
        }
        memcpy(&work->numbers[work->found.n_present], &one->accuracy, sizeof one->accuracy);
        work->found.n_present++;
    }
}

static binet_status choose_worst(report *work, binet_error *error)
{
    int64_t n_worst = work->options.n_worst;
    int32_t n_present = work->found.n_present;
    if (n_worst > n_present) {
        return binet__fail_argument(error, "options",
                                    "options->n_worst is %lld; allowed: 1 .. %d, the classes with rows",
                                    (long long)n_worst, (int)n_present);
    }
    work->found.n_worst = n_worst != 0 ? n_worst : (n_present + WORST_SHARE - 1) / WORST_SHARE;
    return BINET_OK;
}

static double number_at(const report *work, int64_t i)
{
    double value;
    memcpy(&value, &work->numbers[i], sizeof value);
    return value;
}

/* Over the classes. What is not negative sorts like its bits, and in one order whatever the order of the classes. */
static void summarise_classes(report *work)
{
    binet_class_report_result *found = &work->found;
    binet__sort_u64(work->numbers, found->n_present, work->scratch);
    double sum = 0.0;
    double squares = 0.0;
    for (int64_t i = 0; i < found->n_present; i++) {
        sum += number_at(work, i);
        found->worst_mean = i < found->n_worst ? sum / (double)found->n_worst : found->worst_mean;
    }
    found->accuracy = (double)found->n_correct / (double)found->n;
    found->balanced_accuracy = sum / found->n_present;
    for (int64_t i = 0; i < found->n_present; i++) {
        double distance = number_at(work, i) - found->balanced_accuracy;
        squares += distance * distance;
    }
    found->accuracy_deviation = found->n_present > 1 ? sqrt(squares / (found->n_present - 1)) : NAN;
}

/* The deviation of the true class's probability in each class, and what class balance makes of it. */
static void balance(report *work)
{
    binet_class_report_result *found = &work->found;
    const int32_t *labels = binet__column_i32(work->predictions, BINET_LABEL);
    const double *probabilities = binet__column_f64(work->predictions, BINET_TRUE_PROBABILITY);
    found->probability_deviation = NAN;
    found->class_balance = NAN;
    if (found->n_unknown > 0) {
        return;
    }
    for (int64_t i = 0; i < found->n; i++) {
        spread *of_class = &work->spreads[labels[i]];
        double mean = binet__sum_value(&of_class->sum) / (double)work->classes[labels[i]].n;
        double distance = probabilities[i] - mean;
        binet__sum_add(&of_class->squares, distance * distance);
    }
    double sum = 0.0;
    for (int32_t c = 0; c < found->n_classes; c++) {
        if (work->classes[c].n > 0) {
            sum += sqrt(binet__sum_value(&work->spreads[c].squares) / (double)work->classes[c].n);
        }
    }
    found->probability_deviation = sum / found->n_present;
    found->class_balance = sqrt((1.0 - found->accuracy_deviation) * (1.0 - found->probability_deviation));
}

/* ---- Confusions -------------------------------------------------------------------------------------------------- */

/* A pair as a number that sorts by label and then by predicted class. */
static uint64_t pair_of(int32_t label, int32_t predicted)
{
    return (uint64_t)(uint32_t)label << 32 | (uint32_t)predicted;
}

/* The wrong rows as sorted pairs in `numbers`; how many there are, and the length of the longest run of equals. */
static int64_t sort_pairs(report *work, int64_t *longest)
{
    const int32_t *predicted = binet__column_i32(work->predictions, BINET_PREDICTED_CLASS);
    const int32_t *labels = binet__column_i32(work->predictions, BINET_LABEL);
    int64_t n_wrong = 0;
    for (int64_t i = 0; i < work->predictions->n; i++) {
        if (predicted[i] != labels[i]) {
            work->numbers[n_wrong++] = pair_of(labels[i], predicted[i]);
        }
    }
    binet__sort_u64(work->numbers, n_wrong, work->scratch);
    *longest = 0;
    for (int64_t i = 0, run = 0; i < n_wrong; i++) {
        int is_new = i == 0 || work->numbers[i] != work->numbers[i - 1];
        run = is_new ? 1 : run + 1;
        work->found.n_confusions += is_new;
        *longest = run > *longest ? run : *longest;
    }
    return n_wrong;
}

/* The end of the run of equal pairs that starts at i. */
static int64_t run_end(const report *work, int64_t i, int64_t n_wrong)
{
    int64_t end = i + 1;
    while (end < n_wrong && work->numbers[end] == work->numbers[i]) {
        end++;
    }
    return end;
}

/* Put the runs in their places, the longest first and equals in the order of the pairs: a counting sort, where
 * `places[k]` is the place of the next run of length k. */
static void rank_pairs(report *work, int64_t n_wrong, int64_t longest, int64_t *places)
{
    for (int64_t i = 0; i < n_wrong; i = run_end(work, i, n_wrong)) {
        places[run_end(work, i, n_wrong) - i]++;
    }
    int64_t place = 0;
    for (int64_t length = longest; length > 0; length--) {
        int64_t n_runs = places[length];
        places[length] = place;
        place += n_runs;
    }
    for (int64_t i = 0; i < n_wrong;) {
        int64_t end = run_end(work, i, n_wrong);
        binet_confusion pair = {(int32_t)(work->numbers[i] >> 32), (int32_t)(uint32_t)work->numbers[i], end - i};
        work->confusions[places[end - i]++] = pair;
        i = end;
    }
}

static binet_status find_confusions(const binet_context *context, report *work, binet_error *error)
{
    int64_t longest;
    int64_t n_wrong = sort_pairs(work, &longest);
    if (work->found.confusions == NULL) {
        return BINET_OK;
    }
    int64_t *places = binet__allocate_zero(context, longest + 1, sizeof *places, error);
    work->confusions = binet__allocate(context, work->found.n_confusions, sizeof *work->confusions, error);
    binet_status status = places != NULL && work->confusions != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    if (status == BINET_OK) {
        rank_pairs(work, n_wrong, longest, places);
    }
    binet__release(context, places);
    return status;
}

/* ---- The call ---------------------------------------------------------------------------------------------------- */

static void hand_over(const report *work, binet_class_report_result *result)
{
    const binet_class_report_result *found = &work->found;
    if (found->classes != NULL) {
        memcpy(found->classes, work->classes, (size_t)found->n_classes * sizeof *found->classes);
    }
    if (found->confusions != NULL) {
        int64_t n = found->n_confusions < found->confusions_capacity ? found->n_confusions : found->confusions_capacity;
        memcpy(found->confusions, work->confusions, (size_t)n * sizeof *found->confusions);
    }
    binet__write_struct(result, found, sizeof *found);
}

binet_status binet_class_report(const binet_context *context, const binet_predictions *predictions,
                                const binet_class_report_options *options, binet_class_report_result *result,
                                binet_error *error)
{
    report work = {.predictions = predictions};
    binet_status status = binet__require(predictions, "predictions", error);
    status = status == BINET_OK ? read_options(options, &work.options, error) : status;
    if (status == BINET_OK) {
        work.found.n_classes = work.options.n_classes;
        status = check_rows(predictions, &work.found.n_classes, error);
    }
    status = status == BINET_OK ? read_result(result, &work.found, error) : status;
    status = status == BINET_OK ? allocate(context, &work, error) : status;
    if (status == BINET_OK) {
        count(&work);
        share(&work);
        status = choose_worst(&work, error);
    }
    if (status == BINET_OK) {
        summarise_classes(&work);
        balance(&work);
        status = find_confusions(context, &work, error);
    }
    if (status == BINET_OK) {
        hand_over(&work, result);
    }
    binet__release(context, work.classes);
    binet__release(context, work.spreads);
    binet__release(context, work.numbers);
    binet__release(context, work.scratch);
    binet__release(context, work.confusions);
    return status;
}
