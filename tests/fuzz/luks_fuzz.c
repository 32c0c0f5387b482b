/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LUKS: the input is a header of version 1, or the JSON of one of version 2 behind a zero byte; a
 * passphrase is tried, and what opens is read.
 */
#include <string.h>

#include "base/bytes.h"
#include "disk/disk.h"
#include "part/luks.h"

#define SIZE   ((size_t)64 << 10)
#define HEADER ((size_t)16 << 10)
#define BINARY ((size_t)4 << 10)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void put_second(uint8_t *to, const uint8_t *json, size_t len)
{
	memcpy(to, "LUKS\xba\xbe", 6);
	to[7] = 2;
	put_be64(to + 8, HEADER);
	memcpy(to + 72, "sha256", 7);
	memcpy(to + BINARY, json, len < HEADER - BINARY ? len : HEADER - BINARY);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static uint8_t content[SIZE];
	struct disk *disk, *opened = NULL;
	struct luks luks;
	struct luks_key key = { .len = 32 };
	uint8_t sector[512];

	memset(content, 0, sizeof(content));
	if (len && bytes[0] == 0)
		put_second(content, bytes + 1, len - 1);
	else
		memcpy(content, bytes, len < SIZE ? len : SIZE);
	disk = disk_from_memory(content, sizeof(content));
	if (luks_read(disk, &luks, NULL) == 0) {
		luks_unlock(disk, &luks, "secret", 6, &key, NULL);
		key.len = luks.key_len;
		luks_fits(&luks, &key);
		if (luks_open(disk, &luks, &key, &opened, NULL) == 0) {
			(void)!disk_read(opened, 0, sector, sizeof(sector), NULL);
			disk_close(opened);
		}
	}
	disk_close(disk);
	return 0;
}
