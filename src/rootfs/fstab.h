/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /etc/fstab and /etc/crypttab: lines of blank-separated fields, in which
 * \040 and other octal escapes stand for characters, and '#' begins a comment
 * line. Parsing never fails: a line with too few fields is recorded as such.
 */
#ifndef ARMVM_ROOTFS_FSTAB_H
#define ARMVM_ROOTFS_FSTAB_H

#include "base/base.h"

struct fstab_line {
	unsigned line;   /* its number, from 1 */
	char *from;      /* a unit's file, or what else makes it (mounts.h); NULL: fstab */
	char *spec;      /* "UUID=...", "/dev/vda1", "tmpfs"; escapes resolved in all of these */
	char *file;      /* the mount point; "none" for swap */
	char *type;      /* "ext4", "auto" */
	char *options;   /* "defaults" when absent */
	unsigned passno; /* the sixth field; 0 when absent */
	bool lost; /* the last option is not in options, as systemd takes it for another one */
};

/* A unit that local-fs.target requires and systemd does not load. */
struct fstab_refused {
	char *unit;      /* "srv.mount" */
	const char *why; /* "is masked", a literal */
	char *place;     /* what requires it, or has the settings */
	bool by_line;    /* a line of fstab requires it, and nothing else has to */
};

/* Starts zeroed. */
struct fstab {
	struct fstab_line *v;
	size_t n;
	struct fstab_refused *refused; /* of mounts_read(); of fstab alone none */
	size_t n_refused;
	unsigned bad_line; /* the first line with fewer than three fields; 0: none */
};

/* Adds the lines of text (len bytes, any content). At most 1000 lines are kept. */
void fstab_parse(struct fstab *tab, const char *text, size_t len);
void fstab_release(struct fstab *tab);
DEFINE_RELEASE(struct fstab, fstab_release)
/* Takes out the line at v[i]. */
void fstab_drop(struct fstab *tab, size_t i);

/* The last line that mounts on file (what the guest ends up with); NULL when none does. */
const struct fstab_line *fstab_find(const struct fstab *tab, const char *file);

/* "/etc/fstab line 3", or what else it is from; the caller frees it. */
char *fstab_place(const struct fstab_line *line);

/* A line that may fail to mount without keeping the system from starting: nofail, noauto or x-systemd.automount. */
bool fstab_optional(const struct fstab_line *line);

/* Whether systemd's local-fs.target requires the line's unit, or the automount in its place. */
bool fstab_local_required(const struct fstab_line *line);

/* Whether a comma-separated list has the option, alone ("nofail") or with a value ("subvol"). */
bool fstab_has_option(const char *options, const char *name);
/* The option's value, which the caller frees; NULL when it has none. */
char *fstab_option_value(const char *options, const char *name);

/*
 * Whether spec names a disk or partition by the order in which the kernel
 * found it: /dev/sda1, /dev/vda, /dev/xvda1, /dev/nvme0n1p2, /dev/mmcblk0p1, /dev/hda, /dev/zram0.
 * Links below /dev/disk/ and /dev/mapper/ are not such names.
 */
bool fstab_by_device_name(const char *spec);

struct crypttab_line {
	unsigned line;
	char *name, *device, *key, *options; /* key and options "" when absent */
};

/* Starts zeroed. */
struct crypttab {
	struct crypttab_line *v;
	size_t n;
};

void crypttab_parse(struct crypttab *tab, const char *text, size_t len);
/* "/etc/crypttab line 1"; the caller frees it. */
char *crypttab_place(const struct crypttab_line *line);
void crypttab_release(struct crypttab *tab);
DEFINE_RELEASE(struct crypttab, crypttab_release)

#endif
