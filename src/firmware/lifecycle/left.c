/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What left boot services and is no Linux kernel. See left.h. Other systems are
 * known by words that their loaders carry; a Linux kernel that fails on the
 * way to its entry is one all the same, and so fails to boot.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "firmware/core/image.h"
#include "firmware/lifecycle/left.h"
#include "firmware/services/kernel.h"

static const struct {
	const char *name, *words;
	bool wide; /* in UTF-16 */
} systems[] = {
	{ "FreeBSD", "FreeBSD/arm64", false },
	{ "OpenBSD", "OpenBSD/arm64", false },
	{ "OpenBSD", ">> OpenBSD/", false },
	{ "NetBSD", "NetBSD/", false },
	{ "Xen", "Xen version %d.%d", false },
	{ "Windows", "bootmgfw", true },
	{ "Windows", "Windows Boot Manager", true },
};

static const void *find(const uint8_t *image, uint64_t size, const char *words, bool wide)
{
	uint8_t needle[64];
	size_t n = 0;

	for (; *words && n + 2 <= sizeof(needle); words++) {
		needle[n++] = (uint8_t)*words;
		if (wide)
			needle[n++] = 0;
	}
	return memmem(image, size, needle, n);
}

static const char *system_name(const uint8_t *image, uint64_t size)
{
	for (size_t i = 0; image && i < ARRAY_SIZE(systems); i++)
		if (find(image, size, systems[i].words, systems[i].wide))
			return systems[i].name;
	return NULL;
}

static bool is_linux(struct machine *m, const uint8_t *image)
{
	CLEANUP(xfree) char *release = NULL;
	struct image_file file;

	if (!image || !image_file_of(m, m->kernel.image, &file) || !file.kernel)
		return false;
	if (file.zboot)
		return true;
	release = kernel_release(image, m->kernel.image_size);
	return release;
}

bool left_unfollowed(struct machine *m, char because[128])
{
	const char *name = NULL;
	const uint8_t *image;
	bool kernel;

	/* One was entered all the same, though not as it needs it. */
	if (!m->boot_services_gone || m->kernel.release)
		return false;
	image = guest_in(m->ram, m->kernel.image, m->kernel.image_size);
	kernel = is_linux(m, image);
	if (!kernel)
		name = system_name(image, m->kernel.image_size);
	guest_revoke(m->ram);
	if (kernel)
		return false;
	snprintf(because, 128, "it had left boot services for something that is not followed (%s)",
		name ? name : "no Linux kernel");
	return true;
}
