/** Rows that meet by file name: the whole name first, then the part after the last '/'. */
#ifndef BINET_METRICS_NAMES_H
#define BINET_METRICS_NAMES_H

#include "base/text_map.h"

enum {
    BINET__NAME_ABSENT = -1,
    BINET__NAME_AMBIGUOUS = -2 /* a last part that stands for names with different values */
};

/** Names with a value each. All zero is empty, but for the contexts of its maps. The texts are borrowed. */
typedef struct binet__names {
    binet__text_map whole;
    binet__text_map last;
} binet__names;

/** No names; memory comes from the context. */
binet__names binet__names_none(const binet_context *context);

/** Add a name with a value, 0 or more. Where the whole name is there already, nothing changes and *present is the value
 *  that it has; else *present is `value`. */
binet_status binet__names_add(binet__names *names, const char *name, int64_t value, int64_t *present,
                              binet_error *error);

/** The value of a name, or BINET__NAME_ABSENT or _AMBIGUOUS. */
int64_t binet__names_find(const binet__names *names, const char *name);

/** Release what the names hold. */
void binet__names_clear(binet__names *names);

#endif
