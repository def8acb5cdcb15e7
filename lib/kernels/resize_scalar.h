/** The 16 lanes of 32-bit integers that resampling needs, in plain C: the specification of every operation. */
#ifndef BINET_KERNELS_RESIZE_SCALAR_H
#define BINET_KERNELS_RESIZE_SCALAR_H

#include <string.h>

#include "kernels/kernels.h"
#include "kernels/lanes.h"

typedef struct i32_lanes {
    uint32_t at[16];
} i32_lanes;

/** Every lane the same. */
BINET__INLINE i32_lanes i32_set(int32_t value)
{
    i32_lanes r;
    for (int i = 0; i < 16; i++) {
        r.at[i] = (uint32_t)value;
    }
    return r;
}

/** 16 bytes, widened. */
BINET__INLINE i32_lanes i32_load_u8(const uint8_t *bytes)
{
    i32_lanes r;
    for (int i = 0; i < 16; i++) {
        r.at[i] = bytes[i];
    }
    return r;
}

/** sum + a * b modulo 2^32. */
BINET__INLINE i32_lanes i32_muladd(i32_lanes sum, i32_lanes a, i32_lanes b)
{
    for (int i = 0; i < 16; i++) {
        sum.at[i] += a.at[i] * b.at[i];
    }
    return sum;
}

/** The integer part of each lane, clipped to a byte. */
BINET__INLINE void i32_store_u8(uint8_t *bytes, i32_lanes a)
{
    for (int i = 0; i < 16; i++) {
        int32_t value = (int32_t)a.at[i] >> BINET__RESIZE_BITS;
        bytes[i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
    }
}

/** As i32_store_u8, lanes 4 r .. 4 r + 3 at an offset into row r. */
BINET__INLINE void i32_store_pixels(uint8_t *const rows[4], int64_t offset, i32_lanes a)
{
    uint8_t bytes[16];
    i32_store_u8(bytes, a);
    for (int row = 0; row < 4; row++) {
        memcpy(rows[row] + offset, bytes + (size_t)4 * (size_t)row, 4);
    }
}

/** Four RGB pixels at an offset into each of four rows, to 64 bytes: pixel by pixel, in it row by row, each padded with
 * a byte of zero. Four bytes after the pixels are read too. */
BINET__INLINE void interleave_pixels(const uint8_t *const rows[4], int64_t offset, uint8_t *interleaved)
{
    for (int64_t row = 0; row < 4; row++) {
        for (int64_t pixel = 0; pixel < 4; pixel++) {
            uint8_t *out = interleaved + 16 * pixel + 4 * row;
            memcpy(out, rows[row] + offset + 3 * pixel, 3);
            out[3] = 0;
        }
    }
}

#endif
