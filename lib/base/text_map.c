#include "base/text_map.h"

#include <string.h>

#include "base/memory.h"

enum { FIRST_CAPACITY = 64 };

/* Eight bytes at a time, each mixed in by a multiplication whose high bits come back to the low ones. */
static uint64_t hash(const char *text)
{
    size_t left = strlen(text);
    uint64_t value = left;
    while (left > 0) {
        uint64_t bytes = 0;
        size_t n = left < sizeof bytes ? left : sizeof bytes;
        memcpy(&bytes, text, n);
        value = (value ^ bytes) * 0x9E3779B97F4A7C15u;
        value ^= value >> 32;
        left -= n;
        text += n;
    }
    return value;
}

/* The entry of a text with its hash, or the free one where it belongs. There is always a free one. */
static binet__text_map_entry *locate(binet__text_map_entry *entries, int64_t capacity, const char *text,
                                     uint64_t text_hash)
{
    uint64_t mask = (uint64_t)capacity - 1;
    uint64_t at = text_hash & mask;
    while (entries[at].text != NULL && (entries[at].hash != text_hash || strcmp(entries[at].text, text) != 0)) {
        at = (at + 1) & mask;
    }
    return &entries[at];
}

int64_t *binet__text_map_find(const binet__text_map *map, const char *text)
{
    if (map->capacity == 0) {
        return NULL;
    }
    binet__text_map_entry *entry = locate(map->entries, map->capacity, text, hash(text));
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
            *locate(entries, capacity, map->entries[i].text, map->entries[i].hash) = map->entries[i];
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
    uint64_t text_hash = hash(text);
    *locate(map->entries, map->capacity, text, text_hash) = (binet__text_map_entry){text, value, text_hash};
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
