/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The variable store, clause by clause of UEFI 2.10 8.2 and 3.3. */
#include <stdlib.h>

#include "base/xalloc.h"
#include "firmware/vars/vars.h"
#include "tap.h"
#include "uefi/protocols.h"
#include "wide.h"

#define BS       VAR_BOOT_SERVICE
#define BS_RT    (VAR_BOOT_SERVICE | VAR_RUNTIME)
#define NV_BS    (VAR_NON_VOLATILE | BS)
#define NV_BS_RT (VAR_NON_VOLATILE | BS_RT)

static const struct guid ours = { { 1, 2, 3 } }, other = { { 3, 2, 1 } };

static efi_status set_of(struct vars *v, const char *name, struct guid vendor, uint32_t attributes,
	const char *text, bool at_runtime)
{
	return vars_set(v, wide(name).u, vendor, attributes, text, strlen(text), at_runtime);
}

static efi_status set(struct vars *v, const char *name, uint32_t attributes, const char *text)
{
	return set_of(v, name, ours, attributes, text, false);
}

static const struct variable *get(const struct vars *v, const char *name)
{
	return vars_get(v, wide(name).u, ours, false);
}

static bool holds(const struct vars *v, const char *name, const char *text)
{
	const struct variable *var = get(v, name);

	return var && var->size == strlen(text) && memcmp(var->data, text, var->size) == 0;
}

static void test_reading_and_writing(void)
{
	CLEANUP(vars_free) struct vars *v = vars_new();

	ok(!get(v, "A"), "an empty store has nothing");
	is_int(set(v, "A", NV_BS_RT, "one"), EFI_SUCCESS, "a variable is made");
	ok(holds(v, "A", "one"), "and read");
	is_int(get(v, "A")->attributes, NV_BS_RT, "with its attributes");
	is_int(get(v, "A")->name_units, 1, "and its name");
	ok(!get(v, "a"), "names know upper and lower case");
	ok(!vars_get(v, wide("A").u, other, false), "the vendor is part of the name");
	is_int(set_of(v, "A", other, BS, "theirs", false), EFI_SUCCESS, "so both can exist");
	is_int(set(v, "A", NV_BS_RT, "another"), EFI_SUCCESS, "it is replaced");
	ok(holds(v, "A", "another"), "by the new value");
	is_int(set(v, "", NV_BS_RT, "x"), EFI_INVALID_PARAMETER, "an empty name is refused");
	is_int(vars_set(v, wide("N").u, ours, BS, NULL, 4, false), EFI_INVALID_PARAMETER,
		"a size without data is refused");
}

static void test_attributes(void)
{
	CLEANUP(vars_free) struct vars *v = vars_new();

	is_int(set(v, "A", VAR_RUNTIME, "x"), EFI_INVALID_PARAMETER, "RT needs BS");
	is_int(set(v, "A", NV_BS_RT | 0x100, "x"), EFI_INVALID_PARAMETER, "reserved bits");
	is_int(set(v, "A", VAR_NON_VOLATILE | VAR_AUTH_WRITE, "x"), EFI_UNSUPPORTED,
		"the deprecated attribute is unsupported beside nothing but non-volatile, too");
	is_int(set(v, "A", NV_BS_RT | VAR_AUTH_WRITE, "x"), EFI_UNSUPPORTED,
		"the deprecated way to authenticate is not supported");
	is_int(set(v, "A", NV_BS_RT | VAR_ENHANCED, "x"), EFI_INVALID_PARAMETER,
		"the enhanced one is none");
	is_int(set(v, "A", NV_BS_RT | VAR_TIME_AUTH, "x"), EFI_SECURITY_VIOLATION,
		"a signed write passes no check here");
	is_int(set(v, "A", BS_RT | VAR_HW_ERROR, "x"), EFI_INVALID_PARAMETER,
		"a volatile error record is refused");
	is_int(set(v, "A", NV_BS_RT | VAR_HW_ERROR, "x"), EFI_INVALID_PARAMETER,
		"error records are not kept");
	ok(!get(v, "A"), "none of these made it");

	set(v, "A", NV_BS_RT, "x");
	is_int(set(v, "A", NV_BS, "y"), EFI_INVALID_PARAMETER, "other attributes: RT taken off");
	is_int(set(v, "A", BS_RT, "y"), EFI_INVALID_PARAMETER, "other attributes: NV taken off");
	is_int(vars_set(v, wide("A").u, ours, BS_RT, NULL, 0, false), EFI_INVALID_PARAMETER,
		"other attributes, even to delete it");
	ok(holds(v, "A", "x"), "and it is as it was");
	is_int(get(v, "A")->attributes, NV_BS_RT, "attributes too");
}

static void test_deletion(void)
{
	CLEANUP(vars_free) struct vars *v = vars_new();

	set(v, "A", NV_BS_RT, "x");
	is_int(set(v, "A", NV_BS_RT, ""), EFI_SUCCESS, "size 0 deletes");
	ok(!get(v, "A"), "it is gone");
	is_int(set(v, "A", NV_BS_RT, ""), EFI_NOT_FOUND, "what is not there is not deleted");
	set(v, "A", NV_BS_RT, "x");
	is_int(set(v, "A", 0, "ignored"), EFI_SUCCESS, "no attributes: deletes");
	ok(!get(v, "A"), "it is gone");
	set(v, "A", NV_BS_RT, "x");
	is_int(set(v, "A", VAR_NON_VOLATILE, "x"), EFI_INVALID_PARAMETER,
		"no access attributes, but others: refused, as edk2 does");
	ok(holds(v, "A", "x"), "it is there");
	set(v, "A", 0, "");
	is_int(set(v, "A", BS, "y"), EFI_SUCCESS, "and can come back with others");
	ok(holds(v, "A", "y"), "with its value");
}

static void test_appending(void)
{
	CLEANUP(vars_free) struct vars *v = vars_new();

	is_int(set(v, "A", NV_BS_RT | VAR_APPEND, ""), EFI_SUCCESS, "nothing appended to nothing");
	ok(!get(v, "A"), "makes nothing");
	is_int(set(v, "A", NV_BS_RT | VAR_APPEND, "ab"), EFI_SUCCESS, "appending makes it");
	is_int(get(v, "A")->attributes, NV_BS_RT, "APPEND is not stored");
	is_int(set(v, "A", NV_BS_RT | VAR_APPEND, "cd"), EFI_SUCCESS, "appending");
	ok(holds(v, "A", "abcd"), "adds to the end");
	is_int(set(v, "A", NV_BS_RT | VAR_APPEND, ""), EFI_SUCCESS, "appending nothing");
	ok(holds(v, "A", "abcd"), "leaves it");
	is_int(set(v, "A", BS_RT | VAR_APPEND, "e"), EFI_INVALID_PARAMETER,
		"appending with other attributes is refused");
	is_int(set(v, "A", NV_BS_RT, "new"), EFI_SUCCESS, "without APPEND it is replaced");
	ok(holds(v, "A", "new"), "as a whole");
}

static void test_sizes(void)
{
	CLEANUP(vars_free) struct vars *v = vars_new();
	CLEANUP(xfree) uint8_t *big = xcalloc(1, VAR_KEPT_MAX);
	struct name a = wide("A");
	char name[8];
	unsigned n = 0;

	is_int(vars_set(v, a.u, ours, NV_BS, big, VAR_KEPT_MAX - 4, false), EFI_SUCCESS,
		"the largest, its name included");
	is_int(vars_set(v, a.u, ours, NV_BS, big, VAR_KEPT_MAX - 3, false), EFI_INVALID_PARAMETER,
		"one byte more");
	is_int(vars_set(v, a.u, ours, NV_BS, big, SIZE_MAX, false), EFI_INVALID_PARAMETER,
		"a size that would wrap round");
	is_int(vars_set(v, a.u, ours, NV_BS | VAR_APPEND, big, 1, false), EFI_OUT_OF_RESOURCES,
		"appending beyond it");
	is_int(get(v, "A")->size, VAR_KEPT_MAX - 4, "it is as it was");
	do
		snprintf(name, sizeof(name), "B%u", n++);
	while (vars_set(v, wide(name).u, ours, NV_BS, big, VAR_KEPT_MAX / 2, false) == EFI_SUCCESS);
	ok(n > 100 && n < 140, "the store is full after %u", n);
	is_int(vars_set(v, wide(name).u, ours, NV_BS, big, VAR_KEPT_MAX / 2, false),
		EFI_OUT_OF_RESOURCES, "and says so");
	is_int(vars_set(v, wide(name).u, ours, BS, big, VAR_KEPT_MAX / 2, false), EFI_SUCCESS,
		"volatile ones have their own");
	is_int(vars_set(v, a.u, ours, NV_BS, big, VAR_KEPT_MAX - 4, false), EFI_SUCCESS,
		"what is replaced needs no second room");
	is_int(vars_set(v, a.u, ours, NV_BS, NULL, 0, false), EFI_SUCCESS, "deleting");
	is_int(vars_set(v, wide("C").u, ours, NV_BS, big, VAR_KEPT_MAX / 2, false), EFI_SUCCESS,
		"makes room");
}

static void test_order(void)
{
	CLEANUP(vars_free) struct vars *v = vars_new();
	const struct variable *var;
	efi_status status = EFI_SUCCESS;

	ok(!vars_next(v, wide("").u, ours, false, &status), "an empty store has no first");
	is_int(status, EFI_NOT_FOUND, "which is the end");
	set(v, "Z", BS, "1");
	set(v, "A", BS_RT, "2");
	set_of(v, "Z", other, NV_BS_RT, "3", false);
	set(v, "Z", BS, "again");
	var = vars_next(v, wide("").u, other, false, &status);
	ok(var && var->name[0] == 'Z' && guid_eq(var->vendor, ours), "the first that was made");
	var = vars_next(v, var->name, var->vendor, false, &status);
	ok(var && var->name[0] == 'A', "the second");
	var = vars_next(v, var->name, var->vendor, false, &status);
	ok(var && var->name[0] == 'Z' && guid_eq(var->vendor, other), "the third");
	is_int(status, EFI_SUCCESS, "and no error");
	ok(!vars_next(v, var->name, var->vendor, false, &status), "then no more");
	is_int(status, EFI_NOT_FOUND, "with EFI_NOT_FOUND");
	ok(!vars_next(v, wide("no").u, ours, false, &status), "after one that is not there");
	is_int(status, EFI_INVALID_PARAMETER, "is a wrong argument");
	var = vars_next(v, wide("").u, ours, true, &status);
	ok(var && var->name[0] == 'A', "at runtime the first is the first that is visible");
	ok(!vars_next(v, wide("Z").u, ours, true, &status), "after one that is not visible");
	is_int(status, EFI_INVALID_PARAMETER, "is a wrong argument too");
}

static void test_runtime(void)
{
	CLEANUP(vars_free) struct vars *v = vars_new();

	set(v, "boot", NV_BS, "x");
	set(v, "volatile", BS_RT, "x");
	set(v, "kept", NV_BS_RT, "x");
	ok(!vars_get(v, wide("boot").u, ours, true), "without RT it cannot be read at runtime");
	ok(vars_get(v, wide("volatile").u, ours, true), "with RT it can, volatile");
	ok(vars_get(v, wide("kept").u, ours, true), "or not");
	is_int(set_of(v, "kept", ours, NV_BS_RT, "y", true), EFI_SUCCESS, "NV and RT: written");
	is_int(set_of(v, "volatile", ours, BS_RT, "y", true), EFI_WRITE_PROTECTED,
		"volatile: read-only at runtime");
	is_int(set_of(v, "boot", ours, NV_BS, "y", true), EFI_WRITE_PROTECTED,
		"not visible: not written");
	is_int(set_of(v, "new", ours, BS_RT, "y", true), EFI_INVALID_PARAMETER,
		"no volatile one is made at runtime");
	is_int(set_of(v, "new", ours, NV_BS, "y", true), EFI_INVALID_PARAMETER,
		"nor one that would not be visible");
	is_int(set_of(v, "new", ours, NV_BS_RT, "y", true), EFI_SUCCESS, "NV and RT: made");
	is_int(set_of(v, "kept", ours, NV_BS_RT, "", true), EFI_SUCCESS, "and deleted");
}

static void test_information(void)
{
	CLEANUP(vars_free) struct vars *v = vars_new();
	struct var_info info, after;

	is_int(vars_query(v, NV_BS_RT, false, &info), EFI_SUCCESS, "QueryVariableInfo");
	is_int(info.storage, VAR_STORE_SIZE, "the storage");
	is_int(info.remaining, VAR_STORE_SIZE, "all of it free");
	is_int(info.largest, VAR_KEPT_MAX, "the largest variable");
	set(v, "A", NV_BS, "1234");
	is_int(vars_query(v, NV_BS, false, &after), EFI_SUCCESS, "again");
	is_int(info.remaining - after.remaining, VAR_OVERHEAD + 4 + 4, "a variable takes its room");
	is_int(vars_query(v, BS_RT, false, &after), EFI_SUCCESS, "of volatile ones");
	is_int(after.remaining, VAR_STORE_SIZE, "it takes none");
	is_int(vars_query(v, 0, false, &info), EFI_INVALID_PARAMETER, "no attributes");
	is_int(vars_query(v, VAR_RUNTIME, false, &info), EFI_INVALID_PARAMETER, "RT without BS");
	is_int(vars_query(v, VAR_NON_VOLATILE, false, &info), EFI_INVALID_PARAMETER, "no access");
	is_int(vars_query(v, NV_BS, true, &info), EFI_INVALID_PARAMETER, "BS alone at runtime");
	is_int(vars_query(v, NV_BS_RT | VAR_AUTH_WRITE, false, &info), EFI_UNSUPPORTED,
		"the deprecated one");
}

static efi_status set_global(struct vars *v, const char *name, uint32_t attributes)
{
	return set_of(v, name, uefi_global_variable, attributes, "xx", false);
}

static void test_globals(void)
{
	CLEANUP(vars_free) struct vars *v = vars_new();
	uint8_t zero = 0;

	vars_define(v, "SecureBoot", &zero, 1);
	is_int(vars_global(v, "SecureBoot")->attributes, BS_RT, "SecureBoot is volatile");
	is_int(set_global(v, "SecureBoot", BS_RT), EFI_WRITE_PROTECTED, "and not the guest's");
	is_int(set_global(v, "SecureBoot", 0), EFI_WRITE_PROTECTED, "nor to be deleted");
	is_int(set_global(v, "SetupMode", BS_RT), EFI_WRITE_PROTECTED, "even when it is missing");
	is_int(set_global(v, "BootNext", BS_RT), EFI_INVALID_PARAMETER, "BootNext is non-volatile");
	is_int(set_global(v, "BootNext", NV_BS_RT), EFI_SUCCESS, "and is set so");
	is_int(set_global(v, "Boot00AF", NV_BS), EFI_INVALID_PARAMETER, "an option is RT");
	is_int(set_global(v, "Boot00AF", NV_BS_RT), EFI_SUCCESS, "and is set so");
	is_int(set_global(v, "Boot00af", NV_BS_RT), EFI_INVALID_PARAMETER,
		"lower case is no option, and UEFI has no other names");
	is_int(set_global(v, "Boot00af", 0), EFI_NOT_FOUND, "which can't be deleted");
	is_int(set_global(v, "PK", NV_BS_RT), EFI_INVALID_PARAMETER, "keys want authentication");
	is_int(set_global(v, "PK", NV_BS_RT | VAR_TIME_AUTH), EFI_SECURITY_VIOLATION,
		"which nobody passes");
	vars_define(v, "BootNext", NULL, 0);
	ok(!vars_global(v, "BootNext"), "the firmware deletes BootNext");
	is_int(set(v, "SecureBoot", NV_BS, "x"), EFI_SUCCESS, "other vendors may use the names");
}

static void test_reset_and_copy(void)
{
	CLEANUP(vars_free) struct vars *v = vars_new();
	CLEANUP(vars_free) struct vars *copy = NULL;

	set(v, "A", BS_RT, "volatile");
	set(v, "B", NV_BS, "kept");
	set(v, "C", BS, "volatile");
	copy = vars_copy(v);
	vars_reset(v);
	ok(!get(v, "A") && !get(v, "C"), "a reset drops volatile ones");
	ok(holds(v, "B", "kept"), "and keeps the others");
	ok(holds(copy, "A", "volatile") && holds(copy, "B", "kept"), "a copy is apart");
}

/* A policy that refuses what is non-volatile and forgets the rest. */
static void test_policies(void)
{
	static const struct {
		const char *name;
		efi_status non_volatile, transient;
		bool kept, there;
	} want[] = {
		{ "stored", EFI_SUCCESS, EFI_SUCCESS, true, true },
		{ "dropped", EFI_SUCCESS, EFI_SUCCESS, false, true },
		{ "write-protected", EFI_WRITE_PROTECTED, EFI_SUCCESS, false, true },
		{ "unsupported", EFI_UNSUPPORTED, EFI_SUCCESS, false, true },
		{ "full", EFI_OUT_OF_RESOURCES, EFI_SUCCESS, false, true },
		{ "all-dropped", EFI_SUCCESS, EFI_SUCCESS, false, false },
		{ "all-write-protected", EFI_WRITE_PROTECTED, EFI_WRITE_PROTECTED, false, false },
		{ "all-unsupported", EFI_UNSUPPORTED, EFI_UNSUPPORTED, false, false },
		{ "all-full", EFI_OUT_OF_RESOURCES, EFI_OUT_OF_RESOURCES, false, false },
	};

	ok(!var_policy_find("no such"), "other policies are not known");
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		CLEANUP(vars_free) struct vars *v = vars_new();
		const char *name = want[i].name;

		vars_set_policy(v, var_policy_find(name));
		ok(set(v, "A", NV_BS, "x") == want[i].non_volatile, "%s: what shall be kept", name);
		ok(set(v, "B", BS, "x") == want[i].transient, "%s: what shall not", name);
		ok(!!get(v, "A") == want[i].kept && !!get(v, "B") == want[i].there,
			"%s: and what becomes of them", name);
		ok(set(v, "C", VAR_RUNTIME, "x") == EFI_INVALID_PARAMETER,
			"%s: the rules come first", name);
		vars_define(v, "Timeout", "xx", 2);
		ok(vars_global(v, "Timeout"), "%s: the firmware is above it", name);
	}
}

static void test_full(void)
{
	CLEANUP(vars_free) struct vars *v = vars_new();
	struct var_info info;

	set(v, "A", NV_BS, "x");
	vars_set_policy(v, var_policy_find("full"));
	is_int(set(v, "A", NV_BS, "y"), EFI_OUT_OF_RESOURCES, "what is there is not replaced");
	is_int(vars_query(v, NV_BS, false, &info), EFI_SUCCESS, "it can be asked");
	is_int(info.remaining, 0, "there is no room");
	is_int(vars_query(v, BS, false, &info), EFI_SUCCESS, "and for the volatile");
	ok(info.remaining > 0, "there is");
	is_int(set(v, "A", NV_BS, ""), EFI_SUCCESS, "but what is there can be deleted");
	ok(!get(v, "A"), "and is");
}

static void test_same(void)
{
	CLEANUP(vars_free) struct vars *a = vars_new(), *b = vars_new();

	set(a, "A", NV_BS, "1");
	set(a, "B", NV_BS, "2");
	set(b, "B", NV_BS, "2");
	ok(!vars_same_kept(a, b), "one is missing");
	set(b, "A", NV_BS, "1");
	ok(vars_same_kept(a, b), "the same, in another order");
	set(b, "V", BS, "3");
	ok(vars_same_kept(a, b), "what is volatile does not count");
	set(b, "A", NV_BS, "3");
	ok(!vars_same_kept(a, b), "another value");
}

/* The names of all, one after the other. */
static void is_order(const struct vars *v, const char *want, const char *what)
{
	const struct variable *var = NULL;
	char names[32] = { 0 };
	efi_status status;
	size_t n = 0;

	while (n < sizeof(names) - 1 &&
		(var = vars_next(v, var ? var->name : (const uint16_t[]){ 0 },
			 var ? var->vendor : uefi_global_variable, false, &status)))
		names[n++] = (char)var->name[0];
	is_str(names, want, what);
}

static void test_order_of_kept(void)
{
	CLEANUP(vars_free) struct vars *v = vars_new();

	set(v, "C", NV_BS, "1");
	set(v, "V", BS, "1");
	set(v, "A", NV_BS, "1");
	set(v, "T", BS, "1");
	set(v, "B", NV_BS, "1");
	is_order(v, "VTABC",
		"the volatile ones as they were made, then those that are kept by name");
	vars_reset(v);
	set(v, "V", BS, "1");
	is_order(v, "VABC", "which a later power-on doesn't change");
	set(v, "B", NV_BS, "");
	set(v, "B", NV_BS, "2");
	is_order(v, "VABC", "nor does one that is made anew");
}

/* What is refused anyway is not looked at whole. */
static void test_deciding_size(void)
{
	is_int(vars_deciding_size(VAR_NON_VOLATILE, VAR_KEPT_MAX), VAR_KEPT_MAX, "all that fits");
	is_int(vars_deciding_size(VAR_NON_VOLATILE, 256u << 20), VAR_KEPT_MAX + 1,
		"of 256 MiB no more than what is too much");
	is_int(vars_deciding_size(VAR_TIME_AUTH, VAR_SIGNED_MAX + VAR_AUTH_MAX),
		VAR_SIGNED_MAX + VAR_AUTH_MAX, "and a signature beside");
	is_int(vars_deciding_size(VAR_TIME_AUTH, UINT64_MAX), VAR_SIGNED_MAX + VAR_AUTH_MAX + 1,
		"which has an end, too");
}

/* Which number the option of the default medium gets (vars_keep_option()). */
static void test_kept_option(void)
{
	static const uint8_t device[] = { 0x7f, 0xff, 4, 0 },
			     another[] = { 4, 8, 4, 0, 0x7f, 0xff, 4, 0 };
	CLEANUP(vars_free) struct vars *v = vars_new();
	const struct variable *var;

	vars_keep_option(v, device, sizeof(device));
	ok(!vars_global(v, "Boot0000"), "a machine that keeps none makes none");
	vars_keep_options(v);
	vars_define(v, "Boot0001", "x", 1);
	vars_define(v, "Boot0000", "x", 1);
	vars_define(v, "Boot000a", "x", 1);
	vars_define(v, "Boot00002", "x", 1);
	set_of(v, "Boot0002", ours, BS, "x", false);
	vars_keep_option(v, device, sizeof(device));
	ok(vars_global(v, "Boot0002"), "3.1.3: the lowest number that no option has");
	is_int(vars_global(v, "BootCurrent")->data[0], 2, "is the current one");
	vars_keep_option(v, device, sizeof(device));
	ok(!vars_global(v, "Boot0003"), "one that is there is found");
	var = vars_global(v, "Boot0002");
	vars_define(v, "Boot0001", var->data, var->size);
	vars_keep_option(v, device, sizeof(device));
	is_int(vars_global(v, "BootCurrent")->data[0], 1,
		"and the lowest of those, whatever was made first");
	for (unsigned i = 0; i < 0xabcd; i += 0x111) {
		char name[16];

		snprintf(name, sizeof(name), "Boot%04X", i);
		vars_define(v, name, "x", 1);
	}
	vars_define(v, "Boot0003", "x", 1);
	vars_keep_option(v, another, sizeof(another));
	ok(vars_global(v, "Boot0004") && !vars_global(v, "Boot0005"), "a gap is filled");
	is_int(vars_global(v, "BootOrder")->size, 6, "each of them is in the order once");
}

int main(void)
{
	test_reading_and_writing();
	test_attributes();
	test_deletion();
	test_appending();
	test_sizes();
	test_order();
	test_runtime();
	test_information();
	test_globals();
	test_reset_and_copy();
	test_policies();
	test_full();
	test_same();
	test_order_of_kept();
	test_deciding_size();
	test_kept_option();
	return tap_done();
}
