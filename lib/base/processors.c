#include "base/processors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 8192, PATH_SIZE = 4096, VALUE_SIZE = 64 };

/* Where the groups of one version lie: the path of this process in the hierarchy, and the mount that shows it. */
typedef struct hierarchy {
    int version;
    char group[PATH_SIZE];
    char mount_root[PATH_SIZE];
    char mount_point[PATH_SIZE];
} hierarchy;

static FILE *open_below(const char *root, const char *path)
{
    char whole[2 * PATH_SIZE];
    int length = snprintf(whole, sizeof whole, "%s%s", root, path);
    return length > 0 && (size_t)length < sizeof whole ? fopen(whole, "re") : NULL;
}

/* The next line without its end; lines that do not fit are passed over, since none that matters is so long. */
static int next_line(FILE *file, char line[LINE_SIZE])
{
    while (fgets(line, LINE_SIZE, file) != NULL) {
        size_t length = strlen(line);
        if (length > 0 && line[length - 1] == '\n') {
            line[length - 1] = '\0';
            return 1;
        }
        if (feof(file)) {
            return length > 0;
        }
        int c;
        do {
            c = fgetc(file);
        } while (c != '\n' && c != EOF);
    }
    return 0;
}

/* Whether `word` is one of the words of a list that commas separate. */
static int lists(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = list; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == '\0')) {
            return 1;
        }
    }
    return 0;
}

static int copy_path(char target[PATH_SIZE], const char *source)
{
    size_t length = strlen(source);
    if (length >= PATH_SIZE) {
        return 0;
    }
    memcpy(target, source, length + 1);
    return 1;
}

/* /proc/self/cgroup has a line "number:controllers:path" for each hierarchy; v2 is number 0 without controllers. */
static int find_group(const char *root, hierarchy *found)
{
    FILE *file = open_below(root, "/proc/self/cgroup");
    if (file == NULL) {
        return 0;
    }
    char line[LINE_SIZE];
    int done = 0;
    while (!done && next_line(file, line)) {
        char *controllers = strchr(line, ':');
        char *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
        if (path == NULL) {
            continue;
        }
        *path = '\0';
        controllers++;
        path++;
        int matches = found->version == 2 ? *controllers == '\0' : lists(controllers, "cpu");
        done = matches && copy_path(found->group, path);
    }
    (void)fclose(file);
    return done;
}

/* mountinfo writes space, tab, newline and backslash as \ooo. */
static void unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; to++) {
        if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' && from[2] <= '7' && from[3] >= '0' &&
            from[3] <= '7') {
            *to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

/* A line of mountinfo: "id parent device root point options [tags] - type source super-options". */
static int read_mount(char *line, hierarchy *found)
{
    char *after = strstr(line, " - ");
    if (after == NULL) {
        return 0;
    }
    *after = '\0';
    char *position = NULL;
    const char *type = strtok_r(after + 3, " ", &position);
    (void)strtok_r(NULL, " ", &position);
    const char *super_options = strtok_r(NULL, " ", &position);
    if (type == NULL || super_options == NULL) {
        return 0;
    }
    int matches =
        found->version == 2 ? strcmp(type, "cgroup2") == 0 : strcmp(type, "cgroup") == 0 && lists(super_options, "cpu");
    if (!matches) {
        return 0;
    }
    char *fields[5];
    position = NULL;
    for (int i = 0; i < 5; i++) {
        fields[i] = strtok_r(i == 0 ? line : NULL, " ", &position);
        if (fields[i] == NULL) {
            return 0;
        }
    }
    unescape(fields[3]);
    unescape(fields[4]);
    return copy_path(found->mount_root, fields[3]) && copy_path(found->mount_point, fields[4]);
}

static int find_mount(const char *root, hierarchy *found)
{
    FILE *file = open_below(root, "/proc/self/mountinfo");
    if (file == NULL) {
        return 0;
    }
    char line[LINE_SIZE];
    int done = 0;
    while (!done && next_line(file, line)) {
        done = read_mount(line, found);
    }
    (void)fclose(file);
    return done;
}

/* The first line of <folder>/<name>; empty where there is none. */
static void read_value(const char *root, const char *folder, const char *name, char value[VALUE_SIZE])
{
    char path[PATH_SIZE];
    value[0] = '\0';
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = length > 0 && (size_t)length < sizeof path ? open_below(root, path) : NULL;
    if (file != NULL) {
        if (fgets(value, VALUE_SIZE, file) == NULL) {
            value[0] = '\0';
        }
        (void)fclose(file);
    }
}

/* The limit of one group alone. */
static int32_t limit_of(const char *root, const char *folder, int version)
{
    char value[VALUE_SIZE];
    char *end = value;
    long long quota;
    long long period;
    if (version == 2) {
        read_value(root, folder, "cpu.max", value);
        quota = strtoll(value, &end, 10);
        period = strtoll(end, NULL, 10);
    } else {
        read_value(root, folder, "cpu.cfs_quota_us", value);
        quota = strtoll(value, NULL, 10);
        read_value(root, folder, "cpu.cfs_period_us", value);
        period = strtoll(value, NULL, 10);
    }
    /* "max", -1, and a file that is not there all end here. */
    if (quota <= 0 || period <= 0) {
        return INT32_MAX;
    }
    long long processors = quota / period + (quota % period != 0);
    return processors < INT32_MAX ? (int32_t)processors : INT32_MAX;
}

/* The smallest limit from the group of this process up to the mount point. */
static int32_t smallest_limit(const char *root, const hierarchy *found)
{
    /* In a container the mount may show a part of the hierarchy only, and the path may not be below it. */
    size_t above = strcmp(found->mount_root, "/") == 0 ? 0 : strlen(found->mount_root);
    const char *group = found->group;
    int below = strncmp(group, found->mount_root, above) == 0 && group[above] == '/' && strstr(group, "/..") == NULL;
    char folder[2 * PATH_SIZE];
    (void)snprintf(folder, sizeof folder, "%s%s", found->mount_point, below ? group + above : "");
    size_t shortest = strlen(found->mount_point);
    int32_t smallest = INT32_MAX;
    for (;;) {
        int32_t limit = limit_of(root, folder, found->version);
        smallest = limit < smallest ? limit : smallest;
        char *slash = strrchr(folder, '/');
        if (slash == NULL || (size_t)(slash - folder) < shortest) {
            return smallest;
        }
        *slash = '\0';
    }
}

int32_t binet__cgroup_limit(const char *root)
{
    int32_t smallest = INT32_MAX;
    for (int version = 1; version <= 2; version++) {
        hierarchy found = {.version = version};
        if (find_group(root, &found) && find_mount(root, &found)) {
            int32_t limit = smallest_limit(root, &found);
            smallest = limit < smallest ? limit : smallest;
        }
    }
    return smallest;
}
