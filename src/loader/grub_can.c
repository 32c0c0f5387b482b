/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this GRUB can do: commands and file systems are brought by modules,
 * which are in the binary, or are loaded from $prefix/arm64-efi: by insmod, and,
 * once `normal` runs, by the lists beside them (command.lst, fs.lst). Without
 * any module known everything is taken to be there.
 */
#include <errno.h>
#include <string.h>

#include "base/xalloc.h"
#include "loader/grub_run.h"
#include "rootfs/packed.h"

#define LIST_MAX ((size_t)64 << 10)

bool grub_modules_known(const struct grub_run *run)
{
	return run->modules.names.n > 0 && !run->modules.more;
}

/* A name in the folder of modules. The caller frees it. */
static char *in_folder(const struct grub_run *run, const char *name, const char *suffix)
{
	const char *prefix = grub_env_get(run, "prefix");

	return xasprintf("%s/arm64-efi/%s%s", prefix ? prefix : "", name, suffix);
}

static void add_module(struct grub_run *run, const struct grub_file *file, const char *name)
{
	CLEANUP(strlist_release) struct strlist needs = { 0 };
	CLEANUP(buf_release) struct buf bytes = BUF_INIT;

	if (volume_file(file->volume, file->path, GRUB_MODULE_MAX, &bytes, NULL) != PRESENT ||
		!grub_modules_add(&run->modules, buf_bytes(&bytes), bytes.len, &needs)) {
		run->out->uncertain = true;
		strlist_add(&run->modules.names, name);
		return;
	}
	run->depth++;
	for (size_t i = 0; i < needs.n && run->depth < GRUB_DEPTH_MAX; i++)
		grub_load_module(run, needs.v[i]);
	run->depth--;
}

int grub_load_module(struct grub_run *run, const char *name)
{
	bool is_path = name[0] == '/' || name[0] == '(';
	CLEANUP(xfree) char *path = is_path ? xstrdup(name) : in_folder(run, name, ".mod");
	struct grub_file file;
	int status = 0;

	if (!grub_modules_known(run) || strlist_has(&run->modules.names, name))
		return 0;
	grub_file_find(run, path, &file, NULL);
	if (file.presence == PRESENT)
		add_module(run, &file, name);
	else if (file.presence == PRESENCE_UNKNOWN)
		run->out->uncertain = true;
	else
		status = 1;
	grub_file_release(&file);
	return status;
}

/* Reads a list beside the modules; false: it is not there. */
static bool read_list(struct grub_run *run, const char *name, struct buf *text)
{
	CLEANUP(xfree) char *path = in_folder(run, name, ".lst");
	struct grub_file file;
	bool there;

	grub_file_find(run, path, &file, NULL);
	there = file.presence == PRESENT &&
		volume_file(file.volume, file.path, LIST_MAX, text, NULL) == PRESENT;
	run->out->uncertain |= !there && file.presence != ABSENT;
	grub_file_release(&file);
	return there;
}

/* The module that brings a command: "*search: search" is a line of the list. The caller frees it. */
static char *bringer(struct grub_run *run, const char *command)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	size_t len = strlen(command);

	if (!read_list(run, "command", &text))
		return NULL;
	for (const char *p = buf_text(&text); *p; p += strcspn(p, "\n"), p += *p == '\n') {
		const char *word = p + (*p == '*');

		if (strncmp(word, command, len) != 0 || word[len] != ':')
			continue;
		word += len + 1;
		word += strspn(word, " ");
		return xstrndup(word, strcspn(word, "\n"));
	}
	return NULL;
}

bool grub_has_command(struct grub_run *run, const char *name)
{
	static const char *const core[] = { "insmod", "ls", "set", "unset" };
	CLEANUP(xfree) char *module = NULL;
	bool found;

	for (size_t i = 0; i < ARRAY_SIZE(core); i++)
		if (strcmp(core[i], name) == 0)
			return true;
	if (!grub_modules_known(run) || grub_modules_bring(&run->modules, name))
		return true;
	if (!run->lists || run->by_lists)
		return false;
	run->by_lists = true;
	module = bringer(run, name);
	found = module && grub_load_module(run, module) == 0;
	run->by_lists = false;
	return found;
}

/*
 * Whether `normal` finds the module by the list of those that read file
 * systems. It loads them from the last on until one fits, and with them what
 * they need, which is how an unpacker can come to be there.
 */
static bool finds_reader(struct grub_run *run, const char *module)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	bool found = false;

	if (!run->lists || run->by_lists)
		return false;
	run->by_lists = true;
	read_list(run, "fs", &text);
	while (!found && text.len && run->flow != FLOW_STOP) {
		const char *start = buf_text(&text), *line = memrchr(start, '\n', text.len);

		line = line ? line + 1 : start;
		if (*line && grub_load_module(run, line) == 0)
			found = strcmp(line, module) == 0;
		buf_cut(&text, line > start ? (size_t)(line - start) - 1 : 0);
	}
	run->by_lists = false;
	return found;
}

/* The module that it lacks for the volume's files; NULL: none. */
static const char *lacks(struct grub_run *run, const struct volume *v)
{
	const char *module = grub_fs_module(v->fstype);

	if (!grub_modules_known(run))
		return NULL;
	if (v->number && !strlist_has(&run->modules.names, "part_gpt"))
		return "part_gpt";
	if (v->lvm_name && !strlist_has(&run->modules.names, "lvm"))
		return "lvm";
	if (v->md_uuid && !strlist_has(&run->modules.names, "mdraid1x"))
		return "mdraid1x";
	/* Up to 2.14 squash4 unpacks by gzip, lzo and xz. */
	if (v->packed && strcmp(v->packed, "zstd") == 0)
		return "squash4 that unpacks zstd";
	if (v->packed && strcmp(v->packed, "lz4") == 0)
		return "squash4 that unpacks lz4";
	return !module || strlist_has(&run->modules.names, module) || finds_reader(run, module)
		       ? NULL
		       : module;
}

bool grub_reads(struct grub_run *run, const struct volume *v)
{
	return !lacks(run, v);
}

bool grub_reads_or_notes(struct grub_run *run, const struct volume *v)
{
	const char *module = lacks(run, v);
	char name[VOLUME_NAME_MAX];
	CLEANUP(xfree) char *text = NULL;

	/* What is only looked for by a list is no loss. */
	if (!module || run->by_lists)
		return !module;
	text = xasprintf("%s, for the %s of %s", module, v->fstype ? v->fstype : "file system",
		v == run->start->memdisk ? "the memory disk" : volume_name(v, name));
	grub_note(&run->out->missing_modules, text);
	return false;
}

bool grub_unpacks(const struct grub_run *run, const char *format)
{
	const char *module = grub_unpacking_module(format);

	return module && (!grub_modules_known(run) || strlist_has(&run->modules.names, module));
}

int grub_read_text(struct grub_run *run, const struct grub_file *file, size_t max, struct buf *out)
{
	const char *format;

	if (volume_file(file->volume, file->path, max, out, NULL) != PRESENT)
		return -EIO;
	format = packed_format((const uint8_t *)buf_text(out), out->len);
	if (!format || !grub_unpacks(run, format))
		return 0;
	buf_reset(out);
	return volume_unpack_head(file->volume, file->path, max, out, NULL);
}
