/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a boot loader sees of a disk: its file systems, each with the names it
 * can be searched by and a way to look at its files. The loader room's
 * parsers and the chain walker get at files through this alone, so that they
 * can be tested and fuzzed without a disk.
 *
 * "Undetermined" is an answer of its own: a file system that could not be
 * opened has readable = false, and a callback that fails with something else
 * than -ENOENT leaves the question open. Nobody may turn that into "missing".
 */
#ifndef ARMVM_LOADER_VOLUME_H
#define ARMVM_LOADER_VOLUME_H

#include "base/buf.h"
#include "base/err.h"

struct fat;
struct rootfs;

#define VOLUME_NAME_MAX 96
#define VOLUME_LIST_MAX 4096 /* names in one folder */

enum file_type {
	FILE_REGULAR = 1,
	FILE_DIR,
	FILE_OTHER,
};

struct file_info {
	enum file_type type;
	uint64_t size; /* bytes; 0 for anything but a regular file */
	int64_t mtime; /* seconds since 1970; 0: not known */
};

/*
 * Paths are absolute, with '/', and follow symbolic links inside the file
 * system. stat, read and list return -ENOENT when there is no such thing.
 */
struct volume_ops {
	int (*stat)(void *ctx, const char *path, struct file_info *info, struct err *err);
	/* Reads up to len bytes at off; *got says how many (fewer only at the end of the file). */
	int (*read)(void *ctx, const char *path, uint64_t off, void *buf, size_t len, size_t *got,
		struct err *err);
	/* Adds the names in a directory, "." and ".." not among them, to names: VOLUME_LIST_MAX + 1 at most. */
	int (*list)(void *ctx, const char *path, struct strlist *names, struct err *err);
	/* How many symbolic links are followed on the way to what is there; NULL: there are none. */
	int (*links)(void *ctx, const char *path, unsigned *links, struct err *err);
};

/* One file system. The strings belong to whoever made the volume; NULL: has none. */
struct volume {
	unsigned number; /* its partition's number, from 1; 0: not a partition */
	bool is_esp;
	bool is_root;     /* DPS's root partition for AArch64 */
	bool no_auto;     /* its attributes say that nothing mounts it by its type */
	bool is_xbootldr; /* DPS's extended boot loader partition, which systemd-boot reads, too */
	bool readable;    /* false: its files cannot be looked at */
	bool by_firmware; /* the firmware reads its files, too: FAT on a partition */
	const char *fstype; /* as libblkid says: "vfat", "ext4", "crypto_LUKS" ... */
	const char *packed; /* squashfs: how what is in it is compressed, "zstd"; NULL: not known */
	const char *uuid;
	const char *label;
	const char *partuuid; /* lower case */
	const char *partlabel;
	/* btrfs: the path from its top of what a mount without options shows; NULL or "": the top. */
	const char *default_subvolume;
	const char *lvm_name;  /* of a logical volume: "vg-root", below /dev/mapper */
	const char *lvm_path;  /* and "vg/root", below /dev */
	unsigned lvm_idle;     /* and what keeps it from being activated: bits of enum lvm_idle */
	const char *md_name;   /* of a RAID array, below /dev/md; may be "" */
	const char *md_uuid;   /* and its UUID as mdadm writes it */
	const char *md_driver; /* and the kernel's module for its level; NULL: not known */
	const char *luks_uuid; /* of what an encrypted volume holds: its UUID */
	const char *mapper;    /* and what the guest calls it below /dev/mapper; "": not known */
	bool needs_key;        /* a boot loader has to ask for a passphrase before it sees it */
	bool opened;           /* it holds volumes of its own, and they are in the view */
	bool unread;           /* what it holds could not even be looked at */
	const struct volume_ops *ops; /* NULL when not readable */
	void *ctx;
};

/* The disk. The array belongs to the caller and outlives what is made from it. */
struct chain_view {
	const struct volume *volumes;
	size_t n;
	const struct volume *esp; /* where the firmware looks; NULL: there is none */
	bool is_cd; /* the whole disk has an ISO 9660 file system as well, which is none of the volumes */
};

enum presence {
	ABSENT,
	PRESENT,
	PRESENCE_UNKNOWN,
};

/*
 * Whether the firmware has a file system for the volume: it reads FAT on partitions (UEFI 2.10 13.3), some read
 * ISO 9660 and UDF, and none what Linux and GRUB read beside these.
 */
enum presence volume_by_firmware(const struct volume *v);

/* Fill in readable, ops and ctx; what is given must outlive the volume. */
void volume_set_fat(struct volume *v, struct fat *fat);
void volume_set_rootfs(struct volume *v, struct rootfs *rootfs);
/* Nothing is in it for anybody: it lacks a part without which it is not opened. */
void volume_set_nothing(struct volume *v);

/*
 * Loaders name files on btrfs from its top on, "/@rootfs/boot/vmlinuz", while a
 * struct rootfs shows one subvolume. The same path within that subvolume ("":
 * there is none, and the path stays), or NULL when it leads elsewhere.
 */
const char *volume_in_subvolume(const char *subvolume, const char *path);

/* What is against a file at a path of which volume_stat() says this: "which is a folder"; NULL: nothing. v may be NULL. */
const char *volume_no_file(const struct volume *v, const char *path, enum presence presence);

/* Whether path is there; info (may be NULL) is filled when it is PRESENT. */
enum presence volume_stat(const struct volume *v, const char *path, struct file_info *info);

/* Whether GRUB follows all symbolic links on the way to what is there, which it bounds (grub-core/fs/fshelp.c, btrfs.c). */
bool volume_grub_follows(const struct volume *v, const char *path);

/*
 * Reads a whole file of at most max bytes; a larger one is -EFBIG. Adds to
 * out. -ENOENT when there is none, -EOPNOTSUPP when v is not readable.
 */
int volume_read(
	const struct volume *v, const char *path, size_t max, struct buf *out, struct err *err);

/*
 * The same for who reads a file that need not be there: PRESENT with what is in it, ABSENT, or unknown, and err
 * says why: it cannot be read, or is larger.
 */
enum presence volume_file(
	const struct volume *v, const char *path, size_t max, struct buf *out, struct err *err);

/* The first max bytes of a file (all of it when it is smaller). */
int volume_read_head(
	const struct volume *v, const char *path, size_t max, struct buf *out, struct err *err);

/*
 * The SHA-256 of a whole file in hex, and its size in bytes. -EFBIG beyond
 * VOLUME_HASH_MAX: a hole of terabytes costs an image nothing.
 */
#define VOLUME_HASH_MAX (UINT64_C(1) << 30)
int volume_sha256(
	const struct volume *v, const char *path, char hex[65], uint64_t *size, struct err *err);

/*
 * Of a file that is compressed as a whole: the same of what GRUB reads of it, which alone of the loaders unpacks what
 * it opens (grub_packed.h). -EUCLEAN: it is damaged, or GRUB does not open it; the text says which.
 */
int volume_unpack_head(
	const struct volume *v, const char *path, size_t max, struct buf *out, struct err *err);
int volume_unpack_sha256(const struct volume *v, const char *path, char hex[65], struct err *err);
/* "gzip", "xz" ...: how the file is compressed; NULL when it is not, or cannot be read. */
const char *volume_packed(const struct volume *v, const char *path);
/* By what GRUB's modules unpack it, from outside in; formats has room for VOLUME_LAYERS. */
#define VOLUME_LAYERS 3
size_t volume_packed_layers(const struct volume *v, const char *path, const char **formats);

/* -EFBIG when there are more than VOLUME_LIST_MAX. */
int volume_list(const struct volume *v, const char *path, struct strlist *names, struct err *err);
/*
 * The same for who reads a folder that need not be there: PRESENT with its names, ABSENT, or
 * unknown, and err says why: it cannot be read, or holds too many.
 */
enum presence volume_folder(
	const struct volume *v, const char *path, struct strlist *names, struct err *err);

/* What a squashfs's superblock of SQUASHFS_HEAD bytes says of its compression; NULL: nothing that is known. */
#define SQUASHFS_HEAD 22
const char *volume_squashfs_packed(const uint8_t *head);

/* UUIDs compare without case, labels with. */
bool volume_has_uuid(const struct volume *v, const char *uuid);
bool volume_has_label(const struct volume *v, const char *label);

/* The first that has it; NULL: none. */
const struct volume *view_by_uuid(const struct chain_view *view, const char *uuid);
const struct volume *view_by_label(const struct chain_view *view, const char *label);
const struct volume *view_by_number(const struct chain_view *view, unsigned number);

/*
 * Whether file systems may lie inside of something that is not looked into:
 * LUKS, LVM, RAID. What is not found may then be in there.
 */
bool view_has_containers(const struct chain_view *view);

/* "ESP", "partition 2": for messages. buf holds VOLUME_NAME_MAX bytes; returns it. */
const char *volume_name(const struct volume *v, char *buf);

/* Makes '/' of '\\', exactly one '/' in front and between, resolves "." and "..". Freed by the caller. */
char *path_clean(const char *path);

#endif
