/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Decompress protocol (UEFI 2.10 19.5). The codec is uefi/decompress.h.
 */
#include "base/xalloc.h"
#include "firmware/machine/machine.h"
#include "firmware/proto/registers.h"
#include "firmware/services/service.h"
#include "uefi/decompress.h"
#include "uefi/protocols.h"

/* What a guest is asked to lend, which is not needed: the codes of a block are the host's. */
#define SCRATCH_SIZE 4096
/* A guest can't have more than this of the host's memory. */
#define SIZE_MAX_    (256u << 20)

/* This, Source, SourceSize, *DestinationSize, *ScratchSize */
static efi_status get_info(struct machine *m, const struct call *c)
{
	uint32_t len = call_u32(c, 2), size;
	const uint8_t *from = guest_in(m->ram, call_addr(c, 1), len);

	if (!c->arg[1] || !from || !compressed_size(from, len, &size) ||
		!guest_write32(m->ram, call_addr(c, 3), size) ||
		!guest_write32(m->ram, call_addr(c, 4), SCRATCH_SIZE))
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

/* This, Source, SourceSize, Destination, DestinationSize, Scratch, ScratchSize */
static efi_status decompress_this(struct machine *m, const struct call *c)
{
	uint32_t len = call_u32(c, 2), size;
	const uint8_t *from = guest_in(m->ram, call_addr(c, 1), len);
	CLEANUP(xfree) uint8_t *to = NULL;

	if (!c->arg[1] || !c->arg[3] || !c->arg[5] || !from || !compressed_size(from, len, &size) ||
		call_u32(c, 4) < size || call_u32(c, 6) < SCRATCH_SIZE || size > SIZE_MAX_)
		return EFI_INVALID_PARAMETER;
	to = xmalloc(size ? size : 1);
	if (!decompress(from, len, to) || !guest_write(m->ram, call_addr(c, 3), to, size))
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

static const struct service rows[] = {
	{ 0, "Decompress.GetInfo", get_info,
		{ ARG_THIS, ARG_IN_BY(2, 1), ARG_U32, ARG_OUT(4), ARG_OUT(4) }, 0 },
	{ 8, "Decompress.Decompress", decompress_this,
		{ ARG_THIS, ARG_IN_BY(2, 1), ARG_U32, ARG_OUT_BY(4, 1), ARG_U32, ARG_OUT_BY(6, 1),
			ARG_U32 },
		0 },
};

void decompress_register(struct machine *m, const struct protocols_config *config)
{
	(void)config;
	protocol_install(m, handle_create(m), &uefi_decompress, 16, rows, ARRAY_SIZE(rows), NULL);
}
