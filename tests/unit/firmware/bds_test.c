/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot manager on devices made here: which have LoadFile and give a program
 * of two instructions, or a file system without files. What it did is read
 * from the trace.
 */
#include <stdlib.h>
#include <unistd.h>
#include <sys/mman.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/bds/bds.h"
#include "firmware/bds/expand.h"
#include "firmware/core/handles.h"
#include "firmware/machine.h"
#include "firmware/proto/protocol.h"
#include "firmware/services/service.h"
#include "tap.h"
#include "uefi/device_path.h"
#include "uefi/load_option.h"
#include "uefi/protocols.h"

#define PROGRAM_SIZE 0x400
#define OPTION_FLAGS (VAR_NON_VOLATILE | VAR_BOOT_SERVICE | VAR_RUNTIME)

/* What its program returns; LOAD_NOTHING: there is none. */
struct device {
	efi_status result;
};

#define LOAD_NOTHING 99

static void make_program(efi_status status, uint8_t p[PROGRAM_SIZE])
{
	uint8_t *coff = p + 0x44, *opt = coff + 20, *section = opt + 0xf0;

	memset(p, 0, PROGRAM_SIZE);
	memcpy(p, "MZ", 2);
	put_le32(p + 0x3c, 0x40);
	memcpy(p + 0x40, "PE\0", 4);
	put_le16(coff, 0xaa64);
	put_le16(coff + 2, 1);
	put_le16(coff + 16, 0xf0);
	put_le16(coff + 18, 0x22);
	put_le16(opt, 0x20b);
	put_le32(opt + 4, 0x200);
	put_le32(opt + 16, 0x1000); /* the entry */
	put_le32(opt + 20, 0x1000);
	put_le32(opt + 32, 0x1000);
	put_le32(opt + 36, 0x200);
	put_le32(opt + 56, 0x2000);
	put_le32(opt + 60, 0x200);
	put_le16(opt + 68, 10); /* an EFI application */
	put_le32(opt + 108, 16);
	memcpy(section, ".text", 5);
	put_le32(section + 8, 0x200);
	put_le32(section + 12, 0x1000);
	put_le32(section + 16, 0x200);
	put_le32(section + 20, 0x200);
	put_le32(section + 36, 0x60000020);
	put_le32(p + 0x200, 0xd2800000u | (uint32_t)(status & 0xffff) << 5); /* movz x0, #low */
	put_le32(p + 0x204,
		status >> 63 ? 0xf2f00000u : 0xd503201fu); /* movk x0, #0x8000, lsl #48 */
	put_le32(p + 0x208, 0xd65f03c0u);                  /* ret */
}

static efi_status load_file(struct machine *m, const struct call *c)
{
	struct device *d = protocol_host(m, call_addr(c, 0), &uefi_load_file);
	uint8_t program[PROGRAM_SIZE];
	uint64_t room;

	if (!d || !guest_read64(&m->ram, call_addr(c, 3), &room))
		return EFI_INVALID_PARAMETER;
	if (d->result == LOAD_NOTHING)
		return EFI_NOT_FOUND;
	if (!guest_write64(&m->ram, call_addr(c, 3), PROGRAM_SIZE))
		return EFI_INVALID_PARAMETER;
	if (!c->arg[4] || room < PROGRAM_SIZE)
		return EFI_BUFFER_TOO_SMALL;
	make_program(d->result, program);
	return guest_write(&m->ram, call_addr(c, 4), program, sizeof(program))
		       ? EFI_SUCCESS
		       : EFI_INVALID_PARAMETER;
}

static efi_status open_volume(struct machine *m, const struct call *c)
{
	(void)m;
	(void)c;
	return EFI_NO_MEDIA;
}

static const struct service load_file_rows[] = {
	{ 0, "LoadFile", load_file, { ARG_THIS, ARG_PATH, ARG_BOOL, ARG_INOUT64, ARG_BUF_OPT },
		false },
};
static const struct service volume_rows[] = {
	{ 8, "OpenVolume", open_volume, { ARG_THIS, ARG_OUT64 }, false },
};

/* ---- a machine and its devices ---- */

struct bench {
	struct machine *m;
	int trace;
	char *text; /* of the trace, once it ran */
};

static void bench_open(struct bench *b)
{
	struct machine_config config = { .limits = { .ram = 64 << 20, .instructions = 1000000 } };
	struct err err = { 0 };

	b->trace = memfd_create("trace", 0);
	config.trace_fd = b->trace;
	b->text = NULL;
	if (machine_new(&config, &b->m, &err) < 0)
		abort();
	b->m->lanes = lanes_single(vars_new());
}

static void bench_run(struct bench *b)
{
	char text[65536] = "";
	ssize_t n;

	bds_init(b->m);
	bds_start(b->m);
	machine_run(b->m);
	trace_flush(&b->m->trace);
	n = pread(b->trace, text, sizeof(text) - 1, 0);
	text[n < 0 ? 0 : n] = '\0';
	b->text = xstrdup(text);
}

static void bench_close(struct bench *b)
{
	machine_free(b->m);
	close(b->trace);
	free(b->text);
}

static struct handle *add_device(struct bench *b, uint8_t pci, uint8_t partition)
{
	CLEANUP(buf_release) struct buf path = BUF_INIT;
	struct handle *h = handle_create(b->m);
	struct gaddr a;

	dp_add_acpi(&path, DP_PCI_ROOT, 0);
	dp_add_pci(&path, pci, 0);
	if (partition)
		dp_add_hd(&path, &(struct dp_hd){ .partition = partition,
					 .start = 2048,
					 .size = 4096,
					 .signature = { { partition } },
					 .format = 2,
					 .signature_type = DP_HD_GUID });
	dp_add_end(&path);
	a = machine_data(b->m, MEM_BOOT_DATA, path.len);
	if (!guest_write(&b->m->ram, a, path.data, path.len) ||
		handle_install(b->m, h, &uefi_device_path, a, NULL) != EFI_SUCCESS)
		abort();
	return h;
}

static void add_program(struct bench *b, uint8_t pci, struct device *d)
{
	protocol_install(b->m, add_device(b, pci, 0), &uefi_load_file, 8, load_file_rows,
		ARRAY_SIZE(load_file_rows), d);
}

/* A partition with a file system on a medium. */
static void add_volume(struct bench *b, uint8_t pci, uint8_t partition, bool removable)
{
	struct handle *h = add_device(b, pci, partition);
	struct gaddr block = machine_data(b->m, MEM_BOOT_DATA, 64);

	if (!guest_write64(&b->m->ram, gaddr_add(block, 8), block.v + 32) ||
		!guest_write8(&b->m->ram, gaddr_add(block, 36), removable) ||
		handle_install(b->m, h, &uefi_block_io, block, NULL) != EFI_SUCCESS)
		abort();
	protocol_install(
		b->m, h, &uefi_simple_file_system, 16, volume_rows, ARRAY_SIZE(volume_rows), NULL);
}

static void add_option(
	struct bench *b, const char *name, uint32_t attributes, const struct buf *path)
{
	CLEANUP(buf_release) struct buf option = BUF_INIT;

	load_option_encode(&option, attributes, name, path->data, path->len, "x\0y", 4);
	lanes_define(b->m->lanes, name, option.data, option.len);
}

static void add_option_to(struct bench *b, const char *name, uint32_t attributes, uint8_t pci)
{
	CLEANUP(buf_release) struct buf path = BUF_INIT;

	dp_add_acpi(&path, DP_PCI_ROOT, 0);
	dp_add_pci(&path, pci, 0);
	dp_add_end(&path);
	add_option(b, name, attributes, &path);
}

/* Whether the pieces stand in the text in this order. */
static bool in_order(const char *text, const char *const *pieces)
{
	for (; *pieces; pieces++) {
		const char *at = strstr(text, *pieces);

		if (!at) {
			printf("# no %s\n", *pieces);
			return false;
		}
		text = at + strlen(*pieces);
	}
	return true;
}

#define IN_ORDER(text, ...) in_order(text, (const char *const[]){ __VA_ARGS__, NULL })

static void test_nothing(void)
{
	struct bench b;

	bench_open(&b);
	bench_run(&b);
	is_int(b.m->verdict.kind, VERDICT_NOTHING, "no disks: nothing to boot");
	ok(strstr(b.m->verdict.reason, "no disk has a file system"), "and it says why");
	bench_close(&b);
}

static void test_default(void)
{
	struct device bad = { .result = EFI_ABORTED }, empty = { .result = LOAD_NOTHING };
	struct bench b;

	bench_open(&b);
	add_program(&b, 1, &bad);
	add_program(&b, 2, &empty);
	add_volume(&b, 3, 1, false);
	add_volume(&b, 4, 2, true);
	bench_run(&b);
	ok(IN_ORDER(b.text, "Pci(0x4,0x0)", "BOOTAA64.EFI", "EFI_NO_MEDIA", "Pci(0x3,0x0)",
		   "BOOTAA64.EFI", "EFI_NO_MEDIA", "Pci(0x1,0x0)", "EFI_SUCCESS", "EFI_ABORTED",
		   "Pci(0x2,0x0)", "EFI_NOT_FOUND"),
		"removable media, fixed media, LoadFile");
	is_int(b.m->verdict.kind, VERDICT_RETURNED, "one was run and came back");
	is_int(b.m->verdict.status, EFI_ABORTED, "with its status");
	ok(!lanes_global(b.m->lanes, "BootCurrent"), "no option is current");
	ok(!lanes_global(b.m->lanes, "BootOrder") && !lanes_global(b.m->lanes, "Boot0000"),
		"nothing was saved");
	bench_close(&b);
}

static void test_success_stops(void)
{
	struct device good = { .result = EFI_SUCCESS }, other = { .result = EFI_ABORTED };
	struct bench b;

	bench_open(&b);
	add_program(&b, 1, &good);
	add_program(&b, 2, &other);
	bench_run(&b);
	is_int(b.m->verdict.kind, VERDICT_RETURNED, "a program that ends well");
	is_int(b.m->verdict.status, EFI_SUCCESS, "is the last");
	ok(!strstr(b.text, "Pci(0x2,0x0)"), "no other is tried (3.1.1)");
	bench_close(&b);
}

static void test_options(void)
{
	struct device bad = { .result = EFI_ABORTED }, good = { .result = EFI_SUCCESS };
	static const uint8_t order[] = { 7, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 0x1a, 0, 6, 0 };
	const struct variable *current;
	struct bench b;

	bench_open(&b);
	add_program(&b, 1, &bad);
	add_program(&b, 2, &good);
	add_option_to(&b, "Boot0001", 0, 2);                          /* not active */
	add_option_to(&b, "Boot0002", LOAD_OPTION_ACTIVE | 0x100, 2); /* an application */
	add_option_to(&b, "Boot0003", LOAD_OPTION_ACTIVE, 9);         /* stale */
	lanes_define(b.m->lanes, "Boot0004", "broken", 6);
	add_option_to(&b, "Boot0005", LOAD_OPTION_ACTIVE, 1);
	add_option_to(&b, "Boot001A", LOAD_OPTION_ACTIVE, 2);
	add_option_to(&b, "Boot0006", LOAD_OPTION_ACTIVE, 1);
	lanes_define(b.m->lanes, "BootOrder", order, sizeof(order));
	bench_run(&b);
	ok(IN_ORDER(b.text, "Boot0007", "does not exist", "Boot0001", "not active", "Boot0002",
		   "application", "Boot0003", "is not there", "Boot0004", "boot-try", "BootOrder",
		   "Boot0005", "EFI_ABORTED", "boot-try", "Boot001A", "start", "EFI_SUCCESS"),
		"BootOrder in its order, without what cannot be");
	ok(!strstr(b.text, "Boot0006"), "and no further");
	current = lanes_global(b.m->lanes, "BootCurrent");
	ok(current && current->size == 2 && le16(current->data) == 0x1a, "BootCurrent");
	bench_close(&b);
}

static void test_next(void)
{
	struct device bad = { .result = EFI_ABORTED };
	struct bench b;

	bench_open(&b);
	add_program(&b, 1, &bad);
	add_program(&b, 2, &bad);
	add_option_to(&b, "Boot0001", LOAD_OPTION_ACTIVE, 1);
	add_option_to(&b, "Boot0002", 0, 2);
	lanes_define(b.m->lanes, "BootOrder", "\1\0", 2);
	lanes_define(b.m->lanes, "BootNext", "\2\0", 2);
	bench_run(&b);
	ok(IN_ORDER(b.text, "BootNext", "Boot0002", "BootOrder", "Boot0001", "default"),
		"BootNext, active or not, then BootOrder, then the default");
	ok(!lanes_global(b.m->lanes, "BootNext"), "BootNext is gone");
	is_int(b.m->verdict.kind, VERDICT_RETURNED, "all came back");
	bench_close(&b);
}

/* The text of all candidates, one a line. */
static char *candidates_text(const struct candidates *c)
{
	struct buf text = BUF_INIT;

	for (size_t i = 0; i < c->n; i++) {
		dp_to_text(c->v[i].path, c->v[i].size, true, &text);
		buf_puts(&text, "\n");
	}
	return buf_detach(&text);
}

static char *expanded(struct bench *b, const struct buf *path)
{
	CLEANUP(candidates_release) struct candidates c = { 0 };

	expand_option(b->m, (uint8_t *)path->data, path->len, &c);
	return candidates_text(&c);
}

static unsigned lines(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void test_expansion(void)
{
	const struct dp_hd second = {
		.partition = 2, .signature = { { 2 } }, .format = 2, .signature_type = DP_HD_GUID
	};
	struct buf hd = BUF_INIT, file = BUF_INIT, disk = BUF_INIT, none = BUF_INIT;
	struct bench b;

	bench_open(&b);
	add_device(&b, 3, 0);
	add_volume(&b, 3, 1, false);
	add_volume(&b, 3, 2, false);
	add_volume(&b, 4, 7, true);

	dp_add_hd(&hd, &second);
	dp_add_file(&hd, "\\EFI\\debian\\shimaa64.efi");
	dp_add_end(&hd);
	CLEANUP(xfree) char *t1 = expanded(&b, &hd);
	ok(lines(t1) == 1 && IN_ORDER(t1, "Pci(0x3,0x0)", "HD(2,", "shimaa64.efi"),
		"HD()/file leads to the partition");
	buf_reset(&hd);
	dp_add_hd(&hd, &second);
	dp_add_end(&hd);
	CLEANUP(xfree) char *t2 = expanded(&b, &hd);
	ok(lines(t2) == 1 && IN_ORDER(t2, "HD(2,", "BOOTAA64.EFI"), "HD() to its default loader");
	dp_add_file(&file, "\\a.efi");
	dp_add_end(&file);
	CLEANUP(xfree) char *t3 = expanded(&b, &file);
	ok(lines(t3) == 3 && IN_ORDER(t3, "Pci(0x4", "a.efi", "HD(1,", "a.efi", "HD(2,", "a.efi"),
		"a file alone to all file systems");
	dp_add_acpi(&disk, DP_PCI_ROOT, 0);
	dp_add_pci(&disk, 3, 0);
	dp_add_end(&disk);
	CLEANUP(xfree) char *t4 = expanded(&b, &disk);
	ok(lines(t4) == 2 && IN_ORDER(t4, "HD(1,", "BOOTAA64.EFI", "HD(2,", "BOOTAA64.EFI"),
		"a disk to the default loaders on it");
	dp_add_hd(&none, &(struct dp_hd){ .partition = 3,
				 .signature = { { 2 } },
				 .format = 2,
				 .signature_type = DP_HD_GUID });
	dp_add_file(&none, "\\a.efi");
	dp_add_end(&none);
	CLEANUP(xfree) char *t5 = expanded(&b, &none);
	is_int(lines(t5), 0, "a partition that is gone leads nowhere");
	buf_release(&hd);
	buf_release(&file);
	buf_release(&disk);
	buf_release(&none);
	bench_close(&b);
}

int main(void)
{
	test_nothing();
	test_default();
	test_success_stops();
	test_options();
	test_next();
	test_expansion();
	return tap_done();
}
