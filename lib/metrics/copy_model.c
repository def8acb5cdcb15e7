#include "binet/bias.h"

#include <math.h>

#include "base/error.h"

/* The accuracies are p of the first observer and q of the second. */

/* 1 - e, and 2 p (1 - p): kappa is share times the second over the first. */
static double by_chance_different(double p, double q)
{
    return p * (1.0 - q) + q * (1.0 - p);
}

static double kappa_of_share(double p, double q, double share)
{
    return share * (2.0 * p * (1.0 - p)) / by_chance_different(p, q);
}

/* The largest and the least share with an underlying accuracy in 0 .. 1. */
static double highest_share(double p, double q)
{
    return fmin(q / p, (1.0 - q) / (1.0 - p));
}

static double lowest_share(double p, double q)
{
    return -fmin(q / (1.0 - p), (1.0 - q) / p);
}

/* What is left of q where nothing is copied; p where everything is, since then it has no say. */
static double underlying_accuracy(double p, double q, double share)
{
    double copied = share >= 0.0 ? share * p : -share * (1.0 - p);
    double rest = 1.0 - fabs(share);
    return rest > 0.0 ? fmin(fmax((q - copied) / rest, 0.0), 1.0) : p;
}

static void fill_model(double p, double q, double share, double kappa, binet_copy_model *model)
{
    model->accuracy_a = p;
    model->accuracy_b = q;
    model->kappa = kappa;
    model->lowest_kappa = kappa_of_share(p, q, lowest_share(p, q));
    model->highest_kappa = kappa_of_share(p, q, highest_share(p, q));
    model->copy_share = share;
    model->underlying_accuracy = underlying_accuracy(p, q, share);
}

static binet_status check_accuracies(double p, double q, binet_error *error)
{
    if (!(p > 0.0 && p < 1.0)) {
        return binet__fail_argument(
            error, "accuracy_a", "accuracy_a is %g; allowed: between 0 and 1, where copying can be told from not", p);
    }
    if (!(q >= 0.0 && q <= 1.0)) {
        return binet__fail_argument(error, "accuracy_b", "accuracy_b is %g; allowed: 0 .. 1", q);
    }
    return BINET_OK;
}

/* What rounding may leave beyond an end is at the end. */
static int is_within(double *value, double low, double high)
{
    const double slack = 1e-12;
    int within = *value >= low - slack && *value <= high + slack;
    *value = fmin(fmax(*value, low), high);
    return within;
}

binet_status binet_copy_model_from_kappa(double accuracy_a, double accuracy_b, double kappa, binet_copy_model *model,
                                         binet_error *error)
{
    binet_copy_model found = {0};
    binet_status status = binet__require(model, "model", error);
    status = status == BINET_OK ? binet__check_struct(model, sizeof *model, "model", error) : status;
    status = status == BINET_OK ? check_accuracies(accuracy_a, accuracy_b, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    double low = kappa_of_share(accuracy_a, accuracy_b, lowest_share(accuracy_a, accuracy_b));
    double high = kappa_of_share(accuracy_a, accuracy_b, highest_share(accuracy_a, accuracy_b));
    double given = kappa;
    if (!is_within(&kappa, low, high)) {
        return binet__fail_argument(error, "kappa", "kappa is %g; accuracies %g and %g allow %g .. %g", given,
                                    accuracy_a, accuracy_b, low, high);
    }
    double share = kappa / kappa_of_share(accuracy_a, accuracy_b, 1.0);
    fill_model(accuracy_a, accuracy_b, share, kappa, &found);
    binet__write_struct(model, &found, sizeof found);
    return BINET_OK;
}

binet_status binet_copy_model_from_share(double accuracy_a, double accuracy_b, double share, binet_copy_model *model,
                                         binet_error *error)
{
    binet_copy_model found = {0};
    binet_status status = binet__require(model, "model", error);
    status = status == BINET_OK ? binet__check_struct(model, sizeof *model, "model", error) : status;
    status = status == BINET_OK ? check_accuracies(accuracy_a, accuracy_b, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    double low = lowest_share(accuracy_a, accuracy_b);
    double high = highest_share(accuracy_a, accuracy_b);
    double given = share;
    if (!is_within(&share, low, high)) {
        return binet__fail_argument(error, "share", "share is %g; accuracies %g and %g allow %g .. %g", given,
                                    accuracy_a, accuracy_b, low, high);
    }
    fill_model(accuracy_a, accuracy_b, share, kappa_of_share(accuracy_a, accuracy_b, share), &found);
    binet__write_struct(model, &found, sizeof found);
    return BINET_OK;
}
