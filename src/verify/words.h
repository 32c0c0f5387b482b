/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What boot loaders say when they stop, in their own words, and what is known
 * of a text: why it is said and what to do. One table, a row per text.
 */
#ifndef ARMVM_VERIFY_WORDS_H
#define ARMVM_VERIFY_WORDS_H

#include "base/buf.h"

#define LOADER_WORDS_MAX 4

/* Starts zeroed. */
struct loader_words {
	struct strlist lines; /* the last of the lines that report an error, each once */
};

/* Takes in a finished line of the console. */
void loader_words_take(struct loader_words *w, const char *line);
void loader_words_release(struct loader_words *w);
DEFINE_RELEASE(struct loader_words, loader_words_release)

/* The cause and the remedy of the first line of which they are known; false: of none. */
bool loader_words_explain(const struct loader_words *w, const char **cause, const char **remedy);

#endif
