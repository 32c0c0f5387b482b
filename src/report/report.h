/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verdicts as text for people and as JSON for programs. Everything here
 * appends to a struct text; only cli/ prints.
 */
#ifndef ARMVM_REPORT_REPORT_H
#define ARMVM_REPORT_REPORT_H

#include "base/buf.h"
#include "checks/verdict.h"

struct facts; /* image/facts.h */
struct glance_properties;
struct image;

enum report_flags {
	REPORT_COLOUR = 1,  /* ANSI colours, for a terminal */
	REPORT_VERBOSE = 2, /* every check on its own line, those that passed or were skipped too */
	REPORT_BRIEF = 4    /* the conclusion's line alone */
};

/*
 * The report on one image: a head line, a line per family that is fine, what
 * is wrong (what, where, why, what to do) for those that are not, and the
 * conclusion. width is the terminal's in columns; 0: not a terminal, 100.
 */
void report_text(struct text *out, const struct facts *facts, const struct verdict *v,
	unsigned flags, unsigned width);

/*
 * The command that mends what was found, with these options of it, and what would stay; nothing
 * when there is nothing that fix can mend: the checks' rows say, the plan is fix's.
 */
void report_mending(struct text *out, const char *path, const struct verdict *v,
	const struct strlist *options, unsigned width);

/* The head line alone: name, format, size, guest. */
void report_head(struct text *out, const struct facts *facts);

/*
 * JSON reports: report_json_begin(), report_json_image() or
 * report_json_failed() for each image, report_json_end(). The document is
 * described in armvm-image(1), JSON OUTPUT; fields are added, never renamed
 * or removed, as long as "schema" stays 1.
 */
struct report_json;
struct report_json *report_json_begin(void);
void report_json_image(
	struct report_json *json, const struct facts *facts, const struct verdict *v);
/* The image could not be looked at at all. */
void report_json_failed(struct report_json *json, const char *path, const struct err *why);
/* Appends a document of its own, on a line, for each image since the last call. */
void report_json_lines(struct report_json *json, struct text *out);
/* Adds the image of one such line, made by another process of ours. */
void report_json_parsed(struct report_json *json, const char *line);
/* Appends the document and frees json. */
void report_json_end(struct report_json *take_json, struct text *out);

/*
 * One line per check: id, severity, source, title and, for those that fix() can
 * do something about, "fixable"; tab separated when flags has no colour.
 */
void report_check_list(struct text *out, unsigned flags);

/* The check's severity, source and title, and its entry in the manual as plain text. */
void report_explain(struct text *out, const struct check *check, unsigned flags, unsigned width);

/*
 * The image as lines that say by themselves what they are about: the container, partitions,
 * file systems, files of the ESP, how it boots, and what relies on NVRAM. For comparing.
 */
void report_listing(struct text *out, struct image *image);

/* What `info` says: the layout, drawn to scale, with file systems, loaders and kernels. */
void report_info(struct text *out, struct image *image, unsigned width);

/*
 * What Glance should be given, by a person (a line each, with the reasons, what
 * is left out and why), by `openstack image create` (its options on one line,
 * without characters that a shell would expand or split) or by a shell (NAME=value
 * lines).
 */
void report_properties_text(
	struct text *out, const struct glance_properties *p, unsigned flags, unsigned width);
void report_properties_args(struct text *out, const struct glance_properties *p);
void report_properties_env(struct text *out, const struct glance_properties *p);
/* Or by a program: the report of one image as report_json_image() has it, with "glance" in it. */
void report_json_properties(struct report_json *json, const struct glance_properties *p);

/*
 * Adds text from a guest, or a name, as one that can steer no terminal: control characters,
 * what is no UTF-8, and what turns or hides text (bidi, tags) become '?'.
 */
void report_safe(struct text *out, const char *text);
/* The same for lines: newlines stay. */
void report_safe_lines(struct text *out, const char *text);

/* Bytes as "2.0 GiB": one decimal from 1 KiB on. size must have room for 16 bytes. */
const char *report_size(uint64_t bytes, char size[16]);

#endif
