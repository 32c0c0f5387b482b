/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's way to guest memory with the address sanitizer: what nobody was given can't be touched. Without the
 * sanitizer there is nothing to test.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/sanitizer.h"
#include "base/utf16.h"
#include "firmware/mem/guest.h"
#include "tap.h"

#if UNDER_ASAN

#define RAM  (UINT64_C(16) << 20)
#define NAME gaddr(RAM_BASE + 64)

/* As guest_string16() was: it takes no bytes, and reads on. */
static void read_string(struct guest_ram *ram)
{
	const uint8_t *p = guest_in(ram, NAME, 0);
	size_t n = 0;

	while (le16(p + 2 * n))
		n++;
	free(utf16le_to_utf8(p, n));
}

static void read_more(struct guest_ram *ram)
{
	const uint8_t *p = guest_in(ram, NAME, 8);

	exit(p[8] == 1);
}

static void read_later(struct guest_ram *ram)
{
	const uint8_t *p = guest_in(ram, NAME, 8);

	guest_revoke(ram);
	exit(p[0] == 1);
}

static void write_later(struct guest_ram *ram)
{
	uint8_t *p = guest_out(ram, NAME, 8);

	guest_revoke(ram);
	p[7] = 1;
}

static void read_rightly(struct guest_ram *ram)
{
	uint8_t *to = guest_out(ram, gaddr_add(NAME, 64), 8);
	const uint8_t *p = guest_in(ram, NAME, 8);

	memcpy(to, p, 8);
	free(guest_string16(ram, NAME, 100));
	free(guest_string8(ram, NAME, 100));
	guest_revoke(ram);
}

/* Whether the sanitizer ends a process that does this, and why. */
static bool is_stopped(struct guest_ram *ram, void (*run)(struct guest_ram *), const char *why)
{
	char said[16384] = { 0 };
	size_t len = 0;
	ssize_t n;
	int fds[2], status;
	pid_t pid;

	fflush(NULL);
	if (pipe(fds) < 0 || (pid = fork()) < 0)
		exit(1);
	if (!pid) {
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		run(ram);
		exit(0);
	}
	close(fds[1]);
	while (len < sizeof(said) - 1 && (n = read(fds[0], said + len, sizeof(said) - 1 - len)) > 0)
		len += (size_t)n;
	close(fds[0]);
	waitpid(pid, &status, 0);
	return !(WIFEXITED(status) && WEXITSTATUS(status) == 0) && strstr(said, why);
}

int main(void)
{
	static const uint8_t name[] = "n\0a\0m\0e\0\0";
	CLEANUP(guest_ram_free) struct guest_ram *ram = guest_ram_new(RAM);
	uint8_t *p;

	if (!guest_write(ram, NAME, name, sizeof(name)))
		exit(1);
	guest_revoke(ram);
	ok(is_stopped(ram, read_string, "use-after-poison"),
		"who takes no bytes of a string and reads on is stopped");
	ok(is_stopped(ram, read_more, "use-after-poison"), "who reads behind what it was given is");
	ok(is_stopped(ram, read_later, "use-after-poison"),
		"who reads when the service is over is");
	ok(is_stopped(ram, write_later, "use-after-poison"), "who writes then is");
	ok(!is_stopped(ram, read_rightly, "use-after-poison"), "who does neither is not");
	p = guest_out(ram, NAME, sizeof(name));
	ok(memcmp(p, name, sizeof(name)) != 0, "what is to be written can't be read before");
	return tap_done();
}

#else

int main(void)
{
	skip_build("built without the address sanitizer (MODE=asan)");
}

#endif
