/* One answer from many models in C: outputs stay untouched on failure, and memory is given back. The numbers are held
 * to SciPy in tests/python/test_ensemble.py. */
#include "binet/selection.h"

#include <math.h>

#include "binet/threads.h"
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

/* In f32 and f64: the bits of the scalar build on one thread. */
static void threads_and_instruction_sets_do_not_matter(void)
{
    static float narrow[MODELS][N][C];
    binet_array arrays[2][MODELS];
    binet_thread_pool *pool = NULL;
    arrays_of(arrays[0]);
    for (int64_t i = 0; i < (int64_t)MODELS * N * C; i++) {
        (&narrow[0][0][0])[i] = (float)(&logits[0][0][0])[i];
    }
    for (int i = 0; i < MODELS; i++) {
        arrays[1][i] = scores_matrix(narrow[i], BINET_F32, N, C);
    }
    CHECK_INT(binet_thread_pool_create(5, &pool, NULL), BINET_OK);
    binet_executor executor = binet_thread_pool_executor(pool);
    binet_context_options alone = {.struct_size = sizeof alone, .isa = BINET_ISA_SCALAR};
    binet_context *scalar = NULL;
    CHECK_INT(binet_context_create(&alone, &scalar, NULL), BINET_OK);
    for (int width = 0; width < 2; width++) {
        binet_predictions *expected = NULL;
        CHECK_INT(binet_ensemble(scalar, BINET_LOGITS, arrays[width], MODELS, NULL, NULL, &expected, NULL), BINET_OK);
        for (int32_t isa = BINET_ISA_DEFAULT; isa <= BINET_ISA_NEON; isa++) {
            binet_context_options options = {.struct_size = sizeof options, .isa = isa, .executor = &executor};
            binet_context *context = NULL;
            binet_predictions *found = NULL;
            if (binet_context_create(&options, &context, NULL) != BINET_OK) {
                continue;
            }
            CHECK_INT(binet_ensemble(context, BINET_LOGITS, arrays[width], MODELS, NULL, NULL, &found, NULL), BINET_OK);
            CHECK(scores_same(found, expected));
            binet_predictions_destroy(found);
            binet_context_destroy(context);
        }
        binet_predictions_destroy(expected);
    }
    binet_context_destroy(scalar);
    binet_thread_pool_destroy(pool);
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
    RUN(threads_and_instruction_sets_do_not_matter);
    RUN(memory_that_runs_out_is_given_back);
    RUN(a_row_at_fault_names_its_model);
    return check_result();
}
