#include <math.h>
#include <string.h>

#include "base/error.h"
#include "binet/bias.h"
#include "metrics/normal.h"

/* What a test is to tell. */
typedef struct plan {
    double difference;   /* of the kappas, not 0 */
    double deviation;    /* of its estimate from one trial: over n it is this over sqrt(n) */
    double significance; /* of the two-sided test */
    double power;        /* wanted */
    int64_t n;           /* 0: to be found */
} plan;

/* ---- The spread of kappa ----------------------------------------------------------------------------------------- */

/* With o = 1 - D and e = 1 - E, kappa = 1 - D / E. What a trial moves it by: `a` and `b` say who is right on it. */
typedef struct influence {
    double accuracy_a;
    double accuracy_b;
    double different; /* E */
    double ratio;     /* D / E = 1 - kappa */
} influence;

static influence influence_of(const binet_copy_model *model)
{
    double p = model->accuracy_a;
    double q = model->accuracy_b;
    influence made = {p, q, p * (1.0 - q) + q * (1.0 - p), 1.0 - model->kappa};
    return made;
}

static double influence_at(const influence *of, int a, int b)
{
    double expected = a * (1.0 - 2.0 * of->accuracy_b) + b * (1.0 - 2.0 * of->accuracy_a);
    return ((a == b ? 0.0 : -1.0) + of->ratio * expected) / of->different;
}

/* The chance that the second is right (1) or not (0) on a trial, given the first. */
static double chance_given(const binet_copy_model *model, int first, int second)
{
    double copied = fabs(model->copy_share);
    int copy = model->copy_share >= 0.0 ? first : 1 - first;
    double right = copied * copy + (1.0 - copied) * model->underlying_accuracy;
    return second ? right : 1.0 - right;
}

static double chance_of(const binet_copy_model *model, int first)
{
    return first ? model->accuracy_a : 1.0 - model->accuracy_a;
}

static double deviation_of_pair(const binet_copy_model *model)
{
    influence of = influence_of(model);
    double mean = 0.0;
    double square = 0.0;
    for (int cell = 0; cell < 4; cell++) {
        int a = cell & 1;
        int b = cell >> 1;
        double chance = chance_of(model, a) * chance_given(model, a, b);
        double moves = influence_at(&of, a, b);
        mean += chance * moves;
        square += chance * moves * moves;
    }
    return sqrt(fmax(square - mean * mean, 0.0));
}

/* Of the difference of two kappas that share the first observer. */
static double deviation_of_difference(const binet_copy_model *with_a, const binet_copy_model *with_b)
{
    influence of_a = influence_of(with_a);
    influence of_b = influence_of(with_b);
    double mean = 0.0;
    double square = 0.0;
    for (int cell = 0; cell < 8; cell++) {
        int c = cell & 1;
        int a = cell >> 1 & 1;
        int b = cell >> 2;
        double chance = chance_of(with_a, c) * chance_given(with_a, c, a) * chance_given(with_b, c, b);
        double moves = influence_at(&of_a, c, a) - influence_at(&of_b, c, b);
        mean += chance * moves;
        square += chance * moves * moves;
    }
    return sqrt(fmax(square - mean * mean, 0.0));
}

/* ---- The test ---------------------------------------------------------------------------------------------------- */

/* Both tails: the right one, and the one that tells the wrong way. */
static double power_of(const plan *wanted, int64_t n)
{
    double critical = -binet__normal_quantile(0.5 * wanted->significance);
    double distance = fabs(wanted->difference) * sqrt((double)n) / wanted->deviation;
    return binet__normal_below(distance - critical) + binet__normal_below(-distance - critical);
}

static binet_status find_n(const plan *wanted, int64_t *n, binet_error *error)
{
    const int64_t most = (int64_t)1 << 53;
    int64_t low = 0; /* too few, or none */
    int64_t high = 1;
    while (high < most && power_of(wanted, high) < wanted->power) {
        low = high;
        high *= 2;
    }
    if (power_of(wanted, high) < wanted->power) {
        return binet__fail_argument(error, "options", "a difference of %g takes more than 2^53 trials",
                                    wanted->difference);
    }
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (power_of(wanted, middle) < wanted->power) {
            low = middle;
        } else {
            high = middle;
        }
    }
    *n = high;
    return BINET_OK;
}

static binet_status check_plan(plan *wanted, int32_t reserved, binet_error *error)
{
    binet_status status = binet__check_reserved(reserved, error);
    if (status != BINET_OK) {
        return status;
    }
    double significance = wanted->significance;
    double power = wanted->power;
    wanted->significance = significance != 0.0 ? significance : 0.05;
    wanted->power = power != 0.0 ? power : 0.8;
    if (!(wanted->significance > 0.0 && wanted->significance < 1.0)) {
        return binet__fail_argument(
            error, "options", "options->significance is %g; allowed: between 0 and 1, or 0 for 0.05", significance);
    }
    if (!(wanted->power > wanted->significance && wanted->power < 1.0)) {
        return binet__fail_argument(error, "options",
                                    "options->power is %g; allowed: between the significance, %g, and 1, or 0 for 0.8",
                                    power, wanted->significance);
    }
    if (wanted->n < 0) {
        return binet__fail_argument(error, "options", "options->n is %lld; allowed: >= 1, or 0 for the fewest",
                                    (long long)wanted->n);
    }
    return BINET_OK;
}

/* How many trials tell two kappas apart, of which `names` are the members of the options and `kappa` the first. */
static binet_status answer(plan *wanted, int32_t reserved, const char *const names[2], double kappa,
                           binet_error_consistency_trials_result *result, binet_error *error)
{
    binet_error_consistency_trials_result found = {.n = wanted->n};
    binet_status status = check_plan(wanted, reserved, error);
    if (status == BINET_OK && wanted->difference == 0.0) {
        status = binet__fail_argument(error, "options", "options->%s and %s are both %g: there is nothing to tell",
                                      names[0], names[1], kappa);
    }
    if (status == BINET_OK && wanted->n == 0) {
        status = find_n(wanted, &found.n, error);
    }
    if (status != BINET_OK) {
        return status;
    }
    found.power = power_of(wanted, found.n);
    found.standard_error = wanted->deviation / sqrt((double)found.n);
    binet__write_struct(result, &found, sizeof found);
    return BINET_OK;
}

/* The model of a pair; what is wrong with it is named as the member of the options that it came from. */
static binet_status read_pair(double p, double q, double kappa, const char *const members[3], binet_copy_model *model,
                              binet_error *error)
{
    binet_error reason;
    model->struct_size = sizeof *model;
    if (!(q > 0.0 && q < 1.0)) {
        return binet__fail_argument(error, "options", "options->%s is %g; allowed: between 0 and 1", members[1], q);
    }
    binet_status status = binet_copy_model_from_kappa(p, q, kappa, model, &reason);
    if (status != BINET_OK && strcmp(reason.argument, "kappa") == 0) {
        return binet__fail_argument(error, "options", "options->%s: %s", members[2], reason.message);
    }
    if (status != BINET_OK) {
        return binet__fail_argument(error, "options", "options->%s is %g; allowed: between 0 and 1", members[0], p);
    }
    return BINET_OK;
}

binet_status binet_error_consistency_trials(const binet_error_consistency_trials_options *options,
                                            binet_error_consistency_trials_result *result, binet_error *error)
{
    static const char *const members[3] = {"accuracy_a", "accuracy_b", "kappa"};
    static const char *const null_members[3] = {"accuracy_a", "accuracy_b", "null_kappa"};
    binet_error_consistency_trials_options given;
    binet_copy_model model = {0};
    binet_copy_model null_model = {0};
    binet_status status = binet__require(options, "options", error);
    status = status == BINET_OK ? binet__require(result, "result", error) : status;
    status = status == BINET_OK ? binet__read_struct(&given, sizeof given, options, "options", error) : status;
    status = status == BINET_OK ? binet__check_struct(result, sizeof *result, "result", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    status = read_pair(given.accuracy_a, given.accuracy_b, given.kappa, members, &model, error);
    status = status == BINET_OK
                 ? read_pair(given.accuracy_a, given.accuracy_b, given.null_kappa, null_members, &null_model, error)
                 : status;
    if (status != BINET_OK) {
        return status;
    }
    plan wanted = {.significance = given.significance,
                   .power = given.power,
                   .n = given.n,
                   .difference = model.kappa - null_model.kappa,
                   .deviation = deviation_of_pair(&model)};
    const char *const names[2] = {"kappa", "null_kappa"};
    return answer(&wanted, given.reserved, names, given.kappa, result, error);
}

binet_status binet_error_consistency_difference_trials(const binet_error_consistency_difference_trials_options *options,
                                                       binet_error_consistency_trials_result *result,
                                                       binet_error *error)
{
    static const char *const members_a[3] = {"accuracy_c", "accuracy_a", "kappa_a"};
    static const char *const members_b[3] = {"accuracy_c", "accuracy_b", "kappa_b"};
    binet_error_consistency_difference_trials_options given;
    binet_copy_model with_a = {0};
    binet_copy_model with_b = {0};
    binet_status status = binet__require(options, "options", error);
    status = status == BINET_OK ? binet__require(result, "result", error) : status;
    status = status == BINET_OK ? binet__read_struct(&given, sizeof given, options, "options", error) : status;
    status = status == BINET_OK ? binet__check_struct(result, sizeof *result, "result", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    status = read_pair(given.accuracy_c, given.accuracy_a, given.kappa_a, members_a, &with_a, error);
    status = status == BINET_OK
                 ? read_pair(given.accuracy_c, given.accuracy_b, given.kappa_b, members_b, &with_b, error)
                 : status;
    if (status != BINET_OK) {
        return status;
    }
    plan wanted = {.significance = given.significance,
                   .power = given.power,
                   .n = given.n,
                   .difference = with_a.kappa - with_b.kappa,
                   .deviation = deviation_of_difference(&with_a, &with_b)};
    const char *const names[2] = {"kappa_a", "kappa_b"};
    return answer(&wanted, given.reserved, names, given.kappa_a, result, error);
}
