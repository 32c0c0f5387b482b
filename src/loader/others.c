/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loaders that are recognised but not followed: rEFInd finds kernels by
 * rules of its own, Windows by its BCD store, iPXE by the network, the UEFI
 * Shell by scripts; the loaders of the BSDs start systems of their own. Knowing their
 * names makes a report better than "unknown".
 */
#include <stdio.h>
#include <string.h>

#include "base/xalloc.h"
#include "loader/loader.h"
#include "pe/uki.h"

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

/* A version that follows the text, from its first digit on; false, version "": there is none. */
static bool version_after(const struct efi_view *efi, const char *text, struct loader_facts *facts)
{
	for (char digit = '0'; digit <= '9'; digit++) {
		CLEANUP(xfree) char *start = xasprintf("%s%c", text, digit);
		char rest[sizeof(facts->version) - 1] = "";
		/* A version of one digit has no rest; where it ends in x, it is no version. */
		bool more = efi_text_after(efi, start, strlen(start), " ", rest, sizeof(rest));

		if ((!more && !efi_has(efi, start)) || strstr(rest, ".x"))
			continue;
		snprintf(facts->version, sizeof(facts->version), "%c%s", digit, rest);
		return true;
	}
	return false;
}

static bool recognise_limine(const struct efi_view *efi, struct loader_facts *facts)
{
	if (!efi_has(efi, "/limine/limine.cfg") && !efi_has(efi, "/limine/limine.conf"))
		return false;
	version_after(efi, "Limine ", facts);
	return true;
}

static bool recognise_freebsd(const struct efi_view *efi, struct loader_facts *facts)
{
	if (!efi_has(efi, "FreeBSD/arm64 EFI loader") && !efi_has(efi, "FreeBSD EFI boot block"))
		return false;
	version_after(efi, "EFI loader, Revision ", facts);
	return true;
}

static bool recognise_openbsd(const struct efi_view *efi, struct loader_facts *facts)
{
	(void)facts;
	return efi_has(efi, ">> OpenBSD/arm64 ");
}

static bool recognise_netbsd(const struct efi_view *efi, struct loader_facts *facts)
{
	(void)facts;
	return efi_has(efi, "NetBSD/evbarm efiboot");
}

static bool recognise_xen(const struct efi_view *efi, struct loader_facts *facts)
{
	if (efi->program->kind != PE_KIND_XEN)
		return false;
	version_after(efi, "xen,xen-", facts);
	return true;
}

static bool recognise_boot_guard(const struct efi_view *efi, struct loader_facts *facts)
{
	(void)facts;
	return efi_has_wide(efi, "EFI Boot Guard ");
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
const struct loader_type loader_limine = { LOADER_LIMINE, "Limine", recognise_limine };
const struct loader_type loader_freebsd = { LOADER_FREEBSD, "FreeBSD's loader", recognise_freebsd };
const struct loader_type loader_openbsd = { LOADER_OPENBSD, "OpenBSD's loader", recognise_openbsd };
const struct loader_type loader_netbsd = { LOADER_NETBSD, "NetBSD's loader", recognise_netbsd };
const struct loader_type loader_xen = { LOADER_XEN, "Xen", recognise_xen };
const struct loader_type loader_boot_guard = {
	LOADER_BOOT_GUARD,
	"EFI Boot Guard",
	recognise_boot_guard,
};
