/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file system whose log holds what is not in its place yet: it was in use when its disk was copied. A mount
 * replays the log, so that what is there without it may be older than what the guest sees, or not fit together. The
 * appliance replays it in a layer of its own; it is started when the first file is asked for, as it takes seconds
 * and hundreds of megabytes, and the facts are known without it. So is what nothing but the appliance reads.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/broker.h"
#include "base/xalloc.h"
#include "rootfs/backend.h"

struct replayed {
	struct rootfs base;
	struct rootfs_source src; /* its path, format and logical are ours */
	char *path, *format, *logical;
	struct rootfs *fs; /* what the appliance shows; NULL: not opened, or not to be had */
	struct err why;    /* code 0: it was not asked yet */
	bool has_log;      /* else it is rootfs_later()'s */
};

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static void start(struct replayed *p)
{
	struct err why = { 0 };
	int r = p->path ? rootfs_appliance_open(&p->fs, &p->src, &why)
			: err_set(&why, ENOTSUP, "the appliance can be given no such volume");

	if (r == 0 && !p->has_log)
		p->base.facts = p->fs->facts;
	if (r == 0)
		return;
	p->fs = NULL;
	if (!p->has_log) {
		p->why = why;
		p->why.code = ENOTSUP;
		return;
	}
	err_set(&p->why, ENOTSUP,
		"the log of this %s holds changes that are not in their places, and cannot be replayed: %s",
		p->base.facts.type, why.text);
	err_hint(&p->why, "%s",
		*why.hint ? why.hint : "shut the machine down before its disk is copied");
}

/* NULL: -ENOTSUP, and err says why. */
static struct rootfs *get(struct rootfs *base, struct err *err)
{
	struct replayed *p = (struct replayed *)base;

	if (!p->fs && !p->why.code)
		start(p);
	if (!p->fs && err)
		*err = p->why;
	return p->fs;
}

static void replay_close(struct rootfs *base)
{
	struct replayed *p = (struct replayed *)base;

	if (p->fs)
		rootfs_close(p->fs);
	free(p->path);
	free(p->format);
	free(p->logical);
	free(p);
}

static int replay_stat(
	struct rootfs *base, const char *path, bool follow, struct rootfs_stat *st, struct err *err)
{
	struct rootfs *fs = get(base, err);

	return !fs ? -ENOTSUP : fs->ops->stat(fs, path, follow, st, err);
}

static int replay_readlink(struct rootfs *base, const char *path, char **target, struct err *err)
{
	struct rootfs *fs = get(base, err);

	return !fs ? -ENOTSUP : fs->ops->readlink(fs, path, target, err);
}

static int replay_list(
	struct rootfs *base, const char *path, struct rootfs_dir *dir, struct err *err)
{
	struct rootfs *fs = get(base, err);

	return !fs ? -ENOTSUP : fs->ops->list(fs, path, dir, err);
}

static int replay_read(struct rootfs *base, const char *path, uint64_t off, void *bytes, size_t len,
	size_t *got, struct err *err)
{
	struct rootfs *fs = get(base, err);

	return !fs ? -ENOTSUP : fs->ops->read_range(fs, path, off, bytes, len, got, err);
}

/* Those that change something are never called: writable is not set. */
static const struct rootfs_ops replay_ops = {
	.close = replay_close,
	.stat = replay_stat,
	.readlink = replay_readlink,
	.list = replay_list,
	.read_range = replay_read,
};

/* With the facts as they are known so far. */
static struct rootfs *open_later(
	const struct rootfs_facts *facts, bool has_log, const struct rootfs_source *src)
{
	struct replayed *p = xcalloc(1, sizeof(*p));

	p->base.ops = &replay_ops;
	p->base.facts = *facts;
	p->has_log = has_log;
	p->path = copy(src->path);
	p->format = copy(src->format);
	p->logical = copy(src->logical);
	p->src = (struct rootfs_source){
		.type = p->base.facts.type,
		.path = p->path,
		.format = p->format,
		.partition = src->partition,
		.logical = p->logical,
		.subvolume_id = p->base.facts.subvolume_id,
	};
	return &p->base;
}

struct rootfs *rootfs_replay(struct rootfs *raw, const struct rootfs_source *src)
{
	struct rootfs *fs = open_later(rootfs_facts(raw), true, src);

	rootfs_close(raw);
	return fs;
}

struct rootfs *rootfs_later(const struct rootfs_source *src)
{
	struct rootfs_facts facts = { 0 };

	snprintf(facts.type, sizeof(facts.type), "%s", src->type);
	return open_later(&facts, false, src);
}

bool rootfs_is_pending(const struct rootfs *fs)
{
	const struct replayed *p = (const struct replayed *)fs;

	return fs->ops == &replay_ops && !p->fs && !p->why.code;
}
