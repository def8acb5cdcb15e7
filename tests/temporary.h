/** Folders for tests that need files: made below TMPDIR (or /tmp), removed whole at the end. */
#ifndef TESTS_TEMPORARY_H
#define TESTS_TEMPORARY_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEMPORARY_SIZE = 1024 };

/** Make a folder and write its path. */
static inline void temporary_make(char folder[TEMPORARY_SIZE])
{
    const char *base = getenv("TMPDIR");
    (void)snprintf(folder, TEMPORARY_SIZE, "%s/binet-test-XXXXXX", base != NULL && base[0] != '\0' ? base : "/tmp");
    if (mkdtemp(folder) == NULL) {
        perror(folder);
        exit(1);
    }
}

/** The path of something in the folder, in a buffer of the caller. */
static inline const char *temporary_path(char path[2 * TEMPORARY_SIZE], const char *folder, const char *relative)
{
    int length = snprintf(path, (size_t)2 * TEMPORARY_SIZE, "%s/%s", folder, relative);
    if (length < 0 || length >= 2 * TEMPORARY_SIZE) {
        (void)fprintf(stderr, "the path of '%s' is too long\n", relative);
        exit(1);
    }
    return path;
}

/** Write a file below the folder, with the folders between; a name that ends in a slash is a folder. */
static inline void temporary_write(const char *folder, const char *relative, const void *bytes, size_t size)
{
    char path[2 * TEMPORARY_SIZE];
    (void)temporary_path(path, folder, relative);
    for (char *slash = strchr(path + strlen(folder) + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0777);
        *slash = '/';
    }
    if (path[strlen(path) - 1] == '/') {
        return;
    }
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

/** As temporary_write, with a text. */
static inline void temporary_write_text(const char *folder, const char *relative, const char *text)
{
    temporary_write(folder, relative, text, strlen(text));
}

/** Entries of the folder, hidden ones too. */
static inline int temporary_count(const char *folder)
{
    int count = 0;
    DIR *entries = opendir(folder);
    for (struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;) {
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    if (entries != NULL) {
        (void)closedir(entries);
    }
    return count;
}

/** Remove the folder and all in it; links are removed, not followed. */
static inline void temporary_remove(const char *folder) // NOLINT(misc-no-recursion)
{
    DIR *entries = opendir(folder);
    struct dirent *entry;
    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        char path[2 * TEMPORARY_SIZE];
        (void)temporary_path(path, folder, entry->d_name);
        struct stat about;
        if (lstat(path, &about) == 0 && S_ISDIR(about.st_mode)) {
            temporary_remove(path);
        } else {
            (void)unlink(path);
        }
    }
    if (entries != NULL) {
        (void)closedir(entries);
    }
    (void)rmdir(folder);
}

#endif
