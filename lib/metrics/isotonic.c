#include "base/error.h"
#include "base/memory.h"
#include "base/sum.h"
#include "binet/recalibration.h"
#include "metrics/bins.h"
#include "metrics/calibration_bins.h"
#include "metrics/confidence_map.h"

/* Rows that share a value. */
typedef struct block {
    double first; /* the least and the largest confidence */
    double last;
    int64_t count;
    int64_t right;
} block;

/* Whether the share of right answers does not rise from a to b. Exact for less than 2^32 rows. */
static int falls(const block *a, const block *b)
{
    return (uint64_t)a->right * (uint64_t)b->count >= (uint64_t)b->right * (uint64_t)a->count;
}

/* Pool sorted rows into blocks whose shares rise strictly; gives how many. */
static int64_t pool(const uint64_t *keys, int64_t n, block *blocks)
{
    int64_t n_blocks = 0;
    for (int64_t i = 0; i < n;) {
        double confidence = binet__bin_unpack(keys[i]);
        block next = {confidence, confidence, 0, 0};
        for (; i < n && binet__bin_unpack(keys[i]) == confidence; i++) {
            next.count++;
            next.right += binet__bin_right(keys[i]);
        }
        for (; n_blocks > 0 && falls(&blocks[n_blocks - 1], &next); n_blocks--) {
            next.first = blocks[n_blocks - 1].first;
            next.count += blocks[n_blocks - 1].count;
            next.right += blocks[n_blocks - 1].right;
        }
        blocks[n_blocks++] = next;
    }
    return n_blocks;
}

/* Count the knots of the blocks, and write them where there is room for them. */
static int64_t write_knots(const block *blocks, int64_t n_blocks, binet_isotonic_knot *knots)
{
    int64_t n_knots = 0;
    for (int64_t b = 0; b < n_blocks; b++) {
        double value = (double)blocks[b].right / (double)blocks[b].count;
        int ends = blocks[b].last > blocks[b].first ? 2 : 1;
        for (int end = 0; end < ends; end++, n_knots++) {
            if (knots != NULL) {
                knots[n_knots].confidence = end == 0 ? blocks[b].first : blocks[b].last;
                knots[n_knots].value = value;
            }
        }
    }
    return n_knots;
}

static double brier_of(const block *blocks, int64_t n_blocks, int64_t n)
{
    binet__sum sum = {0, 0};
    for (int64_t b = 0; b < n_blocks; b++) {
        /* The sum of (value - [right])^2 over the block, with value its share of right answers. */
        double wrong = (double)(blocks[b].count - blocks[b].right);
        binet__sum_add(&sum, (double)blocks[b].right * wrong / (double)blocks[b].count);
    }
    return binet__sum_value(&sum) / (double)n;
}

static binet_status fit(const uint64_t *keys, int64_t n, block *blocks, binet_isotonic_result *found,
                        binet_error *error)
{
    int64_t n_blocks = pool(keys, n, blocks);
    int64_t n_knots = write_knots(blocks, n_blocks, NULL);
    if (found->knots != NULL && found->knots_capacity < n_knots) {
        return binet__fail_argument(error, "result", "result->knots_capacity is %lld; the map has %lld knots",
                                    (long long)found->knots_capacity, (long long)n_knots);
    }
    (void)write_knots(blocks, n_blocks, found->knots);
    found->reserved = 0;
    found->n_knots = n_knots;
    found->n = n;
    found->brier_before = binet__confidence_brier(keys, n);
    double brier = brier_of(blocks, n_blocks, n);
    found->brier_after = brier < found->brier_before ? brier : found->brier_before; /* but for rounding */
    return BINET_OK;
}

binet_status binet_fit_isotonic(const binet_context *context, const binet_predictions *predictions,
                                binet_isotonic_result *result, binet_error *error)
{
    binet_isotonic_result found;
    binet_status status = binet__require(predictions, "predictions", error);
    status = status == BINET_OK ? binet__require(result, "result", error) : status;
    status = status == BINET_OK ? binet__read_struct(&found, sizeof found, result, "result", error) : status;
    status = status == BINET_OK ? binet__calibration_check(predictions, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    int64_t n = binet_predictions_count(predictions);
    uint64_t *keys = binet__calibration_sort(context, predictions, error);
    block *blocks = keys != NULL ? binet__allocate(context, n, sizeof *blocks, error) : NULL;
    status = blocks != NULL ? fit(keys, n, blocks, &found, error) : BINET_OUT_OF_MEMORY;
    if (status == BINET_OK) {
        binet__write_struct(result, &found, sizeof found);
    }
    binet__release(context, blocks);
    binet__release(context, keys);
    return status;
}

/* ---- The map ----------------------------------------------------------------------------------------------------- */

static binet_status check_knots(const binet_isotonic_knot *knots, int64_t n_knots, binet_error *error)
{
    if (n_knots < 1) {
        return binet__fail_argument(error, "n_knots", "n_knots is %lld; at least 1 is needed", (long long)n_knots);
    }
    for (int64_t i = 0; i < n_knots; i++) {
        double confidence = knots[i].confidence;
        double value = knots[i].value;
        int rises = i == 0 || (confidence > knots[i - 1].confidence && value >= knots[i - 1].value);
        if (!(rises && confidence >= 0.0 && confidence <= 1.0 && value >= 0.0 && value <= 1.0)) {
            return binet__fail(error, BINET_INVALID_DATA, "knots", i,
                               "knots[%lld] is (%.9g, %.9g); knots ascend from 0 to 1 in both", (long long)i,
                               confidence, value);
        }
    }
    return BINET_OK;
}

static double map(const binet_isotonic_knot *knots, int64_t n_knots, double confidence)
{
    int64_t low = 0; /* the first knot at or above */
    int64_t high = n_knots;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (knots[middle].confidence < confidence) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == n_knots) {
        return knots[n_knots - 1].value;
    }
    if (low == 0 || knots[low].confidence == confidence) {
        return knots[low].value;
    }
    const binet_isotonic_knot *a = &knots[low - 1];
    const binet_isotonic_knot *b = &knots[low];
    double share = (confidence - a->confidence) / (b->confidence - a->confidence);
    double value = a->value + share * (b->value - a->value);
    return value < b->value ? value : b->value;
}

binet_status binet_isotonic_apply(const binet_context *context, const binet_isotonic_knot *knots, int64_t n_knots,
                                  const binet_array *confidences, double *calibrated, int64_t capacity,
                                  binet_error *error)
{
    (void)context; /* a search an entry: not worth a thread */
    binet_status status = binet__require(knots, "knots", error);
    status = status == BINET_OK ? check_knots(knots, n_knots, error) : status;
    status = status == BINET_OK ? binet__confidence_check_room(confidences, calibrated, capacity, error) : status;
    for (int64_t i = 0; status == BINET_OK && i < confidences->shape[0]; i++) {
        calibrated[i] = map(knots, n_knots, binet__confidence_at(confidences, i));
    }
    return status;
}
