/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_BLOCK_IO2_PROTOCOL (UEFI 2.10 13.10). Everything is done at once; a
 * caller that gave an event has it signalled all the same.
 */
#include <stdlib.h>

#include "firmware/proto/disks.h"

enum block_io2_offset {
	BIO2_MEDIA = 0,
	BIO2_RESET = 8,
	BIO2_READ_BLOCKS = 16,
	BIO2_WRITE_BLOCKS = 24,
	BIO2_FLUSH_BLOCKS = 32,
	BIO2_SIZE = 40,
};

static struct block_device *device_of(struct machine *m, const struct call *c)
{
	return protocol_host(m, call_addr(c, 0), &uefi_block_io2);
}

static efi_status reset(struct machine *m, const struct call *c)
{
	return device_of(m, c) ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
}

/* This, MediaId, LBA, Token, BufferSize, Buffer */
static efi_status check(struct machine *m, const struct block_device *d, const struct call *c)
{
	if (!d || !io_token_ok(m, c))
		return EFI_INVALID_PARAMETER;
	return device_check_blocks(m, d, call_u32(c, 1), c->arg[2], c->arg[4], call_addr(c, 5));
}

static efi_status read_blocks(struct machine *m, const struct call *c)
{
	struct block_device *d = device_of(m, c);
	efi_status status = check(m, d, c);

	return status == EFI_SUCCESS ? io_token_read(m, c, d, c->arg[2] * d->block_size) : status;
}

static efi_status write_blocks(struct machine *m, const struct call *c)
{
	struct block_device *d = device_of(m, c);
	efi_status status = check(m, d, c);

	return status == EFI_SUCCESS ? io_token_write(m, c, d, c->arg[2] * d->block_size) : status;
}

static efi_status flush_blocks(struct machine *m, const struct call *c)
{
	return io_token_flush(m, c, device_of(m, c));
}

static const struct service rows[] = {
	{ BIO2_RESET, "BlockIo2.Reset", reset, { ARG_THIS, ARG_BOOL }, 0 },
	{ BIO2_READ_BLOCKS, "BlockIo2.ReadBlocksEx", read_blocks,
		{ ARG_THIS, ARG_U32, ARG_U64, ARG_BOTH(IO_TOKEN_SIZE), ARG_U64, ARG_OUT_BY(4, 1) },
		SERVICE_QUIET | SERVICE_MILESTONE },
	{ BIO2_WRITE_BLOCKS, "BlockIo2.WriteBlocksEx", write_blocks,
		{ ARG_THIS, ARG_U32, ARG_U64, ARG_BOTH(IO_TOKEN_SIZE), ARG_U64, ARG_IN_BY(4, 1) },
		0 },
	{ BIO2_FLUSH_BLOCKS, "BlockIo2.FlushBlocksEx", flush_blocks,
		{ ARG_THIS, ARG_BOTH(IO_TOKEN_SIZE) }, 0 },
};

void block_io2_install(struct machine *m, struct handle *h, struct block_device *d)
{
	struct gaddr a = protocol_install(
		m, h, &uefi_block_io2, BIO2_SIZE, rows, ARRAY_SIZE(rows), d);

	if (!guest_write64(m->ram, gaddr_add(a, BIO2_MEDIA), d->media.v))
		abort();
	media_installed(m, h, &uefi_block_io2, d);
}
