/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What db and dbx make of a program. See secure_boot.h. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "pe/authenticode.h"
#include "pe/internal.h"
#include "pe/secure_boot.h"

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

/* Whether a signature of this kind begins with these bytes. */
static bool holds(struct siglists lists, enum siglist_kind kind, const uint8_t *bytes, size_t len)
{
	struct siglist l;

	while (siglist_take(&lists, &l))
		for (size_t i = 0; l.kind == kind && l.fits_kind && i < l.n; i++)
			if (memcmp(siglist_signature(&l, i), bytes, len) == 0)
				return true;
	return false;
}

static bool holds_digest(struct siglists lists, enum pe_hash hash, const uint8_t *digest)
{
	return holds(lists, kind_of_hash[hash], digest, pe_hash_len(hash));
}

/* Whether dbx names the certificate by the digest of what was signed of it. */
static bool is_revoked(struct siglists dbx, const struct pe_der *cert)
{
	for (size_t i = 0; i < ARRAY_SIZE(cert_digests); i++) {
		uint8_t digest[PE_DIGEST_MAX];

		if (pe_cert_tbs_digest(cert, cert_digests[i].hash, digest) &&
			holds(dbx, cert_digests[i].kind, digest, pe_hash_len(cert_digests[i].hash)))
			return true;
	}
	return false;
}

/* Whether a signer leads to a certificate of a database, dbx's revoked ones left aside. */
static bool leads_into(
	const struct pe_signature *s, struct siglists lists, const struct siglists *dbx)
{
	struct siglist l;

	while (siglist_take(&lists, &l))
		for (size_t i = 0; l.kind == SIGLIST_X509 && i < l.n; i++) {
			struct pe_der cert = { (uint8_t *)siglist_signature(&l, i),
				l.entry_size - SIGLIST_OWNER };

			if (pe_signature_leads_to(s, &cert, 1) &&
				(!dbx || !is_revoked(*dbx, &cert)))
				return true;
		}
	return false;
}

static bool is_forbidden(const struct pe_signature *s, struct siglists dbx)
{
	for (size_t i = 0; i < s->n_certs; i++)
		if (is_revoked(dbx, &s->certs[i]))
			return true;
	return s->digest_ok && s->signature_ok && leads_into(s, dbx, NULL);
}

static const char *judge_unsigned(
	const struct pe *pe, const struct pe_source *src, struct siglists db, struct siglists dbx)
{
	uint8_t digest[PE_DIGEST_MAX];
	struct err err = { 0 };

	if (pe_digest(pe, src, PE_HASH_SHA256, digest, &err) < 0)
		return DAMAGED;
	if (holds_digest(dbx, PE_HASH_SHA256, digest))
		return "dbx holds its digest";
	if (holds_digest(db, PE_HASH_SHA256, digest))
		return NULL;
	return "it is not signed";
}

static const char *judge_signed(
	const struct pe_signatures *signatures, struct siglists db, struct siglists dbx)
{
	bool allowed = false;

	for (size_t i = 0; i < signatures->n; i++) {
		const struct pe_signature *s = &signatures->v[i];

		if (s->problem)
			continue;
		if (is_forbidden(s, dbx))
			return "dbx holds a certificate of its signature";
		if (holds_digest(dbx, s->hash, s->digest))
			return "dbx holds its digest";
		allowed |= (s->digest_ok && s->signature_ok && leads_into(s, db, &dbx)) ||
			   holds_digest(db, s->hash, s->digest);
	}
	return allowed ? NULL : "it is signed by nobody whose certificate is in db";
}

const char *secure_boot_refuses(
	const struct pe *pe, const struct pe_source *src, struct siglists db, struct siglists dbx)
{
	CLEANUP(pe_signatures_release) struct pe_signatures signatures = { .v = NULL };
	struct err err = { 0 };

	if (!pe->dirs[PE_DIR_CERT].size)
		return judge_unsigned(pe, src, db, dbx);
	if (pe_has_problem(pe, PE_P_CERT_CUT) || pe_has_problem(pe, PE_P_CERT_ENTRY))
		return "its certificate table is damaged";
	if (pe_signatures_read(pe, src, &signatures, &err) < 0)
		return DAMAGED;
	return judge_signed(&signatures, db, dbx);
}
