#include "image/resize.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "image/axis.h"
#include "image/image.h"

binet_status binet__check_interpolation(int32_t interpolation, const char *argument, binet_error *error)
{
    if (interpolation != BINET_BILINEAR && interpolation != BINET_BICUBIC) {
        return binet__fail_argument(error, argument, "interpolation is %d, not BINET_BILINEAR (1) or BINET_BICUBIC (2)",
                                    (int)interpolation);
    }
    return BINET_OK;
}

/* Pixels low .. high - 1 of a row, side by side: where they lie, or the copy. */
static const uint8_t *gather_row(const binet_array *pixels, int64_t y, int64_t low, int64_t high, uint8_t *copy)
{
    const uint8_t *from = (const uint8_t *)pixels->data + y * pixels->strides[0] + low * pixels->strides[1];
    if (pixels->strides[1] == 3 && pixels->strides[2] == 1) {
        return from;
    }
    uint8_t *to = copy;
    for (int64_t x = low; x < high; x++, from += pixels->strides[1]) {
        for (int64_t channel = 0; channel < 3; channel++) {
            *to++ = from[channel * pixels->strides[2]];
        }
    }
    return copy;
}

/* The rows of `pixels` that `rows` needs, side by side as resize_rows takes them: where they lie, or a copy in *copy.
 */
static binet_status contiguous_rows(binet__resizer *resizer, const binet_array *pixels, const uint8_t **first,
                                    int64_t *stride, uint8_t **copy, binet_error *error)
{
    const binet__axis *columns = &resizer->columns;
    const binet__axis *rows = &resizer->rows;
    int64_t n_bytes = 3 * ((int64_t)columns->high - columns->low);
    if (pixels->strides[1] == 3 && pixels->strides[2] == 1) {
        *first = gather_row(pixels, rows->low, columns->low, columns->high, NULL);
        *stride = pixels->strides[0];
        return BINET_OK;
    }
    int64_t n_rows = (int64_t)rows->high - rows->low;
    *copy = binet__allocate(resizer->context, n_rows, (uint64_t)n_bytes, error);
    if (*copy == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    for (int64_t i = 0; i < n_rows; i++) {
        (void)gather_row(pixels, rows->low + i, columns->low, columns->high, *copy + i * n_bytes);
    }
    *first = *copy;
    *stride = n_bytes;
    return BINET_OK;
}

/* Resample the rows first: what is left is a picture of the rows that are wanted, with the columns that they need. */
static binet_status resample_rows(binet__resizer *resizer, binet_array *pixels, uint8_t **shorter, binet_error *error)
{
    binet__axis *columns = &resizer->columns;
    binet__axis *rows = &resizer->rows;
    int64_t n_bytes = 3 * ((int64_t)columns->high - columns->low);
    const uint8_t *first;
    int64_t stride;
    uint8_t *copy = NULL;
    binet_status status = contiguous_rows(resizer, pixels, &first, &stride, &copy, error);
    if (status == BINET_OK) {
        *shorter = binet__allocate(resizer->context, rows->n, (uint64_t)n_bytes, error);
        status = *shorter != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    }
    for (int64_t i = 0; status == BINET_OK && i < rows->n; i++) {
        resizer->kernels->resize_rows(first + rows->first[i] * stride, stride, rows->weights + i * rows->stride,
                                      rows->counts[i], n_bytes, *shorter + i * n_bytes);
    }
    binet__release(resizer->context, copy);
    if (status != BINET_OK) {
        return status;
    }
    *pixels = (binet_array){.data = *shorter, .strides = {n_bytes, 3, 1}};
    int32_t n = rows->n;
    binet__axis_release(resizer->context, rows);
    rows->n = n;
    rows->high = n;
    columns->high -= columns->low;
    columns->low = 0;
    return BINET_OK;
}

/* Resample the columns of the rows that are needed, four rows at a time; `scratch` has room for four gathered rows of 3
 * bytes a pixel, and 16 bytes a column. */
static void resample_columns(binet__resizer *resizer, const binet_array *pixels, uint8_t *scratch)
{
    const binet__axis *columns = &resizer->columns;
    const binet__axis *rows = &resizer->rows;
    int64_t n_in = (int64_t)columns->high - columns->low;
    binet__taps taps = {columns->n, columns->stride, columns->first, columns->counts, columns->weights};
    uint8_t *interleaved = scratch + 12 * n_in;
    int32_t n_rows = rows->high - rows->low;
    for (int32_t i = 0; i < n_rows; i += 4) {
        const uint8_t *from[4];
        uint8_t *to[4];
        for (int32_t j = 0; j < 4; j++) {
            /* The last row is done again where fewer than four are left. */
            int32_t row = i + j < n_rows ? i + j : n_rows - 1;
            from[j] = gather_row(pixels, (int64_t)rows->low + row, columns->low, columns->high, scratch + 3 * n_in * j);
            to[j] = resizer->resampled + row * resizer->stride;
        }
        if (columns->weights != NULL) {
            resizer->kernels->resize_interleave(from, n_in, interleaved);
            resizer->kernels->resize_columns(interleaved, &taps, to);
            continue;
        }
        for (int32_t j = 0; j < 4; j++) {
            memcpy(to[j], from[j], (size_t)n_in * 3);
        }
    }
}

/* The order of the passes decides pixels, since each rounds to bytes. Pillow resamples the columns first and, from 13.0
 * on, the rows first where the height loses more than twice as many pixels as the width. */
static int rows_come_first(const binet_array *pixels, binet__extent width, binet__extent height)
{
    int64_t lost_rows = pixels->shape[0] - height.size;
    int64_t lost_columns = pixels->shape[1] - width.size;
    return lost_rows > 0 && lost_rows > 2 * lost_columns;
}

static binet_status resample(binet__resizer *resizer, const binet_array *pixels, int rows_first, binet_error *error)
{
    binet_array source = *pixels;
    uint8_t *shorter = NULL;
    uint8_t *scratch = NULL;
    binet_status status = rows_first ? resample_rows(resizer, &source, &shorter, error) : BINET_OK;
    if (status == BINET_OK) {
        /* The kernel writes a byte after the end of each row. */
        resizer->stride = (int64_t)resizer->columns.n * 3 + 1;
        resizer->resampled = binet__allocate(resizer->context, (int64_t)resizer->rows.high - resizer->rows.low,
                                             (uint64_t)resizer->stride, error);
        status = resizer->resampled != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    }
    if (status == BINET_OK) {
        scratch = binet__allocate(resizer->context, (int64_t)resizer->columns.high - resizer->columns.low, 28, error);
        status = scratch != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    }
    if (status == BINET_OK) {
        resample_columns(resizer, &source, scratch);
    }
    binet__release(resizer->context, scratch);
    binet__release(resizer->context, shorter);
    return status;
}

binet_status binet__resizer_begin(const binet_context *context, const binet_array *pixels, binet__extent width,
                                  binet__extent height, int32_t interpolation, binet__resizer *resizer,
                                  binet_error *error)
{
    memset(resizer, 0, sizeof *resizer);
    resizer->context = context;
    binet_status status = binet__kernels_of(context, &resizer->kernels, error);
    if (status == BINET_OK) {
        status = binet__axis_create(context, (int32_t)pixels->shape[1], width, interpolation, &resizer->columns, error);
    }
    if (status == BINET_OK) {
        status = binet__axis_create(context, (int32_t)pixels->shape[0], height, interpolation, &resizer->rows, error);
    }
    if (status == BINET_OK) {
        status = resample(resizer, pixels, rows_come_first(pixels, width, height), error);
    }
    return status;
}

void binet__resizer_row(const binet__resizer *resizer, int32_t i, uint8_t *row)
{
    const binet__axis *rows = &resizer->rows;
    int64_t n_bytes = (int64_t)resizer->columns.n * 3;
    if (rows->weights == NULL) {
        memcpy(row, resizer->resampled + i * resizer->stride, (size_t)n_bytes);
        return;
    }
    resizer->kernels->resize_rows(resizer->resampled + rows->first[i] * resizer->stride, resizer->stride,
                                  rows->weights + i * rows->stride, rows->counts[i], n_bytes, row);
}

void binet__resizer_end(binet__resizer *resizer)
{
    binet__axis_release(resizer->context, &resizer->columns);
    binet__axis_release(resizer->context, &resizer->rows);
    binet__release(resizer->context, resizer->resampled);
    resizer->resampled = NULL;
}

binet_status binet_image_resize(const binet_context *context, const binet_array *pixels, int32_t width, int32_t height,
                                int32_t interpolation, binet_image **image, binet_error *error)
{
    binet_status status = binet__check_pixels(pixels, error);
    if (status != BINET_OK) {
        return status;
    }
    if (width < 1 || width > BINET__MAX_SIDE || height < 1 || height > BINET__MAX_SIDE) {
        int wide = width < 1 || width > BINET__MAX_SIDE;
        return binet__fail_argument(error, wide ? "width" : "height", "%s is %d, not 1 .. %d",
                                    wide ? "width" : "height", (int)(wide ? width : height), BINET__MAX_SIDE);
    }
    status = binet__check_interpolation(interpolation, "interpolation", error);
    if (status == BINET_OK) {
        status = binet__require(image, "image", error);
    }
    if (status != BINET_OK) {
        return status;
    }
    binet__resizer resizer;
    binet_image *made = NULL;
    binet__extent columns = {width, 0, width};
    binet__extent rows = {height, 0, height};
    status = binet__resizer_begin(context, pixels, columns, rows, interpolation, &resizer, error);
    if (status == BINET_OK) {
        status = binet__image_create(context, width, height, &made, error);
    }
    if (status == BINET_OK) {
        for (int32_t i = 0; i < height; i++) {
            binet__resizer_row(&resizer, i, made->pixels + (int64_t)i * width * 3);
        }
        *image = made;
    }
    binet__resizer_end(&resizer);
    return status;
}
