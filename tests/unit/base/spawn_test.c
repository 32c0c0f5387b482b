/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/spawn: what comes back from a program that runs, fails, or is not there. */
#include "base/spawn.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "tap.h"

static void output(void)
{
	static const char *const echo[] = { "printf", "%s|", "$HOME", "a b", ";", NULL };
	static const char *const env[] = { "ARMVM_TEST=x y", NULL };
	static const char *const print[] = { "printenv", "ARMVM_TEST", NULL };
	static const char *const input[] = { "cat", NULL };
	CLEANUP(text_release) struct text out = TEXT_INIT;
	struct err err = { 0 };

	text_puts(&out, "before ");
	is_int(spawn_run(echo, NULL, &out, &err), 0, "a program runs");
	is_str(text_str(&out), "before $HOME|a b|;|", "no shell reads its arguments");
	text_reset(&out);
	is_int(spawn_run(print, env, &out, &err), 0, "with an environment");
	is_str(text_str(&out), "x y\n", "that it sees");
	text_reset(&out);
	is_int(spawn_run(input, NULL, &out, &err), 0, "it has no standard input of ours");
	is_int(out.len, 0, "and so reads nothing");
}

static void failures(void)
{
	static const char *const missing[] = { "mkfs.fat-that-is-missing", NULL };
	static const char *const fails[] = { "ls", "/nonexistent-armvm", NULL };
	static const char *const quiet[] = { "false", NULL };
	struct err err = { 0 };

	is_int(spawn_run(missing, NULL, NULL, &err), -ENOENT, "a program that is not there");
	ok(strstr(err.text, missing[0]), "is named: %s", err.text);
	is_int(spawn_run(fails, NULL, NULL, &err), -EIO, "one that fails");
	ok(strstr(err.text, "nonexistent-armvm"), "is heard: %s", err.text);
	is_int(spawn_run(quiet, NULL, NULL, &err), -EIO, "one that fails without a word");
	ok(strstr(err.text, "false"), "is named: %s", err.text);
}

static void children(void)
{
	static const char *const sleeps[] = { "sleep", "1000", NULL };
	static const char *const cat[] = { "cat", NULL };
	static const char *const three[] = { "sh", "-c", "exit 3", NULL };
	struct child child;
	struct err err = { 0 };
	char text[8] = "";

	is_int(spawn_start(sleeps, NULL, 0, &child, &err), 0, "one that goes on");
	ok(kill(child.pid, 0) == 0, "is there");
	child_kill(&child);
	ok(kill(child.pid, 0) < 0 || child.pid <= 0, "and is gone when it is killed");
	child_kill(&child);
	is_int(spawn_start(three, NULL, 0, &child, &err), 0, "one that ends by itself");
	is_int(child_wait(&child), 3, "has a status");
	is_int(spawn_start(cat, NULL, SPAWN_PIPE_IN | SPAWN_PIPE_OUT, &child, &err), 0,
		"one that is spoken to");
	ok(write(child.in, "hello", 5) == 5, "hears");
	ok(read(child.out, text, sizeof(text) - 1) == 5 && strcmp(text, "hello") == 0,
		"and answers");
	child_kill(&child);
}

/* A child's CPU time grows, while it lives; ends by its limit of a few seconds if nobody kills it. */
static void cpu_time(void)
{
	static const char *const spins[] = { "sh", "-c", "ulimit -t 20; while :; do :; done",
		NULL };
	struct child child;
	int64_t first, later;

	is_int(spawn_start(spins, NULL, 0, &child, NULL), 0, "one that computes");
	first = later = child_cpu_ms(&child);
	ok(first >= 0, "its CPU time is known");
	while (later >= 0 && later <= first + 50)
		later = child_cpu_ms(&child);
	ok(later > first, "and grows");
	child_kill(&child);
	is_int(child_cpu_ms(&child), -1, "of one that ended it is not known");
}

static void names(void)
{
	CLEANUP(xfree)
	char *plain = spawn_path("a/-b"), *option = spawn_path("-f"), *empty = spawn_path("");

	is_str(plain, "a/-b", "a path stays");
	is_str(option, "./-f", "one that looks like an option does not");
	is_str(empty, "", "nor does it matter that it is empty");
	is_str(spawn_package_of("mcopy"), "mtools", "a program's package");
	is_str(spawn_package_of("no-such-program"), NULL, "is known of ours alone");
}

static void bounds(void)
{
	static const char *const limit[] = { "sh", "-c", "ulimit -t", NULL };
	struct child child;
	char text[16] = "", wanted[16];

	snprintf(wanted, sizeof(wanted), "%d\n", SPAWN_SECONDS);
	is_int(spawn_start(limit, NULL, SPAWN_PIPE_OUT | SPAWN_BOUNDED, &child, NULL), 0,
		"one that may not go on for ever");
	ok(read(child.out, text, sizeof(text) - 1) > 0, "is heard");
	is_str(text, wanted, "and knows how long");
	is_int(child_wait(&child), 0, "it ends as it likes");
}

int main(void)
{
	output();
	failures();
	children();
	bounds();
	cpu_time();
	names();
	return tap_done();
}
