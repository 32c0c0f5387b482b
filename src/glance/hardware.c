/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine that an image is for: its architecture, and the devices that its
 * kernel and initrd have drivers for. A disk's driver must be there before the
 * root file system is; a network card's may come from it.
 */
#include <string.h>

#include "glance/derive.h"
#include "pe/pe.h"

void glance_architecture(const struct glance_source *s, struct glance_property *p)
{
	const struct efi_program *fallback = s->programs && s->programs->n &&
							     s->programs->v[0].is_fallback
						     ? &s->programs->v[0]
						     : NULL;

	if (fallback && fallback->is_pe && fallback->pe.machine == PE_MACHINE_AARCH64)
		property_is(p, "aarch64", "%s is a program for AArch64", fallback->where);
	else if (s->inventory && strcmp(s->inventory->arch, "aarch64") == 0)
		property_is(p, "aarch64", "%s is a program for AArch64", s->inventory->arch_from);
	else if (s->inventory && strcmp(s->inventory->arch, "arm") == 0)
		property_is(p, "armv7l", "%s is a program for 32-bit ARM", s->inventory->arch_from);
	else
		property_left_out(p, "no boot loader and no program tell");
}

/* A driver by its module's name and its option in the kernel's configuration. */
struct driver {
	const char *module, *option;
};

enum where {
	NOWHERE,
	UNKNOWN,
	IN_KERNEL,
	IN_INITRD,
	IN_MODULES,
};

static const char *const where_texts[] = {
	[NOWHERE] = "is missing",
	[UNKNOWN] = "may be built in, which nothing tells",
	[IN_KERNEL] = "is built into the kernel",
	[IN_INITRD] = "is in the initrd",
	[IN_MODULES] = "is among the kernel's modules",
};

/* Where the guest has it; at_boot: before the root file system is there. */
static enum where find(const struct glance_source *s, const struct driver *d, bool at_boot)
{
	enum driver_state state = DRIVER_UNKNOWN;

	if (s->guest && s->guest->kernel)
		state = driver_find(&s->guest->drivers, d->module, d->option);
	if (state == DRIVER_BUILTIN)
		return IN_KERNEL;
	if (s->initrd && module_listed(&s->initrd->initrd.modules, d->module))
		return IN_INITRD;
	if (state == DRIVER_MODULE && !at_boot)
		return IN_MODULES;
	return state == DRIVER_UNKNOWN ? UNKNOWN : NOWHERE;
}

#define DRIVERS_MAX 3

/* A model that Nova can offer on this machine, and what the guest needs for it; the first that fits is taken. */
struct model {
	const char *value;
	bool at_boot;
	struct driver drivers[DRIVERS_MAX]; /* all of them; ends at an empty one */
};

#define VIRTIO_PCI                                                                                 \
	{                                                                                          \
		"virtio_pci", "VIRTIO_PCI"                                                         \
	}

static const struct model disks[] = {
	{ "virtio", true, { VIRTIO_PCI, { "virtio_blk", "VIRTIO_BLK" } } },
	{ "scsi", true,
		{ VIRTIO_PCI, { "virtio_scsi", "SCSI_VIRTIO" }, { "sd_mod", "BLK_DEV_SD" } } },
};

static const struct model cards[] = {
	{ "virtio", false, { VIRTIO_PCI, { "virtio_net", "VIRTIO_NET" } } },
	{ "e1000e", false, { { "e1000e", "E1000E" } } },
	{ "e1000", false, { { "e1000", "E1000" } } },
	{ "rtl8139", false, { { "8139cp", "8139CP" } } },
};

static const struct model generators[] = {
	{ "virtio", false, { VIRTIO_PCI, { "virtio_rng", "HW_RANDOM_VIRTIO" } } },
};

/* The worst of a model's drivers: where it is, and which. */
static enum where judge(
	const struct glance_source *s, const struct model *m, const struct driver **worst)
{
	enum where least = IN_MODULES;

	for (size_t i = 0; i < DRIVERS_MAX && m->drivers[i].module; i++) {
		enum where w = find(s, &m->drivers[i], m->at_boot);

		if (!*worst || w < least) {
			*worst = &m->drivers[i];
			least = w;
		}
	}
	return least;
}

static const struct model *choose(const struct glance_source *s, const struct model *models,
	size_t n, enum where *where, const struct driver **driver)
{
	for (size_t i = 0; i < n; i++) {
		*driver = NULL;
		*where = judge(s, &models[i], driver);
		if (*where > UNKNOWN) {
			/* The device's own driver says more than the bus's. */
			*driver = models[i].drivers[1].module ? &models[i].drivers[1]
							      : &models[i].drivers[0];
			*where = find(s, *driver, models[i].at_boot);
			return &models[i];
		}
	}
	/* Of what does not fit, the first choice is named. */
	*driver = NULL;
	*where = judge(s, &models[0], driver);
	return NULL;
}

static void set_model(const struct glance_source *s, struct glance_property *p,
	const struct model *models, size_t n)
{
	const struct driver *driver;
	enum where where;
	const struct model *m = choose(s, models, n, &where, &driver);

	if (m)
		property_is(p, m->value, "its driver %s %s", driver->module, where_texts[where]);
	else
		property_left_out(p, "the driver %s %s", driver->module, where_texts[where]);
}

void glance_disk_bus(const struct glance_source *s, struct glance_property *p)
{
	set_model(s, p, disks, ARRAY_SIZE(disks));
}

void glance_scsi_model(const struct glance_source *s, struct glance_property *p)
{
	const struct driver *driver;
	enum where where;
	const struct model *m = choose(s, disks, ARRAY_SIZE(disks), &where, &driver);

	if (m && strcmp(m->value, "scsi") == 0)
		property_is(
			p, "virtio-scsi", "its driver %s %s", driver->module, where_texts[where]);
}

void glance_vif_model(const struct glance_source *s, struct glance_property *p)
{
	set_model(s, p, cards, ARRAY_SIZE(cards));
}

void glance_rng_model(const struct glance_source *s, struct glance_property *p)
{
	set_model(s, p, generators, ARRAY_SIZE(generators));
}
