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
		struct buf text CLEANUP(buf_release) = BUF_INIT;
		int ret = nvram_read(scene->root, confs[i], &text, err);

		if (ret < 0)
			return ret;
		if (disables_capsules(buf_str(&text)))
			return nvram_off(a);
	}
	return nvram_active(a, confs[0],
		"fwupd may offer capsule updates, which boot through BootNext and write to the ESP");
}

const struct nvram_mechanism nvram_fwupd = {
	.name = "fwupd",
	.advice = "put DisabledPlugins=uefi_capsule into the [fwupd] section of "
		  "/etc/fwupd/fwupd.conf",
	.detect = detect_fwupd,
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
