/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that takes away what must not stay. See keeper.h. It is sent
 * a message for each thing ('f' and a path, 'i' and an id, 'k' to keep the
 * image), and acts when the other end of its socket is closed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/spawn.h"
#include "base/xalloc.h"
#include "glance/keeper.h"

#define MESSAGE_MAX 8192

/*
 * A request of a client that was killed may reach Glance after the client's
 * end, so an image that is not there is looked for again.
 */
#define DELETE_TRIES 3

static bool delete_image(const char *id)
{
	const char *const argv[] = { "openstack", "image", "delete", "--", id, NULL };

	for (int i = 0; i < DELETE_TRIES; i++) {
		if (i)
			sleep(1);
		if (spawn_run(argv, NULL, NULL, NULL) == 0)
			return true;
	}
	return false;
}

/* Whether Glance says that there is no such image. */
static bool is_gone(const char *id)
{
	const char *const argv[] = { "openstack", "image", "show", "--", id, NULL };
	struct err err = { 0 };

	return spawn_run(argv, NULL, NULL, &err) < 0 && strstr(err.text, "No Image found");
}

/* In the child: nothing of the parent's stays open but the socket. */
static void detach(int socket)
{
	int null = open("/dev/null", O_RDWR);

	setsid();
	for (int fd = 0; fd <= 2 && null >= 0; fd++)
		dup2(null, fd);
	dup2(socket, 3);
	closefrom(4);
	fcntl(3, F_SETFD, FD_CLOEXEC);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
}

static void keep(int socket)
{
	struct strlist files = { 0 };
	char message[MESSAGE_MAX + 1], *id = NULL;
	bool clean = true;
	ssize_t n;

	detach(socket);
	while ((n = recv(3, message, MESSAGE_MAX, 0)) > 0 || (n < 0 && errno == EINTR)) {
		if (n < 0)
			continue;
		message[n] = '\0';
		if (*message == 'f') {
			strlist_add(&files, message + 1);
		} else {
			free(id);
			id = *message == 'i' ? xstrdup(message + 1) : NULL;
		}
	}
	for (size_t i = 0; i < files.n; i++)
		unlink(files.v[i]);
	if (id)
		clean = delete_image(id) || is_gone(id);
	_exit(clean ? 0 : 1);
}

int keeper_start(struct keeper *k, struct err *err)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, "socketpair");
	k->pid = fork();
	if (k->pid == 0)
		keep(pair[1]);
	close(pair[1]);
	k->socket = pair[0];
	if (k->pid > 0)
		return 0;
	k->pid = 0;
	close(pair[0]);
	return err_sys(err, "fork");
}

static int send_word(struct keeper *k, char what, const char *text, struct err *err)
{
	CLEANUP(xfree) char *message = xasprintf("%c%s", what, text);
	size_t len = strlen(message);

	if (len > MESSAGE_MAX)
		return err_set(err, ENAMETOOLONG, "%s", text);
	if (send(k->socket, message, len, MSG_NOSIGNAL) < 0)
		return err_sys(err, "telling what to clean up");
	return 0;
}

int keeper_add_file(struct keeper *k, const char *path, struct err *err)
{
	return send_word(k, 'f', path, err);
}

int keeper_add_image(struct keeper *k, const char *id, struct err *err)
{
	return send_word(k, 'i', id, err);
}

int keeper_keep_image(struct keeper *k, struct err *err)
{
	return send_word(k, 'k', "", err);
}

int keeper_end(struct keeper *k, struct err *err)
{
	int status = 0;

	if (!k->pid)
		return 0;
	close(k->socket);
	while (waitpid(k->pid, &status, 0) < 0 && errno == EINTR)
		;
	k->pid = 0;
	return status ? err_set(err, EIO, "the image could not be deleted from Glance again") : 0;
}

void keeper_release(struct keeper *k)
{
	keeper_end(k, NULL);
}
