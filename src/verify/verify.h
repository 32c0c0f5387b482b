/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boot verification: an image is booted in QEMU with real firmware and its
 * serial console is read until a wanted stage is seen, something that cannot
 * be recovered from is seen, or patience ends.
 *
 * The image is never written: QEMU opens it read-only below a temporary
 * overlay that it deletes. The machine has no network, and its firmware starts
 * with empty variables and keeps none: every boot is a first boot (VM-9).
 * QEMU lives in a process group of its own and dies with us, even when we are
 * killed.
 *
 * The caller has judged the container already: a backing file or a data file
 * that the image names would be opened.
 */
#ifndef ARMVM_VERIFY_VERIFY_H
#define ARMVM_VERIFY_VERIFY_H

#include "base/buf.h"
#include "base/err.h"
#include "base/spawn.h"

enum boot_firmware {
	BOOT_EDK2,
	BOOT_UBOOT
};

/* How far a boot got; each stage implies those before it. */
enum boot_stage {
	BOOT_NOTHING,  /* not even the firmware spoke */
	BOOT_FIRMWARE, /* the firmware's banner */
	BOOT_HANDOVER, /* the kernel's EFI stub ran */
	BOOT_KERNEL,   /* the kernel's first line */
	BOOT_INIT,     /* the first process, in the initrd or the root file system */
	BOOT_LOGIN     /* a login prompt */
};

enum boot_outcome {
	BOOT_REACHED,
	BOOT_NOT_REACHED, /* it went wrong, or stood still */
	BOOT_INCONCLUSIVE /* cannot be determined: time ran out while it went on, or the console is mute */
};

/* stage so far, the last line on the console, and seconds since the start. */
typedef void boot_progress_fn(void *ctx, enum boot_stage stage, const char *line, double seconds);

struct boot_request {
	const char *path;   /* the image: a regular file or block device */
	const char *format; /* QEMU's name of its format: "raw", "qcow2" ...; never probed */
	enum boot_firmware firmware;
	enum boot_stage until;      /* BOOT_KERNEL, BOOT_INIT or BOOT_LOGIN */
	unsigned seconds;           /* patience; 0: boot_default_seconds(until) */
	unsigned memory;            /* MiB of the machine; 0: 1024 */
	boot_progress_fn *progress; /* may be NULL */
	/* Called with each line of the console as it is finished, without escapes; may be NULL. */
	void (*line)(void *ctx, const char *line);
	void *progress_ctx;
};

/* Starts zeroed. */
struct boot_verdict {
	enum boot_outcome outcome;
	enum boot_stage stage;  /* the furthest one seen */
	double seconds;         /* from QEMU's start to the verdict */
	struct text reason;     /* one sentence without a full stop; empty when reached */
	struct text screen;     /* the last lines on the console, without escapes */
	struct text transcript; /* all lines of the console, at most the last 512 KiB */
};

void boot_verdict_release(struct boot_verdict *v);
DEFINE_RELEASE(struct boot_verdict, boot_verdict_release)

/*
 * Boots. Returns 0 with a verdict, or an error when no boot took place:
 * -ENOENT when QEMU or the firmware is not installed (the hint names the
 * package), -EIO with QEMU's own words when it refused to start.
 */
int boot_run(const struct boot_request *request, struct boot_verdict *verdict, struct err *err);

/*
 * For a supervisor (base/broker.h): starts QEMU for the request's image and firmware. The console
 * is at child->in and child->out.
 */
int boot_start(const struct boot_request *request, struct child *child, struct err *err);

/* "edk2", "u-boot". */
const char *boot_firmware_name(enum boot_firmware firmware);
/* "kernel", "init", "login" and the rest. */
const char *boot_stage_name(enum boot_stage stage);
/* Reads "kernel", "init" or "login"; false when it is something else. */
MUST_CHECK bool boot_stage_parse(const char *text, enum boot_stage *stage);
/* Seconds that software emulation on a slow machine needs for that stage, twice over. */
unsigned boot_default_seconds(enum boot_stage until);

/*
 * Whether a machine that says nothing never will. silent, all: seconds since its last word and since its start; used:
 * seconds of CPU time that QEMU took in the silence, or -1, not known. On a busy host a guest is silent for long, too:
 * what counts is that it ran for as long, or that it waits and takes hardly any.
 */
bool boot_stands_still(double silent, double all, double used);

#endif
