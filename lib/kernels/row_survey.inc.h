/** First pass over a row: the largest score, and how many are ahead of the label. Exact, so any order will do.
 *
 * Written once for f32 and f64: REAL is the type, OP(name) the operation on its lanes.
 */

typedef struct OP(survey) {
    REAL largest;  /* -inf where all are -inf or NaN */
    int64_t ahead; /* scores above the label's, or equal to it in a lower column */
} OP(survey);

static OP(survey) OP(survey_row)(const REAL *row, int64_t n, int64_t label)
{
    /* Before the label its equals are ahead too; after it, only what is at least the next number up. Nothing is at
     * least NaN. */
    const int64_t ends[] = {label < 0 ? 0 : label, n};
    const REAL bounds[] = {label < 0 ? (REAL)NAN : row[label], label < 0 ? (REAL)NAN : OP(next)(row[label])};
    OP(vector) largest_even = OP(set)((REAL)-INFINITY);
    OP(vector) largest_odd = largest_even;
    OP(count) ahead_even = OP(count_none)();
    OP(count) ahead_odd = ahead_even;
    int64_t at = 0;
    for (int run = 0; run < 2; run++) {
        const int64_t end = ends[run];
        const OP(vector) bound = OP(set)(bounds[run]);
        for (; end - at >= (int64_t)2 * OP(width); at += (int64_t)2 * OP(width)) {
            OP(vector) even = OP(load)(row + at);
            OP(vector) odd = OP(load)(row + at + OP(width));
            largest_even = OP(max)(even, largest_even);
            largest_odd = OP(max)(odd, largest_odd);
            ahead_even = OP(count_at_least)(ahead_even, even, bound);
            ahead_odd = OP(count_at_least)(ahead_odd, odd, bound);
        }
        for (; at < end; at += OP(width)) {
            OP(vector) rest = OP(load_first)(row + at, end - at, (REAL)NAN);
            largest_even = OP(max)(rest, largest_even);
            ahead_even = OP(count_at_least)(ahead_even, rest, bound);
        }
        at = end;
    }
    OP(survey)
    found = {OP(largest)(OP(max)(largest_even, largest_odd)), OP(counted)(ahead_even) + OP(counted)(ahead_odd)};
    return found;
}

/** The first column that holds the largest score, which is there. */
static int64_t OP(find_largest)(const REAL *row, int64_t n, int64_t label, const OP(survey) * found)
{
    if (label >= 0 && found->ahead == 0 && row[label] == found->largest) {
        return label;
    }
    int64_t at = 0;
    for (; n - at >= OP(all); at += OP(all)) {
        int i = OP(find)(row + at, found->largest);
        if (i < OP(all)) {
            return at + i;
        }
    }
    while (at < n && !(row[at] == found->largest)) {
        at++;
    }
    return at;
}
