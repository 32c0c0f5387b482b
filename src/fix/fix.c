/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The course of a fix. See fix.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "disk/disk.h"
#include "fix/internal.h"
#include "image/image.h"
#include "worker/judge.h"

/* Each round needs what the one before it brought to light: container, tables, file systems, files. */
#define ROUNDS_MAX 5

struct fix {
	const struct fix_options *opts;
	struct fix_result *result;
	struct source source;
	struct image *original; /* the input */
	struct verdict first;   /* about it */
	struct image *copy;     /* what the rounds so far made of it; NULL: nothing yet */
	struct verdict latest;  /* about copy */
	struct plan plan;
	struct reasons reasons;
	struct outfile out;
	struct scratch scratch;
	struct work work;        /* fd -1: not made yet */
	enum disk_format format; /* of what is written */
};

static void say(const struct fix *f, const char *step)
{
	if (f->opts->progress)
		f->opts->progress(f->opts->progress_ctx, step);
}

void fix_result_release(struct fix_result *r)
{
	for (size_t i = 0; i < r->n_left; i++) {
		free(r->left[i].text);
		free(r->left[i].why);
	}
	free(r->left);
	free(r->out);
	record_release(&r->record);
	*r = (struct fix_result){ 0 };
}

int fix_exit_status(const struct fix_result *r)
{
	bool errors = false;

	for (size_t i = 0; i < r->n_left; i++)
		errors |= r->left[i].severity == SEV_ERROR;
	if (!errors)
		return 0;
	return r->after == UNDETERMINED ? 3 : 1;
}

char *fix_default_name(const char *image)
{
	const char *slash = strrchr(image, '/'), *name = slash ? slash + 1 : image;
	const char *dot = strrchr(name, '.');

	if (!dot || dot == name)
		return xasprintf("%s.portable", image);
	return xasprintf("%.*s.portable%s", (int)(dot - image), image, dot);
}

/* ---- the copy ---- */

/* The format that its name or its place asks for; FORMAT_COUNT: neither asks for one. */
static enum disk_format format_asked(const struct fix *f)
{
	if (f->opts->in_place)
		return image_header(f->original)->format;
	return f->opts->out ? container_named(f->opts->out) : FORMAT_COUNT;
}

static enum disk_format choose_format(const struct fix *f)
{
	enum disk_format asked = format_asked(f), own = image_header(f->original)->format;

	if (asked != FORMAT_COUNT)
		own = asked;
	else if (f->plan.container == PLAN_CONTAINER_QCOW2)
		own = FORMAT_QCOW2;
	return own == FORMAT_ISO ? FORMAT_RAW : own;
}

static char *choose_name(const struct fix *f)
{
	CLEANUP(xfree) char *name = fix_default_name(f->opts->image);
	char *dot = strrchr(name, '.');

	if (f->opts->in_place)
		return xstrdup(f->source.path);
	if (f->opts->out)
		return xstrdup(f->opts->out);
	if (f->plan.container == PLAN_CONTAINER_QCOW2 && container_named(name) != FORMAT_QCOW2)
		return xasprintf("%.*s.qcow2",
			(int)(container_named(name) == FORMAT_COUNT ? strlen(name)
								    : (size_t)(dot - name)),
			name);
	return TAKE(name);
}

static int open_output(struct fix *f, struct err *err)
{
	CLEANUP(xfree) char *path = choose_name(f);
	struct stat in, out;
	int ret;

	f->result->out = xstrdup(path);
	if (fstat(f->source.fd, &in) < 0)
		return err_sys(err, "%s", f->source.path);
	if (!f->opts->in_place && stat(path, &out) == 0 && in.st_dev == out.st_dev &&
		in.st_ino == out.st_ino) {
		err_set(err, EINVAL, "%s: is the image itself", path);
		return err_hint(err, "replace it with --in-place, or choose another name with -o");
	}
	/* A dry run needs a place for its scratch files and puts nothing there. */
	ret = outfile_open(
		&f->out, path, f->opts->in_place || f->opts->force || f->opts->dry_run, err);
	if (ret == 0 && f->opts->in_place) {
		f->out.mode = in.st_mode & 07777;
		/* Whose it was it stays, as far as the system lets us. */
		if (fchown(f->out.fd, in.st_uid, in.st_gid) < 0)
			f->out.mode &= 01777;
	}
	return ret;
}

static int make_copy(struct fix *f, struct err *err)
{
	enum disk_format from = image_header(f->original)->format;
	int ret = open_output(f, err);

	if (ret < 0)
		return ret;
	say(f, "copying");
	f->format = choose_format(f);
	if (f->format == FORMAT_RAW && (from == FORMAT_RAW || from == FORMAT_ISO)) {
		f->work = (struct work){ f->out.fd, f->out.tmp };
		return copy_file(f->source.fd, f->work.fd, err);
	}
	if (f->format == FORMAT_RAW) {
		f->work = (struct work){ f->out.fd, f->out.tmp };
		return container_unpack(&f->plan, &f->out, &f->work, err);
	}
	ret = scratch_open_named(&f->scratch, &f->out, err);
	if (ret < 0)
		return ret;
	f->work = (struct work){ f->scratch.fd, f->scratch.path };
	return container_unpack(&f->plan, &f->out, &f->work, err);
}

/* ---- rounds ---- */

static struct image *current(const struct fix *f)
{
	return f->copy ? f->copy : f->original;
}

static const struct verdict *current_verdict(const struct fix *f)
{
	return f->copy ? &f->latest : &f->first;
}

static void forget_copy(struct fix *f)
{
	plan_release(&f->plan);
	verdict_release(&f->latest);
	if (f->copy)
		image_close(TAKE(f->copy));
}

/* In this process, as it is planned for. */
static int judge(const struct fix *f, const char *path, struct image **image, struct verdict *v,
	struct err *err)
{
	const struct selection all = { 0 };
	const struct image_options options = { .keys = f->opts->keys };
	int ret = image_open(path, &options, image, err);

	if (ret == 0)
		verdict_of(*image, &all, NULL, NULL, v);
	return ret;
}

/* Plans for what is there now. 1: there is nothing more to do. */
static int plan_round(struct fix *f, struct err *err)
{
	enum disk_format asked = format_asked(f);
	int ret;

	say(f, "planning");
	plan_init(&f->plan, current(f), f->opts->now, f->opts->force);
	f->plan.keep_format = asked != FORMAT_COUNT && asked != FORMAT_QCOW2;
	ret = plan_findings(
		f->opts, current_verdict(f), &f->result->record, &f->plan, &f->reasons, err);
	if (ret < 0)
		return ret;
	if (plan_is_empty(&f->plan))
		return 1;
	record_plan(&f->result->record, &f->plan);
	return f->opts->dry_run && !plan_is_structural(&f->plan);
}

static int carry_out(struct fix *f, struct err *err)
{
	int ret = 0;

	if (f->work.fd < 0)
		ret = make_copy(f, err);
	if (ret < 0)
		return ret;
	say(f, "changing the copy");
	ret = apply_plan(&f->plan, &f->work, &f->out, err);
	if (ret < 0)
		return ret;
	forget_copy(f);
	say(f, "checking");
	return judge(f, f->work.path, &f->copy, &f->latest, err);
}

static int run_rounds(struct fix *f, struct err *err)
{
	for (int i = 0; i < ROUNDS_MAX; i++) {
		int ret = plan_round(f, err);

		if (ret != 0)
			return ret < 0 ? ret : 0;
		ret = carry_out(f, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* ---- the result ---- */

static const struct check_result *result_of(const struct verdict *v, const struct check *check)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->results[i].check == check)
			return &v->results[i];
	return NULL;
}

static bool is_error(const struct check_result *r)
{
	return r->outcome == OUTCOME_FINDING && r->check->severity == SEV_ERROR;
}

static bool is_boot(const struct check *check)
{
	return strcmp(check_family(check), "boot") == 0;
}

/* An error that the input has not: something that was done is wrong, and must not get out. */
static int refuse_worse(const struct fix *f, const struct verdict *before, const struct verdict *v,
	bool boots, struct err *err)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct check_result *r = &v->results[i], *b;

		if (!is_error(r) || is_boot(r->check) != boots)
			continue;
		b = result_of(before, r->check);
		/* What was not looked at before may have been there. */
		if (!b || b->outcome != OUTCOME_PASS)
			continue;
		err_set(err, EBADMSG, "%s: not written, for it would be worse: %s: %s%s%s",
			f->result->out, r->check->id, r->findings[0].where,
			*r->findings[0].where ? ": " : "", r->findings[0].what);
		return err_hint(err, "--only leaves repairs out");
	}
	return 0;
}

/* Nothing is planned for it: a worker reads it. */
static int judge_apart(const struct fix *f, const char *path, struct results *r, struct err *err)
{
	static const struct selection all;
	const struct judge_options options = {
		.image = { .boot_emulator = f->opts->verify,
			.boot_scenarios = f->opts->verify,
			.keys = f->opts->keys },
		.selection = &all,
	};
	int ret = judge_image(path, &options, NULL, NULL, NULL, r, err);

	if (ret == 0 && r->verdict.incomplete)
		ret = err_set(err, ENODATA, "%s: not written, for it could not be judged: %s",
			f->result->out, r->verdict.incomplete);
	return ret;
}

/* Whether what does not boot now booted before. */
static int compare_boots(const struct fix *f, const struct verdict *v, struct err *err)
{
	struct results before CLEANUP(results_release) = { .taken = 0 };
	bool failed = false;
	int ret;

	for (size_t i = 0; i < v->n; i++)
		failed |= is_boot(v->results[i].check) && is_error(&v->results[i]);
	if (!failed)
		return 0;
	say(f, "booting the input, for comparison");
	ret = judge_apart(f, f->source.path, &before, err);
	return ret < 0 ? ret : refuse_worse(f, &before.verdict, v, true, err);
}

static int verify(struct fix *f, struct err *err)
{
	struct results after CLEANUP(results_release) = { .taken = 0 };
	const struct verdict *v = &after.verdict;
	int ret;

	say(f, f->opts->verify ? "checking and booting" : "checking");
	ret = judge_apart(f, f->out.tmp, &after, err);
	if (ret == 0)
		ret = refuse_worse(f, &f->first, v, false, err);
	if (ret == 0)
		ret = compare_boots(f, v, err);
	if (ret < 0)
		return ret;
	f->result->after = v->conclusion;
	f->result->booted = f->opts->verify;
	collect_left(f->result, v, &f->reasons, false);
	return 0;
}

static int finish(struct fix *f, struct err *err)
{
	int ret = 0;

	forget_copy(f);
	if (f->work.fd != f->out.fd) {
		say(f, "writing");
		ret = container_pack(f->format, image_header(f->original), &f->work, &f->out, err);
	}
	if (ret == 0)
		ret = verify(f, err);
	return ret < 0 ? ret : outfile_commit(&f->out, err);
}

/* What is put in place is the disk as it stands: snapshots inside the input are not in it. */
static int refuse_to_lose_snapshots(const struct fix *f, struct err *err)
{
	const struct qcow2_facts *q = &image_header(f->original)->qcow2;

	if (!f->opts->in_place || f->opts->force || !q->present || !q->snapshots)
		return 0;
	err_set(err, EEXIST, "%s: holds internal snapshots, which the mended image would not have",
		f->opts->image);
	return err_hint(err, "write another image with -o, or give them up with --force");
}

/* As with qemu-img convert, the image that is written is the disk alone. */
static void note_snapshots(struct fix *f)
{
	const struct qcow2_facts *q = &image_header(f->original)->qcow2;

	if (q->present && q->snapshots)
		record_add(&f->result->record, "rewrite", "container",
			xasprintf("without the %" PRIu32 " internal snapshot%s of the input",
				q->snapshots, q->snapshots == 1 ? "" : "s"));
}

static int run(struct fix *f, struct err *err)
{
	struct fix_result *r = f->result;
	int ret = source_open(&f->source, f->opts->image, f->opts->in_place, err);

	if (ret == 0) {
		say(f, "checking");
		ret = judge(f, f->source.path, &f->original, &f->first, err);
	}
	if (ret == 0 && image_wrong_key(f->original, err) < 0)
		ret = err_push(err, "%s", f->opts->image);
	if (ret < 0)
		return ret;
	r->before = r->after = f->first.conclusion;
	ret = run_rounds(f, err);
	if (ret == 0 && r->record.n_changes)
		ret = refuse_to_lose_snapshots(f, err);
	if (ret < 0)
		return ret;
	if (r->record.n_changes)
		note_snapshots(f);
	if (r->record.n_changes && !f->opts->dry_run) {
		r->outcome = FIX_DONE;
		return finish(f, err);
	}
	collect_left(r, current_verdict(f), &f->reasons, f->opts->dry_run);
	r->outcome = r->record.n_changes       ? FIX_PLANNED
		     : fix_exit_status(r) != 0 ? FIX_UNABLE
					       : FIX_NOTHING;
	if (r->outcome == FIX_PLANNED && !r->out)
		r->out = choose_name(f);
	return 0;
}

int fix_image(const struct fix_options *opts, struct fix_result *result, struct err *err)
{
	struct fix f = {
		.opts = opts,
		.result = result,
		.source = { .fd = -1 },
		.out = { .fd = -1 },
		.scratch = SCRATCH_INIT,
		.work = { .fd = -1 },
	};
	int ret = run(&f, err);

	forget_copy(&f);
	verdict_release(&f.first);
	if (f.original)
		image_close(f.original);
	reasons_release(&f.reasons);
	scratch_release(&f.scratch);
	outfile_release(&f.out);
	source_release(&f.source);
	return ret;
}
