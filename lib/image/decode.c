#include "binet/image.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "image/image.h"

enum { DEFAULT_SIDE = 32768, DEFAULT_PIXELS = 89478485 };

static binet_status read_limits(const binet_image_options *options, binet_image_options *limits, binet_error *error)
{
    binet_status status = binet__read_struct(limits, sizeof *limits, options, "options", error);
    status = status == BINET_OK ? binet__check_reserved(limits->reserved, error) : status;
    if (status != BINET_OK) {
        return status;
    }
    if (limits->max_width < 0 || limits->max_height < 0 || limits->max_pixels < 0) {
        return binet__fail_argument(error, "options",
                                    "options has max_width %d, max_height %d, max_pixels %lld; none may be below 0",
                                    (int)limits->max_width, (int)limits->max_height, (long long)limits->max_pixels);
    }
    limits->max_width = limits->max_width != 0 ? limits->max_width : DEFAULT_SIDE;
    limits->max_height = limits->max_height != 0 ? limits->max_height : DEFAULT_SIDE;
    limits->max_pixels = limits->max_pixels != 0 ? limits->max_pixels : DEFAULT_PIXELS;
    return BINET_OK;
}

binet_status binet__check_limits(const binet__image_source *source, int64_t width, int64_t height, binet_error *error)
{
    const binet_image_options *limits = &source->limits;
    if (width < 1 || height < 1) {
        return binet__fail(error, BINET_INVALID_DATA, "bytes", -1, "the image has %lld x %lld pixels", (long long)width,
                           (long long)height);
    }
    if (width > limits->max_width || height > limits->max_height || height > limits->max_pixels / width) {
        return binet__fail(error, BINET_INVALID_DATA, "bytes", -1,
                           "the image has %lld x %lld pixels, over the limit of %d x %d and %lld in all",
                           (long long)width, (long long)height, (int)limits->max_width, (int)limits->max_height,
                           (long long)limits->max_pixels);
    }
    return BINET_OK;
}

static binet_status decode(const binet__image_source *source, binet_image **image, binet_error *error)
{
    static const uint8_t png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    const uint8_t *bytes = source->bytes;
    if (source->size >= (int64_t)sizeof png && memcmp(bytes, png, sizeof png) == 0) {
        return binet__png_decode(source, image, error);
    }
    /* stb_image takes more bytes of 0xff before the first marker for a JPEG too. */
    if (source->size >= 2 && bytes[0] == 0xff && (bytes[1] == 0xd8 || bytes[1] == 0xff)) {
        return binet__jpeg_decode(source, image, error);
    }
    if (source->size >= 2 && bytes[0] == 'P' && (bytes[1] == '5' || bytes[1] == '6')) {
        return binet__pnm_decode(source, image, error);
    }
    return binet__stb_decode(source, image, error);
}

binet_status binet_image_decode(const binet_context *context, const void *bytes, uint64_t size,
                                const binet_image_options *options, binet_image **image, binet_error *error)
{
    binet__image_source source = {.context = context, .bytes = bytes};
    binet_status status = binet__require(bytes, "bytes", error);
    if (status == BINET_OK) {
        status = binet__require(image, "image", error);
    }
    if (status == BINET_OK) {
        status = read_limits(options, &source.limits, error);
    }
    if (status != BINET_OK) {
        return status;
    }
    if (size == 0) {
        return binet__fail(error, BINET_INVALID_DATA, "bytes", -1, "the file is empty");
    }
    if (size > INT32_MAX) {
        return binet__fail(error, BINET_INVALID_DATA, "bytes", -1, "a file of %llu bytes; at most 2147483647 are read",
                           (unsigned long long)size);
    }
    source.size = (int64_t)size;
    return decode(&source, image, error);
}

/* Put the end of the path, which tells files apart, before the message. */
static void name_file(const char *path, const binet_error *detail, binet_error *error)
{
    enum { SHOWN = 240 };
    size_t length = strlen(path);
    int cut = length > SHOWN;
    (void)binet__fail(error, detail->status, "path", -1, "'%s%s': %s", cut ? "..." : "",
                      cut ? path + (length - SHOWN) : path, detail->message);
}

binet_status binet_image_read(const binet_context *context, const char *path, const binet_image_options *options,
                              binet_image **image, binet_error *error)
{
    char *bytes = NULL;
    int64_t size = 0;
    binet_error detail;
    binet_status status = binet__require(path, "path", error);
    if (status == BINET_OK) {
        status = binet__require(image, "image", error);
    }
    if (status == BINET_OK) {
        status = binet__read_file(context, path, "path", INT32_MAX, &bytes, &size, error);
    }
    if (status != BINET_OK) {
        return status;
    }
    status = binet_image_decode(context, bytes, (uint64_t)size, options, image, &detail);
    if (status == BINET_INVALID_DATA) {
        name_file(path, &detail, error);
    } else if (status != BINET_OK) {
        (void)binet__fail(error, status, detail.argument, detail.element, "%s", detail.message);
    }
    binet__release(context, bytes);
    return status;
}
