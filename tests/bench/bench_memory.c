/* Memory of logits that are streamed in batches: the peak of the process beside the rows of the table. Flat means that
 * it grows by the rows alone, never by the logits.
 *
 *      bench_memory [ROWS [CLASSES]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "binet/predictions.h"

enum { BATCH_SIZE = 256 };

static double peak_mib(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

int main(int argc, char **argv)
{
    int64_t n = argc > 1 ? atoll(argv[1]) : 200000;
    int64_t n_classes = argc > 2 ? atoll(argv[2]) : 1000;
    binet_error error;
    binet_predictions_builder *builder = NULL;
    binet_predictions *predictions = NULL;
    float *logits = malloc((size_t)(BATCH_SIZE * n_classes) * sizeof *logits);
    int64_t labels[BATCH_SIZE];
    uint32_t seed = 1;
    if (logits == NULL || binet_predictions_builder_create(NULL, BINET_LOGITS, NULL, &builder, NULL) != BINET_OK) {
        return 1;
    }
    double start = peak_mib();
    for (int64_t first = 0; first < n; first += BATCH_SIZE) {
        int64_t size = n - first < BATCH_SIZE ? n - first : BATCH_SIZE;
        for (int64_t i = 0; i < size * n_classes; i++) {
            seed = seed * 1664525u + 1013904223u;
            logits[i] = (float)(seed >> 8) * 0x1p-20f;
        }
        for (int64_t i = 0; i < size; i++) {
            labels[i] = (first + i) % n_classes;
        }
        binet_array scores = {logits, BINET_F32, 2, {size, n_classes}, {n_classes * 4, 4}};
        binet_array truth = {labels, BINET_I64, 1, {size}, {8}};
        if (binet_predictions_builder_append(builder, &scores, &truth, NULL, &error) != BINET_OK) {
            (void)fprintf(stderr, "%s\n", error.message);
            return 1;
        }
        int64_t done = first + size;
        if (done == n || (done / BATCH_SIZE) % (n / BATCH_SIZE / 4 + 1) == 0) {
            printf("rows %lld  logits_mib %.1f  peak_mib %.1f  above_start_mib %.1f\n", (long long)done,
                   (double)(done * n_classes * 4) / 1048576, peak_mib(), peak_mib() - start);
        }
    }
    if (binet_predictions_builder_finish(builder, &predictions, &error) != BINET_OK) {
        return 1;
    }
    binet_predictions_destroy(predictions);
    binet_predictions_builder_destroy(builder);
    free(logits);
    return 0;
}
