/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file systems of an image: what each partition holds by libblkid's word,
 * opened by the reader that fits.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "image/private.h"
#include "part/opinion.h"
#include "rootfs/mount_options.h"
#include "uefi/guids.h"

static bool is_linux_fs(const char *type)
{
	static const char *const types[] = { "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs",
		"squashfs" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return false;
}

static bool is_encrypted(const char *type)
{
	return strcmp(type, "crypto_LUKS") == 0 || strcmp(type, "BitLocker") == 0;
}

static bool on_partitions(const struct image *image, const struct content *c)
{
	for (size_t i = 0; i < c->n_pieces; i++)
		if (!image->contents[c->pieces[i].at].part)
			return false;
	return c->lvm_path && c->n_pieces > 0;
}

/* The devices of a btrfs may be anywhere. */
static void gather_btrfs(struct image *image)
{
	image->btrfs = xcalloc(image->view.n + 1, sizeof(*image->btrfs));
	for (size_t i = 0; i < image->view.n; i++)
		if (image->contents[i].window && strcmp(image->contents[i].fstype, "btrfs") == 0)
			image->btrfs[image->n_btrfs++] = image->contents[i].window;
}

static int open_rootfs(struct image *image, struct content *c, struct err *err)
{
	struct rootfs_source src = {
		.disk = c->window,
		.type = c->fstype,
		.devices = image->btrfs,
		.n_devices = image->n_btrfs,
		.path = image->path,
		.format = disk_format_name(image->header.format),
		.partition = c->part ? c->part->index : 0,
		.later = true,
	};

	/* An appliance is given partitions, and logical volumes on these. */
	if (!c->part && on_partitions(image, c))
		src.logical = c->lvm_path;
	else if (!c->part)
		src.path = NULL;
	return rootfs_open(&c->rootfs, &src, err);
}

/* What loaders read: no log is replayed, and of a btrfs the whole, not the subvolume that has the system. */
static int open_top(const struct image *image, struct content *c, struct volume *v, struct err *err)
{
	const struct rootfs_facts *facts = rootfs_facts(c->rootfs);
	struct rootfs_source src = { .disk = c->window,
		.type = c->fstype,
		.devices = image->btrfs,
		.n_devices = image->n_btrfs,
		.subvolume = "/",
		.as_loader = true };

	v->default_subvolume = facts->default_subvolume;
	if (strcmp(c->fstype, "btrfs") == 0 || facts->dirty_journal) {
		int ret = rootfs_open(&c->top, &src, err);

		/* The appliance reads it, and shows one subvolume. */
		if (ret == -ENOTSUP)
			err_clear(err);
		else if (ret < 0)
			return ret;
	}
	volume_set_rootfs(v, c->top ? c->top : c->rootfs);
	return 0;
}

/* What loaders need no log for they read without it. */
static void open_without_log(struct content *c, struct volume *v)
{
	struct rootfs_source src = { .disk = c->window, .type = c->fstype, .as_loader = true };

	if (rootfs_open(&c->top, &src, NULL) == 0)
		volume_set_rootfs(v, c->top);
}

/* The label is an entry of the root folder, beyond what libblkid is shown of a large FAT. */
static void set_fat(struct content *c, struct volume *v)
{
	volume_set_fat(v, c->fat);
	v->by_firmware = c->part != NULL;
	if (*c->label || !*fat_facts(c->fat)->label)
		return;
	snprintf(c->label, sizeof(c->label), "%s", fat_facts(c->fat)->label);
	v->label = c->label;
}

static void set_packed(const struct content *c, struct volume *v)
{
	uint8_t head[SQUASHFS_HEAD];

	if (strcmp(c->fstype, "squashfs") == 0 &&
		disk_read(c->window, 0, head, sizeof(head), NULL) == 0)
		v->packed = volume_squashfs_packed(head);
}

static void open_content(struct image *image, struct content *c, struct volume *v)
{
	/*
	 * libblkid refuses a FAT over details that firmware does not look at, or takes it for something
	 * else: a member of a mirror, two things at once. What firmware can open it reads as FAT.
	 */
	bool firmware_reads = v->is_esp || v->is_xbootldr || (c->part && !*c->fstype);
	bool fat = strcmp(c->fstype, "vfat") == 0;

	if ((fat || firmware_reads) && fat_open(c->window, &c->fat, &c->why) == 0) {
		set_fat(c, v);
	} else if (fat) {
		return;
	} else if (is_encrypted(c->fstype) && !c->opened) {
		err_set(&c->why, ENOKEY, "it is encrypted (%s), and its key is not in the image",
			c->fstype);
		if (strcmp(c->fstype, "crypto_LUKS") == 0)
			err_hint(&c->why, "give it by --key");
	} else if (is_linux_fs(c->fstype)) {
		int ret;

		err_clear(&c->why);
		ret = open_rootfs(image, c, &c->why);
		if (ret == 0)
			open_top(image, c, v, &c->why);
		else if (ret == -ENXIO)
			open_without_log(c, v);
		set_packed(c, v);
	} else if (!v->opened) {
		err_set(&c->why, ENOTSUP, "%s is not read here",
			*c->fstype ? c->fstype : "what it holds");
	}
}

bool content_has_role(const struct content *c, enum uefi_part_role role)
{
	const struct uefi_part_type *type = c->part ? uefi_part_type(c->part->type) : NULL;

	return type && type->role == role;
}

int content_probe(struct content *c, struct err *err)
{
	struct part_blkid id;
	int ret = part_blkid_disk(c->window, &id, err);

	if (ret < 0)
		return ret;
	snprintf(c->fstype, sizeof(c->fstype), "%s", id.type);
	snprintf(c->uuid, sizeof(c->uuid), "%s", id.uuid);
	snprintf(c->label, sizeof(c->label), "%s", id.label);
	return 0;
}

static int probe_partition(struct image *image, struct content *c, struct err *err)
{
	int ret = disk_window(image->disk, c->part->start, c->part->size, &c->window, err);

	if (ret == 0)
		ret = content_probe(c, err);
	if (ret < 0)
		return err_push(err, "partition %u", c->part->index);
	guid_format(c->part->guid, c->partuuid);
	return 0;
}

static int load_partitions(struct image *image, struct err *err)
{
	const struct part_table *t = image->parts;
	int ret = 0;

	image->contents = xcalloc(t->n_parts ? t->n_parts : 1, sizeof(*image->contents));
	for (size_t i = 0; i < t->n_parts && ret == 0; i++) {
		struct content *c = &image->contents[image->view.n];

		if (!t->parts[i].size)
			continue;
		c->part = &t->parts[i];
		image->view.n++;
		ret = probe_partition(image, c, err);
	}
	return ret;
}

/* Whether it is, or lies in, what was opened with a key. */
static bool needs_key(const struct image *image, const struct content *c)
{
	bool needs = c->unlocked != NULL;

	for (size_t i = 0; !needs && i < c->n_pieces; i++)
		needs = needs_key(image, &image->contents[c->pieces[i].at]);
	return needs;
}

static void describe(const struct image *image, const struct content *c, struct volume *v)
{
	*v = (struct volume){
		.fstype = c->fstype,
		.uuid = *c->uuid ? c->uuid : NULL,
		.label = *c->label ? c->label : NULL,
		.lvm_name = c->lvm_name,
		.lvm_path = c->lvm_path,
		.md_name = c->md_name,
		.lvm_idle = c->lvm_idle,
		.md_uuid = c->md_uuid,
		.md_driver = c->md_driver,
		.luks_uuid = c->unlocked ? c->unlocked->luks.uuid : NULL,
		.mapper = c->unlocked ? c->unlocked->mapper : NULL,
		.needs_key = needs_key(image, c),
	};
	/* A member hides nothing when what is made of it is among the volumes. */
	v->opened = c->opened;
	v->unread = !c->part && c->why.code && c->why.code != ENXIO;
	/* What is not whole neither Linux nor GRUB opens, and finds nothing in it. */
	if (!c->part && c->why.code == ENXIO)
		volume_set_nothing(v);
	if (!c->part)
		return;
	v->number = c->part->index;
	v->is_esp = c->part == image->esp_part;
	v->is_root = content_has_role(c, UEFI_ROLE_ROOT) &&
		     strcmp(uefi_part_type(c->part->type)->arch, "aarch64") == 0;
	v->no_auto = (c->part->attrs & PART_ATTR_NO_AUTO_MOUNT) != 0;
	v->is_xbootldr = content_has_role(c, UEFI_ROLE_XBOOTLDR);
	v->partuuid = c->partuuid;
	v->partlabel = *c->part->name ? c->part->name : NULL;
}

int image_load_volumes(struct image *image, struct err *err)
{
	const struct part *esp;
	char label[IMAGE_CD_LABEL];
	int ret = image_have_gpt(image, err);

	if (ret < 0)
		return ret;
	/* Asked for its side effect: which partition it is. None is no failure here. */
	image_esp_part(image, &esp, NULL);
	ret = load_partitions(image, err);
	if (ret < 0)
		return ret;
	image_load_stacked(image);
	gather_btrfs(image);
	image->volumes = xcalloc(image->view.n ? image->view.n : 1, sizeof(*image->volumes));
	image->view.volumes = image->volumes;
	image->view.is_cd = image_cd(image, label);
	for (size_t i = 0; i < image->view.n; i++) {
		describe(image, &image->contents[i], &image->volumes[i]);
		if (image->volumes[i].is_esp)
			image->view.esp = &image->volumes[i];
		if (image->contents[i].why.code == 0)
			open_content(image, &image->contents[i], &image->volumes[i]);
	}
	image_name_encrypted(image);
	return 0;
}

void image_free_volumes(struct image *image)
{
	if (image->assembled)
		rootfs_close(image->assembled);
	for (size_t i = 0; i < image->view.n; i++) {
		struct content *c = &image->contents[i];

		if (c->fat)
			fat_close(c->fat);
		if (c->rootfs)
			rootfs_close(c->rootfs);
		if (c->top)
			rootfs_close(c->top);
	}
	/* What is made of others lies in their windows. */
	for (size_t i = image->view.n; i-- > 0;) {
		disk_close(image->contents[i].window);
		free(image->contents[i].lvm_name);
		free(image->contents[i].lvm_path);
		free(image->contents[i].md_name);
		free(image->contents[i].md_uuid);
		free(image->contents[i].pieces);
		if (image->contents[i].unlocked)
			explicit_bzero(image->contents[i].unlocked, sizeof(struct unlocked));
		free(image->contents[i].unlocked);
	}
	free(image->btrfs);
	free(image->contents);
	free(image->volumes);
}

/* What the volume is made of; NULL: it is none of the image's, but the memory disk of a loader. */
static const struct content *content_of(const struct image *image, const struct volume *v)
{
	for (size_t i = 0; i < image->view.n; i++)
		if (v == &image->volumes[i])
			return &image->contents[i];
	return NULL;
}

struct rootfs *image_rootfs_of(const struct image *image, const struct volume *v)
{
	const struct content *c = content_of(image, v);

	return c ? c->rootfs : NULL;
}

const struct rootfs_facts *image_volume_facts(
	const struct image *image, const struct volume *volume)
{
	struct rootfs *fs = image_rootfs_of(image, volume);

	return fs ? rootfs_facts(fs) : NULL;
}

void image_volume_files(const struct image *image, const struct volume *volume, struct fat **fat,
	struct rootfs **root)
{
	const struct content *c = content_of(image, volume);

	*fat = c ? c->fat : NULL;
	*root = c ? c->rootfs : NULL;
}

enum presence image_rootfs_has(struct rootfs *root, const char *const *paths, size_t n)
{
	enum presence answer = ABSENT;

	for (size_t i = 0; i < n && answer != PRESENT; i++) {
		struct rootfs_stat st;
		int ret = rootfs_stat(root, paths[i], &st, NULL);

		if (ret == 0 && st.type != ROOTFS_DIR)
			answer = PRESENT;
		else if (ret < 0 && !rootfs_is_missing(ret))
			answer = PRESENCE_UNKNOWN;
	}
	return answer;
}

static bool shows(const struct rootfs *fs, const struct subvolume *s)
{
	const struct rootfs_facts *facts = rootfs_facts(fs);

	if (s->bad_id || (s->id && s->id != facts->subvolume_id))
		return false;
	return (s->id && !s->path) || strcmp(facts->subvolume, s->path ? s->path : "") == 0;
}

/* Opens what a mount shows; *out is NULL where the volume's own reader shows the same. */
static int open_mounted(
	const struct content *c, const struct subvolume *s, struct rootfs **out, struct err *err)
{
	struct rootfs_source src = {
		.disk = c->window,
		.type = c->fstype,
		.subvolume = s->path ? s->path : "",
		.subvolume_id = s->id,
	};

	*out = NULL;
	if (strcmp(c->fstype, "btrfs") != 0 || shows(c->rootfs, s))
		return 0;
	if (s->bad_id)
		return err_set(err, ENOENT, "subvolid= is no number");
	return rootfs_open(out, &src, err);
}

enum presence image_has_subvolume(const struct image *image, const struct volume *volume,
	const char *options, struct err *err)
{
	const struct content *c = &image->contents[volume - image->volumes];
	CLEANUP(subvolume_release) struct subvolume s = { 0 };
	struct rootfs *fs CLEANUP(rootfs_close) = NULL;
	int ret;

	subvolume_of(&s, options);
	if (!c->rootfs || (!s.path && !s.id && !s.bad_id))
		return PRESENT;
	ret = open_mounted(c, &s, &fs, err);
	if (ret == 0)
		return PRESENT;
	return rootfs_is_missing(ret) ? ABSENT : PRESENCE_UNKNOWN;
}

enum presence image_mount_has(const struct image *image, const struct volume *volume,
	const char *options, const char *const *paths, size_t n)
{
	const struct content *c = &image->contents[volume - image->volumes];
	CLEANUP(subvolume_release) struct subvolume s = { 0 };
	struct rootfs *fs CLEANUP(rootfs_close) = NULL;
	enum presence answer = ABSENT;

	subvolume_of(&s, options);
	if (c->rootfs) {
		int ret = open_mounted(c, &s, &fs, NULL);

		if (ret < 0)
			return rootfs_is_missing(ret) ? ABSENT : PRESENCE_UNKNOWN;
		return image_rootfs_has(fs ? fs : c->rootfs, paths, n);
	}
	for (size_t i = 0; i < n && answer != PRESENT; i++) {
		enum presence there = volume_stat(volume, paths[i], NULL);

		if (there != ABSENT)
			answer = there;
	}
	return answer;
}

int image_wrong_key(struct image *image, struct err *err)
{
	const struct chain_view *view;
	int ret = image_volumes(image, &view, err);

	if (ret < 0 || !image->wrong_key.code)
		return 0;
	if (err)
		*err = image->wrong_key;
	return -image->wrong_key.code;
}
