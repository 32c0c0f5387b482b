/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pipes and forks of worlds. See worker.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "firmware/explore/worker.h"

/* Room for what worlds tell while the coordinator is busy; the kernel may give less. */
#define PIPE_BYTES (1 << 20)

/* How often it is looked whether another world has come to its end. */
#define WAIT_MS 1

int channel_open(struct channel *c, unsigned n_tokens, struct err *err)
{
	void *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	*c = (struct channel){ .shared = shared };
	if (shared == MAP_FAILED || pipe2(c->frames, O_CLOEXEC) < 0 ||
		pipe2(c->tokens, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_sys(err, "sharing among processes");
	fcntl(c->frames[0], F_SETPIPE_SZ, PIPE_BYTES);
	for (uint8_t i = 0; i < n_tokens; i++)
		if (write(c->tokens[1], &i, 1) != 1)
			return err_sys(err, "sharing among processes");
	return 0;
}

static void send(struct channel *c, struct frame f, const char *bytes)
{
	char packet[FRAME_BYTES];
	ssize_t n;

	f.world = c->world;
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
	struct channel *c, enum frame_type type, uint64_t lanes, const char *bytes, size_t len)
{
	while (len) {
		size_t n = len < FRAME_PAYLOAD ? len : FRAME_PAYLOAD;

		send(c, (struct frame){ .type = type, .lanes = lanes, .len = (uint32_t)n }, bytes);
		bytes += n;
		len -= n;
	}
}

void channel_text(struct channel *c, const char *bytes, size_t len)
{
	send_bytes(c, FRAME_TEXT, 0, bytes, len);
	c->len += len;
}

void channel_note(struct channel *c, uint64_t lanes, const char *bytes, size_t len)
{
	send_bytes(c, FRAME_NOTE, lanes, bytes, len);
}

void channel_again(struct channel *c, uint32_t world, uint64_t from, uint64_t to)
{
	send(c, (struct frame){ .type = FRAME_AGAIN, .parent = world, .from = from, .to = to },
		NULL);
	c->len += to - from;
}

void channel_claim(struct channel *c, uint64_t lanes, uint32_t world, uint64_t from, uint64_t to)
{
	send(c,
		(struct frame){ .type = FRAME_CLAIM,
			.lanes = lanes,
			.parent = world,
			.from = from,
			.to = to },
		NULL);
}

void channel_check(struct channel *c, const char *why)
{
	size_t len = why ? strlen(why) : 0;

	len = len < FRAME_PAYLOAD ? len : FRAME_PAYLOAD;
	send(c, (struct frame){ .type = FRAME_CHECK, .len = (uint32_t)len }, why);
}

void channel_end(struct channel *c, uint64_t lanes, unsigned verdict, bool spent, const char *tail,
	size_t len)
{
	send_bytes(c, FRAME_TAIL, 0, tail, len);
	send(c,
		(struct frame){
			.type = FRAME_END, .lanes = lanes, .verdict = verdict, .spent = spent },
		NULL);
}

/* Waits for a token, but not longer than the coordinator lives. */
static void take_token(struct channel *c)
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

int channel_fork(struct channel *c)
{
	uint32_t world = __atomic_fetch_add(&c->shared->worlds, 1, __ATOMIC_RELAXED);
	pid_t pid = world < WORLDS_MAX ? fork() : -1;

	if (pid < 0)
		return world < WORLDS_MAX ? -errno : -EAGAIN;
	if (pid > 0)
		return 0;
	send(&(struct channel){ .frames = { c->frames[0], c->frames[1] }, .world = world },
		(struct frame){ .type = FRAME_BEGIN, .parent = c->world, .from = c->len }, NULL);
	c->world = world;
	take_token(c);
	return 1;
}

void channel_rest(struct channel *c)
{
	uint8_t token = (uint8_t)c->token;
	ssize_t n;

	do
		n = write(c->tokens[1], &token, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(EXIT_FAILURE);
}

void channel_wait(struct channel *c)
{
	struct pollfd p = { .fd = c->frames[1], .events = 0 };

	if ((poll(&p, 1, WAIT_MS) < 0 && errno != EINTR) || c->shared->cancel ||
		p.revents & POLLERR)
		_exit(EXIT_SUCCESS);
}

void channel_resume(struct channel *c)
{
	take_token(c);
}

void channel_leave(struct channel *c)
{
	channel_rest(c);
	_exit(EXIT_SUCCESS);
}
