/* Isotonic regression to the last knot: blocks by whole numbers, ties of confidences and of shares, and the map between
 * knots. test_confidence_maps.c holds its values to the minimax formula. */
#include <math.h>

#include "binet/recalibration.h"
#include "check.h"
#include "confidences.h"
#include "scores.h"

enum { N = 400, MOST_KNOTS = 9 };

/* ---- The knots --------------------------------------------------------------------------------------------------- */

/* Rows at one confidence. */
typedef struct point {
    double confidence;
    int64_t count;
    int64_t right;
} point;

/* Points in order, of which any may be without rows. */
static binet_predictions *table_of(const point *points, int n_points, int64_t *n)
{
    static double confidences[N];
    static int right[N];
    *n = 0;
    for (int p = 0; p < n_points; p++) {
        for (int64_t i = 0; i < points[p].count && *n < N; i++, ++*n) {
            confidences[*n] = points[p].confidence;
            right[*n] = i < points[p].right;
        }
    }
    return confidences_table(confidences, right, *n);
}

/* The greatest convex minorant of the sums of right answers over those of rows: from each of its corners it goes to the
 * point that is met at the least slope, the last of equals. */
static int64_t minorant(const point *points, int n_points, binet_isotonic_knot *knots, double *brier)
{
    int64_t n_knots = 0;
    *brier = 0.0;
    for (int first = 0; first < n_points;) {
        int64_t count = 0, right = 0, best_count = 0, best_right = 0;
        int end = n_points;
        int seen = -1;
        int last = -1;
        for (int p = first; p < n_points; p++) {
            count += points[p].count;
            right += points[p].right;
            if (points[p].count != 0) {
                seen = seen < 0 ? p : seen;
                if (best_count == 0 || right * best_count <= best_right * count) {
                    best_count = count;
                    best_right = right;
                    last = p;
                    end = p + 1;
                }
            }
        }
        if (last >= 0) {
            double value = (double)best_right / (double)best_count;
            knots[n_knots++] = (binet_isotonic_knot){points[seen].confidence, value};
            if (last > seen) {
                knots[n_knots++] = (binet_isotonic_knot){points[last].confidence, value};
            }
            *brier += (double)best_right * (1.0 - value) * (1.0 - value);
            *brier += (double)(best_count - best_right) * value * value;
        }
        first = end;
    }
    return n_knots;
}

static void check_knots(const point *points, int n_points)
{
    binet_isotonic_knot expected[2 * N];
    binet_isotonic_knot knots[N];
    double brier;
    double brier_before = 0.0;
    int64_t n;
    binet_predictions *table = table_of(points, n_points, &n);
    int64_t n_knots = minorant(points, n_points, expected, &brier);
    binet_isotonic_result found = {.struct_size = sizeof found, .knots = knots, .knots_capacity = n_knots};
    CHECK_INT(binet_fit_isotonic(NULL, table, &found, NULL), BINET_OK);
    CHECK_INT(found.n, n);
    CHECK_INT(found.n_knots, n_knots);
    CHECK(memcmp(knots, expected, (size_t)n_knots * sizeof *knots) == 0);
    for (int p = 0; p < n_points; p++) {
        double c = points[p].confidence;
        brier_before += (double)points[p].right * (1.0 - c) * (1.0 - c);
        brier_before += (double)(points[p].count - points[p].right) * c * c;
    }
    CHECK_NEAR(found.brier_before, brier_before / (double)n, 1e-15);
    CHECK_NEAR(found.brier_after, brier / (double)n, 1e-15);
    binet_predictions_destroy(table);
}

static void knots_are_those_of_the_greatest_convex_minorant(void)
{
    uint64_t state = 11;
    for (int round = 0; round < 200; round++) {
        point points[40];
        int n_points = 1 + round % 40;
        for (int p = 0; p < n_points; p++) {
            points[p].confidence = (double)(p + 1) / 41.0;
            points[p].count = (int64_t)((scores_next(&state) >> 33) % 10);
            points[p].count += n_points == 1;
            points[p].right = (int64_t)(scores_uniform(&state) * (double)(points[p].count + 1));
        }
        points[0].count += points[0].count == 0; /* some row */
        check_knots(points, n_points);
    }
}

/* Shares that are the same are one block, and hold two knots, not four. */
static void equal_shares_are_one_block(void)
{
    const point halves[] = {{0.1, 2, 1}, {0.3, 4, 2}, {0.7, 6, 3}};
    const point sixths[] = {{0.0, 6, 1}, {0.5, 12, 2}, {1.0, 18, 4}};
    const point pooled[] = {{0.2, 3, 1}, {0.4, 1, 1}, {0.6, 2, 0}}; /* 1/3, then 1/3 of both others */
    check_knots(halves, 3);
    check_knots(sixths, 3);
    check_knots(pooled, 3);
}

/* A row more changes a share by less than 1e-4, and its block. */
static void near_shares_are_told_apart(void)
{
    const point rises[] = {{0.2, 199, 100}, {0.8, 197, 99}}; /* 0.502513 and 0.502538 */
    const point falls[] = {{0.2, 197, 99}, {0.8, 199, 100}};
    check_knots(rises, 2);
    check_knots(falls, 2);
}

/* One bit apart is not the same confidence; both ends of 0 .. 1. */
static void confidences_tie_by_their_bits(void)
{
    const point next[] = {{0.5, 3, 0}, {nextafter(0.5, 1.0), 3, 2}, {1.0, 1, 1}};
    const point ends[] = {{0.0, 2, 0}, {0x1p-1074, 2, 1}, {nextafter(1.0, 0.0), 3, 2}, {1.0, 1, 1}};
    check_knots(next, 3);
    check_knots(ends, 4);
}

/* ---- The map ----------------------------------------------------------------------------------------------------- */

/* Knots that are not evenly apart, of which some share a value. */
static void make_knots(binet_isotonic_knot *knots, int64_t n_knots, uint64_t seed)
{
    double confidence = 0.0;
    double value = 0.0;
    for (int64_t i = 0; i < n_knots; i++) {
        confidence += (0.1 + scores_uniform(&seed)) / (2.0 * MOST_KNOTS);
        value += i % 3 == 2 ? 0.0 : scores_uniform(&seed) / MOST_KNOTS;
        knots[i] = (binet_isotonic_knot){confidence, value};
    }
}

static double apply_one(const binet_isotonic_knot *knots, int64_t n_knots, double confidence)
{
    double found = -1.0;
    binet_array one = scores_vector(&confidence, BINET_F64, 1);
    CHECK_INT(binet_isotonic_apply(NULL, knots, n_knots, &one, &found, 1, NULL), BINET_OK);
    return found;
}

static void the_map_is_linear_between_knots(void)
{
    for (int64_t n_knots = 1; n_knots <= MOST_KNOTS; n_knots++) {
        binet_isotonic_knot knots[MOST_KNOTS];
        make_knots(knots, n_knots, (uint64_t)n_knots);
        CHECK(apply_one(knots, n_knots, 0.0) == knots[0].value);
        CHECK(apply_one(knots, n_knots, 1.0) == knots[n_knots - 1].value);
        for (int64_t i = 0; i < n_knots; i++) {
            CHECK(apply_one(knots, n_knots, knots[i].confidence) == knots[i].value);
            for (int part = 1; i > 0 && part < 4; part++) {
                double share = part / 4.0;
                double confidence = knots[i - 1].confidence * (1.0 - share) + knots[i].confidence * share;
                double expected = knots[i - 1].value * (1.0 - share) + knots[i].value * share;
                CHECK_NEAR(apply_one(knots, n_knots, confidence), expected, 1e-14);
            }
        }
    }
}

/* Just beside a knot rounding may not lift a value above that of the knot. */
static void the_map_never_falls(void)
{
    for (uint64_t seed = 0; seed < 300; seed++) {
        binet_isotonic_knot knots[MOST_KNOTS];
        make_knots(knots, MOST_KNOTS, seed);
        for (int i = 1; i < MOST_KNOTS; i++) {
            double below = knots[i].confidence;
            double next = knots[i].value;
            CHECK(apply_one(knots, MOST_KNOTS, below) == next);
            for (int step = 0; step < 5; step++) {
                below = nextafter(below, 0.0);
                double value = apply_one(knots, MOST_KNOTS, below);
                CHECK(value <= next && value >= knots[i - 1].value);
                next = value;
            }
        }
    }
}

/* Differences that are rounded to even give a share of 1 below a knot, and a sum beside its value. */
static void rounding_moves_no_value_past_that_of_a_knot(void)
{
    static const binet_isotonic_knot up[] = {{0x1.0000000000001p-2, 0x1.0000000000003p-2},
                                             {0x1.999999999999bp-1, 0x1.999999999999bp-1}};
    static const binet_isotonic_knot down[] = {{0x1.0000000000001p-2, 0x1.0000000000001p-2},
                                               {0x1.999999999999bp-1, 0x1.999999999999bp-1}};
    CHECK(apply_one(up, 2, 0x1.999999999999ap-1) == up[1].value);
    CHECK(apply_one(up, 2, up[1].confidence) == up[1].value);
    CHECK(apply_one(down, 2, down[1].confidence) == down[1].value);
}

static void confidences_may_be_of_any_dtype_and_strides(void)
{
    static const binet_isotonic_knot knots[] = {{0.25, 0.125}, {0.75, 0.625}};
    static const float every_other[] = {0.0F, 9.0F, 0.5F, 9.0F, 1.0F};
    static const double expected[] = {0.625, 0.375, 0.125};
    double found[4] = {0.0, 0.0, 0.0, 77.0};
    binet_array backwards = {every_other + 4, BINET_F32, 1, {3}, {-8}};
    CHECK_INT(binet_isotonic_apply(NULL, knots, 2, &backwards, found, 4, NULL), BINET_OK);
    CHECK(memcmp(found, expected, sizeof expected) == 0 && found[3] == 77.0);
}

static void the_first_bad_knot_is_named(void)
{
    static const binet_isotonic_knot good[] = {{0.0, 0.0}, {0.25, 0.25}, {0.5, 0.25}, {1.0, 1.0}};
    static const binet_isotonic_knot bad[] = {{-0.1, 0.25}, {1.1, 0.25}, {0.5, -0.1}, {0.5, 1.1},
                                              {NAN, 0.25},  {0.5, NAN},  {0.25, 0.5}, {0.5, 0.125}};
    double confidence = 0.5;
    double found = 77.0;
    binet_array one = scores_vector(&confidence, BINET_F64, 1);
    CHECK_INT(binet_isotonic_apply(NULL, good, 4, &one, &found, 1, NULL), BINET_OK);
    CHECK(found == 0.25);
    found = 77.0;
    for (int i = 0; i < 8; i++) {
        for (int64_t at = 0; at <= 2; at += 2) { /* the last two are wrong only after others */
            binet_isotonic_knot knots[4];
            binet_error error;
            memcpy(knots, good, sizeof knots);
            knots[at] = bad[i];
            binet_status status = binet_isotonic_apply(NULL, knots, at == 0 ? 1 : 4, &one, &found, 1, &error);
            if (at == 0 && i >= 6) {
                CHECK_INT(status, BINET_OK);
                found = 77.0;
                continue;
            }
            CHECK_INT(status, BINET_INVALID_DATA);
            CHECK_TEXT(error.argument, "knots");
            CHECK_INT(error.element, at);
            CHECK(found == 77.0);
        }
    }
}

int main(void)
{
    RUN(knots_are_those_of_the_greatest_convex_minorant);
    RUN(equal_shares_are_one_block);
    RUN(near_shares_are_told_apart);
    RUN(confidences_tie_by_their_bits);
    RUN(the_map_is_linear_between_knots);
    RUN(the_map_never_falls);
    RUN(rounding_moves_no_value_past_that_of_a_knot);
    RUN(confidences_may_be_of_any_dtype_and_strides);
    RUN(the_first_bad_knot_is_named);
    return check_result();
}
