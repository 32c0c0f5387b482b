/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compressions that Linux unpacks an initrd from (lib/decompress.c there):
 * gzip, xz, lzma, zstd, lz4, lzop; bzip2 is only recognised. Memory is
 * bounded: 72 MiB in all for xz and lzma, 128 MiB of window for zstd, of which what is unpacked
 * uses no more than it is large, and blocks of 8 MiB for lz4 and of 256 KiB for lzop.
 */
#include "rootfs/unpack.h"

#include <errno.h>
#include <lz4.h>
#include <lz4frame.h>
#include <lzma.h>
#include <lzo/lzo1x.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/bytes.h"
#include "base/xalloc.h"

#define XZ_DICTIONARY   ((uint64_t)64 << 20) /* that of xz -9 */
#define XZ_MEMORY       (XZ_DICTIONARY + ((uint64_t)8 << 20))
#define ZSTD_WINDOW_LOG 27 /* as Linux; zstd -22 --ultra uses all of it when it reads a pipe */
#define LZ4_BLOCK       ((size_t)8 * 1024 * 1024)
#define LZO_BLOCK       ((size_t)256 * 1024) /* of lzop, and of Linux's reader of it */

void unpack_input_init(struct unpack_input *in, const struct cpio_source *source)
{
	*in = (struct unpack_input){ .source = source, .bytes = xmalloc(INPUT_BYTES) };
}

void unpack_input_release(struct unpack_input *in)
{
	free(in->bytes);
	in->bytes = NULL;
}

int unpack_input_fill(struct unpack_input *in, size_t want, struct err *err)
{
	while (unpack_input_have(in) < want && !in->eof) {
		int64_t n;

		if (in->at) {
			memmove(in->bytes, in->bytes + in->at, unpack_input_have(in));
			in->end -= in->at;
			in->at = 0;
		}
		n = in->source->read(
			in->source->ctx, in->bytes + in->end, INPUT_BYTES - in->end, err);
		if (n < 0)
			return (int)n;
		in->end += (size_t)n;
		in->eof = n == 0;
	}
	return 0;
}

/* Of all formats one is open at a time. */
struct unpacker {
	z_stream z;
	lzma_stream lzma;
	ZSTD_DCtx *zstd;
	LZ4F_dctx *lz4f;
	uint8_t *block, *packed; /* lz4 legacy, lzop */
	size_t block_at, block_end;
	bool started; /* the header was read */
	uint32_t lzo_flags;
};

static struct unpacker *new_unpacker(void)
{
	return xcalloc(1, sizeof(struct unpacker));
}

static int cut_off(const struct unpack_input *in, struct err *err)
{
	return err_set(err, EUCLEAN, "cut off at byte %llu", (unsigned long long)in->off);
}

static int damaged(const struct unpack_input *in, const char *detail, struct err *err)
{
	return err_set(err, EUCLEAN, "damaged near byte %llu (%s)", (unsigned long long)in->off,
		detail ? detail : "bad data");
}

static struct unpacker *gzip_open(void)
{
	struct unpacker *u = new_unpacker();

	/* 16: with gzip's header. */
	if (inflateInit2(&u->z, 15 + 16) != Z_OK)
		abort();
	return u;
}

static int gzip_read(struct unpacker *u, struct unpack_input *in, uint8_t *out, size_t len,
	size_t *got, bool *end, struct err *err)
{
	int z = Z_OK;

	u->z.next_out = out;
	u->z.avail_out = (uInt)len;
	while (u->z.avail_out && z == Z_OK) {
		int r = unpack_input_fill(in, 1, err);

		if (r < 0)
			return r;
		if (!unpack_input_have(in))
			return cut_off(in, err);
		u->z.next_in = in->bytes + in->at;
		u->z.avail_in = (uInt)unpack_input_have(in);
		z = inflate(&u->z, Z_NO_FLUSH);
		unpack_input_eat(in, unpack_input_have(in) - u->z.avail_in);
	}
	if (z != Z_OK && z != Z_STREAM_END)
		return damaged(in, u->z.msg, err);
	*got = len - u->z.avail_out;
	*end = z == Z_STREAM_END;
	return 0;
}

static void gzip_close(struct unpacker *u)
{
	inflateEnd(&u->z);
	free(u);
}

static struct unpacker *xz_open(void)
{
	struct unpacker *u = new_unpacker();

	/* What kernels can check is CRC32 alone; others are ignored here, as there. */
	if (lzma_stream_decoder(&u->lzma, XZ_MEMORY, LZMA_TELL_UNSUPPORTED_CHECK) != LZMA_OK)
		abort();
	return u;
}

static struct unpacker *lzma_open(void)
{
	struct unpacker *u = new_unpacker();

	if (lzma_alone_decoder(&u->lzma, XZ_MEMORY) != LZMA_OK)
		abort();
	return u;
}

static int xz_read(struct unpacker *u, struct unpack_input *in, uint8_t *out, size_t len,
	size_t *got, bool *end, struct err *err)
{
	lzma_ret x = LZMA_OK;

	u->lzma.next_out = out;
	u->lzma.avail_out = len;
	while (u->lzma.avail_out && (x == LZMA_OK || x == LZMA_UNSUPPORTED_CHECK)) {
		int r = unpack_input_fill(in, 1, err);

		if (r < 0)
			return r;
		u->lzma.next_in = in->bytes + in->at;
		u->lzma.avail_in = unpack_input_have(in);
		if (!unpack_input_have(in))
			return cut_off(in, err);
		x = lzma_code(&u->lzma, LZMA_RUN);
		unpack_input_eat(in, unpack_input_have(in) - u->lzma.avail_in);
	}
	if (x == LZMA_MEMLIMIT_ERROR)
		return err_set(err, ENOTSUP, "a dictionary of over %llu MiB",
			(unsigned long long)(XZ_DICTIONARY >> 20));
	if (x != LZMA_OK && x != LZMA_STREAM_END && x != LZMA_UNSUPPORTED_CHECK)
		return damaged(in, "xz", err);
	*got = len - u->lzma.avail_out;
	*end = x == LZMA_STREAM_END;
	return 0;
}

static void xz_close(struct unpacker *u)
{
	lzma_end(&u->lzma);
	free(u);
}

static struct unpacker *zstd_open(void)
{
	struct unpacker *u = new_unpacker();

	u->zstd = ZSTD_createDCtx();
	if (!u->zstd)
		abort();
	ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
	return u;
}

static int zstd_read(struct unpacker *u, struct unpack_input *in, uint8_t *out, size_t len,
	size_t *got, bool *end, struct err *err)
{
	ZSTD_outBuffer o = { out, len, 0 };
	size_t left = 1;

	while (o.pos < o.size && left) {
		ZSTD_inBuffer i;
		int r = unpack_input_fill(in, 1, err);

		if (r < 0)
			return r;
		if (!unpack_input_have(in))
			return cut_off(in, err);
		i = (ZSTD_inBuffer){ in->bytes + in->at, unpack_input_have(in), 0 };
		left = ZSTD_decompressStream(u->zstd, &o, &i);
		if (ZSTD_getErrorCode(left) == ZSTD_error_frameParameter_windowTooLarge)
			return err_set(err, EUCLEAN,
				"its window is over %u MiB, which no kernel reads",
				1u << (ZSTD_WINDOW_LOG - 20));
		if (ZSTD_isError(left))
			return damaged(in, ZSTD_getErrorName(left), err);
		unpack_input_eat(in, i.pos);
	}
	*got = o.pos;
	*end = left == 0;
	return 0;
}

static void zstd_close(struct unpacker *u)
{
	ZSTD_freeDCtx(u->zstd);
	free(u);
}

static struct unpacker *lz4f_open(void)
{
	struct unpacker *u = new_unpacker();

	if (LZ4F_isError(LZ4F_createDecompressionContext(&u->lz4f, LZ4F_VERSION)))
		abort();
	return u;
}

static int lz4f_read(struct unpacker *u, struct unpack_input *in, uint8_t *out, size_t len,
	size_t *got, bool *end, struct err *err)
{
	size_t left = 1;

	*got = 0;
	while (*got < len && left) {
		size_t n = len - *got, eaten;
		int r = unpack_input_fill(in, 1, err);

		if (r < 0)
			return r;
		if (!unpack_input_have(in))
			return cut_off(in, err);
		eaten = unpack_input_have(in);
		left = LZ4F_decompress(u->lz4f, out + *got, &n, in->bytes + in->at, &eaten, NULL);
		if (LZ4F_isError(left))
			return damaged(in, LZ4F_getErrorName(left), err);
		unpack_input_eat(in, eaten);
		*got += n;
	}
	*end = left == 0;
	return 0;
}

static void lz4f_close(struct unpacker *u)
{
	LZ4F_freeDecompressionContext(u->lz4f);
	free(u);
}

static const uint8_t lz4_magic[4] = { 0x02, 0x21, 0x4c, 0x18 };

static struct unpacker *lz4_open(void)
{
	struct unpacker *u = new_unpacker();

	u->block = xmalloc(LZ4_BLOCK);
	u->packed = xmalloc((size_t)LZ4_COMPRESSBOUND(LZ4_BLOCK));
	return u;
}

/* Copies exactly n bytes; a source that ends before is cut off. */
static int take_bytes(struct unpack_input *in, uint8_t *out, size_t n, struct err *err)
{
	while (n) {
		size_t piece;
		int r = unpack_input_fill(in, 1, err);

		if (r < 0)
			return r;
		if (!unpack_input_have(in))
			return cut_off(in, err);
		piece = unpack_input_have(in) < n ? unpack_input_have(in) : n;
		memcpy(out, in->bytes + in->at, piece);
		unpack_input_eat(in, piece);
		out += piece;
		n -= piece;
	}
	return 0;
}

/* Reads and unpacks the next block: a 32-bit size, then that many bytes. */
static int lz4_block(struct unpacker *u, struct unpack_input *in, bool *end, struct err *err)
{
	uint32_t size;
	int r = unpack_input_fill(in, 4, err), n;

	if (r < 0)
		return r;
	*end = !unpack_input_have(in);
	if (*end)
		return u->block_end ? 0 : cut_off(in, err);
	if (unpack_input_have(in) < 4)
		return cut_off(in, err);
	size = le32(in->bytes + in->at);
	/* Nothing marks the end: what follows is zeroes, another archive, or the magic again. */
	if (size == le32(lz4_magic)) {
		unpack_input_eat(in, 4);
		return 0;
	}
	*end = size == 0 || size > LZ4_COMPRESSBOUND(LZ4_BLOCK);
	if (*end)
		return 0;
	unpack_input_eat(in, 4);
	r = take_bytes(in, u->packed, size, err);
	if (r < 0)
		return r;
	n = LZ4_decompress_safe((const char *)u->packed, (char *)u->block, (int)size, LZ4_BLOCK);
	if (n < 0)
		return damaged(in, "lz4", err);
	u->block_at = 0;
	u->block_end = (size_t)n;
	return 0;
}

static int lz4_read(struct unpacker *u, struct unpack_input *in, uint8_t *out, size_t len,
	size_t *got, bool *end, struct err *err)
{
	if (!u->started)
		unpack_input_eat(in, sizeof(lz4_magic));
	u->started = true;
	*end = false;
	while (u->block_at == u->block_end && !*end) {
		int r = lz4_block(u, in, end, err);

		if (r < 0)
			return r;
	}
	*got = u->block_end - u->block_at < len ? u->block_end - u->block_at : len;
	memcpy(out, u->block + u->block_at, *got);
	u->block_at += *got;
	return 0;
}

static void blocks_close(struct unpacker *u)
{
	free(u->block);
	free(u->packed);
	free(u);
}

/* ---- lzop: a header, then blocks of two sizes, checksums and data, all big-endian ---- */

#define LZOP_MAGIC        9
#define LZOP_NEW_HEADER   0x0940 /* from this version on it is longer */
#define LZOP_ADLER        0x00000001u
#define LZOP_PACKED_ADLER 0x00000002u
#define LZOP_CRC          0x00000100u
#define LZOP_PACKED_CRC   0x00000200u
#define LZOP_FILTER       0x00000800u
#define LZOP_EXTRA        0x00000040u

static struct unpacker *lzop_open(void)
{
	struct unpacker *u = new_unpacker();

	u->block = xmalloc(LZO_BLOCK);
	u->packed = xmalloc(LZO_BLOCK);
	return u;
}

static int lzop_header(struct unpacker *u, struct unpack_input *in, struct err *err)
{
	uint8_t h[256 + 4];
	bool longer;
	int r = take_bytes(in, h, LZOP_MAGIC + 4, err);

	if (r < 0)
		return r;
	longer = be16(h + LZOP_MAGIC) >= LZOP_NEW_HEADER;
	/* The version that is needed, the method and its level, the flags. */
	r = take_bytes(in, h, longer ? 8 : 5, err);
	if (r < 0)
		return r;
	u->lzo_flags = be32(h + (longer ? 4 : 1));
	if (u->lzo_flags & (LZOP_FILTER | LZOP_EXTRA))
		return err_set(err, ENOTSUP, "lzop's filters are not read here");
	/* Mode and time; the name's length, the name, a checksum. */
	r = take_bytes(in, h, longer ? 13 : 9, err);
	if (r == 0)
		r = take_bytes(in, h, (size_t)h[longer ? 12 : 8] + 4, err);
	return r;
}

/* The first of a block's checksums is of what was unpacked. */
static bool sum_is_right(const struct unpacker *u, const uint8_t *sums, uint32_t size)
{
	if (FUZZING)
		return true;
	if (u->lzo_flags & LZOP_ADLER)
		return adler32(1, u->block, size) == be32(sums);
	return !(u->lzo_flags & LZOP_CRC) || crc32(0, u->block, size) == be32(sums);
}

static int lzop_block(struct unpacker *u, struct unpack_input *in, bool *end, struct err *err)
{
	unsigned sums = 4 * (!!(u->lzo_flags & LZOP_ADLER) + !!(u->lzo_flags & LZOP_CRC));
	uint32_t size, packed;
	lzo_uint got = LZO_BLOCK;
	uint8_t h[16];
	int r = take_bytes(in, h, 4, err);

	if (r < 0)
		return r;
	size = be32(h);
	*end = size == 0;
	if (*end)
		return 0;
	r = take_bytes(in, h, 4, err);
	if (r < 0)
		return r;
	packed = be32(h);
	if (size > LZO_BLOCK || packed > size)
		return damaged(in, "lzop", err);
	/* What could not be made smaller stands as it is, with one set of checksums. */
	if (packed < size)
		sums += 4 *
			(!!(u->lzo_flags & LZOP_PACKED_ADLER) + !!(u->lzo_flags & LZOP_PACKED_CRC));
	r = take_bytes(in, h, sums, err);
	if (r == 0)
		r = take_bytes(in, packed < size ? u->packed : u->block, packed, err);
	if (r < 0)
		return r;
	if (packed < size &&
		(lzo1x_decompress_safe(u->packed, packed, u->block, &got, NULL) != LZO_E_OK ||
			got != size))
		return damaged(in, "lzop", err);
	if (!sum_is_right(u, h, size))
		return damaged(in, "a checksum", err);
	u->block_at = 0;
	u->block_end = size;
	return 0;
}

static int lzop_read(struct unpacker *u, struct unpack_input *in, uint8_t *out, size_t len,
	size_t *got, bool *end, struct err *err)
{
	int r = u->started ? 0 : lzop_header(u, in, err);

	u->started = true;
	*end = false;
	while (r == 0 && u->block_at == u->block_end && !*end)
		r = lzop_block(u, in, end, err);
	if (r < 0)
		return r;
	*got = u->block_end - u->block_at < len ? u->block_end - u->block_at : len;
	memcpy(out, u->block + u->block_at, *got);
	u->block_at += *got;
	return 0;
}

static const struct unpack_format formats[] = {
	{ "gzip", "\x1f\x8b", 2, gzip_open, gzip_read, gzip_close },
	{ "zstd", "\x28\xb5\x2f\xfd", 4, zstd_open, zstd_read, zstd_close },
	{ "xz",
		"\xfd"
		"7zXZ",
		6, xz_open, xz_read, xz_close },
	{ "lz4", "\x02\x21\x4c\x18", 4, lz4_open, lz4_read, blocks_close },
	{ "lz4 frame", "\x04\x22\x4d\x18", 4, lz4f_open, lz4f_read, lz4f_close },
	{ "lzma", "\x5d\x00\x00", 3, lzma_open, xz_read, xz_close },
	{ "bzip2", "BZh", 3, NULL, NULL, NULL },
	{ "lzo", "\x89LZO\0\r\n\x1a\n", LZOP_MAGIC, lzop_open, lzop_read, blocks_close },
};

const struct unpack_format *unpack_format_of(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (len >= formats[i].magic_len &&
			memcmp(p, formats[i].magic, formats[i].magic_len) == 0)
			return &formats[i];
	return NULL;
}
