/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every file system but ext, through a libguestfs appliance: xfs, btrfs, f2fs
 * and whatever else its kernel mounts. The image's format is named, never
 * probed, and the guest's file system is touched by a kernel in a virtual
 * machine, not by ours.
 *
 * The library is loaded when it is first needed: linked in, it and what it
 * pulls along (libvirt, some fifty libraries) cost every run of the program 15 ms at its
 * start, of the 100 ms that a whole check may take.
 */
#include <errno.h>
#include <dlfcn.h>
#include <glob.h>
#include <guestfs.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "rootfs/backend.h"

/* A call carries at most 4 MiB in either direction. */
#define MESSAGE_BYTES ((size_t)2 * 1024 * 1024)

/* Below /dev/mapper in the appliance. */
#define UNLOCKED "unlocked"

#define LIBRARY         "libguestfs.so.0"
#define LIBRARY_PACKAGE "libguestfs0"

#define FUNCTIONS(F)                                                                               \
	F(create_flags)                                                                            \
	F(close)                                                                                   \
	F(set_error_handler)                                                                       \
	F(last_error)                                                                              \
	F(last_errno)                                                                              \
	F(set_backend)                                                                             \
	F(set_backend_settings)                                                                    \
	F(get_hv)                                                                                  \
	F(add_drive_opts)                                                                          \
	F(launch)                                                                                  \
	F(shutdown)                                                                                \
	F(cryptsetup_open)                                                                         \
	F(lvm_scan)                                                                                \
	F(mount_options)                                                                           \
	F(umount_all)                                                                              \
	F(vfs_type)                                                                                \
	F(vfs_uuid)                                                                                \
	F(vfs_label)                                                                               \
	F(statvfs)                                                                                 \
	F(free_statvfs)                                                                            \
	F(is_dir)                                                                                  \
	F(statns)                                                                                  \
	F(lstatns)                                                                                 \
	F(free_statns)                                                                             \
	F(readlink)                                                                                \
	F(readdir)                                                                                 \
	F(free_dirent_list)                                                                        \
	F(pread)                                                                                   \
	F(write)                                                                                   \
	F(write_append)                                                                            \
	F(chmod)                                                                                   \
	F(chown)                                                                                   \
	F(utimens)                                                                                 \
	F(mkdir_mode)                                                                              \
	F(ln_s)                                                                                    \
	F(rm)                                                                                      \
	F(xfs_growfs)                                                                              \
	F(btrfs_filesystem_resize)

/* libguestfs's functions without their prefix: api->mkdir_mode is guestfs_mkdir_mode(). */
struct api {
#define FIELD(name) __typeof__(guestfs_##name) *name;
	FUNCTIONS(FIELD)
#undef FIELD
};

struct guest {
	struct rootfs base;
	struct api api;
	void *library;
	guestfs_h *g;
};

static struct guest *guest_of(struct rootfs *fs)
{
	return (struct guest *)fs;
}

/* A copy, in which each break of a line, with the blanks around it, is one blank; without the library's advice for its bug reports. */
static char *one_line(const char *text)
{
	const char *end = strstr(text, "\nTo see full error messages");
	char *copy = xmalloc(strlen(text) + 1), *to = copy;

	if (!end)
		end = strstr(text, "dmesg(1) may have more information");
	for (; *text && text != end; text++) {
		bool blank = *text == '\n' || *text == '\t' || *text == ' ';

		if (!blank)
			*to++ = *text;
		else if (to > copy && to[-1] != ' ')
			*to++ = ' ';
	}
	while (to > copy && (to[-1] == ' ' || to[-1] == '.'))
		to--;
	*to = '\0';
	return copy;
}

/* The library's last error as ours. what names the file or the step. */
static int guest_fail(struct guest *u, struct err *err, const char *what)
{
	const char *text = u->api.last_error(u->g);
	int number = u->api.last_errno(u->g);
	CLEANUP(xfree) char *line = one_line(text ? text : "libguestfs failed");

	return err_set(err, number > 0 ? number : EIO, "%s: %s", what, line);
}

static int load(struct guest *u, struct err *err)
{
	u->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!u->library) {
		err_set(err, ENOENT, "this file system needs libguestfs: %s", dlerror());
		err_hint(err, "install the package %s", LIBRARY_PACKAGE);
		return -ENOENT;
	}
#define LOAD(name)                                                                                 \
	u->api.name = (__typeof__(guestfs_##name) *)dlsym(u->library, "guestfs_" #name);           \
	if (!u->api.name)                                                                          \
		return err_set(err, ENOENT, "%s lacks guestfs_%s", LIBRARY, #name);
	FUNCTIONS(LOAD)
#undef LOAD
	return 0;
}

static void guest_close(struct rootfs *fs)
{
	struct guest *u = guest_of(fs);

	if (u->g)
		u->api.close(u->g);
	/* The library stays loaded: what it pulled along has threads and exit handlers. */
	free(u);
}

static bool any_readable(const char *pattern, bool *exists)
{
	glob_t found = { 0 };
	bool readable = false;

	if (glob(pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++) {
			*exists = true;
			readable |= access(found.gl_pathv[i], R_OK) == 0;
		}
	globfree(&found);
	return readable;
}

/* After a failed launch: what is missing on this machine, by the name of its package. */
static void launch_hint(struct guest *u, struct err *err)
{
	bool exists = false;
	bool kernel = any_readable("/boot/vmlinuz-*", &exists) ||
		      any_readable("/lib/modules/*/vmlinuz", &exists);
	char *hv = u->api.get_hv(u->g);

	if (!kernel && exists)
		err_hint(err, "the appliance needs to read a kernel: chmod a+r /boot/vmlinuz-*");
	else if (!kernel)
		err_hint(err,
			"the appliance needs a kernel: install linux-image-cloud-amd64 (on ARM linux-image-cloud-arm64)");
	else if (access("/usr/bin/supermin", X_OK) < 0)
		err_hint(err, "install the package supermin");
	else if (hv && access(hv, X_OK) < 0)
		err_hint(err, "install the package qemu-system-x86 (on ARM qemu-system-arm)");
	else
		err_hint(err, "libguestfs-test-tool shows what is wrong with the appliance");
	free(hv);
}

static int new_handle(struct guest *u, const struct rootfs_source *src, struct err *err)
{
	if (u->g)
		u->api.close(u->g);
	u->g = u->api.create_flags(0);
	if (!u->g)
		return err_set(err, ENOMEM, "libguestfs gave no handle");
	u->api.set_error_handler(u->g, NULL, NULL);
	if (u->api.add_drive_opts(u->g, src->path, GUESTFS_ADD_DRIVE_OPTS_READONLY,
		    src->writable ? 0 : 1, GUESTFS_ADD_DRIVE_OPTS_FORMAT, src->format, -1) < 0)
		return guest_fail(u, err, src->path);
	return 0;
}

static int launch(struct guest *u, const struct rootfs_source *src, struct err *err)
{
	static char force_tcg[] = "force_tcg";
	char *settings[] = { force_tcg, NULL };
	int r = new_handle(u, src, err);

	if (r < 0)
		return r;
	if (u->api.launch(u->g) == 0)
		return 0;
	r = guest_fail(u, err, "starting the libguestfs appliance");
	if (access("/dev/kvm", F_OK) < 0) {
		launch_hint(u, err);
		return r;
	}
	/* KVM that is there but does not work is common inside virtual machines. */
	r = new_handle(u, src, err);
	if (r < 0)
		return r;
	if (u->api.set_backend(u->g, "direct") < 0 ||
		u->api.set_backend_settings(u->g, settings) < 0 || u->api.launch(u->g) < 0) {
		r = guest_fail(u, err, "starting the libguestfs appliance");
		launch_hint(u, err);
		return r;
	}
	snprintf(u->base.facts.note, sizeof(u->base.facts.note),
		"the libguestfs appliance died under KVM and was run again without it (slower)");
	return 0;
}

static int mount_root(struct guest *u, const char *device, const char *subvolume, struct err *err)
{
	char options[96];

	snprintf(options, sizeof(options), "%s%s%s", u->base.writable ? "rw" : "ro",
		*subvolume ? "," : "", subvolume);
	if (u->api.mount_options(u->g, options, device, "/") < 0) {
		guest_fail(u, err, "mounting the file system");
		if (err)
			err->code = ENOTSUP;
		return -ENOTSUP;
	}
	return 0;
}

/*
 * A btrfs root is the default subvolume, or one that the kernel command line
 * names; the names are the distributions' (Ubuntu and SUSE, Debian, Fedora).
 */
static int mount_btrfs(struct guest *u, const char *device, uint64_t id, struct err *err)
{
	static const char *const names[] = { "@rootfs", "@", "root" };
	char option[40] = "";
	int r;

	if (id)
		snprintf(option, sizeof(option), "subvolid=%" PRIu64, id);
	r = mount_root(u, device, option, err);
	if (r < 0 || id || u->api.is_dir(u->g, "/etc") == 1)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char etc[32];

		snprintf(etc, sizeof(etc), "/%s/etc", names[i]);
		if (u->api.is_dir(u->g, etc) != 1)
			continue;
		if (u->api.umount_all(u->g) < 0)
			return guest_fail(u, err, "unmounting");
		snprintf(u->base.facts.subvolume, sizeof(u->base.facts.subvolume), "%s", names[i]);
		snprintf(option, sizeof(option), "subvol=%s", names[i]);
		return mount_root(u, device, option, err);
	}
	return 0;
}

static void read_facts(struct guest *u, const char *device)
{
	struct rootfs_facts *f = &u->base.facts;
	char *type = u->api.vfs_type(u->g, device), *uuid = u->api.vfs_uuid(u->g, device);
	char *label = u->api.vfs_label(u->g, device);
	struct guestfs_statvfs *sv = u->api.statvfs(u->g, "/");

	if (type)
		rootfs_printable(f->type, sizeof(f->type), type, strlen(type));
	if (uuid)
		rootfs_printable(f->uuid, sizeof(f->uuid), uuid, strlen(uuid));
	if (label)
		rootfs_printable(f->label, sizeof(f->label), label, strlen(label));
	if (sv) {
		f->block_size = (uint32_t)sv->bsize;
		f->size = (uint64_t)sv->blocks * (uint64_t)sv->frsize;
		f->free = (uint64_t)sv->bfree * (uint64_t)sv->frsize;
		u->api.free_statvfs(sv);
	}
	free(type);
	free(uuid);
	free(label);
}

static int guest_commit(struct rootfs *fs, struct err *err)
{
	struct guest *u = guest_of(fs);

	if (u->api.umount_all(u->g) < 0)
		return guest_fail(u, err, "unmounting");
	if (u->api.shutdown(u->g) < 0)
		return guest_fail(u, err, "stopping the libguestfs appliance");
	return 0;
}

static int guest_stat(
	struct rootfs *fs, const char *path, bool follow, struct rootfs_stat *st, struct err *err)
{
	struct guest *u = guest_of(fs);
	struct guestfs_statns *s = (follow ? u->api.statns : u->api.lstatns)(u->g, path);

	if (!s)
		return guest_fail(u, err, path);
	*st = (struct rootfs_stat){
		.type = rootfs_type_of((uint32_t)s->st_mode),
		.mode = (uint32_t)s->st_mode & 07777,
		.uid = (uint32_t)s->st_uid,
		.gid = (uint32_t)s->st_gid,
		.size = (uint64_t)s->st_size,
		.mtime = s->st_mtime_sec,
		.inode = (uint64_t)s->st_ino,
	};
	u->api.free_statns(s);
	return 0;
}

static int guest_readlink(struct rootfs *fs, const char *path, char **target, struct err *err)
{
	struct guest *u = guest_of(fs);

	*target = u->api.readlink(u->g, path);
	return *target ? 0 : guest_fail(u, err, path);
}

static int guest_list(struct rootfs *fs, const char *path, struct rootfs_dir *dir, struct err *err)
{
	struct guest *u = guest_of(fs);
	struct guestfs_dirent_list *l = u->api.readdir(u->g, path);
	int r = 0;

	if (!l)
		return guest_fail(u, err, path);
	for (uint32_t i = 0; i < l->len && r == 0; i++) {
		char type = l->val[i].ftyp;

		r = rootfs_dir_add(dir, l->val[i].name, strlen(l->val[i].name),
			type == 'r'   ? ROOTFS_FILE
			: type == 'd' ? ROOTFS_DIR
			: type == 'l' ? ROOTFS_LINK
				      : ROOTFS_OTHER,
			err);
	}
	u->api.free_dirent_list(l);
	return r;
}

static int guest_read_range(struct rootfs *fs, const char *path, uint64_t off, void *bytes,
	size_t len, size_t *got, struct err *err)
{
	struct guest *u = guest_of(fs);
	uint8_t *out = bytes;

	*got = 0;
	while (*got < len) {
		size_t want = len - *got < MESSAGE_BYTES ? len - *got : MESSAGE_BYTES, n = 0;
		char *piece = u->api.pread(u->g, path, (int)want, (int64_t)(off + *got), &n);

		if (!piece)
			return guest_fail(u, err, path);
		if (n > want)
			n = want;
		memcpy(out + *got, piece, n);
		free(piece);
		*got += n;
		if (n == 0)
			break;
	}
	return 0;
}

/* st, when not NULL, has the mode and owner that shall stay; times are set in any case. */
static int put_attributes(struct guest *u, const char *path, uint32_t mode,
	const struct rootfs_stat *st, int64_t mtime, struct err *err)
{
	uint32_t uid = st ? st->uid : 0, gid = st ? st->gid : 0;

	if (u->api.chown(u->g, (int)uid, (int)gid, path) < 0 ||
		u->api.chmod(u->g, (int)(st ? st->mode : mode), path) < 0 ||
		u->api.utimens(u->g, path, mtime, 0, mtime, 0) < 0)
		return guest_fail(u, err, path);
	return 0;
}

/* Removes what is in the way of a new file or link, unless it is a folder. */
static int make_way(struct guest *u, const char *path, bool links_only, struct err *err)
{
	struct rootfs_stat st;
	int r = guest_stat(&u->base, path, false, &st, err);

	if (r == -ENOENT) {
		err_clear(err);
		return 0;
	}
	if (r < 0)
		return r;
	if (st.type == ROOTFS_DIR)
		return err_set(err, EISDIR, "%s is a folder", path);
	if (links_only && st.type == ROOTFS_FILE)
		return 0;
	return u->api.rm(u->g, path) < 0 ? guest_fail(u, err, path) : 0;
}

static int guest_write_file(struct rootfs *fs, const char *path, uint32_t mode, const void *bytes,
	size_t len, int64_t mtime, struct err *err)
{
	struct guest *u = guest_of(fs);
	const char *p = bytes;
	struct rootfs_stat st;
	size_t done = 0;
	bool keep = mode == ROOTFS_KEEP && guest_stat(fs, path, false, &st, NULL) == 0 &&
		    st.type == ROOTFS_FILE;
	int r = make_way(u, path, true, err);

	if (r < 0)
		return r;
	do {
		size_t n = len - done < MESSAGE_BYTES ? len - done : MESSAGE_BYTES;

		r = (done ? u->api.write_append : u->api.write)(u->g, path, p + done, n);
		if (r < 0)
			return guest_fail(u, err, path);
		done += n;
	} while (done < len);
	return put_attributes(
		u, path, mode == ROOTFS_KEEP ? 0644 : mode, keep ? &st : NULL, mtime, err);
}

static int guest_mkdir(struct rootfs *fs, const char *path, int64_t mtime, struct err *err)
{
	struct guest *u = guest_of(fs);

	if (u->api.mkdir_mode(u->g, path, 0755) < 0)
		return guest_fail(u, err, path);
	return put_attributes(u, path, 0755, NULL, mtime, err);
}

static int guest_symlink(
	struct rootfs *fs, const char *target, const char *path, int64_t mtime, struct err *err)
{
	struct guest *u = guest_of(fs);
	int r = make_way(u, path, false, err);

	if (r < 0)
		return r;
	/* The appliance cannot set a link's own times; nothing reads them. */
	(void)mtime;
	return u->api.ln_s(u->g, target, path) < 0 ? guest_fail(u, err, path) : 0;
}

static int guest_remove(struct rootfs *fs, const char *path, struct err *err)
{
	struct guest *u = guest_of(fs);

	return u->api.rm(u->g, path) < 0 ? guest_fail(u, err, path) : 0;
}

static int guest_grow(struct rootfs *fs, uint64_t size, struct err *err)
{
	struct guest *u = guest_of(fs);
	int r;

	if (strcmp(fs->facts.type, "xfs") == 0 && fs->facts.block_size)
		r = u->api.xfs_growfs(u->g, "/", GUESTFS_XFS_GROWFS_DATASIZE,
			(int64_t)(size / fs->facts.block_size), -1);
	else if (strcmp(fs->facts.type, "btrfs") == 0)
		r = u->api.btrfs_filesystem_resize(
			u->g, "/", GUESTFS_BTRFS_FILESYSTEM_RESIZE_SIZE, (int64_t)size, -1);
	else
		return err_set(err, ENOTSUP, "%s cannot be grown here", fs->facts.type);
	return r < 0 ? guest_fail(u, err, "growing the file system") : 0;
}

static const struct rootfs_ops guest_ops = {
	.close = guest_close,
	.commit = guest_commit,
	.stat = guest_stat,
	.readlink = guest_readlink,
	.list = guest_list,
	.read_range = guest_read_range,
	.write_file = guest_write_file,
	.mkdir = guest_mkdir,
	.symlink = guest_symlink,
	.remove = guest_remove,
	.grow = guest_grow,
};

/* What is encrypted, and what is in it; the device's name when that is a file system. */
static int unlock(struct guest *u, const struct rootfs_source *src, char *device, size_t size,
	struct err *err)
{
	if (!src->locked)
		return 0;
	if (memchr(buf_bytes(src->secret), '\0', src->secret->len))
		return err_set(err, ENOTSUP, "libguestfs takes no key with a NUL in it");
	if (u->api.cryptsetup_open(u->g, src->locked, buf_text(src->secret), UNLOCKED,
		    GUESTFS_CRYPTSETUP_OPEN_READONLY, src->writable ? 0 : 1, -1) < 0)
		return guest_fail(u, err, "opening the encrypted volume");
	if (!src->logical)
		snprintf(device, size, "/dev/mapper/" UNLOCKED);
	else if (u->api.lvm_scan(u->g, 1) < 0)
		return guest_fail(u, err, "looking for logical volumes");
	return 0;
}

int rootfs_guestfs_open(struct rootfs **out, const struct rootfs_source *src, struct err *err)
{
	struct guest *u = xcalloc(1, sizeof(*u));
	CLEANUP(rootfs_close) struct rootfs *fs = &u->base;
	char device[272] = "/dev/sda";
	int r;

	fs->ops = &guest_ops;
	fs->writable = src->writable;
	if (!src->path || !src->format)
		return err_set(
			err, ENOTSUP, "%s needs an image file that libguestfs can open", src->type);
	r = load(u, err);
	if (r == 0)
		r = launch(u, src, err);
	if (r < 0)
		return r;
	if (src->logical)
		snprintf(device, sizeof(device), "/dev/%s", src->logical);
	else if (src->partition)
		snprintf(device, sizeof(device), "/dev/sda%u", src->partition);
	r = unlock(u, src, device, sizeof(device), err);
	if (r < 0)
		return r;
	r = strcmp(src->type, "btrfs") == 0 ? mount_btrfs(u, device, src->subvolume_id, err)
					    : mount_root(u, device, "", err);
	if (r < 0)
		return r;
	read_facts(u, device);
	*out = TAKE(fs);
	return 0;
}
