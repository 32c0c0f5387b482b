/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interpreter's state, shared by its files: grub_run.c (running nodes),
 * grub_env.c (variables), grub_test.c, grub_regexp.c (conditions), grub_can.c (modules),
 * grub_cmd.c, grub_wait.c (commands), grub_cfg.c (menus). Private to the loader room.
 */
#ifndef ARMVM_LOADER_GRUB_RUN_H
#define ARMVM_LOADER_GRUB_RUN_H

#include "base/sanitizer.h"
#include "loader/grub_cfg.h"
#include "loader/grub_script.h"

#define GRUB_STEPS_MAX   WHEN_FUZZING(500, 100000)
#define GRUB_FILE_STEPS  20 /* what looking at a file costs */
#define GRUB_DEPTH_MAX   24 /* sources, functions and menus inside each other */
#define GRUB_VARS_MAX    512
#define GRUB_VALUE_MAX   ((size_t)16 << 10)
#define GRUB_ENV_MAX     ((size_t)256 << 10) /* names and values of all variables */
#define GRUB_ENTRIES_MAX 512
#define GRUB_FILES_MAX   WHEN_FUZZING(16, 64) /* configuration files read */
#define GRUB_BYTES_MAX                                                                             \
	((size_t)WHEN_FUZZING(32, 512) << 10) /* all that is parsed; its tree takes 50 times that */
#define GRUB_WORDS_MAX  ((size_t)256 << 10)   /* bytes of one command's words */
#define GRUB_EXPAND_MAX ((size_t)WHEN_FUZZING(1, 128) << 16) /* bytes of all commands' words */

struct grub_var {
	char *name, *value;
	bool exported;
};

struct grub_env {
	struct grub_var *v;
	size_t n;
	size_t bytes;
};

/* A menuentry or submenu command that was run. */
struct grub_item {
	char *title, *id;
	bool is_submenu;
	bool restricted; /* for the superusers alone, if there are any */
	const struct grub_node *body;
	struct strlist args;
	char *source;
};

struct grub_menu {
	struct grub_item *v;
	size_t n;
};

struct grub_function {
	const char *name; /* in its node */
	const struct grub_node *body;
};

/* A configuration that is running, or a menu whose entries are being evaluated, and with which variables. */
struct grub_frame {
	const char *name; /* NULL: a menu */
	uint64_t state;
	const struct grub_frame *before;
};

/* How a list of commands ended. */
enum grub_flow {
	FLOW_ON,
	FLOW_BREAK,
	FLOW_CONTINUE,
	FLOW_RETURN,
	FLOW_STOP, /* a menu was shown, something was booted, or a limit was reached */
};

struct grub_run {
	const struct grub_start *start;
	struct grub_config *out;
	struct grub_env env;
	struct grub_menu *menu;
	struct grub_function *functions;
	size_t n_functions;
	struct grub_script *scripts;
	struct strlist *args;            /* $1 and so on; NULL: none */
	const char *source;              /* the configuration that is running */
	struct grub_entry *entry;        /* what linux and initrd fill in; NULL: none yet */
	struct grub_entry *direct;       /* the same outside of an entry */
	int parent;                      /* index of the submenu that is being evaluated, or -1 */
	const struct grub_frame *frames; /* the innermost first */
	enum grub_flow flow;
	int status; /* of the last command, 0: success */
	unsigned steps, depth, files;
	size_t bytes, expanded;
	struct grub_modules modules; /* in memory so far; without names: not known */
	bool lists;                  /* `normal` has read which module brings which command */
	bool by_lists;               /* a module is being looked for by such a list */
	struct strlist blocks;       /* "NAME=VALUE" of environment blocks that were read */
	char *block;                 /* and the last of these; NULL: none */
	bool saves; /* save_env was run, and another reading may see what it wrote */
};

/* ---- grub_env.c ---- */
const char *grub_env_get(const struct grub_run *run, const char *name); /* NULL: unset */
void grub_env_set(struct grub_run *run, const char *name, const char *value);
void grub_env_unset(struct grub_run *run, const char *name);
void grub_env_export(struct grub_run *run, const char *name);
/* A copy; of the exported variables alone when exported_only. */
struct grub_env grub_env_copy(const struct grub_env *env, bool exported_only);
void grub_env_release(struct grub_env *env);
/* A digest of all variables but those that say which file is running. */
uint64_t grub_env_digest(const struct grub_env *env);
uint64_t grub_digest(uint64_t seed, const char *text);
/* Appends the words to args, variables expanded, unquoted ones split, patterns matched. */
void grub_expand(
	struct grub_run *run, const struct grub_word *words, size_t n, struct strlist *args);
/*
 * Reads an environment block's text into variables; only those named in only, if any are. False: its first line, to
 * the line feed, is not a block's, and GRUB reads none of it.
 */
bool grub_env_load(struct grub_run *run, const char *text, char *const *only, size_t n_only);

/* ---- grub_file.c: names of devices and files ---- */
enum grub_device {
	DEVICE_KNOWN,   /* *volume is set */
	DEVICE_ABSENT,  /* not in this image */
	DEVICE_UNKNOWN, /* LVM, RAID, encryption: cannot be determined */
};
enum grub_device grub_device(
	const struct grub_run *run, const char *name, const struct volume **volume);
/* "hd0,gpt2"; the caller frees it. */
char *grub_disk_name(const struct grub_start *start);
char *grub_device_name(const struct grub_run *run, const struct volume *volume);
/* The file with its device, "(hd0,gpt2)/x"; of one that is on no device that is known, as it is written. The caller frees it. */
char *grub_path(const struct grub_run *run, const struct grub_file *file);
/* Looks a name up: "(hd0,gpt2)/x", or "/x" on $root. The caller releases file. */
void grub_file_find(
	struct grub_run *run, const char *name, struct grub_file *file, struct file_info *info);
void grub_file_release(struct grub_file *file);
/* `search`, `search.fs_uuid` and so on: argv[0] is the command. Returns its status. */
int grub_search(struct grub_run *run, size_t argc, char *const *argv);
int grub_probe(struct grub_run *run, size_t argc, char *const *argv);

/* ---- grub_regexp.c ---- */
/* `regexp`: its status, and the variables that it sets; -1 when the pattern is not tried here. */
int grub_regexp(struct grub_run *run, size_t argc, char *const *argv);

/* ---- grub_can.c: what this GRUB can do ---- */
/* Whether all of its modules are known; otherwise it is taken to have each command. */
bool grub_modules_known(const struct grub_run *run);
/* Whether it has the command; loads the module that brings it, as GRUB would. */
bool grub_has_command(struct grub_run *run, const char *name);
/* `insmod`: returns its status. What cannot be determined makes the run uncertain, and succeeds. */
int grub_load_module(struct grub_run *run, const char *name);
/* Whether it can read that volume's files; the second notes when not, for a volume that is asked for. */
bool grub_reads(struct grub_run *run, const struct volume *volume);
bool grub_reads_or_notes(struct grub_run *run, const struct volume *volume);
/* Whether it unpacks files of this format (rootfs/packed.h). */
bool grub_unpacks(const struct grub_run *run, const char *format);
/* Reads a configuration of at most max bytes, unpacked where GRUB does so. */
int grub_read_text(struct grub_run *run, const struct grub_file *file, size_t max, struct buf *out);

/* ---- grub_test.c ---- */
/* The value of the expression argv[0..argc): what `test` returns, 0 for true. */
int grub_test(struct grub_run *run, size_t argc, char *const *argv);

/* ---- grub_cmd.c ---- */
/* Runs a built-in command; false when there is none of that name. Sets run->status. */
bool grub_command(
	struct grub_run *run, const struct grub_node *node, size_t argc, char *const *argv);

/* ---- grub_wait.c: commands that wait ---- */
int grub_read_line(struct grub_run *run, size_t argc, char *const *argv);
int grub_authenticate(struct grub_run *run);
int grub_cryptomount(struct grub_run *run, size_t argc, char *const *argv);
int grub_sleep(struct grub_run *run, size_t argc, char *const *argv);
int grub_videotest(struct grub_run *run);

/* ---- grub_run.c ---- */
void grub_run_list(struct grub_run *run, const struct grub_node *node);
/* Parses text and keeps the tree; NULL when a limit was reached. */
const struct grub_script *grub_run_parse(struct grub_run *run, const char *text, size_t len);
/* Counts work done; beyond the limit it stops the run and returns false. */
bool grub_run_steps(struct grub_run *run, unsigned steps);
/* Stops the run: something is too large. */
void grub_run_limit(struct grub_run *run);
/* Runs a file in the same context (`source`). Returns false when it is not there. */
bool grub_run_file(struct grub_run *run, const char *name);
/* Whether the same is running or shown already: it then has no end. name: NULL for a menu. */
bool grub_is_running(const struct grub_run *run, const char *name, uint64_t state);
/* Notes a string once, up to a limit. */
void grub_note(struct strlist *list, const char *text);

/* ---- grub_cfg.c ---- */
/* `configfile` (nested: a context of its own) and `normal`: runs a file, then shows its menu. */
void grub_run_config(struct grub_run *run, const char *name, bool normal);
/* `normal` without a file: the configuration where this binary looks for it. */
void grub_run_normal(struct grub_run *run);
/* Shows what run->menu holds: evaluates every entry and stops the run. */
void grub_show_menu(struct grub_run *run);
/* `boot` outside of any entry. */
void grub_direct_boot(struct grub_run *run);
/* Adds an item; fields are taken. */
void grub_menu_add(struct grub_run *run, struct grub_item *take_item);
/* ---- grub_default.c ---- */
/* The menu's $default, and the configuration that was read last or the block that it is from. */
struct grub_choice grub_choice_of(const struct grub_run *run);
void grub_choice_release(struct grub_choice *choice);
/* Sets default_entry by default_text, and what goes with it. */
void grub_find_default(struct grub_run *run);
/* The number that a text begins with, as GRUB reads one, which knows no signs. Returns its end; NULL: there is none. */
const char *grub_number(const char *text, unsigned long *number);
/* Fedora's GRUB, which reads what names an entry in its own way. */
bool grub_is_fedora(const struct grub_run *run);
/*
 * An entry that fails leads to those that $fallback names in its menu, one after the other. A submenu that was chosen
 * by itself is left then, and is what failed in the menu that it is in; the menu of a configuration is not left.
 */
void grub_fall_back(struct grub_config *out, const char *fallback);

/* ---- grub_bls.c ---- */
/* `blscfg` and `uki`: an item per entry file, and per unified kernel image. */
void grub_blscfg(struct grub_run *run, size_t argc, char *const *argv);
void grub_uki(struct grub_run *run, size_t argc, char *const *argv);

#endif
