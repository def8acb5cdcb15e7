#include "metrics/corruption_baseline.h"

#include <string.h>

#include "base/error.h"

static const double alexnet[BINET__N_IMAGENET_C] = {0.886428, 0.894468, 0.922640, 0.819880, 0.826268,
                                                    0.785948, 0.798360, 0.866816, 0.826572, 0.819324,
                                                    0.564592, 0.853204, 0.646056, 0.717840, 0.606500};
static const double alexnet_rounded[BINET__N_IMAGENET_C] = {0.886, 0.894, 0.923, 0.820, 0.826, 0.786, 0.798, 0.867,
                                                            0.827, 0.819, 0.565, 0.853, 0.646, 0.718, 0.607};

const double *binet__corruption_baseline(int32_t baseline)
{
    return baseline == BINET_BASELINE_ALEXNET           ? alexnet
           : baseline == BINET_BASELINE_ALEXNET_ROUNDED ? alexnet_rounded
                                                        : NULL;
}

const char *binet_corruption_name(int32_t corruption)
{
    static const char *const names[BINET__N_IMAGENET_C] = {
        "gaussian_noise",    "shot_noise", "impulse_noise",   "defocus_blur", "glass_blur", "motion_blur",
        "zoom_blur",         "snow",       "frost",           "fog",          "brightness", "contrast",
        "elastic_transform", "pixelate",   "jpeg_compression"};
    return corruption >= 0 && corruption < BINET__N_IMAGENET_C ? names[corruption] : NULL;
}

binet_status binet_corruption_baseline(int32_t baseline, double *errors, double *clean_error, binet_error *error)
{
    binet_status status = binet__require(errors, "errors", error);
    status = status == BINET_OK ? binet__require(clean_error, "clean_error", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    const double *known = binet__corruption_baseline(baseline);
    if (known == NULL) {
        return binet__fail_argument(error, "baseline",
                                    "baseline is %d; allowed: BINET_BASELINE_ALEXNET, BINET_BASELINE_ALEXNET_ROUNDED",
                                    (int)baseline);
    }
    memcpy(errors, known, sizeof alexnet);
    *clean_error = BINET__ALEXNET_CLEAN;
    return BINET_OK;
}
