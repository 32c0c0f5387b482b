/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where things go on the disk: 1 MiB for the protective MBR and the primary
 * GPT, the ESP, the root partition (last, so that a guest can grow it), and
 * 1 MiB at the end for the backup GPT. Every partition begins on 1 MiB and
 * the disk is a multiple of it, which suits every host's sectors and pages.
 */
#ifndef ARMVM_BUILD_LAYOUT_H
#define ARMVM_BUILD_LAYOUT_H

#include "base/err.h"

#define LAYOUT_ALIGN ((uint64_t)1 << 20)

struct layout {
	uint64_t disk_size; /* all in bytes */
	uint64_t esp_start, esp_size;
	uint64_t root_start, root_size;
};

/*
 * esp_size is rounded up to LAYOUT_ALIGN. root_size is the least that the
 * root partition must have. disk_size: what the user asked for, rounded up to
 * LAYOUT_ALIGN, or 0 for the least that works. -ENOSPC (with a hint) when
 * that is too little, -EFBIG when a size is absurd.
 */
int layout_plan(struct layout *out, uint64_t disk_size, uint64_t esp_size, uint64_t root_size,
	struct err *err);

#endif
