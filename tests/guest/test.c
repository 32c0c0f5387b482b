/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame of the guest programs: entry, output, the functions that a
 * compiler expects to find, and the GUIDs of UEFI 2.10.
 */
#include "test.h"

struct system_table *st;
struct boot_services *bs;
struct runtime_services *rt;
efi_handle self;

const struct guid guid_loaded_image = { 0x5b1b31a1, 0x9562, 0x11d2,
	{ 0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };
const struct guid guid_loaded_image_path = { 0xbc62157e, 0x3e33, 0x4fec,
	{ 0x99, 0x20, 0x2d, 0x3b, 0x36, 0xd7, 0x50, 0xdf } };
const struct guid guid_device_path = { 0x09576e91, 0x6d3f, 0x11d2,
	{ 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };
const struct guid guid_block_io = { 0x964e5b21, 0x6459, 0x11d2,
	{ 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };
const struct guid guid_disk_io = { 0xce345171, 0xba0b, 0x11d2,
	{ 0x8e, 0x4f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };
const struct guid guid_file_system = { 0x964e5b22, 0x6459, 0x11d2,
	{ 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };
const struct guid guid_file_info = { 0x09576e92, 0x6d3f, 0x11d2,
	{ 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };
const struct guid guid_file_system_info = { 0x09576e93, 0x6d3f, 0x11d2,
	{ 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };
const struct guid guid_volume_label = { 0xdb47d7d3, 0xfe81, 0x11d3,
	{ 0x9a, 0x35, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d } };
const struct guid guid_text_input = { 0x387477c1, 0x69c7, 0x11d2,
	{ 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };
const struct guid guid_text_input_ex = { 0xdd9e7534, 0x7762, 0x4698,
	{ 0x8c, 0x14, 0xf5, 0x85, 0x17, 0xa6, 0x25, 0xaa } };
const struct guid guid_text_output = { 0x387477c2, 0x69c7, 0x11d2,
	{ 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };
const struct guid guid_driver_binding = { 0x18a031ab, 0xb443, 0x4d1a,
	{ 0xa5, 0xc0, 0x0c, 0x09, 0x26, 0x1e, 0x9f, 0x71 } };
const struct guid guid_path_to_text = { 0x8b843e20, 0x8132, 0x4852,
	{ 0x90, 0xcc, 0x55, 0x1a, 0x4e, 0x4a, 0x7f, 0x1c } };
const struct guid guid_path_from_text = { 0x05c99a21, 0xc70f, 0x4ad2,
	{ 0x8a, 0x5f, 0x35, 0xdf, 0x33, 0x43, 0xf5, 0x1e } };
const struct guid guid_path_utilities = { 0x0379be4e, 0xd706, 0x437d,
	{ 0xb0, 0x37, 0xed, 0xb8, 0x2f, 0xb7, 0x72, 0xa4 } };
const struct guid guid_unicode_collation2 = { 0xa4c751fc, 0x23ae, 0x4c3e,
	{ 0x92, 0xe9, 0x49, 0x64, 0xcf, 0x63, 0xf3, 0x49 } };
const struct guid guid_rng = { 0x3152bca5, 0xeade, 0x433d,
	{ 0x86, 0x2e, 0xc0, 0x1c, 0xdc, 0x29, 0x1f, 0x44 } };
const struct guid guid_global_variable = { 0x8be4df61, 0x93ca, 0x11d2,
	{ 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c } };
const struct guid guid_block_io2 = { 0xa77b2472, 0xe282, 0x4e9f,
	{ 0xa2, 0x45, 0xc2, 0xc0, 0xe2, 0x7b, 0xbc, 0xc1 } };
const struct guid guid_load_file = { 0x56ec3091, 0x954c, 0x11d2,
	{ 0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };
const struct guid guid_load_file2 = { 0x4006c0c1, 0xfcb3, 0x403e,
	{ 0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d } };
const struct guid guid_exit_boot_services = { 0x27abf055, 0xb1b8, 0x4c26,
	{ 0x80, 0x48, 0x74, 0x8f, 0x37, 0xba, 0xa2, 0xdf } };
const struct guid guid_memory_map_change = { 0x78bee926, 0x692f, 0x48fd,
	{ 0x9e, 0xdb, 0x01, 0x42, 0x2e, 0xf0, 0xd7, 0xab } };
const struct guid guid_ready_to_boot = { 0x7ce88fb3, 0x4bd7, 0x4679,
	{ 0x87, 0xa8, 0xa8, 0xd8, 0xde, 0xe5, 0x0d, 0x2b } };
const struct guid guid_own = { 0x5a6f8ad6, 0x3d1f, 0x4f52,
	{ 0x93, 0x7b, 0x11, 0x40, 0x5e, 0x2c, 0x77, 0x01 } };
const struct guid guid_own2 = { 0x5a6f8ad6, 0x3d1f, 0x4f52,
	{ 0x93, 0x7b, 0x11, 0x40, 0x5e, 0x2c, 0x77, 0x02 } };
const struct guid guid_own3 = { 0x5a6f8ad6, 0x3d1f, 0x4f52,
	{ 0x93, 0x7b, 0x11, 0x40, 0x5e, 0x2c, 0x77, 0x03 } };
const struct guid guid_nobody = { 0x5a6f8ad6, 0x3d1f, 0x4f52,
	{ 0x93, 0x7b, 0x11, 0x40, 0x5e, 0x2c, 0x77, 0xff } };

void *memset(void *at, int byte, size_t size);
void *memcpy(void *to, const void *from, size_t size);

/* volatile: or the compiler makes a call of memset() out of memset()'s own loop */
void *memset(void *at, int byte, size_t size)
{
	volatile uint8_t *p = at;

	while (size-- > 0)
		*p++ = (uint8_t)byte;
	return at;
}

void *memcpy(void *to, const void *from, size_t size)
{
	volatile uint8_t *p = to;
	const uint8_t *q = from;

	while (size-- > 0)
		*p++ = *q++;
	return to;
}

static void put16(const char16 *string)
{
	st->con_out->output_string(st->con_out, string);
}

static void put(const char *string)
{
	char16 line[128];
	unsigned n = 0;

	while (string[n] && n < 127) {
		line[n] = (uint8_t)string[n];
		n++;
	}
	line[n] = 0;
	put16(line);
}

static void put_number(uint64_t number)
{
	char digits[20];
	unsigned at = sizeof(digits);

	digits[--at] = 0;
	do {
		digits[--at] = "0123456789abcdef"[number & 15];
		number >>= 4;
	} while (number);
	put("0x");
	put(digits + at);
}

void say(const char *line)
{
	put(line);
	put("\r\n");
}

void ok(bool holds, const char *name)
{
	put(holds ? "ok " : "not ok ");
	say(name);
}

void is(uint64_t got, uint64_t want, const char *name)
{
	if (got == want) {
		ok(true, name);
		return;
	}
	put("not ok ");
	say(name);
	put("# got ");
	put_number(got);
	put(", not ");
	put_number(want);
	put("\r\n");
}

void is_string(const char16 *got, const char16 *want, const char *name)
{
	bool equal = got && same16(got, want);

	ok(equal, name);
	if (!equal) {
		put("# got ");
		put16(got ? got : STR16("nothing"));
		put("\r\n");
	}
}

void value(const char *name, uint64_t number)
{
	put("value ");
	put(name);
	put(" = ");
	put_number(number);
	put("\r\n");
}

void value_string(const char *name, const char16 *string)
{
	put("value ");
	put(name);
	put(" = ");
	put16(string ? string : STR16("NULL"));
	put("\r\n");
}

void *pool(uint64_t size)
{
	void *at = NULL;

	if (bs->allocate_pool(MEM_LOADER_DATA, size, &at) != EFI_SUCCESS) {
		say("not ok there is memory for the test itself");
		rt->reset_system(RESET_SHUTDOWN, EFI_SUCCESS, 0, NULL);
	}
	memset(at, 0, size);
	return at;
}

uint64_t length16(const char16 *string)
{
	uint64_t n = 0;

	while (string[n])
		n++;
	return n;
}

bool same16(const char16 *a, const char16 *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

bool same(const void *a, const void *b, uint64_t size)
{
	const uint8_t *p = a, *q = b;

	while (size-- > 0) {
		if (*p++ != *q++)
			return false;
	}
	return true;
}

static void end(void)
{
	say("end");
	rt->reset_system(RESET_SHUTDOWN, EFI_SUCCESS, 0, NULL);
}

void *protocol_of(efi_handle handle, const struct guid *guid)
{
	void *interface = NULL;

	if (bs->handle_protocol(handle, guid, &interface) != EFI_SUCCESS)
		return NULL;
	return interface;
}

struct loaded_image *own_image(void)
{
	return protocol_of(self, &guid_loaded_image);
}

efi_handle own_volume(void)
{
	efi_handle volume = own_image()->device;

	if (!volume) {
		ok(false, "it was loaded from a volume");
		end();
	}
	return volume;
}

bool path_is_end(const struct device_path *node)
{
	return node->type == 0x7f && node->subtype == 0xff;
}

const struct device_path *path_next(const struct device_path *node)
{
	return (const void *)((const uint8_t *)node + (node->length[0] | node->length[1] << 8));
}

uint64_t path_size(const struct device_path *path)
{
	const struct device_path *node = path;

	while (!path_is_end(node))
		node = path_next(node);
	return (uint64_t)((const uint8_t *)node - (const uint8_t *)path) + 4;
}

efi_status efi_main(efi_handle image, struct system_table *table);

efi_status efi_main(efi_handle image, struct system_table *table)
{
	self = image;
	st = table;
	bs = table->boot;
	rt = table->runtime;
	say("\r\nbegin");
	subject();
	end();
	return EFI_ABORTED;
}
