#include "metrics/consistency.h"

#include <string.h>

#include "base/array.h"
#include "base/context.h"
#include "base/error.h"
#include "base/memory.h"
#include "kernels/kernels.h"
#include "metrics/correctness.h"

enum { WORD_BITS = 64 };

/* e n^2 and (1 - e) n^2 are whole numbers, and (o - e) / (1 - e) = 1 - (1 - o) / (1 - e): no difference of near numbers
 * is ever taken, and kappa is the same when a and b change places. */
double binet__kappa(int64_t n, int64_t n_a, int64_t n_b, int64_t n_different)
{
    double whole = (double)n;
    double right_a = (double)n_a;
    double right_b = (double)n_b;
    double not_by_chance = right_a * (whole - right_b) + right_b * (whole - right_a);
    return n_different == 0 ? 1.0 : 1.0 - (double)n_different * whole / not_by_chance;
}

/* ---- Observers --------------------------------------------------------------------------------------------------- */

static binet_status check_correct(const binet_array *correct, binet_error *error)
{
    binet_status status = binet__check_array(correct, "correct", 2, BINET__DTYPE(BINET_U8), error);
    if (status != BINET_OK) {
        return status;
    }
    if (correct->shape[0] < 1 || correct->shape[0] > INT32_MAX || correct->shape[1] < 1) {
        return binet__fail_argument(error, "correct",
                                    "correct is [%lld, %lld]; allowed: 1 .. %d observers, and at least one trial",
                                    (long long)correct->shape[0], (long long)correct->shape[1], INT32_MAX);
    }
    int64_t n_right;
    return binet__count_correct(correct, "correct", &n_right, error);
}

typedef struct packing {
    const binet_array *correct; /* checked */
    binet__observers *observers;
} packing;

/* The trials of observer a. */
static void pack(void *argument, int64_t a)
{
    const packing *work = argument;
    binet__observers *observers = work->observers;
    int64_t stride = work->correct->strides[1];
    const unsigned char *at = (const unsigned char *)work->correct->data + a * work->correct->strides[0];
    int64_t n_right = 0;
    for (int64_t w = 0; w < observers->n_words; w++) {
        int64_t left = observers->n - w * WORD_BITS;
        int n_bits = left < WORD_BITS ? (int)left : WORD_BITS;
        uint64_t word = 0;
        for (int bit = 0; bit < n_bits; bit++, at += stride) {
            word |= (uint64_t)*at << bit;
            n_right += *at;
        }
        observers->bits[a * observers->n_words + w] = word;
    }
    observers->n_right[a] = n_right;
}

binet_status binet__observers_create(const binet_context *context, const binet_array *correct,
                                     binet__observers *observers, binet_error *error)
{
    size_t n_words;
    binet_status status = check_correct(correct, error);
    if (status != BINET_OK) {
        return status;
    }
    observers->n_observers = correct->shape[0];
    observers->n = correct->shape[1];
    observers->n_words = observers->n / WORD_BITS + (observers->n % WORD_BITS != 0);
    if (!binet__multiply(observers->n_observers, (uint64_t)observers->n_words, &n_words)) {
        return binet__fail_memory(error, UINT64_MAX);
    }
    observers->bits = binet__allocate(context, (int64_t)n_words, sizeof *observers->bits, error);
    observers->n_right = binet__allocate(context, observers->n_observers, sizeof *observers->n_right, error);
    if (observers->bits == NULL || observers->n_right == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    packing work = {correct, observers};
    return binet__run(context, observers->n_observers, pack, &work, error);
}

void binet__observers_release(const binet_context *context, const binet__observers *observers)
{
    binet__release(context, observers->bits);
    binet__release(context, observers->n_right);
}

/* ---- The matrix -------------------------------------------------------------------------------------------------- */

typedef struct matrix_job {
    const binet__observers *observers;
    const binet__kernels *kernels;
    double *kappa;
} matrix_job;

/* Row a up to the diagonal, and column a with it. */
static void fill_row(void *argument, int64_t a)
{
    const matrix_job *work = argument;
    const binet__observers *all = work->observers;
    for (int64_t b = 0; b <= a; b++) {
        int64_t n_different =
            work->kernels->count_different(all->bits + a * all->n_words, all->bits + b * all->n_words, all->n_words);
        double kappa = binet__kappa(all->n, all->n_right[a], all->n_right[b], n_different);
        work->kappa[a * all->n_observers + b] = kappa;
        work->kappa[b * all->n_observers + a] = kappa;
    }
}

static binet_status check_rooms(const binet_error_consistency_matrix_result *caller, int64_t n_observers,
                                binet_error *error)
{
    size_t n_kappa;
    if (caller->accuracy != NULL && caller->accuracy_capacity < n_observers) {
        return binet__fail_argument(error, "result",
                                    "result->accuracy_capacity is %lld; %lld observers need at least as many",
                                    (long long)caller->accuracy_capacity, (long long)n_observers);
    }
    if (!binet__multiply(n_observers, (uint64_t)n_observers, &n_kappa) ||
        (caller->kappa != NULL && (caller->kappa_capacity < 0 || (size_t)caller->kappa_capacity < n_kappa))) {
        return binet__fail_argument(error, "result", "result->kappa_capacity is %lld; %lld observers need their square",
                                    (long long)caller->kappa_capacity, (long long)n_observers);
    }
    return BINET_OK;
}

binet_status binet_error_consistency_matrix(const binet_context *context, const binet_array *correct,
                                            binet_error_consistency_matrix_result *result, binet_error *error)
{
    binet_error_consistency_matrix_result found;
    binet__observers observers = {0};
    matrix_job work = {.observers = &observers};
    binet_status status = binet__require(result, "result", error);
    status = status == BINET_OK ? binet__read_struct(&found, sizeof found, result, "result", error) : status;
    status = status == BINET_OK ? binet__kernels_of(context, &work.kernels, error) : status;
    status = status == BINET_OK ? binet__observers_create(context, correct, &observers, error) : status;
    status = status == BINET_OK ? check_rooms(&found, observers.n_observers, error) : status;
    if (status == BINET_OK && found.kappa != NULL) {
        work.kappa = binet__allocate(context, observers.n_observers * observers.n_observers, sizeof *work.kappa, error);
        status = work.kappa != NULL ? binet__run(context, observers.n_observers, fill_row, &work, error)
                                    : BINET_OUT_OF_MEMORY;
    }
    if (status == BINET_OK) {
        if (found.kappa != NULL) {
            size_t n_kappa = (size_t)observers.n_observers * (size_t)observers.n_observers;
            memcpy(found.kappa, work.kappa, n_kappa * sizeof *work.kappa);
        }
        found.n_observers = (int32_t)observers.n_observers;
        found.n = observers.n;
        for (int64_t a = 0; found.accuracy != NULL && a < observers.n_observers; a++) {
            found.accuracy[a] = (double)observers.n_right[a] / (double)observers.n;
        }
        binet__write_struct(result, &found, sizeof found);
    }
    binet__release(context, work.kappa);
    binet__observers_release(context, &observers);
    return status;
}
