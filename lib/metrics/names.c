#include "metrics/names.h"

#include <string.h>

static const char *last_part(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash != NULL ? slash + 1 : name;
}

binet__names binet__names_none(const binet_context *context)
{
    binet__names names = {.whole = {.context = context}, .last = {.context = context}};
    return names;
}

/* A name without a '/' is its own last part, and lies in `whole` alone. */
binet_status binet__names_add(binet__names *names, const char *name, int64_t value, int64_t *present,
                              binet_error *error)
{
    const int64_t *before = binet__text_map_find(&names->whole, name);
    *present = before != NULL ? *before : value;
    if (before != NULL) {
        return BINET_OK;
    }
    const char *last = last_part(name);
    binet_status status = binet__text_map_insert(&names->whole, name, value, error);
    if (status != BINET_OK || last == name) {
        return status;
    }
    int64_t *of_last = binet__text_map_find(&names->last, last);
    if (of_last == NULL) {
        return binet__text_map_insert(&names->last, last, value, error);
    }
    *of_last = *of_last == value ? value : BINET__NAME_AMBIGUOUS;
    return BINET_OK;
}

int64_t binet__names_find(const binet__names *names, const char *name)
{
    const int64_t *whole = binet__text_map_find(&names->whole, name);
    if (whole != NULL) {
        return *whole;
    }
    const char *last = last_part(name);
    const int64_t *alone = last != name ? binet__text_map_find(&names->whole, last) : NULL;
    const int64_t *of_last = binet__text_map_find(&names->last, last);
    if (alone != NULL && of_last != NULL) {
        return *alone == *of_last ? *alone : BINET__NAME_AMBIGUOUS;
    }
    const int64_t *found = alone != NULL ? alone : of_last;
    return found != NULL ? *found : BINET__NAME_ABSENT;
}

void binet__names_clear(binet__names *names)
{
    binet__text_map_clear(&names->whole);
    binet__text_map_clear(&names->last);
}
