/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what a boot option names to full device paths of programs that exist
 * on this machine, as of now (UEFI 2.10 3.1.2, 3.5.1), with the disks of a view
 * (machine/platform.h): platform_view() unless the boot manager looks ahead.
 */
#ifndef ARMVM_FIRMWARE_BDS_CANDIDATES_H
#define ARMVM_FIRMWARE_BDS_CANDIDATES_H

#include "base/buf.h"

struct machine;
struct platform_view;

struct candidate {
	uint8_t *path;
	size_t size;
};

struct candidates {
	struct candidate *v;
	size_t n;
};

void candidates_add(struct candidates *c, const void *path, size_t size);
void candidates_release(struct candidates *c);
DEFINE_RELEASE(struct candidates, candidates_release)

struct candidate_rules {
	/* Every file system of a device counts, not those of system partitions alone. */
	bool any_partition;
	/*
	 * What its table calls bootable for a BIOS counts, too, and the first partition of a disk that has neither such
	 * a partition nor a system partition.
	 */
	bool bootable_or_first;
	/* What names no file leads nowhere: so it is for drivers. */
	bool no_default;
};

/*
 * Appends where a path may lead: itself when it names a file on a device that
 * is there; for short forms (HD(...) or a file alone) the partitions that
 * match; for a device, the default loader on it. Nothing when it is stale. A
 * partition that the path names needs to be no system partition.
 */
void candidates_of_option(struct machine *m, const struct platform_view *view, const uint8_t *path,
	size_t size, const struct candidate_rules *rules, struct candidates *out);

/*
 * The default behaviour of 3.3: removable media, fixed media, LoadFile. In
 * passed: devices with a file system that is left out because it is on no
 * system partition, or on the whole of a fixed disk (3.5.1.1, 13.3.3).
 */
void candidates_by_default(struct machine *m, const struct platform_view *view,
	const struct candidate_rules *rules, struct candidates *out, struct candidates *passed);

/* What is no partition and has blocks, by device path: removable media, then fixed ones. */
void candidates_on_media(
	struct machine *m, const struct platform_view *view, struct candidates *out);

/* Whether it names a file that a file system of ours does not have. */
bool candidate_is_missing(
	struct machine *m, const struct platform_view *view, const struct candidate *c);

#endif
