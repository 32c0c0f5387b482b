/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The image must boot on every machine of armvm-image-scenarios(7): whatever
 * becomes of what it writes to variables, whatever variables it finds, whatever
 * else is attached (VM-9). Each check is about one or more scenarios; the one
 * that they are all compared with is that of boot.emulator.
 */
#include <errno.h>
#include <string.h>

#include "base/xalloc.h"
#include "checks/boot_scenarios.h"
#include "checks/findings.h"
#include "checks/groups.h"
#include "image/image.h"

#define FIRST       "first-boot"
#define OTHER_DISKS "other disks are attached, before the image and behind it"

/* Which check each scenario belongs to, and what its machine does, for the story of a failure. */
static const struct subject {
	const char *id, *scenario, *machine;
} subjects[] = {
	{ "boot.dropped", "dropped",
		"the firmware says that variables are stored, and forgets them at once" },
	{ "boot.refused", "refused-write-protected", "the firmware refuses to store variables" },
	{ "boot.refused", "refused-unsupported", "the firmware cannot store variables" },
	{ "boot.full", "full", "the firmware has no room for variables" },
	{ "boot.no-variables", "no-variables",
		"the firmware refuses every variable, even those for this boot alone" },
	{ "boot.wiped", "wiped", "the machine is switched on again, and its variables are gone" },
	{ "boot.kept", "kept",
		"the machine is switched on again, and finds the variables of its first boot" },
	{ "boot.stale", "stale",
		"the variables name boot options on disks that this machine does not have" },
	{ "boot.foreign-order", "foreign-order",
		"the variables name another disk first, which is there and has no loader" },
	{ "boot.moved", "moved-1", OTHER_DISKS },
	{ "boot.moved", "moved-2", OTHER_DISKS },
	{ "boot.moved", "moved-3", OTHER_DISKS },
	{ "boot.moved", "moved-4", OTHER_DISKS },
	{ "boot.runtime-refused", "runtime-refused",
		"no variable can be written once the kernel runs" },
	{ "boot.tpm", "tpm", "the machine has a TPM" },
	{ "boot.tpm", "tpm-dropped",
		"the machine has a TPM, and forgets variables as soon as they are written" },
	{ "boot.removable", "removable", "the image is on a removable medium" },
	{ "boot.hardware-tables", "acpi", "the hardware is described by ACPI tables" },
	{ "boot.hardware-tables", "fdt", "the hardware is described by a device tree" },
};

/* ---- all scenarios, once ---- */

struct played {
	struct emulator_matrix matrix;
	int ret;
	struct err err;
};

static void played_free(void *p)
{
	struct played *played = p;

	emulator_matrix_release(&played->matrix);
	free(played);
}

static int play(struct image *image, struct emulator_matrix *m, struct err *err)
{
	const struct image_options *options = image_options(image);
	const struct emulator_request request = {
		.path = image_path(image),
		.seconds = options->boot_seconds,
	};

	if (options->boot_scenarios)
		return emulator_play_all(&request, m, err);
	m->rows = xcalloc(1, sizeof(*m->rows));
	m->rows[m->n_rows++].scenario = xstrdup(FIRST);
	m->emulations = xcalloc(1, sizeof(*m->emulations));
	m->n_emulations = 1;
	return emulator_run(&request, m->emulations, err);
}

int boot_scenarios(struct image *image, const struct emulator_matrix **out, struct err *err)
{
	void **made = image_made(image, played_free);
	struct played *p = *made;

	if (!p) {
		*made = p = xcalloc(1, sizeof(*p));
		p->ret = play(image, &p->matrix, &p->err);
	}
	*out = &p->matrix;
	if (p->ret < 0 && err)
		*err = p->err;
	return p->ret;
}

/* ---- one scenario ---- */

void boot_tell_row(struct findings *f, const char *scenario, const struct emulation *e)
{
	static const char *const results[] = {
		[BOOT_REACHED] = "ok",
		[BOOT_NOT_REACHED] = "failed",
		[BOOT_INCONCLUSIVE] = "inconclusive",
	};
	struct buf written CLEANUP(buf_release) = BUF_INIT;

	for (size_t i = 0; i < e->n_variables; i++) {
		const struct emulator_variable *v = &e->variables[i];

		if (!v->non_volatile)
			continue;
		buf_printf(&written, "%s%s", written.len ? ", " : "", v->name);
		if (strcmp(v->status, "EFI_SUCCESS") != 0)
			buf_printf(&written, " (%s)", v->status);
	}
	finding_scenario(f, &(struct scenario_row){
				    .scenario = scenario,
				    .result = results[e->outcome],
				    .verdict = e->verdict ? e->verdict : "",
				    .reason = e->reason ? e->reason : "",
				    .written = buf_str(&written),
				    .seconds = e->guest_seconds,
				    .boots = e->boots,
			    });
}

static bool story_has(const struct emulation *e, const char *text)
{
	for (size_t i = 0; i < e->story.n; i++)
		if (strcasestr(e->story.v[i], text))
			return true;
	return false;
}

/* The last boot in short, and how it ended. */
static void add_story(struct buf *out, const struct subject *s, const struct emulation *e)
{
	buf_puts(out, s->machine);
	for (size_t i = 0; i < e->story.n; i++)
		buf_printf(out, "%s %s", i ? "," : ":", e->story.v[i]);
	buf_printf(out, "; in the end: %s", e->reason ? e->reason : "the kernel was not reached");
}

static void add_failure(struct findings *f, const struct subject *s, const struct emulation *e)
{
	struct buf what CLEANUP(buf_release) = BUF_INIT, advice CLEANUP(buf_release) = BUF_INIT;

	add_story(&what, s, e);
	/* shim insists on variables of its own, which is no fault of the image's. */
	if (strcmp(s->id, "boot.no-variables") == 0)
		buf_puts(&advice,
			"only for hosts with such a firmware, as rust-hypervisor-firmware "
			"is by default: use a loader without shim there; ");
	if (story_has(e, "fbaa64.efi"))
		buf_puts(&advice, "remove \\EFI\\BOOT\\fbaa64.efi, which writes boot options and "
				  "resets machines with a TPM, and put grubaa64.efi and "
				  "mmaa64.efi beside shim in \\EFI\\BOOT; ");
	buf_printf(&advice, BOOT_ADVICE, s->scenario);
	finding_add(f, s->scenario, buf_str(&advice), "%s", buf_str(&what));
}

static int judge(struct findings *f, const struct subject *s, const struct emulator_matrix *m,
	struct err *err)
{
	const struct emulation *e = emulator_matrix_find(m, s->scenario);

	if (!e && emulator_left_out(m, s->scenario))
		return 0;
	if (!e)
		return err_set(err, ENOENT, "%s was not played", s->scenario);
	boot_tell_row(f, s->scenario, e);
	if (e->outcome == BOOT_INCONCLUSIVE)
		return err_set(err, EAGAIN, "%s: %s", s->scenario,
			e->reason ? e->reason : "no reason was given");
	if (e->outcome == BOOT_NOT_REACHED)
		add_failure(f, s, e);
	return 0;
}

static int run(const struct check *check, struct image *image, struct findings *f, struct err *err)
{
	const struct emulator_matrix *m;
	const struct emulation *first;
	int ret = 0;

	if (!image_options(image)->boot_emulator || !image_options(image)->boot_scenarios) {
		finding_skip(f, "not asked for (--boot emulator)");
		return 0;
	}
	/* That it could not be played at all is told by boot.emulator. */
	if (boot_scenarios(image, &m, err) < 0)
		return -err->code;
	first = emulator_matrix_find(m, FIRST);
	if (!first || first->outcome != BOOT_REACHED) {
		finding_skip(f, "the image boots on no machine: see boot.emulator");
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		int r = strcmp(subjects[i].id, check->id) == 0 ? judge(f, &subjects[i], m, err) : 0;

		ret = ret < 0 ? ret : r;
	}
	return ret;
}

#define ROW(id, severity, source, title)                                                           \
	{                                                                                          \
		id, severity, source, title, NEED_DISK | NEED_BOOT, run                            \
	}

static const struct check checks[] = {
	ROW("boot.dropped", SEV_ERROR, "VM-9",
		"it boots where variables are forgotten as soon as they are written"),
	ROW("boot.refused", SEV_ERROR, "VM-9", "it boots where variables cannot be written"),
	ROW("boot.full", SEV_ERROR, "VM-9", "it boots where there is no room for variables"),
	ROW("boot.no-variables", SEV_NOTE, "VM-9",
		"it boots where even variables for this boot alone cannot be written"),
	ROW("boot.wiped", SEV_ERROR, "VM-9", "it boots again when its variables were wiped"),
	ROW("boot.kept", SEV_ERROR, "VM-9", "it boots again when its variables were kept"),
	ROW("boot.stale", SEV_ERROR, "VM-9; UEFI 2.10 3.3",
		"it boots where boot options name disks that are not there"),
	ROW("boot.foreign-order", SEV_ERROR, "VM-9; UEFI 2.10 3.1.2",
		"it boots where another disk comes first that does not boot"),
	ROW("boot.moved", SEV_ERROR, "VM-9, VM-22; UEFI 2.10 3.3",
		"it boots among other disks, wherever it is attached"),
	ROW("boot.runtime-refused", SEV_ERROR, "VM-9; UEFI 2.10 4.6.2",
		"it boots where the kernel cannot write variables"),
	ROW("boot.tpm", SEV_ERROR, "VM-9, VM-22", "it boots where there is a TPM"),
	ROW("boot.removable", SEV_ERROR, "VM-9; UEFI 2.10 3.5.1.1",
		"it boots from a removable medium"),
	ROW("boot.hardware-tables", SEV_ERROR, "VM-13",
		"it boots with ACPI tables, and with a device tree"),
};

const struct check_group boot_scenario_checks = CHECK_GROUP(checks);
