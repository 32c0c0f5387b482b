/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest family: disks beside the root that the boot waits for by name, on command lines and in
 * mdadm's configuration, are in the image, and what it mounts is not masked (VM-22). See loader/names.h.
 */
#include "checks/guest_waits.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/cmdline.h"
#include "base/xalloc.h"
#include "checks/groups.h"
#include "image/guest.h"
#include "loader/chain.h"
#include "loader/names.h"
#include "rootfs/rootfs.h"

#define TEXT_MAX 65536

unsigned guest_initrd_kinds(struct image *image)
{
	static const struct {
		const char *path;
		unsigned kind;
	} makers[] = {
		{ "/usr/lib/dracut", INITRD_DRACUT },
		{ "/usr/bin/dracut", INITRD_DRACUT },
		{ "/usr/lib/initcpio", INITRD_MKINITCPIO },
		{ "/usr/bin/mkinitcpio", INITRD_MKINITCPIO },
	};
	const struct image_initrd *rd;
	struct rootfs *root;
	unsigned kinds = 0;

	if (image_rootfs(image, &root, NULL) == 0)
		for (size_t i = 0; i < ARRAY_SIZE(makers); i++)
			if (rootfs_exists(root, makers[i].path))
				kinds |= makers[i].kind;
	/* systemd's generators in an initrd, whoever made it. */
	if (image_initrd(image, &rd, NULL) == 0 && rd->initrd.finds_root)
		kinds |= INITRD_DRACUT;
	return kinds;
}

bool guest_name_is_dead(const struct name *name, const char **why)
{
	*why = name->answer == NAME_NONE      ? "is not in the image"
	       : name->answer == NAME_MACHINE ? "is called otherwise in another virtual machine"
	       : name->answer == NAME_SEVERAL ? "is the name of several, and which one is taken "
						"depends on their order"
					      : NULL;
	return *why != NULL;
}

struct where {
	const struct chain_entry *entry;
	struct findings *f;
};

static void judge_argument(void *ctx, const char *key, const char *value, const struct name *name)
{
	const struct where *w = ctx;
	const char *why;

	if (guest_name_is_dead(name, &why))
		finding_add(w->f, w->entry->source,
			"remove it, or name what is there, and make the entry anew",
			"%s%s (%s) %s, and the initrd waits for it", key, value, w->entry->title,
			why);
}

static int run_boot_devices(struct image *image, struct findings *f, struct err *err)
{
	struct image_way way;
	unsigned kinds = guest_initrd_kinds(image);
	int ret = image_way(image, &way, err);

	for (size_t i = 0; ret == 0 && i < way.chain->n_entries; i++)
		cmdline_each_name(way.view, way.chain->entries[i].cmdline, kinds, judge_argument,
			&(struct where){ &way.chain->entries[i], f });
	return ret;
}

/* ---- mdadm.conf ---- */

/* The value behind UUID= of an ARRAY line; NULL: it has none, or is no such line. */
static char *array_uuid(const char *line, size_t len)
{
	CLEANUP(xfree) char *copy = xstrndup(line, len);
	char *save = NULL, *word = strtok_r(copy, " \t", &save);

	if (!word || strcasecmp(word, "ARRAY") != 0)
		return NULL;
	while ((word = strtok_r(NULL, " \t", &save))) {
		if (strcasecmp(word, "<ignore>") == 0)
			return NULL;
		if (strncasecmp(word, "UUID=", 5) == 0)
			return xstrdup(word + 5);
	}
	return NULL;
}

static void judge_arrays(
	const struct chain_view *view, const char *path, const char *text, struct findings *f)
{
	for (unsigned n = 1; *text; n++) {
		size_t len = strcspn(text, "\n");
		CLEANUP(xfree) char *uuid = array_uuid(text, len);
		CLEANUP(xfree) char *spec = uuid ? xasprintf("MDUUID=%s", uuid) : NULL;
		CLEANUP(xfree) char *where = xasprintf("%s line %u", path, n);

		if (spec && name_resolve(view, spec).answer == NAME_NONE)
			finding_add(f, where,
				"delete the line, and make the initrd anew, which has a copy",
				"the RAID array %s is not in the image", uuid);
		text += len + (text[len] == '\n');
	}
}

static int run_raid(struct image *image, struct findings *f, struct err *err)
{
	static const char *const files[] = { "/etc/mdadm/mdadm.conf", "/etc/mdadm.conf" };
	const struct chain_view *view;
	struct rootfs *root;
	int ret = image_rootfs(image, &root, err);

	if (ret == 0)
		ret = image_volumes(image, &view, err);
	for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(files); i++) {
		CLEANUP(buf_release) struct buf text = BUF_INIT;

		ret = rootfs_read_file(root, files[i], TEXT_MAX, &text, err);
		if (ret == 0)
			judge_arrays(view, files[i], buf_text(&text), f);
		if (ret == -ENOENT || ret == -ENOTDIR) {
			err_clear(err);
			ret = 0;
		}
	}
	return ret;
}

/* ---- what local-fs.target requires in vain ---- */

/* Whether the initrd mounts the root for reading alone, as it does unless the command line says otherwise: the last of these words counts. */
static bool is_read_only(const char *cmdline)
{
	CLEANUP(xfree) char *word = xmalloc(strlen(cmdline) + 1);
	bool only = true;

	for (const char *p = cmdline; (p = cmdline_next(p, CMDLINE_SHELL, word));)
		if (strcmp(word, "ro") == 0 || strcmp(word, "rw") == 0)
			only = word[1] == 'o';
	return only;
}

bool guest_root_is_remounted(struct image *image, const struct fstab *mounts)
{
	const struct fstab_line *root = fstab_find(mounts, "/");
	const struct chain_entry *e;

	if (!root || root->from || fstab_has_option(root->options, "ro"))
		return false;
	e = image_default_entry(image);
	return e && is_read_only(e->cmdline);
}

static bool requires_others(const struct fstab *mounts)
{
	for (size_t i = 0; i < mounts->n; i++)
		if (fstab_local_required(&mounts->v[i]))
			return true;
	return false;
}

static int run_masked_mounts(struct image *image, struct findings *f, struct err *err)
{
	const struct fstab *mounts;
	int ret = image_mounts(image, &mounts, err);
	bool root = ret == 0 && guest_root_is_remounted(image, mounts);
	bool others = ret == 0 && requires_others(mounts);

	for (size_t i = 0; ret == 0 && (root || others) && i < mounts->n_refused; i++) {
		const struct fstab_refused *unit = &mounts->refused[i];

		finding_add(f, unit->place,
			unit->by_line
				? "add nofail to its line in fstab, or remove that line, or the mask"
				: "take it out of what local-fs.target requires there, or see that it can be loaded",
			"local-fs.target requires %s, which %s: %s%s%s", unit->unit, unit->why,
			root ? "the root stays read-only" : "", root && others ? ", and " : "",
			others ? "which other file systems are mounted is left to chance" : "");
	}
	return ret;
}

static const struct check checks[] = {
	{ "guest.boot-devices", SEV_ERROR, "VM-22", "what the initrd waits for is in the image",
		NEED_CHAIN | NEED_ROOTFS, run_boot_devices },
	{ "guest.raid", SEV_WARNING, "VM-22", "mdadm.conf names arrays of the image", NEED_ROOTFS,
		run_raid },
	{ "guest.masked-mounts", SEV_WARNING, "VM-22",
		"what local-fs.target requires can be loaded", NEED_ROOTFS, run_masked_mounts },
};

const struct check_group guest_waits_checks = CHECK_GROUP(checks);
