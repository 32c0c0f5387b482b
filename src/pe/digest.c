/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Authenticode digest of a PE ("Calculating the PE Image Hash" of the
 * Authenticode document; UEFI 2.10 32.5.3.3), computed as firmware does it: the headers
 * without checksum and certificate directory entry, the sections by their
 * place in the file, then what else is in the file but the certificate table.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/nettle-meta.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>

#include "base/checked.h"
#include "base/xalloc.h"
#include "pe/authenticode.h"
#include "pe/internal.h"

#define CHUNK (128 * 1024)

/* Signing pads the file to a multiple of 8, so an unsigned file is digested as if it were padded. */
#define PAD_ALIGN 8

static const struct {
	const char *name;
	const struct nettle_hash *algorithm;
	size_t len;
} hashes[PE_HASHES] = {
	[PE_HASH_NONE] = { "no digest", NULL, 0 },
	[PE_HASH_SHA1] = { "SHA-1", &nettle_sha1, SHA1_DIGEST_SIZE },
	[PE_HASH_SHA256] = { "SHA-256", &nettle_sha256, SHA256_DIGEST_SIZE },
	[PE_HASH_SHA384] = { "SHA-384", &nettle_sha384, SHA384_DIGEST_SIZE },
	[PE_HASH_SHA512] = { "SHA-512", &nettle_sha512, SHA512_DIGEST_SIZE },
};

const char *pe_hash_name(enum pe_hash hash)
{
	return hashes[hash].name;
}

size_t pe_hash_len(enum pe_hash hash)
{
	return hashes[hash].len;
}

union sum {
	struct sha1_ctx sha1;
	struct sha256_ctx sha256;
	struct sha512_ctx sha512; /* and SHA-384's */
};

bool pe_digest_bytes(enum pe_hash hash, const void *bytes, size_t len, uint8_t out[PE_DIGEST_MAX])
{
	const struct nettle_hash *h = hashes[hash].algorithm;
	union sum sum;

	if (!h)
		return false;
	h->init(&sum);
	h->update(&sum, len, bytes);
	h->digest(&sum, hashes[hash].len, out);
	return true;
}

struct digester {
	const struct pe_source *src;
	const struct nettle_hash *hash;
	union sum sum;
	uint8_t *chunk;
	uint64_t hashed; /* bytes of sections and headers so far */
};

/* Hashes [off, end). */
static int add_range(struct digester *d, uint64_t off, uint64_t end, struct err *err)
{
	while (off < end) {
		size_t n = end - off < CHUNK ? (size_t)(end - off) : CHUNK;
		int r = pe_src_read(d->src, off, d->chunk, n, err);

		if (r < 0)
			return r;
		d->hash->update(&d->sum, n, d->chunk);
		off += n;
	}
	return 0;
}

static int add_headers(struct digester *d, const struct pe *pe, struct err *err)
{
	uint64_t after = pe->checksum_off + 4;
	int r = add_range(d, 0, pe->checksum_off, err);

	if (r == 0 && pe->cert_dir_off) {
		r = add_range(d, after, pe->cert_dir_off, err);
		after = pe->cert_dir_off + 8;
	}
	if (r == 0)
		r = add_range(d, after, pe->size_of_headers, err);
	d->hashed = pe->size_of_headers;
	return r;
}

static int compare_raw(const void *a, const void *b)
{
	const struct pe_section *x = *(const struct pe_section *const *)a;
	const struct pe_section *y = *(const struct pe_section *const *)b;

	return x->raw < y->raw ? -1 : x->raw > y->raw;
}

static int add_sections(struct digester *d, const struct pe *pe, struct err *err)
{
	CLEANUP(xfree)
	const struct pe_section **order = xcalloc(pe->n_sections + 1, sizeof(*order));
	int r = 0;

	for (size_t i = 0; i < pe->n_sections; i++)
		order[i] = &pe->sections[i];
	qsort(order, pe->n_sections, sizeof(const struct pe_section *), compare_raw);
	for (size_t i = 0; i < pe->n_sections && r == 0; i++) {
		const struct pe_section *s = order[i];

		r = add_range(d, s->raw, (uint64_t)s->raw + s->raw_size, err);
		d->hashed += s->raw_size;
	}
	return r;
}

static int add_rest(struct digester *d, const struct pe *pe, struct err *err)
{
	static const uint8_t zeros[PAD_ALIGN];
	uint64_t end = pe->file_size - pe->dirs[PE_DIR_CERT].size;
	uint64_t over = pe->file_size % PAD_ALIGN;
	int r = add_range(d, d->hashed, end, err);

	if (r == 0 && !pe->cert_end && over)
		d->hash->update(&d->sum, (size_t)(PAD_ALIGN - over), zeros);
	return r;
}

/* Such damage has no defined digest; and sections that overlap in the file would let a small file be read many times over. */
static bool is_digestible(const struct pe *pe)
{
	return !pe_has_problem(pe, PE_P_HEADERS_CUT) && !pe_has_problem(pe, PE_P_SECTION_CUT) &&
	       !pe_has_problem(pe, PE_P_CERT_CUT) && !pe_has_problem(pe, PE_P_SIZE_OF_HEADERS) &&
	       !pe_has_problem(pe, PE_P_RAW_OVERLAP) && !pe_has_problem(pe, PE_P_SECTION_HEADERS) &&
	       !pe_has_problem(pe, PE_P_TOO_MANY_SECTIONS) &&
	       !pe_has_problem(pe, PE_P_OPTIONAL_HEADER) &&
	       pe->dirs[PE_DIR_CERT].size <= pe->file_size;
}

int pe_digest(const struct pe *pe, const struct pe_source *src, enum pe_hash hash,
	uint8_t out[PE_DIGEST_MAX], struct err *err)
{
	struct digester d = { .src = src, .hash = hashes[hash].algorithm };
	int r;

	memset(out, 0, PE_DIGEST_MAX);
	if (!is_digestible(pe))
		return err_set(err, EBADMSG, "its headers are damaged, so that it has no digest");
	if (!d.hash)
		return err_set(err, EOPNOTSUPP, "%s is not available", hashes[hash].name);
	d.hash->init(&d.sum);
	d.chunk = xmalloc(CHUNK);
	r = add_headers(&d, pe, err);
	if (r == 0)
		r = add_sections(&d, pe, err);
	if (r == 0)
		r = add_rest(&d, pe, err);
	if (r == 0)
		d.hash->digest(&d.sum, d.hash->digest_size, out);
	free(d.chunk);
	return r;
}
