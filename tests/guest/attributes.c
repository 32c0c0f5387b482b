/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What SetVariable() and QueryVariableInfo() say to every combination of attributes (UEFI 2.10 8.2.3), for variables
 * of each kind, and how long one may be. attributes.files says what is in each file.
 */
#include "test.h"

#define KEPT  (VAR_NV | VAR_BS | VAR_RT)
#define KEYS  (KEPT | VAR_TIME)
#define ROOM  0x20000
#define KNOWN 0x80 /* from here on attributes are none, or that of enhanced authentication */

static const struct guid guid_security = { 0xd719b2cb, 0x3d3a, 0x4596,
	{ 0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f } };

static const struct guid guid_hardware_error = { 0x414e6bdd, 0xe47b, 0x47cc,
	{ 0xb2, 0x44, 0xbb, 0x61, 0x02, 0x0c, 0xf5, 0x16 } };

struct bytes {
	uint64_t size;
	uint8_t b[4096];
};

static struct bytes own, own_gone, db, byte = { 1, { 1 } }, two = { 2, { 1 } }, none;
static uint8_t big[ROOM];

static void read(const char16 *name, struct bytes *out)
{
	struct file_system *fs = protocol_of(own_volume(), &guid_file_system);
	char16 path[40] = u"\\EFI\\TEST\\ATTRIBUTES\\";
	struct file *root = NULL, *f = NULL;

	for (unsigned i = 0; i <= length16(name); i++)
		path[21 + i] = name[i];
	out->size = sizeof(out->b);
	if (fs->open_volume(fs, &root) != EFI_SUCCESS ||
		root->open(root, &f, path, FILE_READ, 0) != EFI_SUCCESS ||
		f->read(f, &out->size, out->b) != EFI_SUCCESS)
		ok(false, "there is a file for the test itself");
	f->close(f);
}

struct subject {
	const char *name;
	const char16 *variable;
	const struct guid *vendor;
	/* As it is before each write; without attributes: it is not there. */
	uint32_t attributes;
	const struct bytes *before;
	const struct bytes *written;
};

static const struct subject subjects[] = {
	{ "new", u"GuestKeys", &guid_own, 0, NULL, &byte },
	{ "new, nothing", u"GuestKeys", &guid_own, 0, NULL, &none },
	{ "new, signed", u"GuestKeys", &guid_own, 0, NULL, &own },
	{ "there", u"GuestKeys", &guid_own, KEPT, &byte, &two },
	{ "there, nothing", u"GuestKeys", &guid_own, KEPT, &byte, &none },
	{ "there, signed", u"GuestKeys", &guid_own, KEPT, &byte, &own },
	{ "volatile", u"GuestKeys", &guid_own, VAR_BS, &byte, &two },
	{ "authenticated", u"GuestKeys", &guid_own, KEYS, &own, &byte },
	{ "authenticated, nothing", u"GuestKeys", &guid_own, KEYS, &own, &none },
	{ "authenticated, signed to go", u"GuestKeys", &guid_own, KEYS, &own, &own_gone },
	{ "db", u"db", &guid_security, 0, NULL, &byte },
	{ "db, signed", u"db", &guid_security, 0, NULL, &db },
	{ "db, there", u"db", &guid_security, KEYS, &db, &byte },
	{ "db, there, nothing", u"db", &guid_security, KEYS, &db, &none },
	{ "BootNext", u"BootNext", &guid_global_variable, 0, NULL, &two },
	{ "BootNext, there", u"BootNext", &guid_global_variable, KEPT, &two, &two },
	{ "BootNext, nothing", u"BootNext", &guid_global_variable, KEPT, &two, &none },
	{ "SetupMode", u"SetupMode", &guid_global_variable, 0, NULL, &byte },
	{ "SetupMode, nothing", u"SetupMode", &guid_global_variable, 0, NULL, &none },
	{ "undefined", u"GuestKeys", &guid_global_variable, 0, NULL, &byte },
	{ "error record", u"HwErrRec0001", &guid_hardware_error, 0, NULL, &byte },
	{ "no error record", u"HwErrRec0001", &guid_own, 0, NULL, &byte },
};

static efi_status set(const struct subject *s, uint32_t attributes, const struct bytes *data)
{
	return rt->set_variable(s->variable, s->vendor, attributes, data->size, data->b);
}

static void remove(const struct subject *s)
{
	uint8_t room[64];
	uint64_t size = sizeof(room);
	uint32_t with = 0;
	efi_status status = rt->get_variable(s->variable, s->vendor, &with, &size, room);

	if (same16(s->variable, u"SetupMode") ||
		(status != EFI_SUCCESS && status != EFI_BUFFER_TOO_SMALL))
		return;
	/* By who is present, or in setup mode: a descriptor with nothing behind it. */
	if (with & VAR_TIME)
		rt->set_variable(s->variable, s->vendor, with,
			40 + own.b[16] - 24u + (own.b[17] << 8), own.b);
	else
		rt->set_variable(s->variable, s->vendor, 0, 0, NULL);
}

static unsigned digit(efi_status status)
{
	return status == EFI_SECURITY_VIOLATION ? 10 : (unsigned)(status & 15);
}

static void prepare(const struct subject *s)
{
	remove(s);
	if (s->attributes && set(s, s->attributes, s->before) != EFI_SUCCESS)
		ok(false, s->name);
}

/* What was refused changed nothing: a write to flash takes its time. */
static efi_status one(const struct subject *s, uint32_t attributes)
{
	efi_status status = set(s, attributes, s->written);

	if (status == EFI_SUCCESS)
		prepare(s);
	return status;
}

static void copy_name(char *to, const char *name, const char *rest)
{
	while (*name)
		*to++ = *name++;
	while (*rest)
		*to++ = *rest++;
	*to = '\0';
}

/* A line for sixteen values: a digit for each status, 0xa for EFI_SECURITY_VIOLATION. */
static void test_subject(const struct subject *s)
{
	char name[64], high[] = ", attributes 0x00 to";
	unsigned refused = 0;

	prepare(s);
	for (uint32_t from = 0; from < KNOWN; from += 16) {
		uint64_t digits = 0;

		for (uint32_t i = 0; i < 16; i++)
			digits = digits << 4 | digit(one(s, from | i));
		high[15] = "0123456789abcdef"[from >> 4];
		copy_name(name, s->name, high);
		value(name, digits);
	}
	for (uint32_t i = 0; i < KNOWN; i++)
		refused += one(s, i | KNOWN << i % 25) == EFI_INVALID_PARAMETER;
	is(refused, KNOWN, s->name);
	remove(s);
}

static void test_query(void)
{
	char name[64], high[] = ", attributes 0x00 to";

	for (uint32_t from = 0; from < 2 * KNOWN; from += 16) {
		uint64_t digits = 0, a, b, c;

		for (uint32_t i = 0; i < 16; i++)
			digits = digits << 4 | digit(rt->query_variable_info(from | i, &a, &b, &c));
		high[15] = "0123456789abcdef"[from >> 4];
		copy_name(name, "query", high);
		value(name, digits);
	}
}

/* ---- sizes ---- */

/* The largest size that is not EFI_INVALID_PARAMETER, by halving; header bytes are in it. */
static uint64_t largest(const char16 *name, const struct guid *vendor, uint32_t attributes)
{
	uint64_t good = 1, bad = ROOM;

	while (bad - good > 1) {
		uint64_t size = (good + bad) / 2;
		efi_status status = rt->set_variable(name, vendor, attributes, size, big);

		if (status == EFI_SUCCESS && !(attributes & VAR_TIME))
			rt->set_variable(name, vendor, 0, 0, NULL);
		if (status == EFI_INVALID_PARAMETER)
			bad = size;
		else
			good = size;
	}
	return good;
}

static void test_sizes(void)
{
	uint64_t a = 0, b = 0, one_of = 0;

	value("size: kept", largest(u"GuestKeys", &guid_own, KEPT));
	value("size: kept, of a longer name", largest(u"GuestKeysLonger", &guid_own, KEPT));
	value("size: volatile", largest(u"GuestKeys", &guid_own, VAR_BS));
	/* A descriptor of 24 bytes of certificate, which signs nothing. */
	for (unsigned i = 0; i < 40; i++)
		big[i] = own.b[i];
	big[16] = 24;
	big[17] = 0;
	value("size: authenticated", largest(u"GuestKeys", &guid_own, KEYS));
	value("size: authenticated, volatile", largest(u"GuestKeys", &guid_own, VAR_BS | VAR_TIME));
	value("size: authenticated, appended", largest(u"GuestKeys", &guid_own, KEYS | VAR_APPEND));
	rt->query_variable_info(KEPT, &a, &b, &one_of);
	value("size: of one that is kept", one_of);
	rt->query_variable_info(VAR_BS, &a, &b, &one_of);
	value("size: of one that is volatile", one_of);
	rt->query_variable_info(KEYS, &a, &b, &one_of);
	value("size: of one that is authenticated", one_of);
}

void subject(void)
{
	read(u"OWN", &own);
	read(u"OWNGONE", &own_gone);
	read(u"DB", &db);
	for (unsigned i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++)
		test_subject(&subjects[i]);
	test_query();
	test_sizes();
}
