/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Authenticated variables (UEFI 2.10 8.2.2) without signatures: what setup mode takes, hostile
 * descriptors and signature lists, and what policies make of keys. Signatures are tests/guest/keys.c's.
 */
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/vars/vars.h"
#include "tap.h"
#include "uefi/protocols.h"

#define KEY (VAR_NON_VOLATILE | VAR_BOOT_SERVICE | VAR_RUNTIME | VAR_TIME_AUTH)

static const uint8_t sha256_type[16] = { 0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40, 0xac, 0xa9,
	0x41, 0xf9, 0x36, 0x93, 0x43, 0x28 };
static const uint8_t x509_type[16] = { 0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a, 0x87, 0xb5,
	0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72 };

static uint8_t certificate[2048];
static size_t certificate_size = sizeof(certificate);

static void make_certificate(void)
{
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;

	gnutls_x509_privkey_init(&key);
	gnutls_x509_crt_init(&crt);
	if (gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, 2048, 0) < 0 ||
		gnutls_x509_crt_set_dn(crt, "CN=unit", NULL) < 0 ||
		gnutls_x509_crt_set_version(crt, 3) < 0 ||
		gnutls_x509_crt_set_serial(crt, "\1", 1) < 0 ||
		gnutls_x509_crt_set_activation_time(crt, 0) < 0 ||
		gnutls_x509_crt_set_expiration_time(crt, 2000000000) < 0 ||
		gnutls_x509_crt_set_key(crt, key) < 0 || gnutls_x509_crt_sign(crt, crt, key) < 0 ||
		gnutls_x509_crt_export(crt, GNUTLS_X509_FMT_DER, certificate, &certificate_size) <
			0)
		abort();
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
}

/* A list of n signatures of size bytes, the first byte of each its number; a certificate is one. */
static void add_list(struct buf *out, const uint8_t *type, uint32_t n, uint32_t size)
{
	uint8_t head[28] = { 0 }, signature[16 + 64] = { 0 };

	memcpy(head, type, 16);
	put_le32(head + 16, 28 + n * size);
	put_le32(head + 24, size);
	buf_add(out, head, sizeof(head));
	for (uint32_t i = 0; i < n; i++) {
		signature[16] = (uint8_t)i;
		buf_add(out, signature, type == x509_type ? 16 : size);
		if (type == x509_type)
			buf_add(out, certificate, certificate_size);
	}
}

static void add_certificate(struct buf *out)
{
	add_list(out, x509_type, 1, (uint32_t)certificate_size + 16);
}

static efi_status write_with(struct vars *v, const char *name, uint32_t attributes,
	const void *content, size_t size, uint32_t length, bool at_runtime)
{
	CLEANUP(buf_release) struct buf data = BUF_INIT;
	uint8_t head[40] = { 0xe4, 0x07, 1, 1 };
	bool global = strcmp(name, "PK") == 0 || strcmp(name, "KEK") == 0;
	uint16_t wide[16] = { 0 };

	for (size_t i = 0; name[i]; i++)
		wide[i] = (uint8_t)name[i];
	put_le32(head + 16, length);
	buf_add(&data, head, sizeof(head));
	buf_add(&data, content, size);
	return vars_set(v, wide, global ? uefi_global_variable : uefi_image_security_database,
		attributes, buf_bytes(&data), data.len, at_runtime);
}

static efi_status write_lists(struct vars *v, const char *name, const struct buf *lists)
{
	return write_with(v, name, KEY, buf_bytes(lists), lists->len, 24, false);
}

static uint8_t mode(const struct vars *v, const char *name)
{
	const struct variable *var = vars_global(v, name);

	return var ? var->data[0] : 0xff;
}

static struct vars *switched_on(const char *policy)
{
	struct vars *v = vars_new();

	vars_set_policy(v, var_policy_find(policy));
	vars_power_on(v);
	return v;
}

static void test_descriptors(void)
{
	static const uint32_t bad[] = { 0, 8, 23, 26, 1000, 0x7fffffff, 0xfffffff0, 0xffffffff };
	CLEANUP(vars_free) struct vars *v = switched_on("stored");
	uint8_t byte = 0;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		is_int(write_with(v, "db", KEY, &byte, 1, bad[i], false), EFI_SECURITY_VIOLATION,
			"a descriptor whose length is none");
	ok(!vars_global(v, "db"), "none of these left anything");
}

static void test_lists(void)
{
	static const struct {
		const char *what;
		unsigned at;
		uint32_t value;
		efi_status want;
	} changes[] = {
		{ "a list as it was made", 0, 0xc1c41626, EFI_SUCCESS },
		{ "a list of an unknown type", 0, 0xc1c41627, EFI_INVALID_PARAMETER },
		{ "a list of no bytes", 16, 0, EFI_INVALID_PARAMETER },
		{ "a list shorter than its head", 16, 27, EFI_INVALID_PARAMETER },
		{ "a list that ends within a signature", 16, 28 + 47, EFI_INVALID_PARAMETER },
		{ "a list longer than the variable", 16, 28 + 3 * 48, EFI_INVALID_PARAMETER },
		{ "a list as long as can be", 16, 0xffffffff, EFI_INVALID_PARAMETER },
		{ "a list with a header", 20, 48, EFI_INVALID_PARAMETER },
		{ "a list with a header as long as can be", 20, 0xffffffff, EFI_INVALID_PARAMETER },
		{ "a list of signatures of no bytes", 24, 0, EFI_INVALID_PARAMETER },
		{ "a list of owners alone", 24, 16, EFI_INVALID_PARAMETER },
		{ "a list of one signature as long as both", 24, 96, EFI_INVALID_PARAMETER },
		{ "a list of signatures as long as can be", 24, 0xffffffff, EFI_INVALID_PARAMETER },
	};

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		CLEANUP(vars_free) struct vars *v = switched_on("stored");
		CLEANUP(buf_release) struct buf lists = BUF_INIT;

		add_list(&lists, sha256_type, 2, 48);
		put_le32(buf_edit(&lists) + changes[i].at, changes[i].value);
		is_int(write_lists(v, "db", &lists), changes[i].want, changes[i].what);
	}
}

static void test_pk_takes(void)
{
	CLEANUP(vars_free) struct vars *v = switched_on("stored");
	CLEANUP(buf_release) struct buf one = BUF_INIT, two = BUF_INIT, bad = BUF_INIT;

	add_certificate(&one);
	buf_add(&two, buf_bytes(&one), one.len);
	buf_add(&two, buf_bytes(&one), one.len);
	buf_add(&bad, buf_bytes(&one), one.len);
	buf_edit(&bad)[28 + 16] ^= 1;
	is_int(write_lists(v, "PK", &two), EFI_INVALID_PARAMETER, "PK takes one certificate");
	is_int(write_lists(v, "PK", &bad), EFI_INVALID_PARAMETER, "one that is a certificate");
	is_int(mode(v, "SetupMode"), 1, "this is setup mode still");
	is_int(write_lists(v, "PK", &one), EFI_SUCCESS, "that is taken in setup mode");
	is_int(mode(v, "SetupMode"), 0, "then it is user mode");
	is_int(mode(v, "SecureBoot"), 1, "with Secure Boot");
	is_int(write_lists(v, "db", &one), EFI_SECURITY_VIOLATION, "which takes no unsigned keys");
	is_int(write_with(v, "PK", KEY, "", 0, 24, false), EFI_SECURITY_VIOLATION,
		"nor deletes any");
	is_int(write_with(v, "PK", 0, "", 0, 24, false), EFI_INVALID_PARAMETER,
		"nor without attributes");
	vars_reset(v);
	is_int(mode(v, "SetupMode"), 0xff, "modes are volatile");
	vars_power_on(v);
	is_int(mode(v, "SetupMode"), 0, "a reset stays in user mode");
	is_int(mode(v, "SecureBoot"), 1, "with Secure Boot");
}

static void test_runtime(void)
{
	CLEANUP(vars_free) struct vars *v = switched_on("stored");
	CLEANUP(buf_release) struct buf one = BUF_INIT;

	add_certificate(&one);
	is_int(write_with(v, "PK", KEY, buf_bytes(&one), one.len, 24, true), EFI_SUCCESS,
		"PK is taken at runtime");
	is_int(mode(v, "SetupMode"), 0, "then it is user mode");
	is_int(mode(v, "SecureBoot"), 0, "and Secure Boot begins at the next boot");
	vars_power_on(v);
	is_int(mode(v, "SecureBoot"), 1, "which it does");
}

static void test_append(void)
{
	CLEANUP(vars_free) struct vars *v = switched_on("stored");
	CLEANUP(buf_release) struct buf two = BUF_INIT, four = BUF_INIT;
	static const uint16_t db[] = { 'd', 'b', 0 };
	const struct variable *var;

	add_list(&two, sha256_type, 2, 48);
	add_list(&four, sha256_type, 4, 48);
	write_lists(v, "db", &two);
	is_int(write_with(v, "db", KEY | VAR_APPEND, buf_bytes(&four), four.len, 24, false),
		EFI_SUCCESS, "four digests are appended to two");
	var = vars_get(v, db, uefi_image_security_database, false);
	is_int(var->size, two.len * 2, "two of them were there");
	is_int(le32(var->data + two.len + 16), two.len, "the new list has the others");
	is_int(var->data[two.len + 28 + 16], 2, "the third");
	is_int(write_with(v, "db", KEY | VAR_APPEND, buf_bytes(&four), four.len, 24, false),
		EFI_SUCCESS, "all are appended again");
	var = vars_get(v, db, uefi_image_security_database, false);
	is_int(var->size, two.len * 2, "all of them were there");
	is_int(write_with(v, "db", KEY | VAR_APPEND, buf_bytes(&four), 27, 24, false),
		EFI_INVALID_PARAMETER, "what is no list is not appended");
}

static void test_policies(void)
{
	static const struct {
		const char *policy;
		efi_status status;
		uint8_t setup;
	} rows[] = {
		{ "stored", EFI_SUCCESS, 0 },
		{ "dropped", EFI_INVALID_PARAMETER, 1 },
		{ "write-protected", EFI_WRITE_PROTECTED, 1 },
		{ "unsupported", EFI_UNSUPPORTED, 1 },
		{ "full", EFI_OUT_OF_RESOURCES, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(vars_free) struct vars *v = switched_on(rows[i].policy);
		CLEANUP(buf_release) struct buf one = BUF_INIT;

		add_certificate(&one);
		is_int(write_lists(v, "PK", &one), rows[i].status, rows[i].policy);
		is_int(mode(v, "SetupMode"), rows[i].setup, "the mode follows what was stored");
	}
}

static void test_kept(void)
{
	CLEANUP(vars_free) struct vars *a = switched_on("stored"), *b = NULL;
	CLEANUP(buf_release) struct buf one = BUF_INIT;

	add_certificate(&one);
	write_lists(a, "KEK", &one);
	b = vars_copy(a);
	ok(vars_same_kept(a, b), "a copy is the same");
	write_with(b, "KEK", KEY, "", 0, 24, false);
	ok(!vars_same_kept(a, b), "a deletion is none");
}

int main(void)
{
	make_certificate();
	test_descriptors();
	test_lists();
	test_pk_takes();
	test_runtime();
	test_append();
	test_policies();
	test_kept();
	return tap_done();
}
