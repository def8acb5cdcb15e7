/** The one place where arrays from callers are validated; what lies behind sees checked views only. */
#ifndef BINET_BASE_ARRAY_H
#define BINET_BASE_ARRAY_H

#include "binet/base.h"

/** Bytes of an element; 0 for a dtype that does not exist. */
int64_t binet__dtype_size(int32_t dtype);

/** Bit of a dtype in a set of allowed ones. */
#define BINET__DTYPE(dtype) (1u << (dtype))
#define BINET__DTYPES_FLOAT                                                                                            \
    (BINET__DTYPE(BINET_F16) | BINET__DTYPE(BINET_BF16) | BINET__DTYPE(BINET_F32) | BINET__DTYPE(BINET_F64))
#define BINET__DTYPES_INTEGER (BINET__DTYPE(BINET_I32) | BINET__DTYPE(BINET_I64))

/** Check dtype, ndim, shape (>= 0, with a byte extent that fits), data and alignment. BINET_INVALID_ARGUMENT says the
 *  value met and those allowed. `array` may not be NULL. */
binet_status binet__check_array(const binet_array *array, const char *argument, int32_t ndim, uint32_t dtypes,
                                binet_error *error);

/** As binet__check_array for a vector of n >= 1 elements, which may not be NULL; where n is still 0 it becomes the
 * length of this one. */
binet_status binet__check_vector(const binet_array *array, const char *argument, uint32_t dtypes, int64_t *n,
                                 binet_error *error);

/** Element i of a checked 1-d integer array. */
int64_t binet__integer_at(const binet_array *array, int64_t i);

/** Element i of a checked array [N] of f64. */
static inline double binet__f64_at(const binet_array *array, int64_t i)
{
    return *(const double *)((const char *)array->data + i * array->strides[0]);
}

/** Element (i, j) of a checked array [N, M] of f64. */
static inline double binet__f64_at_2(const binet_array *array, int64_t i, int64_t j)
{
    return *(const double *)((const char *)array->data + i * array->strides[0] + j * array->strides[1]);
}

#endif
