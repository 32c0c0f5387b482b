/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kind of program a PE is, so far as that shows in the file itself: a
 * Linux kernel with EFI stub (arm64 Documentation/arch/arm64/booting.rst), a
 * zboot kernel, a unified kernel image or addon (UAPI.5), systemd-boot or its
 * stub. shim, GRUB and others are recognised in loader/.
 */
#ifndef ARMVM_PE_UKI_H
#define ARMVM_PE_UKI_H

#include "pe/pe.h"

enum pe_kind {
	PE_KIND_OTHER,
	PE_KIND_LINUX,       /* uncompressed arm64 Image, or an x86 bzImage */
	PE_KIND_LINUX_ZBOOT, /* a compressed kernel that unpacks itself */
	PE_KIND_UKI,         /* stub, kernel and the rest in one */
	PE_KIND_UKI_ADDON,   /* sections for a UKI, not to be run alone */
	PE_KIND_SYSTEMD_BOOT,
	PE_KIND_SYSTEMD_STUB, /* the stub alone */
	PE_KIND_XEN,          /* which has the header of an arm64 Image, too */
};

/* "unified kernel image" ... */
const char *pe_kind_name(enum pe_kind kind);

#define UKI_PROFILES_MAX 32

/* A device tree that the stub hands to the kernel. */
struct uki_tree {
	bool present;
	bool valid;       /* its header is one's */
	char *compatible; /* the machine that it is of; NULL: it does not say */
};

/* A profile of a unified kernel image: what it brings itself, or else what all of them share. */
struct uki_profile {
	char *text;    /* of its section .profile */
	char *cmdline; /* without the newline at its end; NULL: none */
	char *os_release;
	const struct pe_section *initrd;
	struct uki_tree dtb;     /* of .dtb */
	struct uki_tree dtbauto; /* of the .dtbauto that a virtual machine matches */
};

struct pe_program {
	enum pe_kind kind;
	char *loader_info; /* "systemd-boot 252.39-1~deb12u2"; NULL: none */

	/* PE_KIND_LINUX_ZBOOT */
	uint32_t payload_off, payload_size; /* as the header says, unchecked */
	char compression[33];               /* "gzip", "zstd" ... */

	/* PE_KIND_UKI and _ADDON: sections, NULL where there is none. They point into the struct pe. */
	const struct pe_section *linux_section, *initrd, *dtb, *pcrsig, *splash, *sbat;
	uint16_t linux_machine;    /* of the PE file in .linux; 0: what is in there is none */
	enum pe_looks linux_looks; /* what that is then */
	bool linux_unified;        /* it is a unified kernel image itself */
	bool linux_is_kernel;      /* it has the header of an arm64 Linux kernel, or zboot's */
	char *cmdline; /* of the first profile, without the newline at its end; NULL: none */
	char *os_release;
	char *uname;                            /* the kernel's version */
	struct uki_tree dtb_tree, dtbauto_tree; /* of the first profile */
	unsigned n_profiles;
	bool more_profiles;                            /* than are kept */
	struct uki_profile profiles[UKI_PROFILES_MAX]; /* the first among them */
};

/* Reads at most a few hundred KiB. *p is initialised in any case and must be released before the struct pe. */
int pe_program_read(
	struct pe_program *p, const struct pe *pe, const struct pe_source *src, struct err *err);
void pe_program_release(struct pe_program *p);
DEFINE_RELEASE(struct pe_program, pe_program_release)

/*
 * Looks for a kernel's banner in bytes that are fed to it piece by piece. Starts zeroed. Once
 * it has passed, version is the release, which the caller frees.
 */
#define LINUX_BANNER_MAX 128
struct linux_banner {
	char *version; /* NULL: not seen yet */
	uint8_t last[LINUX_BANNER_MAX];
	size_t n_last;
};
void linux_banner_feed(struct linux_banner *b, const uint8_t *bytes, size_t len);

/*
 * The release of an uncompressed kernel ("6.12.117+deb12-cloud-arm64"), which
 * stands in its banner: this reads the file until there, which can be most of
 * it. Returns -ENOENT when there is none. The caller frees *version.
 */
int pe_linux_version(const struct pe_source *src, char **version, struct err *err);

#endif
