/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds kernels and what belongs to them, by the names that the distributions
 * use: /boot/vmlinuz-VERSION with initrd.img-VERSION (Debian), initramfs-VERSION.img
 * (Fedora, Arch), initrd-VERSION (SUSE), initramfs-NAME (Alpine), and
 * /usr/lib/modules/VERSION/vmlinuz, with initrd or initramfs.img (OSTree). Leaves out kernels on the ESP and UKIs,
 * which are the loader room's.
 */
#include "rootfs/kernels.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"

#define MAX_KERNELS 64
#define HEAD_BYTES  1024

/* Linux Documentation/arm64/booting.rst, arch/arm zImage, x86/boot.rst. */
#define IMAGE_MAGIC   0x38
#define ZBOOT_MAGIC   4
#define ZIMAGE_MAGIC  0x24
#define X86_BOOT_FLAG 0x1fe
#define X86_HEADER    0x202
#define DOS_PE_OFFSET 0x3c
#define PE_MACHINE    4

const char *kernel_format_name(enum kernel_format format)
{
	static const char *const names[] = {
		[KERNEL_UNKNOWN] = "unknown",
		[KERNEL_EFI_IMAGE] = "Image with EFI stub",
		[KERNEL_IMAGE] = "Image without EFI stub",
		[KERNEL_ZBOOT] = "EFI zboot image",
		[KERNEL_GZIP] = "gzip",
		[KERNEL_XZ] = "xz",
		[KERNEL_LZO] = "lzop",
		[KERNEL_ARM_ZIMAGE] = "32-bit zImage",
		[KERNEL_X86] = "x86 bzImage",
		[KERNEL_PE] = "PE",
	};

	return names[format];
}

static const char *pe_arch(const uint8_t *head, size_t len)
{
	uint32_t pe = len >= DOS_PE_OFFSET + 4 ? le32(head + DOS_PE_OFFSET) : UINT32_MAX;

	if (!range_within(pe, PE_MACHINE + 2, len))
		return "";
	switch (le16(head + pe + PE_MACHINE)) {
	case 0xaa64:
		return "aarch64";
	case 0x1c0:
	case 0x1c2:
	case 0x1c4:
		return "arm";
	case 0x8664:
		return "x86_64";
	case 0x14c:
		return "i386";
	case 0x5064:
		return "riscv64";
	case 0x6264:
		return "loongarch64";
	default:
		return "";
	}
}

static bool has(const uint8_t *head, size_t len, size_t off, const void *magic, size_t n)
{
	return range_within(off, n, len) && memcmp(head + off, magic, n) == 0;
}

static void determine_format(struct guest_kernel *k, const uint8_t *head, size_t len)
{
	bool mz = has(head, len, 0, "MZ", 2);
	const char *arch = mz ? pe_arch(head, len) : "";

	if (has(head, len, IMAGE_MAGIC, "ARM\x64", 4)) {
		k->format = mz ? KERNEL_EFI_IMAGE : KERNEL_IMAGE;
		arch = "aarch64";
	} else if (has(head, len, IMAGE_MAGIC, "RSC\x05", 4)) {
		k->format = mz ? KERNEL_PE : KERNEL_UNKNOWN;
		arch = "riscv64";
	} else if (mz && has(head, len, ZBOOT_MAGIC, "zimg", 4)) {
		k->format = KERNEL_ZBOOT;
	} else if (has(head, len, ZIMAGE_MAGIC, "\x18\x28\x6f\x01", 4)) {
		k->format = KERNEL_ARM_ZIMAGE;
		arch = "arm";
	} else if (has(head, len, X86_BOOT_FLAG, "\x55\xaa", 2) &&
		   has(head, len, X86_HEADER, "HdrS", 4)) {
		k->format = KERNEL_X86;
		arch = *arch ? arch : "x86_64";
	} else if (has(head, len, 0, "\x1f\x8b", 2)) {
		k->format = KERNEL_GZIP;
	} else if (has(head, len, 0,
			   "\xfd"
			   "7zXZ",
			   6)) {
		k->format = KERNEL_XZ;
	} else if (has(head, len, 0, "\x89LZO", 5)) {
		k->format = KERNEL_LZO;
	} else if (mz) {
		k->format = KERNEL_PE;
	}
	snprintf(k->arch, sizeof(k->arch), "%s", arch);
}

static bool dir_has(const struct rootfs_dir *dir, const char *name)
{
	size_t low = 0, high = dir->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = strcmp(dir->v[mid].name, name);

		if (c == 0)
			return true;
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

/* Where the search is: one folder with kernels, and the folder of module folders. */
struct search {
	struct inventory *inv;
	struct rootfs *fs;       /* that has the folder */
	const char *folder;      /* "/boot/", "/" */
	struct rootfs_dir files; /* what is in it */
	const char *modules_at;  /* "/usr/lib/modules" on the root */
	struct rootfs_dir modules;
};

/* The first of the names, each made of a format with the version, that is in the folder. */
static char *companion(
	const struct search *s, const char *const formats[], size_t n, const char *version)
{
	for (size_t i = 0; i < n; i++) {
		CLEANUP(xfree) char *name = xasprintf(formats[i], version);

		if (dir_has(&s->files, name))
			return xasprintf("%s%s", s->folder, name);
	}
	return NULL;
}

static int read_head(struct guest_kernel *k, struct err *err)
{
	uint8_t head[HEAD_BYTES];
	struct rootfs_stat st;
	size_t got;
	int r = rootfs_read_range(k->fs, k->image, 0, head, sizeof(head), &got, err);

	if (r < 0)
		return r;
	determine_format(k, head, got);
	if (rootfs_stat(k->fs, k->image, &st, NULL) == 0)
		k->image_size = st.size;
	if (k->initrd && rootfs_stat(k->fs, k->initrd, &st, NULL) == 0)
		k->initrd_size = st.size;
	return 0;
}

/* Takes the paths. Modules go by the version, or are the only ones there. */
static int add_kernel(struct search *s, const char *version, char *take_image, char *take_initrd,
	char *take_config, struct err *err)
{
	struct inventory *inv = s->inv;
	struct guest_kernel *k;
	int r;

	inv->kernels = xreallocarray(inv->kernels, inv->n_kernels + 1, sizeof(*inv->kernels));
	k = &inv->kernels[inv->n_kernels++];
	*k = (struct guest_kernel){
		.fs = s->fs, .image = take_image, .initrd = take_initrd, .config = take_config
	};
	/* "vmlinuz-linux" and "Image" have no version; "vmlinuz-5.10.0-1-arm64" does. */
	if (!(*version >= '0' && *version <= '9') && s->modules.n == 1)
		version = s->modules.v[0].name;
	k->version = xstrdup(version);
	if (dir_has(&s->modules, version))
		k->modules = xasprintf("%s/%s", s->modules_at, version);
	r = read_head(k, err);
	if (rootfs_is_missing(r) || r == -EISDIR || r == -EINVAL) {
		/* A link that leads nowhere, or something else with a kernel's name. */
		free(k->version);
		free(k->image);
		free(k->initrd);
		free(k->config);
		free(k->modules);
		inv->n_kernels--;
		err_clear(err);
		r = 0;
	}
	return r;
}

const char *kernel_version_by_name(const char *name)
{
	static const char *const stems[] = { "vmlinuz", "Image", "vmlinux", "kernel" };

	for (size_t i = 0; i < ARRAY_SIZE(stems); i++) {
		size_t len = strlen(stems[i]);
		const char *end;

		if (strncmp(name, stems[i], len) != 0)
			continue;
		if (!name[len])
			return name + len;
		if (name[len] != '-')
			continue;
		end = name + strlen(name);
		/* Copies that package managers and people leave are not bootable entries. */
		if (end - name > 4 &&
			(strcmp(end - 4, ".old") == 0 || strcmp(end - 4, ".bak") == 0))
			return NULL;
		return name + len + 1;
	}
	return NULL;
}

static bool is_full(struct inventory *inv)
{
	inv->more_kernels |= inv->n_kernels >= MAX_KERNELS;
	return inv->more_kernels;
}

static int find_in_boot(struct search *s, bool links, struct err *err)
{
	static const char *const initrds[] = { "initrd.img-%s", "initramfs-%s.img", "initrd-%s",
		"initramfs-%s", "initrd-%s.img" };
	static const char *const plain[] = { "initrd.img%s", "initramfs.img%s", "initrd%s" };
	static const char *const configs[] = { "config-%s" };
	int r = 0;

	for (size_t i = 0; i < s->files.n && r == 0; i++) {
		const char *version = kernel_version_by_name(s->files.v[i].name);
		char *initrd;

		if (!version || s->files.v[i].type != (links ? ROOTFS_LINK : ROOTFS_FILE) ||
			is_full(s->inv))
			continue;
		initrd = *version ? companion(s, initrds, ARRAY_SIZE(initrds), version)
				  : companion(s, plain, ARRAY_SIZE(plain), "");
		r = add_kernel(s, version, xasprintf("%s%s", s->folder, s->files.v[i].name), initrd,
			companion(s, configs, 1, version), err);
	}
	return r;
}

static bool have_version(const struct inventory *inv, const char *version)
{
	for (size_t i = 0; i < inv->n_kernels; i++)
		if (strcmp(inv->kernels[i].version, version) == 0)
			return true;
	return false;
}

/* /usr/lib/modules/VERSION/vmlinuz, where /boot does not have the same kernel. */
static int find_in_modules(struct search *s, struct rootfs *root, struct err *err)
{
	int r = 0;

	s->fs = root;
	for (size_t i = 0; i < s->modules.n && r == 0; i++) {
		const char *version = s->modules.v[i].name;
		char *base, *image, *initrd, *config;

		if (have_version(s->inv, version) || is_full(s->inv))
			continue;
		base = xasprintf("%s/%s", s->modules_at, version);
		image = xasprintf("%s/vmlinuz", base);
		initrd = xasprintf("%s/initrd", base);
		config = xasprintf("%s/config", base);
		if (!rootfs_exists(root, initrd)) {
			free(initrd);
			initrd = xasprintf("%s/initramfs.img", base);
		}
		if (!rootfs_exists(root, initrd))
			free(TAKE(initrd));
		if (!rootfs_exists(root, config))
			free(TAKE(config));
		r = add_kernel(s, version, image, initrd, config, err);
		free(base);
	}
	return r;
}

static int newest_first(const void *a, const void *b)
{
	const struct guest_kernel *x = a, *y = b;
	int c = strverscmp(y->version, x->version);

	return c ? c : strcmp(x->image, y->image);
}

/* Lists a folder; one that is not there is empty. */
static int list_if_there(
	struct rootfs *fs, const char *path, struct rootfs_dir *dir, struct err *err)
{
	int r = rootfs_list(fs, path, dir, err);

	if (!rootfs_is_missing(r))
		return r;
	err_clear(err);
	return 0;
}

int kernels_find(struct inventory *inv, struct rootfs *root, struct rootfs *boot, struct err *err)
{
	struct search s = { .inv = inv,
		.fs = boot ? boot : root,
		.folder = boot ? "/" : "/boot/",
		.modules_at = "/usr/lib/modules" };
	int r = list_if_there(s.fs, s.folder, &s.files, err);

	if (r == 0)
		r = list_if_there(root, s.modules_at, &s.modules, err);
	if (r == 0 && s.modules.n == 0) {
		s.modules_at = "/lib/modules";
		r = list_if_there(root, s.modules_at, &s.modules, err);
	}
	if (r == 0)
		r = find_in_boot(&s, false, err);
	/* Links usually lead to a kernel found already, and matter only when nothing was. */
	if (r == 0 && inv->n_kernels == 0)
		r = find_in_boot(&s, true, err);
	if (r == 0)
		r = find_in_modules(&s, root, err);
	rootfs_dir_release(&s.files);
	rootfs_dir_release(&s.modules);
	if (inv->n_kernels)
		qsort(inv->kernels, inv->n_kernels, sizeof(*inv->kernels), newest_first);
	return r;
}
