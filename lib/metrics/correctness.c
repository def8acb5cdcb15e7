#include "metrics/correctness.h"

#include "base/error.h"

binet_status binet__count_correct(const binet_array *correct, const char *argument, int64_t *n_correct,
                                  binet_error *error)
{
    const unsigned char *first = correct->data;
    int64_t n_columns = correct->shape[correct->ndim - 1];
    int64_t stride = correct->strides[correct->ndim - 1];
    int64_t n_rows = correct->ndim == 1 ? 1 : correct->shape[0];
    int64_t right = 0;
    for (int64_t row = 0; row < n_rows; row++) {
        const unsigned char *at = correct->ndim == 1 ? first : first + row * correct->strides[0];
        for (int64_t i = 0; i < n_columns; i++) {
            unsigned value = at[i * stride];
            int64_t element = row * n_columns + i;
            if (value > 1) {
                return binet__fail(error, BINET_INVALID_DATA, argument, element,
                                   "%s[%lld] is %u; allowed: 0 (wrong), 1 (right)", argument, (long long)element,
                                   value);
            }
            right += value;
        }
    }
    *n_correct = right;
    return BINET_OK;
}
