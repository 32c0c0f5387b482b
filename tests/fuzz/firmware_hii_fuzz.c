/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A configuration string, a character per byte up to a NUL, and behind it a
 * package list: blocks that are asked for and set, strings of packages that are
 * found and changed, and forms that say where settings are kept.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "firmware/proto/hii_config_text.h"
#include "firmware/proto/hii_forms.h"
#include "firmware/proto/hii_strings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t text[] = { 'n', 0, 'e', 0, 'w', 0, 0, 0 };

/* A place that a function stopped at is one of the string's. */
static void must_be_within(size_t at, size_t n)
{
	if (at > n)
		abort();
}

static void play_config(const uint16_t *s, size_t n)
{
	CLEANUP(buf_release) struct buf path = BUF_INIT;
	CLEANUP(buf_release) struct buf answer = BUF_INIT;
	CLEANUP(buf_release) struct buf chosen = BUF_INIT;
	struct config_wanted any = { 0 };
	CLEANUP(xfree) uint8_t *block = xcalloc(64, 1);
	uint64_t last;
	size_t at;

	must_be_within(config_first(s), n);
	if (!config_is_request(s, &at))
		must_be_within(at, n);
	(void)config_path(s, &path);
	(void)config_to_block(s, block, 64, &last, &at);
	must_be_within(at, n);
	(void)config_from_block(s, block, 64, &answer, &at);
	must_be_within(at, n);
	if (answer.len / 2 > CONFIG_UNITS_MAX + n)
		abort();
	(void)config_choose(s, &any, &chosen);
	/* What is chosen is a part of it, with a header of its own. */
	if (chosen.len / 2 > n)
		abort();
}

static void play_strings(struct buf *package)
{
	CLEANUP(buf_release) struct buf found = BUF_INIT;
	struct hii_place place;
	uint32_t last;
	size_t end;

	for (uint16_t id = 0; id < 20; id++) {
		hii_find(buf_bytes(package), package->len, id, &place);
		if (place.kind == HII_TEXT)
			hii_text(buf_bytes(package), &place, &found);
		if (place.kind != HII_NOWHERE)
			(void)!hii_set(package, &place, text, sizeof(text));
	}
	(void)!hii_append(package, text, sizeof(text));
	(void)hii_last(buf_bytes(package), package->len, &last, &end);
	(void)hii_languages(buf_bytes(package), package->len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
	size_t n = nul ? (size_t)(nul - data) : size, behind = nul ? n + 1 : size;
	CLEANUP(xfree) uint16_t *s = xcalloc(n + 1, sizeof(*s));
	CLEANUP(hii_list_release) struct hii_list list = { 0 };

	for (size_t i = 0; i < n; i++)
		s[i] = data[i];
	play_config(s, n);
	if (hii_list_add(&list, data + behind, size - behind) != EFI_SUCCESS)
		return 0;
	(void)hii_storage_of(&list, s);
	(void)hii_has_defaults(&list);
	for (size_t i = 0; i < list.n; i++)
		if (hii_type(&list.packages[i]) == HII_PACKAGE_STRINGS)
			play_strings(&list.packages[i]);
	return 0;
}
