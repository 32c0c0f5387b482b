/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_HII_CONFIG_ROUTING_PROTOCOL (UEFI 2.10 35.4): configuration strings, and to
 * which driver of a guest's they go (hii_route.c). The firmware has no settings
 * of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "firmware/proto/hii_config.h"
#include "firmware/proto/hii_config_text.h"
#include "firmware/proto/protocol.h"
#include "uefi/protocols.h"

#define ROUTING_SIZE 48
#define GUID_SIZE    16

uint16_t *config_take(struct machine *m, struct gaddr a)
{
	size_t n;
	const uint8_t *bytes = a.v ? guest_in_string16(m->ram, a, CONFIG_UNITS_MAX, &n) : NULL;

	return bytes ? config_units(bytes, n) : NULL;
}

efi_status config_give(struct machine *m, struct buf *text, struct gaddr at)
{
	static const uint8_t nul[2];
	struct gaddr a;
	efi_status status;

	buf_add(text, nul, sizeof(nul));
	status = pool_allocate(m->pool, MEM_BOOT_DATA, text->len, &a);
	if (status != EFI_SUCCESS)
		return status;
	return guest_write(m->ram, a, buf_bytes(text), text->len) && guest_write64(m->ram, at, a.v)
		       ? EFI_SUCCESS
		       : EFI_INVALID_PARAMETER;
}

efi_status config_answer(struct machine *m, struct gaddr at, uint64_t value, efi_status status)
{
	return guest_write64(m->ram, at, value) ? status : EFI_INVALID_PARAMETER;
}

static bool is_routing(struct machine *m, const struct call *c)
{
	return protocol_host(m, call_addr(c, 0), &uefi_hii_config_routing);
}

/* This, ConfigRequest, Block, BlockSize, Config, Progress */
static efi_status block_to_config(struct machine *m, const struct call *c)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT;
	CLEANUP(xfree) uint16_t *request = NULL;
	const uint8_t *block;
	efi_status status;
	size_t progress;

	if (!is_routing(m, c) || !c->arg[4] || !c->arg[5])
		return EFI_INVALID_PARAMETER;
	request = config_take(m, call_addr(c, 1));
	block = c->arg[2] ? guest_in(m->ram, call_addr(c, 2), c->arg[3]) : NULL;
	if (!request || !block)
		return config_answer(m, call_addr(c, 5), c->arg[1], EFI_INVALID_PARAMETER);
	status = config_from_block(request, block, c->arg[3], &out, &progress);
	status = status == EFI_SUCCESS ? config_give(m, &out, call_addr(c, 4))
				       : config_answer(m, call_addr(c, 4), 0, status);
	return config_answer(m, call_addr(c, 5), c->arg[1] + 2 * progress, status);
}

/* This, ConfigResp, Block, BlockSize, Progress */
static efi_status config_to_block_of(struct machine *m, const struct call *c)
{
	CLEANUP(xfree) uint16_t *text = NULL;
	uint8_t *block = NULL;
	uint64_t room, size;
	efi_status status;
	size_t progress;

	if (!is_routing(m, c) || !c->arg[3] || !c->arg[4] ||
		!guest_read64(m->ram, call_addr(c, 3), &room))
		return EFI_INVALID_PARAMETER;
	text = config_take(m, call_addr(c, 1));
	if (c->arg[2])
		block = guest_both(m->ram, call_addr(c, 2), room);
	if (!text || (c->arg[2] && !block))
		return config_answer(m, call_addr(c, 4), c->arg[1], EFI_INVALID_PARAMETER);
	size = room;
	status = config_to_block(text, block, room, &size, &progress);
	if (size != room)
		status = config_answer(m, call_addr(c, 3), size, status);
	return config_answer(m, call_addr(c, 4), c->arg[1] + 2 * progress, status);
}

/* --- GetAltConfig() */

static void wanted_release(struct config_wanted *w)
{
	free(w->guid);
	free(w->name);
	free(w->path);
	free(w->alternative);
}
DEFINE_RELEASE(struct config_wanted, wanted_release)

/* Guid, Name, DevicePath, AltCfgId, of which each may be NULL. False when one leads nowhere. */
static bool take_wanted(struct machine *m, const struct call *c, struct config_wanted *w)
{
	CLEANUP(xfree) uint16_t *name = c->arg[3] ? config_take(m, call_addr(c, 3)) : NULL;
	uint64_t len = c->arg[4] ? device_path_length(m, call_addr(c, 4)) : 0;
	const uint8_t *guid = c->arg[2] ? guest_in(m->ram, call_addr(c, 2), GUID_SIZE) : NULL;
	const uint8_t *path = len ? guest_in(m->ram, call_addr(c, 4), len) : NULL;
	uint16_t alternative;
	size_t n = 0;

	if ((c->arg[2] && !guid) || (c->arg[3] && !name) || (c->arg[4] && !path) ||
		(c->arg[5] && !guest_read16(m->ram, call_addr(c, 5), &alternative)))
		return false;
	while (name && name[n])
		n++;
	if (guid)
		w->guid = config_word("GUID=", guid, GUID_SIZE);
	if (name)
		w->name = config_word16("NAME=", name, n);
	if (path)
		w->path = config_word("PATH=", path, len);
	if (c->arg[5])
		w->alternative = config_word16("ALTCFG=", &alternative, 1);
	return true;
}

/* This, ConfigResp, Guid, Name, DevicePath, AltCfgId, AltCfgResp */
static efi_status get_alternative(struct machine *m, const struct call *c)
{
	CLEANUP(wanted_release) struct config_wanted wanted = { 0 };
	CLEANUP(buf_release) struct buf out = BUF_INIT;
	CLEANUP(xfree) uint16_t *all = NULL;
	efi_status status;

	if (!is_routing(m, c) || !c->arg[6])
		return EFI_INVALID_PARAMETER;
	all = config_take(m, call_addr(c, 1));
	if (!all || !config_begins(all, "GUID=") || !take_wanted(m, c, &wanted))
		return EFI_INVALID_PARAMETER;
	status = config_choose(all, &wanted, &out);
	return status == EFI_SUCCESS ? config_give(m, &out, call_addr(c, 6))
				     : config_answer(m, call_addr(c, 6), 0, status);
}

#define DRIVERS "what a driver of the guest's is asked, and answers"

static const struct service rows[] = {
	{ 0, "HiiConfigRouting.ExtractConfig", hii_extract,
		{ ARG_THIS, ARG_STR16, ARG_OUT(8), ARG_OUT(8) }, 0, DRIVERS },
	{ 8, "HiiConfigRouting.ExportConfig", hii_export_settings, { ARG_THIS, ARG_OUT(8) }, 0,
		DRIVERS },
	{ 16, "HiiConfigRouting.RouteConfig", hii_route, { ARG_THIS, ARG_STR16, ARG_OUT(8) }, 0,
		DRIVERS },
	{ 24, "HiiConfigRouting.BlockToConfig", block_to_config,
		{ ARG_THIS, ARG_STR16, ARG_IN_BY(3, 1), ARG_U64, ARG_OUT(8), ARG_OUT(8) }, 0 },
	{ 32, "HiiConfigRouting.ConfigToBlock", config_to_block_of,
		{ ARG_THIS, ARG_STR16, ARG_POINTER(BOTH, AT, 3, 1), ARG_INOUT64, ARG_OUT(8) }, 0 },
	{ 40, "HiiConfigRouting.GetAltConfig", get_alternative,
		{ ARG_THIS, ARG_STR16, ARG_GUID, ARG_STR16, ARG_PATH, ARG_IN(2), ARG_OUT(8) }, 0 },
};

void hii_config_install(struct machine *m, struct handle *h, struct hii *hii)
{
	protocol_install(m, h, &uefi_hii_config_routing, ROUTING_SIZE, rows, ARRAY_SIZE(rows), hii);
}
