/** Second pass over a row of probabilities, and what comes of it.
 *
 * Sums of p, of p^2 without the label's, and of p log p, lane by lane as in row_logits.inc.h. Below the smallest normal
 * number log p counts as the log of that number: the entropy moves by less than 2^-120 (f32). Then
 *
 *      nll = -log p_label        brier = (1 - p_label)^2 + squares        entropy = -(sum of p log p)
 */

BINET__INLINE void OP(take_probabilities)(OP(accumulators) * sums, int i, OP(lanes) p, OP(lanes) others)
{
    sums->rest[i] = OP(add)(sums->rest[i], p);
    sums->squares[i] = OP(fma)(others, others, sums->squares[i]);
    sums->slope[i] = OP(fma)(p, OP(log)(OP(max)(OP(set)(OP(smallest)), p)), sums->slope[i]);
}

static OP(sums) OP(sum_probabilities)(const REAL *row, int64_t n, int64_t label)
{
    OP(sums) total = {0, 0, 0};
    for (int64_t start = 0; start < n; start += OP(stretch)) {
        int64_t end = n - start < OP(stretch) ? n : start + OP(stretch);
        OP(accumulators) sums;
        OP(clear)(&sums);
        for (int64_t base = start; base < end; base += OP(block)) {
            if (end - base >= OP(block) && (label < base || label - base >= OP(block))) {
                for (int i = 0; i < 4; i++) {
                    const REAL *at = row + base + i * OP(width);
                    OP(lanes) p = OP(load)(at);
                    prefetch((uintptr_t)at + (uintptr_t)n * sizeof(REAL)); /* most often the next row */
                    OP(take_probabilities)(&sums, i, p, p);
                }
                continue;
            }
            for (int i = 0; i < 4; i++) {
                int64_t at = base + i * OP(width);
                OP(lanes) p = OP(load_first)(row + at, end - at, 0);
                OP(lanes) others = p;
                if (label >= base) {
                    others = OP(first)(label - at, p, OP(first)(label - at + 1, OP(set)(0), p));
                }
                OP(take_probabilities)(&sums, i, p, others);
            }
        }
        total.rest += OP(join)(sums.rest);
        total.squares += OP(join)(sums.squares);
        total.slope += OP(join)(sums.slope);
    }
    return total;
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
    OP(sums) sums = OP(sum_probabilities)(row, n, label);
    out->sum = sums.rest;
    if (!OP(check_probabilities)(row, n, parameters->sum_tolerance, out)) {
        return;
    }
    row_begin(OP(find_in_row)(row, n, found.largest), label, found.ahead, out);
    out->confidence = (double)found.largest;
    out->entropy = 0 - sums.slope;
    if (label >= 0) {
        double p = (double)row[label];
        out->true_probability = p;
        out->nll = 0 - one_log(p);
        out->brier = (1 - p) * (1 - p) + sums.squares;
    }
}
