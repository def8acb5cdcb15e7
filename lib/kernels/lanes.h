/** What the operations on lanes share. A lanes_<instruction set>.h gives them all; lanes_scalar.h says what each means.
 */
#ifndef BINET_KERNELS_LANES_H
#define BINET_KERNELS_LANES_H

#include <stdint.h>

#if defined(__GNUC__)
#define BINET__INLINE static inline __attribute__((always_inline))
#else
#define BINET__INLINE static inline
#endif

/** Lanes of a vector of f32 and of f64. */
enum { f32_width = 16, f64_width = 8 };

/** Bits of 2^(j/8) less j * 2^20, twice over. Added to k * 2^20 with j = k mod 8 they are the bits of 2^(k/8), since k
 * * 2^20 is floor(k / 8) in the exponent and j * 2^20 below it. */
static const uint32_t binet__eighths[16] = {0x3f800000, 0x3f7b95c2, 0x3f7837f0, 0x3f75fed7, 0x3f7504f3, 0x3f75672a,
                                            0x3f7744fd, 0x3f7ac0c7, 0x3f800000, 0x3f7b95c2, 0x3f7837f0, 0x3f75fed7,
                                            0x3f7504f3, 0x3f75672a, 0x3f7744fd, 0x3f7ac0c7};

#endif
