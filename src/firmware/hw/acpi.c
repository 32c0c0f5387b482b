/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ACPI 6.0 tables for a hardware-reduced Arm machine, as the Arm Base Boot
 * Requirements list them: RSDP, XSDT, FADT, MADT, GTDT, MCFG, SPCR, DSDT. No
 * FACS (hardware-reduced machines need none), no ITS, no power button.
 */
#include <string.h>

#include "base/bytes.h"
#include "firmware/hw/dsdt.h"
#include "firmware/hw/hw.h"

#define HEADER_SIZE     36
#define HEADER_CHECKSUM 9
#define TABLE_ALIGN     16

#define RSDP_SIZE              36
#define RSDP_CHECKSUM          8 /* of the first 20 bytes */
#define RSDP_EXTENDED_CHECKSUM 32

#define IS_VIRTIO(n)                                                                               \
	(HW_VIRTIO_##n##_BASE == HW_VIRTIO_BASE + n * HW_VIRTIO_SIZE &&                            \
		HW_VIRTIO_##n##_GSI == HW_GSI_OF_SPI(HW_VIRTIO_SPI + n))

_Static_assert(IS_VIRTIO(0) && IS_VIRTIO(1) && IS_VIRTIO(2) && IS_VIRTIO(3) && HW_VIRTIO_COUNT == 4,
	"the devices that dsdt.asl names");
_Static_assert(HW_UART_GSI == HW_GSI_OF_SPI(HW_UART_SPI), "the interrupt that it names");
_Static_assert(HW_PCI_MMIO_LAST == HW_PCI_MMIO_BASE + HW_PCI_MMIO_SIZE - 1 &&
		       HW_PCI_MMIO2_LAST == HW_PCI_MMIO2_BASE + HW_PCI_MMIO2_SIZE - 1 &&
		       HW_PCI_IO_LAST == HW_PCI_IO_SIZE - 1,
	"the windows that it names");

static void put_n(struct buf *out, uint64_t v, unsigned n)
{
	uint8_t b[8];

	put_le64(b, v);
	buf_add(out, b, n);
}

static void put_zeros(struct buf *out, size_t n)
{
	memset(buf_reserve(out, n), 0, n);
	buf_added(out, n);
}

static uint8_t checksum(const void *p, size_t n)
{
	const uint8_t *b = p;
	uint8_t sum = 0;

	while (n--)
		sum = (uint8_t)(sum + *b++);
	return (uint8_t)-sum;
}

/* Appends a table with this body, aligned, and returns where it begins. */
static size_t add_table(
	struct buf *out, const char *signature, unsigned revision, const void *body, size_t size)
{
	size_t at;

	put_zeros(out, (size_t)-out->len % TABLE_ALIGN);
	at = out->len;
	buf_add(out, signature, 4);
	put_n(out, HEADER_SIZE + size, 4);
	put_n(out, revision, 1);
	put_n(out, 0, 1);
	buf_add(out, "ARMVM ", 6);
	buf_add(out, "ARMVMREF", 8);
	put_n(out, 1, 4);
	buf_add(out, "ARMV", 4);
	put_n(out, 1, 4);
	buf_add(out, body, size);
	buf_edit(out)[at + HEADER_CHECKSUM] = (char)checksum(buf_bytes(out) + at, out->len - at);
	return at;
}

/* Generic address: memory, accessed by 32 bits. */
static void put_address(struct buf *out, uint64_t address)
{
	buf_add(out, (uint8_t[]){ 0, 32, 0, 3 }, 4);
	put_n(out, address, 8);
}

#define FADT_SIZE             276
#define FADT_FLAGS            112
#define FADT_ARM_BOOT         129
#define FADT_X_DSDT           140
#define FADT_HYPERVISOR       268
#define FADT_HARDWARE_REDUCED (1u << 20)
#define FADT_PSCI             1u
#define FADT_PSCI_HVC         2u

static size_t add_fadt(uint64_t dsdt, struct buf *out)
{
	CLEANUP(buf_release) struct buf body = BUF_INIT;
	uint8_t *p;

	put_zeros(&body, FADT_SIZE - HEADER_SIZE);
	p = buf_edit(&body);
	put_le32(p + FADT_FLAGS - HEADER_SIZE, FADT_HARDWARE_REDUCED);
	put_le16(p + FADT_ARM_BOOT - HEADER_SIZE, FADT_PSCI | FADT_PSCI_HVC);
	put_le64(p + FADT_X_DSDT - HEADER_SIZE, dsdt);
	memcpy(p + FADT_HYPERVISOR - HEADER_SIZE, "ARMVMREF", 8);
	return add_table(out, "FACP", 6, buf_bytes(&body), body.len);
}

#define MADT_GICC  0x0b
#define MADT_GICD  0x0c
#define MADT_GICR  0x0e
#define GICC_SIZE  80
#define GICC_FLAGS 12

static size_t add_madt(struct buf *out)
{
	uint8_t cpu[GICC_SIZE] = { MADT_GICC, GICC_SIZE };
	CLEANUP(buf_release) struct buf body = BUF_INIT;

	put_zeros(&body, 8);           /* no local APICs, no 8259s */
	put_le32(cpu + GICC_FLAGS, 1); /* enabled; its number, UID and MPIDR are 0 */
	buf_add(&body, cpu, sizeof(cpu));
	buf_add(&body, (uint8_t[]){ MADT_GICD, 24, 0, 0 }, 4);
	put_n(&body, 0, 4);
	put_n(&body, HW_GICD_BASE, 8);
	put_n(&body, 0, 4);
	put_n(&body, 3, 4); /* GICv3, and three bytes reserved */
	buf_add(&body, (uint8_t[]){ MADT_GICR, 16, 0, 0 }, 4);
	put_n(&body, HW_GICR_BASE, 8);
	put_n(&body, HW_GICR_SIZE, 4);
	return add_table(out, "APIC", 4, buf_bytes(&body), body.len);
}

#define GTDT_ALWAYS_ON 4u

static size_t add_gtdt(struct buf *out)
{
	static const uint32_t ppi[] = { HW_TIMER_SEC_PPI, HW_TIMER_PHYS_PPI, HW_TIMER_VIRT_PPI,
		HW_TIMER_HYP_PPI };
	CLEANUP(buf_release) struct buf body = BUF_INIT;

	put_n(&body, UINT64_MAX, 8); /* no memory-mapped counter */
	put_n(&body, 0, 4);
	for (size_t i = 0; i < ARRAY_SIZE(ppi); i++) {
		put_n(&body, HW_GSI_OF_PPI(ppi[i]), 4);
		put_n(&body, GTDT_ALWAYS_ON, 4); /* level, active high */
	}
	put_n(&body, UINT64_MAX, 8);
	put_zeros(&body, 8); /* no platform timers */
	return add_table(out, "GTDT", 2, buf_bytes(&body), body.len);
}

static size_t add_mcfg(struct buf *out)
{
	CLEANUP(buf_release) struct buf body = BUF_INIT;

	put_zeros(&body, 8);
	put_n(&body, HW_PCI_ECAM_BASE, 8);
	put_n(&body, 0, 2);   /* segment */
	put_n(&body, 0, 1);   /* first bus */
	put_n(&body, 255, 1); /* last bus */
	put_zeros(&body, 4);
	return add_table(out, "MCFG", 1, buf_bytes(&body), body.len);
}

static size_t add_spcr(struct buf *out)
{
	CLEANUP(buf_release) struct buf body = BUF_INIT;

	put_n(&body, 3, 4); /* PL011 */
	put_address(&body, HW_UART_BASE);
	put_n(&body, 8, 1); /* the interrupt is a GIC's */
	put_n(&body, 0, 1);
	put_n(&body, HW_GSI_OF_SPI(HW_UART_SPI), 4);
	put_n(&body, 7, 1); /* 115200 baud */
	put_n(&body, 0, 1); /* no parity */
	put_n(&body, 1, 1); /* one stop bit */
	put_n(&body, 0, 1); /* no flow control */
	put_n(&body, 3, 1); /* ANSI */
	put_n(&body, 0, 1);
	put_n(&body, 0xffffffff, 4); /* no PCI device */
	put_zeros(&body, 12);
	return add_table(out, "SPCR", 2, buf_bytes(&body), body.len);
}

void hw_acpi(uint64_t base, struct buf *out)
{
	CLEANUP(buf_release) struct buf xsdt = BUF_INIT;
	size_t tables[5];
	uint8_t *p;

	put_zeros(out, RSDP_SIZE);
	tables[0] = add_fadt(base + add_table(out, "DSDT", 2, hw_dsdt, hw_dsdt_size), out);
	tables[1] = add_madt(out);
	tables[2] = add_gtdt(out);
	tables[3] = add_mcfg(out);
	tables[4] = add_spcr(out);
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		put_n(&xsdt, base + tables[i], 8);
	uint64_t xsdt_at = base + add_table(out, "XSDT", 1, buf_bytes(&xsdt), xsdt.len);

	p = buf_edit(out);
	memcpy(p, "RSD PTR ", 8);
	memcpy(p + 9, "ARMVM ", 6);
	p[15] = 2;
	put_le32(p + 20, RSDP_SIZE);
	put_le64(p + 24, xsdt_at);
	p[RSDP_CHECKSUM] = checksum(p, 20);
	p[RSDP_EXTENDED_CHECKSUM] = checksum(p, RSDP_SIZE);
}
