/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signatures that sbsign made with throw-away keys: digest, signer, changes
 * after signing, an expired certificate, and what a shim would trust.
 */
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <time.h>
#include <unistd.h>

#include "base/spawn.h"
#include "pe/authenticode.h"
#include "sample.h"
#include "tap.h"

#define DAY (24 * 60 * 60)

static char dir[] = "/tmp/armvm-pe-XXXXXX";

struct identity {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
	uint8_t der[4096];
	size_t der_len;
};

static char *in_dir(const char *name)
{
	return xasprintf("%s/%s", dir, name);
}

static void write_file(const char *name, const void *bytes, size_t len)
{
	CLEANUP(xfree) char *path = in_dir(name);
	FILE *f = fopen(path, "w");

	if (!f || fwrite(bytes, 1, len, f) != len || fclose(f) != 0)
		abort();
}

static size_t read_file(const char *name, uint8_t *out, size_t max)
{
	CLEANUP(xfree) char *path = in_dir(name);
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(out, 1, max, f) : 0;

	if (f)
		fclose(f);
	return n;
}

/* issuer NULL: signed by itself. expires in seconds from now, may be negative. */
static void identity_make(
	struct identity *id, const char *name, const struct identity *issuer, time_t expires)
{
	CLEANUP(xfree) char *cn = xasprintf("CN=%s", name);
	CLEANUP(xfree) char *key_name = xasprintf("%s.key", name);
	CLEANUP(xfree) char *crt_name = xasprintf("%s.crt", name);
	uint8_t serial[4], pem[8192];
	size_t n = sizeof(pem);

	gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));
	serial[0] = 1;
	gnutls_x509_privkey_init(&id->key);
	gnutls_x509_privkey_generate(id->key, GNUTLS_PK_RSA, 2048, 0);
	gnutls_x509_crt_init(&id->crt);
	gnutls_x509_crt_set_version(id->crt, 3);
	gnutls_x509_crt_set_serial(id->crt, serial, sizeof(serial));
	gnutls_x509_crt_set_dn(id->crt, cn, NULL);
	gnutls_x509_crt_set_activation_time(id->crt, time(NULL) - 9 * DAY);
	gnutls_x509_crt_set_expiration_time(id->crt, time(NULL) + expires);
	gnutls_x509_crt_set_basic_constraints(id->crt, issuer == NULL, -1);
	gnutls_x509_crt_set_key(id->crt, id->key);
	gnutls_x509_crt_sign2(id->crt, issuer ? issuer->crt : id->crt,
		issuer ? issuer->key : id->key, GNUTLS_DIG_SHA256, 0);
	id->der_len = sizeof(id->der);
	gnutls_x509_crt_export(id->crt, GNUTLS_X509_FMT_DER, id->der, &id->der_len);
	gnutls_x509_crt_export(id->crt, GNUTLS_X509_FMT_PEM, pem, &n);
	write_file(crt_name, pem, n);
	n = sizeof(pem);
	gnutls_x509_privkey_export(id->key, GNUTLS_X509_FMT_PEM, pem, &n);
	write_file(key_name, pem, n);
}

static void identity_release(struct identity *id)
{
	gnutls_x509_crt_deinit(id->crt);
	gnutls_x509_privkey_deinit(id->key);
}

/* Signs s in place with sbsign. */
static int sign(struct sample *s, const char *who)
{
	CLEANUP(xfree) char *key = xasprintf("%s/%s.key", dir, who);
	CLEANUP(xfree) char *crt = xasprintf("%s/%s.crt", dir, who);
	CLEANUP(xfree) char *in = in_dir("in.efi");
	CLEANUP(xfree) char *out = in_dir("out.efi");
	const char *argv[] = { "sbsign", "--key", key, "--cert", crt, "--output", out, in, NULL };
	int r;

	write_file("in.efi", s->bytes, s->len);
	r = spawn_run(argv, NULL, NULL, NULL);
	s->len = read_file("out.efi", s->bytes, sizeof(s->bytes));
	sample_source(s);
	return r;
}

static void read_signatures(struct sample *s, struct pe *pe, struct pe_signatures *sigs)
{
	struct err err = { 0 };

	sample_source(s);
	is_int(pe_read(pe, &s->src, &err), 0, "the file is read");
	is_int(pe_signatures_read(pe, &s->src, sigs, &err), 0, "its signatures are read");
}

static void test_good(struct sample *s)
{
	CLEANUP(pe_release) struct pe pe;
	CLEANUP(pe_signatures_release) struct pe_signatures sigs;
	const struct pe_signature *g;

	read_signatures(s, &pe, &sigs);
	is_int(pe.n_problems, 0, "nothing is wrong with a signed file");
	if (!ok(sigs.n == 1 && !sigs.v[0].problem, "there is one signature"))
		return;
	g = &sigs.v[0];
	is_int(g->hash, PE_HASH_SHA256, "of a SHA-256 digest");
	ok(g->digest_ok, "the digest is that of the file");
	ok(g->signature_ok, "the signer signed it");
	is_str(g->signer, "CN=leaf", "the signer");
	is_str(g->issuer, "CN=root", "who certified it");
	ok(g->not_before < time(NULL) && g->not_after > time(NULL), "its time");
}

static void test_changed(
	const struct sample *good, size_t at, bool digest_ok, bool signature_ok, const char *what)
{
	static struct sample s;
	CLEANUP(pe_release) struct pe pe;
	CLEANUP(pe_signatures_release) struct pe_signatures sigs;

	s = *good;
	s.bytes[at] ^= 1;
	read_signatures(&s, &pe, &sigs);
	ok(sigs.n == 1 && !sigs.v[0].problem && sigs.v[0].digest_ok == digest_ok &&
			sigs.v[0].signature_ok == signature_ok,
		"%s", what);
}

/* Where the signer's RSA signature is: the last OCTET STRING of 256 bytes. */
static size_t signature_at(const struct sample *s)
{
	static const uint8_t head[] = { 0x04, 0x82, 0x01, 0x00 };

	for (size_t i = s->len - 256; i > 0; i--)
		if (memcmp(s->bytes + i, head, sizeof(head)) == 0)
			return i + sizeof(head);
	return 0;
}

static void test_expired(const struct sample *plain, const struct identity *root)
{
	static struct sample s;
	struct identity old;
	CLEANUP(pe_release) struct pe pe;
	CLEANUP(pe_signatures_release) struct pe_signatures sigs;

	identity_make(&old, "old", root, -DAY);
	s = *plain;
	is_int(sign(&s, "old"), 0, "sbsign signs with an expired certificate");
	read_signatures(&s, &pe, &sigs);
	ok(sigs.n == 1 && sigs.v[0].signature_ok, "firmware has no clock: the signature is good");
	ok(sigs.n == 1 && sigs.v[0].not_after < time(NULL), "the date is a fact");
	test_changed(&s, signature_at(&s) + 9, true, false, "a broken one is not, expired or not");
	identity_release(&old);
}

/* A .vendor_cert section that allows cert and denies one SHA-256 digest (NULL: none). */
static void make_shim(struct sample *shim, const struct identity *cert, const uint8_t *denied)
{
	static const uint8_t sha256_type[16] = { 0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40,
		0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93, 0x43, 0x28 };
	static uint8_t v[8192];
	uint32_t off = 16 + (uint32_t)cert->der_len, len = 16;
	struct sample_section given[] = { { ".vendor_cert", v, 0 } };

	memset(v, 0, sizeof(v));
	put_le32(v, (uint32_t)cert->der_len);
	put_le32(v + 8, 16);
	memcpy(v + 16, cert->der, cert->der_len);
	put_le32(v + 12, off);
	len = off;
	if (denied) {
		put_le32(v + 4, 28 + 48);
		memcpy(v + off, sha256_type, 16);
		put_le32(v + off + 16, 28 + 48);
		put_le32(v + off + 24, 48);
		memcpy(v + off + 28 + 16, denied, 32);
		len += 28 + 48;
	}
	given[0].len = len;
	sample_make(shim, given, 1);
}

static void test_trust(
	const struct sample *stage, const struct identity *cert, bool deny, enum pe_trust want)
{
	static struct sample shim, s;
	CLEANUP(pe_release) struct pe pe, shim_pe;
	CLEANUP(pe_signatures_release) struct pe_signatures sigs;
	CLEANUP(pe_vendor_certs_release) struct pe_vendor_certs v;
	uint8_t digest[PE_DIGEST_MAX];

	s = *stage;
	read_signatures(&s, &pe, &sigs);
	pe_digest(&pe, &s.src, PE_HASH_SHA256, digest, NULL);
	make_shim(&shim, cert, deny ? digest : NULL);
	pe_read(&shim_pe, &shim.src, NULL);
	is_int(pe_vendor_certs_read(&shim_pe, &shim.src, &v, NULL), 0, "a shim's certificates");
	is_int(pe_trusted(&v, &sigs, digest), want, "whom a shim trusts");
}

static void remove_files(void)
{
	static const char *const names[] = { "in.efi", "out.efi", "root.key", "root.crt",
		"leaf.key", "leaf.crt", "old.key", "old.crt" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(xfree) char *path = in_dir(names[i]);

		unlink(path);
	}
	rmdir(dir);
}

int main(void)
{
	static struct sample plain, s;
	struct sample_section given[] = { { ".data", "some data", 9 } };
	struct identity root, leaf;

	requires("sbsign");
	if (!mkdtemp(dir))
		abort();
	identity_make(&root, "root", NULL, 30 * DAY);
	identity_make(&leaf, "leaf", &root, 30 * DAY);
	sample_make(&plain, given, 1);
	s = plain;
	is_int(sign(&s, "leaf"), 0, "sbsign signs the sample");
	test_good(&s);
	test_changed(&s, HEADERS + 3, false, true, "a byte of code changed after signing");
	test_changed(&s, AT_CHECKSUM, true, true, "the checksum may change");
	test_changed(&s, AT_DLL + 1, false, true, "a header flag may not");
	test_changed(&s, signature_at(&s) + 9, true, false, "a changed signature");
	test_trust(&s, &root, false, PE_TRUST_CERT);
	test_trust(&s, &leaf, false, PE_TRUST_CERT);
	test_trust(&s, &root, true, PE_TRUST_DENIED);
	test_trust(&plain, &root, false, PE_TRUST_NONE);
	test_expired(&plain, &root);
	identity_release(&leaf);
	identity_make(&leaf, "leaf", NULL, 30 * DAY);
	test_trust(&s, &leaf, false, PE_TRUST_NONE);
	identity_release(&leaf);
	identity_release(&root);
	remove_files();
	return tap_done();
}
