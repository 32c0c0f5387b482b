/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Uploading by Glance's own client. See upload.h. The image's id is chosen
 * here and not by Glance, so that it is known whatever becomes of the upload.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/spawn.h"
#include "base/xalloc.h"
#include "glance/digest.h"
#include "glance/upload.h"

/* What Glance computes unless it is configured otherwise. */
#define USUAL_HASH "sha512"

/* What is sent, and how it looked before and while it was read. */
struct sent {
	int fd;
	uint64_t size;
	char hash[DIGEST_HEX_MAX];
};

/* A random UUID (RFC 4122, version 4). */
static int make_id(char id[GLANCE_ID_LEN + 1], struct err *err)
{
	uint8_t b[16];

	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		return err_sys(err, "random bytes");
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	snprintf(id, GLANCE_ID_LEN + 1,
		"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		b[15]);
	return 0;
}

static void create_arguments(const struct glance_upload *u, const char *id, struct strlist *argv)
{
	static const char *const first[] = { "openstack", "image", "create", "-f", "value", "-c",
		"id", "--progress", "--id" };

	for (size_t i = 0; i < ARRAY_SIZE(first); i++)
		strlist_add(argv, first[i]);
	strlist_add(argv, id);
	strlist_add(argv, "--file");
	strlist_take(argv, spawn_path(u->path));
	for (size_t i = 0; i < u->properties->n; i++) {
		const struct glance_property *p = &u->properties->v[i];

		if (!p->value)
			continue;
		strlist_add(argv, p->option ? p->option : "--property");
		strlist_take(argv,
			p->option ? xstrdup(p->value) : xasprintf("%s=%s", p->name, p->value));
	}
	/* Behind it, a name that begins with '-' is no option. */
	strlist_add(argv, "--");
	strlist_add(argv, u->name);
}

/* Runs the client, and computes the hash while it sends. */
static int send_file(
	const struct glance_upload *u, const char *id, struct sent *sent, struct err *err)
{
	struct strlist argv CLEANUP(strlist_release) = { 0 };
	struct child child;
	int ret, status;

	create_arguments(u, id, &argv);
	ret = spawn_start((const char *const *)argv.v, NULL, SPAWN_SHOW, &child, err);
	if (ret < 0)
		return ret;
	ret = digest_file(sent->fd, USUAL_HASH, NULL, sent->hash, &sent->size, err);
	if (ret < 0) {
		child_kill(&child);
		return ret;
	}
	status = child_wait(&child);
	if (status)
		return err_set(err, EIO, "openstack image create failed (exit status %d)", status);
	return 0;
}

static int same_file(const struct glance_upload *u, int fd, struct err *err)
{
	const struct stat *a = u->judged;
	struct stat b;

	if (fstat(fd, &b) < 0)
		return err_sys(err, "%s", u->path);
	if (a->st_dev != b.st_dev || a->st_ino != b.st_ino || a->st_size != b.st_size ||
		a->st_mtim.tv_sec != b.st_mtim.tv_sec || a->st_mtim.tv_nsec != b.st_mtim.tv_nsec)
		return err_set(err, ESTALE, "%s: it has changed since it was judged", u->path);
	return 0;
}

/* ---- what arrived ---- */

static const char *string_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

static int compare_hash(const json_t *properties, struct sent *sent, struct err *err)
{
	const char *algorithm = string_of(properties, "os_hash_algo");
	const char *stored = string_of(properties, "os_hash_value");
	int ret = 0;

	if (!*algorithm || !*stored)
		return err_set(err, EBADMSG, "Glance tells no hash of what it stored");
	if (strcmp(algorithm, USUAL_HASH) != 0)
		ret = digest_file(sent->fd, algorithm, NULL, sent->hash, &sent->size, err);
	if (ret == 0 && strcasecmp(stored, sent->hash) != 0)
		ret = err_set(err, EBADMSG,
			"Glance stored other bytes than were sent: %s is %.16s..., not %.16s...",
			algorithm, stored, sent->hash);
	return ret;
}

static int compare(const json_t *image, struct sent *sent, struct err *err)
{
	json_int_t size = json_integer_value(json_object_get(image, "size"));
	const char *status = string_of(image, "status");

	if (strcmp(status, "active") != 0)
		return err_set(err, EBADMSG, "the image in Glance is %s, not active",
			*status ? status : "of no status");
	if (size < 0 || (uint64_t)size != sent->size)
		return err_set(err, EBADMSG,
			"Glance stored %" JSON_INTEGER_FORMAT " bytes, %" PRIu64 " were sent", size,
			sent->size);
	return compare_hash(json_object_get(image, "properties"), sent, err);
}

static int verify(const char *id, struct sent *sent, struct err *err)
{
	const char *const argv[] = { "openstack", "image", "show", "-f", "json", "--", id, NULL };
	struct text out CLEANUP(text_release) = TEXT_INIT;
	json_t *image;
	int ret = spawn_run(argv, NULL, &out, err);

	if (ret < 0)
		return ret;
	image = json_loadb(text_str(&out), out.len, 0, NULL);
	if (!image)
		return err_set(err, EIO, "openstack image show: its answer is not JSON");
	ret = compare(image, sent, err);
	json_decref(image);
	return ret;
}

int glance_upload(const struct glance_upload *u, struct keeper *keeper, char id[GLANCE_ID_LEN + 1],
	struct err *err)
{
	struct sent sent = { .fd = open(u->path, O_RDONLY | O_CLOEXEC) };
	int ret;

	if (sent.fd < 0)
		return err_sys(err, "%s", u->path);
	ret = same_file(u, sent.fd, err);
	if (ret == 0)
		ret = make_id(id, err);
	if (ret == 0)
		ret = keeper_add_image(keeper, id, err);
	if (ret == 0)
		ret = send_file(u, id, &sent, err);
	if (ret == 0)
		ret = same_file(u, sent.fd, err);
	if (ret == 0)
		ret = verify(id, &sent, err);
	if (ret == 0)
		ret = keeper_keep_image(keeper, err);
	close(sent.fd);
	return ret;
}
