/* On the sample side all rows come to the mean, X, XX' and Y of the definition. */
#include "check.h"
#include "ridge_rows.h"

static void all_rows_come_to_the_definition(void)
{
    static const int64_t sizes[][3] = {{1, 2, 2},   {2, 3, 2},    {3, 9, 3},     {63, 64, 2},
                                       {64, 80, 5}, {65, 200, 2}, {192, 193, 3}, {193, 260, 4}};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        for (int weighted = 0; weighted < 2; weighted++) {
            ridge_rows *rows = ridge_rows_make(sizes[s][0], sizes[s][1], sizes[s][2], weighted);
            CHECK(rows->of.on_samples);
            CHECK_INT(binet__ridge_gather_samples(&rows->of, NULL), BINET_OK);
            for (int64_t j = 0; j < rows->d; j++) {
                CHECK_NEAR(rows->of.mean[j], rows->mean[j], 1e-14);
            }
            for (int64_t i = 0; i < rows->n * rows->d; i++) {
                CHECK_NEAR(rows->of.rows[i], rows->x[i], 1e-13);
            }
            for (int64_t i = 0; i < rows->n; i++) {
                for (int64_t j = 0; j <= i; j++) {
                    CHECK_NEAR(rows->of.matrix[i * rows->n + j], rows->matrix[i * rows->n + j], 1e-11);
                }
            }
            for (int64_t i = 0; i < rows->m * rows->n; i++) {
                CHECK_NEAR(rows->of.right[i], rows->right[i], 1e-14);
            }
            ridge_rows_free(rows);
        }
    }
}

static void rows_at_fault_are_named(void)
{
    ridge_rows *rows = ridge_rows_make(70, 80, 3, 0);
    binet_error error = {0};
    rows->features[67 * 80 + 79] = 1e200;
    CHECK_INT(binet__ridge_gather_samples(&rows->of, &error), BINET_INVALID_DATA);
    CHECK_TEXT(error.argument, "features");
    CHECK_INT(error.element, 67);
    CHECK_CONTAINS(error.message, "row 67 of features holds numbers too large to square and sum");
    rows->features[69 * 80] = 1e200; /* as far from the mean, and later */
    CHECK_INT(binet__ridge_gather_samples(&rows->of, &error), BINET_INVALID_DATA);
    CHECK_INT(error.element, 67);
    rows->features[69 * 80] = 2e200;
    CHECK_INT(binet__ridge_gather_samples(&rows->of, &error), BINET_INVALID_DATA);
    CHECK_INT(error.element, 69);
    rows->features[66 * 80 + 5] = -INFINITY;
    CHECK_INT(binet__ridge_gather_samples(&rows->of, &error), BINET_INVALID_DATA);
    CHECK_TEXT(error.argument, "features");
    CHECK_INT(error.element, 66);
    ridge_rows_free(rows);
}

/* Squares that each fit may have a sum that does not; a larger number in a row whose squares have one is fine. */
static void a_row_whose_sum_does_not_fit_is_named(void)
{
    ridge_rows *rows = ridge_rows_make(8, 20, 2, 0);
    binet_error error = {0};
    for (int64_t j = 1; j < 20; j++) {
        rows->features[5 * 20 + j] = 1e154;
    }
    rows->features[2 * 20] = 1.2e154;
    CHECK_INT(binet__ridge_gather_samples(&rows->of, &error), BINET_INVALID_DATA);
    CHECK_INT(error.element, 5);
    ridge_rows_free(rows);
}

static void threads_change_no_bit(void)
{
    ridge_rows_check_threads(binet__ridge_gather_samples, 200, 210);
}

static void memory_that_runs_out_is_given_back(void)
{
    ridge_rows_check_memory(binet__ridge_gather_samples, 4, 9);
}

int main(void)
{
    RUN(all_rows_come_to_the_definition);
    RUN(rows_at_fault_are_named);
    RUN(a_row_whose_sum_does_not_fit_is_named);
    RUN(threads_change_no_bit);
    RUN(memory_that_runs_out_is_given_back);
    return check_result();
}
