/* The adapter over libtorch: what a model answers is taken as it is or refused in words, and nothing is thrown. */
#include "binet/torch.h"

#include <math.h>
#include <stdlib.h>

#include "check.h"

enum { N = 3, CLASSES = 5, FEATURES = 4, SIDE = 8, N_VALUES = N * 3 * SIDE * SIDE };

static const char *folder;
static float values[N_VALUES];
static float expected_logits[N][CLASSES];
static float expected_features[N][FEATURES];

static const char *path_of(const char *name)
{
    static char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void read_floats(const char *name, void *into, size_t count)
{
    FILE *file = fopen(path_of(name), "rb");
    if (file == NULL || fread(into, sizeof(float), count, file) != count) {
        perror(name);
        exit(1);
    }
    (void)fclose(file);
}

static binet_array batch(void)
{
    binet_array array = {values, BINET_F32, 4, {N, 3, SIDE, SIDE}, {3 * SIDE * SIDE * 4, SIDE * SIDE * 4, SIDE * 4, 4}};
    return array;
}

static binet_model load(const char *name, int32_t dtype)
{
    binet_torch_options options = {.struct_size = sizeof options, .dtype = dtype};
    binet_model model = {.struct_size = sizeof model};
    binet_error error;
    if (binet_torch_model_load(path_of(name), &options, &model, &error) != BINET_OK) {
        (void)fprintf(stderr, "%s: %s\n", name, error.message);
        exit(1);
    }
    return model;
}

static double widen(const binet_array *array, int64_t i, int64_t k)
{
    const char *at = (const char *)array->data + i * array->strides[0] + k * array->strides[1];
    if (array->dtype == BINET_F64) {
        return *(const double *)(const void *)at;
    }
    if (array->dtype == BINET_F32) {
        return *(const float *)(const void *)at;
    }
    uint16_t bits;
    memcpy(&bits, at, sizeof bits);
    if (array->dtype == BINET_BF16) {
        uint32_t single = (uint32_t)bits << 16;
        float value;
        memcpy(&value, &single, sizeof value);
        return value;
    }
    int exponent = bits >> 10 & 31; /* normal numbers, and zero */
    double value = exponent != 0 ? ldexp(1 + (bits & 1023) / 1024.0, exponent - 15) : ldexp(bits & 1023, -24);
    return (bits & 0x8000) != 0 ? -value : value;
}

static void check_values(const binet_array *array, const float *expected, int64_t n_columns, double tolerance)
{
    CHECK_INT(array->ndim, 2);
    CHECK_INT(array->shape[0], N);
    CHECK_INT(array->shape[1], n_columns);
    for (int64_t i = 0; i < N; i++) {
        for (int64_t k = 0; k < n_columns; k++) {
            CHECK_NEAR(widen(array, i, k), expected[i * n_columns + k], tolerance);
        }
    }
}

/** Run a model, twice as the loop does. */
static void check_answers(const char *name, int32_t dtype, int32_t gives_features, double tolerance)
{
    binet_model model = load(name, dtype);
    binet_array input = batch();
    for (int32_t want = 0; want < 2; want++) {
        binet_model_outputs outputs = {.struct_size = sizeof outputs, .want_features = want};
        CHECK_INT(model.run(model.self, &input, &outputs, NULL), BINET_OK);
        CHECK_INT(outputs.logits.dtype, dtype);
        check_values(&outputs.logits, expected_logits[0], CLASSES, tolerance);
        if (want && gives_features) {
            check_values(&outputs.features, expected_features[0], FEATURES, tolerance);
        } else {
            CHECK_INT(outputs.features.ndim, 0);
        }
    }
    model.free(model.self);
}

static void a_tensor_a_tuple_and_a_dict_are_answers(void)
{
    check_answers("net.pt", BINET_F32, 0, 1e-6);
    check_answers("tuple.pt", BINET_F32, 1, 1e-6);
    check_answers("dict.pt", BINET_F32, 1, 1e-6);
    check_answers("logitsdict.pt", BINET_F32, 0, 1e-6);
    check_answers("transposed.pt", BINET_F32, 0, 1e-6);
    check_answers("frozen.pt", BINET_F32, 0, 1e-6);
}

static void the_model_runs_in_the_dtype_asked_for(void)
{
    check_answers("tuple.pt", BINET_F64, 1, 1e-6); /* the reference is f32 */
    check_answers("tuple.pt", BINET_F16, 1, 1e-2);
    check_answers("tuple.pt", BINET_BF16, 1, 5e-2);
}

static void check_refused(const char *name, binet_status status, const char *message)
{
    binet_model model = load(name, 0);
    binet_array input = batch();
    binet_model_outputs outputs = {.struct_size = sizeof outputs, .want_features = 1};
    binet_error error;
    memset(&error, 'x', sizeof error);
    CHECK_INT(model.run(model.self, &input, &outputs, &error), status);
    CHECK_INT(error.status, status);
    CHECK_TEXT(error.argument, "model");
    CHECK_CONTAINS(error.message, message);
    CHECK(strchr(error.message, '\n') == NULL);
    CHECK_INT(outputs.logits.ndim, 0);
    model.free(model.self);
}

static void any_other_answer_is_described(void)
{
    check_refused("list.pt", BINET_INVALID_DATA, "the model gave a list of 3 tensors; allowed: a tensor of logits");
    check_refused("triple.pt", BINET_INVALID_DATA, "the model gave a tuple (tensor, int, tensor);");
    check_refused("wrongkey.pt", BINET_INVALID_DATA, "the model gave a dict {scores: tensor};");
    check_refused("numbereddict.pt", BINET_INVALID_DATA, "the model gave a dict {7: tensor};");
    check_refused("nothing.pt", BINET_INVALID_DATA, "the model gave None;");
    check_refused("number.pt", BINET_INVALID_DATA, "the model gave a value of type int;");
    check_refused("deep.pt", BINET_INVALID_DATA, "the model gave logits of shape [3, 3, 8, 8] and type Float");
    check_refused("integer.pt", BINET_INVALID_DATA, "the model gave logits of shape [3, 5] and type Long");
}

static void what_is_thrown_becomes_one_line(void)
{
    check_refused("throws.pt", BINET_INTERNAL, "no answer today");
    check_refused("mismatch.pt", BINET_INTERNAL, "mat1 and mat2 shapes cannot be multiplied");
}

static void check_not_loaded(const char *path, const binet_torch_options *options, binet_status status,
                             const char *argument, const char *message)
{
    binet_model model = {.struct_size = sizeof model};
    binet_error error;
    memset(&error, 'x', sizeof error);
    CHECK_INT(binet_torch_model_load(path, options, &model, &error), status);
    CHECK_INT(error.status, status);
    CHECK_INT(error.element, -1);
    CHECK_TEXT(error.argument, argument);
    CHECK_CONTAINS(error.message, message);
    CHECK(strchr(error.message, '\n') == NULL);
    CHECK(model.self == NULL && model.run == NULL);
}

static void a_file_that_is_no_model_is_named(void)
{
    check_not_loaded(path_of("missing.pt"), NULL, BINET_IO, "path", "missing.pt': No such file or directory");
    check_not_loaded("no\nsuch.pt", NULL, BINET_IO, "path", "cannot read 'no?such.pt'");
    check_not_loaded(folder, NULL, BINET_IO, "path", "Is a directory");
    check_not_loaded(path_of("text.pt"), NULL, BINET_INVALID_DATA, "path", "text.pt' is not a model that libtorch");
    check_not_loaded(path_of("empty.pt"), NULL, BINET_INVALID_DATA, "path", "empty.pt' is not a model");
    check_not_loaded(path_of("truncated.pt"), NULL, BINET_INVALID_DATA, "path", "truncated.pt' is not a model");
    check_not_loaded(path_of("weights.pt"), NULL, BINET_INVALID_DATA, "path", "weights.pt' is not a model");
}

static void wrong_arguments_are_named(void)
{
    struct {
        binet_torch_options options;
        uint64_t tail;
    } longer = {.options = {.struct_size = sizeof longer}, .tail = 1};
    binet_torch_options options = {.struct_size = sizeof options, .n_threads = -1};
    binet_model model = {.struct_size = sizeof model};
    check_not_loaded(NULL, NULL, BINET_INVALID_ARGUMENT, "path", "path is NULL");
    check_not_loaded(path_of("net.pt"), &options, BINET_INVALID_ARGUMENT, "options", "n_threads is -1; allowed: >= 1");
    options.n_threads = 0;
    options.dtype = BINET_I32;
    check_not_loaded(path_of("net.pt"), &options, BINET_INVALID_ARGUMENT, "options", "dtype is 5; allowed: BINET_F32");
    options.dtype = 0;
    options.device = "toaster";
    check_not_loaded(path_of("net.pt"), &options, BINET_UNSUPPORTED, "options", "no device 'toaster' here");
    options.device = "cuda:99";
    check_not_loaded(path_of("net.pt"), &options, BINET_UNSUPPORTED, "options", "no device 'cuda:99' here");
    options.device = NULL;
    options.reserved = 1;
    check_not_loaded(path_of("net.pt"), &options, BINET_INVALID_ARGUMENT, "options", "reserved is 1, not 0");
    options.struct_size = 0xabababab;
    check_not_loaded(path_of("net.pt"), &options, BINET_INVALID_ARGUMENT, "options", "struct_size is 2880154539");
    options.struct_size = 0;
    check_not_loaded(path_of("net.pt"), &options, BINET_INVALID_ARGUMENT, "options", "struct_size");
    check_not_loaded(path_of("net.pt"), &longer.options, BINET_UNSUPPORTED, "options", "does not know");
    CHECK_INT(binet_torch_model_load(path_of("net.pt"), NULL, NULL, NULL), BINET_INVALID_ARGUMENT);
    model.struct_size = offsetof(binet_model, free);
    CHECK_INT(binet_torch_model_load(path_of("net.pt"), NULL, &model, NULL), BINET_INVALID_ARGUMENT);
    CHECK(model.self == NULL && model.run == NULL);
    model.struct_size = sizeof model;
    longer.tail = 0;
    CHECK_INT(binet_torch_model_load(path_of("net.pt"), &longer.options, &model, NULL), BINET_OK);
    model.free(model.self);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: %s FOLDER (which make_models.py has filled)\n", argv[0]);
        return 2;
    }
    folder = argv[1];
    read_floats("batch.f32", values, N_VALUES);
    read_floats("logits.f32", expected_logits, (size_t)N * CLASSES);
    read_floats("features.f32", expected_features, (size_t)N * FEATURES);
    RUN(a_tensor_a_tuple_and_a_dict_are_answers);
    RUN(the_model_runs_in_the_dtype_asked_for);
    RUN(any_other_answer_is_described);
    RUN(what_is_thrown_becomes_one_line);
    RUN(a_file_that_is_no_model_is_named);
    RUN(wrong_arguments_are_named);
    return check_result();
}
