/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Corners of many services, where firmwares come to differ: events that act on
 * events, drivers put out by exclusive users, strange file names.
 */
#include "test.h"

static unsigned ran, depth, deepest;
static efi_event other;

static void signal_again(efi_event event, void *context)
{
	(void)context;
	if (++ran < 3)
		bs->signal_event(event);
}

static void close_self(efi_event event, void *context)
{
	(void)context;
	ran++;
	bs->close_event(event);
}

static void nested(efi_event event, void *context)
{
	(void)event;
	(void)context;
	ran++;
	if (++depth > deepest)
		deepest = depth;
	if (ran == 1)
		bs->signal_event(other);
	depth--;
}

static void make_ready(efi_event event, void *context)
{
	(void)context;
	if (++ran == 3)
		bs->signal_event(event);
}

static void test_events(void)
{
	efi_event e = NULL;
	uint64_t index = 9, tpl;

	bs->create_event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, signal_again, NULL, &e);
	bs->signal_event(e);
	is(ran, 3, "event: signals itself");
	bs->close_event(e);
	ran = 0;
	bs->create_event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, close_self, NULL, &e);
	bs->signal_event(e);
	is(ran, 1, "event: closes itself");
	is(bs->signal_event(bs) != EFI_SUCCESS, 1, "event: what is none cannot be signalled");

	ran = 0;
	bs->create_event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, nested, NULL, &e);
	bs->create_event(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, nested, NULL, &other);
	bs->signal_event(e);
	is(ran, 2, "event: one signals another");
	is(deepest, 2, "event: which runs within it, being higher");
	bs->close_event(other);
	ran = deepest = 0;
	bs->create_event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, nested, NULL, &other);
	bs->signal_event(e);
	is(deepest, 1, "event: or after it, being no higher");
	bs->close_event(other);
	bs->close_event(e);

	ran = 0;
	bs->create_event(EVT_NOTIFY_WAIT, TPL_CALLBACK, make_ready, NULL, &e);
	is(bs->check_event(e), EFI_NOT_READY, "event: its function leaves it");
	is(bs->wait_for_event(1, &e, &index), EFI_SUCCESS, "event: its function signals it");
	is(ran, 3, "event: asked three times in all");
	bs->close_event(e);
	is(bs->create_event(EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE, TPL_NOTIFY, signal_again, NULL, &e),
		EFI_SUCCESS, "event: of virtual addresses");
	bs->close_event(e);
	tpl = bs->raise_tpl(TPL_NOTIFY);
	is(bs->raise_tpl(TPL_NOTIFY), TPL_NOTIFY, "tpl: raised to what it is");
	bs->restore_tpl(tpl);
}

static unsigned stops;
static int interface = 1;

static efi_status supported(
	struct driver_binding *this, efi_handle controller, struct device_path *remaining)
{
	void *got;
	efi_status status;

	(void)remaining;
	status = bs->open_protocol(
		controller, &guid_own, &got, this->driver, controller, OPEN_BY_DRIVER);
	if (status == EFI_SUCCESS)
		bs->close_protocol(controller, &guid_own, this->driver, controller);
	return status;
}

static efi_status start(
	struct driver_binding *this, efi_handle controller, struct device_path *remaining)
{
	void *got;

	(void)remaining;
	return bs->open_protocol(
		controller, &guid_own, &got, this->driver, controller, OPEN_BY_DRIVER);
}

static bool stubborn;

static efi_status stop(struct driver_binding *this, efi_handle controller, uint64_t n_children,
	efi_handle *children)
{
	(void)n_children;
	(void)children;
	stops++;
	if (stubborn)
		return EFI_DEVICE_ERROR;
	return bs->close_protocol(controller, &guid_own, this->driver, controller);
}

static struct driver_binding binding = { supported, start, stop, 0x10, NULL, NULL };

static void test_drivers(void)
{
	static const struct device_path end = { 0x7f, 0xff, { 4, 0 } };
	efi_handle h = NULL, nobody = NULL;
	void *got = NULL;

	binding.image = self;
	bs->install_protocol(&binding.driver, &guid_driver_binding, 0, &binding);
	bs->install_protocol(&h, &guid_own, 0, &interface);
	bs->install_protocol(&nobody, &guid_own2, 0, &interface);
	is(bs->connect_controller(nobody, NULL, &end, false), EFI_SUCCESS,
		"driver: none wanted, by an empty remaining path");
	bs->connect_controller(h, NULL, NULL, false);
	is(bs->open_protocol(h, &guid_own, &got, self, NULL, OPEN_EXCLUSIVE), EFI_SUCCESS,
		"driver: put out by an exclusive user");
	is(stops, 1, "driver: was stopped");
	is(bs->close_protocol(h, &guid_own, self, NULL), EFI_SUCCESS, "driver: the user goes");
	is(bs->connect_controller(h, NULL, NULL, false), EFI_SUCCESS, "driver: comes back");
	stubborn = true;
	is(bs->open_protocol(h, &guid_own, &got, self, NULL, OPEN_EXCLUSIVE), EFI_ACCESS_DENIED,
		"driver: one that stays");
	is(bs->disconnect_controller(h, NULL, NULL), EFI_NOT_FOUND, "driver: cannot be put out");
	is(bs->uninstall_protocol(h, &guid_own, &interface), EFI_ACCESS_DENIED,
		"driver: nor can what it uses be taken");
	ok(protocol_of(h, &guid_own) == &interface, "driver: so that is there");
	stubborn = false;
	is(bs->uninstall_protocol(h, &guid_own, &interface), EFI_SUCCESS, "driver: goes at last");
	bs->uninstall_protocol(binding.driver, &guid_driver_binding, &binding);
}

static struct file *root;

static efi_status try(const char16 *name, uint64_t mode)
{
	struct file *f = NULL;
	efi_status status = root->open(root, &f, name, mode, 0);

	if (status == EFI_SUCCESS)
		f->close(f);
	return status;
}

static void test_names(void)
{
	static char16 longest[300];
	const uint64_t create = FILE_READ | FILE_WRITE | FILE_CREATE;
	struct file_system *fs = protocol_of(own_volume(), &guid_file_system);

	fs->open_volume(fs, &root);
	value("name: empty", try(STR16(""), FILE_READ));
	value("name: a folder and a backslash", try(STR16("\\EFI\\"), FILE_READ));
	value("name: two backslashes", try(STR16("\\EFI\\\\TEST"), FILE_READ));
	value("name: a file and a backslash", try(STR16("\\EFI\\TEST\\HELLO.TXT\\"), FILE_READ));
	value("name: above the root", try(STR16("\\..\\EFI"), FILE_READ));
	value("name: a slash", try(STR16("EFI/TEST"), FILE_READ));
	value("name: a star", try(STR16("\\EFI\\TEST\\a*b"), create));
	value("name: a colon", try(STR16("\\EFI\\TEST\\a:b"), create));
	value("name: a question mark, to read", try(STR16("\\EFI\\TEST\\HELL?.TXT"), FILE_READ));
	value("name: a dot behind", try(STR16("\\EFI\\TEST\\HELLO.TXT."), FILE_READ));
	value("name: a space behind", try(STR16("\\EFI\\TEST\\HELLO.TXT "), FILE_READ));
	value("name: a dot before", try(STR16("\\EFI\\TEST\\.hidden"), create));
	value("name: a plus", try(STR16("\\EFI\\TEST\\a+b.c"), create));
	value("name: not ASCII", try(u"\\EFI\\TEST\\\u00e4\u4e2d.txt", create));
	value("name: not ASCII, again", try(u"\\EFI\\TEST\\\u00e4\u4e2d.txt", FILE_READ));
	for (unsigned i = 0; i < 255; i++)
		longest[i] = 'n';
	value("name: 255 long", try(longest, create));
	value("name: 255 long, again", try(longest, FILE_READ));
	longest[255] = 'n';
	value("name: 256 long", try(longest, create));
	value("name: its short form", try(STR16("\\EFI\\TEST\\ARATHE~1.TEX"), FILE_READ));
}

static void test_renames(void)
{
	const uint64_t write = FILE_READ | FILE_WRITE, create = write | FILE_CREATE;
	static uint64_t room[80];
	struct file_info *info = (void *)room;
	struct file *f = NULL, *dir = NULL;
	uint64_t size = sizeof(room);

	root->open(root, &dir, STR16("\\EFI\\TEST\\here"), create, FILE_DIRECTORY);
	dir->open(dir, &f, STR16("one"), create, 0);
	f->get_info(f, &guid_file_info, &size, room);
	info->file_size = 5000;
	value("size: made larger", f->set_info(f, &guid_file_info, size, room));
	size = sizeof(room);
	f->get_info(f, &guid_file_info, &size, room);
	value("size: is", info->file_size);
	bs->copy_mem(info->name, u"\\EFI\\TEST\\two", 28);
	info->size = 80 + 28;
	value("rename: to another folder", f->set_info(f, &guid_file_info, info->size, room));
	value("rename: is there", try(STR16("\\EFI\\TEST\\two"), FILE_READ));
	value("rename: not here", try(STR16("\\EFI\\TEST\\here\\one"), FILE_READ));
	size = sizeof(room);
	f->get_info(f, &guid_file_info, &size, room);
	bs->copy_mem(info->name, u"a:b", 8);
	info->size = 80 + 8;
	value("rename: to a bad name", f->set_info(f, &guid_file_info, info->size, room));
	size = sizeof(room);
	f->get_info(f, &guid_file_info, &size, room);
	info->attribute = FILE_READ_ONLY | FILE_HIDDEN;
	value("attributes: set", f->set_info(f, &guid_file_info, size, room));
	f->close(f);
	value("attributes: so it is not opened to write", try(STR16("\\EFI\\TEST\\two"), write));
	size = sizeof(room);
	dir->get_info(dir, &guid_file_info, &size, room);
	bs->copy_mem(info->name, u"there", 12);
	info->size = 80 + 12;
	value("rename: a folder", dir->set_info(dir, &guid_file_info, info->size, room));
	dir->close(dir);
	value("rename: the folder is", try(STR16("\\EFI\\TEST\\there"), write));
	value("set info: too short", root->set_info(root, &guid_file_info, 10, room));
	value("set info: of a kind that is none", root->set_info(root, &guid_nobody, 100, room));
	size = sizeof(room);
	root->get_info(root, &guid_file_system_info, &size, room);
	value("label: set", root->set_info(root, &guid_volume_label, 8, (void *)u"NEW"));
	root->open(root, &dir, STR16("\\"), write, 0);
	value("delete: the root", dir->delete (dir));
	root->close(root);
}

void subject(void)
{
	test_events();
	test_drivers();
	test_names();
	test_renames();
}
