/** The structure of a JPEG, read without decoding it. */
#ifndef BINET_IMAGE_JPEG_H
#define BINET_IMAGE_JPEG_H

#include "image/image.h"

typedef struct binet__jpeg {
    int32_t width;
    int32_t height;
    int32_t n_components;
} binet__jpeg;

/** Walk over all segments up to the end marker. BINET_INVALID_DATA for a file that ends before it, or that has no
 *  frame or no scan. */
binet_status binet__jpeg_scan(const uint8_t *bytes, int64_t size, binet__jpeg *jpeg, binet_error *error);

/** Decode what was scanned. */
binet_status binet__turbo_decode(const binet__image_source *source, const binet__jpeg *jpeg, binet_image **image,
                                 binet_error *error);

#endif
