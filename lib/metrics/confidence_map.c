#include "metrics/confidence_map.h"

#include "base/array.h"
#include "base/error.h"
#include "base/sum.h"
#include "metrics/bins.h"

double binet__confidence_brier(const uint64_t *keys, int64_t n)
{
    binet__sum sum = {0, 0};
    for (int64_t i = 0; i < n; i++) {
        double gap = binet__bin_unpack(keys[i]) - binet__bin_right(keys[i]);
        binet__sum_add(&sum, gap * gap);
    }
    return binet__sum_value(&sum) / (double)n;
}

double binet__confidence_at(const binet_array *confidences, int64_t i)
{
    const char *at = (const char *)confidences->data + i * confidences->strides[0];
    return confidences->dtype == BINET_F32 ? (double)*(const float *)(const void *)at
                                           : *(const double *)(const void *)at;
}

binet_status binet__confidence_check(const binet_array *confidences, binet_error *error)
{
    uint32_t dtypes = BINET__DTYPE(BINET_F32) | BINET__DTYPE(BINET_F64);
    binet_status status = binet__check_array(confidences, "confidences", 1, dtypes, error);
    for (int64_t i = 0; status == BINET_OK && i < confidences->shape[0]; i++) {
        double value = binet__confidence_at(confidences, i);
        if (!(value >= 0.0 && value <= 1.0)) {
            status = binet__fail(error, BINET_INVALID_DATA, "confidences", i,
                                 "confidences[%lld] is %.9g; allowed: 0 .. 1", (long long)i, value);
        }
    }
    return status;
}

binet_status binet__confidence_check_room(const binet_array *confidences, const double *calibrated, int64_t capacity,
                                          binet_error *error)
{
    binet_status status = binet__confidence_check(confidences, error);
    status = status == BINET_OK ? binet__require(calibrated, "calibrated", error) : status;
    if (status == BINET_OK && capacity < confidences->shape[0]) {
        return binet__fail_argument(error, "capacity", "capacity is %lld; confidences has %lld entries",
                                    (long long)capacity, (long long)confidences->shape[0]);
    }
    return status;
}
