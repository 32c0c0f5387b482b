/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file system in memory for the loader room's tests: a list of files, whose
 * folders exist by being named. Names compare exactly, or without case when
 * fold is set (as FAT does, which the firmware reads).
 */
#ifndef ARMVM_TESTS_MEMVOL_H
#define ARMVM_TESTS_MEMVOL_H

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "loader/volume.h"

struct memfile {
	const char *path;
	const char *bytes; /* NULL: it is there, and cannot be read */
	size_t len;        /* 0: bytes is text */
	int64_t mtime;
};

struct memvol {
	const struct memfile *files;
	size_t n;
	bool fold;
};

static inline int memvol_cmp(const struct memvol *m, const char *a, const char *b, size_t n)
{
	return m->fold ? strncasecmp(a, b, n) : strncmp(a, b, n);
}

static inline const struct memfile *memvol_find(const struct memvol *m, const char *path, bool *dir)
{
	size_t len = strlen(path);

	*dir = strcmp(path, "/") == 0;
	for (size_t i = 0; i < m->n; i++) {
		const char *have = m->files[i].path;

		if (memvol_cmp(m, have, path, len) != 0)
			continue;
		if (!have[len])
			return &m->files[i];
		*dir = *dir || have[len] == '/';
	}
	return NULL;
}

static inline size_t memfile_len(const struct memfile *f)
{
	return f->len ? f->len : strlen(f->bytes);
}

static inline int memvol_stat(void *ctx, const char *path, struct file_info *info, struct err *err)
{
	bool dir;
	const struct memfile *f = memvol_find(ctx, path, &dir);

	if (!f && !dir)
		return -ENOENT;
	if (f && !f->bytes)
		return err_set(err, EIO, "damaged");
	info->type = f ? FILE_REGULAR : FILE_DIR;
	info->size = f ? memfile_len(f) : 0;
	info->mtime = f ? f->mtime : 0;
	return 0;
}

static inline int memvol_read(void *ctx, const char *path, uint64_t off, void *buf, size_t len,
	size_t *got, struct err *err)
{
	bool dir;
	const struct memfile *f = memvol_find(ctx, path, &dir);
	size_t size;

	if (f && !f->bytes)
		return err_set(err, EIO, "damaged");
	if (!f)
		return dir ? -EISDIR : -ENOENT;
	size = memfile_len(f);
	*got = off >= size ? 0 : size - off < len ? (size_t)(size - off) : len;
	if (*got)
		memcpy(buf, f->bytes + off, *got);
	return 0;
}

static inline int memvol_list(void *ctx, const char *path, struct strlist *names, struct err *err)
{
	const struct memvol *m = ctx;
	size_t len = strcmp(path, "/") == 0 ? 0 : strlen(path);
	bool dir;

	(void)err;
	memvol_find(m, path, &dir);
	if (!dir)
		return -ENOENT;
	for (size_t i = 0; i < m->n; i++) {
		const char *rest = m->files[i].path + len;
		char *name;

		if (memvol_cmp(m, m->files[i].path, path, len) != 0 || *rest != '/')
			continue;
		name = xstrndup(rest + 1, strcspn(rest + 1, "/"));
		if (strlist_has(names, name))
			free(name);
		else
			strlist_take(names, name);
	}
	return 0;
}

static const struct volume_ops memvol_ops = { memvol_stat, memvol_read, memvol_list };

static inline void volume_set_mem(struct volume *v, struct memvol *m)
{
	v->readable = true;
	v->by_firmware = m->fold;
	v->ops = &memvol_ops;
	v->ctx = m;
}

#endif
