/* The transforms of sweeps: their members, the window that they move, and what is wrong with an argument. */
#include <math.h>

#include "binet/image.h"
#include "failing_allocator.h"

enum { WIDTH = 31, HEIGHT = 20, CROP = 12, N_VALUES = 3 * CROP * CROP };

static binet_transform crop_first(int32_t shift)
{
    binet_transform base = {
        .struct_size = sizeof base, .resize = 16, .crop = CROP, .interpolation = BINET_BICUBIC, .std = {1, 1, 1}};
    binet_transform made = {.struct_size = sizeof made};
    CHECK_INT(binet_transform_sweep(&base, BINET_SWEEP_SHIFT, shift, &made, NULL), BINET_OK);
    CHECK(made.order == BINET_CROP_FIRST && made.shift == shift && made.resize == 16 && made.crop == CROP);
    return made;
}

static void fill(unsigned char *pixels, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        pixels[i] = (unsigned char)(1 + i * 7919 % 255);
    }
}

static void the_settings_of_the_study_are_exact(void)
{
    const double scales[] = {1, 1.25, 1.5, 2, 3};
    const int32_t scaled[] = {256, 320, 384, 512, 768};
    const double sides[] = {112, 224, 336, 512, 640};
    const int32_t resized[] = {128, 256, 384, 585, 731};
    for (int i = 0; i < 5; i++) {
        binet_transform made = {.struct_size = sizeof made};
        CHECK_INT(binet_transform_sweep(NULL, BINET_SWEEP_SCALE, scales[i], &made, NULL), BINET_OK);
        CHECK(made.resize == scaled[i] && made.crop == 224 && made.order == BINET_RESIZE_FIRST);
        CHECK_INT(binet_transform_sweep(NULL, BINET_SWEEP_RESOLUTION, sides[i], &made, NULL), BINET_OK);
        CHECK(made.resize == resized[i] && made.crop == (int32_t)sides[i]);
        CHECK(made.mean[0] == 0.485F && made.std[2] == 0.225F && made.interpolation == BINET_BILINEAR);
    }
}

static void strides_do_not_change_the_window(void)
{
    static unsigned char plain[HEIGHT][WIDTH][3];
    static unsigned char planes[3][HEIGHT][WIDTH]; /* upside down */
    fill(&plain[0][0][0], sizeof plain);
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            for (int c = 0; c < 3; c++) {
                planes[c][HEIGHT - 1 - y][x] = plain[y][x][c];
            }
        }
    }
    binet_array a = {plain, BINET_U8, 3, {HEIGHT, WIDTH, 3}, {3 * WIDTH, 3, 1}};
    binet_array b = {planes[0][HEIGHT - 1], BINET_U8, 3, {HEIGHT, WIDTH, 3}, {-WIDTH, 1, WIDTH * HEIGHT}};
    for (int32_t shift = -40; shift <= 40; shift++) {
        float of_a[N_VALUES];
        float of_b[N_VALUES];
        binet_transform transform = crop_first(shift);
        CHECK_INT(binet_transform_apply(NULL, &a, &transform, of_a, N_VALUES, NULL), BINET_OK);
        CHECK_INT(binet_transform_apply(NULL, &b, &transform, of_b, N_VALUES, NULL), BINET_OK);
        CHECK(memcmp(of_a, of_b, sizeof of_a) == 0);
        int is_black = shift <= -23 || shift >= 23; /* 15 pixels from column 8 on, of 31 */
        float largest = 0;
        for (int i = 0; i < N_VALUES; i++) {
            largest = of_a[i] > largest ? of_a[i] : largest;
        }
        CHECK(is_black == (largest == 0));
    }
}

static void wrong_arguments_are_named(void)
{
    const struct {
        int32_t resize, crop, order, sweep;
        double value;
        const char *argument, *message;
    } cases[] = {
        {256, 224, 0, 0, 1, "sweep", "sweep is 0, not BINET_SWEEP_SCALE (1), _SHIFT (2) or _RESOLUTION (3)"},
        {256, 224, 0, 4, 1, "sweep", "sweep is 4"},
        {0, 224, 0, 1, 1, "base", "base has resize 0 and crop 224; a sweep needs both to be 1 or more"},
        {256, 0, 0, 3, 1, "base", "base has resize 256 and crop 0"},
        {256, 224, 2, 1, 1, "base", "base has order 2, not BINET_RESIZE_FIRST (0) or BINET_CROP_FIRST (1)"},
        {256, 224, 1, 1, 1, "base", "base crops first; only a shift can be swept in such a transform"},
        {256, 224, 0, 1, 0, "value", "value is 0; allowed: a scale > 0, at most 32768"},
        {256, 224, 0, 1, NAN, "value", "value is nan"},
        {256, 224, 0, 1, INFINITY, "value", "value is inf"},
        {256, 224, 0, 1, 129, "value", "value is 129, which makes resize 33024; allowed: 1 .. 32768"},
        {256, 224, 0, 1, 0.001, "value", "value is 0.001, which makes resize 0; allowed: 1 .. 32768"},
        {256, 224, 0, 2, 0.5, "value", "value is 0.5; allowed: a whole shift, -32768 .. 32768"},
        {256, 224, 1, 2, -32769, "value", "value is -32769; allowed: a whole shift"},
        {256, 224, 0, 3, 0, "value", "value is 0; allowed: a whole resolution, 1 .. 32768"},
        {256, 224, 0, 3, 32768, "value", "value is 32768, which makes resize 37449; allowed: 1 .. 32768"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        binet_transform base = {.struct_size = sizeof base, .resize = cases[i].resize, .crop = cases[i].crop};
        binet_transform made = {.struct_size = sizeof made, .resize = 7};
        binet_error error;
        base.interpolation = BINET_BILINEAR;
        base.order = cases[i].order;
        base.std[0] = base.std[1] = base.std[2] = 1;
        CHECK_INT(binet_transform_sweep(&base, cases[i].sweep, cases[i].value, &made, &error), BINET_INVALID_ARGUMENT);
        CHECK_TEXT(error.argument, cases[i].argument);
        CHECK_CONTAINS(error.message, cases[i].message);
        CHECK_INT(made.resize, 7);
    }
    binet_error error;
    CHECK_INT(binet_transform_sweep(NULL, BINET_SWEEP_SCALE, 1, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "transform");
}

static void pictures_without_a_window_are_refused(void)
{
    int32_t size[2];
    binet_error error;
    binet_transform transform = crop_first(0);
    CHECK_INT(binet_transform_size(&transform, 500, 2, &size[0], &size[1], NULL), BINET_OK);
    CHECK(size[0] == CROP && size[1] == CROP);
    CHECK_INT(binet_transform_size(&transform, 500, 1, &size[0], &size[1], &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.message, "the window of 500 x 1 pixels with resize 16 and crop 12 has 0 pixels each way");
    transform.crop = 32768;
    CHECK_INT(binet_transform_size(&transform, INT32_MAX, INT32_MAX, &size[0], &size[1], &error),
              BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "has 4398046509056 pixels each way");
}

static void no_memory_at_any_call_leaves_nothing(void)
{
    static unsigned char pixels[HEIGHT][WIDTH][3];
    fill(&pixels[0][0][0], sizeof pixels);
    binet_array array = {pixels, BINET_U8, 3, {HEIGHT, WIDTH, 3}, {3 * WIDTH, 3, 1}};
    binet_transform transform = crop_first(20); /* beyond the picture */
    float values[N_VALUES];
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        values[0] = -1;
        binet_status status = binet_transform_apply(context, &array, &transform, values, N_VALUES, NULL);
        CHECK((values[0] == -1) == (status != BINET_OK));
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

int main(void)
{
    RUN(the_settings_of_the_study_are_exact);
    RUN(strides_do_not_change_the_window);
    RUN(wrong_arguments_are_named);
    RUN(pictures_without_a_window_are_refused);
    RUN(no_memory_at_any_call_leaves_nothing);
    return check_result();
}
