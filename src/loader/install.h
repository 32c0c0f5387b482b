/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What to put on a new ESP so that a root file system boots from it by the
 * removable path (VM-2, VM-6, VM-9): which of the loaders that it ships, and
 * the configuration each of them needs, at the places where that very binary
 * looks. Writes nothing: the plan is a list of files for build/ to write.
 *
 * Without fbaa64.efi beside shim, on purpose: shim would run it, it would
 * write Boot#### variables, and with a TPM reset the machine.
 */
#ifndef ARMVM_LOADER_INSTALL_H
#define ARMVM_LOADER_INSTALL_H

#include "base/buf.h"
#include "base/err.h"

struct rootfs;

enum install_kind {
	INSTALL_AUTO, /* the best that is there: shim, GRUB, systemd-boot, UKI, in this order */
	INSTALL_SHIM,
	INSTALL_GRUB,
	INSTALL_SYSTEMD_BOOT,
	INSTALL_UKI,
	INSTALL_FILE, /* an EFI application of the caller's: its plan is empty */
};

/* "auto", "shim", "grub", "systemd-boot", "uki"; false for any other word. */
bool install_kind_parse(const char *word, enum install_kind *kind);
const char *install_kind_name(enum install_kind kind);

/* One kernel of the root file system; paths in it. */
struct install_kernel {
	const char *version; /* "6.1.0-32-cloud-arm64" */
	const char *path;
	const char *initrd; /* NULL: none */
};

struct install_options {
	const char *root_uuid;   /* file system UUID of root */
	const char *boot_prefix; /* where grub.cfg is in it: "/boot/grub" or "/boot/grub2" */
	const char *cmdline;     /* the whole kernel command line, root= included */
	const struct install_kernel *kernels; /* newest first */
	size_t n_kernels;
	const char *title;      /* "Debian GNU/Linux 12 (bookworm)" */
	const char *os_id;      /* ID= of os-release: "debian"; may be NULL */
	const char *os_release; /* the file's text, for a UKI's .osrel; may be NULL */
	const char *file;       /* INSTALL_FILE: what it is called */
};

/* A piece of a file that is put together: from the root file system, or bytes made here. */
struct install_part {
	char *source; /* NULL: bytes */
	struct buf bytes;
};

/*
 * One file for the ESP: from the root file system, bytes made here, or put together
 * from parts, one after the other. install_file_size() and install_file_read() know
 * all of these.
 */
struct install_file {
	char *dest;   /* on the ESP: "/EFI/BOOT/BOOTAA64.EFI" */
	char *source; /* path in the root file system; NULL: not from there */
	struct text bytes;
	struct install_part *parts; /* n_parts 0: none */
	size_t n_parts;
};

struct install_plan {
	enum install_kind kind; /* what auto came to */
	char *what;             /* "shim and GRUB 2.06-13+deb12u2 (signed)" */
	struct install_file *files;
	size_t n;
	bool needs_grub_cfg; /* the loader will look for options.boot_prefix/grub.cfg in the root file system */
};

/*
 * Returns -ENOENT with a hint that names the package to install when the root
 * file system lacks the loader. The caller releases plan in any case.
 */
int loader_plan_install(struct rootfs *rootfs, enum install_kind kind,
	const struct install_options *options, struct install_plan *plan, struct err *err);

/* Bytes that the file will have. */
int install_file_size(
	const struct install_file *file, struct rootfs *rootfs, uint64_t *size, struct err *err);
/* Gives all of it to sink, a piece at a time. */
typedef int install_sink(void *ctx, const void *bytes, size_t len, struct err *err);
int install_file_read(const struct install_file *file, struct rootfs *rootfs, install_sink *sink,
	void *ctx, struct err *err);

void install_plan_release(struct install_plan *plan);
DEFINE_RELEASE(struct install_plan, install_plan_release)

#endif
