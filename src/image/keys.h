/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys of encrypted volumes (LUKS), as a user gives them.
 */
#ifndef ARMVM_IMAGE_KEYS_H
#define ARMVM_IMAGE_KEYS_H

#include "base/buf.h"
#include "part/luks.h"

struct disk;

/* A passphrase, for the volumes that id names. */
struct image_key {
	char *id; /* a LUKS UUID, "/dev/sda2" for partition 2, "/dev/vg/lv", or "all" */
	struct buf secret;
};

/* A volume key that was found, so that an image that is opened once more need not be unlocked again. */
struct image_opened {
	char uuid[41];
	struct luks_key key;
	const struct buf *secret; /* that it was found with */
};

/* Starts zeroed. */
struct image_keys {
	struct image_key *v;
	size_t n;
	struct image_opened *opened;
	size_t n_opened;
};

void image_keys_add(struct image_keys *keys, const char *id, struct buf *take_secret);
void image_keys_release(struct image_keys *keys);
DEFINE_RELEASE(struct image_keys, image_keys_release)

/* A volume that is encrypted, and what it may be called. */
struct image_locked {
	struct disk *disk;
	const struct luks *luks;
	unsigned number;      /* of its partition; 0: none */
	const char *lvm_path; /* struct volume's; NULL: no logical volume */
};

/*
 * The key of a volume, and the passphrase, which is the keys'. -ENOENT: none was given for it;
 * -ENOKEY: none of those opens it; else as luks_unlock().
 */
int image_keys_find(struct image_keys *keys, const struct image_locked *locked,
	struct luks_key *key, const struct buf **secret, struct err *err);

#endif
