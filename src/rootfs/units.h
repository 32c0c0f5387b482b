/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd's units in a guest that is not running: which one is loaded of those with one name (systemd.unit(5), "Unit File Load
 * Path"), what masks it, what pulls it in, and its drop-ins.
 */
#ifndef ARMVM_ROOTFS_UNITS_H
#define ARMVM_ROOTFS_UNITS_H

#include "base/buf.h"
#include "base/err.h"
#include "rootfs/rootfs.h"

/* A later one's unit hides an earlier one's of the same name. */
#define UNIT_FOLDERS 6
extern const char *const unit_folders[UNIT_FOLDERS];
/* The first one whose units stand before what is made of fstab, and the one that stands before the command line's masks. */
#define UNIT_ADMIN   3
#define UNIT_CONTROL 5

/* The guest that is read. What cannot be read ends it: ret and err are the first such error's. */
struct units {
	struct rootfs *root;
	const char *cmdline;
	int ret;
	struct err *err;
};

/* Whether there is something; what is missing, or a link that leads nowhere, is no error. */
bool units_had(struct units *r, int ret, const struct err *why);
/* A link is there whatever it leads to. */
bool units_there(struct units *r, const char *path);
bool units_exists(struct units *r, const char *path, struct rootfs_stat *st);
/* Leaves dir empty when there is no such folder. */
void units_list(struct units *r, const char *folder, struct rootfs_dir *dir);
/* Of what is no file, as /dev/null, nothing is added. */
void units_read(struct units *r, const char *path, struct text *text);

/* Copies the next word to word, which has room for all that is left, and returns what is behind it; NULL: there is none. */
const char *units_next_word(const char *at, char *word);

/* "boot-efi.mount" for /boot/efi ("String Escaping for Inclusion in Unit Names"); the caller frees it. */
char *unit_name(const char *path, const char *ending);
/* systemd.mask=, of the unit's name or of the path where it mounts. */
bool unit_is_masked_at_boot(const struct units *r, const char *unit);
/* A link to /dev/null, or an empty file. */
bool unit_is_mask(struct units *r, const char *path);
/* The last folder from the given one on that has the file; UNIT_FOLDERS: none has. */
size_t unit_folder(struct units *r, size_t from, const char *file);
/* Whether a folder whose name ends so, .wants or .requires, has a link of the unit's name; a later one's may mask it. */
bool unit_is_wanted(struct units *r, const char *unit, const char *kind);
/*
 * Whether another unit of the name stands before that of a folder (UNIT_ADMIN - 1: before what is made of fstab): the
 * same one where /lib is a link to /usr/lib, one that does something else, or a mask.
 */
bool unit_is_hidden(struct units *r, size_t folder, const char *unit);
/* Whether the unit that is loaded is a mask: of those in the folders, from the given one on (0: all), and the command line's. */
bool unit_is_masked(struct units *r, size_t from, const char *unit);

/* The last value of a key; the caller frees it. NULL: it is not set. */
char *unit_value(const char *text, const char *key);

/* Gives what is in each of the unit's drop-ins, in the order of their names; of two with one name the nearer one counts. */
typedef void unit_take_fn(void *ctx, const char *path, const char *text);
void unit_each_drop_in(struct units *r, const char *unit, unit_take_fn *take, void *ctx);

/* Starts zeroed. */
struct unit_text {
	struct text text;
	char *last; /* the last drop-in's path; NULL: there is none */
};

/* Adds the unit's drop-ins, one behind the other. */
void unit_read_drop_ins(struct units *r, const char *unit, struct unit_text *text);
void unit_text_release(struct unit_text *text);
DEFINE_RELEASE(struct unit_text, unit_text_release)

#endif
