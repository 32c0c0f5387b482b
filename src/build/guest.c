/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Judging the guest and its kernel command line. See guest.h.
 *
 * The command line names every console that a VM may have (VM-16: pl011,
 * virtio-console and Xen's share hvc0, and the 16550 of other hosts) instead
 * of one: the kernel uses those that exist. Seen with Linux 6.1 in QEMU, which
 * had a pl011 and a virtio-console: with this list both get the kernel's
 * messages; with console=tty0 alone neither does, for any console= makes the
 * kernel ignore the devicetree's stdout-path; with none, the pl011 alone does.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "build/guest.h"
#include "rootfs/osrelease.h"

#define CONSOLES   "console=tty0 console=hvc0 console=ttyS0 console=ttyAMA0"
#define SMALL_FILE ((size_t)1 << 20)

/* The package that brings a kernel, by distribution. */
static const struct {
	const char *like, *package;
} kernel_packages[] = {
	{ "ubuntu", "linux-image-virtual" },
	{ "debian", "linux-image-cloud-arm64 or linux-image-arm64" },
	{ "fedora", "kernel-core" },
	{ "suse", "kernel-default" },
	{ "alpine", "linux-virt" },
	{ "arch", "linux-aarch64" },
};

static int no_kernel(const struct guest *g, struct err *err)
{
	err_set(err, EINVAL, "there is no kernel in its /boot or /usr/lib/modules");
	for (size_t i = 0; i < ARRAY_SIZE(kernel_packages); i++)
		if (os_release_is_like(&g->inv.os, kernel_packages[i].like))
			return err_hint(err, "install %s in it", kernel_packages[i].package);
	return err_hint(err, "install its kernel package in it");
}

static bool arm_arch(const char *arch)
{
	return strcmp(arch, "aarch64") == 0 || strcmp(arch, "arm") == 0;
}

static int wrong_arch(const char *what, const char *arch, struct err *err)
{
	err_set(err, EINVAL, "%s is for %s, and ARM images need aarch64 (or arm)", what, arch);
	return err_hint(err, "make the root file system from packages for arm64, for example with "
			     "mmdebstrap --architectures=arm64");
}

static bool bootable(const struct guest_kernel *k)
{
	switch (k->format) {
	case KERNEL_EFI_IMAGE:
	case KERNEL_ZBOOT:
	case KERNEL_ARM_ZIMAGE:
	case KERNEL_PE:
		return !k->arch[0] || arm_arch(k->arch);
	/* GRUB unpacks it, and what is inside shows when it boots. */
	case KERNEL_GZIP:
	case KERNEL_XZ:
	case KERNEL_LZO:
		return true;
	default:
		return false;
	}
}

static int pick_kernels(struct guest *g, struct err *err)
{
	const struct inventory *inv = &g->inv;

	if (!inv->n_kernels)
		return no_kernel(g, err);
	g->kernels = xcalloc(inv->n_kernels, sizeof(*g->kernels));
	for (size_t i = 0; i < inv->n_kernels; i++) {
		const struct guest_kernel *k = &inv->kernels[i];

		if (bootable(k))
			g->kernels[g->n_kernels++] = (struct install_kernel){
				.version = k->version, .path = k->image, .initrd = k->initrd
			};
	}
	if (g->n_kernels)
		return 0;
	if (inv->kernels[0].arch[0] && !arm_arch(inv->kernels[0].arch))
		return wrong_arch(inv->kernels[0].image, inv->kernels[0].arch, err);
	err_set(err, EINVAL, "%s: %s, which firmware and GRUB cannot start", inv->kernels[0].image,
		kernel_format_name(inv->kernels[0].format));
	return err_hint(err, "install a kernel with CONFIG_EFI_STUB");
}

static int judge_file_system(const struct rootfs_facts *facts, struct err *err)
{
	if (facts->dirty_journal) {
		err_set(err, EINVAL,
			"the file system's journal holds changes that are not in it yet");
		return err_hint(err, "unmount it cleanly, or run: e2fsck -fy on a copy of it");
	}
	if (facts->errors || facts->unclean) {
		err_set(err, EINVAL, "the file system %s",
			facts->errors ? "is marked as having errors" : "was not unmounted cleanly");
		return err_hint(err, "run: e2fsck -fy on a copy of it");
	}
	if (facts->subvolume[0]) {
		err_set(err, ENOTSUP,
			"the system is in the subvolume %s, where neither GRUB nor the kernel would "
			"look for it",
			facts->subvolume);
		return err_hint(err, "copy it to a file system whose top it is: mkfs.btrfs "
				     "--rootdir, or ext4");
	}
	if (!facts->uuid[0]) {
		err_set(err, EINVAL, "the file system has no UUID to be found by");
		return err_hint(err, "give it one with: tune2fs -U random");
	}
	return 0;
}

static const char *grub_dir(const struct guest *g)
{
	if (rootfs_exists(g->fs, "/boot/grub/grub.cfg"))
		return "/boot/grub";
	if (rootfs_exists(g->fs, "/boot/grub2/grub.cfg"))
		return "/boot/grub2";
	return os_release_is_like(&g->inv.os, "fedora") || os_release_is_like(&g->inv.os, "suse")
		       ? "/boot/grub2"
		       : "/boot/grub";
}

static int optional_file(struct rootfs *fs, const char *path, struct buf *text, struct err *err)
{
	int ret = rootfs_read_file(fs, path, SMALL_FILE, text, err);

	return ret == -ENOENT || ret == -ENOTDIR ? 0 : ret;
}

/* Adds the words of a command line but root=, ro and rw, which are build's. */
static void add_words(struct text *out, const char *text)
{
	char *copy CLEANUP(xfree) = xstrdup(text), *save = NULL;

	for (char *w = strtok_r(copy, " \t\n", &save); w; w = strtok_r(NULL, " \t\n", &save))
		if (strncmp(w, "root=", 5) != 0 && strcmp(w, "ro") != 0 && strcmp(w, "rw") != 0)
			text_printf(out, "%s%s", out->len ? " " : "", w);
}

/* What the guest's own configuration asks for, and consoles unless that names some. */
static int read_args(struct guest *g, struct err *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct text args CLEANUP(text_release) = TEXT_INIT;
	int ret = optional_file(g->fs, "/etc/kernel/cmdline", &text, err);

	if (ret == 0 && text.len) {
		add_words(&args, buf_text(&text));
	} else if (ret == 0) {
		ret = optional_file(g->fs, "/etc/default/grub", &text, err);
		if (ret == 0) {
			char *line CLEANUP(xfree) = shell_assignment(
				buf_text(&text), "GRUB_CMDLINE_LINUX");

			add_words(&args, line ? line : "");
		}
	}
	if (ret < 0)
		return err_push(err, "kernel command line");
	if (!strstr(text_str(&args), "console="))
		add_words(&args, CONSOLES);
	g->args = text_detach(&args);
	return 0;
}

int guest_open(struct guest *g, struct rootfs *fs, int64_t now, struct err *err)
{
	int ret;

	g->fs = fs;
	g->now = now;
	ret = judge_file_system(rootfs_facts(fs), err);
	if (ret == 0)
		ret = inventory_read(&g->inv, fs, NULL, err);
	if (ret < 0)
		return ret;
	if (g->inv.arch[0] && !arm_arch(g->inv.arch))
		return wrong_arch(g->inv.arch_from, g->inv.arch, err);
	ret = pick_kernels(g, err);
	if (ret < 0)
		return ret;
	g->arch = strcmp(g->inv.arch[0] ? g->inv.arch : g->inv.kernels[0].arch, "arm") == 0
			  ? "arm"
			  : "aarch64";
	g->grub_dir = grub_dir(g);
	return read_args(g, err);
}

void guest_plan_cmdline(struct guest *g, const struct guest_ids *ids)
{
	char partuuid[GUID_TEXT_LEN + 1];

	guid_format(ids->root_part, partuuid);
	free(g->cmdline);
	if (g->kernels[0].initrd)
		g->cmdline = xasprintf("root=UUID=%s ro %s", rootfs_facts(g->fs)->uuid, g->args);
	else
		g->cmdline = xasprintf("root=PARTUUID=%s ro %s", partuuid, g->args);
}

int guest_write_kernel_cmdline(struct guest *g, struct strlist *changes, struct err *err)
{
	char *text CLEANUP(xfree) = xasprintf("%s\n", g->cmdline);
	int ret;

	if (rootfs_exists(g->fs, "/etc/kernel/cmdline"))
		return 0;
	ret = rootfs_mkdir_p(g->fs, "/etc/kernel", g->now, err);
	if (ret == 0)
		ret = rootfs_write_file(
			g->fs, "/etc/kernel/cmdline", 0644, text, strlen(text), g->now, err);
	if (ret == 0)
		strlist_add(changes, "/etc/kernel/cmdline made, for kernels installed later");
	return ret;
}

void guest_release(struct guest *g)
{
	inventory_release(&g->inv);
	free(g->kernels);
	free(g->args);
	free(g->cmdline);
	*g = (struct guest){ 0 };
}
