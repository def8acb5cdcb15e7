/** The tables that there are: one per instruction set, filled by table.inc.h. */
#ifndef BINET_KERNELS_TABLES_H
#define BINET_KERNELS_TABLES_H

#include "kernels/kernels.h"

extern const binet__kernels binet__kernels_scalar;

#if defined(__x86_64__)
extern const binet__kernels binet__kernels_avx2;
extern const binet__kernels binet__kernels_avx512;
#elif defined(__aarch64__)
extern const binet__kernels binet__kernels_neon;
#endif

#endif
