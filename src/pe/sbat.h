/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SBAT (shim's SBAT.md): a program says in its .sbat section which components
 * it is made of and the generation of each; a level says which generation of
 * a component is the oldest one still allowed. A shim carries levels of its
 * own in .sbatlevel and writes the first of them to the SbatLevel variable, so
 * an image can bring a GRUB that its own shim refuses under Secure Boot.
 */
#ifndef ARMVM_PE_SBAT_H
#define ARMVM_PE_SBAT_H

#include "pe/pe.h"

struct sbat_entry {
	char *component;
	uint32_t generation;
	char *rest; /* vendor, package, version, URL as they stand; in a level the date or "" */
};

struct sbat {
	struct sbat_entry *v;
	size_t n;
	char *problem; /* what is malformed, so that shim refuses it; NULL: nothing */
};

/*
 * Reads the text of a .sbat section (level false: six fields a line, the first
 * line names "sbat") or of a level (two or three). Never fails: what is
 * malformed ends in problem, and the lines before it in v.
 */
void sbat_parse(struct sbat *s, const char *text, size_t len, bool level);
void sbat_release(struct sbat *s);
DEFINE_RELEASE(struct sbat, sbat_release)

/* The entry of this component, or NULL. */
const struct sbat_entry *sbat_find(const struct sbat *s, const char *component);

/* The first entry of a program that a level revokes, or NULL. */
const struct sbat_entry *sbat_revoked(const struct sbat *program, const struct sbat *level);

/* Returns -ENOENT when there is no .sbat section. *s is initialised in any case. */
int pe_sbat_read(const struct pe *pe, const struct pe_source *src, struct sbat *s, struct err *err);

/* The levels inside of a shim. */
struct sbat_levels {
	struct sbat automatic; /* what shim applies by itself ("previous" before shim 16) */
	struct sbat
		latest; /* what it applies once somebody asked for it (mokutil --set-sbat-policy latest) */
};

/* Returns -ENOENT when there is no .sbatlevel section (shim before 15.7, or no shim), -EBADMSG when it makes no sense. */
int pe_sbat_levels_read(
	const struct pe *pe, const struct pe_source *src, struct sbat_levels *l, struct err *err);
void sbat_levels_release(struct sbat_levels *l);
DEFINE_RELEASE(struct sbat_levels, sbat_levels_release)

#endif
