/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Journals: see journal.h. An entry is its length, its kind, the question, and the
 * answer. To replay a question is to write the entry that the other store makes of
 * it: where the bytes are the same, so is the answer. Journals come from
 * other processes, so that each length is checked.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/explore/journal.h"

enum kind {
	KIND_GET,
	KIND_NEXT,
	KIND_SET,
	KIND_QUERY,
	KIND_GLOBAL,
	KIND_DEFINE,
	KIND_DEFINE_MISSING,
	KIND_KEEP_OPTION,
	KIND_POWER_ON,
	KIND_PRIVATE,
};

#define NAME_UNITS_MAX 1024
#define ENTRY_HEAD     8 /* length, kind */

/* ---- writing ---- */

static void put32(struct buf *b, uint32_t v)
{
	uint8_t bytes[4];

	put_le32(bytes, v);
	buf_add(b, bytes, sizeof(bytes));
}

static void put64(struct buf *b, uint64_t v)
{
	uint8_t bytes[8];

	put_le64(bytes, v);
	buf_add(b, bytes, sizeof(bytes));
}

static void put_bytes(struct buf *b, const void *bytes, size_t len)
{
	put32(b, (uint32_t)len);
	if (len)
		buf_add(b, bytes, len);
}

static void put_name(struct buf *b, const uint16_t *name)
{
	size_t n = 0;

	while (name[n])
		n++;
	put_bytes(b, name, n * sizeof(*name));
}

static void put_value(struct buf *b, const struct variable *v)
{
	put32(b, v != NULL);
	if (!v)
		return;
	put32(b, v->attributes);
	put_bytes(b, v->data, v->size);
}

/* The place of an entry's length, which end() fills in. */
static size_t begin(struct buf *b, enum kind kind)
{
	size_t at = b->len;

	put32(b, 0);
	put32(b, kind);
	return at;
}

static void end(struct buf *b, size_t at)
{
	put_le32(buf_edit(b) + at, (uint32_t)(b->len - at));
}

void journal_get(struct buf *journal, const uint16_t *name, struct guid vendor, bool at_runtime,
	const struct variable *found)
{
	size_t at = begin(journal, KIND_GET);

	put_name(journal, name);
	buf_add(journal, vendor.b, sizeof(vendor.b));
	put32(journal, at_runtime);
	put_value(journal, found);
	end(journal, at);
}

void journal_next(struct buf *journal, const uint16_t *name, struct guid vendor, bool at_runtime,
	const struct variable *found, efi_status status)
{
	size_t at = begin(journal, KIND_NEXT);

	put_name(journal, name);
	buf_add(journal, vendor.b, sizeof(vendor.b));
	put32(journal, at_runtime);
	put64(journal, found ? EFI_SUCCESS : status);
	if (found) {
		put_bytes(journal, found->name, found->name_units * sizeof(*found->name));
		buf_add(journal, found->vendor.b, sizeof(found->vendor.b));
	}
	end(journal, at);
}

void journal_set(struct buf *journal, const uint16_t *name, struct guid vendor, uint32_t attributes,
	const void *data, size_t size, bool at_runtime, efi_status status)
{
	size_t at = begin(journal, KIND_SET);

	put_name(journal, name);
	buf_add(journal, vendor.b, sizeof(vendor.b));
	put32(journal, at_runtime);
	put32(journal, attributes);
	put_bytes(journal, data, size);
	put64(journal, status);
	end(journal, at);
}

void journal_query(struct buf *journal, uint32_t attributes, bool at_runtime, efi_status status,
	const struct var_info *info)
{
	size_t at = begin(journal, KIND_QUERY);

	put32(journal, attributes);
	put32(journal, at_runtime);
	put64(journal, status);
	put64(journal, info->storage);
	put64(journal, info->remaining);
	put64(journal, info->largest);
	end(journal, at);
}

void journal_global(struct buf *journal, const char *name, const struct variable *found)
{
	size_t at = begin(journal, KIND_GLOBAL);

	put_bytes(journal, name, strlen(name));
	put_value(journal, found);
	end(journal, at);
}

void journal_define(
	struct buf *journal, const char *name, const void *data, size_t size, bool missing)
{
	size_t at = begin(journal, missing ? KIND_DEFINE_MISSING : KIND_DEFINE);

	put_bytes(journal, name, strlen(name));
	put_bytes(journal, data, size);
	end(journal, at);
}

void journal_keep_option(struct buf *journal, const void *device, size_t size)
{
	size_t at = begin(journal, KIND_KEEP_OPTION);

	put_bytes(journal, device, size);
	end(journal, at);
}

void journal_power_on(struct buf *journal)
{
	end(journal, begin(journal, KIND_POWER_ON));
}

void journal_private(struct buf *journal)
{
	end(journal, begin(journal, KIND_PRIVATE));
}

/* ---- reading ---- */

struct reader {
	const uint8_t *p;
	size_t left;
	bool bad;
};

static const uint8_t *take(struct reader *r, size_t n)
{
	const uint8_t *p = r->p;

	if (n > r->left) {
		r->bad = true;
		return NULL;
	}
	r->p += n;
	r->left -= n;
	return p;
}

static uint64_t take64(struct reader *r)
{
	const uint8_t *p = take(r, 8);

	return p ? le64(p) : 0;
}

static uint32_t take32(struct reader *r)
{
	const uint8_t *p = take(r, 4);

	return p ? le32(p) : 0;
}

static struct guid take_guid(struct reader *r)
{
	const uint8_t *p = take(r, sizeof(struct guid));

	return p ? guid_load(p) : (struct guid){ { 0 } };
}

static const uint8_t *take_bytes(struct reader *r, size_t *n)
{
	*n = take32(r);
	return take(r, *n);
}

/* With a NUL, freed by the caller; never NULL. */
static uint16_t *take_name(struct reader *r)
{
	size_t n;
	const uint8_t *p = take_bytes(r, &n);
	uint16_t *name;

	if (n % sizeof(*name) || n > NAME_UNITS_MAX * sizeof(*name))
		r->bad = true;
	name = xcalloc(r->bad ? 1 : n / sizeof(*name) + 1, sizeof(*name));
	if (!r->bad)
		memcpy(name, p, n);
	return name;
}

static void ask_variable(struct vars *v, enum kind kind, struct reader *r, struct buf *out)
{
	CLEANUP(xfree) uint16_t *name = take_name(r);
	struct guid vendor = take_guid(r);
	bool at_runtime = take32(r);
	efi_status status = EFI_SUCCESS;
	const struct variable *found;

	if (kind == KIND_GET) {
		journal_get(out, name, vendor, at_runtime, vars_get(v, name, vendor, at_runtime));
	} else if (kind == KIND_NEXT) {
		found = vars_next(v, name, vendor, at_runtime, &status);
		journal_next(out, name, vendor, at_runtime, found, status);
	} else {
		uint32_t attributes = take32(r);
		size_t size;
		const uint8_t *data = take_bytes(r, &size);

		if (r->bad)
			return;
		status = vars_set(v, name, vendor, attributes, data, size, at_runtime);
		journal_set(out, name, vendor, attributes, data, size, at_runtime, status);
	}
}

static void ask_query(struct vars *v, struct reader *r, struct buf *out)
{
	uint32_t attributes = take32(r);
	bool at_runtime = take32(r);
	struct var_info info = { 0 };
	efi_status status = vars_query(v, attributes, at_runtime, &info);

	journal_query(out, attributes, at_runtime, status, &info);
}

static void ask_global(struct vars *v, enum kind kind, struct reader *r, struct buf *out)
{
	size_t n, size;
	const uint8_t *p = take_bytes(r, &n), *data;
	CLEANUP(xfree) char *name = r->bad ? NULL : xstrndup((const char *)p, n);

	if (!name)
		return;
	if (kind == KIND_GLOBAL) {
		journal_global(out, name, vars_global(v, name));
		return;
	}
	data = take_bytes(r, &size);
	if (r->bad)
		return;
	if (kind == KIND_DEFINE || !vars_global(v, name))
		vars_define(v, name, data, size);
	journal_define(out, name, data, size, kind == KIND_DEFINE_MISSING);
}

static void keep_option(struct vars *v, struct reader *r, struct buf *out)
{
	size_t size;
	const uint8_t *device = take_bytes(r, &size);

	if (r->bad)
		return;
	vars_keep_option(v, device, size);
	journal_keep_option(out, device, size);
}

static bool replay_entry(struct vars *v, const uint8_t *entry, size_t len)
{
	struct reader r = { entry + ENTRY_HEAD, len - ENTRY_HEAD, false };
	CLEANUP(buf_release) struct buf out = BUF_INIT;
	enum kind kind = (enum kind)le32(entry + 4);

	if (kind == KIND_GET || kind == KIND_NEXT || kind == KIND_SET)
		ask_variable(v, kind, &r, &out);
	else if (kind == KIND_QUERY)
		ask_query(v, &r, &out);
	else if (kind < KIND_KEEP_OPTION)
		ask_global(v, kind, &r, &out);
	else if (kind == KIND_KEEP_OPTION)
		keep_option(v, &r, &out);
	else if (kind == KIND_POWER_ON) {
		vars_power_on(v);
		journal_power_on(&out);
	}
	return !r.bad && out.len == len && memcmp(buf_bytes(&out), entry, len) == 0;
}

/* The length of the entry that a journal begins with; 0 when it is none. */
static size_t entry_length(const uint8_t *journal, size_t len)
{
	size_t n = len < ENTRY_HEAD ? 0 : le32(journal);

	return n >= ENTRY_HEAD && n <= len ? n : 0;
}

bool journal_replay(struct vars *v, const uint8_t *journal, size_t len)
{
	while (len) {
		size_t n = entry_length(journal, len);

		if (!n || !replay_entry(v, journal, n))
			return false;
		journal += n;
		len -= n;
	}
	return true;
}

void journal_each_kept(const uint8_t *journal, size_t len,
	void (*note)(void *ctx, const uint16_t *name, efi_status status), void *ctx)
{
	for (size_t n; (n = entry_length(journal, len)) > 0; journal += n, len -= n) {
		struct reader r = { journal + ENTRY_HEAD, n - ENTRY_HEAD, false };
		uint16_t *name;
		uint32_t attributes;
		size_t size;
		efi_status status;

		if (le32(journal + 4) != KIND_SET)
			continue;
		name = take_name(&r);
		take_guid(&r);
		take32(&r);
		attributes = take32(&r);
		take_bytes(&r, &size);
		status = take64(&r);
		if (!r.bad && size && attributes & VAR_NON_VOLATILE)
			note(ctx, name, status);
		free(name);
	}
}
