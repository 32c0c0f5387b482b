/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The headers of a unified kernel image. Offsets are those of the PE/COFF
 * specification. Leaves out signing, and measuring for a TPM.
 */
#include "loader/uki_layout.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"

#define DOS_PE_OFFSET    0x3c
#define COFF_SECTIONS    6 /* from "PE\0\0" on */
#define COFF_OPT_SIZE    20
#define COFF_LEN         24
#define OPT_MAGIC        0 /* from the optional header on */
#define OPT_ALIGN_MEM    32
#define OPT_ALIGN_FILE   36
#define OPT_SIZE_IMAGE   56
#define OPT_SIZE_HEADERS 60
#define OPT_CHECKSUM     64
#define OPT_DIRS         108 /* PE32+ */
#define OPT_DIR_CERT     (OPT_DIRS + 4 + 4 * 8)
#define OPT_MIN          (OPT_DIR_CERT + 8)
#define MAGIC_PE32_PLUS  0x20b

#define SECTION_LEN      40
#define SECTION_VSIZE    8
#define SECTION_VA       12
#define SECTION_RAW_SIZE 16
#define SECTION_RAW      20
#define SECTION_FLAGS    36

#define FLAGS_DATA 0x40000040 /* initialised data, readable */
#define FLAGS_CODE 0x60000020 /* code, readable, executable */

/* The stub's headers, checked so far that what is written stays inside of them. */
struct headers {
	uint8_t *coff, *opt, *table;
	unsigned sections;
	uint32_t align_mem, align_file;
	uint64_t next_va, first_raw;
};

static bool power_of_two(uint32_t v)
{
	return v && !(v & (v - 1));
}

static int find_headers(struct buf *stub, struct headers *h, struct err *err)
{
	uint8_t *p = buf_edit(stub);
	uint64_t pe, table;

	if (stub->len < 64 || le16(p) != 0x5a4d)
		return err_set(err, EINVAL, "the stub is no PE file");
	pe = le32(p + DOS_PE_OFFSET);
	if (!range_within(pe, COFF_LEN + OPT_MIN, stub->len) || le32(p + pe) != 0x4550)
		return err_set(err, EINVAL, "the stub is no PE file");
	h->coff = p + pe;
	h->opt = h->coff + COFF_LEN;
	h->sections = le16(h->coff + COFF_SECTIONS);
	table = pe + COFF_LEN + le16(h->coff + COFF_OPT_SIZE);
	h->align_mem = le32(h->opt + OPT_ALIGN_MEM);
	h->align_file = le32(h->opt + OPT_ALIGN_FILE);
	if (le16(h->opt + OPT_MAGIC) != MAGIC_PE32_PLUS ||
		le16(h->coff + COFF_OPT_SIZE) < OPT_MIN || !h->sections || h->sections > 96 ||
		!power_of_two(h->align_mem) || !power_of_two(h->align_file) ||
		h->align_mem > (1u << 20) || h->align_file > (1u << 20) ||
		!range_within(table, (uint64_t)h->sections * SECTION_LEN, stub->len))
		return err_set(err, EINVAL, "the stub's headers make no sense");
	h->table = p + table;
	h->first_raw = le32(h->opt + OPT_SIZE_HEADERS);
	for (unsigned i = 0; i < h->sections; i++) {
		const uint8_t *s = h->table + i * SECTION_LEN;
		uint64_t end = (uint64_t)le32(s + SECTION_VA) + le32(s + SECTION_VSIZE);
		uint32_t raw = le32(s + SECTION_RAW);

		if (end > h->next_va)
			h->next_va = end;
		if (le32(s + SECTION_RAW_SIZE) && raw < h->first_raw)
			h->first_raw = raw;
	}
	return 0;
}

static void write_section(
	uint8_t *p, const struct uki_section *s, uint64_t va, uint64_t mem_size, uint64_t raw_size)
{
	memset(p, 0, SECTION_LEN);
	memcpy(p, s->name, strnlen(s->name, 8));
	put_le32(p + SECTION_VSIZE, (uint32_t)mem_size);
	put_le32(p + SECTION_VA, (uint32_t)va);
	put_le32(p + SECTION_RAW_SIZE, (uint32_t)raw_size);
	put_le32(p + SECTION_RAW, (uint32_t)s->off);
	put_le32(p + SECTION_FLAGS, s->executable ? FLAGS_CODE : FLAGS_DATA);
}

int uki_layout(
	struct buf *stub, struct uki_section *sections, size_t n, uint64_t *end, struct err *err)
{
	struct headers h = { 0 };
	uint64_t raw, va, table_end;
	int rc = find_headers(stub, &h, err);

	if (rc < 0)
		return rc;
	table_end = (uint64_t)(h.table - buf_bytes(stub)) +
		    (h.sections + (uint64_t)n) * SECTION_LEN;
	if (table_end > h.first_raw || table_end > stub->len)
		return err_set(err, ENOSPC, "the stub's headers have no room for %zu sections", n);
	if (!checked_align(stub->len, h.align_file, &raw))
		return err_set(err, EFBIG, "the stub is too large");
	va = h.next_va;
	for (size_t i = 0; i < n; i++) {
		struct uki_section *s = &sections[i];
		uint64_t mem = s->mem_size > s->size ? s->mem_size : s->size, padded;

		if (!checked_align(va, h.align_mem, &va) ||
			!checked_align(s->size, h.align_file, &padded) || mem > UINT32_MAX ||
			padded > UINT32_MAX || va + mem > UINT32_MAX || raw + padded > UINT32_MAX)
			return err_set(err, EFBIG, "a unified kernel image of over 4 GiB");
		s->off = raw;
		write_section(h.table + (h.sections + i) * SECTION_LEN, s, va, mem, padded);
		raw += padded;
		va += mem;
	}
	if (!checked_align(va, h.align_mem, &va) || va > UINT32_MAX)
		return err_set(err, EFBIG, "a unified kernel image of over 4 GiB");
	put_le16(h.coff + COFF_SECTIONS, (uint16_t)(h.sections + n));
	put_le32(h.opt + OPT_SIZE_IMAGE, (uint32_t)va);
	put_le32(h.opt + OPT_CHECKSUM, 0);
	memset(h.opt + OPT_DIR_CERT, 0, 8); /* a signature would no longer be true */
	*end = raw;
	if (n && sections[0].off > stub->len) {
		size_t pad = (size_t)sections[0].off - stub->len;

		memset(buf_reserve(stub, pad), 0, pad);
		buf_added(stub, pad);
	}
	return 0;
}
