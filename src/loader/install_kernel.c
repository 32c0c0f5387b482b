/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Install plans with the kernel itself on the ESP: type 1 entries for
 * systemd-boot, and unified kernel images, found or put together. Kernels are
 * never held in memory: a UKI is a list of parts.
 */
#include <errno.h>
#include <string.h>

#include "base/checked.h"
#include "base/xalloc.h"
#include "loader/install_parts.h"
#include "loader/loader.h"
#include "loader/uki_layout.h"
#include "pe/pe.h"
#include "rootfs/rootfs.h"

#define STUB_MAX   ((size_t)4 << 20)
#define COPY_PIECE ((size_t)256 << 10)

/* Firmware and systemd-boot start PE files alone; GRUB alone unpacks an Image.gz. */
static int check_kernel(const struct planner *p, const struct install_kernel *k, struct err *err)
{
	CLEANUP(loader_facts_release) struct loader_facts facts = { 0 };
	int rc = loader_recognise_file(&p->volume, k->path, &facts, err);

	if (rc < 0)
		return err_push(err, "%s", k->path);
	if ((facts.kind == LOADER_KERNEL || facts.kind == LOADER_KERNEL_ZBOOT) &&
		facts.machine == PE_MACHINE_AARCH64)
		return 0;
	err_set(err, EINVAL,
		"%s is not a kernel that UEFI can start: it has no EFI stub for AArch64", k->path);
	return err_hint(err, "use --loader grub, which can unpack such kernels itself");
}

static int need_kernel(const struct planner *p, struct err *err)
{
	if (p->options->n_kernels)
		return 0;
	return err_set(err, EINVAL, "the root file system has no kernel");
}

/* The first part of names on the ESP: letters of ID=, as kernel-install's entry token may be. */
static char *token(const struct install_options *o)
{
	const char *id = o->os_id && *o->os_id ? o->os_id : "linux";
	char *t = xstrdup(id);

	for (char *c = t; *c; c++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-_.", *c))
			*c = '-';
	return t;
}

static void plan_entry(struct planner *p, const struct install_kernel *k, const char *name)
{
	CLEANUP(xfree) char *linux_path = xasprintf("/%s/%s/linux", name, k->version);
	CLEANUP(xfree) char *initrd = xasprintf("/%s/%s/initrd.img", name, k->version);
	CLEANUP(xfree)
	char *entry = xasprintf("/loader/entries/%s-%s.conf", name, k->version);
	struct install_file *f;

	plan_source(p->plan, linux_path, k->path);
	if (k->initrd)
		plan_source(p->plan, initrd, k->initrd);
	f = plan_add(p->plan, entry);
	text_printf(&f->bytes,
		"title      %s\n"
		"version    %s\n"
		"sort-key   %s\n"
		"options    %s\n"
		"linux      %s\n",
		p->options->title, k->version, name, p->options->cmdline, linux_path);
	if (k->initrd)
		text_printf(&f->bytes, "initrd     %s\n", initrd);
}

int plan_type1(struct planner *p, struct err *err)
{
	CLEANUP(xfree) char *name = token(p->options);
	int rc = need_kernel(p, err);

	for (size_t i = 0; i < p->options->n_kernels && rc == 0; i++)
		rc = check_kernel(p, &p->options->kernels[i], err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < p->options->n_kernels; i++)
		plan_entry(p, &p->options->kernels[i], name);
	/* No default: the newest comes first, also when the guest adds one by another name. */
	text_puts(&plan_add(p->plan, "/loader/loader.conf")->bytes, "timeout 3\n");
	return 0;
}

/* ---- unified kernel images ---- */

/* Whether the file is a UKI for AArch64; then its description is *what. */
static bool is_uki(const struct planner *p, const char *path, char **what)
{
	CLEANUP(loader_facts_release) struct loader_facts facts = { 0 };

	if (loader_recognise_file(&p->volume, path, &facts, NULL) < 0 || facts.kind != LOADER_UKI ||
		facts.machine != PE_MACHINE_AARCH64)
		return false;
	*what = facts.uname ? xasprintf("the unified kernel image %s (Linux %s)", path, facts.uname)
			    : xasprintf("the unified kernel image %s", path);
	return true;
}

/* The last by name of those in a folder whose name ends in ".efi". */
static char *find_uki(const struct planner *p, const char *folder, char **what)
{
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };

	if (rootfs_list(p->rootfs, folder, &dir, NULL) < 0)
		return NULL;
	for (size_t i = dir.n; i-- > 0;) {
		size_t len = strlen(dir.v[i].name);
		char *path = xasprintf("%s/%s", folder, dir.v[i].name);

		if (len > 4 && strcasecmp(dir.v[i].name + len - 4, ".efi") == 0 &&
			is_uki(p, path, what))
			return path;
		free(path);
	}
	return NULL;
}

int plan_uki_found(struct planner *p, struct err *err)
{
	static const char *const folders[] = { "/boot/efi/EFI/Linux", "/efi/EFI/Linux",
		"/boot/EFI/Linux" };
	CLEANUP(xfree) char *found = NULL;

	for (size_t i = 0; i < p->options->n_kernels && !found; i++) {
		CLEANUP(xfree)
		char *folder = xasprintf("/usr/lib/modules/%s", p->options->kernels[i].version);

		found = find_uki(p, folder, &p->plan->what);
	}
	for (size_t i = 0; i < ARRAY_SIZE(folders) && !found; i++)
		found = find_uki(p, folders[i], &p->plan->what);
	if (!found)
		return err_set(err, ENOENT, "no unified kernel image");
	plan_source(p->plan, "/EFI/BOOT/BOOTAA64.EFI", found);
	return 0;
}

/* A section of the image to be made: text, or a file of the root file system. */
struct ingredient {
	const char *name, *text, *source;
	bool executable;
};

static struct install_part *part_add(struct install_file *f)
{
	f->parts = xreallocarray(f->parts, f->n_parts + 1, sizeof(*f->parts));
	memset(&f->parts[f->n_parts], 0, sizeof(*f->parts));
	return &f->parts[f->n_parts++];
}

static void add_zeros(struct install_file *f, uint64_t n)
{
	struct install_part *part;

	if (!n)
		return;
	part = part_add(f);
	memset(buf_reserve(&part->bytes, (size_t)n), 0, (size_t)n);
	buf_added(&part->bytes, (size_t)n);
}

/* What the kernel claims in memory: more than its file, for its BSS. */
static uint64_t memory_size(const struct planner *p, const char *path)
{
	CLEANUP(buf_release) struct buf head = BUF_INIT;
	CLEANUP(pe_release) struct pe pe;
	struct pe_memory mem;
	struct pe_source src;
	uint64_t size;

	memset(&pe, 0, sizeof(pe));
	if (volume_read_head(&p->volume, path, 65536, &head, NULL) < 0)
		return 0;
	mem = (struct pe_memory){ buf_bytes(&head), head.len };
	src = pe_source_memory(&mem);
	size = pe_read(&pe, &src, NULL) == 0 ? pe.size_of_image : 0;
	return size < UINT32_MAX / 4 ? size : 0;
}

static int measure(const struct planner *p, const struct ingredient *from, struct uki_section *s,
	struct err *err)
{
	struct rootfs_stat st;
	int rc;

	*s = (struct uki_section){ .name = from->name, .executable = from->executable };
	if (from->text) {
		s->size = strlen(from->text);
		return 0;
	}
	rc = rootfs_stat(p->rootfs, from->source, &st, err);
	if (rc < 0)
		return err_push(err, "%s", from->source);
	s->size = st.size;
	if (from->executable)
		s->mem_size = memory_size(p, from->source);
	return 0;
}

static int assemble(struct planner *p, const char *stub, const struct ingredient *from, size_t n,
	struct err *err)
{
	struct uki_section sections[8];
	CLEANUP(buf_release) struct buf head = BUF_INIT;
	struct install_file *f;
	uint64_t end = 0;
	int rc = rootfs_read_file(p->rootfs, stub, STUB_MAX, &head, err);

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = measure(p, &from[i], &sections[i], err);
	if (rc == 0)
		rc = uki_layout(&head, sections, n, &end, err);
	if (rc < 0)
		return err_push(err, "%s", stub);
	f = plan_add(p->plan, "/EFI/BOOT/BOOTAA64.EFI");
	buf_add(&part_add(f)->bytes, buf_bytes(&head), head.len);
	for (size_t i = 0; i < n; i++) {
		uint64_t following = i + 1 < n ? sections[i + 1].off : end;
		struct install_part *part = part_add(f);

		if (from[i].text)
			buf_add_text(&part->bytes, from[i].text);
		else
			part->source = xstrdup(from[i].source);
		add_zeros(f, following - sections[i].off - sections[i].size);
	}
	return 0;
}

int plan_uki_made(struct planner *p, const char *stub, struct err *err)
{
	const struct install_options *o = p->options;
	const struct install_kernel *k = o->kernels;
	struct ingredient from[8];
	size_t n = 0;
	int rc = need_kernel(p, err);

	if (rc == 0)
		rc = check_kernel(p, k, err);
	if (rc < 0)
		return rc;
	if (o->os_release && *o->os_release)
		from[n++] = (struct ingredient){ .name = ".osrel", .text = o->os_release };
	from[n++] = (struct ingredient){ .name = ".cmdline", .text = o->cmdline };
	from[n++] = (struct ingredient){ .name = ".uname", .text = k->version };
	if (k->initrd)
		from[n++] = (struct ingredient){ .name = ".initrd", .source = k->initrd };
	/* The kernel last: its memory reaches beyond its bytes. */
	from[n++] = (struct ingredient){ .name = ".linux", .source = k->path, .executable = true };
	p->plan->what = xasprintf("a unified kernel image made of Linux %s", k->version);
	return assemble(p, stub, from, n, err);
}

/* ---- sizes and bytes ---- */

static int source_size(struct rootfs *rootfs, const char *path, uint64_t *size, struct err *err)
{
	struct rootfs_stat st;
	int rc = rootfs_stat(rootfs, path, &st, err);

	*size = rc < 0 ? 0 : st.size;
	return rc < 0 ? err_push(err, "%s", path) : 0;
}

int install_file_size(
	const struct install_file *file, struct rootfs *rootfs, uint64_t *size, struct err *err)
{
	*size = file->bytes.len;
	if (file->source)
		return source_size(rootfs, file->source, size, err);
	for (size_t i = 0; i < file->n_parts; i++) {
		uint64_t part = file->parts[i].bytes.len;

		if (file->parts[i].source) {
			int rc = source_size(rootfs, file->parts[i].source, &part, err);

			if (rc < 0)
				return rc;
		}
		if (!checked_add(*size, part, size))
			return err_set(err, EFBIG, "%s", file->dest);
	}
	return 0;
}

/* Where a file goes. */
struct outlet {
	install_sink *sink;
	void *ctx;
};

static int read_source(
	struct rootfs *rootfs, const char *path, const struct outlet *to, struct err *err)
{
	CLEANUP(xfree) char *piece = xmalloc(COPY_PIECE);
	uint64_t off = 0;
	size_t got;

	do {
		int rc = rootfs_read_range(rootfs, path, off, piece, COPY_PIECE, &got, err);

		if (rc == 0)
			rc = to->sink(to->ctx, piece, got, err);
		if (rc < 0)
			return err_push(err, "%s", path);
		off += got;
	} while (got == COPY_PIECE);
	return 0;
}

int install_file_read(const struct install_file *file, struct rootfs *rootfs, install_sink *sink,
	void *ctx, struct err *err)
{
	const struct outlet to = { sink, ctx };
	int rc = 0;

	if (file->source)
		return read_source(rootfs, file->source, &to, err);
	if (!file->n_parts)
		return sink(ctx, text_str(&file->bytes), file->bytes.len, err);
	for (size_t i = 0; i < file->n_parts && rc == 0; i++) {
		const struct install_part *part = &file->parts[i];

		if (part->source)
			rc = read_source(rootfs, part->source, &to, err);
		else
			rc = sink(ctx, buf_text(&part->bytes), part->bytes.len, err);
	}
	return rc;
}
