/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compressed files on volumes, as loaders see them that unpack what they open.
 * See volume.h.
 */
#include <errno.h>
#include <stdio.h>

#include "base/sha256.h"
#include "loader/volume.h"
#include "rootfs/packed.h"

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

static int walk(const struct volume *v, const char *path,
	int (*take)(void *ctx, const uint8_t *bytes, size_t len, struct err *err), void *ctx,
	struct err *err)
{
	struct source s = { v, path, 0 };
	const struct cpio_source source = { read_source, &s };
	int rc;

	if (!v->readable)
		return err_set(err, EOPNOTSUPP, "%s: this file system cannot be read here", path);
	rc = packed_walk(&source, take, ctx, err);
	return rc < 0 ? err_push(err, "%s", path) : 0;
}

const char *volume_packed(const struct volume *v, const char *path)
{
	CLEANUP(buf_release) struct buf head = BUF_INIT;

	if (volume_read_head(v, path, PACKED_HEAD, &head, NULL) < 0)
		return NULL;
	return packed_format(buf_bytes(&head), head.len);
}

struct head {
	struct buf *out;
	size_t left;
};

static int take_head(void *ctx, const uint8_t *bytes, size_t len, struct err *err)
{
	struct head *h = ctx;

	(void)err;
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

static int take_digest(void *ctx, const uint8_t *bytes, size_t len, struct err *err)
{
	struct digest *d = ctx;

	d->size += len;
	if (d->size > VOLUME_HASH_MAX)
		return err_set(err, EFBIG, "too large for a kernel or an initrd");
	sha256_update(&d->sum, len, bytes);
	return 0;
}

int volume_unpack_sha256(const struct volume *v, const char *path, char hex[65], struct err *err)
{
	struct digest d = { 0 };
	int rc;

	sha256_init(&d.sum);
	rc = walk(v, path, take_digest, &d, err);
	sha256_hex(&d.sum, hex);
	return rc;
}
