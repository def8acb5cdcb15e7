/* Blind pairs: one search in f32 that may only find too much, and a decision in f64 for what it finds. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/context.h"
#include "base/error.h"
#include "base/memory.h"
#include "binet/selection.h"
#include "metrics/features.h"

enum {
    BLOCK = 96,        /* rows that are compared with as many others at a time: both fit the second cache */
    WAVE = 64,         /* rows of blocks that are searched before their pairs are joined */
    SETTLE_FROM = 1024 /* pairs that are kept before it is worth sorting out those that do not fit */
};

#define DEFAULT_ALIKE 0.95
#define DEFAULT_UNLIKE 0.6

/* Pairs that a row of blocks found. */
typedef struct findings {
    void *pairs;
    int64_t capacity;
    int64_t n_kept; /* of pairs */
    int64_t n_pairs;
    int64_t n_alike;
    binet_status status;
    binet_error error;
} findings;

typedef struct search {
    const binet_context *context;
    const binet__kernels *kernels;
    binet__features alike;
    binet__features unlike;
    double alike_above;
    double unlike_below;
    float *rows;     /* [n, stride]: the first features, of length 1, in f32; zeros where there is no direction */
    int64_t stride;  /* a multiple of 16 */
    float reach;     /* cosines in f32 above it are decided in f64 */
    int64_t wanted;  /* pairs that still fit the caller's room */
    int64_t first;   /* row of blocks of task 0 */
    findings *found; /* WAVE */
} search;

/* ---- Features ---------------------------------------------------------------------------------------------------- */

static binet_status check_features(const binet_array *array, const char *argument, int64_t *n, binet_error *error)
{
    binet_status status = binet__require(array, argument, error);
    status = status == BINET_OK ? binet__check_array(array, argument, 2, BINET__DTYPES_FLOAT, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (array->shape[0] < 2 || array->shape[1] < 1) {
        return binet__fail_argument(error, argument, "%s is [%lld, %lld]; at least [2, 1] is needed", argument,
                                    (long long)array->shape[0], (long long)array->shape[1]);
    }
    if (*n != 0 && array->shape[0] != *n) {
        return binet__fail_argument(error, argument, "%s has %lld rows where %lld are needed, one a sample", argument,
                                    (long long)array->shape[0], (long long)*n);
    }
    *n = array->shape[0];
    return BINET_OK;
}

static int has_direction(const search *of, int64_t sample)
{
    return of->alike.squares[sample] > 0 && of->unlike.squares[sample] > 0;
}

/* The rows in f32, of length 1; zeros where there is no direction. */
static binet_status normalise(search *of, binet_error *error)
{
    void *scratch = binet__features_scratch(of->context, &of->alike, error);
    if (scratch == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    for (int64_t row = 0; row < of->alike.n; row++) {
        float *out = of->rows + row * of->stride;
        memset(out, 0, (size_t)of->stride * sizeof *out);
        if (has_direction(of, row)) {
            binet__features_unit(&of->alike, row, scratch, out);
        }
    }
    binet__release(of->context, scratch);
    return BINET_OK;
}

/* ---- The search -------------------------------------------------------------------------------------------------- */

typedef struct workspace {
    float cosines[BLOCK * BLOCK];
    void *scratch[4]; /* a row of each side, of both features */
} workspace;

static int in_order(const void *left, const void *right)
{
    const binet_blind_pair *a = left;
    const binet_blind_pair *b = right;
    if (a->first != b->first) {
        return a->first < b->first ? -1 : 1;
    }
    return (a->second > b->second) - (a->second < b->second);
}

/* Put what was found in order, and keep what the caller has room for. */
static void settle(const search *of, findings *found)
{
    if (found->n_kept > 0) {
        qsort(found->pairs, (size_t)found->n_kept, sizeof(binet_blind_pair), in_order);
    }
    found->n_kept = found->n_kept < of->wanted ? found->n_kept : of->wanted;
}

static binet_status keep(const search *of, const binet_blind_pair *pair, findings *found)
{
    if (of->wanted == 0) {
        return BINET_OK;
    }
    if (found->n_kept >= SETTLE_FROM && found->n_kept / 2 >= of->wanted) {
        settle(of, found);
    }
    binet_status status =
        binet__grow(of->context, &found->pairs, &found->capacity, found->n_kept + 1, sizeof *pair, &found->error);
    if (status == BINET_OK) {
        ((binet_blind_pair *)found->pairs)[found->n_kept++] = *pair;
    }
    return status;
}

static binet_status decide(const search *of, int64_t first, int64_t second, const workspace *work, findings *found)
{
    if (!has_direction(of, first) || !has_direction(of, second)) {
        return BINET_OK;
    }
    binet_blind_pair pair = {first, second, binet__features_cosine(&of->alike, first, second, work->scratch), 0};
    if (!(pair.alike > of->alike_above)) {
        return BINET_OK;
    }
    found->n_alike++;
    pair.unlike = binet__features_cosine(&of->unlike, first, second, work->scratch + 2);
    if (!(pair.unlike < of->unlike_below)) {
        return BINET_OK;
    }
    found->n_pairs++;
    return keep(of, &pair, found);
}

/* All pairs of a row of blocks, block by block and so not in the order of the result. */
static binet_status search_blocks(const search *of, int64_t row, workspace *work, findings *found)
{
    int64_t top = row * BLOCK;
    int64_t tall = of->alike.n - top < BLOCK ? of->alike.n - top : BLOCK;
    for (int64_t left = top; left < of->alike.n; left += BLOCK) {
        int64_t wide = of->alike.n - left < BLOCK ? of->alike.n - left : BLOCK;
        of->kernels->dots(of->rows + top * of->stride, tall, of->rows + left * of->stride, wide, of->stride,
                          work->cosines);
        for (int64_t i = 0; i < tall; i++) {
            const float *cosines = work->cosines + i * wide;
            for (int64_t j = left == top ? i + 1 : 0; j < wide; j++) {
                if (!(cosines[j] > of->reach)) {
                    continue;
                }
                binet_status status = decide(of, top + i, left + j, work, found);
                if (status != BINET_OK) {
                    return status;
                }
            }
        }
    }
    return BINET_OK;
}

static void search_row(void *argument, int64_t task)
{
    const search *of = argument;
    findings *found = &of->found[task];
    workspace *work = binet__allocate_zero(of->context, 1, sizeof *work, &found->error);
    found->status = work != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    for (int i = 0; found->status == BINET_OK && i < 4; i++) {
        work->scratch[i] = binet__features_scratch(of->context, i < 2 ? &of->alike : &of->unlike, &found->error);
        found->status = work->scratch[i] != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    }
    if (found->status == BINET_OK) {
        found->status = search_blocks(of, of->first + task, work, found);
        settle(of, found);
    }
    for (int i = 0; work != NULL && i < 4; i++) {
        binet__release(of->context, work->scratch[i]);
    }
    binet__release(of->context, work);
}

/* ---- Joining ----------------------------------------------------------------------------------------------------- */

/* Add what a row of blocks found, which comes after all that is there, and forget it. */
static binet_status join(search *of, findings *from, findings *all, binet_error *error)
{
    binet_status status = from->status;
    if (status != BINET_OK && error != NULL) {
        *error = from->error;
    }
    all->n_pairs += from->n_pairs;
    all->n_alike += from->n_alike;
    int64_t n = from->n_kept < of->wanted ? from->n_kept : of->wanted;
    if (status == BINET_OK && n > 0) {
        status =
            binet__grow(of->context, &all->pairs, &all->capacity, all->n_kept + n, sizeof(binet_blind_pair), error);
    }
    if (status == BINET_OK && n > 0) {
        memcpy((binet_blind_pair *)all->pairs + all->n_kept, from->pairs, (size_t)n * sizeof(binet_blind_pair));
        all->n_kept += n;
        of->wanted -= n;
    }
    binet__release(of->context, from->pairs);
    memset(from, 0, sizeof *from);
    return status;
}

static binet_status search_all(search *of, findings *all, binet_error *error)
{
    int64_t n_rows = (of->alike.n + BLOCK - 1) / BLOCK;
    binet_status status = BINET_OK;
    for (of->first = 0; status == BINET_OK && of->first < n_rows; of->first += WAVE) {
        int64_t n_tasks = n_rows - of->first < WAVE ? n_rows - of->first : WAVE;
        status = binet__run(of->context, n_tasks, search_row, of, error);
        for (int64_t task = 0; task < n_tasks; task++) {
            binet_status joined = join(of, &of->found[task], all, status == BINET_OK ? error : NULL);
            status = status == BINET_OK ? joined : status;
        }
    }
    return status;
}

static binet_status read_thresholds(const binet_blind_pairs_options *options, search *of, binet_error *error)
{
    binet_blind_pairs_options given;
    binet_status status = binet__read_struct(&given, sizeof given, options, "options", error);
    status = status == BINET_OK ? binet__check_reserved(given.reserved, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    of->alike_above = given.above != 0 ? given.above : DEFAULT_ALIKE;
    of->unlike_below = given.below != 0 ? given.below : DEFAULT_UNLIKE;
    if (!(fabs(of->alike_above) <= 1)) {
        return binet__fail_argument(error, "options", "options->above is %.9g; allowed: -1 .. 1", given.above);
    }
    if (!(fabs(of->unlike_below) <= 1)) {
        return binet__fail_argument(error, "options", "options->below is %.9g; allowed: -1 .. 1", given.below);
    }
    return BINET_OK;
}

static binet_status read_room(const binet_blind_pairs_result *result, search *of, binet_blind_pairs_result *found,
                              binet_error *error)
{
    binet_blind_pairs_result caller;
    binet_status status = binet__require(result, "result", error);
    status = status == BINET_OK ? binet__read_struct(&caller, sizeof caller, result, "result", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (caller.pairs != NULL && caller.pairs_capacity < 0) {
        return binet__fail_argument(error, "result", "result->pairs_capacity is %lld; allowed: >= 0",
                                    (long long)caller.pairs_capacity);
    }
    found->pairs = caller.pairs;
    found->pairs_capacity = caller.pairs_capacity;
    of->wanted = caller.pairs != NULL ? caller.pairs_capacity : 0;
    return BINET_OK;
}

/* Room for all that the search needs, which release gives back. */
static binet_status allocate(search *of, binet_error *error)
{
    int64_t n = of->alike.n;
    size_t row;
    of->stride = of->alike.width <= INT64_MAX - 15 ? (of->alike.width + 15) / 16 * 16 : INT64_MAX;
    if (!binet__multiply(of->stride, sizeof *of->rows, &row)) {
        return binet__fail_memory(error, UINT64_MAX);
    }
    of->rows = binet__allocate(of->context, n, row, error);
    of->alike.squares = of->rows != NULL ? binet__allocate(of->context, n, sizeof(double), error) : NULL;
    of->unlike.squares = of->alike.squares != NULL ? binet__allocate(of->context, n, sizeof(double), error) : NULL;
    of->found = of->unlike.squares != NULL ? binet__allocate_zero(of->context, WAVE, sizeof *of->found, error) : NULL;
    return of->found != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
}

static void release(search *of)
{
    binet__release(of->context, of->found);
    binet__release(of->context, of->unlike.squares);
    binet__release(of->context, of->alike.squares);
    binet__release(of->context, of->rows);
}

/* What a cosine in f32 can be too low by: values of rows and squares rounded to f32, then the product of the rows. */
static float reach_of(const search *of)
{
    double rounding = ((double)of->stride / 16 + 16) * 0x1p-23;
    return (float)(of->alike_above - rounding);
}

static int64_t count_left_out(const search *of)
{
    int64_t n = 0;
    for (int64_t row = 0; row < of->alike.n; row++) {
        n += !has_direction(of, row);
    }
    return n;
}

binet_status binet_blind_pairs(const binet_context *context, const binet_array *alike, const binet_array *unlike,
                               const binet_blind_pairs_options *options, binet_blind_pairs_result *result,
                               binet_error *error)
{
    search of = {.context = context};
    findings all = {0};
    binet_blind_pairs_result found = {0};
    binet_status status = binet__kernels_of(context, &of.kernels, error);
    status = status == BINET_OK ? check_features(alike, "alike", &found.n_samples, error) : status;
    status = status == BINET_OK ? check_features(unlike, "unlike", &found.n_samples, error) : status;
    status = status == BINET_OK ? read_thresholds(options, &of, error) : status;
    status = status == BINET_OK ? read_room(result, &of, &found, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    of.alike = binet__features_of(alike, "alike", of.kernels);
    of.unlike = binet__features_of(unlike, "unlike", of.kernels);
    status = allocate(&of, error);
    status = status == BINET_OK ? binet__features_measure(context, &of.alike, error) : status;
    status = status == BINET_OK ? binet__features_measure(context, &of.unlike, error) : status;
    status = status == BINET_OK ? normalise(&of, error) : status;
    if (status != BINET_OK) {
        goto cleanup;
    }
    of.reach = reach_of(&of);
    status = search_all(&of, &all, error);
    if (status != BINET_OK) {
        goto cleanup;
    }
    if (found.pairs != NULL && all.n_kept > 0) {
        memcpy(found.pairs, all.pairs, (size_t)all.n_kept * sizeof(binet_blind_pair));
    }
    found.n_pairs = all.n_pairs;
    found.n_alike = all.n_alike;
    found.n_left_out = count_left_out(&of);
    binet__write_struct(result, &found, sizeof found);
cleanup:
    binet__release(context, all.pairs);
    release(&of);
    return status;
}
