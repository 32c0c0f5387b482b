/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The variables that hold keys: PK, KEK, db, dbx and dbt (UEFI 2.10 32.3, 32.4). They are signature
 * lists; what else is refused, and when appending adds nothing, is as edk2 has it.
 */
#include <string.h>

#include "base/bytes.h"
#include "firmware/vars/private.h"
#include "pe/authenticode.h"
#include "pe/siglist.h"
#include "uefi/protocols.h"

static bool is_named(const uint16_t *name, const char *want)
{
	while (*want && *name == (uint8_t)*want) {
		name++;
		want++;
	}
	return *name == (uint8_t)*want;
}

enum key_variable key_variable(const uint16_t *name, struct guid vendor)
{
	if (guid_eq(vendor, uefi_global_variable))
		return is_named(name, "PK") ? KEY_PK : is_named(name, "KEK") ? KEY_KEK : KEY_NONE;
	if (guid_eq(vendor, uefi_image_security_database) &&
		(is_named(name, "db") || is_named(name, "dbx") || is_named(name, "dbt")))
		return KEY_IMAGES;
	return KEY_NONE;
}

bool is_custom_mode(const uint16_t *name, struct guid vendor)
{
	return guid_eq(vendor, uefi_custom_mode) && is_named(name, "CustomMode");
}

static struct pe_der certificate(const struct siglist *l, size_t i)
{
	return (struct pe_der){ (uint8_t *)siglist_signature(l, i), l->entry_size - SIGLIST_OWNER };
}

bool keys_well_formed(enum key_variable key, const uint8_t *bytes, size_t size)
{
	struct siglists lists = { bytes, size };
	struct siglist l;
	size_t n = 0;

	while (siglist_take(&lists, &l)) {
		struct pe_der first = certificate(&l, 0);

		if (!l.fits_kind)
			return false;
		/* edk2 looks at the first of each list, and knows RSA alone. */
		if (l.kind == SIGLIST_X509 && (!l.n || !pe_cert_is_rsa(&first)))
			return false;
		n += l.n;
	}
	return lists.len == 0 && (key != KEY_PK || n <= 1);
}

static bool has(const struct variable *var, const struct siglist *like, size_t i)
{
	struct siglists lists = { var->data, var->size };
	struct siglist l;

	while (siglist_take(&lists, &l))
		for (size_t k = 0;
			l.kind == like->kind && l.entry_size == like->entry_size && k < l.n; k++)
			if (memcmp(l.entries + k * l.entry_size,
				    like->entries + i * like->entry_size, l.entry_size) == 0)
				return true;
	return false;
}

#define LIST_SIZE 16 /* in the head of a list */

void keys_without_known(
	const struct variable *old, const uint8_t *bytes, size_t size, struct buf *out)
{
	struct siglists lists = { bytes, size };
	struct siglist l;

	while (siglist_take(&lists, &l)) {
		size_t start = out->len;

		buf_add(out, l.head, l.head_size);
		for (size_t i = 0; i < l.n; i++)
			if (!has(old, &l, i))
				buf_add(out, l.entries + i * l.entry_size, l.entry_size);
		if (out->len == start + l.head_size)
			buf_cut(out, start);
		else
			put_le32(buf_edit(out) + start + LIST_SIZE, (uint32_t)(out->len - start));
	}
}

size_t keys_certificates(const struct variable *var, struct pe_der *out, size_t max)
{
	struct siglists lists = { var ? var->data : NULL, var ? var->size : 0 };
	struct siglist l;
	size_t n = 0;

	while (siglist_take(&lists, &l))
		for (size_t i = 0; l.kind == SIGLIST_X509 && i < l.n && n < max; i++)
			out[n++] = certificate(&l, i);
	return n;
}
