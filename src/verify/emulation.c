/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From events to what was seen. See emulation.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "base/xalloc.h"
#include "verify/emulation.h"

/* Of each list: a hostile loader could make it endless. */
#define ITEMS_MAX 200
#define STORY_MAX 12

void emulation_release(struct emulation *e)
{
	for (size_t i = 0; i < e->n_variables; i++) {
		free(e->variables[i].name);
		free(e->variables[i].status);
	}
	free(e->variables);
	strlist_release(&e->loaded);
	strlist_release(&e->story);
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

/* The story has each thing once, and an end. */
static void add_to_story(struct emulation *e, const char *fmt, const char *name)
{
	char *what = xasprintf(fmt, name);

	if (e->story.n < STORY_MAX && !strlist_has(&e->story, what))
		strlist_take(&e->story, what);
	else
		free(what);
}

/* ---- one function per event that is kept ---- */

static void on_power_on(struct emulation *e, const json_t *event)
{
	e->boots = (unsigned)json_integer_value(json_object_get(event, "boot"));
	strlist_release(&e->story);
	if (e->boots > 1) {
		char *what CLEANUP(xfree) = xasprintf(
			"boot %u: the machine was %s", e->boots, text_of(event, "because"));

		happened(e, event, what);
	}
}

static void on_open(struct emulation *e, const json_t *event)
{
	const char *path = text_of(event, "path"), *name = strrchr(path, '\\');
	size_t len = strlen(path);

	/* shim starts programs by itself: that it opens them is all that is seen. */
	if (len > 4 && strcasecmp(path + len - 4, ".efi") == 0 &&
		strcmp(text_of(event, "status"), "EFI_SUCCESS") == 0)
		add_to_story(e, "%s was read", name ? name + 1 : path);
}

/* A program that the firmware starts was read for it. */
static void forget_reading(struct emulation *e, const char *program)
{
	char *what CLEANUP(xfree) = xasprintf("%s was read", program);
	size_t last = e->story.n;

	if (last && strcasecmp(e->story.v[last - 1], what) == 0) {
		free(e->story.v[last - 1]);
		e->story.v[--e->story.n] = NULL;
	}
}

/* Secure Boot's refusals alone: others are the loader's to report. */
static void on_refused(struct emulation *e, const json_t *event)
{
	const char *name = text_of(event, "name"), *reason = text_of(event, "reason");
	char *what CLEANUP(xfree) = xasprintf("refused %s: %s", name, reason);
	char *refused CLEANUP(xfree) = NULL;

	if (strncmp(reason, SECURE_BOOT_REASON, strlen(SECURE_BOOT_REASON)) != 0)
		return;
	refused = xasprintf("%s was refused (%s)", name, reason);
	forget_reading(e, name);
	add_to_story(e, "%s", refused);
	happened(e, event, what);
}

static void on_reset(struct emulation *e, const json_t *event)
{
	add_to_story(e, "a reset was asked for (%s)", text_of(event, "kind"));
	happened(e, event, "a reset was asked for");
}

static void on_started(struct emulation *e, const json_t *event)
{
	const char *name = text_of(event, "name");
	char *what CLEANUP(xfree) = xasprintf("started %s", *name ? name : "an unnamed program");

	name = *name ? name : "(unnamed)";
	if (e->loaded.n < ITEMS_MAX && !strlist_has(&e->loaded, name))
		strlist_add(&e->loaded, name);
	forget_reading(e, name);
	add_to_story(e, "%s was started", name);
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

static void add_written(struct emulation *e, const char *name, const char *status)
{
	bool success = strcmp(status, "EFI_SUCCESS") == 0;
	char *what CLEANUP(xfree) = xasprintf("writing %s was answered by %s", name, status);

	add_to_story(e, success ? "%s was written" : "%s", success ? name : what);
}

static void on_set(struct emulation *e, const json_t *event)
{
	const char *name = text_of(event, "name");
	unsigned long attributes = strtoul(text_of(event, "attributes"), NULL, 16);
	struct emulator_variable *v = NULL;
	bool kept;

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
	/* Without data it is a deletion. */
	kept = attributes & 1 && json_integer_value(json_object_get(event, "size"));
	if (kept)
		add_written(e, name, text_of(event, "status"));
	v->non_volatile |= kept;
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
	keep(&e->screen, event, "screen");
	e->kernel_size = (uint64_t)json_integer_value(json_object_get(event, "size"));
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
	if (json_object_get(event, "screen"))
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
	{ "power-on", on_power_on },
	{ "boot-try", on_try },
	{ "file-open", on_open },
	{ "reset", on_reset },
	{ "image-started", on_started },
	{ "image-ended", on_ended },
	{ "image-refused", on_refused },
	{ "file-read", on_file },
	{ "variable-set", on_set },
	{ "exit-boot-services", on_exit_boot_services },
	{ "kernel-entered", on_kernel },
	{ "verdict", on_verdict },
};

void emulation_prepare(void)
{
	/* Else the first object opens /dev/urandom. */
	json_object_seed(0);
}

bool emulation_take(struct emulation *e, const char *line)
{
	json_t *event = json_loads(line, 0, NULL);
	const char *name = text_of(event, "event");
	bool is_event = event && *name;

	for (size_t i = 0; is_event && i < ARRAY_SIZE(takers); i++)
		if (strcmp(takers[i].event, name) == 0)
			takers[i].take(e, event);
	json_decref(event);
	return is_event;
}
