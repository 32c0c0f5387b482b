/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_BLOCK_IO_PROTOCOL (UEFI 2.10 13.9) with the media that edk2's virtio-blk
 * shows. Reading goes straight from the disk into the guest: GRUB reads all of a
 * kernel and an initrd by this. Writing goes to the overlay.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "disk/disk.h"
#include "firmware/machine/platform.h"
#include "firmware/mem/watch.h"
#include "firmware/proto/disks.h"

#define REVISION3 0x0002001fu

/* Events of writes to one device; what a guest does after that is no event. */
#define WRITES_EMITTED 64

enum block_io_offset {
	BIO_REVISION = 0,
	BIO_MEDIA = 8,
	BIO_RESET = 16,
	BIO_READ_BLOCKS = 24,
	BIO_WRITE_BLOCKS = 32,
	BIO_FLUSH_BLOCKS = 40,
	BIO_SIZE = 48,
};

enum media_offset {
	MEDIA_MEDIA_ID = 0,
	MEDIA_REMOVABLE = 4,
	MEDIA_PRESENT = 5,
	MEDIA_LOGICAL_PARTITION = 6,
	MEDIA_READ_ONLY = 7,
	MEDIA_WRITE_CACHING = 8,
	MEDIA_BLOCK_SIZE = 12,
	MEDIA_IO_ALIGN = 16,
	MEDIA_LAST_BLOCK = 24,
	MEDIA_LOWEST_ALIGNED = 32,
	MEDIA_LOGICAL_PER_PHYSICAL = 40,
	MEDIA_OPTIMAL_GRANULARITY = 44,
	MEDIA_SIZE = 48,
};

efi_status device_check_blocks(struct machine *m, const struct block_device *d, uint32_t media_id,
	uint64_t lba, uint64_t size, struct gaddr buffer)
{
	if (media_id != MEDIA_ID)
		return EFI_MEDIA_CHANGED;
	if (size % d->block_size)
		return EFI_BAD_BUFFER_SIZE;
	if (lba >= d->blocks || size / d->block_size > d->blocks - lba)
		return EFI_INVALID_PARAMETER;
	if (size && !guest_ok(m->ram, buffer, size))
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

efi_status device_read(
	struct machine *m, struct block_device *d, uint64_t off, struct gaddr to, uint64_t len)
{
	uint8_t *bytes = guest_out(m->ram, to, len);

	if (!len)
		return EFI_SUCCESS;
	if (!bytes)
		return EFI_INVALID_PARAMETER;
	return disk_read(d->view, off, bytes, (size_t)len, NULL) == 0 ? EFI_SUCCESS
								      : EFI_DEVICE_ERROR;
}

efi_status device_write(
	struct machine *m, struct block_device *d, uint64_t off, struct gaddr from, uint64_t len)
{
	const uint8_t *bytes = guest_in(m->ram, from, len);

	if (!len)
		return EFI_SUCCESS;
	if (!bytes)
		return EFI_INVALID_PARAMETER;
	if (d->writes++ < WRITES_EMITTED) {
		trace_begin(&m->trace, "disk-write");
		trace_u64(&m->trace, "handle", d->number);
		trace_u64(&m->trace, "offset", off);
		trace_u64(&m->trace, "size", len);
		trace_end(&m->trace);
	}
	return disk_write(d->view, off, bytes, (size_t)len, NULL) == 0 ? EFI_SUCCESS
								       : EFI_DEVICE_ERROR;
}

static struct block_device *device_of(struct machine *m, const struct call *c)
{
	return protocol_host(m, call_addr(c, 0), &uefi_block_io);
}

static efi_status reset(struct machine *m, const struct call *c)
{
	return device_of(m, c) ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
}

/* This, MediaId, LBA, BufferSize, Buffer */
static efi_status check(struct machine *m, const struct block_device *d, const struct call *c)
{
	return d ? device_check_blocks(m, d, call_u32(c, 1), c->arg[2], c->arg[3], call_addr(c, 4))
		 : EFI_INVALID_PARAMETER;
}

static efi_status read_blocks(struct machine *m, const struct call *c)
{
	struct block_device *d = device_of(m, c);
	efi_status status = check(m, d, c);

	if (status != EFI_SUCCESS)
		return status;
	return device_read(m, d, c->arg[2] * d->block_size, call_addr(c, 4), c->arg[3]);
}

static efi_status write_blocks(struct machine *m, const struct call *c)
{
	struct block_device *d = device_of(m, c);
	efi_status status = check(m, d, c);

	if (status != EFI_SUCCESS)
		return status;
	if (d->read_only)
		return EFI_WRITE_PROTECTED;
	return device_write(m, d, c->arg[2] * d->block_size, call_addr(c, 4), c->arg[3]);
}

static efi_status flush_blocks(struct machine *m, const struct call *c)
{
	return device_of(m, c) ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
}

static const struct service rows[] = {
	{ BIO_RESET, "BlockIo.Reset", reset, { ARG_THIS, ARG_BOOL }, 0 },
	{ BIO_READ_BLOCKS, "BlockIo.ReadBlocks", read_blocks,
		{ ARG_THIS, ARG_U32, ARG_U64, ARG_U64, ARG_OUT_BY(3, 1) },
		SERVICE_QUIET | SERVICE_MILESTONE },
	{ BIO_WRITE_BLOCKS, "BlockIo.WriteBlocks", write_blocks,
		{ ARG_THIS, ARG_U32, ARG_U64, ARG_U64, ARG_IN_BY(3, 1) }, 0 },
	{ BIO_FLUSH_BLOCKS, "BlockIo.FlushBlocks", flush_blocks, { ARG_THIS }, 0 },
};

/*
 * Whether the image is removable is what machines differ in, and nothing else in its media: so
 * these lie where it is known which byte a program looks at.
 */
#define EXACT_MAX (PAGE_SIZE / MEDIA_SIZE)

static void on_look(void *ctx, uint64_t offset, uint64_t len)
{
	struct machine *m = ctx;

	for (uint64_t i = 0; i < m->disks->n_media; i++) {
		uint64_t at = i * MEDIA_SIZE + MEDIA_REMOVABLE;

		if (at >= offset && at < offset + len)
			media_resolve(m);
	}
}

static bool is_exact(const struct machine *m, const struct block_device *d)
{
	struct gaddr exact = guest_exact(m->ram);

	return exact.v && d->media.v >= exact.v;
}

static void place_media(struct machine *m, struct block_device *d)
{
	struct disks *disks = disks_of(m);

	if (d->letter != PLATFORM_IMAGE || !guest_exact(m->ram).v || disks->n_media == EXACT_MAX) {
		d->media = machine_data(m, MEM_BOOT_DATA, MEDIA_SIZE);
		return;
	}
	d->media = gaddr_add(guest_exact(m->ram), disks->n_media++ * MEDIA_SIZE);
	guest_on_look(m->ram, on_look);
}

/* Past the watch over it. */
static void put_media(struct machine *m, const struct block_device *d, unsigned offset,
	const uint8_t *bytes, size_t len)
{
	if (is_exact(m, d))
		memcpy(guest_out_unwatched(m->ram, gaddr_add(d->media, offset), len), bytes, len);
	else if (!guest_write(m->ram, gaddr_add(d->media, offset), bytes, len))
		abort();
}

static void make_media(struct machine *m, struct block_device *d)
{
	uint8_t b[MEDIA_SIZE] = { 0 };

	place_media(m, d);
	put_le32(b + MEDIA_MEDIA_ID, MEDIA_ID);
	b[MEDIA_REMOVABLE] = d->removable;
	b[MEDIA_PRESENT] = 1;
	b[MEDIA_LOGICAL_PARTITION] = d->partition;
	b[MEDIA_READ_ONLY] = d->read_only;
	b[MEDIA_WRITE_CACHING] = 0; /* what is written is written at once */
	put_le32(b + MEDIA_BLOCK_SIZE, d->block_size);
	put_le32(b + MEDIA_IO_ALIGN, 0);
	put_le64(b + MEDIA_LAST_BLOCK, d->blocks - 1);
	put_le64(b + MEDIA_LOWEST_ALIGNED, 0);
	/* 13.9: a partition says nothing of the blocks below it. */
	put_le32(b + MEDIA_LOGICAL_PER_PHYSICAL, d->partition ? 0 : 1);
	put_le32(b + MEDIA_OPTIMAL_GRANULARITY, 0);
	put_media(m, d, 0, b, sizeof(b));
}

void media_resolve(struct machine *m)
{
	struct disks *disks = disks_of(m);

	if (disks->media_resolved)
		return;
	disks->media_resolved = true;
	if (!platform_has(m->platform, PLATFORM_REMOVABLE))
		return;
	for (size_t i = 0; i < disks->n_devices; i++) {
		struct block_device *d = disks->devices[i];

		if (d->letter != PLATFORM_IMAGE || !d->media.v)
			continue;
		d->removable = true;
		put_media(m, d, MEDIA_REMOVABLE, (uint8_t[]){ 1 }, 1);
	}
}

void media_installed(
	struct machine *m, struct handle *h, const struct guid *guid, const struct block_device *d)
{
	if (d->letter == PLATFORM_IMAGE && !is_exact(m, d))
		handle_protocol(h, guid)->given = media_resolve;
}

void block_io_install(struct machine *m, struct handle *h, struct block_device *d)
{
	struct gaddr a;

	make_media(m, d);
	a = protocol_install(m, h, &uefi_block_io, BIO_SIZE, rows, ARRAY_SIZE(rows), d);
	if (!guest_write64(m->ram, gaddr_add(a, BIO_REVISION), REVISION3) ||
		!guest_write64(m->ram, gaddr_add(a, BIO_MEDIA), d->media.v))
		abort();
	media_installed(m, h, &uefi_block_io, d);
}
