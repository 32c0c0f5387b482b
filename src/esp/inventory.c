/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk over an ESP: a table says which name in which folder has which
 * role (UEFI 2.10 3.5.1.1, BLS, shim's and the distributions' names), and the
 * first bytes of each file identify firmware and variable stores whatever their
 * name. PE files are recognised by their names alone.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "esp/esp.h"

/* How many files are looked into, and how far. */
#define PROBES_MAX 4096u
#define PROBE_HEAD 64u
#define PROBE_DEEP 8192u

enum fv_offset {
	FV_FILE_SYSTEM = 16,
	FV_LENGTH = 32,
	FV_SIGNATURE = 40,
	FV_HEADER_LENGTH = 48,
	FV_HEADER_MIN = 56,
};

static const char *const arch_names[] = {
	[ESP_ARCH_NONE] = "",
	[ESP_AA64] = "AA64",
	[ESP_ARM] = "ARM",
	[ESP_X64] = "X64",
	[ESP_IA32] = "IA32",
	[ESP_RISCV64] = "RISCV64",
	[ESP_LOONGARCH64] = "LOONGARCH64",
};

static const char *const role_names[] = {
	[ESP_OTHER] = "file",
	[ESP_FALLBACK] = "fallback loader",
	[ESP_SHIM] = "shim",
	[ESP_SHIM_FALLBACK] = "shim's fallback",
	[ESP_MOK_MANAGER] = "MOK manager",
	[ESP_GRUB] = "GRUB",
	[ESP_SYSTEMD_BOOT] = "systemd-boot",
	[ESP_GRUB_CFG] = "GRUB configuration",
	[ESP_BOOT_CSV] = "boot entry list",
	[ESP_UKI] = "unified kernel image",
	[ESP_LOADER_CONF] = "systemd-boot configuration",
	[ESP_BLS_ENTRY] = "boot loader entry",
	[ESP_RANDOM_SEED] = "random seed",
	[ESP_STARTUP_NSH] = "UEFI Shell script",
	[ESP_WINDOWS] = "Windows Boot Manager",
	[ESP_VARIABLES] = "variable store",
	[ESP_FIRMWARE] = "firmware volume",
	[ESP_EFI_APP] = "EFI application",
};

/*
 * The first row that fits gives the role. `folder` is the whole path of the
 * folder ("" is the root), or NULL for any below \EFI, or "*" for any at all.
 * In `name`, '@' stands for an architecture's name and '*' for anything.
 */
static const struct {
	const char *folder;
	const char *name;
	enum esp_role role;
} rows[] = {
	{ "\\EFI\\BOOT", "boot@.efi", ESP_FALLBACK },
	{ "\\EFI\\Microsoft\\Boot", "bootmgfw.efi", ESP_WINDOWS },
	{ "\\EFI\\Linux", "*.efi", ESP_UKI },
	{ NULL, "shim@.efi", ESP_SHIM },
	{ NULL, "shim.efi", ESP_SHIM },
	{ NULL, "fb@.efi", ESP_SHIM_FALLBACK },
	{ NULL, "fallback.efi", ESP_SHIM_FALLBACK },
	{ NULL, "mm@.efi", ESP_MOK_MANAGER },
	{ NULL, "MokManager.efi", ESP_MOK_MANAGER },
	{ NULL, "grub@.efi", ESP_GRUB },
	{ NULL, "grub.efi", ESP_GRUB },
	{ NULL, "systemd-boot@.efi", ESP_SYSTEMD_BOOT },
	{ NULL, "boot@.csv", ESP_BOOT_CSV },
	{ NULL, "boot.csv", ESP_BOOT_CSV },
	{ "*", "grub.cfg", ESP_GRUB_CFG },
	{ "\\loader", "loader.conf", ESP_LOADER_CONF },
	{ "\\loader", "random-seed", ESP_RANDOM_SEED },
	{ "\\loader\\entries", "*.conf", ESP_BLS_ENTRY },
	{ "", "startup.nsh", ESP_STARTUP_NSH },
	{ "", "ubootefi.var", ESP_VARIABLES },
	{ "", "NvVars", ESP_VARIABLES },
	{ "*", "*_VARS.fd", ESP_VARIABLES },
	{ "*", "*_VARS.*.fd", ESP_VARIABLES },
	{ "*", "efivars.fd", ESP_VARIABLES },
	{ "*", "*.efi", ESP_EFI_APP },
};

const char *esp_arch_name(enum esp_arch arch)
{
	return arch_names[arch];
}

const char *esp_role_name(enum esp_role role)
{
	return role_names[role];
}

/* Whether name fits pattern; *arch is set by an '@'. At most two '*', so this stays cheap. */
static bool name_fits(const char *pattern, const char *name, enum esp_arch *arch)
{
	for (; *pattern; pattern++, name++) {
		if (*pattern == '*') {
			for (const char *rest = name; *rest; rest++)
				if (name_fits(pattern + 1, rest, arch))
					return true;
			return false;
		}
		if (*pattern == '@') {
			for (size_t i = 1; i < ARRAY_SIZE(arch_names); i++) {
				size_t n = strlen(arch_names[i]);

				if (strncasecmp(name, arch_names[i], n) == 0 &&
					name_fits(pattern + 1, name + n, arch)) {
					*arch = (enum esp_arch)i;
					return true;
				}
			}
			return false;
		}
		if (strncasecmp(pattern, name, 1) != 0)
			return false;
	}
	return *name == 0;
}

static bool folder_fits(const char *folder, const char *path, size_t len)
{
	if (!folder)
		return len >= 4 && strncasecmp(path, "\\EFI", 4) == 0 &&
		       (len == 4 || path[4] == '\\');
	if (strcmp(folder, "*") == 0)
		return true;
	return strlen(folder) == len && strncasecmp(folder, path, len) == 0;
}

static enum esp_role role_of(const char *path, enum esp_arch *arch)
{
	const char *name = strrchr(path, '\\');
	size_t folder_len = (size_t)(name - path);

	*arch = ESP_ARCH_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (folder_fits(rows[i].folder, path, folder_len) &&
			name_fits(rows[i].name, name + 1, arch))
			return rows[i].role;
	return ESP_OTHER;
}

enum esp_arch esp_fallback_arch(const char *path)
{
	CLEANUP(xfree)
	char *own = xasprintf("%s%s", *path == '\\' || *path == '/' ? "" : "\\", path);
	enum esp_arch arch;

	for (char *p = own; *p; p++)
		if (*p == '/')
			*p = '\\';
	return role_of(own, &arch) == ESP_FALLBACK ? arch : ESP_ARCH_NONE;
}

/* ---- contents ---- */

static bool is_firmware_volume(const uint8_t *p, size_t len)
{
	return len >= FV_HEADER_MIN && memcmp(p + FV_SIGNATURE, "_FVH", 4) == 0 &&
	       le16(p + FV_HEADER_LENGTH) >= FV_HEADER_MIN &&
	       le64(p + FV_LENGTH) >= le16(p + FV_HEADER_LENGTH);
}

/* gEfiSystemNvDataFvGuid: such a volume holds variables. */
static bool is_variable_volume(const uint8_t *p)
{
	static const uint8_t nv_data[16] = { 0x8d, 0x2b, 0xf1, 0xff, 0x96, 0x76, 0x8b, 0x4c, 0xa9,
		0x85, 0x27, 0x47, 0x07, 0x5b, 0x4f, 0x50 };

	return memcmp(p + FV_FILE_SYSTEM, nv_data, sizeof(nv_data)) == 0;
}

/* U-Boot's file of variables: 8 reserved bytes, then this. */
static bool is_uboot_store(const uint8_t *p, size_t len)
{
	return len >= 24 && memcmp(p + 8, "UbEfiVa\1", 8) == 0;
}

/* Firmware for Arm begins with a branch, its first volume a page later. */
static enum esp_role role_by_content(
	struct fat *fat, const struct fat_entry *entry, int *io, struct err *err)
{
	CLEANUP(xfree) uint8_t *deep = NULL;
	uint8_t head[PROBE_HEAD];
	size_t got;

	*io = fat_read(fat, entry, 0, head, sizeof(head), &got, err);
	if (*io < 0 || got < FV_HEADER_MIN)
		return *io == 0 && is_uboot_store(head, got) ? ESP_VARIABLES : ESP_OTHER;
	if (is_uboot_store(head, got))
		return ESP_VARIABLES;
	if (is_firmware_volume(head, got))
		return is_variable_volume(head) ? ESP_VARIABLES : ESP_FIRMWARE;
	if (entry->size < 2 * PROBE_DEEP || memcmp(head, "MZ", 2) == 0)
		return ESP_OTHER;
	deep = xmalloc(PROBE_DEEP);
	*io = fat_read(fat, entry, 0, deep, PROBE_DEEP, &got, err);
	for (size_t off = 512; *io == 0 && off + FV_HEADER_MIN <= got; off += 512)
		if (is_firmware_volume(deep + off, got - off))
			return ESP_FIRMWARE;
	return ESP_OTHER;
}

/* ---- the walk ---- */

struct gather {
	struct fat *fat;
	struct esp_inventory *inv;
	struct err *err;
	uint32_t probes;
};

static void note_folder(struct esp_inventory *inv, const char *path, const char *name)
{
	if (strcasecmp(path, "\\EFI") == 0)
		inv->has_efi = true;
	else if (strcasecmp(path, "\\EFI\\BOOT") == 0)
		inv->has_efi_boot = true;
	else if (strncasecmp(path, "\\EFI\\", 5) == 0 && !strchr(path + 5, '\\') &&
		 strcasecmp(name, "Linux") != 0) {
		if (inv->vendors.n < ESP_FILES_MAX)
			strlist_add(&inv->vendors, name);
		else
			inv->complete = false;
	}
}

static int gather_one(void *arg, const char *path, const struct fat_entry *entry)
{
	struct gather *g = arg;
	struct esp_inventory *inv = g->inv;
	enum esp_arch arch;
	enum esp_role role;
	int io = 0;

	if (entry->is_dir) {
		note_folder(inv, path, entry->name);
		return 0;
	}
	inv->file_count++;
	inv->file_bytes += entry->size;
	role = role_of(path, &arch);
	if (role == ESP_OTHER && g->probes++ < PROBES_MAX) {
		role = role_by_content(g->fat, entry, &io, g->err);
		/* A damaged chain is for fat_verify() to report. */
		if (io < 0 && io != -EUCLEAN)
			return io;
	}
	if (role == ESP_OTHER)
		return 0;
	if (inv->n == ESP_FILES_MAX) {
		inv->complete = false;
		return 0;
	}
	inv->files = xreallocarray(inv->files, inv->n + 1, sizeof(*inv->files));
	inv->files[inv->n++] = (struct esp_file){
		.path = xstrdup(path), .role = role, .arch = arch, .entry = *entry
	};
	return 0;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct esp_file *)a)->path, ((const struct esp_file *)b)->path);
}

int esp_inventory_read(struct fat *fat, struct esp_inventory *out, struct err *err)
{
	struct gather g = { .fat = fat, .inv = out, .err = err };
	int r;

	memset(out, 0, sizeof(*out));
	out->complete = true;
	r = fat_walk(fat, gather_one, &g, err);
	if (r < 0 && r != -EFBIG) {
		esp_inventory_release(out);
		return r;
	}
	out->complete = out->complete && r == 0;
	out->probed = g.probes <= PROBES_MAX;
	if (out->n)
		qsort(out->files, out->n, sizeof(*out->files), by_path);
	strlist_sort(&out->vendors);
	err_clear(err);
	return 0;
}

void esp_inventory_release(struct esp_inventory *inv)
{
	for (size_t i = 0; i < inv->n; i++)
		free(inv->files[i].path);
	free(inv->files);
	strlist_release(&inv->vendors);
	memset(inv, 0, sizeof(*inv));
}

const struct esp_file *esp_find(
	const struct esp_inventory *inv, enum esp_role role, enum esp_arch arch)
{
	for (size_t i = 0; i < inv->n; i++)
		if (inv->files[i].role == role &&
			(arch == ESP_ARCH_NONE || inv->files[i].arch == arch))
			return &inv->files[i];
	return NULL;
}
