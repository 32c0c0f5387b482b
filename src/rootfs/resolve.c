/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths, link by link. See resolve.h.
 */
#include "rootfs/resolve.h"

#include <errno.h>
#include <string.h>

#include "base/xalloc.h"

/* The path so far, which is resolved, and what is still to be gone. */
struct walk {
	char done[ROOTFS_MAX_PATH];
	char rest[2 * ROOTFS_MAX_PATH];
	unsigned links;
};

static void go_up(struct walk *w)
{
	char *slash = strrchr(w->done, '/');

	if (slash)
		*slash = '\0';
}

/* Puts a link's target in front of what is still to be gone. */
static int follow_link(const struct resolver *by, struct walk *w, struct err *err)
{
	CLEANUP(xfree) char *target = NULL, *rest = xstrdup(w->rest);
	int r = by->readlink(by->ctx, w->done, &target, err);

	if (r < 0)
		return r;
	if (++w->links > ROOTFS_MAX_LINKS)
		return err_set(err, ELOOP, "%s: too many links", w->done);
	if (strlen(target) + strlen(rest) + 2 > sizeof(w->rest))
		return err_set(err, ENAMETOOLONG, "%s: too long a path", w->done);
	if (target[0] == '/')
		w->done[0] = '\0';
	else
		go_up(w);
	strcpy(w->rest, target);
	strcat(w->rest, "/");
	strcat(w->rest, rest);
	return 0;
}

/* The next part of rest, and its length; 0: there is none. */
static size_t next_part(struct walk *w, char **part)
{
	*part = w->rest + strspn(w->rest, "/");
	return strcspn(*part, "/");
}

/* Takes that part over to done. */
static int take_part(struct walk *w, const char *part, size_t len, struct err *err)
{
	size_t at = strlen(w->done);

	if (len == 2 && memcmp(part, "..", 2) == 0) {
		go_up(w);
	} else if (len != 1 || *part != '.') {
		if (at + len + 2 > sizeof(w->done))
			return err_set(err, ENAMETOOLONG, "too long a path");
		w->done[at] = '/';
		memcpy(w->done + at + 1, part, len);
		w->done[at + 1 + len] = '\0';
	}
	memmove(w->rest, part + len, strlen(part + len) + 1);
	return 0;
}

static bool is_last(const struct walk *w)
{
	return !w->rest[strspn(w->rest, "/")];
}

int rootfs_resolve(const struct resolver *by, const char *path, bool follow,
	char out[ROOTFS_MAX_PATH], bool *parent, struct err *err)
{
	struct walk w = { .done = "", .links = 0 };
	char *part;
	size_t len;

	if (parent)
		*parent = false;
	if (strlen(path) >= ROOTFS_MAX_PATH)
		return err_set(err, ENAMETOOLONG, "too long a path");
	strcpy(w.rest, path);
	while ((len = next_part(&w, &part))) {
		struct rootfs_stat st = { .type = ROOTFS_DIR };
		int r = take_part(&w, part, len, err);

		if (r == 0 && *w.done)
			r = by->lstat(by->ctx, w.done, &st, err);
		if (r == -ENOENT && is_last(&w) && parent) {
			*parent = true;
			strcpy(out, w.done);
		}
		if (r < 0)
			return r;
		if (st.type == ROOTFS_LINK && (follow || !is_last(&w)))
			r = follow_link(by, &w, err);
		else if (st.type != ROOTFS_DIR && !is_last(&w))
			r = err_set(err, ENOTDIR, "%s: not a folder", w.done);
		if (r < 0)
			return r;
	}
	strcpy(out, *w.done ? w.done : "/");
	return 0;
}
