/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The course of a build. See build.h.
 *
 * What a worker read and decided (reading.h) is made here, with the rights of the user, by who
 * reads nothing of the file system. Changes of ext2, ext3 and ext4 are blocks in an overlay over the
 * input. Other file systems need libguestfs, which needs a file: they are changed in a scratch copy.
 * An ext file system that is to grow takes that way as well, for resize2fs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "build/internal.h"
#include "rootfs/rootfs.h"
#include "worker/judge.h"
#include "worker/single.h"

static void say(const struct build_options *opts, const char *step)
{
	if (opts->progress)
		opts->progress(opts->progress_ctx, step, 0, 0);
}

void build_result_release(struct build_result *r)
{
	free(r->out);
	free(r->system);
	free(r->loader);
	strlist_release(&r->changes);
	strlist_release(&r->warnings);
	strlist_release(&r->problems);
	*r = (struct build_result){ 0 };
}

/* The user's own, instead of one that the file system ships. */
static bool host_loader(const struct build_options *opts)
{
	enum install_kind kind;

	return opts->loader && !install_kind_parse(opts->loader, &kind);
}

static int judge_options(const struct build_options *opts, struct err *err)
{
	if (opts->compress && opts->format != BUILD_QCOW2) {
		err_set(err, EINVAL, "a raw image cannot be compressed");
		return err_hint(err, "use --format qcow2, or leave --compress out");
	}
	if (host_loader(opts) && access(opts->loader, R_OK) < 0)
		return err_sys(err, "--loader %s", opts->loader);
	return 0;
}

static int refuse_itself(const struct build *b, const char *path, struct err *err)
{
	struct stat in, out;

	if (stat(path, &out) < 0 || fstat(b->input.fd, &in) < 0)
		return 0;
	if (in.st_dev != out.st_dev || in.st_ino != out.st_ino)
		return 0;
	err_set(err, EINVAL, "%s: is the file system that the image is made from", path);
	return err_hint(err, "choose another name with -o");
}

static int open_output(struct build *b, struct err *err)
{
	const struct build_options *opts = b->opts;
	char *path CLEANUP(xfree) = opts->out ? xstrdup(opts->out)
					      : build_default_name(opts->rootfs, opts->format);
	int ret = refuse_itself(b, path, err);

	if (ret == 0)
		ret = outfile_open(&b->out, path, opts->force, err);
	if (ret == 0)
		b->result->out = TAKE(path);
	return ret;
}

/* ---- what is read ---- */

#define KEEPS_CALM 180 /* seconds without a sign of life of who reads */

struct reading_task {
	const struct build_options *opts;
	struct reading *reading;
};

static void work(void *ctx, struct link *link)
{
	reading_work(((const struct reading_task *)ctx)->opts, link);
}

static int take(void *ctx, struct frame *frame, struct err *err)
{
	return reading_take(((const struct reading_task *)ctx)->reading, frame, err);
}

static int read_rootfs(struct build *b, struct err *err)
{
	struct reading_task task = { b->opts, &b->reading };
	const struct single single = {
		.path = b->opts->rootfs,
		.fd = b->input.fd,
		.limits = judge_limits,
		.patience = KEEPS_CALM,
		.ctx = &task,
		.work = work,
		.take = take,
	};
	int ret;

	b->reading.beside = &b->out;
	b->reading.overlay = b->overlay = disk_overlay(b->input.disk);
	ret = single_run(&single, NULL, err);
	return ret < 0 ? ret : reading_end(&b->reading, err);
}

static int add_host_file(struct build *b, struct err *err)
{
	if (!host_loader(b->opts))
		return 0;
	if (esp_files_add_host(
		    &b->reading.esp, "/EFI/BOOT/BOOTAA64.EFI", b->opts->loader, &b->out, err) < 0)
		return err_push(err, "--loader");
	return 0;
}

/* ---- what is made of it ---- */

static int make_esp(struct build *b, struct err *err)
{
	const struct esp_spec spec = {
		.size = b->layout.esp_size,
		.start = b->layout.esp_start,
		.serial = b->reading.ids.esp_serial,
		.time = b->reading.now,
	};
	int ret = scratch_open(&b->esp, &b->out, err);

	return ret < 0 ? ret : esp_make(&spec, &b->reading.esp, &b->esp, err);
}

/* Makes the changes in a file system that libguestfs has open, and grows it first. */
static int change_copy(struct build *b, struct rootfs *fs, struct err *err)
{
	const struct writes_changes *files = &b->reading.files;
	int ret = b->grows ? rootfs_grow(fs, b->layout.root_size, err) : 0;

	const char *note = rootfs_facts(fs)->note;

	if (*note && !strlist_has(&b->reading.warnings, note))
		strlist_add(&b->reading.warnings, note);
	for (size_t i = 0; ret == 0 && i < files->n; i++)
		ret = rootfs_change(&files->v[i], fs, b->reading.now, err);
	return ret < 0 ? ret : rootfs_commit(fs, err);
}

/* A scratch copy (a reflink where the host can), next to whose appliance it costs nothing. */
static int make_copy(struct build *b, struct err *err)
{
	CLEANUP(rootfs_close) struct rootfs *fs = NULL;
	struct rootfs_source src = {
		.type = b->reading.type,
		.format = "raw",
		.writable = true,
		.now = b->reading.now,
	};
	int ret;

	say(b->opts, "copying the file system to change it");
	/* The appliance sees the size that the disk has when it starts. */
	ret = build_copy(b, b->layout.root_size, err);
	if (ret < 0)
		return ret;
	say(b->opts, "starting libguestfs");
	src.path = b->copy.path;
	ret = rootfs_open(&fs, &src, err);
	/* An appliance that runs has the file open. */
	scratch_unname(&b->copy);
	if (ret < 0)
		return err_push(err, "%s", b->opts->rootfs);
	return change_copy(b, fs, err);
}

/* Everything that is to be known and made before the first byte of the output. */
static int prepare(struct build *b, struct err *err)
{
	uint64_t esp_size;
	int ret;

	say(b->opts, "reading the file system");
	ret = read_rootfs(b, err);
	if (ret == 0)
		ret = add_host_file(b, err);
	if (ret == 0)
		ret = esp_choose_size(&b->reading.esp, b->reading.kernels_on_esp, b->opts->esp_size,
			&esp_size, err);
	if (ret == 0)
		ret = layout_plan(
			&b->layout, b->opts->size, esp_size, disk_size(b->input.disk), err);
	if (ret < 0)
		return ret;
	/* The last partial MiB of a file system is no reason to copy it. */
	b->grows = b->layout.root_size - disk_size(b->input.disk) >= LAYOUT_ALIGN;
	ret = make_esp(b, err);
	return ret == 0 && !b->reading.is_ext ? make_copy(b, err) : ret;
}

static void report_result(struct build *b)
{
	struct build_result *r = b->result;

	r->system = TAKE(b->reading.system);
	r->loader = TAKE(b->reading.loader);
	r->changes = b->reading.changes;
	r->warnings = b->reading.warnings;
	b->reading.changes = b->reading.warnings = (struct strlist){ 0 };
	r->disk_size = b->layout.disk_size;
	r->esp_size = b->layout.esp_size;
	r->root_size = b->layout.root_size;
}

static int run(struct build *b, struct err *err)
{
	int ret = judge_options(b->opts, err);

	if (ret == 0)
		ret = input_open(&b->input, b->opts->rootfs, err);
	if (ret == 0)
		ret = open_output(b, err);
	if (ret == 0)
		ret = prepare(b, err);
	if (ret < 0)
		return ret;
	report_result(b);
	ret = build_write(b, err);
	if (ret == 0)
		ret = build_judge(b, err);
	if (ret < 0)
		return ret;
	return outfile_commit(&b->out, err);
}

static void release(struct build *b)
{
	reading_release(&b->reading);
	if (b->overlay)
		disk_close(b->overlay);
	scratch_release(&b->copy);
	scratch_release(&b->esp);
	outfile_release(&b->out);
	input_release(&b->input);
}

int build_image(const struct build_options *opts, struct build_result *result, struct err *err)
{
	struct build b = {
		.opts = opts,
		.result = result,
		.copy = SCRATCH_INIT,
		.esp = SCRATCH_INIT,
		.out = { .fd = -1 },
		.input = { .fd = -1 },
	};
	int ret = run(&b, err);

	release(&b);
	return ret;
}
