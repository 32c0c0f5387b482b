/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd-boot's enrolment of Secure Boot keys (systemd 252 and newer): with keys in
 * \loader\keys\auto and a firmware in setup mode it enrols them, in virtual
 * machines without being asked (`if-safe`, the default of secure-boot-enroll), and
 * resets the machine, which then starts nothing that these keys have not signed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "fat/fat.h"
#include "nvram/mechanisms.h"
#include "rootfs/edit.h"

#define LOADER_CONF "/loader/loader.conf"
#define KEYS        "/loader/keys/auto"
#define KEY         "secure-boot-enroll"

static int find_key(void *arg, const char *path, const struct fat_entry *entry)
{
	bool *found = arg;
	size_t n = strlen(entry->name);

	(void)path;
	*found |= !entry->is_dir && n > 5 && strcasecmp(entry->name + n - 5, ".auth") == 0;
	return 0;
}

static bool has_keys(struct fat *fat)
{
	struct fat_entry dir;
	bool found = false;

	return fat_lookup(fat, KEYS, &dir, NULL) == 0 && dir.is_dir &&
	       fat_list(fat, &dir, find_key, &found, NULL) == 0 && found;
}

/* What the last line with the key says; "" when there is none. */
static void read_setting(const char *conf, char value[32])
{
	value[0] = '\0';
	for (const char *line = conf; *line; line += *line == '\n') {
		size_t len = strcspn(line, "\n"), n = strlen(KEY);

		if (len > n && strncmp(line, KEY, n) == 0 && strchr(" \t", line[n])) {
			const char *p = line + n + strspn(line + n, " \t");
			size_t word = strcspn(p, " \t\r\n");

			if (word < 32) {
				memcpy(value, p, word);
				value[word] = '\0';
			}
		}
		line += len;
	}
}

static int detect_enroll(const struct nvram_mechanism *m, const struct nvram_scene *scene,
	struct nvram_answer *a, struct err *err)
{
	struct buf conf CLEANUP(buf_release) = BUF_INIT;
	char value[32];
	int ret;

	(void)m;
	if (!scene->fat)
		return nvram_absent(a, "there is no ESP");
	if (!has_keys(scene->fat))
		return nvram_absent(a, "there are no keys in \\loader\\keys\\auto");
	ret = fat_read_path(scene->fat, LOADER_CONF, NVRAM_FILE_MAX, &conf, err);
	if (ret < 0 && ret != -ENOENT && ret != -ENOTDIR)
		return ret;
	err_clear(err);
	read_setting(buf_text(&conf), value);
	if (strcmp(value, "off") == 0 || strcmp(value, "manual") == 0)
		return nvram_off(a);
	return nvram_active(a, "\\loader\\loader.conf",
		KEY " is %s: in a virtual machine in setup mode systemd-boot enrols the keys in "
		    "\\loader\\keys\\auto by itself and resets the machine",
		*value ? value : "not set (if-safe)");
}

static bool set_off(void *ctx, const char *line, struct text *out)
{
	bool *done = ctx;

	if (strncmp(line, KEY, strlen(KEY)) != 0)
		return false;
	text_puts(out, KEY " off");
	*done = true;
	return true;
}

static int stop_enroll(const struct nvram_mechanism *m, const struct nvram_scene *scene,
	int64_t mtime, struct err *err)
{
	struct text conf CLEANUP(text_release) = TEXT_INIT;
	bool done = false;
	int ret = rootfs_edit(scene->esp_files, LOADER_CONF, set_off, &done, mtime, NULL, err);

	(void)m;
	if (ret < 0 || done)
		return ret;
	ret = rootfs_read_text(scene->esp_files, LOADER_CONF, NVRAM_FILE_MAX, &conf, err);
	if (ret < 0 && ret != -ENOENT)
		return ret;
	if (conf.len && text_str(&conf)[conf.len - 1] != '\n')
		text_puts(&conf, "\n");
	text_puts(&conf, KEY " off\n");
	return rootfs_write_file(
		scene->esp_files, LOADER_CONF, ROOTFS_KEEP, text_str(&conf), conf.len, mtime, err);
}

const struct nvram_mechanism nvram_secure_boot_enroll = {
	.name = "secure-boot-enroll",
	.done = "\\loader\\loader.conf: " KEY " is off now; keys are enrolled by who wants to",
	.advice = "put \"" KEY " off\" into \\loader\\loader.conf",
	.detect = detect_enroll,
	.turn_off = stop_enroll,
};
