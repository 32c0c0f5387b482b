/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boot Loader Specification type 1: entry files in \loader\entries and
 * systemd-boot's \loader\loader.conf, how entries are ordered, and which one
 * is the default (BLS, systemd-boot(7), loader.conf(5)). GRUB's blscfg reads
 * the same files in its own order.
 *
 * Text is hostile: lines are bounded, unknown keys are ignored, as the
 * specification asks.
 */
#ifndef ARMVM_LOADER_BLS_H
#define ARMVM_LOADER_BLS_H

#include "base/buf.h"

#define BLS_FILE_MAX    ((size_t)64 << 10)
#define BLS_ENTRIES_MAX 256

struct bls_entry {
	char *id;    /* the file's name without counters: "debian-6.1.conf", a UKI's "debian.efi" */
	char *file;  /* the file's name as stored: "debian-6.1+3-1.conf" */
	char *title; /* NULL where the file says nothing, here and below */
	char *version;
	char *machine_id;
	char *sort_key;
	char *linux_path;
	char *efi;
	char *devicetree;
	char *architecture;
	struct strlist initrds;
	char *options;  /* several lines joined by a blank; never NULL */
	int tries_left; /* -1: not counted */
	int tries_done;
	bool is_uki; /* found in \EFI\Linux; its path is in efi */
};

struct bls_list {
	struct bls_entry *v;
	size_t n;
};

/* Reads one entry file's text; file is its name. Adds it unless the list is full. */
void bls_entry_parse(struct bls_list *list, const char *file, const char *text, size_t len);
/* Adds a UKI by its .osrel text (may be NULL). path is \EFI\Linux\file. */
void bls_add_uki(struct bls_list *list, const char *file, const char *os_release);
void bls_list_release(struct bls_list *list);
DEFINE_RELEASE(struct bls_list, bls_list_release)

/* Whether an entry is for AArch64 (or says nothing). */
bool bls_entry_fits(const struct bls_entry *entry);

/* systemd-boot's order: those out of tries last, sort-key, machine-id, version, file name. */
void bls_sort_systemd(struct bls_list *list);
/* GRUB's blscfg: file names, newest version first. */
void bls_sort_grub(struct bls_list *list);

/* Versions as the UAPI version format specification compares them; like strcmp(). */
int bls_version_compare(const char *a, const char *b);

struct loader_conf {
	char *default_pattern; /* NULL: none */
	bool has_timeout;
	int timeout;     /* seconds; 0: no menu */
	bool waits;      /* timeout menu-force */
	char *preferred; /* NULL: none */
};

void loader_conf_parse(struct loader_conf *conf, const char *text, size_t len);
void loader_conf_release(struct loader_conf *conf);
DEFINE_RELEASE(struct loader_conf, loader_conf_release)

/*
 * The entry that systemd-boot starts when no variable says otherwise: the
 * first match of the pattern in the (sorted) list, else the first. *matched
 * tells whether the pattern named one. NULL: the list is empty.
 */
const struct bls_entry *bls_default(
	const struct bls_list *list, const struct loader_conf *conf, bool *matched);

#endif
