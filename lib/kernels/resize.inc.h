/** Resampling of 8-bit pixels in Pillow's fixed point: each output is a sum of products of bytes and integer weights of
 *  22 fractional bits, rounded and clipped. The sums are integers modulo 2^32, so their order does not matter. */

/* Rounds the later shift to nearest. */
static const int32_t resize_half = 1 << (BINET__RESIZE_BITS - 1);

static uint8_t resize_clip(uint32_t sum)
{
    int32_t value = (int32_t)sum >> BINET__RESIZE_BITS;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static void resize_interleave(const uint8_t *const rows[4], int64_t n_pixels, uint8_t *interleaved)
{
    int64_t i = 0;
    /* Four pixels are read with four bytes after them. */
    for (; n_pixels - i >= 6; i += 4) {
        interleave_pixels(rows, 3 * i, interleaved + 16 * i);
    }
    for (; i < n_pixels; i++) {
        for (int64_t row = 0; row < 4; row++) {
            memcpy(interleaved + 16 * i + 4 * row, rows[row] + 3 * i, 3);
            interleaved[16 * i + 4 * row + 3] = 0;
        }
    }
}

static void resize_columns(const uint8_t *interleaved, const binet__taps *taps, uint8_t *const rows[4])
{
    for (int64_t i = 0; i < taps->n; i++) {
        const uint8_t *pixels = interleaved + 16 * (int64_t)taps->first[i];
        const int32_t *weights = taps->weights + i * taps->stride;
        i32_lanes sum = i32_set(resize_half);
        for (int32_t j = 0; j < taps->counts[i]; j++) {
            sum = i32_muladd(sum, i32_load_u8(pixels + (int64_t)16 * j), i32_set(weights[j]));
        }
        i32_store_pixels(rows, 3 * i, sum);
    }
}

static void resize_rows(const uint8_t *rows, int64_t stride, const int32_t *weights, int32_t n_weights, int64_t n_bytes,
                        uint8_t *out)
{
    int64_t i = 0;
    for (; n_bytes - i >= 32; i += 32) {
        i32_lanes low = i32_set(resize_half);
        i32_lanes high = low;
        for (int32_t j = 0; j < n_weights; j++) {
            const uint8_t *row = rows + j * stride + i;
            i32_lanes weight = i32_set(weights[j]);
            low = i32_muladd(low, i32_load_u8(row), weight);
            high = i32_muladd(high, i32_load_u8(row + 16), weight);
        }
        i32_store_u8(out + i, low);
        i32_store_u8(out + i + 16, high);
    }
    for (; i < n_bytes; i++) {
        uint32_t sum = (uint32_t)resize_half;
        for (int32_t j = 0; j < n_weights; j++) {
            sum += rows[j * stride + i] * (uint32_t)weights[j];
        }
        out[i] = resize_clip(sum);
    }
}
