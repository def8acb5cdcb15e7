/** Second pass over a row of probabilities, and what comes of it.
 *
 * Three sums, over k != label and in lanes as in row_logits.inc.h: of p_k, of p_k^2 and of p_k log p_k. Below the
 * smallest normal number log p counts as the log of that number: the entropy moves by less than 2^-120 (f32). The
 * label's terms join them in double. Then
 *
 *      nll = -log p_label        brier = (1 - p_label)^2 + squares        entropy = -(sum of p log p)
 */

BINET__INLINE void OP(take_probabilities)(OP(sums) * sums, int part, OP(vector) p)
{
    sums->rest[part] = OP(add)(sums->rest[part], p);
    sums->squares[part] = OP(fma)(p, p, sums->squares[part]);
    sums->slope[part] = OP(fma)(p, OP(log)(OP(max)(OP(set)(OP(smallest)), p)), sums->slope[part]);
}

/* Add columns start to end of a row, all but `skipped`. */
static void OP(take_probabilities_run)(OP(sums) * into, const REAL *row, int64_t n, int64_t start, int64_t end,
                                       int64_t skipped)
{
    OP(sums) sums = *into;
    for (int64_t at = start; at < end; at += OP(all)) {
        if (end - at >= OP(all) && (uint64_t)(skipped - at) >= OP(all)) {
            prefetch((uintptr_t)(row + at) + (uintptr_t)n * sizeof(REAL)); /* most often the next row */
            for (int part = 0; part < OP(parts); part++) {
                OP(take_probabilities)(&sums, part, OP(load)(row + at + (int64_t)part * OP(width)));
            }
        } else {
            for (int part = 0; part < OP(parts); part++) {
                int64_t from = at + (int64_t)part * OP(width);
                OP(vector) p = OP(load_first)(row + from, end - from, 0);
                OP(take_probabilities)(&sums, part, OP(replace)(p, skipped - from, 0));
            }
        }
    }
    *into = sums;
}

static OP(totals) OP(sum_probabilities)(const REAL *row, int64_t n, int64_t label)
{
    OP(totals) totals = {0, 0, 0};
    for (int64_t start = 0; start < n; start += OP(stretch)) {
        OP(sums) sums;
        OP(clear)(&sums);
        int64_t end = n - start < OP(stretch) ? n : start + OP(stretch);
        OP(take_probabilities_run)(&sums, row, n, start, end, label);
        OP(add_up)(&sums, &totals);
    }
    return totals;
}

/* State and fault of a row: a NaN, else a value outside 0 .. 1, else the sum. */
static int OP(check_probabilities)(const REAL *row, int64_t n, double tolerance, binet__row *out)
{
    int64_t outside = -1;
    for (int64_t i = 0; i < n; i++) {
        if (isnan(row[i])) {
            out->state = BINET__ROW_NAN;
            out->fault = i;
            return 0;
        }
        if (outside < 0 && !(row[i] >= 0 && row[i] <= 1)) {
            outside = i;
        }
    }
    if (outside >= 0) {
        out->state = BINET__ROW_OUT_OF_RANGE;
        out->fault = outside;
        return 0;
    }
    if (!(fabs(out->sum - 1) <= tolerance)) {
        out->state = BINET__ROW_SUM;
        return 0;
    }
    return 1;
}

static void OP(probabilities)(const REAL *row, int64_t n, int64_t label, const binet__row_parameters *parameters,
                              binet__row *out)
{
    OP(survey) found = OP(survey_row)(row, n, label);
    OP(totals) sums = OP(sum_probabilities)(row, n, label);
    double p = label < 0 ? 0 : (double)row[label];
    out->sum = sums.rest + p;
    if (!OP(check_probabilities)(row, n, parameters->sum_tolerance, out)) {
        return;
    }
    row_begin(OP(find_largest)(row, n, label, &found), label, found.ahead, out);
    out->confidence = (double)found.largest;
    out->entropy = one_entropy(0 - sums.slope, n);
    if (label >= 0) {
        double log_p = one_log(p);
        out->true_probability = p;
        out->nll = 0 - log_p;
        out->brier = (1 - p) * (1 - p) + sums.squares;
        out->entropy = p > 0 ? one_entropy(0 - (sums.slope + p * log_p), n) : out->entropy;
    }
}
