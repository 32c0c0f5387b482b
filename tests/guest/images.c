/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading, starting, leaving and unloading images (UEFI 2.10 7.4, 9.1). */
#include "test.h"

static uint8_t *child; /* the file's bytes */
static uint64_t child_size;
static struct device_path *child_path;

/* The volume's path and a node that names the file. */
static struct device_path *path_to(const char16 *name)
{
	struct device_path *volume = protocol_of(own_volume(), &guid_device_path);
	uint64_t size = path_size(volume) - 4, text = (length16(name) + 1) * 2;
	uint8_t *path = pool(size + 4 + text + 4);

	bs->copy_mem(path, volume, size);
	path[size] = 4;
	path[size + 1] = 4;
	path[size + 2] = (uint8_t)(4 + text);
	path[size + 3] = (uint8_t)((4 + text) >> 8);
	bs->copy_mem(path + size + 4, name, text);
	path[size + 4 + text] = 0x7f;
	path[size + 4 + text + 1] = 0xff;
	path[size + 4 + text + 2] = 4;
	return (void *)path;
}

static bool read_child(void)
{
	struct file_system *fs = protocol_of(own_volume(), &guid_file_system);
	struct file *root, *file;

	child_size = 65536;
	child = pool(child_size);
	return fs && fs->open_volume(fs, &root) == EFI_SUCCESS &&
	       root->open(root, &file, STR16("\\EFI\\TEST\\CHILD.EFI"), FILE_READ, 0) ==
		       EFI_SUCCESS &&
	       file->read(file, &child_size, child) == EFI_SUCCESS;
}

static efi_handle load(void)
{
	efi_handle image = NULL;

	if (bs->load_image(false, self, child_path, child, child_size, &image) != EFI_SUCCESS)
		ok(false, "load: for the test itself");
	return image;
}

/* Says what the child shall do. */
static void set_options(efi_handle image, const char16 *what)
{
	struct loaded_image *info = protocol_of(image, &guid_loaded_image);

	info->options = (void *)what;
	info->options_size = (uint32_t)(length16(what) + 1) * 2;
}

static void test_own(void)
{
	struct loaded_image *own = own_image();

	ok(own != NULL, "own: has the protocol");
	is(own->revision, 0x1000, "own: revision");
	ok(own->system == st, "own: system table");
	ok(own->device != NULL, "own: came from a device");
	ok(protocol_of(own->device, &guid_file_system) != NULL, "own: which has files");
	ok(own->path && own->path->type == 4 && own->path->subtype == 4, "own: came from a file");
	value_string("own: its name", (const char16 *)(own->path + 1));
	ok(path_is_end(path_next(own->path)), "own: the path has nothing else");
	is(own->code_type, MEM_LOADER_CODE, "own: code type");
	is(own->data_type, MEM_LOADER_DATA, "own: data type");
	ok((uintptr_t)own->base <= (uintptr_t)test_own &&
			(uintptr_t)test_own - (uintptr_t)own->base < own->size,
		"own: its place");
	ok(own->unload == NULL, "own: no unload function");
	ok(protocol_of(self, &guid_loaded_image_path) != NULL, "own: has the whole path, too");
	value("own: size of the load options", own->options_size);
}

static void test_load(void)
{
	struct device_path *volume = protocol_of(own_volume(), &guid_device_path);
	struct device_path *missing = path_to(STR16("\\EFI\\TEST\\NONE.EFI"));
	struct device_path *text = path_to(STR16("\\EFI\\TEST\\HELLO.TXT"));
	struct device_path *whole;
	struct loaded_image *info;
	efi_handle image = NULL;
	uint8_t *bad;

	is(bs->load_image(false, self, child_path, NULL, 0, &image), EFI_SUCCESS,
		"load: from a file");
	info = protocol_of(image, &guid_loaded_image);
	ok(info != NULL, "load: is an image");
	ok(info->parent == self, "load: knows its parent");
	ok(info->device == own_volume(), "load: knows its device");
	is_string((const char16 *)(info->path + 1), STR16("\\EFI\\TEST\\CHILD.EFI"),
		"load: knows its file");
	ok(info->path != child_path, "load: with a path of its own");
	is(info->options_size, 0, "load: no options");
	ok(info->options == NULL, "load: nowhere");
	is(info->code_type, MEM_LOADER_CODE, "load: code type");
	ok(info->system == st, "load: system table");
	ok(info->size > 0 && ((uintptr_t)info->base & 0xfff) == 0, "load: at a page");
	whole = protocol_of(image, &guid_loaded_image_path);
	ok(whole && path_size(whole) == path_size(child_path) &&
			same(whole, child_path, path_size(child_path)),
		"load: the whole path");
	is(bs->unload_image(image), EFI_SUCCESS, "unload: what was not started");
	is(bs->unload_image(image), EFI_INVALID_PARAMETER, "unload: again");

	is(bs->load_image(false, self, child_path, child, child_size, &image), EFI_SUCCESS,
		"load: from memory");
	info = protocol_of(image, &guid_loaded_image);
	ok(info->device == own_volume(), "load: of that device by its path");
	bs->unload_image(image);
	is(bs->load_image(false, self, NULL, child, child_size, &image), EFI_SUCCESS,
		"load: from memory, no path");
	info = protocol_of(image, &guid_loaded_image);
	ok(info->device == NULL && info->path == NULL, "load: so of no device");
	whole = protocol_of(image, &guid_loaded_image_path);
	ok(whole == NULL, "load: and no whole path");
	bs->unload_image(image);

	is(bs->load_image(false, NULL, child_path, child, child_size, &image),
		EFI_INVALID_PARAMETER, "load: no parent");
	is(bs->load_image(false, own_volume(), child_path, child, child_size, &image),
		EFI_INVALID_PARAMETER, "load: a parent that is no image");
	is(bs->load_image(false, self, child_path, child, child_size, NULL), EFI_INVALID_PARAMETER,
		"load: nowhere to tell");
	value("load: from nowhere", bs->load_image(false, self, NULL, NULL, 0, &image));
	is(bs->load_image(false, self, missing, NULL, 0, &image), EFI_NOT_FOUND,
		"load: from a file that is not there");
	ok(EFI_ERROR(0) & bs->load_image(false, self, volume, NULL, 0, &image),
		"load: from no file at all");
	is(bs->load_image(false, self, text, NULL, 0, &image), EFI_UNSUPPORTED,
		"load: from a text");

	bad = pool(child_size);
	bs->copy_mem(bad, child, child_size);
	bad[bad[0x3c] + 4] = 0x64;
	bad[bad[0x3c] + 5] = 0x86;
	is(bs->load_image(false, self, NULL, bad, child_size, &image), EFI_UNSUPPORTED,
		"load: for another machine");
	bs->copy_mem(bad, child, child_size);
	bad[bad[0x3c]] = 'X';
	is(bs->load_image(false, self, NULL, bad, child_size, &image), EFI_UNSUPPORTED,
		"load: without the signature");
	ok(EFI_ERROR(0) & bs->load_image(false, self, NULL, child, 0x100, &image),
		"load: cut short in its headers");
	ok(EFI_ERROR(0) & bs->load_image(false, self, NULL, child, 0x400, &image),
		"load: cut short in its sections");
	bs->set_mem(bad, child_size, 0);
	is(bs->load_image(false, self, NULL, bad, child_size, &image), EFI_UNSUPPORTED,
		"load: zeros");
	is(bs->load_image(false, self, child_path, child, 0, &image), EFI_LOAD_ERROR,
		"load: of no size");
	bs->free_pool(bad);
}

/* A volume whose files can be opened and not read, as a driver's may be. */
static struct file broken;
static uint64_t size_in_info;
static efi_status volume_status, open_status, info_status, read_status;

static efi_status broken_volume(struct file_system *this, struct file **root)
{
	(void)this;
	*root = &broken;
	return volume_status;
}

static efi_status broken_open(struct file *this, struct file **out, const char16 *name,
	uint64_t mode, uint64_t attributes)
{
	(void)name;
	(void)mode;
	(void)attributes;
	*out = this;
	return open_status;
}

static efi_status broken_close(struct file *this)
{
	(void)this;
	return EFI_SUCCESS;
}

static efi_status broken_info(
	struct file *this, const struct guid *type, uint64_t *size, void *info)
{
	struct file_info *out = info;
	bool fits = *size >= sizeof(*out) + 2;

	(void)this;
	(void)type;
	*size = sizeof(*out) + 2;
	if (info_status != EFI_SUCCESS || !fits)
		return info_status != EFI_SUCCESS ? info_status : EFI_BUFFER_TOO_SMALL;
	bs->set_mem(out, *size, 0);
	out->size = *size;
	out->file_size = size_in_info;
	return EFI_SUCCESS;
}

static efi_status broken_read(struct file *this, uint64_t *size, void *buffer)
{
	(void)this;
	if (*size > child_size)
		*size = child_size;
	bs->copy_mem(buffer, child, *size);
	return read_status;
}

static void test_broken_volume(void)
{
	static struct {
		uint8_t head[4];
		struct guid guid;
		uint8_t file[4];
		char16 name[2];
		uint8_t end[4];
	} path = { { 1, 4, 20, 0 }, { 0x7d5c2a61, 0x1f0e, 0x4b8d, { 1, 2, 3, 4, 5, 6, 7, 8 } },
		{ 4, 4, 8, 0 }, { 'A', 0 }, { 0x7f, 0xff, 4, 0 } };
	static struct {
		uint8_t head[4];
		struct guid guid;
		uint8_t end[4];
	} volume;
	struct file_system fs = { 0x10000, broken_volume };
	efi_handle h = NULL, image = NULL;

	size_in_info = child_size;
	bs->copy_mem(&volume, &path, 20);
	bs->copy_mem(volume.end, path.end, 4);
	broken = (struct file){ .revision = 0x10000,
		.open = broken_open,
		.close = broken_close,
		.read = broken_read,
		.get_info = broken_info };
	is(bs->install_multiple(&h, &guid_device_path, &volume, &guid_file_system, &fs, NULL),
		EFI_SUCCESS, "volume: installed");
	is(bs->load_image(false, self, (void *)&path, NULL, 0, &image), EFI_SUCCESS,
		"volume: a file of it");
	bs->unload_image(image);
	size_in_info = child_size + 16;
	is(bs->load_image(false, self, (void *)&path, NULL, 0, &image), EFI_SUCCESS,
		"volume: a file that ends before its size");
	bs->unload_image(image);
	size_in_info = child_size;
	volume_status = EFI_DEVICE_ERROR;
	value("volume: cannot be opened",
		bs->load_image(false, self, (void *)&path, NULL, 0, &image));
	volume_status = EFI_SUCCESS;
	open_status = EFI_ACCESS_DENIED;
	value("volume: a file cannot be opened",
		bs->load_image(false, self, (void *)&path, NULL, 0, &image));
	open_status = EFI_SUCCESS;
	info_status = EFI_VOLUME_CORRUPTED;
	value("volume: a file says nothing of itself",
		bs->load_image(false, self, (void *)&path, NULL, 0, &image));
	info_status = EFI_SUCCESS;
	read_status = EFI_VOLUME_CORRUPTED;
	value("volume: a file cannot be read",
		bs->load_image(false, self, (void *)&path, NULL, 0, &image));
	read_status = EFI_SUCCESS;
	bs->uninstall_multiple(h, &guid_device_path, &volume, &guid_file_system, &fs, NULL);
}

static const struct guid guid_package_list = { 0x6a1ee763, 0xd47a, 0x43b4,
	{ 0xaa, 0xbe, 0xef, 0x1d, 0xe2, 0xab, 0x56, 0xfc } };

static void test_resource(void)
{
	efi_handle image = load();
	const uint32_t *list = protocol_of(image, &guid_package_list);

	ok(list != NULL, "resource: its package list is a protocol");
	ok(list && list[0] == 0x5a6f8ad6 && list[4] == 24, "resource: that begins with its header");
	is(bs->unload_image(image), EFI_SUCCESS, "resource: unloaded");
	ok(protocol_of(image, &guid_package_list) == NULL, "resource: and gone");
	ok(protocol_of(self, &guid_package_list) == NULL, "resource: others have none");
}

static void test_start(void)
{
	efi_handle image = load();
	uint64_t size = 7;
	char16 *data = (void *)1;
	uint64_t tpl;

	set_options(image, STR16("s"));
	is(bs->start_image(image, &size, &data), EFI_SUCCESS, "start: succeeds");
	is(size, 0, "start: no data");
	is(bs->start_image(image, NULL, NULL), EFI_INVALID_PARAMETER, "start: gone by then");

	image = load();
	set_options(image, STR16("?"));
	is(bs->start_image(image, NULL, NULL), EFI_NOT_READY, "start: fails");
	ok(protocol_of(image, &guid_loaded_image) == NULL, "start: unloads it");

	image = load();
	is(bs->start_image(image, NULL, NULL), EFI_NOT_FOUND, "start: without options");

	image = load();
	set_options(image, STR16("e"));
	data = NULL;
	is(bs->start_image(image, &size, &data), EFI_ABORTED, "exit: its status");
	is(size, 12, "exit: so much data");
	is_string(data, STR16("words"), "exit: its data");
	is(bs->free_pool(data), EFI_SUCCESS, "exit: which are the caller's");
	is(bs->unload_image(image), EFI_INVALID_PARAMETER, "exit: unloads it");

	image = load();
	set_options(image, STR16("n"));
	is(bs->start_image(image, NULL, NULL), EFI_INVALID_PARAMETER, "start: itself again");

	image = load();
	set_options(image, STR16("t"));
	is(bs->start_image(image, NULL, NULL), EFI_SUCCESS, "start: returns at a higher TPL");
	tpl = bs->raise_tpl(TPL_HIGH_LEVEL);
	bs->restore_tpl(TPL_APPLICATION);
	is(tpl, TPL_APPLICATION, "start: which is lowered again");

	for (unsigned i = 0; i < 2; i++) {
		image = load();
		set_options(image, STR16("o"));
		is(bs->start_image(image, NULL, NULL), EFI_SUCCESS,
			i ? "end: closes what the program had alone" : "start: takes it alone");
	}

	is(bs->start_image(NULL, NULL, NULL), EFI_INVALID_PARAMETER, "start: nothing");
	is(bs->start_image(own_volume(), NULL, NULL), EFI_INVALID_PARAMETER,
		"start: what is no image");
	is(bs->start_image(self, NULL, NULL), EFI_INVALID_PARAMETER, "start: this program again");

	image = load();
	is(bs->exit(image, EFI_SUCCESS, 0, NULL), EFI_SUCCESS, "exit: of what was not started");
	is(bs->unload_image(image), EFI_INVALID_PARAMETER, "exit: unloads that");
	is(bs->unload_image(NULL), EFI_INVALID_PARAMETER, "unload: nothing");
	is(bs->unload_image(self), EFI_UNSUPPORTED, "unload: what has no function for it");
}

/* The child is an application: it does not stay when it returns. So drivers' way is tried by the header. */
static void test_driver(void)
{
	uint32_t optional = (uint32_t)(child[0x3c] | child[0x3d] << 8) + 24;
	efi_handle image;

	child[optional + 68] = 11; /* the subsystem: a boot service driver */
	image = load();
	is(((struct loaded_image *)protocol_of(image, &guid_loaded_image))->code_type,
		MEM_BOOT_CODE, "driver: code type");
	is(((struct loaded_image *)protocol_of(image, &guid_loaded_image))->data_type,
		MEM_BOOT_DATA, "driver: data type");
	set_options(image, STR16("d"));
	is(bs->start_image(image, NULL, NULL), EFI_SUCCESS, "driver: starts");
	ok(protocol_of(image, &guid_loaded_image) != NULL, "driver: stays");
	is(bs->start_image(image, NULL, NULL), EFI_INVALID_PARAMETER, "driver: starts once only");
	is(bs->unload_image(image), EFI_DEVICE_ERROR, "driver: refuses to go");
	ok(protocol_of(image, &guid_loaded_image) != NULL, "driver: so it is there");
	is(bs->unload_image(image), EFI_SUCCESS, "driver: goes");
	is(bs->unload_image(image), EFI_INVALID_PARAMETER, "driver: is gone");

	image = load();
	set_options(image, STR16("?"));
	is(bs->start_image(image, NULL, NULL), EFI_NOT_READY, "driver: fails");
	is(bs->unload_image(image), EFI_INVALID_PARAMETER, "driver: so it does not stay");

	child[optional + 68] = 12; /* a runtime driver */
	image = load();
	is(((struct loaded_image *)protocol_of(image, &guid_loaded_image))->code_type,
		MEM_RUNTIME_CODE, "driver: code type of a runtime driver");
	bs->unload_image(image);
	child[optional + 68] = 10;
}

void subject(void)
{
	own_volume();
	test_own();
	ok(read_child(), "file: the other program is read");
	child_path = path_to(STR16("\\EFI\\TEST\\CHILD.EFI"));
	test_load();
	test_broken_volume();
	test_resource();
	test_start();
	test_driver();
}
