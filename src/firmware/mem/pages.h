/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory map (UEFI 2.10 7.2): who owns which pages. AllocatePages(),
 * FreePages(), GetMemoryMap(), and the MapKey that ExitBootServices() wants
 * back. Adjacent ranges of the same type and attributes are merged, as
 * firmware does. Freed pages are filled with 0xaf (the
 * middle of large ranges with zeroes), so that a loader which reads what it gave
 * back is found out.
 */
#ifndef ARMVM_FIRMWARE_MEM_PAGES_H
#define ARMVM_FIRMWARE_MEM_PAGES_H

#include "firmware/mem/guest.h"
#include "uefi/status.h"

/* EFI_MEMORY_TYPE */
enum memory_type {
	MEM_RESERVED,
	MEM_LOADER_CODE,
	MEM_LOADER_DATA,
	MEM_BOOT_CODE,
	MEM_BOOT_DATA,
	MEM_RUNTIME_CODE,
	MEM_RUNTIME_DATA,
	MEM_CONVENTIONAL,
	MEM_UNUSABLE,
	MEM_ACPI_RECLAIM,
	MEM_ACPI_NVS,
	MEM_MMIO,
	MEM_MMIO_PORT,
	MEM_PAL_CODE,
	MEM_PERSISTENT,
	MEM_UNACCEPTED,
	MEM_TYPE_MAX,
	/* 0x70000000..: OEM and OS loader types, kept as they are */
};

enum allocate_type {
	ALLOCATE_ANY,
	ALLOCATE_MAX,     /* at or below an address */
	ALLOCATE_ADDRESS, /* exactly there */
};

struct page_range {
	uint64_t start; /* guest physical, page aligned */
	uint64_t pages;
	uint32_t type;      /* enum memory_type, or an OEM or OS loader type */
	uint64_t attribute; /* EFI_MEMORY_* */
};

struct pages {
	struct guest_ram *ram;
	struct page_range *ranges; /* ascending, without gaps within RAM */
	size_t n, cap;
	uint64_t changes; /* of the map, and in the pool's zones, which are changes to who asks */
	uint64_t map_key; /* that was given out last */
	uint64_t given;   /* changes by then */
};

/* All of RAM is MEM_CONVENTIONAL. */
void pages_init(struct pages *p, struct guest_ram *ram);
void pages_release(struct pages *p);

/*
 * As the services do (7.2.1, 7.2.2): *addr is in and out. Allocations come
 * from the top down. EFI_OUT_OF_RESOURCES, EFI_INVALID_PARAMETER,
 * EFI_NOT_FOUND as specified. A type of 0x70000000 and above is accepted.
 */
efi_status pages_allocate(
	struct pages *p, enum allocate_type how, uint32_t type, uint64_t count, uint64_t *addr);
efi_status pages_free(struct pages *p, uint64_t addr, uint64_t count);

/* Adds a range outside RAM, such as MMIO, to what GetMemoryMap() returns. */
void pages_add(struct pages *p, uint64_t start, uint64_t count, uint32_t type, uint64_t attribute);

/*
 * The map's key (7.2.3): another one whenever something has changed since it was given out last. It does
 * not say how much, so that it is the same for those who saw the same map.
 */
uint64_t pages_map_key(struct pages *p);
/* Whether it is the map's key, still. */
bool pages_key_holds(const struct pages *p, uint64_t key);

/* Adds the whole map to sum. */
void pages_sum(const struct pages *p, struct sha256_ctx *sum);

/* The range that holds addr, or NULL. */
const struct page_range *pages_find(const struct pages *p, uint64_t addr);

/*
 * The descriptors as the guest gets them: version 1, of DESCRIPTOR_SIZE bytes
 * each, which is larger than the structure on purpose.
 */
#define DESCRIPTOR_SIZE 48
void pages_encode_map(const struct pages *p, struct buf *out);

#endif
