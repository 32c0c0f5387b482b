/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few facts that every report begins with. See facts.h.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "disk/disk.h"
#include "image/image.h"
#include "report/facts.h"
#include "report/style.h"
#include "rootfs/inventory.h"

static char *copy(const char *s)
{
	return xstrdup(s ? s : "");
}

void facts_of(struct image *image, struct facts *f)
{
	const struct disk_facts *header = image_header(image);
	const struct inventory *inv;

	*f = (struct facts){
		.path = xstrdup(image_path(image)),
		.format = xstrdup(disk_format_name(header->format)),
		.virtual_size = header->virtual_size,
		.file_size = header->stored,
	};
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

void report_head(struct buf *out, const struct facts *f)
{
	char size[16];

	style_safe(out, f->path);
	buf_printf(out, ": %s", f->format);
	if (f->virtual_size)
		buf_printf(out, ", %s", report_size(f->virtual_size, size));
	buf_printf(out, " (%s used)", report_size(f->file_size, size));
	if (f->guest_name) {
		buf_puts(out, ", ");
		style_safe(out, f->guest_name);
	}
	if (f->architecture && *f->architecture) {
		buf_puts(out, ", ");
		style_safe(out, f->architecture);
	}
	buf_puts(out, "\n");
}
