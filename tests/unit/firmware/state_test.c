/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What protocols keep in the host: it is given back with the machine and compared, and there is no way to keep
 * something that is not.
 */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "firmware/core/handles.h"
#include "firmware/lifecycle/machine.h"
#include "firmware/machine/state.h"
#include "tap.h"

struct counter {
	uint64_t value;
	char *text;
};

static unsigned released;

static void release(void *state)
{
	struct counter *c = state;

	free(c->text);
	released++;
}

static void flatten(void *copy, struct buf *out)
{
	struct counter *c = copy;

	buf_add_text(out, c->text);
	c->text = NULL;
}

static const struct state_kind counter = { sizeof(struct counter), release, flatten };
static const struct state_kind plain = { sizeof(uint64_t), NULL, NULL };
static const struct state_kind uncompared = { sizeof(struct counter), release, NULL };
static const struct guid guid = { { 1, 2, 3 } };

static void with_state(struct machine *m)
{
	(void)handle_install(m, handle_create(m), &guid, GADDR_NULL, state_new(m, &plain));
}

static void with_stray_state(struct machine *m)
{
	static uint64_t stray;

	(void)handle_install(m, handle_create(m), &guid, GADDR_NULL, &stray);
}

static void of_uncompared_kind(struct machine *m)
{
	(void)state_new(m, &uncompared);
}

/* Whether it ends well, in a process of its own. */
static bool survives(struct machine *m, void (*what)(struct machine *m))
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		what(m);
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool same(const struct machine *a, const struct machine *b)
{
	CLEANUP(buf_release) struct buf x = BUF_INIT;
	CLEANUP(buf_release) struct buf y = BUF_INIT;

	states_encode(a, &x);
	states_encode(b, &y);
	return x.len == y.len && memcmp(buf_bytes(&x), buf_bytes(&y), x.len) == 0;
}

int main(void)
{
	struct machine_config config = { .limits = { .ram = 64 << 20 }, .trace_fd = -1 };
	CLEANUP(machine_free) struct machine *a = NULL;
	CLEANUP(machine_free) struct machine *b = NULL;
	struct counter *c, *d;
	uint64_t *e;
	struct err err = { 0 };

	if (machine_new(&config, &a, &err) < 0 || machine_new(&config, &b, &err) < 0)
		return 1;
	c = state_new(a, &counter);
	d = state_new(b, &counter);
	c->text = xstrdup("text");
	d->text = xstrdup("text");
	ok(state_find(a, &counter) == c && !state_find(a, &plain), "a state is found by its kind");
	ok(state_is_owned(a, c) && !state_is_owned(b, c), "it is of one machine");
	ok(same(a, b), "states in other places, with the same in them, are the same");
	d->value = 1;
	ok(!same(a, b), "those with another number are not");
	d->value = 0;
	d->text[0] = 'T';
	ok(!same(a, b), "nor those that lead to another text");
	d->text[0] = 't';
	state_new(a, &plain);
	ok(!same(a, b), "nor where one has more of them");
	e = state_new(b, &plain);
	ok(same(a, b), "as the other one then has, too");
	*e = 1;
	ok(!same(a, b), "of which every byte counts");

	ok(survives(a, with_state), "a protocol is installed with a state of the machine's");
	ok(!survives(a, with_stray_state), "with another one the program aborts");
	ok(!survives(a, of_uncompared_kind),
		"as it does for a kind that leads to something which can't be compared");
	machine_free(TAKE(a));
	machine_free(TAKE(b));
	is_int(released, 2, "each is given back with its machine");
	return tap_done();
}
