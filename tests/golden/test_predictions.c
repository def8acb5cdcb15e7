/* Rows and calibration errors agree with a float64 reference in NumPy that shares no code with the library. */
#include "binet/predictions.h"

#include <math.h>

#include "binet/calibration.h"
#include "check.h"
#include "predictions.h"
#include "scores.h"

enum { N = 400, C = 37, ROWS = 12, KEPT = 12, MOST_BINS = 1000 };

static double logits[N * C];
static double probabilities[N * C];
static float narrow[N * C];
static int64_t labels[N];
static int64_t subset[KEPT];
static int64_t inside[N];

static void fill(void)
{
    scores_logits(logits, (int64_t)N * C, 1);
    scores_labels(labels, N, C, 2);
    uint64_t state = 3;
    for (int i = 0; i < N; i++) {
        double sum = 0.0;
        for (int k = 0; k < C; k++) {
            probabilities[i * C + k] = (double)((scores_next(&state) >> 52) + 1);
            sum += probabilities[i * C + k]; /* whole numbers: exact in any order */
        }
        for (int k = 0; k < C; k++) {
            probabilities[i * C + k] /= sum;
        }
    }
    for (int64_t k = 0; k < KEPT; k++) {
        subset[k] = 1 + 3 * k;
    }
    for (int i = 0; i < N; i++) {
        inside[i] = subset[labels[i] % KEPT];
    }
}

/* All rows in f64 and in f32, the first ones held against the golden rows. f32 scores are worked on in f32: 2e-6 of the
 * value is some 16 ulp of a sum over 37 classes. */
static void agrees(int32_t kind, const double *scores, const int64_t *truth, const binet_predictions_options *options,
                   const double golden[ROWS][7])
{
    static const int32_t reals[] = {BINET_CONFIDENCE, BINET_TRUE_PROBABILITY, BINET_NLL, BINET_BRIER, BINET_ENTROPY};
    for (int i = 0; i < N * C; i++) {
        narrow[i] = (float)scores[i];
    }
    for (int wide = 0; wide < 2; wide++) {
        double tolerance = wide ? 2e-14 : 2e-6;
        binet_array matrix = scores_matrix(wide ? (const void *)scores : narrow, wide ? BINET_F64 : BINET_F32, N, C);
        binet_array vector = scores_vector(truth, BINET_I64, N);
        binet_predictions *table = NULL;
        CHECK_INT(binet_predictions_from_scores(NULL, kind, &matrix, &vector, options, &table, NULL), BINET_OK);
        for (int64_t row = 0; row < ROWS; row++) {
            CHECK_INT(scores_i32(table, BINET_PREDICTED_CLASS, row), golden[row][0]);
            CHECK_INT(scores_i32(table, BINET_RANK, row), golden[row][1]);
            for (int c = 0; c < 5; c++) {
                double expected = golden[row][2 + c];
                CHECK_NEAR(scores_f64(table, reals[c], row), expected, tolerance * fmax(fabs(expected), 1e-3));
            }
        }
        binet_predictions_destroy(table);
    }
}

static void rows_agree(void)
{
    binet_predictions_options warm = {.struct_size = sizeof warm, .temperature = 1.7};
    binet_predictions_options kept = {.struct_size = sizeof kept, .subset = subset, .subset_size = KEPT};
    agrees(BINET_LOGITS, logits, labels, NULL, golden_plain);
    agrees(BINET_LOGITS, logits, labels, &warm, golden_warm);
    agrees(BINET_LOGITS, logits, inside, &kept, golden_kept);
    agrees(BINET_PROBABILITIES, probabilities, labels, NULL, golden_given);
}

static void calibration_errors_agree(void)
{
    binet_array matrix = scores_matrix(logits, BINET_F64, N, C);
    binet_array vector = scores_vector(labels, BINET_I64, N);
    binet_predictions *table = NULL;
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &matrix, &vector, NULL, &table, NULL), BINET_OK);
    for (size_t i = 0; i < sizeof golden_errors / sizeof golden_errors[0]; i++) {
        const double *expected = golden_errors[i];
        binet_calibration_options options = {sizeof options, (int32_t)expected[0], (int32_t)expected[1], 0};
        binet_calibration_result result = {.struct_size = sizeof result};
        CHECK_INT(binet_calibration(NULL, table, &options, &result, NULL), BINET_OK);
        CHECK_NEAR(result.ece, expected[2], 1e-13);
        CHECK_NEAR(result.mce, expected[3], 1e-13);
        CHECK_NEAR(result.rms, expected[4], 1e-13);
    }
    binet_predictions_destroy(table);
}

static void edges_have_the_bits_of_linspace(void)
{
    static binet_calibration_bin bins[MOST_BINS];
    binet_array matrix = scores_matrix(logits, BINET_F64, 1, C);
    binet_array vector = scores_vector(labels, BINET_I64, 1);
    binet_predictions *table = NULL;
    uint64_t digest = 14695981039346656037u;
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &matrix, &vector, NULL, &table, NULL), BINET_OK);
    for (int32_t n_bins = 1; n_bins <= MOST_BINS; n_bins++) {
        binet_calibration_options options = {sizeof options, n_bins, BINET_EQUAL_WIDTH, 0};
        binet_calibration_result result = {.struct_size = sizeof result, .bins = bins, .bins_capacity = MOST_BINS};
        CHECK_INT(binet_calibration(NULL, table, &options, &result, NULL), BINET_OK);
        for (int32_t i = 0; i <= n_bins; i++) {
            unsigned char bytes[sizeof(double)];
            memcpy(bytes, i < n_bins ? &bins[i].low : &bins[n_bins - 1].high, sizeof bytes);
            for (size_t b = 0; b < sizeof bytes; b++) {
                digest = (digest ^ bytes[b]) * 1099511628211u;
            }
        }
    }
    CHECK(digest == golden_edges);
    binet_predictions_destroy(table);
}

int main(void)
{
    fill();
    RUN(rows_agree);
    RUN(calibration_errors_agree);
    RUN(edges_have_the_bits_of_linspace);
    return check_result();
}
