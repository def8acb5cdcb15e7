/* The loop against its model alone: milliseconds an image of binet_evaluate, which decodes while the model runs, and of
 * the same model on batches that are ready in memory.
 *
 *      bench_evaluate MODEL IMAGES [MODEL_THREADS [POOL_THREADS [ROUNDS]]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "binet/binet.h"
#include "binet/torch.h"

enum { BATCH_SIZE = 16 };

static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void check(binet_status status, const binet_error *error)
{
    if (status != BINET_OK) {
        (void)fprintf(stderr, "%s: %s\n", binet_status_name(status), error->message);
        exit(1);
    }
}

/** All images of the list as one block of values. */
static float *read_all(const binet_image_list *images, int64_t n_values)
{
    binet_error error;
    int64_t n = binet_image_list_count(images);
    float *values = malloc((size_t)(n * n_values) * sizeof *values);
    for (int64_t i = 0; values != NULL && i < n; i++) {
        binet_image *image;
        check(binet_image_read(NULL, binet_image_list_path(images, i), NULL, &image, &error), &error);
        binet_array pixels = binet_image_pixels(image);
        check(binet_transform_apply(NULL, &pixels, NULL, values + i * n_values, n_values, &error), &error);
        binet_image_destroy(image);
    }
    return values;
}

static double time_model(const binet_model *model, float *values, int64_t n, int64_t side)
{
    binet_error error;
    double start = seconds();
    for (int64_t first = 0; first < n; first += BATCH_SIZE) {
        int64_t size = n - first < BATCH_SIZE ? n - first : BATCH_SIZE;
        int64_t image = 3 * side * side;
        binet_array batch = {
            values + first * image, BINET_F32, 4, {size, 3, side, side}, {image * 4, side * side * 4, side * 4, 4}};
        binet_model_outputs outputs = {.struct_size = sizeof outputs};
        check(model->run(model->self, &batch, &outputs, &error), &error);
    }
    return seconds() - start;
}

static double time_loop(const binet_context *context, const binet_model *model, const binet_image_list *images)
{
    binet_error error;
    binet_predictions *predictions = NULL;
    binet_evaluate_options options = {.struct_size = sizeof options, .batch_size = BATCH_SIZE};
    double start = seconds();
    check(binet_evaluate(context, model, images, NULL, &options, &predictions, &error), &error);
    double taken = seconds() - start;
    binet_predictions_destroy(predictions);
    return taken;
}

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        (void)fprintf(stderr, "usage: %s MODEL IMAGES [MODEL_THREADS [POOL_THREADS [ROUNDS]]]\n", argv[0]);
        return 2;
    }
    int32_t model_threads = argc > 3 ? atoi(argv[3]) : 0;
    int32_t pool_threads = argc > 4 ? atoi(argv[4]) : 0;
    int rounds = argc > 5 ? atoi(argv[5]) : 5;
    binet_error error;
    binet_thread_pool *pool = NULL;
    binet_context *context = NULL;
    binet_image_list *images = NULL;
    binet_model model = {.struct_size = sizeof model};
    binet_torch_options torch_options = {.struct_size = sizeof torch_options, .n_threads = model_threads};
    check(binet_thread_pool_create(pool_threads, &pool, &error), &error);
    binet_executor executor = binet_thread_pool_executor(pool);
    binet_context_options options = {.struct_size = sizeof options, .executor = &executor};
    check(binet_context_create(&options, &context, &error), &error);
    check(binet_image_list_open(NULL, argv[2], NULL, &images, &error), &error);
    check(binet_torch_model_load(argv[1], &torch_options, &model, &error), &error);
    int64_t n = binet_image_list_count(images);
    int64_t side = 224; /* of the default transform */
    float *values = read_all(images, 3 * side * side);
    if (values == NULL) {
        return 1;
    }
    (void)time_model(&model, values, n, side); /* libtorch specialises in the first runs */
    (void)time_loop(context, &model, images);
    double model_best = 1e30;
    double loop_best = 1e30;
    for (int i = 0; i < rounds; i++) { /* in turns, so that a busy moment hits both */
        model_best = smaller(model_best, time_model(&model, values, n, side));
        loop_best = smaller(loop_best, time_loop(context, &model, images));
    }
    double scale = 1e3 / (double)n;
    printf("model_ms %.3f  evaluate_ms %.3f  ratio %.3f  model_threads %d  pool_threads %d\n", model_best * scale,
           loop_best * scale, loop_best / model_best, (int)model_threads, (int)binet_thread_pool_size(pool));
    free(values);
    model.free(model.self);
    binet_image_list_destroy(images);
    binet_context_destroy(context);
    binet_thread_pool_destroy(pool);
    return 0;
}
