/* Lists of image files from folders, in the order of torchvision's ImageFolder. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/memory.h"
#include "image/list.h"

enum { MAX_DEPTH = 64 };

/* The names in a folder, sorted by bytes; those of folders apart from those of other files. */
typedef struct names {
    char **at;
    int64_t n;
    int64_t capacity;
} names;

typedef struct contents {
    const binet_context *context;
    names folders;
    names files;
} contents;

/* A folder that is being searched, and those above it: a link to one of them would never end. */
typedef struct level {
    const struct level *above;
    dev_t device;
    ino_t number;
    int depth;
} level;

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int binet__list_is_image(const char *name)
{
    // The last three cannot be decoded; listed, each is an error or is counted as skipped, and none is left out unseen.
    static const char *const endings[] = {".jpg", ".jpeg", ".png", ".bmp", ".gif",  ".psd", ".pgm",
                                          ".ppm", ".pnm",  ".tga", ".tif", ".tiff", ".webp"};
    const char *ending = strrchr(name, '.');
    for (size_t i = 0; ending != NULL && i < sizeof endings / sizeof endings[0]; i++) {
        if (strcasecmp(ending, endings[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

/* <folder>/<name> */
static char *join(const binet_context *context, const char *folder, const char *name, binet_error *error)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = binet__allocate(context, (int64_t)size, 1, error);
    if (path != NULL) {
        (void)snprintf(path, size, "%s/%s", folder, name);
    }
    return path;
}

static binet_status add_name(const binet_context *context, names *list, const char *name, binet_error *error)
{
    void *block = list->at;
    binet_status status = binet__grow(context, &block, &list->capacity, list->n + 1, sizeof *list->at, error);
    list->at = block;
    if (status != BINET_OK) {
        return status;
    }
    char *copy = binet__copy_text(context, name, strlen(name), error);
    if (copy == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    list->at[list->n++] = copy;
    return BINET_OK;
}

static void release_names(const binet_context *context, names *list)
{
    for (int64_t i = 0; i < list->n; i++) {
        binet__release(context, list->at[i]);
    }
    binet__release(context, list->at);
}

static void release_contents(contents *c)
{
    release_names(c->context, &c->folders);
    release_names(c->context, &c->files);
}

/* A link is what it leads to; one that leads nowhere is taken as a file, so that reading it names it. */
static binet_status add_entry(contents *c, const char *folder, const char *name, binet_error *error)
{
    char *path = join(c->context, folder, name, error);
    if (path == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    struct stat about;
    int is_folder = stat(path, &about) == 0 && S_ISDIR(about.st_mode);
    binet__release(c->context, path);
    return is_folder ? add_name(c->context, &c->folders, name, error) : add_name(c->context, &c->files, name, error);
}

/* What is in a folder but hidden files. To be released with release_contents, on failure too. */
static binet_status read_folder(const binet_context *context, const char *folder, contents *c, binet_error *error)
{
    memset(c, 0, sizeof *c);
    c->context = context;
    DIR *stream = opendir(folder);
    if (stream == NULL) {
        return binet__fail_io(error, "path", "open the folder", folder, errno);
    }
    binet_status status = BINET_OK;
    while (status == BINET_OK) {
        errno = 0;
        const struct dirent *entry = readdir(stream);
        if (entry == NULL) {
            status = errno == 0 ? BINET_OK : binet__fail_io(error, "path", "read the folder", folder, errno);
            break;
        }
        if (entry->d_name[0] != '.') {
            status = add_entry(c, folder, entry->d_name, error);
        }
    }
    (void)closedir(stream);
    if (status == BINET_OK && c->folders.n > 0) {
        qsort(c->folders.at, (size_t)c->folders.n, sizeof *c->folders.at, compare_names);
    }
    if (status == BINET_OK && c->files.n > 0) {
        qsort(c->files.at, (size_t)c->files.n, sizeof *c->files.at, compare_names);
    }
    return status;
}

static binet_status add_files(binet_image_list *list, const char *folder, const names *files, size_t name_at,
                              int64_t label, binet_error *error)
{
    binet_status status = BINET_OK;
    for (int64_t i = 0; status == BINET_OK && i < files->n; i++) {
        if (binet__list_is_image(files->at[i])) {
            status = binet__list_add(list, folder, files->at[i], name_at, label, error);
        }
    }
    return status;
}

/* All images of a folder and the folders in it. */
static binet_status search(binet_image_list *list, const char *folder, size_t name_at, int64_t label,
                           const level *above, binet_error *error)
{
    struct stat about;
    if (stat(folder, &about) != 0) {
        return binet__fail_io(error, "path", "open the folder", folder, errno);
    }
    level here = {above, about.st_dev, about.st_ino, above != NULL ? above->depth + 1 : 0};
    for (const level *l = above; l != NULL; l = l->above) {
        if (l->device == here.device && l->number == here.number) {
            return BINET_OK;
        }
    }
    if (here.depth > MAX_DEPTH) {
        return binet__fail(error, BINET_INVALID_DATA, "path", -1, "more than %d folders in each other at '%s'",
                           MAX_DEPTH, folder);
    }
    contents c;
    binet_status status = read_folder(&list->context, folder, &c, error);
    if (status == BINET_OK) {
        status = add_files(list, folder, &c.files, name_at, label, error);
    }
    for (int64_t i = 0; status == BINET_OK && i < c.folders.n; i++) {
        char *path = join(&list->context, folder, c.folders.at[i], error);
        status = path != NULL ? search(list, path, name_at, label, &here, error) : BINET_OUT_OF_MEMORY;
        binet__release(&list->context, path);
    }
    release_contents(&c);
    return status;
}

/* As Python sorts what os.walk gives: by folder as a text, then by file. */
static int compare_entries(const void *a, const void *b)
{
    const char *first = ((const binet__image_entry *)a)->path;
    const char *second = ((const binet__image_entry *)b)->path;
    const char *first_file = strrchr(first, '/');
    const char *second_file = strrchr(second, '/');
    size_t first_length = (size_t)(first_file - first);
    size_t second_length = (size_t)(second_file - second);
    size_t common = first_length < second_length ? first_length : second_length;
    int order = memcmp(first, second, common);
    if (order == 0 && first_length != second_length) {
        order = first_length < second_length ? -1 : 1;
    }
    return order != 0 ? order : strcmp(first_file, second_file);
}

/* The classes are sorted by name here. */
static const binet__image_class *find_class(const binet_image_list *list, const char *name)
{
    int64_t low = 0;
    int64_t high = list->n_classes;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        int order = strcmp(list->classes[middle].name, name);
        if (order == 0) {
            return &list->classes[middle];
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return NULL;
}

/* One class folder, sorted by itself: the classes come in the order of their folders. */
static binet_status add_class_folder(binet_image_list *list, const char *folder, const char *name, int64_t label,
                                     binet_error *error)
{
    char *path = join(&list->context, folder, name, error);
    if (path == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    int64_t first = list->n_entries;
    binet_status status = search(list, path, strlen(folder) + 1, label, NULL, error);
    if (status == BINET_OK && list->n_entries > first) {
        qsort(list->entries + first, (size_t)(list->n_entries - first), sizeof *list->entries, compare_entries);
    }
    binet__release(&list->context, path);
    return status;
}

binet_status binet__list_class_folders(binet_image_list *list, const char *folder, int has_map, binet_error *error)
{
    contents c;
    binet_status status = read_folder(&list->context, folder, &c, error);
    for (int64_t i = 0; status == BINET_OK && i < c.folders.n; i++) {
        const char *name = c.folders.at[i];
        int64_t label = i;
        if (has_map) {
            const binet__image_class *known = find_class(list, name);
            if (known == NULL) {
                status = binet__fail(error, BINET_INVALID_DATA, "path", -1,
                                     "the class map has no folder '%s', which is in '%s'", name, folder);
                break;
            }
            label = known->label;
        } else {
            status = binet__list_add_class(list, name, label, error);
        }
        if (status == BINET_OK) {
            status = add_class_folder(list, folder, name, label, error);
        }
    }
    release_contents(&c);
    return status;
}

binet_status binet__list_flat(binet_image_list *list, const char *folder, binet_error *error)
{
    contents c;
    binet_status status = read_folder(&list->context, folder, &c, error);
    if (status == BINET_OK) {
        status = add_files(list, folder, &c.files, strlen(folder) + 1, -1, error);
    }
    release_contents(&c);
    return status;
}

binet_status binet__list_has_folders(const binet_image_list *list, const char *folder, int *found, binet_error *error)
{
    contents c;
    binet_status status = read_folder(&list->context, folder, &c, error);
    *found = c.folders.n > 0;
    release_contents(&c);
    return status;
}
