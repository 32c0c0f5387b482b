/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing qcow2 version 3 (QEMU's docs/interop/qcow2.txt) in one pass. The file
 * is: header, L1 table, then data clusters in the order given with each L2
 * table after the 512 MiB that it maps, at the end the reference counts.
 *
 * A run that begins or ends within a cluster needs no buffer: what is not
 * written of a new cluster is a hole in the file and reads as zeroes, and a
 * later run into the same cluster goes to the same place. Only compression,
 * which wants whole clusters, collects them in memory; see qcow2_deflate.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"
#include "disk/qcow2_writer.h"

#define MAX_VIRTUAL_SIZE (64ull << 40)
#define L2_ENTRIES       (QCLUSTER / 8)
#define COPIED           (1ull << 63)
#define REFS_PER_BLOCK   (QCLUSTER / 2)
#define COPY_BUFFER      (4 * QCLUSTER)

enum {
	HDR_CLUSTER_BITS = 20,
	HDR_SIZE = 24,
	HDR_L1_SIZE = 36,
	HDR_L1_OFFSET = 40,
	HDR_REFCOUNT_OFFSET = 48,
	HDR_REFCOUNT_CLUSTERS = 56,
	HDR_REFCOUNT_ORDER = 96,
	HDR_LENGTH = 100,
	HDR_END = 104,
};

int qwriter_pwrite(
	struct qcow2_writer *w, const void *bytes, size_t len, uint64_t at, struct err *err)
{
	const uint8_t *from = bytes;
	ssize_t n;

	for (; len; len -= (size_t)n, from += n, at += (uint64_t)n) {
		n = pwrite(w->fd, from, len, (off_t)at);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return err_sys(err, "writing qcow2 at offset %" PRIu64, at);
	}
	return 0;
}

uint64_t qwriter_allocate(struct qcow2_writer *w, uint64_t clusters)
{
	uint64_t at = w->end;
	size_t first = (size_t)(at >> QCLUSTER_BITS), need = first + (size_t)clusters;

	if (need > w->refs_room) {
		w->refs_room = need * 2;
		w->refs = xreallocarray(w->refs, w->refs_room, sizeof(*w->refs));
	}
	for (size_t i = first; i < need; i++)
		w->refs[i] = 1;
	w->end += clusters << QCLUSTER_BITS;
	return at;
}

static int flush_l2(struct qcow2_writer *w, struct err *err)
{
	uint64_t at;

	if (!w->l2_used)
		return 0;
	at = qwriter_allocate(w, 1);
	put_be64(w->l1 + w->l2_region * 8, at | COPIED);
	w->l2_used = false;
	return qwriter_pwrite(w, w->l2, QCLUSTER, at, err);
}

int qwriter_map(struct qcow2_writer *w, uint64_t cluster, uint64_t entry, struct err *err)
{
	uint64_t region = cluster / L2_ENTRIES;
	int ret = 0;

	if (!w->l2_used || region != w->l2_region) {
		ret = flush_l2(w, err);
		memset(w->l2, 0, QCLUSTER);
		w->l2_region = region;
		w->l2_used = true;
	}
	put_be64(w->l2 + cluster % L2_ENTRIES * 8, entry);
	return ret;
}

int qwriter_map_data(struct qcow2_writer *w, uint64_t cluster, uint64_t at, struct err *err)
{
	return qwriter_map(w, cluster, at | COPIED, err);
}

/*
 * The place in the file of guest offset off, and how many of len bytes from
 * there on are adjacent. Allocates what is new.
 */
static int place(struct qcow2_writer *w, uint64_t off, uint64_t len, uint64_t *at, uint64_t *part,
	struct err *err)
{
	uint64_t first = off >> QCLUSTER_BITS, inside = off & (QCLUSTER - 1), last;
	int ret = 0;

	if (first == w->cluster) {
		*at = w->cluster_at + inside;
		*part = len < QCLUSTER - inside ? len : QCLUSTER - inside;
		return 0;
	}
	/* Up to where the next L2 table begins: the one in use goes there first. */
	last = (off + len - 1) >> QCLUSTER_BITS;
	if (last / L2_ENTRIES != first / L2_ENTRIES)
		last = (first / L2_ENTRIES + 1) * L2_ENTRIES - 1;
	*part = ((last + 1) << QCLUSTER_BITS) - off;
	if (*part > len)
		*part = len;
	if (w->l2_used && first / L2_ENTRIES != w->l2_region)
		ret = flush_l2(w, err);
	w->cluster_at = qwriter_allocate(w, last - first + 1);
	*at = w->cluster_at + inside;
	for (w->cluster = first; ret == 0; w->cluster++, w->cluster_at += QCLUSTER) {
		ret = qwriter_map_data(w, w->cluster, w->cluster_at, err);
		if (w->cluster == last)
			break;
	}
	return ret;
}

static bool all_zero(const uint8_t *p, size_t len)
{
	return !len || (!p[0] && memcmp(p, p + 1, len - 1) == 0);
}

/* Bytes from memory, cluster by cluster, those that are zero left out. */
static int put_bytes(
	struct qcow2_writer *w, uint64_t off, const uint8_t *bytes, size_t len, struct err *err)
{
	uint64_t at, placed;
	size_t part;
	int ret = 0;

	if (w->deflate)
		return qwriter_collect(w, off, bytes, len, err);
	for (; len && ret == 0; len -= part, off += part, bytes += part) {
		part = QCLUSTER - (size_t)(off & (QCLUSTER - 1));
		part = part < len ? part : len;
		if (all_zero(bytes, part))
			continue;
		ret = place(w, off, part, &at, &placed, err);
		if (ret == 0)
			ret = qwriter_pwrite(w, bytes, part, at, err);
	}
	return ret;
}

/* All of len bytes, at most COPY_BUFFER, into w->copy. */
static int read_source(
	struct qcow2_writer *w, int src_fd, uint64_t src_off, size_t len, struct err *err)
{
	ssize_t n;

	if (!w->copy)
		w->copy = xmalloc(COPY_BUFFER);
	for (size_t done = 0; done < len; done += (size_t)n) {
		n = pread(src_fd, w->copy + done, len - done, (off_t)(src_off + done));
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return err_sys(err, "reading at offset %" PRIu64, src_off + done);
		else if (n == 0)
			return err_set(err, EIO, "reading at offset %" PRIu64 ": short read",
				src_off + done);
	}
	return 0;
}

/* By reading and writing, clusters of zeroes left out. */
static int copy_slowly(struct qcow2_writer *w, uint64_t off, int src_fd, uint64_t src_off,
	uint64_t len, struct err *err)
{
	size_t part;
	int ret = 0;

	for (; len && ret == 0; len -= part, off += part, src_off += part) {
		/* Ends with a cluster, so that a cluster of zeroes is seen whole. */
		part = COPY_BUFFER - (size_t)(off & (QCLUSTER - 1));
		part = len < part ? (size_t)len : part;
		ret = read_source(w, src_fd, src_off, part, err);
		if (ret == 0)
			ret = put_bytes(w, off, w->copy, part, err);
	}
	return ret;
}

static bool cannot_copy_range(int code)
{
	return code == EXDEV || code == EINVAL || code == ENOSYS || code == EOPNOTSUPP ||
	       code == EPERM || code == ETXTBSY;
}

/* Into a place that was allocated already: by reading and writing, zeroes left as they are. */
static int copy_part_slowly(struct qcow2_writer *w, uint64_t at, int src_fd, uint64_t src_off,
	uint64_t len, struct err *err)
{
	size_t part;
	int ret = 0;

	for (; len && ret == 0; len -= part, at += part, src_off += part) {
		part = len < QCLUSTER ? (size_t)len : QCLUSTER;
		ret = read_source(w, src_fd, src_off, part, err);
		if (ret == 0 && !all_zero(w->copy, part))
			ret = qwriter_pwrite(w, w->copy, part, at, err);
	}
	return ret;
}

/* The same by the kernel, which may share the blocks. */
static int copy_part(struct qcow2_writer *w, uint64_t at, int src_fd, uint64_t src_off,
	uint64_t len, struct err *err)
{
	off_t from = (off_t)src_off, to = (off_t)at;
	ssize_t n;

	for (; len; len -= (uint64_t)n) {
		n = copy_file_range(src_fd, &from, w->fd, &to, (size_t)len, 0);
		if (n < 0 && errno == EINTR) {
			n = 0;
		} else if (n < 0 && cannot_copy_range(errno)) {
			w->no_copy_range = true;
			return copy_part_slowly(w, (uint64_t)to, src_fd, (uint64_t)from, len, err);
		} else if (n < 0) {
			return err_sys(err, "copying at offset %" PRId64, (int64_t)from);
		} else if (n == 0) {
			return err_set(err, EIO, "copying at offset %" PRId64 ": short read",
				(int64_t)from);
		}
	}
	return 0;
}

/* len bytes of data, no holes. */
static int copy_data(struct qcow2_writer *w, uint64_t off, int src_fd, uint64_t src_off,
	uint64_t len, struct err *err)
{
	uint64_t at, part;
	int ret = 0;

	if (w->deflate || w->no_copy_range)
		return copy_slowly(w, off, src_fd, src_off, len, err);
	for (; len && ret == 0; len -= part, off += part, src_off += part) {
		ret = place(w, off, len, &at, &part, err);
		if (ret == 0)
			ret = copy_part(w, at, src_fd, src_off, part, err);
	}
	return ret;
}

static int check_run(struct qcow2_writer *w, uint64_t off, uint64_t len, struct err *err)
{
	if (off < w->next)
		return err_set(err, EINVAL,
			"qcow2: offset %" PRIu64 " comes after %" PRIu64 " was written", off,
			w->next);
	if (!range_within(off, len, w->size))
		return err_set(err, ERANGE,
			"qcow2: %" PRIu64 " bytes at offset %" PRIu64
			" reach beyond the end of the disk (%" PRIu64 ")",
			len, off, w->size);
	w->next = off + len;
	return 0;
}

int qcow2_writer_put(
	struct qcow2_writer *w, uint64_t off, const void *bytes, size_t len, struct err *err)
{
	int ret = check_run(w, off, len, err);

	return ret < 0 ? ret : put_bytes(w, off, bytes, len, err);
}

int qcow2_writer_put_fd(struct qcow2_writer *w, uint64_t off, int src_fd, uint64_t src_off,
	uint64_t len, struct err *err)
{
	uint64_t end;
	off_t data, hole;
	int ret = check_run(w, off, len, err);

	if (ret < 0)
		return ret;
	if (!checked_add(src_off, len, &end) || end > INT64_MAX)
		return err_set(err, ERANGE, "qcow2: source offset %" PRIu64, src_off);
	for (uint64_t pos = src_off; pos < end && ret == 0; pos = (uint64_t)hole) {
		data = lseek(src_fd, (off_t)pos, SEEK_DATA);
		if (data < 0 && errno == ENXIO)
			return ret;
		/* Where holes cannot be asked for, all is data. */
		hole = data < 0 ? -1 : lseek(src_fd, data, SEEK_HOLE);
		if (data < 0)
			data = (off_t)pos;
		if (hole < 0 || (uint64_t)hole > end)
			hole = (off_t)end;
		if ((uint64_t)data < end)
			ret = copy_data(w, off + ((uint64_t)data - src_off), src_fd, (uint64_t)data,
				(uint64_t)(hole - data), err);
	}
	return ret;
}

/* Clusters of reference count blocks, and of the table of these, for all clusters and themselves. */
static void size_refcounts(uint64_t clusters, uint64_t *blocks, uint64_t *table)
{
	uint64_t all;

	*blocks = *table = 1;
	for (;;) {
		all = clusters + *blocks + *table;
		if (*blocks * REFS_PER_BLOCK < all)
			*blocks = (all + REFS_PER_BLOCK - 1) / REFS_PER_BLOCK;
		else if (*table * (QCLUSTER / 8) < *blocks)
			(*table)++;
		else
			return;
	}
}

static int write_refcounts(
	struct qcow2_writer *w, uint64_t *table_at, uint32_t *table_clusters, struct err *err)
{
	uint64_t n_blocks, n_table, at, n_refs;
	uint8_t *table CLEANUP(xfree) = NULL;
	uint8_t *block CLEANUP(xfree) = xmalloc(QCLUSTER);
	int ret = 0;

	size_refcounts(w->end >> QCLUSTER_BITS, &n_blocks, &n_table);
	at = qwriter_allocate(w, n_blocks);
	*table_at = qwriter_allocate(w, n_table);
	*table_clusters = (uint32_t)n_table;
	table = xcalloc(n_table, QCLUSTER);
	n_refs = w->end >> QCLUSTER_BITS;
	for (uint64_t i = 0; i < n_blocks && ret == 0; i++) {
		memset(block, 0, QCLUSTER);
		for (uint64_t j = 0; j < REFS_PER_BLOCK && i * REFS_PER_BLOCK + j < n_refs; j++) {
			uint16_t refs = w->refs[i * REFS_PER_BLOCK + j];

			block[j * 2] = (uint8_t)(refs >> 8);
			block[j * 2 + 1] = (uint8_t)refs;
		}
		put_be64(table + i * 8, at + (i << QCLUSTER_BITS));
		ret = qwriter_pwrite(w, block, QCLUSTER, at + (i << QCLUSTER_BITS), err);
	}
	return ret < 0 ? ret : qwriter_pwrite(w, table, n_table * QCLUSTER, *table_at, err);
}

static int write_header(
	struct qcow2_writer *w, uint64_t refcount_at, uint32_t refcount_clusters, struct err *err)
{
	/* With it the end mark of the header extensions: eight bytes of zeroes. */
	uint8_t hdr[HDR_END + 8] = { 'Q', 'F', 'I', 0xfb, 0, 0, 0, 3 };

	put_be32(hdr + HDR_CLUSTER_BITS, QCLUSTER_BITS);
	put_be64(hdr + HDR_SIZE, w->size);
	put_be32(hdr + HDR_L1_SIZE, w->l1_entries);
	put_be64(hdr + HDR_L1_OFFSET, QCLUSTER);
	put_be64(hdr + HDR_REFCOUNT_OFFSET, refcount_at);
	put_be32(hdr + HDR_REFCOUNT_CLUSTERS, refcount_clusters);
	put_be32(hdr + HDR_REFCOUNT_ORDER, 4);
	put_be32(hdr + HDR_LENGTH, HDR_END);
	return qwriter_pwrite(w, hdr, sizeof(hdr), 0, err);
}

int qcow2_writer_finish(struct qcow2_writer *w, struct err *err)
{
	uint32_t refcount_clusters = 0;
	uint64_t refcount_at = 0;
	int ret = w->deflate ? qwriter_flush_collected(w, err) : 0;

	if (ret == 0)
		ret = flush_l2(w, err);
	if (ret == 0)
		ret = write_refcounts(w, &refcount_at, &refcount_clusters, err);
	if (ret == 0)
		ret = qwriter_pwrite(w, w->l1, (size_t)w->l1_entries * 8, QCLUSTER, err);
	/* The last cluster may end in a hole. */
	if (ret == 0 && ftruncate(w->fd, (off_t)w->end) < 0)
		ret = err_sys(err, "qcow2");
	return ret < 0 ? ret : write_header(w, refcount_at, refcount_clusters, err);
}

int qcow2_writer_open(
	int fd, uint64_t virtual_size, unsigned flags, struct qcow2_writer **out, struct err *err)
{
	struct qcow2_writer *w;
	uint64_t per_l2 = (uint64_t)L2_ENTRIES << QCLUSTER_BITS;

	if (!virtual_size || virtual_size % 512 || virtual_size > MAX_VIRTUAL_SIZE)
		return err_set(
			err, EINVAL, "qcow2: a virtual size of %" PRIu64 " bytes", virtual_size);
	w = xcalloc(1, sizeof(*w));
	w->fd = fd;
	w->size = virtual_size;
	w->cluster = UINT64_MAX;
	w->l1_entries = (uint32_t)((virtual_size + per_l2 - 1) / per_l2);
	w->l1 = xcalloc(w->l1_entries, 8);
	w->l2 = xcalloc(1, QCLUSTER);
	qwriter_allocate(w, 1 + ((uint64_t)w->l1_entries * 8 + QCLUSTER - 1) / QCLUSTER);
	w->no_copy_range = flags & QCOW2_WRITE_CANONICAL;
	if (flags & QCOW2_WRITE_COMPRESS)
		w->deflate = qwriter_deflate_new();
	*out = w;
	return 0;
}

void qcow2_writer_free(struct qcow2_writer *w)
{
	if (!w)
		return;
	qwriter_deflate_free(w->deflate);
	free(w->l1);
	free(w->l2);
	free(w->refs);
	free(w->copy);
	free(w);
}
