#include "base/text_map.h"

#include <string.h>

#include "base/memory.h"

enum { FIRST_CAPACITY = 64 };

/* FNV-1a. */
static uint64_t hash(const char *text)
{
    uint64_t value = 14695981039346656037u;
    for (; *text != '\0'; text++) {
        value = (value ^ (unsigned char)*text) * 1099511628211u;
    }
    return value;
}

/* The entry of a text, or the free one where it belongs. There is always a free one. */
static binet__text_map_entry *locate(binet__text_map_entry *entries, int64_t capacity, const char *text)
{
    uint64_t mask = (uint64_t)capacity - 1;
    uint64_t at = hash(text) & mask;
    while (entries[at].text != NULL && strcmp(entries[at].text, text) != 0) {
        at = (at + 1) & mask;
    }
    return &entries[at];
}

int64_t *binet__text_map_find(const binet__text_map *map, const char *text)
{
    if (map->capacity == 0) {
        return NULL;
    }
    binet__text_map_entry *entry = locate(map->entries, map->capacity, text);
    return entry->text != NULL ? &entry->value : NULL;
}

static binet_status enlarge(binet__text_map *map, binet_error *error)
{
    int64_t capacity = map->capacity == 0 ? FIRST_CAPACITY : 2 * map->capacity;
    binet__text_map_entry *entries = binet__allocate_zero(map->context, capacity, sizeof *entries, error);
    if (entries == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    for (int64_t i = 0; i < map->capacity; i++) {
        if (map->entries[i].text != NULL) {
            *locate(entries, capacity, map->entries[i].text) = map->entries[i];
        }
    }
    binet__release(map->context, map->entries);
    map->entries = entries;
    map->capacity = capacity;
    return BINET_OK;
}

binet_status binet__text_map_insert(binet__text_map *map, const char *text, int64_t value, binet_error *error)
{
    if (map->n >= map->capacity / 2) {
        binet_status status = enlarge(map, error);
        if (status != BINET_OK) {
            return status;
        }
    }
    *locate(map->entries, map->capacity, text) = (binet__text_map_entry){text, value};
    map->n++;
    return BINET_OK;
}

void binet__text_map_clear(binet__text_map *map)
{
    binet__release(map->context, map->entries);
    map->entries = NULL;
    map->n = 0;
    map->capacity = 0;
}
