/** Lanes for resampling in NEON: four registers a vector. resize_scalar.h says what each operation means. */
#ifndef BINET_KERNELS_RESIZE_NEON_H
#define BINET_KERNELS_RESIZE_NEON_H

#include <arm_neon.h>
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/lanes.h"

typedef struct i32_lanes {
    int32x4_t at[4];
} i32_lanes;

BINET__INLINE i32_lanes i32_set(int32_t value)
{
    int32x4_t all = vdupq_n_s32(value);
    return (i32_lanes){{all, all, all, all}};
}

BINET__INLINE i32_lanes i32_load_u8(const uint8_t *bytes)
{
    uint8x16_t all = vld1q_u8(bytes);
    uint16x8_t low = vmovl_u8(vget_low_u8(all));
    uint16x8_t high = vmovl_u8(vget_high_u8(all));
    return (i32_lanes){
        {vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(low))), vreinterpretq_s32_u32(vmovl_u16(vget_high_u16(low))),
         vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(high))), vreinterpretq_s32_u32(vmovl_u16(vget_high_u16(high)))}};
}

BINET__INLINE i32_lanes i32_muladd(i32_lanes sum, i32_lanes a, i32_lanes b)
{
    for (int i = 0; i < 4; i++) {
        sum.at[i] = vmlaq_s32(sum.at[i], a.at[i], b.at[i]);
    }
    return sum;
}

BINET__INLINE uint8x16_t i32_clip(i32_lanes a)
{
    uint16x4_t words[4];
    for (int i = 0; i < 4; i++) {
        words[i] = vqmovun_s32(vshrq_n_s32(a.at[i], BINET__RESIZE_BITS));
    }
    return vcombine_u8(vqmovn_u16(vcombine_u16(words[0], words[1])), vqmovn_u16(vcombine_u16(words[2], words[3])));
}

BINET__INLINE void i32_store_u8(uint8_t *bytes, i32_lanes a)
{
    vst1q_u8(bytes, i32_clip(a));
}

BINET__INLINE void i32_store_pixels(uint8_t *const rows[4], int64_t offset, i32_lanes a)
{
    uint8_t bytes[16];
    vst1q_u8(bytes, i32_clip(a));
    for (int row = 0; row < 4; row++) {
        memcpy(rows[row] + offset, bytes + (size_t)4 * (size_t)row, 4);
    }
}

BINET__INLINE void interleave_pixels(const uint8_t *const rows[4], int64_t offset, uint8_t *interleaved)
{
    /* An index beyond the table gives zero. */
    static const uint8_t places[16] = {0, 1, 2, 255, 3, 4, 5, 255, 6, 7, 8, 255, 9, 10, 11, 255};
    uint8x16_t spread = vld1q_u8(places);
    uint32x4x4_t pixels;
    for (int row = 0; row < 4; row++) {
        pixels.val[row] = vreinterpretq_u32_u8(vqtbl1q_u8(vld1q_u8(rows[row] + offset), spread));
    }
    /* The store takes a number of each register in turn. Its bytes are those of a little-endian machine. */
    uint32_t numbers[16];
    vst4q_u32(numbers, pixels);
    memcpy(interleaved, numbers, sizeof numbers);
}

#endif
