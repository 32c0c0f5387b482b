/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One search for what an initrd looks for, and what is said of it. Private to initrd_finds.c and initrd_snapd.c.
 */
#ifndef ARMVM_LOADER_INITRD_SEARCH_H
#define ARMVM_LOADER_INITRD_SEARCH_H

#include <stdlib.h>

#include "base/xalloc.h"
#include "loader/initrd_finds.h"

/* What is not found may be in there. */
#define INITRD_HIDDEN "part of the disk is not read here"

struct search {
	const struct chain_view *view;
	const char *cmdline;
	const struct initrd_root *root;
	struct initrd_finding *finding;
};

static inline void answer(struct search *s, enum presence presence, char *take_text)
{
	free(s->finding->text);
	s->finding->answer = presence;
	s->finding->text = take_text;
}

static inline void absent(struct search *s, char *take_text)
{
	answer(s, ABSENT, take_text);
}

static inline void unknown(struct search *s, char *take_text)
{
	answer(s, PRESENCE_UNKNOWN, take_text);
}

static inline void found(struct search *s, const char *key, const char *value)
{
	answer(s, PRESENT, NULL);
	free(s->finding->words);
	s->finding->words = value ? xasprintf("%s%s", key, value) : NULL;
}

/* Of a search of an initrd of snapd's: whether the command line has it look in its own way. initrd_snapd.c. */
bool initrd_by_snapd(struct search *s);

#endif
