/* One answer from many models in C: outputs stay untouched on failure, and memory is given back. The numbers are held
 * to SciPy in tests/python/test_ensemble.py. */
#include "binet/selection.h"

#include <math.h>

#include "check.h"
#include "failing_allocator.h"
#include "scores.h"

enum { N = 70, C = 5, MODELS = 3 };

static double logits[MODELS][N][C];
static int64_t labels[N];

static void fill(void)
{
    scores_logits(&logits[0][0][0], (int64_t)MODELS * N * C, 7);
    scores_labels(labels, N, C, 9);
}

static void arrays_of(binet_array arrays[MODELS])
{
    for (int i = 0; i < MODELS; i++) {
        arrays[i] = scores_matrix(logits[i], BINET_F64, N, C);
    }
}

static void memory_that_runs_out_is_given_back(void)
{
    binet_array arrays[MODELS];
    binet_array truth = scores_vector(labels, BINET_I64, N);
    arrays_of(arrays);
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet_predictions *mixed = NULL;
        binet_status status = binet_ensemble(context, BINET_LOGITS, arrays, MODELS, &truth, NULL, &mixed, NULL);
        CHECK((mixed == NULL) == (status != BINET_OK));
        binet_predictions_destroy(mixed);
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
    binet_predictions *tables[MODELS] = {NULL};
    for (int i = 0; i < MODELS; i++) {
        CHECK_INT(binet_predictions_from_scores(NULL, BINET_LOGITS, &arrays[i], &truth, NULL, &tables[i], NULL),
                  BINET_OK);
    }
    const binet_predictions *const *given = (const binet_predictions *const *)tables;
    int32_t choice[C];
    FAILING_ALLOCATOR_LOOP(again, other)
    {
        memset(choice, 0x55, sizeof choice);
        binet_status status = binet_choose_per_class(other, given, MODELS, C, choice, NULL);
        CHECK((choice[0] == 0x55555555) == (status != BINET_OK));
        failing_allocator_next(&again, status);
    }
    binet_context_destroy(other);
    binet_array chosen = scores_vector(choice, BINET_I32, C);
    FAILING_ALLOCATOR_LOOP(last, third)
    {
        binet_predictions *answers = NULL;
        binet_status status = binet_answer_per_class(third, given, MODELS, &chosen, &answers, NULL);
        CHECK((answers == NULL) == (status != BINET_OK));
        binet_predictions_destroy(answers);
        failing_allocator_next(&last, status);
    }
    binet_context_destroy(third);
    for (int i = 0; i < MODELS; i++) {
        binet_predictions_destroy(tables[i]);
    }
}

static void a_row_at_fault_names_its_model(void)
{
    binet_array arrays[MODELS];
    binet_predictions *mixed = NULL;
    binet_error error;
    arrays_of(arrays);
    logits[2][N - 1][1] = NAN;
    CHECK_INT(binet_ensemble(NULL, BINET_LOGITS, arrays, MODELS, NULL, NULL, &mixed, &error), BINET_INVALID_DATA);
    CHECK_TEXT(error.argument, "scores");
    CHECK_INT(error.element, N - 1);
    CHECK_CONTAINS(error.message, "model 2: scores[69] has a NaN in column 1");
    CHECK(mixed == NULL);
    fill();
    binet_ensemble_options options = {sizeof options, 7};
    CHECK_INT(binet_ensemble(NULL, BINET_LOGITS, arrays, MODELS, NULL, &options, &mixed, &error),
              BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "options->weighting is 7");
    CHECK_INT(binet_ensemble(NULL, 3, arrays, MODELS, NULL, NULL, &mixed, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "kind");
    CHECK_INT(binet_ensemble(NULL, BINET_LOGITS, NULL, MODELS, NULL, NULL, &mixed, &error), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet_ensemble(NULL, BINET_LOGITS, arrays, MODELS, NULL, NULL, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "predictions");
}

int main(void)
{
    fill();
    RUN(memory_that_runs_out_is_given_back);
    RUN(a_row_at_fault_names_its_model);
    return check_result();
}
