/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the bytes of a file system are in the copy: a partition is one piece, a
 * logical volume may be several, in the partitions that are its physical volumes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/write.h"
#include "base/xalloc.h"
#include "disk/disk.h"
#include "fix/internal.h"
#include "image/image.h"
#include "loader/volume.h"
#include "part/lvm.h"
#include "part/part.h"

void place_release(struct place *p)
{
	free(p->v);
	*p = (struct place){ 0 };
}

static void add(struct place *p, uint64_t start, uint64_t size)
{
	p->v = xreallocarray(p->v, p->n + 1, sizeof(*p->v));
	p->v[p->n++] = (struct place_piece){ start, size };
}

/* Where a partition is, by the table that the plan was made with. */
int place_part(const struct plan *plan, unsigned number, const struct part **part, struct err *err)
{
	const struct part_table *t;
	int ret = image_parts(plan->image, &t, err);

	if (ret < 0)
		return ret;
	*part = part_find(t, number);
	return *part ? 0 : err_set(err, ENOENT, "there is no partition %u", number);
}

/* The partitions that are physical volumes, as disks and by where they begin. */
struct members {
	struct disk *whole;
	struct disk **v;
	uint64_t *starts;
	size_t n;
};

static void members_release(struct members *m)
{
	for (size_t i = 0; i < m->n; i++)
		disk_close(m->v[i]);
	free(m->v);
	free(m->starts);
	if (m->whole)
		disk_close(m->whole);
}
DEFINE_RELEASE(struct members, members_release)

static int open_members(
	const struct plan *plan, const struct work *w, struct members *m, struct err *err)
{
	const struct chain_view *view;
	int ret = image_volumes(plan->image, &view, err);

	if (ret == 0)
		ret = disk_open_raw(w->path, &m->whole, err);
	if (ret < 0)
		return ret;
	m->v = xcalloc(view->n + 1, sizeof(struct disk *));
	m->starts = xcalloc(view->n + 1, sizeof(*m->starts));
	for (size_t i = 0; ret == 0 && i < view->n; i++) {
		const struct part *part;

		if (!view->volumes[i].number || strcmp(view->volumes[i].fstype, "LVM2_member") != 0)
			continue;
		ret = place_part(plan, view->volumes[i].number, &part, err);
		if (ret == 0)
			ret = disk_window(m->whole, part->start, part->size, &m->v[m->n], err);
		if (ret == 0)
			m->starts[m->n++] = part->start;
	}
	return ret;
}

static int find_logical(const struct plan *plan, const char *path, const struct work *w,
	struct place *out, struct err *err)
{
	struct members m CLEANUP(members_release) = { 0 };
	struct lvm lvm CLEANUP(lvm_release) = { 0 };
	int ret = open_members(plan, w, &m, err);

	if (ret == 0)
		ret = lvm_read(m.v, (unsigned)m.n, &lvm, err);
	for (size_t i = 0; ret == 0 && i < lvm.n; i++) {
		const struct lvm_volume *v = &lvm.volumes[i];

		if (strcmp(v->path, path) != 0)
			continue;
		if (*v->why)
			return err_set(err, ENOTSUP, "%s", v->why);
		for (size_t j = 0; j < v->n_pieces; j++)
			add(out, m.starts[v->pieces[j].member] + v->pieces[j].off,
				v->pieces[j].len);
		return 0;
	}
	return ret < 0 ? ret : err_set(err, ENOENT, "there is no logical volume %s", path);
}

int place_of(const struct plan *plan, const struct volume *volume, const struct work *w,
	struct place *out, struct err *err)
{
	const struct part *part;
	int ret;

	if (volume->lvm_path)
		return find_logical(plan, volume->lvm_path, w, out, err);
	ret = place_part(plan, volume->number, &part, err);
	if (ret == 0)
		add(out, part->start, part->size);
	return ret;
}

int place_open(const struct place *p, struct disk *whole, struct disk **out, struct err *err)
{
	CLEANUP(xfree) struct disk_part *parts = xcalloc(p->n + 1, sizeof(*parts));

	for (size_t i = 0; i < p->n; i++)
		parts[i] = (struct disk_part){ whole, p->v[i].start, p->v[i].size };
	return disk_join(parts, p->n, "the copy", out, err);
}

int place_write(const struct place *p, const struct work *w, uint64_t at, const uint8_t *bytes,
	size_t len, struct err *err)
{
	int ret;

	for (size_t i = 0; len && i < p->n; i++) {
		uint64_t size = p->v[i].size;
		size_t n;

		if (at >= size) {
			at -= size;
			continue;
		}
		n = len < size - at ? len : (size_t)(size - at);
		ret = write_at(w->fd, p->v[i].start + at, bytes, n, "writing the copy", err);
		if (ret < 0)
			return ret;
		bytes += n;
		len -= n;
		at = 0;
	}
	return len ? err_set(err, ERANGE, "a write beyond the volume's end") : 0;
}
