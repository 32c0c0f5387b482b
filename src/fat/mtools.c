/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running mtools. The image and the files to be copied are given to it as
 * /proc/PID/fd/N of ours: such a name holds nothing that mtools could take for
 * an option, a drive letter, a pattern or its own "@@", and what is copied
 * need not have a name. SOURCE_DATE_EPOCH dates every entry, label and folders
 * included; TZ makes that UTC. The user's and the system's mtools settings are
 * overridden one by one, since only the user's can be left
 * out by name. Paths are UTF-8, which mtools takes them for in such a locale alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/spawn.h"
#include "base/write.h"
#include "base/xalloc.h"
#include "disk/disk.h"
#include "fat/fat.h"
#include "fat/mtools.h"

#define FAT32_CLUSTERS_MIN 65525u
#define RESERVED_SECTORS   32u
#define FATS               2u

/* Of a FAT32 boot sector (Microsoft's FAT specification 1.03), whose copy is its sixth. */
#define BOOT_OEM_NAME    3
#define BOOT_RESERVED    14
#define BOOT_FAT_SECTORS 36
#define BOOT_COPY        50
#define BOOT_DRIVE       64
#define BOOT_TABLE       446 /* where a disk without FAT has its partitions */
#define BOOT_TABLE_SIZE  64
#define BOOT_SIZE        512
#define FIRST_HARD_DISK  0x80
#define ENTRY_OF_MEDIUM  0x0ffffff8u
#define ENTRY_CLEAN_SHUT 0x0fffffffu

/* The years that FAT can write, 1980 to 2107. */
#define TIME_MIN 315532800LL
#define TIME_MAX 4354819198LL

struct session {
	int fd;      /* of the image */
	char *drive; /* what follows -i */
	char epoch[40];
	const char *env[12];
};

static void session_release(struct session *s)
{
	if (s->drive) {
		close(s->fd);
		free(s->drive);
	}
}
DEFINE_RELEASE(struct session, session_release)

static char *fd_path(int fd)
{
	return xasprintf("/proc/%ld/fd/%d", (long)getpid(), fd);
}

static int session_open(const struct mtools *m, struct session *s, struct err *err)
{
	static const char *const settings[] = { "TZ=UTC", "LC_ALL=C.UTF-8", "MTOOLSRC=/dev/null",
		"MTOOLS_SKIP_CHECK=1", "MTOOLS_NO_VFAT=0", "MTOOLS_FAT_COMPATIBILITY=0",
		"MTOOLS_LOWER_CASE=0", "MTOOLS_NAME_NUMERIC_TAIL=1", "MTOOLS_DOTTED_DIR=0" };
	int64_t at = m->time < TIME_MIN ? TIME_MIN : m->time > TIME_MAX ? TIME_MAX : m->time;
	CLEANUP(xfree) char *path = NULL;

	s->fd = open(m->image, O_RDWR | O_CLOEXEC);
	if (s->fd < 0)
		return err_sys(err, "%s", m->image);
	path = fd_path(s->fd);
	s->drive = xasprintf("%s@@%llu", path, (unsigned long long)m->offset);
	/* FAT counts in two seconds; an odd one would be kept in creation times alone. */
	snprintf(s->epoch, sizeof(s->epoch), "SOURCE_DATE_EPOCH=%lld", (long long)(at & ~1LL));
	memcpy(s->env, settings, sizeof(settings));
	s->env[ARRAY_SIZE(settings)] = s->epoch;
	return 0;
}

/*
 * mtools reports a full disk in its own ways, a crash among them. Whether there is room for a
 * block is asked beyond the image's end, which changes nothing in it.
 */
static int run(const char *const argv[], const struct session *s, struct err *err)
{
	int ret = spawn_run(argv, s->env, NULL, err);
	struct stat st;

	if (ret == 0 || fstat(s->fd, &st) < 0)
		return ret;
	if (fallocate(s->fd, FALLOC_FL_KEEP_SIZE, st.st_size, 4096) == 0) {
		if (ftruncate(s->fd, st.st_size) < 0)
			return err_sys(err, "%s", argv[0]);
		return ret;
	}
	return errno == EOPNOTSUPP ? ret : err_sys(err, "%s", argv[0]);
}

/* ---- formatting ---- */

/* Clusters as mkfs.fat and Microsoft choose them for FAT32. */
static unsigned cluster_size(uint64_t size, unsigned sector_size)
{
	static const struct {
		uint64_t up_to;
		unsigned cluster;
	} table[] = { { 260ULL << 20, 512 }, { 8ULL << 30, 4096 }, { 16ULL << 30, 8192 },
		{ 32ULL << 30, 16384 }, { UINT64_MAX, 32768 } };
	size_t i = 0;

	while (size > table[i].up_to)
		i++;
	return table[i].cluster > sector_size ? table[i].cluster : sector_size;
}

uint64_t mtools_min_size(unsigned sector_size)
{
	/* mformat may give the FATs one sector more than they need. */
	uint64_t fat = ((FAT32_CLUSTERS_MIN + 2) * 4ULL + sector_size - 1) / sector_size + 1;

	return (RESERVED_SECTORS + 2 * fat + FAT32_CLUSTERS_MIN) * sector_size;
}

static bool label_ok(const char *label)
{
	size_t n = strlen(label);

	return n >= 1 && n <= 11 && strspn(label, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -_") == n &&
	       label[0] != ' ' && label[0] != '-';
}

static int check_format(const struct mtools_format *f, struct err *err)
{
	if (f->sector_size != 512 && f->sector_size != 4096)
		return err_set(err, EINVAL, "FAT: sectors of %u bytes", f->sector_size);
	if (!label_ok(f->label))
		return err_set(err, EINVAL, "\"%s\" cannot be a FAT volume label", f->label);
	if (f->size < mtools_min_size(f->sector_size)) {
		err_set(err, ENOSPC, "%llu bytes are too small for FAT32",
			(unsigned long long)f->size);
		err_hint(err, "with sectors of %u bytes it needs at least %llu MiB", f->sector_size,
			(unsigned long long)((mtools_min_size(f->sector_size) + 0xfffff) >> 20));
		return -ENOSPC;
	}
	if (f->size / f->sector_size > UINT32_MAX || f->hidden_sectors > UINT32_MAX)
		return err_set(err, EINVAL, "FAT: too large or too far into the disk");
	return 0;
}

/*
 * Versions of mformat differ in the name that they sign with, the drive number, and the unused
 * bits of a FAT's first two entries: these are set to what the FAT specification has, so that
 * an image does not show on which host it was made. The partition that mformat writes into the
 * boot sector is none: who reads the volume as a disk, as grub-install does, is led astray by it.
 */
static int normalize(const struct mtools *m, const struct mtools_format *f, const struct session *s,
	struct err *err)
{
	uint8_t boot[BOOT_SIZE], entries[8];
	uint64_t fat, copy;
	int r;

	if (pread(s->fd, boot, sizeof(boot), (off_t)m->offset) != (ssize_t)sizeof(boot))
		return err_sys(err, "%s: reading what mformat wrote", m->image);
	memcpy(boot + BOOT_OEM_NAME, "MSWIN4.1", 8);
	boot[BOOT_DRIVE] = FIRST_HARD_DISK;
	memset(boot + BOOT_TABLE, 0, BOOT_TABLE_SIZE);
	put_le32(entries, ENTRY_OF_MEDIUM);
	put_le32(entries + 4, ENTRY_CLEAN_SHUT);
	copy = m->offset + (uint64_t)le16(boot + BOOT_COPY) * f->sector_size;
	fat = m->offset + (uint64_t)le16(boot + BOOT_RESERVED) * f->sector_size;
	r = write_at(s->fd, m->offset, boot, sizeof(boot), m->image, err);
	if (r == 0 && copy > m->offset)
		r = write_at(s->fd, copy, boot, sizeof(boot), m->image, err);
	for (unsigned i = 0; i < FATS && r == 0; i++) {
		r = write_at(s->fd, fat, entries, sizeof(entries), m->image, err);
		fat += (uint64_t)le32(boot + BOOT_FAT_SECTORS) * f->sector_size;
	}
	return r;
}

int mtools_format(const struct mtools *m, const struct mtools_format *format, struct err *err)
{
	CLEANUP(session_release) struct session s = { 0 };
	char sectors[24], hidden[24], serial[12], cluster[12];
	unsigned per_cluster;
	struct stat st;
	uint64_t end;
	int r;

	r = check_format(format, err);
	if (r == 0)
		r = session_open(m, &s, err);
	if (r < 0)
		return r;
	if (fstat(s.fd, &st) < 0)
		return err_sys(err, "%s", m->image);
	if (!checked_add(m->offset, format->size, &end) || end > INT64_MAX)
		return err_set(err, EFBIG, "%s: too large", m->image);
	if ((uint64_t)st.st_size < end && ftruncate(s.fd, (off_t)end) < 0)
		return err_sys(
			err, "%s: growing it to %llu bytes", m->image, (unsigned long long)end);
	per_cluster = cluster_size(format->size, format->sector_size) / format->sector_size;
	snprintf(sectors, sizeof(sectors), "%llu",
		(unsigned long long)(format->size / format->sector_size));
	snprintf(hidden, sizeof(hidden), "%llu", (unsigned long long)format->hidden_sectors);
	snprintf(serial, sizeof(serial), "%08x", format->serial);
	snprintf(cluster, sizeof(cluster), "%u", per_cluster);

	const char *const argv[] = { "mformat", "-i", s.drive, "-F", "-S",
		format->sector_size == 512 ? "2" : "5", "-T", sectors, "-c", cluster, "-d", "2",
		"-H", hidden, "-N", serial, "-v", format->label, "::", NULL };

	r = run(argv, &s, err);
	return r < 0 ? r : normalize(m, format, &s, err);
}

/* ---- files ---- */

/* Components between '/', none empty, and nothing that mtools takes for a pattern. */
static int check_path(const char *path, struct err *err)
{
	size_t n = strlen(path);

	if (path[0] != '/' || n < 2 || path[n - 1] == '/' || strstr(path, "//"))
		return err_set(err, EINVAL, "\"%s\" is not a path to a file on the ESP", path);
	for (const char *p = path; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f || strchr("\"*:<>?\\|[]", *p))
			return err_set(err, EINVAL, "%s: a name on the ESP cannot have '%c'", path,
				(unsigned char)*p < 0x20 ? '?' : *p);
	return 0;
}

static bool listed(const struct strlist *l, const char *path)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcasecmp(l->v[i] + 2, path) == 0)
			return true;
	return false;
}

/* Adds "::/EFI", "::/EFI/BOOT" ... as far as the volume has them not. */
static int add_missing(struct fat *fat, const char *path, struct strlist *missing, struct err *err)
{
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		CLEANUP(xfree) char *folder = xstrndup(path, (size_t)(slash - path));
		struct fat_entry entry;
		int r = fat_lookup(fat, folder, &entry, err);

		if (r == 0 && !entry.is_dir)
			return err_set(err, ENOTDIR, "%s: %s is a file", path, folder);
		if (r < 0 && r != -ENOENT)
			return r;
		if (r == -ENOENT && !listed(missing, folder))
			strlist_take(missing, xasprintf("::%s", folder));
	}
	err_clear(err);
	return 0;
}

/* mmd has no way to distinguish "exists" from "failed", so it is asked for the missing ones only. */
static int find_missing(const struct mtools *m, const struct session *s,
	const struct mtools_file *files, size_t n, struct strlist *missing, struct err *err)
{
	CLEANUP(xfree) char *path = fd_path(s->fd);
	CLEANUP(disk_close) struct disk *whole = NULL;
	CLEANUP(disk_close) struct disk *volume = NULL;
	CLEANUP(fat_close) struct fat *fat = NULL;
	int r;

	r = disk_open_raw(path, &whole, err);
	if (r == 0 && m->offset > disk_size(whole))
		r = err_set(err, ERANGE, "%s ends before its ESP", m->image);
	if (r == 0)
		r = disk_window(whole, m->offset, disk_size(whole) - m->offset, &volume, err);
	if (r == 0)
		r = fat_open(volume, &fat, err);
	for (size_t i = 0; i < n && r == 0; i++)
		r = add_missing(fat, files[i].path, missing, err);
	return r;
}

/* What mtools says when there is no room: the caller knows what can be done about it. */
static int no_room(const struct err *said, const char *path, struct err *err)
{
	if (!strstr(said->text, "Disk full"))
		return 0;
	return err_set(err, ENOSPC, "%s does not fit", path);
}

static int make_folders(const struct session *s, const struct strlist *folders, struct err *err)
{
	CLEANUP(xfree) const char **argv = xcalloc(folders->n + 4, sizeof(*argv));
	struct err said = { 0 };
	int r;

	if (folders->n == 0)
		return 0;
	argv[0] = "mmd";
	argv[1] = "-i";
	argv[2] = s->drive;
	memcpy(argv + 3, folders->v, folders->n * sizeof(*argv));
	r = run(argv, s, &said);
	if (r == 0)
		return 0;
	if (err)
		*err = said;
	return no_room(&said, folders->v[0] + 2, err) < 0 ? -ENOSPC : r;
}

static int memory_file(const void *data, size_t len, struct err *err)
{
	int fd = memfd_create("armvm-image", MFD_CLOEXEC), r;

	if (fd < 0)
		return err_sys(err, "memfd_create");
	r = write_all(fd, data, len, "writing to memory", err);
	if (r < 0)
		close(fd);
	return r < 0 ? r : fd;
}

static int copy_file(const struct session *s, const struct mtools_file *file, struct err *err)
{
	CLEANUP(xfree) char *target = xasprintf("::%s", file->path);
	CLEANUP(xfree) char *source = NULL;
	struct err said = { 0 };
	int fd = file->fd, r;

	if (fd < 0)
		fd = memory_file(file->data, file->len, err);
	if (fd < 0)
		return fd;
	source = fd_path(fd);

	const char *const argv[] = { "mcopy", "-i", s->drive, "-o", source, target, NULL };

	r = run(argv, s, &said);
	if (fd != file->fd)
		close(fd);
	if (r == 0)
		return 0;
	if (err)
		*err = said;
	return no_room(&said, file->path, err) < 0 ? -ENOSPC : err_push(err, "%s", file->path);
}

int mtools_write(const struct mtools *m, const struct mtools_file *files, size_t n, struct err *err)
{
	CLEANUP(session_release) struct session s = { 0 };
	CLEANUP(strlist_release) struct strlist missing = { 0 };
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = check_path(files[i].path, err);
	if (r == 0)
		r = session_open(m, &s, err);
	if (r == 0)
		r = find_missing(m, &s, files, n, &missing, err);
	if (r == 0)
		r = make_folders(&s, &missing, err);
	for (size_t i = 0; i < n && r == 0; i++)
		r = copy_file(&s, &files[i], err);
	if (r < 0)
		err_push(err, "writing to the ESP");
	return r;
}

int mtools_remove(const struct mtools *m, const char *path, struct err *err)
{
	CLEANUP(session_release) struct session s = { 0 };
	CLEANUP(xfree) char *target = xasprintf("::%s", path);
	struct err said = { 0 };
	int r;

	r = check_path(path, err);
	if (r == 0)
		r = session_open(m, &s, err);
	if (r < 0)
		return r;

	const char *const argv[] = { "mdel", "-i", s.drive, target, NULL };

	r = run(argv, &s, &said);
	if (r < 0 && strstr(said.text, "not found"))
		r = err_set(&said, ENOENT, "%s: no such file on the ESP", path);
	if (r < 0 && err)
		*err = said;
	return r;
}
