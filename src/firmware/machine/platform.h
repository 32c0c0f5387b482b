/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What machines differ in beside variables: whether there is a TPM, which tables describe the hardware,
 * which disks stand on the bus. It is asked when a guest first looks for it, and not before.
 *
 * Until then the machine may turn out to be any of several, and the firmware keeps everything that a
 * guest can reach the same for all of them. The boot manager looks at disks before a guest
 * does; a view of each machine that this one may be is there for that.
 */
#ifndef ARMVM_FIRMWARE_MACHINE_PLATFORM_H
#define ARMVM_FIRMWARE_MACHINE_PLATFORM_H

#include "base/base.h"

struct buf;

enum platform_fact {
	PLATFORM_TPM = 1,
	PLATFORM_ACPI = 2,            /* tables instead of a device tree */
	PLATFORM_RUNTIME_REFUSED = 4, /* no SetVariable() once boot services are gone */
	PLATFORM_REMOVABLE = 8,       /* the image is on a removable medium */
};

/* The letter of the image's own disks, which every machine has. */
#define PLATFORM_IMAGE 'I'

#define PLATFORM_VIEWS_MAX 64

struct platform_view {
	unsigned id;       /* below PLATFORM_VIEWS_MAX */
	bool removable;    /* the image is on a removable medium */
	const char *disks; /* letters in the order of the bus, PLATFORM_IMAGE among them */
};

typedef void platform_look(void *ctx, const struct platform_view *view);
/* Adds the bytes of an answer. */
typedef void platform_answer(void *ctx, const struct platform_view *view, struct buf *out);

struct platform;

struct platform_ops {
	bool (*has)(struct platform *p, enum platform_fact fact);
	const char *(*disks)(struct platform *p);
	const struct platform_view *(*view)(struct platform *p);
	void (*each)(struct platform *p, platform_look *look, void *ctx);
	unsigned (*agree)(struct platform *p, platform_answer *answer, void *ctx);
};

struct platform {
	const struct platform_ops *ops;
};

/* Whether it is so. */
bool platform_has(struct platform *p, enum platform_fact fact);
/* Letters in the order of the bus. */
const char *platform_disks(struct platform *p);
/* The machine as it is: asks which disks there are, and whether the image is removable. */
const struct platform_view *platform_view(struct platform *p);

/* ---- looking ahead ---- */

/*
 * Calls look() for each machine that this one may be. What is emitted meanwhile is
 * of that machine alone. look() may not ask for what machines differ in.
 */
void platform_each(struct platform *p, platform_look *look, void *ctx);
/*
 * Asks what machines differ in by answer(): from here on all that this one may be have the same. Returns
 * the id of one of them.
 */
unsigned platform_agree(struct platform *p, platform_answer *answer, void *ctx);

/* ---- a machine that is known beforehand ---- */

struct platform_fixed {
	struct platform platform;
	unsigned facts;
	struct platform_view view;
};

/* facts: of enum platform_fact. */
void platform_fixed_init(struct platform_fixed *p, unsigned facts, const char *disks);

#endif
