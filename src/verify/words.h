/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What boot loaders say when they stop, in their own words, and what is known
 * of a text: why it is said and what to do. One table, a row per text.
 */
#ifndef ARMVM_VERIFY_WORDS_H
#define ARMVM_VERIFY_WORDS_H

#include "base/buf.h"

#define LOADER_WORDS_MAX 4
#define LOADER_LAST_MAX  2

/* Starts zeroed. */
struct loader_words {
	struct strlist lines; /* the last of the lines that report an error, each once */
	struct strlist last;  /* the last ones that stood on the screen, whatever they say */
};

/* Takes in a finished line of the console. */
void loader_words_take(struct loader_words *w, const char *line);
/* Takes in what stands on the screen in the end, in lines. */
void loader_words_end(struct loader_words *w, const char *screen);
/* Adds what the loader says, or where it reports no error the last of its screen: "; the loader says ...". */
void loader_words_print(const struct loader_words *w, struct text *out);
void loader_words_release(struct loader_words *w);
DEFINE_RELEASE(struct loader_words, loader_words_release)

/* The cause and the remedy of the first line of which they are known; false: of none. */
bool loader_words_explain(const struct loader_words *w, const char **cause, const char **remedy);

#endif
