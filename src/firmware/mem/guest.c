/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory, checked. See guest.h.
 */
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/utf16.h"
#include "base/xalloc.h"
#include "firmware/mem/grant.h"

#define POISON       0xaf
/* Areas of at least this are dropped but for their edges; pages are whole ones of the host. */
#define DISCARD_MIN  (UINT64_C(1) << 20)
#define DISCARD_EDGE (UINT64_C(64) << 10)
#define GROUP        (UINT64_C(64) << 10)
#define BULK_MIN     2048
/* A large page of the host, and the least that is expected to be filled. */
#define LARGE_PAGE   (UINT64_C(2) << 20)
#define LARGE_PARTS  (LARGE_PAGE / PART_BYTES)
#define END_PARTS    (GROUP / PART_BYTES)
#define EXPECTED_MIN (2 * LARGE_PAGE)

/* Of Linux 5.14; an older one refuses it, and nothing is lost. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* Where a large page may begin. Untouched pages cost nothing. */
static uint8_t *map_aligned(uint64_t size)
{
	uint8_t *p = mmap(NULL, size + LARGE_PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint64_t before;

	if (p == MAP_FAILED)
		abort();
	before = LARGE_PAGE - (uintptr_t)p % LARGE_PAGE;
	munmap(p, before);
	if (before < LARGE_PAGE)
		munmap(p + before + size, LARGE_PAGE - before);
	return p + before;
}

struct guest_ram *guest_ram_new(uint64_t size)
{
	struct guest_ram *ram = xcalloc(1, sizeof(*ram));

	ram->host = map_aligned(size);
	/* What a guest touches is what it costs (host/usage.h), and copies of the process share the rest. */
	madvise(ram->host, size, MADV_NOHUGEPAGE);
	ram->size = size;
	ram->expected = xcalloc(size / LARGE_PAGE + 1, 1);
	ram->used = xcalloc(size / PART_BYTES, 1);
	grant_begin(ram);
	return ram;
}

void guest_ram_free(struct guest_ram *ram)
{
	if (!ram)
		return;
	grant_end(ram);
	munmap(ram->host, ram->size);
	free(ram->used);
	free(ram->expected);
	free(ram);
}

uint64_t guest_size(const struct guest_ram *ram)
{
	return ram->size;
}

bool guest_ok(const struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	return a.v >= RAM_BASE && range_within(a.v - RAM_BASE, len, ram->size);
}

/* Pages that are watched are announced in their order, whichever of them is meant; the last one in its own way. */
static void touch(const struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	unsigned last;

	if (!ram->watched.v || a.v + len <= ram->watched.v || !len)
		return;
	last = (unsigned)((a.v + len - 1 - ram->watched.v) / PAGE_SIZE);
	for (unsigned page = 0; page <= last; page++)
		if (ram->watched.v + page * PAGE_SIZE == ram->exact.v)
			guest_look(ram, 0, PAGE_SIZE);
		else
			guest_touch(ram, page);
}

static void log_part(const struct guest_ram *ram, uint64_t part)
{
	if (ram->accessed)
		ram->accessed[part / 8] |= (uint8_t)(1u << part % 8);
}

static void log_access(const struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	if (ram->accessed && len)
		for (uint64_t i = guest_part(a.v); i <= guest_part(a.v + len - 1); i++)
			log_part(ram, i);
}

static void use(const struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	if (len)
		memset(ram->used + guest_part(a.v), 1,
			guest_part(a.v + len - 1) - guest_part(a.v) + 1);
}

void guest_expect(struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	uint64_t at = a.v - RAM_BASE;

	if (!guest_ok(ram, a, len) || len < EXPECTED_MIN)
		return;
	for (uint64_t i = (at + LARGE_PAGE - 1) / LARGE_PAGE; (i + 1) * LARGE_PAGE <= at + len; i++)
		if (++ram->n_expected <= ram->size / LARGE_PAGE / 2)
			ram->expected[i] = 1;
}

/*
 * Who fills memory comes to a large page at one of its ends. One that is used from its middle on is where
 * something ends, and the rest of it may be used by nobody.
 */
static void come_large(struct guest_ram *ram, uint64_t part)
{
	static const uint8_t unused[LARGE_PARTS];
	uint64_t i = part / LARGE_PARTS;

	if (!ram->expected[i] || memcmp(ram->used + i * LARGE_PARTS, unused, sizeof(unused)) != 0)
		return;
	ram->expected[i] = 0;
	if ((part + END_PARTS) % LARGE_PARTS < 2 * END_PARTS)
		madvise(ram->host + i * LARGE_PAGE, LARGE_PAGE, MADV_HUGEPAGE);
}

/*
 * Who copies a page's worth copies more: a whole group that was never used comes to be at once, which
 * costs the host a fraction of a fault for each page.
 */
static void come_to_be(struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	uint64_t first = (a.v - RAM_BASE) / GROUP, last = (a.v + len - 1 - RAM_BASE) / GROUP;

	for (uint64_t i = first; i <= last; i++) {
		static const uint8_t unused[GROUP / PART_BYTES];

		if ((i + 1) * GROUP <= ram->size &&
			memcmp(ram->used + i * sizeof(unused), unused, sizeof(unused)) == 0) {
			come_large(ram, i * sizeof(unused));
			madvise(ram->host + i * GROUP, GROUP, MADV_POPULATE_WRITE);
		}
	}
}

/* ---- access by intent ---- */

static const uint8_t *look(struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	log_access(ram, a, len);
	grant_add(ram, a, len);
	return ram->host + (a.v - RAM_BASE);
}

/* What a service read before, and what it made of that, is known by then. */
static bool is_recorded(const struct guest_ram *ram, uint64_t at, uint64_t len)
{
	for (size_t i = 0; i < ram->n_recorded; i++)
		if (at >= ram->recorded[i].at &&
			at + len <= ram->recorded[i].at + ram->recorded[i].len)
			return true;
	return false;
}

static void record(struct guest_ram *ram, const uint8_t *p, uint64_t len)
{
	uint64_t at = (uint64_t)(p - ram->host);

	if (!ram->inputs || is_recorded(ram, at, len))
		return;
	sha256_update(ram->inputs, len, p);
	if (ram->n_recorded < RECORDED_MAX)
		ram->recorded[ram->n_recorded++] = (struct guest_span){ at, len };
}

/* What is written may come to be where the host has no memory so far. */
static uint8_t *take(struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	use(ram, a, len);
	log_access(ram, a, len);
	if (ram->written && len)
		ram->written(ram->written_ctx, a, len);
	grant_add(ram, a, len);
	return ram->host + (a.v - RAM_BASE);
}

const uint8_t *guest_in(struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	const uint8_t *p = guest_fetch(ram, a, len);

	if (p)
		record(ram, p, len);
	return p;
}

uint8_t *guest_out(struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	uint8_t *p = guest_store(ram, a, len);

	if (p)
		grant_scramble(p, len);
	return p;
}

uint8_t *guest_both(struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	uint8_t *p = guest_store(ram, a, len);

	if (p)
		record(ram, p, len);
	return p;
}

void guest_revoke(struct guest_ram *ram)
{
	ram->n_recorded = 0;
	grant_revoke(ram);
}

void guest_record(struct guest_ram *ram, struct sha256_ctx *inputs)
{
	ram->inputs = inputs;
}

uint64_t guest_next_used(const struct guest_ram *ram, uint64_t part)
{
	uint64_t n = ram->size / PART_BYTES;
	const uint8_t *p = part < n ? memchr(ram->used + part, 1, n - part) : NULL;

	return p ? (uint64_t)(p - ram->used) : n;
}

/* ---- for the processor ---- */

uint8_t *guest_mapping(struct guest_ram *ram, struct gaddr a)
{
	return ram->host + (a.v - RAM_BASE);
}

void guest_on_write(struct guest_ram *ram, guest_written_fn *written, void *ctx)
{
	ram->written = written;
	ram->written_ctx = ctx;
}

const uint8_t *guest_fetch(struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	if (!guest_ok(ram, a, len))
		return NULL;
	touch(ram, a, len);
	return look(ram, a, len);
}

uint8_t *guest_store(struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	if (!guest_ok(ram, a, len))
		return NULL;
	if (len >= BULK_MIN)
		come_to_be(ram, a, len);
	touch(ram, a, len);
	return take(ram, a, len);
}

void guest_reach(struct guest_ram *ram, uint64_t part)
{
	if (!ram->used[part])
		come_large(ram, part);
	ram->used[part] = 1;
	log_part(ram, part);
}

void guest_log_access(struct guest_ram *ram, uint8_t *accessed)
{
	ram->accessed = accessed;
}

/* ---- pages that are watched ---- */

void guest_watch(struct guest_ram *ram, struct gaddr from, void *ctx)
{
	ram->watched = from;
	ram->exact = gaddr(RAM_BASE + ram->size - PAGE_SIZE);
	ram->watch_ctx = ctx;
}

void guest_on_touch(struct guest_ram *ram, guest_touched_fn *touched)
{
	ram->touched = touched;
}

void guest_on_look(struct guest_ram *ram, guest_looked_fn *looked)
{
	ram->looked = looked;
}

struct gaddr guest_watched(const struct guest_ram *ram)
{
	return ram->watched;
}

struct gaddr guest_exact(const struct guest_ram *ram)
{
	return ram->exact;
}

void guest_touch(const struct guest_ram *ram, unsigned page)
{
	if (ram->touched)
		ram->touched(ram->watch_ctx, page);
}

void guest_look(const struct guest_ram *ram, uint64_t offset, uint64_t len)
{
	if (ram->looked)
		ram->looked(ram->watch_ctx, offset, len);
}

const uint8_t *guest_in_unwatched(struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	const uint8_t *p = guest_ok(ram, a, len) ? look(ram, a, len) : NULL;

	if (p)
		record(ram, p, len);
	return p;
}

uint8_t *guest_out_unwatched(struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	return guest_ok(ram, a, len) ? take(ram, a, len) : NULL;
}

void guest_exact_get(struct guest_ram *ram, uint64_t offset, void *to, size_t len)
{
	const uint8_t *p;

	guest_look(ram, offset, len);
	p = guest_ok(ram, gaddr_add(ram->exact, offset), len)
		    ? look(ram, gaddr_add(ram->exact, offset), len)
		    : NULL;
	if (p)
		memcpy(to, p, len);
}

void guest_exact_put(struct guest_ram *ram, uint64_t offset, const void *from, size_t len)
{
	uint8_t *p;

	guest_look(ram, offset, len);
	p = guest_out_unwatched(ram, gaddr_add(ram->exact, offset), len);
	if (p)
		memcpy(p, from, len);
}

/* ---- copies ---- */

bool guest_read(struct guest_ram *ram, struct gaddr a, void *to, size_t len)
{
	const uint8_t *p = guest_in(ram, a, len);

	if (p)
		memcpy(to, p, len);
	return p;
}

bool guest_write(struct guest_ram *ram, struct gaddr a, const void *from, size_t len)
{
	uint8_t *p = guest_out(ram, a, len);

	if (p && len)
		memcpy(p, from, len);
	return p;
}

bool guest_fill(struct guest_ram *ram, struct gaddr a, uint8_t byte, uint64_t len)
{
	uint8_t *p = guest_out(ram, a, len);

	if (p)
		memset(p, byte, len);
	return p;
}

bool guest_discard(struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	uint8_t *p, *start, *end;

	/* What was never there is not brought into being first. */
	if (!guest_ok(ram, a, len))
		return false;
	touch(ram, a, len);
	p = take(ram, a, len);
	start = p + DISCARD_EDGE;
	end = p + len - DISCARD_EDGE;
	if (len < DISCARD_MIN || madvise(start, (size_t)(end - start), MADV_DONTNEED) < 0) {
		memset(p, POISON, len);
		return true;
	}
	memset(p, POISON, DISCARD_EDGE);
	memset(end, POISON, DISCARD_EDGE);
	return true;
}

bool guest_read8(struct guest_ram *ram, struct gaddr a, uint8_t *v)
{
	return guest_read(ram, a, v, 1);
}

bool guest_read16(struct guest_ram *ram, struct gaddr a, uint16_t *v)
{
	const uint8_t *p = guest_in(ram, a, 2);

	if (p)
		*v = le16(p);
	return p;
}

bool guest_read32(struct guest_ram *ram, struct gaddr a, uint32_t *v)
{
	const uint8_t *p = guest_in(ram, a, 4);

	if (p)
		*v = le32(p);
	return p;
}

bool guest_read64(struct guest_ram *ram, struct gaddr a, uint64_t *v)
{
	const uint8_t *p = guest_in(ram, a, 8);

	if (p)
		*v = le64(p);
	return p;
}

bool guest_read_addr(struct guest_ram *ram, struct gaddr a, struct gaddr *v)
{
	return guest_read64(ram, a, &v->v);
}

bool guest_read_guid(struct guest_ram *ram, struct gaddr a, struct guid *v)
{
	return guest_read(ram, a, v->b, sizeof(v->b));
}

bool guest_write8(struct guest_ram *ram, struct gaddr a, uint8_t v)
{
	return guest_write(ram, a, &v, 1);
}

bool guest_write16(struct guest_ram *ram, struct gaddr a, uint16_t v)
{
	uint8_t *p = guest_out(ram, a, 2);

	if (p)
		put_le16(p, v);
	return p;
}

bool guest_write32(struct guest_ram *ram, struct gaddr a, uint32_t v)
{
	uint8_t *p = guest_out(ram, a, 4);

	if (p)
		put_le32(p, v);
	return p;
}

bool guest_write64(struct guest_ram *ram, struct gaddr a, uint64_t v)
{
	uint8_t *p = guest_out(ram, a, 8);

	if (p)
		put_le64(p, v);
	return p;
}

bool guest_write_guid(struct guest_ram *ram, struct gaddr a, struct guid v)
{
	return guest_write(ram, a, v.b, sizeof(v.b));
}

/* ---- strings ---- */

/*
 * Looks for the NUL: how many units there are with it, at most max; 0 when it runs out of RAM or is longer.
 * *read gets the bytes that were looked at. It goes page by page: what is not reached is left alone.
 */
static size_t string_units(
	struct guest_ram *ram, struct gaddr a, size_t unit, size_t max, uint64_t *read)
{
	static const uint8_t nul[2];
	uint64_t end = guest_ok(ram, a, 0) ? a.v : 0;

	for (size_t i = 0; i < max && guest_ok(ram, gaddr(a.v + i * unit), unit); i++) {
		uint64_t at = a.v + i * unit;

		while (end < at + unit) {
			touch(ram, gaddr(end), unit);
			end = (end / PAGE_SIZE + 1) * PAGE_SIZE;
		}
		grant_add(ram, gaddr(at), unit);
		*read = (i + 1) * unit;
		if (memcmp(ram->host + (at - RAM_BASE), nul, unit) == 0)
			return i + 1;
	}
	return 0;
}

/* A string with its NUL, which is seen and recorded, as is one that has no end; NULL for that. */
static const uint8_t *in_string(
	struct guest_ram *ram, struct gaddr a, size_t unit, size_t max, size_t *units)
{
	uint64_t read = 0;
	size_t n = string_units(ram, a, unit, max == SIZE_MAX ? max : max + 1, &read);
	const uint8_t *p = read ? guest_in(ram, a, read) : NULL;

	*units = n ? n - 1 : 0;
	return n ? p : NULL;
}

const uint8_t *guest_in_string16(struct guest_ram *ram, struct gaddr a, size_t max, size_t *units)
{
	return in_string(ram, a, 2, max, units);
}

char *guest_string16(struct guest_ram *ram, struct gaddr a, size_t max)
{
	size_t units;
	const uint8_t *p = in_string(ram, a, 2, max, &units);

	return p ? utf16le_to_utf8(p, units) : NULL;
}

char *guest_string8(struct guest_ram *ram, struct gaddr a, size_t max)
{
	size_t units;
	const uint8_t *p = in_string(ram, a, 1, max, &units);

	return p ? xstrdup((const char *)p) : NULL;
}
