/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading archives by libarchive. See unpack_archive.h. Names in an archive are only
 * compared: nothing is ever written by them.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/write.h"
#include "base/xalloc.h"
#include "glance/unpack_archive.h"

#define BLOCK_BYTES   ((size_t)256 * 1024)
#define TAR_MAGIC_OFF 257
#define ENTRIES_MAX   10000

static void archive_close_free(struct archive *a)
{
	archive_read_free(a);
}
DEFINE_CLEANUP(struct archive, archive_close_free)

static int failed(struct archive *a, struct err *err)
{
	const char *why = archive_error_string(a);

	return err_set(err, EUCLEAN, "unpacking: %s", why ? why : "the file is damaged");
}

/* Opens the file from its start, as a tar archive or as one stream of bytes. */
static int open_archive(int fd, bool tar, struct archive **out, struct err *err)
{
	struct archive *a = archive_read_new();

	if (!a)
		abort();
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	if (tar)
		archive_read_support_format_tar(a);
	else
		archive_read_support_format_raw(a);
	*out = a;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(err, "unpacking");
	return archive_read_open_fd(a, fd, BLOCK_BYTES) == ARCHIVE_OK ? 0 : failed(a, err);
}

/* Whether what is in the file, once it is decompressed, begins as a tar archive does. */
static int is_tar(int fd, bool *tar, struct err *err)
{
	struct archive *a CLEANUP(archive_close_free) = NULL;
	struct archive_entry *entry;
	char head[512];
	size_t have = 0;
	int ret = open_archive(fd, false, &a, err);

	if (ret == 0 && archive_read_next_header(a, &entry) != ARCHIVE_OK)
		ret = failed(a, err);
	while (ret == 0 && have < sizeof(head)) {
		la_ssize_t n = archive_read_data(a, head + have, sizeof(head) - have);

		if (n < 0)
			ret = failed(a, err);
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	*tar = have == sizeof(head) && memcmp(head + TAR_MAGIC_OFF, "ustar", 5) == 0;
	return ret;
}

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n > m && strcasecmp(name + n - m, end) == 0;
}

/* Whether an entry is a disk, by its name. */
static bool is_disk(struct archive_entry *entry)
{
	static const char *const ends[] = { ".vmdk", ".qcow2", ".img", ".raw", ".vhd", ".vhdx",
		".vdi", ".vmdk.gz", ".img.gz", ".raw.gz" };
	const char *name = archive_entry_pathname(entry);

	/* Names of other alphabets are no strings in the C locale. */
	if (!name)
		name = archive_entry_pathname_utf8(entry);
	if (!name || archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (ends_in(name, ends[i]))
			return true;
	return false;
}

/* Sends the entry whose header was read last. */
static int send_entry(struct archive *a, int out, struct err *err)
{
	CLEANUP(xfree) char *block = xmalloc(BLOCK_BYTES);
	int ret = 0;

	while (ret == 0) {
		la_ssize_t n = archive_read_data(a, block, BLOCK_BYTES);

		if (n < 0)
			return failed(a, err);
		if (n == 0)
			break;
		ret = write_all(out, block, (size_t)n, "unpacking", err);
	}
	return ret;
}

static int send_stream(int from, int out, struct err *err)
{
	struct archive *a CLEANUP(archive_close_free) = NULL;
	struct archive_entry *entry;
	int ret = open_archive(from, false, &a, err);

	if (ret == 0 && archive_read_next_header(a, &entry) != ARCHIVE_OK)
		ret = failed(a, err);
	return ret < 0 ? ret : send_entry(a, out, err);
}

static int send_tar(int from, int out, struct err *err)
{
	struct archive *a CLEANUP(archive_close_free) = NULL;
	struct archive_entry *entry;
	unsigned disks = 0, entries = 0;
	int ret = open_archive(from, true, &a, err), r = ARCHIVE_OK;

	/* A warning is about a name, or a time. */
	while (ret == 0 && (r = archive_read_next_header(a, &entry)) >= ARCHIVE_WARN &&
		r != ARCHIVE_EOF) {
		if (++entries > ENTRIES_MAX)
			return err_set(err, EFBIG, "unpacking: the archive has too many files");
		if (!is_disk(entry))
			continue;
		if (disks++)
			return err_set(err, EINVAL, "unpacking: the archive has several disks");
		ret = send_entry(a, out, err);
	}
	if (ret == 0 && r != ARCHIVE_EOF)
		ret = failed(a, err);
	if (ret == 0 && !disks)
		ret = err_set(err, EINVAL, "unpacking: the archive has no disk image in it");
	return ret;
}

int unpack_send_disk(int from, int out, struct err *err)
{
	bool tar;
	int ret = is_tar(from, &tar, err);

	if (ret < 0)
		return ret;
	return tar ? send_tar(from, out, err) : send_stream(from, out, err);
}
