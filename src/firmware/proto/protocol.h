/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Protocols that the firmware offers: one per file, with a static table of
 * struct service rows over the interface's function pointers, and a function
 * that builds the interface in guest memory and installs it on a handle. This
 * header has what the files offer to each other and to the boot manager.
 */
#ifndef ARMVM_FIRMWARE_PROTO_PROTOCOL_H
#define ARMVM_FIRMWARE_PROTO_PROTOCOL_H

#include "base/buf.h"
#include "firmware/core/handles.h"

struct machine;
struct disk;
struct key_script;
struct volumes;

/*
 * Makes an interface of `size` bytes (zeroed, in boot services data) with the
 * rows' functions in it, and installs it on h; host: a state of the machine's
 * (machine/state.h), or NULL. The caller fills in the data fields. Aborts when guest memory is out at start-up.
 */
struct service;
struct gaddr protocol_install(struct machine *m, struct handle *h, const struct guid *guid,
	size_t size, const struct service *rows, size_t n, void *host);

/*
 * What of the optional hardware there is. All zero is ArmVirtQemu without a
 * display, which VM-16 and VM-22 ask images to be content with: a serial
 * console, so that everything shown is text that a verdict can quote. With
 * `gop`, Debian's GRUB switches to drawing its menu in pixels.
 */
struct protocols_config {
	bool console;                  /* emit all text output as "console" events */
	bool gop;                      /* a display of 1024x768 */
	bool tpm;                      /* EFI_TCG2_PROTOCOL, whatever the platform says */
	bool memory_attribute;         /* EFI_MEMORY_ATTRIBUTE_PROTOCOL, which records only */
	const struct key_script *keys; /* keys that are pressed, or NULL; outlives the machine */
};

/*
 * Everything that belongs to no disk: consoles, GOP, RNG, collation, device
 * path utilities ... Sets m->console, and the system table's console fields.
 */
void protocols_init(struct machine *m, const struct protocols_config *config);

/* What becomes of the partition table of a disk when it is attached. */
enum table_rule {
	TABLE_READ,     /* its partitions become handles */
	TABLE_REPAIRED, /* the same, after a damaged copy was written anew (not to the disk's file) */
	TABLE_LEFT,     /* nothing: the boot manager will read it */
};

/*
 * A disk and its partitions become handles with DevicePath, BlockIo, BlockIo2,
 * DiskIo, DiskIo2 and, where the reader of fat/ can read it, SimpleFileSystem. The
 * disk and the volumes belong to the caller, must outlive the machine, and
 * keep what is written to blocks and to files: that is there again when they
 * are attached to the next machine, as after a reset.
 */
struct disk_attachment {
	struct disk *disk; /* disk_overlay(): guests write to it */
	struct volumes
		*volumes; /* of that disk; NULL: what is done to files ends with the machine */
	bool removable;
	bool cdrom;      /* an ISO: El Torito's boot images become partitions */
	unsigned number; /* its place on the bus: the PCI device number in its device path */
	/*
	 * Of a disk that the platform may have (machine/platform.h), or PLATFORM_IMAGE for one that may
	 * be removable; 0: it is there, as it is. Where other letters than PLATFORM_IMAGE stand on the
	 * bus the platform says, not number.
	 */
	char letter;
	enum table_rule table;
};
void protocols_attach_disk(struct machine *m, const struct disk_attachment *disk);

/* Once all disks with letters are attached: emits which there are, and hides them until a guest asks. */
void protocols_share_disks(struct machine *m);

/*
 * The PCI device number of a disk by its letter among a platform's: the image's begin at
 * DISK_SLOT_IMAGE whatever is in front of them, so that their paths are the same on all.
 */
#define DISK_SLOT_IMAGE 5
unsigned disk_slot(const char *disks, char letter, unsigned image_disks);

/* Whether nothing was written, neither to blocks nor to files. */
bool disk_attachment_is_clean(const struct disk_attachment *a);
/* Whether the same was written to both, which have the same disk below (fs/volumes.h). */
bool disk_attachment_same(const struct disk_attachment *a, const struct disk_attachment *b);

#endif
