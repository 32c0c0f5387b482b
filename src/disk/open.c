/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening an image by its format, or refusing it for what its header says. See disk.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "disk/ops.h"

int disk_open_file(const char *path, int *fd, struct err *err)
{
	/* O_NONBLOCK: a FIFO must not keep us waiting for a writer; it is refused later. */
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return *fd < 0 ? err_sys(err, "%s", path) : 0;
}

static void hint_for(const struct disk_problem *p, struct err *err)
{
	switch (p->kind) {
	case PROBLEM_COMPRESSED:
		err_hint(err, "unpack it first, then name the disk image inside");
		break;
	case PROBLEM_BACKING:
	case PROBLEM_EXTERNAL:
		err_hint(err, "if you trust the files that it refers to, make one image of them: "
			      "qemu-img convert -O qcow2 IMAGE WHOLE.qcow2");
		break;
	case PROBLEM_ENCRYPTED:
		err_hint(err, "decrypt it first: qemu-img convert can, with the secret");
		break;
	case PROBLEM_DIRTY:
	case PROBLEM_CORRUPT:
		err_hint(err,
			"shut down what uses it, or repair a copy: qemu-img check -r all COPY");
		break;
	case PROBLEM_AMBIGUOUS:
		err_hint(err,
			"convert it with its format named: qemu-img convert -f FORMAT -O qcow2");
		break;
	default:
		break;
	}
}

/* The first fatal problem as an error. */
static int refuse(const struct disk_facts *facts, const char *path, struct err *err)
{
	const struct disk_problem *p;

	for (size_t i = 0; i < facts->n_problems; i++) {
		p = &facts->problems[i];
		if (!p->fatal)
			continue;
		err_set(err, p->kind == PROBLEM_UNREADABLE ? ENOTSUP : EINVAL, "%s: %s", path,
			p->text);
		hint_for(p, err);
		return p->kind == PROBLEM_UNREADABLE ? -ENOTSUP : -EINVAL;
	}
	return 0;
}

static int open_fd(int take_fd, const char *name, unsigned clients, struct disk_facts *facts,
	struct disk **out, struct err *err)
{
	struct disk_facts own CLEANUP(disk_facts_release) = { 0 };
	int ret;

	if (!facts)
		facts = &own;
	ret = disk_inspect(take_fd, facts, err);
	if (ret < 0)
		err_push(err, "%s", name);
	else
		ret = refuse(facts, name, err);
	if (ret < 0) {
		close(take_fd);
		return ret;
	}
	if (facts->format != FORMAT_RAW && facts->format != FORMAT_ISO)
		return nbd_open(take_fd, clients, facts, name, out, err);
	*out = raw_open(take_fd, facts->file_size, name);
	return 0;
}

int disk_open_fd(
	int take_fd, const char *name, struct disk_facts *facts, struct disk **out, struct err *err)
{
	return open_fd(take_fd, name, 1, facts, out, err);
}

int disk_open_shared(const char *path, unsigned clients, struct disk_facts *facts,
	struct disk **out, struct err *err)
{
	int fd, ret = disk_open_file(path, &fd, err);

	return ret < 0 ? ret : open_fd(fd, path, clients, facts, out, err);
}

int disk_open(const char *path, struct disk_facts *facts, struct disk **out, struct err *err)
{
	return disk_open_shared(path, 1, facts, out, err);
}

int disk_open_raw_fd(int take_fd, const char *name, struct disk **out, struct err *err)
{
	uint64_t size;

	if (raw_file_size(take_fd, &size, NULL, err) < 0) {
		close(take_fd);
		return err_push(err, "%s", name);
	}
	*out = raw_open(take_fd, size, name);
	return 0;
}

int disk_open_raw(const char *path, struct disk **out, struct err *err)
{
	int fd, ret = disk_open_file(path, &fd, err);

	return ret < 0 ? ret : disk_open_raw_fd(fd, path, out, err);
}
