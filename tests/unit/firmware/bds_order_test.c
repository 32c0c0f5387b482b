/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A boot order from outside: OpenFirmware paths as QEMU writes them, and what
 * becomes of BootOrder by them. UEFI 2.10 3.3 leaves such an order to the
 * platform; VMSPEC asks for it.
 */
#include "bds_bench.h"
#include "firmware/bds/openfirmware.h"

/* ---- paths ---- */

static const struct {
	const char *text;
	const char *want; /* a device path; "?": unknown; "!": malformed; "": the end */
} paths[] = {
	/* As QEMU's virt machine has them. */
	{ "/pci@ffffffffffffffff/scsi@2/disk@0,0", "PciRoot(0x0)/Pci(0x2,0x0)" },
	{ "/pci@ffffffffffffffff/scsi@1/channel@0/disk@2,3",
		"PciRoot(0x0)/Pci(0x1,0x0)/Scsi(0x2,0x3)" },
	{ "/pci@ffffffffffffffff/pci-bridge@1/pci1b36,0010@0/namespace@1,0",
		"PciRoot(0x0)/Pci(0x1,0x0)/Pci(0x0,0x0)" },
	{ "/virtio-mmio@000000000a003e00/disk@0,0",
		"VenHw(837DCA9E-E874-4D82-B29A-23FE0E23D1E2,003E000A00000000)" },
	{ "/virtio-mmio@000000000a003a00/channel@0/disk@1,0",
		"VenHw(837DCA9E-E874-4D82-B29A-23FE0E23D1E2,003A000A00000000)/Scsi(0x1,0x0)" },
	/* As others have them. */
	{ "/pci@i0cf8/scsi@1f,7/disk@0,0", "PciRoot(0x0)/Pci(0x1F,0x7)" },
	{ "/pci@i0cf8/ethernet@3/ethernet-phy@0", "PciRoot(0x0)/Pci(0x3,0x0)" },
	{ "/pci@i0cf8/pci-bridge@1/pci-bridge@2/scsi@3/disk@0,0",
		"PciRoot(0x0)/Pci(0x1,0x0)/Pci(0x2,0x0)/Pci(0x3,0x0)" },
	{ "/pci@i0cf8/scsi@4:1,2/disk@0,0:arguments", "PciRoot(0x0)/Pci(0x4,0x0)" },
	/* What has no UEFI path. */
	{ "/rom@genroms/linuxboot.bin", "!" },
	{ "/rom@genroms", "?" },
	{ "/pci@i0cf8,4/scsi@1/disk@0,0", "?" },
	{ "/pci@i0cf8", "?" },
	{ "/pci@i0cf8/pci-bridge@1", "?" },
	{ "/pci@i0cf8/scsi@20/disk@0,0", "?" },
	{ "/pci@i0cf8/scsi@1,8/disk@0,0", "?" },
	{ "/pci@i0cf8/scsi@1,/disk@0,0", "?" },
	{ "/pci@i0cf8/scsi@,1/disk@0,0", "?" },
	{ "/pci@i0cf8/scsi@1,2,3/disk@0,0", "?" },
	{ "/pci@i0cf8/scsi@x/disk@0,0", "?" },
	{ "/pci@i0cf8/scsi@11111111111111111/disk@0,0", "?" },
	{ "/pci@i0cf8/scsi@1/channel@0/disk@10000,0", "?" },
	{ "/virtio-mmio@0,0/disk@0,0", "?" },
	/* What is no path. */
	{ "pci@i0cf8", "!" },
	{ "/pci", "!" },
	{ "/pci@", "!" },
	{ "/@1", "!" },
	{ "/pci@i0cf8/", "!" },
	{ "/pci@i0cf8@1", "!" },
	{ "/pci@i0cf8:", "!" },
	{ "/pci@i0cf8/scsi@1 /x", "!" },
	{ "/one-name-of-thirty-two-character@1", "!" },
	{ "/pci@i0cf8\r", "!" },
	/* The end. */
	{ "", "" },
	{ "HALT", "" },
};

static void test_paths(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		CLEANUP(buf_release) struct buf device = BUF_INIT;
		CLEANUP(text_release) struct text got = TEXT_INIT;
		const char *text = paths[i].text;

		switch (openfirmware_next(&text, &device)) {
		case OPENFIRMWARE_END:
			break;
		case OPENFIRMWARE_PATH:
			dp_add_end(&device);
			dp_to_text(buf_edit(&device), device.len, 0, &got);
			break;
		case OPENFIRMWARE_UNKNOWN:
			text_puts(&got, "?");
			break;
		case OPENFIRMWARE_MALFORMED:
			text_puts(&got, "!");
		}
		is_str(text_str(&got), paths[i].want, paths[i].text);
	}
}

static void test_lines(void)
{
	CLEANUP(buf_release) struct buf device = BUF_INIT;
	const char *text = "/pci@1/scsi@1/disk@0,0\n\n/a@1/b@1/c@1/d@1/e@1/f@1/g@1/h@1/i@1/j@1\n"
			   "/pci@1/scsi@2/disk@0,0\n\n\nHALT\n";

	is_int(openfirmware_next(&text, &device), OPENFIRMWARE_PATH, "a line");
	is_int(openfirmware_next(&text, &device), OPENFIRMWARE_UNKNOWN, "one with many nodes");
	is_int(openfirmware_next(&text, &device), OPENFIRMWARE_PATH, "another one");
	is_int(openfirmware_next(&text, &device), OPENFIRMWARE_END, "HALT");
	is_int(openfirmware_next(&text, &device), OPENFIRMWARE_END, "and again");
}

/* ---- the order ---- */

#define DISK(n) "/pci@ffffffffffffffff/scsi@" #n "/disk@0,0\n"

static void test_default(void)
{
	struct device loader = { .result = EFI_ABORTED };
	struct bench b;

	bench_open(&b, NULL);
	b.config.order = DISK(9) DISK(3) DISK(2);
	add_volume(&b, 1, 1, true, VOLUME_ESP);
	add_volume(&b, 2, 1, false, VOLUME_ESP);
	add_program(&b, 3, &loader);
	bench_run(&b);
	ok(IN_ORDER(b.text, "boot-order", "scsi@9", "nothing to boot", "boot-order", "scsi@3",
		   "boot-order", "scsi@2"),
		"each path is told of");
	ok(IN_ORDER(b.text, "\"boot-try\"", "fw_cfg", "Pci(0x3", "\"boot-try\"", "fw_cfg",
		   "Pci(0x2", "\"boot-try\"", "default", "Pci(0x1"),
		"devices in the order from outside, then the default (3.3)");
	is_int(loader.current, -1, "no option is current");
	ok(!bench_var(&b, "BootOrder"), "nothing is saved (3.3)");
	bench_close(&b);
}

static void test_options(void)
{
	struct device bad = { .result = EFI_ABORTED };
	struct bench b;

	bench_open(&b, NULL);
	b.config.order = DISK(2) DISK(1);
	add_program(&b, 1, &bad);
	add_volume(&b, 2, 1, false, VOLUME_ESP);
	add_option_to(&b, "Boot0001", LOAD_OPTION_ACTIVE, 1);
	add_option_text(&b, "Boot0002", 0, "HD(1,GPT,00000001-0000-0000-0000-000000000000,0,0)/a");
	add_option_text(&b, "Boot0003", LOAD_OPTION_ACTIVE,
		"HD(1,GPT,00000001-0000-0000-0000-000000000000,0,0)/b.efi");
	add_option_text(&b, "Boot0004", LOAD_OPTION_ACTIVE,
		"HD(1,GPT,00000001-0000-0000-0000-000000000000,0,0)/c.efi");
	add_option_text(&b, "Boot0005", LOAD_OPTION_ACTIVE, "\\d.efi");
	var_store_define(b.m->vars, "BootOrder", "\1\0\2\0\4\0\3\0\5\0", 10);
	var_store_define(b.m->vars, "BootNext", "\3\0", 2);
	bench_run(&b);
	ok(IN_ORDER(b.text, "boot-order", "scsi@2", "Boot0004", "boot-order", "scsi@1", "Boot0001"),
		"a path takes the first active option that leads there, by a short form, too (3.1.2)");
	ok(IN_ORDER(b.text, "BootNext", "Boot0003", "fw_cfg", "Boot0004", "fw_cfg", "Boot0001",
		   "fw_cfg", "Boot0005", "\"default\""),
		"BootNext is before it; what is bound to no device stays behind");
	ok(!strstr(b.text, "b.efi\"}\n{\"event\":\"boot-try\",\"t\":0,\"from\":\"fw_cfg\""),
		"options that are not named are dropped");
	CLEANUP(xfree) char *order = numbers_of(&b, "BootOrder");
	is_str(order, "0001 0002 0004 0003 0005", "the variables stay as they are (3.3)");
	bench_close(&b);
}

static void left_alone(const char *text, const char *reason)
{
	struct device bad = { .result = EFI_ABORTED };
	struct bench b;

	bench_open(&b, NULL);
	b.config.order = text;
	add_program(&b, 1, &bad);
	add_option_to(&b, "Boot0001", LOAD_OPTION_ACTIVE, 1);
	var_store_define(b.m->vars, "BootOrder", "\1\0", 2);
	bench_run(&b);
	ok(IN_ORDER(b.text, "\"boot-try\"", "BootOrder", "Boot0001"), "BootOrder is kept: %s",
		reason);
	ok(!strstr(b.text, "fw_cfg") && (!*text || strstr(b.text, reason)), "and it is told why");
	bench_close(&b);
}

static void test_edk2(void)
{
	struct bench b;

	bench_open(&b, "edk2");
	b.config.order = DISK(2) DISK(1);
	add_medium(&b, 1, false);
	add_medium(&b, 2, false);
	add_medium(&b, 3, false);
	bench_run(&b);
	CLEANUP(xfree) char *order = numbers_of(&b, "BootOrder");
	is_str(order, "0002 0001 0000 0004", "edk2 writes BootOrder anew");
	ok(!bench_var(&b, "Boot0003"), "and deletes the options that were dropped");
	bench_close(&b);
}

static void test_edk2_drops_next(void)
{
	struct device bad = { .result = EFI_ABORTED };
	struct bench b;

	bench_open(&b, "edk2");
	b.config.order = DISK(2);
	add_program(&b, 1, &bad);
	add_medium(&b, 2, false);
	add_option_to(&b, "Boot0005", LOAD_OPTION_ACTIVE, 1);
	var_store_define(b.m->vars, "BootOrder", "\5\0", 2);
	var_store_define(b.m->vars, "BootNext", "\5\0", 2);
	bench_run(&b);
	ok(IN_ORDER(b.text, "Boot0005", "does not exist"),
		"edk2: BootNext fails when the order has dropped its option");
	is_int(bad.loads, 0, "and nothing of it is run");
	bench_close(&b);
}

int main(void)
{
	test_paths();
	test_lines();
	test_default();
	test_options();
	left_alone("", "there is no order");
	left_alone(DISK(9), "nothing to boot is there");
	left_alone("/rom@genroms\n", "names nothing");
	left_alone(DISK(1) "nonsense\n", "no OpenFirmware path");
	left_alone("HALT", "");
	test_edk2();
	test_edk2_drops_next();
	return tap_done();
}
