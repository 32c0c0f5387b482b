/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The least that the firmware emulator takes for a kernel: an EFI program that
 * leaves boot services and jumps to an arm64 Image of its own, a header and a
 * banner, with a device tree in x0, as the arm64 boot protocol wants it. Where the firmware has ACPI tables and no
 * device tree it makes an empty one, as the kernel's stub does.
 *
 * With HANDS, a command line, it hands that and an initrd over, in that tree.
 *
 * Before that it looks for one thing in the machine, SEES, and when that is so
 * it does THEN. So a fixture has a loader that fails in one scenario alone, and
 * one that sees the same and goes on.
 */
#include "efi.h"

#ifndef SEES
#define SEES nothing
#endif
#ifndef THEN
#define THEN goes_on
#endif

static const struct guid fdt_table = { 0xb1b621d5, 0xf19c, 0x41a5,
	{ 0x83, 0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0 } };
static const struct guid acpi_table = { 0x8868e871, 0xe4f1, 0x11d3,
	{ 0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 } };
static const struct guid rt_properties_table = { 0xeb66918a, 0x7eef, 0x402a,
	{ 0x84, 0x2e, 0x93, 0x1d, 0x21, 0xc3, 0x8a, 0xe9 } };
static const struct guid loaded_image_protocol = { 0x5b1b31a1, 0x9562, 0x11d2,
	{ 0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };
static const struct guid block_io_protocol = { 0x964e5b21, 0x6459, 0x11d2,
	{ 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };
static const struct guid file_system_protocol = { 0x964e5b22, 0x6459, 0x11d2,
	{ 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };
static const struct guid tcg2_protocol = { 0x607f766c, 0x7455, 0x42be,
	{ 0x93, 0x0b, 0xe4, 0xd7, 0x6d, 0xb2, 0x72, 0x0f } };
static const struct guid global_vendor = { 0x8be4df61, 0x93ca, 0x11d2,
	{ 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c } };
static const struct guid own_vendor = { 0x5a3ab1e0, 0x0000, 0x4000,
	{ 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0f, 0xa4 } };

#define RT_SET_VARIABLE 0x40u
#define HANDLES_MAX     256

static unsigned char map[65536];
static efi_handle handles[HANDLES_MAX];
static efi_handle self;
static struct system_table *st;

/*
 * A flattened device tree, as words in the host's order: the header, no memory
 * that is reserved, and the nodes "" and "chosen" with nothing in them.
 */
#define BE(n) __builtin_bswap32(n)
static _Alignas(8) const uint32_t empty_tree[22] = { BE(0xd00dfeed), BE(88), BE(56), BE(88), BE(40),
	BE(17), BE(16), 0, 0, BE(32), 0, 0, 0, 0, BE(1), 0, BE(1), BE(0x63686f73), BE(0x656e0000),
	BE(2), BE(2), BE(9) };

/* ---- trees of its own ---- */

#define TREE_MAX 32768
static _Alignas(8) uint8_t made[TREE_MAX];
static uint32_t made_len;

static void put32(uint32_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		made[made_len++] = (uint8_t)(value >> shift);
}

static void put_bytes(const void *from, uint32_t len)
{
	const uint8_t *p = from;

	for (uint32_t i = 0; i < len; i++)
		made[made_len++] = p[i];
}

static void put_text(const char *text)
{
	do
		made[made_len++] = (uint8_t)*text;
	while (*text++);
	made_len = (made_len + 3) & ~3u;
}

static uint32_t length_of(const char *text)
{
	uint32_t len = 1;

	while (text[len - 1])
		len++;
	return len;
}

static void put_property(uint32_t name, const char *value)
{
	put32(3);
	put32(length_of(value));
	put32(name);
	put_text(value);
}

/* The structure begins at 56; what is made ends with the names. */
static const void *finish_tree(uint32_t strings)
{
	const uint32_t header[10] = { 0xd00dfeed, made_len, 56, strings, 40, 17, 16, 0,
		made_len - strings, strings - 56 };

	made_len = 0;
	for (unsigned i = 0; i < 10; i++)
		put32(header[i]);
	return made;
}

/* Of a board that this machine is none of. */
static const void *board_tree(void)
{
	uint32_t strings;

	made_len = 56;
	put32(1);
	put32(0);
	put_property(0, "acme,board-1");
	put32(1);
	put_text("soc");
	put32(2);
	put32(2);
	put32(9);
	strings = made_len;
	put_bytes("compatible", 11);
	return finish_tree(strings);
}

static const void *brought; /* a tree that it hands over whatever the firmware has */

/* ---- what is handed over in the firmware's tree, or an empty one ---- */

#ifdef HANDS
static const char *handed_line = HANDS;
static bool hands_initrd = true;
static uint8_t initrd[4096] = "070701";

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put_address(uint32_t name, uint64_t address)
{
	put32(3);
	put32(8);
	put32(name);
	put32((uint32_t)(address >> 32));
	put32((uint32_t)address);
}

/* Behind the name of the node "chosen", which is the first one: where its properties begin. */
static uint32_t find_chosen(const uint8_t *structure)
{
	uint32_t at = 8; /* the root has an empty name */

	while (get32(structure + at) == 3)
		at += 12 + ((get32(structure + at + 4) + 3) & ~3u);
	return at + 12;
}

static const void *handed_tree(const uint8_t *base)
{
	static const char names[] = "bootargs\0linux,initrd-start\0linux,initrd-end";
	const uint8_t *structure = base + get32(base + 8);
	uint32_t size = get32(base + 36), own = get32(base + 32), at = find_chosen(structure);
	uint32_t strings;

	made_len = 56;
	put_bytes(structure, at);
	put_property(own, handed_line);
	if (hands_initrd) {
		put_address(own + 9, (uint64_t)initrd);
		put_address(own + 28, (uint64_t)initrd + sizeof(initrd));
	}
	put_bytes(structure + at, size - at);
	strings = made_len;
	put_bytes(base + get32(base + 12), own);
	put_bytes(names, sizeof(names));
	return finish_tree(strings);
}
#endif

/* ---- what can be looked at ---- */

static bool same_guid(const struct guid *a, const struct guid *b)
{
	const uint32_t *x = (const void *)a, *y = (const void *)b;

	return x[0] == y[0] && x[1] == y[1] && x[2] == y[2] && x[3] == y[3];
}

static const void *table(const struct guid *guid)
{
	for (uint64_t i = 0; i < st->n_tables; i++)
		if (same_guid(&st->tables[i].guid, guid))
			return st->tables[i].table;
	return NULL;
}

static void *protocol_of(efi_handle handle, const struct guid *guid)
{
	void *interface = NULL;

	st->boot->handle_protocol(handle, guid, &interface);
	return interface;
}

/* The partition that this program is on. */
static efi_handle device(void)
{
	struct loaded_image *image = protocol_of(self, &loaded_image_protocol);

	return image->device;
}

static bool exists(const char16 *name, const struct guid *vendor)
{
	uint64_t size = 0;

	return st->runtime->get_variable(name, vendor, NULL, &size, NULL) == EFI_BUFFER_TOO_SMALL;
}

static bool in_store(const char16 *name)
{
	return exists(name, &global_vendor);
}

#define KEPT_VARIABLE  STR16("FixtureKept")
#define OTHER_VARIABLE STR16("FixtureNow")

static efi_status write_variable(const char16 *name, uint32_t attributes)
{
	static const uint8_t one = 1;

	return st->runtime->set_variable(name, &own_vendor, attributes, 1, &one);
}

static efi_status write_kept(void)
{
	return write_variable(KEPT_VARIABLE, VAR_NV | VAR_BS | VAR_RT);
}

static bool has_kept(void)
{
	return exists(KEPT_VARIABLE, &own_vendor);
}

/* Whether a file of this program's was there already; it is from now on. */
static bool had_marker(void)
{
	struct file_system *fs = protocol_of(device(), &file_system_protocol);
	struct file *root = NULL, *marker = NULL;
	bool had;

	if (!fs || fs->open_volume(fs, &root) != EFI_SUCCESS)
		return false;
	had = root->open(root, &marker, STR16("\\fixture"), FILE_READ, 0) == EFI_SUCCESS;
	if (had || root->open(root, &marker, STR16("\\fixture"),
			   FILE_READ | FILE_WRITE | FILE_CREATE, 0) == EFI_SUCCESS)
		marker->close(marker);
	root->close(root);
	return had;
}

static unsigned whole_disks(void)
{
	uint64_t size = sizeof(handles);
	unsigned n = 0;

	if (st->boot->locate_handle(LOCATE_PROTOCOL, &block_io_protocol, NULL, &size, handles))
		return 0;
	for (uint64_t i = 0; i < size / sizeof(*handles); i++) {
		const struct block_io *b = protocol_of(handles[i], &block_io_protocol);

		n += b && !b->media->partition;
	}
	return n;
}

static bool has_tpm(void)
{
	void *interface;

	return st->boot->locate_protocol(&tcg2_protocol, NULL, &interface) == EFI_SUCCESS;
}

/* ---- SEES: one for each scenario, or few, or all ---- */

static bool nothing(void)
{
	return false;
}

static bool everything(void)
{
	return true;
}

static bool dropped(void)
{
	return write_kept() == EFI_SUCCESS && !has_kept() && !has_tpm();
}

static bool refused(void)
{
	efi_status status = write_kept();

	return (status == EFI_WRITE_PROTECTED || status == EFI_UNSUPPORTED) &&
	       write_variable(OTHER_VARIABLE, VAR_BS | VAR_RT) == EFI_SUCCESS;
}

static bool full(void)
{
	return write_kept() == EFI_OUT_OF_RESOURCES;
}

static bool no_variables(void)
{
	write_kept();
	return write_variable(OTHER_VARIABLE, VAR_BS | VAR_RT) != EFI_SUCCESS;
}

/* It wrote both, and one is gone. */
static bool wiped(void)
{
	bool had_variable = has_kept(), again = had_marker();

	write_kept();
	return again && !had_variable;
}

/* Its file is there, whatever became of variables. */
static bool marked(void)
{
	return had_marker();
}

static bool kept(void)
{
	bool had = has_kept();

	write_kept();
	return had;
}

static bool stale(void)
{
	return in_store(STR16("BootOrder")) && in_store(STR16("Boot0001"));
}

static bool foreign_order(void)
{
	return in_store(STR16("BootOrder")) && !in_store(STR16("Boot0001")) &&
	       !in_store(STR16("BootCurrent"));
}

static bool listed(void)
{
	return in_store(STR16("BootOrder")) && in_store(STR16("BootCurrent"));
}

static bool moved(void)
{
	return whole_disks() > 2 && !in_store(STR16("BootOrder"));
}

static bool runtime_refused(void)
{
	const uint8_t *properties = table(&rt_properties_table);

	return properties && !(*(const uint32_t *)(properties + 4) & RT_SET_VARIABLE);
}

/* As shim's fallback does: what was made for the next boot is a variable. */
static bool tpm(void)
{
	bool had = has_kept();

	write_kept();
	return has_tpm() && !had;
}

/* The same, but the machine's first boot is known by a file. */
static bool tpm_by_file(void)
{
	bool had = had_marker();

	write_kept();
	return has_tpm() && !had;
}

static bool removable(void)
{
	const struct block_io *b = protocol_of(device(), &block_io_protocol);

	return b && b->media->removable;
}

static bool acpi(void)
{
	return table(&acpi_table);
}

static bool fdt(void)
{
	return table(&fdt_table);
}

/* ---- SEES: keys that it enrols, as systemd-boot does ---- */

static const struct guid security_vendor = { 0xd719b2cb, 0x3d3a, 0x4596,
	{ 0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f } };

static bool in_setup_mode(void)
{
	uint8_t mode = 0;
	uint64_t size = 1;

	return st->runtime->get_variable(STR16("SetupMode"), &global_vendor, NULL, &size, &mode) ==
		       EFI_SUCCESS &&
	       mode == 1;
}

static bool enrol(
	struct file *root, const char16 *path, const char16 *name, const struct guid *vendor)
{
	static uint8_t bytes[8192];
	uint64_t size = sizeof(bytes);
	struct file *f = NULL;

	return root->open(root, &f, path, FILE_READ, 0) == EFI_SUCCESS &&
	       f->read(f, &size, bytes) == EFI_SUCCESS &&
	       st->runtime->set_variable(name, vendor, VAR_NV | VAR_BS | VAR_RT | VAR_TIME, size,
		       bytes) == EFI_SUCCESS;
}

static bool enrols(void)
{
	struct file_system *fs = protocol_of(device(), &file_system_protocol);
	struct file *root = NULL;

	return in_setup_mode() && fs->open_volume(fs, &root) == EFI_SUCCESS &&
	       enrol(root, STR16("\\loader\\keys\\auto\\db.auth"), STR16("db"), &security_vendor) &&
	       enrol(root, STR16("\\loader\\keys\\auto\\KEK.auth"), STR16("KEK"), &global_vendor) &&
	       enrol(root, STR16("\\loader\\keys\\auto\\PK.auth"), STR16("PK"), &global_vendor);
}

/* ---- SEES: that variables keep a secret, which the stub of systemd 262 puts into its initrd ---- */

static bool keeps_secret(void)
{
	static const struct guid loader_vendor = { 0x4a67b082, 0x0a4c, 0x41cf,
		{ 0xb6, 0xc7, 0x44, 0x0b, 0x29, 0xbb, 0x8c, 0x4f } };
	static const uint8_t secret[32] = { 1 };

	return st->runtime->set_variable(STR16("LoaderBootSecret"), &loader_vendor, VAR_NV | VAR_BS,
		       sizeof(secret), secret) == EFI_SUCCESS &&
	       exists(STR16("LoaderBootSecret"), &loader_vendor);
}

/* ---- SEES: what is the same for some scenarios again, once a disk was read ---- */

static volatile efi_status *note; /* in memory of its own, outside the image */
static _Alignas(4096) uint8_t block[4096];

static void write_and_read(void)
{
	struct block_io *b = protocol_of(device(), &block_io_protocol);

	st->boot->allocate_pool(MEM_LOADER_DATA, 8192, (void **)&note);
	*note = write_kept();
	if (b)
		b->read(b, b->media->id, 0, b->media->block_size, block);
}

/* Nobody looks at what became of the write. */
static bool notes(void)
{
	write_and_read();
	return false;
}

static bool notes_and_looks(void)
{
	write_and_read();
	return *note == EFI_OUT_OF_RESOURCES;
}

static bool notes_and_asks(void)
{
	write_and_read();
	return !has_kept();
}

/*
 * The name of a file depends on what became of the write: the image has \fixture-a, and \fixture-b with "b" in it.
 */
static struct {
	char16 *text;
} file_name; /* in pages of its own */

static __attribute__((noinline)) void choose_name(void)
{
	const char16 *s = STR16("\\fixture-");
	unsigned i = 0;

	st->boot->allocate_pool(MEM_LOADER_DATA, 8192, (void **)&file_name.text);
	char16 last = write_kept() == EFI_SUCCESS ? 'a' : 'b';
	for (; s[i]; i++)
		((volatile char16 *)file_name.text)[i] = s[i];
	((volatile char16 *)file_name.text)[i] = last;
}

/* The file is opened after the first read of a disk. */
static bool opens_by_name(void)
{
	struct block_io *b = protocol_of(device(), &block_io_protocol);
	struct file_system *fs = protocol_of(device(), &file_system_protocol);
	struct file *root = NULL, *f = NULL;

	choose_name();
	b->read(b, b->media->id, 0, b->media->block_size, block);
	fs->open_volume(fs, &root);
	return root->open(root, &f, file_name.text, FILE_READ, 0) != EFI_SUCCESS;
}

/* It is opened before, and read after: what is read was decided on another machine. */
static bool opened_before(void)
{
	struct block_io *b = protocol_of(device(), &block_io_protocol);
	struct file_system *fs = protocol_of(device(), &file_system_protocol);
	static struct file *root, *f;
	static uint8_t text[8];
	uint64_t size = 1;

	fs->open_volume(fs, &root);
	choose_name();
	root->open(root, &f, file_name.text, FILE_READ, 0);
	b->read(b, b->media->id, 0, b->media->block_size, block);
	f->read(f, &size, text);
	return text[0] == 'b';
}

/*
 * Scenarios that part over the disks beside the image read on, each for itself: \large, whose bytes
 * at a place report the place, from odd places, little and much.
 */
#define LARGE_BYTES (4u << 20)

static bool large_is_wrong(void)
{
	static const struct {
		uint32_t at, len;
	} parts[] = { { 1, 3 }, { 70001, 5 }, { 1000001, 65536 }, { 131073, 2500000 },
		{ LARGE_BYTES - 70003, 70003 }, { 65535, 131074 } };
	struct file_system *fs = protocol_of(device(), &file_system_protocol);
	struct file *root, *f;
	uint8_t *bytes;

	moved();
	if (fs->open_volume(fs, &root) || root->open(root, &f, STR16("\\large"), FILE_READ, 0) ||
		st->boot->allocate_pool(MEM_LOADER_DATA, LARGE_BYTES, (void **)&bytes))
		return true;
	for (unsigned i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		uint64_t size = parts[i].len;

		if (f->set_position(f, parts[i].at) || f->read(f, &size, bytes) ||
			size != parts[i].len)
			return true;
		for (uint32_t n = 0; n < size; n++) {
			uint32_t at = parts[i].at + n;

			if (bytes[n] != (uint8_t)(at ^ at >> 8 ^ at >> 16))
				return true;
		}
	}
	return false;
}

#ifdef PROGRAM
#include "program.h"
#endif

/* ---- THEN ---- */

static efi_status goes_on(void)
{
	return EFI_SUCCESS;
}

/* As GRUB's devicetree, systemd-boot's and the stub's section .dtb do. */
static efi_status brings_tree(void)
{
	brought = board_tree();
	return EFI_SUCCESS;
}

/* A tree is there, and is not handed over. */
static efi_status loses_tree(void)
{
	brought = empty_tree;
	return EFI_SUCCESS;
}

#ifdef HANDS
static efi_status loses_initrd(void)
{
	hands_initrd = false;
	return EFI_SUCCESS;
}

static efi_status adds_to_initrd(void)
{
	initrd[sizeof(initrd) - 1] = 1;
	return EFI_SUCCESS;
}

static efi_status loses_root(void)
{
	handed_line = "root=UUID=5a3ab1e0-0000-4000-8000-00000000dead ro";
	return EFI_SUCCESS;
}
#endif

/* The kernel that is entered is one of another version. */
extern char fixture_banner[];

static efi_status is_another(void)
{
	*(volatile char *)(fixture_banner + sizeof("Linux version ") - 1) = '9';
	return EFI_SUCCESS;
}

static efi_status gives_up(void)
{
	return EFI_ABORTED;
}

/* In GRUB's words. */
static efi_status complains(void)
{
	st->con_out->output_string(st->con_out, STR16("error: no such device: 5a3ab1e0-dead.\r\n"));
	return EFI_ABORTED;
}

/* Waits for a key that nobody presses. */
static efi_status wait_for_key(void)
{
	uint64_t which;

	st->boot->wait_for_event(1, &st->con_in->wait, &which);
	return EFI_ABORTED;
}

/* In Limine's words, and its way to the screen: the cursor is put before each character. */
static efi_status panics(void)
{
	static const char16 *const lines[] = {
		STR16("PANIC: Unsupported protocol specified for kernel."),
		STR16("Press a key to return to menu."),
	};

	st->con_out->clear_screen(st->con_out);
	for (unsigned row = 0; row < 2; row++)
		for (unsigned i = 0; lines[row][i]; i++) {
			st->con_out->set_cursor_position(st->con_out, i, row);
			st->con_out->output_string(
				st->con_out, (const char16[]){ lines[row][i], 0 });
		}
	return wait_for_key();
}

/* Reports no error that anybody knows. */
static efi_status asks(void)
{
	st->con_out->output_string(st->con_out, STR16("Insert disk 2\r\nand press a key\r\n"));
	return wait_for_key();
}

static efi_status resets(void)
{
	st->runtime->reset_system(RESET_COLD, EFI_SUCCESS, 0, NULL);
	return EFI_ABORTED;
}

efi_status efi_main(efi_handle image, struct system_table *system)
{
	const void *tree;
	uint64_t size = sizeof(map), key, each;
	uint32_t version;

	self = image;
	st = system;
	if (SEES()) {
		efi_status status = THEN();

		if (status != EFI_SUCCESS)
			return status;
	}
	tree = table(&fdt_table);
	if (!tree)
		tree = empty_tree;
#ifdef HANDS
	tree = handed_tree(tree);
#endif
	if (brought)
		tree = brought;
	if (st->boot->get_memory_map(&size, map, &key, &each, &version) ||
		st->boot->exit_boot_services(image, key))
		return EFI_LOAD_ERROR;
	__asm__ volatile("mov x0, %0\n"
			 "mov x1, xzr\n"
			 "mov x2, xzr\n"
			 "mov x3, xzr\n"
			 "adr x4, 1f\n"
			 "br x4\n"
			 ".balign 4096\n"
			 "1: b 1b\n"
			 ".word 0\n"
			 ".quad 0, 4096, 10, 0, 0, 0\n"
			 ".ascii \"ARM\\x64\"\n"
			 ".word 0\n"
			 ".globl fixture_banner\n"
			 "fixture_banner: .asciz \"Linux version 0.0.1-fixture (test)\"\n"
			 ".balign 4096\n"
			 :
			 : "r"(tree)
			 : "x0", "x1", "x2", "x3", "x4");
	return EFI_ABORTED;
}
