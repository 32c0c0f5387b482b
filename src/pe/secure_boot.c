/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What db, dbx and dbt make of a program. See secure_boot.h. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "pe/authenticode.h"
#include "pe/internal.h"
#include "pe/secure_boot.h"
#include "pe/timestamp.h"

#define DAMAGED "its layout is damaged, so that it has no digest"

static const enum siglist_kind kind_of_hash[PE_HASHES] = {
	[PE_HASH_SHA1] = SIGLIST_SHA1,
	[PE_HASH_SHA256] = SIGLIST_SHA256,
	[PE_HASH_SHA384] = SIGLIST_SHA384,
	[PE_HASH_SHA512] = SIGLIST_SHA512,
};

static const struct {
	enum siglist_kind kind;
	enum pe_hash hash;
} cert_digests[] = {
	{ SIGLIST_X509_SHA256, PE_HASH_SHA256 },
	{ SIGLIST_X509_SHA384, PE_HASH_SHA384 },
	{ SIGLIST_X509_SHA512, PE_HASH_SHA512 },
};

/* The signature of this kind that begins with these bytes; NULL: there is none. */
static const uint8_t *find(
	struct siglists lists, enum siglist_kind kind, const uint8_t *bytes, size_t len)
{
	struct siglist l;

	while (siglist_take(&lists, &l))
		for (size_t i = 0; l.kind == kind && l.fits_kind && i < l.n; i++)
			if (memcmp(siglist_signature(&l, i), bytes, len) == 0)
				return siglist_signature(&l, i);
	return NULL;
}

static bool holds_digest(struct siglists lists, enum pe_hash hash, const uint8_t *digest)
{
	return find(lists, kind_of_hash[hash], digest, pe_hash_len(hash));
}

/* Whether somebody of dbt says that it was made before this time; of time zero nobody does. */
static bool made_before(
	const struct pe_signature *s, struct siglists dbt, const uint8_t time[TIMESTAMP_SIZE])
{
	static const uint8_t zero[TIMESTAMP_SIZE];
	uint8_t made[TIMESTAMP_SIZE];
	struct siglist l;

	if (memcmp(time, zero, sizeof(zero)) == 0)
		return false;
	while (siglist_take(&dbt, &l))
		for (size_t i = 0; l.kind == SIGLIST_X509 && i < l.n; i++) {
			struct pe_der cert = { (uint8_t *)siglist_signature(&l, i),
				l.entry_size - SIGLIST_OWNER };

			if (timestamp_read(s, &cert, made) && timestamp_before(made, time))
				return true;
		}
	return false;
}

/* Whether dbx names the certificate by the digest of what was signed of it, and revoked it when this was made. */
static bool is_revoked(const struct secure_boot_lists *lists, const struct pe_signature *s,
	const struct pe_der *cert)
{
	for (size_t i = 0; i < ARRAY_SIZE(cert_digests); i++) {
		size_t len = pe_hash_len(cert_digests[i].hash);
		uint8_t digest[PE_DIGEST_MAX];
		const uint8_t *entry;

		if (!pe_cert_tbs_digest(cert, cert_digests[i].hash, digest))
			continue;
		entry = find(lists->dbx, cert_digests[i].kind, digest, len);
		if (entry && !made_before(s, lists->dbt, entry + len))
			return true;
	}
	return false;
}

/* Whether a signer leads to a certificate of a database, those that `revoked` names left aside; NULL: none. */
static bool leads_into(const struct pe_signature *s, struct siglists lists,
	const struct secure_boot_lists *revoked)
{
	struct siglist l;

	while (siglist_take(&lists, &l))
		for (size_t i = 0; l.kind == SIGLIST_X509 && i < l.n; i++) {
			struct pe_der cert = { (uint8_t *)siglist_signature(&l, i),
				l.entry_size - SIGLIST_OWNER };

			if (pe_signature_leads_to(s, &cert, 1) &&
				(!revoked || !is_revoked(revoked, s, &cert)))
				return true;
		}
	return false;
}

/* By its digest a certificate is revoked where it is the signer's (or db's); by itself with all that it has issued. */
static bool is_forbidden(const struct pe_signature *s, const struct secure_boot_lists *lists)
{
	if (!s->has_signer || is_revoked(lists, s, &s->certs[0]))
		return true;
	return s->digest_ok && s->signature_ok && leads_into(s, lists->dbx, NULL);
}

/* Its digest of any kind; edk2 before 2023 asks for that by SHA-256 alone. */
static const char *judge_unsigned(
	const struct pe *pe, const struct pe_source *src, const struct secure_boot_lists *lists)
{
	bool allowed = false;

	for (enum pe_hash hash = PE_HASH_SHA1; hash < PE_HASHES; hash++) {
		uint8_t digest[PE_DIGEST_MAX];
		struct err err = { 0 };

		if (pe_digest(pe, src, hash, digest, &err) < 0)
			return DAMAGED;
		if (holds_digest(lists->dbx, hash, digest))
			return "dbx holds its digest";
		allowed |= holds_digest(lists->db, hash, digest);
	}
	return allowed ? NULL : "it is not signed";
}

/* An entry that holds nothing ends the table for edk2, which then refuses the whole of it. */
static bool has_empty_entry(const struct pe *pe)
{
	for (unsigned i = 0; i < pe->n_certs; i++)
		if ((pe->certs[i].type == PE_CERT_PKCS7 && !pe->certs[i].len) ||
			(pe->certs[i].type == PE_CERT_EFI_GUID && pe->certs[i].len <= PE_CERT_GUID))
			return true;
	return false;
}

static const char *judge_signed(
	const struct pe_signatures *signatures, const struct secure_boot_lists *lists)
{
	bool allowed = false;

	for (size_t i = 0; i < signatures->n; i++) {
		const struct pe_signature *s = &signatures->v[i];

		if (s->problem)
			continue;
		if (is_forbidden(s, lists))
			return "dbx holds a certificate of its signature";
		if (holds_digest(lists->dbx, s->hash, s->digest))
			return "dbx holds its digest";
		allowed |= (s->digest_ok && s->signature_ok && leads_into(s, lists->db, lists)) ||
			   holds_digest(lists->db, s->hash, s->digest);
	}
	return allowed ? NULL : "it is signed by nobody whose certificate is in db";
}

const char *secure_boot_refuses(
	const struct pe *pe, const struct pe_source *src, const struct secure_boot_lists *lists)
{
	CLEANUP(pe_signatures_release) struct pe_signatures signatures = { .v = NULL };
	struct err err = { 0 };

	if (!pe->dirs[PE_DIR_CERT].size)
		return judge_unsigned(pe, src, lists);
	if (pe_has_problem(pe, PE_P_CERT_CUT) || pe_has_problem(pe, PE_P_CERT_ENTRY) ||
		has_empty_entry(pe))
		return "its certificate table is damaged";
	if (pe_signatures_read(pe, src, &signatures, &err) < 0)
		return DAMAGED;
	return judge_signed(&signatures, lists);
}
