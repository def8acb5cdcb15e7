#include "metrics/probe_data.h"

#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/context.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "kernels/blas.h"
#include "metrics/loop.h"

enum { BLOCK = 512, LANES = 16, LEAST_COPIED = 4096 };

/* Sizes of features, so that sums of products of two fit in f32 after their mean is taken. */
static const double most = 1e16;

/* ---- What is checked ---- */

static binet_status check_shapes(const binet_array *features, const binet_array *labels, int64_t n_classes,
                                 const binet_array *weights, binet_error *error)
{
    binet_status status = binet__features_check(features, "features", error);
    int64_t n = status == BINET_OK ? features->shape[0] : 0;
    if (status == BINET_OK && features->shape[1] > BINET__MOST_EIGEN) {
        status = binet__fail_argument(error, "features", "features has %lld columns; allowed: up to %d",
                                      (long long)features->shape[1], BINET__MOST_EIGEN);
    }
    if (status == BINET_OK && n > UINT32_MAX) {
        status =
            binet__fail_argument(error, "features", "features has %lld rows; allowed: up to 2^32 - 1", (long long)n);
    }
    if (status == BINET_OK && (n_classes < 2 || n_classes > BINET__MOST_EIGEN)) {
        status = binet__fail_argument(error, "n_classes", "n_classes is %lld; allowed: 2 .. %d", (long long)n_classes,
                                      BINET__MOST_EIGEN);
    }
    status = status == BINET_OK ? binet__check_vector(labels, "labels", BINET__DTYPES_INTEGER, &n, error) : status;
    if (status == BINET_OK && weights != NULL) {
        status = binet__check_vector(weights, "weights", BINET__DTYPE(BINET_F64), &n, error);
    }
    return status;
}

/* Labels and weights, each class with some weight. */
static binet_status read_labels(const binet_array *labels, int64_t n_classes, const binet_array *weights,
                                binet__probe_data *data, binet_error *error)
{
    double *totals = data->shares;
    memset(totals, 0, (size_t)n_classes * sizeof *totals);
    for (int64_t i = 0; i < labels->shape[0]; i++) {
        int64_t label = binet__integer_at(labels, i);
        double weight = weights != NULL ? binet__f64_at(weights, i) : 1.0;
        if (label < 0 || label >= n_classes) {
            return binet__fail(error, BINET_INVALID_DATA, "labels", i, "labels[%lld] is %lld; allowed: 0 .. %lld",
                               (long long)i, (long long)label, (long long)(n_classes - 1));
        }
        if (!(weight >= 0.0 && isfinite(weight))) {
            return binet__fail(error, BINET_INVALID_DATA, "weights", i,
                               "weights[%lld] is %g; allowed: finite numbers, 0 or more", (long long)i, weight);
        }
        data->labels[i] = (int32_t)label;
        if (weights != NULL) {
            data->weights[i] = weight;
        }
        totals[label] += weight;
        data->weight += weight;
    }
    for (int64_t k = 0; k < n_classes; k++) {
        if (totals[k] == 0.0) {
            return binet__fail(error, BINET_INVALID_DATA, "labels", k,
                               "class %lld has no row%s; each class needs one, or its intercept has no optimum",
                               (long long)k, weights != NULL ? " with a weight" : "");
        }
    }
    if (!isfinite(data->weight)) {
        return binet__fail(error, BINET_INVALID_DATA, "weights", -1, "the weights sum to infinity");
    }
    for (int64_t k = 0; k < n_classes; k++) {
        data->shares[k] = totals[k] / data->weight;
    }
    return BINET_OK;
}

/* ---- Reading the array ---- */

typedef struct reading {
    binet__probe_data *data;
    double *sums;         /* by weight: [LANES, width] of rows, or [LANES] of their squared distances to the mean */
    const int64_t *slots; /* [n]: where a row is copied to, -1: nowhere; NULL: the mean is not known yet */
} reading;

typedef struct scratch {
    void *read;
    double *block; /* [BLOCK, width] */
} scratch;

static void end(const void *self, void *scratch_)
{
    const reading *of = self;
    scratch *work = scratch_;
    if (work != NULL) {
        binet__release(of->data->context, work->block);
        binet__release(of->data->context, work->read);
        binet__release(of->data->context, work);
    }
}

static binet_status begin(const void *self, void **scratch_, binet_error *error)
{
    const reading *of = self;
    const binet_context *context = of->data->context;
    scratch *work = binet__allocate_zero(context, 1, sizeof *work, error);
    if (work != NULL) {
        work->read = binet__features_scratch(context, &of->data->features, error);
        work->block = binet__allocate(context, BLOCK * of->data->features.width, sizeof *work->block, error);
    }
    if (work == NULL || work->read == NULL || work->block == NULL) {
        end(self, work);
        return BINET_OUT_OF_MEMORY;
    }
    *scratch_ = work;
    return BINET_OK;
}

static binet_status add_row(const reading *of, int64_t lane, int64_t row, const double *values, binet_error *error)
{
    int64_t width = of->data->features.width;
    double weight = of->data->weights != NULL ? of->data->weights[row] : 1.0;
    double *sums = of->sums + lane * width;
    double largest = 0.0;
    for (int64_t j = 0; j < width; j++) {
        largest = fmax(largest, fabs(values[j]));
        sums[j] += weight * values[j];
    }
    return largest <= most ? BINET_OK
                           : binet__fail(error, BINET_INVALID_DATA, "features", row,
                                         "row %lld of features holds a number of size %g; allowed: up to %g",
                                         (long long)row, largest, most);
}

static void copy_row(const reading *of, int64_t lane, int64_t row, double *values)
{
    const binet__probe_data *data = of->data;
    int64_t width = data->features.width;
    double weight = data->weights != NULL ? data->weights[row] : 1.0;
    for (int64_t j = 0; j < width; j++) {
        values[j] -= data->mean[j];
    }
    of->sums[lane] += weight * binet__dot(values, values, width);
    if (of->slots[row] >= 0) {
        float *to = data->kept + of->slots[row] * width;
        for (int64_t j = 0; j < width; j++) {
            to[j] = (float)values[j];
        }
    }
}

static binet_status step(const void *self, void *scratch_, int64_t lane, binet_error *error)
{
    const reading *of = self;
    const scratch *work = scratch_;
    const binet__features *features = &of->data->features;
    int64_t last = (lane + 1) * features->n / LANES;
    for (int64_t first = lane * features->n / LANES; first < last; first += BLOCK) {
        int64_t n = last - first < BLOCK ? last - first : BLOCK;
        binet_status status = binet__features_block_f64(features, first, n, work->read, work->block, error);
        for (int64_t i = 0; status == BINET_OK && i < n; i++) {
            double *values = work->block + i * features->width;
            if (of->slots == NULL) {
                status = add_row(of, lane, first + i, values, error);
            } else {
                copy_row(of, lane, first + i, values);
            }
        }
        if (status != BINET_OK) {
            return status;
        }
    }
    return BINET_OK;
}

static binet_status read_rows(reading *of, binet_error *error)
{
    binet__loop loop = {.self = of, .n = LANES, .begin = begin, .step = step, .end = end};
    of->data->n_passes++;
    return binet__loop_run(of->data->context, &loop, error);
}

static binet_status take_mean(binet__probe_data *data, binet_error *error)
{
    int64_t width = data->features.width;
    reading of = {.data = data, .sums = binet__allocate_zero(data->context, LANES * width, sizeof *of.sums, error)};
    if (of.sums == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    binet_status status = read_rows(&of, error);
    for (int64_t j = 0; status == BINET_OK && j < width; j++) {
        double sum = 0.0;
        for (int64_t lane = 0; lane < LANES; lane++) {
            sum += of.sums[lane * width + j];
        }
        data->mean[j] = sum / data->weight;
    }
    binet__release(data->context, of.sums);
    return status;
}

/* ---- The copy ---- */

/* Give `copied` of the rows a place in random order; the rest none. Rows with a weight come before those without. */
static void draw_slots(const double *weights, int64_t n, int64_t copied, int64_t *order, int64_t *slots)
{
    int64_t n_weighted = 0;
    int64_t n_others = 0;
    for (int64_t i = 0; i < n; i++) {
        slots[i] = -1;
        if (weights == NULL || weights[i] > 0.0) {
            order[n_weighted++] = i;
        } else {
            order[n - ++n_others] = i;
        }
    }
    for (int64_t i = 0; i < copied; i++) {
        int64_t end_ = i < n_weighted ? n_weighted : n;
        int64_t from = i + binet__random_index(0, 0, (uint64_t)i, (uint32_t)(end_ - i));
        int64_t row = order[from];
        order[from] = order[i];
        slots[row] = i;
    }
}

static binet_status copy_rows(binet__probe_data *data, binet_error *error)
{
    int64_t n = data->features.n;
    int64_t copied = data->copied.n;
    int64_t *slots = binet__allocate(data->context, n, 2 * sizeof *slots, error);
    if (slots == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    draw_slots(data->weights, n, copied, slots + n, slots);
    double squares[LANES] = {0};
    reading of = {.data = data, .slots = slots, .sums = squares};
    binet_status status = read_rows(&of, error);
    for (int64_t lane = 0; lane < LANES; lane++) {
        data->trace += squares[lane] / data->weight;
    }
    for (int64_t i = 0; i < n; i++) {
        if (slots[i] >= 0) {
            data->labels[n + slots[i]] = data->labels[i];
        }
        if (slots[i] >= 0 && data->weights != NULL) {
            data->weights[n + slots[i]] = data->weights[i];
        }
    }
    binet__release(data->context, slots);
    return status;
}

static void describe_rows(binet__probe_data *data, int64_t n_classes)
{
    int64_t n = data->features.n;
    binet__probe_rows rows = {.mean = data->mean, .width = data->features.width, .n_classes = n_classes};
    data->copied = rows;
    data->copied.n = n;
    data->copied.kept = data->kept;
    data->copied.stride = data->features.width;
    data->copied.labels = data->labels + n;
    data->copied.weights = data->weights != NULL ? data->weights + n : NULL;
    data->all = rows;
    data->all.n = n;
    data->all.features = &data->features;
    data->all.labels = data->labels;
    data->all.weights = data->weights;
}

static binet_status allocate(binet__probe_data *data, int64_t copied, int64_t n_classes, int has_weights,
                             binet_error *error)
{
    int64_t n = data->features.n;
    int64_t width = data->features.width;
    data->shares = binet__allocate(data->context, n_classes, sizeof *data->shares, error);
    data->mean = binet__allocate(data->context, width, sizeof *data->mean, error);
    data->labels = binet__allocate(data->context, n + copied, sizeof *data->labels, error);
    data->kept = binet__allocate(data->context, copied, (uint64_t)width * sizeof *data->kept, error);
    if (has_weights) {
        data->weights = binet__allocate(data->context, n + copied, sizeof *data->weights, error);
    }
    return data->shares != NULL && data->mean != NULL && data->labels != NULL && data->kept != NULL &&
                   (data->weights != NULL || !has_weights)
               ? BINET_OK
               : BINET_OUT_OF_MEMORY;
}

binet_status binet__probe_data_read(const binet_context *context, const binet_array *features,
                                    const binet_array *labels, int64_t n_classes, const binet_array *weights,
                                    int64_t row_bytes, binet__probe_data *data, binet_error *error)
{
    const binet__kernels *kernels = NULL;
    binet_status status = check_shapes(features, labels, n_classes, weights, error);
    status = status == BINET_OK ? binet__kernels_of(context, &kernels, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    memset(data, 0, sizeof *data);
    data->context = context;
    data->array = *features;
    data->features = binet__features_of(&data->array, "features", kernels);
    int64_t n = features->shape[0];
    int64_t fit = row_bytes / ((int64_t)sizeof(float) * features->shape[1]);
    int64_t sampled = fit / 2 > LEAST_COPIED ? fit / 2 : LEAST_COPIED;
    int64_t copied = fit >= n || sampled >= n ? n : sampled;
    status = allocate(data, copied, n_classes, weights != NULL, error);
    status = status == BINET_OK ? read_labels(labels, n_classes, weights, data, error) : status;
    status = status == BINET_OK ? take_mean(data, error) : status;
    if (status == BINET_OK) {
        describe_rows(data, n_classes);
        data->copied.n = copied;
        status = copy_rows(data, error);
    }
    if (status == BINET_OK) {
        data->nearest = copied == n ? data->copied : data->all;
    }
    if (status != BINET_OK) {
        binet__probe_data_release(data);
    }
    return status;
}

void binet__probe_data_release(binet__probe_data *data)
{
    binet__release(data->context, data->weights);
    binet__release(data->context, data->kept);
    binet__release(data->context, data->labels);
    binet__release(data->context, data->mean);
    binet__release(data->context, data->shares);
    memset(data, 0, sizeof *data);
}
