/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * esp: the inventory of an ESP with one file of each kind, and BOOT.CSV.
 */
#include "../fat/volume.h"
#include "esp/esp.h"

static const char recipe[] =
	"set -e; mkfs.fat -C -F 32 -s 1 -n ESP esp 40960 >/dev/null;"
	"mmd -i esp ::/EFI ::/EFI/Boot ::/EFI/debian ::/EFI/Linux ::/EFI/Microsoft"
	" ::/EFI/Microsoft/Boot ::/loader ::/loader/entries ::/fw;"
	"echo x >x;"
	"put() { mcopy -i esp \"${2:-x}\" \"::$1\"; };"
	"put /EFI/Boot/bootaa64.efi; put /EFI/Boot/BOOTX64.EFI; put /EFI/Boot/fbaa64.efi;"
	"put /EFI/debian/shimaa64.efi; put /EFI/debian/grubaa64.efi; put /EFI/debian/mmaa64.efi;"
	"put /EFI/debian/BOOTAA64.CSV; put /EFI/debian/grub.cfg; put /EFI/debian/BOOTARM.EFI;"
	"put /EFI/Linux/debian-6.1.efi; put /EFI/Microsoft/Boot/bootmgfw.efi;"
	"put /loader/loader.conf; put /loader/random-seed; put /loader/entries/a.conf;"
	"put /startup.nsh; put /ubootefi.var; put /NvVars; put /fw/AAVMF_VARS.ms.fd; put /readme;"
	"{ head -c 40 /dev/zero; printf '_FVH'; head -c 4 /dev/zero; printf 'H\\0'; head -c 40 "
	"/dev/zero; } >fv; printf '\\0\\020' | dd of=fv bs=1 seek=32 conv=notrunc status=none;"
	"{ head -c 4096 /dev/zero; cat fv; head -c 30000 /dev/zero; } >flash;"
	"put /fw/one fv; put /fw/two flash; put /notes.efi;"
	"{ head -c 8 /dev/zero; printf 'UbEfiVa\\001'; head -c 16 /dev/zero; } >ub; put /renamed ub;";

static void is_file(
	const struct esp_inventory *inv, const char *path, enum esp_role role, enum esp_arch arch)
{
	for (size_t i = 0; i < inv->n; i++) {
		if (strcmp(inv->files[i].path, path) != 0)
			continue;
		is_str(esp_role_name(inv->files[i].role), esp_role_name(role), path);
		is_int(inv->files[i].arch, arch, "its architecture");
		return;
	}
	ok(false, "%s is listed", path);
}

static void test_inventory(void)
{
	struct volume v = volume_map("esp", 32);
	CLEANUP(fat_close) struct fat *fat = NULL;
	CLEANUP(esp_inventory_release) struct esp_inventory inv = { 0 };
	struct err err = { 0 };

	if (!is_int(fat_open(v.disk, &fat, &err), 0, "opened") ||
		!is_int(esp_inventory_read(fat, &inv, &err), 0, "inventory"))
		return;
	is_file(&inv, "\\EFI\\Boot\\bootaa64.efi", ESP_FALLBACK, ESP_AA64);
	is_file(&inv, "\\EFI\\Boot\\BOOTX64.EFI", ESP_FALLBACK, ESP_X64);
	is_file(&inv, "\\EFI\\Boot\\fbaa64.efi", ESP_SHIM_FALLBACK, ESP_AA64);
	is_file(&inv, "\\EFI\\debian\\shimaa64.efi", ESP_SHIM, ESP_AA64);
	is_file(&inv, "\\EFI\\debian\\grubaa64.efi", ESP_GRUB, ESP_AA64);
	is_file(&inv, "\\EFI\\debian\\mmaa64.efi", ESP_MOK_MANAGER, ESP_AA64);
	is_file(&inv, "\\EFI\\debian\\BOOTAA64.CSV", ESP_BOOT_CSV, ESP_AA64);
	is_file(&inv, "\\EFI\\debian\\BOOTARM.EFI", ESP_EFI_APP, ESP_ARCH_NONE);
	is_file(&inv, "\\EFI\\debian\\grub.cfg", ESP_GRUB_CFG, ESP_ARCH_NONE);
	is_file(&inv, "\\EFI\\Linux\\debian-6.1.efi", ESP_UKI, ESP_ARCH_NONE);
	is_file(&inv, "\\EFI\\Microsoft\\Boot\\bootmgfw.efi", ESP_WINDOWS, ESP_ARCH_NONE);
	is_file(&inv, "\\loader\\loader.conf", ESP_LOADER_CONF, ESP_ARCH_NONE);
	is_file(&inv, "\\loader\\random-seed", ESP_RANDOM_SEED, ESP_ARCH_NONE);
	is_file(&inv, "\\loader\\entries\\a.conf", ESP_BLS_ENTRY, ESP_ARCH_NONE);
	is_file(&inv, "\\startup.nsh", ESP_STARTUP_NSH, ESP_ARCH_NONE);
	is_file(&inv, "\\ubootefi.var", ESP_VARIABLES, ESP_ARCH_NONE);
	is_file(&inv, "\\NvVars", ESP_VARIABLES, ESP_ARCH_NONE);
	is_file(&inv, "\\fw\\AAVMF_VARS.ms.fd", ESP_VARIABLES, ESP_ARCH_NONE);
	is_file(&inv, "\\renamed", ESP_VARIABLES, ESP_ARCH_NONE);
	is_file(&inv, "\\fw\\one", ESP_FIRMWARE, ESP_ARCH_NONE);
	is_file(&inv, "\\fw\\two", ESP_FIRMWARE, ESP_ARCH_NONE);
	is_file(&inv, "\\notes.efi", ESP_EFI_APP, ESP_ARCH_NONE);
	is_int(inv.n, 22, "nothing else");
	is_int(inv.file_count, 23, "the rest is counted");
	is_int(inv.vendors.n, 2, "two vendors");
	is_str(inv.vendors.v[0], "Microsoft", "the first");
	is_str(inv.vendors.v[1], "debian", "and the second");
	ok(inv.has_efi && inv.has_efi_boot && inv.complete, "all was seen");
	is_str(esp_find(&inv, ESP_FALLBACK, ESP_X64)->path, "\\EFI\\Boot\\BOOTX64.EFI", "found");
	ok(!esp_find(&inv, ESP_FALLBACK, ESP_ARM), "what is not there is not found");
	volume_unmap(&v);
}

static void test_csv(void)
{
	static const char text[] = "\xff\xfes\0h\0i\0m\0,\0D\0e\0b\0,\0,\0c\0\r\0\n\0x\0,\0Y\0\n";
	struct esp_csv csv;

	esp_csv_parse(text, sizeof(text), &csv);
	is_int(csv.n, 2, "two rows");
	is_str(csv.rows[0].loader, "shim", "loader");
	is_str(csv.rows[0].label, "Deb", "label");
	is_str(csv.rows[0].arguments, "", "no arguments");
	is_str(csv.rows[1].label, "Y", "no more fields");
	ok(!csv.malformed, "well formed");
	esp_csv_release(&csv);
	esp_csv_parse("shim.efi,Debian,,x\n", 19, &csv);
	ok(csv.malformed, "ASCII is not");
	esp_csv_release(&csv);
	esp_csv_parse("", 0, &csv);
	is_int(csv.n, 0, "nothing has no rows");
	esp_csv_release(&csv);
	for (size_t n = 0; n < sizeof(text); n++) {
		esp_csv_parse(text, n, &csv);
		esp_csv_release(&csv);
	}
}

int main(void)
{
	scratch_enter();
	if (ok(shell(recipe), "an ESP made by mkfs.fat and mtools"))
		test_inventory();
	is_int(esp_fallback_arch("/efi/boot/BootAA64.efi"), ESP_AA64, "a fallback path");
	is_int(esp_fallback_arch("EFI\\BOOT\\BOOTARM.EFI"), ESP_ARM, "another");
	is_int(esp_fallback_arch("\\EFI\\debian\\BOOTAA64.EFI"), ESP_ARCH_NONE, "not one");
	is_int(esp_fallback_arch(""), ESP_ARCH_NONE, "nothing");
	test_csv();
	return tap_done();
}
