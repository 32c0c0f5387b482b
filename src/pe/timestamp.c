/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time stamps of signatures. See timestamp.h. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/sanitizer.h"
#include "pe/internal.h"
#include "pe/signed_data.h"
#include "pe/timestamp.h"

#define DER_INTEGER  0x02
#define DER_OCTETS   0x04
#define DER_OID      0x06
#define DER_TIME     0x18
#define DER_SEQUENCE 0x30
#define DER_SET      0x31
#define DER_EXPLICIT 0xa0

#define TIME_DIGITS 14 /* YYYYMMDDHHMMSS */

/*
 * TSTInfo in a token: ContentInfo { type, [0] SignedData { version, digestAlgorithms, encapContentInfo
 * { type, [0] OCTET STRING }, ... } } (RFC 5652, 5).
 */
static bool find_info(const struct pe_der *token, struct der *info)
{
	struct der in = { token->bytes, token->len }, body, signed_data, content, skipped;

	return der_take(&in, DER_SEQUENCE, &body) && der_take(&body, DER_OID, &skipped) &&
	       der_take(&body, DER_EXPLICIT, &in) && der_take(&in, DER_SEQUENCE, &signed_data) &&
	       der_take(&signed_data, DER_INTEGER, &skipped) &&
	       der_take(&signed_data, DER_SET, &skipped) &&
	       der_take(&signed_data, DER_SEQUENCE, &content) &&
	       der_take(&content, DER_OID, &skipped) && der_take(&content, DER_EXPLICIT, &in) &&
	       der_take(&in, DER_OCTETS, &body) && der_take(&body, DER_SEQUENCE, info);
}

/* MessageImprint: whether that is the digest of the signature. */
static bool is_of(struct der imprint, const struct pe_der *value)
{
	uint8_t digest[PE_DIGEST_MAX];
	struct der algorithm, oid, hashed;
	enum pe_hash hash;

	if (!der_take(&imprint, DER_SEQUENCE, &algorithm) || !der_take(&algorithm, DER_OID, &oid) ||
		!der_take(&imprint, DER_OCTETS, &hashed))
		return false;
	hash = pe_hash_of_oid(oid);
	return pe_digest_bytes(hash, value->bytes, value->len, digest) &&
	       hashed.n == pe_hash_len(hash) &&
	       (FUZZING || memcmp(hashed.p, digest, hashed.n) == 0);
}

static bool read_time(struct der text, uint8_t time[TIMESTAMP_SIZE])
{
	unsigned pairs[TIME_DIGITS / 2] = { 0 };

	if (text.n <= TIME_DIGITS || text.p[text.n - 1] != 'Z')
		return false;
	for (unsigned i = 0; i < TIME_DIGITS; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		pairs[i / 2] = pairs[i / 2] * 10 + (text.p[i] - '0');
	}
	memset(time, 0, TIMESTAMP_SIZE);
	put_le16(time, (uint16_t)(pairs[0] * 100 + pairs[1]));
	for (unsigned i = 2; i < TIME_DIGITS / 2; i++)
		time[i] = (uint8_t)pairs[i];
	return true;
}

/* TSTInfo: { version 1, policy, messageImprint, serialNumber, genTime, ... } (RFC 3161, 2.4.2). */
static bool read_info(struct der info, const struct pe_der *value, uint8_t time[TIMESTAMP_SIZE])
{
	struct der version, skipped, imprint, text;

	return der_take(&info, DER_INTEGER, &version) && version.n == 1 && version.p[0] == 1 &&
	       der_take(&info, DER_OID, &skipped) && der_take(&info, DER_SEQUENCE, &imprint) &&
	       der_take(&info, DER_INTEGER, &skipped) && der_take(&info, DER_TIME, &text) &&
	       is_of(imprint, value) && read_time(text, time);
}

bool timestamp_read(
	const struct pe_signature *s, const struct pe_der *authority, uint8_t time[TIMESTAMP_SIZE])
{
	CLEANUP(signed_data_release) struct pe_signature stamp = { .problem = NULL };
	struct der info;

	if (!s->stamp.len || !find_info(&s->stamp, &info) || !read_info(info, &s->value, time))
		return false;
	signed_data_read(&stamp, s->stamp.bytes, s->stamp.len, NULL, 0);
	return !stamp.problem && stamp.signature_ok && pe_signature_leads_to(&stamp, authority, 1);
}

bool timestamp_before(const uint8_t a[TIMESTAMP_SIZE], const uint8_t b[TIMESTAMP_SIZE])
{
	/* The year, and month, day, hour, minute, second. */
	return le16(a) != le16(b) ? le16(a) < le16(b) : memcmp(a + 2, b + 2, 5) <= 0;
}
