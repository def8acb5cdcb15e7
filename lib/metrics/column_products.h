/** Products of columns of two sets of features of the same samples. */
#ifndef BINET_METRICS_COLUMN_PRODUCTS_H
#define BINET_METRICS_COLUMN_PRODUCTS_H

#include "metrics/centred.h"

/** Of centred x [n, D1] and y [n, D2], with d_i = |x_i|^2 and e_i = |y_i|^2. */
typedef struct binet__column_products {
    double squared_xy; /**< ||Y'X||_F^2 */
    double squared_xx;
    double squared_yy;
    double trace_x; /**< sum d_i */
    double trace_y;
    double diagonals_xy; /**< sum d_i e_i */
    double diagonals_xx;
    double diagonals_yy;
} binet__column_products;

/** Memory: (D1 + D2)^2 + 1024 (D1 + D2) + 2 n doubles. */
binet_status binet__column_products_of(const binet_context *context, const binet__centred centred[2],
                                       binet__column_products *products, binet_error *error);

#endif
