/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory disks. See memdisk.h. Archives are read by libarchive, all at once;
 * what they hold is bounded by what is read of the binary.
 */
#include "loader/memdisk.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "disk/disk.h"
#include "fat/fat.h"
#include "rootfs/rootfs.h"

#define ENTRIES_MAX   10000
#define CONTENT_MAX   ((size_t)64 << 20)
#define SYMLINKS_MAX  8
#define TAR_MAGIC_OFF 257
/* Of cpio's "newc", in ASCII: its length, and where the length of the name is, 8 digits. */
#define CPIO_HEADER   110
#define CPIO_NAME     94
#define CPIO_DIGITS   8

struct member {
	char *path; /* clean */
	char *link; /* a symbolic or hard link's target, clean; NULL: it is none */
	enum file_type type;
	struct buf bytes;
};

struct memdisk {
	struct volume volume;
	struct buf bytes;
	struct disk *disk; /* of a FAT, and of a squashfs */
	struct fat *fat;
	struct rootfs *squashfs;
	struct member *members; /* of an archive */
	size_t n;
};

/* ---- an archive as a volume ---- */

static const struct member *find_once(const struct memdisk *m, const char *path)
{
	/* Of two of the same name the later one counts, as when they are unpacked. */
	for (size_t i = m->n; i-- > 0;)
		if (strcmp(m->members[i].path, path) == 0)
			return &m->members[i];
	return NULL;
}

static const struct member *find(const struct memdisk *m, const char *path)
{
	const struct member *found = find_once(m, path);

	for (unsigned i = 0; found && found->link; i++)
		found = i < SYMLINKS_MAX ? find_once(m, found->link) : NULL;
	return found;
}

/* Whether something lies below the path: archives need not name folders. */
static bool is_folder(const struct memdisk *m, const char *path)
{
	size_t len = strlen(path);

	if (strcmp(path, "/") == 0)
		return true;
	for (size_t i = 0; i < m->n; i++)
		if (strncmp(m->members[i].path, path, len) == 0 && m->members[i].path[len] == '/')
			return true;
	return false;
}

static int archive_stat(void *ctx, const char *path, struct file_info *info, struct err *err)
{
	const struct member *f = find(ctx, path);

	if (!f && !is_folder(ctx, path))
		return err_set(err, ENOENT, "%s: not in the memory disk", path);
	*info = (struct file_info){ .type = f ? f->type : FILE_DIR, .size = f ? f->bytes.len : 0 };
	return 0;
}

static int archive_read_file(void *ctx, const char *path, uint64_t off, void *buf, size_t len,
	size_t *got, struct err *err)
{
	const struct member *f = find(ctx, path);

	*got = 0;
	if (!f || f->type != FILE_REGULAR)
		return err_set(err, f ? EISDIR : ENOENT, "%s: no file of the memory disk", path);
	if (off >= f->bytes.len)
		return 0;
	*got = f->bytes.len - (size_t)off < len ? f->bytes.len - (size_t)off : len;
	memcpy(buf, buf_bytes(&f->bytes) + off, *got);
	return 0;
}

static int archive_list(void *ctx, const char *path, struct strlist *names, struct err *err)
{
	const struct memdisk *m = ctx;
	size_t len = strcmp(path, "/") == 0 ? 0 : strlen(path);

	if (!is_folder(m, path))
		return err_set(err, ENOENT, "%s: not in the memory disk", path);
	for (size_t i = 0; i < m->n && names->n <= VOLUME_LIST_MAX; i++) {
		const char *p = m->members[i].path;
		CLEANUP(xfree) char *name = NULL;

		if (strncmp(p, path, len) != 0 || p[len] != '/' || !p[len + 1])
			continue;
		name = xstrndup(p + len + 1, strcspn(p + len + 1, "/"));
		if (!strlist_has(names, name))
			strlist_add(names, name);
	}
	return 0;
}

static const struct volume_ops archive_ops = {
	.stat = archive_stat,
	.read = archive_read_file,
	.list = archive_list,
};

/* ---- reading one ---- */

static void close_archive(struct archive *a)
{
	archive_read_free(a);
}
DEFINE_CLEANUP(struct archive, close_archive)

static enum file_type type_of(struct archive_entry *entry)
{
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG:
		return FILE_REGULAR;
	case AE_IFDIR:
		return FILE_DIR;
	default:
		return FILE_OTHER;
	}
}

/* A symbolic link's target as a clean path; the caller frees it. */
static char *target_of(const char *path, const char *link)
{
	const char *slash = strrchr(path, '/');
	CLEANUP(xfree)
	char *beside = xasprintf("%.*s/%s", (int)(slash ? slash - path : 0), path, link);

	return path_clean(link[0] == '/' ? link : beside);
}

static bool read_content(struct archive *a, struct member *f, size_t *total)
{
	for (;;) {
		const void *piece;
		size_t len;
		la_int64_t off;
		int r = archive_read_data_block(a, &piece, &len, &off);

		if (r == ARCHIVE_EOF)
			return true;
		if (r != ARCHIVE_OK || (uint64_t)off != f->bytes.len || len > CONTENT_MAX - *total)
			return false;
		buf_add(&f->bytes, piece, len);
		*total += len;
	}
}

static bool add_member(
	struct memdisk *m, struct archive *a, struct archive_entry *entry, size_t *total)
{
	const char *name = archive_entry_pathname(entry);
	const char *hard = archive_entry_hardlink(entry), *soft = archive_entry_symlink(entry);
	struct member *f;

	if (!name || m->n == ENTRIES_MAX)
		return false;
	m->members = xreallocarray(m->members, m->n + 1, sizeof(*m->members));
	f = &m->members[m->n++];
	*f = (struct member){ .path = path_clean(name), .type = type_of(entry) };
	/* cpio has the content with one of the names, and GRUB sees that one alone. */
	if (hard && archive_entry_size(entry) <= 0)
		f->link = path_clean(hard);
	else if (soft)
		f->link = target_of(f->path, soft);
	return f->link || f->type != FILE_REGULAR || read_content(a, f, total);
}

/*
 * Whether a name of cpio's is said to be longer than all that there is: libarchive allocates such
 * a name before it notices that it is not there. It finds headers behind garbage, too.
 */
static bool has_endless_name(const uint8_t *p, size_t len)
{
	const uint8_t *end = p + len;
	char digits[CPIO_DIGITS + 1] = "";

	while ((p = memmem(p, (size_t)(end - p), "07070", 5)) && end - p >= CPIO_HEADER) {
		memcpy(digits, p + CPIO_NAME, CPIO_DIGITS);
		if (strtoul(digits, NULL, 16) > len)
			return true;
		p++;
	}
	return false;
}

/* False: it is no archive, or a damaged one, of which nothing is believed. */
static bool open_archive(struct memdisk *m, const void *bytes, size_t len)
{
	CLEANUP(close_archive) struct archive *a = archive_read_new();
	struct archive_entry *entry;
	size_t total = 0;
	int r;

	if (!a)
		abort();
	if (has_endless_name(bytes, len))
		return false;
	archive_read_support_format_tar(a);
	archive_read_support_format_cpio(a);
	if (archive_read_open_memory(a, bytes, len) != ARCHIVE_OK)
		return false;
	while ((r = archive_read_next_header(a, &entry)) == ARCHIVE_OK)
		if (!add_member(m, a, entry, &total))
			return false;
	if (r != ARCHIVE_EOF || !m->n)
		return false;
	m->volume.fstype = (archive_format(a) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR
				   ? "tar"
				   : "newc";
	m->volume.readable = true;
	m->volume.ops = &archive_ops;
	m->volume.ctx = m;
	return true;
}

static bool open_fat(struct memdisk *m, const void *bytes, size_t len)
{
	m->disk = disk_from_memory(bytes, len);
	if (fat_open(m->disk, &m->fat, NULL) < 0)
		return false;
	m->volume.fstype = "vfat";
	volume_set_fat(&m->volume, m->fat);
	return true;
}

static bool open_squashfs(struct memdisk *m, const void *bytes, size_t len)
{
	struct rootfs_source src = { .type = "squashfs" };

	src.disk = m->disk = disk_from_memory(bytes, len);
	if (rootfs_open(&m->squashfs, &src, NULL) < 0)
		return false;
	m->volume.fstype = "squashfs";
	m->volume.packed = volume_squashfs_packed(bytes);
	volume_set_rootfs(&m->volume, m->squashfs);
	return true;
}

static bool looks_like_archive(const uint8_t *p, size_t len)
{
	return (len > TAR_MAGIC_OFF + 5 && memcmp(p + TAR_MAGIC_OFF, "ustar", 5) == 0) ||
	       (len > 6 && (memcmp(p, "070701", 6) == 0 || memcmp(p, "070702", 6) == 0));
}

static bool open_by_kind(struct memdisk *m, const void *bytes, size_t len)
{
	if (looks_like_archive(bytes, len))
		return open_archive(m, bytes, len);
	if (len > 4 && memcmp(bytes, "hsqs", 4) == 0)
		return open_squashfs(m, bytes, len);
	return open_fat(m, bytes, len);
}

struct memdisk *memdisk_open(const void *bytes, size_t len)
{
	struct memdisk *m;

	if (!len)
		return NULL;
	m = xcalloc(1, sizeof(*m));
	buf_add(&m->bytes, bytes, len);
	if (open_by_kind(m, buf_bytes(&m->bytes), len))
		return m;
	memdisk_close(m);
	return NULL;
}

const struct volume *memdisk_volume(const struct memdisk *m)
{
	return &m->volume;
}

void memdisk_close(struct memdisk *m)
{
	if (m->fat)
		fat_close(m->fat);
	if (m->squashfs)
		rootfs_close(m->squashfs);
	if (m->disk)
		disk_close(m->disk);
	for (size_t i = 0; i < m->n; i++) {
		free(m->members[i].path);
		free(m->members[i].link);
		buf_release(&m->members[i].bytes);
	}
	free(m->members);
	buf_release(&m->bytes);
	free(m);
}
