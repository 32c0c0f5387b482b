/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Repairs of a whole file system, in a scratch copy of its partition: by
 * fsck.fat and e2fsck, and by making a FAT volume anew with the same files.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/spawn.h"
#include "base/xalloc.h"
#include "disk/disk.h"
#include "fat/fat.h"
#include "fat/mtools.h"
#include "fix/internal.h"

#define SECTOR 512

/* fsck's way: 1 says that something was repaired. */
static int run_fsck(const char *const argv[], struct err *err)
{
	struct text said CLEANUP(text_release) = TEXT_INIT;
	struct child child;
	char piece[4096];
	ssize_t n;
	int ret = spawn_start(argv, NULL, SPAWN_PIPE_OUT | SPAWN_BOUNDED, &child, err), status;

	if (ret < 0)
		return ret;
	while ((n = read(child.out, piece, sizeof(piece))) > 0)
		if (said.len < sizeof(piece))
			text_add(&said, piece, (size_t)n);
	status = child_wait(&child);
	if (status == 0 || status == 1)
		return 0;
	if (status == 128 + SIGXCPU)
		return err_set(err, EFBIG, "%s did not come to an end in %d s of CPU time", argv[0],
			SPAWN_SECONDS);
	for (size_t i = 0; i < said.len; i++)
		if ((unsigned char)text_str(&said)[i] < 0x20)
			text_edit(&said)[i] = ' ';
	return err_set(err, EIO, "%s: %.400s (exit status %d)", argv[0], text_str(&said), status);
}

static int run_fsck_fat(const char *path, struct err *err)
{
	const char *const argv[] = { "fsck.fat", "-a", "-w", path, NULL };

	return run_fsck(argv, err);
}

static int run_e2fsck(const char *path, struct err *err)
{
	const char *const argv[] = { "e2fsck", "-f", "-p", path, NULL };
	const char *const by_force[] = { "e2fsck", "-f", "-y", path, NULL };

	/* What -p does not dare: this is a copy, and what comes out is checked again. */
	return run_fsck(argv, err) == 0 ? 0 : run_fsck(by_force, err);
}

/* ---- FAT32 with the same files ---- */

struct rewriting {
	struct fat *fat;
	struct mtools to;
	struct err *err;
	int ret;
};

static int put_file(void *arg, const char *path, const struct fat_entry *entry)
{
	struct rewriting *r = arg;
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;
	CLEANUP(xfree) char *clean = xstrdup(path);
	struct mtools_file file = { .path = clean, .fd = -1 };

	if (entry->is_dir)
		return 0;
	for (char *p = clean; *p; p++)
		*p = *p == '\\' ? '/' : *p;
	r->ret = fat_read_all(r->fat, entry, UINT32_MAX, &bytes, r->err);
	if (r->ret < 0)
		return err_push(r->err, "%s", clean);
	file.data = buf_text(&bytes);
	file.len = bytes.len;
	if (entry->mtime >= 0)
		r->to.time = entry->mtime;
	r->ret = mtools_write(&r->to, &file, 1, r->err);
	if (r->ret == -ENOSPC)
		err_hint(r->err,
			"FAT32 takes more room for itself than what was there: delete what "
			"is not needed on the ESP, or build the image again with a larger one");
	return r->ret;
}

/* A label that mformat takes; the old one if it does. */
static void choose_label(const char *old, char label[12])
{
	size_t n = 0;

	for (; *old && n < 11; old++)
		if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", *old))
			label[n++] = *old;
	label[n] = '\0';
	if (!n || strcmp(label, "NONAME") == 0)
		strcpy(label, "ESP");
}

static int rewrite_fat(
	struct fat *fat, const struct scratch *to, uint64_t start, uint64_t size, struct err *err)
{
	struct rewriting r = { .fat = fat, .to = { .image = to->path }, .err = err };
	const struct fat_facts *facts = fat_facts(fat);
	char label[12];
	const struct mtools_format format = {
		.size = size,
		.sector_size = SECTOR,
		.hidden_sectors = start / SECTOR,
		.serial = facts->serial,
		.label = label,
	};
	int ret;

	choose_label(*facts->label ? facts->label : facts->label_bpb, label);
	ret = mtools_format(&r.to, &format, err);
	if (ret == 0)
		ret = fat_walk(fat, put_file, &r, err);
	return ret;
}

static int new_fat32(const struct work *w, uint64_t start, uint64_t size,
	const struct outfile *beside, struct err *err)
{
	struct scratch to CLEANUP(scratch_release) = SCRATCH_INIT;
	struct mtools m = { 0 };
	struct mtools_format format = {
		.size = size,
		.sector_size = SECTOR,
		.hidden_sectors = start / SECTOR,
		.label = "ESP",
	};
	int ret = scratch_open(&to, beside, err);

	if (ret < 0)
		return ret;
	if (getrandom(&format.serial, sizeof(format.serial), 0) != sizeof(format.serial))
		return err_sys(err, "getrandom");
	m.image = to.path;
	ret = mtools_format(&m, &format, err);
	return ret < 0 ? ret : copy_piece(to.fd, 0, w->fd, start, size, err);
}

static int make_fat32(const struct work *w, uint64_t start, uint64_t size,
	const struct outfile *beside, struct err *err)
{
	struct scratch to CLEANUP(scratch_release) = SCRATCH_INIT;
	CLEANUP(disk_close) struct disk *whole = NULL;
	CLEANUP(disk_close) struct disk *window = NULL;
	CLEANUP(fat_close) struct fat *fat = NULL;
	int ret = disk_open_raw(w->path, &whole, err);

	if (ret == 0)
		ret = disk_window(whole, start, size, &window, err);
	if (ret == 0)
		ret = fat_open(window, &fat, err);
	if (ret == 0)
		ret = scratch_open(&to, beside, err);
	if (ret == 0)
		ret = rewrite_fat(fat, &to, start, size, err);
	return ret < 0 ? ret : copy_piece(to.fd, 0, w->fd, start, size, err);
}

int apply_work(enum plan_whole what, const struct work *w, uint64_t start, uint64_t size,
	const struct outfile *beside, struct err *err)
{
	struct scratch s CLEANUP(scratch_release) = SCRATCH_INIT;
	int ret;

	if (what == PLAN_FAT32)
		return make_fat32(w, start, size, beside, err);
	if (what == PLAN_NEW_FAT32)
		return new_fat32(w, start, size, beside, err);
	ret = scratch_open(&s, beside, err);
	if (ret < 0)
		return ret;
	if (ftruncate(s.fd, (off_t)size) < 0)
		return err_sys(err, "a scratch file");
	ret = copy_piece(w->fd, start, s.fd, 0, size, err);
	if (ret == 0)
		ret = what == PLAN_FSCK_FAT ? run_fsck_fat(s.path, err) : run_e2fsck(s.path, err);
	return ret < 0 ? ret : copy_piece(s.fd, 0, w->fd, start, size, err);
}
