/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/err: cause, context, hint, and what happens when there is no room or no place for them. */
#include "base/err.h"

#include <errno.h>

#include "tap.h"

static void layers(void)
{
	struct err err = { 0 };

	is_int(err_set(&err, EIO, "LBA %d: %s", 7, "short read"), -EIO, "a cause returns its code");
	is_int(err_hint(&err, "try %s", "again"), -EIO, "a hint does");
	is_int(err_push(&err, "reading %s", "the GPT"), -EIO, "and context");
	is_str(err.text, "reading the GPT: LBA 7: short read", "context stands before the cause");
	is_str(err.hint, "try again", "the hint is kept");
	is_int(err.code, EIO, "and so is the code");
	err_set(&err, EINVAL, "another");
	is_str(err.hint, "", "another cause forgets the hint");
	errno = ENOENT;
	is_int(err_sys(&err, "/x"), -ENOENT, "errno is a code");
	ok(strncmp(err.text, "/x: ", 4) == 0 && strlen(err.text) > 4, "and its text: %s", err.text);
	err_clear(&err);
	ok(!err.code && !*err.text && !*err.hint, "nothing is left of it");
}

static void limits(void)
{
	struct err err = { 0 };
	char text[2 * ERR_TEXT_MAX];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&err, EIO, "%s", text);
	is_int(strlen(err.text), ERR_TEXT_MAX - 1, "a cause is cut at the end");
	err_set(&err, EIO, "the cause");
	err_push(&err, "%s", text);
	is_str(err.text, "the cause", "context that has no room is dropped, not the cause");
	err_hint(&err, "%s", text);
	is_int(strlen(err.hint), ERR_HINT_MAX - 1, "a hint is cut");
	is_int(err_set(NULL, EIO, "x"), -EIO, "nobody has to want the text");
	is_int(err_push(NULL, "x"), -EIO, "nor context");
	errno = ENOMEM;
	is_int(err_sys(NULL, "x"), -ENOMEM, "nor errno's");
	err_hint(NULL, "x");
	err_clear(NULL);
}

int main(void)
{
	layers();
	limits();
	return tap_done();
}
