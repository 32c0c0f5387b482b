/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether an xfs log is empty. Each sector of the log says in which round
 * ("cycle") over it it was written, so the newest one is where the cycle
 * falls. A file system that was unmounted ends its log with a record that
 * says so; whatever else stands there, a mount would replay it. Field offsets are those of
 * the kernel's xfs_log_format.h.
 */
#include <errno.h>

#include "base/bytes.h"
#include "disk/disk.h"
#include "rootfs/xfs.h"

#define SECTOR      512
#define SECTOR_LOG  9
#define REC_MAGIC   0xfeedbabe
#define REC_CYCLE   4
#define REC_VERSION 8
#define REC_LEN     12
#define REC_LOGOPS  40
#define REC_SIZE    320
#define VERSION_2   2
#define HEADER_DATA 32768 /* bytes of a record for each sector of its header */
#define OP_FLAGS    9
#define OP_UNMOUNT  0x20
/* A record that says "unmounted" fills at most one stripe of the log, 256 KiB. */
#define BACK_MAX    1040

struct log {
	struct xfs *x;
	uint64_t start; /* byte in the disk */
	uint64_t n;     /* sectors */
};

static int read_sector(struct log *l, uint64_t number, uint8_t *sector, struct err *err)
{
	return disk_read(l->x->fs.disk, l->start + number * SECTOR, sector, SECTOR, err);
}

/* A record's header begins with a magic number, every other sector with its cycle. */
static int cycle_of(struct log *l, uint64_t number, uint32_t *cycle, struct err *err)
{
	uint8_t sector[SECTOR];
	int r = read_sector(l, number, sector, err);

	*cycle = be32(sector) == REC_MAGIC ? be32(sector + REC_CYCLE) : be32(sector);
	return r;
}

/* The first sector that is older than the first one; n when there is none. */
static int find_head(struct log *l, uint32_t first, uint64_t *head, struct err *err)
{
	uint64_t low = 1, high = l->n;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		uint32_t cycle;
		int r = cycle_of(l, middle, &cycle, err);

		if (r < 0)
			return r;
		if (cycle == first)
			low = middle + 1;
		else
			high = middle;
	}
	*head = low;
	return 0;
}

static int says_unmounted(struct log *l, uint64_t at, const uint8_t *record, uint64_t head,
	bool *yes, struct err *err)
{
	uint32_t len = be32(record + REC_LEN), size = be32(record + REC_SIZE);
	uint64_t headers = 1, end;
	uint8_t sector[SECTOR];
	int r;

	*yes = false;
	if (be32(record + REC_VERSION) & VERSION_2 && size > HEADER_DATA)
		headers = size / HEADER_DATA + (size % HEADER_DATA != 0);
	end = at + headers + len / SECTOR + (len % SECTOR != 0);
	if (end % l->n != head % l->n || be32(record + REC_LOGOPS) != 1)
		return 0;
	r = read_sector(l, (at + headers) % l->n, sector, err);
	if (r == 0)
		*yes = sector[OP_FLAGS] & OP_UNMOUNT;
	return r;
}

static int last_record(struct log *l, uint64_t head, bool *dirty, struct err *err)
{
	for (uint64_t back = 1; back <= BACK_MAX && back <= l->n; back++) {
		uint64_t at = (head + l->n - back) % l->n;
		uint8_t sector[SECTOR];
		bool unmounted;
		int r = read_sector(l, at, sector, err);

		if (r < 0)
			return r;
		if (be32(sector) != REC_MAGIC)
			continue;
		r = says_unmounted(l, at, sector, head, &unmounted, err);
		*dirty = !unmounted;
		return r;
	}
	*dirty = true;
	return 0;
}

int xfs_log_dirty(struct xfs *x, bool *dirty, struct err *err)
{
	struct log l = { .x = x, .n = (uint64_t)x->log_blocks << (x->block_log - SECTOR_LOG) };
	uint64_t head;
	uint32_t first;
	int r;

	*dirty = false;
	if (l.n == 0)
		return err_set(err, EUCLEAN, "a log of no blocks");
	r = xfs_block_at(x, x->log_block, x->log_blocks, &l.start, err);
	if (r == 0)
		r = cycle_of(&l, 0, &first, err);
	/* A log of zeroes was never written to. */
	if (r < 0 || first == 0)
		return r < 0 ? err_push(err, "the log") : 0;
	r = find_head(&l, first, &head, err);
	if (r == 0)
		r = last_record(&l, head, dirty, err);
	return r < 0 ? err_push(err, "the log") : 0;
}
