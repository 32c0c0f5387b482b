/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of file systems, a row per form: see names.h.
 */
#include "loader/names.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/match.h"
#include "base/xalloc.h"
#include "loader/bls.h"
#include "rootfs/fstab.h"

static const char hidden[] = "it may be inside of an encrypted, logical or RAID volume";

typedef bool matches_fn(const struct volume *v, const char *value);

static bool same(const char *have, const char *value)
{
	return have && strcmp(have, value) == 0;
}

static bool same_uuid(const char *have, const char *value)
{
	return have && strcasecmp(have, value) == 0;
}

/*
 * mount, blkid, udev and systemd compare UUIDs as text (fstab(5)): in the letters that libblkid writes, small ones,
 * or capitals for FAT.
 */
static bool by_uuid(const struct volume *v, const char *value)
{
	return same(v->uuid, value);
}

static bool by_partuuid(const struct volume *v, const char *value)
{
	return same(v->partuuid, value);
}

static bool by_partlabel(const struct volume *v, const char *value)
{
	return same(v->partlabel, value);
}

/* dracut and systemd call what no crypttab names after its UUID. */
static bool by_mapper(const struct volume *v, const char *value)
{
	return same(v->lvm_name, value) ||
	       (v->luks_uuid &&
		       (same(v->mapper, value) || (strncmp(value, "luks-", 5) == 0 &&
							  same_uuid(v->luks_uuid, value + 5))));
}

/* Whether udev calls a link so after that: what is no plain character of ASCII, nor UTF-8, as \x20 (encode.c of libblkid). */
static bool linked(const char *have, const char *link)
{
	for (; have && *have; have++) {
		char byte[5] = { *have };

		if (!isalnum((unsigned char)*have) && !strchr("#+-.:=@_", *have) && !(*have & 0x80))
			snprintf(byte, sizeof(byte), "\\x%02x", (unsigned char)*have);
		if (strncmp(link, byte, strlen(byte)) != 0)
			return false;
		link += strlen(byte);
	}
	return have && !*link;
}

static bool by_label_link(const struct volume *v, const char *value)
{
	return linked(v->label, value);
}

static bool by_partlabel_link(const struct volume *v, const char *value)
{
	return linked(v->partlabel, value);
}

static bool by_lvm_path(const struct volume *v, const char *value)
{
	return same(v->lvm_path, value);
}

static bool by_md_name(const struct volume *v, const char *value)
{
	return *value && same(v->md_name, value);
}

/* mdadm's "aabbccdd:..." and dracut's forms of the same digits. */
static bool by_md_uuid(const struct volume *v, const char *value)
{
	return v->md_uuid && same_digits(v->md_uuid, value, ":-");
}

static const struct form {
	const char *prefix, *what;
	matches_fn *matches;
	bool of_partition; /* which is in the table, and hidden by nothing */
	bool by_kernel;
} forms[] = {
	{ "UUID=", "the UUID", by_uuid, false, false },
	{ "LABEL=", "the label", volume_has_label, false, false },
	{ "PARTUUID=", "the partition GUID", by_partuuid, true, true },
	{ "PARTLABEL=", "the partition name", by_partlabel, true, true },
	{ "/dev/disk/by-uuid/", "the UUID", by_uuid, false, false },
	{ "/dev/disk/by-label/", "the label", by_label_link, false, false },
	{ "/dev/disk/by-partuuid/", "the partition GUID", by_partuuid, true, false },
	{ "/dev/disk/by-partlabel/", "the partition name", by_partlabel_link, true, false },
	{ "/dev/disk/by-id/dm-name-", "the device mapper's name", by_mapper, false, false },
	{ "/dev/md/", "the RAID's name", by_md_name, false, false },
	{ "/dev/disk/by-id/md-uuid-", "the RAID's UUID", by_md_uuid, false, false },
	{ "MDUUID=", "the RAID's UUID", by_md_uuid, false, false },
	{ "/dev/mapper/", "the device mapper's name", by_mapper, false, false },
};

/* Links that udev makes of what a machine's disks and controllers are called. */
static const char *const of_machine[] = { "ID=", "/dev/disk/by-id/", "/dev/disk/by-path/",
	"/dev/disk/by-diskseq/", "/dev/disk/azure/", "/dev/disk/cloud/", "/dev/block/",
	"/dev/dm-" };

/* What the image alone does not show. */
static const struct {
	const char *prefix, *why;
} elsewhere[] = {
	{ "/dev/disk/by-id/dm-", "identifiers of the device mapper are not read here" },
	{ "/dev/disk/by-id/lvm-", "identifiers of LVM are not read here" },
	{ "/dev/disk/by-id/md-", "identifiers of RAID are not read here" },
	{ "/dev/disk/by-designator/", "systemd's links by use are not known here" },
	{ "/dev/disk/by-dname/", "curtin's links are not known here" },
	{ "/dev/disk/by-loop-", "the guest makes it" },
	{ "/dev/nfs", "it is on the network" },
	{ "nfs", "it is on the network" },
	{ "nbd:", "it is on the network" },
	{ "iscsi:", "it is on the network" },
	{ "cifs", "it is on the network" },
	{ "http", "it is on the network" },
	{ "live:", "it is in an image of a CD, or on the network, which are not looked into" },
	{ "/dev/ram", "an initrd makes it" },
	{ "/dev/zd", "ZFS has it" },
	{ "fstab", "the initrd's fstab names it" },
	{ "tmpfs", "it is in memory" },
	{ "overlay", "an initrd makes it" },
};

/* Without quotes, and with udev's \x20 as the byte that it stands for. Freed by the caller. */
static char *plain_value(const char *value)
{
	char *out = xstrdup(value), *to = out;

	if (out[0] == '"' || out[0] == '\'') {
		memmove(out, out + 1, strlen(out));
		out[strcspn(out, "\"'")] = '\0';
	}
	for (const char *from = out; *from;) {
		unsigned byte;

		if (from[0] == '\\' && from[1] == 'x' && isxdigit((unsigned char)from[2]) &&
			isxdigit((unsigned char)from[3]) && sscanf(from + 2, "%2x", &byte) == 1 &&
			byte) {
			*to++ = (char)byte;
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
	return out;
}

/*
 * "PARTUUID=X/PARTNROFF=1": the partition whose number is one higher, which the kernel alone finds (its
 * early_lookup_bdev()): libblkid, udev and initrds take all of it for the GUID.
 */
static const struct volume *offset_partition(
	const struct chain_view *view, const struct volume *from, const char *suffix)
{
	int offset;
	char more;

	if (sscanf(suffix, "/PARTNROFF=%d%c", &offset, &more) != 1 || offset > 1024 ||
		offset < -1024)
		return NULL;
	return view_by_number(view, (unsigned)((int)from->number + offset));
}

/*
 * systemd-gpt-auto-generator(8) takes the partition of the architecture's root type whose label is the newest
 * version, or the first of them. "_empty" is what systemd-sysupdate calls a slot without a system.
 */
static struct name root_by_type(const struct chain_view *view)
{
	struct name name = { .answer = NAME_NONE, .what = "the type of a root partition" };
	const char *newest = "";

	for (size_t i = 0; i < view->n; i++) {
		const struct volume *v = &view->volumes[i];
		const char *label = v->partlabel ? v->partlabel : "";

		if (!v->is_root || v->no_auto || strcmp(label, "_empty") == 0 ||
			(name.volume && bls_version_compare(label, newest) <= 0))
			continue;
		name.answer = NAME_ONE;
		name.volume = v;
		newest = label;
	}
	return name;
}

/* One file system on several devices has one name on each: members are no choice. */
static bool same_file_system(const struct volume *a, const struct volume *b)
{
	static const char *const spread[] = { "btrfs", "linux_raid_member", "LVM2_member", "bcache",
		"zfs_member" };

	for (size_t i = 0; i < ARRAY_SIZE(spread); i++)
		if (same(a->fstype, spread[i]) && same(b->fstype, spread[i]))
			return a->uuid && same_uuid(b->uuid, a->uuid);
	return false;
}

/* What a member of others is called by itself is nobody's name; an encrypted volume's crypttabs have. */
static bool is_member(const struct volume *v)
{
	return v->opened && !same(v->fstype, "crypto_LUKS");
}

/* The command line may name what is encrypted, too. */
static bool has_unnamed(const struct chain_view *view)
{
	for (size_t i = 0; i < view->n; i++)
		if (view->volumes[i].luks_uuid && !*view->volumes[i].mapper)
			return true;
	return false;
}

static bool in_other_letters(
	const struct chain_view *view, const struct form *form, const char *value)
{
	for (size_t i = 0; i < view->n; i++) {
		const struct volume *v = &view->volumes[i];

		if ((form->matches == by_uuid && same_uuid(v->uuid, value) && !is_member(v)) ||
			(form->matches == by_partuuid && same_uuid(v->partuuid, value)))
			return true;
	}
	return false;
}

/* A name that what is in the partition has, and not the partition itself. */
static bool is_of_content(const struct form *form)
{
	return form->matches == by_uuid || form->matches == volume_has_label ||
	       form->matches == by_label_link;
}

static bool is_link(const struct form *form)
{
	return form->matches == by_label_link || form->matches == by_partlabel_link;
}

static struct name search(const struct chain_view *view, const struct form *form, const char *text)
{
	struct name name = {
		.answer = NAME_NONE, .what = form->what, .by_kernel = form->by_kernel
	};
	CLEANUP(xfree) char *value = is_link(form) ? xstrdup(text) : plain_value(text);
	char *suffix = form->matches == by_partuuid ? strchr(value, '/') : NULL;
	CLEANUP(xfree) char *rest = xstrdup(suffix ? suffix : "");

	if (suffix)
		*suffix = '\0';
	for (size_t i = 0; i < view->n && *value; i++) {
		if (!form->matches(&view->volumes[i], value) ||
			(is_member(&view->volumes[i]) && is_of_content(form)))
			continue;
		if (!name.volume) {
			name.answer = NAME_ONE;
			name.volume = &view->volumes[i];
		} else if (!same_file_system(name.volume, &view->volumes[i])) {
			name.answer = NAME_SEVERAL;
		}
	}
	if (name.volume && *rest) {
		name.volume = form->by_kernel ? offset_partition(view, name.volume, rest) : NULL;
		name.letters = name.volume != NULL;
		name.answer = NAME_NONE;
		name.what = "the partition at this distance, which the kernel alone looks for";
		return name;
	}
	if (!name.volume)
		name.answer = NAME_NONE;
	if (!name.volume && in_other_letters(view, form, value)) {
		name.letters = true;
		name.what = form->matches == by_uuid ? "the UUID in these letters"
						     : "the partition GUID in these letters";
		return name;
	}
	if (name.answer == NAME_NONE && !form->of_partition && view_has_containers(view)) {
		name.answer = NAME_UNKNOWN;
		name.why = hidden;
	} else if (name.answer == NAME_NONE && form->matches == by_mapper && has_unnamed(view)) {
		name.answer = NAME_UNKNOWN;
		name.why = "no crypttab says what the encrypted volume is called";
	}
	return name;
}

/* "/dev/vg/root": a folder below /dev that is none of the kernel's own. */
static bool is_lvm_path(const char *spec)
{
	static const char *const own[] = { "disk/", "mapper/", "md/", "block/", "char/", "input/",
		"bus/", "shm/", "pts/" };
	const char *name = spec + 5, *slash;

	if (strncmp(spec, "/dev/", 5) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (strncmp(name, own[i], strlen(own[i])) == 0)
			return false;
	slash = strchr(name, '/');
	return slash && slash > name && slash[1] && !strchr(slash + 1, '/');
}

/* "/dev/md0": a name, when the array has it, and otherwise the order in which they are put together. */
static struct name raid(const struct chain_view *view, const char *number)
{
	static const struct form form = { "/dev/md", "the RAID's name", by_md_name, false, false };
	struct name name = search(view, &form, number);

	for (size_t i = 0; name.answer == NAME_NONE && i < view->n; i++)
		if (view->volumes[i].md_uuid) {
			name.answer = NAME_MACHINE;
			name.what = "an array's place among others";
		}
	return name;
}

/* "uuid=...": tags are written in capitals, and whatever else it is, nothing is called so. */
static bool is_tag_in_other_letters(const char *spec)
{
	static const char *const tags[] = { "UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=" };

	for (size_t i = 0; i < ARRAY_SIZE(tags); i++)
		if (strncasecmp(spec, tags[i], strlen(tags[i])) == 0 &&
			strncmp(spec, tags[i], strlen(tags[i])) != 0)
			return true;
	return false;
}

/* "8:1", "801": a device's number, which the kernel takes for a root. */
static bool is_device_number(const char *spec)
{
	size_t digits = strspn(spec, "0123456789"), hex = strspn(spec, "0123456789abcdefABCDEF");

	if (digits && spec[digits] == ':')
		return spec[digits + 1] &&
		       !spec[digits + 1 + strspn(spec + digits + 1, "0123456789")];
	return hex >= 3 && hex <= 8 && !spec[hex] && spec[strcspn(spec, "0123456789")];
}

/*
 * "ZFS=pool/dataset", "zfs:AUTO": libblkid calls a pool's name the label of its disks. OpenZFS' scripts take
 * any pool that names a dataset to boot where none is asked for.
 */
static struct name zfs(const struct chain_view *view, const char *spec)
{
	struct name name = { .answer = NAME_NONE, .what = "a ZFS pool of that name" };
	const char *value = spec + strspn(spec, "zfsZFS");
	size_t len;

	value += strspn(value, ":=");
	len = strcspn(value, "/");
	if (!*value || strcasecmp(value, "AUTO") == 0) {
		name.what = "a ZFS pool";
		len = 0;
	}
	for (size_t i = 0; i < view->n && name.answer == NAME_NONE; i++) {
		const struct volume *v = &view->volumes[i];

		if (same(v->fstype, "zfs_member") &&
			(!len || !v->label ||
				(strncmp(v->label, value, len) == 0 && !v->label[len]))) {
			name.answer = NAME_UNKNOWN;
			name.why =
				"its ZFS pool is in the image, and what is in that is not read here";
		}
	}
	/* Another pool's disk hides none. */
	for (size_t i = 0; i < view->n && name.answer == NAME_NONE; i++) {
		struct chain_view one = { .volumes = &view->volumes[i], .n = 1 };

		if (!same(one.volumes->fstype, "zfs_member") && view_has_containers(&one)) {
			name.answer = NAME_UNKNOWN;
			name.why = hidden;
		}
	}
	return name;
}

static bool is_zfs(const char *spec)
{
	static const char *const prefixes[] = { "ZFS=", "zfs=", "zfs:" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (strncmp(spec, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return strcmp(spec, "zfs") == 0;
}

bool name_is_by_type(const char *spec)
{
	return strcmp(spec, "gpt-auto") == 0 || strcmp(spec, "gpt-auto-force") == 0;
}

struct name name_resolve(const struct chain_view *view, const char *spec)
{
	static const struct form lvm = { "/dev/", "the logical volume's name", by_lvm_path, false,
		false };
	struct name name = { .answer = NAME_NONE, .what = "the name" };

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (strncmp(spec, forms[i].prefix, strlen(forms[i].prefix)) == 0)
			return search(view, &forms[i], spec + strlen(forms[i].prefix));
	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++)
		if (strncmp(spec, elsewhere[i].prefix, strlen(elsewhere[i].prefix)) == 0) {
			name.answer = NAME_UNKNOWN;
			name.why = elsewhere[i].why;
			return name;
		}
	if (is_zfs(spec))
		return zfs(view, spec);
	for (size_t i = 0; i < ARRAY_SIZE(of_machine); i++)
		if (strncmp(spec, of_machine[i], strlen(of_machine[i])) == 0) {
			name.answer = NAME_MACHINE;
			name.what = "what one machine's disk is called";
			return name;
		}
	if (strncmp(spec, "/dev/md", 7) == 0)
		return raid(view, spec + 7);
	if (is_tag_in_other_letters(spec)) {
		name.what = "the tag in these letters";
		return name;
	}
	if (fstab_by_device_name(spec) || is_device_number(spec)) {
		name.answer = NAME_MACHINE;
		name.what = "a disk's place among others";
		/* The kernel does find it: where it is the same. */
		name.by_kernel = true;
		return name;
	}
	if (is_lvm_path(spec))
		return search(view, &lvm, spec + strlen(lvm.prefix));
	if (name_is_by_type(spec))
		return root_by_type(view);
	/* A device that nothing known makes, or a name of another kind. */
	if (strncmp(spec, "/dev/", 5) != 0) {
		name.answer = NAME_UNKNOWN;
		name.why = "such names are not known here";
	}
	return name;
}
