#include "binet/similarity.h"

#include <math.h>

#include "base/array.h"
#include "base/error.h"
#include "kernels/blas.h"
#include "metrics/column_products.h"
#include "metrics/hsic.h"
#include "metrics/rbf.h"
#include "metrics/similarity.h"

/* ---- Input ------------------------------------------------------------------------------------------------------- */

binet_status binet__check_samples(const binet_array *array, const char *argument, int unbiased, int64_t *n,
                                  binet_error *error)
{
    int64_t least = unbiased ? 4 : 2;
    const char *why = unbiased ? "the unbiased estimator of HSIC" : "centring";
    binet_status status = binet__require(array, argument, error);
    status = status == BINET_OK ? binet__check_array(array, argument, 2, BINET__DTYPES_FLOAT, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    int64_t rows = array->shape[0];
    if (array->shape[1] < 1 || !binet__blas_fits(array->shape[1]) || !binet__blas_fits(rows)) {
        return binet__fail_argument(error, argument, "%s has shape [%lld, %lld]; allowed: 1 .. %d columns and rows",
                                    argument, (long long)rows, (long long)array->shape[1], INT32_MAX);
    }
    if (*n >= 0 && rows != *n) {
        return binet__fail_argument(error, argument, "%s has %lld rows where %lld were expected", argument,
                                    (long long)rows, (long long)*n);
    }
    if (rows < least) {
        return binet__fail_argument(error, argument, "%s has %lld rows; %s needs at least %lld", argument,
                                    (long long)rows, why, (long long)least);
    }
    *n = rows;
    return BINET_OK;
}

binet_status binet__check_estimator(int32_t given, int32_t standard, int *unbiased, binet_error *error)
{
    int32_t estimator = given != BINET_HSIC_DEFAULT ? given : standard;
    if (estimator != BINET_HSIC_BIASED && estimator != BINET_HSIC_UNBIASED) {
        return binet__fail_argument(error, "options", "options->estimator is %d; allowed: %d (biased), %d (unbiased)",
                                    (int)given, BINET_HSIC_BIASED, BINET_HSIC_UNBIASED);
    }
    *unbiased = estimator == BINET_HSIC_UNBIASED;
    return BINET_OK;
}

/* ---- CKA of two -------------------------------------------------------------------------------------------------- */

typedef struct sums {
    double product;
    double squares[2];
    double traces[2];
    double sigmas[2];
} sums;

static binet_status on_the_grams(const binet_context *context, const binet__centred centred[2], int unbiased,
                                 sums *found, binet_error *error)
{
    binet__hsic_batch batch = {.context = context,
                               .layers = centred,
                               .n = centred[0].features.n,
                               .n_first = 1,
                               .n_second = 1,
                               .unbiased = unbiased,
                               .memory = BINET__HSIC_MEMORY};
    binet__hsic_room room = {0};
    binet_status status = binet__hsic_fits(batch.n, error);
    if (status == BINET_OK) {
        status = binet__hsic_products(&batch, &room, &found->product, found->squares, found->traces, error);
    }
    binet__hsic_room_release(context, &room);
    return status;
}

/* With diagonals d and e of the Grams, whose rows sum to 0, the inner product of the U-centred Grams is that of the
 * Grams, less n / (n - 2) d'e, plus 1'd 1'e / ((n - 1)(n - 2)). */
static double u_centred(double product, double diagonals, double trace_a, double trace_b, int64_t n)
{
    double count = (double)n;
    return product - count / (count - 2.0) * diagonals + trace_a * trace_b / ((count - 1.0) * (count - 2.0));
}

/* Where a row stands far apart from the others, the difference of the two is lost in rounding. */
static int is_lost(double square, double diagonals)
{
    return square < 0x1p-16 * diagonals;
}

/* *side becomes that of the Grams where this one cannot tell. */
static binet_status on_the_features(const binet_context *context, const binet__centred centred[2], int unbiased,
                                    sums *found, int32_t *side, binet_error *error)
{
    binet__column_products products;
    binet_status status = binet__column_products_of(context, centred, &products, error);
    if (status != BINET_OK) {
        return status;
    }
    found->product = products.squared_xy;
    found->squares[0] = products.squared_xx;
    found->squares[1] = products.squared_yy;
    found->traces[0] = products.trace_x;
    found->traces[1] = products.trace_y;
    if (unbiased) {
        int64_t n = centred[0].features.n;
        double tx = products.trace_x;
        double ty = products.trace_y;
        found->product = u_centred(found->product, products.diagonals_xy, tx, ty, n);
        found->squares[0] = u_centred(found->squares[0], products.diagonals_xx, tx, tx, n);
        found->squares[1] = u_centred(found->squares[1], products.diagonals_yy, ty, ty, n);
        if (is_lost(found->squares[0], products.diagonals_xx) || is_lost(found->squares[1], products.diagonals_yy)) {
            *side = BINET_CKA_GRAM;
        }
    }
    return BINET_OK;
}

static binet_status of_rbf(const binet_context *context, const binet__centred centred[2], double bandwidth,
                           int unbiased, sums *found, binet_error *error)
{
    binet__rbf_products products;
    binet_status status = binet__rbf_products_of(context, centred, bandwidth, unbiased, &products, error);
    for (int i = 0; status == BINET_OK && i < 2; i++) {
        found->squares[i] = products.squares[i];
        found->traces[i] = products.sums[i];
        found->sigmas[i] = ldexp(sqrt(products.squared_sigma[i]), centred[i].exponent);
    }
    found->product = status == BINET_OK ? products.product : 0.0;
    return status;
}

/* HSIC in the units of the features: what is read is 2^-exponent times them. */
static double in_units(double product, double divisor, int exponent)
{
    return ldexp(product / divisor, 2 * exponent);
}

static void fill_result(const binet__centred centred[2], const binet_cka_options *options, int unbiased,
                        const sums *found, binet_cka_result *result)
{
    int64_t n = centred[0].features.n;
    int is_linear = options->kernel == BINET_KERNEL_LINEAR;
    double divisor = binet__hsic_divisor(n, unbiased);
    int constant[2];
    double squares[2];
    for (int i = 0; i < 2; i++) {
        constant[i] =
            centred[i].constant || binet__hsic_vanishes(found->squares[i], found->traces[i] * found->traces[i]);
        squares[i] = constant[i] ? 0.0 : found->squares[i];
    }
    int x = is_linear ? centred[0].exponent : 0;
    int y = is_linear ? centred[1].exponent : 0;
    double product = constant[0] || constant[1] ? 0.0 : found->product;
    result->n = n;
    result->cka = binet__cosine(product, squares[0], squares[1]);
    result->hsic_xy = in_units(product, divisor, x + y);
    result->hsic_xx = in_units(squares[0], divisor, 2 * x);
    result->hsic_yy = in_units(squares[1], divisor, 2 * y);
    result->constant_x = constant[0];
    result->constant_y = constant[1];
    result->sigma_x = is_linear ? NAN : found->sigmas[0];
    result->sigma_y = is_linear ? NAN : found->sigmas[1];
}

static binet_status check_kernel(binet_cka_options *options, binet_error *error)
{
    if (options->kernel != BINET_KERNEL_LINEAR && options->kernel != BINET_KERNEL_RBF) {
        return binet__fail_argument(error, "options", "options->kernel is %d; allowed: %d (linear), %d (RBF)",
                                    (int)options->kernel, BINET_KERNEL_LINEAR, BINET_KERNEL_RBF);
    }
    if (options->kernel == BINET_KERNEL_LINEAR && options->bandwidth != 0.0) {
        return binet__fail_argument(error, "options", "options->bandwidth is %g; the linear kernel has none",
                                    options->bandwidth);
    }
    options->bandwidth = options->bandwidth != 0.0 ? options->bandwidth : 1.0;
    if (!(options->bandwidth >= 1e-6 && options->bandwidth <= 1e6)) {
        return binet__fail_argument(error, "options", "options->bandwidth is %g; allowed: 1e-6 .. 1e6, or 0 for 1",
                                    options->bandwidth);
    }
    return BINET_OK;
}

static binet_status check_input(const binet_array *x, const binet_array *y, const binet_cka_options *given,
                                binet_cka_options *options, int *unbiased, binet_error *error)
{
    int64_t n = -1;
    binet_status status = binet__read_struct(options, sizeof *options, given, "options", error);
    status = status == BINET_OK ? binet__check_reserved(options->reserved, error) : status;
    status =
        status == BINET_OK ? binet__check_estimator(options->estimator, BINET_HSIC_BIASED, unbiased, error) : status;
    status = status == BINET_OK ? check_kernel(options, error) : status;
    status = status == BINET_OK ? binet__check_samples(x, "x", *unbiased, &n, error) : status;
    return status == BINET_OK ? binet__check_samples(y, "y", *unbiased, &n, error) : status;
}

static binet_status compute(const binet_context *context, const binet__centred centred[2],
                            const binet_cka_options *options, int unbiased, sums *found, int32_t *side,
                            binet_error *error)
{
    int64_t width = centred[0].features.width + centred[1].features.width;
    *side = BINET_CKA_GRAM;
    if (options->kernel == BINET_KERNEL_RBF) {
        return of_rbf(context, centred, options->bandwidth, unbiased, found, error);
    }
    if (width <= centred[0].features.n) {
        *side = BINET_CKA_FEATURES;
        binet_status status = on_the_features(context, centred, unbiased, found, side, error);
        if (status != BINET_OK || *side == BINET_CKA_FEATURES) {
            return status;
        }
    }
    return on_the_grams(context, centred, unbiased, found, error);
}

binet_status binet_cka(const binet_context *context, const binet_array *x, const binet_array *y,
                       const binet_cka_options *options, binet_cka_result *result, binet_error *error)
{
    binet_cka_options given;
    const binet__kernels *kernels;
    int unbiased = 0;
    binet_status status = binet__check_struct(result, sizeof *result, "result", error);
    status = status == BINET_OK ? check_input(x, y, options, &given, &unbiased, error) : status;
    status = status == BINET_OK ? binet__kernels_of(context, &kernels, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    binet__centred centred[2] = {{.constant = 0}, {.constant = 0}};
    sums found = {0};
    binet_cka_result made = {0};
    status = binet__centred_create(context, x, "x", kernels, &centred[0], error);
    status = status == BINET_OK ? binet__centred_create(context, y, "y", kernels, &centred[1], error) : status;
    status = status == BINET_OK ? compute(context, centred, &given, unbiased, &found, &made.side, error) : status;
    if (status == BINET_OK) {
        fill_result(centred, &given, unbiased, &found, &made);
        binet__write_struct(result, &made, sizeof made);
    }
    binet__centred_release(context, &centred[1]);
    binet__centred_release(context, &centred[0]);
    return status;
}
