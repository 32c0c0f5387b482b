/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Secure Boot's keys (UEFI 2.10 8.2.2, 32.3): what may be written in setup mode and in user mode, by
 * whom, and what LoadImage() makes of it. keys.files says what is in each file, and who signed it.
 */
#include "test.h"

#define KEY_ATTRIBUTES (VAR_NV | VAR_BS | VAR_RT | VAR_TIME)
#define FILE_MAX_      16384
#define CERT_OWNER     (28 + 16) /* a signature list's header, and an owner */

static const struct guid guid_security = { 0xd719b2cb, 0x3d3a, 0x4596,
	{ 0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f } };

static const struct guid guid_security2 = { 0x94ab2f58, 0x1438, 0x4ef1,
	{ 0x91, 0x52, 0x18, 0x94, 0x1a, 0x3a, 0x0e, 0x68 } };

static uint8_t file[FILE_MAX_], data[FILE_MAX_];
static uint64_t file_size, size;
static uint32_t attributes;

static const struct guid *vendor_of(const char16 *name)
{
	if (same16(name, STR16("GuestKeys")))
		return &guid_own;
	return same16(name, STR16("PK")) || same16(name, STR16("KEK")) ? &guid_global_variable
								       : &guid_security;
}

static void read(const char16 *name)
{
	struct file_system *fs = protocol_of(own_volume(), &guid_file_system);
	char16 path[40] = u"\\EFI\\TEST\\KEYS\\";
	struct file *root = NULL, *f = NULL;
	unsigned n = 15;

	for (unsigned i = 0; i <= length16(name); i++)
		path[n + i] = name[i];
	file_size = sizeof(file);
	if (fs->open_volume(fs, &root) != EFI_SUCCESS ||
		root->open(root, &f, path, FILE_READ, 0) != EFI_SUCCESS ||
		f->read(f, &file_size, file) != EFI_SUCCESS)
		ok(false, "there is a file for the test itself");
	f->close(f);
}

static efi_status get(const char16 *name)
{
	size = sizeof(data);
	return rt->get_variable(name, vendor_of(name), &attributes, &size, data);
}

static efi_status set_as(const char16 *name, const char16 *from, uint32_t with)
{
	read(from);
	return rt->set_variable(name, vendor_of(name), with, file_size, file);
}

static efi_status set(const char16 *name, const char16 *from)
{
	return set_as(name, from, KEY_ATTRIBUTES);
}

static efi_status append(const char16 *name, const char16 *from)
{
	return set_as(name, from, KEY_ATTRIBUTES | VAR_APPEND);
}

static efi_status delete_bare(const char16 *name)
{
	return rt->set_variable(name, vendor_of(name), 0, 0, NULL);
}

static unsigned flag(const char16 *name)
{
	uint8_t byte = 0xff;
	uint64_t one = 1;

	return rt->get_variable(name, &guid_global_variable, NULL, &one, &byte) == EFI_SUCCESS
		       ? byte
		       : 0xff;
}

/* With the descriptor's signature made zeroes. */
static efi_status set_unsigned(const char16 *name, const char16 *from)
{
	read(from);
	for (unsigned i = 40; i < 16u + file[16] + (file[17] << 8); i++)
		file[i] = 0;
	return rt->set_variable(name, vendor_of(name), KEY_ATTRIBUTES, file_size, file);
}

/* By a descriptor that has nothing behind it. */
static efi_status delete_as(const char16 *name, const char16 *from, uint32_t with)
{
	read(from);
	return rt->set_variable(
		name, vendor_of(name), with, 16u + file[16] + (file[17] << 8), file);
}

static efi_status load(const char16 *name)
{
	efi_handle image = NULL;
	efi_status status;

	read(name);
	status = bs->load_image(
		false, self, protocol_of(self, &guid_loaded_image_path), file, file_size, &image);
	if (status == EFI_SUCCESS)
		bs->unload_image(image);
	return status;
}

static efi_status set_flag(const char16 *name, uint32_t with)
{
	return rt->set_variable(name, &guid_global_variable, with, 1, "\1");
}

/* ---- variables of the mode ---- */

/* There is neither audit nor deployed mode (32.3): nobody can enter one. */
static void test_modes(void)
{
	static const char16 *const names[] = { u"AuditMode", u"DeployedMode" };

	for (unsigned i = 0; i < 2; i++) {
		is(flag(names[i]), 0xff, i ? "modes: DeployedMode" : "modes: AuditMode");
		is(set_flag(names[i], VAR_BS | VAR_RT), EFI_INVALID_PARAMETER, "written");
		is(set_flag(names[i], VAR_NV | VAR_BS | VAR_RT), EFI_INVALID_PARAMETER,
			"written to stay");
		is(set_flag(names[i], 0), EFI_NOT_FOUND, "deleted");
		is(flag(names[i]), 0xff, "there is none then, either");
	}
	is(flag(STR16("VendorKeys")), 1, "modes: VendorKeys");
	is(set_flag(STR16("VendorKeys"), VAR_BS | VAR_RT), EFI_WRITE_PROTECTED, "written");
}

static void test_supported(void)
{
	static const uint32_t kinds[] = { 0x826ca512, 0xc1c41626, 0x3c5766e8, 0xa5c059a1 };

	size = sizeof(data);
	is(rt->get_variable(
		   STR16("SignatureSupport"), &guid_global_variable, &attributes, &size, data),
		EFI_SUCCESS, "signatures: SignatureSupport");
	is(attributes, VAR_BS | VAR_RT, "its attributes");
	value("signatures: how many", size / 16);
	for (unsigned i = 0; i < 4; i++) {
		bool is_there = false;

		for (unsigned k = 0; k + 16 <= size; k += 16)
			is_there |= same(data + k, &kinds[i], 4);
		ok(is_there, "a kind of signature");
	}
	is(set_flag(STR16("SignatureSupport"), VAR_BS | VAR_RT), EFI_WRITE_PROTECTED, "written");
}

/* ---- setup mode ---- */

static void test_descriptor(void)
{
	is(rt->set_variable(STR16("KEK"), &guid_global_variable, KEY_ATTRIBUTES, 20, file),
		EFI_SECURITY_VIOLATION, "descriptor: cut short");
	read(STR16("KEK"));
	file[16] = 23;
	file[17] = 0;
	is(rt->set_variable(STR16("KEK"), &guid_global_variable, KEY_ATTRIBUTES, file_size, file),
		EFI_SECURITY_VIOLATION, "descriptor: of 23 bytes");
	file[17] = file[18] = file[19] = 0xff;
	is(rt->set_variable(STR16("KEK"), &guid_global_variable, KEY_ATTRIBUTES, file_size, file),
		EFI_SECURITY_VIOLATION, "descriptor: of more than there is");
	is(get(STR16("KEK")), EFI_NOT_FOUND, "descriptor: none of these was stored");
}

static void test_setup(void)
{
	is(flag(STR16("SetupMode")), 1, "setup: SetupMode");
	is(flag(STR16("SecureBoot")), 0, "setup: SecureBoot");
	is(set_as(STR16("PK"), STR16("PK"), KEY_ATTRIBUTES & ~VAR_TIME), EFI_INVALID_PARAMETER,
		"setup: PK, not authenticated");
	is(set_as(STR16("PK"), STR16("PK"), KEY_ATTRIBUTES & ~VAR_NV), EFI_INVALID_PARAMETER,
		"setup: PK, volatile");
	is(set_as(STR16("db"), STR16("DB"), KEY_ATTRIBUTES & ~VAR_TIME), EFI_INVALID_PARAMETER,
		"setup: db, not authenticated");
	is(delete_bare(STR16("PK")), EFI_INVALID_PARAMETER, "setup: PK deleted, not there");
	is(set(STR16("PK"), STR16("PKTWO")), EFI_INVALID_PARAMETER, "setup: a PK of two");
	is(set(STR16("db"), STR16("DBWORDS")), EFI_INVALID_PARAMETER, "setup: db, no lists");
	is(set(STR16("db"), STR16("DBZERO")), EFI_INVALID_PARAMETER, "setup: db, empty signatures");
	is(set(STR16("db"), STR16("DBMOREEND")), EFI_SUCCESS,
		"setup: db, bytes behind a certificate");
	is(set(STR16("KEK"), STR16("KEK")), EFI_SUCCESS, "setup: KEK by anybody");
	is(get(STR16("KEK")), EFI_SUCCESS, "setup: KEK is there");
	is(attributes, KEY_ATTRIBUTES, "setup: its attributes");
	is(size, file_size - (16 + file[16] + (file[17] << 8)), "setup: without the descriptor");
	is(set(STR16("db"), STR16("DB")), EFI_SUCCESS, "setup: db by anybody");
	is(set(STR16("db"), STR16("DB")), EFI_SUCCESS, "setup: db, the same time again");
	is(append(STR16("db"), STR16("DBMORE")), EFI_SUCCESS, "setup: db, one known and one new");
	get(STR16("db"));
	value("setup: db, size of both", size);
	is(append(STR16("db"), STR16("DBMORE")), EFI_SUCCESS, "setup: db, both known");
	value("setup: db, size of both again", size);
	is(set(STR16("db"), STR16("DB")), EFI_SUCCESS, "setup: db, the first alone");
	is(set_unsigned(STR16("KEK"), STR16("KEK")), EFI_SUCCESS,
		"setup: KEK with a signature of zeroes");
	is(load(STR16("PLAIN.EFI")), EFI_SUCCESS, "setup: a program without signature");
	is(set(STR16("KEK"), STR16("KEKGONE")), EFI_SUCCESS, "setup: KEK deleted by anybody");
	is(get(STR16("KEK")), EFI_NOT_FOUND, "setup: it is gone");
	set(STR16("KEK"), STR16("KEK"));
}

/* ---- others' variables ---- */

static void test_own(void)
{
	static const char16 name[] = u"GuestKeys";

	is(set_as(name, STR16("OWN"), KEY_ATTRIBUTES | VAR_AUTH), EFI_UNSUPPORTED,
		"own: both kinds");
	is(set(name, STR16("OWNGONE")), EFI_NOT_FOUND, "own: deleted, not there");
	value("own: with a ContentInfo", set(name, STR16("OWNWRAP")));
	set(name, STR16("OWNGONE"));
	is(set(name, STR16("OWN")), EFI_SUCCESS, "own: new");
	is(get(name), EFI_SUCCESS, "own: there");
	ok(size == 5 && same(data, "words", 5), "own: its content");
	is(attributes, KEY_ATTRIBUTES, "own: its attributes");
	is(set(name, STR16("OWNOLD")), EFI_SECURITY_VIOLATION, "own: the same time again");
	is(set(name, STR16("OWNBY")), EFI_SECURITY_VIOLATION, "own: by another");
	is(set(name, STR16("DB")), EFI_SECURITY_VIOLATION, "own: signed for another name");
	read(STR16("OWNNEW"));
	file[file_size - 5] ^= 1; /* of the signature: the content has 4 */
	is(rt->set_variable(name, &guid_own, KEY_ATTRIBUTES, file_size, file),
		EFI_SECURITY_VIOLATION, "own: a damaged signature");
	read(STR16("OWNNEW"));
	file[file_size - 1] ^= 1;
	is(rt->set_variable(name, &guid_own, KEY_ATTRIBUTES, file_size, file),
		EFI_SECURITY_VIOLATION, "own: other content than signed");
	read(STR16("OWNNEW"));
	file[6]++;
	is(rt->set_variable(name, &guid_own, KEY_ATTRIBUTES, file_size, file),
		EFI_SECURITY_VIOLATION, "own: another time than signed");
	read(STR16("OWNNEW"));
	file[7] = 1;
	is(rt->set_variable(name, &guid_own, KEY_ATTRIBUTES, file_size, file),
		EFI_SECURITY_VIOLATION, "own: a byte of padding");
	read(STR16("OWNNEW"));
	file[22]++;
	is(rt->set_variable(name, &guid_own, KEY_ATTRIBUTES, file_size, file),
		EFI_SECURITY_VIOLATION, "own: another type of certificate");
	read(STR16("OWNNEW"));
	file[24]++;
	is(rt->set_variable(name, &guid_own, KEY_ATTRIBUTES, file_size, file),
		EFI_SECURITY_VIOLATION, "own: another GUID of certificate");
	is(set(name, STR16("OWNNEW")), EFI_SUCCESS, "own: later");
	is(append(name, STR16("OWNADD")), EFI_SUCCESS, "own: appended, an older time");
	get(name);
	ok(size == 9 && same(data, "nextwords", 9), "own: both");
	is(set_as(name, STR16("OWNADD"), KEY_ATTRIBUTES), EFI_SECURITY_VIOLATION,
		"own: signed with other attributes");
	is(rt->set_variable(name, &guid_own, VAR_NV | VAR_BS | VAR_RT, 1, "x"),
		EFI_INVALID_PARAMETER, "own: written without authentication");
	is(delete_bare(name), EFI_WRITE_PROTECTED, "own: deleted without authentication");
	is(get(name), EFI_SUCCESS, "own: still there");
	is(set(name, STR16("OWNGONE")), EFI_SUCCESS, "own: deleted");
	is(get(name), EFI_NOT_FOUND, "own: gone");
	is(set_as(name, STR16("OWNVOL"), KEY_ATTRIBUTES & ~VAR_NV), EFI_SUCCESS,
		"own: volatile, by another");
	is(get(name), EFI_SUCCESS, "own: that, too");
	is(delete_as(name, STR16("OWN"), KEY_ATTRIBUTES & ~VAR_NV), EFI_SUCCESS,
		"own: deleted by whoever is present, signed for something else");
	is(get(name), EFI_NOT_FOUND, "own: gone again");
	is(delete_as(name, STR16("OWN"), KEY_ATTRIBUTES), EFI_SECURITY_VIOLATION,
		"own: deleted so, not there");
	is(set(name, STR16("OWNEC")), EFI_SECURITY_VIOLATION, "own: by another kind of key");
	is(set(name, STR16("OWNODD")), EFI_SECURITY_VIOLATION, "own: by one with more to it");
	is(set(name, STR16("OWNBOTH")), EFI_SECURITY_VIOLATION, "own: by two");
	set(name, STR16("OWN"));
	is(set(name, STR16("OWNFULL")), EFI_SUCCESS, "own: with the issuer enclosed");
	set(name, STR16("OWNGONE"));
	set(name, STR16("OWN"));
	is(delete_as(name, STR16("OWNBY"), KEY_ATTRIBUTES | VAR_APPEND), EFI_SECURITY_VIOLATION,
		"own: nothing appended by another");
	is(delete_as(name, STR16("OWNBY"), KEY_ATTRIBUTES), EFI_SUCCESS,
		"own: deleted by whoever is present");
	is(get(name), EFI_NOT_FOUND, "own: gone at last");
}

/* ---- user mode ---- */

static void test_user(void)
{
	value("PK by another, in setup mode", set(STR16("PK"), STR16("PKOTHER")));
	is(set(STR16("PK"), STR16("PK")), EFI_SUCCESS, "user: PK by its own key");
	is(flag(STR16("SetupMode")), 0, "user: SetupMode");
	is(flag(STR16("SecureBoot")), 1, "user: SecureBoot");
	test_modes();
	is(set(STR16("KEK"), STR16("KEKBYKEK")), EFI_SECURITY_VIOLATION, "user: KEK by KEK");
	is(set(STR16("KEK"), STR16("KEKBYPK")), EFI_SUCCESS, "user: KEK by PK");
	is(set(STR16("db"), STR16("DBBYOTH")), EFI_SECURITY_VIOLATION, "user: db by another");
	is(set(STR16("db"), STR16("DBBOTH")), EFI_SECURITY_VIOLATION,
		"user: db by KEK and another");
	is(set(STR16("db"), STR16("DBTAIL")), EFI_SECURITY_VIOLATION, "user: db, bytes behind it");
	is(set(STR16("db"), STR16("DBBYPK")), EFI_SUCCESS, "user: db by PK");
	is(set(STR16("db"), STR16("DBOLD")), EFI_SECURITY_VIOLATION, "user: db, an older time");
	is(set(STR16("db"), STR16("DBBYKEK")), EFI_SUCCESS, "user: db by KEK");
	is(set(STR16("db"), STR16("DBBYLEAF")), EFI_SUCCESS, "user: db by whom KEK vouches for");
	value("user: db, SHA-384", set(STR16("db"), STR16("DB384")));
	is(append(STR16("db"), STR16("DBADDOLD")), EFI_SUCCESS, "user: db appended, an older time");
	get(STR16("db"));
	value("user: db, size of both", size);
	is(delete_bare(STR16("db")), EFI_INVALID_PARAMETER, "user: db deleted, bare");
	is(delete_bare(STR16("PK")), EFI_INVALID_PARAMETER, "user: PK deleted, bare");
	is(set(STR16("PK"), STR16("PKGONEBY")), EFI_SECURITY_VIOLATION, "user: PK deleted by KEK");
	is(set(STR16("dbt"), STR16("DBTMORE")), EFI_SUCCESS, "user: dbt by KEK");
	is(set(STR16("dbr"), STR16("DBRMORE")), EFI_INVALID_PARAMETER, "user: dbr by KEK");
	is(rt->set_variable(STR16("dby"), &guid_security, VAR_NV | VAR_BS | VAR_RT, 1, "x"),
		EFI_INVALID_PARAMETER, "user: no name of a database");
	is(set(STR16("PK"), STR16("PKAGAIN")), EFI_SUCCESS, "user: PK by PK");
}

static void test_images(void)
{
	is(load(STR16("PLAIN.EFI")), EFI_ACCESS_DENIED, "load: without signature");
	is(load(STR16("SIGNED.EFI")), EFI_SUCCESS, "load: signed by db");
	is(load(STR16("CHAIN.EFI")), EFI_SUCCESS, "load: signed by whom db vouches for");
	is(load(STR16("CHANGED.EFI")), EFI_ACCESS_DENIED, "load: changed since it was signed");
	is(load(STR16("OTHER.EFI")), EFI_SUCCESS, "load: signed by another in db");
	is(set(STR16("dbx"), STR16("DBXHASH")), EFI_SUCCESS, "load: dbx, a digest");
	is(load(STR16("SIGNED.EFI")), EFI_ACCESS_DENIED, "load: signed, its digest in dbx");
	is(set(STR16("dbx"), STR16("DBXCERT")), EFI_SUCCESS, "load: dbx, a certificate");
	is(load(STR16("SIGNED.EFI")), EFI_ACCESS_DENIED, "load: signed by what is in dbx");
	is(load(STR16("CHAIN.EFI")), EFI_ACCESS_DENIED, "load: signed below what is in dbx");
	is(load(STR16("OTHER.EFI")), EFI_SUCCESS, "load: signed by another than dbx's");
	is(set(STR16("dbx"), STR16("DBXGONE")), EFI_SUCCESS, "load: dbx deleted");
	is(load(STR16("SIGNED.EFI")), EFI_SUCCESS, "load: signed by db again");
	is(set(STR16("db"), STR16("DBGONE")), EFI_SUCCESS, "load: db deleted");
	is(load(STR16("SIGNED.EFI")), EFI_ACCESS_DENIED, "load: signed, no db");
	is(append(STR16("db"), STR16("DBHASH")), EFI_SUCCESS, "load: db, a digest");
	is(load(STR16("PLAIN.EFI")), EFI_SUCCESS, "load: without signature, its digest in db");
	is(load(STR16("OTHER.EFI")), EFI_SUCCESS, "load: signed by nobody in db, its digest there");
	is(load(STR16("CHANGED.EFI")), EFI_ACCESS_DENIED, "load: another digest");
}

/* ---- the functions that LoadImage() asks (PI 1.8 II-12.10) ---- */

struct security2 {
	efi_status (*authenticate)(struct security2 *this, const struct device_path *path,
		void *bytes, uint64_t bytes_size, bool boot_policy);
};

static unsigned asked;
static bool asked_rightly;

static efi_status vouch(struct security2 *this, const struct device_path *path, void *bytes,
	uint64_t bytes_size, bool boot_policy)
{
	(void)this;
	asked++;
	asked_rightly = path && bytes == file && bytes_size == file_size && !boot_policy;
	return EFI_SUCCESS;
}

static efi_status forbid(struct security2 *this, const struct device_path *path, void *bytes,
	uint64_t bytes_size, bool boot_policy)
{
	(void)this;
	(void)path;
	(void)bytes;
	(void)bytes_size;
	(void)boot_policy;
	return EFI_ACCESS_DENIED;
}

static void test_vouching(void)
{
	struct security2 *security = NULL;
	efi_status (*own)(struct security2 *, const struct device_path *, void *, uint64_t, bool);

	is(bs->locate_protocol(&guid_security2, NULL, (void **)&security), EFI_SUCCESS,
		"vouch: there is a protocol");
	own = security->authenticate;
	read(STR16("OTHER.EFI"));
	is(own(security, protocol_of(self, &guid_loaded_image_path), file, file_size, false),
		EFI_SUCCESS, "vouch: the firmware's own function, a digest in db");
	security->authenticate = vouch;
	is(load(STR16("CHANGED.EFI")), EFI_SUCCESS, "vouch: a function that says yes");
	is(asked, 1, "vouch: it was asked once");
	ok(asked_rightly, "vouch: for what was loaded");
	security->authenticate = forbid;
	is(load(STR16("PLAIN.EFI")), EFI_ACCESS_DENIED, "vouch: a function that says no");
	security->authenticate = own;
}

static void test_end(void)
{
	is(set(STR16("PK"), STR16("PKGONE")), EFI_SUCCESS, "end: PK deleted by its key");
	is(flag(STR16("SetupMode")), 1, "end: SetupMode");
	is(flag(STR16("SecureBoot")), 0, "end: SecureBoot");
	is(get(STR16("KEK")), EFI_SUCCESS, "end: KEK stays");
	is(load(STR16("OTHER.EFI")), EFI_SUCCESS, "end: a program signed by nobody");
}

/* ---- edk2's custom mode ---- */

static const struct guid guid_custom = { 0xc076ec0c, 0x7028, 0x4399,
	{ 0xa0, 0x72, 0x71, 0xee, 0x5c, 0x44, 0x8b, 0x9f } };

static efi_status set_custom(uint32_t with, uint64_t n, const char *bytes)
{
	return rt->set_variable(STR16("CustomMode"), &guid_custom, with, n, bytes);
}

static efi_status get_custom(void)
{
	size = sizeof(data);
	data[0] = 0xff;
	return rt->get_variable(STR16("CustomMode"), &guid_custom, &attributes, &size, data);
}

static void test_custom_variable(void)
{
	is(get_custom(), EFI_SUCCESS, "custom: the variable");
	ok(size == 1 && data[0] == 0, "custom: it is off");
	is(attributes, VAR_NV | VAR_BS, "custom: its attributes");
	is(set_custom(VAR_BS, 1, "\1"), EFI_INVALID_PARAMETER, "custom: volatile");
	is(set_custom(VAR_NV | VAR_BS | VAR_RT, 1, "\1"), EFI_INVALID_PARAMETER,
		"custom: at runtime, too");
	is(set_custom(VAR_NV | VAR_BS, 2, "\1\1"), EFI_INVALID_PARAMETER, "custom: two bytes");
	is(set_custom(0, 0, NULL), EFI_SUCCESS, "custom: deleted");
	is(get_custom(), EFI_NOT_FOUND, "custom: it is gone");
	is(set_custom(VAR_NV | VAR_BS, 1, "\2"), EFI_SUCCESS, "custom: neither on nor off");
}

/* dbx revokes the signer from a time on, and time stamps say when a signature was made. Nothing has to be newer now. */
static void test_stamps(void)
{
	set(STR16("db"), STR16("DB"));
	set(STR16("dbt"), STR16("DBTMORE"));
	is(set(STR16("dbx"), STR16("DBXLATER")), EFI_SUCCESS, "stamp: dbx, from a time to come on");
	is(load(STR16("SIGNED.EFI")), EFI_ACCESS_DENIED, "stamp: signed without one");
	is(load(STR16("STAMPED.EFI")), EFI_ACCESS_DENIED, "stamp: by nobody in dbt");
	is(set(STR16("dbt"), STR16("DBTTSA")), EFI_SUCCESS, "stamp: dbt");
	is(load(STR16("SIGNED.EFI")), EFI_ACCESS_DENIED, "stamp: signed without one, still");
	is(load(STR16("STAMPED.EFI")), EFI_SUCCESS, "stamp: by whom dbt vouches for");
	is(load(STR16("NOBODY.EFI")), EFI_ACCESS_DENIED, "stamp: by another than dbt's");
	is(load(STR16("ANOTHER.EFI")), EFI_ACCESS_DENIED, "stamp: of another signature");
	set(STR16("dbx"), STR16("DBXEARLIER"));
	is(load(STR16("STAMPED.EFI")), EFI_ACCESS_DENIED, "stamp: after it was revoked");
	set(STR16("dbx"), STR16("DBXEVER"));
	is(load(STR16("STAMPED.EFI")), EFI_ACCESS_DENIED, "stamp: revoked for all time");
	set(STR16("dbx"), STR16("DBXOTHER"));
	is(load(STR16("STAMPED.EFI")), EFI_SUCCESS, "stamp: not revoked");
}

/* A list without a signature: descriptors of nothing but a time. */
static efi_status set_list(const char16 *name, const char16 *from)
{
	static const uint8_t head[40] = { 0xe4, 0x07, 1, 1, [16] = 24, [21] = 2, [22] = 0xf1, 0x0e,
		0x9d, 0xd2, 0xaf, 0x4a, 0xdf, 0x68, 0xee, 0x49, 0x8a, 0xa9, 0x34, 0x7d, 0x37, 0x56,
		0x65, 0xa7 };

	file_size = 0;
	if (from)
		read(from);
	for (uint64_t i = 0; i < sizeof(head); i++)
		data[i] = head[i];
	for (uint64_t i = 0; i < file_size; i++)
		data[sizeof(head) + i] = file[i];
	return rt->set_variable(
		name, vendor_of(name), KEY_ATTRIBUTES, sizeof(head) + file_size, data);
}

static void test_chains(void)
{
	is(set_list(STR16("dbx"), NULL), EFI_SUCCESS, "chain: dbx gone");
	is(set_list(STR16("db"), STR16("DBE")), EFI_SUCCESS, "chain: an authority in db");
	is(load(STR16("NONE.EFI")), EFI_ACCESS_DENIED, "chain: what is between is not there");
	is(load(STR16("INTER.EFI")), EFI_SUCCESS, "chain: it is");
	is(load(STR16("DEEP.EFI")), EFI_SUCCESS, "chain: two between");
	is(load(STR16("FLAT.EFI")), EFI_SUCCESS, "chain: one that has none below");
	is(load(STR16("BELOW.EFI")), EFI_ACCESS_DENIED, "chain: one that may have none below");
	is(load(STR16("NOCA.EFI")), EFI_ACCESS_DENIED, "chain: by no authority");
	is(load(STR16("KEYCA.EFI")), EFI_ACCESS_DENIED, "chain: by its key's usage alone");
	is(load(STR16("ECCA.EFI")), EFI_ACCESS_DENIED, "chain: an authority with another key");
	is(load(STR16("ODDCA.EFI")), EFI_ACCESS_DENIED, "chain: an authority with more to it");
	is(load(STR16("EC.EFI")), EFI_ACCESS_DENIED, "chain: a signer with another key");
	is(load(STR16("ODD.EFI")), EFI_ACCESS_DENIED, "chain: a signer with more to it");
	is(load(STR16("KNOWN.EFI")), EFI_SUCCESS, "chain: a signer for something else");
	set_list(STR16("db"), STR16("KEYCAE"));
	is(load(STR16("KEYCA.EFI")), EFI_SUCCESS, "chain: by its key's usage, in db itself");
	set_list(STR16("db"), STR16("NOCAE"));
	is(load(STR16("NOCA.EFI")), EFI_ACCESS_DENIED, "chain: no authority, in db itself");
	set_list(STR16("db"), STR16("NOCALE"));
	is(load(STR16("NOCA.EFI")), EFI_ACCESS_DENIED, "chain: the signer in db, by no authority");
	set_list(STR16("db"), STR16("INTERLE"));
	is(load(STR16("INTER.EFI")), EFI_SUCCESS, "chain: the signer in db, by one");
	set_list(STR16("db"), STR16("ECCALE"));
	is(load(STR16("ECCA.EFI")), EFI_SUCCESS, "chain: the signer in db, by another key");
}

static void test_revoked_chains(void)
{
	set_list(STR16("db"), STR16("DBE"));
	set_list(STR16("dbx"), STR16("INTERX"));
	is(load(STR16("INTER.EFI")), EFI_SUCCESS, "chain: what is between, by digest in dbx");
	set_list(STR16("dbx"), STR16("INTERE"));
	is(load(STR16("INTER.EFI")), EFI_ACCESS_DENIED, "chain: what is between, itself in dbx");
	set_list(STR16("dbx"), STR16("INTERLX"));
	is(load(STR16("INTER.EFI")), EFI_ACCESS_DENIED, "chain: the signer, by digest in dbx");
	is(load(STR16("DEEP.EFI")), EFI_SUCCESS, "chain: another signer");
	set_list(STR16("dbx"), NULL);
}

static void test_tables(void)
{
	is(load(STR16("BYGUID.EFI")), EFI_SUCCESS, "table: PKCS #7 by its GUID");
	is(load(STR16("NOGUID.EFI")), EFI_ACCESS_DENIED, "table: another GUID");
	is(load(STR16("UNKNOWN.EFI")), EFI_SUCCESS, "table: an unknown kind first");
	is(load(STR16("EMPTY.EFI")), EFI_ACCESS_DENIED, "table: an empty entry first");
	is(load(STR16("EMPTYLAST.EFI")), EFI_ACCESS_DENIED, "table: an empty entry last");
	is(load(STR16("EMPTYGUID.EFI")), EFI_ACCESS_DENIED, "table: a GUID alone first");
	set_list(STR16("db"), STR16("P384E"));
	value("load: unsigned, SHA-384 in db", load(STR16("PLAIN.EFI")));
	set_list(STR16("db"), STR16("P256E"));
	is(load(STR16("PLAIN.EFI")), EFI_SUCCESS, "table: unsigned, SHA-256 in db");
	set_list(STR16("dbx"), STR16("P384E"));
	value("load: unsigned, SHA-384 in dbx", load(STR16("PLAIN.EFI")));
}

static void test_custom(void)
{
	test_custom_variable();
	is(set(STR16("PK"), STR16("PK")), EFI_SUCCESS, "custom: PK");
	is(set_unsigned(STR16("db"), STR16("DB")), EFI_SECURITY_VIOLATION,
		"custom: not on, db unsigned");
	is(set_custom(VAR_NV | VAR_BS, 1, "\1"), EFI_SUCCESS, "custom: on");
	is(set_unsigned(STR16("db"), STR16("DB")), EFI_SUCCESS, "custom: db, unsigned and older");
	is(set(STR16("db"), STR16("DB")), EFI_SUCCESS, "custom: db, the same time again");
	is(set_unsigned(STR16("dbx"), STR16("DBXOTHER")), EFI_SUCCESS, "custom: dbx, unsigned");
	is(load(STR16("OTHER.EFI")), EFI_ACCESS_DENIED, "custom: what dbx forbids");
	is(load(STR16("PLAIN.EFI")), EFI_ACCESS_DENIED, "custom: what nobody signed");
	is(load(STR16("SIGNED.EFI")), EFI_SUCCESS, "custom: what db allows");
	is(set_unsigned(STR16("dbt"), STR16("DBTMORE")), EFI_SUCCESS, "custom: dbt, unsigned");
	is(set_unsigned(STR16("dbr"), STR16("DBRMORE")), EFI_INVALID_PARAMETER, "custom: dbr");
	test_stamps();
	test_chains();
	test_revoked_chains();
	test_tables();
	is(set(STR16("KEK"), STR16("KEKBYKEK")), EFI_SUCCESS, "custom: KEK by KEK");
	is(set_unsigned(STR16("db"), STR16("DBWORDS")), EFI_INVALID_PARAMETER,
		"custom: db, no lists");
	is(set_as(STR16("db"), STR16("DB"), KEY_ATTRIBUTES & ~VAR_TIME), EFI_INVALID_PARAMETER,
		"custom: db, not authenticated");
	is(rt->set_variable(STR16("db"), &guid_security, KEY_ATTRIBUTES, 20, file),
		EFI_SECURITY_VIOLATION, "custom: db, a descriptor that is cut short");
	set(STR16("GuestKeys"), STR16("OWN"));
	is(set(STR16("GuestKeys"), STR16("OWNBY")), EFI_SECURITY_VIOLATION,
		"custom: what is no key, by another");
	is(set_unsigned(STR16("PK"), STR16("PKTWO")), EFI_INVALID_PARAMETER, "custom: a PK of two");
	is(set_unsigned(STR16("PK"), STR16("PKOTHER")), EFI_SUCCESS, "custom: PK, unsigned");
	is(flag(STR16("VendorKeys")), 0, "custom: VendorKeys");
	is(delete_as(STR16("PK"), STR16("PK"), KEY_ATTRIBUTES), EFI_SUCCESS, "custom: PK deleted");
	is(flag(STR16("SetupMode")), 1, "custom: SetupMode");
	is(flag(STR16("SecureBoot")), 0, "custom: SecureBoot");
	set_custom(VAR_NV | VAR_BS, 1, "");
}

void subject(void)
{
	test_supported();
	test_modes();
	test_descriptor();
	test_setup();
	test_own();
	test_user();
	test_images();
	test_vouching();
	test_end();
	test_custom();
}
