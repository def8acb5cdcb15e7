/* File names meet by the whole name first, then by the part after the last '/', unless that part is ambiguous. */
#include "metrics/names.h"

#include "check.h"
#include "failing_allocator.h"

static void add(binet__names *names, const char *name, int64_t value, int64_t present)
{
    int64_t found = -7;
    CHECK_INT(binet__names_add(names, name, value, &found, NULL), BINET_OK);
    CHECK_INT(found, present);
}

static void whole_names_come_before_last_parts(void)
{
    binet__names names = binet__names_none(NULL);
    add(&names, "val/1.png", 1, 1);
    add(&names, "1.png", 2, 2);
    CHECK_INT(binet__names_find(&names, "val/1.png"), 1);
    CHECK_INT(binet__names_find(&names, "1.png"), 2);
    CHECK_INT(binet__names_find(&names, "2.png"), BINET__NAME_ABSENT);
    CHECK_INT(binet__names_find(&names, ""), BINET__NAME_ABSENT);
    binet__names_clear(&names);
}

static void last_parts_meet_from_either_side(void)
{
    binet__names names = binet__names_none(NULL);
    add(&names, "a/b/1.png", 4, 4);
    add(&names, "2.png", 5, 5);
    CHECK_INT(binet__names_find(&names, "1.png"), 4);
    CHECK_INT(binet__names_find(&names, "c/1.png"), 4);
    CHECK_INT(binet__names_find(&names, "x/2.png"), 5);
    binet__names_clear(&names);
}

static void a_last_part_of_two_values_is_ambiguous(void)
{
    binet__names names = binet__names_none(NULL);
    add(&names, "a/1.png", 0, 0);
    add(&names, "b/1.png", 1, 1);
    add(&names, "a/2.png", 3, 3);
    add(&names, "b/2.png", 3, 3);
    CHECK_INT(binet__names_find(&names, "1.png"), BINET__NAME_AMBIGUOUS);
    CHECK_INT(binet__names_find(&names, "b/1.png"), 1);
    CHECK_INT(binet__names_find(&names, "2.png"), 3); /* both say the same */
    binet__names_clear(&names);
}

static void a_name_that_is_there_keeps_its_value(void)
{
    binet__names names = binet__names_none(NULL);
    add(&names, "1.png", 8, 8);
    add(&names, "1.png", 9, 8);
    CHECK_INT(binet__names_find(&names, "1.png"), 8);
    binet__names_clear(&names);
}

static void memory_that_runs_out_is_given_back(void)
{
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet__names names = binet__names_none(context);
        int64_t present;
        binet_status status = binet__names_add(&names, "a/1.png", 0, &present, NULL);
        status = status == BINET_OK ? binet__names_add(&names, "b/2.png", 1, &present, NULL) : status;
        binet__names_clear(&names);
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
}

int main(void)
{
    RUN(whole_names_come_before_last_parts);
    RUN(last_parts_meet_from_either_side);
    RUN(a_last_part_of_two_values_is_ambiguous);
    RUN(a_name_that_is_there_keeps_its_value);
    RUN(memory_that_runs_out_is_given_back);
    return check_result();
}
