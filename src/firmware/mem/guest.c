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
#include "firmware/mem/guest.h"

#define POISON       0xaf
/* Areas of at least this are dropped but for their edges; pages are whole ones of the host. */
#define DISCARD_MIN  (UINT64_C(1) << 20)
#define DISCARD_EDGE (UINT64_C(64) << 10)
#define GROUP        (UINT64_C(64) << 10)
#define BULK_MIN     2048

/* Of Linux 5.14; an older one refuses it, and nothing is lost. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

void guest_ram_init(struct guest_ram *ram, uint64_t size)
{
	/* Untouched pages cost nothing. */
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		abort();
	*ram = (struct guest_ram){ .host = p, .size = size, .used = xcalloc(size / PART_BYTES, 1) };
}

void guest_ram_release(struct guest_ram *ram)
{
	if (ram->host)
		munmap(ram->host, ram->size);
	free(ram->used);
	*ram = (struct guest_ram){ 0 };
}

bool guest_ok(const struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	return a.v >= RAM_BASE && range_within(a.v - RAM_BASE, len, ram->size);
}

static void touch(const struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	if (!ram->touched || a.v + len <= ram->watched.v || !len)
		return;
	for (unsigned page = 0; page <= (a.v + len - 1 - ram->watched.v) / PAGE_SIZE; page++)
		ram->touched(ram->touched_ctx, page);
}

static void see(const struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	if (ram->seen && len)
		for (uint64_t i = guest_part(a.v); i <= guest_part(a.v + len - 1); i++)
			guest_see(ram, i);
}

static void use(const struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	if (len)
		memset(ram->used + guest_part(a.v), 1,
			guest_part(a.v + len - 1) - guest_part(a.v) + 1);
}

/*
 * Who copies a page's worth copies more: a whole group that was never used comes to be at once, which
 * costs the host a fraction of a fault for each page.
 */
static void come_to_be(const struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	uint64_t first = (a.v - RAM_BASE) / GROUP, last = (a.v + len - 1 - RAM_BASE) / GROUP;

	for (uint64_t i = first; i <= last; i++) {
		static const uint8_t unused[GROUP / PART_BYTES];

		if ((i + 1) * GROUP <= ram->size &&
			memcmp(ram->used + i * sizeof(unused), unused, sizeof(unused)) == 0)
			madvise(ram->host + i * GROUP, GROUP, MADV_POPULATE_WRITE);
	}
}

/* The same as guest_span(), where the host is to have no memory before it is written. */
static uint8_t *span(struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	if (!guest_ok(ram, a, len))
		return NULL;
	touch(ram, a, len);
	use(ram, a, len);
	see(ram, a, len);
	if (ram->written && len)
		ram->written(ram->written_ctx, a, len);
	return ram->host + (a.v - RAM_BASE);
}

uint8_t *guest_span(struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	if (len >= BULK_MIN && guest_ok(ram, a, len))
		come_to_be(ram, a, len);
	return span(ram, a, len);
}

const uint8_t *guest_view(const struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	if (!guest_ok(ram, a, len))
		return NULL;
	touch(ram, a, len);
	see(ram, a, len);
	if (ram->history)
		sha256_update(ram->history, len, ram->host + (a.v - RAM_BASE));
	return ram->host + (a.v - RAM_BASE);
}

bool guest_read(const struct guest_ram *ram, struct gaddr a, void *to, size_t len)
{
	const uint8_t *p = guest_view(ram, a, len);

	if (p)
		memcpy(to, p, len);
	return p;
}

bool guest_write(struct guest_ram *ram, struct gaddr a, const void *from, size_t len)
{
	uint8_t *p = guest_span(ram, a, len);

	if (p && len)
		memcpy(p, from, len);
	return p;
}

bool guest_fill(struct guest_ram *ram, struct gaddr a, uint8_t byte, uint64_t len)
{
	uint8_t *p = guest_span(ram, a, len);

	if (p)
		memset(p, byte, len);
	return p;
}

bool guest_discard(struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	uint8_t *p = span(ram, a, len), *start, *end;

	if (!p)
		return false;
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

bool guest_read8(const struct guest_ram *ram, struct gaddr a, uint8_t *v)
{
	return guest_read(ram, a, v, 1);
}

bool guest_read16(const struct guest_ram *ram, struct gaddr a, uint16_t *v)
{
	const uint8_t *p = guest_view(ram, a, 2);

	if (p)
		*v = le16(p);
	return p;
}

bool guest_read32(const struct guest_ram *ram, struct gaddr a, uint32_t *v)
{
	const uint8_t *p = guest_view(ram, a, 4);

	if (p)
		*v = le32(p);
	return p;
}

bool guest_read64(const struct guest_ram *ram, struct gaddr a, uint64_t *v)
{
	const uint8_t *p = guest_view(ram, a, 8);

	if (p)
		*v = le64(p);
	return p;
}

bool guest_read_addr(const struct guest_ram *ram, struct gaddr a, struct gaddr *v)
{
	return guest_read64(ram, a, &v->v);
}

bool guest_read_guid(const struct guest_ram *ram, struct gaddr a, struct guid *v)
{
	return guest_read(ram, a, v->b, sizeof(v->b));
}

bool guest_write8(struct guest_ram *ram, struct gaddr a, uint8_t v)
{
	return guest_write(ram, a, &v, 1);
}

bool guest_write16(struct guest_ram *ram, struct gaddr a, uint16_t v)
{
	uint8_t *p = guest_span(ram, a, 2);

	if (p)
		put_le16(p, v);
	return p;
}

bool guest_write32(struct guest_ram *ram, struct gaddr a, uint32_t v)
{
	uint8_t *p = guest_span(ram, a, 4);

	if (p)
		put_le32(p, v);
	return p;
}

bool guest_write64(struct guest_ram *ram, struct gaddr a, uint64_t v)
{
	uint8_t *p = guest_span(ram, a, 8);

	if (p)
		put_le64(p, v);
	return p;
}

bool guest_write_guid(struct guest_ram *ram, struct gaddr a, struct guid v)
{
	return guest_write(ram, a, v.b, sizeof(v.b));
}

/*
 * Looks for the NUL: how many units there are with it, at most max; 0 when it runs out of RAM or is longer.
 * *read gets the bytes that were looked at. It goes page by page: what is not reached is left alone.
 */
static size_t string_units(
	const struct guest_ram *ram, struct gaddr a, size_t unit, size_t max, uint64_t *read)
{
	static const uint8_t nul[2];
	uint64_t end = guest_ok(ram, a, 0) ? a.v : 0;

	for (size_t i = 0; i < max && guest_ok(ram, gaddr(a.v + i * unit), unit); i++) {
		uint64_t at = a.v + i * unit;

		while (end < at + unit) {
			touch(ram, gaddr(end), unit);
			end = (end / PAGE_SIZE + 1) * PAGE_SIZE;
		}
		*read = (i + 1) * unit;
		if (memcmp(ram->host + (at - RAM_BASE), nul, unit) == 0)
			return i + 1;
	}
	return 0;
}

/* A string with its NUL, which is seen and recorded, as is one that has no end; NULL for that. */
static const uint8_t *string_view(
	const struct guest_ram *ram, struct gaddr a, size_t unit, size_t max, size_t *units)
{
	uint64_t read = 0;
	const uint8_t *p;

	*units = string_units(ram, a, unit, max == SIZE_MAX ? max : max + 1, &read);
	p = read ? guest_view(ram, a, read) : NULL;
	return *units ? p : NULL;
}

int64_t guest_strlen16(const struct guest_ram *ram, struct gaddr a, size_t max)
{
	size_t units;

	return string_view(ram, a, 2, max, &units) ? (int64_t)units - 1 : -1;
}

char *guest_string16(const struct guest_ram *ram, struct gaddr a, size_t max)
{
	size_t units;
	const uint8_t *p = string_view(ram, a, 2, max, &units);

	return p ? utf16le_to_utf8(p, units - 1) : NULL;
}

char *guest_string8(const struct guest_ram *ram, struct gaddr a, size_t max)
{
	size_t units;
	const uint8_t *p = string_view(ram, a, 1, max, &units);

	return p ? xstrdup((const char *)p) : NULL;
}
