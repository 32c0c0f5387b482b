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
#include "loader/chain.h"
#include "loader/names.h"

#define FIRST       "first-boot"
#define OTHER_DISKS "other disks are attached, before the image and behind it"

/* shim and the UEFI Shell insist on variables of their own, which is no fault of the image's. */
#define OWN_VARIABLES_ADVICE                                                                       \
	"only for hosts with such a firmware, as rust-hypervisor-firmware is by default: use a "   \
	"loader that writes no variables there, not shim; "

#define SCENARIOS_MAX 4

/* A scenario that a check is about, and what its machine does, for the story of a failure. */
struct subject {
	const char *scenario, *machine;
};

struct scenarios_rule {
	struct subject subjects[SCENARIOS_MAX]; /* ends at an empty one */
	const char *advice; /* what to do besides looking at the boot; NULL: nothing */
};

/* ---- all scenarios, once ---- */

struct boots {
	struct emulator_matrix matrix;
	int ret;
	struct err err;
};

static void boots_free(struct boots *boots)
{
	emulator_matrix_release(&boots->matrix);
	free(boots);
}

static int play(struct image *image, struct emulator_matrix *m, struct err *err)
{
	const struct image_options *options = image_options(image);
	const struct emulator_request request = {
		.path = image_path(image),
		.seconds = options->boot_seconds,
		.verify_reuse = options->verify_reuse,
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
	struct boots **place = image_boots(image, boots_free), *boots = *place;

	if (!boots) {
		*place = boots = xcalloc(1, sizeof(*boots));
		boots->ret = play(image, &boots->matrix, &boots->err);
	}
	*out = &boots->matrix;
	if (boots->ret < 0 && err)
		*err = boots->err;
	return boots->ret;
}

/* ---- one scenario ---- */

void boot_report_row(struct findings *f, const char *scenario, const struct emulation *e)
{
	static const char *const results[] = {
		[BOOT_REACHED] = "ok",
		[BOOT_NOT_REACHED] = "failed",
		[BOOT_INCONCLUSIVE] = "inconclusive",
	};
	struct text written CLEANUP(text_release) = TEXT_INIT;

	for (size_t i = 0; i < e->n_variables; i++) {
		const struct emulator_variable *v = &e->variables[i];

		if (!v->non_volatile)
			continue;
		text_printf(&written, "%s%s", written.len ? ", " : "", v->name);
		if (strcmp(v->status, "EFI_SUCCESS") != 0)
			text_printf(&written, " (%s)", v->status);
	}
	finding_scenario(f, &(struct scenario_row){
				    .scenario = scenario,
				    .result = results[e->outcome],
				    .verdict = e->verdict ? e->verdict : "",
				    .reason = e->reason ? e->reason : "",
				    .written = text_str(&written),
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

bool boot_keys_lock_out(const struct emulation *e)
{
	bool refused = story_has(e, SECURE_BOOT_REASON) ||
		       (e->reason && strstr(e->reason, SECURE_BOOT_REASON));

	for (size_t i = 0; i < e->n_variables; i++)
		if (e->variables[i].non_volatile && strcmp(e->variables[i].name, "PK") == 0 &&
			strcmp(e->variables[i].status, "EFI_SUCCESS") == 0)
			return refused && e->outcome == BOOT_NOT_REACHED;
	return false;
}

/* The last boot in short, and how it ended. */
static void add_story(struct text *out, const struct subject *s, const struct emulation *e)
{
	text_puts(out, s->machine);
	for (size_t i = 0; i < e->story.n; i++)
		text_printf(out, "%s %s", i ? "," : ":", e->story.v[i]);
	text_printf(out, "; in the end: %s", e->reason ? e->reason : "the kernel was not reached");
}

static void add_failure(
	struct image *image, struct findings *f, const struct subject *s, const struct emulation *e)
{
	const struct scenarios_rule *rule = finding_rule(f)->scenarios;
	struct text what CLEANUP(text_release) = TEXT_INIT,
			 advice CLEANUP(text_release) = TEXT_INIT;

	/* What a note begins with is its line in a report. */
	if (e->verdict && strcmp(e->verdict, "shut-down") == 0 && story_has(e, "SbatLevel"))
		text_puts(&what, "shim needs volatile variables: ");
	if (boot_keys_lock_out(e)) {
		text_puts(&what, BOOT_KEYS_CAUSE);
		text_puts(&advice, BOOT_KEYS_ADVICE);
	}
	add_story(&what, s, e);
	/* A note is not worth another boot. */
	if (boot_scenario_counts(s->scenario))
		boot_add_words(image, s->scenario, &what, &advice);
	if (rule->advice)
		text_puts(&advice, rule->advice);
	if (story_has(e, "fbaa64.efi"))
		text_puts(&advice, "remove \\EFI\\BOOT\\fbaa64.efi, which writes boot options and "
				   "resets machines with a TPM, and put grubaa64.efi and "
				   "mmaa64.efi beside shim in \\EFI\\BOOT; ");
	text_printf(&advice, BOOT_ADVICE, s->scenario);
	finding_add(f, s->scenario, text_str(&advice), "%s", text_str(&what));
}

/* What "wiped" and "kept" have in common, when both end alike, is the disk that the first boot wrote to. */
static struct subject by_the_disk(
	const struct subject *s, const struct emulator_matrix *m, const struct emulation *e)
{
	bool wiped = strcmp(s->scenario, "wiped") == 0, kept = strcmp(s->scenario, "kept") == 0;
	const struct emulation *other = wiped || kept
						? emulator_matrix_find(m, wiped ? "kept" : "wiped")
						: NULL;
	struct subject answer = *s;

	if (other && other->outcome == BOOT_NOT_REACHED && other->verdict && e->verdict &&
		strcmp(other->verdict, e->verdict) == 0)
		answer.machine =
			"the machine is switched on again, and fails with and without the "
			"variables of its first boot: what that wrote to the disk is the cause "
			"(of GRUB, grubenv)";
	return answer;
}

/* Whether a kernel that was handed this finds its root, as far as names show. */
static bool finds_root(struct image *image, const struct emulation *e)
{
	const char *cmdline = e->command_line ? e->command_line : "";
	CLEANUP(xfree) char *root = cmdline_value(cmdline, "root=");
	const struct chain_view *view;

	return root && *root && image_volumes(image, &view, NULL) == 0 &&
	       cmdline_name(view, cmdline, root).answer == NAME_ONE;
}

/* A kernel that is entered without what the first boot handed it does not boot the system. */
static void compare_handed(struct image *image, struct findings *f, const struct subject *s,
	const struct emulation *first, const struct emulation *e)
{
	CLEANUP(xfree)
	char *advice = xasprintf("have the loader search file systems by UUID, and "
				 "name none by a disk's number; " BOOT_ADVICE,
		s->scenario);

	if (first->initrd_size && !e->initrd_size)
		finding_add(f, s->scenario, advice,
			"%s: the kernel is handed no initrd there, as it is on the first boot",
			s->machine);
	else if (finds_root(image, first) && !finds_root(image, e))
		finding_add(f, s->scenario, advice,
			"%s: the kernel is handed \"%s\" there, which names no root file system of "
			"the image as on the first boot",
			s->machine, e->command_line ? e->command_line : "");
}

static int judge(struct image *image, struct findings *f, const struct subject *s,
	const struct emulator_matrix *m, struct err *err)
{
	const struct emulation *e = emulator_matrix_find(m, s->scenario);

	if (!e && emulator_left_out(m, s->scenario))
		return 0;
	if (!e)
		return err_set(err, ENOENT, "%s was not played", s->scenario);
	boot_report_row(f, s->scenario, e);
	if (e->outcome == BOOT_INCONCLUSIVE) {
		CLEANUP(xfree) char *before = xasprintf("%s: ", s->scenario);

		return boot_inconclusive(e, before, err);
	}
	if (e->outcome == BOOT_NOT_REACHED) {
		struct subject blamed = by_the_disk(s, m, e);

		add_failure(image, f, &blamed, e);
	} else {
		compare_handed(image, f, s, emulator_matrix_find(m, FIRST), e);
	}
	return 0;
}

static int run_rule(struct image *image, struct findings *f, struct err *err)
{
	const struct scenarios_rule *rule = finding_rule(f)->scenarios;
	const struct emulator_matrix *m;
	const struct emulation *first;
	int ret = 0;

	if (!image_options(image)->boot_emulator || !image_options(image)->boot_scenarios) {
		finding_skip(f, "not asked for (--boot emulator)");
		return 0;
	}
	/* That it could not be played at all is reported by boot.emulator. */
	if (boot_scenarios(image, &m, err) < 0)
		return -err->code;
	first = emulator_matrix_find(m, FIRST);
	if (!first || first->outcome != BOOT_REACHED) {
		finding_skip_for(
			f, "boot.emulator", "the image boots on no machine: see boot.emulator");
		return 0;
	}
	for (size_t i = 0; i < SCENARIOS_MAX && rule->subjects[i].scenario; i++) {
		int r = judge(image, f, &rule->subjects[i], m, err);

		ret = ret < 0 ? ret : r;
	}
	return ret;
}

static const struct check checks[] = {
	{ "boot.dropped", SEV_ERROR, "VM-9",
		"it boots where variables are forgotten as soon as they are written",
		NEED_DISK | NEED_BOOT, run_rule,
		RULE(scenarios,
			{ { "dropped",
				"the firmware says that variables are stored, and forgets them at once" } },
			NULL) },
	{ "boot.refused", SEV_ERROR, "VM-9", "it boots where variables cannot be written",
		NEED_DISK | NEED_BOOT, run_rule,
		RULE(scenarios,
			{ { "refused-write-protected", "the firmware refuses to store variables" },
				{ "refused-unsupported", "the firmware cannot store variables" } },
			NULL) },
	{ "boot.full", SEV_ERROR, "VM-9", "it boots where there is no room for variables",
		NEED_DISK | NEED_BOOT, run_rule,
		RULE(scenarios, { { "full", "the firmware has no room for variables" } }, NULL) },
	{ "boot.no-variables", SEV_NOTE, "VM-9",
		"it boots where even variables for this boot alone cannot be written",
		NEED_DISK | NEED_BOOT, run_rule,
		RULE(scenarios,
			{ { "no-variables",
				"the firmware refuses every variable, even those for this boot alone" } },
			OWN_VARIABLES_ADVICE) },
	{ "boot.wiped", SEV_ERROR, "VM-9", "it boots again when its variables were wiped",
		NEED_DISK | NEED_BOOT, run_rule,
		RULE(scenarios,
			{ { "wiped",
				"the machine is switched on again, and its variables are gone" } },
			NULL) },
	{ "boot.kept", SEV_ERROR, "VM-9", "it boots again when its variables were kept",
		NEED_DISK | NEED_BOOT, run_rule,
		RULE(scenarios,
			{ { "kept",
				"the machine is switched on again, and finds the variables of its first boot" } },
			NULL) },
	{ "boot.listed", SEV_ERROR, "VM-9; UEFI 2.10 3.1, 3.3",
		"it boots where the firmware keeps a boot option for its disk",
		NEED_DISK | NEED_BOOT, run_rule,
		RULE(scenarios,
			{ { "listed",
				"the firmware has a boot option for the disk, and says that it took it" } },
			NULL) },
	{ "boot.stale", SEV_ERROR, "VM-9; UEFI 2.10 3.3",
		"it boots where boot options name disks that are not there", NEED_DISK | NEED_BOOT,
		run_rule,
		RULE(scenarios,
			{ { "stale",
				"the variables name boot options on disks that this machine does not have" } },
			NULL) },
	{ "boot.foreign-order", SEV_ERROR, "VM-9; UEFI 2.10 3.1.2",
		"it boots where another disk comes first that does not boot", NEED_DISK | NEED_BOOT,
		run_rule,
		RULE(scenarios,
			{ { "foreign-order",
				"the variables name another disk first, which is there and has no loader" } },
			NULL) },
	{ "boot.moved", SEV_ERROR, "VM-9, VM-22; UEFI 2.10 3.3",
		"it boots among other disks, wherever it is attached", NEED_DISK | NEED_BOOT,
		run_rule,
		RULE(scenarios,
			{ { "moved-1", OTHER_DISKS }, { "moved-2", OTHER_DISKS },
				{ "moved-3", OTHER_DISKS }, { "moved-4", OTHER_DISKS } },
			NULL) },
	{ "boot.runtime-refused", SEV_ERROR, "VM-9; UEFI 2.10 4.6.2",
		"it boots where the kernel cannot write variables", NEED_DISK | NEED_BOOT, run_rule,
		RULE(scenarios,
			{ { "runtime-refused",
				"no variable can be written once the kernel runs" } },
			NULL) },
	{ "boot.tpm", SEV_ERROR, "VM-9, VM-22", "it boots where there is a TPM",
		NEED_DISK | NEED_BOOT, run_rule,
		RULE(scenarios,
			{ { "tpm", "the machine has a TPM" },
				{ "tpm-dropped",
					"the machine has a TPM, and forgets variables as soon as they are written" } },
			NULL) },
	{ "boot.removable", SEV_ERROR, "VM-9; UEFI 2.10 3.5.1.1",
		"it boots from a removable medium", NEED_DISK | NEED_BOOT, run_rule,
		RULE(scenarios, { { "removable", "the image is on a removable medium" } }, NULL) },
	{ "boot.hardware-tables", SEV_ERROR, "VM-13",
		"it boots with ACPI tables, and with a device tree", NEED_DISK | NEED_BOOT,
		run_rule,
		RULE(scenarios,
			{ { "acpi", "the hardware is described by ACPI tables" },
				{ "fdt", "the hardware is described by a device tree" } },
			NULL) },
};

bool boot_scenario_counts(const char *scenario)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		const struct scenarios_rule *rule = checks[i].rule.scenarios;

		for (size_t s = 0; s < SCENARIOS_MAX && rule->subjects[s].scenario; s++)
			if (strcmp(rule->subjects[s].scenario, scenario) == 0)
				return checks[i].severity != SEV_NOTE;
	}
	return true;
}

const struct check_group boot_scenario_checks = CHECK_GROUP(checks);
