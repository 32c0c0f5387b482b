/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRUB's blscfg: menu entries from files of the Boot Loader Specification.
 */
#include <string.h>

#include "base/xalloc.h"
#include "loader/bls.h"
#include "loader/grub_run.h"

static void add_bls(struct grub_run *run, const struct bls_entry *entry, const char *folder)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	const struct grub_script *script;
	struct grub_item item = { 0 };
	size_t id_len = strlen(entry->id);

	if (!entry->linux_path)
		return;
	buf_printf(&text, "linux ($root)%s %s\n", entry->linux_path, entry->options);
	if (entry->initrds.n) {
		buf_puts(&text, "initrd");
		for (size_t i = 0; i < entry->initrds.n; i++)
			buf_printf(&text, " ($root)%s", entry->initrds.v[i]);
		buf_puts(&text, "\n");
	}
	if (entry->devicetree)
		buf_printf(&text, "devicetree ($root)%s\n", entry->devicetree);
	script = grub_run_parse(run, buf_str(&text), text.len);
	if (!script)
		return;
	item.title = xstrdup(entry->title ? entry->title : entry->id);
	item.id = xstrndup(entry->id, id_len > 5 ? id_len - 5 : id_len);
	item.body = script->first;
	item.source = xasprintf("%s/%s", folder, entry->file);
	grub_menu_add(run, &item);
}

static void read_bls(struct grub_run *run, const struct grub_file *dir, struct bls_list *list)
{
	CLEANUP(strlist_release) struct strlist names = { 0 };

	if (volume_list(dir->volume, dir->path, &names, NULL) < 0) {
		run->out->uncertain = true;
		return;
	}
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(buf_release) struct buf text = BUF_INIT;
		CLEANUP(xfree) char *path = xasprintf("%s/%s", dir->path, names.v[i]);
		const char *dot = strrchr(names.v[i], '.');

		if (names.v[i][0] == '.' || !dot || strcmp(dot, ".conf") != 0)
			continue;
		if (volume_read(dir->volume, path, BLS_FILE_MAX, &text, NULL) == 0)
			bls_entry_parse(list, names.v[i], buf_str(&text), text.len);
		else
			run->out->uncertain = true;
	}
}

void grub_blscfg(struct grub_run *run)
{
	CLEANUP(bls_list_release) struct bls_list list = { 0 };
	const char *set = grub_env_get(run, "blsdir");
	const char *const folders[] = { set ? set : "/loader/entries", "/boot/loader/entries" };
	struct grub_file dir = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		grub_file_release(&dir);
		grub_file_find(run, folders[i], &dir, NULL);
		if (dir.presence == PRESENT)
			break;
	}
	if (dir.presence == PRESENT && dir.volume)
		read_bls(run, &dir, &list);
	else if (dir.presence == PRESENCE_UNKNOWN)
		run->out->uncertain = true;
	bls_sort_grub(&list);
	for (size_t i = 0; i < list.n; i++)
		add_bls(run, &list.v[i], dir.path);
	grub_file_release(&dir);
}
