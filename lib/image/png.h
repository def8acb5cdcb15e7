/** A PNG between its chunks and its pixels. */
#ifndef BINET_IMAGE_PNG_H
#define BINET_IMAGE_PNG_H

#include "image/image.h"

typedef struct binet__png {
    int32_t width;
    int32_t height;
    int depth;            /**< bits of a sample: 1, 2, 4, 8, 16 */
    int colour;           /**< a BINET__PNG_* */
    int interlaced;       /**< Adam7 */
    uint8_t palette[768]; /**< RGB; black after the last entry, as Pillow's */
} binet__png;

enum {
    BINET__PNG_GREY = 0,
    BINET__PNG_RGB = 2,
    BINET__PNG_PALETTE = 3,
    BINET__PNG_GREY_ALPHA = 4,
    BINET__PNG_RGB_ALPHA = 6
};

/** Bytes of the filtered rows of all passes; 0 where they are more than 2^31 - 1. */
int64_t binet__png_filtered_size(const binet__png *png);

/** Bytes of the longest row without its filter. */
int64_t binet__png_row_size(const binet__png *png);

/** Undo the filters in place and write the pixels as RGB. `filtered` has room for one row more, which is scratch. 0 for
 *  a filter that does not exist. */
int binet__png_to_rgb(const binet__png *png, uint8_t *filtered, uint8_t *rgb);

#endif
