/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot manager by the clauses of UEFI 2.10 chapter 3: each test names its own.
 */
#include "bds_bench.h"
#include "firmware/bds/candidates.h"
#include "firmware/machine/platform.h"

/* 3.5.1.1, 3.3: there is no medium, so no option can be made. */
static void test_nothing(void)
{
	struct bench b;

	bench_open(&b, NULL);
	bench_run(&b);
	is_int(b.m->run.end.kind, VERDICT_NOTHING, "3.3: no disks, nothing to boot");
	ok(strstr(b.m->run.end.reason, "no disk has a system partition"), "and it says why");
	bench_close(&b);
}

static void test_default_order(void)
{
	struct device bad = { .result = EFI_ABORTED }, empty = { .result = LOAD_NOTHING };
	struct bench b;

	bench_open(&b, NULL);
	add_program(&b, 1, &bad);
	add_program(&b, 2, &empty);
	add_volume(&b, 3, 1, false, VOLUME_ESP);
	add_volume(&b, 4, 2, true, VOLUME_ESP);
	bench_run(&b);
	ok(IN_ORDER(b.text, "Pci(0x4,0x0)", "BOOTAA64.EFI", "EFI_NOT_FOUND", "Pci(0x3,0x0)",
		   "BOOTAA64.EFI", "EFI_NOT_FOUND", "Pci(0x1,0x0)", "EFI_SUCCESS", "EFI_ABORTED",
		   "Pci(0x2,0x0)", "EFI_NOT_FOUND"),
		"3.3: removable media, fixed media, what has LoadFile (3.5.1.2)");
	is_int(b.m->run.end.kind, VERDICT_RETURNED, "one was run and came back");
	is_int(b.m->run.end.status, EFI_ABORTED, "with its status");
	is_int(bad.current, -1, "3.3: no option is current");
	ok(bad.boot_policy, "7.4.1: it is loaded by boot policy");
	ok(!bench_var(&b, "BootOrder") && !bench_var(&b, "Boot0000"),
		"3.3: what was made is not saved");
	bench_close(&b);
}

/* Firmware that keeps an option for what it boots from. */
static void test_kept_options(void)
{
	struct device bad = { .result = EFI_ABORTED }, good = { .result = EFI_SUCCESS };
	const struct variable *option, *order;
	struct bench b;

	bench_open(&b, NULL);
	vars_keep_options(b.store.vars);
	add_program(&b, 1, &bad);
	add_program(&b, 2, &good);
	bench_run(&b);
	is_int(bad.current, 0, "3.3: BootCurrent is the option that was made for it");
	is_int(good.current, 1, "and the next one's is another");
	option = bench_var(&b, "Boot0001");
	ok(option && option->attributes == (VAR_NON_VOLATILE | VAR_BOOT_SERVICE | VAR_RUNTIME),
		"3.3: it is one like others");
	order = bench_var(&b, "BootOrder");
	ok(order && order->size == 4 && memcmp(order->data, "\0\0\1", 4) == 0,
		"both are in BootOrder");
	vars_keep_option(b.store.vars, option->data + 40, option->size - 40);
	ok(!bench_var(&b, "Boot0002"), "one that is there is not made again");
	is_int(bench_var(&b, "BootOrder")->size, 4, "nor put into BootOrder again");
	bench_close(&b);
}

static void test_system_partitions(void)
{
	struct bench b;

	bench_open(&b, NULL);
	add_volume(&b, 1, 1, false, VOLUME_PLAIN);
	add_volume(&b, 1, 2, false, VOLUME_ESP);
	add_volume(&b, 2, 0, false, VOLUME_PLAIN);
	add_volume(&b, 3, 0, true, VOLUME_PLAIN);
	add_volume(&b, 4, 1, true, VOLUME_PLAIN);
	bench_run(&b);
	is_int(count_of(b.text, "\"boot-try\""), 2, "3.5.1.1: system partitions alone are tried");
	ok(IN_ORDER(b.text, "\"boot-try\"", "Pci(0x3,0x0)/\\\\EFI", "\"boot-try\"", "HD(2,"),
		"and a removable medium without partitions (13.3.1.1)");
	is_int(count_of(b.text, "on no EFI System Partition"), 3, "others are told to be left out");
	bench_close(&b);
}

static void test_success_stops(void)
{
	struct device good = { .result = EFI_SUCCESS }, other = { .result = EFI_ABORTED };
	struct bench b;

	bench_open(&b, NULL);
	add_program(&b, 1, &good);
	add_program(&b, 2, &other);
	bench_run(&b);
	is_int(b.m->run.end.kind, VERDICT_RETURNED, "3.1.1: a program that ends well");
	is_int(b.m->run.end.status, EFI_SUCCESS, "is the last");
	is_int(other.loads, 0, "3.1.1: no other is tried");
	bench_close(&b);
}

static void test_other_status_goes_on(void)
{
	struct device warns = { .result = EFI_WARN_WRITE_FAILURE };
	struct device fails = { .result = EFI_ABORTED }, good = { .result = EFI_SUCCESS };
	struct bench b;

	bench_open(&b, NULL);
	add_program(&b, 1, &warns);
	add_program(&b, 2, &fails);
	add_program(&b, 3, &good);
	bench_run(&b);
	ok(warns.loads && fails.loads && good.loads,
		"3.1.1: after any status but EFI_SUCCESS the next is tried, be it a warning");
	bench_close(&b);
}

static void test_options(void)
{
	struct device bad = { .result = EFI_ABORTED }, good = { .result = EFI_SUCCESS };
	static const uint8_t order[] = { 7, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 0x1a, 0, 6, 0 };
	struct bench b;

	bench_open(&b, NULL);
	add_program(&b, 1, &bad);
	add_program(&b, 2, &good);
	add_option_to(&b, "Boot0001", 0, 2);
	add_option_to(&b, "Boot0002", LOAD_OPTION_ACTIVE | 0x100, 2);
	add_option_to(&b, "Boot0003", LOAD_OPTION_ACTIVE, 9);
	var_store_define(b.m->vars, "Boot0004", "broken", 6);
	add_option_to(&b, "Boot0005", LOAD_OPTION_ACTIVE | LOAD_OPTION_HIDDEN, 1);
	add_option_to(&b, "Boot001A", LOAD_OPTION_ACTIVE, 2);
	add_option_to(&b, "Boot0006", LOAD_OPTION_ACTIVE, 1);
	var_store_define(b.m->vars, "BootOrder", order, sizeof(order));
	bench_run(&b);
	ok(IN_ORDER(b.text, "Boot0007", "does not exist"), "3.3: an option that is not there");
	ok(IN_ORDER(b.text, "Boot0001", "not active"), "3.1.3: an inactive one is skipped");
	ok(IN_ORDER(b.text, "Boot0002", "application"), "3.1.3: an application, too");
	ok(IN_ORDER(b.text, "Boot0003", "is not there"), "3.1.2: a stale one");
	ok(IN_ORDER(b.text, "Boot0004", "description"), "3.1.3: one that is none");
	ok(IN_ORDER(b.text, "boot-try", "BootOrder", "Boot0005", "EFI_ABORTED", "boot-try",
		   "Boot001A", "EFI_SUCCESS"),
		"3.1.1: the others in the order of BootOrder, hidden or not");
	ok(!strstr(b.text, "Boot0006"), "3.1.1: and none behind the one that was successful");
	is_int(bad.current, 5, "3.3: BootCurrent is the option that is tried");
	is_int(good.current, 0x1a, "3.3: in each attempt");
	bench_close(&b);
}

static void test_stale_then_default(void)
{
	struct device bad = { .result = EFI_ABORTED, .current = 7 };
	struct bench b;

	bench_open(&b, NULL);
	add_program(&b, 1, &bad);
	add_option_to(&b, "Boot0000", LOAD_OPTION_ACTIVE, 9);
	var_store_define(b.m->vars, "BootOrder", "\0\0\1\0", 4);
	bench_run(&b);
	ok(IN_ORDER(
		   b.text, "Boot0000", "is not there", "Boot0001", "does not exist", "\"default\""),
		"3.3: BootOrder that only has stale options is followed by the default");
	is_int(bad.current, -1, "3.3: without a current option");
	ok(bench_var(&b, "BootOrder") && bench_var(&b, "Boot0000"), "3.3: and stays as it is");
	bench_close(&b);
}

static void test_next(void)
{
	struct device bad = { .result = EFI_ABORTED }, next = { .result = EFI_ABORTED };
	struct bench b;

	bench_open(&b, NULL);
	add_program(&b, 1, &bad);
	add_program(&b, 2, &next);
	add_option_to(&b, "Boot0001", LOAD_OPTION_ACTIVE, 1);
	add_option_to(&b, "Boot0002", 0, 2);
	var_store_define(b.m->vars, "BootOrder", "\1\0", 2);
	var_store_define(b.m->vars, "BootNext", "\2\0", 2);
	bench_run(&b);
	ok(IN_ORDER(b.text, "BootNext", "Boot0002", "BootOrder", "Boot0001", "default"),
		"3.1.1: BootNext, then BootOrder, then the default");
	ok(next.loads && !bad.saw_next, "3.1.3: BootNext is taken though it is not active");
	ok(!next.saw_next, "3.3: it is deleted before it is used");
	ok(!bench_var(&b, "BootNext"), "3.3: and gone");
	is_int(b.m->run.end.kind, VERDICT_RETURNED, "all came back");
	bench_close(&b);
}

static void test_next_malformed(void)
{
	struct device bad = { .result = EFI_ABORTED };
	struct bench b;

	bench_open(&b, NULL);
	add_program(&b, 1, &bad);
	add_option_to(&b, "Boot0001", LOAD_OPTION_ACTIVE, 1);
	var_store_define(b.m->vars, "BootNext", "\1\0\0", 3);
	bench_run(&b);
	ok(!strstr(b.text, "\"BootNext\""), "3.3: BootNext of three bytes names no option");
	ok(!bench_var(&b, "BootNext"), "and is deleted all the same");
	bench_close(&b);
}

static void test_order_malformed(void)
{
	struct device bad = { .result = EFI_ABORTED };
	struct bench b;

	bench_open(&b, NULL);
	add_program(&b, 1, &bad);
	add_option_to(&b, "Boot0001", LOAD_OPTION_ACTIVE, 1);
	var_store_define(b.m->vars, "BootOrder", "\1\0\1", 3);
	bench_run(&b);
	is_int(count_of(b.text, "Boot0001"), 1, "3.3: half a number at BootOrder's end is none");
	bench_close(&b);
}

/* ---- 3.1.2: what paths lead to ---- */

static char *expanded(struct bench *b, const char *text, bool any)
{
	struct candidate_rules rules = { .any_partition = any };
	CLEANUP(candidates_release) struct candidates c = { 0 };
	CLEANUP(buf_release) struct buf path = BUF_INIT;
	struct text out = TEXT_INIT;

	if (!dp_from_text(text, &path))
		abort();
	candidates_of_option(
		b->m, platform_view(b->m->platform), buf_edit(&path), path.len, &rules, &c);
	for (size_t i = 0; i < c.n; i++) {
		dp_to_text(c.v[i].path, c.v[i].size, DP_TEXT_SHORTCUTS, &out);
		text_puts(&out, "\n");
	}
	return text_detach(&out);
}

#define GUID_OF(n) "0000000" #n "-0000-0000-0000-000000000000"

static void test_expansion(void)
{
	struct bench b;

	bench_open(&b, NULL);
	add_device(&b, 3, 0);
	add_volume(&b, 3, 1, false, VOLUME_PLAIN);
	add_volume(&b, 3, 2, false, VOLUME_ESP);
	add_volume(&b, 4, 7, true, VOLUME_ESP);

	CLEANUP(xfree)
	char *t1 = expanded(&b, "HD(2,GPT," GUID_OF(2) ",1,1)/\\EFI\\debian\\shimaa64.efi", false);
	ok(count_of(t1, "\n") == 1 && IN_ORDER(t1, "Pci(0x3,0x0)", "HD(2,", "shimaa64.efi"),
		"3.1.2: HD()/file leads to the partition, wherever it begins");
	CLEANUP(xfree) char *t2 = expanded(&b, "HD(1,GPT," GUID_OF(1) ",0x800,0x1000)", false);
	ok(count_of(t2, "\n") == 1 && IN_ORDER(t2, "HD(1,", "BOOTAA64.EFI"),
		"3.1.2: HD() to its default loader, whatever its type");
	CLEANUP(xfree) char *t3 = expanded(&b, "\\a.efi", false);
	ok(count_of(t3, "\n") == 3 &&
			IN_ORDER(t3, "Pci(0x4", "a.efi", "HD(1,", "a.efi", "HD(2,", "a.efi"),
		"3.1.2: a file alone to all file systems, removable ones first");
	CLEANUP(xfree) char *t4 = expanded(&b, "PciRoot(0)/Pci(3,0)", false);
	ok(count_of(t4, "\n") == 1 && IN_ORDER(t4, "HD(2,", "BOOTAA64.EFI"),
		"3.5.1.1: a disk to the default loader of its system partition");
	CLEANUP(xfree) char *t5 = expanded(&b, "PciRoot(0)/Pci(3,0)", true);
	ok(count_of(t5, "\n") == 2 && IN_ORDER(t5, "HD(1,", "HD(2,"), "or of any, as a quirk");
	CLEANUP(xfree) char *t6 = expanded(&b, "HD(3,GPT," GUID_OF(2) ",0,0)/\\a.efi", false);
	is_str(t6, "", "3.1.2: a partition that is gone leads nowhere");
	CLEANUP(xfree) char *t7 = expanded(&b, "HD(2,GPT," GUID_OF(7) ",0x800,0x1000)", false);
	is_str(t7, "", "3.1.2: number and signature must be the partition's");
	bench_close(&b);
}

/* ---- 3.1.3: drivers, and what prepares the system ---- */

static void test_sysprep(void)
{
	struct device prep = { .result = EFI_SUCCESS }, fails = { .result = EFI_ABORTED };
	struct device driver = { .result = EFI_SUCCESS }, loader = { .result = EFI_ABORTED };
	struct bench b;

	bench_open(&b, NULL);
	add_program(&b, 1, &driver);
	add_program(&b, 2, &fails);
	add_program(&b, 3, &prep);
	add_program(&b, 4, &loader);
	add_volume(&b, 5, 1, false, VOLUME_ESP);
	add_option_to(&b, "Driver0000", LOAD_OPTION_ACTIVE | LOAD_OPTION_FORCE_RECONNECT, 1);
	add_option_to(&b, "SysPrep0001", LOAD_OPTION_ACTIVE, 2);
	add_option_to(&b, "SysPrep0002", LOAD_OPTION_ACTIVE, 3);
	add_option_to(&b, "SysPrep0003", 0, 3);
	add_option_to(&b, "SysPrep0004", LOAD_OPTION_ACTIVE, 5);
	add_option_to(&b, "Boot0001", LOAD_OPTION_ACTIVE, 4);
	var_store_define(b.m->vars, "DriverOrder", "\0\0", 2);
	var_store_define(b.m->vars, "SysPrepOrder", "\1\0\2\0\3\0\4\0", 8);
	var_store_define(b.m->vars, "BootNext", "\1\0", 2);
	bench_run(&b);
	ok(IN_ORDER(b.text, "DriverOrder", "Driver0000", "SysPrepOrder", "SysPrep0001",
		   "EFI_ABORTED", "SysPrep0002", "EFI_SUCCESS", "SysPrep0003", "not active",
		   "BootNext", "Boot0001"),
		"3.1.1: drivers, then SysPrep applications, whatever they return, then boot options");
	ok(IN_ORDER(b.text, "SysPrep0004", "is not there"),
		"3.1.3: no default loader stands in for a SysPrep application");
	is_int(prep.current, -1, "3.3: they are no current boot option");
	ok(!prep.boot_policy && loader.boot_policy, "7.4.1: nor are they loaded by boot policy");
	is_int(loader.current, 1, "3.3: the loader is");
	is_int(b.m->run.end.kind, VERDICT_RETURNED, "the verdict is the loader's");
	bench_close(&b);
}

/* ---- 8.5.4: OsIndications ---- */

static uint64_t var64(struct bench *b, const char *name)
{
	const struct variable *var = bench_var(b, name);

	return var && var->size == 8 ? le64(var->data) : UINT64_MAX;
}

static void test_indications(void)
{
	struct device loader = { .result = EFI_ABORTED };
	struct bench b;

	bench_open(&b, NULL);
	add_program(&b, 1, &loader);
	var_store_define(b.m->vars, "OsIndications", "\1\0\0\0\0\0\0\0", 8);
	bench_run(&b);
	is_int(var64(&b, "OsIndicationsSupported"), 0, "8.5.4: there is no setup, and it says so");
	ok(IN_ORDER(b.text, "os-indications", "\"asked\":\"0x1\"", "no setup", "boot-try"),
		"8.5.4: who asks for it all the same is told of, and the boot goes on");
	is_int(var64(&b, "OsIndications"), 1, "8.5.4: a bit that was not consumed is the system's");
	bench_close(&b);
}

/* ---- nothing in a variable is believed ---- */

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static void test_hostile_options(void)
{
	static const uint8_t order[] = { 0, 0, 1, 0, 2, 0, 0xff };
	struct device bad = { .result = EFI_ABORTED };
	uint32_t random = 1;
	unsigned runs = 0;
	struct bench b;

	bench_open(&b, NULL);
	b.config.order = "/pci@i0cf8/scsi@1/disk@0,0\n";
	add_program(&b, 1, &bad);
	add_volume(&b, 2, 1, false, VOLUME_ESP);
	for (; runs < 400; runs++) {
		CLEANUP(buf_release) struct buf path = BUF_INIT;
		CLEANUP(buf_release) struct buf option = BUF_INIT;

		if (!dp_from_text(
			    "PciRoot(0)/Pci(2,0)/HD(1,GPT," GUID_OF(1) ",0x800,0x1000)/\\x", &path))
			abort();
		load_option_encode(&option, LOAD_OPTION_ACTIVE, "hostile", buf_bytes(&path),
			path.len, "data", 4);
		for (unsigned i = next_random(&random) % 6; i > 0; i--)
			buf_edit(&option)[next_random(&random) % option.len] = (char)next_random(
				&random);
		var_store_define(b.m->vars, "Boot0000", buf_bytes(&option),
			1 + next_random(&random) % option.len);
		var_store_define(b.m->vars, "Boot0001", buf_bytes(&option), option.len);
		for (size_t i = 0; i < option.len; i++)
			buf_edit(&option)[i] = (char)next_random(&random);
		var_store_define(b.m->vars, "Boot0002", buf_bytes(&option), option.len);
		var_store_define(b.m->vars, "BootOrder", order, 1 + runs % sizeof(order));
		var_store_define(b.m->vars, "BootNext", buf_bytes(&option), 1 + runs % 3);
		var_store_define(b.m->vars, "SysPrepOrder", order, runs % 4);
		var_store_define(b.m->vars, "SysPrep0000", buf_bytes(&option), option.len);
		bench_start(&b);
		if (b.m->run.end.kind != VERDICT_RETURNED)
			break;
		b.m->run.end.kind = VERDICT_NONE;
	}
	is_int(runs, 400, "3.1.3: options of any bytes lead to the default in the end");
	bench_close(&b);
}

int main(void)
{
	test_nothing();
	test_default_order();
	test_kept_options();
	test_system_partitions();
	test_success_stops();
	test_other_status_goes_on();
	test_options();
	test_stale_then_default();
	test_next();
	test_next_malformed();
	test_order_malformed();
	test_expansion();
	test_sysprep();
	test_indications();
	test_hostile_options();
	return tap_done();
}
