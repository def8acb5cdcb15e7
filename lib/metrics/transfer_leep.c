#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/sum.h"
#include "binet/transfer.h"
#include "metrics/features.h"
#include "metrics/loop.h"
#include "metrics/probabilities.h"
#include "metrics/targets.h"

/* A probability is rounded once, to a multiple of 2^-51: in bits of 3 + p, from which those of 3 are taken. */
static const double shift = 3.0;
enum { MOST_ADDED = 1 << 11 }; /* probabilities whose multiples fit in 63 bits */

typedef struct leep {
    const binet_context *context;
    binet__probabilities scores;
    binet__targets targets;
    int64_t n_sources;
    int64_t *starts;  /* [n_present + 1]: rows of class k are rows[starts[k]] .. rows[starts[k + 1] - 1] */
    int64_t *rows;    /* [N] by class */
    double *expected; /* [n_present, C]: P(y, z) N, then P(y | z) */
    double *chances;  /* [N]: of each row's label, then their logarithms */
} leep;

/* Memory of a task. */
typedef struct workspace {
    void *scratch;
    uint64_t *totals; /* [C] */
    binet__sum *sums; /* [C] */
} workspace;

static void end(const void *self, void *made)
{
    const leep *of = self;
    workspace *memory = made;
    binet__release(of->context, memory->sums);
    binet__release(of->context, memory->totals);
    binet__release(of->context, memory->scratch);
    binet__release(of->context, memory);
}

static binet_status begin(const void *self, void **made, binet_error *error)
{
    const leep *of = self;
    workspace *memory = binet__allocate_zero(of->context, 1, sizeof *memory, error);
    if (memory == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    memory->scratch = binet__probabilities_scratch(of->context, &of->scores, error);
    memory->totals = binet__allocate_zero(of->context, of->n_sources, sizeof *memory->totals, error);
    memory->sums = binet__allocate(of->context, of->n_sources, sizeof *memory->sums, error);
    if (memory->scratch == NULL || memory->totals == NULL || memory->sums == NULL) {
        end(of, memory);
        return BINET_OUT_OF_MEMORY;
    }
    *made = memory;
    return BINET_OK;
}

/* ---- Two passes -------------------------------------------------------------------------------------------------- */

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void add(const double *probabilities, int64_t n, uint64_t *totals)
{
    uint64_t zero = bits_of(shift);
    for (int64_t z = 0; z < n; z++) {
        totals[z] += bits_of(shift + probabilities[z]) - zero;
    }
}

/* Move the totals to the sums, in halves that are exact as double. */
static void carry(const workspace *memory, int64_t n)
{
    for (int64_t z = 0; z < n; z++) {
        binet__sum_add(&memory->sums[z], (double)(memory->totals[z] >> 32) * 0x1p-19);
        binet__sum_add(&memory->sums[z], (double)(memory->totals[z] & UINT32_MAX) * 0x1p-51);
        memory->totals[z] = 0;
    }
}

/* The sums of the probabilities of one target class. */
static binet_status add_class(const void *self, void *made, int64_t k, binet_error *error)
{
    const leep *of = self;
    workspace *memory = made;
    for (int64_t z = 0; z < of->n_sources; z++) {
        memory->sums[z] = (binet__sum){0, 0};
    }
    for (int64_t i = of->starts[k]; i < of->starts[k + 1]; i++) {
        const double *probabilities;
        binet_status status =
            binet__probabilities_read(&of->scores, of->rows[i], memory->scratch, &probabilities, error);
        if (status != BINET_OK) {
            return status;
        }
        add(probabilities, of->n_sources, memory->totals);
        if ((i + 1 - of->starts[k]) % MOST_ADDED == 0) {
            carry(memory, of->n_sources);
        }
    }
    carry(memory, of->n_sources);
    for (int64_t z = 0; z < of->n_sources; z++) {
        of->expected[k * of->n_sources + z] = binet__sum_value(&memory->sums[z]);
    }
    return BINET_OK;
}

/* A source class that is never expected says nothing. */
static void condition(const leep *of)
{
    for (int64_t z = 0; z < of->n_sources; z++) {
        double whole = 0.0;
        for (int64_t k = 0; k < of->targets.n_present; k++) {
            whole += of->expected[k * of->n_sources + z];
        }
        for (int64_t k = 0; whole > 0.0 && k < of->targets.n_present; k++) {
            of->expected[k * of->n_sources + z] /= whole;
        }
    }
}

static binet_status expect(const void *self, void *made, int64_t i, binet_error *error)
{
    const leep *of = self;
    workspace *memory = made;
    const double *probabilities;
    binet_status status = binet__probabilities_read(&of->scores, i, memory->scratch, &probabilities, error);
    if (status == BINET_OK) {
        const double *expected = of->expected + of->targets.classes[i] * of->n_sources;
        of->chances[i] = binet__dot(probabilities, expected, of->n_sources);
    }
    return status;
}

/* ---- The call ---------------------------------------------------------------------------------------------------- */

static void sort_rows(const leep *of)
{
    for (int64_t i = 0; i < of->targets.n; i++) {
        of->starts[of->targets.classes[i] + 1]++;
    }
    for (int32_t k = 0; k < of->targets.n_present; k++) {
        of->starts[k + 1] += of->starts[k];
    }
    for (int64_t i = of->targets.n - 1; i >= 0; i--) {
        of->rows[--of->starts[of->targets.classes[i] + 1]] = i;
    }
    for (int32_t k = 0; k < of->targets.n_present; k++) {
        of->starts[k] = of->starts[k + 1];
    }
    of->starts[of->targets.n_present] = of->targets.n;
}

static binet_status allocate(leep *of, binet_error *error)
{
    of->starts = binet__allocate_zero(of->context, of->targets.n_present + 1, sizeof *of->starts, error);
    of->rows = binet__allocate(of->context, of->targets.n, sizeof *of->rows, error);
    of->expected =
        binet__allocate(of->context, of->targets.n_present, (uint64_t)of->n_sources * sizeof *of->expected, error);
    of->chances = binet__allocate(of->context, of->targets.n, sizeof *of->chances, error);
    int all = of->starts != NULL && of->rows != NULL && of->expected != NULL && of->chances != NULL;
    return all ? BINET_OK : BINET_OUT_OF_MEMORY;
}

static binet_status measure(leep *of, double *value, binet_error *error)
{
    binet_status status = allocate(of, error);
    if (status != BINET_OK) {
        return status;
    }
    sort_rows(of);
    binet__loop classes = {of, of->targets.n_present, begin, add_class, end};
    status = binet__loop_run(of->context, &classes, error);
    if (status != BINET_OK) {
        return status;
    }
    condition(of);
    binet__loop rows = {of, of->targets.n, begin, expect, end};
    status = binet__loop_run(of->context, &rows, error);
    if (status == BINET_OK) {
        binet__sum sum = {0, 0};
        of->scores.scores.kernels->log_each(of->chances, of->targets.n);
        for (int64_t i = 0; i < of->targets.n; i++) {
            binet__sum_add(&sum, of->chances[i]);
        }
        *value = binet__sum_value(&sum) / (double)of->targets.n;
    }
    return status;
}

static binet_status check_scores(int32_t kind, const binet_array *scores, binet_error *error)
{
    binet_status status = binet__scores_check_kind(kind, 0.0, error);
    status = status == BINET_OK ? binet__require(scores, "scores", error) : status;
    status = status == BINET_OK ? binet__check_array(scores, "scores", 2, BINET__DTYPES_FLOAT, error) : status;
    if (status == BINET_OK && (scores->shape[0] < 2 || scores->shape[1] < 1 || scores->shape[1] > INT32_MAX)) {
        status = binet__fail_argument(error, "scores",
                                      "scores has shape [%lld, %lld]; allowed: [N, C] with N >= 2 and 1 <= C < 2^31",
                                      (long long)scores->shape[0], (long long)scores->shape[1]);
    }
    return status;
}

binet_status binet_leep(const binet_context *context, int32_t kind, const binet_array *scores,
                        const binet_array *labels, binet_leep_result *result, binet_error *error)
{
    leep of = {.context = context};
    binet_leep_result found = {0};
    const binet__kernels *kernels = NULL;
    binet_status status = check_scores(kind, scores, error);
    status = status == BINET_OK ? binet__require(result, "result", error) : status;
    status = status == BINET_OK ? binet__check_struct(result, sizeof *result, "result", error) : status;
    status = status == BINET_OK ? binet__kernels_of(context, &kernels, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    of.scores = binet__probabilities_of(scores, kind, kernels);
    of.n_sources = scores->shape[1];
    status = binet__targets_create(context, labels, scores->shape[0], "scores", &of.targets, error);
    status = status == BINET_OK ? measure(&of, &found.leep, error) : status;
    if (status == BINET_OK) {
        found.n = of.targets.n;
        found.n_classes = of.targets.n_classes;
        found.n_present = of.targets.n_present;
        found.n_source_classes = (int32_t)of.n_sources;
        binet__write_struct(result, &found, sizeof found);
    }
    binet__release(context, of.chances);
    binet__release(context, of.expected);
    binet__release(context, of.rows);
    binet__release(context, of.starts);
    binet__targets_release(context, &of.targets);
    return status;
}
