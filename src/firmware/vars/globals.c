/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The variables that UEFI defines itself (UEFI 2.10 3.3, table 3.1, and 32.4), with the
 * attributes that they must have and whether a guest may write them. Others there can't be with
 * UEFI's vendor GUID (3.3). Audit and deployed mode are left out, as edk2 leaves them out.
 */
#include "firmware/vars/private.h"
#include "uefi/protocols.h"

#define BS_RT    (VAR_BOOT_SERVICE | VAR_RUNTIME)
#define NV_BS_RT (VAR_NON_VOLATILE | BS_RT)
#define AUTH     (NV_BS_RT | VAR_TIME_AUTH)

static const struct global {
	const char *name; /* '#' is an upper case hex digit */
	uint32_t attributes;
	bool read_only;
} globals[] = {
	{ "Boot####", NV_BS_RT, false },
	{ "BootCurrent", BS_RT, true },
	{ "BootNext", NV_BS_RT, false },
	{ "BootOptionSupport", BS_RT, true },
	{ "BootOrder", NV_BS_RT, false },
	{ "ConIn", NV_BS_RT, false },
	{ "ConInDev", BS_RT, true },
	{ "ConOut", NV_BS_RT, false },
	{ "ConOutDev", BS_RT, true },
	{ "Driver####", NV_BS_RT, false },
	{ "DriverOrder", NV_BS_RT, false },
	{ "ErrOut", NV_BS_RT, false },
	{ "ErrOutDev", BS_RT, true },
	{ "HwErrRecSupport", NV_BS_RT, true },
	{ "KEK", AUTH, false },
	{ "KEKDefault", BS_RT, true },
	{ "Key####", NV_BS_RT, false },
	{ "Lang", NV_BS_RT, false },
	{ "LangCodes", BS_RT, true },
	{ "OsIndications", NV_BS_RT, false },
	{ "OsIndicationsSupported", BS_RT, true },
	{ "OsRecoveryOrder", AUTH, false },
	{ "PK", AUTH, false },
	{ "PKDefault", BS_RT, true },
	{ "PlatformLang", NV_BS_RT, false },
	{ "PlatformLangCodes", BS_RT, true },
	{ "PlatformRecovery####", BS_RT, true },
	{ "SecureBoot", BS_RT, true },
	{ "SetupMode", BS_RT, true },
	{ "SignatureSupport", BS_RT, true },
	{ "SysPrep####", NV_BS_RT, false },
	{ "SysPrepOrder", NV_BS_RT, false },
	{ "Timeout", NV_BS_RT, false },
	{ "VendorKeys", BS_RT, true },
	{ "dbDefault", BS_RT, true },
	{ "dbrDefault", BS_RT, true },
	{ "dbtDefault", BS_RT, true },
	{ "dbxDefault", BS_RT, true },
};

/* EFI_HARDWARE_ERROR_VARIABLE (8.2.4.2) */
static const struct guid hardware_error = UEFI_GUID(
	0x414e6bdd, 0xe47b, 0x47cc, 0xb2, 0x44, 0xbb, 0x61, 0x02, 0x0c, 0xf5, 0x16);

static bool matches(const char *pattern, const uint16_t *name)
{
	for (; *pattern; pattern++, name++) {
		bool hex = (*name >= '0' && *name <= '9') || (*name >= 'A' && *name <= 'F');

		if (*pattern == '#' ? !hex : *name != (uint8_t)*pattern)
			return false;
	}
	return *name == 0;
}

uint32_t var_defined_attributes(const uint16_t *name, struct guid vendor, bool *read_only)
{
	*read_only = false;
	if (key_variable(name, vendor) == KEY_IMAGES)
		return AUTH;
	if (is_custom_mode(name, vendor))
		return VAR_NON_VOLATILE | VAR_BOOT_SERVICE;
	if (guid_eq(vendor, hardware_error) && matches("HwErrRec####", name))
		return NV_BS_RT | VAR_HW_ERROR;
	if (!guid_eq(vendor, uefi_global_variable))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(globals); i++) {
		if (!matches(globals[i].name, name))
			continue;
		*read_only = globals[i].read_only;
		return globals[i].attributes;
	}
	return 0;
}
