/** The table of one instruction set: the algorithms over the lanes that were included before. Defines BINET__TABLE. */

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "kernels/tables.h"

/* Elements after which sums go on in double. */
enum { f32_stretch = 64 * f32_all, f64_stretch = 64 * f64_all };

static const float f32_smallest = FLT_MIN;
static const double f64_smallest = DBL_MIN;

/* The next number up; NaN where there is none. */
static inline float f32_next(float x)
{
    return x < INFINITY ? nextafterf(x, INFINITY) : NAN;
}

static inline double f64_next(double x)
{
    return x < (double)INFINITY ? nextafter(x, (double)INFINITY) : (double)NAN;
}

/* What every good row has. */
static void row_begin(int64_t predicted, int64_t label, int64_t ahead, binet__row *out)
{
    out->state = BINET__ROW_OK;
    out->fault = -1;
    out->predicted = predicted;
    out->rank = label < 0 ? 0 : (int32_t)(ahead + 1);
    out->true_probability = NAN;
    out->nll = NAN;
    out->brier = NAN;
}

#include "kernels/bits.inc.h"
#include "kernels/dots.inc.h"
#include "kernels/exp.inc.h"
#include "kernels/log.inc.h"
#include "kernels/one.inc.h"
#include "kernels/resize.inc.h"
#include "kernels/widen.inc.h"

#define REAL float
#define OP(name) f32_##name
#include "kernels/row_survey.inc.h"

#include "kernels/row_logits.inc.h"

#include "kernels/row_moments.inc.h"

#include "kernels/row_probabilities.inc.h"

#include "kernels/row_tally.inc.h"
#undef OP
#undef REAL

#include "kernels/least.inc.h"

#define REAL double
#define OP(name) f64_##name
#include "kernels/row_survey.inc.h"

#include "kernels/row_logits.inc.h"

#include "kernels/row_moments.inc.h"

#include "kernels/row_probabilities.inc.h"

#include "kernels/row_tally.inc.h"
#undef OP
#undef REAL

const binet__kernels BINET__TABLE = {
    .logits_f32 = f32_logits,
    .logits_f64 = f64_logits,
    .probabilities_f32 = f32_probabilities,
    .probabilities_f64 = f64_probabilities,
    .exp_each = exp_each,
    .list_at_least = list_at_least,
    .log_each = log_each,
    .scale_f32 = f32_scale_logits,
    .scale_f64 = f64_scale_logits,
    .scale_some_f32 = f32_scale_some,
    .scale_some_f64 = f64_scale_some,
    .check_f32 = f32_check,
    .check_f64 = f64_check,
    .tally_f32 = f32_tally_row,
    .tally_f64 = f64_tally_row,
    .count_different = count_different,
    .count_draws = count_draws,
    .weigh = weigh,
    .total = total,
    .peak_f32 = f32_peak,
    .peak_f64 = f64_peak,
    .moments_f32 = f32_moments,
    .moments_f64 = f64_moments,
    .dots = dots,
    .widen_f16 = widen_f16,
    .widen_bf16 = widen_bf16,
    .centre_f32 = centre_f32,
    .resize_interleave = resize_interleave,
    .resize_columns = resize_columns,
    .resize_rows = resize_rows,
};
