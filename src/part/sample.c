/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sparse file in memory that stands in for a disk. See sample.h.
 *
 * What is shown lies in mappings of the file: writing to a mapping is no write to
 * a file, which a worker's limits forbid. Holes take no memory.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "part/opinion.h"
#include "part/sample.h"

#define CHUNK     (64u << 10)
#define PAGE      (64u << 10) /* of any machine */
#define PIECE     4096u
#define FILE_SIZE ((off_t)(INT64_MAX - INT64_MAX % PAGE))

struct shown {
	uint8_t *bytes; /* NULL: nothing */
	size_t len;
	bool used[2 * PART_SAMPLE / PIECE + PAGE / PIECE]; /* pieces that are not all zeroes */
};

static struct {
	int fd; /* -1: not there yet */
	struct shown head, tail;
} sample = { .fd = -1 };

int part_sample_file(void)
{
	int fd;

	if (sample.fd >= 0)
		return sample.fd;
	fd = memfd_create("disk", MFD_CLOEXEC);
	if (fd >= 0 && ftruncate(fd, FILE_SIZE) < 0) {
		close(fd);
		return -1;
	}
	if (fd >= 0)
		sample.fd = fd;
	return fd;
}

void part_sample_forget(void)
{
	sample.fd = -1;
	/* What is shown there stays mapped: it is the other process's to drop. */
	sample.head = sample.tail = (struct shown){ .bytes = NULL };
}

/* Zeroes are there already, and pages that only have them would have to be made. */
static void put(struct shown *s, size_t at, const uint8_t *bytes, size_t len)
{
	static const uint8_t zeroes[PIECE];

	for (size_t n; len; at += n, bytes += n, len -= n) {
		n = PIECE - at % PIECE < len ? PIECE - at % PIECE : len;
		if (memcmp(bytes, zeroes, n) == 0)
			continue;
		memcpy(s->bytes + at, bytes, n);
		s->used[at / PIECE] = true;
	}
}

/* Shows the disk's bytes [off, end) at their place. */
static int show(struct disk *disk, struct shown *s, uint64_t off, uint64_t end, struct err *err)
{
	static uint8_t chunk[CHUNK];
	uint64_t start = off - off % PAGE;
	void *p = mmap(NULL, (size_t)(end - start), PROT_READ | PROT_WRITE, MAP_SHARED, sample.fd,
		(off_t)start);

	if (p == MAP_FAILED)
		return err_sys(err, "copying to memory");
	*s = (struct shown){ .bytes = p, .len = (size_t)(end - start) };
	while (off < end) {
		uint64_t len;
		bool is_data;
		int rc = disk_extent(disk, off, &len, &is_data, err);

		if (rc)
			return rc;
		if (len > end - off)
			len = end - off;
		if (is_data && len > CHUNK)
			len = CHUNK;
		if (is_data)
			rc = disk_read(disk, off, chunk, (size_t)len, err);
		if (rc)
			return rc;
		if (is_data)
			put(s, (size_t)(off - start), chunk, (size_t)len);
		off += len;
	}
	return 0;
}

/* Advice may be ignored, as qemu-user does: what the next disk has zeroes for must not show this one's bytes. */
static void drop(struct shown *s)
{
	if (!s->bytes)
		return;
	for (size_t at = 0; at < s->len; at += PIECE)
		if (s->used[at / PIECE])
			memset(s->bytes + at, 0, s->len - at < PIECE ? s->len - at : PIECE);
	madvise(s->bytes, s->len, MADV_REMOVE);
	munmap(s->bytes, s->len);
	*s = (struct shown){ .bytes = NULL };
}

static bool shown_has(const struct shown *s, bool (*is_so)(const uint8_t *sector))
{
	for (size_t at = 0; at + 512 <= s->len; at += 512)
		if (s->used[at / PIECE] && is_so(s->bytes + at))
			return true;
	return false;
}

bool part_sample_has(bool (*is_so)(const uint8_t *sector))
{
	return shown_has(&sample.head, is_so) || shown_has(&sample.tail, is_so);
}

void part_sample_drop(void)
{
	drop(&sample.head);
	drop(&sample.tail);
}

int part_sample(struct disk *disk, int *fd, struct err *err)
{
	uint64_t size = disk_size(disk);
	bool whole = size <= 2 * PART_SAMPLE;
	int rc;

	if (size == 0 || size > (uint64_t)FILE_SIZE)
		return err_set(err, EINVAL, "a disk of %" PRIu64 " bytes cannot be probed", size);
	*fd = part_sample_file();
	if (*fd < 0)
		return err_sys(err, "making a sparse file in memory");
	rc = show(disk, &sample.head, 0, whole ? size : PART_SAMPLE, err);
	if (!rc && !whole)
		rc = show(disk, &sample.tail, size - PART_SAMPLE, size, err);
	if (rc)
		part_sample_drop();
	return rc;
}
