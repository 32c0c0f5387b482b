/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The array of loaders, and what their recognisers share: finding texts in
 * the beginning of a file. The first that says yes wins, so those that are
 * recognised by structure stand before those that are recognised by text.
 */
#include "loader/loader.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/checked.h"
#include "base/xalloc.h"
#include "loader/volume.h"
#include "pe/pe.h"
#include "pe/sbat.h"
#include "pe/uki.h"

static const struct loader_type *const loader_types[] = {
	&loader_uki,
	&loader_uki_addon,
	&loader_systemd_boot,
	&loader_systemd_stub,
	&loader_kernel,
	&loader_kernel_zboot,
	&loader_grub,
	&loader_shim,
	&loader_shim_mokmanager,
	&loader_shim_fallback,
	&loader_refind,
	&loader_windows,
	&loader_ipxe,
	&loader_uefi_shell,
	&loader_limine,
	&loader_freebsd,
	&loader_openbsd,
	&loader_netbsd,
	&loader_xen,
	&loader_boot_guard,
	&loader_uboot,
};

const char *loader_kind_name(enum loader_kind kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(loader_types); i++)
		if (loader_types[i]->kind == kind)
			return loader_types[i]->name;
	return "unknown program";
}

void loader_facts_release(struct loader_facts *facts)
{
	free(facts->second_stage);
	free(facts->prefix);
	free(facts->config);
	buf_release(&facts->memdisk);
	grub_modules_release(&facts->modules);
	free(facts->cmdline);
	free(facts->uname);
	free(facts->os_release);
	free(facts->dtb.compatible);
	free(facts->dtbauto.compatible);
	for (size_t i = 0; i < facts->n_profiles; i++) {
		free(facts->profiles[i].text);
		free(facts->profiles[i].cmdline);
		free(facts->profiles[i].os_release);
		free(facts->profiles[i].dtb.compatible);
		free(facts->profiles[i].dtbauto.compatible);
	}
	free(facts->profiles);
	memset(facts, 0, sizeof(*facts));
}

const uint8_t *efi_section(const struct efi_view *efi, const char *name, size_t *len)
{
	const struct pe_section *s = pe_section(efi->pe, name, 0);

	*len = 0;
	if (!s || s->raw >= efi->len)
		return NULL;
	*len = pe_section_len(efi->pe, s);
	if (!range_within(s->raw, *len, efi->len))
		*len = efi->len - s->raw;
	return efi->bytes + s->raw;
}

bool efi_has(const struct efi_view *efi, const char *text)
{
	return efi->len && memmem(efi->bytes, efi->len, text, strlen(text));
}

bool efi_has_wide(const struct efi_view *efi, const char *text)
{
	uint8_t wide[128];
	size_t len = strlen(text);

	if (len > sizeof(wide) / 2)
		return false;
	for (size_t i = 0; i < len; i++) {
		wide[2 * i] = (uint8_t)text[i];
		wide[2 * i + 1] = 0;
	}
	return efi->len && memmem(efi->bytes, efi->len, wide, 2 * len);
}

bool efi_text_after(const struct efi_view *efi, const void *text, size_t text_len, const char *stop,
	char *out, size_t size)
{
	const uint8_t *p = efi->len ? memmem(efi->bytes, efi->len, text, text_len) : NULL;
	const uint8_t *end = efi->bytes + efi->len;
	size_t used = 0;

	if (!p)
		return false;
	for (p += text_len; p < end && used + 1 < size; p++) {
		if (!isprint(*p) || strchr(stop, *p))
			break;
		out[used++] = (char)*p;
	}
	out[used] = '\0';
	return used > 0;
}

/* Field n of comma-separated text, from 0, into out. */
static void copy_field(const char *text, unsigned n, char *out, size_t size)
{
	size_t len;

	while (n--) {
		text = strchr(text, ',');
		if (!text)
			return;
		text++;
	}
	len = strcspn(text, ",");
	if (len >= size)
		len = size - 1;
	memcpy(out, text, len);
	out[len] = '\0';
}

bool efi_sbat_version(const struct efi_view *efi, const char *name, char *out, size_t size)
{
	CLEANUP(sbat_release) struct sbat sbat = { 0 };
	size_t len;
	const uint8_t *text = efi_section(efi, ".sbat", &len);

	if (!text)
		return false;
	*out = '\0';
	sbat_parse(&sbat, (const char *)text, strnlen((const char *)text, len), false);
	for (size_t i = 0; i < sbat.n; i++)
		if (strncmp(sbat.v[i].component, name, strlen(name)) == 0)
			copy_field(sbat.v[i].rest, 2, out, size);
	return *out != '\0';
}

static int read_head(
	const struct pe_source *src, const struct pe *pe, struct buf *bytes, struct err *err)
{
	size_t max = pe_section(pe, "mods", 0) ? LOADER_GRUB_MAX : LOADER_READ_MAX;
	size_t len = src->size < max ? (size_t)src->size : max;
	int rc = src->read(src->ctx, 0, buf_reserve(bytes, len), len, err);

	if (rc < 0)
		return rc;
	buf_added(bytes, len);
	return 0;
}

int loader_recognise(const struct pe_source *src, struct loader_facts *facts, struct err *err)
{
	CLEANUP(buf_release) struct buf bytes = BUF_INIT;
	CLEANUP(pe_release) struct pe pe;
	CLEANUP(pe_program_release) struct pe_program program = { 0 };
	struct efi_view efi = { .pe = &pe, .program = &program };
	int rc;

	memset(facts, 0, sizeof(*facts));
	rc = pe_read(&pe, src, err);
	facts->looks = pe.looks;
	if (rc == -ENOEXEC)
		return 0;
	if (rc < 0)
		return rc;
	facts->machine = pe.machine;
	facts->is_driver = pe.subsystem == PE_SUBSYSTEM_EFI_BOOT_DRIVER ||
			   pe.subsystem == PE_SUBSYSTEM_EFI_RUNTIME_DRIVER;
	rc = pe_program_read(&program, &pe, src, err);
	if (rc < 0)
		return rc;
	if (program.kind == PE_KIND_OTHER || program.kind == PE_KIND_SYSTEMD_BOOT ||
		program.kind == PE_KIND_XEN) {
		rc = read_head(src, &pe, &bytes, err);
		if (rc < 0)
			return rc;
		efi.bytes = buf_bytes(&bytes);
		efi.len = bytes.len;
	}
	for (size_t i = 0; i < ARRAY_SIZE(loader_types); i++)
		if (loader_types[i]->recognise(&efi, facts)) {
			facts->kind = loader_types[i]->kind;
			break;
		}
	return 0;
}

/* ---- files on volumes ---- */

struct volume_file {
	const struct volume *volume;
	const char *path;
};

static int read_volume_file(void *ctx, uint64_t off, void *buf, size_t len, struct err *err)
{
	const struct volume_file *f = ctx;
	size_t done = 0;

	while (done < len) {
		size_t got = 0;
		int rc = f->volume->ops->read(f->volume->ctx, f->path, off + done,
			(uint8_t *)buf + done, len - done, &got, err);

		if (rc < 0)
			return rc;
		if (!got)
			return err_set(err, EIO, "%s: shorter than its folder says", f->path);
		done += got;
	}
	return 0;
}

int loader_recognise_file(
	const struct volume *v, const char *path, struct loader_facts *facts, struct err *err)
{
	struct volume_file file = { v, path };
	struct pe_source src = { .read = read_volume_file, .ctx = &file };
	struct file_info info = { 0 };
	int rc;

	memset(facts, 0, sizeof(*facts));
	if (!v->readable)
		return err_set(err, EOPNOTSUPP, "%s: this file system cannot be read here", path);
	rc = v->ops->stat(v->ctx, path, &info, err);
	if (rc < 0)
		return rc;
	if (info.type != FILE_REGULAR)
		return 0;
	src.size = info.size;
	return loader_recognise(&src, facts, err);
}
