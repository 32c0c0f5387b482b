/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strings in package lists (UEFI 2.10 34.3).
 */
#include "hii.h"

static struct strings *str;

/* What string id is, or with which status there is none. */
static void holds(
	hii_handle handle, const char *language, uint16_t id, const char16 *want, const char *name)
{
	uint64_t size = sizeof(out);

	bs->set_mem(out, 100, 0);
	is(str->get(str, language, handle, id, (char16 *)out, &size, NULL), EFI_SUCCESS, name);
	is_string((char16 *)out, want, name);
	is(size, 2 * length16(want) + 2, "its size");
}

static void lacks(
	hii_handle handle, const char *language, uint16_t id, efi_status want, const char *name)
{
	uint64_t size = sizeof(out);

	is(str->get(str, language, handle, id, (char16 *)out, &size, NULL), want, name);
}

static void test_get(hii_handle handle)
{
	uint64_t size = 2, scsu = sizeof(out);
	void *font = out;

	holds(handle, "en-US", 1, STR16("English"), "get: the language's name");
	holds(handle, "EN-us", 2, STR16("plain"), "get: another");
	holds(handle, "en-US", 6, STR16("six"), "get: one of two");
	holds(handle, "en-US", 7, STR16("seven"), "get: the other");
	holds(handle, "en-US", 8, STR16("plain"), "get: a duplicate");
	/* edk2 leaves the size of such a one as it was. */
	is(str->get(str, "en-US", handle, 9, (char16 *)out, &scsu, NULL), EFI_SUCCESS,
		"get: in SCSU");
	is_string((char16 *)out, STR16("SCSU"), "get: each byte is a character");
	lacks(handle, "en-US", 3, EFI_NOT_FOUND, "get: the first that is left out");
	lacks(handle, "en-US", 5, EFI_NOT_FOUND, "get: the last that is left out");
	lacks(handle, "en-US", 10, EFI_NOT_FOUND, "get: behind the last");
	lacks(handle, "en-US", 0, EFI_INVALID_PARAMETER, "get: number 0");
	lacks(handle, "fr", 1, EFI_INVALID_LANGUAGE, "get: in the second language");
	lacks(handle, "de-DE", 1, EFI_INVALID_LANGUAGE, "get: in another language");
	lacks(handle, "de-DE", 3, EFI_NOT_FOUND, "get: what no language has");
	lacks(handle, NULL, 1, EFI_INVALID_PARAMETER, "get: no language");
	lacks(0, "en-US", 1, EFI_INVALID_PARAMETER, "get: no list");
	is(str->get(str, "en-US", handle, 1, (char16 *)out, &size, NULL), EFI_BUFFER_TOO_SMALL,
		"get: little room");
	is(size, 16, "get: how much is needed");
	is(str->get(str, "en-US", handle, 1, NULL, &size, NULL), EFI_INVALID_PARAMETER,
		"get: no memory");
	is(str->get(str, "en-US", handle, 1, (char16 *)out, NULL, NULL), EFI_INVALID_PARAMETER,
		"get: no size");
	is(str->get(str, "en-US", handle, 1, (char16 *)out, &size, &font), EFI_SUCCESS,
		"get: with its font");
	ok(font == NULL, "get: it has none");
}

static void test_set(hii_handle handle)
{
	is(str->set(str, handle, 2, "en-US", STR16("a longer one"), NULL), EFI_SUCCESS, "set: one");
	holds(handle, "en-US", 2, STR16("a longer one"), "set: it is");
	holds(handle, "en-US", 8, STR16("a longer one"), "set: and its duplicate");
	is(str->set(str, handle, 6, "en-US", STR16("6"), NULL), EFI_SUCCESS, "set: one of two");
	holds(handle, "en-US", 6, STR16("6"), "set: it is shorter");
	holds(handle, "en-US", 7, STR16("seven"), "set: the other is what it was");
	is(str->set(str, handle, 4, "en-US", STR16("four"), NULL), EFI_SUCCESS,
		"set: one that was left out");
	holds(handle, "en-US", 4, STR16("four"), "set: it is there");
	lacks(handle, "en-US", 3, EFI_NOT_FOUND, "set: the one before is not");
	lacks(handle, "en-US", 5, EFI_NOT_FOUND, "set: nor the one behind");
	holds(handle, "en-US", 7, STR16("seven"), "set: others have their numbers");
	is(str->set(str, handle, 0, "en-US", STR16("0"), NULL), EFI_INVALID_PARAMETER,
		"set: number 0");
	is(str->set(str, handle, 1, "de-DE", STR16("1"), NULL), EFI_NOT_FOUND,
		"set: another language");
	is(str->set(str, handle, 1, NULL, STR16("1"), NULL), EFI_INVALID_PARAMETER,
		"set: no language");
	is(str->set(str, handle, 1, "en-US", NULL, NULL), EFI_INVALID_PARAMETER, "set: no text");
	is(str->set(str, 0, 1, "en-US", STR16("1"), NULL), EFI_INVALID_PARAMETER, "set: no list");
}

static void test_add(hii_handle handle)
{
	uint16_t id = 0;

	is(str->new (str, handle, &id, "en-US", NULL, STR16("ten"), NULL), EFI_SUCCESS, "add: one");
	is(id, 10, "add: its number");
	holds(handle, "en-US", 10, STR16("ten"), "add: it is there");
	is(str->new (str, handle, &id, "de-DE", STR16("Deutsch"), STR16("elf"), NULL), EFI_SUCCESS,
		"add: another language");
	is(id, 11, "add: the next number");
	holds(handle, "de-DE", 11, STR16("elf"), "add: it is there");
	holds(handle, "de-DE", 1, STR16("Deutsch"), "add: and the language's name");
	holds(handle, "de-DE", 10, STR16(""), "add: what it has not is empty");
	holds(handle, "en-US", 11, STR16(""), "add: as in the first language");
	is(str->new (str, handle, NULL, "en-US", NULL, STR16("x"), NULL), EFI_INVALID_PARAMETER,
		"add: nowhere to");
	is(str->new (str, handle, &id, NULL, NULL, STR16("x"), NULL), EFI_INVALID_PARAMETER,
		"add: no language");
	is(str->new (str, handle, &id, "en-US", NULL, NULL, NULL), EFI_INVALID_PARAMETER,
		"add: no text");
	is(str->new (str, 0, &id, "en-US", NULL, STR16("x"), NULL), EFI_INVALID_PARAMETER,
		"add: no list");
}

static void test_languages(hii_handle handle)
{
	uint64_t size = 0;

	is(str->languages(str, handle, NULL, &size), EFI_BUFFER_TOO_SMALL, "languages: no room");
	is(size, 15, "languages: how much is needed");
	is(str->languages(str, handle, NULL, &size), EFI_INVALID_PARAMETER, "languages: no memory");
	is(str->languages(str, handle, (char *)out, &size), EFI_SUCCESS, "languages: enough");
	ok(same(out, "en-US;fr;de-DE", 15), "languages: all of them");
	is(str->languages(str, handle, (char *)out, NULL), EFI_INVALID_PARAMETER,
		"languages: no size");
	is(str->languages(str, 0, (char *)out, &size), EFI_INVALID_PARAMETER, "languages: no list");
	size = 0;
	is(str->secondary(str, handle, "en-US", NULL, &size), EFI_BUFFER_TOO_SMALL,
		"secondary: no room");
	is(size, 3, "secondary: how much is needed");
	is(str->secondary(str, handle, "en-US", (char *)out, &size), EFI_SUCCESS,
		"secondary: enough");
	ok(same(out, "fr", 3), "secondary: French");
	is(str->secondary(str, handle, "de-DE", (char *)out, &size), EFI_INVALID_LANGUAGE,
		"secondary: there is none");
	is(str->secondary(str, handle, "fr", (char *)out, &size), EFI_INVALID_LANGUAGE,
		"secondary: of no primary one");
	is(str->secondary(str, handle, NULL, (char *)out, &size), EFI_INVALID_PARAMETER,
		"secondary: of none");
}

void subject(void)
{
	struct database *db;
	hii_handle handle = 0;
	void *at = NULL;

	bs->locate_protocol(&guid_database, NULL, &at);
	db = at;
	bs->locate_protocol(&guid_strings, NULL, &at);
	str = at;
	ok(db != NULL && str != NULL, "both are there");
	begin_list();
	add_strings();
	end_list();
	is(db->new_list(db, bytes, NULL, &handle), EFI_SUCCESS, "a list");
	test_get(handle);
	test_set(handle);
	test_add(handle);
	test_languages(handle);
	is(db->remove(db, handle), EFI_SUCCESS, "the list goes");
	lacks(handle, "en-US", 1, EFI_NOT_FOUND, "get: of a list that is gone");
}
