/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRUB's test command (GRUB manual, "test"): strings, integers, files, with
 * ! ( ) -a -o. Leaves out the comparison of files by time (-nt, -ot), which no
 * boot configuration uses; it is taken for false and noted as uncertain.
 */
#include "loader/grub_run.h"

#include <string.h>

#include "base/xalloc.h"

struct test {
	struct grub_run *run;
	char *const *argv;
	size_t argc, at;
	unsigned depth;
};

static const char *peek(const struct test *t)
{
	return t->at < t->argc ? t->argv[t->at] : NULL;
}

static bool test_file(struct test *t, char what, const char *name)
{
	struct file_info info = { 0 };
	struct grub_file file;
	bool answer;

	grub_file_find(t->run, name, &file, &info);
	if (file.presence == PRESENCE_UNKNOWN)
		t->run->out->uncertain = true;
	answer = file.presence == PRESENT && (what != 'f' || info.type != FILE_DIR) &&
		 (what != 'd' || info.type == FILE_DIR) && (what != 's' || info.size > 0);
	grub_file_release(&file);
	return answer;
}

/* -1, 0 or 1; with a common prefix of letters taken off for -pgt and -plt. */
static int compare_numbers(const char *a, const char *b, bool skip_prefix)
{
	long long x, y;

	while (skip_prefix && *a && *a == *b && !(*a >= '0' && *a <= '9'))
		a++, b++;
	x = strtoll(a, NULL, 0);
	y = strtoll(b, NULL, 0);
	return (x > y) - (x < y);
}

/* Whether a relation holds between two things whose order is known; -1: no such relation. */
static int relation(const char *name, int order)
{
	static const struct {
		const char *name;
		bool less, equal, greater;
	} relations[] = {
		{ "eq", false, true, false },
		{ "ne", true, false, true },
		{ "lt", true, false, false },
		{ "le", true, true, false },
		{ "gt", false, false, true },
		{ "ge", false, true, true },
		{ "=", false, true, false },
		{ "==", false, true, false },
		{ "!=", true, false, true },
		{ "<", true, false, false },
		{ "<=", true, true, false },
		{ ">", false, false, true },
		{ ">=", false, true, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(relations); i++)
		if (strcmp(relations[i].name, name) == 0)
			return order < 0   ? relations[i].less
			       : order > 0 ? relations[i].greater
					   : relations[i].equal;
	return -1;
}

/* Whether op is a binary operator; then *answer is what it says. */
static bool test_binary(struct test *t, const char *a, const char *op, const char *b, bool *answer)
{
	bool prefix = strcmp(op, "-pgt") == 0 || strcmp(op, "-plt") == 0;
	int holds;

	if (strcmp(op, "-nt") == 0 || strcmp(op, "-ot") == 0) {
		t->run->out->uncertain = true;
		*answer = false;
		return true;
	}
	if (*op == '-')
		holds = relation(op + 1 + prefix, compare_numbers(a, b, prefix));
	else
		holds = relation(op, strcmp(a, b));
	*answer = holds == 1;
	return holds >= 0;
}

static bool test_or(struct test *t);

static bool test_primary(struct test *t)
{
	const char *word = peek(t);
	bool answer;

	if (!word || t->depth > GRUB_DEPTH_MAX)
		return false;
	if (t->at + 2 < t->argc &&
		test_binary(t, word, t->argv[t->at + 1], t->argv[t->at + 2], &answer)) {
		t->at += 3;
		return answer;
	}
	t->at++;
	t->depth++;
	if (strcmp(word, "!") == 0) {
		answer = !test_primary(t);
	} else if (strcmp(word, "(") == 0) {
		answer = test_or(t);
		if (peek(t) && strcmp(peek(t), ")") == 0)
			t->at++;
	} else if (word[0] == '-' && word[1] && strchr("defs", word[1]) && !word[2] && peek(t)) {
		answer = test_file(t, word[1], t->argv[t->at++]);
	} else if ((strcmp(word, "-n") == 0 || strcmp(word, "-z") == 0) && peek(t)) {
		answer = (word[1] == 'n') == (t->argv[t->at++][0] != '\0');
	} else {
		answer = *word != '\0';
	}
	t->depth--;
	return answer;
}

static bool test_and(struct test *t)
{
	bool answer = test_primary(t);

	while (peek(t) && strcmp(peek(t), "-a") == 0) {
		t->at++;
		answer = test_primary(t) && answer;
	}
	return answer;
}

static bool test_or(struct test *t)
{
	bool answer = test_and(t);

	while (peek(t) && strcmp(peek(t), "-o") == 0) {
		t->at++;
		answer = test_and(t) || answer;
	}
	return answer;
}

int grub_test(struct grub_run *run, size_t argc, char *const *argv)
{
	struct test t = { .run = run, .argv = argv, .argc = argc };

	return test_or(&t) ? 0 : 1;
}
