/* Class-wise calibration is that of the definitions, and has the same bits however the rows are worked on. */
#include "binet/classwise.h"

#include <math.h>

#include "check.h"
#include "pooled.h"
#include "scores.h"

enum { N = 3000, C = 37, B = 15, OPTIONS = 6 };

static float narrow[N * C];
static double wide[N * C];
static int64_t labels[N];

/* One result with all that it holds; `memcmp` says whether two have the same bits. */
typedef struct measured {
    binet_classwise_result result;
    binet_classwise_class classes[C];
    binet_calibration_bin bins[C * B];
} measured;

static void fill(void)
{
    scores_logits(wide, (int64_t)N * C, 3);
    scores_labels(labels, N, C - 1, 4); /* the last class is never seen */
    for (int64_t i = 0; i < (int64_t)N * C; i++) {
        narrow[i] = (float)wide[i];
    }
}

static void clear(measured *found)
{
    memset(found, 0, sizeof *found);
    found->result.struct_size = sizeof found->result;
    found->result.classes = found->classes;
    found->result.classes_capacity = C;
    found->result.bins = found->bins;
    found->result.bins_capacity = (int64_t)C * B;
}

static binet_classwise_options option(int i)
{
    static const binet_classwise_options all[OPTIONS] = {
        {sizeof all[0], B, BINET_EQUAL_WIDTH, 0, BINET_CLASSWISE_NIXON, 0, 0.0, 0.0},
        {sizeof all[0], B, BINET_EQUAL_WIDTH, 0, BINET_CLASSWISE_NIXON, 0, 0.01, 2.0},
        {sizeof all[0], B, BINET_EQUAL_WIDTH, 0, BINET_CLASSWISE_PEARCE, 0, 0.0, 0.5},
        {sizeof all[0], B, BINET_EQUAL_MASS, 0, BINET_CLASSWISE_NIXON, 0, 0.0, 0.0},
        {sizeof all[0], B, BINET_EQUAL_MASS, 0, BINET_CLASSWISE_NIXON, 0, 0.01, 0.0},
        {sizeof all[0], B, BINET_EQUAL_MASS, 0, BINET_CLASSWISE_PEARCE, 0, 0.01, 2.0}};
    return all[i];
}

static measured measure(const binet_context *context, const binet_array *scores, int i)
{
    measured found;
    binet_classwise_options options = option(i);
    binet_array truth = scores_vector(labels, BINET_I64, scores->shape[0]);
    clear(&found);
    CHECK_INT(binet_classwise_calibration(context, BINET_LOGITS, scores, &truth, &options, &found.result, NULL),
              BINET_OK);
    return found;
}

/* The same bits, wherever the results lie. */
static int same(measured *a, measured *b)
{
    binet_classwise_result of_b = b->result;
    of_b.classes = a->result.classes;
    of_b.bins = a->result.bins;
    return memcmp(&a->result, &of_b, sizeof of_b) == 0 && memcmp(a->classes, b->classes, sizeof a->classes) == 0 &&
           memcmp(a->bins, b->bins, sizeof a->bins) == 0;
}

static void same_as_plain(const binet_context *context, const binet_array *scores)
{
    binet_array plain =
        scores->dtype == BINET_F64 ? scores_matrix(wide, BINET_F64, N, C) : scores_matrix(narrow, BINET_F32, N, C);
    for (int i = 0; i < OPTIONS; i++) {
        measured expected = measure(NULL, &plain, i);
        measured found = measure(context, scores, i);
        CHECK(same(&found, &expected));
        CHECK_INT(found.result.n, N);
    }
}

/* ---- Definitions ------------------------------------------------------------------------------------------------- */

static const double four[4][2] = {{0.75, 0.25}, {0.5, 0.5}, {1.0, 0.0}, {0.25, 0.75}};
static const int32_t of_four[4] = {0, 1, 1, 1};

static void by_hand(int32_t binning, int32_t definition, double threshold, double class_0, double class_1)
{
    binet_classwise_options options = {sizeof options, 2, binning, 0, definition, 0, threshold, 0.0};
    binet_classwise_class classes[2];
    binet_calibration_bin bins[4];
    binet_classwise_result result = {
        .struct_size = sizeof result, .classes = classes, .classes_capacity = 2, .bins = bins, .bins_capacity = 4};
    binet_array scores = scores_matrix(four, BINET_F64, 4, 2);
    binet_array truth = scores_vector(of_four, BINET_I32, 4);
    CHECK_INT(binet_classwise_calibration(NULL, BINET_PROBABILITIES, &scores, &truth, &options, &result, NULL),
              BINET_OK);
    CHECK_NEAR(classes[0].ece, class_0, 1e-15);
    CHECK_NEAR(classes[1].ece, class_1, 1e-15);
    CHECK_NEAR(result.ece, (class_0 + class_1) / 2, 1e-15);
    CHECK_INT(classes[0].n_labels, 1);
    CHECK_INT(classes[1].n_labels, 3);
    CHECK_INT(result.n_classes, 2);
    CHECK_INT(classes[0].n, bins[0].count + bins[1].count);
    CHECK_INT(classes[1].n, bins[2].count + bins[3].count);
}

static void errors_are_those_worked_out_by_hand(void)
{
    by_hand(BINET_EQUAL_WIDTH, BINET_CLASSWISE_NIXON, 0.0, 0.375, 0.75 * 5 / 12 + 0.0625);
    by_hand(BINET_EQUAL_WIDTH, BINET_CLASSWISE_NIXON, 0.5, 0.5 / 3 + 0.75 / 3, 0.375);
    by_hand(BINET_EQUAL_MASS, BINET_CLASSWISE_NIXON, 0.0, 0.375, 0.375);
    by_hand(BINET_EQUAL_MASS, BINET_CLASSWISE_NIXON, 0.5, 0.25 / 3 + 1.0 / 3, 0.375);
    by_hand(BINET_EQUAL_WIDTH, BINET_CLASSWISE_PEARCE, 0.0, 0.25, 0.125);
    by_hand(BINET_EQUAL_MASS, BINET_CLASSWISE_PEARCE, 0.0, 0.3125, 0.125);
    by_hand(BINET_EQUAL_MASS, BINET_CLASSWISE_PEARCE, 0.5, 0.3125, 0.1875);
}

static void the_norms_are_over_classes_and_bins(void)
{
    binet_classwise_options options = {.struct_size = sizeof options, .n_bins = 2};
    binet_classwise_class classes[2];
    binet_classwise_result result = {.struct_size = sizeof result, .classes = classes, .classes_capacity = 2};
    binet_array scores = scores_matrix(four, BINET_F64, 4, 2);
    binet_array truth = scores_vector(of_four, BINET_I32, 4);
    double second = 0.75 * 25 / 144 + 0.25 * 0.0625;
    CHECK_INT(binet_classwise_calibration(NULL, BINET_PROBABILITIES, &scores, &truth, &options, &result, NULL),
              BINET_OK);
    CHECK_NEAR(classes[0].rms, 0.375, 1e-15);
    CHECK_NEAR(classes[0].mce, 0.375, 1e-15);
    CHECK_NEAR(classes[1].rms, sqrt(second), 1e-15);
    CHECK_NEAR(classes[1].mce, 5.0 / 12, 1e-15);
    CHECK_NEAR(result.rms, sqrt((0.375 * 0.375 + second) / 2), 1e-15);
    CHECK_NEAR(result.mce, 5.0 / 12, 1e-15);
    CHECK_NEAR(classes[0].probability, 0.625, 1e-15);
    CHECK_NEAR(classes[1].probability, 0.375, 1e-15);
    CHECK_NEAR(classes[0].accuracy, 0.25, 0.0);
    CHECK_NEAR(classes[1].accuracy, 0.75, 0.0);
}

/* Every edge of every number of bins, and its neighbours, in f64: the edge belongs to the bin that it closes. */
static void edges_are_open_below_and_closed_above(void)
{
    static double scores[3 * 500][2];
    static int32_t truth[3 * 500];
    static binet_calibration_bin bins[2 * 500];
    for (int32_t n_bins = 2; n_bins <= 500; n_bins += n_bins < 40 ? 1 : 23) {
        int64_t n = 0;
        for (int32_t i = 1; i < n_bins; i++) {
            double edge = i * (1.0 / n_bins);
            scores[n++][0] = edge;
            scores[n++][0] = nextafter(edge, 0.0);
            scores[n++][0] = nextafter(edge, 1.0);
        }
        for (int64_t i = 0; i < n; i++) {
            scores[i][1] = 1.0 - scores[i][0];
        }
        binet_classwise_options options = {.struct_size = sizeof options, .n_bins = n_bins};
        binet_classwise_result result = {.struct_size = sizeof result, .bins = bins, .bins_capacity = 2 * n_bins};
        binet_array matrix = scores_matrix(scores, BINET_F64, n, 2);
        binet_array vector = scores_vector(truth, BINET_I32, n);
        CHECK_INT(binet_classwise_calibration(NULL, BINET_PROBABILITIES, &matrix, &vector, &options, &result, NULL),
                  BINET_OK);
        CHECK_INT(bins[0].count, 2);
        CHECK_INT(bins[n_bins - 1].count, 1);
        for (int32_t b = 1; b < n_bins - 1; b++) {
            CHECK_INT(bins[b].count, 3);
        }
    }
}

static void a_threshold_takes_what_equals_it(void)
{
    double p = 0.3;
    double scores[3][2] = {{p, 0.7}, {nextafter(p, 0.0), 0.7}, {nextafter(p, 1.0), 0.7}};
    const int32_t truth[3] = {0, 0, 0};
    for (int32_t binning = BINET_EQUAL_WIDTH; binning <= BINET_EQUAL_MASS; binning++) {
        binet_classwise_options options = {.struct_size = sizeof options, .binning = binning, .threshold = p};
        binet_classwise_class classes[2];
        binet_classwise_result result = {.struct_size = sizeof result, .classes = classes, .classes_capacity = 2};
        binet_array matrix = scores_matrix(scores, BINET_F64, 3, 2);
        binet_array vector = scores_vector(truth, BINET_I32, 3);
        CHECK_INT(binet_classwise_calibration(NULL, BINET_PROBABILITIES, &matrix, &vector, &options, &result, NULL),
                  BINET_OK);
        CHECK_INT(classes[0].n, 2);
        CHECK_INT(classes[0].n_labels, 3);
        options.threshold = 0.9;
        CHECK_INT(binet_classwise_calibration(NULL, BINET_PROBABILITIES, &matrix, &vector, &options, &result, NULL),
                  BINET_OK);
        CHECK_INT(classes[0].n, 0);
        CHECK(isnan(classes[0].ece) && isnan(classes[0].probability) && isnan(result.ece) && isnan(result.mce));
        CHECK_INT(result.n_empty, 2);
        CHECK_INT(result.n_unseen, 1);
    }
}

/* With one bin the error of a class is the gap between its mean probability and its share, which any order and any
 * rounding to 2^-40 leave within 2^-41. */
static void one_bin_is_the_gap_of_the_means(void)
{
    binet_array scores = scores_matrix(wide, BINET_F64, N, C);
    binet_array truth = scores_vector(labels, BINET_I64, N);
    binet_classwise_options options = {.struct_size = sizeof options, .n_bins = 1};
    binet_classwise_class classes[C];
    binet_classwise_result result = {.struct_size = sizeof result, .classes = classes, .classes_capacity = C};
    CHECK_INT(binet_classwise_calibration(NULL, BINET_LOGITS, &scores, &truth, &options, &result, NULL), BINET_OK);
    static double mean[C];
    for (int64_t i = 0; i < N; i++) {
        double sum = 0.0;
        for (int64_t k = 0; k < C; k++) {
            sum += exp(wide[i * C + k]);
        }
        for (int64_t k = 0; k < C; k++) {
            mean[k] += exp(wide[i * C + k]) / sum / N;
        }
    }
    for (int64_t k = 0; k < C; k++) {
        CHECK_NEAR(classes[k].probability, mean[k], 0x1p-41);
        CHECK_NEAR(classes[k].ece, fabs((double)classes[k].n_labels / N - mean[k]), 0x1p-41);
        CHECK_INT(classes[k].n, N);
    }
    CHECK_INT(result.n_unseen, 1);
    CHECK_INT(result.n_empty, 0);
}

static void infinities_are_certain_or_impossible(void)
{
    const float scores[3][3] = {{INFINITY, 0.0f, 1.0f}, {-INFINITY, 2.0f, -INFINITY}, {-INFINITY, 0.0f, 0.0f}};
    const int32_t truth[3] = {0, 1, 2};
    for (int32_t binning = BINET_EQUAL_WIDTH; binning <= BINET_EQUAL_MASS; binning++) {
        binet_classwise_options options = {.struct_size = sizeof options, .binning = binning};
        binet_classwise_class classes[3];
        binet_classwise_result result = {.struct_size = sizeof result, .classes = classes, .classes_capacity = 3};
        binet_array matrix = scores_matrix(scores, BINET_F32, 3, 3);
        binet_array vector = scores_vector(truth, BINET_I32, 3);
        CHECK_INT(binet_classwise_calibration(NULL, BINET_LOGITS, &matrix, &vector, &options, &result, NULL), BINET_OK);
        CHECK_NEAR(classes[0].probability, 1.0 / 3, 1e-15);
        CHECK_NEAR(classes[1].probability, 0.5, 1e-15);
        CHECK_NEAR(classes[2].probability, 1.0 / 6, 1e-15);
        CHECK_NEAR(classes[0].ece, 0.0, 1e-15);
    }
}

/* ---- The same bits ----------------------------------------------------------------------------------------------- */

static void threads_give_the_same_bits(void)
{
    static const int32_t counts[] = {1, 2, 5};
    binet_array scores = scores_matrix(narrow, BINET_F32, N, C);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        pooled on = pooled_start(counts[i], BINET_ISA_DEFAULT);
        same_as_plain(on.context, &scores);
        pooled_end(on);
    }
}

static void instruction_sets_give_the_same_bits(void)
{
    int tried = 0;
    for (int32_t isa = BINET_ISA_SCALAR; isa <= BINET_ISA_NEON; isa++) {
        binet_context_options options = {sizeof options, isa, NULL, NULL};
        binet_context *context = NULL;
        if (binet_context_create(&options, &context, NULL) != BINET_OK) {
            continue;
        }
        binet_array scores = scores_matrix(narrow, BINET_F32, N, C);
        same_as_plain(context, &scores);
        scores = scores_matrix(wide, BINET_F64, N, C);
        same_as_plain(context, &scores);
        binet_context_destroy(context);
        tried++;
    }
    CHECK(tried >= 1);
    (void)printf("instruction sets tried: %d\n", tried);
}

static void strides_give_the_same_bits(void)
{
    static float moved[N * (C + 3) + 1];
    for (int64_t i = 0; i < N; i++) {
        for (int64_t k = 0; k < C; k++) {
            moved[k * N + i] = narrow[i * C + k];
        }
    }
    binet_array scores = {moved, BINET_F32, 2, {N, C}, {4, 4 * (int64_t)N}};
    same_as_plain(NULL, &scores);
    for (int64_t i = 0; i < N; i++) {
        for (int64_t k = 0; k < C; k++) {
            moved[1 + (N - 1 - i) * (C + 3) + (C - 1 - k)] = narrow[i * C + k];
        }
    }
    binet_array back = {moved + 1 + (N - 1) * (C + 3) + C - 1, BINET_F32, 2, {N, C}, {-4 * (int64_t)(C + 3), -4}};
    same_as_plain(NULL, &back);
}

/* bf16 is the upper half of f32: the result is that of the f32 that it stands for. */
static void narrow_scores_are_widened_exactly(void)
{
    static uint16_t halves[N * C];
    static float before[N * C];
    memcpy(before, narrow, sizeof before);
    for (int64_t i = 0; i < (int64_t)N * C; i++) {
        halves[i] = scores_bf16(narrow[i]);
        uint32_t bits = (uint32_t)halves[i] << 16;
        memcpy(&narrow[i], &bits, sizeof bits);
    }
    binet_array scores = scores_matrix(halves, BINET_BF16, N, C);
    same_as_plain(NULL, &scores);
    memcpy(narrow, before, sizeof before);
}

static void batches_give_the_same_bits(void)
{
    static const int64_t sizes[] = {1, 7, 256, N};
    binet_array plain = scores_matrix(narrow, BINET_F32, N, C);
    for (int i = 0; i < OPTIONS && option(i).binning == BINET_EQUAL_WIDTH; i++) {
        binet_classwise_options options = option(i);
        measured expected = measure(NULL, &plain, i);
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            binet_classwise_builder *builder = NULL;
            measured found;
            CHECK_INT(binet_classwise_builder_create(NULL, BINET_LOGITS, &options, &builder, NULL), BINET_OK);
            for (int64_t first = 0; first < N; first += sizes[s]) {
                int64_t n = N - first < sizes[s] ? N - first : sizes[s];
                binet_array scores = scores_matrix(narrow + first * C, BINET_F32, n, C);
                binet_array truth = scores_vector(labels + first, BINET_I64, n);
                CHECK_INT(binet_classwise_builder_append(builder, &scores, &truth, NULL), BINET_OK);
                scores.shape[0] = 0;
                truth.shape[0] = 0;
                CHECK_INT(binet_classwise_builder_append(builder, &scores, &truth, NULL), BINET_OK);
                clear(&found); /* a result on the way changes nothing */
                CHECK_INT(binet_classwise_builder_finish(builder, &found.result, NULL), BINET_OK);
                CHECK_INT(found.result.n, first + n);
            }
            CHECK(same(&found, &expected));
            binet_classwise_builder_destroy(builder);
        }
    }
}

static void the_order_of_rows_changes_nothing(void)
{
    static float turned[N * C];
    static int64_t truth[N];
    binet_array plain = scores_matrix(narrow, BINET_F32, N, C);
    for (int64_t i = 0; i < N; i++) {
        memcpy(turned + (N - 1 - i) * C, narrow + i * C, C * sizeof *turned);
        truth[N - 1 - i] = labels[i];
    }
    for (int i = 0; i < OPTIONS; i++) {
        measured expected = measure(NULL, &plain, i);
        measured found;
        binet_classwise_options options = option(i);
        binet_array scores = scores_matrix(turned, BINET_F32, N, C);
        binet_array vector = scores_vector(truth, BINET_I64, N);
        clear(&found);
        CHECK_INT(binet_classwise_calibration(NULL, BINET_LOGITS, &scores, &vector, &options, &found.result, NULL),
                  BINET_OK);
        CHECK(same(&found, &expected));
    }
}

/* More rows than a total of 64 bits holds: 1 and 0 each time. */
static void totals_never_run_over(void)
{
    enum { BATCH = 3900, BATCHES = 2200 }; /* 8.6 million rows of 2^40 each, all in one piece */
    static float rows[BATCH][2];
    static int32_t truth[BATCH];
    binet_classwise_builder *builder = NULL;
    binet_classwise_class classes[2];
    binet_classwise_result result = {.struct_size = sizeof result, .classes = classes, .classes_capacity = 2};
    for (int64_t i = 0; i < BATCH; i++) {
        rows[i][0] = 1.0f;
    }
    binet_classwise_options options = {.struct_size = sizeof options, .n_bins = 1};
    binet_array scores = scores_matrix(rows, BINET_F32, BATCH, 2);
    binet_array vector = scores_vector(truth, BINET_I32, BATCH);
    CHECK_INT(binet_classwise_builder_create(NULL, BINET_PROBABILITIES, &options, &builder, NULL), BINET_OK);
    for (int i = 0; i < BATCHES; i++) {
        CHECK_INT(binet_classwise_builder_append(builder, &scores, &vector, NULL), BINET_OK);
    }
    CHECK_INT(binet_classwise_builder_finish(builder, &result, NULL), BINET_OK);
    CHECK_INT(result.n, (int64_t)BATCH * BATCHES);
    CHECK_NEAR(classes[0].probability, 1.0, 0.0);
    CHECK_NEAR(classes[1].probability, 0.0, 0.0);
    CHECK_NEAR(result.ece, 0.0, 0.0);
    binet_classwise_builder_destroy(builder);
}

int main(void)
{
    fill();
    RUN(errors_are_those_worked_out_by_hand);
    RUN(the_norms_are_over_classes_and_bins);
    RUN(edges_are_open_below_and_closed_above);
    RUN(a_threshold_takes_what_equals_it);
    RUN(one_bin_is_the_gap_of_the_means);
    RUN(infinities_are_certain_or_impossible);
    RUN(threads_give_the_same_bits);
    RUN(instruction_sets_give_the_same_bits);
    RUN(strides_give_the_same_bits);
    RUN(narrow_scores_are_widened_exactly);
    RUN(batches_give_the_same_bits);
    RUN(the_order_of_rows_changes_nothing);
    RUN(totals_never_run_over);
    return check_result();
}
