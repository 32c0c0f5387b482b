/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the backends have in common: choosing one, checking the form of
 * paths, sorting listings, reading whole files, making folders one by one.
 */
#include "rootfs/rootfs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/activity.h"
#include "base/broker.h"
#include "base/xalloc.h"
#include "rootfs/backend.h"
#include "rootfs/resolve.h"

#define READ_PIECE ((size_t)256 * 1024)

int rootfs_appliance_open(struct rootfs **out, const struct rootfs_source *src, struct err *err)
{
	return broker_get() ? rootfs_remote_open(out, src, err)
			    : rootfs_guestfs_open(out, src, err);
}

static int open_here(struct rootfs **out, const struct rootfs_source *src, struct err *err)
{
	static const struct {
		const char *type;
		int (*open)(struct rootfs **, const struct rootfs_source *, struct err *);
	} readers[] = { { "ext2", rootfs_ext_open }, { "ext3", rootfs_ext_open },
		{ "ext4", rootfs_ext_open }, { "xfs", rootfs_xfs_open },
		{ "btrfs", rootfs_btrfs_open }, { "squashfs", rootfs_squashfs_open } };

	for (size_t i = 0; i < ARRAY_SIZE(readers); i++)
		if (strcmp(src->type, readers[i].type) == 0)
			return readers[i].open(out, src, err);
	return err_set(err, ENOTSUP, "%s is not read here", src->type);
}

static bool is_ext(const struct rootfs_source *src)
{
	return strncmp(src->type, "ext", 3) == 0;
}

int rootfs_open(struct rootfs **out, const struct rootfs_source *src, struct err *err)
{
	/* Nothing writes to a squashfs; its reader says so. */
	bool packed = strcmp(src->type, "squashfs") == 0;
	struct err why = { 0 };
	int r;

	if (src->writable && !is_ext(src) && !packed)
		return rootfs_appliance_open(out, src, err);
	r = open_here(out, src, &why);
	if (r == 0 && (*out)->facts.dirty_journal && !src->as_loader && !is_ext(src))
		*out = rootfs_replay(*out, src);
	/* Features that a newer kernel knows, or a compressor that Debian's libsquashfs has not got. */
	if (r == -ENOTSUP && src->path && !is_ext(src) && src->later) {
		*out = rootfs_later(src);
		return 0;
	}
	if (r == -ENOTSUP && src->path && !is_ext(src))
		r = rootfs_appliance_open(out, src, err);
	else if (r < 0 && err)
		*err = why;
	return r;
}

void rootfs_close(struct rootfs *fs)
{
	fs->ops->close(fs);
}

int rootfs_commit(struct rootfs *fs, struct err *err)
{
	return fs->writable ? fs->ops->commit(fs, err) : 0;
}

const struct rootfs_facts *rootfs_facts(const struct rootfs *fs)
{
	return &fs->facts;
}

enum rootfs_type rootfs_type_of(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return ROOTFS_FILE;
	case S_IFDIR:
		return ROOTFS_DIR;
	case S_IFLNK:
		return ROOTFS_LINK;
	default:
		return ROOTFS_OTHER;
	}
}

void rootfs_printable(char *out, size_t size, const void *text, size_t len)
{
	const char *p = text;
	size_t n = 0;

	for (; n < len && n + 1 < size && p[n]; n++)
		out[n] = p[n] >= ' ' && p[n] <= '~' ? p[n] : '?';
	out[n] = '\0';
}

/*
 * Puts path into clean (ROOTFS_MAX_PATH bytes): one slash between parts, none
 * at the end, no ".". ".." stays, as a link may stand before it.
 */
static int clean_path(const char *path, char *clean, struct err *err)
{
	const char *p = path;
	size_t n = 0;

	if (*p != '/')
		return err_set(err, EINVAL, "%s: not an absolute path", path);
	while (*p) {
		size_t len = strcspn(p, "/");

		if (len > 0 && !(len == 1 && *p == '.')) {
			if (n + 1 + len >= ROOTFS_MAX_PATH)
				return err_set(err, ENAMETOOLONG, "a path of over %d bytes",
					ROOTFS_MAX_PATH);
			clean[n++] = '/';
			memcpy(clean + n, p, len);
			n += len;
		}
		p += len;
		p += *p == '/';
	}
	if (n == 0)
		clean[n++] = '/';
	clean[n] = '\0';
	return 0;
}

static int do_stat(
	struct rootfs *fs, const char *path, bool follow, struct rootfs_stat *st, struct err *err)
{
	char clean[ROOTFS_MAX_PATH];
	int r = clean_path(path, clean, err);

	return r < 0 ? r : fs->ops->stat(fs, clean, follow, st, err);
}

int rootfs_stat(struct rootfs *fs, const char *path, struct rootfs_stat *st, struct err *err)
{
	return do_stat(fs, path, true, st, err);
}

int rootfs_lstat(struct rootfs *fs, const char *path, struct rootfs_stat *st, struct err *err)
{
	return do_stat(fs, path, false, st, err);
}

bool rootfs_exists(struct rootfs *fs, const char *path)
{
	struct rootfs_stat st;
	struct err why = { 0 };
	int r = rootfs_stat(fs, path, &st, &why);

	if (r < 0 && !rootfs_is_missing(r) && !fs->doubt.code) {
		if (!why.code)
			err_set(&why, -r, "%s", strerror(-r));
		err_push(&why, "whether there is %s", path);
		fs->doubt = why;
	}
	return r == 0;
}

int rootfs_take_doubt(struct rootfs *fs, struct err *err)
{
	struct err doubt = fs->doubt;

	err_clear(&fs->doubt);
	if (doubt.code && err)
		*err = doubt;
	return -doubt.code;
}

bool rootfs_is_missing(int r)
{
	return r == -ENOENT || r == -ENOTDIR || r == -ELOOP;
}

int rootfs_readlink(struct rootfs *fs, const char *path, char **target, struct err *err)
{
	char clean[ROOTFS_MAX_PATH];
	int r = clean_path(path, clean, err);

	return r < 0 ? r : fs->ops->readlink(fs, clean, target, err);
}

struct counter {
	struct rootfs *fs;
	unsigned links;
};

static int count_lstat(void *ctx, const char *path, struct rootfs_stat *st, struct err *err)
{
	struct counter *c = ctx;

	return rootfs_lstat(c->fs, path, st, err);
}

static int count_readlink(void *ctx, const char *path, char **target, struct err *err)
{
	struct counter *c = ctx;

	c->links++;
	return rootfs_readlink(c->fs, path, target, err);
}

int rootfs_count_links(struct rootfs *fs, const char *path, unsigned *links, struct err *err)
{
	struct counter c = { .fs = fs };
	const struct resolver by = { count_lstat, count_readlink, &c };
	char clean[ROOTFS_MAX_PATH], out[ROOTFS_MAX_PATH];
	int r = clean_path(path, clean, err);

	if (r == 0)
		r = rootfs_resolve(&by, clean, true, out, NULL, err);
	*links = c.links;
	return r;
}

int rootfs_dir_add(struct rootfs_dir *dir, const char *name, size_t len, enum rootfs_type type,
	struct err *err)
{
	if (len == 0 || memchr(name, '/', len) || memchr(name, '\0', len))
		return 0;
	if (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))
		return 0;
	if (dir->n >= ROOTFS_MAX_ENTRIES)
		return err_set(err, EFBIG, "a folder of over %d entries", ROOTFS_MAX_ENTRIES);
	if ((dir->n & (dir->n + 1)) == 0)
		dir->v = xreallocarray(dir->v, 2 * (dir->n + 1), sizeof(*dir->v));
	dir->v[dir->n].name = xstrndup(name, len);
	dir->v[dir->n++].type = type;
	return 0;
}

void rootfs_dir_release(struct rootfs_dir *dir)
{
	for (size_t i = 0; i < dir->n; i++)
		free(dir->v[i].name);
	free(dir->v);
	*dir = (struct rootfs_dir){ 0 };
}

static int by_name(const void *a, const void *b)
{
	return strcmp(
		((const struct rootfs_entry *)a)->name, ((const struct rootfs_entry *)b)->name);
}

int rootfs_list(struct rootfs *fs, const char *path, struct rootfs_dir *dir, struct err *err)
{
	char clean[ROOTFS_MAX_PATH];
	int r = clean_path(path, clean, err);

	if (r < 0)
		return r;
	activity_file(clean);
	r = fs->ops->list(fs, clean, dir, err);
	if (r < 0) {
		rootfs_dir_release(dir);
		return r;
	}
	if (dir->n)
		qsort(dir->v, dir->n, sizeof(*dir->v), by_name);
	return 0;
}

int rootfs_read_range(struct rootfs *fs, const char *path, uint64_t off, void *bytes, size_t len,
	size_t *got, struct err *err)
{
	char clean[ROOTFS_MAX_PATH];
	int r = clean_path(path, clean, err);

	*got = 0;
	activity_file(path);
	return r < 0 ? r : fs->ops->read_range(fs, clean, off, bytes, len, got, err);
}

int rootfs_read_file(
	struct rootfs *fs, const char *path, size_t max, struct buf *out, struct err *err)
{
	char clean[ROOTFS_MAX_PATH];
	size_t before = out->len;
	struct rootfs_stat st;
	int r = clean_path(path, clean, err);

	if (r < 0)
		return r;
	activity_file(clean);
	r = fs->ops->stat(fs, clean, true, &st, err);
	if (r < 0)
		return r;
	if (st.type == ROOTFS_DIR)
		return err_set(err, EISDIR, "%s: is a folder", path);
	if (st.type != ROOTFS_FILE)
		return err_set(err, EINVAL, "%s: not a regular file", path);
	if (st.size > max)
		return err_set(err, EFBIG, "%s: %llu bytes, more than the %zu that are read", path,
			(unsigned long long)st.size, max);
	for (;;) {
		size_t had = out->len - before, piece, got;

		piece = st.size - had < READ_PIECE ? (size_t)st.size - had : READ_PIECE;
		if (piece == 0)
			return 0;
		r = fs->ops->read_range(fs, clean, had, buf_reserve(out, piece), piece, &got, err);
		if (r < 0)
			return r;
		buf_added(out, got);
		if (got < piece)
			return 0;
	}
}

int rootfs_read_text(
	struct rootfs *fs, const char *path, size_t max, struct text *out, struct err *err)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;
	int r = rootfs_read_file(fs, path, max, &bytes, err);

	text_add(out, buf_text(&bytes), bytes.len);
	return r;
}

static int check_writable(const struct rootfs *fs, struct err *err)
{
	if (!fs->writable)
		return err_set(err, EROFS, "the file system is open for reading only");
	return 0;
}

int rootfs_write_file(struct rootfs *fs, const char *path, uint32_t mode, const void *bytes,
	size_t len, int64_t mtime, struct err *err)
{
	char clean[ROOTFS_MAX_PATH];
	int r = check_writable(fs, err);

	if (r == 0)
		r = clean_path(path, clean, err);
	if (r == 0)
		r = fs->ops->write_file(fs, clean, mode == ROOTFS_KEEP ? mode : mode & 07777, bytes,
			len, mtime, err);
	if (r < 0)
		err_push(err, "writing %s", path);
	return r;
}

int rootfs_mkdir_p(struct rootfs *fs, const char *path, int64_t mtime, struct err *err)
{
	char clean[ROOTFS_MAX_PATH];
	char *end = clean;
	int r = check_writable(fs, err);

	if (r == 0)
		r = clean_path(path, clean, err);
	while (r == 0 && end && clean[1]) {
		struct rootfs_stat st;

		end = strchr(end + 1, '/');
		if (end)
			*end = '\0';
		r = fs->ops->stat(fs, clean, true, &st, NULL);
		if (r == -ENOENT)
			r = fs->ops->mkdir(fs, clean, mtime, err);
		else if (r < 0)
			r = fs->ops->stat(fs, clean, true, &st, err);
		else if (st.type != ROOTFS_DIR)
			r = err_set(err, ENOTDIR, "%s is not a folder", clean);
		if (end)
			*end = '/';
	}
	if (r < 0)
		err_push(err, "making %s", path);
	return r;
}

int rootfs_symlink(
	struct rootfs *fs, const char *target, const char *path, int64_t mtime, struct err *err)
{
	char clean[ROOTFS_MAX_PATH];
	int r = check_writable(fs, err);

	if (r == 0)
		r = clean_path(path, clean, err);
	if (r == 0)
		r = fs->ops->symlink(fs, target, clean, mtime, err);
	if (r < 0)
		err_push(err, "linking %s", path);
	return r;
}

int rootfs_remove(struct rootfs *fs, const char *path, struct err *err)
{
	char clean[ROOTFS_MAX_PATH];
	struct rootfs_stat st;
	int r = check_writable(fs, err);

	if (r == 0)
		r = clean_path(path, clean, err);
	if (r < 0)
		return r;
	r = fs->ops->stat(fs, clean, false, &st, err);
	if (r == -ENOENT) {
		err_clear(err);
		return 0;
	}
	if (r == 0 && st.type == ROOTFS_DIR)
		r = err_set(err, EISDIR, "is a folder");
	if (r == 0)
		r = fs->ops->remove(fs, clean, err);
	if (r < 0)
		err_push(err, "removing %s", path);
	return r;
}

int rootfs_grow(struct rootfs *fs, uint64_t size, struct err *err)
{
	int r = check_writable(fs, err);

	if (r < 0)
		return r;
	if (!fs->ops->grow)
		return err_set(err, ENOTSUP, "%s cannot be grown here", fs->facts.type);
	return fs->ops->grow(fs, size, err);
}
