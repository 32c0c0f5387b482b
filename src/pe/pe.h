/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts about one PE/COFF file (an EFI program): headers, sections, data
 * directories, and everything that is wrong with them.
 *
 * A file is read through a struct pe_source, a few KiB at a time, since a
 * kernel may have 60 MB and may lie in FAT, in ext4 or in memory. A file that
 * is a PE at all never "fails": what is wrong with it becomes a problem with
 * a code. Only a file which is none, or one that the source cannot read, does.
 *
 * Offsets and sizes are in bytes; "raw" is inside of the file, "va" relative
 * to where the image is loaded. Source: Microsoft PE/COFF specification;
 * what makes firmware refuse an image was observed in edk2 2022.11 and 2025.02 and in
 * U-Boot 2023.01 (tests/guest/loads.files).
 */
#ifndef ARMVM_PE_PE_H
#define ARMVM_PE_PE_H

#include "base/buf.h"
#include "base/err.h"

/* Where the bytes come from. read() gives all of len bytes or an error; it is asked for nothing beyond size. */
struct pe_source {
	int (*read)(void *ctx, uint64_t off, void *buf, size_t len, struct err *err);
	uint64_t size;
	void *ctx;
};

/* Bytes in memory as a source; *mem must live as long as the source. */
struct pe_memory {
	const uint8_t *bytes;
	size_t len;
};
struct pe_source pe_source_memory(struct pe_memory *mem);

/* An open file as a source; *fd must live as long as the source. */
int pe_source_fd(struct pe_source *src, int *fd, struct err *err);

/* What the first bytes look like. Everything but PE_LOOKS_PE is no EFI program. */
enum pe_looks {
	PE_LOOKS_PE,
	PE_LOOKS_EMPTY, /* no byte at all */
	PE_LOOKS_ZEROS, /* the first 4 KiB are zero */
	PE_LOOKS_CUT,   /* begins as a PE and ends inside of its first headers */
	PE_LOOKS_DOS,   /* MZ without a PE header */
	PE_LOOKS_TE,    /* a UEFI terse executable: for firmware volumes only */
	PE_LOOKS_ELF,
	PE_LOOKS_GZIP, /* for a kernel: vmlinuz as older arm64 kernels ship it */
	PE_LOOKS_XZ,
	PE_LOOKS_ZSTD,
	PE_LOOKS_LZ4,
	PE_LOOKS_LINUX_ARM64, /* a kernel Image without the EFI stub */
	PE_LOOKS_LINUX_ARM,   /* a zImage without the EFI stub */
	PE_LOOKS_UIMAGE,      /* U-Boot legacy image or script */
	PE_LOOKS_FDT,         /* a device tree or FIT image */
	PE_LOOKS_SCRIPT,      /* #! */
	PE_LOOKS_TEXT,
	PE_LOOKS_OTHER,
};

/* "an ELF file", "a gzip-compressed file" ... to stand after "is". */
const char *pe_looks_text(enum pe_looks looks);

#define PE_MACHINE_I386    0x014c
#define PE_MACHINE_ARM     0x01c0
#define PE_MACHINE_THUMB   0x01c2 /* what UEFI calls ARM */
#define PE_MACHINE_ARMNT   0x01c4
#define PE_MACHINE_EBC     0x0ebc
#define PE_MACHINE_RISCV32 0x5032
#define PE_MACHINE_RISCV64 0x5064
#define PE_MACHINE_LOONG64 0x6264
#define PE_MACHINE_X86_64  0x8664
#define PE_MACHINE_ARM64EC 0xa641
#define PE_MACHINE_ARM64X  0xa64e
#define PE_MACHINE_AARCH64 0xaa64

/* "AArch64", "x86-64" ...; NULL for a number that is not in the table. */
const char *pe_machine_name(uint16_t machine);

#define PE_SUBSYSTEM_EFI_APPLICATION    10
#define PE_SUBSYSTEM_EFI_BOOT_DRIVER    11
#define PE_SUBSYSTEM_EFI_RUNTIME_DRIVER 12
#define PE_SUBSYSTEM_EFI_ROM            13

/* "EFI application" ...; NULL for a number that is not in the table. */
const char *pe_subsystem_name(uint16_t subsystem);

#define PE_CHAR_RELOCS_STRIPPED 0x0001
#define PE_CHAR_EXECUTABLE      0x0002
#define PE_CHAR_DLL             0x2000
#define PE_DLL_NX_COMPAT        0x0100

#define PE_SCN_CODE    0x00000020
#define PE_SCN_EXECUTE 0x20000000
#define PE_SCN_READ    0x40000000
#define PE_SCN_WRITE   0x80000000

enum pe_dir_index {
	PE_DIR_RESOURCE = 2,
	PE_DIR_CERT = 4, /* its address is an offset in the file, unlike all others */
	PE_DIR_RELOC = 5,
	PE_DIR_DEBUG = 6,
	PE_DIRS = 16,
};

struct pe_dir {
	uint32_t va;
	uint32_t size;
};

#define PE_NAME_MAX 32

#define PE_SECTION_HEADER_SIZE 40

struct pe_section {
	char name[PE_NAME_MAX]; /* long names resolved; unprintable bytes are '?' */
	uint32_t va, vsize;
	uint32_t raw, raw_size;
	uint32_t flags; /* PE_SCN_ */
};

#define PE_SECTIONS_MAX 512

enum pe_problem_code {
	PE_P_HEADERS_CUT,     /* the section table lies beyond the end of the file */
	PE_P_OPTIONAL_HEADER, /* its size does not fit its magic or number of directories */
	PE_P_MAGIC_MACHINE,   /* PE32 for a 64-bit machine or the reverse */
	PE_P_NOT_EXECUTABLE,  /* the linker did not finish it */
	PE_P_SIZE_OF_HEADERS, /* smaller than the headers, or beyond the file or image */
	PE_P_ALIGNMENT,       /* section or file alignment is no power of two */
	PE_P_NO_SECTIONS,
	PE_P_TOO_MANY_SECTIONS, /* more than PE_SECTIONS_MAX; the rest was not read */
	PE_P_SECTION_CUT,       /* a section's bytes lie beyond the end of the file */
	PE_P_SECTION_HEADERS, /* a section lies over the headers, or its zeroes over the section table */
	PE_P_SECTION_OUTSIDE,   /* a section ends beyond SizeOfImage */
	PE_P_SECTION_UNALIGNED, /* its address is no multiple of the section alignment */
	PE_P_SECTIONS_OVERLAP,  /* in memory */
	PE_P_RAW_OVERLAP,       /* in the file */
	PE_P_SECTION_WX,        /* writable and executable */
	PE_P_ENTRY_OUTSIDE,     /* the entry point is in no section */
	PE_P_ENTRY_NO_EXEC,     /* the entry point is in a section that is not executable */
	PE_P_RELOCS_STRIPPED,   /* runs at its preferred address alone */
	PE_P_RELOC_DIR, /* the relocation directory is not in a section, or its blocks make no sense */
	PE_P_DEBUG_DIR, /* an entry of the debug directory lies beyond the file, or leads beyond the image */
	PE_P_RESOURCE_DIR,   /* the tree of resources leads out of its directory */
	PE_P_CERT_CUT,       /* the certificate table ends beyond the end of the file */
	PE_P_CERT_UNALIGNED, /* it, or one in it, does not begin at a multiple of 8 */
	PE_P_CERT_ENTRY,     /* a length in it makes no sense */
	PE_P_CERT_TRAILING,  /* bytes behind the certificate table */
	PE_P_CODES,
};

/* A short permanent name, "section-cut", for people to grep. */
const char *pe_problem_name(enum pe_problem_code code);

/* Who refuses to load a program, or comes to grief while it does; nobody where it is bad form or a risk. */
#define PE_REFUSED_BY_EDK2   1u
#define PE_REFUSED_BY_U_BOOT 2u
#define PE_REFUSED_BY_BOTH   (PE_REFUSED_BY_EDK2 | PE_REFUSED_BY_U_BOOT)

struct pe_problem {
	enum pe_problem_code code;
	unsigned refusers; /* PE_REFUSED_BY_ */
	char *text; /* a sentence without a full stop: "section .text ends at byte 9000 of a file of 8192" */
};

/* One WIN_CERTIFICATE of the certificate table. */
struct pe_cert {
	uint64_t off; /* of the certificate's own bytes, behind the 8-byte header */
	uint32_t len;
	uint16_t revision;
	uint16_t type; /* PE_CERT_PKCS7 ... */
};

#define PE_CERT_PKCS7    0x0002
#define PE_CERT_EFI_GUID 0x0ef1 /* begins with a GUID of PE_CERT_GUID bytes */
#define PE_CERT_GUID     16
#define PE_CERTS_MAX     16

struct pe {
	enum pe_looks looks;
	uint64_t file_size;
	uint32_t pe_off; /* of "PE\0\0" */
	uint16_t machine;
	uint16_t characteristics;
	uint32_t timestamp;
	bool plus; /* PE32+ */
	uint16_t subsystem;
	uint16_t dll_characteristics;
	uint32_t entry; /* va */
	uint64_t image_base;
	uint32_t size_of_image, size_of_headers;
	uint32_t
		codeview_size; /* of debugging data that has no address, for which edk2 has room behind the image */
	uint64_t table_end; /* of the section table, in the file */
	uint32_t section_align, file_align;
	uint32_t checksum;     /* as stored; firmware ignores it */
	uint64_t checksum_off; /* where it is stored */
	uint64_t
		cert_dir_off; /* where the certificate directory entry is stored; 0: there is none */
	struct pe_dir dirs[PE_DIRS];
	unsigned n_dirs;
	struct pe_section *sections;
	size_t n_sections;
	uint16_t sections_claimed; /* by the header */
	struct pe_cert certs[PE_CERTS_MAX];
	unsigned n_certs;
	uint64_t cert_end;           /* where the certificate table ends; 0: there is none */
	struct pe_problem *problems; /* at most 4 of a code */
	size_t n_problems;
	bool linux_magic; /* "ARM\x64" at 56: a Linux arm64 kernel */
};

/*
 * Reads the headers, and the relocation and certificate tables so far as
 * needed to judge them. Returns 0; -ENOEXEC when this is no PE (then looks
 * says what it is, and err says it in words); or what the source returned.
 * *pe is initialised in any case and must be released.
 */
int pe_read(struct pe *pe, const struct pe_source *src, struct err *err);
void pe_release(struct pe *pe);
DEFINE_RELEASE(struct pe, pe_release)

/*
 * Whether boot managers take the file for a program at all: the headers of a PE that is an EFI program, or with
 * `application` an EFI application. They pass over one that is none, and end with one that is and cannot be loaded
 * (edk2's BmIsLoadOptionPeHeaderValid; U-Boot's efi_check_pe). Returns 0, or what the source returned.
 */
int pe_is_program(const struct pe_source *src, bool application, bool *is, struct err *err);

bool pe_has_problem(const struct pe *pe, enum pe_problem_code code);

/* The n-th (from 0) section of this name, or NULL. */
const struct pe_section *pe_section(const struct pe *pe, const char *name, unsigned n);

/* Kinds of relocations, which an entry has in its upper four bits. */
#define PE_REL_ABSOLUTE 0
#define PE_REL_HIGH     1
#define PE_REL_LOW      2
#define PE_REL_HIGHLOW  3
#define PE_REL_DIR64    10

struct pe_reloc_block {
	uint32_t page; /* va */
	uint32_t size; /* from this block to the next */
	const uint8_t *entries;
	uint32_t n; /* of 2 bytes */
};

/* The block at p, of which it and what lies behind are len bytes; false: it has no size, or goes on behind them. */
bool pe_reloc_block(const uint8_t *p, uint64_t len, struct pe_reloc_block *block);

/* The bytes of a section that are both in the file and in memory: the smaller of both sizes, cut at the end of the file. */
uint32_t pe_section_len(const struct pe *pe, const struct pe_section *s);

/* Appends a section's bytes. Returns -EFBIG when it has more than max. */
int pe_section_read(const struct pe *pe, const struct pe_source *src, const struct pe_section *s,
	size_t max, struct buf *out, struct err *err);

#endif
