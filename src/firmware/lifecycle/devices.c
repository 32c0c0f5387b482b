/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The serial port and PSCI. See devices.h. The PL011 (Arm DDI 0183) sends what
 * is written to it and never has anything to read; of its other registers
 * nothing is needed to send. Interrupts, and the controller for them, are left out, as
 * the registers are of all else that the tables announce.
 */
#include "base/xalloc.h"
#include "firmware/cpu/cpu.h"
#include "firmware/hw/hw.h"
#include "firmware/lifecycle/devices.h"
#include "firmware/machine/recorder.h"
#include "firmware/proto/console.h"

#define UART_DATA   0x000
#define UART_FLAGS  0x018
#define UART_ID     0xfe0
#define FLAGS_EMPTY 0x90 /* nothing to be sent, nothing was received */
#define SERIAL_LINE 256

void devices_flush(struct machine *m)
{
	if (!m->serial.len)
		return;
	console_serial(m, text_str(&m->serial), m->serial.len);
	m->serial.len = 0;
}

static uint64_t uart_read(void *ctx, uint64_t offset)
{
	/* UARTPeriphID0 to 3, UARTPCellID0 to 3 */
	static const uint8_t id[8] = { 0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

	(void)ctx;
	if (offset == UART_FLAGS)
		return FLAGS_EMPTY;
	return offset >= UART_ID ? id[(offset - UART_ID) / 4 % sizeof(id)] : 0;
}

static void uart_write(void *ctx, uint64_t offset, uint64_t value)
{
	struct machine *m = ctx;
	char c = (char)value;

	if (offset != UART_DATA)
		return;
	recorder_add(m->recorder, &c, 1);
	text_add(&m->serial, &c, 1);
	if (c == '\n' || m->serial.len == SERIAL_LINE)
		devices_flush(m);
}

int devices_attach(struct machine *m, struct err *err)
{
	const struct cpu_device uart = { uart_read, uart_write, m };

	m->uart = xmemdup(&uart, sizeof(uart));
	return cpu_add_device(m->cpu, HW_UART_BASE, m->uart, err);
}

/* ---- PSCI ---- */

#define PSCI_VERSION        0x84000000u
#define PSCI_CPU_OFF        0x84000002u
#define PSCI_CPU_ON         0x84000003u
#define PSCI_AFFINITY_INFO  0x84000004u
#define PSCI_MIGRATE_INFO   0x84000006u
#define PSCI_SYSTEM_OFF     0x84000008u
#define PSCI_SYSTEM_RESET   0x84000009u
#define PSCI_FEATURES       0x8400000au
#define PSCI_64             0x40000000u /* what has addresses as arguments has two numbers */
#define PSCI_NOT_SUPPORTED  UINT64_MAX
#define PSCI_INVALID        (UINT64_MAX - 1)
#define PSCI_ALREADY_ON     (UINT64_MAX - 3)
#define PSCI_NO_TRUSTED_OS  2
#define PSCI_PROCESSOR_SELF 0 /* MPIDR_EL1's affinity of the only one */

static bool psci_knows(uint32_t function)
{
	static const uint32_t known[] = { PSCI_VERSION, PSCI_CPU_OFF, PSCI_CPU_ON,
		PSCI_CPU_ON | PSCI_64, PSCI_AFFINITY_INFO, PSCI_AFFINITY_INFO | PSCI_64,
		PSCI_MIGRATE_INFO, PSCI_SYSTEM_OFF, PSCI_SYSTEM_RESET, PSCI_FEATURES };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (function == known[i])
			return true;
	return false;
}

/* There is one processor, and it is on. */
static uint64_t psci_answer(uint32_t function, uint64_t argument, uint64_t second)
{
	switch (function) {
	case PSCI_VERSION:
		return 0x10000;
	case PSCI_CPU_ON:
	case PSCI_CPU_ON | PSCI_64:
		/* The second is where it is to begin. */
		return argument == PSCI_PROCESSOR_SELF && second % 4 == 0 ? PSCI_ALREADY_ON
									  : PSCI_INVALID;
	case PSCI_AFFINITY_INFO:
	case PSCI_AFFINITY_INFO | PSCI_64:
		/* The second is a level; above the lowest all are on. */
		return second || argument == PSCI_PROCESSOR_SELF ? 0 : PSCI_INVALID;
	case PSCI_MIGRATE_INFO:
		return PSCI_NO_TRUSTED_OS;
	case PSCI_FEATURES:
		return psci_knows((uint32_t)argument) ? 0 : PSCI_NOT_SUPPORTED;
	default:
		return PSCI_NOT_SUPPORTED;
	}
}

bool psci_call(struct machine *m, bool hvc)
{
	uint32_t function = (uint32_t)cpu_get(m->cpu, CPU_X0);

	if (function == PSCI_SYSTEM_OFF)
		run_end(&m->run, VERDICT_SHUTDOWN, "it shut the machine down by PSCI");
	else if (function == PSCI_SYSTEM_RESET)
		run_end(&m->run, VERDICT_RESET, "it reset the machine by PSCI");
	else if (!hvc)
		return false;
	else if (function == PSCI_CPU_OFF)
		run_end(&m->run, VERDICT_FAULT, "it switched its only processor off by PSCI");
	else
		cpu_set(m->cpu, CPU_X0,
			psci_answer(function, cpu_get(m->cpu, 1), cpu_get(m->cpu, 2)));
	return true;
}

/* ---- what is announced alone ---- */

static const struct {
	uint64_t base, size;
	const char *name;
} announced[] = {
	{ HW_GICD_BASE, HW_GICD_SIZE, "the interrupt controller" },
	{ HW_GICR_BASE, HW_GICR_SIZE, "the interrupt controller" },
	{ HW_RTC_BASE, PAGE_SIZE, "the clock's registers" },
	{ HW_VIRTIO_BASE, HW_VIRTIO_SIZE *HW_VIRTIO_COUNT, "virtio's registers" },
	{ HW_PCI_ECAM_BASE, HW_PCI_ECAM_SIZE, "PCI's configuration space" },
};

const char *device_announced(uint64_t address)
{
	for (size_t i = 0; i < ARRAY_SIZE(announced); i++)
		if (address >= announced[i].base && address - announced[i].base < announced[i].size)
			return announced[i].name;
	return NULL;
}
