/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames between a worker and its supervisor. See frame.h.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/broker.h"
#include "base/xalloc.h"
#include "worker/frame.h"

void frame_begin(struct buf *b, enum frame_kind kind)
{
	buf_reset(b);
	message_put_number(b, kind);
}

bool frame_open(struct frame *frame, const void *bytes, size_t len)
{
	frame->body = (struct message){ bytes, len, false };
	frame->kind = (enum frame_kind)message_number(&frame->body, FRAME_KINDS - 1);
	return !frame->body.bad && frame->kind;
}

void frame_put_error(struct buf *b, enum frame_kind kind, const struct err *err)
{
	frame_begin(b, kind);
	message_put_number(b, (uint64_t)(err->code > 0 && err->code < 4096 ? err->code : EIO));
	message_put_text(b, err->text, ERR_TEXT_MAX - 1);
	message_put_text(b, err->hint, ERR_HINT_MAX - 1);
}

bool frame_take_error(struct frame *frame, struct err *err)
{
	int code = (int)message_number(&frame->body, 4095);
	CLEANUP(xfree) char *text = message_text(&frame->body, ERR_TEXT_MAX - 1);
	CLEANUP(xfree) char *hint = message_text(&frame->body, ERR_HINT_MAX - 1);

	if (!message_is_read(&frame->body) || !code)
		return false;
	err_set(err, code, "%s", text);
	if (*hint)
		err_hint(err, "%s", hint);
	return true;
}

/* Room for the descriptors beside a frame, aligned for the kernel. */
union control {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(HELPER_FDS_MAX * sizeof(int))];
};

int frame_send(int socket, const struct buf *b, const int *fds, size_t n_fds, struct err *err)
{
	struct iovec io = { (void *)buf_bytes(b), b->len };
	union control control = { 0 };
	struct msghdr message = { .msg_iov = &io, .msg_iovlen = 1 };
	ssize_t n;

	if (b->len > FRAME_MAX || n_fds > HELPER_FDS_MAX)
		return err_set(err, EMSGSIZE, "a frame of %zu bytes", b->len);
	if (n_fds) {
		struct cmsghdr *c;

		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n_fds * sizeof(int));
	}
	do
		n = sendmsg(socket, &message, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? err_sys(err, "telling the other process") : 0;
}

/* Takes all descriptors; those that there is no room for are closed. */
static void take_fds(struct msghdr *message, int *fds, size_t max_fds, size_t *n_fds)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		size_t n;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (*n_fds < max_fds)
				fds[(*n_fds)++] = fd;
			else
				close(fd);
		}
	}
}

int frame_receive(int socket, void *bytes, size_t *len, int *fds, size_t max_fds, size_t *n_fds,
	struct err *err)
{
	struct iovec io = { bytes, FRAME_MAX };
	union control control = { 0 };
	struct msghdr message = { .msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	ssize_t n;

	*len = *n_fds = 0;
	do
		n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? -EAGAIN : err_sys(err, "hearing from the other process");
	take_fds(&message, fds, max_fds, n_fds);
	*len = (size_t)n;
	return message.msg_flags & MSG_TRUNC ? err_set(err, EMSGSIZE, "a frame is too long") : 0;
}
