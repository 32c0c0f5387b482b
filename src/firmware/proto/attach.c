/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A disk becomes handles: one for the disk as a virtio device of
 * QEMU's virt machine with edk2 has it, one for each partition. Other
 * protocols of a PCI bus (PciIo, the root bridge) are left out: no loader
 * needs them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "disk/disk.h"
#include "firmware/fs/volumes.h"
#include "firmware/machine/platform.h"
#include "firmware/machine/state.h"
#include "firmware/proto/disks.h"

#define CD_BLOCK_SIZE 2048

/* In a device path: behind a node for the root bridge, the device number of the PCI node. */
#define SLOT_AT (12 + 5)

static void release_disks(void *state)
{
	struct disks *disks = state;

	files_release(disks);
	free(disks->devices);
}

static void flatten_disks(void *copy, struct buf *out)
{
	struct disks *disks = copy;

	files_encode(disks, out);
	disks->devices = NULL;
	disks->files = NULL;
}

static void release_device(void *state)
{
	struct block_device *d = state;

	if (!d->volumes)
		fs_close(d->fs);
	if (d->partition)
		disk_close(d->view);
	buf_release(&d->path);
}

/* What is on it is compared by who lent the disk (disk_attachment_is_clean()). */
static void flatten_device(void *copy, struct buf *out)
{
	struct block_device *d = copy;

	buf_add(out, &d->path.len, sizeof(d->path.len));
	buf_add(out, buf_bytes(&d->path), d->path.len);
	d->path = (struct buf)BUF_INIT;
	d->view = NULL;
	d->fs = NULL;
	d->volumes = NULL;
}

/* Disks are made before their devices, and given back before them, for files that are open. */
static const struct state_kind disks_kind = { sizeof(struct disks), release_disks, flatten_disks };
static const struct state_kind device_kind = { sizeof(struct block_device), release_device,
	flatten_device };

struct disks *disks_of(struct machine *m)
{
	if (!m->disks)
		m->disks = state_new(m, &disks_kind);
	return m->disks;
}

struct block_device *device_on(struct machine *m, struct gaddr handle)
{
	for (size_t i = 0; m->disks && i < m->disks->n_devices; i++)
		if (m->disks->devices[i]->handle.v == handle.v)
			return m->disks->devices[i];
	return NULL;
}

static struct block_device *new_device(struct machine *m)
{
	struct disks *disks = disks_of(m);
	struct block_device *d = state_new(m, &device_kind);

	disks->devices = xreallocarray(
		disks->devices, disks->n_devices + 1, sizeof(struct block_device *));
	disks->devices[disks->n_devices++] = d;
	return d;
}

unsigned disk_slot(const char *disks, char letter, unsigned image_disks)
{
	const char *image = strchr(disks, PLATFORM_IMAGE), *at = strchr(disks, letter);

	if (!at || !image || at == image)
		return DISK_SLOT_IMAGE;
	return at < image ? 1 + (unsigned)(at - disks)
			  : DISK_SLOT_IMAGE + image_disks + (unsigned)(at - image) - 1;
}

void device_put_slot(
	const struct machine *m, const struct block_device *d, const char *disks, struct buf *path)
{
	if (d->unplaced && path->len > SLOT_AT)
		buf_edit(path)[SLOT_AT] = (char)disk_slot(disks, d->letter, m->disks->image_disks);
}

bool device_removable_in(const struct block_device *d, const struct platform_view *view)
{
	return d->removable || (d->letter == PLATFORM_IMAGE && view->removable);
}

static void emit(struct machine *m, const struct block_device *d, const struct platform_view *view)
{
	CLEANUP(buf_release) struct buf path = BUF_INIT;
	CLEANUP(text_release) struct text text = TEXT_INIT;

	buf_add(&path, buf_bytes(&d->path), d->path.len);
	if (view)
		device_put_slot(m, d, view->disks, &path);
	dp_to_text(buf_bytes(&path), path.len, 0, &text);
	trace_begin(&m->trace, d->partition ? "partition" : "disk");
	trace_u64(&m->trace, "handle", d->number);
	trace_text(&m->trace, "path", text_str(&text));
	trace_u64(&m->trace, "size", d->blocks * d->block_size);
	trace_u64(&m->trace, "block_size", d->block_size);
	trace_bool(&m->trace, "removable", device_removable_in(d, view));
	trace_end(&m->trace);
}

/* The handle with its path, its blocks and, unless it is divided, its file system. */
static struct handle *make_handle(struct machine *m, struct block_device *d)
{
	struct handle *h = handle_create(m);
	struct gaddr path = machine_data(m, MEM_BOOT_DATA, d->path.len);

	d->handle = h->address;
	d->number = h->number;
	h->disk = d->letter;
	if (!d->letter)
		emit(m, d, NULL);
	if (!guest_write(m->ram, path, buf_bytes(&d->path), d->path.len) ||
		handle_install(m, h, &uefi_device_path, path, NULL) != EFI_SUCCESS)
		abort();
	block_io_install(m, h, d);
	block_io2_install(m, h, d);
	disk_io_install(m, h, d);
	disk_io2_install(m, h, d);
	return h;
}

static void add_file_system(struct machine *m, struct block_device *d)
{
	struct handle *h = handle_of(m, d->handle);
	struct err err = { 0 };

	if (d->volumes)
		d->fs = volumes_open(d->volumes, d->start, d->blocks * d->block_size, d->read_only);
	else if (fs_open(d->view, d->read_only, &d->fs, &err) < 0)
		d->fs = NULL;
	if (h && d->fs)
		simple_fs_install(m, h, d);
}

struct block_device *device_add(struct machine *m, const struct block_device *disk, uint64_t start,
	uint64_t size, const struct buf *path)
{
	struct block_device *d;
	struct disk *view;

	if (size < disk->block_size || disk_window(disk->view, start, size, &view, NULL) < 0)
		return NULL;
	d = new_device(m);
	d->view = view;
	d->volumes = disk->volumes;
	d->start = start;
	d->block_size = disk->block_size;
	d->blocks = size / disk->block_size;
	d->removable = disk->removable;
	d->letter = disk->letter;
	d->unplaced = disk->unplaced;
	d->read_only = disk->read_only;
	d->partition = true;
	buf_add(&d->path, buf_bytes(path), path->len);
	make_handle(m, d);
	add_file_system(m, d);
	return d;
}

void protocols_attach_disk(struct machine *m, const struct disk_attachment *disk)
{
	struct block_device *d = new_device(m);

	d->view = disk->disk;
	d->volumes = disk->volumes;
	d->block_size = disk->cdrom ? CD_BLOCK_SIZE : disk_sector_size(disk->disk);
	d->blocks = disk_size(disk->disk) / d->block_size;
	d->removable = disk->removable || disk->cdrom;
	d->read_only = disk->cdrom;
	d->letter = disk->letter;
	d->unplaced = d->letter && d->letter != PLATFORM_IMAGE;
	dp_add_acpi(&d->path, DP_PCI_ROOT, 0);
	dp_add_pci(&d->path, (uint8_t)disk->number, 0);
	dp_add_end(&d->path);
	m->disks->image_disks += d->letter == PLATFORM_IMAGE;
	if (!d->blocks)
		return;
	make_handle(m, d);
	if (disk->table == TABLE_LEFT)
		return;
	if (disk->table == TABLE_REPAIRED && !disk->cdrom)
		gpt_repair(m, d);
	/* What is divided is no file system, as edk2 sees it, even if its first sector could be one. */
	if (!partitions_attach(m, d, disk->cdrom))
		add_file_system(m, d);
}

/* The disks that are there get their slots. */
static void put_slots(struct machine *m, const char *disks)
{
	for (size_t i = 0; i < m->disks->n_devices; i++) {
		struct block_device *d = m->disks->devices[i];
		struct handle *h = d->unplaced ? handle_of(m, d->handle) : NULL;
		struct protocol_interface *p = h ? handle_protocol(h, &uefi_device_path) : NULL;

		/* A guest that freed memory which is none of its own may have put a handle there. */
		if (!p || h->disk != d->letter)
			continue;
		device_put_slot(m, d, disks, &d->path);
		d->unplaced = false;
		(void)!guest_write8(m->ram, gaddr_add(p->interface, SLOT_AT),
			(uint8_t)buf_bytes(&d->path)[SLOT_AT]);
	}
}

static void emit_all(void *ctx, const struct platform_view *view)
{
	struct machine *m = ctx;
	const struct disks *disks = disks_of(m);

	for (const char *letter = view->disks; *letter; letter++)
		for (size_t i = 0; i < disks->n_devices; i++)
			if (disks->devices[i]->letter == *letter && disks->devices[i]->handle.v)
				emit(m, disks->devices[i], view);
}

void protocols_share_disks(struct machine *m)
{
	platform_each(m->platform, emit_all, m);
	handles_hide(m, put_slots);
}

bool disk_attachment_is_clean(const struct disk_attachment *a)
{
	return disk_overlay_is_clean(a->disk) && (!a->volumes || volumes_are_clean(a->volumes));
}

bool disk_attachment_same(const struct disk_attachment *a, const struct disk_attachment *b)
{
	if (!disk_overlay_same(a->disk, b->disk))
		return false;
	return a->volumes && b->volumes ? volumes_same(a->volumes, b->volumes) : true;
}
