/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of properties, and those that are derived from the container. See
 * properties.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "disk/disk.h"
#include "glance/derive.h"

#define GIB (UINT64_C(1) << 30)

static bool is_word(const char *value)
{
	static const char others[] = "._+:,-";

	if (!*value || *value == '-' || strlen(value) > 255)
		return false;
	for (const char *p = value; *p; p++)
		if (!(*p >= '0' && *p <= '9') && !(*p >= 'a' && *p <= 'z') &&
			!(*p >= 'A' && *p <= 'Z') && !strchr(others, *p))
			return false;
	return true;
}

static void set_reason(struct glance_property *p, const char *fmt, va_list ap)
{
	free(p->reason);
	if (vasprintf(&p->reason, fmt, ap) < 0)
		abort();
}

void property_is(struct glance_property *p, const char *value, const char *reason, ...)
{
	va_list ap;

	if (!is_word(value)) {
		property_left_out(p, "\"%s\" is not a word that can be passed on", value);
		return;
	}
	p->value = xstrdup(value);
	va_start(ap, reason);
	set_reason(p, reason, ap);
	va_end(ap);
}

void property_left_out(struct glance_property *p, const char *reason, ...)
{
	va_list ap;

	va_start(ap, reason);
	set_reason(p, reason, ap);
	va_end(ap);
}

/* ---- the container ---- */

static void disk_format(const struct glance_source *s, struct glance_property *p)
{
	/* Glance's words, where they are not QEMU's. */
	static const struct {
		enum disk_format format;
		const char *word;
	} words[] = { { FORMAT_RAW, "raw" }, { FORMAT_QCOW2, "qcow2" }, { FORMAT_VMDK, "vmdk" },
		{ FORMAT_VDI, "vdi" }, { FORMAT_VHDX, "vhdx" }, { FORMAT_VPC, "vhd" } };
	const struct disk_facts *facts = image_header(s->image);

	if (facts->format == FORMAT_VPC && facts->subformat && !strcmp(facts->subformat, "fixed")) {
		property_left_out(p,
			"Glance knows a vhd by its first bytes, which one of fixed size "
			"lacks: convert the image with --convert");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].format == facts->format) {
			property_is(p, words[i].word,
				facts->format == FORMAT_RAW
					? "the file has no other format's header"
					: "the file's header says so");
			return;
		}
	property_left_out(p, "Glance has no word for %s: convert the image with --convert",
		disk_format_name(facts->format));
}

static void container_format(const struct glance_source *s, struct glance_property *p)
{
	(void)s;
	property_is(p, "bare", "nothing is wrapped around the disk image");
}

static void min_disk(const struct glance_source *s, struct glance_property *p)
{
	uint64_t size = image_header(s->image)->virtual_size;
	char value[24];

	snprintf(value, sizeof(value), "%" PRIu64, size / GIB + (size % GIB != 0));
	property_is(p, value,
		"the disk has %" PRIu64 " bytes, which are no more than that many GiB", size);
}

static void firmware_type(const struct glance_source *s, struct glance_property *p)
{
	if (s->chain && s->chain->n_steps)
		property_is(p, "uefi", "it boots by \\EFI\\BOOT on its EFI System Partition");
	else
		property_left_out(p, "no UEFI boot loader was found");
}

static void machine_type(const struct glance_source *s, struct glance_property *p)
{
	(void)s;
	property_is(p, "virt", "QEMU's machine for ARM guests that bring no board with them");
}

/* ---- all of them ---- */

static const struct row {
	const char *name, *option;
	glance_derive *derive;
} rows[] = {
	{ "disk_format", "--disk-format", disk_format },
	{ "container_format", "--container-format", container_format },
	{ "min_disk", "--min-disk", min_disk },
	{ "min_ram", "--min-ram", glance_min_ram },
	{ "hw_architecture", NULL, glance_architecture },
	{ "architecture", NULL, glance_architecture },
	{ "hw_firmware_type", NULL, firmware_type },
	{ "hw_machine_type", NULL, machine_type },
	{ "hw_disk_bus", NULL, glance_disk_bus },
	{ "hw_scsi_model", NULL, glance_scsi_model },
	{ "hw_vif_model", NULL, glance_vif_model },
	{ "hw_rng_model", NULL, glance_rng_model },
	{ "hw_qemu_guest_agent", NULL, glance_guest_agent },
	{ "os_type", NULL, glance_os_type },
	{ "os_distro", NULL, glance_os_distro },
	{ "os_version", NULL, glance_os_version },
	{ "os_secure_boot", NULL, glance_secure_boot },
};

static void gather(struct glance_source *s)
{
	if (image_chain(s->image, &s->chain, NULL) < 0)
		s->chain = NULL;
	s->entry = s->chain ? chain_default(s->chain) : NULL;
	if (image_programs(s->image, &s->programs, NULL) < 0)
		s->programs = NULL;
	if (image_inventory(s->image, &s->inventory, NULL) < 0)
		s->inventory = NULL;
	if (image_guest(s->image, &s->guest, NULL) < 0)
		s->guest = NULL;
	if (image_initrd(s->image, &s->initrd, NULL) < 0 || s->initrd->initrd.problem_code)
		s->initrd = NULL;
}

int glance_properties_of(struct image *image, struct glance_properties *out, struct err *err)
{
	struct glance_source s = { .image = image };
	struct disk *disk;
	int ret = image_disk(image, &disk, err);

	*out = (struct glance_properties){ 0 };
	if (ret < 0)
		return ret;
	gather(&s);
	out->v = xcalloc(ARRAY_SIZE(rows), sizeof(*out->v));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct glance_property *p = &out->v[out->n];

		p->name = rows[i].name;
		p->option = rows[i].option;
		rows[i].derive(&s, p);
		out->n += p->reason != NULL;
	}
	return 0;
}

void glance_properties_release(struct glance_properties *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->v[i].value);
		free(p->v[i].reason);
	}
	free(p->v);
	*p = (struct glance_properties){ 0 };
}

const char *glance_property(const struct glance_properties *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->v[i].name, name) == 0)
			return p->v[i].value;
	return NULL;
}

bool glance_property_take(
	struct glance_properties *p, const char *name, const char *value, const char *reason)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->v[i].name, name) == 0)
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (strcmp(rows[i].name, name) != 0 || (*value && !is_word(value)))
			continue;
		p->v = xreallocarray(p->v, p->n + 1, sizeof(*p->v));
		p->v[p->n++] = (struct glance_property){
			.name = rows[i].name,
			.option = rows[i].option,
			.value = *value ? xstrdup(value) : NULL,
			.reason = xstrdup(reason),
		};
		return true;
	}
	return false;
}

void glance_property_add(
	struct glance_properties *p, const char *name, const char *value, const char *reason)
{
	p->v = xreallocarray(p->v, p->n + 1, sizeof(*p->v));
	p->v[p->n++] = (struct glance_property){
		.name = name, .value = xstrdup(value), .reason = xstrdup(reason)
	};
}
