#include "evaluate/features.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"

/* The header's length does not depend on the shape, since the number of rows is known only at the end. */
enum { HEADER_SIZE = 128, PREFIX_SIZE = 10 };

static void write_header(binet__features *features)
{
    char header[HEADER_SIZE + 1] = "\x93NUMPY\x01";
    header[8] = HEADER_SIZE - PREFIX_SIZE; // 16 bits, little-endian; bytes 7 and 9 are zero
    int length = snprintf(header + PREFIX_SIZE, sizeof header - PREFIX_SIZE,
                          "{'descr': '<f4', 'fortran_order': False, 'shape': (%lld, %lld), }",
                          (long long)features->n_rows, (long long)features->n_columns);
    memset(header + PREFIX_SIZE + length, ' ', (size_t)(HEADER_SIZE - PREFIX_SIZE - length));
    header[HEADER_SIZE - 1] = '\n';
    (void)fwrite(header, 1, HEADER_SIZE, features->file.stream);
}

binet_status binet__features_create(const binet_context *context, const char *path, binet__features *features,
                                    binet_error *error)
{
    memset(features, 0, sizeof *features);
    features->context = context;
    binet_status status = binet__kernels_of(context, &features->kernels, error);
    return status == BINET_OK ? binet__file_create(context, path, "options", &features->file, error) : status;
}

static binet_status begin(binet__features *features, int64_t n_columns, binet_error *error)
{
    features->row = binet__allocate(features->context, n_columns, sizeof(float) + sizeof(uint16_t), error);
    if (features->row == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    features->n_columns = n_columns;
    write_header(features);
    return BINET_OK;
}

/** One row, contiguous in f32. */
static void convert_row(const binet__features *features, const binet_array *rows, int64_t i)
{
    const char *at = (const char *)rows->data + i * rows->strides[0];
    int64_t n = features->n_columns;
    float *row = features->row;
    uint16_t *halves = (uint16_t *)(row + n);
    for (int64_t k = 0; k < n; k++, at += rows->strides[1]) {
        if (rows->dtype == BINET_F32) {
            memcpy(row + k, at, sizeof *row);
        } else if (rows->dtype == BINET_F64) {
            double value;
            memcpy(&value, at, sizeof value);
            row[k] = (float)value;
        } else {
            memcpy(halves + k, at, sizeof *halves);
        }
    }
    if (rows->dtype == BINET_F16) {
        features->kernels->widen_f16(halves, n, row);
    } else if (rows->dtype == BINET_BF16) {
        features->kernels->widen_bf16(halves, n, row);
    }
}

binet_status binet__features_append(binet__features *features, const binet_array *rows, binet_error *error)
{
    binet_status status = features->n_columns == 0 ? begin(features, rows->shape[1], error) : BINET_OK;
    for (int64_t i = 0; status == BINET_OK && i < rows->shape[0]; i++) {
        convert_row(features, rows, i);
        (void)fwrite(features->row, sizeof *features->row, (size_t)features->n_columns, features->file.stream);
        features->n_rows++;
    }
    if (status == BINET_OK && ferror(features->file.stream)) { // a full disk ends the work now, not after hours
        status = binet__fail(error, BINET_IO, "options", -1, "cannot write '%s'", features->file.path);
    }
    return status;
}

binet_status binet__features_commit(binet__features *features, binet_error *error)
{
    if (fseek(features->file.stream, 0, SEEK_SET) != 0) {
        binet_status status = binet__fail_io(error, "options", "write", features->file.path, errno);
        binet__features_discard(features);
        return status;
    }
    write_header(features);
    binet__release(features->context, features->row);
    features->row = NULL;
    return binet__file_commit(&features->file, error);
}

void binet__features_discard(binet__features *features)
{
    binet__release(features->context, features->row);
    features->row = NULL;
    binet__file_discard(&features->file);
}
