/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs armvm-firmware and reads its events. See emulator.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "base/spawn.h"
#include "base/xalloc.h"
#include "verify/console.h"
#include "verify/emulator.h"

#define PROGRAM        "armvm-firmware"
#define SECONDS        60
/* A line longer than this is no event. */
#define LINE_MAX_BYTES (1u << 20)
/* Of each list: a hostile loader could make it endless. */
#define ITEMS_MAX      200

void emulation_release(struct emulation *e)
{
	for (size_t i = 0; i < e->n_variables; i++) {
		free(e->variables[i].name);
		free(e->variables[i].status);
	}
	free(e->variables);
	strlist_release(&e->loaded);
	strlist_release(&e->timeline);
	free(e->verdict);
	free(e->reason);
	free(e->screen);
	free(e->kernel_version);
	free(e->kernel_sha256);
	free(e->command_line);
	free(e->initrd_sha256);
	*e = (struct emulation){ 0 };
}

/* Beside our own program, as in the build tree and in an installation; else by PATH. */
static char *find_program(void)
{
	char self[4096], *slash;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - sizeof(PROGRAM) - 1);

	if (n > 0) {
		self[n] = '\0';
		slash = strrchr(self, '/');
		if (slash) {
			memcpy(slash + 1, PROGRAM, sizeof(PROGRAM));
			if (access(self, X_OK) == 0)
				return xstrdup(self);
		}
	}
	return xstrdup(PROGRAM);
}

static const char *text_of(const json_t *event, const char *key)
{
	const char *text = json_string_value(json_object_get(event, key));

	return text ? text : "";
}

static double seconds_of(const json_t *event)
{
	return (double)json_integer_value(json_object_get(event, "t")) / 1e9;
}

static void keep(char **place, const json_t *event, const char *key)
{
	const char *text = json_string_value(json_object_get(event, key));

	free(*place);
	*place = text ? xstrdup(text) : NULL;
}

static void happened(struct emulation *e, const json_t *event, const char *what)
{
	if (e->timeline.n < ITEMS_MAX)
		strlist_take(&e->timeline, xasprintf("%8.3f s  %s", seconds_of(event), what));
}

/* ---- one function per event that is kept ---- */

static void on_started(struct emulation *e, const json_t *event)
{
	const char *name = text_of(event, "name");
	char *what CLEANUP(xfree) = xasprintf("started %s", *name ? name : "an unnamed program");

	if (e->loaded.n < ITEMS_MAX)
		strlist_add(&e->loaded, *name ? name : "(unnamed)");
	happened(e, event, what);
}

static void on_ended(struct emulation *e, const json_t *event)
{
	char *what CLEANUP(xfree) = xasprintf(
		"%s came back: %s", text_of(event, "name"), text_of(event, "status"));

	happened(e, event, what);
}

static void on_try(struct emulation *e, const json_t *event)
{
	char *what CLEANUP(xfree) = xasprintf("the firmware tries %s", text_of(event, "path"));

	happened(e, event, what);
}

static void on_file(struct emulation *e, const json_t *event)
{
	char *what CLEANUP(xfree) = xasprintf("read %s, %lld bytes", text_of(event, "path"),
		(long long)json_integer_value(json_object_get(event, "bytes")));

	happened(e, event, what);
}

static void on_set(struct emulation *e, const json_t *event)
{
	const char *name = text_of(event, "name");
	unsigned long attributes = strtoul(text_of(event, "attributes"), NULL, 16);
	struct emulator_variable *v = NULL;

	for (size_t i = 0; i < e->n_variables && !v; i++)
		if (strcmp(e->variables[i].name, name) == 0)
			v = &e->variables[i];
	if (!v && e->n_variables == ITEMS_MAX)
		return;
	if (!v) {
		e->variables = xreallocarray(
			e->variables, e->n_variables + 1, sizeof(*e->variables));
		v = &e->variables[e->n_variables++];
		*v = (struct emulator_variable){ .name = xstrdup(name) };
	}
	v->times++;
	v->non_volatile = v->non_volatile || attributes & 1;
	free(v->status);
	v->status = xstrdup(text_of(event, "status"));
}

static void on_exit_boot_services(struct emulation *e, const json_t *event)
{
	happened(e, event, "ExitBootServices()");
}

static void on_kernel(struct emulation *e, const json_t *event)
{
	char *what;

	keep(&e->kernel_version, event, "version");
	keep(&e->kernel_sha256, event, "sha256");
	keep(&e->command_line, event, "command_line");
	keep(&e->initrd_sha256, event, "initrd_sha256");
	e->initrd_size = (uint64_t)json_integer_value(json_object_get(event, "initrd_size"));
	what = xasprintf("Linux %s entered", e->kernel_version ? e->kernel_version : "(unknown)");
	happened(e, event, what);
	free(what);
}

static void on_verdict(struct emulation *e, const json_t *event)
{
	static const char *const open[] = { "inconclusive", "budget-spent", "none" };

	keep(&e->verdict, event, "verdict");
	keep(&e->reason, event, "reason");
	keep(&e->screen, event, "screen");
	e->guest_seconds = seconds_of(event);
	e->outcome = BOOT_NOT_REACHED;
	if (e->verdict && strcmp(e->verdict, "kernel-entered") == 0)
		e->outcome = BOOT_REACHED;
	for (size_t i = 0; i < ARRAY_SIZE(open); i++)
		if (!e->verdict || strcmp(e->verdict, open[i]) == 0)
			e->outcome = BOOT_INCONCLUSIVE;
}

static const struct {
	const char *event;
	void (*take)(struct emulation *e, const json_t *event);
} takers[] = {
	{ "boot-try", on_try },
	{ "image-started", on_started },
	{ "image-ended", on_ended },
	{ "file-read", on_file },
	{ "variable-set", on_set },
	{ "exit-boot-services", on_exit_boot_services },
	{ "kernel-entered", on_kernel },
	{ "verdict", on_verdict },
};

/* ---- the run ---- */

struct run {
	const struct emulator_request *request;
	struct emulation *e;
	struct child child;
	struct console console;
	struct buf line;
	struct buf words; /* what it says that is no event: its complaints */
};

static void on_console_line(void *ctx, const char *line)
{
	const struct run *r = ctx;

	r->request->line(r->request->ctx, line);
}

static void on_line(struct run *r, const char *line)
{
	json_t *event = json_loads(line, 0, NULL);
	const char *name = text_of(event, "event");

	if (!event || !*name) {
		if (r->words.len < 1000)
			buf_printf(&r->words, "%s%s", r->words.len ? "; " : "", line);
		json_decref(event);
		return;
	}
	if (strcmp(name, "console") == 0) {
		const char *text = text_of(event, "text");

		console_feed(&r->console, text, strlen(text), on_console_line, r);
	} else if (r->request->event) {
		r->request->event(r->request->ctx, line);
	}
	for (size_t i = 0; i < ARRAY_SIZE(takers); i++)
		if (strcmp(takers[i].event, name) == 0)
			takers[i].take(r->e, event);
	json_decref(event);
}

static void feed(struct run *r, const char *bytes, size_t len)
{
	while (len) {
		const char *end = memchr(bytes, '\n', len);
		size_t n = end ? (size_t)(end - bytes) : len;

		if (r->line.len + n < LINE_MAX_BYTES)
			buf_add(&r->line, bytes, n);
		if (end) {
			on_line(r, buf_str(&r->line));
			buf_reset(&r->line);
			n++;
		}
		bytes += n;
		len -= n;
	}
}

static int start(struct run *r, const char *program, int fd, struct err *err)
{
	const struct emulator_request *q = r->request;
	char disk[16], seconds[16];
	const char *argv[12];
	size_t n = 0;

	snprintf(disk, sizeof(disk), "%d", fd);
	snprintf(seconds, sizeof(seconds), "%u", q->seconds ? q->seconds : SECONDS);
	argv[n++] = program;
	argv[n++] = "--max-wall";
	argv[n++] = seconds;
	if (q->line)
		argv[n++] = "--console";
	if (q->trace)
		argv[n++] = "--trace";
	if (q->screenshot) {
		argv[n++] = "--screenshot";
		argv[n++] = q->screenshot;
		argv[n++] = "--gop";
	}
	argv[n++] = "--disk";
	argv[n++] = disk;
	argv[n] = NULL;
	return spawn_start(argv, NULL, SPAWN_PIPE_OUT, &r->child, err);
}

static int read_events(struct run *r, struct err *err)
{
	char chunk[65536];
	ssize_t n;

	while ((n = read(r->child.out, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno != EINTR)
			return err_sys(err, PROGRAM);
		if (n > 0)
			feed(r, chunk, (size_t)n);
	}
	if (r->line.len)
		on_line(r, buf_str(&r->line));
	/* What stands in the last line, a prompt perhaps. */
	if (r->console.line.len)
		on_console_line(r, buf_str(&r->console.line));
	return 0;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int emulator_run(const struct emulator_request *request, struct emulation *e, struct err *err)
{
	struct run r = { .request = request, .e = e, .child = { .pid = -1, .out = -1, .in = -1 } };
	char *program CLEANUP(xfree) = find_program();
	double started = now();
	/* Without O_CLOEXEC on purpose: the emulator gets it by its number. */
	int fd = open(request->path, O_RDONLY), ret, status;

	if (fd < 0)
		return err_sys(err, "%s", request->path);
	ret = start(&r, program, fd, err);
	close(fd);
	if (ret == -ENOENT)
		err_hint(err, "it is built together with armvm-image and belongs beside it");
	if (ret == 0)
		ret = read_events(&r, err);
	if (ret < 0)
		child_kill(&r.child);
	status = child_wait(&r.child);
	e->seconds = now() - started;
	if (ret == 0 && !e->verdict)
		ret = err_set(err, EIO, "%s ended without a verdict (exit status %d)%s%s", PROGRAM,
			status, r.words.len ? ": " : "", buf_str(&r.words));
	console_release(&r.console);
	buf_release(&r.line);
	buf_release(&r.words);
	return ret;
}
