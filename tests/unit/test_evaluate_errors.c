/* The loop: whatever goes wrong is named, and leaves neither an output nor a file. */
#include "failing_allocator.h"
#include "fake_model.h"
#include "pooled.h"

typedef struct scene {
    char folder[TEMPORARY_SIZE];
    char features[2 * TEMPORARY_SIZE];
    int n_entries;
    binet_image_list *list;
    binet_transform transform;
    fake_model fake;
    binet_model model;
    binet_evaluate_options options;
    binet_error error;
} scene;

static void set_up(scene *s)
{
    memset(s, 0, sizeof *s);
    write_pictures(s->folder);
    s->n_entries = temporary_count(s->folder);
    s->list = open_list(s->folder);
    s->transform = small_transform();
    s->model = fake_model_of(&s->fake);
    s->options.struct_size = sizeof s->options;
    s->options.batch_size = 8;
    s->options.features_path = temporary_path(s->features, s->folder, "features.npy");
    s->fake.features_dtype = BINET_F32;
}

static void tear_down(scene *s)
{
    CHECK_INT(temporary_count(s->folder), s->n_entries); /* no file, whole or half */
    binet_image_list_destroy(s->list);
    temporary_remove(s->folder);
}

static void check_fails_on(const binet_context *context, scene *s, binet_status status, const char *argument,
                           int64_t element, const char *message)
{
    binet_predictions *predictions = NULL;
    memset(&s->error, 0, sizeof s->error);
    CHECK_INT(binet_evaluate(context, &s->model, s->list, &s->transform, &s->options, &predictions, &s->error), status);
    CHECK(predictions == NULL);
    CHECK_INT(s->error.status, status);
    CHECK_TEXT(s->error.argument, argument);
    CHECK_INT(s->error.element, element);
    CHECK_CONTAINS(s->error.message, message);
    CHECK(strchr(s->error.message, '\n') == NULL);
    binet_predictions_destroy(predictions);
}

static void check_fails(scene *s, binet_status status, const char *argument, int64_t element, const char *message)
{
    check_fails_on(NULL, s, status, argument, element, message);
}

static void a_wrong_answer_of_the_model_is_its_fault(void)
{
    scene s;
    set_up(&s);
    s.fake.extra_rows = 1;
    check_fails(&s, BINET_INVALID_DATA, "model", -1,
                "logits of shape [9, 5] for 8 images; allowed: [8, columns] with columns >= 1");
    s.fake = (fake_model){.logits_ndim = 1, .thread = pthread_self()};
    check_fails(&s, BINET_INVALID_DATA, "model", -1, "logits of shape [8] for 8 images");
    s.fake = (fake_model){.logits_ndim = 3, .thread = pthread_self()};
    check_fails(&s, BINET_INVALID_DATA, "model", -1, "logits of shape [8, 5, 0] for 8 images");
    s.fake = (fake_model){.logits_dtype = BINET_I64, .thread = pthread_self()};
    check_fails(&s, BINET_INVALID_DATA, "model", -1, "logits has dtype i64; allowed: f16, bf16, f32, f64");
    s.fake = (fake_model){.classes_after = 4, .features_dtype = BINET_F32, .thread = pthread_self()};
    check_fails(&s, BINET_INVALID_DATA, "model", -1,
                "logits of shape [8, 4] for 8 images; allowed: [8, columns] with columns 5, as in the batches before");
    s.fake = (fake_model){.thread = pthread_self()};
    check_fails(&s, BINET_INVALID_DATA, "model", -1, "asks for features and the model gives none");
    s.fake = (fake_model){.nan_image = 12, .features_dtype = BINET_F32, .thread = pthread_self()};
    check_fails(&s, BINET_INVALID_DATA, "model", 11, "class2/picture11.ppm': scores[11] has a NaN in column 2");
    tear_down(&s);
}

static void what_the_model_says_is_passed_on(void)
{
    scene s;
    set_up(&s);
    s.fake.fails_at = 2;
    s.fake.status = BINET_UNSUPPORTED;
    s.fake.message = "no such operator";
    s.fake.element = 3;
    check_fails(&s, BINET_UNSUPPORTED, "model", 11, "no such operator");
    s.fake = (fake_model){.fails_at = 1, .status = BINET_INTERNAL, .thread = pthread_self()};
    check_fails(&s, BINET_INTERNAL, "model", -1, "the model failed and did not say why");
    tear_down(&s);
}

static void the_first_image_at_fault_is_named_whatever_the_threads(void)
{
    const int32_t threads[] = {1, 2, 5};
    scene s;
    set_up(&s);
    temporary_write_text(s.folder, "class1/picture09.ppm", "?");
    temporary_write_text(s.folder, "class1/picture08.ppm", "?");
    temporary_write_text(s.folder, "class2/picture11.ppm", "?");
    for (int t = 0; t < 3; t++) {
        pooled on = pooled_start(threads[t], BINET_ISA_DEFAULT);
        check_fails_on(on.context, &s, BINET_INVALID_DATA, "images", 8, "class1/picture08.ppm'");
        pooled_end(on);
    }
    tear_down(&s);
}

static void leave_out(void *user, int64_t index, const char *path, const binet_error *reason)
{
    (void)index;
    (void)path;
    (void)reason;
    ++*(int *)user;
}

static void no_image_at_all_is_an_error(void)
{
    int n_skipped = 0;
    scene s;
    set_up(&s);
    for (int i = 0; i < N_PICTURES; i++) {
        temporary_write_text(s.folder, binet_image_list_name(s.list, i), "?");
    }
    s.options.skipped = leave_out;
    s.options.skipped_user = &n_skipped;
    check_fails(&s, BINET_INVALID_DATA, "images", -1, "none of the 23 images can be read");
    CHECK_INT(n_skipped, N_PICTURES);
    CHECK_INT(s.fake.n_batches, 0);
    s.transform.crop = 0;
    check_fails(&s, BINET_INVALID_DATA, "images", -1, "none of the 23 images can be read");
    tear_down(&s);
}

static void pictures_of_two_sizes_need_a_crop(void)
{
    scene s;
    set_up(&s);
    s.transform.crop = 0;
    int n_skipped = 0;
    s.options.skipped = leave_out; /* the file is fine: it is not left out */
    s.options.skipped_user = &n_skipped;
    check_fails(&s, BINET_INVALID_DATA, "images", 1, "class0/picture01.ppm' comes out as 16 x 16 pixels");
    CHECK_INT(n_skipped, 0);
    tear_down(&s);
}

static void options_that_do_not_fit_the_model_are_named(void)
{
    scene s;
    set_up(&s);
    const int64_t subset[] = {1, FAKE_CLASSES};
    binet_predictions_options predictions = {.struct_size = sizeof predictions, .subset = subset, .subset_size = 2};
    s.options.predictions = &predictions;
    check_fails(&s, BINET_INVALID_ARGUMENT, "options", -1, "options->subset[1] is 5; scores has 5 classes");
    predictions = (binet_predictions_options){.struct_size = sizeof predictions, .nan_policy = BINET_NAN_OMIT};
    s.fake = (fake_model){.features_dtype = BINET_F32, .nan_image = -1, .thread = pthread_self()};
    check_fails(&s, BINET_INVALID_DATA, "model", -1, "no rows: 23 appended, 23 left out with a NaN");
    tear_down(&s);
}

static void a_label_beyond_the_classes_names_the_image(void)
{
    scene s;
    set_up(&s);
    temporary_write_text(s.folder, "list.csv", "path,label\nclass0/picture00.ppm,4\nclass0/picture01.ppm,5\n");
    char path[2 * TEMPORARY_SIZE];
    binet_image_list *folder_list = s.list;
    s.list = open_list(temporary_path(path, s.folder, "list.csv"));
    check_fails(&s, BINET_INVALID_DATA, "images", 1, "class0/picture01.ppm': labels[1] is 5; allowed: 0 .. 4");
    binet_image_list_destroy(s.list);
    s.list = folder_list;
    s.n_entries++;
    tear_down(&s);
}

/* ---- Arguments --------------------------------------------------------------------------------------------------- */

static void wrong_arguments_are_named(void)
{
    scene s;
    set_up(&s);
    binet_predictions *predictions = NULL;
    CHECK_INT(binet_evaluate(NULL, NULL, s.list, NULL, NULL, &predictions, &s.error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(s.error.argument, "model");
    CHECK_INT(binet_evaluate(NULL, &s.model, NULL, NULL, NULL, &predictions, &s.error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(s.error.argument, "images");
    CHECK_INT(binet_evaluate(NULL, &s.model, s.list, NULL, NULL, NULL, &s.error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(s.error.argument, "predictions");
    CHECK_INT(binet_evaluate(NULL, NULL, s.list, NULL, NULL, &predictions, NULL), BINET_INVALID_ARGUMENT);
    s.options.batch_size = -1;
    check_fails(&s, BINET_INVALID_ARGUMENT, "options", -1, "options->batch_size is -1; allowed: >= 1, or 0 for 32");
    s.options.batch_size = 4;
    s.options.kind = 7;
    check_fails(&s, BINET_INVALID_ARGUMENT, "options", -1, "kind is 7");
    s.options.kind = 0;
    s.options.reserved = 1;
    check_fails(&s, BINET_INVALID_ARGUMENT, "options", -1, "options->reserved is 1, not 0");
    s.options.reserved = 0;
    s.options.struct_size = 0;
    check_fails(&s, BINET_INVALID_ARGUMENT, "options", -1, "struct_size");
    s.options.struct_size = sizeof s.options;
    s.model.run = NULL;
    check_fails(&s, BINET_INVALID_ARGUMENT, "model", -1, "model->run is NULL");
    s.model.run = fake_run;
    s.transform.std[1] = 0;
    check_fails(&s, BINET_INVALID_ARGUMENT, "transform", -1, "std");
    s.transform = small_transform();
    s.options.features_path = temporary_path(s.features, s.folder, "missing/features.npy");
    check_fails(&s, BINET_IO, "options", -1, "missing/features.npy");
    CHECK_INT(s.fake.n_batches, 0);
    tear_down(&s);
}

static void options_of_the_future_are_refused(void)
{
    struct {
        binet_evaluate_options options;
        uint64_t tail;
    } longer;
    scene s;
    set_up(&s);
    memset(&longer, 0, sizeof longer);
    longer.options.struct_size = sizeof longer;
    longer.tail = 1;
    binet_predictions *predictions = NULL;
    CHECK_INT(binet_evaluate(NULL, &s.model, s.list, &s.transform, &longer.options, &predictions, &s.error),
              BINET_UNSUPPORTED);
    longer.tail = 0;
    CHECK_INT(binet_evaluate(NULL, &s.model, s.list, &s.transform, &longer.options, &predictions, &s.error), BINET_OK);
    CHECK_INT(binet_predictions_count(predictions), N_PICTURES);
    binet_predictions_destroy(predictions);
    tear_down(&s);
}

/* ---- What the context is made of --------------------------------------------------------------------------------- */

static binet_status run_nothing(void *user, int64_t n_tasks, binet_task task, void *argument, binet_error *error)
{
    (void)n_tasks;
    (void)task;
    (void)argument;
    (void)error;
    return *(binet_status *)user;
}

static void an_executor_that_does_not_work_is_noticed(void)
{
    scene s;
    set_up(&s);
    binet_status answer = BINET_OK;
    binet_executor executor = {&answer, run_nothing};
    binet_context_options options = {.struct_size = sizeof options, .executor = &executor};
    binet_context *context = NULL;
    CHECK_INT(binet_context_create(&options, &context, NULL), BINET_OK);
    check_fails_on(context, &s, BINET_INTERNAL, "context", 0, "without having run every task");
    answer = BINET_UNSUPPORTED;
    check_fails_on(context, &s, BINET_UNSUPPORTED, "context", -1, "executor");
    binet_context_destroy(context);
    tear_down(&s);
}

static void no_memory_at_any_call_leaves_nothing(void)
{
    scene s;
    set_up(&s);
    int n_skipped = 0;
    s.options.skipped = leave_out; /* no memory is not the image's fault */
    s.options.skipped_user = &n_skipped;
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        s.fake = (fake_model){.features_dtype = BINET_F16, .thread = pthread_self()};
        binet_predictions *predictions = NULL;
        binet_status status =
            binet_evaluate(context, &s.model, s.list, &s.transform, &s.options, &predictions, &s.error);
        CHECK((predictions != NULL) == (status == BINET_OK));
        CHECK_INT(temporary_count(s.folder), s.n_entries + (status == BINET_OK));
        binet_predictions_destroy(predictions);
        failing_allocator_next(&allocator, status);
    }
    CHECK_INT(n_skipped, 0);
    CHECK_INT(remove(s.features), 0);
    binet_context_destroy(context);
    tear_down(&s);
}

int main(void)
{
    RUN(a_wrong_answer_of_the_model_is_its_fault);
    RUN(what_the_model_says_is_passed_on);
    RUN(the_first_image_at_fault_is_named_whatever_the_threads);
    RUN(no_image_at_all_is_an_error);
    RUN(pictures_of_two_sizes_need_a_crop);
    RUN(options_that_do_not_fit_the_model_are_named);
    RUN(a_label_beyond_the_classes_names_the_image);
    RUN(wrong_arguments_are_named);
    RUN(options_of_the_future_are_refused);
    RUN(an_executor_that_does_not_work_is_noticed);
    RUN(no_memory_at_any_call_leaves_nothing);
    return check_result();
}
