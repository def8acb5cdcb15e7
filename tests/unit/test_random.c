/* The generator is the published one, and its indices are uniform. */
#include "base/random.h"

#include <math.h>
#include <stdlib.h>

#include "check.h"

/* The known answers of Random123 1.14 (kat_vectors, philox4x32 10): counter, key, words. */
static void words_are_those_of_random123(void)
{
    static const uint32_t known[3][10] = {{0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
                                          {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
                                           0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
                                          {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0,
                                           0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}};
    for (int i = 0; i < 3; i++) {
        uint32_t words[4];
        binet__philox(known[i], known[i] + 4, words);
        for (int k = 0; k < 4; k++) {
            CHECK_INT(words[k], known[i][6 + k]);
        }
    }
    /* The parts of counter and key: (counter / 4, attempt, stream), seed. */
    uint64_t seed = UINT64_C(0x299f31d0a4093822);
    uint64_t stream = UINT64_C(0x0370734413198a2e);
    for (int k = 0; k < 4; k++) {
        CHECK_INT(binet__random_word(seed, stream, UINT64_C(0x243f6a88) * 4 + (uint64_t)k, 0x85a308d3),
                  known[2][6 + k]);
    }
}

/* Where n does not divide 2^32, words below 2^32 mod n stand for no index: for n = 3 * 2^30 a quarter of all, and an
 * index of the first third would come twice as often as one of the others if they stood for one. */
static void indices_are_equally_likely(void)
{
    enum { COUNT = 300000 };
    static const uint32_t ns[] = {1, 2, 3, 7, 50000, UINT32_C(3) << 30, UINT32_MAX};
    int64_t *indices = malloc(COUNT * sizeof *indices);
    for (size_t k = 0; k < sizeof ns / sizeof ns[0]; k++) {
        uint32_t n = ns[k];
        binet__random_indices(11, k, n, 0, COUNT, indices);
        int64_t in_third[3] = {0, 0, 0};
        double sum = 0.0;
        for (int64_t i = 0; i < COUNT; i++) {
            CHECK(indices[i] >= 0 && indices[i] < (int64_t)n);
            in_third[3 * indices[i] / (int64_t)n]++;
            sum += (double)indices[i];
        }
        /* The mean is within five of its standard errors. */
        double spread = (double)n / sqrt(12.0 * COUNT);
        CHECK_NEAR(sum / COUNT, ((double)n - 1.0) / 2.0, 5.0 * spread);
        for (int third = 0; n % 3 == 0 && third < 3; third++) {
            CHECK_NEAR((double)in_third[third] / COUNT, 1.0 / 3.0, 5.0 * sqrt(2.0 / 9.0 / COUNT));
        }
    }
    free(indices);
}

static void an_index_depends_on_its_counter_only(void)
{
    int64_t indices[1000];
    uint32_t n = UINT32_C(3) << 30;
    binet__random_indices(5, UINT64_C(1) << 40, n, 4000, 1000, indices);
    int different = 0;
    for (int i = 0; i < 1000; i++) {
        CHECK_INT(binet__random_index(5, UINT64_C(1) << 40, 4000 + (uint64_t)i, n), indices[i]);
        different += binet__random_index(6, UINT64_C(1) << 40, 4000 + (uint64_t)i, n) != indices[i];
        different += binet__random_index(5, 0, 4000 + (uint64_t)i, n) != indices[i];
    }
    CHECK_INT(different, 2000);
}

int main(void)
{
    RUN(words_are_those_of_random123);
    RUN(indices_are_equally_likely);
    RUN(an_index_depends_on_its_counter_only);
    return check_result();
}
