/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changing files on a FAT volume by mtools, and looking whether it did: its
 * programs say nothing of a write that fails as they end.
 */
#include <errno.h>
#include <string.h>

#include "base/xalloc.h"
#include "disk/disk.h"
#include "fat/fat.h"
#include "fat/mtools.h"
#include "fix/internal.h"
#include "rootfs/staged.h"

/* The volume as it is now, to be read. */
struct volume_now {
	struct disk *whole, *window;
	struct fat *fat;
	struct fat_report report;
};

static void volume_now_release(struct volume_now *v)
{
	fat_report_release(&v->report);
	if (v->fat)
		fat_close(v->fat);
	if (v->window)
		disk_close(v->window);
	if (v->whole)
		disk_close(v->whole);
}
DEFINE_RELEASE(struct volume_now, volume_now_release)

static int look(
	const struct work *w, uint64_t start, uint64_t size, struct volume_now *v, struct err *err)
{
	int ret = disk_open_raw(w->path, &v->whole, err);

	if (ret == 0)
		ret = disk_window(v->whole, start, size, &v->window, err);
	if (ret == 0)
		ret = fat_open(v->window, &v->fat, err);
	return ret < 0 ? ret : fat_verify(v->fat, &v->report, err);
}

static uint64_t problems(const struct volume_now *v, enum fat_problem_code code)
{
	return fat_problems(v->fat)->count[code] + v->report.problems.count[code];
}

/* Whether a file has, or lacks, what it should. */
static int verify_change(struct fat *fat, const struct staged_change *c, struct err *err)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;
	int ret = fat_read_path(fat, c->path, c->bytes.len, &bytes, NULL);

	if (c->kind == STAGED_REMOVED && ret != -ENOENT && ret != -ENOTDIR)
		return err_set(err, EIO, "%s: mtools did not delete it", c->path);
	if (c->kind == STAGED_FILE &&
		(ret < 0 || bytes.len != c->bytes.len ||
			memcmp(buf_text(&bytes), buf_text(&c->bytes), bytes.len)))
		return err_set(err, EIO, "%s: mtools did not write all of it", c->path);
	return 0;
}

static int verify(const struct volume_now *before, const struct rootfs *staged,
	const struct work *w, uint64_t start, uint64_t size, struct err *err)
{
	struct volume_now after CLEANUP(volume_now_release) = { 0 };
	int ret = look(w, start, size, &after, err);

	for (unsigned code = 0; ret == 0 && code < FAT_PROBLEM_COUNT; code++)
		if (problems(&after, code) > problems(before, code))
			ret = err_set(err, EIO, "mtools left the volume damaged (%s)",
				fat_problem_name(code));
	for (size_t i = 0; ret == 0 && i < rootfs_staged_count(staged); i++)
		ret = verify_change(after.fat, rootfs_staged_at(staged, i), err);
	return ret;
}

int apply_fat(const struct rootfs *staged, const struct work *w, uint64_t start, uint64_t size,
	int64_t now, struct err *err)
{
	const struct mtools m = { .image = w->path, .offset = start, .time = now };
	struct volume_now before CLEANUP(volume_now_release) = { 0 };
	size_t n = rootfs_staged_count(staged), written = 0;
	CLEANUP(xfree) struct mtools_file *files = xcalloc(n + 1, sizeof(*files));
	int ret = look(w, start, size, &before, err);

	/* What goes makes room for what comes. */
	for (size_t i = 0; ret == 0 && i < n; i++) {
		const struct staged_change *c = rootfs_staged_at(staged, i);

		if (c->kind == STAGED_REMOVED && c->existed)
			ret = mtools_remove(&m, c->path, err);
		else if (c->kind == STAGED_FILE)
			files[written++] = (struct mtools_file){ .path = c->path,
				.fd = -1,
				.data = buf_text(&c->bytes),
				.len = c->bytes.len };
	}
	if (ret == 0 && written)
		ret = mtools_write(&m, files, written, err);
	return ret < 0 ? ret : verify(&before, staged, w, start, size, err);
}
