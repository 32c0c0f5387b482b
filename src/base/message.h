/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers, texts and bytes one after the other, as one process sends them to
 * another. The reader takes nothing on trust: what is cut off, too long or left over
 * makes the whole message bad, and a text comes out as UTF-8 without a NUL.
 */
#ifndef ARMVM_BASE_MESSAGE_H
#define ARMVM_BASE_MESSAGE_H

#include "base/buf.h"

void message_put_number(struct buf *b, uint64_t n);
/* At most max bytes of it, cut between characters. */
void message_put_text(struct buf *b, const char *text, size_t max);
void message_put_bytes(struct buf *b, const void *bytes, size_t len);

struct message {
	const uint8_t *p;
	size_t left;
	bool bad; /* stays set: whatever is read after it is 0 or "" */
};

/* 0 when there is none or it is over max. */
uint64_t message_number(struct message *m, uint64_t max);
/*
 * The caller frees it. Longer than max bytes is bad. Each byte that is no
 * UTF-8, and each NUL, becomes '?'.
 */
char *message_text(struct message *m, size_t max);
/* *len bytes inside the message. Longer than max is bad. */
const uint8_t *message_bytes(struct message *m, size_t max, size_t *len);
/* Whether all was good and nothing is left. */
bool message_is_read(const struct message *m);

#endif
