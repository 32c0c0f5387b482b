/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of names: machines, subsystems, problems, and what a file that is
 * no PE looks like by its first bytes.
 */
#include "pe/pe.h"

#include <string.h>

#include "base/bytes.h"
#include "pe/internal.h"

static const struct {
	uint16_t machine;
	const char *name;
} machines[] = {
	{ PE_MACHINE_AARCH64, "AArch64" },
	{ PE_MACHINE_ARM64EC, "ARM64EC" },
	{ PE_MACHINE_ARM64X, "ARM64X" },
	{ PE_MACHINE_THUMB, "AArch32" },
	{ PE_MACHINE_ARM, "AArch32 without Thumb" },
	{ PE_MACHINE_ARMNT, "AArch32 (Windows)" },
	{ PE_MACHINE_X86_64, "x86-64" },
	{ PE_MACHINE_I386, "x86 (32-bit)" },
	{ PE_MACHINE_RISCV64, "RISC-V 64" },
	{ PE_MACHINE_RISCV32, "RISC-V 32" },
	{ PE_MACHINE_LOONG64, "LoongArch 64" },
	{ PE_MACHINE_EBC, "EFI byte code" },
};

const char *pe_machine_name(uint16_t machine)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (machines[i].machine == machine)
			return machines[i].name;
	return NULL;
}

const char *pe_subsystem_name(uint16_t subsystem)
{
	switch (subsystem) {
	case PE_SUBSYSTEM_EFI_APPLICATION:
		return "EFI application";
	case PE_SUBSYSTEM_EFI_BOOT_DRIVER:
		return "EFI boot service driver";
	case PE_SUBSYSTEM_EFI_RUNTIME_DRIVER:
		return "EFI runtime driver";
	case PE_SUBSYSTEM_EFI_ROM:
		return "EFI ROM image";
	case 1:
		return "Windows native program";
	case 2:
		return "Windows program";
	case 3:
		return "Windows console program";
	case 16:
		return "Windows boot application";
	default:
		return NULL;
	}
}

static const struct {
	const char *name;
	unsigned refusers; /* of most that have this code */
} problems[PE_P_CODES] = {
	[PE_P_HEADERS_CUT] = { "headers-cut", PE_REFUSED_BY_BOTH },
	[PE_P_OPTIONAL_HEADER] = { "optional-header", PE_REFUSED_BY_EDK2 },
	[PE_P_MAGIC_MACHINE] = { "magic-machine", PE_REFUSED_BY_EDK2 },
	[PE_P_NOT_EXECUTABLE] = { "not-executable", 0 },
	[PE_P_SIZE_OF_HEADERS] = { "size-of-headers", PE_REFUSED_BY_EDK2 },
	[PE_P_ALIGNMENT] = { "alignment", 0 },
	[PE_P_NO_SECTIONS] = { "no-sections", 0 },
	[PE_P_TOO_MANY_SECTIONS] = { "too-many-sections", 0 },
	[PE_P_SECTION_CUT] = { "section-cut", PE_REFUSED_BY_EDK2 },
	[PE_P_SECTION_HEADERS] = { "section-headers", PE_REFUSED_BY_EDK2 },
	[PE_P_SECTION_OUTSIDE] = { "section-outside", PE_REFUSED_BY_EDK2 },
	[PE_P_SECTION_UNALIGNED] = { "section-unaligned", 0 },
	[PE_P_SECTIONS_OVERLAP] = { "sections-overlap", 0 },
	[PE_P_RAW_OVERLAP] = { "raw-overlap", 0 },
	[PE_P_SECTION_WX] = { "section-wx", 0 },
	[PE_P_ENTRY_OUTSIDE] = { "entry-outside", 0 },
	[PE_P_ENTRY_NO_EXEC] = { "entry-no-exec", 0 },
	[PE_P_RELOCS_STRIPPED] = { "relocs-stripped", PE_REFUSED_BY_EDK2 },
	[PE_P_RELOC_DIR] = { "reloc-dir", PE_REFUSED_BY_EDK2 },
	[PE_P_DEBUG_DIR] = { "debug-dir", PE_REFUSED_BY_EDK2 },
	[PE_P_RESOURCE_DIR] = { "resource-dir", PE_REFUSED_BY_EDK2 },
	[PE_P_CERT_CUT] = { "cert-cut", PE_REFUSED_BY_EDK2 },
	[PE_P_CERT_UNALIGNED] = { "cert-unaligned", 0 },
	[PE_P_CERT_ENTRY] = { "cert-entry", 0 },
	[PE_P_CERT_TRAILING] = { "cert-trailing", 0 },
};

const char *pe_problem_name(enum pe_problem_code code)
{
	return problems[code].name;
}

unsigned pe_problem_refusers(enum pe_problem_code code)
{
	return problems[code].refusers;
}

const char *pe_refusers_text(unsigned refusers)
{
	static const char *const texts[] = {
		[0] = "",
		[PE_REFUSED_BY_EDK2] = "; edk2 refuses it",
		[PE_REFUSED_BY_U_BOOT] = "; U-Boot refuses it",
		[PE_REFUSED_BY_BOTH] = "; edk2 and U-Boot refuse it",
	};

	return texts[refusers & PE_REFUSED_BY_BOTH];
}

static const char *const looks_texts[] = {
	[PE_LOOKS_PE] = "a PE file",
	[PE_LOOKS_EMPTY] = "an empty file",
	[PE_LOOKS_ZEROS] = "a file of zeros",
	[PE_LOOKS_CUT] = "a PE file that ends inside of its headers",
	[PE_LOOKS_DOS] = "a DOS program without a PE header",
	[PE_LOOKS_TE] = "a terse executable (TE), which only a firmware volume can hold",
	[PE_LOOKS_ELF] = "an ELF file",
	[PE_LOOKS_GZIP] = "a gzip-compressed file",
	[PE_LOOKS_XZ] = "an xz-compressed file",
	[PE_LOOKS_ZSTD] = "a zstd-compressed file",
	[PE_LOOKS_LZ4] = "an lz4-compressed file",
	[PE_LOOKS_LINUX_ARM64] = "an arm64 Linux kernel without EFI stub",
	[PE_LOOKS_LINUX_ARM] = "a 32-bit ARM Linux kernel without EFI stub",
	[PE_LOOKS_UIMAGE] = "a U-Boot image or script",
	[PE_LOOKS_FDT] = "a device tree or FIT image",
	[PE_LOOKS_SCRIPT] = "a script",
	[PE_LOOKS_TEXT] = "a text file",
	[PE_LOOKS_OTHER] = "no PE file",
};

const char *pe_looks_text(enum pe_looks looks)
{
	return looks_texts[looks];
}

static const struct {
	size_t off;
	uint8_t len;
	const char *bytes;
	enum pe_looks looks;
} magics[] = {
	{ 0, 2, "MZ", PE_LOOKS_PE },
	{ 0, 4, "\177ELF", PE_LOOKS_ELF },
	{ 0, 2, "\x1f\x8b", PE_LOOKS_GZIP },
	{ 0, 6,
		"\xfd"
		"7zXZ\0",
		PE_LOOKS_XZ },
	{ 0, 4, "\x28\xb5\x2f\xfd", PE_LOOKS_ZSTD },
	{ 0, 4, "\x04\x22\x4d\x18", PE_LOOKS_LZ4 },
	{ 0, 4, "\x02\x21\x4c\x18", PE_LOOKS_LZ4 },
	{ 0, 4, "\x27\x05\x19\x56", PE_LOOKS_UIMAGE },
	{ 0, 4, "\xd0\x0d\xfe\xed", PE_LOOKS_FDT },
	{ 0, 2, "VZ", PE_LOOKS_TE },
	{ 0, 2, "#!", PE_LOOKS_SCRIPT },
	{ 56, 4, "ARM\x64", PE_LOOKS_LINUX_ARM64 },
	{ 36, 4, "\x18\x28\x6f\x01", PE_LOOKS_LINUX_ARM },
};

static bool is_text(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] == 0x7f || (p[i] < 0x20 && (p[i] < '\t' || p[i] > '\r')))
			return false;
	return true;
}

enum pe_looks pe_looks_like(const uint8_t *p, size_t n, uint64_t size)
{
	size_t zeros = 0;

	if (size == 0)
		return PE_LOOKS_EMPTY;
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++)
		if (magics[i].off + magics[i].len <= n &&
			memcmp(p + magics[i].off, magics[i].bytes, magics[i].len) == 0)
			return magics[i].looks;
	while (zeros < n && p[zeros] == 0)
		zeros++;
	if (zeros == n)
		return PE_LOOKS_ZEROS;
	return is_text(p, n) ? PE_LOOKS_TEXT : PE_LOOKS_OTHER;
}
