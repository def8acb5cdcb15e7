/** Exact widening to f32, and f32 around a mean in f64. */

static void widen_f16(const uint16_t *values, int64_t n, float *widened)
{
    int64_t i = 0;
    for (; n - i >= f32_width; i += f32_width) {
        f32_store(widened + i, f32_from_f16(values + i));
    }
    if (i < n) {
        uint16_t padded[f32_width] = {0};
        float rest[f32_width];
        memcpy(padded, values + i, (size_t)(n - i) * sizeof *padded);
        f32_store(rest, f32_from_f16(padded));
        memcpy(widened + i, rest, (size_t)(n - i) * sizeof *rest);
    }
}

/* bfloat16 is the upper half of f32: simple enough for any compiler to make vectors of. */
static void widen_bf16(const uint16_t *values, int64_t n, float *widened)
{
    for (int64_t i = 0; i < n; i++) {
        uint32_t bits = (uint32_t)values[i] << 16;
        memcpy(&widened[i], &bits, sizeof bits);
    }
}

/* Likewise. */
static void centre_f32(const float *restrict values, const double *restrict near, const double *restrict mean,
                       int64_t n, double *restrict centred)
{
    for (int64_t i = 0; i < n; i++) {
        centred[i] = (double)values[i] - near[i] - mean[i];
    }
}
