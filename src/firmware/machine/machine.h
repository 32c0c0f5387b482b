/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual machine: everything that exists while one boot is tried. There
 * are no statics; whoever needs something of the machine is given it.
 */
#ifndef ARMVM_FIRMWARE_MACHINE_MACHINE_H
#define ARMVM_FIRMWARE_MACHINE_MACHINE_H

#include "firmware/mem/pages.h"
#include "firmware/mem/pool.h"
#include "firmware/trace/trace.h"
#include "uefi/status.h"

struct bds;
struct call_frame;
struct console;
struct cpu;
struct digests;
struct disks;
struct events;
struct handles;
struct images;
struct platform;
struct service;
struct sha256_ctx;
struct var_store;
struct virtual_map;

/* How a boot ended, or why it can go no further. */
enum verdict_kind {
	VERDICT_NONE,     /* it goes on */
	VERDICT_KERNEL,   /* the kernel was entered */
	VERDICT_RETURNED, /* the loader came back to the boot manager and nothing is left to try */
	VERDICT_SHUTDOWN,
	VERDICT_RESET, /* to be started again; a loop of these is told apart by lifecycle/ */
	VERDICT_RESET_LOOP,
	VERDICT_KEY, /* it waits for a key that nobody presses */
	VERDICT_FAULT,
	VERDICT_BUDGET,
	VERDICT_INCONCLUSIVE, /* it failed after using a service that is not implemented */
	VERDICT_NOTHING,      /* there was nothing to boot */
};

struct limits {
	uint64_t ram;          /* bytes of guest RAM */
	uint64_t instructions; /* 0: without end */
	uint64_t virtual_ns;   /* virtual time */
	uint64_t wall_ms;
	uint64_t cpu_ms; /* CPU time of all scenarios together */
	uint64_t
		memory; /* bytes that a process which plays may keep in use; all together twice that */
};

struct verdict_state {
	enum verdict_kind kind;
	efi_status status;  /* of VERDICT_RETURNED, _NOTHING, _RESET */
	bool spent;         /* of VERDICT_BUDGET: real time ran out */
	char reason[256];   /* in words */
	bool waits_for_key; /* VERDICT_RESET: by the watchdog, while it waited for a key */
};

/* See core/events.h. */
struct watchdog {
	uint64_t seconds;    /* that it was set to */
	uint64_t due;        /* virtual ns; 0: it is off */
	uint64_t key_waited; /* ns that had been spent on polling for a key when it was set */
};

#define SLOTS_MAX 1024

struct machine {
	struct limits limits;
	struct trace trace;
	struct guest_ram *ram;
	struct pages pages;
	struct pool *pool;
	struct cpu *cpu;
	uint64_t now; /* virtual ns since power-on */

	const struct service *slots[SLOTS_MAX];
	unsigned n_slots;
	struct gaddr stack; /* that guests start with */
	uint64_t stack_size;
	struct call_frame *frames;
	unsigned n_frames;

	struct handles *handles;
	struct events *events;
	struct images *images;
	struct console *console;
	struct disks *disks;    /* NULL until one is attached */
	struct var_store *vars; /* these two are its owner's */
	struct platform *platform;
	struct bds *bds;
	uint64_t rng[4]; /* state of the seeded generator */

	struct gaddr system_table, boot_services, runtime_services, config_table;
	struct gaddr memory_attributes;      /* the table */
	unsigned n_config;                   /* entries of config_table in use */
	bool array_settled, runtime_settled; /* see services/config_table.h */
	struct gaddr acpi_tables;            /* that may take the device tree's place in it */
	uint32_t runtime_services_left;      /* EFI_RT_SUPPORTED_*, after boot services are gone */
	bool boot_services_gone;             /* ExitBootServices() succeeded */
	bool exit_announced;             /* it was called, and its first event group signalled */
	bool is_virtual;                 /* SetVirtualAddressMap() succeeded */
	struct virtual_map *virtual_map; /* while it is being served */
	/* Once it is found: where the kernel begins, its device tree, and the image that started it. */
	struct gaddr kernel_entry, kernel_fdt, kernel_image;
	uint64_t kernel_image_size;

	uint64_t fault_pc, fault_address; /* of VERDICT_FAULT, when the processor noticed it */

	int64_t time_offset; /* what SetTime() did, in seconds */
	uint16_t time_zone;
	uint8_t daylight;
	uint64_t monotonic;
	struct watchdog watchdog;

	struct digests *digests; /* of its matrix; NULL: it plays alone */
	bool milestone_passed;   /* services/milestone.h; its owner is told */
	void (*at_milestone)(struct machine *m, void *ctx);
	void *milestone_ctx;
	/*
	 * What the firmware's state follows from beside memory's map, time and variables: services
	 * that were called, and what they found in guest memory. NULL: nobody asks.
	 */
	struct sha256_ctx *history;

	struct buf
		written; /* non-volatile variables that were set: "Boot0000 (EFI_SUCCESS), ..." */
	struct buf unimplemented; /* names of services that were asked for in vain, one a line */
	struct verdict_state verdict;
};

/* Zeroed guest memory for the firmware's own use. Aborts when there is none: for start-up. */
struct gaddr machine_data(struct machine *m, uint32_t type, size_t size);

/* Ends the run with a verdict, unless there is one already: the first counts. */
void machine_end(struct machine *m, enum verdict_kind kind, const char *reason, ...)
	PRINTF_LIKE(3, 4);

/* What the machine's clock shows, in seconds since 1970. It is the same day at every power-on. */
#define MACHINE_EPOCH 1767225600 /* 2026-01-01 00:00:00 UTC */
int64_t machine_time(const struct machine *m);

/*
 * From the guest's next call on the machine's history is added to sum, with what the host reads of guest memory
 * while it serves calls; NULL: no more.
 */
void machine_record(struct machine *m, struct sha256_ctx *sum);
/* Adds to the machine's history, if anybody asks for it. */
void machine_remember(struct machine *m, const void *bytes, size_t len);

/* Notes that a guest asked for something that is not there; returns EFI_UNSUPPORTED. */
efi_status machine_unimplemented(struct machine *m, const char *what);

#endif
