/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Variants: which answers split them, and what each process is left with. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "firmware/explore/pending.h"
#include "firmware/explore/variants.h"
#include "firmware/trace/trace.h"
#include "tap.h"
#include "wide.h"

#define BS    VAR_BOOT_SERVICE
#define NV_BS (VAR_NON_VOLATILE | BS)

static const struct guid ours = { { 1, 2, 3 } };

struct splitting {
	unsigned times, classes, keep;
	unsigned class_of[VARIANTS_MAX];
};

static void on_split(
	void *ctx, struct variants *vs, const unsigned class_of[VARIANTS_MAX], unsigned n)
{
	struct splitting *p = ctx;

	p->times++;
	p->classes = n;
	memcpy(p->class_of, class_of, vs->n * sizeof(*class_of));
	variants_keep(vs, class_of, p->keep);
}

static struct variants *three_variants(struct splitting *p)
{
	static const char *const policies[] = { "stored", "dropped", "full" };
	struct variants *vs = variants_new();

	for (unsigned i = 0; i < ARRAY_SIZE(policies); i++) {
		struct vars *v = vars_new();

		vars_set_policy(v, var_policy_find(policies[i]));
		variants_add(vs, (struct variant){ .id = i,
					 .vars = v,
					 .disks = "I",
					 .facts = i == 2 ? PLATFORM_TPM : 0 });
	}
	vs->split = on_split;
	vs->ctx = p;
	return vs;
}

static void test_splitting(void)
{
	for (unsigned keep = 0; keep < 2; keep++) {
		struct splitting p = { .keep = keep };
		CLEANUP(variants_free) struct variants *vs = three_variants(&p);

		is_int(var_store_set(&vs->store, wide("V").u, ours, BS, "x", 1, false), EFI_SUCCESS,
			"what all store");
		ok(var_store_get(&vs->store, wide("V").u, ours, false), "is found");
		is_int(p.times, 0, "without splitting anybody");
		is_int(var_store_set(&vs->store, wide("A").u, ours, NV_BS, "x", 1, false),
			keep ? EFI_OUT_OF_RESOURCES : EFI_SUCCESS,
			"each process has its own answer");
		ok(p.times == 1 && p.classes == 2 && p.class_of[1] == 0 && p.class_of[2] == 1,
			"one that is full is split from those that say yes");
		is_int(vs->n, keep ? 1 : 2, "the others are not here any more");
	}
}

static void test_reading(void)
{
	struct splitting p = { .keep = 1 };
	CLEANUP(variants_free) struct variants *vs = three_variants(&p);
	efi_status status;
	struct var_info info;

	vars_define(vs->v[0].vars, "Timeout", "aa", 2);
	var_store_define_missing(&vs->store, "Timeout", "bb", 2);
	ok(!memcmp(var_store_global(&vs->store, "Timeout")->data, "bb", 2), "a value splits, too");
	is_int(vs->n, 2, "two have the same");
	p.keep = 0;
	ok(var_store_next(&vs->store, wide("").u, ours, false, &status), "names that are the same");
	is_int(var_store_query(&vs->store, BS, false, &info), EFI_SUCCESS, "and room that is");
	is_int(p.times, 1, "split nobody");
	is_int(var_store_query(&vs->store, NV_BS, false, &info), EFI_SUCCESS, "room that is not");
	is_int(vs->n, 1, "does");
	is_int(vs->v[0].id, 1, "who is left knows who it is");
	ok(info.remaining > 0 && !platform_has(&vs->platform, PLATFORM_TPM),
		"and has its own answer");
}

/* ---- the platform ---- */

static void emit_view(void *ctx, const struct platform_view *view)
{
	trace_begin(ctx, "view");
	trace_u64(ctx, "id", view->id);
	trace_end(ctx);
}

static void is_second(void *ctx, const struct platform_view *view, struct buf *out)
{
	(void)ctx;
	buf_add_text(out, view->id == 1 ? "yes" : "no");
}

static void on_note(void *ctx, unsigned id, const char *text, size_t len)
{
	(void)ctx;
	ok(len && strchr(text, (char)('0' + id)), "each is told of itself");
}

static void test_looking_ahead(void)
{
	struct splitting p = { .keep = 1 };
	CLEANUP(variants_free) struct variants *vs = three_variants(&p);
	struct trace trace;

	trace_init(&trace, -1, 0, NULL);
	vs->trace = &trace;
	vs->note = on_note;
	platform_each(&vs->platform, emit_view, &trace);
	ok(!trace.out.len && p.times == 0, "looking ahead splits nobody, and what is told waits");
	is_int(platform_agree(&vs->platform, is_second, NULL), 1, "an answer splits");
	ok(p.times == 1 && vs->n == 1 && vs->v[0].id == 1, "those that have another one");
	is_int(platform_agree(&vs->platform, is_second, NULL), 1, "once");
	pending_finish(vs);
	ok(trace.out.len && p.times == 1, "what one is told it has for itself");
	trace_release(&trace);
}

static void test_view(void)
{
	struct splitting p = { .keep = 0 };
	CLEANUP(variants_free) struct variants *vs = three_variants(&p);
	const struct platform_view *view;

	vs->v[1].disks = "EI";
	vs->v[0].facts |= PLATFORM_REMOVABLE;
	view = platform_view(&vs->platform);
	ok(p.times == 2 && vs->n == 1,
		"the machine as it is: its disks and its media are asked for");
	ok(view->id == 0 && view->removable && strcmp(view->disks, "I") == 0, "and seen");
}

/* ---- a machine that is known beforehand ---- */

static void test_fixed(void)
{
	CLEANUP(vars_free) struct vars *v = vars_new();
	struct trace trace;
	struct var_store_plain store;
	struct platform_fixed fixed;

	var_store_plain_init(&store, v);
	platform_fixed_init(&fixed, PLATFORM_TPM | PLATFORM_REMOVABLE, "cI");
	trace_init(&trace, -1, 0, NULL);
	ok(platform_has(&fixed.platform, PLATFORM_TPM) &&
			!platform_has(&fixed.platform, PLATFORM_ACPI),
		"it has what it has");
	ok(strcmp(platform_disks(&fixed.platform), "cI") == 0, "these disks");
	ok(platform_view(&fixed.platform)->removable, "on such a medium");
	platform_each(&fixed.platform, emit_view, &trace);
	ok(strstr(text_str(&trace.out), "\"view\""), "what it sees it tells at once");
	trace_release(&trace);
	is_int(platform_agree(&fixed.platform, is_second, NULL), 0, "it always agrees");
	var_store_define(&store.store, "Timeout", "aa", 2);
	var_store_define_missing(&store.store, "Timeout", "bb", 2);
	ok(!memcmp(var_store_peek(&store.store, 0, "Timeout")->data, "aa", 2) &&
			vars_global(v, "Timeout") == var_store_global(&store.store, "Timeout"),
		"and its store is its owner's");
}

int main(void)
{
	test_splitting();
	test_reading();
	test_looking_ahead();
	test_view();
	test_fixed();
	return tap_done();
}
