#include "image/window.h"

#include "base/error.h"
#include "base/memory.h"

binet_status binet__window_place(const binet_transform *transform, int32_t width, int32_t height, binet__window *window,
                                 binet_error *error)
{
    int is_wide = width > height;
    double resize = transform->resize;
    double crop = transform->crop;
    double a = is_wide ? height : width;
    double b = is_wide ? width : height;
    double side = crop * a / resize;
    if (side < 1 || side > INT32_MAX) {
        return binet__fail_argument(
            error, "transform", "the window of %d x %d pixels with resize %d and crop %d has %.0f pixels each way",
            (int)width, (int)height, (int)transform->resize, (int)transform->crop, side < 1 ? 0 : side);
    }
    /* The steps are those of the study: another order rounds to another pixel. */
    int64_t along = (int64_t)((b / a * resize - crop) / 2 * a / resize + transform->shift);
    int64_t across = (int64_t)((resize - crop) / 2 * a / resize);
    window->left = is_wide ? along : across;
    window->top = is_wide ? across : along;
    window->side = (int64_t)side;
    return BINET_OK;
}

static int64_t clamp(int64_t value, int64_t most)
{
    return value < 0 ? 0 : value < most ? value : most;
}

/* The part of the window that lies in the picture, copied to its place in a black square. */
static void copy_inside(const binet_array *pixels, const binet__window *window, uint8_t *copy)
{
    int64_t left = clamp(window->left, pixels->shape[1]);
    int64_t right = clamp(window->left + window->side, pixels->shape[1]);
    int64_t bottom = clamp(window->top + window->side, pixels->shape[0]);
    for (int64_t y = clamp(window->top, pixels->shape[0]); y < bottom; y++) {
        const uint8_t *from = (const uint8_t *)pixels->data + y * pixels->strides[0] + left * pixels->strides[1];
        uint8_t *to = copy + ((y - window->top) * window->side + left - window->left) * 3;
        for (int64_t x = left; x < right; x++, from += pixels->strides[1]) {
            for (int64_t channel = 0; channel < 3; channel++) {
                *to++ = from[channel * pixels->strides[2]];
            }
        }
    }
}

binet_status binet__window_view(const binet_context *context, const binet_array *pixels, const binet__window *window,
                                binet_array *view, uint8_t **copy, binet_error *error)
{
    int64_t side = window->side;
    *copy = NULL;
    if (window->left >= 0 && window->top >= 0 && window->left + side <= pixels->shape[1] &&
        window->top + side <= pixels->shape[0]) {
        *view = *pixels;
        view->data =
            (const uint8_t *)pixels->data + window->top * pixels->strides[0] + window->left * pixels->strides[1];
    } else {
        *copy = binet__allocate_zero(context, side, (uint64_t)side * 3, error);
        if (*copy == NULL) {
            return BINET_OUT_OF_MEMORY;
        }
        copy_inside(pixels, window, *copy);
        *view = (binet_array){.data = *copy, .dtype = BINET_U8, .ndim = 3, .strides = {side * 3, 3, 1}};
    }
    view->shape[0] = side;
    view->shape[1] = side;
    view->shape[2] = 3;
    return BINET_OK;
}
