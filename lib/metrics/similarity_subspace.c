#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "binet/similarity.h"
#include "kernels/blas.h"
#include "metrics/subspace.h"

/* Of what is left of rounding: no correlation and no similarity is more than 1. */
static double at_most_1(double value)
{
    return value < 1.0 ? value : 1.0;
}

/* ---- SVCCA ------------------------------------------------------------------------------------------------------- */

/* The fewest directions that hold a share of the variance, among those that are there at all. */
static int64_t directions(const binet__subspace *space, double share)
{
    double held = 0.0;
    int64_t n = 0;
    while (n < space->rank && (n == 0 || held < share * space->variance)) {
        held += space->singular[n] * space->singular[n];
        n++;
    }
    return n;
}

static binet_status mean_correlation(const binet_context *context, const binet__subspace spaces[2], int64_t a,
                                     int64_t b, double *mean, binet_error *error)
{
    int64_t n = a < b ? a : b;
    double *product = binet__allocate(context, a, (uint64_t)b * sizeof *product, error);
    double *correlations = product != NULL ? binet__allocate(context, n, sizeof *correlations, error) : NULL;
    binet_status status = BINET_OUT_OF_MEMORY;
    if (correlations != NULL) {
        binet__subspaces_multiply(spaces, a, b, product);
        status = binet__singular_values(context, a, b, product, correlations, error);
    }
    double sum = 0.0;
    for (int64_t i = 0; status == BINET_OK && i < n; i++) {
        sum += at_most_1(correlations[i]);
    }
    *mean = sum / (double)n;
    binet__release(context, correlations);
    binet__release(context, product);
    return status;
}

binet_status binet_svcca(const binet_context *context, const binet_array *x, const binet_array *y,
                         const binet_svcca_options *options, binet_svcca_result *result, binet_error *error)
{
    binet_svcca_options given;
    binet_status status = binet__check_struct(result, sizeof *result, "result", error);
    status = status == BINET_OK ? binet__read_struct(&given, sizeof given, options, "options", error) : status;
    status = status == BINET_OK ? binet__check_reserved(given.reserved, error) : status;
    if (status == BINET_OK && !(given.variance >= 0.0 && given.variance <= 1.0)) {
        status = binet__fail_argument(error, "options",
                                      "options->variance is %g; allowed: more than 0, at most 1, or 0 for 0.99",
                                      given.variance);
    }
    if (status != BINET_OK) {
        return status;
    }
    double share = given.variance != 0.0 ? given.variance : 0.99;
    binet__subspace spaces[2];
    memset(spaces, 0, sizeof spaces);
    binet_svcca_result made = {.svcca = NAN};
    status = binet__subspaces_create(context, x, y, spaces, error);
    if (status == BINET_OK) {
        made.n = spaces[0].centred.features.n;
        made.n_directions_x = directions(&spaces[0], share);
        made.n_directions_y = directions(&spaces[1], share);
    }
    if (status == BINET_OK && made.n_directions_x > 0 && made.n_directions_y > 0) {
        status = mean_correlation(context, spaces, made.n_directions_x, made.n_directions_y, &made.svcca, error);
    }
    if (status == BINET_OK) {
        binet__write_struct(result, &made, sizeof made);
    }
    binet__subspaces_release(context, spaces);
    return status;
}

/* ---- PWCCA ------------------------------------------------------------------------------------------------------- */

enum { ROWS = 256 }; /* that are centred at a time */

typedef struct weighted {
    const binet__subspace *spaces; /* the first is that of the weights */
    int64_t n_directions;
    double *product;      /* [rank, rank of the other] */
    double *turn;         /* [rank, n_directions]: canonical directions in the basis */
    double *correlations; /* [n_directions] */
    double *variates;     /* [ROWS, n_directions] */
    double *rows;         /* [ROWS, D] */
    double *shares;       /* [n_directions, D]: canonical directions times columns of features */
    void *scratch;
} weighted;

static binet_status allocate(const binet_context *context, weighted *of, binet_error *error)
{
    uint64_t k = (uint64_t)of->n_directions * sizeof(double);
    uint64_t width = (uint64_t)of->spaces[0].centred.features.width * sizeof(double);
    int64_t rank = of->spaces[0].rank;
    of->product = binet__allocate(context, rank, (uint64_t)of->spaces[1].rank * sizeof(double), error);
    of->turn = of->product != NULL ? binet__allocate(context, rank, k, error) : NULL;
    of->correlations = of->turn != NULL ? binet__allocate(context, 1, k, error) : NULL;
    of->variates = of->correlations != NULL ? binet__allocate(context, ROWS, k, error) : NULL;
    of->rows = of->variates != NULL ? binet__allocate(context, ROWS, width, error) : NULL;
    of->shares = of->rows != NULL ? binet__allocate(context, of->n_directions, width, error) : NULL;
    of->scratch = of->shares != NULL ? binet__features_scratch(context, &of->spaces[0].centred.features, error) : NULL;
    return of->scratch != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
}

static void release(const binet_context *context, const weighted *of)
{
    binet__release(context, of->scratch);
    binet__release(context, of->shares);
    binet__release(context, of->rows);
    binet__release(context, of->variates);
    binet__release(context, of->correlations);
    binet__release(context, of->turn);
    binet__release(context, of->product);
}

/* Block by block of rows: canonical variates, then their products with the columns of the features. */
static void multiply_columns(const weighted *of)
{
    const binet__subspace *space = &of->spaces[0];
    const binet__centred *centred = &space->centred;
    int64_t width = centred->features.width;
    int64_t k = of->n_directions;
    binet__f64_matrix turn = {of->turn, k, 0};
    for (int64_t first = 0; first < centred->features.n; first += ROWS) {
        int64_t left = centred->features.n - first;
        int64_t n = left < ROWS ? left : ROWS;
        binet__f64_matrix basis = {space->basis + first * space->most, space->most, 0};
        binet__gemm_f64(n, k, space->rank, basis, turn, 0.0, of->variates, k);
        binet__centred_block(centred, first, n, 0, width, of->scratch, of->rows, width);
        binet__f64_matrix variates = {of->variates, k, 1};
        binet__f64_matrix rows = {of->rows, width, 0};
        binet__gemm_f64(k, width, n, variates, rows, first == 0 ? 0.0 : 1.0, of->shares, width);
    }
}

static double weighted_mean(const weighted *of)
{
    int64_t width = of->spaces[0].centred.features.width;
    double sum = 0.0;
    double weights = 0.0;
    for (int64_t i = 0; i < of->n_directions; i++) {
        double weight = 0.0;
        for (int64_t j = 0; j < width; j++) {
            weight += fabs(of->shares[i * width + j]);
        }
        sum += weight * at_most_1(of->correlations[i]);
        weights += weight;
    }
    return sum / weights;
}

static binet_status weigh(const binet_context *context, const binet__subspace spaces[2], double *mean,
                          binet_error *error)
{
    int64_t a = spaces[0].rank;
    int64_t b = spaces[1].rank;
    weighted of = {.spaces = spaces, .n_directions = a < b ? a : b};
    binet_status status = allocate(context, &of, error);
    if (status == BINET_OK) {
        binet__subspaces_multiply(spaces, a, b, of.product);
        status = binet__left_singular_vectors(context, a, b, of.product, of.turn, of.correlations, error);
    }
    if (status == BINET_OK) {
        multiply_columns(&of);
        *mean = weighted_mean(&of);
    }
    release(context, &of);
    return status;
}

binet_status binet_pwcca(const binet_context *context, const binet_array *x, const binet_array *y,
                         binet_pwcca_result *result, binet_error *error)
{
    binet_status status = binet__check_struct(result, sizeof *result, "result", error);
    if (status != BINET_OK) {
        return status;
    }
    binet__subspace spaces[2];
    memset(spaces, 0, sizeof spaces);
    binet_pwcca_result made = {.pwcca = NAN};
    status = binet__subspaces_create(context, x, y, spaces, error);
    if (status == BINET_OK) {
        made.n = spaces[0].centred.features.n;
        made.rank_x = spaces[0].rank;
        made.rank_y = spaces[1].rank;
        made.is_weighted_by_y = made.rank_y < made.rank_x;
    }
    if (status == BINET_OK && made.rank_x > 0 && made.rank_y > 0) {
        binet__subspace turned[2] = {spaces[made.is_weighted_by_y], spaces[!made.is_weighted_by_y]};
        status = weigh(context, turned, &made.pwcca, error);
    }
    if (status == BINET_OK) {
        binet__write_struct(result, &made, sizeof made);
    }
    binet__subspaces_release(context, spaces);
    return status;
}

/* ---- Orthogonal Procrustes --------------------------------------------------------------------------------------- */

/* ||X'Y||_* from X = U S V': the rotations V fall out. */
static binet_status nuclear_norm(const binet_context *context, const binet__subspace spaces[2], double *norm,
                                 binet_error *error)
{
    int64_t a = spaces[0].rank;
    int64_t b = spaces[1].rank;
    int64_t n = a < b ? a : b;
    double *product = binet__allocate(context, a, (uint64_t)b * sizeof *product, error);
    double *values = product != NULL ? binet__allocate(context, n, sizeof *values, error) : NULL;
    binet_status status = BINET_OUT_OF_MEMORY;
    if (values != NULL) {
        binet__subspaces_multiply(spaces, a, b, product);
        double lengths = sqrt(spaces[0].variance) * sqrt(spaces[1].variance);
        for (int64_t i = 0; i < a; i++) {
            for (int64_t j = 0; j < b; j++) {
                product[i * b + j] *= spaces[0].singular[i] * spaces[1].singular[j] / lengths;
            }
        }
        status = binet__singular_values(context, a, b, product, values, error);
    }
    *norm = 0.0;
    for (int64_t i = 0; status == BINET_OK && i < n; i++) {
        *norm += values[i];
    }
    binet__release(context, values);
    binet__release(context, product);
    return status;
}

binet_status binet_procrustes(const binet_context *context, const binet_array *x, const binet_array *y,
                              binet_procrustes_result *result, binet_error *error)
{
    binet_status status = binet__check_struct(result, sizeof *result, "result", error);
    if (status != BINET_OK) {
        return status;
    }
    binet__subspace spaces[2];
    memset(spaces, 0, sizeof spaces);
    binet_procrustes_result made = {.similarity = NAN, .distance = NAN};
    status = binet__subspaces_create(context, x, y, spaces, error);
    if (status == BINET_OK) {
        made.n = spaces[0].centred.features.n;
        made.constant_x = spaces[0].rank == 0;
        made.constant_y = spaces[1].rank == 0;
    }
    if (status == BINET_OK && !made.constant_x && !made.constant_y) {
        double norm = 0.0;
        status = nuclear_norm(context, spaces, &norm, error);
        made.similarity = at_most_1(norm);
        made.distance = 2.0 - 2.0 * made.similarity;
    }
    if (status == BINET_OK) {
        binet__write_struct(result, &made, sizeof made);
    }
    binet__subspaces_release(context, spaces);
    return status;
}
