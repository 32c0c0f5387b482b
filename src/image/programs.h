/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The EFI programs of the boot chain that lie on the ESP: what is in
 * \EFI\BOOT for AArch64, and the loaders, unified kernel images and kernels
 * that the chain leads to; beside them the signers of kernels in other file
 * systems. Copies in vendor folders that nothing starts are left out.
 */
#ifndef ARMVM_IMAGE_PROGRAMS_H
#define ARMVM_IMAGE_PROGRAMS_H

#include "esp/esp.h"
#include "pe/authenticode.h"
#include "pe/pe.h"
#include "pe/sbat.h"

struct image;
struct volume;

#define PROGRAMS_MAX 600

struct efi_program {
	char *path;  /* on the ESP: "/EFI/BOOT/BOOTAA64.EFI" */
	char *where; /* "ESP:/EFI/BOOT/BOOTAA64.EFI" */
	enum esp_role role;
	bool is_fallback; /* it is what the firmware starts */
	bool by_shim;     /* a shim beside it starts (and judges) it */
	bool is_kernel;   /* an entry of the chain names it as its kernel, or UKI */
	struct fat_entry entry;
	const struct volume *volume; /* of a kernel elsewhere; then entry is unset */
	bool is_pe;
	struct err
		why; /* why it is no PE file (code ENOEXEC) or could not be read; code 0 when it is one */
	struct pe pe; /* when is_pe, here and below */
	bool has_sbat;
	struct sbat sbat;
	struct pe_signatures signatures;
	bool has_digest;
	uint8_t sha256[PE_DIGEST_MAX]; /* by Authenticode; of what is signed or by_shim */
	/* Of a shim: */
	bool has_levels;
	struct sbat_levels levels;
	bool has_vendor;
	struct pe_vendor_certs vendor;
};

struct efi_programs {
	struct efi_program *v; /* the fallback first, when there is one */
	size_t n;
	/* Kernels in other file systems: is_pe, pe and signatures (not digested) alone are set. */
	struct efi_program *kernels;
	size_t n_kernels;
	bool more;                      /* than are read */
	const struct efi_program *shim; /* the fallback when that is a shim; NULL otherwise */
};

/*
 * Reads them, once. A file that cannot be read from the disk is an error; one
 * that is broken is a program with is_pe false, or with problems.
 */
int efi_programs_read(struct image *image, struct efi_programs *out, struct err *err);
void efi_programs_release(struct efi_programs *programs);
DEFINE_RELEASE(struct efi_programs, efi_programs_release)

#endif
