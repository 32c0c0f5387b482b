/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of the keys that were given opens a volume. See keys.h.
 */
#include "image/keys.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"

void image_keys_add(struct image_keys *keys, const char *id, struct buf *take_secret)
{
	keys->v = xreallocarray(keys->v, keys->n + 1, sizeof(*keys->v));
	keys->v[keys->n++] = (struct image_key){ xstrdup(id), *take_secret };
	*take_secret = (struct buf)BUF_INIT;
}

void image_keys_release(struct image_keys *keys)
{
	for (size_t i = 0; i < keys->n; i++) {
		if (keys->v[i].secret.cap)
			explicit_bzero(buf_edit(&keys->v[i].secret), keys->v[i].secret.cap);
		buf_release(&keys->v[i].secret);
		free(keys->v[i].id);
	}
	if (keys->n_opened)
		explicit_bzero(keys->opened, keys->n_opened * sizeof(*keys->opened));
	free(keys->opened);
	free(keys->v);
	*keys = (struct image_keys){ 0 };
}

/* "/dev/sda2", as tools for virtual machines call the second partition, whatever the disk's name is. */
static bool is_partition(const char *id, unsigned number)
{
	static const char *const disks[] = { "/dev/sda", "/dev/vda", "/dev/hda" };
	char digits[16];

	snprintf(digits, sizeof(digits), "%u", number);
	for (size_t i = 0; number && i < ARRAY_SIZE(disks); i++)
		if (strncmp(id, disks[i], strlen(disks[i])) == 0 &&
			strcmp(id + strlen(disks[i]), digits) == 0)
			return true;
	return false;
}

static bool names(const char *id, const struct image_locked *l)
{
	return strcmp(id, "all") == 0 || strcasecmp(id, l->luks->uuid) == 0 ||
	       is_partition(id, l->number) ||
	       (l->lvm_path && strncmp(id, "/dev/", 5) == 0 && strcmp(id + 5, l->lvm_path) == 0);
}

static const struct image_opened *find_opened(
	const struct image_keys *keys, const struct luks *luks)
{
	for (size_t i = 0; i < keys->n_opened; i++)
		if (strcmp(keys->opened[i].uuid, luks->uuid) == 0 &&
			luks_fits(luks, &keys->opened[i].key))
			return &keys->opened[i];
	return NULL;
}

static void remember(struct image_keys *keys, const struct luks *luks, const struct luks_key *key,
	const struct buf *secret)
{
	struct image_opened *o;

	keys->opened = xreallocarray(keys->opened, keys->n_opened + 1, sizeof(*keys->opened));
	o = &keys->opened[keys->n_opened++];
	*o = (struct image_opened){ .key = *key, .secret = secret };
	snprintf(o->uuid, sizeof(o->uuid), "%s", luks->uuid);
}

int image_keys_find(struct image_keys *keys, const struct image_locked *locked,
	struct luks_key *key, const struct buf **secret, struct err *err)
{
	const struct image_opened *known = find_opened(keys, locked->luks);
	int ret = -ENOENT;

	if (known) {
		*key = known->key;
		*secret = known->secret;
		return 0;
	}
	for (size_t i = 0; i < keys->n; i++) {
		const struct buf *s = &keys->v[i].secret;

		if (!names(keys->v[i].id, locked))
			continue;
		ret = luks_unlock(locked->disk, locked->luks, buf_bytes(s), s->len, key, err);
		if (ret == -ENOKEY)
			continue;
		if (ret == 0) {
			remember(keys, locked->luks, key, s);
			*secret = s;
		}
		return ret;
	}
	return ret == -ENOENT ? err_set(err, ENOENT, "no key was given for it") : ret;
}
