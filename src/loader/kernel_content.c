/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unpacks kernels and looks what is in them. See kernel_content.h. Leaves out a zboot image that is
 * compressed once more: the outer compression's checksum says whether it is whole. The size that stands
 * behind a payload is not compared: what else stands there differs between kernels.
 */
#include "loader/kernel_content.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"
#include "loader/grub_packed.h"
#include "pe/pe.h"
#include "pe/uki.h"
#include "rootfs/packed.h"

/* Linux Documentation/arch/arm64/booting.rst. */
#define IMAGE_HEAD      64
#define IMAGE_MAGIC     0x38
#define ZBOOT_MAGIC     4
#define ZBOOT_PAYLOAD   8
#define ZBOOT_LENGTH    12
#define ZBOOT_TYPE      24
#define ZBOOT_TYPE_SIZE 32

#define PIECE     ((size_t)256 * 1024)
#define KEPT_HEAD ((size_t)4096) /* with the headers of a PE file */

/* A range of the file, read from its beginning to its end. */
struct range {
	const struct pe_source *src;
	uint64_t at, end;
	bool failed; /* the file could not be read: another thing than one that is damaged */
};

static int64_t read_range(void *ctx, void *bytes, size_t len, struct err *err)
{
	struct range *r = ctx;
	int ret;

	if (len > r->end - r->at)
		len = (size_t)(r->end - r->at);
	if (!len)
		return 0;
	ret = r->src->read(r->src->ctx, r->at, bytes, len, err);
	r->failed = ret < 0;
	r->at += len;
	return ret < 0 ? ret : (int64_t)len;
}

/* What comes out of the compression. */
struct unpacked {
	uint8_t head[KEPT_HEAD]; /* zeroes behind size */
	uint64_t size;
	struct linux_banner banner;
};

static int take_unpacked(void *ctx, const uint8_t *bytes, size_t len, struct err *err)
{
	struct unpacked *u = ctx;

	if (u->size < KEPT_HEAD) {
		size_t left = KEPT_HEAD - (size_t)u->size;

		memcpy(u->head + u->size, bytes, len < left ? len : left);
	}
	linux_banner_feed(&u->banner, bytes, len);
	u->size += len;
	if (u->size > KERNEL_CONTENT_MAX)
		return err_set(err, ENOTSUP, "more than %" PRIu64 " MiB are in it",
			KERNEL_CONTENT_MAX >> 20);
	return 0;
}

static void problem(struct kernel_content *c, int code, const char *text)
{
	c->problem_code = code;
	snprintf(c->problem, sizeof(c->problem), "%.255s", text);
}

/* Unpacks a range to its end. What is found wrong is c's problem; 1: it is whole. */
static int unpack(struct kernel_content *c, const struct pe_source *src, uint64_t off, uint64_t len,
	struct unpacked *u, struct err *err)
{
	struct range range = { src, off, off + len, false };
	const struct cpio_source source = { read_range, &range };
	struct err why = { 0 };
	int ret = packed_walk(&source, take_unpacked, u, &why);

	c->version = u->banner.version;
	if (range.failed)
		return err_set(err, why.code, "%s", why.text);
	if (ret < 0)
		problem(c, ret == -EUCLEAN ? EUCLEAN : ENOTSUP, why.text);
	return ret == 0;
}

static bool is_image(const struct unpacked *u)
{
	return u->size >= IMAGE_HEAD && memcmp(u->head + IMAGE_MAGIC, "ARM\x64", 4) == 0;
}

/* The kernel's makefiles call them by how they make them: "xzkern", "zstd22". */
static const char *name_of_type(const char *type)
{
	static const char *const names[] = { "xz", "zstd" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strncmp(type, names[i], strlen(names[i])) == 0)
			return names[i];
	return type;
}

/* The compression of a payload must be the one that the program around it undoes. */
static int payload_format(struct kernel_content *c, const struct pe_source *src, uint64_t off,
	uint64_t len, const char *type, const char **format, struct err *err)
{
	size_t n = len < PACKED_HEAD ? (size_t)len : PACKED_HEAD;
	uint8_t head[PACKED_HEAD];
	char text[128];
	int ret = src->read(src->ctx, off, head, n, err);

	if (ret < 0)
		return ret;
	*format = packed_format(head, n);
	snprintf(c->packed, sizeof(c->packed), "zboot, %s", name_of_type(type));
	if (*format && strcmp(*format, name_of_type(type)) == 0)
		return 0;
	snprintf(text, sizeof(text), "its payload should be %s, and does not begin so",
		name_of_type(type));
	*format = NULL;
	problem(c, EUCLEAN, text);
	return 0;
}

static int read_zboot(
	struct kernel_content *c, const struct pe_source *src, const uint8_t *head, struct err *err)
{
	uint64_t off = le32(head + ZBOOT_PAYLOAD), len = le32(head + ZBOOT_LENGTH);
	char type[ZBOOT_TYPE_SIZE + 1] = { 0 };
	const char *format;
	struct unpacked u = { 0 };
	int ret;

	memcpy(type, head + ZBOOT_TYPE, ZBOOT_TYPE_SIZE);
	for (char *p = type; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	if (!len || !range_within(off, len, src->size)) {
		snprintf(c->packed, sizeof(c->packed), "zboot, %s", name_of_type(type));
		problem(c, EUCLEAN, "its payload ends behind the file");
		return 0;
	}
	ret = payload_format(c, src, off, len, type, &format, err);
	if (ret < 0 || !format)
		return ret;
	ret = unpack(c, src, off, len, &u, err);
	if (ret <= 0)
		return ret;
	if (!is_image(&u))
		problem(c, EUCLEAN, "what it unpacks is no kernel for AArch64");
	return 0;
}

/* The headers of what was unpacked, and its size; what stands between is of no interest. */
static int read_headers(void *ctx, uint64_t off, void *buf, size_t len, struct err *err)
{
	const struct unpacked *u = ctx;
	size_t have = off < KEPT_HEAD ? KEPT_HEAD - (size_t)off : 0;

	(void)err;
	memset(buf, 0, len);
	if (have)
		memcpy(buf, u->head + off, have < len ? have : len);
	return 0;
}

/* What was cut off before it was compressed. */
static void judge_unpacked(struct kernel_content *c, struct unpacked *u)
{
	const struct pe_source src = { read_headers, u->size, u };
	CLEANUP(pe_release) struct pe pe = { 0 };

	if (pe_read(&pe, &src, NULL) < 0)
		return;
	for (size_t i = 0; i < pe.n_problems && !c->problem_code; i++)
		if (pe.problems[i].code == PE_P_SECTION_CUT)
			problem(c, EUCLEAN, pe.problems[i].text);
}

/* Reads to its end what GRUB unpacks, and whether it reads all of it. */
static int unpack_by_grub(struct kernel_content *c, struct grub_packed *packed, struct unpacked *u,
	const uint8_t last[4], struct err *err)
{
	CLEANUP(xfree) uint8_t *piece = xmalloc(PIECE);
	const char *why;
	int64_t got;
	int ret;

	while ((got = grub_packed_read(packed, piece, PIECE, err)) > 0) {
		ret = take_unpacked(u, piece, (size_t)got, err);
		if (ret < 0)
			return ret;
	}
	ret = got < 0 ? (int)got : grub_packed_end(packed, last, &why, err);
	if (ret == 0 && why) {
		problem(c, EUCLEAN, why);
		c->whole = true;
	} else if (ret == 0) {
		judge_unpacked(c, u);
	}
	return ret;
}

static int read_packed(struct kernel_content *c, const struct pe_source *src, struct err *err)
{
	CLEANUP(grub_packed_release) struct grub_packed packed = { 0 };
	struct range range = { src, 0, src->size, false };
	const struct cpio_source source = { read_range, &range };
	struct unpacked u = { 0 };
	struct err why = { 0 };
	uint8_t last[4] = { 0 };
	int ret = src->size < 4 ? 0 : src->read(src->ctx, src->size - 4, last, 4, err);

	if (ret < 0)
		return ret;
	ret = grub_packed_open(&packed, &source, &why);
	for (size_t i = 0; i < packed.n; i++)
		snprintf(c->packed + strlen(c->packed), sizeof(c->packed) - strlen(c->packed),
			"%s%s", i ? ", in it " : "", packed.formats[i]);
	/* What GRUB does not open is no kernel for it. */
	if (ret == 0 && packed.n && !packed.refused)
		ret = unpack_by_grub(c, &packed, &u, last, &why);
	c->version = u.banner.version;
	if (range.failed)
		return err_set(err, why.code, "%s", why.text);
	if (ret < 0)
		problem(c, ret == -EUCLEAN ? EUCLEAN : ENOTSUP, why.text);
	return 0;
}

int kernel_content_read(
	struct kernel_content *c, const struct pe_source *src, bool unpacked_first, struct err *err)
{
	uint8_t head[IMAGE_HEAD] = { 0 };
	size_t len = src->size < sizeof(head) ? (size_t)src->size : sizeof(head);
	int ret = len ? src->read(src->ctx, 0, head, len, err) : 0;

	if (ret < 0)
		return ret;
	if (packed_format(head, len) && unpacked_first)
		return read_packed(c, src, err);
	if (len == sizeof(head) && memcmp(head, "MZ", 2) == 0 &&
		memcmp(head + ZBOOT_MAGIC, "zimg", 4) == 0)
		return read_zboot(c, src, head, err);
	ret = pe_linux_version(src, &c->version, err);
	if (ret != -ENOENT)
		return ret;
	err_clear(err);
	return 0;
}

void kernel_content_release(struct kernel_content *c)
{
	free(c->version);
	*c = (struct kernel_content){ 0 };
}
