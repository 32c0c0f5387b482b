/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading GRUB's modules: ELF64, little-endian (GRUB's include/grub/dl.h for
 * the sections .modname and .moddeps). See grub_modules.h.
 */
#include "loader/grub_modules.h"

#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"

#define NAMES_MAX 512
#define TEXTS_MAX ((size_t)4 << 20)

/* ELF64's header and section headers */
#define ELF_LEN        64
#define ELF_SHOFF      0x28
#define ELF_SHENTSIZE  0x3a
#define ELF_SHNUM      0x3c
#define ELF_SHSTRNDX   0x3e
#define SECTION_LEN    64
#define SECTION_TYPE   4
#define SECTION_OFFSET 24
#define SECTION_SIZE   32
#define SECTION_NOBITS 8
#define SECTIONS_MAX   1024

struct elf {
	const uint8_t *bytes;
	size_t len;
	uint64_t sections;
	unsigned n;
	const uint8_t *names;
	size_t names_len;
};

/* A section's bytes; NULL when there are none, or they lie outside. */
static const uint8_t *section(const struct elf *e, unsigned i, size_t *len)
{
	const uint8_t *h = e->bytes + e->sections + (uint64_t)i * SECTION_LEN;
	uint64_t off = le64(h + SECTION_OFFSET), size = le64(h + SECTION_SIZE);

	if (le32(h + SECTION_TYPE) == SECTION_NOBITS || !range_within(off, size, e->len))
		return NULL;
	*len = (size_t)size;
	return e->bytes + off;
}

static bool elf_open(struct elf *e, const uint8_t *bytes, size_t len)
{
	unsigned names;

	*e = (struct elf){ .bytes = bytes, .len = len };
	if (len < ELF_LEN || memcmp(bytes,
				     "\x7f"
				     "ELF\2\1",
				     6) != 0)
		return false;
	e->sections = le64(bytes + ELF_SHOFF);
	e->n = le16(bytes + ELF_SHNUM);
	names = le16(bytes + ELF_SHSTRNDX);
	if (le16(bytes + ELF_SHENTSIZE) != SECTION_LEN || e->n > SECTIONS_MAX || names >= e->n ||
		!range_within(e->sections, (uint64_t)e->n * SECTION_LEN, len))
		return false;
	e->names = section(e, names, &e->names_len);
	return e->names != NULL;
}

static bool is_named(const struct elf *e, unsigned i, const char *name, bool whole)
{
	uint32_t at = le32(e->bytes + e->sections + (uint64_t)i * SECTION_LEN);
	size_t want = strlen(name) + (whole ? 1 : 0);

	return range_within(at, want, e->names_len) && memcmp(e->names + at, name, want) == 0;
}

static void add_needs(struct strlist *needs, const uint8_t *p, size_t len)
{
	for (size_t at = 0; at < len && needs->n < NAMES_MAX;) {
		size_t n = strnlen((const char *)p + at, len - at);

		if (n)
			strlist_take(needs, xstrndup((const char *)p + at, n));
		at += n + 1;
	}
}

static void add_texts(struct grub_modules *m, const uint8_t *p, size_t len)
{
	buf_add(&m->texts, "", 1);
	buf_add(&m->texts, p, len);
}

bool grub_modules_add(
	struct grub_modules *m, const uint8_t *bytes, size_t len, struct strlist *needs)
{
	CLEANUP(xfree) char *name = NULL;
	struct elf e;

	if (!elf_open(&e, bytes, len))
		return false;
	m->more |= m->names.n >= NAMES_MAX;
	if (m->more)
		return false;
	for (unsigned i = 0; i < e.n; i++) {
		size_t n = 0;
		const uint8_t *p = section(&e, i, &n);

		if (!p || !n)
			continue;
		if (is_named(&e, i, ".modname", true) && !name)
			name = xstrndup((const char *)p, n);
		else if (is_named(&e, i, ".moddeps", true) && needs)
			add_needs(needs, p, n);
		else if (is_named(&e, i, ".rodata", false)) {
			m->more |= n >= TEXTS_MAX - m->texts.len;
			if (!m->more)
				add_texts(m, p, n);
		}
	}
	if (!name || !*name)
		return false;
	buf_add(&m->texts, "", 1);
	if (!strlist_has(&m->names, name))
		strlist_add(&m->names, name);
	return true;
}

/* The commands of GRUB's own modules, which bring them whatever the distribution. */
static const struct {
	const char *module, *commands; /* each word between blanks */
} bringers[] = {
	{ "boot", " boot " },
	{ "chain", " chainloader " },
	{ "configfile", " . configfile source " },
	{ "echo", " echo " },
	{ "efifwsetup", " fwsetup " },
	{ "eval", " eval " },
	{ "fdt", " devicetree " },
	{ "halt", " halt " },
	{ "linux", " initrd linux " },
	{ "loadenv", " list_env load_env save_env " },
	{ "minicmd", " cat exit help rmmod " },
	{ "normal", " break clear continue export menuentry normal return shift submenu " },
	{ "probe", " probe " },
	{ "reboot", " reboot " },
	{ "regexp", " regexp " },
	{ "search", " search " },
	{ "search_fs_file", " search.file " },
	{ "search_fs_uuid", " search.fs_uuid " },
	{ "search_label", " search.fs_label " },
	{ "sleep", " sleep " },
	{ "test", " [ test " },
	{ "true", " false true " },
};

bool grub_modules_bring(const struct grub_modules *m, const char *command)
{
	CLEANUP(xfree) char *word = xasprintf(" %s ", command);
	CLEANUP(buf_release) struct buf text = BUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(bringers); i++)
		if (strstr(bringers[i].commands, word) &&
			strlist_has(&m->names, bringers[i].module))
			return true;
	buf_add(&text, "", 1);
	buf_add(&text, command, strlen(command) + 1);
	return m->texts.len &&
	       memmem(buf_bytes(&m->texts), m->texts.len, buf_bytes(&text), text.len);
}

static const char *second_of(const char *const (*rows)[2], size_t n, const char *first)
{
	for (size_t i = 0; first && i < n; i++)
		if (strcmp(rows[i][0], first) == 0)
			return rows[i][1];
	return NULL;
}

const char *grub_fs_module(const char *fstype)
{
	static const char *const rows[][2] = { { "vfat", "fat" }, { "ext2", "ext2" },
		{ "ext3", "ext2" }, { "ext4", "ext2" }, { "xfs", "xfs" }, { "btrfs", "btrfs" },
		{ "f2fs", "f2fs" }, { "squashfs", "squash4" }, { "iso9660", "iso9660" },
		{ "tar", "tar" }, { "newc", "newc" } };

	return second_of(rows, ARRAY_SIZE(rows), fstype);
}

const char *grub_unpacking_module(const char *format)
{
	static const char *const rows[][2] = { { "gzip", "gzio" }, { "xz", "xzio" },
		{ "lzo", "lzopio" } };

	return second_of(rows, ARRAY_SIZE(rows), format);
}

void grub_modules_copy(struct grub_modules *to, const struct grub_modules *from)
{
	for (size_t i = 0; i < from->names.n; i++)
		strlist_add(&to->names, from->names.v[i]);
	to->more |= from->more;
	if (from->texts.len)
		buf_add(&to->texts, buf_bytes(&from->texts), from->texts.len);
}

void grub_modules_truncate(struct grub_modules *m, size_t n_names, size_t texts_len)
{
	while (m->names.n > n_names) {
		m->names.n--;
		free(TAKE(m->names.v[m->names.n]));
	}
	if (m->texts.len > texts_len)
		buf_cut(&m->texts, texts_len);
}

void grub_modules_release(struct grub_modules *m)
{
	strlist_release(&m->names);
	buf_release(&m->texts);
}
