/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPU time and memory. See usage.h. Pages that a process shares with the one that it was forked
 * from are not its own before it writes to them: what it has of its own is at most
 * what it ever had in memory, and at most what it ever faulted in.
 */
#include <sys/resource.h>

#include "firmware/host/usage.h"

#define PAGE_KIB 4

static struct usage single, *usage = &single;
static unsigned own;
static uint64_t inherited_ms; /* CPU time of those that this process was forked from */
static struct usage_limits limits;

void usage_begin(struct usage *shared, unsigned number, const struct usage_limits *l)
{
	inherited_ms += usage->of[own].cpu_ms;
	usage = shared ? shared : &single;
	own = number < USAGE_PROCESSES ? number : USAGE_PROCESSES - 1;
	limits = *l;
}

static uint64_t milliseconds(struct timeval t)
{
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_usec / 1000;
}

enum usage_excess usage_look(void)
{
	uint64_t cpu = 0, kib = 0, peak, faulted;
	struct rusage r;

	if (getrusage(RUSAGE_SELF, &r) < 0)
		return USAGE_FINE;
	peak = (uint64_t)r.ru_maxrss;
	faulted = (uint64_t)(r.ru_minflt + r.ru_majflt) * PAGE_KIB;
	usage->of[own].kib = (uint32_t)(peak < faulted ? peak : faulted);
	usage->of[own].cpu_ms = (uint32_t)(milliseconds(r.ru_utime) + milliseconds(r.ru_stime));
	for (size_t i = 0; i < USAGE_PROCESSES; i++) {
		cpu += usage->of[i].cpu_ms;
		kib += usage->of[i].kib;
	}
	if (limits.own_cpu_ms && inherited_ms + usage->of[own].cpu_ms > limits.own_cpu_ms)
		return USAGE_OWN_CPU;
	if (limits.own && peak > limits.own >> 10)
		return USAGE_OWN_MEMORY;
	if (limits.all && kib > limits.all >> 10)
		return USAGE_ALL_MEMORY;
	return limits.cpu_ms && cpu > limits.cpu_ms ? USAGE_CPU : USAGE_FINE;
}

void usage_end(void)
{
	usage->of[own].kib = 0;
}
