/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_HII_STRING_PROTOCOL (UEFI 2.10 34.3): the strings in the database's
 * packages. Strings in a font of their own are recorded as unimplemented: there
 * is no protocol that would draw them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "firmware/proto/hii.h"
#include "firmware/proto/hii_strings.h"
#include "firmware/proto/registers.h"
#include "uefi/protocols.h"

#define STRING_SIZE 40

#define LANGUAGE_MAX 256
#define TEXT_MAX     (1u << 20)

/* A list and a language that a call names. */
struct wanted {
	struct hii *hii;
	struct hii_list *list;
	char *language;
};

static void wanted_release(struct wanted *w)
{
	free(w->language);
}
DEFINE_RELEASE(struct wanted, wanted_release)

static efi_status want(
	struct machine *m, const struct call *c, unsigned list, unsigned language, struct wanted *w)
{
	*w = (struct wanted){ protocol_host(m, call_addr(c, 0), &uefi_hii_string), NULL, NULL };
	if (!w->hii || !c->arg[list] || (language && !c->arg[language]))
		return EFI_INVALID_PARAMETER;
	w->list = hii_list_of(w->hii, c->arg[list]);
	if (!w->list)
		return EFI_NOT_FOUND;
	if (language)
		w->language = guest_string8(m->ram, call_addr(c, language), LANGUAGE_MAX);
	return !language || w->language ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
}

/* The next string package from *at on; NULL: none. */
static struct buf *next_strings(const struct hii_list *list, size_t *at)
{
	while (*at < list->n)
		if (hii_type(&list->packages[(*at)++]) == HII_PACKAGE_STRINGS)
			return &list->packages[*at - 1];
	return NULL;
}

static const uint8_t *bytes_of(const struct buf *package)
{
	return buf_bytes(package);
}

/* The list's package of this language; NULL: none. */
static struct buf *strings_of(const struct hii_list *list, const char *language)
{
	struct buf *package;
	size_t at = 0;

	do
		package = next_strings(list, &at);
	while (package && !hii_has_language(bytes_of(package), package->len, language));
	return package;
}

bool hii_has_string(const struct hii_list *list, uint16_t id)
{
	const struct buf *package;
	size_t at = 0;

	while ((package = next_strings(list, &at))) {
		struct hii_place place;

		hii_find(bytes_of(package), package->len, id, &place);
		if (place.kind == HII_TEXT)
			return true;
	}
	return false;
}

/* This, Language, PackageList, StringId, String, StringSize, StringFontInfo */
static efi_status get_string(struct machine *m, const struct call *c)
{
	CLEANUP(wanted_release) struct wanted w;
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	efi_status status = want(m, c, 2, 1, &w);
	uint16_t id = (uint16_t)c->arg[3];
	struct hii_place place = { .kind = HII_NOWHERE };
	const struct buf *package;
	uint64_t room;

	if (!id || !c->arg[5] || !guest_read64(m->ram, call_addr(c, 5), &room) ||
		(room && !c->arg[4]))
		return EFI_INVALID_PARAMETER;
	if (status != EFI_SUCCESS)
		return status;
	package = strings_of(w.list, w.language);
	if (package)
		hii_find(bytes_of(package), package->len, id, &place);
	if (place.kind != HII_TEXT)
		return hii_has_string(w.list, id) ? EFI_INVALID_LANGUAGE : EFI_NOT_FOUND;
	if (c->arg[6] && hii_has_font(&place))
		return machine_unimplemented(m, "HiiString.GetString with font information");
	hii_text(bytes_of(package), &place, &text);
	status = hii_give(m, buf_bytes(&text), text.len, call_addr(c, 4), call_addr(c, 5), true);
	if (status == EFI_SUCCESS && c->arg[6] && !guest_write64(m->ram, call_addr(c, 6), 0))
		return EFI_INVALID_PARAMETER;
	return status;
}

/* A text with its NUL in place, and its length in bytes; NULL: none. */
static const uint8_t *take_text(struct machine *m, struct gaddr a, size_t *n)
{
	const uint8_t *text = a.v ? guest_in_string16(m->ram, a, TEXT_MAX, n) : NULL;

	*n = 2 * (*n + 1);
	return text;
}

/* This, PackageList, StringId, Language, String, StringFontInfo */
static efi_status set_string(struct machine *m, const struct call *c)
{
	CLEANUP(wanted_release) struct wanted w;
	efi_status status = want(m, c, 1, 3, &w);
	uint16_t id = (uint16_t)c->arg[2];
	struct hii_place place;
	struct buf *package;
	const uint8_t *text;
	size_t n = 0;

	text = take_text(m, call_addr(c, 4), &n);
	if (!id || !text)
		return EFI_INVALID_PARAMETER;
	if (status != EFI_SUCCESS)
		return status;
	package = strings_of(w.list, w.language);
	if (!package)
		return EFI_NOT_FOUND;
	hii_find(bytes_of(package), package->len, id, &place);
	if (place.kind == HII_NOWHERE)
		return EFI_NOT_FOUND;
	if (c->arg[5])
		return machine_unimplemented(m, "HiiString.SetString with font information");
	if (!hii_has_room(w.hii, n))
		return EFI_OUT_OF_RESOURCES;
	if (!hii_set(package, &place, text, n))
		return machine_unimplemented(m,
			"HiiString.SetString of such characters where there is no room for them");
	return EFI_SUCCESS;
}

/* --- a new string */

struct new_string {
	const char *language;
	const uint8_t *name, *text; /* the language's name, or NULL */
	size_t name_len, text_len;
	uint16_t id; /* that it gets */
};

/* The first package gets its second string: the first one is the language's name. */
static uint32_t next_id(const struct hii_list *list)
{
	const struct buf *package;
	uint32_t last, next = 2;
	size_t at = 0, end;

	while ((package = next_strings(list, &at)))
		if (hii_last(bytes_of(package), package->len, &last, &end) && last >= next)
			next = last + 1;
	return next;
}

/* Where the language has its package already, or the list has none of it: then one is made. */
static efi_status add_string(struct hii_list *list, const struct new_string *s)
{
	CLEANUP(buf_release) struct buf made = BUF_INIT;
	static const uint8_t empty[2];
	struct buf *package, *own = strings_of(list, s->language);
	size_t at = 0;

	while ((package = next_strings(list, &at)))
		if (!hii_append(package, package == own ? s->text : empty,
			    package == own ? s->text_len : sizeof(empty)))
			return EFI_OUT_OF_RESOURCES;
	if (own)
		return EFI_SUCCESS;
	if (!s->name)
		return EFI_INVALID_PARAMETER;
	if (!hii_new_strings(&made, s->language, s->name, s->name_len, s->id, s->text, s->text_len))
		return EFI_OUT_OF_RESOURCES;
	return hii_list_add_one(list, HII_PACKAGE_STRINGS, buf_bytes(&made) + HII_PACKAGE_HEADER,
		made.len - HII_PACKAGE_HEADER);
}

/* Once nothing can fail any more: the list becomes the longer one, and who watches for new packages is notified. */
static efi_status become(
	struct machine *m, const struct wanted *w, struct hii_list *longer, const char *language)
{
	struct hii_job *job = hii_job_new(m, w->hii, w->list->handle);
	bool made = longer->n > w->list->n;
	CLEANUP(buf_release) struct buf package = BUF_INIT;
	const struct buf *own = strings_of(longer, language);

	buf_add(&package, buf_bytes(own), own->len);
	hii_job_change(job, longer);
	if (made)
		hii_job_notify(job, HII_NEW, &package);
	return hii_job_run(job);
}

/* This, PackageList, StringId, Language, LanguageName, String, StringFontInfo */
static efi_status new_string(struct machine *m, const struct call *c)
{
	CLEANUP(wanted_release) struct wanted w;
	CLEANUP(hii_list_release) struct hii_list longer = { 0 };
	efi_status status = want(m, c, 1, 3, &w);
	struct new_string s = { .language = w.language };
	uint32_t id;

	s.name = take_text(m, call_addr(c, 4), &s.name_len);
	s.text = take_text(m, call_addr(c, 5), &s.text_len);
	if (!c->arg[2] || !s.text || (c->arg[4] && !s.name))
		return EFI_INVALID_PARAMETER;
	if (status != EFI_SUCCESS)
		return status;
	if (c->arg[6])
		return machine_unimplemented(m, "HiiString.NewString with font information");
	id = next_id(w.list);
	if (id > HII_STRINGS_MAX)
		return EFI_OUT_OF_RESOURCES;
	s.id = (uint16_t)id;
	hii_list_copy(&longer, w.list);
	status = add_string(&longer, &s);
	if (status != EFI_SUCCESS)
		return status;
	if (!hii_has_room(w.hii, hii_list_size(&longer) - hii_list_size(w.list)))
		return EFI_OUT_OF_RESOURCES;
	if (!guest_write16(m->ram, call_addr(c, 2), s.id))
		return EFI_INVALID_PARAMETER;
	return become(m, &w, &longer, s.language);
}

/* --- languages */

/* This, PackageList, Languages, LanguagesSize */
static efi_status get_languages(struct machine *m, const struct call *c)
{
	CLEANUP(wanted_release) struct wanted w;
	CLEANUP(text_release) struct text text = TEXT_INIT;
	efi_status status = want(m, c, 1, 0, &w);
	const struct buf *package;
	uint64_t room;
	size_t at = 0;

	if (!c->arg[3] || !guest_read64(m->ram, call_addr(c, 3), &room) || (room && !c->arg[2]))
		return EFI_INVALID_PARAMETER;
	if (status != EFI_SUCCESS)
		return status;
	while ((package = next_strings(w.list, &at)))
		text_printf(&text, "%s%s", text.len ? ";" : "",
			hii_languages(bytes_of(package), package->len));
	if (!text.len)
		return EFI_NOT_FOUND;
	return hii_give(m, text_str(&text), text.len + 1, call_addr(c, 2), call_addr(c, 3), false);
}

/* This, PackageList, PrimaryLanguage, SecondaryLanguages, SecondaryLanguagesSize */
static efi_status get_secondary_languages(struct machine *m, const struct call *c)
{
	CLEANUP(wanted_release) struct wanted w;
	efi_status status = want(m, c, 1, 2, &w);
	const struct buf *package;
	const char *others = NULL;
	uint64_t room;

	if (!c->arg[4] || !guest_read64(m->ram, call_addr(c, 4), &room) || (room && !c->arg[3]))
		return EFI_INVALID_PARAMETER;
	if (status != EFI_SUCCESS)
		return status;
	package = strings_of(w.list, w.language);
	if (package)
		others = strchr(hii_languages(bytes_of(package), package->len), ';');
	if (!others)
		return EFI_INVALID_LANGUAGE;
	return hii_give(m, others + 1, strlen(others), call_addr(c, 3), call_addr(c, 4), false);
}

#define FONT "a font is not looked at"

static const struct service rows[] = {
	{ 0, "HiiString.NewString", new_string,
		{ ARG_THIS, ARG_U64, ARG_OUT(2), ARG_STR8, ARG_STR16, ARG_STR16, ARG_KEPT }, 0,
		FONT },
	{ 8, "HiiString.GetString", get_string,
		{ ARG_THIS, ARG_STR8, ARG_U64, ARG_U32, ARG_ROOM(5), ARG_INOUT64, ARG_OUT(8) },
		SERVICE_QUIET },
	{ 16, "HiiString.SetString", set_string,
		{ ARG_THIS, ARG_U64, ARG_U32, ARG_STR8, ARG_STR16, ARG_KEPT }, 0, FONT },
	{ 24, "HiiString.GetLanguages", get_languages,
		{ ARG_THIS, ARG_U64, ARG_ROOM(3), ARG_INOUT64 }, SERVICE_QUIET },
	{ 32, "HiiString.GetSecondaryLanguages", get_secondary_languages,
		{ ARG_THIS, ARG_U64, ARG_STR8, ARG_ROOM(4), ARG_INOUT64 }, 0 },
};

void hii_string_install(struct machine *m, struct handle *h, struct hii *hii)
{
	protocol_install(m, h, &uefi_hii_string, STRING_SIZE, rows, ARRAY_SIZE(rows), hii);
}
