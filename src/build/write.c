/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Putting the disk together: partition tables (UEFI 2.10 5.3) at both ends,
 * the ESP, the root partition with the type that the Discoverable Partitions
 * Specification gives it. In ascending order, which the qcow2 writer wants.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/spawn.h"
#include "base/xalloc.h"
#include "build/internal.h"
#include "part/part.h"
#include "part/write.h"
#include "rootfs/rootfs.h"
#include "uefi/guids.h"

#define SECTOR 512

int build_copy(struct build *b, uint64_t size, struct err *err)
{
	struct build_options raw = *b->opts;
	struct output *o CLEANUP(output_close) = NULL;
	/* libguestfs wants a name that it can resolve. */
	int ret = b->reading.is_ext ? scratch_open(&b->copy, &b->out, err)
				    : scratch_open_named(&b->copy, &b->out, err);

	raw.format = BUILD_RAW;
	raw.compress = false;
	if (ret == 0)
		ret = output_open(b->copy.fd, &raw, size, &o, err);
	if (ret < 0)
		return ret;
	if (b->reading.is_ext)
		ret = output_put_overlay(o, 0, b->overlay, b->input.fd, "copying", err);
	else
		ret = output_put_file(
			o, 0, b->input.fd, 0, disk_size(b->input.disk), "copying", err);
	return ret < 0 ? ret : output_finish(o, err);
}

/* resize2fs leaves its time in the superblocks; this is where e2fsprogs takes it from. */
static int run_resize2fs(struct build *b, struct err *err)
{
	char *now CLEANUP(xfree) = xasprintf("E2FSPROGS_FAKE_TIME=%" PRId64, b->reading.now);
	char *blocks CLEANUP(xfree) = xasprintf("%" PRIu64 "s", b->layout.root_size / SECTOR);
	const char *const argv[] = { "resize2fs", "-f", b->copy.path, blocks, NULL };
	const char *const env[] = { now, NULL };

	return spawn_run(argv, env, NULL, err);
}

/* An ext file system, with all that was changed in it, grown in a copy. */
static int grow_ext(struct build *b, struct err *err)
{
	int ret = build_copy(b, b->layout.root_size, err);

	if (ret == 0)
		ret = run_resize2fs(b, err);
	return ret < 0 ? err_push(err, "growing the file system") : 0;
}

/* Of a constant of uefi/guids.h. */
static struct guid known_guid(const char *text)
{
	struct guid g;

	if (!guid_parse(text, &g))
		g = (struct guid){ { 0 } };
	return g;
}

static int make_tables(struct build *b, struct buf *head, struct buf *tail, struct err *err)
{
	const bool arm = b->reading.is_arm;
	const struct layout *l = &b->layout;
	struct part_spec parts[] = {
		{ .type = known_guid(UEFI_PART_ESP),
			.guid = b->reading.ids.esp_part,
			.name = "EFI System Partition",
			.first_lba = l->esp_start / SECTOR,
			.sectors = l->esp_size / SECTOR },
		{ .type = known_guid(arm ? UEFI_PART_ROOT_ARM : UEFI_PART_ROOT_ARM64),
			.guid = b->reading.ids.root_part,
			.name = "root",
			.first_lba = l->root_start / SECTOR,
			.sectors = l->root_size / SECTOR,
			.attrs = PART_ATTR_GROW_FS },
	};
	const struct part_layout layout = {
		.disk_size = l->disk_size,
		.sector_size = SECTOR,
		.disk_guid = b->reading.disk_guid,
		.parts = parts,
		.n_parts = ARRAY_SIZE(parts),
	};

	return part_write_tables(&layout, head, tail, err);
}

static int put_root(struct build *b, struct output *o, struct err *err)
{
	const uint64_t at = b->layout.root_start;

	if (b->copy.path)
		return output_put_file(o, at, b->copy.fd, 0,
			b->grows ? b->layout.root_size : disk_size(b->input.disk), "writing", err);
	return output_put_overlay(o, at, b->overlay, b->input.fd, "writing", err);
}

int build_write(struct build *b, struct err *err)
{
	struct buf head CLEANUP(buf_release) = BUF_INIT, tail CLEANUP(buf_release) = BUF_INIT;
	struct output *o CLEANUP(output_close) = NULL;
	const struct layout *l = &b->layout;
	int ret = 0;

	if (b->grows && b->reading.is_ext)
		ret = grow_ext(b, err);
	if (ret == 0)
		ret = make_tables(b, &head, &tail, err);
	if (ret == 0)
		ret = output_open(b->out.fd, b->opts, l->disk_size, &o, err);
	if (ret == 0)
		ret = output_put(o, 0, buf_bytes(&head), head.len, err);
	if (ret == 0)
		ret = output_put_file(o, l->esp_start, b->esp.fd, 0, l->esp_size, "writing", err);
	if (ret == 0)
		ret = put_root(b, o, err);
	if (ret == 0)
		ret = output_put(o, l->disk_size - tail.len, buf_bytes(&tail), tail.len, err);
	if (ret == 0)
		ret = output_finish(o, err);
	return ret < 0 ? err_push(err, "%s", b->out.path) : 0;
}
