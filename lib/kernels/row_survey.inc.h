/** First pass over a row: the largest score, and how many are ahead of the label.
 *
 * Written once for f32 and f64: REAL is the type, OP(name) the operation on its lanes. Here and below a row is cut in
 * blocks of four vectors, each with its own accumulator.
 */

typedef struct OP(survey) {
    REAL largest;  /* -inf where all are -inf or NaN */
    int64_t ahead; /* scores above the label's, or equal to it in a lower column */
} OP(survey);

static OP(survey) OP(survey_row)(const REAL *row, int64_t n, int64_t label)
{
    /* Below the label's column those at least equal count, above it those larger: at least the next number. Nothing is
     * >= NaN. */
    const OP(lanes) upto = OP(set)(label < 0 ? (REAL)NAN : row[label]);
    const OP(lanes) beyond = OP(set)(label < 0 ? (REAL)NAN : OP(next)(row[label]));
    OP(lanes) largest[4];
    OP(counts) ahead[4];
    OP(lanes) threshold = upto;
    for (int i = 0; i < 4; i++) {
        largest[i] = OP(set)((REAL)-INFINITY);
        ahead[i] = OP(count_none)();
    }
    for (int64_t base = 0; base < n; base += OP(block)) {
        if (n - base >= OP(block) && (label < base || label - base >= OP(block))) {
            for (int i = 0; i < 4; i++) {
                OP(lanes) x = OP(load)(row + base + i * OP(width));
                largest[i] = OP(max)(x, largest[i]);
                ahead[i] = OP(count)(ahead[i], x, threshold);
            }
            continue;
        }
        for (int i = 0; i < 4; i++) {
            int64_t at = base + i * OP(width);
            OP(lanes) x = OP(load_first)(row + at, n - at, (REAL)-INFINITY);
            largest[i] = OP(max)(x, largest[i]);
            ahead[i] = OP(count)(ahead[i], x, label < base ? threshold : OP(first)(label - at, upto, beyond));
        }
        threshold = label < base + OP(block) ? beyond : threshold;
    }
    OP(survey) found = {OP(largest)(OP(max)(OP(max)(largest[0], largest[1]), OP(max)(largest[2], largest[3]))), 0};
    for (int i = 0; i < 4; i++) {
        found.ahead += OP(counted)(ahead[i]);
    }
    return found;
}

/** The first column that holds `value`; n where none does. */
static int64_t OP(find_in_row)(const REAL *row, int64_t n, REAL value)
{
    int64_t at = 0;
    for (; n - at >= OP(width); at += OP(width)) {
        int lane = OP(find)(OP(load)(row + at), value);
        if (lane < OP(width)) {
            return at + lane;
        }
    }
    while (at < n && !(row[at] == value)) {
        at++;
    }
    return at;
}
