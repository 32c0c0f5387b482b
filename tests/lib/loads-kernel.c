/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A loader of its own, which puts what it starts into memory that it allocated,
 * as Limine does: an arm64 Image's header, code that waits behind it, a banner.
 *	KIND 1	a Linux kernel
 *	KIND 2	an Image without the kernel's banner, as Xen is
 *	KIND 3	control goes to a place behind the Image
 *	KIND 4	a kernel without a header
 *	KIND 5	a kernel of which this program has the file, header and all, and copies what is behind the header
 *	KIND 6	as 5, but what control goes to is not what the file has there
 *	KIND 7	as 5, but control goes to a page that has nothing but zeroes, in the file, too
 *	KIND 8	as 5, and the file is a section of this program, as unified images have it
 *	KIND 9	as 1, but a program leaves boot services that is a copy of a section, a zboot kernel's file
 *	KIND 10	as 2, and control goes to and fro between two pages
 *	KIND 11	as 1, and the header branches to where control goes
 *	KIND 12	as 11, but control goes to a place behind that
 *	KIND 13	as 12, and from there to the header's place
 *	KIND 14	as 1, with the device tree behind the kernel's code, in the memory that it clears
 * WORDS are some that other systems' loaders have in them.
 */
#include "efi.h"

#ifndef WORDS
#define WORDS ""
#endif

static const struct guid fdt_table = { 0xb1b621d5, 0xf19c, 0x41a5,
	{ 0x83, 0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0 } };
const char words[] = WORDS;
static const char banner[] = "Linux version 6.99.0-loaded (test)";
static const uint32_t waits = 0x14000000;    /* b . */
static const uint32_t to_begin = 0x140001ff; /* b . + 0x7fc */
static const uint32_t back = 0x17fffdfc;     /* b . - 0x810 */
static const uint32_t to_and_fro[] = { 0x14000001, 0x17ffffff };
static unsigned char map[65536];

#define IMAGE_BYTES 0x20000ull

#if KIND == 8
#define WHERE __attribute__((section(".linux")))
#else
#define WHERE
#endif

/* The file of KIND 5. */
static const struct {
	uint64_t code, offset, bytes, flags[4];
	char magic[4 + 4096 - 56 - 4];
	uint32_t begins[1024];
	char says[4096], nothing[4096];
} __attribute__((aligned(4096))) file WHERE = { 0, 0, IMAGE_BYTES, { 0 }, "ARM\x64",
	{ 1, 2, 3, [512] = 0x14000000 }, "Linux version 6.99.1-copied (test)" };

#if KIND == 9
/* Gets the program's handle, the map's key, ExitBootServices(), the tree and the kernel. */
__asm__(".section .linux, \"xr\"\n"
	".ascii \"MZ\\0\\0zimg\"\n"
	".balign 4096\n"
	".globl leaves\n"
	"leaves: mov x19, x3\n"
	"mov x20, x4\n"
	"blr x2\n"
	"mov x0, x19\n"
	"mov x1, xzr\n"
	"mov x2, xzr\n"
	"mov x3, xzr\n"
	"br x20\n"
	".balign 4096\n"
	".text\n");
extern const uint32_t leaves[1024];
#endif

static bool same(const struct guid *a, const struct guid *b)
{
	const uint32_t *x = (const void *)a, *y = (const void *)b;

	return x[0] == y[0] && x[1] == y[1] && x[2] == y[2] && x[3] == y[3];
}

efi_status efi_main(efi_handle image, struct system_table *st);

efi_status efi_main(efi_handle image, struct system_table *st)
{
	uint64_t at = 0, size = sizeof(map), key, each, bytes = IMAGE_BYTES;
	const void *tree = NULL;
	uint32_t version;

	for (uint64_t i = 0; i < st->n_tables; i++)
		if (same(&st->tables[i].guid, &fdt_table))
			tree = st->tables[i].table;
	if (!tree || st->boot->allocate_pages(0, MEM_LOADER_DATA, 64, &at))
		return EFI_LOAD_ERROR;
	st->boot->set_mem((void *)at, 64 * 4096, 0);
	st->boot->copy_mem((void *)(at + 0x1800), &waits, 4);
	st->boot->copy_mem((void *)(at + 0x30800), &waits, 4);
	st->boot->copy_mem((void *)(at + 0x1ffc), to_and_fro, 8);
	if (KIND >= 5 && KIND < 9)
		st->boot->copy_mem((void *)(at + 0x1000), file.begins, 0x3000);
	else if (KIND != 2 && KIND != 10)
		st->boot->copy_mem((void *)(at + 0x4000), banner, sizeof(banner));
	if (KIND == 6)
		st->boot->set_mem((void *)(at + 0x1000), 1, 0x5a);
	if (KIND < 4 || KIND >= 9) {
		st->boot->copy_mem((void *)(at + 0x1000 + 16), &bytes, 8);
		st->boot->copy_mem((void *)(at + 0x1000 + 56), "ARM\x64", 4);
	}
	if (KIND >= 11 && KIND <= 13)
		st->boot->copy_mem((void *)(at + 0x1004), &to_begin, 4);
	if (KIND == 12)
		st->boot->copy_mem((void *)(at + 0x1810), &waits, 4);
	if (KIND == 13)
		st->boot->copy_mem((void *)(at + 0x1810), &back, 4);
	if (KIND == 14) {
		st->boot->copy_mem((void *)(at + 0x10000), tree, 0x4000);
		tree = (const void *)(at + 0x10000);
	}
#if KIND == 9
	st->boot->copy_mem((void *)(at + 0x20000), leaves, sizeof(leaves));
#endif
	if (st->boot->get_memory_map(&size, map, &key, &each, &version))
		return EFI_LOAD_ERROR;
#if KIND == 9
	((void (*)(efi_handle, uint64_t, const void *, const void *, uint64_t))(at + 0x20000))(
		image, key, (const void *)st->boot->exit_boot_services, tree, at + 0x1800);
#endif
	if (st->boot->exit_boot_services(image, key))
		return EFI_LOAD_ERROR;
	__asm__ volatile(
		"mov x0, %0\n mov x1, xzr\n mov x2, xzr\n mov x3, xzr\n br %1\n" ::"r"(tree),
		"r"(at + (KIND == 3                         ? 0x30800
				 : KIND == 7                ? 0x3800
				 : KIND == 10               ? 0x1ffc
				 : KIND == 12 || KIND == 13 ? 0x1810
							    : 0x1800))
		: "x0", "x1", "x2", "x3");
	return (efi_status)words;
}
