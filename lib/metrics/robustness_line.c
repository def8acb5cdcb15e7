#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "binet/robustness.h"
#include "metrics/correctness.h"
#include "metrics/distribution.h"
#include "metrics/interval.h"
#include "metrics/normal.h"
#include "metrics/robustness.h"

enum { FEWEST_FITTED = 3, MOST_MODELS = 1 << 20 };

/* ---- Scales ------------------------------------------------------------------------------------------------------ */

static double to_scale(int32_t scale, double accuracy)
{
    switch (scale) {
    case BINET_SCALE_LOGIT:
        return log(accuracy) - log1p(-accuracy);
    case BINET_SCALE_LINEAR:
        return accuracy;
    default:
        return binet__normal_quantile(accuracy);
    }
}

static double from_scale(int32_t scale, double value)
{
    switch (scale) {
    case BINET_SCALE_LOGIT:
        return 1.0 / (1.0 + exp(-value));
    case BINET_SCALE_LINEAR:
        return value;
    default:
        return 0.5 * erfc(-value * sqrt(0.5));
    }
}

/* ---- What the caller gives --------------------------------------------------------------------------------------- */

typedef struct inputs {
    const binet_array *clean;
    const binet_array *shifted;
    const binet_array *fitted;
    int64_t n;
    binet_accuracy_line_options options;
} inputs;

static int is_fitted(const inputs *given, int64_t i)
{
    return given->fitted == NULL || binet__correct_at(given->fitted, i);
}

static binet_status check_options(inputs *given, const binet_accuracy_line_options *options, binet_error *error)
{
    binet_status status = binet__read_struct(&given->options, sizeof given->options, options, "options", error);
    if (status != BINET_OK) {
        return status;
    }
    if (given->options.scale < BINET_SCALE_PROBIT || given->options.scale > BINET_SCALE_LINEAR) {
        return binet__fail_argument(error, "options",
                                    "options->scale is %d; allowed: BINET_SCALE_PROBIT .. BINET_SCALE_LINEAR",
                                    (int)given->options.scale);
    }
    return binet__check_confidence_level(&given->options.confidence_level, error);
}

static binet_status check_scaled(const inputs *given, const binet_array *accuracies, const char *argument,
                                 binet_error *error)
{
    for (int64_t i = 0; given->options.scale != BINET_SCALE_LINEAR && i < given->n; i++) {
        double value = binet__f64_at(accuracies, i);
        if (value == 0.0 || value == 1.0) {
            return binet__fail(error, BINET_INVALID_DATA, argument, i,
                               "%s[%lld] is %g, which is infinite on a probit or logit scale; allowed: between 0 and 1",
                               argument, (long long)i, value);
        }
    }
    return BINET_OK;
}

static binet_status check_fitted(const inputs *given, int64_t *n_fitted, binet_error *error)
{
    double least = INFINITY;
    double largest = -INFINITY;
    *n_fitted = 0;
    for (int64_t i = 0; i < given->n; i++) {
        if (is_fitted(given, i)) {
            least = fmin(least, binet__f64_at(given->clean, i));
            largest = fmax(largest, binet__f64_at(given->clean, i));
            (*n_fitted)++;
        }
    }
    if (*n_fitted < FEWEST_FITTED) {
        return binet__fail_argument(error, given->fitted != NULL ? "fitted" : "clean",
                                    "a line is fitted to %lld models; at least %d are needed", (long long)*n_fitted,
                                    FEWEST_FITTED);
    }
    if (least == largest) {
        return binet__fail(error, BINET_INVALID_DATA, "clean", -1,
                           "clean is %g for all of the %lld models fitted, and no line can be told from that", least,
                           (long long)*n_fitted);
    }
    return BINET_OK;
}

static binet_status check_inputs(inputs *given, const binet_accuracy_line_options *options, int64_t *n_fitted,
                                 binet_error *error)
{
    int64_t n_ones;
    binet_status status = check_options(given, options, error);
    status = status == BINET_OK ? binet__check_accuracies(given->clean, "clean", &given->n, error) : status;
    status = status == BINET_OK ? binet__check_accuracies(given->shifted, "shifted", &given->n, error) : status;
    if (status == BINET_OK && given->fitted != NULL) {
        status = binet__check_vector(given->fitted, "fitted", BINET__DTYPE(BINET_U8), &given->n, error);
        status = status == BINET_OK ? binet__count_correct(given->fitted, "fitted", &n_ones, error) : status;
    }
    if (status == BINET_OK && given->n > MOST_MODELS) {
        return binet__fail_argument(error, "clean", "clean has %lld models; allowed: %d .. %d", (long long)given->n,
                                    FEWEST_FITTED, MOST_MODELS);
    }
    status = status == BINET_OK ? check_scaled(given, given->clean, "clean", error) : status;
    status = status == BINET_OK ? check_scaled(given, given->shifted, "shifted", error) : status;
    return status == BINET_OK ? check_fitted(given, n_fitted, error) : status;
}

static binet_status read_result(const binet_accuracy_line_result *result, int64_t n, binet_accuracy_line_result *found,
                                binet_error *error)
{
    binet_status status = binet__require(result, "result", error);
    status = status == BINET_OK ? binet__read_struct(found, sizeof *found, result, "result", error) : status;
    if (status == BINET_OK && found->models != NULL && found->models_capacity < n) {
        return binet__fail_argument(error, "result",
                                    "result->models_capacity is %lld; %lld models need at least as many",
                                    (long long)found->models_capacity, (long long)n);
    }
    return status;
}

/* ---- The fit ----------------------------------------------------------------------------------------------------- */

/* The mean x, or y, of the fitted, from what they are beyond the first: exact where all are the same. */
static double mean_of(const inputs *given, const binet_accuracy_line_model *models, int of_y, int64_t n_fitted)
{
    double first = 0.0;
    double sum = 0.0;
    int64_t n = 0;
    for (int64_t i = 0; i < given->n; i++) {
        if (is_fitted(given, i)) {
            double value = of_y ? models[i].y : models[i].x;
            first = n == 0 ? value : first;
            sum += value - first;
            n++;
        }
    }
    return first + sum / (double)n_fitted;
}

/* Least squares about the means; models[i].x and .y are there. */
static void fit(const inputs *given, const binet_accuracy_line_model *models, binet_accuracy_line_result *found)
{
    double n = (double)found->n_fitted;
    double xx = 0.0;
    double xy = 0.0;
    double yy = 0.0;
    double residual = 0.0;
    double mean_x = mean_of(given, models, 0, found->n_fitted);
    double mean_y = mean_of(given, models, 1, found->n_fitted);
    for (int64_t i = 0; i < given->n; i++) {
        if (is_fitted(given, i)) {
            double dx = models[i].x - mean_x;
            double dy = models[i].y - mean_y;
            xx += dx * dx;
            xy += dx * dy;
            yy += dy * dy;
        }
    }
    found->slope = xy / xx;
    found->intercept = mean_y - found->slope * mean_x;
    for (int64_t i = 0; i < given->n; i++) {
        if (is_fitted(given, i)) {
            double gap = (models[i].y - mean_y) - found->slope * (models[i].x - mean_x);
            residual += gap * gap;
        }
    }
    found->residual_deviation = sqrt(residual / (n - 2.0));
    found->r_squared = yy > 0.0 ? fmax(1.0 - residual / yy, 0.0) : NAN;
    found->mean_x = mean_x;
    found->sum_squares_x = xx;
    found->t_quantile = binet__student_two_sided(given->options.confidence_level, (double)(found->n_fitted - 2));
    double slope_margin = found->t_quantile * found->residual_deviation / sqrt(xx);
    double intercept_margin = found->t_quantile * found->residual_deviation * sqrt(1.0 / n + mean_x * mean_x / xx);
    found->slope_low = found->slope - slope_margin;
    found->slope_high = found->slope + slope_margin;
    found->intercept_low = found->intercept - intercept_margin;
    found->intercept_high = found->intercept + intercept_margin;
}

static void measure(const inputs *given, const binet_accuracy_line_result *line, int64_t i,
                    binet_accuracy_line_model *model)
{
    int32_t scale = given->options.scale;
    double from_mean = model->x - line->mean_x;
    double spread = 1.0 / (double)line->n_fitted + from_mean * from_mean / line->sum_squares_x;
    double margin = line->t_quantile * line->residual_deviation * sqrt(spread);
    double prediction_margin = line->t_quantile * line->residual_deviation * sqrt(1.0 + spread);
    double y = line->intercept + line->slope * model->x;
    model->predicted = from_scale(scale, y);
    model->low = from_scale(scale, y - margin);
    model->high = from_scale(scale, y + margin);
    model->prediction_low = from_scale(scale, y - prediction_margin);
    model->prediction_high = from_scale(scale, y + prediction_margin);
    model->effective_robustness = binet__f64_at(given->shifted, i) - model->predicted;
}

binet_status binet_accuracy_line(const binet_context *context, const binet_array *clean, const binet_array *shifted,
                                 const binet_array *fitted, const binet_accuracy_line_options *options,
                                 binet_accuracy_line_result *result, binet_error *error)
{
    inputs given = {.clean = clean, .shifted = shifted, .fitted = fitted};
    binet_accuracy_line_result found;
    int64_t n_fitted = 0;
    binet_status status = check_inputs(&given, options, &n_fitted, error);
    status = status == BINET_OK ? read_result(result, given.n, &found, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    binet_accuracy_line_model *models = binet__allocate_zero(context, given.n, sizeof *models, error);
    if (models == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    found.reserved = 0;
    found.n_models = given.n;
    found.n_fitted = n_fitted;
    for (int64_t i = 0; i < given.n; i++) {
        models[i].x = to_scale(given.options.scale, binet__f64_at(clean, i));
        models[i].y = to_scale(given.options.scale, binet__f64_at(shifted, i));
    }
    fit(&given, models, &found);
    for (int64_t i = 0; i < given.n; i++) {
        measure(&given, &found, i, &models[i]);
    }
    if (found.models != NULL) {
        memcpy(found.models, models, (size_t)given.n * sizeof *models);
    }
    binet__release(context, models);
    binet__write_struct(result, &found, sizeof found);
    return BINET_OK;
}
