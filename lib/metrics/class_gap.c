#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "binet/mistakes.h"
#include "metrics/interval.h"

/* The classes of both tables, for which room is made. */
typedef struct tables {
    const binet_predictions *predictions[2];
    binet_class_report_class *classes[2];
    int32_t n_classes;
} tables;

/* Ask about one table; what went wrong with it is said of the parameter that it came in. */
static binet_status report(const binet_context *context, const binet_predictions *predictions, const char *argument,
                           const binet_class_report_options *options, binet_class_report_result *result,
                           binet_error *error)
{
    binet_status status = binet__require(predictions, argument, error);
    if (status != BINET_OK) {
        return status;
    }
    status = binet_class_report(context, predictions, options, result, error);
    if (status != BINET_OK && error != NULL && strcmp(error->argument, "predictions") == 0) {
        char message[sizeof error->message];
        memcpy(message, error->message, sizeof message);
        return binet__fail(error, status, argument, error->element, "%s: %.400s", argument, message);
    }
    return status;
}

/* C of both, as asked for or the larger of what they have. */
static binet_status count_classes(const binet_context *context, tables *given, int32_t n_classes, binet_error *error)
{
    static const char *const names[] = {"a", "b"};
    binet_class_report_options options = {.struct_size = sizeof options, .n_classes = n_classes};
    given->n_classes = n_classes;
    for (int i = 0; i < 2; i++) {
        binet_class_report_result one = {.struct_size = sizeof one};
        binet_status status = report(context, given->predictions[i], names[i], &options, &one, error);
        if (status != BINET_OK) {
            return status;
        }
        given->n_classes = one.n_classes > given->n_classes ? one.n_classes : given->n_classes;
    }
    return BINET_OK;
}

static binet_status read_classes(const binet_context *context, tables *given, double level, binet_error *error)
{
    static const char *const names[] = {"a", "b"};
    binet_class_report_options options = {sizeof options, given->n_classes, level, 0};
    binet_status status = BINET_OK;
    for (int i = 0; status == BINET_OK && i < 2; i++) {
        given->classes[i] = binet__allocate(context, given->n_classes, sizeof *given->classes[i], error);
        if (given->classes[i] == NULL) {
            return BINET_OUT_OF_MEMORY;
        }
        binet_class_report_result one = {
            .struct_size = sizeof one, .classes = given->classes[i], .classes_capacity = given->n_classes};
        status = report(context, given->predictions[i], names[i], &options, &one, error);
    }
    return status;
}

static binet_class_gap_class compare(const binet_class_report_class *a, const binet_class_report_class *b)
{
    binet_class_gap_class one = {a->n, b->n, a->accuracy, b->accuracy, NAN, NAN, NAN};
    if (a->n > 0 && b->n > 0) {
        one.gap = b->accuracy - a->accuracy;
        binet__newcombe(b->accuracy, b->low, b->high, a->accuracy, a->low, a->high, &one.low, &one.high);
    }
    return one;
}

static void summarise(const binet_class_gap_class *classes, binet_class_gap_result *found)
{
    double sum = 0.0;
    double squares = 0.0;
    for (int32_t c = 0; c < found->n_classes; c++) {
        double gap = classes[c].gap;
        if (isnan(gap)) {
            continue;
        }
        if (found->n_compared == 0 || gap < found->lowest) {
            found->lowest = gap;
            found->lowest_class = c;
        }
        if (found->n_compared == 0 || gap > found->highest) {
            found->highest = gap;
            found->highest_class = c;
        }
        found->n_compared++;
        found->n_lower += gap < 0.0;
        found->n_higher += gap > 0.0;
        sum += gap;
    }
    found->mean = sum / found->n_compared;
    for (int32_t c = 0; c < found->n_classes; c++) {
        double distance = classes[c].gap - found->mean;
        squares += isnan(distance) ? 0.0 : distance * distance;
    }
    found->deviation = found->n_compared > 1 ? sqrt(squares / (found->n_compared - 1)) : NAN;
}

static binet_status read_result(const binet_class_gap_result *result, int32_t n_classes, binet_class_gap_result *found,
                                binet_error *error)
{
    binet_class_gap_result caller;
    binet_status status = binet__require(result, "result", error);
    status = status == BINET_OK ? binet__read_struct(&caller, sizeof caller, result, "result", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (caller.classes != NULL && caller.classes_capacity < n_classes) {
        return binet__fail_argument(error, "result",
                                    "result->classes_capacity is %lld; %d classes need at least as many",
                                    (long long)caller.classes_capacity, (int)n_classes);
    }
    found->n_classes = n_classes;
    found->classes = caller.classes;
    found->classes_capacity = caller.classes_capacity;
    return BINET_OK;
}

static binet_status measure(const binet_context *context, const tables *given, binet_class_gap_result *found,
                            binet_error *error)
{
    binet_class_gap_class *classes = binet__allocate(context, given->n_classes, sizeof *classes, error);
    if (classes == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    int any = 0;
    for (int32_t c = 0; c < given->n_classes; c++) {
        classes[c] = compare(&given->classes[0][c], &given->classes[1][c]);
        any = any || !isnan(classes[c].gap);
    }
    binet_status status = BINET_OK;
    if (any) {
        summarise(classes, found);
        if (found->classes != NULL) {
            memcpy(found->classes, classes, (size_t)found->n_classes * sizeof *classes);
        }
    } else {
        status = binet__fail(error, BINET_INVALID_DATA, "b", -1, "no class has rows in both a and b");
    }
    binet__release(context, classes);
    return status;
}

binet_status binet_class_gap(const binet_context *context, const binet_predictions *a, const binet_predictions *b,
                             const binet_class_gap_options *options, binet_class_gap_result *result, binet_error *error)
{
    tables given = {.predictions = {a, b}};
    binet_class_gap_options chosen;
    binet_class_gap_result found = {0};
    binet_status status = binet__read_struct(&chosen, sizeof chosen, options, "options", error);
    status = status == BINET_OK ? binet__check_confidence_level(&chosen.confidence_level, error) : status;
    status = status == BINET_OK ? count_classes(context, &given, chosen.n_classes, error) : status;
    status = status == BINET_OK ? read_result(result, given.n_classes, &found, error) : status;
    status = status == BINET_OK ? read_classes(context, &given, chosen.confidence_level, error) : status;
    status = status == BINET_OK ? measure(context, &given, &found, error) : status;
    binet__release(context, given.classes[0]);
    binet__release(context, given.classes[1]);
    if (status == BINET_OK) {
        binet__write_struct(result, &found, sizeof found);
    }
    return status;
}
