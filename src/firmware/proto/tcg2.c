/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_TCG2_PROTOCOL (TCG EFI Protocol Specification, family 2.0, 6) over
 * no TPM but one bank of SHA-256 registers and an event log: it is there for
 * images that behave otherwise when a TPM is present, such as shim's fallback.
 * It measures what guests ask it to measure and nothing of its own accord, and
 * has no table of final events. Commands to the TPM are not implemented.
 */
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/sha256.h"
#include "base/xalloc.h"
#include "firmware/machine/machine.h"
#include "firmware/machine/platform.h"
#include "firmware/machine/state.h"
#include "firmware/proto/registers.h"
#include "firmware/services/service.h"
#include "pe/authenticode.h"
#include "uefi/protocols.h"

#define TCG2_SIZE 56

/* EFI_TCG2_BOOT_SERVICE_CAPABILITY (6.4.4) */
#define CAP_STRUCTURE_VERSION 1
#define CAP_PROTOCOL_VERSION  3
#define CAP_HASHES            8
#define CAP_LOG_FORMATS       12
#define CAP_PRESENT           16
#define CAP_MAX_COMMAND       18
#define CAP_MAX_RESPONSE      20
#define CAP_MANUFACTURER      24
#define CAP_BANKS             28
#define CAP_ACTIVE_BANKS      32
#define CAP_SIZE              36
#define CAP_SIZE_1_0          28 /* of version 1.0, that had no banks */

#define HASH_SHA256  0x02u
#define LOG_TCG_2    0x02u
#define TPM_BUFFER   4096
#define MANUFACTURER 0x41524d56u /* "ARMV": nobody's that is known */

#define EXTEND_ONLY   0x01u
#define PE_COFF_IMAGE 0x10u

/* EFI_TCG2_EVENT (6.6.4), packed */
#define EVENT_HEADER_SIZE    4
#define EVENT_HEADER_VERSION 8
#define EVENT_PCR            10
#define EVENT_TYPE           14
#define EVENT_DATA           18
#define EVENT_HEADER         14
#define EVENT_VERSION        1

#define PCRS       24
#define DIGEST     32
#define ALG_SHA256 0x000b
#define LOG_SIZE   (64u << 10)

/* TCG_PCR_EVENT of the log's beginning, and TCG_EfiSpecIDEvent in it */
#define EV_NO_ACTION      0x00000003u
#define LOG_HEADER        32
#define SPEC_ID_MAJOR     21
#define SPEC_ID_ERRATA    22
#define SPEC_ID_UINTN     23
#define SPEC_ID_COUNT     24
#define SPEC_ID_ALGORITHM 28
#define SPEC_ID_SIZE      33

struct tpm {
	uint8_t pcr[PCRS][DIGEST];
	struct gaddr log;  /* LOG_SIZE bytes of the guest's */
	size_t used, last; /* bytes in it; where its last event begins */
	bool truncated;
};

static const struct state_kind kind = { sizeof(struct tpm), NULL, NULL };

static efi_status get_capability(struct machine *m, const struct call *c)
{
	uint8_t cap[CAP_SIZE] = { 0 };
	uint8_t size;

	if (!guest_read8(m->ram, call_addr(c, 1), &size))
		return EFI_INVALID_PARAMETER;
	if (size < CAP_SIZE_1_0) {
		if (!guest_write8(m->ram, call_addr(c, 1), CAP_SIZE_1_0))
			return EFI_INVALID_PARAMETER;
		return EFI_BUFFER_TOO_SMALL;
	}
	size = size < CAP_SIZE ? CAP_SIZE_1_0 : CAP_SIZE;
	cap[0] = size;
	cap[CAP_STRUCTURE_VERSION] = 1;
	cap[CAP_STRUCTURE_VERSION + 1] = size == CAP_SIZE;
	cap[CAP_PROTOCOL_VERSION] = 1;
	cap[CAP_PROTOCOL_VERSION + 1] = 1;
	put_le32(cap + CAP_HASHES, HASH_SHA256);
	put_le32(cap + CAP_LOG_FORMATS, LOG_TCG_2);
	cap[CAP_PRESENT] = true;
	put_le16(cap + CAP_MAX_COMMAND, TPM_BUFFER);
	put_le16(cap + CAP_MAX_RESPONSE, TPM_BUFFER);
	put_le32(cap + CAP_MANUFACTURER, MANUFACTURER);
	put_le32(cap + CAP_BANKS, 1);
	put_le32(cap + CAP_ACTIVE_BANKS, HASH_SHA256);
	return guest_write(m->ram, call_addr(c, 1), cap, size) ? EFI_SUCCESS
							       : EFI_INVALID_PARAMETER;
}

static efi_status get_event_log(struct machine *m, const struct call *c)
{
	const struct tpm *tpm = state_find(m, &kind);

	if (call_u32(c, 1) != LOG_TCG_2)
		return EFI_INVALID_PARAMETER;
	if (!guest_write64(m->ram, call_addr(c, 2), tpm->log.v) ||
		!guest_write64(m->ram, call_addr(c, 3), tpm->log.v + tpm->last) ||
		!guest_write8(m->ram, call_addr(c, 4), tpm->truncated))
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

static void emit_measured(
	struct machine *m, uint32_t pcr, uint32_t type, const uint8_t digest[DIGEST])
{
	CLEANUP(text_release) struct text text = TEXT_INIT;

	for (unsigned i = 0; i < DIGEST; i++)
		text_printf(&text, "%02x", digest[i]);
	trace_begin(&m->trace, "measured");
	trace_u64(&m->trace, "pcr", pcr);
	trace_hex(&m->trace, "type", type);
	trace_text(&m->trace, "sha256", text_str(&text));
	trace_end(&m->trace);
}

/* TCG_PCR_EVENT2; false when the log is full. */
static bool log_event(struct machine *m, uint32_t pcr, uint32_t type, const uint8_t digest[DIGEST],
	const void *data, size_t len)
{
	struct tpm *tpm = state_find(m, &kind);
	size_t size = 4 + 4 + 4 + 2 + DIGEST + 4 + len;
	uint8_t *p;

	if (tpm->truncated || size > LOG_SIZE - tpm->used) {
		tpm->truncated = true;
		return false;
	}
	p = guest_out(m->ram, gaddr_add(tpm->log, tpm->used), size);
	put_le32(p, pcr);
	put_le32(p + 4, type);
	put_le32(p + 8, 1);
	put_le16(p + 12, ALG_SHA256);
	memcpy(p + 14, digest, DIGEST);
	put_le32(p + 14 + DIGEST, (uint32_t)len);
	memcpy(p + 18 + DIGEST, data, len);
	tpm->last = tpm->used;
	tpm->used += size;
	return true;
}

/* What is measured: the bytes themselves, or a program as Authenticode digests it. */
static efi_status digest_of(const uint8_t *p, size_t len, bool program, uint8_t digest[DIGEST])
{
	struct pe_memory mem = { p, len };
	struct pe_source src = pe_source_memory(&mem);
	uint8_t out[PE_DIGEST_MAX];
	CLEANUP(pe_release) struct pe pe = { 0 };
	struct err err;

	if (!program) {
		sha256_of(p, len, digest);
		return EFI_SUCCESS;
	}
	if (pe_read(&pe, &src, &err) < 0 || pe_digest(&pe, &src, PE_HASH_SHA256, out, &err) < 0)
		return EFI_UNSUPPORTED;
	memcpy(digest, out, DIGEST);
	return EFI_SUCCESS;
}

static efi_status hash_log_extend(struct machine *m, const struct call *c)
{
	struct tpm *tpm = state_find(m, &kind);
	uint64_t flags = c->arg[1], len = c->arg[3];
	const uint8_t *data = guest_in(m->ram, call_addr(c, 2), len), *event;
	uint8_t both[2 * DIGEST];
	uint32_t size, pcr, type;
	efi_status status;

	if (!data || !guest_read32(m->ram, call_addr(c, 4), &size) || size < EVENT_DATA)
		return EFI_INVALID_PARAMETER;
	event = guest_in(m->ram, call_addr(c, 4), size);
	if (!event || le32(event + EVENT_HEADER_SIZE) != EVENT_HEADER ||
		le16(event + EVENT_HEADER_VERSION) != EVENT_VERSION)
		return EFI_INVALID_PARAMETER;
	pcr = le32(event + EVENT_PCR);
	type = le32(event + EVENT_TYPE);
	if (pcr >= PCRS)
		return EFI_INVALID_PARAMETER;
	status = digest_of(data, len, flags & PE_COFF_IMAGE, both + DIGEST);
	if (status != EFI_SUCCESS)
		return status;
	emit_measured(m, pcr, type, both + DIGEST);
	memcpy(both, tpm->pcr[pcr], DIGEST);
	sha256_of(both, sizeof(both), tpm->pcr[pcr]);
	if (!(flags & EXTEND_ONLY) &&
		!log_event(m, pcr, type, both + DIGEST, event + EVENT_DATA, size - EVENT_DATA))
		return EFI_VOLUME_FULL;
	return EFI_SUCCESS;
}

/* 6.7; commands themselves are for a TPM that there is none of. */
static efi_status submit_command(struct machine *m, const struct call *c)
{
	uint32_t in = call_u32(c, 1), out = call_u32(c, 3);

	if (!c->arg[0] || !in || !c->arg[2] || !out || !c->arg[4] || in > TPM_BUFFER ||
		out > TPM_BUFFER)
		return EFI_INVALID_PARAMETER;
	return machine_unimplemented(m, "Tcg2.SubmitCommand");
}

static efi_status get_active_banks(struct machine *m, const struct call *c)
{
	return guest_write32(m->ram, call_addr(c, 1), HASH_SHA256) ? EFI_SUCCESS
								   : EFI_INVALID_PARAMETER;
}

static efi_status set_active_banks(struct machine *m, const struct call *c)
{
	(void)m;
	if (call_u32(c, 1) != HASH_SHA256)
		return EFI_INVALID_PARAMETER; /* 6.9.3: a bank that is not supported */
	return EFI_SUCCESS;                   /* and that one is active already */
}

static efi_status get_banks_result(struct machine *m, const struct call *c)
{
	/* No change was asked for before this boot. */
	if (!guest_write32(m->ram, call_addr(c, 1), 0) ||
		!guest_write32(m->ram, call_addr(c, 2), 0))
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

static const struct service rows[] = {
	{ 0, "Tcg2.GetCapability", get_capability, { ARG_THIS, ARG_POINTER(BOTH, FIELD, 0, 1) },
		0 },
	{ 8, "Tcg2.GetEventLog", get_event_log,
		{ ARG_THIS, ARG_U32, ARG_OUT(8), ARG_OUT(8), ARG_OUT(1) }, 0 },
	{ 16, "Tcg2.HashLogExtendEvent", hash_log_extend,
		{ ARG_THIS, ARG_U64, ARG_IN_BY(3, 1), ARG_U64, ARG_IN_FIELD(0, 4) }, 0 },
	{ 24, "Tcg2.SubmitCommand", submit_command,
		{ ARG_THIS, ARG_U32, ARG_IN_BY(1, 1), ARG_U32, ARG_OUT_BY(3, 1) }, 0 },
	{ 32, "Tcg2.GetActivePcrBanks", get_active_banks, { ARG_THIS, ARG_OUT(4) }, 0 },
	{ 40, "Tcg2.SetActivePcrBanks", set_active_banks, { ARG_THIS, ARG_U32 }, 0 },
	{ 48, "Tcg2.GetResultOfSetActivePcrBanks", get_banks_result,
		{ ARG_THIS, ARG_OUT(4), ARG_OUT(4) }, 0 },
};

/* The log's first event names its format: TCG_EfiSpecIDEvent in the form of version 1.2. */
static void begin_log(struct machine *m, struct tpm *tpm)
{
	uint8_t *p = guest_both(m->ram, tpm->log, LOG_HEADER + SPEC_ID_SIZE);

	put_le32(p + 4, EV_NO_ACTION);
	put_le32(p + 28, SPEC_ID_SIZE);
	p += LOG_HEADER;
	memcpy(p, "Spec ID Event03", 16);
	p[SPEC_ID_MAJOR] = 2;
	p[SPEC_ID_ERRATA] = 105;
	p[SPEC_ID_UINTN] = 2; /* 64 bits */
	put_le32(p + SPEC_ID_COUNT, 1);
	put_le16(p + SPEC_ID_ALGORITHM, ALG_SHA256);
	put_le16(p + SPEC_ID_ALGORITHM + 2, DIGEST);
	tpm->used = LOG_HEADER + SPEC_ID_SIZE;
}

static bool has_tpm(struct machine *m)
{
	return platform_has(m->platform, PLATFORM_TPM);
}

/* Its memory is taken in any case: whether there is a TPM may be asked late. */
void tcg2_register(struct machine *m, const struct protocols_config *config)
{
	struct tpm *tpm = state_new(m, &kind);
	struct gaddr interface = machine_data(m, MEM_BOOT_DATA, TCG2_SIZE);
	struct handle *h = handle_create(m);

	tpm->log = machine_data(m, MEM_BOOT_DATA, LOG_SIZE);
	begin_log(m, tpm);
	service_install(m, interface, rows, ARRAY_SIZE(rows));
	if (config->tpm)
		handle_install(m, h, &uefi_tcg2, interface, NULL);
	else
		handle_install_when(m, h, &uefi_tcg2, interface, has_tpm);
}
