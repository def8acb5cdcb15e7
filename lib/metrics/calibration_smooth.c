/* The reflected Gaussian kernel is the heat kernel of an interval with insulated ends, so that cosines are its
 * eigenfunctions. The smoothed residual is c_0 + 2 sum_k c_k exp(-(pi k bandwidth)^2 / 2) cos(pi k t), where c_k is the
 * mean of residual_i cos(pi k confidence_i): found once for the rows, good for every larger bandwidth. */
#include <math.h>

#include "base/context.h"
#include "base/error.h"
#include "base/memory.h"
#include "kernels/kernels.h"
#include "metrics/bins.h"
#include "metrics/calibration_bins.h"
#include "metrics/predictions_table.h"

#define PI 3.14159265358979323846
#define LEAST_BANDWIDTH 0.001
#define LAST_WAVE 8.6 /* exp(-8.6^2 / 2) < 2^-53: waves with pi k bandwidth beyond that are nothing */
#define POINTS 16.0   /* of the mesh, to a bandwidth */
#define SOLVED 1e-12  /* how near smECE and bandwidth come */
#define LEAST_BRACKET 1e-13

enum { LANES = 8, BLOCK = 512, ROWS_A_PIECE = 8192, MOST_PIECES = 64, MOST_STEPS = 100, ROOT_STEPS = 24 };

/* ---- Sine and cosine: the C library's may differ between machines, these do not ---------------------------------- */

/* Of |x| <= pi / 4. */
static double sine(double x)
{
    double y = x * x;
    double sum = 0.0;
    for (int k = 17; k > 1; k -= 2) {
        sum = (1.0 - sum) * y / (k * (k - 1));
    }
    return x * (1.0 - sum);
}

static double cosine(double x)
{
    double y = x * x;
    double sum = 0.0;
    for (int k = 18; k > 0; k -= 2) {
        sum = (1.0 - sum) * y / (k * (k - 1));
    }
    return 1.0 - sum;
}

/* Of pi t, 0 <= t <= 1. */
static double cosine_pi(double t)
{
    double near = t > 0.5 ? 1.0 - t : t;
    double value = near > 0.25 ? sine(PI * (0.5 - near)) : cosine(PI * near);
    return t > 0.5 ? -value : value;
}

static double sine_pi(double t)
{
    double near = t > 0.5 ? 1.0 - t : t;
    return near > 0.25 ? cosine(PI * (0.5 - near)) : sine(PI * near);
}

/* ---- Waves of the rows ------------------------------------------------------------------------------------------- */

typedef struct smoother {
    const binet_context *context;
    const binet__kernels *kernels;
    int64_t n;
    double *cosines;   /* [n] of pi confidence, rows sorted */
    double *residuals; /* [n] right - confidence */
    int64_t piece;     /* rows of a piece */
    int64_t n_pieces;
    int64_t room;      /* waves there is room for */
    int64_t n_waves;   /* known so far */
    double *of_pieces; /* [n_pieces * room] */
    double *waves;     /* [room] c_k */
    double *terms;     /* [room] of the bandwidth being tried */
    int64_t n_terms;
    double *mesh; /* the smoothed residual at i / n_mesh */
    int64_t n_mesh;
} smoother;

static int64_t waves_of(double bandwidth)
{
    return (int64_t)ceil(LAST_WAVE / (PI * bandwidth)) + 1;
}

static int64_t mesh_of(double bandwidth)
{
    return (int64_t)ceil(POINTS / bandwidth);
}

/* Chebyshev's recurrence, BLOCK rows at a time: cos((k + 1) x) = 2 cos(x) cos(k x) - cos((k - 1) x). */
static void add_block(const double *cosines, const double *residuals, int64_t n, int64_t n_waves, double *waves)
{
    double now[BLOCK];
    double before[BLOCK];
    double twice[BLOCK];
    double residual[BLOCK];
    for (int64_t i = 0; i < BLOCK; i++) { /* rows that are not there have no residual */
        twice[i] = i < n ? 2.0 * cosines[i] : 0.0;
        residual[i] = i < n ? residuals[i] : 0.0;
        now[i] = 1.0;
        before[i] = twice[i] / 2.0;
    }
    for (int64_t k = 0; k < n_waves; k++) {
        double sums[LANES] = {0};
        for (int64_t i = 0; i < BLOCK; i += LANES) {
            for (int64_t l = i; l < i + LANES; l++) {
                sums[l - i] += residual[l] * now[l];
                double next = twice[l] * now[l] - before[l];
                before[l] = now[l];
                now[l] = next;
            }
        }
        double sum = 0.0;
        for (int l = 0; l < LANES; l++) {
            sum += sums[l];
        }
        waves[k] += sum;
    }
}

static void run_piece(void *argument, int64_t index)
{
    const smoother *all = argument;
    double *waves = all->of_pieces + index * all->room;
    int64_t end = (index + 1) * all->piece < all->n ? (index + 1) * all->piece : all->n;
    for (int64_t k = 0; k < all->n_waves; k++) {
        waves[k] = 0.0;
    }
    for (int64_t i = index * all->piece; i < end; i += BLOCK) {
        int64_t n = end - i < BLOCK ? end - i : BLOCK;
        add_block(all->cosines + i, all->residuals + i, n, all->n_waves, waves);
    }
}

/* Know the waves that this bandwidth, and every larger one, needs. */
static binet_status find_waves(smoother *all, double bandwidth, binet_error *error)
{
    all->n_waves = waves_of(bandwidth);
    binet_status status = binet__run(all->context, all->n_pieces, run_piece, all, error);
    for (int64_t k = 0; status == BINET_OK && k < all->n_waves; k++) {
        double sum = 0.0;
        for (int64_t p = 0; p < all->n_pieces; p++) {
            sum += all->of_pieces[p * all->room + k];
        }
        all->waves[k] = sum / (double)all->n;
    }
    return status;
}

/* ---- The integral ------------------------------------------------------------------------------------------------ */

/* terms[0] + sum_k terms[k] cos(pi k t) at LANES places, of which x are the cosines (Clenshaw). */
static void evaluate(const double *terms, int64_t n_terms, const double x[LANES], double values[LANES])
{
    double b1[LANES] = {0};
    double b2[LANES] = {0};
    for (int64_t k = n_terms - 1; k > 0; k--) {
        for (int l = 0; l < LANES; l++) {
            double b = terms[k] + 2.0 * x[l] * b1[l] - b2[l];
            b2[l] = b1[l];
            b1[l] = b;
        }
    }
    for (int l = 0; l < LANES; l++) {
        values[l] = terms[0] + x[l] * b1[l] - b2[l];
    }
}

static double value_at(const smoother *all, double t)
{
    double x[LANES] = {cosine_pi(t)};
    double values[LANES];
    evaluate(all->terms, all->n_terms, x, values);
    return values[0];
}

/* The integral of the smoothed residual from 0 to t: terms[0] t + sum_k terms[k] sin(pi k t) / (pi k). */
static double integral_to(const smoother *all, double t)
{
    double x = cosine_pi(t);
    double b1 = 0.0;
    double b2 = 0.0;
    for (int64_t k = all->n_terms - 1; k > 0; k--) {
        double b = all->terms[k] / (PI * (double)k) + 2.0 * x * b1 - b2;
        b2 = b1;
        b1 = b;
    }
    return all->terms[0] * t + sine_pi(t) * b1;
}

static void run_mesh(void *argument, int64_t index)
{
    const smoother *all = argument;
    double x[LANES];
    double values[LANES];
    for (int64_t i = index * BLOCK; i < (index + 1) * BLOCK && i <= all->n_mesh; i += LANES) {
        for (int l = 0; l < LANES; l++) {
            x[l] = i + l <= all->n_mesh ? cosine_pi((double)(i + l) / (double)all->n_mesh) : 0.0;
        }
        evaluate(all->terms, all->n_terms, x, values);
        for (int l = 0; l < LANES && i + l <= all->n_mesh; l++) {
            all->mesh[i + l] = values[l];
        }
    }
}

/* Where the smoothed residual changes sign between two places of the mesh. The integral of its size feels the square of
 * the error here. */
static double find_root(const smoother *all, double low, double high, int positive)
{
    for (int i = 0; i < ROOT_STEPS; i++) {
        double middle = 0.5 * (low + high);
        if ((value_at(all, middle) > 0.0) == positive) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return 0.5 * (low + high);
}

/* smECE at a bandwidth whose waves are known. */
static binet_status smooth(smoother *all, double bandwidth, double *smece, binet_error *error)
{
    all->n_terms = waves_of(bandwidth);
    all->n_mesh = mesh_of(bandwidth);
    for (int64_t k = 0; k < all->n_terms; k++) {
        double angle = PI * (double)k * bandwidth;
        all->terms[k] = -0.5 * (angle * angle);
    }
    all->kernels->exp_each(all->terms, all->n_terms, 1.0);
    for (int64_t k = 0; k < all->n_terms; k++) {
        all->terms[k] *= k == 0 ? all->waves[k] : 2.0 * all->waves[k];
    }
    binet_status status = binet__run(all->context, all->n_mesh / BLOCK + 1, run_mesh, all, error);
    if (status != BINET_OK) {
        return status;
    }
    double sum = 0.0;
    double so_far = 0.0; /* the integral up to the last root */
    int positive = all->mesh[0] > 0.0;
    for (int64_t i = 1; i <= all->n_mesh; i++) {
        if ((all->mesh[i] > 0.0) != positive) {
            double step = 1.0 / (double)all->n_mesh;
            double root = find_root(all, (double)(i - 1) * step, (double)i * step, positive);
            double integral = integral_to(all, root);
            sum += fabs(integral - so_far);
            so_far = integral;
            positive = !positive;
        }
    }
    *smece = sum + fabs(all->terms[0] - so_far);
    return BINET_OK;
}

/* ---- The bandwidth ----------------------------------------------------------------------------------------------- */

/* smECE falls in the bandwidth, so that the two meet once: halve until smECE is the larger, then close in (the Illinois
 * method of false position). */
static binet_status solve(smoother *all, binet_smooth_ece_result *found, binet_error *error)
{
    double high = 1.0;
    double low = 1.0;
    double above = 0.0; /* smECE - bandwidth at either end */
    double below = 0.0;
    double smece = 0.0;
    for (;;) {
        binet_status status = find_waves(all, low, error);
        status = status == BINET_OK ? smooth(all, low, &smece, error) : status;
        if (status != BINET_OK) {
            return status;
        }
        above = smece - low;
        if (above >= 0.0 || low <= LEAST_BANDWIDTH) {
            break;
        }
        high = low;
        below = above;
        low = fmax(0.5 * low, LEAST_BANDWIDTH);
    }
    double bandwidth = low;
    double gap = above;
    int last = 0;
    for (int i = 0; i < MOST_STEPS && above > 0.0 && below < 0.0 && fabs(gap) > SOLVED && high - low > LEAST_BRACKET;
         i++) {
        bandwidth = (low * below - high * above) / (below - above);
        binet_status status = smooth(all, bandwidth, &smece, error);
        if (status != BINET_OK) {
            return status;
        }
        gap = smece - bandwidth;
        if (gap >= 0.0) {
            low = bandwidth;
            above = gap;
            below = last > 0 ? 0.5 * below : below;
            last = 1;
        } else {
            high = bandwidth;
            below = gap;
            above = last < 0 ? 0.5 * above : above;
            last = -1;
        }
    }
    found->smece = smece;
    found->bandwidth = bandwidth;
    return BINET_OK;
}

static binet_status read_options(const binet_smooth_ece_options *options, binet_smooth_ece_options *given,
                                 binet_error *error)
{
    binet_status status = binet__read_struct(given, sizeof *given, options, "options", error);
    status = status == BINET_OK ? binet__check_reserved(given->reserved, error) : status;
    if (status == BINET_OK && given->bandwidth != 0.0 &&
        !(given->bandwidth >= LEAST_BANDWIDTH && given->bandwidth <= 1.0)) {
        return binet__fail_argument(error, "options",
                                    "options->bandwidth is %g; allowed: %g .. 1, or 0 for the one that is found",
                                    given->bandwidth, LEAST_BANDWIDTH);
    }
    return status;
}

static void release(smoother *all)
{
    binet__release(all->context, all->cosines);
    binet__release(all->context, all->residuals);
    binet__release(all->context, all->of_pieces);
    binet__release(all->context, all->waves);
    binet__release(all->context, all->terms);
    binet__release(all->context, all->mesh);
}

/* Rows in the order of their confidences, so that their own order does not matter. */
static binet_status prepare(smoother *all, const binet_predictions *predictions, double least_bandwidth,
                            binet_error *error)
{
    int64_t n = predictions->n;
    uint64_t *keys = binet__calibration_sort(all->context, predictions, error);
    all->n = n;
    all->piece = n <= (int64_t)ROWS_A_PIECE * MOST_PIECES ? ROWS_A_PIECE : (n + MOST_PIECES - 1) / MOST_PIECES;
    all->n_pieces = (n + all->piece - 1) / all->piece;
    all->room = waves_of(least_bandwidth);
    all->cosines = keys ? binet__allocate(all->context, n, sizeof *all->cosines, error) : NULL;
    all->residuals = all->cosines ? binet__allocate(all->context, n, sizeof *all->residuals, error) : NULL;
    all->of_pieces = all->residuals ? binet__allocate(all->context, all->n_pieces,
                                                      (uint64_t)all->room * sizeof *all->of_pieces, error)
                                    : NULL;
    all->waves = all->of_pieces ? binet__allocate(all->context, all->room, sizeof *all->waves, error) : NULL;
    all->terms = all->waves ? binet__allocate(all->context, all->room, sizeof *all->terms, error) : NULL;
    all->mesh =
        all->terms ? binet__allocate(all->context, mesh_of(least_bandwidth) + 1, sizeof *all->mesh, error) : NULL;
    for (int64_t i = 0; all->mesh != NULL && i < n; i++) {
        double confidence = binet__bin_unpack(keys[i]);
        all->cosines[i] = cosine_pi(confidence);
        all->residuals[i] = binet__bin_right(keys[i]) - confidence;
    }
    binet__release(all->context, keys);
    return all->mesh != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
}

binet_status binet_smooth_ece(const binet_context *context, const binet_predictions *predictions,
                              const binet_smooth_ece_options *options, binet_smooth_ece_result *result,
                              binet_error *error)
{
    smoother all = {.context = context};
    binet_smooth_ece_options given;
    binet_smooth_ece_result found = {0};
    binet_status status = binet__require(predictions, "predictions", error);
    status = status == BINET_OK ? read_options(options, &given, error) : status;
    status = status == BINET_OK ? binet__require(result, "result", error) : status;
    status = status == BINET_OK ? binet__check_struct(result, sizeof *result, "result", error) : status;
    status = status == BINET_OK ? binet__calibration_check(predictions, error) : status;
    status = status == BINET_OK ? binet__kernels_of(context, &all.kernels, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    double fixed = given.bandwidth;
    found.n = predictions->n;
    status = prepare(&all, predictions, fixed != 0.0 ? fixed : LEAST_BANDWIDTH, error);
    if (status == BINET_OK && fixed != 0.0) {
        found.bandwidth = fixed;
        status = find_waves(&all, fixed, error);
        status = status == BINET_OK ? smooth(&all, fixed, &found.smece, error) : status;
    } else if (status == BINET_OK) {
        status = solve(&all, &found, error);
    }
    if (status == BINET_OK) {
        binet__write_struct(result, &found, sizeof found);
    }
    release(&all);
    return status;
}
