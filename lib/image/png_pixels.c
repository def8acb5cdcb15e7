/* From the filtered rows of a PNG to RGB: undo the filter of each row, then take from each sample what Pillow's
 * convert("RGB") takes. */
#include <string.h>

#include "image/png.h"

/* A pass of an interlaced picture: its first pixel, and the steps to the next. */
typedef struct pass {
    int32_t x;
    int32_t y;
    int32_t step_x;
    int32_t step_y;
} pass;

enum { N_PASSES = 7 };

static const pass whole = {0, 0, 1, 1};
static const pass adam7[N_PASSES] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                     {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};

static int n_channels(const binet__png *png)
{
    static const int channels[7] = {1, 0, 3, 1, 2, 0, 4};
    return channels[png->colour];
}

/* Pixels of a side that a pass holds: those at first, first + step, ... below size. */
static int32_t n_along(int32_t size, int32_t first, int32_t step)
{
    return size > first ? (size - first - 1) / step + 1 : 0;
}

static int64_t row_size(const binet__png *png, int32_t n_pixels)
{
    return ((int64_t)n_pixels * n_channels(png) * png->depth + 7) / 8;
}

int64_t binet__png_row_size(const binet__png *png)
{
    return row_size(png, png->width);
}

/* Each row has one byte more, its filter. An empty pass has no rows. */
static int64_t pass_size(const binet__png *png, const pass *p)
{
    int32_t width = n_along(png->width, p->x, p->step_x);
    int32_t height = n_along(png->height, p->y, p->step_y);
    return width != 0 ? (row_size(png, width) + 1) * height : 0;
}

int64_t binet__png_filtered_size(const binet__png *png)
{
    /* At most 8 bytes for each of at most 2^31 x 2^31 pixels would not fit. */
    if ((int64_t)png->width * png->height > INT32_MAX) {
        return 0;
    }
    int64_t size = 0;
    if (!png->interlaced) {
        size = pass_size(png, &whole);
    }
    for (int i = 0; png->interlaced && i < N_PASSES; i++) {
        size += pass_size(png, &adam7[i]);
    }
    return size <= INT32_MAX ? size : 0;
}

static uint8_t paeth(int left, int up, int corner)
{
    int to_left = up - corner;
    int to_up = left - corner;
    int to_corner = to_left + to_up;
    to_left = to_left < 0 ? -to_left : to_left;
    to_up = to_up < 0 ? -to_up : to_up;
    to_corner = to_corner < 0 ? -to_corner : to_corner;
    if (to_left <= to_up && to_left <= to_corner) {
        return (uint8_t)left;
    }
    return (uint8_t)(to_up <= to_corner ? up : corner);
}

/* Undo the filter of a row in place. `above` is the row before it, zeros for the first; `distance` is the bytes from a
 * sample to the same one of the pixel before, at least 1. */
static inline int unfilter_row(int filter, uint8_t *row, const uint8_t *above, int64_t size, int64_t distance)
{
    int64_t first = distance < size ? distance : size;
    switch (filter) {
    case 0:
        return 1;
    case 1:
        for (int64_t i = first; i < size; i++) {
            row[i] = (uint8_t)(row[i] + row[i - distance]);
        }
        return 1;
    case 2:
        for (int64_t i = 0; i < size; i++) {
            row[i] = (uint8_t)(row[i] + above[i]);
        }
        return 1;
    case 3:
        for (int64_t i = 0; i < first; i++) {
            row[i] = (uint8_t)(row[i] + above[i] / 2);
        }
        for (int64_t i = first; i < size; i++) {
            row[i] = (uint8_t)(row[i] + (row[i - distance] + above[i]) / 2);
        }
        return 1;
    case 4:
        for (int64_t i = 0; i < first; i++) {
            row[i] = (uint8_t)(row[i] + above[i]);
        }
        for (int64_t i = first; i < size; i++) {
            row[i] = (uint8_t)(row[i] + paeth(row[i - distance], above[i], above[i - distance]));
        }
        return 1;
    default:
        return 0;
    }
}

/* Samples of less than 8 bits: the i-th of a row. */
static unsigned sample_at(const uint8_t *row, int64_t i, int depth)
{
    int64_t bit = i * depth;
    return (unsigned)row[bit / 8] >> (8 - depth - bit % 8) & ((1u << depth) - 1);
}

/* One channel and no more than 8 bits: a grey, or an index into the palette. */
static void expand_index(const binet__png *png, const uint8_t *row, int32_t n_pixels, uint8_t *rgb, int64_t step)
{
    unsigned scale = 255u / ((1u << png->depth) - 1);
    for (int64_t i = 0; i < n_pixels; i++, rgb += step) {
        unsigned sample = png->depth == 8 ? row[i] : sample_at(row, i, png->depth);
        if (png->colour == BINET__PNG_PALETTE) {
            memcpy(rgb, png->palette + (size_t)3 * sample, 3);
        } else {
            memset(rgb, (int)(sample * scale), 3);
        }
    }
}

/* Samples of 8 bits, or the upper 8 of 16: alpha is left behind, grey is repeated. */
static void expand_row(const binet__png *png, const uint8_t *row, int32_t n_pixels, uint8_t *rgb, int64_t step)
{
    if (n_channels(png) == 1 && png->depth <= 8) {
        expand_index(png, row, n_pixels, rgb, step);
        return;
    }
    int64_t bytes = png->depth / 8;
    int64_t size = n_channels(png) * bytes;
    int64_t green = n_channels(png) >= 3 ? bytes : 0;
    for (int64_t i = 0; i < n_pixels; i++, row += size, rgb += step) {
        rgb[0] = row[0];
        rgb[1] = row[green];
        rgb[2] = row[2 * green];
    }
}

/* All rows of a pass; `zeros` stands for the row before the first. */
static int write_pass(const binet__png *png, const pass *p, uint8_t *filtered, const uint8_t *zeros, uint8_t *rgb)
{
    int32_t width = n_along(png->width, p->x, p->step_x);
    int32_t height = n_along(png->height, p->y, p->step_y);
    int64_t size = row_size(png, width);
    int64_t distance = ((int64_t)n_channels(png) * png->depth + 7) / 8;
    const uint8_t *above = zeros;
    for (int32_t i = 0; width != 0 && i < height; i++) {
        uint8_t *row = filtered + 1;
        /* The constants let the compiler unroll over the channels of the two commonest kinds. */
        int known = distance == 3   ? unfilter_row(filtered[0], row, above, size, 3)
                    : distance == 4 ? unfilter_row(filtered[0], row, above, size, 4)
                                    : unfilter_row(filtered[0], row, above, size, distance);
        if (!known) {
            return 0;
        }
        int64_t y = p->y + (int64_t)i * p->step_y;
        expand_row(png, row, width, rgb + (y * png->width + p->x) * 3, (int64_t)p->step_x * 3);
        above = row;
        filtered = row + size;
    }
    return 1;
}

int binet__png_to_rgb(const binet__png *png, uint8_t *filtered, uint8_t *rgb)
{
    uint8_t *zeros = filtered + binet__png_filtered_size(png);
    memset(zeros, 0, (size_t)binet__png_row_size(png));
    if (!png->interlaced) {
        return write_pass(png, &whole, filtered, zeros, rgb);
    }
    int64_t at = 0;
    for (int i = 0; i < N_PASSES; i++) {
        if (!write_pass(png, &adam7[i], filtered + at, zeros, rgb)) {
            return 0;
        }
        at += pass_size(png, &adam7[i]);
    }
    return 1;
}
