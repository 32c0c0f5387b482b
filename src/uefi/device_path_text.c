/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device paths as text (UEFI 2.10 10.6.1.6), in the spelling of edk2 where the
 * specification leaves a choice: hexadecimal with 0x, digits and GUIDs in upper case. Not
 * every messaging node has its own form here; the rest are written generically.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf16.h"
#include "base/xalloc.h"
#include "uefi/device_path_shapes.h"

static void put_hex(struct buf *out, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%02X", p[i]);
}

static void put_guid(struct buf *out, const uint8_t *p)
{
	char text[GUID_TEXT_LEN + 1];

	guid_format(guid_load(p), text);
	for (char *c = text; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	buf_puts(out, text);
}

static void put_utf16(struct buf *out, const uint8_t *p, size_t size)
{
	char *text = utf16le_to_utf8(p, size / 2);

	buf_puts(out, text);
	free(text);
}

/* Bytes of a URI; what is not printable ASCII as %XX, so that the text is valid UTF-8. */
static void put_ascii(struct buf *out, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n && p[i]; i++)
		buf_printf(out, p[i] > ' ' && p[i] < 0x7f ? "%c" : "%%%02X", p[i]);
}

static void put_field(struct buf *out, char field, const uint8_t *p, size_t rest)
{
	switch (field) {
	case 'b':
		buf_printf(out, "0x%X", p[0]);
		break;
	case 'w':
		buf_printf(out, "0x%X", le16(p));
		break;
	case 'D':
		buf_printf(out, "%u", le16(p));
		break;
	case 'd':
		buf_printf(out, "0x%X", le32(p));
		break;
	case 'q':
		buf_printf(out, "0x%" PRIX64, le64(p));
		break;
	case 'Q':
		buf_printf(out, "%016" PRIX64, le64(p));
		break;
	case 'g':
		put_guid(out, p);
		break;
	case '*':
		put_hex(out, p, rest);
		break;
	case 'a':
		put_ascii(out, p, rest);
		break;
	case 's':
		buf_puts(out, "\"");
		put_utf16(out, p, rest);
		buf_puts(out, "\"");
		break;
	default:
		break;
	}
}

static bool put_shape(struct buf *out, const struct dp_shape *shape, const struct dp_node *node)
{
	size_t at[DP_FIELDS_MAX], n = strlen(shape->fields), pos = 0;
	const char *between = "";

	for (size_t i = 0; i < n; i++) {
		at[i] = pos;
		pos += dp_field_size(shape->fields[i]);
	}
	if (pos > node->size)
		return false;
	buf_printf(out, "%s(", shape->name);
	for (size_t i = 0; i < n; i++) {
		size_t f = shape->order ? (size_t)(shape->order[i] - '0') : i;

		if (shape->fields[f] == 'r' || (shape->fields[f] == '*' && at[f] == node->size))
			continue;
		buf_puts(out, between);
		put_field(out, shape->fields[f], node->data + at[f], node->size - at[f]);
		between = ",";
	}
	buf_puts(out, ")");
	return true;
}

static bool put_acpi(struct buf *out, const struct dp_node *node)
{
	uint32_t hid, uid;

	if (node->size < 8)
		return false;
	hid = le32(node->data);
	uid = le32(node->data + 4);
	if ((hid & 0xffff) != 0x41d0) {
		buf_printf(out, "Acpi(0x%08X,0x%X)", hid, uid);
		return true;
	}
	for (size_t i = 0; i < dp_n_acpi_names; i++)
		if (dp_acpi_names[i].pnp == hid >> 16) {
			buf_printf(out, "%s(0x%X)", dp_acpi_names[i].name, uid);
			return true;
		}
	buf_printf(out, "Acpi(PNP%04X,0x%X)", hid >> 16, uid);
	return true;
}

static bool put_hd(struct buf *out, const struct dp_node *node)
{
	struct dp_hd hd;

	if (!dp_hd(node, &hd))
		return false;
	buf_printf(out, "HD(%u,", hd.partition);
	if (hd.signature_type == DP_HD_MBR) {
		buf_printf(out, "MBR,0x%08X", le32(hd.signature.b));
	} else if (hd.signature_type == DP_HD_GUID) {
		buf_puts(out, "GPT,");
		put_guid(out, hd.signature.b);
	} else {
		buf_printf(out, "%u,0", hd.signature_type);
	}
	buf_printf(out, ",0x%" PRIX64 ",0x%" PRIX64 ")", hd.start, hd.size);
	return true;
}

static bool put_vendor_msg(struct buf *out, const struct dp_node *node, bool shortcuts)
{
	if (node->size != 16 || !shortcuts)
		return false;
	for (size_t i = 0; i < dp_n_vendor_names; i++)
		if (guid_eq(dp_vendor_names[i].guid, guid_load(node->data))) {
			buf_printf(out, "%s()", dp_vendor_names[i].name);
			return true;
		}
	return false;
}

static bool put_mac(struct buf *out, const struct dp_node *node)
{
	if (node->size < 33)
		return false;
	buf_puts(out, "MAC(");
	/* Ethernet's addresses are six bytes, others have all 32. */
	put_hex(out, node->data, node->data[32] <= 1 ? 6 : 32);
	buf_printf(out, ",0x%X)", node->data[32]);
	return true;
}

static const char *protocol_word(uint16_t protocol, char word[16])
{
	if (protocol == 6)
		return "TCP";
	if (protocol == 17)
		return "UDP";
	snprintf(word, 16, "0x%X", protocol);
	return word;
}

static void put_ip4(struct buf *out, const uint8_t *p)
{
	buf_printf(out, "%u.%u.%u.%u", p[0], p[1], p[2], p[3]);
}

static bool put_ipv4(struct buf *out, const struct dp_node *node)
{
	const uint8_t *d = node->data;
	char word[16];

	if (node->size < 15)
		return false;
	buf_puts(out, "IPv4(");
	put_ip4(out, d + 4);
	buf_printf(out, ",%s,%s,", protocol_word(le16(d + 12), word), d[14] ? "Static" : "DHCP");
	put_ip4(out, d);
	if (node->size >= 23) {
		buf_puts(out, ",");
		put_ip4(out, d + 15);
		buf_puts(out, ",");
		put_ip4(out, d + 19);
	}
	buf_puts(out, ")");
	return true;
}

static bool put_uart(struct buf *out, const struct dp_node *node)
{
	static const char parities[] = "DNEOMS";
	static const char *const stops[] = { "D", "1", "1.5", "2" };
	const uint8_t *d = node->data;

	if (node->size < 15 || d[13] >= strlen(parities) || d[14] >= ARRAY_SIZE(stops))
		return false;
	buf_printf(out, "Uart(%" PRIu64 ",%u,%c,%s)", le64(d + 4), d[12], parities[d[13]],
		stops[d[14]]);
	return true;
}

static bool put_nvme(struct buf *out, const struct dp_node *node)
{
	if (node->size < 12)
		return false;
	buf_printf(out, "NVMe(0x%X,", le32(node->data));
	for (int i = 7; i >= 0; i--)
		buf_printf(out, "%02X%s", node->data[4 + i], i ? "-" : ")");
	return true;
}

static bool put_ata(struct buf *out, const struct dp_node *node)
{
	if (node->size < 4 || node->data[0] > 1 || node->data[1] > 1)
		return false;
	buf_printf(out, "Ata(%s,%s,0x%X)", node->data[0] ? "Secondary" : "Primary",
		node->data[1] ? "Slave" : "Master", le16(node->data + 2));
	return true;
}

static bool put_ram_disk(struct buf *out, const struct dp_node *node)
{
	if (node->size < 34)
		return false;
	for (size_t i = 0; i < dp_n_ram_disks; i++)
		if (guid_eq(dp_ram_disks[i].guid, guid_load(node->data + 16))) {
			buf_printf(out, "%s(0x%" PRIX64 ",0x%" PRIX64 ",%u)", dp_ram_disks[i].name,
				le64(node->data), le64(node->data + 8), le16(node->data + 32));
			return true;
		}
	return false;
}

static bool put_bbs(struct buf *out, const struct dp_node *node)
{
	static const char *const types[] = { NULL, "Floppy", "HD", "CDROM", "PCMCIA", "USB",
		"Network" };
	uint16_t type;

	if (node->size < 4 || node->subtype != 1)
		return false;
	type = le16(node->data);
	if (type && type < ARRAY_SIZE(types))
		buf_printf(out, "BBS(%s,", types[type]);
	else
		buf_printf(out, "BBS(0x%X,", type);
	put_ascii(out, node->data + 4, node->size - 4);
	buf_printf(out, ",0x%X)", le16(node->data + 2));
	return true;
}

/* The nodes whose text is no plain list of fields. */
static bool put_special(struct buf *out, const struct dp_node *node, bool shortcuts)
{
	switch (node->type << 8 | node->subtype) {
	case DP_ACPI << 8 | DP_ACPI_HID:
		return put_acpi(out, node);
	case DP_MESSAGING << 8 | 1:
		return put_ata(out, node);
	case DP_MESSAGING << 8 | 10:
		return put_vendor_msg(out, node, shortcuts);
	case DP_MESSAGING << 8 | 11:
		return put_mac(out, node);
	case DP_MESSAGING << 8 | 12:
		return put_ipv4(out, node);
	case DP_MESSAGING << 8 | 14:
		return put_uart(out, node);
	case DP_MESSAGING << 8 | 23:
		return put_nvme(out, node);
	case DP_MEDIA << 8 | DP_MEDIA_HD:
		return put_hd(out, node);
	case DP_MEDIA << 8 | DP_MEDIA_FILE:
		put_utf16(out, node->data, node->size);
		return true;
	case DP_MEDIA << 8 | 9:
		return put_ram_disk(out, node);
	default:
		return node->type == DP_BBS && put_bbs(out, node);
	}
}

void dp_node_to_text(const struct dp_node *node, bool shortcuts, struct buf *out)
{
	if (put_special(out, node, shortcuts))
		return;
	for (size_t i = 0; i < dp_n_shapes; i++)
		if (dp_shapes[i].type == node->type && dp_shapes[i].subtype == node->subtype &&
			put_shape(out, &dp_shapes[i], node))
			return;
	if (node->type < ARRAY_SIZE(dp_generic) && dp_generic[node->type])
		buf_printf(out, "%s(%u", dp_generic[node->type], node->subtype);
	else
		buf_printf(out, "Path(%u,%u", node->type, node->subtype);
	if (node->size)
		buf_puts(out, ",");
	put_hex(out, node->data, node->size);
	buf_puts(out, ")");
}

void dp_to_text(const uint8_t *path, size_t len, bool shortcuts, struct buf *out)
{
	const char *between = "";
	struct dp_node node;

	for (size_t pos = 0; dp_next(path, len, &pos, &node);) {
		if (node.type == DP_END) {
			between = ",";
			continue;
		}
		buf_puts(out, between);
		dp_node_to_text(&node, shortcuts, out);
		between = "/";
	}
}
