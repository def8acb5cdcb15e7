/** Second pass over a row of logits, and what comes of it.
 *
 * With m the largest logit, in column `first`, and e_k = exp(t (x_k - m)), three sums over k != first: of e_k, of e_k^2
 * and of e_k (x_k - m). Leaving out the largest, whose e is 1, keeps what confident rows differ in: with S = 1 + rest,
 *
 *      confidence = 1 / S        nll = log1p(rest) - t (x_label - m)       entropy = log1p(rest) - t slope / S
 *      brier = (squares + rest^2) / S^2 where the label is `first`, else (1 + squares) / S^2 - 2 e_label / S + 1
 *
 * A pass over moments wants the sum of e_k (x_k - m)^2 in the place of that of e_k^2, see row_moments.inc.h; all else,
 * bits included, is one code.
 *
 * A lane adds up at most 64 terms in its own precision, then all goes on in double: the error of a sum is below 2^-18
 * of it for f32, and near 2^-23 as a rule, whatever the length of the row.
 */

/* `squares` holds the sum of e^2, or that of e (x - m)^2 where the pass is curved. */
typedef struct OP(sums) {
    OP(vector) rest[OP(parts)], squares[OP(parts)], slope[OP(parts)];
} OP(sums);

typedef struct OP(totals) {
    double rest, squares, slope;
} OP(totals);

static void OP(add_up)(const OP(sums) * sums, OP(totals) * totals)
{
    totals->rest += OP(sum)(sums->rest);
    totals->squares += OP(sum)(sums->squares);
    totals->slope += OP(sum)(sums->slope);
}

BINET__INLINE void OP(clear)(OP(sums) * sums)
{
    for (int part = 0; part < OP(parts); part++) {
        sums->rest[part] = OP(set)(0);
        sums->squares[part] = OP(set)(0);
        sums->slope[part] = OP(set)(0);
    }
}

/* Add a vector of logits to a part of the lanes. A NaN ends in `rest`. */
BINET__INLINE void OP(take_logits)(OP(sums) * sums, int part, OP(vector) x, REAL largest, const OP(exponent) * exponent,
                                   int curved)
{
    OP(vector) d = OP(max)(OP(set)(exponent->lowest), OP(sub)(x, OP(set)(largest)));
    OP(vector) e = OP(exp)(d, exponent);
    sums->rest[part] = OP(add)(sums->rest[part], e);
    sums->squares[part] = curved ? OP(fma)(OP(mul)(e, d), d, sums->squares[part]) : OP(fma)(e, e, sums->squares[part]);
    sums->slope[part] = OP(fma)(e, d, sums->slope[part]);
}

/* Add columns start to end of a row, all but `skipped`. */
BINET__INLINE void OP(take_logits_run)(OP(sums) * into, const REAL *row, int64_t n, int64_t start, int64_t end,
                                       int64_t skipped, REAL largest, const OP(exponent) * exponent, int curved)
{
    OP(sums) sums = *into;
    for (int64_t at = start; at < end; at += OP(all)) {
        if (end - at >= OP(all) && (uint64_t)(skipped - at) >= OP(all)) {
            prefetch((uintptr_t)(row + at) + (uintptr_t)n * sizeof(REAL)); /* most often the next row */
            for (int part = 0; part < OP(parts); part++) {
                OP(take_logits)(&sums, part, OP(load)(row + at + (int64_t)part * OP(width)), largest, exponent, curved);
            }
        } else {
            for (int part = 0; part < OP(parts); part++) {
                const REAL none = (REAL)-INFINITY;
                int64_t from = at + (int64_t)part * OP(width);
                OP(vector) x = OP(load_first)(row + from, end - from, none);
                OP(take_logits)(&sums, part, OP(replace)(x, skipped - from, none), largest, exponent, curved);
            }
        }
    }
    *into = sums;
}

BINET__INLINE OP(totals)
    OP(sum_logits)(const REAL *row, int64_t n, REAL largest, int64_t first, const OP(exponent) * exponent, int curved)
{
    OP(totals) totals = {0, 0, 0};
    for (int64_t start = 0; start < n; start += OP(stretch)) {
        OP(sums) sums;
        OP(clear)(&sums);
        int64_t end = n - start < OP(stretch) ? n : start + OP(stretch);
        OP(take_logits_run)(&sums, row, n, start, end, first, largest, exponent, curved);
        OP(add_up)(&sums, &totals);
    }
    return totals;
}

/* The state of a row whose largest logit is not finite, or that holds a NaN; BINET__ROW_OK where one is +inf. */
static int32_t OP(examine)(const REAL *row, int64_t n, int64_t *fault)
{
    int64_t n_infinite = 0;
    int64_t second = 0;
    for (int64_t i = 0; i < n; i++) {
        if (isnan(row[i])) {
            *fault = i;
            return BINET__ROW_NAN;
        }
        if (row[i] == (REAL)INFINITY) {
            n_infinite++;
            second = n_infinite == 2 ? i : second;
        }
    }
    if (n_infinite != 1) {
        *fault = second;
        return n_infinite == 0 ? BINET__ROW_ALL_EXCLUDED : BINET__ROW_TWO_INFINITE;
    }
    return BINET__ROW_OK;
}

static void OP(finish_odd_logits)(const REAL *row, int64_t n, int64_t label, const OP(survey) * found, binet__row *out)
{
    out->state = OP(examine)(row, n, &out->fault);
    if (out->state != BINET__ROW_OK) {
        return;
    }
    int64_t first = OP(find_largest)(row, n, label, found);
    double miss = label == first ? 0 : 1;
    row_begin(first, label, found->ahead, out);
    out->sum = 1;
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
    double t = within_exponents(parameters->inverse_temperature);
    OP(survey) found = OP(survey_row)(row, n, label);
    if (!isfinite(found.largest)) {
        OP(finish_odd_logits)(row, n, label, &found, out);
        return;
    }
    int64_t first = OP(find_largest)(row, n, label, &found);
    OP(exponent) exponent = OP(exponent_of)(t);
    OP(totals) sums = OP(sum_logits)(row, n, found.largest + 0, first, &exponent, 0);
    if (isnan(sums.rest)) {
        OP(finish_odd_logits)(row, n, label, &found, out);
        return;
    }
    double rest = sums.rest * OP(exp_unit);
    double squares = sums.squares * OP(exp_unit) * OP(exp_unit);
    double whole = 1 + rest;
    double log_whole = one_log1p(rest);
    row_begin(first, label, found.ahead, out);
    out->sum = whole;
    out->confidence = 1 / whole;
    out->entropy = one_entropy(log_whole - sums.slope * t * OP(exp_unit) / whole, n);
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
