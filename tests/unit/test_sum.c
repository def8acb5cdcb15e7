/* A sum has the same bits in every order and split, and is the double nearest to the true sum. */
#include "base/sum.h"

#include <math.h>

#include "check.h"

enum { N = 10000 };

static double values[N];

/* Parts of 1 with 53 random bits, and a sign where wanted. */
static void fill(int with_sign)
{
    uint64_t state = 7;
    for (int i = 0; i < N; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        values[i] = (double)(state >> 11) / 9007199254740992.0;
        if (with_sign && (state & 1024) != 0) {
            values[i] = -values[i];
        }
    }
}

static double sum_of(const double *terms, int n)
{
    binet__sum sum = {0, 0};
    for (int i = 0; i < n; i++) {
        binet__sum_add(&sum, terms[i]);
    }
    return binet__sum_value(&sum);
}

static void order_and_split_never_matter(void)
{
    for (int with_sign = 0; with_sign < 2; with_sign++) {
        fill(with_sign);
        binet__sum forward = {0, 0};
        binet__sum backward = {0, 0};
        binet__sum joined = {0, 0};
        for (int i = 0; i < N; i++) {
            binet__sum_add(&forward, values[i]);
            binet__sum_add(&backward, values[N - 1 - i]);
        }
        for (int part = 0; part < 7; part++) {
            binet__sum some = {0, 0};
            for (int i = part; i < N; i += 7) {
                binet__sum_add(&some, values[i]);
            }
            binet__sum_join(&joined, &some);
        }
        CHECK(forward.high == backward.high && forward.low == backward.low);
        CHECK(forward.high == joined.high && forward.low == joined.low);
    }
}

static void what_is_added_can_be_taken_away(void)
{
    binet__sum sum = {0, 0};
    fill(1);
    for (int i = 0; i < N; i++) {
        binet__sum_add(&sum, values[i]);
    }
    double value = binet__sum_value(&sum);
    binet__sum less = sum;
    binet__sum_negate(&less);
    CHECK(binet__sum_value(&less) == -value);
    binet__sum_join(&less, &sum);
    CHECK(less.high == 0 && less.low == 0);
    binet__sum_negate(&less);
    CHECK(less.high == 0 && less.low == 0);
}

static void a_single_value_comes_back(void)
{
    static const double exact[] = {0.0,
                                   1.0,
                                   -1.0,
                                   0.1,
                                   -1.0 / 3.0,
                                   0x1p-28,
                                   0x1.fffffffffffffp-28,
                                   0x1p46,
                                   0x1.fffffffffffffp46,
                                   -0x1.fffffffffffffp46,
                                   0x1p-80,
                                   -0x1p-80,
                                   123456.789};
    for (size_t i = 0; i < sizeof exact / sizeof exact[0]; i++) {
        CHECK_NEAR(sum_of(&exact[i], 1), exact[i], 0.0);
    }
}

static void what_is_below_the_unit_is_rounded(void)
{
    static const double given[] = {0x1.8p-80, 0x1.7p-80, 0x1p-81, 0x1.fp-82, 0x1p-300, 4.9e-324, -0x1p-81, 0x1.1p-79};
    static const double rounded[] = {0x2p-80, 0x1p-80, 0x1p-80, 0.0, 0.0, 0.0, -0x1p-80, 0x1p-79};
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        CHECK_NEAR(sum_of(&given[i], 1), rounded[i], 0.0);
    }
}

static void large_and_small_cancel_exactly(void)
{
    static const double terms[] = {0x1p46, 0x1p-80, -0x1p46};
    CHECK_NEAR(sum_of(terms, 3), 0x1p-80, 0.0);
    static const double down[] = {0.25, -1.0};
    CHECK_NEAR(sum_of(down, 2), -0.75, 0.0);
}

static void the_value_is_rounded_to_the_nearest_even(void)
{
    /* 2^40 has 12 bits left after the point: a half of the last one goes to even, a little more goes up. */
    static const double half[] = {0x1p40, 0x1p-13};
    static const double odd_half[] = {0x1p40, 0x1p-12, 0x1p-13};
    static const double more[] = {0x1p40, 0x1p-13, 0x1p-80};
    CHECK_NEAR(sum_of(half, 2), 0x1p40, 0.0);
    CHECK_NEAR(sum_of(odd_half, 3), 0x1p40 + 0x1p-11, 0.0);
    CHECK_NEAR(sum_of(more, 3), 0x1p40 + 0x1p-12, 0.0);
}

static void a_sum_of_many_is_the_true_one(void)
{
    /* The values are multiples of 2^-53, so their true sum fits two 64-bit integers: whole units and rest. */
    fill(0);
    uint64_t units = 0;
    uint64_t rest = 0;
    for (int i = 0; i < N; i++) {
        rest += (uint64_t)ldexp(values[i], 53);
        units += rest >> 53;
        rest &= ((uint64_t)1 << 53) - 1;
    }
    double expected = (double)units + ldexp((double)(rest >> 13), -40);
    CHECK_NEAR(sum_of(values, N), expected, 0x1p-40);
    /* A plain sum would lose this: 10^7 times 0.1, which is a little more than a tenth. */
    binet__sum sum = {0, 0};
    for (int i = 0; i < 10000000; i++) {
        binet__sum_add(&sum, 0.1);
    }
    CHECK_NEAR(binet__sum_value(&sum), 1000000.0, 0.0);
}

int main(void)
{
    RUN(order_and_split_never_matter);
    RUN(what_is_added_can_be_taken_away);
    RUN(a_single_value_comes_back);
    RUN(what_is_below_the_unit_is_rounded);
    RUN(large_and_small_cancel_exactly);
    RUN(the_value_is_rounded_to_the_nearest_even);
    RUN(a_sum_of_many_is_the_true_one);
    return check_result();
}
