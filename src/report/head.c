/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The line that every report begins with. See report.h.
 */
#include "image/facts.h"
#include "report/style.h"

void report_head(struct text *out, const struct facts *f)
{
	char size[16];

	report_safe(out, f->path);
	text_printf(out, ": %s", f->format);
	if (f->virtual_size)
		text_printf(out, ", %s", report_size(f->virtual_size, size));
	text_printf(out, " (%s used)", report_size(f->file_size, size));
	if (f->guest_name) {
		text_puts(out, ", ");
		report_safe(out, f->guest_name);
	}
	if (f->architecture && *f->architecture) {
		text_puts(out, ", ");
		report_safe(out, f->architecture);
	}
	text_puts(out, "\n");
}
