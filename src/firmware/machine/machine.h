/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual machine: everything that exists while one boot is tried. There
 * are no statics; whoever needs something of the machine is given it.
 */
#ifndef ARMVM_FIRMWARE_MACHINE_MACHINE_H
#define ARMVM_FIRMWARE_MACHINE_MACHINE_H

#include "firmware/machine/run.h"
#include "firmware/mem/pages.h"
#include "firmware/mem/pool.h"
#include "firmware/trace/trace.h"

struct bds;
struct call_frame;
struct console;
struct cpu;
struct cpu_device;
struct digests;
struct disks;
struct events;
struct handles;
struct images;
struct machine_state;
struct platform;
struct recorder;
struct service;
struct var_store;
struct virtual_map;

/* See core/events.h. */
struct watchdog {
	uint64_t seconds;    /* that it was set to */
	uint64_t due;        /* virtual ns; 0: it is off */
	uint64_t key_waited; /* ns that had been spent on polling for a key when it was set */
};

/* See services/kernel.h. */
struct kernel {
	/* Whoever called ExitBootServices(), the memory that it is in, and how many blocks of code ran since then. */
	struct gaddr caller, image;
	uint64_t image_size, blocks;
	uint64_t page; /* of the last block */
	bool searched; /* for a kernel that has this page, in vain, and control did not leave it since */
	unsigned searches; /* for a kernel without its header */
	struct gaddr file; /* one was found: its file, in the memory of a loaded image */
	/* Once one was entered: where, with which device tree; where its header is, and its size in memory. */
	struct gaddr entry, fdt, base;
	uint64_t size;
	char *release; /* "6.1.0-56-arm64" */
};

/* What outlasts a reset beside variables (UEFI 2.10 8.3, 8.5.2). */
struct kept_time {
	int64_t offset; /* what SetTime() did, in seconds */
	uint16_t zone;  /* minutes, or TIME_ZONE_NONE */
	uint8_t daylight;
	bool set;       /* by SetTime(): from then on the clock goes on over resets */
	bool counted;   /* somebody asked for the count since power-on */
	uint64_t count; /* its high half lasts */
};
#define TIME_ZONE_NONE 0x7ff

#define SLOTS_MAX          1024
#define RESET_NOTIFIED_MAX 32

struct machine {
	struct run_state run;
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
	struct machine_state *states; /* of protocols: see state.h */
	size_t n_states;
	struct console *console; /* a state */
	struct disks *disks;     /* the same; NULL until one is attached */
	struct var_store *vars;  /* these two are its owner's */
	struct platform *platform;
	struct bds *bds;
	uint64_t rng[4]; /* state of the seeded generator */

	struct gaddr system_table, boot_services, runtime_services, config_table;
	struct gaddr memory_attributes;        /* the table */
	unsigned n_config;                     /* entries of config_table in use */
	bool array_resolved, runtime_resolved; /* see services/config_table.h */
	struct gaddr acpi_tables;              /* that may take the device tree's place in it */
	uint32_t runtime_services_left;  /* EFI_RT_SUPPORTED_*, after boot services are gone */
	bool boot_services_gone;         /* ExitBootServices() succeeded */
	bool exit_announced;             /* it was called, and its first event group signalled */
	bool is_virtual;                 /* SetVirtualAddressMap() succeeded */
	struct virtual_map *virtual_map; /* while it is being served */
	struct kernel kernel;

	struct kept_time kept;
	struct watchdog watchdog;
	/* Functions of guests that are notified of a reset before it happens, in the order of their coming. */
	struct gaddr reset_notified[RESET_NOTIFIED_MAX];
	unsigned n_reset_notified;
	bool reset_announced; /* they are being called */

	struct digests *digests;   /* of its matrix; NULL: it plays alone */
	bool milestone_passed;     /* services/milestone.h */
	struct recorder *recorder; /* its owner's; NULL: nobody compares */

	struct text
		written; /* non-volatile variables that were set: "Boot0000 (EFI_SUCCESS), ..." */
	struct cpu_device *uart;
	struct text serial;        /* a line that is not complete, from the serial port */
	struct text unimplemented; /* names of services that were asked for in vain, one a line */
};

/* Zeroed guest memory for the firmware's own use. Aborts when there is none: for start-up. */
struct gaddr machine_data(struct machine *m, uint32_t type, size_t size);

/* What the machine's clock shows, in seconds since 1970. It is the same day at every power-on. */
#define MACHINE_EPOCH 1767225600 /* 2026-01-01 00:00:00 UTC */
int64_t machine_time(const struct machine *m);
/*
 * What the machine's next power-on begins with. The count's high half grows at each, which nobody sees who
 * did not ask for it: machines that find themselves as they were are to be the same.
 */
struct kept_time machine_kept_time(const struct machine *m);
bool kept_time_same(const struct kept_time *a, const struct kept_time *b);

/* Notes that a guest asked for something that is not there; returns EFI_UNSUPPORTED. */
efi_status machine_unimplemented(struct machine *m, const char *what);

#endif
