/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who uses an interface, and what becomes of them when it is removed or wanted
 * alone (UEFI 2.10 7.3.3, 7.3.4, 7.3.7 to 7.3.12, 7.3.17, 7.4.5, 11.3 to 11.5).
 */
#include "test.h"

static const struct guid guid_platform_override = { 0x6b30c738, 0xa391, 0x11d4,
	{ 0x9a, 0x3b, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d } };
static const struct guid guid_family_override = { 0xb1ee129e, 0xda36, 0x4181,
	{ 0x91, 0xf8, 0x04, 0xa4, 0x92, 0x37, 0x66, 0xa7 } };
static const struct guid guid_bus_override = { 0x3bc1b285, 0x8a15, 0x4a82,
	{ 0xaa, 0xbf, 0x4d, 0x7d, 0x13, 0xfb, 0x32, 0x65 } };

/* A driver that manages one protocol. What a controller's drivers were asked is noted, a letter each. */
struct driver {
	struct driver_binding binding; /* first: what `this` points to */
	const struct guid *manages;
	char letter;
	bool refuses;              /* to stop */
	const struct guid *offers; /* on the same handle, while it runs */
	const struct guid *needs;  /* that somebody else offers there */
	bool child;                /* it makes one */
	efi_handle made, below;    /* the child; the next of a chain */
	unsigned starts, stops;
};

static char asked[64];
static unsigned n_asked;
static int interface_of_driver = 7;

static void note(char letter)
{
	if (n_asked < sizeof(asked) - 1)
		asked[n_asked++] = letter;
	asked[n_asked] = 0;
}

static void forget(void)
{
	n_asked = 0;
	asked[0] = 0;
}

static bool asked_in_order(const char *want)
{
	unsigned i = 0;

	while (want[i] && want[i] == asked[i])
		i++;
	return want[i] == asked[i];
}

static efi_status open_by_driver(struct driver *d, efi_handle controller)
{
	void *got;

	return bs->open_protocol(
		controller, d->manages, &got, d->binding.driver, controller, OPEN_BY_DRIVER);
}

static efi_status supported(
	struct driver_binding *this, efi_handle controller, struct device_path *remaining)
{
	struct driver *d = (struct driver *)this;
	efi_status status;

	(void)remaining;
	if (d->needs && !protocol_of(controller, d->needs))
		return EFI_UNSUPPORTED;
	status = open_by_driver(d, controller);
	if (status == EFI_UNSUPPORTED)
		return status;
	note(d->letter);
	if (status != EFI_SUCCESS)
		return status;
	return bs->close_protocol(controller, d->manages, this->driver, controller);
}

static efi_status start(
	struct driver_binding *this, efi_handle controller, struct device_path *remaining)
{
	struct driver *d = (struct driver *)this;
	efi_status status = open_by_driver(d, controller);
	void *got;

	(void)remaining;
	if (status != EFI_SUCCESS)
		return status;
	d->starts++;
	if (d->offers)
		bs->install_protocol(&controller, d->offers, 0, &interface_of_driver);
	if (d->child) {
		d->made = NULL;
		bs->install_protocol(&d->made, &guid_own3, 0, &interface_of_driver);
		bs->open_protocol(
			controller, d->manages, &got, this->driver, d->made, OPEN_BY_CHILD);
	}
	return EFI_SUCCESS;
}

static efi_status stop(struct driver_binding *this, efi_handle controller, uint64_t n_children,
	efi_handle *children)
{
	struct driver *d = (struct driver *)this;

	d->stops++;
	if (d->refuses)
		return EFI_DEVICE_ERROR;
	for (uint64_t i = 0; i < n_children; i++) {
		bs->close_protocol(controller, d->manages, this->driver, children[i]);
		bs->uninstall_protocol(children[i], &guid_own3, &interface_of_driver);
	}
	if (n_children)
		return EFI_SUCCESS;
	if (d->offers)
		bs->uninstall_protocol(controller, d->offers, &interface_of_driver);
	if (d->below)
		bs->uninstall_protocol(d->below, d->manages, &interface_of_driver);
	return bs->close_protocol(controller, d->manages, this->driver, controller);
}

#define DRIVER(letter_, version_, manages_)                                                        \
	{                                                                                          \
		.binding = { supported, start, stop, (version_), NULL, NULL },                     \
		.manages = (manages_), .letter = (letter_)                                         \
	}

static void install(struct driver *d)
{
	d->binding.image = self;
	d->binding.driver = NULL;
	bs->install_protocol(&d->binding.driver, &guid_driver_binding, 0, &d->binding);
}

static void remove(struct driver *d)
{
	bs->uninstall_protocol(d->binding.driver, &guid_driver_binding, &d->binding);
}

/* How often the agent has opened it so; *total: how many entries there are. */
static uint64_t opens_of(efi_handle h, const struct guid *guid, efi_handle agent,
	uint32_t attributes, uint64_t *total)
{
	struct open_entry *entries = NULL;
	uint64_t n = 0, count = 0;

	if (bs->open_protocol_information(h, guid, &entries, &n) != EFI_SUCCESS)
		return 0;
	for (uint64_t i = 0; i < n; i++)
		if (entries[i].agent == agent && entries[i].attributes == attributes)
			count += entries[i].count;
	if (entries)
		bs->free_pool(entries);
	*total = n;
	return count;
}

/* Some other image: neither this one nor the firmware's own. */
static void test_casual_opens(void)
{
	efi_handle h = NULL, firmware = NULL;
	struct open_entry *entries = NULL;
	uint64_t n = 0, total = 0;
	void *got;
	int a = 1;

	bs->install_protocol(&h, &guid_own, 0, &a);
	bs->handle_protocol(h, &guid_own, &got);
	bs->handle_protocol(h, &guid_own, &got);
	is(bs->open_protocol_information(h, &guid_own, &entries, &n), EFI_SUCCESS,
		"handle: its opens are told");
	is(n, 1, "handle: as one entry");
	if (n == 1) {
		firmware = entries[0].agent;
		is(entries[0].attributes, OPEN_BY_HANDLE, "handle: its attribute");
		is(entries[0].count, 2, "handle: twice");
		ok(entries[0].controller == NULL, "handle: for no controller");
	}
	ok(protocol_of(firmware, &guid_loaded_image) != NULL, "handle: the agent is an image");
	ok(firmware != self, "handle: the firmware's own");
	is(bs->close_protocol(h, &guid_own, firmware, NULL), EFI_SUCCESS, "handle: can be closed");
	is(bs->close_protocol(h, &guid_own, firmware, NULL), EFI_NOT_FOUND, "handle: once");

	bs->open_protocol(h, &guid_own, NULL, self, NULL, OPEN_TEST);
	is(opens_of(h, &guid_own, self, OPEN_TEST, &total), 1, "test: its opens are told");
	is(bs->open_protocol(h, &guid_own, &got, NULL, NULL, OPEN_GET), EFI_SUCCESS,
		"get: without agent");
	is(total, 1, "test: one entry");
	opens_of(h, &guid_own, self, OPEN_TEST, &total);
	is(total, 1, "get: without agent is not told");
	is(bs->close_protocol(h, &guid_own, self, NULL), EFI_SUCCESS, "test: can be closed");
	is(bs->close_protocol(h, &guid_own, self, NULL), EFI_NOT_FOUND, "test: once");
	bs->uninstall_protocol(h, &guid_own, &a);
}

/* Two protocols on a handle, a driver on each, the second one's made by the first driver. */
static void test_removal(void)
{
	static struct driver lower = DRIVER('l', 0x10, &guid_own),
			     upper = DRIVER('u', 0x20, &guid_own2);
	efi_handle h = NULL, agent = self;
	uint64_t total;
	void *got;
	int a = 1, b = 2;

	lower.offers = &guid_own2;
	bs->install_protocol(&h, &guid_own, 0, &a);
	install(&lower);
	install(&upper);
	is(bs->connect_controller(h, NULL, NULL, true), EFI_SUCCESS, "removal: connected");
	is(lower.starts + upper.starts, 2, "removal: both drivers");

	is(bs->open_protocol(h, &guid_own2, &got, agent, NULL, OPEN_EXCLUSIVE), EFI_SUCCESS,
		"exclusive: what a driver uses");
	is(upper.stops, 1, "exclusive: its driver is stopped");
	is(lower.stops, 0, "exclusive: no other driver of the handle");
	is(bs->close_protocol(h, &guid_own2, agent, NULL), EFI_SUCCESS, "exclusive: closed");
	bs->connect_controller(h, NULL, NULL, true);
	is(upper.starts, 2, "exclusive: which starts again");

	is(bs->reinstall_protocol(h, &guid_own2, &interface_of_driver, &interface_of_driver),
		EFI_SUCCESS, "reinstall: what a driver uses");
	is(upper.stops, 2, "reinstall: its driver is stopped");
	is(upper.starts, 3, "reinstall: and started");
	is(lower.stops, 0, "reinstall: no other driver of the handle");

	is(bs->uninstall_protocol(h, &guid_own, &a), EFI_SUCCESS,
		"uninstall: a Stop() that uninstalls what another driver uses");
	is(lower.stops, 1, "uninstall: its driver is stopped once");
	is(upper.stops, 3, "uninstall: so is the one above");
	is(bs->handle_protocol(h, &guid_own2, &got), EFI_INVALID_PARAMETER,
		"uninstall: the handle is gone");

	h = NULL;
	bs->install_protocol(&h, &guid_own, 0, &a);
	bs->connect_controller(h, NULL, NULL, true);
	upper.refuses = true;
	is(bs->uninstall_protocol(h, &guid_own2, &interface_of_driver), EFI_ACCESS_DENIED,
		"refusal: of a driver to stop");
	is(bs->open_protocol(h, &guid_own2, &got, agent, NULL, OPEN_EXCLUSIVE), EFI_ACCESS_DENIED,
		"refusal: to whoever wants it alone");
	is(opens_of(h, &guid_own2, upper.binding.driver, OPEN_BY_DRIVER, &total), 1,
		"refusal: the driver has it open still");
	bs->install_protocol(&h, &guid_own3, 0, &b);
	is(bs->uninstall_multiple(h, &guid_own3, &b, &guid_own2, &interface_of_driver, NULL),
		EFI_INVALID_PARAMETER, "multiple: one that a driver does not give back");
	ok(protocol_of(h, &guid_own3) == &b, "multiple: the first is back");
	upper.refuses = false;
	is(bs->uninstall_multiple(
		   h, &guid_own3, &b, &guid_own2, &interface_of_driver, &guid_own, &a, NULL),
		EFI_SUCCESS, "multiple: all");
	is(bs->handle_protocol(h, &guid_own, &got), EFI_INVALID_PARAMETER,
		"multiple: the handle is gone");
	remove(&lower);
	remove(&upper);
}

static void test_children(void)
{
	static struct driver bus = DRIVER('b', 0x10, &guid_own);
	efi_handle h = NULL, child = NULL;
	void *got;
	int a = 1, b = 2;

	bs->install_protocol(&h, &guid_own, 0, &a);
	bs->install_protocol(&child, &guid_own2, 0, &b);
	bs->open_protocol(h, &guid_own, &got, self, child, OPEN_BY_CHILD);
	is(bs->reinstall_protocol(h, &guid_own, &a, &b), EFI_ACCESS_DENIED,
		"child: reinstall what is open for one");
	is(bs->uninstall_protocol(h, &guid_own, &a), EFI_ACCESS_DENIED,
		"child: uninstall what is open for one");
	ok(protocol_of(h, &guid_own) == &a, "child: it is there still");
	bs->close_protocol(h, &guid_own, self, child);
	bs->open_protocol(h, &guid_own, &got, self, NULL, OPEN_EXCLUSIVE);
	is(bs->reinstall_protocol(h, &guid_own, &a, &b), EFI_ACCESS_DENIED,
		"alone: reinstall what one has alone");
	bs->close_protocol(h, &guid_own, self, NULL);
	is(bs->reinstall_protocol(h, &guid_own, &a, &b), EFI_SUCCESS, "child: reinstall");

	bus.child = true;
	install(&bus);
	bs->connect_controller(h, NULL, NULL, true);
	is(bs->disconnect_controller(h, bus.binding.driver, child), EFI_NOT_FOUND,
		"child: to stop one that is none");
	is(bs->disconnect_controller(h, bus.binding.driver, bus.made), EFI_SUCCESS,
		"child: stopped");
	is(bus.stops, 2, "child: the last one's driver is stopped, too");
	bs->connect_controller(h, NULL, NULL, true);
	is(bs->uninstall_protocol(h, &guid_own, &b), EFI_SUCCESS, "child: with its driver");
	is(bus.stops, 4, "child: which was stopped for both");
	bs->uninstall_protocol(child, &guid_own2, &b);
	remove(&bus);
}

/* --- the order of drivers */

static struct driver first = DRIVER('a', 0x10, &guid_own), second = DRIVER('b', 0x20, &guid_own),
		     third = DRIVER('c', 0x30, &guid_own), fourth = DRIVER('d', 0x40, &guid_own);

/* An override's answers, one after another. */
static efi_handle named[4];
static unsigned at_named;
static bool began_with_null, named_the_last;

static efi_status next_named(efi_handle *driver)
{
	if (at_named == 0)
		began_with_null = *driver == NULL;
	else
		named_the_last = *driver == named[at_named - 1];
	if (!named[at_named])
		return EFI_NOT_FOUND;
	*driver = named[at_named++];
	return EFI_SUCCESS;
}

static efi_status platform_driver(void *this, efi_handle controller, efi_handle *driver)
{
	(void)this;
	(void)controller;
	return next_named(driver);
}

static efi_status bus_driver(void *this, efi_handle *driver)
{
	(void)this;
	return next_named(driver);
}

static uint32_t family_low(void *this)
{
	(void)this;
	return 3;
}

static uint32_t family_high(void *this)
{
	(void)this;
	return 4;
}

static void name(efi_handle a, efi_handle b)
{
	named[0] = a;
	named[1] = b;
	named[2] = NULL;
	at_named = 0;
	began_with_null = named_the_last = false;
}

/* Connects, says in which order the drivers were asked, and disconnects. */
static void connect(efi_handle h, efi_handle *list, const char *order, const char *what)
{
	forget();
	bs->connect_controller(h, list, NULL, false);
	if (!asked_in_order(order)) {
		say("# asked:");
		say(asked);
	}
	ok(asked_in_order(order), what);
	bs->disconnect_controller(h, NULL, NULL);
}

static void test_order(void)
{
	static void *platform[3] = { (void *)platform_driver, NULL, NULL };
	static void *bus[1] = { (void *)bus_driver };
	static void *low[1] = { (void *)family_low }, *high[1] = { (void *)family_high };
	static struct driver late = DRIVER('e', 0x90, &guid_own3);
	efi_handle h = NULL, override = NULL, images[2] = { NULL, NULL }, list[3] = { NULL };
	int a = 1;

	bs->install_protocol(&h, &guid_own, 0, &a);
	install(&first);
	install(&second);
	install(&third);
	install(&fourth);
	/* Once one has started, the others are asked again, and find it taken. */
	connect(h, NULL, "dcba", "order: the versions");
	list[0] = first.binding.driver;
	list[1] = third.binding.driver;
	connect(h, list, "acdb", "order: the list's, then the versions");
	list[0] = third.binding.driver;
	list[1] = first.binding.driver;
	connect(h, list, "cadb", "order: the list's, the other way round");

	/* Overrides name images: give each driver one of its own. */
	bs->install_protocol(&images[0], &guid_own2, 0, &a);
	bs->install_protocol(&images[1], &guid_own2, 0, &a);
	first.binding.image = images[0];
	second.binding.image = images[1];
	bs->install_protocol(&override, &guid_platform_override, 0, platform);
	name(images[1], images[0]);
	connect(h, NULL, "badc", "order: the platform's");
	ok(began_with_null, "platform: the first question has no driver");
	ok(named_the_last, "platform: the next has the last answer");
	name(images[1], NULL);
	list[0] = third.binding.driver;
	list[1] = NULL;
	connect(h, list, "cbda", "order: the list's, the platform's, the versions");
	bs->uninstall_protocol(override, &guid_platform_override, platform);

	bs->install_protocol(&h, &guid_bus_override, 0, bus);
	name(images[0], images[1]);
	connect(h, NULL, "abdc", "order: the bus's");
	bs->install_protocol(&second.binding.driver, &guid_family_override, 0, low);
	bs->install_protocol(&third.binding.driver, &guid_family_override, 0, high);
	name(images[0], NULL);
	forget();
	bs->connect_controller(h, NULL, NULL, false);
	value("order: the families', the bus's, the versions", asked_in_order("cbad"));
	bs->disconnect_controller(h, NULL, NULL);
	bs->uninstall_protocol(second.binding.driver, &guid_family_override, low);
	bs->uninstall_protocol(third.binding.driver, &guid_family_override, high);
	bs->uninstall_protocol(h, &guid_bus_override, bus);

	/* A driver that waits for what one of a lower version offers. */
	fourth.offers = &guid_own3;
	late.needs = &guid_own3;
	install(&late);
	connect(h, NULL, "decba", "order: started, so all others are asked again");
	is(late.starts, 1, "order: one that only then can");
	remove(&late);
	remove(&first);
	remove(&second);
	remove(&third);
	remove(&fourth);
	bs->uninstall_protocol(images[0], &guid_own2, &a);
	bs->uninstall_protocol(images[1], &guid_own2, &a);
	bs->uninstall_protocol(h, &guid_own, &a);
}

/* --- each driver's Stop() removes what the next one uses */

#define CHAIN 96

static void test_chain(void)
{
	static struct driver chain[CHAIN];
	static efi_handle h[CHAIN];
	unsigned stopped = 0;
	void *got;

	for (unsigned i = 0; i < CHAIN; i++) {
		chain[i] = (struct driver)DRIVER('x', 0x10, &guid_own);
		bs->install_protocol(&h[i], &guid_own, 0, &interface_of_driver);
		install(&chain[i]);
		bs->open_protocol(
			h[i], &guid_own, &got, chain[i].binding.driver, h[i], OPEN_BY_DRIVER);
		if (i)
			chain[i - 1].below = h[i];
	}
	is(bs->uninstall_protocol(h[0], &guid_own, &interface_of_driver), EFI_SUCCESS,
		"chain: the first");
	for (unsigned i = 0; i < CHAIN; i++) {
		stopped += chain[i].stops == 1;
		remove(&chain[i]);
	}
	is(stopped, CHAIN, "chain: all were stopped");
}

void subject(void)
{
	test_casual_opens();
	test_removal();
	test_children();
	test_order();
	test_chain();
}
