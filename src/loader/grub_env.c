/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRUB's variables, the expansion of words, and environment blocks
 * (GRUB manual, "The GRUB environment block"). Values and their number are
 * bounded.
 */
#include "loader/grub_run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/xalloc.h"
#include "loader/glob.h"

static struct grub_var *find(const struct grub_env *env, const char *name)
{
	for (size_t i = 0; i < env->n; i++)
		if (strcmp(env->v[i].name, name) == 0)
			return &env->v[i];
	return NULL;
}

const char *grub_env_get(const struct grub_run *run, const char *name)
{
	const struct grub_var *var = find(&run->env, name);

	return var ? var->value : NULL;
}

static struct grub_var *add(struct grub_run *run, const char *name)
{
	struct grub_env *env = &run->env;

	if (env->n >= GRUB_VARS_MAX || env->bytes + strlen(name) > GRUB_ENV_MAX) {
		run->out->truncated = true;
		return NULL;
	}
	env->v = xreallocarray(env->v, env->n + 1, sizeof(*env->v));
	env->bytes += strlen(name);
	env->v[env->n] = (struct grub_var){ xstrdup(name), xstrdup(""), false };
	return &env->v[env->n++];
}

void grub_env_set(struct grub_run *run, const char *name, const char *value)
{
	struct grub_var *var = find(&run->env, name);
	size_t len;

	if (!var)
		var = add(run, name);
	if (!var)
		return;
	len = strlen(value);
	/* "set root=(hd0,gpt2)" is the device without them. */
	if (strcmp(name, "root") == 0 && len > 1 && value[0] == '(' && value[len - 1] == ')') {
		value++;
		len -= 2;
	}
	run->env.bytes -= strlen(var->value);
	if (len > GRUB_VALUE_MAX || run->env.bytes + len > GRUB_ENV_MAX) {
		run->out->truncated = true;
		len = 0;
	}
	free(var->value);
	var->value = xstrndup(value, len);
	run->env.bytes += len;
}

void grub_env_unset(struct grub_run *run, const char *name)
{
	struct grub_var *var = find(&run->env, name);

	if (!var)
		return;
	run->env.bytes -= strlen(var->name) + strlen(var->value);
	free(var->name);
	free(var->value);
	*var = run->env.v[--run->env.n];
}

void grub_env_export(struct grub_run *run, const char *name)
{
	struct grub_var *var = find(&run->env, name);

	if (!var)
		var = add(run, name);
	if (var)
		var->exported = true;
}

struct grub_env grub_env_copy(const struct grub_env *env, bool exported_only)
{
	struct grub_env copy = { xcalloc(env->n + 1, sizeof(*copy.v)), 0, 0 };

	for (size_t i = 0; i < env->n; i++)
		if (env->v[i].exported || !exported_only) {
			copy.v[copy.n++] = (struct grub_var){ xstrdup(env->v[i].name),
				xstrdup(env->v[i].value), env->v[i].exported };
			copy.bytes += strlen(env->v[i].name) + strlen(env->v[i].value);
		}
	return copy;
}

void grub_env_release(struct grub_env *env)
{
	for (size_t i = 0; i < env->n; i++) {
		free(env->v[i].name);
		free(env->v[i].value);
	}
	free(env->v);
	memset(env, 0, sizeof(*env));
}

uint64_t grub_digest(uint64_t seed, const char *text)
{
	/* FNV-1a, the NUL at the end included */
	do
		seed = (seed ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
	while (*text++);
	return seed;
}

uint64_t grub_env_digest(const struct grub_env *env)
{
	uint64_t sum = 0;

	/* Their order in memory says nothing. */
	for (size_t i = 0; i < env->n; i++) {
		const struct grub_var *v = &env->v[i];

		if (strcmp(v->name, "config_file") != 0 && strcmp(v->name, "config_directory") != 0)
			sum += grub_digest(grub_digest(v->exported, v->name), v->value);
	}
	return sum;
}

/* ---- words ---- */

/* One word in the making: its text, the same as a pattern, and whether it has one. */
struct expansion {
	struct grub_run *run;
	struct strlist *args;
	struct text text, pattern;
	bool any, glob;
	size_t bytes;
};

/* Patterns match in the last part of a path alone, which is all that is in use. */
static bool match_files(struct expansion *x)
{
	CLEANUP(strlist_release) struct strlist names = { 0 };
	struct grub_file dir = { 0 };
	char *slash = strrchr(text_str(&x->text), '/');
	size_t before = x->args->n;
	enum presence listed = ABSENT;

	if (!slash)
		return false;
	*slash = '\0';
	grub_file_find(x->run, text_str(&x->text), &dir, NULL);
	if (dir.presence == PRESENT && dir.volume)
		listed = volume_folder(dir.volume, dir.path, &names, NULL);
	if (listed == PRESENT) {
		strlist_sort(&names);
		for (size_t i = 0; i < names.n; i++)
			if (names.v[i][0] != '.' &&
				glob_match(strrchr(text_str(&x->pattern), '/') + 1, names.v[i], 0))
				strlist_take(x->args,
					xasprintf("%s/%s", text_str(&x->text), names.v[i]));
	} else if (dir.presence == PRESENCE_UNKNOWN || listed == PRESENCE_UNKNOWN) {
		x->run->out->uncertain = true;
	}
	*slash = '/';
	grub_file_release(&dir);
	return x->args->n > before;
}

static void end_word(struct expansion *x)
{
	if (x->any && !(x->glob && match_files(x)))
		strlist_add(x->args, text_str(&x->text));
	text_reset(&x->text);
	text_reset(&x->pattern);
	x->any = x->glob = false;
}

static void add_text(struct expansion *x, const char *text, size_t len, bool quoted)
{
	x->bytes += len + 1;
	x->run->expanded += len + 1;
	if (x->bytes > GRUB_WORDS_MAX || x->run->expanded > GRUB_EXPAND_MAX) {
		grub_run_limit(x->run);
		return;
	}
	text_add(&x->text, text, len);
	for (size_t i = 0; i < len; i++) {
		if (strchr("*?[\\", text[i]) && (quoted || text[i] == '[' || text[i] == '\\'))
			text_puts(&x->pattern, "\\");
		else if (text[i] == '*' || text[i] == '?')
			x->glob = true;
		text_add(&x->pattern, text + i, 1);
	}
	x->any = x->any || quoted || len;
}

static void add_split(struct expansion *x, const char *value)
{
	while (*value) {
		size_t blank = strspn(value, " \t\n"), len;

		if (blank && x->any)
			end_word(x);
		value += blank;
		len = strcspn(value, " \t\n");
		if (len)
			add_text(x, value, len, false);
		value += len;
	}
}

static void add_args(struct expansion *x, bool quoted, bool separate)
{
	const struct strlist *args = x->run->args;

	for (size_t i = 0; args && i < args->n; i++) {
		if (i && separate)
			end_word(x);
		else if (i)
			add_text(x, " ", 1, quoted);
		add_text(x, args->v[i], strlen(args->v[i]), quoted);
	}
}

static void add_variable(struct expansion *x, const struct grub_part *part)
{
	const struct grub_run *run = x->run;
	char number[24];
	const char *value;

	if (strcmp(part->text, "@") == 0 || strcmp(part->text, "*") == 0) {
		add_args(x, part->quoted, *part->text == '@' || !part->quoted);
		return;
	}
	if (strcmp(part->text, "?") == 0) {
		snprintf(number, sizeof(number), "%d", run->status);
		value = number;
	} else if (strcmp(part->text, "#") == 0) {
		snprintf(number, sizeof(number), "%zu", run->args ? run->args->n : 0);
		value = number;
	} else if (part->text[0] >= '0' && part->text[0] <= '9') {
		size_t i = strtoul(part->text, NULL, 10);

		value = run->args && i && i <= run->args->n ? run->args->v[i - 1] : "";
	} else {
		value = grub_env_get(run, part->text);
	}
	if (!value)
		value = "";
	if (part->quoted)
		add_text(x, value, strlen(value), true);
	else
		add_split(x, value);
}

void grub_expand(
	struct grub_run *run, const struct grub_word *words, size_t n, struct strlist *args)
{
	struct expansion x = { .run = run, .args = args };

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < words[i].n; j++) {
			const struct grub_part *part = &words[i].parts[j];

			if (part->kind == PART_VAR)
				add_variable(&x, part);
			else
				add_text(&x, part->text, strlen(part->text), part->quoted);
		}
		end_word(&x);
	}
	text_release(&x.text);
	text_release(&x.pattern);
}

/* ---- environment blocks ---- */

static bool wanted(const char *name, char *const *only, size_t n_only)
{
	for (size_t i = 0; i < n_only; i++)
		if (strcmp(only[i], name) == 0)
			return true;
	return n_only == 0;
}

bool grub_env_load(struct grub_run *run, const char *text, char *const *only, size_t n_only)
{
	static const char signature[] = "# GRUB Environment Block\n";

	if (strncmp(text, signature, strlen(signature)) != 0)
		return false;
	while (*text) {
		CLEANUP(text_release) struct text line = TEXT_INIT;
		char *eq;

		for (; *text && *text != '\n'; text++) {
			if (*text == '\\' && text[1])
				text++;
			text_add(&line, text, 1);
		}
		text += *text == '\n';
		if (!line.len || text_str(&line)[0] == '#')
			continue;
		eq = strchr(text_str(&line), '=');
		if (!eq)
			continue;
		*eq = '\0';
		if (!wanted(text_str(&line), only, n_only))
			continue;
		grub_env_set(run, text_str(&line), eq + 1);
		*eq = '=';
		grub_note(&run->blocks, text_str(&line));
	}
	return true;
}
