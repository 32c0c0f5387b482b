/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a worker gives up is gone: each thing is tried by a child that has been confined. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sanitizer.h"
#include "emulated.h"
#include "tap.h"
#include "worker/confine.h"

#define REFUSED 42 /* what a child exits with that got an error */
#define ALLOWED 43

static int kept = -1, closed = -1; /* descriptors, in the child */

static int try_open(void)
{
	return open("/dev/null", O_RDONLY);
}

static int try_open_own(void)
{
	return open("/proc/self/mem", O_RDWR);
}

static int try_create(void)
{
	return open("/tmp/confine-test", O_WRONLY | O_CREAT, 0600);
}

static int try_unlink(void)
{
	return unlink("/nonexistent/file") < 0 && errno == ENOENT ? 0 : -1;
}

static int try_stat(void)
{
	struct stat st;

	return stat("/etc/passwd", &st);
}

static int try_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
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

static int try_tgkill(void)
{
	return (int)syscall(SYS_tgkill, getppid(), getppid(), 0);
}

static int try_owner(void)
{
	/* Who owns a descriptor gets signals of what happens to it. */
	return fcntl(kept, F_SETOWN, 1);
}

static int try_ptrace(void)
{
	return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static int try_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : 0;
}

static int try_root(void)
{
	return geteuid() == 0 || setuid(0) == 0 ? 0 : -1;
}

static int try_caller_fd(void)
{
	return (int)fcntl(closed, F_GETFD);
}

static int try_grow(void)
{
	signal(SIGXFSZ, SIG_IGN);
	return (int)write(kept, "x", 1);
}

static int try_limits(void)
{
	struct rlimit more = { RLIM_INFINITY, RLIM_INFINITY };

	return setrlimit(RLIMIT_CPU, &more);
}

static int try_much_memory(void)
{
	void *p = mmap(NULL, (size_t)2 << 30, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? -1 : 0;
}

static int try_some_memory(void)
{
	void *p = mmap(
		NULL, (size_t)64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : 0;
}

static void *nothing(void *arg)
{
	return arg;
}

static int try_thread(void)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, nothing, NULL);
	return errno ? -1 : pthread_join(thread, NULL);
}

static int try_read(void)
{
	char byte;

	return (int)pread(kept, &byte, 1, 0);
}

/* The wait status of a child that is confined and does something. */
static int confined(int (*what)(void))
{
	const struct worker_limits limits = { .memory = UINT64_C(1) << 30, .cpu_seconds = 10 };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct err err = { 0 };

		kept = memfd_create("kept", 0);
		closed = dup(kept);
		if (write(kept, "byte", 4) != 4 || worker_keep_only(&kept, 1, &err) < 0 ||
			worker_confine(&limits, &err) < 0)
			_exit(1);
		_exit(what() < 0 ? REFUSED : ALLOWED);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void bites(int (*what)(void), const char *name)
{
	int status = confined(what);

	ok((WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) ||
			(WIFEXITED(status) && WEXITSTATUS(status) == REFUSED),
		"%s is stopped", name);
}

static void left(int (*what)(void), const char *name)
{
	int status = confined(what);

	ok(WIFEXITED(status) && WEXITSTATUS(status) == ALLOWED, "%s is left", name);
}

static int spin(void)
{
	for (volatile unsigned n = 0;; n++)
		;
	return 0;
}

static void cpu_time(void)
{
	const struct worker_limits limits = { .cpu_seconds = 1 };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct err err = { 0 };

		if (worker_keep_only(NULL, 0, &err) < 0 || worker_confine(&limits, &err) < 0)
			_exit(1);
		_exit(spin());
	}
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU, "CPU time is limited");
}

int main(void)
{
	if (is_emulated())
		skip_build("run in qemu-user, which has no seccomp");
	bites(try_open, "opening a file");
	bites(try_open_own, "opening what is its own");
	bites(try_create, "creating one");
	bites(try_unlink, "removing one");
	bites(try_stat, "looking at one by its name");
	bites(try_socket, "a socket");
	bites(try_exec, "exec");
	bites(try_fork, "fork");
	bites(try_kill, "a signal to another process");
	bites(try_tgkill, "a signal to another's thread");
	bites(try_owner, "making a descriptor send signals");
	bites(try_ptrace, "ptrace");
	bites(try_code, "memory that can be executed");
	bites(try_root, "being root");
	bites(try_caller_fd, "the caller's descriptor");
	bites(try_limits, "raising a limit");
	if (!UNDER_ASAN) {
		bites(try_grow, "a file that grows");
		bites(try_much_memory, "more memory than is allowed");
	}
	left(try_some_memory, "some memory");
	left(try_thread, "a thread");
	left(try_read, "reading what was kept");
	cpu_time();
	return tap_done();
}
