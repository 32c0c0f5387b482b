/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running checks over one image, and what came out: the verdict.
 */
#ifndef ARMVM_CHECKS_VERDICT_H
#define ARMVM_CHECKS_VERDICT_H

#include "base/buf.h"
#include "checks/check.h"

struct finding {
	char *what;
	char *where;            /* "" when there is no better place than the image */
	char *advice;           /* "" when there is nothing to do */
	const struct check *of; /* static: another check's, of another start; NULL: its own */
};

/* Something that a check saw and does not judge. */
struct fact {
	bool detail;
	char *key;
	char *value;
};

/* What one check answered. */
struct check_result {
	const struct check *check;
	enum severity severity; /* the check's, or what a policy made of it */
	enum outcome outcome;
	char *reason; /* why it was skipped or is inconclusive; NULL otherwise */
	char *waived; /* why its outcome does not count (checks/policy.h); NULL: it does */
	struct finding *findings;
	size_t n;
	size_t dropped; /* findings beyond the most that are kept */
	struct fact *facts;
	size_t n_facts;
	struct scenario_row *scenarios; /* it owns their texts */
	size_t n_scenarios;
	bool unmet; /* it was not run because something that it needs is not there */
	const char *
		leads; /* static: which checks report why it was skipped; NULL: there is no fault */
};

enum conclusion {
	PORTABLE,
	NOT_PORTABLE,
	UNDETERMINED /* no error was found, but a check for errors could not answer */
};

struct verdict {
	struct check_result *results; /* in the order of the registry, those that were selected */
	size_t n;
	unsigned errors, warnings, notes; /* findings of each severity */
	unsigned skipped, inconclusive;   /* checks */
	unsigned waived;                  /* checks; counted nowhere else */
	bool partial; /* a check for errors was not selected: the conclusion is about the others */
	enum conclusion conclusion;
	char *incomplete; /* why not all checks came to their end; NULL: they did */
};

/*
 * Which checks to run. Each pattern is an id, a family, or a shell pattern
 * over ids ("esp.*"). Nothing in select means all; ignore is applied after it.
 */
struct selection {
	struct strlist select;
	struct strlist ignore;
};

/* Returns -EINVAL, naming the pattern, when one matches no check at all. */
int selection_verify(const struct selection *sel, struct err *err);
/* Whether a pattern is about a check; about any that there is. */
bool check_matches(const char *pattern, const struct check *check);
bool check_matches_any(const char *pattern);
/* Whether it is among them. */
bool selection_has(const struct selection *sel, const struct check *check);
/* Whether it is not to be reported, by whatever check; sel may be NULL. */
bool selection_ignores(const struct selection *sel, const struct check *check);
/* Whether a check is among them that needs every scenario to be played. */
bool selection_has_scenarios(const struct selection *sel);
void selection_release(struct selection *sel);
DEFINE_RELEASE(struct selection, selection_release)

/* Called before each check; for a progress line. */
typedef void verdict_progress(void *ctx, const struct check *check, size_t done, size_t total);

/*
 * Runs the selected checks over the image. Does not fail: what goes wrong
 * while a check runs makes that check inconclusive. verdict_release() frees
 * what *v then holds. progress may be NULL.
 */
void verdict_of(struct image *image, const struct selection *sel, verdict_progress *progress,
	void *ctx, struct verdict *v);

/*
 * For whoever gets the results from another process: an empty result for each selected check, to
 * be filled in before verdict_conclude().
 */
void verdict_begin(struct verdict *v, const struct selection *sel);

void verdict_release(struct verdict *v);
DEFINE_RELEASE(struct verdict, verdict_release)

/* Counts and concludes from the results, as verdict_of() does in the end. */
void verdict_conclude(struct verdict *v);

/* The exit status that DESIGN gives this conclusion: 0, 1 or 3. */
int verdict_exit_status(const struct verdict *v);

#endif
