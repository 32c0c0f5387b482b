/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BLS entries and loader.conf: the input is both, and halves of it are versions and names. */
#include <string.h>

#include "base/xalloc.h"
#include "loader/bls.h"
#include "loader/glob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(xfree) char *text = xstrndup((const char *)data, size);
	CLEANUP(xfree) char *half = xstrndup((const char *)data, size / 2);
	const char *rest = text + strlen(half);
	CLEANUP(bls_list_release) struct bls_list list = { 0 };
	CLEANUP(loader_conf_release) struct loader_conf conf;
	struct bls_rules rules = { .bare_ids = size & 1,
		.uki_key = size & 2,
		.preferred = size & 4,
		.profile_key = size & 8,
		.lost_profiles = size & 16 };
	const char *matched;

	bls_entry_parse(&list, half, text, strlen(text), &rules);
	bls_grub_parse(&list, "a+3-1.conf", (const char *)data, size, BLS_GRUB_FEDORA);
	bls_grub_parse(&list, rest, text, strlen(text), BLS_GRUB_UPSTREAM);
	bls_add_uki(&list, rest, text, &rules);
	bls_add_profile(&list, half, text, 1 + (unsigned)(size % 3), rest, &rules);
	loader_conf_parse(&conf, (const char *)data, size, &rules);
	rules.old_order = size & 8;
	bls_sort_systemd(&list, &rules);
	bls_sort_grub(&list, size & 1 ? BLS_GRUB_FEDORA : BLS_GRUB_UPSTREAM);
	bls_default(&list, &conf, &rules, &matched);
	bls_counted(&list, half);
	/* The order must be one: antisymmetric. */
	if ((bls_version_compare(half, rest) < 0) != (bls_version_compare(rest, half) > 0))
		abort();
	glob_match(half, rest, GLOB_FOLD);
	return 0;
}
