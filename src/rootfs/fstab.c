/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fstab(5) and crypttab(5) as getmntent and systemd read them. Leaves out the
 * fifth field of fstab (dump), which nothing here asks for.
 */
#include "rootfs/fstab.h"

#include <string.h>

#include "base/match.h"
#include "base/xalloc.h"

#define MAX_FIELDS 6

struct text_line {
	const char *p;
	size_t len;
	bool cr; /* a carriage return stands behind it, which is not part of it */
};

/* Cuts the next line off *text; false at the end. */
static bool next_line(const char **text, size_t *len, struct text_line *line)
{
	const char *end;

	if (*len == 0)
		return false;
	end = memchr(*text, '\n', *len);
	line->p = *text;
	line->len = end ? (size_t)(end - *text) : *len;
	*text += line->len;
	*len -= line->len;
	if (end) {
		(*text)++;
		(*len)--;
	}
	line->cr = line->len && line->p[line->len - 1] == '\r';
	line->len -= line->cr;
	return true;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Sets up to MAX_FIELDS fields and returns how many there are; 0 for a comment. */
static size_t split(struct text_line line, struct text_line fields[MAX_FIELDS])
{
	size_t n = 0, i = 0;

	for (;;) {
		size_t start;

		while (i < line.len && blank(line.p[i]))
			i++;
		if (i == line.len || n == MAX_FIELDS || (n == 0 && line.p[i] == '#'))
			return n;
		start = i;
		while (i < line.len && !blank(line.p[i]))
			i++;
		fields[n++] = (struct text_line){ line.p + start, i - start,
			line.cr && i == line.len };
	}
}

static bool octal(char c)
{
	return c >= '0' && c <= '7';
}

/* A copy of the field with \040 and the like resolved. A NUL, however written, ends it. */
static char *unescape(struct text_line f)
{
	char *out = xmalloc(f.len + 1), *p = out;

	for (size_t i = 0; i < f.len; i++) {
		if (f.p[i] == '\\' && i + 3 < f.len && octal(f.p[i + 1]) && octal(f.p[i + 2]) &&
			octal(f.p[i + 3])) {
			*p++ = (char)((f.p[i + 1] - '0') << 6 | (f.p[i + 2] - '0') << 3 |
				      (f.p[i + 3] - '0'));
			i += 3;
		} else {
			*p++ = f.p[i];
		}
	}
	*p = '\0';
	return out;
}

static unsigned small_number(struct text_line f)
{
	unsigned v = 0;

	for (size_t i = 0; i < f.len && f.p[i] >= '0' && f.p[i] <= '9' && v < 1000; i++)
		v = v * 10 + (unsigned)(f.p[i] - '0');
	return v;
}

/*
 * To getmntent, by which systemd's generator reads (252 to 257), a carriage return is part of the fourth field, and so of its
 * last option, which is another one then: not nofail, nor noauto. What is left of the line goes through a unit's file, where
 * it counts for nothing, to mount.
 */
static bool loses_option(struct text_line f, char *options)
{
	static const char *const generators[] = { "nofail", "noauto", "_netdev", "x-systemd.",
		"x-initrd.", "comment=systemd.automount" };
	char *comma = strrchr(options, ','), *last = comma ? comma + 1 : options;

	for (size_t i = 0; f.cr && i < ARRAY_SIZE(generators); i++)
		if (strncmp(last, generators[i], strlen(generators[i])) == 0) {
			*(comma ? comma : options) = '\0';
			return true;
		}
	return false;
}

void fstab_parse(struct fstab *tab, const char *text, size_t len)
{
	struct text_line line, f[MAX_FIELDS];

	for (unsigned no = 1; next_line(&text, &len, &line); no++) {
		size_t n = split(line, f);

		if (n > 0 && n < 3 && tab->bad_line == 0)
			tab->bad_line = no;
		if (n < 3)
			continue;
		tab->v = xreallocarray(tab->v, tab->n + 1, sizeof(*tab->v));
		tab->v[tab->n] = (struct fstab_line){
			.line = no,
			.spec = unescape(f[0]),
			.file = unescape(f[1]),
			.type = unescape(f[2]),
			.options = n > 3 ? unescape(f[3]) : xstrdup("defaults"),
			.passno = n > 5 ? small_number(f[5]) : 0,
		};
		tab->v[tab->n].lost = n == 4 && loses_option(f[3], tab->v[tab->n].options);
		tab->n++;
	}
}

static void release_line(struct fstab_line *l)
{
	free(l->from);
	free(l->spec);
	free(l->file);
	free(l->type);
	free(l->options);
}

void fstab_drop(struct fstab *tab, size_t i)
{
	release_line(&tab->v[i]);
	memmove(&tab->v[i], &tab->v[i + 1], (tab->n - i - 1) * sizeof(*tab->v));
	tab->n--;
}

void fstab_release(struct fstab *tab)
{
	for (size_t i = 0; i < tab->n; i++)
		release_line(&tab->v[i]);
	for (size_t i = 0; i < tab->n_refused; i++) {
		free(tab->refused[i].unit);
		free(tab->refused[i].place);
	}
	free(tab->refused);
	free(tab->v);
	*tab = (struct fstab){ 0 };
}

const struct fstab_line *fstab_find(const struct fstab *tab, const char *file)
{
	for (size_t i = tab->n; i-- > 0;) {
		const char *f = tab->v[i].file;
		size_t len = strlen(f);

		/* "/boot/efi/" mounts on /boot/efi. */
		while (len > 1 && f[len - 1] == '/')
			len--;
		if (len == strlen(file) && memcmp(f, file, len) == 0)
			return &tab->v[i];
	}
	return NULL;
}

/* The option's text behind its name: "" or "=value..."; NULL when it is not there. */
static const char *find_option(const char *options, const char *name, size_t *value_len)
{
	size_t len = strlen(name);

	for (const char *p = options; *p;) {
		size_t n = strcspn(p, ",");

		if (n >= len && memcmp(p, name, len) == 0 && (n == len || p[len] == '=')) {
			*value_len = n - len;
			return p + len;
		}
		p += n;
		p += *p == ',';
	}
	return NULL;
}

bool fstab_has_option(const char *options, const char *name)
{
	size_t len;

	return find_option(options, name, &len) != NULL;
}

char *fstab_option_value(const char *options, const char *name)
{
	size_t len;
	const char *v = find_option(options, name, &len);

	return v && len ? xstrndup(v + 1, len - 1) : NULL;
}

static const char *skip_lower(const char *p)
{
	while (*p >= 'a' && *p <= 'z')
		p++;
	return p;
}

static const char *skip_digits(const char *p)
{
	while (*p >= '0' && *p <= '9')
		p++;
	return p;
}

char *fstab_place(const struct fstab_line *line)
{
	return line->from ? xstrdup(line->from)
			  : xasprintf("/etc/fstab line %u%s", line->line,
				    line->lost ? " (which ends in a carriage return, so that "
						 "systemd does not know its last option)"
					       : "");
}

bool fstab_optional(const struct fstab_line *line)
{
	/* systemd mounts it when it is first looked into, and the root in any case. */
	return fstab_has_option(line->options, "nofail") ||
	       fstab_has_option(line->options, "noauto") ||
	       (fstab_has_option(line->options, "x-systemd.automount") &&
		       strcmp(line->file, "/") != 0);
}

/* remote-fs.target has what these types are of, and what says _netdev. */
static bool is_remote(const struct fstab_line *line)
{
	static const char *const types[] = { "afs", "ceph", "cifs", "davfs", "gfs", "gfs2",
		"glusterfs", "lustre", "ncp", "ncpfs", "nfs", "nfs4", "ocfs2", "pvfs2", "smb3",
		"smbfs", "sshfs" };
	const char *type = strncmp(line->type, "fuse.", 5) == 0 ? line->type + 5 : line->type;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return fstab_has_option(line->options, "_netdev");
}

bool fstab_local_required(const struct fstab_line *line)
{
	static const char *const systemds[] = { "/proc", "/sys", "/dev" };

	/* The root is there already, and these are mounted by systemd itself, whatever fstab says. */
	if (line->file[0] != '/' || !line->file[1] || strcmp(line->type, "swap") == 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(systemds); i++)
		if (is_at_or_below(line->file, systemds[i]))
			return false;
	return !is_remote(line) && !fstab_has_option(line->options, "nofail") &&
	       (!fstab_has_option(line->options, "noauto") ||
		       fstab_has_option(line->options, "x-systemd.automount"));
}

bool fstab_by_device_name(const char *spec)
{
	/* Named by letters (sda1), or by numbers with a p before the partition's (nvme0n1p1). */
	static const char *const lettered[] = { "sd", "vd", "xvd", "hd", "ubd" };
	static const char *const numbered[] = { "nvme", "mmcblk", "pmem", "nbd", "loop", "zram" };
	const char *p = spec, *q;

	if (strncmp(p, "/dev/", 5) != 0)
		return false;
	p += 5;
	for (size_t i = 0; i < ARRAY_SIZE(lettered); i++) {
		size_t len = strlen(lettered[i]);

		if (strncmp(p, lettered[i], len) != 0)
			continue;
		q = skip_lower(p + len);
		if (q > p + len && *skip_digits(q) == '\0')
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(numbered); i++) {
		size_t len = strlen(numbered[i]);

		if (strncmp(p, numbered[i], len) == 0 && skip_digits(p + len) > p + len)
			return true;
	}
	return false;
}

void crypttab_parse(struct crypttab *tab, const char *text, size_t len)
{
	struct text_line line, f[MAX_FIELDS];

	for (unsigned no = 1; next_line(&text, &len, &line); no++) {
		size_t n = split(line, f);

		if (n < 2)
			continue;
		tab->v = xreallocarray(tab->v, tab->n + 1, sizeof(*tab->v));
		tab->v[tab->n++] = (struct crypttab_line){
			.line = no,
			.name = unescape(f[0]),
			.device = unescape(f[1]),
			.key = n > 2 ? unescape(f[2]) : xstrdup(""),
			.options = n > 3 ? unescape(f[3]) : xstrdup(""),
		};
	}
}

char *crypttab_place(const struct crypttab_line *line)
{
	return xasprintf("/etc/crypttab line %u", line->line);
}

void crypttab_release(struct crypttab *tab)
{
	for (size_t i = 0; i < tab->n; i++) {
		free(tab->v[i].name);
		free(tab->v[i].device);
		free(tab->v[i].key);
		free(tab->v[i].options);
	}
	free(tab->v);
	*tab = (struct crypttab){ 0 };
}
