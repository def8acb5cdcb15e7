/** Features [n, D] of callers around the mean of their columns, in double: neither a far centre nor an extreme scale
 *  costs digits. */
#ifndef BINET_METRICS_CENTRED_H
#define BINET_METRICS_CENTRED_H

#include "metrics/features.h"

typedef struct binet__centred {
    binet__features features;
    double *pivot; /**< [D] row 0: columns that do not change become exact zeros */
    double *mean;  /**< [D] of what is left, scaled */
    double factor; /**< 2^-exponent, or twice that for halves of large values, where the exponent is not 0 */
    int exponent;  /**< values read are 2^-exponent times the features; 0 but for extreme f64 */
    int constant;  /**< all rows are the same */
} binet__centred;

/** Survey a checked array, which is borrowed: one pass, or up to three over f64. BINET_INVALID_DATA, with the row as
 * element, where a value is not finite. On failure there is nothing to release. */
binet_status binet__centred_create(const binet_context *context, const binet_array *array, const char *argument,
                                   const binet__kernels *kernels, binet__centred *centred, binet_error *error);

void binet__centred_release(const binet_context *context, binet__centred *centred);

/** Columns first .. first + width of rows row .. row + n as block[n, stride]; `scratch` is that of
 *  binet__features_scratch. */
void binet__centred_block(const binet__centred *centred, int64_t row, int64_t n, int64_t first, int64_t width,
                          void *scratch, double *block, int64_t stride);

#endif
