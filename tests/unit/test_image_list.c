/* Lists of images: the order of torchvision's ImageFolder, class maps, flat folders, CSV files, and what is wrong. */
#include "binet/image.h"

#include <unistd.h>

#include "check.h"
#include "failing_allocator.h"
#include "temporary.h"

static binet_status open_list(const char *path, const binet_image_list_options *options, binet_image_list **list,
                              binet_error *error)
{
    memset(error, 0, sizeof *error);
    return binet_image_list_open(NULL, path, options, list, error);
}

static void check_list(const binet_image_list *list, int64_t n, const char *const *names, const int64_t *labels)
{
    CHECK_INT(binet_image_list_count(list), n);
    for (int64_t i = 0; i < n; i++) {
        CHECK_TEXT(binet_image_list_name(list, i), names[i]);
        CHECK_INT(binet_image_list_label(list, i), labels[i]);
        CHECK(binet_image_list_path(list, i) != NULL);
    }
    CHECK(binet_image_list_name(list, n) == NULL && binet_image_list_path(list, -1) == NULL);
    CHECK_INT(binet_image_list_label(list, n), -1);
}

static void make_classes(char folder[TEMPORARY_SIZE])
{
    static const char *const files[] = {"b/2.png", "b/10.JPG",    "b/.hidden.png", "b/notes.txt", "a/x/1.bmp",
                                        "a/z.gif", "a/x-y/0.tga", "empty/",        ".git/1.png",  "loose.png"};
    temporary_make(folder);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        temporary_write_text(folder, files[i], "");
    }
}

static void class_folders_come_in_the_order_of_torchvision(void)
{
    /* sorted(os.walk) compares folders as texts: "a", "a/x", "a/x-y". */
    static const char *const names[] = {"a/z.gif", "a/x/1.bmp", "a/x-y/0.tga", "b/10.JPG", "b/2.png"};
    static const int64_t labels[] = {0, 0, 0, 1, 1};
    char folder[TEMPORARY_SIZE];
    char path[2 * TEMPORARY_SIZE];
    binet_image_list *list = NULL;
    binet_error error;
    make_classes(folder);
    CHECK_INT(open_list(folder, NULL, &list, &error), BINET_OK);
    if (list != NULL) {
        check_list(list, 5, names, labels);
        CHECK_TEXT(binet_image_list_path(list, 0), temporary_path(path, folder, "a/z.gif"));
        CHECK_INT(binet_image_list_class_count(list), 3);
        CHECK_TEXT(binet_image_list_class_name(list, 2), "empty");
        CHECK(binet_image_list_class_name(list, 3) == NULL && binet_image_list_class_name(list, -1) == NULL);
    }
    binet_image_list_destroy(list);
    binet_image_list_destroy(NULL);
    temporary_remove(folder);
}

static void a_class_map_gives_the_labels(void)
{
    static const char *const names[] = {"b", "a", "empty", "absent"};
    static const int64_t indices[] = {7, 300, 2, 9};
    char folder[TEMPORARY_SIZE];
    binet_image_list *list = NULL;
    binet_error error;
    make_classes(folder);
    binet_image_list_options options = {sizeof options, BINET_LAYOUT_CLASS_FOLDERS, names, indices, 4};
    CHECK_INT(open_list(folder, &options, &list, &error), BINET_OK);
    CHECK_INT(binet_image_list_label(list, 0), 300);
    CHECK_INT(binet_image_list_label(list, 4), 7);
    CHECK_INT(binet_image_list_class_count(list), 301);
    CHECK_TEXT(binet_image_list_class_name(list, 9), "absent");
    CHECK(binet_image_list_class_name(list, 8) == NULL);
    binet_image_list_destroy(list);
    options.class_indices = NULL;
    CHECK_INT(open_list(folder, &options, &list, &error), BINET_OK);
    CHECK_INT(binet_image_list_label(list, 0), 1);
    binet_image_list_destroy(list);
    list = NULL;
    options.n_class_names = 2;
    CHECK_INT(open_list(folder, &options, &list, &error), BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, "'empty'");
    CHECK_TEXT(error.argument, "path");
    CHECK(list == NULL);
    temporary_remove(folder);
}

static void a_class_map_without_class_folders_is_refused(void)
{
    static const char *const names[] = {"a"};
    const int32_t layouts[] = {BINET_LAYOUT_AUTOMATIC, BINET_LAYOUT_FLAT};
    char folder[TEMPORARY_SIZE];
    char path[2 * TEMPORARY_SIZE];
    binet_image_list *list = NULL;
    binet_error error;
    temporary_make(folder);
    temporary_write_text(folder, "a.png", "");
    temporary_write_text(folder, "list.csv", "path\na.png\n");
    for (int i = 0; i < 2; i++) {
        binet_image_list_options options = {sizeof options, layouts[i], names, NULL, 1};
        CHECK_INT(open_list(folder, &options, &list, &error), BINET_INVALID_ARGUMENT);
        CHECK_TEXT(error.argument, "options");
        CHECK_CONTAINS(error.message, "options->class_names are for class folders; '");
        CHECK_CONTAINS(error.message, "' is a folder without class folders");
    }
    binet_image_list_options options = {sizeof options, BINET_LAYOUT_AUTOMATIC, names, NULL, 1};
    CHECK_INT(open_list(temporary_path(path, folder, "list.csv"), &options, &list, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "list.csv' is a CSV");
    CHECK(list == NULL);
    temporary_remove(folder);
}

static void one_image_is_no_list(void)
{
    char folder[TEMPORARY_SIZE];
    char path[2 * TEMPORARY_SIZE];
    binet_image_list *list = NULL;
    binet_error error;
    temporary_make(folder);
    temporary_write_text(folder, "a.PNG", "path\nb.png\n");
    CHECK_INT(open_list(temporary_path(path, folder, "a.PNG"), NULL, &list, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "path");
    CHECK_CONTAINS(error.message, "a.PNG' is one image; allowed: a folder of images, or a CSV with the column path");
    binet_image_list_options options = {sizeof options, BINET_LAYOUT_CSV, NULL, NULL, 0}; /* who says so is believed */
    CHECK_INT(open_list(path, &options, &list, &error), BINET_OK);
    CHECK_INT(binet_image_list_count(list), 1);
    binet_image_list_destroy(list);
    temporary_remove(folder);
}

static void a_flat_folder_has_no_labels(void)
{
    static const char *const names[] = {"A.png", "a.png", "b.PNM"};
    static const int64_t labels[] = {-1, -1, -1};
    char folder[TEMPORARY_SIZE];
    char path[2 * TEMPORARY_SIZE];
    binet_image_list *list = NULL;
    binet_error error;
    temporary_make(folder);
    temporary_write_text(folder, "b.PNM", "");
    temporary_write_text(folder, "a.png", "");
    temporary_write_text(folder, "A.png", "");
    temporary_write_text(folder, "a.png.txt", "");
    CHECK_INT(open_list(temporary_path(path, folder, "//"), NULL, &list, &error), BINET_OK);
    if (list != NULL) {
        check_list(list, 3, names, labels);
        CHECK_INT(binet_image_list_class_count(list), 0);
    }
    binet_image_list_destroy(list);
    temporary_remove(folder);
}

static void links_are_followed_and_loops_end(void)
{
    char folder[TEMPORARY_SIZE];
    char path[2 * TEMPORARY_SIZE];
    binet_image_list *list = NULL;
    binet_error error;
    temporary_make(folder);
    temporary_write_text(folder, "a/deep/1.png", "");
    CHECK_INT(symlink("..", temporary_path(path, folder, "a/deep/up")), 0);
    CHECK_INT(symlink("deep", temporary_path(path, folder, "a/other")), 0);
    CHECK_INT(symlink("a", temporary_path(path, folder, "b")), 0);
    CHECK_INT(open_list(folder, NULL, &list, &error), BINET_OK);
    if (list != NULL) {
        CHECK_INT(binet_image_list_count(list), 4);
        CHECK_TEXT(binet_image_list_name(list, 0), "a/deep/1.png");
        CHECK_TEXT(binet_image_list_name(list, 1), "a/other/1.png");
        CHECK_INT(binet_image_list_label(list, 3), 1);
    }
    binet_image_list_destroy(list);
    temporary_remove(folder);
}

static void a_csv_is_taken_in_its_order(void)
{
    static const char *const names[] = {"z.png", "/abs/y.jpg", "sub/no extension, but quoted"};
    static const int64_t labels[] = {5, 0, 999};
    char folder[TEMPORARY_SIZE];
    char path[2 * TEMPORARY_SIZE];
    char expected[2 * TEMPORARY_SIZE];
    binet_image_list *list = NULL;
    binet_error error;
    temporary_make(folder);
    temporary_write_text(folder, "list.csv",
                         "\xef\xbb\xbflabel,note,path\r\n5,,z.png\r\n0,,/abs/y.jpg\r\n999,,\"sub/no extension, but "
                         "quoted\"\r\n");
    CHECK_INT(open_list(temporary_path(path, folder, "list.csv"), NULL, &list, &error), BINET_OK);
    if (list != NULL) {
        check_list(list, 3, names, labels);
        CHECK_TEXT(binet_image_list_path(list, 0), temporary_path(expected, folder, "z.png"));
        CHECK_TEXT(binet_image_list_path(list, 1), "/abs/y.jpg");
        CHECK_INT(binet_image_list_class_count(list), 0);
    }
    binet_image_list_destroy(list);
    temporary_remove(folder);
}

static void a_bad_csv_line_is_named(void)
{
    static const struct {
        const char *text;
        int64_t line;
        const char *message;
    } cases[] = {
        {"file,label\na.png,1\n", 1, "path"}, {"path,label\na.png,1\nb.png,x\n", 3, "'x'"},
        {"path,label\na.png,-1\n", 2, "-1"},  {"path,label\na.png\n", 2, ""},
        {"path,label\n,1\n", 2, "empty"},     {"path,label\na.png,1\nb.png,2,3\n", 3, ""},
    };
    char folder[TEMPORARY_SIZE];
    char path[2 * TEMPORARY_SIZE];
    binet_image_list *list = NULL;
    binet_error error;
    temporary_make(folder);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        temporary_write_text(folder, "list.csv", cases[i].text);
        CHECK_INT(open_list(temporary_path(path, folder, "list.csv"), NULL, &list, &error), BINET_INVALID_DATA);
        CHECK_INT(error.element, cases[i].line);
        CHECK_TEXT(error.argument, "path");
        CHECK_CONTAINS(error.message, cases[i].message);
        CHECK_CONTAINS(error.message, "list.csv");
    }
    temporary_write_text(folder, "list.csv", "path\n");
    CHECK_INT(open_list(path, NULL, &list, &error), BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, "no images");
    CHECK(list == NULL);
    temporary_remove(folder);
}

static void what_is_not_there_is_named(void)
{
    char folder[TEMPORARY_SIZE];
    char path[2 * TEMPORARY_SIZE];
    binet_image_list *list = NULL;
    binet_error error;
    temporary_make(folder);
    CHECK_INT(open_list(folder, NULL, &list, &error), BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, folder);
    temporary_write_text(folder, "empty/", "");
    CHECK_INT(open_list(folder, NULL, &list, &error), BINET_INVALID_DATA);
    CHECK_CONTAINS(error.message, "no images");
    CHECK_INT(open_list(temporary_path(path, folder, "missing"), NULL, &list, &error), BINET_IO);
    CHECK_CONTAINS(error.message, "missing");
    CHECK_TEXT(error.argument, "path");
    CHECK_INT(open_list(NULL, NULL, &list, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "path");
    CHECK_INT(open_list(folder, NULL, NULL, &error), BINET_INVALID_ARGUMENT);
    CHECK_TEXT(error.argument, "list");
    static const char *const twice[] = {"a", "b", "a"};
    static const int64_t negative[] = {0, -1, 2};
    binet_image_list_options options = {sizeof options, 4, NULL, NULL, 0};
    CHECK_INT(open_list(folder, &options, &list, &error), BINET_INVALID_ARGUMENT);
    options = (binet_image_list_options){sizeof options, 0, twice, NULL, 3};
    CHECK_INT(open_list(folder, &options, &list, &error), BINET_INVALID_ARGUMENT);
    CHECK_CONTAINS(error.message, "twice");
    options.class_indices = negative;
    CHECK_INT(open_list(folder, &options, &list, &error), BINET_INVALID_ARGUMENT);
    CHECK_INT(error.element, 1);
    options.class_names = NULL;
    CHECK_INT(open_list(folder, &options, &list, &error), BINET_INVALID_ARGUMENT);
    CHECK(list == NULL);
    temporary_remove(folder);
}

static void every_failure_of_memory_is_clean(void)
{
    char folder[TEMPORARY_SIZE];
    char csv[2 * TEMPORARY_SIZE];
    make_classes(folder);
    temporary_write_text(folder, "list.csv", "path,label\na.png,1\nb.png,2\n");
    (void)temporary_path(csv, folder, "list.csv");
    const char *const paths[] = {folder, csv};
    for (int i = 0; i < 2; i++) {
        FAILING_ALLOCATOR_LOOP(allocator, context)
        {
            binet_image_list *list = NULL;
            binet_status status = binet_image_list_open(context, paths[i], NULL, &list, NULL);
            CHECK((list == NULL) == (status != BINET_OK));
            binet_image_list_destroy(list);
            failing_allocator_next(&allocator, status);
        }
        binet_context_destroy(context);
    }
    temporary_remove(folder);
}

int main(void)
{
    RUN(class_folders_come_in_the_order_of_torchvision);
    RUN(a_class_map_gives_the_labels);
    RUN(a_class_map_without_class_folders_is_refused);
    RUN(one_image_is_no_list);
    RUN(a_flat_folder_has_no_labels);
    RUN(links_are_followed_and_loops_end);
    RUN(a_csv_is_taken_in_its_order);
    RUN(a_bad_csv_line_is_named);
    RUN(what_is_not_there_is_named);
    RUN(every_failure_of_memory_is_clean);
    return check_result();
}
