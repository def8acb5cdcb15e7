/** Reading whole files, and writing files that appear under their name only when they are whole. */
#ifndef BINET_BASE_FILE_H
#define BINET_BASE_FILE_H

#include <stdio.h>

#include "binet/base.h"

/** All bytes of a file and a zero byte after the last, to be released with binet__release. BINET_IO, with `argument` as
 *  the argument at fault, where it cannot be opened or read; BINET_INVALID_DATA where it has more than `most` bytes,
 *  before more are read (`most` is below INT64_MAX). */
binet_status binet__read_file(const binet_context *context, const char *path, const char *argument, int64_t most,
                              char **bytes, int64_t *size, binet_error *error);

/** A file that is being written under a temporary name in the folder of its own. */
typedef struct binet__file {
    const binet_context *context; /**< of the call that writes it */
    const char *argument;         /**< name of the parameter that gives the path */
    FILE *stream;                 /**< to write to and to seek in; its errors are found by binet__file_commit */
    char *path;
    char *temporary;
} binet__file;

/** Open a file for writing. On failure there is nothing to discard. `context` and `argument` are borrowed. */
binet_status binet__file_create(const binet_context *context, const char *path, const char *argument, binet__file *file,
                                binet_error *error);

/** Close the file and give it its name, in place of an older one. Whatever comes of it, the file is finished: on
 *  failure the temporary file is gone and an older file of that name is as it was. */
binet_status binet__file_commit(binet__file *file, binet_error *error);

/** Close the file and remove it. Fine on a file of zero bytes all over, and after binet__file_commit. */
void binet__file_discard(binet__file *file);

#endif
