/** log x for positive normal x.
 *
 * x = m 2^k with m from sqrt(1/2) to sqrt(2); f = m - 1 is exact, so that the result is as exact near 1 as elsewhere.
 * log 2 is in two parts, of which k times the upper is exact.
 *
 * Within 1.0 ulp (f32) and 1.0 ulp (f64).
 */

/** log(1 + f) = f + f^2 q(f). */
BINET__INLINE f32_vector f32_log(f32_vector x)
{
    static const float coefficients[] = {-0x1.40860cp-4f, 0x1.0a4dc8p-3f,  -0x1.0e7b32p-3f,
                                         0x1.221288p-3f,  -0x1.5433a2p-3f, 0x1.99a960p-3f,
                                         -0x1.0003f4p-2f, 0x1.555544p-2f,  -0x1.fffff8p-2f};
    f32_vector k;
    f32_vector f = f32_sub(f32_split(x, &k), f32_set(1.0f));
    f32_vector q = f32_set(coefficients[0]);
    for (size_t i = 1; i < sizeof coefficients / sizeof coefficients[0]; i++) {
        q = f32_fma(f, q, f32_set(coefficients[i]));
    }
    f32_vector small = f32_fma(f32_mul(f, f), q, f32_mul(k, f32_set(0x1.7f7d1cp-20f)));
    return f32_fma(k, f32_set(0x1.62e4p-1f), f32_add(f, small));
}

/** log(1 + f) = 2 atanh s with s = f / (2 + f), that is 2 s + s R(s^2) = f - s (f - R). */
BINET__INLINE f64_vector f64_log(f64_vector x)
{
    static const double coefficients[] = {0x1.2ef06d5938270p-3, 0x1.39a3f91a43acep-3, 0x1.7466269428d21p-3,
                                          0x1.c71c528d5bde7p-3, 0x1.249249413775dp-2, 0x1.9999999980d5bp-2,
                                          0x1.555555555558fp-1};
    f64_vector k;
    f64_vector f = f64_sub(f64_split(x, &k), f64_set(1.0));
    f64_vector s = f64_div(f, f64_add(f, f64_set(2.0)));
    f64_vector z = f64_mul(s, s);
    f64_vector q = f64_set(coefficients[0]);
    for (size_t i = 1; i < sizeof coefficients / sizeof coefficients[0]; i++) {
        q = f64_fma(z, q, f64_set(coefficients[i]));
    }
    f64_vector rest = f64_sub(f, f64_mul(z, q));
    f64_vector small = f64_sub(f64_mul(s, rest), f64_mul(k, f64_set(0x1.a39ef35793c76p-33)));
    return f64_fma(k, f64_set(0x1.62e42fee00000p-1), f64_sub(f, small));
}
