#include <math.h>

#include "base/array.h"
#include "base/error.h"
#include "binet/robustness.h"
#include "metrics/interval.h"
#include "metrics/robustness.h"

typedef struct inputs {
    const binet_array *shifted;
    const binet_array *counts;
    const binet_array *clean;
    const binet_array *clean_counts;
    int64_t n;
    double level;
} inputs;

static binet_status check_inputs(inputs *given, const binet_relative_accuracy_options *options, binet_error *error)
{
    binet_relative_accuracy_options chosen;
    binet_status status = binet__read_struct(&chosen, sizeof chosen, options, "options", error);
    status = status == BINET_OK ? binet__check_reserved(chosen.reserved, error) : status;
    status = status == BINET_OK ? binet__check_confidence_level(&chosen.confidence_level, error) : status;
    status = status == BINET_OK ? binet__check_accuracies(given->shifted, "shifted", &given->n, error) : status;
    status = status == BINET_OK ? binet__check_counts(given->counts, "counts", given->n, error) : status;
    status = status == BINET_OK ? binet__check_accuracies(given->clean, "clean", &given->n, error) : status;
    status = status == BINET_OK ? binet__check_counts(given->clean_counts, "clean_counts", given->n, error) : status;
    for (int64_t i = 0; status == BINET_OK && i < given->n; i++) {
        if (binet__f64_at(given->clean, i) == 0.0) {
            return binet__fail(error, BINET_INVALID_DATA, "clean", i, "clean[%lld] is 0; nothing can be divided by it",
                               (long long)i);
        }
    }
    given->level = chosen.confidence_level;
    return status;
}

static binet_status read_result(const binet_relative_accuracy_result *result, int64_t n,
                                binet_relative_accuracy_result *found, binet_error *error)
{
    binet_status status = binet__require(result, "result", error);
    status = status == BINET_OK ? binet__read_struct(found, sizeof *found, result, "result", error) : status;
    if (status == BINET_OK && found->sets != NULL && found->sets_capacity < n) {
        return binet__fail_argument(error, "result", "result->sets_capacity is %lld; %lld sets need at least as many",
                                    (long long)found->sets_capacity, (long long)n);
    }
    return status;
}

static binet_relative_accuracy_set measure(const inputs *given, int64_t i)
{
    int64_t n = given->counts != NULL ? binet__integer_at(given->counts, i) : 0;
    int64_t n_clean = given->clean_counts != NULL ? binet__integer_at(given->clean_counts, i) : 0;
    binet__estimate shifted = binet__estimate_of(binet__f64_at(given->shifted, i), n, given->level);
    binet__estimate clean = binet__estimate_of(binet__f64_at(given->clean, i), n_clean, given->level);
    binet__estimate ratio = binet__ratio_of(shifted, clean);
    binet_relative_accuracy_set found = {shifted.value, shifted.low, shifted.high, clean.value - shifted.value,
                                         ratio.value,   ratio.low,   ratio.high};
    return found;
}

/* Sums of one number over the sets, and of its logarithm. A number over a tiny clean accuracy is too large for
 * binet__sum. */
typedef struct mean {
    double sum;
    double logarithms;
    double beyond; /* NaN or infinite where one of the numbers is, else 0 */
} mean;

static void add(mean *to, double value)
{
    if (!isfinite(value)) {
        to->beyond += value;
        return;
    }
    to->sum += value;
    to->logarithms += log(value); /* -inf for 0, whose geometric mean is 0 */
}

static double plain(const mean *of, int64_t n)
{
    return of->beyond != 0.0 ? of->beyond : of->sum / (double)n;
}

static double geometric(const mean *of, int64_t n)
{
    return of->beyond != 0.0 ? of->beyond : exp(of->logarithms / (double)n);
}

binet_status binet_relative_accuracy(const binet_context *context, const binet_array *shifted,
                                     const binet_array *counts, const binet_array *clean,
                                     const binet_array *clean_counts, const binet_relative_accuracy_options *options,
                                     binet_relative_accuracy_result *result, binet_error *error)
{
    (void)context;
    enum { ACCURACY, LOW, HIGH, DROP, RELATIVE, RELATIVE_LOW, RELATIVE_HIGH, N_COLUMNS };
    inputs given = {.shifted = shifted, .counts = counts, .clean = clean, .clean_counts = clean_counts};
    binet_relative_accuracy_result found;
    mean means[N_COLUMNS] = {0};
    binet_status status = check_inputs(&given, options, error);
    status = status == BINET_OK ? read_result(result, given.n, &found, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    for (int64_t i = 0; i < given.n; i++) {
        binet_relative_accuracy_set one = measure(&given, i);
        const double columns[N_COLUMNS] = {one.accuracy, one.low,          one.high,         one.drop,
                                           one.relative, one.relative_low, one.relative_high};
        for (int column = 0; column < N_COLUMNS; column++) {
            add(&means[column], columns[column]);
        }
        if (found.sets != NULL) {
            found.sets[i] = one;
        }
    }
    found.reserved = 0;
    found.n_sets = given.n;
    found.accuracy = plain(&means[ACCURACY], given.n);
    found.low = plain(&means[LOW], given.n);
    found.high = plain(&means[HIGH], given.n);
    found.drop = plain(&means[DROP], given.n);
    found.relative = plain(&means[RELATIVE], given.n);
    found.relative_low = plain(&means[RELATIVE_LOW], given.n);
    found.relative_high = plain(&means[RELATIVE_HIGH], given.n);
    found.geometric = geometric(&means[RELATIVE], given.n);
    found.geometric_low = geometric(&means[RELATIVE_LOW], given.n);
    found.geometric_high = geometric(&means[RELATIVE_HIGH], given.n);
    binet__write_struct(result, &found, sizeof found);
    return BINET_OK;
}
