/** Second pass over a row of logits, and what comes of it.
 *
 * With m the largest logit, in column `first`, and e_k = exp(t (x_k - m)), three sums over k != first: of e_k, of e_k^2
 * and of e_k (x_k - m). Leaving out the largest, whose e is 1, keeps what confident rows differ in: with S = 1 + rest,
 *
 *      confidence = 1 / S        nll = log1p(rest) - t (x_label - m)       entropy = log1p(rest) - t slope / S
 *      brier = (squares + rest^2) / S^2 where the label is `first`, else (1 + squares) / S^2 - 2 e_label / S + 1
 *
 * A lane adds up at most 16 terms in its own precision, then all go on in double: the error of a sum is below 2^-19 of
 * it for f32, whatever the length of the row.
 */

typedef struct OP(sums) {
    double rest, squares, slope;
} OP(sums);

typedef struct OP(accumulators) {
    OP(lanes) rest[4], squares[4], slope[4];
} OP(accumulators);

BINET__INLINE void OP(clear)(OP(accumulators) * sums)
{
    for (int i = 0; i < 4; i++) {
        sums->rest[i] = OP(set)(0);
        sums->squares[i] = OP(set)(0);
        sums->slope[i] = OP(set)(0);
    }
}

/* Add vector i of a block. A NaN in x ends in `rest`. */
BINET__INLINE void OP(take_logits)(OP(accumulators) * sums, int i, OP(lanes) x, REAL largest,
                                   const OP(exponent) * exponent)
{
    OP(lanes) d = OP(max)(OP(set)(exponent->lowest), OP(sub)(x, OP(set)(largest)));
    OP(lanes) e = OP(exp)(d, exponent);
    sums->rest[i] = OP(add)(sums->rest[i], e);
    sums->squares[i] = OP(fma)(e, e, sums->squares[i]);
    sums->slope[i] = OP(fma)(e, d, sums->slope[i]);
}

BINET__INLINE double OP(join)(const OP(lanes) * parts)
{
    return OP(sum)(OP(add)(OP(add)(parts[0], parts[1]), OP(add)(parts[2], parts[3])));
}

static OP(sums) OP(sum_logits)(const REAL *row, int64_t n, REAL largest, int64_t first, const OP(exponent) * exponent)
{
    OP(sums) total = {0, 0, 0};
    for (int64_t start = 0; start < n; start += OP(stretch)) {
        int64_t end = n - start < OP(stretch) ? n : start + OP(stretch);
        OP(accumulators) sums;
        OP(clear)(&sums);
        for (int64_t base = start; base < end; base += OP(block)) {
            if (end - base >= OP(block) && (first < base || first - base >= OP(block))) {
                for (int i = 0; i < 4; i++) {
                    const REAL *at = row + base + i * OP(width);
                    prefetch((uintptr_t)at + (uintptr_t)n * sizeof(REAL)); /* most often the next row */
                    OP(take_logits)(&sums, i, OP(load)(at), largest, exponent);
                }
                continue;
            }
            for (int i = 0; i < 4; i++) {
                int64_t at = base + i * OP(width);
                const OP(lanes) none = OP(set)((REAL)-INFINITY);
                OP(lanes) x = OP(load_first)(row + at, end - at, (REAL)-INFINITY);
                x = OP(first)(first - at, x, OP(first)(first - at + 1, none, x));
                OP(take_logits)(&sums, i, x, largest, exponent);
            }
        }
        total.rest += OP(join)(sums.rest);
        total.squares += OP(join)(sums.squares);
        total.slope += OP(join)(sums.slope);
    }
    return total;
}

/* A row whose largest logit is not finite, or that holds a NaN. */
static void OP(finish_odd_logits)(const REAL *row, int64_t n, int64_t label, const OP(survey) * found, binet__row *out)
{
    int64_t n_infinite = 0;
    int64_t second = 0;
    for (int64_t i = 0; i < n; i++) {
        if (isnan(row[i])) {
            out->state = BINET__ROW_NAN;
            out->fault = i;
            return;
        }
        if (row[i] == (REAL)INFINITY) {
            n_infinite++;
            second = n_infinite == 2 ? i : second;
        }
    }
    if (n_infinite != 1) {
        out->state = n_infinite == 0 ? BINET__ROW_ALL_EXCLUDED : BINET__ROW_TWO_INFINITE;
        out->fault = second;
        return;
    }
    int64_t first = OP(find_in_row)(row, n, (REAL)INFINITY);
    double miss = label == first ? 0 : 1;
    row_begin(first, label, found->ahead, out);
    out->confidence = 1;
    out->entropy = 0;
    if (label >= 0) {
        out->true_probability = 1 - miss;
        out->nll = label == first ? 0 : (double)INFINITY;
        out->brier = 2 * miss;
    }
}

static void OP(logits)(const REAL *row, int64_t n, int64_t label, const binet__row_parameters *parameters,
                       binet__row *out)
{
    double t = parameters->inverse_temperature;
    t = t < 0x1p-100 ? 0x1p-100 : t > 0x1p+100 ? 0x1p+100 : t;
    OP(survey) found = OP(survey_row)(row, n, label);
    if (!isfinite(found.largest)) {
        OP(finish_odd_logits)(row, n, label, &found, out);
        return;
    }
    int64_t first = OP(find_in_row)(row, n, found.largest);
    OP(exponent) exponent = OP(exponent_of)(t);
    OP(sums) sums = OP(sum_logits)(row, n, found.largest + 0, first, &exponent);
    if (isnan(sums.rest)) {
        OP(finish_odd_logits)(row, n, label, &found, out);
        return;
    }
    double rest = sums.rest * OP(exp_unit);
    double squares = sums.squares * OP(exp_unit) * OP(exp_unit);
    double whole = 1 + rest;
    double log_whole = one_log1p(rest);
    row_begin(first, label, found.ahead, out);
    out->confidence = 1 / whole;
    out->entropy = log_whole - sums.slope * t * OP(exp_unit) / whole;
    if (label == first) {
        out->true_probability = out->confidence;
        out->nll = log_whole;
        out->brier = (squares + rest * rest) / (whole * whole);
    } else if (label >= 0) {
        double difference = (double)row[label] - (double)found.largest;
        out->true_probability = one_exp(difference, t) / whole;
        out->nll = log_whole - t * difference;
        out->brier = (1 + squares) / (whole * whole) - 2 * out->true_probability + 1;
    }
}
