/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LoadImage() of programs with one thing wrong with each: the files of \EFI\TEST\loads, which loads.files
 * makes. What each firmware answers is compared; loads.rules says what is expected.
 */
#include "test.h"

#define FILE_MAX_ 0x40000
#define NAME_AT   80 /* in EFI_FILE_INFO */
#define SIZE_AT   8

static uint8_t info[1024], bytes[FILE_MAX_];

static void load(struct file *folder, const char16 *name)
{
	struct file *f = NULL;
	uint64_t size = sizeof(bytes);
	efi_handle image = NULL;
	efi_status status;
	char text[64];
	unsigned n = 0;

	for (; name[n] && n < 63; n++)
		text[n] = (char)name[n];
	text[n] = 0;
	if (folder->open(folder, &f, name, FILE_READ, 0) != EFI_SUCCESS ||
		f->read(f, &size, bytes) != EFI_SUCCESS) {
		ok(false, text);
		return;
	}
	f->close(f);
	status = bs->load_image(
		false, self, protocol_of(self, &guid_loaded_image_path), bytes, size, &image);
	value(text, status == EFI_SUCCESS);
	if (status != EFI_SUCCESS)
		return;
	if (same16(name, u"debug-dir, in the file alone"))
		value("size: debug-dir, in the file alone",
			((struct loaded_image *)protocol_of(image, &guid_loaded_image))->size);
	bs->unload_image(image);
}

void subject(void)
{
	struct file_system *fs = protocol_of(own_volume(), &guid_file_system);
	struct file *root = NULL, *folder = NULL;
	uint64_t size;

	ok(fs->open_volume(fs, &root) == EFI_SUCCESS &&
			root->open(root, &folder, STR16("\\EFI\\TEST\\loads"), FILE_READ, 0) ==
				EFI_SUCCESS,
		"there is a folder");
	for (;;) {
		size = sizeof(info);
		if (folder->read(folder, &size, info) != EFI_SUCCESS || !size)
			break;
		if (info[NAME_AT] != '.')
			load(folder, (const char16 *)(info + NAME_AT));
	}
}
