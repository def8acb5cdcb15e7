/* A program built against an earlier release: it brings its own declarations, with shorter structs, and no header of
 * libbinet. Every struct lies at the end of its own block, so that AddressSanitizer sees a byte read or written beyond.
 */
#include <stdint.h>
#include <stdlib.h>

#include "check.h"
#include "temporary.h"

typedef struct older_array {
    const void *data;
    int32_t dtype;
    int32_t ndim;
    int64_t shape[4];
    int64_t strides[4];
} older_array;

typedef struct older_error {
    int32_t status;
    int32_t reserved;
    int64_t element;
    char argument[48];
    char message[448];
} older_error;

typedef struct older_options { /* the first fields that options of every kind begin with */
    uint32_t struct_size;
    int32_t first;
} older_options;

typedef struct older_accuracy_result {
    uint32_t struct_size;
    int32_t reserved;
    int64_t n;
    int64_t n_correct;
} older_accuracy_result;

typedef struct older_calibration_result {
    uint32_t struct_size;
    int32_t n_bins;
    void *bins;
    int64_t bins_capacity;
    int64_t n;
    double ece;
} older_calibration_result;

typedef struct older_transform {
    uint32_t struct_size;
    int32_t resize;
    int32_t crop;
} older_transform;

typedef struct older_outputs {
    uint32_t struct_size;
    int32_t want_features;
    older_array logits;
} older_outputs;

typedef struct older_model {
    uint32_t struct_size;
    uint32_t reserved;
    void *self;
    int32_t (*run)(void *self, const older_array *batch, older_outputs *outputs, older_error *error);
} older_model;

enum { OK = 0, LOGITS = 1, F32 = 3, I32 = 5, SCALAR = 1, EQUAL_MASS_BINS = 4, FLAT = 2, IMAGENET = 1 };

extern int32_t binet_context_create(const older_options *options, void **context, older_error *error);
extern void binet_context_destroy(void *context);
extern const char *binet_context_isa(const void *context);
extern int32_t binet_predictions_from_scores(const void *context, int32_t kind, const older_array *scores,
                                             const older_array *labels, const older_options *options,
                                             void **predictions, older_error *error);
extern void binet_predictions_destroy(void *predictions);
extern int64_t binet_predictions_count(const void *predictions);
extern int32_t binet_accuracy(const void *context, const void *predictions, const older_options *options,
                              older_accuracy_result *result, older_error *error);
extern int32_t binet_calibration(const void *context, const void *predictions, const older_options *options,
                                 older_calibration_result *result, older_error *error);
extern int32_t binet_transform_preset(int32_t preset, older_transform *transform, older_error *error);
extern int32_t binet_image_list_open(const void *context, const char *path, const older_options *options, void **list,
                                     older_error *error);
extern void binet_image_list_destroy(void *list);
extern int64_t binet_image_list_count(const void *list);
extern int32_t binet_image_read(const void *context, const char *path, const older_options *options, void **image,
                                older_error *error);
extern void binet_image_destroy(void *image);
extern int32_t binet_evaluate(const void *context, const older_model *model, const void *images, const void *transform,
                              const older_options *options, void **predictions, older_error *error);

/* A struct at the end of a block of its own, all zero but its size. */
static void *make(uint32_t size)
{
    void *made = calloc(1, size);
    if (made == NULL) {
        exit(1);
    }
    memcpy(made, &size, sizeof size);
    return made;
}

static older_options *make_options(int32_t first)
{
    older_options *options = make(sizeof *options);
    options->first = first;
    return options;
}

/* Three rows of two classes; the last one is wrong. */
static void *make_predictions(void)
{
    static const float scores[3][2] = {{2, 0}, {0, 1}, {3, 0}};
    static const int32_t labels[3] = {0, 1, 1};
    older_array score_view = {scores, F32, 2, {3, 2}, {sizeof scores[0], sizeof scores[0][0]}};
    older_array label_view = {labels, I32, 1, {3}, {sizeof labels[0]}};
    older_options *options = make_options(0);
    void *predictions = NULL;
    CHECK_INT(binet_predictions_from_scores(NULL, LOGITS, &score_view, &label_view, options, &predictions, NULL), OK);
    free(options);
    return predictions;
}

static void a_context_takes_short_options(void)
{
    older_options *options = make_options(SCALAR);
    void *context = NULL;
    CHECK_INT(binet_context_create(options, &context, NULL), OK);
    CHECK_TEXT(binet_context_isa(context), "scalar");
    binet_context_destroy(context);
    free(options);
}

static void metrics_fill_short_results(void)
{
    void *predictions = make_predictions();
    older_options *options = make_options(1);
    older_accuracy_result *accuracy = make(sizeof *accuracy);
    CHECK_INT(binet_accuracy(NULL, predictions, options, accuracy, NULL), OK);
    CHECK_INT(accuracy->struct_size, sizeof *accuracy);
    CHECK_INT(accuracy->n, 3);
    CHECK_INT(accuracy->n_correct, 2);

    older_calibration_result *calibration = make(sizeof *calibration);
    options->first = EQUAL_MASS_BINS;
    CHECK_INT(binet_calibration(NULL, predictions, options, calibration, NULL), OK);
    CHECK_INT(calibration->struct_size, sizeof *calibration);
    CHECK_INT(calibration->n_bins, EQUAL_MASS_BINS);
    CHECK_INT(calibration->n, 3);
    CHECK(calibration->ece > 0 && calibration->ece < 1);

    free(calibration);
    free(accuracy);
    free(options);
    binet_predictions_destroy(predictions);
}

static void a_preset_fills_a_short_transform(void)
{
    older_transform *transform = make(sizeof *transform);
    CHECK_INT(binet_transform_preset(IMAGENET, transform, NULL), OK);
    CHECK_INT(transform->struct_size, sizeof *transform);
    CHECK_INT(transform->resize, 256);
    CHECK_INT(transform->crop, 224);
    free(transform);
}

/* Answers [n, 2] logits that say class 0. */
static int32_t run_model(void *self, const older_array *batch, older_outputs *outputs, older_error *error)
{
    static const float row[2] = {1, 0};
    (void)self, (void)error;
    older_array logits = {row, F32, 2, {batch->shape[0], 2}, {0, sizeof row[0]}};
    outputs->logits = logits;
    return OK;
}

static void the_loop_takes_short_structs(void)
{
    char folder[TEMPORARY_SIZE];
    char path[2 * TEMPORARY_SIZE];
    temporary_make(folder);
    temporary_write(folder, "grey.pgm", "P5 2 2 255\n\1\2\3\4", 15);
    older_options *options = make_options(FLAT);
    void *list = NULL;
    CHECK_INT(binet_image_list_open(NULL, folder, options, &list, NULL), OK);
    CHECK_INT(binet_image_list_count(list), 1);

    void *image = NULL;
    options->first = 2; /* wide at most */
    CHECK_INT(binet_image_read(NULL, temporary_path(path, folder, "grey.pgm"), options, &image, NULL), OK);
    binet_image_destroy(image);

    older_model *model = make(sizeof *model);
    model->run = run_model;
    void *predictions = NULL;
    options->first = 8; /* images a batch */
    CHECK_INT(binet_evaluate(NULL, model, list, NULL, options, &predictions, NULL), OK);
    CHECK_INT(binet_predictions_count(predictions), 1);

    binet_predictions_destroy(predictions);
    binet_image_list_destroy(list);
    free(model);
    free(options);
    temporary_remove(folder);
}

int main(void)
{
    RUN(a_context_takes_short_options);
    RUN(metrics_fill_short_results);
    RUN(a_preset_fills_a_short_transform);
    RUN(the_loop_takes_short_structs);
    return check_result();
}
