/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fields of device paths' text that are a list, or take several parameters.
 */
#include <string.h>

#include "base/bytes.h"
#include "uefi/device_path_shapes.h"

static uint8_t *field_of(struct buf *data, const struct dp_field *f)
{
	return buf_edit(data) + f->at;
}

static void put_list32(struct text *out, const uint8_t *p, size_t n, const struct dp_field *f)
{
	(void)f;
	for (size_t i = 0; i + 4 <= n; i += 4)
		text_printf(out, "%s0x%X", i ? "," : "", le32(p + i));
}

/* At least one. */
static void take_list32(char **params, struct buf *data, const struct dp_field *f)
{
	(void)f;
	do {
		uint8_t bytes[4];

		put_le32(bytes, (uint32_t)dp_number(dp_param(params)));
		buf_add(data, bytes, 4);
	} while (**params);
}
const struct dp_kind dp_list32 = { put_list32, take_list32 };

/* One byte says whether addresses are of IPv6; each takes 16. */
static void put_list_ip(struct text *out, const uint8_t *p, size_t n, const struct dp_field *f)
{
	for (size_t i = 1; i + 16 <= n; i += 16) {
		text_puts(out, i > 1 ? "," : "");
		(p[0] ? dp_ip6 : dp_ip4).put(out, p + i, 16, f);
	}
}

static void take_list_ip(char **params, struct buf *data, const struct dp_field *f)
{
	size_t kind = strcspn(*params, ".:");
	uint8_t is6 = (*params)[kind] == ':';

	(void)f;
	if (!**params)
		return;
	buf_add(data, &is6, 1);
	while (**params) {
		uint8_t address[16] = { 0 };

		(is6 ? dp_take_ip6 : dp_take_ip4)(dp_param(params), address);
		buf_add(data, address, sizeof(address));
	}
}
const struct dp_kind dp_list_ip = { put_list_ip, take_list_ip };

/* Of a partition: 16 bytes, its format, and the signature's type. */
static void put_signature(struct text *out, const uint8_t *p, size_t n, const struct dp_field *f)
{
	if (p[17] == DP_HD_MBR) {
		text_printf(out, "MBR,0x%08X", le32(p));
	} else if (p[17] == DP_HD_GUID) {
		text_puts(out, "GPT,");
		dp_guid.put(out, p, n, f);
	} else {
		text_printf(out, "%u,0", p[17]);
	}
}

static void take_signature(char **params, struct buf *data, const struct dp_field *f)
{
	const char *type = dp_param(params), *signature = dp_param(params);
	uint8_t *p = field_of(data, f);

	if (strcmp(type, "MBR") == 0) {
		p[16] = 1;
		p[17] = DP_HD_MBR;
		put_le32(p, (uint32_t)dp_number(signature));
	} else if (strcmp(type, "GPT") == 0) {
		p[16] = 2;
		p[17] = DP_HD_GUID;
		dp_take_guid(signature, p);
	} else {
		p[17] = (uint8_t)dp_number(type);
	}
}
const struct dp_kind dp_signature = { put_signature, take_signature };

enum topology {               /* UEFI 2.10 table 10.25 */
	TOPOLOGY_MORE = 0x0f, /* how many bytes say more */
	TOPOLOGY_SATA = 0x10,
	TOPOLOGY_EXTERNAL = 0x20,
	TOPOLOGY_EXPANDED = 0x40,
	TOPOLOGY_UNKNOWN = 0x80,
};

/* Four parameters for what a SAS device is, where, how it is connected, and its bay. */
static void put_topology(struct text *out, const uint8_t *p, size_t n, const struct dp_field *f)
{
	unsigned v = le16(p);

	(void)n;
	(void)f;
	if (v & TOPOLOGY_UNKNOWN || (v & TOPOLOGY_MORE) > 2) {
		text_printf(out, "0x%X,0,0,0", v);
		return;
	}
	if (!(v & TOPOLOGY_MORE)) {
		text_puts(out, "NoTopology,0,0,0");
		return;
	}
	text_printf(out, "%s,%s,%s,", v & TOPOLOGY_SATA ? "SATA" : "SAS",
		v & TOPOLOGY_EXTERNAL ? "External" : "Internal",
		v & TOPOLOGY_EXPANDED ? "Expanded" : "Direct");
	if ((v & TOPOLOGY_MORE) == 1)
		text_puts(out, "0");
	else
		text_printf(out, "0x%X", (v >> 8) + 1);
}

static unsigned word_or_bits(const char *text, const char *one, const char *none, unsigned bits)
{
	if (strcmp(text, one) == 0)
		return 1;
	return strcmp(text, none) == 0 ? 0 : (unsigned)dp_number(text) & bits;
}

static void take_topology(char **params, struct buf *data, const struct dp_field *f)
{
	const char *what = dp_param(params), *where = dp_param(params), *how = dp_param(params);
	uint16_t bay = (uint16_t)dp_number(dp_param(params));
	unsigned v;

	if (strcmp(what, "NoTopology") == 0) {
		v = 0;
	} else if (strcmp(what, "SATA") == 0 || strcmp(what, "SAS") == 0) {
		v = bay ? 2u | (bay - 1u) << 8 : 1u;
		v |= strcmp(what, "SATA") == 0 ? TOPOLOGY_SATA : 0u;
		v |= word_or_bits(where, "External", "Internal", 1) << 5;
		v |= word_or_bits(how, "Expanded", "Direct", 3) << 6;
	} else {
		v = (unsigned)dp_number(what);
	}
	put_le16(field_of(data, f), (uint16_t)v);
}
const struct dp_kind dp_topology = { put_topology, take_topology };

enum login { /* UEFI 2.10 table 10.39 */
	LOGIN_HEADER_CRC32C = 2,
	LOGIN_DATA_CRC32C = 8,
	LOGIN_NO_AUTHENTICATION = 0x800,
	LOGIN_CHAP_ONE_WAY = 0x1000,
};

/* Three parameters for the options of an iSCSI login. */
static void put_login(struct text *out, const uint8_t *p, size_t n, const struct dp_field *f)
{
	unsigned v = le16(p);

	(void)n;
	(void)f;
	text_printf(out, "%s,%s,%s", v & LOGIN_HEADER_CRC32C ? "CRC32C" : "None",
		v & LOGIN_DATA_CRC32C ? "CRC32C" : "None",
		v & LOGIN_NO_AUTHENTICATION ? "None"
		: v & LOGIN_CHAP_ONE_WAY    ? "CHAP_UNI"
					    : "CHAP_BI");
}

static void take_login(char **params, struct buf *data, const struct dp_field *f)
{
	const char *header = dp_param(params), *body = dp_param(params), *who = dp_param(params);
	unsigned v = 0;

	v |= strcmp(header, "CRC32C") == 0 ? LOGIN_HEADER_CRC32C : 0u;
	v |= strcmp(body, "CRC32C") == 0 ? LOGIN_DATA_CRC32C : 0u;
	v |= strcmp(who, "None") == 0 ? LOGIN_NO_AUTHENTICATION : 0u;
	v |= strcmp(who, "CHAP_UNI") == 0 ? LOGIN_CHAP_ONE_WAY : 0u;
	put_le16(field_of(data, f), (uint16_t)v);
}
const struct dp_kind dp_login = { put_login, take_login };

/* An EUI-64 of NVMe: bytes apart by '-', the last one first. */
static void put_uuid8(struct text *out, const uint8_t *p, size_t n, const struct dp_field *f)
{
	(void)f;
	while (n-- > 0)
		text_printf(out, "%02X%s", p[n], n ? "-" : "");
}

static void take_uuid8(char **params, struct buf *data, const struct dp_field *f)
{
	const char *text = dp_param(params);

	for (size_t n = f->size; n-- > 0;) {
		field_of(data, f)[n] = (uint8_t)dp_hex_number(text);
		text += strcspn(text, "-");
		text += *text == '-';
	}
}
const struct dp_kind dp_uuid8 = { put_uuid8, take_uuid8 };

/* 32 bytes of address and the kind of interface: those of Ethernet are six bytes long. */
static void put_mac(struct text *out, const uint8_t *p, size_t n, const struct dp_field *f)
{
	(void)n;
	(void)f;
	dp_put_hex(out, p, p[32] <= 1 ? 6 : 32);
	text_printf(out, ",0x%X", p[32]);
}

static void take_mac(char **params, struct buf *data, const struct dp_field *f)
{
	CLEANUP(buf_release) struct buf bytes = BUF_INIT;
	const char *text = dp_param(params);
	uint8_t *p = field_of(data, f);

	p[32] = (uint8_t)dp_number(dp_param(params));
	dp_add_hex(&bytes, text, p[32] <= 1 ? 6 : 32);
	memcpy(p, buf_bytes(&bytes), bytes.len);
}
const struct dp_kind dp_mac = { put_mac, take_mac };

/* ---- ACPI's extended identifiers: three numbers, and strings that may say them instead ---- */

enum acpi_string {
	ACPI_HID_STRING,
	ACPI_UID_STRING,
	ACPI_CID_STRING,
	ACPI_STRINGS,
};

static void add_string(struct buf *data, const char *text)
{
	buf_add(data, text, strlen(text) + 1);
}

static void take_acpi_strings(char **params, struct buf *data, const struct dp_field *f)
{
	const char *hid = dp_param(params), *cid = dp_param(params), *uid = dp_param(params);

	(void)f;
	add_string(data, hid);
	add_string(data, uid);
	add_string(data, cid);
}
const struct dp_kind dp_acpi_strings = { NULL, take_acpi_strings };

static void take_acpi_uid(char **params, struct buf *data, const struct dp_field *f)
{
	(void)f;
	add_string(data, "");
	add_string(data, dp_param(params));
	add_string(data, "");
}
const struct dp_kind dp_acpi_uid = { NULL, take_acpi_uid };

/* A string, or NULL when the node ends before it, and what it says for a number. */
struct acpi_ex {
	const uint8_t *string[ACPI_STRINGS];
	size_t length[ACPI_STRINGS];
	uint32_t hid, uid, cid;
};

static void read_acpi_ex(const struct dp_node *node, struct acpi_ex *a)
{
	size_t at = 12;

	*a = (struct acpi_ex){
		.hid = le32(node->data), .uid = le32(node->data + 4), .cid = le32(node->data + 8)
	};
	for (size_t i = 0; i < ACPI_STRINGS && at < node->size; i++) {
		a->string[i] = node->data + at;
		a->length[i] = strnlen((const char *)a->string[i], node->size - at);
		at += a->length[i] + 1;
	}
}

static void put_string(struct text *out, const struct acpi_ex *a, enum acpi_string which)
{
	dp_text8.put(out, a->string[which], a->length[which], NULL);
}

static void put_id(struct text *out, uint32_t id)
{
	uint8_t bytes[4];

	put_le32(bytes, id);
	dp_eisa.put(out, bytes, 4, NULL);
}

/* A string that is not empty supersedes the number (UEFI 2.10 table 10.16). */
static void put_id_or_string(
	struct text *out, const struct acpi_ex *a, enum acpi_string which, uint32_t id)
{
	if (a->length[which])
		put_string(out, a, which);
	else
		put_id(out, id);
}

static void put_uid(struct text *out, const struct acpi_ex *a)
{
	if (a->length[ACPI_UID_STRING])
		put_string(out, a, ACPI_UID_STRING);
	else
		text_printf(out, "0x%X", a->uid);
}

static void put_acpi_display(struct text *out, const struct acpi_ex *a)
{
	unsigned hid = a->hid >> 16, cid = a->cid >> 16;

	if (hid == 0x0a03 || (cid == 0x0a03 && hid != 0x0a08)) {
		text_puts(out, "PciRoot(");
	} else if (hid == 0x0a08 || cid == 0x0a08) {
		text_puts(out, "PcieRoot(");
	} else {
		text_puts(out, "AcpiEx(");
		put_id_or_string(out, a, ACPI_HID_STRING, a->hid);
		text_puts(out, ",");
		put_id_or_string(out, a, ACPI_CID_STRING, a->cid);
		text_puts(out, ",");
	}
	put_uid(out, a);
	text_puts(out, ")");
}

/* Whether strings say the UID alone: "AcpiExp(HID,CID,UIDSTR)". */
static bool is_acpi_exp(const struct acpi_ex *a)
{
	return a->string[ACPI_CID_STRING] && !a->length[ACPI_CID_STRING] &&
	       !a->length[ACPI_HID_STRING] && a->length[ACPI_UID_STRING];
}

void dp_put_acpi_ex(struct text *out, const struct dp_node *node, unsigned how)
{
	struct acpi_ex a;

	read_acpi_ex(node, &a);
	if (is_acpi_exp(&a)) {
		text_puts(out, "AcpiExp(");
		put_id(out, a.hid);
		text_puts(out, a.cid ? "," : ",0,");
		if (a.cid) {
			put_id(out, a.cid);
			text_puts(out, ",");
		}
		put_string(out, &a, ACPI_UID_STRING);
		text_puts(out, ")");
	} else if (how & DP_TEXT_DISPLAY) {
		put_acpi_display(out, &a);
	} else {
		text_puts(out, "AcpiEx(");
		put_id(out, a.hid);
		text_puts(out, ",");
		put_id(out, a.cid);
		text_printf(out, ",0x%X,", a.uid);
		put_string(out, &a, ACPI_HID_STRING);
		text_puts(out, ",");
		put_string(out, &a, ACPI_CID_STRING);
		text_puts(out, ",");
		put_string(out, &a, ACPI_UID_STRING);
		text_puts(out, ")");
	}
}
