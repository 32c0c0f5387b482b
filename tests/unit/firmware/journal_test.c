/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Journals of variable stores: replayed with the same answers, or not. */
#include <stdlib.h>

#include "base/xalloc.h"
#include "firmware/explore/journal.h"
#include "firmware/explore/variants.h"
#include "tap.h"

#define NV_BS (VAR_NON_VOLATILE | VAR_BOOT_SERVICE)

static const struct guid ours = { { 1, 2, 3 } };
static const uint16_t a[] = { 'A', 0 }, b[] = { 'B', 0 }, nothing[] = { 0 };

static struct vars *store(const char *policy, const char *value)
{
	struct vars *v = vars_new();

	if (value)
		vars_set(v, a, ours, NV_BS, value, strlen(value), false);
	vars_set_policy(v, var_policy_find(policy));
	return v;
}

static struct buf journal;

static bool replays(struct vars *take_v)
{
	bool r = journal_replay(take_v, buf_bytes(&journal), journal.len);

	vars_free(take_v);
	return r;
}

/* A variant with a journal. */
static struct variants *begin(struct vars *take_v)
{
	struct variants *vs = variants_new();

	variants_add(vs, (struct variant){ .vars = take_v, .disks = "I" });

	buf_reset(&journal);
	vs->journal = &journal;
	return vs;
}

static void test_get(void)
{
	struct variants *vs = begin(store("stored", "one"));

	var_store_get(&vs->store, a, ours, false);
	var_store_get(&vs->store, b, ours, false);
	variants_free(vs);
	ok(replays(store("dropped", "one")), "the same values are the same answers");
	ok(!replays(store("stored", "two")), "another value is another one");
	ok(!replays(store("stored", NULL)), "so is none");
}

static void test_set(void)
{
	struct variants *vs = begin(store("write-protected", NULL));
	CLEANUP(vars_free) struct vars *v = store("stored", NULL);

	var_store_set(&vs->store, a, ours, NV_BS, "x", 1, false);
	variants_free(vs);
	ok(replays(store("write-protected", NULL)), "a write is refused with the same status");
	ok(!replays(store("unsupported", NULL)), "or another one");
	ok(!journal_replay(v, buf_bytes(&journal), journal.len), "or succeeds");
	ok(vars_get(v, a, ours, false), "which changes the store that it is replayed to");
}

static void test_others(void)
{
	struct variants *vs = begin(store("stored", "one"));
	struct var_info info;
	efi_status status;

	var_store_define(&vs->store, "BootCurrent", "\1", 2);
	var_store_define_missing(&vs->store, "BootCurrent", "\2", 2);
	var_store_global(&vs->store, "BootCurrent");
	var_store_keep_option(&vs->store, "\x7f\xff\4", 4);
	var_store_next(&vs->store, nothing, ours, false, &status);
	var_store_query(&vs->store, NV_BS, false, &info);
	variants_free(vs);
	ok(replays(store("stored", "one")), "globals, names and sizes");
	ok(!replays(store("stored", NULL)), "where there is no such name");
	ok(!replays(store("full", "one")), "and where there is less room");
	buf_reset(&journal);
	journal_private(&journal);
	ok(!replays(store("stored", "one")), "what a variant was told alone can't be told another");
}

/* What the firmware keeps of a boot without an option shows where it is asked for, and only there. */
static void test_options(void)
{
	static const char *const asked[] = { "BootOrder", "Boot0000", "BootCurrent" };

	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		CLEANUP(vars_free) struct vars *keeps = store("stored", NULL);
		struct variants *vs = begin(store("stored", NULL));
		struct vars *other = store("stored", NULL);

		vars_keep_options(keeps);
		vars_keep_options(other);
		var_store_keep_option(&vs->store, "\x7f\xff\4", 4);
		var_store_define(&vs->store, "Timeout", "\0", 2);
		ok(replays(vars_copy(keeps)), "%s: not asked for, it makes no difference",
			asked[i]);
		var_store_global(&vs->store, asked[i]);
		variants_free(vs);
		ok(!replays(other), "%s: asked for, it does", asked[i]);
	}
}

static void count(void *ctx, const uint16_t *name, efi_status status)
{
	*(unsigned *)ctx += name[0] == 'A' && !name[1] ? 1 : 10;
	*(unsigned *)ctx += status == EFI_WRITE_PROTECTED ? 100 : 1000;
}

static void test_kept(void)
{
	struct variants *vs = begin(store("write-protected", NULL));
	unsigned n = 0;

	var_store_get(&vs->store, a, ours, false);
	var_store_set(&vs->store, a, ours, NV_BS, "x", 1, false);
	var_store_set(&vs->store, b, ours, VAR_BOOT_SERVICE, "x", 1, false);
	var_store_set(&vs->store, a, ours, 0, NULL, 0, false);
	variants_free(vs);
	journal_each_kept(buf_bytes(&journal), journal.len, count, &n);
	is_int(n, 101, "writes that shall outlive the boot are told, with their status");
}

/* Whatever is in it, it is no more than wrong. */
static void test_malformed(void)
{
	struct variants *vs = begin(store("stored", NULL));
	CLEANUP(xfree) uint8_t *bytes = NULL;
	unsigned replayed = 0;

	var_store_set(&vs->store, a, ours, NV_BS, "xyz", 3, false);
	var_store_get(&vs->store, a, ours, false);
	var_store_global(&vs->store, "Boot0000");
	variants_free(vs);
	for (size_t i = 0; i < journal.len; i++) {
		CLEANUP(vars_free) struct vars *v = store("stored", NULL);
		CLEANUP(vars_free) struct vars *w = store("stored", NULL);

		bytes = xmemdup(buf_bytes(&journal), journal.len);
		bytes[i] ^= 0xff;
		journal_replay(v, bytes, journal.len);
		free(TAKE(bytes));
		bytes = xmemdup(buf_bytes(&journal), i + 1);
		replayed += journal_replay(w, bytes, i + 1);
		free(TAKE(bytes));
	}
	is_int(replayed, 3, "cut off, it is one only between two entries");
}

int main(void)
{
	test_get();
	test_set();
	test_others();
	test_options();
	test_kept();
	test_malformed();
	buf_release(&journal);
	return tap_done();
}
