#include <math.h>
#include <stdio.h>

#include "base/context.h"
#include "base/error.h"
#include "base/memory.h"
#include "metrics/hsic.h"
#include "metrics/loop.h"
#include "metrics/similarity.h"

enum { MOST_LAYERS = 65536 };

/* Sums over batches are in units of 2^exponent of each layer's features, the largest that a batch had. */
struct binet_cka_matrix {
    binet_context context;
    int64_t n_first;
    int64_t n_second;
    int unbiased;
    int64_t memory;
    double *products; /* [n_first, n_columns]; of one model the lower triangle */
    double *squares;  /* [layers] */
    double *traces;   /* [layers], squared */
    int *exponents;   /* [layers] */
    int64_t n_batches;
    int64_t n;
    binet__hsic_room room;
};

static int64_t layers_of(const binet_cka_matrix *matrix)
{
    return matrix->n_first + matrix->n_second;
}

static int64_t columns_of(const binet_cka_matrix *matrix)
{
    return matrix->n_second != 0 ? matrix->n_second : matrix->n_first;
}

/* ---- Making one -------------------------------------------------------------------------------------------------- */

static binet_status check_count(int64_t n, int64_t least, const char *argument, binet_error *error)
{
    if (n < least || n > MOST_LAYERS) {
        return binet__fail_argument(error, argument, "%s is %lld; allowed: %lld .. %d", argument, (long long)n,
                                    (long long)least, MOST_LAYERS);
    }
    return BINET_OK;
}

static binet_status allocate(binet_cka_matrix *made, binet_error *error)
{
    const binet_context *context = &made->context;
    int64_t n_layers = layers_of(made);
    made->products = binet__allocate_zero(context, made->n_first * columns_of(made), sizeof(double), error);
    made->squares = made->products != NULL ? binet__allocate_zero(context, n_layers, sizeof(double), error) : NULL;
    made->traces = made->squares != NULL ? binet__allocate_zero(context, n_layers, sizeof(double), error) : NULL;
    made->exponents = made->traces != NULL ? binet__allocate_zero(context, n_layers, sizeof(int), error) : NULL;
    return made->exponents != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
}

binet_status binet_cka_matrix_create(const binet_context *context, int64_t n_first, int64_t n_second,
                                     const binet_cka_matrix_options *options, binet_cka_matrix **matrix,
                                     binet_error *error)
{
    binet_cka_matrix_options given;
    int unbiased = 0;
    binet_status status = binet__require(matrix, "matrix", error);
    status = status == BINET_OK ? binet__read_struct(&given, sizeof given, options, "options", error) : status;
    status = status == BINET_OK ? check_count(n_first, 1, "n_first", error) : status;
    status = status == BINET_OK ? check_count(n_second, 0, "n_second", error) : status;
    status =
        status == BINET_OK ? binet__check_estimator(given.estimator, BINET_HSIC_UNBIASED, &unbiased, error) : status;
    if (status == BINET_OK && given.memory < 0) {
        status = binet__fail_argument(error, "options", "options->memory is %lld; allowed: bytes, or 0 for 256 MiB",
                                      (long long)given.memory);
    }
    if (status != BINET_OK) {
        return status;
    }
    binet_cka_matrix *made = binet__allocate_zero(context, 1, sizeof *made, error);
    if (made == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    made->context = binet__context_copy(context);
    made->n_first = n_first;
    made->n_second = n_second;
    made->unbiased = unbiased;
    made->memory = given.memory != 0 ? given.memory : BINET__HSIC_MEMORY;
    status = allocate(made, error);
    if (status != BINET_OK) {
        binet_cka_matrix_destroy(made);
        return status;
    }
    *matrix = made;
    return BINET_OK;
}

void binet_cka_matrix_destroy(binet_cka_matrix *matrix)
{
    if (matrix != NULL) {
        binet_context context = matrix->context;
        binet__hsic_room_release(&context, &matrix->room);
        binet__release(&context, matrix->exponents);
        binet__release(&context, matrix->traces);
        binet__release(&context, matrix->squares);
        binet__release(&context, matrix->products);
        binet__release(&context, matrix);
    }
}

/* ---- Appending --------------------------------------------------------------------------------------------------- */

static binet_status check_layers(const binet_array *layers, int64_t n_layers, const char *argument, int unbiased,
                                 int64_t *n, binet_error *error)
{
    binet_status status = n_layers != 0 ? binet__require(layers, argument, error) : BINET_OK;
    if (n_layers == 0 && layers != NULL) {
        status = binet__fail_argument(error, argument, "%s is given; the matrix was made of one model", argument);
    }
    for (int64_t l = 0; status == BINET_OK && l < n_layers; l++) {
        binet_error reason;
        char name[48];
        (void)snprintf(name, sizeof name, "%s[%lld]", argument, (long long)l);
        status = binet__check_samples(&layers[l], name, unbiased, n, &reason);
        if (status != BINET_OK) {
            status = binet__fail(error, status, argument, l, "%s", reason.message);
        }
    }
    return status;
}

/* What the sums of one batch need. */
typedef struct batch_work {
    const binet_cka_matrix *matrix;
    const binet_array *first;
    const binet_array *second;
    const binet__kernels *kernels;
    binet__centred *layers;
    double *products;
    double *squares;
    double *traces;
} batch_work;

static binet_status begin(const void *self, void **scratch, binet_error *error)
{
    (void)self;
    (void)error;
    *scratch = NULL;
    return BINET_OK;
}

static void end(const void *self, void *scratch)
{
    (void)self;
    (void)scratch;
}

static binet_status centre_step(const void *self, void *scratch, int64_t layer, binet_error *error)
{
    (void)scratch;
    const batch_work *of = self;
    int64_t n_first = of->matrix->n_first;
    int is_first = layer < n_first;
    const binet_array *array = is_first ? &of->first[layer] : &of->second[layer - n_first];
    const char *argument = is_first ? "first" : "second";
    binet_status status =
        binet__centred_create(&of->matrix->context, array, argument, of->kernels, &of->layers[layer], error);
    if (status == BINET_INVALID_DATA) {
        return binet__fail(error, status, argument, error->element, "row %lld of %s[%lld] holds a NaN or an infinity",
                           (long long)error->element, argument, (long long)(is_first ? layer : layer - n_first));
    }
    return status;
}

/* Both sides of a sum in the larger of their units: the factors of what was there, and of what comes. */
static void meet(int *exponent, const binet__centred *layer, int is_new, double *before, double *after)
{
    *before = 1.0;
    *after = 1.0;
    if (layer->constant) {
        return; /* adds zeros, whose exponent says nothing */
    }
    int largest = is_new || layer->exponent > *exponent ? layer->exponent : *exponent;
    *before = is_new ? 1.0 : ldexp(1.0, 2 * (*exponent - largest));
    *after = ldexp(1.0, 2 * (layer->exponent - largest));
    *exponent = largest;
}

static binet_status add_batch(binet_cka_matrix *matrix, const batch_work *of, int64_t n, binet_error *error)
{
    int64_t n_layers = layers_of(matrix);
    int64_t n_columns = columns_of(matrix);
    double *before = binet__allocate(&matrix->context, n_layers, 2 * sizeof *before, error);
    if (before == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    double *after = before + n_layers;
    double divisor = binet__hsic_divisor(n, matrix->unbiased);
    for (int64_t l = 0; l < n_layers; l++) {
        int is_new = matrix->traces[l] == 0.0;
        meet(&matrix->exponents[l], &of->layers[l], is_new, &before[l], &after[l]);
        double of_before = before[l] * before[l];
        double of_after = after[l] * after[l];
        double trace = of->traces[l];
        matrix->squares[l] = matrix->squares[l] * of_before + of->squares[l] * of_after / divisor;
        matrix->traces[l] = matrix->traces[l] * of_before + trace * trace * of_after / divisor;
    }
    const double *columns_before = matrix->n_second != 0 ? before + matrix->n_first : before;
    const double *columns_after = columns_before + n_layers;
    for (int64_t i = 0; i < matrix->n_first; i++) {
        for (int64_t j = 0; j < (matrix->n_second != 0 ? n_columns : i + 1); j++) {
            double *sum = &matrix->products[i * n_columns + j];
            *sum = *sum * before[i] * columns_before[j] +
                   of->products[i * n_columns + j] * after[i] * columns_after[j] / divisor;
        }
    }
    matrix->n_batches++;
    matrix->n += n;
    binet__release(&matrix->context, before);
    return BINET_OK;
}

static binet_status compute(binet_cka_matrix *matrix, batch_work *of, int64_t n, binet_error *error)
{
    binet__loop loop = {of, layers_of(matrix), begin, centre_step, end};
    binet_status status = binet__loop_run(&matrix->context, &loop, error);
    if (status != BINET_OK) {
        return status;
    }
    binet__hsic_batch batch = {.context = &matrix->context,
                               .layers = of->layers,
                               .n = n,
                               .n_first = matrix->n_first,
                               .n_second = matrix->n_second,
                               .unbiased = matrix->unbiased,
                               .memory = matrix->memory};
    status = binet__hsic_products(&batch, &matrix->room, of->products, of->squares, of->traces, error);
    return status == BINET_OK ? add_batch(matrix, of, n, error) : status;
}

binet_status binet_cka_matrix_append(binet_cka_matrix *matrix, const binet_array *first, const binet_array *second,
                                     binet_error *error)
{
    int64_t n = -1;
    batch_work of = {.matrix = matrix, .first = first, .second = second};
    binet_status status = binet__require(matrix, "matrix", error);
    status = status == BINET_OK ? check_layers(first, matrix->n_first, "first", matrix->unbiased, &n, error) : status;
    status =
        status == BINET_OK ? check_layers(second, matrix->n_second, "second", matrix->unbiased, &n, error) : status;
    status = status == BINET_OK ? binet__hsic_fits(n, error) : status;
    status = status == BINET_OK ? binet__kernels_of(&matrix->context, &of.kernels, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    const binet_context *context = &matrix->context;
    int64_t n_layers = layers_of(matrix);
    of.layers = binet__allocate_zero(context, n_layers, sizeof *of.layers, error);
    of.products = of.layers != NULL
                      ? binet__allocate(context, matrix->n_first * columns_of(matrix), sizeof(double), error)
                      : NULL;
    of.squares = of.products != NULL ? binet__allocate(context, n_layers, 2 * sizeof(double), error) : NULL;
    of.traces = of.squares != NULL ? of.squares + n_layers : NULL;
    status = of.squares != NULL ? compute(matrix, &of, n, error) : BINET_OUT_OF_MEMORY;
    for (int64_t l = 0; of.layers != NULL && l < n_layers; l++) {
        binet__centred_release(context, &of.layers[l]);
    }
    binet__release(context, of.squares);
    binet__release(context, of.products);
    binet__release(context, of.layers);
    return status;
}

/* ---- The result -------------------------------------------------------------------------------------------------- */

static binet_status check_room(const void *room, int64_t capacity, int64_t needed, const char *name, binet_error *error)
{
    if (room != NULL && capacity < needed) {
        return binet__fail_argument(error, "result", "result->%s has room for %lld entries; %lld are needed", name,
                                    (long long)capacity, (long long)needed);
    }
    return BINET_OK;
}

static int is_constant(const binet_cka_matrix *matrix, int64_t layer)
{
    return binet__hsic_vanishes(matrix->squares[layer], matrix->traces[layer]);
}

static void fill(const binet_cka_matrix *matrix, double *cka)
{
    int64_t n_columns = columns_of(matrix);
    int64_t columns = matrix->n_second != 0 ? matrix->n_first : 0;
    for (int64_t i = 0; i < matrix->n_first; i++) {
        double of_row = is_constant(matrix, i) ? 0.0 : matrix->squares[i];
        for (int64_t j = 0; j < n_columns; j++) {
            int64_t at = matrix->n_second == 0 && j > i ? j * n_columns + i : i * n_columns + j;
            double of_column = is_constant(matrix, columns + j) ? 0.0 : matrix->squares[columns + j];
            cka[i * n_columns + j] = binet__cosine(matrix->products[at], of_row, of_column);
        }
    }
}

binet_status binet_cka_matrix_finish(const binet_cka_matrix *matrix, binet_cka_matrix_result *result,
                                     binet_error *error)
{
    binet_cka_matrix_result made;
    binet_status status = binet__require(matrix, "matrix", error);
    status = status == BINET_OK ? binet__check_struct(result, sizeof *result, "result", error) : status;
    status = status == BINET_OK ? binet__read_struct(&made, sizeof made, result, "result", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (matrix->n_batches == 0) {
        return binet__fail(error, BINET_INVALID_DATA, "matrix", -1, "matrix has no batch");
    }
    int64_t n_layers = layers_of(matrix);
    int64_t n_entries = matrix->n_first * columns_of(matrix);
    status = check_room(made.cka, made.cka_capacity, n_entries, "cka", error);
    status =
        status == BINET_OK ? check_room(made.constant, made.constant_capacity, n_layers, "constant", error) : status;
    if (status != BINET_OK) {
        return status;
    }
    made.n_rows = matrix->n_first;
    made.n_columns = columns_of(matrix);
    made.n_batches = matrix->n_batches;
    made.n = matrix->n;
    made.n_constant = 0;
    if (made.cka != NULL) {
        fill(matrix, made.cka);
    }
    for (int64_t l = 0; l < n_layers; l++) {
        int constant = is_constant(matrix, l);
        made.n_constant += constant;
        if (made.constant != NULL) {
            made.constant[l] = (uint8_t)constant;
        }
    }
    binet__write_struct(result, &made, sizeof made);
    return BINET_OK;
}
