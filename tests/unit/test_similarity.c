/* CKA: both sides and estimators against their definitions, what changes nothing, what has no similarity, bad input. */
#include "binet/similarity.h"

#include <math.h>

#include "failing_allocator.h"
#include "hsic_definition.h"
#include "pooled.h"
#include "scores.h"

enum { N = 67, NARROW = 5, WIDE = 300 };

static double narrow[2][N * NARROW];
static double wide[N * WIDE];

static void make_features(void)
{
    scores_logits(narrow[0], (int64_t)N * NARROW, 3);
    scores_logits(narrow[1], (int64_t)N * NARROW, 4);
    scores_logits(wide, (int64_t)N * WIDE, 5);
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < NARROW; j++) {
            narrow[1][i * NARROW + j] += narrow[0][i * NARROW + (j + 1) % NARROW];
            wide[i * WIDE + j * 50] += 4 * narrow[0][i * NARROW + j];
        }
    }
}

static binet_array narrow_array(int which)
{
    return scores_matrix(narrow[which], BINET_F64, N, NARROW);
}

static binet_array wide_array(void)
{
    return scores_matrix(wide, BINET_F64, N, WIDE);
}

static binet_cka_result rbf_cka(const binet_context *context, const binet_array *x, const binet_array *y)
{
    binet_cka_options options = {.struct_size = sizeof options, .kernel = BINET_KERNEL_RBF};
    binet_cka_result result = {.struct_size = sizeof result};
    CHECK_INT(binet_cka(context, x, y, &options, &result, NULL), BINET_OK);
    return result;
}

static binet_cka_result cka(const binet_context *context, const binet_array *x, const binet_array *y, int32_t estimator)
{
    binet_cka_options options = {.struct_size = sizeof options, .estimator = estimator};
    binet_cka_result result = {.struct_size = sizeof result};
    CHECK_INT(binet_cka(context, x, y, &options, &result, NULL), BINET_OK);
    return result;
}

/* ---- Definitions ------------------------------------------------------------------------------------------------- */

typedef double definition(const double *k, const double *l, int n);

static void check_definition(const double *y, int width, int32_t side)
{
    static double k[N * N];
    static double l[N * N];
    hsic_linear(narrow[0], N, NARROW, k);
    hsic_linear(y, N, width, l);
    binet_array x = narrow_array(0);
    binet_array other = scores_matrix(y, BINET_F64, N, width);
    for (int32_t estimator = BINET_HSIC_DEFAULT; estimator <= BINET_HSIC_UNBIASED; estimator++) {
        definition *hsic = estimator == BINET_HSIC_UNBIASED ? hsic_unbiased : hsic_biased;
        binet_cka_result found = cka(NULL, &x, &other, estimator);
        CHECK_INT(found.side, side);
        CHECK_INT(found.n, N);
        CHECK_NEAR(found.hsic_xy / hsic(k, l, N), 1.0, 1e-11);
        CHECK_NEAR(found.hsic_xx / hsic(k, k, N), 1.0, 1e-11);
        CHECK_NEAR(found.hsic_yy / hsic(l, l, N), 1.0, 1e-11);
        CHECK_NEAR(found.cka, hsic(k, l, N) / sqrt(hsic(k, k, N) * hsic(l, l, N)), 1e-12);
        CHECK(found.constant_x == 0 && found.constant_y == 0);
    }
}

static void both_sides_are_the_definition(void)
{
    check_definition(narrow[1], NARROW, BINET_CKA_FEATURES);
    check_definition(wide, WIDE, BINET_CKA_GRAM);
}

static void rbf_is_the_definition(void)
{
    static double k[N * N];
    static double l[N * N];
    const double bandwidths[] = {0.2, 1.0, 5.0};
    binet_array x = narrow_array(0);
    binet_array y = wide_array();
    for (int b = 0; b < 3; b++) {
        double sigma_x = hsic_rbf(narrow[0], N, NARROW, bandwidths[b], k);
        double sigma_y = hsic_rbf(wide, N, WIDE, bandwidths[b], l);
        for (int32_t estimator = BINET_HSIC_DEFAULT; estimator <= BINET_HSIC_UNBIASED; estimator++) {
            definition *hsic = estimator == BINET_HSIC_UNBIASED ? hsic_unbiased : hsic_biased;
            binet_cka_options options = {.struct_size = sizeof options,
                                         .estimator = estimator,
                                         .kernel = BINET_KERNEL_RBF,
                                         .bandwidth = b == 1 ? 0.0 : bandwidths[b]};
            binet_cka_result found = {.struct_size = sizeof found};
            CHECK_INT(binet_cka(NULL, &x, &y, &options, &found, NULL), BINET_OK);
            CHECK_INT(found.side, BINET_CKA_GRAM);
            CHECK_NEAR(found.sigma_x / sigma_x, 1.0, 1e-13);
            CHECK_NEAR(found.sigma_y / sigma_y, 1.0, 1e-13);
            CHECK_NEAR(found.hsic_xy, hsic(k, l, N), 1e-13);
            CHECK_NEAR(found.hsic_xx, hsic(k, k, N), 1e-13);
            CHECK_NEAR(found.hsic_yy, hsic(l, l, N), 1e-13);
            CHECK_NEAR(found.cka, hsic(k, l, N) / sqrt(hsic(k, k, N) * hsic(l, l, N)), 1e-10);
            CHECK(found.constant_x == 0 && found.constant_y == 0);
        }
    }
}

/* Ranks at both ends of the zeros of rows to themselves, and of even and odd numbers. */
static void the_median_is_over_all_distances(void)
{
    static double k[N * N];
    for (int n = 2; n < N; n++) {
        binet_array x = scores_matrix(narrow[0], BINET_F64, n, NARROW);
        binet_cka_options options = {.struct_size = sizeof options, .kernel = BINET_KERNEL_RBF};
        binet_cka_result found = {.struct_size = sizeof found};
        CHECK_INT(binet_cka(NULL, &x, &x, &options, &found, NULL), BINET_OK);
        CHECK_NEAR(found.sigma_x / hsic_rbf(narrow[0], n, NARROW, 1.0, k), 1.0, 1e-13);
        CHECK_NEAR(found.cka, 1.0, 1e-15);
    }
}

/* ---- Laws -------------------------------------------------------------------------------------------------------- */

static void the_same_features_are_alike(void)
{
    binet_array x = narrow_array(0);
    binet_array y = wide_array();
    for (int32_t estimator = BINET_HSIC_BIASED; estimator <= BINET_HSIC_UNBIASED; estimator++) {
        CHECK_NEAR(cka(NULL, &x, &x, estimator).cka, 1.0, 1e-15);
        CHECK_NEAR(cka(NULL, &y, &y, estimator).cka, 1.0, 1e-15);
        CHECK_NEAR(cka(NULL, &x, &y, estimator).cka, cka(NULL, &y, &x, estimator).cka, 1e-15);
    }
}

/* Columns of zeros change nothing but the side. */
static void both_sides_agree(void)
{
    static double padded[N * WIDE];
    binet_array x = narrow_array(0);
    binet_array y = narrow_array(1);
    binet_array y_padded = scores_matrix(padded, BINET_F64, N, WIDE);
    for (int i = 0; i < N; i++) {
        memcpy(padded + i * WIDE + 100, narrow[1] + i * NARROW, NARROW * sizeof(double));
    }
    for (int32_t estimator = BINET_HSIC_BIASED; estimator <= BINET_HSIC_UNBIASED; estimator++) {
        binet_cka_result one = cka(NULL, &x, &y, estimator);
        binet_cka_result other = cka(NULL, &x, &y_padded, estimator);
        CHECK(one.side == BINET_CKA_FEATURES && other.side == BINET_CKA_GRAM);
        CHECK_NEAR(one.cka, other.cka, 1e-13);
        CHECK_NEAR(one.hsic_xy / other.hsic_xy, 1.0, 1e-13);
    }
}

static void scale_and_place_change_nothing(void)
{
    static double moved[N * WIDE];
    const double scales[] = {3.0, 0x1p600, 0x1p-600, 0x1p-1030};
    binet_array x = narrow_array(0);
    for (int which = 0; which < 2; which++) {
        int width = which ? WIDE : NARROW;
        const double *from = which ? wide : narrow[1];
        binet_array y = scores_matrix(from, BINET_F64, N, width);
        binet_array z = scores_matrix(moved, BINET_F64, N, width);
        for (int32_t estimator = BINET_HSIC_BIASED; estimator <= BINET_HSIC_UNBIASED; estimator++) {
            double expected = cka(NULL, &x, &y, estimator).cka;
            for (int scale = 0; scale < 4; scale++) {
                for (int i = 0; i < N * width; i++) {
                    moved[i] = from[i] * scales[scale];
                }
                CHECK_NEAR(cka(NULL, &x, &z, estimator).cka, expected, 1e-12);
            }
            for (int i = 0; i < N * width; i++) { /* exact: features are multiples of 2^-20 below 2^6 */
                moved[i] = from[i] + (i % width % 2 ? -0x1p26 : 0x1p25);
            }
            CHECK_NEAR(cka(NULL, &x, &z, estimator).cka, expected, 1e-13);
        }
    }
}

/* HSIC is in the units of the features, also where these are not what is multiplied. */
static void hsic_has_units(void)
{
    static double scaled[N * NARROW];
    binet_array x = narrow_array(0);
    binet_array y = narrow_array(1);
    binet_array z = scores_matrix(scaled, BINET_F64, N, NARROW);
    for (int i = 0; i < N * NARROW; i++) {
        scaled[i] = narrow[1][i] * 0x1p-240;
    }
    binet_cka_result one = cka(NULL, &x, &y, BINET_HSIC_BIASED);
    binet_cka_result other = cka(NULL, &x, &z, BINET_HSIC_BIASED);
    CHECK(other.hsic_xy == one.hsic_xy * 0x1p-480 && other.hsic_xx == one.hsic_xx);
    CHECK(other.hsic_yy == one.hsic_yy * 0x1p-960);
}

static void dtype_and_strides_change_nothing(void)
{
    static float as_f32[N * NARROW];
    static double by_column[N * NARROW];
    static double back[N * NARROW];
    static uint16_t as_bf16[N * NARROW];
    static double rounded[N * NARROW];
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < NARROW; j++) {
            double value = narrow[1][i * NARROW + j]; /* a multiple of 2^-20 below 2^4: exact in f32 */
            as_f32[i * NARROW + j] = (float)value;
            by_column[j * N + N - 1 - i] = value;
            as_bf16[i * NARROW + j] = scores_bf16((float)value);
            uint32_t bits = (uint32_t)as_bf16[i * NARROW + j] << 16;
            float value_of_bits;
            memcpy(&value_of_bits, &bits, sizeof bits);
            rounded[i * NARROW + j] = value_of_bits;
        }
    }
    memcpy(back, narrow[1], sizeof back);
    binet_array x = narrow_array(0);
    binet_array y = narrow_array(1);
    binet_array f32 = scores_matrix(as_f32, BINET_F32, N, NARROW);
    binet_array turned = {by_column + N - 1, BINET_F64, 2, {N, NARROW}, {-8, N * 8}};
    binet_array bf16 = scores_matrix(as_bf16, BINET_BF16, N, NARROW);
    binet_array of_bf16 = scores_matrix(rounded, BINET_F64, N, NARROW);
    double expected = cka(NULL, &x, &y, BINET_HSIC_UNBIASED).cka;
    CHECK(cka(NULL, &x, &f32, BINET_HSIC_UNBIASED).cka == expected);
    CHECK(cka(NULL, &x, &turned, BINET_HSIC_UNBIASED).cka == expected);
    CHECK(cka(NULL, &x, &bf16, BINET_HSIC_BIASED).cka == cka(NULL, &x, &of_bf16, BINET_HSIC_BIASED).cka);
    CHECK(memcmp(back, narrow[1], sizeof back) == 0);
}

static void threads_do_not_change_a_bit(void)
{
    enum { MANY = 1100, COLUMNS = 300 };
    double *many = malloc((size_t)MANY * COLUMNS * sizeof *many);
    scores_logits(many, (int64_t)MANY * COLUMNS, 9);
    binet_array tall = scores_matrix(many, BINET_F64, MANY, COLUMNS);
    binet_array flat = scores_matrix(many, BINET_F64, COLUMNS, MANY);
    binet_cka_result alone[3] = {cka(NULL, &tall, &tall, BINET_HSIC_UNBIASED),
                                 cka(NULL, &flat, &flat, BINET_HSIC_UNBIASED), rbf_cka(NULL, &flat, &flat)};
    CHECK(alone[0].side == BINET_CKA_FEATURES && alone[1].side == BINET_CKA_GRAM);
    for (int32_t n_threads = 2; n_threads <= 3; n_threads++) {
        pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
        binet_cka_result together[3] = {cka(on.context, &tall, &tall, BINET_HSIC_UNBIASED),
                                        cka(on.context, &flat, &flat, BINET_HSIC_UNBIASED),
                                        rbf_cka(on.context, &flat, &flat)};
        CHECK(memcmp(alone, together, sizeof alone) == 0);
        pooled_end(on);
    }
    free(many);
}

/* ---- No similarity ----------------------------------------------------------------------------------------------- */

static void what_does_not_vary_has_none(void)
{
    static double same[N * WIDE];
    for (int i = 0; i < N * WIDE; i++) {
        same[i] = 0.1 * (i % WIDE) + 1e5;
    }
    const int widths[2] = {NARROW, WIDE};
    binet_array x = narrow_array(0);
    for (int which = 0; which < 2; which++) {
        int width = widths[which];
        binet_array y = {same, BINET_F64, 2, {N, width}, {WIDE * 8, 8}};
        for (int32_t estimator = BINET_HSIC_BIASED; estimator <= BINET_HSIC_UNBIASED; estimator++) {
            binet_cka_result found = cka(NULL, &x, &y, estimator);
            CHECK(isnan(found.cka) && found.constant_x == 0 && found.constant_y == 1);
            CHECK(found.hsic_xy == 0.0 && found.hsic_yy == 0.0 && found.hsic_xx > 0.0);
            found = cka(NULL, &y, &x, estimator);
            CHECK(isnan(found.cka) && found.constant_x == 1 && found.constant_y == 0);
        }
    }
}

/* One row apart from all others: the biased estimator sees it, the unbiased one cannot. */
static void a_single_row_apart_is_not_seen_without_bias(void)
{
    static double apart[N * WIDE];
    memset(apart, 0, sizeof apart);
    for (int j = 0; j < WIDE; j++) {
        apart[17 * WIDE + j] = 0.3 + 0.1 * j;
    }
    const int widths[2] = {NARROW, WIDE};
    binet_array x = narrow_array(0);
    for (int which = 0; which < 2; which++) {
        binet_array y = {apart, BINET_F64, 2, {N, widths[which]}, {WIDE * 8, 8}};
        CHECK(cka(NULL, &x, &y, BINET_HSIC_BIASED).cka > 0.0);
        binet_cka_result found = cka(NULL, &x, &y, BINET_HSIC_UNBIASED);
        CHECK(isnan(found.cka) && found.constant_x == 0 && found.constant_y == 1);
    }
}

/* Most pairs of rows are the same, or sigma is so small that no two rows are near. */
static void rbf_without_a_scale_is_said(void)
{
    static double few[N * NARROW];
    memset(few, 0, sizeof few);
    few[0] = 3.0;
    binet_array x = narrow_array(0);
    binet_array y = scores_matrix(few, BINET_F64, N, NARROW);
    binet_cka_options options = {.struct_size = sizeof options, .kernel = BINET_KERNEL_RBF};
    binet_cka_result found = {.struct_size = sizeof found};
    CHECK_INT(binet_cka(NULL, &x, &y, &options, &found, NULL), BINET_OK);
    CHECK(isnan(found.cka) && found.constant_x == 0 && found.constant_y == 1);
    CHECK(found.sigma_y == 0.0 && found.hsic_yy == 0.0 && found.hsic_xy == 0.0 && found.hsic_xx > 0.0);
    options.estimator = BINET_HSIC_UNBIASED;
    options.bandwidth = 1e-6;
    CHECK_INT(binet_cka(NULL, &x, &x, &options, &found, NULL), BINET_OK);
    CHECK(isnan(found.cka) && found.constant_x == 1 && found.constant_y == 1 && found.sigma_x > 0.0);
}

/* Of rows of which one is a thousand times as far out, the side of the features would lose what the others say. */
static void a_row_far_out_costs_no_digits(void)
{
    static double k[N * N];
    static double l[N * N];
    static double out[N * NARROW];
    memcpy(out, narrow[1], sizeof out);
    for (int j = 0; j < NARROW; j++) {
        out[9 * NARROW + j] *= 1e4;
    }
    binet_array x = narrow_array(0);
    binet_array y = scores_matrix(out, BINET_F64, N, NARROW);
    hsic_linear(narrow[0], N, NARROW, k);
    hsic_linear(out, N, NARROW, l);
    double far[N];
    memcpy(far, l + 9 * N, sizeof far);
    far[9] = 0.0;
    for (int i = 0; i < N;
         i++) { /* what the unbiased estimator does not see, and the definition would lose digits to */
        for (int j = 0; j < N; j++) {
            l[i * N + j] -= far[i] + far[j];
        }
    }
    binet_cka_result found = cka(NULL, &x, &y, BINET_HSIC_UNBIASED);
    CHECK_INT(found.side, BINET_CKA_GRAM);
    CHECK_NEAR(found.cka, hsic_unbiased(k, l, N) / sqrt(hsic_unbiased(k, k, N) * hsic_unbiased(l, l, N)), 1e-10);
}

/* ---- Bad input --------------------------------------------------------------------------------------------------- */

static void refused(const binet_array *x, const binet_array *y, int32_t estimator, binet_status status,
                    const char *argument, int64_t element, const char *says)
{
    binet_cka_options options = {.struct_size = sizeof options, .estimator = estimator};
    binet_cka_result result = {.struct_size = sizeof result, .n = 77};
    binet_error error = {0};
    CHECK_INT(binet_cka(NULL, x, y, &options, &result, &error), status);
    CHECK_INT(error.status, status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, says);
    CHECK(result.n == 77);
}

static void bad_input_is_refused(void)
{
    binet_array x = narrow_array(0);
    binet_array y = narrow_array(1);
    refused(NULL, &y, 0, BINET_INVALID_ARGUMENT, "x", -1, "x is NULL");
    refused(&x, NULL, 0, BINET_INVALID_ARGUMENT, "y", -1, "y is NULL");
    refused(&x, &y, 3, BINET_INVALID_ARGUMENT, "options", -1, "estimator is 3; allowed: 1 (biased), 2 (unbiased)");
    refused(&x, &y, -1, BINET_INVALID_ARGUMENT, "options", -1, "estimator is -1");
    binet_array other = y;
    other.shape[0] = N - 1;
    refused(&x, &other, 0, BINET_INVALID_ARGUMENT, "y", -1, "y has 66 rows where 67 were expected");
    other = y;
    other.shape[1] = 0;
    refused(&x, &other, 0, BINET_INVALID_ARGUMENT, "y", -1, "[67, 0]");
    other = y;
    other.dtype = BINET_I64;
    refused(&other, &y, 0, BINET_INVALID_ARGUMENT, "x", -1, "dtype");
    other = y;
    other.ndim = 1;
    refused(&x, &other, 0, BINET_INVALID_ARGUMENT, "y", -1, "dimension");
    binet_array few[2] = {x, y};
    few[0].shape[0] = few[1].shape[0] = 3;
    refused(&few[0], &few[1], BINET_HSIC_UNBIASED, BINET_INVALID_ARGUMENT, "x", -1,
            "x has 3 rows; the unbiased estimator of HSIC needs at least 4");
    few[0].shape[0] = few[1].shape[0] = 1;
    refused(&few[0], &few[1], BINET_HSIC_BIASED, BINET_INVALID_ARGUMENT, "x", -1, "x has 1 rows");
    binet_array far = {x.data, BINET_F64, 2, {N, (int64_t)INT32_MAX + 1}, {0, 0}};
    refused(&far, &y, 0, BINET_INVALID_ARGUMENT, "x", -1, "allowed: 1 .. 2147483647 columns");
}

static void a_bad_kernel_is_refused(void)
{
    const struct {
        binet_cka_options options;
        const char *says;
    } cases[] = {{{.kernel = 2}, "kernel is 2; allowed: 0 (linear), 1 (RBF)"},
                 {{.kernel = BINET_KERNEL_LINEAR, .bandwidth = 1.0}, "the linear kernel has none"},
                 {{.kernel = BINET_KERNEL_RBF, .bandwidth = -1.0}, "bandwidth is -1; allowed: 1e-6 .. 1e6"},
                 {{.kernel = BINET_KERNEL_RBF, .bandwidth = NAN}, "bandwidth is nan"},
                 {{.kernel = BINET_KERNEL_RBF, .bandwidth = 1e7}, "bandwidth is 1e+07"}};
    binet_array x = narrow_array(0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        binet_cka_options options = cases[i].options;
        binet_cka_result result = {.struct_size = sizeof result, .n = 77};
        binet_error error = {0};
        options.struct_size = sizeof options;
        CHECK_INT(binet_cka(NULL, &x, &x, &options, &result, &error), BINET_INVALID_ARGUMENT);
        CHECK_TEXT(error.argument, "options");
        CHECK_CONTAINS(error.message, cases[i].says);
        CHECK(result.n == 77);
    }
}

static void what_is_not_finite_is_named(void)
{
    static double broken[N * WIDE];
    const double values[] = {NAN, INFINITY, -INFINITY};
    binet_array x = narrow_array(0);
    binet_array y = scores_matrix(broken, BINET_F64, N, WIDE);
    for (int i = 0; i < 3; i++) {
        memcpy(broken, wide, sizeof broken);
        broken[41 * WIDE + 299] = values[i];
        refused(&x, &y, 0, BINET_INVALID_DATA, "y", 41, "row 41 of y holds a NaN or an infinity");
        refused(&y, &x, 0, BINET_INVALID_DATA, "x", 41, "row 41 of x");
        broken[0] = values[i];
        refused(&x, &y, 0, BINET_INVALID_DATA, "y", 0, "row 0 of y");
    }
}

static void memory_may_end_anywhere(void)
{
    binet_array x = narrow_array(0);
    binet_array ys[2] = {narrow_array(1), wide_array()};
    for (int which = 0; which < 3; which++) {
        const binet_cka_options options = {.struct_size = sizeof options,
                                           .kernel = which == 2 ? BINET_KERNEL_RBF : BINET_KERNEL_LINEAR};
        FAILING_ALLOCATOR_LOOP(allocator, context)
        {
            binet_cka_result result = {.struct_size = sizeof result, .n = 77};
            binet_status status = binet_cka(context, &x, &ys[which % 2], &options, &result, NULL);
            CHECK(result.n == (status == BINET_OK ? N : 77));
            failing_allocator_next(&allocator, status);
        }
        binet_context_destroy(context);
    }
}

int main(void)
{
    make_features();
    RUN(both_sides_are_the_definition);
    RUN(rbf_is_the_definition);
    RUN(the_median_is_over_all_distances);
    RUN(the_same_features_are_alike);
    RUN(both_sides_agree);
    RUN(scale_and_place_change_nothing);
    RUN(hsic_has_units);
    RUN(dtype_and_strides_change_nothing);
    RUN(threads_do_not_change_a_bit);
    RUN(what_does_not_vary_has_none);
    RUN(a_single_row_apart_is_not_seen_without_bias);
    RUN(rbf_without_a_scale_is_said);
    RUN(a_row_far_out_costs_no_digits);
    RUN(bad_input_is_refused);
    RUN(a_bad_kernel_is_refused);
    RUN(what_is_not_finite_is_named);
    RUN(memory_may_end_anywhere);
    return check_result();
}
