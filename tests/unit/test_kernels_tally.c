/* Rows scaled, checked and tallied: every instruction set gives the bits of the scalar build, and they are those of the
 * definitions. */
#include <math.h>
#include <stdlib.h>

#include "kernels_available.h"
#include "kernels_rows.h"

enum { LONGEST = 5008 };

static float row[LONGEST];
static double wide[LONGEST];

/* All that the three kernels make of a row; memset before, so that it can be compared. */
typedef struct outcome {
    binet__scaling scaling;
    int64_t count;
    int32_t columns[LONGEST];
    uint64_t totals[LONGEST];
    union {
        float narrow[LONGEST];
        double wide[LONGEST];
    } scaled;
} outcome;

static void run(const binet__kernels *kernels, int probabilities, int in_f64, int64_t n, double inverse_temperature,
                double least, outcome *out)
{
    const binet__row_parameters parameters = {inverse_temperature, 1e-3};
    memset(out, 0, sizeof *out);
    const void *scaled = &out->scaled;
    if (probabilities) {
        scaled = in_f64 ? (const void *)wide : row;
        if (in_f64) {
            kernels->check_f64(wide, n, &parameters, &out->scaling);
        } else {
            kernels->check_f32(row, n, &parameters, &out->scaling);
        }
    } else if (in_f64) {
        kernels->scale_f64(wide, n, &parameters, out->scaled.wide, &out->scaling);
    } else {
        kernels->scale_f32(row, n, &parameters, out->scaled.narrow, &out->scaling);
    }
    if (out->scaling.state == BINET__ROW_OK) {
        double unit = out->scaling.unit;
        out->count = in_f64 ? kernels->tally_f64(scaled, n, unit, least, out->totals, out->columns)
                            : kernels->tally_f32(scaled, n, unit, least, out->totals, out->columns);
    }
    for (int64_t k = n; k < LONGEST; k++) { /* lanes beyond the row, which count for nothing */
        out->totals[k] = 0;
        if (in_f64) {
            out->scaled.wide[k] = 0;
        } else {
            out->scaled.narrow[k] = 0;
        }
    }
}

static void compare(int probabilities, int64_t n, double inverse_temperature, double least)
{
    static outcome expected, found;
    rows_widen(row, n, wide);
    for (int in_f64 = 0; in_f64 < 2; in_f64++) {
        run(available[0], probabilities, in_f64, n, inverse_temperature, least, &expected);
        for (int i = 1; i < n_available; i++) {
            run(available[i], probabilities, in_f64, n, inverse_temperature, least, &found);
            CHECK(memcmp(&expected, &found, sizeof found) == 0);
        }
    }
}

static void all_widths_have_the_same_bits(void)
{
    for (int64_t n = 1; n <= 200; n++) {
        rows_logits((uint32_t)n, n, row);
        compare(0, n, n % 3 == 0 ? 1.0 : 0.37, 1.0 / 15);
        rows_probabilities((uint32_t)n, n, row);
        compare(1, n, 1.0, 1.0 / (double)(1 + n % 100));
    }
    static const int64_t lengths[] = {1000, 1023, 1024, 1025, 1040, 2049, 5000};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        rows_logits((uint32_t)i, lengths[i], row);
        compare(0, lengths[i], 1.0, 1e-4);
        rows_probabilities((uint32_t)i, lengths[i], row);
        compare(1, lengths[i], 1.0, 1e-4);
    }
}

static void odd_values_have_the_same_bits(void)
{
    for (int64_t n = 1; n <= 70; n++) {
        for (int64_t at = 0; at < n; at++) {
            rows_odd(n, at, row);
            compare(0, n, 1.0, 0.5);
            compare(0, n, 0x1p-90, 1e-30);
            compare(1, n, 1.0, 0.5);
        }
    }
}

/* The states, faults and sums are those of the passes that make predictions; the unit is that of the confidence. */
static void rows_are_judged_as_predictions_judge_them(void)
{
    static outcome found;
    for (int64_t n = 1; n <= 70; n++) {
        for (int turn = 0; turn < 6; turn++) {
            int probabilities = turn % 2;
            (probabilities ? rows_probabilities : rows_logits)((uint32_t)(n * 7 + turn), n, row);
            if (turn >= 2) {
                row[n / 2] = turn < 4 ? NAN : INFINITY;
            }
            for (int i = 0; i < n_available; i++) {
                binet__row judged = rows_run(available[0], probabilities, row, NULL, n, -1, 1.0);
                run(available[i], probabilities, 0, n, 1.0, 0.5, &found);
                CHECK_INT(found.scaling.state, judged.state);
                if (judged.state == BINET__ROW_OK) {
                    double scaled =
                        probabilities ? (double)row[judged.predicted] : (double)found.scaled.narrow[judged.predicted];
                    CHECK_INT(found.scaling.predicted, judged.predicted);
                    CHECK(scaled * found.scaling.unit == judged.confidence);
                } else {
                    CHECK_INT(found.scaling.fault, judged.fault);
                }
            }
        }
    }
}

/* Totals count multiples of 2^-40, rounded once; the columns are those of at least `least`, none of much less. */
static void tallies_are_those_of_the_definition(void)
{
    static outcome found;
    uint64_t shift;
    memcpy(&shift, &binet__tally_shift, sizeof shift);
    for (int64_t n = 3; n <= 300; n += 9) {
        rows_logits((uint32_t)n, n, row);
        double least = 1.0 / (double)(n % 40 + 2);
        double sum = 0;
        for (int64_t k = 0; k < n; k++) {
            sum += exp((double)row[k]);
        }
        for (int i = 0; i < n_available; i++) {
            run(available[i], 0, 0, n, 1.0, least, &found);
            int64_t next = 0;
            for (int64_t k = 0; k < n; k++) {
                double p = (double)found.scaled.narrow[k] * found.scaling.unit;
                CHECK_NEAR(p, exp((double)row[k]) / sum, 2e-7);
                CHECK_NEAR((double)(int64_t)(found.totals[k] - shift), p * 0x1p40, 0.5 + 0x1p-12);
                int listed = next < found.count && found.columns[next] == k;
                CHECK(listed ? p > least * (1 - 2e-6) : p < least);
                next += listed;
            }
            CHECK_INT(next, found.count);
        }
    }
}

/* A tally of f64 adds to what is there, and rounds halves to even. */
static void totals_add_up(void)
{
    const double three[3] = {0x1p-41, 0x1.8p-40, 1 - 0x1p-40};
    uint64_t shift;
    memcpy(&shift, &binet__tally_shift, sizeof shift);
    for (int i = 0; i < n_available; i++) {
        uint64_t totals[BINET__PADDED(3)] = {5, 6, 7};
        int32_t columns[3];
        CHECK_INT(available[i]->tally_f64(three, 3, 1.0, 0.5, totals, columns), 1);
        CHECK_INT(columns[0], 2);
        CHECK(totals[0] == 5 + shift);
        CHECK(totals[1] == 6 + shift + 2);
        CHECK(totals[2] == 7 + shift + ((uint64_t)1 << 40) - 1);
        CHECK_INT(available[i]->tally_f64(three, 3, 1.0, 0x1p-41, NULL, columns), 3);
    }
}

/* Any columns of a row scale as they do in the whole row. */
static void some_columns_scale_as_all_do(void)
{
    enum { N = 100, SOME = 16 };
    const binet__row_parameters parameters = {0.7, 0};
    static outcome whole;
    rows_logits(11, N, row);
    rows_widen(row, N, wide);
    for (int i = 0; i < n_available; i++) {
        run(available[i], 0, 0, N, 0.7, 0.5, &whole);
        float largest = row[whole.scaling.predicted];
        for (int64_t first = 0; first + SOME <= N; first++) {
            float some[SOME];
            available[i]->scale_some_f32(row + first, SOME - first % 5, largest, &parameters, some);
            CHECK(memcmp(some, whole.scaled.narrow + first, (SOME - (size_t)(first % 5)) * sizeof *some) == 0);
        }
        run(available[i], 0, 1, N, 0.7, 0.5, &whole);
        for (int64_t first = 0; first + SOME <= N; first++) {
            double some[SOME];
            available[i]->scale_some_f64(wide + first, SOME - first % 5, (double)largest, &parameters, some);
            CHECK(memcmp(some, whole.scaled.wide + first, (SOME - (size_t)(first % 5)) * sizeof *some) == 0);
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
    RUN(odd_values_have_the_same_bits);
    RUN(rows_are_judged_as_predictions_judge_them);
    RUN(tallies_are_those_of_the_definition);
    RUN(totals_add_up);
    RUN(some_columns_scale_as_all_do);
    return check_result();
}
