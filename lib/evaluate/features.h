/** Features as a .npy file of f32 [N, D] (NumPy's format 1.0), written batch by batch. */
#ifndef BINET_EVALUATE_FEATURES_H
#define BINET_EVALUATE_FEATURES_H

#include "base/file.h"
#include "kernels/kernels.h"

/** Zeroed, it is closed. */
typedef struct binet__features {
    const binet_context *context;
    const binet__kernels *kernels;
    binet__file file;
    int64_t n_rows;
    int64_t n_columns; /**< 0: no row yet */
    float *row;        /**< a row as it is written, then room for it as it came */
} binet__features;

/** Open the file under a temporary name. On failure there is nothing to discard. */
binet_status binet__features_create(const binet_context *context, const char *path, binet__features *features,
                                    binet_error *error);

/** Append rows [n, D], D as in the batches before; f16, bf16 and f32 exactly, f64 rounded. */
binet_status binet__features_append(binet__features *features, const binet_array *rows, binet_error *error);

/** Write the number of rows into the header and give the file its name. */
binet_status binet__features_commit(binet__features *features, binet_error *error);

/** Leave no file. A closed one is fine. */
void binet__features_discard(binet__features *features);

#endif
