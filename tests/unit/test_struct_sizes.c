/* Programs that were compiled with an older or a newer header: every function over predictions serves structs of every
 * size, says which one it cannot serve, and leaves what is not its own alone. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "binet/binet.h"
#include "check.h"

enum { N = 8, C = 2, ROOM = 512, TAIL = 16, LEFT_ALONE = 0x5a };

static binet_predictions *table;

static const double scores_of_rows[N * C] = {2, 0, 0, 1, 1, 0, 0, 3, 0, 1, 1, 0, 0, 2, 3, 0};
static const int64_t labels_of_rows[N] = {0, 1, 1, 1, 0, 0, 1, 0};
static const unsigned char right_of_rows[3 * N] = {1, 1, 0, 1, 0, 1, 1, 1, 1, 0, 0, 1,
                                                   1, 1, 1, 0, 0, 1, 1, 1, 0, 1, 0, 1};
static const double accuracies[4] = {0.75, 0.5, 0.625, 0.25};

static const binet_array scores = {scores_of_rows, BINET_F64, 2, {N, C}, {16, 8}};
static const binet_array labels = {labels_of_rows, BINET_I64, 1, {N}, {8}};
static const binet_array right = {right_of_rows, BINET_U8, 1, {N}, {1}};
static const binet_array observers = {right_of_rows, BINET_U8, 2, {3, N}, {N, 1}};

/* ---- Calls ------------------------------------------------------------------------------------------------------- */

static binet_status count_rows(void *self, const int64_t *rows, int64_t n_rows, double *values, binet_error *error)
{
    (void)self;
    (void)error;
    values[0] = (double)rows[n_rows - 1];
    return BINET_OK;
}

static binet_estimate estimate;
static double weights[C];
static double biases[C];

static void give_estimates(void *result)
{
    binet_bootstrap_result *given = result;
    given->estimates = &estimate;
    given->estimates_capacity = 1;
}

static binet_compared compared;

static void give_metrics(void *result)
{
    binet_compare_result *given = result;
    given->metrics = &compared;
    given->metrics_capacity = 1;
}

static void give_weights(void *result)
{
    binet_vector_scaling_result *given = result;
    given->weights = weights;
    given->biases = biases;
    given->capacity = C;
}

static binet_status bootstrap(const void *options, void *result, binet_error *error)
{
    const binet_statistic statistic = {.struct_size = sizeof statistic, .compute = count_rows};
    return binet_bootstrap(NULL, N, &statistic, options, result, error);
}

static binet_status bootstrap_predictions(const void *options, void *result, binet_error *error)
{
    const int32_t metric = BINET_METRIC_ECE;
    return binet_bootstrap_predictions(NULL, table, &metric, 1, NULL, options, result, error);
}

static binet_status compare(const void *options, void *result, binet_error *error)
{
    const int32_t metric = BINET_METRIC_NLL;
    return binet_compare(NULL, table, table, &metric, 1, NULL, options, result, error);
}

static binet_status mcnemar(const void *options, void *result, binet_error *error)
{
    (void)options;
    return binet_mcnemar(3, 5, result, error);
}

static binet_status tost(const void *options, void *result, binet_error *error)
{
    const binet_array differences = {accuracies, BINET_F64, 1, {4}, {8}};
    (void)options;
    return binet_tost(NULL, &differences, -1.0, 1.0, result, error);
}

static binet_status accuracy(const void *options, void *result, binet_error *error)
{
    return binet_accuracy(NULL, table, options, result, error);
}

static binet_status calibration(const void *options, void *result, binet_error *error)
{
    return binet_calibration(NULL, table, options, result, error);
}

static binet_status proper_scores(const void *options, void *result, binet_error *error)
{
    return binet_proper_scores(NULL, table, options, result, error);
}

static binet_status risk_coverage(const void *options, void *result, binet_error *error)
{
    return binet_risk_coverage(NULL, table, options, result, error);
}

static binet_status smooth_ece(const void *options, void *result, binet_error *error)
{
    return binet_smooth_ece(NULL, table, options, result, error);
}

static binet_status classwise(const void *options, void *result, binet_error *error)
{
    return binet_classwise_calibration(NULL, BINET_LOGITS, &scores, &labels, options, result, error);
}

static binet_status fit_temperature(const void *options, void *result, binet_error *error)
{
    return binet_fit_temperature(NULL, &scores, &labels, options, result, error);
}

static binet_status fit_vector_scaling(const void *options, void *result, binet_error *error)
{
    return binet_fit_vector_scaling(NULL, &scores, &labels, options, result, error);
}

static binet_status fit_isotonic(const void *options, void *result, binet_error *error)
{
    (void)options;
    return binet_fit_isotonic(NULL, table, result, error);
}

static binet_status fit_histogram_binning(const void *options, void *result, binet_error *error)
{
    return binet_fit_histogram_binning(NULL, table, options, result, error);
}

static binet_status multilabel(const void *options, void *result, binet_error *error)
{
    static const int32_t ends[N + 1] = {0, 1, 1, 2, 2, 2, 2, 2, 2};
    static const int32_t listed[2] = {0, 1};
    const binet_array offsets = {ends, BINET_I32, 1, {N + 1}, {4}};
    const binet_array classes = {listed, BINET_I32, 1, {2}, {4}};
    return binet_multilabel_accuracy(NULL, table, &offsets, &classes, options, result, error);
}

static binet_status error_ratio(const void *options, void *result, binet_error *error)
{
    return binet_error_ratio(NULL, &right, &labels, options, result, error);
}

static binet_status class_report(const void *options, void *result, binet_error *error)
{
    return binet_class_report(NULL, table, options, result, error);
}

static binet_status class_gap(const void *options, void *result, binet_error *error)
{
    return binet_class_gap(NULL, table, table, options, result, error);
}

static binet_status cka(const void *options, void *result, binet_error *error)
{
    const binet_array samples = {accuracies, BINET_F64, 2, {3, 1}, {8, 8}};
    return binet_cka(NULL, &samples, &samples, options, result, error);
}

static binet_status cka_matrix(const void *options, void *result, binet_error *error)
{
    const binet_array layer = {accuracies, BINET_F64, 2, {4, 1}, {8, 8}};
    binet_cka_matrix *matrix = NULL;
    binet_status status = binet_cka_matrix_create(NULL, 1, 0, options, &matrix, error);
    status = status == BINET_OK ? binet_cka_matrix_append(matrix, &layer, NULL, error) : status;
    status = status == BINET_OK ? binet_cka_matrix_finish(matrix, result, error) : status;
    binet_cka_matrix_destroy(matrix);
    return status;
}

static binet_status svcca(const void *options, void *result, binet_error *error)
{
    const binet_array samples = {accuracies, BINET_F64, 2, {3, 1}, {8, 8}};
    return binet_svcca(NULL, &samples, &samples, options, result, error);
}

static binet_status pwcca(const void *options, void *result, binet_error *error)
{
    (void)options;
    const binet_array samples = {accuracies, BINET_F64, 2, {3, 1}, {8, 8}};
    return binet_pwcca(NULL, &samples, &samples, result, error);
}

static binet_status procrustes(const void *options, void *result, binet_error *error)
{
    (void)options;
    const binet_array samples = {accuracies, BINET_F64, 2, {3, 1}, {8, 8}};
    return binet_procrustes(NULL, &samples, &samples, result, error);
}

static binet_status synthetic(const void *options, void *result, binet_error *error)
{
    static const int32_t ends[C + 1] = {0, 1, 2};
    static const int32_t listed[C] = {0, 1};
    const binet_array offsets = {ends, BINET_I32, 1, {C + 1}, {4}};
    const binet_array classes = {listed, BINET_I32, 1, {C}, {4}};
    return binet_synthetic_accuracy(NULL, table, &offsets, &classes, &labels, options, result, error);
}

static binet_status corruption(const void *options, void *result, binet_error *error)
{
    static const double errors_of_15[15] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5};
    const binet_array errors = {errors_of_15, BINET_F64, 2, {15, 1}, {8, 8}};
    return binet_corruption_robustness(NULL, &errors, NULL, NAN, options, result, error);
}

static binet_status relative_accuracy(const void *options, void *result, binet_error *error)
{
    const binet_array shifted = {accuracies, BINET_F64, 1, {2}, {8}};
    const binet_array clean = {accuracies + 2, BINET_F64, 1, {2}, {8}};
    return binet_relative_accuracy(NULL, &shifted, NULL, &clean, NULL, options, result, error);
}

static binet_status object_focus(const void *options, void *result, binet_error *error)
{
    return binet_object_focus(0.75, 0.5, 0.5, options, result, error);
}

static binet_status accuracy_line(const void *options, void *result, binet_error *error)
{
    const binet_array clean = {accuracies, BINET_F64, 1, {3}, {8}};
    const binet_array shifted = {accuracies + 1, BINET_F64, 1, {3}, {8}};
    return binet_accuracy_line(NULL, &clean, &shifted, NULL, options, result, error);
}

static binet_status invariance(const void *options, void *result, binet_error *error)
{
    const binet_predictions *const settings[2] = {table, table};
    return binet_invariance(NULL, settings, 2, 0, NULL, options, result, error);
}

static binet_status place_model(const void *options, void *result, binet_error *error)
{
    static const int32_t some[2] = {1, 3};
    const binet_array places = {some, BINET_I32, 1, {2}, {4}};
    const binet_array correct = {right_of_rows, BINET_U8, 1, {2}, {1}};
    (void)options;
    return binet_place_model(NULL, &places, &correct, N, 0.0, result, error);
}

static binet_status placement_error(const void *options, void *result, binet_error *error)
{
    static const int32_t all[N] = {0, 1, 2, 3, 4, 5, 6, 7};
    const binet_array order = {all, BINET_I32, 1, {N}, {4}};
    (void)options;
    return binet_placement_error(NULL, &order, &right, 5, result, error);
}

static binet_status ensemble(const void *options, void *result, binet_error *error)
{
    binet_predictions *made = NULL;
    (void)result;
    binet_status status = binet_ensemble(NULL, BINET_LOGITS, &scores, 1, NULL, options, &made, error);
    binet_predictions_destroy(made);
    return status;
}

static binet_status blind_pairs(const void *options, void *result, binet_error *error)
{
    return binet_blind_pairs(NULL, &scores, &scores, options, result, error);
}

static double model[C + 1];

static void give_model(void *result)
{
    binet_ridge_result *given = result;
    given->coefficients = model;
    given->coefficients_capacity = C;
    given->intercepts = model + C;
    given->intercepts_capacity = 1;
}

static binet_status ridge(const void *options, void *result, binet_error *error)
{
    return binet_ridge_fit(NULL, &scores, &labels, NULL, options, result, error);
}

static void two_neighbors(void *options)
{
    ((binet_neighbors_options *)options)->k = 2;
}

static binet_status neighbors(const void *options, void *result, binet_error *error)
{
    binet_neighbors_options usual = {.struct_size = sizeof usual};
    two_neighbors(&usual);
    return binet_neighbors(NULL, &scores, &scores, options != NULL ? options : &usual, result, error);
}

static binet_status neighbors_vote(const void *options, void *result, binet_error *error)
{
    static const int64_t nearest[2] = {3, 1};
    static const double cosines[2] = {0.5, 0.25};
    const binet_array indices = {nearest, BINET_I64, 2, {1, 2}, {16, 8}};
    const binet_array values = {cosines, BINET_F64, 2, {1, 2}, {16, 8}};
    const binet_array ks = {nearest + 1, BINET_I64, 1, {1}, {8}};
    return binet_neighbors_vote(NULL, &indices, &values, &labels, &ks, C, options, result, error);
}

static binet_status shape_bias(const void *options, void *result, binet_error *error)
{
    return binet_shape_bias(NULL, &labels, &labels, &labels, options, result, error);
}

static binet_status consistency(const void *options, void *result, binet_error *error)
{
    (void)options;
    return binet_error_consistency(NULL, &right, &right, result, error);
}

static binet_status consistency_matrix(const void *options, void *result, binet_error *error)
{
    (void)options;
    return binet_error_consistency_matrix(NULL, &observers, result, error);
}

static binet_status consistency_mean(const void *options, void *result, binet_error *error)
{
    return binet_error_consistency_mean(NULL, &observers, NULL, options, result, error);
}

static binet_status consistency_difference(const void *options, void *result, binet_error *error)
{
    static const int32_t ends[4] = {0, 1, 0, 2};
    const binet_array one = {ends, BINET_I32, 2, {1, 2}, {8, 4}};
    const binet_array other = {ends + 2, BINET_I32, 2, {1, 2}, {8, 4}};
    return binet_error_consistency_difference(NULL, &observers, &one, &other, options, result, error);
}

static binet_status copy_model(const void *options, void *result, binet_error *error)
{
    (void)options;
    return binet_copy_model_from_kappa(0.7, 0.7, 0.5, result, error);
}

static void plan_trials(void *options)
{
    binet_error_consistency_trials_options *given = options;
    given->accuracy_a = 0.7;
    given->accuracy_b = 0.7;
    given->kappa = 0.5;
}

static binet_status trials(const void *options, void *result, binet_error *error)
{
    binet_error_consistency_trials_options usual = {.struct_size = sizeof usual};
    plan_trials(&usual);
    return binet_error_consistency_trials(options != NULL ? options : &usual, result, error);
}

static binet_status logme(const void *options, void *result, binet_error *error)
{
    (void)options;
    return binet_logme(NULL, &scores, &labels, result, error);
}

static binet_status leep(const void *options, void *result, binet_error *error)
{
    (void)options;
    return binet_leep(NULL, BINET_LOGITS, &scores, &labels, result, error);
}

static binet_status nce(const void *options, void *result, binet_error *error)
{
    (void)options;
    return binet_nce(NULL, &labels, &labels, result, error);
}

/* ---- Cases ------------------------------------------------------------------------------------------------------- */

typedef struct call {
    const char *name;
    binet_status (*make)(const void *options, void *result, binet_error *error);
    size_t options_size;          /* 0: it takes none */
    size_t reserved;              /* where options have a reserved member; 0: they have none */
    size_t result_size;           /* 0: it fills no struct */
    void (*fill_options)(void *); /* what is needed beyond zeros */
    void (*fill_result)(void *);  /* rooms that it cannot do without */
} call;

#define RESERVED(type) sizeof(type), offsetof(type, reserved)
#define PLAIN(type) sizeof(type), 0

static const call calls[] = {
    {"bootstrap", bootstrap, PLAIN(binet_bootstrap_options), sizeof(binet_bootstrap_result), NULL, give_estimates},
    {"bootstrap_predictions", bootstrap_predictions, PLAIN(binet_bootstrap_options), sizeof(binet_bootstrap_result),
     NULL, give_estimates},
    {"compare", compare, PLAIN(binet_bootstrap_options), sizeof(binet_compare_result), NULL, give_metrics},
    {"mcnemar", mcnemar, 0, 0, sizeof(binet_mcnemar_result), NULL, NULL},
    {"tost", tost, 0, 0, sizeof(binet_tost_result), NULL, NULL},
    {"accuracy", accuracy, PLAIN(binet_accuracy_options), sizeof(binet_accuracy_result), NULL, NULL},
    {"calibration", calibration, PLAIN(binet_calibration_options), sizeof(binet_calibration_result), NULL, NULL},
    {"proper_scores", proper_scores, PLAIN(binet_calibration_options), sizeof(binet_proper_scores_result), NULL, NULL},
    {"risk_coverage", risk_coverage, RESERVED(binet_risk_coverage_options), sizeof(binet_risk_coverage_result), NULL,
     NULL},
    {"smooth_ece", smooth_ece, RESERVED(binet_smooth_ece_options), sizeof(binet_smooth_ece_result), NULL, NULL},
    {"classwise", classwise, RESERVED(binet_classwise_options), sizeof(binet_classwise_result), NULL, NULL},
    {"fit_temperature", fit_temperature, PLAIN(binet_temperature_options), sizeof(binet_temperature_result), NULL,
     NULL},
    {"fit_vector_scaling", fit_vector_scaling, PLAIN(binet_vector_scaling_options), sizeof(binet_vector_scaling_result),
     NULL, give_weights},
    {"fit_isotonic", fit_isotonic, 0, 0, sizeof(binet_isotonic_result), NULL, NULL},
    {"fit_histogram_binning", fit_histogram_binning, RESERVED(binet_histogram_binning_options),
     sizeof(binet_histogram_binning_result), NULL, NULL},
    {"multilabel", multilabel, RESERVED(binet_multilabel_options), sizeof(binet_multilabel_result), NULL, NULL},
    {"error_ratio", error_ratio, PLAIN(binet_error_ratio_options), sizeof(binet_error_ratio_result), NULL, NULL},
    {"class_report", class_report, PLAIN(binet_class_report_options), sizeof(binet_class_report_result), NULL, NULL},
    {"class_gap", class_gap, PLAIN(binet_class_gap_options), sizeof(binet_class_gap_result), NULL, NULL},
    {"cka", cka, RESERVED(binet_cka_options), sizeof(binet_cka_result), NULL, NULL},
    {"cka_matrix", cka_matrix, PLAIN(binet_cka_matrix_options), sizeof(binet_cka_matrix_result), NULL, NULL},
    {"svcca", svcca, RESERVED(binet_svcca_options), sizeof(binet_svcca_result), NULL, NULL},
    {"pwcca", pwcca, 0, 0, sizeof(binet_pwcca_result), NULL, NULL},
    {"procrustes", procrustes, 0, 0, sizeof(binet_procrustes_result), NULL, NULL},
    {"synthetic", synthetic, RESERVED(binet_synthetic_options), sizeof(binet_synthetic_result), NULL, NULL},
    {"corruption", corruption, RESERVED(binet_corruption_options), sizeof(binet_corruption_result), NULL, NULL},
    {"relative_accuracy", relative_accuracy, RESERVED(binet_relative_accuracy_options),
     sizeof(binet_relative_accuracy_result), NULL, NULL},
    {"object_focus", object_focus, RESERVED(binet_object_focus_options), sizeof(binet_object_focus_result), NULL, NULL},
    {"accuracy_line", accuracy_line, PLAIN(binet_accuracy_line_options), sizeof(binet_accuracy_line_result), NULL,
     NULL},
    {"invariance", invariance, RESERVED(binet_invariance_options), sizeof(binet_invariance_result), NULL, NULL},
    {"place_model", place_model, 0, 0, sizeof(binet_placement_result), NULL, NULL},
    {"placement_error", placement_error, 0, 0, sizeof(binet_placement_error_result), NULL, NULL},
    {"ensemble", ensemble, PLAIN(binet_ensemble_options), 0, NULL, NULL},
    {"blind_pairs", blind_pairs, RESERVED(binet_blind_pairs_options), sizeof(binet_blind_pairs_result), NULL, NULL},
    {"ridge", ridge, PLAIN(binet_ridge_options), sizeof(binet_ridge_result), NULL, give_model},
    {"neighbors", neighbors, RESERVED(binet_neighbors_options), sizeof(binet_neighbors_result), two_neighbors, NULL},
    {"neighbors_vote", neighbors_vote, RESERVED(binet_neighbors_vote_options), sizeof(binet_neighbors_vote_result),
     NULL, NULL},
    {"shape_bias", shape_bias, PLAIN(binet_shape_bias_options), sizeof(binet_shape_bias_result), NULL, NULL},
    {"consistency", consistency, 0, 0, sizeof(binet_error_consistency_result), NULL, NULL},
    {"consistency_matrix", consistency_matrix, 0, 0, sizeof(binet_error_consistency_matrix_result), NULL, NULL},
    {"consistency_mean", consistency_mean, PLAIN(binet_bootstrap_options), sizeof(binet_error_consistency_mean_result),
     NULL, NULL},
    {"consistency_difference", consistency_difference, PLAIN(binet_bootstrap_options),
     sizeof(binet_error_consistency_difference_result), NULL, NULL},
    {"copy_model", copy_model, 0, 0, sizeof(binet_copy_model), NULL, NULL},
    {"trials", trials, RESERVED(binet_error_consistency_trials_options), sizeof(binet_error_consistency_trials_result),
     plan_trials, NULL},
    {"logme", logme, 0, 0, sizeof(binet_logme_result), NULL, NULL},
    {"leep", leep, 0, 0, sizeof(binet_leep_result), NULL, NULL},
    {"nce", nce, 0, 0, sizeof(binet_nce_result), NULL, NULL},
};

enum { N_CALLS = sizeof calls / sizeof calls[0] };

/* A struct of a caller: its size first, zeros, what the call needs, and beyond it memory that is not of the struct. */
typedef union block {
    uint32_t struct_size;
    double aligned;
    unsigned char bytes[ROOM];
} block;

static void set_up(block *of, size_t size, void (*fill)(void *))
{
    memset(of, LEFT_ALONE, sizeof *of);
    memset(of, 0, size);
    if (fill != NULL) {
        fill(of);
    }
    of->struct_size = (uint32_t)size;
}

static void say(const call *of, int well)
{
    if (!well) {
        (void)fprintf(stderr, "of %s:\n", of->name);
    }
    CHECK(well);
}

/* What is wrong with the options or the result is said of them, and the result stays as it was. */
static void refused(const call *of, const void *options, block *result, binet_status expected, const char *argument)
{
    block before = *result;
    binet_error error = {0};
    binet_status status = of->make(options, of->result_size != 0 ? result : NULL, &error);
    say(of, status == expected && strcmp(error.argument, argument) == 0 && memcmp(&before, result, sizeof before) == 0);
}

/* ---- Tests ------------------------------------------------------------------------------------------------------- */

static void a_newer_result_is_served_and_its_tail_must_be_zero(void)
{
    for (int i = 0; i < N_CALLS; i++) {
        const call *of = &calls[i];
        block result;
        if (of->result_size == 0) {
            continue;
        }
        size_t size = of->result_size + TAIL;
        set_up(&result, size, of->fill_result);
        say(of, of->make(NULL, &result, NULL) == BINET_OK);
        int kept = result.struct_size == size && result.bytes[size] == LEFT_ALONE;
        for (size_t byte = of->result_size; byte < size; byte++) {
            kept = kept && result.bytes[byte] == 0;
        }
        say(of, kept);
        set_up(&result, size, of->fill_result);
        result.bytes[size - 1] = 1;
        const char *argument = of->make == copy_model ? "model" : "result";
        refused(of, NULL, &result, BINET_UNSUPPORTED, argument);
        result.struct_size = 0;
        refused(of, NULL, &result, BINET_INVALID_ARGUMENT, argument);
    }
}

static void an_older_result_gets_what_it_has_room_for(void)
{
    for (int i = 0; i < N_CALLS; i++) {
        const call *of = &calls[i];
        if (of->result_size == 0 || of->fill_result != NULL) {
            continue;
        }
        block whole;
        set_up(&whole, of->result_size, NULL);
        say(of, of->make(NULL, &whole, NULL) == BINET_OK);
        for (size_t size = 2 * sizeof(uint32_t); size < of->result_size; size += sizeof(uint64_t)) {
            block part;
            set_up(&part, size, NULL);
            say(of, of->make(NULL, &part, NULL) == BINET_OK && part.struct_size == size);
            say(of,
                memcmp(part.bytes + sizeof(uint32_t), whole.bytes + sizeof(uint32_t), size - sizeof(uint32_t)) == 0);
            int untouched = 1;
            for (size_t byte = size; byte < ROOM; byte++) {
                untouched = untouched && part.bytes[byte] == LEFT_ALONE;
            }
            say(of, untouched);
        }
    }
}

static void options_of_every_size_are_read(void)
{
    for (int i = 0; i < N_CALLS; i++) {
        const call *of = &calls[i];
        block options;
        block expected;
        block result;
        if (of->options_size == 0) {
            continue;
        }
        size_t result_size = of->result_size != 0 ? of->result_size : sizeof(uint32_t);
        set_up(&expected, result_size, of->fill_result);
        say(of, of->make(NULL, of->result_size != 0 ? &expected : NULL, NULL) == BINET_OK);
        /* Zeros, in as many bytes as an older, this and a newer header have, are the defaults. */
        size_t least = of->fill_options != NULL ? of->options_size : sizeof(uint32_t);
        for (size_t size = least; size <= of->options_size + TAIL; size += sizeof(uint32_t)) {
            set_up(&options, size, of->fill_options);
            set_up(&result, result_size, of->fill_result);
            say(of, of->make(&options, of->result_size != 0 ? &result : NULL, NULL) == BINET_OK);
            say(of, memcmp(&result, &expected, sizeof result) == 0);
        }
        options.bytes[of->options_size + TAIL - 1] = 1;
        refused(of, &options, &result, BINET_UNSUPPORTED, "options");
        options.struct_size = 0;
        refused(of, &options, &result, BINET_INVALID_ARGUMENT, "options");
    }
}

static void what_is_reserved_must_be_zero(void)
{
    for (int i = 0; i < N_CALLS; i++) {
        const call *of = &calls[i];
        block options;
        block result;
        if (of->reserved == 0) {
            continue;
        }
        set_up(&options, of->options_size, of->fill_options);
        set_up(&result, of->result_size, of->fill_result);
        const int32_t one = 1;
        memcpy(options.bytes + of->reserved, &one, sizeof one);
        refused(of, &options, &result, BINET_INVALID_ARGUMENT, "options");
    }
}

int main(void)
{
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &scores, &labels, NULL, &table, NULL), BINET_OK);
    RUN(a_newer_result_is_served_and_its_tail_must_be_zero);
    RUN(an_older_result_gets_what_it_has_room_for);
    RUN(options_of_every_size_are_read);
    RUN(what_is_reserved_must_be_zero);
    binet_predictions_destroy(table);
    return check_result();
}
