#include "image/image.h"

#include "base/array.h"
#include "base/context.h"
#include "base/error.h"
#include "base/memory.h"

binet_status binet__image_create(const binet_context *context, int32_t width, int32_t height, binet_image **image,
                                 binet_error *error)
{
    binet_image *made = binet__allocate(context, 1, sizeof *made, error);
    if (made == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    made->context = binet__context_copy(context);
    made->width = width;
    made->height = height;
    made->pixels = binet__allocate(context, (int64_t)width * height, 3, error);
    if (made->pixels == NULL) {
        binet__release(context, made);
        return BINET_OUT_OF_MEMORY;
    }
    *image = made;
    return BINET_OK;
}

void binet_image_destroy(binet_image *image)
{
    if (image != NULL) {
        binet_context context = image->context;
        binet__release(&context, image->pixels);
        binet__release(&context, image);
    }
}

binet_array binet_image_pixels(const binet_image *image)
{
    binet_array pixels = {.data = image->pixels,
                          .dtype = BINET_U8,
                          .ndim = 3,
                          .shape = {image->height, image->width, 3},
                          .strides = {(int64_t)image->width * 3, 3, 1}};
    return pixels;
}

binet_status binet__check_pixels(const binet_array *pixels, binet_error *error)
{
    binet_status status = binet__require(pixels, "pixels", error);
    if (status == BINET_OK) {
        status = binet__check_array(pixels, "pixels", 3, BINET__DTYPE(BINET_U8), error);
    }
    if (status != BINET_OK) {
        return status;
    }
    const int64_t *shape = pixels->shape;
    if (shape[0] < 1 || shape[0] > INT32_MAX || shape[1] < 1 || shape[1] > INT32_MAX || shape[2] != 3) {
        return binet__fail_argument(error, "pixels", "pixels is [%lld, %lld, %lld], not [height, width, 3]",
                                    (long long)shape[0], (long long)shape[1], (long long)shape[2]);
    }
    return BINET_OK;
}
