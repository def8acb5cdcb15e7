/** Leading directions of train, along which fewer numbers tell most rows apart. */
#ifndef BINET_METRICS_NEIGHBORS_BASIS_H
#define BINET_METRICS_NEIGHBORS_BASIS_H

#include "metrics/neighbors_rows.h"
#include "metrics/neighbors_search.h"

/** Give `maker` a basis where that is expected to make the search of all queries faster; the result of the search does
 *  not depend on it. Some queries are searched without one, and what they find is held against the products of a sample
 *  of rows along 1/16, 2/16 .. 8/16 of D directions: how many rows the bound leaves open at each. */
binet_status binet__choose_basis(const binet__search *search, binet__row_maker *maker, binet_error *error);

#endif
