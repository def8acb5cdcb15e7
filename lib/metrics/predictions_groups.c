#include "metrics/predictions_groups.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "metrics/sort.h"

/* ---- The map ----------------------------------------------------------------------------------------------------- */

int64_t binet__find_class(const int64_t *subset, int64_t size, int64_t class_index)
{
    int64_t low = 0;
    int64_t high = size;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (subset[middle] < class_index) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < size && subset[low] == class_index ? low : -1;
}

static binet_status check_options(const binet_predictions_options *options, binet_error *error)
{
    int64_t n_groups = options->n_groups;
    if (n_groups < 0 || n_groups > INT32_MAX) {
        return binet__fail_argument(error, "options", "options->n_groups is %lld; allowed: 1 .. %d, or 0 for no groups",
                                    (long long)n_groups, INT32_MAX);
    }
    if ((options->group_offsets == NULL) != (n_groups == 0) || (options->group_classes == NULL) != (n_groups == 0)) {
        return binet__fail_argument(error, "options",
                                    "options->n_groups is %lld, group_offsets is %s and group_classes is %s; all three "
                                    "are needed, or none",
                                    (long long)n_groups, options->group_offsets == NULL ? "NULL" : "given",
                                    options->group_classes == NULL ? "NULL" : "given");
    }
    if (options->aggregate < BINET_GROUP_MEAN || options->aggregate > BINET_GROUP_MAX ||
        (n_groups == 0 && options->aggregate != 0)) {
        return binet__fail_argument(error, "options", "options->aggregate is %d; allowed: %d .. %d, with groups",
                                    (int)options->aggregate, BINET_GROUP_MEAN, BINET_GROUP_MAX);
    }
    return binet__check_reserved(options->reserved, error);
}

static binet_status check_offsets(const int64_t *offsets, int64_t n_groups, binet_error *error)
{
    if (offsets[0] != 0) {
        return binet__fail(error, BINET_INVALID_ARGUMENT, "options", 0, "options->group_offsets[0] is %lld, not 0",
                           (long long)offsets[0]);
    }
    for (int64_t g = 0; g < n_groups; g++) {
        long long before = (long long)offsets[g];
        long long after = (long long)offsets[g + 1];
        if (after == before) {
            return binet__fail(error, BINET_INVALID_ARGUMENT, "options", g,
                               "options->group_offsets[%lld] and the next are both %lld: group %lld has no class",
                               (long long)g, before, (long long)g);
        }
        if (after < before || after > INT32_MAX) {
            return binet__fail(error, BINET_INVALID_ARGUMENT, "options", g + 1,
                               "options->group_offsets[%lld] is %lld; allowed there: %lld .. %d, strictly ascending",
                               (long long)g + 1, after, before + 1, INT32_MAX);
        }
    }
    return BINET_OK;
}

/* The column of each class among those that are kept. */
static binet_status find_columns(const binet_predictions_options *options, binet__groups *groups, binet_error *error)
{
    int64_t n = groups->offsets[groups->n_groups];
    const int64_t *classes = options->group_classes;
    for (int64_t i = 0; i < n; i++) {
        if (classes[i] < 0 || classes[i] >= INT32_MAX) {
            return binet__fail(error, BINET_INVALID_ARGUMENT, "options", i,
                               "options->group_classes[%lld] is %lld; allowed: 0 .. %d", (long long)i,
                               (long long)classes[i], INT32_MAX - 1);
        }
        groups->largest = classes[i] > classes[groups->largest] ? i : groups->largest;
        groups->columns[i] =
            options->subset != NULL ? binet__find_class(options->subset, options->subset_size, classes[i]) : classes[i];
        if (groups->columns[i] < 0) {
            return binet__fail(error, BINET_INVALID_ARGUMENT, "options", i,
                               "options->group_classes[%lld] is %lld, which is not among the %lld classes of "
                               "options->subset",
                               (long long)i, (long long)classes[i], (long long)options->subset_size);
        }
    }
    return BINET_OK;
}

static int64_t group_of(const binet__groups *groups, int64_t entry)
{
    int64_t g = 0;
    while (groups->offsets[g + 1] <= entry) {
        g++;
    }
    return g;
}

/* No class is there twice. Sorted by column and then by entry, what is there twice stands side by side. */
static binet_status check_distinct(const binet_context *context, const binet__groups *groups, const int64_t *classes,
                                   binet_error *error)
{
    enum { ENTRY_BITS = 31 };
    const uint64_t entry_mask = ((uint64_t)1 << ENTRY_BITS) - 1;
    int64_t n = groups->offsets[groups->n_groups];
    int64_t again = -1;
    int64_t first = -1;
    uint64_t *keys = binet__allocate(context, n, 2 * sizeof *keys, error);
    if (keys == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    for (int64_t i = 0; i < n; i++) {
        keys[i] = (uint64_t)groups->columns[i] << ENTRY_BITS | (uint64_t)i;
    }
    binet__sort_u64(keys, n, keys + n);
    for (int64_t i = 1; i < n; i++) {
        int64_t entry = (int64_t)(keys[i] & entry_mask);
        if (keys[i] >> ENTRY_BITS == keys[i - 1] >> ENTRY_BITS && (again < 0 || entry < again)) {
            again = entry;
            first = (int64_t)(keys[i - 1] & entry_mask);
        }
    }
    binet__release(context, keys);
    if (again < 0) {
        return BINET_OK;
    }
    return binet__fail(error, BINET_INVALID_ARGUMENT, "options", again,
                       "options->group_classes[%lld], of group %lld, is %lld, which group %lld has too; a class may be "
                       "there once",
                       (long long)again, (long long)group_of(groups, again), (long long)classes[again],
                       (long long)group_of(groups, first));
}

binet_status binet__groups_create(const binet_context *context, const binet_predictions_options *options,
                                  binet__groups *groups, binet_error *error)
{
    binet_status status = check_options(options, error);
    if (status != BINET_OK || options->n_groups == 0) {
        return status;
    }
    int64_t n_groups = options->n_groups;
    status = check_offsets(options->group_offsets, n_groups, error);
    if (status != BINET_OK) {
        return status;
    }
    groups->n_groups = n_groups;
    groups->aggregate = options->aggregate;
    groups->offsets = binet__allocate(context, n_groups + 1, sizeof *groups->offsets, error);
    if (groups->offsets == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    memcpy(groups->offsets, options->group_offsets, (size_t)(n_groups + 1) * sizeof *groups->offsets);
    groups->columns = binet__allocate(context, groups->offsets[n_groups], sizeof *groups->columns, error);
    if (groups->columns == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    status = find_columns(options, groups, error);
    return status == BINET_OK ? check_distinct(context, groups, options->group_classes, error) : status;
}

void binet__groups_release(const binet_context *context, const binet__groups *groups)
{
    binet__release(context, groups->offsets);
    binet__release(context, groups->columns);
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

int64_t binet__groups_scratch(const binet__groups *groups)
{
    return groups->n_groups + groups->offsets[groups->n_groups];
}

static double score_at(const binet__row_scores *scores, int64_t column)
{
    return scores->is_f64 ? ((const double *)scores->values)[column] : (double)((const float *)scores->values)[column];
}

/* The probability of every class that has a group, times `whole`, which is divided by once a group: one class alone has
 * the bits of true_probability then. */
static double find_parts(const binet__groups *groups, const binet__kernels *kernels, const binet__row_scores *scores,
                         const binet__row *row, double *parts)
{
    const int64_t *columns = groups->columns;
    int64_t n = groups->offsets[groups->n_groups];
    if (!scores->are_logits) {
        for (int64_t i = 0; i < n; i++) {
            parts[i] = score_at(scores, columns[i]);
        }
        return 1.0;
    }
    double largest = score_at(scores, row->predicted);
    for (int64_t i = 0; i < n; i++) {
        parts[i] = score_at(scores, columns[i]) - largest;
    }
    if (isinf(largest)) { /* inf - inf where it is certain */
        for (int64_t i = 0; i < n; i++) {
            parts[i] = isnan(parts[i]) ? 1.0 : 0.0;
        }
    } else {
        kernels->exp_each(parts, n, scores->inverse_temperature);
    }
    return row->sum;
}

static double aggregate(int32_t how, const double *parts, int64_t n, double whole)
{
    double sum = 0.0;
    double most = 0.0;
    for (int64_t i = 0; i < n; i++) {
        sum += parts[i];
        most = parts[i] > most ? parts[i] : most;
    }
    if (how == BINET_GROUP_MAX) {
        return most / whole;
    }
    return how == BINET_GROUP_MEAN ? sum / whole / (double)n : fmin(sum / whole, 1.0);
}

void binet__groups_reduce(const binet__groups *groups, const binet__kernels *kernels, const binet__row_scores *scores,
                          int64_t label, double *scratch, binet__row *row)
{
    double *of_groups = scratch;
    double *of_classes = scratch + groups->n_groups;
    int64_t best = 0;
    int64_t ahead = 0;
    double whole = find_parts(groups, kernels, scores, row, of_classes);
    for (int64_t g = 0; g < groups->n_groups; g++) {
        int64_t first = groups->offsets[g];
        of_groups[g] = aggregate(groups->aggregate, of_classes + first, groups->offsets[g + 1] - first, whole);
        best = of_groups[g] > of_groups[best] ? g : best;
    }
    for (int64_t g = 0; label >= 0 && g < groups->n_groups; g++) {
        ahead += of_groups[g] > of_groups[label] || (of_groups[g] == of_groups[label] && g < label);
    }
    row->predicted = best;
    row->confidence = of_groups[best];
    row->true_probability = label >= 0 ? of_groups[label] : NAN;
    row->rank = label >= 0 ? (int32_t)(ahead + 1) : 0;
    row->entropy = NAN; /* as nll and brier are without a label of a class */
}
