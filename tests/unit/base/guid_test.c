/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * base/guid: the mixed-endian text form, and that only that form is read.
 */
#include "base/guid.h"
#include "tap.h"

int main(void)
{
	static const uint8_t esp[16] = { 0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b,
		0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b };
	char text[GUID_TEXT_LEN + 1];
	struct guid g;

	guid_format(guid_load(esp), text);
	is_str(text, "c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
		"the ESP type GUID reads as published");
	ok(guid_parse("C12A7328-F81F-11D2-BA4B-00A0C93EC93B", &g), "upper case is read");
	ok(guid_eq(g, guid_load(esp)), "and gives the same bytes");
	ok(!guid_parse("c12a7328-f81f-11d2-ba4b-00a0c93ec93", &g), "35 characters are refused");
	ok(!guid_parse("c12a7328-f81f-11d2-ba4b-00a0c93ec93b0", &g), "37 characters are refused");
	ok(!guid_parse("c12a7328xf81f-11d2-ba4b-00a0c93ec93b", &g), "a wrong separator is refused");
	ok(!guid_parse("", &g), "no text is refused");
	return tap_done();
}
