/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is in the kernel that boots: see guest.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "image/guest.h"
#include "image/private.h"
#include "pe/uki.h"

struct kernel_state {
	struct kept kept;
	struct piece piece;
	struct image_kernel result;
};

/* The step at which the chain ends; NULL: it has none, or the kernel's file is not known. */
static struct chain_step *kernel_step(const struct image *image)
{
	struct boot_chain *chain = image->chain;

	for (size_t i = 0; chain && i < chain->n_steps; i++)
		if (chain->steps[i].kind == STEP_KERNEL && chain->steps[i].volume)
			return &chain->steps[i];
	return NULL;
}

/* The file that the chain ends at, or else the guest's kernel. */
static int locate(struct image *image, struct piece *p, struct err *err)
{
	const struct chain_step *step = kernel_step(image);
	const struct guest_kernel *k;
	const struct inventory *inv;
	struct file_info info;
	int ret;

	if (step) {
		*p = (struct piece){ .volume = step->volume, .path = xstrdup(step->path) };
	} else {
		if (image->chain && image->chain->settled)
			return err_set(err, ENOENT, "the kernel's file is not known");
		ret = image_inventory(image, &inv, err);
		if (ret < 0)
			return ret;
		k = image_find_kernel(image, NULL);
		if (!k)
			return err_set(err, ENOENT, "there is no kernel");
		ret = guest_file(image, k->fs, k->image, &p->volume, &p->path, err);
		if (ret < 0)
			return ret;
	}
	switch (p->volume ? volume_stat(p->volume, p->path, &info) : PRESENCE_UNKNOWN) {
	case ABSENT:
		return err_set(err, ENOENT, "%s: the kernel is missing", p->path);
	case PRESENCE_UNKNOWN:
		return err_set(err, EIO, "%s: the kernel cannot be looked at", p->path);
	case PRESENT:
		break;
	}
	p->len = info.size;
	return 0;
}

/* Narrows a unified kernel image to its section .linux; another program stays. */
static int narrow_to_kernel(struct piece *p, bool *unified, struct err *err)
{
	struct pe_source src = piece_source(p);
	CLEANUP(pe_release) struct pe pe = { 0 };
	CLEANUP(pe_program_release) struct pe_program program = { 0 };
	int ret = pe_read(&pe, &src, err);

	*unified = false;
	if (ret == -ENOEXEC) {
		err_clear(err);
		return 0;
	}
	if (ret == 0)
		ret = pe_program_read(&program, &pe, &src, err);
	if (ret < 0 || program.kind != PE_KIND_UKI)
		return ret;
	*unified = true;
	p->off = program.linux_section->raw;
	p->len = pe_section_len(&pe, program.linux_section);
	return 0;
}

static int load(struct image *image, struct kernel_state *s, struct err *err)
{
	struct chain_step *step = kernel_step(image);
	struct image_kernel *k = &s->result;
	struct pe_source src;
	bool by_grub, unified;
	int ret = locate(image, &s->piece, err);

	/* What it says of itself is nothing that the guest's modules and initrds are made for. */
	if (ret == 0 && image->chain && chain_fails_by(image->chain, CHAIN_KERNEL_ARCH))
		return err_set(err, ENOENT, "what the default entry boots is no kernel");
	if (ret == 0)
		ret = narrow_to_kernel(&s->piece, &unified, err);
	if (ret < 0)
		return ret;
	by_grub = !step || chain_has_loader(image->chain, LOADER_GRUB);
	src = piece_source(&s->piece);
	k->where = piece_where(&s->piece);
	ret = kernel_content_read(&k->content, &src, by_grub && !unified, err);
	/* What it says of itself beats its file's name. */
	if (ret == 0 && step && k->content.version)
		snprintf(step->version, sizeof(step->version), "%s", k->content.version);
	return ret;
}

int image_kernel(struct image *image, const struct image_kernel **out, struct err *err)
{
	const struct boot_chain *chain;
	struct kernel_state *s;

	/* Which one it is depends on the chain. */
	image_chain(image, &chain, NULL);
	if (!image->kernel)
		image->kernel = xcalloc(1, sizeof(*image->kernel));
	s = image->kernel;
	if (!s->kept.asked) {
		s->kept.asked = true;
		s->kept.ret = load(image, s, &s->kept.err);
	}
	*out = &s->result;
	if (s->kept.ret < 0 && err)
		*err = s->kept.err;
	return s->kept.ret;
}

void image_kernel_free(struct image *image)
{
	struct kernel_state *s = image->kernel;

	if (!s)
		return;
	free(s->piece.path);
	free(s->result.where);
	kernel_content_release(&s->result.content);
	free(s);
	image->kernel = NULL;
}
