/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One row per function that the guest can call: it gives the dispatch, the
 * trace line and the validation of pointers at once. A row's slot is the place
 * of its function pointer in a table or a protocol's interface.
 */
#ifndef ARMVM_FIRMWARE_SERVICES_SERVICE_H
#define ARMVM_FIRMWARE_SERVICES_SERVICE_H

#include "firmware/core/call.h"

/*
 * The shape of an argument, for the trace and for the check that is made before
 * the handler runs (a violation answers EFI_INVALID_PARAMETER, recorded):
 */
enum arg_shape {
	ARG_END = 0,
	ARG_U64, /* UINTN, EFI_PHYSICAL_ADDRESS ...: shown in hex */
	ARG_U32, /* low 32 bits */
	ARG_BOOL,
	ARG_HANDLE, /* EFI_HANDLE, shown by its number; NULL is for the handler to judge */
	ARG_EVENT,
	ARG_THIS,     /* the interface's own address */
	ARG_FN,       /* a guest function, or NULL */
	ARG_GUID,     /* pointer to a GUID: 16 bytes must be RAM */
	ARG_GUID_OPT, /* the same, or NULL */
	ARG_STR16,    /* pointer to a UTF-16 string */
	ARG_STR16_OPT,
	ARG_STR8,
	ARG_PATH, /* pointer to a device path */
	ARG_PATH_OPT,
	ARG_IN, /* pointer that is read by the handler; must be RAM */
	ARG_IN_OPT,
	ARG_OUT64, /* pointer to 8 bytes that are written */
	ARG_OUT64_OPT,
	ARG_OUT32,
	ARG_OUT32_OPT,
	ARG_OUT8,
	ARG_INOUT64, /* pointer to 8 bytes, read and written; shown by its value before */
	ARG_BUF,     /* pointer to bytes whose length another argument gives */
	ARG_BUF_OPT,
};

#define SERVICE_ARGS_MAX CALL_ARGS_MAX

enum service_flag {
	SERVICE_QUIET = 1, /* called so often that the trace leaves it out unless asked for all */
	SERVICE_MILESTONE = 2, /* the first call in a boot is one: see milestone.h */
	/* Changes nothing but variables and memory, or tells machine.history what else by itself. */
	SERVICE_APART = 4,
};

struct service {
	unsigned offset;       /* of the function pointer in its table or interface, in bytes */
	const char *name;      /* "AllocatePages", "File.Read" */
	call_handler *handler; /* NULL: EFI_UNSUPPORTED, and recorded as unimplemented */
	uint8_t args[SERVICE_ARGS_MAX]; /* enum arg_shape */
	unsigned flags;                 /* of enum service_flag */
};

/*
 * Gives each row a slot and stores the slots' addresses at table + offset. The
 * rows must outlive the machine. Tables of the same rows share their slots, so
 * that there is no end to disks and open files. Aborts when the slots are used up.
 */
void service_install(struct machine *m, struct gaddr table, const struct service *rows, size_t n);

/* A guest called a slot: checks, serves, traces, and goes back to the guest. */
void service_call(struct machine *m, unsigned slot);

/* The slot's row; NULL when it has none. */
const struct service *service_of_slot(const struct machine *m, unsigned slot);

/* Writes the system table with boot and runtime services; m->system_table is set. */
void services_init(struct machine *m);
/* Whether it is a runtime service that is gone with boot services. */
bool service_is_gone(struct machine *m, const struct service *s);
/* Recomputes a table's CRC32 (the header of UEFI 2.10 4.2). */
void service_table_crc(struct machine *m, struct gaddr table);

#endif
