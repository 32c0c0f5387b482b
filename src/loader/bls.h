/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boot Loader Specification type 1: entry files in \loader\entries and
 * systemd-boot's \loader\loader.conf, how entries are ordered, and which one
 * is the default (BLS, systemd-boot(7), loader.conf(5)). GRUB's blscfg reads
 * the same files in its own way and order (bls_grub.c).
 *
 * Text is hostile: lines are bounded, unknown keys are ignored, as the
 * specification asks.
 */
#ifndef ARMVM_LOADER_BLS_H
#define ARMVM_LOADER_BLS_H

#include "base/buf.h"

#define BLS_FILE_MAX    ((size_t)64 << 10)
#define BLS_ENTRIES_MAX 256

/*
 * What versions of systemd-boot differ in. A version that is not known has all that is new.
 * GRUB has rules of its own (bls_grub_parse()): where these are asked for, NULL stands for it.
 */
struct bls_rules {
	unsigned version; /* 252; 0: not known */
	bool old_order;   /* by names alone, and '~' is a letter as any other (until 250) */
	bool matches_case; /* letters are compared as they are, and patterns quote nothing (until 251) */
	bool bare_ids;    /* ids have no counters (259, and 257's and 258's updates) */
	bool uki_key;     /* an entry may have `uki`, and only one of `linux`, `efi` and it (258) */
	bool preferred;   /* loader.conf may have `preferred` (260) */
	bool menu_force;  /* and `timeout menu-force` (250) */
	bool drivers;     /* it loads those in \EFI\systemd\drivers (250) */
	bool profiles;    /* each profile of a UKI is an entry (257) */
	bool profile_key; /* and an entry may have `profile` */
	bool lost_profiles; /* whose id is the UKI's when boots are counted (257) */
	bool power_keys;    /* loader.conf may ask for entries that reset, and turn off (255) */
};

struct bls_entry {
	char *id;    /* what `default` is matched against: the file's name, see bare_ids */
	char *file;  /* the file's name as stored: "debian-6.1+3-1.conf" */
	char *title; /* NULL where the file says nothing, here and below */
	char *version;
	char *machine_id;
	char *sort_key;
	char *linux_path;
	char *efi; /* and of `uki` */
	char *devicetree;
	char *architecture;
	struct strlist initrds;
	char *options;  /* several lines joined by a blank; never NULL */
	int tries_left; /* -1: not counted */
	int tries_done;
	bool is_uki;           /* found in \EFI\Linux; its path is in efi */
	unsigned profile;      /* of a UKI, from 0 */
	char *without_profile; /* what the id is but for that; NULL: the same */
	bool of_xbootldr;      /* for who reads two volumes: it is not the ESP's */
	char *given_options;   /* GRUB's, instead of options; NULL: there is no such line */
	char *users;           /* GRUB's, who alone may boot it; NULL: all */
	bool is_bad;           /* it says what it starts in two ways that exclude each other */
	bool truncated;        /* it has more initrds than are kept */
};

struct bls_list {
	struct bls_entry *v;
	size_t n;
	bool truncated; /* there are more than are kept */
};

/* Reads one entry file's text; file is its name. Adds it unless the list is full. */
void bls_entry_parse(struct bls_list *list, const char *file, const char *text, size_t len,
	const struct bls_rules *rules);
/*
 * Adds a UKI by its .osrel text, which may be NULL; its path is \EFI\Linux\file. systemd-boot passes over
 * one whose .osrel does not say what it is called.
 */
void bls_add_uki(struct bls_list *list, const char *file, const char *os_release,
	const struct bls_rules *rules);
/* Adds the UKI's profile of this number, whose .profile this is; 0 is the UKI itself. */
void bls_add_profile(struct bls_list *list, const char *file, const char *os_release,
	unsigned number, const char *profile, const struct bls_rules *rules);

/* The two kinds of GRUB's command `blscfg`. */
enum bls_grub {
	BLS_GRUB_FEDORA,
	BLS_GRUB_UPSTREAM,
};
/* Reads one entry file's text as that GRUB does. */
void bls_grub_parse(
	struct bls_list *list, const char *file, const char *text, size_t len, enum bls_grub kind);

/* For these readers. A new entry for the file; NULL: the list is full. */
struct bls_entry *bls_list_add(
	struct bls_list *list, const char *file, const struct bls_rules *rules);
void bls_add_initrd(struct bls_entry *entry, const char *path);
void bls_list_release(struct bls_list *list);
DEFINE_RELEASE(struct bls_list, bls_list_release)

/* Whether an entry is for AArch64 (or says nothing), and starts something. */
bool bls_entry_fits(const struct bls_entry *entry, const struct bls_rules *rules);

/* systemd-boot's order: those out of tries last, sort-key, machine-id, version, id. */
void bls_sort_systemd(struct bls_list *list, const struct bls_rules *rules);
/* GRUB's: file names, newest version first. */
void bls_sort_grub(struct bls_list *list, enum bls_grub kind);

/* Versions as the UAPI version format specification compares them; like strcmp(). */
int bls_version_compare(const char *a, const char *b);

struct loader_conf {
	char *default_pattern; /* NULL: none; "@saved": the variable's */
	bool has_timeout;
	int timeout;     /* seconds; 0: no menu */
	bool waits;      /* timeout menu-force */
	char *preferred; /* NULL: none */
	/* Which entries of its own systemd-boot adds, as the words auto-... say. */
	bool own_loaders, own_setup, own_poweroff, own_reboot;
};

void loader_conf_parse(
	struct loader_conf *conf, const char *text, size_t len, const struct bls_rules *rules);
void loader_conf_release(struct loader_conf *conf);
DEFINE_RELEASE(struct loader_conf, loader_conf_release)

/*
 * The entry that systemd-boot starts when no variable says otherwise: the
 * first match of the pattern in the (sorted) list, else the first. *matched
 * is the pattern that named it, in conf; NULL: none did. NULL: the list is empty.
 */
const struct bls_entry *bls_default(const struct bls_list *list, const struct loader_conf *conf,
	const struct bls_rules *rules, const char **matched);
/* Whether the pattern names an entry of this id. */
bool bls_matches(const char *pattern, const char *id, const struct bls_rules *rules);
/* Another entry that the pattern names but for counters; NULL: none. */
const struct bls_entry *bls_counted(const struct bls_list *list, const char *pattern);

#endif
