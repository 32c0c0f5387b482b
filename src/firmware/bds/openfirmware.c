/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading and translating OpenFirmware device paths. See openfirmware.h. What
 * is understood is what edk2's QemuBootOrderLib understands, except ISA floppies
 * and IDE, which no ARM machine has; a PCI function that it knows nothing
 * about is taken for the function itself.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/guid.h"
#include "firmware/bds/openfirmware.h"
#include "uefi/device_path.h"
#include "uefi/protocols.h"

#define NAME_CHARS_MAX 31 /* of a node's name */
#define NODES_MAX      8  /* that are looked at */

#define DP_MESSAGING_SCSI 2

const struct guid openfirmware_virtio_mmio = UEFI_GUID(
	0x837dca9e, 0xe874, 0x4d82, 0xb2, 0x9a, 0x23, 0xfe, 0x0e, 0x23, 0xd1, 0xe2);

/* name@unit:arguments; both are pieces of the text. */
struct node {
	const char *name, *unit;
	size_t name_len, unit_len;
};

static bool in_name(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c && strchr(",._+-", c));
}

static size_t length_of_unit(const char *s)
{
	size_t n = 0;

	while (s[n] >= ' ' && s[n] <= '~' && !strchr("/@:", s[n]))
		n++;
	return n;
}

/* The node at *s, behind its slash; false when it is none. */
static bool read_node(const char **s, struct node *node)
{
	const char *p = *s;

	if (*p++ != '/')
		return false;
	*node = (struct node){ .name = p };
	while (in_name(*p))
		p++;
	node->name_len = (size_t)(p - node->name);
	if (!node->name_len || node->name_len > NAME_CHARS_MAX || *p++ != '@')
		return false;
	node->unit = p;
	node->unit_len = length_of_unit(p);
	p += node->unit_len;
	if (*p == ':') {
		size_t n = length_of_unit(p + 1);

		if (!n)
			return false;
		p += n + 1;
	}
	*s = p;
	return node->unit_len && (*p == '/' || *p == '\n' || !*p);
}

static bool is_named(const struct node *node, const char *name)
{
	return node->name_len == strlen(name) && memcmp(node->name, name, node->name_len) == 0;
}

/* One to max hexadecimal numbers with commas between; what is missing is 0. */
static bool read_unit(const struct node *node, uint64_t *v, size_t max)
{
	size_t n = 0, digits = 0;

	memset(v, 0, max * sizeof(*v));
	for (size_t i = 0; i < node->unit_len; i++) {
		char c = node->unit[i];
		unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
				 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
				 : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
							: 16;

		if (c == ',' && digits && n + 1 < max) {
			n++;
			digits = 0;
		} else if (digit < 16 && digits++ < 16) {
			v[n] = v[n] << 4 | digit;
		} else {
			return false;
		}
	}
	return digits;
}

static bool add_function(const struct node *node, struct buf *device)
{
	uint64_t v[2];

	if (!read_unit(node, v, 2) || v[0] > 31 || v[1] > 7)
		return false;
	dp_add_pci(device, (uint8_t)v[0], (uint8_t)v[1]);
	return true;
}

/* channel@0/disk@TARGET,LUN below a controller. */
static bool add_scsi(const struct node *disk, struct buf *device)
{
	uint8_t data[4];
	uint64_t v[2];

	if (!read_unit(disk, v, 2) || v[0] > UINT16_MAX || v[1] > UINT16_MAX)
		return false;
	put_le16(data, (uint16_t)v[0]);
	put_le16(data + 2, (uint16_t)v[1]);
	dp_add(device, DP_MESSAGING, DP_MESSAGING_SCSI, data, sizeof(data));
	return true;
}

static bool is_scsi(const struct node *node, size_t n)
{
	return n >= 2 && is_named(&node[0], "channel") && is_named(&node[1], "disk");
}

static bool translate_pci(const struct node *node, size_t n, struct buf *device)
{
	size_t at = 1;

	/* A comma in the unit stands for another root bus, and there is one. */
	if (memchr(node[0].unit, ',', node[0].unit_len))
		return false;
	dp_add_acpi(device, DP_PCI_ROOT, 0);
	while (at < n && is_named(&node[at], "pci-bridge"))
		if (!add_function(&node[at++], device))
			return false;
	if (at == n || !add_function(&node[at], device))
		return false;
	return !is_named(&node[at], "scsi") || !is_scsi(&node[at + 1], n - at - 1) ||
	       add_scsi(&node[at + 2], device);
}

static bool translate_mmio(const struct node *node, size_t n, struct buf *device)
{
	uint8_t data[24];
	uint64_t base;

	if (!read_unit(node, &base, 1))
		return false;
	memcpy(data, openfirmware_virtio_mmio.b, 16);
	put_le64(data + 16, base);
	dp_add(device, DP_HARDWARE, DP_HARDWARE_VENDOR, data, sizeof(data));
	return !is_scsi(node + 1, n - 1) || add_scsi(&node[2], device);
}

enum openfirmware openfirmware_next(const char **text, struct buf *device)
{
	struct node node[NODES_MAX + 1];
	size_t n = 0;
	bool known;

	buf_reset(device);
	*text += strspn(*text, "\n");
	if (!**text || strcmp(*text, "HALT") == 0 || strcmp(*text, "HALT\n") == 0) {
		*text += strlen(*text);
		return OPENFIRMWARE_END;
	}
	do {
		if (!read_node(text, &node[n]))
			return OPENFIRMWARE_MALFORMED;
		n += n < NODES_MAX;
	} while (**text == '/');
	*text += **text == '\n';
	if (is_named(&node[0], "pci"))
		known = translate_pci(node, n, device);
	else
		known = is_named(&node[0], "virtio-mmio") && translate_mmio(node, n, device);
	return known ? OPENFIRMWARE_PATH : OPENFIRMWARE_UNKNOWN;
}
