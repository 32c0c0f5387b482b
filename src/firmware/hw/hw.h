/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hardware description of a plain virtual machine, as bytes: a flattened
 * device tree, or ACPI tables, and SMBIOS. The devices lie where QEMU's "virt"
 * machine has them. Nothing here knows the machine; install.c puts
 * the bytes into guest memory.
 */
#ifndef ARMVM_FIRMWARE_HW_HW_H
#define ARMVM_FIRMWARE_HW_HW_H

#include "base/buf.h"
#include "base/err.h"

struct hw_config {
	uint64_t ram_base, ram_size;
	unsigned cpus; /* 1 to 8: one level of affinity */
};

#define HW_CPUS_MAX 8

/* Where things are, in physical addresses; interrupts are SPIs unless they are called PPI. */
#define HW_GICD_BASE      UINT64_C(0x08000000)
#define HW_GICD_SIZE      UINT64_C(0x00010000)
#define HW_GICR_BASE      UINT64_C(0x080a0000)
#define HW_GICR_SIZE      UINT64_C(0x00f60000)
#define HW_UART_BASE      UINT64_C(0x09000000)
#define HW_UART_SPI       1u
#define HW_RTC_BASE       UINT64_C(0x09010000)
#define HW_RTC_SPI        2u
#define HW_VIRTIO_BASE    UINT64_C(0x0a000000)
#define HW_VIRTIO_SIZE    UINT64_C(0x00000200)
#define HW_VIRTIO_COUNT   4u
#define HW_VIRTIO_SPI     16u
#define HW_PCI_MMIO_BASE  UINT64_C(0x10000000)
#define HW_PCI_MMIO_SIZE  UINT64_C(0x2eff0000)
#define HW_PCI_IO_BASE    UINT64_C(0x3eff0000)
#define HW_PCI_IO_SIZE    UINT64_C(0x00010000)
#define HW_PCI_ECAM_BASE  UINT64_C(0x4010000000)
#define HW_PCI_ECAM_SIZE  UINT64_C(0x10000000) /* 256 buses */
#define HW_PCI_MMIO2_BASE UINT64_C(0x8000000000)
#define HW_PCI_MMIO2_SIZE UINT64_C(0x8000000000)
#define HW_PCI_SPI        3u /* and the three that follow: INTA to INTD */
#define HW_TIMER_SEC_PPI  13u
#define HW_TIMER_PHYS_PPI 14u
#define HW_TIMER_VIRT_PPI 11u
#define HW_TIMER_HYP_PPI  10u
/* From PPI and SPI numbers to the GIC's interrupt numbers, which ACPI wants. */
#define HW_GSI_OF_PPI(n)  ((n) + 16u)
#define HW_GSI_OF_SPI(n)  ((n) + 32u)

/* Appends a device tree (Devicetree Specification v0.4), 8-byte aligned if out was empty. */
MUST_CHECK int hw_fdt(const struct hw_config *config, struct buf *out, struct err *err);

/*
 * Appends ACPI 6.0 tables (RSDP first, XSDT, FADT, MADT, GTDT, MCFG, SPCR,
 * DSDT) that will lie at guest address base. out is empty.
 */
void hw_acpi(const struct hw_config *config, uint64_t base, struct buf *out);
/* How many bytes hw_acpi() makes at most. */
#define HW_ACPI_SIZE_MAX 8192

/*
 * Appends an SMBIOS 3.0 entry point, and at HW_SMBIOS_TABLE behind it the
 * structures, that will lie at guest address base. out is empty.
 */
void hw_smbios(const struct hw_config *config, uint64_t base, struct buf *out);
#define HW_SMBIOS_TABLE    32
#define HW_SMBIOS_SIZE_MAX 4096

#endif
