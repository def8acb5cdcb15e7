/** Sorting without memory of its own. */
#ifndef BINET_METRICS_SORT_H
#define BINET_METRICS_SORT_H

#include <stdint.h>

/** Sort n numbers, the least first; `scratch` is room for n more. */
void binet__sort_u64(uint64_t *values, int64_t n, uint64_t *scratch);

#endif
