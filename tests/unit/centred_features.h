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

#endif
