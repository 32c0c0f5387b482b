/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * OpenFirmware device paths (IEEE 1275-1994 3.2.1), as QEMU lists them in the
 * fw_cfg file "bootorder", to the beginnings of UEFI device paths. For QEMU's
 * virt machine they look like
 *	/pci@ffffffffffffffff/scsi@2/disk@0,0			virtio-blk in slot 2
 *	/pci@ffffffffffffffff/pci-bridge@1/scsi@0/disk@0,0	behind a root port
 *	/pci@ffffffffffffffff/scsi@1/channel@0/disk@0,0		virtio-scsi
 *	/virtio-mmio@000000000a003e00/disk@0,0			virtio-blk on MMIO
 * and on a PC /pci@i0cf8/...
 */
#ifndef ARMVM_FIRMWARE_BDS_OPENFIRMWARE_H
#define ARMVM_FIRMWARE_BDS_OPENFIRMWARE_H

#include "base/buf.h"

enum openfirmware {
	OPENFIRMWARE_END,       /* no path is left */
	OPENFIRMWARE_PATH,      /* device has the nodes that a UEFI path to it begins with */
	OPENFIRMWARE_UNKNOWN,   /* a path to something that has no UEFI path here */
	OPENFIRMWARE_MALFORMED, /* no path: whoever reads on reads nonsense */
};

/*
 * Reads one path at *text, a line, and moves behind it. device is emptied, and
 * has no end node. "HALT" as the rest, which QEMU adds for -boot strict=on, is an end.
 */
enum openfirmware openfirmware_next(const char **text, struct buf *device);

/* The vendor of edk2's device paths to virtio-mmio transports. */
extern const struct guid openfirmware_virtio_mmio;

#endif
