/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target for what build hears of the worker that reads the root file system: frames one behind
 * the other, each with its length in two bytes in front.
 */
#include <stdlib.h>
#include <string.h>

#include "build/reading.h"
#include "disk/disk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must be so of all that is written, whatever a worker sent. */
static void examine(const struct reading *r)
{
	uint64_t total = 0;

	for (size_t i = 0; i < r->esp.n; i++) {
		const struct esp_file *f = &r->esp.v[i];

		if (f->dest[0] != '/' || strstr(f->dest, "/../") || strchr(f->dest, ':') ||
			f->bytes.len > f->size)
			abort();
		total += f->size;
	}
	for (size_t i = 0; i < r->files.n; i++)
		if (r->files.v[i].path[0] != '/' || r->files.v[i].mode > 07777)
			abort();
	if (total > UINT32_MAX || (disk_overlay_bytes(r->overlay) && !r->is_ext))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t root[4 * OVERLAY_BLOCK];
	const struct outfile beside = { .fd = -1, .tmp = (char[]){ "/dev/shm/reading" } };
	struct disk *disk = disk_from_memory(root, sizeof(root));
	struct reading r = { .beside = &beside, .overlay = disk_overlay(disk) };
	struct disk *overlay = r.overlay;
	struct frame frame;
	struct err err = { 0 };
	bool good = true;

	while (good && size >= 2) {
		size_t len = (size_t)data[0] | (size_t)data[1] << 8;

		data += 2;
		size -= 2;
		if (len > size)
			len = size;
		good = frame_open(&frame, data, len) && reading_take(&r, &frame, &err) == 0;
		data += len;
		size -= len;
	}
	if (good && reading_end(&r, &err) == 0 && !r.received)
		abort();
	examine(&r);
	reading_release(&r);
	disk_close(overlay);
	disk_close(disk);
	return 0;
}
