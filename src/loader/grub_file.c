/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRUB's names for devices and files, and the commands that find file
 * systems: search and probe (GRUB manual, "How to specify devices"). The
 * image is the only disk whose files are known, hd0; its partitions are hd0,gptN.
 */
#include "loader/grub_run.h"

#include <ctype.h>
#include <string.h>

#include "base/xalloc.h"
#include "loader/device.h"

enum grub_device grub_device(
	const struct grub_run *run, const char *name, const struct volume **volume)
{
	const struct grub_start *start = run->start;
	CLEANUP(xfree) char *disk = grub_disk_name(start);
	const char *p = name;
	unsigned number = 0;

	*volume = NULL;
	if (strcmp(name, "memdisk") == 0)
		*volume = start->memdisk;
	else if (strcmp(name, disk) == 0 && start->view->n == 1 && !start->view->volumes->number)
		*volume = start->view->volumes;
	else
		*volume = device_stacked(start->view, name);
	/* Until somebody has given it a passphrase there is no such device. */
	if (*volume)
		return (*volume)->needs_key ? DEVICE_UNKNOWN : DEVICE_KNOWN;
	/* Of "((hd0))/x" the device is "(hd0": GRUB takes one pair of brackets off, and knows no disk of that name. */
	if (*name == '(')
		return DEVICE_ABSENT;
	if (strncmp(name, "memdisk", 7) == 0)
		return DEVICE_UNKNOWN; /* in the binary, in a format that is not read here */
	if (strncmp(name, disk, strlen(disk)) != 0 || name[strlen(disk)] != ',')
		return strncmp(name, "hd", 2) == 0 || strncmp(name, "cd", 2) == 0 ||
				       strncmp(name, "fd", 2) == 0 || !*name
			       ? DEVICE_ABSENT
			       : DEVICE_UNKNOWN;
	p += strlen(disk) + 1;
	/* The kind of table is part of the name, or left out. */
	if (strncmp(p, "gpt", 3) == 0)
		p += 3;
	else if (isalpha((unsigned char)*p))
		return DEVICE_ABSENT;
	while (*p >= '0' && *p <= '9' && number < 100000)
		number = number * 10 + (unsigned)(*p++ - '0');
	if (*p)
		return DEVICE_UNKNOWN;
	*volume = view_by_number(start->view, number);
	return *volume ? DEVICE_KNOWN : DEVICE_ABSENT;
}

char *grub_disk_name(const struct grub_start *start)
{
	return xasprintf("hd%u", start->disk);
}

char *grub_device_name(const struct grub_run *run, const struct volume *volume)
{
	if (volume == run->start->memdisk)
		return xstrdup("memdisk");
	return device_name(volume, run->start->disk);
}

char *grub_path(const struct grub_run *run, const struct grub_file *file)
{
	CLEANUP(xfree) char *device = file->volume ? grub_device_name(run, file->volume) : NULL;

	return device ? xasprintf("(%s)%s", device, file->path) : xstrdup(file->path);
}

/* SUSE's GRUB takes paths on btrfs from the default subvolume on where a variable says so, others from the top. */
static char *path_on(const struct grub_run *run, const struct volume *v, const char *path)
{
	static const char variable[] = "btrfs_relative_path";
	const char *value = grub_env_get(run, variable);
	CLEANUP(xfree) char *joined = NULL;

	if (!v->default_subvolume || !*v->default_subvolume || !value ||
		(*value != 'y' && *value != '1') ||
		(run->modules.names.n && !grub_modules_bring(&run->modules, variable)))
		return path_clean(path);
	joined = xasprintf("/%s/%s", v->default_subvolume, path);
	return path_clean(joined);
}

/* What GRUB finds there. */
static enum presence look(const struct volume *v, const char *path, struct file_info *info)
{
	enum presence there = volume_stat(v, path, info);

	return there == PRESENT && !volume_grub_follows(v, path) ? ABSENT : there;
}

void grub_file_find(
	struct grub_run *run, const char *name, struct grub_file *file, struct file_info *info)
{
	CLEANUP(xfree) char *device = NULL;
	const char *path = name, *close = *name == '(' ? strchr(name, ')') : NULL;
	enum grub_device found;

	memset(file, 0, sizeof(*file));
	grub_run_steps(run, GRUB_FILE_STEPS);
	if (close) {
		device = xstrndup(name + 1, (size_t)(close - name - 1));
		path = close + 1;
	} else {
		const char *root = grub_env_get(run, "root");

		device = xstrdup(root ? root : "");
	}
	found = grub_device(run, device, &file->volume);
	if (found != DEVICE_KNOWN) {
		file->path = close || !*device ? xstrdup(name) : xasprintf("(%s)%s", device, name);
		file->presence = found == DEVICE_ABSENT ? ABSENT : PRESENCE_UNKNOWN;
		return;
	}
	file->path = path_on(run, file->volume, path);
	/* A device without a path exists, and is not a file. */
	if ((*path && *path != '/') || !grub_reads_or_notes(run, file->volume))
		file->presence = ABSENT;
	else
		file->presence = look(file->volume, file->path, info);
}

void grub_file_release(struct grub_file *file)
{
	free(file->path);
	memset(file, 0, sizeof(*file));
}

/* ---- search ---- */

#define SEARCH_HINTS 8

enum search_key {
	SEARCH_FILE,
	SEARCH_LABEL,
	SEARCH_UUID,
};

struct search {
	enum search_key key;
	bool sets;        /* a variable; else it prints */
	const char *var;  /* NULL: not given */
	const char *name; /* NULL: not given */
	const char *hints[SEARCH_HINTS];
	size_t n_hints;
};

static bool is_either(const char *option, const char *name, const char *other)
{
	return strcmp(option, name) == 0 || strcmp(option, other) == 0;
}

/* Keeps a hint that counts under UEFI; true: it is the word behind the option. */
static bool search_hint(struct search *s, const char *option, const char *next)
{
	static const char *const counts[] = { "--hint", "-h", "--hint-efi" };
	const char *value = strchr(option, '=');
	size_t len = value ? (size_t)(value - option) : strlen(option);
	const char *hint = value ? value + 1 : next;

	for (size_t i = 0; i < ARRAY_SIZE(counts) && hint; i++)
		if (strlen(counts[i]) == len && strncmp(option, counts[i], len) == 0 &&
			s->n_hints < SEARCH_HINTS)
			s->hints[s->n_hints++] = hint;
	return next && !value;
}

/*
 * An option of search, and the word behind it (NULL: none). True: it takes that word as its own, which
 * --set does unless it begins like an option, and hints always.
 */
static bool search_option(struct search *s, const char *option, const char *next)
{
	if (is_either(option, "--file", "-f"))
		s->key = SEARCH_FILE;
	else if (is_either(option, "--label", "-l"))
		s->key = SEARCH_LABEL;
	else if (is_either(option, "--fs-uuid", "-u"))
		s->key = SEARCH_UUID;
	else if (strncmp(option, "--set=", 6) == 0) {
		s->sets = true;
		s->var = option + 6;
	} else if (is_either(option, "--set", "-s")) {
		bool own = next && (*next != '-' || !next[1]);

		s->sets = true;
		s->var = own ? next : NULL;
		return own;
	}
	if (strncmp(option, "--hint", 6) != 0 && strcmp(option, "-h") != 0)
		return false;
	return search_hint(s, option, next);
}

static void search_parse(struct search *s, size_t argc, char *const *argv)
{
	const char *dot = strchr(argv[0], '.');

	memset(s, 0, sizeof(*s));
	if (dot) { /* search.fs_uuid NAME [VARIABLE [HINT...]] */
		s->key = strcmp(dot, ".file") == 0       ? SEARCH_FILE
			 : strcmp(dot, ".fs_label") == 0 ? SEARCH_LABEL
							 : SEARCH_UUID;
		s->name = argc > 1 ? argv[1] : NULL;
		s->var = argc > 2 ? argv[2] : NULL;
		for (size_t i = 3; i < argc && s->n_hints < SEARCH_HINTS; i++)
			s->hints[s->n_hints++] = argv[i];
		return;
	}
	for (size_t i = 1; i < argc; i++)
		if (argv[i][0] == '-' && argv[i][1])
			i += search_option(s, argv[i], i + 1 < argc ? argv[i + 1] : NULL);
		else if (!s->name)
			s->name = argv[i];
	/* "--set UUID" alone: what looks like the variable is the name. */
	if (!s->name) {
		s->name = s->var;
		s->var = NULL;
	}
	if (s->sets && !s->var)
		s->var = "root";
}

/* Whether GRUB has this file system under that name, unless it is not known. */
static enum presence search_matches(
	struct grub_run *run, const struct search *s, const struct volume *v)
{
	CLEANUP(xfree) char *path = NULL;
	bool named = s->key == SEARCH_LABEL ? volume_has_label(v, s->name)
					    : volume_has_uuid(v, s->name);
	enum presence there;

	if (s->key != SEARCH_FILE)
		return !named || !grub_reads(run, v) ? ABSENT
		       : v->needs_key                ? PRESENCE_UNKNOWN
						     : PRESENT;
	if (!grub_reads(run, v))
		return ABSENT;
	path = path_on(run, v, s->name);
	there = look(v, path, NULL);
	return v->needs_key && there == PRESENT ? PRESENCE_UNKNOWN : there;
}

/* GRUB asks a disk first, then its partitions from the last to the first, then what is made of them. */
static const struct volume *search_next(
	const struct chain_view *view, const struct volume *after, unsigned *round)
{
	const struct volume *end = view->volumes + view->n;

	for (; *round < 3; (*round)++, after = NULL) {
		bool back = *round == 1;
		const struct volume *v = after  ? after + (back ? -1 : 1)
					 : back ? end - 1
						: view->volumes;

		for (; v >= view->volumes && v < end; v += back ? -1 : 1) {
			bool stacked = v->lvm_name || v->md_uuid || v->luks_uuid;

			if (*round == (v->number ? 1u : stacked ? 2u : 0u))
				return v;
		}
	}
	return NULL;
}

/*
 * The hint, where it is a match, is taken before all others. *sure: no other would have been without it, and
 * none that comes before is unknown.
 */
static const struct volume *search_all(
	struct grub_run *run, const struct search *s, bool *unknown, bool *sure)
{
	const struct chain_view *view = run->start->view;
	const struct volume *found = NULL, *hinted = NULL;
	bool unknown_before = false;
	unsigned round = 0;

	grub_run_steps(run, GRUB_FILE_STEPS);
	for (const struct volume *v = NULL; (v = search_next(view, v, &round));) {
		enum presence there = search_matches(run, s, v);

		if (there == PRESENT) {
			CLEANUP(xfree) char *device = grub_device_name(run, v);

			found = found ? found : v;
			for (size_t i = 0; i < s->n_hints && !hinted; i++)
				if (strcmp(s->hints[i], device) == 0)
					hinted = v;
		}
		*unknown = *unknown || there == PRESENCE_UNKNOWN;
		unknown_before |= !found && there == PRESENCE_UNKNOWN;
	}
	*sure = !unknown_before && (!hinted || hinted == found);
	return hinted ? hinted : found;
}

/* A file system that has the name, and that this GRUB has no reader for, is said to be so. */
static void search_note(struct grub_run *run, const struct search *s)
{
	const struct chain_view *view = run->start->view;
	const struct volume *v = s->key == SEARCH_LABEL  ? view_by_label(view, s->name)
				 : s->key == SEARCH_UUID ? view_by_uuid(view, s->name)
							 : NULL;

	if (v && !v->needs_key)
		grub_reads_or_notes(run, v);
}

int grub_search(struct grub_run *run, size_t argc, char *const *argv)
{
	static const char *const words[] = { "--file", "--label", "--fs-uuid" };
	const struct chain_view *view = run->start->view;
	CLEANUP(xfree) char *text = NULL;
	const struct volume *found;
	bool unknown = false, sure;
	struct search s;

	search_parse(&s, argc, argv);
	if (!s.name)
		return 1;
	found = search_all(run, &s, &unknown, &sure);
	if (found) {
		CLEANUP(xfree) char *device = grub_device_name(run, found);

		/* On another machine the hint may name nothing, or another disk. */
		run->out->uncertain |= !sure;
		if (s.var)
			grub_env_set(run, s.var, device);
		return 0;
	}
	search_note(run, &s);
	if (unknown || view_has_containers(view)) {
		run->out->uncertain = true;
		return 1;
	}
	text = xasprintf("%s %s", words[s.key], s.name);
	grub_note(run->entry ? &run->entry->failed_searches : &run->out->failed_searches, text);
	return 1;
}

int grub_probe(struct grub_run *run, size_t argc, char *const *argv)
{
	CLEANUP(xfree) char *device = NULL;
	const struct volume *volume = NULL;
	const char *var = NULL, *value = NULL;
	char what = 0;

	for (size_t i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--set=", 6) == 0)
			var = argv[i] + 6;
		else if (strcmp(argv[i], "--set") == 0 || strcmp(argv[i], "-s") == 0)
			var = i + 1 < argc ? argv[++i] : NULL;
		else if (strcmp(argv[i], "--fs-uuid") == 0 || strcmp(argv[i], "-u") == 0)
			what = 'u';
		else if (strcmp(argv[i], "--label") == 0 || strcmp(argv[i], "-l") == 0)
			what = 'l';
		else if (strcmp(argv[i], "--part-uuid") == 0)
			what = 'p';
		else if (argv[i][0] != '-')
			device = device ? device : xstrdup(argv[i] + (argv[i][0] == '('));
	}
	if (!device)
		return 1;
	device[strcspn(device, ")")] = '\0';
	if (grub_device(run, device, &volume) != DEVICE_KNOWN)
		return 1;
	value = what == 'u' ? volume->uuid : what == 'l' ? volume->label : volume->partuuid;
	if (!what || !value) {
		run->out->uncertain = true;
		return 1;
	}
	if (var)
		grub_env_set(run, var, value);
	return 0;
}
