/* The table of words: open addressing, doubled when three quarters full. */
#include "tally.h"

#include <stdlib.h>
#include <string.h>

static unsigned long hash(const char *word)
{
    unsigned long h = 5381;
    while (*word)
        h = h * 33 + (unsigned char)*word++;
    return h;
}

void table_init(struct table *table)
{
    table->entries = NULL;
    table->size = table->used = 0;
}

void table_free(struct table *table)
{
    for (size_t i = 0; i < table->size; i++)
        free(table->entries[i].word);
    free(table->entries);
    table_init(table);
}

static struct entry *find(struct entry *entries, size_t size, const char *word)
{
    size_t i = hash(word) & (size - 1);
    while (entries[i].word && strcmp(entries[i].word, word))
        i = (i + 1) & (size - 1);
    return &entries[i];
}

static int grow(struct table *table)
{
    size_t size = table->size ? table->size * 2 : 64;
    struct entry *entries = calloc(size, sizeof *entries);
    if (!entries)
        return -1;
    for (size_t i = 0; i < table->size; i++)
        if (table->entries[i].word)
            *find(entries, size, table->entries[i].word) = table->entries[i];
    free(table->entries);
    table->entries = entries;
    table->size = size;
    return 0;
}

int table_count(struct table *table, const char *word)
{
    if (4 * table->used >= 3 * table->size && grow(table))
        return -1;
    struct entry *entry = find(table->entries, table->size, word);
    if (!entry->word) {
        entry->word = malloc(strlen(word) + 1);
        if (!entry->word)
            return -1;
        strcpy(entry->word, word);
        table->used++;
    }
    entry->count++;
    return 0;
}

static int by_count(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    if (!a->word || !b->word)
        return !a->word - !b->word;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return strcmp(a->word, b->word);
}

void table_sort(struct table *table)
{
    if (table->size)
        qsort(table->entries, table->size, sizeof *table->entries, by_count);
}
