/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_RNG_PROTOCOL (UEFI 2.10 37.5) with the one algorithm that edk2 has over
 * virtio-rng: raw. The bytes come from the machine's seeded generator, so they
 * are the same in every run.
 */
#include "firmware/machine/machine.h"
#include "firmware/machine/random.h"
#include "firmware/proto/registers.h"
#include "firmware/services/service.h"
#include "uefi/protocols.h"

#define RNG_SIZE 16

static const struct guid raw = UEFI_GUID(
	0xe43176d7, 0xb6e8, 0x4827, 0xb7, 0x84, 0x7f, 0xfd, 0xc4, 0xb6, 0x85, 0x61);

static efi_status get_info(struct machine *m, const struct call *c)
{
	struct gaddr size_at = call_addr(c, 1);
	uint64_t size;

	if (!guest_read64(m->ram, size_at, &size) || !guest_write64(m->ram, size_at, sizeof(raw.b)))
		return EFI_INVALID_PARAMETER;
	if (size < sizeof(raw.b))
		return EFI_BUFFER_TOO_SMALL;
	return guest_write_guid(m->ram, call_addr(c, 2), raw) ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
}

static efi_status get_rng(struct machine *m, const struct call *c)
{
	uint64_t len = c->arg[2];
	uint8_t *p = guest_out(m->ram, call_addr(c, 3), len);
	struct guid algorithm;

	if (!len || !p)
		return EFI_INVALID_PARAMETER;
	if (c->arg[1]) {
		if (!guest_read_guid(m->ram, call_addr(c, 1), &algorithm))
			return EFI_INVALID_PARAMETER;
		if (!guid_eq(algorithm, raw))
			return EFI_UNSUPPORTED;
	}
	machine_random(m, p, len);
	return EFI_SUCCESS;
}

static const struct service rows[] = {
	{ 0, "Rng.GetInfo", get_info, { ARG_THIS, ARG_INOUT64, ARG_ROOM(1) }, 0 },
	{ 8, "Rng.GetRNG", get_rng, { ARG_THIS, ARG_GUID, ARG_U64, ARG_OUT_BY(2, 1) }, 0 },
};

void rng_register(struct machine *m, const struct protocols_config *config)
{
	(void)config;
	protocol_install(m, handle_create(m), &uefi_rng, RNG_SIZE, rows, ARRAY_SIZE(rows), NULL);
}
