/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device tree, written by libfdt. Devicetree Specification v0.4, and the
 * kernel's bindings for what is in it. It has what a kernel must find on any
 * virtual machine (VM-13, VM-16, VM-17), and no flash, no fw_cfg, no PMU.
 */
#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "firmware/hw/hw.h"

#define TREE_SIZE 16384
#define CELLS_MAX 160

enum {
	PHANDLE_GIC = 1,
	PHANDLE_CLOCK = 2
};

#define SPI        0
#define PPI        1
#define LEVEL_HIGH 4
#define EDGE_RISE  1

/* Halves of a 64-bit address or size in cells. */
#define CELLS64(v) (uint32_t)((uint64_t)(v) >> 32), (uint32_t)(v)

struct tree {
	void *fdt;
	int r; /* the first error of libfdt, 0 */
};

static void note(struct tree *t, int r)
{
	if (!t->r)
		t->r = r;
}

static void begin(struct tree *t, const char *name)
{
	note(t, fdt_begin_node(t->fdt, name));
}

static void begin_at(struct tree *t, const char *name, uint64_t address)
{
	char full[64];

	snprintf(full, sizeof(full), "%s@%llx", name, (unsigned long long)address);
	begin(t, full);
}

static void end(struct tree *t)
{
	note(t, fdt_end_node(t->fdt));
}

static void flag(struct tree *t, const char *name)
{
	note(t, fdt_property(t->fdt, name, NULL, 0));
}

static void text(struct tree *t, const char *name, const char *value)
{
	note(t, fdt_property(t->fdt, name, value, (int)strlen(value) + 1));
}

static void bytes(struct tree *t, const char *name, const char *value, size_t size)
{
	note(t, fdt_property(t->fdt, name, value, (int)size));
}

static void cells(struct tree *t, const char *name, const uint32_t *v, size_t n)
{
	uint8_t out[CELLS_MAX * 4];

	if (n > CELLS_MAX) {
		note(t, -FDT_ERR_NOSPACE);
		return;
	}
	for (size_t i = 0; i < n; i++)
		put_be32(out + 4 * i, v[i]);
	note(t, fdt_property(t->fdt, name, out, (int)(4 * n)));
}

/* cells() of the values that follow */
#define CELLS(t, name, ...)                                                                        \
	cells(t, name, (const uint32_t[]){ __VA_ARGS__ },                                          \
		ARRAY_SIZE(((const uint32_t[]){ __VA_ARGS__ })))
/* A list of strings, as it is written: "a\0b" */
#define TEXTS(t, name, value) bytes(t, name, value, sizeof(value))

static void add_cpu(struct tree *t)
{
	begin(t, "cpus");
	CELLS(t, "#address-cells", 1);
	CELLS(t, "#size-cells", 0);
	begin_at(t, "cpu", 0);
	text(t, "device_type", "cpu");
	text(t, "compatible", "arm,cortex-a57");
	text(t, "enable-method", "psci");
	CELLS(t, "reg", 0);
	end(t);
	end(t);
	begin(t, "psci");
	TEXTS(t, "compatible", "arm,psci-1.0\0arm,psci-0.2");
	text(t, "method", "hvc");
	end(t);
	begin(t, "timer");
	text(t, "compatible", "arm,armv8-timer");
	flag(t, "always-on");
	CELLS(t, "interrupts", PPI, HW_TIMER_SEC_PPI, LEVEL_HIGH, PPI, HW_TIMER_PHYS_PPI,
		LEVEL_HIGH, PPI, HW_TIMER_VIRT_PPI, LEVEL_HIGH, PPI, HW_TIMER_HYP_PPI, LEVEL_HIGH);
	end(t);
}

static void add_gic(struct tree *t)
{
	begin_at(t, "interrupt-controller", HW_GICD_BASE);
	text(t, "compatible", "arm,gic-v3");
	flag(t, "interrupt-controller");
	CELLS(t, "#interrupt-cells", 3);
	CELLS(t, "#address-cells", 2);
	CELLS(t, "#size-cells", 2);
	flag(t, "ranges");
	CELLS(t, "#redistributor-regions", 1);
	CELLS(t, "reg", CELLS64(HW_GICD_BASE), CELLS64(HW_GICD_SIZE), CELLS64(HW_GICR_BASE),
		CELLS64(HW_GICR_SIZE));
	CELLS(t, "phandle", PHANDLE_GIC);
	end(t);
}

static void add_primecell(struct tree *t, const char *name, const char *compatible, size_t size,
	uint64_t base, uint32_t spi)
{
	begin_at(t, name, base);
	bytes(t, "compatible", compatible, size);
	CELLS(t, "reg", CELLS64(base), CELLS64(UINT64_C(0x1000)));
	CELLS(t, "interrupts", SPI, spi, LEVEL_HIGH);
}

static void add_devices(struct tree *t)
{
	static const char uart[] = "arm,pl011\0arm,primecell", rtc[] = "arm,pl031\0arm,primecell";

	begin(t, "apb-pclk");
	text(t, "compatible", "fixed-clock");
	CELLS(t, "#clock-cells", 0);
	CELLS(t, "clock-frequency", 24000000);
	text(t, "clock-output-names", "clk24mhz");
	CELLS(t, "phandle", PHANDLE_CLOCK);
	end(t);
	add_primecell(t, "pl011", uart, sizeof(uart), HW_UART_BASE, HW_UART_SPI);
	CELLS(t, "clocks", PHANDLE_CLOCK, PHANDLE_CLOCK);
	TEXTS(t, "clock-names", "uartclk\0apb_pclk");
	end(t);
	add_primecell(t, "pl031", rtc, sizeof(rtc), HW_RTC_BASE, HW_RTC_SPI);
	CELLS(t, "clocks", PHANDLE_CLOCK);
	text(t, "clock-names", "apb_pclk");
	end(t);
	for (uint32_t i = 0; i < HW_VIRTIO_COUNT; i++) {
		uint64_t base = HW_VIRTIO_BASE + i * HW_VIRTIO_SIZE;

		begin_at(t, "virtio_mmio", base);
		text(t, "compatible", "virtio,mmio");
		CELLS(t, "reg", CELLS64(base), CELLS64(HW_VIRTIO_SIZE));
		CELLS(t, "interrupts", SPI, HW_VIRTIO_SPI + i, EDGE_RISE);
		flag(t, "dma-coherent");
		end(t);
	}
}

/* Pins turn from slot to slot, as bridges have it: four slots say it all. */
static void add_pci_interrupts(struct tree *t)
{
	uint32_t map[CELLS_MAX], *p = map;

	for (uint32_t slot = 0; slot < 4; slot++) {
		for (uint32_t pin = 0; pin < 4; pin++) {
			const uint32_t row[] = { slot << 11, 0, 0, pin + 1, PHANDLE_GIC, 0, 0, SPI,
				HW_PCI_SPI + (slot + pin) % 4, LEVEL_HIGH };

			for (size_t i = 0; i < ARRAY_SIZE(row); i++)
				*p++ = row[i];
		}
	}
	CELLS(t, "#interrupt-cells", 1);
	cells(t, "interrupt-map", map, (size_t)(p - map));
	CELLS(t, "interrupt-map-mask", 3 << 11, 0, 0, 7);
}

static void add_pci(struct tree *t)
{
	begin_at(t, "pcie", HW_PCI_ECAM_BASE);
	text(t, "compatible", "pci-host-ecam-generic");
	text(t, "device_type", "pci");
	CELLS(t, "#address-cells", 3);
	CELLS(t, "#size-cells", 2);
	CELLS(t, "linux,pci-domain", 0);
	CELLS(t, "bus-range", 0, 255);
	flag(t, "dma-coherent");
	CELLS(t, "reg", CELLS64(HW_PCI_ECAM_BASE), CELLS64(HW_PCI_ECAM_SIZE));
	CELLS(t, "ranges", 0x01000000, 0, 0, CELLS64(HW_PCI_IO_BASE), CELLS64(HW_PCI_IO_SIZE),
		0x02000000, CELLS64(HW_PCI_MMIO_BASE), CELLS64(HW_PCI_MMIO_BASE),
		CELLS64(HW_PCI_MMIO_SIZE), 0x03000000, CELLS64(HW_PCI_MMIO2_BASE),
		CELLS64(HW_PCI_MMIO2_BASE), CELLS64(HW_PCI_MMIO2_SIZE));
	add_pci_interrupts(t);
	end(t);
}

static void add_root(struct tree *t, const struct hw_config *config)
{
	char console[64];

	begin(t, "");
	text(t, "compatible", "linux,dummy-virt");
	text(t, "model", "armvm-firmware reference machine");
	CELLS(t, "#address-cells", 2);
	CELLS(t, "#size-cells", 2);
	CELLS(t, "interrupt-parent", PHANDLE_GIC);
	begin(t, "chosen");
	snprintf(console, sizeof(console), "/pl011@%llx", (unsigned long long)HW_UART_BASE);
	text(t, "stdout-path", console);
	end(t);
	begin_at(t, "memory", config->ram_base);
	text(t, "device_type", "memory");
	CELLS(t, "reg", CELLS64(config->ram_base), CELLS64(config->ram_size));
	end(t);
	add_cpu(t);
	add_gic(t);
	add_devices(t);
	add_pci(t);
	end(t);
}

int hw_fdt(const struct hw_config *config, struct buf *out, struct err *err)
{
	struct tree t = { .fdt = buf_reserve(out, TREE_SIZE) };

	note(&t, fdt_create(t.fdt, TREE_SIZE));
	note(&t, fdt_finish_reservemap(t.fdt));
	add_root(&t, config);
	note(&t, fdt_finish(t.fdt));
	if (t.r)
		return err_set(err, ENOSPC, "making a device tree: %s", fdt_strerror(t.r));
	buf_added(out, fdt_totalsize(t.fdt));
	return 0;
}
