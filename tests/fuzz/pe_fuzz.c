/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything in src/pe/ over one file: headers, SBAT, UKI sections, digests, signatures, vendor certificates; and what
 * unpacks a kernel.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "loader/kernel_content.h"
#include "pe/authenticode.h"
#include "pe/sbat.h"
#include "pe/uki.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pe_memory mem = { data, size };
	struct pe_source src = pe_source_memory(&mem);
	CLEANUP(pe_release) struct pe pe;
	CLEANUP(sbat_release) struct sbat sbat = { 0 };
	CLEANUP(sbat_levels_release) struct sbat_levels levels = { 0 };
	CLEANUP(pe_signatures_release) struct pe_signatures sigs = { 0 };
	CLEANUP(pe_vendor_certs_release) struct pe_vendor_certs vendor = { 0 };
	CLEANUP(pe_program_release) struct pe_program program = { 0 };
	CLEANUP(kernel_content_release) struct kernel_content content = { 0 };
	CLEANUP(xfree) char *version = NULL;
	uint8_t digest[PE_DIGEST_MAX];
	struct err err = { 0 };

	kernel_content_read(&content, &src, true, &err);
	if (pe_read(&pe, &src, &err) < 0)
		return 0;
	pe_sbat_read(&pe, &src, &sbat, &err);
	pe_sbat_levels_read(&pe, &src, &levels, &err);
	if (levels.latest.n)
		sbat_revoked(&sbat, &levels.latest);
	pe_vendor_certs_read(&pe, &src, &vendor, &err);
	pe_program_read(&program, &pe, &src, &err);
	pe_linux_version(&src, &version, &err);
	pe_signatures_read(&pe, &src, &sigs, &err);
	if (pe_digest(&pe, &src, PE_HASH_SHA256, digest, &err) == 0)
		pe_trusted(&vendor, &sigs, digest);
	return 0;
}
