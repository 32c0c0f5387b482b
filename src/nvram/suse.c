/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SUSE: perl-bootloader's update-bootloader, which packages run after
 * updates, registers a boot entry unless /etc/sysconfig/bootloader has
 * UPDATE_NVRAM="no". From its package, not run.
 */
#include <stdlib.h>
#include <string.h>

#include "nvram/mechanisms.h"
#include "rootfs/edit.h"

#define SYSCONFIG "/etc/sysconfig/bootloader"

static int detect_suse(const struct nvram_mechanism *m, const struct nvram_scene *scene,
	struct nvram_answer *a, struct err *err)
{
	struct text text CLEANUP(text_release) = TEXT_INIT;
	char *value;
	bool off;
	int ret;

	(void)m;
	if (!os_release_is_like(&scene->inventory->os, "suse") &&
		!os_release_is_like(&scene->inventory->os, "opensuse"))
		return nvram_absent(a, "the guest is not SUSE");
	ret = nvram_read(scene->root, SYSCONFIG, &text, err);
	if (ret < 0)
		return ret;
	if (!text.len)
		return nvram_absent(a, "there is no " SYSCONFIG);
	value = shell_assignment(text_str(&text), "UPDATE_NVRAM");
	off = value && strcmp(value, "no") == 0;
	free(value);
	if (off)
		return nvram_off(a);
	return nvram_active(a, SYSCONFIG,
		"UPDATE_NVRAM is not \"no\": every update of the boot loader writes a boot entry to "
		"NVRAM");
}

static int say_no(const struct nvram_mechanism *m, const struct nvram_scene *scene, int64_t mtime,
	struct err *err)
{
	(void)m;
	return rootfs_set_assignment(scene->root, SYSCONFIG, "UPDATE_NVRAM", "\"no\"", mtime, err);
}

const struct nvram_mechanism nvram_suse_update = {
	.name = "suse-update",
	.done = SYSCONFIG ": UPDATE_NVRAM is \"no\" now, so that updates leave NVRAM alone",
	.advice = "set UPDATE_NVRAM=\"no\" in " SYSCONFIG,
	.detect = detect_suse,
	.turn_off = say_no,
};
