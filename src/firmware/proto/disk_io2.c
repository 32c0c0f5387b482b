/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_DISK_IO2_PROTOCOL (UEFI 2.10 13.8): DiskIo with tokens. As BlockIo2, it
 * does everything at once, so there is never a request to cancel.
 */
#include <stdlib.h>

#include "firmware/proto/disks.h"

#define REVISION 0x00020000u

enum disk_io2_offset {
	DIO2_REVISION = 0,
	DIO2_CANCEL = 8,
	DIO2_READ_DISK = 16,
	DIO2_WRITE_DISK = 24,
	DIO2_FLUSH_DISK = 32,
	DIO2_SIZE = 40,
};

static struct block_device *device_of(struct machine *m, const struct call *c)
{
	return protocol_host(m, call_addr(c, 0), &uefi_disk_io2);
}

static efi_status cancel(struct machine *m, const struct call *c)
{
	return device_of(m, c) ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
}

/* This, MediaId, Offset, Token, BufferSize, Buffer */
static efi_status check(struct machine *m, const struct block_device *d, const struct call *c)
{
	if (!io_token_ok(m, c))
		return EFI_INVALID_PARAMETER;
	return device_check_bytes(m, d, call_u32(c, 1), c->arg[2], c->arg[4], call_addr(c, 5));
}

static efi_status read_disk(struct machine *m, const struct call *c)
{
	struct block_device *d = device_of(m, c);
	efi_status status = check(m, d, c);

	return status == EFI_SUCCESS ? io_token_read(m, c, d, c->arg[2]) : status;
}

static efi_status write_disk(struct machine *m, const struct call *c)
{
	struct block_device *d = device_of(m, c);
	efi_status status = check(m, d, c);

	return status == EFI_SUCCESS ? io_token_write(m, c, d, c->arg[2]) : status;
}

static efi_status flush_disk(struct machine *m, const struct call *c)
{
	return io_token_flush(m, c, device_of(m, c));
}

static const struct service rows[] = {
	{ DIO2_CANCEL, "DiskIo2.Cancel", cancel, { ARG_THIS }, 0 },
	{ DIO2_READ_DISK, "DiskIo2.ReadDiskEx", read_disk,
		{ ARG_THIS, ARG_U32, ARG_U64, ARG_BOTH(IO_TOKEN_SIZE), ARG_U64, ARG_OUT_BY(4, 1) },
		SERVICE_QUIET | SERVICE_MILESTONE },
	{ DIO2_WRITE_DISK, "DiskIo2.WriteDiskEx", write_disk,
		{ ARG_THIS, ARG_U32, ARG_U64, ARG_BOTH(IO_TOKEN_SIZE), ARG_U64, ARG_IN_BY(4, 1) },
		0 },
	{ DIO2_FLUSH_DISK, "DiskIo2.FlushDiskEx", flush_disk, { ARG_THIS, ARG_BOTH(IO_TOKEN_SIZE) },
		0 },
};

void disk_io2_install(struct machine *m, struct handle *h, struct block_device *d)
{
	struct gaddr a = protocol_install(
		m, h, &uefi_disk_io2, DIO2_SIZE, rows, ARRAY_SIZE(rows), d);

	if (!guest_write64(m->ram, gaddr_add(a, DIO2_REVISION), REVISION))
		abort();
}
