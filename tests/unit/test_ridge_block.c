/* Blocks of rows are read, centred and multiplied as plain loops do it, wherever blocks and tiles end. */
#include "check.h"
#include "pooled.h"
#include "ridge_rows.h"

/* Rows from `first` on in the block that is read, which must be those of the loop. */
static void reads(const ridge_rows *rows, int64_t first, int64_t n, const double *centre)
{
    int64_t d = rows->d;
    double *block = ridge_rows_room(n + 1, d);
    block[n * d] = 77.0;
    CHECK_INT(binet__ridge_read(&rows->of, first, n, centre, block, NULL), BINET_OK);
    for (int64_t i = 0; i < n * d; i++) {
        double value = rows->features[first * d + i];
        double root = sqrt(rows->weights[first + i / d]);
        CHECK(block[i] == (centre == NULL ? value : root * (value - centre[i % d])));
    }
    CHECK(block[n * d] == 77.0);
    free(block);
}

static void rows_are_read_as_they_are_or_centred(void)
{
    static const double centre[3] = {3.5, -1.0, 0.25};
    static const int64_t sizes[] = {1, 63, 64, 65, 128, 129, 190};
    ridge_rows *rows = ridge_rows_make(200, 3, 3, 1);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (int64_t first = 0; first <= 10; first += 5) {
            reads(rows, first, sizes[i], NULL);
            reads(rows, first, sizes[i], centre);
        }
    }
    ridge_rows_free(rows);
}

/* Elements count from the first row of all, not from the block's. */
static void the_first_row_at_fault_is_named_for_any_threads(void)
{
    double block[170 * 2];
    ridge_rows *rows = ridge_rows_make(200, 2, 2, 0);
    rows->features[192 * 2] = INFINITY;
    rows->features[164 * 2 + 1] = NAN;
    rows->features[29 * 2] = NAN;
    for (int32_t n_threads = 1; n_threads <= 3; n_threads++) {
        pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
        binet_error error = {0};
        rows->of.context = on.context;
        CHECK_INT(binet__ridge_read(&rows->of, 30, 170, NULL, block, &error), BINET_INVALID_DATA);
        CHECK_TEXT(error.argument, "features");
        CHECK_INT(error.element, 164);
        pooled_end(on);
    }
    ridge_rows_free(rows);
}

static void means_are_weighted(void)
{
    double mean[4];
    for (int weighted = 0; weighted < 2; weighted++) {
        ridge_rows *rows = ridge_rows_make(50, 4, 3, weighted);
        for (int64_t first = 0; first < 50; first += 7) {
            for (int64_t n = 1; n <= 50 - first; n++) {
                double total = 0.0;
                double sums[4] = {0};
                for (int64_t i = first; i < first + n; i++) {
                    total += rows->weights[i];
                    for (int64_t j = 0; j < 4; j++) {
                        sums[j] += rows->weights[i] * rows->features[i * 4 + j];
                    }
                }
                binet__ridge_mean(&rows->of, first, n, rows->features + first * 4, mean);
                for (int64_t j = 0; total > 0.0 && j < 4; j++) {
                    CHECK_NEAR(mean[j], sums[j] / total, 1e-14);
                }
            }
        }
        ridge_rows_free(rows);
    }
}

/* A weighted sum of 0.1 over the sum of weights is 0.1 only nearly. */
static void a_constant_has_its_own_value_as_the_mean(void)
{
    double mean[2];
    ridge_rows *rows = ridge_rows_make(41, 2, 2, 1);
    for (int64_t i = 0; i < 41; i++) {
        rows->features[i * 2 + 1] = 0.1;
    }
    binet__ridge_mean(&rows->of, 0, 41, rows->features, mean);
    CHECK(mean[1] == 0.1);
    binet__ridge_mean(&rows->of, 3, 1, rows->features + 6, mean); /* a row of weight 0 */
    CHECK(mean[0] == rows->features[6] && mean[1] == 0.1);
    ridge_rows_free(rows);
}

/* A row without weight adds nothing, whatever it holds. */
static void rows_without_weight_do_not_move_the_mean(void)
{
    double mean[2][2];
    ridge_rows *rows = ridge_rows_make(41, 2, 2, 1);
    binet__ridge_mean(&rows->of, 0, 41, rows->features, mean[0]);
    for (int64_t i = 3; i < 41; i += 4) {
        rows->features[i * 2] = 1e300;
        rows->features[i * 2 + 1] = -1e300;
    }
    binet__ridge_mean(&rows->of, 0, 41, rows->features, mean[1]);
    CHECK(memcmp(mean[0], mean[1], sizeof mean[0]) == 0);
    rows->features[2 * 2] = -1e308; /* farther apart than a number can say */
    rows->features[3 * 2] = 1e308;
    binet__ridge_mean(&rows->of, 2, 2, rows->features + 4, mean[0]);
    CHECK(mean[0][0] == -1e308);
    ridge_rows_free(rows);
}

/* ---- Products ---------------------------------------------------------------------------------------------------- */

/* Products of rows first .. first + n join what is there, 1 everywhere. On the side of the samples those are all rows.
 */
static void adds(ridge_rows *rows, int64_t first, int64_t n, int with_sums)
{
    int64_t r = rows->r;
    int64_t d = rows->d;
    int64_t k = rows->of.n_classes;
    const double *block = rows->x + first * d;
    double *sums = ridge_rows_room(k, d);
    double *expected = ridge_rows_room(k, d);
    for (int64_t i = 0; i < r * r; i++) {
        rows->of.matrix[i] = 1.0;
    }
    for (int64_t i = 0; i < k * d; i++) {
        sums[i] = expected[i] = 1.0;
    }
    CHECK_INT(binet__ridge_add(&rows->of, first, n, block, with_sums ? sums : NULL, NULL), BINET_OK);
    for (int64_t a = 0; a < r; a++) {
        for (int64_t b = 0; b <= a; b++) {
            double sum = 1.0;
            for (int64_t i = 0; i < (rows->of.on_samples ? d : n); i++) {
                sum += rows->of.on_samples ? block[a * d + i] * block[b * d + i] : block[i * d + a] * block[i * d + b];
            }
            CHECK_NEAR(rows->of.matrix[a * r + b], sum, 1e-11);
        }
    }
    for (int64_t i = 0; with_sums && i < n * d; i++) {
        expected[rows->of.classes[first + i / d] * d + i % d] += sqrt(rows->weights[first + i / d]) * block[i];
    }
    for (int64_t i = 0; i < k * d; i++) {
        CHECK_NEAR(sums[i], expected[i], 1e-12);
    }
    free(expected);
    free(sums);
}

static void products_join_what_is_there(void)
{
    static const int64_t widths[] = {1, 2, 191, 192, 193, 384, 385};
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        ridge_rows *tall = ridge_rows_make(widths[i] + 9, widths[i], 3, 1);
        adds(tall, 0, tall->n, 1);
        adds(tall, 6, 3, 1);
        adds(tall, 8, 1, 0);
        ridge_rows_free(tall);
        ridge_rows *wide = ridge_rows_make(widths[i], widths[i] + 5, 2, 1);
        adds(wide, 0, wide->n, 0);
        ridge_rows_free(wide);
    }
}

static void threads_change_no_bit(void)
{
    for (int on_samples = 0; on_samples < 2; on_samples++) {
        ridge_rows *rows = ridge_rows_make(on_samples ? 200 : 450, on_samples ? 450 : 200, 3, 1);
        size_t size = (size_t)(rows->r * rows->r) * sizeof(double);
        double *first = ridge_rows_room(rows->r, rows->r);
        double *sums[2] = {ridge_rows_room(3, rows->d), ridge_rows_room(3, rows->d)};
        for (int32_t n_threads = 1; n_threads <= 4; n_threads++) {
            pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
            double *of_classes = sums[n_threads > 1];
            rows->of.context = on.context;
            memset(rows->of.matrix, 0, size);
            memset(of_classes, 0, (size_t)(3 * rows->d) * sizeof *of_classes);
            CHECK_INT(binet__ridge_add(&rows->of, 0, rows->n, rows->x, of_classes, NULL), BINET_OK);
            CHECK(n_threads == 1 || memcmp(first, rows->of.matrix, size) == 0);
            CHECK(memcmp(sums[0], of_classes, (size_t)(3 * rows->d) * sizeof *of_classes) == 0);
            memcpy(first, rows->of.matrix, size);
            pooled_end(on);
        }
        free(sums[1]);
        free(sums[0]);
        free(first);
        ridge_rows_free(rows);
    }
}

int main(void)
{
    RUN(rows_are_read_as_they_are_or_centred);
    RUN(the_first_row_at_fault_is_named_for_any_threads);
    RUN(means_are_weighted);
    RUN(a_constant_has_its_own_value_as_the_mean);
    RUN(rows_without_weight_do_not_move_the_mean);
    RUN(products_join_what_is_there);
    RUN(threads_change_no_bit);
    return check_result();
}
