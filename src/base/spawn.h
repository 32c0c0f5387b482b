/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running other programs: by argv, never through a shell. A child dies with
 * us (PR_SET_PDEATHSIG), reads nothing from our standard input, and what it
 * says on standard error ends in our error text. It inherits no descriptor but
 * those that the caller opened without FD_CLOEXEC. Every program that the
 * project runs has a row in the table in spawn.c that names its package, so
 * that a missing program is an error which says what to install.
 *
 * Paths given to a program must not be taken for options: spawn_path() puts
 * "./" in front of those that begin with '-'.
 */
#ifndef ARMVM_BASE_SPAWN_H
#define ARMVM_BASE_SPAWN_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Runs argv (argv[0] is looked up in PATH) and waits for it. Standard output
 * is appended to out, or discarded when out is NULL. env, when not NULL, is a
 * NULL-terminated list of NAME=value added to our environment. Returns 0 when
 * it exited with 0; -ENOENT when the program is not installed (with a hint);
 * -EIO with what it said on standard error otherwise.
 */
int spawn_run(const char *const argv[], const char *const env[], struct text *out, struct err *err);

struct child {
	pid_t pid;
	int out;      /* its standard output and error, to be read by the caller; -1: none */
	int in;       /* its standard input, to be written by the caller; -1: none */
	int brokered; /* its number at the process's broker (base/broker.h); 0: it is a child of ours */
};

/* What a program that reads hostile bytes is kept from, as far as it allows. */
struct spawn_limits {
	uint64_t memory;      /* bytes of address space */
	unsigned cpu_seconds; /* of CPU time */
	/*
	 * Beside this open file it may open what programs are made of (libraries, locales,
	 * settings), for reading; it may run nothing but itself.
	 */
	int file;
};

/* In a child that is to run the program: gives up the rest. Private to spawn.c and its tests. */
bool spawn_limit_self(const struct spawn_limits *limits, const char *program);

/* For programs that take for ever over what a stranger made up. */
#define SPAWN_SECONDS 60

/*
 * In a child that works on files that strangers have made, and on nothing else: no network, no other user, no
 * privileges beyond the caller's. Private to spawn.c, whose table says which do.
 */
bool spawn_leave_files_only(void);

/* In a child of SPAWN_BOUNDED. Private to spawn.c. */
bool spawn_bound_self(void);

enum spawn_flags {
	SPAWN_PIPE_OUT = 1, /* standard output and error into one pipe */
	SPAWN_PIPE_IN = 2,
	SPAWN_SHOW = 4,    /* standard output and error go to our standard error */
	SPAWN_BOUNDED = 8, /* it ends of SIGXCPU after SPAWN_SECONDS of CPU time */
};

/*
 * Starts argv and returns at once; standard error goes where standard output
 * goes. The caller ends it with child_kill() or child_wait().
 */
int spawn_start(const char *const argv[], const char *const env[], unsigned flags,
	struct child *child, struct err *err);

/*
 * The same for a server that takes its listening socket as systemd hands one
 * over: as descriptor 3, with LISTEN_PID and LISTEN_FDS set. listener stays the
 * caller's. There must be no descriptor 3 that the server shall inherit. limits may be NULL.
 */
int spawn_server(const char *const argv[], const char *const env[], unsigned flags, int listener,
	const struct spawn_limits *limits, struct child *child, struct err *err);

/*
 * A child that runs a function of ours instead of a program, with no descriptor
 * but keep (as it is) and the standard three, of which the first is /dev/null. It
 * ends with the function; child->in and child->out are not set.
 */
int spawn_function(void (*run)(void *ctx, int keep), void *ctx, int keep, struct child *child,
	struct err *err);

/* Waits; returns the exit status, or 128 + the signal that ended it, and closes the pipes. */
int child_wait(struct child *child);
/* CPU time in milliseconds that a child which was not waited for has used, without its own children; -1: unknown. */
int64_t child_cpu_ms(const struct child *child);
/* Kills it and all of its process group, waits and closes the pipes. Accepts an ended child. */
void child_kill(struct child *child);

/* The program's file, by PATH as execvp(3) finds it; false when there is none. */
bool spawn_find_program(const char *name, char *path, size_t size);

/* The name of the Debian package that has this program; NULL when it is not in the table. */
const char *spawn_package_of(const char *program);

/* path, or "./path" when it begins with '-'. The caller frees it. */
char *spawn_path(const char *path);

#endif
