/** The window of a picture that a transform which crops first resizes. */
#ifndef BINET_IMAGE_WINDOW_H
#define BINET_IMAGE_WINDOW_H

#include "binet/image.h"

/** A square of source pixels; it may lie beyond the picture. */
typedef struct binet__window {
    int64_t left;
    int64_t top;
    int64_t side;
} binet__window;

/** Place the window in a picture of width x height pixels. `transform` was checked. BINET_INVALID_ARGUMENT where the
 *  picture is so small, or the window so large, that there is none. */
binet_status binet__window_place(const binet_transform *transform, int32_t width, int32_t height, binet__window *window,
                                 binet_error *error);

/** The pixels of the window: where they lie or, where the window leaves the picture, a copy with black around it in
 *  *copy, which is NULL otherwise and to be released with binet__release. */
binet_status binet__window_view(const binet_context *context, const binet_array *pixels, const binet__window *window,
                                binet_array *view, uint8_t **copy, binet_error *error);

#endif
