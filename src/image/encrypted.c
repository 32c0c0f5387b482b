/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What encrypted volumes hold that keys were given for.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "image/private.h"
#include "loader/names.h"
#include "rootfs/fstab.h"

#define CRYPTTAB_MAX (64u << 10)

static bool is_luks(const struct content *c)
{
	return c->window && !c->why.code && strcmp(c->fstype, "crypto_LUKS") == 0;
}

/* -ENOENT: no key is for it. */
static int unlock(struct image *image, size_t at, struct unlocked *u, struct err *err)
{
	struct content *c = &image->contents[at];
	const struct image_locked locked = {
		.disk = c->window,
		.luks = &u->luks,
		.number = c->part ? c->part->index : 0,
		.lvm_path = c->lvm_path,
	};
	int ret = luks_read(c->window, &u->luks, err);

	u->at = at;
	return ret < 0 ? ret
		       : image_keys_find(image->options.keys, &locked, &u->key, &u->secret, err);
}

static void add(struct image *image, struct unlocked *take_u)
{
	struct content *c = &image->contents[image->view.n++], *from = &image->contents[take_u->at];

	c->unlocked = take_u;
	from->opened = true;
	if (luks_open(from->window, &take_u->luks, &take_u->key, &c->window, &c->why) == 0)
		content_probe(c, &c->why);
}

static void load_one(struct image *image, size_t at)
{
	struct unlocked *u = xcalloc(1, sizeof(*u));
	struct err err = { 0 };
	int ret = unlock(image, at, u, &err);

	if (ret == 0) {
		add(image, u);
		return;
	}
	free(u);
	/* Without a key it is what it was. */
	if (ret == -ENOENT)
		return;
	image->contents[at].why = err;
	if (ret == -ENOKEY && !image->wrong_key.code) {
		image->wrong_key = err;
		if (image->contents[at].part)
			err_push(
				&image->wrong_key, "partition %u", image->contents[at].part->index);
	}
}

void image_load_encrypted(struct image *image, size_t from)
{
	size_t n = image->view.n;

	if (!image->options.keys || !image->options.keys->n)
		return;
	image_grow_contents(image, n - from);
	for (size_t i = from; i < n; i++)
		if (is_luks(&image->contents[i]))
			load_one(image, i);
}

static void name_by(struct image *image, const struct crypttab_line *line)
{
	const struct volume *v = name_resolve(&image->view, line->device).volume;

	for (size_t i = 0; v && i < image->view.n; i++) {
		struct unlocked *u = image->contents[i].unlocked;

		if (u && &image->volumes[u->at] == v && !*u->mapper)
			snprintf(u->mapper, sizeof(u->mapper), "%s", line->name);
	}
}

static bool any_unlocked(const struct image *image)
{
	for (size_t i = 0; i < image->view.n; i++)
		if (image->contents[i].unlocked)
			return true;
	return false;
}

void image_name_encrypted(struct image *image)
{
	/* Of some file systems reading a file takes seconds. */
	if (!any_unlocked(image))
		return;
	for (size_t i = 0; i < image->view.n; i++) {
		struct buf text CLEANUP(buf_release) = BUF_INIT;
		struct crypttab tab CLEANUP(crypttab_release) = { 0 };
		const struct content *c = &image->contents[i];

		if (!c->rootfs ||
			rootfs_read_file(c->rootfs, "/etc/crypttab", CRYPTTAB_MAX, &text, NULL) < 0)
			continue;
		crypttab_parse(&tab, buf_text(&text), text.len);
		for (size_t j = 0; j < tab.n; j++)
			name_by(image, &tab.v[j]);
	}
}
