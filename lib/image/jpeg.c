#include "image/jpeg.h"

#include <string.h>

#include "base/error.h"

/* Markers (ITU-T T.81, table B.1). */
enum {
    SOF0 = 0xc0,
    DHT = 0xc4,
    JPG = 0xc8,
    DAC = 0xcc,
    SOF15 = 0xcf,
    RST0 = 0xd0,
    SOI = 0xd8,
    EOI = 0xd9,
    SOS = 0xda,
    TEM = 0x01
};

/* The decoders fill up a file that is cut off with grey and go on, so the end is looked for here. */
static binet_status fail_truncated(binet_error *error)
{
    return binet__fail(error, BINET_INVALID_DATA, "bytes", -1, "truncated: the JPEG ends before its end marker");
}

/* Position after the next marker at or after `at`, which is not one of entropy-coded data (a stuffed zero or a restart)
 * where `in_scan`; -1 where there is none. */
static int64_t next_marker(const uint8_t *bytes, int64_t size, int64_t at, int in_scan, int *marker)
{
    while (at < size) {
        const uint8_t *found = memchr(bytes + at, 0xff, (size_t)(size - at));
        if (found == NULL) {
            return -1;
        }
        at = found - bytes;
        while (at < size && bytes[at] == 0xff) {
            at++;
        }
        if (at == size) {
            return -1;
        }
        *marker = bytes[at++];
        if (*marker != 0 && !(in_scan && *marker >= RST0 && *marker < SOI)) {
            return at;
        }
    }
    return -1;
}

static int is_frame(int marker)
{
    return marker >= SOF0 && marker <= SOF15 && marker != DHT && marker != JPG && marker != DAC;
}

/* Huffman tables: a byte, 16 counts, and as many values as they sum to, which are at most 256. stb_image before 2.30
 * writes beyond its own table where they are more. */
static int tables_are_whole(const uint8_t *bytes, int64_t size)
{
    while (size > 0) {
        int n_values = 0;
        for (int64_t i = 1; size >= 17 && i <= 16; i++) {
            n_values += bytes[i];
        }
        if (size < 17 || n_values > 256 || n_values > size - 17) {
            return 0;
        }
        bytes += 17 + n_values;
        size -= 17 + n_values;
    }
    return 1;
}

binet_status binet__jpeg_scan(const uint8_t *bytes, int64_t size, binet__jpeg *jpeg, binet_error *error)
{
    binet__jpeg read = {0, 0, 0};
    int n_scans = 0;
    int marker = SOI;
    int64_t at = 2;
    for (;;) {
        at = next_marker(bytes, size, at, marker == SOS, &marker);
        if (at < 0) {
            return fail_truncated(error);
        }
        if (marker == EOI) {
            break;
        }
        if (marker == SOI || marker == TEM || (marker >= RST0 && marker < SOI)) {
            continue;
        }
        if (size - at < 2) {
            return fail_truncated(error);
        }
        int64_t length = bytes[at] * 256 + bytes[at + 1];
        if (length > size - at) {
            return fail_truncated(error);
        }
        if (length < 2 || (is_frame(marker) && length < 8)) {
            return binet__fail(error, BINET_INVALID_DATA, "bytes", -1,
                               "broken JPEG: a segment of %lld bytes at byte %lld", (long long)length, (long long)at);
        }
        if (marker == DHT && !tables_are_whole(bytes + at + 2, length - 2)) {
            return binet__fail(error, BINET_INVALID_DATA, "bytes", -1, "broken JPEG: Huffman tables at byte %lld",
                               (long long)at);
        }
        if (is_frame(marker) && read.n_components == 0) {
            read.height = bytes[at + 3] * 256 + bytes[at + 4];
            read.width = bytes[at + 5] * 256 + bytes[at + 6];
            read.n_components = bytes[at + 7];
        }
        n_scans += marker == SOS;
        at += length;
    }
    if (read.n_components == 0 || n_scans == 0) {
        return binet__fail(error, BINET_INVALID_DATA, "bytes", -1, "broken JPEG: no %s before the end marker",
                           read.n_components == 0 ? "frame" : "scan");
    }
    *jpeg = read;
    return BINET_OK;
}

binet_status binet__jpeg_decode(const binet__image_source *source, binet_image **image, binet_error *error)
{
    binet__jpeg jpeg = {0, 0, 0};
    binet_status status = binet__jpeg_scan(source->bytes, source->size, &jpeg, error);
    if (status == BINET_OK) {
        status = binet__check_limits(source, jpeg.width, jpeg.height, error);
    }
    if (status != BINET_OK) {
        return status;
    }
#ifdef BINET_HAVE_TURBOJPEG
    return binet__turbo_decode(source, &jpeg, image, error);
#else
    return binet__stb_decode(source, image, error);
#endif
}
