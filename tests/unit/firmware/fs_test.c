/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A FAT volume that is written in memory: the tree, contents against a model,
 * space and limits, and damage below.
 */
#include "../fat/volume.h"
#include "base/xalloc.h"
#include "firmware/fs/fs.h"

static bool make_volume(unsigned type)
{
	char command[512];

	snprintf(command, sizeof(command),
		"rm -f v.img && truncate -s %uM v.img && mkfs.fat -F %u -n TESTVOL v.img >/dev/null && "
		"head -c 20000 /dev/urandom > rnd && printf hello > hello && "
		"mmd -i v.img ::/EFI ::/EFI/BOOT ::/EFI/empty && "
		"mcopy -i v.img hello ::/EFI/BOOT/BOOTAA64.EFI && "
		"mcopy -i v.img rnd '::/EFI/BOOT/A rather long name.bin' && mattrib -i v.img +r "
		"::/EFI/BOOT/BOOTAA64.EFI",
		type == 12   ? 4
		: type == 16 ? 16
			     : 40,
		type);
	return shell(command);
}

static struct fs_node *find(struct fs *fs, const char *path)
{
	struct fs_node *node = NULL;

	return fs_find(fs, fs_root(fs), path, &node) == EFI_SUCCESS ? node : NULL;
}

static uint64_t count(struct fs *fs, struct fs_node *dir)
{
	uint64_t at = 0, n = 0;
	struct fs_node *node;

	while (fs_next(fs, dir, &at, &node) == EFI_SUCCESS && node)
		n++;
	return n;
}

static void test_reading(struct fs *fs)
{
	struct fs_node *node, *boot;
	char bytes[64];
	size_t got;
	char *path;

	node = find(fs, "\\EFI\\BOOT\\BOOTAA64.EFI");
	ok(node && node->size == 5 && node->attributes & FS_READ_ONLY, "a file");
	ok(find(fs, "efi\\boot\\bootaa64.efi") == node, "in another case");
	ok(find(fs, "\\EFI\\.\\BOOT\\..\\BOOT\\\\BOOTAA64.EFI") == node, "by dots");
	ok(find(fs, "\\EFI\\BOOT\\ARATHE~1.BIN") == find(fs, "\\efi\\boot\\a rather long name.bin"),
		"a short name is the long name's file");
	ok(!find(fs, "/EFI/BOOT/BOOTAA64.EFI"), "slashes separate nothing");
	ok(!find(fs, "\\EFI\\BOOT\\BOOTAA64.EFI\\x"), "nothing is in a file");
	is_int(fs_find(fs, fs_root(fs), "..", &node), EFI_INVALID_PARAMETER, "above the root");
	boot = find(fs, "\\EFI\\BOOT");
	is_int(count(fs, boot), 2, "two files in a folder");
	node = find(fs, "\\EFI\\BOOT\\BOOTAA64.EFI");
	is_int(fs_read(fs, node, 1, bytes, sizeof(bytes), &got), EFI_SUCCESS, "read");
	ok(got == 4 && memcmp(bytes, "ello", 4) == 0, "up to its end");
	is_int(fs_read(fs, node, 5, bytes, sizeof(bytes), &got), EFI_SUCCESS, "at its end");
	is_int(got, 0, "nothing");
	path = fs_path(node);
	is_str(path, "\\EFI\\BOOT\\BOOTAA64.EFI", "its path");
	free(path);
}

static void test_tree(struct fs *fs)
{
	struct fs_node *node, *dir, *other;
	struct fs_info before, after;

	fs_get_info(fs, &before);
	is_str(before.label, "TESTVOL", "label");
	is_int(fs_create(fs, fs_root(fs), "\\new", FS_DIRECTORY, &dir), EFI_SUCCESS, "a folder");
	is_int(fs_create(fs, dir, "file.txt", 0, &node), EFI_SUCCESS, "a file in it");
	is_int(node->modified, 1000000000, "made now");
	is_int(fs_create(fs, dir, "FILE.TXT", 0, &other), EFI_ACCESS_DENIED, "once only");
	is_int(fs_create(fs, dir, "a:b", 0, &other), EFI_INVALID_PARAMETER, "not by any name");
	is_int(fs_create(fs, dir, "no\\such", 0, &other), EFI_NOT_FOUND, "not without its folder");
	is_int(fs_create(fs, dir, "dots...", 0, &other), EFI_SUCCESS, "dots at a name's end");
	is_str(other->name, "dots", "are not part of it");
	is_int(fs_delete(fs, other), EFI_SUCCESS, "deleted");
	is_int(fs_delete(fs, dir), EFI_ACCESS_DENIED, "a folder that is not empty stays");
	is_int(fs_rename(fs, dir, "\\new\\inside", true), EFI_ACCESS_DENIED, "not into itself");
	is_int(fs_rename(fs, node, "\\EFI\\moved", true), EFI_SUCCESS, "moved");
	ok(find(fs, "\\EFI\\moved") == node && !find(fs, "\\new\\file.txt"), "it is there");
	is_int(fs_rename(fs, node, "MOVED", true), EFI_SUCCESS, "its own name in another case");
	is_str(node->name, "moved", "changes nothing");
	is_int(fs_rename(fs, node, "boot", true), EFI_ACCESS_DENIED, "not over what is there");
	is_int(fs_rename(fs, fs_root(fs), "x", true), EFI_ACCESS_DENIED, "the root stays");
	is_int(fs_delete(fs, dir), EFI_SUCCESS, "now it is empty");
	fs_hold(node);
	is_int(fs_delete(fs, node), EFI_SUCCESS, "a file that is held");
	ok(node->deleted, "is deleted");
	is_int(fs_resize(fs, node, 10), EFI_DEVICE_ERROR, "and of no use");
	fs_drop(fs, node);
	fs_get_info(fs, &after);
	is_int(after.free, before.free, "as much is free as before");
	is_int(fs_delete(fs, find(fs, "\\EFI\\BOOT\\BOOTAA64.EFI")), EFI_SUCCESS,
		"a read-only file goes: it is the handle's mode that counts");
	is_int(fs_set_label(fs, "other"), EFI_SUCCESS, "another label");
	fs_get_info(fs, &after);
	is_str(after.label, "OTHER", "in upper case");
	is_int(fs_set_label(fs, "a+b"), EFI_UNSUPPORTED, "of FAT's characters");
	is_int(fs_set_label(fs, "twelve chars!"), EFI_SUCCESS, "and no longer than one can be");
	fs_get_info(fs, &after);
	is_str(after.label, "TWELVECHARS", "it is cut");
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

#define MODEL_MAX 60000u

/* Random writes and sizes, held against a plain array. */
static void test_model(struct fs *fs)
{
	struct fs_node *node = find(fs, "\\EFI\\BOOT\\A rather long name.bin");
	uint8_t *model = xcalloc(1, MODEL_MAX), *read = xcalloc(1, MODEL_MAX);
	size_t size = (size_t)node->size, got;
	uint32_t state = 1;
	bool same = true;

	if (fs_read(fs, node, 0, model, MODEL_MAX, &got) != EFI_SUCCESS || got != 20000)
		same = false;
	for (int i = 0; i < 2000 && same; i++) {
		uint32_t off = next_random(&state) % MODEL_MAX;
		uint32_t len = next_random(&state) % 9000;

		if (len > MODEL_MAX - off)
			len = MODEL_MAX - off;
		if (next_random(&state) % 4 == 0) {
			same = fs_resize(fs, node, off) == EFI_SUCCESS;
			if (off < size)
				memset(model + off, 0, size - off);
			size = off;
		} else if (next_random(&state) % 2) {
			for (uint32_t j = 0; j < len; j++)
				model[off + j] = (uint8_t)next_random(&state);
			same = fs_write(fs, node, off, model + off, len) == EFI_SUCCESS;
			if (len && off + len > size)
				size = off + len;
		}
		same = same && node->size == size &&
		       fs_read(fs, node, off, read, len, &got) == EFI_SUCCESS &&
		       got == (off >= size               ? 0
				      : size - off < len ? size - off
							 : len) &&
		       memcmp(read, model + off, got) == 0;
	}
	same = same && fs_read(fs, node, 0, read, MODEL_MAX, &got) == EFI_SUCCESS && got == size &&
	       memcmp(read, model, size) == 0;
	ok(same, "a file is what was written to it");
	free(model);
	free(read);
}

static void test_full(struct fs *fs)
{
	uint8_t *bytes = xcalloc(1, 1 << 20);
	struct fs_node *node;
	struct fs_info info;
	efi_status status = EFI_SUCCESS;
	uint64_t written = 0, before;

	fs_get_info(fs, &info);
	before = info.free;
	is_int(fs_create(fs, fs_root(fs), "big", 0, &node), EFI_SUCCESS, "a large file");
	while (status == EFI_SUCCESS && written < 100u << 20) {
		status = fs_write(fs, node, written, bytes, 1 << 20);
		written += status == EFI_SUCCESS ? 1 << 20 : 0;
	}
	is_int(status, EFI_VOLUME_FULL, "does not grow for ever");
	ok(written <= before && node->size == written, "its size is what was written");
	is_int(fs_resize(fs, node, UINT64_C(1) << 32), EFI_UNSUPPORTED, "nor by 4 GiB");
	is_int(fs_write(fs, node, UINT64_MAX - 1, bytes, 10), EFI_UNSUPPORTED, "nor by overflow");
	is_int(fs_delete(fs, node), EFI_SUCCESS, "deleted");
	fs_get_info(fs, &info);
	is_int(info.free, before, "all of it is free again");
	free(bytes);
}

static void test_type(unsigned type)
{
	struct volume v;
	struct fs *fs = NULL;

	if (!ok(make_volume(type), "FAT%u", type))
		return;
	v = volume_map("v.img", type);
	is_int(fs_open(v.disk, false, &fs, NULL), 0, "opened");
	fs_set_time(fs, 1000000000);
	test_reading(fs);
	test_tree(fs);
	test_model(fs);
	test_full(fs);
	fs_close(fs);
	volume_unmap(&v);
}

static void test_damage(void)
{
	struct volume v;
	struct fs_node *node = NULL;
	struct fs *fs = NULL;
	char bytes[8192];
	size_t got;
	uint8_t *e;

	if (!make_volume(16))
		return;
	v = volume_map("v.img", 16);
	/* A folder that lies in itself. */
	e = volume_entry(&v, "EMPTY      ");
	put_le16(e + 26, (uint16_t)entry_cluster(volume_entry(&v, "EFI        ")));
	/* A chain that ends before the file does. */
	volume_link(&v, entry_cluster(volume_entry(&v, "ARATHE~1BIN")), 0xffff);
	is_int(fs_open(v.disk, true, &fs, NULL), 0, "a damaged volume, read-only");
	{
		efi_status status = fs_find(fs, fs_root(fs), "\\EFI", &node);

		for (int i = 0; i < 1000 && status == EFI_SUCCESS; i++)
			status = fs_find(fs, node, "empty", &node);
		is_int(status, EFI_INVALID_PARAMETER, "folders without end: no path is so long");
	}
	node = find(fs, "\\EFI\\BOOT\\A rather long name.bin");
	ok(node != NULL, "the file");
	is_int(fs_read(fs, node, 8192, bytes, sizeof(bytes), &got), EFI_VOLUME_CORRUPTED,
		"cannot be read where its chain is gone");
	is_int(fs_write(fs, node, 0, bytes, 1), EFI_WRITE_PROTECTED, "nor written");
	is_int(fs_create(fs, fs_root(fs), "x", 0, &node), EFI_WRITE_PROTECTED, "nothing is made");
	fs_close(fs);
	volume_unmap(&v);
}

int main(void)
{
	scratch_enter();
	test_type(12);
	test_type(16);
	test_type(32);
	test_damage();
	return tap_done();
}
