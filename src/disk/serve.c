/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting a qemu-nbd: see disk.h and nbd.c. It gets the file that was inspected
 * as an inherited descriptor, with the format named and without a backing file. It ends when all
 * its connections are closed: who has become nobody, or is in a landlock domain, cannot take it
 * along by its own death.
 *
 * It wants a socket to listen on, and finds one where all that shall ever
 * connect is connected already: an abstract name, which leaves nothing behind
 * whoever dies. Anybody on the machine could connect to such a name, so its queue has
 * room for our own connections only, and a place that is taken is an error.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/broker.h"
#include "base/xalloc.h"
#include "disk/disk.h"

/* Of a qemu-nbd: twice what tables may take (ops.h), libraries and threads' stacks. */
#define MEMORY      ((uint64_t)768 << 20)
#define CPU_SECONDS 120

static socklen_t choose_name(struct sockaddr_un *addr)
{
	uint64_t number[2] = { 0 };
	int len;

	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	while (getrandom(number, sizeof(number), 0) < 0 && errno == EINTR)
		;
	len = snprintf(addr->sun_path + 1, sizeof(addr->sun_path) - 1, "armvm-nbd-%016llx%016llx",
		(unsigned long long)number[0], (unsigned long long)number[1]);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);
}

/* Connects one client; a full queue answers at once instead of waiting. */
static int connect_one(const struct sockaddr_un *addr, socklen_t len, int *fd, struct err *err)
{
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		return err_sys(err, "socket");
	if (connect(*fd, (const struct sockaddr *)addr, len) < 0 || fcntl(*fd, F_SETFL, 0) < 0) {
		int ret = err_sys(err, "connecting to qemu-nbd's socket");

		close(*fd);
		return ret;
	}
	return 0;
}

/* A listening socket with n connections in its queue; h gets their other ends. */
static int meet(int *listener, unsigned n, struct helper *h, struct err *err)
{
	struct sockaddr_un addr;
	socklen_t len = choose_name(&addr);
	int ret = 0;

	*listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*listener < 0)
		return err_sys(err, "socket");
	/* Linux takes one more than it is given. */
	if (bind(*listener, (struct sockaddr *)&addr, len) < 0 || listen(*listener, (int)n - 1) < 0)
		ret = err_sys(err, "qemu-nbd's socket");
	for (unsigned i = 0; ret == 0 && i < n; i++) {
		ret = connect_one(&addr, len, &h->fds[i], err);
		if (ret == 0)
			h->n_fds++;
	}
	return ret;
}

static int start(int fd, enum disk_format format, unsigned n_clients, int listener,
	struct child *server, struct err *err)
{
	/* Above 3, which is the listener's. */
	int inherited = fcntl(fd, F_DUPFD, 10), ret;
	struct stat st;
	char *image CLEANUP(xfree) = NULL;
	char shared[32];
	const struct spawn_limits limits = {
		.memory = MEMORY, .cpu_seconds = CPU_SECONDS, .file = inherited
	};
	const char *argv[] = { "qemu-nbd", "--read-only", shared, NULL, NULL };

	if (inherited < 0 || fstat(fd, &st) < 0)
		return err_sys(err, "the image");
	image = xasprintf("json:{\"driver\": \"%s\", \"read-only\": true, \"backing\": null, "
			  "\"file\": {\"driver\": \"%s\", \"filename\": \"/proc/self/fd/%d\", "
			  "\"read-only\": true, \"locking\": \"off\"}}",
		disk_format_name(format), S_ISBLK(st.st_mode) ? "host_device" : "file", inherited);
	argv[3] = image;
	snprintf(shared, sizeof(shared), "--shared=%u", n_clients);
	ret = spawn_server(argv, NULL, SPAWN_PIPE_OUT, listener, &limits, server, err);
	close(inherited);
	return ret;
}

static bool is_served(enum disk_format format)
{
	switch (format) {
	case FORMAT_QCOW2:
	case FORMAT_QCOW:
	case FORMAT_QED:
	case FORMAT_VMDK:
	case FORMAT_VDI:
	case FORMAT_VHDX:
	case FORMAT_VPC:
		return true;
	default:
		return false;
	}
}

int disk_serve(
	int fd, enum disk_format format, unsigned n_clients, struct helper *out, struct err *err)
{
	int listener = -1, ret;

	*out = (struct helper){ .child = { .pid = -1, .out = -1, .in = -1 } };
	if (!is_served(format) || n_clients == 0 || n_clients > DISK_CLIENTS_MAX)
		return err_set(err, EINVAL, "nothing that qemu-nbd is asked for here");
	ret = meet(&listener, n_clients, out, err);
	if (ret == 0)
		ret = start(fd, format, n_clients, listener, &out->child, err);
	if (listener >= 0)
		close(listener);
	if (ret < 0)
		helper_drop(out);
	return ret;
}
