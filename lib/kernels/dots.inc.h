/** Dot products of every row of one block with every row of another.
 *
 * Element k of both rows goes to lane k mod 16, so that a product has the same bits whatever rows stand beside it: the
 * shape of a tile is free, and is what fits the registers.
 */

enum {
    dots_tall = 2,
    dots_wide = f32_parts == 1 ? 6 : 3,
    dots_stay = 4096 /* numbers of the rows that stay: 16 KiB */
};

BINET__INLINE void dots_tile(const float *a, int n_a, const float *b, int n_b, int64_t n, float *out,
                             int64_t out_stride)
{
    f32_vector sums[dots_tall][dots_wide][f32_parts];
    for (int i = 0; i < n_a; i++) {
        for (int j = 0; j < n_b; j++) {
            for (int part = 0; part < f32_parts; part++) {
                sums[i][j][part] = f32_set(0);
            }
        }
    }
    for (int64_t at = 0; at < n; at += f32_all) {
        for (int part = 0; part < f32_parts; part++) {
            int64_t from = at + (int64_t)part * f32_width;
            f32_vector right[dots_wide];
            for (int j = 0; j < n_b; j++) {
                right[j] = f32_load(b + j * n + from);
            }
            for (int i = 0; i < n_a; i++) {
                f32_vector left = f32_load(a + i * n + from);
                for (int j = 0; j < n_b; j++) {
                    sums[i][j][part] = f32_fma(left, right[j], sums[i][j][part]);
                }
            }
        }
    }
    for (int i = 0; i < n_a; i++) {
        for (int j = 0; j < n_b; j++) {
            out[i * out_stride + j] = (float)f32_sum(sums[i][j]);
        }
    }
}

/* Rows i .. i + n_i of the first block with row j and those after it that make a tile. */
static void dots_strip(const float *a, int64_t n_i, const float *b, int64_t n_j, int64_t n, float *out, int64_t n_b)
{
    int64_t i = 0;
    for (; n_j == dots_wide && i + dots_tall <= n_i; i += dots_tall) {
        dots_tile(a + i * n, dots_tall, b, dots_wide, n, out + i * n_b, n_b);
    }
    for (; i < n_i; i++) {
        for (int64_t j = 0; j < n_j; j++) {
            dots_tile(a + i * n, 1, b + j * n, 1, n, out + i * n_b + j, n_b);
        }
    }
}

/* A few rows of the first block stay in the first cache while all of the second pass by. */
static void dots(const float *a, int64_t n_a, const float *b, int64_t n_b, int64_t n, float *out)
{
    int64_t stay = dots_stay / n / dots_tall * dots_tall;
    stay = stay < dots_tall ? dots_tall : stay;
    for (int64_t i = 0; i < n_a; i += stay) {
        int64_t n_i = n_a - i < stay ? n_a - i : stay;
        for (int64_t j = 0; j < n_b; j += dots_wide) {
            int64_t n_j = n_b - j < dots_wide ? n_b - j : dots_wide;
            dots_strip(a + i * n, n_i, b + j * n, n_j, n, out + i * n_b + j, n_b);
        }
    }
}
