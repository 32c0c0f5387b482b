/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernels' files in the memory of a loaded image, as unified images have them. A stub that does not ask LoadImage()
 * copies its kernel out of there.
 */
#ifndef ARMVM_FIRMWARE_SERVICES_HELD_FILE_H
#define ARMVM_FIRMWARE_SERVICES_HELD_FILE_H

#include "firmware/machine/machine.h"

struct held_file {
	struct gaddr at; /* its first byte */
	uint64_t offset; /* of the page that is alike */
	/* Where the search goes on: all zeroes at its beginning. */
	size_t image;
	uint64_t page, next;
	unsigned compared;
};

/*
 * The next file, of an arm64 Image or a zboot kernel, that begins on a page and has one like the page of pc. False when
 * there is none (any more), and where the page has zeroes at pc: they are no instruction, and many pages are alike in
 * having nothing else.
 */
bool held_file_next(struct machine *m, uint64_t pc, struct held_file *file);

#endif
