/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ACPI machine language and resource descriptors. See aml.h.
 */
#include <string.h>

#include "base/bytes.h"
#include "firmware/hw/aml.h"

#define OP_ZERO       0x00
#define OP_ONE        0x01
#define OP_NAME       0x08
#define OP_BYTE       0x0a
#define OP_WORD       0x0b
#define OP_DWORD      0x0c
#define OP_STRING     0x0d
#define OP_QWORD      0x0e
#define OP_SCOPE      0x10
#define OP_BUFFER     0x11
#define OP_PACKAGE    0x12
#define OP_EXT        0x5b
#define OP_EXT_DEVICE 0x82

#define RES_DWORD_SPACE 0x87
#define RES_MEMORY32    0x86
#define RES_WORD_SPACE  0x88
#define RES_INTERRUPT   0x89
#define RES_QWORD_SPACE 0x8a
#define RES_END         0x79

enum {
	SPACE_MEMORY,
	SPACE_IO,
	SPACE_BUS
};
#define SPACE_FIXED     0x0c /* minimum and maximum are fixed; decoded positively; produced */
#define MEMORY_WRITABLE 0x01
#define IO_ENTIRE       0x03
#define IO_TRANSLATED   0x10 /* ports that are memory to the CPU */

static void put8(struct buf *out, unsigned v)
{
	buf_add(out, (uint8_t[]){ (uint8_t)v }, 1);
}

static void put_n(struct buf *out, uint64_t v, unsigned n)
{
	uint8_t b[8];

	put_le64(b, v);
	buf_add(out, b, n);
}

/* A package's length counts itself (20.2.4). */
static void put_length(struct buf *out, size_t body)
{
	if (body + 1 < 64) {
		put8(out, (unsigned)body + 1);
	} else if (body + 2 < 1 << 12) {
		put8(out, 0x40 | ((body + 2) & 15));
		put8(out, (unsigned)((body + 2) >> 4));
	} else {
		put8(out, 0x80 | ((body + 3) & 15));
		put_n(out, (body + 3) >> 4, 2);
	}
}

void aml_int(struct buf *out, uint64_t value)
{
	if (value <= 1) {
		put8(out, value ? OP_ONE : OP_ZERO);
	} else if (value <= 0xff) {
		put8(out, OP_BYTE);
		put_n(out, value, 1);
	} else if (value <= 0xffff) {
		put8(out, OP_WORD);
		put_n(out, value, 2);
	} else if (value <= 0xffffffff) {
		put8(out, OP_DWORD);
		put_n(out, value, 4);
	} else {
		put8(out, OP_QWORD);
		put_n(out, value, 8);
	}
}

static void put_body(struct buf *out, const char *name, struct buf *body)
{
	put_length(out, strlen(name) + body->len);
	buf_add_text(out, name);
	buf_add(out, buf_bytes(body), body->len);
	buf_release(body);
}

void aml_scope(struct buf *out, const char *name, struct buf *body)
{
	put8(out, OP_SCOPE);
	put_body(out, name, body);
}

void aml_device(struct buf *out, const char *name, struct buf *body)
{
	put8(out, OP_EXT);
	put8(out, OP_EXT_DEVICE);
	put_body(out, name, body);
}

static void put_name(struct buf *out, const char *name)
{
	put8(out, OP_NAME);
	buf_add_text(out, name);
}

void aml_name_int(struct buf *out, const char *name, uint64_t value)
{
	put_name(out, name);
	aml_int(out, value);
}

void aml_name_string(struct buf *out, const char *name, const char *value)
{
	put_name(out, name);
	put8(out, OP_STRING);
	buf_add(out, value, strlen(value) + 1);
}

void aml_name_resources(struct buf *out, const char *name, struct buf *resources)
{
	CLEANUP(buf_release) struct buf size = BUF_INIT;

	put8(resources, RES_END);
	put8(resources, 0); /* no checksum */
	aml_int(&size, resources->len);
	put_name(out, name);
	put8(out, OP_BUFFER);
	put_length(out, size.len + resources->len);
	buf_add(out, buf_bytes(&size), size.len);
	buf_add(out, buf_bytes(resources), resources->len);
	buf_release(resources);
}

void aml_package(struct buf *out, unsigned n, struct buf *elements)
{
	put8(out, OP_PACKAGE);
	put_length(out, 1 + elements->len);
	put8(out, n);
	buf_add(out, buf_bytes(elements), elements->len);
	buf_release(elements);
}

void aml_name_package(struct buf *out, const char *name, unsigned n, struct buf *elements)
{
	put_name(out, name);
	aml_package(out, n, elements);
}

void res_memory32(struct buf *out, uint64_t base, uint64_t size)
{
	put8(out, RES_MEMORY32);
	put_n(out, 9, 2);
	put8(out, MEMORY_WRITABLE);
	put_n(out, base, 4);
	put_n(out, size, 4);
}

void res_interrupt(struct buf *out, uint32_t gsi, bool edge)
{
	put8(out, RES_INTERRUPT);
	put_n(out, 6, 2);
	put8(out, edge ? 3 : 1); /* consumed, active high */
	put8(out, 1);
	put_n(out, gsi, 4);
}

/* An address space descriptor whose fields have `width` bytes. */
static void put_space(struct buf *out, unsigned tag, unsigned width, unsigned type, unsigned flags,
	uint64_t min, uint64_t size, uint64_t translation)
{
	put8(out, tag);
	put_n(out, 3 + 5 * width, 2);
	put8(out, type);
	put8(out, SPACE_FIXED);
	put8(out, flags);
	put_n(out, 0, width); /* granularity */
	put_n(out, min, width);
	put_n(out, min + size - 1, width);
	put_n(out, translation, width);
	put_n(out, size, width);
}

void res_bus_range(struct buf *out, uint8_t first, uint8_t last)
{
	put_space(out, RES_WORD_SPACE, 2, SPACE_BUS, 0, first, last - first + 1u, 0);
}

void res_memory_window(struct buf *out, uint64_t min, uint64_t size)
{
	bool wide = min + size > UINT64_C(1) << 32;

	put_space(out, wide ? RES_QWORD_SPACE : RES_DWORD_SPACE, wide ? 8 : 4, SPACE_MEMORY,
		MEMORY_WRITABLE, min, size, 0);
}

void res_io_window(struct buf *out, uint64_t cpu_base, uint64_t size)
{
	put_space(out, RES_DWORD_SPACE, 4, SPACE_IO, IO_ENTIRE | IO_TRANSLATED, 0, size, cpu_base);
}
