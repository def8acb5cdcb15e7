/* One lane of a pass, in NUMBER: included once for each precision, with MATRIX and IN_PRECISION as its names. */

/* Rows less their mean: in place where they are kept. */
static binet_status IN_PRECISION(rows)(const pass *of, scratch *work, int64_t first, int64_t n, MATRIX *x,
                                       binet_error *error)
{
    if (of->rows->features == NULL) {
        *x = (MATRIX){(const void *)(of->rows->kept + first * of->rows->stride), of->rows->stride, 0};
        return BINET_OK;
    }
    binet_status status = read_centred(of, work, first, n, error);
    NUMBER *copy = (void *)work->x;
    for (int64_t i = 0; status == BINET_OK && i < n * of->rows->width; i++) {
        copy[i] = (NUMBER)work->read_x[i];
    }
    *x = (MATRIX){copy, of->rows->width, 0};
    return status;
}

/* Logits become probabilities times `factor`. 0 where they cannot: a step too far, whose value is not finite. */
static int IN_PRECISION(softmax)(const pass *of, const scratch *work, NUMBER *logits, int64_t i, double factor,
                                 int32_t label)
{
    static const binet__row_parameters parameters = {.inverse_temperature = 1.0};
    int64_t n_classes = of->loss->n_classes;
    NUMBER *scaled = (void *)work->scaled;
    binet__scaling scaling;
    of->loss->kernels->IN_PRECISION(scale)(logits, n_classes, &parameters, scaled, &scaling);
    if (scaling.state != BINET__ROW_OK) {
        work->gaps[i] = INFINITY;
        work->inverses[i] = 1.0;
        return 0;
    }
    work->gaps[i] = (double)logits[scaling.predicted] - (double)logits[label];
    work->inverses[i] = 1.0 / ((double)scaled[scaling.predicted] * scaling.unit);
    NUMBER unit = (NUMBER)(scaling.unit * factor);
    for (int64_t k = 0; k < n_classes; k++) {
        logits[k] = scaled[k] * unit;
    }
    return 1;
}

/* Logits of a block become weight times (probability - [class is the label]), with their sums. */
static void IN_PRECISION(residuals)(const pass *of, const scratch *work, NUMBER *scores, int64_t first, int64_t n,
                                    NUMBER *sums)
{
    int64_t n_classes = of->loss->n_classes;
    for (int64_t i = 0; i < n; i++) {
        NUMBER *row = scores + i * n_classes;
        int32_t label = of->rows->labels[first + i];
        double weight = binet__probe_weight(of->rows, first + i);
        if (IN_PRECISION(softmax)(of, work, row, i, weight, label)) {
            row[label] -= (NUMBER)weight;
            for (int64_t k = 0; k < n_classes; k++) {
                sums[k] += row[k];
            }
        }
    }
}

/* Logits of a block. */
static void IN_PRECISION(logits)(const pass *of, MATRIX x, int64_t n, NUMBER *scores)
{
    const NUMBER *point = IN_PRECISION(point_of)(of);
    int64_t n_classes = of->loss->n_classes;
    for (int64_t i = 0; i < n; i++) {
        memcpy(scores + i * n_classes, point, (size_t)n_classes * sizeof *point);
    }
    IN_PRECISION(binet__gemm)
    (n, n_classes, of->rows->width, x, (MATRIX){point + n_classes, n_classes, 0}, 1, scores, n_classes);
}

static binet_status IN_PRECISION(lane)(const pass *of, scratch *work, int64_t lane, binet_error *error)
{
    const binet__probe_loss *loss = of->loss;
    int64_t width = of->rows->width;
    int64_t n_classes = loss->n_classes;
    NUMBER *gradient = (void *)(loss->gradients + lane * loss->size_of_lane);
    NUMBER *scores = (void *)work->scores;
    double value = 0.0;
    memset(gradient, 0, (size_t)of->size * sizeof *gradient);
    int64_t last = (lane + 1) * of->rows->n / loss->n_lanes;
    for (int64_t first = lane * of->rows->n / loss->n_lanes; first < last; first += BLOCK) {
        int64_t n = last - first < BLOCK ? last - first : BLOCK;
        MATRIX x;
        binet_status status = IN_PRECISION(rows)(of, work, first, n, &x, error);
        if (status != BINET_OK) {
            return status;
        }
        IN_PRECISION(logits)(of, x, n, scores);
        IN_PRECISION(residuals)(of, work, scores, first, n, gradient);
        x.transposed = 1;
        IN_PRECISION(binet__gemm)
        (width, n_classes, n, x, (MATRIX){scores, n_classes, 0}, 1, gradient + n_classes, n_classes);
        value += block_value(of, work, first, n);
    }
    loss->values[lane] = value;
    return BINET_OK;
}

/* The rows of a lane through the softmax, or to their logits, and no further. */
static binet_status IN_PRECISION(forward)(const pass *of, scratch *work, int64_t lane, binet_error *error)
{
    const binet__probe_loss *loss = of->loss;
    int64_t last = (lane + 1) * of->rows->n / loss->n_lanes;
    for (int64_t first = lane * of->rows->n / loss->n_lanes; first < last; first += BLOCK) {
        int64_t n = last - first < BLOCK ? last - first : BLOCK;
        NUMBER *scores = (NUMBER *)of->probabilities + first * loss->n_classes;
        MATRIX x;
        binet_status status = IN_PRECISION(rows)(of, work, first, n, &x, error);
        if (status != BINET_OK) {
            return status;
        }
        IN_PRECISION(logits)(of, x, n, scores);
        for (int64_t i = 0; !of->only_logits && i < n; i++) {
            double root = sqrt(binet__probe_weight(of->rows, first + i));
            (void)IN_PRECISION(softmax)(of, work, scores + i * loss->n_classes, i, root, of->rows->labels[first + i]);
        }
    }
    return BINET_OK;
}

/* Gradient and Hessian in b of a lane: sums of s (p - y), and of s (diag(p) - p p'), the diagonal left out. */
static binet_status IN_PRECISION(intercepts)(const pass *of, scratch *work, int64_t lane, binet_error *error)
{
    const binet__probe_loss *loss = of->loss;
    int64_t n_classes = loss->n_classes;
    NUMBER *scores = (void *)work->scores;
    NUMBER *products = (void *)(loss->gradients + lane * loss->size_of_lane);
    double *sums = loss->sums + lane * n_classes;
    memset(products, 0, (size_t)(n_classes * n_classes) * sizeof *products);
    memset(sums, 0, (size_t)n_classes * sizeof *sums);
    int64_t last = (lane + 1) * of->rows->n / loss->n_lanes;
    for (int64_t first = lane * of->rows->n / loss->n_lanes; first < last; first += BLOCK) {
        int64_t n = last - first < BLOCK ? last - first : BLOCK;
        MATRIX x;
        binet_status status = IN_PRECISION(rows)(of, work, first, n, &x, error);
        if (status != BINET_OK) {
            return status;
        }
        IN_PRECISION(logits)(of, x, n, scores);
        for (int64_t i = 0; i < n; i++) {
            NUMBER *row = scores + i * n_classes;
            double root = sqrt(binet__probe_weight(of->rows, first + i));
            (void)IN_PRECISION(softmax)(of, work, row, i, root, of->rows->labels[first + i]);
            for (int64_t k = 0; k < n_classes; k++) {
                sums[k] += root * (double)row[k];
            }
        }
        IN_PRECISION(binet__gemm)
        (n_classes, n_classes, n, (MATRIX){scores, n_classes, 1}, (MATRIX){scores, n_classes, 0}, 1, products,
         n_classes);
    }
    return BINET_OK;
}

#undef NUMBER
#undef MATRIX
#undef IN_PRECISION
