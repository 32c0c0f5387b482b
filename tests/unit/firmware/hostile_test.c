/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every service, called with whatever a hostile loader may think of, half of it past the dispatcher: handles,
 * interfaces, GUIDs and paths that exist and that don't, wild pointers, wild
 * lengths. What a service calls back returns whatever it likes, or never.
 * Nothing is asserted but that the host survives and files are opened: run it
 * under ASan, too.
 */
#include <stdlib.h>

#include "../fat/volume.h"
#include "base/utf16.h"
#include "base/xalloc.h"
#include "firmware/core/handles.h"
#include "firmware/lifecycle/machine.h"
#include "firmware/machine/random.h"
#include "firmware/proto/console.h"
#include "firmware/services/service.h"
#include "uefi/protocols.h"

#define RAM_SIZE (64u << 20)
#define SCRATCH  8192
#define CALLS    4000 /* of one machine: it soon has nothing left to give */
#define MACHINES 100
#define THINGS   64

struct guest {
	struct machine *m;
	struct gaddr a; /* SCRATCH bytes of its own */
	struct gaddr files[THINGS];
	unsigned n_files;
};

static uint64_t random64(struct guest *g)
{
	uint8_t r[8];

	machine_random(g->m, r, sizeof(r));
	return le64(r);
}

static uint64_t some_handle(struct guest *g, bool interface)
{
	struct handle *const *list;
	const struct handle *h;
	size_t n;

	list = handle_list(g->m, &n);
	if (!n)
		return 0;
	h = list[random64(g) % n];
	if (!interface || !h->n_protocols)
		return h->address.v;
	return h->protocols[random64(g) % h->n_protocols].interface.v;
}

static uint64_t odd_number(struct guest *g)
{
	static const uint64_t odd[] = { 0, 1, 2, 7, 8, 16, 31, 0xffff, 4095, 4096, 4097, RAM_BASE,
		RAM_BASE - 1, RAM_BASE + RAM_SIZE - 8, RAM_BASE + RAM_SIZE, UINT64_MAX,
		UINT64_MAX - 4095, UINT64_C(1) << 63, INT64_MAX, UINT32_MAX, INT32_MAX };

	return odd[random64(g) % ARRAY_SIZE(odd)];
}

static uint64_t any(struct guest *g)
{
	uint64_t r = random64(g);

	switch (r % 8) {
	case 0:
		return odd_number(g);
	case 1:
		return random64(g);
	case 2:
		return some_handle(g, false);
	case 3:
		return some_handle(g, true);
	case 4:
		return random64(g) % 70;
	default: /* in the scratch memory, often at its things */
		return g->a.v + (r & 64 ? random64(g) % SCRATCH : random64(g) % 128 * 64);
	}
}

/* Things that services take, at multiples of 64 bytes. */
static void fill_scratch(struct guest *g)
{
	static const struct guid *const guids[] = { &uefi_block_io, &uefi_simple_file_system,
		&uefi_device_path, &uefi_loaded_image, &uefi_load_file2, &uefi_driver_binding,
		&uefi_file_info, &uefi_file_system_info, &uefi_global_variable, &uefi_text_out };
	static const char *const names[] = { "\\EFI\\BOOT\\BOOTAA64.EFI", "\\", "EFI", "..",
		"BootOrder", "Boot0001", "new file", "*" };
	static const uint8_t path[] = { 4, 4, 16, 0, '\\', 0, 'E', 0, 'F', 0, 'I', 0, 0, 0, 0, 0,
		0x7f, 0xff, 4, 0 };

	for (unsigned i = 0; i < SCRATCH / 64; i++) {
		uint8_t item[64];

		machine_random(g->m, item, sizeof(item));
		if (i % 4 == 0)
			memcpy(item, guids[random64(g) % ARRAY_SIZE(guids)]->b, 16);
		else if (i % 4 == 1)
			(void)!utf8_to_utf16le(names[random64(g) % ARRAY_SIZE(names)], item, 32);
		else if (i % 4 == 2)
			memcpy(item, path, sizeof(path));
		else
			put_le64(item, any(g));
		if (!guest_write(g->m->ram, gaddr_add(g->a, i * 64), item, sizeof(item)))
			abort();
	}
}

/* A directory or a file that an earlier call may have opened. */
static void find_files(struct guest *g, const struct service *s, const struct call *c)
{
	struct gaddr file;

	if ((strcmp(s->name, "SimpleFileSystem.OpenVolume") == 0 ||
		    strcmp(s->name, "File.Open") == 0) &&
		guest_read_addr(g->m->ram, call_addr(c, 1), &file))
		g->files[g->n_files++ % THINGS] = file;
}

/* An interface that has this slot as its function, or whatever else when none comes up. */
static uint64_t some_this(struct guest *g, unsigned slot)
{
	const struct service *s = service_of_slot(g->m, slot);
	struct gaddr fn = GADDR_NULL;
	uint64_t a = 0;

	for (unsigned n = 0; n < 32 && fn.v != cpu_slot_address(g->m->cpu, slot).v; n++) {
		if (g->n_files && strncmp(s->name, "File.", 5) == 0)
			a = g->files[random64(g) % (g->n_files < THINGS ? g->n_files : THINGS)].v;
		else
			a = some_handle(g, true);
		if (!guest_read_addr(g->m->ram, gaddr(a + s->offset), &fn))
			fn = GADDR_NULL;
	}
	return a;
}

static void call_one(struct guest *g, unsigned slot)
{
	struct machine *m = g->m;
	const struct service *s = service_of_slot(m, slot);
	struct call c = { { 0 } };

	if (!s->handler)
		return;
	for (unsigned i = 0; i < CALL_ARGS_MAX; i++)
		c.arg[i] = any(g);
	/* Little happens as long as This isn't right. */
	if (s->args[0].kind == ARG_KIND_THIS && random64(g) % 8)
		c.arg[0] = some_this(g, slot);
	if (random64(g) % 2) {
		for (int i = CPU_X0; i < 8; i++)
			cpu_set(m->cpu, i, c.arg[i]);
		service_call(m, slot);
	} else if (s->handler(m, &c) == EFI_SUCCESS) {
		find_files(g, s, &c);
	}
	guest_revoke(m->ram);
	while (m->n_frames && random64(g) % 4) {
		cpu_set(m->cpu, CPU_X0, random64(g) % 2 ? 0 : any(g));
		call_returned(m);
	}
	if (m->n_frames > CALL_DEPTH_MAX / 2)
		call_release(m);
	m->run.end.kind = VERDICT_NONE;
}

/* Returns how many files were opened. */
static unsigned storm(uint64_t seed, struct disk *disk)
{
	struct machine_config config = {
		.limits = { .ram = RAM_SIZE }, .trace_fd = -1, .seed = seed
	};
	struct protocols_config protocols = {
		.gop = true, .tpm = true, .memory_attribute = true, .console = true
	};
	CLEANUP(disk_close) struct disk *overlay = disk_overlay(disk);
	CLEANUP(machine_free) struct machine *m = NULL;
	struct disk_attachment attachment = { .disk = overlay, .number = 1 };
	struct guest g = { 0 };
	struct err err = { 0 };

	if (machine_new(&config, &m, &err) < 0)
		abort();
	protocols_init(m, &protocols);
	protocols_attach_disk(m, &attachment);
	g.m = m;
	g.a = machine_data(m, MEM_BOOT_DATA, SCRATCH);
	for (unsigned n = 0; n < CALLS; n++) {
		if (n % 64 == 0)
			fill_scratch(&g);
		call_one(&g, 1 + (unsigned)(random64(&g) % (m->n_slots - 1)));
	}
	return g.n_files;
}

int main(void)
{
	unsigned files = 0;
	struct volume v;

	scratch_enter();
	if (!shell("truncate -s 8M v.img && mkfs.fat -F 12 v.img >/dev/null && mmd -i v.img ::/EFI "
		   "::/EFI/BOOT && head -c 3000 /dev/zero > f && mcopy -i v.img f "
		   "::/EFI/BOOT/BOOTAA64.EFI"))
		return 1;
	v = volume_map("v.img", 12);
	for (unsigned seed = 1; seed <= MACHINES; seed++)
		files += storm(seed, v.disk);
	ok(files > 0, "%u machines survived, %u files were opened", MACHINES, files);
	volume_unmap(&v);
	return tap_done();
}
