/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The broker of this process. See broker.h.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/broker.h"

static const struct broker *current;

void broker_set(const struct broker *broker)
{
	current = broker;
}

const struct broker *broker_get(void)
{
	return current;
}

bool helper_word(struct helper_request *q, unsigned which, const char *word)
{
	int n = snprintf(q->word[which], HELPER_WORD_MAX, "%s", word);

	return n >= 0 && n < HELPER_WORD_MAX;
}

void helper_drop(struct helper *h)
{
	for (unsigned i = 0; i < h->n_fds; i++)
		close(h->fds[i]);
	h->n_fds = 0;
	child_kill(&h->child);
}
