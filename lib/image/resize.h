/** A resize of which only a part is wanted, made row by row. */
#ifndef BINET_IMAGE_RESIZE_H
#define BINET_IMAGE_RESIZE_H

#include "base/context.h"
#include "binet/image.h"
#include "kernels/kernels.h"

/** Weights of one axis, for the outputs that are wanted. */
typedef struct binet__axis {
    int32_t n;   /**< outputs */
    int32_t low; /**< inputs that they depend on: low .. high - 1 */
    int32_t high;
    int64_t stride;   /**< weights of an output */
    int32_t *first;   /**< per output: its first input, counted from low */
    int32_t *counts;  /**< per output: its inputs */
    int32_t *weights; /**< NULL where the axis keeps its size: output i is input low + i */
} binet__axis;

/** A picture of `size` pixels along an axis, of which those from `start` on are kept. */
typedef struct binet__extent {
    int32_t size;
    int32_t start;
    int32_t n;
} binet__extent;

typedef struct binet__resizer {
    const binet_context *context;
    const binet__kernels *kernels;
    binet__axis columns;
    binet__axis rows;
    uint8_t *resampled; /**< the input's rows that are needed, with their columns resampled */
    int64_t stride;     /**< bytes from one to the next */
} binet__resizer;

/** Prepare what binet__resizer_row gives. `pixels` was checked; the extents lie within the resized picture. To be ended
 *  with binet__resizer_end, on failure too. */
binet_status binet__resizer_begin(const binet_context *context, const binet_array *pixels, binet__extent width,
                                  binet__extent height, int32_t interpolation, binet__resizer *resizer,
                                  binet_error *error);

/** Row i of the part that is kept, 3 bytes a pixel. */
void binet__resizer_row(const binet__resizer *resizer, int32_t i, uint8_t *row);

void binet__resizer_end(binet__resizer *resizer);

/** BINET_INVALID_ARGUMENT where interpolation is not a BINET_BILINEAR or BINET_BICUBIC. */
binet_status binet__check_interpolation(int32_t interpolation, const char *argument, binet_error *error);

#endif
