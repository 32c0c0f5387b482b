/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages between processes. See message.h.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/message.h"
#include "base/utf8.h"
#include "base/xalloc.h"

void message_put_number(struct buf *b, uint64_t n)
{
	uint8_t bytes[8];

	put_le64(bytes, n);
	buf_add(b, bytes, sizeof(bytes));
}

void message_put_bytes(struct buf *b, const void *bytes, size_t len)
{
	message_put_number(b, len);
	buf_add(b, bytes, len);
}

void message_put_text(struct buf *b, const char *text, size_t max)
{
	size_t len = strnlen(text, max + 1);

	if (len > max) {
		len = max;
		while (len && ((uint8_t)text[len] & 0xc0) == 0x80)
			len--;
	}
	message_put_bytes(b, text, len);
}

static const uint8_t *take(struct message *m, size_t len)
{
	const uint8_t *p = m->p;

	if (m->bad || len > m->left) {
		m->bad = true;
		return NULL;
	}
	m->p += len;
	m->left -= len;
	return p;
}

uint64_t message_number(struct message *m, uint64_t max)
{
	const uint8_t *p = take(m, 8);
	uint64_t n = p ? le64(p) : 0;

	if (n <= max)
		return n;
	m->bad = true;
	return 0;
}

const uint8_t *message_bytes(struct message *m, size_t max, size_t *len)
{
	const uint8_t *p;

	*len = (size_t)message_number(m, max);
	p = take(m, *len);
	if (!p)
		*len = 0;
	return p;
}

char *message_text(struct message *m, size_t max)
{
	size_t len;
	const uint8_t *p = message_bytes(m, max, &len);
	char *text = xmalloc(len + 1);
	uint32_t character;

	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_next((const char *)p + i, len - i, &character);
		if (n && character) {
			memcpy(text + i, p + i, n);
		} else {
			n = 1;
			text[i] = '?';
		}
	}
	text[len] = '\0';
	return text;
}

bool message_is_read(const struct message *m)
{
	return !m->bad && m->left == 0;
}
