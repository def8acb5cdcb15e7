/* Inner products of rows of packed Grams are those of the definition in any band; U-centring adds one number a row. */
#include "metrics/hsic_band.h"

#include <math.h>

#include "check.h"
#include "failing_allocator.h"
#include "failing_executor.h"
#include "hsic_definition.h"
#include "pooled.h"
#include "scores.h"

enum { L = 5, N_PAIRS = L * L };

/* Rows first .. last of n, of layers in two models. */
typedef struct band {
    binet__hsic_batch batch;
    binet__hsic_band of;
    double *before; /* the Grams as they are at first */
    double *shifts; /* [layers, n] */
    double products[N_PAIRS];
    double squares[L];
} band;

/* Whole numbers, -8 .. 7, so that every sum is exact; or of all digits. */
static double *numbers(int64_t n, uint64_t seed, int whole)
{
    double *made = calloc((size_t)n + 1, sizeof *made);
    scores_logits(made, n, seed);
    for (int64_t i = 0; whole && i < n; i++) {
        made[i] = floor(made[i]);
    }
    return made;
}

static void begin(band *made, int64_t n, int64_t first, int64_t last, int64_t n_first, int64_t n_second, int whole)
{
    int64_t n_layers = n_first + n_second;
    memset(made, 0, sizeof *made);
    made->batch = (binet__hsic_batch){.n = n, .n_first = n_first, .n_second = n_second};
    made->of = (binet__hsic_band){
        .batch = &made->batch, .first = first, .last = last, .n_entries = binet__packed(last) - binet__packed(first)};
    made->of.grams = numbers(n_layers * made->of.n_entries, 3, whole);
    made->before = numbers(n_layers * made->of.n_entries, 3, whole);
    made->shifts = numbers(n_layers * n, 4, whole);
}

static void end(band *made)
{
    free(made->of.grams);
    free(made->before);
    free(made->shifts);
}

/* Entry i, j of a layer, j < i, with what is added to it. */
static double entry(const band *of, int shifted, int64_t layer, int64_t i, int64_t j)
{
    double value = of->before[layer * of->of.n_entries + i * (i - 1) / 2 + j - of->of.first * (of->of.first - 1) / 2];
    const double *shift = of->shifts + layer * of->batch.n;
    return shifted ? value + (shift[i] + shift[j]) : value;
}

/* The sum over the entries on both sides of the diagonal. */
static double inner(const band *of, int shifted, int64_t a, int64_t b)
{
    double sum = 0.0;
    for (int64_t i = of->of.first; i < of->of.last; i++) {
        for (int64_t j = 0; j < i; j++) {
            sum += 2.0 * entry(of, shifted, a, i, j) * entry(of, shifted, b, i, j);
        }
    }
    return sum;
}

/* Sums that were there before are added to; of one model only the lower triangle is set. */
static void check_band(int64_t n, int64_t first, int64_t last, int64_t n_first, int64_t n_second, int shifted)
{
    band made;
    begin(&made, n, first, last, n_first, n_second, 1);
    int64_t n_columns = n_second != 0 ? n_second : n_first;
    for (int i = 0; i < N_PAIRS; i++) {
        made.products[i] = 1000.0 * i;
        made.squares[i % L] = -1000.0 * (i % L);
    }
    CHECK_INT(binet__hsic_add_band(&made.of, shifted ? made.shifts : NULL, made.products, made.squares, NULL),
              BINET_OK);
    for (int64_t a = 0; a < n_first; a++) {
        for (int64_t b = 0; b < (n_second != 0 ? n_second : a + 1); b++) {
            double expected = inner(&made, shifted, a, n_second != 0 ? n_first + b : b);
            CHECK(made.products[a * n_columns + b] == expected + 1000.0 * (double)(a * n_columns + b));
        }
    }
    for (int64_t layer = 0; n_second != 0 && layer < n_first + n_second; layer++) {
        CHECK(made.squares[layer] == inner(&made, shifted, layer, layer) - 1000.0 * (double)layer);
    }
    int64_t n_wrong = 0;
    for (int64_t layer = 0; layer < n_first + n_second; layer++) {
        const double *found = made.of.grams + layer * made.of.n_entries;
        for (int64_t i = first; i < last; i++) {
            for (int64_t j = 0; j < i; j++) {
                n_wrong += *found++ != entry(&made, shifted, layer, i, j);
            }
        }
    }
    CHECK_INT(n_wrong, 0);
    end(&made);
}

static void products_of_a_band_are_those_of_the_definition(void)
{
    for (int shifted = 0; shifted < 2; shifted++) {
        for (int64_t last = 1; last <= 12; last++) { /* down to a band without entries */
            for (int64_t first = 0; first < last; first++) {
                check_band(12, first, last, 2, 1, shifted);
                check_band(12, first, last, 3, 0, shifted);
            }
        }
        check_band(4, 0, 4, 1, 4, shifted);
        check_band(4, 0, 4, 1, 0, shifted);
    }
}

/* Entries by 4096, in up to 16 splits of whole rows: one and two splits, all of them, and rows longer than that. */
static void long_bands_are_split_and_no_entry_is_lost(void)
{
    static const int64_t bands[][2] = {{0, 90},  {0, 91},  {0, 92},    {0, 130},     {1, 131},     {50, 140},
                                       {0, 364}, {7, 500}, {300, 600}, {4090, 4100}, {5000, 5001}, {5000, 5017}};
    for (int b = 0; b < 12; b++) {
        check_band(bands[b][1] + 3, bands[b][0], bands[b][1], 2, 1, b % 2);
        check_band(bands[b][1] + 3, bands[b][0], bands[b][1], 2, 0, 1 - b % 2);
    }
}

/* A' + shift_i + shift_j is the U-centred matrix, of Szekely and Rizzo, whose rows sum to 0. */
static void shifts_are_those_of_u_centring(void)
{
    enum { MOST = 40, WIDTH = 6 };
    for (int n = 3; n <= MOST; n += n < 6 ? 1 : 17) {
        double *x = numbers((int64_t)n * WIDTH, 8, 0);
        double *k = numbers((int64_t)n * n, 9, 0);
        double diagonal[MOST];
        double shift[MOST];
        double sums[MOST];
        double all = 0.0;
        for (int j = 0; j < WIDTH; j++) {
            double mean = 0.0;
            for (int i = 0; i < n; i++) {
                mean += x[i * WIDTH + j] / n;
            }
            for (int i = 0; i < n; i++) {
                x[i * WIDTH + j] -= mean;
            }
        }
        hsic_linear(x, n, WIDTH, k);
        for (int i = 0; i < n; i++) {
            diagonal[i] = k[i * n + i];
            sums[i] = 0.0;
            for (int j = 0; j < n; j++) {
                sums[i] += i != j ? k[i * n + j] : 0.0;
            }
            all += sums[i];
        }
        binet__hsic_shift(diagonal, n, shift);
        for (int i = 0; i < n; i++) {
            double row = 0.0;
            for (int j = 0; j < n; j++) {
                if (i != j) {
                    double centred = k[i * n + j] + shift[i] + shift[j];
                    double expected = k[i * n + j] - (sums[i] + sums[j]) / (n - 2.0) + all / ((n - 1.0) * (n - 2.0));
                    CHECK_NEAR(centred, expected, 1e-11);
                    row += centred;
                }
            }
            CHECK_NEAR(row, 0.0, 1e-11);
        }
        free(x);
        free(k);
    }
}

static void threads_change_no_bit(void)
{
    for (int64_t n_second = 0; n_second <= 2; n_second += 2) {
        band made[2];
        for (int32_t n_threads = 1; n_threads <= 4; n_threads++) {
            pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
            band *of = &made[n_threads > 1];
            begin(of, 420, 9, 420, 3, n_second, 0);
            of->batch.context = on.context;
            CHECK_INT(binet__hsic_add_band(&of->of, of->shifts, of->products, of->squares, NULL), BINET_OK);
            CHECK(memcmp(made[0].products, of->products, sizeof of->products) == 0);
            CHECK(memcmp(made[0].squares, of->squares, sizeof of->squares) == 0);
            if (n_threads > 1) {
                end(of);
            }
            pooled_end(on);
        }
        end(&made[0]);
    }
}

static void memory_and_the_executor_may_fail(void)
{
    band made;
    begin(&made, 200, 0, 200, 2, 1, 1);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        made.products[0] = 77.0;
        made.batch.context = context;
        binet_status status = binet__hsic_add_band(&made.of, NULL, made.products, made.squares, NULL);
        CHECK((made.products[0] == 77.0) == (status != BINET_OK));
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
    FAILING_EXECUTOR_LOOP(executor, executing)
    {
        made.products[0] = 77.0;
        made.batch.context = executing;
        binet_status status = binet__hsic_add_band(&made.of, NULL, made.products, made.squares, NULL);
        CHECK((made.products[0] == 77.0) == (status != BINET_OK));
        failing_executor_next(&executor, status);
    }
    binet_context_destroy(executing);
    end(&made);
}

int main(void)
{
    RUN(products_of_a_band_are_those_of_the_definition);
    RUN(long_bands_are_split_and_no_entry_is_lost);
    RUN(shifts_are_those_of_u_centring);
    RUN(threads_change_no_bit);
    RUN(memory_and_the_executor_may_fail);
    return check_result();
}
