/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory services (UEFI 2.10 7.2) and the miscellaneous ones that work on
 * memory (7.5.2 to 7.5.4).
 */
#include <string.h>
#include <zlib.h>

#include "firmware/core/events.h"
#include "firmware/machine/machine.h"
#include "firmware/services/tables.h"
#include "uefi/protocols.h"

/* 7.1.4: who is in the group is signalled whenever the map isn't any more what the key stands for. */
static efi_status map_changed(struct machine *m, uint64_t changes, efi_status status)
{
	if (m->pages.changes != changes)
		event_signal_group(m, &uefi_group_memory_map_change);
	return status;
}

efi_status svc_allocate_pages(struct machine *m, const struct call *c)
{
	struct gaddr at = call_addr(c, 3);
	uint64_t addr, changes = m->pages.changes;
	efi_status status;

	if (!at.v || !guest_read64(m->ram, at, &addr))
		return EFI_INVALID_PARAMETER;
	if (call_u32(c, 0) > ALLOCATE_ADDRESS)
		return EFI_INVALID_PARAMETER;
	status = pages_allocate(
		&m->pages, (enum allocate_type)call_u32(c, 0), call_u32(c, 1), c->arg[2], &addr);
	if (status == EFI_SUCCESS && !guest_write64(m->ram, at, addr))
		return EFI_INVALID_PARAMETER;
	if (status == EFI_SUCCESS)
		guest_expect(m->ram, gaddr(addr), c->arg[2] * PAGE_SIZE);
	return map_changed(m, changes, status);
}

efi_status svc_free_pages(struct machine *m, const struct call *c)
{
	uint64_t changes = m->pages.changes;

	return map_changed(m, changes, pages_free(&m->pages, c->arg[0], c->arg[1]));
}

/* Who calls: an image by where it lies; what an image loaded by itself is all one. */
static uint64_t owner_of(struct machine *m, uint64_t pc)
{
	struct gaddr base = gaddr(RAM_BASE);
	uint64_t size;

	image_range(m, pc, &base, &size);
	return base.v;
}

efi_status svc_allocate_pool(struct machine *m, const struct call *c)
{
	uint64_t changes = m->pages.changes;
	struct gaddr a;
	efi_status status;

	if (!c->arg[2])
		return EFI_INVALID_PARAMETER;
	status = pool_allocate_for(
		m->pool, owner_of(m, cpu_get(m->cpu, CPU_LR)), call_u32(c, 0), c->arg[1], &a);
	if (status == EFI_SUCCESS && !guest_write64(m->ram, call_addr(c, 2), a.v))
		return EFI_INVALID_PARAMETER;
	return map_changed(m, changes, status);
}

efi_status svc_free_pool(struct machine *m, const struct call *c)
{
	uint64_t changes = m->pages.changes;

	return map_changed(m, changes, pool_free(m->pool, call_addr(c, 0)));
}

efi_status svc_get_memory_map(struct machine *m, const struct call *c)
{
	CLEANUP(buf_release) struct buf map = BUF_INIT;
	uint64_t room;

	if (!c->arg[0] || !guest_read64(m->ram, call_addr(c, 0), &room))
		return EFI_INVALID_PARAMETER;
	memory_attributes_update(m);
	pages_encode_map(&m->pages, &map);
	if (!guest_write64(m->ram, call_addr(c, 0), map.len) ||
		(c->arg[3] && !guest_write64(m->ram, call_addr(c, 3), DESCRIPTOR_SIZE)) ||
		(c->arg[4] && !guest_write32(m->ram, call_addr(c, 4), 1)))
		return EFI_INVALID_PARAMETER;
	if (room < map.len)
		return EFI_BUFFER_TOO_SMALL;
	if (!c->arg[1] || !guest_write(m->ram, call_addr(c, 1), buf_bytes(&map), map.len) ||
		(c->arg[2] && !guest_write64(m->ram, call_addr(c, 2), pages_map_key(&m->pages))))
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

efi_status svc_calculate_crc32(struct machine *m, const struct call *c)
{
	const uint8_t *p = guest_in(m->ram, call_addr(c, 0), c->arg[1]);
	uint32_t crc;

	if (!c->arg[0] || !c->arg[1] || !c->arg[2] || !p)
		return EFI_INVALID_PARAMETER;
	crc = (uint32_t)crc32_z(0, p, c->arg[1]);
	return guest_write32(m->ram, call_addr(c, 2), crc) ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
}

/* These two have no status; a range that is not RAM would fault on hardware. */
static efi_status outside(struct machine *m, const char *what, const struct call *c)
{
	run_end(&m->run, VERDICT_FAULT, "%s() of 0x%llx bytes at 0x%llx, which is not all memory",
		what, (unsigned long long)c->arg[what[0] == 'C' ? 2 : 1],
		(unsigned long long)c->arg[0]);
	return EFI_SUCCESS;
}

efi_status svc_copy_mem(struct machine *m, const struct call *c)
{
	uint8_t *to;
	const uint8_t *from;

	if (!c->arg[2])
		return EFI_SUCCESS;
	to = guest_both(m->ram, call_addr(c, 0), c->arg[2]);
	from = guest_in(m->ram, call_addr(c, 1), c->arg[2]);
	if (!to || !from)
		return outside(m, "CopyMem", c);
	memmove(to, from, c->arg[2]);
	return EFI_SUCCESS;
}

efi_status svc_set_mem(struct machine *m, const struct call *c)
{
	if (c->arg[1] && !guest_fill(m->ram, call_addr(c, 0), (uint8_t)c->arg[2], c->arg[1]))
		return outside(m, "SetMem", c);
	return EFI_SUCCESS;
}
