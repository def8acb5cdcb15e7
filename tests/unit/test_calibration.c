/* Calibration errors are those of the definition, whatever the order of the rows. */
#include "binet/calibration.h"

#include <math.h>

#include "check.h"
#include "confidences.h"
#include "data.h"
#include "failing_allocator.h"
#include "scores.h"

enum { MOST = 4000 };

static binet_calibration_result measure(const binet_predictions *table, int32_t n_bins, int32_t binning,
                                        binet_calibration_bin *bins)
{
    binet_calibration_options options = {sizeof options, n_bins, binning, 0};
    binet_calibration_result result = {.struct_size = sizeof result, .bins = bins, .bins_capacity = n_bins};
    CHECK_INT(binet_calibration(NULL, table, &options, &result, NULL), BINET_OK);
    return result;
}

static void the_errors_are_those_of_the_definition(void)
{
    /* Two bins: {0.4 wrong, 0.5 right} and {0.75 right, 1 right, 1 wrong}. */
    const double confidences[] = {0.75, 0.4, 1.0, 0.5, 1.0};
    const int right[] = {1, 0, 1, 1, 0};
    binet_predictions *table = confidences_table(confidences, right, 5);
    binet_calibration_bin bins[2];
    binet_calibration_result result = measure(table, 2, BINET_EQUAL_WIDTH, bins);
    double first = 0.5 - 0.45;
    double second = 2.75 / 3.0 - 2.0 / 3.0;
    CHECK_INT(result.n, 5);
    CHECK_INT(result.n_bins, 2);
    CHECK_INT(bins[0].count, 2);
    CHECK_INT(bins[1].count, 3);
    CHECK_NEAR(bins[0].low, 0.0, 0.0);
    CHECK_NEAR(bins[0].high, 0.5, 0.0);
    CHECK_NEAR(bins[0].accuracy, 0.5, 0.0);
    CHECK_NEAR(bins[0].confidence, 0.45, 1e-16);
    CHECK_NEAR(result.ece, 0.4 * first + 0.6 * second, 1e-15);
    CHECK_NEAR(result.mce, second, 1e-15);
    CHECK_NEAR(result.rms, sqrt(0.4 * first * first + 0.6 * second * second), 1e-15);
    CHECK_NEAR(result.accuracy, 0.6, 0.0);
    CHECK_NEAR(result.confidence, 3.65 / 5.0, 1e-15);
    binet_predictions_destroy(table);
}

static void edges_are_open_below_and_closed_above(void)
{
    /* Every edge of every number of bins, and its neighbours: the edge belongs to the bin that it closes. */
    static double confidences[MOST];
    static int right[MOST];
    static binet_calibration_bin bins[1000];
    for (int32_t n_bins = 2; n_bins <= 1000; n_bins++) {
        int64_t n = 0;
        int32_t first = n_bins / 2 + 1;
        for (int32_t i = first; i <= n_bins; i++) {
            double edge = i == n_bins ? 1.0 : i * (1.0 / n_bins);
            confidences[n++] = edge;
            confidences[n++] = nextafter(edge, 0.0);
            if (i < n_bins) {
                confidences[n++] = nextafter(edge, 1.0);
            }
        }
        binet_predictions *table = confidences_table(confidences, right, n);
        (void)measure(table, n_bins, BINET_EQUAL_WIDTH, bins);
        for (int32_t b = first; b < n_bins; b++) {
            CHECK_INT(bins[b].count, 3);
        }
        CHECK_INT(bins[first - 1].count, 2);
        CHECK_NEAR(bins[n_bins - 1].high, 1.0, 0.0);
        CHECK_NEAR(bins[first - 1].low, (first - 1) * (1.0 / n_bins), 0.0);
        binet_predictions_destroy(table);
    }
}

static void equal_mass_splits_as_array_split(void)
{
    /* 7 rows in 3 bins: 3, 2, 2. Of the two at 0.8 the wrong one comes first, whatever the order. */
    const double confidences[2][7] = {{0.9, 0.8, 0.8, 0.7, 0.6, 0.95, 0.5}, {0.5, 0.8, 0.6, 0.8, 0.95, 0.9, 0.7}};
    const int right[2][7] = {{1, 1, 0, 0, 1, 1, 0}, {0, 0, 1, 1, 1, 1, 0}};
    binet_calibration_bin bins[2][3];
    for (int i = 0; i < 2; i++) {
        binet_predictions *table = confidences_table(confidences[i], right[i], 7);
        (void)measure(table, 3, BINET_EQUAL_MASS, bins[i]);
        binet_predictions_destroy(table);
    }
    CHECK(memcmp(bins[0], bins[1], sizeof bins[0]) == 0);
    CHECK_INT(bins[0][0].count, 3);
    CHECK_INT(bins[0][1].count, 2);
    CHECK_INT(bins[0][2].count, 2);
    CHECK_NEAR(bins[0][0].low, 0.5, 0.0);
    CHECK_NEAR(bins[0][0].high, 0.7, 0.0);
    CHECK_NEAR(bins[0][1].low, 0.8, 0.0);
    CHECK_NEAR(bins[0][1].accuracy, 0.5, 0.0);
}

static void a_bin_without_rows_is_empty_not_zero(void)
{
    const double confidences[] = {0.9, 1.0};
    const int right[] = {1, 1};
    binet_calibration_bin bins[4];
    binet_predictions *table = confidences_table(confidences, right, 2);
    binet_calibration_result result = measure(table, 4, BINET_EQUAL_WIDTH, bins);
    CHECK_INT(bins[1].count, 0);
    CHECK(isnan(bins[1].accuracy) && isnan(bins[1].confidence));
    CHECK_NEAR(bins[1].low, 0.25, 0.0);
    CHECK_NEAR(result.ece, 0.05, 1e-15);
    (void)measure(table, 4, BINET_EQUAL_MASS, bins);
    CHECK_INT(bins[1].count, 1);
    CHECK_INT(bins[2].count, 0);
    CHECK(isnan(bins[2].low) && isnan(bins[2].high) && isnan(bins[2].accuracy));
    binet_predictions_destroy(table);
}

static void order_never_changes_a_bit(void)
{
    static double confidences[2][MOST];
    static int right[2][MOST];
    static binet_calibration_bin bins[2][100];
    uint64_t state = 11;
    for (int i = 0; i < MOST; i++) {
        double p = 0.5 + (double)(scores_next(&state) >> 40) * 0x1p-25;
        confidences[0][i] = confidences[1][MOST - 1 - i] = p;
        right[0][i] = right[1][MOST - 1 - i] = (state >> 20 & 3) != 0;
    }
    for (int32_t binning = BINET_EQUAL_WIDTH; binning <= BINET_MONOTONE_SWEEP; binning++) {
        binet_calibration_result results[2];
        for (int i = 0; i < 2; i++) {
            binet_predictions *table = confidences_table(confidences[i], right[i], MOST);
            results[i] = measure(table, 100, binning, bins[i]);
            results[i].bins = NULL;
            binet_predictions_destroy(table);
        }
        CHECK(memcmp(bins[0], bins[1], sizeof bins[0]) == 0);
        CHECK(memcmp(&results[0].ece, &results[1].ece, 5 * sizeof(double)) == 0);
    }
}

/* ---- Bad input --------------------------------------------------------------------------------------------------- */

static void refused(const binet_predictions *table, const binet_calibration_options *options, int64_t capacity,
                    binet_status status, const char *argument, int64_t element, const char *why)
{
    binet_calibration_bin bins[15] = {{0}};
    binet_calibration_result result;
    binet_calibration_result before;
    binet_error error;
    memset(&result, 0, sizeof result);
    result.struct_size = sizeof result;
    result.bins = bins;
    result.bins_capacity = capacity;
    memcpy(&before, &result, sizeof result);
    CHECK_INT(binet_calibration(NULL, table, options, &result, &error), status);
    CHECK_TEXT(error.argument, argument);
    CHECK_INT(error.element, element);
    CHECK_CONTAINS(error.message, why);
    CHECK(memcmp(&before, &result, sizeof result) == 0);
    CHECK_INT(bins[14].count, 0);
}

static void what_is_wrong_is_named(void)
{
    const double confidences[] = {0.9, 1.0};
    const int right[] = {1, 1};
    binet_predictions *table = confidences_table(confidences, right, 2);
    binet_predictions *bare = NULL;
    binet_error error;
    refused(NULL, NULL, 15, BINET_INVALID_ARGUMENT, "predictions", -1, "NULL");
    refused(table, NULL, 14, BINET_INVALID_ARGUMENT, "result", -1, "bins_capacity is 14; 15 bins");
    static const int32_t wrong[] = {-1, 65537, INT32_MIN};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        binet_calibration_options options = {sizeof options, wrong[i], 0, 0};
        refused(table, &options, 15, BINET_INVALID_ARGUMENT, "options", -1, "allowed: 1 .. 65536");
    }
    static const int32_t unknown[] = {-1, 6, INT32_MAX};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        binet_calibration_options options = {sizeof options, 0, unknown[i], 0};
        refused(table, &options, 15, BINET_INVALID_ARGUMENT, "options", -1, "options->binning is");
        options = (binet_calibration_options){sizeof options, 0, 0, unknown[i]};
        refused(table, &options, 15, BINET_INVALID_ARGUMENT, "options", -1, "options->convention is");
    }
    struct {
        binet_calibration_options known;
        int32_t unknown;
    } newer = {{sizeof newer, 0, 0, 0}, 1};
    refused(table, &newer.known, 15, BINET_UNSUPPORTED, "options", -1, "does not know");
    CHECK_INT(binet_calibration(NULL, table, NULL, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "result");
    const double scores[2] = {0.5, 0.5};
    binet_array matrix = {scores, BINET_F64, 2, {2, 2}, {0, 8}};
    CHECK_INT(binet_predictions_from_scores(NULL, BINET_PROBABILITIES, &matrix, NULL, NULL, &bare, NULL), BINET_OK);
    refused(bare, NULL, 15, BINET_INVALID_DATA, "predictions", 0, "row 0 has no label");
    binet_predictions_destroy(bare);
    binet_predictions_destroy(table);
}

static void the_most_bins_are_served(void)
{
    const double confidences[] = {0.9, 1.0};
    const int right[] = {1, 1};
    binet_predictions *table = confidences_table(confidences, right, 2);
    binet_calibration_bin *bins = calloc(65536, sizeof *bins);
    CHECK_INT(measure(table, 65536, BINET_EQUAL_WIDTH, bins).n_bins, 65536);
    CHECK_INT(bins[65535].count, 1);
    CHECK_INT(measure(table, 65536, BINET_EQUAL_MASS, bins).n_bins, 65536);
    CHECK_INT(bins[1].count, 1);
    free(bins);
    binet_predictions_destroy(table);
}

static void without_memory_nothing_leaks(void)
{
    const double confidences[] = {0.9, 1.0};
    const int right[] = {1, 1};
    binet_predictions *table = confidences_table(confidences, right, 2);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet_calibration_options options = {sizeof options, 3, BINET_EQUAL_MASS, 0};
        binet_calibration_bin bins[3] = {{0}};
        binet_calibration_result result = {.struct_size = sizeof result, .bins = bins, .bins_capacity = 3, .n = 77};
        binet_status status = binet_calibration(context, table, &options, &result, NULL);
        CHECK_INT(result.n, status == BINET_OK ? 2 : 77);
        CHECK_INT(bins[0].count, status == BINET_OK);
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
    binet_predictions_destroy(table);
}

/* ---- Real predictions -------------------------------------------------------------------------------------------- */

typedef struct published {
    const char *file;
    double accuracy, ece, mce, rms, equal_mass, confidence;
    struct {
        int64_t count;
        double accuracy, confidence;
    } bins[15];
} published;

/* `imagenet_val` of expected.json beside the data. */
static const published models[] = {{"imagenet-val/ResNet50.csv",
                                    0.7613,
                                    0.03730791263658202,
                                    0.12334616427352943,
                                    0.04215800505081886,
                                    0.03707992930435405,
                                    0.796989291810502,
                                    {{34, 0.17647058823529413, 0.05312442396176471},
                                     {383, 0.14360313315926893, 0.1075819369522193},
                                     {799, 0.17647058823529413, 0.16834180064468088},
                                     {1127, 0.22271517302573204, 0.23393362039929014},
                                     {1395, 0.3125448028673835, 0.3010890812655914},
                                     {1554, 0.3410553410553411, 0.36748160316415707},
                                     {1808, 0.41095132743362833, 0.43495520164668144},
                                     {2198, 0.48771610555050043, 0.5020323818628298},
                                     {2218, 0.5108205590622182, 0.5663541122201082},
                                     {2198, 0.5791628753412192, 0.633234890105232},
                                     {2269, 0.6416923754958131, 0.7009981558584399},
                                     {2349, 0.7020008514261388, 0.7676892985989358},
                                     {2834, 0.7632321806633733, 0.8346351637700423},
                                     {4140, 0.8316425120772947, 0.9028084635153382},
                                     {24694, 0.9603142463756378, 0.9873848120706771}}},
                                   {"imagenet-val/ViT.csv",
                                    0.78006,
                                    0.014125384529543957,
                                    0.07630908632152253,
                                    0.021312403620818952,
                                    0.014110831126912008,
                                    0.7783907616687962,
                                    {{210, 0.07142857142857142, 0.049825477718095236},
                                     {723, 0.16874135546334718, 0.1029772219538036},
                                     {977, 0.23950870010235414, 0.1681067879209826},
                                     {1064, 0.31109022556390975, 0.23478113924238722},
                                     {1408, 0.3338068181818182, 0.3007612124456676},
                                     {1542, 0.40142671854734113, 0.3681487153283398},
                                     {1811, 0.4334621755935947, 0.4342253786598012},
                                     {2230, 0.5237668161434977, 0.5014492384795517},
                                     {2192, 0.5679744525547445, 0.5669095754121807},
                                     {2260, 0.6473451327433628, 0.6330182301526106},
                                     {2361, 0.7039390088945362, 0.6999132508757306},
                                     {2655, 0.7585687382297551, 0.767343609659548},
                                     {3246, 0.8173136167590881, 0.8350597610459334},
                                     {4935, 0.8879432624113475, 0.903381688012847},
                                     {22386, 0.975609756097561, 0.9824413292174126}}}};

static void imagenet_models_come_out_as_published(void)
{
    for (size_t m = 0; m < sizeof models / sizeof models[0]; m++) {
        const published *model = &models[m];
        char path[1024];
        char labels_path[1024];
        if (data_path(path, model->file) == NULL || data_path(labels_path, "imagenet-val/labels.csv") == NULL) {
            continue;
        }
        binet_predictions *read = NULL;
        binet_predictions *table = NULL;
        binet_calibration_bin bins[15];
        CHECK_INT(binet_predictions_read_csv(NULL, path, &read, NULL), BINET_OK);
        CHECK_INT(binet_predictions_join_labels(NULL, read, labels_path, &table, NULL), BINET_OK);
        binet_calibration_result result = measure(table, 15, BINET_EQUAL_WIDTH, bins);
        CHECK_INT(result.n, 50000);
        CHECK_NEAR(result.accuracy, model->accuracy, 1e-15);
        CHECK_NEAR(result.ece, model->ece, 1e-9);
        CHECK_NEAR(result.mce, model->mce, 1e-9);
        CHECK_NEAR(result.rms, model->rms, 1e-9);
        CHECK_NEAR(result.confidence, model->confidence, 1e-9);
        for (int b = 0; b < 15; b++) {
            CHECK_INT(bins[b].count, model->bins[b].count);
            CHECK_NEAR(bins[b].accuracy, model->bins[b].accuracy, 1e-9);
            CHECK_NEAR(bins[b].confidence, model->bins[b].confidence, 1e-9);
        }
        (void)printf("%s: accuracy %.17g ece %.17g mce %.17g rms %.17g", model->file, result.accuracy, result.ece,
                     result.mce, result.rms);
        result = measure(table, 15, BINET_EQUAL_MASS, NULL);
        CHECK_NEAR(result.ece, model->equal_mass, 1e-9);
        (void)printf(" equal mass %.17g\n", result.ece);
        binet_predictions_destroy(table);
        binet_predictions_destroy(read);
    }
}

int main(void)
{
    RUN(the_errors_are_those_of_the_definition);
    RUN(edges_are_open_below_and_closed_above);
    RUN(equal_mass_splits_as_array_split);
    RUN(a_bin_without_rows_is_empty_not_zero);
    RUN(order_never_changes_a_bit);
    RUN(what_is_wrong_is_named);
    RUN(the_most_bins_are_served);
    RUN(without_memory_nothing_leaks);
    RUN(imagenet_models_come_out_as_published);
    return check_result();
}
