/** The places of what is large among many values, most of which are not. */

static int64_t list_at_least(const float *values, int64_t n, float least, int32_t *places)
{
    const f32_vector bound = f32_set(least);
    int64_t count = 0;
    int64_t at = 0;
    for (; n - at >= f32_all; at += f32_all) {
        uint32_t bits = 0;
        for (int part = 0; part < f32_parts; part++) {
            bits |= f32_at_least(f32_load(values + at + (int64_t)part * f32_width), bound) << (part * f32_width);
        }
        count = f32_list(bits, at, places, count);
    }
    for (; at < n; at++) {
        places[count] = (int32_t)at;
        count += values[at] >= least;
    }
    return count;
}
