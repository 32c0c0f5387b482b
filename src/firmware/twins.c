/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Portraits and trails. See twins.h. What is shared may be nonsense when a world was
 * taken over by what it ran: numbers are checked before they are used.
 */
#include <nettle/sha2.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/xalloc.h"
#include "firmware/core/events.h"
#include "firmware/twins.h"

#define TRAILS_MAX 64u
#define PATIENCE   100000u    /* looks at a trail that is begun */
#define PAGES_MAX  16384u     /* that a portrait has; 64 MiB */
#define RAM_PAGES  (1u << 20) /* of a machine that is portrayed; 4 GiB */
#define DIARY_MAX  (64u << 10)
#define TEXT_BYTES 2048
#define PRINT      16 /* bytes of a page's hash that are kept */

struct page_print {
	uint32_t page;
	uint32_t code; /* there may be translated code of it, which runs unseen */
	uint8_t hash[PRINT];
};

struct portrait {
	uint8_t sum[SHA256_DIGEST_SIZE]; /* of all but the pages */
	uint32_t n;
	struct page_print pages[PAGES_MAX]; /* those that are not zero, ascending */
};

enum trail_state {
	TRAIL_NONE, /* not yet, or it is being begun */
	TRAIL_OPEN,
	TRAIL_KERNEL,
	TRAIL_LOST, /* to nothing that can be followed */
};

struct trail {
	uint32_t state; /* atomic */
	uint32_t world;
	struct portrait portrait;
	uint64_t from, to, now;
	char reason[sizeof(((struct verdict_state *)0)->reason)], unimplemented[TEXT_BYTES];
	uint32_t diary_len; /* atomic */
	uint8_t diary[DIARY_MAX];
	uint8_t seen[RAM_PAGES / 8];
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

/* ---- portraits ---- */

static void add_u64(struct sha256_ctx *sum, uint64_t v)
{
	sha256_update(sum, sizeof(v), (uint8_t *)&v);
}

static void sum_host(struct machine *m, const char *key, uint8_t out[SHA256_DIGEST_SIZE])
{
	struct sha256_ctx sum = *m->history;

	sha256_update(&sum, strlen(key), (const uint8_t *)key);
	cpu_sum(m->cpu, &sum);
	pages_sum(&m->pages, &sum);
	pool_sum(m->pool, &sum);
	add_u64(&sum, m->now);
	add_u64(&sum, m->watchdog.seconds);
	add_u64(&sum, m->watchdog.due);
	add_u64(&sum, m->watchdog.key_waited);
	add_u64(&sum, clock_key_waited(m));
	sha256_digest(&sum, SHA256_DIGEST_SIZE, out);
}

static bool is_zero(const uint8_t *page)
{
	return page[0] == 0 && memcmp(page, page + 1, PAGE_SIZE - 1) == 0;
}

static bool print_pages(struct machine *m, struct portrait *p)
{
	for (uint64_t i = 0; i < m->ram.size / PAGE_SIZE; i++) {
		const uint8_t *bytes = m->ram.host + i * PAGE_SIZE;
		struct gaddr a = gaddr(RAM_BASE + i * PAGE_SIZE);
		struct page_print *print = &p->pages[p->n];
		struct sha256_ctx sum;

		if (!(m->ram.marks[i] & PAGE_USED) || is_zero(bytes))
			continue;
		if (p->n == PAGES_MAX)
			return false;
		sha256_init(&sum);
		sha256_update(&sum, PAGE_SIZE, bytes);
		sha256_digest(&sum, PRINT, print->hash);
		print->page = (uint32_t)i;
		print->code = cpu_has_code(m->cpu, a, PAGE_SIZE);
		p->n++;
	}
	return true;
}

struct portrait *portrait_take(struct machine *m, const char *key)
{
	CLEANUP(portrait_free) struct portrait *p = NULL;

	/* Timers were set by a clock that may have shown something else. */
	if (!m->history || !cpu_is_cured() || m->ram.size / PAGE_SIZE > RAM_PAGES ||
		clock_next(m) != UINT64_MAX)
		return NULL;
	p = xcalloc(1, sizeof(*p));
	sum_host(m, key, p->sum);
	return print_pages(m, p) ? TAKE(p) : NULL;
}

void portrait_free(struct portrait *p)
{
	free(p);
}

/* ---- trails ---- */

static uint32_t state_of(const struct trail *t)
{
	return __atomic_load_n(&t->state, __ATOMIC_ACQUIRE);
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
	memcpy(trail->portrait.pages, p->pages, p->n * sizeof(p->pages[0]));
	trail->portrait.n = p->n;
	trail->world = world;
	trail->from = text;
	set_state(trail, TRAIL_OPEN);
	return trail;
}

/* Its portrait is being written just now, unless its world died meanwhile. */
static bool is_begun(const struct trail *t)
{
	for (unsigned i = 0; i < PATIENCE && state_of(t) == TRAIL_NONE; i++)
		sched_yield();
	return state_of(t) != TRAIL_NONE;
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

bool trail_is_open(const struct trail *t)
{
	return state_of(t) <= TRAIL_OPEN;
}

static void keep_seen(struct trail *t, const struct machine *m)
{
	uint64_t watched = m->ram.watched.v ? (m->ram.watched.v - RAM_BASE) / PAGE_SIZE
					    : m->ram.size / PAGE_SIZE;

	/* The watched ones have ways of their own. */
	for (uint64_t i = 0; i < m->ram.size / PAGE_SIZE; i++)
		if (i >= watched || m->ram.marks[i] & PAGE_SEEN)
			t->seen[i / 8] |= (uint8_t)(1u << i % 8);
}

void trail_ask(struct trail *t, const struct buf *diary)
{
	/* Who asks for more is not followed. */
	if (diary->len > DIARY_MAX) {
		set_state(t, TRAIL_LOST);
		return;
	}
	memcpy(t->diary + t->diary_len, diary->data + t->diary_len, diary->len - t->diary_len);
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
	if (!ok || state_of(t) == TRAIL_LOST || m->unimplemented.len >= TEXT_BYTES) {
		set_state(t, TRAIL_LOST);
		return;
	}
	keep_seen(t, m);
	memcpy(t->reason, m->verdict.reason, sizeof(t->reason));
	memcpy(t->unimplemented, buf_str(&m->unimplemented), m->unimplemented.len + 1);
	t->now = m->now;
	t->to = text;
	set_state(t, TRAIL_KERNEL);
}

static bool is_entered(const struct trail *t, const struct page_print *print)
{
	return print->page >= RAM_PAGES || t->seen[print->page / 8] & 1u << print->page % 8;
}

bool trail_fits(const struct trail *t, const struct portrait *p)
{
	const struct portrait *q = &t->portrait;
	uint32_t i = 0, k = 0, n = q->n < PAGES_MAX ? q->n : 0;

	if (state_of(t) != TRAIL_KERNEL)
		return false;
	while (i < n || k < p->n) {
		const struct page_print *theirs = i < n ? &q->pages[i] : NULL;
		const struct page_print *ours = k < p->n ? &p->pages[k] : NULL;

		if (theirs && ours && theirs->page == ours->page) {
			i++;
			k++;
			if (memcmp(theirs->hash, ours->hash, PRINT) != 0 &&
				(theirs->code || is_entered(t, ours)))
				return false;
		} else if (!ours || (theirs && theirs->page < ours->page)) {
			i++;
			if (theirs->code || is_entered(t, theirs))
				return false;
		} else {
			k++;
			if (is_entered(t, ours))
				return false;
		}
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
