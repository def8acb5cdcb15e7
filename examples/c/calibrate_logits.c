/* Logits in a file, with labels: accuracy and the calibration table.
 *
 *      calibrate_logits logits.npy labels.npy
 *      calibrate_logits logits.f32 labels.i64 --columns 1000        raw files: f32 [N, 1000] and i64 [N]
 *
 * A .npy file is f2, f4 or f8 (labels: i4 or i8), little-endian, in C order.
 */
#include <binet/binet.h>

#include "options.h"

static const char usage[] = "usage: calibrate_logits LOGITS LABELS [options]\n"
                            "  LOGITS, LABELS      .npy files; or, with --columns, raw f32 [N, C] and i64 [N]\n"
                            "  --columns C         classes of a raw file\n"
                            "  --bins N            bins of the calibration table (default 15)\n"
                            "  --probabilities     LOGITS are probabilities\n";

static void fail(const char *path, const char *reason)
{
    fprintf(stderr, "%s: %s\n", path, reason);
    exit(1);
}

static char *read_file(const char *path, size_t *size)
{
    char *bytes = NULL;
    size_t capacity = 0, used = 0;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fail(path, strerror(errno));
    }
    do {
        if (used == capacity) {
            capacity = 2 * capacity + 65536;
            char *larger = realloc(bytes, capacity);
            if (larger == NULL) {
                fail(path, "no memory");
            }
            bytes = larger;
        }
        used += fread(bytes + used, 1, capacity - used, file);
    } while (!feof(file) && !ferror(file));
    if (ferror(file)) {
        fail(path, "cannot be read");
    }
    fclose(file);
    *size = used;
    return bytes;
}

static int32_t dtype_of(const char *descr, int64_t *size)
{
    static const struct {
        const char *descr;
        int32_t dtype;
        int64_t size;
    } known[] = {{"'<f2'", BINET_F16, 2},
                 {"'<f4'", BINET_F32, 4},
                 {"'<f8'", BINET_F64, 8},
                 {"'<i4'", BINET_I32, 4},
                 {"'<i8'", BINET_I64, 8}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strncmp(descr, known[i].descr, 5) == 0) {
            *size = known[i].size;
            return known[i].dtype;
        }
    }
    return 0;
}

/* Give an array of n x columns (ndim 1: n) the strides of C order. */
static binet_array dense(const void *data, int32_t dtype, int64_t size, int32_t ndim, int64_t n, int64_t columns)
{
    binet_array array = {data, dtype, ndim, {n, columns}, {ndim == 2 ? columns * size : size, size}};
    return array;
}

/* A .npy file in memory, viewed in place (NumPy's format, versions 1 and 2). */
static binet_array view_npy(const char *path, char *bytes, size_t file_size, int32_t ndim)
{
    size_t prefix = file_size > 6 && bytes[6] == 1 ? 10 : 12;
    if (file_size < prefix || memcmp(bytes, "\x93NUMPY", 6) != 0 || bytes[6] > 2) {
        fail(path, "not a .npy file of version 1 or 2; --columns says that a file is raw");
    }
    const unsigned char *length = (const unsigned char *)bytes + 8;
    size_t header_size = length[0] | (size_t)length[1] << 8;
    if (prefix == 12) {
        header_size |= (size_t)length[2] << 16 | (size_t)length[3] << 24;
    }
    if (header_size == 0 || header_size > file_size - prefix) {
        fail(path, "truncated");
    }
    char *header = bytes + prefix;
    header[header_size - 1] = '\0'; /* its line end */
    const char *descr = strstr(header, "'descr': ");
    const char *shape = strstr(header, "'shape': (");
    int64_t size = 0;
    int32_t dtype = descr != NULL ? dtype_of(descr + strlen("'descr': "), &size) : 0;
    long long n = 0, columns = 1;
    char end[2] = "";
    if (dtype == 0 || shape == NULL || strstr(header, "'fortran_order': False") == NULL) {
        fail(path, "allowed: f2, f4, f8, i4 or i8, little-endian, in C order");
    }
    int fields = ndim == 2 ? sscanf(shape, "'shape': (%lld, %lld%1[)]", &n, &columns, end)
                           : sscanf(shape, "'shape': (%lld,%1[)]", &n, end);
    if (fields != ndim + 1 || n < 1 || columns < 1) {
        fail(path, ndim == 2 ? "logits have the shape [N, C]" : "labels have the shape [N]");
    }
    size_t data_size = file_size - prefix - header_size;
    if ((uint64_t)n > data_size / (uint64_t)size / (uint64_t)columns) {
        fail(path, "truncated");
    }
    return dense(header + header_size, dtype, size, ndim, n, columns);
}

static binet_array view(const char *path, int32_t ndim, int64_t columns)
{
    size_t size;
    char *bytes = read_file(path, &size);
    if (columns == 0) {
        return view_npy(path, bytes, size, ndim);
    }
    size_t row = ndim == 2 ? (size_t)columns * sizeof(float) : sizeof(int64_t);
    if (size == 0 || size % row != 0) {
        fail(path, "its size is not a whole number of rows");
    }
    return ndim == 2 ? dense(bytes, BINET_F32, sizeof(float), 2, (int64_t)(size / row), columns)
                     : dense(bytes, BINET_I64, sizeof(int64_t), 1, (int64_t)(size / row), 1);
}

static void print_results(const binet_accuracy_result *accuracy, const binet_calibration_result *calibration)
{
    printf("rows      %lld\n", (long long)accuracy->n);
    printf("accuracy  %.6f  (95 %%: %.6f .. %.6f)\n", accuracy->value, accuracy->low, accuracy->high);
    printf("ECE       %.9f\nMCE       %.9f\nRMS       %.9f\n\n", calibration->ece, calibration->mce, calibration->rms);
    puts("confidence            rows  accuracy  mean confidence");
    for (int32_t b = 0; b < calibration->n_bins; b++) {
        const binet_calibration_bin *bin = &calibration->bins[b];
        printf("(%.4f, %.4f] %10lld", bin->low, bin->high, (long long)bin->count);
        if (bin->count > 0) {
            printf("  %8.4f  %8.4f", bin->accuracy, bin->confidence);
        }
        putchar('\n');
    }
}

int main(int argc, char **argv)
{
    const char *paths[2] = {NULL, NULL};
    int n_paths = 0, columns = 0, n_bins = 15;
    int32_t kind = BINET_LOGITS;
    for (int i = 1; i < argc; i++) {
        const char *value;
        if ((value = option_value(argc, argv, &i, "--columns")) != NULL) {
            columns = option_int("--columns", value, 1);
        } else if ((value = option_value(argc, argv, &i, "--bins")) != NULL) {
            n_bins = option_int("--bins", value, 1);
        } else if (strcmp(argv[i], "--probabilities") == 0) {
            kind = BINET_PROBABILITIES;
        } else if (argv[i][0] != '-' && n_paths < 2) {
            paths[n_paths++] = argv[i];
        } else {
            fputs(usage, stderr);
            return 2;
        }
    }
    if (n_paths < 2) {
        fputs(usage, stderr);
        return 2;
    }
    binet_array logits = view(paths[0], 2, columns);
    binet_array labels = view(paths[1], 1, columns);

    binet_error error;
    binet_predictions *predictions = NULL;
    binet_accuracy_result accuracy = {.struct_size = sizeof accuracy};
    binet_calibration_options options = {.struct_size = sizeof options, .n_bins = n_bins};
    binet_calibration_result calibration = {.struct_size = sizeof calibration, .bins_capacity = n_bins};
    calibration.bins = malloc((size_t)n_bins * sizeof *calibration.bins);
    if (calibration.bins == NULL) {
        fail("--bins", "no memory");
    }
    binet_status status = binet_predictions_from_scores(NULL, kind, &logits, &labels, NULL, &predictions, &error);
    if (status == BINET_OK) {
        status = binet_accuracy(NULL, predictions, NULL, &accuracy, &error);
    }
    if (status == BINET_OK) {
        status = binet_calibration(NULL, predictions, &options, &calibration, &error);
    }
    if (status == BINET_OK) {
        print_results(&accuracy, &calibration);
    } else {
        fprintf(stderr, "%s: %s\n", binet_status_name(status), error.message);
    }
    binet_predictions_destroy(predictions);
    free(calibration.bins);
    return status == BINET_OK ? 0 : 1; /* the system takes back what the files hold */
}
