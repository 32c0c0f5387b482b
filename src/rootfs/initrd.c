/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an initrd holds: the modules, what starts it, and what its files say of the root (initrd_root.h).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/match.h"
#include "base/xalloc.h"
#include "rootfs/cpio.h"
#include "rootfs/initrd_image.h"
#include "rootfs/initrd_root.h"
#include "rootfs/kernels.h"

#define MAX_VERSIONS 16 /* of modules in one initrd */
#define MAX_PROGRAMS 20000

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

/* What rdinit= may name: a file that can be started, or a link, which may lead to one. */
static void note_program(struct initrd *rd, const char *path, uint32_t mode)
{
	const char *slash = strrchr(path, '/');

	if (!S_ISLNK(mode) && !(S_ISREG(mode) && mode & 0111))
		return;
	if (rd->programs.n == MAX_PROGRAMS)
		rd->more_programs = true;
	else
		strlist_add(&rd->programs, slash ? slash + 1 : path);
}

/* One archive as it goes by. */
struct visit {
	struct initrd *rd;
	struct initrd_gather gather;
	char image_name[32]; /* of the image that goes on with the boot; "": none was seen */
	struct buf image;    /* its bytes */
	bool in_image;       /* they go by, at last */
};

static const char *without_slashes(const char *path)
{
	while (*path == '/' || (path[0] == '.' && path[1] == '/'))
		path++;
	return path;
}

static enum cpio_go take_entry(struct visit *visit, const struct cpio_entry *entry)
{
	struct initrd *rd = visit->rd;
	const char *path = without_slashes(entry->name);
	char name[MODULE_NAME_MAX];

	rd->has_systemd |= ends_with(path, "lib/systemd/systemd");
	if (strstr(path, "lib/systemd/system-generators/systemd-gpt-auto-generator"))
		rd->finds_root = true;
	if (!module_name(path, strlen(path), name))
		return initrd_gather_entry(&visit->gather, path, entry) ? CPIO_DATA : CPIO_SKIP;
	if (rd->modules.n == MODULES_MAX) {
		set_problem(rd, EFBIG, "it has too many modules");
		return CPIO_SKIP;
	}
	strlist_add(&rd->modules, name);
	note_version(rd, path);
	return CPIO_SKIP;
}

static enum cpio_go initrd_entry(void *ctx, const struct cpio_entry *entry)
{
	struct visit *visit = ctx;
	const char *path = without_slashes(entry->name);

	visit->rd->content += entry->size;
	visit->rd->files += entry->size != 0;
	visit->rd->has_init |= strcmp(path, "init") == 0;
	note_program(visit->rd, path, entry->mode);
	visit->in_image = S_ISREG(entry->mode) && initrd_image_is(path);
	if (!visit->in_image)
		return take_entry(visit, entry);
	initrd_gather_end(&visit->gather);
	buf_reset(&visit->image);
	snprintf(visit->image_name, sizeof(visit->image_name), "%s", path);
	return entry->size <= INITRD_IMAGE_MAX ? CPIO_DATA : CPIO_SKIP;
}

static enum cpio_go initrd_data(void *ctx, const void *bytes, size_t len)
{
	struct visit *visit = ctx;

	if (visit->in_image) {
		buf_add(&visit->image, bytes, len);
		return CPIO_DATA;
	}
	return initrd_gather_data(&visit->gather, bytes, len) ? CPIO_DATA : CPIO_SKIP;
}

/* What is in the image is not unpacked to memory: it does not count as content. */
static enum cpio_go image_entry(void *ctx, const struct cpio_entry *entry)
{
	return take_entry(ctx, entry);
}

/* The image was the archive's; what is in it comes later, and counts. */
static void take_image(struct visit *visit)
{
	struct cpio_visitor visitor = { image_entry, initrd_data, visit };
	struct err why = { 0 };
	int r;

	visit->in_image = false;
	if (!*visit->image_name)
		return;
	if (visit->image.len)
		r = initrd_image_walk(&visit->image, &visitor, &why);
	else
		r = err_set(
			&why, EFBIG, "it is empty, or larger than %zu MiB", INITRD_IMAGE_MAX >> 20);
	initrd_gather_end(&visit->gather);
	if (r < 0) {
		CLEANUP(xfree)
		char *text = xasprintf(
			"%s, which it goes on with: %s", visit->image_name, why.text);

		set_problem(visit->rd, -r, text);
	}
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
	if (r == 0)
		take_image(&visit);
	buf_release(&visit.image);
	buf_release(&visit.gather.content);
	if (watched.failed)
		return err_set(err, why.code, "%s", why.text);
	strlist_sort(&rd->modules);
	strlist_sort(&rd->versions);
	strlist_sort(&rd->programs);
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
	strlist_release(&rd->programs);
	initrd_root_release(&rd->root);
	*rd = (struct initrd){ 0 };
}
