/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run. See run.h. The wall clock's alarm is this program's second static:
 * a signal handler is given nothing else.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "firmware/core/image.h"
#include "firmware/entry.h"
#include "firmware/hardware.h"
#include "firmware/proto/console.h"
#include "firmware/run.h"
#include "firmware/sandbox.h"

/* The translator's buffer is 1 GiB, and two machines may exist for a moment. */
#define ADDRESS_SPACE_BASE (UINT64_C(3) << 30)

static const struct {
	const char *name;
	int status;
} verdicts[] = {
	[VERDICT_NONE] = { "none", 1 },
	[VERDICT_KERNEL] = { "kernel-entered", 0 },
	[VERDICT_RETURNED] = { "returned", 10 },
	[VERDICT_SHUTDOWN] = { "shut-down", 11 },
	[VERDICT_RESET] = { "reset", 12 },
	[VERDICT_RESET_LOOP] = { "reset-loop", 12 },
	[VERDICT_KEY] = { "waiting-for-key", 13 },
	[VERDICT_FAULT] = { "fault", 14 },
	[VERDICT_BUDGET] = { "budget-spent", 15 },
	[VERDICT_INCONCLUSIVE] = { "inconclusive", 3 },
	[VERDICT_NOTHING] = { "nothing-to-boot", 16 },
};

const char *verdict_name(enum verdict_kind kind)
{
	return verdicts[kind].name;
}

int verdict_exit_status(enum verdict_kind kind)
{
	return verdicts[kind].status;
}

/* --- the wall clock */

static struct cpu *volatile running;

static void on_alarm(int signal)
{
	(void)signal;
	if (running)
		cpu_ask_stop(running);
}

/* Again every 50 ms after the first time, should a ring fall between two stretches of the run. */
static void set_alarm(uint64_t ms)
{
	struct itimerval t = { .it_value = { (time_t)(ms / 1000), (suseconds_t)(ms % 1000) * 1000 },
		.it_interval = { 0, 50000 } };
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };

	if (!ms)
		return;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &t, NULL);
}

/* --- a single program */

static void program_ended(struct machine *m, void *ctx, efi_status status, struct gaddr image)
{
	(void)ctx, (void)image;
	m->verdict.status = status;
	machine_end(m, VERDICT_RETURNED, "the program returned %s", efi_status_name(status));
}

static void program_loaded(struct machine *m, void *ctx, efi_status status, struct gaddr image)
{
	(void)ctx;
	if (status == EFI_SUCCESS) {
		image_start(m, image, program_ended, NULL);
		return;
	}
	m->verdict.status = status;
	machine_end(m, VERDICT_NOTHING, "the program cannot be run (%s): %s",
		efi_status_name(status), image_refusal(m));
}

static void start_program(struct machine *m, const struct run_config *config)
{
	struct image_source source = { .size = config->program_size };
	uint64_t addr = 0;
	efi_status status = pages_allocate(&m->pages, ALLOCATE_ANY, MEM_BOOT_DATA,
		(source.size + PAGE_SIZE - 1) / PAGE_SIZE, &addr);

	source.bytes = gaddr(addr);
	if (status != EFI_SUCCESS ||
		!guest_write(&m->ram, source.bytes, config->program, config->program_size))
		machine_end(m, VERDICT_NOTHING, "the program does not fit into memory");
	else
		image_load(m, &source, program_loaded, NULL);
}

/* --- one boot */

static void attach_disks(struct machine *m, const struct run_config *config)
{
	const struct bds_quirks *quirks = config->bds.quirks;

	for (size_t i = 0; i < config->n_disks; i++) {
		struct disk_attachment disk = config->disks[i];

		if (quirks && quirks->own_way)
			disk.table = TABLE_LEFT;
		else if (quirks && quirks->repairs_gpt)
			disk.table = TABLE_REPAIRED;
		protocols_attach_disk(m, &disk);
	}
}

static int make_machine(const struct run_config *config, struct vars *take_vars,
	struct machine **out, struct err *err)
{
	int r = machine_new(&config->machine, out, err);
	struct machine *m = *out;

	if (r < 0) {
		vars_free(take_vars);
		return r;
	}
	m->vars = take_vars;
	if (config->policy)
		vars_set_policy(m->vars, config->policy);
	protocols_init(m, &config->protocols);
	attach_disks(m, config);
	bds_init(m, &config->bds);
	return hardware_install(m, config->acpi ? HARDWARE_ACPI : HARDWARE_FDT, err);
}

static void boot(struct machine *m, const struct run_config *config)
{
	running = m->cpu;
	if (config->program)
		start_program(m, config);
	else
		bds_start(m);
	machine_run(m);
	running = NULL;
	if (m->verdict.kind == VERDICT_KERNEL)
		kernel_entry_tell(m);
}

/* A boot that failed for want of something that this firmware lacks says nothing about the image. */
static void doubt(struct machine *m)
{
	char reason[sizeof(m->verdict.reason)], *end;

	if (!m->unimplemented.len || m->verdict.kind == VERDICT_KERNEL ||
		m->verdict.kind == VERDICT_RESET)
		return;
	memcpy(reason, m->verdict.reason, sizeof(reason));
	end = strchr(m->unimplemented.data, '\n');
	snprintf(m->verdict.reason, sizeof(m->verdict.reason),
		"%.150s; but it asked for %.*s, which this firmware lacks", reason,
		end ? (int)(end - m->unimplemented.data) : 0, m->unimplemented.data);
	m->verdict.kind = VERDICT_INCONCLUSIVE;
}

static void tell_verdict(struct machine *m)
{
	CLEANUP(buf_release) struct buf screen = BUF_INIT;

	trace_begin(&m->trace, "verdict");
	trace_text(&m->trace, "verdict", verdict_name(m->verdict.kind));
	trace_text(&m->trace, "reason", m->verdict.reason);
	if (m->verdict.kind == VERDICT_RETURNED || m->verdict.kind == VERDICT_NOTHING ||
		m->verdict.kind == VERDICT_SHUTDOWN || m->verdict.kind == VERDICT_RESET)
		trace_text(&m->trace, "status", efi_status_name(m->verdict.status));
	if (m->verdict.kind == VERDICT_FAULT && m->fault_pc) {
		trace_hex(&m->trace, "pc", m->fault_pc);
		trace_hex(&m->trace, "address", m->fault_address);
	}
	if (m->unimplemented.len)
		trace_text(&m->trace, "unimplemented", m->unimplemented.data);
	if (m->verdict.kind != VERDICT_KERNEL) {
		console_text(m, &screen);
		trace_text(&m->trace, "screen", buf_str(&screen));
	}
	trace_end(&m->trace);
	trace_flush(&m->trace);
}

static int save_screenshot(struct machine *m, int fd, struct err *err)
{
	CLEANUP(buf_release) struct buf png = BUF_INIT;
	size_t done = 0;
	int r = console_screenshot(m, &png, err);

	while (r == 0 && done < png.len) {
		ssize_t n = write(fd, png.data + done, png.len - done);

		if (n < 0 && errno != EINTR)
			r = err_sys(err, "writing the screenshot");
		else if (n > 0)
			done += (size_t)n;
	}
	return r;
}

/* Starts over with what non-volatile variables hold. */
static int reset(struct machine **m, const struct run_config *config, struct err *err)
{
	struct vars *vars = vars_copy((*m)->vars);
	uint64_t now = (*m)->now;
	int r;

	vars_reset(vars);
	trace_flush(&(*m)->trace);
	machine_free(*m);
	*m = NULL;
	r = make_machine(config, vars, m, err);
	if (r == 0)
		(*m)->now = now;
	return r;
}

int run(const struct run_config *config, enum verdict_kind *verdict, struct err *err)
{
	CLEANUP(machine_free) struct machine *m = NULL;
	int r = make_machine(config, vars_new(), &m, err);

	if (r == 0)
		r = sandbox_enter(ADDRESS_SPACE_BASE + 2 * config->machine.limits.ram, err);
	if (r < 0)
		return r;
	set_alarm(config->machine.limits.wall_ms);
	boot(m, config);
	for (unsigned resets = 1; m->verdict.kind == VERDICT_RESET; resets++) {
		if (resets == RUN_RESETS_MAX) {
			m->verdict.kind = VERDICT_RESET_LOOP;
			snprintf(m->verdict.reason, sizeof(m->verdict.reason),
				"it reset the machine %u times in a row", resets);
			break;
		}
		r = reset(&m, config, err);
		if (r < 0)
			return r;
		boot(m, config);
	}
	doubt(m);
	tell_verdict(m);
	*verdict = m->verdict.kind;
	return config->screenshot_fd >= 0 ? save_screenshot(m, config->screenshot_fd, err) : 0;
}
