/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In and out of containers. What refers to other files is opened only when
 * those lie beside it under a plain name, and every layer and its format are
 * named to QEMU, so that nothing in a header leads it anywhere else.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/spawn.h"
#include "base/xalloc.h"
#include "disk/disk.h"
#include "disk/qcow2_write.h"
#include "fix/internal.h"
#include "image/image.h"

#define CHAIN_MAX 8

/* ---- in ---- */

/* Values in QEMU's options have their commas doubled. */
static void add_value(struct text *out, const char *value)
{
	for (; *value; value++)
		text_add(out, *value == ',' ? ",," : value, *value == ',' ? 2 : 1);
}

static void add_layer(struct text *opts, const char *prefix, const char *driver, const char *path)
{
	text_printf(opts, "%s%sdriver=%s,%sfile.driver=file,%sfile.filename=", opts->len ? "," : "",
		prefix, driver, prefix, prefix);
	add_value(opts, path);
}

/* The path of a file that an image at path refers to: a plain name, in the same folder. */
static int beside(const char *path, const char *name, char **out, struct err *err)
{
	const char *slash = strrchr(path, '/');
	size_t folder = slash ? (size_t)(slash - path) + 1 : 0;

	/* The whole path of a file in the same folder is as good. */
	if (folder && strncmp(name, path, folder) == 0)
		name += folder;
	if (strpbrk(name, "/:") || !*name || name[0] == '.') {
		err_set(err, ENOTSUP,
			"it refers to \"%.200s\", which is not a plain name in its folder", name);
		return err_hint(err, "qemu-img convert makes one file of both, if you trust it");
	}
	*out = slash ? xasprintf("%.*s/%s", (int)(slash - path), path, name) : xstrdup(name);
	return 0;
}

static int inspect(const char *path, struct disk_facts *facts, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), ret;

	if (fd < 0)
		return err_sys(err, "%s", path);
	ret = disk_inspect(fd, facts, err);
	close(fd);
	return ret;
}

/* What stands in the way of opening a layer, other than what is asked for. */
static int refuse_layer(const char *path, const struct disk_facts *facts, struct err *err)
{
	for (size_t i = 0; i < facts->n_problems; i++) {
		const struct disk_problem *p = &facts->problems[i];

		if (p->fatal && p->kind != PROBLEM_BACKING && p->kind != PROBLEM_EXTERNAL)
			return err_set(err, ENOTSUP, "%s: %s", path, p->text);
	}
	if (facts->format != FORMAT_RAW && facts->format != FORMAT_QCOW2)
		return err_set(err, ENOTSUP, "%s: %s with a parent is not joined here", path,
			disk_format_name(facts->format));
	return 0;
}

static int add_chain(struct text *opts, const char *top, struct err *err)
{
	CLEANUP(xfree) char *path = xstrdup(top);
	CLEANUP(xfree) char *prefix = xstrdup("");

	for (unsigned depth = 0; path; depth++) {
		struct disk_facts facts CLEANUP(disk_facts_release) = { 0 };
		CLEANUP(xfree) char *data = NULL, *next = NULL, *below = NULL;
		int ret = inspect(path, &facts, err);

		if (ret == 0 && depth == CHAIN_MAX)
			ret = err_set(err, ELOOP, "more than %d backing files", CHAIN_MAX);
		if (ret == 0)
			ret = refuse_layer(path, &facts, err);
		if (ret == 0 && facts.qcow2.data_file)
			ret = beside(path, facts.qcow2.data_file, &data, err);
		if (ret == 0 && facts.qcow2.backing_file)
			ret = beside(path, facts.qcow2.backing_file, &next, err);
		if (ret < 0)
			return ret;
		add_layer(opts, prefix, disk_format_name(facts.format), path);
		if (data) {
			text_printf(opts, ",%sdata-file.driver=file,%sdata-file.filename=", prefix,
				prefix);
			add_value(opts, data);
		}
		below = xasprintf("%sbacking.", prefix);
		free(prefix);
		prefix = TAKE(below);
		free(path);
		path = TAKE(next);
	}
	return 0;
}

static int flatten(const char *path, const struct work *w, struct err *err)
{
	struct text opts CLEANUP(text_release) = TEXT_INIT;
	int ret = add_chain(&opts, path, err);

	if (ret < 0)
		return ret;

	const char *const argv[] = { "qemu-img", "convert", "--image-opts", "-O", "raw",
		text_str(&opts), w->path, NULL };

	return spawn_run(argv, NULL, NULL, err);
}

/* qemu-img's exit status says what it found, not whether it could repair: the reader judges. */
static int repair(
	const char *path, const struct outfile *beside_it, const struct work *w, struct err *err)
{
	struct scratch copy CLEANUP(scratch_release) = SCRATCH_INIT;
	struct disk_facts facts CLEANUP(disk_facts_release) = { 0 };
	CLEANUP(disk_close) struct disk *disk = NULL;
	int from = open(path, O_RDONLY | O_CLOEXEC), ret;
	struct err said = { 0 };

	if (from < 0)
		return err_sys(err, "%s", path);
	ret = scratch_open_named(&copy, beside_it, err);
	if (ret == 0)
		ret = copy_file(from, copy.fd, err);
	close(from);
	if (ret < 0)
		return ret;

	const char *const argv[] = { "qemu-img", "check", "-q", "-f", "qcow2", "-r", "all",
		copy.path, NULL };

	spawn_run(argv, NULL, NULL, &said);
	ret = disk_open(copy.path, &facts, &disk, err);
	return ret < 0 ? err_push(err, "after qemu-img check -r all") : copy_disk(disk, w->fd, err);
}

int container_unpack(const struct plan *plan, const struct outfile *beside_it, const struct work *w,
	struct err *err)
{
	const char *path = image_path(plan->image);
	struct disk *disk;
	int ret;

	if (plan->container == PLAN_CONTAINER_FLATTEN)
		return flatten(path, w, err);
	if (plan->container == PLAN_CONTAINER_REPAIR)
		return repair(path, beside_it, w, err);
	ret = image_disk(plan->image, &disk, err);
	return ret < 0 ? ret : copy_disk(disk, w->fd, err);
}

/* ---- out ---- */

enum disk_format container_named(const char *path)
{
	static const struct {
		const char *ending;
		enum disk_format format;
	} endings[] = {
		{ ".raw", FORMAT_RAW },
		{ ".qcow2", FORMAT_QCOW2 },
		{ ".vmdk", FORMAT_VMDK },
		{ ".vdi", FORMAT_VDI },
		{ ".vhdx", FORMAT_VHDX },
		{ ".vhd", FORMAT_VPC },
		{ ".vpc", FORMAT_VPC },
	};
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(endings); i++)
		if (strcasecmp(dot, endings[i].ending) == 0)
			return endings[i].format;
	return FORMAT_COUNT;
}

static int write_qcow2(bool compressed, const struct work *w, struct outfile *out, struct err *err)
{
	CLEANUP(qcow2_writer_free) struct qcow2_writer *q = NULL;
	unsigned flags = compressed ? QCOW2_WRITE_COMPRESS : QCOW2_WRITE_CANONICAL;
	struct stat st;
	int ret;

	if (fstat(w->fd, &st) < 0)
		return err_sys(err, "%s", w->path);
	ret = qcow2_writer_open(out->fd, (uint64_t)st.st_size, flags, &q, err);
	if (ret == 0)
		ret = qcow2_writer_put_fd(q, 0, w->fd, 0, (uint64_t)st.st_size, err);
	return ret < 0 ? ret : qcow2_writer_finish(q, err);
}

/* The option that makes qemu-img write that kind of file; NULL: its default is fine. */
static char *subformat_option(enum disk_format format, const char *sub)
{
	if (format == FORMAT_VPC)
		return xasprintf("subformat=%s,force_size=on",
			sub && strcmp(sub, "fixed") == 0 ? "fixed" : "dynamic");
	if (!sub)
		return NULL;
	if (format == FORMAT_VDI)
		return xasprintf("static=%s", strcmp(sub, "fixed") == 0 ? "on" : "off");
	return xasprintf("subformat=%s", sub);
}

static int write_by_qemu(enum disk_format format, const char *subformat, const struct work *w,
	struct outfile *out, struct err *err)
{
	CLEANUP(xfree) char *option = subformat_option(format, subformat);
	CLEANUP(xfree) char *to = spawn_path(out->tmp);
	const char *const plain[] = { "qemu-img", "convert", "-f", "raw", "-O",
		disk_format_name(format), w->path, to, NULL };
	const char *const with_option[] = { "qemu-img", "convert", "-f", "raw", "-O",
		disk_format_name(format), "-o", option, w->path, to, NULL };

	return spawn_run(option ? with_option : plain, NULL, NULL, err);
}

int container_pack(enum disk_format format, const struct disk_facts *facts, const struct work *w,
	struct outfile *out, struct err *err)
{
	bool same = format == facts->format;

	switch (format) {
	case FORMAT_VMDK:
	case FORMAT_VDI:
	case FORMAT_VHDX:
	case FORMAT_VPC:
		return write_by_qemu(format, same ? facts->subformat : NULL, w, out, err);
	default:
		return write_qcow2(same && facts->qcow2.compressed, w, out, err);
	}
}
