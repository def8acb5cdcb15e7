/** exp(t d) for t > 0 and d <= 0, times a power of two that keeps it clear of the subnormals.
 *
 * With c = t / log 2 in two parts, c = high + low, the power of two nearest to t d is found by adding a number so large
 * that the sum keeps integers (or eighths) only. What is left, r = c d - k, is exact but for one rounding, so that the
 * error does not grow with |t d|. 2^r comes from a polynomial, 2^k from bits (in f32 eighths of k from a table of 8
 * entries that fits one register). Where exp(t d) < 2^-150 (f32) or 2^-1119 (f64) the result counts as 0.
 *
 * Within 1.2 ulp for every argument, subnormal results included.
 */

/** The parts of t / log 2 and the lowest d worth telling apart. */
typedef struct f32_exponent {
    float high, low, lowest;
} f32_exponent;

typedef struct f64_exponent {
    double high, low, lowest;
} f64_exponent;

/** f32_exp gives 2^24 exp(t d), f64_exp gives 2^120 exp(t d). */
static const double f32_exp_unit = 0x1p-24;
static const double f64_exp_unit = 0x1p-120;

/* 1 / log 2 = log2e + log2e_low. */
static const double log2e = 0x1.71547652b82fep+0;
static const double log2e_low = 0x1.777d0ffda0d24p-56;

/** An inverse temperature where nothing below overflows, 2^-100 to 2^100. */
static inline double within_exponents(double t)
{
    return t < 0x1p-100 ? 0x1p-100 : t > 0x1p+100 ? 0x1p+100 : t;
}

/* t as within_exponents gives it. */
static inline f32_exponent f32_exponent_of(double t)
{
    f32_exponent e;
    double c = 8 * t * log2e;
    e.high = (float)c;
    e.low = (float)(c - (double)e.high);
    e.lowest = (float)(-8.0 * (127 + 24) / c); /* there k is the lowest of f32_eighths, whose power is 0 */
    return e;
}

static inline f64_exponent f64_exponent_of(double t)
{
    f64_exponent e;
    e.high = t * log2e;
    e.low = fma(t, log2e, -e.high) + t * log2e_low;
    e.lowest = -1120.0 / e.high;
    return e;
}

/** 2^24 exp(t d); d is NaN or from lowest to 0. */
BINET__INLINE f32_vector f32_exp(f32_vector d, const f32_exponent *e)
{
    const f32_vector shift = f32_set(0x1.8p+23f + 8 * 24);
    const f32_vector high = f32_set(e->high);
    f32_vector shifted = f32_fma(d, high, shift);
    f32_vector minus_k = f32_sub(shift, shifted);
    f32_vector r = f32_fma(d, f32_set(e->low), f32_fma(d, high, minus_k));
    /* 2^(r/8) = 1 + r q(r) for |r| <= 1/2, to 2^-25. */
    f32_vector q = f32_fma(r, f32_set(0x1.c6bfecp-14f), f32_set(0x1.ec0c24p-9f));
    q = f32_fma(r, q, f32_set(0x1.62e430p-4f));
    f32_vector power = f32_eighths(shifted);
    return f32_fma(f32_mul(power, r), q, power);
}

/** 2^120 exp(t d); d is NaN or from lowest to 0. */
BINET__INLINE f64_vector f64_exp(f64_vector d, const f64_exponent *e)
{
    /* 2^r = 1 + r q(r) for |r| <= 1/2, to 2^-57. */
    static const double coefficients[] = {0x1.ea16a1d591135p-32, 0x1.e61b0020252b8p-28, 0x1.b524cf3040b36p-24,
                                          0x1.62bfc7dbec6efp-20, 0x1.ffcbfc7b8bb8ap-17, 0x1.4309130eb5fb4p-13,
                                          0x1.5d87fe78a113ap-10, 0x1.3b2ab6fba0218p-7,  0x1.c6b08d704a0d6p-5,
                                          0x1.ebfbdff82c5a4p-3,  0x1.62e42fefa39efp-1};
    const f64_vector shift = f64_set(0x1.8p+52 + 120);
    const f64_vector high = f64_set(e->high);
    f64_vector shifted = f64_fma(d, high, shift);
    f64_vector minus_k = f64_sub(shift, shifted);
    f64_vector r = f64_fma(d, f64_set(e->low), f64_fma(d, high, minus_k));
    f64_vector q = f64_set(coefficients[0]);
    for (size_t i = 1; i < sizeof coefficients / sizeof coefficients[0]; i++) {
        q = f64_fma(r, q, f64_set(coefficients[i]));
    }
    return f64_scale(f64_fma(r, q, f64_set(1.0)), shifted);
}
