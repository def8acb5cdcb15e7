/** Models through libtorch. Its own shared library: link libbinet_torch as well. */
#ifndef BINET_TORCH_H
#define BINET_TORCH_H

#include "evaluate.h"

BINET_BEGIN

typedef struct binet_torch_options {
    uint32_t struct_size;
    int32_t n_threads;  /**< threads inside an operation, for the whole process: >= 1; 0: libtorch's own choice */
    int32_t dtype;      /**< the model runs in BINET_F32, BINET_F16, BINET_BF16 or BINET_F64; 0: BINET_F32 */
    int32_t reserved;   /**< 0 */
    const char *device; /**< as libtorch spells it, such as "cuda:0"; NULL: "cpu" */
} binet_torch_options;

/** Load a model from a file that libtorch can run.
 *
 * The model is put into evaluation mode and maps f32 [n, 3, H, W] to a tensor of logits [n, C], to a tuple (logits,
 * features), or to a dict with the keys "logits" and, optionally, "features"; features are [n, D].
 *
 * @param[in]  path    Not NULL.
 * @param[in]  options NULL: CPU, f32.
 * @param[out] model   struct_size set by the caller. Release it with model->free(model->self). Not NULL.
 * @param[out] error   NULL: no detail wanted.
 * @return BINET_OK, _INVALID_ARGUMENT, _INVALID_DATA (not a model), _IO, _UNSUPPORTED (no such device), _OUT_OF_MEMORY.
 *         A run of the model gives _INVALID_DATA where its answer has another form, saying what came, and _INTERNAL
 * where the model throws. No C++ exception passes. Since 0.1.
 */
BINET_API binet_status binet_torch_model_load(const char *path, const binet_torch_options *options, binet_model *model,
                                              binet_error *error);

BINET_END

#endif
