/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory attributes table (UEFI 2.10 4.6.4): what of the runtime memory is
 * code that nobody writes, and what is data that nobody executes. It is brought
 * up to date whenever the memory map is asked for.
 */
#include "base/bytes.h"
#include "firmware/machine/machine.h"
#include "firmware/services/config_table.h"
#include "firmware/services/tables.h"
#include "uefi/protocols.h"

#define ENTRIES_MAX 64
#define HEADER      16
#define TABLE_BYTES (HEADER + ENTRIES_MAX * DESCRIPTOR_SIZE)

#define EFI_MEMORY_XP      UINT64_C(0x4000)
#define EFI_MEMORY_RO      UINT64_C(0x20000)
#define EFI_MEMORY_RUNTIME (UINT64_C(1) << 63)

void memory_attributes_init(struct machine *m)
{
	m->memory_attributes = machine_data(m, MEM_BOOT_DATA, TABLE_BYTES);
	(void)!config_table_install(m, &uefi_table_memory_attributes, m->memory_attributes);
	memory_attributes_update(m);
}

void memory_attributes_update(struct machine *m)
{
	uint8_t *p = guest_both(m->ram, m->memory_attributes, TABLE_BYTES);
	uint32_t n = 0;

	for (size_t i = 0; p && i < m->pages.n && n < ENTRIES_MAX; i++) {
		const struct page_range *r = &m->pages.ranges[i];
		uint8_t *d = p + HEADER + n * DESCRIPTOR_SIZE;

		if (r->type != MEM_RUNTIME_CODE && r->type != MEM_RUNTIME_DATA)
			continue;
		put_le32(d, r->type);
		put_le64(d + 8, r->start);
		put_le64(d + 16, 0);
		put_le64(d + 24, r->pages);
		put_le64(d + 32,
			EFI_MEMORY_RUNTIME |
				(r->type == MEM_RUNTIME_CODE ? EFI_MEMORY_RO : EFI_MEMORY_XP));
		n++;
	}
	if (!p)
		return;
	put_le32(p, 2); /* version */
	put_le32(p + 4, n);
	put_le32(p + 8, DESCRIPTOR_SIZE);
	put_le32(p + 12, 0);
}
