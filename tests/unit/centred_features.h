/** Centred features for the tests of what is computed from them. */
#ifndef TESTS_UNIT_CENTRED_FEATURES_H
#define TESTS_UNIT_CENTRED_FEATURES_H

#include "check.h"
#include "kernels/kernels.h"
#include "metrics/centred.h"

/* To be released; the array is borrowed. */
static inline binet__centred centred_features(const binet_array *array)
{
    binet__centred centred = {.exponent = -1};
    const binet__kernels *kernels = NULL;
    CHECK_INT(binet__kernels_of(NULL, &kernels, NULL), BINET_OK);
    CHECK_INT(binet__centred_create(NULL, array, "features", kernels, &centred, NULL), BINET_OK);
    return centred;
}

/* The two that products are of, whose arrays come first; to be released. */
typedef struct centred_sides {
    binet_array arrays[2];
    binet__centred centred[2];
} centred_sides;

static inline void centred_sides_begin(centred_sides *sides)
{
    for (int side = 0; side < 2; side++) {
        sides->centred[side] = centred_features(&sides->arrays[side]);
    }
}

static inline void centred_sides_end(centred_sides *sides)
{
    for (int side = 0; side < 2; side++) {
        binet__centred_release(NULL, &sides->centred[side]);
    }
}

#endif
