/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which files of the image a kernel and an initrd were that a boot handed over:
 * by size and digest, in the places where such files lie; or which unified kernel
 * image the kernel is in. See image.h.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/sha256.h"
#include "base/xalloc.h"
#include "image/private.h"
#include "pe/uki.h"

#define DEPTH_MAX  4
#define LOOKED_MAX 4000 /* files and folders of one volume */
/* What is smaller than this is no kernel, and no initrd that matters. */
#define SIZE_MIN   512
#define READ_PIECE ((size_t)256 << 10)

struct wanted {
	uint64_t size;
	const char *sha256;
	bool may_be_packed; /* a loader may have unpacked it */
	unsigned looked;
};

static bool is_it(const struct wanted *w, const struct volume *v, const char *path, uint64_t size)
{
	char hex[SHA256_HEX];
	uint64_t hashed;

	if (size == w->size)
		return volume_sha256(v, path, hex, &hashed, NULL) == 0 &&
		       strcmp(hex, w->sha256) == 0;
	return w->may_be_packed && size < w->size && size >= w->size / 16 &&
	       volume_packed(v, path) && volume_unpack_sha256(v, path, hex, NULL) == 0 &&
	       strcmp(hex, w->sha256) == 0;
}

/* The path below folder; the caller frees it. NULL: it is not there. */
static char *find_below(
	struct wanted *w, const struct volume *v, const char *folder, unsigned depth)
{
	CLEANUP(strlist_release) struct strlist names = { 0 };

	volume_folder(v, folder, &names, NULL);
	strlist_sort(&names);
	for (size_t i = 0; i < names.n && w->looked < LOOKED_MAX; i++) {
		CLEANUP(xfree)
		char *path = xasprintf("%s/%s", strcmp(folder, "/") ? folder : "", names.v[i]);
		struct file_info info = { 0 };
		char *found = NULL;

		w->looked++;
		if (volume_stat(v, path, &info) != PRESENT)
			continue;
		if (info.type == FILE_DIR && depth)
			found = find_below(w, v, path, depth - 1);
		else if (info.type == FILE_REGULAR && is_it(w, v, path, info.size))
			return TAKE(path);
		if (found)
			return found;
	}
	return NULL;
}

/* The whole ESP; of others the folders that loaders read. */
static char *find_on(struct wanted *w, const struct volume *v)
{
	static const char *const folders[] = { "/boot", "/@/boot", "/@rootfs/boot" };
	char *found = NULL;

	w->looked = 0;
	if (!v->readable)
		return NULL;
	if (v->is_esp || v->is_xbootldr)
		return find_below(w, v, "/", DEPTH_MAX);
	found = find_below(w, v, "/", 0);
	for (size_t i = 0; i < ARRAY_SIZE(folders) && !found; i++)
		found = find_below(w, v, folders[i], 2);
	return found;
}

static char *find_file(const struct image *image, uint64_t size, const char *sha256,
	bool may_be_packed, const struct volume **volume)
{
	struct wanted w = { size, sha256, may_be_packed, 0 };
	char *found = NULL;

	*volume = NULL;
	for (size_t i = 0; i < image->view.n && sha256 && size >= SIZE_MIN && !found; i++) {
		/* A loader asks for a passphrase first, which nobody types here. */
		if (image->volumes[i].needs_key)
			continue;
		found = find_on(&w, &image->volumes[i]);
		if (found)
			*volume = &image->volumes[i];
	}
	return found;
}

/* ---- in unified kernel images ---- */

/* The image that the kernel is in, as far as was looked: where several differ, that with the command line is taken. */
struct unified {
	const struct image_handed *handed;
	unsigned looked;
	const struct volume *volume;
	char *path;
	char initrd[SHA256_HEX]; /* the digest of its .initrd; "": none */
	bool by_line, several;
};

static bool hash_section(const struct volume *v, const char *path, const struct pe *pe,
	const struct pe_section *s, char hex[SHA256_HEX])
{
	struct piece piece = { v, (char *)path, s->raw, pe_section_len(pe, s) };
	CLEANUP(xfree) uint8_t *bytes = xmalloc(READ_PIECE);
	struct sha256_ctx sum;
	size_t got = 0;

	sha256_init(&sum);
	for (uint64_t at = 0; at < piece.len; at += got) {
		if (piece_read(&piece, at, bytes, READ_PIECE, &got, NULL) < 0 || !got)
			return false;
		sha256_update(&sum, got, bytes);
	}
	sha256_hex(&sum, hex);
	return true;
}

/* What a stub hands over beside the image's own initrd makes it larger. */
static bool holds_kernel(const struct unified *u, const struct volume *v, const char *path,
	const struct pe *pe, const struct pe_program *p, char initrd[SHA256_HEX])
{
	const struct image_handed *handed = u->handed;
	char hex[SHA256_HEX];

	*initrd = '\0';
	if (p->kind != PE_KIND_UKI || !p->linux_section ||
		pe_section_len(pe, p->linux_section) != handed->kernel_size ||
		(p->initrd && pe_section_len(pe, p->initrd) > handed->initrd_size))
		return false;
	return hash_section(v, path, pe, p->linux_section, hex) &&
	       strcmp(hex, handed->kernel_sha256) == 0 &&
	       (!p->initrd || hash_section(v, path, pe, p->initrd, initrd));
}

static void look_into(struct unified *u, const struct volume *v, const char *path, uint64_t size)
{
	struct piece piece = { v, (char *)path, 0, size };
	struct pe_source src = piece_source(&piece);
	CLEANUP(pe_release) struct pe pe = { 0 };
	CLEANUP(pe_program_release) struct pe_program program = { 0 };
	char initrd[SHA256_HEX];
	bool by_line;

	if (pe_read(&pe, &src, NULL) < 0 || pe_program_read(&program, &pe, &src, NULL) < 0 ||
		!holds_kernel(u, v, path, &pe, &program, initrd))
		return;
	by_line = program.cmdline && strcmp(program.cmdline, u->handed->command_line) == 0;
	if (u->path && by_line == u->by_line)
		u->several |= strcmp(u->initrd, initrd) != 0;
	if (u->path && (u->by_line || !by_line))
		return;
	free(u->path);
	u->path = xstrdup(path);
	u->volume = v;
	memcpy(u->initrd, initrd, sizeof(initrd));
	u->several = false;
	u->by_line = by_line;
}

static void look_below(
	struct unified *u, const struct volume *v, const char *folder, unsigned depth)
{
	CLEANUP(strlist_release) struct strlist names = { 0 };

	volume_folder(v, folder, &names, NULL);
	strlist_sort(&names);
	for (size_t i = 0; i < names.n && u->looked < LOOKED_MAX; i++) {
		CLEANUP(xfree)
		char *path = xasprintf("%s/%s", strcmp(folder, "/") ? folder : "", names.v[i]);
		const char *dot = strrchr(names.v[i], '.');
		struct file_info info = { 0 };

		u->looked++;
		if (volume_stat(v, path, &info) != PRESENT)
			continue;
		if (info.type == FILE_DIR && depth)
			look_below(u, v, path, depth - 1);
		else if (info.type == FILE_REGULAR && dot && strcasecmp(dot, ".efi") == 0 &&
			 info.size > u->handed->kernel_size)
			look_into(u, v, path, info.size);
	}
}

/* Loaders start such images from where the firmware reads. */
static char *find_unified(
	const struct image *image, const struct image_handed *handed, const struct volume **volume)
{
	struct unified u = { .handed = handed };

	for (size_t i = 0; i < image->view.n && handed->kernel_sha256; i++) {
		const struct volume *v = &image->volumes[i];

		u.looked = 0;
		if (v->readable && (v->by_firmware || v->is_esp || v->is_xbootldr))
			look_below(&u, v, "/", DEPTH_MAX);
	}
	if (u.several)
		free(TAKE(u.path));
	else if (u.path)
		*volume = u.volume;
	return u.path;
}

int image_settle(struct image *image, const struct image_handed *handed, struct err *err)
{
	CLEANUP(xfree) char *kernel = NULL;
	CLEANUP(xfree) char *initrd = NULL;
	CLEANUP(xfree) char *unified = NULL;
	const struct boot_chain *chain;
	struct chain_handed h = {
		.command_line = handed->command_line,
		.version = handed->version,
		.has_initrd = handed->initrd_size > 0,
	};
	int ret = image_chain(image, &chain, err);

	if (ret < 0)
		return ret;
	h.kernel = kernel = find_file(
		image, handed->kernel_size, handed->kernel_sha256, true, &h.volume);
	h.initrd = initrd = find_file(
		image, handed->initrd_size, handed->initrd_sha256, false, &h.initrd_volume);
	if (!kernel || (h.has_initrd && !initrd))
		unified = find_unified(image, handed, &h.volume);
	if (unified) {
		h.kernel = unified;
		h.is_unified = true;
	}
	image_guest_free(image);
	image_kernel_free(image);
	chain_settle(image->chain, &image->view, &h);
	image_guest_start(image);
	image_configure(image);
	return 0;
}
