/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A backend over folders of other file systems. See assembled.h. An absolute link leads to the root of the
 * whole, which is why paths are resolved here and not in the parts.
 */
#include "rootfs/assembled.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/match.h"
#include "base/xalloc.h"
#include "rootfs/resolve.h"

struct mount {
	char *at; /* "" is the root */
	char *folder;
	struct rootfs *fs;
};

struct assembled {
	struct rootfs fs;
	struct mount mounts[ROOTFS_MOUNTS + 1]; /* the root first */
	size_t n;
};

static struct assembled *assembled_of(struct rootfs *fs)
{
	return (struct assembled *)fs;
}

/* ---- a path in one file system ---- */

static int lstat_base(void *ctx, const char *path, struct rootfs_stat *st, struct err *err)
{
	struct rootfs *fs = ctx;

	return fs->ops->stat(fs, path, false, st, err);
}

static int readlink_base(void *ctx, const char *path, char **target, struct err *err)
{
	struct rootfs *fs = ctx;

	return fs->ops->readlink(fs, path, target, err);
}

int rootfs_real_path(struct rootfs *fs, const char *path, char **real, struct err *err)
{
	const struct resolver by = { lstat_base, readlink_base, fs };
	char out[ROOTFS_MAX_PATH];
	int r = rootfs_resolve(&by, path, true, out, NULL, err);

	if (r == 0)
		*real = xstrdup(out);
	return r;
}

/* ---- a path in the whole ---- */

/* Where a path without links is. */
static struct rootfs *place(const struct assembled *a, const char *path, char **real)
{
	const struct mount *m = &a->mounts[0];

	for (size_t i = 1; i < a->n; i++)
		if (is_at_or_below(path, a->mounts[i].at) &&
			strlen(a->mounts[i].at) >= strlen(m->at))
			m = &a->mounts[i];
	path += strlen(m->at);
	*real = xasprintf("%s%s", m->folder, strcmp(path, "/") == 0 ? "" : path);
	if (!**real) {
		free(*real);
		*real = xstrdup("/");
	}
	return m->fs;
}

static int lstat_here(void *ctx, const char *path, struct rootfs_stat *st, struct err *err)
{
	CLEANUP(xfree) char *real = NULL;
	struct rootfs *fs = place(ctx, path, &real);

	return fs->ops->stat(fs, real, false, st, err);
}

static int readlink_here(void *ctx, const char *path, char **target, struct err *err)
{
	CLEANUP(xfree) char *real = NULL;
	struct rootfs *fs = place(ctx, path, &real);

	return fs->ops->readlink(fs, real, target, err);
}

static int find(struct assembled *a, const char *path, bool follow, struct rootfs **fs, char **real,
	struct err *err)
{
	const struct resolver by = { lstat_here, readlink_here, a };
	char out[ROOTFS_MAX_PATH];
	int r = rootfs_resolve(&by, path, follow, out, NULL, err);

	if (r == 0)
		*fs = place(a, out, real);
	return r;
}

int rootfs_place(struct rootfs *assembled, const char *path, struct rootfs **fs, char **real,
	struct err *err)
{
	return find(assembled_of(assembled), path, true, fs, real, err);
}

/* ---- the backend ---- */

static int assembled_stat(
	struct rootfs *fs, const char *path, bool follow, struct rootfs_stat *st, struct err *err)
{
	CLEANUP(xfree) char *real = NULL;
	struct rootfs *in;
	int r = find(assembled_of(fs), path, follow, &in, &real, err);

	return r < 0 ? r : in->ops->stat(in, real, false, st, err);
}

static int assembled_readlink(struct rootfs *fs, const char *path, char **target, struct err *err)
{
	CLEANUP(xfree) char *real = NULL;
	struct rootfs *in;
	int r = find(assembled_of(fs), path, false, &in, &real, err);

	return r < 0 ? r : in->ops->readlink(in, real, target, err);
}

static int assembled_list(
	struct rootfs *fs, const char *path, struct rootfs_dir *dir, struct err *err)
{
	CLEANUP(xfree) char *real = NULL;
	struct rootfs *in;
	int r = find(assembled_of(fs), path, true, &in, &real, err);

	return r < 0 ? r : in->ops->list(in, real, dir, err);
}

static int assembled_read_range(struct rootfs *fs, const char *path, uint64_t off, void *bytes,
	size_t len, size_t *got, struct err *err)
{
	CLEANUP(xfree) char *real = NULL;
	struct rootfs *in;
	int r = find(assembled_of(fs), path, true, &in, &real, err);

	return r < 0 ? r : in->ops->read_range(in, real, off, bytes, len, got, err);
}

static void assembled_close(struct rootfs *fs)
{
	struct assembled *a = assembled_of(fs);

	for (size_t i = 0; i < a->n; i++) {
		free(a->mounts[i].at);
		free(a->mounts[i].folder);
	}
	free(a);
}

static const struct rootfs_ops ops = {
	.close = assembled_close,
	.stat = assembled_stat,
	.readlink = assembled_readlink,
	.list = assembled_list,
	.read_range = assembled_read_range,
};

static void add(struct assembled *a, const char *at, struct rootfs *fs, const char *folder)
{
	a->mounts[a->n++] = (struct mount){ xstrdup(at), xstrdup(strcmp(folder, "/") ? folder : ""),
		fs };
}

struct rootfs *rootfs_assemble(struct rootfs *base, const char *folder)
{
	struct assembled *a = xcalloc(1, sizeof(*a));

	a->fs = (struct rootfs){ .ops = &ops, .facts = base->facts };
	add(a, "", base, folder);
	return &a->fs;
}

void rootfs_mount(struct rootfs *assembled, const char *at, struct rootfs *fs, const char *folder)
{
	struct assembled *a = assembled_of(assembled);

	if (a->n <= ROOTFS_MOUNTS)
		add(a, at, fs, folder);
}
