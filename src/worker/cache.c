/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verdicts that are kept. See cache.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/sha256.h"
#include "base/write.h"
#include "base/xalloc.h"
#include "glance/digest.h"
#include "verify/emulator.h"
#include "worker/cache.h"
#include "worker/entry.h"

#define DIGEST_LEN  32
#define TEMPORARY   ".armvm-"
/*
 * Two changes within a tick of the kernel's clock have the same time; a file system without
 * nanoseconds has ticks of up to two seconds.
 */
#define TICK        20000000
#define COARSE_TICK 2

struct cache {
	int dir;
	char *path;
	enum cache_identity identity;
	const struct selection *selection;
	const volatile int *stop;
	struct text about; /* of every entry */
};

/* ---- what an entry is about ---- */

/* A text of any bytes, so that what follows cannot be taken for a part of it. */
static void add_word(struct text *about, const char *name, const char *word)
{
	text_printf(about, "%s %zu %s\n", name, word ? strlen(word) : 0, word ? word : "");
}

static void add_words(struct text *about, const char *name, const struct strlist *words)
{
	for (size_t i = 0; i < words->n; i++)
		add_word(about, name, words->v[i]);
}

/* A program as it is installed; another build of it may judge otherwise. */
static void add_program(struct text *about, const char *name, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		text_printf(about, "%s none\n", name);
	else
		text_printf(about, "%s %lld %lld.%09ld\n", name, (long long)st.st_size,
			(long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static void add_task(
	struct text *about, const struct judge_options *options, const struct worker_limits *limits)
{
	const struct image_options *o = &options->image;
	char emulator[4096] = "";

	text_printf(about, "version %s\n", ARMVM_VERSION);
	add_program(about, "armvm-image", "/proc/self/exe");
	if (o->boot_emulator && emulator_find(emulator, sizeof(emulator)))
		add_program(about, "armvm-firmware", emulator);
	text_printf(about, "boots %d %d %d %d %d %u\n", o->boot_emulator, o->boot_scenarios,
		o->boot_edk2, o->boot_uboot, o->verify_reuse, o->boot_seconds);
	add_word(about, "until", o->until);
	add_words(about, "select", &options->selection->select);
	add_words(about, "ignore", &options->selection->ignore);
	text_printf(about, "extras %u\n", options->extras);
	text_printf(
		about, "limits %llu %u\n", (unsigned long long)limits->memory, limits->cpu_seconds);
}

/* Waits until a change would show in the file's times; false: that would take too long. */
static bool outwait_tick(const struct stat *st)
{
	const struct timespec tick = { .tv_nsec = TICK };
	struct timespec now;
	time_t age;

	clock_gettime(CLOCK_REALTIME, &now);
	age = now.tv_sec -
	      (st->st_mtim.tv_sec > st->st_ctim.tv_sec ? st->st_mtim.tv_sec : st->st_ctim.tv_sec);
	if (age < 0 || age > COARSE_TICK)
		return true;
	if (st->st_mtim.tv_nsec == 0)
		return false;
	nanosleep(&tick, NULL);
	return true;
}

static void add_file(struct text *about, const struct stat *st)
{
	text_printf(about, "file %llu %llu %lld %lld.%09ld %lld.%09ld\n",
		(unsigned long long)st->st_dev, (unsigned long long)st->st_ino,
		(long long)st->st_size, (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
		(long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
}

static bool add_content(struct text *about, int fd, const struct stat *st, const volatile int *stop)
{
	char hex[DIGEST_HEX_MAX];
	uint64_t size;

	if (digest_file(fd, "sha256", stop, hex, &size, NULL) < 0 || size != (uint64_t)st->st_size)
		return false;
	text_printf(about, "content %llu %s\n", (unsigned long long)size, hex);
	return true;
}

static void name_entry(struct cache_item *item)
{
	uint8_t digest[DIGEST_LEN];

	sha256_of(text_str(&item->about), item->about.len, digest);
	for (size_t i = 0; i < DIGEST_LEN; i++)
		snprintf(item->name + 2 * i, 3, "%02x", digest[i]);
}

/* Sets keep when the image can be known again. */
static void identify(const struct cache *c, int fd, struct cache_item *item)
{
	struct stat *st = &item->was;

	if (fstat(fd, st) < 0 || !S_ISREG(st->st_mode) || !outwait_tick(st) ||
		c->about.len > ENTRY_ABOUT_MAX - 4096)
		return;
	text_add(&item->about, text_str(&c->about), c->about.len);
	if (c->identity == CACHE_FILE)
		add_file(&item->about, st);
	else if (!add_content(&item->about, fd, st, c->stop))
		return;
	name_entry(item);
	item->keep = true;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* ---- reading ---- */

/* Nobody else than this user and root decides what was found. */
static bool is_trusted(const struct stat *st)
{
	return S_ISREG(st->st_mode) && (st->st_uid == geteuid() || st->st_uid == 0) &&
	       !(st->st_mode & (S_IWGRP | S_IWOTH)) && st->st_size <= (off_t)ENTRY_MAX;
}

static bool read_entry(const struct cache *c, const char *name, struct buf *entry)
{
	int fd = openat(c->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	bool good = fd >= 0 && fstat(fd, &st) == 0 && is_trusted(&st);

	while (good && entry->len < (size_t)st.st_size) {
		size_t left = (size_t)st.st_size - entry->len;
		ssize_t n = read(fd, buf_reserve(entry, left), left);

		if (n <= 0 && !(n < 0 && errno == EINTR))
			good = false;
		buf_added(entry, n > 0 ? (size_t)n : 0);
	}
	if (fd >= 0)
		close(fd);
	return good;
}

static bool find_entry(const struct cache *c, const struct cache_item *item, struct results *r)
{
	struct buf entry CLEANUP(buf_release) = BUF_INIT;

	if (!read_entry(c, item->name, &entry))
		return false;
	if (entry_take(buf_bytes(&entry), entry.len, &item->about, r))
		return true;
	/* It may be half done. */
	results_release(r);
	results_begin(r, c->selection);
	return false;
}

bool cache_find(const struct cache *c, int fd, struct cache_item *item, struct results *r)
{
	*item = (struct cache_item){ .fd = -1 };
	identify(c, fd, item);
	if (item->keep && find_entry(c, item, r))
		return true;
	if (item->keep)
		item->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	item->keep = item->fd >= 0;
	return false;
}

/* ---- writing ---- */

void cache_record(struct cache_item *item, const struct frame *frame)
{
	/* How far it was says nothing about the image. */
	if (!item->keep || frame->kind == FRAME_STEP)
		return;
	entry_add_frame(&item->frames, frame);
	item->keep = item->frames.len <= ENTRY_FRAMES_MAX;
}

/* What a missing program, a busy machine or a limit has kept from being found may be found next time. */
static bool is_determined(const struct results *r)
{
	if (r->failed || r->verdict.incomplete)
		return false;
	for (size_t i = 0; i < r->verdict.n; i++)
		if (r->verdict.results[i].outcome == OUTCOME_INCONCLUSIVE)
			return false;
	return true;
}

/* Another process may write the same entry: the last one stays. A torn one is none, so nothing is synced. */
static int put_entry(const struct cache *c, const struct cache_item *item, const struct buf *entry,
	struct err *err)
{
	char *tmp CLEANUP(xfree) = xasprintf("%s/" TEMPORARY "XXXXXX", c->path);
	int fd = mkostemp(tmp, O_CLOEXEC), ret;

	if (fd < 0)
		return err_sys(err, "%s", c->path);
	flock(fd, LOCK_EX | LOCK_NB);
	ret = write_all(fd, buf_bytes(entry), entry->len, c->path, err);
	if (ret == 0 && renameat(AT_FDCWD, tmp, c->dir, item->name) < 0)
		ret = err_sys(err, "%s", c->path);
	if (ret < 0)
		unlink(tmp);
	close(fd);
	return ret;
}

int cache_store(
	const struct cache *c, struct cache_item *item, const struct results *r, struct err *err)
{
	struct buf entry CLEANUP(buf_release) = BUF_INIT;
	struct stat is;

	if (!item->keep || !is_determined(r) || fstat(item->fd, &is) < 0 ||
		!is_same(&item->was, &is))
		return 0;
	entry_compose(&item->about, &item->frames, &entry);
	return put_entry(c, item, &entry, err);
}

void cache_item_release(struct cache_item *item)
{
	if (item->fd > 0)
		close(item->fd);
	text_release(&item->about);
	buf_release(&item->frames);
	*item = (struct cache_item){ .fd = -1 };
}

/* ---- the folder ---- */

/* What killed writers left: nobody holds it. */
static void sweep(const struct cache *c)
{
	DIR *d = opendir(c->path);
	const struct dirent *e;

	while (d && (e = readdir(d))) {
		int fd;

		if (strncmp(e->d_name, TEMPORARY, strlen(TEMPORARY)) != 0)
			continue;
		fd = openat(c->dir, e->d_name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			unlinkat(c->dir, e->d_name, 0);
		if (fd >= 0)
			close(fd);
	}
	if (d)
		closedir(d);
}

int cache_open(const char *path, enum cache_identity identity, const struct judge_options *options,
	const struct worker_limits *limits, const volatile int *stop, struct cache **out,
	struct err *err)
{
	struct cache *c CLEANUP(cache_close) = xcalloc(1, sizeof(*c));

	*c = (struct cache){ .dir = -1,
		.path = xstrdup(path),
		.identity = identity,
		.selection = options->selection,
		.stop = stop };
	if (mkdir(path, 0777) < 0 && errno != EEXIST)
		return err_sys(err, "%s", path);
	c->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->dir < 0)
		return err_sys(err, "%s", path);
	add_task(&c->about, options, limits);
	sweep(c);
	*out = TAKE(c);
	return 0;
}

void cache_close(struct cache *c)
{
	if (c->dir >= 0)
		close(c->dir);
	free(c->path);
	text_release(&c->about);
	free(c);
}
