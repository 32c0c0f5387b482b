/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The FAT reader, the verification and the ESP inventory, on any bytes.
 */
#include <stddef.h>
#include <stdint.h>

#include "disk/disk.h"
#include "esp/esp.h"
#include "fat/fat.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void read_some(struct fat *fat, const struct esp_file *file)
{
	CLEANUP(buf_release) struct buf content = BUF_INIT;
	struct esp_csv csv;

	if (fat_read_all(fat, &file->entry, 1 << 16, &content, NULL) < 0)
		return;
	esp_csv_parse(buf_bytes(&content), content.len, &csv);
	esp_csv_release(&csv);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	CLEANUP(disk_close) struct disk *disk = disk_from_memory(bytes, len);
	CLEANUP(fat_close) struct fat *fat = NULL;
	CLEANUP(fat_report_release) struct fat_report report = { 0 };
	CLEANUP(esp_inventory_release) struct esp_inventory inv = { 0 };
	struct fat_entry entry;
	struct err err;

	if (fat_open(disk, &fat, &err) < 0)
		return 0;
	(void)fat_verify(fat, &report, &err);
	(void)fat_lookup(fat, "\\EFI\\BOOT\\BOOTAA64.EFI", &entry, &err);
	if (esp_inventory_read(fat, &inv, &err) == 0)
		for (size_t i = 0; i < inv.n; i++)
			read_some(fat, &inv.files[i]);
	return 0;
}
