/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot chain: from \EFI\BOOT\BOOTAA64.EFI on, followed as the loaders
 * themselves would (VM-2, VM-6, VM-9; UEFI 2.10 3.5.1.1): shim to the file
 * beside it, GRUB to the configuration where that very binary looks, its
 * `search` and `configfile` to the entries, systemd-boot to its entries and
 * UKIs, each to a kernel and an initrd that exist, and the kernel's root= to a
 * file system of the image.
 *
 * The walk states facts and problems; how grave one is decides whoever asks
 * (src/checks/loader.c). What cannot be determined is a problem with certain =
 * false, never a guess. Nothing is run; no variable is assumed to exist.
 */
#ifndef ARMVM_LOADER_CHAIN_H
#define ARMVM_LOADER_CHAIN_H

#include "loader/loader.h"
#include "loader/volume.h"

/* Seconds that a menu may wait: what waits longer is no boot that somebody waits for. */
#define CHAIN_WAIT_MAX 600

enum chain_code {
	CHAIN_NO_FALLBACK,    /* no \EFI\BOOT\BOOTAA64.EFI */
	CHAIN_UNKNOWN_LOADER, /* nobody here knows what that is; never certain */
	CHAIN_NOT_STARTED,    /* it is no program for AArch64, whatever it is */
	CHAIN_NOT_A_LOADER, /* the fallback is a program that boots nothing (MokManager, a bare stub) */
	CHAIN_NO_SECOND_STAGE,  /* shim without the file it starts */
	CHAIN_FALLBACK_PROGRAM, /* fbaa64.efi is there and shim will run it (VM-9) */
	CHAIN_UNREADABLE, /* a loader that reads by the firmware needs a file system that it has not */
	CHAIN_NO_MODULE, /* GRUB lacks a command or a reader of a file system that its way needs */
	CHAIN_NO_CONFIG, /* no configuration where this loader looks for it */
	CHAIN_SEARCH_FAILED, /* GRUB searches a file system that the image has not got */
	CHAIN_DISK_NUMBER, /* GRUB's way leads over (hd0...): another disk's name on another machine */
	CHAIN_NO_ENTRY,    /* a configuration without anything to boot */
	CHAIN_BAD_DEFAULT, /* the default names no entry */
	CHAIN_MENU_WAITS, /* nobody at the console: it waits for ever, or longer than CHAIN_WAIT_MAX */
	CHAIN_KERNEL_MISSING,
	CHAIN_KERNEL_ARCH, /* that kernel is not one for AArch64 */
	CHAIN_INITRD_MISSING,
	CHAIN_FILE_MISSING, /* another file that the entry names: a device tree, a chained loader */
	CHAIN_TREE, /* the kernel is handed a device tree of the image's, in place of the machine's */
	CHAIN_TREE_UNUSED,   /* it would be, but GRUB cannot load it, and boots without */
	CHAIN_ROOT_MISSING,  /* root= names what the image has not got */
	CHAIN_ROOT_NONE,     /* no root= on the command line, and no initrd */
	CHAIN_ROOT_SEVERAL,  /* root= names several file systems */
	CHAIN_NO_DEPLOYMENT, /* ostree= names no deployment in the root file system */
	CHAIN_ROOT_SEARCHED, /* its initrd looks for a root in its own way (initrd_finds.h), and that is not in the image */
	CHAIN_ROOT_BY_TYPE, /* no root=, and a partition of the type that systemd takes then */
	CHAIN_UNDETERMINED, /* the walk ends here, certain is false */
};

struct chain_problem {
	enum chain_code code;
	bool certain;    /* false: could not be determined */
	bool on_default; /* it concerns the entry that boots by itself, or the way to the menu */
	char *where;     /* a file, as "ESP:/EFI/BOOT/grubaa64.efi" */
	char *text;      /* one sentence: what is wrong */
};

/* One thing on the way: a loader, a configuration, a kernel. */
enum chain_step_kind {
	STEP_LOADER,
	STEP_CONFIG,
	STEP_KERNEL,
	STEP_INITRD,
};

struct chain_step {
	enum chain_step_kind kind;
	enum loader_kind loader; /* of STEP_LOADER and STEP_KERNEL */
	const struct volume *volume;
	char *path;
	char version[64];
};

#define CHAIN_WRAPPED "newc:"

/* Something that can be chosen. */
struct chain_entry {
	char *title;
	char *source;                /* the file it is written in, as in chain_problem.where */
	const struct volume *volume; /* the kernel's (or UKI's); NULL when not known */
	char *kernel;                /* path in volume; NULL: it boots no kernel */
	struct strlist initrds;      /* paths in volume, or "(hd0,gpt2)/path" on another, or
					CHAIN_WRAPPED and a path: a file in an archive that the loader makes */
	char *cmdline;               /* never NULL */
	char *handed; /* what the loader hands over of that; NULL: all of it. A bootconfig adds the rest */
	char *root_from;     /* where its root is named, when that is the initrd; NULL: in source */
	char *version;       /* of the kernel that was booted; NULL: not known */
	bool initrd_unknown; /* it has one, which is none of the files that are known */
	bool is_default;
};

struct memdisk;

struct boot_chain {
	struct chain_step *steps; /* the way that is taken when nobody touches a key */
	size_t n_steps;
	struct chain_entry *entries;
	size_t n_entries;
	struct chain_problem *problems;
	size_t n_problems;
	struct memdisk *
		*memdisks; /* of the GRUBs on the way: steps and entries may lead into them */
	size_t n_memdisks;
	/*
	 * What chooses the default entry, by its name (systemd-boot's pattern, GRUB's $default), and the file that says so,
	 * as in chain_problem.where; NULL: nothing does, and it is the first.
	 */
	char *chosen_by, *chosen_in;
	bool chosen_by_saved;            /* that file is GRUB's environment block */
	struct strlist unknown_commands; /* of GRUB's configuration, each once */
	bool complete;                   /* the way ends at a kernel that exists */
	bool uncertain; /* a condition on the way depends on the machine: another entry may be it */
	bool settled;   /* by chain_settle(): the default entry is what was booted */
	char *read_from, *read_cmdline; /* before: the entry that reading had led to; NULL: none */
	bool unfollowed;                /* and the way to it could not be read to its end before */
	struct strlist overruled;       /* what reading had found against that way, "where: text" */
};

/* Walks from start (normally CHAIN_FALLBACK_PATH) on the ESP. Never fails; the caller frees. */
#define CHAIN_FALLBACK_PATH "/EFI/BOOT/BOOTAA64.EFI"
struct boot_chain *chain_walk(const struct chain_view *view, const char *start);
void chain_free(struct boot_chain *chain);
DEFINE_CLEANUP(struct boot_chain, chain_free)

/*
 * Whether a boot that reaches the kernel shows that the problem is none: it lies on the way there, or is
 * that of an initrd which was handed over.
 */
bool chain_contradicted(const struct chain_problem *problem, bool initrd_handed);

/* The entry that boots by itself; NULL: none. */
const struct chain_entry *chain_default(const struct boot_chain *chain);
/*
 * Whether it is certain that the way which is taken reaches no kernel. What the default entry names beside that is
 * then nothing that is booted.
 */
bool chain_is_broken(const struct boot_chain *chain);
/* Whether it is certain that the default entry, or the way to it, has that problem. */
bool chain_fails_by(const struct boot_chain *chain, enum chain_code code);
/* Whether one of that kind is on the way; a unified kernel image is one, too. */
bool chain_has_loader(const struct boot_chain *chain, enum loader_kind kind);

/*
 * What a kernel was handed when the image was booted, for chain_settle(). The
 * texts are borrowed.
 */
struct chain_handed {
	const char *command_line; /* never NULL */
	const char *version;      /* the kernel's; "" when not known */
	const struct volume
		*volume; /* the kernel's file; NULL: none of the image's, or not known which */
	const char *kernel;
	bool is_unified; /* that file is a unified kernel image, whose kernel it was */
	bool has_initrd;
	const struct volume *initrd_volume; /* and the initrd's */
	const char *initrd;
};

/*
 * The boot is believed: its kernel, initrd and command line become the default
 * entry, problems on the way there are overruled, and root= is judged anew.
 */
void chain_settle(
	struct boot_chain *chain, const struct chain_view *view, const struct chain_handed *handed);

/* What a loader hands a kernel as its command line. */
const char *chain_entry_handed(const struct chain_entry *entry);

/* Puts what a bootconfig adds in front of the default entry's command line, and judges root= anew. */
void chain_configure(struct boot_chain *chain, const struct chain_view *view, const char *added);

/*
 * Where the default entry leaves the root to its initrd: words are what that names it by, in a command line's form,
 * and root= is judged anew, in `where`. "": it needs none, being the root itself.
 */
void chain_root_by_initrd(struct boot_chain *chain, const struct chain_view *view,
	const char *words, const char *where);

/*
 * What an initrd that looks for its root in its own way finds, in words of initrd_finds.h: that judges it, and not root=.
 */
struct initrd_finding;
void chain_root_searched(struct boot_chain *chain, const struct chain_view *view,
	const struct initrd_finding *finding);

/* The same where the initrd does not say: why it cannot be known. */
void chain_root_unknown(struct boot_chain *chain, const struct chain_view *view, const char *why,
	const char *where);

/* "shim 16.1 -> GRUB 2.06 -> Linux 6.1.0-32": the steps in one line, freed by the caller. */
char *chain_summary(const struct boot_chain *chain);

/*
 * The value of the last KEY on a kernel's command line, as the kernel takes quotes off; key
 * ends in its '=': "root=". NULL: there is none. The caller frees it. Initrds that leave them on: initrd_reads().
 */
char *cmdline_value(const char *cmdline, const char *key);

/* The volume that root= names by a UUID or label; NULL: none, or it names no volume in that way. */
const struct volume *cmdline_root(const struct chain_view *view, const char *cmdline);

/* The first problem with this code, or NULL. */
const struct chain_problem *chain_find(const struct boot_chain *chain, enum chain_code code);

#endif
