/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that another loads. The first character of its load options says
 * what it does; the result of most of it is the status that comes back.
 */
#include "efi.h"

static const struct guid loaded_image_guid = { 0x5b1b31a1, 0x9562, 0x11d2,
	{ 0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };

static const struct guid file_system_guid = { 0x964e5b22, 0x6459, 0x11d2,
	{ 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };

/* A resource of the type "HII": a package list whose only package is its end. */
__asm__(".section .rsrc,\"dr\"\n"
	"tree: .fill 12, 1, 0\n"
	".short 1, 0\n" /* one entry, with a name */
	".long 0x80000000 + name - tree, 0x80000000 + second - tree\n"
	"second: .fill 12, 1, 0\n"
	".short 0, 1\n"
	".long 1, 0x80000000 + third - tree\n"
	"third: .fill 12, 1, 0\n"
	".short 0, 1\n"
	".long 0, leaf - tree\n"
	"leaf: .rva list\n"
	".long 24, 0, 0\n"
	"name: .short 3, 'H', 'I', 'I'\n"
	"list: .long 0x5a6f8ad6, 0x4f523d1f, 0x40117b93, 0x21772c5e\n"
	".long 24, 0xdf000004\n"
	".text\n");

static uint64_t unload_calls;

static efi_status unload(efi_handle image)
{
	(void)image;
	unload_calls++;
	return unload_calls == 1 ? EFI_DEVICE_ERROR : EFI_SUCCESS;
}

efi_status efi_main(efi_handle image, struct system_table *st);

/* Exit() from deeper than the entry point: the stack is to be forgotten. */
static __attribute__((noinline)) void leave(
	efi_handle image, struct system_table *st, unsigned depth)
{
	volatile uint64_t room[16] = { depth };
	static const char16 words[] = u"words";
	void *data;

	if (depth > 0) {
		leave(image, st, depth - 1);
		room[1] = room[0];
		return;
	}
	st->boot->allocate_pool(MEM_BOOT_DATA, sizeof(words), &data);
	st->boot->copy_mem(data, words, sizeof(words));
	st->boot->exit(image, EFI_ABORTED, sizeof(words), data);
}

efi_status efi_main(efi_handle image, struct system_table *st)
{
	void *interface = NULL;
	struct loaded_image *own;
	const char16 *options;

	if (st->boot->handle_protocol(image, &loaded_image_guid, &interface) != EFI_SUCCESS)
		return EFI_LOAD_ERROR;
	own = interface;
	options = own->options;
	if (!options || own->options_size < 2)
		return EFI_NOT_FOUND;
	switch (options[0]) {
	case 's': /* succeed */
		return EFI_SUCCESS;
	case 'e': /* leave by Exit() */
		leave(image, st, 8);
		return EFI_LOAD_ERROR;
	case 'd': /* stay, with a function that allows unloading the second time */
		own->unload = unload;
		return EFI_SUCCESS;
	case 'n': /* start oneself again, which isn't possible */
		return st->boot->start_image(image, NULL, NULL);
	case 'o': /* have the volume alone, and come back without closing it */
		return st->boot->open_protocol(
			own->device, &file_system_guid, &interface, image, NULL, OPEN_EXCLUSIVE);
	case 't': /* come back at a higher TPL */
		st->boot->raise_tpl(TPL_CALLBACK);
		return EFI_SUCCESS;
	default:
		return EFI_NOT_READY;
	}
}
