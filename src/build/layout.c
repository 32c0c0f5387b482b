/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Laying out the disk. See layout.h.
 */
#include <errno.h>
#include <inttypes.h>

#include "base/checked.h"
#include "build/layout.h"

/* The most that qcow2 with 64 KiB clusters is written for here. */
#define DISK_MAX ((uint64_t)64 << 40)

static uint64_t mib_up(uint64_t bytes)
{
	return (bytes >> 20) + ((bytes & (LAYOUT_ALIGN - 1)) != 0);
}

int layout_plan(struct layout *out, uint64_t disk_size, uint64_t esp_size, uint64_t root_size,
	struct err *err)
{
	uint64_t least;

	*out = (struct layout){ .esp_start = LAYOUT_ALIGN };
	if (!checked_align(esp_size, LAYOUT_ALIGN, &out->esp_size) ||
		!checked_align(root_size, LAYOUT_ALIGN, &out->root_size) ||
		!checked_align(disk_size, LAYOUT_ALIGN, &out->disk_size) ||
		!checked_add(out->esp_start, out->esp_size, &out->root_start) ||
		!checked_add(out->root_start, out->root_size, &least) ||
		!checked_add(least, LAYOUT_ALIGN, &least) || least > DISK_MAX ||
		out->disk_size > DISK_MAX)
		return err_set(err, EFBIG, "a disk of more than %" PRIu64 " TiB cannot be made",
			DISK_MAX >> 40);
	if (!out->disk_size)
		out->disk_size = least;
	if (out->disk_size < least) {
		err_set(err, ENOSPC,
			"a disk of %" PRIu64 " MiB is too small: the ESP takes %" PRIu64
			" MiB, the file system %" PRIu64 " MiB, the partition tables 2 MiB",
			disk_size >> 20, out->esp_size >> 20, mib_up(root_size));
		return err_hint(
			err, "use --size %" PRIu64 "M or more, or leave --size out", least >> 20);
	}
	out->root_size = out->disk_size - LAYOUT_ALIGN - out->root_start;
	return 0;
}
