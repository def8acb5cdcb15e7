/** What the operations on lanes share.
 *
 * Sums run in 16 lanes of f32 or 8 of f64: element i of a run goes to lane i mod 16 (8). An instruction set holds a
 * part of them in a vector, <t>_width of them, so that <t>_parts vectors hold all; lanes_scalar.h, where a vector is
 * one number, says what each operation means. In this way every instruction set adds the same numbers in the same
 * order.
 */
#ifndef BINET_KERNELS_LANES_H
#define BINET_KERNELS_LANES_H

#include <stdint.h>

#include "kernels/kernels.h"

#if defined(__GNUC__)
#define BINET__INLINE static inline __attribute__((always_inline))
#else
#define BINET__INLINE static inline
#endif

enum { f32_all = 16, f64_all = 8 };

/** Bits of 2^(j/8) less j * 2^20, twice over. Added to k * 2^20 with j = k mod 8 they are the bits of 2^(k/8), since k
 * * 2^20 is floor(k / 8) in the exponent and j * 2^20 below it. */
static const uint32_t binet__eighths[16] = {0x3f800000, 0x3f7b95c2, 0x3f7837f0, 0x3f75fed7, 0x3f7504f3, 0x3f75672a,
                                            0x3f7744fd, 0x3f7ac0c7, 0x3f800000, 0x3f7b95c2, 0x3f7837f0, 0x3f75fed7,
                                            0x3f7504f3, 0x3f75672a, 0x3f7744fd, 0x3f7ac0c7};

#endif
