/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of an ESP that is to be made, before it is. See esp_make.h. Their names and
 * sizes were sent by a process that had read a stranger's file system.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/write.h"
#include "base/xalloc.h"
#include "build/esp_make.h"

/* Kernels and their initrds, and what leads to them. */
#define FILES_MAX  1024
#define DEST_MAX   512
/* What is kept in memory. */
#define SMALL_FILE ((uint64_t)64 << 10)
#define COPY_PIECE ((size_t)256 << 10)

/* An absolute path of names as FAT has them. */
static bool is_dest(const char *dest)
{
	size_t len = strlen(dest);

	if (*dest != '/' || len > DEST_MAX || dest[len - 1] == '/' || strstr(dest, "//"))
		return false;
	for (const char *part = dest; *part; part += strcspn(part, "/")) {
		size_t n = strcspn(++part, "/");

		if ((n == 1 && *part == '.') || (n == 2 && memcmp(part, "..", 2) == 0))
			return false;
	}
	for (const char *c = dest; *c; c++)
		if ((uint8_t)*c < ' ' || *c == 0x7f || strchr("\"*:<>?\\|", *c))
			return false;
	return true;
}

static int count(const struct esp_files *files, uint64_t size, struct err *err)
{
	uint64_t total = size;

	for (size_t i = 0; i < files->n; i++)
		if (!checked_add(total, files->v[i].size, &total))
			total = UINT64_MAX;
	if (total > UINT32_MAX)
		return err_set(err, EFBIG, "more than 4 GiB of files for the ESP");
	if (files->n == FILES_MAX)
		return err_set(err, EFBIG, "more than %d files for the ESP", FILES_MAX);
	return 0;
}

int esp_files_add(struct esp_files *files, const char *dest, uint64_t size,
	const struct outfile *beside, struct err *err)
{
	struct esp_file *f;
	int ret = count(files, size, err);

	if (ret == 0 && !is_dest(dest))
		ret = err_set(err, EINVAL, "%s: no file on an ESP can be called so", dest);
	if (ret < 0)
		return ret;
	files->v = xreallocarray(files->v, files->n + 1, sizeof(*files->v));
	f = &files->v[files->n++];
	*f = (struct esp_file){ .dest = xstrdup(dest), .size = size, .scratch = SCRATCH_INIT };
	files->left = size;
	return size <= SMALL_FILE ? 0 : scratch_open(&f->scratch, beside, err);
}

int esp_files_put(struct esp_files *files, const void *bytes, size_t len, struct err *err)
{
	struct esp_file *f = files->n ? &files->v[files->n - 1] : NULL;

	if (!f || len > files->left)
		return err_set(err, EPROTO, "more bytes than a file has");
	files->left -= len;
	if (f->scratch.fd >= 0)
		return write_all(f->scratch.fd, bytes, len, "writing", err);
	text_add(&f->bytes, bytes, len);
	return 0;
}

static int put_host(struct esp_files *files, int fd, const char *path, struct err *err)
{
	CLEANUP(xfree) char *piece = xmalloc(COPY_PIECE);
	ssize_t got;
	int ret = 0;

	while (ret == 0 && (got = read(fd, piece, COPY_PIECE)) != 0) {
		if (got < 0)
			return err_sys(err, "%s", path);
		ret = esp_files_put(files, piece, (size_t)got, err);
	}
	if (ret == 0 && files->left)
		ret = -EPROTO;
	return ret == -EPROTO ? err_set(err, EIO, "%s: changed while it was read", path) : ret;
}

int esp_files_add_host(struct esp_files *files, const char *dest, const char *path,
	const struct outfile *beside, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;
	struct stat st;

	if (fd < 0)
		return err_sys(err, "%s", path);
	if (fstat(fd, &st) < 0)
		ret = err_sys(err, "%s", path);
	else if (!S_ISREG(st.st_mode))
		ret = err_set(err, EINVAL, "%s: not a file", path);
	else
		ret = esp_files_add(files, dest, (uint64_t)st.st_size, beside, err);
	if (ret == 0)
		ret = put_host(files, fd, path, err);
	close(fd);
	return ret;
}

void esp_files_release(struct esp_files *files)
{
	for (size_t i = 0; i < files->n; i++) {
		free(files->v[i].dest);
		scratch_release(&files->v[i].scratch);
		text_release(&files->v[i].bytes);
	}
	free(files->v);
	*files = (struct esp_files){ .n = 0 };
}
