/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scripts of keys.
 */
#include "firmware/proto/console.h"
#include "tap.h"

static void refused(const char *text)
{
	struct key_script script = { NULL, 0 };
	struct err err = { 0 };

	ok(key_script_parse(text, &script, &err) < 0 && !script.keys, "'%s' is refused: %s", text,
		err.text);
	key_script_release(&script);
}

int main(void)
{
	CLEANUP(key_script_release) struct key_script s = { NULL, 0 };
	struct err err = { 0 };

	is_int(key_script_parse("down,wait:1500,wait:500,e,ls -l,comma,ctrl-x,f12", &s, &err), 0,
		"a script is read");
	is_int(s.n, 10, "all its keys are there");
	if (s.n != 10)
		return tap_done();
	is_int(s.keys[0].scan, 2, "down is scan code 2");
	is_int(s.keys[0].after, 0, "at once");
	is_int(s.keys[1].unit, 'e', "then a letter");
	is_int(s.keys[1].after, 2000000000, "after two seconds");
	is_int(s.keys[4].unit, ' ', "text has its blanks");
	is_int(s.keys[7].unit, ',', "a comma has a name");
	is_int(s.keys[8].shifts, KEY_LEFT_CONTROL, "control is a shift");
	is_int(s.keys[9].scan, 0x16, "F12");
	refused("wait:");
	refused("wait:-1");
	refused("wait:99999999999");
	refused("\xc3\xa9");
	refused("a,b\tc");
	return tap_done();
}
