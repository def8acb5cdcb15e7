/* Waves of queries against slabs of train, both made into f32 rows; a task is a block of queries, tile by tile. */
#include "metrics/neighbors_search.h"

#include <math.h>

#include "base/memory.h"
#include "kernels/blas.h"
#include "metrics/loop.h"

enum {
    ROOM = 1 << 26, /* bytes of a slab, and of the rows and of the lists of a wave */
    FEWEST = 64,    /* rows of a slab and of a wave at least, whatever their size */
    MOST_QUERIES = 1 << 15,
    BLOCKS = 32, /* blocks of a wave, unless they would be of more or fewer queries than these */
    SMALLEST_BLOCK = 64,
    LARGEST_BLOCK = 512,
    TILE = 1024, /* rows of train that are multiplied at a time */
    RUN = 256    /* scores that are looked through with one bound */
};

typedef struct wave {
    const binet__search *search;
    const binet__row_maker *maker;
    binet__shortlist_rules rules;
    int64_t most_queries;
    int64_t most_rows;
    int64_t block; /* queries of a task */
    binet__made_rows queries;
    binet__made_rows slab;
    float *slacks;
    binet__shortlist *lists;
    binet__candidate *candidates;
    int64_t first; /* query */
    int64_t n;
    int64_t slab_first; /* row of train */
    int64_t slab_n;
} wave;

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

typedef struct making {
    const wave *of;
    int is_query;
} making;

static binet_status begin_making(const void *self, void **scratch, binet_error *error)
{
    const making *job = self;
    const binet__search *search = job->of->search;
    *scratch =
        binet__rows_scratch(search->context, job->is_query ? &search->queries : &search->train, job->of->maker, error);
    return *scratch != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
}

static binet_status make_rows(const void *self, void *scratch, int64_t step, binet_error *error)
{
    const making *job = self;
    const wave *of = job->of;
    const binet__features *features = job->is_query ? &of->search->queries : &of->search->train;
    const binet__made_rows *made = job->is_query ? &of->queries : &of->slab;
    int64_t first = job->is_query ? of->first : of->slab_first;
    int64_t at = step * binet__rows_at_once(features->width);
    int64_t n = smaller(binet__rows_at_once(features->width), (job->is_query ? of->n : of->slab_n) - at);
    binet__rows_make(of->maker, features, first + at, n, job->is_query, scratch, made, at);
    (void)error;
    return BINET_OK;
}

static void end_making(const void *self, void *scratch)
{
    binet__release(((const making *)self)->of->search->context, scratch);
}

static binet_status make_all(const wave *of, int is_query, binet_error *error)
{
    making job = {of, is_query};
    int64_t n = is_query ? of->n : of->slab_n;
    int64_t at_once = binet__rows_at_once(of->search->train.width);
    binet__loop loop = {&job, (n + at_once - 1) / at_once, begin_making, make_rows, end_making};
    return binet__loop_run(of->search->context, &loop, error);
}

/* ---- Tiles ------------------------------------------------------------------------------------------------------- */

typedef struct workspace {
    const wave *of;
    int64_t query;        /* that `worth` is about */
    double square;        /* of it, as it was made */
    const double *values; /* of it; NULL: not read yet */
    void *rows[2];        /* scratch for a query and a row of train */
    void *lists;          /* scratch of a shortlist */
    float *tile;          /* [block, TILE] */
    int32_t places[RUN];
} workspace;

static double worth_of(void *self, int64_t row)
{
    workspace *work = self;
    const binet__search *search = work->of->search;
    if (work->values == NULL) {
        work->values = binet__features_read(&search->queries, work->query, work->rows[0]);
    }
    const double *values = binet__features_read(&search->train, row, work->rows[1]);
    int64_t width = search->train.width;
    if (search->metric == BINET_METRIC_EUCLIDEAN) {
        return -binet__squared_distance(work->values, values, width);
    }
    double cosine = binet__cosine(binet__dot(work->values, values, width), search->queries.squares[work->query],
                                  search->train.squares[row]);
    return isnan(cosine) ? 0.0 : cosine;
}

static float score_of(void *self, double worth)
{
    const workspace *work = self;
    double score = binet__row_score(work->of->maker, work->square, worth);
    return (float)(score - (double)work->of->slacks[work->query - work->of->first]);
}

static void turn_to(workspace *work, int64_t i)
{
    work->query = work->of->first + i;
    work->square = work->of->queries.squares[i];
    work->values = NULL;
}

/* What n products of query i with rows of the slab from `at` on add to its list. */
static void look_through(workspace *work, int64_t i, int64_t at, int64_t n, float *scores)
{
    const wave *of = work->of;
    binet__shortlist *list = &of->lists[i];
    int64_t itself = of->first + i - of->slab_first - at;
    if (of->search->exclude_self && itself >= 0 && itself < n) {
        scores[itself] = NAN;
    }
    turn_to(work, i);
    for (int64_t from = 0; from < n; from += RUN) {
        int64_t count =
            of->search->kernels->list_at_least(scores + from, smaller(RUN, n - from), list->least, work->places);
        for (int64_t j = 0; j < count; j++) {
            int64_t place = from + work->places[j];
            float reach = binet__row_reach(of->maker, &of->queries, i, &of->slab, at + place);
            float lower = scores[place] - reach - 2 * of->slacks[i];
            binet__candidate candidate = {scores[place], lower, (int32_t)(of->slab_first + at + place)};
            binet__shortlist_add(list, &of->rules, work, work->lists, candidate);
        }
    }
}

static void end_block(const void *self, void *scratch)
{
    const binet_context *context = ((const wave *)self)->search->context;
    workspace *work = scratch;
    binet__release(context, work->rows[1]);
    binet__release(context, work->rows[0]);
    binet__release(context, work->lists);
    binet__release(context, work->tile);
    binet__release(context, work);
}

static binet_status begin_block(const void *self, void **scratch, binet_error *error)
{
    const wave *of = self;
    const binet__search *search = of->search;
    workspace *work = binet__allocate_zero(search->context, 1, sizeof *work, error);
    if (work == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    work->of = of;
    work->tile = binet__allocate(search->context, of->block, TILE * sizeof *work->tile, error);
    work->lists =
        work->tile != NULL ? binet__allocate(search->context, 1, binet__shortlist_scratch(search->k), error) : NULL;
    work->rows[0] = work->lists != NULL ? binet__features_scratch(search->context, &search->queries, error) : NULL;
    work->rows[1] = work->rows[0] != NULL ? binet__features_scratch(search->context, &search->train, error) : NULL;
    if (work->rows[1] == NULL) {
        end_block(of, work);
        return BINET_OUT_OF_MEMORY;
    }
    *scratch = work;
    return BINET_OK;
}

static binet_status search_block(const void *self, void *scratch, int64_t step, binet_error *error)
{
    const wave *of = self;
    workspace *work = scratch;
    int64_t top = step * of->block;
    int64_t tall = smaller(of->block, of->n - top);
    int64_t stride = of->maker->stride;
    binet__f32_matrix queries = {of->queries.rows + top * stride, stride, 0};
    for (int64_t at = 0; at < of->slab_n; at += TILE) {
        int64_t wide = smaller(TILE, of->slab_n - at);
        binet__f32_matrix rows = {of->slab.rows + at * stride, stride, 1};
        binet__gemm_f32(tall, wide, stride, queries, rows, 0, work->tile, TILE);
        for (int64_t i = 0; i < tall; i++) {
            look_through(work, top + i, at, wide, work->tile + i * TILE);
        }
    }
    (void)error;
    return BINET_OK;
}

static binet_status finish_block(const void *self, void *scratch, int64_t step, binet_error *error)
{
    const wave *of = self;
    workspace *work = scratch;
    int64_t end = smaller((step + 1) * of->block, of->n);
    for (int64_t i = step * of->block; i < end; i++) {
        turn_to(work, i);
        binet__shortlist_finish(&of->lists[i], &of->rules, work, work->lists);
    }
    (void)error;
    return BINET_OK;
}

/* ---- Waves ------------------------------------------------------------------------------------------------------- */

static binet_status run_blocks(wave *of, binet_status (*step)(const void *, void *, int64_t, binet_error *),
                               binet_error *error)
{
    binet__loop loop = {of, (of->n + of->block - 1) / of->block, begin_block, step, end_block};
    return binet__loop_run(of->search->context, &loop, error);
}

static binet_status run_wave(wave *of, binet__ranked *neighbours, int64_t *n_decided, binet_error *error)
{
    const binet__search *search = of->search;
    binet_status status = make_all(of, 1, error);
    for (int64_t i = 0; i < of->n; i++) {
        of->lists[i] = (binet__shortlist){.candidates = of->candidates + i * of->rules.capacity,
                                          .best = neighbours + i * search->k,
                                          .least = -INFINITY};
        of->slacks[i] = binet__row_slack(of->maker, of->queries.squares[i]);
    }
    for (int64_t at = 0; status == BINET_OK && at < search->train.n; at += of->most_rows) {
        int64_t n = smaller(of->most_rows, search->train.n - at);
        if (of->slab_first != at || of->slab_n != n) { /* the only slab stays */
            of->slab_first = at;
            of->slab_n = n;
            status = make_all(of, 0, error);
        }
        status = status == BINET_OK ? run_blocks(of, search_block, error) : status;
    }
    status = status == BINET_OK ? run_blocks(of, finish_block, error) : status;
    for (int64_t i = 0; status == BINET_OK && i < of->n; i++) {
        *n_decided += of->lists[i].n_decided;
    }
    return status;
}

static binet_status allocate_rows(const wave *of, int64_t n, binet__made_rows *made, binet_error *error)
{
    const binet_context *context = of->search->context;
    made->rows = binet__allocate(context, n, (uint64_t)of->maker->stride * sizeof *made->rows, error);
    made->lengths = made->rows != NULL ? binet__allocate(context, n, sizeof *made->lengths, error) : NULL;
    made->rests = made->lengths != NULL ? binet__allocate(context, n, sizeof *made->rests, error) : NULL;
    made->squares = made->rests != NULL ? binet__allocate(context, n, sizeof *made->squares, error) : NULL;
    return made->squares != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
}

static void release_rows(const wave *of, binet__made_rows *made)
{
    binet__release(of->search->context, made->squares);
    binet__release(of->search->context, made->rests);
    binet__release(of->search->context, made->lengths);
    binet__release(of->search->context, made->rows);
}

static int64_t rows_that_fit(uint64_t bytes)
{
    int64_t n = (int64_t)(ROOM / bytes);
    return n > FEWEST ? n : FEWEST;
}

/* How much of everything there is at a time, by the shapes alone. */
static binet_status create(wave *of, binet_error *error)
{
    const binet__search *search = of->search;
    uint64_t row = (uint64_t)of->maker->stride * sizeof(float);
    uint64_t list = (uint64_t)of->rules.capacity * sizeof(binet__candidate);
    of->most_rows = smaller(search->train.n, rows_that_fit(row));
    of->most_queries = smaller(search->queries.n, smaller(MOST_QUERIES, rows_that_fit(row > list ? row : list)));
    int64_t share = (of->most_queries + BLOCKS - 1) / BLOCKS;
    of->block = smaller(share > SMALLEST_BLOCK ? share : SMALLEST_BLOCK, LARGEST_BLOCK);
    binet_status status = allocate_rows(of, of->most_queries, &of->queries, error);
    status = status == BINET_OK ? allocate_rows(of, of->most_rows, &of->slab, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    of->slacks = binet__allocate(search->context, of->most_queries, sizeof *of->slacks, error);
    of->lists =
        of->slacks != NULL ? binet__allocate(search->context, of->most_queries, sizeof *of->lists, error) : NULL;
    of->candidates = of->lists != NULL ? binet__allocate(search->context, of->most_queries, list, error) : NULL;
    return of->candidates != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
}

static void destroy(wave *of)
{
    binet__release(of->search->context, of->candidates);
    binet__release(of->search->context, of->lists);
    binet__release(of->search->context, of->slacks);
    release_rows(of, &of->slab);
    release_rows(of, &of->queries);
}

binet_status binet__search_with(const binet__search *search, const binet__row_maker *maker, binet__ranked *neighbours,
                                int64_t *n_decided, binet_error *error)
{
    wave of = {.search = search, .maker = maker, .slab_first = -1};
    of.rules = (binet__shortlist_rules){search->k, binet__shortlist_capacity(search->k), worth_of, score_of};
    binet_status status = create(&of, error);
    for (of.first = 0; status == BINET_OK && of.first < search->queries.n; of.first += of.most_queries) {
        of.n = smaller(of.most_queries, search->queries.n - of.first);
        status = run_wave(&of, neighbours + of.first * search->k, n_decided, error);
    }
    destroy(&of);
    return status;
}
