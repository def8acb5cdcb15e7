/* The error is filled in full, fits, and versioned structs are told apart by their size. */
#include "base/error.h"

#include <string.h>

#include "check.h"

static void every_status_has_its_name(void)
{
    CHECK_TEXT(binet_status_name(BINET_OK), "OK");
    CHECK_TEXT(binet_status_name(BINET_INVALID_DATA), "INVALID_DATA");
    CHECK_TEXT(binet_status_name(BINET_INTERNAL), "INTERNAL");
    CHECK_TEXT(binet_status_name(-1), "UNKNOWN");
    CHECK_TEXT(binet_status_name(9), "UNKNOWN");
}

static void an_error_says_status_argument_element_and_text(void)
{
    binet_error error;
    memset(&error, 'x', sizeof error);
    CHECK_INT(binet__fail(&error, BINET_INVALID_DATA, "labels", 7, "labels[%d] is %d", 7, -3), BINET_INVALID_DATA);
    CHECK_INT(error.status, BINET_INVALID_DATA);
    CHECK_INT(error.reserved, 0);
    CHECK_INT(error.element, 7);
    CHECK_TEXT(error.argument, "labels");
    CHECK_TEXT(error.message, "labels[7] is -3");
}

static void a_long_text_is_cut_and_still_ends(void)
{
    char path[1000];
    memset(path, 'p', sizeof path);
    path[sizeof path - 1] = '\0';
    binet_error error;
    CHECK_INT(binet__fail(&error, BINET_IO, path, -1, "cannot open '%s'", path), BINET_IO);
    CHECK_INT(strlen(error.message), sizeof error.message - 1);
    CHECK_INT(strlen(error.argument), sizeof error.argument - 1);
}

static void a_message_is_one_line_whatever_a_name_holds(void)
{
    binet_error error;
    CHECK_INT(binet__fail(&error, BINET_IO, "path", -1, "cannot open '%s'", "a\nb\t\x1b[1m\x7f\xc3\xa9"), BINET_IO);
    CHECK_TEXT(error.message, "cannot open 'a?b??[1m?\xc3\xa9'");
}

static void no_error_wanted_is_fine(void)
{
    CHECK_INT(binet__fail(NULL, BINET_IO, "", -1, "lost"), BINET_IO);
    CHECK_INT(binet__fail_argument(NULL, "k", "k is 0"), BINET_INVALID_ARGUMENT);
    CHECK_INT(binet__require(NULL, "context", NULL), BINET_INVALID_ARGUMENT);
}

static void io_errors_name_the_file_and_the_reason(void)
{
    binet_error error;
    CHECK_INT(binet__fail_io(&error, "path", "open", "no/such", 2), BINET_IO);
    CHECK_TEXT(error.message, "cannot open 'no/such': No such file or directory");
}

typedef struct old_options {
    uint32_t struct_size;
    int32_t k;
} old_options;

typedef struct new_options {
    uint32_t struct_size;
    int32_t k;
    double level;
} new_options;

static void an_old_caller_gets_defaults_for_what_it_does_not_know(void)
{
    old_options given = {sizeof given, 5};
    new_options local;
    CHECK_INT(binet__read_struct(&local, sizeof local, &given, "options", NULL), BINET_OK);
    CHECK_INT(local.k, 5);
    CHECK_NEAR(local.level, 0.0, 0.0);
    CHECK_INT(binet__read_struct(&local, sizeof local, NULL, "options", NULL), BINET_OK);
    CHECK_INT(local.k, 0);
}

static void a_newer_caller_may_not_ask_for_what_is_unknown(void)
{
    new_options given = {sizeof given, 5, 0.0};
    old_options local;
    binet_error error;
    CHECK_INT(binet__read_struct(&local, sizeof local, &given, "options", &error), BINET_OK);
    CHECK_INT(local.k, 5);
    given.level = 0.9;
    CHECK_INT(binet__read_struct(&local, sizeof local, &given, "options", &error), BINET_UNSUPPORTED);
    CHECK_TEXT(error.argument, "options");
}

static void a_struct_without_its_size_is_refused(void)
{
    for (uint32_t size = 0; size < sizeof size; size++) {
        old_options given = {size, 5};
        old_options local;
        binet_error error;
        CHECK_INT(binet__read_struct(&local, sizeof local, &given, "options", &error), BINET_INVALID_ARGUMENT);
        CHECK_CONTAINS(error.message, "options->struct_size");
    }
}

static void a_size_that_was_never_set_is_not_believed(void)
{
    old_options given = {0xabababab, 5};
    old_options local;
    binet_error error;
    CHECK_INT(binet__read_struct(&local, sizeof local, &given, "options", &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.message, "options->struct_size is 2880154539; set it to sizeof *options");
}

static void a_result_fills_what_the_caller_has_and_no_more(void)
{
    new_options local = {sizeof local, 9, 0.5};
    struct {
        old_options given;
        char beyond[8];
    } caller;
    memset(&caller, 'x', sizeof caller);
    caller.given.struct_size = sizeof caller.given;
    binet__write_struct(&caller.given, &local, sizeof local);
    CHECK_INT(caller.given.struct_size, sizeof caller.given);
    CHECK_INT(caller.given.k, 9);
    CHECK(memcmp(caller.beyond, "xxxxxxxx", sizeof caller.beyond) == 0);
}

int main(void)
{
    RUN(every_status_has_its_name);
    RUN(an_error_says_status_argument_element_and_text);
    RUN(a_long_text_is_cut_and_still_ends);
    RUN(a_message_is_one_line_whatever_a_name_holds);
    RUN(no_error_wanted_is_fine);
    RUN(io_errors_name_the_file_and_the_reason);
    RUN(an_old_caller_gets_defaults_for_what_it_does_not_know);
    RUN(a_newer_caller_may_not_ask_for_what_is_unknown);
    RUN(a_struct_without_its_size_is_refused);
    RUN(a_size_that_was_never_set_is_not_believed);
    RUN(a_result_fills_what_the_caller_has_and_no_more);
    return check_result();
}
