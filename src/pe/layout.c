/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a PE's section table means as a whole: sections against each other,
 * the file and the image, the entry point, the relocation blocks and the
 * certificate table. Relocations are walked, not applied, and a directory of
 * more than RELOC_MAX bytes is not walked (GRUB's has 4 KiB, a big kernel's none).
 */
#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"
#include "pe/internal.h"

#define RELOC_MAX    (1024 * 1024)
#define RELOC_HEADER 8

#define CERT_HEADER 8
#define CERT_ALIGN  8

struct span {
	uint64_t start, end;
	const char *name;
};

static uint32_t section_memory(const struct pe_section *s)
{
	return s->vsize ? s->vsize : s->raw_size;
}

static int compare_spans(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Reports spans that overlap; after sorting, each need only be held against the one that reaches furthest. */
static void report_overlaps(
	struct pe *pe, struct span *v, size_t n, enum pe_problem_code code, const char *where)
{
	const struct span *far = NULL;

	if (n)
		qsort(v, n, sizeof(*v), compare_spans);
	for (size_t i = 0; i < n; i++) {
		if (far && v[i].start < far->end)
			pe_problem_add(pe, code, "sections %s and %s overlap in %s", far->name,
				v[i].name, where);
		if (!far || v[i].end > far->end)
			far = &v[i];
	}
}

static void judge_overlaps(struct pe *pe)
{
	CLEANUP(xfree) struct span *v = NULL;
	size_t n = 0;

	if (!pe->n_sections)
		return;
	v = xcalloc(pe->n_sections, sizeof(*v));
	for (size_t i = 0; i < pe->n_sections; i++) {
		const struct pe_section *s = &pe->sections[i];

		if (section_memory(s))
			v[n++] = (struct span){ s->va, (uint64_t)s->va + section_memory(s),
				s->name };
	}
	report_overlaps(pe, v, n, PE_P_SECTIONS_OVERLAP, "memory");
	n = 0;
	for (size_t i = 0; i < pe->n_sections; i++) {
		const struct pe_section *s = &pe->sections[i];

		if (s->raw_size && s->raw)
			v[n++] = (struct span){ s->raw, (uint64_t)s->raw + s->raw_size, s->name };
	}
	report_overlaps(pe, v, n, PE_P_RAW_OVERLAP, "the file");
}

static bool is_power_of_two(uint32_t v)
{
	return v && (v & (v - 1)) == 0;
}

/* Whether what firmware fills with zeroes, as the file has no bytes for it, lies over the headers of sections behind it. */
static bool zeroed_over_table(const struct pe *pe, const struct pe_section *s)
{
	uint64_t start = (uint64_t)s->va + pe_section_len(pe, s), end = (uint64_t)s->va + s->vsize;
	uint64_t left = (uint64_t)(pe->sections + pe->n_sections - s) - 1;

	return left && start < end && start < pe->table_end &&
	       end > pe->table_end - left * PE_SECTION_HEADER_SIZE;
}

/* Whether all that a section has in memory is there: then nobody but edk2 minds. */
static bool is_padding_cut(const struct pe *pe, const struct pe_section *s)
{
	return s->vsize && s->vsize < s->raw_size && range_within(s->raw, s->vsize, pe->file_size);
}

static void judge_section(struct pe *pe, const struct pe_section *s)
{
	uint64_t end = (uint64_t)s->va + section_memory(s);

	/* An empty one says nothing: Xen and old shim have a .reloc of no bytes at address 0. */
	if (!section_memory(s))
		return;
	if (s->raw_size && !range_within(s->raw, s->raw_size, pe->file_size))
		pe_problem_add(pe, PE_P_SECTION_CUT,
			"section %s ends at byte %llu of a file of %llu%s", s->name,
			(unsigned long long)s->raw + s->raw_size, (unsigned long long)pe->file_size,
			is_padding_cut(pe, s) ? ", which has all but padding of it"
					      : ", and U-Boot takes what lies behind it in memory");
	/* What has no bytes in the file is not copied over anything, but zeroes come over what is to be loaded next. */
	if ((s->raw_size && (s->raw < pe->size_of_headers || s->va < pe->size_of_headers)) ||
		zeroed_over_table(pe, s))
		pe_problem_add(pe, PE_P_SECTION_HEADERS,
			"section %s (byte %u, address 0x%x) lies over the headers, which have %u bytes",
			s->name, s->raw, s->va, pe->size_of_headers);
	if (end > pe->size_of_image)
		pe_problem_add(pe, PE_P_SECTION_OUTSIDE,
			"section %s ends at 0x%llx of an image of 0x%x bytes", s->name,
			(unsigned long long)end, pe->size_of_image);
	if (is_power_of_two(pe->section_align) && s->va % pe->section_align)
		pe_problem_add(pe, PE_P_SECTION_UNALIGNED,
			"section %s is at 0x%x, no multiple of the section alignment 0x%x", s->name,
			s->va, pe->section_align);
	if ((s->flags & PE_SCN_WRITE) && (s->flags & PE_SCN_EXECUTE))
		pe_problem_add(
			pe, PE_P_SECTION_WX, "section %s is writable and executable", s->name);
}

static const struct pe_section *section_at(const struct pe *pe, uint32_t va)
{
	for (size_t i = 0; i < pe->n_sections; i++) {
		const struct pe_section *s = &pe->sections[i];

		if (va >= s->va && va - s->va < section_memory(s))
			return s;
	}
	return NULL;
}

static unsigned alignment_refusers(uint32_t align)
{
	if (!align)
		return PE_REFUSED_BY_BOTH;
	return is_power_of_two(align) ? 0 : PE_REFUSED_BY_U_BOOT;
}

void pe_judge_layout(struct pe *pe)
{
	const struct pe_section *entry = section_at(pe, pe->entry);

	if (!is_power_of_two(pe->section_align) || !is_power_of_two(pe->file_align) ||
		pe->file_align > pe->section_align)
		pe_problem_add_refused(pe, PE_P_ALIGNMENT, alignment_refusers(pe->section_align),
			"sections are aligned to %u bytes in memory and %u in the file",
			pe->section_align, pe->file_align);
	for (size_t i = 0; i < pe->n_sections; i++)
		judge_section(pe, &pe->sections[i]);
	judge_overlaps(pe);
	if (!(pe->characteristics & PE_CHAR_EXECUTABLE))
		pe_problem_add(pe, PE_P_NOT_EXECUTABLE, "it is not marked as executable");
	if (pe->n_sections && !entry)
		pe_problem_add(
			pe, PE_P_ENTRY_OUTSIDE, "the entry point 0x%x is in no section", pe->entry);
	else if (entry && !(entry->flags & (PE_SCN_EXECUTE | PE_SCN_CODE)))
		pe_problem_add(pe, PE_P_ENTRY_NO_EXEC,
			"the entry point 0x%x is in section %s, which is not executable", pe->entry,
			entry->name);
}

static bool is_known_relocation(uint16_t entry)
{
	unsigned kind = entry >> 12;

	return kind == PE_REL_ABSOLUTE || kind == PE_REL_HIGH || kind == PE_REL_LOW ||
	       kind == PE_REL_HIGHLOW || kind == PE_REL_DIR64;
}

bool pe_reloc_block(const uint8_t *p, uint64_t len, struct pe_reloc_block *block)
{
	uint32_t size;

	if (len < RELOC_HEADER)
		return false;
	size = le32(p + 4);
	block->page = le32(p);
	block->entries = p + RELOC_HEADER;
	/* Half an entry at its end counts. */
	block->n = size > RELOC_HEADER ? (size - RELOC_HEADER + 1) / 2 : 0;
	block->size = size;
	return size && RELOC_HEADER + block->n * UINT64_C(2) <= len;
}

/* size bytes of a directory, with what is in memory behind them to `len`. */
static void walk_relocs(struct pe *pe, const uint8_t *p, uint64_t size, uint64_t len)
{
	/* One byte at the end is none of a block, two are, and take their size from behind them: zeroes are a block of none. */
	for (uint64_t at = 0; size - at > 1;) {
		struct pe_reloc_block b = { 0 };
		bool known = true;

		if (!pe_reloc_block(p + at, len - at, &b) || b.size > size - at ||
			b.page >= pe->size_of_image) {
			pe_problem_add(pe, PE_P_RELOC_DIR,
				"the relocation block at byte %llu of its directory says page 0x%x, %u bytes",
				(unsigned long long)at, b.page, b.size);
			return;
		}
		for (uint32_t i = 0; i < b.n; i++)
			known &= is_known_relocation(le16(b.entries + 2 * i));
		if (!known) {
			pe_problem_add(pe, PE_P_RELOC_DIR,
				"the relocation block at byte %llu of its directory has a kind that does not exist",
				(unsigned long long)at);
			return;
		}
		at += b.size;
	}
}

int pe_judge_relocs(struct pe *pe, const struct pe_source *src, struct err *err)
{
	struct pe_dir d = pe->dirs[PE_DIR_RELOC];
	CLEANUP(xfree) uint8_t *bytes = NULL;
	const struct pe_section *s;
	uint64_t room;
	int r;

	if (pe->characteristics & PE_CHAR_RELOCS_STRIPPED)
		pe_problem_add(pe, PE_P_RELOCS_STRIPPED,
			"its relocations are stripped: it runs at address 0x%llx alone",
			(unsigned long long)pe->image_base);
	if (!d.size)
		return 0;
	s = section_at(pe, d.va);
	room = s ? pe_section_len(pe, s) : 0;
	if (!s || !range_within(d.va - s->va, d.size, room)) {
		pe_problem_add(pe, PE_P_RELOC_DIR,
			"the relocation directory (0x%x, %u bytes) is not in a section", d.va,
			d.size);
		return 0;
	}
	if (d.size > RELOC_MAX)
		return 0;
	room -= d.va - s->va;
	if (room > (uint64_t)d.size + RELOC_HEADER)
		room = (uint64_t)d.size + RELOC_HEADER;
	bytes = xcalloc(1, (size_t)d.size + RELOC_HEADER);
	r = pe_src_read(src, (uint64_t)s->raw + (d.va - s->va), bytes, (size_t)room, err);
	if (r == 0)
		walk_relocs(pe, bytes, d.size, (uint64_t)d.size + RELOC_HEADER);
	return r;
}

/* Each certificate begins at a multiple of 8 from the table's start (PE/COFF, "The Attribute Certificate Table"). */
static int walk_certs(
	struct pe *pe, const struct pe_source *src, uint64_t off, uint64_t end, struct err *err)
{
	while (end - off >= CERT_HEADER && pe->n_certs < PE_CERTS_MAX) {
		uint8_t h[CERT_HEADER];
		uint64_t next;
		uint32_t len;
		int r = pe_src_read(src, off, h, sizeof(h), err);

		if (r < 0)
			return r;
		len = le32(h);
		if (len < CERT_HEADER || len > end - off) {
			pe_problem_add(pe, PE_P_CERT_ENTRY,
				"the certificate at byte %llu says that it has %u bytes; %llu are left",
				(unsigned long long)off, len, (unsigned long long)(end - off));
			return 0;
		}
		pe->certs[pe->n_certs++] = (struct pe_cert){
			.off = off + CERT_HEADER,
			.len = len - CERT_HEADER,
			.revision = le16(h + 4),
			.type = le16(h + 6),
		};
		if (!checked_align(len, CERT_ALIGN, &next) || next >= end - off)
			return 0;
		off += next;
	}
	return 0;
}

int pe_read_certs(struct pe *pe, const struct pe_source *src, struct err *err)
{
	struct pe_dir d = pe->dirs[PE_DIR_CERT];
	uint64_t end = (uint64_t)d.va + d.size;

	if (!d.size)
		return 0;
	pe->cert_end = end;
	if (d.va % CERT_ALIGN)
		pe_problem_add(pe, PE_P_CERT_UNALIGNED,
			"the certificate table begins at byte %u, no multiple of 8", d.va);
	if (end > pe->file_size) {
		pe_problem_add(pe, PE_P_CERT_CUT,
			"the certificate table ends at byte %llu of a file of %llu",
			(unsigned long long)end, (unsigned long long)pe->file_size);
		return 0;
	}
	if (end < pe->file_size)
		pe_problem_add(pe, PE_P_CERT_TRAILING, "%llu bytes follow the certificate table",
			(unsigned long long)(pe->file_size - end));
	return walk_certs(pe, src, d.va, end, err);
}
