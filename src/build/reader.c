/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The worker that reads a root file system. See reading.h.
 *
 * ext2, ext3 and ext4 are changed in an overlay over the input, whose blocks are sent, so that
 * their data passes once, from the input to the output. Changes of others are kept in a layer, and
 * sent as files: libguestfs makes them in a copy.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/activity.h"
#include "base/bytes.h"
#include "base/xalloc.h"
#include "build/input.h"
#include "build/reading.h"
#include "build/seed.h"
#include "nvram/nvram.h"
#include "rootfs/rootfs.h"
#include "rootfs/staged.h"

struct reader {
	const struct build_options *opts;
	struct link *link;
	struct disk *disk;
	struct disk *overlay; /* NULL: the changes are in a layer */
	struct rootfs *rootfs;
	struct part_blkid what;
	struct guest guest;
	struct seed seed;
	struct install_plan plan;
	struct reading reading;
};

/* s_wtime of an ext superblock, 1024 bytes into the file system. */
#define EXT_WTIME (1024 + 0x30)

static int choose_time(struct reader *r, struct err *err)
{
	uint8_t wtime[4];
	struct stat st;
	int ret;

	if (r->opts->epoch >= 0) {
		r->reading.now = r->opts->epoch;
	} else if (!r->opts->seed) {
		r->reading.now = time(NULL);
	} else if (r->reading.is_ext) {
		ret = disk_read(r->disk, EXT_WTIME, wtime, sizeof(wtime), err);
		if (ret < 0)
			return ret;
		r->reading.now = le32(wtime);
	} else {
		if (fstat(link_fd(r->link), &st) < 0)
			return err_sys(err, "%s", r->opts->rootfs);
		r->reading.now = st.st_mtime < 0 ? 0 : st.st_mtime;
	}
	return 0;
}

/* The file system as something that can be changed without changing the input. */
static int open_rootfs(struct reader *r, struct err *err)
{
	struct rootfs_source src = {
		.disk = r->disk,
		.type = r->what.type,
		.path = r->opts->rootfs,
		.format = "raw",
		.writable = r->reading.is_ext,
		.now = r->reading.now,
	};
	int ret;

	if (r->reading.is_ext)
		src.disk = r->overlay = disk_overlay(r->disk);
	ret = rootfs_open(&r->rootfs, &src, err);
	if (ret == 0 && rootfs_facts(r->rootfs)->note[0])
		strlist_add(&r->reading.warnings, rootfs_facts(r->rootfs)->note);
	if (ret == 0 && !r->reading.is_ext)
		r->rootfs = rootfs_stage(r->rootfs);
	return ret;
}

static int choose_ids(struct reader *r, struct err *err)
{
	char *about CLEANUP(xfree) = xasprintf(
		"%s %s %llu", r->what.type, r->what.uuid, (unsigned long long)disk_size(r->disk));
	struct guest_ids *ids = &r->reading.ids;
	int ret = seed_init(&r->seed, r->opts->seed, about, err);

	if (ret < 0)
		return ret;
	*ids = (struct guest_ids){
		.root_part = seed_guid(&r->seed, "root"),
		.esp_part = seed_guid(&r->seed, "esp"),
		.esp_serial = seed_serial(&r->seed, "esp volume"),
	};
	r->reading.disk_guid = seed_guid(&r->seed, "disk");
	return guest_adopt_fstab(&r->guest, ids, err);
}

static int plan_loader(struct reader *r, struct err *err)
{
	const char *word = r->opts->loader ? r->opts->loader : "auto";
	struct buf os_release CLEANUP(buf_release) = BUF_INIT;
	enum install_kind kind;
	struct install_options options = {
		.root_uuid = rootfs_facts(r->rootfs)->uuid,
		.boot_prefix = r->guest.grub_dir,
		.cmdline = r->guest.cmdline,
		.kernels = r->guest.kernels,
		.n_kernels = r->guest.n_kernels,
		.title = r->guest.inv.os.pretty_name ? r->guest.inv.os.pretty_name : "Linux",
		.os_id = r->guest.inv.os.id,
		.file = word,
	};

	if (!install_kind_parse(word, &kind))
		kind = INSTALL_FILE;
	if (rootfs_read_file(r->rootfs, "/etc/os-release", 65536, &os_release, NULL) == 0)
		options.os_release = buf_text(&os_release);
	return loader_plan_install(r->rootfs, kind, &options, &r->plan, err);
}

static int change_guest(struct reader *r, struct err *err)
{
	const struct nvram_scene scene = { .root = r->rootfs, .inventory = &r->guest.inv };
	struct strlist *changes = &r->reading.changes;
	int ret = guest_write_fstab(&r->guest, &r->reading.ids, changes, err);

	if (ret == 0 && r->plan.needs_grub_cfg)
		ret = guest_write_grub_cfg(&r->guest, &r->reading.ids, changes, err);
	if (ret == 0 && r->reading.kernels_on_esp)
		ret = guest_write_kernel_cmdline(&r->guest, changes, err);
	if (ret == 0)
		ret = nvram_turn_off_all(&scene, r->reading.now, changes, err);
	return ret;
}

/* Everything that is to be known and decided. */
static int decide(struct reader *r, struct err *err)
{
	int ret = open_rootfs(r, err);

	if (ret == 0)
		ret = guest_open(&r->guest, r->rootfs, r->reading.now, err);
	if (ret < 0)
		return err_push(err, "%s", r->opts->rootfs);
	ret = choose_ids(r, err);
	if (ret < 0)
		return ret;
	activity_step("the loaders");
	guest_plan_cmdline(&r->guest, &r->reading.ids);
	ret = plan_loader(r, err);
	r->reading.kernels_on_esp = r->plan.kind == INSTALL_SYSTEMD_BOOT ||
				    r->plan.kind == INSTALL_UKI;
	activity_step("the changes");
	return ret < 0 ? ret : change_guest(r, err);
}

static int send_piece(void *ctx, const void *bytes, size_t len, struct err *err)
{
	(void)err;
	writes_send_bytes(ctx, bytes, len);
	return 0;
}

static int send_files(struct reader *r, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < r->plan.n; i++) {
		const struct install_file *f = &r->plan.files[i];
		uint64_t size;

		ret = install_file_size(f, r->rootfs, &size, err);
		if (ret < 0)
			return ret;
		reading_send_file(r->link, f->dest, size);
		ret = install_file_read(f, r->rootfs, send_piece, r->link, err);
		if (ret < 0)
			return err_push(err, "making the ESP");
	}
	return ret;
}

static int send_changes(struct reader *r, struct err *err)
{
	int ret;

	if (r->overlay) {
		ret = rootfs_commit(r->rootfs, err);
		return ret < 0 ? ret : writes_send_blocks(r->link, r->overlay, err);
	}
	for (size_t i = 0; i < rootfs_staged_count(r->rootfs); i++)
		writes_send_change(r->link, rootfs_staged_at(r->rootfs, i));
	return 0;
}

static int send_reading(struct reader *r, struct err *err)
{
	const struct os_release *os = &r->guest.inv.os;
	int ret;

	r->reading.type = r->what.type;
	r->reading.is_arm = strcmp(r->guest.arch, "arm") == 0;
	r->reading.system = os->pretty_name ? os->pretty_name : (char[]){ "a Linux system" };
	r->reading.loader = r->plan.what;
	reading_send(r->link, &r->reading);
	activity_step("the files for the ESP");
	ret = send_files(r, err);
	return ret < 0 ? ret : send_changes(r, err);
}

static int read_all(struct reader *r, struct err *err)
{
	int ret = disk_open_raw_fd(link_fd(r->link), r->opts->rootfs, &r->disk, err);

	activity_step("the file system");
	if (ret == 0)
		ret = input_judge(r->disk, r->opts->rootfs, &r->what, err);
	if (ret < 0)
		return ret;
	r->reading.is_ext = reading_is_ext(r->what.type);
	ret = choose_time(r, err);
	if (ret == 0)
		ret = decide(r, err);
	return ret < 0 ? ret : send_reading(r, err);
}

void reading_work(const struct build_options *opts, struct link *link)
{
	struct reader r = { .opts = opts, .link = link };
	struct err err = { 0 };

	/* Nothing is taken apart: the process ends. */
	if (read_all(&r, &err) < 0)
		link_failed(link, &err);
}
