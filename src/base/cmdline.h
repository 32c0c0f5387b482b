/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel's command line, word by word, as those who read it take it apart.
 */
#ifndef ARMVM_BASE_CMDLINE_H
#define ARMVM_BASE_CMDLINE_H

#include "base/base.h"

enum cmdline_reader {
	CMDLINE_KERNEL, /* and dracut: '"' holds a word together, and is taken off */
	CMDLINE_SHELL,  /* $(cat /proc/cmdline): blanks alone part words, and quotes stay in them */
	CMDLINE_SYSTEMD, /* as the kernel; "'" does the same */
};

/*
 * Copies the next word to word, which has room for all that is left, and returns what is behind it; NULL: there
 * is none.
 */
const char *cmdline_next(const char *at, enum cmdline_reader reader, char *word);

/* The value of the last word that begins with key, "root=". NULL: there is none. The caller frees it. */
char *cmdline_last(const char *cmdline, enum cmdline_reader reader, const char *key);

/* Whether it has that word in front of "--", behind which the words are init's. */
bool cmdline_has(const char *cmdline, enum cmdline_reader reader, const char *wanted);

#endif
