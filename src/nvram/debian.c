/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debian's and Ubuntu's GRUB packages. The postinst of grub-efi-arm64, and that
 * of shim-signed, run grub-install on every update when \EFI\<distributor> is
 * there; debconf's answers decide how:
 *
 *	grub2/update_nvram			Debian, Ubuntu; false: --no-nvram
 *	grub2/force_efi_extra_removable		Debian; true: \EFI\BOOT is refreshed too
 *	grub2/no_efi_extra_removable		Ubuntu; true: \EFI\BOOT is left alone
 *
 * Unset they mean true, false and false (templates of grub2 2.06 and 2.12). Debian's were run
 * (tests/distro/updates.t); Ubuntu's are from its packages, not run.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "nvram/mechanisms.h"
#include "rootfs/debconf.h"

#define PACKAGE "grub-efi-arm64"

static const char *const packages[] = { "grub-efi-arm64", "shim-signed", NULL };

struct question {
	const char *distribution; /* os-release's ID */
	const char *name;
	const char *unset; /* what an unset answer amounts to */
	const char *wanted;
	const char *effect; /* of another answer than the wanted one */
};

/* Ubuntu says that it is like Debian, so ID itself decides first. */
static bool is_distribution(const struct os_release *os, const char *id)
{
	bool ubuntu = (os->id && strcmp(os->id, "ubuntu") == 0) || os_release_is_like(os, "ubuntu");

	if (strcmp(id, "ubuntu") == 0)
		return ubuntu;
	return !ubuntu && os_release_is_like(os, id);
}

static int detect(const struct nvram_mechanism *m, const struct nvram_scene *scene,
	struct nvram_answer *a, struct err *err)
{
	const struct question *q = m->detail;
	struct text text CLEANUP(text_release) = TEXT_INIT;
	char *value;
	bool has, right;
	int ret;

	if (!is_distribution(&scene->inventory->os, q->distribution))
		return nvram_absent(a, "the guest is not %s", q->distribution);
	ret = nvram_has_package(scene->root, packages, &has, err);
	if (ret < 0)
		return ret;
	if (!has)
		return nvram_absent(a, "neither %s nor shim-signed is installed", PACKAGE);
	ret = nvram_read(scene->root, DEBCONF_CONFIG, &text, err);
	if (ret < 0)
		return ret;
	value = debconf_get(text_str(&text), q->name);
	right = strcmp(value && *value ? value : q->unset, q->wanted) == 0;
	if (!right)
		nvram_active(a, DEBCONF_CONFIG, "%s is %s: %s", q->name,
			value && *value ? value : "not set", q->effect);
	free(value);
	return right ? nvram_off(a) : 0;
}

static int answer(const struct nvram_mechanism *m, const struct nvram_scene *scene, int64_t mtime,
	struct err *err)
{
	const struct question *q = m->detail;
	struct text text CLEANUP(text_release) = TEXT_INIT,
			 changed CLEANUP(text_release) = TEXT_INIT;
	int ret = nvram_read(scene->root, DEBCONF_CONFIG, &text, err);

	if (ret == 0)
		ret = rootfs_mkdir_p(scene->root, "/var/cache/debconf", mtime, err);
	if (ret < 0)
		return ret;
	debconf_set(text_str(&text), q->name, q->wanted, PACKAGE, &changed);
	return rootfs_write_file(
		scene->root, DEBCONF_CONFIG, 0644, text_str(&changed), changed.len, mtime, err);
}

#define UPDATE_EFFECT "every update of " PACKAGE " or shim-signed writes a boot entry to NVRAM"
#define REMOVABLE_EFFECT                                                                           \
	"updates of " PACKAGE " and shim-signed leave \\EFI\\BOOT as it is, until it no longer "   \
	"fits the modules in /boot/grub"

static const struct question update_debian = { "debian", "grub2/update_nvram", "true", "false",
	UPDATE_EFFECT };
static const struct question update_ubuntu = { "ubuntu", "grub2/update_nvram", "true", "false",
	UPDATE_EFFECT };
static const struct question removable_debian = { "debian", "grub2/force_efi_extra_removable",
	"false", "true", REMOVABLE_EFFECT };
static const struct question removable_ubuntu = { "ubuntu", "grub2/no_efi_extra_removable", "false",
	"false", REMOVABLE_EFFECT };

/* How a person in the guest gives both of a distribution's answers. */
#define SELECTIONS(question, value)                                                                \
	"in the guest: printf '%s\\n' '" PACKAGE " grub2/update_nvram boolean false' '" PACKAGE    \
	" " question " boolean " value "' | debconf-set-selections"
#define DEBIAN_SELECTIONS SELECTIONS("grub2/force_efi_extra_removable", "true")
#define UBUNTU_SELECTIONS SELECTIONS("grub2/no_efi_extra_removable", "false")

#define DONE(question, value, effect)                                                              \
	"debconf: " question " is " value " now, so that GRUB's updates " effect

const struct nvram_mechanism nvram_debian_update = {
	.name = "debian-update",
	.done = DONE("grub2/update_nvram", "false", "leave NVRAM alone"),
	.advice = DEBIAN_SELECTIONS,
	.detail = &update_debian,
	.detect = detect,
	.turn_off = answer,
};

const struct nvram_mechanism nvram_debian_removable = {
	.name = "debian-removable",
	.done = DONE("grub2/force_efi_extra_removable", "true", "refresh \\EFI\\BOOT"),
	.advice = DEBIAN_SELECTIONS,
	.detail = &removable_debian,
	.detect = detect,
	.turn_off = answer,
};

const struct nvram_mechanism nvram_ubuntu_update = {
	.name = "ubuntu-update",
	.done = DONE("grub2/update_nvram", "false", "leave NVRAM alone"),
	.advice = UBUNTU_SELECTIONS,
	.detail = &update_ubuntu,
	.detect = detect,
	.turn_off = answer,
};

const struct nvram_mechanism nvram_ubuntu_removable = {
	.name = "ubuntu-removable",
	.done = DONE("grub2/no_efi_extra_removable", "false", "refresh \\EFI\\BOOT"),
	.advice = UBUNTU_SELECTIONS,
	.detail = &removable_ubuntu,
	.detect = detect,
	.turn_off = answer,
};
