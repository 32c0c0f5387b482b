/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRUB's script language as a tree. Private to the loader room.
 *
 * A struct grub_script owns its nodes; they live until grub_script_free(), so
 * that the bodies of menu entries and functions can be kept by pointer.
 */
#ifndef ARMVM_LOADER_GRUB_SCRIPT_H
#define ARMVM_LOADER_GRUB_SCRIPT_H

#include "base/buf.h"

enum grub_part_kind {
	PART_TEXT,
	PART_VAR, /* text is the variable's name */
};

struct grub_part {
	enum grub_part_kind kind;
	bool quoted; /* not split, and kept when empty */
	char *text;
};

struct grub_word {
	struct grub_part *parts;
	size_t n;
};

enum grub_node_kind {
	NODE_COMMAND,  /* words; body when it ends in a block */
	NODE_IF,       /* cond, body, other */
	NODE_WHILE,    /* cond, body; negated: until */
	NODE_FOR,      /* words[0] the variable, the others the list; body */
	NODE_FUNCTION, /* words[0] the name; body */
};

struct grub_node {
	enum grub_node_kind kind;
	bool negated;
	struct grub_word *words;
	size_t n_words;
	struct grub_node *cond, *body, *other;
	bool has_body; /* body may be NULL when the block is empty */
	struct grub_node *next;
	struct grub_node *all; /* every node of the script, for freeing */
};

struct grub_script {
	struct grub_node *first;
	struct grub_node *all;
	size_t n_nodes;
	struct strlist errors;    /* "line 12: ..." */
	bool truncated;           /* a limit was reached; the rest was not parsed */
	struct grub_script *next; /* for whoever keeps several */
};

/* Whether "\xHH" stands there, which Red Hat's GRUB takes for no escape. */
bool grub_is_hex(const char *p, const char *end);

/* Never fails: what cannot be parsed is skipped to the end of its line, and said in errors. */
struct grub_script *grub_script_parse(const char *text, size_t len, bool keeps_hex);
void grub_script_free(struct grub_script *script);
DEFINE_CLEANUP(struct grub_script, grub_script_free)

#endif
