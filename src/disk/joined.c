/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A disk made of parts of others, one after the other: a logical volume, for example.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/xalloc.h"
#include "disk/ops.h"

struct joined {
	struct disk disk;
	struct disk_part *parts;
	uint64_t *starts; /* of each part in this disk */
	size_t n;
};

/* The part that holds off. */
static size_t part_at(const struct joined *j, uint64_t off)
{
	size_t low = 0, high = j->n;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (j->starts[middle] <= off)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static int joined_read(struct disk *d, uint64_t off, void *buf, size_t len, struct err *err)
{
	struct joined *j = (struct joined *)d;
	uint8_t *to = buf;

	for (size_t i = part_at(j, off); len > 0; i++) {
		uint64_t in = off - j->starts[i], left = j->parts[i].len - in;
		size_t piece = len < left ? len : (size_t)left;
		int ret = disk_read(j->parts[i].disk, j->parts[i].off + in, to, piece, err);

		if (ret < 0)
			return ret;
		to += piece;
		off += piece;
		len -= piece;
	}
	return 0;
}

static int joined_write(
	struct disk *d, uint64_t off, const void *bytes, size_t len, struct err *err)
{
	struct joined *j = (struct joined *)d;
	const uint8_t *from = bytes;

	for (size_t i = part_at(j, off); len > 0; i++) {
		uint64_t in = off - j->starts[i], left = j->parts[i].len - in;
		size_t piece = len < left ? len : (size_t)left;
		int ret = disk_write(j->parts[i].disk, j->parts[i].off + in, from, piece, err);

		if (ret < 0)
			return ret;
		from += piece;
		off += piece;
		len -= piece;
	}
	return 0;
}

static int joined_extent(
	struct disk *d, uint64_t off, uint64_t *len, bool *is_data, struct err *err)
{
	struct joined *j = (struct joined *)d;
	const struct disk_part *p = &j->parts[part_at(j, off)];
	uint64_t in = off - j->starts[p - j->parts];
	int ret = disk_extent(p->disk, p->off + in, len, is_data, err);

	if (ret == 0 && *len > p->len - in)
		*len = p->len - in;
	return ret;
}

static void joined_close(struct disk *d)
{
	struct joined *j = (struct joined *)d;

	free(j->parts);
	free(j->starts);
	free(j);
}

static const struct disk_ops joined_ops = {
	.read = joined_read,
	.write = joined_write,
	.extent = joined_extent,
	.close = joined_close,
};

int disk_join(const struct disk_part *parts, size_t n, const char *name, struct disk **out,
	struct err *err)
{
	struct joined *j;
	uint64_t size = 0;

	for (size_t i = 0; i < n; i++)
		if (parts[i].len == 0 ||
			!range_within(parts[i].off, parts[i].len, disk_size(parts[i].disk)) ||
			!checked_add(size, parts[i].len, &size))
			return err_set(err, ERANGE, "%s: a part lies beyond its disk", name);
	if (n == 0)
		return err_set(err, ERANGE, "%s: no parts", name);
	j = xcalloc(1, sizeof(*j));
	disk_init(&j->disk, &joined_ops, size, name);
	j->disk.sector_size = disk_sector_size(parts[0].disk);
	j->parts = xmemdup(parts, n * sizeof(*parts));
	j->starts = xcalloc(n, sizeof(*j->starts));
	j->n = n;
	for (size_t i = 1; i < n; i++)
		j->starts[i] = j->starts[i - 1] + parts[i - 1].len;
	*out = &j->disk;
	return 0;
}
