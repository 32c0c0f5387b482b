/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest consists of, as far as booting it is concerned: its
 * distribution, its architecture, its kernels with what belongs to each.
 * inventory_read() is quick (directories and headers only); the drivers of a
 * kernel and the content of an initrd are separate, asked for when needed.
 */
#ifndef ARMVM_ROOTFS_INVENTORY_H
#define ARMVM_ROOTFS_INVENTORY_H

#include "rootfs/cpio.h"
#include "rootfs/fstab.h"
#include "rootfs/modprobe.h"
#include "rootfs/osrelease.h"
#include "rootfs/rootfs.h"

enum kernel_format {
	KERNEL_UNKNOWN,    /* nothing that is known here */
	KERNEL_EFI_IMAGE,  /* an arm64 Image with an EFI stub: a PE file that starts "MZ" */
	KERNEL_IMAGE,      /* an arm64 Image without an EFI stub */
	KERNEL_ZBOOT,      /* CONFIG_EFI_ZBOOT: a PE file that unpacks itself */
	KERNEL_GZIP,       /* Image.gz; GRUB unpacks it, firmware does not */
	KERNEL_XZ,         /* the same by xz, for a GRUB with that module */
	KERNEL_LZO,        /* and by lzop */
	KERNEL_ARM_ZIMAGE, /* 32-bit; EFI stub or not is for pe/ to determine */
	KERNEL_X86,        /* bzImage */
	KERNEL_PE,         /* another PE file */
};

/* Paths are inside fs: on a separate /boot they have no /boot in front. */
struct guest_kernel {
	struct rootfs *fs; /* where image, initrd and config are; borrowed */
	char *version;     /* "6.1.0-40-arm64"; "" when the name has none */
	char *image;       /* "/boot/vmlinuz-6.1.0-40-arm64" */
	char *initrd;      /* NULL: none found */
	char *config;      /* NULL: none found */
	char *modules;     /* "/usr/lib/modules/6.1.0-40-arm64" on the root; NULL: none */
	enum kernel_format format;
	char arch[16]; /* from its header, as in struct inventory; "" when not known */
	uint64_t image_size, initrd_size; /* bytes */
};

/* Starts zeroed. */
struct inventory {
	struct os_release os;
	/*
	 * As uname -m says it: "aarch64", "arm", "x86_64", "i386", "riscv64",
	 * "ppc64le", "s390x", "loongarch64"; "" when nothing says. From the ELF
	 * header of the first of sh, init, systemd, busybox that is there.
	 */
	char arch[16];
	char *arch_from; /* the file that says so; NULL when none does */
	char *dpkg_arch; /* "arm64", from dpkg's own record; NULL when there is no dpkg */
	struct guest_kernel *kernels; /* newest version first (as strverscmp orders) */
	size_t n_kernels;
	bool more_kernels; /* than are looked at: which is the newest is not known */
};

/*
 * boot is the file system that the guest mounts on /boot when that is a
 * separate one; otherwise NULL. Both must outlive inv. Missing files are no
 * error: only what cannot be read is.
 */
int inventory_read(
	struct inventory *inv, struct rootfs *root, struct rootfs *boot, struct err *err);
void inventory_release(struct inventory *inv);
DEFINE_RELEASE(struct inventory, inventory_release)

/* What follows a kernel's usual first name, "6.1.0" of "vmlinuz-6.1.0"; NULL when the name is not a kernel's. */
const char *kernel_version_by_name(const char *name);

/* A name for people: "arm64 Image with EFI stub". */
const char *kernel_format_name(enum kernel_format format);

/* Who made an initrd, by what is in it. */
#define INITRD_BY_DRACUT          "dracut"
#define INITRD_BY_INITRAMFS_TOOLS "initramfs-tools"
#define INITRD_BY_MKINITCPIO      "mkinitcpio"
#define INITRD_BY_MKINITFS        "Alpine's mkinitfs"
#define INITRD_BY_POSTMARKETOS    "postmarketOS"
#define INITRD_BY_SNAPD           "snapd"

/* What is in an initrd that opens what a root file system may lie in, by the names of files. */
enum initrd_tool {
	INITRD_LVM = 1,
	INITRD_MDADM = 2,
	INITRD_CRYPTSETUP = 4,
	INITRD_LVM_RULES = 8, /* udev's rules that activate a group when all of it is there */
	INITRD_LVM_SCRIPT =
		16, /* initramfs-tools' scripts, which ask for the root's volume alone */
	INITRD_LVM_ASKED =
		32,           /* dracut's: no volume is activated unless the command line says so */
	INITRD_MD_ASKED = 64, /* the same of arrays */
	INITRD_CRYPTTAB = 128, /* a table of encrypted volumes that has a line */
	INITRD_VERITY = 256,
};

/* What an initrd's own files say of the root file system. */
struct initrd_root {
	struct text cmdline; /* what its maker's scripts read beside the kernel's command line */
	struct fstab mounts; /* what it mounts; the mount points are the guest's: "/", "/usr" */
	char *cmdline_from, *mounts_from; /* the last files that say so, as in the archive */
	const char *maker;                /* one of INITRD_BY; NULL: not known */
	bool is_initrd;                   /* systemd takes it for an initrd (initrd-release) */
	bool has_system;                  /* an os-release, or busybox for an init */
	bool starts_system; /* what the kernel starts is a system's init, or a script that ends in it */
	bool stays;         /* it is a script or a busybox that never goes on to another root */
	/* initramfs-tools: the scripts that boot= may name, and BOOT, which it takes without. */
	struct strlist scripts;
	bool more_scripts;    /* they are too many: scripts are not all */
	char *boot;           /* NULL: none */
	char *medium;         /* conf/uuid.conf, of live-boot and casper; NULL: none */
	bool live_configured; /* live-boot reads more than the command line */
	bool has_packed;      /* a root file system in a file of its own */
	/* mkinitfs' nlplug-findfs has these words: it takes LABEL=, and, from 3.9 on, PARTUUID=. */
	bool findfs_label, findfs_part;
	struct bars bars; /* of its modprobe.d */
	unsigned tools;   /* bits of enum initrd_tool */
	unsigned tables;  /* files that may name the root, and their bytes */
	size_t table_bytes;
	bool beyond; /* one is too long, or they are too many: cmdline and mounts are not all */
};

bool initrd_made_by(const struct initrd_root *root, const char *maker);
/* Whether its maker's ways to open what a root lies in are known: another's may have a program of its own for everything. */
bool initrd_opens_as_known(const struct initrd_root *root);

/* Whether the initrd is the root file system, or has it in it: it needs none on a disk. */
bool initrd_is_system(const struct initrd_root *root);

/* What an initrd holds. Starts zeroed. */
struct initrd {
	/* Sorted, normalised: "virtio_blk" ('-' as '_', no path, no .ko.xz). */
	struct strlist modules;
	struct strlist versions; /* sorted: the kernels whose module folders were seen */
	bool has_init;           /* /init, which the kernel starts unless rdinit= names another */
	struct strlist
		programs; /* sorted: the last parts of the paths of what can be started, and of links */
	bool more_programs; /* they are too many: programs are not all */
	bool has_systemd;   /* which starts what is in it where it is_initrd */
	bool finds_root;    /* systemd's generator that finds it by its partition type */
	struct initrd_root root;
	unsigned segments;
	uint64_t content; /* bytes of all files in it, unpacked; at most what cpio_walk() reads */
	uint64_t files;   /* those that have content */
	char compression[16];
	char problem[256]; /* why it could not be read to its end; "" when it could */
	int problem_code;  /* 0; EUCLEAN: corrupt or truncated; ENOTSUP: not read here */
};

/*
 * Reads the initrd at path to its end. A corrupt one is not an error but
 * recorded in problem; an error is a file that cannot be read.
 */
int initrd_read(struct initrd *rd, struct rootfs *fs, const char *path, struct err *err);

/*
 * The same from any source. Called several times, it reads the files that a
 * loader puts one after the other; what they hold is added up in rd.
 */
int initrd_add(struct initrd *rd, const struct cpio_source *source, struct err *err);
void initrd_release(struct initrd *rd);
DEFINE_RELEASE(struct initrd, initrd_release)

/*
 * Where a kernel has a driver. Filled by driver_find() from the configuration,
 * modules.builtin and modules.dep.
 */
enum driver_state {
	DRIVER_UNKNOWN, /* no configuration and no modules say */
	DRIVER_ABSENT,
	DRIVER_MODULE,
	DRIVER_BUILTIN,
};

/* A kernel's configuration and module lists, read once. Starts zeroed. */
struct kernel_drivers {
	struct buf config;      /* CONFIG_* lines; empty when there is none */
	struct strlist builtin; /* sorted, normalised as in struct initrd */
	struct strlist modules; /* sorted: the modules that modules.dep lists */
	struct buf needs;       /* modules.dep, which says which others each of them needs */
	bool have_config, have_builtin, have_modules;
};

int kernel_drivers_read(struct kernel_drivers *kd, const struct guest_kernel *kernel,
	struct rootfs *root, struct err *err);
void kernel_drivers_release(struct kernel_drivers *kd);
DEFINE_RELEASE(struct kernel_drivers, kernel_drivers_release)

/*
 * module ("virtio_blk") and option ("VIRTIO_BLK") are two names of one
 * driver; either may be NULL when there is none.
 */
enum driver_state driver_find(
	const struct kernel_drivers *kd, const char *module, const char *option);

/* Whether a sorted list, as in struct initrd and struct kernel_drivers, has the module. */
bool module_listed(const struct strlist *sorted, const char *module);

#endif
