#include "metrics/predictions_builder.h"

#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "binet/predictions.h"
#include "metrics/predictions_rows.h"
#include "metrics/predictions_table.h"
#include "metrics/scores.h"

struct binet_predictions_builder {
    binet_context context;
    binet__rows_settings settings;
    int64_t *subset;          /* behind settings.subset */
    int64_t n_classes;        /* of the scores; 0: no batch yet */
    int64_t n_given;          /* rows of all batches so far, those left out among them */
    binet_predictions *table; /* NULL once it is handed over */
};

static binet_status check_options(int32_t kind, const binet_predictions_options *options, binet_error *error)
{
    if (options->nan_policy != BINET_NAN_ERROR && options->nan_policy != BINET_NAN_OMIT) {
        return binet__fail_argument(error, "options", "options->nan_policy is %d; allowed: %d (error), %d (omit)",
                                    (int)options->nan_policy, BINET_NAN_ERROR, BINET_NAN_OMIT);
    }
    return binet__scores_check_kind(kind, options->temperature, error);
}

static binet_status check_subset(int32_t kind, const int64_t *subset, int64_t size, binet_error *error)
{
    if (subset == NULL && size == 0) {
        return BINET_OK;
    }
    if (subset == NULL || size < 1) {
        return binet__fail_argument(error, "options", "options->subset is %s and options->subset_size is %lld",
                                    subset == NULL ? "NULL" : "given", (long long)size);
    }
    if (kind == BINET_PROBABILITIES) {
        return binet__fail_argument(error, "options", "options->subset is given; probabilities allow none");
    }
    for (int64_t i = 0; i < size; i++) {
        int64_t least = i == 0 ? 0 : subset[i - 1] + 1;
        if (subset[i] < least || subset[i] >= INT32_MAX) {
            return binet__fail(error, BINET_INVALID_ARGUMENT, "options", i,
                               "options->subset[%lld] is %lld; allowed there: %lld .. %d, strictly ascending",
                               (long long)i, (long long)subset[i], (long long)least, INT32_MAX - 1);
        }
    }
    return BINET_OK;
}

binet_status binet_predictions_builder_create(const binet_context *context, int32_t kind,
                                              const binet_predictions_options *options,
                                              binet_predictions_builder **builder, binet_error *error)
{
    binet_predictions_options given;
    binet_status status = binet__require(builder, "builder", error);
    status = status == BINET_OK ? binet__read_struct(&given, sizeof given, options, "options", error) : status;
    status = status == BINET_OK ? check_options(kind, &given, error) : status;
    status = status == BINET_OK ? check_subset(kind, given.subset, given.subset_size, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    binet_predictions_builder *made = binet__allocate_zero(context, 1, sizeof *made, error);
    if (made == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    made->context = binet__context_copy(context);
    made->settings.kind = kind;
    made->settings.nan_policy = given.nan_policy;
    made->settings.temperature = given.temperature != 0.0 ? given.temperature : 1.0;
    status = binet__kernels_of(context, &made->settings.kernels, error);
    if (status == BINET_OK && given.subset != NULL) {
        made->subset = binet__allocate(context, given.subset_size, sizeof *made->subset, error);
        status = made->subset != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
        if (status == BINET_OK) {
            memcpy(made->subset, given.subset, (size_t)given.subset_size * sizeof *made->subset);
        }
        made->settings.subset = made->subset;
        made->settings.subset_size = given.subset_size;
    }
    status = status == BINET_OK ? binet__groups_create(context, &given, &made->settings.groups, error) : status;
    status = status == BINET_OK ? binet__predictions_create(context, &made->table, error) : status;
    if (status != BINET_OK) {
        binet_predictions_builder_destroy(made);
        return status;
    }
    *builder = made;
    return BINET_OK;
}

void binet_predictions_builder_destroy(binet_predictions_builder *builder)
{
    if (builder != NULL) {
        binet_context context = builder->context;
        binet_predictions_destroy(builder->table);
        binet__groups_release(&context, &builder->settings.groups);
        binet__release(&context, builder->subset);
        binet__release(&context, builder);
    }
}

/* The classes that the options name are among those of the scores. */
static binet_status check_n_classes(const binet_predictions_builder *builder, int64_t n_classes, binet_error *error)
{
    int64_t subset_size = builder->settings.subset_size;
    if (subset_size > 0 && builder->subset[subset_size - 1] >= n_classes) {
        return binet__fail(error, BINET_INVALID_ARGUMENT, "options", subset_size - 1,
                           "options->subset[%lld] is %lld; scores has %lld classes", (long long)(subset_size - 1),
                           (long long)builder->subset[subset_size - 1], (long long)n_classes);
    }
    const binet__groups *groups = &builder->settings.groups;
    if (subset_size == 0 && groups->n_groups > 0 && groups->columns[groups->largest] >= n_classes) {
        return binet__fail(error, BINET_INVALID_ARGUMENT, "options", groups->largest,
                           "options->group_classes[%lld] is %lld; scores has %lld classes", (long long)groups->largest,
                           (long long)groups->columns[groups->largest], (long long)n_classes);
    }
    return BINET_OK;
}

static binet_status check_batch(const binet_predictions_builder *builder, const binet_array *scores,
                                const binet_array *labels, binet_error *error)
{
    binet_status status = binet__check_array(scores, "scores", 2, BINET__DTYPES_FLOAT, error);
    if (status == BINET_OK && labels != NULL) {
        status = binet__check_array(labels, "labels", 1, BINET__DTYPES_INTEGER, error);
    }
    if (status != BINET_OK) {
        return status;
    }
    int64_t n_classes = scores->shape[1];
    int64_t before = builder->n_classes;
    if (n_classes < 1 || n_classes > INT32_MAX) {
        return binet__fail_argument(error, "scores", "scores has %lld classes; allowed: 1 .. %d", (long long)n_classes,
                                    INT32_MAX);
    }
    if (before != 0 && n_classes != before) {
        return binet__fail_argument(error, "scores", "scores has %lld classes; the batches before had %lld",
                                    (long long)n_classes, (long long)before);
    }
    if (labels != NULL && labels->shape[0] != scores->shape[0]) {
        return binet__fail_argument(error, "labels", "labels has %lld entries; scores has %lld rows",
                                    (long long)labels->shape[0], (long long)scores->shape[0]);
    }
    return check_n_classes(builder, n_classes, error);
}

/* Close the gaps that rows left out have left, and name the rows that stay. */
static binet_status keep_rows(binet_predictions *table, int64_t n, const unsigned char *omitted,
                              const char *const *file_names, int64_t *n_kept, binet_error *error)
{
    int64_t kept = 0;
    binet_status status = BINET_OK;
    for (int64_t i = 0; status == BINET_OK && i < n; i++) {
        if (omitted != NULL && omitted[i]) {
            continue;
        }
        if (kept != i) {
            binet__predictions_copy_row(table, table->n + kept, table, table->n + i);
        }
        status = binet__predictions_name_row(table, table->n + kept, file_names != NULL ? file_names[i] : NULL, error);
        kept++;
    }
    *n_kept = kept;
    return status;
}

binet_status binet_predictions_builder_append(binet_predictions_builder *builder, const binet_array *scores,
                                              const binet_array *labels, const char *const *file_names,
                                              binet_error *error)
{
    binet_status status = binet__require(builder, "builder", error);
    if (status != BINET_OK) {
        return status;
    }
    binet_predictions *table = builder->table;
    if (table == NULL) {
        return binet__fail_argument(error, "builder", "builder has handed over its table");
    }
    status = check_batch(builder, scores, labels, error);
    if (status != BINET_OK) {
        return status;
    }
    int64_t n = scores->shape[0];
    if (n > INT64_MAX - builder->n_given) {
        return binet__fail(error, BINET_OUT_OF_MEMORY, "", -1, "%lld rows after %lld are more than memory",
                           (long long)n, (long long)builder->n_given);
    }
    int64_t n_kept = 0;
    int64_t names_used = table->names_used;
    unsigned char *omitted = NULL;
    if (builder->settings.nan_policy == BINET_NAN_OMIT) {
        omitted = binet__allocate_zero(&builder->context, n, 1, error);
        status = omitted != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    }
    status = status == BINET_OK ? binet__predictions_reserve(table, table->n + n, error) : status;
    if (status == BINET_OK) {
        status = binet__rows_fill(&builder->context, &builder->settings, scores, labels, builder->n_given, table,
                                  omitted, error);
    }
    status = status == BINET_OK ? keep_rows(table, n, omitted, file_names, &n_kept, error) : status;
    binet__release(&builder->context, omitted);
    if (status != BINET_OK) {
        table->names_used = names_used;
        return status;
    }
    table->n += n_kept;
    table->n_omitted += n - n_kept;
    builder->n_classes = scores->shape[1];
    table->n_classes = builder->settings.groups.n_groups != 0 ? builder->settings.groups.n_groups : scores->shape[1];
    builder->n_given += n;
    return BINET_OK;
}

int64_t binet__predictions_builder_count(const binet_predictions_builder *builder)
{
    return builder->table->n;
}

binet_status binet_predictions_builder_finish(binet_predictions_builder *builder, binet_predictions **predictions,
                                              binet_error *error)
{
    binet_status status = binet__require(builder, "builder", error);
    status = status == BINET_OK ? binet__require(predictions, "predictions", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (builder->table == NULL) {
        return binet__fail_argument(error, "builder", "builder has handed over its table");
    }
    if (builder->table->n == 0) {
        return binet__fail(error, BINET_INVALID_DATA, "builder", -1, "no rows: %lld appended, %lld left out with a NaN",
                           (long long)builder->n_given, (long long)builder->table->n_omitted);
    }
    *predictions = builder->table;
    builder->table = NULL;
    return BINET_OK;
}

binet_status binet_predictions_from_scores(const binet_context *context, int32_t kind, const binet_array *scores,
                                           const binet_array *labels, const binet_predictions_options *options,
                                           binet_predictions **predictions, binet_error *error)
{
    binet_predictions_builder *builder = NULL;
    binet_status status = binet__require(predictions, "predictions", error);
    if (status == BINET_OK) {
        status = binet_predictions_builder_create(context, kind, options, &builder, error);
    }
    if (status == BINET_OK) {
        status = binet_predictions_builder_append(builder, scores, labels, NULL, error);
    }
    if (status == BINET_OK && scores->shape[0] == 0) {
        status = binet__fail_argument(error, "scores", "scores has 0 rows; at least 1 is needed");
    } else if (status == BINET_OK && builder->table->n == 0) {
        status = binet__fail(error, BINET_INVALID_DATA, "scores", -1, "scores has a NaN in each of its %lld rows",
                             (long long)scores->shape[0]);
    }
    if (status == BINET_OK) {
        status = binet_predictions_builder_finish(builder, predictions, error);
    }
    binet_predictions_builder_destroy(builder);
    return status;
}
