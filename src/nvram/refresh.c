/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the guest's next update keeps \EFI\BOOT whole and current: what the package of the boot
 * loader does there, a file for each family. See refresh.h.
 */
#include "nvram/refresh.h"

#include <errno.h>
#include <string.h>

#include "base/xalloc.h"
#include "esp/esp.h"
#include "pe/pe.h"

#define PROGRAM_MAX ((uint64_t)32 << 20)

bool refresh_is_os(const struct nvram_scene *scene, const char *id)
{
	return os_release_is_like(&scene->inventory->os, id);
}

bool refresh_is_plain(const char *name)
{
	size_t n = strspn(
		name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+");

	return n && !name[n] && name[0] != '.';
}

/* Whether a program is GRUB: its modules are a section of it. */
static bool is_grub(struct fat *fat, const struct esp_file *file)
{
	CLEANUP(buf_release) struct buf bytes = BUF_INIT;
	CLEANUP(pe_release) struct pe pe = { 0 };
	struct pe_memory memory;
	struct pe_source source;

	if (fat_read_all(fat, &file->entry, PROGRAM_MAX, &bytes, NULL) < 0)
		return false;
	memory = (struct pe_memory){ buf_bytes(&bytes), bytes.len };
	source = pe_source_memory(&memory);
	return pe_read(&pe, &source, NULL) == 0 && pe_section(&pe, "mods", 0);
}

bool refresh_has_grub(const struct nvram_scene *scene)
{
	const struct esp_inventory *esp = scene->esp;
	const struct esp_file *fallback;

	if (!esp)
		return true;
	fallback = esp_find(esp, ESP_FALLBACK, ESP_AA64);
	if (!fallback || esp_find(esp, ESP_SYSTEMD_BOOT, ESP_ARCH_NONE))
		return false;
	/* Its configuration may be in the root file system, where its prefix leads. */
	return esp_find(esp, ESP_GRUB_CFG, ESP_ARCH_NONE) || esp_find(esp, ESP_GRUB, ESP_AA64) ||
	       is_grub(scene->fat, fallback);
}

int refresh_esp_mount(const struct nvram_scene *scene, char **folder, struct err *err)
{
	static const char *const usual[] = { "/boot/efi", "/efi", "/boot" };
	struct fstab tab CLEANUP(fstab_release) = { 0 };
	int ret = mounts_read(scene->root, &scene->parts, &tab, err);

	*folder = NULL;
	for (size_t i = 0; ret == 0 && !*folder && i < ARRAY_SIZE(usual); i++) {
		const struct fstab_line *line = fstab_find(&tab, usual[i]);

		if (line && (strcmp(line->type, "vfat") == 0 || strcmp(line->type, "auto") == 0))
			*folder = xstrdup(usual[i]);
	}
	return ret;
}

int refresh_esp_folder(const struct nvram_scene *scene, char **folder, struct err *err)
{
	int ret = refresh_esp_mount(scene, folder, err);

	if (!*folder)
		*folder = xstrdup("/boot/efi");
	return ret;
}

static bool refreshes(const char *text)
{
	CLEANUP(xfree) char *copied = xstrdup(text);
	char *save = NULL;

	for (char *line = strtok_r(copied, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (line[strspn(line, " \t")] != '#' && strstr(line, "grub-install") &&
			(strstr(line, "--removable") || strstr(line, "--force-extra-removable") ||
				strcasestr(line, "bootaa64")))
			return true;
	return false;
}

int refresh_judge(const struct nvram_scene *scene, struct nvram_answer *a, const char *where,
	const char *suffix, const char *what, struct err *err)
{
	struct text text CLEANUP(text_release) = TEXT_INIT;
	int ret = suffix ? nvram_read_all(scene->root, where, suffix, &text, err)
			 : nvram_read(scene->root, where, &text, err);

	if (ret < 0)
		return ret;
	return refreshes(text_str(&text)) ? nvram_off(a) : nvram_active(a, where, "%s", what);
}

int refresh_command(const struct nvram_scene *scene, char **command, struct err *err)
{
	CLEANUP(xfree) char *folder = NULL;
	int ret = refresh_esp_folder(scene, &folder, err);

	*command = xasprintf(
		"grub-install --target=arm64-efi --efi-directory=%s --removable --no-nvram",
		folder);
	return ret;
}

static const struct refresh_family *const families[] = {
	&refresh_debian,
	&refresh_systemd,
	&refresh_alpine,
	&refresh_arch,
	&refresh_rpm,
};

/* NULL: none of them. */
static int find_family(
	const struct nvram_scene *scene, const struct refresh_family **family, struct err *err)
{
	*family = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		int ret = families[i]->has(scene, err);

		if (ret < 0)
			return ret;
		if (ret) {
			*family = families[i];
			return 0;
		}
	}
	return 0;
}

static int detect(const struct nvram_mechanism *m, const struct nvram_scene *scene,
	struct nvram_answer *a, struct err *err)
{
	const struct refresh_family *family;
	int ret = find_family(scene, &family, err);

	(void)m;
	if (ret < 0)
		return ret;
	if (!family)
		return nvram_absent(a, "no package is known here that writes a loader to the ESP");
	return family->detect(scene, a, err);
}

static int turn_on(const struct nvram_mechanism *m, const struct nvram_scene *scene, int64_t mtime,
	struct err *err)
{
	const struct refresh_family *family;
	int ret = find_family(scene, &family, err);

	(void)m;
	if (ret == 0 && !family)
		ret = err_set(err, ENOENT, "no such family");
	return ret < 0 ? ret : family->keep(scene, mtime, err);
}

const struct nvram_mechanism nvram_fallback_refresh = {
	.name = "fallback-refresh",
	.done = "the loader's updates keep \\EFI\\BOOT whole and current now",
	.advice = "see to it that they do: armvm-image explain nvram.fallback-refresh",
	.detect = detect,
	.turn_off = turn_on,
};
