/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sandbox bites: each forbidden thing is tried by a child, which dies of it. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emulated.h"
#include "firmware/host/sandbox.h"
#include "tap.h"

#define REFUSED 42 /* what a child exits with that got EPERM */

static int try_open(void)
{
	return open("/dev/null", O_RDONLY);
}

static int try_create(void)
{
	return open("sandbox-test", O_WRONLY | O_CREAT, 0600);
}

static int try_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int try_exec(void)
{
	char *argv[] = { "/bin/true", NULL };

	return execv(argv[0], argv);
}

static int try_fork(void)
{
	return fork();
}

/* What plays several scenarios may fork, and nothing but that. */
static int try_forking(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static int try_thread(void)
{
	return (int)syscall(SYS_clone, CLONE_VM | CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
}

static int try_fork_alone(void)
{
	sandbox_enter_alone();
	return fork();
}

static int try_kill(void)
{
	return kill(getppid(), 0);
}

static int try_tgkill(void)
{
	return (int)syscall(SYS_tgkill, getppid(), getppid(), 0);
}

static int try_own_tgkill(void)
{
	return (int)syscall(SYS_tgkill, getpid(), getpid(), 0);
}

static int try_root(void)
{
	/* An error that is not EPERM says that it is somebody. */
	errno = EPERM;
	return geteuid() == 0 ? 0 : -1;
}

static int try_memory(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : 0;
}

typedef int enter_fn(uint64_t address_space, struct err *err);

/* The wait status of a child that enters the sandbox and does something. */
static int in_sandbox_by(enter_fn *enter, int (*what)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct err err = { 0 };

		if (enter(0, &err) < 0)
			_exit(1);
		_exit(what() < 0 && errno == EPERM ? REFUSED : 0);
	}
	waitpid(pid, &status, 0);
	return status;
}

static int in_sandbox(int (*what)(void))
{
	return in_sandbox_by(sandbox_enter, what);
}

static void bites_by(enter_fn *enter, int (*what)(void), const char *name)
{
	int status = in_sandbox_by(enter, what);

	/* With the sanitizers it is an error instead of death. */
	ok((WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) ||
			(WIFEXITED(status) && WEXITSTATUS(status) == REFUSED),
		"%s is stopped", name);
}

static void bites(int (*what)(void), const char *name)
{
	bites_by(sandbox_enter, what, name);
}

int main(void)
{
	if (is_emulated())
		skip_build("run in qemu-user, which has no seccomp");
	bites(try_open, "opening a file");
	bites(try_create, "creating one");
	bites(try_socket, "a socket");
	bites(try_exec, "exec");
	bites(try_fork, "fork");
	bites(try_kill, "kill");
	bites(try_tgkill, "a signal to another's thread");
	is_int(in_sandbox(try_own_tgkill), 0, "a signal to itself is left");
	bites(try_root, "being root");
	is_int(in_sandbox(try_memory), 0, "memory can be had");
	is_int(in_sandbox_by(sandbox_enter_forking, try_forking), 0, "who may fork can");
	bites_by(sandbox_enter_forking, try_thread, "clone for anything else");
	bites_by(sandbox_enter_forking, try_fork_alone, "fork, once there is one scenario left");
	bites_by(sandbox_enter_forking, try_open, "opening a file where forking is allowed");
	bites_by(sandbox_enter_forking, try_exec, "exec where it is");
	return tap_done();
}
