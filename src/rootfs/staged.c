/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A backend that keeps changes in memory. See staged.h.
 *
 * A path is resolved link by link over what the layer and the file
 * system below say of each part, so that a change to /lib/x is one to
 * /usr/lib/x where the one is a link to the other.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "rootfs/backend.h"
#include "rootfs/resolve.h"
#include "rootfs/staged.h"

struct staged {
	struct rootfs fs;
	struct rootfs *below;
	bool folds; /* names that differ in case are the same, as on FAT */
	struct staged_change *changes;
	size_t n;
};

static struct staged *staged_of(const struct rootfs *fs)
{
	return (struct staged *)(uintptr_t)fs;
}

static bool same(const struct staged *s, const char *a, const char *b)
{
	return (s->folds ? strcasecmp(a, b) : strcmp(a, b)) == 0;
}

static bool begins(const struct staged *s, const char *path, const char *with, size_t len)
{
	return (s->folds ? strncasecmp(path, with, len) : strncmp(path, with, len)) == 0;
}

static struct staged_change *find(const struct staged *s, const char *path)
{
	for (size_t i = 0; i < s->n; i++)
		if (same(s, s->changes[i].path, path))
			return &s->changes[i];
	return NULL;
}

/* ---- paths ---- */

/* What is at a path that has no links before its last part. */
static int stat_here(
	const struct staged *s, const char *path, struct rootfs_stat *st, struct err *err)
{
	static const enum rootfs_type types[] = {
		[STAGED_FILE] = ROOTFS_FILE, [STAGED_DIR] = ROOTFS_DIR, [STAGED_LINK] = ROOTFS_LINK
	};
	const struct staged_change *c = find(s, path);

	if (!c)
		return s->below->ops->stat(s->below, path, false, st, err);
	if (c->kind == STAGED_REMOVED)
		return err_set(err, ENOENT, "%s: no such file", path);
	if (!c->existed || s->below->ops->stat(s->below, path, false, st, NULL) < 0 ||
		st->type != types[c->kind])
		*st = (struct rootfs_stat){ .mode = c->kind == STAGED_FILE ? c->mode : 0755 };
	st->type = types[c->kind];
	st->size = c->bytes.len;
	return 0;
}

static int target_here(const struct staged *s, const char *path, char **target, struct err *err)
{
	const struct staged_change *c = find(s, path);

	if (!c)
		return s->below->ops->readlink(s->below, path, target, err);
	if (c->kind != STAGED_LINK)
		return err_set(err, EINVAL, "%s: not a link", path);
	*target = xstrdup(buf_text(&c->bytes));
	return 0;
}

static int stat_ctx(void *ctx, const char *path, struct rootfs_stat *st, struct err *err)
{
	return stat_here(ctx, path, st, err);
}

static int target_ctx(void *ctx, const char *path, char **target, struct err *err)
{
	return target_here(ctx, path, target, err);
}

static int resolve(struct staged *s, const char *path, bool follow, char out[ROOTFS_MAX_PATH],
	bool *parent, struct err *err)
{
	const struct resolver r = { stat_ctx, target_ctx, s };

	return rootfs_resolve(&r, path, follow, out, parent, err);
}

/* ---- reading ---- */

static int staged_stat(
	struct rootfs *fs, const char *path, bool follow, struct rootfs_stat *st, struct err *err)
{
	char real[ROOTFS_MAX_PATH];
	int r = resolve(staged_of(fs), path, follow, real, NULL, err);

	return r < 0 ? r : stat_here(staged_of(fs), real, st, err);
}

static int staged_readlink(struct rootfs *fs, const char *path, char **target, struct err *err)
{
	char real[ROOTFS_MAX_PATH];
	int r = resolve(staged_of(fs), path, false, real, NULL, err);

	return r < 0 ? r : target_here(staged_of(fs), real, target, err);
}

/* The name that path has within dir; NULL: it is not directly in it. */
static const char *name_in(const struct staged *s, const char *dir, const char *path)
{
	size_t len = strcmp(dir, "/") == 0 ? 0 : strlen(dir);

	if (!begins(s, path, dir, len) || path[len] != '/' || strchr(path + len + 1, '/'))
		return NULL;
	return path + len + 1;
}

static void drop_entry(const struct staged *s, struct rootfs_dir *dir, const char *name)
{
	for (size_t i = 0; i < dir->n; i++)
		if (same(s, dir->v[i].name, name)) {
			free(dir->v[i].name);
			dir->v[i] = dir->v[--dir->n];
			return;
		}
}

static int staged_list(struct rootfs *fs, const char *path, struct rootfs_dir *dir, struct err *err)
{
	struct staged *s = staged_of(fs);
	char real[ROOTFS_MAX_PATH];
	const struct staged_change *c;
	int r = resolve(s, path, true, real, NULL, err);

	if (r < 0)
		return r;
	c = find(s, real);
	if (!c || c->existed)
		r = s->below->ops->list(s->below, real, dir, err);
	for (size_t i = 0; r == 0 && i < s->n; i++) {
		const char *name = name_in(s, real, s->changes[i].path);
		enum staged_kind kind = s->changes[i].kind;

		if (!name)
			continue;
		drop_entry(s, dir, name);
		if (kind != STAGED_REMOVED)
			r = rootfs_dir_add(dir, name, strlen(name),
				kind == STAGED_FILE  ? ROOTFS_FILE
				: kind == STAGED_DIR ? ROOTFS_DIR
						     : ROOTFS_LINK,
				err);
	}
	return r;
}

static int staged_read_range(struct rootfs *fs, const char *path, uint64_t off, void *bytes,
	size_t len, size_t *got, struct err *err)
{
	struct staged *s = staged_of(fs);
	char real[ROOTFS_MAX_PATH];
	const struct staged_change *c;
	int r = resolve(s, path, true, real, NULL, err);

	if (r < 0)
		return r;
	c = find(s, real);
	if (!c)
		return s->below->ops->read_range(s->below, real, off, bytes, len, got, err);
	if (c->kind == STAGED_DIR)
		return err_set(err, EISDIR, "%s: is a folder", real);
	*got = off >= c->bytes.len                ? 0
	       : c->bytes.len - (size_t)off < len ? c->bytes.len - (size_t)off
						  : len;
	if (*got)
		memcpy(bytes, buf_bytes(&c->bytes) + off, *got);
	return 0;
}

/* ---- changing ---- */

static bool below_has(const struct staged *s, const char *path)
{
	struct rootfs_stat st;

	return s->below->ops->stat(s->below, path, false, &st, NULL) == 0;
}

static struct staged_change *change(struct staged *s, const char *path, enum staged_kind kind)
{
	struct staged_change *c = find(s, path);

	if (!c) {
		s->changes = xreallocarray(s->changes, s->n + 1, sizeof(*s->changes));
		c = &s->changes[s->n++];
		*c = (struct staged_change){ .path = xstrdup(path), .existed = below_has(s, path) };
	}
	c->kind = kind;
	buf_reset(&c->bytes);
	return c;
}

/* Where a new thing goes: through the links of its folders, not through a last one. */
static int place(struct staged *s, const char *path, char real[ROOTFS_MAX_PATH], struct err *err)
{
	bool parent;
	int r = resolve(s, path, false, real, &parent, err);

	if (r == -ENOENT && parent) {
		err_clear(err);
		return 0;
	}
	return r;
}

static int staged_write_file(struct rootfs *fs, const char *path, uint32_t mode, const void *bytes,
	size_t len, int64_t mtime, struct err *err)
{
	struct staged *s = staged_of(fs);
	char real[ROOTFS_MAX_PATH];
	struct staged_change *c;
	int r = place(s, path, real, err);

	(void)mtime;
	if (r < 0)
		return r;
	c = change(s, real, STAGED_FILE);
	c->mode = mode == ROOTFS_KEEP ? 0644 : mode;
	buf_add(&c->bytes, bytes, len);
	return 0;
}

static int staged_mkdir(struct rootfs *fs, const char *path, int64_t mtime, struct err *err)
{
	struct staged *s = staged_of(fs);
	char real[ROOTFS_MAX_PATH];
	int r = place(s, path, real, err);

	(void)mtime;
	if (r == 0)
		change(s, real, STAGED_DIR);
	return r;
}

static int staged_symlink(
	struct rootfs *fs, const char *target, const char *path, int64_t mtime, struct err *err)
{
	struct staged *s = staged_of(fs);
	char real[ROOTFS_MAX_PATH];
	int r = place(s, path, real, err);

	(void)mtime;
	if (r == 0)
		buf_add_text(&change(s, real, STAGED_LINK)->bytes, target);
	return r;
}

static int staged_remove(struct rootfs *fs, const char *path, struct err *err)
{
	struct staged *s = staged_of(fs);
	char real[ROOTFS_MAX_PATH];
	int r = place(s, path, real, err);

	if (r == 0)
		change(s, real, STAGED_REMOVED);
	return r;
}

static int staged_commit(struct rootfs *fs, struct err *err)
{
	(void)fs;
	(void)err;
	return 0;
}

static void staged_close(struct rootfs *fs)
{
	struct staged *s = staged_of(fs);

	for (size_t i = 0; i < s->n; i++) {
		free(s->changes[i].path);
		buf_release(&s->changes[i].bytes);
	}
	free(s->changes);
	free(s);
}

static const struct rootfs_ops staged_ops = {
	.close = staged_close,
	.commit = staged_commit,
	.stat = staged_stat,
	.readlink = staged_readlink,
	.list = staged_list,
	.read_range = staged_read_range,
	.write_file = staged_write_file,
	.mkdir = staged_mkdir,
	.symlink = staged_symlink,
	.remove = staged_remove,
};

struct rootfs *rootfs_stage(struct rootfs *base)
{
	struct staged *s = xcalloc(1, sizeof(*s));

	s->fs = (struct rootfs){ .ops = &staged_ops, .facts = base->facts, .writable = true };
	s->below = base;
	s->folds = strcmp(base->facts.type, "vfat") == 0;
	return &s->fs;
}

size_t rootfs_staged_count(const struct rootfs *fs)
{
	return staged_of(fs)->n;
}

const struct staged_change *rootfs_staged_at(const struct rootfs *fs, size_t i)
{
	return &staged_of(fs)->changes[i];
}

struct rootfs *rootfs_staged_base(const struct rootfs *fs)
{
	return staged_of(fs)->below;
}

int rootfs_change(const struct staged_change *c, struct rootfs *to, int64_t mtime, struct err *err)
{
	switch (c->kind) {
	case STAGED_FILE:
		return rootfs_write_file(to, c->path, c->existed ? ROOTFS_KEEP : c->mode,
			buf_text(&c->bytes), c->bytes.len, mtime, err);
	case STAGED_DIR:
		return rootfs_mkdir_p(to, c->path, mtime, err);
	case STAGED_LINK:
		return rootfs_symlink(to, buf_text(&c->bytes), c->path, mtime, err);
	case STAGED_REMOVED:
		return rootfs_remove(to, c->path, err);
	}
	return 0;
}

int rootfs_staged_apply(const struct rootfs *fs, struct rootfs *to, int64_t mtime, struct err *err)
{
	const struct staged *s = staged_of(fs);
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->n; i++)
		r = rootfs_change(&s->changes[i], to, mtime, err);
	return r;
}
