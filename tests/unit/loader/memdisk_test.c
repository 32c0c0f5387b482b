/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory disks: archives made by tar(1) and cpio(1), with links in them. */
#include "loader/memdisk.h"

#include <stdio.h>

#include "base/xalloc.h"
#include "tap.h"

static void shell(const char *command, struct buf *out)
{
	FILE *f = popen(command, "r");
	size_t n;

	buf_reset(out);
	while (f && (n = fread(buf_reserve(out, 65536), 1, 65536, f)) > 0)
		buf_added(out, n);
	if (!f || pclose(f) != 0)
		printf("Bail out! %s\n", command);
}

static void test_kind(const char *fstype, const char *link, const char *pack)
{
	CLEANUP(xfree)
	char *command = xasprintf(
		"D=$(mktemp -d) && cd \"$D\" && mkdir -p boot/grub && echo first >boot/grub/grub.cfg && "
		"ln -s grub.cfg boot/grub/soft && "
		"ln -s loop boot/loop && %s && %s; rm -r \"$D\"",
		link, pack);
	CLEANUP(buf_release) struct buf all = BUF_INIT;
	CLEANUP(memdisk_close) struct memdisk *m = NULL;
	const char *const paths[] = { "/boot/grub/grub.cfg", "/boot/grub/soft", "/boot/hard" };
	CLEANUP(strlist_release) struct strlist names = { 0 };
	const struct volume *v;

	shell(command, &all);
	m = memdisk_open(buf_bytes(&all), all.len);
	ok(m != NULL, "%s is opened", fstype);
	if (!m)
		return;
	v = memdisk_volume(m);
	is_str(v->fstype, fstype, "as what it is");
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		CLEANUP(buf_release) struct buf text = BUF_INIT;

		volume_read(v, paths[i], 100, &text, NULL);
		is_str(buf_text(&text), "first\n", paths[i]);
	}
	is_int(volume_stat(v, "/boot/loop", NULL), ABSENT, "a link to itself leads nowhere");
	is_int(volume_stat(v, "/boot", NULL), PRESENT, "a folder is there");
	is_int(volume_stat(v, "/none", NULL), ABSENT, "another is not");
	volume_list(v, "/boot", &names, NULL);
	strlist_sort(&names);
	is_int(names.n, 3, "three names in it");
	/* Damage: of an archive that ends early nothing is believed, and nothing is read beyond it. */
	for (size_t n = 1; n < all.len; n += 37) {
		uint8_t *tight = xmemdup(buf_bytes(&all), n);
		struct memdisk *cut = memdisk_open(tight, n);

		if (cut)
			memdisk_close(cut);
		free(tight);
	}
	ok(true, "cut off, it ends");
}

int main(void)
{
	requires("tar cpio");
	test_kind("tar", "ln boot/grub/grub.cfg boot/hard", "tar -c --format=ustar boot");
	test_kind("tar", "ln boot/grub/grub.cfg boot/hard", "tar -c --format=gnu boot");
	test_kind("newc", "cp boot/grub/grub.cfg boot/hard", "find boot | cpio -o -H newc --quiet");
	ok(!memdisk_open("hsqs", 4), "squashfs is not read");
	ok(!memdisk_open("", 0), "nothing is none");
	return tap_done();
}
