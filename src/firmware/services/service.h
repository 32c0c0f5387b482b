/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One row per function that the guest can call: it gives the dispatch, the trace line, and for each argument
 * that leads to memory which bytes are read and written. Before a handler runs, the whole ranges are checked and what
 * is read is recorded; a handler reads such bytes again for nothing. A row's slot is the place of its function
 * pointer in a table or a protocol's interface.
 */
#ifndef ARMVM_FIRMWARE_SERVICES_SERVICE_H
#define ARMVM_FIRMWARE_SERVICES_SERVICE_H

#include "firmware/core/call.h"

/* What an argument is, and how the trace shows it. */
enum arg_kind {
	ARG_NONE, /* there are no more */
	ARG_KIND_64,
	ARG_KIND_THIS, /* the interface's own address */
	ARG_KIND_32,   /* the low 32 bits */
	ARG_KIND_BOOL,
	ARG_KIND_HANDLE,  /* by its number; NULL is for the handler to judge */
	ARG_KIND_POINTER, /* by its address; those that follow, by what is there */
	ARG_KIND_NUMBER,
	ARG_KIND_GUID,
	ARG_KIND_STR16,
	ARG_KIND_STR8,
};

/* What is done with the bytes that a pointer leads to. */
enum arg_access {
	ACCESS_NONE, /* it is no pointer, or one that is only passed on */
	ACCESS_IN = 1,
	ACCESS_OUT = 2,
	ACCESS_BOTH = ACCESS_IN | ACCESS_OUT,
};

/* How many bytes there are. */
enum arg_length {
	LENGTH_FIXED, /* `size` */
	LENGTH_BY,    /* argument `by` times `size` */
	LENGTH_AT,    /* the 64 bits that argument `by` leads to */
	LENGTH_ROOM,  /* the same, of which an answer fills no more than it needs */
	LENGTH_FIELD, /* the first ones say so: a number of `size` bytes at `by` */
	LENGTH_STR16, /* up to a NUL */
	LENGTH_STR8,
	LENGTH_PATH, /* up to the node that ends a device path */
};

struct arg {
	uint8_t kind, access, length, by;
	uint16_t size;
};

/* Values; a pointer that is kept or passed on, or whose bytes the row can't name, is one, too. */
#define ARG_U64                                                                                    \
	{                                                                                          \
		.kind = ARG_KIND_64                                                                \
	} /* UINTN, EFI_PHYSICAL_ADDRESS ...: shown in hex */
#define ARG_U32                                                                                    \
	{                                                                                          \
		.kind = ARG_KIND_32                                                                \
	}
#define ARG_BOOL                                                                                   \
	{                                                                                          \
		.kind = ARG_KIND_BOOL                                                              \
	}
#define ARG_HANDLE                                                                                 \
	{                                                                                          \
		.kind = ARG_KIND_HANDLE                                                            \
	}
#define ARG_EVENT ARG_U64
#define ARG_THIS                                                                                   \
	{                                                                                          \
		.kind = ARG_KIND_THIS                                                              \
	}
#define ARG_FN ARG_U64 /* a guest function, or NULL */
#define ARG_KEPT                                                                                   \
	{                                                                                          \
		.kind = ARG_KIND_POINTER                                                           \
	}

/* Pointers to bytes. NULL is always for the handler to judge. */
#define ARG_POINTER(access_, length_, by_, size_)                                                  \
	{                                                                                          \
		ARG_KIND_POINTER, ACCESS_##access_, LENGTH_##length_, (by_), (size_)               \
	}
#define ARG_IN(bytes)              ARG_POINTER(IN, FIXED, 0, bytes)
#define ARG_OUT(bytes)             ARG_POINTER(OUT, FIXED, 0, bytes)
#define ARG_BOTH(bytes)            ARG_POINTER(BOTH, FIXED, 0, bytes)
#define ARG_IN_BY(n, size)         ARG_POINTER(IN, BY, n, size)
#define ARG_OUT_BY(n, size)        ARG_POINTER(OUT, BY, n, size)
#define ARG_IN_AT(n)               ARG_POINTER(IN, AT, n, 1)
#define ARG_ROOM(n)                ARG_POINTER(OUT, ROOM, n, 1)
#define ARG_IN_FIELD(offset, size) ARG_POINTER(IN, FIELD, offset, size)
#define ARG_PATH                   ARG_POINTER(IN, PATH, 0, 1)
#define ARG_INOUT64                                                                                \
	{                                                                                          \
		ARG_KIND_NUMBER, ACCESS_BOTH, LENGTH_FIXED, 0, 8                                   \
	}
#define ARG_GUID                                                                                   \
	{                                                                                          \
		ARG_KIND_GUID, ACCESS_IN, LENGTH_FIXED, 0, 16                                      \
	}
#define ARG_GUID_BOTH                                                                              \
	{                                                                                          \
		ARG_KIND_GUID, ACCESS_BOTH, LENGTH_FIXED, 0, 16                                    \
	}
#define ARG_STR16                                                                                  \
	{                                                                                          \
		ARG_KIND_STR16, ACCESS_IN, LENGTH_STR16, 0, 2                                      \
	}
#define ARG_STR16_BOTH                                                                             \
	{                                                                                          \
		ARG_KIND_STR16, ACCESS_BOTH, LENGTH_STR16, 0, 2                                    \
	}
#define ARG_STR8                                                                                   \
	{                                                                                          \
		ARG_KIND_STR8, ACCESS_IN, LENGTH_STR8, 0, 1                                        \
	}

#define SERVICE_ARGS_MAX CALL_ARGS_MAX

enum service_flag {
	SERVICE_QUIET = 1, /* called so often that the trace leaves it out unless asked for all */
	SERVICE_MILESTONE = 2, /* the first call in a boot is one: see milestone.h */
	/* Changes nothing but variables and memory, or adds what else to the input hash (machine/recorder.h) by itself. */
	SERVICE_APART = 4,
	SERVICE_NULL = 8,   /* has no status: NULL, 0 or false is its answer to what is no memory */
	SERVICE_FAULT = 16, /* has no status: to go where there is no memory is a fault */
};

struct service {
	unsigned offset;       /* of the function pointer in its table or interface, in bytes */
	const char *name;      /* "AllocatePages", "File.Read" */
	call_handler *handler; /* NULL: EFI_UNSUPPORTED, and recorded as unimplemented */
	struct arg args[SERVICE_ARGS_MAX];
	unsigned flags; /* of enum service_flag */
	const char *
		more; /* memory that it reads or writes beside what its arguments say; NULL: none */
};

/*
 * Gives each row a slot and stores the slots' addresses at table + offset. The
 * rows must outlive the machine. Tables of the same rows share their slots, so
 * that there is no end to disks and open files. Aborts when the slots are used up.
 */
void service_install(struct machine *m, struct gaddr table, const struct service *rows, size_t n);

/* A guest called a slot: checks, serves, traces, and goes back to the guest. */
void service_call(struct machine *m, unsigned slot);

unsigned service_n_args(const struct service *s);

/* ---- arguments.c ---- */

/*
 * Checks and records what the arguments lead to. The number of the first one that goes where there is no memory,
 * from 1; 0 when none does.
 */
unsigned arguments_take(struct machine *m, const struct service *s, const struct call *c);
/* Adds the values to the input hash. */
void arguments_remember(struct machine *m, const struct service *s, const struct call *c);
/* How many bytes the n-th one, a pointer, leads to. False when that can't be said. */
bool argument_length(struct machine *m, const struct service *s, const struct call *c, unsigned n,
	uint64_t *len);

/* ---- show.c ---- */

/* For the trace, freed by the caller: arguments before the call, and what was written when it is over. */
char *show_arguments(struct machine *m, const struct service *s, const struct call *c);
char *show_answers(struct machine *m, const struct service *s, const struct call *c);

/* The slot's row; NULL when it has none. */
const struct service *service_of_slot(const struct machine *m, unsigned slot);

/* Writes the system table with boot and runtime services; m->system_table is set. */
void services_init(struct machine *m);
/* Whether it is a runtime service that is gone with boot services. */
bool service_is_gone(struct machine *m, const struct service *s);
/* Recomputes a table's CRC32 (the header of UEFI 2.10 4.2). */
void service_table_crc(struct machine *m, struct gaddr table);

#endif
