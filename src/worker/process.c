/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One worker. See process.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/activity.h"
#include "base/xalloc.h"
#include "part/opinion.h"
#include "verify/emulation.h"
#include "worker/process.h"

/* Frames that are heard before the others' turn. */
#define AT_ONCE 64

struct process {
	const struct pool_task *task;
	size_t item;
	struct helper_subject subject;
	pid_t pid;
	int socket;
	struct activity *activity;
	uint32_t last_changes;
	time_t begun, alive; /* alive: when a sign of life was seen */
	struct helpers helpers;
	bool hung, late, ended;
	uint64_t number;
	struct err nonsense; /* code 0: it made sense */
};

static time_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* ---- in the worker ---- */

/* The supervisor decides what a ^C means; and whoever it was asked to be is over. */
static void reset_signals(void)
{
	static const int defaults[] = { SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGCHLD, SIGALRM };

	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++)
		signal(defaults[i], SIG_DFL);
	signal(SIGINT, SIG_IGN);
}

static void run_worker(struct process *p, int socket, pid_t parent)
{
	const int fds[] = { socket, p->subject.fd };
	struct buf frame CLEANUP(buf_release) = BUF_INIT;
	struct link *link;
	struct err err = { 0 };

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(EXIT_FAILURE);
	reset_signals();
	activity_watch(p->activity);
	activity_step("giving up its rights");
	if (worker_keep_only(fds, ARRAY_SIZE(fds), &err) == 0) {
		part_opinions_prepare();
		emulation_prepare();
	}
	if (err.code || worker_confine(&p->task->limits, &err) < 0) {
		frame_put_error(&frame, FRAME_FAILED, &err);
		frame_send(socket, &frame, NULL, 0, NULL);
		_exit(EXIT_FAILURE);
	}
	activity_step("");
	link = link_new(socket, p->subject.fd);
	frame_begin(&frame, FRAME_END);
	message_put_number(&frame, p->task->work(p->task->ctx, p->item, link));
	link_send(link, &frame);
	_exit(EXIT_SUCCESS);
}

/* ---- in the supervisor ---- */

static void process_free(struct process *p)
{
	if (p->socket >= 0)
		close(p->socket);
	if (p->subject.fd >= 0)
		close(p->subject.fd);
	activity_free(p->activity);
	free(p);
}

int process_start(const struct pool_task *task, size_t item, const struct helper_subject *subject,
	struct process **out, struct err *err)
{
	struct process *p = xcalloc(1, sizeof(*p));
	pid_t parent = getpid();
	int ends[2] = { -1, -1 }, ret = 0;

	*p = (struct process){ .task = task,
		.item = item,
		.subject = *subject,
		.socket = -1,
		.begun = now(),
		.alive = now(),
		.activity = activity_new() };
	p->helpers.subject = &p->subject;
	if (!p->activity || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		ret = err_sys(err, "starting a worker");
		process_free(p);
		return ret;
	}
	p->socket = ends[0];
	p->pid = fork();
	if (p->pid == 0)
		run_worker(p, ends[1], parent);
	close(ends[1]);
	if (p->pid < 0 || fcntl(p->socket, F_SETFL, O_NONBLOCK) < 0) {
		ret = err_sys(err, "starting a worker");
		process_free(p);
		return ret;
	}
	*out = p;
	return 0;
}

size_t process_item(const struct process *p)
{
	return p->item;
}

int process_socket(const struct process *p)
{
	return p->socket;
}

bool process_is_waiting(const struct process *p)
{
	for (size_t i = 0; i < HELPERS_MAX; i++)
		if (p->helpers.running[i].awaited)
			return true;
	return false;
}

static int take(struct process *p, struct frame *frame, struct err *err)
{
	switch (frame->kind) {
	case FRAME_START:
	case FRAME_STOP:
	case FRAME_USED:
		return helpers_answer(&p->helpers, frame, p->socket, err);
	case FRAME_END:
		p->number = message_number(&frame->body, UINT64_MAX);
		p->ended = message_is_read(&frame->body);
		return p->ended ? 0 : err_set(err, EPROTO, "an end that makes no sense");
	default:
		return p->task->take(p->task->ctx, p->item, frame, err);
	}
}

/* One frame; -EAGAIN when there is none, -EPIPE when there will be none. */
static int hear_one(struct process *p, struct err *err)
{
	static uint8_t bytes[FRAME_MAX];
	struct frame frame;
	size_t len, n_fds;
	int ret = frame_receive(p->socket, bytes, &len, NULL, 0, &n_fds, err);

	if (ret < 0)
		return ret;
	if (len == 0)
		return -EPIPE;
	p->alive = now();
	if (p->ended)
		return err_set(err, EPROTO, "something behind the end");
	if (!frame_open(&frame, bytes, len))
		return err_set(err, EPROTO, "a frame that is none");
	return take(p, &frame, err);
}

/* Signs of life cost a worker nothing: one that lies could give them for ever. */
static bool is_late(const struct process *p)
{
	return p->task->deadline && now() - p->begun > (time_t)p->task->deadline;
}

static bool is_hung(struct process *p)
{
	uint32_t changes = __atomic_load_n(&p->activity->changes, __ATOMIC_RELAXED);

	if (changes != p->last_changes) {
		p->last_changes = changes;
		p->alive = now();
	}
	return p->task->patience && now() - p->alive > (time_t)p->task->patience;
}

bool process_hear(struct process *p, short events)
{
	int ret = 0;

	if (process_is_waiting(p))
		helpers_poll(&p->helpers, p->socket);
	for (int i = 0; events && i < AT_ONCE && ret == 0; i++)
		ret = hear_one(p, &p->nonsense);
	if (ret == 0 || ret == -EAGAIN) {
		p->hung = is_hung(p);
		p->late = is_late(p);
		return !p->hung && !p->late;
	}
	if (ret == -EPIPE)
		p->nonsense.code = 0;
	return false;
}

/* ---- what it died of ---- */

static void say_signal(
	struct text *out, const struct process *p, int number, const struct activity *doing)
{
	const struct worker_limits *limits = &p->task->limits;

	if (doing->out_of_memory)
		text_printf(out, "it needed more than the %llu MiB of memory that it may have",
			(unsigned long long)(limits->memory >> 20));
	else if (number == SIGXCPU)
		text_printf(out, "it used up its %u seconds of CPU time", limits->cpu_seconds);
	else if (number == SIGSYS)
		text_puts(out, "it tried something that is forbidden to it");
	else if (number == SIGKILL)
		text_puts(out, "it was killed");
	else
		text_printf(out, "it crashed (signal %d)", number);
}

static void say_doing(struct text *out, const struct activity *doing)
{
	if (*doing->step)
		text_printf(out, ", at %s", doing->step);
	if (*doing->file)
		text_printf(out, ", file %s", doing->file);
}

/* Empty when it ended as it should. */
static void say_why(struct text *out, const struct process *p, int status)
{
	struct activity doing;

	if (p->ended && !p->nonsense.code && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	activity_read(p->activity, &doing);
	text_puts(out, "the process that read the image did not come to an end: ");
	if (p->nonsense.code)
		text_printf(out, "it told %s", p->nonsense.text);
	else if (p->hung)
		text_printf(out, "it stood still for %u seconds", p->task->patience);
	else if (p->late)
		text_printf(out, "it was not done after %u seconds", p->task->deadline);
	else if (WIFSIGNALED(status))
		say_signal(out, p, WTERMSIG(status), &doing);
	else
		text_puts(out, "it ended early");
	say_doing(out, &doing);
}

void process_end(struct process *take_p, bool interrupted)
{
	struct process *p = take_p;
	struct text why CLEANUP(text_release) = TEXT_INIT;
	struct pool_end end = { .interrupted = interrupted, .number = p->number };
	int status = 0;

	/*
	 * One that exits has closed its socket after its status was determined, and is not harmed. One that
	 * has closed it and goes on would be waited for without end.
	 */
	kill(p->pid, SIGKILL);
	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		;
	helpers_end(&p->helpers);
	say_why(&why, p, status);
	if (interrupted)
		end.why = "it was interrupted";
	else if (why.len)
		end.why = text_str(&why);
	p->task->end(p->task->ctx, p->item, &end);
	process_free(p);
}
