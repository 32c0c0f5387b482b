/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot managers of edk2 and U-Boot, where they leave UEFI 2.10: each test
 * names the clause that they leave. (rust-hypervisor-firmware's: bds_disks_test.c.)
 */
#include "bds_bench.h"

#define EDK2_MARK "\x4e\xac\x08\x81\x11\x9f\x59\x4d\x85\x0e\xe2\x1a\x52\x2c\x59\xb2"

static void test_names(void)
{
	is_str(bds_quirks[0].name, "none", "the first row is the specification's");
	ok(bds_quirks_find("none") == &bds_quirks[0] && bds_quirks_find("edk2"), "rows are found");
	ok(!bds_quirks_find("edk3") && !bds_quirks_find(""), "others are not");
	ok(bds_quirks_find("u-boot")->runtime_set_refused &&
			!bds_quirks_find("edk2")->runtime_set_refused,
		"8.2.3: U-Boot refuses SetVariable() at runtime");
}

static char *description_of(struct bench *b, const char *name)
{
	const struct variable *var = bench_var(b, name);
	struct load_option o;

	if (!var || load_option_parse(var->data, var->size, &o, NULL) < 0)
		return NULL;
	return load_option_description(&o);
}

static void described(struct bench *b, const char *name, const char *want)
{
	CLEANUP(xfree) char *text = description_of(b, name);

	is_str(text, want, name);
}

static void order_is(struct bench *b, const char *want, const char *what)
{
	CLEANUP(xfree) char *text = numbers_of(b, "BootOrder");

	is_str(text, want, what);
}

static bool has_mark(struct bench *b, const char *name)
{
	const struct variable *var = bench_var(b, name);

	return var && var->size > 16 && memcmp(var->data + var->size - 16, EDK2_MARK, 16) == 0;
}

static void test_edk2_saves(void)
{
	struct bench b;

	bench_open(&b, "edk2");
	add_medium(&b, 1, false);
	add_medium(&b, 2, true);
	bench_run(&b);
	order_is(&b, "0000 0001 0002 0003", "3.3: edk2 saves options");
	described(&b, "Boot0000", "UiApp");
	described(&b, "Boot0001", "UEFI Misc Device");
	described(&b, "Boot0002", "UEFI Misc Device 2");
	described(&b, "Boot0003", "EFI Internal Shell");
	ok(IN_ORDER(b.text, "boot-saved", "Boot0001", "Pci(0x2,0x0)", "Boot0002", "Pci(0x1,0x0)"),
		"removable media first");
	ok(has_mark(&b, "Boot0001") && has_mark(&b, "Boot0002") && !has_mark(&b, "Boot0003"),
		"those for devices have the mark of what was made by itself");
	is_int(bench_var(&b, "Boot0001")->attributes,
		VAR_NON_VOLATILE | VAR_BOOT_SERVICE | VAR_RUNTIME, "they are kept");
	ok(IN_ORDER(b.text, "Boot0000", "application", "Boot0003", "the firmware's Shell"),
		"the setup is no boot option, and the Shell is the last");
	bench_close(&b);
}

/* A second boot of the same store, on which a user's option stands, without the first device. */
static void test_edk2_refreshes(void)
{
	struct vars *kept;
	struct bench b;

	bench_open(&b, "edk2");
	add_medium(&b, 1, false);
	add_medium(&b, 2, false);
	bench_run(&b);
	add_option_to(&b, "Boot0007", LOAD_OPTION_ACTIVE, 1);
	var_store_define(b.m->vars, "BootOrder", "\7\0\0\0\1\0\2\0\3\0", 10);
	kept = vars_copy(b.store.vars);
	bench_close(&b);

	bench_open(&b, "edk2");
	vars_free(b.store.vars);
	b.store.vars = vars_copy(kept);
	add_medium(&b, 1, false);
	add_medium(&b, 2, false);
	bench_run(&b);
	order_is(&b, "0007 0000 0001 0002 0003", "what is there already is not saved again");
	bench_close(&b);

	bench_open(&b, "edk2");
	vars_free(b.store.vars);
	b.store.vars = kept;
	add_medium(&b, 2, false);
	bench_run(&b);
	order_is(&b, "0007 0000 0003 0001",
		"an option for a device that is gone goes; the others are made as for a first boot");
	ok(bench_var(&b, "Boot0007"), "a user's own stays, stale or not");
	described(&b, "Boot0001", "UEFI Misc Device");
	bench_close(&b);
}

static void test_edk2_boots(void)
{
	struct bench b;

	bench_open(&b, "edk2");
	add_medium(&b, 1, false);
	add_volume(&b, 1, 1, false, VOLUME_PLAIN);
	bench_run(&b);
	ok(IN_ORDER(b.text, "\"boot-try\"", "BootOrder", "Boot0001", "HD(1,", "BOOTAA64.EFI"),
		"3.5.1.1: edk2 looks for the default loader on any FAT");
	ok(IN_ORDER(b.text, "\"boot-try\"", "Boot0002", "Shell"),
		"3.1: then its Shell waits for somebody");
	is_int(count_of(b.text, "\"boot-try\""), 1, "that is all");
	ok(bench_var(&b, "PlatformRecovery0000"), "which a guest can see");
	bench_close(&b);

	bench_open(&b, NULL);
	add_medium(&b, 1, false);
	add_volume(&b, 1, 1, false, VOLUME_PLAIN);
	bench_run(&b);
	is_int(count_of(b.text, "\"boot-try\""), 0, "without the quirk there is nothing to try");
	ok(!bench_var(&b, "PlatformRecovery0000"), "and no PlatformRecovery0000");
	bench_close(&b);
}

static void test_edk2_current(void)
{
	struct device good = { .result = EFI_SUCCESS };
	struct bench b;

	bench_open(&b, "edk2");
	add_program(&b, 1, &good);
	add_option_to(&b, "Boot0005", LOAD_OPTION_ACTIVE, 1);
	var_store_define(b.m->vars, "BootOrder", "\5\0", 2);
	bench_run(&b);
	order_is(&b, "0000 0005 0001", "the setup is put in front, the Shell behind");
	is_int(good.current, 5, "3.3: BootCurrent");
	bench_close(&b);
}

static void indicate(struct bench *b, const char bits[8])
{
	var_store_define(b->m->vars, "OsIndications", bits, 8);
}

static uint64_t var64(struct bench *b, const char *name)
{
	const struct variable *var = bench_var(b, name);

	return var && var->size == 8 ? le64(var->data) : UINT64_MAX;
}

static void test_edk2_setup(void)
{
	struct device loader = { .result = EFI_ABORTED };
	struct bench b;

	bench_open(&b, "edk2");
	add_program(&b, 1, &loader);
	indicate(&b, "\1\0\0\0\0\0\0\0");
	bench_run(&b);
	is_int(var64(&b, "OsIndicationsSupported"), 0x41, "8.5.4: edk2 has a setup, and says so");
	is_int(b.m->run.end.kind, VERDICT_KEY, "8.5.4: there it stops when it is asked to");
	is_int(loader.loads, 0, "and boots nothing");
	is_int(var64(&b, "OsIndications"), 0, "8.5.4: the bit is cleared, so that it stops once");
	bench_close(&b);

	bench_open(&b, "edk2");
	add_program(&b, 1, &loader);
	add_option_to(&b, "Boot0005", LOAD_OPTION_ACTIVE, 1);
	var_store_define(b.m->vars, "BootOrder", "\5\0", 2);
	indicate(&b, "\1\0\0\0\2\0\0\0");
	bench_run(&b);
	ok(loader.loads, "8.5.4: with a bit that is not supported, edk2 heeds none");
	ok(!bench_var(&b, "OsIndications"), "and deletes them all");
	bench_close(&b);
}

static void test_edk2_recovery(void)
{
	struct device loader = { .result = EFI_ABORTED };
	struct bench b;

	bench_open(&b, "edk2");
	add_program(&b, 1, &loader);
	add_volume(&b, 2, 1, false, VOLUME_PLAIN);
	add_option_to(&b, "Boot0005", LOAD_OPTION_ACTIVE, 1);
	var_store_define(b.m->vars, "BootNext", "\5\0", 2);
	indicate(&b, "\x40\0\0\0\0\0\0\0");
	bench_run(&b);
	is_int(loader.loads, 0, "8.5.4: platform recovery that is asked for skips boot options");
	ok(IN_ORDER(b.text, "os-indications", "\"boot-try\"", "PlatformRecovery", "HD(1,"),
		"3.4.2: and tries what recovers");
	is_int(var64(&b, "OsIndications"), 0, "8.5.4: that bit is cleared, too");
	bench_close(&b);
}

static void test_u_boot(void)
{
	struct device loader = { .result = EFI_ABORTED };
	struct bench b;

	bench_open(&b, "u-boot");
	b.config.order = "/pci@i0cf8/scsi@1/disk@0,0\n";
	add_program(&b, 1, &loader);
	add_medium(&b, 2, false);
	add_volume(&b, 2, 1, false, VOLUME_PLAIN);
	add_option_to(&b, "Boot0004", 0, 1);
	var_store_define(b.m->vars, "BootNext", "\4\0", 2);
	bench_run(&b);
	ok(IN_ORDER(b.text, "Boot0004", "not active"),
		"3.1.3: U-Boot passes BootNext over when its option is not active");
	order_is(&b, "0000", "3.3: it saves an option for each disk");
	described(&b, "Boot0000", "virtio 0");
	ok(!has_mark(&b, "Boot0000"), "with a mark of its own");
	ok(IN_ORDER(b.text, "\"boot-order\"", "reads no order"),
		"an order from outside is ignored");
	ok(IN_ORDER(b.text, "BootOrder", "Boot0000", "HD(1,", "default", "HD(1,", "default",
		   "Pci(0x1,0x0)"),
		"3.5.1.1: any FAT by the option, the first by default; then LoadFile");
	is_int(var64(&b, "OsIndicationsSupported"), 0, "8.5.4: no setup");
	bench_close(&b);
}

int main(void)
{
	test_names();
	test_edk2_saves();
	test_edk2_refreshes();
	test_edk2_boots();
	test_edk2_current();
	test_edk2_setup();
	test_edk2_recovery();
	test_u_boot();
	return tap_done();
}
