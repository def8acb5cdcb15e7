/** Rows for what is asked of every class: the probabilities of a row, written out, and what they add to totals of their
 *  columns.
 *
 * From logits scaled_k = exp(t (x_k - m)) times the power of two that exp gives, and unit = 1 / S over that power, with
 * S = 1 + the sum of row_logits.inc.h, in its order: the same bits.
 */

BINET__INLINE OP(vector) OP(scaled)(OP(vector) x, REAL largest, const OP(exponent) * exponent)
{
    return OP(exp)(OP(max)(OP(set)(exponent->lowest), OP(sub)(x, OP(set)(largest))), exponent);
}

/* Columns start to end to `scaled`, all but `skipped`, which becomes 0, and their sum. */
static double OP(scale_run)(const REAL *row, int64_t n, int64_t start, int64_t end, int64_t skipped, REAL largest,
                            const OP(exponent) * exponent, REAL *scaled)
{
    OP(vector) sum[OP(parts)];
    for (int part = 0; part < OP(parts); part++) {
        sum[part] = OP(set)(0);
    }
    for (int64_t at = start; at < end; at += OP(all)) {
        if (end - at >= OP(all) && (uint64_t)(skipped - at) >= OP(all)) {
            prefetch((uintptr_t)(row + at) + (uintptr_t)n * sizeof(REAL)); /* most often the next row */
            for (int part = 0; part < OP(parts); part++) {
                int64_t from = at + (int64_t)part * OP(width);
                OP(vector) e = OP(scaled)(OP(load)(row + from), largest, exponent);
                OP(store)(scaled + from, e);
                sum[part] = OP(add)(sum[part], e);
            }
        } else {
            for (int part = 0; part < OP(parts); part++) {
                const REAL none = (REAL)-INFINITY;
                int64_t from = at + (int64_t)part * OP(width);
                OP(vector) x = OP(replace)(OP(load_first)(row + from, end - from, none), skipped - from, none);
                OP(vector) e = OP(scaled)(x, largest, exponent);
                OP(store)(scaled + from, e);
                sum[part] = OP(add)(sum[part], e);
            }
        }
    }
    return OP(sum)(sum);
}

/* What finish_odd_logits makes of a row. */
static void OP(scale_odd)(const REAL *row, int64_t n, const OP(survey) * found, REAL *scaled, binet__scaling *scaling)
{
    binet__row odd = {0};
    OP(finish_odd_logits)(row, n, -1, found, &odd);
    scaling->state = odd.state;
    scaling->fault = odd.fault;
    if (odd.state == BINET__ROW_OK) {
        for (int64_t k = 0; k < n; k++) {
            scaled[k] = 0;
        }
        scaled[odd.predicted] = 1;
        scaling->predicted = odd.predicted;
        scaling->unit = 1;
    }
}

static void OP(scale_logits)(const REAL *row, int64_t n, const binet__row_parameters *parameters, REAL *scaled,
                             binet__scaling *scaling)
{
    OP(exponent) exponent = OP(exponent_of)(within_exponents(parameters->inverse_temperature));
    OP(survey) found = OP(survey_row)(row, n, -1);
    if (!isfinite(found.largest)) {
        OP(scale_odd)(row, n, &found, scaled, scaling);
        return;
    }
    int64_t first = OP(find_largest)(row, n, -1, &found);
    double rest = 0;
    for (int64_t start = 0; start < n; start += OP(stretch)) {
        int64_t end = n - start < OP(stretch) ? n : start + OP(stretch);
        rest += OP(scale_run)(row, n, start, end, first, found.largest + 0, &exponent, scaled);
    }
    if (isnan(rest)) {
        OP(scale_odd)(row, n, &found, scaled, scaling);
        return;
    }
    scaled[first] = (REAL)(1 / OP(exp_unit));
    scaling->state = BINET__ROW_OK;
    scaling->fault = -1;
    scaling->predicted = first;
    scaling->unit = OP(exp_unit) / (1 + rest * OP(exp_unit));
}

static void OP(scale_some)(const REAL *scores, int64_t n, REAL largest, const binet__row_parameters *parameters,
                           REAL *scaled)
{
    OP(exponent) exponent = OP(exponent_of)(within_exponents(parameters->inverse_temperature));
    for (int64_t at = 0; at < n; at += OP(width)) {
        OP(vector) x = OP(load_first)(scores + at, n - at, (REAL)-INFINITY);
        OP(store)(scaled + at, OP(scaled)(x, largest + 0, &exponent));
    }
}

static void OP(check)(const REAL *row, int64_t n, const binet__row_parameters *parameters, binet__scaling *scaling)
{
    OP(vector) largest = OP(set)((REAL)-INFINITY);
    OP(vector) least = OP(set)((REAL)-INFINITY); /* of the negated */
    double total = 0;
    for (int64_t start = 0; start < n; start += OP(stretch)) {
        int64_t end = n - start < OP(stretch) ? n : start + OP(stretch);
        OP(vector) sum[OP(parts)];
        for (int part = 0; part < OP(parts); part++) {
            sum[part] = OP(set)(0);
        }
        for (int64_t at = start; at < end; at += OP(all)) {
            for (int part = 0; part < OP(parts); part++) {
                int64_t from = at + (int64_t)part * OP(width);
                OP(vector) p = end - at >= OP(all) ? OP(load)(row + from) : OP(load_first)(row + from, end - from, 0);
                sum[part] = OP(add)(sum[part], p);
                largest = OP(max)(p, largest);
                least = OP(max)(OP(sub)(OP(set)(0), p), least);
            }
        }
        total += OP(sum)(sum);
    }
    scaling->sum = total;
    OP(survey) found = {OP(largest)(largest), 0};
    if (!(found.largest <= 1 && OP(largest)(least) <= 0 && fabs(total - 1) <= parameters->sum_tolerance)) {
        binet__row odd = {.sum = total};
        if (!OP(check_probabilities)(row, n, parameters->sum_tolerance, &odd)) {
            scaling->state = odd.state;
            scaling->fault = odd.fault;
            return;
        }
    }
    scaling->state = BINET__ROW_OK;
    scaling->fault = -1;
    scaling->predicted = OP(find_largest)(row, n, -1, &found);
    scaling->unit = 1;
}

/* Each bit of `bits` is a column from `at` on. */
BINET__INLINE int64_t OP(list)(uint32_t bits, int64_t at, int32_t *columns, int64_t count)
{
    while (bits != 0) {
        columns[count++] = (int32_t)(at + __builtin_ctz(bits));
        bits &= bits - 1;
    }
    return count;
}

/* The next <t>_all columns of a row; one bit for each that is at least `bound`. */
BINET__INLINE uint32_t OP(tally_block)(const REAL *scaled, OP(vector) bound, f64_vector unit, uint64_t *totals)
{
    uint32_t bits = 0;
    for (int part = 0; part < OP(parts); part++) {
        const REAL *from = scaled + (int64_t)part * OP(width);
        if (totals != NULL) {
            OP(tally)(totals + (int64_t)part * OP(width), from, unit);
        }
        bits |= OP(at_least)(OP(load)(from), bound) << (part * OP(width));
    }
    return bits;
}

BINET__INLINE int64_t OP(tally_all)(const REAL *scaled, int64_t n, double unit, double least, uint64_t *totals,
                                    int with_totals, int32_t *columns)
{
    const OP(vector) bound = OP(set)((REAL)(least / unit * (1 - 0x1p-20)));
    const f64_vector units = f64_set(unit);
    int64_t count = 0;
    int64_t at = 0;
    for (; n - at >= OP(all); at += OP(all)) {
        uint32_t bits = OP(tally_block)(scaled + at, bound, units, with_totals ? totals + at : NULL);
        count = OP(list)(bits, at, columns, count);
    }
    if (at < n) {
        REAL rest[OP(all)] = {0};
        memcpy(rest, scaled + at, (size_t)(n - at) * sizeof *rest);
        uint32_t bits = OP(tally_block)(rest, bound, units, with_totals ? totals + at : NULL);
        count = OP(list)(bits & ((1u << (n - at)) - 1), at, columns, count);
    }
    return count;
}

static int64_t OP(tally_row)(const REAL *scaled, int64_t n, double unit, double least, uint64_t *totals,
                             int32_t *columns)
{
    return totals != NULL ? OP(tally_all)(scaled, n, unit, least, totals, 1, columns)
                          : OP(tally_all)(scaled, n, unit, least, NULL, 0, columns);
}
