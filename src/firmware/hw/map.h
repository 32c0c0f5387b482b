/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the machine's devices lie: as in QEMU's "virt" machine. C and ACPI's source language
 * (dsdt.asl) read this file. iasl takes no sum in a resource descriptor: what is one there has a name
 * here, and acpi.c holds it against what it is made of.
 */
#ifndef ARMVM_FIRMWARE_HW_MAP_H
#define ARMVM_FIRMWARE_HW_MAP_H

/* Physical addresses; interrupts are SPIs unless they are called PPI. */
#define HW_GICD_BASE      0x08000000
#define HW_GICD_SIZE      0x00010000
#define HW_GICR_BASE      0x080a0000
#define HW_GICR_SIZE      0x00f60000
#define HW_UART_BASE      0x09000000
#define HW_UART_SPI       1
#define HW_UART_GSI       33
#define HW_RTC_BASE       0x09010000
#define HW_RTC_SPI        2
#define HW_VIRTIO_BASE    0x0a000000
#define HW_VIRTIO_SIZE    0x00000200
#define HW_VIRTIO_COUNT   4
#define HW_VIRTIO_SPI     16
#define HW_PCI_MMIO_BASE  0x10000000
#define HW_PCI_MMIO_SIZE  0x2eff0000
#define HW_PCI_MMIO_LAST  0x3efeffff
#define HW_PCI_IO_BASE    0x3eff0000
#define HW_PCI_IO_SIZE    0x00010000
#define HW_PCI_IO_LAST    0x0000ffff
#define HW_PCI_ECAM_BASE  0x4010000000
#define HW_PCI_ECAM_SIZE  0x10000000 /* 256 buses */
#define HW_PCI_MMIO2_BASE 0x8000000000
#define HW_PCI_MMIO2_SIZE 0x8000000000
#define HW_PCI_MMIO2_LAST 0xffffffffff
#define HW_PCI_SPI        3 /* and the three that follow: INTA to INTD */
#define HW_TIMER_SEC_PPI  13
#define HW_TIMER_PHYS_PPI 14
#define HW_TIMER_VIRT_PPI 11
#define HW_TIMER_HYP_PPI  10
/* The devices of HW_VIRTIO_COUNT: where, and the GIC's number. */
#define HW_VIRTIO_0_BASE  0x0a000000
#define HW_VIRTIO_1_BASE  0x0a000200
#define HW_VIRTIO_2_BASE  0x0a000400
#define HW_VIRTIO_3_BASE  0x0a000600
#define HW_VIRTIO_0_GSI   48
#define HW_VIRTIO_1_GSI   49
#define HW_VIRTIO_2_GSI   50
#define HW_VIRTIO_3_GSI   51
/* From PPI and SPI numbers to the GIC's interrupt numbers, which ACPI wants. */
#define HW_GSI_OF_PPI(n)  ((n) + 16)
#define HW_GSI_OF_SPI(n)  ((n) + 32)

#endif
