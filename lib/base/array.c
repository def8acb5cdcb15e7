#include "base/array.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

static const struct {
    const char *name;
    int64_t size;
} dtypes_known[] = {{"", 0}, {"f16", 2}, {"bf16", 2}, {"f32", 4}, {"f64", 8}, {"i32", 4}, {"i64", 8}, {"u8", 1}};

enum { N_DTYPES = sizeof dtypes_known / sizeof dtypes_known[0] };

int64_t binet__dtype_size(int32_t dtype)
{
    return dtype > 0 && dtype < N_DTYPES ? dtypes_known[dtype].size : 0;
}

static binet_status fail_dtype(const binet_array *array, const char *argument, uint32_t dtypes, binet_error *error)
{
    char allowed[64] = "";
    for (int32_t d = 1; d < N_DTYPES; d++) {
        if ((dtypes & BINET__DTYPE(d)) != 0) {
            size_t used = strlen(allowed);
            (void)snprintf(allowed + used, sizeof allowed - used, "%s%s", used != 0 ? ", " : "", dtypes_known[d].name);
        }
    }
    if (binet__dtype_size(array->dtype) == 0) {
        return binet__fail_argument(error, argument, "%s has the unknown dtype %d; allowed: %s", argument,
                                    (int)array->dtype, allowed);
    }
    return binet__fail_argument(error, argument, "%s has dtype %s; allowed: %s", argument,
                                dtypes_known[array->dtype].name, allowed);
}

static binet_status check_extent(const binet_array *array, const char *argument, binet_error *error)
{
    int64_t n = 1;
    uint64_t extent = 0;
    for (int32_t axis = 0; axis < array->ndim; axis++) {
        int64_t length = array->shape[axis];
        size_t product;
        if (length < 0) {
            return binet__fail_argument(error, argument, "%s has the negative length %lld along axis %d", argument,
                                        (long long)length, (int)axis);
        }
        if (!binet__multiply(length, (uint64_t)n, &product)) {
            return binet__fail_argument(error, argument, "%s has more elements than memory", argument);
        }
        n = (int64_t)product;
        if (length > 1) {
            int64_t stride = array->strides[axis];
            uint64_t step = stride < 0 ? 0 - (uint64_t)stride : (uint64_t)stride;
            if (!binet__multiply(length - 1, step, &product) || extent > (uint64_t)PTRDIFF_MAX - product) {
                return binet__fail_argument(error, argument, "%s has the stride %lld along axis %d, beyond memory",
                                            argument, (long long)stride, (int)axis);
            }
            extent += product;
        }
    }
    if (n > 0 && array->data == NULL) {
        return binet__fail_argument(error, argument, "%s has data NULL and %lld elements", argument, (long long)n);
    }
    return BINET_OK;
}

static binet_status check_alignment(const binet_array *array, const char *argument, binet_error *error)
{
    int64_t size = binet__dtype_size(array->dtype);
    int aligned = (uintptr_t)array->data % (uintptr_t)size == 0;
    for (int32_t axis = 0; axis < array->ndim; axis++) {
        aligned = aligned && (array->shape[axis] < 2 || array->strides[axis] % size == 0);
    }
    if (!aligned) {
        return binet__fail_argument(error, argument,
                                    "%s is not aligned: its address and strides must be multiples of "
                                    "%lld bytes",
                                    argument, (long long)size);
    }
    return BINET_OK;
}

binet_status binet__check_array(const binet_array *array, const char *argument, int32_t ndim, uint32_t dtypes,
                                binet_error *error)
{
    binet_status status = binet__require(array, argument, error);
    if (status != BINET_OK) {
        return status;
    }
    if (array->ndim != ndim) {
        return binet__fail_argument(error, argument, "%s has %d dimensions; it must have %d", argument,
                                    (int)array->ndim, (int)ndim);
    }
    if (binet__dtype_size(array->dtype) == 0 || (dtypes & BINET__DTYPE(array->dtype)) == 0) {
        return fail_dtype(array, argument, dtypes, error);
    }
    status = check_extent(array, argument, error);
    return status == BINET_OK ? check_alignment(array, argument, error) : status;
}

int64_t binet__integer_at(const binet_array *array, int64_t i)
{
    const char *at = (const char *)array->data + i * array->strides[0];
    if (array->dtype == BINET_I32) {
        int32_t value;
        memcpy(&value, at, sizeof value);
        return value;
    }
    int64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

binet_status binet__check_vector(const binet_array *array, const char *argument, uint32_t dtypes, int64_t *n,
                                 binet_error *error)
{
    binet_status status = binet__require(array, argument, error);
    status = status == BINET_OK ? binet__check_array(array, argument, 1, dtypes, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    int64_t length = array->shape[0];
    if (length == 0) {
        return binet__fail_argument(error, argument, "%s is empty; at least one element is needed", argument);
    }
    if (*n != 0 && length != *n) {
        return binet__fail_argument(error, argument, "%s has %lld elements where %lld are needed, one a sample",
                                    argument, (long long)length, (long long)*n);
    }
    *n = length;
    return BINET_OK;
}
