/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands on an EFI System Partition, by convention: the fallback loaders
 * of UEFI 2.10 3.5.1.1, vendor folders, systemd-boot's files (BLS), unified
 * kernel images, shim's CSV files, and what must not be there: variable stores
 * (VM-8) and firmware (VM-10). One walk over the volume gathers all of it;
 * nothing is judged and no PE file is parsed here.
 */
#ifndef ARMVM_ESP_ESP_H
#define ARMVM_ESP_ESP_H

#include "fat/fat.h"

enum esp_arch {
	ESP_ARCH_NONE,
	ESP_AA64,
	ESP_ARM,
	ESP_X64,
	ESP_IA32,
	ESP_RISCV64,
	ESP_LOONGARCH64
};

/* What a file is for, by its place and name (or by its content, where said). */
enum esp_role {
	ESP_OTHER,
	ESP_FALLBACK,      /* \EFI\BOOT\BOOT{arch}.EFI */
	ESP_SHIM,          /* shim{arch}.efi anywhere below \EFI */
	ESP_SHIM_FALLBACK, /* fb{arch}.efi or fallback.efi: writes variables */
	ESP_MOK_MANAGER,   /* mm{arch}.efi */
	ESP_GRUB,          /* grub{arch}.efi */
	ESP_SYSTEMD_BOOT,  /* systemd-boot{arch}.efi */
	ESP_GRUB_CFG,      /* grub.cfg anywhere */
	ESP_BOOT_CSV,      /* BOOT.CSV or BOOT{arch}.CSV below \EFI */
	ESP_UKI,           /* \EFI\Linux\*.efi */
	ESP_LOADER_CONF,   /* \loader\loader.conf */
	ESP_BLS_ENTRY,     /* \loader\entries\*.conf */
	ESP_RANDOM_SEED,   /* \loader\random-seed */
	ESP_STARTUP_NSH,   /* \startup.nsh */
	ESP_WINDOWS,       /* \EFI\Microsoft\Boot\bootmgfw.efi */
	ESP_VARIABLES,     /* ubootefi.var, NvVars, *_VARS.fd, efivars.fd, or by content */
	ESP_FIRMWARE,      /* an EFI firmware volume, by content (PI 1.8 vol. 3, 3.2.1) */
	ESP_EFI_APP,       /* any other *.efi */
};

struct esp_file {
	char *path; /* "\EFI\BOOT\BOOTAA64.EFI", as stored */
	enum esp_role role;
	enum esp_arch arch;     /* by the name; ESP_ARCH_NONE when it names none */
	struct fat_entry entry; /* for fat_read() */
};

struct esp_inventory {
	struct esp_file *files; /* those whose role is not ESP_OTHER, sorted by path */
	size_t n;
	struct strlist vendors; /* folders in \EFI but BOOT and Linux, sorted: "debian" */
	bool has_efi;           /* \EFI is a folder */
	bool has_efi_boot;      /* \EFI\BOOT is a folder */
	bool complete; /* false: over ESP_FILES_MAX files of interest, or more than are walked through */
	bool probed;         /* false: too many other files to look into each */
	uint32_t file_count; /* all files */
	uint64_t file_bytes;
};

#define ESP_FILES_MAX 1024

/* Whether a path is the fallback's, whatever its case, and for which architecture. */
enum esp_arch esp_fallback_arch(const char *path);
/* "AA64", "ARM", "X64" ...; "" for ESP_ARCH_NONE. */
const char *esp_arch_name(enum esp_arch arch);
/* "fallback loader", "variable store" ... */
const char *esp_role_name(enum esp_role role);

/* Walks the volume. Fails only when the disk cannot be read. */
int esp_inventory_read(struct fat *fat, struct esp_inventory *out, struct err *err);
void esp_inventory_release(struct esp_inventory *inv);
DEFINE_RELEASE(struct esp_inventory, esp_inventory_release)

/* The first file with that role (and architecture unless ESP_ARCH_NONE); NULL: none. */
const struct esp_file *esp_find(
	const struct esp_inventory *inv, enum esp_role role, enum esp_arch arch);

/* One line of a BOOT.CSV: what shim's fallback would make a Boot#### from. */
struct esp_csv_row {
	char *loader; /* a file name in the CSV's folder */
	char *label;
	char *arguments;
};

struct esp_csv {
	struct esp_csv_row *rows;
	size_t n;
	bool malformed; /* not UTF-16LE, or a row without loader and label */
};

/* Parses the bytes of a CSV file, at most 64 rows. Never fails. */
void esp_csv_parse(const void *bytes, size_t len, struct esp_csv *out);
void esp_csv_release(struct esp_csv *csv);
DEFINE_RELEASE(struct esp_csv, esp_csv_release)

#endif
