/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "build/output.h"
#include "disk/disk.h"
#include "tap.h"

#define MIB    ((size_t)1 << 20)
#define SIZE   (20 * MIB + 1536)
#define OFFSET (3 * MIB)

/* Data from 4 to 6 MiB, zeroes that are stored from 6 to 8 MiB, the end of the file. */
static int make_source(uint8_t *bytes)
{
	int fd = memfd_create("source", MFD_CLOEXEC);

	memset(bytes, 0, SIZE);
	for (size_t i = 4 * MIB; i < 6 * MIB; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 4096);
	memset(bytes + SIZE - 100, 'e', 100);
	if (ftruncate(fd, SIZE) < 0 || pwrite(fd, bytes + 4 * MIB, 4 * MIB, 4 * MIB) != 4 * MIB ||
		pwrite(fd, bytes + SIZE - 100, 100, SIZE - 100) != 100)
		ok(false, "making the source");
	return fd;
}

/* The same writes to the layer and to what is expected. */
static void change(struct disk *overlay, uint8_t *bytes, uint64_t off, const char *text)
{
	memcpy(bytes + off, text, strlen(text));
	is_int(disk_write(overlay, off, text, strlen(text), NULL), 0, text);
}

static void holds(const char *path, const uint8_t *bytes, const char *what)
{
	uint8_t *got = xmalloc(SIZE);
	struct disk_facts facts = { 0 };
	struct disk *d = NULL;

	is_int(disk_open(path, &facts, &d, NULL), 0, what);
	is_int(disk_read(d, OFFSET, got, SIZE, NULL), 0, "it can be read");
	ok(memcmp(got, bytes, SIZE) == 0, "and holds the source with its changes");
	is_int(disk_read(d, OFFSET - 1536, got, 1536, NULL), 0, "what is before it");
	ok(got[0] == 'h' && got[1536 - 1] == 0, "is what was put there");
	disk_close(d);
	disk_facts_release(&facts);
	free(got);
}

static void write_as(enum build_format format, struct disk *overlay, int fd, const uint8_t *bytes,
	const char *what)
{
	const struct build_options opts = { .format = format };
	char path[] = "/tmp/armvm-output-XXXXXX";
	int out = mkostemp(path, O_CLOEXEC);
	struct output *o = NULL;

	is_int(output_open(out, &opts, 32 * MIB, &o, NULL), 0, what);
	is_int(output_put(o, OFFSET - 1536, "head", 4, NULL), 0, "something before it");
	is_int(output_put_overlay(o, OFFSET, overlay, fd, "", NULL), 0, "the layer");
	is_int(output_finish(o, NULL), 0, "and done");
	output_close(o);
	holds(path, bytes, what);
	if (format == BUILD_RAW) {
		is_int(lseek(out, OFFSET + 7 * MIB, SEEK_DATA), OFFSET + 10 * MIB,
			"stored zeroes have become a hole");
		is_int(lseek(out, 0, SEEK_END), 32 * MIB, "it has the disk's size");
	}
	unlink(path);
	close(out);
}

int main(void)
{
	uint8_t *bytes = xmalloc(SIZE);
	char path[64];
	int fd = make_source(bytes);
	struct disk *source = NULL, *overlay;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	is_int(disk_open_raw(path, &source, NULL), 0, "the source");
	overlay = disk_overlay(source);
	change(overlay, bytes, 0, "at the beginning");
	change(overlay, bytes, 4 * MIB - 3, "from a hole into data");
	change(overlay, bytes, 5 * MIB + 4096, "inside data");
	change(overlay, bytes, 10 * MIB, "inside a hole");
	change(overlay, bytes, SIZE - 4, "last");
	write_as(BUILD_RAW, overlay, fd, bytes, "a raw image");
	write_as(BUILD_QCOW2, overlay, fd, bytes, "a qcow2 image");
	disk_close(overlay);
	disk_close(source);
	close(fd);
	free(bytes);
	return tap_done();
}
