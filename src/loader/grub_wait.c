/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRUB's commands that wait: for somebody at the console, or for a time. What is noted counts where
 * the command is on the way to the menu, or in the entry that boots.
 */
#include "loader/grub_run.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/match.h"
#include "base/xalloc.h"

#define SLEPT_MAX 86400

static struct grub_wait *wait_of(struct grub_run *run)
{
	return run->entry ? &run->entry->wait : &run->out->wait;
}

static void asks(struct grub_run *run, const char *what)
{
	struct grub_wait *wait = wait_of(run);

	if (!wait->asks)
		wait->asks = what;
}

int grub_read_line(struct grub_run *run, size_t argc, char *const *argv)
{
	const char *name = argc > 1 ? argv[argc - 1] : "-";

	asks(run, "its command read takes a line from the console");
	if (*name != '-')
		grub_env_set(run, name, "");
	return 0;
}

/* Without superusers everybody may. */
int grub_authenticate(struct grub_run *run)
{
	if (grub_env_get(run, "superusers"))
		asks(run, "its command authenticate wants a user's name and password");
	return 0;
}

int grub_videotest(struct grub_run *run)
{
	asks(run, "its command videotest shows a picture until a key is pressed");
	return 0;
}

/* Of a number that is larger than an int GRUB keeps the lower bits, and counts down from what they are. */
int grub_sleep(struct grub_run *run, size_t argc, char *const *argv)
{
	struct grub_wait *wait = wait_of(run);
	const char *text = argc > 1 ? argv[argc - 1] : "";
	uint32_t seconds;

	if (!isdigit((unsigned char)*text))
		return *text == '-' || argc < 2;
	seconds = (uint32_t)strtoul(text, NULL, 10);
	wait->slept += seconds < SLEPT_MAX ? seconds : SLEPT_MAX;
	if (wait->slept > SLEPT_MAX)
		wait->slept = SLEPT_MAX;
	return 0;
}

/* ---- cryptomount ---- */

static bool is_luks(const struct volume *v)
{
	return v->fstype && strcmp(v->fstype, "crypto_LUKS") == 0;
}

/* Whether it opens LUKS at all; where its modules are not known it does. */
static bool opens_luks(const struct grub_run *run)
{
	const struct strlist *names = &run->modules.names;

	return !names->n || run->modules.more || strlist_has(names, "luks") ||
	       strlist_has(names, "luks2");
}

static bool names_device(const struct grub_run *run, const char *word, const struct volume *v)
{
	size_t len = strlen(word);
	bool bracketed = len > 1 && *word == '(' && word[len - 1] == ')';
	CLEANUP(xfree) char *name = xstrndup(word + bracketed, len - 2 * bracketed);
	const struct volume *named;

	return grub_device(run, name, &named) == DEVICE_KNOWN && named == v;
}

/*
 * It asks for the passphrase of each that it finds, unless it is handed a key. Of what has a flag for booting,
 * LUKS is none.
 */
int grub_cryptomount(struct grub_run *run, size_t argc, char *const *argv)
{
	bool all = false, by_uuid = false;
	const char *word = NULL;

	for (size_t i = 1; i < argc; i++) {
		if (*argv[i] != '-')
			word = argv[i];
		else if (strcmp(argv[i], "-a") == 0 || strcmp(argv[i], "--all") == 0)
			all = true;
		else if (strcmp(argv[i], "-u") == 0 || strcmp(argv[i], "--uuid") == 0)
			by_uuid = true;
		else
			return 0; /* a key, a header elsewhere, a TPM: not followed */
	}
	for (size_t i = 0; i < run->start->view->n && opens_luks(run); i++) {
		const struct volume *v = &run->start->view->volumes[i];
		bool meant = all ||
			     (word && by_uuid && v->uuid && same_digits(word, v->uuid, "-")) ||
			     (word && !by_uuid && names_device(run, word, v));

		if (is_luks(v) && meant)
			asks(run, "its command cryptomount wants the passphrase of an encrypted "
				  "partition");
	}
	return 0;
}
