/* JPEG through libjpeg-turbo with the settings of Pillow: the accurate inverse DCT and smooth upsampling. Its scratch
 * memory comes from malloc and is gone when the call ends. */
#include <string.h>
#include <turbojpeg.h>

#include "base/error.h"
#include "base/memory.h"
#include "image/jpeg.h"

/* a * b / 255, rounded. */
static int multiply_255(int a, int b)
{
    int product = a * b + 128;
    return ((product >> 8) + product) >> 8;
}

/* Four inks to RGB as Pillow: the file has them inverted (Adobe's way), and black darkens each colour. */
static void inks_to_rgb(const uint8_t *inks, int64_t n_pixels, uint8_t *rgb)
{
    for (int64_t i = 0; i < n_pixels; i++, inks += 4, rgb += 3) {
        int light = inks[3];
        for (int c = 0; c < 3; c++) {
            rgb[c] = (uint8_t)(light - multiply_255(255 - inks[c], light));
        }
    }
}

static binet_status fail(tjhandle decoder, binet_error *error)
{
    const char *reason = tjGetErrorStr2(decoder);
    if (strstr(reason, "emory") != NULL) {
        return binet__fail(error, BINET_OUT_OF_MEMORY, "", -1, "no memory to decode the image");
    }
    return binet__fail(error, BINET_INVALID_DATA, "bytes", -1, "broken JPEG: %s", reason);
}

/* Decode into width * height pixels of `format`. A warning is an error where data are missing: those pixels are grey.
 */
static binet_status decompress(const binet__image_source *source, const binet__jpeg *jpeg, int format, uint8_t *out,
                               binet_error *error)
{
    tjhandle decoder = tjInitDecompress();
    if (decoder == NULL) {
        return binet__fail(error, BINET_OUT_OF_MEMORY, "", -1, "no memory to decode the image");
    }
    binet_status status = BINET_OK;
    int code = tjDecompress2(decoder, source->bytes, (unsigned long)source->size, out, jpeg->width, 0, jpeg->height,
                             format, TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS);
    if (code != 0 &&
        (tjGetErrorCode(decoder) != TJERR_WARNING || strstr(tjGetErrorStr2(decoder), "remature end") != NULL)) {
        status = fail(decoder, error);
    }
    (void)tjDestroy(decoder);
    return status;
}

binet_status binet__turbo_decode(const binet__image_source *source, const binet__jpeg *jpeg, binet_image **image,
                                 binet_error *error)
{
    binet_image *made = NULL;
    uint8_t *inks = NULL;
    binet_status status = binet__image_create(source->context, jpeg->width, jpeg->height, &made, error);
    if (status != BINET_OK) {
        return status;
    }
    if (jpeg->n_components != 4) {
        status = decompress(source, jpeg, TJPF_RGB, made->pixels, error);
    } else {
        int64_t n_pixels = (int64_t)jpeg->width * jpeg->height;
        inks = binet__allocate(source->context, n_pixels, 4, error);
        status = inks != NULL ? decompress(source, jpeg, TJPF_CMYK, inks, error) : BINET_OUT_OF_MEMORY;
        if (status == BINET_OK) {
            inks_to_rgb(inks, n_pixels, made->pixels);
        }
    }
    if (status == BINET_OK) {
        *image = made;
        made = NULL;
    }
    binet__release(source->context, inks);
    binet_image_destroy(made);
    return status;
}
