/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_DISK_IO_PROTOCOL (UEFI 2.10 13.7): bytes instead of blocks.
 */
#include <stdlib.h>

#include "base/checked.h"
#include "firmware/proto/disks.h"

#define REVISION 0x00010000u

enum disk_io_offset {
	DIO_REVISION = 0,
	DIO_READ_DISK = 8,
	DIO_WRITE_DISK = 16,
	DIO_SIZE = 24,
};

efi_status device_check_bytes(struct machine *m, const struct block_device *d, uint32_t media_id,
	uint64_t off, uint64_t size, struct gaddr buffer)
{
	if (!d)
		return EFI_INVALID_PARAMETER;
	if (media_id != MEDIA_ID)
		return EFI_MEDIA_CHANGED;
	if (!range_within(off, size, d->blocks * d->block_size))
		return EFI_INVALID_PARAMETER;
	if (size && !guest_ok(m->ram, buffer, size))
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

/* This, MediaId, Offset, BufferSize, Buffer */
static efi_status check(struct machine *m, const struct block_device *d, const struct call *c)
{
	return device_check_bytes(m, d, call_u32(c, 1), c->arg[2], c->arg[3], call_addr(c, 4));
}

static efi_status read_disk(struct machine *m, const struct call *c)
{
	struct block_device *d = protocol_host(m, call_addr(c, 0), &uefi_disk_io);
	efi_status status = check(m, d, c);

	return status == EFI_SUCCESS ? device_read(m, d, c->arg[2], call_addr(c, 4), c->arg[3])
				     : status;
}

static efi_status write_disk(struct machine *m, const struct call *c)
{
	struct block_device *d = protocol_host(m, call_addr(c, 0), &uefi_disk_io);
	efi_status status = check(m, d, c);

	if (status != EFI_SUCCESS)
		return status;
	if (d->read_only)
		return EFI_WRITE_PROTECTED;
	return device_write(m, d, c->arg[2], call_addr(c, 4), c->arg[3]);
}

static const struct service rows[] = {
	{ DIO_READ_DISK, "DiskIo.ReadDisk", read_disk,
		{ ARG_THIS, ARG_U32, ARG_U64, ARG_U64, ARG_OUT_BY(3, 1) },
		SERVICE_QUIET | SERVICE_MILESTONE },
	{ DIO_WRITE_DISK, "DiskIo.WriteDisk", write_disk,
		{ ARG_THIS, ARG_U32, ARG_U64, ARG_U64, ARG_IN_BY(3, 1) }, 0 },
};

void disk_io_install(struct machine *m, struct handle *h, struct block_device *d)
{
	struct gaddr a = protocol_install(m, h, &uefi_disk_io, DIO_SIZE, rows, ARRAY_SIZE(rows), d);

	if (!guest_write64(m->ram, gaddr_add(a, DIO_REVISION), REVISION))
		abort();
}
