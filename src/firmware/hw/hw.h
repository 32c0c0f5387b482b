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
#include "firmware/hw/map.h"

/* It has one processor. */
struct hw_config {
	uint64_t ram_base, ram_size;
};

/* Appends a device tree (Devicetree Specification v0.4), 8-byte aligned if out was empty. */
MUST_CHECK int hw_fdt(const struct hw_config *config, struct buf *out, struct err *err);

/*
 * Appends ACPI 6.0 tables (RSDP first, XSDT, FADT, MADT, GTDT, MCFG, SPCR,
 * DSDT) that will lie at guest address base. out is empty.
 */
void hw_acpi(uint64_t base, struct buf *out);
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
