#include "metrics/predictions_rows.h"

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "metrics/predictions_table.h"
#include "metrics/scores.h"

enum {
    CHUNK_ELEMENTS = 1 << 18, /* scores in a piece of work: some 50 microseconds of it */
    ROW_ELEMENTS = 64         /* what a row costs beside its scores, in scores */
};

/* What stopped a chunk: a BINET__ROW_* that is not BINET__ROW_OK, or one of these. */
enum { FAULT_NONE = BINET__ROW_OK, FAULT_LABEL = -1, FAULT_LABEL_OUTSIDE_SUBSET = -2, FAULT_MEMORY = -3 };

typedef struct fault {
    int32_t reason;
    int64_t row;
    int64_t column; /* among all classes */
    int64_t label;
    double value; /* the probability, or the sum of the row */
} fault;

typedef struct job {
    const binet_context *context;
    const binet__rows_settings *settings;
    const binet_array *labels;
    binet_predictions *table;
    unsigned char *omitted;
    binet__scores scores;
    binet__row_parameters parameters;
    int64_t rows_per_chunk;
    fault *faults; /* one a chunk */
} job;

/* Memory for one row, and for its groups. *scratch is NULL where rows are read in place, *of_groups without groups. */
static int allocate_scratch(const job *work, void **scratch, double **of_groups)
{
    const binet__groups *groups = &work->settings->groups;
    uint64_t bytes = binet__scores_scratch(&work->scores);
    *scratch = bytes != 0 ? binet__allocate(work->context, work->scores.n_kept, bytes, NULL) : NULL;
    *of_groups = NULL;
    if (groups->n_groups != 0) {
        *of_groups = binet__allocate(work->context, binet__groups_scratch(groups), sizeof **of_groups, NULL);
    }
    return (bytes == 0 || *scratch != NULL) && (groups->n_groups == 0 || *of_groups != NULL);
}

/* ---- Labels ------------------------------------------------------------------------------------------------------ */

static int64_t n_labels(const job *work)
{
    const binet__rows_settings *settings = work->settings;
    return settings->groups.n_groups != 0 ? settings->groups.n_groups : work->scores.array->shape[1];
}

/* The label of row i, and its position among the kept classes or the groups: both -1 without labels. */
static int32_t read_label(const job *work, int64_t i, int64_t *label, int64_t *position)
{
    *label = BINET__NO_LABEL;
    *position = -1;
    if (work->labels == NULL) {
        return FAULT_NONE;
    }
    *label = binet__integer_at(work->labels, i);
    if (*label < 0 || *label >= n_labels(work)) {
        return FAULT_LABEL;
    }
    const binet__rows_settings *settings = work->settings;
    int of_subset = settings->subset != NULL && settings->groups.n_groups == 0;
    *position = of_subset ? binet__find_class(settings->subset, settings->subset_size, *label) : *label;
    return *position >= 0 ? FAULT_NONE : FAULT_LABEL_OUTSIDE_SUBSET;
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

static void reduce(const job *work, const void *scores, int64_t label, binet__row *row)
{
    const binet__kernels *kernels = work->settings->kernels;
    int logits = work->settings->kind == BINET_LOGITS;
    if (work->scores.array->dtype == BINET_F64) {
        (logits ? kernels->logits_f64 : kernels->probabilities_f64)(scores, work->scores.n_kept, label,
                                                                    &work->parameters, row);
    } else {
        (logits ? kernels->logits_f32 : kernels->probabilities_f32)(scores, work->scores.n_kept, label,
                                                                    &work->parameters, row);
    }
}

static void reduce_to_groups(const job *work, const void *scores, int64_t label, double *scratch, binet__row *row)
{
    binet__row_scores classes = {scores, work->scores.array->dtype == BINET_F64, work->settings->kind == BINET_LOGITS,
                                 work->parameters.inverse_temperature};
    reduce(work, scores, -1, row);
    if (row->state == BINET__ROW_OK) {
        binet__groups_reduce(&work->settings->groups, work->settings->kernels, &classes, label, scratch, row);
    }
}

static int64_t class_of(const job *work, int64_t position)
{
    return work->settings->subset != NULL ? work->settings->subset[position] : position;
}

static void store(const job *work, int64_t i, int64_t label, const binet__row *row)
{
    const binet_predictions *table = work->table;
    int64_t at = table->n + i;
    int64_t predicted = work->settings->groups.n_groups != 0 ? row->predicted : class_of(work, row->predicted);
    binet__column_i32(table, BINET_PREDICTED_CLASS)[at] = (int32_t)predicted;
    binet__column_f64(table, BINET_CONFIDENCE)[at] = row->confidence;
    binet__column_i32(table, BINET_LABEL)[at] = (int32_t)label;
    binet__column_f64(table, BINET_TRUE_PROBABILITY)[at] = row->true_probability;
    binet__column_f64(table, BINET_NLL)[at] = row->nll;
    binet__column_i32(table, BINET_RANK)[at] = row->rank;
    binet__column_f64(table, BINET_BRIER)[at] = row->brier;
    binet__column_f64(table, BINET_ENTROPY)[at] = row->entropy;
}

static void note(const job *work, const void *scores, const binet__row *row, fault *found)
{
    found->reason = row->state;
    found->value = row->sum;
    if (row->state == BINET__ROW_OUT_OF_RANGE) {
        found->value = work->scores.array->dtype == BINET_F64 ? ((const double *)scores)[row->fault]
                                                              : (double)((const float *)scores)[row->fault];
    }
    int has_column = row->state != BINET__ROW_ALL_EXCLUDED && row->state != BINET__ROW_SUM;
    found->column = has_column ? class_of(work, row->fault) : -1;
}

/* Fill the rows of a chunk, up to the first that is at fault. */
static void fill_chunk(void *argument, int64_t index)
{
    const job *work = argument;
    fault *found = &work->faults[index];
    int64_t n = work->scores.array->shape[0];
    int64_t first = index * work->rows_per_chunk;
    int64_t end = n - first < work->rows_per_chunk ? n : first + work->rows_per_chunk;
    void *scratch;
    double *of_groups;
    if (!allocate_scratch(work, &scratch, &of_groups)) {
        found->reason = FAULT_MEMORY;
        end = first;
    }
    for (int64_t i = first; i < end && found->reason == FAULT_NONE; i++) {
        binet__row row;
        int64_t position;
        found->row = i;
        found->reason = read_label(work, i, &found->label, &position);
        if (found->reason != FAULT_NONE) {
            break;
        }
        const void *scores = binet__scores_read(&work->scores, i, 0, work->scores.n_kept, scratch);
        if (of_groups != NULL) {
            reduce_to_groups(work, scores, position, of_groups, &row);
        } else {
            reduce(work, scores, position, &row);
        }
        if (row.state == BINET__ROW_OK) {
            store(work, i, found->label, &row);
        } else if (row.state == BINET__ROW_NAN && work->omitted != NULL) {
            work->omitted[i] = 1;
        } else {
            note(work, scores, &row, found);
        }
    }
    binet__release(work->context, scratch);
    binet__release(work->context, of_groups);
}

/* ---- The batch --------------------------------------------------------------------------------------------------- */

static binet_status fail_row(const job *work, const fault *found, int64_t first_row, binet_error *error)
{
    int64_t element = first_row + found->row;
    long long row = (long long)element;
    switch (found->reason) {
    case FAULT_LABEL:
        return binet__fail(error, BINET_INVALID_DATA, "labels", row, "labels[%lld] is %lld; allowed: 0 .. %lld", row,
                           (long long)found->label, (long long)(n_labels(work) - 1));
    case FAULT_LABEL_OUTSIDE_SUBSET:
        return binet__fail(error, BINET_INVALID_DATA, "labels", row,
                           "labels[%lld] is %lld, which is not among the %lld classes of options->subset", row,
                           (long long)found->label, (long long)work->settings->subset_size);
    case FAULT_MEMORY:
        return binet__fail(error, BINET_OUT_OF_MEMORY, "", -1, "no memory for a row of %lld scores",
                           (long long)work->scores.n_kept);
    default:
        return binet__scores_fail(&work->scores, found->reason, element, found->column, found->value, error);
    }
}

binet_status binet__rows_fill(const binet_context *context, const binet__rows_settings *settings,
                              const binet_array *scores, const binet_array *labels, int64_t first_row,
                              binet_predictions *table, unsigned char *omitted, binet_error *error)
{
    job work = {.context = context,
                .settings = settings,
                .labels = labels,
                .table = table,
                .omitted = omitted,
                .scores = binet__scores_of(scores, settings->subset, settings->subset_size, settings->kernels)};
    work.parameters.inverse_temperature = 1.0 / settings->temperature;
    work.parameters.sum_tolerance = work.scores.sum_tolerance;
    work.rows_per_chunk = 1 + CHUNK_ELEMENTS / (work.scores.n_kept + ROW_ELEMENTS);
    int64_t n = scores->shape[0];
    int64_t n_chunks = n / work.rows_per_chunk + (n % work.rows_per_chunk != 0);
    work.faults = binet__allocate_zero(context, n_chunks, sizeof *work.faults, error);
    if (work.faults == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    binet_status status = binet__run(context, n_chunks, fill_chunk, &work, error);
    for (int64_t i = 0; status == BINET_OK && i < n_chunks; i++) {
        if (work.faults[i].reason != FAULT_NONE) {
            status = fail_row(&work, &work.faults[i], first_row, error);
        }
    }
    binet__release(context, work.faults);
    return status;
}
