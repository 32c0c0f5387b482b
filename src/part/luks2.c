/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LUKS2's headers: two, the newer of those whose checksum is right counts; and what their JSON says of
 * one encrypted segment. See luks.h.
 */
#include <errno.h>
#include <gnutls/gnutls.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/sanitizer.h"
#include "base/sha256.h"
#include "base/xalloc.h"
#include "disk/disk.h"
#include "part/luks.h"

#define SIZE_MIN   (UINT64_C(16) << 10) /* of a header with its JSON */
#define SIZE_LIMIT (UINT64_C(4) << 20)
#define SECTOR     512u

enum {
	HDR_VERSION = 6,
	HDR_SIZE = 8,
	HDR_EPOCH = 16,
	HDR_HASH = 72,
	HDR_UUID = 168,
	HDR_OFFSET = 256,
	HDR_SUM = 448,
	SUM_MAX = 64,
	UUID = 40,
	BINARY = 4096, /* bytes before the JSON */
};

static const uint8_t magics[2][6] = { { 'L', 'U', 'K', 'S', 0xba, 0xbe },
	{ 'S', 'K', 'U', 'L', 0xba, 0xbe } };

/* ---- which header ---- */

struct header {
	uint8_t *bytes; /* NULL: there is none */
	uint64_t size, epoch;
};

static void header_release(struct header *h)
{
	free(h->bytes);
}
DEFINE_RELEASE(struct header, header_release)

static bool has_checksum(uint8_t *bytes, size_t size)
{
	uint8_t there[SUM_MAX], sum[SHA256_DIGEST_SIZE];

	memcpy(there, bytes + HDR_SUM, SUM_MAX);
	memset(bytes + HDR_SUM, 0, SUM_MAX);
	sha256_of(bytes, size, sum);
	return FUZZING || memcmp(there, sum, sizeof(sum)) == 0;
}

/* The header at off, when a good one is there. */
static void look(struct disk *d, uint64_t off, const uint8_t *magic, struct header *h)
{
	uint8_t head[BINARY];

	*h = (struct header){ 0 };
	if (!range_within(off, sizeof(head), disk_size(d)) ||
		disk_read(d, off, head, sizeof(head), NULL) < 0 ||
		memcmp(head, magic, sizeof(magics[0])) != 0 || be16(head + HDR_VERSION) != 2 ||
		be64(head + HDR_OFFSET) != off)
		return;
	h->size = be64(head + HDR_SIZE);
	h->epoch = be64(head + HDR_EPOCH);
	if (h->size < SIZE_MIN || h->size > SIZE_LIMIT || !range_within(off, h->size, disk_size(d)))
		return;
	h->bytes = xmalloc((size_t)h->size + 1);
	h->bytes[h->size] = '\0';
	if (disk_read(d, off, h->bytes, (size_t)h->size, NULL) < 0 ||
		strncmp((const char *)h->bytes + HDR_HASH, "sha256", 32) != 0 ||
		!has_checksum(h->bytes, (size_t)h->size)) {
		free(h->bytes);
		*h = (struct header){ 0 };
	}
}

/* The second one follows the first, whose size is lost with it. */
static void find(struct disk *d, struct header *out)
{
	struct header second = { 0 };

	look(d, 0, magics[0], out);
	if (out->bytes)
		look(d, out->size, magics[1], &second);
	for (uint64_t at = SIZE_MIN; !out->bytes && !second.bytes && at <= SIZE_LIMIT; at *= 2)
		look(d, at, magics[1], &second);
	if (second.bytes && (!out->bytes || second.epoch > out->epoch)) {
		header_release(out);
		*out = second;
	} else {
		header_release(&second);
	}
}

/* ---- values ---- */

/* Texts in JSON hold 64-bit numbers. */
static bool number_of(const json_t *object, const char *key, uint64_t *out)
{
	const char *text = json_string_value(json_object_get(object, key));
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return !errno && !*end;
}

static bool small_of(const json_t *object, const char *key, uint32_t *out)
{
	const json_t *v = json_object_get(object, key);
	json_int_t n = json_integer_value(v);

	*out = (uint32_t)n;
	return json_is_integer(v) && n >= 0 && n <= UINT32_MAX;
}

static bool name_of(const json_t *object, const char *key, char out[LUKS_NAME_MAX])
{
	const char *text = json_string_value(json_object_get(object, key));

	if (!text || strlen(text) >= LUKS_NAME_MAX)
		return false;
	strcpy(out, text);
	return true;
}

static bool is_called(const json_t *object, const char *key, const char *wanted)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text && strcmp(text, wanted) == 0;
}

static bool bytes_of(const json_t *object, const char *key, uint8_t *out, size_t max, size_t *len)
{
	const json_t *v = json_object_get(object, key);
	gnutls_datum_t text = { (unsigned char *)(uintptr_t)json_string_value(v),
		(unsigned)json_string_length(v) };
	gnutls_datum_t bytes = { 0 };
	bool good = text.data && gnutls_base64_decode2(&text, &bytes) == 0 && bytes.size <= max;

	if (good) {
		memcpy(out, bytes.data, bytes.size);
		*len = bytes.size;
	}
	gnutls_free(bytes.data);
	return good;
}

static bool lists(const json_t *array, const char *wanted)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *text = json_string_value(json_array_get(array, i));

		if (text && strcmp(text, wanted) == 0)
			return true;
	}
	return false;
}

/* ---- parts ---- */

static bool take_derivation(const json_t *kdf, struct luks_derivation *d)
{
	*d = (struct luks_derivation){ .kdf = is_called(kdf, "type", "pbkdf2")    ? LUKS_PBKDF2
					      : is_called(kdf, "type", "argon2i") ? LUKS_ARGON2I
										  : LUKS_ARGON2ID };
	if (!bytes_of(kdf, "salt", d->salt, sizeof(d->salt), &d->salt_len))
		return false;
	if (d->kdf == LUKS_PBKDF2)
		return name_of(kdf, "hash", d->hash) && small_of(kdf, "iterations", &d->passes);
	return (d->kdf == LUKS_ARGON2I || is_called(kdf, "type", "argon2id")) &&
	       small_of(kdf, "time", &d->passes) && small_of(kdf, "memory", &d->memory) &&
	       small_of(kdf, "cpus", &d->lanes);
}

static bool take_slot(const json_t *slot, const struct luks *l, struct luks_slot *s)
{
	const json_t *area = json_object_get(slot, "area"), *af = json_object_get(slot, "af");
	uint32_t key_len, area_key_len;
	uint64_t size;

	if (!small_of(slot, "key_size", &key_len) || key_len != l->key_len ||
		!small_of(area, "key_size", &area_key_len) || area_key_len > LUKS_KEY_MAX ||
		!number_of(area, "offset", &s->off) || !number_of(area, "size", &size) ||
		!small_of(af, "stripes", &s->stripes) || !name_of(af, "hash", s->hash) ||
		!name_of(area, "encryption", s->cipher))
		return false;
	s->area_key_len = area_key_len;
	return size / (key_len ? key_len : 1) >= s->stripes &&
	       take_derivation(json_object_get(slot, "kdf"), &s->derivation);
}

static int nonsense(const char *what, struct err *err)
{
	return err_set(err, EUCLEAN, "%s in its LUKS header makes no sense", what);
}

static int take_segment(struct disk *d, const json_t *segment, struct luks *l, struct err *err)
{
	uint64_t off, len, first;
	uint32_t sector;

	if (!is_called(segment, "type", "crypt") || json_object_get(segment, "integrity") ||
		json_object_get(segment, "flags"))
		return err_set(err, ENOTSUP,
			"its encryption is under way, or of a kind that is not read here");
	if (!number_of(segment, "offset", &off) || !number_of(segment, "iv_tweak", &first) ||
		!small_of(segment, "sector_size", &sector) ||
		!name_of(segment, "encryption", l->cipher) || off >= disk_size(d) ||
		sector < SECTOR)
		return nonsense("the segment", err);
	len = (disk_size(d) - off) / sector * sector;
	if (!is_called(segment, "size", "dynamic") &&
		(!number_of(segment, "size", &len) || !range_within(off, len, disk_size(d))))
		return nonsense("the segment", err);
	l->off = off;
	l->len = len;
	l->sector_size = sector;
	l->first_sector = first;
	return 0;
}

/* The digest of the one segment, and the slots that have its key. */
static int take_key(const json_t *root, const char *segment, struct luks *l, struct err *err)
{
	const json_t *digests = json_object_get(root, "digests"), *digest, *found = NULL, *slot;
	const char *id;

	json_object_foreach((json_t *)(uintptr_t)digests, id,
		digest) if (lists(json_object_get(digest, "segments"), segment)) found = digest;
	if (!is_called(found, "type", "pbkdf2") || !take_derivation(found, &l->digest_of) ||
		!bytes_of(found, "digest", l->digest, sizeof(l->digest), &l->digest_len) ||
		!l->digest_len)
		return nonsense("the digest", err);
	json_object_foreach(json_object_get(root, "keyslots"), id, slot)
	{
		uint32_t key_len;

		if (!lists(json_object_get(found, "keyslots"), id) || l->n == LUKS_SLOTS_MAX)
			continue;
		if (!is_called(slot, "type", "luks2") || !small_of(slot, "key_size", &key_len) ||
			!key_len || key_len > LUKS_KEY_MAX)
			continue;
		if (!l->key_len)
			l->key_len = key_len;
		if (!take_slot(slot, l, &l->slots[l->n]))
			return nonsense("a key slot", err);
		l->n++;
	}
	return 0;
}

static int take_json(struct disk *d, const json_t *root, struct luks *l, struct err *err)
{
	json_t *segments = json_object_get(root, "segments");
	const json_t *needed = json_object_get(json_object_get(root, "config"), "requirements");
	const char *id = json_object_iter_key(json_object_iter(segments));
	int ret;

	if (json_array_size(json_object_get(needed, "mandatory")) || json_object_size(segments) > 1)
		return err_set(err, ENOTSUP,
			"its encryption is under way, or of a kind that is not read here");
	if (!id)
		return nonsense("the segment", err);
	ret = take_segment(d, json_object_get(segments, id), l, err);
	return ret < 0 ? ret : take_key(root, id, l, err);
}

int luks2_read(struct disk *d, struct luks *l, struct err *err)
{
	struct header h CLEANUP(header_release) = { 0 };
	json_t *root;
	int ret;

	find(d, &h);
	if (!h.bytes)
		return err_set(err, EUCLEAN, "none of its LUKS headers is whole");
	snprintf(l->uuid, sizeof(l->uuid), "%.*s", UUID, (const char *)h.bytes + HDR_UUID);
	root = json_loads((const char *)h.bytes + BINARY, JSON_REJECT_DUPLICATES, NULL);
	if (!root)
		return nonsense("the JSON", err);
	ret = take_json(d, root, l, err);
	json_decref(root);
	return ret;
}
