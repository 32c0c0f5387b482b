/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether an image is known to boot with Secure Boot: the fallback loader is
 * signed under a key that machines come with, and each program behind it is one
 * that its shim trusts. Nova turns Secure Boot on for "optional" wherever the
 * host can; "required" would say that the image boots with it alone, which
 * nothing in an image says.
 */
#include <string.h>

#include "glance/derive.h"
#include "pe/authenticode.h"

/* The signers that machines' db holds: Microsoft's for third parties, old and new. */
static bool is_common(const char *issuer)
{
	static const char *const names[] = { "CN=Microsoft Corporation UEFI CA 2011",
		"CN=Microsoft UEFI CA 2023" };

	for (size_t i = 0; issuer && i < ARRAY_SIZE(names); i++)
		if (strstr(issuer, names[i]))
			return true;
	return false;
}

/* The signer of the program, when that is one whose key machines come with. */
static const char *common_signer(const struct efi_program *program)
{
	const struct pe_signatures *s = &program->signatures;

	for (size_t i = 0; program->is_pe && i < s->n; i++)
		if (!s->v[i].problem && s->v[i].digest_ok && s->v[i].signature_ok &&
			is_common(s->v[i].issuer))
			return s->v[i].signer;
	return NULL;
}

static bool trusted(const struct efi_programs *all, const struct efi_program *p)
{
	enum pe_trust trust;

	if (!p->is_pe)
		return false;
	trust = pe_trusted(&all->shim->vendor, &p->signatures, p->has_digest ? p->sha256 : NULL);
	return trust == PE_TRUST_CERT || trust == PE_TRUST_HASH;
}

/* The first program behind the shim that it does not trust; NULL: it trusts them all. */
static const struct efi_program *first_distrusted(const struct efi_programs *all)
{
	for (size_t i = 0; i < all->n; i++)
		if ((all->v[i].by_shim || all->v[i].is_kernel) && !trusted(all, &all->v[i]))
			return &all->v[i];
	for (size_t i = 0; i < all->n_kernels; i++)
		if (!trusted(all, &all->kernels[i]))
			return &all->kernels[i];
	return NULL;
}

void glance_secure_boot(const struct glance_source *s, struct glance_property *p)
{
	const struct efi_program *fallback, *bad;
	const char *signer;

	if (!s->programs || !s->programs->n || !s->programs->v[0].is_fallback) {
		property_left_out(p, "there is no fallback loader to look at");
		return;
	}
	fallback = &s->programs->v[0];
	signer = common_signer(fallback);
	if (!fallback->signatures.n)
		property_is(p, "disabled", "%s is not signed", fallback->where);
	else if (!signer)
		property_is(p, "disabled", "%s is not signed by a key that machines come with",
			fallback->where);
	else if (!s->programs->shim || !s->programs->shim->has_vendor)
		property_is(p, "optional", "%s is signed by %s", fallback->where, signer);
	else if ((bad = first_distrusted(s->programs)))
		property_is(p, "disabled", "the image's shim does not trust %s", bad->where);
	else
		property_is(p, "optional",
			"%s is signed by %s, and trusts all loaders and kernels that follow",
			fallback->where, signer);
}
