/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running GRUB scripts: the tree walk, functions, and files run in the same
 * context. Every node costs a step; steps and nesting are bounded, and beyond
 * a limit the run stops and the result says truncated.
 */
#include "loader/grub_run.h"

#include <errno.h>
#include <string.h>

#include "base/xalloc.h"

#define NOTES_MAX 64

void grub_note(struct strlist *list, const char *text)
{
	if (list->n < NOTES_MAX && !strlist_has(list, text))
		strlist_add(list, text);
}

bool grub_is_running(const struct grub_run *run, const char *name, uint64_t state)
{
	for (const struct grub_frame *f = run->frames; f; f = f->before)
		if (f->state == state && !f->name == !name && (!name || strcmp(f->name, name) == 0))
			return true;
	return false;
}

void grub_run_limit(struct grub_run *run)
{
	run->out->truncated = true;
	run->flow = FLOW_STOP;
}

bool grub_run_steps(struct grub_run *run, unsigned steps)
{
	run->steps += steps;
	if (run->steps <= GRUB_STEPS_MAX)
		return true;
	grub_run_limit(run);
	return false;
}

const struct grub_script *grub_run_parse(struct grub_run *run, const char *text, size_t len)
{
	struct grub_script *script;

	run->bytes += len;
	if (run->bytes > GRUB_BYTES_MAX) {
		grub_run_limit(run);
		return NULL;
	}
	script = grub_script_parse(text, len, run->start->keeps_hex);
	script->next = run->scripts;
	run->scripts = script;
	if (script->truncated)
		run->out->truncated = true;
	for (size_t i = 0; i < script->errors.n; i++) {
		CLEANUP(xfree)
		char *where = xasprintf("%s: %s", run->source, script->errors.v[i]);

		grub_note(&run->out->syntax_errors, where);
	}
	return script;
}

static void set_or_unset(struct grub_run *run, const char *name, const char *value)
{
	if (value)
		grub_env_set(run, name, value);
	else
		grub_env_unset(run, name);
}

/* While a configuration is read its name and folder are variables. */
static void run_named(struct grub_run *run, const char *name, const struct grub_script *script)
{
	const char *root = grub_env_get(run, "root"), *file = grub_env_get(run, "config_file");
	const char *folder = grub_env_get(run, "config_directory");
	CLEANUP(xfree) char *old_file = file ? xstrdup(file) : NULL;
	CLEANUP(xfree) char *old_folder = folder ? xstrdup(folder) : NULL;
	CLEANUP(xfree)
	char *full = *name == '(' ? xstrdup(name) : xasprintf("(%s)%s", root ? root : "", name);
	CLEANUP(xfree) char *within = xstrdup(full);
	char *slash = strrchr(within, '/');

	if (slash)
		*slash = '\0';
	grub_env_set(run, "config_file", full);
	grub_env_set(run, "config_directory", within);
	grub_env_export(run, "config_file");
	grub_env_export(run, "config_directory");
	run->depth++;
	grub_run_list(run, script->first);
	run->depth--;
	set_or_unset(run, "config_file", old_file);
	set_or_unset(run, "config_directory", old_folder);
}

/* The same file with the same variables does the same: it comes to itself again and again. */
static void note_endless(struct grub_run *run, const char *shown)
{
	run->out->uncertain |= run->saves;
	if (run->entry)
		run->entry->runs_again = true;
	else if (!run->out->runs_itself)
		run->out->runs_itself = xstrdup(shown);
	run->flow = FLOW_STOP;
}

/* GRUB reads a file by lines, and leaves all carriage returns out (grub_file_getline()). */
static const struct grub_script *parse_file(struct grub_run *run, const struct buf *file)
{
	CLEANUP(text_release) struct text text = TEXT_INIT;
	const char *p = buf_text(file), *end = p + file->len;

	while (p < end) {
		const char *cr = memchr(p, '\r', (size_t)(end - p));

		text_add(&text, p, (size_t)((cr ? cr : end) - p));
		p = cr ? cr + 1 : end;
	}
	return grub_run_parse(run, text_str(&text), text.len);
}

bool grub_run_file(struct grub_run *run, const char *name)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	CLEANUP(xfree) char *shown = NULL;
	const struct grub_script *script = NULL;
	const char *before = run->source;
	struct grub_frame frame = { .state = grub_env_digest(&run->env), .before = run->frames };
	struct grub_file file;
	struct file_info info = { 0 };
	bool there = false;

	grub_file_find(run, name, &file, &info);
	/* GRUB opens no folder. */
	if (file.presence == PRESENT && info.type == FILE_DIR)
		file.presence = ABSENT;
	if (file.volume) {
		CLEANUP(xfree) char *device = grub_device_name(run, file.volume);

		shown = xasprintf("(%s)%s", device, file.path);
	} else {
		shown = xstrdup(name);
	}
	frame.name = shown;
	if (grub_is_running(run, shown, frame.state)) {
		note_endless(run, shown);
	} else if (run->depth >= GRUB_DEPTH_MAX || run->files >= GRUB_FILES_MAX) {
		grub_run_limit(run);
	} else if (file.presence == PRESENT &&
		   grub_read_text(run, &file, GRUB_CFG_MAX, &text) == 0) {
		there = true;
		run->files++;
		grub_note(&run->out->configs, shown);
		run->source = shown;
		script = parse_file(run, &text);
		run->frames = &frame;
		if (script)
			run_named(run, name, script);
		run->frames = frame.before;
		run->source = before;
	} else {
		/* Present and not readable, or on a volume that is not: nobody can say what it holds. */
		if (file.presence != ABSENT)
			run->out->uncertain = true;
		grub_note(&run->out->missing_configs, shown);
		run->status = 1;
	}
	grub_file_release(&file);
	return there;
}

static void define(struct grub_run *run, const struct grub_node *node)
{
	CLEANUP(strlist_release) struct strlist name = { 0 };

	grub_expand(run, node->words, node->n_words, &name);
	if (!name.n || !node->n_words || node->words[0].n != 1)
		return;
	for (size_t i = 0; i < run->n_functions; i++)
		if (strcmp(run->functions[i].name, name.v[0]) == 0) {
			run->functions[i].body = node->body;
			return;
		}
	if (run->n_functions >= GRUB_VARS_MAX)
		return;
	run->functions = xreallocarray(
		run->functions, run->n_functions + 1, sizeof(*run->functions));
	run->functions[run->n_functions++] = (struct grub_function){ node->words[0].parts[0].text,
		node->body };
}

static void call(struct grub_run *run, const struct grub_node *body, const struct strlist *words)
{
	struct strlist args = { words->v + 1, words->n - 1 };
	struct strlist *before = run->args;

	if (run->depth >= GRUB_DEPTH_MAX) {
		grub_run_limit(run);
		return;
	}
	run->depth++;
	run->args = &args;
	grub_run_list(run, body);
	run->args = before;
	run->depth--;
	if (run->flow == FLOW_RETURN)
		run->flow = FLOW_ON;
}

/* A word that is neither function nor command: an assignment, or not known. */
static void unknown_command(struct grub_run *run, const char *word)
{
	CLEANUP(xfree) char *name = xstrdup(word);
	char *eq = strchr(name, '=');

	run->status = 0;
	if (eq) {
		*eq = '\0';
		grub_env_set(run, name, eq + 1);
		return;
	}
	grub_note(&run->out->unknown_commands, name);
}

/* GRUB says "can't find command" and goes on; to an `if` that has been a success. */
static void missing_command(struct grub_run *run, const char *word)
{
	run->status = 0;
	grub_note(run->entry ? &run->entry->missing_commands : &run->out->missing_commands, word);
}

/* Whether there is such a command: the status of one is what "!" inverts. */
static bool run_words(struct grub_run *run, const struct grub_node *node, struct strlist *words)
{
	for (size_t i = 0; i < run->n_functions; i++)
		if (strcmp(run->functions[i].name, words->v[0]) == 0) {
			call(run, run->functions[i].body, words);
			return true;
		}
	if (!strchr(words->v[0], '=') && !grub_has_command(run, words->v[0]))
		missing_command(run, words->v[0]);
	else if (!grub_command(run, node, words->n, words->v))
		unknown_command(run, words->v[0]);
	else
		return true;
	return false;
}

static void run_command(struct grub_run *run, const struct grub_node *node)
{
	CLEANUP(strlist_release) struct strlist words = { 0 };

	grub_expand(run, node->words, node->n_words, &words);
	if (!words.n) {
		run->status = 0;
		return;
	}
	if (strcmp(words.v[0], "!") == 0 && words.n > 1) {
		struct strlist rest = { words.v + 1, words.n - 1 };

		if (run_words(run, node, &rest))
			run->status = !run->status;
		return;
	}
	run_words(run, node, &words);
}

/*
 * Whether the condition holds, in which $? is still the status of what ran before. One that ran an unknown command
 * cannot be determined.
 */
static bool condition(struct grub_run *run, const struct grub_node *cond)
{
	size_t before = run->out->unknown_commands.n;

	grub_run_list(run, cond);
	if (run->out->unknown_commands.n != before)
		run->out->uncertain = true;
	return run->status == 0 && run->flow == FLOW_ON;
}

/* Whether a loop goes on after its body. */
static bool loop_on(struct grub_run *run)
{
	if (run->flow == FLOW_CONTINUE || run->flow == FLOW_BREAK) {
		bool on = run->flow == FLOW_CONTINUE;

		run->flow = FLOW_ON;
		return on;
	}
	return run->flow == FLOW_ON;
}

static void run_for(struct grub_run *run, const struct grub_node *node)
{
	CLEANUP(strlist_release) struct strlist words = { 0 };

	grub_expand(run, node->words, node->n_words, &words);
	run->status = 0;
	for (size_t i = 1; i < words.n && grub_run_steps(run, 1); i++) {
		grub_env_set(run, words.v[0], words.v[i]);
		grub_run_list(run, node->body);
		if (!loop_on(run))
			break;
	}
}

static void run_node(struct grub_run *run, const struct grub_node *node)
{
	switch (node->kind) {
	case NODE_COMMAND:
		run_command(run, node);
		break;
	case NODE_IF:
		if (condition(run, node->cond))
			grub_run_list(run, node->body);
		else if (run->flow == FLOW_ON && node->other)
			grub_run_list(run, node->other);
		else if (run->flow == FLOW_ON)
			run->status = 0;
		break;
	case NODE_WHILE:
		while (grub_run_steps(run, 1) && condition(run, node->cond) != node->negated &&
			run->flow == FLOW_ON) {
			grub_run_list(run, node->body);
			if (!loop_on(run))
				break;
		}
		break;
	case NODE_FOR:
		run_for(run, node);
		break;
	case NODE_FUNCTION:
		define(run, node);
		break;
	}
}

void grub_run_list(struct grub_run *run, const struct grub_node *node)
{
	for (; node && run->flow == FLOW_ON && grub_run_steps(run, 1); node = node->next)
		run_node(run, node);
}
