/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options of mounts. See mount_options.h.
 */
#include "rootfs/mount_options.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/* As the kernel's kstrtoull() does: decimal, 0x and hexadecimal, or 0 and octal, and nothing behind it. */
static bool read_number(const char *text, uint64_t *number)
{
	const char *digits = text + (*text == '+');
	char *end;

	if (!isdigit((unsigned char)*digits))
		return false;
	errno = 0;
	*number = strtoull(digits, &end, 0);
	return errno == 0 && !*end;
}

static void read_option(struct subvolume *s, const char *option)
{
	/* Without a value it says nothing. */
	if (strncmp(option, "subvol=", 7) == 0 && option[7]) {
		free(s->path);
		s->path = xstrdup(option + 7);
	} else if (strncmp(option, "subvolid=", 9) == 0) {
		if (!read_number(option + 9, &s->id))
			s->bad_id = true;
		else if (s->id == 0)
			s->id = SUBVOLUME_TOP;
	}
}

void subvolume_of(struct subvolume *s, const char *options)
{
	CLEANUP(xfree) char *copy = xstrdup(options ? options : "");
	char *rest = copy, *option;

	*s = (struct subvolume){ 0 };
	while ((option = strsep(&rest, ",")))
		read_option(s, option);
}

void subvolume_release(struct subvolume *s)
{
	free(s->path);
	*s = (struct subvolume){ 0 };
}
