/* The instruction set is the best there is unless the caller or BINET_ISA asks for another, and a wrong wish says what
 * there is. */
#include "base/isa.h"

#include <stdlib.h>

#include "check.h"

static void without_a_wish_the_best_is_taken(void)
{
    int32_t isa = -1;
    CHECK(unsetenv("BINET_ISA") == 0);
    CHECK_INT(binet__isa_resolve(BINET_ISA_DEFAULT, &isa, NULL), BINET_OK);
    CHECK(binet__isa_name(isa) != NULL);
    for (int32_t better = isa + 1; binet__isa_name(better) != NULL; better++) {
        int32_t other;
        CHECK_INT(binet__isa_resolve(better, &other, NULL), BINET_UNSUPPORTED);
    }
    CHECK(setenv("BINET_ISA", "", 1) == 0);
    int32_t with_empty = -1;
    CHECK_INT(binet__isa_resolve(BINET_ISA_DEFAULT, &with_empty, NULL), BINET_OK);
    CHECK_INT(with_empty, isa);
    CHECK(unsetenv("BINET_ISA") == 0);
}

static void the_environment_is_obeyed(void)
{
    int32_t isa = -1;
    CHECK(setenv("BINET_ISA", "scalar", 1) == 0);
    CHECK_INT(binet__isa_resolve(BINET_ISA_DEFAULT, &isa, NULL), BINET_OK);
    CHECK_INT(isa, BINET_ISA_SCALAR);
    CHECK(unsetenv("BINET_ISA") == 0);
}

static void the_caller_goes_before_the_environment(void)
{
    int32_t isa = -1;
    CHECK(setenv("BINET_ISA", "unheard of", 1) == 0);
    CHECK_INT(binet__isa_resolve(BINET_ISA_SCALAR, &isa, NULL), BINET_OK);
    CHECK_INT(isa, BINET_ISA_SCALAR);
    CHECK(unsetenv("BINET_ISA") == 0);
}

static void a_wrong_wish_says_what_there_is(void)
{
    int32_t isa = -1;
    binet_error error;
    CHECK(setenv("BINET_ISA", "sse9", 1) == 0);
    CHECK_INT(binet__isa_resolve(BINET_ISA_DEFAULT, &isa, &error), BINET_UNSUPPORTED);
    CHECK_TEXT(error.argument, "BINET_ISA");
    CHECK_CONTAINS(error.message, "sse9");
    CHECK_CONTAINS(error.message, "scalar");
    CHECK(unsetenv("BINET_ISA") == 0);
    CHECK_INT(binet__isa_resolve(77, &isa, &error), BINET_UNSUPPORTED);
    CHECK_TEXT(error.argument, "options");
    CHECK_CONTAINS(error.message, "options->isa asks for the instruction set \"77\"");
    CHECK_INT(binet__isa_resolve(-1, &isa, &error), BINET_UNSUPPORTED);
    CHECK_INT(isa, -1);
}

static void no_machine_has_them_all(void)
{
    int32_t isa = -1;
    binet_error error;
#if defined(__aarch64__)
    CHECK_INT(binet__isa_resolve(BINET_ISA_NEON, &isa, NULL), BINET_OK);
    CHECK_INT(binet__isa_resolve(BINET_ISA_AVX2, &isa, &error), BINET_UNSUPPORTED);
    CHECK_CONTAINS(error.message, "scalar, neon");
#else
    CHECK_INT(binet__isa_resolve(BINET_ISA_NEON, &isa, &error), BINET_UNSUPPORTED);
    CHECK_CONTAINS(error.message, "neon");
#endif
}

int main(void)
{
    RUN(without_a_wish_the_best_is_taken);
    RUN(the_environment_is_obeyed);
    RUN(the_caller_goes_before_the_environment);
    RUN(a_wrong_wish_says_what_there_is);
    RUN(no_machine_has_them_all);
    return check_result();
}
