/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_SIMPLE_FILE_SYSTEM_PROTOCOL (UEFI 2.10 13.4) on FAT.
 */
#include <stdlib.h>

#include "firmware/fs/fs.h"
#include "firmware/proto/disks.h"

#define REVISION 0x00010000u

enum simple_fs_offset {
	SFS_REVISION = 0,
	SFS_OPEN_VOLUME = 8,
	SFS_SIZE = 16,
};

/* This, **Root */
static efi_status open_volume(struct machine *m, const struct call *c)
{
	struct block_device *d = protocol_host(m, call_addr(c, 0), &uefi_simple_file_system);
	struct gaddr file;
	efi_status status;

	if (!d || !guest_ok(m->ram, call_addr(c, 1), 8))
		return EFI_INVALID_PARAMETER;
	status = file_open(m, d, fs_root(d->fs), !d->read_only, &file);
	if (status == EFI_SUCCESS && !guest_write64(m->ram, call_addr(c, 1), file.v))
		return EFI_INVALID_PARAMETER;
	return status;
}

static const struct service rows[] = {
	{ SFS_OPEN_VOLUME, "SimpleFileSystem.OpenVolume", open_volume, { ARG_THIS, ARG_OUT(8) },
		0 },
};

void simple_fs_install(struct machine *m, struct handle *h, struct block_device *d)
{
	struct gaddr a = protocol_install(
		m, h, &uefi_simple_file_system, SFS_SIZE, rows, ARRAY_SIZE(rows), d);

	if (!guest_write64(m->ram, gaddr_add(a, SFS_REVISION), REVISION))
		abort();
	file_prepare(m);
}
