/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A volume's bytes in another disk of the same layout, through all that it is stored in: a
 * partition, logical volumes, encryption.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "image/private.h"

/* A content is stored in such that stand before it in the list: nothing is in itself. */
struct placing {
	const struct image *image;
	struct disk *base;
	struct disk **made; /* by content; NULL: not yet */
	struct image_stack *stack;
};

void image_stack_release(struct image_stack *stack)
{
	while (stack->n)
		disk_close(stack->v[--stack->n]);
	free(stack->v);
	*stack = (struct image_stack){ 0 };
}

static int place(struct placing *p, size_t at, struct err *err);

static int join(struct placing *p, const struct content *c, struct disk **out, struct err *err)
{
	CLEANUP(xfree) struct disk_part *parts = xcalloc(c->n_pieces, sizeof(*parts));
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < c->n_pieces; i++) {
		const struct content_piece *piece = &c->pieces[i];

		ret = place(p, piece->at, err);
		if (ret == 0)
			parts[i] = (struct disk_part){ p->made[piece->at], piece->off, piece->len };
	}
	return ret < 0 ? ret : disk_join(parts, c->n_pieces, disk_name(p->base), out, err);
}

static int decrypt(struct placing *p, const struct unlocked *u, struct disk **out, struct err *err)
{
	int ret = place(p, u->at, err);

	return ret < 0 ? ret : luks_open(p->made[u->at], &u->luks, &u->key, out, err);
}

static int place(struct placing *p, size_t at, struct err *err)
{
	const struct content *c = &p->image->contents[at];
	struct disk **out = &p->made[at];
	int ret;

	if (*out)
		return 0;
	if (c->part)
		ret = disk_window(p->base, c->part->start, c->part->size, out, err);
	else if (c->unlocked)
		ret = decrypt(p, c->unlocked, out, err);
	else if (c->n_pieces)
		ret = join(p, c, out, err);
	else
		ret = err_set(err, ENOTSUP, "it lies in a RAID array, which is not changed here");
	if (ret < 0)
		return ret;
	p->stack->v = xreallocarray(p->stack->v, p->stack->n + 1, sizeof(struct disk *));
	p->stack->v[p->stack->n++] = *out;
	return 0;
}

int image_volume_on(struct image *image, const struct volume *volume, struct disk *base,
	struct image_stack *stack, struct disk **out, struct err *err)
{
	CLEANUP(xfree) struct disk **made = xcalloc(image->view.n, sizeof(struct disk *));
	struct placing p = { image, base, made, stack };
	size_t at = (size_t)(volume - image->volumes);
	int ret = place(&p, at, err);

	if (ret == 0)
		*out = made[at];
	return ret;
}

static void add_below(
	const struct image *image, size_t at, const struct volume **out, size_t max, size_t *n)
{
	const struct content *c = &image->contents[at];

	for (size_t i = 0; i < *n; i++)
		if (out[i] == &image->volumes[at])
			return;
	if (*n == max)
		return;
	out[(*n)++] = &image->volumes[at];
	if (c->unlocked)
		add_below(image, c->unlocked->at, out, max, n);
	for (size_t i = 0; i < c->n_pieces; i++)
		add_below(image, c->pieces[i].at, out, max, n);
}

size_t image_volume_below(const struct image *image, const struct volume *volume,
	const struct volume **out, size_t max)
{
	size_t n = 0;

	add_below(image, (size_t)(volume - image->volumes), out, max, &n);
	return n;
}

bool image_volume_lacks(const struct image *image, const struct volume *volume, const char **why)
{
	const struct content *c = &image->contents[volume - image->volumes];

	*why = c->why.text;
	return c->why.code == ENXIO;
}

int image_volume_lock(
	struct image *image, const struct volume *volume, struct image_lock *lock, struct err *err)
{
	const struct content *c = &image->contents[volume - image->volumes], *in;

	*lock = (struct image_lock){ 0 };
	while (c->n_pieces)
		c = &image->contents[c->pieces[0].at];
	if (!c->unlocked)
		return 0;
	in = &image->contents[c->unlocked->at];
	lock->secret = c->unlocked->secret;
	if (in->part)
		snprintf(lock->device, sizeof(lock->device), "/dev/sda%u", in->part->index);
	else if (in->lvm_path)
		snprintf(lock->device, sizeof(lock->device), "/dev/%s", in->lvm_path);
	else
		return err_set(err, ENOTSUP, "it lies in a RAID array, which is not changed here");
	return 0;
}
