/* tally [-n COUNT] FILE...: prints the most frequent words. */
#include "tally.h"

#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    size_t most = 10;
    int first = 1;
    if (argc > 2 && !strcmp(argv[1], "-n")) {
        most = strtoul(argv[2], NULL, 10);
        first = 3;
    }
    struct table table;
    table_init(&table);
    for (int i = first; i < argc; i++) {
        FILE *in = fopen(argv[i], "r");
        if (!in) {
            perror(argv[i]);
            return 1;
        }
        char word[256];
        while (read_word(in, word, sizeof word))
            if (!is_stopword(word) && table_count(&table, word)) {
                fputs("tally: out of memory\n", stderr);
                return 1;
            }
        fclose(in);
    }
    table_sort(&table);
    for (size_t i = 0; i < table.used && i < most; i++)
        printf("%7lu %s\n", table.entries[i].count, table.entries[i].word);
    table_free(&table);
    return 0;
}
