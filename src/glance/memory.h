/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much memory a boot needs. Private to glance/.
 */
#ifndef ARMVM_GLANCE_MEMORY_H
#define ARMVM_GLANCE_MEMORY_H

#include <stdint.h>

/* What a boot has in memory, in bytes. */
struct boot_memory {
	uint64_t file;     /* the kernel's or UKI's, which is there until firmware is left */
	uint64_t kernel;   /* the kernel in memory, with what is not in its file */
	uint64_t initrd;   /* as it is loaded, which is there until it is unpacked */
	uint64_t unpacked; /* what is in it */
	uint64_t files;    /* how many of them; each begins on a page of its own */
	uint64_t page;     /* bytes of the kernel's pages; 0: as most have */
};

/* What it takes beside that, in bytes: for firmware, the kernel's own data, the first programs. */
uint64_t boot_memory_base(const struct boot_memory *m);

/* What the unpacked initrd takes, in bytes: in whole pages. */
uint64_t boot_memory_unpacked(const struct boot_memory *m);

#define BOOT_MEMORY_STEP 128

/* What a machine must have, in MiB; a multiple of BOOT_MEMORY_STEP. */
uint64_t boot_memory_mib(const struct boot_memory *m);

#endif
