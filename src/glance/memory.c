/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory that a machine needs to come up with an image: what the loader, the
 * kernel and the initrd take at the moment when most of it is there at once, and what
 * firmware, kernel and the first programs take beside. What the system then does with more is
 * its administrator's to know.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "glance/derive.h"

#define MIB (UINT64_C(1) << 20)

/* For firmware, the kernel's own data and the first programs. */
#define BASE (256 * MIB)
#define STEP (128 * MIB)

/* More than any machine has, or any kernel takes: a header or a file's size may say anything. */
#define MACHINE_MAX (UINT64_C(1) << 40)
#define KERNEL_MAX  (UINT64_C(1) << 30)

/* Linux Documentation/arch/arm64/booting.rst; drivers/firmware/efi/libstub/zboot-header.S */
enum {
	IMAGE_SIZE = 16,
	IMAGE_MAGIC = 56,
	IMAGE_HEADER = 64,
	ZBOOT_MAGIC = 4,
	ZBOOT_OFFSET = 8,
	ZBOOT_SIZE = 12,
};

/* What a boot needs, in bytes. */
struct need {
	uint64_t file;     /* the kernel's, which the loader holds until it is left */
	uint64_t kernel;   /* the kernel in memory, with what is not in its file */
	uint64_t initrd;   /* as it is loaded */
	uint64_t unpacked; /* what is in it, which is there before that is freed */
};

static uint64_t bounded(uint64_t bytes)
{
	return bytes < MACHINE_MAX ? bytes : MACHINE_MAX;
}

static uint64_t size_of(const struct chain_entry *e, const char *path)
{
	struct file_info info;

	if (!e->volume || path[0] != '/' || volume_stat(e->volume, path, &info) != PRESENT)
		return 0;
	return bounded(info.size);
}

/* A kernel that unpacks itself has the size of what comes of it behind what is packed. */
static uint64_t unpacked_size(const struct chain_entry *e, const uint8_t *header)
{
	struct buf file CLEANUP(buf_release) = BUF_INIT;
	uint64_t end = (uint64_t)le32(header + ZBOOT_OFFSET) + le32(header + ZBOOT_SIZE);

	if (end < IMAGE_HEADER || end > KERNEL_MAX ||
		volume_read_head(e->volume, e->kernel, (size_t)end, &file, NULL) < 0 ||
		file.len != end)
		return 0;
	return le32((const uint8_t *)file.data + end - 4);
}

/* What the kernel's header says that it takes, or its file's size where it says nothing. */
static uint64_t kernel_size(const struct chain_entry *e, uint64_t file)
{
	struct buf head CLEANUP(buf_release) = BUF_INIT;
	const uint8_t *p;
	uint64_t size = 0;
	int ret = volume_packed(e->volume, e->kernel)
			  ? volume_unpack_head(e->volume, e->kernel, IMAGE_HEADER, &head, NULL)
			  : volume_read_head(e->volume, e->kernel, IMAGE_HEADER, &head, NULL);

	if (ret < 0 || head.len < IMAGE_HEADER)
		return file;
	p = (const uint8_t *)head.data;
	if (memcmp(p + IMAGE_MAGIC, "ARM\x64", 4) == 0)
		size = le64(p + IMAGE_SIZE);
	else if (memcmp(p + ZBOOT_MAGIC, "zimg", 4) == 0)
		size = unpacked_size(e, p);
	return size && size <= KERNEL_MAX ? size : file;
}

static struct need need_of(const struct glance_source *s)
{
	const struct chain_entry *e = s->entry;
	struct need need = { 0 };

	if (!e || !e->kernel)
		return need;
	need.file = size_of(e, e->kernel);
	if (!need.file)
		return need;
	need.kernel = kernel_size(e, need.file);
	for (size_t i = 0; i < e->initrds.n; i++)
		need.initrd = bounded(need.initrd + size_of(e, e->initrds.v[i]));
	if (s->initrd)
		need.unpacked = bounded(s->initrd->initrd.content);
	return need;
}

static uint64_t mib(uint64_t bytes)
{
	return (bytes + MIB - 1) / MIB;
}

void glance_min_ram(const struct glance_source *s, struct glance_property *p)
{
	const struct need need = need_of(s);
	uint64_t sum = need.file + need.kernel + need.initrd + need.unpacked + BASE;
	char value[24];

	if (!need.file) {
		property_left_out(p, "the kernel that boots is not known");
		return;
	}
	snprintf(value, sizeof(value), "%" PRIu64, (sum + STEP - 1) / STEP * (STEP / MIB));
	property_is(p, value,
		"MiB: the kernel takes %" PRIu64 " and its file %" PRIu64 ", the initrd %" PRIu64
		" and %" PRIu64 " when it is unpacked, firmware and the first programs %" PRIu64
		"; in steps of %" PRIu64,
		mib(need.kernel), mib(need.file), mib(need.initrd), mib(need.unpacked), mib(BASE),
		mib(STEP));
}
