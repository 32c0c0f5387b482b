/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Power cycles. See power.h. */
#include <stdio.h>
#include <string.h>

#include "disk/disk.h"
#include "firmware/fs/volumes.h"
#include "firmware/host/wall.h"
#include "firmware/hw/install.h"
#include "firmware/lifecycle/kernel_entry.h"
#include "firmware/lifecycle/power.h"
#include "firmware/lifecycle/program.h"
#include "firmware/lifecycle/verdict.h"
#include "firmware/machine/platform.h"
#include "firmware/vars/vars.h"

struct vars *power_vars(const struct power_config *config, const struct scenario *s)
{
	struct vars *v = scenario_vars(s);

	if (config->policy)
		vars_set_policy(v, config->policy);
	return v;
}

unsigned power_facts(const struct power_config *config, const struct scenario *s)
{
	const struct bds_quirks *quirks = config->bds.quirks;
	bool refused = s->runtime_refused || (quirks && quirks->runtime_set_refused);

	return (config->tpm || s->tpm ? PLATFORM_TPM : 0) |
	       (config->acpi || s->acpi ? PLATFORM_ACPI : 0) |
	       (refused ? PLATFORM_RUNTIME_REFUSED : 0) | (s->removable ? PLATFORM_REMOVABLE : 0);
}

bool power_hides_disks(const struct power_config *config)
{
	const struct bds_quirks *quirks = config->bds.quirks;

	return !config->program && !config->bds.order &&
	       !(quirks && (quirks->saving || quirks->own_way || quirks->repairs_gpt));
}

/* ---- disks ---- */

/* Disks beside the image, in the order in which a machine has them that plays any scenarios. */
static const char beside[] = { SCENARIO_DATA, SCENARIO_ESP, SCENARIO_CONFIG, SCENARIO_UNFORMATTED };

static void add_disk(struct power *p, struct disk_attachment d)
{
	const struct bds_quirks *quirks = p->config->bds.quirks;

	d.disk = disk_overlay(d.disk);
	d.volumes = volumes_new(d.disk);
	d.table = quirks && quirks->own_way       ? TABLE_LEFT
		  : quirks && quirks->repairs_gpt ? TABLE_REPAIRED
						  : TABLE_READ;
	p->disks[p->n_disks++] = d;
}

static void add_image(struct power *p, const struct scenario *s)
{
	bool shares = power_hides_disks(p->config);

	for (size_t i = 0; i < p->config->n_disks; i++) {
		struct disk_attachment d = p->config->disks[i];

		d.removable |= !shares && s->removable;
		d.letter = shares ? SCENARIO_IMAGE : 0;
		d.number = DISK_SLOT_IMAGE + (unsigned)i;
		add_disk(p, d);
	}
}

static void add_beside(struct power *p, const struct scenario *s, char letter)
{
	CLEANUP(buf_release) struct buf bytes = BUF_INIT;
	struct disk_attachment d = { .removable = scenario_disk_is_removable(letter) };
	size_t size;

	scenario_disk(letter, &bytes);
	/* They live as long as the process. */
	size = bytes.len;
	d.disk = disk_from_memory(buf_detach(&bytes), size);
	if (power_hides_disks(p->config))
		d.letter = letter;
	else
		d.number = disk_slot(s->disks, letter, (unsigned)p->config->n_disks);
	add_disk(p, d);
}

/* All disks, or those of the scenario; with what is written to them from now on. */
static void add_disks(struct power *p, const struct scenario *s)
{
	bool shares = power_hides_disks(p->config);

	if (shares)
		add_image(p, s);
	for (size_t i = 0; shares && i < sizeof(beside); i++)
		add_beside(p, s, beside[i]);
	for (const char *letter = s->disks; !shares && *letter; letter++)
		if (*letter == SCENARIO_IMAGE)
			add_image(p, s);
		else
			add_beside(p, s, *letter);
}

bool power_is_unchanged(const struct power *p)
{
	struct kept_time next = machine_kept_time(p->m);

	if (!kept_time_same(&p->kept, &next))
		return false;
	for (size_t i = 0; i < p->n_disks; i++)
		if (!disk_attachment_is_clean(&p->disks[i]))
			return false;
	return true;
}

/* ---- one boot ---- */

int power_on(struct power *p, struct err *err)
{
	int r = machine_new(&p->machine, &p->m, err);

	if (r < 0)
		return r;
	if (p->was_on)
		p->m->kept = p->kept;
	p->kept = p->m->kept;
	return 0;
}

void power_emit_on(struct power *p, const char *because)
{
	uint64_t now = p->m->now;

	p->m->now = 0;
	trace_begin(&p->m->trace, "power-on");
	trace_u64(&p->m->trace, "boot", ++p->boot);
	trace_text(&p->m->trace, "because", because);
	trace_end(&p->m->trace);
	p->m->now = now;
}

int power_install(struct power *p, const struct scenario *s, struct err *err)
{
	struct machine *m = p->m;

	if (!p->n_disks)
		add_disks(p, s);
	protocols_init(m, &p->config->protocols);
	for (size_t i = 0; i < p->n_disks; i++)
		protocols_attach_disk(m, &p->disks[i]);
	if (power_hides_disks(p->config))
		protocols_share_disks(m);
	bds_init(m, &p->config->bds);
	return hardware_install(m, err);
}

void power_run(struct power *p)
{
	wall_watch(p->m->cpu);
	if (p->config->program)
		program_start(p->m, p->config->program, p->config->program_size);
	else
		bds_start(p->m);
	machine_run(p->m);
	wall_watch(NULL);
}

void power_end(struct power *p, bool emitted)
{
	bool entered = p->m->run.end.kind == VERDICT_KERNEL && !emitted;

	if (entered)
		kernel_entry_emit(p->m);
	verdict_doubt(p->m);
	if (entered)
		kernel_entry_judge(p->m);
}

void power_off(struct power *p)
{
	if (p->m)
		p->kept = machine_kept_time(p->m);
	p->was_on = true;
	machine_free(p->m);
	p->m = NULL;
}

/* ---- from one boot to the next ---- */

bool power_is_loop(struct power *p, bool same)
{
	struct run_end *v = &p->m->run.end;
	char was[sizeof(v->reason)];

	if (v->kind != VERDICT_RESET) {
		p->resets = p->same_resets = 0;
		return false;
	}
	p->resets++;
	p->same_resets = same ? p->same_resets + 1 : 0;
	if (p->same_resets < POWER_SAME_RESETS && p->resets < POWER_RESETS)
		return false;
	memcpy(was, v->reason, sizeof(was));
	v->kind = v->waits_for_key ? VERDICT_KEY : VERDICT_RESET_LOOP;
	snprintf(v->reason, sizeof(v->reason), "%.140s, %u times in a row%s", was, p->resets,
		p->same_resets == POWER_SAME_RESETS ? ", and each time nothing had changed" : "");
	verdict_doubt(p->m);
	return true;
}
