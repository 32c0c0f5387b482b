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

int esp_choose_size(const struct esp_files *files, bool kernels, uint64_t wanted, uint64_t *size,
	struct err *err)
{
	uint64_t content = 0, least = mtools_min_size(SECTOR);

	for (size_t i = 0; i < files->n; i++)
		content += files->v[i].size;
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

static int fill(const struct mtools *m, const struct esp_files *from, const struct scratch *s,
	struct err *err)
{
	struct mtools_file *files CLEANUP(xfree) = xcalloc(from->n + 1, sizeof(*files));
	int ret;

	for (size_t i = 0; i < from->n; i++)
		files[i] = (struct mtools_file){
			.path = from->v[i].dest,
			.fd = from->v[i].scratch.fd,
			.data = text_str(&from->v[i].bytes),
			.len = from->v[i].bytes.len,
		};
	ret = mtools_write(m, files, from->n, err);
	if (ret == -ENOSPC)
		err_hint(err, "make the ESP larger (--esp-size)");
	return ret < 0 ? ret : esp_verify(s, files, from->n, err);
}

int esp_make(const struct esp_spec *spec, const struct esp_files *files, const struct scratch *s,
	struct err *err)
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
		ret = fill(&m, files, s, err);
	return ret < 0 ? err_push(err, "making the ESP") : 0;
}
