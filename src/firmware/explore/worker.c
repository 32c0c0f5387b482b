/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pipes and forks of workers. See worker.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "firmware/explore/worker.h"

/* Room for what workers send while the coordinator is busy; the kernel may give less. */
#define PIPE_BYTES (1 << 20)

/* How often it is looked whether another worker has come to its end. */
#define WAIT_MS 1

int worker_open(
	struct worker *c, unsigned n_tokens, const struct usage_limits *limits, struct err *err)
{
	void *shared = mmap(NULL, sizeof(*c->shared), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	*c = (struct worker){ .shared = shared, .limits = *limits };
	if (shared == MAP_FAILED || pipe2(c->frames, O_CLOEXEC) < 0 ||
		pipe2(c->tokens, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_sys(err, "sharing among processes");
	fcntl(c->frames[0], F_SETPIPE_SZ, PIPE_BYTES);
	for (uint8_t i = 0; i < n_tokens; i++)
		if (write(c->tokens[1], &i, 1) != 1)
			return err_sys(err, "sharing among processes");
	return 0;
}

static void send(struct worker *c, struct frame f, const char *bytes)
{
	char packet[FRAME_BYTES];
	ssize_t n;

	f.worker = c->number;
	memcpy(packet, &f, sizeof(f));
	if (f.len)
		memcpy(packet + sizeof(f), bytes, f.len);
	do
		n = write(c->frames[1], packet, sizeof(f) + f.len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		_exit(EXIT_FAILURE);
}

static void send_bytes(
	struct worker *c, enum frame_type type, uint64_t variants, const char *bytes, size_t len)
{
	while (len) {
		size_t n = len < FRAME_PAYLOAD ? len : FRAME_PAYLOAD;

		send(c, (struct frame){ .type = type, .variants = variants, .len = (uint32_t)n },
			bytes);
		bytes += n;
		len -= n;
	}
}

void worker_text(struct worker *c, const char *bytes, size_t len)
{
	send_bytes(c, FRAME_TEXT, 0, bytes, len);
	c->len += len;
}

void worker_note(struct worker *c, uint64_t variants, const char *bytes, size_t len)
{
	send_bytes(c, FRAME_NOTE, variants, bytes, len);
}

void worker_again(struct worker *c, uint32_t worker, uint64_t from, uint64_t to)
{
	send(c, (struct frame){ .type = FRAME_AGAIN, .parent = worker, .from = from, .to = to },
		NULL);
	c->len += to - from;
}

void worker_claim(struct worker *c, uint64_t variants, uint32_t worker, uint64_t from, uint64_t to)
{
	send(c,
		(struct frame){ .type = FRAME_CLAIM,
			.variants = variants,
			.parent = worker,
			.from = from,
			.to = to },
		NULL);
}

void worker_check(struct worker *c, const char *why)
{
	size_t len = why ? strlen(why) : 0;

	len = len < FRAME_PAYLOAD ? len : FRAME_PAYLOAD;
	send(c, (struct frame){ .type = FRAME_CHECK, .len = (uint32_t)len }, why);
}

void worker_end(struct worker *c, uint64_t variants, unsigned verdict, bool spent, const char *tail,
	size_t len)
{
	send_bytes(c, FRAME_TAIL, 0, tail, len);
	send(c,
		(struct frame){ .type = FRAME_END,
			.variants = variants,
			.verdict = verdict,
			.spent = spent },
		NULL);
}

/* Waits for a token, but not longer than the coordinator lives. */
static void take_token(struct worker *c)
{
	struct pollfd p[] = { { .fd = c->tokens[0], .events = POLLIN },
		{ .fd = c->frames[1], .events = 0 } };
	uint8_t token;

	for (;;) {
		if (poll(p, ARRAY_SIZE(p), -1) < 0 && errno != EINTR)
			_exit(EXIT_FAILURE);
		if (c->shared->cancel || p[1].revents & POLLERR)
			_exit(EXIT_SUCCESS);
		if (read(c->tokens[0], &token, 1) == 1)
			break;
	}
	c->token = token;
}

int worker_fork(struct worker *c)
{
	uint32_t worker = __atomic_fetch_add(&c->shared->workers, 1, __ATOMIC_RELAXED);
	pid_t pid = worker < WORKERS_MAX ? fork() : -1;

	if (pid < 0)
		return worker < WORKERS_MAX ? -errno : -EAGAIN;
	if (pid > 0)
		return 0;
	send(&(struct worker){ .frames = { c->frames[0], c->frames[1] }, .number = worker },
		(struct frame){ .type = FRAME_BEGIN, .parent = c->number, .from = c->len }, NULL);
	c->number = worker;
	usage_begin(&c->shared->usage, worker, &c->limits);
	take_token(c);
	return 1;
}

void worker_rest(struct worker *c)
{
	uint8_t token = (uint8_t)c->token;
	ssize_t n;

	do
		n = write(c->tokens[1], &token, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(EXIT_FAILURE);
}

void worker_wait(struct worker *c)
{
	struct pollfd p = { .fd = c->frames[1], .events = 0 };

	if ((poll(&p, 1, WAIT_MS) < 0 && errno != EINTR) || c->shared->cancel ||
		p.revents & POLLERR)
		_exit(EXIT_SUCCESS);
}

void worker_resume(struct worker *c)
{
	take_token(c);
}

void worker_leave(struct worker *c)
{
	usage_end();
	worker_rest(c);
	_exit(EXIT_SUCCESS);
}
