/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which drivers a kernel has: its configuration, modules.builtin and
 * modules.dep. Module names are compared as the kernel does: '-' is '_', folders and compression do not count.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/xalloc.h"
#include "rootfs/kconfig.h"
#include "rootfs/kernels.h"

#define MAX_CONFIG ((size_t)1024 * 1024)
#define MAX_LIST   ((size_t)4 * 1024 * 1024)

bool module_name(const char *path, size_t len, char name[MODULE_NAME_MAX])
{
	const char *slash = memrchr(path, '/', len);
	const char *base = slash ? slash + 1 : path;
	size_t left = len - (size_t)(base - path);
	const char *dot = memmem(base, left, ".ko", 3);
	size_t n = dot ? (size_t)(dot - base) : 0;

	/* ".ko", or ".ko." and a compression. */
	if (n == 0 || n >= MODULE_NAME_MAX || (n + 3 < left && base[n + 3] != '.'))
		return false;
	for (size_t i = 0; i < n; i++)
		name[i] = base[i] == '-' ? '_' : base[i];
	name[n] = '\0';
	return true;
}

/* Adds the modules that the lines of text begin with, up to a colon. */
static int add_lines(struct strlist *list, const char *text, struct err *err)
{
	for (const char *p = text; *p; p += *p == '\n') {
		char name[MODULE_NAME_MAX];

		if (list->n == MODULES_MAX)
			return err_set(err, EFBIG, "the kernel has over %d modules", MODULES_MAX);
		if (module_name(p, strcspn(p, ":\n"), name))
			strlist_add(list, name);
		p += strcspn(p, "\n");
	}
	strlist_sort(list);
	return 0;
}

/* Reads folder/name when it is there. */
static int read_if_there(struct rootfs *fs, const char *folder, const char *name, size_t max,
	struct buf *out, bool *there, struct err *err)
{
	CLEANUP(xfree) char *path = xasprintf("%s%s", folder, name);
	int r = rootfs_read_file(fs, path, max, out, err);

	*there = r == 0;
	if (!rootfs_is_missing(r))
		return r;
	err_clear(err);
	return 0;
}

int kernel_drivers_read(struct kernel_drivers *kd, const struct guest_kernel *kernel,
	struct rootfs *root, struct err *err)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	int r = 0;

	if (kernel->config)
		r = read_if_there(kernel->fs, kernel->config, "", MAX_CONFIG, &kd->config,
			&kd->have_config, err);
	if (r < 0 || !kernel->modules)
		return r;
	if (!kd->have_config)
		r = read_if_there(root, kernel->modules, "/config", MAX_CONFIG, &kd->config,
			&kd->have_config, err);
	if (r == 0)
		r = read_if_there(root, kernel->modules, "/modules.builtin", MAX_LIST, &text,
			&kd->have_builtin, err);
	if (r == 0)
		r = add_lines(&kd->builtin, buf_text(&text), err);
	if (r == 0)
		r = read_if_there(root, kernel->modules, "/modules.dep", MAX_LIST, &kd->needs,
			&kd->have_modules, err);
	return r < 0 ? r : add_lines(&kd->modules, buf_text(&kd->needs), err);
}

void kernel_drivers_release(struct kernel_drivers *kd)
{
	buf_release(&kd->config);
	strlist_release(&kd->builtin);
	strlist_release(&kd->modules);
	buf_release(&kd->needs);
	*kd = (struct kernel_drivers){ 0 };
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, *(char *const *)b);
}

bool module_listed(const struct strlist *sorted, const char *module)
{
	return sorted->n && bsearch(module, sorted->v, sorted->n, sizeof(*sorted->v), by_text);
}

enum driver_state driver_find(
	const struct kernel_drivers *kd, const char *module, const char *option)
{
	if (module && module_listed(&kd->builtin, module))
		return DRIVER_BUILTIN;
	if (module && module_listed(&kd->modules, module))
		return DRIVER_MODULE;
	if (option && kd->have_config) {
		switch (kconfig_get(buf_text(&kd->config), kd->config.len, option)) {
		case KCONFIG_YES:
		case KCONFIG_OTHER:
			return DRIVER_BUILTIN;
		case KCONFIG_MODULE:
			/* Configured, but its package left the module out. */
			return module && kd->have_modules ? DRIVER_ABSENT : DRIVER_MODULE;
		case KCONFIG_NO:
		case KCONFIG_ABSENT:
			return DRIVER_ABSENT;
		}
	}
	if (module && kd->have_builtin && kd->have_modules)
		return DRIVER_ABSENT;
	return DRIVER_UNKNOWN;
}
