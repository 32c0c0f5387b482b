/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "build/build.h"
#include "tap.h"

static void name(const char *rootfs, enum build_format format, const char *want)
{
	char *got = build_default_name(rootfs, format);

	is_str(got, want, rootfs);
	free(got);
}

static void size(const char *text, uint64_t want)
{
	uint64_t got = 0;

	ok(build_parse_size(text, &got) && got == want, "%s", text);
}

static void no_size(const char *text)
{
	uint64_t got;

	ok(!build_parse_size(text, &got), "\"%s\" is not a size", text);
}

int main(void)
{
	name("rootfs.img", BUILD_QCOW2, "rootfs.qcow2");
	name("/a/b.c/debian.12.ext4", BUILD_RAW, "debian.12.raw");
	name("./plain", BUILD_QCOW2, "plain.qcow2");
	name(".hidden", BUILD_QCOW2, ".hidden.qcow2");

	size("4096", 4096);
	size("1K", 1024);
	size("900M", 900ULL << 20);
	size("2GiB", 2ULL << 30);
	size("2gB", 2ULL << 30);
	size("1t", 1ULL << 40);
	no_size("");
	no_size("M");
	no_size("-1");
	no_size("1Q");
	no_size("1 G");
	no_size("1GG");
	no_size("1.5G");
	no_size("18446744073709551616");
	no_size("99999999999T");
	return tap_done();
}
