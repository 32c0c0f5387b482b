/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An image as a list of lines, each of which says by itself what it is about:
 * two such lists, compared, show what a tool did to an image. Left out is what
 * differs between any two images: times, and where files lie.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/xalloc.h"
#include "checks/check.h"
#include "disk/disk.h"
#include "esp/esp.h"
#include "fat/fat.h"
#include "image/image.h"
#include "loader/chain.h"
#include "nvram/nvram.h"
#include "part/part.h"
#include "plan/diff.h"
#include "report/report.h"
#include "rootfs/inventory.h"

#define TEXT_MAX ((size_t)64 << 10)

/* Files of the guest that say how it boots, now and after its next update. */
static const char *const guest_files[] = {
	"/etc/fstab",
	"/etc/crypttab",
	"/etc/default/grub",
	"/etc/kernel/cmdline",
	"/etc/kernel/install.conf",
	"/etc/sysconfig/bootloader",
	"/etc/os-release",
	"/etc/machine-id",
	"/boot/grub/grub.cfg",
	"/boot/grub2/grub.cfg",
	"/grub/grub.cfg",
	"/grub2/grub.cfg",
};

static void add_disk(struct text *out, struct image *image)
{
	const struct disk_facts *facts = image_header(image);
	const struct part_table *t;

	text_printf(out, "container: %s%s%s\n", disk_format_name(facts->format),
		facts->subformat ? ", " : "", facts->subformat ? facts->subformat : "");
	text_printf(out, "disk: %" PRIu64 " bytes\n", facts->virtual_size);
	if (image_parts(image, &t, NULL) < 0)
		return;
	text_printf(out, "table: MBR faults %x, primary GPT faults %x, backup GPT faults %x\n",
		t->mbr.wrong, t->primary.wrong, t->backup.wrong);
	for (size_t i = 0; i < t->n_parts; i++) {
		const struct part *p = &t->parts[i];
		char type[GUID_TEXT_LEN + 1], guid[GUID_TEXT_LEN + 1];

		guid_format(p->guid, guid);
		text_printf(out,
			"partition %u: LBA %" PRIu64 " to %" PRIu64 ", %s, %s, attributes %" PRIx64
			", \"%s\"\n",
			p->index, p->first_lba, p->last_lba, part_type_word(p->type, type), guid,
			p->attrs, p->name);
	}
}

/* A text file line by line, behind its name. */
static void add_text(struct text *out, const char *name, const char *path, const struct buf *text)
{
	for (const char *p = buf_text(text); *p;) {
		size_t len = strcspn(p, "\n");

		text_printf(out, "%s:%s: %.*s\n", name, path, (int)len, p);
		p += len + (p[len] == '\n');
	}
}

static bool add_if_text(struct text *out, const struct volume *v, const char *path)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	char name[VOLUME_NAME_MAX];

	if (volume_read(v, path, TEXT_MAX, &text, NULL) < 0 ||
		!diff_is_text(buf_text(&text), text.len))
		return false;
	add_text(out, volume_name(v, name), path, &text);
	return true;
}

struct esp_walk {
	struct text *out;
	const struct volume *esp;
};

static int add_esp_file(void *arg, const char *path, const struct fat_entry *entry)
{
	struct esp_walk *w = arg;
	CLEANUP(xfree) char *clean = path_clean(path);
	char hex[65] = "?";
	uint64_t size = entry->size;

	if (entry->is_dir || add_if_text(w->out, w->esp, clean))
		return 0;
	volume_sha256(w->esp, clean, hex, &size, NULL);
	text_printf(w->out, "ESP:%s: %" PRIu64 " bytes, SHA-256 %s\n", clean, size, hex);
	return 0;
}

static void add_volumes(struct text *out, struct image *image)
{
	const struct chain_view *view;
	struct fat *fat;

	if (image_volumes(image, &view, NULL) < 0)
		return;
	for (size_t i = 0; i < view->n; i++) {
		const struct volume *v = &view->volumes[i];

		text_printf(out, "partition %u: holds %s, UUID %s, label %s\n", v->number,
			*v->fstype ? v->fstype : "nothing that is known", v->uuid ? v->uuid : "-",
			v->label ? v->label : "-");
		for (size_t k = 0; !v->is_esp && k < ARRAY_SIZE(guest_files); k++)
			add_if_text(out, v, guest_files[k]);
	}
	if (view->esp && image_esp(image, &fat, NULL) == 0)
		fat_walk(fat, add_esp_file, &(struct esp_walk){ out, view->esp }, NULL);
}

static void add_way(struct text *out, const char *from, const struct boot_chain *chain)
{
	CLEANUP(xfree) char *summary = chain_summary(chain);

	text_printf(
		out, "boots%s: %s%s\n", from, summary, chain->complete ? "" : ", and no further");
	for (size_t i = 0; i < chain->n_entries; i++)
		text_printf(out, "entry%s: %s%s: %s\n", from, chain->entries[i].title,
			chain->entries[i].is_default ? " (default)" : "",
			chain->entries[i].cmdline);
}

static int add_start(void *arg, const struct part *part, struct image *other, struct err *err)
{
	CLEANUP(xfree) char *from = xasprintf(" from partition %u", part->index);
	const struct boot_chain *chain;

	(void)err;
	if (image_chain(other, &chain, NULL) == 0)
		add_way(arg, from, chain);
	return 0;
}

static void add_boot(struct text *out, struct image *image)
{
	const struct inventory *inv;
	const struct boot_chain *chain;

	if (image_inventory(image, &inv, NULL) == 0)
		for (size_t i = 0; i < inv->n_kernels; i++)
			text_printf(out,
				"kernel: %s, %" PRIu64 " bytes, initrd %s, %" PRIu64 " bytes\n",
				inv->kernels[i].image, inv->kernels[i].image_size,
				inv->kernels[i].initrd ? inv->kernels[i].initrd : "-",
				inv->kernels[i].initrd_size);
	if (image_chain(image, &chain, NULL) < 0)
		return;
	add_way(out, "", chain);
	image_each_start(image, add_start, out, NULL);
}

static void add_switches(struct text *out, struct image *image)
{
	static const char *const states[] = {
		[NVRAM_ABSENT] = "not there", [NVRAM_OFF] = "off", [NVRAM_ACTIVE] = "active"
	};
	struct nvram_scene scene = { 0 };

	if (image_rootfs(image, &scene.root, NULL) < 0 ||
		image_inventory(image, &scene.inventory, NULL) < 0)
		return;
	if (image_esp(image, &scene.fat, NULL) == 0)
		image_esp_inventory(image, &scene.esp, NULL);
	for (size_t i = 0; i < check_count(); i++) {
		const char *id = check_at(i)->id;
		const struct nvram_mechanism *m = strncmp(id, "nvram.", 6) == 0
							  ? nvram_mechanism(id + 6)
							  : NULL;
		struct nvram_answer a CLEANUP(nvram_answer_release) = { 0 };

		if (m && m->detect(m, &scene, &a, NULL) == 0)
			text_printf(out, "%s: %s%s%s\n", id, states[a.state], a.what ? ": " : "",
				a.what ? a.what : "");
	}
}

void report_listing(struct text *out, struct image *image)
{
	add_disk(out, image);
	add_volumes(out, image);
	add_boot(out, image);
	add_switches(out, image);
}
