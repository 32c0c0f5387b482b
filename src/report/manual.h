/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of man/checks/, built into the program (the makefile makes the
 * source of it), so that `explain` and the manual page cannot differ.
 */
#ifndef ARMVM_REPORT_MANUAL_H
#define ARMVM_REPORT_MANUAL_H

/* All entries one after the other, in mdoc as man/checks/README describes it. */
extern const char manual_checks[];

#endif
