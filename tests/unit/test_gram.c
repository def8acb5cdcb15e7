/* Gram matrices in f32 are those of the definition, in every tile, with the same bits for any number of threads. */
#include "metrics/gram.h"

#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "failing_executor.h"
#include "pooled.h"
#include "scores.h"

enum { ROWS = 40, WIDEST = 300 };

/* Whole numbers, -8 .. 7, so that sums of products are exact. */
static void make(float *x, int64_t n)
{
    static double values[ROWS * WIDEST];
    scores_logits(values, n, 6);
    for (int64_t i = 0; i < n; i++) {
        x[i] = (float)floor(values[i]);
    }
}

static void check_definition(int64_t n, int64_t width, float factor)
{
    static float x[ROWS * WIDEST];
    float *gram = malloc((size_t)(width * width) * sizeof *gram); /* no larger: a sanitizer sees the end of it */
    make(x, n * width);
    for (int64_t i = 0; i < width * width; i++) {
        gram[i] = NAN;
    }
    CHECK_INT(binet__gram_f32(NULL, x, n, width, factor, gram, NULL), BINET_OK);
    int64_t n_wrong = 0;
    for (int64_t i = 0; i < width; i++) {
        for (int64_t j = 0; j <= i; j++) {
            double sum = 0.0;
            for (int64_t row = 0; row < n; row++) {
                sum += (double)x[row * width + i] * x[row * width + j];
            }
            n_wrong += gram[i * width + j] != sum * factor;
        }
    }
    CHECK_INT(n_wrong, 0);
    free(gram);
}

static void tiles_are_those_of_the_definition(void)
{
    /* Of tiles of 128: less than one, one, and a little less and more than two. */
    static const int64_t widths[] = {1, 2, 127, 128, 129, 255, 256, 257, WIDEST};
    for (int w = 0; w < 9; w++) {
        check_definition(1, widths[w], 1.0F);
        check_definition(ROWS, widths[w], 0.125F);
    }
    check_definition(3, 130, -2.0F);
}

static void threads_change_no_bit(void)
{
    static float x[ROWS * WIDEST];
    static float grams[2][WIDEST * WIDEST];
    static double values[ROWS * WIDEST];
    scores_logits(values, ROWS * WIDEST, 7);
    for (int64_t i = 0; i < ROWS * WIDEST; i++) {
        x[i] = (float)values[i];
    }
    for (int32_t n_threads = 1; n_threads <= 4; n_threads++) {
        pooled on = pooled_start(n_threads, BINET_ISA_DEFAULT);
        float *gram = grams[n_threads > 1];
        CHECK_INT(binet__gram_f32(on.context, x, ROWS, WIDEST, 1.0F / 3, gram, NULL), BINET_OK);
        for (int64_t i = 0; i < WIDEST; i++) {
            CHECK(memcmp(grams[0] + i * WIDEST, gram + i * WIDEST, (size_t)(i + 1) * sizeof *gram) == 0);
        }
        pooled_end(on);
    }
}

static void an_executor_that_fails_is_told(void)
{
    FAILING_EXECUTOR_LOOP(executor, context)
    {
        static const float x[] = {1.0F, 2.0F};
        float gram[4];
        failing_executor_next(&executor, binet__gram_f32(context, x, 1, 2, 1.0F, gram, NULL));
    }
    CHECK_INT(executor.fails_at, 3); /* one call, then none that fails */
    binet_context_destroy(context);
}

int main(void)
{
    RUN(tiles_are_those_of_the_definition);
    RUN(threads_change_no_bit);
    RUN(an_executor_that_fails_is_told);
    return check_result();
}
