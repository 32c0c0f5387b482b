/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wall clock. See wall.h. Its state is static, for a signal handler is given
 * nothing.
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "firmware/cpu/cpu.h"
#include "firmware/host/wall.h"

#define TICK_US 100000

static struct cpu *volatile running;
static const volatile int *cancelled;
static int reader = -1;
static volatile enum usage_excess excess;
static uint64_t deadline; /* in ms of the monotonic clock; 0: none */

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void on_alarm(int signal)
{
	struct pollfd p = { .fd = reader };

	(void)signal;
	if ((cancelled && *cancelled) || (poll(&p, 1, 0) > 0 && p.revents & POLLERR))
		_exit(EXIT_SUCCESS);
	/* Again at each tick: this one may have come between two stretches of the run. */
	if (!excess)
		excess = usage_look();
	if (running && (excess || (deadline && now_ms() >= deadline)))
		cpu_ask_stop(running);
}

void wall_reader(int fd)
{
	reader = fd;
}

void wall_start(uint64_t ms, const volatile int *cancel)
{
	struct itimerval t = { .it_value = { 0, TICK_US }, .it_interval = { 0, TICK_US } };
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };

	deadline = ms ? now_ms() + ms : 0;
	cancelled = cancel;
	excess = USAGE_FINE;
	if (!ms && !cancel)
		return;
	/* A budget below a tick is kept, too. */
	if (ms && ms * 1000 < TICK_US)
		t.it_value.tv_usec = (suseconds_t)(ms * 1000);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &t, NULL);
}

uint64_t wall_left(void)
{
	uint64_t now = now_ms();

	if (!deadline)
		return 0;
	return now < deadline ? deadline - now : 1;
}

enum usage_excess wall_excess(void)
{
	return excess;
}

void wall_watch(struct cpu *cpu)
{
	running = cpu;
}
