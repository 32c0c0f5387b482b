/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Playing scenarios. See play.h. A boot that begins as the one before it began
 * would go as it did: among other scenarios it is told again, not done again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "disk/disk.h"
#include "firmware/bds/bds.h"
#include "firmware/explore/worker.h"
#include "firmware/core/image.h"
#include "firmware/explore/pending.h"
#include "firmware/lifecycle/kernel_entry.h"
#include "firmware/fs/volumes.h"
#include "firmware/hw/install.h"
#include "firmware/explore/play.h"
#include "firmware/explore/play_private.h"
#include "firmware/host/sandbox.h"
#include "firmware/explore/checkpoint.h"
#include "firmware/lifecycle/verdict.h"
#include "firmware/host/wall.h"

const struct scenario *scenario_of(const struct play *p, size_t lane)
{
	return p->config->played[p->vs->v[lane].id];
}

static struct course *course_of(struct play *p, size_t lane)
{
	return &p->courses[p->vs->v[lane].id];
}

/* ---- lanes that part ---- */

static uint64_t mask_of_class(
	const struct variants *vs, const unsigned class_of[VARIANTS_MAX], unsigned class)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < vs->n; i++)
		if (class_of[i] == class)
			mask |= UINT64_C(1) << vs->v[i].id;
	return mask;
}

/* There is no process for these: nothing is known of them. */
static void give_up(struct worker *c, uint64_t lanes)
{
	static const char tail[] = "{\"event\":\"verdict\",\"t\":0,\"verdict\":\"inconclusive\","
				   "\"reason\":\"there was no process for this scenario\"}\n";

	worker_end(c, lanes, VERDICT_INCONCLUSIVE, false, tail, sizeof(tail) - 1);
}

/* A single lane can't part. */
static void forbid_forks(struct play *p)
{
	if (!p->alone && p->vs->n == 1)
		sandbox_enter_alone();
	p->alone |= p->vs->n == 1;
}

void go_on_with_token(struct play *p, uint64_t wall_ms)
{
	wall_start(wall_ms, &p->worker->shared->cancel);
	for (size_t i = 0; i < p->config->n_disks; i++)
		disk_use_client(p->config->disks[i].disk, p->worker->token);
}

static void split(
	void *ctx, struct variants *vs, const unsigned class_of[VARIANTS_MAX], unsigned n_classes)
{
	struct play *p = ctx;
	uint64_t left = wall_left();
	unsigned mine = 0;

	trace_flush(&p->m->trace);
	verify_finish(&p->expected, p->worker, p->m, vs, true);
	for (unsigned c = 1; c < n_classes && !mine; c++) {
		int r = worker_fork(p->worker);

		if (r < 0)
			give_up(p->worker, mask_of_class(vs, class_of, c));
		if (r <= 0)
			continue;
		mine = c;
		/* It is the old process that goes on with it. */
		p->recording = NULL;
		vs->journal = NULL;
		recording_unwatch(p->m);
		go_on_with_token(p, left);
	}
	variants_keep(vs, class_of, mine);
	forbid_forks(p);
}

static void to_worker(void *ctx, const char *bytes, size_t len)
{
	worker_text(ctx, bytes, len);
}

static void note(void *ctx, unsigned id, const char *text, size_t len)
{
	struct play *p = ctx;

	trace_flush(&p->m->trace);
	variants_private(p->vs);
	worker_note(p->worker, UINT64_C(1) << id, text, len);
}

/* ---- a machine and what it begins with ---- */

/* Disks beside the image, in the order in which a machine has them that plays any scenarios. */
static const char beside[] = { SCENARIO_DATA, SCENARIO_ESP, SCENARIO_CONFIG, SCENARIO_UNFORMATTED };

/*
 * Whether one machine stands for scenarios with other disks until a guest looks at them. Firmware
 * that does something to all disks before it boots from one looks at once.
 */
static bool shares_disks(const struct run_config *config)
{
	const struct bds_quirks *quirks = config->bds.quirks;

	return !config->program && !config->bds.order &&
	       !(quirks && (quirks->saving || quirks->own_way || quirks->repairs_gpt));
}

/* Scenarios that are the same machine but for variables. */
static bool same_setup(const void *ctx, size_t a, size_t b)
{
	const struct play *p = ctx;
	const struct scenario *x = scenario_of(p, a), *y = scenario_of(p, b);

	return strcmp(x->disks, y->disks) == 0 && x->removable == y->removable;
}

static void add_disk(struct play *p, struct disk_attachment d)
{
	const struct bds_quirks *quirks = p->config->bds.quirks;

	d.disk = disk_overlay(d.disk);
	d.volumes = volumes_new(d.disk);
	d.table = quirks && quirks->own_way       ? TABLE_LEFT
		  : quirks && quirks->repairs_gpt ? TABLE_REPAIRED
						  : TABLE_READ;
	p->disks[p->n_disks++] = d;
}

static void add_image(struct play *p, const struct scenario *s)
{
	bool shares = shares_disks(p->config);

	for (size_t i = 0; i < p->config->n_disks; i++) {
		struct disk_attachment d = p->config->disks[i];

		d.removable |= !shares && s->removable;
		d.letter = shares ? SCENARIO_IMAGE : 0;
		d.number = DISK_SLOT_IMAGE + (unsigned)i;
		add_disk(p, d);
	}
}

static void add_beside(struct play *p, const struct scenario *s, char letter)
{
	CLEANUP(buf_release) struct buf bytes = BUF_INIT;
	struct disk_attachment d = { .removable = scenario_disk_is_removable(letter) };

	scenario_disk(letter, &bytes);
	/* They live as long as the process. */
	d.disk = disk_from_memory(bytes.data, bytes.len);
	bytes = (struct buf){ 0 };
	if (shares_disks(p->config))
		d.letter = letter;
	else
		d.number = disk_slot(s->disks, letter, (unsigned)p->config->n_disks);
	add_disk(p, d);
}

/* All disks, or those of the scenario; with what is written to them from now on. */
static void add_disks(struct play *p, const struct scenario *s)
{
	bool shares = shares_disks(p->config);

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

bool disks_clean(const struct play *p)
{
	for (size_t i = 0; i < p->n_disks; i++)
		if (!disk_attachment_is_clean(&p->disks[i]))
			return false;
	return true;
}

static void tell_power_on(struct play *p, const char *because)
{
	uint64_t now = p->m->now;

	p->m->now = 0;
	trace_begin(&p->m->trace, "power-on");
	trace_u64(&p->m->trace, "boot", ++p->boot);
	trace_text(&p->m->trace, "because", because);
	trace_end(&p->m->trace);
	p->m->now = now;
	if (p->worker) {
		trace_flush(&p->m->trace);
		p->body = p->worker->len;
	}
}

static int switch_on(struct play *p, const char *because, struct err *err)
{
	struct machine_config config = p->config->machine;
	int r;

	config.vars = &p->vs->store;
	config.platform = &p->vs->platform;
	r = machine_new(&config, &p->m, err);
	if (r < 0)
		return r;
	p->vs->trace = &p->m->trace;
	if (p->worker) {
		p->m->digests = p->worker->digests;
		p->m->trace.sink = to_worker;
		p->m->trace.sink_ctx = p->worker;
	}
	tell_power_on(p, because);
	if (!shares_disks(p->config))
		variants_split(p->vs, same_setup, p);
	if (!p->n_disks)
		add_disks(p, scenario_of(p, 0));
	return 0;
}

static void keep_start(struct play *p)
{
	for (size_t i = 0; i < p->vs->n; i++) {
		struct course *c = course_of(p, i);

		vars_free(c->start);
		c->start = vars_copy(p->vs->v[i].vars);
		if (!c->first)
			c->first = vars_copy(c->start);
	}
}

/* --- a single program */

static void program_ended(struct machine *m, void *ctx, efi_status status, struct gaddr image)
{
	(void)ctx, (void)image;
	m->verdict.status = status;
	machine_end(m, VERDICT_RETURNED, "the program returned %s", efi_status_name(status));
}

static void program_loaded(struct machine *m, void *ctx, efi_status status, struct gaddr image)
{
	(void)ctx;
	if (status == EFI_SUCCESS) {
		image_start(m, image, program_ended, NULL);
		return;
	}
	m->verdict.status = status;
	machine_end(m, VERDICT_NOTHING, "the program cannot be run (%s): %s",
		efi_status_name(status), image_refusal(m));
}

static void start_program(struct machine *m, const struct run_config *config)
{
	struct image_source source = { .size = config->program_size };
	uint64_t addr = 0;
	efi_status status = pages_allocate(&m->pages, ALLOCATE_ANY, MEM_BOOT_DATA,
		(source.size + PAGE_SIZE - 1) / PAGE_SIZE, &addr);

	source.bytes = gaddr(addr);
	if (status != EFI_SUCCESS ||
		!guest_write(m->ram, source.bytes, config->program, config->program_size))
		machine_end(m, VERDICT_NOTHING, "the program does not fit into memory");
	else
		image_load(m, &source, program_loaded, NULL);
}

/* --- one boot */

static int boot(struct play *p, struct err *err)
{
	struct machine *m = p->m;
	int r;

	reuse_begin(p);
	protocols_init(m, &p->config->protocols);
	for (size_t i = 0; i < p->n_disks; i++)
		protocols_attach_disk(m, &p->disks[i]);
	if (shares_disks(p->config))
		protocols_share_disks(m);
	bds_init(m, &p->config->bds);
	r = hardware_install(m, err);
	if (r < 0)
		return r;
	keep_start(p);
	wall_watch(m->cpu);
	if (p->config->program)
		start_program(m, p->config);
	else
		bds_start(m);
	machine_run(m);
	wall_watch(NULL);
	pending_finish(p->vs);
	if (m->verdict.kind == VERDICT_KERNEL && !p->reused)
		kernel_entry_tell(m);
	verdict_doubt(m);
	if (p->worker) {
		trace_flush(&m->trace);
		p->body_end = p->worker->len;
		verify_finish(&p->expected, p->worker, m, p->vs, false);
		reuse_end(p);
	}
	return 0;
}

/* ---- from one boot to the next ---- */

static enum next next_of(const struct play *p, const struct scenario *s, const struct course *c)
{
	if (p->m->verdict.kind == VERDICT_RESET)
		return NEXT_RESET;
	if (p->m->verdict.kind == VERDICT_KERNEL && s->again && !c->was_again)
		return NEXT_AGAIN;
	return NEXT_NOTHING;
}

static bool same_next(const void *ctx, size_t a, size_t b)
{
	const struct play *p = ctx;
	const struct course *x = &p->courses[p->vs->v[a].id], *y = &p->courses[p->vs->v[b].id];

	return x->next == y->next && vars_same_kept(x->after, y->after) &&
	       vars_same_kept(x->start, x->after) == vars_same_kept(y->start, y->after);
}

static void plan_next(struct play *p)
{
	for (size_t i = 0; i < p->vs->n; i++) {
		const struct scenario *s = scenario_of(p, i);
		struct course *c = course_of(p, i);

		c->next = next_of(p, s, c);
		if (c->next == NEXT_NOTHING)
			continue;
		vars_free(c->after);
		c->after = vars_copy(c->next == NEXT_AGAIN && s->again == AGAIN_WIPED
					     ? c->first
					     : p->vs->v[i].vars);
		vars_reset(c->after);
		c->was_again |= c->next == NEXT_AGAIN;
	}
}

/* Tells the verdict of the lanes that end here, and drops these. */
static void end_lanes(struct play *p)
{
	struct variants *vs = p->vs;
	struct trace *t = &p->m->trace;
	unsigned class_of[VARIANTS_MAX];
	uint64_t ended;

	for (size_t i = 0; i < vs->n; i++)
		class_of[i] = course_of(p, i)->next == NEXT_NOTHING;
	ended = mask_of_class(vs, class_of, 1);
	if (!ended)
		return;
	trace_flush(t);
	verdict_tell(p->m);
	if (!p->worker) {
		trace_flush(t);
	} else {
		worker_end(p->worker, ended, p->m->verdict.kind, p->m->verdict.spent, t->out.data,
			t->out.len);
		buf_reset(&t->out);
	}
	variants_keep(vs, class_of, 0);
	if (p->worker)
		forbid_forks(p);
}

/* A machine that is reset, and finds itself as it was, will do so for ever. */
static bool is_loop(struct play *p, bool same)
{
	struct verdict_state *v = &p->m->verdict;
	char was[sizeof(v->reason)];

	if (v->kind != VERDICT_RESET) {
		p->resets = p->same_resets = 0;
		return false;
	}
	p->resets++;
	p->same_resets = same ? p->same_resets + 1 : 0;
	if (p->same_resets < PLAY_SAME_RESETS && p->resets < PLAY_RESETS)
		return false;
	memcpy(was, v->reason, sizeof(was));
	v->kind = v->waits_for_key ? VERDICT_KEY : VERDICT_RESET_LOOP;
	snprintf(v->reason, sizeof(v->reason), "%.140s, %u times in a row%s", was, p->resets,
		p->same_resets == PLAY_SAME_RESETS ? ", and each time nothing had changed" : "");
	verdict_doubt(p->m);
	return true;
}

/* The same boot once more, in words alone; the machine that did it is still there. */
static void boot_again_in_words(struct play *p, const char *because)
{
	uint64_t from = p->body, to = p->body_end;

	tell_power_on(p, because);
	worker_again(p->worker, p->worker->number, from, to);
	p->body_end = p->worker->len;
}

/* same: it begins as the one before, and so should end as it. */
static int boot_again(struct play *p, const char *because, bool same, struct err *err)
{
	CLEANUP(boot_end_release) struct boot_end end = { .set = false };
	uint64_t from = p->body, to = p->body_end;
	int r;

	if (same)
		boot_end_take(&end, p->m, p->vs);

	machine_free(TAKE(p->m));
	for (size_t i = 0; i < p->vs->n; i++) {
		struct course *c = course_of(p, i);

		vars_free(p->vs->v[i].vars);
		p->vs->v[i].vars = TAKE(c->after);
	}
	r = switch_on(p, because, err);
	if (r == 0 && same)
		verify_begin(&p->expected, &end, p->worker, p->worker->number, from, to);
	return r < 0 ? r : boot(p, err);
}

/* What follows a boot, until nothing does. */
static int go_on(struct play *p, struct err *err)
{
	int r = 0;

	while (r == 0) {
		const char *because;
		bool same;

		plan_next(p);
		end_lanes(p);
		if (!p->vs->n)
			break;
		variants_split(p->vs, same_next, p);
		same = disks_clean(p) &&
		       vars_same_kept(course_of(p, 0)->start, course_of(p, 0)->after);
		if (is_loop(p, same))
			continue;
		because = course_of(p, 0)->next == NEXT_RESET ? "reset" : "switched off and on";
		verdict_tell_boot(p->m, p->boot);
		same = same && p->worker;
		if (same && !p->config->verify_reuse)
			boot_again_in_words(p, because);
		else
			r = boot_again(p, because, same, err);
	}
	return r;
}

unsigned facts_of(const struct run_config *config, const struct scenario *s)
{
	const struct bds_quirks *quirks = config->bds.quirks;
	bool refused = s->runtime_refused || (quirks && quirks->runtime_set_refused);

	return (config->tpm || s->tpm ? PLATFORM_TPM : 0) |
	       (config->acpi || s->acpi ? PLATFORM_ACPI : 0) |
	       (refused ? PLATFORM_RUNTIME_REFUSED : 0) | (s->removable ? PLATFORM_REMOVABLE : 0);
}

static struct variants *make_variants(const struct run_config *config)
{
	struct variants *vs = variants_new();

	for (unsigned i = 0; i < config->n_played; i++) {
		const struct scenario *s = config->played[i];
		struct vars *v = scenario_vars(s);

		if (config->policy)
			vars_set_policy(v, config->policy);
		variants_add(vs, (struct variant){ .id = i,
					 .vars = v,
					 .facts = facts_of(config, s),
					 .disks = s->disks });
	}
	return vs;
}

int play(const struct run_config *config, struct worker *worker, struct machine **last,
	struct err *err)
{
	struct play p = { .config = config, .worker = worker, .vs = make_variants(config) };
	int r;

	p.vs->split = split;
	p.vs->note = note;
	p.vs->ctx = &p;
	r = switch_on(&p, "switched on", err);
	if (r == 0)
		r = boot(&p, err);
	if (r == 0)
		r = go_on(&p, err);
	for (size_t i = 0; i < VARIANTS_MAX; i++) {
		vars_free(p.courses[i].first);
		vars_free(p.courses[i].start);
		vars_free(p.courses[i].after);
	}
	buf_release(&p.journal);
	boot_end_release(&p.expected);
	*last = p.m;
	return r;
}
