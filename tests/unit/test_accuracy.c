/* Accuracy counts exactly, and its interval is Wilson's. */
#include "binet/accuracy.h"

#include <math.h>
#include <stddef.h>

#include "check.h"
#include "scores.h"

enum { N = 200, C = 10 };

static double logits[N * C];
static int64_t labels[N];

static binet_predictions *make(int with_labels)
{
    scores_logits(logits, (int64_t)N * C, 3);
    scores_labels(labels, N, C, 4);
    return scores_table(logits, with_labels ? labels : NULL, NULL, N, C);
}

/* Classes that score higher than the label, those of equal score and lower index among them. */
static int64_t above(int64_t row)
{
    int64_t count = 0;
    const double *scores = logits + row * C;
    for (int64_t k = 0; k < C; k++) {
        double gap = scores[k] - scores[labels[row]];
        count += gap > 0.0 || (gap == 0.0 && k < labels[row]);
    }
    return count;
}

static void every_k_counts_what_a_plain_loop_counts(void)
{
    binet_predictions *table = make(1);
    for (int32_t k = 1; k <= C + 1; k++) {
        binet_accuracy_options options = {sizeof options, k, 0.0};
        binet_accuracy_result result = {.struct_size = sizeof result};
        int64_t expected = 0;
        for (int64_t i = 0; i < N; i++) {
            expected += above(i) < k;
        }
        CHECK_INT(binet_accuracy(NULL, table, &options, &result, NULL), BINET_OK);
        CHECK_INT(result.n, N);
        CHECK_INT(result.n_correct, expected);
        CHECK_NEAR(result.value, (double)expected / N, 0.0);
        CHECK(result.low <= result.value && result.value <= result.high);
    }
    binet_predictions_destroy(table);
}

/* A table of n rows whose first `right` are right. */
static void interval(int64_t right, int64_t n, double level, double low, double high)
{
    static const double two[2] = {1.0, 0.0};
    static int64_t truth[1000];
    for (int64_t i = 0; i < n; i++) {
        truth[i] = i >= right;
    }
    binet_array scores = {two, BINET_F64, 2, {n, 2}, {0, 8}};
    binet_array vector = scores_vector(truth, BINET_I64, n);
    binet_predictions *table = NULL;
    binet_accuracy_options options = {sizeof options, 0, level};
    binet_accuracy_result result = {.struct_size = sizeof result};
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &scores, &vector, NULL, &table, NULL), BINET_OK);
    CHECK_INT(binet_accuracy(NULL, table, &options, &result, NULL), BINET_OK);
    CHECK_INT(result.n_correct, right);
    CHECK_NEAR(result.low, low, 1e-14);
    CHECK_NEAR(result.high, high, 1e-14);
    binet_predictions_destroy(table);
}

static void the_interval_is_wilsons(void)
{
    /* scipy 1.17.1: stats.binomtest(right, n).proportion_ci(level, method="wilson"). */
    static const struct {
        int64_t right;
        int64_t n;
        double level;
        double low;
        double high;
    } known[] = {{0, 10, 0.95, 0.0, 0.27753279986288926},
                 {10, 10, 0.95, 0.7224672001371109, 1.0},
                 {7, 10, 0.95, 0.39677814746114526, 0.892208732593699},
                 {1, 1, 0.95, 0.20654931437723745, 1.0},
                 {1, 2, 0.5, 0.2847588845819623, 0.7152411154180377},
                 {250, 1000, 0.99, 0.21645462945665608, 0.28684095299504736},
                 {999, 1000, 0.95, 0.9943574414020421, 0.9998234536293739},
                 {3, 1000, 0.999, 0.0005532212740181983, 0.016094094978358175},
                 {500, 1000, 0.1, 0.4980131353374712, 0.5019868646625287}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        interval(known[i].right, known[i].n, known[i].level, known[i].low, known[i].high);
    }
}

static void nothing_or_everything_right_ends_exactly(void)
{
    binet_predictions *table = make(1);
    binet_predictions *right = NULL;
    int64_t other[N];
    for (int64_t i = 0; i < N; i++) {
        other[i] = scores_i32(table, BINET_PREDICTED_CLASS, i);
    }
    binet_array vector = scores_vector(other, BINET_I64, N);
    binet_accuracy_result result = {.struct_size = sizeof result};
    CHECK_INT(binet_predictions_with_labels(NULL, table, &vector, &right, NULL), BINET_OK);
    CHECK_INT(binet_accuracy(NULL, right, NULL, &result, NULL), BINET_OK);
    CHECK(result.value == 1.0 && result.high == 1.0 && result.low < 1.0);
    binet_predictions_destroy(right);
    for (int64_t i = 0; i < N; i++) {
        other[i] = (other[i] + 1) % C;
    }
    CHECK_INT(binet_predictions_with_labels(NULL, table, &vector, &right, NULL), BINET_OK);
    CHECK_INT(binet_accuracy(NULL, right, NULL, &result, NULL), BINET_OK);
    CHECK(result.value == 0.0 && result.low == 0.0 && result.high > 0.0);
    binet_predictions_destroy(right);
    binet_predictions_destroy(table);
}

static void refused(const binet_predictions *table, const binet_accuracy_options *options, binet_status status,
                    const char *argument, int64_t element, const char *why)
{
    binet_accuracy_result result;
    binet_accuracy_result before;
    binet_error error;
    memset(&result, 0, sizeof result);
    result.struct_size = sizeof result;
    result.n = 77;
    memcpy(&before, &result, sizeof result);
    CHECK_INT(binet_accuracy(NULL, table, options, &result, &error), status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
    CHECK(memcmp(&before, &result, sizeof result) == 0);
}

static void what_is_wrong_is_named(void)
{
    binet_predictions *table = make(1);
    binet_predictions *bare = make(0);
    binet_predictions *relabelled = NULL;
    binet_error error;
    refused(NULL, NULL, BINET_INVALID_ARGUMENT, "predictions", -1, "NULL");
    refused(bare, NULL, BINET_INVALID_DATA, "predictions", 0, "row 0 has no label");
    binet_accuracy_options options = {sizeof options, -1, 0.0};
    refused(table, &options, BINET_INVALID_ARGUMENT, "options", -1, "options->k is -1");
    static const double levels[] = {-0.5, 1.0, 2.0, NAN};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        options = (binet_accuracy_options){sizeof options, 0, levels[i]};
        refused(table, &options, BINET_INVALID_ARGUMENT, "options", -1, "confidence_level");
    }
    CHECK_INT(binet_accuracy(NULL, table, NULL, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "result");
    /* Labels that came later: a wrong row has no rank, so top-5 cannot be said. */
    binet_array vector = scores_vector(labels, BINET_I64, N);
    CHECK_INT(binet_predictions_with_labels(NULL, bare, &vector, &relabelled, NULL), BINET_OK);
    int64_t first_wrong = 0;
    while (above(first_wrong) == 0) {
        first_wrong++;
    }
    options = (binet_accuracy_options){sizeof options, 5, 0.0};
    refused(relabelled, &options, BINET_INVALID_DATA, "predictions", first_wrong, "no rank");
    binet_predictions_destroy(relabelled);
    binet_predictions_destroy(bare);
    binet_predictions_destroy(table);
}

static void structs_of_every_size_are_served(void)
{
    binet_predictions *table = make(1);
    binet_accuracy_result whole = {.struct_size = sizeof whole};
    binet_accuracy_options options = {sizeof options, 3, 0.5};
    CHECK_INT(binet_accuracy(NULL, table, &options, &whole, NULL), BINET_OK);
    for (uint32_t size = sizeof size; size <= sizeof whole; size++) {
        unsigned char bytes[sizeof whole + 8];
        memset(bytes, 0, sizeof bytes);
        memset(bytes + size, 0xAB, sizeof bytes - size);
        memcpy(bytes, &size, sizeof size);
        CHECK_INT(binet_accuracy(NULL, table, &options, (binet_accuracy_result *)(void *)bytes, NULL), BINET_OK);
        CHECK(memcmp(bytes + sizeof size, (const char *)&whole + sizeof size, size - sizeof size) == 0);
        CHECK_INT(bytes[size], 0xAB);
    }
    /* An old caller's options end before the level: 95 %. */
    options.struct_size = offsetof(binet_accuracy_options, confidence_level);
    binet_accuracy_result old = {.struct_size = sizeof old};
    CHECK_INT(binet_accuracy(NULL, table, &options, &old, NULL), BINET_OK);
    CHECK(old.n_correct == whole.n_correct && old.low < whole.low);
    struct {
        binet_accuracy_options known;
        int64_t unknown;
    } newer = {{sizeof newer, 3, 0.5}, 1};
    CHECK_INT(binet_accuracy(NULL, table, &newer.known, &old, NULL), BINET_UNSUPPORTED);
    newer.unknown = 0;
    CHECK_INT(binet_accuracy(NULL, table, &newer.known, &old, NULL), BINET_OK);
    binet_predictions_destroy(table);
}

int main(void)
{
    RUN(every_k_counts_what_a_plain_loop_counts);
    RUN(the_interval_is_wilsons);
    RUN(nothing_or_everything_right_ends_exactly);
    RUN(what_is_wrong_is_named);
    RUN(structs_of_every_size_are_served);
    return check_result();
}
