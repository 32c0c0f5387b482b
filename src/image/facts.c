/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few facts that every report begins with. See facts.h.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "disk/disk.h"
#include "image/facts.h"
#include "image/image.h"
#include "rootfs/inventory.h"

static char *copy(const char *s)
{
	return xstrdup(s ? s : "");
}

void facts_of_container(struct image *image, struct facts *f)
{
	const struct disk_facts *header = image_header(image);

	*f = (struct facts){
		.path = xstrdup(image_path(image)),
		.format = xstrdup(disk_format_name(header->format)),
		.virtual_size = header->virtual_size,
		.file_size = header->stored,
	};
}

void facts_of(struct image *image, struct facts *f)
{
	const struct inventory *inv;

	facts_of_container(image, f);
	if (image_inventory(image, &inv, NULL) < 0)
		return;
	f->guest_name = copy(inv->os.pretty_name ? inv->os.pretty_name : inv->os.id);
	f->guest_id = copy(inv->os.id);
	f->guest_version = copy(inv->os.version_id);
	f->architecture = copy(inv->arch);
}

void facts_release(struct facts *f)
{
	free(f->path);
	free(f->format);
	free(f->guest_name);
	free(f->guest_id);
	free(f->guest_version);
	free(f->architecture);
	*f = (struct facts){ 0 };
}
