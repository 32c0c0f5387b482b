/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files inside a guest's file system, whatever its type. Behind one set of
 * functions stand libext2fs for ext2, ext3 and ext4, readers of our own for
 * xfs and btrfs, and libsquashfs for squashfs (all in this process: no root, no appliance, any struct disk,
 * 100 ms matter), and a libguestfs appliance (seconds) for every other type and
 * for writing to all but ext.
 *
 * Paths are absolute ("/boot/vmlinuz"), UTF-8 or not, and are resolved inside
 * the file system: an absolute symbolic link starts at its root again, ".."
 * stops there, and at most 40 links are followed. A path never leads out.
 *
 * The content is hostile: every function is bounded in time and memory and
 * returns -EUCLEAN for structures that contradict each other. Ordinary
 * results are -ENOENT, -ENOTDIR, -EISDIR, -ELOOP, -EFBIG; -EIO is the disk's.
 *
 * One struct rootfs is used by one thread at a time.
 */
#ifndef ARMVM_ROOTFS_ROOTFS_H
#define ARMVM_ROOTFS_ROOTFS_H

#include "base/buf.h"
#include "base/err.h"

struct disk;
struct rootfs;

struct rootfs_source {
	/*
	 * The bytes of the file system itself: a bare image, or a window on a
	 * partition. It must outlive the struct rootfs. Needed for ext, xfs, btrfs and squashfs;
	 * for writing to ext it must be writable (an overlay, or an output).
	 */
	struct disk *disk;
	/* What libblkid calls it: "ext4", "xfs", "btrfs" ... */
	const char *type;
	/*
	 * Where libguestfs finds the same: an image file, its format as QEMU
	 * names it ("raw", "qcow2"), and the partition's number, counted from 1;
	 * 0 when the file is the file system. path may be NULL for ext.
	 */
	const char *path;
	const char *format;
	unsigned partition;
	/* Or the logical volume in it, "vg/root"; NULL: none. */
	const char *logical;
	/* What is opened first, for libguestfs: "/dev/sda2", with a passphrase; NULL: nothing is encrypted. */
	const char *locked;
	const struct buf *secret;
	/*
	 * btrfs: which subvolume is shown. NULL: the one that has the system; "": the one that a mount without
	 * options shows; "/": the top of the file system; else its path from there, "@/home".
	 */
	const char *subvolume;
	/* The same by its number; 0: by the name. With both, -ENOENT where they are of different ones. */
	uint64_t subvolume_id;
	/* btrfs: all that may be another device of the same file system, disk among them; none: it has no other. */
	struct disk *const *devices;
	size_t n_devices;
	/*
	 * As GRUB reads it: no log is replayed, content of a btrfs is not held against checksums, and a snapshot shows
	 * the subvolumes that were in what it was made of, where Linux has empty folders.
	 */
	bool as_loader;
	/*
	 * An appliance is started when the first file is asked for, and not before: most file systems that it alone reads are
	 * never asked. Until then the facts have no more than the type, and opening succeeds.
	 */
	bool later;
	/* Allow the functions that change something. Refused for a dirty journal. */
	bool writable;
	/* Seconds since 1970 for superblock times when writing. */
	int64_t now;
};

/* What the superblock says. Texts are printable: other bytes are shown as '?'. */
struct rootfs_facts {
	char type[16];       /* "ext4" */
	char uuid[37];       /* lower case; "" when the type has none */
	char label[256 + 1]; /* "" when unset */
	uint64_t size;       /* bytes that it claims */
	uint64_t free;       /* bytes; 0 when not known */
	uint32_t block_size;
	bool dirty_journal;      /* mounted when the image was taken: the journal needed a replay */
	bool unclean;            /* not unmounted cleanly, or never checked since */
	bool errors;             /* the kernel or fsck recorded errors in it */
	char last_mount[64 + 1]; /* the mount point it was last seen at; "" when not known */
	/* ext: the features in use over which GRUB refuses to read it, "inline_data casefold"; or "". */
	char not_for_grub[64];
	/*
	 * btrfs: the subvolume that is shown as the root, and the one that a mount without options shows, by their
	 * paths from the top of the file system ("@/.snapshots/1/snapshot"); "" when it is the top, or not known.
	 */
	char subvolume[256];
	char default_subvolume[256];
	uint64_t subvolume_id; /* the number of the one that is shown; 0: not known */
	unsigned devices;      /* btrfs: that it lies on; else 0 */
	/* Something the user should hear about how this was read, or "": e.g. a retry under TCG. */
	char note[256];
};

/*
 * Opens the backend that fits src->type. -ENOTSUP: features that libext2fs
 * does not know, or a type that the appliance cannot mount; -ENXIO: a part of it is on another device;
 * -EUCLEAN: damaged, or larger than its disk. A dirty journal is no error when reading: the facts
 * say so, and files are what they are once it is replayed, or -ENOTSUP (see as_loader).
 */
int rootfs_open(struct rootfs **out, const struct rootfs_source *src, struct err *err);
/* Whether the next question about a file starts an appliance. */
bool rootfs_is_pending(const struct rootfs *fs);

/*
 * For a supervisor (base/broker.h): opens src with the appliance and answers what is asked at the
 * socket fd, until that is closed.
 */
void rootfs_serve(int fd, const struct rootfs_source *src);

/*
 * Writes out everything that was changed. Must be called once when something
 * was; after it only rootfs_facts() and rootfs_close() may be called.
 */
int rootfs_commit(struct rootfs *fs, struct err *err);

/* Without rootfs_commit(), what was changed is in an undefined state. */
void rootfs_close(struct rootfs *fs);
DEFINE_CLEANUP(struct rootfs, rootfs_close)

const struct rootfs_facts *rootfs_facts(const struct rootfs *fs);

enum rootfs_type {
	ROOTFS_OTHER, /* devices, sockets, pipes; or a type the directory does not give */
	ROOTFS_FILE,
	ROOTFS_DIR,
	ROOTFS_LINK,
};

struct rootfs_stat {
	enum rootfs_type type;
	uint32_t mode; /* the permission bits, 07777 */
	uint32_t uid, gid;
	uint64_t size;  /* bytes */
	int64_t mtime;  /* seconds since 1970 */
	uint64_t inode; /* the same for hard links */
};

/* Follows links; rootfs_lstat() does not follow the last one. */
int rootfs_stat(struct rootfs *fs, const char *path, struct rootfs_stat *st, struct err *err);
int rootfs_lstat(struct rootfs *fs, const char *path, struct rootfs_stat *st, struct err *err);
/*
 * Whether path exists, after following links. Where it cannot be determined the answer is false, and it is
 * kept that this was a guess: who concludes something from such answers asks rootfs_take_doubt().
 */
bool rootfs_exists(struct rootfs *fs, const char *path);
/* Why the first of those answers since the last call was a guess: -errno; 0: none was. */
int rootfs_take_doubt(struct rootfs *fs, struct err *err);
/* Whether -errno means that there is no such file, rather than that it cannot be determined. */
bool rootfs_is_missing(int r);

/* Sets *target to the link's text, which the caller frees; -EINVAL when path is no link. */
int rootfs_readlink(struct rootfs *fs, const char *path, char **target, struct err *err);

/* How many links, in folders' places, too, are followed on the way to what is at path. */
int rootfs_count_links(struct rootfs *fs, const char *path, unsigned *links, struct err *err);

struct rootfs_entry {
	char *name;
	enum rootfs_type type; /* of the entry itself: a link is ROOTFS_LINK */
};

/* Starts zeroed. */
struct rootfs_dir {
	struct rootfs_entry *v;
	size_t n;
};

/*
 * The directory's entries without "." and "..", in byte order of their
 * names. -EFBIG for more than 100000 entries.
 */
int rootfs_list(struct rootfs *fs, const char *path, struct rootfs_dir *dir, struct err *err);
void rootfs_dir_release(struct rootfs_dir *dir);
DEFINE_RELEASE(struct rootfs_dir, rootfs_dir_release)

/* Appends the file's content to out; -EFBIG when it has more than max bytes. */
int rootfs_read_file(
	struct rootfs *fs, const char *path, size_t max, struct buf *out, struct err *err);

/* The same for a file that is text. */
int rootfs_read_text(
	struct rootfs *fs, const char *path, size_t max, struct text *out, struct err *err);

/*
 * Reads at most len bytes at off into bytes and sets *got, which is less than
 * len only at the end of the file. Made for going through a big file in
 * pieces: the last file's block map is kept.
 */
int rootfs_read_range(struct rootfs *fs, const char *path, uint64_t off, void *bytes, size_t len,
	size_t *got, struct err *err);

/*
 * Below: only for a writable struct rootfs, -EROFS otherwise. Owner and group
 * become 0, and all three times mtime. What is made depends on nothing but the
 * arguments and the file system.
 */

/*
 * A mode for rootfs_write_file(): a file that is replaced keeps mode and owner,
 * and with them, where the backend rewrites it in place, its labels; a new one
 * gets 0644.
 */
#define ROOTFS_KEEP UINT32_MAX

/* Creates or replaces a file; its folder must exist, a link in the last place is replaced. */
int rootfs_write_file(struct rootfs *fs, const char *path, uint32_t mode, const void *bytes,
	size_t len, int64_t mtime, struct err *err);
/* Makes the folders of path that are missing, with mode 0755. */
int rootfs_mkdir_p(struct rootfs *fs, const char *path, int64_t mtime, struct err *err);
/* Replaces what is there unless that is a folder. */
int rootfs_symlink(
	struct rootfs *fs, const char *target, const char *path, int64_t mtime, struct err *err);
/* Removes a file or link, not a folder; 0 also when there is none. */
int rootfs_remove(struct rootfs *fs, const char *path, struct err *err);

/*
 * Grows a mounted file system to size bytes, rounded down to its blocks; its
 * disk must be that large. -ENOTSUP for types that cannot be grown this way,
 * ext among them: resize2fs does that without an appliance.
 */
int rootfs_grow(struct rootfs *fs, uint64_t size, struct err *err);

#endif
