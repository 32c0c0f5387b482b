/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd-boot, systemd's stub, and unified kernel images (BLS type 2). What
 * they are is read by src/pe/uki.h; other programs than systemd-stub can stand
 * at the head of a UKI, the sections are the same.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "loader/loader.h"
#include "pe/uki.h"

/* "systemd-boot 252.39": the word behind the first blank. */
static void version_of(const struct efi_view *efi, struct loader_facts *facts)
{
	const char *blank = efi->program->loader_info ? strchr(efi->program->loader_info, ' ')
						      : NULL;

	if (blank)
		snprintf(facts->version, sizeof(facts->version), "%s", blank + 1);
}

/*
 * Distributions take changes into versions that had none of them, so what is new is known by the texts that it
 * brought: a format that leaves counters out, keys.
 */
static void read_rules(const struct efi_view *efi, struct loader_facts *facts)
{
	unsigned version = (unsigned)strtoul(facts->version, NULL, 10);

	facts->rules = (struct bls_rules){
		.version = version,
		.old_order = version && version < 251 && !efi_has(efi, "sort-key"),
		.matches_case = version && version < 252,
		.bare_ids = !version || version >= 259 || efi_has(efi, "%.*ls%ls"),
		.uki_key = !version || version >= 258 || efi_has(efi, "uki-url"),
		.preferred = !version || version >= 260 || efi_has(efi, "preferred"),
		.profiles = !version || version >= 257,
		.profile_key = !version || efi_has(efi, "'profile' entry option"),
		.lost_profiles = version && version < 262,
		.menu_force = !version || version >= 250 || efi_has(efi, "menu-force"),
		.power_keys = !version || version >= 255 || efi_has(efi, "auto-poweroff"),
		.drivers = !version || version >= 250 || efi_has(efi, "\\EFI\\systemd\\drivers"),
	};
}

static bool recognise_boot(const struct efi_view *efi, struct loader_facts *facts)
{
	if (efi->program->kind != PE_KIND_SYSTEMD_BOOT)
		return false;
	version_of(efi, facts);
	read_rules(efi, facts);
	return true;
}

static bool recognise_stub(const struct efi_view *efi, struct loader_facts *facts)
{
	if (efi->program->kind != PE_KIND_SYSTEMD_STUB)
		return false;
	version_of(efi, facts);
	return true;
}

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static struct section_tree copy_tree(const struct uki_tree *tree)
{
	return (struct section_tree){ tree->present, tree->valid, copy(tree->compatible) };
}

static void copy_profiles(const struct pe_program *p, struct loader_facts *facts)
{
	facts->profiles = xcalloc(p->n_profiles + 1, sizeof(*facts->profiles));
	facts->more_profiles = p->more_profiles;
	for (; facts->n_profiles < p->n_profiles; facts->n_profiles++) {
		const struct uki_profile *from = &p->profiles[facts->n_profiles];

		facts->profiles[facts->n_profiles] = (struct loader_profile){
			.text = copy(from->text),
			.cmdline = copy(from->cmdline),
			.os_release = copy(from->os_release),
			.has_initrd = from->initrd != NULL,
			.dtb = copy_tree(&from->dtb),
			.dtbauto = copy_tree(&from->dtbauto),
		};
	}
}

static bool recognise_uki(const struct efi_view *efi, struct loader_facts *facts)
{
	const struct pe_program *p = efi->program;

	if (p->kind != PE_KIND_UKI)
		return false;
	version_of(efi, facts);
	facts->cmdline = copy(p->cmdline);
	facts->uname = copy(p->uname);
	facts->os_release = copy(p->os_release);
	facts->linux_machine = p->linux_machine;
	facts->linux_looks = p->linux_looks;
	facts->linux_unified = p->linux_unified;
	facts->linux_is_kernel = p->linux_is_kernel;
	facts->has_initrd = p->initrd != NULL;
	facts->dtb = copy_tree(&p->dtb_tree);
	facts->dtbauto = copy_tree(&p->dtbauto_tree);
	copy_profiles(p, facts);
	return true;
}

static void choose_tree(struct section_tree *tree, const struct section_tree *of_profile)
{
	free(tree->compatible);
	*tree = *of_profile;
	tree->compatible = copy(of_profile->compatible);
}

const char *loader_choose_profile(struct loader_facts *facts, const char *options)
{
	unsigned long version = strtoul(facts->version, NULL, 10), number;
	const struct loader_profile *profile;
	char *end;

	if (options[0] != '@' || !isdigit((unsigned char)options[1]) || (version && version < 257))
		return options;
	number = strtoul(options + 1, &end, 10);
	if (*end && *end != ' ')
		return options;
	end += strspn(end, " ");
	if (number >= facts->n_profiles)
		return number ? NULL : end;
	profile = &facts->profiles[number];
	free(facts->cmdline);
	facts->cmdline = copy(profile->cmdline);
	facts->has_initrd = profile->has_initrd;
	choose_tree(&facts->dtb, &profile->dtb);
	choose_tree(&facts->dtbauto, &profile->dtbauto);
	return end;
}

static bool recognise_addon(const struct efi_view *efi, struct loader_facts *facts)
{
	if (efi->program->kind != PE_KIND_UKI_ADDON)
		return false;
	version_of(efi, facts);
	facts->cmdline = copy(efi->program->cmdline);
	facts->uname = copy(efi->program->uname);
	facts->has_initrd = efi->program->initrd != NULL;
	facts->dtb = copy_tree(&efi->program->dtb_tree);
	return true;
}

const struct loader_type loader_systemd_boot = {
	LOADER_SYSTEMD_BOOT,
	"systemd-boot",
	recognise_boot,
};
const struct loader_type loader_systemd_stub = {
	LOADER_SYSTEMD_STUB,
	"systemd-stub",
	recognise_stub,
};
const struct loader_type loader_uki_addon = { LOADER_UKI_ADDON, "addon of a unified kernel image",
	recognise_addon };
const struct loader_type loader_uki = { LOADER_UKI, "unified kernel image", recognise_uki };
