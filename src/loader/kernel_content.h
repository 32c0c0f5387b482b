/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is in a kernel's file, read to its end as whatever starts it does: a zboot image
 * (Linux drivers/firmware/efi/libstub/zboot.c) unpacks the Image that is its payload, GRUB what is
 * compressed as a whole. Bounded: what unpacks to more than KERNEL_CONTENT_MAX is not looked
 * at further.
 */
#ifndef ARMVM_LOADER_KERNEL_CONTENT_H
#define ARMVM_LOADER_KERNEL_CONTENT_H

#include "base/err.h"
#include "base/sanitizer.h"

struct pe_source;

#define KERNEL_CONTENT_MAX ((uint64_t)WHEN_FUZZING(1, 256) << 20)

/* Starts zeroed. */
struct kernel_content {
	char packed[64]; /* "gzip"; "zboot, zstd"; "" when it is plain */
	char *version;   /* of its banner, as uname -r says it; NULL: none was seen */
	char problem
		[256]; /* why what is in there does not start, or could not be read; "": nothing */
	int problem_code; /* 0; EUCLEAN: damaged; ENOTSUP: not read here */
	bool whole; /* with EUCLEAN: nothing is damaged, and yet GRUB reads something else than is in it */
};

/*
 * unpacked_first: what starts it unpacks a file that is compressed as a whole. What is wrong with the
 * kernel is no failure; that is reading alone.
 */
int kernel_content_read(struct kernel_content *c, const struct pe_source *src, bool unpacked_first,
	struct err *err);
void kernel_content_release(struct kernel_content *c);
DEFINE_RELEASE(struct kernel_content, kernel_content_release)

#endif
