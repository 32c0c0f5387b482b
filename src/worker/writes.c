/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Blocks and files as frames. See writes.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "disk/disk.h"
#include "worker/writes.h"

/* Of all changes together: loaders and configurations, not kernels by the dozen. */
#define CHANGES_MAX       4096
#define CHANGED_BYTES_MAX ((uint64_t)256 << 20)
#define PATH_MAX_BYTES    4096

/* ---- sending ---- */

void writes_send_bytes(struct link *link, const void *bytes, size_t len)
{
	struct buf b CLEANUP(buf_release) = BUF_INIT;
	const char *from = bytes;

	for (size_t n; len; from += n, len -= n) {
		n = len < WRITES_PIECE ? len : WRITES_PIECE;
		frame_begin(&b, FRAME_BYTES);
		message_put_bytes(&b, from, n);
		link_send(link, &b);
	}
}

int writes_send_blocks(struct link *link, struct disk *overlay, struct err *err)
{
	struct buf b CLEANUP(buf_release) = BUF_INIT;
	CLEANUP(xfree) uint8_t *piece = xmalloc(WRITES_PIECE);
	uint64_t at = 0, start, len;

	while (disk_overlay_next(overlay, at, &start, &len)) {
		for (at = start; at < start + len;) {
			uint64_t left = start + len - at;
			size_t n = left < WRITES_PIECE ? (size_t)left : WRITES_PIECE;
			int ret = disk_read(overlay, at, piece, n, err);

			if (ret < 0)
				return ret;
			frame_begin(&b, FRAME_BLOCKS);
			message_put_number(&b, at);
			message_put_bytes(&b, piece, n);
			link_send(link, &b);
			at += n;
		}
	}
	return 0;
}

void writes_send_change(struct link *link, const struct staged_change *c)
{
	struct buf b CLEANUP(buf_release) = BUF_INIT;

	frame_begin(&b, FRAME_CHANGE);
	message_put_number(&b, c->kind);
	message_put_number(&b, c->existed);
	message_put_number(&b, c->mode);
	message_put_number(&b, c->bytes.len);
	/* Guests' paths are bytes, not always UTF-8. */
	message_put_bytes(&b, c->path, strlen(c->path));
	link_send(link, &b);
	writes_send_bytes(link, buf_bytes(&c->bytes), c->bytes.len);
}

/* ---- taking ---- */

int writes_take_blocks(struct frame *frame, struct disk *to, struct err *err)
{
	uint64_t at = message_number(&frame->body, UINT64_MAX);
	size_t len;
	const uint8_t *bytes = message_bytes(&frame->body, WRITES_PIECE, &len);

	if (!message_is_read(&frame->body) || !len || len > disk_size(to) ||
		at > disk_size(to) - len)
		return err_set(err, EPROTO, "blocks that make no sense");
	return disk_write(to, at, bytes, len, err);
}

static bool is_path(const uint8_t *path, size_t len)
{
	return len > 1 && path[0] == '/' && !memchr(path, '\0', len);
}

static bool take_head(struct writes_changes *to, struct message *m)
{
	enum staged_kind kind = (enum staged_kind)message_number(m, STAGED_REMOVED);
	bool existed = message_number(m, 1);
	uint32_t mode = (uint32_t)message_number(m, 07777);
	uint64_t size = message_number(m, CHANGED_BYTES_MAX);
	size_t len;
	const uint8_t *path = message_bytes(m, PATH_MAX_BYTES, &len);
	bool has_bytes = kind == STAGED_FILE || kind == STAGED_LINK;

	if (!message_is_read(m) || !is_path(path, len) || to->left || to->n == CHANGES_MAX ||
		size > CHANGED_BYTES_MAX - to->bytes || (size && !has_bytes) ||
		(kind == STAGED_LINK && size >= PATH_MAX_BYTES))
		return false;
	to->v = xreallocarray(to->v, to->n + 1, sizeof(*to->v));
	to->v[to->n++] = (struct staged_change){
		.kind = kind,
		.path = xstrndup((const char *)path, len),
		.mode = mode,
		.existed = existed,
	};
	to->bytes += size;
	to->left = size;
	return true;
}

static bool take_bytes(struct writes_changes *to, struct message *m)
{
	size_t len;
	const uint8_t *bytes = message_bytes(m, WRITES_PIECE, &len);

	if (!message_is_read(m) || !to->n || len > to->left)
		return false;
	buf_add(&to->v[to->n - 1].bytes, bytes, len);
	to->left -= len;
	return true;
}

int writes_take_change(struct writes_changes *to, struct frame *frame, struct err *err)
{
	bool good = frame->kind == FRAME_CHANGE ? take_head(to, &frame->body)
						: take_bytes(to, &frame->body);

	return good ? 0 : err_set(err, EPROTO, "a change that makes no sense");
}

void writes_changes_release(struct writes_changes *changes)
{
	for (size_t i = 0; i < changes->n; i++) {
		free(changes->v[i].path);
		buf_release(&changes->v[i].bytes);
	}
	free(changes->v);
	*changes = (struct writes_changes){ .n = 0 };
}
