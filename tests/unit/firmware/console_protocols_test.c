/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protocols of no disk, called as a guest calls them, with arguments that
 * are right and with a hundred thousand that are not.
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "firmware/core/events.h"
#include "firmware/lifecycle/machine.h"
#include "firmware/machine/random.h"
#include "firmware/proto/console.h"
#include "firmware/services/service.h"
#include "tap.h"

#define RAM_SIZE (64u << 20)
#define SCRATCH  4096

struct guest {
	struct machine *m;
	struct gaddr a; /* SCRATCH bytes of its own */
	uint8_t *p;     /* the same */
};

static efi_status call(struct guest *g, const char *name, struct call c)
{
	for (unsigned i = 0; i < g->m->n_slots; i++) {
		const struct service *s = service_of_slot(g->m, i);

		if (strcmp(s->name, name) == 0)
			return s->handler(g->m, &c);
	}
	ok(false, "%s exists", name);
	return EFI_UNSUPPORTED;
}

/* Arguments after `This`. */
#define CALL(g, name, ...) call(g, name, (struct call){ { 0, __VA_ARGS__ } })
#define AT(g, offset)      ((g)->a.v + (offset))
/* To somebody: it is asked whom. */
#define SUBMIT(g, ...)     call(g, "Tcg2.SubmitCommand", (struct call){ { AT(g, 0), __VA_ARGS__ } })

static void put16(struct guest *g, unsigned offset, const char *text)
{
	do {
		put_le16(g->p + offset, (uint8_t)*text);
		offset += 2;
	} while (*text++);
}

static void text_out(struct guest *g)
{
	const uint8_t *mode = guest_in(g->m->ram, g->m->console->mode, 24);
	CLEANUP(text_release) struct text text = TEXT_INIT;

	put16(g, 0, "hello");
	is_int(CALL(g, "TextOut.OutputString", AT(g, 0)), EFI_SUCCESS, "text is written");
	console_text(g->m, &text);
	is_str(text_str(&text), "hello\n", "it is on the screen");
	is_int(le32(mode + 12), 5, "the guest sees the cursor move");
	is_int(CALL(g, "TextOut.QueryMode", 2, AT(g, 0), AT(g, 8)), EFI_SUCCESS, "a third mode");
	is_int(le64(g->p), 100, "of 100 columns");
	is_int(le64(g->p + 8), 31, "and 31 rows");
	is_int(CALL(g, "TextOut.QueryMode", 3, AT(g, 0), AT(g, 8)), EFI_UNSUPPORTED, "no fourth");
	is_int(CALL(g, "TextOut.QueryMode", 1ull << 32, AT(g, 0), AT(g, 8)), EFI_UNSUPPORTED,
		"UINTN is no 32-bit number");
	is_int(CALL(g, "TextOut.SetAttribute", 0x80), EFI_UNSUPPORTED, "no blinking");
	is_int(CALL(g, "TextOut.SetCursorPosition", 80, 0), EFI_UNSUPPORTED, "not off the screen");
	is_int(CALL(g, "TextOut.OutputString", RAM_BASE + RAM_SIZE - 1), EFI_INVALID_PARAMETER,
		"a string has to end");
	is_int(CALL(g, "TextOut.SetMode", 1), EFI_SUCCESS, "another mode");
	is_int(le32(mode + 4), 1, "is told");
	is_int(CALL(g, "TextOut.Reset", 0), EFI_SUCCESS, "reset");
	is_int(le32(mode + 4), 0, "is the first mode");
}

static void keys(struct guest *g)
{
	uint64_t before = clock_now(g->m);

	is_int(CALL(g, "TextIn.ReadKeyStroke", AT(g, 0)), EFI_SUCCESS, "the script's first key");
	is_int(le16(g->p), 2, "is down");
	is_int(CALL(g, "TextInEx.ReadKeyStrokeEx", AT(g, 0)), EFI_NOT_READY, "the next one waits");
	is_int(clock_now(g->m) - before, 10000000, "10 ms passed");
	is_int(CALL(g, "TextInEx.ReadKeyStrokeEx", AT(g, 0)), EFI_SUCCESS, "then it is there");
	is_int(le16(g->p + 2), 'c', "a letter");
	is_int(le32(g->p + 4), 0x80000008, "with control");
	is_int(g->p[8], 0x80, "and no lock");
	is_int(CALL(g, "TextIn.ReadKeyStroke", 1), EFI_INVALID_PARAMETER, "to nowhere");
	is_int(console_idle(g->m), 0, "not idle yet");
	for (unsigned i = 0; i < 11000; i++)
		CALL(g, "TextIn.ReadKeyStroke", AT(g, 0));
	ok(console_idle(g->m) > 100000000000, "idle for 100 seconds");
	is_int(g->m->run.end.kind, VERDICT_NONE, "which is no verdict");
	put16(g, 0, ".");
	CALL(g, "TextOut.OutputString", AT(g, 0));
	is_int(console_idle(g->m), 0, "text ends that");
	for (unsigned i = 0; i < 100; i++)
		CALL(g, "TextIn.ReadKeyStroke", AT(g, 0));
	CALL(g, "Gop.Blt", AT(g, 0), 0, 0, 0, 0, 0, 1, 1);
	is_int(console_idle(g->m), 0, "so does a picture");
	for (unsigned i = 0; i < 12010; i++)
		CALL(g, "TextIn.ReadKeyStroke", AT(g, 0));
	is_int(g->m->run.end.kind, VERDICT_KEY, "two minutes are one");
	g->m->run.end.kind = VERDICT_NONE;
}

static void gop(struct guest *g)
{
	uint64_t far = UINT64_MAX - 2;

	put_le32(g->p, 0x00112233);
	is_int(CALL(g, "Gop.Blt", AT(g, 0), 0, 0, 0, 1000, 700, 24, 68), EFI_SUCCESS,
		"the corner is filled");
	is_int(CALL(g, "Gop.Blt", AT(g, 0), 0, 0, 0, 1000, 700, 25, 68), EFI_INVALID_PARAMETER,
		"not beyond it");
	is_int(CALL(g, "Gop.Blt", AT(g, 0), 0, 0, 0, far, 0, 4, 4), EFI_INVALID_PARAMETER,
		"nor around");
	is_int(CALL(g, "Gop.Blt", AT(g, 0), 1, 1023, 767, 1, 2, 1, 1, 16), EFI_SUCCESS,
		"a pixel is read");
	is_int(le32(g->p + 2 * 16 + 4), 0x00112233, "to its place in the buffer");
	is_int(CALL(g, "Gop.Blt", AT(g, 0), 1, 0, 0, 0, far, 1, 1, 16), EFI_INVALID_PARAMETER,
		"not outside of RAM");
	is_int(CALL(g, "Gop.Blt", AT(g, 0), 1, 0, 0, far, 0, 1, 1, 16), EFI_INVALID_PARAMETER,
		"by no overflow");
	is_int(CALL(g, "Gop.Blt", AT(g, 0), 2, 0, 0, 0, 0, 2, 2, 1ull << 63), EFI_INVALID_PARAMETER,
		"of no factor");
	is_int(CALL(g, "Gop.Blt", AT(g, 0), 3, 0, 0, 1, 1, 0, 1), EFI_INVALID_PARAMETER,
		"nothing can't be moved");
	is_int(CALL(g, "Gop.Blt", AT(g, 0), 4, 0, 0, 0, 0, 1, 1), EFI_INVALID_PARAMETER,
		"no fifth operation");
	is_int(CALL(g, "Gop.QueryMode", 0, AT(g, 0), AT(g, 8)), EFI_SUCCESS, "its mode");
	is_int(le64(g->p), 36, "the size of its description");
	is_int(pool_free(g->m->pool, gaddr(le64(g->p + 8))), EFI_SUCCESS, "which is the caller's");
	is_int(CALL(g, "Gop.SetMode", 1), EFI_UNSUPPORTED, "no other mode");
}

static void others(struct guest *g)
{
	put_le64(g->p, 4);
	is_int(CALL(g, "Rng.GetInfo", AT(g, 0), AT(g, 8)), EFI_BUFFER_TOO_SMALL, "too small");
	is_int(le64(g->p), 16, "is told how small");
	is_int(CALL(g, "Rng.GetRNG", 0, 0, AT(g, 0)), EFI_INVALID_PARAMETER, "no bytes");
	is_int(CALL(g, "Rng.GetRNG", 0, 1ull << 40, AT(g, 0)), EFI_INVALID_PARAMETER, "too many");

	put16(g, 0, "a b.long+name");
	ok(CALL(g, "Collation.StrToFat", AT(g, 0), 8, AT(g, 64)), "a plus is replaced");
	ok(memcmp(g->p + 64, "ABLONG_N", 8) == 0, "blanks and dots are left out");
	CALL(g, "Collation.FatToStr", 8, AT(g, 64), AT(g, 128));
	is_int(le16(g->p + 128 + 10), 'G', "and back");
	is_int(le16(g->p + 128 + 16), 0, "with an end");

	is_int(CALL(g, "MemoryAttribute.Set", g->a.v & ~0xfffull, 4096, 0x20000), EFI_SUCCESS,
		"a page is protected");
	is_int(CALL(g, "MemoryAttribute.Get", g->a.v & ~0xfffull, 4096, AT(g, 0)), EFI_SUCCESS,
		"it says so");
	is_int(le64(g->p), 0x20000, "as it was asked");
	is_int(CALL(g, "MemoryAttribute.Get", g->a.v & ~0xfffull, 8192, AT(g, 0)), EFI_NO_MAPPING,
		"the next one isn't");
	is_int(CALL(g, "MemoryAttribute.Set", RAM_BASE, 1ull << 40, 0x20000), EFI_UNSUPPORTED,
		"what is no RAM can't be");
	is_int(CALL(g, "MemoryAttribute.Set", RAM_BASE + 1, 4096, 0x20000), EFI_INVALID_PARAMETER,
		"nor half a page");
}

static void tpm(struct guest *g)
{
	const uint8_t *log;

	memset(g->p, 0, 64);
	g->p[0] = 10;
	is_int(CALL(g, "Tcg2.GetCapability", AT(g, 0)), EFI_BUFFER_TOO_SMALL, "too small");
	is_int(g->p[0], 28, "is told how small");
	g->p[0] = 36;
	is_int(CALL(g, "Tcg2.GetCapability", AT(g, 0)), EFI_SUCCESS, "a TPM");
	is_int(g->p[16], 1, "is there");
	put_le32(g->p, 21);
	put_le32(g->p + 4, 14);
	put_le16(g->p + 8, 1);
	put_le32(g->p + 10, 7);
	put_le32(g->p + 14, 13);
	memcpy(g->p + 18, "why", 3);
	is_int(CALL(g, "Tcg2.HashLogExtendEvent", 0, AT(g, 18), 3, AT(g, 0)), EFI_SUCCESS,
		"something is measured");
	put_le32(g->p + 10, 24);
	is_int(CALL(g, "Tcg2.HashLogExtendEvent", 0, AT(g, 18), 3, AT(g, 0)), EFI_INVALID_PARAMETER,
		"there is no register 24");
	is_int(CALL(g, "Tcg2.GetEventLog", 1, AT(g, 0), AT(g, 8), AT(g, 16)), EFI_INVALID_PARAMETER,
		"no log of the old form");
	is_int(CALL(g, "Tcg2.GetEventLog", 2, AT(g, 0), AT(g, 8), AT(g, 16)), EFI_SUCCESS,
		"the log");
	is_int(le64(g->p + 8) - le64(g->p), 32 + 33, "has its header first");
	log = guest_in(g->m->ram, gaddr(le64(g->p + 8)), 64);
	is_int(le32(log), 7, "then the register");
	is_int(le32(log + 46), 3, "and what was said");
	ok(memcmp(log + 50, "why", 3) == 0, "of it");
	is_int(SUBMIT(g, 0, AT(g, 0), 10, AT(g, 16)), EFI_INVALID_PARAMETER,
		"a command of no bytes");
	is_int(SUBMIT(g, 10, 0, 10, AT(g, 16)), EFI_INVALID_PARAMETER, "a command nowhere");
	is_int(SUBMIT(g, 10, AT(g, 0), 0, AT(g, 16)), EFI_INVALID_PARAMETER,
		"no room for an answer");
	is_int(SUBMIT(g, 10, AT(g, 0), 10, 0), EFI_INVALID_PARAMETER,
		"an answer that goes nowhere");
	is_int(SUBMIT(g, 4097, AT(g, 0), 10, AT(g, 16)), EFI_INVALID_PARAMETER,
		"a command that is too long");
	is_int(SUBMIT(g, 10, AT(g, 0), 4097, AT(g, 16)), EFI_INVALID_PARAMETER,
		"an answer that is");
	ok(!g->m->unimplemented.len, "nothing of that is missing");
	is_int(CALL(g, "Tcg2.SubmitCommand", 10, AT(g, 0), 10, AT(g, 16)), EFI_INVALID_PARAMETER,
		"a command to nobody");
	is_int(SUBMIT(g, 10, AT(g, 0), 10, AT(g, 16)), EFI_UNSUPPORTED, "a command");
	ok(g->m->unimplemented.len, "that is");
}

static uint64_t any(struct guest *g)
{
	static const uint64_t odd[] = { 0, 1, 2, 8, 0xffff, RAM_BASE, RAM_BASE + RAM_SIZE - 8,
		RAM_BASE + RAM_SIZE, UINT64_MAX, UINT64_C(1) << 63, UINT32_MAX };
	uint8_t r[8];

	machine_random(g->m, r, sizeof(r));
	switch (r[0] % 4) {
	case 0:
		return odd[r[1] % ARRAY_SIZE(odd)];
	case 1:
		return AT(g, le16(r + 2) % SCRATCH);
	case 2:
		return r[1];
	default:
		return le64(r);
	}
}

/* Those that call the guest back are left to tests which have one. */
static bool tried(const struct service *s)
{
	static const char *const of[] = { "TextOut.", "TextIn.", "TextInEx.SetState",
		"TextInEx.ReadKey", "TextInEx.Unregister", "Gop.", "Rng.", "Collation.",
		"MemoryAttribute.", "Tcg2.", "Hii" };

	for (size_t i = 0; i < ARRAY_SIZE(of); i++)
		if (strncmp(s->name, of[i], strlen(of[i])) == 0)
			return s->handler;
	return false;
}

static void hostile(struct guest *g)
{
	unsigned n = 0;

	for (unsigned round = 0; round < 2000; round++) {
		machine_random(g->m, g->p, round % SCRATCH);
		for (unsigned i = 0; i < g->m->n_slots; i++) {
			const struct service *s = service_of_slot(g->m, i);
			struct call c;

			if (!tried(s))
				continue;
			for (unsigned k = 0; k < CALL_ARGS_MAX; k++)
				c.arg[k] = any(g);
			s->handler(g->m, &c);
			g->m->run.end.kind = VERDICT_NONE;
			n++;
		}
	}
	ok(n > 50000, "%u calls with any arguments", n);
}

int main(void)
{
	struct machine_config config = { .limits = { .ram = RAM_SIZE }, .trace_fd = -1 };
	CLEANUP(key_script_release) struct key_script script = { NULL, 0 };
	struct protocols_config protocols = {
		.gop = true, .tpm = true, .memory_attribute = true, .console = true, .keys = &script
	};
	CLEANUP(machine_free) struct machine *m = NULL;
	struct err err = { 0 };
	struct guest g;

	if (key_script_parse("down,wait:10,ctrl-c", &script, &err) < 0 ||
		machine_new(&config, &m, &err) < 0)
		return 1;
	protocols_init(m, &protocols);
	g.m = m;
	g.a = machine_data(m, MEM_BOOT_DATA, SCRATCH);
	g.p = guest_both(m->ram, g.a, SCRATCH);
	text_out(&g);
	keys(&g);
	gop(&g);
	others(&g);
	tpm(&g);
	hostile(&g);
	return tap_done();
}
