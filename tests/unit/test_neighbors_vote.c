/* Votes of neighbours: DINOv2's softmax and scikit-learn's counts, several k at once, ties, and what is refused. */
#include "binet/neighbors.h"

#include <math.h>

#include "check.h"
#include "failing_allocator.h"
#include "pooled.h"
#include "scores.h"

enum { M = 150, K = 30, N = 500, C = 6, L = 4 };

static int64_t indices[M * K];
static double values[M * K];
static int64_t labels[N];
static int64_t ks[L] = {10, 1, 30, 7};
static int64_t predicted[L * M];
static double probabilities[L * M * C];

static void fill(void)
{
    uint64_t state = 3;
    scores_labels(labels, N, C, 1);
    for (int i = 0; i < M; i++) {
        double value = 1;
        for (int j = 0; j < K; j++) {
            value -= (double)(scores_next(&state) >> 44) * 0x1p-26;
            values[i * K + j] = value;
            indices[i * K + j] = (int64_t)((scores_next(&state) >> 33) % N);
        }
    }
}

static binet_array matrix(const void *data, int32_t dtype)
{
    binet_array array = {data, dtype, 2, {M, K}, {8 * K, 8}};
    return array;
}

static binet_status vote(const binet_context *context, const binet_neighbors_vote_options *options)
{
    binet_array i = matrix(indices, BINET_I64);
    binet_array v = matrix(values, BINET_F64);
    binet_array l = scores_vector(labels, BINET_I64, N);
    binet_array k = scores_vector(ks, BINET_I64, L);
    binet_neighbors_vote_result result = {
        .struct_size = sizeof result, .predicted = predicted, .probabilities = probabilities};
    binet_status status = binet_neighbors_vote(context, &i, &v, &l, &k, C, options, &result, NULL);
    if (status == BINET_OK) {
        CHECK_INT(result.n_queries, M);
        CHECK_INT(result.n_ks, L);
        CHECK_INT(result.n_classes, C);
    }
    return status;
}

/* Against the sum over all neighbours of the rule's own words. */
static void check_against_the_rule(double sign, double temperature)
{
    for (int which = 0; which < L; which++) {
        for (int i = 0; i < M; i++) {
            double votes[C] = {0};
            double total = 0;
            for (int64_t j = 0; j < ks[which]; j++) {
                double weight = temperature > 0 ? exp(sign * values[i * K + j] / temperature) : 1.0;
                votes[labels[indices[i * K + j]]] += weight;
                total += weight;
            }
            int best = 0;
            for (int c = 0; c < C; c++) {
                CHECK_NEAR(probabilities[(which * M + i) * C + c], votes[c] / total, 1e-14);
                best = votes[c] > votes[best] ? c : best;
            }
            CHECK_INT(predicted[which * M + i], best);
        }
    }
}

static void softmax_votes_are_dinov2s(void)
{
    CHECK_INT(vote(NULL, NULL), BINET_OK);
    check_against_the_rule(1, 0.07);
    binet_neighbors_vote_options options = {.struct_size = sizeof options, .temperature = 0.4};
    CHECK_INT(vote(NULL, &options), BINET_OK);
    check_against_the_rule(1, 0.4);
}

static void distances_count_the_other_way(void)
{
    for (int i = 0; i < M * K; i++) {
        values[i] = 2 - values[i];
    }
    binet_neighbors_vote_options options = {
        .struct_size = sizeof options, .metric = BINET_METRIC_EUCLIDEAN, .temperature = 0.2};
    CHECK_INT(vote(NULL, &options), BINET_OK);
    check_against_the_rule(-1, 0.2);
    fill();
}

/* Small counts: most queries have classes that tie, and the lower one wins. */
static void uniform_votes_are_counts(void)
{
    binet_neighbors_vote_options options = {.struct_size = sizeof options, .weights = BINET_VOTES_UNIFORM};
    CHECK_INT(vote(NULL, &options), BINET_OK);
    check_against_the_rule(1, 0);
    binet_array i = matrix(indices, BINET_I64);
    binet_array l = scores_vector(labels, BINET_I64, N);
    binet_array k = scores_vector(ks, BINET_I64, L);
    binet_neighbors_vote_result result = {.struct_size = sizeof result, .predicted = predicted};
    predicted[0] = -7;
    CHECK_INT(binet_neighbors_vote(NULL, &i, NULL, &l, &k, C, &options, &result, NULL), BINET_OK);
    CHECK(predicted[0] != -7);
}

/* The least temperature: all but the nearest count for nothing, and nothing overflows. */
static void the_nearest_alone_counts_when_it_is_cold(void)
{
    binet_neighbors_vote_options options = {.struct_size = sizeof options, .temperature = 1e-6};
    CHECK_INT(vote(NULL, &options), BINET_OK);
    for (int i = 0; i < L * M; i++) {
        int64_t nearest = labels[indices[(i % M) * K]];
        CHECK_INT(predicted[i], nearest);
        CHECK_NEAR(probabilities[i * C + nearest], 1.0, 1e-6);
    }
}

static void threads_change_nothing(void)
{
    static double alone[L * M * C];
    CHECK_INT(vote(NULL, NULL), BINET_OK);
    memcpy(alone, probabilities, sizeof alone);
    pooled on = pooled_start(3, BINET_ISA_SCALAR);
    CHECK_INT(vote(on.context, NULL), BINET_OK);
    CHECK(memcmp(alone, probabilities, sizeof alone) == 0);
    pooled_end(on);
}

typedef struct inputs {
    binet_array indices, values, labels, ks;
    int64_t n_classes;
    binet_neighbors_vote_options options;
} inputs;

static inputs good(void)
{
    inputs of = {matrix(indices, BINET_I64),
                 matrix(values, BINET_F64),
                 scores_vector(labels, BINET_I64, N),
                 scores_vector(ks, BINET_I64, L),
                 C,
                 {.struct_size = sizeof(binet_neighbors_vote_options)}};
    return of;
}

static void refused(const inputs *of, binet_status status, const char *argument, int64_t element, const char *text)
{
    binet_neighbors_vote_result result = {.struct_size = sizeof result, .predicted = predicted, .n_ks = -7};
    binet_error error = {0};
    predicted[0] = -7;
    CHECK_INT(binet_neighbors_vote(NULL, &of->indices, &of->values, &of->labels, &of->ks, of->n_classes, &of->options,
                                   &result, &error),
              status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, text);
    CHECK(predicted[0] == -7 && result.n_ks == -7);
}

static void bad_arguments_are_named(void)
{
    inputs of = good();
    of.values.shape[1] = K - 1;
    refused(&of, BINET_INVALID_ARGUMENT, "values", -1, "the shape of indices is needed");
    of = good();
    of.indices.shape[0] = 0;
    refused(&of, BINET_INVALID_ARGUMENT, "indices", -1, "indices is [0, 30]");
    of = good();
    of.ks.shape[0] = 0;
    refused(&of, BINET_INVALID_ARGUMENT, "ks", -1, "ks");
    of = good();
    of.n_classes = 0;
    refused(&of, BINET_INVALID_ARGUMENT, "n_classes", -1, "n_classes is 0");
    of = good();
    of.options.weights = 2;
    refused(&of, BINET_INVALID_ARGUMENT, "options", -1, "options->weights is 2");
    of = good();
    of.options.metric = -1;
    refused(&of, BINET_INVALID_ARGUMENT, "options", -1, "options->metric is -1");
    of = good();
    of.options.temperature = -0.07;
    refused(&of, BINET_INVALID_ARGUMENT, "options", -1, "options->temperature is -0.07");
    of.options.temperature = NAN;
    refused(&of, BINET_INVALID_ARGUMENT, "options", -1, "options->temperature is");
}

static void bad_entries_are_named(void)
{
    inputs of = good();
    ks[2] = K + 1;
    refused(&of, BINET_INVALID_DATA, "ks", 2, "ks[2] is 31; allowed: 1 .. 30");
    ks[2] = 0;
    refused(&of, BINET_INVALID_DATA, "ks", 2, "ks[2] is 0");
    ks[2] = 30;
    labels[5] = -1;
    refused(&of, BINET_INVALID_DATA, "labels", 5, "labels[5] is -1; allowed: 0 .. 5");
    labels[5] = C;
    refused(&of, BINET_INVALID_DATA, "labels", 5, "labels[5] is 6");
    fill();
    indices[2 * K + 3] = N;
    refused(&of, BINET_INVALID_DATA, "indices", 2 * K + 3, "indices[2, 3] is 500; allowed: 0 .. 499");
    fill();
    values[K + 1] = NAN;
    refused(&of, BINET_INVALID_DATA, "values", K + 1, "values[1, 1] is nan");
    fill();
    values[K + 1] = 1.5;
    refused(&of, BINET_INVALID_DATA, "values", K + 1, "values[1, 1] is 1.5; allowed: finite numbers, the nearest");
    fill();
    of.options.metric = BINET_METRIC_EUCLIDEAN;
    refused(&of, BINET_INVALID_DATA, "values", 1, "values[0, 1]");
}

static void memory_that_runs_out_is_given_back(void)
{
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        predicted[0] = -7;
        binet_status status = vote(context, NULL);
        CHECK((predicted[0] == -7) == (status != BINET_OK));
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

int main(void)
{
    fill();
    RUN(softmax_votes_are_dinov2s);
    RUN(distances_count_the_other_way);
    RUN(uniform_votes_are_counts);
    RUN(the_nearest_alone_counts_when_it_is_cold);
    RUN(threads_change_nothing);
    RUN(bad_arguments_are_named);
    RUN(bad_entries_are_named);
    RUN(memory_that_runs_out_is_given_back);
    return check_result();
}
