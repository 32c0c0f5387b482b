/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loaders that are recognised but not followed: rEFInd finds kernels by
 * rules of its own, Windows by its BCD store, iPXE by the network, the UEFI
 * Shell by scripts. Knowing their names makes a report better than "unknown".
 */
#include <stdio.h>

#include "base/xalloc.h"
#include "loader/loader.h"

static bool recognise_refind(const struct efi_view *efi, struct loader_facts *facts)
{
	(void)facts;
	return efi_has_wide(efi, "rEFInd Boot Manager");
}

static bool recognise_windows(const struct efi_view *efi, struct loader_facts *facts)
{
	(void)facts;
	return efi_has(efi, "bootmgfw.pdb") || efi_has_wide(efi, "bootmgfw.efi.mui");
}

static bool recognise_ipxe(const struct efi_view *efi, struct loader_facts *facts)
{
	(void)facts;
	return efi_has(efi, "https://ipxe.org") || efi_has(efi, "http://ipxe.org");
}

static bool recognise_shell(const struct efi_view *efi, struct loader_facts *facts)
{
	(void)facts;
	return efi_has_wide(efi, "startup.nsh") &&
	       (efi_has_wide(efi, "uefishellversion") || efi_has(efi, "Shell.dll"));
}

static bool recognise_uboot(const struct efi_view *efi, struct loader_facts *facts)
{
	static const char banner[] = "U-Boot 20";
	char year[sizeof(facts->version) - 2];

	if (!efi_text_after(efi, banner, sizeof(banner) - 1, " ", year, sizeof(year)))
		return false;
	snprintf(facts->version, sizeof(facts->version), "20%s", year);
	return true;
}

const struct loader_type loader_refind = { LOADER_REFIND, "rEFInd", recognise_refind };
const struct loader_type loader_windows = {
	LOADER_WINDOWS,
	"Windows Boot Manager",
	recognise_windows,
};
const struct loader_type loader_ipxe = { LOADER_IPXE, "iPXE", recognise_ipxe };
const struct loader_type loader_uefi_shell = { LOADER_UEFI_SHELL, "UEFI Shell", recognise_shell };
const struct loader_type loader_uboot = { LOADER_UBOOT, "U-Boot", recognise_uboot };
