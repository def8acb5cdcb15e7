/** A run of the model, and what it may give. */
#ifndef BINET_EVALUATE_OUTPUTS_H
#define BINET_EVALUATE_OUTPUTS_H

#include "binet/evaluate.h"
#include "evaluate/batch.h"

/** Run the model on the images that were read, under one of the transforms. `error` is not NULL and says on failure
 * what the model said. */
binet_status binet__model_run(const binet_model *model, const binet__loader *loader, const binet__batch *batch,
                              int64_t view, binet_model_outputs *outputs, binet_error *error);

/** Check an output: 2 axes, a float dtype, n rows, and as many columns as in the batches before (*n_columns; 0: any,
 *  and it is set). BINET_INVALID_DATA says what came and what is allowed. */
binet_status binet__check_output(const binet_array *output, const char *name, int64_t n, int64_t *n_columns,
                                 binet_error *error);

#endif
