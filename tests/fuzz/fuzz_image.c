/* Any bytes as a picture: decoded or refused, never a crash and never more memory than the limits allow; and what was
 * decoded goes through a transform. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "binet/image.h"

/* A claim that does not hold ends the program, so that the fuzzer keeps the input. */
static void claim(int holds, const char *what)
{
    if (!holds) {
        (void)fprintf(stderr, "not true: %s\n", what);
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    enum { SIDE = 8 };
    static float values[3 * SIDE * SIDE];
    binet_image_options limits = {sizeof limits, 2000, 2000, 0, 100000};
    binet_transform transform = {sizeof transform, 9, SIDE, BINET_BICUBIC, {0, 0, 0}, {1, 1, 1}, 0, 0};
    binet_image *image = NULL;
    binet_error error;
    memset(&error, 0, sizeof error);
    binet_status status = binet_image_decode(NULL, bytes, size, &limits, &image, &error);
    claim((status == BINET_OK) == (image != NULL), "a picture comes with success only");
    claim(status == error.status, "an error is filled on failure only");
    claim(status == BINET_OK || status == BINET_INVALID_DATA, "bad bytes are the data's fault");
    if (image != NULL) {
        binet_array pixels = binet_image_pixels(image);
        claim(pixels.shape[0] * pixels.shape[1] <= limits.max_pixels, "the limits hold");
        int64_t capacity = (int64_t)(sizeof values / sizeof values[0]);
        claim(binet_transform_apply(NULL, &pixels, &transform, values, capacity, NULL) == BINET_OK, "it transforms");
        binet_image_destroy(image);
    }
    return 0;
}
