/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a worker read of a root file system, as frames. See reading.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "build/reading.h"

#define SENTENCES_MAX 1000
#define TYPE_MAX      15

bool reading_is_ext(const char *type)
{
	return strncmp(type, "ext", 3) == 0;
}

/* ---- sending ---- */

static void send_sentences(struct link *link, const struct strlist *l, bool warning)
{
	struct buf b CLEANUP(buf_release) = BUF_INIT;

	for (size_t i = 0; i < l->n && i < SENTENCES_MAX; i++) {
		frame_begin(&b, FRAME_SENTENCE);
		message_put_number(&b, warning);
		message_put_text(&b, l->v[i], FRAME_TEXT_MAX);
		link_send(link, &b);
	}
}

void reading_send(struct link *link, const struct reading *r)
{
	struct buf b CLEANUP(buf_release) = BUF_INIT;

	frame_begin(&b, FRAME_ROOT);
	message_put_text(&b, r->type, TYPE_MAX);
	message_put_number(&b, r->is_arm);
	message_put_number(&b, r->kernels_on_esp);
	message_put_number(&b, (uint64_t)r->now);
	message_put_bytes(&b, &r->ids.root_part, sizeof(struct guid));
	message_put_bytes(&b, &r->ids.esp_part, sizeof(struct guid));
	message_put_number(&b, r->ids.esp_serial);
	message_put_bytes(&b, &r->disk_guid, sizeof(struct guid));
	message_put_text(&b, r->system, FRAME_TEXT_MAX);
	message_put_text(&b, r->loader, FRAME_TEXT_MAX);
	link_send(link, &b);
	send_sentences(link, &r->changes, false);
	send_sentences(link, &r->warnings, true);
}

void reading_send_file(struct link *link, const char *dest, uint64_t size)
{
	struct buf b CLEANUP(buf_release) = BUF_INIT;

	frame_begin(&b, FRAME_FILE);
	message_put_number(&b, size);
	message_put_text(&b, dest, FRAME_TEXT_MAX);
	link_send(link, &b);
}

/* ---- taking ---- */

static struct guid take_guid(struct message *m)
{
	struct guid guid = { { 0 } };
	size_t len;
	const uint8_t *bytes = message_bytes(m, sizeof(guid), &len);

	if (bytes && len == sizeof(guid))
		memcpy(&guid, bytes, sizeof(guid));
	else
		m->bad = true;
	return guid;
}

static bool take_facts(struct reading *r, struct message *m)
{
	if (r->received)
		return false;
	r->received = true;
	r->type = message_text(m, TYPE_MAX);
	r->is_ext = reading_is_ext(r->type);
	r->is_arm = message_number(m, 1);
	r->kernels_on_esp = message_number(m, 1);
	r->now = (int64_t)message_number(m, INT64_MAX);
	r->ids.root_part = take_guid(m);
	r->ids.esp_part = take_guid(m);
	r->ids.esp_serial = (uint32_t)message_number(m, UINT32_MAX);
	r->disk_guid = take_guid(m);
	r->system = message_text(m, FRAME_TEXT_MAX);
	r->loader = message_text(m, FRAME_TEXT_MAX);
	return message_is_read(m) && *r->type &&
	       !r->type[strspn(r->type, "abcdefghijklmnopqrstuvwxyz0123456789_-")];
}

static bool take_sentence(struct reading *r, struct message *m)
{
	struct strlist *to = message_number(m, 1) ? &r->warnings : &r->changes;
	CLEANUP(xfree) char *text = message_text(m, FRAME_TEXT_MAX);

	if (!message_is_read(m) || to->n >= SENTENCES_MAX)
		return false;
	strlist_take(to, TAKE(text));
	return true;
}

/* 1: it makes no sense. */
static int take_file(struct reading *r, struct message *m, struct err *err)
{
	uint64_t size = message_number(m, UINT64_MAX);
	CLEANUP(xfree) char *dest = message_text(m, FRAME_TEXT_MAX);

	if (!message_is_read(m) || r->esp.left || r->files.left)
		return 1;
	r->last_is_change = false;
	return esp_files_add(&r->esp, dest, size, r->beside, err);
}

static int take_bytes(struct reading *r, struct frame *frame, struct err *err)
{
	size_t len;
	const uint8_t *bytes;

	if (r->last_is_change)
		return writes_take_change(&r->files, frame, err);
	bytes = message_bytes(&frame->body, WRITES_PIECE, &len);
	if (!message_is_read(&frame->body))
		return 1;
	return esp_files_put(&r->esp, bytes, len, err);
}

static int take(struct reading *r, struct frame *frame, struct err *err)
{
	switch (frame->kind) {
	case FRAME_ROOT:
		return !take_facts(r, &frame->body);
	case FRAME_SENTENCE:
		return !take_sentence(r, &frame->body);
	case FRAME_FILE:
		return take_file(r, &frame->body, err);
	case FRAME_CHANGE:
		r->last_is_change = true;
		return r->esp.left != 0 ? 1 : writes_take_change(&r->files, frame, err);
	case FRAME_BYTES:
		return take_bytes(r, frame, err);
	case FRAME_BLOCKS:
		return r->is_ext ? writes_take_blocks(frame, r->overlay, err) : 1;
	case FRAME_FAILED:
		return !frame_take_error(frame, &r->failed);
	default:
		return 1;
	}
}

int reading_take(struct reading *r, struct frame *frame, struct err *err)
{
	int ret = take(r, frame, err);

	return ret > 0 ? err_set(err, EPROTO, "what makes no sense of a root file system") : ret;
}

int reading_end(const struct reading *r, struct err *err)
{
	if (r->failed.code) {
		*err = r->failed;
		return -err->code;
	}
	if (!r->received || r->esp.left || r->files.left)
		return err_set(
			err, EPROTO, "the process that read the root file system told too little");
	return 0;
}

void reading_release(struct reading *r)
{
	free(r->type);
	free(r->system);
	free(r->loader);
	strlist_release(&r->changes);
	strlist_release(&r->warnings);
	esp_files_release(&r->esp);
	writes_changes_release(&r->files);
	*r = (struct reading){ .received = false };
}
