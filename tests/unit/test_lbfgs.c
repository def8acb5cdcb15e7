/* L-BFGS finds minima that are known in closed form, never goes up, and says how far it came where it stops. */
#include "metrics/lbfgs.h"

#include <math.h>

#include "base/error.h"
#include "check.h"
#include "failing_allocator.h"

enum { N = 40 };

/* sum_i curvature_i (x_i - centre_i)^2 / 2, with curvatures from 1 to 10^6. */
typedef struct bowl {
    int32_t evaluations;
    double wall;      /* inf where x_0 is beyond it */
    int is_exact;     /* the preconditioner: the inverse Hessian itself, or near it */
    double tolerance; /* of the largest derivative */
    double doubled;   /* the curvatures less those of x^2 / 2 are this many times as large */
} bowl;

static double curvature(int64_t i)
{
    return pow(10.0, 6.0 * (double)i / (N - 1));
}

static double centre(int64_t i)
{
    return sin((double)i + 1);
}

/* That of x^2 / 2, which is part of the whole, is 1. */
static double curvature_of(const bowl *of, int64_t i)
{
    return of->doubled == 0 ? curvature(i) : 1 + of->doubled * (curvature(i) - 1);
}

static binet_status evaluate(void *user, const double *point, double *value, double *gradient, binet_error *error)
{
    bowl *of = user;
    (void)error;
    of->evaluations++;
    *value = 0;
    for (int64_t i = 0; i < N; i++) {
        double gap = point[i] - centre(i);
        *value += curvature_of(of, i) * gap * gap / 2;
        gradient[i] = curvature_of(of, i) * gap;
    }
    if (point[0] > of->wall) {
        *value = INFINITY;
    }
    return BINET_OK;
}

static void precondition(void *user, const double *gradient, double *direction)
{
    const bowl *of = user;
    for (int64_t i = 0; i < N; i++) {
        double off = of->is_exact ? 1 : 1 + (double)(i * 7 % 5); /* up to 5 times too short */
        direction[i] = gradient[i] / (curvature_of(of, i) * off);
    }
}

static double largest_of(const double *gradient)
{
    double largest = 0;
    for (int64_t i = 0; i < N; i++) {
        largest = fmax(largest, fabs(gradient[i]));
    }
    return largest;
}

static binet_status judge(void *user, double value, const double *gradient, int *done, binet_error *error)
{
    const bowl *of = user;
    (void)value;
    (void)error;
    *done = largest_of(gradient) <= of->tolerance;
    return BINET_OK;
}

static binet_status search(const binet_context *context, bowl *of, int32_t most, double *point, double *gradient,
                           binet__lbfgs_found *found)
{
    binet__lbfgs_problem problem = {.user = of,
                                    .evaluate = evaluate,
                                    .precondition = precondition,
                                    .judge = judge,
                                    .most_evaluations = most,
                                    .noise = 1e-14};
    binet__lbfgs *search = NULL;
    binet_status status = binet__lbfgs_create(context, N, 10, &search, NULL);
    status = status == BINET_OK ? binet__lbfgs_run(search, &problem, point, gradient, found, NULL) : status;
    binet__lbfgs_destroy(search);
    return status;
}

static void the_minimum_of_a_quadratic_is_found(void)
{
    for (int is_exact = 0; is_exact < 2; is_exact++) {
        bowl of = {.wall = INFINITY, .is_exact = is_exact, .tolerance = 1e-7};
        binet__lbfgs_found found = {0};
        double point[N] = {0};
        double gradient[N];
        CHECK_INT(search(NULL, &of, 2000, point, gradient, &found), BINET_OK);
        for (int64_t i = 0; i < N; i++) {
            CHECK_NEAR(point[i], centre(i), 1e-7);
            CHECK(fabs(gradient[i]) <= 1e-7);
        }
        CHECK(found.value <= found.first);
        CHECK_INT(found.n_evaluations, of.evaluations);
        CHECK(of.evaluations <= (is_exact ? 5 : 35)); /* with the inverse Hessian itself one step is enough */
    }
}

static void what_cannot_be_had_sends_the_search_back(void)
{
    bowl of = {.wall = centre(0) + 1e-3, .is_exact = 0, .tolerance = 1e-6};
    binet__lbfgs_found found = {0};
    double point[N] = {0};
    double gradient[N];
    CHECK_INT(search(NULL, &of, 2000, point, gradient, &found), BINET_OK);
    CHECK_NEAR(point[0], centre(0), 1e-6);
    CHECK(isfinite(found.value));
}

static void a_search_that_is_cut_off_says_how_far_it_came(void)
{
    bowl of = {.wall = INFINITY, .is_exact = 0, .tolerance = 1e-12};
    binet__lbfgs_found found = {0};
    double point[N] = {0};
    double gradient[N];
    CHECK_INT(search(NULL, &of, 6, point, gradient, &found), BINET_NOT_CONVERGED);
    CHECK(found.n_evaluations <= 6);
    CHECK(found.value < found.first);
    double value;
    double again[N];
    CHECK_INT(evaluate(&of, point, &value, again, NULL), BINET_OK);
    CHECK(value == found.value);
    for (int64_t i = 0; i < N; i++) {
        CHECK(again[i] == gradient[i]);
    }
}

static void what_was_kept_fits_another_function(void)
{
    enum { FIRST, ANEW, KEPT, FORGOTTEN };
    int32_t evaluations[4];
    for (int which = FIRST; which <= FORGOTTEN; which++) {
        bowl of = {.wall = INFINITY, .is_exact = 0, .tolerance = 1e-7};
        binet__lbfgs_problem problem = {.user = &of,
                                        .evaluate = evaluate,
                                        .precondition = precondition,
                                        .judge = judge,
                                        .most_evaluations = 2000,
                                        .noise = 1e-14};
        binet__lbfgs *search = NULL;
        binet__lbfgs_found found = {0};
        double point[N] = {0};
        double gradient[N];
        CHECK_INT(binet__lbfgs_create(NULL, N, N, &search, NULL), BINET_OK);
        if (which != ANEW) {
            CHECK_INT(binet__lbfgs_run(search, &problem, point, gradient, &found, NULL), BINET_OK);
        }
        if (which != FIRST) {
            memset(point, 0, sizeof point);
            of.doubled = 3;
            binet__lbfgs_rescale(search, 3, 0);
            if (which == FORGOTTEN) {
                binet__lbfgs_restart(search, N);
            }
            CHECK_INT(binet__lbfgs_run(search, &problem, point, gradient, &found, NULL), BINET_OK);
        }
        evaluations[which] = found.n_evaluations;
        for (int64_t i = 0; i < N; i++) {
            CHECK_NEAR(point[i], centre(i), 1e-7);
        }
        binet__lbfgs_destroy(search);
    }
    CHECK(evaluations[KEPT] < evaluations[ANEW]);
    CHECK_INT(evaluations[FORGOTTEN], evaluations[ANEW]);
}

static binet_status stay(void *user, const double *point, const double *direction, double slope, double taken,
                         double *length, binet_error *error)
{
    (void)user;
    (void)point;
    (void)direction;
    (void)taken;
    (void)error;
    *length = slope < 1e3 ? 0.0 : 1.0;
    return BINET_OK;
}

/* A quadratic is half the slope along Newton's direction above its minimum. */
static void a_slope_that_is_little_enough_ends_the_search(void)
{
    bowl of = {.wall = INFINITY, .is_exact = 0, .tolerance = 0.0};
    binet__lbfgs_problem problem = {.user = &of,
                                    .evaluate = evaluate,
                                    .precondition = precondition,
                                    .reach = stay,
                                    .judge = judge,
                                    .most_evaluations = 2000};
    binet__lbfgs *search = NULL;
    binet__lbfgs_found found = {0};
    double point[N] = {0};
    double gradient[N];
    CHECK_INT(binet__lbfgs_create(NULL, N, N, &search, NULL), BINET_OK);
    CHECK_INT(binet__lbfgs_run(search, &problem, point, gradient, &found, NULL), BINET_OK);
    CHECK(found.n_evaluations > 1);
    CHECK(found.value > 0.0 && found.value < 5.0 * 1e3); /* directions are up to 5 times too short */
    binet__lbfgs_destroy(search);
}

static void memory_that_runs_out_is_given_back(void)
{
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        bowl of = {.wall = INFINITY, .is_exact = 1, .tolerance = 1e-7};
        binet__lbfgs_found found = {0};
        double point[N] = {0};
        double gradient[N];
        failing_allocator_next(&allocator, search(context, &of, 100, point, gradient, &found));
    }
    binet_context_destroy(context);
}

int main(void)
{
    RUN(the_minimum_of_a_quadratic_is_found);
    RUN(what_cannot_be_had_sends_the_search_back);
    RUN(a_search_that_is_cut_off_says_how_far_it_came);
    RUN(what_was_kept_fits_another_function);
    RUN(a_slope_that_is_little_enough_ends_the_search);
    RUN(memory_that_runs_out_is_given_back);
    return check_result();
}
