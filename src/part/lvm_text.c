/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parser of LVM2's text format (lvm2 lib/config): enough of it for what
 * LVM itself writes.
 */
#include "part/lvm_text.h"

#include <errno.h>
#include <string.h>

#include "base/xalloc.h"

#define DEPTH_MAX 8

struct parser {
	const char *at, *end;
	unsigned nodes, depth;
};

static int bad(const struct parser *p, struct err *err)
{
	(void)p;
	return err_set(err, EUCLEAN, "metadata of LVM that can't be parsed");
}

static void skip_space(struct parser *p)
{
	while (p->at < p->end) {
		if (*p->at == '#')
			while (p->at < p->end && *p->at != '\n')
				p->at++;
		else if (strchr(" \t\r\n", *p->at) && *p->at)
			p->at++;
		else
			break;
	}
}

static bool take(struct parser *p, char c)
{
	skip_space(p);
	if (p->at == p->end || *p->at != c)
		return false;
	p->at++;
	return true;
}

static int new_node(struct parser *p, struct lvm_node **out, struct err *err)
{
	if (++p->nodes > LVM_NODES_MAX)
		return err_set(err, EFBIG, "metadata of LVM with over %d parts", LVM_NODES_MAX);
	*out = xcalloc(1, sizeof(**out));
	return 0;
}

void lvm_text_free(struct lvm_node *node)
{
	while (node) {
		struct lvm_node *next = node->next;

		lvm_text_free(node->below);
		free(node->key);
		free(node->text);
		free(node);
		node = next;
	}
}

static int parse_string(struct parser *p, struct lvm_node *node, struct err *err)
{
	const char *start = p->at;
	char *to;

	while (p->at < p->end && *p->at != '"')
		p->at += *p->at == '\\' ? 2 : 1;
	if (p->at >= p->end)
		return bad(p, err);
	node->kind = LVM_STRING;
	node->text = to = xmalloc((size_t)(p->at - start) + 1);
	for (; start < p->at; start++) {
		if (*start == '\\')
			start++;
		*to++ = *start;
	}
	*to = '\0';
	p->at++;
	return 0;
}

static int parse_number(struct parser *p, struct lvm_node *node, struct err *err)
{
	const char *start = p->at;

	node->kind = LVM_NUMBER;
	while (p->at < p->end && *p->at >= '0' && *p->at <= '9') {
		if (__builtin_mul_overflow(node->number, 10u, &node->number) ||
			__builtin_add_overflow(
				node->number, (unsigned)(*p->at - '0'), &node->number))
			return bad(p, err);
		p->at++;
	}
	return p->at == start ? bad(p, err) : 0;
}

static int parse_value(struct parser *p, struct lvm_node *node, struct err *err);

static int parse_list(struct parser *p, struct lvm_node *node, struct err *err)
{
	struct lvm_node **tail = &node->below;

	node->kind = LVM_LIST;
	while (!take(p, ']')) {
		int r = new_node(p, tail, err);

		if (r == 0)
			r = parse_value(p, *tail, err);
		if (r < 0)
			return r;
		tail = &(*tail)->next;
		if (!take(p, ',')) {
			skip_space(p);
			if (p->at == p->end || *p->at != ']')
				return bad(p, err);
		}
	}
	return 0;
}

static int parse_value(struct parser *p, struct lvm_node *node, struct err *err)
{
	int r;

	skip_space(p);
	if (take(p, '"'))
		return parse_string(p, node, err);
	if (!take(p, '['))
		return parse_number(p, node, err);
	if (++p->depth > DEPTH_MAX)
		return bad(p, err);
	r = parse_list(p, node, err);
	p->depth--;
	return r;
}

static int parse_key(struct parser *p, struct lvm_node *node, struct err *err)
{
	const char *start;

	skip_space(p);
	start = p->at;
	while (p->at < p->end && !strchr(" \t\r\n={}[]\",#", *p->at))
		p->at++;
	if (p->at == start)
		return bad(p, err);
	node->key = xstrndup(start, (size_t)(p->at - start));
	return 0;
}

/* The keys up to a closing brace, or to the end of the text. */
static int parse_keys(struct parser *p, struct lvm_node *section, struct err *err)
{
	struct lvm_node **tail = &section->below;

	if (++p->depth > DEPTH_MAX)
		return bad(p, err);
	for (;;) {
		int r;

		skip_space(p);
		if (p->depth == 1 ? p->at == p->end || !*p->at : take(p, '}'))
			break;
		r = new_node(p, tail, err);
		if (r == 0)
			r = parse_key(p, *tail, err);
		if (r == 0 && take(p, '{')) {
			(*tail)->kind = LVM_SECTION;
			r = parse_keys(p, *tail, err);
		} else if (r == 0) {
			r = take(p, '=') ? parse_value(p, *tail, err) : bad(p, err);
		}
		if (r < 0)
			return r;
		tail = &(*tail)->next;
	}
	p->depth--;
	return 0;
}

int lvm_text_parse(const char *text, size_t len, struct lvm_node **out, struct err *err)
{
	struct parser p = { .at = text, .end = text + len };
	struct lvm_node *top CLEANUP(lvm_text_free) = xcalloc(1, sizeof(*top));
	int r = parse_keys(&p, top, err);

	if (r == 0)
		*out = TAKE(top);
	return r;
}

const struct lvm_node *lvm_find(const struct lvm_node *section, const char *key, enum lvm_kind kind)
{
	for (const struct lvm_node *n = section->below; n; n = n->next)
		if (n->kind == kind && strcmp(n->key, key) == 0)
			return n;
	return NULL;
}

uint64_t lvm_number(const struct lvm_node *section, const char *key)
{
	const struct lvm_node *n = lvm_find(section, key, LVM_NUMBER);

	return n ? n->number : 0;
}

const char *lvm_string(const struct lvm_node *section, const char *key)
{
	const struct lvm_node *n = lvm_find(section, key, LVM_STRING);

	return n ? n->text : "";
}
