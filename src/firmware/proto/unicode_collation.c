/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_UNICODE_COLLATION_PROTOCOL (UEFI 2.10 13.5), English, in both its ages: one
 * names languages as ISO 639-2 does, the other as RFC 4646.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "firmware/machine/machine.h"
#include "firmware/proto/collate.h"
#include "firmware/proto/registers.h"
#include "firmware/services/service.h"
#include "uefi/protocols.h"

#define COLLATION_LANGUAGES 48
#define COLLATION_SIZE      56

/* Longer strings are nobody's file names; it bounds MetaiMatch()'s time. */
#define STRING_MAX 4096

static const struct guid collation1 = UEFI_GUID(
	0x1d85cd7f, 0xf43d, 0x11d2, 0x9a, 0x0c, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d);

/* The string at argument n; false when there is none. */
static bool string_argument(struct machine *m, const struct call *c, unsigned n, struct units *s)
{
	s->p = guest_in_string16(m->ram, call_addr(c, n), STRING_MAX, &s->n);
	return s->p;
}

/* These functions return no status: INTN, BOOLEAN or nothing. For lack of one, no string is as an empty one. */
static efi_status stri_coll(struct machine *m, const struct call *c)
{
	struct units a = { NULL, 0 }, b = { NULL, 0 };

	string_argument(m, c, 1, &a);
	string_argument(m, c, 2, &b);
	return (efi_status)(int64_t)collate_compare(a, b);
}

static efi_status metai_match(struct machine *m, const struct call *c)
{
	struct units s, pattern;

	return string_argument(m, c, 1, &s) && string_argument(m, c, 2, &pattern) &&
	       collate_match(s, pattern);
}

static efi_status convert(struct machine *m, const struct call *c, uint16_t (*to)(uint16_t))
{
	size_t n;
	uint8_t *p = guest_in_string16(m->ram, call_addr(c, 1), STRING_MAX, &n)
			     ? guest_both(m->ram, call_addr(c, 1), n * 2)
			     : NULL;

	for (size_t i = 0; p && i < n; i++)
		put_le16(p + 2 * i, to(le16(p + 2 * i)));
	return 0;
}

static efi_status str_lwr(struct machine *m, const struct call *c)
{
	return convert(m, c, collate_lower);
}

static efi_status str_upr(struct machine *m, const struct call *c)
{
	return convert(m, c, collate_upper);
}

static efi_status fat_to_str(struct machine *m, const struct call *c)
{
	uint64_t n = 0, size = c->arg[1];
	const uint8_t *fat = guest_in(m->ram, call_addr(c, 2), size);
	uint8_t *to;

	while (fat && n < size && fat[n])
		n++;
	to = fat && n < STRING_MAX ? guest_out(m->ram, call_addr(c, 3), (n + 1) * 2) : NULL;
	if (!to)
		return 0;
	for (uint64_t i = 0; i < n; i++)
		put_le16(to + 2 * i, fat[i]);
	put_le16(to + 2 * n, 0);
	return 0;
}

/* TRUE when characters had to be replaced by '_'. Blanks and dots are left out (13.5.6). */
static efi_status str_to_fat(struct machine *m, const struct call *c)
{
	uint64_t size = c->arg[2], n = 0;
	uint8_t *fat = guest_out(m->ram, call_addr(c, 3), size);
	bool replaced = false;
	struct units s;

	if (!fat || !string_argument(m, c, 1, &s))
		return true;
	for (size_t i = 0; i < s.n && n < size; i++) {
		uint16_t u = le16(s.p + 2 * i);
		uint8_t ch = collate_fat_char(u);

		if (u == ' ' || u == '.')
			continue;
		fat[n++] = ch ? ch : '_';
		replaced |= !ch;
	}
	return replaced;
}

static const struct service rows[] = {
	{ 0, "Collation.StriColl", stri_coll, { ARG_THIS, ARG_STR16, ARG_STR16 }, SERVICE_QUIET },
	{ 8, "Collation.MetaiMatch", metai_match, { ARG_THIS, ARG_STR16, ARG_STR16 },
		SERVICE_QUIET },
	{ 16, "Collation.StrLwr", str_lwr, { ARG_THIS, ARG_STR16_BOTH }, SERVICE_QUIET },
	{ 24, "Collation.StrUpr", str_upr, { ARG_THIS, ARG_STR16_BOTH }, SERVICE_QUIET },
	{ 32, "Collation.FatToStr", fat_to_str, { ARG_THIS, ARG_U64, ARG_IN_BY(1, 1), ARG_KEPT },
		SERVICE_QUIET, "the string, which is as long as the name" },
	{ 40, "Collation.StrToFat", str_to_fat, { ARG_THIS, ARG_STR16, ARG_U64, ARG_OUT_BY(2, 1) },
		SERVICE_QUIET },
};

static void install(
	struct machine *m, struct handle *h, const struct guid *guid, const char *languages)
{
	struct gaddr text = machine_data(m, MEM_BOOT_DATA, strlen(languages) + 1);
	struct gaddr collation = protocol_install(
		m, h, guid, COLLATION_SIZE, rows, ARRAY_SIZE(rows), NULL);

	if (!guest_write(m->ram, text, languages, strlen(languages)) ||
		!guest_write64(m->ram, gaddr_add(collation, COLLATION_LANGUAGES), text.v))
		abort();
}

void unicode_collation_register(struct machine *m, const struct protocols_config *config)
{
	struct handle *h = handle_create(m);

	(void)config;
	install(m, h, &collation1, "eng");
	install(m, h, &uefi_unicode_collation2, "en");
}
