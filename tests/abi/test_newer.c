/* A program built against a later release, whose structs have grown: a tail that is all zero asks for nothing new and
 * is taken; one that is not is BINET_UNSUPPORTED, in results too. */
#include <stdlib.h>

#include "binet/binet.h"
#include "check.h"
#include "temporary.h"

enum { TAIL = 24 };

/* A copy of a struct with a tail of zeroes, in a block of its own. */
static void *grown(const void *known, uint32_t known_size)
{
    uint32_t size = known_size + TAIL;
    char *larger = calloc(1, size);
    if (larger == NULL) {
        exit(1);
    }
    memcpy(larger, known, known_size);
    memcpy(larger, &size, sizeof size);
    return larger;
}

#define GROWN(known) grown(&(known), sizeof(known))
#define TAIL_OF(larger, known) ((char *)(larger) + sizeof(known))

/* Run `call` with a zero tail of `larger`, then with one that is not zero in its last byte. */
#define CHECK_OPTIONS(larger, known, call, undo)                                                                       \
    do {                                                                                                               \
        binet_error error = {0};                                                                                       \
        CHECK_INT(call, BINET_OK);                                                                                     \
        undo;                                                                                                          \
        TAIL_OF(larger, known)[TAIL - 1] = 1;                                                                          \
        CHECK_INT(call, BINET_UNSUPPORTED);                                                                            \
        CHECK_INT(error.status, BINET_UNSUPPORTED);                                                                    \
        CHECK_CONTAINS(error.message, "does not know");                                                                \
        free(larger);                                                                                                  \
    } while (0)

static const float SCORES[3][2] = {{2, 0}, {0, 1}, {3, 0}};
static const int32_t LABELS[3] = {0, 1, 1};

static binet_array score_view(void)
{
    binet_array view = {SCORES, BINET_F32, 2, {3, 2}, {sizeof SCORES[0], sizeof SCORES[0][0]}};
    return view;
}

static binet_array label_view(void)
{
    binet_array view = {LABELS, BINET_I32, 1, {3}, {sizeof LABELS[0]}};
    return view;
}

static void options_of_the_base(void)
{
    binet_context_options known = {.struct_size = sizeof known};
    binet_context_options *larger = GROWN(known);
    binet_context *context = NULL;
    CHECK_OPTIONS(larger, known, binet_context_create(larger, &context, &error), binet_context_destroy(context));
}

static void options_of_predictions(void)
{
    binet_predictions_options known = {.struct_size = sizeof known};
    binet_array scores = score_view();
    binet_array labels = label_view();
    binet_predictions *predictions = NULL;
    binet_predictions_options *larger = GROWN(known);
    CHECK_OPTIONS(larger, known,
                  binet_predictions_from_scores(NULL, BINET_LOGITS, &scores, &labels, larger, &predictions, &error),
                  binet_predictions_destroy(predictions));
    binet_predictions_builder *builder = NULL;
    larger = GROWN(known);
    CHECK_OPTIONS(larger, known, binet_predictions_builder_create(NULL, BINET_LOGITS, larger, &builder, &error),
                  binet_predictions_builder_destroy(builder));
}

static binet_predictions *make_predictions(void)
{
    binet_array scores = score_view();
    binet_array labels = label_view();
    binet_predictions *predictions = NULL;
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &scores, &labels, NULL, &predictions, NULL), BINET_OK);
    return predictions;
}

static void options_and_results_of_metrics(void)
{
    binet_predictions *predictions = make_predictions();
    binet_accuracy_options accuracy_known = {.struct_size = sizeof accuracy_known};
    binet_accuracy_options *accuracy_options = GROWN(accuracy_known);
    binet_accuracy_result accuracy = {.struct_size = sizeof accuracy};
    binet_accuracy_result *larger_accuracy = GROWN(accuracy);
    CHECK_OPTIONS(accuracy_options, accuracy_known,
                  binet_accuracy(NULL, predictions, accuracy_options, &accuracy, &error), (void)0);
    CHECK_OPTIONS(larger_accuracy, accuracy, binet_accuracy(NULL, predictions, NULL, larger_accuracy, &error),
                  CHECK_INT(larger_accuracy->struct_size, sizeof accuracy + TAIL));

    binet_calibration_options calibration_known = {.struct_size = sizeof calibration_known};
    binet_calibration_options *calibration_options = GROWN(calibration_known);
    binet_calibration_result calibration = {.struct_size = sizeof calibration};
    binet_calibration_result *larger_calibration = GROWN(calibration);
    CHECK_OPTIONS(calibration_options, calibration_known,
                  binet_calibration(NULL, predictions, calibration_options, &calibration, &error), (void)0);
    CHECK_OPTIONS(larger_calibration, calibration,
                  binet_calibration(NULL, predictions, NULL, larger_calibration, &error),
                  CHECK_INT(larger_calibration->struct_size, sizeof calibration + TAIL));
    binet_predictions_destroy(predictions);
}

/* Answers [n, 2] logits that say class 0. */
static binet_status run_model(void *self, const binet_array *batch, binet_model_outputs *outputs, binet_error *error)
{
    static const float row[2] = {1, 0};
    (void)self, (void)error;
    binet_array logits = {row, BINET_F32, 2, {batch->shape[0], 2}, {0, sizeof row[0]}};
    outputs->logits = logits;
    return BINET_OK;
}

static void options_of_images(const char *folder, binet_image_list **list)
{
    binet_image_list_options list_known = {.struct_size = sizeof list_known};
    binet_image_list_options *list_options = GROWN(list_known);
    CHECK_OPTIONS(list_options, list_known, binet_image_list_open(NULL, folder, list_options, list, &error),
                  binet_image_list_destroy(*list));
    CHECK_INT(binet_image_list_open(NULL, folder, NULL, list, NULL), BINET_OK);

    binet_image_options image_known = {.struct_size = sizeof image_known};
    binet_image_options *image_options = GROWN(image_known);
    binet_image *image = NULL;
    CHECK_OPTIONS(image_options, image_known,
                  binet_image_read(NULL, binet_image_list_path(*list, 0), image_options, &image, &error),
                  binet_image_destroy(image));
}

static void options_of_transforms_and_the_loop(void)
{
    char folder[TEMPORARY_SIZE];
    temporary_make(folder);
    temporary_write(folder, "grey.pgm", "P5 2 2 255\n\1\2\3\4", 15);
    binet_image_list *list = NULL;
    options_of_images(folder, &list);

    binet_transform transform = {.struct_size = sizeof transform};
    CHECK_INT(binet_transform_preset(BINET_TRANSFORM_IMAGENET, &transform, NULL), BINET_OK);
    binet_model model = {.struct_size = sizeof model, .run = run_model};
    binet_evaluate_options known = {.struct_size = sizeof known};
    binet_predictions *predictions = NULL;
    binet_transform *larger_transform = GROWN(transform);
    CHECK_OPTIONS(larger_transform, transform,
                  binet_evaluate(NULL, &model, list, larger_transform, NULL, &predictions, &error),
                  binet_predictions_destroy(predictions));
    binet_model *larger_model = GROWN(model);
    CHECK_OPTIONS(larger_model, model, binet_evaluate(NULL, larger_model, list, NULL, NULL, &predictions, &error),
                  binet_predictions_destroy(predictions));
    binet_evaluate_options *larger_options = GROWN(known);
    CHECK_OPTIONS(larger_options, known, binet_evaluate(NULL, &model, list, NULL, larger_options, &predictions, &error),
                  binet_predictions_destroy(predictions));
    binet_image_list_destroy(list);
    temporary_remove(folder);
}

int main(void)
{
    RUN(options_of_the_base);
    RUN(options_of_predictions);
    RUN(options_and_results_of_metrics);
    RUN(options_of_transforms_and_the_loop);
    return check_result();
}
