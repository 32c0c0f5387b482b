/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running other programs. See spawn.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/broker.h"
#include "base/spawn.h"
#include "base/xalloc.h"

/* What the tail of a program's standard error may add to an error text. */
#define STDERR_TAIL 400

static const struct {
	const char *program;
	const char *package;
	bool works_on_files; /* and on nothing else: spawn_leave_files_only() */
} packages[] = {
	{ "e2fsck", "e2fsprogs", true },
	{ "fsck.fat", "dosfstools", true },
	{ "mcopy", "mtools", true },
	{ "mdel", "mtools", true },
	{ "mdeltree", "mtools", true },
	{ "mformat", "mtools", true },
	{ "mmd", "mtools", true },
	{ "openstack", "python3-openstackclient", false },
	{ "qemu-img", "qemu-utils", true },
	{ "qemu-nbd", "qemu-utils", false },
	{ "qemu-system-aarch64", "qemu-system-arm", false },
	{ "resize2fs", "e2fsprogs", true },
};

const char *spawn_package_of(const char *program)
{
	for (size_t i = 0; i < ARRAY_SIZE(packages); i++)
		if (strcmp(packages[i].program, program) == 0)
			return packages[i].package;
	return NULL;
}

static bool works_on_files(const char *program)
{
	for (size_t i = 0; i < ARRAY_SIZE(packages); i++)
		if (strcmp(packages[i].program, program) == 0)
			return packages[i].works_on_files;
	return false;
}

char *spawn_path(const char *path)
{
	return path[0] == '-' ? xasprintf("./%s", path) : xstrdup(path);
}

static int not_started(const char *program, int code, struct err *err)
{
	const char *package = spawn_package_of(program);

	if (code != ENOENT)
		return err_set(err, code, "%s: %s", program, strerror(code));
	err_set(err, ENOENT, "%s is not installed", program);
	if (package)
		err_hint(err, "apt-get install %s", package);
	return -ENOENT;
}

struct child_fds {
	int in, out, errs, report;
	int listener;                      /* -1: none */
	const struct spawn_limits *limits; /* NULL: none */
	bool bounded;                      /* SPAWN_BOUNDED */
};

/* In the child: puts the listening socket where sd_listen_fds(3) looks for it. */
static bool pass_listener(struct child_fds *fds)
{
	static char listen_pid[40];
	int listener;

	if (fds->listener < 0)
		return true;
	/* Whatever is at 3 now moves out of the way; the report pipe may be there. */
	listener = fcntl(fds->listener, F_DUPFD_CLOEXEC, 10);
	fds->report = fcntl(fds->report, F_DUPFD_CLOEXEC, 10);
	if (listener < 0 || fds->report < 0 || dup2(listener, 3) < 0)
		return false;
	snprintf(listen_pid, sizeof(listen_pid), "LISTEN_PID=%ld", (long)getpid());
	return putenv(listen_pid) == 0 && putenv("LISTEN_FDS=1") == 0;
}

/* fsck.fat, e2fsck and resize2fs are where a user's PATH need not look. */
static void exec_program(const char *const argv[])
{
	char path[64];

	execvp(argv[0], (char *const *)argv);
	if (errno != ENOENT || strchr(argv[0], '/') || strlen(argv[0]) > sizeof(path) - 16)
		return;
	snprintf(path, sizeof(path), "/usr/sbin/%s", argv[0]);
	execv(path, (char *const *)argv);
}

/* In the child: never returns. */
static void exec_child(const char *const argv[], struct child_fds *fds, pid_t parent)
{
	int code;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(127);
	setpgid(0, 0);
	if (dup2(fds->in, 0) >= 0 && dup2(fds->out, 1) >= 0 && dup2(fds->errs, 2) >= 0 &&
		pass_listener(fds) && (!fds->bounded || spawn_bound_self()) &&
		(!works_on_files(argv[0]) || spawn_leave_files_only()) &&
		(!fds->limits || spawn_limit_self(fds->limits, argv[0])))
		exec_program(argv);
	code = errno;
	while (write(fds->report, &code, sizeof(code)) < 0 && errno == EINTR)
		;
	_exit(127);
}

static void add_environment(const char *const env[])
{
	for (size_t i = 0; env && env[i]; i++)
		putenv((char *)env[i]);
}

/* Forks and returns once the exec has happened or failed. */
static int fork_exec(const char *const argv[], const char *const env[], struct child_fds *fds,
	pid_t *pid, struct err *err)
{
	int report[2], code = 0;
	pid_t parent = getpid();
	ssize_t n;

	if (pipe2(report, O_CLOEXEC) < 0)
		return err_sys(err, "pipe");
	fds->report = report[1];
	*pid = fork();
	if (*pid == 0) {
		add_environment(env);
		exec_child(argv, fds, parent);
	}
	close(report[1]);
	if (*pid < 0) {
		close(report[0]);
		return err_sys(err, "fork");
	}
	do
		n = read(report[0], &code, sizeof(code));
	while (n < 0 && errno == EINTR);
	close(report[0]);
	if (n != sizeof(code))
		return 0;
	waitpid(*pid, NULL, 0);
	*pid = -1;
	return not_started(argv[0], code, err);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int wait_status(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int spawn_start(const char *const argv[], const char *const env[], unsigned flags,
	struct child *child, struct err *err)
{
	return spawn_server(argv, env, flags, -1, NULL, child, err);
}

int spawn_server(const char *const argv[], const char *const env[], unsigned flags, int listener,
	const struct spawn_limits *limits, struct child *child, struct err *err)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, null, ret;
	struct child_fds fds;

	*child = (struct child){ .pid = -1, .out = -1, .in = -1 };
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return err_sys(err, "/dev/null");
	if (((flags & SPAWN_PIPE_IN) && pipe2(in, O_CLOEXEC) < 0) ||
		((flags & SPAWN_PIPE_OUT) && pipe2(out, O_CLOEXEC) < 0)) {
		ret = err_sys(err, "pipe");
		goto done;
	}
	fds.in = in[0] >= 0 ? in[0] : null;
	fds.out = out[1] >= 0 ? out[1] : flags & SPAWN_SHOW ? STDERR_FILENO : null;
	fds.errs = fds.out;
	fds.listener = listener;
	fds.limits = limits;
	fds.bounded = flags & SPAWN_BOUNDED;
	ret = fork_exec(argv, env, &fds, &child->pid, err);
	if (ret == 0) {
		child->in = in[1];
		child->out = out[0];
		in[1] = out[0] = -1;
	}
done:
	close_fd(&in[0]);
	close_fd(&in[1]);
	close_fd(&out[0]);
	close_fd(&out[1]);
	close(null);
	return ret;
}

static void close_all_but(int keep)
{
	if (keep > 3)
		close_range(3, (unsigned)keep - 1, 0);
	close_range((unsigned)keep + 1, ~0u, 0);
}

static int end_child(struct child *child, bool kills)
{
	int status = 127;

	if (child->brokered)
		status = broker_get()->end(broker_get()->ctx, child->brokered, kills);
	else if (child->pid > 0)
		status = wait_status(child->pid);
	child->pid = -1;
	child->brokered = 0;
	close_fd(&child->in);
	close_fd(&child->out);
	return status;
}

int spawn_function(
	void (*run)(void *ctx, int keep), void *ctx, int keep, struct child *child, struct err *err)
{
	pid_t parent = getpid();
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	*child = (struct child){ .pid = -1, .out = -1, .in = -1 };
	if (null < 0)
		return err_sys(err, "/dev/null");
	child->pid = fork();
	if (child->pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
			_exit(127);
		setpgid(0, 0);
		dup2(null, 0);
		close_all_but(keep);
		run(ctx, keep);
		_exit(0);
	}
	close(null);
	return child->pid < 0 ? err_sys(err, "fork") : 0;
}

int child_wait(struct child *child)
{
	return end_child(child, false);
}

int64_t child_cpu_ms(const struct child *child)
{
	struct timespec t;
	clockid_t clock;

	if (child->brokered)
		return broker_get()->cpu_ms(broker_get()->ctx, child->brokered);
	if (child->pid <= 0 || clock_getcpuclockid(child->pid, &clock) != 0 ||
		clock_gettime(clock, &t) < 0)
		return -1;
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void child_kill(struct child *child)
{
	if (child->pid > 0) {
		kill(-child->pid, SIGKILL);
		kill(child->pid, SIGKILL);
	}
	end_child(child, true);
}

static bool drain(struct pollfd *p, struct text *into)
{
	char chunk[8192];
	ssize_t n;

	if (!p->revents)
		return true;
	n = read(p->fd, chunk, sizeof(chunk));
	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	if (into)
		text_add(into, chunk, (size_t)n);
	return n > 0;
}

/* Reads both pipes until each is closed at the other end. */
static void collect(int out, int errs, struct text *into_out, struct text *into_errs)
{
	struct pollfd p[2] = { { .fd = out, .events = POLLIN }, { .fd = errs, .events = POLLIN } };

	while (p[0].fd >= 0 || p[1].fd >= 0) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return;
		if (p[0].fd >= 0 && !drain(&p[0], into_out))
			p[0].fd = -1;
		if (p[1].fd >= 0 && !drain(&p[1], into_errs))
			p[1].fd = -1;
	}
}

/* The last STDERR_TAIL bytes on one line. */
static const char *one_line(struct text *b)
{
	char *s;

	while (b->len && strchr("\r\n \t", text_str(b)[b->len - 1]))
		text_cut(b, b->len - 1);
	s = text_edit(b) + (b->len > STDERR_TAIL ? b->len - STDERR_TAIL : 0);
	for (char *p = s; *p; p++)
		if (*p == '\n' || *p == '\r')
			*p = ' ';
	return s;
}

int spawn_run(const char *const argv[], const char *const env[], struct text *out, struct err *err)
{
	int po[2] = { -1, -1 }, pe[2] = { -1, -1 }, null, ret, status;
	struct text said CLEANUP(text_release) = TEXT_INIT;
	struct child_fds fds;
	pid_t pid;

	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null < 0)
		return err_sys(err, "/dev/null");
	if (pipe2(po, O_CLOEXEC) < 0 || pipe2(pe, O_CLOEXEC) < 0) {
		ret = err_sys(err, "pipe");
		goto done;
	}
	fds = (struct child_fds){ .in = null, .out = po[1], .errs = pe[1], .listener = -1 };
	ret = fork_exec(argv, env, &fds, &pid, err);
	if (ret < 0)
		goto done;
	close_fd(&po[1]);
	close_fd(&pe[1]);
	collect(po[0], pe[0], out, &said);
	status = wait_status(pid);
	if (status > 128)
		ret = err_set(err, EIO, "%s: killed by signal %d", argv[0], status - 128);
	else if (status)
		ret = err_set(err, EIO, "%s: %s (exit status %d)", argv[0],
			said.len ? one_line(&said) : "failed", status);
done:
	close_fd(&po[0]);
	close_fd(&po[1]);
	close_fd(&pe[0]);
	close_fd(&pe[1]);
	close(null);
	return ret;
}
