/* The loop: every image goes through the model once and in order, and neither batches nor threads change a bit. */
#include "fake_model.h"
#include "pooled.h"

/** What the loop must give, from the public pieces one image at a time. */
static binet_predictions *expected_predictions(const binet_image_list *list, const binet_transform *transform,
                                               double features[N_PICTURES][FAKE_FEATURES])
{
    static float logits[N_PICTURES][FAKE_CLASSES];
    static float values[3 * 12 * 12];
    int64_t labels[N_PICTURES];
    for (int64_t i = 0; i < N_PICTURES; i++) {
        binet_image *image = NULL;
        CHECK_INT(binet_image_read(NULL, binet_image_list_path(list, i), NULL, &image, NULL), BINET_OK);
        binet_array pixels = binet_image_pixels(image);
        CHECK_INT(binet_transform_apply(NULL, &pixels, transform, values, 3 * 12 * 12, NULL), BINET_OK);
        binet_image_destroy(image);
        for (int64_t k = 0; k < FAKE_CLASSES; k++) {
            logits[i][k] = fake_logit(values, 3 * 12 * 12, k);
        }
        for (int64_t k = 0; k < FAKE_FEATURES; k++) {
            features[i][k] = fake_feature(values, 3 * 12 * 12, k);
        }
        labels[i] = binet_image_list_label(list, i);
    }
    binet_array scores = {logits, BINET_F32, 2, {N_PICTURES, FAKE_CLASSES}, {sizeof logits[0], sizeof logits[0][0]}};
    binet_array truth = {labels, BINET_I64, 1, {N_PICTURES}, {sizeof labels[0]}};
    binet_predictions *expected = NULL;
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &scores, &truth, NULL, &expected, NULL), BINET_OK);
    return expected;
}

static void check_one_way(const char *folder, int32_t n_threads, int32_t batch_size)
{
    static double features[N_PICTURES][FAKE_FEATURES];
    char path[2 * TEMPORARY_SIZE];
    npy file;
    binet_image_list *list = open_list(folder);
    binet_transform transform = small_transform();
    pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
    fake_model fake = {.features_dtype = BINET_F32};
    binet_model model = fake_model_of(&fake);
    binet_evaluate_options options = {.struct_size = sizeof options,
                                      .batch_size = batch_size,
                                      .features_path = temporary_path(path, folder, "features.npy")};
    binet_predictions *predictions = NULL;
    CHECK_INT(binet_evaluate(on.context, &model, list, &transform, &options, &predictions, NULL), BINET_OK);

    binet_predictions *expected = expected_predictions(list, &transform, features);
    check_same_bits(predictions, expected);
    for (int64_t i = 0; i < N_PICTURES; i++) {
        CHECK_TEXT(binet_predictions_file_name(predictions, i), binet_image_list_name(list, i));
    }
    CHECK_INT(fake.n_images, N_PICTURES);
    for (int64_t i = 0; i < fake.n_batches; i++) {
        int64_t left = N_PICTURES - i * batch_size;
        CHECK_INT(fake.batch_sizes[i], left < batch_size ? left : batch_size);
    }
    CHECK(!fake.wrong_thread);
    CHECK(!fake.entered_twice);
    CHECK_INT(fake.height, 12);
    CHECK_INT(fake.wanted_features, 1);
    read_npy(path, &file);
    CHECK(memcmp(file.header, "\x93NUMPY\x01\x00\x76\x00", 10) == 0);
    CHECK_CONTAINS(file.header + 10, "{'descr': '<f4', 'fortran_order': False, 'shape': (23, 3), }");
    CHECK_INT(file.header[127], '\n');
    CHECK_INT(file.n_values, N_PICTURES * FAKE_FEATURES);
    for (int64_t i = 0; i < N_PICTURES * FAKE_FEATURES; i++) {
        CHECK(file.values[i] == (float)features[i / FAKE_FEATURES][i % FAKE_FEATURES]);
    }
    CHECK_INT(remove(path), 0);
    binet_predictions_destroy(expected);
    binet_predictions_destroy(predictions);
    pooled_end(on);
    binet_image_list_destroy(list);
}

static void neither_batches_nor_threads_change_a_bit(void)
{
    char folder[TEMPORARY_SIZE];
    write_pictures(folder);
    const int32_t threads[] = {1, 2, 5};
    const int32_t sizes[] = {1, 7, 23, 256};
    for (int t = 0; t < 3; t++) {
        for (int s = 0; s < 4; s++) {
            check_one_way(folder, threads[t], sizes[s]);
        }
    }
    temporary_remove(folder);
}

static void every_dtype_of_features_becomes_f32(void)
{
    const int32_t dtypes[] = {BINET_F16, BINET_BF16, BINET_F32, BINET_F64};
    char folder[TEMPORARY_SIZE];
    char path[2 * TEMPORARY_SIZE];
    write_pictures(folder);
    binet_image_list *list = open_list(folder);
    binet_transform transform = small_transform();
    npy files[2];
    for (int d = 0; d < 8; d++) {
        fake_model fake = {.features_dtype = dtypes[d % 4], .backwards = d >= 4};
        binet_model model = fake_model_of(&fake);
        binet_evaluate_options options = {.struct_size = sizeof options,
                                          .features_path = temporary_path(path, folder, "features.npy")};
        binet_predictions *predictions = NULL;
        CHECK_INT(binet_evaluate(NULL, &model, list, &transform, &options, &predictions, NULL), BINET_OK);
        read_npy(path, &files[d > 0]);
        CHECK_INT(files[0].n_values, N_PICTURES * FAKE_FEATURES);
        CHECK(d == 0 || memcmp(&files[0], &files[1], sizeof files[0]) == 0);
        binet_predictions_destroy(predictions);
    }
    binet_image_list_destroy(list);
    temporary_remove(folder);
}

/* ---- Images that are left out ------------------------------------------------------------------------------------ */

typedef struct skips {
    int n;
    int64_t indices[FAKE_ROWS];
    int32_t statuses[FAKE_ROWS];
    int64_t done[FAKE_ROWS];
    int n_done;
    int64_t cancel_at;
} skips;

static void note_skip(void *user, int64_t index, const char *path, const binet_error *reason)
{
    skips *seen = user;
    CHECK_CONTAINS(reason->message, path);
    CHECK_INT(reason->element, index);
    CHECK_TEXT(reason->argument, "images");
    seen->indices[seen->n] = index;
    seen->statuses[seen->n++] = reason->status;
}

static int32_t note_progress(void *user, int64_t n_done, int64_t n_total)
{
    skips *seen = user;
    CHECK_INT(n_total, N_PICTURES);
    seen->done[seen->n_done++] = n_done;
    return n_done == seen->cancel_at;
}

static void unreadable_images_are_left_out_in_order(void)
{
    static double features[N_PICTURES][FAKE_FEATURES];
    char folder[TEMPORARY_SIZE];
    write_pictures(folder);
    binet_transform transform = small_transform();
    binet_image_list *whole = open_list(folder);
    binet_predictions *all = expected_predictions(whole, &transform, features);
    binet_image_list_destroy(whole);
    temporary_write_text(folder, "class0/picture01.ppm", "not an image");
    temporary_write_text(folder, "class1/picture05.ppm", "");
    temporary_write_text(folder, "class1/picture06.ppm", "P6\n9 9\n255\n truncated");
    temporary_write_text(folder, "class1/picture07.ppm", "?");
    temporary_write_text(folder, "class1/picture08.ppm", "?");
    temporary_write_text(folder, "class4/picture22.ppm", "?");
    binet_image_list *list = open_list(folder);
    pooled on = pooled_start(3, BINET_ISA_DEFAULT);
    fake_model fake = {0};
    skips seen = {0};
    binet_model model = fake_model_of(&fake);
    binet_evaluate_options options = {.struct_size = sizeof options,
                                      .batch_size = 4,
                                      .progress = note_progress,
                                      .progress_user = &seen,
                                      .skipped = note_skip,
                                      .skipped_user = &seen};
    binet_predictions *predictions = NULL;
    CHECK_INT(binet_evaluate(on.context, &model, list, &transform, &options, &predictions, NULL), BINET_OK);
    const int64_t skipped[] = {1, 5, 6, 7, 8, 22};
    CHECK_INT(seen.n, 6);
    CHECK(memcmp(seen.indices, skipped, sizeof skipped) == 0);
    const int64_t done[] = {4, 8, 12, 16, 20, 23};
    CHECK_INT(seen.n_done, 6);
    CHECK(memcmp(seen.done, done, sizeof done) == 0);
    const int64_t sizes[] = {3, 1, 3, 4, 4, 2};
    CHECK(memcmp(fake.batch_sizes, sizes, sizeof sizes) == 0);
    CHECK_INT(binet_predictions_count(predictions), N_PICTURES - 6);
    CHECK_TEXT(binet_predictions_file_name(predictions, 1), "class0/picture02.ppm");
    CHECK_TEXT(binet_predictions_file_name(predictions, 4), "class1/picture09.ppm");
    const int64_t read[] = {0, 2, 3, 4, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21};
    binet_array rows = {read, BINET_I64, 1, {N_PICTURES - 6}, {sizeof read[0]}};
    binet_predictions *expected = NULL;
    CHECK_INT(binet_predictions_select(NULL, all, &rows, &expected, NULL), BINET_OK);
    check_same_bits(predictions, expected); /* each of the others with its own pixels */
    binet_predictions_destroy(expected);
    binet_predictions_destroy(all);
    binet_predictions_destroy(predictions);
    pooled_end(on);
    binet_image_list_destroy(list);
    temporary_remove(folder);
}

static void features_keep_step_with_rows_left_out(void)
{
    static double expected[N_PICTURES][FAKE_FEATURES];
    char folder[TEMPORARY_SIZE];
    char path[2 * TEMPORARY_SIZE];
    npy file;
    write_pictures(folder);
    binet_image_list *list = open_list(folder);
    binet_transform transform = small_transform();
    binet_predictions_destroy(expected_predictions(list, &transform, expected));
    fake_model fake = {.features_dtype = BINET_F64, .nan_image = 10};
    binet_model model = fake_model_of(&fake);
    binet_predictions_options omit = {.struct_size = sizeof omit, .nan_policy = BINET_NAN_OMIT};
    binet_evaluate_options options = {.struct_size = sizeof options,
                                      .batch_size = 6,
                                      .predictions = &omit,
                                      .features_path = temporary_path(path, folder, "features.npy")};
    binet_predictions *predictions = NULL;
    CHECK_INT(binet_evaluate(NULL, &model, list, &transform, &options, &predictions, NULL), BINET_OK);
    CHECK_INT(binet_predictions_count(predictions), N_PICTURES - 1);
    CHECK_INT(binet_predictions_omitted_count(predictions), 1);
    CHECK_TEXT(binet_predictions_file_name(predictions, 9), "class2/picture10.ppm");
    read_npy(path, &file);
    CHECK_CONTAINS(file.header + 10, "(22, 3)");
    CHECK_INT(file.n_values, (N_PICTURES - 1) * FAKE_FEATURES);
    CHECK(file.values[(ptrdiff_t)8 * FAKE_FEATURES] == (float)expected[8][0]);
    CHECK(file.values[(ptrdiff_t)9 * FAKE_FEATURES] == (float)expected[10][0]);
    binet_predictions_destroy(predictions);
    binet_image_list_destroy(list);
    temporary_remove(folder);
}

static void cancelling_leaves_nothing_behind(void)
{
    char folder[TEMPORARY_SIZE];
    char path[2 * TEMPORARY_SIZE];
    write_pictures(folder);
    int n_entries = temporary_count(folder);
    binet_image_list *list = open_list(folder);
    binet_transform transform = small_transform();
    fake_model fake = {.features_dtype = BINET_F32};
    skips seen = {.cancel_at = 8};
    binet_model model = fake_model_of(&fake);
    binet_evaluate_options options = {.struct_size = sizeof options,
                                      .batch_size = 4,
                                      .features_path = temporary_path(path, folder, "features.npy"),
                                      .progress = note_progress,
                                      .progress_user = &seen};
    binet_predictions *predictions = NULL;
    binet_error error;
    CHECK_INT(binet_evaluate(NULL, &model, list, &transform, &options, &predictions, &error), BINET_CANCELLED);
    CHECK(predictions == NULL);
    CHECK_TEXT(error.message, "cancelled after 8 of 23 images");
    CHECK_INT(seen.n_done, 2);
    CHECK_INT(temporary_count(folder), n_entries);
    binet_image_list_destroy(list);
    temporary_remove(folder);
}

/* ---- Sizes and labels -------------------------------------------------------------------------------------------- */

static void without_a_crop_the_pictures_give_the_size(void)
{
    char folder[TEMPORARY_SIZE];
    temporary_make(folder);
    temporary_write_text(folder, "a.ppm", "unreadable");
    write_noise(folder, "b.ppm", 30, 20, 1);
    write_noise(folder, "c.ppm", 30, 20, 2);
    write_noise(folder, "d.ppm", 60, 40, 3);
    binet_image_list *list = open_list(folder);
    binet_transform transform = small_transform();
    transform.crop = 0;
    fake_model fake = {0};
    skips seen = {0};
    binet_model model = fake_model_of(&fake);
    binet_evaluate_options options = {
        .struct_size = sizeof options, .batch_size = 2, .skipped = note_skip, .skipped_user = &seen};
    binet_predictions *predictions = NULL;
    CHECK_INT(binet_evaluate(NULL, &model, list, &transform, &options, &predictions, NULL), BINET_OK);
    CHECK_INT(binet_predictions_count(predictions), 3);
    CHECK_INT(fake.width, 24);
    CHECK_INT(fake.height, 16);
    binet_array labels;
    CHECK_INT(binet_predictions_column(predictions, BINET_LABEL, &labels, NULL), BINET_OK);
    CHECK_INT(*(const int32_t *)labels.data, -1);
    binet_predictions_destroy(predictions);
    binet_image_list_destroy(list);
    temporary_remove(folder);
}

int main(void)
{
    RUN(neither_batches_nor_threads_change_a_bit);
    RUN(every_dtype_of_features_becomes_f32);
    RUN(unreadable_images_are_left_out_in_order);
    RUN(features_keep_step_with_rows_left_out);
    RUN(cancelling_leaves_nothing_behind);
    RUN(without_a_crop_the_pictures_give_the_size);
    return check_result();
}
