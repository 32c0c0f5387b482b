/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts about one image, gathered when first asked for and kept: the checks,
 * the reports and the repairs all ask here, and nothing is read twice.
 *
 * image_open() looks at the file's header only; whether the disk in it can be
 * opened is asked by image_disk(). Each image_X() function answers 0 and sets
 * *out to something that belongs to the image, or answers the error of the
 * first attempt again, -ENOENT meaning "this image has none". image_have_X()
 * is the same question without the answer's value.
 *
 * Nothing here writes to the image.
 */
#ifndef ARMVM_IMAGE_IMAGE_H
#define ARMVM_IMAGE_IMAGE_H

#include "base/buf.h"
#include "base/err.h"
#include "loader/volume.h"

struct boot_chain;
struct chain_entry;
struct chain_view;
struct disk;
struct disk_facts;
struct efi_programs;
struct esp_inventory;
struct fat;
struct fat_report;
struct image;
struct image_keys;
struct inventory;
struct part;
struct part_table;
struct rootfs;
struct rootfs_facts;
struct volume;

/* What the caller wants to be done with an image beyond reading it. */
struct image_options {
	bool boot_emulator; /* boot it with armvm-firmware */
	bool boot_scenarios; /* on every machine of armvm-image-scenarios(7), not on the first alone */
	bool boot_edk2;      /* and in QEMU with edk2 */
	bool boot_uboot;     /* and with U-Boot */
	const char *until; /* "kernel", "init" or "login": what counts as booted; NULL: kernel */
	bool verify_reuse; /* have armvm-firmware play what it would reuse, and compare */
	unsigned boot_seconds;   /* patience with each boot; 0: the default */
	struct image_keys *keys; /* of encrypted volumes; borrowed; NULL: none */
};

/*
 * Opens the file and reads its header. -EINVAL: not a regular file or block
 * device; else what the system said. options may be NULL (no boots) and is
 * copied.
 */
int image_open(
	const char *path, const struct image_options *options, struct image **out, struct err *err);
/* The same for a file that is open already, and is the image's from now on; path is its name. */
int image_open_fd(int take_fd, const char *path, const struct image_options *options,
	struct image **out, struct err *err);
void image_close(struct image *image);
DEFINE_CLEANUP(struct image, image_close)

const char *image_path(const struct image *image);
const struct image_options *image_options(const struct image *image);

/* The container: format and header facts; always there. */
const struct disk_facts *image_header(const struct image *image);

/* The disk as the VM sees it. Fails when the container is one that must not be opened. */
int image_disk(struct image *image, struct disk **out, struct err *err);

/* Whether it is a CD as well (ECMA-119), and if so the volume's name, "" when it has none. */
#define IMAGE_CD_LABEL 33
bool image_cd(struct image *image, char label[IMAGE_CD_LABEL]);

/* MBR and both GPT copies, with all that is wrong in them. */
int image_parts(struct image *image, const struct part_table **out, struct err *err);

/*
 * The FAT file system of the ESP, and what is in it: of several the first that has a program at the
 * removable media path, or the first when none has.
 */
int image_esp(struct image *image, struct fat **out, struct err *err);
int image_esp_inventory(struct image *image, const struct esp_inventory **out, struct err *err);

/* What fat_verify() finds in that file system. */
int image_esp_report(struct image *image, const struct fat_report **out, struct err *err);

/* The partition that image_esp() is in. Same answer. */
int image_esp_part(struct image *image, const struct part **out, struct err *err);

/* Whether a partition, of whatever type, has a FAT with a program at the removable media path. */
int image_may_start(struct image *image, const struct part *part, bool *may, struct err *err);

/*
 * Calls fn for each place that firmware may start the image from instead of its ESP: another ESP, or a partition that
 * stands before its own. `other` is the same image as it is when it is started from `part`, which is its ESP then; it
 * shares the disk, nothing of it is booted, and it is gone when fn is back. Returns 0, or the first error, also fn's.
 */
typedef int image_start_fn(
	void *arg, const struct part *part, struct image *other, struct err *err);
int image_each_start(struct image *image, image_start_fn *fn, void *arg, struct err *err);
/* Whether it is one that image_each_start() makes. */
bool image_is_started_from(const struct image *image);

/*
 * Every partition that libblkid knows the content of, with its names and, as
 * far as they can be opened, its files. File systems other than FAT, ext, xfs,
 * btrfs and squashfs start the libguestfs appliance here.
 */
int image_volumes(struct image *image, const struct chain_view **out, struct err *err);

/*
 * What the superblock of one of those volumes says; NULL when it is none that
 * is read by rootfs/ (FAT, LUKS without a key).
 */
const struct rootfs_facts *image_volume_facts(
	const struct image *image, const struct volume *volume);

/*
 * The files of one of those volumes: one of *fat and *root is set, or neither
 * when its files cannot be looked at.
 */
void image_volume_files(const struct image *image, const struct volume *volume, struct fat **fat,
	struct rootfs **root);

/*
 * Whether one of n paths is there, and is no folder, once Linux has mounted a volume with these options ("ro,subvol=@";
 * NULL: none), which choose a subvolume of a btrfs.
 */
enum presence image_mount_has(const struct image *image, const struct volume *volume,
	const char *options, const char *const *paths, size_t n);
/* Whether these options choose a subvolume that is there, or none; ABSENT: err has what is wrong, else why it is not known. */
enum presence image_has_subvolume(const struct image *image, const struct volume *volume,
	const char *options, struct err *err);
/* The same of files that are shown already. */
enum presence image_rootfs_has(struct rootfs *root, const char *const *paths, size_t n);

/* -ENOKEY: a key that was given for one of the volumes does not open it. */
int image_wrong_key(struct image *image, struct err *err);

/* Disks that one stands on. Starts zeroed. */
struct image_stack {
	struct disk **v;
	size_t n;
};

void image_stack_release(struct image_stack *stack);
DEFINE_RELEASE(struct image_stack, image_stack_release)

/*
 * The bytes of one of those volumes in another disk that has them at the same places, such as a copy:
 * what is written to *out, which is stack's, lands in base. -ENOTSUP: its bytes lie in several
 * places at once.
 */
int image_volume_on(struct image *image, const struct volume *volume, struct disk *base,
	struct image_stack *stack, struct disk **out, struct err *err);

/*
 * What a volume lies in, itself first: what it is made of, and what that is stored in. How many, of the at most max that are
 * put in out.
 */
size_t image_volume_below(const struct image *image, const struct volume *volume,
	const struct volume **out, size_t max);
/* Whether it cannot be used because a part of it is on another disk, or a device that has to be named; *why is the image's. */
bool image_volume_lacks(const struct image *image, const struct volume *volume, const char **why);

/*
 * The root hash that dm-verity's hashes on a volume, whose superblock is at that byte, have for the data on another: the caller
 * frees it. Of the hashes the top alone is read. -EUCLEAN: no device can be made of them; -ENOTSUP: not known here.
 */
int image_verity_root(const struct image *image, const struct volume *hashes, uint64_t at,
	const struct volume *data, char **hex, struct err *err);

/* How an appliance opens what a volume is stored in. */
struct image_lock {
	char device[272];         /* "/dev/sda2", "/dev/vg/lv" */
	const struct buf *secret; /* NULL: it is not encrypted */
};
int image_volume_lock(
	struct image *image, const struct volume *volume, struct image_lock *lock, struct err *err);

/* The volume that image_rootfs() is, or is in; NULL when there is none. */
const struct volume *image_root_volume(struct image *image);
/* Whether image_rootfs() is put together from parts: then paths in it are not those in the volume. */
bool image_root_assembled(struct image *image);

/*
 * The guest's root file system: the partition that has /etc/os-release or
 * /usr/lib/os-release, the DPS root type first; with the /usr of its own that the guest mounts; or the deployment
 * of OSTree's that the default entry names.
 */
int image_rootfs(struct image *image, struct rootfs **out, struct err *err);
int image_inventory(struct image *image, const struct inventory **out, struct err *err);
/* rootfs_take_doubt() of the image's file systems, so far as they have been opened. */
int image_take_doubt(struct image *image, struct err *err);

/* From \EFI\BOOT\BOOTAA64.EFI to the kernel. */
int image_chain(struct image *image, const struct boot_chain **out, struct err *err);

/* The chain, the volumes that it leads through, and its default entry; NULL: none. */
struct image_way {
	const struct boot_chain *chain;
	const struct chain_view *view;
	const struct chain_entry *entry;
};
int image_way(struct image *image, struct image_way *out, struct err *err);

/* That entry alone; NULL also where there is no chain, or it cannot be known. */
const struct chain_entry *image_default_entry(struct image *image);

/*
 * What the kernel was handed in the boots, all of which agree. digests are of
 * the file that was started as the kernel, and of the initrd, in hex; NULL and
 * 0: not known, and none.
 */
struct image_handed {
	const char *command_line, *version;
	uint64_t kernel_size, initrd_size;
	const char *kernel_sha256, *initrd_sha256;
};

/* Has the chain settled by the boots (chain_settle()). Before anything is asked of the guest's kernel or initrd. */
int image_settle(struct image *image, const struct image_handed *handed, struct err *err);

/* The EFI programs on the ESP that the chain is made of, with what is in their headers and signatures. */
int image_programs(struct image *image, const struct efi_programs **out, struct err *err);

/*
 * The place of what boots of the image came to, which checks/ makes once: NULL
 * until it is there. `release` frees it when the image is closed.
 */
struct boots;
struct boots **image_boots(struct image *image, void (*release)(struct boots *boots));

/* For struct check's needs. */
int image_have_parts(struct image *image, struct err *err);
int image_have_gpt(struct image *image, struct err *err);
int image_have_esp(struct image *image, struct err *err);
int image_have_inventory(struct image *image, struct err *err);
int image_have_chain(struct image *image, struct err *err);
int image_have_boot(struct image *image, struct err *err);

#endif
