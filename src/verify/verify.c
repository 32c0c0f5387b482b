/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs QEMU and reads its serial console until the verdict is clear. What
 * the lines mean is in signs.c, what a firmware needs in firmware.c. Hardware
 * virtualisation is used where host and guest are of the same kind; a boot by
 * software emulation differs in nothing but time. See verify.h.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/activity.h"
#include "base/broker.h"
#include "base/xalloc.h"
#include "verify/console.h"
#include "verify/firmware.h"
#include "verify/signs.h"
#include "verify/verify.h"

/* How many lines of the console a verdict shows. */
#define SCREEN_LINES  12
/* A guest that resets itself after its kernel ran (to relabel, say) may do so this often. */
#define RESETS_MAX    2
/* The machine's memory in MiB, enough for a distribution's initrd. */
#define MEMORY_MIB    1024
/* Silence that no busy machine keeps. */
#define STILL_SECONDS 60
/* More than that of a processor a machine does not take that waits. */
#define IDLE_SHARE    0.05
/* How often progress is reported when the console is silent, in milliseconds. */
#define TICK_MS       250

struct boot {
	const struct boot_request *request;
	const struct firmware *firmware;
	struct boot_verdict *verdict;
	struct console console;
	struct child qemu;
	double started, last_output, deadline;
	int64_t cpu_at_silence; /* milliseconds that QEMU had used when it fell silent; -1: not known */
	unsigned resets;
	bool key_sent, command_sent;
	bool decided;
	char cause[256]; /* the first line that may be one: what follows is often its echo */
};

static const char *const stage_names[] = {
	[BOOT_NOTHING] = "nothing",
	[BOOT_FIRMWARE] = "firmware",
	[BOOT_HANDOVER] = "handover",
	[BOOT_KERNEL] = "kernel",
	[BOOT_INIT] = "init",
	[BOOT_LOGIN] = "login",
};

const char *boot_stage_name(enum boot_stage stage)
{
	return stage_names[stage];
}

const char *boot_firmware_name(enum boot_firmware firmware)
{
	return firmware_get(firmware)->name;
}

bool boot_stage_parse(const char *text, enum boot_stage *stage)
{
	for (size_t i = BOOT_KERNEL; i < ARRAY_SIZE(stage_names); i++) {
		if (strcmp(text, stage_names[i]) == 0) {
			*stage = (enum boot_stage)i;
			return true;
		}
	}
	return false;
}

unsigned boot_default_seconds(enum boot_stage until)
{
	return until <= BOOT_KERNEL ? 120 : until == BOOT_INIT ? 180 : 360;
}

void boot_verdict_release(struct boot_verdict *v)
{
	text_release(&v->reason);
	text_release(&v->screen);
	text_release(&v->transcript);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* In an option's value QEMU reads a doubled comma as one. */
static void add_escaped(struct text *b, const char *path)
{
	for (; *path; path++) {
		text_add(b, path, 1);
		if (*path == ',')
			text_add(b, path, 1);
	}
}

static int drive_option(const struct boot_request *r, struct text *option, struct err *err)
{
	char *path CLEANUP(xfree) = realpath(r->path, NULL);
	struct stat st;

	if (!path || stat(path, &st) < 0)
		return err_sys(err, "%s", r->path);
	text_printf(option,
		"if=none,id=disk,snapshot=on,driver=%s,file.driver=%s,file.filename=", r->format,
		S_ISBLK(st.st_mode) ? "host_device" : "file");
	add_escaped(option, path);
	return 0;
}

/* The machine, without anything that the image could come to rely on. */
static const char *const machine_args[] = {
	"qemu-system-aarch64",
	"-no-user-config",
	"-nodefaults",
	"-nic",
	"none",
	"-display",
	"none",
	"-monitor",
	"none",
	"-chardev",
	"stdio,id=console,signal=off",
	"-serial",
	"chardev:console",
	"-sandbox",
	"on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
	"-device",
	"virtio-blk-pci,drive=disk",
#ifdef __aarch64__
	"-M",
	"virt,gic-version=max",
	"-accel",
	"kvm",
	"-accel",
	"tcg",
	"-cpu",
	"max",
#else
	"-M",
	"virt",
	"-accel",
	"tcg",
	/*
	 * The guest's time goes by its instructions, 8 ns each, and by the clock while it waits: its own patience
	 * (systemd's 90 s for a device) does not run out because this host is slow.
	 */
	"-icount",
	"shift=3",
	"-cpu",
	"cortex-a57",
#endif
};

int boot_start(const struct boot_request *request, struct child *child, struct err *err)
{
	const struct firmware *firmware = firmware_get(request->firmware);
	const char *argv[48] = { NULL }, *bios = firmware_path(firmware, err);
	char *memory CLEANUP(xfree) = NULL;
	struct text drive CLEANUP(text_release) = TEXT_INIT;
	size_t n = 0;
	int ret;

	if (!bios)
		return -ENOENT;
	ret = drive_option(request, &drive, err);
	if (ret < 0)
		return ret;
	memory = xasprintf("%u", request->memory ? request->memory : MEMORY_MIB);
	for (; n < ARRAY_SIZE(machine_args); n++)
		argv[n] = machine_args[n];
	argv[n++] = "-m";
	argv[n++] = memory;
	argv[n++] = "-bios";
	argv[n++] = bios;
	argv[n++] = "-drive";
	argv[n++] = text_str(&drive);
	for (size_t i = 0; firmware->args[i] && n < ARRAY_SIZE(argv) - 1; i++)
		argv[n++] = firmware->args[i];
	return spawn_start(argv, NULL, SPAWN_PIPE_OUT | SPAWN_PIPE_IN, child, err);
}

static int start_qemu(struct boot *b, struct err *err)
{
	const struct broker *broker = broker_get();
	struct helper_request q = {
		.kind = HELPER_QEMU,
		.number = { b->request->firmware, b->request->memory },
	};
	struct helper h = { .n_fds = 0 };
	int ret;

	if (!broker)
		return boot_start(b->request, &b->qemu, err);
	if (!helper_word(&q, 0, b->request->format))
		return err_set(err, EINVAL, "no format has such a long name");
	ret = broker->start(broker->ctx, &q, &h, err);
	b->qemu = h.child;
	return ret;
}

static void decide(struct boot *b, enum boot_outcome outcome)
{
	b->decided = true;
	b->verdict->outcome = outcome;
}

static void fail(struct boot *b, enum boot_outcome outcome, const char *meaning, const char *line)
{
	struct text *reason = &b->verdict->reason;

	if (b->decided)
		return;
	decide(b, outcome);
	text_puts(reason, meaning);
	if (*b->cause)
		text_printf(reason, ": %s", b->cause);
	else if (line && *line)
		text_printf(reason, ": %.*s", (int)sizeof(b->cause), line);
}

static void reach(struct boot *b, enum boot_stage stage)
{
	if (stage > b->verdict->stage)
		b->verdict->stage = stage;
	if (stage >= b->request->until && !b->decided)
		decide(b, BOOT_REACHED);
	/* What loaders complained about did not matter, then. */
	if (stage >= BOOT_KERNEL)
		b->cause[0] = '\0';
}

static void banner_seen(struct boot *b)
{
	if (b->verdict->stage == BOOT_NOTHING) {
		reach(b, BOOT_FIRMWARE);
		return;
	}
	b->resets++;
	b->key_sent = b->command_sent = false;
	if (b->verdict->stage < BOOT_KERNEL)
		fail(b, BOOT_NOT_REACHED, "the machine was reset before the kernel started", NULL);
	else if (b->resets > RESETS_MAX)
		fail(b, BOOT_NOT_REACHED, "the guest resets itself again and again", NULL);
}

static void judge(struct boot *b, const char *line, bool finished)
{
	const struct sign *sign = sign_in(line, finished, b->verdict->stage);

	if (b->decided || !sign)
		return;
	switch (sign->kind) {
	case SIGN_STAGE:
		reach(b, sign->stage);
		break;
	case SIGN_CAUSE:
		if (!*b->cause)
			strncpy(b->cause, sign_text(line), sizeof(b->cause) - 1);
		break;
	case SIGN_END:
		if (sign->stage >= b->request->until)
			reach(b, sign->stage);
		else if (sign->stage > b->verdict->stage)
			b->verdict->stage = sign->stage;
		fail(b, BOOT_NOT_REACHED, sign->meaning, finished ? sign_text(line) : NULL);
		break;
	}
}

static void on_line(void *ctx, const char *line)
{
	struct boot *b = ctx;

	if (b->request->line)
		b->request->line(b->request->progress_ctx, line);
	if (strncmp(line, b->firmware->banner, strlen(b->firmware->banner)) == 0)
		banner_seen(b);
	judge(b, line, true);
}

/* Types at the guest's console. That QEMU is gone shows at the other pipe. */
static void type(struct boot *b, const char *keys)
{
	struct timespec none = { 0, 0 };
	sigset_t pipe_set, before;

	sigemptyset(&pipe_set);
	sigaddset(&pipe_set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe_set, &before);
	if (write(b->qemu.in, keys, strlen(keys)) < 0 && errno == EPIPE)
		sigtimedwait(&pipe_set, NULL, &none);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* The line that the cursor is in: countdowns to cut short, and prompts. */
static void on_cursor(struct boot *b)
{
	const struct firmware *f = b->firmware;
	const char *line = text_str(&b->console.line);
	size_t len = strlen(line);

	judge(b, line, false);
	if (b->decided || !f->stop_at || b->verdict->stage > BOOT_FIRMWARE)
		return;
	if (!b->key_sent && strstr(line, f->stop_at)) {
		b->key_sent = true;
		type(b, " ");
		return;
	}
	while (len && line[len - 1] == ' ')
		len--;
	if (len != strlen(f->prompt) || strncmp(line, f->prompt, len) != 0)
		return;
	if (b->command_sent) {
		fail(b, BOOT_NOT_REACHED,
			"the firmware found nothing that boots and stopped at its prompt", NULL);
		return;
	}
	b->command_sent = true;
	type(b, f->boot_command);
	/* The prompt has been dealt with: only a new one counts. */
	text_puts(&b->console.line, "boot");
	b->console.column = b->console.line.len;
}

bool boot_stands_still(double silent, double all, double used)
{
	double still = all / 2 < STILL_SECONDS ? all / 2 : STILL_SECONDS;

	return silent > still && used >= 0 && (used > still || used < IDLE_SHARE * silent);
}

static bool stands_still(const struct boot *b)
{
	int64_t cpu = b->cpu_at_silence < 0 ? -1 : child_cpu_ms(&b->qemu);
	double used = cpu < 0 ? -1 : (double)(cpu - b->cpu_at_silence) / 1000;

	return boot_stands_still(now() - b->last_output, now() - b->started, used);
}

static void patience_ended(struct boot *b)
{
	if (b->verdict->stage == BOOT_HANDOVER)
		fail(b, BOOT_INCONCLUSIVE,
			"the kernel was started but says nothing on the serial console", NULL);
	else if (stands_still(b))
		fail(b, BOOT_NOT_REACHED, "the machine stood still", NULL);
	else
		fail(b, BOOT_INCONCLUSIVE, "time ran out while the machine was still busy", NULL);
}

static void report_progress(const struct boot *b)
{
	struct text line CLEANUP(text_release) = TEXT_INIT;

	if (!b->request->progress)
		return;
	console_tail(&b->console, 1, &line);
	b->request->progress(
		b->request->progress_ctx, b->verdict->stage, text_str(&line), now() - b->started);
}

/* QEMU ended by itself: it refused to start, or the guest switched the machine off. */
static int ended(struct boot *b, struct err *err)
{
	struct text last CLEANUP(text_release) = TEXT_INIT;

	console_tail(&b->console, 1, &last);
	if (b->verdict->stage == BOOT_NOTHING)
		return err_set(err, EIO, "%s",
			last.len ? text_str(&last) : "qemu-system-aarch64 ended at once");
	fail(b, BOOT_NOT_REACHED, "the machine switched itself off", NULL);
	return 0;
}

static int watch(struct boot *b, struct err *err)
{
	struct pollfd p = { .fd = b->qemu.out, .events = POLLIN };
	char chunk[4096];
	ssize_t n;

	while (!b->decided) {
		if (now() >= b->deadline) {
			patience_ended(b);
			return 0;
		}
		if (poll(&p, 1, TICK_MS) < 0 && errno != EINTR)
			return err_sys(err, "poll");
		if (p.revents) {
			n = read(p.fd, chunk, sizeof(chunk));
			if (n == 0 || (n < 0 && errno != EINTR))
				return ended(b, err);
			if (n > 0) {
				b->last_output = now();
				b->cpu_at_silence = -1;
				console_feed(&b->console, chunk, (size_t)n, on_line, b);
				on_cursor(b);
			}
		} else if (b->cpu_at_silence < 0)
			b->cpu_at_silence = child_cpu_ms(&b->qemu);
		activity_alive();
		report_progress(b);
	}
	return 0;
}

int boot_run(const struct boot_request *request, struct boot_verdict *verdict, struct err *err)
{
	unsigned seconds = request->seconds ? request->seconds
					    : boot_default_seconds(request->until);
	struct boot b = {
		.request = request,
		.firmware = firmware_get(request->firmware),
		.verdict = verdict,
		.started = now(),
		.cpu_at_silence = -1,
	};
	int ret;

	b.last_output = b.started;
	b.deadline = b.started + seconds;
	ret = start_qemu(&b, err);
	if (ret == 0) {
		ret = watch(&b, err);
		child_kill(&b.qemu);
	}
	verdict->seconds = now() - b.started;
	console_tail(&b.console, SCREEN_LINES, &verdict->screen);
	text_puts(&verdict->transcript, text_str(&b.console.text));
	text_puts(&verdict->transcript, text_str(&b.console.line));
	console_release(&b.console);
	return ret < 0 ? err_push(err, "booting with %s", b.firmware->name) : 0;
}
