/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory that a machine needs to come up with an image. See memory.h. What the
 * system then does with more is its administrator's to know.
 *
 * The kernel is there all the time, and beside it at first what was loaded, then what comes of
 * the initrd; what the rest takes was measured. QEMU 7.2 with edk2 2022.11, GRUB 2.06 and
 * Debian 12's Linux 6.1 came to a login with no less than:
 *
 *	system			kernel	initrd	unpacked	came up	did not	so beside them
 *	busybox			27	3	9		136	128	70 to 97
 *	busybox, large initrd	27	153	159		512	480	141 to 173
 *	systemd, udev, D-Bus	27	13	45		192	160	75 to 107
 *
 * in MiB. The large one's need is the most because only where there is enough memory does
 * the kernel set 64 MiB apart (CMA), which it then lends to programs and not to an initrd.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "glance/derive.h"
#include "glance/memory.h"

#define MIB (UINT64_C(1) << 20)

#define STEP (BOOT_MEMORY_STEP * MIB)

/* The most of the measured, and a margin of a tenth. */
#define BASE (192 * MIB)

/*
 * What the kernel sets apart is a multiple of what it calls a page block (Linux
 * include/linux/pageblock-flags.h): of 2 MiB with pages of 4 KiB, 32 with 16, 512 with 64.
 */
#define APART     (64 * MIB)
#define APART_64K (512 * MIB)
#define PAGE_4K   UINT64_C(4096)
#define PAGE_16K  UINT64_C(16384)
#define PAGE_64K  UINT64_C(65536)

/* More than any machine has, or any kernel takes: a header or a file's size may say anything. */
#define MACHINE_MAX (UINT64_C(1) << 40)
#define KERNEL_MAX  (UINT64_C(1) << 30)

/* Linux Documentation/arch/arm64/booting.rst; drivers/firmware/efi/libstub/zboot-header.S */
enum {
	IMAGE_SIZE = 16,
	IMAGE_FLAGS = 24, /* bits 1 and 2: the pages' size, 4, 16 or 64 KiB; 0: not said */
	IMAGE_MAGIC = 56,
	IMAGE_HEADER = 64,
	ZBOOT_MAGIC = 4,
	ZBOOT_OFFSET = 8,
	ZBOOT_SIZE = 12,
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
	return le32(buf_bytes(&file) + end - 4);
}

/* Takes what the kernel's header says that it takes, or its file's size where it says nothing. */
static void read_kernel(const struct chain_entry *e, struct boot_memory *m)
{
	static const uint64_t pages[] = { 0, PAGE_4K, PAGE_16K, PAGE_64K };
	struct buf head CLEANUP(buf_release) = BUF_INIT;
	const uint8_t *p;
	uint64_t size = 0;
	int ret = volume_packed(e->volume, e->kernel)
			  ? volume_unpack_head(e->volume, e->kernel, IMAGE_HEADER, &head, NULL)
			  : volume_read_head(e->volume, e->kernel, IMAGE_HEADER, &head, NULL);

	m->kernel = m->file;
	if (ret < 0 || head.len < IMAGE_HEADER)
		return;
	p = buf_bytes(&head);
	if (memcmp(p + IMAGE_MAGIC, "ARM\x64", 4) == 0) {
		size = le64(p + IMAGE_SIZE);
		m->page = pages[le64(p + IMAGE_FLAGS) >> 1 & 3];
	} else if (memcmp(p + ZBOOT_MAGIC, "zimg", 4) == 0) {
		size = unpacked_size(e, p);
	}
	if (size && size <= KERNEL_MAX)
		m->kernel = size;
}

/* All zero when the kernel that boots is not known. */
static struct boot_memory memory_of(const struct glance_source *s)
{
	const struct chain_entry *e = s->entry;
	struct boot_memory m = { 0 };

	if (!e || !e->kernel)
		return m;
	m.file = size_of(e, e->kernel);
	if (!m.file)
		return m;
	read_kernel(e, &m);
	for (size_t i = 0; i < e->initrds.n; i++)
		if (strncmp(e->initrds.v[i], CHAIN_WRAPPED, strlen(CHAIN_WRAPPED)) != 0)
			m.initrd = bounded(m.initrd + size_of(e, e->initrds.v[i]));
	if (s->initrd) {
		m.unpacked = bounded(s->initrd->initrd.content);
		m.files = s->initrd->initrd.files;
	}
	return m;
}

/* ---- the sum ---- */

uint64_t boot_memory_base(const struct boot_memory *m)
{
	return m->page == PAGE_64K ? BASE - APART + APART_64K : BASE;
}

uint64_t boot_memory_unpacked(const struct boot_memory *m)
{
	/* Half of each file's last page is empty. */
	return bounded(m->unpacked + m->files * ((m->page ? m->page : PAGE_4K) / 2));
}

uint64_t boot_memory_mib(const struct boot_memory *m)
{
	uint64_t unpacked = boot_memory_unpacked(m);
	uint64_t sum = m->kernel + m->initrd + (m->file > unpacked ? m->file : unpacked) +
		       boot_memory_base(m);

	return (sum + STEP - 1) / STEP * BOOT_MEMORY_STEP;
}

static uint64_t mib(uint64_t bytes)
{
	return (bytes + MIB - 1) / MIB;
}

void glance_min_ram(const struct glance_source *s, struct glance_property *p)
{
	const struct boot_memory m = memory_of(s);
	uint64_t unpacked;
	char value[24];

	if (!m.file) {
		property_left_out(p, "the kernel that boots is not known");
		return;
	}
	snprintf(value, sizeof(value), "%" PRIu64, boot_memory_mib(&m));
	unpacked = boot_memory_unpacked(&m);
	property_is(p, value,
		"MiB: the kernel takes %" PRIu64 ", the initrd %" PRIu64 ", %s %" PRIu64
		", firmware, the kernel's own data and the first programs %" PRIu64
		"; in steps of %d",
		mib(m.kernel), mib(m.initrd),
		unpacked < m.file ? "the kernel's file" : "what is in it",
		mib(unpacked < m.file ? m.file : unpacked), mib(boot_memory_base(&m)),
		BOOT_MEMORY_STEP);
}
