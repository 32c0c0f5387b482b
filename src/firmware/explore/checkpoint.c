/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Portraits and trails. See checkpoint.h. What is shared may be nonsense when a world was
 * taken over by what it ran: numbers are checked before they are used.
 */
#include <nettle/sha2.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/xalloc.h"
#include "firmware/core/events.h"
#include "firmware/mem/digests.h"
#include "firmware/mem/watch.h"
#include "firmware/explore/checkpoint.h"

#define TRAILS_MAX 64u
#define PATIENCE   100000u    /* looks at a trail that is begun */
#define PARTS_MAX  65536u     /* that a portrait has; 64 MiB */
#define RAM_PARTS  (1u << 22) /* of a machine that is portrayed; 4 GiB */
#define DIARY_MAX  (64u << 10)
#define TEXT_BYTES 2048

/* Of PART_BYTES of memory. */
struct print {
	uint32_t part; /* from 0 at RAM_BASE */
	uint32_t code; /* there may be translated code of it, which runs unseen */
	uint8_t hash[FINGERPRINT_BYTES];
};

struct portrait {
	uint8_t sum[SHA256_DIGEST_SIZE]; /* of all but what follows */
	uint8_t arenas[POOL_ARENAS][POOL_SUM];
	uint32_t n;
	struct print prints[PARTS_MAX]; /* of what is not zero, ascending */
};

struct trail {
	uint32_t state; /* atomic */
	uint32_t world;
	struct portrait portrait;
	uint64_t from, to, now;
	char reason[sizeof(((struct verdict_state *)0)->reason)], unimplemented[TEXT_BYTES];
	uint32_t diary_len; /* atomic */
	uint8_t diary[DIARY_MAX];
	uint32_t arenas;  /* bits: that were used; those of the pool, as it goes */
	uint32_t watched; /* from this part on, memory has ways of its own */
	uint8_t seen[RAM_PARTS / 8];
};

struct twins {
	uint32_t n; /* trails that were begun; atomic */
	struct trail v[TRAILS_MAX];
};

int twins_open(struct twins **out, struct err *err)
{
	void *p = mmap(NULL, sizeof(struct twins), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return err_sys(err, "sharing among processes");
	*out = p;
	return 0;
}

void twins_close(struct twins *t)
{
	if (t)
		munmap(t, sizeof(*t));
}

/* ---- portraits ---- */

static void add_u64(struct sha256_ctx *sum, uint64_t v)
{
	sha256_update(sum, sizeof(v), (uint8_t *)&v);
}

static void sum_host(struct machine *m, const char *key, struct portrait *p)
{
	struct sha256_ctx sum = *m->history;
	unsigned n = pool_sums(m->pool, p->arenas);

	sha256_update(&sum, strlen(key), (const uint8_t *)key);
	cpu_sum(m->cpu, &sum);
	pages_sum(&m->pages, &sum);
	sha256_update(&sum, POOL_SUM, p->arenas[POOL_FIRMWARE]);
	add_u64(&sum, n);
	add_u64(&sum, m->now);
	add_u64(&sum, m->watchdog.seconds);
	add_u64(&sum, m->watchdog.due);
	add_u64(&sum, m->watchdog.key_waited);
	add_u64(&sum, clock_key_waited(m));
	sha256_digest(&sum, SHA256_DIGEST_SIZE, p->sum);
}

static bool print_memory(struct machine *m, struct portrait *p)
{
	uint64_t n = guest_size(m->ram) / PART_BYTES;

	for (uint64_t i = guest_next_used(m->ram, 0); i < n; i = guest_next_used(m->ram, i + 1)) {
		struct print *print = &p->prints[p->n];

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

struct portrait *portrait_take(struct machine *m, const char *key)
{
	CLEANUP(portrait_free) struct portrait *p = NULL;

	/*
	 * Timers were set by a clock that may have shown something else, and a budget of instructions
	 * may have more left.
	 */
	if (m->limits.instructions || !m->history || !m->digests || !cpu_is_cured() ||
		guest_size(m->ram) / PART_BYTES > RAM_PARTS || clock_next(m) != UINT64_MAX)
		return NULL;
	p = xcalloc(1, sizeof(*p));
	sum_host(m, key, p);
	return print_memory(m, p) ? TAKE(p) : NULL;
}

void portrait_free(struct portrait *p)
{
	free(p);
}

/* ---- trails ---- */

enum trail_state trail_state(const struct trail *t)
{
	return (enum trail_state)__atomic_load_n(&t->state, __ATOMIC_ACQUIRE);
}

static void set_state(struct trail *t, enum trail_state state)
{
	__atomic_store_n(&t->state, state, __ATOMIC_RELEASE);
}

struct trail *trail_begin(struct twins *t, const struct portrait *p, uint32_t world, uint64_t text)
{
	uint32_t n = __atomic_fetch_add(&t->n, 1, __ATOMIC_ACQ_REL);
	struct trail *trail = n < TRAILS_MAX ? &t->v[n] : NULL;

	if (!trail)
		return NULL;
	memcpy(trail->portrait.sum, p->sum, sizeof(p->sum));
	memcpy(trail->portrait.arenas, p->arenas, sizeof(p->arenas));
	memcpy(trail->portrait.prints, p->prints, p->n * sizeof(p->prints[0]));
	trail->portrait.n = p->n;
	trail->world = world;
	trail->from = text;
	set_state(trail, TRAIL_OPEN);
	return trail;
}

/* Its portrait is being written just now, unless its world died meanwhile. */
static bool is_begun(const struct trail *t)
{
	for (unsigned i = 0; i < PATIENCE && trail_state(t) == TRAIL_NONE; i++)
		sched_yield();
	return trail_state(t) != TRAIL_NONE;
}

const struct trail *trail_older(const struct twins *t, const struct trail *own, unsigned *at)
{
	while (&t->v[*at] < own) {
		const struct trail *trail = &t->v[(*at)++];

		if (!is_begun(trail))
			continue;
		if (memcmp(trail->portrait.sum, own->portrait.sum, SHA256_DIGEST_SIZE) == 0)
			return trail;
	}
	return NULL;
}

void trail_go(struct trail *t, struct machine *m)
{
	struct gaddr watched = guest_watched(m->ram);

	t->watched = watched.v ? (uint32_t)guest_part(watched.v) : RAM_PARTS;
	cpu_see(m->cpu, t->seen);
	pool_see(m->pool, &t->arenas);
}

void trail_leave(struct machine *m)
{
	cpu_see(m->cpu, NULL);
	pool_see(m->pool, NULL);
}

void trail_ask(struct trail *t, const struct buf *diary)
{
	uint32_t told = t->diary_len;

	/* Who asks for more is not followed; nor where somebody else wrote into what is shared. */
	if (diary->len > DIARY_MAX || told > diary->len) {
		set_state(t, TRAIL_LOST);
		return;
	}
	memcpy(t->diary + told, diary->data + told, diary->len - told);
	__atomic_store_n(&t->diary_len, (uint32_t)diary->len, __ATOMIC_RELEASE);
}

const uint8_t *trail_diary(const struct trail *t, size_t *len)
{
	uint32_t n = __atomic_load_n(&t->diary_len, __ATOMIC_ACQUIRE);

	*len = n < DIARY_MAX ? n : DIARY_MAX;
	return t->diary;
}

void trail_end(struct trail *t, struct machine *m, uint64_t text, bool ok)
{
	trail_leave(m);
	if (!ok || trail_state(t) == TRAIL_LOST || m->unimplemented.len >= TEXT_BYTES) {
		set_state(t, TRAIL_LOST);
		return;
	}
	memcpy(t->reason, m->verdict.reason, sizeof(t->reason));
	memcpy(t->unimplemented, buf_str(&m->unimplemented), m->unimplemented.len + 1);
	t->now = m->now;
	t->to = text;
	set_state(t, TRAIL_KERNEL);
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
static bool compare_prints(const struct trail *t, const struct portrait *p, struct difference *d)
{
	const struct portrait *q = &t->portrait;
	uint32_t i = 0, k = 0, n = q->n;

	if (n > PARTS_MAX)
		return false;
	while (i < n || k < p->n) {
		const struct print *theirs = i < n ? &q->prints[i] : NULL;
		const struct print *ours = k < p->n ? &p->prints[k] : NULL;

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

struct difference *trail_compare(const struct trail *t, const struct portrait *p)
{
	CLEANUP(difference_free) struct difference *d = xcalloc(1, sizeof(*d));

	d->parts = xcalloc((size_t)2 * PARTS_MAX, sizeof(*d->parts));
	for (unsigned i = 0; i < POOL_ARENAS; i++)
		if (memcmp(t->portrait.arenas[i], p->arenas[i], POOL_SUM) != 0)
			d->arenas |= 1u << i;
	return compare_prints(t, p, d) ? TAKE(d) : NULL;
}

void difference_free(struct difference *d)
{
	if (d)
		free(d->parts);
	free(d);
}

bool trail_keeps_off(const struct trail *t, const struct difference *d)
{
	if (t->arenas & d->arenas)
		return false;
	for (size_t i = 0; i < d->n; i++) {
		uint32_t part = d->parts[i];

		if (part >= t->watched || t->seen[part / 8] & 1u << part % 8)
			return false;
	}
	return true;
}

void trail_follow(const struct trail *t, struct machine *m)
{
	m->now = t->now;
	buf_reset(&m->unimplemented);
	buf_add(&m->unimplemented, t->unimplemented,
		strnlen(t->unimplemented, sizeof(t->unimplemented)));
	machine_end(m, VERDICT_KERNEL, "%.*s", (int)sizeof(t->reason) - 1, t->reason);
}

uint32_t trail_text(const struct trail *t, uint64_t *from, uint64_t *to)
{
	*from = t->from;
	*to = t->to;
	return t->world;
}
