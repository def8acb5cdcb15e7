/* CKA of many layers from batches: the sums that it is the ratio of, one batch of all, memory, failure, bad input. */
#include "binet/similarity.h"

#include <math.h>
#include <stdlib.h>

#include "failing_allocator.h"
#include "pooled.h"
#include "scores.h"

enum { N = 90, L = 5, WIDEST = 400 };

static const int widths[L] = {3, 400, 17, 1, 260};
static double features[L][N * WIDEST];

static void make_features(void)
{
    static double shared[N * 3];
    scores_logits(shared, (int64_t)N * 3, 8);
    for (int l = 0; l < L; l++) {
        scores_logits(features[l], (int64_t)N * widths[l], (uint64_t)l);
        for (int i = 0; i < N * widths[l]; i++) {
            features[l][i] += (l + 1) * shared[i / widths[l] * 3 + i % 3];
        }
    }
}

/* Rows first .. first + n of layers. */
static void views(int64_t first, int64_t n, binet_array arrays[L])
{
    for (int l = 0; l < L; l++) {
        arrays[l] = scores_matrix(features[l] + first * widths[l], BINET_F64, n, widths[l]);
    }
}

typedef struct setting {
    const binet_context *context;
    int32_t estimator;
    int64_t memory;
    int64_t n_second; /* of the layers, which come last; 0: one model */
} setting;

/* The matrix of batches that end at the rows given. */
static binet_cka_matrix *append_all(const setting *of, const int64_t *ends, int n_batches)
{
    binet_cka_matrix_options options = {sizeof options, of->estimator, of->memory};
    binet_cka_matrix *matrix = NULL;
    binet_array arrays[L];
    int64_t n_first = L - of->n_second;
    CHECK_INT(binet_cka_matrix_create(of->context, n_first, of->n_second, &options, &matrix, NULL), BINET_OK);
    for (int b = 0; b < n_batches; b++) {
        int64_t first = b > 0 ? ends[b - 1] : 0;
        views(first, ends[b] - first, arrays);
        CHECK_INT(binet_cka_matrix_append(matrix, arrays, of->n_second != 0 ? arrays + n_first : NULL, NULL), BINET_OK);
    }
    return matrix;
}

static binet_cka_matrix_result finish(const binet_cka_matrix *matrix, double cka[L * L], uint8_t constant[L])
{
    binet_cka_matrix_result result = {.struct_size = sizeof result,
                                      .cka = cka,
                                      .cka_capacity = (int64_t)L * L,
                                      .constant = constant,
                                      .constant_capacity = L};
    CHECK_INT(binet_cka_matrix_finish(matrix, &result, NULL), BINET_OK);
    return result;
}

static void compute(const setting *of, const int64_t *ends, int n_batches, double cka[L * L])
{
    uint8_t constant[L];
    binet_cka_matrix *matrix = append_all(of, ends, n_batches);
    binet_cka_matrix_result result = finish(matrix, cka, constant);
    CHECK(result.n_rows == L - of->n_second && result.n_columns == (of->n_second != 0 ? of->n_second : L));
    CHECK(result.n_batches == n_batches && result.n == ends[n_batches - 1] && result.n_constant == 0);
    binet_cka_matrix_destroy(matrix);
}

/* ---- What it is -------------------------------------------------------------------------------------------------- */

static const int64_t ends[] = {30, 74, 78, N};

/* From binet_cka batch by batch: a ratio of sums in which every batch counts the same. */
static void entries_are_ratios_of_sums_over_batches(void)
{
    for (int32_t estimator = BINET_HSIC_BIASED; estimator <= BINET_HSIC_UNBIASED; estimator++) {
        double cka[L * L];
        const setting of = {.estimator = estimator};
        compute(&of, ends, 4, cka);
        for (int i = 0; i < L; i++) {
            CHECK(cka[i * L + i] == 1.0);
            for (int j = 0; j < L; j++) {
                double xy = 0, xx = 0, yy = 0;
                for (int b = 0; b < 4; b++) {
                    binet_array arrays[L];
                    binet_cka_options options = {.struct_size = sizeof options, .estimator = estimator};
                    binet_cka_result one = {.struct_size = sizeof one};
                    int64_t first = b > 0 ? ends[b - 1] : 0;
                    views(first, ends[b] - first, arrays);
                    CHECK_INT(binet_cka(NULL, &arrays[i], &arrays[j], &options, &one, NULL), BINET_OK);
                    xy += one.hsic_xy;
                    xx += one.hsic_xx;
                    yy += one.hsic_yy;
                }
                CHECK_NEAR(cka[i * L + j], xy / sqrt(xx * yy), 1e-12);
                CHECK(cka[i * L + j] == cka[j * L + i]);
            }
        }
    }
}

static void one_batch_of_all_is_cka(void)
{
    double cka[L * L];
    const setting of = {.estimator = BINET_HSIC_BIASED};
    binet_array arrays[L];
    views(0, N, arrays);
    compute(&of, &ends[3], 1, cka);
    for (int i = 0; i < L; i++) {
        for (int j = 0; j < L; j++) {
            binet_cka_result one = {.struct_size = sizeof one};
            CHECK_INT(binet_cka(NULL, &arrays[i], &arrays[j], NULL, &one, NULL), BINET_OK);
            CHECK_NEAR(cka[i * L + j], one.cka, 1e-13);
        }
    }
}

static void two_models_are_a_part_of_one(void)
{
    for (int32_t estimator = BINET_HSIC_BIASED; estimator <= BINET_HSIC_UNBIASED; estimator++) {
        double all[L * L];
        double part[L * L];
        const setting one = {.estimator = estimator};
        const setting two = {.estimator = estimator, .n_second = 2};
        compute(&one, ends, 4, all);
        compute(&two, ends, 4, part);
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 2; j++) {
                CHECK_NEAR(part[i * 2 + j], all[i * L + 3 + j], 1e-13);
            }
        }
    }
}

/* ---- What changes nothing ---------------------------------------------------------------------------------------- */

/* Bands of 32 rows, of a few of these, and all rows at once. */
static void memory_changes_last_bits_only(void)
{
    for (int32_t estimator = BINET_HSIC_BIASED; estimator <= BINET_HSIC_UNBIASED; estimator++) {
        for (int64_t n_second = 0; n_second <= 2; n_second += 2) {
            double all[L * L];
            double banded[L * L];
            const setting whole = {.estimator = estimator, .n_second = n_second};
            compute(&whole, ends + 3, 1, all);
            for (int64_t memory = 1; memory <= 200000; memory += 50000) {
                const setting little = {.estimator = estimator, .memory = memory, .n_second = n_second};
                compute(&little, ends + 3, 1, banded);
                for (int64_t i = 0; i < (L - n_second) * (n_second != 0 ? n_second : L); i++) {
                    CHECK_NEAR(banded[i], all[i], 1e-13);
                }
            }
        }
    }
}

static void threads_do_not_change_a_bit(void)
{
    for (int64_t memory = 0; memory <= 1; memory++) {
        double alone[L * L];
        double together[L * L];
        setting of = {.estimator = BINET_HSIC_UNBIASED, .memory = memory};
        compute(&of, ends, 4, alone);
        for (int32_t n_threads = 2; n_threads <= 3; n_threads++) {
            pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
            of.context = on.context;
            compute(&of, ends, 4, together);
            CHECK(memcmp(alone, together, sizeof alone) == 0);
            pooled_end(on);
        }
    }
}

/* Two batches, b of the n rows from b * step on, are the same matrix with these numbers in layer 1 as with those. */
static void same_matrix(int64_t n, int64_t step, const double *const these[2], const double *const those[2])
{
    const setting of = {.estimator = BINET_HSIC_UNBIASED};
    const double *const *layers[2] = {these, those};
    double cka[2][L * L];
    for (int which = 0; which < 2; which++) {
        uint8_t constant[L];
        binet_cka_matrix *matrix = append_all(&of, NULL, 0);
        for (int b = 0; b < 2; b++) {
            binet_array arrays[L];
            views(b * step, n, arrays);
            arrays[1].data = layers[which][b];
            CHECK_INT(binet_cka_matrix_append(matrix, arrays, NULL, NULL), BINET_OK);
        }
        CHECK(finish(matrix, cka[which], constant).n_constant == 0);
        binet_cka_matrix_destroy(matrix);
    }
    for (int i = 0; i < L * L; i++) {
        CHECK_NEAR(cka[0][i], cka[1][i], 1e-12);
    }
}

/* Scales of 2^700, and batches of one layer 2^300 apart: its largest batch says all, and nothing overflows. */
static void extreme_scales_are_met(void)
{
    enum { ROWS = 40 };
    static double plain[2][ROWS * WIDEST];
    static double scaled[2][ROWS * WIDEST];
    for (int large = 0; large < 2; large++) {
        for (int b = 0; b < 2; b++) {
            for (int i = 0; i < ROWS * widths[1]; i++) {
                double value = features[1][b * ROWS * widths[1] + i];
                plain[b][i] = value * (b == large ? 1.0 : 0.0);
                scaled[b][i] = value * (b == large ? 0x1p700 : 0x1p400);
            }
        }
        same_matrix(ROWS, ROWS, (const double *const[]){scaled[0], scaled[1]},
                    (const double *const[]){plain[0], plain[1]});
    }
}

/* A batch in which a layer is constant says nothing of its scale, before and after one in which it is 2^-700. */
static void a_constant_batch_has_no_scale(void)
{
    static double layer[N * WIDEST];
    static double same[N * WIDEST];
    for (int i = 0; i < N * widths[1]; i++) {
        layer[i] = features[1][i] * 0x1p-700;
    }
    same_matrix(N, 0, (const double *const[]){same, layer}, (const double *const[]){same, features[1]});
    same_matrix(N, 0, (const double *const[]){layer, same}, (const double *const[]){features[1], same});
}

/* ---- Constant layers --------------------------------------------------------------------------------------------- */

static void a_constant_layer_is_marked_and_spreads_no_further(void)
{
    static double same[N * WIDEST];
    double cka[L * L];
    double plain[L * L];
    uint8_t constant[L];
    for (int i = 0; i < N * WIDEST; i++) {
        same[i] = 0.1;
    }
    for (int64_t n_second = 0; n_second <= 2; n_second += 2) {
        const setting of = {.estimator = BINET_HSIC_UNBIASED, .n_second = n_second};
        binet_array arrays[L];
        binet_cka_matrix *matrix = append_all(&of, NULL, 0);
        views(0, N, arrays);
        arrays[4].data = same;
        CHECK_INT(binet_cka_matrix_append(matrix, arrays, n_second != 0 ? arrays + 3 : NULL, NULL), BINET_OK);
        binet_cka_matrix_result result = finish(matrix, cka, constant);
        CHECK_INT(result.n_constant, 1);
        compute(&of, &ends[3], 1, plain);
        for (int64_t i = 0; i < result.n_rows; i++) {
            for (int64_t j = 0; j < result.n_columns; j++) {
                int64_t at = i * result.n_columns + j;
                int has_none = i == 4 || j == result.n_columns - 1;
                CHECK(has_none ? isnan(cka[at]) : cka[at] == plain[at]);
            }
        }
        for (int l = 0; l < L; l++) {
            CHECK_INT(constant[l], l == 4);
        }
        views(0, N, arrays); /* it is constant until a batch says otherwise */
        CHECK_INT(binet_cka_matrix_append(matrix, arrays, n_second != 0 ? arrays + 3 : NULL, NULL), BINET_OK);
        CHECK_INT(finish(matrix, cka, constant).n_constant, 0);
        binet_cka_matrix_destroy(matrix);
    }
}

/* ---- Bad input --------------------------------------------------------------------------------------------------- */

static void refused(binet_cka_matrix *matrix, const binet_array *first, const binet_array *second, binet_status status,
                    const char *argument, int64_t element, const char *says)
{
    binet_error error = {0};
    CHECK_INT(binet_cka_matrix_append(matrix, first, second, &error), status);
    CHECK_INT(error.status, status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, says);
}

static void a_bad_batch_is_refused_and_leaves_nothing(void)
{
    double before[L * L];
    double after[L * L];
    uint8_t constant[L];
    static double broken[N * WIDEST];
    const setting of = {.estimator = BINET_HSIC_UNBIASED, .n_second = 2};
    binet_cka_matrix *matrix = append_all(&of, ends, 2);
    binet_cka_matrix_result result = finish(matrix, before, constant);
    binet_array arrays[L];
    views(0, N, arrays);
    refused(NULL, arrays, arrays + 3, BINET_INVALID_ARGUMENT, "matrix", -1, "matrix is NULL");
    refused(matrix, NULL, arrays + 3, BINET_INVALID_ARGUMENT, "first", -1, "first is NULL");
    refused(matrix, arrays, NULL, BINET_INVALID_ARGUMENT, "second", -1, "second is NULL");
    memcpy(broken, features[4], sizeof broken);
    broken[33 * widths[4] + 259] = NAN;
    broken[70 * widths[4]] = INFINITY;
    arrays[4].data = broken;
    refused(matrix, arrays, arrays + 3, BINET_INVALID_DATA, "second", 33,
            "row 33 of second[1] holds a NaN or an infinity");
    views(0, N, arrays);
    arrays[2].shape[0] = N - 1;
    refused(matrix, arrays, arrays + 3, BINET_INVALID_ARGUMENT, "first", 2, "first[2] has 89 rows where 90 were");
    arrays[2] = arrays[1];
    arrays[3].dtype = BINET_U8;
    refused(matrix, arrays, arrays + 3, BINET_INVALID_ARGUMENT, "second", 0, "second[0]");
    views(0, 3, arrays);
    refused(matrix, arrays, arrays + 3, BINET_INVALID_ARGUMENT, "first", 0,
            "first[0] has 3 rows; the unbiased estimator of HSIC needs at least 4");
    const setting alone = {.estimator = BINET_HSIC_BIASED};
    binet_cka_matrix *other = append_all(&alone, ends, 1);
    views(0, N, arrays);
    refused(other, arrays, arrays, BINET_INVALID_ARGUMENT, "second", -1, "the matrix was made of one model");
    views(0, 1, arrays);
    refused(other, arrays, NULL, BINET_INVALID_ARGUMENT, "first", 0, "first[0] has 1 rows; centring needs at least 2");
    arrays[0] = (binet_array){features[0], BINET_F64, 2, {(int64_t)1 << 26, 1}, {0, 8}};
    for (int l = 1; l < L; l++) {
        arrays[l] = arrays[0];
    }
    refused(other, arrays, NULL, BINET_UNSUPPORTED, "", -1, "67108864 samples are too many");
    binet_cka_matrix_result again = finish(matrix, after, constant);
    CHECK(memcmp(before, after, 6 * sizeof *before) == 0 && again.n == result.n && again.n_batches == 2);
    binet_cka_matrix_destroy(other);
    binet_cka_matrix_destroy(matrix);
}

static void create_refused(int64_t n_first, int64_t n_second, int32_t estimator, int64_t memory, const char *argument,
                           const char *says)
{
    binet_cka_matrix_options options = {sizeof options, estimator, memory};
    binet_cka_matrix *matrix = NULL;
    binet_error error = {0};
    CHECK_INT(binet_cka_matrix_create(NULL, n_first, n_second, &options, &matrix, &error), BINET_INVALID_ARGUMENT);
    CHECK(matrix == NULL);
    CHECK_TEXT(error.argument, argument);
    CHECK_CONTAINS(error.message, says);
}

static void bad_settings_and_rooms_are_refused(void)
{
    create_refused(0, 0, 0, 0, "n_first", "n_first is 0; allowed: 1 .. 65536");
    create_refused(65537, 0, 0, 0, "n_first", "n_first is 65537");
    create_refused(1, -1, 0, 0, "n_second", "n_second is -1; allowed: 0 .. 65536");
    create_refused(1, 0, 7, 0, "options", "estimator is 7");
    create_refused(1, 0, 0, -5, "options", "options->memory is -5");
    binet_cka_matrix *matrix = NULL;
    binet_error error = {0};
    double cka[L * L] = {77};
    CHECK_INT(binet_cka_matrix_create(NULL, 1, 0, NULL, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "matrix");
    CHECK_INT(binet_cka_matrix_create(NULL, L, 0, NULL, &matrix, NULL), BINET_OK);
    binet_cka_matrix_result result = {.struct_size = sizeof result, .cka = cka, .cka_capacity = (int64_t)L * L};
    CHECK_INT(binet_cka_matrix_finish(matrix, &result, &error), BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, "no batch");
    CHECK_INT(binet_cka_matrix_finish(NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "matrix");
    binet_array arrays[L];
    views(0, N, arrays);
    CHECK_INT(binet_cka_matrix_append(matrix, arrays, NULL, NULL), BINET_OK);
    result.cka_capacity--;
    CHECK_INT(binet_cka_matrix_finish(matrix, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "result");
    CHECK_CONTAINS(error.message, "result->cka has room for 24 entries; 25 are needed");
    uint8_t constant[L];
    result.cka_capacity++;
    result.constant = constant;
    result.constant_capacity = L - 1;
    CHECK_INT(binet_cka_matrix_finish(matrix, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "result->constant has room for 4 entries; 5 are needed");
    CHECK(cka[0] == 77 && result.n_batches == 0);
    result = (binet_cka_matrix_result){.struct_size = sizeof result}; /* no rooms: the counts alone */
    CHECK_INT(binet_cka_matrix_finish(matrix, &result, NULL), BINET_OK);
    CHECK(result.n_rows == L && result.n == N && result.n_batches == 1);
    binet_cka_matrix_destroy(matrix);
    binet_cka_matrix_destroy(NULL);
}

static void memory_may_end_anywhere(void)
{
    binet_array arrays[L];
    views(0, 40, arrays);
    for (int64_t memory = 0; memory <= 1; memory++) {
        binet_cka_matrix_options options = {.struct_size = sizeof options, .memory = memory};
        FAILING_ALLOCATOR_LOOP(allocator, context)
        {
            binet_cka_matrix *matrix = NULL;
            binet_status status = binet_cka_matrix_create(context, L, 0, &options, &matrix, NULL);
            if (status == BINET_OK) {
                status = binet_cka_matrix_append(matrix, arrays, NULL, NULL);
                binet_cka_matrix_result result = {.struct_size = sizeof result};
                CHECK_INT(binet_cka_matrix_finish(matrix, &result, NULL),
                          status == BINET_OK ? BINET_OK : BINET_INVALID_DATA);
                binet_cka_matrix_destroy(matrix);
            } else {
                CHECK(matrix == NULL);
            }
            failing_allocator_next(&allocator, status);
        }
        binet_context_destroy(context);
    }
}

int main(void)
{
    make_features();
    RUN(entries_are_ratios_of_sums_over_batches);
    RUN(one_batch_of_all_is_cka);
    RUN(two_models_are_a_part_of_one);
    RUN(memory_changes_last_bits_only);
    RUN(threads_do_not_change_a_bit);
    RUN(extreme_scales_are_met);
    RUN(a_constant_batch_has_no_scale);
    RUN(a_constant_layer_is_marked_and_spreads_no_further);
    RUN(a_bad_batch_is_refused_and_leaves_nothing);
    RUN(bad_settings_and_rooms_are_refused);
    RUN(memory_may_end_anywhere);
    return check_result();
}
