/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bootconfigs: what of them becomes a command line, and which the kernel does not take. */
#include <string.h>

#include "loader/bootconfig.h"
#include "tap.h"

static void gives(const char *text, const char *want)
{
	CLEANUP(text_release) struct text out = TEXT_INIT;

	if (bootconfig_cmdline(text, strlen(text), &out))
		is_str(text_str(&out), want ? want : "(an error)", text);
	else
		ok(!want, "an error: %s", text);
}

static void test_texts(void)
{
	gives("", "");
	gives("kernel.root = \"UUID=12\"\n", "root=UUID=12 ");
	gives("kernel.root=UUID=12", "root=UUID=12 ");
	gives("kernel {\n root = 'UUID=12' # here\n quiet\n}\ninit.x = 1\n", "root=UUID=12 quiet ");
	gives("kernel { console = ttyAMA0,\n hvc0; ro }", "console=ttyAMA0 console=hvc0 ro ");
	gives("kernel.a.b := 1\nkernel.a.c += \"x y\"\n", "a.b=1 a.c=\"x y\" ");
	gives("kernel { a { b = 1 } c }\nkernelx.y = 2\nftrace.event { kernel.z = 3 }", "a.b=1 c ");
	gives("# nothing\n;;\n", "");
	gives("kernel.root = UUID=12 \t\nkernel.ro;kernel.rw", "root=UUID=12 ro rw ");
	gives("kernel { root = 1", NULL);
	gives("kernel } root = 1", NULL);
	gives("kernel.root = \"UUID", NULL);
	gives("kernel ! 1", NULL);
	gives("= 1", NULL);
	gives("a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{", NULL);
}

/* text, and what stands behind it, with some bytes before; damaged: its sum is another. */
static size_t make(uint8_t *p, const char *text, bool damaged, size_t padding)
{
	size_t len = strlen(text) + 1, at = 100 + len;
	uint32_t sum = damaged;

	memset(p, 'x', 100);
	memcpy(p + 100, text, len);
	for (size_t i = 0; i < len; i++)
		sum += (uint8_t)text[i];
	for (unsigned i = 0; i < 4; i++) {
		p[at + i] = (uint8_t)(len >> 8 * i);
		p[at + 4 + i] = (uint8_t)(sum >> 8 * i);
	}
	memcpy(p + at + 8, "#BOOTCONFIG\n", 12);
	memset(p + at + 20, 0, padding);
	return at + 20 + padding;
}

static void test_places(void)
{
	uint8_t p[256];
	const char *text;
	size_t len;

	for (size_t padding = 0; padding <= 4; padding++) {
		size_t n = make(p, "kernel.ro", false, padding);
		bool found = bootconfig_find(p, n, &text, &len);

		ok(found == (padding < 4), "%zu bytes behind it", padding);
		if (found)
			ok(len == 9 && memcmp(text, "kernel.ro", 9) == 0, "its text");
	}
	ok(!bootconfig_find(p, make(p, "kernel.ro", true, 0), &text, &len), "a sum that is wrong");
	make(p, "kernel.ro", false, 0);
	p[110] = 200;
	ok(!bootconfig_find(p, 130, &text, &len), "a size that is more than there is");
	for (size_t n = 0; n < 20; n++)
		ok(!bootconfig_find(p + 110, n, &text, &len), "only %zu bytes", n);
}

int main(void)
{
	test_texts();
	test_places();
	return tap_done();
}
