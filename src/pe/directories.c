/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two data directories that edk2 reads while it loads an image, and refuses the image
 * for when they lead nowhere, as they do when a tool drops or cuts the section that they
 * are in: debugging ("The .debug Section" of the PE/COFF specification), of which it wants each
 * entry from the file, and resources ("The .rsrc Section"), in which it looks for a
 * list of HII packages (UEFI 2.10 7.4.1).
 */
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "pe/internal.h"

/* ---- debugging ---- */

#define DEBUG_ENTRY    28
#define DEBUG_TYPE     12
#define DEBUG_SIZE     16
#define DEBUG_RVA      20
#define DEBUG_OFFSET   24
#define DEBUG_CODEVIEW 2
#define DEBUG_ENTRIES  4096 /* that are looked at */

/* What stands at the beginning of CodeView data, and how long it is at least. */
static const struct {
	char magic[5];
	uint32_t size;
} codeviews[] = { { "NB10", 16 }, { "RSDS", 24 }, { "MTOC", 20 } };

/* What the file has for an address of the image; what it has not is zero, as firmware leaves it. */
static int read_image(const struct pe *pe, const struct pe_source *src, uint64_t va, uint8_t *to,
	size_t len, struct err *err)
{
	uint64_t off = va, end = pe->size_of_headers;

	memset(to, 0, len);
	for (size_t i = 0; i < pe->n_sections; i++) {
		const struct pe_section *s = &pe->sections[i];
		uint64_t section_end = (uint64_t)s->va + pe_section_len(pe, s);

		if (va < s->va || va >= section_end)
			continue;
		off = s->raw + (va - s->va);
		end = section_end;
	}
	if (va >= end || off >= src->size)
		return 0;
	if (len > end - va)
		len = (size_t)(end - va);
	if (len > src->size - off)
		len = (size_t)(src->size - off);
	return pe_src_read(src, off, to, len, err);
}

/* The section that it is in, by the size in memory; NULL: in none, and so of no interest. */
static const struct pe_section *debug_section(const struct pe *pe)
{
	uint32_t va = pe->dirs[PE_DIR_DEBUG].va;

	for (size_t i = 0; i < pe->n_sections; i++) {
		const struct pe_section *s = &pe->sections[i];

		if (va >= s->va && va - s->va < s->vsize)
			return s->raw + (va - s->va) ? s : NULL;
	}
	return NULL;
}

/* The first of these is the only one that is looked at further. */
static int judge_codeview(
	struct pe *pe, const struct pe_source *src, const uint8_t *entry, struct err *err)
{
	uint32_t rva = le32(entry + DEBUG_RVA), offset = le32(entry + DEBUG_OFFSET);
	uint32_t size = le32(entry + DEBUG_SIZE);
	uint8_t magic[4] = { 0 };
	int r = 0;

	if (!rva && !offset)
		return 0;
	if (rva >= pe->size_of_image) {
		pe_problem_add(pe, PE_P_DEBUG_DIR,
			"the debug directory leads to 0x%x of an image of 0x%x bytes", rva,
			pe->size_of_image);
		return 0;
	}
	if (!rva)
		pe->codeview_size = size;
	if (rva)
		r = read_image(pe, src, rva, magic, sizeof(magic), err);
	else if (size >= sizeof(magic) && range_within(offset, sizeof(magic), src->size))
		r = pe_src_read(src, offset, magic, sizeof(magic), err);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(codeviews); i++)
		if (memcmp(magic, codeviews[i].magic, sizeof(magic)) == 0 &&
			size < codeviews[i].size)
			pe_problem_add(pe, PE_P_DEBUG_DIR,
				"the debug directory's entry has %u bytes, fewer than %s has", size,
				codeviews[i].magic);
	return r;
}

static int judge_debug(struct pe *pe, const struct pe_source *src, struct err *err)
{
	const struct pe_section *s = debug_section(pe);
	struct pe_dir d = pe->dirs[PE_DIR_DEBUG];
	uint8_t entry[DEBUG_ENTRY];
	uint64_t off;
	int r;

	for (uint64_t at = 0; s && at < d.size && at < DEBUG_ENTRIES * DEBUG_ENTRY;
		at += DEBUG_ENTRY) {
		off = d.va - s->va + at;
		if (!range_within(s->raw + off, DEBUG_ENTRY, src->size)) {
			pe_problem_add(pe, PE_P_DEBUG_DIR,
				"the debug directory (0x%x, %u bytes) goes on behind the end of the file",
				d.va, d.size);
			return 0;
		}
		r = pe_src_read(src, s->raw + off, entry, sizeof(entry), err);
		if (r < 0)
			return r;
		if (le32(entry + DEBUG_TYPE) != DEBUG_CODEVIEW)
			continue;
		if (off + DEBUG_ENTRY <= pe_section_len(pe, s))
			return judge_codeview(pe, src, entry, err);
		pe_problem_add(pe, PE_P_DEBUG_DIR,
			"the debug directory (0x%x, %u bytes) goes on behind what section %s loads, where memory has anything",
			d.va, d.size, s->name);
		return 0;
	}
	return 0;
}

/* ---- resources ---- */

#define DIRECTORY_SIZE  16 /* of the header; entries follow, those with names first */
#define DIRECTORY_NAMED 12
#define DIRECTORY_IDS   14
#define ENTRY_SIZE      8
#define ENTRY_LEADS_TO  4
#define IS_STRING       0x80000000u /* of an entry's first half: an offset of its name */
#define IS_DIRECTORY    0x80000000u /* of its second half */
#define LEVELS          3

struct tree {
	const struct pe *pe;
	const struct pe_source *src;
	struct pe_dir place;
};

static int read_tree(const struct tree *t, uint64_t off, uint8_t *to, size_t len, struct err *err)
{
	return read_image(t->pe, t->src, t->place.va + off, to, len, err);
}

/* 1: the directory at off, all entries of it, ends within the tree; *named: how many of them have names. */
static int read_directory(const struct tree *t, uint64_t off, unsigned *named, struct err *err)
{
	uint8_t head[DIRECTORY_SIZE];
	uint64_t n;
	int r = read_tree(t, off, head, sizeof(head), err);

	if (r < 0)
		return r;
	*named = le16(head + DIRECTORY_NAMED);
	n = (uint64_t)*named + le16(head + DIRECTORY_IDS);
	return off + DIRECTORY_SIZE + n * ENTRY_SIZE <= t->place.size;
}

/* Whether it is the name of the type that firmware looks for; *outside: it is none, beyond the tree. */
static bool is_hii(const struct tree *t, uint32_t name, bool *outside)
{
	static const uint8_t hii[] = { 3, 0, 'H', 0, 'I', 0, 'I', 0 };
	uint8_t text[sizeof(hii)];

	*outside = false;
	if (!(name & IS_STRING))
		return false;
	*outside = (name & ~IS_STRING) >= t->place.size;
	if (*outside || read_tree(t, name & ~IS_STRING, text, sizeof(text), NULL) < 0)
		return false;
	return memcmp(text, hii, sizeof(hii)) == 0;
}

/* From the type's entry down; 1: it ends within the tree. */
static int walk_down(const struct tree *t, uint32_t leads_to, struct err *err)
{
	for (unsigned level = 1; level < LEVELS && (leads_to & IS_DIRECTORY); level++) {
		uint64_t off = leads_to & ~IS_DIRECTORY;
		uint8_t entry[ENTRY_SIZE];
		unsigned named;
		int r;

		if (off >= t->place.size)
			return 0;
		r = read_directory(t, off, &named, err);
		if (r <= 0)
			return r;
		r = read_tree(t, off + DIRECTORY_SIZE, entry, sizeof(entry), err);
		if (r < 0)
			return r;
		leads_to = le32(entry + ENTRY_LEADS_TO);
	}
	return (leads_to & IS_DIRECTORY) || leads_to < t->place.size;
}

/* 1: all that firmware reads of it is within the tree. */
static int walk_tree(const struct tree *t, struct err *err)
{
	unsigned named;
	int r = read_directory(t, 0, &named, err);

	for (unsigned i = 0; r > 0 && i < named; i++) {
		uint64_t off = DIRECTORY_SIZE + (uint64_t)i * ENTRY_SIZE;
		uint8_t entry[ENTRY_SIZE];
		bool outside;

		r = read_tree(t, off, entry, sizeof(entry), err);
		if (r < 0)
			return r;
		if (is_hii(t, le32(entry), &outside))
			return walk_down(t, le32(entry + ENTRY_LEADS_TO), err);
		r = !outside;
	}
	return r;
}

static int judge_resources(struct pe *pe, const struct pe_source *src, struct err *err)
{
	struct tree t = { pe, src, pe->dirs[PE_DIR_RESOURCE] };
	int r;

	if (!t.place.size || t.place.va >= pe->size_of_image)
		return 0;
	r = walk_tree(&t, err);
	if (r == 0)
		pe_problem_add(pe, PE_P_RESOURCE_DIR,
			"the resources at 0x%x go on behind the %u bytes that they have",
			t.place.va, t.place.size);
	return r < 0 ? r : 0;
}

int pe_judge_directories(struct pe *pe, const struct pe_source *src, struct err *err)
{
	int r = judge_debug(pe, src, err);

	return r < 0 ? r : judge_resources(pe, src, err);
}
