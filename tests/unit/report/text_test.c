/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report/text: how much is said of what. A family that is fine and a note take a
 * line, a shared remedy or reason stands once, and the table of scenarios where
 * an error lies in it.
 */
#include <string.h>

#include "checks/findings.h"
#include "image/facts.h"
#include "report/report.h"
#include "tap.h"

#define CHECKS_MAX 8

static struct facts facts = { .path = "x.raw", .format = "raw" };

struct scene {
	struct check_result results[CHECKS_MAX];
	struct verdict v;
};

static struct findings add(struct scene *s, const char *id)
{
	struct check_result *r = &s->results[s->v.n++];

	r->check = check_by_id(id);
	r->severity = r->check->severity;
	return (struct findings){ r };
}

static void open_question(struct scene *s, const char *id, const char *reason)
{
	struct findings f = add(s, id);

	finding_skip(&f, "%s", reason);
	f.result->outcome = OUTCOME_INCONCLUSIVE;
}

static void row(struct findings *f, const char *scenario, const char *result)
{
	finding_scenario(f, &(struct scenario_row){ scenario, result, "", "", "", 3.0, 1 });
}

/* Results lie in the scene itself, which verdict_release() would free. */
static void report(struct scene *s, unsigned flags, struct buf *out)
{
	s->v.results = s->results;
	verdict_conclude(&s->v);
	report_text(out, &facts, &s->v, flags, 100);
}

static void says(struct scene *s, unsigned flags, unsigned times, const char *words)
{
	struct buf out CLEANUP(buf_release) = BUF_INIT;
	unsigned n = 0;

	report(s, flags, &out);
	for (const char *p = buf_str(&out); (p = strstr(p, words)); p++)
		n++;
	is_int(n, times, words);
}

static void test_notes(void)
{
	struct scene s = { 0 };
	struct findings f;

	add(&s, "gpt.present");
	f = add(&s, "gpt.grow");
	finding_add(&f, "partition 2", "move it", "it is not the last and so cannot grow, %s",
		"which is said in more words than a line has room for, as nobody need read "
		"them who asked for none");
	says(&s, 0, 1, "note   gpt.grow  partition 2: it is not the last");
	says(&s, 0, 0, "move it");
	says(&s, 0, 1, " ...");
	says(&s, 0, 1, "gpt        ok     1 check");
	says(&s, REPORT_VERBOSE, 1, "move it");
	f.result->severity = SEV_ERROR;
	says(&s, 0, 1, "FAIL");
	says(&s, 0, 1, "move it");
}

static void test_scenarios(void)
{
	struct scene s = { 0 };
	struct findings f = add(&s, "boot.emulator");

	row(&f, "first-boot", "ok");
	f = add(&s, "boot.no-variables");
	row(&f, "no-variables", "failed");
	finding_add(&f, "no-variables", "use a loader without shim",
		"shim needs volatile variables: the firmware refuses them");
	says(&s, 0, 1,
		"boot       ok     kernel entered after 3.0 s; 1 of 2 scenarios; "
		"no-variables: shim needs volatile");
	says(&s, 0, 0, "variables to be kept");
	says(&s, REPORT_VERBOSE, 1, "variables to be kept");
	f = add(&s, "boot.wiped");
	row(&f, "wiped", "failed");
	finding_add(&f, "wiped", "", "gone");
	says(&s, 0, 1, "variables to be kept");
	says(&s, 0, 1, "note   boot.no-variables  no-variables: shim needs");
}

static void test_once(void)
{
	struct scene s = { 0 };
	struct findings f = add(&s, "nvram.debian-update");

	finding_add(&f, "a", "answer both", "one");
	add(&s, "nvram.fwupd");
	f = add(&s, "nvram.debian-removable");
	finding_add(&f, "a", "answer both", "two");
	says(&s, 0, 1, "answer both");
	says(&s, 0, 2, "warn   nvram");
	finding_add(&f, "b", "another", "three");
	says(&s, 0, 2, "answer both");
}

static void test_open(void)
{
	struct scene s = { 0 };

	open_question(&s, "nvram.fwupd", "it is encrypted");
	open_question(&s, "nvram.bootupd", "it is encrypted");
	open_question(&s, "guest.kernel", "it is encrypted");
	open_question(&s, "guest.init", "nobody knows");
	says(&s, 0, 1, "it is encrypted");
	says(&s, 0, 1, "2 checks could not answer: it is encrypted");
	says(&s, 0, 1, "1 check could not answer: as above");
	says(&s, 0, 1, "nobody knows");
	says(&s, REPORT_VERBOSE, 3, "it is encrypted");
}

int main(void)
{
	test_notes();
	test_scenarios();
	test_once();
	test_open();
	return tap_done();
}
