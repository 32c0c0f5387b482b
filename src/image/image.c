/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts about one image, each gathered once. See image.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "image/private.h"
#include "rootfs/cpio.h"

static bool refused(const struct disk_facts *facts)
{
	for (size_t i = 0; i < facts->n_problems; i++)
		if (facts->problems[i].fatal)
			return true;
	return false;
}

int image_open(
	const char *path, const struct image_options *options, struct image **out, struct err *err)
{
	int fd, ret = disk_open_file(path, &fd, err);

	return ret < 0 ? ret : image_open_fd(fd, path, options, out, err);
}

int image_open_fd(int take_fd, const char *path, const struct image_options *options,
	struct image **out, struct err *err)
{
	struct image *image = xcalloc(1, sizeof(*image));
	struct kept *k = &image->disk_kept;

	image->path = xstrdup(path);
	cpio_budget_begin();
	if (options)
		image->options = *options;
	k->asked = true;
	k->ret = disk_open_fd(take_fd, path, &image->header, &image->disk, &k->err);
	/* A container that must not be opened is a fact about the image, not a failure. */
	if (k->ret < 0 && !refused(&image->header)) {
		int ret = k->ret;

		if (err)
			*err = k->err;
		image_close(image);
		return ret;
	}
	*out = image;
	return 0;
}

void image_close(struct image *image)
{
	if (!image)
		return;
	if (image->boots)
		image->release_boots(image->boots);
	efi_programs_release(&image->programs);
	image_guest_free(image);
	image_kernel_free(image);
	if (image->chain)
		chain_free(image->chain);
	inventory_release(&image->inventory);
	fstab_release(&image->mounts);
	image_free_volumes(image);
	esp_inventory_release(&image->esp_inventory);
	fat_report_release(&image->esp_report);
	if (image->esp)
		fat_close(image->esp);
	if (image->esp_window)
		disk_close(image->esp_window);
	if (!image->of && image->parts)
		part_table_free(image->parts);
	if (!image->of && image->disk)
		disk_close(image->disk);
	if (!image->of)
		disk_facts_release(&image->header);
	free(image->path);
	free(image);
}

struct boots **image_boots(struct image *image, void (*release)(struct boots *boots))
{
	image->release_boots = release;
	return &image->boots;
}

const char *image_path(const struct image *image)
{
	return image->path;
}

const struct image_options *image_options(const struct image *image)
{
	return &image->options;
}

const struct disk_facts *image_header(const struct image *image)
{
	return &image->header;
}

typedef int load_fn(struct image *image, struct err *err);

/* The answer to a question, found by load() the first time. */
static int ask(struct image *image, struct kept *k, load_fn *load, struct err *err)
{
	if (!k->asked) {
		k->asked = true;
		k->ret = load(image, &k->err);
	}
	if (k->ret < 0 && err)
		*err = k->err;
	return k->ret;
}

int image_disk(struct image *image, struct disk **out, struct err *err)
{
	/* Asked by image_open(). */
	int ret = ask(image, &image->disk_kept, NULL, err);

	*out = image->disk;
	return ret;
}

static int load_parts(struct image *image, struct err *err)
{
	struct disk *disk;
	int ret = image_disk(image, &disk, err);

	return ret < 0 ? ret : part_read(disk, &image->parts, err);
}

int image_parts(struct image *image, const struct part_table **out, struct err *err)
{
	int ret = ask(image, &image->parts_kept, load_parts, err);

	*out = image->parts;
	return ret;
}

static int no_gpt(const struct part_table *t, struct err *err)
{
	switch (t->scheme) {
	case PART_SCHEME_MBR:
		return err_set(err, ENOENT, "the disk is partitioned by an MBR, not by GPT");
	case PART_SCHEME_BARE:
		return err_set(err, ENOENT, "there is no partition table: the image is a bare %s",
			t->bare);
	case PART_SCHEME_NONE:
		return err_set(err, ENOENT, "there is no partition table");
	case PART_SCHEME_GPT:
		break;
	}
	return err_set(err, ENOENT, "neither copy of the GPT can be used");
}

int image_have_gpt(struct image *image, struct err *err)
{
	const struct part_table *t;
	int ret = image_parts(image, &t, err);

	if (ret < 0)
		return ret;
	return part_table_usable(t) ? 0 : no_gpt(t, err);
}

int image_open_esp(struct image *image, const struct part *part, struct err *err)
{
	int ret = disk_window(image->disk, part->start, part->size, &image->esp_window, err);

	image->esp_part = part;
	return ret == 0 ? fat_open(image->esp_window, &image->esp, err) : ret;
}

static void forget_esp(struct image *image)
{
	if (image->esp)
		fat_close(TAKE(image->esp));
	if (image->esp_window)
		disk_close(TAKE(image->esp_window));
}

/* Firmware tries every ESP and starts the first program that it finds; without any the first one counts. */
static int load_esp(struct image *image, struct err *err)
{
	const struct part *part = NULL, *first;
	int ret = image_have_gpt(image, err);

	if (ret < 0)
		return ret;
	first = part_next_esp(image->parts, NULL);
	if (!first)
		return err_set(err, ENOENT, "there is no EFI System Partition");
	while ((part = part_next_esp(image->parts, part))) {
		bool is = false;

		ret = image_open_esp(image, part, NULL) == 0 ? start_is_on(image->esp, &is, err)
							     : 0;
		if (is)
			return 0;
		forget_esp(image);
		if (ret < 0)
			return ret;
	}
	ret = image_open_esp(image, first, err);
	if (ret < 0)
		err_push(err, "partition %u (ESP)", image->esp_part->index);
	/* An ESP with something else in it is as good as none, and esp.fat32 says so. */
	return ret == -EMEDIUMTYPE || ret == -EUCLEAN ? -ENOENT : ret;
}

int image_esp(struct image *image, struct fat **out, struct err *err)
{
	int ret = ask(image, &image->esp_kept, load_esp, err);

	*out = image->esp;
	return ret;
}

int image_esp_part(struct image *image, const struct part **out, struct err *err)
{
	int ret = ask(image, &image->esp_kept, load_esp, err);

	*out = image->esp_part;
	return ret;
}

static int load_esp_inventory(struct image *image, struct err *err)
{
	struct fat *fat;
	int ret = image_esp(image, &fat, err);

	if (ret == 0)
		ret = esp_inventory_read(fat, &image->esp_inventory, err);
	if (ret == 0 && !image->esp_inventory.complete)
		ret = err_set(err, EFBIG, "the ESP holds more files than are looked at");
	return ret;
}

int image_esp_inventory(struct image *image, const struct esp_inventory **out, struct err *err)
{
	int ret = ask(image, &image->esp_inventory_kept, load_esp_inventory, err);

	*out = &image->esp_inventory;
	return ret;
}

static int load_esp_report(struct image *image, struct err *err)
{
	struct fat *fat;
	int ret = image_esp(image, &fat, err);

	return ret < 0 ? ret : fat_verify(fat, &image->esp_report, err);
}

int image_esp_report(struct image *image, const struct fat_report **out, struct err *err)
{
	int ret = ask(image, &image->esp_report_kept, load_esp_report, err);

	*out = &image->esp_report;
	return ret;
}

int image_volumes(struct image *image, const struct chain_view **out, struct err *err)
{
	int ret = ask(image, &image->volumes_kept, image_load_volumes, err);

	*out = &image->view;
	return ret;
}

/*
 * Which files are the guest's depends on the chain, and a bootconfig has the walk of the chain ask for them in
 * turn: asked for first, they would be found half loaded.
 */
static int ask_after_chain(struct image *image, struct kept *k, load_fn *load, struct err *err)
{
	const struct boot_chain *chain;

	image_chain(image, &chain, NULL);
	return ask(image, k, load, err);
}

int image_rootfs(struct image *image, struct rootfs **out, struct err *err)
{
	int ret = ask_after_chain(image, &image->root_kept, image_load_root, err);

	*out = image->root;
	return ret;
}

int image_take_doubt(struct image *image, struct err *err)
{
	int ret = image->assembled ? rootfs_take_doubt(image->assembled, err) : 0;

	for (size_t i = 0; i < image->view.n && ret == 0; i++)
		if (image->contents[i].rootfs)
			ret = rootfs_take_doubt(image->contents[i].rootfs, err);
	return ret;
}

static int load_inventory(struct image *image, struct err *err)
{
	struct rootfs *root;
	int ret = image_rootfs(image, &root, err);

	if (ret < 0)
		return ret;
	return inventory_read(&image->inventory, root, image_boot_fs(image), err);
}

int image_inventory(struct image *image, const struct inventory **out, struct err *err)
{
	int ret = ask_after_chain(image, &image->inventory_kept, load_inventory, err);

	*out = &image->inventory;
	return ret;
}

static int load_chain(struct image *image, struct err *err)
{
	const struct chain_view *view = NULL;
	int ret = image_have_esp(image, err);

	if (ret < 0)
		return ret;
	ret = image_volumes(image, &view, err);
	if (ret < 0)
		return ret;
	image->chain = chain_walk(view, CHAIN_FALLBACK_PATH);
	image_guest_start(image);
	image_configure(image);
	return 0;
}

int image_chain(struct image *image, const struct boot_chain **out, struct err *err)
{
	int ret = ask(image, &image->chain_kept, load_chain, err);

	*out = image->chain;
	return ret;
}

int image_way(struct image *image, struct image_way *out, struct err *err)
{
	int ret = image_chain(image, &out->chain, err);

	if (ret == 0)
		ret = image_volumes(image, &out->view, err);
	out->entry = ret == 0 ? chain_default(out->chain) : NULL;
	return ret;
}

const struct chain_entry *image_default_entry(struct image *image)
{
	const struct boot_chain *chain;

	return image_chain(image, &chain, NULL) == 0 ? chain_default(chain) : NULL;
}

static int load_programs(struct image *image, struct err *err)
{
	return efi_programs_read(image, &image->programs, err);
}

int image_programs(struct image *image, const struct efi_programs **out, struct err *err)
{
	int ret = ask(image, &image->programs_kept, load_programs, err);

	*out = &image->programs;
	return ret;
}

int image_have_parts(struct image *image, struct err *err)
{
	const struct part_table *t;

	return image_parts(image, &t, err);
}

int image_have_esp(struct image *image, struct err *err)
{
	struct fat *fat;

	return image_esp(image, &fat, err);
}

int image_have_inventory(struct image *image, struct err *err)
{
	const struct inventory *inv;

	return image_inventory(image, &inv, err);
}

int image_have_chain(struct image *image, struct err *err)
{
	const struct boot_chain *chain;

	return image_chain(image, &chain, err);
}

int image_have_boot(struct image *image, struct err *err)
{
	struct disk *disk;
	int ret = image_disk(image, &disk, err);

	if (ret < 0)
		return ret;
	if (!image->options.boot_emulator && !image->options.boot_edk2 &&
		!image->options.boot_uboot)
		return err_set(err, ENOENT, "not asked for (--boot)");
	return 0;
}
