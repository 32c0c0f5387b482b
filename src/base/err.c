/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Error texts. See err.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

static void set_text(struct err *err, int code, const char *fmt, va_list ap)
{
	err->code = code;
	err->hint[0] = '\0';
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -code;
	va_start(ap, fmt);
	set_text(err, code, fmt, ap);
	va_end(ap);
	return -code;
}

int err_sys(struct err *err, const char *fmt, ...)
{
	int code = errno ? errno : EIO;
	va_list ap;
	size_t len;

	if (!err)
		return -code;
	va_start(ap, fmt);
	set_text(err, code, fmt, ap);
	va_end(ap);
	len = strlen(err->text);
	snprintf(err->text + len, sizeof(err->text) - len, ": %s", strerror(code));
	return -code;
}

int err_push(struct err *err, const char *fmt, ...)
{
	char context[ERR_TEXT_MAX];
	va_list ap;
	size_t clen, tlen;

	if (!err)
		return -EIO;
	va_start(ap, fmt);
	vsnprintf(context, sizeof(context), fmt, ap);
	va_end(ap);
	clen = strlen(context);
	tlen = strlen(err->text);
	if (clen + 2 + tlen < sizeof(err->text)) {
		memmove(err->text + clen + 2, err->text, tlen + 1);
		memcpy(err->text, context, clen);
		memcpy(err->text + clen, ": ", 2);
	}
	return -err->code;
}

int err_hint(struct err *err, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -EIO;
	va_start(ap, fmt);
	vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
	va_end(ap);
	return -err->code;
}

void err_clear(struct err *err)
{
	if (!err)
		return;
	err->code = 0;
	err->text[0] = '\0';
	err->hint[0] = '\0';
}
