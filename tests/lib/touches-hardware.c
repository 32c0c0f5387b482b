/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program that reads a register of a device by itself, at ADDRESS, while there are boot services. */
#include "efi.h"

efi_status efi_main(efi_handle image, struct system_table *st);

efi_status efi_main(efi_handle image, struct system_table *st)
{
	(void)image;
	(void)st;
	return *(volatile uint32_t *)ADDRESS ? EFI_SUCCESS : EFI_ABORTED;
}
