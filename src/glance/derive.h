/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the files that derive properties answer. Private to glance/.
 */
#ifndef ARMVM_GLANCE_DERIVE_H
#define ARMVM_GLANCE_DERIVE_H

#include "glance/properties.h"
#include "image/guest.h"
#include "image/programs.h"
#include "loader/chain.h"

/* What the image holds; each is NULL when there is no such thing in it, or it cannot be read. */
struct glance_source {
	struct image *image;
	const struct boot_chain *chain;
	const struct chain_entry *entry; /* the one that boots by itself */
	const struct efi_programs *programs;
	const struct inventory *inventory;
	const struct image_guest *guest;
	const struct image_initrd *initrd; /* one that could be read to its end */
};

/* A function that answers with one of the two below, or with none: then there is no such property. */
typedef void glance_derive(const struct glance_source *s, struct glance_property *p);

/* A value that is not of the permitted characters is left out. */
void property_is(struct glance_property *p, const char *value, const char *reason, ...)
	PRINTF_LIKE(3, 4);
void property_left_out(struct glance_property *p, const char *reason, ...) PRINTF_LIKE(2, 3);

/* memory.c */
glance_derive glance_min_ram;
/* hardware.c */
glance_derive glance_architecture, glance_disk_bus, glance_scsi_model, glance_vif_model,
	glance_rng_model;
/* system.c */
glance_derive glance_os_type, glance_os_distro, glance_os_version, glance_guest_agent;
/* secure_boot.c */
glance_derive glance_secure_boot;

#endif
