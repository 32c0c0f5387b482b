/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linux started by its own EFI stub, uncompressed or as a zboot image. The
 * release stands deep in the file and is not looked for here, as 30 MB are not read of every
 * entry's kernel: kernel_content.h reads the one that boots.
 */
#include "loader/loader.h"
#include "pe/uki.h"

static bool recognise_kernel(const struct efi_view *efi, struct loader_facts *facts)
{
	(void)facts;
	return efi->program->kind == PE_KIND_LINUX;
}

static bool recognise_zboot(const struct efi_view *efi, struct loader_facts *facts)
{
	(void)facts;
	return efi->program->kind == PE_KIND_LINUX_ZBOOT;
}

const struct loader_type loader_kernel = { LOADER_KERNEL, "Linux", recognise_kernel };
const struct loader_type loader_kernel_zboot = {
	LOADER_KERNEL_ZBOOT,
	"Linux (zboot)",
	recognise_zboot,
};
