#include <math.h>

#include "base/error.h"
#include "binet/robustness.h"
#include "metrics/interval.h"
#include "metrics/robustness.h"

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
    status = status == BINET_OK ? binet__check_reserved(chosen->reserved, error) : status;
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
