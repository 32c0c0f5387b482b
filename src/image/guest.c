/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's mounts, its kernel's drivers and its initrd: see guest.h.
 *
 * Unpacking an initrd takes longer than all the rest of a check together, so
 * it is read into memory as soon as the boot chain says which one it is, and
 * unpacked by a thread that touches nothing else. One that is too big for that
 * is unpacked from the disk when it is asked for.
 */
#include "image/guest.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "image/private.h"
#include "loader/device.h"
#include "pe/pe.h"

#define TABLE_MAX  ((size_t)64 * 1024)
#define IN_MEMORY  ((size_t)24 * 1024 * 1024)
#define MAX_PIECES 8

struct guest_state {
	struct kept guest_kept, initrd_kept;
	struct image_guest guest;
	struct guest_kernel mended; /* its version, modules and config are its own */
	struct image_initrd result;

	struct piece pieces[MAX_PIECES];
	size_t n_pieces;
	bool located;
	int located_ret;
	struct err located_err;

	/* Of the thread, until it is joined. */
	pthread_t thread;
	bool running;
	atomic_bool cancelled;
	struct buf bytes; /* all pieces */
	size_t at, piece_end;
	int ret;
	struct err err;
};

static struct guest_state *state(struct image *image)
{
	if (!image->guest)
		image->guest = xcalloc(1, sizeof(*image->guest));
	return image->guest;
}

static int answer(const struct kept *k, struct err *err)
{
	if (k->ret < 0 && err)
		*err = k->err;
	return k->ret;
}

/* The chain as far as it shows what is booted; NULL: it does not. */
static const struct boot_chain *chain_booted(const struct image *image)
{
	return image->chain && !chain_is_broken(image->chain) ? image->chain : NULL;
}

static const struct chain_entry *default_entry(const struct image *image)
{
	const struct boot_chain *chain = chain_booted(image);

	return chain ? chain_default(chain) : NULL;
}

/* Whether the entry boots this kernel: the same file. */
static bool boots_file(const struct chain_entry *e, const struct guest_kernel *k)
{
	return e->kernel && strcmp(e->kernel, k->image) == 0;
}

/* Or one whose path has its version. */
static bool boots_by_name(const struct chain_entry *e, const struct guest_kernel *k)
{
	if (e->version)
		return strcmp(e->version, k->version) == 0;
	return e->kernel && *k->version && strstr(e->kernel, k->version);
}

const struct guest_kernel *image_find_kernel(const struct image *image, const char *version)
{
	const struct chain_entry *e = default_entry(image);
	const struct inventory *inv = &image->inventory;

	for (size_t i = 0; e && i < inv->n_kernels; i++)
		if (boots_file(e, &inv->kernels[i]))
			return &inv->kernels[i];
	for (size_t i = 0; version && i < inv->n_kernels; i++)
		if (strcmp(inv->kernels[i].version, version) == 0)
			return &inv->kernels[i];
	for (size_t i = 0; e && i < inv->n_kernels; i++)
		if (boots_by_name(e, &inv->kernels[i]))
			return &inv->kernels[i];
	/* What was booted is then none of the guest's. */
	if (image->chain && image->chain->settled)
		return NULL;
	return inv->n_kernels ? &inv->kernels[0] : NULL;
}

/* folder/VERSION, when it is there; the caller frees it. */
static char *modules_of(struct rootfs *root, const char *version)
{
	static const char *const folders[] = { "/usr/lib/modules", "/lib/modules" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		CLEANUP(xfree) char *path = xasprintf("%s/%s", folders[i], version);

		if (rootfs_exists(root, path))
			return TAKE(path);
	}
	return NULL;
}

/* The configuration beside a kernel; NULL: there is none. */
static char *config_of(const struct guest_kernel *k, const char *version)
{
	const char *slash = strrchr(k->image, '/');
	char *path = xasprintf(
		"%.*sconfig-%s", slash ? (int)(slash - k->image) + 1 : 0, k->image, version);

	if (rootfs_exists(k->fs, path))
		return path;
	free(path);
	return NULL;
}

/* The kernel that boots, as its content says; where that says nothing, or what its name does, as the inventory has it. */
static const struct guest_kernel *find_kernel(struct image *image)
{
	struct guest_kernel *mended = &image->guest->mended;
	const struct guest_kernel *k;
	const struct image_kernel *content;
	const char *version = NULL;

	if (image_kernel(image, &content, NULL) == 0)
		version = content->content.version;
	k = image_find_kernel(image, version);
	if (!k || !version || strcmp(k->version, version) == 0)
		return k;
	*mended = *k;
	mended->version = xstrdup(version);
	mended->modules = modules_of(image->root, version);
	mended->config = config_of(k, version);
	return mended;
}

/* Appends a table of /etc when it is there. */
static int read_table(struct rootfs *root, const char *path, struct buf *text, struct err *err)
{
	int ret = rootfs_read_file(root, path, TABLE_MAX, text, err);

	return ret == -ENOENT ? 0 : ret;
}

static int load_guest(struct image *image, struct err *err)
{
	struct buf crypttab CLEANUP(buf_release) = BUF_INIT;
	struct image_guest *g = &image->guest->guest;
	const struct inventory *inv;
	int ret = image_inventory(image, &inv, err);

	if (ret == 0 && inv->more_kernels)
		ret = err_set(err, EFBIG, "over %zu kernels are installed", inv->n_kernels);
	if (ret < 0)
		return ret;
	ret = image_mounts(image, &g->fstab, err);
	if (ret == 0)
		ret = read_table(image->root, "/etc/crypttab", &crypttab, err);
	if (ret == 0)
		ret = bars_read(&g->bars, image->root, err);
	if (ret < 0)
		return ret;
	crypttab_parse(&g->crypttab, buf_text(&crypttab), crypttab.len);
	g->kernel = find_kernel(image);
	return g->kernel ? kernel_drivers_read(&g->drivers, g->kernel, image->root, err) : 0;
}

int image_guest(struct image *image, const struct image_guest **out, struct err *err)
{
	struct guest_state *s = state(image);
	const struct boot_chain *chain;

	/* For its default entry, and a bootconfig; that there is a chain is for others to demand. */
	image_chain(image, &chain, NULL);
	if (!s->guest_kept.asked) {
		s->guest_kept.asked = true;
		s->guest_kept.ret = load_guest(image, &s->guest_kept.err);
	}
	*out = &s->guest;
	return answer(&s->guest_kept, err);
}

static int add_piece(
	struct guest_state *s, const struct volume *v, const char *path, struct err *err)
{
	struct piece *p = &s->pieces[s->n_pieces];
	struct file_info info = { 0 };

	if (s->n_pieces == MAX_PIECES)
		return err_set(err, EFBIG, "over %d initrds at once", MAX_PIECES);
	switch (v ? volume_stat(v, path, &info) : PRESENCE_UNKNOWN) {
	case ABSENT:
		return err_set(err, ENOENT, "%s: the initrd is missing", path);
	case PRESENCE_UNKNOWN:
		return err_set(err, EIO, "%s: the initrd cannot be looked at", path);
	case PRESENT:
		break;
	}
	if (info.type == FILE_DIR)
		return err_set(err, ENOENT, "%s: the initrd is a folder", path);
	*p = (struct piece){ v, path_clean(path), 0, info.size };
	/* What is loaded twice is unpacked once. */
	for (size_t i = 0; i < s->n_pieces; i++)
		if (s->pieces[i].volume == v && strcmp(s->pieces[i].path, p->path) == 0) {
			free(TAKE(p->path));
			return 0;
		}
	s->n_pieces++;
	return 0;
}

/* Narrows a piece that is a UKI to its .initrd section. */
static int narrow_to_section(struct piece *p, struct err *err)
{
	struct pe_source src = piece_source(p);
	struct pe pe CLEANUP(pe_release) = { 0 };
	const struct pe_section *section;
	int ret = pe_read(&pe, &src, err);

	if (ret < 0)
		return ret;
	section = pe_section(&pe, ".initrd", 0);
	if (!section)
		return err_set(err, ENOENT, "%s has no initrd in it", p->path);
	p->off = section->raw;
	p->len = pe_section_len(&pe, section);
	return 0;
}

static const struct chain_step *uki_step(const struct image *image)
{
	const struct boot_chain *chain = chain_booted(image);

	for (size_t i = 0; chain && i < chain->n_steps; i++)
		if (chain->steps[i].loader == LOADER_UKI)
			return &chain->steps[i];
	return NULL;
}

/* The initrds of a unified kernel image: its own, and those of its addons behind it. */
static int add_unified(const struct image *image, struct guest_state *s,
	const struct chain_step *uki, struct err *err)
{
	const struct boot_chain *chain = chain_booted(image);
	struct err lacks = { 0 };
	int ret = add_piece(s, uki->volume, uki->path, err);

	if (ret == 0 && narrow_to_section(&s->pieces[0], &lacks) < 0) {
		free(TAKE(s->pieces[0].path));
		s->n_pieces = 0;
	}
	for (size_t i = 0; i < chain->n_steps && ret == 0 && (!lacks.code || lacks.code == ENOENT);
		i++) {
		const struct chain_step *step = &chain->steps[i];

		if (step->kind != STEP_INITRD || step->loader != LOADER_UKI_ADDON)
			continue;
		ret = add_piece(s, step->volume, step->path, err);
		if (ret == 0)
			ret = narrow_to_section(&s->pieces[s->n_pieces - 1], err);
	}
	if (ret < 0 || s->n_pieces)
		return ret;
	if (err)
		*err = lacks;
	return -lacks.code;
}

/* An initrd as the entry writes it: on the kernel's volume, or "(hd0,gpt2)/path" on another. */
static int add_entry_initrd(struct image *image, struct guest_state *s, const struct chain_entry *e,
	const char *path, struct err *err)
{
	const struct volume *v = e->volume;
	const char *file = path;

	/* In an archive of the loader's, which brings no modules. */
	if (strncmp(path, CHAIN_WRAPPED, strlen(CHAIN_WRAPPED)) == 0)
		return 0;
	if (path[0] == '(')
		v = device_split(&image->view, path, &file);
	if (!v)
		return err_set(err, ENOTSUP, "%s: on a device that is not known here", path);
	return add_piece(s, v, file, err);
}

static int add_of_guest(
	struct image *image, struct guest_state *s, const struct guest_kernel *k, struct err *err)
{
	CLEANUP(xfree) char *name = NULL;
	const struct volume *volume;
	int ret = guest_file(image, k->fs, k->initrd, &volume, &name, err);

	return ret < 0 ? ret : add_piece(s, volume, name, err);
}

/* Finds what image_initrd() promises; the pieces are not read yet. */
static int locate(struct image *image, struct guest_state *s, struct err *err)
{
	const struct chain_entry *e = default_entry(image);
	const struct chain_step *uki = uki_step(image);
	const struct guest_kernel *k;
	const struct inventory *inv;
	int ret = 0;

	if (uki && !(e && e->initrd_unknown))
		return add_unified(image, s, uki, err);
	if (e && e->initrd_unknown)
		return err_set(err, EOPNOTSUPP,
			"the initrd that was handed over is none of the files that were looked at");
	if (e && !e->initrds.n && (e->kernel || image->chain->settled))
		return err_set(err, ENOENT, "the default entry loads no initrd");
	for (size_t i = 0; e && i < e->initrds.n && ret == 0; i++)
		ret = add_entry_initrd(image, s, e, e->initrds.v[i], err);
	if (ret < 0 || s->n_pieces)
		return ret;
	ret = image_inventory(image, &inv, err);
	if (ret < 0)
		return ret;
	k = image_find_kernel(image, NULL);
	if (!k || !k->initrd)
		return err_set(err, ENOENT, "there is no initrd");
	return add_of_guest(image, s, k, err);
}

static int ensure_located(struct image *image, struct guest_state *s, struct err *err)
{
	if (!s->located) {
		s->located = true;
		s->located_ret = locate(image, s, &s->located_err);
	}
	if (s->located_ret < 0 && err)
		*err = s->located_err;
	return s->located_ret;
}

int image_initrd_tail(struct image *image, size_t max, struct buf *tail)
{
	struct guest_state *s = state(image);
	const struct piece *last;
	size_t got, len;
	int ret = ensure_located(image, s, NULL);

	if (ret < 0)
		return ret;
	last = &s->pieces[s->n_pieces - 1];
	len = last->len < max ? (size_t)last->len : max;
	ret = piece_read(last, last->len - len, buf_reserve(tail, len), len, &got, NULL);
	buf_added(tail, ret == 0 ? got : 0);
	return ret;
}

static int64_t read_memory(void *ctx, void *bytes, size_t len, struct err *err)
{
	struct guest_state *s = ctx;
	size_t left = s->piece_end - s->at;

	(void)err;
	if (len > left)
		len = left;
	if (atomic_load(&s->cancelled))
		return 0;
	memcpy(bytes, buf_bytes(&s->bytes) + s->at, len);
	s->at += len;
	return (int64_t)len;
}

static void *unpack(void *ctx)
{
	struct guest_state *s = ctx;
	struct cpio_source source = { read_memory, s };

	for (size_t i = 0; i < s->n_pieces && s->ret == 0; i++) {
		s->piece_end += (size_t)s->pieces[i].len;
		s->ret = initrd_add(&s->result.initrd, &source, &s->err);
		s->at = s->piece_end;
	}
	return NULL;
}

/* Reads all pieces into memory; false when they are too big or cannot be read. */
static bool fetch(struct guest_state *s)
{
	uint64_t total = 0;

	for (size_t i = 0; i < s->n_pieces; i++)
		total += s->pieces[i].len;
	if (total > IN_MEMORY)
		return false;
	buf_reserve(&s->bytes, (size_t)total);
	for (size_t i = 0; i < s->n_pieces; i++) {
		size_t got, len = (size_t)s->pieces[i].len;
		int ret = piece_read(
			&s->pieces[i], 0, buf_reserve(&s->bytes, len), len, &got, NULL);

		if (ret < 0 || got < len) {
			buf_release(&s->bytes);
			return false;
		}
		buf_added(&s->bytes, len);
	}
	return true;
}

void image_guest_start(struct image *image)
{
	struct guest_state *s = state(image);

	if (s->initrd_kept.asked || s->running || ensure_located(image, s, NULL) < 0 || !fetch(s))
		return;
	if (pthread_create(&s->thread, NULL, unpack, s) == 0)
		s->running = true;
	else
		buf_release(&s->bytes);
}

static void join(struct guest_state *s)
{
	pthread_join(s->thread, NULL);
	s->running = false;
	buf_release(&s->bytes);
}

struct from_disk {
	const struct piece *piece;
	uint64_t at;
};

static int64_t read_from_disk(void *ctx, void *bytes, size_t len, struct err *err)
{
	struct from_disk *f = ctx;
	size_t got;
	int ret = piece_read(f->piece, f->at, bytes, len, &got, err);

	f->at += got;
	return ret < 0 ? ret : (int64_t)got;
}

static int load_initrd(struct image *image, struct guest_state *s, struct err *err)
{
	int ret = ensure_located(image, s, err);

	if (ret < 0)
		return ret;
	if (s->running) {
		join(s);
		if (s->ret < 0 && err)
			*err = s->err;
		ret = s->ret;
	} else {
		for (size_t i = 0; i < s->n_pieces && ret == 0; i++) {
			struct from_disk from = { &s->pieces[i], 0 };
			struct cpio_source source = { read_from_disk, &from };

			ret = initrd_add(&s->result.initrd, &source, err);
		}
	}
	s->result.where = piece_where(&s->pieces[0]);
	return ret;
}

int image_initrd(struct image *image, const struct image_initrd **out, struct err *err)
{
	struct guest_state *s = state(image);
	const struct boot_chain *chain;

	if (!s->initrd_kept.asked) {
		/* Which one it is depends on the chain; walking it may start the thread. */
		image_chain(image, &chain, NULL);
		s->initrd_kept.asked = true;
		s->initrd_kept.ret = load_initrd(image, s, &s->initrd_kept.err);
	}
	*out = &s->result;
	return answer(&s->initrd_kept, err);
}

void image_guest_free(struct image *image)
{
	struct guest_state *s = image->guest;

	if (!s)
		return;
	atomic_store(&s->cancelled, true);
	if (s->running)
		join(s);
	for (size_t i = 0; i < s->n_pieces; i++)
		free(s->pieces[i].path);
	crypttab_release(&s->guest.crypttab);
	kernel_drivers_release(&s->guest.drivers);
	bars_release(&s->guest.bars);
	free(s->mended.version);
	free(s->mended.modules);
	free(s->mended.config);
	initrd_release(&s->result.initrd);
	free(s->result.where);
	buf_release(&s->bytes);
	free(s);
	image->guest = NULL;
}
