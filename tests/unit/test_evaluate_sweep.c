/* The sweep: what comes out is what the loop gives for each transform alone, and each image is decoded once. */
#include "failing_allocator.h"
#include "fake_model.h"
#include "pooled.h"

enum { N_TRANSFORMS = 4 };

/** A plain transform, a larger one, a window that is moved, another number of pixels; and pointers to them. */
typedef struct transforms {
    binet_transform values[N_TRANSFORMS];
    const binet_transform *pointers[N_TRANSFORMS];
} transforms;

static void make_transforms(transforms *made)
{
    const int32_t sweeps[] = {BINET_SWEEP_SCALE, BINET_SWEEP_SCALE, BINET_SWEEP_SHIFT, BINET_SWEEP_RESOLUTION};
    const double settings[] = {1, 1.5, 4, 18};
    binet_transform base = small_transform();
    for (int i = 0; i < N_TRANSFORMS; i++) {
        made->values[i].struct_size = sizeof base;
        made->pointers[i] = &made->values[i];
        CHECK_INT(binet_transform_sweep(&base, sweeps[i], settings[i], &made->values[i], NULL), BINET_OK);
    }
    CHECK_INT(made->values[3].resize, 24);
    CHECK_INT(made->values[3].crop, 18);
}

typedef struct paths {
    char of_sweep[N_TRANSFORMS][2 * TEMPORARY_SIZE];
    const char *pointers[N_TRANSFORMS];
    char alone[2 * TEMPORARY_SIZE];
} paths;

static void make_paths(paths *made, const char *folder)
{
    for (int i = 0; i < N_TRANSFORMS; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "features%d.npy", i);
        made->pointers[i] = temporary_path(made->of_sweep[i], folder, name);
    }
    (void)temporary_path(made->alone, folder, "alone.npy");
}

static void destroy_all(binet_predictions *predictions[N_TRANSFORMS])
{
    for (int i = 0; i < N_TRANSFORMS; i++) {
        binet_predictions_destroy(predictions[i]);
        predictions[i] = NULL;
    }
}

typedef struct scene {
    char folder[TEMPORARY_SIZE];
    paths files;
    int n_entries; /* of the folder */
    binet_image_list *list;
    transforms given;
} scene;

static void set_up(scene *s)
{
    write_pictures(s->folder);
    make_paths(&s->files, s->folder);
    s->n_entries = temporary_count(s->folder);
    s->list = open_list(s->folder);
    make_transforms(&s->given);
}

static void tear_down(scene *s)
{
    binet_image_list_destroy(s->list);
    temporary_remove(s->folder);
}

/** The tables and features of a sweep are those of binet_evaluate, transform by transform. */
static void check_against_single_runs(const binet_image_list *list, const transforms *given, const paths *files,
                                      binet_predictions *const *predictions, const binet_evaluate_options *options)
{
    for (int i = 0; i < N_TRANSFORMS; i++) {
        fake_model fake = {.features_dtype = BINET_F32};
        binet_model model = fake_model_of(&fake);
        binet_evaluate_options single = *options;
        single.features_paths = NULL;
        single.features_path = files->alone;
        single.progress = NULL;
        binet_predictions *expected = NULL;
        CHECK_INT(binet_evaluate(NULL, &model, list, &given->values[i], &single, &expected, NULL), BINET_OK);
        check_same_bits(predictions[i], expected);
        for (int64_t row = 0; row < binet_predictions_count(expected); row++) {
            CHECK_TEXT(binet_predictions_file_name(predictions[i], row), binet_predictions_file_name(expected, row));
        }
        npy ours;
        npy alone;
        read_npy(files->pointers[i], &ours);
        read_npy(files->alone, &alone);
        CHECK(memcmp(&ours, &alone, sizeof ours) == 0);
        binet_predictions_destroy(expected);
    }
}

static void check_one_way(const char *folder, int32_t n_threads, int32_t batch_size)
{
    binet_image_list *list = open_list(folder);
    transforms given;
    paths files;
    make_transforms(&given);
    make_paths(&files, folder);
    pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
    fake_model fake = {.features_dtype = BINET_F32};
    binet_model model = fake_model_of(&fake);
    binet_evaluate_options options = {
        .struct_size = sizeof options, .batch_size = batch_size, .features_paths = files.pointers};
    binet_predictions *predictions[N_TRANSFORMS] = {NULL};
    CHECK_INT(binet_evaluate_sweep(on.context, &model, list, given.pointers, N_TRANSFORMS, &options, predictions, NULL),
              BINET_OK);
    CHECK_INT(fake.n_images, N_TRANSFORMS * N_PICTURES);
    CHECK_INT(fake.height, 18); /* the last that it saw */
    CHECK(!fake.wrong_thread);
    CHECK(!fake.entered_twice);
    check_against_single_runs(list, &given, &files, predictions, &options);
    destroy_all(predictions);
    pooled_end(on);
    binet_image_list_destroy(list);
}

static void each_table_is_that_of_a_run_of_its_own(void)
{
    char folder[TEMPORARY_SIZE];
    write_pictures(folder);
    const int32_t threads[] = {1, 2, 5};
    const int32_t sizes[] = {2, 7, 23, 256};
    for (int t = 0; t < 3; t++) {
        for (int s = 0; s < 4; s++) {
            check_one_way(folder, threads[t], sizes[s]);
        }
    }
    temporary_remove(folder);
}

static void without_a_crop_each_transform_has_its_size(void)
{
    char folder[TEMPORARY_SIZE];
    temporary_make(folder);
    write_noise(folder, "a.ppm", 30, 20, 1);
    write_noise(folder, "b.ppm", 30, 20, 2);
    binet_image_list *list = open_list(folder);
    transforms given;
    make_transforms(&given);
    given.values[1].crop = 0;
    given.values[3].crop = 0;
    fake_model fake = {0};
    binet_model model = fake_model_of(&fake);
    binet_predictions *predictions[N_TRANSFORMS] = {NULL};
    CHECK_INT(binet_evaluate_sweep(NULL, &model, list, given.pointers, N_TRANSFORMS, NULL, predictions, NULL),
              BINET_OK);
    CHECK_INT(fake.height, 24);
    CHECK_INT(fake.width, 36);
    destroy_all(predictions);
    binet_image_list_destroy(list);
    write_noise(folder, "c.ppm", 60, 20, 2);
    list = open_list(folder);
    binet_error error;
    CHECK_INT(binet_evaluate_sweep(NULL, &model, list, given.pointers, N_TRANSFORMS, NULL, predictions, &error),
              BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, "transforms[1]: '");
    CHECK_CONTAINS(error.message, "c.ppm' comes out as 72 x 24 pixels and the images before as 36 x 24");
    CHECK_INT(error.element, 2);
    binet_image_list_destroy(list);
    temporary_remove(folder);
}

/* ---- One decode an image ----------------------------------------------------------------------------------------- */

enum { WIDTH = 53, HEIGHT = 41 };

typedef struct counter {
    atomic_int n_pictures; /* blocks as large as the pixels of a decoded image */
} counter;

static void *count_allocate(void *user, size_t size)
{
    counter *seen = user;
    (void)atomic_fetch_add(&seen->n_pictures, size == (size_t)3 * WIDTH * HEIGHT);
    return malloc(size);
}

static void count_release(void *user, void *pointer)
{
    (void)user;
    free(pointer);
}

/** Decodes of six images under the first n transforms. */
static int count_decodes(const char *folder, int64_t n)
{
    counter seen = {0};
    binet_allocator allocator = {&seen, count_allocate, count_release};
    binet_context_options options = {.struct_size = sizeof options, .allocator = &allocator};
    binet_context *context = NULL;
    CHECK_INT(binet_context_create(&options, &context, NULL), BINET_OK);
    binet_image_list *list = open_list(folder);
    transforms given;
    make_transforms(&given);
    fake_model fake = {0};
    binet_model model = fake_model_of(&fake);
    binet_evaluate_options loop = {.struct_size = sizeof loop, .batch_size = 4};
    binet_predictions *predictions[N_TRANSFORMS] = {NULL};
    CHECK_INT(binet_evaluate_sweep(context, &model, list, given.pointers, n, &loop, predictions, NULL), BINET_OK);
    CHECK_INT(fake.n_images, 6 * n);
    destroy_all(predictions);
    binet_image_list_destroy(list);
    binet_context_destroy(context);
    return atomic_load(&seen.n_pictures);
}

static void each_image_is_decoded_once(void)
{
    char folder[TEMPORARY_SIZE];
    temporary_make(folder);
    for (int i = 0; i < 6; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "%d.ppm", i);
        write_noise(folder, name, WIDTH, HEIGHT, (uint32_t)i);
    }
    CHECK_INT(count_decodes(folder, 1), 6);
    CHECK_INT(count_decodes(folder, N_TRANSFORMS), 6);
    temporary_remove(folder);
}

/* ---- Images that are left out, and cancelling -------------------------------------------------------------------- */

typedef struct notes {
    int n_skipped;
    int64_t skipped[32];
    int64_t done[64];
    int n_done;
    int64_t cancel_at;
} notes;

static void note_skip(void *user, int64_t index, const char *path, const binet_error *reason)
{
    notes *seen = user;
    CHECK_CONTAINS(reason->message, path);
    seen->skipped[seen->n_skipped++] = index;
}

static int32_t note_progress(void *user, int64_t n_done, int64_t n_total)
{
    notes *seen = user;
    CHECK_INT(n_total, N_TRANSFORMS * N_PICTURES);
    seen->done[seen->n_done++] = n_done;
    return n_done == seen->cancel_at;
}

static void an_image_is_left_out_of_every_table(void)
{
    char folder[TEMPORARY_SIZE];
    paths files;
    write_pictures(folder);
    make_paths(&files, folder);
    temporary_write_text(folder, "class0/picture03.ppm", "?");
    write_noise(folder, "class1/picture07.ppm", 1, 9, 1); /* fine as it is, but there is no window in it to move */
    binet_image_list *list = open_list(folder);
    transforms given;
    make_transforms(&given);
    fake_model fake = {.features_dtype = BINET_F32};
    notes seen = {0};
    binet_model model = fake_model_of(&fake);
    binet_evaluate_options options = {.struct_size = sizeof options,
                                      .batch_size = 4,
                                      .progress = note_progress,
                                      .progress_user = &seen,
                                      .skipped = note_skip,
                                      .skipped_user = &seen,
                                      .features_paths = files.pointers};
    binet_predictions *predictions[N_TRANSFORMS] = {NULL};
    CHECK_INT(binet_evaluate_sweep(NULL, &model, list, given.pointers, N_TRANSFORMS, &options, predictions, NULL),
              BINET_OK);
    CHECK_INT(seen.n_skipped, 2);
    CHECK(seen.skipped[0] == 3 && seen.skipped[1] == 7);
    const int64_t done[] = {4, 8, 12, 16, 20, 24, 28, 32}; /* a batch of 4 under each transform, then the next */
    CHECK(memcmp(seen.done, done, sizeof done) == 0);
    CHECK_INT(seen.n_done, 6 * N_TRANSFORMS);
    CHECK_INT(seen.done[seen.n_done - 1], N_TRANSFORMS * N_PICTURES);
    for (int i = 0; i < N_TRANSFORMS; i++) {
        CHECK_INT(binet_predictions_count(predictions[i]), N_PICTURES - 2);
        CHECK_TEXT(binet_predictions_file_name(predictions[i], 3), "class0/picture04.ppm");
        CHECK_TEXT(binet_predictions_file_name(predictions[i], 6), "class1/picture08.ppm");
    }
    destroy_all(predictions);

    /* Each of the others with its own pixels, under every transform. Without the narrow picture, which binet_evaluate
     * takes under all transforms but one. */
    seen.n_skipped = 0;
    options.progress = NULL;
    write_noise(folder, "class1/picture07.ppm", 30, 25, 1);
    temporary_write_text(folder, "class1/picture05.ppm", "?");
    CHECK_INT(binet_evaluate_sweep(NULL, &model, list, given.pointers, N_TRANSFORMS, &options, predictions, NULL),
              BINET_OK);
    check_against_single_runs(list, &given, &files, predictions, &options);
    destroy_all(predictions);

    binet_error error;
    options.skipped = NULL;
    options.progress = NULL;
    temporary_remove(folder);
    write_pictures(folder);
    make_paths(&files, folder);
    write_noise(folder, "class1/picture07.ppm", 1, 9, 1);
    binet_image_list_destroy(list);
    list = open_list(folder);
    CHECK_INT(binet_evaluate_sweep(NULL, &model, list, given.pointers, N_TRANSFORMS, &options, predictions, &error),
              BINET_INVALID_DATA);
    CHECK_INT(error.element, 7);
    CHECK_TEXT(error.argument, "images");
    CHECK_CONTAINS(error.message, "transforms[2]: '");
    CHECK_CONTAINS(error.message, "the window of 1 x 9 pixels with resize 16 and crop 12 has 0 pixels each way");
    binet_image_list_destroy(list);
    temporary_remove(folder);
}

static void cancelling_leaves_nothing_behind(void)
{
    scene s;
    set_up(&s);
    fake_model fake = {.features_dtype = BINET_F32};
    notes seen = {.cancel_at = 20};
    binet_model model = fake_model_of(&fake);
    binet_evaluate_options options = {.struct_size = sizeof options,
                                      .batch_size = 4,
                                      .progress = note_progress,
                                      .progress_user = &seen,
                                      .features_paths = s.files.pointers};
    binet_predictions *predictions[N_TRANSFORMS] = {NULL};
    binet_error error;
    CHECK_INT(binet_evaluate_sweep(NULL, &model, s.list, s.given.pointers, N_TRANSFORMS, &options, predictions, &error),
              BINET_CANCELLED);
    CHECK(predictions[0] == NULL && predictions[3] == NULL);
    CHECK_TEXT(error.message, "cancelled after 20 of 92 images, counted once for each transform");
    CHECK_INT(fake.n_batches, 5);
    CHECK_INT(temporary_count(s.folder), s.n_entries);
    tear_down(&s);
}

/* ---- What goes wrong --------------------------------------------------------------------------------------------- */

/** A model that takes images of 12 x 12 pixels only. */
static binet_status run_small(void *self, const binet_array *batch, binet_model_outputs *outputs, binet_error *error)
{
    if (batch->shape[2] != 12) {
        CHECK_INT(outputs->transform, 3);
        (void)snprintf(error->message, sizeof error->message, "12 pixels are wanted");
        error->element = 1;
        return BINET_INVALID_DATA;
    }
    return fake_run(self, batch, outputs, error);
}

static void a_failure_names_its_transform(void)
{
    scene s;
    set_up(&s);
    fake_model fake = {0};
    binet_model model = fake_model_of(&fake);
    model.run = run_small;
    binet_predictions *predictions[N_TRANSFORMS] = {NULL};
    binet_error error;
    CHECK_INT(binet_evaluate_sweep(NULL, &model, s.list, s.given.pointers, N_TRANSFORMS, NULL, predictions, &error),
              BINET_INVALID_DATA);
    CHECK_TEXT(error.message, "transforms[3]: 12 pixels are wanted");
    CHECK_TEXT(error.argument, "model");
    CHECK_INT(error.element, 1);
    model.run = fake_run;
    fake = (fake_model){.nan_image = N_PICTURES + 5, .thread = pthread_self()};
    CHECK_INT(binet_evaluate_sweep(NULL, &model, s.list, s.given.pointers, N_TRANSFORMS, NULL, predictions, &error),
              BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, "transforms[1]: '");
    CHECK_CONTAINS(error.message, "class0/picture04.ppm': scores[4] has a NaN in column 2");
    CHECK_INT(error.element, 4);
    s.given.values[2].shift = 40000;
    CHECK_INT(binet_evaluate_sweep(NULL, &model, s.list, s.given.pointers, N_TRANSFORMS, NULL, predictions, &error),
              BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.message, "transforms[2]: transform has shift 40000, not -32768 .. 32768");
    CHECK_TEXT(error.argument, "transforms");
    CHECK_INT(error.element, 2);
    CHECK(predictions[0] == NULL);
    tear_down(&s);
}

static void wrong_arguments_are_named(void)
{
    scene s;
    set_up(&s);
    fake_model fake = {0};
    binet_model model = fake_model_of(&fake);
    binet_predictions *predictions[N_TRANSFORMS] = {NULL};
    binet_error error;
    CHECK_INT(binet_evaluate_sweep(NULL, &model, s.list, NULL, 1, NULL, predictions, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "transforms");
    for (int64_t n = 0; n <= 65537; n += 65537) {
        CHECK_INT(binet_evaluate_sweep(NULL, &model, s.list, s.given.pointers, n, NULL, predictions, &error),
                  BINET_INVALID_ARGUMENT);
        CHECK_TEXT(error.argument, "n_transforms");
        CHECK_CONTAINS(error.message, "allowed: 1 .. 65536");
    }
    CHECK_INT(binet_evaluate_sweep(NULL, &model, s.list, s.given.pointers, 1, NULL, NULL, &error),
              BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "predictions");
    binet_evaluate_options options = {.struct_size = sizeof options, .features_path = "features.npy"};
    CHECK_INT(binet_evaluate_sweep(NULL, &model, s.list, s.given.pointers, 1, &options, predictions, &error),
              BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.message, "options->features_path is for binet_evaluate; a sweep takes features_paths");
    options.features_path = NULL;
    options.features_paths = (const char *const[]){"features.npy"};
    CHECK_INT(binet_evaluate(NULL, &model, s.list, NULL, &options, predictions, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.message, "options->features_paths is for a sweep");
    CHECK_INT(fake.n_batches, 0);
    const binet_transform *none = NULL; /* is the transform of ImageNet */
    options.features_paths = (const char *const[]){NULL};
    CHECK_INT(binet_evaluate_sweep(NULL, &model, s.list, &none, 1, &options, predictions, NULL), BINET_OK);
    CHECK_INT(fake.height, 224);
    CHECK_INT(fake.wanted_features, 0);
    destroy_all(predictions);
    tear_down(&s);
}

static void no_memory_at_any_call_leaves_nothing(void)
{
    scene s;
    set_up(&s);
    fake_model fake;
    binet_model model = fake_model_of(&fake);
    binet_evaluate_options options = {
        .struct_size = sizeof options, .batch_size = 12, .features_paths = s.files.pointers};
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        fake = (fake_model){.features_dtype = BINET_F16, .thread = pthread_self()};
        binet_predictions *predictions[N_TRANSFORMS] = {NULL};
        binet_status status =
            binet_evaluate_sweep(context, &model, s.list, s.given.pointers, N_TRANSFORMS, &options, predictions, NULL);
        for (int i = 0; i < N_TRANSFORMS; i++) {
            CHECK((predictions[i] != NULL) == (status == BINET_OK));
        }
        CHECK_INT(temporary_count(s.folder), s.n_entries + (status == BINET_OK ? N_TRANSFORMS : 0));
        destroy_all(predictions);
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
    tear_down(&s);
}

int main(void)
{
    RUN(each_table_is_that_of_a_run_of_its_own);
    RUN(without_a_crop_each_transform_has_its_size);
    RUN(each_image_is_decoded_once);
    RUN(an_image_is_left_out_of_every_table);
    RUN(cancelling_leaves_nothing_behind);
    RUN(a_failure_names_its_transform);
    RUN(wrong_arguments_are_named);
    RUN(no_memory_at_any_call_leaves_nothing);
    return check_result();
}
