/* Coefficients at a penalty solve the equations of either side, and the residual is what they leave of them. */
#include "check.h"
#include "failing_allocator.h"
#include "ridge_rows.h"

enum { MOST_D = 40, MOST_M = 5 };

static double penalties[3] = {0.5, 3.0, 100.0};

static ridge_rows *gathered(int64_t n, int64_t d, int64_t k)
{
    ridge_rows *rows = ridge_rows_make(n, d, k, 1);
    ridge_rows_gathered(rows);
    rows->of.penalties = penalties;
    rows->of.n_penalties = 3;
    return rows;
}

/* (X'X + penalty) b = X'Y by elimination, of which the rows of either side are the ones here. */
static void expected_coefficients(const ridge_rows *rows, double penalty, int64_t m, double *b)
{
    double a[MOST_D * MOST_D];
    int64_t d = rows->d;
    for (int64_t j = 0; j < d; j++) {
        b[j] = 0.0;
        for (int64_t i = 0; i < rows->n; i++) {
            double root = sqrt(rows->weights[i]);
            b[j] += rows->x[i * d + j] * root * ridge_rows_target(rows, i, m);
        }
        for (int64_t i = 0; i < d; i++) {
            a[j * d + i] = i == j ? penalty : 0.0;
            for (int64_t row = 0; row < rows->n; row++) {
                a[j * d + i] += rows->x[row * d + i] * rows->x[row * d + j];
            }
        }
    }
    ridge_rows_eliminate(d, a, b);
}

static void coefficients_are_those_of_elimination(void)
{
    static const int64_t sizes[][3] = {{1, 1, 2}, {12, 1, 3}, {30, 30, 4}, {60, 7, 2}, {60, 7, 5},
                                       {1, 6, 2}, {2, 3, 3},  {9, 40, 2},  {20, 30, 5}};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        for (int64_t a = 0; a < 3; a++) {
            ridge_rows *rows = gathered(sizes[s][0], sizes[s][1], sizes[s][2]);
            double coefficients[MOST_M * MOST_D];
            double expected[MOST_D];
            double residual = NAN;
            CHECK_INT(binet__ridge_solve(&rows->of, a, coefficients, &residual, NULL), BINET_OK);
            CHECK_NEAR(residual, 0.0, 1e-13);
            for (int64_t m = 0; m < rows->m; m++) {
                expected_coefficients(rows, penalties[a], m, expected);
                for (int64_t j = 0; j < rows->d; j++) {
                    CHECK_NEAR(coefficients[m * rows->d + j], expected[j], 1e-12);
                }
            }
            ridge_rows_free(rows);
        }
    }
}

/* The largest derivative over the length of the feature, with the penalty, and that of the target. */
static double expected_residual(const ridge_rows *rows, double penalty, const double *coefficients)
{
    const binet__ridge *of = &rows->of;
    double largest = 0.0;
    for (int64_t m = 0; m < rows->m; m++) {
        double length = 0.0;
        double centre = 2.0 * of->class_weights[rows->m == 1 ? 1 : m] / of->weight - 1.0;
        for (int64_t i = 0; i < rows->n; i++) {
            length += rows->weights[i] * pow(ridge_rows_target(rows, i, m) - centre, 2.0);
        }
        for (int64_t j = 0; length > 0.0 && j < rows->d; j++) {
            double square = of->on_samples ? 0.0 : of->matrix[j * rows->d + j];
            double left = (of->on_samples ? 0.0 : of->right[m * rows->d + j]) - penalty * coefficients[m * rows->d + j];
            for (int64_t i = 0; i < rows->d && !of->on_samples; i++) {
                left -= coefficients[m * rows->d + i] * of->matrix[i * rows->d + j];
            }
            for (int64_t i = 0; i < rows->n && of->on_samples; i++) {
                double gap = of->right[m * rows->n + i];
                for (int64_t l = 0; l < rows->d; l++) {
                    gap -= coefficients[m * rows->d + l] * of->rows[i * rows->d + l];
                }
                left += gap * of->rows[i * rows->d + j];
                square += of->rows[i * rows->d + j] * of->rows[i * rows->d + j];
            }
            largest = fmax(largest, fabs(left) / sqrt((square + penalty) * length));
        }
    }
    return largest;
}

/* The factors come from the matrix, on the feature side from its lower triangle; what is measured is the upper one, or
 * the rows. Where these are others, the coefficients are off by much. */
static void the_residual_is_that_of_the_equations(void)
{
    static const int64_t sizes[][3] = {{30, 6, 2}, {40, 9, 4}, {8, 20, 2}, {12, 30, 5}};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        for (int64_t a = 0; a < 3; a++) {
            ridge_rows *rows = gathered(sizes[s][0], sizes[s][1], sizes[s][2]);
            double coefficients[MOST_M * MOST_D];
            double residual = NAN;
            for (int64_t j = 1; j < rows->d && !rows->of.on_samples; j++) {
                rows->of.matrix[j] += 5.0 * (double)j;
            }
            for (int64_t i = 0; i < rows->n * rows->d && rows->of.on_samples; i += 7) {
                rows->of.rows[i] += 0.5;
            }
            CHECK_INT(binet__ridge_solve(&rows->of, a, coefficients, &residual, NULL), BINET_OK);
            double expected = expected_residual(rows, penalties[a], coefficients);
            CHECK(expected > 1e-3);
            CHECK_NEAR(residual / expected, 1.0, 1e-10);
            ridge_rows_free(rows);
        }
    }
}

/* A class that no row with a weight has cannot be off: its target is a constant, and there is no length to divide by.
 */
static void a_target_that_is_constant_has_no_residual(void)
{
    ridge_rows *rows = gathered(30, 6, 3);
    double coefficients[MOST_M * MOST_D];
    double residual = NAN;
    for (int64_t i = 0; i < 30; i++) {
        rows->of.classes[i] = (int32_t)(i % 2);
    }
    ridge_rows_reduce(rows);
    ridge_rows_gathered(rows);
    rows->of.right[2 * 6 + 1] = 1e-9; /* as rounding might leave it */
    rows->of.matrix[5] += 1e-3;
    CHECK_INT(binet__ridge_solve(&rows->of, 0, coefficients, &residual, NULL), BINET_OK);
    CHECK_NEAR(residual / expected_residual(rows, penalties[0], coefficients), 1.0, 1e-9);
    ridge_rows_free(rows);
}

static void equations_that_are_singular_are_refused(void)
{
    for (int on_samples = 0; on_samples < 2; on_samples++) {
        ridge_rows *rows = gathered(on_samples ? 6 : 30, on_samples ? 30 : 6, 2);
        double none[2] = {1.0, 0.0};
        double coefficients[MOST_M * MOST_D];
        double residual = 77.0;
        binet_error error = {0};
        for (int64_t j = 0; j < rows->r; j++) {
            rows->of.matrix[2 * rows->r + j] = rows->of.matrix[j * rows->r + 2] = 0.0;
        }
        rows->of.penalties = none;
        CHECK_INT(binet__ridge_solve(&rows->of, 1, coefficients, &residual, &error), BINET_INVALID_ARGUMENT);
        CHECK_TEXT(error.argument, "options");
        CHECK_INT(error.element, 1);
        CHECK_CONTAINS(error.message, "options->penalties[1] is 0; with features this large and this dependent");
        CHECK(residual == 77.0);
        CHECK_INT(binet__ridge_solve(&rows->of, 0, coefficients, &residual, &error), BINET_OK);
        ridge_rows_free(rows);
    }
}

static void memory_that_runs_out_is_given_back(void)
{
    for (int64_t d = 4; d <= 12; d += 8) {
        ridge_rows *rows = gathered(8, d, 3);
        FAILING_ALLOCATOR_LOOP(allocator, context)
        {
            double coefficients[MOST_M * MOST_D];
            double residual = 77.0;
            rows->of.context = context;
            binet_status status = binet__ridge_solve(&rows->of, 0, coefficients, &residual, NULL);
            CHECK((residual == 77.0) == (status != BINET_OK));
            failing_allocator_next(&allocator, status);
        }
        binet_context_destroy(context);
        ridge_rows_free(rows);
    }
}

int main(void)
{
    RUN(coefficients_are_those_of_elimination);
    RUN(the_residual_is_that_of_the_equations);
    RUN(a_target_that_is_constant_has_no_residual);
    RUN(equations_that_are_singular_are_refused);
    RUN(memory_that_runs_out_is_given_back);
    return check_result();
}
