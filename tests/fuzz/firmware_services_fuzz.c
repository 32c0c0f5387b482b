/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every service and protocol function of the firmware with any arguments. The
 * input is a list of calls of CALL_BYTES each: a slot, and for each argument
 * a kind and a value. Nothing runs in the guest: where the firmware would call
 * it, it learns that the function has returned.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "disk/disk.h"
#include "firmware/bds/bds.h"
#include "firmware/core/handles.h"
#include "firmware/lifecycle/machine.h"
#include "firmware/proto/protocol.h"
#include "firmware/services/service.h"
#include "still_cpu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RAM        (UINT64_C(2) << 20)
#define CALL_BYTES 32
#define CALLS_MAX  512
#define ARGS       6
#define SCRATCH    (64 << 10)

/* For replay.c: what is left at the end is ignored. */
extern const size_t fuzz_record;
const size_t fuzz_record = CALL_BYTES;

static uint8_t disk_bytes[1 << 20];

/* What an argument is made of: a kind, and 32 bits. */
static uint64_t argument(
	struct machine *m, struct gaddr scratch, const uint64_t *seen, uint8_t kind, uint32_t v)
{
	size_t n;
	struct handle *const *handles = handle_list(m, &n);
	struct handle *h = n ? handles[v % n] : NULL;

	switch (kind % 10) {
	case 0:
		return v & 0xff;
	case 1:
		return v;
	case 2:
		return scratch.v + v % SCRATCH;
	case 3:
		return h ? h->address.v : 0;
	case 4:
		return h && h->n_protocols ? h->protocols[(v >> 8) % h->n_protocols].interface.v
					   : 0;
	case 5:
		return seen[v % 16];
	case 6:
		return RAM_BASE + RAM - 1 - v % 64;
	case 7:
		return UINT64_MAX - v % 64;
	case 8:
		return (uint64_t)v << 32 | v;
	default:
		return RAM_BASE + v % RAM;
	}
}

/* One call; what it left at the start of the scratch area may be an argument later. */
static void one_call(struct machine *m, struct gaddr scratch, uint64_t *seen, const uint8_t *p)
{
	unsigned slot = 1 + le16(p) % (m->n_slots - 1);
	uint64_t v = 0;

	for (unsigned i = 0; i < ARGS; i++)
		cpu_set(m->cpu, (int)i,
			argument(m, scratch, seen, p[2 + i * 5], le32(p + 3 + i * 5)));
	cpu_set(m->cpu, CPU_LR, m->stack.v);
	/* An earlier call may have ended the run; the input still has some. */
	m->run.end.kind = VERDICT_NONE;
	service_call(m, slot);
	/* The firmware wants something done by the guest: it has been. */
	for (unsigned k = 0; call_depth(m) && k < 200 && !run_is_over(&m->run); k++) {
		cpu_set(m->cpu, CPU_X0, k & 1 ? EFI_SUCCESS : seen[k % 16]);
		call_returned(m);
	}
	if (guest_read64(m->ram, gaddr_add(scratch, (p[1] & 7) * 8), &v))
		seen[p[0] % 16] = v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct machine_config config = {
		.limits = { .ram = RAM, .virtual_ns = UINT64_C(1000000000000) }, .trace_fd = -1
	};
	struct protocols_config protocols = { .gop = false, .tpm = true, .memory_attribute = true };
	struct disk *disk = disk_from_memory(disk_bytes, sizeof(disk_bytes));
	struct disk_attachment attachment = { .disk = disk_overlay(disk) };
	struct machine *m = NULL;
	uint64_t seen[16] = { 0 };
	struct err err = { 0 };
	struct gaddr scratch;

	if (machine_new(&config, &m, &err) < 0)
		abort();
	protocols_init(m, &protocols);
	protocols_attach_disk(m, &attachment);
	bds_init(m, NULL);
	scratch = machine_data(m, MEM_BOOT_DATA, SCRATCH);
	/* Something to begin with: GUIDs of what there is, and the input itself. */
	if (!guest_write(m->ram, gaddr_add(scratch, 4096), data, size < 8192 ? size : 8192))
		abort();
	for (size_t i = 0; i < CALLS_MAX && (i + 1) * CALL_BYTES <= size; i++)
		one_call(m, scratch, seen, data + i * CALL_BYTES);
	machine_free(m);
	disk_close(attachment.disk);
	disk_close(disk);
	return 0;
}
