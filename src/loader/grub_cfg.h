/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRUB's configuration: an interpreter of the part of its script language
 * that real configurations are made of, run to learn what would be booted.
 * GRUB manual, chapters 16 and 17; behaviour of 2.06 to 2.14.
 *
 * It runs a script as GRUB does at start-up, then the body of every menu
 * entry and submenu by itself, and records what each would hand over. Files
 * are looked at through struct chain_view alone. Steps, nesting, words and
 * memory are bounded; beyond a limit the result says so (truncated).
 *
 * Where the binary's modules are known, commands and file systems are there
 * that these bring, or those in a folder of $prefix. Other commands that are not
 * known here are recorded and taken to succeed; when a condition depended on one, or on something that only a
 * machine knows
 * (Secure Boot, a key held down), uncertain is set. Leaves out: regular
 * expressions, arithmetic that configurations don't use, themes, network.
 */
#ifndef ARMVM_LOADER_GRUB_CFG_H
#define ARMVM_LOADER_GRUB_CFG_H

#include "loader/grub_modules.h"
#include "loader/volume.h"

#define GRUB_CFG_MAX ((size_t)256 << 10) /* bytes of one configuration file */

/* A file that the configuration names. */
struct grub_file {
	const struct volume *volume; /* NULL: its device is not in the image */
	char *path;                  /* clean, in volume; as written when volume is NULL */
	enum presence presence;
	bool wrapped; /* "newc:": GRUB makes an archive around it */
};

/* What decides between the entries of a menu: its $default. */
struct grub_choice {
	char *by; /* never NULL */
	char *in; /* the file that it is from, as GRUB names it: a configuration, or an environment block */
	bool is_saved; /* the latter */
};

/* The menu of a configuration that an entry runs (configfile), in which the choice goes on. */
struct grub_own_menu {
	struct grub_choice standard;
	bool waits; /* for ever */
};

/* What commands wait for. */
struct grub_wait {
	const char
		*asks;  /* what the first waits for that asks at the console; static; NULL: none */
	unsigned slept; /* seconds */
};

/* What an entry's body would do. */
struct grub_entry {
	char *title;
	char *id;   /* NULL: none */
	int parent; /* index of the submenu it is in; -1: the main menu */
	bool is_submenu;
	bool restricted; /* not --unrestricted, and $superusers is set where it is chosen */
	char *source;    /* the configuration it is written in: "(hd0,gpt2)/boot/grub/grub.cfg" */
	bool has_kernel; /* it runs a linux command */
	const char
		*kernel_packed; /* how it is compressed, when this GRUB cannot unpack it; static */
	struct grub_file kernel;
	char *cmdline; /* its further arguments, or chainloader's, joined; never NULL */
	struct grub_file *initrds;
	size_t n_initrds;
	bool has_devicetree;
	struct grub_file devicetree;
	bool has_chainload;
	struct grub_file chainload;
	struct grub_own_menu *menu; /* NULL: it shows none */
	char *fallback;  /* $fallback of its own menu, or of the submenu that it is; NULL: none */
	bool runs_again; /* a configuration that led to it: chosen by itself it has no end */
	const char *unfollowed; /* why what it boots is not known; static; NULL: it is */
	bool firmware_setup;    /* fwsetup, reboot, halt, exit: boots nothing, on purpose */
	struct grub_wait wait;
	struct strlist failed_searches;  /* "--fs-uuid 1234": not in the image */
	struct strlist missing_commands; /* that this GRUB has not */
};

struct grub_config {
	struct grub_entry *entries; /* in the menu's order, a submenu before what is in it */
	size_t n;
	bool direct_boot;   /* a `boot` outside of any entry: entries[0] stands for it */
	int default_entry;  /* index into entries, into submenus too; -1: there is none */
	char *default_text; /* the variable as it stood; never NULL */
	struct grub_choice
		choice;        /* the same, or that of the last menu on the way to default_entry */
	bool fell_back;        /* the default boots nothing, and $fallback leads to default_entry */
	bool default_found;    /* false: it names nothing, GRUB would take the first */
	bool waits;            /* the menu waits for ever */
	bool asks_password;    /* superusers is set, and the default entry is for them */
	int timeout;           /* seconds; meaningless when waits */
	struct grub_wait wait; /* of the way to the menu, and of the default entry */
	struct strlist configs;         /* configuration files that were read, as GRUB names them */
	struct strlist missing_configs; /* those that were asked for and are not there */
	struct strlist failed_searches; /* of the way to the menu */
	struct strlist unknown_commands; /* each once */
	struct strlist missing_commands; /* of the way to the menu, that this GRUB has not */
	struct strlist
		missing_modules; /* "ext2, for the ext4 of partition 2": it cannot go on without */
	struct strlist syntax_errors;
	char *runs_itself; /* a configuration that does so without an end; NULL: none */
	bool by_title;     /* $fallback names an entry by its title, which some GRUBs know */
	bool uncertain;    /* a condition was passed that cannot be determined from here */
	bool truncated;    /* a limit was reached */
};

/* Where GRUB was started from and what is in the binary. */
struct grub_start {
	const struct chain_view *view;
	const struct volume *device; /* where the binary was loaded from */
	const char *directory;       /* its folder there: "/EFI/BOOT" */
	const char *prefix;          /* the binary's: "/EFI/debian"; NULL: none */
	const char *config;          /* its embedded configuration; NULL: `normal` */
	bool fw_path;   /* it looks beside itself before its prefix (Fedora, Debian 13) */
	bool keeps_hex; /* \xHH in a word is no escape, nor is it escaped for the kernel */
	const struct volume *memdisk; /* the file system in the binary; NULL: none */
	unsigned
		disk; /* which of the machine's disks the image is: 0, unless others stand before it */
	/* The binary's modules; NULL, or without names: what it can do is not known. */
	const struct grub_modules *modules;
};

/* Runs it. out is zeroed first; the caller releases it. Never fails. */
void grub_config_run(const struct grub_start *start, struct grub_config *out);
void grub_config_release(struct grub_config *config);
DEFINE_RELEASE(struct grub_config, grub_config_release)

#endif
