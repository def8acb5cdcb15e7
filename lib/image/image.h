/** Inside of lib/image: the picture, and the decoders that fill it. */
#ifndef BINET_IMAGE_IMAGE_H
#define BINET_IMAGE_IMAGE_H

#include "base/context.h"
#include "binet/image.h"

/** Most pixels along a side of what a resize or a crop makes. */
enum { BINET__MAX_SIDE = 32768 };

struct binet_image {
    binet_context context;
    int32_t width;
    int32_t height;
    uint8_t *pixels; /**< RGB, width * height * 3 bytes */
};

/** A picture with room for its pixels, which are not set. width and height are 1 .. 2^31 - 1. */
binet_status binet__image_create(const binet_context *context, int32_t width, int32_t height, binet_image **image,
                                 binet_error *error);

/** Check an argument `pixels`: u8 [height, width, 3], both 1 .. 2^31 - 1. */
binet_status binet__check_pixels(const binet_array *pixels, binet_error *error);

/** A file in memory and what it may become. */
typedef struct binet__image_source {
    const binet_context *context;
    const uint8_t *bytes;
    int64_t size;               /**< 1 .. 2^31 - 1 */
    binet_image_options limits; /**< no zeros */
} binet__image_source;

/** Fails where a header's width and height are not 1 .. the limits. */
binet_status binet__check_limits(const binet__image_source *source, int64_t width, int64_t height, binet_error *error);

/** Decoders, each for files that begin as theirs do. Every failure is BINET_INVALID_DATA or BINET_OUT_OF_MEMORY. */
binet_status binet__png_decode(const binet__image_source *source, binet_image **image, binet_error *error);
binet_status binet__jpeg_decode(const binet__image_source *source, binet_image **image, binet_error *error);
binet_status binet__pnm_decode(const binet__image_source *source, binet_image **image, binet_error *error);
/** All else: BMP, GIF, PSD, TGA, and JPEG in a build without libjpeg-turbo. */
binet_status binet__stb_decode(const binet__image_source *source, binet_image **image, binet_error *error);

/** Inflate a zlib stream of `size` bytes into exactly `capacity` bytes; 0 where it is broken, shorter or longer. */
int binet__inflate(const uint8_t *bytes, int64_t size, uint8_t *out, int64_t capacity);

#endif
