/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file that is judged and uploaded. See input.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/spawn.h"
#include "base/xalloc.h"
#include "disk/format.h"
#include "glance/input.h"

/* An OVA may hold a compressed disk. */
#define UNPACK_TIMES 2

static int inspect(const char *path, int *fd, struct disk_facts *facts, struct err *err)
{
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*fd < 0)
		return err_sys(err, "%s", path);
	return disk_inspect(*fd, facts, err);
}

static bool is_packed(const struct disk_facts *facts)
{
	static const enum disk_format formats[] = { FORMAT_GZIP, FORMAT_XZ, FORMAT_ZSTD,
		FORMAT_TAR };

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (facts->format == formats[i])
			return true;
	return false;
}

static bool is_refused(const struct disk_facts *facts)
{
	for (size_t i = 0; i < facts->n_problems; i++)
		if (facts->problems[i].fatal)
			return true;
	return false;
}

/* Opens a temporary file beside the given one and has the keeper know of it. */
static int open_beside(struct outfile *out, const char *given, const char *ending,
	struct keeper *keeper, struct err *err)
{
	CLEANUP(xfree) char *name = xasprintf("%s.%s", given, ending);
	CLEANUP(xfree) char *absolute = NULL;
	int ret = outfile_open(out, name, true, err);

	if (ret < 0)
		return ret;
	absolute = realpath(out->tmp, NULL);
	return absolute ? keeper_add_file(keeper, absolute, err) : err_sys(err, "%s", out->tmp);
}

static void use(struct glance_input *input, const struct outfile *out)
{
	free(input->path);
	input->path = xstrdup(out->tmp);
}

static int unpack_once(const struct glance_input_request *request, struct keeper *keeper,
	struct glance_input *input, bool *again, struct err *err)
{
	struct disk_facts facts CLEANUP(disk_facts_release) = { 0 };
	struct outfile out CLEANUP(outfile_release) = { .fd = -1 };
	int fd, ret = inspect(input->path, &fd, &facts, err);

	*again = ret == 0 && is_packed(&facts);
	if (*again) {
		ret = open_beside(&out, request->path, "unpacked", keeper, err);
		if (ret == 0)
			ret = unpack_disk(fd, out.fd, request->max_size, request->confine, err);
		if (ret < 0)
			err_push(err, "%s", request->path);
	}
	if (fd >= 0)
		close(fd);
	if (ret < 0 || !*again)
		return ret;
	use(input, &out);
	outfile_release(&input->unpacked);
	input->unpacked = out;
	out = (struct outfile){ .fd = -1 };
	return 0;
}

static int run_convert(int fd, const struct disk_facts *facts, const char *format,
	const struct outfile *out, struct err *err)
{
	char from[64];
	CLEANUP(xfree) char *to = realpath(out->tmp, NULL);
	const char *const argv[] = { "qemu-img", "convert", "-q", "-f",
		disk_format_name(facts->format), "-O", format, "--", from, to, NULL };

	if (!to)
		return err_sys(err, "%s", out->tmp);
	/* By number, so that no part of a name means something to QEMU, and the file is the one that was inspected. */
	snprintf(from, sizeof(from), "/proc/%ld/fd/%d", (long)getpid(), fd);
	return spawn_run(argv, NULL, NULL, err);
}

static int convert(const struct glance_input_request *request, struct keeper *keeper,
	struct glance_input *input, struct err *err)
{
	struct disk_facts facts CLEANUP(disk_facts_release) = { 0 };
	int fd, ret = inspect(input->path, &fd, &facts, err);
	bool wanted = ret == 0 && !is_refused(&facts) &&
		      strcmp(disk_format_name(facts.format), request->convert) != 0;

	if (wanted && facts.virtual_size > request->max_size) {
		err_set(err, EFBIG, "%s: the disk has more than %llu bytes", request->path,
			(unsigned long long)request->max_size);
		ret = err_hint(err, "allow more by --max-size SIZE");
		wanted = false;
	}
	if (wanted) {
		ret = open_beside(&input->converted, request->path, request->convert, keeper, err);
		if (ret == 0)
			ret = run_convert(fd, &facts, request->convert, &input->converted, err);
		if (ret < 0)
			err_push(err, "%s", request->path);
		else
			use(input, &input->converted);
	}
	if (fd >= 0)
		close(fd);
	/* What it was made from is not needed any more. */
	if (wanted && ret == 0)
		outfile_release(&input->unpacked);
	return ret;
}

int glance_input_prepare(const struct glance_input_request *request, struct keeper *keeper,
	struct glance_input *input, struct err *err)
{
	bool again = request->unpack;
	int ret = 0;

	*input = (struct glance_input){
		.path = xstrdup(request->path), .unpacked.fd = -1, .converted.fd = -1
	};
	for (int i = 0; i < UNPACK_TIMES && again && ret == 0; i++)
		ret = unpack_once(request, keeper, input, &again, err);
	if (ret == 0 && request->convert)
		ret = convert(request, keeper, input, err);
	return ret;
}

void glance_input_release(struct glance_input *input)
{
	outfile_release(&input->unpacked);
	outfile_release(&input->converted);
	free(input->path);
	*input = (struct glance_input){ .unpacked.fd = -1, .converted.fd = -1 };
}
