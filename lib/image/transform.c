#include "binet/image.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "image/image.h"
#include "image/resize.h"

/* Where the parts of a result come from along one axis: `before` black pixels, the extent of the resized picture, and
 * black up to n. */
typedef struct placement {
    int32_t n;
    int32_t before;
    binet__extent extent;
} placement;

static const binet_transform presets[] = {
    {sizeof(binet_transform), 256, 224, BINET_BILINEAR, {0.485F, 0.456F, 0.406F}, {0.229F, 0.224F, 0.225F}},
    {sizeof(binet_transform),
     224,
     224,
     BINET_BICUBIC,
     {0.48145466F, 0.4578275F, 0.40821073F},
     {0.26862954F, 0.26130258F, 0.27577711F}},
};

binet_status binet_transform_preset(int32_t preset, binet_transform *transform, binet_error *error)
{
    binet_status status = binet__check_struct(transform, sizeof *transform, "transform", error);
    if (status != BINET_OK) {
        return status;
    }
    if (preset < BINET_TRANSFORM_IMAGENET || preset > BINET_TRANSFORM_CLIP) {
        return binet__fail_argument(
            error, "preset", "preset is %d, not BINET_TRANSFORM_IMAGENET (1) or BINET_TRANSFORM_CLIP (2)", (int)preset);
    }
    binet__write_struct(transform, &presets[preset - BINET_TRANSFORM_IMAGENET], sizeof *transform);
    return BINET_OK;
}

static binet_status read_transform(const binet_transform *given, binet_transform *transform, binet_error *error)
{
    if (given == NULL) {
        *transform = presets[0];
        return BINET_OK;
    }
    binet_status status = binet__read_struct(transform, sizeof *transform, given, "transform", error);
    if (status == BINET_OK) {
        status = binet__check_interpolation(transform->interpolation, "transform", error);
    }
    if (status != BINET_OK) {
        return status;
    }
    if (transform->resize < 0 || transform->resize > BINET__MAX_SIDE || transform->crop < 0 ||
        transform->crop > BINET__MAX_SIDE) {
        return binet__fail_argument(error, "transform", "transform has resize %d and crop %d, not 0 .. %d",
                                    (int)transform->resize, (int)transform->crop, BINET__MAX_SIDE);
    }
    for (int i = 0; i < 3; i++) {
        if (!isfinite(transform->mean[i]) || !isfinite(transform->std[i]) || transform->std[i] <= 0) {
            return binet__fail_argument(
                error, "transform", "transform has mean[%d] %g and std[%d] %g; both must be finite, and std above 0", i,
                (double)transform->mean[i], i, (double)transform->std[i]);
        }
    }
    return BINET_OK;
}

/* torchvision's Resize: the long side is int(size * long / short), in double. */
static int64_t resized(const binet_transform *transform, int32_t side, int32_t shorter)
{
    if (transform->resize == 0) {
        return side;
    }
    return (int64_t)((double)((int64_t)transform->resize * side) / shorter);
}

/* torchvision's CenterCrop: half of what is left over goes before, rounded half to even; of what lacks, rounded down.
 */
static placement place(int32_t size, int32_t crop)
{
    placement p = {.n = size, .before = 0, .extent = {size, 0, size}};
    if (crop == 0) {
        return p;
    }
    p.n = crop;
    if (crop > size) {
        p.before = (crop - size) / 2;
    } else {
        int32_t half = (size - crop) / 2;
        p.extent.start = half + ((size - crop) % 2 & half % 2);
        p.extent.n = crop;
    }
    return p;
}

static binet_status place_both(const binet_transform *transform, int32_t width, int32_t height, placement *across,
                               placement *down, binet_error *error)
{
    int32_t shorter = width < height ? width : height;
    int64_t resized_width = resized(transform, width, shorter);
    int64_t resized_height = resized(transform, height, shorter);
    if (resized_width > INT32_MAX || resized_height > INT32_MAX) {
        return binet__fail_argument(error, "transform", "%d x %d pixels with the short side resized to %d are too long",
                                    (int)width, (int)height, (int)transform->resize);
    }
    *across = place((int32_t)resized_width, transform->crop);
    *down = place((int32_t)resized_height, transform->crop);
    return BINET_OK;
}

binet_status binet_transform_size(const binet_transform *transform, int32_t width, int32_t height, int32_t *out_width,
                                  int32_t *out_height, binet_error *error)
{
    binet_transform given;
    placement across = {0};
    placement down = {0};
    binet_status status = read_transform(transform, &given, error);
    if (status != BINET_OK) {
        return status;
    }
    if (width < 1 || height < 1) {
        return binet__fail_argument(error, width < 1 ? "width" : "height", "a picture of %d x %d pixels", (int)width,
                                    (int)height);
    }
    status = binet__require(out_width, "out_width", error);
    if (status == BINET_OK) {
        status = binet__require(out_height, "out_height", error);
    }
    if (status == BINET_OK) {
        status = place_both(&given, width, height, &across, &down, error);
    }
    if (status == BINET_OK) {
        *out_width = across.n;
        *out_height = down.n;
    }
    return status;
}

/* What each byte becomes in each channel, in f32 and in the order of torchvision's ToTensor and Normalize. */
static void make_table(const binet_transform *transform, float table[3][256])
{
    for (int channel = 0; channel < 3; channel++) {
        for (int value = 0; value < 256; value++) {
            float part = (float)value / 255.0F;
            float centred = part - transform->mean[channel];
            table[channel][value] = centred / transform->std[channel];
        }
    }
}

/* Rows of three planes from rows of pixels; black around them. */
static void write_rows(const binet__resizer *resizer, const binet_transform *transform, const placement *across,
                       const placement *down, uint8_t *row, float *values)
{
    float table[3][256];
    make_table(transform, table);
    int64_t plane = (int64_t)across->n * down->n;
    memset(row, 0, (size_t)across->n * 3);
    int64_t n_black = 0;
    for (int32_t y = 0; y < down->n; y++, values += across->n) {
        int32_t i = y - down->before;
        if (i >= 0 && i < down->extent.n) {
            binet__resizer_row(resizer, i, row + (int64_t)across->before * 3);
            n_black = 0;
        } else if (n_black++ == 0) {
            memset(row, 0, (size_t)across->n * 3);
        }
        for (int64_t x = 0; x < across->n; x++) {
            values[x] = table[0][row[3 * x]];
            values[plane + x] = table[1][row[3 * x + 1]];
            values[2 * plane + x] = table[2][row[3 * x + 2]];
        }
    }
}

binet_status binet_transform_apply(const binet_context *context, const binet_array *pixels,
                                   const binet_transform *transform, float *values, int64_t capacity,
                                   binet_error *error)
{
    binet_transform given;
    placement across = {0};
    placement down = {0};
    binet_status status = binet__check_pixels(pixels, error);
    if (status == BINET_OK) {
        status = read_transform(transform, &given, error);
    }
    if (status == BINET_OK) {
        status = binet__require(values, "values", error);
    }
    if (status == BINET_OK) {
        status = place_both(&given, (int32_t)pixels->shape[1], (int32_t)pixels->shape[0], &across, &down, error);
    }
    if (status != BINET_OK) {
        return status;
    }
    size_t needed = 0;
    if (!binet__multiply((int64_t)across.n * down.n, 3, &needed) || capacity < 0 || (uint64_t)capacity < needed) {
        return binet__fail_argument(error, "capacity", "capacity is %lld; 3 x %d x %d values are written",
                                    (long long)capacity, (int)down.n, (int)across.n);
    }
    binet__resizer resizer;
    status = binet__resizer_begin(context, pixels, across.extent, down.extent, given.interpolation, &resizer, error);
    if (status == BINET_OK) {
        uint8_t *row = binet__allocate(context, across.n, 3, error);
        status = row != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
        if (row != NULL) {
            write_rows(&resizer, &given, &across, &down, row, values);
        }
        binet__release(context, row);
    }
    binet__resizer_end(&resizer);
    return status;
}
