#include "metrics/classwise_table.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "metrics/bins.h"

enum {
    MOST_STEPS = 1 << 22,   /* rows of at most 2^40 that a total of 64 bits holds */
    FRACTION_HALF = 1 << 20 /* the root of 2^40 */
};

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

void binet__classwise_table_release(const binet_context *context, binet__classwise_table *table)
{
    binet__release(context, table->cells);
    binet__release(context, table->n_labels);
    binet__release(context, table->n_zero);
    binet__release(context, table->totals);
    binet__release(context, table->carried);
    binet__release(context, table->columns);
    binet__release(context, table->room);
    binet__release(context, table->scratch);
    memset(table, 0, sizeof *table);
}

int binet__classwise_table_create(const binet_context *context, const binet__classwise_settings *settings,
                                  int64_t n_classes, binet__classwise_table *table)
{
    int all = settings->threshold == 0.0;
    int pearce = settings->definition == BINET_CLASSWISE_PEARCE;
    int64_t padded = BINET__PADDED(n_classes);
    table->cells = binet__allocate_zero(context, n_classes * settings->n_bins, sizeof *table->cells, NULL);
    table->n_labels = binet__allocate_zero(context, n_classes, sizeof *table->n_labels, NULL);
    table->n_zero = pearce ? binet__allocate_zero(context, n_classes, sizeof *table->n_zero, NULL) : NULL;
    table->totals = all ? binet__allocate_zero(context, padded, sizeof *table->totals, NULL) : NULL;
    table->carried = all ? binet__allocate_zero(context, n_classes, sizeof *table->carried, NULL) : NULL;
    table->columns = binet__allocate(context, n_classes, sizeof *table->columns, NULL);
    table->room = binet__allocate(context, padded, sizeof(double), NULL);
    table->scratch = binet__allocate(context, n_classes, BINET__CLASSWISE_SCRATCH, NULL);
    int whole = table->cells != NULL && table->n_labels != NULL && table->columns != NULL && table->room != NULL &&
                table->scratch != NULL && (!pearce || table->n_zero != NULL) &&
                (!all || (table->totals != NULL && table->carried != NULL));
    if (!whole) {
        binet__classwise_table_release(context, table);
    }
    return whole;
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

/* A row on its way into a table. */
typedef struct row {
    const binet__classwise_batch *batch;
    const void *scaled;
    binet__scaling scaling;
    int64_t label;
} row;

static double value_at(const row *from, int64_t k)
{
    return from->batch->wide ? ((const double *)from->scaled)[k] : (double)((const float *)from->scaled)[k];
}

static double probability_at(const row *from, int64_t k)
{
    return value_at(from, k) * from->scaling.unit;
}

static binet__classwise_cell *cell_of(binet__classwise_table *table, const row *from, int64_t k, double probability)
{
    const binet__classwise_settings *settings = from->batch->settings;
    return &table->cells[k * settings->n_bins + binet__bin_of(settings->convention, settings->n_asked, probability)];
}

static void mark(binet__classwise_table *table, const row *from, int64_t k)
{
    const binet__classwise_settings *settings = from->batch->settings;
    double p = probability_at(from, k);
    if (settings->definition == BINET_CLASSWISE_PEARCE ? p > 0.0 : p >= settings->threshold) {
        cell_of(table, from, k, p)->marked++;
    }
}

/* The few probabilities of a row that are put into bins one by one: those above the first bin, or those of at least the
 * threshold. */
static void add_large(binet__classwise_table *table, const row *from)
{
    const binet__classwise_settings *settings = from->batch->settings;
    const binet__kernels *kernels = settings->kernels;
    int64_t n = from->batch->scores.n_kept;
    double unit = from->scaling.unit;
    int all = settings->threshold == 0.0;
    double least = all ? binet__bin_edge(settings->n_asked, 1) : settings->threshold;
    int64_t count = from->batch->wide ? kernels->tally_f64(from->scaled, n, unit, least, table->totals, table->columns)
                                      : kernels->tally_f32(from->scaled, n, unit, least, table->totals, table->columns);
    for (int64_t i = 0; i < count; i++) {
        int64_t k = table->columns[i];
        double p = probability_at(from, k);
        binet__classwise_cell *cell = cell_of(table, from, k, p);
        if (all ? cell != &table->cells[k * settings->n_bins] : p >= least) {
            cell->count++;
            binet__sum_add(&cell->probability, fma(value_at(from, k), unit, binet__tally_shift) - binet__tally_shift);
        }
    }
}

static void add_row(binet__classwise_table *table, const row *from)
{
    add_large(table, from);
    table->n_labels[from->label]++;
    if (from->batch->settings->definition == BINET_CLASSWISE_NIXON) {
        mark(table, from, from->label);
        return;
    }
    for (int64_t k = 0; k < from->batch->scores.n_kept; k++) {
        table->n_zero[k] += probability_at(from, k) == 0.0;
    }
    if (from->scaling.predicted != from->label) {
        mark(table, from, from->label);
        mark(table, from, from->scaling.predicted);
    }
}

/* A total of 64 bits to the sum of 128, in halves that a double holds. */
void binet__classwise_table_carry(binet__classwise_table *table, int64_t n_classes)
{
    uint64_t shift;
    memcpy(&shift, &binet__tally_shift, sizeof shift);
    for (int64_t k = 0; table->totals != NULL && k < n_classes; k++) {
        int64_t total = (int64_t)(table->totals[k] - (uint64_t)table->n_rows * shift);
        int64_t upper = total / FRACTION_HALF;
        int64_t lower = total % FRACTION_HALF;
        binet__sum_add(&table->carried[k], (double)upper * 0x1p-20);
        binet__sum_add(&table->carried[k], (double)lower * 0x1p-40);
        table->totals[k] = 0;
    }
    table->n_rows = 0;
    table->n_steps = 0;
}

int64_t binet__classwise_table_add(binet__classwise_table *table, const binet__classwise_batch *batch, int64_t first,
                                   int64_t end, binet__classwise_fault *fault)
{
    row from = {.batch = batch};
    int64_t i = first;
    for (; i < end; i++) {
        if (!binet__classwise_read_row(batch, i, table->scratch, table->room, &from.scaled, &from.scaling, &from.label,
                                       fault)) {
            break;
        }
        add_row(table, &from);
        table->n_rows++;
        table->n_steps++;
        if (table->n_steps == MOST_STEPS) {
            binet__classwise_table_carry(table, batch->scores.n_kept);
        }
    }
    return i - first;
}

void binet__classwise_table_negate(binet__classwise_table *table, const binet__classwise_settings *settings,
                                   int64_t n_classes)
{
    for (int64_t k = 0; k < n_classes; k++) {
        table->n_labels[k] = -table->n_labels[k];
        if (table->n_zero != NULL) {
            table->n_zero[k] = -table->n_zero[k];
        }
        if (table->totals != NULL) {
            table->totals[k] = 0 - table->totals[k];
            binet__sum_negate(&table->carried[k]);
        }
    }
    for (int64_t i = 0; i < n_classes * settings->n_bins; i++) {
        table->cells[i].count = -table->cells[i].count;
        table->cells[i].marked = -table->cells[i].marked;
        binet__sum_negate(&table->cells[i].probability);
    }
    table->n_rows = -table->n_rows;
}

/* ---- Together ---------------------------------------------------------------------------------------------------- */

static void join_table(const binet__classwise_table *table, int32_t n_bins, int64_t k, binet__classwise_bin *bins)
{
    for (int32_t b = 0; b < n_bins; b++) {
        const binet__classwise_cell *from = &table->cells[k * n_bins + b];
        bins[b].count += from->count;
        bins[b].right += from->marked;
        binet__sum_join(&bins[b].probability, &from->probability);
    }
}

/* The first bin has what the others leave. */
static void fill_first(const binet__classwise_table *tables, int32_t n_tables, int32_t n_bins, int64_t n_rows,
                       int64_t k, binet__classwise_bin *bins)
{
    binet__sum others = {0, 0};
    bins[0].count = n_rows;
    for (int32_t b = 1; b < n_bins; b++) {
        bins[0].count -= bins[b].count;
        binet__sum_join(&others, &bins[b].probability);
    }
    binet__sum_negate(&others);
    bins[0].probability = others;
    for (int32_t t = 0; t < n_tables; t++) {
        if (tables[t].cells != NULL) {
            binet__sum_join(&bins[0].probability, &tables[t].carried[k]);
            bins[0].count -= tables[t].n_zero != NULL ? tables[t].n_zero[k] : 0;
        }
    }
}

int64_t binet__classwise_table_join(const binet__classwise_table *tables, int32_t n_tables,
                                    const binet__classwise_settings *settings, int64_t n_rows, int64_t k,
                                    binet__classwise_bin *bins)
{
    int32_t n_bins = settings->n_bins;
    int64_t n_labels = 0;
    memset(bins, 0, (size_t)n_bins * sizeof *bins);
    for (int32_t t = 0; t < n_tables; t++) {
        if (tables[t].cells != NULL) {
            join_table(&tables[t], n_bins, k, bins);
            n_labels += tables[t].n_labels[k];
        }
    }
    if (settings->threshold == 0.0) {
        fill_first(tables, n_tables, n_bins, n_rows, k, bins);
    }
    for (int32_t b = 0; b < n_bins; b++) {
        bins[b].low = binet__bin_low(settings->convention, settings->n_asked, b);
        bins[b].high = binet__bin_high(settings->convention, settings->n_asked, b);
        if (settings->definition == BINET_CLASSWISE_PEARCE) {
            bins[b].right = bins[b].count - bins[b].right;
        }
    }
    return n_labels;
}
