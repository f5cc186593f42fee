/* Words of a text: runs of letters, in lower case. */
#include "tally.h"

#include <ctype.h>
#include <string.h>

int is_stopword(const char *word)
{
    for (const char *const *stop = stopwords; *stop; stop++)
        if (!strcmp(*stop, word))
            return 1;
    return 0;
}

size_t read_word(FILE *in, char *word, size_t size)
{
    size_t length = 0;
    int c;
    while ((c = getc(in)) != EOF) {
        if (isalpha(c)) {
            if (length + 1 < size)
                word[length++] = (char)tolower(c);
        } else if (length) {
            break;
        }
    }
    word[length] = '\0';
    return length;
}
