/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernels where a loader does not look for them. See kernels.h.
 */
#include "checks/kernels.h"

#include <string.h>

#include "base/xalloc.h"
#include "image/image.h"
#include "loader/chain.h"
#include "rootfs/inventory.h"
#include "rootfs/rootfs.h"

/* The path of that kernel on a volume: as it is named, and where /boot is, or is not, a file system of its own. */
static char *path_there(const struct volume *v, const char *kernel)
{
	const char *name = strrchr(kernel, '/');
	CLEANUP(xfree) char *in_boot = xasprintf("/boot%s", name ? name : kernel);
	const char *const paths[] = { kernel, in_boot, name ? name : kernel };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (volume_stat(v, paths[i], NULL) == PRESENT)
			return xstrdup(paths[i]);
	return NULL;
}

char *kernel_elsewhere(const struct chain_view *view, const struct chain_entry *entry)
{
	const struct volume *from = entry->volume;
	char name[VOLUME_NAME_MAX];

	for (size_t i = 0; entry->kernel && i < view->n; i++) {
		const struct volume *v = &view->volumes[i];
		CLEANUP(xfree) char *path = v->readable ? path_there(v, entry->kernel) : NULL;

		if (!path || (v == from && strcmp(path, entry->kernel) == 0))
			continue;
		volume_name(v, name);
		if (from && v != from && from->uuid && v->uuid && strcmp(from->uuid, v->uuid) == 0)
			return xasprintf(
				"%s has it, and the same UUID as the file system that the loader "
				"looks in: give one of them another (e2fsck -f and tune2fs -U random, "
				"xfs_admin -U generate, btrfstune -u), and name the right one",
				name);
		return xasprintf("it stands in %s as %s, where the loader does not look: correct "
				 "the path or the file system in the entry, or copy it to where "
				 "the loader looks",
			name, path);
	}
	return NULL;
}

static char *kernel_in(const struct volume *v, const char *folder)
{
	CLEANUP(strlist_release) struct strlist names = { 0 };

	volume_folder(v, folder, &names, NULL);
	for (size_t i = 0; i < names.n; i++)
		if (strncmp(names.v[i], "vmlinuz", 7) == 0 || strncmp(names.v[i], "Image", 5) == 0)
			return xasprintf("%s%s", folder, names.v[i]);
	return NULL;
}

char *kernel_anywhere(const struct chain_view *view)
{
	static const char *const folders[] = { "/", "/boot/" };
	char name[VOLUME_NAME_MAX];

	for (size_t i = 0; i < view->n; i++)
		for (size_t k = 0; view->volumes[i].readable && k < ARRAY_SIZE(folders); k++) {
			CLEANUP(xfree) char *path = kernel_in(&view->volumes[i], folders[k]);

			if (path)
				return xasprintf(
					"%s: %s", volume_name(&view->volumes[i], name), path);
		}
	return NULL;
}

/* Whether the walk is certain that the default entry's kernel is none for its loader: by what it is, or how it is packed. */
static bool is_refused(const struct boot_chain *chain, const struct chain_entry *e)
{
	for (size_t i = 0; i < chain->n_problems; i++) {
		const struct chain_problem *p = &chain->problems[i];
		const char *path = strchr(p->where, ':');

		if (p->certain && p->on_default &&
			(p->code == CHAIN_KERNEL_ARCH || p->code == CHAIN_NO_MODULE) && path &&
			strcmp(path + 1, e->kernel) == 0)
			return true;
	}
	return false;
}

bool kernel_is_the_loaders(struct image *image, const struct guest_kernel *kernel)
{
	const struct boot_chain *chain;
	const struct chain_entry *e = image_chain(image, &chain, NULL) < 0 ? NULL
									   : chain_default(chain);
	char booted[65], own[65];
	struct volume v = { 0 };
	uint64_t size;

	if (!e || !e->kernel || !e->volume || !is_refused(chain, e))
		return false;
	volume_set_rootfs(&v, kernel->fs);
	return volume_sha256(e->volume, e->kernel, booted, &size, NULL) == 0 &&
	       volume_sha256(&v, kernel->image, own, &size, NULL) == 0 && strcmp(booted, own) == 0;
}

static bool is_unread(const struct image *image, const struct volume *v)
{
	const struct rootfs_facts *facts = image_volume_facts(image, v);

	return facts && *facts->not_for_grub;
}

const struct chain_step *unread_by_grub(
	const struct image *image, const struct boot_chain *chain, const struct chain_step *after)
{
	const struct chain_step *end = chain->steps + chain->n_steps;

	if (!chain_has_loader(chain, LOADER_GRUB))
		return NULL;
	for (const struct chain_step *s = after ? after + 1 : chain->steps; s < end; s++) {
		bool listed = false;

		for (const struct chain_step *p = chain->steps; p < s; p++)
			listed |= p->volume == s->volume;
		if (!listed && is_unread(image, s->volume))
			return s;
	}
	return NULL;
}
