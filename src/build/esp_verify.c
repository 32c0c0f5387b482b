/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether mtools has written all that it should have: it does not notice every write
 * that fails. The volume is read by fat/, which shares nothing with it.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "build/esp_make.h"
#include "disk/disk.h"
#include "fat/fat.h"
#include "fat/mtools.h"

#define PIECE ((size_t)1 << 20)

/* At most PIECE bytes of what was given from off on. */
static int given(
	const struct mtools_file *f, uint64_t off, void *bytes, size_t *len, struct err *err)
{
	ssize_t n;

	if (f->fd < 0) {
		*len = f->len - off < PIECE ? (size_t)(f->len - off) : PIECE;
		memcpy(bytes, (const char *)f->data + off, *len);
		return 0;
	}
	for (*len = 0; *len < PIECE; *len += (size_t)n) {
		n = pread(f->fd, (char *)bytes + *len, PIECE - *len, (off_t)(off + *len));
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return err_sys(err, "%s", f->path);
		else if (n == 0)
			break;
	}
	return 0;
}

static int verify_file(struct fat *fat, const struct mtools_file *f, struct err *err)
{
	CLEANUP(xfree) char *a = xmalloc(PIECE), *b = xmalloc(PIECE);
	size_t want = 0, got = 0;
	struct fat_entry entry;
	uint64_t off = 0;
	int ret = fat_lookup(fat, f->path, &entry, err);

	if (ret < 0)
		return err_push(err, "mtools did not write it");
	do {
		ret = given(f, off, a, &want, err);
		if (ret == 0)
			ret = fat_read(fat, &entry, off, b, PIECE, &got, err);
		if (ret < 0)
			return ret;
		if (want != got || memcmp(a, b, want) != 0)
			return err_set(err, EIO, "%s: mtools did not write all of it", f->path);
		off += want;
	} while (want == PIECE);
	return 0;
}

static int verify_volume(struct fat *fat, struct err *err)
{
	CLEANUP(fat_report_release) struct fat_report report = { 0 };
	const struct fat_facts *facts = fat_facts(fat);
	int ret = fat_verify(fat, &report, err);

	for (unsigned code = 0; ret == 0 && code < FAT_PROBLEM_COUNT; code++)
		if (fat_problems(fat)->count[code] || report.problems.count[code])
			ret = err_set(err, EIO, "mtools left the volume damaged (%s)",
				fat_problem_name(code));
	if (ret == 0 && (!facts->fsinfo_valid || facts->fsinfo_free != report.free_clusters))
		ret = err_set(err, EIO, "mtools left the volume without a count of what is free");
	return ret;
}

int esp_verify(const struct scratch *s, const struct mtools_file *files, size_t n, struct err *err)
{
	CLEANUP(disk_close) struct disk *disk = NULL;
	CLEANUP(fat_close) struct fat *fat = NULL;
	int ret = disk_open_raw(s->path, &disk, err);

	if (ret == 0)
		ret = fat_open(disk, &fat, err);
	if (ret == 0)
		ret = verify_volume(fat, err);
	for (size_t i = 0; ret == 0 && i < n; i++)
		ret = verify_file(fat, &files[i], err);
	return ret;
}
