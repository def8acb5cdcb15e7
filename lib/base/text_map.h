/** A table from texts to numbers. */
#ifndef BINET_BASE_TEXT_MAP_H
#define BINET_BASE_TEXT_MAP_H

#include "binet/base.h"

typedef struct binet__text_map_entry {
    const char *text; /* NULL: free */
    int64_t value;
    uint64_t hash; /* of text, so that a larger table need not find it again */
} binet__text_map_entry;

/** All zero is the empty map, but for its context. The texts are borrowed. */
typedef struct binet__text_map {
    const binet_context *context;
    binet__text_map_entry *entries;
    int64_t n;
    int64_t capacity; /* 0 or a power of two, at least 2 n */
} binet__text_map;

/** Where the value of a text is, valid until the next insertion; NULL where the text is not there. */
int64_t *binet__text_map_find(const binet__text_map *map, const char *text);

/** Insert a text that is not there, with its value. */
binet_status binet__text_map_insert(binet__text_map *map, const char *text, int64_t value, binet_error *error);

/** Release what the map holds. */
void binet__text_map_clear(binet__text_map *map);

#endif
