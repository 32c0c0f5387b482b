/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot.emulator: the image is run by the bundled firmware emulator, with no
 * variables (VM-9), up to the kernel's first instruction. What it saw goes into
 * the report, and the kernel and initrd that were handed over are held against
 * the files that the boot chain names.
 */
#include <errno.h>
#include <string.h>

#include "checks/boot_scenarios.h"
#include "checks/groups.h"
#include "image/image.h"
#include "loader/chain.h"

#define ADVICE "see what the other checks say; armvm-image boot --trace IMAGE shows every step"

static void add_list(struct text *out, const char *word)
{
	text_printf(out, "%s%s", out->len ? ", " : "", word);
}

static void add_variables(struct findings *f, const struct emulation *e)
{
	struct text kept CLEANUP(text_release) = TEXT_INIT, lost CLEANUP(text_release) = TEXT_INIT;

	for (size_t i = 0; i < e->n_variables; i++)
		add_list(e->variables[i].non_volatile ? &kept : &lost, e->variables[i].name);
	if (kept.len)
		finding_fact(f, false, "variables", "written to be kept: %s", text_str(&kept));
	if (lost.len)
		finding_fact(f, true, "variables", "written for this boot: %s", text_str(&lost));
}

static void add_digests(struct findings *f, const struct emulation *e)
{
	if (e->kernel_sha256)
		finding_fact(f, true, "sha256", "%s  kernel", e->kernel_sha256);
	if (e->initrd_sha256)
		finding_fact(f, true, "sha256", "%s  initrd", e->initrd_sha256);
}

/* A fact for each line, down to the last that has something on it. */
static void add_screen(struct findings *f, const char *screen)
{
	size_t len = strlen(screen);

	while (len && strchr(" \n", screen[len - 1]))
		len--;
	for (size_t at = 0; at < len;) {
		size_t n = strcspn(screen + at, "\n");

		finding_fact(
			f, true, "screen", "%.*s", (int)(at + n < len ? n : len - at), screen + at);
		at += n + 1;
	}
}

static void add_facts(struct findings *f, const struct emulation *e)
{
	struct text loaded CLEANUP(text_release) = TEXT_INIT;

	if (e->outcome == BOOT_REACHED) {
		finding_fact(f, false, "kernel",
			"Linux %s, entered after %.1f s of the machine's time",
			e->kernel_version ? e->kernel_version : "of an unknown version",
			e->guest_seconds);
		finding_fact(
			f, false, "command", "%s", e->command_line ? e->command_line : "(none)");
		if (e->initrd_size)
			finding_fact(f, false, "initrd", "%llu bytes",
				(unsigned long long)e->initrd_size);
		else
			finding_fact(f, false, "initrd", "none");
	}
	for (size_t i = 0; i < e->loaded.n; i++)
		add_list(&loaded, e->loaded.v[i]);
	if (loaded.len)
		finding_fact(f, true, "programs", "%s", text_str(&loaded));
	add_variables(f, e);
	add_digests(f, e);
	add_screen(f, e->screen ? e->screen : "");
	for (size_t i = 0; i < e->timeline.n; i++)
		finding_fact(f, true, "timeline", "%s", e->timeline.v[i]);
}

/* Whether the entry's kernel is a file of its own, so that its digest says something. */
static bool is_plain_kernel(const struct boot_chain *chain, const struct chain_entry *entry)
{
	for (size_t i = 0; i < chain->n_steps; i++)
		if (chain->steps[i].loader == LOADER_UKI)
			return false;
	return entry->volume && entry->kernel;
}

/* Whether these are the bytes of a file, or of what is in it: GRUB unpacks the kernels that it opens. */
static int is_file(const struct volume *volume, const char *path, bool may_be_packed,
	const char *sha256, bool *is, struct err *err)
{
	char hex[65];
	uint64_t size;
	int ret = volume_sha256(volume, path, hex, &size, err);

	*is = ret == 0 && strcmp(hex, sha256) == 0;
	if (ret < 0 || *is || !may_be_packed || !volume_packed(volume, path))
		return ret;
	ret = volume_unpack_sha256(volume, path, hex, err);
	*is = ret == 0 && strcmp(hex, sha256) == 0;
	/* A damaged one is not what was entered; the loader would have refused it. */
	if (ret == -EUCLEAN || ret == -ENOTSUP)
		ret = 0;
	return ret;
}

/* Compares one file with what was handed over; a difference is a finding. */
static int compare(struct findings *f, const struct volume *volume, const char *path,
	const char *what, const char *sha256, struct err *err)
{
	char name[VOLUME_NAME_MAX];
	bool is;
	int ret = is_file(volume, path, strcmp(what, "kernel") == 0, sha256, &is, err);

	if (ret == 0 && !is)
		finding_add(f, path, ADVICE,
			"the %s that was handed over is not this file of %s, which the "
			"configuration names",
			what, volume_name(volume, name));
	return ret;
}

static int compare_files(
	struct image *image, struct findings *f, const struct emulation *e, struct err *err)
{
	const struct chain_entry *entry;
	const struct boot_chain *chain;
	int ret = image_chain(image, &chain, NULL);

	/* Nothing to compare with: that the chain cannot be followed is reported elsewhere. */
	entry = ret < 0 ? NULL : chain_default(chain);
	if (!entry || !is_plain_kernel(chain, entry))
		return 0;
	if (e->kernel_sha256)
		ret = compare(f, entry->volume, entry->kernel, "kernel", e->kernel_sha256, err);
	/* GRUB complains about one that it cannot read, waits, and boots without it. */
	if (ret == 0 && entry->initrds.n && !e->initrd_size)
		finding_add(f, entry->initrds.v[0], ADVICE,
			"no initrd was handed over, though the configuration names this one");
	/* Several are handed over as one, with padding between. */
	if (ret == 0 && e->initrd_sha256 && entry->initrds.n == 1 && entry->initrds.v[0][0] == '/')
		ret = compare(
			f, entry->volume, entry->initrds.v[0], "initrd", e->initrd_sha256, err);
	return ret;
}

/* Firmware that goes beyond the specification, and may boot what must not be relied on. */
static const struct {
	const char *quirks, *deviation;
} deviations[] = {
	{ "edk2",
		"tries every FAT file system, be it an ESP or not, mends a damaged GPT by itself" },
	{ "u-boot",
		"tries every partition of a disk, one after the other, from U-Boot 2024.01 on" },
	{ "rust-hypervisor-firmware",
		"takes the primary GPT without its checksums, a protective MBR or a backup" },
};

/* What boots the image all the same, for the finding; nothing when nobody does. */
static void find_deviation(struct image *image, struct text *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(deviations); i++) {
		struct emulation e CLEANUP(emulation_release) = { 0 };
		const struct emulator_request request = {
			.path = image_path(image),
			.quirks = deviations[i].quirks,
			.seconds = image_options(image)->boot_seconds,
		};

		if (emulator_run(&request, &e, NULL) == 0 && e.outcome == BOOT_REACHED)
			text_printf(out,
				"; %s boots it, for it %s, which no other firmware need do",
				deviations[i].quirks, deviations[i].deviation);
	}
}

/* Whether the way to a kernel was read, and nothing found wrong with it. */
static bool reads_well(struct image *image)
{
	const struct boot_chain *chain;

	if (image_chain(image, &chain, NULL) < 0 || !chain->complete)
		return false;
	for (size_t i = 0; i < chain->n_problems; i++)
		if (chain->problems[i].on_default)
			return false;
	return true;
}

static void add_failure(struct image *image, struct findings *f, const struct emulation *e)
{
	struct text what CLEANUP(text_release) = TEXT_INIT,
			 advice CLEANUP(text_release) = TEXT_INIT;
	bool locked_out = boot_keys_lock_out(e);

	if (locked_out) {
		text_puts(&what, BOOT_KEYS_CAUSE);
		text_puts(&advice, BOOT_KEYS_ADVICE);
	}
	text_puts(&what, e->reason ? e->reason : "the kernel was not reached");
	boot_add_words(image, "first-boot", &what, &advice);
	if (!locked_out && reads_well(image))
		text_puts(&what, "; reading its configuration finds nothing wrong, which is then "
				 "mistaken");
	find_deviation(image, &what);
	text_puts(&advice, ADVICE);
	finding_add(f, "", text_str(&advice), "%s", text_str(&what));
}

static int run_emulator(struct image *image, struct findings *f, struct err *err)
{
	const struct emulator_matrix *m;
	const struct emulation *e;
	int ret;

	if (!image_options(image)->boot_emulator) {
		finding_skip(f, "not asked for (--boot emulator)");
		return 0;
	}
	ret = boot_scenarios(image, &m, err);
	if (ret < 0)
		return ret;
	e = emulator_matrix_find(m, "first-boot");
	if (!e)
		return err_set(err, ENOENT, "first-boot was not played");
	add_facts(f, e);
	boot_report_row(f, "first-boot", e);
	if (e->outcome == BOOT_REACHED)
		return compare_files(image, f, e, err);
	if (e->outcome == BOOT_INCONCLUSIVE)
		return boot_inconclusive(e, "", err);
	add_failure(image, f, e);
	return 0;
}

static const struct check checks[] = {
	{ "boot.emulator", SEV_ERROR, "VM-2, VM-9; UEFI 2.10 3.5.1.1",
		"the loader reaches the kernel in the bundled firmware", NEED_DISK | NEED_BOOT,
		run_emulator },
};

const struct check_group boot_emulator_checks = CHECK_GROUP(checks);
