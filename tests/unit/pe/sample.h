/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small PE file, put together byte by byte, for the tests of this folder:
 * headers at fixed places so that a test can change any field by its offset.
 */
#ifndef ARMVM_TESTS_PE_SAMPLE_H
#define ARMVM_TESTS_PE_SAMPLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "pe/pe.h"

#define AT_PE              0x80
#define AT_MACHINE         (AT_PE + 4)
#define AT_N_SECTIONS      (AT_PE + 6)
#define AT_SYMBOLS         (AT_PE + 12)
#define AT_OPTIONAL_SIZE   (AT_PE + 20)
#define AT_FLAGS           (AT_PE + 22)
#define AT_OPTIONAL        (AT_PE + 24)
#define AT_ENTRY           (AT_OPTIONAL + 16)
#define AT_SECTION_ALIGN   (AT_OPTIONAL + 32)
#define AT_FILE_ALIGN      (AT_OPTIONAL + 36)
#define AT_SIZE_OF_IMAGE   (AT_OPTIONAL + 56)
#define AT_SIZE_OF_HEADERS (AT_OPTIONAL + 60)
#define AT_CHECKSUM        (AT_OPTIONAL + 64)
#define AT_SUBSYSTEM       (AT_OPTIONAL + 68)
#define AT_DLL             (AT_OPTIONAL + 70)
#define AT_N_DIRS          (AT_OPTIONAL + 108)
#define AT_DIR(i)          (AT_OPTIONAL + 112 + (i)*8)
#define AT_SECTION(i)      (AT_OPTIONAL + 240 + (i)*40)

#define HEADERS  0x600
#define MAX_SIZE (64 * 1024)

struct sample_section {
	const char *name; /* at most 8 characters, or a longer one that goes to the string table */
	const void *bytes;
	uint32_t len;
};

struct sample {
	uint8_t bytes[MAX_SIZE];
	size_t len;
	struct pe_memory mem;
	struct pe_source src;
};

static inline uint32_t sample_up(uint32_t n, uint32_t align)
{
	return (n + align - 1) / align * align;
}

static inline void sample_source(struct sample *s)
{
	s->mem = (struct pe_memory){ s->bytes, s->len };
	s->src = pe_source_memory(&s->mem);
}

/* Section 0 is .text with the entry point; then those given; then .reloc; then a string table. */
static inline void sample_make(struct sample *s, const struct sample_section *given, size_t n)
{
	static const uint8_t code[64], reloc[12] = { 0, 0x10, 0, 0, 12, 0, 0, 0 };
	uint32_t va = 0x1000, raw = HEADERS, strings = 4;
	char table[256] = { 0 };
	uint8_t *b = s->bytes;

	memset(s, 0, sizeof(*s));
	memcpy(b, "MZ", 2);
	put_le32(b + 0x3c, AT_PE);
	memcpy(b + AT_PE, "PE\0\0", 4);
	put_le16(b + AT_MACHINE, PE_MACHINE_AARCH64);
	put_le16(b + AT_N_SECTIONS, (uint16_t)(n + 2));
	put_le16(b + AT_OPTIONAL_SIZE, 240);
	put_le16(b + AT_FLAGS, 0x206);
	put_le16(b + AT_OPTIONAL, 0x20b);
	put_le32(b + AT_ENTRY, 0x1000);
	put_le32(b + AT_SECTION_ALIGN, 0x1000);
	put_le32(b + AT_FILE_ALIGN, 0x200);
	put_le32(b + AT_SIZE_OF_HEADERS, HEADERS);
	put_le16(b + AT_SUBSYSTEM, PE_SUBSYSTEM_EFI_APPLICATION);
	put_le16(b + AT_DLL, PE_DLL_NX_COMPAT);
	put_le32(b + AT_N_DIRS, 16);
	for (size_t i = 0; i < n + 2; i++) {
		struct sample_section text = { ".text", code, sizeof(code) };
		struct sample_section end = { ".reloc", reloc, sizeof(reloc) };
		const struct sample_section *g = i == 0 ? &text : i == n + 1 ? &end : &given[i - 1];
		uint8_t *h = b + AT_SECTION(i);

		if (strlen(g->name) <= 8) {
			memcpy(h, g->name, strlen(g->name));
		} else {
			snprintf((char *)h, 8, "/%u", strings);
			strcpy(table + strings, g->name);
			strings += (uint32_t)strlen(g->name) + 1;
		}
		put_le32(h + 8, g->len);
		put_le32(h + 12, va);
		put_le32(h + 16, sample_up(g->len, 0x200));
		put_le32(h + 20, raw);
		put_le32(h + 36, i == 0 ? 0x60000020 : 0x40000040);
		memcpy(b + raw, g->bytes, g->len);
		if (g == &end) {
			put_le32(b + AT_DIR(PE_DIR_RELOC), va);
			put_le32(b + AT_DIR(PE_DIR_RELOC) + 4, g->len);
		}
		va += sample_up(g->len, 0x1000);
		raw += sample_up(g->len, 0x200);
	}
	put_le32(b + AT_SIZE_OF_IMAGE, va);
	s->len = raw;
	if (strings > 4) {
		put_le32(b + AT_SYMBOLS, raw);
		put_le32((uint8_t *)table, strings);
		memcpy(b + raw, table, sizeof(table));
		s->len += sizeof(table);
	}
	sample_source(s);
}

/* Appends one certificate of len bytes as the table. */
static inline void sample_cert(struct sample *s, const void *bytes, uint32_t len)
{
	uint32_t size = sample_up(8 + len, 8);
	uint8_t *p = s->bytes + s->len;

	put_le32(s->bytes + AT_DIR(PE_DIR_CERT), (uint32_t)s->len);
	put_le32(s->bytes + AT_DIR(PE_DIR_CERT) + 4, size);
	put_le32(p, 8 + len);
	put_le16(p + 4, 0x200);
	put_le16(p + 6, PE_CERT_PKCS7);
	memcpy(p + 8, bytes, len);
	s->len += size;
	sample_source(s);
}

#endif
