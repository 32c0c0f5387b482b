/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The head of a flattened device tree: whose it is, and whether loaders take it. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "tap.h"
#include "uefi/devicetree.h"

#define STRUCTURE 56

/* A tree whose structure are these words, and whose strings are "compatible" and "model". */
struct made {
	uint8_t bytes[512];
	size_t len;
};

static void word(struct made *m, uint32_t value)
{
	put_be32(m->bytes + m->len, value);
	m->len += 4;
}

static void property(struct made *m, uint32_t name, const char *value, size_t len)
{
	word(m, 3);
	word(m, (uint32_t)len);
	word(m, name);
	memcpy(m->bytes + m->len, value, len);
	m->len += (len + 3) & ~(size_t)3;
}

static void begin(struct made *m)
{
	*m = (struct made){ .len = STRUCTURE };
	word(m, 1);
	word(m, 0);
}

static void finish(struct made *m)
{
	static const char strings[] = "compatible\0model";
	static const unsigned version = 20, compatible = 24;

	word(m, 2);
	word(m, 9);
	put_be32(m->bytes, 0xd00dfeed);
	put_be32(m->bytes + 8, STRUCTURE);
	put_be32(m->bytes + 12, (uint32_t)m->len);
	put_be32(m->bytes + 16, 40);
	put_be32(m->bytes + version, 17);
	put_be32(m->bytes + compatible, 16);
	put_be32(m->bytes + 32, sizeof(strings));
	put_be32(m->bytes + 36, (uint32_t)(m->len - STRUCTURE));
	memcpy(m->bytes + m->len, strings, sizeof(strings));
	m->len += sizeof(strings);
	put_be32(m->bytes + 4, (uint32_t)m->len);
}

static void says(const struct made *m, const char *name, const char *what)
{
	CLEANUP(xfree) char *got = devicetree_compatible(m->bytes, m->len);

	ok(devicetree_valid(m->bytes, m->len), "%s: it is a tree", what);
	ok(got && name ? strcmp(got, name) == 0 : got == name, "%s: of %s, and is %s", what,
		name ? name : "no machine", got ? got : "none");
}

static void test_names(void)
{
	struct made m;

	begin(&m);
	property(&m, 11, "A board", 8);
	word(&m, 4);
	property(&m, 0, "acme,board-1\0acme,chip", 23);
	finish(&m);
	says(&m, "acme,board-1", "the first of two names, behind another property");
	begin(&m);
	property(&m, 0, "cut", 3);
	finish(&m);
	says(&m, "cut", "a name without its end");
	begin(&m);
	property(&m, 11, "A board", 8);
	finish(&m);
	says(&m, NULL, "no name");
	begin(&m);
	word(&m, 1);
	word(&m, 0x73000000);
	property(&m, 0, "acme,chip", 10);
	word(&m, 2);
	finish(&m);
	says(&m, NULL, "the name of another node");
	begin(&m);
	word(&m, 3);
	word(&m, 0xfffffffc);
	word(&m, 0);
	finish(&m);
	says(&m, NULL, "a value beyond the end");
	begin(&m);
	property(&m, 0xfffffff0, "acme,board-1", 13);
	finish(&m);
	says(&m, NULL, "a name beyond the strings");
}

static void refused(struct made m, size_t at, uint32_t value, const char *what)
{
	put_be32(m.bytes + at, value);
	ok(!devicetree_valid(m.bytes, m.len), "%s", what);
}

static void test_headers(void)
{
	struct made m;

	begin(&m);
	finish(&m);
	ok(devicetree_valid(m.bytes, m.len), "an empty one is one");
	ok(!devicetree_valid(m.bytes, m.len - 1), "not when it is cut off");
	ok(!devicetree_valid(m.bytes, 20), "nor with half of a header");
	refused(m, 0, 0xd00dfeee, "another magic");
	refused(m, 4, 0xffffffff, "larger than the file");
	refused(m, 4, 8, "smaller than a header");
	refused(m, 8, 57, "a structure at an odd place");
	refused(m, 8, 0xfffffffc, "a structure outside");
	refused(m, 12, 0xffffffff, "strings outside");
	refused(m, 20, 16, "an old version");
	refused(m, 24, 18, "a version to come");
}

int main(void)
{
	test_names();
	test_headers();
	ok(devicetree_is_virtual("linux,dummy-virt"), "QEMU's, and others'");
	ok(devicetree_is_virtual("xen,xenvm-4.17"), "Xen's");
	ok(!devicetree_is_virtual("acme,board-1"), "a board is no virtual machine");
	return tap_done();
}
