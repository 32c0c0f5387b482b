/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Superblocks of software RAID, each with the checksum that its bytes have: 512 bytes of the input
 * are those of a member.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "part/md.h"

#define MEMBERS 4
#define SB      512

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void put_super(uint8_t *sb, const uint8_t *bytes)
{
	size_t n;
	uint64_t sum = 0;

	memcpy(sb, bytes, SB);
	put_le32(sb, UINT32_C(0xa92b4efc));
	put_le32(sb + 4, 1);
	put_le64(sb + 144, 8);
	put_le32(sb + 220, le32(sb + 220) % 128);
	n = 256 + 2 * (size_t)le32(sb + 220);
	for (size_t i = 0; i + 4 <= n; i += 4)
		sum += i == 216 ? 0 : le32(sb + i);
	if (n % 4)
		sum += le16(sb + n - 2);
	put_le32(sb + 216, (uint32_t)sum + (uint32_t)(sum >> 32));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static uint8_t content[MEMBERS][1 << 20];
	struct disk *disks[MEMBERS] = { NULL };
	bool used[MEMBERS];
	struct md md = { 0 };
	unsigned n = 0;

	for (; n < MEMBERS && len >= SB; n++, bytes += SB, len -= SB) {
		put_super(content[n] + 4096, bytes);
		disks[n] = disk_from_memory(content[n], sizeof(content[n]));
	}
	if (md_read(disks, n, used, &md, NULL) == 0)
		for (size_t i = 0; i < md.n; i++) {
			struct disk *joined = NULL;
			uint8_t sector[512];

			if (disk_join(md.arrays[i].pieces, md.arrays[i].n_pieces, "array", &joined,
				    NULL) == 0) {
				(void)!disk_read(joined, 0, sector, sizeof(sector), NULL);
				disk_close(joined);
			}
		}
	md_release(&md);
	while (n-- > 0)
		disk_close(disks[n]);
	return 0;
}
