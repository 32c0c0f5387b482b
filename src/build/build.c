/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The course of a build. See build.h.
 *
 * ext2, ext3 and ext4 are changed in an overlay over the input, so that their
 * data passes once, from the input to the output. Other file systems need
 * libguestfs, which needs a file: they are changed in a scratch copy (a
 * reflink where the host can), next to whose appliance a copy costs nothing.
 * An ext file system that is to grow takes that way as well, for resize2fs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "build/internal.h"
#include "nvram/nvram.h"
#include "rootfs/rootfs.h"

static void say(const struct build_options *opts, const char *step)
{
	if (opts->progress)
		opts->progress(opts->progress_ctx, step, 0, 0);
}

void build_result_release(struct build_result *r)
{
	free(r->out);
	free(r->system);
	free(r->loader);
	strlist_release(&r->changes);
	strlist_release(&r->warnings);
	strlist_release(&r->problems);
	*r = (struct build_result){ 0 };
}

static int judge_options(const struct build_options *opts, struct err *err)
{
	if (opts->compress && opts->format != BUILD_QCOW2) {
		err_set(err, EINVAL, "a raw image cannot be compressed");
		return err_hint(err, "use --format qcow2, or leave --compress out");
	}
	return 0;
}

static int refuse_itself(const struct build *b, const char *path, struct err *err)
{
	struct stat in, out;

	if (stat(path, &out) < 0 || fstat(b->input.fd, &in) < 0)
		return 0;
	if (in.st_dev != out.st_dev || in.st_ino != out.st_ino)
		return 0;
	err_set(err, EINVAL, "%s: is the file system that the image is made from", path);
	return err_hint(err, "choose another name with -o");
}

static int open_output(struct build *b, struct err *err)
{
	const struct build_options *opts = b->opts;
	char *path CLEANUP(xfree) = opts->out ? xstrdup(opts->out)
					      : build_default_name(opts->rootfs, opts->format);
	int ret = refuse_itself(b, path, err);

	if (ret == 0)
		ret = outfile_open(&b->out, path, opts->force, err);
	if (ret == 0)
		b->result->out = TAKE(path);
	return ret;
}

/* s_wtime of an ext superblock, 1024 bytes into the file system. */
#define EXT_WTIME (1024 + 0x30)

static int choose_time(struct build *b, struct err *err)
{
	uint8_t wtime[4];
	struct stat st;
	int ret;

	if (b->opts->epoch >= 0) {
		b->now = b->opts->epoch;
	} else if (!b->opts->seed) {
		b->now = time(NULL);
	} else if (b->input.is_ext) {
		ret = disk_read(b->input.disk, EXT_WTIME, wtime, sizeof(wtime), err);
		if (ret < 0)
			return ret;
		b->now = le32(wtime);
	} else {
		if (fstat(b->input.fd, &st) < 0)
			return err_sys(err, "%s", b->opts->rootfs);
		b->now = st.st_mtime;
	}
	return 0;
}

static int choose_ids(struct build *b, struct err *err)
{
	char *about CLEANUP(xfree) = xasprintf("%s %s %llu", b->input.what.type, b->input.what.uuid,
		(unsigned long long)disk_size(b->input.disk));
	int ret = seed_init(&b->seed, b->opts->seed, about, err);

	if (ret < 0)
		return ret;
	b->ids = (struct guest_ids){
		.root_part = seed_guid(&b->seed, "root"),
		.esp_part = seed_guid(&b->seed, "esp"),
		.esp_serial = seed_serial(&b->seed, "esp volume"),
	};
	return guest_follow_fstab(&b->guest, &b->ids, err);
}

/* The file system as something that can be changed without changing the input. */
static int open_rootfs(struct build *b, struct err *err)
{
	struct rootfs_source src = {
		.type = b->input.what.type,
		.format = "raw",
		.writable = true,
		.now = b->now,
	};
	int ret;

	if (b->input.is_ext) {
		b->overlay = disk_overlay(b->input.disk);
		src.disk = b->overlay;
	} else {
		say(b->opts, "copying the file system to change it");
		/* The appliance sees the size that the disk has when it starts. */
		ret = build_copy(b,
			b->opts->size > disk_size(b->input.disk) ? b->opts->size
								 : disk_size(b->input.disk),
			err);
		if (ret < 0)
			return ret;
		say(b->opts, "starting libguestfs");
		src.path = b->copy.path;
	}
	ret = rootfs_open(&b->rootfs, &src, err);
	/* An appliance that runs has the file open. */
	scratch_unname(&b->copy);
	if (ret < 0)
		return err_push(err, "%s", b->opts->rootfs);
	if (rootfs_facts(b->rootfs)->note[0])
		strlist_add(&b->result->warnings, rootfs_facts(b->rootfs)->note);
	return 0;
}

static int plan_loader(struct build *b, struct err *err)
{
	const char *word = b->opts->loader ? b->opts->loader : "auto";
	struct buf os_release CLEANUP(buf_release) = BUF_INIT;
	enum install_kind kind;
	struct install_options options = {
		.root_uuid = rootfs_facts(b->rootfs)->uuid,
		.boot_prefix = b->guest.grub_dir,
		.cmdline = b->guest.cmdline,
		.kernels = b->guest.kernels,
		.n_kernels = b->guest.n_kernels,
		.title = b->guest.inv.os.pretty_name ? b->guest.inv.os.pretty_name : "Linux",
		.os_id = b->guest.inv.os.id,
	};

	if (!install_kind_parse(word, &kind)) {
		if (access(word, R_OK) < 0)
			return err_sys(err, "--loader %s", word);
		kind = INSTALL_FILE;
		options.file = word;
	}
	if (rootfs_read_file(b->rootfs, "/etc/os-release", 65536, &os_release, NULL) == 0)
		options.os_release = buf_str(&os_release);
	return loader_plan_install(b->rootfs, kind, &options, &b->plan, err);
}

static int change_guest(struct build *b, struct err *err)
{
	const struct nvram_scene scene = { .root = b->rootfs, .inventory = &b->guest.inv };
	struct strlist *changes = &b->result->changes;
	int ret = guest_write_fstab(&b->guest, &b->ids, changes, err);

	if (ret == 0 && b->plan.needs_grub_cfg)
		ret = guest_write_grub_cfg(&b->guest, &b->ids, changes, err);
	if (ret == 0 && (b->plan.kind == INSTALL_SYSTEMD_BOOT || b->plan.kind == INSTALL_UKI))
		ret = guest_write_kernel_cmdline(&b->guest, changes, err);
	if (ret == 0)
		ret = nvram_turn_off_all(&scene, b->now, changes, err);
	return ret;
}

static int make_esp(struct build *b, struct err *err)
{
	const struct esp_spec spec = {
		.size = b->layout.esp_size,
		.start = b->layout.esp_start,
		.serial = b->ids.esp_serial,
		.time = b->now,
	};
	int ret = scratch_open(&b->esp, &b->out, err);

	return ret < 0 ? ret : esp_make(&spec, &b->plan, b->rootfs, &b->out, &b->esp, err);
}

/* Everything that is to be known and made before the first byte of the output. */
static int prepare(struct build *b, struct err *err)
{
	uint64_t esp_size;
	int ret = open_rootfs(b, err);

	if (ret == 0) {
		ret = guest_open(&b->guest, b->rootfs, b->now, err);
		if (ret < 0)
			return err_push(err, "%s", b->opts->rootfs);
	}
	if (ret == 0)
		ret = choose_ids(b, err);
	if (ret < 0)
		return ret;
	guest_plan_cmdline(&b->guest, &b->ids);
	ret = plan_loader(b, err);
	if (ret == 0)
		ret = esp_choose_size(&b->plan, b->rootfs, b->opts->esp_size, &esp_size, err);
	if (ret == 0)
		ret = layout_plan(
			&b->layout, b->opts->size, esp_size, disk_size(b->input.disk), err);
	if (ret < 0)
		return ret;
	/* The last partial MiB of a file system is no reason to copy it. */
	b->grows = b->layout.root_size - disk_size(b->input.disk) >= LAYOUT_ALIGN;
	if (b->grows && !b->overlay)
		ret = rootfs_grow(b->rootfs, b->layout.root_size, err);
	if (ret == 0)
		ret = change_guest(b, err);
	if (ret == 0)
		ret = make_esp(b, err);
	if (ret == 0)
		ret = rootfs_commit(b->rootfs, err);
	/* An appliance must have let go of the copy before that is read. */
	rootfs_close(TAKE(b->rootfs));
	return ret;
}

static int run(struct build *b, struct err *err)
{
	int ret = judge_options(b->opts, err);

	if (ret == 0)
		ret = input_open(&b->input, b->opts->rootfs, err);
	if (ret == 0)
		ret = choose_time(b, err);
	if (ret == 0)
		ret = open_output(b, err);
	if (ret == 0)
		ret = prepare(b, err);
	if (ret < 0)
		return ret;
	b->result->system = xstrdup(
		b->guest.inv.os.pretty_name ? b->guest.inv.os.pretty_name : "a Linux system");
	b->result->loader = xstrdup(b->plan.what);
	b->result->disk_size = b->layout.disk_size;
	b->result->esp_size = b->layout.esp_size;
	b->result->root_size = b->layout.root_size;
	ret = build_write(b, err);
	if (ret == 0)
		ret = build_judge(b, err);
	if (ret < 0)
		return ret;
	return outfile_commit(&b->out, err);
}

static void release(struct build *b)
{
	install_plan_release(&b->plan);
	guest_release(&b->guest);
	if (b->rootfs)
		rootfs_close(b->rootfs);
	if (b->overlay)
		disk_close(b->overlay);
	scratch_release(&b->copy);
	scratch_release(&b->esp);
	outfile_release(&b->out);
	input_release(&b->input);
}

int build_image(const struct build_options *opts, struct build_result *result, struct err *err)
{
	struct build b = {
		.opts = opts,
		.result = result,
		.copy = SCRATCH_INIT,
		.esp = SCRATCH_INIT,
		.out = { .fd = -1 },
		.input = { .fd = -1 },
	};
	int ret = run(&b, err);

	release(&b);
	return ret;
}
