/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration strings, blocks of settings, and drivers that are asked for
 * theirs (UEFI 2.10 35.4, 35.5).
 */
#include "hii.h"

struct routing {
	efi_status (*extract)(struct routing *this, const char16 *request, const char16 **progress,
		char16 **results);
	efi_status (*export)(struct routing *this, char16 **results);
	efi_status (*route)(struct routing *this, const char16 *settings, const char16 **progress);
	efi_status (*from_block)(struct routing *this, const char16 *request, const uint8_t *block,
		uint64_t size, char16 **out, const char16 **progress);
	efi_status (*to_block)(struct routing *this, const char16 *settings, uint8_t *block,
		uint64_t *size, const char16 **progress);
	efi_status (*alternative)(struct routing *this, const char16 *all, const struct guid *guid,
		const char16 *name, const struct device_path *path, const uint16_t *id,
		char16 **out);
};
struct access {
	efi_status (*extract)(struct access *this, const char16 *request, const char16 **progress,
		char16 **results);
	efi_status (*route)(struct access *this, const char16 *settings, const char16 **progress);
	efi_status (*callback)(struct access *this);
};

static const struct guid guid_routing = { 0x587e72d7, 0xcc50, 0x4f79,
	{ 0x82, 0x09, 0xca, 0x29, 0x1f, 0xc1, 0xa1, 0x0f } };
static const struct guid guid_access = { 0x330d4706, 0xf2a0, 0x4e4f,
	{ 0xa3, 0x69, 0xb6, 0x6f, 0xa8, 0xd5, 0x43, 0x85 } };

#define GUID_A    L"GUID=01020304050607080910111213141516"
#define GUID_B    L"GUID=0a0b0c0d0e0f00010203040506070809"
/* "ab" */
#define NAME      L"&NAME=00610062"
/* Of the devices that this program makes, and of one that nobody has. */
#define PATH_A    L"&PATH=01041500d68a6f5a1f3d524f937b11405e2c7711aa7fff0400"
#define PATH_B    L"&PATH=01041500d68a6f5a1f3d524f937b11405e2c7711bb7fff0400"
#define PATH_NONE L"&PATH=01041500d68a6f5a1f3d524f937b11405e2c7711cc7fff0400"
#define TEXT(s)   ((const char16 *)(s))

static struct {
	uint8_t vendor[21];
	struct device_path end;
} __attribute__((packed)) paths[2] = {
	{ { 1, 4, 21, 0, 0xd6, 0x8a, 0x6f, 0x5a, 0x1f, 0x3d, 0x52, 0x4f, 0x93, 0x7b, 0x11, 0x40,
		  0x5e, 0x2c, 0x77, 0x11, 0xaa },
		{ 0x7f, 0xff, { 4, 0 } } },
	{ { 1, 4, 21, 0, 0xd6, 0x8a, 0x6f, 0x5a, 0x1f, 0x3d, 0x52, 0x4f, 0x93, 0x7b, 0x11, 0x40,
		  0x5e, 0x2c, 0x77, 0x11, 0xbb },
		{ 0x7f, 0xff, { 4, 0 } } },
};

static struct routing *routing;

/* Where a string has another; NULL: nowhere. */
static const char16 *find16(const char16 *s, const char16 *what)
{
	for (; *s; s++) {
		unsigned n = 0;

		while (what[n] && s[n] == what[n])
			n++;
		if (!what[n])
			return s;
	}
	return NULL;
}

/* --- blocks */

static const uint8_t block[8] = { 0x11, 0x22, 0xab, 0x44, 0x55, 0x66, 0x77, 0x88 };

static void from_block(const char16 *request, efi_status want, uint64_t progress,
	const char16 *answer, const char *name)
{
	const char16 *came = NULL;
	char16 *text = (char16 *)block;

	is(routing->from_block(routing, request, block, 8, &text, &came), want, name);
	is((uint64_t)(came - request), progress, "so far");
	if (answer)
		is_string(text, answer, "the answer");
	else
		ok(text == NULL, "no answer");
	if (answer && text)
		bs->free_pool(text);
}

static void test_from_block(void)
{
	const char16 *request = TEXT(GUID_A NAME PATH_A L"&OFFSET=0&WIDTH=1"), *came = NULL;
	char16 *text = NULL;

	from_block(request, EFI_SUCCESS, length16(request),
		TEXT(GUID_A NAME PATH_A L"&OFFSET=0&WIDTH=1&VALUE=11"), "from block: a byte");
	request = TEXT(GUID_A NAME PATH_A L"&OFFSET=2&WIDTH=0002&OFFSET=4&WIDTH=4");
	from_block(request, EFI_SUCCESS, length16(request),
		TEXT(GUID_A NAME
				PATH_A L"&OFFSET=2&WIDTH=0002&VALUE=44ab&OFFSET=4&WIDTH=4&VALUE=88776655"),
		"from block: two numbers");
	request = TEXT(L"GUID=AB&NAME=CD&PATH=EFG&OFFSET=0A");
	from_block(request, EFI_INVALID_PARAMETER, 24, NULL, "from block: no width");
	request = TEXT(L"GUID=AB&NAME=CD&PATH=EFG&OFFSET=03&WIDTH=A0");
	from_block(request, EFI_DEVICE_ERROR, 43, NULL, "from block: beyond it");
	request = TEXT(L"GUID=AB&NAME=CD&PATH=EFG&OFFSET=03&WIDTH=0");
	from_block(request, EFI_SUCCESS, length16(request),
		TEXT(L"GUID=ab&NAME=cd&PATH=efG&OFFSET=03&WIDTH=0&VALUE="),
		"from block: capital letters, and nothing");
	request = TEXT(L"GUID=AB&NAME=CD&PATH=EF");
	from_block(request, EFI_SUCCESS, length16(request), TEXT(L"GUID=ab&NAME=cd&PATH=ef"),
		"from block: no element");
	request = TEXT(L"GUID=AB&NAME=CD&PATH=EF&");
	from_block(request, EFI_SUCCESS, length16(request), TEXT(L"GUID=ab&NAME=cd&PATH=ef&"),
		"from block: an empty element");
	request = TEXT(L"GUID=AB&NAME=CD&PATH=EF&OFFSET=z1&WIDTH=1&SO=1");
	from_block(request, EFI_INVALID_PARAMETER, 41, NULL, "from block: another element");
	from_block(
		TEXT(L"GUID=AB&NAME=CD"), EFI_INVALID_PARAMETER, 14, NULL, "from block: no path");
	from_block(TEXT(L"NAME=CD"), EFI_INVALID_PARAMETER, 0, NULL, "from block: no GUID");
	request = TEXT(L"GUID=AB&NAME=CD&PATH=EF&OFFSET=&WIDTH=1");
	from_block(request, EFI_SUCCESS, length16(request),
		TEXT(L"GUID=ab&NAME=cd&PATH=ef&OFFSET=&WIDTH=1&VALUE=11"),
		"from block: an empty number");
	from_block(TEXT(L"GUID=AB&NAME=CD&PATH=EF&OFFSET=1&WIDTH="), EFI_INVALID_PARAMETER, 23,
		NULL, "from block: an empty number at the end");
	is(routing->from_block(routing, NULL, block, 8, &text, &came), EFI_INVALID_PARAMETER,
		"from block: no request");
	ok(came == NULL, "so far: nothing");
	is(routing->from_block(routing, request, NULL, 8, &text, &came), EFI_INVALID_PARAMETER,
		"from block: no block");
	ok(came == request, "so far: the beginning");
	is(routing->from_block(routing, request, block, 8, NULL, &came), EFI_INVALID_PARAMETER,
		"from block: nowhere to");
	is(routing->from_block(routing, request, block, 8, &text, NULL), EFI_INVALID_PARAMETER,
		"from block: no progress");
}

static void to_block(const char16 *settings, efi_status want, uint64_t progress, uint64_t size,
	const char *want_bytes, const char *name)
{
	uint8_t got[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	uint64_t room = 8;
	const char16 *came = NULL;

	is(routing->to_block(routing, settings, got, &room, &came), want, name);
	is((uint64_t)(came - settings), progress, "so far");
	is(room, size, "the size");
	ok(same(got, want_bytes, 8), "the block");
}

static void test_to_block(void)
{
	const char16 *settings = TEXT(GUID_A NAME PATH_A L"&OFFSET=0&WIDTH=1&VALUE=ff");
	const char16 *came = NULL;
	uint64_t room = 8;

	to_block(settings, EFI_SUCCESS, length16(settings), 0, "\xff\2\3\4\5\6\7\10",
		"to block: a byte");
	settings = TEXT(
		L"GUID=1&NAME=&PATH=2&OFFSET=1&WIDTH=2&VALUE=abc&OFFSET=5&WIDTH=2&VALUE=F00");
	to_block(settings, EFI_SUCCESS, length16(settings), 6, "\1\xbc\x0a\4\5\0\x0f\10",
		"to block: two numbers");
	settings = TEXT(L"GUID=1&NAME=&PATH=2&OFFSET=0&WIDTH=1&VALUE=9&OFFSET=6&WIDTH=4&VALUE=1");
	to_block(settings, EFI_BUFFER_TOO_SMALL, length16(settings), 10, "\x9\2\3\4\5\6\7\10",
		"to block: beyond it");
	settings = TEXT(L"GUID=1&NAME=&PATH=2&OFFSET=0&WIDTH=1&VALUE=9&OFFSET=6&WIDTH=1");
	to_block(
		settings, EFI_INVALID_PARAMETER, 44, 8, "\x9\2\3\4\5\6\7\10", "to block: no value");
	settings = TEXT(L"GUID=1&NAME=&PATH=2&OFFSET=0&WIDTH=1&VALUE=9&THAT=6");
	to_block(settings, EFI_INVALID_PARAMETER, 44, 8, "\x9\2\3\4\5\6\7\10",
		"to block: another element");
	settings = TEXT(L"GUID=1&NAME=&PATH=2&OFFSET=0&VALUE=9");
	to_block(settings, EFI_INVALID_PARAMETER, 19, 8, "\1\2\3\4\5\6\7\10", "to block: no width");
	to_block(TEXT(L"GUID=1&NAME=&PATH=2"), EFI_INVALID_PARAMETER, 19, 8, "\1\2\3\4\5\6\7\10",
		"to block: no element");
	to_block(TEXT(L"GUID=1&NAME="), EFI_INVALID_PARAMETER, 12, 8, "\1\2\3\4\5\6\7\10",
		"to block: no path");
	to_block(TEXT(L"PATH=1&OFFSET=0&WIDTH=1&VALUE=9"), EFI_INVALID_PARAMETER, 0, 8,
		"\1\2\3\4\5\6\7\10", "to block: no GUID");
	is(routing->to_block(routing, NULL, bytes, &room, &came), EFI_INVALID_PARAMETER,
		"to block: no settings");
	ok(came == NULL, "so far: nothing");
	settings = TEXT(L"GUID=1&NAME=&PATH=2&OFFSET=3&WIDTH=2&VALUE=9");
	is(routing->to_block(routing, settings, NULL, &room, &came), EFI_INVALID_PARAMETER,
		"to block: no block");
	ok(came == settings, "so far: the beginning");
	is(room, 4, "how large it would be");
	is(routing->to_block(routing, settings, bytes, NULL, &came), EFI_INVALID_PARAMETER,
		"to block: no size");
	is(routing->to_block(routing, settings, bytes, &room, NULL), EFI_INVALID_PARAMETER,
		"to block: no progress");
}

/* --- alternatives */

static const struct guid first = { 0x04030201, 0x0605, 0x0807,
	{ 0x09, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16 } };
static const struct guid second = { 0x0d0c0b0a, 0x0f0e, 0x0100,
	{ 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09 } };

#define ALL                                                                                        \
	GUID_A NAME PATH_A L"&OFFSET=0&WIDTH=1&VALUE=01&" GUID_A NAME                              \
		PATH_A L"&ALTCFG=0001&OFFSET=0&WIDTH=1&VALUE=02&" GUID_B L"&NAME=" PATH_B L"&a=1&" GUID_B L"&NAME=" PATH_B L"&ALTCFG=00ab&a=2"

static void alternative(const struct guid *guid, const char16 *text, const void *path, int id,
	const char16 *want, const char *name)
{
	uint16_t number = (uint16_t)id;
	char16 *got = NULL;
	efi_status status = routing->alternative(
		routing, TEXT(ALL), guid, text, path, id >= 0 ? &number : NULL, &got);

	is(status, want ? EFI_SUCCESS : EFI_NOT_FOUND, name);
	if (want)
		is_string(got, want, "the string");
	else
		ok(got == NULL, "no string");
	if (got)
		bs->free_pool(got);
}

static void test_alternatives(void)
{
	char16 *got = NULL;

	alternative(NULL, NULL, NULL, -1, TEXT(GUID_A NAME PATH_A L"&OFFSET=0&WIDTH=1&VALUE=01"),
		"choose: the first");
	alternative(
		&second, NULL, NULL, -1, TEXT(GUID_B L"&NAME=" PATH_B L"&a=1"), "choose: by GUID");
	alternative(NULL, STR16("ab"), NULL, 1,
		TEXT(GUID_A NAME PATH_A L"&OFFSET=0&WIDTH=1&VALUE=02"),
		"choose: by name and number");
	alternative(NULL, STR16(""), NULL, 0xab, TEXT(GUID_B L"&NAME=" PATH_B L"&a=2"),
		"choose: by an empty name");
	alternative(NULL, NULL, &paths[1], 0xab, TEXT(GUID_B L"&NAME=" PATH_B L"&a=2"),
		"choose: by path");
	alternative(&first, STR16("ab"), &paths[0], 1,
		TEXT(GUID_A NAME PATH_A L"&OFFSET=0&WIDTH=1&VALUE=02"), "choose: by all");
	alternative(&first, STR16("abc"), NULL, -1, NULL, "choose: another name");
	alternative(&first, NULL, &paths[1], -1, NULL, "choose: another path");
	alternative(&first, NULL, NULL, 2, NULL, "choose: another number");
	alternative(&guid_nobody, NULL, NULL, -1, NULL, "choose: another GUID");
	is(routing->alternative(routing, NULL, NULL, NULL, NULL, NULL, &got), EFI_INVALID_PARAMETER,
		"choose: of none");
	is(routing->alternative(routing, TEXT(ALL), NULL, NULL, NULL, NULL, NULL),
		EFI_INVALID_PARAMETER, "choose: nowhere to");
	is(routing->alternative(routing, TEXT(L"NAME=1"), NULL, NULL, NULL, NULL, &got),
		EFI_INVALID_PARAMETER, "choose: no GUID");
}

/* --- drivers */

static struct {
	struct access access; /* first: what `this` points to */
	efi_status answer;
	unsigned asked;
	uint64_t progress;
	const char16 *results;
	char16 heard[256];
	bool nothing; /* was asked for */
} drivers[2];

static efi_status hear(struct access *this, const char16 *text, const char16 **progress)
{
	unsigned i = (void *)this == &drivers[1];

	drivers[i].asked++;
	drivers[i].nothing = !text;
	if (text) {
		bs->copy_mem(drivers[i].heard, text, 2 * length16(text) + 2);
		*progress = text + (drivers[i].answer ? drivers[i].progress : length16(text));
	}
	return drivers[i].answer;
}

static efi_status extract(
	struct access *this, const char16 *request, const char16 **progress, char16 **results)
{
	unsigned i = (void *)this == &drivers[1];
	efi_status status = hear(this, request, progress);

	if (status)
		return status;
	*results = pool(2 * length16(drivers[i].results) + 2);
	bs->copy_mem(*results, drivers[i].results, 2 * length16(drivers[i].results));
	return status;
}

static efi_status not_offered(struct access *this)
{
	(void)this;
	return EFI_UNSUPPORTED;
}

static efi_handle handles[2];

static void begin_drivers(void)
{
	for (unsigned i = 0; i < 2; i++) {
		drivers[i].access = (struct access){ extract, hear, not_offered };
		drivers[i].results = i ? TEXT(L"GUID=2&NAME=&PATH=2&b=2")
				       : TEXT(L"GUID=1&NAME=&PATH=1&a=1");
		bs->install_multiple(
			&handles[i], &guid_device_path, &paths[i], &guid_access, &drivers[i], NULL);
	}
}

static void forget(void)
{
	for (unsigned i = 0; i < 2; i++) {
		drivers[i].answer = EFI_SUCCESS;
		drivers[i].asked = 0;
		drivers[i].heard[0] = 0;
	}
}

static void asks(const char16 *request, efi_status want, uint64_t progress, const char16 *answer,
	const char *name)
{
	const char16 *came = NULL;
	char16 *results = NULL;

	is(routing->extract(routing, request, &came, &results), want, name);
	is((uint64_t)(came - request), progress, "so far");
	if (answer)
		is_string(results, answer, "the answer");
	else
		ok(results == NULL, "no answer");
	if (results)
		bs->free_pool(results);
}

#define ONE GUID_A NAME PATH_A
#define TWO GUID_B L"&NAME=" PATH_B

static void test_extract(void)
{
	const char16 *request = TEXT(ONE L"&OFFSET=0&WIDTH=1"), *came = NULL;
	const uint64_t one = length16(TEXT(ONE));
	char16 *results = NULL;

	asks(request, EFI_SUCCESS, length16(request), TEXT(L"GUID=1&NAME=&PATH=1&a=1"), "ask: one");
	is_string(drivers[0].heard, request, "what it heard");
	is(drivers[1].asked, 0, "the other is not asked");
	request = TEXT(ONE L"&OFFSET=0&WIDTH=1&" TWO L"&b&c");
	asks(request, EFI_SUCCESS, length16(request),
		TEXT(L"GUID=1&NAME=&PATH=1&a=1&GUID=2&NAME=&PATH=2&b=2"), "ask: both");
	is_string(drivers[1].heard, TEXT(TWO L"&b&c"), "what the second heard");
	is_string(drivers[0].heard, TEXT(ONE L"&OFFSET=0&WIDTH=1"), "what the first heard");
	request = TEXT(TWO);
	asks(request, EFI_SUCCESS, length16(request), TEXT(L"GUID=2&NAME=&PATH=2&b=2"),
		"ask: for all");
	drivers[1].answer = EFI_NOT_FOUND;
	drivers[1].progress = length16(TEXT(TWO L"&b"));
	request = TEXT(ONE L"&" TWO L"&b&c&" ONE);
	asks(request, EFI_NOT_FOUND, one + 1 + drivers[1].progress, NULL, "ask: one refuses");
	forget();
	request = TEXT(ONE L"&" GUID_B L"&NAME=" PATH_NONE L"&b");
	asks(request, EFI_NOT_FOUND, one + 1, NULL, "ask: nobody");
	is(drivers[0].asked, 1, "the first was asked by then");
	asks(TEXT(ONE L"&OFFSET=1&OFFSET=2&WIDTH=1&OFFSET=3"), EFI_INVALID_PARAMETER, one + 26,
		NULL, "ask: no width");
	asks(TEXT(ONE L"&a"), EFI_INVALID_PARAMETER, one, NULL, "ask: no offset");
	asks(TEXT(GUID_A L"&NAME=" PATH_A L"&a&"), EFI_SUCCESS,
		length16(TEXT(GUID_A L"&NAME=" PATH_A L"&a&")), TEXT(L"GUID=1&NAME=&PATH=1&a=1"),
		"ask: a name is enough");
	asks(TEXT(GUID_A NAME L"&" TWO), EFI_INVALID_PARAMETER, 0, NULL, "ask: no path");
	asks(TEXT(GUID_A NAME L"&PATH="), EFI_INVALID_PARAMETER, 0, NULL, "ask: no path, either");
	asks(TEXT(GUID_A NAME L"&PATH=0104"), EFI_NOT_FOUND, 0, NULL, "ask: a path of two bytes");
	asks(TEXT(GUID_A NAME L"&PATH=000404007fff0400"), EFI_NOT_FOUND, 0, NULL,
		"ask: a path of nothing");
	asks(TEXT(ONE L"&" GUID_A NAME L"&PATH=0104"), EFI_NOT_FOUND, one, NULL,
		"ask: the second has no path");
	asks(TEXT(L"NAME=1"), EFI_INVALID_PARAMETER, 0, NULL, "ask: no GUID");
	asks(NULL, EFI_INVALID_PARAMETER, 0, NULL, "ask: nothing");
	is(routing->extract(routing, request, NULL, &results), EFI_INVALID_PARAMETER,
		"ask: no progress");
	is(routing->extract(routing, request, &came, NULL), EFI_INVALID_PARAMETER,
		"ask: nowhere to");
	bs->uninstall_protocol(handles[0], &guid_access, &drivers[0]);
	asks(TEXT(ONE), EFI_UNSUPPORTED, 0, NULL, "ask: a device without");
	bs->install_protocol(&handles[0], &guid_access, 0, &drivers[0]);
}

static void sets(const char16 *settings, efi_status want, uint64_t progress, const char *name)
{
	const char16 *came = NULL;

	is(routing->route(routing, settings, &came), want, name);
	is((uint64_t)(came - settings), progress, "so far");
}

static void test_route(void)
{
	const char16 *settings = TEXT(ONE L"&OFFSET=0&WIDTH=1&VALUE=1");
	const uint64_t one = length16(TEXT(ONE));

	forget();
	sets(settings, EFI_SUCCESS, length16(settings), "set: one");
	is_string(drivers[0].heard, settings, "what it heard");
	settings = TEXT(ONE L"&a&" TWO L"&b=1");
	sets(settings, EFI_SUCCESS, length16(settings), "set: both");
	is_string(drivers[1].heard, TEXT(TWO L"&b=1"), "what the second heard");
	drivers[1].answer = EFI_WRITE_PROTECTED;
	drivers[1].progress = length16(TEXT(TWO));
	sets(TEXT(ONE L"&" TWO L"&b=1&" ONE), EFI_WRITE_PROTECTED, one + 1 + drivers[1].progress,
		"set: one refuses");
	forget();
	sets(TEXT(ONE L"&" GUID_B L"&NAME=" PATH_NONE L"&b"), EFI_NOT_FOUND, one + 1,
		"set: nobody");
	sets(TEXT(GUID_A NAME), EFI_INVALID_PARAMETER, 0, "set: no path");
	sets(TEXT(ONE L"&" GUID_A NAME L"&PATH=0104"), EFI_NOT_FOUND, one,
		"set: the second has no path");
	sets(TEXT(L"NAME=1"), EFI_INVALID_PARAMETER, 0, "set: no GUID");
	sets(NULL, EFI_INVALID_PARAMETER, 0, "set: nothing");
	is(routing->route(routing, settings, NULL), EFI_INVALID_PARAMETER, "set: no progress");
	bs->uninstall_protocol(handles[0], &guid_access, &drivers[0]);
	sets(TEXT(ONE), EFI_NOT_FOUND, 0, "set: a device without");
	bs->install_protocol(&handles[0], &guid_access, 0, &drivers[0]);
}

static void test_export(void)
{
	char16 *results = NULL;
	const char16 *a, *b;

	forget();
	is(routing->export(routing, NULL), EFI_INVALID_PARAMETER, "all: nowhere to");
	is(routing->export(routing, &results), EFI_SUCCESS, "all: it is there");
	a = results ? find16(results, TEXT(L"GUID=1&NAME=&PATH=1&a=1")) : NULL;
	b = results ? find16(results, TEXT(L"GUID=2&NAME=&PATH=2&b=2")) : NULL;
	ok(a && b && drivers[0].nothing && drivers[1].nothing, "all: both are asked for all");
	drivers[0].answer = EFI_NOT_FOUND;
	results = NULL;
	is(routing->export(routing, &results), EFI_SUCCESS, "all: though one refuses");
	ok(results && !find16(results, TEXT(L"PATH=1&a=1")), "all: that is left out");
	ok(results && find16(results, TEXT(L"GUID=2&NAME=&PATH=2&b=2")), "all: the other is not");
	forget();
}

/* --- forms that say where settings are kept */

static void add_op(uint8_t op, const void *content, uint8_t n)
{
	uint8_t head[2] = { op, (uint8_t)(n + 2) };

	add(head, 2);
	add(content, n);
}

/* A list with storage: a block of eight bytes that is called "ab", a variable "v", and names. */
static void make_forms(bool defaults)
{
	uint32_t start;

	begin_list();
	start = length;
	add_le(0, 4);
	if (defaults)
		add_op(0x5c, "\0\0\0\0", 4);
	add_op(0x24, "\1\2\3\4\5\6\7\10\x09\x10\x11\x12\x13\x14\x15\x16\1\0\10\0ab", 23);
	add_op(0x26, "\3\0\1\2\3\4\5\6\7\10\x09\x10\x11\x12\x13\x14\x15\x16\3\0\0\0\1\0v", 26);
	add_op(0x25, "\2\0\x0a\x0b\x0c\x0d\x0e\x0f\0\1\2\3\4\5\6\7\10\x09", 18);
	add_op(0x29, "", 0);
	close_package(start, 2);
	end_list();
}

static efi_status answer_of(const char16 *request)
{
	const char16 *came;
	char16 *results = NULL;
	efi_status status = routing->extract(routing, request, &came, &results);

	if (results)
		bs->free_pool(results);
	return status;
}

static void test_forms(void)
{
	struct database *db;
	hii_handle list = 0;
	const char16 *text;

	bs->locate_protocol(&guid_database, NULL, (void **)&db);
	make_forms(false);
	/* Its path becomes a package of the list. */
	is(db->new_list(db, bytes, handles[1], &list), EFI_SUCCESS, "forms: there");
	text = TEXT(GUID_A NAME PATH_B L"&OFFSET=0&WIDTH=1");
	asks(text, EFI_SUCCESS, length16(text), TEXT(L"GUID=2&NAME=&PATH=2&b=2"),
		"forms: ask for a part of a block");
	sets(text, EFI_SUCCESS, length16(text), "forms: set a part of a block");
	text = TEXT(GUID_B L"&NAME=" PATH_B L"&a&b");
	asks(text, EFI_SUCCESS, length16(text), TEXT(L"GUID=2&NAME=&PATH=2&b=2"),
		"forms: ask for names");
	sets(text, EFI_SUCCESS, length16(text), "forms: set names");
	is(drivers[1].asked, 4, "forms: it was asked each time");
	value("forms: all of a block", answer_of(TEXT(GUID_A NAME PATH_B)));
	rt->set_variable(STR16("v"), &first, VAR_BS, 1, "x");
	value("forms: a variable",
		answer_of(TEXT(GUID_A L"&NAME=0076" PATH_B L"&OFFSET=0&WIDTH=1")));
	rt->set_variable(STR16("v"), &first, 0, 0, NULL);
	make_forms(true);
	is(db->update(db, list, bytes), EFI_SUCCESS, "forms: others");
	value("forms: with default values",
		answer_of(TEXT(GUID_A NAME PATH_B L"&OFFSET=0&WIDTH=1")));
	db->remove(db, list);
}

void subject(void)
{
	void *at = NULL;

	bs->locate_protocol(&guid_routing, NULL, &at);
	routing = at;
	ok(routing != NULL, "it is there");
	if (!routing)
		return;
	test_from_block();
	test_to_block();
	test_alternatives();
	begin_drivers();
	test_extract();
	test_route();
	test_export();
	test_forms();
}
