/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the initrd of Ubuntu Core looks for (snapd's snap-bootstrap): partitions by their labels, and a system or a
 * base snap on them. See initrd_finds.h.
 */
#include <string.h>
#include <strings.h>

#include "loader/chain.h"
#include "loader/initrd_search.h"
#include "loader/names.h"
#include "rootfs/osrelease.h"
#include "rootfs/rootfs.h"

#define TEXT_MAX ((size_t)64 << 10)

/* Labels of FAT count in any letters for newer versions. NULL: none has it. */
static const struct volume *labelled(const struct search *s, const char *label)
{
	for (size_t i = 0; i < s->view->n; i++) {
		const struct volume *v = &s->view->volumes[i];

		if (v->label && strcasecmp(v->label, label) == 0 && !v->opened)
			return v;
	}
	return NULL;
}

static const struct volume *need_label(struct search *s, const char *mode, const char *label)
{
	const struct volume *v = labelled(s, label);

	if (v && !v->readable)
		unknown(s, xasprintf("snapd_recovery_mode=%s: %s is not read here", mode, label));
	else if (!v && view_has_containers(s->view))
		unknown(s,
			xasprintf(
				"snapd_recovery_mode=%s: whether there is a %s cannot be told: %s",
				mode, label, INITRD_HIDDEN));
	else if (!v)
		absent(s, xasprintf("snapd_recovery_mode=%s: nothing in the image has the label %s",
				  mode, label));
	return v && v->readable ? v : NULL;
}

/* A file to which the argument `said` leads on that volume; `by` says what names it: ", which its modeenv names". */
static void need_file(struct search *s, const char *said, const struct volume *v, const char *label,
	const char *path, const char *by)
{
	enum presence there = volume_stat(v, path, NULL);

	if (there == PRESENT)
		found(s, "", NULL);
	else if (there == ABSENT)
		absent(s, xasprintf("%s: %s has no %s%s", said, label, path, by));
	else
		unknown(s, xasprintf("%s: whether %s has %s cannot be told", said, label, path));
}

static void search_seed(struct search *s, const char *mode)
{
	const struct volume *seed = need_label(s, mode, "ubuntu-seed");
	CLEANUP(xfree) char *system = cmdline_value(s->cmdline, "snapd_recovery_system=");
	CLEANUP(xfree) char *said = NULL;
	CLEANUP(xfree) char *path = NULL;

	if (!seed)
		return;
	if (!system || !*system) {
		unknown(s,
			xasprintf("snapd_recovery_mode=%s: snapd_recovery_system= names no system",
				mode));
		return;
	}
	said = xasprintf("snapd_recovery_system=%s", system);
	path = xasprintf("/systems/%s/model", system);
	need_file(s, said, seed, "ubuntu-seed", path, "");
}

/* The base snap that is the root: its path on ubuntu-data, by what the last boot or the installer wrote. */
static void search_base(struct search *s, const struct volume *data)
{
	static const char modeenv[] = "/system-data/var/lib/snapd/modeenv";
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	CLEANUP(xfree) char *base = NULL;
	CLEANUP(xfree) char *path = NULL;
	CLEANUP(xfree) char *by = xasprintf(", which its %s names", modeenv);
	enum presence there = volume_file(data, modeenv, TEXT_MAX, &text, NULL);

	base = there == PRESENT ? shell_assignment(buf_text(&text), "base") : NULL;
	if (!base || !*base || strchr(base, '/')) {
		unknown(s,
			xasprintf(
				"snapd_recovery_mode=run: ubuntu-data's %s does not say which base "
				"is the root",
				modeenv));
		return;
	}
	path = xasprintf("/system-data/var/lib/snapd/snaps/%s", base);
	need_file(s, "snapd_recovery_mode=run", data, "ubuntu-data", path, by);
}

static void search_run(struct search *s, const char *mode)
{
	const struct volume *data;

	if (!need_label(s, mode, "ubuntu-boot") || !need_label(s, mode, "ubuntu-seed"))
		return;
	if (!labelled(s, "ubuntu-data") && labelled(s, "ubuntu-data-enc")) {
		unknown(s, xstrdup("snapd_recovery_mode=run: ubuntu-data is encrypted"));
		return;
	}
	data = need_label(s, mode, "ubuntu-data");
	if (data)
		search_base(s, data);
}

bool initrd_by_snapd(struct search *s)
{
	static const char *const seeded[] = { "install", "recover", "factory-reset" };
	CLEANUP(xfree) char *mode = cmdline_value(s->cmdline, "snapd_recovery_mode=");

	if (!mode || !s->root->maker || strcmp(s->root->maker, INITRD_BY_SNAPD) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(seeded); i++)
		if (strcmp(mode, seeded[i]) == 0) {
			search_seed(s, mode);
			return true;
		}
	if (strcmp(mode, "run") == 0)
		search_run(s, mode);
	else
		unknown(s,
			xasprintf(
				"snapd_recovery_mode=%s: what its initrd does then is not followed "
				"here",
				mode));
	return true;
}
