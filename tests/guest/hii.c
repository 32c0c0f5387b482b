/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The database of package lists, who watches it, and keyboard layouts (UEFI
 * 2.10 34.8).
 */
#include "hii.h"

static struct database *db;

/* Of this program's package of GUIDs, and its keyboard layouts. */
static const struct guid guid_content = { 0x4dc9d8a1, 0x5f1b, 0x4a3e,
	{ 0x8e, 0x11, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06 } };
static const struct guid guid_layouts[2] = {
	{ 0x4dc9d8a2, 0x5f1b, 0x4a3e, { 0x8e, 0x11, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06 } },
	{ 0x4dc9d8a3, 0x5f1b, 0x4a3e, { 0x8e, 0x11, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06 } },
};
static const struct guid group_layout = { 0x14982a4f, 0xb0ed, 0x45b8,
	{ 0xa8, 0x11, 0x5a, 0x7a, 0x9b, 0xc2, 0x32, 0xdf } };

enum {
	NEW = 1,
	REMOVE = 2,
	EXPORT = 4,
	ADD = 8
};

static void add_guids(uint8_t content)
{
	uint32_t start = length;

	add_le(0, 4);
	add(&guid_content, 16);
	add(&content, 1);
	close_package(start, GUIDS);
}

static void add_german(void)
{
	uint32_t start = begin_strings("de-DE", 6);

	add("\x10"
	    "Deutsch\0",
		9);
	add("\x10"
	    "einfach\0",
		9);
	add("", 1);
	close_package(start, STRINGS);
}

static void add_layouts(void)
{
	uint32_t start = length;

	add_le(0, 4);
	add_le(2, 2);
	for (unsigned i = 0; i < 2; i++) {
		add_le(23, 2);
		add(&guid_layouts[i], 16);
		add_le(23, 4);
		add_le(0, 1);
	}
	close_package(start, KEYBOARD);
}

static void make_list(void)
{
	begin_list();
	add_layouts();
	add_strings();
	add_guids(7);
	end_list();
}

/* --- the database */

static efi_handle driver;

static hii_handle test_new(void)
{
	static struct device_path path = { 0x7f, 0xff, { 4, 0 } };
	hii_handle handle = 0, other = 0;
	efi_handle found = NULL;

	bs->install_protocol(&driver, &guid_device_path, 0, &path);
	make_list();
	is(db->new_list(db, NULL, driver, &handle), EFI_INVALID_PARAMETER, "new: no list");
	is(db->new_list(db, bytes, driver, NULL), EFI_INVALID_PARAMETER, "new: no handle");
	is(db->new_list(db, bytes, driver, &handle), EFI_SUCCESS, "new: a list");
	ok(handle != 0, "new: it has a handle");
	is(db->new_list(db, bytes, driver, &other), EFI_INVALID_PARAMETER,
		"new: the same for the same driver");
	is(db->new_list(db, bytes, NULL, &other), EFI_SUCCESS, "new: the same for no driver");
	is(db->driver(db, handle, &found), EFI_SUCCESS, "driver: whose list it is");
	ok(found == driver, "driver: is told");
	is(db->driver(db, other, &found), EFI_SUCCESS, "driver: nobody's");
	ok(found == NULL, "driver: is told, too");
	is(db->driver(db, handle, NULL), EFI_INVALID_PARAMETER, "driver: nowhere to");
	is(db->remove(db, other), EFI_SUCCESS, "remove: the second");
	return handle;
}

static bool is_listed(uint8_t type, const struct guid *guid, hii_handle handle)
{
	static hii_handle found[100];
	uint64_t size = sizeof(found);

	if (db->list(db, type, guid, &size, found) != EFI_SUCCESS)
		return false;
	for (unsigned i = 0; i < size / 8; i++)
		if (found[i] == handle)
			return true;
	return false;
}

static void test_list(hii_handle handle)
{
	hii_handle found[2] = { 0, 0 };
	uint64_t size = 0;

	is(db->list(db, GUIDS, &guid_content, &size, NULL), EFI_BUFFER_TOO_SMALL, "list: no room");
	is(size, 8, "list: one is needed");
	is(db->list(db, GUIDS, &guid_content, &size, NULL), EFI_INVALID_PARAMETER,
		"list: room, and no memory");
	is(db->list(db, GUIDS, &guid_content, &size, found), EFI_SUCCESS, "list: enough");
	is(found[0], handle, "list: it is this one");
	size = sizeof(found);
	is(db->list(db, GUIDS, &guid_layouts[0], &size, found), EFI_NOT_FOUND,
		"list: another GUID");
	is(size, sizeof(found), "list: leaves the size");
	is(db->list(db, GUIDS, NULL, &size, found), EFI_INVALID_PARAMETER, "list: no GUID");
	is(db->list(db, STRINGS, &guid_content, &size, found), EFI_INVALID_PARAMETER,
		"list: a GUID for another type");
	is(db->list(db, 0, NULL, NULL, found), EFI_INVALID_PARAMETER, "list: no size");
	ok(is_listed(0, NULL, handle), "list: of all");
	ok(is_listed(STRINGS, NULL, handle), "list: of strings");
	ok(is_listed(KEYBOARD, NULL, handle), "list: of keyboards");
	ok(is_listed(PATH, NULL, handle), "list: the driver's path is a package");
	ok(!is_listed(2, NULL, handle), "list: of forms, it is not");
}

/* The types of an exported list's packages, as digits. */
static uint64_t exported_types(uint64_t size)
{
	uint64_t digits = 0;
	uint32_t at = 20, head;

	for (;; at += head & 0xffffff) {
		if (at + 4 > size)
			return 0;
		bs->copy_mem(&head, out + at, 4);
		if (head >> 24 == 0xdf)
			return digits;
		if ((head & 0xffffff) < 4)
			return 0;
		digits = digits * 10 + (head >> 24);
	}
}

static void test_export(hii_handle handle)
{
	uint64_t size = 0, whole;
	uint32_t said;

	is(db->export(db, handle, &size, NULL), EFI_BUFFER_TOO_SMALL, "export: no room");
	whole = size;
	is(whole, length + 8, "export: the list, and the driver's path");
	is(db->export(db, handle, &size, NULL), EFI_INVALID_PARAMETER, "export: no memory");
	size = sizeof(out);
	is(db->export(db, handle, &size, out), EFI_SUCCESS, "export: enough");
	bs->copy_mem(&said, out + 16, 4);
	is(said, whole, "export: it says how long it is");
	ok(same(out, &guid_list, 16), "export: its GUID");
	is(exported_types(whole), 1948, "export: GUIDs, keyboards, strings, path");
	ok(same(out + 20 + 4, &guid_content, 16) && out[40] == 7, "export: the GUID's package");
	is(db->export(db, handle, NULL, out), EFI_INVALID_PARAMETER, "export: no size");
	size = 0;
	is(db->export(db, 0, &size, NULL), EFI_BUFFER_TOO_SMALL, "export: all of them");
	ok(size >= whole, "export: are more");
}

static void test_gone(hii_handle handle)
{
	uint64_t size = sizeof(out);
	efi_handle found;

	is(db->remove(db, handle), EFI_SUCCESS, "remove: it is there");
	is(db->remove(db, handle), EFI_NOT_FOUND, "remove: it is gone");
	is(db->update(db, handle, bytes), EFI_NOT_FOUND, "update: one that is gone");
	is(db->export(db, handle, &size, out), EFI_NOT_FOUND, "export: one that is gone");
	is(db->driver(db, handle, &found), EFI_INVALID_PARAMETER, "driver: of one that is gone");
}

/* --- watching */

static struct {
	unsigned calls;
	uint8_t type;
	bool guid;
	uint32_t length;
	hii_handle handle;
	uint64_t changes; /* in digits */
	uint64_t exported;
} seen;

static efi_status notified(uint8_t type, const struct guid *guid, const uint8_t *package,
	hii_handle handle, uint64_t change)
{
	uint32_t head;
	uint64_t size = 0;

	bs->copy_mem(&head, package, 4);
	seen.calls++;
	seen.type = type;
	seen.guid = guid && same(guid, &guid_content, 16);
	seen.length = head & 0xffffff;
	seen.handle = handle;
	seen.changes = seen.changes * 10 + change;
	/* What a watcher finds: a list is there when it is notified of its end. */
	seen.exported = db->export(db, handle, &size, NULL);
	return EFI_SUCCESS;
}

static void test_watch(hii_handle handle)
{
	efi_handle watchers[5] = { NULL, NULL, NULL, NULL, NULL };
	uint64_t size = sizeof(out);
	hii_handle second = 0;

	is(db->watch(db, GUIDS, NULL, notified, NEW, &watchers[0]), EFI_INVALID_PARAMETER,
		"watch: GUIDs, and none");
	is(db->watch(db, STRINGS, &guid_content, notified, NEW, &watchers[0]),
		EFI_INVALID_PARAMETER, "watch: a GUID for strings");
	is(db->watch(db, STRINGS, NULL, notified, NEW, NULL), EFI_INVALID_PARAMETER,
		"watch: nowhere to");
	is(db->watch(db, GUIDS, &guid_content, notified, NEW, &watchers[0]), EFI_SUCCESS,
		"watch: new GUIDs");
	is(db->watch(db, STRINGS, NULL, notified, REMOVE, &watchers[1]), EFI_SUCCESS,
		"watch: strings' end");
	is(db->watch(db, STRINGS, NULL, notified, ADD, &watchers[2]), EFI_SUCCESS,
		"watch: strings that are added");
	is(db->watch(db, PATH, NULL, notified, EXPORT, &watchers[3]), EFI_SUCCESS,
		"watch: paths that are exported");

	make_list();
	is(db->new_list(db, bytes, NULL, &second), EFI_SUCCESS, "watched: a new list");
	is(seen.calls, 1, "watched: once");
	is(seen.type, GUIDS, "watched: a package of GUIDs");
	ok(seen.guid, "watched: with its GUID");
	is(seen.length, 21, "watched: it is given");
	is(seen.handle, second, "watched: and its list");
	is(seen.changes, NEW, "watched: what happened");
	is(db->export(db, handle, &size, out), EFI_SUCCESS, "watched: exported");
	is(seen.calls, 2, "watched: one more");
	ok(seen.type == PATH && !seen.guid && seen.length == 8, "watched: the path");
	ok(seen.handle == handle, "watched: of the list that was exported");
	seen.changes = 0;
	begin_list();
	add_german();
	end_list();
	is(db->update(db, second, bytes), EFI_SUCCESS, "watched: an update");
	is(seen.changes, 10 * REMOVE + ADD, "watched: strings go, strings come");
	seen.changes = 0;
	is(db->remove(db, second), EFI_SUCCESS, "watched: removed");
	is(seen.changes, REMOVE, "watched: the end");
	is(seen.exported, EFI_BUFFER_TOO_SMALL, "watched: before it is");

	for (unsigned i = 0; i < 4; i++)
		is(db->unwatch(db, watchers[i]), EFI_SUCCESS, "unwatch");
	is(db->unwatch(db, watchers[0]), EFI_NOT_FOUND, "unwatch: again");
	is(db->unwatch(db, NULL), EFI_NOT_FOUND, "unwatch: nobody");
	is(db->unwatch(db, driver), EFI_NOT_FOUND, "unwatch: another handle");
	seen.changes = 0;
	make_list();
	is(db->new_list(db, bytes, NULL, &second), EFI_SUCCESS, "unwatched: a list");
	is(db->remove(db, second), EFI_SUCCESS, "unwatched: its end");
	is(seen.changes, 0, "unwatched: nothing is told");
}

static void test_update(hii_handle handle)
{
	uint64_t size = sizeof(out);

	begin_list();
	add_guids(8);
	end_list();
	is(db->update(db, handle, NULL), EFI_INVALID_PARAMETER, "update: no list");
	is(db->update(db, handle, bytes), EFI_SUCCESS, "update: a package of GUIDs");
	is(db->export(db, handle, &size, out), EFI_SUCCESS, "update: exported");
	is(exported_types(sizeof(out)), 1948, "update: the same packages");
	is(out[40], 8, "update: the new one");
}

/* --- keyboards */

static unsigned changes;

static void changed(efi_event event, void *context)
{
	(void)event;
	(void)context;
	changes++;
}

static void test_keyboards(void)
{
	struct guid found[2];
	efi_event event;
	uint16_t size = 0;

	is(db->find_layouts(db, NULL, found), EFI_INVALID_PARAMETER, "layouts: no size");
	is(db->find_layouts(db, &size, NULL), EFI_BUFFER_TOO_SMALL, "layouts: no room");
	is(size, 32, "layouts: two");
	is(db->find_layouts(db, &size, NULL), EFI_INVALID_PARAMETER, "layouts: no memory");
	is(db->find_layouts(db, &size, found), EFI_SUCCESS, "layouts: enough");
	ok(same(found, guid_layouts, 32), "layouts: these");
	size = 0;
	is(db->get_layout(db, &guid_layouts[1], &size, NULL), EFI_BUFFER_TOO_SMALL,
		"layout: no room");
	is(size, 23, "layout: how long it is");
	is(db->get_layout(db, &guid_layouts[1], &size, out), EFI_SUCCESS, "layout: enough");
	ok(out[0] == 23 && same(out + 2, &guid_layouts[1], 16), "layout: this");
	is(db->get_layout(db, &guid_content, &size, out), EFI_NOT_FOUND, "layout: another");
	is(db->get_layout(db, &guid_layouts[0], NULL, out), EFI_INVALID_PARAMETER,
		"layout: no size");
	is(db->get_layout(db, NULL, &size, out), EFI_NOT_FOUND, "layout: none is in use");

	bs->create_event_ex(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, changed, NULL, &group_layout, &event);
	is(db->set_layout(db, NULL), EFI_INVALID_PARAMETER, "use: none");
	is(db->set_layout(db, &guid_content), EFI_NOT_FOUND, "use: one that is not there");
	is(changes, 0, "use: nothing is signalled");
	is(db->set_layout(db, &guid_layouts[1]), EFI_SUCCESS, "use: one");
	is(changes, 1, "use: it is signalled");
	is(db->set_layout(db, &guid_layouts[1]), EFI_SUCCESS, "use: the same");
	is(changes, 1, "use: that is no change");
	bs->set_mem(out, 64, 0);
	is(db->get_layout(db, NULL, &size, out), EFI_SUCCESS, "layout: the one in use");
	ok(same(out + 2, &guid_layouts[1], 16), "layout: it is that");
	bs->close_event(event);
}

void subject(void)
{
	hii_handle handle;
	void *at = NULL;

	bs->locate_protocol(&guid_database, NULL, &at);
	db = at;
	ok(db != NULL, "it is there");
	handle = test_new();
	test_list(handle);
	test_export(handle);
	test_keyboards();
	test_watch(handle);
	test_update(handle);
	test_gone(handle);
}
