/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's fstab and grub.cfg. See guest.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "loader/grub_text.h"
#include "build/guest.h"
#include "rootfs/fstab.h"

#define FSTAB     "/etc/fstab"
#define FSTAB_MAX ((size_t)1 << 20)

static int read_fstab(struct rootfs *fs, struct text *text, struct fstab *tab, struct err *err)
{
	int ret = rootfs_read_text(fs, FSTAB, FSTAB_MAX, text, err);

	if (ret < 0 && ret != -ENOENT && ret != -ENOTDIR)
		return err_push(err, FSTAB);
	fstab_parse(tab, text_str(text), text->len);
	return 0;
}

/* Where the guest mounts its ESP: the last FAT line at one of the usual places. */
static const struct fstab_line *esp_line(const struct fstab *tab)
{
	static const char *const places[] = { "/boot/efi", "/efi", "/boot" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		const struct fstab_line *line = fstab_find(tab, places[i]);

		if (line && (i < 2 || strcmp(line->type, "vfat") == 0))
			return line;
	}
	return NULL;
}

static void adopt_partuuid(const struct fstab_line *line, struct guid *guid)
{
	if (line && strncasecmp(line->spec, "PARTUUID=", 9) == 0) {
		struct guid g;

		if (guid_parse(line->spec + 9, &g) && !guid_is_zero(g))
			*guid = g;
	}
}

/* "UUID=ABCD-1234": the form of FAT's serial number. */
static void adopt_serial(const struct fstab_line *line, uint32_t *serial)
{
	unsigned high, low;
	int end = 0;

	if (line && sscanf(line->spec, "UUID=%4x-%4x%n", &high, &low, &end) == 2 && end == 14 &&
		!line->spec[end] && (high || low))
		*serial = high << 16 | low;
}

int guest_adopt_fstab(struct guest *g, struct guest_ids *ids, struct err *err)
{
	struct text text CLEANUP(text_release) = TEXT_INIT;
	struct fstab tab CLEANUP(fstab_release) = { 0 };
	int ret = read_fstab(g->fs, &text, &tab, err);

	if (ret < 0)
		return ret;
	adopt_partuuid(fstab_find(&tab, "/"), &ids->root_part);
	adopt_partuuid(esp_line(&tab), &ids->esp_part);
	adopt_serial(esp_line(&tab), &ids->esp_serial);
	return 0;
}

static void add_root_line(struct guest *g, struct text *out)
{
	const struct rootfs_facts *facts = rootfs_facts(g->fs);
	bool ext = strncmp(facts->type, "ext", 3) == 0;

	text_printf(out, "UUID=%s / %s %s 0 %d\n", facts->uuid, facts->type,
		ext ? "errors=remount-ro" : "defaults", ext ? 1 : 0);
}

int guest_write_fstab(
	struct guest *g, const struct guest_ids *ids, struct strlist *changes, struct err *err)
{
	struct text text CLEANUP(text_release) = TEXT_INIT;
	struct fstab tab CLEANUP(fstab_release) = { 0 };
	int ret = read_fstab(g->fs, &text, &tab, err);
	bool root, esp;

	if (ret < 0)
		return ret;
	root = fstab_find(&tab, "/") != NULL;
	esp = esp_line(&tab) != NULL;
	if (root && esp)
		return 0;
	if (text.len && text_str(&text)[text.len - 1] != '\n')
		text_puts(&text, "\n");
	if (!root)
		add_root_line(g, &text);
	if (!esp) {
		text_printf(&text,
			"UUID=%04" PRIX32 "-%04" PRIX32 " /boot/efi vfat umask=0077 0 1\n",
			ids->esp_serial >> 16, ids->esp_serial & 0xffff);
		ret = rootfs_mkdir_p(g->fs, "/boot/efi", g->now, err);
	}
	if (ret == 0)
		ret = rootfs_mkdir_p(g->fs, "/etc", g->now, err);
	if (ret == 0)
		ret = rootfs_write_file(g->fs, FSTAB, 0644, text_str(&text), text.len, g->now, err);
	if (ret < 0)
		return err_push(err, "writing " FSTAB);
	strlist_take(changes, xasprintf(FSTAB ": %s%s%s added", root ? "" : "/",
				      root || esp ? "" : " and ", esp ? "" : "/boot/efi"));
	return 0;
}

int guest_write_grub_cfg(
	struct guest *g, const struct guest_ids *ids, struct strlist *changes, struct err *err)
{
	char *path CLEANUP(xfree) = xasprintf("%s/grub.cfg", g->grub_dir);
	struct text text CLEANUP(text_release) = TEXT_INIT;
	char partuuid[GUID_TEXT_LEN + 1];
	const struct grub_text config = {
		.title = g->inv.os.pretty_name ? g->inv.os.pretty_name : "Linux",
		.root_uuid = rootfs_facts(g->fs)->uuid,
		.root_partuuid = partuuid,
		.args = g->args,
		.kernels = g->kernels,
		.n_kernels = g->n_kernels,
	};
	struct rootfs_stat st;
	int ret;

	if (rootfs_stat(g->fs, path, &st, NULL) == 0 && st.size > 0)
		return 0;
	guid_format(ids->root_part, partuuid);
	grub_text_config(&text, &config);
	ret = rootfs_mkdir_p(g->fs, g->grub_dir, g->now, err);
	if (ret == 0)
		ret = rootfs_write_file(g->fs, path, 0644, text_str(&text), text.len, g->now, err);
	if (ret < 0)
		return err_push(err, "writing %s", path);
	strlist_take(changes, xasprintf("%s made, with %zu kernel%s", path, g->n_kernels,
				      g->n_kernels == 1 ? "" : "s"));
	return 0;
}
