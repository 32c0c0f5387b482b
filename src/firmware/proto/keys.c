/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scripts of keys, as --keys has them. See console.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "firmware/proto/console.h"

#define MS          UINT64_C(1000000)
/* Nobody waits longer than this before a key: it keeps sums of times from overflow. */
#define WAIT_MS_MAX UINT64_C(86400000)

/* UEFI 2.10 12.1.2, 12.3; a scan code or a character. */
static const struct {
	const char *name;
	uint16_t scan, unit;
} key_names[] = {
	{ "up", 0x01, 0 },
	{ "down", 0x02, 0 },
	{ "right", 0x03, 0 },
	{ "left", 0x04, 0 },
	{ "home", 0x05, 0 },
	{ "end", 0x06, 0 },
	{ "insert", 0x07, 0 },
	{ "delete", 0x08, 0 },
	{ "pageup", 0x09, 0 },
	{ "pagedown", 0x0a, 0 },
	{ "f1", 0x0b, 0 },
	{ "f2", 0x0c, 0 },
	{ "f3", 0x0d, 0 },
	{ "f4", 0x0e, 0 },
	{ "f5", 0x0f, 0 },
	{ "f6", 0x10, 0 },
	{ "f7", 0x11, 0 },
	{ "f8", 0x12, 0 },
	{ "f9", 0x13, 0 },
	{ "f10", 0x14, 0 },
	{ "f11", 0x15, 0 },
	{ "f12", 0x16, 0 },
	{ "esc", 0x17, 0 },
	{ "enter", 0, '\r' },
	{ "tab", 0, '\t' },
	{ "backspace", 0, '\b' },
	{ "space", 0, ' ' },
	{ "comma", 0, ',' },
};

static void add_key(struct key_script *script, struct key key, uint64_t *after)
{
	key.after = *after;
	*after = 0;
	script->keys = xreallocarray(script->keys, script->n + 1, sizeof(key));
	script->keys[script->n++] = key;
}

static bool parse_wait(const char *ms, uint64_t *after, struct err *err)
{
	char *end;
	uint64_t v;

	errno = 0;
	v = strtoull(ms, &end, 10);
	if (*ms < '0' || *ms > '9' || *end || errno || v > WAIT_MS_MAX) {
		err_set(err, EINVAL, "wait:%s: not a number of milliseconds", ms);
		return false;
	}
	*after += v * MS;
	return true;
}

static int parse_item(struct key_script *script, const char *item, uint64_t *after, struct err *err)
{
	if (strncmp(item, "wait:", 5) == 0)
		return parse_wait(item + 5, after, err) ? 0 : -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(key_names); i++) {
		if (strcmp(item, key_names[i].name) == 0) {
			add_key(script,
				(struct key){
					.scan = key_names[i].scan, .unit = key_names[i].unit },
				after);
			return 0;
		}
	}
	if (strncmp(item, "ctrl-", 5) == 0 && item[5] >= 'a' && item[5] <= 'z' && !item[6]) {
		add_key(script,
			(struct key){ .unit = (uint8_t)item[5], .shifts = KEY_LEFT_CONTROL },
			after);
		return 0;
	}
	for (; *item; item++) {
		if (*item < ' ' || *item > '~')
			return err_set(err, EINVAL, "keys that can be typed are ASCII characters");
		add_key(script, (struct key){ .unit = (uint8_t)*item }, after);
	}
	return 0;
}

int key_script_parse(const char *text, struct key_script *out, struct err *err)
{
	CLEANUP(key_script_release) struct key_script script = { NULL, 0 };
	CLEANUP(xfree) char *copy = xstrdup(text);
	char *rest = copy, *item;
	uint64_t after = 0;

	while ((item = strsep(&rest, ",")))
		if (parse_item(&script, item, &after, err) < 0)
			return err_push(err, "'%s'", text);
	*out = script;
	script = (struct key_script){ NULL, 0 };
	return 0;
}

void key_script_release(struct key_script *script)
{
	free(script->keys);
	*script = (struct key_script){ NULL, 0 };
}
