/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For the boot manager's unit tests: a machine whose devices have LoadFile and
 * give a program of three instructions, or a file system that cannot be opened.
 * What it did is read from the trace.
 */
#ifndef ARMVM_TESTS_BDS_BENCH_H
#define ARMVM_TESTS_BDS_BENCH_H

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/bds/bds.h"
#include "firmware/core/handles.h"
#include "firmware/lifecycle/machine.h"
#include "firmware/proto/protocol.h"
#include "firmware/machine/state.h"
#include "firmware/services/service.h"
#include "firmware/vars/var_store.h"
#include "tap.h"
#include "uefi/device_path.h"
#include "uefi/guids.h"
#include "uefi/load_option.h"
#include "uefi/protocols.h"

#define PROGRAM_SIZE 0x400

struct device {
	efi_status result; /* what its program returns; LOAD_NOTHING: there is none */
	/* Filled in while its program is loaded */
	int current;   /* BootCurrent; -1: there is none */
	bool saw_next; /* BootNext was still there */
	bool boot_policy;
	unsigned loads;
};

#define LOAD_NOTHING 99

static inline void make_program(efi_status status, uint8_t p[PROGRAM_SIZE])
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

static inline efi_status bench_load_file(struct machine *m, const struct call *c)
{
	struct device *d = *(struct device **)protocol_host(m, call_addr(c, 0), &uefi_load_file);
	const struct variable *current = var_store_global(m->vars, "BootCurrent");
	uint8_t program[PROGRAM_SIZE];
	uint64_t room;

	if (d) {
		d->current = current && current->size == 2 ? le16(current->data) : -1;
		d->saw_next = var_store_global(m->vars, "BootNext");
		d->boot_policy = c->arg[2] & 1;
		d->loads++;
	}
	if (!d || !guest_read64(m->ram, call_addr(c, 3), &room))
		return EFI_INVALID_PARAMETER;
	if (d->result == LOAD_NOTHING)
		return EFI_NOT_FOUND;
	if (!guest_write64(m->ram, call_addr(c, 3), PROGRAM_SIZE))
		return EFI_INVALID_PARAMETER;
	if (!c->arg[4] || room < PROGRAM_SIZE)
		return EFI_BUFFER_TOO_SMALL;
	make_program(d->result, program);
	return guest_write(m->ram, call_addr(c, 4), program, sizeof(program))
		       ? EFI_SUCCESS
		       : EFI_INVALID_PARAMETER;
}

static inline efi_status bench_open_volume(struct machine *m, const struct call *c)
{
	(void)m;
	(void)c;
	return EFI_NO_MEDIA;
}

static const struct service load_file_rows[] = {
	{ 0, "LoadFile", bench_load_file,
		{ ARG_THIS, ARG_PATH, ARG_BOOL, ARG_INOUT64, ARG_ROOM(3) }, 0 },
};
static const struct service volume_rows[] = {
	{ 8, "OpenVolume", bench_open_volume, { ARG_THIS, ARG_OUT(8) }, 0 },
};

/* ---- a machine and its devices ---- */

struct bench {
	struct machine *m;
	struct var_store_plain store;
	struct bds_config config;
	int trace;
	char *text; /* of the trace, once it ran */
};

/* quirks: a row's name, or NULL. */
static inline void bench_open(struct bench *b, const char *quirks)
{
	struct machine_config config = { .limits = { .ram = 64 << 20, .instructions = 1000000 } };
	struct err err = { 0 };

	*b = (struct bench){ .trace = memfd_create("trace", 0) };
	config.trace_fd = b->trace;
	var_store_plain_init(&b->store, vars_new());
	config.vars = &b->store.store;
	b->config.quirks = quirks ? bds_quirks_find(quirks) : NULL;
	if (machine_new(&config, &b->m, &err) < 0)
		abort();
}

static inline void bench_start(struct bench *b)
{
	bds_init(b->m, &b->config);
	bds_start(b->m);
	machine_run(b->m);
}

static inline void bench_run(struct bench *b)
{
	CLEANUP(text_release) struct text text = TEXT_INIT;
	off_t size;

	bench_start(b);
	trace_flush(&b->m->trace);
	size = lseek(b->trace, 0, SEEK_END);
	if (size > 0 && pread(b->trace, text_reserve(&text, (size_t)size), (size_t)size, 0) == size)
		text_added(&text, (size_t)size);
	free(b->text);
	b->text = text_detach(&text);
}

static inline void bench_close(struct bench *b)
{
	machine_free(b->m);
	vars_free(b->store.vars);
	close(b->trace);
	free(b->text);
}

static inline struct handle *add_device(struct bench *b, uint8_t pci, uint8_t partition)
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
	if (!guest_write(b->m->ram, a, buf_bytes(&path), path.len) ||
		handle_install(b->m, h, &uefi_device_path, a, NULL) != EFI_SUCCESS)
		abort();
	return h;
}

static inline void add_program(struct bench *b, uint8_t pci, struct device *d)
{
	static const struct state_kind kind = { sizeof(struct device *), NULL, NULL };
	struct device **state = state_new(b->m, &kind);

	*state = d;
	protocol_install(b->m, add_device(b, pci, 0), &uefi_load_file, 8, load_file_rows,
		ARRAY_SIZE(load_file_rows), state);
}

static inline void add_block(struct bench *b, struct handle *h, bool removable, bool partition)
{
	struct gaddr block = machine_data(b->m, MEM_BOOT_DATA, 64);

	if (!guest_write64(b->m->ram, gaddr_add(block, 8), block.v + 32) ||
		!guest_write8(b->m->ram, gaddr_add(block, 36), removable) ||
		!guest_write8(b->m->ram, gaddr_add(block, 38), partition) ||
		handle_install(b->m, h, &uefi_block_io, block, NULL) != EFI_SUCCESS)
		abort();
}

static inline void add_file_system(struct bench *b, struct handle *h)
{
	protocol_install(
		b->m, h, &uefi_simple_file_system, 16, volume_rows, ARRAY_SIZE(volume_rows), NULL);
}

/* A medium without partitions and file system. */
static inline void add_medium(struct bench *b, uint8_t pci, bool removable)
{
	add_block(b, add_device(b, pci, 0), removable, false);
}

enum volume_kind {
	VOLUME_PLAIN, /* a partition of another type */
	VOLUME_ESP,
};

/* A partition (0: the whole medium) with a file system. */
static inline void add_volume(
	struct bench *b, uint8_t pci, uint8_t partition, bool removable, enum volume_kind kind)
{
	struct handle *h = add_device(b, pci, partition);
	struct guid esp;

	add_block(b, h, removable, partition != 0);
	add_file_system(b, h);
	if (kind == VOLUME_ESP && guid_parse(UEFI_PART_ESP, &esp))
		handle_install(b->m, h, &esp, GADDR_NULL, NULL);
}

/* ---- options ---- */

static inline void add_option(
	struct bench *b, const char *name, uint32_t attributes, const struct buf *path)
{
	CLEANUP(buf_release) struct buf option = BUF_INIT;

	load_option_encode(&option, attributes, name, buf_bytes(path), path->len, "x\0y", 4);
	var_store_define(b->m->vars, name, buf_bytes(&option), option.len);
}

static inline void add_option_to(
	struct bench *b, const char *name, uint32_t attributes, uint8_t pci)
{
	CLEANUP(buf_release) struct buf path = BUF_INIT;

	dp_add_acpi(&path, DP_PCI_ROOT, 0);
	dp_add_pci(&path, pci, 0);
	dp_add_end(&path);
	add_option(b, name, attributes, &path);
}

static inline void add_option_text(
	struct bench *b, const char *name, uint32_t attributes, const char *text)
{
	CLEANUP(buf_release) struct buf path = BUF_INIT;

	if (!dp_from_text(text, &path))
		abort();
	add_option(b, name, attributes, &path);
}

static inline const struct variable *bench_var(struct bench *b, const char *name)
{
	return var_store_global(b->m->vars, name);
}

/* "0001 0002", what BootOrder and its like hold; NULL when there is none. */
static inline char *numbers_of(struct bench *b, const char *name)
{
	const struct variable *var = bench_var(b, name);
	struct text text = TEXT_INIT;

	if (!var)
		return NULL;
	for (size_t i = 0; i + 2 <= var->size; i += 2)
		text_printf(&text, "%s%04X", i ? " " : "", le16(var->data + i));
	return text_detach(&text);
}

/* ---- what the trace says ---- */

/* Whether the pieces stand in the text in this order. */
static inline bool in_order(const char *text, const char *const *pieces)
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

static inline unsigned count_of(const char *text, const char *piece)
{
	unsigned n = 0;

	for (; (text = strstr(text, piece)); text += strlen(piece))
		n++;
	return n;
}

#endif
