/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks that are made of partitions: RAID arrays, logical volumes on partitions or arrays, and what of
 * all these is encrypted. What is not read, or damaged, is why its files cannot be looked at.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "image/private.h"
#include "part/lvm.h"
#include "part/md.h"

/* The windows of the contents of a type, and where each stands. */
struct members {
	struct disk **windows;
	size_t *at;
	size_t n;
};

static void members_release(struct members *m)
{
	free(m->windows);
	free(m->at);
}

static void find_members(const struct image *image, const char *type, struct members *m)
{
	*m = (struct members){
		.windows = xcalloc(image->view.n + 1, sizeof(struct disk *)),
		.at = xcalloc(image->view.n + 1, sizeof(size_t)),
	};
	for (size_t i = 0; i < image->view.n; i++) {
		if (strcmp(image->contents[i].fstype, type) != 0)
			continue;
		m->windows[m->n] = image->contents[i].window;
		m->at[m->n++] = i;
	}
}

void image_grow_contents(struct image *image, size_t more)
{
	size_t n = image->view.n;

	image->contents = xreallocarray(image->contents, n + more + 1, sizeof(*image->contents));
	memset(&image->contents[n], 0, (more + 1) * sizeof(*image->contents));
}

/* The parts' bytes as a disk, and what is in it. */
static void probe_joined(struct content *c, const struct disk_part *parts, size_t n,
	const char *name, const char *why, bool lacks)
{
	int ret;

	if (*why)
		ret = err_set(&c->why, lacks ? ENXIO : EOPNOTSUPP, "%s", why);
	else
		ret = disk_join(parts, n, name, &c->window, &c->why);
	if (ret == 0)
		ret = content_probe(c, &c->why);
	if (ret < 0)
		err_push(&c->why, "%s", name);
}

static void load_arrays(struct image *image)
{
	struct members m;
	struct md md CLEANUP(md_release) = { 0 };
	struct err err = { 0 };
	CLEANUP(xfree) bool *used = NULL;
	int ret;

	find_members(image, "linux_raid_member", &m);
	used = xcalloc(m.n + 1, sizeof(*used));
	ret = m.n ? md_read(m.windows, (unsigned)m.n, used, &md, &err) : 0;
	image_grow_contents(image, md.n);
	for (size_t i = 0; i < m.n; i++) {
		image->contents[m.at[i]].opened = ret == 0 && used[i];
		if (ret < 0)
			image->contents[m.at[i]].why = err;
	}
	for (size_t i = 0; ret == 0 && i < md.n; i++) {
		const struct md_array *a = &md.arrays[i];
		struct content *c = &image->contents[image->view.n++];

		c->md_name = xstrdup(a->name);
		c->md_uuid = xstrdup(a->uuid);
		c->md_driver = a->driver;
		probe_joined(c, a->pieces, a->n_pieces, "a RAID array", a->why, a->lacks);
	}
	members_release(&m);
}

static void add_logical(struct image *image, const struct lvm_volume *v, const struct members *m)
{
	struct disk_part *parts = xcalloc(v->n_pieces ? v->n_pieces : 1, sizeof(*parts));
	struct content *c = &image->contents[image->view.n++];

	c->pieces = xcalloc(v->n_pieces ? v->n_pieces : 1, sizeof(*c->pieces));
	c->n_pieces = v->n_pieces;
	for (size_t i = 0; i < v->n_pieces; i++) {
		const struct lvm_piece *p = &v->pieces[i];

		parts[i] = (struct disk_part){ m->windows[p->member], p->off, p->len };
		c->pieces[i] = (struct content_piece){ m->at[p->member], p->off, p->len };
	}
	c->lvm_name = xstrdup(v->name);
	c->lvm_path = xstrdup(v->path);
	c->lvm_idle = v->idle;
	probe_joined(c, parts, v->n_pieces, v->path, v->why, v->idle & LVM_PARTIAL);
	free(parts);
}

static void load_logical_volumes(struct image *image)
{
	struct members m;
	struct lvm lvm CLEANUP(lvm_release) = { 0 };
	struct err err = { 0 };
	int ret;

	find_members(image, "LVM2_member", &m);
	ret = m.n ? lvm_read(m.windows, (unsigned)m.n, &lvm, &err) : 0;
	image_grow_contents(image, lvm.n);
	for (size_t i = 0; i < m.n; i++) {
		image->contents[m.at[i]].opened = ret == 0;
		if (ret < 0)
			image->contents[m.at[i]].why = err;
	}
	for (size_t i = 0; i < lvm.n; i++)
		add_logical(image, &lvm.volumes[i], &m);
	members_release(&m);
}

void image_load_stacked(struct image *image)
{
	size_t n;

	load_arrays(image);
	image_load_encrypted(image, 0);
	n = image->view.n;
	load_logical_volumes(image);
	image_load_encrypted(image, n);
}
