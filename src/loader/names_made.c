/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a root= means by what else is on the command line: see names.h. dm-verity's devices (systemd-veritysetup-generator(8)),
 * those of dm-mod.create= (Linux, admin-guide/device-mapper/dm-init), the initrd of Guix, images that
 * Elemental's and Kairos' initrds mount, and live images (dracut.cmdline(7), "Booting live images").
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "loader/chain.h"
#include "loader/names.h"

/* ---- dm-verity ---- */

/* Devices that are made from a partition which an argument names, or whose UUID is the first half of a hash. */
static const struct verity {
	const char *device, *hash, *data[2];
	const char *trees, *options;
} verities[] = {
	{ "/dev/mapper/root", "roothash=", { "systemd.verity_root_data=", "verity.root=" },
		"systemd.verity_root_hash=", "systemd.verity_root_options=" },
	{ "/dev/mapper/usr", "usrhash=", { "systemd.verity_usr_data=", "verity.usr=" },
		"systemd.verity_usr_hash=", "systemd.verity_usr_options=" },
};

#define ID_DIGITS 32

/* The partition of which 32 digits, in whichever letters, are the UUID; the caller frees it. */
static char *by_digits(const char *digits)
{
	char *spec = xasprintf("PARTUUID=%.8s-%.4s-%.4s-%.4s-%.12s", digits, digits + 8,
		digits + 12, digits + 16, digits + 20);

	for (char *p = spec + strlen("PARTUUID="); *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return spec;
}

/* The name of that partition; the caller frees it. NULL: nothing on the command line says. */
static char *data_of(const struct verity *v, const char *cmdline)
{
	CLEANUP(xfree) char *hash = cmdline_value(cmdline, v->hash);

	for (size_t i = 0; i < ARRAY_SIZE(v->data); i++) {
		char *data = cmdline_value(cmdline, v->data[i]);

		if (data)
			return data;
	}
	return hash && strlen(hash) >= ID_DIGITS ? by_digits(hash) : NULL;
}

/* The second half of the hash names what has the hashes. */
static char *trees_of(const struct verity *v, const char *cmdline, const char *hash)
{
	char *trees = cmdline_value(cmdline, v->trees);
	size_t len = strlen(hash);

	return trees || len < ID_DIGITS ? trees : by_digits(hash + len - ID_DIGITS);
}

bool cmdline_verity(const char *cmdline, const char *device, struct verity_words *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(verities); i++) {
		const struct verity *v = &verities[i];
		CLEANUP(xfree) char *hash = cmdline_value(cmdline, v->hash);
		CLEANUP(xfree) char *other = cmdline_value(cmdline, v->data[1]);

		if (strcmp(device, v->device) != 0 || !hash || !*hash || other)
			continue;
		*out = (struct verity_words){ .key = v->hash,
			.data = data_of(v, cmdline),
			.trees = trees_of(v, cmdline, hash),
			.options = cmdline_value(cmdline, v->options) };
		out->hash = TAKE(hash);
		return true;
	}
	return false;
}

void verity_words_release(struct verity_words *words)
{
	free(words->hash);
	free(words->data);
	free(words->trees);
	free(words->options);
	*words = (struct verity_words){ 0 };
}

static bool by_hash(
	const struct chain_view *view, const char *cmdline, const char *spec, struct name *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(verities); i++) {
		CLEANUP(xfree) char *data = NULL;

		if (strcmp(spec, verities[i].device) == 0)
			data = data_of(&verities[i], cmdline);
		if (!data)
			continue;
		*name = name_resolve(view, data);
		return true;
	}
	return false;
}

/* ---- dm-mod.create= ---- */

/* Cuts the part of *text up to one of the letters off, blanks around it, too; NULL: there is none. */
static char *cut(char **text, char separator)
{
	char *part = *text, *end;

	if (!part)
		return NULL;
	end = strchr(part, separator);
	*text = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	return part + strspn(part, " ");
}

/*
 * "START LENGTH TARGET ARGUMENTS": the device with the data is the first argument, and verity's is behind a
 * version.
 */
static const char *device_of_table(char *table)
{
	const char *words[5] = { NULL };
	size_t n = 0;

	while (table && n < ARRAY_SIZE(words)) {
		const char *word = cut(&table, ' ');

		if (*word)
			words[n++] = word;
	}
	if (n < ARRAY_SIZE(words))
		return n == 4 && strcmp(words[2], "verity") != 0 ? words[3] : NULL;
	return strcmp(words[2], "verity") == 0 ? words[4] : words[3];
}

/* Whether the device "NAME,UUID,MINOR,..." is the one that is asked for; without a minor number it is the next. */
static bool is_device(const char *spec, const char *name, const char *minor, unsigned next)
{
	unsigned number = next, asked;

	if (strncmp(spec, "/dev/mapper/", 12) == 0)
		return strcmp(spec + 12, name) == 0;
	if (sscanf(spec, "/dev/dm-%u", &asked) != 1)
		return false;
	if (minor && *minor && sscanf(minor, "%u", &number) != 1)
		return false;
	return number == asked;
}

static bool by_create(
	const struct chain_view *view, const char *cmdline, const char *spec, struct name *name)
{
	CLEANUP(xfree) char *value = cmdline_value(cmdline, "dm-mod.create=");
	char *devices = value, *device;

	if (!value)
		return false;
	for (unsigned i = 0; (device = cut(&devices, ';')); i++) {
		const char *called = cut(&device, ','), *minor, *data;

		cut(&device, ',');
		minor = cut(&device, ',');
		cut(&device, ',');
		data = device_of_table(cut(&device, ','));
		if (!data || !is_device(spec, called, minor, i))
			continue;
		*name = name_resolve(view, data);
		/* The kernel makes it. */
		if (name->letters && name->volume)
			name->answer = NAME_ONE;
		return true;
	}
	return false;
}

/* The older dm=, "1 vroot none ro 1,0 ...". */
static bool by_chromeos(
	const struct chain_view *view, const char *cmdline, const char *spec, struct name *name)
{
	CLEANUP(xfree) char *value = cmdline_value(cmdline, "dm=");

	(void)view;
	if (!value || strncmp(spec, "/dev/dm-", 8) != 0)
		return false;
	*name = (struct name){ .answer = NAME_UNKNOWN,
		.by_kernel = true,
		.what = "what dm= makes",
		.why = "dm= makes it, which ChromeOS's kernels alone know" };
	return true;
}

/* ---- Guix ---- */

static bool is_uuid(const char *text)
{
	size_t digits = strspn(text, "0123456789abcdefABCDEF-");

	return !text[digits] && (digits == 36 || (digits == 9 && text[4] == '-'));
}

/* Its initrd takes a UUID, in any letters, or a label, without a tag in front. */
static bool by_guix(
	const struct chain_view *view, const char *cmdline, const char *spec, struct name *name)
{
	CLEANUP(xfree) char *system = cmdline_value(cmdline, "gnu.load=");
	CLEANUP(xfree) char *tagged = NULL;

	if (!system || strchr("/:", *spec) || strchr(spec, '=') || strchr(spec, ':'))
		return false;
	for (size_t i = 0; is_uuid(spec) && i < view->n && !tagged; i++)
		if (volume_has_uuid(&view->volumes[i], spec))
			tagged = xasprintf("UUID=%s", view->volumes[i].uuid);
	if (!tagged)
		tagged = xasprintf("%s=%s", is_uuid(spec) ? "UUID" : "LABEL", spec);
	*name = name_resolve(view, tagged);
	return true;
}

/* ---- a file system in a file ---- */

#define EXT_MAGIC_AT  1080
#define EXT_LABEL_AT  1144
#define EXT_LABEL_LEN 16

/* Whether that file holds an ext file system of that label; PRESENCE_UNKNOWN: it is of another kind. */
static enum presence has_label(const struct volume *v, const char *path, const char *label)
{
	CLEANUP(buf_release) struct buf head = BUF_INIT;
	const uint8_t *bytes;

	if (volume_read_head(v, path, EXT_LABEL_AT + EXT_LABEL_LEN, &head, NULL) < 0 ||
		head.len < EXT_LABEL_AT + EXT_LABEL_LEN)
		return PRESENCE_UNKNOWN;
	bytes = buf_bytes(&head);
	if (le16(bytes + EXT_MAGIC_AT) != 0xef53)
		return PRESENCE_UNKNOWN;
	return strlen(label) <= EXT_LABEL_LEN && strncmp((const char *)bytes + EXT_LABEL_AT, label,
							 EXT_LABEL_LEN) == 0
		       ? PRESENT
		       : ABSENT;
}

static bool by_image(
	const struct chain_view *view, const char *cmdline, const char *spec, struct name *name)
{
	CLEANUP(xfree) char *file = cmdline_value(cmdline, "cos-img/filename=");
	CLEANUP(xfree) char *path = file ? path_clean(file) : NULL;

	if (!file || !*file || strncmp(spec, "LABEL=", 6) != 0)
		return false;
	*name = (struct name){ .answer = NAME_NONE, .what = "the image file that has the label" };
	for (size_t i = 0; i < view->n && name->answer != NAME_INSIDE; i++) {
		enum presence there = volume_stat(&view->volumes[i], path, NULL);

		if (there == PRESENT)
			there = has_label(&view->volumes[i], path, spec + 6);
		if (there == PRESENT)
			name->answer = NAME_INSIDE;
		else if (there == PRESENCE_UNKNOWN && !view->volumes[i].opened)
			*name = (struct name){ NAME_UNKNOWN, .what = name->what,
				.why = "it may be in an image file that is not read here" };
	}
	return true;
}

/* ---- live images ---- */

/* dracut's word for the medium as one of name_resolve(); the caller frees it. NULL: it is none on a disk. */
static char *medium_of(const char *spec)
{
	static const char *const forms[] = {
		"LABEL=", "UUID=", "PARTUUID=", "PARTLABEL=", "/dev/"
	};
	size_t len = strlen(spec);

	if (strncmp(spec, "CDLABEL=", 8) == 0)
		return xasprintf("LABEL=%s", spec + 8);
	/* An image of a CD, in which it then looks. */
	if (len > 4 && strcasecmp(spec + len - 4, ".iso") == 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (strncmp(spec, forms[i], strlen(forms[i])) == 0)
			return xstrdup(spec);
	return NULL;
}

/* The value of a key, or of its older name; the caller frees it. */
static char *value_or(const char *cmdline, const char *key, const char *older, const char *unless)
{
	char *value = cmdline_value(cmdline, key);

	if (!value && older)
		value = cmdline_value(cmdline, older);
	if (value && *value)
		return value;
	free(value);
	return xstrdup(unless);
}

/* Whether the medium has a file with the root file system. */
static enum presence has_live_root(const struct volume *v, const char *cmdline)
{
	CLEANUP(xfree) char *folder = value_or(cmdline, "rd.live.dir=", "live_dir=", "LiveOS");
	CLEANUP(xfree)
	char *packed = value_or(cmdline, "rd.live.squashimg=", NULL, "squashfs.img");
	const char *const files[] = { packed, "rootfs.img", "ext3fs.img" };
	enum presence any = ABSENT;

	/* Newer ones take it as the root itself. */
	if (v->fstype && (strcmp(v->fstype, "squashfs") == 0 || strcmp(v->fstype, "erofs") == 0))
		any = PRESENCE_UNKNOWN;
	for (size_t i = 0; i < ARRAY_SIZE(files) && any != PRESENT; i++) {
		CLEANUP(xfree) char *joined = xasprintf("/%s/%s", folder, files[i]);
		CLEANUP(xfree) char *path = path_clean(joined);
		enum presence there = volume_stat(v, path, NULL);

		any = there == ABSENT ? any : there;
	}
	return any;
}

static struct name live_medium(
	const struct chain_view *view, const char *cmdline, const char *medium)
{
	struct name name = name_resolve(view, medium);
	enum presence there;

	/* The whole disk is the medium where it is a CD as well. */
	if (view->is_cd && name.answer == NAME_NONE) {
		name.answer = NAME_UNKNOWN;
		name.why = "the disk is a CD as well, whose file system is not looked into";
	}
	if (name.answer != NAME_ONE)
		return name;
	there = has_live_root(name.volume, cmdline);
	if (there == PRESENT)
		return (struct name){ .answer = NAME_INSIDE, .what = name.what };
	if (there == PRESENCE_UNKNOWN)
		return (struct name){ NAME_UNKNOWN, .what = name.what,
			.why = "what is on the medium is not read here" };
	return (struct name){ .answer = NAME_NONE,
		.what = "that medium with a root file system in a file: rd.live.squashimg= "
			"(squashfs.img), rootfs.img or ext3fs.img in rd.live.dir= (LiveOS)" };
}

static bool by_live(
	const struct chain_view *view, const char *cmdline, const char *spec, struct name *name)
{
	CLEANUP(xfree) char *iso = cmdline_value(cmdline, "iso-scan/filename=");
	CLEANUP(xfree) char *medium = strncmp(spec, "live:", 5) == 0 ? medium_of(spec + 5) : NULL;

	/* With an image of a CD the medium is in that. */
	if (!medium || (iso && *iso))
		return false;
	*name = live_medium(view, cmdline, medium);
	return true;
}

/* ---- all of them ---- */

typedef bool made_fn(
	const struct chain_view *view, const char *cmdline, const char *spec, struct name *name);

struct name cmdline_name(const struct chain_view *view, const char *cmdline, const char *spec)
{
	static made_fn *const makers[] = { by_hash, by_create, by_chromeos, by_guix, by_image,
		by_live };
	struct name name;

	for (size_t i = 0; i < ARRAY_SIZE(makers); i++)
		if (makers[i](view, cmdline, spec, &name))
			return name;
	return name_resolve(view, spec);
}
