/* Every text that was inserted is found with its value, and no other. */
#include "base/text_map.h"

#include "check.h"
#include "failing_allocator.h"

enum { N = 5000, LENGTH = 16 };

static char texts[N][LENGTH];

static binet_status insert_all(binet__text_map *map)
{
    binet_status status = BINET_OK;
    for (int i = 0; status == BINET_OK && i < N; i++) {
        status = binet__text_map_insert(map, texts[i], i, NULL);
    }
    return status;
}

static void every_text_is_found_and_no_other(void)
{
    binet__text_map map = {NULL, NULL, 0, 0};
    CHECK(binet__text_map_find(&map, "") == NULL);
    CHECK_INT(insert_all(&map), BINET_OK);
    CHECK_INT(map.n, N);
    for (int i = 0; i < N; i++) {
        char copy[LENGTH];
        memcpy(copy, texts[i], sizeof copy);
        const int64_t *value = binet__text_map_find(&map, copy);
        CHECK(value != NULL && *value == i);
        copy[0] = 'x';
        CHECK(binet__text_map_find(&map, copy) == NULL);
    }
    CHECK(binet__text_map_find(&map, "") == NULL);
    *binet__text_map_find(&map, "t17") = 99;
    CHECK_INT(*binet__text_map_find(&map, "t17"), 99);
    binet__text_map_clear(&map);
    CHECK(binet__text_map_find(&map, "t17") == NULL);
}

static void without_memory_nothing_leaks(void)
{
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet__text_map map = {context, NULL, 0, 0};
        binet_status status = insert_all(&map);
        CHECK(map.n == 0 || binet__text_map_find(&map, "t0") != NULL);
        binet__text_map_clear(&map);
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

int main(void)
{
    for (int i = 0; i < N; i++) {
        (void)snprintf(texts[i], LENGTH, "t%d", i);
    }
    RUN(every_text_is_found_and_no_other);
    RUN(without_memory_nothing_leaks);
    return check_result();
}
