/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A family of checks in the report that a person reads. Private to report/.
 */
#ifndef ARMVM_REPORT_FAMILY_H
#define ARMVM_REPORT_FAMILY_H

#include "report/style.h"

/* Where a report goes, and what it is about. */
struct text_report {
	struct text *out;
	unsigned flags; /* of enum report_flags */
	unsigned width;
	const struct facts *facts;
	const struct verdict *verdict;
};

/*
 * Adds the lines of the family that begins at result number `first` of the verdict, and returns
 * how many results it has. One that is fine is a line, and so is each note; errors, warnings and
 * open questions stand in full, an advice or a reason that several share but once.
 */
size_t family_add(const struct text_report *t, size_t first);

#endif
