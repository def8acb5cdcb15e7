/* The sweep over penalties is the fit without each row, block after block of rows, on either side. */
#include "check.h"
#include "failing_allocator.h"
#include "pooled.h"
#include "ridge_rows.h"

enum { BLOCK = 256, A = 3, D = 3 };

static const double penalties[A] = {2.0, 0.25, 300.0};

typedef struct found {
    double error[A];
    double accuracy[A];
    int64_t n_undetermined[A];
} found;

/* Features of which each is there so many times: a ridge on all is one on the D different ones, each times the root of
 * that number. On the sample side where there are more of them than rows. */
static ridge_rows *repeated(int64_t n, int64_t times, int64_t k, int weighted)
{
    ridge_rows *rows = ridge_rows_make(n, D * times, k, weighted);
    for (int64_t i = 0; i < n * D * times; i++) {
        int64_t j = i % (D * times);
        rows->features[i] = rows->features[i - j + j % D] + (j % D == 0 && i / (D * times) % 5 == 0 ? -1.5 : 0.0);
    }
    for (int64_t i = 0; i < n * D * times; i++) { /* as the first of its kind is now */
        int64_t j = i % (D * times);
        rows->features[i] = rows->features[i - j + j % D];
    }
    ridge_rows_reduce(rows);
    ridge_rows_gathered(rows);
    rows->of.penalties = penalties;
    rows->of.n_penalties = A;
    return rows;
}

/* Coefficients and, behind them, the intercept of an output, from all rows but one. */
static void fit_without(const ridge_rows *rows, int64_t left_out, int64_t times, double penalty, int64_t m,
                        double b[D + 1])
{
    double a[(D + 1) * (D + 1)] = {0};
    memset(b, 0, (D + 1) * sizeof *b);
    for (int64_t j = 0; j < D; j++) {
        a[j * (D + 1) + j] = penalty;
    }
    for (int64_t i = 0; i < rows->n; i++) {
        double weight = i == left_out ? 0.0 : rows->weights[i];
        double row[D + 1] = {0};
        row[D] = 1.0;
        for (int64_t j = 0; j < D; j++) {
            row[j] = sqrt((double)times) * rows->features[i * rows->d + j];
        }
        for (int64_t j = 0; j <= D; j++) {
            b[j] += weight * row[j] * ridge_rows_target(rows, i, m);
            for (int64_t l = 0; l <= D; l++) {
                a[j * (D + 1) + l] += weight * row[j] * row[l];
            }
        }
    }
    ridge_rows_eliminate(D + 1, a, b);
}

static found expected_of(const ridge_rows *rows, int64_t times)
{
    found expected = {{0}, {0}, {0}};
    for (int64_t a = 0; a < A; a++) {
        for (int64_t i = 0; i < rows->n; i++) {
            double highest = -INFINITY;
            int64_t winner = 0;
            for (int64_t m = 0; m < rows->m && rows->weights[i] > 0.0; m++) {
                double b[D + 1];
                fit_without(rows, i, times, penalties[a], m, b);
                double score = b[D];
                for (int64_t j = 0; j < D; j++) {
                    score += sqrt((double)times) * rows->features[i * rows->d + j] * b[j];
                }
                double gap = ridge_rows_target(rows, i, m) - score;
                expected.error[a] += rows->weights[i] * gap * gap / (double)rows->m / rows->of.weight;
                winner = score > highest ? m : winner;
                highest = fmax(highest, score);
            }
            winner = rows->m == 1 ? highest > 0.0 : winner;
            expected.accuracy[a] += winner == rows->of.classes[i] ? rows->weights[i] / rows->of.weight : 0.0;
        }
    }
    return expected;
}

static found sweep_of(ridge_rows *rows)
{
    found made;
    memset(&made, 0x5a, sizeof made);
    binet__ridge_sweep sweep = {made.error, made.accuracy, made.n_undetermined};
    CHECK_INT(binet__ridge_leave_one_out(&rows->of, &sweep, NULL), BINET_OK);
    return made;
}

static void sweeps_as_refits(int64_t n, int64_t times, int64_t k)
{
    for (int weighted = 0; weighted < 2; weighted++) {
        ridge_rows *rows = repeated(n, times, k, weighted);
        found made = sweep_of(rows);
        found expected = expected_of(rows, times);
        for (int64_t a = 0; a < A; a++) {
            CHECK_NEAR(made.error[a], expected.error[a], 1e-10);
            CHECK_NEAR(made.accuracy[a], expected.accuracy[a], 1e-13);
            CHECK(expected.accuracy[a] < 1.0);
            CHECK_INT(made.n_undetermined[a], 0);
        }
        ridge_rows_free(rows);
    }
}

static void every_row_of_every_block_is_left_out(void)
{
    sweeps_as_refits(20, 1, 3);
    sweeps_as_refits(BLOCK - 1, 1, 2);
    sweeps_as_refits(BLOCK, 1, 3);
    sweeps_as_refits(BLOCK + 1, 1, 3);
    sweeps_as_refits(2 * BLOCK + 30, 1, 2);
    sweeps_as_refits(20, 7, 3);
    sweeps_as_refits(BLOCK - 1, 86, 2);
    sweeps_as_refits(BLOCK + 3, 90, 3);
}

/* Rows that alone have a feature have all the say in it. In three blocks, and one of them has no weight. */
static void rows_that_stand_alone_are_counted(void)
{
    static const int64_t alone[] = {7, BLOCK - 1, BLOCK, 2 * BLOCK + 1};
    ridge_rows *rows = ridge_rows_make(2 * BLOCK + 2, 6, 3, 0);
    for (int64_t i = 0; i < rows->n; i++) {
        for (int64_t j = 0; j < 4; j++) {
            rows->features[i * 6 + j] = i == alone[j];
        }
    }
    for (int64_t j = 0; j < 4; j++) {
        rows->weights[alone[j]] = j == 1 ? 0.0 : 1e14;
        rows->features[alone[j] * 6 + 4] = rows->features[alone[j] * 6 + 5] = 3.0; /* so that 1e14 is the eigenvalue */
    }
    ridge_rows_reduce(rows);
    ridge_rows_gathered(rows);
    static const double some[A] = {20.0, 1e15, 20.0};
    rows->of.penalties = some;
    rows->of.n_penalties = A;
    found made = sweep_of(rows);
    for (int64_t a = 0; a < A; a++) {
        CHECK_INT(made.n_undetermined[a], a == 1 ? 0 : 3);
        CHECK(isnan(made.error[a]) == (a != 1) && isnan(made.accuracy[a]) == (a != 1));
    }
    ridge_rows_free(rows);
}

/* A penalty below 1e-13 of the largest eigenvalue, here 1 for every row of a weight. */
static void penalties_that_rounding_hides_leave_all_rows_undetermined(void)
{
    static const double eigenvalue = 16.0;
    static const double some[A] = {1.6e-12 * 0.99, 1.6e-12 * 1.01, 1.0};
    ridge_rows *rows = ridge_rows_make(40, 2, 2, 1);
    memset(rows->of.matrix, 0, 4 * sizeof(double));
    rows->of.matrix[0] = eigenvalue;
    rows->of.matrix[3] = eigenvalue / 4;
    memcpy(rows->of.mean, rows->mean, 2 * sizeof(double));
    for (int64_t i = 0; i < 80; i++) { /* leverages are next to nothing */
        rows->features[i] = rows->mean[i % 2];
    }
    rows->of.penalties = some;
    rows->of.n_penalties = A;
    found made = sweep_of(rows);
    CHECK_INT(made.n_undetermined[0], 30);
    CHECK(isnan(made.error[0]) && isnan(made.accuracy[0]));
    CHECK_INT(made.n_undetermined[1], 0);
    CHECK_INT(made.n_undetermined[2], 0);
    ridge_rows_free(rows);
}

static void threads_change_no_bit(void)
{
    for (int64_t times = 1; times <= 180; times += 179) {
        ridge_rows *rows = repeated(2 * BLOCK + 9, times, 3, 1);
        found first = sweep_of(rows);
        for (int32_t n_threads = 2; n_threads <= 4; n_threads++) {
            pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
            rows->of.context = on.context;
            found made = sweep_of(rows);
            CHECK(memcmp(&first, &made, sizeof made) == 0);
            pooled_end(on);
        }
        ridge_rows_free(rows);
    }
}

static void memory_that_runs_out_is_given_back(void)
{
    for (int64_t times = 1; times <= 9; times += 8) {
        ridge_rows *rows = repeated(20, times, 3, 1);
        FAILING_ALLOCATOR_LOOP(allocator, context)
        {
            found made;
            binet__ridge_sweep sweep = {made.error, made.accuracy, made.n_undetermined};
            rows->of.context = context;
            failing_allocator_next(&allocator, binet__ridge_leave_one_out(&rows->of, &sweep, NULL));
        }
        binet_context_destroy(context);
        ridge_rows_free(rows);
    }
}

int main(void)
{
    RUN(every_row_of_every_block_is_left_out);
    RUN(rows_that_stand_alone_are_counted);
    RUN(penalties_that_rounding_hides_leave_all_rows_undetermined);
    RUN(threads_change_no_bit);
    RUN(memory_that_runs_out_is_given_back);
    return check_result();
}
