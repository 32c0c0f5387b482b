/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of a cache. See entry.h.
 */
#include <string.h>

#include "base/sha256.h"
#include "worker/entry.h"

#define MAGIC      "armvm-image verdict 1\n"
#define DIGEST_LEN 32

void entry_add_frame(struct buf *frames, const struct frame *frame)
{
	struct buf b CLEANUP(buf_release) = BUF_INIT;

	frame_begin(&b, frame->kind);
	buf_add(&b, frame->body.p, frame->body.left);
	message_put_bytes(frames, buf_bytes(&b), b.len);
}

void entry_compose(const struct text *about, const struct buf *frames, struct buf *entry)
{
	uint8_t digest[DIGEST_LEN];

	buf_add_text(entry, MAGIC);
	message_put_bytes(entry, text_str(about), about->len);
	buf_add(entry, buf_bytes(frames), frames->len);
	sha256_of(buf_bytes(entry), entry->len, digest);
	buf_add(entry, digest, sizeof(digest));
}

static bool is_whole(const char *bytes, size_t len)
{
	uint8_t digest[DIGEST_LEN];

	if (len < strlen(MAGIC) + DIGEST_LEN || memcmp(bytes, MAGIC, strlen(MAGIC)) != 0)
		return false;
	len -= DIGEST_LEN;
	sha256_of(bytes, len, digest);
	return memcmp(digest, bytes + len, DIGEST_LEN) == 0;
}

bool entry_take(const void *bytes, size_t len, const struct text *about, struct results *r)
{
	struct message m = { 0 };
	const uint8_t *part;
	size_t n;

	if (!is_whole(bytes, len))
		return false;
	m.p = (const uint8_t *)bytes + strlen(MAGIC);
	m.left = len - strlen(MAGIC) - DIGEST_LEN;
	part = message_bytes(&m, ENTRY_ABOUT_MAX, &n);
	if (m.bad || n != about->len || memcmp(part, text_str(about), n) != 0)
		return false;
	while (m.left) {
		struct frame frame;

		part = message_bytes(&m, FRAME_MAX, &n);
		if (m.bad || !frame_open(&frame, part, n) || results_take(r, &frame, NULL) < 0)
			return false;
	}
	return !r->failed && results_end(r, NULL, NULL) == 0;
}
