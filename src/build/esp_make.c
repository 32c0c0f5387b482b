/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making the ESP. See esp_make.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/checked.h"
#include "base/xalloc.h"
#include "build/esp_make.h"
#include "build/layout.h"
#include "fat/mtools.h"

#define SECTOR              512
#define MIB                 ((uint64_t)1 << 20)
/* Loaders alone take 2 to 5 MiB; a distribution's own installer makes 100 to 600 MiB. */
#define ESP_DEFAULT         (256 * MIB)
/* With kernels and initrds on it: what is there now and three updates more, at least this. */
#define ESP_DEFAULT_KERNELS (512 * MIB)
/* FATs, folders and the rest of the last clusters. */
#define ESP_OVERHEAD        (2 * MIB)
#define COPY_CHUNK          ((size_t)1 << 20)

static int content_size(
	const struct install_plan *plan, struct rootfs *fs, uint64_t *total, struct err *err)
{
	*total = 0;
	for (size_t i = 0; i < plan->n; i++) {
		uint64_t size;
		int ret = install_file_size(&plan->files[i], fs, &size, err);

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

/* What is not in memory goes through a scratch file: an initrd can be large. */
static int gather(const struct install_file *f, struct rootfs *fs, const struct outfile *out,
	struct scratch *scratch, struct mtools_file *file, struct err *err)
{
	int ret;

	*file = (struct mtools_file){ .path = f->dest, .fd = -1 };
	if (!f->source && !f->host && !f->n_parts) {
		file->data = buf_str(&f->bytes);
		file->len = f->bytes.len;
		return 0;
	}
	ret = scratch_open(scratch, out, err);
	if (ret == 0)
		ret = install_file_write(f, fs, scratch->fd, err);
	file->fd = scratch->fd;
	return ret;
}

static int fill(const struct mtools *m, const struct install_plan *plan, struct rootfs *fs,
	const struct outfile *out, const struct scratch *s, struct err *err)
{
	struct mtools_file *files CLEANUP(xfree) = xcalloc(plan->n + 1, sizeof(*files));
	struct scratch *scratch CLEANUP(xfree) = xcalloc(plan->n + 1, sizeof(*scratch));
	int ret = 0;

	for (size_t i = 0; i < plan->n && ret == 0; i++)
		ret = gather(&plan->files[i], fs, out, &scratch[i], &files[i], err);
	if (ret == 0)
		ret = mtools_write(m, files, plan->n, err);
	if (ret == 0)
		ret = esp_verify(s, files, plan->n, err);
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
		ret = fill(&m, plan, fs, out, s, err);
	return ret < 0 ? err_push(err, "making the ESP") : 0;
}
