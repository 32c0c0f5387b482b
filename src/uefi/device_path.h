/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device paths as bytes (UEFI 2.10 chapter 10): packed nodes of type, subtype
 * and length, ended by an end node. Everything in one is hostile: nodes are
 * walked within the length that the caller knows, and a path is either whole
 * or not one. "Entire" is the end of a path, "instance" of one of several
 * paths in a row.
 */
#ifndef ARMVM_UEFI_DEVICE_PATH_H
#define ARMVM_UEFI_DEVICE_PATH_H

#include "base/buf.h"
#include "base/guid.h"

#define DP_HEADER 4

enum dp_type {
	DP_HARDWARE = 1,
	DP_ACPI = 2,
	DP_MESSAGING = 3,
	DP_MEDIA = 4,
	DP_BBS = 5,
	DP_END = 0x7f,
};

enum dp_subtype {
	DP_HARDWARE_PCI = 1,
	DP_HARDWARE_VENDOR = 4,
	DP_ACPI_HID = 1,
	DP_MESSAGING_URI = 24,
	DP_MEDIA_HD = 1,
	DP_MEDIA_CDROM = 2,
	DP_MEDIA_VENDOR = 3,
	DP_MEDIA_FILE = 4,
	DP_MEDIA_VOLUME_FILE = 6, /* of a firmware volume (PI) */
	DP_MEDIA_VOLUME = 7,
	DP_END_INSTANCE = 1,
	DP_END_ENTIRE = 0xff,
};

struct dp_node {
	uint8_t type, subtype;
	const uint8_t *node; /* its header */
	size_t length;       /* with the header */
	const uint8_t *data; /* behind the header */
	size_t size;         /* of data */
};

/*
 * The node at *pos of the len bytes at path, and moves *pos behind it. False
 * when the node's length is below 4 or reaches beyond len, and at an entire
 * end (*pos stays there).
 */
bool dp_next(const uint8_t *path, size_t len, size_t *pos, struct dp_node *node);
/* The length of the path that begins at path, its entire end included; 0 when it is cut or malformed. */
size_t dp_length(const uint8_t *path, size_t max);
/* Whether it has several instances; path is whole. */
bool dp_is_multi(const uint8_t *path, size_t len);

/* ---- nodes that mean something ---- */

enum dp_hd_signature {
	DP_HD_NONE,
	DP_HD_MBR, /* 4 bytes */
	DP_HD_GUID,
};

struct dp_hd {
	uint32_t partition;
	uint64_t start, size;  /* in logical blocks */
	struct guid signature; /* DP_HD_MBR: in its first 4 bytes */
	uint8_t format;        /* 1: MBR, 2: GPT */
	uint8_t signature_type;
};

/* False when the node is not one of these or too short. */
bool dp_hd(const struct dp_node *node, struct dp_hd *out);
/*
 * Whether two nodes name one partition, as boot managers compare a short-form
 * path: number, kind and value of the signature, not where it lies.
 */
bool dp_hd_same(const struct dp_hd *a, const struct dp_hd *b);

/*
 * The path of the file that the path's file nodes name together, from off on,
 * as UTF-8 with backslashes ("\EFI\BOOT\BOOTAA64.EFI"), freed by the caller;
 * NULL when there is none, or other nodes follow.
 */
char *dp_file_path(const uint8_t *path, size_t len, size_t off);

/* ---- making ---- */

/* Appends a node; size is at most 65531. */
void dp_add(struct buf *b, uint8_t type, uint8_t subtype, const void *data, size_t size);
void dp_add_end(struct buf *b);
void dp_add_acpi(struct buf *b, uint32_t hid, uint32_t uid);
void dp_add_pci(struct buf *b, uint8_t device, uint8_t function);
void dp_add_hd(struct buf *b, const struct dp_hd *hd);
void dp_add_cdrom(struct buf *b, uint32_t entry, uint64_t start, uint64_t size);
/* path: UTF-8; false when it is malformed or longer than a node. Slashes become backslashes. */
bool dp_add_file(struct buf *b, const char *path);

/* EISA identifiers as ACPI nodes hold them. */
#define DP_EISA_PNP(id) ((uint32_t)(id) << 16 | 0x41d0u)
#define DP_PCI_ROOT     DP_EISA_PNP(0x0a03)

/* ---- text (UEFI 2.10 10.6) ---- */

enum dp_text {
	DP_TEXT_DISPLAY = 1,   /* the shorter form, from which no path can be made */
	DP_TEXT_SHORTCUTS = 2, /* "VenVt100()" and their like */
};

/*
 * Appends the text of one node, or of a whole path; how: of enum dp_text. What
 * has no form of its own is written as "MediaPath(9,00FF)".
 */
void dp_node_to_text(const struct dp_node *node, unsigned how, struct text *out);
void dp_to_text(const uint8_t *path, size_t len, unsigned how, struct text *out);

/*
 * Appends the node, or the path with its end, that the text describes; what is
 * no node's name is a file's path. Names are case-sensitive. What is malformed
 * counts as zero. False for an empty text, and for a node that can't be made.
 */
bool dp_node_from_text(const char *text, struct buf *out);
bool dp_from_text(const char *text, struct buf *out);

#endif
