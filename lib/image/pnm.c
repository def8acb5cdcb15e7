/* Binary PGM and PPM. stb_image's reader is left out: it does not scale samples by their maximum, and before
 * version 2.30 reads beyond its own memory where they have 16 bits. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "image/image.h"

typedef struct header {
    int64_t numbers[3]; /* width, height, maximum */
    int64_t end;        /* where the samples begin */
} header;

static int is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* After white space and comments, which end with their line. */
static int64_t skip_space(const uint8_t *bytes, int64_t size, int64_t at)
{
    int in_comment = 0;
    for (; at < size && (in_comment || bytes[at] == '#' || is_space(bytes[at])); at++) {
        in_comment = (in_comment || bytes[at] == '#') && bytes[at] != '\n' && bytes[at] != '\r';
    }
    return at;
}

/* "P5" or "P6", three numbers as text, one white space. */
static int read_header(const uint8_t *bytes, int64_t size, header *read)
{
    int64_t at = 2;
    for (int i = 0; i < 3; i++) {
        int64_t start = skip_space(bytes, size, at);
        read->numbers[i] = 0;
        for (at = start; at < size && bytes[at] >= '0' && bytes[at] <= '9' && read->numbers[i] <= INT32_MAX; at++) {
            read->numbers[i] = 10 * read->numbers[i] + (bytes[at] - '0');
        }
        if (at == start || at == size || !is_space(bytes[at])) {
            return 0;
        }
    }
    read->end = at + 1;
    return 1;
}

/* A sample as Pillow scales it: rounded half to even, no more than white. */
static uint8_t scale(int value, int maximum)
{
    double scaled = nearbyint((double)value / maximum * 255);
    return (uint8_t)(scaled < 255 ? scaled : 255);
}

static void write_pixels(const uint8_t *samples, int64_t n_pixels, int n_channels, int maximum, uint8_t *rgb)
{
    int size = maximum > 255 ? 2 : 1;
    for (int64_t i = 0; i < n_pixels; i++) {
        for (int channel = 0; channel < 3; channel++) {
            if (channel < n_channels) {
                int value = size == 2 ? samples[0] * 256 + samples[1] : samples[0];
                rgb[channel] = maximum == 255 ? (uint8_t)value : scale(value, maximum);
                samples += size;
            } else {
                rgb[channel] = rgb[0];
            }
        }
        rgb += 3;
    }
}

binet_status binet__pnm_decode(const binet__image_source *source, binet_image **image, binet_error *error)
{
    header read;
    memset(&read, 0, sizeof read);
    if (!read_header(source->bytes, source->size, &read)) {
        return binet__fail(error, BINET_INVALID_DATA, "bytes", -1, "broken PNM: its header is not three numbers");
    }
    int64_t maximum = read.numbers[2];
    if (maximum < 1 || maximum > 65535) {
        return binet__fail(error, BINET_INVALID_DATA, "bytes", -1, "broken PNM: its maximum is %lld, not 1 .. 65535",
                           (long long)maximum);
    }
    binet_status status = binet__check_limits(source, read.numbers[0], read.numbers[1], error);
    if (status != BINET_OK) {
        return status;
    }
    int n_channels = source->bytes[1] == '6' ? 3 : 1;
    int64_t pixel_size = maximum > 255 ? 2 * n_channels : n_channels;
    int64_t n_pixels = read.numbers[0] * read.numbers[1];
    if (n_pixels > (source->size - read.end) / pixel_size) {
        return binet__fail(error, BINET_INVALID_DATA, "bytes", -1, "truncated: the file ends before the image does");
    }
    status = binet__image_create(source->context, (int32_t)read.numbers[0], (int32_t)read.numbers[1], image, error);
    if (status == BINET_OK) {
        write_pixels(source->bytes + read.end, n_pixels, n_channels, (int)maximum, (*image)->pixels);
    }
    return status;
}
