/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRUB's commands, as far as they decide what is booted: one row each in the
 * table at the end. Those that only draw or load modules succeed and do
 * nothing.
 */
#include "loader/grub_run.h"

#include <string.h>

#include "base/xalloc.h"

typedef int command_fn(
	struct grub_run *run, const struct grub_node *node, size_t argc, char *const *argv);

#define ARGS        struct grub_run *run, const struct grub_node *node, size_t argc, char *const *argv
#define UNUSED_NODE ((void)node)

#define INITRDS_MAX 32 /* of one entry */

static int cmd_nothing(ARGS)
{
	UNUSED_NODE;
	(void)run, (void)argc, (void)argv;
	return 0;
}

static int cmd_false(ARGS)
{
	UNUSED_NODE;
	(void)run, (void)argc, (void)argv;
	return 1;
}

/* What only the machine knows. */
static int cmd_machine(ARGS)
{
	UNUSED_NODE;
	(void)argc, (void)argv;
	run->out->uncertain = true;
	return 1;
}

static int cmd_set(ARGS)
{
	UNUSED_NODE;
	for (size_t i = 1; i < argc; i++) {
		CLEANUP(xfree) char *name = xstrdup(argv[i]);
		char *eq = strchr(name, '=');

		if (!eq)
			continue;
		*eq = '\0';
		grub_env_set(run, name, eq + 1);
	}
	return 0;
}

static int cmd_unset(ARGS)
{
	UNUSED_NODE;
	for (size_t i = 1; i < argc; i++)
		grub_env_unset(run, argv[i]);
	return 0;
}

static int cmd_export(ARGS)
{
	UNUSED_NODE;
	for (size_t i = 1; i < argc; i++)
		grub_env_export(run, argv[i]);
	return 0;
}

static int cmd_test(ARGS)
{
	UNUSED_NODE;
	if (argv[0][0] == '[' && argc > 1 && strcmp(argv[argc - 1], "]") == 0)
		argc--;
	return grub_test(run, argc - 1, argv + 1);
}

static int cmd_search(ARGS)
{
	UNUSED_NODE;
	return grub_search(run, argc, argv);
}

static int cmd_insmod(ARGS)
{
	UNUSED_NODE;
	return argc < 2 ? 1 : grub_load_module(run, argv[1]);
}

static int cmd_probe(ARGS)
{
	UNUSED_NODE;
	return grub_probe(run, argc, argv);
}

static int cmd_source(ARGS)
{
	UNUSED_NODE;
	if (argc < 2)
		return 1;
	run->status = 0;
	return grub_run_file(run, argv[1]) ? run->status : 1;
}

static int cmd_configfile(ARGS)
{
	UNUSED_NODE;
	if (argc < 2)
		return 1;
	run->status = 0;
	grub_run_config(run, argv[1], false);
	return run->status;
}

static int cmd_normal(ARGS)
{
	UNUSED_NODE;
	if (run->entry) {
		/* There it adds entries to the menu that is shown, and shows that again. */
		run->entry->unfollowed = "it runs `normal`, which adds to the menu that is shown";
		run->flow = FLOW_STOP;
	} else if (argc > 1) {
		grub_run_config(run, argv[1], true);
	} else {
		grub_run_normal(run);
	}
	return 0;
}

/* `source` that leaves variables as they are, and takes the entries alone. */
static int cmd_extract(ARGS)
{
	struct grub_env env = run->env;

	UNUSED_NODE;
	if (argc < 2)
		return 1;
	run->env = grub_env_copy(&env, false);
	grub_run_file(run, argv[1]);
	grub_env_release(&run->env);
	run->env = env;
	return 0;
}

/* It shows the menu itself; which of the file's other commands run differs. */
static int cmd_extract_menu(ARGS)
{
	int status = cmd_configfile(run, node, argc, argv);

	run->out->uncertain = true;
	return status;
}

static int cmd_save_env(ARGS)
{
	UNUSED_NODE;
	(void)argc, (void)argv;
	run->saves = true;
	return 0;
}

static int cmd_load_env(ARGS)
{
	const char *prefix = grub_env_get(run, "prefix");
	CLEANUP(xfree) char *name = xasprintf("%s/grubenv", prefix ? prefix : "");
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	struct grub_file file;
	size_t i = 1;
	int rc = 1;

	UNUSED_NODE;
	for (; i < argc && argv[i][0] == '-'; i++) {
		const char *value = NULL;

		if (strncmp(argv[i], "--file=", 7) == 0)
			value = argv[i] + 7;
		else if ((strcmp(argv[i], "-f") == 0 || strcmp(argv[i], "--file") == 0) &&
			 i + 1 < argc)
			value = argv[++i];
		if (value) {
			free(name);
			name = xstrdup(value);
		}
	}
	grub_file_find(run, name, &file, NULL);
	if (file.presence == PRESENT &&
		volume_file(file.volume, file.path, 65536, &text, NULL) == PRESENT) {
		rc = grub_env_load(run, buf_text(&text), argv + i, argc - i) ? 0 : 1;
		if (rc == 0) {
			free(run->block);
			run->block = grub_path(run, &file);
		}
	} else if (file.presence != ABSENT) {
		run->out->uncertain = true;
	}
	grub_file_release(&file);
	return rc;
}

/* ---- what an entry boots ---- */

static void find_file(struct grub_run *run, const char *name, struct grub_file *file)
{
	grub_file_release(file);
	grub_file_find(run, name, file, NULL);
}

static void join(struct text *out, size_t argc, char *const *argv)
{
	for (size_t i = 0; i < argc; i++)
		text_printf(out, "%s%s", i ? " " : "", argv[i]);
}

/* As GRUB hands it to the kernel: a word with a blank in it in quotes, and a backslash before what is special in them. */
static void quote(const struct grub_run *run, struct text *out, size_t argc, char *const *argv)
{
	for (size_t i = 0; i < argc; i++) {
		const char *around = strchr(argv[i], ' ') ? "\"" : "";

		text_printf(out, "%s%s", i ? " " : "", around);
		for (const char *p = argv[i]; *p; p++) {
			bool kept = run->start->keeps_hex && grub_is_hex(p, p + strlen(p));

			text_printf(out, "%s%c", !kept && strchr("\\'\"", *p) ? "\\" : "", *p);
		}
		text_puts(out, around);
	}
}

/* How the kernel is compressed that this GRUB cannot unpack; NULL: it can, or there is nothing to unpack. */
static const char *not_unpacked(const struct grub_run *run, const struct grub_file *kernel)
{
	const char *formats[VOLUME_LAYERS], *outer;
	size_t n;

	outer = kernel->presence == PRESENT ? volume_packed(kernel->volume, kernel->path) : NULL;
	if (!outer || !grub_unpacks(run, outer))
		return outer;
	n = volume_packed_layers(kernel->volume, kernel->path, formats);
	for (size_t i = 1; i < n; i++)
		if (!grub_unpacks(run, formats[i]))
			return formats[i];
	return NULL;
}

static int cmd_linux(ARGS)
{
	CLEANUP(text_release) struct text line = TEXT_INIT;
	struct grub_entry *e = run->entry ? run->entry : run->direct;

	UNUSED_NODE;
	if (argc < 2)
		return 1;
	if (strcmp(argv[0], "linux") != 0 && !grub_modules_known(run))
		e->unfollowed =
			"it loads the kernel by a command that GRUB has on x86, and what this "
			"one has is not known";
	find_file(run, argv[1], &e->kernel);
	e->has_kernel = true;
	e->kernel_packed = not_unpacked(run, &e->kernel);
	quote(run, &line, argc - 2, argv + 2);
	free(e->cmdline);
	e->cmdline = text_detach(&line);
	return e->kernel.presence == ABSENT;
}

static int cmd_initrd(ARGS)
{
	struct grub_entry *e = run->entry ? run->entry : run->direct;
	int rc = 0;

	UNUSED_NODE;
	/* "you need to load the kernel first" */
	if (!e->has_kernel)
		return 1;
	for (size_t i = 0; i < e->n_initrds; i++)
		grub_file_release(&e->initrds[i]);
	e->n_initrds = 0;
	if (argc > 1 + INITRDS_MAX)
		e->unfollowed = "it loads more initrds than are looked at";
	for (size_t i = 1; i < argc && i <= INITRDS_MAX; i++) {
		const char *name = argv[i];
		bool wrapped = strncmp(name, "newc:", 5) == 0 && strchr(name + 5, ':');

		if (wrapped)
			name = strchr(name + 5, ':') + 1;
		else if (name[0] == '-')
			continue;
		e->initrds = xreallocarray(e->initrds, e->n_initrds + 1, sizeof(*e->initrds));
		grub_file_find(run, name, &e->initrds[e->n_initrds], NULL);
		e->initrds[e->n_initrds].wrapped = wrapped;
		rc = rc || e->initrds[e->n_initrds].presence == ABSENT;
		e->n_initrds++;
	}
	return rc;
}

static int cmd_devicetree(ARGS)
{
	struct grub_entry *e = run->entry ? run->entry : run->direct;

	UNUSED_NODE;
	/* Without one it is the firmware's again. */
	e->has_devicetree = argc >= 2;
	if (argc < 2)
		return 0;
	find_file(run, argv[1], &e->devicetree);
	return e->devicetree.presence == ABSENT;
}

static int cmd_chainloader(ARGS)
{
	CLEANUP(text_release) struct text options = TEXT_INIT;
	struct grub_entry *e = run->entry ? run->entry : run->direct;
	size_t i = 1;

	UNUSED_NODE;
	while (i < argc && argv[i][0] == '-')
		i++;
	if (i == argc)
		return 1;
	e->has_chainload = true;
	find_file(run, argv[i], &e->chainload);
	if (e->chainload.presence == ABSENT)
		return 1;
	/* What is loaded last is booted. */
	e->has_kernel = false;
	join(&options, argc - i - 1, argv + i + 1);
	free(e->cmdline);
	e->cmdline = text_detach(&options);
	return 0;
}

static int cmd_boot(ARGS)
{
	UNUSED_NODE;
	(void)argc, (void)argv;
	if (run->entry)
		run->flow = FLOW_STOP;
	else
		grub_direct_boot(run);
	return 0;
}

/* exit, halt, reboot, fwsetup. */
static int cmd_leave(ARGS)
{
	UNUSED_NODE;
	if (strcmp(argv[0], "fwsetup") == 0 && argc > 1) /* --is-supported */
		return cmd_machine(run, node, argc, argv);
	if (run->entry)
		run->entry->firmware_setup = true;
	run->flow = FLOW_STOP;
	return 0;
}

static int cmd_regexp(ARGS)
{
	int status = grub_regexp(run, argc, argv);

	return status < 0 ? cmd_machine(run, node, argc, argv) : status;
}

/* ---- menus ---- */

static int cmd_menuentry(ARGS)
{
	struct grub_item item = { .is_submenu = strcmp(argv[0], "submenu") == 0,
		.restricted = true };
	static const char *const with_word[] = { "--class", "--users", "--hotkey", "--source",
		"--id" };

	if (!node->has_body)
		return 1;
	for (size_t i = 1; i < argc; i++) {
		bool takes = false;

		for (size_t j = 0; j < ARRAY_SIZE(with_word); j++)
			takes = takes || strcmp(argv[i], with_word[j]) == 0;
		if (takes && i + 1 < argc) {
			if (strcmp(argv[i], "--id") == 0) {
				free(item.id);
				item.id = xstrdup(argv[i + 1]);
			}
			i++;
		} else if (strncmp(argv[i], "--id=", 5) == 0) {
			free(item.id);
			item.id = xstrdup(argv[i] + 5);
		} else if (strcmp(argv[i], "--unrestricted") == 0) {
			item.restricted = false;
		} else if (strncmp(argv[i], "--", 2) != 0) {
			strlist_add(&item.args, argv[i]);
		}
	}
	item.title = xstrdup(item.args.n ? item.args.v[0] : "");
	item.body = node->body;
	item.source = xstrdup(run->source);
	grub_menu_add(run, &item);
	return 0;
}

static int cmd_blscfg(ARGS)
{
	UNUSED_NODE;
	grub_blscfg(run, argc, argv);
	return 0;
}

static int cmd_uki(ARGS)
{
	UNUSED_NODE;
	grub_uki(run, argc, argv);
	return 0;
}

/* ---- waiting ---- */

static int cmd_read(ARGS)
{
	UNUSED_NODE;
	return grub_read_line(run, argc, argv);
}

static int cmd_authenticate(ARGS)
{
	UNUSED_NODE;
	(void)argc, (void)argv;
	return grub_authenticate(run);
}

static int cmd_cryptomount(ARGS)
{
	UNUSED_NODE;
	return grub_cryptomount(run, argc, argv);
}

static int cmd_sleep(ARGS)
{
	UNUSED_NODE;
	return grub_sleep(run, argc, argv);
}

static int cmd_videotest(ARGS)
{
	UNUSED_NODE;
	(void)argc, (void)argv;
	return grub_videotest(run);
}

/* ---- flow ---- */

static int cmd_return(ARGS)
{
	UNUSED_NODE;
	run->flow = FLOW_RETURN;
	return argc > 1 ? (int)(strtol(argv[1], NULL, 10) & 0xff) : run->status;
}

static int cmd_break(ARGS)
{
	UNUSED_NODE;
	(void)argc;
	run->flow = argv[0][0] == 'b' ? FLOW_BREAK : FLOW_CONTINUE;
	return 0;
}

static int cmd_eval(ARGS)
{
	CLEANUP(text_release) struct text text = TEXT_INIT;
	const struct grub_script *script = NULL;

	UNUSED_NODE;
	join(&text, argc - 1, argv + 1);
	if (run->depth < GRUB_DEPTH_MAX)
		script = grub_run_parse(run, text_str(&text), text.len);
	run->status = 0;
	run->depth++;
	if (script)
		grub_run_list(run, script->first);
	run->depth--;
	return run->status;
}

static const struct {
	const char *name;
	command_fn *run;
} commands[] = {
	{ ".", cmd_source },
	{ "[", cmd_test },
	{ "authenticate", cmd_authenticate },
	{ "background_color", cmd_nothing },
	{ "background_image", cmd_nothing },
	{ "bls_import", cmd_blscfg }, /* Fedora's former name of it */
	{ "blscfg", cmd_blscfg },
	{ "boot", cmd_boot },
	{ "break", cmd_break },
	{ "cat", cmd_nothing },
	{ "chainloader", cmd_chainloader },
	{ "clear", cmd_nothing },
	{ "configfile", cmd_configfile },
	{ "continue", cmd_break },
	{ "cpuid", cmd_false }, /* x86 alone */
	{ "cryptomount", cmd_cryptomount },
	{ "devicetree", cmd_devicetree },
	{ "echo", cmd_nothing },
	{ "eval", cmd_eval },
	{ "exit", cmd_leave },
	{ "export", cmd_export },
	{ "extract_entries_configfile", cmd_extract_menu },
	{ "extract_entries_source", cmd_extract },
	{ "false", cmd_false },
	{ "fwsetup", cmd_leave },
	{ "halt", cmd_leave },
	{ "increment", cmd_nothing },
	{ "initrd", cmd_initrd },
	{ "initrd16", cmd_initrd },
	{ "initrdefi", cmd_initrd },
	{ "insmod", cmd_insmod },
	{ "keystatus", cmd_false }, /* nobody holds a key */
	{ "linux", cmd_linux },
	{ "linux16", cmd_linux },
	{ "linuxefi", cmd_linux },
	{ "list_env", cmd_nothing },
	{ "load_env", cmd_load_env },
	{ "loadfont", cmd_nothing },
	{ "ls", cmd_nothing },
	{ "menuentry", cmd_menuentry },
	{ "normal", cmd_normal },
	{ "password", cmd_nothing },
	{ "password_pbkdf2", cmd_nothing },
	{ "play", cmd_nothing },
	{ "probe", cmd_probe },
	{ "read", cmd_read },
	{ "reboot", cmd_leave },
	{ "regexp", cmd_regexp },
	{ "return", cmd_return },
	{ "rmmod", cmd_nothing },
	{ "save_env", cmd_save_env },
	{ "search", cmd_search },
	{ "search.file", cmd_search },
	{ "search.fs_label", cmd_search },
	{ "search.fs_uuid", cmd_search },
	{ "serial", cmd_nothing },
	{ "set", cmd_set },
	{ "shim_lock", cmd_machine },
	{ "sleep", cmd_sleep },
	{ "smbios", cmd_machine },
	{ "source", cmd_source },
	{ "submenu", cmd_menuentry },
	{ "terminal_input", cmd_nothing },
	{ "terminal_output", cmd_nothing },
	{ "test", cmd_test },
	{ "true", cmd_nothing },
	{ "uki", cmd_uki },
	{ "unset", cmd_unset },
	{ "videoinfo", cmd_nothing },
	{ "videotest", cmd_videotest },
};

bool grub_command(
	struct grub_run *run, const struct grub_node *node, size_t argc, char *const *argv)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(commands[i].name, argv[0]) == 0) {
			run->status = commands[i].run(run, node, argc, argv);
			return true;
		}
	return false;
}
