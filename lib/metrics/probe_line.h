/** How far to go along a direction: the loss of some rows, whose logits are straight lines there. */
#ifndef BINET_METRICS_PROBE_LINE_H
#define BINET_METRICS_PROBE_LINE_H

#include "metrics/probe_loss.h"

typedef struct binet__probe_line binet__probe_line;

/** For at most n rows; to be destroyed. */
binet_status binet__probe_line_create(const binet_context *context, binet__probe_loss *loss, int64_t n,
                                      int64_t n_classes, binet__probe_line **line, binet_error *error);

void binet__probe_line_destroy(binet__probe_line *line);

/** A length > 0 near which point - length direction has the least of `scale` times the mean loss over the rows plus
 *  half the square of the weights. `slope` > 0 is that of the whole function at the point, against the direction; the
 *  slope of the rows is moved by what it differs from that. `taken` is how far the search before went along its
 *  direction to this point, by the same rows; 0: the point is from elsewhere. */
binet_status binet__probe_line_search(binet__probe_line *line, const binet__probe_rows *rows, const double *point,
                                      const double *direction, double scale, double slope, double taken, double *length,
                                      binet_error *error);

#endif
