/* A file is read whole; a file that is written appears whole or not at all. */
#include "base/file.h"

#include <unistd.h>

#include "base/memory.h"
#include "check.h"
#include "failing_allocator.h"
#include "temporary.h"

static char folder[TEMPORARY_SIZE];

/* The path of a name in the folder, until the next call. */
static const char *path_of(const char *name)
{
    static char path[2 * TEMPORARY_SIZE];
    return temporary_path(path, folder, name);
}

static char target[2 * TEMPORARY_SIZE];

static void holds(const char *expected)
{
    char *bytes = NULL;
    int64_t size = 0;
    CHECK_INT(binet__read_file(NULL, target, "path", INT32_MAX, &bytes, &size, NULL), BINET_OK);
    CHECK_TEXT(bytes, expected);
    CHECK_INT(size, strlen(expected));
    binet__release(NULL, bytes);
}

static void a_file_is_read_whole(void)
{
    static char large[300001];
    memset(large, 'x', sizeof large - 1);
    temporary_write_text(folder, "target", "");
    holds("");
    temporary_write_text(folder, "target", large);
    holds(large);
}

static void a_file_without_a_size_is_read_too(void)
{
    char *bytes = NULL;
    int64_t size = 0;
    if (access("/proc/self/status", R_OK) != 0) {
        (void)printf("no /proc: a file whose size is not known beforehand is not tried\n");
        return;
    }
    CHECK_INT(binet__read_file(NULL, "/proc/self/status", "path", INT32_MAX, &bytes, &size, NULL), BINET_OK);
    CHECK_CONTAINS(bytes, "Name:");
    binet__release(NULL, bytes);
}

static void what_cannot_be_read_is_named(void)
{
    char *bytes = NULL;
    int64_t size = 7;
    binet_error error;
    CHECK_INT(binet__read_file(NULL, path_of("none"), "images", INT32_MAX, &bytes, &size, &error), BINET_IO);
    CHECK_TEXT(error.argument, "images");
    CHECK_CONTAINS(error.message, "cannot open");
    CHECK_INT(binet__read_file(NULL, folder, "path", INT32_MAX, &bytes, &size, &error), BINET_IO);
    CHECK_CONTAINS(error.message, folder);
    CHECK(bytes == NULL);
    CHECK_INT(size, 7);
}

static void a_file_over_the_limit_is_not_read(void)
{
    char *bytes = NULL;
    int64_t size = 7;
    binet_error error;
    temporary_write_text(folder, "four", "1234");
    CHECK_INT(binet__read_file(NULL, path_of("four"), "path", 4, &bytes, &size, NULL), BINET_OK);
    CHECK_TEXT(bytes, "1234");
    binet__release(NULL, bytes);
    bytes = NULL;
    size = 7;
    CHECK_INT(binet__read_file(NULL, path_of("four"), "path", 3, &bytes, &size, &error), BINET_INVALID_DATA);
    CHECK_TEXT(error.argument, "path");
    CHECK_CONTAINS(error.message, "four' has more than 3 bytes");
    /* One that says no size, and one that says a size for which there is no memory. */
    CHECK_INT(binet__read_file(NULL, "/dev/zero", "path", 100000, &bytes, &size, &error), BINET_INVALID_DATA);
    CHECK_INT(truncate(path_of("four"), (off_t)1 << 40), 0);
    CHECK_INT(binet__read_file(NULL, path_of("four"), "path", 4, &bytes, &size, &error), BINET_INVALID_DATA);
    CHECK(bytes == NULL);
    CHECK_INT(size, 7);
    CHECK_INT(remove(path_of("four")), 0);
}

static void a_commit_replaces_and_a_discard_leaves_alone(void)
{
    binet__file file;
    temporary_write_text(folder, "target", "old");
    int before = temporary_count(folder);
    CHECK_INT(binet__file_create(NULL, target, "path", &file, NULL), BINET_OK);
    CHECK(fputs("new", file.stream) >= 0);
    holds("old");
    CHECK_INT(temporary_count(folder), before + 1);
    binet__file_discard(&file);
    holds("old");
    CHECK_INT(temporary_count(folder), before);
    CHECK_INT(binet__file_create(NULL, target, "path", &file, NULL), BINET_OK);
    CHECK(fputs("new", file.stream) >= 0);
    CHECK_INT(binet__file_commit(&file, NULL), BINET_OK);
    binet__file_discard(&file);
    holds("new");
    CHECK_INT(temporary_count(folder), before);
}

static void two_writers_of_one_name_do_not_meet(void)
{
    binet__file first;
    binet__file second;
    CHECK_INT(binet__file_create(NULL, target, "path", &first, NULL), BINET_OK);
    CHECK_INT(binet__file_create(NULL, target, "path", &second, NULL), BINET_OK);
    CHECK(fputs("first", first.stream) >= 0);
    CHECK(fputs("second", second.stream) >= 0);
    CHECK_INT(binet__file_commit(&second, NULL), BINET_OK);
    holds("second");
    CHECK_INT(binet__file_commit(&first, NULL), BINET_OK);
    holds("first");
}

static void a_folder_that_is_missing_or_in_the_way_is_an_error(void)
{
    binet__file file;
    binet_error error;
    char path[2 * TEMPORARY_SIZE];
    (void)snprintf(path, sizeof path, "%s", path_of("none/x.csv"));
    CHECK_INT(binet__file_create(NULL, path, "path", &file, &error), BINET_IO);
    CHECK_TEXT(error.argument, "path");
    CHECK_CONTAINS(error.message, "none/x.csv");
    (void)snprintf(path, sizeof path, "%s", path_of("in-the-way"));
    CHECK_INT(mkdir(path, 0777), 0);
    int before = temporary_count(folder);
    CHECK_INT(binet__file_create(NULL, path, "path", &file, NULL), BINET_OK);
    CHECK_INT(binet__file_commit(&file, &error), BINET_IO);
    CHECK_CONTAINS(error.message, "cannot write");
    CHECK_INT(temporary_count(folder), before);
    CHECK_INT(rmdir(path), 0);
}

static void a_full_disk_is_an_error(void)
{
    binet__file file;
    binet_error error;
    if (access("/dev/full", W_OK) != 0) {
        (void)printf("no /dev/full: a full disk is not tried\n");
        return;
    }
    CHECK_INT(binet__file_create(NULL, target, "path", &file, NULL), BINET_OK);
    CHECK(freopen("/dev/full", "wb", file.stream) != NULL);
    (void)fputs("lost", file.stream);
    CHECK_INT(binet__file_commit(&file, &error), BINET_IO);
    CHECK_CONTAINS(error.message, "No space left");
    holds("first");
}

static void without_memory_nothing_leaks(void)
{
    FAILING_ALLOCATOR_LOOP(allocator, context)
    {
        binet__file file;
        char *bytes = NULL;
        int64_t size;
        binet_status status = binet__file_create(context, target, "path", &file, NULL);
        if (status == BINET_OK) {
            status = binet__read_file(context, target, "path", INT32_MAX, &bytes, &size, NULL);
            binet__release(context, bytes);
            binet__file_discard(&file);
        }
        failing_allocator_next(&allocator, status);
    }
    binet_context_destroy(context);
    CHECK_INT(temporary_count(folder), 1);
}

int main(void)
{
    temporary_make(folder);
    (void)snprintf(target, sizeof target, "%s", path_of("target"));
    RUN(a_file_is_read_whole);
    RUN(a_file_without_a_size_is_read_too);
    RUN(what_cannot_be_read_is_named);
    RUN(a_file_over_the_limit_is_not_read);
    RUN(a_commit_replaces_and_a_discard_leaves_alone);
    RUN(two_writers_of_one_name_do_not_meet);
    RUN(a_folder_that_is_missing_or_in_the_way_is_an_error);
    RUN(a_full_disk_is_an_error);
    RUN(without_memory_nothing_leaks);
    temporary_remove(folder);
    return check_result();
}
