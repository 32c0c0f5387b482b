/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs armvm-firmware and reads its events. See emulator.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "base/activity.h"
#include "base/broker.h"
#include "base/xalloc.h"
#include "verify/console.h"
#include "verify/emulator.h"

#define PROGRAM        "armvm-firmware"
/* Of real time that the emulator gives each boot when nobody says how many. */
#define SECONDS        600
#define TICK_MS        1000
/* A line longer than this is no event. */
#define LINE_MAX_BYTES (1u << 20)
/* It was asked for something that it does not have. */
#define STATUS_USAGE   2
/* More than there are. */
#define SCENARIOS_MAX  64

/* ---- the run ---- */

struct run {
	const struct emulator_request *request;
	struct emulator_matrix *matrix; /* NULL: a single scenario */
	struct emulation *e;            /* that events go to now */
	struct child child;
	struct console console;
	struct text line;
	struct text words; /* what it says that is no event: its complaints */
};

static void on_console_line(void *ctx, const char *line)
{
	const struct run *r = ctx;

	r->request->line(r->request->ctx, line);
}

/* Several scenarios: the names of those to which the next events belong. */
static void next_group(struct run *r, const json_t *names)
{
	struct emulator_matrix *m = r->matrix;
	const json_t *name;
	size_t i;

	if (m->n_emulations == SCENARIOS_MAX)
		return;
	m->emulations = xreallocarray(m->emulations, m->n_emulations + 1, sizeof(*m->emulations));
	r->e = &m->emulations[m->n_emulations];
	*r->e = (struct emulation){ 0 };
	json_array_foreach(names, i,
		name) for (size_t k = 0; k < m->n_rows;
			   k++) if (strcmp(m->rows[k].scenario, json_string_value(name)) == 0)
		m->rows[k]
			.emulation = m->n_emulations;
	m->n_emulations++;
}

static void list_rows(struct emulator_matrix *m, const json_t *names)
{
	const json_t *name;
	size_t i;

	json_array_foreach(names, i, name)
	{
		if (m->n_rows == SCENARIOS_MAX || !json_is_string(name))
			continue;
		m->rows = xreallocarray(m->rows, m->n_rows + 1, sizeof(*m->rows));
		m->rows[m->n_rows++] = (struct emulator_row){ xstrdup(json_string_value(name)),
			SIZE_MAX };
	}
}

/* The first names all that are played, each further one those whose events follow. */
static void on_scenarios(struct run *r, const char *line)
{
	json_t *event = json_loads(line, 0, NULL);
	const json_t *names = json_object_get(event, "names");

	if (r->matrix->n_rows)
		next_group(r, names);
	else
		list_rows(r->matrix, names);
	json_decref(event);
}

static void on_console(struct run *r, const char *line)
{
	json_t *event = json_loads(line, 0, NULL);
	const char *text = json_string_value(json_object_get(event, "text"));

	if (text)
		console_feed(&r->console, text, strlen(text), on_console_line, r);
	json_decref(event);
}

static bool is_event(const char *line, const char *name)
{
	static const char begin[] = "{\"event\":\"";
	size_t len = strlen(name);

	return strncmp(line, begin, sizeof(begin) - 1) == 0 &&
	       strncmp(line + sizeof(begin) - 1, name, len) == 0 &&
	       line[sizeof(begin) - 1 + len] == '"';
}

static void on_line(struct run *r, const char *line)
{
	if (r->matrix && is_event(line, "scenarios")) {
		on_scenarios(r, line);
	} else if (is_event(line, "console")) {
		on_console(r, line);
	} else if (!r->e || !emulation_take(r->e, line)) {
		if (r->words.len < 1000)
			text_printf(&r->words, "%s%s", r->words.len ? "; " : "", line);
	} else if (r->request->event) {
		r->request->event(r->request->ctx, line);
	}
}

static void feed(struct run *r, const char *bytes, size_t len)
{
	while (len) {
		const char *end = memchr(bytes, '\n', len);
		size_t n = end ? (size_t)(end - bytes) : len;

		if (r->line.len + n < LINE_MAX_BYTES)
			text_add(&r->line, bytes, n);
		if (end) {
			on_line(r, text_str(&r->line));
			text_reset(&r->line);
			n++;
		}
		bytes += n;
		len -= n;
	}
}

static struct emulator_launch launch_of(const struct run *r)
{
	const struct emulator_request *q = r->request;

	return (struct emulator_launch){
		.scenario = r->matrix     ? "all"
			    : q->scenario ? q->scenario
					  : "first-boot",
		.quirks = q->quirks,
		.seconds = q->seconds,
		.console = q->line,
		.trace = q->trace,
		.verify_reuse = q->verify_reuse,
		.screenshot = q->screenshot,
	};
}

/* Opens the image and starts the program on it. */
static int start_here(const struct emulator_request *q, const struct emulator_launch *launch,
	struct child *child, struct err *err)
{
	int fd = open(q->path, O_RDONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return err_sys(err, "%s", q->path);
	ret = emulator_start(launch, fd, child, err);
	close(fd);
	return ret;
}

static int start_brokered(const struct broker *broker, const struct emulator_launch *launch,
	struct child *child, struct err *err)
{
	struct helper_request q = {
		.kind = HELPER_EMULATOR,
		.number = { launch->seconds, launch->console, launch->trace, launch->verify_reuse },
	};
	struct helper h = { .n_fds = 0 };
	int ret;

	if (!helper_word(&q, 0, launch->scenario) ||
		!helper_word(&q, 1, launch->quirks ? launch->quirks : ""))
		return err_set(err, EINVAL, "no scenario or quirks have such a long name");
	ret = broker->start(broker->ctx, &q, &h, err);
	*child = h.child;
	return ret;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/*
 * Until there is something to read. A program that plays scenarios is silent until one ends, and each has its
 * seconds: that long silence is no standstill.
 */
static int await_events(const struct run *r, unsigned seconds, double started, struct err *err)
{
	size_t boots = r->matrix && r->matrix->n_rows ? r->matrix->n_rows : 1;
	struct pollfd p = { .fd = r->child.out, .events = POLLIN };
	int n;

	while ((n = poll(&p, 1, TICK_MS)) <= 0) {
		if (n < 0 && errno != EINTR)
			return err_sys(err, "poll");
		if (now() - started < (double)boots * seconds)
			activity_alive();
	}
	return 0;
}

static int read_events(struct run *r, unsigned seconds, double started, struct err *err)
{
	char chunk[65536];
	ssize_t n = 1;

	while (n != 0) {
		int ret = await_events(r, seconds, started, err);

		if (ret < 0)
			return ret;
		n = read(r->child.out, chunk, sizeof(chunk));
		if (n < 0 && errno != EINTR)
			return err_sys(err, PROGRAM);
		activity_alive();
		if (n > 0)
			feed(r, chunk, (size_t)n);
	}
	if (r->line.len)
		on_line(r, text_str(&r->line));
	/* What stands in the last line, a prompt perhaps. */
	if (r->console.line.len)
		on_console_line(r, text_str(&r->console.line));
	return 0;
}

/* Runs the program to its end; what it emitted is with r's owner. seconds: how long it took. */
static int run(struct run *r, double *seconds, struct err *err)
{
	const struct emulator_launch launch = launch_of(r);
	const struct broker *broker = broker_get();
	double started = now();
	int ret, status;

	r->child = (struct child){ .pid = -1, .out = -1, .in = -1 };
	ret = broker ? start_brokered(broker, &launch, &r->child, err)
		     : start_here(r->request, &launch, &r->child, err);
	if (ret == 0)
		ret = read_events(r, launch.seconds ? launch.seconds : SECONDS, started, err);
	if (ret < 0)
		child_kill(&r->child);
	status = child_wait(&r->child);
	*seconds = now() - started;
	if (ret == 0 && status == STATUS_USAGE)
		ret = err_set(err, EINVAL, "%s", text_str(&r->words));
	else if (ret == 0 && (!r->e || !r->e->verdict))
		ret = err_set(err, EIO, "%s ended without a verdict (exit status %d)%s%s", PROGRAM,
			status, r->words.len ? ": " : "", text_str(&r->words));
	console_release(&r->console);
	text_release(&r->line);
	text_release(&r->words);
	return ret;
}

int emulator_run(const struct emulator_request *request, struct emulation *e, struct err *err)
{
	struct run r = { .request = request, .e = e };

	return run(&r, &e->seconds, err);
}

/* Scenarios that "all" doesn't play: of interest only where another one reset the machine. */
static const struct {
	const char *scenario, *after;
} follow_ups[] = { { "tpm-dropped", "tpm" } };

bool emulator_left_out(const struct emulator_matrix *m, const char *scenario)
{
	for (size_t i = 0; i < ARRAY_SIZE(follow_ups); i++) {
		const struct emulation *e;

		if (strcmp(follow_ups[i].scenario, scenario) != 0)
			continue;
		e = emulator_matrix_find(m, follow_ups[i].after);
		return e && e->boots < 2;
	}
	return false;
}

static int follow_up(
	const struct emulator_request *request, struct emulator_matrix *m, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(follow_ups); i++) {
		struct emulator_request q = *request;

		q.scenario = follow_ups[i].scenario;
		if (emulator_left_out(m, q.scenario))
			continue;
		m->rows = xreallocarray(m->rows, m->n_rows + 1, sizeof(*m->rows));
		m->emulations = xreallocarray(
			m->emulations, m->n_emulations + 1, sizeof(*m->emulations));
		m->emulations[m->n_emulations] = (struct emulation){ 0 };
		m->rows[m->n_rows++] = (struct emulator_row){ xstrdup(q.scenario),
			m->n_emulations };
		ret = emulator_run(&q, &m->emulations[m->n_emulations++], err);
		m->seconds += m->emulations[m->n_emulations - 1].seconds;
	}
	return ret;
}

int emulator_play_all(
	const struct emulator_request *request, struct emulator_matrix *m, struct err *err)
{
	const struct emulator_request quiet = { .path = request->path,
		.seconds = request->seconds,
		.verify_reuse = request->verify_reuse };
	struct run r = { .request = &quiet, .matrix = m };
	int ret = run(&r, &m->seconds, err);

	for (size_t i = 0; ret == 0 && i < m->n_rows; i++)
		if (m->rows[i].emulation == SIZE_MAX ||
			!m->emulations[m->rows[i].emulation].verdict)
			ret = err_set(err, EIO, "%s said nothing of the scenario %s", PROGRAM,
				m->rows[i].scenario);
	return ret == 0 ? follow_up(&quiet, m, err) : ret;
}

void emulator_matrix_release(struct emulator_matrix *m)
{
	for (size_t i = 0; i < m->n_rows; i++)
		free(m->rows[i].scenario);
	for (size_t i = 0; i < m->n_emulations; i++)
		emulation_release(&m->emulations[i]);
	free(m->rows);
	free(m->emulations);
	*m = (struct emulator_matrix){ 0 };
}

const struct emulation *emulator_matrix_find(const struct emulator_matrix *m, const char *scenario)
{
	for (size_t i = 0; i < m->n_rows; i++)
		if (strcmp(m->rows[i].scenario, scenario) == 0)
			return &m->emulations[m->rows[i].emulation];
	return NULL;
}
