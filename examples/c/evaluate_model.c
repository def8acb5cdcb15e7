/* A TorchScript model and a folder of images in, predictions and their calibration out; no Python.
 *
 *      evaluate_model model.pt images/ --csv predictions.csv
 *      evaluate_model model.pt images/ --resize 256 --crop 224 --interpolation bicubic --mean .5,.5,.5 --std .5,.5,.5
 */
#include <binet/binet.h>
#include <binet/torch.h>

#include "options.h"

static const char usage[] = "usage: evaluate_model MODEL IMAGES [options]\n"
                            "  IMAGES                  class folders, a flat folder, or a CSV of path,label\n"
                            "  --preset NAME           imagenet (default) or clip: the transform to start from\n"
                            "  --resize N              short side in pixels, 0: leave the size\n"
                            "  --crop N                side of the centre square in pixels, 0: no crop\n"
                            "  --interpolation NAME    bilinear or bicubic\n"
                            "  --mean R,G,B --std R,G,B\n"
                            "  --batch-size N          images a batch (default 32)\n"
                            "  --threads N             threads that decode and run the model (default: all there are)\n"
                            "  --csv OUT.csv           write the predictions\n"
                            "  --features OUT.npy      write the features of a model that gives them\n"
                            "  --skip                  leave out images that cannot be read\n";

typedef struct arguments {
    const char *model;
    const char *images;
    const char *csv;
    int n_threads;
    binet_transform transform;
    binet_evaluate_options options;
} arguments;

static int32_t print_progress(void *user, int64_t n_done, int64_t n_total)
{
    (void)user;
    fprintf(stderr, "\r%lld of %lld images%s", (long long)n_done, (long long)n_total, n_done == n_total ? "\n" : "");
    return 0;
}

static void print_skipped(void *user, int64_t index, const char *path, const binet_error *reason)
{
    (void)user, (void)index, (void)path;
    fprintf(stderr, "left out: %s\n", reason->message);
}

static void refuse(const char *name, const char *value, const char *allowed)
{
    fprintf(stderr, "%s is '%s'; allowed: %s\n", name, value, allowed);
    exit(2);
}

static void read_preset(const char *name, binet_transform *transform)
{
    int is_clip = strcmp(name, "clip") == 0;
    if (!is_clip && strcmp(name, "imagenet") != 0) {
        refuse("--preset", name, "imagenet, clip");
    }
    binet_transform_preset(is_clip ? BINET_TRANSFORM_CLIP : BINET_TRANSFORM_IMAGENET, transform, NULL);
}

static int32_t read_interpolation(const char *name)
{
    if (strcmp(name, "bilinear") != 0 && strcmp(name, "bicubic") != 0) {
        refuse("--interpolation", name, "bilinear, bicubic");
    }
    return strcmp(name, "bicubic") == 0 ? BINET_BICUBIC : BINET_BILINEAR;
}

static arguments read_arguments(int argc, char **argv)
{
    arguments given = {.transform.struct_size = sizeof given.transform, .options.struct_size = sizeof given.options};
    binet_transform *transform = &given.transform;
    read_preset("imagenet", transform);
    given.options.progress = print_progress;
    for (int i = 1; i < argc; i++) {
        const char *value;
        if (strcmp(argv[i], "--skip") == 0) {
            given.options.skipped = print_skipped;
        } else if ((value = option_value(argc, argv, &i, "--preset")) != NULL) {
            read_preset(value, transform);
        } else if ((value = option_value(argc, argv, &i, "--resize")) != NULL) {
            transform->resize = option_int("--resize", value, 0);
        } else if ((value = option_value(argc, argv, &i, "--crop")) != NULL) {
            transform->crop = option_int("--crop", value, 0);
        } else if ((value = option_value(argc, argv, &i, "--interpolation")) != NULL) {
            transform->interpolation = read_interpolation(value);
        } else if ((value = option_value(argc, argv, &i, "--mean")) != NULL) {
            option_colours("--mean", value, transform->mean);
        } else if ((value = option_value(argc, argv, &i, "--std")) != NULL) {
            option_colours("--std", value, transform->std);
        } else if ((value = option_value(argc, argv, &i, "--batch-size")) != NULL) {
            given.options.batch_size = option_int("--batch-size", value, 1);
        } else if ((value = option_value(argc, argv, &i, "--threads")) != NULL) {
            given.n_threads = option_int("--threads", value, 1);
        } else if ((value = option_value(argc, argv, &i, "--csv")) != NULL) {
            given.csv = value;
        } else if ((value = option_value(argc, argv, &i, "--features")) != NULL) {
            given.options.features_path = value;
        } else if (argv[i][0] != '-' && given.model == NULL) {
            given.model = argv[i];
        } else if (argv[i][0] != '-' && given.images == NULL) {
            given.images = argv[i];
        } else {
            fputs(usage, stderr);
            exit(2);
        }
    }
    if (given.images == NULL) {
        fputs(usage, stderr);
        exit(2);
    }
    return given;
}

static binet_status print_results(const binet_predictions *predictions, binet_error *error)
{
    binet_accuracy_result accuracy = {.struct_size = sizeof accuracy};
    binet_calibration_result calibration = {.struct_size = sizeof calibration};
    binet_array labels;
    binet_predictions_column(predictions, BINET_LABEL, &labels, NULL);
    printf("images    %lld\n", (long long)binet_predictions_count(predictions));
    for (int64_t i = 0; i < labels.shape[0]; i++) {
        if (((const int32_t *)labels.data)[i] < 0) {
            puts("no labels, so neither accuracy nor calibration");
            return BINET_OK;
        }
    }
    binet_status status = binet_accuracy(NULL, predictions, NULL, &accuracy, error);
    if (status == BINET_OK) {
        status = binet_calibration(NULL, predictions, NULL, &calibration, error);
    }
    if (status == BINET_OK) {
        printf("accuracy  %.4f  (95 %%: %.4f .. %.4f)\n", accuracy.value, accuracy.low, accuracy.high);
        printf("ECE       %.4f  (15 bins)\n", calibration.ece);
    }
    return status;
}

int main(int argc, char **argv)
{
    arguments given = read_arguments(argc, argv);
    binet_error error = {0};
    binet_thread_pool *pool = NULL;
    binet_context *context = NULL;
    binet_image_list *images = NULL;
    binet_predictions *predictions = NULL;
    binet_model model = {.struct_size = sizeof model};
    binet_torch_options torch_options = {.struct_size = sizeof torch_options, .n_threads = given.n_threads};

    binet_status status = binet_thread_pool_create(given.n_threads, &pool, &error);
    if (status == BINET_OK) {
        binet_executor executor = binet_thread_pool_executor(pool);
        binet_context_options options = {.struct_size = sizeof options, .executor = &executor};
        status = binet_context_create(&options, &context, &error);
    }
    if (status == BINET_OK) {
        status = binet_image_list_open(context, given.images, NULL, &images, &error);
    }
    if (status == BINET_OK) {
        status = binet_torch_model_load(given.model, &torch_options, &model, &error);
    }
    if (status == BINET_OK) {
        status = binet_evaluate(context, &model, images, &given.transform, &given.options, &predictions, &error);
    }
    if (status == BINET_OK && given.csv != NULL) {
        status = binet_predictions_write_csv(context, predictions, given.csv, &error);
    }
    if (status == BINET_OK) {
        status = print_results(predictions, &error);
    }
    if (status != BINET_OK) {
        fprintf(stderr, "%s: %s\n", binet_status_name(status), error.message);
    }
    binet_predictions_destroy(predictions);
    if (model.free != NULL) {
        model.free(model.self);
    }
    binet_image_list_destroy(images);
    binet_context_destroy(context);
    binet_thread_pool_destroy(pool);
    return status == BINET_OK ? 0 : 1;
}
