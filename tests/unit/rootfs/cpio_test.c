/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rootfs/cpio: archives made by cpio(1) and packed by the usual programs,
 * alone and one after the other, whole, cut off at each byte and damaged.
 */
#include "rootfs/cpio.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "tap.h"

struct bytes {
	const uint8_t *p;
	size_t len, at;
};

static int64_t read_bytes(void *ctx, void *out, size_t len, struct err *err)
{
	struct bytes *b = ctx;

	(void)err;
	/* Small pieces, so that everything gets split somewhere. */
	if (len > 61)
		len = 61;
	if (len > b->len - b->at)
		len = b->len - b->at;
	memcpy(out, b->p + b->at, len);
	b->at += len;
	return (int64_t)len;
}

struct seen {
	struct text names, hello;
	const char *stop_at;
	bool in_hello;
};

static enum cpio_go see_entry(void *ctx, const struct cpio_entry *entry)
{
	struct seen *s = ctx;

	text_printf(&s->names, "%s ", entry->name);
	s->in_hello = strcmp(entry->name, "hello") == 0;
	if (s->stop_at && strcmp(entry->name, s->stop_at) == 0)
		return CPIO_STOP;
	return s->in_hello ? CPIO_DATA : CPIO_SKIP;
}

static enum cpio_go see_data(void *ctx, const void *bytes, size_t len)
{
	text_add(&((struct seen *)ctx)->hello, bytes, len);
	return CPIO_DATA;
}

static int walk(
	const void *p, size_t len, struct seen *s, struct cpio_summary *sum, struct err *err)
{
	struct bytes b = { p, len, 0 };
	struct cpio_source source = { read_bytes, &b };
	struct cpio_visitor visitor = { see_entry, see_data, s };

	return cpio_walk(&source, &visitor, sum, err);
}

static void forget(struct seen *s)
{
	text_release(&s->names);
	text_release(&s->hello);
}

/* What the shell command prints. */
static void shell(const char *command, struct text *out)
{
	FILE *f = popen(command, "r");
	size_t n;

	text_reset(out);
	while (f && (n = fread(text_reserve(out, 65536), 1, 65536, f)) > 0)
		text_added(out, n);
	if (!f || pclose(f) != 0)
		printf("Bail out! %s\n", command);
}

#define ARCHIVE                                                                                    \
	"cd \"$D\" && printf 'early\\nhello\\nlib\\nlib/virtio_blk.ko\\n' | cpio -o -H newc --quiet"

static void test_packed(const char *name, const char *packer)
{
	CLEANUP(text_release) struct text all = TEXT_INIT;
	char *command = xasprintf("%s | %s", ARCHIVE, packer);
	struct cpio_summary sum;
	struct seen s = { 0 };
	struct err err = { 0 };
	unsigned wrong = 0;

	shell(command, &all);
	free(command);
	is_int(walk(text_str(&all), all.len, &s, &sum, &err), 0, name);
	is_str(text_str(&s.names), "early hello lib lib/virtio_blk.ko ", "all names are seen");
	is_str(text_str(&s.hello), "Hello, world", "and the content that was asked for");
	is_str(sum.compression, name, "the compression has its name");
	is_int(sum.segments, 1, "one segment");
	forget(&s);
	for (size_t n = 1; n < all.len; n++) {
		uint8_t *tight = xmemdup(text_str(&all), n);
		struct seen t = { 0 };
		int r = walk(tight, n, &t, &sum, NULL);

		/* What is cut off may be only padding or a checksum that is not looked at. */
		if (r != -EUCLEAN && !strstr(text_str(&t.names), "virtio_blk"))
			wrong++;
		forget(&t);
		free(tight);
	}
	is_int(wrong, 0, "cut off at each byte, it is found damaged");
	for (size_t n = 0; n < all.len; n++) {
		uint8_t *copy = xmemdup(text_str(&all), all.len);
		struct seen t = { 0 };

		copy[n] ^= 0x55;
		walk(copy, all.len, &t, &sum, NULL);
		forget(&t);
		free(copy);
	}
	ok(true, "with each byte changed, it ends");
}

static void test_segments(void)
{
	static const char two[] =
		"cd \"$D\" && { echo early | cpio -o -H newc --quiet; echo hello | cpio -o -H newc "
		"--quiet | gzip -n; head -c 7 /dev/zero; echo lib | cpio -o -H newc --quiet | xz --check=crc32; }";
	CLEANUP(text_release) struct text all = TEXT_INIT;
	struct cpio_summary sum;
	struct seen s = { 0 }, stop = { .stop_at = "early" };
	struct err err = { 0 };

	shell(two, &all);
	is_int(walk(text_str(&all), all.len, &s, &sum, &err), 0, "three archives in a row");
	is_str(text_str(&s.names), "early hello lib ", "are all read");
	is_int(sum.segments, 3, "and counted");
	is_str(sum.compression, "xz", "the last one's compression counts");
	is_int(walk(text_str(&all), all.len, &stop, &sum, NULL), 0, "a visitor can stop");
	ok(sum.stopped && sum.segments == 1, "and then nothing more is read");
	forget(&s);
	for (unsigned length = 16; length <= 17; length++) {
		CLEANUP(text_release) struct text with = TEXT_INIT;
		const uint8_t sizes[8] = { (uint8_t)length };

		text_add(&with, text_str(&all), all.len);
		text_add(&with, "kernel.quiet\n\0\0", 16 - 1);
		text_add(&with, "", 1);
		text_add(&with, (const char *)sizes, 8);
		text_puts(&with, "#BOOTCONFIG\n");
		is_int(walk(text_str(&with), with.len, &s, &sum, NULL), length == 16 ? 0 : -EUCLEAN,
			length == 16 ? "a bootconfig behind them"
				     : "but one that says it is longer");
		is_int(sum.segments, 3, "is no archive");
		forget(&s);
	}
	text_puts(&all, "junk");
	is_int(walk(text_str(&all), all.len, &s, &sum, &err), -EUCLEAN,
		"junk at the end is damage");
	forget(&s);
	forget(&stop);
}

static void test_odd(void)
{
	struct cpio_summary sum;
	struct seen s = { 0 };
	struct err err = { 0 };

	is_int(walk("", 0, &s, &sum, &err), 0, "an empty file has nothing");
	is_int(sum.segments, 0, "and no segments");
	is_int(walk("\0\0\0\0\0", 5, &s, &sum, &err), 0, "nor have zeroes");
	is_int(walk("BZh91AY", 7, &s, &sum, &err), -ENOTSUP, "bzip2 is told apart");
	is_int(walk("MZ", 2, &s, &sum, &err), -EUCLEAN, "something else is no initrd");
	is_int(walk("070701zz", 8, &s, &sum, &err), -EUCLEAN, "half a header");
	forget(&s);
}

int main(void)
{
	char folder[] = "/tmp/cpio_test.XXXXXX";
	char *command;

	requires("cpio gzip xz zstd lz4 lzop");
	if (!mkdtemp(folder))
		return 1;
	setenv("D", folder, 1);
	command = xasprintf(
		"cd %s && printf early >early && printf 'Hello, world' >hello && mkdir lib && "
		"head -c 3001 /dev/zero >lib/virtio_blk.ko",
		folder);
	if (system(command) != 0)
		return 1;
	free(command);
	test_packed("", "cat");
	test_packed("gzip", "gzip -n");
	test_packed("xz", "xz --check=crc32");
	test_packed("lzma", "xz --format=lzma");
	test_packed("zstd", "zstd -q");
	test_packed("lzo", "lzop");
	test_packed("lzo", "lzop --no-checksum");
	test_packed("lz4", "lz4 -l -q");
	test_packed("lz4 frame", "lz4 -q");
	test_segments();
	test_odd();
	command = xasprintf("rm -r %s", folder);
	if (system(command) != 0)
		return 1;
	free(command);
	return tap_done();
}
