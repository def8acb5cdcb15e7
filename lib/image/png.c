/* The chunks of a PNG (W3C, Portable Network Graphics, third edition). stb_image passes over checksums, takes what lies
 * beyond a short palette from memory that was never set, and inflates as much as a hostile file likes; so its inflate
 * is used here, and the rest is done with every size known beforehand. */
#include "image/png.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"

enum { SIGNATURE_SIZE = 8, CHUNK_OVERHEAD = 12 };

#define TYPE(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

typedef struct chunk {
    uint32_t type;
    int64_t length;
    const uint8_t *data;
} chunk;

/* A walk over the chunks of a file. */
typedef struct walk {
    const uint8_t *bytes;
    int64_t size;
    int64_t at;
    uint32_t crc_of[256];
} walk;

static uint32_t big_32(const uint8_t *bytes)
{
    return TYPE(bytes[0], bytes[1], bytes[2], bytes[3]);
}

static void walk_from_start(walk *w, const binet__image_source *source)
{
    w->bytes = source->bytes;
    w->size = source->size;
    w->at = SIGNATURE_SIZE;
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc & 1) != 0 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
        }
        w->crc_of[i] = crc;
    }
}

static int checksum_is_right(const walk *w, const uint8_t *bytes, int64_t length, uint32_t expected)
{
    uint32_t crc = 0xffffffffu;
    for (int64_t i = 0; i < length; i++) {
        crc = crc >> 8 ^ w->crc_of[(crc ^ bytes[i]) & 0xff];
    }
    return (crc ^ 0xffffffffu) == expected;
}

static binet_status fail(binet_error *error, const char *what)
{
    return binet__fail(error, BINET_INVALID_DATA, "bytes", -1, "broken PNG: %s", what);
}

static binet_status next_chunk(walk *w, chunk *found, binet_error *error)
{
    const uint8_t *at = w->bytes + w->at;
    int64_t left = w->size - w->at;
    int64_t length = left >= CHUNK_OVERHEAD ? (int64_t)big_32(at) : 0;
    if (left < CHUNK_OVERHEAD || length > left - CHUNK_OVERHEAD) {
        return binet__fail(error, BINET_INVALID_DATA, "bytes", -1, "truncated: the PNG ends before its end chunk");
    }
    found->type = big_32(at + 4);
    found->length = length;
    found->data = at + 8;
    /* A wrong checksum matters in chunks that the pixels depend on; those have a capital first letter. */
    if ((found->type & TYPE(0x20, 0, 0, 0)) == 0 &&
        !checksum_is_right(w, at + 4, length + 4, big_32(at + 8 + length))) {
        return binet__fail(error, BINET_INVALID_DATA, "bytes", -1,
                           "broken PNG: wrong checksum of the chunk at byte %lld", (long long)w->at);
    }
    w->at += length + CHUNK_OVERHEAD;
    return BINET_OK;
}

static binet_status read_header(const binet__image_source *source, const chunk *header, binet__png *png,
                                binet_error *error)
{
    /* Bit n: a depth of n bits is allowed. */
    static const uint32_t depths[7] = {0x10116, 0, 0x10100, 0x116, 0x10100, 0, 0x10100};
    const uint8_t *data = header->data;
    if (header->type != TYPE('I', 'H', 'D', 'R') || header->length != 13) {
        return fail(error, "no header chunk at its start");
    }
    binet_status status = binet__check_limits(source, big_32(data), big_32(data + 4), error);
    if (status != BINET_OK) {
        return status;
    }
    png->width = (int32_t)big_32(data);
    png->height = (int32_t)big_32(data + 4);
    png->depth = data[8];
    png->colour = data[9];
    png->interlaced = data[12];
    if (png->colour > 6 || png->depth > 16 || (depths[png->colour] >> png->depth & 1) == 0) {
        return binet__fail(error, BINET_INVALID_DATA, "bytes", -1, "broken PNG: colour type %d with %d bits",
                           png->colour, png->depth);
    }
    if (data[10] != 0 || data[11] != 0 || png->interlaced > 1) {
        return fail(error, "an unknown compression, filter or interlace method");
    }
    return BINET_OK;
}

static binet_status read_palette(const chunk *found, binet__png *png, binet_error *error)
{
    if (found->length % 3 != 0 || found->length > (int64_t)sizeof png->palette) {
        return binet__fail(error, BINET_INVALID_DATA, "bytes", -1, "broken PNG: a palette of %lld bytes",
                           (long long)found->length);
    }
    memcpy(png->palette, found->data, (size_t)found->length);
    return BINET_OK;
}

/* Read all chunks up to the end chunk, and put the data together in `data`, which has room for the whole file. */
static binet_status read_chunks(walk *w, binet__png *png, uint8_t *data, int64_t *size, binet_error *error)
{
    int has_palette = 0;
    for (;;) {
        chunk found = {0, 0, NULL};
        binet_status status = next_chunk(w, &found, error);
        if (status != BINET_OK) {
            return status;
        }
        if (found.type == TYPE('I', 'E', 'N', 'D')) {
            break;
        }
        if (found.type == TYPE('P', 'L', 'T', 'E')) {
            has_palette = 1;
            status = read_palette(&found, png, error);
        } else if (found.type == TYPE('I', 'D', 'A', 'T')) {
            memcpy(data + *size, found.data, (size_t)found.length);
            *size += found.length;
        } else if ((found.type & TYPE(0x20, 0, 0, 0)) == 0) {
            status = fail(error, "a critical chunk that is not known");
        }
        if (status != BINET_OK) {
            return status;
        }
    }
    if (*size == 0) {
        return fail(error, "no pixels before the end chunk");
    }
    return png->colour == BINET__PNG_PALETTE && !has_palette ? fail(error, "no palette") : BINET_OK;
}

/* The filtered rows of a file whose header was read. */
static binet_status inflate(const binet__image_source *source, walk *w, binet__png *png, uint8_t **filtered,
                            binet_error *error)
{
    uint8_t *rows = NULL;
    int64_t size = 0;
    int64_t filtered_size = binet__png_filtered_size(png);
    if (filtered_size == 0) {
        return binet__fail(error, BINET_INVALID_DATA, "bytes", -1,
                           "a PNG whose pixels take more than 2147483647 bytes");
    }
    uint8_t *data = binet__allocate(source->context, source->size, 1, error);
    if (data == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    binet_status status = read_chunks(w, png, data, &size, error);
    if (status == BINET_OK) {
        rows = binet__allocate(source->context, filtered_size + binet__png_row_size(png), 1, error);
        status = rows != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    }
    if (status == BINET_OK && !binet__inflate(data, size, rows, filtered_size)) {
        status = fail(error, "its compressed data are damaged, or not as long as its size says");
    }
    binet__release(source->context, data);
    if (status != BINET_OK) {
        binet__release(source->context, rows);
        return status;
    }
    *filtered = rows;
    return BINET_OK;
}

binet_status binet__png_decode(const binet__image_source *source, binet_image **image, binet_error *error)
{
    walk w;
    chunk header = {0, 0, source->bytes};
    binet__png png;
    memset(&png, 0, sizeof png);
    walk_from_start(&w, source);
    binet_status status = next_chunk(&w, &header, error);
    if (status == BINET_OK) {
        status = read_header(source, &header, &png, error);
    }
    uint8_t *filtered = NULL;
    if (status == BINET_OK) {
        status = inflate(source, &w, &png, &filtered, error);
    }
    if (status != BINET_OK) {
        return status;
    }
    binet_image *made = NULL;
    status = binet__image_create(source->context, png.width, png.height, &made, error);
    if (status == BINET_OK && !binet__png_to_rgb(&png, filtered, made->pixels)) {
        status = fail(error, "a row with an unknown filter");
    }
    binet__release(source->context, filtered);
    if (status != BINET_OK) {
        binet_image_destroy(made);
        return status;
    }
    *image = made;
    return BINET_OK;
}
