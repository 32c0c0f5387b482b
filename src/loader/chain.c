/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot chain. See chain.h. It is not followed yet: the walk ends at the
 * fallback loader and says that it cannot tell.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "loader/chain.h"

struct boot_chain *chain_walk(const struct chain_view *view, const char *start)
{
	struct boot_chain *chain = xcalloc(1, sizeof(*chain));

	(void)view;
	chain->problems = xcalloc(1, sizeof(*chain->problems));
	chain->problems[chain->n_problems++] = (struct chain_problem){
		.code = CHAIN_UNDETERMINED,
		.where = xasprintf("ESP:%s", start),
		.text = xstrdup("what it goes on to was not looked at"),
	};
	return chain;
}

void chain_free(struct boot_chain *chain)
{
	for (size_t i = 0; i < chain->n_problems; i++) {
		free(chain->problems[i].where);
		free(chain->problems[i].text);
	}
	free(chain->problems);
	free(chain);
}

char *chain_summary(const struct boot_chain *chain)
{
	(void)chain;
	return xstrdup("");
}

const struct chain_problem *chain_find(const struct boot_chain *chain, enum chain_code code)
{
	for (size_t i = 0; i < chain->n_problems; i++)
		if (chain->problems[i].code == code)
			return &chain->problems[i];
	return NULL;
}
