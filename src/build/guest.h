/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest inside: whether it can be built from, and the few files in it
 * that a portable image needs and that a root file system made by a bootstrap
 * tool lacks. What is there already is used as it is.
 */
#ifndef ARMVM_BUILD_GUEST_H
#define ARMVM_BUILD_GUEST_H

#include "base/guid.h"
#include "loader/install.h"
#include "rootfs/inventory.h"

struct guest {
	struct rootfs *fs; /* writable; the caller's */
	struct inventory inv;
	struct install_kernel *kernels; /* those of inv that fit, newest first; borrow from inv */
	size_t n_kernels;
	const char *arch;     /* "aarch64" or "arm" */
	const char *grub_dir; /* "/boot/grub" or "/boot/grub2" */
	char *args;           /* of the kernel's command line, without root= */
	char *cmdline;        /* all of it, for the newest kernel */
	int64_t now;          /* for the times of what is written */
};

/* The numbers that tie guest and disk together; taken from the guest's fstab where that has them. */
struct guest_ids {
	struct guid root_part; /* PARTUUID */
	struct guid esp_part;
	uint32_t esp_serial;
};

/*
 * Reads what is in fs and judges it: -EINVAL with a hint for a system of
 * another architecture, without a kernel, or damaged. g starts zeroed and is
 * released in any case.
 */
int guest_open(struct guest *g, struct rootfs *fs, int64_t now, struct err *err);
void guest_release(struct guest *g);
DEFINE_RELEASE(struct guest, guest_release)

/* Takes over the identifiers by which an existing fstab mounts / and the ESP. */
int guest_adopt_fstab(struct guest *g, struct guest_ids *ids, struct err *err);

/* Makes g->cmdline. A kernel without an initrd knows its root by ids->root_part alone. */
void guest_plan_cmdline(struct guest *g, const struct guest_ids *ids);

/*
 * Adds to /etc/fstab what is missing of / and /boot/efi. What was done is
 * added to changes, one sentence each, here and below.
 */
int guest_write_fstab(
	struct guest *g, const struct guest_ids *ids, struct strlist *changes, struct err *err);

/* Makes grub.cfg in g->grub_dir unless there is one. */
int guest_write_grub_cfg(
	struct guest *g, const struct guest_ids *ids, struct strlist *changes, struct err *err);

/* Makes /etc/kernel/cmdline, for kernel updates by kernel-install, unless there is one. */
int guest_write_kernel_cmdline(struct guest *g, struct strlist *changes, struct err *err);

#endif
