/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inventory's own part: distribution and architecture. Kernels are
 * found in kernels.c.
 */
#include "rootfs/inventory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "rootfs/kernels.h"

#define MAX_OS_RELEASE  ((size_t)64 * 1024)
#define MAX_DPKG_STATUS ((size_t)8 * 1024 * 1024)

/* The ELF header (System V ABI, chapter 4). */
#define ELF_DATA    5
#define ELF_BIG     2
#define ELF_MACHINE 18
#define ELF_HEAD    20

static const char *elf_arch(const uint8_t *head)
{
	static const struct {
		uint16_t machine;
		const char *name;
	} machines[] = {
		{ 183, "aarch64" },
		{ 40, "arm" },
		{ 62, "x86_64" },
		{ 3, "i386" },
		{ 243, "riscv64" },
		{ 21, "ppc64le" },
		{ 22, "s390x" },
		{ 258, "loongarch64" },
	};
	uint16_t machine = head[ELF_DATA] == ELF_BIG ? be16(head + ELF_MACHINE)
						     : le16(head + ELF_MACHINE);

	if (memcmp(head, "\177ELF", 4) != 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (machines[i].machine == machine)
			return machines[i].name;
	return NULL;
}

static int find_arch(struct inventory *inv, struct rootfs *root, struct err *err)
{
	static const char *const programs[] = { "/bin/sh", "/usr/bin/sh", "/sbin/init",
		"/usr/lib/systemd/systemd", "/bin/busybox", "/usr/bin/env" };

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		uint8_t head[ELF_HEAD];
		const char *arch;
		size_t got;
		int r = rootfs_read_range(root, programs[i], 0, head, sizeof(head), &got, err);

		if (rootfs_is_missing(r) || r == -EISDIR || r == -EINVAL)
			continue;
		if (r < 0)
			return r;
		arch = got == sizeof(head) ? elf_arch(head) : NULL;
		if (!arch)
			continue;
		snprintf(inv->arch, sizeof(inv->arch), "%s", arch);
		inv->arch_from = xstrdup(programs[i]);
		break;
	}
	err_clear(err);
	return 0;
}

/* The Architecture line of the stanza "Package: dpkg". */
static char *arch_in_status(const char *status)
{
	const char *p = strncmp(status, "Package: dpkg\n", 14) == 0
				? status
				: strstr(status, "\nPackage: dpkg\n");
	const char *end = p ? strstr(p + 1, "\n\n") : NULL;
	const char *arch = p ? strstr(p + 1, "\nArchitecture: ") : NULL;

	if (!arch || (end && arch > end))
		return NULL;
	arch += strlen("\nArchitecture: ");
	return xstrndup(arch, strcspn(arch, "\n"));
}

static void find_dpkg_arch(struct inventory *inv, struct rootfs *root)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;

	/* Only there when foreign architectures were added; the native one comes first. */
	if (rootfs_read_file(root, "/var/lib/dpkg/arch", 4096, &text, NULL) == 0 && text.len) {
		inv->dpkg_arch = xstrndup(buf_text(&text), strcspn(buf_text(&text), "\n"));
		return;
	}
	buf_reset(&text);
	if (rootfs_read_file(root, "/var/lib/dpkg/status", MAX_DPKG_STATUS, &text, NULL) == 0)
		inv->dpkg_arch = arch_in_status(buf_text(&text));
}

static int find_os(struct inventory *inv, struct rootfs *root, struct err *err)
{
	static const char *const paths[] = { "/etc/os-release", "/usr/lib/os-release" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		CLEANUP(buf_release) struct buf text = BUF_INIT;
		int r = rootfs_read_file(root, paths[i], MAX_OS_RELEASE, &text, err);

		if (r == 0) {
			os_release_parse(&inv->os, buf_text(&text));
			return 0;
		}
		/* What reads it goes on where it is a folder, too. */
		if (!rootfs_is_missing(r) && r != -EISDIR)
			return r;
	}
	err_clear(err);
	return 0;
}

int inventory_read(struct inventory *inv, struct rootfs *root, struct rootfs *boot, struct err *err)
{
	int r = find_os(inv, root, err);

	if (r == 0)
		r = find_arch(inv, root, err);
	if (r == 0)
		r = kernels_find(inv, root, boot, err);
	if (r < 0)
		return r;
	find_dpkg_arch(inv, root);
	return 0;
}

void inventory_release(struct inventory *inv)
{
	os_release_release(&inv->os);
	free(inv->arch_from);
	free(inv->dpkg_arch);
	for (size_t i = 0; i < inv->n_kernels; i++) {
		struct guest_kernel *k = &inv->kernels[i];

		free(k->version);
		free(k->image);
		free(k->initrd);
		free(k->config);
		free(k->modules);
	}
	free(inv->kernels);
	*inv = (struct inventory){ 0 };
}
