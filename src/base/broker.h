/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs for a process that may start none. A worker has given up exec, sockets
 * and files before it reads an image; what it needs beside itself is started by
 * its supervisor, which knows which image is meant and decides by the kind what
 * is run. A process that still has its rights has no broker, and starts programs
 * by itself (base/spawn.h).
 */
#ifndef ARMVM_BASE_BROKER_H
#define ARMVM_BASE_BROKER_H

#include "base/err.h"
#include "base/spawn.h"

enum helper_kind {
	HELPER_NBD,       /* qemu-nbd: disk/nbd.c */
	HELPER_EMULATOR,  /* armvm-firmware: verify/emulator.c */
	HELPER_QEMU,      /* qemu-system-aarch64: verify/verify.c */
	HELPER_APPLIANCE, /* a process that holds libguestfs's appliance: rootfs/remote.c */
	HELPER_KINDS
};

#define HELPER_WORDS    4
#define HELPER_WORD_MAX 40
#define HELPER_NUMBERS  4
#define HELPER_FDS_MAX  8

/* What the numbers and words mean is between the two ends of a kind. Starts zeroed. */
struct helper_request {
	enum helper_kind kind;
	uint32_t number[HELPER_NUMBERS];
	char word[HELPER_WORDS][HELPER_WORD_MAX];
};

/* A helper that runs: descriptors to talk with it, which belong to whoever has the struct. */
struct helper {
	struct child child;
	int fds[HELPER_FDS_MAX]; /* beside child.in and child.out */
	unsigned n_fds;
};

struct broker {
	void *ctx;
	/* Fills *h: its child has a number of the broker's own in child.brokered. */
	int (*start)(void *ctx, const struct helper_request *q, struct helper *h, struct err *err);
	/* Waits for it, or kills it first; its exit status as of child_wait(). */
	int (*end)(void *ctx, int number, bool kill);
	/* As child_cpu_ms(). */
	int64_t (*cpu_ms)(void *ctx, int number);
};

/* NULL takes it away. It must outlive its use. */
void broker_set(const struct broker *broker);
/* NULL: the process starts programs by itself. */
const struct broker *broker_get(void);

/* Puts a word into a request; false when it is too long. */
bool helper_word(struct helper_request *q, unsigned which, const char *word);

/* Closes the descriptors of a helper that is no longer wanted and ends it. */
void helper_drop(struct helper *h);

#endif
