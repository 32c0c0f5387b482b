/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd: the service that updates systemd-boot, the random seed on the ESP
 * that goes with a token in NVRAM, and kernel-install's plugin that sets
 * BootNext. From systemd 252 and 257, and Fedora's systemd-udev.
 *
 * Debian's systemd-boot-update.service has --no-variables from the start;
 * upstream's has not, so what ExecStart says after all drop-ins is what counts.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "esp/esp.h"
#include "nvram/mechanisms.h"

#define UPDATE_UNIT   "systemd-boot-update.service"
#define UPDATE_DROPIN "/etc/systemd/system/" UPDATE_UNIT ".d/no-variables.conf"

static const char *const unit_dirs[] = { "/etc/systemd/system", "/usr/lib/systemd/system",
	"/lib/systemd/system" };

static bool is_masked(struct rootfs *root, const char *path)
{
	char *target = NULL;
	bool masked;

	if (rootfs_readlink(root, path, &target, NULL) < 0)
		return false;
	masked = strcmp(target, "/dev/null") == 0;
	free(target);
	return masked;
}

static bool is_enabled(struct rootfs *root, const char *unit)
{
	for (size_t i = 0; i < ARRAY_SIZE(unit_dirs); i++) {
		char *link CLEANUP(xfree) = xasprintf(
			"%s/sysinit.target.wants/%s", unit_dirs[i], unit);
		struct rootfs_stat st;

		if (rootfs_lstat(root, link, &st, NULL) == 0)
			return true;
	}
	return false;
}

/* Appends the unit's text and that of its drop-ins, in the order in which systemd reads them. */
static int read_unit(struct rootfs *root, const char *unit, struct text *text, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(unit_dirs) && !text->len; i++) {
		char *path CLEANUP(xfree) = xasprintf("%s/%s", unit_dirs[i], unit);

		ret = nvram_read(root, path, text, err);
	}
	/* /etc has the last word; /lib is /usr/lib wherever systemd is this new. */
	for (size_t i = 2; ret == 0 && i-- > 0;) {
		char *dir CLEANUP(xfree) = xasprintf("%s/%s.d", unit_dirs[i], unit);

		ret = nvram_read_all(root, dir, ".conf", text, err);
	}
	return ret;
}

/* Whether, after all of text, some ExecStart= runs bootctl free to write variables. */
static bool writes_variables(const char *text)
{
	bool writes = false;

	for (const char *line = text; *line; line += *line == '\n') {
		size_t len = strcspn(line, "\n");

		if (strncmp(line, "ExecStart=", 10) == 0) {
			char *command CLEANUP(xfree) = xstrndup(line + 10, len - 10);

			if (!command[strspn(command, " \t\r")])
				writes = false;
			else if (strstr(command, "bootctl") && !strstr(command, "--no-variables"))
				writes = true;
		}
		line += len;
	}
	return writes;
}

static int detect_update(const struct nvram_mechanism *m, const struct nvram_scene *scene,
	struct nvram_answer *a, struct err *err)
{
	struct text text CLEANUP(text_release) = TEXT_INIT;
	int ret;

	(void)m;
	if (scene->esp && !esp_find(scene->esp, ESP_SYSTEMD_BOOT, ESP_ARCH_NONE) &&
		!esp_find(scene->esp, ESP_LOADER_CONF, ESP_ARCH_NONE))
		return nvram_absent(a, "systemd-boot is not on the ESP");
	if (is_masked(scene->root, "/etc/systemd/system/" UPDATE_UNIT))
		return nvram_off(a);
	ret = read_unit(scene->root, UPDATE_UNIT, &text, err);
	if (ret < 0)
		return ret;
	if (!text.len)
		return nvram_absent(a, UPDATE_UNIT " is not installed");
	if (!is_enabled(scene->root, UPDATE_UNIT) || !writes_variables(text_str(&text)))
		return nvram_off(a);
	return nvram_active(a, UPDATE_UNIT,
		"after every update of systemd, bootctl adds its boot entry to NVRAM again");
}

static int stop_update(const struct nvram_mechanism *m, const struct nvram_scene *scene,
	int64_t mtime, struct err *err)
{
	static const char dropin[] = "# The boot entry is the removable path; NVRAM is not kept.\n"
				     "[Service]\n"
				     "ExecStart=\n"
				     "ExecStart=bootctl --no-variables --graceful update\n";
	int ret = rootfs_mkdir_p(scene->root, "/etc/systemd/system/" UPDATE_UNIT ".d", mtime, err);

	(void)m;
	if (ret < 0)
		return ret;
	return rootfs_write_file(
		scene->root, UPDATE_DROPIN, 0644, dropin, sizeof(dropin) - 1, mtime, err);
}

const struct nvram_mechanism nvram_systemd_boot_update = {
	.name = "systemd-boot-update",
	.done = UPDATE_DROPIN " added, so that updates of systemd-boot leave NVRAM alone",
	.advice = "add a drop-in to " UPDATE_UNIT " that runs bootctl with --no-variables",
	.detect = detect_update,
	.turn_off = stop_update,
};

static int detect_seed(const struct nvram_mechanism *m, const struct nvram_scene *scene,
	struct nvram_answer *a, struct err *err)
{
	const struct esp_file *seed;

	(void)m;
	(void)err;
	if (!scene->esp)
		return nvram_absent(a, "there is no ESP");
	seed = esp_find(scene->esp, ESP_RANDOM_SEED, ESP_ARCH_NONE);
	if (!seed)
		return nvram_off(a);
	return nvram_active(a, seed->path,
		"every copy of the image starts from this seed, which is safe only together with "
		"a LoaderSystemToken in each machine's own NVRAM");
}

static int remove_seed(const struct nvram_mechanism *m, const struct nvram_scene *scene,
	int64_t mtime, struct err *err)
{
	(void)m;
	(void)mtime;
	return rootfs_remove(scene->esp_files, "/loader/random-seed", err);
}

const struct nvram_mechanism nvram_random_seed = {
	.name = "random-seed",
	.done = "\\loader\\random-seed is deleted; each machine makes its own",
	.advice = "delete \\loader\\random-seed; each machine makes its own",
	.detect = detect_seed,
	.turn_off = remove_seed,
};

#define UKI_PLUGIN "99-uki-uefi-setup.install"

static int detect_uki_setup(const struct nvram_mechanism *m, const struct nvram_scene *scene,
	struct nvram_answer *a, struct err *err)
{
	static const char *const files[] = { "/usr/lib/kernel/install.d/" UKI_PLUGIN,
		"/lib/kernel/install.d/" UKI_PLUGIN, "/etc/kernel/install.d/" UKI_PLUGIN };
	struct rootfs_stat st;

	(void)m;
	(void)err;
	if (is_masked(scene->root, "/etc/kernel/install.d/" UKI_PLUGIN))
		return nvram_off(a);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (rootfs_stat(scene->root, files[i], &st, NULL) == 0 && st.size)
			return nvram_active(a, files[i],
				"installing a kernel sets BootNext and adds a boot entry");
	return nvram_absent(a, "kernel-install has no " UKI_PLUGIN);
}

static int stop_uki_setup(const struct nvram_mechanism *m, const struct nvram_scene *scene,
	int64_t mtime, struct err *err)
{
	int ret = rootfs_mkdir_p(scene->root, "/etc/kernel/install.d", mtime, err);

	(void)m;
	if (ret < 0)
		return ret;
	return rootfs_symlink(
		scene->root, "/dev/null", "/etc/kernel/install.d/" UKI_PLUGIN, mtime, err);
}

const struct nvram_mechanism nvram_kernel_install_uki = {
	.name = "kernel-install-uki",
	.done = "/etc/kernel/install.d/" UKI_PLUGIN
		" masked, so that new kernels leave NVRAM alone",
	.advice = "ln -s /dev/null /etc/kernel/install.d/" UKI_PLUGIN,
	.detect = detect_uki_setup,
	.turn_off = stop_uki_setup,
};
