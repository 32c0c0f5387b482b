/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SEES=program: a program of small steps that a test writes into the image (tests/lib/alike). Numbers come from what
 * scenarios differ in, go through memory, and end in arguments of services. Each number and each pointer has a part of
 * memory of its own, so that machines which differ in one of them can become the same.
 */
#define NUMBERS 8u
#define CELLS   6u
#define THINGS  8u
#define PART    1024
#define CELL    4096u
#define STEPS   128

#define BY_SELF(type, name, n)                                                                     \
	static _Alignas(PART) struct {                                                             \
		volatile type v;                                                                   \
		_Alignas(PART) char end[1];                                                        \
	} name[n]

BY_SELF(uint64_t, number, NUMBERS);
BY_SELF(uint64_t, thing, THINGS);
BY_SELF(uint64_t, file_at, 2);
static _Alignas(PART) uint8_t *cell[CELLS];

/* Found by its beginning, and written over. */
static const volatile struct {
	char mark[16];
	uint8_t step[STEPS][4];
} steps = { "STEPS-BEGIN-HERE", { { 0 } } };

static const struct guid path_utilities = { 0x0379be4e, 0xd706, 0x437d,
	{ 0xb0, 0x37, 0xed, 0xb8, 0x2f, 0xb7, 0x72, 0xa4 } };
static const struct guid path_to_text = { 0x8b843e20, 0x8132, 0x4852,
	{ 0x90, 0xcc, 0x55, 0x1a, 0x4e, 0x4a, 0x7f, 0x1c } };
static const struct guid device_path = { 0x09576e91, 0x6d3f, 0x11d2,
	{ 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };
static const struct guid collation2 = { 0xa4c751fc, 0x23ae, 0x4c3e,
	{ 0x92, 0xe9, 0x49, 0x64, 0xcf, 0x63, 0xf3, 0x49 } };
static const struct guid hii_database = { 0xef9fc172, 0xa1b2, 0x4693,
	{ 0xb3, 0x27, 0x6d, 0x32, 0xfc, 0x41, 0x60, 0x42 } };
static const struct guid file_info = { 0x09576e92, 0x6d3f, 0x11d2,
	{ 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };
static const struct guid rng_protocol = { 0x3152bca5, 0xeade, 0x433d,
	{ 0x86, 0x2e, 0xc0, 0x1c, 0xdc, 0x29, 0x1f, 0x44 } };

static struct guid own_guid(uint64_t n)
{
	struct guid g = { 0x5a3ab1e1, (uint16_t)(n & 3), 0x4000, { 0x80 } };

	return g;
}

/* ---- what scenarios differ in ---- */

/* A name of up to three letters; few of them, so that some are met again. */
static void name_of(uint64_t n, volatile char16 *out)
{
	unsigned len = 1 + (unsigned)(n >> 2) % 3;

	for (unsigned i = 0; i < len; i++)
		out[i] = (char16)('a' + (n >> i & 1));
	out[len] = 0;
}

static uint64_t write_some(uint64_t n, uint8_t how)
{
	static const uint32_t attributes[] = { VAR_NV | VAR_BS | VAR_RT, VAR_BS | VAR_RT, VAR_BS,
		VAR_NV | VAR_BS };
	char16 name[8];

	name_of(n, name);
	return st->runtime->set_variable(name, &own_vendor, attributes[how & 3],
		how & 4   ? n % 40
		: how & 8 ? 0
			  : 8,
		cell[how % CELLS]);
}

static uint64_t read_some(uint64_t n, uint8_t where)
{
	uint64_t size = 1 + n % 48;
	uint32_t attributes = 0;
	char16 name[8];
	uint64_t status;

	name_of(n, name);
	status = st->runtime->get_variable(
		name, &own_vendor, &attributes, &size, cell[where % CELLS]);
	return status ^ size << 8 ^ attributes;
}

static uint64_t count_names(uint8_t where)
{
	static char16 name[128];
	struct guid vendor = { 0 };
	uint64_t size = sizeof(name), n = 0;

	name[0] = 0;
	while (n < 40 && !st->runtime->get_next_variable_name(&size, name, &vendor)) {
		((volatile uint8_t *)cell[where % CELLS])[n] = (uint8_t)(name[0] ^ name[1]);
		size = sizeof(name);
		n++;
	}
	return n;
}

static uint64_t room_left(void)
{
	uint64_t most = 0, left = 0, largest = 0;

	return st->runtime->query_variable_info(VAR_NV | VAR_BS, &most, &left, &largest) ^ most ^
	       left ^ largest;
}

static uint64_t look(uint8_t what)
{
	struct block_io *b;

	switch (what % 7) {
	case 0:
		return has_tpm();
	case 1:
		return table(&fdt_table) != NULL;
	case 2:
		return table(&acpi_table) != NULL;
	case 3:
		return whole_disks();
	case 4:
		b = protocol_of(device(), &block_io_protocol);
		return b ? b->media->removable : 2;
	case 5:
		return runtime_refused();
	default:
		return in_store(STR16("BootOrder")) + 2 * in_store(STR16("Boot0001")) +
		       4 * in_store(STR16("BootCurrent"));
	}
}

/* ---- what numbers end in ---- */

static struct file *open_root(void)
{
	struct file_system *fs = protocol_of(device(), &file_system_protocol);
	struct file *root = NULL;

	return fs && !fs->open_volume(fs, &root) ? root : NULL;
}

static uint64_t open_some(uint64_t n, uint8_t which)
{
	struct file *root = open_root(), *f = NULL;
	volatile char16 *name = (volatile char16 *)cell[which % CELLS];
	static const char16 start[] = u"\\fixture-";
	uint64_t status;

	for (unsigned i = 0; i < 9; i++)
		name[i] = start[i];
	name[9] = (char16)('a' + n % 3);
	name[10] = 0;
	status = root ? root->open(root, &f, (char16 *)name, FILE_READ, 0) : EFI_ABORTED;
	if (!status)
		file_at[which & 1].v = (uint64_t)f;
	return status;
}

static uint64_t use_file(uint64_t n, uint8_t how)
{
	struct file *f = (struct file *)file_at[how & 1].v;
	uint64_t size = n % 24, at = 0, status;

	if (!f)
		return 0;
	switch (how >> 1 & 3) {
	case 0:
		status = f->read(f, &size, cell[how % CELLS]);
		return status ^ size << 4 ^ *(volatile uint8_t *)cell[how % CELLS] << 16;
	case 1:
		return f->set_position(f, n % 24);
	case 2:
		size = n % 128;
		return f->get_info(f, &file_info, &size, cell[how % CELLS]) ^ size << 4;
	default:
		return f->get_position(f, &at) ^ at << 4;
	}
}

/* With a number that is in a register meanwhile, and nowhere else. */
static uint64_t read_blocks(uint64_t n, uint8_t where)
{
	struct block_io *b = protocol_of(device(), &block_io_protocol);
	uint64_t held = where & 128 ? number[where & 7].v : 0, status = 0;

	if (where & 128)
		number[where & 7].v = 0;
	__asm__ volatile("" : "+r"(held));
	if (b)
		status = b->read(b, b->media->id, n % 64, b->media->block_size * (n % 3),
			cell[where % CELLS]);
	__asm__ volatile("" : "+r"(held));
	return status ^ held;
}

static uint64_t take_memory(uint64_t n, uint8_t where)
{
	void *p = NULL;
	uint64_t at = 0, status;

	if (where & 8) {
		status = st->boot->allocate_pages(ALLOCATE_ANY, MEM_LOADER_DATA, 1 + n % 3, &at);
		return status ? status : at;
	}
	/* Of some numbers the size depends, of others whether there is a block at all. */
	if (where & 4 && !(n & 1))
		return 0;
	status = st->boot->allocate_pool(
		MEM_LOADER_DATA + 2 * (where & 1), where & 4 ? 40 : 1 + n % 3000, &p);
	if (!status)
		thing[where % THINGS].v = (uint64_t)p;
	return status ? status : (uint64_t)p;
}

static uint64_t give_memory(uint8_t where)
{
	void *p = (void *)thing[where % THINGS].v;

	thing[where % THINGS].v = 0;
	return p ? st->boot->free_pool(p) : 0;
}

static uint64_t install(uint64_t n, uint8_t how)
{
	struct guid first = own_guid(how & 8 ? n : how), second = own_guid(how + 1);
	efi_handle handle = NULL;

	if (how & 4)
		return st->boot->install_multiple(
			&handle, &first, cell[0], &second, cell[1] + n % 64 * 8, NULL);
	return st->boot->install_protocol(&handle, &first, 0, cell[0] + (how & 8 ? 0 : n % 64 * 8));
}

static uint64_t locate(uint64_t n, uint8_t how)
{
	struct guid g = own_guid(n);
	void *found = NULL;
	uint64_t size = sizeof(handles), status;

	if (how & 1)
		return st->boot->locate_protocol(&g, NULL, &found) ^ (uint64_t)found;
	status = st->boot->locate_handle(LOCATE_PROTOCOL, &g, NULL, &size, handles);
	if (!status && how & 2)
		return st->boot->handle_protocol(handles[0], &g, &found) ^ (uint64_t)found;
	return status ^ size;
}

static void notify(efi_event event, void *context)
{
	(void)event;
	(*(volatile uint64_t *)context)++;
}

/* A timer's function interrupts a loop that calls nothing; how many rounds that takes. */
static uint64_t wait_for_timer(uint64_t n)
{
	volatile uint64_t *counted = (void *)(cell[2] + n % 32 * 8);
	uint64_t before = *counted, rounds = 0;
	efi_event event = NULL;

	if (st->boot->create_event(
		    EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, notify, (void *)counted, &event) ||
		st->boot->set_timer(event, TIMER_RELATIVE, 1 + n % 300000))
		return 0;
	while (*counted == before && rounds < n % 600000)
		rounds++;
	st->boot->close_event(event);
	return rounds;
}

static uint64_t use_event(uint64_t n, uint8_t how)
{
	volatile uint64_t *at = &thing[how % THINGS].v;
	efi_event event = NULL;
	uint64_t status;

	switch (how >> 3 & 3) {
	case 0:
		status = st->boot->create_event(
			EVT_NOTIFY_SIGNAL, TPL_CALLBACK, notify, cell[2] + n % 32 * 8, &event);
		*at = (uint64_t)event;
		return status;
	case 1:
		return st->boot->signal_event((efi_event)*at);
	case 2:
		return st->boot->close_event((efi_event)*at);
	default:
		return how & 32 ? wait_for_timer(n) : st->boot->stall(n % 5000);
	}
}

static uint64_t use_path(uint64_t n, uint8_t how)
{
	struct path_utilities *u = NULL;
	struct device_path *own = protocol_of(device(), &device_path), *p;
	volatile uint8_t *node = cell[how % CELLS];

	if (st->boot->locate_protocol(&path_utilities, NULL, (void **)&u) || !own)
		return 0;
	node[0] = 4;
	node[1] = 4;
	node[2] = (uint8_t)(4 + n % 16);
	node[3] = 0;
	p = u->append_node(own, (struct device_path *)node);
	return p ? u->size(p) : 0;
}

static uint64_t use_text(uint64_t n, uint8_t how)
{
	struct unicode_collation *c = NULL;
	volatile char16 *text = (volatile char16 *)(cell[how % CELLS] + 512);

	name_of(n, text);
	if (how & 1)
		return st->con_out->output_string(st->con_out, (char16 *)text);
	if (st->boot->locate_protocol(&collation2, NULL, (void **)&c))
		return 0;
	c->upper(c, (char16 *)text);
	return (uint64_t)c->compare(c, (char16 *)text, STR16("AB")) ^ text[0];
}

/* An empty package list, whose GUID is a number. */
static uint64_t add_list(uint64_t n, uint8_t how)
{
	struct {
		efi_status (*add)(
			void *this, const void *list, efi_handle driver, uint64_t *handle);
	} *hii = NULL;
	volatile uint32_t *list = (volatile uint32_t *)(cell[how % CELLS] + 1024);
	uint64_t handle = 0;

	if (st->boot->locate_protocol(&hii_database, NULL, (void **)&hii))
		return 0;
	list[0] = (uint32_t)n;
	list[4] = 24 + 4 * (n & 1);
	list[5] = 0xdf | 4 << 24;
	return hii->add(hii, (const void *)list, NULL, &handle) ^ handle;
}

static uint64_t use_table(uint64_t n, uint8_t how)
{
	struct guid g = own_guid(how);

	return st->boot->install_configuration_table(
		       &g, n & 1 ? cell[how % CELLS] + n % 16 : NULL) ^
	       (uint64_t)table(&g);
}

static uint64_t use_bytes(uint64_t n, uint8_t how)
{
	uint8_t *a = cell[how % CELLS], *b = cell[(how >> 3) % CELLS];
	uint32_t crc = 0;

	if (how & 64)
		st->boot->copy_mem(a + n % 64, b, n % 512);
	else if (how & 32)
		st->boot->set_mem(a, n % 512, how);
	else
		st->boot->calculate_crc32(a, 1 + n % 512, &crc);
	return crc;
}

static uint64_t draw(uint64_t n, uint8_t where)
{
	struct rng *r = NULL;

	if (st->boot->locate_protocol(&rng_protocol, NULL, (void **)&r))
		return 0;
	return r->get(r, NULL, n % 16, cell[where % CELLS]) ^
	       *(volatile uint32_t *)cell[where % CELLS];
}

/* A protocol that the firmware with planted faults has, and no other. */
static uint64_t keep(uint64_t n, uint8_t how)
{
	struct keeper {
		efi_status (*keep)(struct keeper *this, uint64_t n);
		efi_status (*kept)(struct keeper *this, uint64_t *n);
	} *k = NULL;
	static const struct guid planted = { 0x5a3ab1e1, 0xffff, 0x4000, { 0x80 } };

	if (st->boot->locate_protocol(&planted, NULL, (void **)&k))
		return 0;
	return how & 1 ? k->keep(k, n)
		       : k->kept(k, (uint64_t *)cell[how % CELLS]) ^ *cell[how % CELLS];
}

static void put_number(uint64_t n)
{
	static char16 text[20];
	unsigned at = 0;

	text[at++] = '[';
	for (unsigned i = 0; i < 16; i++)
		text[at++] = (char16) "0123456789abcdef"[n >> (60 - 4 * i) & 15];
	text[at++] = ']';
	text[at] = 0;
	st->con_out->output_string(st->con_out, text);
}

/* ---- steps: what, to which number, from which, how ---- */

static uint64_t do_step(uint8_t what, uint64_t a, uint64_t b, uint8_t how)
{
	switch (what) {
	case 1:
		return write_some(b, how);
	case 2:
		return read_some(b, how);
	case 3:
		return count_names(how);
	case 4:
		return room_left();
	case 5:
		return look(how);
	case 6:
		return how; /* what was there is forgotten */
	case 7:
		return (a ^ b * 0x9e3779b97f4a7c15u) >> (how & 31);
	case 8:
		cell[how % CELLS][b % 256] = (uint8_t)b;
		return a;
	case 9:
		return *(volatile uint8_t *)&cell[how % CELLS][b % 256];
	case 10:
		return open_some(b, how);
	case 11:
		return use_file(b, how);
	case 12:
		return read_blocks(b, how);
	case 13:
		return take_memory(b, how);
	case 14:
		return give_memory(how);
	case 15:
		return install(b, how);
	case 16:
		return locate(b, how);
	case 17:
		return use_event(b, how);
	case 18:
		return use_path(b, how);
	case 19:
		return use_text(b, how);
	case 20:
		return add_list(b, how);
	case 21:
		return use_table(b, how);
	case 22:
		return use_bytes(b, how);
	case 23:
		return draw(b, how);
	case 24:
		put_number(b);
		return b;
	case 25:
		return st->boot->set_watchdog_timer(b % 300, 0x10000, 0, NULL);
	case 26:
		return b & how;
	case 27:
		for (unsigned i = 0; i < CELLS; i++)
			st->boot->set_mem(cell[i], CELL, how);
		return a;
	case 28:
		return keep(b, how);
	default:
		return a;
	}
}

/* Ends as the last step says: gives up when a number isn't 0, resets then, or goes on in any case. */
static bool program(void)
{
	void *p = NULL;

	for (unsigned i = 0; i < CELLS; i++) {
		st->boot->allocate_pool(MEM_LOADER_DATA, CELL, &p);
		cell[i] = p;
		st->boot->set_mem(p, CELL, 0);
	}
	for (unsigned i = 0; i < STEPS; i++) {
		uint8_t what = steps.step[i][0], to = steps.step[i][1] % NUMBERS,
			from = steps.step[i][2] % NUMBERS, how = steps.step[i][3];

		if (what == 255)
			return number[from].v != 0;
		if (what == 254 && number[from].v)
			st->runtime->reset_system(RESET_COLD, EFI_SUCCESS, 0, NULL);
		else if (what == 253)
			i += number[from].v & 1 ? how % 4 : 0;
		else
			number[to].v = do_step(what, number[to].v, number[from].v, how);
	}
	return false;
}
