/** What a fit of the temperature needs of a row of logits: its largest, found once, and the moments of the distances to
 *  it under the softmax, at one inverse temperature after the other.
 *
 * With u_k = t (x_k - m), and the sums of row_logits.inc.h, of which the first has the same bits:
 *
 *      log_sum = log1p(rest)        mean = sum e_k u_k / S        square = sum e_k u_k^2 / S
 */

static void OP(peak)(const REAL *row, int64_t n, binet__peak *peak)
{
    OP(survey) found = OP(survey_row)(row, n, -1);
    peak->state = isfinite(found.largest) ? BINET__ROW_OK : OP(examine)(row, n, &peak->fault);
    if (peak->state == BINET__ROW_OK) {
        peak->first = OP(find_largest)(row, n, -1, &found);
        peak->largest = (double)(found.largest + 0);
    }
}

static void OP(moments)(const REAL *row, int64_t n, const binet__peak *peak, double t, binet__moments *out)
{
    out->state = BINET__ROW_OK;
    out->log_sum = 0;
    out->mean = 0;
    out->square = 0;
    if (isinf(peak->largest)) {
        return;
    }
    OP(exponent) exponent = OP(exponent_of)(t);
    OP(totals) sums = OP(sum_logits)(row, n, (REAL)peak->largest, peak->first, &exponent, 1);
    if (isnan(sums.rest)) {
        out->state = OP(examine)(row, n, &out->fault);
        return;
    }
    double rest = sums.rest * OP(exp_unit);
    double unit = t * OP(exp_unit) / (1 + rest);
    out->log_sum = one_log1p(rest);
    out->mean = sums.slope * unit;
    out->square = sums.squares * unit * t;
}
