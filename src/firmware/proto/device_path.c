/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protocols for device paths: Utilities, to text and from text (UEFI 2.10
 * 10.5, 10.6). Their functions return pointers and sizes, not statuses: what
 * is malformed answers NULL or 0. The codec is uefi/device_path.h.
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "base/utf16.h"
#include "firmware/machine/machine.h"
#include "firmware/proto/registers.h"
#include "firmware/services/service.h"
#include "uefi/device_path.h"
#include "uefi/protocols.h"

#define TEXT_UNITS_MAX 4096

#define ARG_NODE ARG_IN_FIELD(2, 2) /* of a path: its length says itself */

/* Copies into pool memory that the caller owns; 0 when there is none. */
static uint64_t give(struct machine *m, const struct buf *b)
{
	struct gaddr a;

	if (pool_allocate(m->pool, MEM_BOOT_DATA, b->len, &a) != EFI_SUCCESS)
		return 0;
	return guest_write(m->ram, a, buf_bytes(b), b->len) ? a.v : 0;
}

static uint64_t give_text(struct machine *m, const struct text *text)
{
	CLEANUP(buf_release) struct buf units = BUF_INIT;
	uint8_t *p = buf_reserve(&units, (text->len + 1) * 2);
	int n = utf8_to_utf16le(text_str(text), p, text->len);

	if (n < 0)
		return 0;
	put_le16(p + 2 * n, 0);
	buf_added(&units, (size_t)(n + 1) * 2);
	return give(m, &units);
}

/* A guest's path; NULL and *len 0 when it is none. */
static const uint8_t *path_of(struct machine *m, struct gaddr a, size_t *len)
{
	*len = a.v ? (size_t)device_path_length(m, a) : 0;
	return *len ? guest_in(m->ram, a, *len) : NULL;
}

static bool node_of(struct machine *m, struct gaddr a, struct dp_node *node)
{
	uint16_t length;
	const uint8_t *p;

	if (!guest_read16(m->ram, gaddr_add(a, 2), &length) || length < DP_HEADER)
		return false;
	p = guest_in(m->ram, a, length);
	if (!p)
		return false;
	*node = (struct dp_node){ p[0], p[1], p, length, p + DP_HEADER,
		(size_t)length - DP_HEADER };
	return true;
}

/* ---- to and from text ---- */

/* DisplayOnly and AllowShortcuts, the arguments behind the path. */
static unsigned how_of(const struct call *c)
{
	return ((uint8_t)c->arg[1] ? DP_TEXT_DISPLAY : 0u) |
	       ((uint8_t)c->arg[2] ? DP_TEXT_SHORTCUTS : 0u);
}

/* Node, DisplayOnly, AllowShortcuts */
static efi_status node_to_text(struct machine *m, const struct call *c)
{
	CLEANUP(text_release) struct text text = TEXT_INIT;
	struct dp_node node;

	if (!node_of(m, call_addr(c, 0), &node))
		return 0;
	dp_node_to_text(&node, how_of(c), &text);
	return give_text(m, &text);
}

static efi_status path_to_text(struct machine *m, const struct call *c)
{
	CLEANUP(text_release) struct text text = TEXT_INIT;
	size_t len;
	const uint8_t *path = path_of(m, call_addr(c, 0), &len);

	if (!path)
		return 0;
	dp_to_text(path, len, how_of(c), &text);
	return give_text(m, &text);
}

static efi_status from_text(
	struct machine *m, const struct call *c, bool parse(const char *text, struct buf *out))
{
	CLEANUP(buf_release) struct buf path = BUF_INIT;
	char *text = guest_string16(m->ram, call_addr(c, 0), TEXT_UNITS_MAX);
	bool parsed = text && parse(text, &path);

	free(text);
	return parsed ? give(m, &path) : 0;
}

static efi_status text_to_node(struct machine *m, const struct call *c)
{
	return from_text(m, c, dp_node_from_text);
}

static efi_status text_to_path(struct machine *m, const struct call *c)
{
	return from_text(m, c, dp_from_text);
}

static const struct service to_text_rows[] = {
	{ 0, "DevicePathToText.ConvertDeviceNodeToText", node_to_text,
		{ ARG_NODE, ARG_BOOL, ARG_BOOL }, SERVICE_NULL },
	{ 8, "DevicePathToText.ConvertDevicePathToText", path_to_text,
		{ ARG_PATH, ARG_BOOL, ARG_BOOL }, SERVICE_NULL },
};

static const struct service from_text_rows[] = {
	{ 0, "DevicePathFromText.ConvertTextToDeviceNode", text_to_node, { ARG_STR16 },
		SERVICE_NULL },
	{ 8, "DevicePathFromText.ConvertTextToDevicePath", text_to_path, { ARG_STR16 },
		SERVICE_NULL },
};

/* ---- utilities ---- */

static efi_status get_size(struct machine *m, const struct call *c)
{
	size_t len;

	(void)path_of(m, call_addr(c, 0), &len);
	return len;
}

static efi_status duplicate(struct machine *m, const struct call *c)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT;
	size_t len;
	const uint8_t *path = path_of(m, call_addr(c, 0), &len);

	if (!path)
		return 0;
	buf_add(&out, path, len);
	return give(m, &out);
}

/* Adds a path without its end. NULL adds nothing; false when it is malformed. */
static bool add_path(struct machine *m, struct gaddr a, struct buf *out)
{
	size_t len;
	const uint8_t *path = path_of(m, a, &len);

	if (path)
		buf_add(out, path, len - DP_HEADER);
	return path || !a.v;
}

static efi_status append_path(struct machine *m, const struct call *c)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT;

	if (!add_path(m, call_addr(c, 0), &out) || !add_path(m, call_addr(c, 1), &out))
		return 0;
	dp_add_end(&out);
	return give(m, &out);
}

static efi_status append_node(struct machine *m, const struct call *c)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT;
	struct dp_node node;

	if (!add_path(m, call_addr(c, 0), &out))
		return 0;
	if (c->arg[1]) {
		if (!node_of(m, call_addr(c, 1), &node))
			return 0;
		buf_add(&out, node.node, node.length);
	}
	dp_add_end(&out);
	return give(m, &out);
}

static efi_status append_instance(struct machine *m, const struct call *c)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT;

	if (!c->arg[1] || !add_path(m, call_addr(c, 0), &out))
		return 0;
	if (c->arg[0])
		dp_add(&out, DP_END, DP_END_INSTANCE, "", 0);
	if (!add_path(m, call_addr(c, 1), &out))
		return 0;
	dp_add_end(&out);
	return give(m, &out);
}

/* **DevicePathInstance (moved to the next, or NULL), *DevicePathInstanceSize (may be NULL) */
static efi_status next_instance(struct machine *m, const struct call *c)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT;
	struct gaddr at, next = GADDR_NULL;
	const uint8_t *path;
	struct dp_node node;
	size_t len, pos = 0, end = 0;
	uint64_t given;

	if (!guest_read_addr(m->ram, call_addr(c, 0), &at))
		return 0;
	path = path_of(m, at, &len);
	if (!path || (c->arg[1] && !guest_ok(m->ram, call_addr(c, 1), 8)))
		return 0;
	while (dp_next(path, len, &pos, &node) && node.type != DP_END)
		end = pos;
	/* pos is behind the instance's end, or at that of the whole path. */
	if (pos > end)
		next = gaddr_add(at, pos);
	buf_add(&out, path, end);
	dp_add_end(&out);
	given = give(m, &out);
	if (!given || !guest_write64(m->ram, call_addr(c, 0), next.v) ||
		(c->arg[1] && !guest_write64(m->ram, call_addr(c, 1), out.len)))
		return 0;
	return given;
}

static efi_status is_multi(struct machine *m, const struct call *c)
{
	size_t len;
	const uint8_t *path = path_of(m, call_addr(c, 0), &len);

	return path && dp_is_multi(path, len);
}

/* NodeType, NodeSubType, NodeLength */
static efi_status create_node(struct machine *m, const struct call *c)
{
	uint16_t length = (uint16_t)c->arg[2];
	struct gaddr a;

	if (length < DP_HEADER || pool_allocate(m->pool, MEM_BOOT_DATA, length, &a) != EFI_SUCCESS)
		return 0;
	if (!guest_fill(m->ram, a, 0, length) || !guest_write8(m->ram, a, (uint8_t)c->arg[0]) ||
		!guest_write8(m->ram, gaddr_add(a, 1), (uint8_t)c->arg[1]) ||
		!guest_write16(m->ram, gaddr_add(a, 2), length))
		return 0;
	return a.v;
}

static const struct service utility_rows[] = {
	{ 0, "DevicePathUtilities.GetDevicePathSize", get_size, { ARG_PATH }, SERVICE_NULL },
	{ 8, "DevicePathUtilities.DuplicateDevicePath", duplicate, { ARG_PATH }, SERVICE_NULL },
	{ 16, "DevicePathUtilities.AppendDevicePath", append_path, { ARG_PATH, ARG_PATH },
		SERVICE_NULL },
	{ 24, "DevicePathUtilities.AppendDeviceNode", append_node, { ARG_PATH, ARG_NODE },
		SERVICE_NULL },
	{ 32, "DevicePathUtilities.AppendDevicePathInstance", append_instance,
		{ ARG_PATH, ARG_PATH }, SERVICE_NULL },
	{ 40, "DevicePathUtilities.GetNextDevicePathInstance", next_instance,
		{ ARG_INOUT64, ARG_OUT(8) }, SERVICE_NULL,
		"the path whose address the first one leads to" },
	{ 48, "DevicePathUtilities.IsDevicePathMultiInstance", is_multi, { ARG_PATH },
		SERVICE_NULL },
	{ 56, "DevicePathUtilities.CreateDeviceNode", create_node, { ARG_U32, ARG_U32, ARG_U32 },
		SERVICE_NULL },
};

void device_path_register(struct machine *m, const struct protocols_config *config)
{
	struct handle *h = handle_create(m);

	(void)config;
	protocol_install(m, h, &uefi_device_path_utilities, 64, utility_rows,
		ARRAY_SIZE(utility_rows), NULL);
	protocol_install(
		m, h, &uefi_device_path_to_text, 16, to_text_rows, ARRAY_SIZE(to_text_rows), NULL);
	protocol_install(m, h, &uefi_device_path_from_text, 16, from_text_rows,
		ARRAY_SIZE(from_text_rows), NULL);
}
