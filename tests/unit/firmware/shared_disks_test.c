/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine that may have other disks: until which question its variants go on
 * together, what each finds then, and what each emits. Each test has one variant go
 * on at a time, as the processes of real ones do.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk/disk.h"
#include "firmware/core/handles.h"
#include "firmware/explore/pending.h"
#include "firmware/lifecycle/machine.h"
#include "firmware/proto/disks.h"
#include "firmware/scenario/scenario.h"
#include "firmware/mem/watch.h"
#include "tap.h"
#include "uefi/device_path.h"

#define VARIANTS 4

static const struct guid nobody = { { 1 } };
static const char *const disks_by_id[VARIANTS] = { "I", "EIc", "cIE", "I" };
static const char *const order_by_id[VARIANTS] = { "I", "EeIc", "cIEe", "I" };

struct lab {
	struct machine *m;
	struct variants *vs;
	unsigned keep; /* the id of the variant that goes on when they split */
	unsigned splits;
	struct text notes[VARIANTS];
	struct disk *disks[3];
	struct buf bytes[3]; /* theirs */
	size_t n_disks;
	struct gaddr out, guid, path;
	struct gaddr image, esp, esp_part, config; /* handles */
	size_t own;                                /* handles that were there before */
};

static void split(void *ctx, struct variants *vs, const unsigned class_of[VARIANTS_MAX], unsigned n)
{
	struct lab *lab = ctx;

	(void)n;
	lab->splits++;
	for (size_t i = 0; i < vs->n; i++)
		if (vs->v[i].id == lab->keep) {
			variants_keep(vs, class_of, class_of[i]);
			return;
		}
	abort();
}

static void note(void *ctx, unsigned id, const char *text, size_t len)
{
	text_add(&((struct lab *)ctx)->notes[id], text, len);
}

static void attach(struct lab *lab, char letter)
{
	struct disk_attachment a = { .letter = letter };
	struct buf *bytes = &lab->bytes[lab->n_disks];

	if (letter == PLATFORM_IMAGE) {
		memset(buf_reserve(bytes, 1u << 20), 0, 1u << 20);
		buf_added(bytes, 1u << 20);
		a.number = DISK_SLOT_IMAGE;
	} else {
		scenario_disk(letter, bytes);
		a.removable = scenario_disk_is_removable(letter);
	}
	a.disk = lab->disks[lab->n_disks++] = disk_from_memory(buf_bytes(bytes), bytes->len);
	protocols_attach_disk(lab->m, &a);
}

static void lab_open(struct lab *lab, unsigned keep)
{
	struct machine_config config = { .limits = { .ram = 64u << 20 }, .trace_fd = -1 };
	struct handle *const *v;
	size_t n;

	*lab = (struct lab){ .keep = keep, .vs = variants_new() };
	lab->vs->split = split;
	lab->vs->note = note;
	lab->vs->ctx = lab;
	config.vars = &lab->vs->store;
	config.platform = &lab->vs->platform;
	if (machine_new(&config, &lab->m, NULL) < 0)
		exit(1);
	lab->vs->trace = &lab->m->trace;
	for (unsigned i = 0; i < VARIANTS; i++)
		variants_add(lab->vs, (struct variant){ .id = i,
					      .vars = vars_new(),
					      .disks = disks_by_id[i],
					      .facts = i == 3 ? PLATFORM_REMOVABLE : 0 });
	handle_list(lab->m, &lab->own);
	attach(lab, PLATFORM_IMAGE);
	attach(lab, SCENARIO_ESP);
	attach(lab, SCENARIO_CONFIG);
	v = handle_list(lab->m, &n);
	if (n != lab->own + 4)
		abort();
	lab->image = v[lab->own]->address;
	lab->esp = v[lab->own + 1]->address;
	lab->esp_part = v[lab->own + 2]->address;
	lab->config = v[lab->own + 3]->address;
	protocols_share_disks(lab->m);
	lab->out = machine_data(lab->m, MEM_BOOT_DATA, 256);
	lab->guid = machine_data(lab->m, MEM_BOOT_DATA, 16);
	lab->path = machine_data(lab->m, MEM_BOOT_DATA, 64);
}

static void lab_close(struct lab *lab)
{
	machine_free(lab->m);
	variants_free(lab->vs);
	while (lab->n_disks) {
		disk_close(lab->disks[--lab->n_disks]);
		buf_release(&lab->bytes[lab->n_disks]);
	}
	for (unsigned i = 0; i < VARIANTS; i++)
		text_release(&lab->notes[i]);
}

static efi_status serve(struct lab *lab, call_handler *fn, const struct guid *guid, uint64_t a,
	uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	struct call call = { { a, b, c, d, e } };

	if (guid && !guest_write_guid(lab->m->ram, lab->guid, *guid))
		abort();
	return fn(lab->m, &call);
}

static uint64_t read64(struct lab *lab, struct gaddr a)
{
	uint64_t v = 0;

	if (!guest_read64(lab->m->ram, a, &v))
		abort();
	return v;
}

/* LocateHandle() by a protocol; (NULL) all. Its size and handles are at lab->out. */
static efi_status locate(struct lab *lab, const struct guid *guid)
{
	if (!guest_write64(lab->m->ram, lab->out, 240))
		abort();
	return serve(lab, svc_locate_handle, guid, guid ? 2 : 0, lab->guid.v, 0, lab->out.v,
		lab->out.v + 8);
}

/* What was located is these: I the image, E an ESP's disk and e its partition, c a config drive. */
static bool located(struct lab *lab, const char *want)
{
	uint64_t n = read64(lab, lab->out) / 8;

	for (size_t i = 0; i < strlen(want); i++) {
		struct gaddr h = want[i] == 'I'   ? lab->image
				 : want[i] == 'E' ? lab->esp
				 : want[i] == 'e' ? lab->esp_part
						  : lab->config;

		if (i >= n || read64(lab, gaddr_add(lab->out, 8 + 8 * i)) != h.v)
			return false;
	}
	return n == strlen(want);
}

/* LocateDevicePath() with the path to a slot, and perhaps more. */
static efi_status follow(struct lab *lab, const struct guid *guid, uint8_t slot)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	dp_add_acpi(&b, DP_PCI_ROOT, 0);
	dp_add_pci(&b, slot, 0);
	dp_add_end(&b);
	if (!guest_write(lab->m->ram, lab->path, buf_bytes(&b), b.len) ||
		!guest_write64(lab->m->ram, lab->out, lab->path.v))
		abort();
	return serve(
		lab, svc_locate_device_path, guid, lab->guid.v, lab->out.v, lab->out.v + 8, 0, 0);
}

static void test_together(void)
{
	struct lab lab;
	size_t n;

	lab_open(&lab, 0);
	handle_list(lab.m, &n);
	is_int(n, lab.own + 1, "the image's handle is there");
	is_int(locate(&lab, &nobody), EFI_NOT_FOUND, "what nobody has is nowhere");
	is_int(locate(&lab, &uefi_load_file), EFI_NOT_FOUND, "what no disk has");
	is_int(follow(&lab, &uefi_block_io, 5), EFI_SUCCESS, "a path to the image");
	is_int(read64(&lab, gaddr_add(lab.out, 8)), lab.image.v, "leads to it");
	is_int(follow(&lab, &uefi_load_file, 1), EFI_NOT_FOUND, "a path for what no disk has");
	is_int(serve(&lab, svc_handle_protocol, &uefi_disk_io, lab.image.v, lab.guid.v, lab.out.v,
		       0, 0),
		EFI_SUCCESS, "an interface of the image's");
	is_int(lab.splits, 0, "for all of this they go on together");
	lab_close(&lab);
}

/* A question, and what the variants of each kind find after it. */
static void test_order(void)
{
	for (unsigned keep = 0; keep < VARIANTS; keep++) {
		struct lab lab;
		size_t n = 0;

		lab_open(&lab, keep);
		is_int(locate(&lab, &uefi_block_io), EFI_SUCCESS, "disks are asked for");
		is_int(lab.splits, 1, "variants split");
		ok(located(&lab, order_by_id[keep]), "and find theirs in their order");
		is_int(locate(&lab, &uefi_block_io), EFI_SUCCESS, "asked for again");
		ok(lab.splits == 1 && located(&lab, order_by_id[keep]), "they stay");
		is_int(lab.vs->n, strlen(disks_by_id[keep]) == 1 ? 2 : 1,
			"those with the same stay together");
		handle_list(lab.m, &n);
		is_int(n, lab.own + strlen(order_by_id[keep]), "no others are there");
		is_int(!handle_of(lab.m, lab.esp), strlen(disks_by_id[keep]) == 1,
			"what a variant does not have is no handle");
		lab_close(&lab);
	}
}

static void test_views(void)
{
	struct lab lab;

	lab_open(&lab, 0);
	for (unsigned i = 0; i < VARIANTS; i++) {
		CLEANUP(handle_view_release) struct handle_view view = { 0 };
		const char *want = order_by_id[i];
		bool right = true;

		handle_view_make(lab.m, disks_by_id[i], &view);
		for (size_t k = 0; want[k] && lab.own + k < view.n; k++)
			right = right &&
				view.v[lab.own + k]->disk == (want[k] == 'e' ? 'E' : want[k]);
		ok(right && view.n == lab.own + strlen(want), "a variant's handles");
	}
	is_int(lab.splits, 0, "can be looked at without splitting");
	lab_close(&lab);
}

/* Guests that know what they were never given. */
static void test_guesses(void)
{
	for (unsigned keep = 0; keep < 2; keep++) {
		efi_status there = keep ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
		struct lab lab;

		lab_open(&lab, keep);
		is_int(serve(&lab, svc_handle_protocol, &uefi_disk_io, lab.esp.v, lab.guid.v,
			       lab.out.v, 0, 0),
			there, "a handle that not all have");
		is_int(lab.splits, 1, "is a question");
		lab_close(&lab);
		lab_open(&lab, keep);
		is_int(follow(&lab, &uefi_block_io, 1), keep ? EFI_SUCCESS : EFI_NOT_FOUND,
			"a path to where not all have a disk");
		is_int(lab.splits, 1, "is a question");
		lab_close(&lab);
		lab_open(&lab, keep);
		if (pool_free(lab.m->pool, lab.config) != EFI_SUCCESS)
			abort();
		for (unsigned i = 0; i < 64; i++)
			handle_install(lab.m, handle_create(lab.m), &nobody, gaddr(1), NULL);
		handles_resolve(lab.m);
		ok(handle_of(lab.m, lab.image), "a handle in the place of one that was freed");
		lab_close(&lab);
	}
}

static uint8_t removable_flag(struct lab *lab, struct gaddr interface)
{
	uint8_t flag = 9;

	if (!guest_read8(
		    lab->m->ram, gaddr_add(gaddr(read64(lab, gaddr_add(interface, 8))), 4), &flag))
		abort();
	return flag;
}

static void test_removable(void)
{
	static const struct guid *const guids[] = { &uefi_block_io, &uefi_block_io2 };

	for (unsigned i = 0; i < 4; i++) {
		unsigned keep = i & 2 ? 3 : 0;
		struct gaddr block_io;
		struct lab lab;
		uint64_t media;

		lab_open(&lab, keep);
		block_io = handle_protocol(handle_of(lab.m, lab.image), &uefi_block_io)->interface;
		is_int(serve(&lab, svc_open_protocol, guids[i & 1], lab.image.v, lab.guid.v, 0, 0,
			       0),
			EFI_INVALID_PARAMETER, "an interface that goes nowhere");
		is_int(lab.splits, 0, "is no question");
		is_int(serve(&lab, svc_handle_protocol, guids[i & 1], lab.image.v, lab.guid.v,
			       lab.out.v, 0, 0),
			EFI_SUCCESS, "an interface with media");
		media = read64(&lab, gaddr_add(block_io, 8)) - guest_exact(lab.m->ram).v;
		guest_look(lab.m->ram, media, 4);
		guest_look(lab.m->ram, media + 5, 43);
		is_int(lab.splits, 0, "isn't either, nor are the media but for one byte");
		guest_look(lab.m->ram, media, 8);
		is_int(lab.splits, 1, "which is one");
		is_int(removable_flag(&lab, block_io), keep == 3, "which the medium answers");
		is_int(lab.vs->n, keep == 3 ? 1 : 3, "the others go on together");
		lab_close(&lab);
	}
}

static void emit(struct lab *lab, const char *event)
{
	trace_begin(&lab->m->trace, event);
	trace_end(&lab->m->trace);
}

static void test_emitted(void)
{
	struct lab lab;

	lab_open(&lab, 0);
	ok(!lab.m->trace.out.len && !lab.notes[0].len, "what is emitted for variants waits");
	emit(&lab, "all");
	ok(strstr(text_str(&lab.notes[1]), "Pci(0x1,0x0)/HD(1,GPT"),
		"until all are told something");
	ok(strstr(text_str(&lab.notes[2]), "Pci(0x6,0x0)/HD(1,GPT"), "each its own");
	ok(!strstr(text_str(&lab.notes[0]), "\"removable\":true") &&
			strstr(text_str(&lab.notes[3]), "\"removable\":true"),
		"and what it has");
	ok(strncmp(text_str(&lab.m->trace.out), "{\"event\":\"all\"", 14) == 0, "before that");
	for (size_t i = 0; i < lab.vs->n; i++) {
		pending_begin(lab.vs, i);
		emit(&lab, "same");
		pending_end(lab.vs, i);
	}
	pending_finish(lab.vs);
	ok(lab.splits == 0 && strstr(text_str(&lab.m->trace.out), "\"same\""),
		"what is the same is told to all");
	pending_finish(lab.vs);
	is_int(lab.splits, 0, "once");
	pending_begin(lab.vs, 1);
	emit(&lab, "one");
	pending_end(lab.vs, 1);
	pending_finish(lab.vs);
	ok(lab.splits == 1 && lab.vs->n == 3 && !strstr(text_str(&lab.m->trace.out), "\"one\""),
		"in the end variants split that were told different things");
	lab_close(&lab);
}

int main(void)
{
	test_together();
	test_order();
	test_views();
	test_guesses();
	test_removable();
	test_emitted();
	return tap_done();
}
