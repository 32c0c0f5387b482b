/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a process is doing. See activity.h.
 */
#include <string.h>
#include <sys/mman.h>

#include "base/activity.h"

static struct activity *watched;

struct activity *activity_new(void)
{
	void *p = mmap(NULL, sizeof(struct activity), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void activity_free(struct activity *shared)
{
	if (shared)
		munmap(shared, sizeof(*shared));
}

void activity_watch(struct activity *shared)
{
	watched = shared;
}

static void note(char *place, const char *text)
{
	size_t len = strnlen(text, ACTIVITY_TEXT_MAX - 1);

	memcpy(place, text, len);
	place[len] = '\0';
	watched->changes++;
}

void activity_step(const char *step)
{
	if (!watched)
		return;
	note(watched->step, step);
	watched->file[0] = '\0';
}

void activity_file(const char *path)
{
	if (watched)
		note(watched->file, path);
}

void activity_alive(void)
{
	if (watched)
		watched->changes++;
}

void activity_out_of_memory(void)
{
	if (watched)
		watched->out_of_memory = true;
}

void activity_read(const struct activity *shared, struct activity *copy)
{
	memcpy(copy, shared, sizeof(*copy));
	copy->step[ACTIVITY_TEXT_MAX - 1] = '\0';
	copy->file[ACTIVITY_TEXT_MAX - 1] = '\0';
}
