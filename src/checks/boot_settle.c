/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the boots settle: where every scenario that counts reaches a kernel,
 * and hands it the same, that is what the image is judged by, whatever could
 * be read of its loader. boot.agrees reports where both say something else.
 */
#include <errno.h>
#include <string.h>

#include "base/xalloc.h"
#include "checks/boot_scenarios.h"
#include "checks/groups.h"
#include "checks/kernels.h"
#include "image/image.h"
#include "loader/chain.h"
#include "rootfs/rootfs.h"

#define FIRST "first-boot"

static bool same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* The words of a command line, without what GRUB and systemd-boot put in front and how GRUB quotes. The caller frees it. */
static char *words_of(const char *line)
{
	CLEANUP(text_release) struct text out = TEXT_INIT;

	line += strspn(line, " ");
	while (strncmp(line, "BOOT_IMAGE=", 11) == 0 || strncmp(line, "initrd=", 7) == 0) {
		line += strcspn(line, " ");
		line += strspn(line, " ");
	}
	while (*(line += strspn(line, " \t\r\n"))) {
		if (out.len)
			text_puts(&out, " ");
		for (; *line && !strchr(" \t\r\n", *line); line++)
			if (!strchr("\"'\\", *line))
				text_add(&out, line, 1);
	}
	return text_detach(&out);
}

/*
 * Alike in what matters: GRUB puts its disk's number in BOOT_IMAGE=, which is the machine's; and a unified image's
 * stub adds archives of its own to the initrd, with a secret that variables keep, random numbers and measurements.
 */
static bool handed_alike(const struct emulation *a, const struct emulation *b, bool unified)
{
	CLEANUP(xfree) char *one = words_of(a->command_line ? a->command_line : "");
	CLEANUP(xfree) char *other = words_of(b->command_line ? b->command_line : "");

	/* The file of a kernel that its loader put into memory is not known, but its version is. */
	if (!same(a->kernel_sha256, b->kernel_sha256) ||
		!same(a->kernel_version, b->kernel_version) || strcmp(one, other) != 0)
		return false;
	return unified ? !a->initrd_size == !b->initrd_size
		       : a->initrd_size == b->initrd_size &&
				 same(a->initrd_sha256, b->initrd_sha256);
}

/* A scenario that counts and that was handed something else than the first; NULL: none. */
static const char *differs(const struct boot_chain *chain, const struct emulator_matrix *m,
	const struct emulation *first)
{
	bool unified = chain_has_loader(chain, LOADER_UKI);

	for (size_t i = 0; i < m->n_rows; i++) {
		const struct emulation *e = &m->emulations[m->rows[i].emulation];

		if (e->outcome == BOOT_REACHED && !handed_alike(first, e, unified))
			return m->rows[i].scenario;
	}
	return NULL;
}

static bool all_reached(const struct emulator_matrix *m)
{
	for (size_t i = 0; i < m->n_rows; i++)
		if (m->emulations[m->rows[i].emulation].outcome != BOOT_REACHED &&
			boot_scenario_counts(m->rows[i].scenario))
			return false;
	return true;
}

static bool command_line_agrees(const char *cmdline, const struct emulation *e)
{
	CLEANUP(xfree) char *read = words_of(cmdline);
	CLEANUP(xfree) char *handed = words_of(e->command_line ? e->command_line : "");

	return strcmp(read, handed) == 0;
}

/* Whether reading left it open, or found what a boot that reaches the kernel contradicts. */
static bool has_doubt(const struct boot_chain *chain)
{
	for (size_t i = 0; i < chain->n_problems; i++) {
		const struct chain_problem *p = &chain->problems[i];

		/* Which file system the root is a boot to the kernel does not show: loader.root judges it by what was read. */
		if (p->code == CHAIN_ROOT_BY_TYPE || p->code == CHAIN_ROOT_NONE ||
			p->code == CHAIN_ROOT_MISSING || p->code == CHAIN_ROOT_SEARCHED)
			continue;
		if (p->on_default && (!p->certain || chain_contradicted(p, true)))
			return true;
	}
	return !chain->complete;
}

/*
 * Whether the boot says something else than the way that was read. An initrd
 * that is named and was not handed over is a fault of its own, boot.emulator's.
 */
static bool to_settle(
	struct image *image, const struct boot_chain *chain, const struct emulation *first)
{
	const struct chain_entry *entry = chain_default(chain);

	if (entry && entry->initrds.n && !first->initrd_size)
		return false;
	return has_doubt(chain) || !entry ||
	       !command_line_agrees(chain_entry_handed(entry), first) ||
	       unread_by_grub(image, chain, NULL);
}

void boot_settle(struct image *image)
{
	const struct image_options *options = image_options(image);
	const struct emulator_matrix *m;
	const struct emulation *first;
	const struct boot_chain *chain;

	if (!options->boot_emulator || !options->boot_scenarios ||
		image_chain(image, &chain, NULL) < 0 || boot_scenarios(image, &m, NULL) < 0)
		return;
	first = emulator_matrix_find(m, FIRST);
	if (!first || first->outcome != BOOT_REACHED || !all_reached(m) ||
		differs(chain, m, first) || !to_settle(image, chain, first))
		return;
	image_settle(image,
		&(struct image_handed){
			.command_line = first->command_line ? first->command_line : "",
			.version = first->kernel_version ? first->kernel_version : "",
			.kernel_size = first->kernel_size,
			.kernel_sha256 = first->kernel_sha256,
			.initrd_size = first->initrd_size,
			.initrd_sha256 = first->initrd_sha256,
		},
		NULL);
}

/* ---- boot.agrees ---- */

#define ADVICE                                                                                     \
	"nothing, if what was booted is what is meant to be; the image was judged by that. Else "  \
	"correct the configuration, or tell this program's authors"

static void compare_lines(
	const struct boot_chain *chain, const struct emulation *e, struct findings *f)
{
	const struct chain_entry *entry = chain->settled ? NULL : chain_default(chain);
	const char *source = entry ? entry->source : chain->read_from;
	const char *cmdline = entry ? chain_entry_handed(entry) : chain->read_cmdline;

	/* What could not be read to its end, or depends on the machine, says nothing that could be another. */
	if (!source || chain->uncertain || (entry && !chain->complete) ||
		command_line_agrees(cmdline, e))
		return;
	finding_add(f, source, ADVICE,
		"the kernel was handed another command line than this entry's: %s",
		e->command_line && *e->command_line ? e->command_line : "(none)");
}

/* What reading found against the way of a boot that was not settled, because scenarios differ or were not played. */
static void compare_problems(
	const struct boot_chain *chain, const struct emulation *e, struct findings *f)
{
	for (size_t i = 0; i < chain->n_problems; i++) {
		const struct chain_problem *p = &chain->problems[i];

		if (p->on_default && p->certain && chain_contradicted(p, e->initrd_size > 0))
			finding_add(f, p->where, ADVICE,
				"the first boot reaches the kernel, though reading the "
				"configuration says otherwise: %s",
				p->text);
	}
}

static void compare_file_systems(
	struct image *image, const struct boot_chain *chain, struct findings *f)
{
	char name[VOLUME_NAME_MAX];

	for (const struct chain_step *s = NULL; (s = unread_by_grub(image, chain, s));)
		finding_add(f, volume_name(s->volume, name), ADVICE,
			"this GRUB reads it, though its ext4 uses %s, which GRUB is known not to",
			image_volume_facts(image, s->volume)->not_for_grub);
}

static int run_agrees(struct image *image, struct findings *f, struct err *err)
{
	const struct emulator_matrix *m;
	const struct emulation *first;
	const struct boot_chain *chain;
	const char *other;
	int ret;

	if (!image_options(image)->boot_emulator) {
		finding_skip(f, "not asked for (--boot emulator)");
		return 0;
	}
	ret = boot_scenarios(image, &m, err);
	if (ret == 0)
		ret = image_chain(image, &chain, err);
	if (ret < 0)
		return ret;
	first = emulator_matrix_find(m, FIRST);
	if (!first || first->outcome != BOOT_REACHED) {
		finding_skip_for(f, "boot.emulator", "no kernel was reached: see boot.emulator");
		return 0;
	}
	other = differs(chain, m, first);
	if (other)
		finding_add(f, other, ADVICE,
			"the kernel was handed something else than on the first boot: another kernel, "
			"command line or initrd");
	for (size_t i = 0; i < chain->overruled.n; i++)
		finding_add(f, "", ADVICE,
			"every scenario reaches the kernel, though reading the configuration says "
			"otherwise: %s",
			chain->overruled.v[i]);
	compare_problems(chain, first, f);
	compare_file_systems(image, chain, f);
	compare_lines(chain, first, f);
	return 0;
}

static const struct check checks[] = {
	{ "boot.agrees", SEV_WARNING, "VM-2",
		"what is booted is what the loader's configuration says",
		NEED_DISK | NEED_BOOT | NEED_CHAIN, run_agrees },
};

const struct check_group boot_settle_checks = CHECK_GROUP(checks);
