/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reports that check writes to files. See files.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/write.h"
#include "base/xalloc.h"
#include "cli/files.h"
#include "cli/many.h"
#include "image/facts.h"

#define HTML   0
#define DIGEST "sha256"

static const struct report_type *const types[REPORT_FILES] = {
	[HTML] = &report_html,
	&report_junit,
	&report_sarif,
	&report_quality,
};

int report_files_take(const struct verb *verb, struct report_files *f, int number, const char *path)
{
	if (!*path)
		return say_usage(verb, "%s: a file is wanted", types[number]->option);
	f->paths[number] = path;
	return STATUS_OK;
}

bool report_files_any(const struct report_files *f)
{
	for (size_t i = 0; i < REPORT_FILES; i++)
		if (f->paths[i])
			return true;
	return false;
}

void report_files_begin(struct report_files *f)
{
	for (size_t i = 0; i < REPORT_FILES; i++)
		if (f->paths[i])
			f->reports[i] = types[i]->begin();
}

void report_files_prepare(const struct report_files *f, const char *path, struct digest_task *t)
{
	/* Without it the digest is computed when its turn has come. */
	if (f->paths[HTML])
		digest_task_start(t, path, DIGEST, NULL);
}

/* What cannot be read has no digest: that is reported elsewhere. */
static void add_digest(struct facts *facts)
{
	int fd = open(facts->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char hex[DIGEST_HEX_MAX];
	uint64_t size;

	if (fd < 0)
		return;
	if (digest_file(fd, DIGEST, &many_stop, hex, &size, NULL) == 0)
		facts->sha256 = xstrdup(hex);
	close(fd);
}

void report_files_image(
	struct report_files *f, struct digest_task *t, struct facts *facts, const struct verdict *v)
{
	char hex[DIGEST_HEX_MAX];

	if (digest_task_end(t, &many_stop, hex))
		facts->sha256 = xstrdup(hex);
	else if (f->reports[HTML])
		add_digest(facts);
	f->cut |= f->reports[HTML] && !facts->sha256 && many_stop;
	for (size_t i = 0; i < REPORT_FILES; i++)
		if (f->reports[i])
			types[i]->image(f->reports[i], facts, v);
}

void report_files_failed(struct report_files *f, const char *path, const struct err *why)
{
	for (size_t i = 0; i < REPORT_FILES; i++)
		if (f->reports[i])
			types[i]->failed(f->reports[i], path, why);
}

static int write_file(const char *path, const struct text *text, struct err *err)
{
	struct outfile out CLEANUP(outfile_release) = { .fd = -1 };
	int ret = outfile_open(&out, path, true, err);

	if (ret == 0)
		ret = write_all(out.fd, text_str(text), text->len, path, err);
	return ret < 0 ? ret : outfile_commit(&out, err);
}

int report_files_end(struct report_files *f)
{
	int status = STATUS_OK;

	if (f->cut) {
		fprintf(stderr, "armvm-image: %s: interrupted: a SHA-256 is not in it\n",
			f->paths[HTML]);
		status = STATUS_UNDETERMINED;
	}
	for (size_t i = 0; i < REPORT_FILES; i++) {
		struct text text CLEANUP(text_release) = TEXT_INIT;
		struct err err = { 0 };

		if (!f->reports[i])
			continue;
		types[i]->end(TAKE(f->reports[i]), &text);
		if (write_file(f->paths[i], &text, &err) < 0) {
			say_error(&err);
			status = STATUS_FOUND;
		}
	}
	return status;
}
