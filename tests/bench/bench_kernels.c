/* What a pass over the logits costs beside what it cannot avoid: reading them, and exp of each. 50,000 x 1,000 f32
 * logits (200 MB) on a pool of threads; the three take turns.
 *
 *      bench_kernels [THREADS [ROUNDS]]
 *
 * Prints lines of a name and a value: milliseconds (least and median over the rounds), gigabytes read in a second, and
 * the time of binet_predictions_from_scores over the longer of the other two (of the least times, and the median over
 * the rounds).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench_passes.h"
#include "binet/binet.h"

enum {
    N_ROWS = 50000,
    N_CLASSES = 1000,
    N_VALUES = N_ROWS * N_CLASSES,
    PIECE = 64 * 3125, /* values a task, of which N_VALUES is a multiple */
    N_PIECES = N_VALUES / PIECE,
    MOST_ROUNDS = 1000
};

typedef double pass(const float *values, int64_t n);

static const struct {
    const char *isa;
    const bench_passes *passes;
} known[] = {
    {"scalar", &bench_passes_scalar},
#if defined(__x86_64__)
    {"avx2", &bench_passes_avx2},
    {"avx512", &bench_passes_avx512},
#elif defined(__aarch64__)
    {"neon", &bench_passes_neon},
#endif
};

typedef struct job {
    pass *run;
    const float *values;
    double sums[N_PIECES];
} job;

static void check(binet_status status, const binet_error *error)
{
    if (status != BINET_OK) {
        (void)fprintf(stderr, "%s: %s\n", binet_status_name(status), error->message);
        exit(1);
    }
}

static double milliseconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static void run_piece(void *argument, int64_t index)
{
    job *work = argument;
    work->sums[index] = work->run(work->values + index * PIECE, PIECE);
}

static double run_pass(binet_executor executor, pass *run, const float *values, double *sum)
{
    static job work;
    binet_error error;
    work.run = run;
    work.values = values;
    double start = milliseconds();
    check(executor.run(executor.user, N_PIECES, run_piece, &work, &error), &error);
    double time = milliseconds() - start;
    *sum = 0;
    for (int i = 0; i < N_PIECES; i++) {
        *sum += work.sums[i];
    }
    return time;
}

/* Sum of exp over all rows, from the table: a row's is exp(x_label) / p_label. */
static double exp_of_table(const binet_predictions *predictions, const float *values, const int64_t *labels)
{
    binet_error error;
    binet_array column;
    double sum = 0;
    check(binet_predictions_column(predictions, BINET_TRUE_PROBABILITY, &column, &error), &error);
    for (int64_t i = 0; i < N_ROWS; i++) {
        sum += exp((double)values[i * N_CLASSES + labels[i]]) / ((const double *)column.data)[i];
    }
    return sum;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *sorted, int n)
{
    return n % 2 != 0 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

/* Sorts the times and gives the least. */
static double print(const char *name, double *times, int n)
{
    qsort(times, (size_t)n, sizeof *times, compare);
    printf("%s_ms_min %.4g\n%s_ms_median %.4g\n", name, times[0], name, median(times, n));
    return times[0];
}

/* Products of two uniform numbers times -12: no logit above 0, and a few classes ahead of the others. */
static void fill(float *values, int64_t *labels)
{
    uint32_t seed = 1;
    for (int64_t i = 0; i < N_VALUES; i++) {
        seed = seed * 1664525u + 1013904223u;
        float u = (float)(seed >> 8) * 0x1p-24f;
        seed = seed * 1664525u + 1013904223u;
        values[i] = -12 * u * ((float)(seed >> 8) * 0x1p-24f);
    }
    for (int64_t i = 0; i < N_ROWS; i++) {
        labels[i] = i * 7 % N_CLASSES;
    }
}

static void measure(const binet_context *context, binet_executor executor, const bench_passes *passes, int n_rounds,
                    float *values, int64_t *labels)
{
    static double read[MOST_ROUNDS], exps[MOST_ROUNDS], table[MOST_ROUNDS], classwise[MOST_ROUNDS];
    static double ratios[MOST_ROUNDS];
    const binet_array scores = {values, BINET_F32, 2, {N_ROWS, N_CLASSES}, {(int64_t)N_CLASSES * 4, 4}};
    const binet_array truth = {labels, BINET_I64, 1, {N_ROWS}, {8}};
    binet_error error;
    double sum;
    for (int round = -1; round < n_rounds; round++) {
        int at = round < 0 ? 0 : round; /* a first round warms up and is written over */
        read[at] = run_pass(executor, passes->read, values, &sum);
        exps[at] = run_pass(executor, passes->exp, values, &sum);
        binet_predictions *predictions = NULL;
        double start = milliseconds();
        check(binet_predictions_from_scores(context, BINET_LOGITS, &scores, &truth, NULL, &predictions, &error),
              &error);
        table[at] = milliseconds() - start;
        if (round < 0 && !(fabs(exp_of_table(predictions, values, labels) / sum - 1) < 1e-6)) {
            (void)fprintf(stderr, "exp alone and the predictions differ\n");
            exit(1);
        }
        binet_predictions_destroy(predictions);
        ratios[at] = table[at] / fmax(read[at], exps[at]);
        binet_classwise_result result = {.struct_size = sizeof result};
        start = milliseconds();
        check(binet_classwise_calibration(context, BINET_LOGITS, &scores, &truth, NULL, &result, &error), &error);
        classwise[at] = milliseconds() - start;
    }
    double read_best = print("read", read, n_rounds);
    double exp_best = print("exp", exps, n_rounds);
    double best = print("predictions", table, n_rounds);
    double classwise_best = print("classwise", classwise, n_rounds);
    qsort(ratios, (size_t)n_rounds, sizeof *ratios, compare);
    printf("read_gb_per_s %.4g\n", (double)N_VALUES * sizeof(float) * 1e-6 / read_best);
    printf("predictions_over_larger_best %.4g\n", best / fmax(read_best, exp_best));
    printf("predictions_over_larger_median %.4g\n", median(ratios, n_rounds));
    printf("classwise_over_read_best %.4g\n", classwise_best / read_best);
}

int main(int argc, char **argv)
{
    int n_threads = argc > 1 ? atoi(argv[1]) : 0;
    int n_rounds = argc > 2 ? atoi(argv[2]) : 15;
    n_rounds = n_rounds < 1 ? 1 : n_rounds > MOST_ROUNDS ? MOST_ROUNDS : n_rounds;
    binet_error error;
    binet_thread_pool *pool;
    check(binet_thread_pool_create(n_threads, &pool, &error), &error);
    binet_executor executor = binet_thread_pool_executor(pool);
    binet_context_options options = {.struct_size = sizeof options, .executor = &executor};
    binet_context *context;
    check(binet_context_create(&options, &context, &error), &error);
    const bench_passes *passes = NULL;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        passes = strcmp(known[i].isa, binet_context_isa(context)) == 0 ? known[i].passes : passes;
    }
    float *values = malloc((size_t)N_VALUES * sizeof *values);
    int64_t *labels = malloc((size_t)N_ROWS * sizeof *labels);
    if (passes == NULL || values == NULL || labels == NULL) {
        (void)fprintf(stderr, "no memory, or an instruction set without yardsticks\n");
        exit(1);
    }
    fill(values, labels);
    printf("isa %s\nthreads %d\nrounds %d\n", binet_context_isa(context), binet_thread_pool_size(pool), n_rounds);
    measure(context, executor, passes, n_rounds, values, labels);
    free(labels);
    free(values);
    binet_context_destroy(context);
    binet_thread_pool_destroy(pool);
    return 0;
}
