/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sandbox bites: each forbidden thing is tried by a child, which dies of it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "firmware/sandbox.h"
#include "tap.h"

#define REFUSED 42 /* what a child exits with that was told EPERM */

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

static int try_kill(void)
{
	return kill(getppid(), 0);
}

static int try_memory(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : 0;
}

/* The wait status of a child that enters the sandbox and does something. */
static int in_sandbox(int (*what)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct err err = { 0 };

		if (sandbox_enter(0, &err) < 0)
			_exit(1);
		_exit(what() < 0 && errno == EPERM ? REFUSED : 0);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void bites(int (*what)(void), const char *name)
{
	int status = in_sandbox(what);

	/* With the sanitizers it is an error instead of death. */
	ok((WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) ||
			(WIFEXITED(status) && WEXITSTATUS(status) == REFUSED),
		"%s is stopped", name);
}

int main(void)
{
	bites(try_open, "opening a file");
	bites(try_create, "creating one");
	bites(try_socket, "a socket");
	bites(try_exec, "exec");
	bites(try_fork, "fork");
	bites(try_kill, "kill");
	is_int(in_sandbox(try_memory), 0, "memory can be had");
	return tap_done();
}
