/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text that LVM2 writes its metadata as: sections in braces, keys with numbers, strings or
 * lists. Private to part/.
 */
#ifndef ARMVM_PART_LVM_TEXT_H
#define ARMVM_PART_LVM_TEXT_H

#include "base/err.h"

enum lvm_kind {
	LVM_SECTION,
	LVM_NUMBER,
	LVM_STRING,
	LVM_LIST,
};

/* A key of a section, or an item of a list. */
struct lvm_node {
	enum lvm_kind kind;
	char *key; /* NULL in a list */
	uint64_t number;
	char *text;
	struct lvm_node *below, *next;
};

/* -EUCLEAN when text is none, -EFBIG for over LVM_NODES_MAX nodes. Freed by lvm_text_free(). */
#define LVM_NODES_MAX 100000
int lvm_text_parse(const char *text, size_t len, struct lvm_node **out, struct err *err);
void lvm_text_free(struct lvm_node *node);
DEFINE_CLEANUP(struct lvm_node, lvm_text_free)

/* The key of that kind in a section; NULL: there is none. */
const struct lvm_node *lvm_find(
	const struct lvm_node *section, const char *key, enum lvm_kind kind);
/* Its number or text; 0 and "" when there is none. */
uint64_t lvm_number(const struct lvm_node *section, const char *key);
const char *lvm_string(const struct lvm_node *section, const char *key);

#endif
