#include "image/list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/csv.h"
#include "base/error.h"
#include "base/memory.h"

binet_status binet__list_add(binet_image_list *list, const char *folder, const char *relative, size_t name_at,
                             int64_t label, binet_error *error)
{
    void *block = list->entries;
    binet_status status =
        binet__grow(&list->context, &block, &list->capacity, list->n_entries + 1, sizeof *list->entries, error);
    list->entries = block;
    if (status != BINET_OK) {
        return status;
    }
    size_t size = strlen(folder) + strlen(relative) + 2;
    char *path = binet__allocate(&list->context, (int64_t)size, 1, error);
    if (path == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    (void)snprintf(path, size, "%s%s%s", folder, folder[0] != '\0' ? "/" : "", relative);
    list->entries[list->n_entries++] = (binet__image_entry){path, path + name_at, label};
    return BINET_OK;
}

binet_status binet__list_add_class(binet_image_list *list, const char *name, int64_t label, binet_error *error)
{
    void *block = list->classes;
    binet_status status =
        binet__grow(&list->context, &block, &list->classes_capacity, list->n_classes + 1, sizeof *list->classes, error);
    list->classes = block;
    if (status != BINET_OK) {
        return status;
    }
    char *copy = binet__copy_text(&list->context, name, strlen(name), error);
    if (copy == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    list->classes[list->n_classes++] = (binet__image_class){copy, label};
    return BINET_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const binet__image_class *)a)->name, ((const binet__image_class *)b)->name);
}

static int by_label(const void *a, const void *b)
{
    const binet__image_class *first = a;
    const binet__image_class *second = b;
    if (first->label != second->label) {
        return first->label < second->label ? -1 : 1;
    }
    return strcmp(first->name, second->name);
}

/* The class map of the options, sorted by name. */
static binet_status read_map(binet_image_list *list, const binet_image_list_options *options, binet_error *error)
{
    for (int64_t i = 0; i < options->n_class_names; i++) {
        const char *name = options->class_names[i];
        int64_t label = options->class_indices != NULL ? options->class_indices[i] : i;
        if (name == NULL || name[0] == '\0' || label < 0 || label == INT64_MAX) {
            return binet__fail(error, BINET_INVALID_ARGUMENT, "options", i,
                               "class name %lld is %s with index %lld; a name and an index of at least 0 are needed",
                               (long long)i,
                               name == NULL      ? "NULL"
                               : name[0] == '\0' ? "empty"
                                                 : name,
                               (long long)label);
        }
        binet_status status = binet__list_add_class(list, name, label, error);
        if (status != BINET_OK) {
            return status;
        }
    }
    qsort(list->classes, (size_t)list->n_classes, sizeof *list->classes, by_name);
    for (int64_t i = 1; i < list->n_classes; i++) {
        if (strcmp(list->classes[i - 1].name, list->classes[i].name) == 0) {
            return binet__fail_argument(error, "options", "class name '%s' is there twice", list->classes[i].name);
        }
    }
    return BINET_OK;
}

static binet_status read_options(const binet_image_list_options *given, binet_image_list_options *options,
                                 binet_error *error)
{
    binet_status status = binet__read_struct(options, sizeof *options, given, "options", error);
    if (status != BINET_OK) {
        return status;
    }
    if (options->layout < BINET_LAYOUT_AUTOMATIC || options->layout > BINET_LAYOUT_CSV) {
        return binet__fail_argument(error, "options", "options->layout is %d, not 0 .. 3", (int)options->layout);
    }
    if ((options->class_names == NULL) != (options->n_class_names == 0) || options->n_class_names < 0) {
        return binet__fail_argument(error, "options", "options has %s class_names and n_class_names %lld",
                                    options->class_names == NULL ? "no" : "some", (long long)options->n_class_names);
    }
    if (options->class_indices != NULL && options->class_names == NULL) {
        return binet__fail_argument(error, "options", "options has class_indices without class_names");
    }
    return BINET_OK;
}

static binet_status add_record(binet_image_list *list, const binet__csv *csv, const char *folder, int64_t path_column,
                               int64_t label_column, binet_error *error)
{
    const char *path = csv->fields[path_column];
    int64_t label = -1;
    if (path[0] == '\0') {
        return binet__csv_fail(csv, error, "the path is empty");
    }
    if (label_column >= 0) {
        binet_status status = binet__csv_integer(csv, label_column, "label", 0, INT64_MAX, &label, error);
        if (status != BINET_OK) {
            return status;
        }
    }
    if (path[0] == '/' || folder[0] == '\0') {
        return binet__list_add(list, "", path, 0, label, error);
    }
    return binet__list_add(list, folder, path, strlen(folder) + 1, label, error);
}

static binet_status read_csv(binet_image_list *list, const char *path, binet_error *error)
{
    binet__csv csv;
    int64_t path_column = -1;
    int64_t label_column = -1;
    const char *slash = strrchr(path, '/');
    /* A CSV in the root folder has "/." as its folder. */
    char *folder = slash == path
                       ? binet__copy_text(&list->context, "/.", 2, error)
                       : binet__copy_text(&list->context, path, slash != NULL ? (size_t)(slash - path) : 0, error);
    if (folder == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    binet_status status = binet__csv_open(&list->context, path, "path", &csv, error);
    if (status != BINET_OK) {
        binet__release(&list->context, folder);
        return status;
    }
    status = binet__csv_column(&csv, "path", 1, &path_column, error);
    if (status == BINET_OK) {
        status = binet__csv_column(&csv, "label", 0, &label_column, error);
    }
    for (int more = 1; status == BINET_OK;) {
        status = binet__csv_next(&csv, &more, error);
        if (status != BINET_OK || !more) {
            break;
        }
        status = add_record(list, &csv, folder, path_column, label_column, error);
    }
    binet__csv_close(&csv);
    binet__release(&list->context, folder);
    return status;
}

/* Names are for class folders, and never ignored. */
static binet_status refuse_map(const binet_image_list_options *options, const char *path, const char *kind,
                               binet_error *error)
{
    if (options->class_names == NULL) {
        return BINET_OK;
    }
    return binet__fail_argument(error, "options", "options->class_names are for class folders; '%s' is a %s", path,
                                kind);
}

/* `path` without slashes at its end. */
static binet_status read_folder(binet_image_list *list, const char *path, const binet_image_list_options *options,
                                binet_error *error)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') {
        length--;
    }
    char *folder = binet__copy_text(&list->context, path, length, error);
    if (folder == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    int has_folders = options->layout == BINET_LAYOUT_CLASS_FOLDERS;
    binet_status status = BINET_OK;
    if (options->layout == BINET_LAYOUT_AUTOMATIC) {
        status = binet__list_has_folders(list, folder, &has_folders, error);
    }
    if (status == BINET_OK && !has_folders) {
        status = refuse_map(options, path, "folder without class folders", error);
    } else if (status == BINET_OK && options->class_names != NULL) {
        status = read_map(list, options, error);
    }
    if (status == BINET_OK) {
        status = has_folders ? binet__list_class_folders(list, folder, options->class_names != NULL, error)
                             : binet__list_flat(list, folder, error);
    }
    binet__release(&list->context, folder);
    return status;
}

static binet_status fill(binet_image_list *list, const char *path, const binet_image_list_options *options,
                         binet_error *error)
{
    struct stat about;
    if (stat(path, &about) != 0) {
        return binet__fail_io(error, "path", "open", path, errno);
    }
    int is_csv =
        options->layout == BINET_LAYOUT_CSV || (options->layout == BINET_LAYOUT_AUTOMATIC && !S_ISDIR(about.st_mode));
    binet_status status = BINET_OK;
    if (is_csv && options->layout == BINET_LAYOUT_AUTOMATIC && binet__list_is_image(path)) {
        return binet__fail_argument(
            error, "path", "'%s' is one image; allowed: a folder of images, or a CSV with the column path", path);
    }
    if (is_csv) {
        status = refuse_map(options, path, "CSV", error);
        status = status == BINET_OK ? read_csv(list, path, error) : status;
    } else {
        status = read_folder(list, path, options, error);
    }
    if (status == BINET_OK && list->n_entries == 0) {
        status = binet__fail(error, BINET_INVALID_DATA, "path", -1, "no images in '%s'", path);
    }
    if (list->n_classes > 0) {
        qsort(list->classes, (size_t)list->n_classes, sizeof *list->classes, by_label);
    }
    return status;
}

binet_status binet_image_list_open(const binet_context *context, const char *path,
                                   const binet_image_list_options *options, binet_image_list **list, binet_error *error)
{
    binet_image_list_options given;
    binet_status status = binet__require(path, "path", error);
    if (status == BINET_OK) {
        status = binet__require(list, "list", error);
    }
    if (status == BINET_OK) {
        status = read_options(options, &given, error);
    }
    if (status != BINET_OK) {
        return status;
    }
    binet_image_list *made = binet__allocate_zero(context, 1, sizeof *made, error);
    if (made == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    made->context = binet__context_copy(context);
    status = fill(made, path, &given, error);
    if (status != BINET_OK) {
        binet_image_list_destroy(made);
        return status;
    }
    *list = made;
    return BINET_OK;
}

void binet_image_list_destroy(binet_image_list *list)
{
    if (list == NULL) {
        return;
    }
    binet_context context = list->context;
    for (int64_t i = 0; i < list->n_entries; i++) {
        binet__release(&context, list->entries[i].path);
    }
    for (int64_t i = 0; i < list->n_classes; i++) {
        binet__release(&context, list->classes[i].name);
    }
    binet__release(&context, list->entries);
    binet__release(&context, list->classes);
    binet__release(&context, list);
}

int64_t binet_image_list_count(const binet_image_list *list)
{
    return list->n_entries;
}

static const binet__image_entry *entry_at(const binet_image_list *list, int64_t index)
{
    return index >= 0 && index < list->n_entries ? &list->entries[index] : NULL;
}

const char *binet_image_list_path(const binet_image_list *list, int64_t index)
{
    const binet__image_entry *entry = entry_at(list, index);
    return entry != NULL ? entry->path : NULL;
}

const char *binet_image_list_name(const binet_image_list *list, int64_t index)
{
    const binet__image_entry *entry = entry_at(list, index);
    return entry != NULL ? entry->name : NULL;
}

int64_t binet_image_list_label(const binet_image_list *list, int64_t index)
{
    const binet__image_entry *entry = entry_at(list, index);
    return entry != NULL ? entry->label : -1;
}

int64_t binet_image_list_class_count(const binet_image_list *list)
{
    /* Sorted by label: one more than the largest. */
    return list->n_classes > 0 ? list->classes[list->n_classes - 1].label + 1 : 0;
}

const char *binet_image_list_class_name(const binet_image_list *list, int64_t class_index)
{
    int64_t low = 0;
    int64_t high = list->n_classes;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (list->classes[middle].label < class_index) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < list->n_classes && list->classes[low].label == class_index ? list->classes[low].name : NULL;
}
