/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the protocols for disks and files share: a block device is a disk or a
 * partition of one, and the host state of BlockIo, BlockIo2, DiskIo, DiskIo2
 * and SimpleFileSystem alike.
 */
#ifndef ARMVM_FIRMWARE_PROTO_DISKS_H
#define ARMVM_FIRMWARE_PROTO_DISKS_H

#include "firmware/machine/machine.h"
#include "firmware/proto/protocol.h"
#include "firmware/services/service.h"
#include "uefi/device_path.h"
#include "uefi/protocols.h"

struct disk;
struct fs;
struct fs_node;
struct part_mbr;
struct platform_view;
struct volumes;

/* Partitions of one disk that become handles. */
#define PARTITIONS_MAX 128

/* Files that guests have open at once. */
#define OPEN_FILES_MAX 4096

struct block_device {
	struct gaddr handle;
	unsigned number;   /* the handle's, for events */
	struct disk *view; /* what is read and written: the disk, or a window of it */
	uint64_t start;    /* of a partition: bytes from the disk's start */
	unsigned block_size;
	uint64_t blocks;
	bool removable, read_only, partition;
	char letter;   /* the disk's: see struct disk_attachment */
	bool unplaced; /* which slot it is in depends on the machine's other disks */
	bool system; /* a partition that is a system partition: of ESP type, or El Torito's for EFI */
	bool flagged; /* a partition that its table calls bootable for a BIOS: GPT's attribute, MBR's active */
	struct gaddr media;      /* EFI_BLOCK_IO_MEDIA, which BlockIo and BlockIo2 share */
	struct buf path;         /* the device path, with its end */
	struct fs *fs;           /* NULL: no file system that the firmware can read */
	struct volumes *volumes; /* whose fs is; NULL: the device's own */
	unsigned writes;         /* how often it was written to */
};

struct open_file {
	struct gaddr address; /* the EFI_FILE_PROTOCOL that the guest was given */
	struct block_device *device;
	struct fs_node *node;
	uint64_t position;
	bool writable;
	uint64_t read, written; /* bytes */
};

struct disks {
	struct block_device **devices;
	size_t n_devices;
	unsigned image_disks; /* how many of letter PLATFORM_IMAGE there are */
	bool media_resolved;
	unsigned n_media;           /* in guest_exact() */
	struct gaddr file_template; /* an EFI_FILE_PROTOCOL to copy */
	struct open_file *files;
	size_t n_files;
};

/* Made by the first disk. */
struct disks *disks_of(struct machine *m);

/* The device of a handle; NULL when it is none of ours. */
struct block_device *device_on(struct machine *m, struct gaddr handle);

/* Makes of its device path what it is on a machine with these disks. */
void device_put_slot(
	const struct machine *m, const struct block_device *d, const char *disks, struct buf *path);
/* Whether it is a removable medium as the platform is seen. */
bool device_removable_in(const struct block_device *d, const struct platform_view *view);

/* block_io.c: asks the platform whether the image's media are removable; from then on they are what they are. */
void media_resolve(struct machine *m);
/* After BlockIo or BlockIo2 came to a handle: its media are resolved when a guest gets it. */
void media_installed(
	struct machine *m, struct handle *h, const struct guid *guid, const struct block_device *d);

/* partition.c: the partitions of a device; how many there were. */
size_t partitions_attach(struct machine *m, const struct block_device *disk, bool cdrom);

/* Whether it has the record that makes a GPT's disk one (5.2.3), as strict as edk2 is. */
bool partitions_protected(const struct part_mbr *mbr);

/* gpt_repair.c: writes a copy of the GPT that is no good anew from the other one, as edk2 does. */
void gpt_repair(struct machine *m, const struct block_device *disk);

/*
 * attach.c: makes a handle of the part [start, start + size) bytes of disk with
 * this path (its content is copied), and what belongs to a block device.
 */
struct block_device *device_add(struct machine *m, const struct block_device *disk, uint64_t start,
	uint64_t size, const struct buf *path);

/* EFI_BLOCK_IO2_TOKEN and EFI_DISK_IO2_TOKEN: an event, and the status that it is signalled with. */
#define IO_TOKEN_SIZE 16
/*
 * io_token.c: what BlockIo2 and DiskIo2 share. Their calls have This, MediaId, a place, Token, BufferSize, Buffer;
 * offset is that place in bytes. Who asks has checked the other arguments. Everything is done at once: without an
 * event a call ends by the status of what it did. With one the status is left in the token and the event
 * signalled, and the call itself has succeeded.
 */
bool io_token_ok(struct machine *m, const struct call *c);
efi_status io_token_read(
	struct machine *m, const struct call *c, struct block_device *d, uint64_t offset);
efi_status io_token_write(
	struct machine *m, const struct call *c, struct block_device *d, uint64_t offset);
/* This, Token. d NULL: there is no such device. */
efi_status io_token_flush(struct machine *m, const struct call *c, const struct block_device *d);

/* Of block_io.c, block_io2.c, disk_io.c, disk_io2.c, simple_fs.c: install one protocol. */
void block_io_install(struct machine *m, struct handle *h, struct block_device *d);
void block_io2_install(struct machine *m, struct handle *h, struct block_device *d);
void disk_io_install(struct machine *m, struct handle *h, struct block_device *d);
void disk_io2_install(struct machine *m, struct handle *h, struct block_device *d);
void simple_fs_install(struct machine *m, struct handle *h, struct block_device *d);

/* Reads or writes bytes between a device and the guest, which the caller has checked to be there. */
efi_status device_read(
	struct machine *m, struct block_device *d, uint64_t off, struct gaddr to, uint64_t len);
efi_status device_write(
	struct machine *m, struct block_device *d, uint64_t off, struct gaddr from, uint64_t len);
/* What BlockIo's ReadBlocks() and WriteBlocks() answer to such arguments (13.9.2, 13.9.3). */
efi_status device_check_blocks(struct machine *m, const struct block_device *d, uint32_t media_id,
	uint64_t lba, uint64_t size, struct gaddr buffer);
/* The same for DiskIo, which reads and writes bytes (13.7.2, 13.7.3). */
efi_status device_check_bytes(struct machine *m, const struct block_device *d, uint32_t media_id,
	uint64_t off, uint64_t size, struct gaddr buffer);
#define MEDIA_ID 0 /* as edk2's virtio driver has it; media never change here */

/* file.c: opens a node; the guest's address of it in *out. */
efi_status file_open(struct machine *m, struct block_device *d, struct fs_node *node, bool writable,
	struct gaddr *out);
/* Makes the interface that open files are copies of, while there is memory. */
void file_prepare(struct machine *m);
void files_release(struct disks *disks);
/* Adds those that are open to out. */
void files_encode(const struct disks *disks, struct buf *out);
/* NULL when the guest has no such file open. */
struct open_file *file_of(struct machine *m, struct gaddr address);
/* Before a file system is changed: what time it is. */
void file_set_time(struct machine *m, const struct open_file *f);
void file_event(struct machine *m, const struct open_file *f, const char *what);

/* file_info.c */
call_handler file_get_info, file_set_info;

#endif
