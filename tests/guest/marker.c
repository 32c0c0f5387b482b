/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A loader that says who it is, on a line that begins with "mark", and gives up. partitions.t writes its name over
 * the asterisks.
 */
#include "efi.h"

efi_status efi_main(efi_handle image, struct system_table *st);

/* Volatile, so that it is read from where the name was written. */
static volatile char16 line[] = u"\r\nmark ****************\r\n";

efi_status efi_main(efi_handle image, struct system_table *st)
{
	(void)image;
	st->con_out->output_string(st->con_out, (const char16 *)line);
	return EFI_ABORTED;
}
