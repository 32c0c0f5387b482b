/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EFI_LOAD_OPTION: round trips, an option as efibootmgr writes it, and every truncation. */
#include <stdlib.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "tap.h"
#include "uefi/device_path.h"
#include "uefi/load_option.h"

/* "Linux": a path of one file node; one byte of data. */
static const uint8_t fixture[] = {
	0x01,
	0,
	0,
	0, /* active */
	0x14,
	0, /* the list: 20 bytes */
	'L',
	0,
	'i',
	0,
	'n',
	0,
	'u',
	0,
	'x',
	0,
	0,
	0, /* */
	0x04,
	0x04,
	0x10,
	0,
	'\\',
	0,
	'a',
	0,
	'.',
	0,
	'e',
	0, /* a file */
	'f',
	0,
	0,
	0, /* */
	0x7f,
	0xff,
	0x04,
	0, /* the end */
	0x5a,
};

static void test_fixture(void)
{
	struct load_option o;

	is_int(load_option_parse(fixture, sizeof(fixture), &o, NULL), 0, "an option is read");
	CLEANUP(xfree) char *name = load_option_description(&o);
	is_str(name, "Linux", "its description");
	is_int(o.attributes, LOAD_OPTION_ACTIVE, "its attributes");
	is_int(o.paths_size, 20, "its list");
	is_int(o.path_size, 20, "the first path in it");
	is_int(o.data_size, 1, "its data");
	ok(o.data && o.data[0] == 0x5a, "is what follows");
}

static void test_round_trip(void)
{
	CLEANUP(buf_release) struct buf paths = BUF_INIT, out = BUF_INIT;
	struct load_option o;

	dp_add_pci(&paths, 2, 0);
	ok(dp_add_file(&paths, "\\EFI\\BOOT\\BOOTAA64.EFI"), "a file");
	dp_add_end(&paths);
	size_t first = paths.len;
	dp_add_pci(&paths, 3, 0);
	dp_add_end(&paths);
	load_option_encode(&out, 9, "Gr\xc3\xbc\xc3\x9f", buf_bytes(&paths), paths.len, "data", 4);
	is_int(load_option_parse(buf_bytes(&out), out.len, &o, NULL), 0, "what was written");
	CLEANUP(xfree) char *name = load_option_description(&o);
	is_str(name, "Gr\xc3\xbc\xc3\x9f", "comes back");
	is_int(o.path_size, first, "the first of two paths");
	is_int(o.paths_size, paths.len, "both of them");
	ok(memcmp(o.paths, buf_bytes(&paths), paths.len) == 0, "byte by byte");
	ok(o.data_size == 4 && memcmp(o.data, "data", 4) == 0, "and the data");
}

static void test_wrong(void)
{
	uint8_t bytes[sizeof(fixture)];
	struct load_option o;
	unsigned accepted = 0;

	/* Cut anywhere it is refused, but between the paths and the data. */
	for (size_t n = 0; n < sizeof(fixture); n++) {
		CLEANUP(xfree) uint8_t *cut = xmemdup(fixture, n);

		accepted += load_option_parse(cut, n, &o, NULL) == 0;
	}
	is_int(accepted, 1, "an option that is cut is refused");
	memcpy(bytes, fixture, sizeof(bytes));
	put_le16(bytes + 4, 0);
	ok(load_option_parse(bytes, sizeof(bytes), &o, NULL) < 0, "no path");
	put_le16(bytes + 4, 0xffff);
	ok(load_option_parse(bytes, sizeof(bytes), &o, NULL) < 0, "a list beyond the end");
	put_le16(bytes + 4, 21);
	ok(load_option_parse(bytes, sizeof(bytes), &o, NULL) < 0, "a list with a rest");
	memcpy(bytes, fixture, sizeof(bytes));
	bytes[20] = 3;
	ok(load_option_parse(bytes, sizeof(bytes), &o, NULL) < 0, "a node below its header");
	bytes[20] = 0x40;
	ok(load_option_parse(bytes, sizeof(bytes), &o, NULL) < 0, "a node beyond the list");
}

int main(void)
{
	test_fixture();
	test_round_trip();
	test_wrong();
	return tap_done();
}
