/* Rows of classes become rows of groups: the definition, its laws, and what is wrong with a map is named. */
#include <math.h>
#include <stddef.h>

#include "binet/predictions.h"
#include "binet/threads.h"
#include "check.h"
#include "failing_allocator.h"
#include "scores.h"

enum { N = 300, C = 61, G = 5, MEMBERS = 23 };

static double logits[N * C];
static float narrow[N * C];
static int64_t labels[N];
static int64_t members[MEMBERS];
static const int64_t offsets[G + 1] = {0, 1, 4, 5, 21, MEMBERS};

/* 23 of the 61 classes in five groups, in no order. */
static void fill(void)
{
    scores_logits(logits, (int64_t)N * C, 1);
    scores_labels(labels, N, G, 2);
    for (int i = 0; i < N * C; i++) {
        narrow[i] = (float)logits[i];
    }
    for (int64_t i = 0; i < MEMBERS; i++) {
        members[i] = (i * 17 + 5) % C;
    }
}

static binet_predictions_options grouped(int32_t aggregate)
{
    return (binet_predictions_options){.struct_size = sizeof(binet_predictions_options),
                                       .group_offsets = offsets,
                                       .group_classes = members,
                                       .n_groups = G,
                                       .aggregate = aggregate};
}

static binet_predictions *reduce(const binet_context *context, int32_t kind, const binet_array *scores,
                                 const int64_t *truth, const binet_predictions_options *options)
{
    binet_array vector = scores_vector(truth, BINET_I64, scores->shape[0]);
    binet_predictions *table = NULL;
    CHECK_INT(
        binet_predictions_from_scores(context, kind, scores, truth != NULL ? &vector : NULL, options, &table, NULL),
        BINET_OK);
    return table;
}

/* The score of a group, in long double. */
static double score(const double *row, int g, int32_t aggregate)
{
    long double largest = -INFINITY;
    long double whole = 0;
    long double sum = 0;
    long double most = 0;
    for (int k = 0; k < C; k++) {
        largest = (long double)row[k] > largest ? (long double)row[k] : largest;
    }
    for (int k = 0; k < C; k++) {
        whole += expl((long double)row[k] - largest);
    }
    for (int64_t i = offsets[g]; i < offsets[g + 1]; i++) {
        long double p = expl((long double)row[members[i]] - largest) / whole;
        sum += p;
        most = p > most ? p : most;
    }
    return (double)(aggregate == BINET_GROUP_MAX   ? most
                    : aggregate == BINET_GROUP_SUM ? sum
                                                   : sum / (long double)(offsets[g + 1] - offsets[g]));
}

static void the_definition(int32_t aggregate, int is_f64, double tolerance)
{
    binet_predictions_options options = grouped(aggregate);
    binet_array scores = scores_matrix(is_f64 ? (const void *)logits : narrow, is_f64 ? BINET_F64 : BINET_F32, N, C);
    binet_predictions *table = reduce(NULL, BINET_LOGITS, &scores, labels, &options);
    CHECK_INT(binet_predictions_class_count(table), G);
    for (int64_t i = 0; i < N; i++) {
        double of_groups[G];
        int best = 0;
        int rank = 1;
        for (int g = 0; g < G; g++) {
            of_groups[g] = score(logits + i * C, g, aggregate);
            best = of_groups[g] > of_groups[best] ? g : best;
        }
        for (int g = 0; g < G; g++) {
            rank += of_groups[g] > of_groups[labels[i]];
        }
        CHECK_INT(scores_i32(table, BINET_PREDICTED_CLASS, i), best);
        CHECK_INT(scores_i32(table, BINET_LABEL, i), labels[i]);
        CHECK_INT(scores_i32(table, BINET_RANK, i), rank);
        CHECK_NEAR(scores_f64(table, BINET_CONFIDENCE, i), of_groups[best], tolerance * of_groups[best]);
        CHECK_NEAR(scores_f64(table, BINET_TRUE_PROBABILITY, i), of_groups[labels[i]],
                   tolerance * of_groups[labels[i]]);
        CHECK(isnan(scores_f64(table, BINET_NLL, i)) && isnan(scores_f64(table, BINET_BRIER, i)));
        CHECK(isnan(scores_f64(table, BINET_ENTROPY, i)));
    }
    binet_predictions_destroy(table);
}

static void scores_of_groups_follow_the_definition(void)
{
    for (int32_t aggregate = BINET_GROUP_MEAN; aggregate <= BINET_GROUP_MAX; aggregate++) {
        the_definition(aggregate, 1, 1e-14);
        the_definition(aggregate, 0, 1e-6);
    }
}

/* One class a group, in order: the table without groups, but for the columns that are unknown. */
static void groups_of_one_class_are_the_classes(void)
{
    static const int32_t known[] = {BINET_PREDICTED_CLASS, BINET_CONFIDENCE, BINET_LABEL, BINET_TRUE_PROBABILITY,
                                    BINET_RANK};
    int64_t single[C + 1];
    int64_t truth[N];
    scores_labels(truth, N, C, 3);
    for (int64_t k = 0; k <= C; k++) {
        single[k] = k;
    }
    for (int32_t aggregate = BINET_GROUP_MEAN; aggregate <= BINET_GROUP_MAX; aggregate++) {
        for (int is_f64 = 0; is_f64 < 2; is_f64++) {
            binet_predictions_options options = {.struct_size = sizeof options,
                                                 .temperature = 1.7,
                                                 .group_offsets = single,
                                                 .group_classes = single,
                                                 .n_groups = C,
                                                 .aggregate = aggregate};
            binet_predictions_options plain = {.struct_size = sizeof plain, .temperature = 1.7};
            binet_array scores =
                scores_matrix(is_f64 ? (const void *)logits : narrow, is_f64 ? BINET_F64 : BINET_F32, N, C);
            binet_predictions *groups = reduce(NULL, BINET_LOGITS, &scores, truth, &options);
            binet_predictions *classes = reduce(NULL, BINET_LOGITS, &scores, truth, &plain);
            for (size_t c = 0; c < sizeof known / sizeof known[0]; c++) {
                size_t bytes;
                const void *of_groups = scores_column(groups, known[c], &bytes);
                CHECK(memcmp(of_groups, scores_column(classes, known[c], &bytes), bytes) == 0);
            }
            binet_predictions_destroy(groups);
            binet_predictions_destroy(classes);
        }
    }
}

/* The sum over one group of all classes is 1, whatever rounding does; over groups it is 1 less what has no group. */
static void sums_are_probabilities(void)
{
    int64_t all[C];
    const int64_t one[2] = {0, C};
    for (int64_t k = 0; k < C; k++) {
        all[k] = k;
    }
    binet_predictions_options options = {.struct_size = sizeof options,
                                         .group_offsets = one,
                                         .group_classes = all,
                                         .n_groups = 1,
                                         .aggregate = BINET_GROUP_SUM};
    binet_array scores = scores_matrix(narrow, BINET_F32, N, C);
    binet_predictions *table = reduce(NULL, BINET_LOGITS, &scores, NULL, &options);
    for (int64_t i = 0; i < N; i++) {
        double sum = scores_f64(table, BINET_CONFIDENCE, i);
        CHECK(sum <= 1.0 && sum > 1.0 - 1e-6);
        CHECK(isnan(scores_f64(table, BINET_TRUE_PROBABILITY, i)));
        CHECK_INT(scores_i32(table, BINET_RANK, i), 0);
    }
    binet_predictions_destroy(table);
}

/* Labels are groups there too; the softmax is over the subset. */
static void a_subset_is_kept_before_the_groups(void)
{
    static const int64_t subset[] = {1, 4, 9, 16, 25, 36};
    static const int64_t of_subset[] = {36, 4, 1};
    static const int64_t positions[] = {5, 1, 0};
    static const int64_t cuts[] = {0, 1, 3};
    static double kept[N * 6];
    int64_t truth[N];
    scores_labels(truth, N, 2, 4);
    for (int64_t i = 0; i < (int64_t)N * 6; i++) {
        kept[i] = logits[i / 6 * C + subset[i % 6]];
    }
    binet_predictions_options options = {.struct_size = sizeof options,
                                         .subset = subset,
                                         .subset_size = 6,
                                         .group_offsets = cuts,
                                         .group_classes = of_subset,
                                         .n_groups = 2};
    binet_array all = scores_matrix(logits, BINET_F64, N, C);
    binet_array some = scores_matrix(kept, BINET_F64, N, 6);
    binet_predictions *one = reduce(NULL, BINET_LOGITS, &all, truth, &options);
    options.subset = NULL;
    options.subset_size = 0;
    options.group_classes = positions;
    binet_predictions *two = reduce(NULL, BINET_LOGITS, &some, truth, &options);
    CHECK(scores_same(one, two));
    binet_predictions_destroy(one);
    binet_predictions_destroy(two);
}

static void probabilities_are_taken_as_they_are(void)
{
    static const float rows[2][4] = {{0.5F, 0.25F, 0.25F, 0.0F}, {0.0F, 0.0F, 0.0F, 1.0F}};
    static const int64_t classes[] = {0, 3, 2, 1};
    static const int64_t cuts[] = {0, 2, 4};
    static const int64_t truth[] = {1, 1};
    binet_predictions_options options = {
        .struct_size = sizeof options, .group_offsets = cuts, .group_classes = classes, .n_groups = 2};
    binet_array scores = scores_matrix(rows, BINET_F32, 2, 4);
    static const double best[] = {0.25, 0.5, 0.5};
    static const double second[] = {0.25, 0.5, 0.25};
    for (int32_t aggregate = BINET_GROUP_MEAN; aggregate <= BINET_GROUP_MAX; aggregate++) {
        options.aggregate = aggregate;
        binet_predictions *table = reduce(NULL, BINET_PROBABILITIES, &scores, truth, &options);
        CHECK_INT(scores_i32(table, BINET_PREDICTED_CLASS, 0), 0); /* a tie, but for the largest */
        CHECK_INT(scores_i32(table, BINET_RANK, 0), 2);
        CHECK_NEAR(scores_f64(table, BINET_CONFIDENCE, 0), best[aggregate], 0.0);
        CHECK_NEAR(scores_f64(table, BINET_TRUE_PROBABILITY, 0), second[aggregate], 0.0);
        CHECK_INT(scores_i32(table, BINET_PREDICTED_CLASS, 1), 0);
        CHECK_NEAR(scores_f64(table, BINET_CONFIDENCE, 1), aggregate == BINET_GROUP_MEAN ? 0.5 : 1.0, 0.0);
        CHECK_NEAR(scores_f64(table, BINET_TRUE_PROBABILITY, 1), 0.0, 0.0);
        binet_predictions_destroy(table);
    }
}

static void infinities_mean_what_they_say(void)
{
    static const float rows[3][4] = {
        {1.0F, INFINITY, 2.0F, 3.0F}, {INFINITY, 1.0F, 2.0F, 3.0F}, {-INFINITY, 0.0F, -INFINITY, 0.0F}};
    static const int64_t classes[] = {2, 1, 3};
    static const int64_t cuts[] = {0, 1, 3};
    binet_predictions_options options = {
        .struct_size = sizeof options, .group_offsets = cuts, .group_classes = classes, .n_groups = 2};
    binet_array scores = scores_matrix(rows, BINET_F32, 3, 4);
    binet_predictions *table = reduce(NULL, BINET_LOGITS, &scores, NULL, &options);
    CHECK_INT(scores_i32(table, BINET_PREDICTED_CLASS, 0), 1);
    CHECK_NEAR(scores_f64(table, BINET_CONFIDENCE, 0), 0.5, 0.0);
    CHECK_INT(scores_i32(table, BINET_PREDICTED_CLASS, 1), 0); /* certain of a class without a group: all are 0 */
    CHECK_NEAR(scores_f64(table, BINET_CONFIDENCE, 1), 0.0, 0.0);
    CHECK_INT(scores_i32(table, BINET_PREDICTED_CLASS, 2), 1);
    CHECK_NEAR(scores_f64(table, BINET_CONFIDENCE, 2), 0.5, 0.0);
    binet_predictions_destroy(table);
}

static void nothing_but_the_scores_changes_the_bits(void)
{
    static double transposed[C * N];
    for (int64_t i = 0; i < (int64_t)N * C; i++) {
        transposed[i % C * N + i / C] = logits[i];
    }
    binet_predictions_options options = grouped(BINET_GROUP_MEAN);
    binet_array scores = scores_matrix(logits, BINET_F64, N, C);
    binet_array strided = {transposed, BINET_F64, 2, {N, C}, {8, (int64_t)8 * N}};
    binet_predictions *plain = reduce(NULL, BINET_LOGITS, &scores, labels, &options);
    for (int32_t isa = BINET_ISA_SCALAR; isa <= BINET_ISA_NEON; isa++) {
        binet_thread_pool *pool = NULL;
        binet_context *context = NULL;
        CHECK_INT(binet_thread_pool_create(3, &pool, NULL), BINET_OK);
        binet_executor executor = binet_thread_pool_executor(pool);
        binet_context_options machine = {sizeof machine, isa, NULL, &executor};
        if (binet_context_create(&machine, &context, NULL) == BINET_OK) {
            binet_predictions *other = reduce(context, BINET_LOGITS, &strided, labels, &options);
            CHECK(scores_same(plain, other));
            binet_predictions_destroy(other);
        }
        binet_context_destroy(context);
        binet_thread_pool_destroy(pool);
    }
    binet_predictions_builder *builder = NULL;
    CHECK_INT(binet_predictions_builder_create(NULL, BINET_LOGITS, &options, &builder, NULL), BINET_OK);
    for (int64_t first = 0; first < N; first += 7) {
        int64_t n = N - first < 7 ? N - first : 7;
        binet_array batch = scores_matrix(logits + first * C, BINET_F64, n, C);
        binet_array truth = scores_vector(labels + first, BINET_I64, n);
        CHECK_INT(binet_predictions_builder_append(builder, &batch, &truth, NULL, NULL), BINET_OK);
    }
    binet_predictions *batched = NULL;
    CHECK_INT(binet_predictions_builder_finish(builder, &batched, NULL), BINET_OK);
    CHECK(scores_same(plain, batched));
    CHECK_INT(binet_predictions_class_count(batched), G);
    binet_predictions_builder_destroy(builder);
    binet_predictions_destroy(batched);
    binet_predictions_destroy(plain);
}

/* ---- Bad input --------------------------------------------------------------------------------------------------- */

static void refused(const binet_predictions_options *options, const int64_t *truth, binet_status status,
                    const char *argument, int64_t element, const char *why)
{
    binet_predictions *const before = (binet_predictions *)logits;
    binet_predictions *table = before;
    binet_error error;
    binet_array scores = scores_matrix(narrow, BINET_F32, N, C);
    binet_array vector = scores_vector(truth, BINET_I64, N);
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &scores, truth != NULL ? &vector : NULL, options,
                                            &table, &error),
              status);
    CHECK(table == before);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
}

static void a_wrong_map_is_named(void)
{
    int64_t classes[MEMBERS];
    int64_t cuts[G + 1];
    memcpy(classes, members, sizeof classes);
    memcpy(cuts, offsets, sizeof cuts);
    binet_predictions_options options = grouped(BINET_GROUP_MEAN);
    options.group_classes = classes;
    options.group_offsets = cuts;
    classes[22] = classes[2];
    classes[7] = classes[0];
    refused(&options, NULL, BINET_INVALID_ARGUMENT, "options", 7,
            "group_classes[7], of group 3, is 5, which group 0 has too");
    classes[7] = members[7];
    refused(&options, NULL, BINET_INVALID_ARGUMENT, "options", 22, "of group 4, is 39, which group 1 has too");
    classes[22] = C;
    refused(&options, NULL, BINET_INVALID_ARGUMENT, "options", 22, "group_classes[22] is 61; scores has 61 classes");
    classes[22] = -1;
    refused(&options, NULL, BINET_INVALID_ARGUMENT, "options", 22, "group_classes[22] is -1; allowed: 0 ..");
    classes[22] = INT64_MAX;
    refused(&options, NULL, BINET_INVALID_ARGUMENT, "options", 22, "9223372036854775807");
    classes[22] = members[22];
    cuts[2] = cuts[3];
    refused(&options, NULL, BINET_INVALID_ARGUMENT, "options", 2, "are both 5: group 2 has no class");
    cuts[2] = 6;
    refused(&options, NULL, BINET_INVALID_ARGUMENT, "options", 3, "group_offsets[3] is 5; allowed there: 7 ..");
    cuts[2] = offsets[2];
    cuts[0] = 1;
    refused(&options, NULL, BINET_INVALID_ARGUMENT, "options", 0, "group_offsets[0] is 1, not 0");
    cuts[0] = 0;
    cuts[5] = INT64_MAX;
    refused(&options, NULL, BINET_INVALID_ARGUMENT, "options", 5, "group_offsets[5] is 9223372036854775807");
}

static void wrong_options_of_groups_are_named(void)
{
    binet_predictions_options options = grouped(3);
    refused(&options, NULL, BINET_INVALID_ARGUMENT, "options", -1, "options->aggregate is 3; allowed: 0 .. 2");
    options = grouped(-1);
    refused(&options, NULL, BINET_INVALID_ARGUMENT, "options", -1, "options->aggregate is -1");
    options = (binet_predictions_options){.struct_size = sizeof options, .aggregate = BINET_GROUP_SUM};
    refused(&options, NULL, BINET_INVALID_ARGUMENT, "options", -1, "with groups");
    options = grouped(BINET_GROUP_MEAN);
    options.n_groups = 0;
    refused(&options, NULL, BINET_INVALID_ARGUMENT, "options", -1, "options->n_groups is 0");
    options.n_groups = -1;
    refused(&options, NULL, BINET_INVALID_ARGUMENT, "options", -1, "options->n_groups is -1");
    options.n_groups = (int64_t)1 << 31;
    refused(&options, NULL, BINET_INVALID_ARGUMENT, "options", -1, "options->n_groups is 2147483648");
    options = grouped(BINET_GROUP_MEAN);
    options.group_offsets = NULL;
    refused(&options, NULL, BINET_INVALID_ARGUMENT, "options", -1, "group_offsets is NULL and group_classes is given");
    options = grouped(BINET_GROUP_MEAN);
    options.group_classes = NULL;
    refused(&options, NULL, BINET_INVALID_ARGUMENT, "options", -1, "group_classes is NULL");
    options = grouped(BINET_GROUP_MEAN);
    options.reserved = 1;
    refused(&options, NULL, BINET_INVALID_ARGUMENT, "options", -1, "options->reserved is 1, not 0");
    options = grouped(BINET_GROUP_MEAN);
    static const int64_t subset[] = {5, 22};
    options.subset = subset;
    options.subset_size = 2;
    refused(&options, NULL, BINET_INVALID_ARGUMENT, "options", 2,
            "group_classes[2] is 39, which is not among the 2 classes of options->subset");
}

static void labels_are_groups(void)
{
    int64_t truth[N] = {0};
    binet_predictions_options options = grouped(BINET_GROUP_MEAN);
    truth[9] = G;
    refused(&options, truth, BINET_INVALID_DATA, "labels", 9, "labels[9] is 5; allowed: 0 .. 4");
    truth[9] = -1;
    refused(&options, truth, BINET_INVALID_DATA, "labels", 9, "labels[9] is -1; allowed: 0 .. 4");
}

static void rows_with_a_nan_are_named_or_left_out(void)
{
    static float copy[N * C];
    memcpy(copy, narrow, sizeof copy);
    copy[3 * C + 60] = NAN; /* a class without a group: the softmax is over all */
    binet_predictions_options options = grouped(BINET_GROUP_MEAN);
    binet_array scores = scores_matrix(copy, BINET_F32, N, C);
    binet_predictions *table = NULL;
    binet_error error;
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &scores, NULL, &options, &table, &error),
              BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, "scores[3] has a NaN in column 60");
    options.nan_policy = BINET_NAN_OMIT;
    table = reduce(NULL, BINET_LOGITS, &scores, NULL, &options);
    CHECK_INT(binet_predictions_omitted_count(table), 1);
    CHECK_INT(binet_predictions_count(table), N - 1);
    binet_predictions_destroy(table);
}

/* Options that end before the groups have none. */
static void older_options_are_served(void)
{
    binet_predictions_options options = grouped(BINET_GROUP_MEAN);
    options.struct_size = offsetof(binet_predictions_options, group_offsets);
    binet_array scores = scores_matrix(narrow, BINET_F32, N, C);
    binet_predictions *old = reduce(NULL, BINET_LOGITS, &scores, labels, &options);
    binet_predictions *plain = reduce(NULL, BINET_LOGITS, &scores, labels, NULL);
    CHECK(scores_same(old, plain));
    binet_predictions_destroy(old);
    binet_predictions_destroy(plain);
}

static void memory_that_runs_out_is_said_and_given_back(void)
{
    binet_predictions_options options = grouped(BINET_GROUP_MEAN);
    binet_array scores = scores_matrix(narrow, BINET_F32, N, C);
    binet_array truth = scores_vector(labels, BINET_I64, N);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet_predictions *table = NULL;
        binet_error error;
        binet_status status =
            binet_predictions_from_scores(context, BINET_LOGITS, &scores, &truth, &options, &table, &error);
        CHECK((status == BINET_OK) == (table != NULL));
        binet_predictions_destroy(table);
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

int main(void)
{
    fill();
    RUN(scores_of_groups_follow_the_definition);
    RUN(groups_of_one_class_are_the_classes);
    RUN(sums_are_probabilities);
    RUN(a_subset_is_kept_before_the_groups);
    RUN(probabilities_are_taken_as_they_are);
    RUN(infinities_mean_what_they_say);
    RUN(nothing_but_the_scores_changes_the_bits);
    RUN(a_wrong_map_is_named);
    RUN(wrong_options_of_groups_are_named);
    RUN(labels_are_groups);
    RUN(rows_with_a_nan_are_named_or_left_out);
    RUN(older_options_are_served);
    RUN(memory_that_runs_out_is_said_and_given_back);
    return check_result();
}
