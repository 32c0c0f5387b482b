/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recognising boot loaders by what is in the file, never by its name: one
 * file per loader, each with one struct loader_type in the array in loader.c.
 *
 * What src/pe recognises (kernels, UKIs, systemd-boot) is asked there; the
 * others are recognised by texts in at most LOADER_READ_MAX bytes from the start of
 * the file, and GRUB by its section of modules. Whether the PE file is well formed is src/pe's business, too; here
 * a malformed one is simply LOADER_UNKNOWN.
 */
#ifndef ARMVM_LOADER_LOADER_H
#define ARMVM_LOADER_LOADER_H

#include "base/buf.h"
#include "base/err.h"
#include "loader/bls.h"
#include "loader/grub_modules.h"

struct pe;
struct pe_program;
struct pe_source;
struct volume;

#define LOADER_READ_MAX ((size_t)8 << 20)
#define LOADER_GRUB_MAX ((size_t)64 << 20) /* of a GRUB, for what grub-mkstandalone puts into it */

enum loader_kind {
	LOADER_UNKNOWN,
	LOADER_SHIM,
	LOADER_FALLBACK,   /* fbaa64.efi */
	LOADER_MOKMANAGER, /* mmaa64.efi */
	LOADER_GRUB,
	LOADER_SYSTEMD_BOOT,
	LOADER_UKI,
	LOADER_SYSTEMD_STUB, /* the stub without a kernel in it */
	LOADER_UKI_ADDON,    /* sections for a UKI */
	LOADER_KERNEL,       /* Linux with its EFI stub */
	LOADER_KERNEL_ZBOOT, /* the same, compressed */
	LOADER_REFIND,
	LOADER_UEFI_SHELL,
	LOADER_UBOOT,
	LOADER_WINDOWS,
	LOADER_IPXE,
	LOADER_LIMINE,
	LOADER_FREEBSD,
	LOADER_OPENBSD,
	LOADER_NETBSD,
	LOADER_XEN,
	LOADER_BOOT_GUARD, /* EFI Boot Guard, its unified kernel images too */
};

/* A device tree that a UKI's stub hands to the kernel in place of the machine's. */
struct section_tree {
	bool present, valid; /* valid: its header is one's */
	char *compatible;    /* NULL: it does not say which machine it is of */
};

/* Of a UKI: what one of its profiles brings, or else what all of them share. */
struct loader_profile {
	char *text;                 /* of .profile */
	char *cmdline, *os_release; /* NULL: none */
	bool has_initrd;
	struct section_tree dtb,
		dtbauto; /* of .dtb; of a .dtbauto that a virtual machine matches */
};

/* What a loader's file says about itself. Strings are "" or NULL as said. */
struct loader_facts {
	enum loader_kind kind;
	uint16_t machine;   /* PE machine: 0xaa64; 0 when it is no PE file */
	bool is_driver;     /* by its PE subsystem */
	int looks;          /* enum pe_looks: what it is when it is no PE file */
	char version[64];   /* "" when it does not say */
	char *second_stage; /* shim: the file it starts beside itself, "grubaa64.efi"; else NULL */
	/* GRUB */
	char *prefix;   /* as in the binary, "/EFI/debian", "(hd0,gpt2)/boot/grub"; NULL: none */
	char *config;   /* its embedded configuration; NULL: none */
	bool fw_path;   /* it looks for grub.cfg beside itself before its prefix */
	bool keeps_hex; /* it leaves \xHH in an argument as it is (Red Hat's patches) */
	struct buf memdisk; /* the file system image in it; len 0: none */
	struct grub_modules modules;
	/* systemd-boot */
	struct bls_rules rules;
	/* UKI, and an addon */
	char *cmdline;    /* text of .cmdline; NULL: none */
	char *uname;      /* .uname */
	char *os_release; /* .osrel */
	bool has_initrd;
	struct section_tree dtb, dtbauto;
	uint16_t linux_machine;          /* PE machine of the kernel in it; 0: that is no PE file */
	int linux_looks;                 /* enum pe_looks: what it is then */
	bool linux_unified;              /* that is a UKI itself */
	bool linux_is_kernel;            /* that has the header of a Linux kernel */
	struct loader_profile *profiles; /* the first among them, whose the texts above are */
	size_t n_profiles;
	bool more_profiles; /* than are kept */
};

void loader_facts_release(struct loader_facts *facts);
DEFINE_RELEASE(struct loader_facts, loader_facts_release)

/* An EFI file as a recogniser sees it: made by loader_recognise(). */
struct efi_view {
	const struct pe *pe;
	const struct pe_program *program;
	const uint8_t *bytes; /* the beginning of the file; len 0 when program says enough */
	size_t len;
};

struct loader_type {
	enum loader_kind kind;
	const char *name; /* "GRUB": for people */
	/* Whether it is this loader; then facts, zeroed before but for machine, is filled but for kind. */
	bool (*recognise)(const struct efi_view *efi, struct loader_facts *facts);
};

/*
 * Determines what the file is. What is not a PE file, or none of the known, is
 * LOADER_UNKNOWN and no failure; that is reading alone. The caller releases facts.
 */
int loader_recognise(const struct pe_source *src, struct loader_facts *facts, struct err *err);

/* The same for a file on a volume; -ENOENT when it is not there. */
int loader_recognise_file(
	const struct volume *v, const char *path, struct loader_facts *facts, struct err *err);

/*
 * A UKI that is started with "@1 ..." boots its second profile: facts become those of the profile that options
 * choose, and what is left of options is returned. NULL: there is no such profile, and it boots nothing.
 */
const char *loader_choose_profile(struct loader_facts *facts, const char *options);

/* "shim", "GRUB", "systemd-boot", "Linux" ... */
const char *loader_kind_name(enum loader_kind kind);

/* For recognisers. A section's bytes as far as they lie within the view; NULL: there is none. */
const uint8_t *efi_section(const struct efi_view *efi, const char *name, size_t *len);
/* Whether the view holds this text, as ASCII or as UTF-16. */
bool efi_has(const struct efi_view *efi, const char *text);
bool efi_has_wide(const struct efi_view *efi, const char *text);
/* Copies what stands behind the text: printable characters but those in stop. False: not there. */
bool efi_text_after(const struct efi_view *efi, const void *text, size_t text_len, const char *stop,
	char *out, size_t size);
/* The version (field 5) in the last .sbat line whose component begins with name. */
bool efi_sbat_version(const struct efi_view *efi, const char *name, char *out, size_t size);

/* shim.c, grub.c, systemd.c, kernel.c, others.c */
extern const struct loader_type loader_shim, loader_shim_fallback, loader_shim_mokmanager;
extern const struct loader_type loader_grub;
extern const struct loader_type loader_systemd_boot, loader_uki, loader_uki_addon,
	loader_systemd_stub;
extern const struct loader_type loader_kernel, loader_kernel_zboot;
extern const struct loader_type loader_refind, loader_uefi_shell, loader_uboot, loader_windows,
	loader_ipxe, loader_limine, loader_freebsd, loader_openbsd, loader_netbsd, loader_xen,
	loader_boot_guard;

#endif
