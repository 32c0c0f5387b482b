/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lexer and parser of GRUB's script language (GRUB manual, "Writing full
 * configuration files directly"): words with quoting and variables, commands,
 * blocks, if, for, while, until, function. Nesting, words and nodes are
 * bounded. Leaves out what GRUB itself leaves out: pipes, redirection, `case`.
 */
#include "loader/grub_script.h"

#include <ctype.h>
#include <string.h>

#include "base/xalloc.h"

#define DEPTH_MAX  32
#define NODES_MAX  50000
#define ERRORS_MAX 16

enum token {
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_SEPARATOR, /* a newline or ';' */
	TOKEN_OPEN,      /* '{' */
	TOKEN_CLOSE,     /* '}' */
	TOKEN_BAD,       /* a character that means nothing here */
};

struct lexer {
	const char *p, *end;
	unsigned line;
	unsigned depth;
	bool keeps_hex;
	enum token token; /* the one that is looked at */
	struct grub_word word;
	struct grub_script *script;
};

static void word_release(struct grub_word *word)
{
	for (size_t i = 0; i < word->n; i++)
		free(word->parts[i].text);
	free(word->parts);
	memset(word, 0, sizeof(*word));
}

static void word_add(struct grub_word *word, enum grub_part_kind kind, bool quoted, char *take_text)
{
	word->parts = xreallocarray(word->parts, word->n + 1, sizeof(*word->parts));
	word->parts[word->n++] = (struct grub_part){ kind, quoted, take_text };
}

static void flush_text(struct grub_word *word, struct text *text, bool quoted)
{
	if (text->len)
		word_add(word, PART_TEXT, quoted, xstrndup(text_str(text), text->len));
	text_reset(text);
}

static void note_error(struct lexer *lx, const char *what)
{
	if (lx->script->errors.n < ERRORS_MAX)
		strlist_take(&lx->script->errors, xasprintf("line %u: %s", lx->line, what));
}

/* At '$': adds a variable, or returns false when it is a plain dollar. */
static bool lex_variable(struct lexer *lx, struct text *text, bool quoted)
{
	const char *p = lx->p + 1, *name;
	bool braces = p < lx->end && *p == '{';

	p += braces;
	name = p;
	if (p < lx->end && strchr("?#*@", *p) && *p)
		p++;
	else
		while (p < lx->end && (isalnum((unsigned char)*p) || *p == '_'))
			p++;
	if (p == name || (braces && (p == lx->end || *p != '}')))
		return false;
	flush_text(&lx->word, text, quoted);
	word_add(&lx->word, PART_VAR, quoted, xstrndup(name, (size_t)(p - name)));
	lx->p = p + braces;
	return true;
}

static void lex_single(struct lexer *lx, struct text *text)
{
	const char *start = ++lx->p;

	flush_text(&lx->word, text, false);
	while (lx->p < lx->end && *lx->p != '\'')
		lx->line += *lx->p++ == '\n';
	word_add(&lx->word, PART_TEXT, true, xstrndup(start, (size_t)(lx->p - start)));
	if (lx->p == lx->end)
		note_error(lx, "a quote is not closed");
	else
		lx->p++;
}

static void lex_double(struct lexer *lx, struct text *text)
{
	flush_text(&lx->word, text, false);
	word_add(&lx->word, PART_TEXT, true, xstrdup(""));
	lx->p++;
	while (lx->p < lx->end && *lx->p != '"') {
		if (*lx->p == '$' && lex_variable(lx, text, true))
			continue;
		if (*lx->p == '\\' && lx->p + 1 < lx->end && strchr("\"$\\\n", lx->p[1])) {
			lx->p++;
			if (*lx->p == '\n') {
				lx->line++;
				lx->p++;
				continue;
			}
		}
		lx->line += *lx->p == '\n';
		text_add(text, lx->p++, 1);
	}
	flush_text(&lx->word, text, true);
	if (lx->p == lx->end)
		note_error(lx, "a quote is not closed");
	else
		lx->p++;
}

bool grub_is_hex(const char *p, const char *end)
{
	return end - p >= 4 && p[0] == '\\' && p[1] == 'x' && isxdigit((unsigned char)p[2]) &&
	       isxdigit((unsigned char)p[3]);
}

static void lex_word(struct lexer *lx)
{
	CLEANUP(text_release) struct text text = TEXT_INIT;

	while (lx->p < lx->end && !strchr(" \t\r\n;{}|&<>", *lx->p)) {
		char c = *lx->p;

		if (c == '\'') {
			lex_single(lx, &text);
		} else if (c == '"') {
			lex_double(lx, &text);
		} else if (lx->keeps_hex && grub_is_hex(lx->p, lx->end)) {
			text_add(&text, lx->p, 4);
			lx->p += 4;
		} else if (c == '\\' && lx->p + 1 < lx->end) {
			if (lx->p[1] == '\n')
				lx->line++;
			else
				text_add(&text, lx->p + 1, 1);
			lx->p += 2;
		} else if (c != '$' || !lex_variable(lx, &text, false)) {
			if (c)
				text_add(&text, &c, 1);
			lx->p++;
		}
	}
	flush_text(&lx->word, &text, false);
}

/* Moves on to the next token. */
static void next(struct lexer *lx)
{
	word_release(&lx->word);
	while (lx->p < lx->end) {
		if (strchr(" \t\r", *lx->p)) /* a NUL too: nothing else would skip it */
			lx->p++;
		else if (*lx->p == '\\' && lx->p + 1 < lx->end && lx->p[1] == '\n')
			lx->p += 2, lx->line++;
		else if (*lx->p == '#')
			while (lx->p < lx->end && *lx->p != '\n')
				lx->p++;
		else
			break;
	}
	if (lx->p == lx->end) {
		lx->token = TOKEN_END;
		return;
	}
	switch (*lx->p) {
	case '\n':
		lx->line++;
		/* fall through */
	case ';':
		lx->token = TOKEN_SEPARATOR;
		lx->p++;
		break;
	case '{':
		lx->token = TOKEN_OPEN;
		lx->p++;
		break;
	case '}':
		lx->token = TOKEN_CLOSE;
		lx->p++;
		break;
	case '|':
	case '&':
	case '<':
	case '>':
		lx->token = TOKEN_BAD;
		lx->p++;
		break;
	default:
		lx->token = TOKEN_WORD;
		lex_word(lx);
	}
}

/* Whether the token is this reserved word, which only an unquoted one can be. */
static bool is_word(const struct lexer *lx, const char *text)
{
	return lx->token == TOKEN_WORD && lx->word.n == 1 && lx->word.parts[0].kind == PART_TEXT &&
	       !lx->word.parts[0].quoted && strcmp(lx->word.parts[0].text, text) == 0;
}

static void skip_separators(struct lexer *lx)
{
	while (lx->token == TOKEN_SEPARATOR)
		next(lx);
}

/* Says what is wrong and goes on at the next line. */
static void skip_line(struct lexer *lx, const char *what)
{
	note_error(lx, what);
	while (lx->p < lx->end && *lx->p != '\n')
		lx->p++;
	next(lx);
}

static struct grub_node *node_new(struct lexer *lx, enum grub_node_kind kind)
{
	struct grub_node *node = xcalloc(1, sizeof(*node));

	node->kind = kind;
	node->all = lx->script->all;
	lx->script->all = node;
	lx->script->n_nodes++;
	return node;
}

static void take_word(struct lexer *lx, struct grub_node *node)
{
	node->words = xreallocarray(node->words, node->n_words + 1, sizeof(*node->words));
	node->words[node->n_words++] = lx->word;
	memset(&lx->word, 0, sizeof(lx->word));
	next(lx);
}

static struct grub_node *parse_list(struct lexer *lx, const char *const stop[]);

static const char *const stop_close[] = { NULL };
static const char *const stop_then[] = { "then", NULL };
static const char *const stop_if[] = { "elif", "else", "fi", NULL };
static const char *const stop_fi[] = { "fi", NULL };
static const char *const stop_do[] = { "do", NULL };
static const char *const stop_done[] = { "done", NULL };

/* Takes a reserved word that must stand here. */
static void expect(struct lexer *lx, const char *word)
{
	if (is_word(lx, word))
		next(lx);
	else if (lx->token != TOKEN_END)
		skip_line(lx, "a reserved word is missing");
	else
		note_error(lx, "the file ends inside a command");
}

static struct grub_node *parse_block(struct lexer *lx)
{
	struct grub_node *body;

	next(lx);
	body = parse_list(lx, stop_close);
	if (lx->token == TOKEN_CLOSE)
		next(lx);
	else
		note_error(lx, "a block is not closed");
	return body;
}

/* After `if` or `elif`. */
static struct grub_node *parse_if(struct lexer *lx)
{
	struct grub_node *node = node_new(lx, NODE_IF);

	next(lx);
	node->cond = parse_list(lx, stop_then);
	expect(lx, "then");
	node->body = parse_list(lx, stop_if);
	if (is_word(lx, "elif") && lx->depth < DEPTH_MAX) {
		lx->depth++;
		node->other = parse_if(lx);
		lx->depth--;
		return node;
	}
	if (is_word(lx, "else")) {
		next(lx);
		node->other = parse_list(lx, stop_fi);
	}
	expect(lx, "fi");
	return node;
}

static struct grub_node *parse_loop(struct lexer *lx, bool negated)
{
	struct grub_node *node = node_new(lx, NODE_WHILE);

	node->negated = negated;
	next(lx);
	node->cond = parse_list(lx, stop_do);
	expect(lx, "do");
	node->body = parse_list(lx, stop_done);
	expect(lx, "done");
	return node;
}

static struct grub_node *parse_for(struct lexer *lx)
{
	struct grub_node *node = node_new(lx, NODE_FOR);

	next(lx);
	if (lx->token == TOKEN_WORD)
		take_word(lx, node);
	expect(lx, "in");
	while (lx->token == TOKEN_WORD)
		take_word(lx, node);
	skip_separators(lx);
	expect(lx, "do");
	node->body = parse_list(lx, stop_done);
	expect(lx, "done");
	return node;
}

static struct grub_node *parse_function(struct lexer *lx)
{
	struct grub_node *node = node_new(lx, NODE_FUNCTION);

	next(lx);
	if (lx->token == TOKEN_WORD)
		take_word(lx, node);
	skip_separators(lx);
	if (lx->token == TOKEN_OPEN)
		node->body = parse_block(lx);
	else
		skip_line(lx, "a function without a body");
	return node;
}

static struct grub_node *parse_command(struct lexer *lx)
{
	struct grub_node *node;

	if (is_word(lx, "if"))
		return parse_if(lx);
	if (is_word(lx, "while") || is_word(lx, "until"))
		return parse_loop(lx, is_word(lx, "until"));
	if (is_word(lx, "for"))
		return parse_for(lx);
	if (is_word(lx, "function"))
		return parse_function(lx);
	node = node_new(lx, NODE_COMMAND);
	while (lx->token == TOKEN_WORD)
		take_word(lx, node);
	if (lx->token == TOKEN_OPEN && node->n_words) {
		node->has_body = true;
		node->body = parse_block(lx);
	}
	return node;
}

static bool at_stop(const struct lexer *lx, const char *const stop[])
{
	if (lx->token == TOKEN_END || lx->token == TOKEN_CLOSE)
		return true;
	for (size_t i = 0; stop[i]; i++)
		if (is_word(lx, stop[i]))
			return true;
	return false;
}

/* Commands up to a reserved word of stop, '}' or the end. */
static struct grub_node *parse_list(struct lexer *lx, const char *const stop[])
{
	struct grub_node *first = NULL, **tail = &first;

	if (lx->depth >= DEPTH_MAX) {
		lx->script->truncated = true;
		lx->p = lx->end;
		next(lx);
		return NULL;
	}
	lx->depth++;
	for (;;) {
		skip_separators(lx);
		if (at_stop(lx, stop))
			break;
		if (lx->script->n_nodes >= NODES_MAX) {
			lx->script->truncated = true;
			lx->p = lx->end;
			next(lx);
			break;
		}
		if (lx->token == TOKEN_WORD) {
			*tail = parse_command(lx);
			tail = &(*tail)->next;
		} else {
			skip_line(lx, "a character that GRUB's language has no use for");
		}
	}
	lx->depth--;
	return first;
}

struct grub_script *grub_script_parse(const char *text, size_t len, bool keeps_hex)
{
	struct grub_script *script = xcalloc(1, sizeof(*script));
	struct lexer lx = {
		.p = text, .end = text + len, .line = 1, .keeps_hex = keeps_hex, .script = script
	};
	struct grub_node **tail = &script->first;

	next(&lx);
	while (lx.token != TOKEN_END) {
		*tail = parse_list(&lx, stop_close);
		while (*tail)
			tail = &(*tail)->next;
		if (lx.token == TOKEN_CLOSE)
			skip_line(&lx, "a '}' that closes nothing");
	}
	word_release(&lx.word);
	return script;
}

void grub_script_free(struct grub_script *script)
{
	struct grub_node *node = script->all;

	while (node) {
		struct grub_node *following = node->all;

		for (size_t i = 0; i < node->n_words; i++)
			word_release(&node->words[i]);
		free(node->words);
		free(node);
		node = following;
	}
	strlist_release(&script->errors);
	free(script);
}
