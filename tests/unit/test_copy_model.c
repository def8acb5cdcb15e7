/* The copy model gives back the table it came from; its spread and power are those of the table, cell by cell. */
#include "binet/bias.h"

#include <math.h>
#include <stddef.h>

#include "check.h"

/* Accuracy of the first, then of the second. */
static const double accuracies[][2] = {{0.5, 0.5},   {0.7, 0.7}, {0.9, 0.3}, {0.2, 0.6},
                                       {0.01, 0.99}, {0.4, 0.0}, {0.4, 1.0}};
enum { N_PAIRS = sizeof accuracies / sizeof accuracies[0] };

static binet_copy_model model_of_kappa(double p, double q, double kappa)
{
    binet_copy_model model = {.struct_size = sizeof model};
    CHECK_INT(binet_copy_model_from_kappa(p, q, kappa, &model, NULL), BINET_OK);
    return model;
}

/* Kappa of the table that the model draws from, by its definition. */
static double kappa_of(const binet_copy_model *model, double *accuracy_b)
{
    double p = model->accuracy_a;
    double share = fabs(model->copy_share);
    double u = model->underlying_accuracy;
    double right_if_right = model->copy_share >= 0 ? share + (1 - share) * u : (1 - share) * u;
    double right_if_wrong = model->copy_share >= 0 ? (1 - share) * u : share + (1 - share) * u;
    double q = p * right_if_right + (1 - p) * right_if_wrong;
    double o = p * right_if_right + (1 - p) * (1 - right_if_wrong);
    double e = p * q + (1 - p) * (1 - q);
    *accuracy_b = q;
    return (o - e) / (1 - e);
}

static void the_table_of_the_model_has_its_kappa(void)
{
    for (int i = 0; i < N_PAIRS; i++) {
        double p = accuracies[i][0];
        double q = accuracies[i][1];
        binet_copy_model ends = model_of_kappa(p, q, 0.0);
        CHECK(ends.copy_share == 0.0 && ends.underlying_accuracy == q);
        CHECK(ends.lowest_kappa <= 0.0 && ends.highest_kappa >= 0.0);
        for (int step = 0; step <= 10; step++) {
            double kappa = ends.lowest_kappa + (ends.highest_kappa - ends.lowest_kappa) * step / 10.0;
            binet_copy_model model = model_of_kappa(p, q, kappa);
            binet_copy_model again = {.struct_size = sizeof again};
            double accuracy_b;
            CHECK_NEAR(kappa_of(&model, &accuracy_b), kappa, 1e-12);
            CHECK_NEAR(accuracy_b, q, 1e-12);
            CHECK(model.underlying_accuracy >= 0.0 && model.underlying_accuracy <= 1.0);
            CHECK_INT(binet_copy_model_from_share(p, q, model.copy_share, &again, NULL), BINET_OK);
            CHECK_NEAR(again.kappa, kappa, 1e-14);
            CHECK(again.lowest_kappa == model.lowest_kappa && again.highest_kappa == model.highest_kappa);
        }
    }
}

/* The most that two accuracies allow: the one with fewer right is right only where the other is. */
static void the_ends_are_those_of_the_accuracies(void)
{
    for (int i = 0; i < N_PAIRS; i++) {
        double p = accuracies[i][0];
        double q = accuracies[i][1];
        double e = p * q + (1 - p) * (1 - q);
        binet_copy_model model = model_of_kappa(p, q, 0.0);
        CHECK_NEAR(model.highest_kappa, (fmin(p, q) + fmin(1 - p, 1 - q) - e) / (1 - e), 1e-14);
        CHECK_NEAR(model.lowest_kappa, (1 - fmin(p, 1 - q) - fmin(1 - p, q) - e) / (1 - e), 1e-14);
    }
    binet_copy_model same = model_of_kappa(0.7, 0.7, 0.25);
    CHECK_NEAR(same.copy_share, 0.25, 1e-15); /* equal accuracies: kappa is the share */
    same = model_of_kappa(0.7, 0.7, 1.0);
    CHECK(same.copy_share == 1.0 && same.underlying_accuracy == 0.7);
}

static void models_that_cannot_be_are_named(void)
{
    binet_copy_model model = {.struct_size = sizeof model, .kappa = 7.0};
    binet_error error;
    static const double outside[] = {0.0, 1.0, -0.5, 2.0, NAN};
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        CHECK_INT(binet_copy_model_from_kappa(outside[i], 0.5, 0.0, &model, &error), BINET_INVALID_ARGUMENT);
        CHECK_TEXT(error.argument, "accuracy_a");
    }
    for (size_t i = 2; i < sizeof outside / sizeof outside[0]; i++) {
        CHECK_INT(binet_copy_model_from_share(0.5, outside[i], 0.0, &model, &error), BINET_INVALID_ARGUMENT);
        CHECK_TEXT(error.argument, "accuracy_b");
    }
    CHECK_INT(binet_copy_model_from_kappa(0.9, 0.5, 0.9, &model, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "kappa");
    CHECK_CONTAINS(error.message, "kappa is 0.9; accuracies 0.9 and 0.5 allow -0.2 .. 0.2");
    CHECK_INT(binet_copy_model_from_kappa(0.9, 0.5, NAN, &model, &error), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_copy_model_from_share(0.9, 0.5, -0.6, &model, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "share");
    CHECK(model.kappa == 7.0);
    CHECK_INT(binet_copy_model_from_kappa(0.9, 0.5, 0.1, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "model");
    model.struct_size = 2;
    CHECK_INT(binet_copy_model_from_kappa(0.9, 0.5, 0.1, &model, &error), BINET_INVALID_ARGUMENT);
}

/* ---- Trials ------------------------------------------------------------------------------------------------------ */

static binet_error_consistency_trials_result trials(const binet_error_consistency_trials_options *options)
{
    binet_error_consistency_trials_result result = {.struct_size = sizeof result};
    CHECK_INT(binet_error_consistency_trials(options, &result, NULL), BINET_OK);
    return result;
}

/* The formula of Fleiss, Cohen and Everitt (1969) for the large-sample variance of kappa of a table p[a][b]. */
static double fleiss(double p[2][2])
{
    double row[2] = {p[0][0] + p[0][1], p[1][0] + p[1][1]};
    double column[2] = {p[0][0] + p[1][0], p[0][1] + p[1][1]};
    double o = p[0][0] + p[1][1];
    double e = row[0] * column[0] + row[1] * column[1];
    double kappa = (o - e) / (1 - e);
    double sum = 0;
    for (int i = 0; i < 2; i++) {
        sum += p[i][i] * pow(1 - (row[i] + column[i]) * (1 - kappa), 2);
        sum += (1 - kappa) * (1 - kappa) * p[i][1 - i] * pow(column[i] + row[1 - i], 2);
    }
    return (sum - pow(kappa - e * (1 - kappa), 2)) / ((1 - e) * (1 - e));
}

static void the_spread_is_that_of_fleiss(void)
{
    static const double cases[][3] = {
        {0.7, 0.6, 0.3}, {0.5, 0.5, 0.0}, {0.9, 0.8, 0.4}, {0.3, 0.75, -0.2}, {0.6, 0.6, 0.9}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double p = cases[i][0];
        double q = cases[i][1];
        double e = p * q + (1 - p) * (1 - q);
        double both = (cases[i][2] * (1 - e) + e + p + q - 1) / 2;
        double table[2][2] = {{1 - p - q + both, q - both}, {p - both, both}};
        binet_error_consistency_trials_options options = {.struct_size = sizeof options,
                                                          .accuracy_a = p,
                                                          .accuracy_b = q,
                                                          .kappa = cases[i][2],
                                                          .null_kappa = 0.05,
                                                          .n = 400};
        CHECK_NEAR(trials(&options).standard_error, sqrt(fleiss(table) / 400), 1e-13);
    }
}

static void the_fewest_trials_have_the_power(void)
{
    binet_error_consistency_trials_options options = {
        .struct_size = sizeof options, .accuracy_a = 0.7, .accuracy_b = 0.6, .kappa = 0.3};
    for (int step = 1; step <= 9; step++) {
        options.power = 0.1 * step;
        options.n = 0;
        int64_t n = trials(&options).n;
        CHECK(trials(&options).power >= options.power);
        options.n = n;
        CHECK(trials(&options).power >= options.power);
        options.n = n - 1;
        CHECK(n == 1 || trials(&options).power < options.power);
    }
    /* By hand: the deviation of one trial is 0.96389..., (1.959964 + 0.841621) 0.963893 / 0.3 squared is 81.03. */
    options.power = 0;
    options.n = 0;
    CHECK_INT(trials(&options).n, 82);
    options.significance = 0.01;
    CHECK(trials(&options).n > 82);
    options.significance = 0;
    options.null_kappa = 0.2;
    CHECK_INT(trials(&options).n / 100, 7); /* a third of the difference: nine times as many */
    /* A copy that is never wrong about it: no spread, one trial. */
    binet_error_consistency_trials_options same = {
        .struct_size = sizeof same, .accuracy_a = 0.7, .accuracy_b = 0.7, .kappa = 1.0};
    CHECK_INT(trials(&same).n, 1);
    CHECK(trials(&same).power == 1.0 && trials(&same).standard_error == 0.0);
}

/* Two observers that copy nothing of c share nothing but its table; a difference is as wide as both together. */
static void differences_have_the_spread_of_both(void)
{
    binet_error_consistency_difference_trials_options options = {.struct_size = sizeof options,
                                                                 .accuracy_c = 0.5,
                                                                 .accuracy_a = 0.5,
                                                                 .accuracy_b = 0.5,
                                                                 .kappa_a = 1e-9,
                                                                 .n = 100};
    binet_error_consistency_trials_result result = {.struct_size = sizeof result};
    CHECK_INT(binet_error_consistency_difference_trials(&options, &result, NULL), BINET_OK);
    CHECK_NEAR(result.standard_error, sqrt(2.0) / 10, 1e-9); /* each has variance 1 a trial */
    CHECK_NEAR(result.power, 0.05, 1e-6);
    /* A perfect copy adds no spread of its own. */
    options.kappa_a = 1.0;
    CHECK_INT(binet_error_consistency_difference_trials(&options, &result, NULL), BINET_OK);
    CHECK_NEAR(result.standard_error, 0.1, 1e-9);
    options.n = 0;
    options.kappa_a = 0.4;
    options.kappa_b = 0.2;
    options.accuracy_a = 0.6;
    CHECK_INT(binet_error_consistency_difference_trials(&options, &result, NULL), BINET_OK);
    int64_t n = result.n;
    double kappa = options.kappa_a;
    double accuracy = options.accuracy_a;
    options.kappa_a = options.kappa_b;
    options.accuracy_a = options.accuracy_b;
    options.kappa_b = kappa;
    options.accuracy_b = accuracy;
    CHECK_INT(binet_error_consistency_difference_trials(&options, &result, NULL), BINET_OK);
    CHECK_INT(result.n, n); /* whichever is called a */
    CHECK(result.power >= 0.8 && n > 100);
}

static void refused(binet_error_consistency_trials_options options, const char *why)
{
    binet_error_consistency_trials_result result = {.struct_size = sizeof result, .n = 77};
    binet_error error;
    options.struct_size = sizeof options;
    CHECK_INT(binet_error_consistency_trials(&options, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "options");
    CHECK_CONTAINS(error.message, why);
    CHECK_INT(result.n, 77);
}

static void plans_that_cannot_be_are_named(void)
{
    const binet_error_consistency_trials_options good = {.accuracy_a = 0.7, .accuracy_b = 0.6, .kappa = 0.3};
    binet_error_consistency_trials_options bad = good;
    bad.accuracy_a = 0;
    refused(bad, "options->accuracy_a is 0; allowed: between 0 and 1");
    bad = good;
    bad.accuracy_b = 1;
    refused(bad, "options->accuracy_b is 1; allowed: between 0 and 1");
    bad = good;
    bad.kappa = 0.9;
    refused(bad, "options->kappa: kappa is 0.9; accuracies 0.7 and 0.6 allow");
    bad = good;
    bad.null_kappa = -0.9;
    refused(bad, "options->null_kappa: kappa is -0.9");
    bad = good;
    bad.null_kappa = 0.3;
    refused(bad, "both 0.3: there is nothing to tell");
    bad = good;
    bad.significance = 1;
    refused(bad, "options->significance is 1; allowed: between 0 and 1");
    bad.significance = -0.1;
    refused(bad, "options->significance is -0.1");
    bad = good;
    bad.power = 0.04;
    refused(bad, "options->power is 0.04; allowed: between the significance, 0.05, and 1");
    bad.power = 1;
    refused(bad, "options->power is 1");
    bad = good;
    bad.n = -1;
    refused(bad, "options->n is -1");
    bad = good;
    bad.reserved = 3;
    refused(bad, "options->reserved is 3");
    bad = good;
    bad.null_kappa = 0.3 - 1e-9;
    bad.power = 0.99;
    refused(bad, "takes more than 2^53 trials");
    binet_error error;
    binet_error_consistency_trials_result result = {.struct_size = sizeof result};
    CHECK_INT(binet_error_consistency_trials(NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "options");
    binet_error_consistency_difference_trials_options two = {.struct_size = sizeof two,
                                                             .accuracy_c = 0.5,
                                                             .accuracy_a = 0.5,
                                                             .accuracy_b = 0.5,
                                                             .kappa_a = 0.2,
                                                             .kappa_b = 0.2};
    CHECK_INT(binet_error_consistency_difference_trials(&two, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "options->kappa_a and kappa_b are both 0.2");
    two.accuracy_b = 0;
    CHECK_INT(binet_error_consistency_difference_trials(&two, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "options->accuracy_b is 0");
    CHECK_INT(binet_error_consistency_difference_trials(&two, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "result");
}

int main(void)
{
    RUN(the_table_of_the_model_has_its_kappa);
    RUN(the_ends_are_those_of_the_accuracies);
    RUN(models_that_cannot_be_are_named);
    RUN(the_spread_is_that_of_fleiss);
    RUN(the_fewest_trials_have_the_power);
    RUN(differences_have_the_spread_of_both);
    RUN(plans_that_cannot_be_are_named);
    return check_result();
}
