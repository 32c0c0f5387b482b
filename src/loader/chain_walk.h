/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk in progress, shared by the files of the chain walker. Private to
 * the loader room.
 */
#ifndef ARMVM_LOADER_CHAIN_WALK_H
#define ARMVM_LOADER_CHAIN_WALK_H

#include "loader/chain.h"

#define CHAIN_DEPTH_MAX    8 /* loaders that start each other */
#define CHAIN_ENTRIES_MAX  512
#define CHAIN_PROBLEMS_MAX 256 /* of other entries, and as many of the one that boots by itself */
#define CHAIN_INITRDS_MAX  32

struct walk {
	const struct chain_view *view;
	struct boot_chain *chain;
	const char *options; /* what walk_loader() is to start the loader with; NULL: nothing */
	bool drivers;        /* a loader on the way gives the firmware drivers, of whatever */
	unsigned depth;
	bool words_unread; /* what else the command line to be judged has could not be read */
	bool full;         /* there are more entries than are kept */
};

/* ---- chain.c ---- */
/* Follows a loader that is there; it takes what options says. */
void walk_loader(struct walk *w, const struct volume *v, const char *path);
/* volume_by_firmware(), with the drivers that it was given on the way. */
enum presence walk_by_firmware(const struct walk *w, const struct volume *v);
/* The same for what lies at path and is needed; adds a problem unless it is PRESENT. */
enum presence walk_needs_firmware(struct walk *w, const struct volume *v, const char *path,
	bool is_default, const char *reader);
/* Adds to the steps; facts may be NULL. */
void walk_step(struct walk *w, enum chain_step_kind kind, const struct volume *v, const char *path,
	enum loader_kind loader, const char *version);
/* Adds a problem; where is taken. */
void walk_problem(struct walk *w, enum chain_code code, bool certain, bool on_default,
	char *take_where, const char *fmt, ...) PRINTF_LIKE(6, 7);
/* "ESP:/EFI/BOOT/x", freed by the caller. */
char *walk_where(const struct volume *v, const char *path);

/* ---- chain_entry.c ---- */
struct chain_entry *walk_entry(struct walk *w, const char *title, const char *source);
/* Makes it the entry that boots by itself, and no other. */
void walk_default(struct walk *w, struct chain_entry *entry);
/* What chooses the default entry, and the file that says so, which is taken; saved: that is GRUB's environment block. */
void walk_chosen(struct walk *w, const char *by, char *take_in, bool saved);
/*
 * Judges the kernel at path: there, and one for AArch64. by_grub: GRUB unpacks
 * compressed kernels, firmware does not. Returns whether it can be booted.
 */
bool walk_kernel(struct walk *w, const struct volume *v, const char *path, enum presence presence,
	bool by_grub, bool is_default, const char *source);
/* Judges the kernel inside of a UKI. Returns whether it can be booted. */
bool walk_uki_kernel(
	struct walk *w, const struct loader_facts *facts, bool is_default, const char *where);
/*
 * The command line that the UKI at path hands its kernel: what it was started with (given, may be ""), or else its
 * own, and its addons'. Freed by the caller. facts has an initrd where one of these brings it. Judges the device trees that
 * these bring, too.
 */
char *walk_uki_cmdline(struct walk *w, const struct volume *v, const char *path,
	struct loader_facts *facts, const char *given, bool is_default);
/* Whoever starts the UKI asks for a profile, by options, that is none of those that are known. */
void walk_no_profile(struct walk *w, const struct volume *v, const char *path,
	const struct loader_facts *facts, const char *source, const char *options, bool is_default);
void walk_initrd(struct walk *w, const struct volume *v, const char *path, enum presence presence,
	bool is_default, const char *source);
/* Judges root= against the image. */
void walk_root(
	struct walk *w, const char *cmdline, bool has_initrd, bool is_default, const char *source);

/* ---- chain_tree.c ---- */
/* A device tree that an entry names. */
struct tree_file {
	const struct volume *volume;
	const char *path;
	enum presence presence;
	bool by_grub; /* and not systemd-boot */
};
/* Judges it for a kernel with that command line: no tree in an image is the machine's. */
void walk_tree(struct walk *w, const struct tree_file *tree, const char *cmdline, bool is_default,
	const char *source);
/* The same of one in a section of the UKI, or the addon, at where. */
void walk_section_tree(struct walk *w, const struct section_tree *tree, const char *section,
	const char *cmdline, bool is_default, const char *where);

/* ---- chain_grub.c, chain_systemd.c ---- */
void walk_grub(
	struct walk *w, const struct volume *v, const char *path, const struct loader_facts *facts);
void walk_systemd_boot(
	struct walk *w, const struct volume *v, const char *path, const struct loader_facts *facts);

#endif
