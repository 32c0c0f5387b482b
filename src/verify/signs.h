/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lines on a console mean: how far the boot is, that it is over, or what
 * may turn out to be the cause. One table of texts, so that a new loader or
 * distribution is a new row.
 */
#ifndef ARMVM_VERIFY_SIGNS_H
#define ARMVM_VERIFY_SIGNS_H

#include "verify/verify.h"

enum sign_kind {
	SIGN_STAGE, /* the boot got to stage */
	SIGN_END,   /* nothing more will come of it */
	SIGN_CAUSE  /* said before things end; the first one goes into the reason */
};

struct sign {
	enum sign_kind kind;
	enum boot_stage
		stage; /* of SIGN_STAGE, and what SIGN_END shows to be behind it: a quiet kernel says nothing before */
	const char *meaning; /* of SIGN_END: the reason, without a full stop */
};

/*
 * The sign in a line of the console, or NULL. finished is false for the line
 * that the cursor is in, where prompts are. stage is how far the boot was
 * before: some texts mean something only early or late.
 */
const struct sign *sign_in(const char *line, bool finished, enum boot_stage stage);

/* line without the kernel's time stamp, "[    0.000000] ". */
const char *sign_text(const char *line);

#endif
