/* A batch of scores fills the rows behind those that a table has, chunk after chunk, as plain loops do. */
#include "metrics/predictions_rows.h"

#include <math.h>

#include "check.h"
#include "metrics/predictions_table.h"
#include "pooled.h"
#include "scores.h"

/* A chunk is 993 rows of 200 classes; of the subset, 1008 of 196. */
enum { C = 200, CHUNK = 993, N = 2 * CHUNK + 40, BEFORE = 3, KEPT = 196 };

static double scores[N * C];
static int64_t labels[N];
static int64_t subset[KEPT];

static void make(void)
{
    scores_logits(scores, (int64_t)N * C, 1);
    scores_labels(labels, N, C, 2);
    for (int64_t i = 0; i < N * C; i += 977) {
        scores[i] = -INFINITY;                              /* a class that cannot be */
        scores[(i + 3) % ((int64_t)N * C)] = scores[i + 1]; /* a tie */
    }
    for (int64_t k = 0; k < KEPT; k++) {
        subset[k] = k + (k >= 50) + 3 * (k >= 150);
    }
    for (int64_t i = 0; i < N; i++) {
        labels[i] = subset[labels[i] % KEPT];
    }
}

static binet__rows_settings settings_of(int32_t kind, double temperature, int has_subset)
{
    binet__rows_settings settings = {.kind = kind, .temperature = temperature};
    settings.subset = has_subset ? subset : NULL;
    settings.subset_size = has_subset ? KEPT : 0;
    CHECK_INT(binet__kernels_of(NULL, &settings.kernels, NULL), BINET_OK);
    return settings;
}

/* A table with rows before, and room for n and one more; all are 77 where nothing has filled them. */
static binet_predictions *table_with_room(int64_t n)
{
    binet_predictions *table = NULL;
    CHECK_INT(binet__predictions_create(NULL, &table, NULL), BINET_OK);
    CHECK_INT(binet__predictions_reserve(table, BEFORE + n + 1, NULL), BINET_OK);
    for (int64_t row = 0; row <= BEFORE + n; row++) {
        binet__predictions_clear_row(table, row);
        binet__column_i32(table, BINET_PREDICTED_CLASS)[row] = 77777;
    }
    table->n = BEFORE;
    return table;
}

/* 1 where nothing has filled a row. */
static int is_empty(const binet_predictions *table, int64_t row)
{
    int empty = binet__column_i32(table, BINET_PREDICTED_CLASS)[row] == 77777;
    empty &= binet__column_i32(table, BINET_LABEL)[row] == BINET__NO_LABEL;
    empty &= binet__column_i32(table, BINET_RANK)[row] == BINET__NO_RANK;
    return empty && isnan(binet__column_f64(table, BINET_CONFIDENCE)[row]);
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

/* Row i by the definition; NULL labels: without. */
static void row_is_that_of_loops(const binet__rows_settings *settings, int64_t i, const int64_t *truth,
                                 const binet_predictions *table)
{
    int64_t n_kept = settings->subset != NULL ? KEPT : C;
    double p[C];
    int64_t best = 0;
    int64_t at = -1;
    int32_t rank = truth != NULL;
    double sum = 0.0;
    double brier = 0.0;
    double entropy = 0.0;
    for (int64_t k = 0; k < n_kept; k++) {
        int64_t class_index = settings->subset != NULL ? subset[k] : k;
        double score = scores[i * C + class_index];
        p[k] = settings->kind == BINET_LOGITS ? exp(score / settings->temperature) : score;
        best = p[k] > p[best] ? k : best;
        at = truth != NULL && class_index == truth[i] ? k : at;
        sum += p[k];
    }
    for (int64_t k = 0; k < n_kept; k++) {
        p[k] /= settings->kind == BINET_LOGITS ? sum : 1.0;
        brier += pow(p[k] - (k == at), 2.0);
        entropy -= p[k] > 0.0 ? p[k] * log(p[k]) : 0.0;
    }
    for (int64_t k = 0; k < n_kept && at >= 0; k++) {
        rank += p[k] > p[at] || (p[k] == p[at] && k < at);
    }
    int64_t row = BEFORE + i;
    CHECK_INT(binet__column_i32(table, BINET_PREDICTED_CLASS)[row], settings->subset != NULL ? subset[best] : best);
    CHECK_INT(binet__column_i32(table, BINET_LABEL)[row], truth != NULL ? truth[i] : -1);
    CHECK_INT(binet__column_i32(table, BINET_RANK)[row], rank);
    CHECK_NEAR(binet__column_f64(table, BINET_CONFIDENCE)[row], p[best], 1e-14);
    CHECK_NEAR(binet__column_f64(table, BINET_ENTROPY)[row], entropy, 1e-13);
    double true_probability = binet__column_f64(table, BINET_TRUE_PROBABILITY)[row];
    double nll = binet__column_f64(table, BINET_NLL)[row];
    if (truth == NULL) {
        CHECK(isnan(true_probability) && isnan(nll) && isnan(binet__column_f64(table, BINET_BRIER)[row]));
    } else {
        CHECK_NEAR(true_probability, p[at], 1e-14);
        CHECK(p[at] > 0.0 ? fabs(nll + log(p[at])) <= 1e-12 : isinf(nll));
        CHECK_NEAR(binet__column_f64(table, BINET_BRIER)[row], brier, 1e-13);
    }
}

static void fills_as_loops(const binet__rows_settings *settings, int64_t n, int has_labels)
{
    binet_array array = scores_matrix(scores, BINET_F64, n, C);
    binet_array truth = scores_vector(labels, BINET_I64, n);
    binet_predictions *table = table_with_room(n);
    CHECK_INT(binet__rows_fill(NULL, settings, &array, has_labels ? &truth : NULL, 0, table, NULL, NULL), BINET_OK);
    CHECK_INT(table->n, BEFORE);
    for (int64_t row = 0; row < BEFORE; row++) {
        CHECK(is_empty(table, row));
    }
    CHECK(is_empty(table, BEFORE + n));
    for (int64_t i = 0; i < n; i++) {
        row_is_that_of_loops(settings, i, has_labels ? labels : NULL, table);
    }
    binet_predictions_destroy(table);
}

static void rows_are_those_of_loops(void)
{
    static const int64_t sizes[] = {1, CHUNK - 1, CHUNK, CHUNK + 1, N};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        for (int kind = 0; kind < 4; kind++) {
            binet__rows_settings settings = settings_of(BINET_LOGITS, kind == 1 ? 2.5 : 1.0, kind > 1);
            fills_as_loops(&settings, sizes[s], kind != 3);
        }
    }
}

/* Probabilities, of which the same scores make some. */
static void probabilities_are_taken_as_they_are(void)
{
    for (int64_t i = 0; i < N; i++) {
        double sum = 0.0;
        for (int64_t k = 0; k < C; k++) {
            scores[i * C + k] = exp(scores[i * C + k]);
            sum += scores[i * C + k];
        }
        for (int64_t k = 0; k < C; k++) {
            scores[i * C + k] /= sum;
        }
    }
    binet__rows_settings settings = settings_of(BINET_PROBABILITIES, 1.0, 0);
    fills_as_loops(&settings, N, 1);
    make();
}

/* ---- Rows that are left out, and rows at fault ------------------------------------------------------------------- */

/* Where a chunk ends, and where one starts. */
static const int64_t edges[] = {0, CHUNK - 1, CHUNK, 2 * CHUNK - 1, 2 * CHUNK, N - 1};

enum { N_EDGES = sizeof edges / sizeof edges[0] };

static void rows_with_a_nan_are_marked_and_not_filled(void)
{
    binet__rows_settings settings = settings_of(BINET_LOGITS, 1.0, 0);
    settings.nan_policy = BINET_NAN_OMIT;
    for (int e = 0; e < N_EDGES; e++) {
        scores[edges[e] * C + edges[e] % C] = NAN;
    }
    for (int32_t n_threads = 1; n_threads <= 3; n_threads++) {
        pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
        unsigned char omitted[N + 1] = {0};
        binet_array array = scores_matrix(scores, BINET_F64, N, C);
        binet_array truth = scores_vector(labels, BINET_I64, N);
        binet_predictions *table = table_with_room(N);
        CHECK_INT(binet__rows_fill(on.context, &settings, &array, &truth, 0, table, omitted, NULL), BINET_OK);
        for (int64_t i = 0; i <= N; i++) {
            int is_out = 0;
            for (int e = 0; e < N_EDGES; e++) {
                is_out |= i == edges[e];
            }
            CHECK_INT(omitted[i], is_out);
            CHECK_INT(is_empty(table, BEFORE + i), is_out || i == N);
        }
        binet_predictions_destroy(table);
        pooled_end(on);
    }
    make();
}

static void refused(const binet__rows_settings *settings, int64_t first_row, const char *argument, int64_t element,
                    const char *why)
{
    for (int32_t n_threads = 1; n_threads <= 3; n_threads++) {
        pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
        binet_array array = scores_matrix(scores, BINET_F64, N, C);
        binet_array truth = scores_vector(labels, BINET_I64, N);
        binet_predictions *table = table_with_room(N);
        binet_error error = {0};
        CHECK_INT(binet__rows_fill(on.context, settings, &array, &truth, first_row, table, NULL, &error),
                  BINET_INVALID_DATA);
        CHECK_TEXT(error.argument, argument);
        CHECK_INT(error.element, element);
        CHECK_CONTAINS(error.message, why);
        CHECK_INT(table->n, BEFORE);
        binet_predictions_destroy(table);
        pooled_end(on);
    }
}

/* From the last row back, each new fault comes before those that are there. */
static void the_first_row_at_fault_is_named(void)
{
    binet__rows_settings settings = settings_of(BINET_LOGITS, 1.0, 0);
    char why[64];
    for (int e = N_EDGES - 1; e >= 0; e--) {
        int64_t row = 1000 + edges[e];
        if (e % 2 == 0) {
            scores[edges[e] * C + 7] = NAN;
            (void)snprintf(why, sizeof why, "scores[%lld] has a NaN in column 7", (long long)row);
        } else {
            labels[edges[e]] = e == 1 ? -1 : C;
            (void)snprintf(why, sizeof why, "labels[%lld] is %d; allowed: 0 .. 199", (long long)row, e == 1 ? -1 : C);
        }
        refused(&settings, 1000, e % 2 == 0 ? "scores" : "labels", row, why);
    }
    labels[0] = C; /* of one row the label first */
    refused(&settings, 0, "labels", 0, "labels[0] is 200");
    make();
}

/* Columns are numbered among all classes, and a class that is not kept is none for a label. */
static void faults_of_a_subset_are_named_among_all_classes(void)
{
    binet__rows_settings settings = settings_of(BINET_LOGITS, 1.0, 1);
    scores[12 * C + 50] = NAN; /* a class left out */
    scores[20 * C + 199] = NAN;
    refused(&settings, 0, "scores", 20, "scores[20] has a NaN in column 199");
    labels[15] = 50;
    refused(&settings, 0, "labels", 15, "labels[15] is 50, which is not among the 196 classes of options->subset");
    make();
}

int main(void)
{
    make();
    RUN(rows_are_those_of_loops);
    RUN(probabilities_are_taken_as_they_are);
    RUN(rows_with_a_nan_are_marked_and_not_filled);
    RUN(the_first_row_at_fault_is_named);
    RUN(faults_of_a_subset_are_named_among_all_classes);
    return check_result();
}
