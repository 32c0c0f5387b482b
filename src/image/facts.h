/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few facts about an image that every report begins with: reports are made
 * of these and of the verdict, without the image.
 */
#ifndef ARMVM_IMAGE_FACTS_H
#define ARMVM_IMAGE_FACTS_H

#include "base/base.h"

struct image;

/* A partition, for the picture of the layout. */
struct facts_part {
	unsigned number;
	uint64_t start, size; /* bytes; both 0 when it is not wholly on the disk */
	char *type;           /* "esp", "root-arm64", or a GUID */
	char *name;           /* of the GPT; "" when there is none */
	char *fstype;         /* "vfat", "ext4"; "" when not known */
};

/* More than a usual GPT has room for are left out. */
#define FACTS_PARTS_MAX 128

/* Strings are never NULL but where said; they belong to the struct. */
struct facts {
	char *path;
	char *format;             /* "qcow2" */
	uint64_t virtual_size;    /* bytes, what the VM sees; 0: unknown */
	uint64_t file_size;       /* bytes that the file takes on the host */
	char *guest_name;         /* "Debian GNU/Linux 12 (bookworm)"; NULL: no guest was found */
	char *guest_id;           /* os-release's ID, "debian" */
	char *guest_version;      /* os-release's VERSION_ID, "12" */
	char *architecture;       /* "aarch64" */
	char *sha256;             /* of the file, in hex; NULL: not computed */
	char *chain;              /* "shim 15.8 -> GRUB 2.06 -> Linux 6.1.0"; NULL: not followed */
	struct facts_part *parts; /* as they lie on the disk */
	size_t n_parts;
};

/* Adds one, with copies of the texts; false when there are too many. */
bool facts_add_part(struct facts *f, const struct facts_part *part);

/* Never fails: what cannot be read is left out. The first leaves the guest out. */
void facts_of_container(struct image *image, struct facts *f);
void facts_of(struct image *image, struct facts *f);
void facts_release(struct facts *f);
DEFINE_RELEASE(struct facts, facts_release)

#endif
