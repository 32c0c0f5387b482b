/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_MEMORY_ATTRIBUTE_PROTOCOL (UEFI 2.10 37.8): guests may ask for memory to
 * be not readable (RP), not writable (RO) or not executable (XP). It remembers
 * what they asked for and answers with it, but enforces nothing, which is why
 * it is there only on request: edk2 2022.11 and U-Boot have none either.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "firmware/machine/machine.h"
#include "firmware/machine/state.h"
#include "firmware/proto/registers.h"
#include "firmware/services/service.h"
#include "uefi/protocols.h"

#define MEMORY_ATTRIBUTE_SIZE 24

#define ATTRIBUTE_RP  UINT64_C(0x2000)
#define ATTRIBUTE_XP  UINT64_C(0x4000)
#define ATTRIBUTE_RO  UINT64_C(0x20000)
#define ATTRIBUTE_ALL (ATTRIBUTE_RP | ATTRIBUTE_XP | ATTRIBUTE_RO)

/* One for each page of RAM: which of the three is set. */
#define PAGE_RP 1
#define PAGE_XP 2
#define PAGE_RO 4

struct memory_attributes {
	uint8_t *pages;
	size_t n;
};

static void release(void *state)
{
	struct memory_attributes *a = state;

	free(a->pages);
}

static void flatten(void *copy, struct buf *out)
{
	struct memory_attributes *a = copy;

	buf_add(out, a->pages, a->n);
	a->pages = NULL;
}

static const struct state_kind kind = { sizeof(struct memory_attributes), release, flatten };

static uint8_t to_page(uint64_t attributes)
{
	return (uint8_t)((attributes & ATTRIBUTE_RP ? PAGE_RP : 0) |
			 (attributes & ATTRIBUTE_XP ? PAGE_XP : 0) |
			 (attributes & ATTRIBUTE_RO ? PAGE_RO : 0));
}

static uint64_t from_page(uint8_t page)
{
	return (page & PAGE_RP ? ATTRIBUTE_RP : 0) | (page & PAGE_XP ? ATTRIBUTE_XP : 0) |
	       (page & PAGE_RO ? ATTRIBUTE_RO : 0);
}

/* The pages that arguments 1 and 2 name. */
static efi_status range_argument(
	struct machine *m, const struct call *c, uint8_t **pages, size_t *n)
{
	const struct memory_attributes *a = state_find(m, &kind);
	struct gaddr base = call_addr(c, 1);
	uint64_t len = c->arg[2];

	if (base.v % PAGE_SIZE || len % PAGE_SIZE || !len)
		return EFI_INVALID_PARAMETER;
	if (!guest_ok(m->ram, base, len))
		return EFI_UNSUPPORTED;
	*pages = a->pages + (base.v - RAM_BASE) / PAGE_SIZE;
	*n = len / PAGE_SIZE;
	return EFI_SUCCESS;
}

static efi_status get_attributes(struct machine *m, const struct call *c)
{
	uint8_t *pages;
	efi_status status;
	size_t n;

	if (!c->arg[3])
		return EFI_INVALID_PARAMETER;
	status = range_argument(m, c, &pages, &n);
	if (status != EFI_SUCCESS)
		return status;
	for (size_t i = 1; i < n; i++)
		if (pages[i] != pages[0])
			return EFI_NO_MAPPING;
	return guest_write64(m->ram, call_addr(c, 3), from_page(pages[0])) ? EFI_SUCCESS
									   : EFI_INVALID_PARAMETER;
}

static efi_status change(struct machine *m, const struct call *c, bool set)
{
	uint8_t *pages, bits = to_page(c->arg[3]);
	efi_status status;
	size_t n;

	if (!c->arg[3] || (c->arg[3] & ~ATTRIBUTE_ALL))
		return EFI_INVALID_PARAMETER;
	status = range_argument(m, c, &pages, &n);
	if (status != EFI_SUCCESS)
		return status;
	for (size_t i = 0; i < n; i++)
		pages[i] = (uint8_t)(set ? pages[i] | bits : pages[i] & ~bits);
	return EFI_SUCCESS;
}

static efi_status set_attributes(struct machine *m, const struct call *c)
{
	return change(m, c, true);
}

static efi_status clear_attributes(struct machine *m, const struct call *c)
{
	return change(m, c, false);
}

static const struct service rows[] = {
	{ 0, "MemoryAttribute.Get", get_attributes, { ARG_THIS, ARG_U64, ARG_U64, ARG_OUT(8) }, 0 },
	{ 8, "MemoryAttribute.Set", set_attributes, { ARG_THIS, ARG_U64, ARG_U64, ARG_U64 }, 0 },
	{ 16, "MemoryAttribute.Clear", clear_attributes, { ARG_THIS, ARG_U64, ARG_U64, ARG_U64 },
		0 },
};

void memory_attribute_register(struct machine *m, const struct protocols_config *config)
{
	struct memory_attributes *a;

	if (!config->memory_attribute)
		return;
	a = state_new(m, &kind);
	a->n = guest_size(m->ram) / PAGE_SIZE;
	a->pages = xcalloc(a->n, 1);
	protocol_install(m, handle_create(m), &uefi_memory_attribute, MEMORY_ATTRIBUTE_SIZE, rows,
		ARRAY_SIZE(rows), NULL);
}
