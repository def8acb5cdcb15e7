/** Inside of a list of image files. */
#ifndef BINET_IMAGE_LIST_H
#define BINET_IMAGE_LIST_H

#include "base/context.h"
#include "binet/image.h"

typedef struct binet__image_entry {
    char *path;
    const char *name; /**< the end of path */
    int64_t label;
} binet__image_entry;

/** A class with the name of its folder. */
typedef struct binet__image_class {
    char *name;
    int64_t label;
} binet__image_class;

struct binet_image_list {
    binet_context context;
    binet__image_entry *entries;
    int64_t n_entries;
    int64_t capacity;
    binet__image_class *classes; /**< by name while the list is made, by label afterwards */
    int64_t n_classes;
    int64_t classes_capacity;
};

/** Add an entry for the file <folder>/<relative>, or <relative> where folder is "". Its name is the path from byte
 *  `name_at` on. */
binet_status binet__list_add(binet_image_list *list, const char *folder, const char *relative, size_t name_at,
                             int64_t label, binet_error *error);

/** Add a class. */
binet_status binet__list_add_class(binet_image_list *list, const char *name, int64_t label, binet_error *error);

/** Fill the list from the folder. `has_map`: the classes are there already. */
binet_status binet__list_class_folders(binet_image_list *list, const char *folder, int has_map, binet_error *error);
binet_status binet__list_flat(binet_image_list *list, const char *folder, binet_error *error);

/** Whether a file is listed: by the end of its name. */
int binet__list_is_image(const char *name);

/** *found is 1 where a folder has a folder in it that is not hidden. */
binet_status binet__list_has_folders(const binet_image_list *list, const char *folder, int *found, binet_error *error);

#endif
