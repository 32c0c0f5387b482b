/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may write authenticated variables (UEFI 2.10 8.2.2): in setup mode anybody writes keys, in edk2's
 * custom mode, too; in user mode PK's owner writes PK and KEK, he and those of KEK write db, dbx and dbt. All others
 * belong to who made them. Where the specification leaves a choice, as edk2 does. Counters
 * (EFI_VARIABLE_AUTHENTICATION_3) and dbr are left out, as edk2 leaves them out.
 */
#include <string.h>

#include "base/bytes.h"
#include "firmware/vars/private.h"
#include "pe/signed_data.h"
#include "uefi/protocols.h"

/* EFI_VARIABLE_AUTHENTICATION_2: EFI_TIME, WIN_CERTIFICATE_UEFI_GUID */
#define AUTH_TIME     0
#define AUTH_CERT     16
#define AUTH_LENGTH   16
#define AUTH_TYPE     22
#define AUTH_GUID     24
#define AUTH_DATA     40
#define TYPE_EFI_GUID 0x0ef1

/* EFI_TIME */
#define TIME_MONTH      2
#define TIME_PAD1       7
#define TIME_NANOSECOND 8

/* KEK has no more than these, a few hundred bytes each. */
#define ANCHORS_MAX 128

efi_status auth_take_descriptor(struct var_write *w)
{
	uint32_t length;

	if (w->size < AUTH_DATA)
		return EFI_SECURITY_VIOLATION;
	length = le32(w->data + AUTH_LENGTH);
	if (length < AUTH_DATA - AUTH_CERT || length > w->size - AUTH_CERT)
		return EFI_SECURITY_VIOLATION;
	w->descriptor = w->data;
	w->data += AUTH_CERT + length;
	w->size -= AUTH_CERT + length;
	return EFI_SUCCESS;
}

bool auth_is_later(const uint8_t *a, const uint8_t *b)
{
	if (le16(a) != le16(b))
		return le16(a) > le16(b);
	return memcmp(a + TIME_MONTH, b + TIME_MONTH, TIME_PAD1 - TIME_MONTH) > 0;
}

/* No fraction, no zone, no padding. */
static bool is_plain_time(const uint8_t *t)
{
	static const uint8_t zero[VAR_TIME_SIZE - TIME_NANOSECOND];

	return !t[TIME_PAD1] && memcmp(t + TIME_NANOSECOND, zero, sizeof(zero)) == 0;
}

/* ---- signers ---- */

/* "No chaining for PK": its certificate is among those that come with the signature. */
static bool is_by_pk(const struct vars *v, const struct pe_signature *s)
{
	struct pe_der pk;
	bool enclosed = false;

	if (!keys_certificates(vars_global(v, "PK"), &pk, 1))
		return false;
	for (size_t i = 0; i < s->n_certs; i++)
		enclosed |= s->certs[i].len == pk.len &&
			    memcmp(s->certs[i].bytes, pk.bytes, pk.len) == 0;
	return enclosed && pe_signature_leads_to(s, &pk, 1);
}

static bool is_by_kek(const struct vars *v, const struct pe_signature *s)
{
	struct pe_der anchors[ANCHORS_MAX];
	size_t n = keys_certificates(vars_global(v, "KEK"), anchors, ARRAY_SIZE(anchors));

	return pe_signature_leads_to(s, anchors, n);
}

static bool may_write(const struct vars *v, const struct variable *var, struct var_write *w,
	enum key_variable key, const struct pe_signature *s)
{
	switch (key) {
	case KEY_PK:
	case KEY_KEK:
		return is_by_pk(v, s);
	case KEY_IMAGES:
		return is_by_pk(v, s) || is_by_kek(v, s);
	case KEY_NONE:
		return signed_data_owner(s, w->owner) &&
		       (!var || memcmp(var->owner, w->owner, sizeof(w->owner)) == 0);
	}
	return false;
}

/* Name, vendor, attributes, time, content: what a signature is over. */
static void serialise(const struct var_write *w, struct buf *out)
{
	uint8_t attributes[4];

	for (const uint16_t *u = w->name; *u; u++) {
		uint8_t unit[2];

		put_le16(unit, *u);
		buf_add(out, unit, sizeof(unit));
	}
	put_le32(attributes, w->attributes);
	buf_add(out, w->vendor.b, sizeof(w->vendor.b));
	buf_add(out, attributes, sizeof(attributes));
	buf_add(out, w->descriptor + AUTH_TIME, VAR_TIME_SIZE);
	buf_add(out, w->data, w->size);
}

static bool is_signed(const struct vars *v, const struct variable *var, struct var_write *w,
	enum key_variable key)
{
	CLEANUP(signed_data_release) struct pe_signature s = { .problem = NULL };
	CLEANUP(buf_release) struct buf content = BUF_INIT;
	const uint8_t *d = w->descriptor;

	if (!is_plain_time(d) || le16(d + AUTH_TYPE) != TYPE_EFI_GUID ||
		!guid_eq(guid_load(d + AUTH_GUID), uefi_cert_type_pkcs7))
		return false;
	if (var && !(w->attributes & VAR_APPEND) && !auth_is_later(d, var->time))
		return false;
	serialise(w, &content);
	signed_data_read(&s, d + AUTH_DATA, (size_t)(w->data - d) - AUTH_DATA, buf_bytes(&content),
		content.len);
	return !s.problem && s.signature_ok && s.hash >= PE_HASH_SHA256 &&
	       may_write(v, var, w, key, &s);
}

bool auth_in_custom_mode(const struct vars *v, bool at_runtime)
{
	static const uint16_t name[] = { 'C', 'u', 's', 't', 'o', 'm', 'M', 'o', 'd', 'e', 0 };
	const struct variable *var = vars_get(v, name, uefi_custom_mode, at_runtime);

	return var && var->size == 1 && var->data[0] == 1;
}

/*
 * Whoever is present may delete what others made, as edk2 for virtual machines has it, where somebody always is: the
 * descriptor is there, and is not looked at.
 */
static bool is_deletion_by_presence(const struct variable *var, const struct var_write *w)
{
	return var && w->attributes == var->attributes && !w->size;
}

efi_status auth_check(const struct vars *v, const struct variable *var, struct var_write *w)
{
	const uint32_t authenticated = VAR_NON_VOLATILE | VAR_TIME_AUTH;
	enum key_variable key = key_variable(w->name, w->vendor);
	bool open = !vars_global(v, "PK") || auth_in_custom_mode(v, w->at_runtime);

	if (key != KEY_NONE && (w->attributes & authenticated) != authenticated)
		return EFI_INVALID_PARAMETER;
	if (!(w->attributes & VAR_TIME_AUTH))
		return var && (var->attributes & VAR_TIME_AUTH) ? EFI_WRITE_PROTECTED : EFI_SUCCESS;
	if (!(key == KEY_NONE ? is_deletion_by_presence(var, w) : open) &&
		!is_signed(v, var, w, key))
		return EFI_SECURITY_VIOLATION;
	return key == KEY_NONE || keys_well_formed(key, w->data, w->size) ? EFI_SUCCESS
									  : EFI_INVALID_PARAMETER;
}
