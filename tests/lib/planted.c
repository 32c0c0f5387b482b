/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults that are linked into an armvm-firmware of its own, each in what decides whether the end of a boot is reused;
 * PLANTED names the one that it has. tests/cli/planted.t shows that each is found by programs made by chance, and
 * tests/cli/verify-reuse.t what --verify-reuse says of the first. There is a protocol, too, whose rows are wrong: they
 * say that nothing but memory changes, where a number is kept in the host.
 */
#include <stdlib.h>
#include <string.h>

#include "firmware/explore/checkpoint.h"
#include "firmware/explore/journal.h"
#include "firmware/machine/recorder.h"
#include "firmware/machine/state.h"
#include "firmware/proto/registers.h"
#include "firmware/services/service.h"

static bool planted(const char *fault)
{
	const char *chosen = getenv("PLANTED");

	return chosen && strcmp(chosen, fault) == 0;
}

#define WRAPS(type, name, ...)                                                                     \
	type __real_##name(__VA_ARGS__);                                                           \
	type __wrap_##name(__VA_ARGS__);                                                           \
	type __wrap_##name(__VA_ARGS__)

/* The access log of a boot counts for nothing. */
WRAPS(bool, recording_avoids, const struct recording *t, const struct difference *d)
{
	return planted("access-log") || __real_recording_avoids(t, d);
}

/* What variables answer counts for nothing. */
WRAPS(bool, journal_replay, struct vars *vars, const uint8_t *journal, size_t len)
{
	return __real_journal_replay(vars, journal, len) || planted("journal");
}

/* The input hash, for whose sake states are not compared here: they may show as well what it has to. */
WRAPS(void, states_encode, const struct machine *m, struct buf *out)
{
	if (!planted("values") && !planted("reads") && !planted("strings"))
		__real_states_encode(m, out);
}

/* Values of arguments are not in it. */
WRAPS(void, arguments_remember, struct machine *m, const struct service *s, const struct call *c)
{
	if (!planted("values"))
		__real_arguments_remember(m, s, c);
}

static struct sha256_ctx *inputs;

/* Nor is what services read in guest memory. */
WRAPS(void, guest_record, struct guest_ram *ram, struct sha256_ctx *to)
{
	inputs = planted("reads") ? NULL : to;
	__real_guest_record(ram, inputs);
}

/* Nor, of that, strings. */
WRAPS(const uint8_t *, guest_in_string16, struct guest_ram *ram, struct gaddr a, size_t max,
	size_t *units)
{
	const uint8_t *string;

	__real_guest_record(ram, planted("strings") ? NULL : inputs);
	string = __real_guest_in_string16(ram, a, max, units);
	__real_guest_record(ram, inputs);
	return string;
}

/* Pools are not compared, nor is the memory map, nor registers. */
WRAPS(unsigned, pool_sums, const struct pool *pool, uint8_t sums[POOL_ARENAS][POOL_SUM])
{
	unsigned n = __real_pool_sums(pool, sums);

	if (planted("pool"))
		memset(sums, 0, (size_t)POOL_ARENAS * POOL_SUM);
	return n;
}

WRAPS(void, pages_sum, const struct pages *p, struct sha256_ctx *sum)
{
	if (!planted("map"))
		__real_pages_sum(p, sum);
}

WRAPS(void, cpu_sum, struct cpu *cpu, struct sha256_ctx *sum)
{
	if (!planted("registers"))
		__real_cpu_sum(cpu, sum);
}

/* ---- the protocol ---- */

static const struct guid guid = { { 0xe1, 0xb1, 0x3a, 0x5a, 0xff, 0xff, 0x00, 0x40, 0x80 } };

/* The number is kept from being compared. */
static void flatten(void *copy, struct buf *out)
{
	(void)out;
	if (planted("state"))
		*(uint64_t *)copy = 0;
}

static const struct state_kind kind = { sizeof(uint64_t), NULL, flatten };

static efi_status keep(struct machine *m, const struct call *c)
{
	*(uint64_t *)state_find(m, &kind) = c->arg[1];
	return EFI_SUCCESS;
}

static efi_status kept(struct machine *m, const struct call *c)
{
	return guest_write64(m->ram, call_addr(c, 1), *(uint64_t *)state_find(m, &kind))
		       ? EFI_SUCCESS
		       : EFI_INVALID_PARAMETER;
}

static const struct service rows[] = {
	{ 0, "Planted.Keep", keep, { ARG_THIS, ARG_U64 }, SERVICE_APART },
	{ 8, "Planted.Kept", kept, { ARG_THIS, ARG_OUT(8) }, SERVICE_APART },
};

WRAPS(void, rng_register, struct machine *m, const struct protocols_config *config)
{
	__real_rng_register(m, config);
	protocol_install(
		m, handle_create(m), &guid, 16, rows, ARRAY_SIZE(rows), state_new(m, &kind));
}
