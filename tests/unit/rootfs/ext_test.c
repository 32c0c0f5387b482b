/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rootfs/ext: file systems made by mke2fs -d from a real folder, read through
 * every path a guest uses, changed and given to e2fsck, and damaged at random.
 */
#include "rootfs/rootfs.h"

#include "guest_tree.h"

#define HOSTILE_ROUNDS 300u

struct opened {
	struct disk *base, *layer;
	struct rootfs *fs;
};

static bool open_image(struct opened *o, const char *name, bool writable)
{
	CLEANUP(xfree) char *path = xasprintf("%s/%s", folder, name);
	struct err err = { 0 };
	struct rootfs_source src = { .type = "ext4", .writable = writable, .now = NOW };

	*o = (struct opened){ 0 };
	if (disk_open_raw(path, &o->base, &err) == 0) {
		o->layer = disk_overlay(o->base);
		src.disk = o->layer;
		rootfs_open(&o->fs, &src, &err);
	}
	if (!o->fs)
		printf("# %s: %s\n", name, err.text);
	return o->fs != NULL;
}

static void close_image(struct opened *o)
{
	if (o->fs)
		rootfs_close(o->fs);
	if (o->layer)
		disk_close(o->layer);
	if (o->base)
		disk_close(o->base);
}

/* Writes what the overlay shows to a file, for e2fsck. */
static void save(struct opened *o, const char *name)
{
	CLEANUP(xfree) char *path = xasprintf("%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	static char piece[1 << 20];

	for (uint64_t off = 0; f && off < disk_size(o->layer); off += sizeof(piece)) {
		uint64_t left = disk_size(o->layer) - off;
		size_t n = left < sizeof(piece) ? (size_t)left : sizeof(piece);

		if (disk_read(o->layer, off, piece, n, NULL) < 0 || fwrite(piece, 1, n, f) != n)
			break;
	}
	if (f)
		fclose(f);
}

/* The options of mke2fs that give other structures to read and to write. */
static const char *const kinds[] = {
	"-t ext4",
	"-t ext3",
	"-t ext2 -b 1024",
	"-t ext4 -O inline_data",
	"-t ext4 -O ^metadata_csum,^64bit",
	"-t ext4 -O bigalloc",
	"-t ext4 -O ^dir_index,^extents,^64bit -b 1024",
};

static bool make_image(const char *options)
{
	CLEANUP(xfree)
	char *command = xasprintf(
		"cd \"$D\" && rm -f img && mke2fs -q -F %s -L root -U 01234567-89ab-cdef-0123-456789abcdef "
		"-E root_owner=0:0 -d t img 48M >err 2>&1",
		options);

	return sh(command);
}

static int change(struct rootfs *fs, struct err *err)
{
	static char big[3 * 1024 * 1024 + 17];
	char path[200];
	int r;

	memset(big, 'b', sizeof(big));
	r = rootfs_write_file(fs, "/etc/fstab", 0644, "hello\n", 6, NOW, err);
	if (r == 0)
		r = rootfs_write_file(fs, "/etc/os-release", 0600, "ID=new\n", 7, NOW, err);
	if (r == 0)
		r = rootfs_write_file(fs, "/boot/big", 0644, "small\n", 6, NOW, err);
	if (r == 0)
		r = rootfs_mkdir_p(fs, "/boot/grub/arm64-efi", NOW, err);
	if (r == 0)
		r = rootfs_write_file(fs, "/boot/grub/big", 0644, big, sizeof(big), NOW, err);
	if (r == 0)
		r = rootfs_symlink(fs, "/etc/fstab", "/boot/link", NOW, err);
	if (r == 0)
		r = rootfs_symlink(fs, "../etc", "/boot/link", NOW, err);
	if (r == 0)
		r = rootfs_remove(fs, "/boot/holes", err);
	if (r == 0)
		r = rootfs_remove(fs, "/boot/holes", err);
	for (int i = 0; r == 0 && i < 400; i++) {
		snprintf(path, sizeof(path), "/many/another-file-whose-name-is-long-%d", i);
		r = rootfs_write_file(fs, path, 0644, "", 0, NOW, err);
	}
	for (int i = 1; r == 0 && i < 700; i += 3) {
		snprintf(path, sizeof(path), "/many/a-file-with-quite-a-long-name-number-%d", i);
		r = rootfs_remove(fs, path, err);
	}
	return r == 0 ? rootfs_commit(fs, err) : r;
}

static void test_changed(struct rootfs *fs)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
	struct rootfs_stat st = { 0 };
	struct err err = { 0 };

	rootfs_read_file(fs, "/etc/os-release", 100, &text, &err);
	is_str(buf_text(&text), "ID=new\n", "a link was replaced by a file");
	rootfs_stat(fs, "/etc/os-release", &st, &err);
	ok(st.type == ROOTFS_FILE && st.mode == 0600 && st.uid == 0 && st.mtime == NOW,
		"with its attributes");
	rootfs_stat(fs, "/usr/lib/os-release", &st, &err);
	is_int(st.size, 10, "and what it led to is as it was");
	rootfs_stat(fs, "/boot/link/../boot/grub/big", &st, &err);
	is_int(st.size, 3 * 1024 * 1024 + 17, "a big file through a new link");
	ok(!rootfs_exists(fs, "/boot/holes"), "what was removed is gone");
	rootfs_list(fs, "/many", &dir, &err);
	is_int(dir.n, 700 + 400 - 233, "a big folder was changed a lot");
}

static void test_kind(const char *options)
{
	CLEANUP(xfree) char *name = xasprintf("mke2fs %s", options);
	struct opened o, p;
	struct err err = { 0 };

	if (!ok(make_image(options), "%s", name))
		return;
	if (!ok(open_image(&o, "img", false), "opens"))
		return;
	is_str(rootfs_facts(o.fs)->uuid, "01234567-89ab-cdef-0123-456789abcdef", "its UUID");
	is_str(rootfs_facts(o.fs)->label, "root", "its label");
	is_int(rootfs_facts(o.fs)->size, 48 << 20, "its size");
	ok(!rootfs_facts(o.fs)->dirty_journal && !rootfs_facts(o.fs)->errors, "it is clean");
	test_reading(o.fs);
	close_image(&o);
	if (!ok(open_image(&o, "img", true), "opens for writing"))
		return;
	if (!is_int(change(o.fs, &err), 0, "is changed"))
		printf("# %s\n", err.text);
	test_changed(o.fs);
	save(&o, "one");
	ok(sh("e2fsck -fn \"$D/one\" >\"$D/fsck\" 2>&1 || { cat \"$D/fsck\"; false; }"),
		"e2fsck finds nothing");
	close_image(&o);
	if (open_image(&p, "img", true)) {
		change(p.fs, &err);
		save(&p, "two");
	}
	close_image(&p);
	ok(sh("cmp \"$D/one\" \"$D/two\""), "the same changes give the same bytes");
}

static void test_facts(void)
{
	struct opened o;

	make_image("-t ext4");
	ok(sh("debugfs -w -R 'feature needs_recovery' \"$D/img\" >/dev/null 2>&1"),
		"a dirty journal");
	ok(open_image(&o, "img", false), "can be read");
	ok(o.fs && rootfs_facts(o.fs)->dirty_journal, "and is a fact");
	close_image(&o);
	ok(!open_image(&o, "img", true), "but not written");
	close_image(&o);
	ok(sh("cd \"$D\" && truncate -s 40M img"), "cut short");
	ok(!open_image(&o, "img", false), "it is refused");
	close_image(&o);
}

/* Its superblock names the device by number: Linux mounts it where that is the same, a boot loader reads it anywhere. */
static void test_journal_elsewhere(void)
{
	static const char *const types[] = { "ext3", "ext4" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		CLEANUP(xfree) char *options = xasprintf("-t %s", types[i]);
		struct rootfs_source src = { .type = types[i], .as_loader = true };
		struct rootfs *loader CLEANUP(rootfs_close) = NULL;
		struct opened o;

		make_image(options);
		ok(open_image(&o, "img", false), "%s: its own journal", types[i]);
		close_image(&o);
		ok(sh("printf 'ssv journal_inum 0\nssv journal_dev 0x0803\n' >\"$D/cmds\" && "
		      "debugfs -w -f \"$D/cmds\" \"$D/img\" >/dev/null 2>&1"),
			"%s: another device's", types[i]);
		ok(!open_image(&o, "img", false), "%s: is not shown", types[i]);
		src.disk = o.base;
		ok(rootfs_open(&loader, &src, NULL) == 0, "%s: but to a loader", types[i]);
		close_image(&o);
	}
}

/* A journal of 4096 blocks has 256 for fast commits, the first of which is of that transaction. */
#define FAST(tid)                                                                                  \
	"at() { echo $(($(debugfs -R \"bmap <8> $1\" img 2>err) * 1024 + $2)); } && "              \
	"put() { dd of=img bs=1 seek=$1 conv=notrunc status=none; } && "                           \
	"printf '\\0\\0\\0\\062' | put $(at 0 40) && printf '\\0\\0\\1\\0' | put $(at 0 84) && "   \
	"printf '\\011\\0\\010\\0\\0\\0\\0\\0\\" tid "\\0\\0\\0' | put $(at 3841 0)"

/* What debugfs writes to a journal; @ is the block of /usr/lib/os-release. Linux shows the same of each but of fast commits, which it replays. */
static void test_journal(void)
{
	static const struct {
		const char *what, *commands, *damage, *options,
			*text; /* NULL: it cannot be mounted */
	} rows[] = {
		{ "a transaction", "jo -c\\njw -b @ new\\njc", ":", "", "ID=newest\n" },
		{ "without checksums", "jo\\njw -b @ new\\njc", ":", "-O ^64bit,^metadata_csum",
			"ID=newest\n" },
		{ "with short ones", "jo -v 2 -c\\njw -b @ new\\njc", ":",
			"-O ^64bit,^metadata_csum", "ID=newest\n" },
		{ "one that was not committed", "jo -c\\njw -c -b @ new\\njc", ":", "",
			"ID=debian\n" },
		{ "one that another revokes", "jo -c\\njw -b @ new\\njc\\njo -c\\njw -r @\\njc",
			":", "", "ID=debian\n" },
		{ "and that is there again",
			"jo -c\\njw -b @ other\\njc\\njo -c\\njw -r @\\njc\\njo -c\\njw -b @ new\\njc",
			":", "", "ID=newest\n" },
		{ "content like a header", "jo -c\\njw -b @ magic\\njc", ":", "",
			"\300;9\230lity\n" },
		{ "fast commits of a transaction that was committed since",
			"jo -c\\njw -b @ new\\njc", FAST("1"), "-J size=4", "ID=newest\n" },
		{ "fast commits behind the last one", "jo -c\\njw -b @ new\\njc", FAST("2"),
			"-J size=4", NULL },
		{ "a byte that is another", "jo -c\\njw -b @ new\\njc",
			"LC_ALL=C sed -i s/ID=newest/ID=older!/ img", "", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(xfree) char *options = xasprintf("-t ext4 -b 1024 %s", rows[i].options);
		CLEANUP(xfree)
		char *command = xasprintf(
			"cd \"$D\" && b=$(debugfs -R 'bmap /usr/lib/os-release 0' img 2>err) && "
			"printf 'ID=newest\\n' >new && printf 'ID=others\\n' >other && "
			"printf '\\300;9\\230lity\\n' >magic && truncate -s 1024 new other magic && "
			"printf '%s\\n' | sed s/@/$b/ >cmds && debugfs -w -f cmds img >err 2>&1 && %s",
			rows[i].commands, rows[i].damage);
		CLEANUP(buf_release) struct buf text = BUF_INIT;
		struct rootfs_source src = { .type = "ext4", .as_loader = true };
		struct rootfs *loader CLEANUP(rootfs_close) = NULL;
		struct opened o;

		if (!ok(make_image(options) && sh(command), "%s", rows[i].what))
			continue;
		is_int(open_image(&o, "img", false), rows[i].text != NULL, "opens, or does not");
		if (o.fs && rootfs_read_file(o.fs, "/usr/lib/os-release", 100, &text, NULL) == 0)
			is_str(buf_text(&text), rows[i].text, "as a mount would show it");
		buf_reset(&text);
		src.disk = o.base;
		if (is_int(rootfs_open(&loader, &src, NULL), 0, "opens as for a boot loader") &&
			rootfs_read_file(loader, "/usr/lib/os-release", 100, &text, NULL) == 0)
			is_str(buf_text(&text), "ID=debian\n", "as it was");
		close_image(&o);
	}
}

/* libext2fs keeps an inode that it refuses, under the number of the one whose place it took. */
static void test_bad_inode(void)
{
	struct rootfs_stat st;
	struct opened o;

	make_image("-t ext4 -O metadata_csum");
	ok(sh("debugfs -w -R 'sif /boot/big checksum 0x1234' \"$D/img\" >/dev/null 2>&1"),
		"an inode with a wrong checksum");
	ok(open_image(&o, "img", false), "in a file system that can be opened");
	for (int i = 0; o.fs && i < 4; i++) {
		is_int(rootfs_stat(o.fs, "/boot/big", &st, NULL), -EUCLEAN, "it is refused");
		is_int(rootfs_stat(o.fs, "/boot/holes", &st, NULL), 0, "its neighbour is there");
	}
	close_image(&o);
}

/* Without the feature `filetype` an entry's kind is in its inode; one that cannot be read is of no kind that is known. */
static void test_untyped(void)
{
	static const char damage[] =
		"cd \"$D\" && set -- $(debugfs -R 'imap /boot/big' img 2>/dev/null | "
		"sed -n 's/.*block \\([0-9]*\\), offset \\(0x[0-9a-f]*\\).*/\\1 \\2/p') && "
		"printf '\\377' | dd of=img bs=1 seek=$(($1 * 4096 + $2 + 24)) conv=notrunc 2>err";
	CLEANUP(rootfs_dir_release) struct rootfs_dir before = { 0 };
	CLEANUP(rootfs_dir_release) struct rootfs_dir after = { 0 };
	struct opened o;
	bool file = false;

	if (!ok(make_image("-t ext4 -O ^filetype -b 4096"), "entries without a kind"))
		return;
	if (ok(open_image(&o, "img", false), "it opens"))
		is_int(rootfs_list(o.fs, "/boot", &before, NULL), 0, "they are listed");
	for (size_t i = 0; i < before.n; i++)
		file |= strcmp(before.v[i].name, "big") == 0 && before.v[i].type == ROOTFS_FILE;
	ok(file, "by their inodes");
	close_image(&o);
	if (!ok(sh(damage), "one of which is damaged") ||
		!ok(open_image(&o, "img", false), "it opens"))
		return;
	ok(rootfs_list(o.fs, "/boot", &after, NULL) < 0, "and the folder cannot be listed");
	close_image(&o);
}

static void test_hostile(const char *options)
{
	CLEANUP(xfree) char *path = xasprintf("%s/img", folder);
	struct disk *base = NULL;
	unsigned opened = 0, written = 0;

	make_image(options);
	if (!ok(disk_open_raw(path, &base, NULL) == 0, "an image to damage"))
		return;
	for (unsigned round = 0; round < HOSTILE_ROUNDS; round++) {
		struct disk *layer = disk_overlay(base);
		struct rootfs_source src = { .disk = layer, .type = "ext4", .now = NOW };
		struct rootfs *fs = NULL;
		/* The superblock alone, or the whole front where metadata is dense. */
		uint64_t span = round % 3 == 0 ? 1024 : 2 << 20,
			 from = round % 3 == 0 ? 1024 : 4096;

		src.writable = round % 5 == 0;
		for (uint32_t n = next_random() % (round % 3 == 0 ? 4 : 400) + 1; n > 0; n--) {
			uint8_t byte = (uint8_t)next_random();

			if (disk_write(layer, from + next_random() % span, &byte, 1, NULL) < 0)
				break;
		}
		if (rootfs_open(&fs, &src, NULL) == 0) {
			read_all(fs);
			opened++;
			if (src.writable &&
				rootfs_write_file(fs, "/etc/x", 0644, "x", 1, NOW, NULL) == 0)
				written += rootfs_commit(fs, NULL) == 0;
			rootfs_close(fs);
		}
		disk_close(layer);
	}
	disk_close(base);
	ok(opened && opened < HOSTILE_ROUNDS && written,
		"of %u damaged images (%s) %u are opened, and %u written to", HOSTILE_ROUNDS,
		options, opened, written);
}

int main(void)
{
	requires("mke2fs debugfs e2fsck");
	if (!mkdtemp(folder))
		return 1;
	setenv("D", folder, 1);
	if (!ok(sh(tree), "a tree"))
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		test_kind(kinds[i]);
	test_facts();
	test_journal();
	test_journal_elsewhere();
	test_bad_inode();
	test_untyped();
	test_hostile("-t ext4 -O ^metadata_csum");
	test_hostile("-t ext4");
	test_hostile("-t ext2 -b 1024");
	sh("rm -r \"$D\"");
	return tap_done();
}
