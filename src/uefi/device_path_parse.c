/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device paths from text (UEFI 2.10 10.6.1, 10.6.4): nodes apart by '/',
 * instances by ','. A node of a known name with parameters that it cannot
 * have makes the whole text malformed. IPv4, IPv6, iSCSI and other network
 * nodes have no way back from text here: they are given generically, "Msg(12,...)".
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/utf16.h"
#include "base/xalloc.h"
#include "uefi/device_path_shapes.h"

#define PARAMS_MAX 16

struct params {
	char *v[PARAMS_MAX]; /* into text */
	size_t n;
	char *text;
};

static void params_release(struct params *p)
{
	free(p->text);
}
DEFINE_RELEASE(struct params, params_release)

/* "a,b" apart at commas. False when there are too many. */
static bool params_split(const char *text, size_t len, struct params *p)
{
	char *at;

	p->text = xstrndup(text, len);
	p->n = 0;
	for (at = p->text; p->n < PARAMS_MAX; at++) {
		p->v[p->n++] = at;
		at = strchr(at, ',');
		if (!at)
			return true;
		*at = 0;
	}
	return false;
}

static bool parse_number(const char *text, uint64_t max, uint64_t *out)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	uint64_t v = 0;

	text += hex ? 2 : 0;
	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned digit = isdigit((unsigned char)*text) ? (unsigned)(*text - '0')
				 : hex && isxdigit((unsigned char)*text)
					 ? (unsigned)(tolower((unsigned char)*text) - 'a') + 10
					 : 99;

		if (digit == 99 || __builtin_mul_overflow(v, hex ? 16u : 10u, &v) ||
			__builtin_add_overflow(v, digit, &v) || v > max)
			return false;
	}
	*out = v;
	return true;
}

static int hex_digit(char c)
{
	return isdigit((unsigned char)c)    ? c - '0'
	       : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
					    : -1;
}

static bool parse_hex(const char *text, struct buf *out)
{
	for (; *text; text += 2) {
		int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);
		char byte;

		if (low < 0)
			return false;
		byte = (char)(high << 4 | low);
		buf_add(out, &byte, 1);
	}
	return out->len <= 0xffff - DP_HEADER;
}

static void add_number(struct buf *out, uint64_t v, size_t size)
{
	uint8_t bytes[8];

	put_le64(bytes, v);
	buf_add(out, bytes, size);
}

static bool add_string16(struct buf *out, const char *text)
{
	size_t len = strlen(text);
	uint8_t *units;
	int n;

	if (len && text[0] == '"' && text[len - 1] == '"') {
		text++;
		len = len > 1 ? len - 2 : 0;
	}
	CLEANUP(xfree) char *inner = xstrndup(text, len);
	units = (uint8_t *)buf_reserve(out, len * 2 + 2);
	n = utf8_to_utf16le(inner, units, len);
	if (n < 0)
		return false;
	out->len += (size_t)n * 2;
	return true;
}

static bool parse_field(char field, const char *text, struct buf *out)
{
	size_t size = dp_field_size(field);
	struct guid guid;
	uint64_t v;

	switch (field) {
	case 'g':
		if (!guid_parse(text, &guid))
			return false;
		buf_add(out, guid.b, sizeof(guid.b));
		return true;
	case 'Q':
		if (strlen(text) != 16)
			return false;
		v = 0;
		for (; *text; text++) {
			if (hex_digit(*text) < 0)
				return false;
			v = v << 4 | (unsigned)hex_digit(*text);
		}
		add_number(out, v, 8);
		return true;
	case '*':
		return parse_hex(text, out);
	case 'a':
		buf_puts(out, text);
		return true;
	case 's':
		return add_string16(out, text);
	default:
		if (!parse_number(text, size == 8 ? UINT64_MAX : (UINT64_C(1) << size * 8) - 1, &v))
			return false;
		add_number(out, v, size);
		return true;
	}
}

/* The parameters in the order of the text become fields in the order of the node. */
static bool parse_shape(const struct dp_shape *shape, const struct params *p, struct buf *out)
{
	CLEANUP(buf_release) struct buf data = BUF_INIT;
	size_t n = strlen(shape->fields), used = 0, param[DP_FIELDS_MAX];

	for (size_t i = 0; i < n; i++) {
		size_t f = shape->order ? (size_t)(shape->order[i] - '0') : i;

		param[f] = shape->fields[f] == 'r' ? SIZE_MAX : used++;
	}
	if (p->n > used)
		return false;
	for (size_t f = 0; f < n; f++) {
		const char *text = param[f] < p->n ? p->v[param[f]] : "";

		if (shape->fields[f] == 'r')
			add_number(&data, 0, 4);
		else if (!parse_field(shape->fields[f], text, &data))
			return false;
	}
	if (data.len > 0xffff - DP_HEADER)
		return false;
	dp_add(out, shape->type, shape->subtype, buf_str(&data), data.len);
	return true;
}

static bool parse_acpi(const char *name, const struct params *p, struct buf *out)
{
	uint64_t hid, uid;

	for (size_t i = 0; i < dp_n_acpi_names; i++)
		if (strcasecmp(name, dp_acpi_names[i].name) == 0) {
			if (p->n != 1 || !parse_number(p->v[0], UINT32_MAX, &uid))
				return false;
			dp_add_acpi(out, DP_EISA_PNP(dp_acpi_names[i].pnp), (uint32_t)uid);
			return true;
		}
	if (p->n != 2 || !parse_number(p->v[1], UINT32_MAX, &uid))
		return false;
	if (strncasecmp(p->v[0], "PNP", 3) == 0 && strlen(p->v[0]) == 7) {
		CLEANUP(xfree) char *number = xasprintf("0x%s", p->v[0] + 3);

		if (!parse_number(number, UINT16_MAX, &hid))
			return false;
		hid = DP_EISA_PNP(hid);
	} else if (!parse_number(p->v[0], UINT32_MAX, &hid)) {
		return false;
	}
	dp_add_acpi(out, (uint32_t)hid, (uint32_t)uid);
	return true;
}

static bool parse_hd(const struct params *p, struct buf *out)
{
	struct dp_hd hd = { 0 };
	uint64_t partition, signature;

	if (p->n != 5 || !parse_number(p->v[0], UINT32_MAX, &partition) ||
		!parse_number(p->v[3], UINT64_MAX, &hd.start) ||
		!parse_number(p->v[4], UINT64_MAX, &hd.size))
		return false;
	hd.partition = (uint32_t)partition;
	if (strcasecmp(p->v[1], "GPT") == 0) {
		hd.format = 2;
		hd.signature_type = DP_HD_GUID;
		if (!guid_parse(p->v[2], &hd.signature))
			return false;
	} else if (strcasecmp(p->v[1], "MBR") == 0) {
		hd.format = 1;
		hd.signature_type = DP_HD_MBR;
		if (!parse_number(p->v[2], UINT32_MAX, &signature))
			return false;
		put_le32(hd.signature.b, (uint32_t)signature);
	} else if (!parse_number(p->v[1], UINT8_MAX, &signature)) {
		return false;
	} else {
		hd.signature_type = (uint8_t)signature;
	}
	dp_add_hd(out, &hd);
	return true;
}

static bool parse_mac(const struct params *p, struct buf *out)
{
	CLEANUP(buf_release) struct buf address = BUF_INIT;
	uint8_t data[33] = { 0 };
	uint64_t type = 0;

	if (p->n < 1 || p->n > 2 || !parse_hex(p->v[0], &address) || address.len > 32 ||
		(p->n == 2 && !parse_number(p->v[1], UINT8_MAX, &type)))
		return false;
	memcpy(data, buf_str(&address), address.len);
	data[32] = (uint8_t)type;
	dp_add(out, DP_MESSAGING, 11, data, sizeof(data));
	return true;
}

static bool parse_nvme(const struct params *p, struct buf *out)
{
	uint8_t data[12];
	uint64_t namespace;

	if (p->n != 2 || strlen(p->v[1]) != 23 || !parse_number(p->v[0], UINT32_MAX, &namespace))
		return false;
	put_le32(data, (uint32_t) namespace);
	for (size_t i = 0; i < 8; i++) {
		const char *at = p->v[1] + 3 * i;

		if (hex_digit(at[0]) < 0 || hex_digit(at[1]) < 0 || (i < 7 && at[2] != '-'))
			return false;
		data[4 + 7 - i] = (uint8_t)(hex_digit(at[0]) << 4 | hex_digit(at[1]));
	}
	dp_add(out, DP_MESSAGING, 23, data, sizeof(data));
	return true;
}

static bool parse_uart(const struct params *p, struct buf *out)
{
	static const char parities[] = "DNEOMS";
	static const char *const stops[] = { "D", "1", "1.5", "2" };
	const char *parity;
	uint8_t data[15] = { 0 };
	uint64_t baud, bits;
	size_t stop = 0;

	if (p->n != 4 || strlen(p->v[2]) != 1 || !parse_number(p->v[0], UINT64_MAX, &baud) ||
		!parse_number(p->v[1], UINT8_MAX, &bits))
		return false;
	parity = strchr(parities, toupper((unsigned char)p->v[2][0]));
	while (stop < ARRAY_SIZE(stops) && strcasecmp(stops[stop], p->v[3]) != 0)
		stop++;
	if (!parity || stop == ARRAY_SIZE(stops))
		return false;
	put_le64(data + 4, baud);
	data[12] = (uint8_t)bits;
	data[13] = (uint8_t)(parity - parities);
	data[14] = (uint8_t)stop;
	dp_add(out, DP_MESSAGING, 14, data, sizeof(data));
	return true;
}

static bool parse_ata(const struct params *p, struct buf *out)
{
	uint8_t data[4];
	uint64_t lun;

	if (p->n != 3 || !parse_number(p->v[2], UINT16_MAX, &lun))
		return false;
	data[0] = strcasecmp(p->v[0], "Secondary") == 0;
	data[1] = strcasecmp(p->v[1], "Slave") == 0;
	if ((!data[0] && strcasecmp(p->v[0], "Primary") != 0) ||
		(!data[1] && strcasecmp(p->v[1], "Master") != 0))
		return false;
	put_le16(data + 2, (uint16_t)lun);
	dp_add(out, DP_MESSAGING, 1, data, sizeof(data));
	return true;
}

static bool parse_ram_disk(struct guid type, const struct params *p, struct buf *out)
{
	uint64_t start, end, instance = 0;
	uint8_t data[34];

	if (p->n < 2 || p->n > 3 || !parse_number(p->v[0], UINT64_MAX, &start) ||
		!parse_number(p->v[1], UINT64_MAX, &end) ||
		(p->n == 3 && !parse_number(p->v[2], UINT16_MAX, &instance)))
		return false;
	put_le64(data, start);
	put_le64(data + 8, end);
	memcpy(data + 16, type.b, 16);
	put_le16(data + 32, (uint16_t)instance);
	dp_add(out, DP_MEDIA, 9, data, sizeof(data));
	return true;
}

/* "MediaPath(9,00ff)", "Path(4,9,00ff)": type 0 is the one that names its type. */
static bool parse_generic(uint8_t type, const struct params *p, struct buf *out)
{
	CLEANUP(buf_release) struct buf data = BUF_INIT;
	uint64_t number = type, subtype;
	size_t at = 0;

	if (!type && !parse_number(p->v[at++], UINT8_MAX, &number))
		return false;
	if (at >= p->n || !parse_number(p->v[at++], UINT8_MAX, &subtype) || p->n > at + 1 ||
		(at < p->n && !parse_hex(p->v[at], &data)))
		return false;
	/* An end in the middle would cut the path off. */
	if (number == DP_END)
		return false;
	dp_add(out, (uint8_t)number, (uint8_t)subtype, buf_str(&data), data.len);
	return true;
}

/* 1: parsed, 0: a name that is not known, -1: malformed. */
static int parse_named(const char *name, const struct params *p, struct buf *out)
{
	static const struct {
		const char *name;
		bool (*parse)(const struct params *, struct buf *);
	} special[] = {
		{ "HD", parse_hd },
		{ "MAC", parse_mac },
		{ "NVMe", parse_nvme },
		{ "Uart", parse_uart },
		{ "Ata", parse_ata },
	};

	for (size_t i = 0; i < ARRAY_SIZE(special); i++)
		if (strcasecmp(name, special[i].name) == 0)
			return special[i].parse(p, out) ? 1 : -1;
	for (size_t i = 0; i < dp_n_shapes; i++)
		if (strcasecmp(name, dp_shapes[i].name) == 0)
			return parse_shape(&dp_shapes[i], p, out) ? 1 : -1;
	for (size_t i = 0; i < dp_n_acpi_names; i++)
		if (strcasecmp(name, dp_acpi_names[i].name) == 0)
			return parse_acpi(name, p, out) ? 1 : -1;
	if (strcasecmp(name, "Acpi") == 0)
		return parse_acpi(name, p, out) ? 1 : -1;
	for (size_t i = 0; i < dp_n_vendor_names; i++)
		if (strcasecmp(name, dp_vendor_names[i].name) == 0) {
			dp_add(out, DP_MESSAGING, 10, dp_vendor_names[i].guid.b, 16);
			return 1;
		}
	for (size_t i = 0; i < dp_n_ram_disks; i++)
		if (strcasecmp(name, dp_ram_disks[i].name) == 0)
			return parse_ram_disk(dp_ram_disks[i].guid, p, out) ? 1 : -1;
	for (uint8_t i = DP_HARDWARE; i <= DP_BBS; i++)
		if (strcasecmp(name, dp_generic[i]) == 0)
			return parse_generic(i, p, out) ? 1 : -1;
	return strcasecmp(name, "Path") != 0 ? 0 : parse_generic(0, p, out) ? 1 : -1;
}

static bool parse_node(const char *text, size_t len, struct buf *out)
{
	CLEANUP(xfree) char *node = xstrndup(text, len);
	char *open = strchr(node, '('), *close;
	int parsed;

	if (!len)
		return false;
	if (open && open != node && node[len - 1] == ')') {
		CLEANUP(params_release) struct params p = { .n = 0 };
		CLEANUP(xfree) char *name = xstrndup(node, (size_t)(open - node));

		close = node + len - 1;
		if (!params_split(open + 1, (size_t)(close - open - 1), &p))
			return false;
		parsed = parse_named(name, &p, out);
		if (parsed)
			return parsed > 0;
	}
	return dp_add_file(out, node);
}

bool dp_node_from_text(const char *text, struct buf *out)
{
	return parse_node(text, strlen(text), out);
}

/* Where the node at text ends: at the first separator outside of parentheses and quotes. */
static size_t node_end(const char *text)
{
	int depth = 0;
	bool quoted = false;
	size_t i;

	for (i = 0; text[i]; i++) {
		if (text[i] == '"')
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (text[i] == '(')
			depth++;
		else if (text[i] == ')')
			depth--;
		else if (depth <= 0 && (text[i] == '/' || text[i] == ','))
			break;
	}
	return i;
}

bool dp_from_text(const char *text, struct buf *out)
{
	while (*text) {
		size_t len;

		if (*text == '/') {
			text++;
			continue;
		}
		len = node_end(text);
		if (!parse_node(text, len, out))
			return false;
		text += len;
		if (*text == ',') {
			dp_add(out, DP_END, DP_END_INSTANCE, "", 0);
			text++;
		}
	}
	dp_add_end(out);
	return true;
}
