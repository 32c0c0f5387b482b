/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report that a person reads: grouped by family, one line for a family
 * that is fine, nothing said twice. See report.h.
 */
#include <stdio.h>
#include <string.h>

#include "base/xalloc.h"
#include "image/facts.h"
#include "report/style.h"

#define FAMILY_COLUMNS 11
#define STATUS_COLUMNS 7
#define TEXT_COLUMN    (2 + FAMILY_COLUMNS + STATUS_COLUMNS)
#define FACT_COLUMNS   11
#define DEFAULT_WIDTH  100

struct text {
	struct buf *out;
	unsigned flags;
	unsigned width;
};

const char *report_size(uint64_t bytes, char size[16])
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double v = (double)bytes / 1024;
	size_t u = 0;

	if (bytes < 1024) {
		snprintf(size, 16, "%u B", (unsigned)bytes);
		return size;
	}
	while (v >= 1024 && u + 1 < ARRAY_SIZE(units)) {
		v /= 1024;
		u++;
	}
	snprintf(size, 16, "%.1f %s", v, units[u]);
	return size;
}

/* Adds untrusted text as a wrapped paragraph below the ones before it. */
static void paragraph(const struct text *t, const char *text)
{
	struct buf safe CLEANUP(buf_release) = BUF_INIT;

	report_safe(&safe, text);
	buf_printf(t->out, "%*s", TEXT_COLUMN, "");
	style_wrap(t->out, buf_str(&safe), TEXT_COLUMN, TEXT_COLUMN, t->width);
}

static void start_line(const struct text *t, const char *family, enum style style, const char *word)
{
	buf_printf(t->out, "  %-*s", FAMILY_COLUMNS, family);
	style_add(t->out, t->flags, style, word, STATUS_COLUMNS);
}

static void title_line(const struct text *t, const struct check_result *r)
{
	style_add(t->out, t->flags, STYLE_BOLD, r->check->id, 0);
	buf_puts(t->out, "  ");
	style_add(t->out, t->flags, STYLE_DIM, r->check->source, 0);
	buf_puts(t->out, "\n");
}

static void add_finding(const struct text *t, const struct finding *f)
{
	struct buf line CLEANUP(buf_release) = BUF_INIT;

	buf_printf(&line, "%s%s%s", f->where, *f->where ? ": " : "", f->what);
	paragraph(t, buf_str(&line));
	if (!*f->advice)
		return;
	buf_reset(&line);
	buf_printf(&line, "To mend it: %s", f->advice);
	paragraph(t, buf_str(&line));
}

/* What was seen, a line each: "kernel     Linux 6.1.0". */
static void add_facts(const struct text *t, const struct check_result *r)
{
	for (size_t i = 0; i < r->n_facts; i++) {
		const struct fact *f = &r->facts[i];
		struct buf value CLEANUP(buf_release) = BUF_INIT;

		if (f->detail && !(t->flags & REPORT_VERBOSE))
			continue;
		report_safe(&value, f->value);
		buf_printf(t->out, "%*s", TEXT_COLUMN, "");
		style_add(t->out, t->flags, STYLE_DIM, f->key, FACT_COLUMNS);
		style_wrap(t->out, buf_str(&value), TEXT_COLUMN + FACT_COLUMNS,
			TEXT_COLUMN + FACT_COLUMNS, t->width);
	}
}

static void add_result(const struct text *t, const char *family, const struct check_result *r)
{
	static const struct {
		enum style style;
		const char *word;
	} findings[] = { { STYLE_DIM, "note" }, { STYLE_WARN, "warn" }, { STYLE_BAD, "FAIL" } };
	enum severity s = r->severity;

	switch (r->waived ? OUTCOME_SKIPPED : r->outcome) {
	case OUTCOME_PASS:
		start_line(t, family, STYLE_OK, "ok");
		break;
	case OUTCOME_SKIPPED:
		start_line(t, family, STYLE_DIM, r->waived ? "waived" : "skip");
		break;
	case OUTCOME_INCONCLUSIVE:
		start_line(t, family, STYLE_WARN, "?");
		break;
	case OUTCOME_FINDING:
		start_line(t, family, findings[s].style, findings[s].word);
		break;
	}
	title_line(t, r);
	for (size_t i = 0; i < r->n; i++)
		add_finding(t, &r->findings[i]);
	if (r->dropped)
		buf_printf(t->out, "%*sand %zu more of the same\n", TEXT_COLUMN, "", r->dropped);
	if (r->reason)
		paragraph(t, r->reason);
	if (r->waived) {
		CLEANUP(xfree) char *waived = xasprintf("Waived: %s", r->waived);

		paragraph(t, waived);
	}
	add_facts(t, r);
}

struct family_counts {
	unsigned passed, skipped, inconclusive, findings;
	const char *skip_reason; /* of the first that was skipped */
};

static bool same_family(const struct check_result *a, const struct check_result *b)
{
	return strcmp(check_family(a->check), check_family(b->check)) == 0;
}

/* Counts the results of the family that begins at r; returns how many they are. */
static size_t count_family(
	const struct check_result *r, const struct check_result *end, struct family_counts *c)
{
	const struct check_result *p;

	*c = (struct family_counts){ 0 };
	for (p = r; p < end && same_family(p, r); p++) {
		c->passed += p->outcome == OUTCOME_PASS;
		c->skipped += p->outcome == OUTCOME_SKIPPED;
		c->inconclusive += p->outcome == OUTCOME_INCONCLUSIVE;
		c->findings += p->outcome == OUTCOME_FINDING;
		if (p->outcome == OUTCOME_SKIPPED && !c->skip_reason)
			c->skip_reason = p->reason;
	}
	return (size_t)(p - r);
}

static void fine_line(const struct text *t, const char *family, const struct family_counts *c)
{
	if (c->passed) {
		start_line(t, family, STYLE_OK, "ok");
		buf_printf(t->out, "%u check%s", c->passed, c->passed == 1 ? "" : "s");
		if (c->skipped)
			buf_printf(t->out, ", %u not applicable", c->skipped);
		buf_puts(t->out, "\n");
		return;
	}
	start_line(t, family, STYLE_DIM, "skip");
	style_wrap(t->out, c->skip_reason ? c->skip_reason : "nothing to check", TEXT_COLUMN,
		TEXT_COLUMN, t->width);
}

/* Adds one reason once, however many checks could not answer because of it. */
static bool told_before(const struct check_result *first, const struct check_result *r)
{
	if (r->outcome != OUTCOME_INCONCLUSIVE || !r->reason)
		return false;
	for (const struct check_result *p = first; p < r; p++)
		if (p->outcome == OUTCOME_INCONCLUSIVE && p->reason &&
			strcmp(p->reason, r->reason) == 0)
			return true;
	return false;
}

static size_t add_family(const struct text *t, const struct check_result *r,
	const struct check_result *first, const struct check_result *end)
{
	struct family_counts c;
	size_t n = count_family(r, end, &c);
	const char *family = check_family(r->check);
	bool verbose = t->flags & REPORT_VERBOSE;

	if (!verbose && !c.findings && !c.inconclusive) {
		fine_line(t, family, &c);
		for (size_t i = 0; i < n; i++)
			add_facts(t, &r[i]);
		style_scenarios(t->out, r, n, t->flags, TEXT_COLUMN, t->width);
		return n;
	}
	for (size_t i = 0; i < n; i++) {
		bool quiet = r[i].outcome == OUTCOME_PASS || r[i].outcome == OUTCOME_SKIPPED ||
			     told_before(first, &r[i]);

		if (quiet && !verbose)
			continue;
		add_result(t, family, &r[i]);
		family = "";
	}
	style_scenarios(t->out, r, n, t->flags, TEXT_COLUMN, t->width);
	return n;
}

static void add_conclusion(const struct text *t, const char *path, const struct verdict *v)
{
	static const struct {
		enum style style;
		const char *text;
	} words[] = {
		[PORTABLE] = { STYLE_OK, "portable" },
		[NOT_PORTABLE] = { STYLE_BAD, "not portable" },
		[UNDETERMINED] = { STYLE_WARN, "could not be determined" },
	};
	const struct {
		unsigned n;
		const char *word;
	} counts[] = {
		{ v->errors, "error" },
		{ v->warnings, "warning" },
		{ v->notes, "note" },
	};
	const char *sep = " (";

	report_safe(t->out, path);
	buf_puts(t->out, ": ");
	style_add(t->out, t->flags, words[v->conclusion].style, words[v->conclusion].text, 0);
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		if (!counts[i].n)
			continue;
		buf_printf(t->out, "%s%u %s%s", sep, counts[i].n, counts[i].word,
			counts[i].n == 1 ? "" : "s");
		sep = ", ";
	}
	if (v->inconclusive) {
		buf_printf(t->out, "%s%u inconclusive", sep, v->inconclusive);
		sep = ", ";
	}
	if (v->waived) {
		buf_printf(t->out, "%s%u waived", sep, v->waived);
		sep = ", ";
	}
	buf_puts(t->out, *sep == ',' ? ")\n" : "\n");
}

/* A name as a shell takes it for one word. */
static void add_shell_word(struct buf *out, const char *word)
{
	struct buf safe CLEANUP(buf_release) = BUF_INIT;
	const char *plain =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._+:,=@%-";

	report_safe(&safe, word);
	if (safe.len && strspn(safe.data, plain) == safe.len && safe.data[0] != '-') {
		buf_puts(out, safe.data);
		return;
	}
	buf_puts(out, *word == '-' ? "'./" : "'");
	for (const char *p = buf_str(&safe); *p; p++)
		buf_add(out, *p == '\'' ? "'\\''" : p, *p == '\'' ? 4 : 1);
	buf_puts(out, "'");
}

/* What mends it, and what would stay: the rows tell, the plan is fix's. */
static void add_mending(const struct text *t, const char *path, const struct verdict *v)
{
	struct buf stays CLEANUP(buf_release) = BUF_INIT;
	unsigned fixable = 0;

	for (size_t i = 0; i < v->n; i++) {
		const struct check_result *r = &v->results[i];

		if (r->outcome != OUTCOME_FINDING || r->check->severity == SEV_NOTE || r->waived)
			continue;
		if (r->check->fix)
			fixable++;
		else if (strcmp(check_family(r->check), "boot") != 0)
			buf_printf(&stays, "%s%s", stays.len ? ", " : "", r->check->id);
	}
	if (!fixable)
		return;
	buf_puts(t->out, "mend it: armvm-image fix ");
	add_shell_word(t->out, path);
	buf_puts(t->out, "\n");
	if (!stays.len)
		return;
	buf_puts(t->out, "  and by hand: ");
	style_wrap(t->out, buf_str(&stays), 15, 15, t->width);
}

void report_text(struct buf *out, const struct facts *facts, const struct verdict *v,
	unsigned flags, unsigned width)
{
	struct text t = { out, flags, width >= 60 ? width : DEFAULT_WIDTH };
	const struct check_result *end = v->results + v->n;

	if (!(flags & REPORT_BRIEF)) {
		report_head(out, facts);
		buf_puts(out, "\n");
		for (const struct check_result *r = v->results; r < end;)
			r += add_family(&t, r, v->results, end);
		buf_puts(out, "\n");
	}
	add_conclusion(&t, facts->path, v);
	if (!(flags & REPORT_BRIEF))
		add_mending(&t, facts->path, v);
}
