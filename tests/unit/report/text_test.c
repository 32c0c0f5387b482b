/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report/text: how much is said of what. A family that is fine and a note take a
 * line, a shared remedy or reason stands once, and the table of scenarios where
 * an error lies in it.
 */
#include <string.h>

#include "base/xalloc.h"
#include "checks/findings.h"
#include "image/facts.h"
#include "report/report.h"
#include "tap.h"

#define CHECKS_MAX 8

static struct facts facts = { .path = "x.raw", .format = "raw" };

static struct findings add(struct verdict *v, const char *id)
{
	struct check_result *r;

	if (!v->results)
		v->results = xcalloc(CHECKS_MAX, sizeof(*v->results));
	r = &v->results[v->n++];
	r->check = check_by_id(id);
	r->severity = r->check->severity;
	return (struct findings){ r };
}

static void open_question(struct verdict *v, const char *id, const char *reason)
{
	struct findings f = add(v, id);

	finding_skip(&f, "%s", reason);
	f.result->outcome = OUTCOME_INCONCLUSIVE;
}

static void row(struct findings *f, const char *scenario, const char *result)
{
	finding_scenario(f, &(struct scenario_row){ scenario, result, "", "", "", 3.0, 1 });
}

static void says(struct verdict *v, unsigned flags, unsigned times, const char *words)
{
	struct text out CLEANUP(text_release) = TEXT_INIT;
	unsigned n = 0;

	verdict_conclude(v);
	report_text(&out, &facts, v, flags, 100);
	for (const char *p = text_str(&out); (p = strstr(p, words)); p++)
		n++;
	is_int(n, times, words);
}

static void test_notes(void)
{
	struct verdict v CLEANUP(verdict_release) = { 0 };
	struct findings f;

	add(&v, "gpt.present");
	f = add(&v, "gpt.grow");
	finding_add(&f, "partition 2", "move it", "it is not the last and so cannot grow, %s",
		"which is said in more words than a line has room for, as nobody need read "
		"them who asked for none");
	says(&v, 0, 1, "note   gpt.grow  partition 2: it is not the last");
	says(&v, 0, 0, "move it");
	says(&v, 0, 1, " ...");
	says(&v, 0, 1, "gpt        ok     1 check");
	says(&v, REPORT_VERBOSE, 1, "move it");
	f.result->severity = SEV_ERROR;
	says(&v, 0, 1, "FAIL");
	says(&v, 0, 1, "move it");
}

static void test_scenarios(void)
{
	struct verdict v CLEANUP(verdict_release) = { 0 };
	struct findings f = add(&v, "boot.emulator");

	row(&f, "first-boot", "ok");
	f = add(&v, "boot.no-variables");
	row(&f, "no-variables", "failed");
	finding_add(&f, "no-variables", "use a loader without shim",
		"shim needs volatile variables: the firmware refuses them");
	says(&v, 0, 1,
		"boot       ok     kernel entered after 3.0 s; 1 of 2 scenarios; "
		"no-variables: shim needs volatile");
	says(&v, 0, 0, "variables to be kept");
	says(&v, REPORT_VERBOSE, 1, "variables to be kept");
	f = add(&v, "boot.wiped");
	row(&f, "wiped", "failed");
	finding_add(&f, "wiped", "", "gone");
	says(&v, 0, 1, "variables to be kept");
	says(&v, 0, 1, "note   boot.no-variables  no-variables: shim needs");
}

static void test_once(void)
{
	struct verdict v CLEANUP(verdict_release) = { 0 };
	struct findings f = add(&v, "nvram.debian-update");

	finding_add(&f, "a", "answer both", "one");
	add(&v, "nvram.fwupd");
	f = add(&v, "nvram.debian-removable");
	finding_add(&f, "a", "answer both", "two");
	says(&v, 0, 1, "answer both");
	says(&v, 0, 2, "warn   nvram");
	finding_add(&f, "b", "another", "three");
	says(&v, 0, 2, "answer both");
}

static void test_open(void)
{
	struct verdict v CLEANUP(verdict_release) = { 0 };

	open_question(&v, "nvram.fwupd", "it is encrypted");
	open_question(&v, "nvram.bootupd", "it is encrypted");
	open_question(&v, "guest.kernel", "it is encrypted");
	open_question(&v, "guest.init", "nobody knows");
	says(&v, 0, 1, "it is encrypted");
	says(&v, 0, 1, "2 checks could not answer: it is encrypted");
	says(&v, 0, 1, "1 check could not answer: as above");
	says(&v, 0, 1, "nobody knows");
	says(&v, REPORT_VERBOSE, 3, "it is encrypted");
}

int main(void)
{
	test_notes();
	test_scenarios();
	test_once();
	test_open();
	return tap_done();
}
