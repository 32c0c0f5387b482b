/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Distinguishing kinds of EFI programs by what they hold: the Linux boot
 * header, zboot's ("zimg", Linux drivers/firmware/efi/libstub/zboot-header.S),
 * the sections of a unified kernel image (UAPI.5) and systemd's magic string.
 * What is inside of a kernel or initrd is not looked at.
 */
#include "pe/uki.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"
#include "pe/internal.h"
#include "uefi/devicetree.h"

#define HEAD 64

#define ZBOOT_MAGIC       4
#define ZBOOT_OFFSET      8
#define ZBOOT_SIZE        12
#define ZBOOT_COMPRESSION 24

#define X86_HEADER     0x202
#define X86_HEADER_LEN 4

#define TEXT_MAX (64 * 1024)

/* systemd's loader and stub have less than 150 KiB; GRUB and shim have more. */
#define MAGIC_SECTION_MAX (256 * 1024)
#define MAGIC_START       "#### LoaderInfo: "
#define MAGIC_END         " ####"
#define MAGIC_MAX         128

#define BANNER     "Linux version "
#define SCAN_CHUNK ((size_t)256 * 1024)

#define XEN_BANNER   "Xen version %d.%d"
#define XEN_TEXT_MAX (8 * 1024 * 1024)

static const char *const kind_names[] = {
	[PE_KIND_OTHER] = "EFI program",
	[PE_KIND_LINUX] = "Linux kernel",
	[PE_KIND_LINUX_ZBOOT] = "compressed Linux kernel",
	[PE_KIND_UKI] = "unified kernel image",
	[PE_KIND_UKI_ADDON] = "addon of a unified kernel image",
	[PE_KIND_SYSTEMD_BOOT] = "systemd-boot",
	[PE_KIND_SYSTEMD_STUB] = "systemd-stub",
	[PE_KIND_XEN] = "Xen hypervisor",
};

const char *pe_kind_name(enum pe_kind kind)
{
	return kind_names[kind];
}

static bool starts_with(const char *s, const char *prefix)
{
	return s && strncmp(s, prefix, strlen(prefix)) == 0;
}

/* Takes "systemd-boot 252.39" out of "#### LoaderInfo: systemd-boot 252.39 ####". */
static char *find_magic(const struct buf *b)
{
	const char *start, *end, *stop = buf_text(b) + b->len;

	start = memmem(buf_text(b), b->len, MAGIC_START, strlen(MAGIC_START));
	if (!start)
		return NULL;
	start += strlen(MAGIC_START);
	if (stop - start > MAGIC_MAX)
		stop = start + MAGIC_MAX;
	end = memmem(start, (size_t)(stop - start), MAGIC_END, strlen(MAGIC_END));
	if (!end || memchr(start, '\0', (size_t)(end - start)))
		return NULL;
	return xstrndup(start, (size_t)(end - start));
}

/*
 * Newer systemd has a section for it. Before 254 it stands in the data of an
 * x86 program, and behind all sections of an arm64 one, so that a small file
 * is searched whole.
 */
static int read_loader_info(
	struct pe_program *p, const struct pe *pe, const struct pe_source *src, struct err *err)
{
	static const char *const places[] = { ".sdmagic", ".data", ".rodata" };
	struct pe_section whole = { .name = "(all)" };

	if (pe->file_size <= MAGIC_SECTION_MAX && !pe_section(pe, ".sdmagic", 0)) {
		CLEANUP(buf_release) struct buf b = BUF_INIT;
		int r;

		whole.raw_size = (uint32_t)pe->file_size;
		r = pe_section_read(pe, src, &whole, MAGIC_SECTION_MAX, &b, err);
		if (r == 0)
			p->loader_info = find_magic(&b);
		return r;
	}
	for (size_t i = 0; i < ARRAY_SIZE(places) && !p->loader_info; i++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT;
		const struct pe_section *s = pe_section(pe, places[i], 0);
		int r;

		if (!s || pe_section_len(pe, s) > MAGIC_SECTION_MAX)
			continue;
		r = pe_section_read(pe, src, s, MAGIC_SECTION_MAX, &b, err);
		if (r < 0)
			return r;
		p->loader_info = find_magic(&b);
	}
	return 0;
}

static int read_text(const struct pe *pe, const struct pe_source *src, const struct pe_section *s,
	char **out, struct err *err)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	const char *text;
	size_t n;
	int r;

	*out = NULL;
	if (!s)
		return 0;
	r = pe_section_read(pe, src, s, TEXT_MAX, &b, err);
	if (r < 0)
		return r;
	text = buf_text(&b);
	n = strlen(text);
	while (n && (text[n - 1] == '\n' || text[n - 1] == ' '))
		n--;
	*out = xstrndup(text, n);
	return 0;
}

/*
 * A command line: to the stub every control character in it is a blank, and none counts at either end
 * (systemd, mangle_stub_cmdline()).
 */
static int read_words(const struct pe *pe, const struct pe_source *src, const struct pe_section *s,
	char **out, struct err *err)
{
	int r = read_text(pe, src, s, out, err);
	size_t n = *out ? strlen(*out) : 0, blanks = 0;

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)(*out)[i] < ' ' || (*out)[i] == 0x7f)
			(*out)[i] = ' ';
	while (n && (*out)[n - 1] == ' ')
		(*out)[--n] = '\0';
	while (n && (*out)[blanks] == ' ')
		blanks++;
	if (blanks)
		memmove(*out, *out + blanks, n + 1 - blanks);
	return r;
}

/*
 * The section of this name that the stub uses for a profile: what stands behind its .profile, up to the next,
 * comes before what all profiles share, which is what stands before the first.
 */
static const struct pe_section *section_of(const struct pe *pe, unsigned number, const char *name)
{
	const struct pe_section *first = pe_section(pe, ".profile", 0);
	const struct pe_section *profile = pe_section(pe, ".profile", number);
	const struct pe_section *next = pe_section(pe, ".profile", number + 1);
	const struct pe_section *shared = NULL, *s;

	for (unsigned i = 0; (s = pe_section(pe, name, i)); i++) {
		if (profile && s > profile && (!next || s < next))
			return s;
		if (!shared && (!first || s < first))
			shared = s;
	}
	return shared;
}

/* When no profile is chosen it is the first. */
static const struct pe_section *booted_section(const struct pe *pe, const char *name)
{
	return section_of(pe, 0, name);
}

static int read_tree(const struct pe *pe, const struct pe_source *src, const struct pe_section *s,
	struct uki_tree *tree, struct err *err)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	int r;

	if (!s)
		return 0;
	tree->present = true;
	r = pe_section_read(pe, src, s, DEVICETREE_MAX, &b, err);
	if (r == -EFBIG) {
		tree->valid = true; /* for loaders, which take any size */
		return 0;
	}
	if (r < 0)
		return r;
	tree->valid = devicetree_valid(buf_bytes(&b), b.len);
	tree->compatible = devicetree_compatible(buf_bytes(&b), b.len);
	return 0;
}

static void tree_release(struct uki_tree *tree)
{
	free(tree->compatible);
	*tree = (struct uki_tree){ 0 };
}

/* Whether the stub looks at a section for that profile: it is its own, or stands before all. */
static bool is_of_profile(const struct pe *pe, unsigned number, const struct pe_section *s)
{
	const struct pe_section *first = pe_section(pe, ".profile", 0);
	const struct pe_section *profile = pe_section(pe, ".profile", number);
	const struct pe_section *next = pe_section(pe, ".profile", number + 1);

	return !first || s < first || (profile && s > profile && (!next || s < next));
}

/* The first .dtbauto that is of a virtual machine; those of boards match none. */
static int read_matching_tree(const struct pe *pe, const struct pe_source *src, unsigned number,
	struct uki_tree *tree, struct err *err)
{
	const struct pe_section *s;

	for (unsigned i = 0; (s = pe_section(pe, ".dtbauto", i)); i++) {
		int r = is_of_profile(pe, number, s) ? read_tree(pe, src, s, tree, err) : 0;

		if (r < 0)
			return r;
		if (tree->compatible && devicetree_is_virtual(tree->compatible))
			break;
		tree_release(tree);
	}
	return 0;
}

static int read_profiles(
	struct pe_program *p, const struct pe *pe, const struct pe_source *src, struct err *err)
{
	const struct pe_section *s;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < UKI_PROFILES_MAX && (s = pe_section(pe, ".profile", i));
		i++) {
		struct uki_profile *profile = &p->profiles[p->n_profiles++];

		profile->initrd = section_of(pe, i, ".initrd");
		r = read_text(pe, src, s, &profile->text, err);
		if (r == 0)
			r = read_words(
				pe, src, section_of(pe, i, ".cmdline"), &profile->cmdline, err);
		if (r == 0)
			r = read_text(
				pe, src, section_of(pe, i, ".osrel"), &profile->os_release, err);
		if (r == 0)
			r = read_tree(pe, src, section_of(pe, i, ".dtb"), &profile->dtb, err);
		if (r == 0)
			r = read_matching_tree(pe, src, i, &profile->dtbauto, err);
	}
	p->more_profiles = pe_section(pe, ".profile", UKI_PROFILES_MAX) != NULL;
	return r;
}

struct section_source {
	const struct pe_source *file;
	const struct pe_section *section;
};

static int read_in_section(void *ctx, uint64_t off, void *buf, size_t len, struct err *err)
{
	const struct section_source *s = ctx;

	return pe_src_read(s->file, s->section->raw + off, buf, len, err);
}

static bool has_zboot_magic(const uint8_t *head)
{
	return memcmp(head + ZBOOT_MAGIC, "zimg", 4) == 0;
}

/* The stub starts what is in .linux as a program of its own. */
static int read_kernel(
	struct pe_program *p, const struct pe *pe, const struct pe_source *src, struct err *err)
{
	struct section_source section = { src, p->linux_section };
	struct pe_source inside = { .read = read_in_section, .ctx = &section };
	CLEANUP(pe_release) struct pe kernel = { 0 };
	uint8_t head[HEAD];
	int r;

	if (!p->linux_section)
		return 0;
	/* Of a file that is cut off, as much as there is. */
	inside.size = pe_section_len(pe, p->linux_section);
	if (p->linux_section->raw >= src->size)
		inside.size = 0;
	else if (inside.size > src->size - p->linux_section->raw)
		inside.size = src->size - p->linux_section->raw;
	r = pe_read(&kernel, &inside, err);
	p->linux_looks = kernel.looks;
	if (r == 0)
		p->linux_machine = kernel.machine;
	p->linux_unified = r == 0 && pe_section(&kernel, ".linux", 0);
	if (r == 0)
		r = pe_src_read(&inside, 0, head, sizeof(head), err);
	p->linux_is_kernel = r == 0 && (kernel.linux_magic || has_zboot_magic(head));
	return r == -ENOEXEC ? 0 : r;
}

static int read_uki(
	struct pe_program *p, const struct pe *pe, const struct pe_source *src, struct err *err)
{
	int r;

	p->linux_section = booted_section(pe, ".linux");
	p->initrd = booted_section(pe, ".initrd");
	p->dtb = booted_section(pe, ".dtb");
	p->pcrsig = booted_section(pe, ".pcrsig");
	p->splash = booted_section(pe, ".splash");
	p->sbat = booted_section(pe, ".sbat");
	r = read_kernel(p, pe, src, err);
	if (r == 0)
		r = read_words(pe, src, booted_section(pe, ".cmdline"), &p->cmdline, err);
	if (r == 0)
		r = read_text(pe, src, booted_section(pe, ".osrel"), &p->os_release, err);
	if (r == 0)
		r = read_text(pe, src, booted_section(pe, ".uname"), &p->uname, err);
	if (r == 0)
		r = read_tree(pe, src, p->dtb, &p->dtb_tree, err);
	if (r == 0)
		r = read_matching_tree(pe, src, 0, &p->dtbauto_tree, err);
	return r == 0 ? read_profiles(p, pe, src, err) : r;
}

static bool is_addon(const struct pe *pe, const struct pe_program *p)
{
	return starts_with(p->loader_info, "systemd-addon") ||
	       (starts_with(p->loader_info, "systemd-stub") &&
		       (pe_section(pe, ".cmdline", 0) || pe_section(pe, ".dtb", 0) ||
			       pe_section(pe, ".ucode", 0) || pe_section(pe, ".initrd", 0)));
}

static bool is_zboot(struct pe_program *p, const uint8_t *head)
{
	if (!has_zboot_magic(head))
		return false;
	p->payload_off = le32(head + ZBOOT_OFFSET);
	p->payload_size = le32(head + ZBOOT_SIZE);
	for (size_t i = 0; i < sizeof(p->compression) - 1; i++) {
		char c = (char)head[ZBOOT_COMPRESSION + i];

		if (c < 'a' || c > 'z')
			if (c < '0' || c > '9')
				break;
		p->compression[i] = c;
	}
	return true;
}

static int is_x86_kernel(const struct pe_source *src, bool *yes, struct err *err)
{
	uint8_t magic[X86_HEADER_LEN];
	int r;

	*yes = false;
	if (!range_within(X86_HEADER, sizeof(magic), src->size))
		return 0;
	r = pe_src_read(src, X86_HEADER, magic, sizeof(magic), err);
	*yes = r == 0 && memcmp(magic, "HdrS", sizeof(magic)) == 0;
	return r;
}

/*
 * Xen has an arm64 Image's header, too. All of it is in .text; a kernel is so until 4.11, and has another
 * banner there. Newer ones have .data, and are not searched.
 */
static int is_xen(const struct pe *pe, const struct pe_source *src, bool *yes, struct err *err)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	const struct pe_section *s = pe_section(pe, ".text", 0);
	int r;

	*yes = false;
	if (!s || pe_section(pe, ".data", 0) || pe_section_len(pe, s) > XEN_TEXT_MAX)
		return 0;
	r = pe_section_read(pe, src, s, XEN_TEXT_MAX, &text, err);
	*yes = r == 0 && memmem(buf_text(&text), text.len, XEN_BANNER, strlen(XEN_BANNER));
	return r;
}

int pe_program_read(
	struct pe_program *p, const struct pe *pe, const struct pe_source *src, struct err *err)
{
	uint8_t head[HEAD];
	bool x86 = false, xen = false;
	int r;

	memset(p, 0, sizeof(*p));
	r = pe_src_read(src, 0, head, sizeof(head), err);
	if (r == 0)
		r = is_x86_kernel(src, &x86, err);
	if (r < 0)
		return r;
	if (is_zboot(p, head)) {
		p->kind = PE_KIND_LINUX_ZBOOT;
		return 0;
	}
	if (pe->linux_magic)
		r = is_xen(pe, src, &xen, err);
	if (r < 0)
		return r;
	if (pe->linux_magic || x86) {
		p->kind = xen ? PE_KIND_XEN : PE_KIND_LINUX;
		return 0;
	}
	r = read_loader_info(p, pe, src, err);
	if (r < 0)
		return r;
	if (pe_section(pe, ".linux", 0))
		p->kind = PE_KIND_UKI;
	else if (is_addon(pe, p))
		p->kind = PE_KIND_UKI_ADDON;
	else if (starts_with(p->loader_info, "systemd-boot"))
		p->kind = PE_KIND_SYSTEMD_BOOT;
	else if (starts_with(p->loader_info, "systemd-stub"))
		p->kind = PE_KIND_SYSTEMD_STUB;
	if (p->kind == PE_KIND_UKI || p->kind == PE_KIND_UKI_ADDON)
		r = read_uki(p, pe, src, err);
	return r;
}

void pe_program_release(struct pe_program *p)
{
	free(p->loader_info);
	free(p->cmdline);
	free(p->os_release);
	free(p->uname);
	tree_release(&p->dtb_tree);
	tree_release(&p->dtbauto_tree);
	for (unsigned i = 0; i < p->n_profiles; i++) {
		free(p->profiles[i].text);
		free(p->profiles[i].cmdline);
		free(p->profiles[i].os_release);
		tree_release(&p->profiles[i].dtb);
		tree_release(&p->profiles[i].dtbauto);
	}
	memset(p, 0, sizeof(*p));
}

/* The release is the word behind the banner; "%s" stands there in the kernel's format string. */
static char *take_release(const uint8_t *p, size_t n)
{
	size_t len = 0;

	while (len < n && p[len] > ' ' && p[len] < 0x7f)
		len++;
	if (len == 0 || len == n || p[len] != ' ' || p[0] < '0' || p[0] > '9')
		return NULL;
	return xstrndup((const char *)p, len);
}

/* Looks at the places in bytes where a banner begins and ends. */
static void look_for_banner(struct linux_banner *b, const uint8_t *bytes, size_t len)
{
	const uint8_t *at = bytes, *end = bytes + len;

	while (!b->version && (at = memmem(at, (size_t)(end - at), BANNER, strlen(BANNER)))) {
		at += strlen(BANNER);
		b->version = take_release(at, (size_t)(end - at));
	}
}

void linux_banner_feed(struct linux_banner *b, const uint8_t *bytes, size_t len)
{
	uint8_t border[2 * LINUX_BANNER_MAX];
	size_t more = len < LINUX_BANNER_MAX ? len : LINUX_BANNER_MAX, keep;

	if (b->version || !len)
		return;
	/* One that lies across the border of two pieces. */
	memcpy(border, b->last, b->n_last);
	memcpy(border + b->n_last, bytes, more);
	look_for_banner(b, border, b->n_last + more);
	look_for_banner(b, bytes, len);
	if (len >= LINUX_BANNER_MAX) {
		memcpy(b->last, bytes + len - LINUX_BANNER_MAX, LINUX_BANNER_MAX);
		b->n_last = LINUX_BANNER_MAX;
		return;
	}
	keep = b->n_last + len > LINUX_BANNER_MAX ? LINUX_BANNER_MAX - len : b->n_last;
	memmove(b->last, b->last + b->n_last - keep, keep);
	memcpy(b->last + keep, bytes, len);
	b->n_last = keep + len;
}

/* The first banner from one place to before another. */
static int find_banner(const struct pe_source *src, uint64_t from, uint64_t to, uint8_t *chunk,
	char **version, struct err *err)
{
	struct linux_banner banner = { 0 };

	for (uint64_t off = from; off < to && !banner.version; off += SCAN_CHUNK) {
		uint64_t left = to - off;
		size_t n = left < SCAN_CHUNK ? (size_t)left : SCAN_CHUNK;
		int r = pe_src_read(src, off, chunk, n, err);

		if (r < 0)
			return r;
		linux_banner_feed(&banner, chunk, n);
	}
	*version = banner.version;
	return 0;
}

/*
 * It is among a kernel's first constants, which stand behind its code: from 42 to 48 of 100 in Debian's for arm64.
 * Looked for there first, it is found without reading most of the file.
 */
int pe_linux_version(const struct pe_source *src, char **version, struct err *err)
{
	CLEANUP(xfree) uint8_t *chunk = xmalloc(SCAN_CHUNK);
	uint64_t begin = src->size / 8 * 3, end = src->size / 8 * 5;
	uint64_t border = begin < LINUX_BANNER_MAX ? begin : LINUX_BANNER_MAX;
	int r;

	*version = NULL;
	r = find_banner(src, begin, end, chunk, version, err);
	if (r == 0 && !*version)
		r = find_banner(src, 0, begin + border, chunk, version, err);
	if (r == 0 && !*version)
		r = find_banner(src, end - border, src->size, chunk, version, err);
	if (r < 0 || *version)
		return r;
	return err_set(err, ENOENT, "no kernel banner");
}
