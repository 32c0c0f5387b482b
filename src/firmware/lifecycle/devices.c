/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The serial port and PSCI. See devices.h. The PL011 (Arm DDI 0183) sends what
 * is written to it and never has anything to read; of its other registers
 * nothing is needed to send. Interrupts, and the controller for them, are left out.
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

#define PSCI_VERSION       0x84000000u
#define PSCI_SYSTEM_OFF    0x84000008u
#define PSCI_SYSTEM_RESET  0x84000009u
#define PSCI_FEATURES      0x8400000au
#define PSCI_NOT_SUPPORTED UINT64_MAX

static bool psci_knows(uint32_t function)
{
	return function == PSCI_VERSION || function == PSCI_SYSTEM_OFF ||
	       function == PSCI_SYSTEM_RESET || function == PSCI_FEATURES;
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
	else if (function == PSCI_VERSION)
		cpu_set(m->cpu, CPU_X0, 0x10000);
	else if (function == PSCI_FEATURES && psci_knows((uint32_t)cpu_get(m->cpu, 1)))
		cpu_set(m->cpu, CPU_X0, 0);
	else
		cpu_set(m->cpu, CPU_X0, PSCI_NOT_SUPPORTED);
	return true;
}
