/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two that keep more than a boot entry in NVRAM: fwupd, whose capsule updates
 * go through BootNext, and machine owner keys (MOK), which exist in the
 * variables of the machine that enrolled them alone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nvram/mechanisms.h"
#include "rootfs/edit.h"

/* A key file: the value is a list separated by semicolons, so not the shell's idea of a value. */
static bool disables_capsules(const char *conf)
{
	for (const char *line = conf; *line; line += *line == '\n') {
		size_t len = strcspn(line, "\n");
		const char *plugin = strstr(line, "uefi_capsule");

		if (strncmp(line, "DisabledPlugins", 15) == 0 && plugin && plugin < line + len)
			return true;
		line += len;
	}
	return false;
}

static int detect_fwupd(const struct nvram_mechanism *m, const struct nvram_scene *scene,
	struct nvram_answer *a, struct err *err)
{
	static const char *const confs[] = { "/etc/fwupd/fwupd.conf", "/etc/fwupd/daemon.conf" };

	(void)m;
	if (!rootfs_exists(scene->root, "/usr/libexec/fwupd/fwupd") &&
		!rootfs_exists(scene->root, "/usr/lib/fwupd/fwupd"))
		return nvram_absent(a, "fwupd is not installed");
	for (size_t i = 0; i < ARRAY_SIZE(confs); i++) {
		struct text text CLEANUP(text_release) = TEXT_INIT;
		int ret = nvram_read(scene->root, confs[i], &text, err);

		if (ret < 0)
			return ret;
		if (disables_capsules(text_str(&text)))
			return nvram_off(a);
	}
	return nvram_active(a, confs[0],
		"fwupd may offer capsule updates, which boot through BootNext and write to the ESP");
}

/* Where the key goes: to a list that is there, else below the section's heading. */
struct fwupd_edit {
	bool list; /* there is a list of disabled plugins */
	bool done;
};

static bool has_list(void *ctx, const char *line, struct text *out)
{
	struct fwupd_edit *e = ctx;

	(void)out;
	e->list |= strncmp(line, "DisabledPlugins=", 16) == 0;
	return false;
}

static bool disable_capsules(void *ctx, const char *line, struct text *out)
{
	struct fwupd_edit *e = ctx;
	size_t n = strlen(line);

	if (e->done)
		return false;
	if (strncmp(line, "DisabledPlugins=", 16) == 0)
		text_printf(out, "%s%suefi_capsule", line, strchr("=;", line[n - 1]) ? "" : ";");
	else if (!e->list && strcmp(line, "[fwupd]") == 0)
		text_printf(out, "%s\nDisabledPlugins=uefi_capsule", line);
	else
		return false;
	e->done = true;
	return true;
}

static int stop_capsules(const struct nvram_mechanism *m, const struct nvram_scene *scene,
	int64_t mtime, struct err *err)
{
	static const char conf[] = "/etc/fwupd/fwupd.conf",
			  text[] = "[fwupd]\nDisabledPlugins=uefi_capsule\n";
	struct fwupd_edit e = { 0 };
	struct text old CLEANUP(text_release) = TEXT_INIT;
	int ret = rootfs_edit(scene->root, conf, has_list, &e, mtime, NULL, err);

	(void)m;
	if (ret == 0)
		ret = rootfs_edit(scene->root, conf, disable_capsules, &e, mtime, NULL, err);
	if (ret < 0 || e.done)
		return ret;
	ret = nvram_read(scene->root, conf, &old, err);
	if (ret == 0)
		ret = rootfs_mkdir_p(scene->root, "/etc/fwupd", mtime, err);
	text_puts(&old, text);
	return ret < 0 ? ret
		       : rootfs_write_file(scene->root, conf, ROOTFS_KEEP, text_str(&old), old.len,
				 mtime, err);
}

const struct nvram_mechanism nvram_fwupd = {
	.name = "fwupd",
	.done = "/etc/fwupd/fwupd.conf: DisabledPlugins has uefi_capsule now",
	.advice = "put DisabledPlugins=uefi_capsule into the [fwupd] section of "
		  "/etc/fwupd/fwupd.conf",
	.detect = detect_fwupd,
	.turn_off = stop_capsules,
};

static int detect_mok(const struct nvram_mechanism *m, const struct nvram_scene *scene,
	struct nvram_answer *a, struct err *err)
{
	/* Where dkms and update-secureboot-policy keep keys that mokutil is asked to enrol. */
	static const char *const keys[] = { "/var/lib/shim-signed/mok/MOK.der",
		"/var/lib/dkms/mok.pub", "/var/lib/dkms/mok.der" };

	(void)m;
	(void)err;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (rootfs_exists(scene->root, keys[i]))
			return nvram_active(a, keys[i],
				"modules signed with this key load under Secure Boot only on a "
				"machine whose MokList variable holds it");
	return nvram_off(a);
}

const struct nvram_mechanism nvram_mok = {
	.name = "mok",
	.advice = "sign by a key that is in the image's shim, or leave the modules out",
	.detect = detect_mok,
};
