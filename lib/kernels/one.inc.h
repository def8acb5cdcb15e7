/** exp and log of single numbers, in double: the lanes of the same functions. */

static double one_exp(double d, double t)
{
    f64_exponent e = f64_exponent_of(t);
    f64_vector lanes = f64_max(f64_set(e.lowest), f64_set(d));
    return f64_largest(f64_exp(lanes, &e)) * f64_exp_unit;
}

/** values[i] becomes one_exp(values[i], t). */
static void exp_each(double *values, int64_t n, double t)
{
    const f64_exponent e = f64_exponent_of(t);
    const f64_vector lowest = f64_set(e.lowest);
    const f64_vector unit = f64_set(f64_exp_unit);
    int64_t i = 0;
    for (; n - i >= f64_width; i += f64_width) {
        f64_store(values + i, f64_mul(f64_exp(f64_max(lowest, f64_load(values + i)), &e), unit));
    }
    if (i < n) {
        double rest[f64_width];
        f64_store(rest, f64_mul(f64_exp(f64_max(lowest, f64_load_first(values + i, n - i, 0)), &e), unit));
        memcpy(values + i, rest, (size_t)(n - i) * sizeof *rest);
    }
}

/** x >= 0. Within 1.0 ulp, of subnormal x too. */
static double one_log(double x)
{
    if (x == 0) {
        return -INFINITY;
    }
    if (x < DBL_MIN) {
        return f64_largest(f64_log(f64_set(x * 0x1p54))) - 54 * 0x1.62e42fefa39efp-1;
    }
    return f64_largest(f64_log(f64_set(x)));
}

/** values[i] becomes one_log(values[i]). */
static void log_each(double *values, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        values[i] = one_log(values[i]);
    }
}

/** log(1 + x) for x >= 0: what rounding 1 + x lost is put back. */
static double one_log1p(double x)
{
    double sum = 1 + x;
    double lost = x > 1 ? 1 - (sum - x) : x - (sum - 1);
    return one_log(sum) + lost / sum;
}

/** A row's entropy, no more than log n, where rounding could lead, or probabilities that sum to a bit more than 1. */
static double one_entropy(double entropy, int64_t n)
{
    double most = one_log((double)n);
    return entropy < most ? entropy : most;
}
