/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys from a file, from a terminal, or from the command line, which everybody on the machine can read.
 * See keys.h.
 */
#include "cli/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/xalloc.h"

/* cryptsetup's own limits of a key file, and of what is typed. */
#define FILE_MAX  ((size_t)8 << 20)
#define TYPED_MAX 512

static void forget(struct buf *b)
{
	if (b->cap)
		explicit_bzero(buf_edit(b), b->cap);
	buf_release(b);
}
DEFINE_RELEASE(struct buf, forget)

static int read_all(const char *path, struct buf *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret = 0;
	ssize_t n = 1;

	if (fd < 0)
		return err_sys(err, "%s", path);
	while (ret == 0 && n > 0) {
		n = read(fd, buf_reserve(out, 65536), 65536);
		if (n < 0)
			ret = err_sys(err, "%s", path);
		else
			buf_added(out, (size_t)n);
		if (ret == 0 && out->len > FILE_MAX)
			ret = err_set(err, EFBIG, "%s: too large for a key", path);
	}
	close(fd);
	return ret;
}

/* The first line, as libguestfs's tools take it, and all of the file, as cryptsetup does. */
static int read_file(
	const struct verb *verb, const char *id, const char *path, struct image_keys *keys)
{
	struct buf all CLEANUP(forget) = BUF_INIT, line = BUF_INIT;
	struct err err = { 0 };
	const uint8_t *end;

	if (read_all(path, &all, &err) < 0)
		return say_usage(verb, "--key %s:file: %s", id, err.text);
	if (!all.len)
		return say_usage(verb, "--key %s:file: %s: is empty", id, path);
	end = memchr(buf_bytes(&all), '\n', all.len);
	if (end && end > buf_bytes(&all)) {
		buf_add(&line, buf_bytes(&all), (size_t)(end - buf_bytes(&all)));
		image_keys_add(keys, id, &line);
	}
	image_keys_add(keys, id, &all);
	return STATUS_OK;
}

/* ---- at a terminal ---- */

/* What ends or stops a program while it asks: the terminal echoes again first. */
static const int interruptions[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
static volatile sig_atomic_t interrupted;

static void on_interruption(int number)
{
	interrupted = number;
}

/* One attempt; the bytes that were read, or -1, with interrupted set when a signal came. */
static ssize_t ask_once(int terminal, const char *id, char *typed, size_t size)
{
	/* Without SA_RESTART, so that the read ends. */
	const struct sigaction action = { .sa_handler = on_interruption };
	struct sigaction before[ARRAY_SIZE(interruptions)];
	struct termios echoing, silent;
	ssize_t n;

	if (tcgetattr(terminal, &echoing) < 0)
		return -1;
	interrupted = 0;
	for (size_t i = 0; i < ARRAY_SIZE(interruptions); i++)
		sigaction(interruptions[i], &action, &before[i]);
	silent = echoing;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(terminal, TCSAFLUSH, &silent);
	dprintf(terminal, "Key of %s: ", id);
	n = read(terminal, typed, size);
	/* What is left of a line that is too long is no command for the shell. */
	tcsetattr(terminal, TCSAFLUSH, &echoing);
	dprintf(terminal, "\n");
	for (size_t i = 0; i < ARRAY_SIZE(interruptions); i++)
		sigaction(interruptions[i], &before[i], NULL);
	return interrupted ? -1 : n;
}

/* A line, without an echo; the bytes that were read, or -1. */
static ssize_t ask_at(int terminal, const char *id, char *typed, size_t size)
{
	ssize_t n;

	do {
		n = ask_once(terminal, id, typed, size);
		if (n < 0 && interrupted)
			raise(interrupted);
	} while (n < 0 && interrupted == SIGTSTP);
	return n;
}

static int ask(const struct verb *verb, const char *id, struct image_keys *keys)
{
	int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC), status = STATUS_OK;
	struct buf secret = BUF_INIT;
	char typed[TYPED_MAX + 1];
	ssize_t n;

	if (terminal < 0)
		return say_usage(verb,
			"--key %s: there is no terminal to ask at: --key %s:file:NAME", id, id);
	n = ask_at(terminal, id, typed, sizeof(typed));
	close(terminal);
	if (n > 1 && typed[n - 1] == '\n') {
		buf_add(&secret, typed, (size_t)n - 1);
		image_keys_add(keys, id, &secret);
	} else {
		status = say_usage(verb, "--key %s: no key was typed, or too long a one", id);
	}
	explicit_bzero(typed, sizeof(typed));
	return status;
}

/* ---- the word ---- */

int read_key(const struct verb *verb, const char *word, struct image_keys *keys)
{
	size_t n = strcspn(word, ":");
	CLEANUP(xfree) char *id = xstrndup(word, n);
	struct buf secret = BUF_INIT;
	const char *how = word + n;

	if (!*id)
		return say_usage(verb, "--key: of which volume? ID:file:NAME");
	if (!*how)
		return ask(verb, id, keys);
	if (strncmp(how, ":file:", 6) == 0)
		return read_file(verb, id, how + 6, keys);
	/* What may be a key is not repeated. */
	if (strncmp(how, ":key:", 5) != 0 || !how[5])
		return say_usage(verb, "--key %s: not ID, ID:file:NAME or ID:key:STRING", id);
	buf_add_text(&secret, how + 5);
	image_keys_add(keys, id, &secret);
	return STATUS_OK;
}

char *key_shown(const char *word)
{
	size_t n = strcspn(word, ":");

	return strncmp(word + n, ":key:", 5) == 0 ? xstrndup(word, n) : xstrdup(word);
}
