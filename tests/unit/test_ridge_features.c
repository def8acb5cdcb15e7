/* On the feature side rows in blocks come to the mean, X'X and X'Y of the definition. */
#include "check.h"
#include "ridge_rows.h"

enum { BLOCK = 2048 };

static void gathers_the_definition(ridge_rows *rows)
{
    CHECK_INT(binet__ridge_gather_features(&rows->of, NULL), BINET_OK);
    double size = 1e-15 * (double)(10 + rows->n);
    for (int64_t i = 0; i < rows->d; i++) {
        CHECK_NEAR(rows->of.mean[i], rows->mean[i], size);
        for (int64_t j = 0; j <= i; j++) {
            CHECK_NEAR(rows->of.matrix[i * rows->d + j], rows->matrix[i * rows->d + j], 10 * size);
        }
    }
    for (int64_t i = 0; i < rows->m * rows->d; i++) {
        CHECK_NEAR(rows->of.right[i], rows->right[i], 10 * size);
    }
    ridge_rows_free(rows);
}

static void blocks_join_to_the_definition(void)
{
    static const int64_t sizes[][3] = {{1, 1, 2},           {2, 2, 3},         {5, 5, 4},         {BLOCK - 1, 3, 3},
                                       {BLOCK, 3, 2},       {BLOCK + 1, 3, 3}, {2 * BLOCK, 2, 2}, {2 * BLOCK + 5, 4, 5},
                                       {BLOCK + 40, 193, 3}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (int weighted = 0; weighted < 2; weighted++) {
            gathers_the_definition(ridge_rows_make(sizes[i][0], sizes[i][1], sizes[i][2], weighted));
        }
    }
}

/* Then the first row is the point that products are gathered around. */
static void a_first_block_without_weight_loses_nothing(void)
{
    ridge_rows *rows = ridge_rows_make(BLOCK + 70, 3, 3, 1);
    for (int64_t i = 0; i < BLOCK; i++) {
        rows->weights[i] = 0.0;
    }
    ridge_rows_reduce(rows);
    gathers_the_definition(rows);
}

/* Around a mean that is large, all digits of what features vary by are kept. */
static void an_offset_costs_no_digits(void)
{
    ridge_rows *rows = ridge_rows_make(BLOCK + 70, 2, 2, 0);
    for (int64_t i = 0; i < rows->n * 2; i++) {
        rows->features[i] += 0x1p28; /* exact */
    }
    ridge_rows *plain = ridge_rows_make(BLOCK + 70, 2, 2, 0);
    CHECK_INT(binet__ridge_gather_features(&rows->of, NULL), BINET_OK);
    for (int64_t i = 0; i < 2; i++) {
        for (int64_t j = 0; j <= i; j++) {
            CHECK_NEAR(rows->of.matrix[i * 2 + j] / plain->matrix[i * 2 + j], 1.0, 1e-10);
        }
        CHECK_NEAR(rows->of.right[i] / plain->right[i], 1.0, 1e-7);
    }
    ridge_rows_free(plain);
    ridge_rows_free(rows);
}

/* A feature of one value has neither a variance nor a product with any other. */
static void a_constant_has_no_products(void)
{
    ridge_rows *rows = ridge_rows_make(BLOCK + 70, 3, 3, 1);
    for (int64_t i = 0; i < rows->n; i++) {
        rows->features[i * 3 + 1] = 0.1;
    }
    CHECK_INT(binet__ridge_gather_features(&rows->of, NULL), BINET_OK);
    CHECK(rows->of.mean[1] == 0.1);
    CHECK(rows->of.matrix[3] == 0.0 && rows->of.matrix[4] == 0.0 && rows->of.matrix[7] == 0.0);
    CHECK(rows->of.right[1] == 0.0 && rows->of.right[4] == 0.0 && rows->of.right[7] == 0.0);
    ridge_rows_free(rows);
}

static void features_at_fault_are_named(void)
{
    ridge_rows *rows = ridge_rows_make(BLOCK + 70, 4, 3, 0);
    binet_error error = {0};
    rows->features[(BLOCK + 66) * 4 + 3] = 1e200;
    rows->features[(BLOCK + 1) * 4 + 2] = 1e200;
    CHECK_INT(binet__ridge_gather_features(&rows->of, &error), BINET_INVALID_DATA);
    CHECK_TEXT(error.argument, "features");
    CHECK_INT(error.element, -1);
    CHECK_CONTAINS(error.message, "too large to square and sum in column 2");
    rows->features[(BLOCK + 65) * 4 + 1] = NAN;
    CHECK_INT(binet__ridge_gather_features(&rows->of, &error), BINET_INVALID_DATA);
    CHECK_TEXT(error.argument, "features");
    CHECK_INT(error.element, BLOCK + 65);
    ridge_rows_free(rows);
}

static void threads_change_no_bit(void)
{
    ridge_rows_check_threads(binet__ridge_gather_features, BLOCK + 70, 200);
}

static void memory_that_runs_out_is_given_back(void)
{
    ridge_rows_check_memory(binet__ridge_gather_features, 9, 4);
}

int main(void)
{
    RUN(blocks_join_to_the_definition);
    RUN(a_first_block_without_weight_loses_nothing);
    RUN(an_offset_costs_no_digits);
    RUN(a_constant_has_no_products);
    RUN(features_at_fault_are_named);
    RUN(threads_change_no_bit);
    RUN(memory_that_runs_out_is_given_back);
    return check_result();
}
