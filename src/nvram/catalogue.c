/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The catalogue of NVRAM reliance, and what its rows share. See nvram.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/match.h"
#include "base/xalloc.h"
#include "nvram/mechanisms.h"

static const struct nvram_mechanism *const mechanisms[] = {
	&nvram_debian_update,
	&nvram_debian_removable,
	&nvram_ubuntu_update,
	&nvram_ubuntu_removable,
	&nvram_suse_update,
	&nvram_systemd_boot_update,
	&nvram_random_seed,
	&nvram_kernel_install_uki,
	&nvram_boot_entry_hook,
	&nvram_mok,
	&nvram_fwupd,
	&nvram_bootupd,
	&nvram_secure_boot_enroll,
	&nvram_fallback_refresh,
	&nvram_nixos_variables,
};

const struct nvram_mechanism *nvram_mechanism(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(mechanisms); i++)
		if (strcmp(mechanisms[i]->name, name) == 0)
			return mechanisms[i];
	return NULL;
}

int nvram_turn_off_all(
	const struct nvram_scene *scene, int64_t mtime, struct strlist *changes, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(mechanisms); i++) {
		struct nvram_answer a CLEANUP(nvram_answer_release) = { 0 };
		const struct nvram_mechanism *m = mechanisms[i];
		int ret;

		if (!m->turn_off)
			continue;
		ret = m->detect(m, scene, &a, err);
		if (ret == 0 && a.state == NVRAM_ACTIVE) {
			ret = m->turn_off(m, scene, mtime, err);
			strlist_add(changes, m->done);
		}
		if (ret < 0)
			return err_push(err, "turning off %s", m->name);
	}
	return 0;
}

void nvram_answer_release(struct nvram_answer *a)
{
	free(a->where);
	free(a->what);
	free(a->reason);
	*a = (struct nvram_answer){ 0 };
}

static char *format(const char *fmt, va_list ap)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	return text;
}

int nvram_absent(struct nvram_answer *a, const char *reason, ...)
{
	va_list ap;

	a->state = NVRAM_ABSENT;
	va_start(ap, reason);
	a->reason = format(reason, ap);
	va_end(ap);
	return 0;
}

int nvram_off(struct nvram_answer *a)
{
	a->state = NVRAM_OFF;
	return 0;
}

int nvram_active(struct nvram_answer *a, const char *where, const char *what, ...)
{
	va_list ap;

	a->state = NVRAM_ACTIVE;
	a->where = xstrdup(where);
	va_start(ap, what);
	a->what = format(what, ap);
	va_end(ap);
	return 0;
}

static bool is_none(int ret)
{
	return ret == -ENOENT || ret == -ENOTDIR;
}

int nvram_read(struct rootfs *root, const char *path, struct text *out, struct err *err)
{
	int ret = rootfs_read_text(root, path, NVRAM_FILE_MAX, out, err);

	if (is_none(ret) || ret == -EISDIR) {
		err_clear(err);
		return 0;
	}
	return ret < 0 ? err_push(err, "%s", path) : 0;
}

int nvram_read_all(
	struct rootfs *root, const char *dir, const char *suffix, struct text *out, struct err *err)
{
	struct rootfs_dir list CLEANUP(rootfs_dir_release) = { 0 };
	int ret = rootfs_list(root, dir, &list, err);

	if (is_none(ret)) {
		err_clear(err);
		return 0;
	}
	for (size_t i = 0; ret == 0 && i < list.n; i++) {
		char *path CLEANUP(xfree) = xasprintf("%s/%s", dir, list.v[i].name);

		if (!ends_with(list.v[i].name, suffix))
			continue;
		ret = nvram_read(root, path, out, err);
		text_puts(out, "\n");
	}
	return ret;
}

/* Whether the stanza of package name in dpkg's status says that it is installed. */
static bool is_installed(const char *status, const char *name)
{
	char *heading CLEANUP(xfree) = xasprintf("Package: %s\n", name);

	for (const char *p = status; (p = strstr(p, heading)); p++) {
		const char *end, *state;

		if (p != status && p[-1] != '\n')
			continue;
		end = strstr(p, "\n\n");
		state = strstr(p, "\nStatus: install ok installed\n");
		if (state && (!end || state < end))
			return true;
	}
	return false;
}

int nvram_has_package(struct rootfs *root, const char *const names[], bool *has, struct err *err)
{
	struct buf status CLEANUP(buf_release) = BUF_INIT;
	int ret = rootfs_read_file(root, "/var/lib/dpkg/status", 16u << 20, &status, err);

	*has = false;
	if (is_none(ret)) {
		err_clear(err);
		return 0;
	}
	for (size_t i = 0; ret == 0 && names[i] && !*has; i++)
		*has = is_installed(buf_text(&status), names[i]);
	return ret < 0 ? err_push(err, "/var/lib/dpkg/status") : 0;
}
