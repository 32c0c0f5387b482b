/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loader family: the other places that firmware may start the image from.
 * In which order it looks at file systems is its own affair (UEFI 2.10 3.3), so
 * whatever it finds at the removable media path has to boot. Known firmware
 * takes the partitions in the order of their entries: U-Boot ESPs, edk2 every
 * FAT, and a loader that stands before the ESP's is the one that it starts.
 */
#include <errno.h>
#include <string.h>

#include "base/xalloc.h"
#include "checks/findings.h"
#include "checks/fixes.h"
#include "checks/groups.h"
#include "esp/esp.h"
#include "image/image.h"
#include "part/part.h"

/* What is wrong with an image depending on where it is started from. */
static bool depends_on_start(const struct check *c)
{
	const char *family = check_family(c);

	return c->severity == SEV_ERROR && !(c->needs & NEED_BOOT) &&
	       (strcmp(family, "loader") == 0 || strcmp(family, "nvram") == 0 ||
		       strcmp(family, "guest") == 0 || strcmp(c->id, "esp.variable-store") == 0);
}

static bool has_finding(const struct check_result *r, const struct finding *wanted)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->findings[i].what, wanted->what) == 0 &&
			strcmp(r->findings[i].where, wanted->where) == 0)
			return true;
	return false;
}

/* Another check's finding becomes one of f's. What it calls the ESP is the partition. */
static void take_finding(struct findings *f, const struct part *part, const struct check *check,
	const struct finding *found)
{
	bool on_esp = strncmp(found->where, "ESP:", 4) == 0;
	CLEANUP(xfree)
	char *where = on_esp ? xasprintf("partition %u:%s", part->index, found->where + 4)
			     : xstrdup(*found->where ? found->where : "");

	finding_add(f, where, found->advice, "with the loader on partition %u: %s (%s)",
		part->index, found->what, check->id);
	finding_of(f, check);
}

/* What is asked of every other start, and what came of it. */
struct judging {
	struct image *image;
	bool esps; /* of other ESPs, or of what stands before the image's own */
	struct findings *f;
	struct text open; /* what was left open first; else empty */
};

/* What one check has against a start from the partition, and has not against the image anyway. */
static void judge_by(
	struct judging *j, struct image *other, const struct part *part, const struct check *check)
{
	struct check_result there CLEANUP(check_result_release) = { .check = check };
	struct check_result here CLEANUP(check_result_release) = { .check = check };

	check_run(&there, other, j->f->selection);
	if (there.outcome == OUTCOME_PASS || there.outcome == OUTCOME_SKIPPED)
		return;
	check_run(&here, j->image, j->f->selection);
	for (size_t i = 0; i < there.n; i++)
		if (!has_finding(&here, &there.findings[i]))
			take_finding(j->f, part, check, &there.findings[i]);
	if (there.outcome == OUTCOME_INCONCLUSIVE && here.outcome != OUTCOME_INCONCLUSIVE &&
		!j->open.len)
		text_printf(&j->open, "with the loader on partition %u: %s (%s)", part->index,
			there.reason, check->id);
}

static int judge_start(void *arg, const struct part *part, struct image *other, struct err *err)
{
	struct judging *j = arg;

	(void)err;
	for (size_t i = 0; part_is_esp(part) == j->esps && i < check_count(); i++) {
		const struct check *check = check_at(i);

		if (depends_on_start(check) && !selection_ignores(j->f->selection, check))
			judge_by(j, other, part, check);
	}
	return 0;
}

static int judge_starts(struct image *image, bool esps, struct findings *f, struct err *err)
{
	struct judging j = { image, esps, f, TEXT_INIT };
	int ret = 0;

	/* It is one of those that are judged here. */
	if (!image_is_started_from(image))
		ret = image_each_start(image, judge_start, &j, err);
	if (ret == 0 && j.open.len)
		ret = err_set(err, EAGAIN, "%s", text_str(&j.open));
	text_release(&j.open);
	return ret;
}

static int run_earlier(struct image *image, struct findings *f, struct err *err)
{
	return judge_starts(image, false, f, err);
}

static int run_other_esps(struct image *image, struct findings *f, struct err *err)
{
	return judge_starts(image, true, f, err);
}

/* ---- Windows ---- */

static int run_windows(struct image *image, struct findings *f, struct err *err)
{
	const struct esp_inventory *inventory;
	const struct esp_file *manager;
	int ret = image_esp_inventory(image, &inventory, err);

	if (ret < 0)
		return ret;
	manager = esp_find(inventory, ESP_WINDOWS, ESP_ARCH_NONE);
	if (!manager)
		finding_skip(f, "no Windows on the ESP");
	else if (!esp_find(inventory, ESP_FALLBACK, ESP_AA64))
		finding_add(f, manager->path, "copy it to \\EFI\\BOOT\\BOOTAA64.EFI",
			"Windows starts by a boot entry alone: its boot manager has no copy at the "
			"removable media path");
	return 0;
}

static const struct check checks[] = {
	{ "loader.windows", SEV_ERROR, "VM-2; VM-9", "Windows has a fallback loader", NEED_ESP,
		run_windows, .fix = fix_fallback },
	{ "loader.earlier-partition", SEV_ERROR, "VM-2; UEFI 2.10 3.3; 3.5.1.1",
		"a loader before the ESP's boots, too", NEED_ESP, run_earlier },
	{ "loader.other-esps", SEV_WARNING, "VM-2; UEFI 2.10 3.3; 3.5.1.1",
		"the loaders on other ESPs boot, too", NEED_ESP, run_other_esps },
};

const struct check_group loader_starts_checks = CHECK_GROUP(checks);
