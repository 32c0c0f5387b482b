/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest family: where dm-verity checks the root file system or /usr, the hash on the command line is that of the image's
 * (VM-2). What systemd in the initrd makes is looked at (systemd-veritysetup-generator(8)); dm-mod.create= is the kernel's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "checks/groups.h"
#include "image/guest.h"
#include "loader/chain.h"
#include "loader/names.h"
#include "rootfs/fstab.h"

#define ID_DIGITS 32 /* of a hash: fewer are no partition's UUID */

/* A device that dm-verity makes, and where findings of it go. */
struct device {
	struct image *image;
	const struct chain_view *view;
	const struct chain_entry *entry;
	struct verity_words words;
	struct findings *f;
	bool named; /* as the root, or as /usr: loader.root and guest.init look for its data */
};

static void device_release(struct device *d)
{
	verity_words_release(&d->words);
}
DEFINE_RELEASE(struct device, device_release)

/* What these words name; false: it is not one volume of the image, and a finding says so, or err. */
static bool find_volume(const struct device *d, const char *spec, const char *what,
	const struct volume **out, int *ret, struct err *err)
{
	struct name name = name_resolve(d->view, spec);

	*out = name.volume;
	if (name.answer == NAME_ONE)
		return true;
	if (name.answer == NAME_NONE)
		finding_add(d->f, d->entry->source, "put the partition there, with that UUID",
			"%s%s: nothing in the image has %s of the %s, %s", d->words.key,
			d->words.hash, name.what, what, spec);
	else if (name.answer == NAME_UNKNOWN)
		*ret = err_set(
			err, EAGAIN, "%s: whether it is there cannot be told: %s", spec, name.why);
	else
		finding_add(d->f, d->entry->source,
			"name it by PARTUUID=", "%s%s: %s, which has the %s, %s", d->words.key,
			d->words.hash, spec, what,
			name.answer == NAME_SEVERAL
				? "is the name of several"
				: "is called otherwise in another virtual machine");
	return false;
}

/* Where the superblock is; false: there is none, or what is wrong is let pass. */
static bool superblock_at(const char *options, uint64_t *at)
{
	CLEANUP(xfree) char *copy = xstrdup(options ? options : "");
	char *save = NULL;

	*at = 0;
	for (char *o = strtok_r(copy, ",", &save); o; o = strtok_r(NULL, ",", &save)) {
		if (strcmp(o, "ignore-corruption") == 0 ||
			(strncmp(o, "superblock=", 11) == 0 && strchr("0nNfFoO", o[11]) &&
				strcasecmp(o + 11, "on") != 0))
			return false;
		if (strncmp(o, "hash-offset=", 12) == 0)
			*at = strtoull(o + 12, NULL, 10);
	}
	return true;
}

static int judge_hash(const struct device *d, const struct volume *data, const struct volume *trees,
	struct err *err)
{
	CLEANUP(xfree) char *hex = NULL;
	char name[VOLUME_NAME_MAX];
	struct err why = { 0 };
	uint64_t at;
	int ret;

	if (!superblock_at(d->words.options, &at))
		return 0;
	ret = image_verity_root(d->image, trees, at, data, &hex, &why);
	if (ret == -EUCLEAN)
		finding_add(d->f, volume_name(trees, name),
			"write the hashes again (veritysetup format, systemd-repart)",
			"%s makes no device of it: %s", d->words.key, why.text);
	else if (ret < 0)
		return err_set(err, -ret, "%s: %s", volume_name(trees, name), why.text);
	else if (strcasecmp(hex, d->words.hash) != 0)
		finding_add(d->f, d->entry->source,
			"have the command line and the partitions from one build of the image",
			"%s%s is not the root hash of %s, which is %s", d->words.key, d->words.hash,
			volume_name(trees, name), hex);
	return 0;
}

static int judge_device(const struct device *d, struct err *err)
{
	const struct volume *data, *trees;
	int ret = 0;

	if (d->named && d->words.data && name_resolve(d->view, d->words.data).answer == NAME_NONE) {
		finding_skip_for(
			d->f, "loader.root guest.init", "what %s names is not there", d->words.key);
		return 0;
	}
	if (!d->words.data || !d->words.trees) {
		finding_add(d->f, d->entry->source,
			"write the whole hash there, as veritysetup and systemd-repart tell it",
			"%s%s: so short a hash names no partitions", d->words.key, d->words.hash);
		return 0;
	}
	if (find_volume(d, d->words.data, "data", &data, &ret, err) &&
		find_volume(d, d->words.trees, "hashes", &trees, &ret, err))
		return judge_hash(d, data, trees, err);
	return ret;
}

static bool lacks_program(const struct device *d)
{
	const struct image_initrd *rd;

	if (image_initrd(d->image, &rd, NULL) < 0 || rd->initrd.problem_code ||
		!initrd_opens_as_known(&rd->initrd.root) || rd->initrd.root.tools & INITRD_VERITY)
		return false;
	finding_add(d->f, rd->where,
		"install systemd's veritysetup in the guest, and make the initrd again",
		"the initrd has no systemd-veritysetup, which makes a device of what %s names",
		d->words.key);
	return true;
}

/* Whether the device is what is mounted: one of these words names it, or none is there. */
static bool is_mounted(struct device *d, const char *const *keys, size_t n, const char *device)
{
	for (size_t i = 0; i < n; i++) {
		CLEANUP(xfree) char *value = cmdline_value(d->entry->cmdline, keys[i]);

		d->named = value && *value;
		if (d->named)
			return strcmp(value, device) == 0;
	}
	d->named = strcmp(keys[0], "root=") == 0;
	return true;
}

static int run_verity(struct image *image, struct findings *f, struct err *err)
{
	static const struct {
		const char *device, *keys[2];
		size_t n;
	} devices[] = { { "/dev/mapper/root", { "root=" }, 1 },
		{ "/dev/mapper/usr", { "mount.usr=", "usr=" }, 2 } };
	const struct chain_entry *e;
	struct image_way way;
	bool any = false;
	int ret = image_way(image, &way, err);

	if (ret < 0)
		return ret;
	e = way.entry;
	for (size_t i = 0; e && ret == 0 && i < ARRAY_SIZE(devices); i++) {
		struct device d CLEANUP(device_release) = { image, way.view, e, { 0 }, f, false };

		if (!cmdline_verity(e->cmdline, devices[i].device, &d.words) ||
			!is_mounted(&d, devices[i].keys, devices[i].n, devices[i].device))
			continue;
		any = true;
		if (!lacks_program(&d))
			ret = judge_device(&d, err);
	}
	if (!any)
		finding_skip_for(f, e ? NULL : "loader", "no root hash is on the command line");
	return ret;
}

static const struct check checks[] = {
	{ "guest.verity", SEV_ERROR, "VM-2", "the root hash is that of the image's file system",
		NEED_CHAIN, run_verity },
};

const struct check_group guest_verity_checks = CHECK_GROUP(checks);
