#include "metrics/shortlist.h"

#include <stdlib.h>
#include <string.h>

int64_t binet__shortlist_capacity(int64_t k)
{
    return 4 * k + 128;
}

/* Numbers to select from, or rows that were just decided and room to merge them. */
uint64_t binet__shortlist_scratch(int64_t k)
{
    return (uint64_t)(binet__shortlist_capacity(k) + k) * sizeof(binet__ranked);
}

static void swap(float *values, int64_t i, int64_t j)
{
    float value = values[i];
    values[i] = values[j];
    values[j] = value;
}

/* The k-th largest, from 1, of n numbers, which change places (Hoare's selection, by the median of three). */
static float kth_largest(float *values, int64_t n, int64_t k)
{
    int64_t low = 0;
    int64_t high = n - 1;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (values[middle] > values[low]) {
            swap(values, middle, low);
        }
        if (values[high] > values[low]) {
            swap(values, high, low);
        }
        if (values[high] > values[middle]) {
            swap(values, high, middle);
        }
        float pivot = values[middle];
        int64_t i = low - 1;
        int64_t j = high + 1;
        for (;;) {
            do {
                i++;
            } while (values[i] > pivot);
            do {
                j--;
            } while (pivot > values[j]);
            if (i >= j) {
                break;
            }
            swap(values, i, j);
        }
        if (k - 1 <= j) {
            high = j;
        } else {
            low = j + 1;
        }
    }
    return values[low];
}

/* Leave out what scores too little. */
static void drop(binet__shortlist *list)
{
    int64_t n = 0;
    for (int64_t i = 0; i < list->n; i++) {
        list->candidates[n] = list->candidates[i];
        n += list->candidates[i].score >= list->least;
    }
    list->n = n;
}

/* Leave out what cannot be among the k best: what scores below the k-th largest of what rows are worth at least. */
static void tighten(binet__shortlist *list, int64_t k, float *lowers)
{
    if (list->n < k) {
        return;
    }
    for (int64_t i = 0; i < list->n; i++) {
        lowers[i] = list->candidates[i].lower;
    }
    float least = kth_largest(lowers, list->n, k);
    list->least = least > list->least ? least : list->least;
    drop(list);
}

static int better_first(const void *left, const void *right)
{
    const binet__ranked *a = left;
    const binet__ranked *b = right;
    if (a->worth != b->worth) {
        return a->worth > b->worth ? -1 : 1;
    }
    return (a->row > b->row) - (a->row < b->row);
}

/* Put n rows in order and keep the k best of them and of those before. */
static void merge(binet__shortlist *list, int64_t k, binet__ranked *rows, int64_t n)
{
    qsort(rows, (size_t)n, sizeof *rows, better_first);
    binet__ranked *merged = rows + n;
    int64_t n_merged = list->n_best + n < k ? list->n_best + n : k;
    int64_t i = 0;
    int64_t j = 0;
    for (int64_t at = 0; at < n_merged; at++) {
        int old = j == n || (i < list->n_best && better_first(list->best + i, rows + j) < 0);
        merged[at] = old ? list->best[i++] : rows[j++];
    }
    memcpy(list->best, merged, (size_t)n_merged * sizeof *merged);
    list->n_best = n_merged;
}

/* Decide the first n candidates. */
static void decide(binet__shortlist *list, int64_t n, const binet__shortlist_rules *rules, void *self,
                   binet__ranked *rows)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t row = list->candidates[i].row;
        rows[i] = (binet__ranked){rules->worth(self, row), row};
    }
    if (n > 0) {
        merge(list, rules->k, rows, n);
    }
    list->n_decided += n;
    list->n -= n;
    memmove(list->candidates, list->candidates + n, (size_t)list->n * sizeof *list->candidates);
    if (list->n_best == rules->k) {
        float least = rules->reached(self, list->best[rules->k - 1].worth);
        list->least = least > list->least ? least : list->least;
    }
    drop(list);
}

static float middle_of(const binet__candidate *candidate)
{
    return candidate->lower + (candidate->score - candidate->lower) / 2;
}

/* Decide what is likely to be among the k best, which raises the least score of the others. */
static void decide_likely(binet__shortlist *list, const binet__shortlist_rules *rules, void *self, void *scratch)
{
    float *middles = scratch;
    int64_t count = 0;
    for (int64_t i = 0; i < list->n; i++) {
        middles[count++] = middle_of(&list->candidates[i]);
    }
    for (int64_t i = 0; i < list->n_best; i++) {
        middles[count++] = rules->reached(self, list->best[i].worth);
    }
    if (count < rules->k) {
        return;
    }
    float least = kth_largest(middles, count, rules->k);
    int64_t likely = 0;
    for (int64_t i = 0; i < list->n; i++) {
        binet__candidate candidate = list->candidates[i];
        if (middle_of(&candidate) >= least) {
            list->candidates[i] = list->candidates[likely];
            list->candidates[likely++] = candidate;
        }
    }
    decide(list, likely, rules, self, scratch);
}

void binet__shortlist_add(binet__shortlist *list, const binet__shortlist_rules *rules, void *self, void *scratch,
                          binet__candidate candidate)
{
    if (!(candidate.score >= list->least)) {
        return;
    }
    list->candidates[list->n++] = candidate;
    if (list->n < rules->capacity) {
        return;
    }
    int64_t enough = rules->capacity - rules->capacity / 4;
    tighten(list, rules->k, scratch);
    if (list->n > enough) { /* bounds alone cannot tell them apart */
        decide_likely(list, rules, self, scratch);
    }
    if (list->n > enough) {
        decide(list, list->n, rules, self, scratch);
    }
}

void binet__shortlist_finish(binet__shortlist *list, const binet__shortlist_rules *rules, void *self, void *scratch)
{
    tighten(list, rules->k, scratch);
    decide_likely(list, rules, self, scratch);
    decide(list, list->n, rules, self, scratch);
}
