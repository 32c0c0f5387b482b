/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct image itself. Private to image/.
 */
#ifndef ARMVM_IMAGE_PRIVATE_H
#define ARMVM_IMAGE_PRIVATE_H

#include "disk/disk.h"
#include "esp/esp.h"
#include "fat/fat.h"
#include "image/image.h"
#include "image/keys.h"
#include "image/programs.h"
#include "loader/chain.h"
#include "part/part.h"
#include "pe/pe.h"
#include "rootfs/inventory.h"
#include "rootfs/rootfs.h"
#include "uefi/guids.h"

/* Consecutive bytes of a content that are consecutive in another, by its index. */
struct content_piece {
	size_t at;
	uint64_t off, len;
};

/* How an encrypted content was opened. */
struct unlocked {
	size_t at; /* the index of the content that it is stored in */
	struct luks luks;
	struct luks_key key;
	const struct buf *secret; /* the keys' */
	char mapper[64];          /* what the guest's crypttab calls it; "": nothing */
};

/*
 * The content of a partition, a logical volume, a RAID array, or of one of these that is encrypted. Its
 * struct volume, at the same index, borrows from it.
 */
struct content {
	const struct part *part;      /* NULL: none of the table's */
	char *lvm_name, *lvm_path;    /* struct lvm_volume's; NULL: no logical volume */
	unsigned lvm_idle;            /* and its idle */
	char *md_name, *md_uuid;      /* struct md_array's; NULL: no array */
	const char *md_driver;        /* and its driver */
	struct content_piece *pieces; /* of a logical volume */
	size_t n_pieces;
	struct unlocked *unlocked; /* NULL: it is not encrypted */
	bool opened;               /* it is a member of such, and what is made of it is known */
	struct disk *window;
	struct fat *fat; /* at most one of these two is set */
	struct rootfs *rootfs;
	struct rootfs *
		top; /* the same as loaders see it: a btrfs from its top on; NULL: as rootfs shows it */
	char fstype[32], uuid[64], label[128], partuuid[GUID_TEXT_LEN + 1];
	struct err
		why; /* why its files cannot be looked at: ENXIO: a part of it is elsewhere; code 0: they can */
};

/* The answer to a question that is asked once. */
struct kept {
	bool asked;
	int ret;
	struct err err;
};

struct image {
	char *path;
	struct image_options options;
	const struct image *of; /* whose disk, header and table it has (starts.c); NULL: its own */
	struct disk_facts header;

	struct kept disk_kept, parts_kept, esp_kept, esp_inventory_kept, esp_report_kept,
		volumes_kept, root_kept, mounts_kept, inventory_kept, chain_kept, programs_kept;
	struct disk *disk;
	struct part_table *parts;
	const struct part *esp_part;
	struct disk *esp_window;
	struct fat *esp;
	struct esp_inventory esp_inventory;
	struct fat_report esp_report;
	struct content *contents;
	struct disk **btrfs; /* the windows of those contents that are one */
	size_t n_btrfs;
	struct volume *volumes;
	struct chain_view view;
	struct err
		wrong_key;   /* code 0: every key that was given for one of the volumes opened it */
	struct rootfs *base; /* the guest's root file system, one of contents */
	struct rootfs *root; /* the same, or: */
	struct rootfs
		*assembled;  /* a folder of it, or it with another in it (root.c); NULL: neither */
	struct fstab mounts; /* of image_mounts() */
	struct inventory inventory;
	struct boot_chain *chain;
	struct efi_programs programs;
	struct boots *boots; /* of image_boots() */
	void (*release_boots)(struct boots *boots);
	struct guest_state *guest;   /* of guest.c; NULL until first needed */
	struct kernel_state *kernel; /* of kernel.c; the same */
};

/* A range of a file: all of it, or a section of a UKI. */
struct piece {
	const struct volume *volume;
	char *path;
	uint64_t off, len;
};

/* piece.c: reads at most len bytes at `at` in it; fewer only at its end. */
int piece_read(
	const struct piece *p, uint64_t at, void *bytes, size_t len, size_t *got, struct err *err);
/* Its bytes as a source; p must live as long. */
struct pe_source piece_source(struct piece *p);

/* A file of a FAT, and its bytes as a source; file must live as long. */
struct fat_file {
	struct fat *fat;
	const struct fat_entry *entry;
};
struct pe_source fat_file_source(struct fat_file *file);

/* "/boot/initrd.img-6.1.0", "ESP:/EFI/...": freed by the caller. */
char *piece_where(const struct piece *p);

/* piece.c: the volume whose files these are; NULL: none. */
const struct volume *volume_of(const struct image *image, const struct rootfs *fs);
/*
 * Where the guest's file is: its volume (NULL: none), and the path as loaders name it, from the top of a btrfs on, which the
 * caller frees. -ENOENT: it is not there.
 */
int guest_file(const struct image *image, struct rootfs *fs, const char *file,
	const struct volume **volume, char **path, struct err *err);

/* guest.c: begins to unpack the initrd that the chain names; and ends all of that. */
void image_guest_start(struct image *image);
void image_guest_free(struct image *image);
/* guest.c: the kernel of the inventory that boots, which is of this version (NULL: not known); NULL: none. */
const struct guest_kernel *image_find_kernel(const struct image *image, const char *version);

/* guest.c: the last bytes of the initrd that boots, at most max. */
int image_initrd_tail(struct image *image, size_t max, struct buf *tail);

/* configure.c: has the chain's default entry have the command line that a bootconfig makes of it. */
void image_configure(struct image *image);

/* kernel.c: forgets what is known of the kernel that boots. */
void image_kernel_free(struct image *image);

/* image.c: opens the FAT of a partition as the image's ESP. */
int image_open_esp(struct image *image, const struct part *part, struct err *err);
/* starts.c: whether a boot manager takes what is at the removable media path for a program. */
int start_is_on(struct fat *fat, bool *is, struct err *err);

/* volumes.c: fills contents, volumes and view; and frees them. */
int image_load_volumes(struct image *image, struct err *err);
void image_free_volumes(struct image *image);

/* volumes.c: whether it is a partition with that role; and the files of a volume, NULL: they are not read by rootfs/. */
bool content_has_role(const struct content *c, enum uefi_part_role role);
struct rootfs *image_rootfs_of(const struct image *image, const struct volume *v);

/* root.c: which of the contents is the guest's root, and which its separate /boot (or NULL). */
int image_load_root(struct image *image, struct err *err);
struct rootfs *image_boot_fs(struct image *image);

/* What libblkid says of it. */
int content_probe(struct content *c, struct err *err);

/* Adds the RAID arrays and logical volumes that are made of the contents, and what is encrypted (stacked.c). */
void image_load_stacked(struct image *image);

/* stacked.c: makes room for more contents, zeroed, behind those that there are. */
void image_grow_contents(struct image *image, size_t more);

/* encrypted.c: adds what the contents from that index on hold that keys were given for. */
void image_load_encrypted(struct image *image, size_t from);
/* encrypted.c: what the guests' crypttabs call these; asked when all is open. */
void image_name_encrypted(struct image *image);

#endif
