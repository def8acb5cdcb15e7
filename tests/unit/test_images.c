/* Pictures: what is read, resized and transformed is exact on every instruction set, and what is wrong is named. */
#include "binet/image.h"

#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "failing_allocator.h"
#include "temporary.h"

enum { WIDTH = 37, HEIGHT = 29 };

/* 2 x 2 pixels: red, green, blue, white. */
static const char ppm[] = "P6\n# four\n2 2\n255\n\xff\0\0\0\xff\0\0\0\xff\xff\xff\xff";
enum { PPM_SIZE = sizeof ppm - 1 };

/* 1 x 1, grey 128. */
static const uint8_t png[] = {0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48,
                              0x44, 0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00,
                              0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78,
                              0x9c, 0x63, 0x68, 0x00, 0x00, 0x00, 0x82, 0x00, 0x81, 0x77, 0xcd, 0x72, 0xb6, 0x00,
                              0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};

static void fill(uint8_t *bytes, int64_t n, uint32_t seed)
{
    for (int64_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(seed >> 24);
    }
}

static binet_array view(const uint8_t *bytes, int64_t height, int64_t width)
{
    return (binet_array){bytes, BINET_U8, 3, {height, width, 3}, {width * 3, 3, 1}};
}

static void a_picture_is_decoded_and_read(void)
{
    char folder[TEMPORARY_SIZE];
    char path[2 * TEMPORARY_SIZE];
    binet_image *image = NULL;
    temporary_make(folder);
    temporary_write(folder, "four.ppm", ppm, PPM_SIZE);
    CHECK_INT(binet_image_read(NULL, temporary_path(path, folder, "four.ppm"), NULL, &image, NULL), BINET_OK);
    if (image != NULL) {
        binet_array pixels = binet_image_pixels(image);
        CHECK(pixels.ndim == 3 && pixels.dtype == BINET_U8 && pixels.shape[0] == 2 && pixels.shape[1] == 2);
        CHECK(memcmp(pixels.data, "\xff\0\0\0\xff\0\0\0\xff\xff\xff\xff", 12) == 0);
    }
    binet_image_destroy(image);
    image = NULL;
    CHECK_INT(binet_image_decode(NULL, png, sizeof png, NULL, &image, NULL), BINET_OK);
    if (image != NULL) {
        CHECK(memcmp(binet_image_pixels(image).data, "\x80\x80\x80", 3) == 0);
    }
    binet_image_destroy(image);
    binet_image_destroy(NULL);
    temporary_remove(folder);
}

static void a_bad_file_is_named(void)
{
    char folder[TEMPORARY_SIZE];
    char path[2 * TEMPORARY_SIZE];
    binet_image *image = NULL;
    binet_error error;
    temporary_make(folder);
    temporary_write(folder, "cut.ppm", ppm, PPM_SIZE - 1);
    CHECK_INT(binet_image_read(NULL, temporary_path(path, folder, "cut.ppm"), NULL, &image, &error),
              BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, "cut.ppm");
    CHECK_CONTAINS(error.message, "truncated");
    CHECK_TEXT(error.argument, "path");
    temporary_write(folder, "cut.png", png, sizeof png - 12);
    CHECK_INT(binet_image_read(NULL, temporary_path(path, folder, "cut.png"), NULL, &image, &error),
              BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, "truncated");
    temporary_write_text(folder, "text.jpg", "not an image");
    CHECK_INT(binet_image_read(NULL, temporary_path(path, folder, "text.jpg"), NULL, &image, &error),
              BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, "text.jpg': not an image");
    temporary_write_text(folder, "nothing.png", "");
    CHECK_INT(binet_image_read(NULL, temporary_path(path, folder, "nothing.png"), NULL, &image, &error),
              BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, "empty");
    CHECK_INT(binet_image_read(NULL, temporary_path(path, folder, "missing.png"), NULL, &image, &error), BINET_IO);
    CHECK_CONTAINS(error.message, "missing.png");
    CHECK_INT(binet_image_read(NULL, folder, NULL, &image, &error), BINET_IO);
    /* A hole of 2 GiB: refused by its size, so that it may be left out, and not read into memory. */
    CHECK_INT(truncate(temporary_path(path, folder, "nothing.png"), (off_t)1 << 31), 0);
    CHECK_INT(binet_image_read(NULL, path, NULL, &image, &error), BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, "nothing.png' has more than 2147483647 bytes");
    CHECK(image == NULL);
    temporary_remove(folder);
}

static void limits_hold_before_pixels_are_decoded(void)
{
    binet_image *image = NULL;
    binet_error error;
    const binet_image_options over[] = {
        {sizeof over[0], 1, 0, 0, 0}, {sizeof over[0], 0, 1, 0, 0}, {sizeof over[0], 0, 0, 0, 3}};
    for (int i = 0; i < 3; i++) {
        CHECK_INT(binet_image_decode(NULL, ppm, PPM_SIZE, &over[i], &image, &error), BINET_INVALID_DATA);
        CHECK_CONTAINS(error.message, "limit");
        CHECK_CONTAINS(error.message, "2 x 2");
    }
    const binet_image_options exact = {sizeof exact, 2, 2, 0, 4};
    CHECK_INT(binet_image_decode(NULL, ppm, PPM_SIZE, &exact, &image, &error), BINET_OK);
    binet_image_destroy(image);
    image = NULL;
    /* A header alone that promises 40,000 x 3 pixels, over the default. */
    const char wide[] = "P6 40000 3 255 ";
    CHECK_INT(binet_image_decode(NULL, wide, sizeof wide - 1, NULL, &image, &error), BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, "40000 x 3");
    CHECK(image == NULL);
}

static void bad_arguments_of_decoding_are_named(void)
{
    binet_image *image = NULL;
    binet_error error;
    binet_image_options options = {sizeof options, -1, 0, 0, 0};
    CHECK_INT(binet_image_decode(NULL, NULL, 3, NULL, &image, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "bytes");
    CHECK_INT(binet_image_decode(NULL, ppm, PPM_SIZE, NULL, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "image");
    CHECK_INT(binet_image_decode(NULL, ppm, PPM_SIZE, &options, &image, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "options");
    options = (binet_image_options){sizeof options, 0, 0, 1, 0};
    CHECK_INT(binet_image_decode(NULL, ppm, PPM_SIZE, &options, &image, &error), BINET_INVALID_ARGUMENT);
    struct {
        binet_image_options known;
        int64_t tail;
    } newer = {{sizeof newer, 0, 0, 0, 0}, 1};
    CHECK_INT(binet_image_decode(NULL, ppm, PPM_SIZE, &newer.known, &image, &error), BINET_UNSUPPORTED);
    CHECK_INT(binet_image_read(NULL, NULL, NULL, &image, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "path");
    CHECK(image == NULL);
}

/* Pixels of a resize through one instruction set; to be freed. */
static uint8_t *resized(const binet_context *context, const binet_array *pixels, int32_t width, int32_t height,
                        int32_t interpolation)
{
    binet_image *image = NULL;
    CHECK_INT(binet_image_resize(context, pixels, width, height, interpolation, &image, NULL), BINET_OK);
    size_t size = (size_t)width * (size_t)height * 3;
    uint8_t *copy = malloc(size);
    if (copy != NULL && image != NULL) {
        memcpy(copy, binet_image_pixels(image).data, size);
    }
    binet_image_destroy(image);
    return copy;
}

static void every_instruction_set_resizes_to_the_same_bytes(void)
{
    static uint8_t bytes[200 * 200 * 3];
    fill(bytes, (int64_t)sizeof bytes, 1);
    for (int32_t isa = BINET_ISA_AVX2; isa <= BINET_ISA_NEON; isa++) {
        binet_context_options scalar_options = {sizeof scalar_options, BINET_ISA_SCALAR, NULL, NULL};
        binet_context_options options = {sizeof options, isa, NULL, NULL};
        binet_context *scalar = NULL;
        binet_context *context = NULL;
        if (binet_context_create(&options, &context, NULL) != BINET_OK) {
            continue; /* not on this machine */
        }
        CHECK_INT(binet_context_create(&scalar_options, &scalar, NULL), BINET_OK);
        for (int32_t round = 0; round < 200; round++) {
            int32_t width = 1 + round * 7 % 61;
            int32_t height = 1 + round * 11 % 59;
            binet_array pixels = view(bytes, 1 + round * 13 % 200, 1 + round * 17 % 199);
            uint8_t *one = resized(scalar, &pixels, width, height, 1 + round % 2);
            uint8_t *other = resized(context, &pixels, width, height, 1 + round % 2);
            CHECK(one != NULL && other != NULL && memcmp(one, other, (size_t)width * (size_t)height * 3) == 0);
            free(one);
            free(other);
        }
        binet_context_destroy(scalar);
        binet_context_destroy(context);
    }
}

/* Laws that need no reference: a flat picture stays flat, halves average, and the same size changes nothing. */
static void resizing_keeps_what_it_must(void)
{
    static uint8_t bytes[HEIGHT * WIDTH * 3];
    const int32_t both[] = {BINET_BILINEAR, BINET_BICUBIC};
    for (int i = 0; i < 2; i++) {
        memset(bytes, 201, sizeof bytes);
        binet_array pixels = view(bytes, HEIGHT, WIDTH);
        uint8_t *flat = resized(NULL, &pixels, 91, 13, both[i]);
        for (int j = 0; flat != NULL && j < 91 * 13 * 3; j++) {
            CHECK_INT(flat[j], 201);
        }
        free(flat);
        fill(bytes, (int64_t)sizeof bytes, 7);
        uint8_t *same = resized(NULL, &pixels, WIDTH, HEIGHT, both[i]);
        CHECK(same != NULL && memcmp(same, bytes, sizeof bytes) == 0);
        free(same);
    }
}

static void bad_arguments_of_resizing_are_named(void)
{
    static uint8_t bytes[HEIGHT * WIDTH * 3];
    binet_array pixels = view(bytes, HEIGHT, WIDTH);
    binet_image *image = NULL;
    binet_error error;
    CHECK_INT(binet_image_resize(NULL, NULL, 2, 2, BINET_BILINEAR, &image, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "pixels");
    CHECK_INT(binet_image_resize(NULL, &pixels, 0, 2, BINET_BILINEAR, &image, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "width");
    CHECK_INT(binet_image_resize(NULL, &pixels, 2, 32769, BINET_BILINEAR, &image, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "height");
    CHECK_INT(binet_image_resize(NULL, &pixels, 2, 2, 3, &image, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "interpolation");
    CHECK_INT(binet_image_resize(NULL, &pixels, 2, 2, BINET_BILINEAR, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "image");
    pixels.shape[2] = 4;
    CHECK_INT(binet_image_resize(NULL, &pixels, 2, 2, BINET_BILINEAR, &image, &error), BINET_INVALID_ARGUMENT);
    pixels = view(bytes, HEIGHT, WIDTH);
    pixels.dtype = BINET_F32;
    CHECK_INT(binet_image_resize(NULL, &pixels, 2, 2, BINET_BILINEAR, &image, &error), BINET_INVALID_ARGUMENT);
    pixels = view(bytes, 0, WIDTH);
    CHECK_INT(binet_image_resize(NULL, &pixels, 2, 2, BINET_BILINEAR, &image, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "pixels");
    CHECK(image == NULL);
}

static void a_transform_crops_and_normalises(void)
{
    static uint8_t bytes[2 * 4 * 3];
    fill(bytes, (int64_t)sizeof bytes, 3);
    binet_array pixels = view(bytes, 2, 4);
    binet_transform transform = {sizeof transform, 0, 3, BINET_BILINEAR, {0.5F, 0.25F, 0}, {0.5F, 2, 1}, 0, 0};
    float values[27];
    CHECK_INT(binet_transform_apply(NULL, &pixels, &transform, values, 27, NULL), BINET_OK);
    /* Columns 0 .. 2 of 4, since the half is rounded to even; rows 0 and 1, then black. */
    for (int channel = 0; channel < 3; channel++) {
        for (int y = 0; y < 3; y++) {
            for (int x = 0; x < 3; x++) {
                float byte = y < 2 ? (float)bytes[(y * 4 + x) * 3 + channel] : 0;
                float expected = (byte / 255.0F - transform.mean[channel]) / transform.std[channel];
                CHECK(values[channel * 9 + y * 3 + x] == expected);
            }
        }
    }
}

static void presets_and_sizes_are_those_of_the_header(void)
{
    binet_transform transform = {.struct_size = sizeof transform};
    int32_t size[2] = {0, 0};
    binet_error error;
    CHECK_INT(binet_transform_preset(BINET_TRANSFORM_CLIP, &transform, NULL), BINET_OK);
    CHECK(transform.resize == 224 && transform.crop == 224 && transform.interpolation == BINET_BICUBIC);
    CHECK(transform.mean[0] == 0.48145466F && transform.std[2] == 0.27577711F);
    transform.crop = 0;
    CHECK_INT(binet_transform_size(&transform, 500, 333, &size[0], &size[1], NULL), BINET_OK);
    CHECK_INT(size[0], 336); /* int(224 * 500 / 333) */
    CHECK_INT(size[1], 224);
    CHECK_INT(binet_transform_size(NULL, 10, 10, &size[0], &size[1], NULL), BINET_OK);
    CHECK_INT(size[0], 224);
    CHECK_INT(binet_transform_preset(3, &transform, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "preset");
    CHECK_INT(binet_transform_preset(1, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "transform");
    CHECK_INT(binet_transform_size(NULL, 0, 10, &size[0], &size[1], &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "width");
    CHECK_INT(binet_transform_size(NULL, 10, 10, &size[0], NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "out_height");
    CHECK_INT(binet_transform_size(&transform, 1, INT32_MAX, &size[0], &size[1], &error), BINET_INVALID_ARGUMENT);
}

static void bad_arguments_of_a_transform_are_named(void)
{
    static uint8_t bytes[HEIGHT * WIDTH * 3];
    float values[3];
    binet_error error;
    binet_array pixels = view(bytes, HEIGHT, WIDTH);
    const binet_transform good = {sizeof good, 4, 1, BINET_BILINEAR, {0, 0, 0}, {1, 1, 1}, 0, 0};
    CHECK_INT(binet_transform_apply(NULL, &pixels, &good, values, 2, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "capacity");
    CHECK_INT(binet_transform_apply(NULL, &pixels, &good, NULL, 3, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "values");
    CHECK_INT(binet_transform_apply(NULL, NULL, &good, values, 3, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "pixels");
    for (int i = 0; i < 6; i++) {
        binet_transform bad = good;
        bad.std[1] = i == 0 ? 0 : i == 1 ? NAN : bad.std[1];
        bad.mean[2] = i == 2 ? INFINITY : bad.mean[2];
        bad.resize = i == 3 ? -1 : bad.resize;
        bad.crop = i == 4 ? 40000 : bad.crop;
        bad.interpolation = i == 5 ? 0 : bad.interpolation;
        CHECK_INT(binet_transform_apply(NULL, &pixels, &bad, values, 3, &error), BINET_INVALID_ARGUMENT);
        CHECK_TEXT(error.argument, "transform");
    }
    CHECK_INT(binet_transform_apply(NULL, &pixels, &good, values, 3, &error), BINET_OK);
}

static void every_failure_of_memory_is_clean(void)
{
    static uint8_t bytes[HEIGHT * WIDTH * 3];
    float values[3 * 8 * 8];
    binet_array pixels = view(bytes, HEIGHT, WIDTH);
    binet_array mirrored = pixels;
    mirrored.data = bytes + (WIDTH - 1) * 3;
    mirrored.strides[1] = -3;
    binet_transform transform = {sizeof transform, 9, 8, BINET_BICUBIC, {0, 0, 0}, {1, 1, 1}, 0, 0};
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet_image *decoded = NULL;
        binet_image *resized_image = NULL;
        binet_image *shorter = NULL;
        binet_status status = binet_image_decode(context, png, sizeof png, NULL, &decoded, NULL);
        binet_image_destroy(decoded);
        decoded = NULL;
        if (status == BINET_OK) {
            status = binet_image_decode(context, ppm, PPM_SIZE, NULL, &decoded, NULL);
        }
        if (status == BINET_OK) {
            status = binet_image_resize(context, &pixels, 20, 30, BINET_BILINEAR, &resized_image, NULL);
        }
        if (status == BINET_OK) {
            status = binet_image_resize(context, &mirrored, 60, 7, BINET_BICUBIC, &shorter, NULL);
        }
        if (status == BINET_OK) {
            status = binet_transform_apply(context, &pixels, &transform, values, 3 * 8 * 8, NULL);
            CHECK(shorter != NULL);
        }
        binet_image_destroy(decoded);
        binet_image_destroy(resized_image);
        binet_image_destroy(shorter);
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

int main(void)
{
    RUN(a_picture_is_decoded_and_read);
    RUN(a_bad_file_is_named);
    RUN(limits_hold_before_pixels_are_decoded);
    RUN(bad_arguments_of_decoding_are_named);
    RUN(every_instruction_set_resizes_to_the_same_bytes);
    RUN(resizing_keeps_what_it_must);
    RUN(bad_arguments_of_resizing_are_named);
    RUN(a_transform_crops_and_normalises);
    RUN(presets_and_sizes_are_those_of_the_header);
    RUN(bad_arguments_of_a_transform_are_named);
    RUN(every_failure_of_memory_is_clean);
    return check_result();
}
