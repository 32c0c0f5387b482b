/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compressed files on volumes, as loaders see them that unpack what they open.
 * See volume.h.
 */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/sha256.h"
#include "base/xalloc.h"
#include "loader/grub_packed.h"
#include "loader/volume.h"

struct source {
	const struct volume *volume;
	const char *path;
	uint64_t at;
};

static int64_t read_source(void *ctx, void *bytes, size_t len, struct err *err)
{
	struct source *s = ctx;
	size_t got = 0;
	int rc = s->volume->ops->read(s->volume->ctx, s->path, s->at, bytes, len, &got, err);

	s->at += got;
	return rc < 0 ? rc : (int64_t)got;
}

#define PIECE ((size_t)256 * 1024)

static int walk(const struct volume *v, const char *path,
	int (*take)(void *ctx, const uint8_t *bytes, size_t len), void *ctx, struct err *err)
{
	CLEANUP(grub_packed_release) struct grub_packed packed = { 0 };
	CLEANUP(xfree) uint8_t *piece = xmalloc(PIECE);
	struct source s = { v, path, 0 };
	const struct cpio_source source = { read_source, &s };
	int64_t got = 1;
	int ret;

	if (!v->readable)
		return err_set(err, EOPNOTSUPP, "%s: this file system cannot be read here", path);
	ret = grub_packed_open(&packed, &source, err);
	if (ret == 0 && packed.refused)
		return err_set(err, EUCLEAN, "%s", packed.refused);
	while (ret == 0 && got > 0) {
		got = grub_packed_read(&packed, piece, PIECE, err);
		ret = got > 0 ? take(ctx, piece, (size_t)got) : (int)got;
	}
	return ret < 0 ? err_push(err, "%s", path) : 0;
}

const char *volume_packed(const struct volume *v, const char *path)
{
	CLEANUP(buf_release) struct buf head = BUF_INIT;

	if (volume_read_head(v, path, PACKED_HEAD, &head, NULL) < 0)
		return NULL;
	return packed_format(buf_bytes(&head), head.len);
}

size_t volume_packed_layers(const struct volume *v, const char *path, const char **formats)
{
	CLEANUP(grub_packed_release) struct grub_packed packed = { 0 };
	struct source s = { v, path, 0 };
	const struct cpio_source source = { read_source, &s };

	if (!v->readable || grub_packed_open(&packed, &source, NULL) < 0)
		return 0;
	memcpy(formats, packed.formats, sizeof(packed.formats));
	return packed.n;
}

struct head {
	struct buf *out;
	size_t left;
};

/* 1: that is enough. */
static int take_head(void *ctx, const uint8_t *bytes, size_t len)
{
	struct head *h = ctx;

	if (len > h->left)
		len = h->left;
	buf_add(h->out, bytes, len);
	h->left -= len;
	return h->left == 0;
}

int volume_unpack_head(
	const struct volume *v, const char *path, size_t max, struct buf *out, struct err *err)
{
	struct head h = { out, max };

	return walk(v, path, take_head, &h, err);
}

struct digest {
	struct sha256_ctx sum;
	uint64_t size;
};

static int take_digest(void *ctx, const uint8_t *bytes, size_t len)
{
	struct digest *d = ctx;

	d->size += len;
	sha256_update(&d->sum, len, bytes);
	return d->size > VOLUME_HASH_MAX;
}

int volume_unpack_sha256(const struct volume *v, const char *path, char hex[65], struct err *err)
{
	struct digest d = { 0 };
	int rc;

	sha256_init(&d.sum);
	rc = walk(v, path, take_digest, &d, err);
	sha256_hex(&d.sum, hex);
	return rc == 0 && d.size > VOLUME_HASH_MAX
		       ? err_set(err, EFBIG, "%s: too large for a kernel or an initrd", path)
		       : rc;
}

const char *volume_squashfs_packed(const uint8_t *head)
{
	static const char *const names[] = { NULL, "gzip", "lzma", "lzo", "xz", "lz4", "zstd" };
	uint16_t id = le16(head + SQUASHFS_HEAD - 2);

	return id < ARRAY_SIZE(names) ? names[id] : NULL;
}
