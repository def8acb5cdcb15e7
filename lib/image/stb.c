/* stb_image, compiled here and nowhere else, for the formats that no other file here reads,
 * and for its inflate.
 *
 * It has no place for a user's pointer, so its scratch memory is malloc's and gone when the call ends; what is kept is
 * copied into memory of the context. The header is a system header: its warnings are its own. */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "image/image.h"

static void *reallocate(void *block, size_t old_size, size_t size)
{
    void *moved = binet__allocate(NULL, (int64_t)size, 1, NULL);
    if (moved != NULL && block != NULL) {
        memcpy(moved, block, old_size < size ? old_size : size);
        binet__release(NULL, block);
    }
    return moved;
}

#define STBI_MALLOC(size) binet__allocate(NULL, (int64_t)(size), 1, NULL)
#define STBI_REALLOC_SIZED(block, old_size, size) reallocate(block, old_size, size)
#define STBI_FREE(block) binet__release(NULL, block)
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_NO_STDIO
#define STBI_NO_HDR
#define STBI_NO_LINEAR
#define STBI_NO_PIC
#define STBI_NO_PNG
#define STBI_NO_PNM
#ifdef BINET_HAVE_TURBOJPEG
#define STBI_NO_JPEG
#endif
#define STBI_SUPPORT_ZLIB
#include <stb_image.h>

int binet__inflate(const uint8_t *bytes, int64_t size, uint8_t *out, int64_t capacity)
{
    if (size > INT32_MAX || capacity > INT32_MAX) {
        return 0;
    }
    return stbi_zlib_decode_buffer((char *)out, (int)capacity, (const char *)bytes, (int)size) == capacity;
}

/* What is asked for beyond the end of the file. stb_image goes on with zeros there; here it is noted. */
static int read_beyond(void *user, char *data, int size)
{
    (void)data;
    (void)size;
    *(int *)user = 1;
    return 0;
}

static void skip_beyond(void *user, int n)
{
    (void)n;
    *(int *)user = 1;
}

static int at_end(void *user)
{
    (void)user;
    return 1;
}

/* The whole file as the buffer of a stream that has no more: its functions are called for what lies beyond only. */
static void start(stbi__context *stream, const binet__image_source *source, int *beyond)
{
    *beyond = 0;
    stbi__start_mem(stream, source->bytes, (int)source->size);
    stream->io.read = read_beyond;
    stream->io.skip = skip_beyond;
    stream->io.eof = at_end;
    stream->io_user_data = beyond;
    stream->buflen = sizeof stream->buffer_start;
    stream->read_from_callbacks = 1;
}

static binet_status fail(int beyond, binet_error *error)
{
    const char *reason = stbi_failure_reason();
    if (reason != NULL && strcmp(reason, "outofmem") == 0) {
        return binet__fail(error, BINET_OUT_OF_MEMORY, "", -1, "no memory to decode the image");
    }
    if (beyond) {
        return binet__fail(error, BINET_INVALID_DATA, "bytes", -1, "truncated: the file ends before the image does");
    }
    return binet__fail(error, BINET_INVALID_DATA, "bytes", -1, "broken image: %s", reason != NULL ? reason : "unknown");
}

binet_status binet__stb_decode(const binet__image_source *source, binet_image **image, binet_error *error)
{
    stbi__context stream;
    int beyond;
    int width;
    int height;
    int n_channels;
    start(&stream, source, &beyond);
    if (!stbi__info_main(&stream, &width, &height, &n_channels)) {
        return binet__fail(
            error, BINET_INVALID_DATA, "bytes", -1,
            "not an image of a known kind (JPEG, PNG, BMP, GIF, PSD, PNM, TGA), or its header is broken");
    }
    binet_status status = binet__check_limits(source, width, height, error);
    if (status != BINET_OK) {
        return status;
    }
    start(&stream, source, &beyond);
    int decoded_width;
    int decoded_height;
    uint8_t *pixels = stbi__load_and_postprocess_8bit(&stream, &decoded_width, &decoded_height, &n_channels, 3);
    if (pixels == NULL || beyond) {
        stbi_image_free(pixels);
        return fail(beyond, error);
    }
    binet_image *made = NULL;
    if (decoded_width != width || decoded_height != height) {
        status = binet__fail(error, BINET_INVALID_DATA, "bytes", -1, "broken image: it has two sizes");
    } else {
        status = binet__image_create(source->context, width, height, &made, error);
    }
    if (status == BINET_OK) {
        memcpy(made->pixels, pixels, (size_t)width * (size_t)height * 3);
        *image = made;
    }
    stbi_image_free(pixels);
    return status;
}
