/* What the C examples share: reading the command line. */
#ifndef EXAMPLES_OPTIONS_H
#define EXAMPLES_OPTIONS_H

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** The value of `--name VALUE` where argv[*i] is that name, with *i moved on; NULL otherwise. */
static inline const char *option_value(int argc, char **argv, int *i, const char *name)
{
    if (strcmp(argv[*i], name) != 0) {
        return NULL;
    }
    if (*i + 1 == argc) {
        fprintf(stderr, "%s needs a value\n", name);
        exit(2);
    }
    return argv[++*i];
}

/** A whole number of at least `least`. */
static inline int option_int(const char *name, const char *value, int least)
{
    char *end;
    errno = 0;
    long number = strtol(value, &end, 10);
    if (end == value || *end != '\0' || errno != 0 || number < least || number > INT_MAX) {
        fprintf(stderr, "%s is '%s'; allowed: a whole number >= %d\n", name, value, least);
        exit(2);
    }
    return (int)number;
}

/** Three numbers, such as 0.485,0.456,0.406. */
static inline void option_colours(const char *name, const char *value, float colours[3])
{
    const char *at = value;
    for (int i = 0; i < 3; i++) {
        char *end;
        colours[i] = strtof(at, &end);
        if (end == at || !isfinite(colours[i]) || *end != (i < 2 ? ',' : '\0')) {
            fprintf(stderr, "%s is '%s'; allowed: RED,GREEN,BLUE\n", name, value);
            exit(2);
        }
        at = end + 1;
    }
}

#endif
