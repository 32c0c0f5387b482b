/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walking and making device paths. See device_path.h; text is in
 * device_path_text.c and device_path_parse.c.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/utf16.h"
#include "base/xalloc.h"
#include "uefi/device_path.h"

#define NODE_MAX  0xffffu
#define FILE_MAX  ((NODE_MAX - DP_HEADER) / 2 - 1) /* UTF-16 units, without the NUL */
#define HD_LENGTH 42

enum hd_offset { /* UEFI 2.10 table 10.47, from the node's header */
	HD_PARTITION = 4,
	HD_START = 8,
	HD_SIZE = 16,
	HD_SIGNATURE = 24,
	HD_FORMAT = 40,
	HD_SIGNATURE_TYPE = 41,
};

static bool node_at(const uint8_t *path, size_t len, size_t pos, struct dp_node *node)
{
	size_t length;

	if (pos > len || len - pos < DP_HEADER)
		return false;
	length = le16(path + pos + 2);
	if (length < DP_HEADER || length > len - pos)
		return false;
	*node = (struct dp_node){
		.type = path[pos],
		.subtype = path[pos + 1],
		.node = path + pos,
		.length = length,
		.data = path + pos + DP_HEADER,
		.size = length - DP_HEADER,
	};
	return true;
}

static bool is_entire_end(const struct dp_node *node)
{
	return node->type == DP_END && node->subtype == DP_END_ENTIRE;
}

bool dp_next(const uint8_t *path, size_t len, size_t *pos, struct dp_node *node)
{
	if (!node_at(path, len, *pos, node) || is_entire_end(node))
		return false;
	*pos += node->length;
	return true;
}

size_t dp_length(const uint8_t *path, size_t max)
{
	struct dp_node node;
	size_t pos = 0;

	while (dp_next(path, max, &pos, &node))
		;
	if (!node_at(path, max, pos, &node))
		return 0;
	return pos + node.length;
}

bool dp_is_multi(const uint8_t *path, size_t len)
{
	struct dp_node node;

	for (size_t pos = 0; dp_next(path, len, &pos, &node);)
		if (node.type == DP_END)
			return true;
	return false;
}

bool dp_hd(const struct dp_node *node, struct dp_hd *out)
{
	if (node->type != DP_MEDIA || node->subtype != DP_MEDIA_HD || node->length < HD_LENGTH)
		return false;
	*out = (struct dp_hd){
		.partition = le32(node->node + HD_PARTITION),
		.start = le64(node->node + HD_START),
		.size = le64(node->node + HD_SIZE),
		.signature = guid_load(node->node + HD_SIGNATURE),
		.format = node->node[HD_FORMAT],
		.signature_type = node->node[HD_SIGNATURE_TYPE],
	};
	return true;
}

bool dp_hd_same(const struct dp_hd *a, const struct dp_hd *b)
{
	if (a->signature_type != b->signature_type || a->format != b->format ||
		a->partition != b->partition)
		return false;
	if (a->signature_type == DP_HD_MBR)
		return memcmp(a->signature.b, b->signature.b, 4) == 0;
	return a->signature_type == DP_HD_GUID && guid_eq(a->signature, b->signature);
}

/* Two parts of a path, with exactly one backslash between them. */
static void add_part(struct text *out, const char *part)
{
	bool ends = out->len && text_str(out)[out->len - 1] == '\\';

	if (ends && *part == '\\')
		part++;
	else if (out->len && !ends && *part != '\\' && *part)
		text_puts(out, "\\");
	text_puts(out, part);
}

char *dp_file_path(const uint8_t *path, size_t len, size_t off)
{
	CLEANUP(text_release) struct text out = TEXT_INIT;
	struct dp_node node;
	size_t pos = off, nodes = 0;

	while (dp_next(path, len, &pos, &node) && node.type != DP_END) {
		char *part;

		if (node.type != DP_MEDIA || node.subtype != DP_MEDIA_FILE)
			return NULL;
		part = utf16le_to_utf8(node.data, node.size / 2);
		add_part(&out, part);
		free(part);
		nodes++;
	}
	return nodes ? text_detach(&out) : NULL;
}

void dp_add(struct buf *b, uint8_t type, uint8_t subtype, const void *data, size_t size)
{
	uint8_t header[DP_HEADER] = { type, subtype };

	if (size > NODE_MAX - DP_HEADER)
		abort();
	put_le16(header + 2, (uint16_t)(size + DP_HEADER));
	buf_add(b, header, sizeof(header));
	buf_add(b, data, size);
}

void dp_add_end(struct buf *b)
{
	dp_add(b, DP_END, DP_END_ENTIRE, "", 0);
}

void dp_add_acpi(struct buf *b, uint32_t hid, uint32_t uid)
{
	uint8_t data[8];

	put_le32(data, hid);
	put_le32(data + 4, uid);
	dp_add(b, DP_ACPI, DP_ACPI_HID, data, sizeof(data));
}

void dp_add_pci(struct buf *b, uint8_t device, uint8_t function)
{
	uint8_t data[2] = { function, device };

	dp_add(b, DP_HARDWARE, DP_HARDWARE_PCI, data, sizeof(data));
}

void dp_add_hd(struct buf *b, const struct dp_hd *hd)
{
	uint8_t node[HD_LENGTH] = { 0 };

	put_le32(node + HD_PARTITION, hd->partition);
	put_le64(node + HD_START, hd->start);
	put_le64(node + HD_SIZE, hd->size);
	memcpy(node + HD_SIGNATURE, hd->signature.b, 16);
	node[HD_FORMAT] = hd->format;
	node[HD_SIGNATURE_TYPE] = hd->signature_type;
	dp_add(b, DP_MEDIA, DP_MEDIA_HD, node + DP_HEADER, sizeof(node) - DP_HEADER);
}

void dp_add_cdrom(struct buf *b, uint32_t entry, uint64_t start, uint64_t size)
{
	uint8_t data[20];

	put_le32(data, entry);
	put_le64(data + 4, start);
	put_le64(data + 12, size);
	dp_add(b, DP_MEDIA, DP_MEDIA_CDROM, data, sizeof(data));
}

bool dp_add_file(struct buf *b, const char *path)
{
	CLEANUP(xfree) uint8_t *units = xcalloc(FILE_MAX + 1, 2);
	int n = utf8_to_utf16le(path, units, FILE_MAX);

	if (n < 0)
		return false;
	for (int i = 0; i < n; i++)
		if (le16(units + 2 * i) == '/')
			put_le16(units + 2 * i, '\\');
	dp_add(b, DP_MEDIA, DP_MEDIA_FILE, units, (size_t)(n + 1) * 2);
	return true;
}
