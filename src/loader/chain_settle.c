/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a boot showed beats what reading could not follow, or read another way:
 * the default entry becomes the one that was booted, and what stood against
 * its way is overruled. What is true whatever boots (a file that is missing,
 * a program that writes variables) stays.
 */
#include <string.h>

#include "base/xalloc.h"
#include "loader/chain_walk.h"
#include "loader/device.h"
#include "loader/initrd_finds.h"

#define BIT(code) (1u << (code))

/* That the kernel was reached says that these are not so, or do no harm. */
#define OF_THE_WAY                                                                                 \
	(BIT(CHAIN_UNKNOWN_LOADER) | BIT(CHAIN_NOT_STARTED) | BIT(CHAIN_NOT_A_LOADER) |            \
		BIT(CHAIN_NO_SECOND_STAGE) | BIT(CHAIN_UNREADABLE) | BIT(CHAIN_NO_MODULE) |        \
		BIT(CHAIN_NO_CONFIG) | BIT(CHAIN_SEARCH_FAILED) | BIT(CHAIN_NO_ENTRY) |            \
		BIT(CHAIN_MENU_WAITS) | BIT(CHAIN_KERNEL_MISSING) | BIT(CHAIN_KERNEL_ARCH) |       \
		BIT(CHAIN_UNDETERMINED))
/* These are judged again, by the command line that was handed over. */
#define OF_THE_ROOT                                                                                \
	(BIT(CHAIN_ROOT_MISSING) | BIT(CHAIN_ROOT_NONE) | BIT(CHAIN_ROOT_SEVERAL) |                \
		BIT(CHAIN_ROOT_BY_TYPE) | BIT(CHAIN_ROOT_SEARCHED) | BIT(CHAIN_NO_DEPLOYMENT))

bool chain_contradicted(const struct chain_problem *problem, bool initrd_handed)
{
	/* A kernel that was handed another tree than the machine's is not counted as reached. */
	unsigned codes = OF_THE_WAY | BIT(CHAIN_TREE) |
			 (initrd_handed ? BIT(CHAIN_INITRD_MISSING) : 0);

	return (BIT(problem->code) & codes) != 0;
}

bool chain_is_broken(const struct boot_chain *chain)
{
	bool broken = false;

	for (size_t i = 0; i < chain->n_problems && !chain->complete; i++) {
		const struct chain_problem *p = &chain->problems[i];

		broken = broken || (p->certain && p->on_default && BIT(p->code) & OF_THE_WAY);
	}
	return broken;
}

static void forget(struct chain_problem *p)
{
	free(p->where);
	free(p->text);
}

static void overrule(struct boot_chain *c, bool has_initrd)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->n_problems; i++) {
		struct chain_problem *p = &c->problems[i];
		bool contradicted = chain_contradicted(p, has_initrd);

		if (!p->on_default || !(contradicted || BIT(p->code) & OF_THE_ROOT)) {
			c->problems[kept++] = *p;
			continue;
		}
		if (p->certain && contradicted)
			strlist_take(&c->overruled, xasprintf("%s: %s", p->where, p->text));
		forget(p);
	}
	c->n_problems = kept;
}

/* Takes kernel and initrd out of the way, and the entry that was thought to be the default. */
static void clear_default(struct boot_chain *c)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->n_steps; i++)
		if (c->steps[i].kind == STEP_KERNEL || c->steps[i].kind == STEP_INITRD)
			free(c->steps[i].path);
		else
			c->steps[kept++] = c->steps[i];
	c->n_steps = kept;
	for (size_t i = 0; i < c->n_entries; i++)
		c->entries[i].is_default = false;
}

/* Whether an initrd was in the unified image, or in an addon of it; whose steps are added. */
static bool has_initrd_inside(struct walk *w, const struct chain_handed *h)
{
	CLEANUP(loader_facts_release) struct loader_facts facts = { 0 };

	if (!h->is_unified || loader_recognise_file(h->volume, h->kernel, &facts, NULL) < 0)
		return false;
	free(walk_uki_cmdline(w, h->volume, h->kernel, &facts, h->command_line, true));
	w->words_unread = false;
	return facts.has_initrd;
}

static void add_handed(struct walk *w, const struct chain_handed *h)
{
	struct chain_entry *e = walk_entry(w, "what was booted", "the boot");

	if (!e)
		return;
	e->is_default = true;
	free(e->cmdline);
	e->cmdline = xstrdup(h->command_line);
	e->version = *h->version ? xstrdup(h->version) : NULL;
	e->volume = h->volume;
	e->kernel = h->kernel ? xstrdup(h->kernel) : NULL;
	if (h->initrd && h->initrd_volume == h->volume)
		strlist_add(&e->initrds, h->initrd);
	else if (h->initrd)
		strlist_take(&e->initrds, device_path(h->initrd_volume, h->initrd));
	walk_step(w, STEP_KERNEL, h->volume, h->kernel ? h->kernel : "",
		h->is_unified ? LOADER_UKI : LOADER_KERNEL, h->version);
	e->initrd_unknown = !has_initrd_inside(w, h) && h->has_initrd && !h->initrd;
	if (h->initrd)
		walk_step(w, STEP_INITRD, h->initrd_volume, h->initrd, LOADER_UNKNOWN, "");
}

void chain_settle(
	struct boot_chain *chain, const struct chain_view *view, const struct chain_handed *h)
{
	struct walk w = { .view = view, .chain = chain };
	CLEANUP(xfree) char *root = cmdline_value(h->command_line, "root=");

	if (chain->complete && chain_default(chain)) {
		chain->read_from = xstrdup(chain_default(chain)->source);
		chain->read_cmdline = xstrdup(chain_entry_handed(chain_default(chain)));
	}
	chain->settled = true;
	chain->unfollowed = !chain->complete;
	overrule(chain, h->has_initrd);
	clear_default(chain);
	add_handed(&w, h);
	chain->complete = true;
	if ((root && *root) || h->has_initrd)
		walk_root(&w, h->command_line, h->has_initrd, true, "what the kernel was handed");
	else
		walk_problem(&w, CHAIN_ROOT_NONE, false, true,
			xstrdup("what the kernel was handed"),
			"neither root= nor an initrd; whether they are built into the kernel is not "
			"known");
}

const char *chain_entry_handed(const struct chain_entry *entry)
{
	return entry->handed ? entry->handed : entry->cmdline;
}

static void forget_root(struct boot_chain *c)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->n_problems; i++) {
		struct chain_problem *p = &c->problems[i];

		if (p->on_default && BIT(p->code) & OF_THE_ROOT)
			forget(p);
		else
			c->problems[kept++] = *p;
	}
	c->n_problems = kept;
}

void chain_configure(struct boot_chain *chain, const struct chain_view *view, const char *added)
{
	struct walk w = { .view = view, .chain = chain };

	for (size_t i = 0; i < chain->n_entries; i++) {
		struct chain_entry *e = &chain->entries[i];

		if (!e->is_default || e->handed)
			continue;
		e->handed = e->cmdline;
		e->cmdline = xasprintf("%s%s", added, e->handed);
		forget_root(chain);
		walk_root(&w, e->cmdline, true, true, e->source);
	}
}

static struct chain_entry *default_of(struct boot_chain *chain)
{
	for (size_t i = 0; i < chain->n_entries; i++)
		if (chain->entries[i].is_default)
			return &chain->entries[i];
	return NULL;
}

void chain_root_by_initrd(struct boot_chain *chain, const struct chain_view *view,
	const char *words, const char *where)
{
	struct walk w = { .view = view, .chain = chain };
	struct chain_entry *e = default_of(chain);
	char *cmdline;

	if (!e)
		return;
	forget_root(chain);
	free(e->root_from);
	e->root_from = xstrdup(where);
	if (!*words)
		return;
	cmdline = xasprintf("%s %s", e->cmdline, words);
	if (e->handed)
		free(e->cmdline);
	else
		e->handed = e->cmdline;
	e->cmdline = cmdline;
	walk_root(&w, e->cmdline, true, true, where);
}

void chain_root_searched(struct boot_chain *chain, const struct chain_view *view,
	const struct initrd_finding *finding)
{
	struct walk w = { .view = view, .chain = chain };
	struct chain_entry *e = default_of(chain);
	CLEANUP(xfree) char *where = e ? xstrdup(e->source) : NULL;

	if (!e)
		return;
	if (finding->answer == PRESENT) {
		chain_root_by_initrd(chain, view, finding->words ? finding->words : "", where);
		return;
	}
	forget_root(chain);
	walk_problem(&w, CHAIN_ROOT_SEARCHED, finding->answer == ABSENT, true, TAKE(where), "%s",
		finding->text);
}

void chain_root_unknown(
	struct boot_chain *chain, const struct chain_view *view, const char *why, const char *where)
{
	struct walk w = { .view = view, .chain = chain };

	forget_root(chain);
	walk_problem(&w, CHAIN_ROOT_NONE, false, true, xstrdup(where),
		"the kernel's command line has no root=, and %s", why);
}
