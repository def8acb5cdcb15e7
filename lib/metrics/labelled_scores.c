#include "metrics/labelled_scores.h"

#include "base/array.h"
#include "base/error.h"

binet_status binet__labelled_check(const binet_array *scores, const binet_array *labels, int64_t most_classes,
                                   binet_error *error)
{
    binet_status status = binet__check_array(scores, "scores", 2, BINET__DTYPES_FLOAT, error);
    status = status == BINET_OK ? binet__check_array(labels, "labels", 1, BINET__DTYPES_INTEGER, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (scores->shape[0] < 1) {
        return binet__fail_argument(error, "scores", "scores has 0 rows; at least 1 is needed");
    }
    if (scores->shape[1] < 1 || scores->shape[1] > most_classes) {
        return binet__fail_argument(error, "scores", "scores has %lld classes; allowed: 1 .. %lld",
                                    (long long)scores->shape[1], (long long)most_classes);
    }
    if (labels->shape[0] != scores->shape[0]) {
        return binet__fail_argument(error, "labels", "labels has %lld entries; scores has %lld rows",
                                    (long long)labels->shape[0], (long long)scores->shape[0]);
    }
    return BINET_OK;
}

binet_status binet__labelled_fail_label(const binet__scores *scores, int64_t row, int64_t label, binet_error *error)
{
    return binet__fail(error, BINET_INVALID_DATA, "labels", row, "labels[%lld] is %lld; allowed: 0 .. %lld",
                       (long long)row, (long long)label, (long long)(scores->n_kept - 1));
}

binet_status binet__labelled_fail_impossible(int64_t row, int64_t label, binet_error *error)
{
    return binet__fail(error, BINET_INVALID_DATA, "scores", row,
                       "scores[%lld] excludes the row's label, %lld, whatever is fitted: its logit is -inf, or another "
                       "is +inf",
                       (long long)row, (long long)label);
}

binet_status binet__labelled_fail_memory(const binet__scores *scores, binet_error *error)
{
    return binet__fail(error, BINET_OUT_OF_MEMORY, "", -1, "no memory for a row of %lld logits",
                       (long long)scores->n_kept);
}
