/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NixOS: each rebuild writes boot entries when the configuration has
 * boot.loader.efi.canTouchEfiVariables = true (systemd-boot-builder.py then runs bootctl without
 * --no-variables, install-grub.pl grub-install without --no-nvram). GRUB goes to \EFI\BOOT alone with
 * boot.loader.grub.efiInstallAsRemovable. From nixpkgs, not run.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/match.h"
#include "base/xalloc.h"
#include "nvram/mechanisms.h"
#include "rootfs/edit.h"

#define FOLDER "/etc/nixos"
#define OPTION "canTouchEfiVariables"

/* Where the value of the option begins in a line that sets it to true; NULL: in none. */
static const char *set_to_true(const char *line)
{
	const char *comment = strchr(line, '#'), *p = strstr(line, OPTION);

	if (!p || (comment && comment < p))
		return NULL;
	p += strlen(OPTION);
	p += strspn(p, " \t");
	if (*p++ != '=')
		return NULL;
	p += strspn(p, " \t");
	return strncmp(p, "true", 4) == 0 ? p : NULL;
}

struct nix {
	bool found;
	bool grub;      /* GRUB is the loader, by the same file */
	bool removable; /* and goes to \EFI\BOOT by it */
};

static bool look(void *ctx, const char *line, struct text *out)
{
	struct nix *n = ctx;
	const char *comment = strchr(line, '#'), *p;

	(void)out;
	n->found |= set_to_true(line) != NULL;
	p = strstr(line, "efiSupport");
	n->grub |= p && (!comment || p < comment) && strstr(p, "true");
	n->removable |= strstr(line, "efiInstallAsRemovable") != NULL;
	return false;
}

static bool turn_to_false(void *ctx, const char *line, struct text *out)
{
	const struct nix *n = ctx;
	const char *value = set_to_true(line);
	size_t indent = strspn(line, " \t");

	if (!value)
		return false;
	text_printf(out, "%.*sfalse%s", (int)(value - line), line, value + 4);
	/* The option has this full name only where nothing encloses it. */
	if (n->grub && !n->removable && strncmp(line + indent, "boot.loader.efi.", 16) == 0)
		text_printf(out, "\n%.*sboot.loader.grub.efiInstallAsRemovable = true;",
			(int)indent, line);
	return true;
}

/* Every *.nix of the folder; the last one that sets it in *where. */
static int each(
	const struct nvram_scene *scene, bool change, int64_t mtime, char **where, struct err *err)
{
	struct rootfs_dir dir CLEANUP(rootfs_dir_release) = { 0 };
	int ret = rootfs_list(scene->root, FOLDER, &dir, err);

	if (ret == -ENOENT || ret == -ENOTDIR) {
		err_clear(err);
		return 0;
	}
	for (size_t i = 0; ret == 0 && i < dir.n; i++) {
		CLEANUP(xfree) char *path = xasprintf(FOLDER "/%s", dir.v[i].name);
		struct nix n = { 0 };

		if (dir.v[i].type != ROOTFS_FILE || !ends_with(path, ".nix"))
			continue;
		ret = rootfs_edit(scene->root, path, look, &n, mtime, NULL, err);
		if (ret == 0 && n.found && change)
			ret = rootfs_edit(scene->root, path, turn_to_false, &n, mtime, NULL, err);
		if (ret == 0 && n.found && !change) {
			free(*where);
			*where = xstrdup(path);
		}
	}
	return ret;
}

static int detect_nixos(const struct nvram_mechanism *m, const struct nvram_scene *scene,
	struct nvram_answer *a, struct err *err)
{
	CLEANUP(xfree) char *where = NULL;
	int ret;

	(void)m;
	if (!os_release_is_like(&scene->inventory->os, "nixos"))
		return nvram_absent(a, "the guest is not NixOS");
	ret = each(scene, false, 0, &where, err);
	if (ret < 0)
		return ret;
	if (!where)
		return nvram_off(a);
	return nvram_active(
		a, where, OPTION " is true: every nixos-rebuild writes boot entries to NVRAM");
}

static int stop_nixos(const struct nvram_mechanism *m, const struct nvram_scene *scene,
	int64_t mtime, struct err *err)
{
	(void)m;
	return each(scene, true, mtime, NULL, err);
}

const struct nvram_mechanism nvram_nixos_variables = {
	.name = "nixos-variables",
	.done = "boot.loader.efi." OPTION " is false now, from the next nixos-rebuild on",
	.advice = "set boot.loader.efi." OPTION " = false, and with GRUB "
		  "boot.loader.grub.efiInstallAsRemovable = true",
	.detect = detect_nixos,
	.turn_off = stop_nixos,
};
