/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Collecting what is to be done. See plan.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "image/image.h"
#include "loader/volume.h"
#include "plan/plan.h"
#include "rootfs/staged.h"

void plan_init(struct plan *plan, struct image *image, int64_t now, bool force)
{
	*plan = (struct plan){ .image = image, .now = now, .force = force };
}

void plan_release(struct plan *plan)
{
	for (size_t i = 0; i < plan->n_mends; i++)
		free(plan->mends[i].text);
	for (size_t i = 0; i < plan->n_files; i++) {
		rootfs_close(plan->files[i].staged);
		if (plan->files[i].base)
			rootfs_close(plan->files[i].base);
	}
	free(plan->mends);
	free(plan->files);
	free(plan->works);
	if (plan->table)
		plan_table_free(plan->table);
	*plan = (struct plan){ 0 };
}

bool plan_is_structural(const struct plan *plan)
{
	return plan->n_works || plan->table_changed || plan->container != PLAN_CONTAINER_KEEP;
}

bool plan_is_empty(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_files; i++)
		if (rootfs_staged_count(plan->files[i].staged))
			return false;
	return !plan_is_structural(plan);
}

void plan_say(struct plan *plan, const char *what, ...)
{
	struct plan_mend *m;
	va_list ap;

	plan->mends = xreallocarray(plan->mends, plan->n_mends + 1, sizeof(*plan->mends));
	m = &plan->mends[plan->n_mends++];
	*m = (struct plan_mend){ .id = plan->on_behalf_of };
	va_start(ap, what);
	if (vasprintf(&m->text, what, ap) < 0)
		abort();
	va_end(ap);
}

int plan_volume(
	struct plan *plan, const struct volume *volume, struct rootfs **files, struct err *err)
{
	struct plan_files *f;
	struct rootfs *root;
	struct fat *fat;
	char name[VOLUME_NAME_MAX];

	for (size_t i = 0; i < plan->n_files; i++)
		if (plan->files[i].volume == volume) {
			*files = plan->files[i].staged;
			return 0;
		}
	image_volume_files(plan->image, volume, &fat, &root);
	if (!fat && !root)
		return err_set(err, EOPNOTSUPP, "%s: its files cannot be looked at",
			volume_name(volume, name));
	plan->files = xreallocarray(plan->files, plan->n_files + 1, sizeof(*plan->files));
	f = &plan->files[plan->n_files++];
	*f = (struct plan_files){ .volume = volume, .base = fat ? rootfs_of_fat(fat) : NULL };
	f->staged = rootfs_stage(fat ? f->base : root);
	*files = f->staged;
	return 0;
}

int plan_esp(struct plan *plan, struct rootfs **files, struct err *err)
{
	const struct chain_view *view;
	int ret = image_volumes(plan->image, &view, err);

	if (ret == 0 && !view->esp)
		ret = err_set(err, ENOENT, "there is no EFI System Partition");
	return ret < 0 ? ret : plan_volume(plan, view->esp, files, err);
}

int plan_root(struct plan *plan, struct rootfs **files, struct err *err)
{
	const struct volume *volume;
	struct rootfs *root;
	int ret = image_rootfs(plan->image, &root, err);

	if (ret < 0)
		return ret;
	if (image_root_assembled(plan->image)) {
		err_set(err, ENOTSUP,
			"the guest's root is put together from parts, which are not changed here");
		return err_hint(err, "change what the image is made of, and make it again");
	}
	volume = image_root_volume(plan->image);
	if (rootfs_facts(root)->dirty_journal && !plan->force)
		return err_set(err, EBUSY, "its journal was not replayed");
	return plan_volume(plan, volume, files, err);
}

void plan_whole(struct plan *plan, enum plan_whole what, unsigned partition)
{
	for (size_t i = 0; i < plan->n_works; i++)
		if (plan->works[i].what == what && plan->works[i].partition == partition)
			return;
	plan->works = xreallocarray(plan->works, plan->n_works + 1, sizeof(*plan->works));
	plan->works[plan->n_works++] = (struct plan_work){ what, partition };
}

void plan_container(struct plan *plan, enum plan_container what)
{
	if (what > plan->container)
		plan->container = what;
}
