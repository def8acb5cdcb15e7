/* The normal quantile agrees with mpmath 1.3.0 at 40 digits, and is its own inverse. */
#include "metrics/normal.h"

#include <math.h>

#include "check.h"

static void quantiles_agree_with_the_reference(void)
{
    static const struct {
        double p;
        double z;
    } known[] = {{0.025, -1.9599639845400542118},
                 {0.005, -2.5758293035489007538},
                 {0.05, -1.644853626951472688},
                 {0.1, -1.2815515655446004353},
                 {0.075, -1.4395314709384559349},
                 {0.0750001, -1.4395307645017296865},
                 {0.2, -0.84162123357291416552},
                 {0.3, -0.52440051270804081597},
                 {0.45, -0.12566134685507400616},
                 {0.4999999, -2.5066282747031065135e-7},
                 {0.6, 0.25334710313579974132},
                 {0.9, 1.2815515655446005935},
                 {0.975, 1.9599639845400538556},
                 {0.999, 3.0902323061678132778},
                 {0.99999, 4.2648907939238407699},
                 {1e-3, -3.0902323061678135354},
                 {1e-6, -4.7534243088228989573},
                 {1e-9, -5.9978070150076868614},
                 {1.3e-11, -6.6676114565107408347},
                 {1.5e-11, -6.6465708874771128614},
                 {1e-16, -8.2220822161304356152},
                 {1e-30, -11.46402468844361572},
                 {1e-100, -21.273453560965324294},
                 {1e-300, -37.047096299361199237},
                 {2.2250738585072014e-308, -37.519379347144499821},
                 {4.9406564584124654e-324, -38.467405617144346251}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        CHECK_NEAR(binet__normal_quantile(known[i].p) / known[i].z, 1.0, 1e-15);
    }
}

static void the_middle_and_the_ends_are_exact(void)
{
    CHECK_NEAR(binet__normal_quantile(0.5), 0.0, 0.0);
    CHECK(binet__normal_quantile(0.0) == -INFINITY);
    CHECK(binet__normal_quantile(1.0) == INFINITY);
}

static void it_is_odd_about_one_half(void)
{
    for (int i = 1; i < 512; i++) {
        double p = i / 1024.0;
        CHECK_NEAR(binet__normal_quantile(1.0 - p), -binet__normal_quantile(p), 0.0);
    }
}

static void it_is_the_inverse_of_the_distribution(void)
{
    for (double z = -37.0; z < 8.0; z += 0.01) {
        double p = binet__normal_below(z);
        double slope = exp(-0.5 * z * z) * 0.3989422804014327;
        /* What rounding p to a double loses, and 1e-13 for erfc's own error far out. */
        CHECK_NEAR(binet__normal_quantile(p), z, 1e-13 * fabs(z) + 4e-16 * p / slope + 1e-15);
    }
}

int main(void)
{
    RUN(quantiles_agree_with_the_reference);
    RUN(the_middle_and_the_ends_are_exact);
    RUN(it_is_odd_about_one_half);
    RUN(it_is_the_inverse_of_the_distribution);
    return check_result();
}
