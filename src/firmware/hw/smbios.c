/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SMBIOS (DMTF DSP0134 3.0): entry point and structures 0, 1, 3, 4, 16, 17,
 * 19, 32 and 127. Serial numbers and the UUID are fixed: two runs are the same.
 */
#include <string.h>

#include "base/bytes.h"
#include "firmware/hw/hw.h"

#define ENTRY_SIZE     24
#define ENTRY_CHECKSUM 5

#define HANDLE_BIOS    0x0000
#define HANDLE_SYSTEM  0x0100
#define HANDLE_CHASSIS 0x0300
#define HANDLE_CPU     0x0400
#define HANDLE_ARRAY   0x1000
#define HANDLE_MEMORY  0x1100
#define HANDLE_MAPPED  0x1300
#define HANDLE_BOOT    0x2000
#define HANDLE_END     0x7f00

#define NO_ERROR_INFO 0xfffe
#define MIB           (UINT64_C(1) << 20)

/* A structure: `size` bytes of which the header is put in here, then its strings. */
static void add(struct buf *out, uint8_t type, uint16_t handle, uint8_t *fields, uint8_t size,
	const char *const *strings)
{
	fields[0] = type;
	fields[1] = size;
	put_le16(fields + 2, handle);
	buf_add(out, fields, size);
	for (const char *const *s = strings; s && *s; s++)
		buf_add(out, *s, strlen(*s) + 1);
	if (!strings)
		buf_add(out, "", 1);
	buf_add(out, "", 1);
}

static void add_identity(struct buf *out)
{
	static const char *const bios_strings[] = { "armvm-image", ARMVM_VERSION, "01/01/2024",
		NULL };
	static const char *const system_strings[] = { "armvm-image", "Reference virtual machine",
		"1.0", NULL };
	static const char *const chassis_strings[] = { "armvm-image", NULL };
	uint8_t bios[0x18] = { [4] = 1, [5] = 2, [8] = 3 };
	uint8_t computer[0x1b] = { [4] = 1, [5] = 2, [6] = 3 };
	uint8_t chassis[0x16] = { [4] = 1, [5] = 1 /* other */ };

	bios[0x0a] = 1 << 3;          /* characteristics are not given */
	bios[0x13] = 1 << 3 | 1 << 4; /* UEFI, in a virtual machine */
	bios[0x14] = 0;
	bios[0x15] = 1;
	bios[0x16] = bios[0x17] = 0xff; /* no embedded controller */
	add(out, 0, HANDLE_BIOS, bios, sizeof(bios), bios_strings);
	memcpy(computer + 8, "\x61\x72\x6d\x76\x6d\x00\x4d\x40\x80\x01\x00\x00\x00\x00\x00\x01",
		16);
	computer[0x18] = 6; /* woken by the power switch */
	add(out, 1, HANDLE_SYSTEM, computer, sizeof(computer), system_strings);
	chassis[9] = chassis[10] = chassis[11] = 3; /* states: safe */
	chassis[12] = 2;                            /* security: unknown */
	add(out, 3, HANDLE_CHASSIS, chassis, sizeof(chassis), chassis_strings);
}

static void add_cpu(struct buf *out)
{
	static const char *const strings[] = { "CPU 0", "armvm-image", "AArch64", NULL };
	uint8_t cpu[0x30] = {
		[4] = 1, [5] = 3 /* a CPU */, [6] = 0xfe /* see family 2 */, [7] = 2
	};

	cpu[0x10] = 3;
	cpu[0x18] = 0x41;            /* there and enabled */
	cpu[0x19] = 1;               /* upgrade: other */
	memset(cpu + 0x1a, 0xff, 6); /* no cache information */
	cpu[0x23] = cpu[0x24] = cpu[0x25] = 1;
	put_le16(cpu + 0x26, 1 << 2); /* 64 bits */
	put_le16(cpu + 0x28, 0x101);  /* ARMv8 */
	put_le16(cpu + 0x2a, 1);
	put_le16(cpu + 0x2c, 1);
	put_le16(cpu + 0x2e, 1);
	add(out, 4, HANDLE_CPU, cpu, sizeof(cpu), strings);
}

static void add_memory(struct buf *out, const struct hw_config *config)
{
	static const char *const strings[] = { "DIMM 0", "armvm-image", NULL };
	uint64_t kib = config->ram_size >> 10, last = config->ram_base + config->ram_size - 1;
	uint8_t array[0x17] = { [4] = 1 /* location: other */, [5] = 3, [6] = 3 /* no ECC */ };
	uint8_t memory[0x28] = {
		[0x0e] = 9 /* DIMM */, [0x10] = 1, [0x12] = 7 /* RAM */, [0x17] = 2
	};
	uint8_t mapped[0x1f] = { [0x0e] = 1 };
	bool large = kib >= UINT64_C(0x80000000);

	put_le32(array + 7, large ? 0x80000000u : (uint32_t)kib);
	put_le16(array + 0x0b, NO_ERROR_INFO);
	put_le16(array + 0x0d, 1);
	put_le64(array + 0x0f, large ? config->ram_size : 0);
	add(out, 16, HANDLE_ARRAY, array, sizeof(array), NULL);

	put_le16(memory + 4, HANDLE_ARRAY);
	put_le16(memory + 6, NO_ERROR_INFO);
	put_le32(memory + 8, 0xffffffff); /* widths are unknown */
	large = config->ram_size / MIB >= 0x7fff;
	put_le16(memory + 0x0c, large ? 0x7fff : (uint16_t)(config->ram_size / MIB));
	put_le16(memory + 0x13, 1 << 1); /* details: other */
	put_le32(memory + 0x1c, large ? (uint32_t)(config->ram_size / MIB) : 0);
	add(out, 17, HANDLE_MEMORY, memory, sizeof(memory), strings);

	large = last >> 10 >= 0xffffffff;
	put_le32(mapped + 4, large ? 0xffffffff : (uint32_t)(config->ram_base >> 10));
	put_le32(mapped + 8, large ? 0xffffffff : (uint32_t)(last >> 10));
	put_le16(mapped + 0x0c, HANDLE_ARRAY);
	put_le64(mapped + 0x0f, large ? config->ram_base : 0);
	put_le64(mapped + 0x17, large ? last : 0);
	add(out, 19, HANDLE_MAPPED, mapped, sizeof(mapped), NULL);
}

void hw_smbios(const struct hw_config *config, uint64_t base, struct buf *out)
{
	uint8_t head[HW_SMBIOS_TABLE] = { '_', 'S', 'M', '3', '_', 0, ENTRY_SIZE, 3, 0, 0, 1 };
	uint8_t boot[0x0b] = { 0 }, last[4] = { 0 }, sum = 0;

	buf_add(out, head, sizeof(head));
	add_identity(out);
	add_cpu(out);
	add_memory(out, config);
	add(out, 32, HANDLE_BOOT, boot, sizeof(boot), NULL);
	add(out, 127, HANDLE_END, last, sizeof(last), NULL);

	put_le32(head + 12, (uint32_t)(out->len - HW_SMBIOS_TABLE));
	put_le64(head + 16, base + HW_SMBIOS_TABLE);
	for (size_t i = 0; i < ENTRY_SIZE; i++)
		sum = (uint8_t)(sum + head[i]);
	head[ENTRY_CHECKSUM] = (uint8_t)-sum;
	memcpy(buf_edit(out), head, sizeof(head));
}
