/** The linear probe: multinomial logistic regression on features, to a certified distance from its optimum. */
#ifndef BINET_PROBE_H
#define BINET_PROBE_H

#include "base.h"

BINET_BEGIN

/** Called on the calling thread after each evaluation of the objective, coarse ones among them, and after each 512 rows
 * of Newton's Hessian, with `gap` of the result, over the objective, as it stands (inf at first). Anything but 0
 * cancels. */
typedef int32_t (*binet_probe_progress)(void *user, int64_t n_evaluations, double relative_gap);

typedef struct binet_probe_options {
    uint32_t struct_size;
    int32_t reserved;         /**< 0 */
    double tolerance;         /**< the fit ends where result->gap is at most this part of the objective, 1e-14 .. 1; 0:
                                   1e-4 */
    int64_t most_evaluations; /**< of one fit, coarse ones among them, >= 1; 0: 10,000 */
    int64_t row_bytes; /**< of memory for a copy of the features in f32: all rows where they fit, which makes passes in
                            f32 fast, else a sample of half as much, but at least 4,096; 0: 512 MiB. Beside it a probe
                            takes some 50 vectors of n_classes * (D + 1) doubles, D * D floats, up to 256 MiB for sums
                            over rows and 144 MiB for a Hessian; a first fit up to half as much as the copy; Newton's
                            method up to 150 MiB */
    binet_probe_progress progress; /**< NULL: none */
    void *progress_user;
} binet_probe_options;

/** Where a fit ended, and the certificate of how far that is from the optimum. */
typedef struct binet_probe_result {
    uint32_t struct_size;
    int32_t reserved;      /**< 0 */
    double *coefficients;  /**< set by the caller: room for W [n_classes, D], filled. NULL: not wanted */
    double *intercepts;    /**< set by the caller: room for b [n_classes], of sum 0, filled. NULL: not wanted */
    double objective;      /**< in f64 */
    double gap;            /**< the objective less its minimum is at most this; see binet_probe_fit */
    double distance;       /**< the Frobenius norm of W less the optimal W is at most this */
    double gradient_norm;  /**< of the objective's gradient in W and b, in f64 */
    int64_t n_evaluations; /**< of the objective and its gradient, over all rows */
    int64_t n_precise;     /**< those of them whose matrix products were in f64 */
    int64_t n_coarse;      /**< evaluations before those, over a part of the rows or of the axes of the features */
    int64_t n_newton;      /**< steps by Newton's method, each with the Hessian over all rows */
    int64_t n_passes;      /**< times that the array of features was read from end to end, by this fit and, in the first
                                of a probe, by binet_probe_create */
    int64_t n_copied;      /**< rows in the copy */
    double seconds;        /**< of this fit, on the clock of the wall */
} binet_probe_result;

/** Features and labels that probes of several C are fitted to. */
typedef struct binet_probe binet_probe;

/** Take features and labels: check them, take their mean, copy what fits in memory.
 *
 * @param[in]  context   Its executor shares the work. Must outlive the probe. NULL: malloc, one thread.
 * @param[in]  features  [N, D] f16, bf16, f32 or f64, any strides, of size 1e16 at most; 1 <= N < 2^32, 1 <= D <=
 * 32,000. Memory-mapped files may be larger than memory: they are read from front to back. Must stay as it is until the
 * probe is destroyed. Not NULL.
 * @param[in]  labels    [N] i32 or i64, 0 .. n_classes - 1. Not NULL.
 * @param[in]  n_classes 2 .. 32,000. Each class has a row whose weight is more than 0, or its intercept would have no
 *                       optimum.
 * @param[in]  weights   [N] f64, >= 0, finite. NULL: 1 each.
 * @param[in]  options   NULL: 1e-4, 512 MiB.
 * @param[out] probe     To be destroyed by the caller. Not NULL.
 * @param[out] error     element: row; for a class without rows, the class.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (a NaN, an infinity or a number above 1e16 in features, a
 *         label or weight out of range, a class without rows), _UNSUPPORTED, _OUT_OF_MEMORY, _INTERNAL.
 * Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_probe_create(const binet_context *context, const binet_array *features,
                                          const binet_array *labels, int64_t n_classes, const binet_array *weights,
                                          const binet_probe_options *options, binet_probe **probe, binet_error *error);

/** Destroy a probe. NULL is fine. Since 0.1. */
BINET_API void binet_probe_destroy(binet_probe *probe);

/** Fit W and b: the minimum of
 *
 *     C sum_i weight_i (-log softmax(W x_i + b)[label_i]) + 1/2 ||W||^2
 *
 * which is the objective of scikit-learn's LogisticRegression for more than two classes; for two it has one row of
 * coefficients w, which is W_1 - W_0 at half its C, and twice the objective. A fit starts from the one before it, so
 * that a path over ascending C costs little; after a fit at other values of C its result is within the same
 * certificate.
 *
 * How, and why it converges. L-BFGS with 20 pairs (Liu and Nocedal, Math. Programming 1989), whose inverse Hessian to
 * begin with is that of (mean of diag(p) - p p') x (covariance of the features) + identity, a Kronecker product, but
 * for b and W along the few principal axes of most variance: there rows differ most in how sure they are, a Kronecker
 * product errs most, and the Hessian itself, of a sample of rows, is factored. Both are taken anew as the search goes
 * on, the latter as often as costs no more than the evaluations in between, and with p half the way to the label, since
 * rows that are sure and wrong have no curvature but on the way. The length of a step is found on the sample, where
 * logits are straight lines, with the slope of all rows as its start; it is taken where the objective falls by Armijo's
 * rule. A first fit starts with coarse searches, which cost a part of an evaluation a step: along the principal axes
 * that hold 95 % of the variance, where those are few of many, then by the rows in the copy, where those are not all,
 * as long as rows of it that are held out gain. What they leave out, the search over all makes good. At its end b has
 * steps of its own: iterative scaling (Darroch and Ratcliff, Ann. Math. Statist. 1972), then Newton's, by the Hessian
 * over all rows. The objective is convex and smooth, since diag(p) - p p' is at most 1/2 (Boehning, Ann. Inst. Statist.
 * Math. 1992), and strongly convex in W, with modulus 1; eigenvalues are held between fixed bounds; so the search
 * converges linearly from any start. Products are in f32 while their rounding is below what is asked for, then in f64.
 * Where n_classes * (D + 1) is at most 1,024 and N * n_classes at most 2^24, what 32 and a quarter as many evaluations
 * leave is done by Newton's method in f64, with the Hessian over all rows and steps halved by the same rule: separable
 * rows at large C, and features of scales far apart, take it a few steps.
 *
 * The certificate. By strong convexity, the objective exceeds its minimum by at most half the square of the gradient in
 * W, where b is optimal. `gap` is (g + sqrt(L d))^2 / 2 + d / 2: g that gradient's norm, in f64; d the Newton decrement
 * of b after Newton's steps in it, by the Hessian over all rows at a point whose logits differ by at most 0.1, and
 * times what that and the way to the best b may make of it (Bach, Electron. J. Statist. 2010); L the bound of the
 * Hessian in W by the trace of the features' covariance. It is a bound to rounding and to third order in what is left
 * of b. Most fits are ten times nearer to the optimum than their certificate.
 *
 * @param[in,out] probe  Not NULL. One call at a time.
 * @param[in]     C      Inverse of the penalty's strength, finite, > 0.
 * @param[in,out] result struct_size, coefficients and intercepts set by the caller; filled by BINET_NOT_CONVERGED too.
 *                       Not NULL.
 * @param[out]    error  NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _NOT_CONVERGED (after most_evaluations, or where rounding lets it come no
 * nearer: the result is the best point, with its certificate), _CANCELLED, _INVALID_DATA (features that have changed),
 * _OUT_OF_MEMORY, _INTERNAL. Exactness: bounded by the certificate; the same bits on the same machine for any number of
 * threads. Since 0.1.
 */
BINET_API binet_status binet_probe_fit(binet_probe *probe, double C, binet_probe_result *result, binet_error *error);

BINET_END

#endif
