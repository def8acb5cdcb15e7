/* Blind pairs are those of comparing every two samples in double: near the thresholds, across blocks, in any dtype. */
#include "binet/selection.h"

#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "failing_allocator.h"
#include "pooled.h"
#include "scores.h"

enum { N = 250, D = 37, E = 5, ROOM = 40000 };

static double alike[N][D];
static double unlike[N][E];
static float narrow[N][2 * D];
static binet_blind_pair found[ROOM];
static binet_blind_pair expected[ROOM];

static double noise(uint64_t *state)
{
    return (double)(scores_next(state) >> 40) * 0x1p-23 - 1.0;
}

/* Samples near one of 12 directions, so that many cosines lie around the threshold. */
static void fill(void)
{
    uint64_t state = 11;
    static double centres[12][D];
    for (int i = 0; i < 12; i++) {
        for (int k = 0; k < D; k++) {
            centres[i][k] = noise(&state);
        }
    }
    for (int i = 0; i < N; i++) {
        double spread = 0.1 + 0.4 * fabs(noise(&state));
        for (int k = 0; k < D; k++) {
            alike[i][k] = (centres[i % 12][k] + spread * noise(&state)) * (1 + i % 7);
        }
        for (int k = 0; k < E; k++) {
            unlike[i][k] = noise(&state);
        }
    }
}

static double cosine(const double *a, const double *b, int n)
{
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < n; i++) {
        ab += a[i] * b[i];
        aa += a[i] * a[i];
        bb += b[i] * b[i];
    }
    return ab / (sqrt(aa) * sqrt(bb));
}

/* Every two samples, in double. */
static int64_t brute_force(double above, double below, int64_t *n_alike)
{
    int64_t n = 0;
    *n_alike = 0;
    for (int i = 0; i < N; i++) {
        for (int j = i + 1; j < N; j++) {
            double a = cosine(alike[i], alike[j], D);
            double u = cosine(unlike[i], unlike[j], E);
            *n_alike += a > above;
            if (a > above && u < below) {
                binet_blind_pair pair = {i, j, a, u};
                expected[n++] = pair;
            }
        }
    }
    return n;
}

static binet_blind_pairs_result search(const binet_context *context, const binet_array *first,
                                       const binet_array *second, double above, double below, int64_t room)
{
    binet_blind_pairs_options options = {sizeof options, 0, above, below};
    binet_blind_pairs_result result = {.struct_size = sizeof result, .pairs = found, .pairs_capacity = room};
    CHECK_INT(binet_blind_pairs(context, first, second, &options, &result, NULL), BINET_OK);
    return result;
}

static void check_found(const binet_blind_pairs_result *result, int64_t n)
{
    int64_t given = n < result->pairs_capacity ? n : result->pairs_capacity;
    CHECK_INT(result->n_pairs, n);
    for (int64_t i = 0; i < given; i++) {
        CHECK_INT(found[i].first, expected[i].first);
        CHECK_INT(found[i].second, expected[i].second);
        CHECK_NEAR(found[i].alike, expected[i].alike, 1e-14);
        CHECK_NEAR(found[i].unlike, expected[i].unlike, 1e-14);
    }
}

static void every_pair_is_that_of_brute_force(void)
{
    binet_array first = scores_matrix(alike, BINET_F64, N, D);
    binet_array second = scores_matrix(unlike, BINET_F64, N, E);
    static const double thresholds[][2] = {{0.95, 0.6}, {0.9, 0.1}, {0.99, -0.3}, {0.5, 1.0}, {1e-300, 0.6}, {-1, 1}};
    for (size_t i = 0; i < sizeof thresholds / sizeof thresholds[0]; i++) {
        int64_t n_alike;
        int64_t n = brute_force(thresholds[i][0], thresholds[i][1], &n_alike);
        CHECK(n > 0);
        binet_blind_pairs_result result = search(NULL, &first, &second, thresholds[i][0], thresholds[i][1], ROOM);
        check_found(&result, n);
        CHECK_INT(result.n_alike, n_alike);
        CHECK_INT(result.n_samples, N);
        CHECK_INT(result.n_left_out, 0);
    }
}

/* A threshold that is the cosine of a pair itself: above means above, and f32 alone could not tell. */
static void the_threshold_itself_is_not_above_it(void)
{
    binet_array first = scores_matrix(alike, BINET_F64, N, D);
    binet_array second = scores_matrix(unlike, BINET_F64, N, E);
    binet_blind_pairs_result all = search(NULL, &first, &second, 0.9, 1, ROOM);
    CHECK(all.n_alike > 20);
    double itself = found[10].alike;
    int64_t above = 0;
    for (int64_t i = 0; i < all.n_pairs; i++) {
        above += found[i].alike > itself;
    }
    CHECK_INT(search(NULL, &first, &second, itself, 1, ROOM).n_alike, above);
    CHECK_INT(search(NULL, &first, &second, nextafter(itself, 0), 1, ROOM).n_alike, above + 1);
}

static void pairs_beyond_the_room_are_counted(void)
{
    binet_array first = scores_matrix(alike, BINET_F64, N, D);
    binet_array second = scores_matrix(unlike, BINET_F64, N, E);
    int64_t n_alike;
    int64_t n = brute_force(0.1, 1, &n_alike);
    CHECK(n > 3000);
    static const int64_t rooms[] = {0, 1, 7, 600, 2000};
    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
        memset(found, 0x55, sizeof found);
        binet_blind_pairs_result result = search(NULL, &first, &second, 0.1, 1, rooms[i]);
        check_found(&result, n);
        CHECK_INT(found[rooms[i]].first, 0x5555555555555555);
    }
    binet_blind_pairs_options options = {sizeof options, 0, 0.1, 1};
    binet_blind_pairs_result counted = {.struct_size = sizeof counted};
    CHECK_INT(binet_blind_pairs(NULL, &first, &second, &options, &counted, NULL), BINET_OK);
    CHECK_INT(counted.n_pairs, n);
    CHECK(counted.pairs == NULL);
}

static void threads_strides_and_dtypes_change_nothing(void)
{
    for (int i = 0; i < N; i++) {
        for (int k = 0; k < D; k++) {
            alike[i][k] = (double)(float)alike[i][k];
            narrow[i][2 * k] = (float)alike[i][k];
        }
    }
    binet_array first = scores_matrix(alike, BINET_F64, N, D);
    binet_array second = scores_matrix(unlike, BINET_F64, N, E);
    binet_array strided = {narrow, BINET_F32, 2, {N, D}, {sizeof narrow[0], 2 * sizeof narrow[0][0]}};
    binet_blind_pairs_result one = search(NULL, &first, &second, 0.9, 0.6, ROOM);
    memcpy(expected, found, sizeof expected);
    for (int32_t n_threads = 2; n_threads <= 5; n_threads++) {
        pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
        binet_blind_pairs_result other = search(on.context, &strided, &second, 0.9, 0.6, ROOM);
        CHECK_INT(other.n_pairs, one.n_pairs);
        CHECK_INT(other.n_alike, one.n_alike);
        CHECK(memcmp(found, expected, (size_t)one.n_pairs * sizeof found[0]) == 0);
        pooled_end(on);
    }
    fill();
}

static void a_sample_without_a_direction_is_left_out(void)
{
    binet_array first = scores_matrix(alike, BINET_F64, N, D);
    binet_array second = scores_matrix(unlike, BINET_F64, N, E);
    memset(alike[3], 0, sizeof alike[3]);
    memset(unlike[5], 0, sizeof unlike[5]);
    binet_blind_pairs_result result = search(NULL, &first, &second, -1, 1, ROOM);
    CHECK_INT(result.n_left_out, 2);
    CHECK_INT(result.n_alike, (N - 2) * (N - 3) / 2);
    for (int64_t i = 0; i < result.n_pairs; i++) {
        CHECK(found[i].first != 3 && found[i].second != 3 && found[i].first != 5 && found[i].second != 5);
    }
    fill();
}

static void bad_input_is_named(void)
{
    binet_array first = scores_matrix(alike, BINET_F64, N, D);
    binet_array second = scores_matrix(unlike, BINET_F64, N, E);
    binet_blind_pairs_result result = {.struct_size = sizeof result, .n_pairs = -7};
    binet_blind_pairs_options options = {.struct_size = sizeof options};
    binet_error error;
    alike[17][2] = NAN;
    CHECK_INT(binet_blind_pairs(NULL, &first, &second, NULL, &result, &error), BINET_INVALID_DATA);
    CHECK_TEXT(error.argument, "alike");
    CHECK_INT(error.element, 17);
    fill();
    unlike[N - 1][0] = INFINITY;
    CHECK_INT(binet_blind_pairs(NULL, &first, &second, NULL, &result, &error), BINET_INVALID_DATA);
    CHECK_TEXT(error.argument, "unlike");
    CHECK_INT(error.element, N - 1);
    fill();
    second.shape[0] = N - 1;
    CHECK_INT(binet_blind_pairs(NULL, &first, &second, NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "unlike");
    second.shape[0] = N;
    first.shape[0] = 1;
    CHECK_INT(binet_blind_pairs(NULL, &first, &second, NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "alike");
    first.shape[0] = N;
    options.above = 1.5;
    CHECK_INT(binet_blind_pairs(NULL, &first, &second, &options, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "options->above is 1.5");
    options.above = 0;
    options.below = NAN;
    CHECK_INT(binet_blind_pairs(NULL, &first, &second, &options, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "options->below");
    result.pairs = found;
    result.pairs_capacity = -1;
    CHECK_INT(binet_blind_pairs(NULL, &first, &second, NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "result");
    CHECK_INT(result.n_pairs, -7);
}

static void memory_that_runs_out_is_given_back(void)
{
    binet_array first = scores_matrix(alike, BINET_F64, N, D);
    binet_array second = scores_matrix(unlike, BINET_F64, N, E);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        found[0].first = -7;
        binet_blind_pairs_result result = {.struct_size = sizeof result, .pairs = found, .pairs_capacity = ROOM};
        binet_status status = binet_blind_pairs(context, &first, &second, NULL, &result, NULL);
        CHECK((found[0].first == -7) == (status != BINET_OK));
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

int main(void)
{
    fill();
    RUN(every_pair_is_that_of_brute_force);
    RUN(the_threshold_itself_is_not_above_it);
    RUN(pairs_beyond_the_room_are_counted);
    RUN(threads_strides_and_dtypes_change_nothing);
    RUN(a_sample_without_a_direction_is_left_out);
    RUN(bad_input_is_named);
    RUN(memory_that_runs_out_is_given_back);
    return check_result();
}
