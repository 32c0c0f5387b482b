/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The devices of the machine that hw.h describes (ACPI 6.0), as QEMU's virt machine has them. iasl
 * compiles it after the C preprocessor; acpi.c makes the header.
 */
#include "firmware/hw/map.h"

#define VIRTIO(n)                                                                                  \
	Device (VR0##n) {                                                                          \
		Name (_HID, "LNRO0005")                                                            \
		Name (_UID, n)                                                                     \
		Name (_CCA, 1)                                                                     \
		Name (_CRS, ResourceTemplate () {                                                  \
			Memory32Fixed (ReadWrite, HW_VIRTIO_##n##_BASE, HW_VIRTIO_SIZE)            \
			Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { HW_VIRTIO_##n##_GSI } \
		})                                                                                 \
	}
/* INTA to INTD of four slots; what they lead to turns from slot to slot. */
#define PIN(slot, pin, n) Package () { 0x##slot##ffff, pin, 0, HW_GSI_OF_SPI(HW_PCI_SPI) + n }
#define SLOT(slot, a, b, c, d) PIN(slot, 0, a), PIN(slot, 1, b), PIN(slot, 2, c), PIN(slot, 3, d)
#define SLOTS(n, a, b, c, d)                                                                       \
	SLOT(n##a, 0, 1, 2, 3), SLOT(n##b, 1, 2, 3, 0), SLOT(n##c, 2, 3, 0, 1), SLOT(n##d, 3, 0, 1, 2)

DefinitionBlock ("", "DSDT", 2, "ARMVM", "ARMVM", 1)
{
	Scope (\_SB) {
		Device (C000) {
			Name (_HID, "ACPI0007")
			Name (_UID, 0)
		}
		Device (COM0) {
			Name (_HID, "ARMH0011")
			Name (_UID, 0)
			Name (_CCA, 1)
			Name (_CRS, ResourceTemplate () {
				Memory32Fixed (ReadWrite, HW_UART_BASE, 0x1000)
				Interrupt (ResourceConsumer, Level, ActiveHigh, Exclusive) { HW_UART_GSI }
			})
		}
		VIRTIO(0)
		VIRTIO(1)
		VIRTIO(2)
		VIRTIO(3)
		Device (PCI0) {
			Name (_HID, "PNP0A08")
			Name (_CID, "PNP0A03")
			Name (_SEG, 0)
			Name (_BBN, 0)
			Name (_UID, 0)
			Name (_CCA, 1)
			Name (_CRS, ResourceTemplate () {
				WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode, 0, 0, 255, 0, 256)
				DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable, ReadWrite,
					0, HW_PCI_MMIO_BASE, HW_PCI_MMIO_LAST, 0, HW_PCI_MMIO_SIZE)
				DWordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange,
					0, 0, HW_PCI_IO_LAST, HW_PCI_IO_BASE, HW_PCI_IO_SIZE, , , , TypeTranslation)
				QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable, ReadWrite,
					0, HW_PCI_MMIO2_BASE, HW_PCI_MMIO2_LAST, 0, HW_PCI_MMIO2_SIZE)
			})
			Name (_PRT, Package () {
				SLOTS(0, 0, 1, 2, 3), SLOTS(0, 4, 5, 6, 7), SLOTS(0, 8, 9, a, b), SLOTS(0, c, d, e, f),
				SLOTS(1, 0, 1, 2, 3), SLOTS(1, 4, 5, 6, 7), SLOTS(1, 8, 9, a, b), SLOTS(1, c, d, e, f)
			})
		}
	}
}
