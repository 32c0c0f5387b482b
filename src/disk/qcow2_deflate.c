/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compressed clusters of the qcow2 writer: raw deflate with a window of 4 KiB,
 * which is what QEMU's reader is set up for. They lie one after the other at
 * any byte; one that does not shrink is stored plain.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/xalloc.h"
#include "disk/qcow2_writer.h"

#define WINDOW_BITS  (-12)
#define MEMORY_LEVEL 9
#define SECTOR       512u
#define COMPRESSED   (1ull << 62)
/* In the entry: the place in the low bits, above it the number of further sectors. */
#define PLACE_BITS   (62 - (QCLUSTER_BITS - 8))

struct qwriter_deflate {
	z_stream stream;
	uint64_t cluster; /* the one being collected; UINT64_MAX: none */
	uint64_t at;      /* where the next compressed cluster may go; 0: at the end */
	uint8_t bytes[QCLUSTER];
	uint8_t packed[QCLUSTER];
};

struct qwriter_deflate *qwriter_deflate_new(void)
{
	struct qwriter_deflate *z = xcalloc(1, sizeof(*z));

	z->cluster = UINT64_MAX;
	if (deflateInit2(&z->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL,
		    Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	return z;
}

void qwriter_deflate_free(struct qwriter_deflate *z)
{
	if (z)
		deflateEnd(&z->stream);
	free(z);
}

/* The compressed size, or 0 when it is not smaller. */
static size_t compress_cluster(struct qwriter_deflate *z)
{
	deflateReset(&z->stream);
	z->stream.next_in = z->bytes;
	z->stream.avail_in = QCLUSTER;
	z->stream.next_out = z->packed;
	z->stream.avail_out = QCLUSTER - 1;
	return deflate(&z->stream, Z_FINISH) == Z_STREAM_END ? QCLUSTER - 1 - z->stream.avail_out
							     : 0;
}

/*
 * Room for len bytes: after the compressed cluster before it, into new clusters
 * when those follow; else at the end. Counts a reference for each cluster touched.
 */
static uint64_t pack_place(struct qcow2_writer *w, size_t len)
{
	struct qwriter_deflate *z = w->deflate;
	uint64_t room = z->at ? QCLUSTER - (z->at & (QCLUSTER - 1)) : 0, at;
	bool shared = z->at & (QCLUSTER - 1);

	if (!shared || (len > room && z->at + room != w->end)) {
		at = qwriter_allocate(w, 1);
	} else {
		at = z->at;
		w->refs[at >> QCLUSTER_BITS]++;
		if (len > room)
			qwriter_allocate(w, 1);
	}
	z->at = at + len;
	return at;
}

int qwriter_flush_collected(struct qcow2_writer *w, struct err *err)
{
	struct qwriter_deflate *z = w->deflate;
	uint64_t at, sectors;
	size_t len;
	int ret;

	if (z->cluster == UINT64_MAX)
		return 0;
	if (!z->bytes[0] && memcmp(z->bytes, z->bytes + 1, QCLUSTER - 1) == 0)
		return 0;
	len = compress_cluster(z);
	if (!len) {
		at = qwriter_allocate(w, 1);
		ret = qwriter_map_data(w, z->cluster, at, err);
		return ret < 0 ? ret : qwriter_pwrite(w, z->bytes, QCLUSTER, at, err);
	}
	at = pack_place(w, len);
	sectors = (at + len - 1) / SECTOR - at / SECTOR;
	ret = qwriter_map(w, z->cluster, COMPRESSED | sectors << PLACE_BITS | at, err);
	return ret < 0 ? ret : qwriter_pwrite(w, z->packed, len, at, err);
}

int qwriter_collect(
	struct qcow2_writer *w, uint64_t off, const uint8_t *bytes, size_t len, struct err *err)
{
	struct qwriter_deflate *z = w->deflate;
	size_t inside, part;
	int ret = 0;

	for (; len && ret == 0; len -= part, off += part, bytes += part) {
		inside = (size_t)(off & (QCLUSTER - 1));
		part = len < QCLUSTER - inside ? len : QCLUSTER - inside;
		if (off >> QCLUSTER_BITS != z->cluster) {
			ret = qwriter_flush_collected(w, err);
			memset(z->bytes, 0, QCLUSTER);
			z->cluster = off >> QCLUSTER_BITS;
		}
		memcpy(z->bytes + inside, bytes, part);
	}
	return ret;
}
