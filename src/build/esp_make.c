/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making the ESP. See esp_make.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/xalloc.h"
#include "build/esp_make.h"
#include "build/layout.h"
#include "fat/mtools.h"
#include "rootfs/rootfs.h"

#define SECTOR              512
#define MIB                 ((uint64_t)1 << 20)
/* Loaders alone take 2 to 5 MiB; a distribution's own installer makes 100 to 600 MiB. */
#define ESP_DEFAULT         (256 * MIB)
/* With kernels and initrds on it: what is there now and three updates more, at least this. */
#define ESP_DEFAULT_KERNELS (512 * MIB)
/* FATs, folders and the rest of the last clusters. */
#define ESP_OVERHEAD        (2 * MIB)
#define COPY_CHUNK          ((size_t)1 << 20)

static int file_size(
	const struct install_file *f, struct rootfs *fs, uint64_t *size, struct err *err)
{
	struct rootfs_stat rst;
	struct stat st;
	int ret;

	*size = f->bytes.len;
	if (f->source) {
		ret = rootfs_stat(fs, f->source, &rst, err);
		if (ret < 0)
			return err_push(err, "%s", f->source);
		*size = rst.size;
	} else if (f->host) {
		if (stat(f->host, &st) < 0)
			return err_sys(err, "%s", f->host);
		*size = (uint64_t)st.st_size;
	}
	return 0;
}

static int content_size(
	const struct install_plan *plan, struct rootfs *fs, uint64_t *total, struct err *err)
{
	*total = 0;
	for (size_t i = 0; i < plan->n; i++) {
		uint64_t size;
		int ret = file_size(&plan->files[i], fs, &size, err);

		if (ret < 0)
			return ret;
		if (!checked_add(*total, size, total) || *total > (uint64_t)UINT32_MAX)
			return err_set(err, EFBIG, "more than 4 GiB of files for the ESP");
	}
	return 0;
}

int esp_choose_size(const struct install_plan *plan, struct rootfs *fs, uint64_t wanted,
	uint64_t *size, struct err *err)
{
	bool kernels = plan->kind == INSTALL_SYSTEMD_BOOT || plan->kind == INSTALL_UKI;
	uint64_t content, least = mtools_min_size(SECTOR);
	int ret = content_size(plan, fs, &content, err);

	if (ret < 0)
		return ret;
	if (least < content + ESP_OVERHEAD)
		least = content + ESP_OVERHEAD;
	if (!checked_align(least, LAYOUT_ALIGN, &least))
		return err_set(err, EFBIG, "the ESP's files");
	*size = wanted ? wanted : kernels ? ESP_DEFAULT_KERNELS : ESP_DEFAULT;
	if (!wanted && *size < 4 * content)
		*size = 4 * content;
	if (*size >= least)
		return 0;
	err_set(err, ENOSPC,
		"an ESP of %" PRIu64 " MiB is too small for FAT32 or for the %" PRIu64
		" MiB of files on it",
		wanted >> 20, (content + MIB - 1) >> 20);
	return err_hint(
		err, "use --esp-size %" PRIu64 "M or more, or leave --esp-size out", least >> 20);
}

static int write_chunk(int fd, const uint8_t *bytes, size_t len, struct err *err)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "writing a temporary file");
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A file of the guest as a file of the host, in pieces: an initrd can be large. */
static int extract(struct rootfs *fs, const char *path, int fd, struct err *err)
{
	uint8_t *chunk CLEANUP(xfree) = xmalloc(COPY_CHUNK);
	uint64_t off = 0;
	size_t got;

	do {
		int ret = rootfs_read_range(fs, path, off, chunk, COPY_CHUNK, &got, err);

		if (ret == 0)
			ret = write_chunk(fd, chunk, got, err);
		if (ret < 0)
			return err_push(err, "%s", path);
		off += got;
	} while (got == COPY_CHUNK);
	return 0;
}

/* Opens or extracts what goes on the ESP; scratch keeps an extracted file open. */
static int gather(const struct install_file *f, struct rootfs *fs, const struct outfile *out,
	struct scratch *scratch, struct mtools_file *file, struct err *err)
{
	int ret;

	*file = (struct mtools_file){ .path = f->dest, .fd = -1 };
	if (!f->source && !f->host) {
		file->data = buf_str(&f->bytes);
		file->len = f->bytes.len;
		return 0;
	}
	if (f->host) {
		scratch->fd = open(f->host, O_RDONLY | O_CLOEXEC);
		if (scratch->fd < 0)
			return err_sys(err, "%s", f->host);
		scratch->path = xstrdup(f->host);
	} else {
		ret = scratch_open(scratch, out, err);
		if (ret == 0)
			ret = extract(fs, f->source, scratch->fd, err);
		if (ret < 0)
			return ret;
	}
	file->fd = scratch->fd;
	return 0;
}

static int fill(const struct mtools *m, const struct install_plan *plan, struct rootfs *fs,
	const struct outfile *out, struct err *err)
{
	struct mtools_file *files CLEANUP(xfree) = xcalloc(plan->n + 1, sizeof(*files));
	struct scratch *scratch CLEANUP(xfree) = xcalloc(plan->n + 1, sizeof(*scratch));
	int ret = 0;

	for (size_t i = 0; i < plan->n && ret == 0; i++)
		ret = gather(&plan->files[i], fs, out, &scratch[i], &files[i], err);
	if (ret == 0)
		ret = mtools_write(m, files, plan->n, err);
	for (size_t i = 0; i < plan->n; i++)
		scratch_release(&scratch[i]);
	return ret;
}

int esp_make(const struct esp_spec *spec, const struct install_plan *plan, struct rootfs *fs,
	const struct outfile *out, const struct scratch *s, struct err *err)
{
	const struct mtools m = { .image = s->path, .time = spec->time };
	const struct mtools_format format = {
		.size = spec->size,
		.sector_size = SECTOR,
		.hidden_sectors = spec->start / SECTOR,
		.serial = spec->serial,
		.label = "ESP",
	};
	int ret = mtools_format(&m, &format, err);

	if (ret == 0)
		ret = fill(&m, plan, fs, out, err);
	return ret < 0 ? err_push(err, "making the ESP") : 0;
}
