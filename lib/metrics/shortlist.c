#include "metrics/shortlist.h"

#include <stdlib.h>
#include <string.h>

int64_t binet__shortlist_capacity(int64_t k)
{
    return 2 * k + 64;
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
    int64_t n = 0;
    for (int64_t i = 0; i < list->n; i++) {
        list->candidates[n] = list->candidates[i];
        n += list->candidates[i].score >= list->least;
    }
    list->n = n;
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

static void decide(binet__shortlist *list, const binet__shortlist_rules *rules, void *self, binet__ranked *rows)
{
    for (int64_t i = 0; i < list->n; i++) {
        int64_t row = list->candidates[i].row;
        rows[i] = (binet__ranked){rules->worth(self, row), row};
    }
    if (list->n > 0) {
        merge(list, rules->k, rows, list->n);
    }
    list->n_decided += list->n;
    list->n = 0;
    if (list->n_best == rules->k) {
        float least = rules->reached(self, list->best[rules->k - 1].worth);
        list->least = least > list->least ? least : list->least;
    }
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
    tighten(list, rules->k, scratch);
    if (list->n > rules->capacity - rules->capacity / 4) { /* bounds alone cannot tell them apart */
        decide(list, rules, self, scratch);
    }
}

void binet__shortlist_finish(binet__shortlist *list, const binet__shortlist_rules *rules, void *self, void *scratch)
{
    tighten(list, rules->k, scratch);
    decide(list, rules, self, scratch);
}
