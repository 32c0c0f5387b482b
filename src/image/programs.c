/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gathering the EFI programs of the boot chain. See programs.h.
 */
#include "image/programs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "image/private.h"
#include "loader/chain.h"

#define BOOT_FOLDER   "/EFI/BOOT/"
#define FALLBACK_NAME "BOOTAA64.EFI"

/* "\EFI\BOOT\X" and "EFI/BOOT/X" as "/EFI/BOOT/X". */
static char *slashes(const char *path)
{
	char *s = xasprintf("%s%s", *path == '\\' || *path == '/' ? "" : "/", path);

	for (char *p = s; *p; p++)
		if (*p == '\\')
			*p = '/';
	return s;
}

static bool in_boot_folder(const char *path)
{
	size_t n = strlen(BOOT_FOLDER);

	return strncasecmp(path, BOOT_FOLDER, n) == 0 && !strchr(path + n, '/');
}

static struct efi_program *find(const struct efi_programs *ps, const char *path)
{
	for (size_t i = 0; i < ps->n; i++)
		if (strcasecmp(ps->v[i].path, path) == 0)
			return &ps->v[i];
	return NULL;
}

static void add(struct efi_programs *ps, const char *path, enum esp_role role,
	const struct fat_entry *entry)
{
	CLEANUP(xfree) char *clean = slashes(path);
	struct efi_program *p;

	if (find(ps, clean))
		return;
	ps->more |= ps->n == PROGRAMS_MAX;
	if (ps->more)
		return;
	ps->v = xreallocarray(ps->v, ps->n + 1, sizeof(*ps->v));
	p = &ps->v[ps->n++];
	memset(p, 0, sizeof(*p));
	p->where = xasprintf("ESP:%s", clean);
	p->path = TAKE(clean);
	p->role = role;
	p->entry = *entry;
	p->is_fallback = role == ESP_FALLBACK && in_boot_folder(p->path);
}

/* What firmware and shim find in \EFI\BOOT. Other architectures' loaders may lie beside them. */
static void add_boot_folder(struct efi_programs *ps, const struct esp_inventory *inv)
{
	static const enum esp_role roles[] = { ESP_FALLBACK, ESP_SHIM, ESP_GRUB, ESP_MOK_MANAGER,
		ESP_SHIM_FALLBACK, ESP_SYSTEMD_BOOT };

	for (size_t r = 0; r < ARRAY_SIZE(roles); r++)
		for (size_t i = 0; i < inv->n; i++) {
			const struct esp_file *f = &inv->files[i];
			CLEANUP(xfree) char *path = slashes(f->path);

			if (f->role != roles[r] || f->entry.is_dir || !in_boot_folder(path))
				continue;
			if (f->arch == ESP_AA64 || f->arch == ESP_ARCH_NONE)
				add(ps, path, f->role, &f->entry);
		}
}

static void add_path(struct efi_programs *ps, struct fat *fat, const struct volume *volume,
	const char *path, enum esp_role role)
{
	struct fat_entry entry;

	/* What is not there the loader checks report. */
	if (volume && volume->is_esp && path && fat_lookup(fat, path, &entry, NULL) == 0 &&
		!entry.is_dir)
		add(ps, path, role, &entry);
}

static void add_kernel(struct efi_programs *ps, const struct volume *volume, const char *path)
{
	char name[VOLUME_NAME_MAX];
	struct efi_program *k;

	for (size_t i = 0; i < ps->n_kernels; i++)
		if (ps->kernels[i].volume == volume && strcmp(ps->kernels[i].path, path) == 0)
			return;
	ps->more |= ps->n_kernels == PROGRAMS_MAX;
	if (ps->more || !volume->readable)
		return;
	ps->kernels = xreallocarray(ps->kernels, ps->n_kernels + 1, sizeof(*ps->kernels));
	k = &ps->kernels[ps->n_kernels++];
	memset(k, 0, sizeof(*k));
	k->volume = volume;
	k->is_kernel = true;
	k->path = xstrdup(path);
	k->where = xasprintf("%s:%s", volume_name(volume, name), path);
}

static void add_chain(struct efi_programs *ps, struct image *image, struct fat *fat)
{
	const struct boot_chain *chain;

	/* A chain that cannot be walked is inconclusive in its own checks. */
	if (image_chain(image, &chain, NULL) < 0)
		return;
	for (size_t i = 0; i < chain->n_steps; i++) {
		const struct chain_step *s = &chain->steps[i];

		if (s->kind == STEP_LOADER || s->kind == STEP_KERNEL)
			add_path(ps, fat, s->volume, s->path, ESP_EFI_APP);
	}
	for (size_t i = 0; i < chain->n_entries; i++) {
		const struct chain_entry *e = &chain->entries[i];
		struct efi_program *p;

		if (!e->volume || !e->kernel)
			continue;
		if (!e->volume->is_esp) {
			add_kernel(ps, e->volume, e->kernel);
			continue;
		}
		add_path(ps, fat, e->volume, e->kernel, ESP_EFI_APP);
		p = find(ps, e->kernel);
		if (p)
			p->is_kernel = true;
	}
}

static int read_headers(struct efi_program *p, struct fat *fat, struct err *err)
{
	struct fat_file file = { fat, &p->entry };
	struct pe_source src = fat_file_source(&file);
	int ret = pe_read(&p->pe, &src, &p->why);

	p->is_pe = ret == 0;
	if (ret == -ENOEXEC)
		return 0;
	if (ret == 0) {
		ret = pe_sbat_read(&p->pe, &src, &p->sbat, &p->why);
		p->has_sbat = ret == 0;
		if (ret == -ENOENT)
			ret = 0;
	}
	if (ret == 0) {
		int r = pe_vendor_certs_read(&p->pe, &src, &p->vendor, &p->why);

		p->has_vendor = r == 0;
		r = pe_sbat_levels_read(&p->pe, &src, &p->levels, &p->why);
		p->has_levels = r == 0;
	}
	if (ret < 0 && err) {
		*err = p->why;
		return err_push(err, "%s", p->where);
	}
	err_clear(&p->why);
	return ret;
}

static int read_signatures(struct efi_program *p, struct fat *fat, struct err *err)
{
	struct fat_file file = { fat, &p->entry };
	struct pe_source src = fat_file_source(&file);
	int ret;

	if (!p->is_pe)
		return 0;
	ret = pe_signatures_read(&p->pe, &src, &p->signatures, err);
	if (ret < 0)
		return err_push(err, "%s", p->where);
	for (size_t i = 0; i < p->signatures.n && !p->has_digest; i++) {
		const struct pe_signature *s = &p->signatures.v[i];

		if (!s->problem && s->hash == PE_HASH_SHA256) {
			memcpy(p->sha256, s->digest, PE_DIGEST_MAX);
			p->has_digest = true;
		}
	}
	return 0;
}

/* A shim starts what lies beside it; shim, MokManager and fallback.efi alike carry the component "shim". */
static void relate(struct efi_programs *ps)
{
	const struct efi_program *first = ps->n ? &ps->v[0] : NULL;

	if (!first || !first->is_fallback || !first->is_pe || !sbat_find(&first->sbat, "shim"))
		return;
	ps->shim = first;
	for (size_t i = 1; i < ps->n; i++)
		ps->v[i].by_shim = in_boot_folder(ps->v[i].path) &&
				   (ps->v[i].role == ESP_GRUB || ps->v[i].role == ESP_MOK_MANAGER ||
					   ps->v[i].role == ESP_SHIM_FALLBACK);
}

static int read_volume_file(void *ctx, uint64_t off, void *buf, size_t len, struct err *err)
{
	const struct efi_program *k = ctx;
	size_t got;
	int ret = k->volume->ops->read(k->volume->ctx, k->path, off, buf, len, &got, err);

	if (ret == 0 && got != len)
		return err_set(err, EUCLEAN, "the file ends before its size");
	return ret;
}

/* Headers and signers, without reading the whole kernel. */
static void read_kernel(struct efi_program *k)
{
	struct pe_source src = { read_volume_file, 0, k };
	struct file_info info;
	enum presence presence = volume_stat(k->volume, k->path, &info);

	if (presence != PRESENT || info.type != FILE_REGULAR) {
		err_set(&k->why, presence == ABSENT ? ENOENT : EIO, "%s cannot be looked at",
			k->where);
		return;
	}
	src.size = info.size;
	k->is_pe = pe_read(&k->pe, &src, &k->why) == 0 &&
		   pe_signatures_peek(&k->pe, &src, &k->signatures, &k->why) == 0;
}

int efi_programs_read(struct image *image, struct efi_programs *out, struct err *err)
{
	const struct esp_inventory *inv;
	struct fat *fat;
	int ret = image_esp(image, &fat, err);

	*out = (struct efi_programs){ .v = NULL };
	if (ret == 0)
		ret = image_esp_inventory(image, &inv, err);
	if (ret < 0)
		return ret;
	add_boot_folder(out, inv);
	add_chain(out, image, fat);
	for (size_t i = 0; i < out->n && ret == 0; i++) {
		ret = read_headers(&out->v[i], fat, err);
		if (ret == 0)
			ret = read_signatures(&out->v[i], fat, err);
	}
	for (size_t i = 0; i < out->n_kernels; i++)
		read_kernel(&out->kernels[i]);
	relate(out);
	if (ret == 0 && out->more)
		ret = err_set(err, EFBIG, "over %d programs and kernels", PROGRAMS_MAX);
	return ret;
}

static void release_list(struct efi_program *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct efi_program *p = &v[i];

		pe_signatures_release(&p->signatures);
		pe_vendor_certs_release(&p->vendor);
		sbat_levels_release(&p->levels);
		sbat_release(&p->sbat);
		pe_release(&p->pe);
		free(p->path);
		free(p->where);
	}
	free(v);
}

void efi_programs_release(struct efi_programs *programs)
{
	release_list(programs->v, programs->n);
	release_list(programs->kernels, programs->n_kernels);
	*programs = (struct efi_programs){ .v = NULL };
}
