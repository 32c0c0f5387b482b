/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What initrds wait for beside the root: see names.h. The arguments are those of dracut.cmdline(7),
 * systemd-veritysetup-generator(8), systemd-cryptsetup-generator(8), systemd-fstab-generator(8) and mkinitcpio's encrypt hook.
 */
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "loader/chain.h"
#include "loader/names.h"

/* ---- arguments ---- */

typedef struct name resolve_fn(const struct chain_view *view, const char *value);

/* A name that none of the volumes has; where some hide others it cannot be known. */
static struct name none_of(const struct chain_view *view, const char *what)
{
	struct name name = { .answer = NAME_NONE, .what = what };

	if (view_has_containers(view)) {
		name.answer = NAME_UNKNOWN;
		name.why = "it may be inside of a volume that is not read here";
	}
	return name;
}

/* dracut takes the beginning of a UUID, with or without "luks-" before it. */
static struct name luks(const struct chain_view *view, const char *value)
{
	struct name name = { .answer = NAME_NONE, .what = "the encrypted volume's UUID" };
	size_t len;

	if (strncmp(value, "luks-", 5) == 0)
		value += 5;
	len = strcspn(value, "=");
	for (size_t i = 0; i < view->n && !name.volume; i++) {
		const struct volume *v = &view->volumes[i];

		if (v->fstype && strcmp(v->fstype, "crypto_LUKS") == 0 && v->uuid &&
			strncasecmp(v->uuid, value, len) == 0)
			name = (struct name){ NAME_ONE, .volume = v, .what = name.what };
		/* One that is encrypted may lie in an array or a group that is not read. */
		else if (v->unread)
			name = (struct name){ NAME_UNKNOWN, .what = name.what,
				.why = "it may be inside of a volume that is not read here" };
	}
	return name;
}

static struct name luks_partition(const struct chain_view *view, const char *value)
{
	CLEANUP(xfree) char *spec = xasprintf("PARTUUID=%s", value);

	return name_resolve(view, spec);
}

static struct name logical(const struct chain_view *view, const char *value)
{
	CLEANUP(xfree) char *spec = xasprintf("/dev/%s", value);

	return name_resolve(view, spec);
}

static struct name group(const struct chain_view *view, const char *value)
{
	size_t len = strlen(value);

	for (size_t i = 0; i < view->n; i++) {
		const char *path = view->volumes[i].lvm_path;

		if (path && strncmp(path, value, len) == 0 && path[len] == '/')
			return (struct name){ NAME_ONE, .volume = &view->volumes[i],
				.what = "the volume group's name" };
	}
	return none_of(view, "the volume group's name");
}

static struct name array(const struct chain_view *view, const char *value)
{
	CLEANUP(xfree) char *spec = xasprintf("MDUUID=%s", value);

	return name_resolve(view, spec);
}

/* "UUID=...:name": a device, and what it is called when it is open. */
static struct name crypt_device(const struct chain_view *view, const char *value)
{
	CLEANUP(xfree) char *spec = xstrdup(value);

	spec[strcspn(spec, ":")] = '\0';
	return name_resolve(view, spec);
}

/* "boot=UUID=..." of a FIPS guest; boot=live is another's. */
static struct name boot_device(const struct chain_view *view, const char *value)
{
	if (!strchr(value, '=') && value[0] != '/')
		return (struct name){ NAME_UNKNOWN, .why = "it names no device" };
	return name_resolve(view, value);
}

static const struct argument {
	const char *key;
	resolve_fn *resolve; /* NULL: cmdline_name() */
	unsigned kinds;
} arguments[] = {
	{ "mount.usr=", NULL, INITRD_DRACUT },
	{ "usr=", NULL, INITRD_DRACUT },
	{ "rd.luks.uuid=", luks, INITRD_DRACUT },
	{ "rd.luks.name=", luks, INITRD_DRACUT },
	{ "luks.uuid=", luks, INITRD_DRACUT },
	{ "luks.name=", luks, INITRD_DRACUT },
	{ "rd.luks.partuuid=", luks_partition, INITRD_DRACUT },
	{ "rd.lvm.lv=", logical, INITRD_DRACUT },
	{ "rd.lvm.vg=", group, INITRD_DRACUT },
	{ "rd.md.uuid=", array, INITRD_DRACUT },
	{ "boot=", boot_device, INITRD_DRACUT },
	{ "cryptdevice=", crypt_device, INITRD_MKINITCPIO },
};

static void judge_word(const struct chain_view *view, const char *cmdline, const char *word,
	unsigned kinds, cmdline_name_fn *fn, void *ctx)
{
	for (size_t i = 0; i < ARRAY_SIZE(arguments); i++) {
		const struct argument *a = &arguments[i];
		size_t len = strlen(a->key);
		struct name name;

		if (!(a->kinds & kinds) || strncmp(word, a->key, len) != 0 || !word[len] ||
			strchr(word + len, '$'))
			continue;
		name = a->resolve ? a->resolve(view, word + len)
				  : cmdline_name(view, cmdline, word + len);
		fn(ctx, a->key, word + len, &name);
	}
}

void cmdline_each_name(const struct chain_view *view, const char *cmdline, unsigned kinds,
	cmdline_name_fn *fn, void *ctx)
{
	CLEANUP(xfree) char *word = xmalloc(strlen(cmdline) + 1);
	const char *whole = cmdline;

	while (*cmdline) {
		bool quoted = false;
		size_t n = 0;

		cmdline += strspn(cmdline, " \t\n");
		for (; *cmdline && (quoted || !strchr(" \t\n", *cmdline)); cmdline++) {
			if (*cmdline == '"')
				quoted = !quoted;
			else
				word[n++] = *cmdline;
		}
		word[n] = '\0';
		judge_word(view, whole, word, kinds, fn, ctx);
	}
}

bool cmdline_gpt_auto_off(const char *cmdline, bool in_initrd)
{
	static const char *const keys[] = { "systemd.gpt_auto=", "rd.systemd.gpt_auto=" };

	for (size_t i = 0; i < (in_initrd ? 2u : 1u); i++) {
		CLEANUP(xfree) char *value = cmdline ? cmdline_value(cmdline, keys[i]) : NULL;

		if (value && *value && strchr("0nNfF", *value))
			return true;
	}
	return false;
}
