/* The kernels of every instruction set of this machine give the bits of the scalar build, and the numbers of the
 * definitions. With KERNELS_EMULATED those of AVX-512 are among them on a machine without it: kernels_emulated.c. */
#include "kernels/kernels.h"

#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "kernels_available.h"
#include "kernels_rows.h"

enum { LONGEST = 5000 };

static float row[LONGEST];
static double wide[LONGEST];

/* Every instruction set against the scalar build, in f32 and f64. */
static void compare(int probabilities, int64_t n, int64_t label, double inverse_temperature)
{
    rows_widen(row, n, wide);
    binet__row narrow = rows_run(available[0], probabilities, row, NULL, n, label, inverse_temperature);
    binet__row broad = rows_run(available[0], probabilities, NULL, wide, n, label, inverse_temperature);
    for (int i = 1; i < n_available; i++) {
        binet__row other = rows_run(available[i], probabilities, row, NULL, n, label, inverse_temperature);
        CHECK(memcmp(&narrow, &other, sizeof other) == 0);
        other = rows_run(available[i], probabilities, NULL, wide, n, label, inverse_temperature);
        CHECK(memcmp(&broad, &other, sizeof other) == 0);
    }
}

/* The peak and the moments likewise, with the state that logits_<t> gives. */
static void compare_moments(int64_t n, double t)
{
    binet__peak peaks[2][N_ISAS + 1];
    binet__moments moments[2][N_ISAS + 1];
    memset(peaks, 0x5a, sizeof peaks);
    memset(moments, 0x5a, sizeof moments);
    rows_widen(row, n, wide);
    for (int i = 0; i < n_available; i++) {
        available[i]->peak_f32(row, n, &peaks[0][i]);
        available[i]->peak_f64(wide, n, &peaks[1][i]);
        for (int of_f64 = 0; of_f64 < 2; of_f64++) {
            int32_t state = peaks[of_f64][i].state;
            if (state == BINET__ROW_OK) {
                if (of_f64) {
                    available[i]->moments_f64(wide, n, &peaks[1][i], t, &moments[1][i]);
                } else {
                    available[i]->moments_f32(row, n, &peaks[0][i], t, &moments[0][i]);
                }
                state = moments[of_f64][i].state;
            }
            CHECK_INT(state, rows_run(available[i], 0, of_f64 ? NULL : row, wide, n, -1, t).state);
            CHECK(memcmp(&peaks[of_f64][0], &peaks[of_f64][i], sizeof peaks[0][0]) == 0);
            CHECK(memcmp(&moments[of_f64][0], &moments[of_f64][i], sizeof moments[0][0]) == 0);
        }
    }
}

static void moments_follow_the_definitions(void)
{
    static const double inverse[] = {1.0, 0.01, 0x1p-20, 30.0, 0x1p20};
    for (int64_t n = 1; n <= LONGEST; n = n < 40 ? n + 1 : n * 2 + 1) {
        for (size_t at = 0; at < sizeof inverse / sizeof inverse[0]; at++) {
            binet__peak peak;
            binet__moments m[2];
            long double sum = 0;
            long double mean = 0;
            long double square = 0;
            rows_logits((uint32_t)n, n, row);
            rows_widen(row, n, wide);
            available[0]->peak_f32(row, n, &peak);
            available[0]->moments_f32(row, n, &peak, inverse[at], &m[0]);
            available[0]->moments_f64(wide, n, &peak, inverse[at], &m[1]);
            for (int64_t i = 0; i < n; i++) {
                long double u = (long double)inverse[at] * ((long double)wide[i] - (long double)peak.largest);
                CHECK(u <= 0);
                sum += expl(u);
                mean += expl(u) * u;
                square += expl(u) * u * u;
            }
            for (int of_f64 = 0; of_f64 < 2; of_f64++) {
                double tolerance = of_f64 ? 1e-14 : 1e-6;
                CHECK_NEAR(m[of_f64].log_sum, (double)logl(sum), tolerance * (1 + m[1].log_sum));
                CHECK_NEAR(m[of_f64].mean, (double)(mean / sum), tolerance * fabs(m[1].mean) + 1e-40);
                CHECK_NEAR(m[of_f64].square, (double)(square / sum), tolerance * m[1].square + 1e-40);
            }
        }
    }
}

/* Every width to 200, every label where the row is short. */
static void all_widths_have_the_same_bits(void)
{
    for (int64_t n = 1; n <= 200; n++) {
        for (int64_t label = -1; label < n; label += n <= 70 ? 1 : 7) {
            rows_logits((uint32_t)(n * 1000 + label), n, row);
            compare(0, n, label, label % 3 == 0 ? 1.0 : 0.37);
            compare_moments(n, label % 3 == 0 ? 1.0 : 0.37);
            rows_probabilities((uint32_t)(n * 1000 + label), n, row);
            compare(1, n, label, 1.0);
        }
    }
}

static void long_rows_have_the_same_bits(void)
{
    static const int64_t lengths[] = {1000, 1023, 1024, 1025, 1040, 2047, 2049, 3000, 4096, LONGEST};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        for (int64_t label = -1; label < lengths[i]; label += 173) {
            rows_logits((uint32_t)label, lengths[i], row);
            compare(0, lengths[i], label, 1.0);
            compare_moments(lengths[i], 1.0);
            rows_probabilities((uint32_t)label, lengths[i], row);
            compare(1, lengths[i], label, 1.0);
        }
    }
}

static void odd_values_have_the_same_bits(void)
{
    for (int64_t n = 1; n <= 70; n++) {
        for (int64_t at = 0; at < n; at++) {
            rows_odd(n, at, row);
            for (int64_t label = -1; label < n; label += 13) {
                compare(0, n, label, 1.0);
                compare(0, n, label, 0x1p-90);
                compare_moments(n, 0x1p-20);
                compare_moments(n, 1.0);
                compare(1, n, label, 1.0);
            }
        }
    }
}

static void far_temperatures_have_the_same_bits(void)
{
    static const double inverse[] = {1e-300, 1e-30, 1e-3, 1e3, 1e30, 1e300};
    for (size_t i = 0; i < sizeof inverse / sizeof inverse[0]; i++) {
        rows_logits(5, 100, row);
        compare(0, 100, 42, inverse[i]);
        binet__row r = rows_run(available[0], 0, row, NULL, 100, 42, inverse[i]);
        CHECK_INT(r.state, BINET__ROW_OK);
        CHECK(r.confidence >= 0.01 && r.confidence <= 1);
        CHECK(r.entropy >= 0 && r.entropy <= log(100) + 1e-9);
    }
}

/* Neither rounding nor probabilities that sum to a bit more than 1 lead above log n. */
static void entropy_keeps_its_range(void)
{
    for (int64_t n = 2; n <= 300; n++) {
        double most = nextafter(log((double)n), 10);
        for (int kind = 0; kind < 2; kind++) {
            for (int64_t i = 0; i < n; i++) {
                row[i] = kind != 0 ? (float)(1.0005 / (double)n) : (float)i * 0x1p-20f;
            }
            for (int i = 0; i < n_available; i++) {
                CHECK(rows_run(available[i], kind, row, NULL, n, -1, 1.0).entropy <= most);
                CHECK(rows_run(available[i], kind, row, NULL, n, n / 2, 1.0).entropy <= most);
            }
        }
    }
}

/* The definitions, in long double. */
static void check_definitions(int probabilities, int from_wide, int64_t n, int64_t label, double tolerance)
{
    rows_widen(row, n, wide);
    binet__row r = rows_run(available[0], probabilities, from_wide ? NULL : row, wide, n, label, 1.0);
    int64_t best = 0;
    int64_t rank = 1;
    long double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        best = wide[i] > wide[best] ? i : best;
        rank += wide[i] > wide[label] || (wide[i] == wide[label] && i < label);
    }
    for (int64_t i = 0; i < n; i++) {
        sum += probabilities ? 1.0L / (long double)n : expl((long double)wide[i] - (long double)wide[best]);
    }
    long double brier = 0;
    long double entropy = 0;
    for (int64_t i = 0; i < n; i++) {
        long double p =
            probabilities ? (long double)wide[i] : expl((long double)wide[i] - (long double)wide[best]) / sum;
        long double target = i == label ? 1 : 0;
        brier += (p - target) * (p - target);
        entropy -= p > 0 ? p * logl(p) : 0;
        if (i == label) {
            CHECK_NEAR(r.true_probability, (double)p, tolerance);
            CHECK_NEAR(r.nll, (double)-logl(p), tolerance * (1 + fabs(r.nll)));
        }
        if (i == best) {
            CHECK_NEAR(r.confidence, (double)p, tolerance);
        }
    }
    CHECK_INT(r.state, BINET__ROW_OK);
    CHECK_INT(r.predicted, best);
    CHECK_INT(r.rank, rank);
    CHECK_NEAR(r.brier, (double)brier, tolerance);
    CHECK_NEAR(r.entropy, (double)entropy, tolerance * (1 + (double)entropy));
}

static void results_follow_the_definitions(void)
{
    for (int64_t n = 1; n <= LONGEST; n = n < 40 ? n + 1 : n * 2 + 1) {
        for (int64_t label = 0; label < n; label += 1 + n / 5) {
            for (int from_wide = 0; from_wide < 2; from_wide++) {
                double tolerance = from_wide ? 1e-14 : 5e-7;
                rows_logits((uint32_t)(n + label), n, row);
                check_definitions(0, from_wide, n, label, tolerance);
                rows_probabilities((uint32_t)(n + label), n, row);
                check_definitions(1, from_wide, n, label, tolerance);
            }
        }
    }
}

/* 1 - p of the best class is 2 exp(-40), far below what 1 + x can hold. */
static void confident_rows_keep_their_nll(void)
{
    const float confident[3] = {-40.0f, 0.0f, -40.0f};
    const double exact = 2 * 4.248354255291589e-18;
    binet__row r = rows_run(available[0], 0, confident, NULL, 3, 1, 1.0);
    CHECK_NEAR(r.nll / exact, 1, 1e-6);
    CHECK_NEAR(r.brier / (exact * exact * 1.5), 1, 1e-6);
    CHECK(r.confidence == 1);
}

static void ties_go_to_the_lower_column(void)
{
    for (int64_t n = 2; n <= 130; n++) {
        for (int64_t i = 0; i < n; i++) {
            row[i] = 0.0f;
        }
        row[0] = -1.0f;
        row[n - 1] = -0.0f;
        for (int i = 0; i < n_available; i++) {
            binet__row r = rows_run(available[i], 0, row, NULL, n, n - 1, 1.0);
            CHECK_INT(r.predicted, 1);
            CHECK_INT(r.rank, n - 1);
            CHECK_INT(rows_run(available[i], 0, row, NULL, n, 0, 1.0).rank, n);
        }
    }
}

static void a_nan_is_found_wherever_it_is(void)
{
    for (int64_t n = 1; n <= 130; n++) {
        for (int64_t at = 0; at < n; at++) {
            rows_probabilities((uint32_t)n, n, row);
            row[at] = NAN;
            if (n > 1) {
                row[(at + 1) % n] = INFINITY;
            }
            for (int i = 0; i < n_available; i++) {
                for (int kind = 0; kind < 2; kind++) {
                    binet__row r = rows_run(available[i], kind, row, NULL, n, at, 1.0);
                    CHECK_INT(r.state, BINET__ROW_NAN);
                    CHECK_INT(r.fault, at);
                }
            }
            if (n > 1) {
                row[(at + 1) % n] = 0.0f;
                CHECK_INT(rows_run(available[n_available - 1], 0, row, NULL, n, at, 1.0).fault, at);
                CHECK_INT(rows_run(available[n_available - 1], 0, row, NULL, n, (at + 1) % n, 1.0).fault, at);
            }
        }
    }
}

static void infinities_mean_what_they_say(void)
{
    float scores[3] = {1.0f, INFINITY, 2.0f};
    binet__row r = rows_run(available[0], 0, scores, NULL, 3, 1, 1.0);
    CHECK_INT(r.state, BINET__ROW_OK);
    CHECK(r.predicted == 1 && r.confidence == 1 && r.nll == 0 && r.brier == 0 && r.entropy == 0 && r.rank == 1);
    r = rows_run(available[0], 0, scores, NULL, 3, 0, 1.0);
    CHECK(r.true_probability == 0 && isinf(r.nll) && r.brier == 2 && r.rank == 3);
    scores[2] = INFINITY;
    r = rows_run(available[0], 0, scores, NULL, 3, 0, 1.0);
    CHECK_INT(r.state, BINET__ROW_TWO_INFINITE);
    CHECK_INT(r.fault, 2);
    const float excluded[3] = {-INFINITY, -INFINITY, -INFINITY};
    CHECK_INT(rows_run(available[0], 0, excluded, NULL, 3, 0, 1.0).state, BINET__ROW_ALL_EXCLUDED);
    const float one_left[3] = {-INFINITY, 5.0f, -INFINITY};
    r = rows_run(available[0], 0, one_left, NULL, 3, 1, 1.0);
    CHECK(r.confidence == 1 && r.nll == 0 && r.entropy == 0 && r.brier == 0);
    r = rows_run(available[0], 0, one_left, NULL, 3, 2, 1.0);
    CHECK(r.true_probability == 0 && isinf(r.nll) && r.brier == 2 && r.rank == 3);
}

static void probabilities_are_checked(void)
{
    float p[3] = {0.5f, 0.25f, 0.3f};
    binet__row r = rows_run(available[0], 1, p, NULL, 3, 0, 1.0);
    CHECK_INT(r.state, BINET__ROW_SUM);
    CHECK_NEAR(r.sum, 1.05, 1e-7);
    p[1] = -0.25f;
    p[2] = 1.5f;
    r = rows_run(available[0], 1, p, NULL, 3, 0, 1.0);
    CHECK_INT(r.state, BINET__ROW_OUT_OF_RANGE);
    CHECK_INT(r.fault, 1);
    const float certain[2] = {0.0f, 1.0f};
    r = rows_run(available[0], 1, certain, NULL, 2, 1, 1.0);
    CHECK(r.nll == 0 && r.brier == 0 && r.entropy == 0 && !signbit(r.nll) && !signbit(r.entropy));
    CHECK(isinf(rows_run(available[0], 1, certain, NULL, 2, 0, 1.0).nll));
}

/* Every length to 40, the far ends included: the bits of the scalar build, which are those of one number at a time. */
static void exp_of_each_has_the_same_bits(void)
{
    static const double inverse_temperatures[] = {1, 0.37, 1e30, 1e-30};
    double values[40];
    double one[40];
    for (int64_t n = 1; n <= 40; n++) {
        for (size_t t = 0; t < sizeof inverse_temperatures / sizeof inverse_temperatures[0]; t++) {
            double inverse = inverse_temperatures[t];
            uint32_t seed = (uint32_t)n;
            for (int64_t i = 0; i < n; i++) {
                one[i] = -(double)rows_next(&seed) * 0x1p-15 / inverse;
            }
            one[0] = 0;
            one[n / 2] = n % 2 == 0 ? -INFINITY : one[n / 2];
            for (int k = 0; k < n_available; k++) {
                memcpy(values, one, sizeof values);
                available[k]->exp_each(values, n, inverse);
                for (int64_t i = 0; i < n; i++) {
                    double alone = one[i];
                    available[0]->exp_each(&alone, 1, inverse);
                    CHECK(memcmp(&alone, &values[i], sizeof alone) == 0);
                    CHECK_NEAR(alone, exp(inverse * one[i]), 1e-13 * exp(inverse * one[i]) + 0x1p-1070);
                }
                CHECK(values[0] == 1.0);
            }
        }
    }
}

static void log_of_each_has_the_same_bits(void)
{
    static const double values[] = {0, 0x1p-1074, 0x1.8p-1030, 0x1p-1022, 0.3, 1, 0x1.0000000000001p0, 2.5, 1e300};
    enum { N_VALUES = sizeof values / sizeof values[0] };
    for (int k = 0; k < n_available; k++) {
        double logs[2][N_VALUES];
        memcpy(logs[0], values, sizeof values);
        memcpy(logs[1], values, sizeof values);
        available[0]->log_each(logs[0], N_VALUES);
        available[k]->log_each(logs[1], N_VALUES);
        CHECK(memcmp(logs[0], logs[1], sizeof values) == 0);
        CHECK(isinf(logs[1][0]) && logs[1][0] < 0);
        for (int i = 1; i < N_VALUES; i++) {
            CHECK_NEAR(logs[1][i], log(values[i]), 3e-16 * fabs(log(values[i])));
        }
    }
}

static void differing_bits_are_counted(void)
{
    uint64_t a[9] = {0};
    uint64_t b[9] = {0};
    uint32_t seed = 3;
    for (int64_t n = 0; n <= 9; n++) {
        int64_t expected = 0;
        for (int64_t i = 0; i < 64 * n; i++) {
            uint64_t of_a = rows_next(&seed) & 1;
            uint64_t of_b = rows_next(&seed) & 1;
            a[i / 64] = (a[i / 64] & ~((uint64_t)1 << i % 64)) | of_a << i % 64;
            b[i / 64] = (b[i / 64] & ~((uint64_t)1 << i % 64)) | of_b << i % 64;
            expected += of_a != of_b;
        }
        for (int k = 0; k < n_available; k++) {
            CHECK_INT(available[k]->count_different(a, b, n), expected);
        }
    }
}

static void widening_is_exact(void)
{
    static uint16_t values[0x10000];
    static float widened[0x10000];
    static float other[0x10000];
    for (uint32_t i = 0; i < 0x10000; i++) {
        values[i] = (uint16_t)i;
    }
    available[0]->widen_f16(values, 0x10000, widened);
    for (uint32_t i = 0; i < 0x7c00; i++) {
        int exponent = (int)(i >> 10);
        double exact = exponent == 0 ? ldexp(i, -24) : ldexp((i & 0x3ff) + 0x400, exponent - 25);
        CHECK((double)widened[i] == exact && (double)widened[i + 0x8000] == -exact);
    }
    CHECK(isinf(widened[0x7c00]) && widened[0xfc00] < 0 && isnan(widened[0x7c01]) && isnan(widened[0xffff]));
    for (int i = 1; i < n_available; i++) {
        for (int64_t skip = 0; skip < 40; skip++) {
            available[i]->widen_f16(values + skip, 0x10000 - skip, other);
            CHECK(memcmp(other, widened + skip, (0x10000 - (size_t)skip) * sizeof other[0]) == 0);
        }
    }
    for (int i = 0; i < n_available; i++) {
        available[i]->widen_bf16(values, 0x10000, other);
        for (uint32_t k = 0; k < 0x10000; k++) {
            uint32_t bits;
            memcpy(&bits, &other[k], sizeof bits);
            CHECK(bits == k << 16);
        }
    }
}

/* Bytes and weights of any size, and every number of outputs to 40: what is left over included. */
/* All sizes of blocks around those of the tiles: the bits of the scalar build, alone or beside other rows. */
static void dot_products_have_the_same_bits(void)
{
    enum { ROWS = 9, WIDE = 112 };
    static float a[ROWS * WIDE];
    static float b[ROWS * WIDE];
    static float products[N_ISAS + 1][ROWS * ROWS];
    uint32_t seed = 3;
    for (int i = 0; i < ROWS * WIDE; i++) {
        a[i] = (float)((double)rows_next(&seed) * 0x1p-31 - 1);
        b[i] = (float)((double)rows_next(&seed) * 0x1p-31 - 1);
    }
    for (int64_t n = 16; n <= WIDE; n += 48) {
        for (int64_t n_a = 1; n_a <= ROWS; n_a++) {
            for (int64_t n_b = 1; n_b <= ROWS; n_b++) {
                for (int k = 0; k < n_available; k++) {
                    available[k]->dots(a, n_a, b, n_b, n, products[k]);
                    CHECK(memcmp(products[0], products[k], (size_t)(n_a * n_b) * sizeof(float)) == 0);
                }
                float alone;
                available[0]->dots(a + (n_a - 1) * n, 1, b + (n_b - 1) * n, 1, n, &alone);
                CHECK(memcmp(&alone, &products[0][n_a * n_b - 1], sizeof alone) == 0);
                double exact = 0;
                for (int64_t i = 0; i < n; i++) {
                    exact += (double)a[(n_a - 1) * n + i] * (double)b[(n_b - 1) * n + i];
                }
                CHECK_NEAR((double)alone, exact, ((double)n / 16 + 4) * 0x1p-24 * (double)n);
            }
        }
    }
}

static void large_values_are_listed(void)
{
    enum { N = 100 };
    static float values[N];
    int32_t places[N];
    uint32_t seed = 6;
    for (int i = 0; i < N; i++) {
        values[i] = (float)(rows_next(&seed) % 7);
    }
    values[40] = NAN;
    values[41] = -INFINITY;
    static const float bounds[] = {-INFINITY, 0, 3, 6, 7, INFINITY};
    for (int k = 0; k < n_available; k++) {
        for (int64_t n = 0; n <= N; n++) {
            for (size_t b = 0; b < sizeof bounds / sizeof bounds[0]; b++) {
                int64_t found = available[k]->list_at_least(values, n, bounds[b], places);
                int64_t count = 0;
                for (int64_t i = 0; i < n; i++) {
                    if (values[i] >= bounds[b]) {
                        CHECK(count < found && places[count] == i);
                        count++;
                    }
                }
                CHECK_INT(found, count);
            }
        }
    }
}

static void resizing_has_the_same_bits(void)
{
    enum { N_TAPS = 5, N_PIXELS = 100, STRIDE = 3 * N_PIXELS };
    static uint8_t rows[N_TAPS * STRIDE];
    static int32_t first[N_PIXELS], counts[N_PIXELS], weights[N_PIXELS * N_TAPS];
    uint32_t seed = 1;
    for (size_t i = 0; i < sizeof rows; i++) {
        rows[i] = (uint8_t)rows_next(&seed);
    }
    for (int32_t i = 0; i < N_PIXELS; i++) {
        first[i] = (int32_t)(rows_next(&seed) % (N_PIXELS - N_TAPS));
        counts[i] = (int32_t)(rows_next(&seed) % (N_TAPS + 1));
    }
    for (size_t i = 0; i < sizeof weights / sizeof weights[0]; i++) {
        weights[i] = (int32_t)rows_next(&seed) - 0x700000;
    }
    const uint8_t *const four[4] = {rows, rows + STRIDE, rows + STRIDE * 2, rows + STRIDE * 3};
    for (int64_t n = 1; n <= 40; n++) {
        const binet__taps taps = {n, N_TAPS, first, counts, weights};
        static uint8_t made[2][16 * N_PIXELS + 4 * (STRIDE + 1) + STRIDE];
        for (int i = 0; i < n_available; i++) {
            uint8_t *interleaved = made[i > 0];
            uint8_t *columns = interleaved + 16 * N_PIXELS;
            uint8_t *const out[4] = {columns, columns + STRIDE + 1, columns + 2 * (STRIDE + 1),
                                     columns + 3 * (STRIDE + 1)};
            memset(interleaved, 0, sizeof made[0]);
            available[i]->resize_interleave(four, N_PIXELS - n, interleaved);
            available[i]->resize_columns(interleaved, &taps, out);
            available[i]->resize_rows(rows, STRIDE, weights, (int32_t)(n % (N_TAPS + 1)), 7 * n,
                                      columns + 4 * (STRIDE + 1));
            for (int k = 0; k < 4; k++) {
                out[k][3 * n] = 0; /* written, with nothing that counts */
            }
            CHECK(memcmp(made[0], interleaved, sizeof made[0]) == 0);
        }
    }
}

static void centring_is_the_same_everywhere(void)
{
    enum { MOST = 67 };
    float values[MOST];
    double near[MOST];
    double mean[MOST];
    uint32_t state = 4;
    for (int i = 0; i < MOST; i++) {
        values[i] = (float)rows_next(&state) * 0x1p-10F;
        near[i] = (double)rows_next(&state) * 0x1p-11;
        mean[i] = (double)rows_next(&state) * 0x1p-33;
    }
    for (int n = 0; n <= MOST; n++) {
        for (int i = 0; i < n_available; i++) {
            double centred[MOST + 1];
            centred[n] = 77;
            available[i]->centre_f32(values, near, mean, n, centred);
            CHECK(centred[n] == 77);
            for (int j = 0; j < n; j++) {
                CHECK(centred[j] == (double)values[j] - near[j] - mean[j]);
            }
        }
    }
}

int main(void)
{
    if (kernels_of_another_test()) {
        return CHECK_SKIPPED;
    }
    RUN(find_kernels);
    RUN(all_widths_have_the_same_bits);
    RUN(long_rows_have_the_same_bits);
    RUN(odd_values_have_the_same_bits);
    RUN(far_temperatures_have_the_same_bits);
    RUN(entropy_keeps_its_range);
    RUN(results_follow_the_definitions);
    RUN(moments_follow_the_definitions);
    RUN(confident_rows_keep_their_nll);
    RUN(ties_go_to_the_lower_column);
    RUN(a_nan_is_found_wherever_it_is);
    RUN(infinities_mean_what_they_say);
    RUN(probabilities_are_checked);
    RUN(exp_of_each_has_the_same_bits);
    RUN(log_of_each_has_the_same_bits);
    RUN(differing_bits_are_counted);
    RUN(widening_is_exact);
    RUN(centring_is_the_same_everywhere);
    RUN(dot_products_have_the_same_bits);
    RUN(large_values_are_listed);
    RUN(resizing_has_the_same_bits);
    return check_result();
}
