#include "evaluate/outputs.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"

binet_status binet__model_run(const binet_model *model, const binet__loader *loader, const binet__batch *batch,
                              int64_t view, binet_model_outputs *outputs, binet_error *error)
{
    const binet__view *made = &loader->views[view];
    int64_t plane = (int64_t)made->height * made->width;
    binet_array values = {
        batch->values[view],
        BINET_F32,
        4,
        {batch->n, 3, made->height, made->width},
        {made->n_values * (int64_t)sizeof(float), plane * (int64_t)sizeof(float), made->width * (int64_t)sizeof(float),
         (int64_t)sizeof(float)},
    };
    binet_error said;
    memset(&said, 0, sizeof said);
    said.element = -1;
    binet_status status = model->run(model->self, &values, outputs, &said);
    if (status != BINET_OK) {
        said.argument[sizeof said.argument - 1] = '\0';
        said.message[sizeof said.message - 1] = '\0';
        int has_row = said.element >= 0 && said.element < batch->n;
        return binet__fail(error, status, said.argument[0] != '\0' ? said.argument : "model",
                           has_row ? batch->indices[said.element] : -1, "%s",
                           said.message[0] != '\0' ? said.message : "the model failed and did not say why");
    }
    return BINET_OK;
}

/** Such as "[8, 1000]". */
static void write_shape(const binet_array *array, char *text, size_t size)
{
    size_t used = 0;
    for (int32_t axis = 0; axis < array->ndim && axis < 4 && used < size; axis++) {
        int written =
            snprintf(text + used, size - used, "%s%lld", axis == 0 ? "[" : ", ", (long long)array->shape[axis]);
        used += written > 0 ? (size_t)written : 0;
    }
    if (used < size) {
        (void)snprintf(text + used, size - used, "%s", used == 0 ? "[]" : "]");
    }
}

binet_status binet__check_output(const binet_array *output, const char *name, int64_t n, int64_t *n_columns,
                                 binet_error *error)
{
    char shape[128];
    binet_error reason;
    write_shape(output, shape, sizeof shape);
    if (output->ndim == 2 && binet__check_array(output, name, 2, BINET__DTYPES_FLOAT, &reason) != BINET_OK) {
        return binet__fail(error, BINET_INVALID_DATA, "model", -1, "the model gave what it may not: %s",
                           reason.message);
    }
    int64_t columns = output->shape[1];
    if (output->ndim != 2 || output->shape[0] != n || columns < 1 || (*n_columns != 0 && columns != *n_columns)) {
        char allowed[64] = ">= 1";
        if (*n_columns != 0) {
            (void)snprintf(allowed, sizeof allowed, "%lld, as in the batches before", (long long)*n_columns);
        }
        return binet__fail(error, BINET_INVALID_DATA, "model", -1,
                           "the model gave %s of shape %s for %lld images; allowed: [%lld, columns] with columns %s",
                           name, shape, (long long)n, (long long)n, allowed);
    }
    *n_columns = columns;
    return BINET_OK;
}
