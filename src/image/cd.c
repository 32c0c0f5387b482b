/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the disk is a CD as well: a primary volume descriptor of ECMA-119 in its sector 16 (of 2048
 * bytes), as installers for CD and USB alike have, in whatever container. See image.h.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "disk/disk.h"
#include "image/image.h"

#define SECTOR     2048
#define PRIMARY    (16 * SECTOR)
#define TYPE       0
#define STANDARD   1
#define VOLUME     40
#define VOLUME_LEN 32

bool image_cd(struct image *image, char label[IMAGE_CD_LABEL])
{
	unsigned char d[SECTOR];
	struct disk *disk;
	size_t len = VOLUME_LEN;

	if (image_disk(image, &disk, NULL) < 0 || disk_size(disk) < PRIMARY + SECTOR ||
		disk_read(disk, PRIMARY, d, sizeof(d), NULL) < 0 || d[TYPE] != 1 ||
		memcmp(d + STANDARD, "CD001", 5) != 0)
		return false;
	while (len && d[VOLUME + len - 1] == ' ')
		len--;
	for (size_t i = 0; i < len; i++)
		label[i] = (char)(isprint(d[VOLUME + i]) ? d[VOLUME + i] : '?');
	label[len] = '\0';
	return true;
}
