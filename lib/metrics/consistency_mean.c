#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "binet/bias.h"
#include "kernels/kernels.h"
#include "metrics/consistency.h"
#include "metrics/estimate.h"

enum { WORD_BITS = 64, N_ENDS = 2, MOST_LISTS = 2 };

/* Two observers an entry. */
typedef struct pair_list {
    int64_t n;
    int32_t (*ends)[N_ENDS];
} pair_list;

/* Means over one list of pairs, or over two and their difference. */
typedef struct job {
    const binet_context *context;
    const binet__kernels *kernels;
    binet__observers observers;
    pair_list lists[MOST_LISTS];
    int n_lists;
    unsigned char *used; /* [n_observers]: 1 for one that is in a pair */
} job;

/* ---- Pairs ------------------------------------------------------------------------------------------------------- */

static binet_status allocate_pairs(const job *work, int64_t n, pair_list *list, binet_error *error)
{
    list->n = n;
    list->ends = binet__allocate(work->context, n, sizeof *list->ends, error);
    return list->ends != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
}

static binet_status every_pair(const job *work, pair_list *list, binet_error *error)
{
    int64_t m = work->observers.n_observers;
    if (m < 2) {
        return binet__fail_argument(error, "correct", "correct has one observer; a pair needs two");
    }
    binet_status status = allocate_pairs(work, m % 2 == 0 ? m / 2 * (m - 1) : (m - 1) / 2 * m, list, error);
    int64_t i = 0;
    for (int32_t a = 0; status == BINET_OK && a < m; a++) {
        for (int32_t b = a + 1; b < m; b++, i++) {
            list->ends[i][0] = a;
            list->ends[i][1] = b;
        }
    }
    return status;
}

static int64_t end_of(const binet_array *given, int64_t i, int64_t end)
{
    binet_array row = *given;
    row.data = (const char *)given->data + i * given->strides[0];
    row.strides[0] = given->strides[1];
    return binet__integer_at(&row, end);
}

static binet_status read_pairs(const job *work, const binet_array *given, const char *argument, pair_list *list,
                               binet_error *error)
{
    int64_t m = work->observers.n_observers;
    binet_status status = binet__check_array(given, argument, 2, BINET__DTYPES_INTEGER, error);
    if (status == BINET_OK && (given->shape[0] < 1 || given->shape[1] != N_ENDS)) {
        status = binet__fail_argument(error, argument, "%s is [%lld, %lld]; allowed: [P, 2], at least one pair",
                                      argument, (long long)given->shape[0], (long long)given->shape[1]);
    }
    status = status == BINET_OK ? allocate_pairs(work, given->shape[0], list, error) : status;
    for (int64_t i = 0; status == BINET_OK && i < given->shape[0]; i++) {
        int64_t a = end_of(given, i, 0);
        int64_t b = end_of(given, i, 1);
        if (a < 0 || a >= m || b < 0 || b >= m || a == b) {
            return binet__fail(error, BINET_INVALID_DATA, argument, i,
                               "%s[%lld] is %lld and %lld; allowed: two of the observers 0 .. %lld", argument,
                               (long long)i, (long long)a, (long long)b, (long long)m - 1);
        }
        list->ends[i][0] = (int32_t)a;
        list->ends[i][1] = (int32_t)b;
        work->used[a] = 1;
        work->used[b] = 1;
    }
    return status;
}

/* ---- Means ------------------------------------------------------------------------------------------------------- */

/* The trials of `rows`, of one observer. */
static int64_t gather(const uint64_t *bits, const int64_t *rows, int64_t n_rows, uint64_t *gathered)
{
    int64_t n_right = 0;
    for (int64_t first = 0; first < n_rows; first += WORD_BITS) {
        int n_bits = n_rows - first < WORD_BITS ? (int)(n_rows - first) : WORD_BITS;
        uint64_t word = 0;
        for (int bit = 0; bit < n_bits; bit++) {
            int64_t row = rows[first + bit];
            uint64_t value = bits[row / WORD_BITS] >> (row % WORD_BITS) & 1;
            word |= value << bit;
            n_right += (int64_t)value;
        }
        gathered[first / WORD_BITS] = word;
    }
    return n_right;
}

static double mean_of(const job *work, const pair_list *list, const binet__observers *sample)
{
    double sum = 0.0;
    for (int64_t i = 0; i < list->n; i++) {
        int64_t a = list->ends[i][0];
        int64_t b = list->ends[i][1];
        int64_t n_different = work->kernels->count_different(sample->bits + a * sample->n_words,
                                                             sample->bits + b * sample->n_words, sample->n_words);
        sum += binet__kappa(sample->n, sample->n_right[a], sample->n_right[b], n_different);
    }
    return sum / (double)list->n;
}

/* A binet_statistic: one mean, or two and their difference. */
static binet_status compute(void *self, const int64_t *rows, int64_t n_rows, double *values, binet_error *error)
{
    const job *work = self;
    int64_t m = work->observers.n_observers;
    binet__observers sample = {.n_observers = m, .n = n_rows};
    sample.n_words = n_rows / WORD_BITS + (n_rows % WORD_BITS != 0);
    sample.bits = binet__allocate(work->context, m, (uint64_t)sample.n_words * sizeof *sample.bits, error);
    sample.n_right = binet__allocate(work->context, m, sizeof *sample.n_right, error);
    binet_status status = sample.bits != NULL && sample.n_right != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    for (int64_t a = 0; status == BINET_OK && a < m; a++) {
        if (work->used[a]) {
            sample.n_right[a] = gather(work->observers.bits + a * work->observers.n_words, rows, n_rows,
                                       sample.bits + a * sample.n_words);
        }
    }
    for (int i = 0; status == BINET_OK && i < work->n_lists; i++) {
        values[i] = mean_of(work, &work->lists[i], &sample);
    }
    if (status == BINET_OK && work->n_lists == MOST_LISTS) {
        values[MOST_LISTS] = values[0] - values[1];
    }
    binet__observers_release(work->context, &sample);
    return status;
}

static binet_status prepare(job *work, const binet_array *correct, binet_error *error)
{
    binet_status status = binet__kernels_of(work->context, &work->kernels, error);
    status = status == BINET_OK ? binet__observers_create(work->context, correct, &work->observers, error) : status;
    if (status == BINET_OK) {
        work->used = binet__allocate_zero(work->context, work->observers.n_observers, 1, error);
        status = work->used != NULL ? BINET_OK : BINET_OUT_OF_MEMORY;
    }
    return status;
}

static void finish(const job *work)
{
    for (int i = 0; i < MOST_LISTS; i++) {
        binet__release(work->context, work->lists[i].ends);
    }
    binet__release(work->context, work->used);
    binet__observers_release(work->context, &work->observers);
}

binet_status binet_error_consistency_mean(const binet_context *context, const binet_array *correct,
                                          const binet_array *pairs, const binet_bootstrap_options *options,
                                          binet_error_consistency_mean_result *result, binet_error *error)
{
    job work = {.context = context, .n_lists = 1};
    binet_error_consistency_mean_result found = {0};
    binet_status status = binet__require(result, "result", error);
    status = status == BINET_OK ? binet__check_struct(result, sizeof *result, "result", error) : status;
    status = status == BINET_OK ? prepare(&work, correct, error) : status;
    if (status == BINET_OK && pairs == NULL) {
        status = every_pair(&work, &work.lists[0], error);
        for (int64_t a = 0; a < work.observers.n_observers; a++) {
            work.used[a] = 1;
        }
    } else if (status == BINET_OK) {
        status = read_pairs(&work, pairs, "pairs", &work.lists[0], error);
    }
    if (status == BINET_OK) {
        binet_statistic statistic = {.struct_size = sizeof statistic, .self = &work, .compute = compute};
        binet_bootstrap_result estimates = {
            .struct_size = sizeof estimates, .estimates = &found.kappa, .estimates_capacity = 1};
        status = binet_bootstrap(context, work.observers.n, &statistic, options, &estimates, error);
    }
    if (status == BINET_OK) {
        found.n = work.observers.n;
        found.n_pairs = work.lists[0].n;
        binet__write_struct(result, &found, sizeof found);
    }
    finish(&work);
    return status;
}

/* ---- The difference of two --------------------------------------------------------------------------------------- */

enum { N_VALUES = MOST_LISTS + 1 };

/* Resamples of the options, whose range binet_bootstrap checks. */
static binet_status count_resamples(const binet_bootstrap_options *options, int64_t *n_resamples, binet_error *error)
{
    enum { DEFAULT_RESAMPLES = 1000 };
    binet_bootstrap_options given;
    binet_status status = binet__read_struct(&given, sizeof given, options, "options", error);
    if (status == BINET_OK) {
        *n_resamples = given.n_resamples == 0 ? DEFAULT_RESAMPLES : given.n_resamples;
    }
    return status;
}

static binet_status measure_difference(job *work, const binet_bootstrap_options *options,
                                       binet_error_consistency_difference_result *found, binet_error *error)
{
    int64_t n_resamples = 0;
    binet_status status = count_resamples(options, &n_resamples, error);
    if (status != BINET_OK) {
        return status;
    }
    int64_t room = n_resamples > 0 && n_resamples <= INT32_MAX ? n_resamples : 1;
    double *replicates = binet__allocate(work->context, room, N_VALUES * sizeof *replicates, error);
    if (replicates == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    binet_estimate estimates[N_VALUES];
    binet_statistic statistic = {
        .struct_size = sizeof statistic, .n_values = N_VALUES, .self = work, .compute = compute};
    binet_bootstrap_result result = {.struct_size = sizeof result,
                                     .estimates = estimates,
                                     .estimates_capacity = N_VALUES,
                                     .replicates = replicates,
                                     .replicates_capacity = room * N_VALUES};
    status = binet_bootstrap(work->context, work->observers.n, &statistic, options, &result, error);
    if (status == BINET_OK) {
        found->kappa_a = estimates[0];
        found->kappa_b = estimates[1];
        found->difference = estimates[MOST_LISTS];
        found->p_value = binet__sign_p_value(replicates + MOST_LISTS, n_resamples, N_VALUES);
    }
    binet__release(work->context, replicates);
    return status;
}

binet_status binet_error_consistency_difference(const binet_context *context, const binet_array *correct,
                                                const binet_array *pairs_a, const binet_array *pairs_b,
                                                const binet_bootstrap_options *options,
                                                binet_error_consistency_difference_result *result, binet_error *error)
{
    job work = {.context = context, .n_lists = MOST_LISTS};
    binet_error_consistency_difference_result found = {0};
    binet_status status = binet__require(result, "result", error);
    status = status == BINET_OK ? binet__check_struct(result, sizeof *result, "result", error) : status;
    status = status == BINET_OK ? prepare(&work, correct, error) : status;
    status = status == BINET_OK ? binet__require(pairs_a, "pairs_a", error) : status;
    status = status == BINET_OK ? binet__require(pairs_b, "pairs_b", error) : status;
    status = status == BINET_OK ? read_pairs(&work, pairs_a, "pairs_a", &work.lists[0], error) : status;
    status = status == BINET_OK ? read_pairs(&work, pairs_b, "pairs_b", &work.lists[1], error) : status;
    status = status == BINET_OK ? measure_difference(&work, options, &found, error) : status;
    if (status == BINET_OK) {
        found.n = work.observers.n;
        binet__write_struct(result, &found, sizeof found);
    }
    finish(&work);
    return status;
}
