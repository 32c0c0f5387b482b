/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a user makes of findings: a list of rules that waive checks or raise
 * their severity, for all images or for those of certain names, each with a
 * reason. A waived check is still run and reported; it does not count. Rules
 * come from files (.armvm-image.conf, armvm-image(1) CONFIGURATION) and from
 * options.
 */
#ifndef ARMVM_CHECKS_POLICY_H
#define ARMVM_CHECKS_POLICY_H

#include "checks/verdict.h"

struct policy_rule {
	bool raise;   /* else it waives */
	char *check;  /* an id, a family or a pattern over ids */
	char *image;  /* a shell pattern over the image's name without folders; NULL: all */
	char *reason; /* for the report */
	char *source; /* where it is written: ".armvm-image.conf:3", "--allow" */
};

/* Starts zeroed. */
struct policy {
	struct policy_rule *rules;
	size_t n;
};

/*
 * Adds the rules of a file. -ENOENT when there is none; -EINVAL, naming the
 * line, when it cannot be understood or names no check.
 */
int policy_read(struct policy *p, const char *path, struct err *err);

/* Adds one rule for all images; -EINVAL when the pattern matches no check. */
int policy_add(struct policy *p, bool raise, const char *check, const char *reason,
	const char *source, struct err *err);

/*
 * Applies the rules that concern the image at path to its verdict, and counts
 * and concludes again. The first rule that matches a check decides, also of what that check finds of another start. What could not
 * be read at all is never waived.
 */
void policy_apply(const struct policy *p, const char *path, struct verdict *v);

void policy_release(struct policy *p);
DEFINE_RELEASE(struct policy, policy_release)

#endif
