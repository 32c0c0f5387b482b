/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pointers of the console's input (UEFI 2.10 12.5, 12.7), which no device is behind.
 */
#include "test.h"

static const struct guid guid_pointer = { 0x31878c87, 0x0b75, 0x11d5,
	{ 0x9a, 0x4f, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d } };
static const struct guid guid_absolute = { 0x8d59d32b, 0xc655, 0x4ae9,
	{ 0x9b, 0x15, 0xf2, 0x59, 0x04, 0x99, 0x2a, 0x43 } };

/* Both: what they point to differs. */
struct pointer {
	efi_status (*reset)(struct pointer *this, bool extended);
	efi_status (*get_state)(struct pointer *this, void *state);
	efi_event wait;
	const void *mode;
};
struct state {
	int32_t x, y, z;
	bool left, right;
};
struct mode {
	uint64_t x, y, z;
	bool left, right;
};
struct absolute_state {
	uint64_t x, y, z;
	uint32_t buttons;
};
struct absolute_mode {
	uint64_t min_x, min_y, min_z, max_x, max_y, max_z;
	uint32_t attributes;
};

static void test_alone(const struct guid *guid, const char *name)
{
	uint64_t count = 0;
	efi_handle *found;

	is(bs->locate_handle_buffer(LOCATE_PROTOCOL, guid, NULL, &count, &found), EFI_SUCCESS,
		name);
	is(count, 1, "it is the only one");
	ok(count && found[0] == st->con_in_handle, "it is the console's");
}

static void test_event(struct pointer *p, const char *name)
{
	efi_event events[2] = { p->wait, NULL };
	uint64_t index = 9;

	is(bs->check_event(p->wait), EFI_NOT_READY, name);
	bs->create_event(EVT_TIMER, 0, NULL, NULL, &events[1]);
	bs->set_timer(events[1], TIMER_RELATIVE, 1000000);
	is(bs->wait_for_event(2, events, &index), EFI_SUCCESS, "waiting for it or a timer");
	is(index, 1, "it is the timer that comes");
	bs->close_event(events[1]);
}

static void test_relative(void)
{
	struct pointer *p = protocol_of(st->con_in_handle, &guid_pointer);
	struct state state = { 1, 2, 3, true, true };
	const struct mode *mode;

	test_alone(&guid_pointer, "relative: there");
	if (!p)
		return;
	mode = p->mode;
	value("relative: x", mode->x);
	value("relative: y", mode->y);
	value("relative: z", mode->z);
	ok(mode->left && mode->right, "relative: it has two buttons");
	is(p->get_state(p, &state), EFI_NOT_READY, "relative: nothing moves");
	ok(!state.x && !state.y && !state.z && !state.left && !state.right, "the state is nothing");
	is(p->reset(p, false), EFI_SUCCESS, "relative: reset");
	is(p->reset(p, true), EFI_SUCCESS, "relative: reset with a test");
	is(p->get_state(p, &state), EFI_NOT_READY, "relative: nothing moves then");
	test_event(p, "relative: no event");
}

static void test_absolute(void)
{
	struct pointer *p = protocol_of(st->con_in_handle, &guid_absolute);
	struct absolute_state state = { 1, 2, 3, 4 };
	const struct absolute_mode *mode;

	test_alone(&guid_absolute, "absolute: there");
	if (!p)
		return;
	mode = p->mode;
	ok(!mode->min_x && !mode->min_y && !mode->min_z, "absolute: from 0 on");
	value("absolute: x", mode->max_x);
	value("absolute: y", mode->max_y);
	value("absolute: z", mode->max_z);
	value("absolute: attributes", mode->attributes);
	is(p->get_state(p, &state), EFI_NOT_READY, "absolute: nothing moves");
	ok(!state.x && !state.y && !state.z && !state.buttons, "the state is nothing");
	is(p->reset(p, false), EFI_SUCCESS, "absolute: reset");
	is(p->reset(p, true), EFI_SUCCESS, "absolute: reset with a test");
	test_event(p, "absolute: no event");
}

void subject(void)
{
	test_relative();
	test_absolute();
}
