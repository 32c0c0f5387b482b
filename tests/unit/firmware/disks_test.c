/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks as guests see them: which handles there are and by what paths, and
 * what the functions of BlockIo, DiskIo, SimpleFileSystem and File answer. The
 * functions are called as the guest finds them, by the addresses in their tables.
 */
#include "../fat/volume.h"
#include "base/xalloc.h"
#include "disk/disk.h"
#include "firmware/fs/volumes.h"
#include "firmware/lifecycle/machine.h"
#include "firmware/proto/disks.h"
#include "firmware/proto/protocol.h"
#include "firmware/proto/registers.h"
#include "firmware/services/service.h"
#include "uefi/device_path.h"
#include "uefi/protocols.h"

#define MiB (1u << 20)

static struct machine *m;
static struct disk *overlay;
static struct volumes *volumes;

static struct machine *make_machine(void)
{
	struct machine_config config = { .limits = { .ram = 64u << 20 }, .trace_fd = -1 };
	struct machine *made = NULL;

	if (machine_new(&config, &made, NULL) < 0)
		exit(1);
	return made;
}

/* Calls the function whose pointer is at table + offset; args[0] is the table. */
static efi_status invoke(struct gaddr table, unsigned offset, const uint64_t *args, unsigned n)
{
	struct call c = { { table.v } };
	uint64_t address = 0;

	if (!guest_read64(m->ram, gaddr_add(table, offset), &address))
		return EFI_ERROR_CODE(99);
	for (unsigned i = 0; i < n; i++)
		c.arg[i + 1] = args[i];
	for (unsigned slot = 1; slot < m->n_slots; slot++)
		if (cpu_slot_address(m->cpu, slot).v == address)
			return service_of_slot(m, slot)->handler(m, &c);
	return EFI_ERROR_CODE(99);
}

#define CALL(table, offset, ...)                                                                   \
	invoke(table, offset, (const uint64_t[]){ __VA_ARGS__ },                                   \
		sizeof((const uint64_t[]){ __VA_ARGS__ }) / 8)

static struct gaddr scratch_memory(size_t size)
{
	return machine_data(m, MEM_BOOT_DATA, size);
}

static struct gaddr string16(const char *text)
{
	struct gaddr a = scratch_memory(2 * strlen(text) + 2);

	for (size_t i = 0; text[i]; i++)
		if (!guest_write16(m->ram, gaddr_add(a, 2 * i), (uint8_t)text[i]))
			exit(1);
	return a;
}

static uint64_t read64(struct gaddr a)
{
	uint64_t v = 0;

	if (!guest_read64(m->ram, a, &v))
		exit(1);
	return v;
}

static void write64(struct gaddr a, uint64_t v)
{
	if (!guest_write64(m->ram, a, v))
		exit(1);
}

static char *path_text(struct handle *h)
{
	struct gaddr path = handle_protocol(h, &uefi_device_path)->interface;
	uint64_t len = device_path_length(m, path);
	struct text text = TEXT_INIT;

	dp_to_text(guest_in(m->ram, path, len), len, 0, &text);
	return text_detach(&text);
}

/* The n-th handle, from 0, with BlockIo. */
static struct handle *disk_handle(size_t n)
{
	size_t count;
	struct handle *const *v = handle_list(m, &count);

	for (size_t i = 0; i < count; i++)
		if (handle_protocol(v[i], &uefi_block_io) && n-- == 0)
			return v[i];
	return NULL;
}

static size_t count_disks(void)
{
	size_t n = 0;

	while (disk_handle(n))
		n++;
	return n;
}

static void path_is(size_t n, const char *want)
{
	struct handle *h = disk_handle(n);
	char *text = h ? path_text(h) : NULL;

	is_str(text, want, "a device path");
	free(text);
}

static struct gaddr interface_of(size_t n, const struct guid *guid)
{
	struct handle *h = disk_handle(n);
	struct protocol_interface *p = h ? handle_protocol(h, guid) : NULL;

	return p ? p->interface : GADDR_NULL;
}

static bool make_gpt_disk(void)
{
	return shell("truncate -s 20M d.img && printf 'label: gpt\\n"
		     "start=2048, size=16384, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, "
		     "uuid=6F0E2B34-0F4B-4E9C-9C0A-0123456789AB\\n"
		     "start=18432, size=2048, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, "
		     "uuid=6F0E2B34-0F4B-4E9C-9C0A-0123456789AC\\n' | sfdisk -q d.img && "
		     "truncate -s 8M p.img && mkfs.fat -n ESP p.img >/dev/null && "
		     "printf hello > hello && mmd -i p.img ::/EFI && "
		     "mcopy -i p.img hello ::/EFI/hello.txt && "
		     "dd if=p.img of=d.img bs=1M seek=1 conv=notrunc status=none");
}

static void test_handles(void)
{
	struct gaddr media = gaddr(read64(gaddr_add(interface_of(1, &uefi_block_io), 8)));
	struct guid esp = UEFI_GUID(
		0xc12a7328, 0xf81f, 0x11d2, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b);
	uint8_t logical = 0;
	uint32_t block = 0;

	is_int(count_disks(), 3, "a disk and two partitions");
	path_is(0, "PciRoot(0x0)/Pci(0x2,0x0)");
	path_is(1, "PciRoot(0x0)/Pci(0x2,0x0)/"
		   "HD(1,GPT,6F0E2B34-0F4B-4E9C-9C0A-0123456789AB,0x800,0x4000)");
	path_is(2, "PciRoot(0x0)/Pci(0x2,0x0)/"
		   "HD(2,GPT,6F0E2B34-0F4B-4E9C-9C0A-0123456789AC,0x4800,0x800)");
	ok(interface_of(1, &uefi_simple_file_system).v != 0, "the first has a file system");
	ok(!interface_of(0, &uefi_simple_file_system).v &&
			!interface_of(2, &uefi_simple_file_system).v,
		"the others have none");
	ok(handle_protocol(disk_handle(1), &esp) && !handle_protocol(disk_handle(2), &esp),
		"the ESP is marked");
	ok(guest_read8(m->ram, gaddr_add(media, 6), &logical) &&
			guest_read32(m->ram, gaddr_add(media, 12), &block),
		"media");
	is_int(logical, 1, "of a partition");
	is_int(block, 512, "in blocks of 512");
	is_int(read64(gaddr_add(media, 24)), 0x3fff, "its last");
}

static void test_block_io(void)
{
	struct gaddr bio = interface_of(2, &uefi_block_io), dio = interface_of(0, &uefi_disk_io);
	struct gaddr buffer = scratch_memory(4096);
	uint64_t end = RAM_BASE + (64u << 20);
	uint8_t bytes[4];

	is_int(CALL(bio, 24, 0, 0, 512, buffer.v), EFI_SUCCESS, "read a block");
	is_int(CALL(bio, 24, 1, 0, 512, buffer.v), EFI_MEDIA_CHANGED, "of another medium");
	is_int(CALL(bio, 24, 0, 0, 511, buffer.v), EFI_BAD_BUFFER_SIZE, "not a whole one");
	is_int(CALL(bio, 24, 0, 2047, 1024, buffer.v), EFI_INVALID_PARAMETER, "beyond the end");
	is_int(CALL(bio, 24, 0, UINT64_MAX, 512, buffer.v), EFI_INVALID_PARAMETER, "far beyond");
	is_int(CALL(bio, 24, 0, 0, 512, 0), EFI_INVALID_PARAMETER, "to nowhere");
	is_int(CALL(bio, 24, 0, 0, 1024, end - 512), EFI_INVALID_PARAMETER, "half to nowhere");
	is_int(CALL(bio, 24, 0, 0, 0, 0), EFI_SUCCESS, "nothing");
	is_int(CALL(gaddr_add(bio, 0), 16, 1), EFI_SUCCESS, "reset");
	ok(guest_write(m->ram, buffer, "mark", 4), "a mark");
	is_int(CALL(bio, 32, 0, 3, 512, buffer.v), EFI_SUCCESS, "write a block");
	is_int(CALL(dio, 8, 0, (0x4800 + 3) * 512, 4, gaddr_add(buffer, 100).v), EFI_SUCCESS,
		"read it from the disk");
	ok(guest_read(m->ram, gaddr_add(buffer, 100), bytes, 4) && memcmp(bytes, "mark", 4) == 0,
		"it is there");
	is_int(CALL(dio, 8, 0, 20 * MiB - 1, 2, buffer.v), EFI_INVALID_PARAMETER, "beyond its end");
	is_int(CALL(dio, 8, 7, 0, 2, buffer.v), EFI_MEDIA_CHANGED, "of another medium");
}

static void test_block_io2(void)
{
	struct gaddr bio = interface_of(2, &uefi_block_io2), buffer = scratch_memory(512);

	is_int(CALL(bio, 16, 0, 0, 0, 512, buffer.v), EFI_SUCCESS, "BlockIo2 without a token");
	is_int(CALL(bio, 16, 0, 0, 1, 512, buffer.v), EFI_INVALID_PARAMETER, "with a bad one");
	is_int(CALL(bio, 16, 0, 0, buffer.v, 512, buffer.v), EFI_SUCCESS, "with one, no event");
	is_int(CALL(bio, 16, 9, 0, 0, 512, buffer.v), EFI_MEDIA_CHANGED, "another medium");
}

static void test_disk_io2(void)
{
	struct gaddr dio = interface_of(0, &uefi_disk_io2), buffer = scratch_memory(512);

	is_int(CALL(dio, 8), EFI_SUCCESS, "DiskIo2: nothing to cancel");
	is_int(CALL(dio, 16, 0, 510, 0, 2, buffer.v), EFI_SUCCESS, "DiskIo2 without a token");
	is_int(CALL(dio, 16, 0, 510, 1, 2, buffer.v), EFI_INVALID_PARAMETER, "with a bad one");
	is_int(CALL(dio, 16, 9, 510, 0, 2, buffer.v), EFI_MEDIA_CHANGED, "another medium");
	is_int(CALL(dio, 24, 0, 20 * MiB - 1, 0, 2, buffer.v), EFI_INVALID_PARAMETER,
		"beyond its end");
	is_int(CALL(dio, 16, 0, 0, 0, 512, UINT64_MAX - 511), EFI_INVALID_PARAMETER,
		"into no memory");
}

/* File.Open() of a name; 0 when it fails, whose status is *status. */
static struct gaddr open_file(
	struct gaddr from, const char *name, uint64_t mode, uint64_t attributes, efi_status *status)
{
	struct gaddr out = scratch_memory(8);

	*status = CALL(from, 8, out.v, string16(name).v, mode, attributes);
	return *status == EFI_SUCCESS ? gaddr(read64(out)) : GADDR_NULL;
}

#define RW     3u
#define CREATE (UINT64_C(1) << 63 | RW)

static struct gaddr open_root(void)
{
	struct gaddr out = scratch_memory(8);

	if (CALL(interface_of(1, &uefi_simple_file_system), 8, out.v) != EFI_SUCCESS)
		return GADDR_NULL;
	return gaddr(read64(out));
}

static void test_open(struct gaddr root)
{
	struct gaddr file;
	efi_status status;

	file = open_file(root, "\\EFI\\HELLO.TXT", 1, 0, &status);
	is_int(status, EFI_SUCCESS, "a file");
	is_int(CALL(file, 16), EFI_SUCCESS, "closed");
	is_int(CALL(root, 8, 0, 0, 1, 0), EFI_INVALID_PARAMETER, "no name");
	(void)open_file(root, "\\EFI\\other", 1, 0, &status);
	is_int(status, EFI_NOT_FOUND, "not there");
	(void)open_file(root, "x", 2, 0, &status);
	is_int(status, EFI_INVALID_PARAMETER, "write alone is no mode");
	(void)open_file(root, "x", CREATE, 1, &status);
	is_int(status, EFI_INVALID_PARAMETER, "nothing is created read-only");
}

static void test_file(struct gaddr root)
{
	struct gaddr file, size = scratch_memory(8), buffer = scratch_memory(256);
	struct gaddr type = scratch_memory(16), position = scratch_memory(8);
	uint8_t bytes[16];
	efi_status status;

	file = open_file(root, "\\EFI\\hello.txt", RW, 0, &status);
	write64(size, 100);
	is_int(CALL(file, 32, size.v, buffer.v), EFI_SUCCESS, "read");
	is_int(read64(size), 5, "five bytes");
	is_int(CALL(file, 48, position.v), EFI_SUCCESS, "position");
	is_int(read64(position), 5, "behind them");
	is_int(CALL(file, 56, 9), EFI_SUCCESS, "further");
	is_int(CALL(file, 32, size.v, buffer.v), EFI_DEVICE_ERROR, "cannot be read");
	write64(size, 3);
	is_int(CALL(file, 40, size.v, buffer.v), EFI_SUCCESS, "can be written");
	is_int(CALL(file, 56, 0), EFI_SUCCESS, "from the start");
	write64(size, 16);
	is_int(CALL(file, 32, size.v, buffer.v), EFI_SUCCESS, "read again");
	is_int(read64(size), 12, "it has grown");
	ok(guest_read(m->ram, buffer, bytes, 12) && memcmp(bytes, "hello\0\0\0\0hel", 12) == 0,
		"over zeroes");
	ok(guest_write_guid(m->ram, type, uefi_file_info), "FileInfo");
	write64(size, 10);
	is_int(CALL(file, 64, type.v, size.v, buffer.v), EFI_BUFFER_TOO_SMALL, "wants room");
	is_int(read64(size), 80 + 2 * 10, "for the name");
	is_int(CALL(file, 64, type.v, size.v, buffer.v), EFI_SUCCESS, "given");
	is_int(read64(gaddr_add(buffer, 8)), 12, "the size");
	write64(gaddr_add(buffer, 8), 2);
	is_int(CALL(file, 72, type.v, 100, buffer.v), EFI_SUCCESS, "a size that is set");
	is_int(CALL(file, 56, UINT64_MAX), EFI_SUCCESS, "the end");
	is_int(CALL(file, 48, position.v), EFI_SUCCESS, "is at");
	is_int(read64(position), 2, "two");
	is_int(CALL(file, 72, type.v, 60, buffer.v), EFI_BAD_BUFFER_SIZE, "half an info");
	write64(gaddr_add(buffer, 72), 0x10);
	is_int(CALL(file, 72, type.v, 100, buffer.v), EFI_ACCESS_DENIED, "it becomes no folder");
	write64(gaddr_add(buffer, 72), 0x20);
	for (unsigned i = 0; i < 14; i++)
		ok(guest_write16(m->ram, gaddr_add(buffer, 80 + 2 * i), i < 13 ? 'n' : 0), "name");
	is_int(CALL(file, 72, type.v, 100, buffer.v), EFI_SUCCESS, "a name beyond the info's size");
	is_int(EFI_IS_ERROR(CALL(root, 8, buffer.v, string16("\\EFI\\nnnnnnnnnnnnn").v, 1, 0)), 0,
		"is taken whole");
	write64(buffer, 100);
	for (unsigned i = 0; i < 10; i++)
		ok(guest_write16(m->ram, gaddr_add(buffer, 80 + 2 * i), (uint8_t) "hello.txt"[i]),
			"name");
	is_int(CALL(file, 72, type.v, 100, buffer.v), EFI_SUCCESS, "and back");
	ok(guest_write_guid(m->ram, type, uefi_block_io), "another type");
	is_int(CALL(file, 64, type.v, size.v, buffer.v), EFI_UNSUPPORTED, "is not known");
	is_int(CALL(file, 80), EFI_SUCCESS, "flush");
	is_int(CALL(file, 16), EFI_SUCCESS, "close");
	file = open_file(root, "EFI\\hello.txt", 1, 0, &status);
	write64(size, 1);
	is_int(CALL(file, 40, size.v, buffer.v), EFI_ACCESS_DENIED, "opened for reading only");
	is_int(CALL(file, 80), EFI_ACCESS_DENIED, "nothing to flush");
	is_int(CALL(file, 24), EFI_WARN_DELETE_FAILURE, "nor to be deleted");
}

static void test_folder(struct gaddr root)
{
	struct gaddr dir, file, size = scratch_memory(8), buffer = scratch_memory(1024);
	const char *const want[] = { ".", "..", "hello.txt", "new.txt" };
	efi_status status;

	dir = open_file(root, "EFI", RW, 0, &status);
	file = open_file(dir, "new.txt", CREATE, 0, &status);
	is_int(status, EFI_SUCCESS, "a new file");
	for (size_t i = 0; i < 4; i++) {
		char *name;

		write64(size, 1024);
		is_int(CALL(dir, 32, size.v, buffer.v), EFI_SUCCESS, "an entry");
		name = guest_string16(m->ram, gaddr_add(buffer, 80), 100);
		ok(name && strcasecmp(name, want[i]) == 0, "%s", want[i]);
		free(name);
	}
	write64(size, 1024);
	is_int(CALL(dir, 32, size.v, buffer.v), EFI_SUCCESS, "the end");
	is_int(read64(size), 0, "is empty");
	is_int(CALL(dir, 56, 3), EFI_UNSUPPORTED, "no position but the first");
	is_int(CALL(dir, 56, 0), EFI_SUCCESS, "which starts over");
	write64(size, 10);
	is_int(CALL(dir, 32, size.v, buffer.v), EFI_BUFFER_TOO_SMALL, "an entry needs room");
	is_int(CALL(dir, 40, size.v, buffer.v), EFI_UNSUPPORTED, "a folder is not written");
	is_int(CALL(file, 24), EFI_SUCCESS, "delete the file");
	(void)open_file(dir, "new.txt", 1, 0, &status);
	is_int(status, EFI_NOT_FOUND, "it is gone");
	is_int(CALL(dir, 24), EFI_WARN_DELETE_FAILURE, "the folder is not empty");
}

/* A machine with what `overlay` is. */
static void attach_again(bool cdrom)
{
	struct disk_attachment a = {
		.disk = overlay, .volumes = volumes, .cdrom = cdrom, .number = 2
	};

	m = make_machine();
	device_path_register(m, NULL);
	protocols_attach_disk(m, &a);
}

static void attach(struct disk *disk, bool cdrom)
{
	overlay = disk_overlay(disk);
	volumes = volumes_new(overlay);
	attach_again(cdrom);
}

static void detach(void)
{
	machine_free(m);
	volumes_free(volumes);
	disk_close(overlay);
}

/* A machine that is reset finds what it wrote. */
static void test_reset(void)
{
	struct disk_attachment a = { .disk = overlay, .volumes = volumes };
	struct gaddr buffer, file, size;
	efi_status status;

	ok(!disk_attachment_is_clean(&a), "a block was written");
	ok(volumes_are_clean(volumes), "no file was");
	file = open_file(open_root(), "\\EFI\\left.txt", CREATE, 0, &status);
	is_int(status, EFI_SUCCESS, "a file is made");
	size = scratch_memory(8);
	write64(size, 5);
	is_int(CALL(file, 40, size.v, string16("left").v), EFI_SUCCESS, "and written");
	ok(!volumes_are_clean(volumes), "which is noticed");
	machine_free(m);
	attach_again(false);
	buffer = scratch_memory(512);
	is_int(CALL(interface_of(2, &uefi_block_io), 24, 0, 3, 512, buffer.v), EFI_SUCCESS,
		"after a reset, a block that was written");
	ok(memcmp(guest_in(m->ram, buffer, 4), "mark", 4) == 0, "is as it was left");
	file = open_file(open_root(), "\\EFI\\LEFT.TXT", RW, 0, &status);
	is_int(status, EFI_SUCCESS, "the file is there");
	size = scratch_memory(8);
	write64(size, 100);
	is_int(CALL(file, 32, size.v, buffer.v), EFI_SUCCESS, "with what");
	is_int(read64(size), 5, "was written");
	is_int(CALL(file, 24), EFI_SUCCESS, "it is deleted");
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Something that a confused or hostile guest could pass. */
static uint64_t random_argument(uint64_t *state, const uint64_t *known, size_t n)
{
	switch (next_random(state) % 6) {
	case 0:
		return next_random(state) % 8;
	case 1:
		return RAM_BASE + next_random(state) % (64u << 20);
	case 2:
		return next_random(state);
	case 3:
		return 512 * (next_random(state) % 50);
	default:
		return known[next_random(state) % n];
	}
}

static bool of_disks(const char *name)
{
	static const char *const ours[] = { "BlockIo", "DiskIo", "File", "SimpleFileSystem",
		"DevicePath" };

	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		if (strncmp(name, ours[i], strlen(ours[i])) == 0)
			return true;
	return false;
}

/* Every function of disks and files with arguments by chance. */
static void test_random(void)
{
	enum {
		CALLS = 200000,
		KNOWN = 24
	};
	uint64_t state = 88172645463325252u, known[KNOWN];
	unsigned done = 0;
	size_t n = 0;

	known[n++] = interface_of(0, &uefi_block_io).v;
	known[n++] = interface_of(1, &uefi_block_io2).v;
	known[n++] = interface_of(1, &uefi_disk_io).v;
	known[n++] = interface_of(1, &uefi_disk_io2).v;
	known[n++] = interface_of(1, &uefi_simple_file_system).v;
	known[n++] = handle_protocol(disk_handle(1), &uefi_device_path)->interface.v;
	known[n++] = string16("\\EFI\\hello.txt").v;
	known[n++] = string16("new").v;
	known[n++] = string16("PciRoot(0x0)/Pci(0x1,0x0)").v;
	known[n++] = UINT64_MAX;
	known[n++] = CREATE;
	known[n++] = RAM_BASE + (64u << 20) - 4;
	known[n] = scratch_memory(16).v;
	if (!guest_write_guid(m->ram, gaddr(known[n++]), uefi_file_info))
		return;
	for (; n < KNOWN; n++)
		known[n] = n % 2 ? open_root().v : scratch_memory(512).v;
	for (unsigned i = 0; i < CALLS; i++) {
		const struct service *s = service_of_slot(
			m, 1 + (unsigned)(next_random(&state) % (m->n_slots - 1)));
		struct call c;

		if (!of_disks(s->name))
			continue;
		for (unsigned a = 0; a < CALL_ARGS_MAX; a++)
			c.arg[a] = random_argument(&state, known, n);
		(void)s->handler(m, &c);
		/* What was opened may be used next. */
		if (m->disks->n_files)
			known[n - 1] =
				m->disks->files[next_random(&state) % m->disks->n_files].address.v;
		done++;
	}
	ok(done > CALLS / 4, "%u calls with arguments by chance", done);
}

static void test_gpt(void)
{
	struct volume v;
	struct gaddr root;

	if (!ok(make_gpt_disk(), "a GPT disk"))
		return;
	v = volume_map("d.img", 16);
	attach(v.disk, false);
	test_handles();
	test_block_io();
	test_block_io2();
	test_disk_io2();
	test_reset();
	root = open_root();
	ok(root.v != 0, "the volume is open");
	test_open(root);
	test_file(root);
	test_folder(root);
	test_random();
	detach();
	/* Without its protective record it is no GPT, and nothing else either. */
	v.p[450] = 0x83;
	attach(v.disk, false);
	ok(count_disks() <= 2, "a GPT wants its protective MBR");
	detach();
	volume_unmap(&v);
}

static void test_mbr(void)
{
	struct volume v;

	if (!ok(shell("truncate -s 8M m.img && printf 'label: dos\\nlabel-id: 0x1234abcd\\n"
		      "start=2048, size=4096, type=ef\\n' | sfdisk -q m.img"),
		    "an MBR disk"))
		return;
	v = volume_map("m.img", 16);
	attach(v.disk, false);
	is_int(count_disks(), 2, "with a partition");
	path_is(1, "PciRoot(0x0)/Pci(0x2,0x0)/HD(1,MBR,0x1234ABCD,0x800,0x1000)");
	detach();
	volume_unmap(&v);
}

static void test_el_torito(void)
{
	uint8_t *p = xcalloc(1, 64 * 2048), *catalog = p + 20 * 2048;
	struct disk *disk;

	memcpy(p + 16 * 2048, "\1CD001", 6);
	memcpy(p + 17 * 2048, "\0CD001\1EL TORITO SPECIFICATION", 30);
	put_le32(p + 17 * 2048 + 0x47, 20);
	memcpy(p + 18 * 2048, "\377CD001", 6);
	catalog[0] = 1;
	catalog[1] = 0xef;
	put_le16(catalog + 30, 0xaa55);
	put_le16(catalog + 28, (uint16_t)(0 - 0xaa55 - 0xef01));
	catalog[32] = 0x88;
	put_le16(catalog + 38, 16);
	put_le32(catalog + 40, 32);
	disk = disk_from_memory(p, 64 * 2048);
	attach(disk, true);
	is_int(count_disks(), 2, "a boot image on a CD");
	path_is(1, "PciRoot(0x0)/Pci(0x2,0x0)/CDROM(0x0,0x20,0x10)");
	is_int(CALL(interface_of(0, &uefi_block_io), 32, 0, 0, 2048, scratch_memory(2048).v),
		EFI_WRITE_PROTECTED, "that is not written");
	detach();
	put_le16(catalog + 38, 48);
	attach(disk, true);
	path_is(1, "PciRoot(0x0)/Pci(0x2,0x0)/CDROM(0x0,0x20,0x30)");
	detach();
	put_le16(catalog + 38, 0);
	attach(disk, true);
	path_is(1, "PciRoot(0x0)/Pci(0x2,0x0)/CDROM(0x0,0x20,0x20)");
	detach();
	catalog[28] ^= 1;
	attach(disk, true);
	is_int(count_disks(), 1, "a catalog that is damaged has none");
	detach();
	disk_close(disk);
	free(p);
}

int main(void)
{
	scratch_enter();
	test_gpt();
	test_mbr();
	test_el_torito();
	return tap_done();
}
