/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernels' files in the memory of loaded images. See held_file.h. */
#include <string.h>

#include "base/bytes.h"
#include "firmware/core/image.h"
#include "firmware/services/held_file.h"

/* An image may consist of headers: each of them could be followed by all of it. */
#define COMPARED_MAX (1u << 20)

/* Linux, Documentation/arch/arm64/booting.rst, and drivers/firmware/efi/libstub/zboot-header.S */
static bool is_kernel_file(const uint8_t *head)
{
	return memcmp(head + 56, "ARM\x64", 4) == 0 || memcmp(head + 4, "zimg", 4) == 0;
}

/* In the image of size bytes at base, from where the search stands. */
static bool find_in(const uint8_t *image, uint64_t size, const uint8_t *like, struct held_file *f)
{
	for (; f->page < size; f->page += PAGE_SIZE, f->next = 0) {
		if (!is_kernel_file(image + f->page))
			continue;
		while (f->next < size - f->page && f->compared++ < COMPARED_MAX) {
			f->offset = f->next;
			f->next += PAGE_SIZE;
			if (memcmp(image + f->page + f->offset, like, PAGE_SIZE) == 0)
				return true;
		}
	}
	return false;
}

bool held_file_next(struct machine *m, uint64_t pc, struct held_file *file)
{
	const uint8_t *like = guest_in(m->ram, gaddr(pc & ~(PAGE_SIZE - 1)), PAGE_SIZE), *image;
	struct gaddr base;
	uint64_t size;

	if (!like || le32(like + (pc & (PAGE_SIZE - 4))) == 0)
		return false;
	for (; image_nth(m, file->image, &base, &size);
		file->image++, file->page = file->next = 0) {
		image = guest_in(m->ram, base, size);
		if (image && find_in(image, size, like, file)) {
			file->at = gaddr_add(base, file->page);
			return true;
		}
	}
	return false;
}
