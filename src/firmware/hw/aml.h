/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As much of ACPI's machine language (ACPI 6.0 chapter 20) and of its resource
 * descriptors (6.4) as the DSDT of acpi.c is made of. Everything is appended;
 * a term with a body is made of a buf that holds the body.
 */
#ifndef ARMVM_FIRMWARE_HW_AML_H
#define ARMVM_FIRMWARE_HW_AML_H

#include "base/buf.h"

/* Scope (name "\\_SB_") or Device (name "COM0"); releases the body. */
void aml_scope(struct buf *out, const char *name, struct buf *body);
void aml_device(struct buf *out, const char *name, struct buf *body);
/* Name (_UID, 0) and so on; names have four characters. */
void aml_name_int(struct buf *out, const char *name, uint64_t value);
void aml_name_string(struct buf *out, const char *name, const char *value);
/* Name (_CRS, ResourceTemplate () {...}); releases the resources. */
void aml_name_resources(struct buf *out, const char *name, struct buf *resources);
/* Name (_PRT, Package () {...}): elements are whole terms, n of them; releases them. */
void aml_name_package(struct buf *out, const char *name, unsigned n, struct buf *elements);
void aml_package(struct buf *out, unsigned n, struct buf *elements);
void aml_int(struct buf *out, uint64_t value);

void res_memory32(struct buf *out, uint64_t base, uint64_t size);
void res_interrupt(struct buf *out, uint32_t gsi, bool edge);
void res_bus_range(struct buf *out, uint8_t first, uint8_t last);
/* Windows of a bridge: what the bus sees at min is at min + translation for the CPU. */
void res_memory_window(struct buf *out, uint64_t min, uint64_t size);
void res_io_window(struct buf *out, uint64_t cpu_base, uint64_t size);

#endif
