#include "binet/image.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "image/image.h"
#include "image/resize.h"
#include "image/transform.h"
#include "image/window.h"

/* Where the parts of a result come from along one axis: `before` black pixels, the extent of the resized picture, and
 * black up to n. */
typedef struct placement {
    int32_t n;
    int32_t before;
    binet__extent extent;
} placement;

/* What a transform makes of a picture of some size. */
typedef struct plan {
    placement across;
    placement down;
    binet__window window; /* of BINET_CROP_FIRST */
} plan;

static const binet_transform presets[] = {
    {.struct_size = sizeof(binet_transform),
     .resize = 256,
     .crop = 224,
     .interpolation = BINET_BILINEAR,
     .mean = {0.485F, 0.456F, 0.406F},
     .std = {0.229F, 0.224F, 0.225F}},
    {.struct_size = sizeof(binet_transform),
     .resize = 224,
     .crop = 224,
     .interpolation = BINET_BICUBIC,
     .mean = {0.48145466F, 0.4578275F, 0.40821073F},
     .std = {0.26862954F, 0.26130258F, 0.27577711F}},
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

static binet_status check_order(const binet_transform *transform, const char *argument, binet_error *error)
{
    if (transform->order != BINET_RESIZE_FIRST && transform->order != BINET_CROP_FIRST) {
        return binet__fail_argument(error, argument,
                                    "%s has order %d, not BINET_RESIZE_FIRST (0) or BINET_CROP_FIRST (1)", argument,
                                    (int)transform->order);
    }
    if (transform->order == BINET_CROP_FIRST && (transform->resize == 0 || transform->crop == 0)) {
        return binet__fail_argument(error, argument, "%s crops first with resize %d and crop %d; both must be >= 1",
                                    argument, (int)transform->resize, (int)transform->crop);
    }
    int most = transform->order == BINET_CROP_FIRST ? BINET__MAX_SIDE : 0;
    if (transform->shift < -most || transform->shift > most) {
        return binet__fail_argument(error, argument, "%s has shift %d, not %d .. %d%s", argument, (int)transform->shift,
                                    -most, most, most == 0 ? ": only with BINET_CROP_FIRST is there a shift" : "");
    }
    return BINET_OK;
}

binet_status binet__transform_read(const binet_transform *given, const char *argument, binet_transform *transform,
                                   binet_error *error)
{
    if (given == NULL) {
        *transform = presets[0];
        return BINET_OK;
    }
    binet_status status = binet__read_struct(transform, sizeof *transform, given, argument, error);
    if (status == BINET_OK) {
        status = binet__check_interpolation(transform->interpolation, argument, error);
    }
    if (status != BINET_OK) {
        return status;
    }
    if (transform->resize < 0 || transform->resize > BINET__MAX_SIDE || transform->crop < 0 ||
        transform->crop > BINET__MAX_SIDE) {
        return binet__fail_argument(error, argument, "%s has resize %d and crop %d, not 0 .. %d", argument,
                                    (int)transform->resize, (int)transform->crop, BINET__MAX_SIDE);
    }
    for (int i = 0; i < 3; i++) {
        if (!isfinite(transform->mean[i]) || !isfinite(transform->std[i]) || transform->std[i] <= 0) {
            return binet__fail_argument(error, argument,
                                        "%s has mean[%d] %g and std[%d] %g; both must be finite, and std above 0",
                                        argument, i, (double)transform->mean[i], i, (double)transform->std[i]);
        }
    }
    return check_order(transform, argument, error);
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

static binet_status make_plan(const binet_transform *transform, int32_t width, int32_t height, plan *made,
                              binet_error *error)
{
    if (transform->order == BINET_CROP_FIRST) {
        made->across = (placement){transform->crop, 0, {transform->crop, 0, transform->crop}};
        made->down = made->across;
        return binet__window_place(transform, width, height, &made->window, error);
    }
    int32_t shorter = width < height ? width : height;
    int64_t resized_width = resized(transform, width, shorter);
    int64_t resized_height = resized(transform, height, shorter);
    if (resized_width > INT32_MAX || resized_height > INT32_MAX) {
        return binet__fail_argument(error, "transform", "%d x %d pixels with the short side resized to %d are too long",
                                    (int)width, (int)height, (int)transform->resize);
    }
    made->across = place((int32_t)resized_width, transform->crop);
    made->down = place((int32_t)resized_height, transform->crop);
    return BINET_OK;
}

binet_status binet_transform_size(const binet_transform *transform, int32_t width, int32_t height, int32_t *out_width,
                                  int32_t *out_height, binet_error *error)
{
    binet_transform given;
    plan made = {0};
    binet_status status = binet__transform_read(transform, "transform", &given, error);
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
        status = make_plan(&given, width, height, &made, error);
    }
    if (status == BINET_OK) {
        *out_width = made.across.n;
        *out_height = made.down.n;
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
    plan made = {0};
    binet_status status = binet__check_pixels(pixels, error);
    if (status == BINET_OK) {
        status = binet__transform_read(transform, "transform", &given, error);
    }
    if (status == BINET_OK) {
        status = binet__require(values, "values", error);
    }
    if (status == BINET_OK) {
        status = make_plan(&given, (int32_t)pixels->shape[1], (int32_t)pixels->shape[0], &made, error);
    }
    if (status != BINET_OK) {
        return status;
    }
    const placement *across = &made.across;
    const placement *down = &made.down;
    size_t needed = 0;
    if (!binet__multiply((int64_t)across->n * down->n, 3, &needed) || capacity < 0 || (uint64_t)capacity < needed) {
        return binet__fail_argument(error, "capacity", "capacity is %lld; 3 x %d x %d values are written",
                                    (long long)capacity, (int)down->n, (int)across->n);
    }
    binet_array source = *pixels;
    uint8_t *window = NULL;
    if (given.order == BINET_CROP_FIRST) {
        status = binet__window_view(context, pixels, &made.window, &source, &window, error);
    }
    if (status != BINET_OK) {
        return status;
    }
    binet__resizer resizer;
    status = binet__resizer_begin(context, &source, across->extent, down->extent, given.interpolation, &resizer, error);
    if (status == BINET_OK) {
        uint8_t *row = binet__allocate(context, across->n, 3, error);
        status = row != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
        if (row != NULL) {
            write_rows(&resizer, &given, across, down, row, values);
        }
        binet__release(context, row);
    }
    binet__resizer_end(&resizer);
    binet__release(context, window);
    return status;
}
