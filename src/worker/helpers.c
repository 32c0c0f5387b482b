/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs beside a worker. See helpers.h.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "disk/disk.h"
#include "rootfs/rootfs.h"
#include "verify/emulator.h"
#include "verify/verify.h"
#include "worker/helpers.h"

void helper_put_request(struct buf *b, const struct helper_request *q)
{
	message_put_number(b, q->kind);
	for (size_t i = 0; i < HELPER_NUMBERS; i++)
		message_put_number(b, q->number[i]);
	for (size_t i = 0; i < HELPER_WORDS; i++)
		message_put_text(b, q->word[i], HELPER_WORD_MAX - 1);
}

/* Words become part of a command line: names only. */
static bool is_name(const char *word)
{
	return *word != '-' &&
	       word[strspn(word,
		       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-+_.")] ==
		       '\0';
}

bool helper_take_request(struct frame *frame, struct helper_request *q)
{
	bool good = true;

	*q = (struct helper_request){ .kind = (enum helper_kind)message_number(
					      &frame->body, HELPER_KINDS - 1) };
	for (size_t i = 0; i < HELPER_NUMBERS; i++)
		q->number[i] = (uint32_t)message_number(&frame->body, UINT32_MAX);
	for (size_t i = 0; i < HELPER_WORDS; i++) {
		CLEANUP(xfree) char *word = message_text(&frame->body, HELPER_WORD_MAX - 1);

		good &= is_name(word) && helper_word(q, (unsigned)i, word);
	}
	return good && message_is_read(&frame->body);
}

/* ---- one function per kind ---- */

static int start_nbd(const struct helper_subject *s, const struct helper_request *q,
	struct helper *h, struct err *err)
{
	if (q->number[0] >= FORMAT_COUNT)
		return err_set(err, EINVAL, "no format has this number");
	return disk_serve(s->fd, (enum disk_format)q->number[0], q->number[1], h, err);
}

static int start_emulator(const struct helper_subject *s, const struct helper_request *q,
	struct helper *h, struct err *err)
{
	const struct emulator_launch launch = {
		.scenario = q->word[0],
		.quirks = *q->word[1] ? q->word[1] : NULL,
		.seconds = (unsigned)q->number[0],
		.console = q->number[1],
		.trace = q->number[2],
		.verify_reuse = q->number[3],
		.screenshot = s->screenshot,
	};

	if (!s->may_boot || !*launch.scenario)
		return err_set(err, EPERM, "no boot was asked for");
	return emulator_start(&launch, s->fd, &h->child, err);
}

static int start_qemu(const struct helper_subject *s, const struct helper_request *q,
	struct helper *h, struct err *err)
{
	const struct boot_request request = {
		.path = s->path,
		.format = q->word[0],
		.firmware = (enum boot_firmware)q->number[0],
		.memory = q->number[1],
	};

	if (!s->may_boot || !*request.format || q->number[0] > BOOT_UBOOT || request.memory > 65536)
		return err_set(err, EPERM, "no such boot was asked for");
	return boot_start(&request, &h->child, err);
}

struct served {
	const struct helper_subject *subject;
	const struct helper_request *request;
};

static void serve(void *ctx, int socket)
{
	const struct served *served = ctx;
	const struct helper_request *q = served->request;
	CLEANUP(xfree)
	char *logical = *q->word[2] ? xasprintf("%s/%s", q->word[2], q->word[3]) : NULL;
	const struct rootfs_source src = {
		.type = q->word[0],
		.path = served->subject->path,
		.format = q->word[1],
		.partition = q->number[0],
		.logical = logical,
		.subvolume_id = q->number[1],
	};

	rootfs_serve(socket, &src);
}

static int start_appliance(const struct helper_subject *s, const struct helper_request *q,
	struct helper *h, struct err *err)
{
	struct served served = { s, q };
	int ends[2], ret;

	if (!*q->word[0] || !*q->word[1] || q->number[0] > 128)
		return err_set(err, EINVAL, "no such partition");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(err, "socketpair");
	ret = spawn_function(serve, &served, ends[1], &h->child, err);
	close(ends[1]);
	if (ret < 0)
		close(ends[0]);
	else
		h->fds[h->n_fds++] = ends[0];
	return ret;
}

static int start(const struct helper_subject *s, const struct helper_request *q, struct helper *h,
	struct err *err)
{
	static int (*const starters[])(const struct helper_subject *, const struct helper_request *,
		struct helper *, struct err *) = {
		[HELPER_NBD] = start_nbd,
		[HELPER_EMULATOR] = start_emulator,
		[HELPER_QEMU] = start_qemu,
		[HELPER_APPLIANCE] = start_appliance,
	};

	return starters[q->kind](s, q, h, err);
}

/* ---- answers ---- */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int reply_error(int socket, const struct err *why, struct err *err)
{
	struct buf reply CLEANUP(buf_release) = BUF_INIT;

	frame_put_error(&reply, FRAME_REPLY, why);
	return frame_send(socket, &reply, NULL, 0, err);
}

static int reply_number(int socket, uint64_t number, struct err *err)
{
	struct buf reply CLEANUP(buf_release) = BUF_INIT;

	frame_begin(&reply, FRAME_REPLY);
	message_put_number(&reply, 0);
	message_put_number(&reply, number);
	message_put_number(&reply, 0);
	message_put_number(&reply, 0);
	return frame_send(socket, &reply, NULL, 0, err);
}

/* Gives the descriptors away and keeps the process. */
static int reply_started(int socket, struct running_helper *r, struct helper *h, struct err *err)
{
	struct buf reply CLEANUP(buf_release) = BUF_INIT;
	int fds[HELPER_FDS_MAX], ret;
	size_t n = 0;

	frame_begin(&reply, FRAME_REPLY);
	message_put_number(&reply, 0);
	message_put_number(&reply, (uint64_t)r->number);
	message_put_number(&reply, h->child.out >= 0);
	message_put_number(&reply, h->child.in >= 0);
	if (h->child.out >= 0)
		fds[n++] = h->child.out;
	if (h->child.in >= 0)
		fds[n++] = h->child.in;
	for (unsigned i = 0; i < h->n_fds && n < HELPER_FDS_MAX; i++)
		fds[n++] = h->fds[i];
	ret = frame_send(socket, &reply, fds, n, err);
	close_fd(&h->child.out);
	close_fd(&h->child.in);
	for (unsigned i = 0; i < h->n_fds; i++)
		close_fd(&h->fds[i]);
	r->child = h->child;
	return ret;
}

static struct running_helper *place(struct helpers *hs, int number)
{
	for (size_t i = 0; i < HELPERS_MAX; i++)
		if (hs->running[i].number == number)
			return &hs->running[i];
	return NULL;
}

static int on_start(struct helpers *hs, struct frame *frame, int socket, struct err *err)
{
	struct helper h = { .child = { .pid = -1, .out = -1, .in = -1 } };
	struct running_helper *r = place(hs, 0);
	struct helper_request q;
	struct err why = { 0 };

	if (!helper_take_request(frame, &q))
		return err_set(err, EPROTO, "a request that makes no sense");
	if (!r || hs->started == HELPERS_TOTAL_MAX) {
		err_set(&why, EDQUOT, "more than %d programs beside one image", HELPERS_TOTAL_MAX);
		return reply_error(socket, &why, err);
	}
	if (start(hs->subject, &q, &h, &why) < 0)
		return reply_error(socket, &why, err);
	*r = (struct running_helper){ .number = (int)++hs->started };
	return reply_started(socket, r, &h, err);
}

static int finish(struct running_helper *r, int status, int socket, struct err *err)
{
	*r = (struct running_helper){ .number = 0 };
	return reply_number(socket, (uint64_t)status, err);
}

static int on_stop(struct helpers *hs, struct frame *frame, int socket, struct err *err)
{
	int number = (int)message_number(&frame->body, HELPERS_TOTAL_MAX);
	bool kills = message_number(&frame->body, 1);
	struct running_helper *r = number ? place(hs, number) : NULL;

	if (!message_is_read(&frame->body) || !r)
		return err_set(err, EPROTO, "a request that makes no sense");
	if (kills) {
		child_kill(&r->child);
		return finish(r, 128 + SIGKILL, socket, err);
	}
	r->awaited = true;
	helpers_poll(hs, socket);
	return 0;
}

static int on_used(struct helpers *hs, struct frame *frame, int socket, struct err *err)
{
	int number = (int)message_number(&frame->body, HELPERS_TOTAL_MAX);
	const struct running_helper *r = number ? place(hs, number) : NULL;
	struct err unknown = { 0 };
	int64_t ms;

	if (!message_is_read(&frame->body) || !r)
		return err_set(err, EPROTO, "a request that makes no sense");
	ms = child_cpu_ms(&r->child);
	if (ms >= 0 && ms <= UINT32_MAX)
		return reply_number(socket, (uint64_t)ms, err);
	err_set(&unknown, ESRCH, "what a program used of the processors is not known");
	return reply_error(socket, &unknown, err);
}

int helpers_answer(struct helpers *hs, struct frame *frame, int socket, struct err *err)
{
	switch (frame->kind) {
	case FRAME_START:
		return on_start(hs, frame, socket, err);
	case FRAME_STOP:
		return on_stop(hs, frame, socket, err);
	default:
		return on_used(hs, frame, socket, err);
	}
}

bool helpers_poll(struct helpers *hs, int socket)
{
	bool waits = false;

	for (size_t i = 0; i < HELPERS_MAX; i++) {
		struct running_helper *r = &hs->running[i];
		siginfo_t info = { .si_pid = 0 };

		if (!r->number || !r->awaited)
			continue;
		/* Only asked here, so that child_wait() finds it ended. */
		if (waitid(P_PID, (id_t)r->child.pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
			!info.si_pid)
			waits = true;
		else
			finish(r, child_wait(&r->child), socket, NULL);
	}
	return waits;
}

bool helpers_any(const struct helpers *hs)
{
	for (size_t i = 0; i < HELPERS_MAX; i++)
		if (hs->running[i].number)
			return true;
	return false;
}

void helpers_end(struct helpers *hs)
{
	for (size_t i = 0; i < HELPERS_MAX; i++)
		if (hs->running[i].number) {
			child_kill(&hs->running[i].child);
			hs->running[i].number = 0;
		}
}
