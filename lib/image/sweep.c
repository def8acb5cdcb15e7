#include <math.h>

#include "base/error.h"
#include "image/image.h"
#include "image/transform.h"

static binet_status check_base(const binet_transform *base, int32_t sweep, binet_error *error)
{
    if (base->resize == 0 || base->crop == 0) {
        return binet__fail_argument(error, "base", "base has resize %d and crop %d; a sweep needs both to be 1 or more",
                                    (int)base->resize, (int)base->crop);
    }
    if (sweep != BINET_SWEEP_SHIFT && base->order != BINET_RESIZE_FIRST) {
        return binet__fail_argument(error, "base", "base crops first; only a shift can be swept in such a transform");
    }
    return BINET_OK;
}

static binet_status check_value(int32_t sweep, double value, binet_error *error)
{
    double most = BINET__MAX_SIDE;
    if (sweep == BINET_SWEEP_SCALE) {
        return value > 0 && value <= most /* a NaN is neither */
                   ? BINET_OK
                   : binet__fail_argument(error, "value", "value is %g; allowed: a scale > 0, at most %g", value, most);
    }
    int is_shift = sweep == BINET_SWEEP_SHIFT;
    double least = is_shift ? -most : 1;
    return value >= least && value <= most && value == floor(value)
               ? BINET_OK
               : binet__fail_argument(error, "value", "value is %g; allowed: a whole %s, %g .. %g", value,
                                      is_shift ? "shift" : "resolution", least, most);
}

binet_status binet_transform_sweep(const binet_transform *base, int32_t sweep, double value, binet_transform *transform,
                                   binet_error *error)
{
    binet_transform made;
    binet_status status = binet__transform_read(base, "base", &made, error);
    if (status != BINET_OK) {
        return status;
    }
    if (sweep < BINET_SWEEP_SCALE || sweep > BINET_SWEEP_RESOLUTION) {
        return binet__fail_argument(
            error, "sweep", "sweep is %d, not BINET_SWEEP_SCALE (1), _SHIFT (2) or _RESOLUTION (3)", (int)sweep);
    }
    status = check_base(&made, sweep, error);
    status = status == BINET_OK ? check_value(sweep, value, error) : status;
    status = status == BINET_OK ? binet__check_struct(transform, sizeof *transform, "transform", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    double resize = made.resize;
    if (sweep == BINET_SWEEP_SCALE) {
        resize = value * made.resize;
    } else if (sweep == BINET_SWEEP_RESOLUTION) {
        resize = value * made.resize / made.crop;
        made.crop = (int32_t)value;
    } else {
        made.order = BINET_CROP_FIRST;
        made.shift = (int32_t)value;
    }
    if (!(resize >= 1 && resize < (double)BINET__MAX_SIDE + 1)) {
        return binet__fail_argument(error, "value", "value is %g, which makes resize %.0f; allowed: 1 .. %d", value,
                                    floor(resize), BINET__MAX_SIDE);
    }
    made.resize = (int32_t)resize;
    binet__write_struct(transform, &made, sizeof made);
    return BINET_OK;
}
