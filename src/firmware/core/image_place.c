/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PE file into guest memory: checked, copied section by section, relocated
 * (Microsoft PE/COFF, "The .reloc Section"). What makes firmware refuse an
 * image is pe/'s knowledge; this one refuses what edk2 does, be it alone.
 */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "firmware/core/image_private.h"
#include "firmware/machine/machine.h"
#include "pe/pe.h"

#define IMAGE_MAX (UINT64_C(1) << 30)

uint32_t image_code_type(uint16_t subsystem)
{
	switch (subsystem) {
	case PE_SUBSYSTEM_EFI_BOOT_DRIVER:
		return MEM_BOOT_CODE;
	case PE_SUBSYSTEM_EFI_RUNTIME_DRIVER:
	case PE_SUBSYSTEM_EFI_ROM:
		return MEM_RUNTIME_CODE;
	default:
		return MEM_LOADER_CODE;
	}
}

bool image_is_program(const uint8_t *file, uint64_t len, bool application)
{
	struct pe_memory memory = { file, len };
	struct pe_source source = pe_source_memory(&memory);
	bool is;

	return pe_is_program(&source, application, &is, NULL) == 0 && is;
}

bool image_was_program(const struct machine *m)
{
	return m->images->was_program;
}

bool image_refused_by_edk2_alone(const struct machine *m)
{
	return m->images->by_edk2_alone;
}

/* Of what edk2 refuses, whether nothing hinders U-Boot for certain. */
static bool edk2_alone(const struct pe *pe)
{
	for (size_t i = 0; i < pe->n_problems; i++)
		if (pe->problems[i].refusers & PE_REFUSED_BY_U_BOOT)
			return false;
	return pe->machine == PE_MACHINE_AARCH64;
}

/* As edk2 counts it: with what it puts behind the image. */
static uint64_t memory_size(const struct pe *pe)
{
	return (uint64_t)pe->size_of_image + pe->codeview_size;
}

static efi_status judge(const struct pe *pe, bool application, char *why, size_t n)
{
	const char *machine = pe_machine_name(pe->machine);

	if (pe->machine != PE_MACHINE_AARCH64) {
		snprintf(why, n, "it is a program for %s",
			machine ? machine : "an unknown processor");
		return EFI_UNSUPPORTED;
	}
	if (pe->subsystem < PE_SUBSYSTEM_EFI_APPLICATION || pe->subsystem > PE_SUBSYSTEM_EFI_ROM) {
		snprintf(why, n, "it is no EFI program (subsystem %u)", pe->subsystem);
		return EFI_UNSUPPORTED;
	}
	if (application && pe->subsystem != PE_SUBSYSTEM_EFI_APPLICATION) {
		snprintf(why, n, "it is an %s, and boot options are for applications",
			pe_subsystem_name(pe->subsystem));
		return EFI_UNSUPPORTED;
	}
	for (size_t i = 0; i < pe->n_problems; i++)
		if (pe->problems[i].refusers & PE_REFUSED_BY_EDK2) {
			snprintf(why, n, "%s", pe->problems[i].text);
			return EFI_LOAD_ERROR;
		}
	if (!pe->size_of_image || memory_size(pe) > IMAGE_MAX || pe->section_align > IMAGE_MAX) {
		snprintf(why, n, "its size in memory, %llu, makes no sense",
			(unsigned long long)memory_size(pe));
		return EFI_LOAD_ERROR;
	}
	return EFI_SUCCESS;
}

/* Pages at an address that is a multiple of the section alignment. */
static efi_status allocate_aligned(
	struct machine *m, uint32_t type, uint64_t pages, uint64_t align, uint64_t *base)
{
	uint64_t extra = align > PAGE_SIZE ? align / PAGE_SIZE - 1 : 0, start = 0, head;
	efi_status status = pages_allocate(&m->pages, ALLOCATE_ANY, type, pages + extra, &start);

	if (status != EFI_SUCCESS || !extra) {
		*base = start;
		return status;
	}
	*base = (start + align - 1) & ~(align - 1);
	head = (*base - start) / PAGE_SIZE;
	if (head)
		status = pages_free(&m->pages, start, head);
	if (status == EFI_SUCCESS && extra > head)
		status = pages_free(&m->pages, *base + pages * PAGE_SIZE, extra - head);
	return status;
}

static bool ascending(const struct pe *pe)
{
	for (size_t i = 1; i < pe->n_sections; i++)
		if (pe->sections[i].va < pe->sections[i - 1].va)
			return false;
	return true;
}

/* Sections and zeroes between them; pe/ has made sure that all lies within the image and the file. */
static void copy_sections(
	const struct pe *pe, const uint8_t *file, uint64_t len, uint8_t *to, uint64_t size)
{
	uint64_t at = pe->size_of_headers < len ? pe->size_of_headers : len;

	if (at > size)
		at = size;
	memcpy(to, file, at);
	if (!ascending(pe)) {
		memset(to + at, 0, size - at);
		at = size;
	}
	for (size_t i = 0; i < pe->n_sections; i++) {
		const struct pe_section *s = &pe->sections[i];
		uint64_t bytes = pe_section_len(pe, s);

		if (!range_within(s->va, bytes, size) || !range_within(s->raw, bytes, len))
			continue;
		if (s->va > at)
			memset(to + at, 0, s->va - at);
		memcpy(to + s->va, file + s->raw, bytes);
		if (s->va + bytes > at)
			at = s->va + bytes;
	}
	memset(to + at, 0, size - at);
}

static bool relocate_one(uint8_t *image, uint64_t size, uint64_t at, unsigned kind, uint64_t delta)
{
	static const uint8_t widths[16] = {
		[PE_REL_HIGH] = 2, [PE_REL_LOW] = 2, [PE_REL_HIGHLOW] = 4, [PE_REL_DIR64] = 8
	};

	if (kind != PE_REL_ABSOLUTE && (!widths[kind] || !range_within(at, widths[kind], size)))
		return false;
	if (kind == PE_REL_HIGH)
		put_le16(image + at, (uint16_t)(le16(image + at) + (delta >> 16)));
	else if (kind == PE_REL_LOW)
		put_le16(image + at, (uint16_t)(le16(image + at) + delta));
	else if (kind == PE_REL_HIGHLOW)
		put_le32(image + at, le32(image + at) + (uint32_t)delta);
	else if (kind == PE_REL_DIR64)
		put_le64(image + at, le64(image + at) + delta);
	return true;
}

static bool relocate(const struct pe *pe, uint8_t *image, uint64_t size, uint64_t delta)
{
	struct pe_dir d = pe->dirs[PE_DIR_RELOC];
	uint64_t at = d.va, end = (uint64_t)d.va + d.size;

	if (!delta || !d.size)
		return true;
	if (!range_within(d.va, d.size, size))
		return false;
	/* As edk2 counts: one byte at the end is none of a block, two are. */
	while (end - at > 1) {
		struct pe_reloc_block b = { 0 };

		if (!pe_reloc_block(image + at, size - at, &b) || b.size > end - at)
			return false;
		for (uint32_t i = 0; i < b.n; i++) {
			uint16_t v = le16(b.entries + 2 * i);

			if (!relocate_one(
				    image, size, (uint64_t)b.page + (v & 0xfff), v >> 12, delta))
				return false;
		}
		at += b.size;
	}
	return true;
}

static efi_status place(struct machine *m, const struct pe *pe, const uint8_t *file, uint64_t len,
	struct image *image, char *why, size_t n)
{
	uint64_t bytes, base;
	efi_status status;
	uint32_t hii = 0;
	uint8_t *to;

	if (!checked_align(memory_size(pe), PAGE_SIZE, &bytes))
		return EFI_LOAD_ERROR;
	image->pages = bytes / PAGE_SIZE;
	status = allocate_aligned(
		m, image_code_type(pe->subsystem), image->pages, pe->section_align, &base);
	if (status != EFI_SUCCESS) {
		snprintf(why, n, "there is no memory for an image of %u bytes", pe->size_of_image);
		return status;
	}
	image->base = gaddr(base);
	guest_expect(m->ram, image->base, bytes);
	to = guest_out(m->ram, image->base, bytes);
	if (!to)
		return EFI_LOAD_ERROR;
	copy_sections(pe, file, len, to, bytes);
	if ((pe->characteristics & PE_CHAR_RELOCS_STRIPPED && base != pe->image_base) ||
		!relocate(pe, to, bytes, base - pe->image_base)) {
		snprintf(why, n, "it cannot be relocated to where there is memory");
		(void)!pages_free(&m->pages, base, image->pages);
		return EFI_UNSUPPORTED;
	}
	cpu_forget_code(m->cpu, image->base, bytes);
	if (pe->dirs[PE_DIR_RESOURCE].size)
		hii = image_hii(to, bytes, pe->dirs[PE_DIR_RESOURCE].va);
	image->hii = hii ? gaddr(base + hii) : GADDR_NULL;
	return EFI_SUCCESS;
}

efi_status image_place(struct machine *m, const uint8_t *file, uint64_t len, bool application,
	struct image *image, char *why, size_t n)
{
	struct pe_memory memory = { file, len };
	struct pe_source source = pe_source_memory(&memory);
	CLEANUP(pe_release) struct pe pe;
	struct err err = { 0 };
	efi_status status;

	if (pe_read(&pe, &source, &err) < 0) {
		snprintf(why, n, "%s%s", strncmp(err.text, "is ", 3) == 0 ? "it " : "", err.text);
		return EFI_UNSUPPORTED;
	}
	status = judge(&pe, application, why, n);
	m->images->by_edk2_alone = status != EFI_SUCCESS && edk2_alone(&pe);
	if (status == EFI_SUCCESS)
		status = place(m, &pe, file, len, image, why, n);
	if (status != EFI_SUCCESS)
		return status;
	image->size = memory_size(&pe);
	image->entry = image->base.v + pe.entry;
	image->subsystem = pe.subsystem;
	image->is_zboot = len >= 8 && memcmp(file + 4, "zimg", 4) == 0;
	image->is_kernel = pe.linux_magic || image->is_zboot;
	return EFI_SUCCESS;
}
