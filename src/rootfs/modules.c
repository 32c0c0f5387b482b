/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which drivers a kernel has: its configuration, modules.builtin and
 * modules.dep, and what of it an initrd carries. Module names are compared as
 * the kernel does: '-' is '_', folders and compression do not count.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/match.h"
#include "base/xalloc.h"
#include "rootfs/cpio.h"
#include "rootfs/initrd_root.h"
#include "rootfs/kconfig.h"
#include "rootfs/kernels.h"

#define MAX_CONFIG   ((size_t)1024 * 1024)
#define MAX_LIST     ((size_t)4 * 1024 * 1024)
#define MAX_MODULES  50000
#define MAX_VERSIONS 16 /* of modules in one initrd */

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

		if (list->n == MAX_MODULES)
			return err_set(err, EFBIG, "the kernel has over %d modules", MAX_MODULES);
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

/* The first counts. */
static void set_problem(struct initrd *rd, int code, const char *text)
{
	if (rd->problem_code)
		return;
	rd->problem_code = code;
	snprintf(rd->problem, sizeof(rd->problem), "%.255s", text);
}

/* Notes the kernel version in ".../lib/modules/VERSION/...". */
static void note_version(struct initrd *rd, const char *path)
{
	const char *p = strstr(path, "lib/modules/");
	size_t len = p ? strcspn(p + 12, "/") : 0;

	if (len && len < 200) {
		CLEANUP(xfree) char *version = xstrndup(p + 12, len);

		if (strlist_has(&rd->versions, version))
			return;
		if (rd->versions.n < MAX_VERSIONS)
			strlist_add(&rd->versions, version);
		else
			set_problem(rd, EFBIG, "it has modules for too many kernels");
	}
}

/* One archive as it goes by. */
struct visit {
	struct initrd *rd;
	struct initrd_gather gather;
};

static enum cpio_go initrd_entry(void *ctx, const struct cpio_entry *entry)
{
	static const char *const inits[] = { "init", "sbin/init", "linuxrc",
		"usr/lib/systemd/systemd", "lib/systemd/systemd" };
	struct visit *visit = ctx;
	struct initrd *rd = visit->rd;
	const char *path = entry->name;
	char name[MODULE_NAME_MAX];

	rd->content += entry->size;
	rd->files += entry->size != 0;
	while (*path == '/' || (path[0] == '.' && path[1] == '/'))
		path++;
	for (size_t i = 0; i < ARRAY_SIZE(inits) && !rd->has_init; i++)
		rd->has_init = strcmp(path, inits[i]) == 0;
	rd->has_systemd |= ends_with(path, "lib/systemd/systemd");
	if (strstr(path, "lib/systemd/system-generators/systemd-gpt-auto-generator"))
		rd->finds_root = true;
	if (!module_name(path, strlen(path), name))
		return initrd_gather_entry(&visit->gather, path, entry) ? CPIO_DATA : CPIO_SKIP;
	if (rd->modules.n == MAX_MODULES) {
		set_problem(rd, EFBIG, "it has too many modules");
		return CPIO_SKIP;
	}
	strlist_add(&rd->modules, name);
	note_version(rd, path);
	return CPIO_SKIP;
}

static enum cpio_go initrd_data(void *ctx, const void *bytes, size_t len)
{
	struct visit *visit = ctx;

	return initrd_gather_data(&visit->gather, bytes, len) ? CPIO_DATA : CPIO_SKIP;
}

/* A source that remembers that it failed: another thing than an initrd that is damaged. */
struct watched {
	const struct cpio_source *source;
	bool failed;
};

static int64_t read_watched(void *ctx, void *bytes, size_t len, struct err *err)
{
	struct watched *w = ctx;
	int64_t n = w->source->read(w->source->ctx, bytes, len, err);

	w->failed = n < 0;
	return n;
}

int initrd_add(struct initrd *rd, const struct cpio_source *source, struct err *err)
{
	struct watched watched = { source, false };
	struct cpio_source outer = { read_watched, &watched };
	struct visit visit = { rd, { .root = &rd->root } };
	struct cpio_visitor visitor = { initrd_entry, initrd_data, &visit };
	struct cpio_summary sum;
	struct err why = { 0 };
	int r = cpio_walk(&outer, &visitor, &sum, &why);

	initrd_gather_end(&visit.gather);
	buf_release(&visit.gather.content);
	if (watched.failed)
		return err_set(err, why.code, "%s", why.text);
	strlist_sort(&rd->modules);
	strlist_sort(&rd->versions);
	rd->segments += sum.segments;
	snprintf(rd->compression, sizeof(rd->compression), "%s", sum.compression);
	if (r == 0 && sum.segments == 0) {
		r = -EUCLEAN;
		err_set(&why, EUCLEAN, "it is empty");
	}
	if (r < 0)
		set_problem(rd, -r, why.text);
	return 0;
}

struct initrd_file {
	struct rootfs *fs;
	const char *path;
	uint64_t off;
};

static int64_t read_initrd_file(void *ctx, void *bytes, size_t len, struct err *err)
{
	struct initrd_file *f = ctx;
	size_t got;
	int r = rootfs_read_range(f->fs, f->path, f->off, bytes, len, &got, err);

	f->off += got;
	return r < 0 ? r : (int64_t)got;
}

int initrd_read(struct initrd *rd, struct rootfs *fs, const char *path, struct err *err)
{
	struct initrd_file file = { fs, path, 0 };
	struct cpio_source source = { read_initrd_file, &file };

	return initrd_add(rd, &source, err);
}

void initrd_release(struct initrd *rd)
{
	strlist_release(&rd->modules);
	strlist_release(&rd->versions);
	initrd_root_release(&rd->root);
	*rd = (struct initrd){ 0 };
}
