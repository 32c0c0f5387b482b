/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a boot may take of the host is CPU time, with that of the processes that its own was forked from.
 */
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "firmware/host/usage.h"
#include "tap.h"

#define LIMIT_MS 200

static uint64_t cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void work(uint64_t ms)
{
	const uint64_t end = cpu_ms() + ms;

	while (cpu_ms() < end)
		;
}

static enum usage_excess look_in_child(
	struct usage *shared, const struct usage_limits *limits, uint64_t ms)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		usage_begin(shared, 1, limits);
		work(ms);
		_exit((int)usage_look());
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return USAGE_ALL_MEMORY;
	return (enum usage_excess)WEXITSTATUS(status);
}

int main(void)
{
	struct usage *shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const struct usage_limits limits = { .own_cpu_ms = LIMIT_MS };

	if (shared == MAP_FAILED)
		return 1;
	usage_begin(shared, 0, &limits);
	nanosleep(&(struct timespec){ .tv_nsec = 2 * LIMIT_MS * 1000000 }, NULL);
	is_int(usage_look(), USAGE_FINE, "real time is no CPU time");
	is_int(look_in_child(shared, &limits, 0), USAGE_FINE, "a new process has time, too");
	work(LIMIT_MS - 60 - cpu_ms());
	is_int(usage_look(), USAGE_FINE, "some is left");
	is_int(look_in_child(shared, &limits, 100), USAGE_OWN_CPU,
		"what a process used counts for the one that is forked from it");
	is_int(usage_look(), USAGE_FINE, "and not the other way round");
	work(LIMIT_MS);
	is_int(usage_look(), USAGE_OWN_CPU, "beyond its limit a boot is stopped");
	is_int(look_in_child(shared, &(struct usage_limits){ .cpu_ms = LIMIT_MS }, 0), USAGE_CPU,
		"the time of all counts as well");
	return tap_done();
}
