/* tally: counts the words of texts. */
#ifndef TALLY_H
#define TALLY_H

#include <stddef.h>
#include <stdio.h>

/* Words that are not counted, ended by a null pointer; made from data/stopwords.txt. */
extern const char *const stopwords[];

struct entry {
    char *word;
    unsigned long count;
};

/* A hash table of words. */
struct table {
    struct entry *entries;
    size_t size, used;
};

void table_init(struct table *table);
void table_free(struct table *table);
/* Counts one occurrence. Returns 0, or -1 when memory is exhausted. */
int table_count(struct table *table, const char *word);
/* Moves the entries to the front, most frequent first, equal ones by word. */
void table_sort(struct table *table);

int is_stopword(const char *word);
/* Reads one word in lower case. Returns its length, 0 at the end. */
size_t read_word(FILE *in, char *word, size_t size);

#endif
