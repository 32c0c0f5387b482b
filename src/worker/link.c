/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The worker's end. See link.h.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/broker.h"
#include "base/xalloc.h"
#include "worker/helpers.h"
#include "worker/link.h"

#define OUTPUT_PIECE ((size_t)32 << 10)

struct link {
	int socket;
	int fd;
	struct broker broker;
	struct buf frame;  /* what is sent next */
	uint8_t *received; /* FRAME_MAX */
};

int link_fd(const struct link *link)
{
	return link->fd;
}

void link_send(struct link *link, const struct buf *frame)
{
	if (frame_send(link->socket, frame, NULL, 0, NULL) < 0)
		_exit(EXIT_FAILURE);
}

void link_output(struct link *link, const char *text, size_t len)
{
	for (size_t n; len; text += n, len -= n) {
		n = len < OUTPUT_PIECE ? len : OUTPUT_PIECE;
		/* A character is not cut in two. */
		for (size_t back = 0; n < len && back < 3 && ((uint8_t)text[n] & 0xc0) == 0x80;
			back++)
			n--;
		frame_begin(&link->frame, FRAME_OUTPUT);
		message_put_bytes(&link->frame, text, n);
		link_send(link, &link->frame);
	}
}

void link_said(struct link *link, const char *text)
{
	frame_begin(&link->frame, FRAME_SAID);
	message_put_text(&link->frame, text, FRAME_TEXT_MAX);
	link_send(link, &link->frame);
}

void link_failed(struct link *link, const struct err *why)
{
	frame_put_error(&link->frame, FRAME_FAILED, why);
	link_send(link, &link->frame);
}

/* Puts the descriptors that came with the answer where they belong. */
static int take_fds(struct helper *h, bool out, bool in, const int *fds, size_t n)
{
	size_t at = 0;

	if (n < (size_t)out + in || n - out - in > HELPER_FDS_MAX)
		return -EPROTO;
	if (out)
		h->child.out = fds[at++];
	if (in)
		h->child.in = fds[at++];
	while (at < n)
		h->fds[h->n_fds++] = fds[at++];
	return 0;
}

static int take_reply(struct frame *reply, const int *fds, size_t n_fds, uint64_t *number,
	struct helper *h, struct err *err)
{
	struct message m = reply->body;
	struct err answered = { 0 };
	bool out, in;

	if (message_number(&m, 4095) == 0) {
		*number = message_number(&m, UINT32_MAX);
		out = message_number(&m, 1);
		in = message_number(&m, 1);
		if (message_is_read(&m) && take_fds(h, out, in, fds, n_fds) == 0)
			return 0;
	} else if (frame_take_error(reply, &answered)) {
		if (err)
			*err = answered;
		return -answered.code;
	}
	return err_set(err, EPROTO, "the supervisor's answer makes no sense");
}

/* Sends what is in link->frame and waits for the answer. */
static int ask(struct link *link, uint64_t *number, struct helper *h, struct err *err)
{
	struct frame reply;
	size_t len, n_fds = 0;
	int fds[HELPER_FDS_MAX + 2];

	*h = (struct helper){ .child = { .pid = -1, .out = -1, .in = -1 } };
	link_send(link, &link->frame);
	if (frame_receive(link->socket, link->received, &len, fds, ARRAY_SIZE(fds), &n_fds, err) <
			0 ||
		len == 0)
		_exit(EXIT_FAILURE);
	if (!frame_open(&reply, link->received, len) || reply.kind != FRAME_REPLY)
		return err_set(err, EPROTO, "the supervisor's answer makes no sense");
	return take_reply(&reply, fds, n_fds, number, h, err);
}

static int start(void *ctx, const struct helper_request *q, struct helper *h, struct err *err)
{
	struct link *link = ctx;
	uint64_t number = 0;
	int ret;

	frame_begin(&link->frame, FRAME_START);
	helper_put_request(&link->frame, q);
	ret = ask(link, &number, h, err);
	if (ret == 0)
		h->child.brokered = (int)number;
	return ret;
}

static int end(void *ctx, int number, bool kill)
{
	struct link *link = ctx;
	struct helper none;
	uint64_t status = 127;

	frame_begin(&link->frame, FRAME_STOP);
	message_put_number(&link->frame, (uint64_t)number);
	message_put_number(&link->frame, kill);
	return ask(link, &status, &none, NULL) < 0 ? 127 : (int)status;
}

static int64_t cpu_ms(void *ctx, int number)
{
	struct link *link = ctx;
	struct helper none;
	uint64_t ms = 0;

	frame_begin(&link->frame, FRAME_USED);
	message_put_number(&link->frame, (uint64_t)number);
	return ask(link, &ms, &none, NULL) < 0 ? -1 : (int64_t)ms;
}

struct link *link_new(int socket, int fd)
{
	struct link *link = xcalloc(1, sizeof(*link));

	link->socket = socket;
	link->fd = fd;
	link->broker = (struct broker){ link, start, end, cpu_ms };
	link->received = xmalloc(FRAME_MAX);
	broker_set(&link->broker);
	return link;
}
