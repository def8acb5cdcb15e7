/** A model made for tests: its logits are pixels of the image, so that a row depends on that image alone. Every way to
 *  answer wrongly is a field. */
#ifndef TESTS_UNIT_FAKE_MODEL_H
#define TESTS_UNIT_FAKE_MODEL_H

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "binet/binet.h"
#include "check.h"
#include "scores.h"
#include "temporary.h"

enum { FAKE_CLASSES = 5, FAKE_FEATURES = 3, FAKE_ROWS = 64 };

typedef struct fake_model {
    /* what it does */
    int32_t logits_dtype;   /* of the answer as it is labelled; 0: BINET_F32 */
    int32_t features_dtype; /* BINET_F16 and BINET_BF16 answer with features_bits; 0: no features */
    int64_t extra_rows;
    int64_t classes_after; /* classes from the second batch on; 0: FAKE_CLASSES */
    int32_t logits_ndim;   /* 0: 2 */
    int32_t fails_at;      /* batch, from 1, that fails with `status` and `message` */
    int32_t status;
    const char *message;
    int64_t element;
    int64_t nan_image; /* from 1: the image whose logits have a NaN; -1: every image */
    int backwards;     /* rows and columns run backwards in memory */
    /* what it saw */
    int32_t n_batches;
    int64_t n_images;
    int64_t batch_sizes[FAKE_ROWS];
    int64_t height;
    int64_t width;
    int32_t wanted_features;
    int wrong_thread; /* a run on another thread than `thread` */
    int entered_twice;
    pthread_t thread;
    atomic_int inside;
    /* what it gave */
    float logits[FAKE_ROWS][FAKE_CLASSES];
    double features[FAKE_ROWS][FAKE_FEATURES];
} fake_model;

/** The logit of a class: a pixel that depends on the class. */
static inline float fake_logit(const float *image, int64_t n_values, int64_t class_index)
{
    return 4 * image[(class_index * 7919 + 13) % n_values];
}

/** Feature k: small whole numbers, so that every dtype holds them exactly. */
static inline double fake_feature(const float *image, int64_t n_values, int64_t k)
{
    return floor((double)image[(k * 104729 + 5) % n_values] * 10);
}

static inline void fake_view(binet_array *array, void *rows, int64_t n, int64_t n_columns, int64_t capacity,
                             int64_t size, int32_t dtype, int backwards)
{
    binet_array view = {rows, dtype, 2, {n, n_columns}, {capacity * size, size}};
    if (backwards) { /* the writer wrote element (i, k) at (n - 1 - i, columns - 1 - k) */
        view.data = (char *)rows + ((n - 1) * capacity + n_columns - 1) * size;
        view.strides[0] = -view.strides[0];
        view.strides[1] = -view.strides[1];
    }
    *array = view;
}

static inline void fake_give_features(fake_model *model, const float *values, int64_t n, int64_t n_values,
                                      binet_array *features)
{
    int64_t size = model->features_dtype == BINET_F64 ? 8 : model->features_dtype == BINET_F32 ? 4 : 2;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < FAKE_FEATURES; k++) {
            double value = fake_feature(values + i * n_values, n_values, k);
            float single = (float)value;
            uint16_t half = model->features_dtype == BINET_F16 ? scores_f16(single) : scores_bf16(single);
            int64_t row = model->backwards ? n - 1 - i : i;
            int64_t column = model->backwards ? FAKE_FEATURES - 1 - k : k;
            const void *bytes = size == 8 ? (void *)&value : size == 4 ? (void *)&single : (void *)&half;
            memcpy((char *)model->features + (row * FAKE_FEATURES + column) * size, bytes, (size_t)size);
        }
    }
    fake_view(features, model->features, n, FAKE_FEATURES, FAKE_FEATURES, size, model->features_dtype,
              model->backwards);
}

static inline binet_status fake_run(void *self, const binet_array *batch, binet_model_outputs *outputs,
                                    binet_error *error)
{
    fake_model *model = self;
    model->entered_twice |= atomic_fetch_add(&model->inside, 1) != 0;
    model->wrong_thread |= !pthread_equal(model->thread, pthread_self());
    int64_t n = batch->shape[0];
    int64_t n_values = batch->shape[1] * batch->shape[2] * batch->shape[3];
    const float *values = batch->data;
    CHECK_INT(batch->dtype, BINET_F32);
    CHECK_INT(batch->ndim, 4);
    CHECK_INT(batch->shape[1], 3);
    CHECK_INT(batch->strides[0], n_values * 4);
    CHECK_INT(batch->strides[3], 4);
    model->height = batch->shape[2];
    model->width = batch->shape[3];
    model->wanted_features = outputs->want_features;
    model->batch_sizes[model->n_batches++] = n;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < FAKE_CLASSES; k++) {
            float *to = model->backwards ? &model->logits[n - 1 - i][FAKE_CLASSES - 1 - k] : &model->logits[i][k];
            *to = fake_logit(values + i * n_values, n_values, k);
            if ((model->nan_image == -1 || model->nan_image == model->n_images + i + 1) && k == 2) {
                *to = NAN;
            }
        }
    }
    model->n_images += n;
    fake_view(&outputs->logits, model->logits, n, FAKE_CLASSES, FAKE_CLASSES, sizeof(float), BINET_F32,
              model->backwards);
    outputs->logits.shape[0] += model->extra_rows;
    if (model->classes_after != 0 && model->n_batches > 1) {
        outputs->logits.shape[1] = model->classes_after;
    }
    outputs->logits.dtype = model->logits_dtype != 0 ? model->logits_dtype : BINET_F32;
    outputs->logits.ndim = model->logits_ndim != 0 ? model->logits_ndim : 2;
    if (model->features_dtype != 0 && outputs->want_features) {
        fake_give_features(model, values, n, n_values, &outputs->features);
    }
    (void)atomic_fetch_sub(&model->inside, 1);
    if (model->fails_at == model->n_batches) {
        if (model->message != NULL) {
            (void)snprintf(error->message, sizeof error->message, "%s", model->message);
            error->element = model->element;
        }
        return model->status;
    }
    return BINET_OK;
}

static inline binet_model fake_model_of(fake_model *model)
{
    binet_model made = {.struct_size = sizeof made, .self = model, .run = fake_run};
    model->thread = pthread_self();
    return made;
}

/** Write a picture of noise as a PNM file. */
static inline void write_noise(const char *folder, const char *name, int width, int height, uint32_t seed)
{
    char header[32];
    unsigned char bytes[20000];
    int used = snprintf(header, sizeof header, "P6\n%d %d\n255\n", width, height);
    memcpy(bytes, header, (size_t)used);
    for (int i = 0; i < 3 * width * height; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[used + i] = (unsigned char)(seed >> 24);
    }
    temporary_write(folder, name, bytes, (size_t)(used + 3 * width * height));
}

/** 23 images of different sizes in 5 folders of classes. */
enum { N_PICTURES = 23 };

static inline void write_pictures(char folder[TEMPORARY_SIZE])
{
    temporary_make(folder);
    for (int i = 0; i < N_PICTURES; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "class%d/picture%02d.ppm", i / 5, i);
        write_noise(folder, name, 20 + i * 3 % 17, 18 + i * 5 % 13, (uint32_t)i + 1);
    }
}

static inline binet_image_list *open_list(const char *path)
{
    binet_image_list *list = NULL;
    binet_error error;
    if (binet_image_list_open(NULL, path, NULL, &list, &error) != BINET_OK) {
        (void)fprintf(stderr, "%s\n", error.message);
        exit(1);
    }
    return list;
}

/** Short side 16, crop 12. */
static inline binet_transform small_transform(void)
{
    binet_transform transform = {.struct_size = sizeof transform};
    CHECK_INT(binet_transform_preset(BINET_TRANSFORM_IMAGENET, &transform, NULL), BINET_OK);
    transform.resize = 16;
    transform.crop = 12;
    return transform;
}

typedef struct npy {
    char header[129];
    int64_t n_values;
    float values[1024];
} npy;

/** Read a .npy of at most 1024 f32. */
static inline void read_npy(const char *path, npy *file)
{
    memset(file, 0, sizeof *file);
    FILE *stream = fopen(path, "rb");
    CHECK(stream != NULL);
    if (stream != NULL) {
        CHECK_INT(fread(file->header, 1, 128, stream), 128);
        file->n_values = (int64_t)fread(file->values, sizeof(float), 1024, stream);
        (void)fclose(stream);
    }
}

/** The columns of two tables have the same bits. */
static inline void check_same_bits(const binet_predictions *predictions, const binet_predictions *expected)
{
    CHECK_INT(binet_predictions_count(predictions), binet_predictions_count(expected));
    CHECK_INT(binet_predictions_class_count(predictions), FAKE_CLASSES);
    for (int32_t column = BINET_PREDICTED_CLASS; column <= BINET_ENTROPY; column++) {
        binet_array a;
        binet_array b;
        CHECK_INT(binet_predictions_column(predictions, column, &a, NULL), BINET_OK);
        CHECK_INT(binet_predictions_column(expected, column, &b, NULL), BINET_OK);
        CHECK(a.shape[0] == b.shape[0] && memcmp(a.data, b.data, (size_t)(a.shape[0] * a.strides[0])) == 0);
    }
}

#endif
