/* Invariance: what stays, what flips, how far probabilities and features move, and the area under a curve. */
#include "binet/invariance.h"

#include <math.h>

#include "failing_allocator.h"
#include "metrics/predictions_table.h"
#include "pooled.h"
#include "scores.h"

enum { N = 500, C = 7, D = 19, K = 4 };

static double logits[K][N * C];
static int64_t labels[N];
static float features[K][N * D];
static char name_texts[N][16];
static const char *names[N];

typedef struct scene {
    binet_predictions *settings[K];
    const binet_predictions *pointers[K];
    binet_array features[K];
} scene;

static void make_names(void)
{
    for (int i = 0; i < N; i++) {
        (void)snprintf(name_texts[i], sizeof name_texts[i], "%03d.png", i * 7 % N);
        names[i] = name_texts[i];
    }
}

/** A table of rows of a setting in the order given; NULL: as they are. */
static binet_predictions *make(int setting, const int64_t *order, const int64_t *truth, const char *const *file_names)
{
    binet_predictions_builder *builder = NULL;
    binet_predictions *table = NULL;
    CHECK_INT(binet_predictions_builder_create(NULL, BINET_LOGITS, NULL, &builder, NULL), BINET_OK);
    for (int64_t i = 0; i < N; i++) {
        int64_t row = order != NULL ? order[i] : i;
        binet_array scores = scores_matrix(logits[setting] + row * C, BINET_F64, 1, C);
        binet_array label = scores_vector(truth + row, BINET_I64, 1);
        CHECK_INT(binet_predictions_builder_append(builder, &scores, truth != NULL ? &label : NULL,
                                                   file_names != NULL ? file_names + row : NULL, NULL),
                  BINET_OK);
    }
    CHECK_INT(binet_predictions_builder_finish(builder, &table, NULL), BINET_OK);
    binet_predictions_builder_destroy(builder);
    return table;
}

static void set_up(scene *s, int named)
{
    make_names();
    scores_labels(labels, N, C, 5);
    scores_logits(logits[0], (int64_t)N * C, 9);
    uint64_t state = 77;
    for (int k = 0; k < K; k++) {
        for (int i = 0; i < N * C; i++) { /* a setting is as far from the first as its number */
            logits[k][i] = logits[0][i] + k * ((double)(scores_next(&state) >> 44) * 0x1p-20 - 0.5) * 4;
        }
        for (int i = 0; i < N * D; i++) {
            features[k][i] = (float)(scores_next(&state) >> 44) - 0x1p19F;
        }
        s->settings[k] = make(k, NULL, labels, named ? names : NULL);
        s->pointers[k] = s->settings[k];
        s->features[k] = scores_matrix(features[k], BINET_F32, N, D);
    }
}

static void tear_down(scene *s)
{
    for (int k = 0; k < K; k++) {
        binet_predictions_destroy(s->settings[k]);
    }
}

static int64_t answer(const double *row)
{
    int64_t best = 0;
    for (int64_t c = 1; c < C; c++) {
        best = row[c] > row[best] ? c : best;
    }
    return best;
}

static void counts_are_those_of_a_plain_loop(void)
{
    scene s;
    set_up(&s, 1);
    binet_invariance_setting found[K];
    binet_invariance_result result = {.struct_size = sizeof result, .settings = found, .settings_capacity = K};
    CHECK_INT(binet_invariance(NULL, s.pointers, K, 1, s.features, NULL, &result, NULL), BINET_OK);
    CHECK(result.n == N && result.n_settings == K && result.reference == 1);
    CHECK(isnan(result.accuracy_area.value) && isnan(result.consistency_area.low)); /* no values were given */
    for (int k = 0; k < K; k++) {
        int64_t right = 0, same = 0, gained = 0, lost = 0, other = 0;
        double cosines = 0;
        double shift = 0;
        for (int64_t i = 0; i < N; i++) {
            int64_t here = answer(logits[k] + i * C);
            int64_t there = answer(logits[1] + i * C);
            right += here == labels[i];
            same += here == there;
            gained += here == labels[i] && there != labels[i];
            lost += here != labels[i] && there == labels[i];
            other += here != labels[i] && there != labels[i] && here != there;
            double ab = 0, aa = 0, bb = 0;
            for (int64_t j = 0; j < D; j++) {
                double a = features[k][i * D + j];
                double b = features[1][i * D + j];
                ab += a * b;
                aa += a * a;
                bb += b * b;
            }
            cosines += ab / sqrt(aa * bb);
            shift += scores_f64(s.settings[k], BINET_TRUE_PROBABILITY, i) -
                     scores_f64(s.settings[1], BINET_TRUE_PROBABILITY, i);
        }
        CHECK_INT(found[k].n_correct, right);
        CHECK_INT(found[k].n_same, same);
        CHECK_INT(found[k].n_to_right, gained);
        CHECK_INT(found[k].n_to_wrong, lost);
        CHECK_INT(found[k].n_other_wrong, other);
        CHECK_INT(found[k].n_correct, found[1].n_correct + gained - lost);
        CHECK_INT(same + gained + lost + other, N);
        CHECK_NEAR(found[k].probability_shift.value, shift / N, 1e-12);
        CHECK_NEAR(found[k].true_probability.value - found[1].true_probability.value, shift / N, 1e-12);
        CHECK_NEAR(found[k].cosine.value, cosines / N, 1e-12);
        CHECK(found[k].n_cosine == N && found[k].n_zero == 0 && found[k].n_unknown == 0);
        CHECK(found[k].accuracy_low < found[k].accuracy && found[k].accuracy < found[k].accuracy_high);
    }
    CHECK(found[1].consistency == 1 && found[1].cosine.value == 1 && found[1].cosine.low == 1);
    CHECK(found[1].probability_shift.value == 0 && found[1].probability_shift.high == 0);
    CHECK(found[3].consistency < found[2].consistency);
    tear_down(&s);
}

/** A table in which row i is right with probability p[i], of two classes. */
static binet_predictions *of_probabilities(const double *p, int64_t n)
{
    double scores[8][2];
    int64_t truth[8] = {0};
    for (int64_t i = 0; i < n; i++) {
        scores[i][0] = p[i];
        scores[i][1] = 1 - p[i];
    }
    binet_array matrix = scores_matrix(scores, BINET_F64, n, 2);
    binet_array vector = scores_vector(truth, BINET_I64, n);
    binet_predictions *table = NULL;
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_PROBABILITIES, &matrix, &vector, NULL, &table, NULL), BINET_OK);
    return table;
}

static void areas_are_trapezoids(void)
{
    /* Heights .75, .5, .5 of accuracy at 0, 5, 30: (5 (.75 + .5) / 2 + 25 .5) / 30. */
    const double p[3][4] = {{0.75, 0.75, 0.75, 0.25}, {0.75, 0.75, 0.25, 0.25}, {0.625, 0.25, 0.75, 0.25}};
    const double values[] = {0, 5, 30};
    binet_predictions *tables[3];
    for (int k = 0; k < 3; k++) {
        tables[k] = of_probabilities(p[k], 4);
    }
    const binet_predictions *pointers[] = {tables[0], tables[1], tables[2]};
    binet_invariance_options options = {.struct_size = sizeof options, .values = values};
    binet_invariance_result result = {.struct_size = sizeof result};
    CHECK_INT(binet_invariance(NULL, pointers, 3, 0, NULL, &options, &result, NULL), BINET_OK);
    CHECK_NEAR(result.accuracy_area.value, (5 * 0.625 + 25 * 0.5) / 30, 1e-15);
    CHECK_NEAR(result.consistency_area.value, (5 * 0.875 + 25 * 0.75) / 30, 1e-15); /* 1, .75, .75 */
    CHECK_NEAR(result.true_probability_area.value, (5 * 0.5625 + 25 * 0.484375) / 30, 1e-15);
    /* The same picture by picture, for the interval: */
    const double areas[] = {1, (2.5 + 5 * 0.5 + 25 * 0.5) / 30, (2.5 + 25 * 0.5) / 30, 0};
    double mean = 0;
    double squares = 0;
    for (int i = 0; i < 4; i++) {
        mean += areas[i] / 4;
    }
    for (int i = 0; i < 4; i++) {
        squares += (areas[i] - mean) * (areas[i] - mean);
    }
    CHECK_NEAR(result.accuracy_area.value, mean, 1e-15);
    double half = 1.959963984540054 * sqrt(squares / 3 / 4);
    CHECK_NEAR(result.accuracy_area.low, mean - half, 1e-14);
    CHECK_NEAR(result.accuracy_area.high, mean + half, 1e-14);
    for (int k = 0; k < 3; k++) {
        binet_predictions_destroy(tables[k]);
    }
}

static void rows_meet_by_file_name_and_their_order_changes_no_bit(void)
{
    scene s;
    set_up(&s, 1);
    static float shuffled[N * D];
    int64_t order[N];
    for (int64_t i = 0; i < N; i++) {
        order[i] = (i * 37 + 11) % N;
        memcpy(shuffled + i * D, features[2] + order[i] * D, D * sizeof(float));
    }
    const double values[] = {-1, 0, 2.5, 3};
    binet_invariance_options options = {.struct_size = sizeof options, .values = values};
    binet_invariance_setting found[2][K];
    binet_invariance_result result[2] = {
        {.struct_size = sizeof result[0], .settings = found[0], .settings_capacity = K},
        {.struct_size = sizeof result[0], .settings = found[1], .settings_capacity = K}};
    CHECK_INT(binet_invariance(NULL, s.pointers, K, 1, s.features, &options, &result[0], NULL), BINET_OK);
    binet_predictions *other = make(2, order, labels, names);
    s.pointers[2] = other;
    s.features[2] = scores_matrix(shuffled, BINET_F32, N, D);
    CHECK_INT(binet_invariance(NULL, s.pointers, K, 1, s.features, &options, &result[1], NULL), BINET_OK);
    CHECK(memcmp(found[0], found[1], sizeof found[0]) == 0);
    CHECK(memcmp(&result[0].accuracy_area, &result[1].accuracy_area, 3 * sizeof result[0].accuracy_area) == 0);
    binet_predictions_destroy(other);
    tear_down(&s);
}

static void neither_threads_nor_strides_change_a_bit(void)
{
    static double wide[N][2 * D];
    scene s;
    set_up(&s, 0); /* without names, by position */
    binet_invariance_setting found[3][K];
    for (int i = 0; i < 3; i++) {
        pooled on = pooled_start(i + 1, BINET_ISA_DEFAULT);
        if (i == 2) { /* the same numbers in f64, every other column, backwards */
            for (int row = 0; row < N; row++) {
                for (int j = 0; j < D; j++) {
                    wide[N - 1 - row][2 * j] = features[3][row * D + j];
                }
            }
            binet_array view = {wide[N - 1], BINET_F64, 2, {N, D}, {-(int64_t)sizeof wide[0], 16}};
            s.features[3] = view;
        }
        binet_invariance_result result = {.struct_size = sizeof result, .settings = found[i], .settings_capacity = K};
        CHECK_INT(binet_invariance(on.context, s.pointers, K, 0, s.features, NULL, &result, NULL), BINET_OK);
        CHECK(memcmp(found[i], found[0], sizeof found[0]) == 0);
        pooled_end(on);
    }
    tear_down(&s);
}

static void zero_vectors_are_counted(void)
{
    scene s;
    set_up(&s, 1);
    binet_invariance_setting found[K];
    binet_invariance_result result = {.struct_size = sizeof result, .settings = found, .settings_capacity = K};
    memset(features[2], 0, 3 * D * sizeof(float));
    memset(features[0] + D, 0, 5 * D * sizeof(float)); /* of the reference: rows 1 to 5 */
    memset(features[3], 0, sizeof features[3]);
    CHECK_INT(binet_invariance(NULL, s.pointers, K, 0, s.features, NULL, &result, NULL), BINET_OK);
    CHECK(found[0].n_zero == 5 && found[0].n_cosine == N - 5 && found[0].cosine.value == 1);
    CHECK(found[2].n_zero == 6 && found[2].n_cosine == N - 6 && !isnan(found[2].cosine.value));
    CHECK(found[3].n_zero == N && found[3].n_cosine == 0 && isnan(found[3].cosine.value));
    CHECK_INT(binet_invariance(NULL, s.pointers, K, 0, NULL, NULL, &result, NULL), BINET_OK);
    CHECK(found[2].n_zero == 0 && found[2].n_cosine == 0 && isnan(found[2].cosine.value));
    tear_down(&s);
}

static void one_picture_has_no_interval_of_a_mean(void)
{
    const double p[] = {0.75, 0.25};
    binet_predictions *a = of_probabilities(&p[0], 1);
    binet_predictions *b = of_probabilities(&p[1], 1);
    const binet_predictions *pointers[] = {a, b};
    binet_invariance_setting found[2];
    binet_invariance_result result = {.struct_size = sizeof result, .settings = found, .settings_capacity = 2};
    CHECK_INT(binet_invariance(NULL, pointers, 2, 0, NULL, NULL, &result, NULL), BINET_OK);
    CHECK(found[1].probability_shift.value == -0.5 && isnan(found[1].probability_shift.low));
    CHECK(found[1].n_to_wrong == 1 && found[1].consistency == 0 && found[1].consistency_high > 0.5);
    binet_predictions_destroy(a);
    binet_predictions_destroy(b);
}

/* ---- Bad inputs -------------------------------------------------------------------------------------------------- */

typedef struct request {
    int64_t n_settings;
    int64_t reference;
    const binet_array *features;
    binet_invariance_options options;
} request;

static void check_fails(const scene *s, const request *asked, binet_status status, const char *argument,
                        int64_t element, const char *message)
{
    binet_invariance_setting found[K];
    memset(found, 7, sizeof found);
    binet_invariance_result result = {.struct_size = sizeof result, .settings = found, .settings_capacity = K, .n = -3};
    binet_error error = {0};
    CHECK_INT(binet_invariance(NULL, s->pointers, asked->n_settings, asked->reference, asked->features, &asked->options,
                               &result, &error),
              status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, message);
    CHECK(result.n == -3 && ((const char *)found)[0] == 7); /* untouched */
}

static void wrong_arguments_are_named(void)
{
    scene s;
    set_up(&s, 1);
    const request plain = {K, 0, NULL, {.struct_size = sizeof plain.options}};
    request asked = plain;
    asked.n_settings = 1;
    check_fails(&s, &asked, BINET_INVALID_ARGUMENT, "n_settings", -1,
                "n_settings is 1; allowed: 2 .. 65536, one of them the reference");
    asked = plain;
    asked.reference = K;
    check_fails(&s, &asked, BINET_INVALID_ARGUMENT, "reference", -1, "reference is 4; allowed: 0 .. 3");
    asked.reference = -1;
    check_fails(&s, &asked, BINET_INVALID_ARGUMENT, "reference", -1, "reference is -1");
    asked = plain;
    asked.options.confidence_level = 1;
    check_fails(&s, &asked, BINET_INVALID_ARGUMENT, "options", -1, "confidence_level is 1; allowed: between 0 and 1");
    asked = plain;
    asked.options.reserved = 2;
    check_fails(&s, &asked, BINET_INVALID_ARGUMENT, "options", -1, "reserved is 2, not 0");
    asked = plain;
    asked.options.values = (const double[]){0, 5, 5, 30};
    check_fails(&s, &asked, BINET_INVALID_ARGUMENT, "options", 2, "options->values[2] is 5, not more than the one");
    asked.options.values = (const double[]){0, 5, NAN, 30};
    check_fails(&s, &asked, BINET_INVALID_ARGUMENT, "options", 2, "options->values[2] is nan; they must be finite");
    asked.options.values = (const double[]){-1e308, 5, 6, 1e308};
    check_fails(&s, &asked, BINET_INVALID_ARGUMENT, "options", -1, "which is too far");
    asked = plain;
    s.pointers[2] = NULL;
    check_fails(&s, &asked, BINET_INVALID_ARGUMENT, "settings", 2, "settings[2] is NULL");
    binet_error error;
    s.pointers[2] = s.settings[2];
    CHECK_INT(binet_invariance(NULL, NULL, K, 0, NULL, NULL, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "settings");
    CHECK_INT(binet_invariance(NULL, s.pointers, K, 0, NULL, NULL, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "result");
    binet_invariance_setting found[K];
    binet_invariance_result result = {.struct_size = sizeof result, .settings = found, .settings_capacity = K - 1};
    CHECK_INT(binet_invariance(NULL, s.pointers, K, 0, NULL, NULL, &result, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "result->settings_capacity is 3; 4 settings need at least as many");
    tear_down(&s);
}

static void tables_of_other_pictures_are_refused(void)
{
    scene s;
    set_up(&s, 1);
    const request asked = {K, 0, NULL, {.struct_size = sizeof asked.options}};
    const int64_t some[] = {0, 1, 2};
    binet_array rows = scores_vector(some, BINET_I64, 3);
    binet_predictions *other = NULL;
    CHECK_INT(binet_predictions_select(NULL, s.settings[1], &rows, &other, NULL), BINET_OK);
    s.pointers[1] = other;
    check_fails(&s, &asked, BINET_INVALID_DATA, "settings", -1,
                "settings[1] has 3 rows and settings[0], the reference, 500; the same pictures are needed");
    binet_predictions_destroy(other);

    other = make(1, NULL, labels, NULL);
    s.pointers[1] = other;
    check_fails(&s, &asked, BINET_INVALID_DATA, "settings", 0, "settings[1] has no file name in row 0");
    binet_predictions_destroy(other);

    static char others[N][16];
    const char *renamed[N];
    for (int i = 0; i < N; i++) {
        (void)snprintf(others[i], sizeof others[i], "other%d", i);
        renamed[i] = others[i];
    }
    other = make(1, NULL, labels, renamed);
    s.pointers[1] = other;
    check_fails(&s, &asked, BINET_INVALID_DATA, "settings", -1,
                "settings[1] and settings[0], the reference, share no file name");
    binet_predictions_destroy(other);

    memcpy(renamed, names, sizeof renamed);
    renamed[7] = "x";
    renamed[9] = "y";
    other = make(1, NULL, labels, renamed);
    s.pointers[1] = other;
    check_fails(&s, &asked, BINET_INVALID_DATA, "settings", 7,
                "settings[1] lacks 2 of the files of settings[0], the first of them '049.png'");
    binet_predictions_destroy(other);

    renamed[9] = renamed[8];
    other = make(1, NULL, labels, renamed);
    s.pointers[1] = other;
    check_fails(&s, &asked, BINET_INVALID_DATA, "settings", 9, "settings[1]: rows 8 and 9 have the same file name");
    binet_predictions_destroy(other);
    tear_down(&s);
}

static void labels_are_needed_and_must_agree(void)
{
    scene s;
    set_up(&s, 1);
    const request asked = {K, 3, NULL, {.struct_size = sizeof asked.options}};
    int64_t changed[N];
    memcpy(changed, labels, sizeof changed);
    changed[4] = (changed[4] + 1) % C;
    binet_predictions *other = make(1, NULL, changed, names);
    s.pointers[1] = other;
    check_fails(&s, &asked, BINET_INVALID_DATA, "settings", 4, "settings[1] has the label");
    binet_predictions_destroy(other);
    binet_array scores = scores_matrix(logits[1], BINET_F64, N, C);
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &scores, NULL, NULL, &other, NULL), BINET_OK);
    s.pointers[1] = other;
    check_fails(&s, &asked, BINET_INVALID_DATA, "settings", 0, "settings[1] has no label in row 0");
    binet_predictions_destroy(other);
    scores = scores_matrix(logits[1], BINET_F64, N - 1, C);
    binet_array truth = scores_vector(labels, BINET_I64, N);
    scores.shape[0] = N;
    scores.shape[1] = C - 1;
    for (int i = 0; i < N; i++) {
        changed[i] = labels[i] % (C - 1);
    }
    truth.data = changed;
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &scores, &truth, NULL, &other, NULL), BINET_OK);
    s.pointers[1] = other;
    check_fails(&s, &asked, BINET_INVALID_DATA, "settings", -1, "settings[1] has 6 classes and settings[3] has 7");
    binet_predictions_destroy(other);
    tear_down(&s);
}

/* As a table of another program may have them. */
static void probabilities_must_be_some(void)
{
    static const double improbable[] = {INFINITY, 1e300, 1.001, -0.001};
    scene s;
    set_up(&s, 1);
    const request asked = {K, 3, NULL, {.struct_size = sizeof asked.options}};
    for (int i = 0; i < 4; i++) {
        binet_predictions *other = make(1, NULL, labels, names);
        binet__column_f64(other, BINET_TRUE_PROBABILITY)[5] = improbable[i];
        s.pointers[1] = other;
        check_fails(&s, &asked, BINET_INVALID_DATA, "settings", 5, "settings[1] has the true_probability");
        binet_predictions_destroy(other);
    }
    tear_down(&s);
}

static void features_must_fit(void)
{
    scene s;
    set_up(&s, 1);
    request asked = {K, 0, s.features, {.struct_size = sizeof asked.options}};
    s.features[2].shape[0] = N - 1;
    check_fails(&s, &asked, BINET_INVALID_ARGUMENT, "features", 2,
                "features[2] has shape [499, 19]; allowed: [500, D]");
    s.features[2] = scores_matrix(features[2], BINET_F32, N, D - 1);
    check_fails(&s, &asked, BINET_INVALID_ARGUMENT, "features", 2, "features[2] has shape [500, 18]");
    s.features[2] = scores_vector(features[2], BINET_I64, N);
    check_fails(&s, &asked, BINET_INVALID_ARGUMENT, "features", 2, "features[2]: features has");
    s.features[2] = scores_matrix(features[2], BINET_F32, N, D);
    features[2][300 * D + 3] = NAN;
    features[2][400 * D + 3] = INFINITY;
    check_fails(&s, &asked, BINET_INVALID_DATA, "features", 300,
                "features[2] has a value in row 300 that is not finite");
    features[2][300 * D + 3] = 0;
    check_fails(&s, &asked, BINET_INVALID_DATA, "features", 400,
                "features[2] has a value in row 400 that is not finite");
    tear_down(&s);
}

static void no_memory_at_any_call_leaves_nothing(void)
{
    scene s;
    set_up(&s, 1);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet_invariance_setting found[K];
        binet_invariance_result result = {
            .struct_size = sizeof result, .settings = found, .settings_capacity = K, .n = -1};
        binet_status status = binet_invariance(context, s.pointers, K, 0, s.features, NULL, &result, NULL);
        CHECK_INT(result.n, status == BINET_OK ? N : -1);
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
    tear_down(&s);
}

int main(void)
{
    RUN(counts_are_those_of_a_plain_loop);
    RUN(areas_are_trapezoids);
    RUN(rows_meet_by_file_name_and_their_order_changes_no_bit);
    RUN(neither_threads_nor_strides_change_a_bit);
    RUN(zero_vectors_are_counted);
    RUN(one_picture_has_no_interval_of_a_mean);
    RUN(wrong_arguments_are_named);
    RUN(tables_of_other_pictures_are_refused);
    RUN(labels_are_needed_and_must_agree);
    RUN(probabilities_must_be_some);
    RUN(features_must_fit);
    RUN(no_memory_at_any_call_leaves_nothing);
    return check_result();
}
