/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rootfs/xfs and rootfs/btrfs: file systems that mkfs.xfs and mkfs.btrfs fill
 * from a real folder, read through every path a guest uses, and damaged at
 * random. With ARMVM_TEST_APPLIANCE=1 (minutes without KVM) also what a kernel
 * wrote: the reader and the appliance must answer the same.
 */
#include "guest_tree.h"

#include "rootfs/backend.h"
#include "rootfs/staged.h"

struct kind {
	const char *type;
	const char *make; /* in "$D": fills img from t or from the prototype p */
};

/* Other structures to read: block sizes, versions, large folder blocks, small nodes. */
static const struct kind kinds[] = {
	{ "xfs", "mkfs.xfs -q -f -L root -p p img" },
	{ "xfs", "mkfs.xfs -q -f -L root -m crc=0 -n size=16384 -p p img 2>err" },
	{ "xfs", "mkfs.xfs -q -f -L root -m crc=0 -n ftype=0 -p p img 2>err" },
	{ "xfs", "mkfs.xfs -q -f -L root -b size=1024 -m rmapbt=1,reflink=1 -i size=512 -p p img" },
	{ "xfs",
		"mkfs.xfs -q -f -L root -n size=65536 -i size=2048,sparse=1 -m bigtime=1 -p p img" },
	{ "btrfs", "mkfs.btrfs -q -L root -r t img >err 2>&1" },
	{ "btrfs", "mkfs.btrfs -q -L root -n 4096 -O mixed-bg -r t img >err 2>&1" },
	{ "btrfs", "mkfs.btrfs -q -L root -n 65536 -m dup --csum sha256 -r t img >err 2>&1" },
};

/* mkfs.xfs takes a list of what to make; it writes targets of links in blocks wrongly, so "long" stays out. */
static const char prototype[] =
	"cd \"$D\" && list() { for f in \"$1\"/*; do n=${f##*/}; "
	"if [ -L \"$f\" ]; then echo \"$n l--777 0 0 $(readlink \"$f\")\"; "
	"elif [ -d \"$f\" ]; then echo \"$n d--755 0 0\"; [ -z \"$(ls \"$f\")\" ] || list \"$f\"; echo '$'; "
	"elif [ -u \"$f\" ]; then echo \"$n -u-755 0 0 $f\"; else echo \"$n ---644 0 0 $f\"; fi; done; } && "
	"{ echo /dev/null; echo 0 0; echo d--755 0 0; list t; echo '$'; } >p";

static bool make_image(const struct kind *kind)
{
	CLEANUP(xfree)
	char *command = xasprintf(
		"cd \"$D\" && rm -f img && truncate -s 320M img && %s", kind->make);

	return sh(command);
}

static int open_layer(struct disk *layer, const char *type, struct rootfs **fs, struct err *err)
{
	struct rootfs_source src = { .disk = layer, .type = type };

	return rootfs_open(fs, &src, err);
}

static struct disk *open_disk(void)
{
	CLEANUP(xfree) char *path = xasprintf("%s/img", folder);
	struct disk *disk = NULL;

	disk_open_raw(path, &disk, NULL);
	return disk;
}

/* Whoever wants no error's text learns what is not there as well; a layer makes it then. */
static void test_absent(struct rootfs *fs)
{
	struct rootfs *layer CLEANUP(rootfs_close) = rootfs_stage(fs);
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct rootfs_stat st;

	is_int(rootfs_stat(fs, "/nowhere", &st, NULL), -ENOENT, "what is not there");
	is_int(rootfs_read_file(fs, "/nowhere/x", 9, &text, NULL), -ENOENT, "nor can be read");
	is_int(rootfs_mkdir_p(layer, "/nowhere/x", 0, NULL), 0, "folders that a layer makes");
}

static void test_kind(const struct kind *kind)
{
	struct disk *disk CLEANUP(disk_close) = NULL;
	struct rootfs *fs CLEANUP(rootfs_close) = NULL;
	struct err err = { 0 };

	if (!ok(make_image(kind), "%s", kind->make))
		return;
	disk = open_disk();
	if (!is_int(disk ? open_layer(disk, kind->type, &fs, &err) : -1, 0, "opens")) {
		printf("# %s\n", err.text);
		return;
	}
	is_str(rootfs_facts(fs)->type, kind->type, "its type");
	is_str(rootfs_facts(fs)->label, "root", "its label");
	is_int(strlen(rootfs_facts(fs)->uuid), 36, "its UUID");
	ok(rootfs_facts(fs)->size <= 320u << 20 && rootfs_facts(fs)->free > 0, "its size");
	ok(!rootfs_facts(fs)->dirty_journal && !rootfs_facts(fs)->errors, "it is clean");
	test_reading(fs);
	test_absent(fs);
}

/* Damage is mostly found by its checksum, so every other time it is given a right one, too. */
static void test_hostile(const struct kind *kind, uint64_t superblock)
{
	struct disk *disk CLEANUP(disk_close) = NULL;
	unsigned opened = 0, refused = 0;

	make_image(kind);
	disk = open_disk();
	for (int round = 0; disk && round < 400; round++) {
		struct disk *layer = disk_overlay(disk);
		struct rootfs *fs = NULL;
		uint64_t span = round % 4 == 0 ? 512 : 24 << 20,
			 from = round % 4 == 0 ? superblock : 0;

		for (uint32_t n = next_random() % (round % 4 == 0 ? 3 : 4000) + 1; n > 0; n--) {
			uint8_t byte = (uint8_t)next_random();
			uint64_t at = from +
				      (((uint64_t)next_random() << 8) ^ next_random()) % span;

			if (disk_write(layer, at, &byte, 1, NULL) < 0)
				break;
		}
		if (open_layer(layer, kind->type, &fs, NULL) == 0) {
			read_all(fs);
			rootfs_close(fs);
			opened++;
		} else {
			refused++;
		}
		disk_close(layer);
	}
	ok(opened + refused == 400, "400 damaged images end in an answer (%s)", kind->make);
	ok(opened > 0 && refused > 0, "of both sorts: %u, %u", opened, refused);
}

static void test_facts(void)
{
	static const struct {
		const char *what, *type, *make, *damage;
		int code;
	} rows[] = {
		{ "an xfs that was cut short", "xfs", "mkfs.xfs -q -f img", "truncate -s 200M img",
			-EUCLEAN },
		{ "a btrfs that was cut short", "btrfs", "mkfs.btrfs -q img >err 2>&1",
			"truncate -s 200M img", -EUCLEAN },
		{ "a superblock with another UUID", "xfs", "mkfs.xfs -q -f img",
			"printf x | dd of=img bs=1 seek=33 conv=notrunc status=none", -EUCLEAN },
		{ "a label that its checksum does not know", "btrfs", "mkfs.btrfs -q img >err 2>&1",
			"printf x | dd of=img bs=1 seek=65835 conv=notrunc status=none", -EUCLEAN },
		{ "an xfs whose log is elsewhere", "xfs",
			"truncate -s 64M log && mkfs.xfs -q -f -l logdev=log,size=64m img",
			"rm log", -ENXIO },
		{ "an xfs with a realtime device", "xfs",
			"truncate -s 64M rt && mkfs.xfs -q -f -r rtdev=rt img", "rm rt", -ENXIO },
		{ "an xfs whose names have no case", "xfs", "mkfs.xfs -q -f -n version=ci img", ":",
			-ENOTSUP },
		{ "the same of version 4", "xfs", "mkfs.xfs -q -f -m crc=0 -n version=ci img 2>err",
			":", -ENOTSUP },
		{ "a feature to come, of version 4", "xfs", "mkfs.xfs -q -f -m crc=0 img 2>err",
			"xfs_db -x -c 'sb 0' -c 'write features2 0x4000028a' img >err", -ENOTSUP },
		{ "of version 5", "xfs", "mkfs.xfs -q -f img",
			"xfs_db -x -c 'sb 0' -c 'write -d features_incompat 0x4003' img >err",
			-ENOTSUP },
		{ "its own, written anew", "xfs", "mkfs.xfs -q -f img",
			"xfs_db -x -c 'sb 0' -c 'write features_incompat 3' img >err", 0 },
		{ "no xfs at all", "xfs", ":", ":", -EUCLEAN },
		{ "no btrfs at all", "btrfs", ":", ":", -EUCLEAN },
		{ "one of two devices", "btrfs",
			"truncate -s 320M img2 && mkfs.btrfs -q -f -d raid0 -m raid0 img img2 >err 2>&1",
			"rm img2", -ENXIO },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct kind kind = { rows[i].type, rows[i].make };
		CLEANUP(xfree) char *damage = xasprintf("cd \"$D\" && %s", rows[i].damage);
		struct disk *disk CLEANUP(disk_close) = NULL;
		struct rootfs *fs = NULL;
		struct err err = { 0 };

		if (!ok(make_image(&kind) && sh(damage), "%s", rows[i].what))
			continue;
		disk = open_disk();
		if (!is_int(open_layer(disk, kind.type, &fs, &err), rows[i].code, "is refused"))
			printf("# %s\n", err.text);
		if (fs)
			rootfs_close(fs);
	}
}

/* What rootflags=subvol= may name: Linux mounts no folder. */
static void test_subvolume(void)
{
	static const struct {
		const char *what, *path;
		int code;
	} rows[] = { { "what a mount shows", "", 0 }, { "the top", "/", 0 },
		{ "a folder", "a/b", -ENOENT }, { "nothing", "c", -ENOENT } };
	struct disk *disk CLEANUP(disk_close) = NULL;

	ok(make_image(&(struct kind){
		   "btrfs", "rm -rf s && mkdir -p s/a/b && mkfs.btrfs -q -r s img >err 2>&1" }),
		"a btrfs with folders");
	disk = open_disk();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rootfs_source src = {
			.disk = disk, .type = "btrfs", .subvolume = rows[i].path
		};
		struct rootfs *fs = NULL;

		is_int(rootfs_open(&fs, &src, NULL), rows[i].code, rows[i].what);
		if (fs)
			rootfs_close(fs);
	}
}

/* A log whose last record is another one than "unmounted" needs a replay. */
static void test_dirty_log(void)
{
	struct disk *disk CLEANUP(disk_close) = NULL;
	struct disk *layer CLEANUP(disk_close) = NULL;
	struct rootfs *fs CLEANUP(rootfs_close) = NULL;
	struct rootfs *loader CLEANUP(rootfs_close) = NULL;
	struct rootfs_source src = { .type = "xfs", .as_loader = true };
	uint8_t sector[512] = { 0 }, op[512] = { 0 };
	struct rootfs_stat st;
	struct err err = { 0 };

	make_image(&(struct kind){ "xfs", "mkfs.xfs -q -f img" });
	ok(sh("cd \"$D\" && xfs_db -r -c 'sb 0' -c 'p logstart' img | sed 's/.*= //' >start && "
	      "xfs_db -r -c 'sb 0' -c 'convert fsblock '$(cat start)' byte' img | "
	      "sed 's/.*(\\(.*\\))/\\1/' >byte"),
		"xfs_db knows where the log is");
	disk = open_disk();
	layer = src.disk = disk_overlay(disk);
	{
		CLEANUP(xfree) char *path = xasprintf("%s/byte", folder);
		FILE *f = fopen(path, "r");
		unsigned long long at = 0;

		ok(f && fscanf(f, "%llu", &at) == 1 && at > 0, "in bytes");
		if (f)
			fclose(f);
		ok(disk_read(layer, at, sector, sizeof(sector), NULL) == 0 &&
				disk_read(layer, at + 512, op, sizeof(op), NULL) == 0,
			"its first record");
		op[9] = 0; /* the flags of its operation: no longer "unmounted" */
		ok(disk_write(layer, at + 512, op, sizeof(op), NULL) == 0, "is changed");
	}
	if (is_int(open_layer(layer, "xfs", &fs, &err), 0, "it can be opened")) {
		ok(rootfs_facts(fs)->dirty_journal, "and the dirty log is a fact");
		is_int(rootfs_stat(fs, "/", &st, &err), -ENOTSUP, "no file is known then");
		ok(strstr(err.text, "the log of this xfs") != NULL, "why: %s", err.text);
	}
	if (is_int(rootfs_open(&loader, &src, &err), 0, "as a boot loader")) {
		ok(rootfs_facts(loader)->dirty_journal, "the same fact");
		is_int(rootfs_stat(loader, "/", &st, &err), 0, "it reads what is there");
	}
}

static void compare_folders(struct rootfs *a, struct rootfs *b, const char *path, unsigned *files)
{
	CLEANUP(rootfs_dir_release) struct rootfs_dir x = { 0 };
	CLEANUP(rootfs_dir_release) struct rootfs_dir y = { 0 };

	if (rootfs_list(a, path, &x, NULL) < 0 || rootfs_list(b, path, &y, NULL) < 0 ||
		x.n != y.n) {
		ok(false, "%s: the same list", path);
		return;
	}
	for (size_t i = 0; i < x.n; i++) {
		CLEANUP(xfree)
		char *p = xasprintf("%s/%s", path[1] ? path : "", x.v[i].name);
		CLEANUP(buf_release) struct buf m = BUF_INIT;
		CLEANUP(buf_release) struct buf n = BUF_INIT;
		struct rootfs_stat s = { 0 }, t = { 0 };

		rootfs_lstat(a, p, &s, NULL);
		rootfs_lstat(b, p, &t, NULL);
		if (strcmp(x.v[i].name, y.v[i].name) != 0 || x.v[i].type != y.v[i].type ||
			s.type != t.type || s.mode != t.mode || s.uid != t.uid ||
			(s.type != ROOTFS_DIR && s.size != t.size) || s.mtime != t.mtime)
			ok(false, "%s: the same attributes", p);
		if (s.type == ROOTFS_FILE) {
			rootfs_read_file(a, p, 64 << 20, &m, NULL);
			rootfs_read_file(b, p, 64 << 20, &n, NULL);
			if (m.len != n.len ||
				(m.len && memcmp(buf_bytes(&m), buf_bytes(&n), m.len) != 0))
				ok(false, "%s: the same content", p);
		}
		if (s.type == ROOTFS_DIR)
			compare_folders(a, b, p, files);
		++*files;
	}
}

/* Files in pieces, long links, compression, subvolumes: only a kernel makes these. */
static const struct kind by_kernel[] = {
	{ "xfs", "mkfs.xfs -q -f img && F='mount /dev/sda /'" },
	{ "xfs", "mkfs.xfs -q -f -m crc=0 img 2>err && F='mount /dev/sda /'" },
	{ "btrfs",
		"mkfs.btrfs -q img >err 2>&1 && F='mount-options compress-force=zstd /dev/sda /'" },
	{ "btrfs",
		"mkfs.btrfs -q img >err 2>&1 && F='mount-options compress-force=lzo /dev/sda /'" },
	{ "btrfs",
		"mkfs.btrfs -q img >err 2>&1 && "
		"F='mount-options compress-force=zlib /dev/sda / : btrfs-subvolume-create /sub'" },
};

static void test_by_kernel(const struct kind *kind)
{
	CLEANUP(xfree) char *path = xasprintf("%s/img", folder);
	CLEANUP(xfree)
	char *make = xasprintf(
		"%s && seq 20000 >t/pieces && "
		"echo 'cd /sysroot; for i in $(seq 400); do echo $i | dd of=pieces bs=4096 "
		"seek=$((i * 2)) conv=notrunc; sync pieces; done; true' >s && "
		"guestfish --format=raw -a img run : $F : copy-in t / : mv /t /many-names : copy-in s / : "
		"debug sh 'cd /sysroot; mv many-names/* .; sh s 2>/dev/null' : umount-all >err 2>&1",
		kind->make);
	struct rootfs_source src = { .type = kind->type, .path = path, .format = "raw" };
	struct disk *disk CLEANUP(disk_close) = NULL;
	struct rootfs *ours CLEANUP(rootfs_close) = NULL;
	struct rootfs *appliance CLEANUP(rootfs_close) = NULL;
	struct kind made = { kind->type, make };
	struct err err = { 0 };
	unsigned files = 0;

	if (!ok(make_image(&made), "by a kernel: %s", kind->make))
		return;
	src.disk = disk = open_disk();
	if (!is_int(rootfs_open(&ours, &src, &err), 0, "opens here") ||
		!is_int(rootfs_guestfs_open(&appliance, &src, &err), 0, "and in the appliance")) {
		printf("# %s\n", err.text);
		return;
	}
	compare_folders(ours, appliance, "/", &files);
	ok(files > 700, "%u files were compared", files);
	is_str(rootfs_facts(ours)->uuid, rootfs_facts(appliance)->uuid, "the same UUID");
	ok(!rootfs_facts(ours)->dirty_journal, "no dirty log after an unmount");
}

int main(void)
{
	requires("mkfs.xfs xfs_db mkfs.btrfs");
	if (!mkdtemp(folder))
		return 1;
	setenv("D", folder, 1);
	if (!ok(sh(tree) && sh(prototype), "a tree"))
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		test_kind(&kinds[i]);
	test_facts();
	test_subvolume();
	test_dirty_log();
	test_hostile(&kinds[0], 0);
	test_hostile(&kinds[1], 0);
	test_hostile(&kinds[5], 65536);
	test_hostile(&kinds[7], 65536);
	for (size_t i = 0; getenv("ARMVM_TEST_APPLIANCE") && i < ARRAY_SIZE(by_kernel); i++)
		test_by_kernel(&by_kernel[i]);
	sh("rm -r \"$D\"");
	return tap_done();
}
