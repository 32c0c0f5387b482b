/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uefi/guids: that the table of partition types is well formed, and that
 * sfdisk knows the rows by the same GUIDs.
 */
#include <stdlib.h>
#include <strings.h>

#include "tap.h"
#include "uefi/guids.h"

static void well_formed(void)
{
	for (const struct uefi_part_type *t = uefi_part_types; t->guid; t++) {
		char text[GUID_TEXT_LEN + 1] = "";
		struct guid g;
		bool right = guid_parse(t->guid, &g);

		if (right) {
			guid_format(g, text);
			right = strcmp(text, t->guid) == 0 && uefi_part_type(g) == t;
		}
		for (const struct uefi_part_type *u = uefi_part_types; u < t; u++)
			right &= strcmp(u->word, t->word) != 0;
		ok(right, "%s: a GUID in lower case, found by it, of one row", t->word);
	}
}

static const char *word_for(enum uefi_part_role role, const char *arch)
{
	const struct uefi_part_type *t = uefi_part_type_for(role, arch);

	return t ? t->word : NULL;
}

static void by_role(void)
{
	is_str(word_for(UEFI_ROLE_ROOT, "aarch64"), "root-arm64", "the root of aarch64");
	is_str(word_for(UEFI_ROLE_ROOT, "armv7l"), "root-arm", "the root of armv7l");
	is_str(word_for(UEFI_ROLE_ROOT, "pdp11"), NULL, "no root of the PDP-11");
	is_str(word_for(UEFI_ROLE_ROOT, NULL), NULL, "no root of no architecture");
	is_str(word_for(UEFI_ROLE_ESP, NULL), "esp", "the ESP");
	is_str(uefi_part_type_for(UEFI_ROLE_ESP, NULL)->guid, UEFI_PART_ESP, "its GUID");
}

static void sfdisk_agrees(void)
{
	FILE *list;
	unsigned found = 0, wrong = 0;
	char line[256];

	if (!tap_has("sfdisk has the same GUIDs", "sfdisk"))
		return;
	list = popen("sfdisk --label gpt -T 2>/dev/null", "r");
	while (list && fgets(line, sizeof(line), list)) {
		const char *arm64 = strstr(line, "Linux root (ARM-64)");
		const char *esp = strstr(line, "EFI System");

		if (!arm64 && !esp)
			continue;
		found++;
		wrong += strncasecmp(line, esp ? UEFI_PART_ESP : UEFI_PART_ROOT_ARM64,
				 GUID_TEXT_LEN) != 0;
	}
	if (list)
		pclose(list);
	is_int(found, 2, "sfdisk knows the ESP and the root of ARM64");
	is_int(wrong, 0, "by the same GUIDs");
}

int main(void)
{
	well_formed();
	by_role();
	sfdisk_agrees();
	return tap_done();
}
