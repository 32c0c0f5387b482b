/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking at files through struct volume, finding volumes by their names, and
 * the two real kinds of volume: FAT and a guest's file system. Leaves out
 * everything that would need to open or mount something.
 */
#include "loader/volume.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "fat/fat.h"
#include "rootfs/rootfs.h"

#define READ_PIECE ((size_t)256 << 10)

enum presence volume_stat(const struct volume *v, const char *path, struct file_info *info)
{
	struct file_info local = { 0 };
	int rc;

	if (!v->readable)
		return PRESENCE_UNKNOWN;
	rc = v->ops->stat(v->ctx, path, info ? info : &local, NULL);
	if (rc == 0)
		return PRESENT;
	return rc == -ENOENT || rc == -ENOTDIR ? ABSENT : PRESENCE_UNKNOWN;
}

int volume_read_head(
	const struct volume *v, const char *path, size_t max, struct buf *out, struct err *err)
{
	size_t done = 0;

	if (!v->readable)
		return err_set(err, EOPNOTSUPP, "%s: this file system cannot be read here", path);
	while (done < max) {
		size_t want = max - done < READ_PIECE ? max - done : READ_PIECE;
		size_t got = 0;
		int rc;

		rc = v->ops->read(v->ctx, path, done, buf_reserve(out, want + 1), want, &got, err);
		if (rc < 0)
			return rc;
		if (got > want)
			return err_set(err, EIO, "%s: more was read than asked for", path);
		out->len += got;
		out->data[out->len] = '\0';
		done += got;
		if (got < want)
			break;
	}
	return 0;
}

int volume_read(
	const struct volume *v, const char *path, size_t max, struct buf *out, struct err *err)
{
	size_t before = out->len;
	int rc = volume_read_head(v, path, max + 1, out, err);

	if (rc == 0 && out->len - before > max)
		return err_set(err, EFBIG, "%s: larger than %zu bytes", path, max);
	return rc;
}

int volume_list(const struct volume *v, const char *path, struct strlist *names, struct err *err)
{
	if (!v->readable)
		return err_set(err, EOPNOTSUPP, "%s: this file system cannot be read here", path);
	return v->ops->list(v->ctx, path, names, err);
}

static const struct volume *view_find(const struct chain_view *view, const char *name,
	const char *(*get)(const struct volume *), int (*compare)(const char *, const char *))
{
	for (size_t i = 0; i < view->n; i++) {
		const char *have = get(&view->volumes[i]);

		if (have && *have && compare(have, name) == 0)
			return &view->volumes[i];
	}
	return NULL;
}

static const char *get_uuid(const struct volume *v)
{
	return v->uuid;
}

static const char *get_label(const struct volume *v)
{
	return v->label;
}

static const char *get_partuuid(const struct volume *v)
{
	return v->partuuid;
}

static const char *get_partlabel(const struct volume *v)
{
	return v->partlabel;
}

const struct volume *view_by_uuid(const struct chain_view *view, const char *uuid)
{
	return view_find(view, uuid, get_uuid, strcasecmp);
}

const struct volume *view_by_label(const struct chain_view *view, const char *label)
{
	return view_find(view, label, get_label, strcmp);
}

const struct volume *view_by_partuuid(const struct chain_view *view, const char *partuuid)
{
	return view_find(view, partuuid, get_partuuid, strcasecmp);
}

const struct volume *view_by_partlabel(const struct chain_view *view, const char *partlabel)
{
	return view_find(view, partlabel, get_partlabel, strcmp);
}

const struct volume *view_by_number(const struct chain_view *view, unsigned number)
{
	for (size_t i = 0; i < view->n; i++)
		if (number && view->volumes[i].number == number)
			return &view->volumes[i];
	return NULL;
}

const char *volume_name(const struct volume *v, char *buf)
{
	if (v->is_esp)
		strcpy(buf, "ESP");
	else if (v->number)
		snprintf(buf, VOLUME_NAME_MAX, "partition %u", v->number);
	else
		strcpy(buf, "file system");
	return buf;
}

char *path_clean(const char *path)
{
	size_t len = strlen(path), used = 0;
	char *out = xmalloc(len + 2);

	while (*path) {
		size_t part;

		path += strspn(path, "/\\");
		part = strcspn(path, "/\\");
		if (part == 2 && path[0] == '.' && path[1] == '.') {
			while (used && out[--used] != '/')
				;
		} else if (part && !(part == 1 && path[0] == '.')) {
			out[used++] = '/';
			memcpy(out + used, path, part);
			used += part;
		}
		path += part;
	}
	if (!used)
		out[used++] = '/';
	out[used] = '\0';
	return out;
}

/* ---- FAT ---- */

static int fat_volume_stat(void *ctx, const char *path, struct file_info *info, struct err *err)
{
	struct fat_entry entry;
	int rc = fat_lookup(ctx, path, &entry, err);

	if (rc < 0)
		return rc;
	info->type = entry.is_dir ? FILE_DIR : FILE_REGULAR;
	info->size = entry.size;
	info->mtime = entry.mtime > 0 ? entry.mtime : 0;
	return 0;
}

static int fat_volume_read(void *ctx, const char *path, uint64_t off, void *buf, size_t len,
	size_t *got, struct err *err)
{
	struct fat_entry entry;
	int rc = fat_lookup(ctx, path, &entry, err);

	return rc < 0 ? rc : fat_read(ctx, &entry, off, buf, len, got, err);
}

static int add_fat_name(void *arg, const char *path, const struct fat_entry *entry)
{
	struct strlist *names = arg;

	(void)path;
	if (names->n < VOLUME_LIST_MAX)
		strlist_add(names, entry->name);
	return 0;
}

static int fat_volume_list(void *ctx, const char *path, struct strlist *names, struct err *err)
{
	struct fat_entry dir;
	int rc = fat_lookup(ctx, path, &dir, err);

	return rc < 0 ? rc : fat_list(ctx, &dir, add_fat_name, names, err);
}

static const struct volume_ops fat_volume_ops = {
	.stat = fat_volume_stat,
	.read = fat_volume_read,
	.list = fat_volume_list,
};

void volume_set_fat(struct volume *v, struct fat *fat)
{
	v->readable = true;
	v->ops = &fat_volume_ops;
	v->ctx = fat;
}

/* ---- a guest's file system ---- */

static int rootfs_volume_stat(void *ctx, const char *path, struct file_info *info, struct err *err)
{
	struct rootfs_stat st;
	int rc = rootfs_stat(ctx, path, &st, err);

	if (rc < 0)
		return rc;
	info->type = st.type == ROOTFS_DIR    ? FILE_DIR
		     : st.type == ROOTFS_FILE ? FILE_REGULAR
					      : FILE_OTHER;
	info->size = st.type == ROOTFS_FILE ? st.size : 0;
	info->mtime = st.mtime;
	return 0;
}

static int rootfs_volume_read(void *ctx, const char *path, uint64_t off, void *buf, size_t len,
	size_t *got, struct err *err)
{
	return rootfs_read_range(ctx, path, off, buf, len, got, err);
}

static int rootfs_volume_list(void *ctx, const char *path, struct strlist *names, struct err *err)
{
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
	int rc = rootfs_list(ctx, path, &dir, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < dir.n && names->n < VOLUME_LIST_MAX; i++)
		strlist_add(names, dir.v[i].name);
	return 0;
}

static const struct volume_ops rootfs_volume_ops = {
	.stat = rootfs_volume_stat,
	.read = rootfs_volume_read,
	.list = rootfs_volume_list,
};

void volume_set_rootfs(struct volume *v, struct rootfs *rootfs)
{
	v->readable = true;
	v->ops = &rootfs_volume_ops;
	v->ctx = rootfs;
}
