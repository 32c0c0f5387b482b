/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Editing lines. See edit.h.
 */
#include <errno.h>
#include <string.h>

#include "base/xalloc.h"
#include "rootfs/edit.h"
#include "rootfs/rootfs.h"

#define FILE_MAX ((size_t)4 << 20)

static bool edit_text(const struct buf *text, edit_line_fn *edit, void *ctx, struct text *out)
{
	bool changed = false;

	for (size_t at = 0; at < text->len;) {
		const char *start = buf_text(text) + at, *end = memchr(start, '\n', text->len - at);
		size_t len = end ? (size_t)(end - start) : text->len - at;
		CLEANUP(xfree) char *line = xstrndup(start, len);

		if (strlen(line) == len && edit(ctx, line, out))
			changed = true;
		else
			text_add(out, start, len);
		if (end)
			text_puts(out, "\n");
		at += len + 1;
	}
	return changed;
}

int rootfs_edit(struct rootfs *fs, const char *path, edit_line_fn *edit, void *ctx, int64_t mtime,
	bool *changed, struct err *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct text out CLEANUP(text_release) = TEXT_INIT;
	int ret = rootfs_read_file(fs, path, FILE_MAX, &text, err);
	bool any = false;

	if (ret == -ENOENT || ret == -ENOTDIR || ret == -EISDIR || ret == -EINVAL) {
		err_clear(err);
		ret = 0;
	} else if (ret == 0) {
		any = edit_text(&text, edit, ctx, &out);
	}
	if (any)
		ret = rootfs_write_file(fs, path, ROOTFS_KEEP, text_str(&out), out.len, mtime, err);
	if (changed)
		*changed = any;
	return ret;
}

struct assignment {
	const char *key, *value;
	bool found;
};

static bool assign(void *ctx, const char *line, struct text *out)
{
	struct assignment *a = ctx;
	size_t n = strlen(a->key);

	line += strspn(line, " \t");
	if (strncmp(line, a->key, n) != 0 || line[n] != '=')
		return false;
	a->found = true;
	text_printf(out, "%s=%s", a->key, a->value);
	return true;
}

int rootfs_set_assignment(struct rootfs *fs, const char *path, const char *key, const char *value,
	int64_t mtime, struct err *err)
{
	struct assignment a = { .key = key, .value = value };
	struct text text CLEANUP(text_release) = TEXT_INIT;
	int ret = rootfs_edit(fs, path, assign, &a, mtime, NULL, err);

	if (ret < 0 || a.found)
		return ret;
	ret = rootfs_read_text(fs, path, FILE_MAX, &text, err);
	if (ret < 0 && ret != -ENOENT)
		return ret;
	if (text.len && text_str(&text)[text.len - 1] != '\n')
		text_puts(&text, "\n");
	text_printf(&text, "%s=%s\n", key, value);
	return rootfs_write_file(fs, path, ROOTFS_KEEP, text_str(&text), text.len, mtime, err);
}
