/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checkpoints and recordings. See checkpoint.h. What is shared may be nonsense when a worker was
 * taken over by what it ran: numbers are checked before they are used.
 */
#include <nettle/sha2.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/xalloc.h"
#include "firmware/core/events.h"
#include "firmware/machine/recorder.h"
#include "firmware/machine/state.h"
#include "firmware/mem/digests.h"
#include "firmware/mem/watch.h"
#include "firmware/explore/checkpoint.h"

#define RECORDINGS_MAX 64u
#define PATIENCE       100000u    /* looks at a recording that is begun */
#define PARTS_MAX      65536u     /* that a checkpoint has; 64 MiB */
#define RAM_PARTS      (1u << 22) /* of a machine that is recorded; 4 GiB */
#define JOURNAL_MAX    (64u << 10)
#define TEXT_BYTES     2048

/* Of PART_BYTES of memory. */
struct page_hash {
	uint32_t part; /* from 0 at RAM_BASE */
	uint32_t code; /* there may be translated code of it, which runs unseen */
	uint8_t hash[FINGERPRINT_BYTES];
};

struct checkpoint {
	uint8_t sum[SHA256_DIGEST_SIZE]; /* of all but what follows */
	uint8_t arenas[POOL_ARENAS][POOL_SUM];
	uint32_t n;
	struct page_hash hashes[PARTS_MAX]; /* of what is not zero, ascending */
};

struct recording {
	uint32_t state; /* atomic */
	uint32_t worker;
	struct checkpoint checkpoint;
	uint64_t from, to, now;
	struct kept_time kept;
	char reason[sizeof(((struct run_end *)0)->reason)], unimplemented[TEXT_BYTES];
	uint32_t journal_len; /* atomic */
	uint8_t journal[JOURNAL_MAX];
	uint32_t arenas;  /* bits: that were used; those of the pool, as it goes */
	uint32_t watched; /* from this part on, memory has ways of its own */
	uint8_t access_log[RAM_PARTS / 8];
};

struct recordings {
	uint32_t n; /* recordings that were begun; atomic */
	struct recording v[RECORDINGS_MAX];
};

int recordings_open(struct recordings **out, struct err *err)
{
	void *p = mmap(NULL, sizeof(struct recordings), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return err_sys(err, "sharing among processes");
	*out = p;
	return 0;
}

void recordings_close(struct recordings *t)
{
	if (t)
		munmap(t, sizeof(*t));
}

/* ---- checkpoints ---- */

static void add_u64(struct sha256_ctx *sum, uint64_t v)
{
	sha256_update(sum, sizeof(v), (uint8_t *)&v);
}

static void sum_host(struct machine *m, const char *key, struct checkpoint *p)
{
	struct sha256_ctx sum = *recorder_inputs(m->recorder);
	CLEANUP(buf_release) struct buf states = BUF_INIT;
	unsigned n = pool_sums(m->pool, p->arenas);

	sha256_update(&sum, strlen(key), (const uint8_t *)key);
	cpu_sum(m->cpu, &sum);
	pages_sum(&m->pages, &sum);
	sha256_update(&sum, POOL_SUM, p->arenas[POOL_FIRMWARE]);
	add_u64(&sum, n);
	add_u64(&sum, m->now);
	add_u64(&sum, (uint64_t)m->kept.offset);
	add_u64(&sum, m->kept.count);
	add_u64(&sum, m->kept.zone | (uint64_t)m->kept.daylight << 16 |
			      (uint64_t)m->kept.set << 24 | (uint64_t)m->kept.counted << 25);
	add_u64(&sum, m->watchdog.seconds);
	add_u64(&sum, m->watchdog.due);
	add_u64(&sum, m->watchdog.key_waited);
	add_u64(&sum, clock_key_waited(m));
	states_encode(m, &states);
	sha256_update(&sum, states.len, buf_bytes(&states));
	sha256_digest(&sum, SHA256_DIGEST_SIZE, p->sum);
}

static bool hash_pages(struct machine *m, struct checkpoint *p)
{
	uint64_t n = guest_size(m->ram) / PART_BYTES;

	for (uint64_t i = guest_next_used(m->ram, 0); i < n; i = guest_next_used(m->ram, i + 1)) {
		struct page_hash *print = &p->hashes[p->n];

		if (p->n == PARTS_MAX)
			return false;
		if (!digests_part(m->digests, m->ram, i, print->hash))
			continue;
		print->part = (uint32_t)i;
		print->code = cpu_has_code(m->cpu, gaddr(RAM_BASE + i * PART_BYTES), PART_BYTES);
		p->n++;
	}
	return true;
}

struct checkpoint *checkpoint_take(struct machine *m, const char *key)
{
	CLEANUP(checkpoint_free) struct checkpoint *p = NULL;

	/*
	 * Timers were set by a clock that may have shown something else, and a budget of instructions
	 * may have more left.
	 */
	if (m->run.limits.instructions || !recorder_inputs(m->recorder) || !m->digests ||
		!cpu_has_workarounds() || guest_size(m->ram) / PART_BYTES > RAM_PARTS ||
		clock_next(m) != UINT64_MAX)
		return NULL;
	p = xcalloc(1, sizeof(*p));
	sum_host(m, key, p);
	return hash_pages(m, p) ? TAKE(p) : NULL;
}

void checkpoint_free(struct checkpoint *p)
{
	free(p);
}

/* ---- recordings ---- */

enum recording_state recording_state(const struct recording *t)
{
	return (enum recording_state)__atomic_load_n(&t->state, __ATOMIC_ACQUIRE);
}

static void set_state(struct recording *t, enum recording_state state)
{
	__atomic_store_n(&t->state, state, __ATOMIC_RELEASE);
}

struct recording *recording_begin(
	struct recordings *t, const struct checkpoint *p, uint32_t worker, uint64_t text)
{
	uint32_t n = __atomic_fetch_add(&t->n, 1, __ATOMIC_ACQ_REL);
	struct recording *recording = n < RECORDINGS_MAX ? &t->v[n] : NULL;

	if (!recording)
		return NULL;
	memcpy(recording->checkpoint.sum, p->sum, sizeof(p->sum));
	memcpy(recording->checkpoint.arenas, p->arenas, sizeof(p->arenas));
	memcpy(recording->checkpoint.hashes, p->hashes, p->n * sizeof(p->hashes[0]));
	recording->checkpoint.n = p->n;
	recording->worker = worker;
	recording->from = text;
	set_state(recording, RECORDING_OPEN);
	return recording;
}

/* Its checkpoint is being written just now, unless its worker died meanwhile. */
static bool is_begun(const struct recording *t)
{
	for (unsigned i = 0; i < PATIENCE && recording_state(t) == RECORDING_NONE; i++)
		sched_yield();
	return recording_state(t) != RECORDING_NONE;
}

const struct recording *recording_older(
	const struct recordings *t, const struct recording *own, unsigned *at)
{
	while (&t->v[*at] < own) {
		const struct recording *recording = &t->v[(*at)++];

		if (!is_begun(recording))
			continue;
		if (memcmp(recording->checkpoint.sum, own->checkpoint.sum, SHA256_DIGEST_SIZE) == 0)
			return recording;
	}
	return NULL;
}

void recording_watch(struct recording *t, struct machine *m)
{
	struct gaddr watched = guest_watched(m->ram);

	t->watched = watched.v ? (uint32_t)guest_part(watched.v) : RAM_PARTS;
	cpu_log_access(m->cpu, t->access_log);
	pool_log_access(m->pool, &t->arenas);
}

void recording_unwatch(struct machine *m)
{
	cpu_log_access(m->cpu, NULL);
	pool_log_access(m->pool, NULL);
}

void recording_add_journal(struct recording *t, const struct buf *journal)
{
	uint32_t shared = t->journal_len;

	/* Who asks for more is not reused; nor where somebody else wrote into what is shared. */
	if (journal->len > JOURNAL_MAX || shared > journal->len) {
		set_state(t, RECORDING_LOST);
		return;
	}
	memcpy(t->journal + shared, buf_bytes(journal) + shared, journal->len - shared);
	__atomic_store_n(&t->journal_len, (uint32_t)journal->len, __ATOMIC_RELEASE);
}

const uint8_t *recording_journal(const struct recording *t, size_t *len)
{
	uint32_t n = __atomic_load_n(&t->journal_len, __ATOMIC_ACQUIRE);

	*len = n < JOURNAL_MAX ? n : JOURNAL_MAX;
	return t->journal;
}

void recording_end(struct recording *t, struct machine *m, uint64_t text, bool ok)
{
	recording_unwatch(m);
	if (!ok || recording_state(t) == RECORDING_LOST || m->unimplemented.len >= TEXT_BYTES) {
		set_state(t, RECORDING_LOST);
		return;
	}
	memcpy(t->reason, m->run.end.reason, sizeof(t->reason));
	memcpy(t->unimplemented, text_str(&m->unimplemented), m->unimplemented.len + 1);
	t->now = m->now;
	t->kept = m->kept;
	t->to = text;
	set_state(t, RECORDING_KERNEL);
}

/* ---- where two machines differ ---- */

struct difference {
	uint32_t arenas;
	uint32_t *parts;
	size_t n;
};

static bool add_part(struct difference *d, uint32_t part)
{
	if (part >= RAM_PARTS)
		return false;
	d->parts[d->n++] = part;
	return true;
}

/* Goes through both in the order of their places; false where code may run unseen, or for nonsense. */
static bool compare_hashes(
	const struct recording *t, const struct checkpoint *p, struct difference *d)
{
	const struct checkpoint *q = &t->checkpoint;
	uint32_t i = 0, k = 0, n = q->n;

	if (n > PARTS_MAX)
		return false;
	while (i < n || k < p->n) {
		const struct page_hash *theirs = i < n ? &q->hashes[i] : NULL;
		const struct page_hash *ours = k < p->n ? &p->hashes[k] : NULL;

		if (theirs && ours && theirs->part != ours->part) {
			if (theirs->part < ours->part)
				ours = NULL;
			else
				theirs = NULL;
		}
		i += theirs != NULL;
		k += ours != NULL;
		if (theirs && ours && memcmp(theirs->hash, ours->hash, FINGERPRINT_BYTES) == 0)
			continue;
		if ((theirs && theirs->code) || !add_part(d, theirs ? theirs->part : ours->part))
			return false;
	}
	return true;
}

struct difference *recording_compare(const struct recording *t, const struct checkpoint *p)
{
	CLEANUP(difference_free) struct difference *d = xcalloc(1, sizeof(*d));

	d->parts = xcalloc((size_t)2 * PARTS_MAX, sizeof(*d->parts));
	for (unsigned i = 0; i < POOL_ARENAS; i++)
		if (memcmp(t->checkpoint.arenas[i], p->arenas[i], POOL_SUM) != 0)
			d->arenas |= 1u << i;
	return compare_hashes(t, p, d) ? TAKE(d) : NULL;
}

void difference_free(struct difference *d)
{
	if (d)
		free(d->parts);
	free(d);
}

bool recording_avoids(const struct recording *t, const struct difference *d)
{
	if (t->arenas & d->arenas)
		return false;
	for (size_t i = 0; i < d->n; i++) {
		uint32_t part = d->parts[i];

		if (part >= t->watched || t->access_log[part / 8] & 1u << part % 8)
			return false;
	}
	return true;
}

void recording_adopt(const struct recording *t, struct machine *m)
{
	m->now = t->now;
	m->kept = t->kept;
	text_reset(&m->unimplemented);
	text_add(&m->unimplemented, t->unimplemented,
		strnlen(t->unimplemented, sizeof(t->unimplemented)));
	run_end(&m->run, VERDICT_KERNEL, "%.*s", (int)sizeof(t->reason) - 1, t->reason);
}

uint32_t recording_text(const struct recording *t, uint64_t *from, uint64_t *to)
{
	*from = t->from;
	*to = t->to;
	return t->worker;
}
