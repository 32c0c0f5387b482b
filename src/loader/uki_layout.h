/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Putting a unified kernel image together (BLS type 2, UAPI.5): sections added
 * behind those of systemd's stub. Only headers are written here; the kernel's
 * and the initrd's bytes are somebody else's to copy to the offsets given.
 */
#ifndef ARMVM_LOADER_UKI_LAYOUT_H
#define ARMVM_LOADER_UKI_LAYOUT_H

#include "base/buf.h"
#include "base/err.h"

struct uki_section {
	const char *name;  /* ".linux": at most 8 characters */
	uint64_t size;     /* bytes in the file */
	uint64_t mem_size; /* bytes in memory, when that is more; else 0 */
	bool executable;
	uint64_t off; /* answer: where its bytes belong in the file */
};

/*
 * Adds n sections to the stub's headers in place, and appends zeros to stub
 * up to the first one's offset. The file ends with the last section's bytes,
 * padded to *end. -ENOSPC when the headers have no room, -EINVAL when stub is
 * no such program, -EFBIG beyond 4 GiB.
 */
int uki_layout(
	struct buf *stub, struct uki_section *sections, size_t n, uint64_t *end, struct err *err);

#endif
