/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of the catalogue, and what they share. Private to nvram/.
 */
#ifndef ARMVM_NVRAM_MECHANISMS_H
#define ARMVM_NVRAM_MECHANISMS_H

#include "nvram/nvram.h"
#include "rootfs/inventory.h"
#include "rootfs/rootfs.h"

/* Larger configuration files than this are nobody's work. */
#define NVRAM_FILE_MAX (4u << 20)

extern const struct nvram_mechanism nvram_debian_update, nvram_debian_removable,
	nvram_ubuntu_update, nvram_ubuntu_removable, nvram_suse_update, nvram_systemd_boot_update,
	nvram_random_seed, nvram_kernel_install_uki, nvram_boot_entry_hook, nvram_mok, nvram_fwupd,
	nvram_bootupd, nvram_secure_boot_enroll, nvram_fallback_refresh, nvram_nixos_variables;

/* Each sets *a and returns 0, for `return nvram_active(a, ...)`. */
int nvram_absent(struct nvram_answer *a, const char *reason, ...) PRINTF_LIKE(2, 3);
int nvram_off(struct nvram_answer *a);
int nvram_active(struct nvram_answer *a, const char *where, const char *what, ...)
	PRINTF_LIKE(3, 4);

/* Appends a text file's content; one that is not there is empty. Fails when it cannot be read. */
int nvram_read(struct rootfs *root, const char *path, struct text *out, struct err *err);

/* The same for all files in a directory whose names end in suffix, in their order. */
int nvram_read_all(struct rootfs *root, const char *dir, const char *suffix, struct text *out,
	struct err *err);

/* Whether dpkg's record has one of these packages as installed. */
int nvram_has_package(struct rootfs *root, const char *const names[], bool *has, struct err *err);

#endif
