/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which entry of GRUB's menus is booted when nobody touches a key: $default, what it names, and $fallback where that
 * fails.
 */
#include "loader/grub_run.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

void grub_choice_release(struct grub_choice *c)
{
	free(c->by);
	free(c->in);
}

static struct grub_choice choice_copy(const struct grub_choice *c)
{
	return (struct grub_choice){ xstrdup(c->by), xstrdup(c->in), c->is_saved };
}

/* The entry below parent of this number, from 0; -1: none. */
static int numbered(const struct grub_config *out, int parent, unsigned long number)
{
	unsigned long seen = 0;

	for (size_t i = 0; i < out->n; i++)
		if (out->entries[i].parent == parent && seen++ == number)
			return (int)i;
	return -1;
}

/* Of this title or id. */
static int named(const struct grub_config *out, int parent, const char *text)
{
	for (size_t i = 0; i < out->n; i++) {
		const struct grub_entry *e = &out->entries[i];

		if (e->parent == parent &&
			(strcmp(e->title, text) == 0 || (e->id && strcmp(e->id, text) == 0)))
			return (int)i;
	}
	return -1;
}

const char *grub_number(const char *text, unsigned long *number)
{
	int base = 10;
	char *end;

	text += strspn(text, " \t\n\v\f\r");
	if (text[0] == '0' && text[1] == 'x') {
		base = 16;
		text += 2;
	} else if (text[0] == '0' && text[1] >= '0' && text[1] <= '7') {
		base = 8;
	}
	if (!isalnum((unsigned char)*text))
		return NULL;
	*number = strtoul(text, &end, base);
	return end == text ? NULL : end;
}

bool grub_is_fedora(const struct grub_run *run)
{
	return strlist_has(&run->modules.names, "blscfg");
}

/*
 * The entry below parent that the text names: by number, id or title; -1: none. Of "2nd entry" GRUB reads the 2;
 * to Fedora's that is no number, and what is called so comes first.
 */
static int find_entry(const struct grub_run *run, int parent, const char *text)
{
	const struct grub_config *out = run->out;
	bool fedora = grub_is_fedora(run);
	unsigned long number;
	const char *end = grub_number(text, &number);
	int found = !end || fedora ? named(out, parent, text) : -1;

	if (found >= 0 || !end || (fedora && *end && !isspace((unsigned char)*end)))
		return found;
	return numbered(out, parent, number);
}

/* Cuts the first element off "submenu>entry", in which ">>" stands for '>'. */
static char *next_element(const char **text)
{
	CLEANUP(text_release) struct text element = TEXT_INIT;
	const char *p = *text;

	for (; *p && (*p != '>' || p[1] == '>'); p++) {
		text_add(&element, p, 1);
		p += *p == '>';
	}
	*text = p + (*p == '>');
	return text_detach(&element);
}

/* Whether GRUB says of the entry that it failed, and not what its kernel does. */
static bool fails(const struct grub_entry *e)
{
	const struct grub_file *f = e->has_kernel ? &e->kernel : &e->chainload;

	if (e->is_submenu || e->menu || e->firmware_setup || e->runs_again || e->unfollowed)
		return false;
	return (!e->has_kernel && !e->has_chainload) || f->presence == ABSENT;
}

/* Takes the next entry off a $fallback; -1: there is none, and none that follows is tried. */
static int next_fallback(struct grub_config *out, int menu, const char **list)
{
	unsigned long number;
	const char *end;
	int found;

	if (!*list)
		return -1;
	*list += strspn(*list, " \t");
	end = grub_number(*list, &number);
	if (end && strchr(" \t", *end)) {
		*list = end;
		return numbered(out, menu, number);
	}
	found = named(out, menu, *list);
	out->by_title |= found >= 0;
	*list = NULL;
	return found;
}

/* What it waits for keeps the boot waiting. */
static void take_wait(struct grub_config *out, const struct grub_entry *chosen)
{
	out->asks_password |= chosen->restricted;
	out->wait.slept += chosen->wait.slept;
	if (!out->wait.asks)
		out->wait.asks = chosen->wait.asks;
}

/* What an entry leads to by itself: into a submenu, and the first entry of that. */
static int lead_in(struct grub_config *out, int at)
{
	for (; at >= 0; at = numbered(out, at, 0)) {
		take_wait(out, &out->entries[at]);
		if (!out->entries[at].is_submenu)
			break;
	}
	return at;
}

void grub_fall_back(struct grub_config *out, const char *fallback)
{
	int menu;

	if (out->default_entry < 0 || !fails(&out->entries[out->default_entry]))
		return;
	for (menu = out->entries[out->default_entry].parent;; menu = out->entries[menu].parent) {
		const char *list = menu < 0 ? fallback : out->entries[menu].fallback;
		int found;

		while ((found = next_fallback(out, menu, &list)) >= 0) {
			found = lead_in(out, found);
			if (found < 0 || fails(&out->entries[found]))
				continue;
			out->default_entry = found;
			out->fell_back = true;
			return;
		}
		if (menu < 0 || !out->entries[menu].is_submenu)
			return;
	}
}

void grub_find_default(struct grub_run *run)
{
	struct grub_config *out = run->out;
	const struct grub_choice *menu = NULL;
	const char *text = out->default_text;
	int at = -1;

	out->default_found = true;
	do {
		CLEANUP(xfree) char *element = next_element(&text);
		int found = find_entry(run, at, *element ? element : "0");

		if (found < 0) {
			found = numbered(out, at, 0);
			out->default_found &= found < 0;
		}
		if (found < 0)
			break;
		at = found;
		take_wait(out, &out->entries[at]);
		if (out->entries[at].menu) {
			menu = &out->entries[at].menu->standard;
			text = menu->by;
			out->waits |= out->entries[at].menu->waits;
		}
	} while (out->entries[at].is_submenu || out->entries[at].menu);
	out->default_entry = at;
	if (menu) {
		grub_choice_release(&out->choice);
		out->choice = choice_copy(menu);
	}
}

/* Whether a block gave a variable this value. What is for one start alone (grub-reboot) is no lasting choice. */
static bool is_saved(const struct grub_run *run, const char *value)
{
	for (size_t i = 0; *value && i < run->blocks.n; i++) {
		const char *eq = strchr(run->blocks.v[i], '=');

		if (strcmp(eq + 1, value) == 0 && strncmp(run->blocks.v[i], "next_entry=", 11) != 0)
			return true;
	}
	return false;
}

struct grub_choice grub_choice_of(const struct grub_run *run)
{
	const struct strlist *configs = &run->out->configs;
	const char *text = grub_env_get(run, "default");
	bool saved = is_saved(run, text ? text : "");

	return (struct grub_choice){
		.by = xstrdup(text ? text : ""),
		.in = xstrdup(saved        ? run->block
			      : configs->n ? configs->v[configs->n - 1]
					   : ""),
		.is_saved = saved,
	};
}
