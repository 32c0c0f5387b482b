/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machines that are alike but for some pages: whether one may follow the other's recording. */
#include <nettle/sha2.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "firmware/machine/recorder.h"
#include "firmware/mem/digests.h"
#include "firmware/core/call.h"
#include "firmware/lifecycle/machine.h"
#include "firmware/explore/checkpoint.h"
#include "tap.h"

static struct recordings *recordings;
static struct digests *digests;
static struct sha256_ctx inputs;
static struct recorder recorder;

static struct machine *sitters[64];
static unsigned n_sitters;

/* With two pages of memory; the second has `note` in it. */
struct sitter {
	struct machine *m;
	struct gaddr pages;
};

static struct sitter sit(uint8_t note)
{
	struct machine_config config = { .limits = { .ram = 64 << 20 }, .trace_fd = -1 };
	struct sitter s = { NULL, { 0 } };
	struct err err = { 0 };
	uint64_t addr = 0;

	if (machine_new(&config, &s.m, &err) < 0 ||
		pages_allocate(&s.m->pages, ALLOCATE_ANY, MEM_LOADER_DATA, 2, &addr) != EFI_SUCCESS)
		exit(1);
	s.pages = gaddr(addr);
	if (!guest_write8(s.m->ram, s.pages, 1) ||
		!guest_write8(s.m->ram, gaddr_add(s.pages, PAGE_SIZE), note))
		exit(1);
	sha256_init(&inputs);
	recorder.inputs = &inputs;
	s.m->recorder = &recorder;
	s.m->digests = digests;
	sitters[n_sitters++] = s.m;
	return s;
}

/* The recording of a machine which looks at the page of this number (-1: none) before the kernel. */
static const struct recording *recording_of(struct sitter s, int looks, bool kernel)
{
	CLEANUP(checkpoint_free) struct checkpoint *p = checkpoint_take(s.m, "key");
	struct recording *t = recording_begin(recordings, p, 7, 100);
	CLEANUP(buf_release) struct buf journal = BUF_INIT;
	uint8_t byte;

	if (!t)
		exit(1);
	recording_watch(t, s.m);
	if (looks >= 0 &&
		!guest_read8(s.m->ram, gaddr_add(s.pages, (uint64_t)looks * PAGE_SIZE), &byte))
		exit(1);
	s.m->now = 4242;
	run_end(&s.m->run, VERDICT_KERNEL, "the kernel was entered");
	buf_add_text(&journal, "jo");
	recording_add_journal(t, &journal);
	buf_add_text(&journal, "urnal");
	recording_add_journal(t, &journal);
	recording_end(t, s.m, 250, kernel);
	return t;
}

static bool fits(const struct recording *t, struct sitter s, const char *key)
{
	CLEANUP(checkpoint_free) struct checkpoint *p = checkpoint_take(s.m, key);
	struct recording *own = recording_begin(recordings, p, 8, 0);
	const struct recording *older;
	unsigned at = 0;
	bool found = false;

	while ((older = recording_older(recordings, own, &at)))
		found |= older == t;
	recording_end(own, s.m, 0, false);
	CLEANUP(difference_free) struct difference *d = recording_compare(t, p);

	return found && recording_state(t) == RECORDING_KERNEL && d && recording_avoids(t, d);
}

static void test_pages(void)
{
	struct sitter leader = sit(1), same = sit(1), other = sit(2), zero = sit(0);
	const struct recording *none = recording_of(sit(1), -1, true),
			       *first = recording_of(sit(1), 0, true),
			       *second = recording_of(leader, 1, true),
			       *lost = recording_of(sit(1), -1, false);

	is_int(recording_state(none), RECORDING_KERNEL, "a recording that ended");
	ok(fits(none, same, "key"), "the same machine may follow");
	ok(fits(none, other, "key"), "one with another page, too, when nobody looks at it");
	ok(fits(none, zero, "key"), "or one without it");
	ok(!fits(none, same, "another key"), "but nobody whose key is another");
	ok(fits(first, other, "key"), "a look at a page that is the same does no harm");
	ok(!fits(second, other, "key") && !fits(second, zero, "key"),
		"one at the page that isn't does");
	ok(fits(second, same, "key"), "unless it is the same");
	ok(!fits(lost, same, "key"), "nobody follows where no kernel was reached");
}

static void test_host(void)
{
	const struct recording *t = recording_of(sit(1), -1, true);
	struct sitter s = sit(1);
	struct gaddr a;

	s.m->now++;
	ok(!fits(t, s, "key"), "not at another time");
	s.m->now--;
	cpu_set(s.m->cpu, 19, 5);
	ok(!fits(t, s, "key"), "not with another register");
	cpu_set(s.m->cpu, 19, 0);
	ok(fits(t, s, "key"), "only if all is the same");
	sha256_update(&inputs, 1, (const uint8_t *)"x");
	ok(!fits(t, s, "key"), "not with another input hash");
	s = sit(1);
	pool_allocate(s.m->pool, MEM_LOADER_DATA, 32, &a);
	ok(!fits(t, s, "key"), "not with other blocks of memory of the firmware's");
	s = sit(1);
	s.m->run.limits.instructions = 1000000;
	ok(!checkpoint_take(s.m, "key"), "not with a budget of instructions");
	s = sit(1);
	recorder.inputs = NULL;
	ok(!checkpoint_take(s.m, "key"), "and not without an input hash");
}

static void test_following(void)
{
	const struct recording *t = recording_of(sit(1), -1, true);
	struct sitter s = sit(2);
	uint64_t from, to;
	size_t len;

	ok(recording_text(t, &from, &to) == 7 && from == 100 && to == 250,
		"whose text it is, and which part");
	ok(memcmp(recording_journal(t, &len), "journal", 7) == 0 && len == 7,
		"its journal, as it grew");
	recording_adopt(t, s.m);
	is_int(s.m->now, 4242, "the follower's clock goes on");
	is_int(s.m->run.end.kind, VERDICT_KERNEL, "and it has the verdict");
	is_str(s.m->run.end.reason, "the kernel was entered", "with its reason");
}

int main(void)
{
	struct err err = { 0 };

	if (!cpu_has_workarounds()) {
		ok(true, "nobody follows without workarounds");
		return tap_done();
	}
	if (recordings_open(&recordings, &err) < 0 || digests_open(&digests, &err) < 0)
		return 1;
	test_pages();
	test_host();
	test_following();
	while (n_sitters)
		machine_free(sitters[--n_sitters]);
	digests_close(digests);
	recordings_close(recordings);
	return tap_done();
}
