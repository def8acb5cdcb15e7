/* Scores become rows that do not depend on batches, threads, order, strides, dtypes or instruction sets. */
#include "binet/predictions.h"

#include <math.h>

#include "check.h"
#include "pooled.h"
#include "scores.h"

enum { N = 600, C = 1001 };

static double logits[N * C];
static float narrow[N * C];
static int64_t labels[N];

static void fill(void)
{
    scores_logits(logits, (int64_t)N * C, 1);
    scores_labels(labels, N, C, 2);
    for (int64_t i = 0; i < (int64_t)N * C; i++) {
        narrow[i] = (float)logits[i];
    }
}

/* The table of the test's f32 logits. */
static binet_predictions *reference(const binet_context *context)
{
    binet_array scores = scores_matrix(narrow, BINET_F32, N, C);
    binet_array truth = scores_vector(labels, BINET_I64, N);
    binet_predictions *table = NULL;
    CHECK_INT(binet_predictions_from_scores(context, BINET_LOGITS, &scores, &truth, NULL, &table, NULL), BINET_OK);
    return table;
}

static void same_as_reference(const binet_array *scores, const binet_context *context)
{
    binet_predictions *expected = reference(NULL);
    binet_array truth = scores_vector(labels, BINET_I64, N);
    binet_predictions *table = NULL;
    CHECK_INT(binet_predictions_from_scores(context, BINET_LOGITS, scores, &truth, NULL, &table, NULL), BINET_OK);
    CHECK(scores_same(table, expected));
    binet_predictions_destroy(table);
    binet_predictions_destroy(expected);
}

static void columns_mean_what_the_header_says(void)
{
    /* softmax of log(1, 2, 5) is 1/8, 1/4, 5/8. */
    const double scores[2][3] = {{log(1.0), log(2.0), log(5.0)}, {log(5.0), log(5.0), log(6.0)}};
    const int32_t truth[2] = {1, 1};
    binet_array matrix = scores_matrix(scores, BINET_F64, 2, 3);
    binet_array vector = scores_vector(truth, BINET_I32, 2);
    binet_predictions *table = NULL;
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &matrix, &vector, NULL, &table, NULL), BINET_OK);
    CHECK_INT(binet_predictions_count(table), 2);
    CHECK_INT(binet_predictions_class_count(table), 3);
    CHECK_INT(binet_predictions_omitted_count(table), 0);
    CHECK_INT(scores_i32(table, BINET_PREDICTED_CLASS, 0), 2);
    CHECK_INT(scores_i32(table, BINET_LABEL, 0), 1);
    CHECK_INT(scores_i32(table, BINET_RANK, 0), 2);
    CHECK_INT(scores_i32(table, BINET_RANK, 1), 3);
    CHECK_NEAR(scores_f64(table, BINET_CONFIDENCE, 0), 0.625, 1e-15);
    CHECK_NEAR(scores_f64(table, BINET_TRUE_PROBABILITY, 0), 0.25, 1e-15);
    CHECK_NEAR(scores_f64(table, BINET_NLL, 0), log(4.0), 1e-15);
    CHECK_NEAR(scores_f64(table, BINET_BRIER, 0), 1.0 / 64 + 9.0 / 16 + 25.0 / 64, 1e-15);
    CHECK_NEAR(scores_f64(table, BINET_ENTROPY, 0), 0.125 * log(8.0) + 0.25 * log(4.0) + 0.625 * log(1.6), 1e-15);
    CHECK(binet_predictions_file_name(table, 0) == NULL);
    binet_predictions_destroy(table);
}

static void without_labels_what_needs_one_is_unknown(void)
{
    binet_array matrix = scores_matrix(narrow, BINET_F32, 3, C);
    binet_predictions *table = NULL;
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &matrix, NULL, NULL, &table, NULL), BINET_OK);
    CHECK_INT(scores_i32(table, BINET_LABEL, 2), -1);
    CHECK_INT(scores_i32(table, BINET_RANK, 2), 0);
    CHECK(isnan(scores_f64(table, BINET_TRUE_PROBABILITY, 2)));
    CHECK(isnan(scores_f64(table, BINET_NLL, 2)));
    CHECK(isnan(scores_f64(table, BINET_BRIER, 2)));
    CHECK(scores_f64(table, BINET_ENTROPY, 2) > 0.0);
    binet_predictions_destroy(table);
}

static void one_class_is_certain(void)
{
    const float one[2] = {-3.0F, 7.0F};
    const int64_t zero[2] = {0, 0};
    binet_array matrix = {one, BINET_F32, 2, {2, 1}, {4, 12345}};
    binet_array truth = scores_vector(zero, BINET_I64, 2);
    binet_predictions *table = NULL;
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &matrix, &truth, NULL, &table, NULL), BINET_OK);
    CHECK_NEAR(scores_f64(table, BINET_CONFIDENCE, 1), 1.0, 0.0);
    CHECK_NEAR(scores_f64(table, BINET_NLL, 1), 0.0, 0.0);
    CHECK_INT(scores_i32(table, BINET_RANK, 1), 1);
    binet_predictions_destroy(table);
}

/* ---- Laws -------------------------------------------------------------------------------------------------------- */

static void batches_give_the_same_bits(void)
{
    static const int64_t sizes[] = {1, 7, 256, N};
    binet_predictions *expected = reference(NULL);
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        binet_predictions_builder *builder = NULL;
        binet_predictions *table = NULL;
        CHECK_INT(binet_predictions_builder_create(NULL, BINET_LOGITS, NULL, &builder, NULL), BINET_OK);
        for (int64_t first = 0; first < N; first += sizes[s]) {
            int64_t n = N - first < sizes[s] ? N - first : sizes[s];
            binet_array scores = scores_matrix(narrow + first * C, BINET_F32, n, C);
            binet_array truth = scores_vector(labels + first, BINET_I64, n);
            CHECK_INT(binet_predictions_builder_append(builder, &scores, &truth, NULL, NULL), BINET_OK);
            scores.shape[0] = 0;
            CHECK_INT(binet_predictions_builder_append(builder, &scores, NULL, NULL, NULL), BINET_OK);
        }
        CHECK_INT(binet_predictions_builder_finish(builder, &table, NULL), BINET_OK);
        CHECK(scores_same(table, expected));
        binet_predictions_destroy(table);
        binet_predictions_builder_destroy(builder);
    }
    binet_predictions_destroy(expected);
}

static void threads_give_the_same_bits(void)
{
    static const int32_t counts[] = {1, 2, 5};
    binet_array scores = scores_matrix(narrow, BINET_F32, N, C);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        pooled on = pooled_start(counts[i], BINET_ISA_DEFAULT);
        same_as_reference(&scores, on.context);
        pooled_end(on);
    }
}

static void instruction_sets_give_the_same_bits(void)
{
    binet_predictions *expected = NULL;
    int tried = 0;
    for (int32_t isa = BINET_ISA_SCALAR; isa <= BINET_ISA_NEON; isa++) {
        binet_context_options options = {sizeof options, isa, NULL, NULL};
        binet_context *context = NULL;
        if (binet_context_create(&options, &context, NULL) != BINET_OK) {
            continue;
        }
        binet_predictions *table = reference(context);
        expected = expected != NULL ? expected : reference(context);
        CHECK(scores_same(table, expected));
        binet_predictions_destroy(table);
        binet_context_destroy(context);
        tried++;
    }
    CHECK(tried >= 1);
    (void)printf("instruction sets tried: %d\n", tried);
    binet_predictions_destroy(expected);
}

static void strides_give_the_same_bits(void)
{
    /* Columns outermost, and each row backwards with a gap, one float into the block. */
    float *moved = malloc(sizeof(float) * (N * (C + 3) + 1));
    CHECK(moved != NULL);
    for (int64_t i = 0; i < N; i++) {
        for (int64_t k = 0; k < C; k++) {
            moved[k * N + i] = narrow[i * C + k];
        }
    }
    binet_array scores = {moved, BINET_F32, 2, {N, C}, {4, 4 * N}};
    same_as_reference(&scores, NULL);
    for (int64_t i = 0; i < N; i++) {
        for (int64_t k = 0; k < C; k++) {
            moved[1 + (N - 1 - i) * (C + 3) + (C - 1 - k)] = narrow[i * C + k];
        }
    }
    binet_array back = {moved + 1 + (N - 1) * (C + 3) + C - 1, BINET_F32, 2, {N, C}, {-4 * (C + 3), -4}};
    same_as_reference(&back, NULL);
    free(moved);
}

static void a_stride_of_zero_repeats(void)
{
    binet_array scores = {narrow, BINET_F32, 2, {5, C}, {0, 4}};
    binet_array truth = {labels, BINET_I64, 1, {5}, {0}};
    binet_predictions *table = NULL;
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &scores, &truth, NULL, &table, NULL), BINET_OK);
    for (int64_t row = 1; row < 5; row++) {
        CHECK_NEAR(scores_f64(table, BINET_NLL, row), scores_f64(table, BINET_NLL, 0), 0.0);
    }
    binet_predictions_destroy(table);
    /* All classes alike: 1 / C each, and the first one is predicted. */
    binet_array flat = {narrow, BINET_F32, 2, {1, C}, {4, 0}};
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &flat, NULL, NULL, &table, NULL), BINET_OK);
    CHECK_INT(scores_i32(table, BINET_PREDICTED_CLASS, 0), 0);
    CHECK_NEAR(scores_f64(table, BINET_CONFIDENCE, 0), 1.0 / C, 1e-9);
    binet_predictions_destroy(table);
}

static void the_order_of_samples_moves_rows_only(void)
{
    binet_predictions *expected = reference(NULL);
    binet_array scores = {narrow + (N - 1) * C, BINET_F32, 2, {N, C}, {-4 * C, 4}};
    binet_array truth = {labels + N - 1, BINET_I64, 1, {N}, {-8}};
    binet_predictions *table = NULL;
    binet_predictions *back = NULL;
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &scores, &truth, NULL, &table, NULL), BINET_OK);
    int32_t order[N];
    for (int32_t i = 0; i < N; i++) {
        order[i] = N - 1 - i;
    }
    binet_array rows = scores_vector(order, BINET_I32, N);
    CHECK_INT(binet_predictions_select(NULL, table, &rows, &back, NULL), BINET_OK);
    CHECK(scores_same(back, expected));
    binet_predictions_destroy(back);
    binet_predictions_destroy(table);
    binet_predictions_destroy(expected);
}

static void narrow_scores_are_widened_exactly(void)
{
    enum { M = 40, K = 77 };
    static float wide[M * K];
    static uint16_t half[M * (K + 1)];
    static uint16_t brain[M * (K + 1)];
    uint64_t state = 5;
    for (int i = 0; i < M * K; i++) {
        /* Whole numbers of sixteenths below 8: exact in both formats. */
        int sixteenths = (int)(scores_next(&state) >> 56) - 128;
        wide[i] = (float)sixteenths / 16.0F;
        int at = i / K * (K + 1) + i % K;
        brain[at] = scores_bf16(wide[i]);
        half[at] = scores_f16(wide[i]);
    }
    binet_array of_wide = scores_matrix(wide, BINET_F32, M, K);
    binet_predictions *expected = NULL;
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &of_wide, NULL, NULL, &expected, NULL), BINET_OK);
    for (int which = 0; which < 2; which++) {
        binet_array scores = scores_matrix(which == 0 ? half : brain, which == 0 ? BINET_F16 : BINET_BF16, M, K);
        scores.strides[0] = 2 * (K + 1);
        binet_predictions *table = NULL;
        CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &scores, NULL, NULL, &table, NULL), BINET_OK);
        CHECK(scores_same(table, expected));
        binet_predictions_destroy(table);
        /* Every second class, backwards: gathered, then widened. */
        binet_array strided = {
            (const uint16_t *)scores.data + K - 1, scores.dtype, 2, {M, (K + 1) / 2}, {2 * (K + 1), -4}};
        binet_array strided_wide = {wide + K - 1, BINET_F32, 2, {M, (K + 1) / 2}, {4 * K, -8}};
        binet_predictions *expected_strided = NULL;
        CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &strided, NULL, NULL, &table, NULL), BINET_OK);
        CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &strided_wide, NULL, NULL, &expected_strided, NULL),
                  BINET_OK);
        CHECK(scores_same(table, expected_strided));
        binet_predictions_destroy(table);
        binet_predictions_destroy(expected_strided);
    }
    binet_predictions_destroy(expected);
}

/* ---- Options ----------------------------------------------------------------------------------------------------- */

static void a_subset_is_the_softmax_over_its_columns(void)
{
    enum { KEPT = 200 };
    int64_t subset[KEPT];
    int64_t inside[N];
    int64_t positions[N];
    float *kept = malloc(sizeof(float) * N * KEPT);
    CHECK(kept != NULL);
    for (int64_t k = 0; k < KEPT; k++) {
        subset[k] = 5 * k + 3 - k % 3;
    }
    for (int64_t i = 0; i < N; i++) {
        positions[i] = labels[i] % KEPT;
        inside[i] = subset[positions[i]];
        for (int64_t k = 0; k < KEPT; k++) {
            kept[i * KEPT + k] = narrow[i * C + subset[k]];
        }
    }
    binet_predictions_options options = {.struct_size = sizeof options, .subset = subset, .subset_size = KEPT};
    binet_array scores = scores_matrix(narrow, BINET_F32, N, C);
    binet_array truth = scores_vector(inside, BINET_I64, N);
    binet_array kept_scores = scores_matrix(kept, BINET_F32, N, KEPT);
    binet_array kept_truth = scores_vector(positions, BINET_I64, N);
    binet_predictions *table = NULL;
    binet_predictions *expected = NULL;
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &scores, &truth, &options, &table, NULL), BINET_OK);
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &kept_scores, &kept_truth, NULL, &expected, NULL),
              BINET_OK);
    CHECK_INT(binet_predictions_class_count(table), C);
    for (int64_t i = 0; i < N; i++) {
        CHECK_INT(scores_i32(table, BINET_PREDICTED_CLASS, i), subset[scores_i32(expected, BINET_PREDICTED_CLASS, i)]);
        CHECK_INT(scores_i32(table, BINET_LABEL, i), inside[i]);
        CHECK_INT(scores_i32(table, BINET_RANK, i), scores_i32(expected, BINET_RANK, i));
        CHECK_NEAR(scores_f64(table, BINET_CONFIDENCE, i), scores_f64(expected, BINET_CONFIDENCE, i), 0.0);
        CHECK_NEAR(scores_f64(table, BINET_NLL, i), scores_f64(expected, BINET_NLL, i), 0.0);
    }
    binet_predictions_destroy(table);
    binet_predictions_destroy(expected);
    free(kept);
}

static void a_temperature_divides_the_logits(void)
{
    static double halved[20 * C];
    for (int i = 0; i < 20 * C; i++) {
        halved[i] = logits[i] / 2.0;
    }
    binet_predictions_options options = {.struct_size = sizeof options, .temperature = 2.0};
    binet_array scores = scores_matrix(logits, BINET_F64, 20, C);
    binet_array divided = scores_matrix(halved, BINET_F64, 20, C);
    binet_array truth = scores_vector(labels, BINET_I64, 20);
    binet_predictions *table = NULL;
    binet_predictions *expected = NULL;
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &scores, &truth, &options, &table, NULL), BINET_OK);
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &divided, &truth, NULL, &expected, NULL), BINET_OK);
    CHECK(scores_same(table, expected));
    binet_predictions_destroy(table);
    binet_predictions_destroy(expected);
}

static void a_temperature_never_changes_the_predicted_class(void)
{
    static const double temperatures[] = {1e-30, 1e-3, 0.37, 3.0, 1e5, 1e30};
    binet_predictions *expected = reference(NULL);
    for (size_t t = 0; t < sizeof temperatures / sizeof temperatures[0]; t++) {
        binet_predictions_options options = {.struct_size = sizeof options, .temperature = temperatures[t]};
        binet_array scores = scores_matrix(narrow, BINET_F32, N, C);
        binet_predictions *table = NULL;
        size_t bytes;
        CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &scores, NULL, &options, &table, NULL), BINET_OK);
        const void *predicted = scores_column(table, BINET_PREDICTED_CLASS, &bytes);
        CHECK(memcmp(predicted, scores_column(expected, BINET_PREDICTED_CLASS, &bytes), bytes) == 0);
        CHECK(!isnan(scores_f64(table, BINET_CONFIDENCE, 0)));
        binet_predictions_destroy(table);
    }
    binet_predictions_destroy(expected);
}

static void infinities_are_certain_or_impossible(void)
{
    const float inf = INFINITY;
    const float scores[2][3] = {{1.0F, inf, 2.0F}, {-inf, 0.0F, 0.0F}};
    const int64_t truth[2] = {0, 2};
    binet_array matrix = scores_matrix(scores, BINET_F32, 2, 3);
    binet_array vector = scores_vector(truth, BINET_I64, 2);
    binet_predictions *table = NULL;
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &matrix, &vector, NULL, &table, NULL), BINET_OK);
    CHECK_INT(scores_i32(table, BINET_PREDICTED_CLASS, 0), 1);
    CHECK_NEAR(scores_f64(table, BINET_CONFIDENCE, 0), 1.0, 0.0);
    CHECK(scores_f64(table, BINET_NLL, 0) == INFINITY);
    CHECK_INT(scores_i32(table, BINET_PREDICTED_CLASS, 1), 1);
    CHECK_NEAR(scores_f64(table, BINET_TRUE_PROBABILITY, 1), 0.5, 0.0);
    binet_predictions_destroy(table);
}

int main(void)
{
    fill();
    RUN(columns_mean_what_the_header_says);
    RUN(without_labels_what_needs_one_is_unknown);
    RUN(one_class_is_certain);
    RUN(batches_give_the_same_bits);
    RUN(threads_give_the_same_bits);
    RUN(instruction_sets_give_the_same_bits);
    RUN(strides_give_the_same_bits);
    RUN(a_stride_of_zero_repeats);
    RUN(the_order_of_samples_moves_rows_only);
    RUN(narrow_scores_are_widened_exactly);
    RUN(a_subset_is_the_softmax_over_its_columns);
    RUN(a_temperature_divides_the_logits);
    RUN(a_temperature_never_changes_the_predicted_class);
    RUN(infinities_are_certain_or_impossible);
    return check_result();
}
