/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the headers and the section table of a PE/COFF file (Microsoft
 * PE/COFF specification, "MS-DOS Stub" to "Section Table"). What the whole
 * table means together is judged in layout.c; imports, exports, resources and
 * debug directories are left out, since no firmware looks at them.
 */
#include "pe/pe.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"
#include "pe/internal.h"

#define HEAD_SIZE 4096

#define DOS_LFANEW  0x3c
#define DOS_SIZE    0x40
#define LINUX_MAGIC 0x38

/* COFF file header, from the PE signature on. */
#define COFF_MACHINE       4
#define COFF_SECTIONS      6
#define COFF_TIMESTAMP     8
#define COFF_SYMBOLS       12
#define COFF_N_SYMBOLS     16
#define COFF_OPTIONAL_SIZE 20
#define COFF_FLAGS         22
#define COFF_SIZE          24
#define COFF_SYMBOL_SIZE   18

/* Optional header. */
#define OPT_MAGIC           0
#define OPT_ENTRY           16
#define OPT_BASE_32         28
#define OPT_BASE_64         24
#define OPT_SECTION_ALIGN   32
#define OPT_FILE_ALIGN      36
#define OPT_SIZE_OF_IMAGE   56
#define OPT_SIZE_OF_HEADERS 60
#define OPT_CHECKSUM        64
#define OPT_SUBSYSTEM       68
#define OPT_DLL             70
#define OPT_DIRS_32         96
#define OPT_DIRS_64         112
#define OPT_MAGIC_32        0x10b
#define OPT_MAGIC_64        0x20b

/* From the PE signature to what says of which kind a program is. */
#define PROGRAM_SIZE (COFF_SIZE + OPT_SUBSYSTEM + 2)

/* Section header. */
#define SCN_VSIZE    8
#define SCN_VA       12
#define SCN_RAW_SIZE 16
#define SCN_RAW      20
#define SCN_FLAGS    36

#define PROBLEMS_PER_CODE 4

static int memory_read(void *ctx, uint64_t off, void *buf, size_t len, struct err *err)
{
	const struct pe_memory *mem = ctx;

	if (!range_within(off, len, mem->len))
		return err_set(err, EIO, "read beyond the end");
	memcpy(buf, mem->bytes + off, len);
	return 0;
}

struct pe_source pe_source_memory(struct pe_memory *mem)
{
	return (struct pe_source){ memory_read, mem->len, mem };
}

static int fd_read(void *ctx, uint64_t off, void *buf, size_t len, struct err *err)
{
	const int *fd = ctx;
	uint8_t *p = buf;

	while (len) {
		ssize_t n = pread(*fd, p, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "reading at byte %llu", (unsigned long long)off);
		if (n == 0)
			return err_set(err, EIO, "the file became shorter while it was read");
		p += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

int pe_source_fd(struct pe_source *src, int *fd, struct err *err)
{
	struct stat st;

	if (fstat(*fd, &st) < 0)
		return err_sys(err, "asking for the file's size");
	*src = (struct pe_source){ fd_read, (uint64_t)st.st_size, fd };
	return 0;
}

int pe_src_read(const struct pe_source *src, uint64_t off, void *buf, size_t len, struct err *err)
{
	if (!range_within(off, len, src->size))
		return err_set(err, EIO, "bytes at %llu lie beyond the end of the file",
			(unsigned long long)off);
	return len ? src->read(src->ctx, off, buf, len, err) : 0;
}

static void add_problem(
	struct pe *pe, enum pe_problem_code code, unsigned refusers, const char *fmt, va_list ap)
{
	char text[256];
	unsigned same = 0;

	for (size_t i = 0; i < pe->n_problems; i++)
		same += pe->problems[i].code == code;
	if (same == PROBLEMS_PER_CODE)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	pe->problems = xreallocarray(pe->problems, pe->n_problems + 1, sizeof(*pe->problems));
	pe->problems[pe->n_problems++] = (struct pe_problem){ code, refusers,
		xasprintf("%s%s", text, pe_refusers_text(refusers)) };
}

void pe_problem_add(struct pe *pe, enum pe_problem_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_problem(pe, code, pe_problem_refusers(code), fmt, ap);
	va_end(ap);
}

void pe_problem_add_refused(
	struct pe *pe, enum pe_problem_code code, unsigned refusers, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_problem(pe, code, refusers, fmt, ap);
	va_end(ap);
}

int pe_is_program(const struct pe_source *src, bool application, bool *is, struct err *err)
{
	uint8_t dos[DOS_SIZE], pe[PROGRAM_SIZE];
	const uint8_t *opt = pe + COFF_SIZE;
	int ret;

	*is = false;
	if (!range_within(0, sizeof(dos), src->size))
		return 0;
	ret = pe_src_read(src, 0, dos, sizeof(dos), err);
	if (ret < 0 || memcmp(dos, "MZ", 2) != 0 ||
		!range_within(le32(dos + DOS_LFANEW), sizeof(pe), src->size))
		return ret;
	ret = pe_src_read(src, le32(dos + DOS_LFANEW), pe, sizeof(pe), err);
	if (ret < 0 || memcmp(pe, "PE\0\0", 4) != 0)
		return ret;
	*is = (le16(opt + OPT_MAGIC) == OPT_MAGIC_32 || le16(opt + OPT_MAGIC) == OPT_MAGIC_64) &&
	      (!application || le16(opt + OPT_SUBSYSTEM) == PE_SUBSYSTEM_EFI_APPLICATION);
	return 0;
}

bool pe_has_problem(const struct pe *pe, enum pe_problem_code code)
{
	for (size_t i = 0; i < pe->n_problems; i++)
		if (pe->problems[i].code == code)
			return true;
	return false;
}

void pe_release(struct pe *pe)
{
	for (size_t i = 0; i < pe->n_problems; i++)
		free(pe->problems[i].text);
	free(pe->problems);
	free(pe->sections);
	memset(pe, 0, sizeof(*pe));
}

static void read_optional_header(struct pe *pe, const uint8_t *o, uint64_t off, uint32_t room)
{
	uint16_t magic = le16(o + OPT_MAGIC);
	bool wide = pe->machine == PE_MACHINE_AARCH64 || pe->machine == PE_MACHINE_X86_64 ||
		    pe->machine == PE_MACHINE_RISCV64 || pe->machine == PE_MACHINE_LOONG64;
	uint32_t dirs, count;

	pe->plus = magic == OPT_MAGIC_64 || (magic != OPT_MAGIC_32 && wide);
	dirs = pe->plus ? OPT_DIRS_64 : OPT_DIRS_32;
	if (magic != OPT_MAGIC_32 && magic != OPT_MAGIC_64)
		pe_problem_add_refused(pe, PE_P_OPTIONAL_HEADER, PE_REFUSED_BY_BOTH,
			"the optional header's magic is 0x%x, neither PE32 nor PE32+", magic);
	else if (pe->plus != wide && pe_machine_name(pe->machine))
		pe_problem_add(pe, PE_P_MAGIC_MACHINE, "a %s header in a program for %s",
			pe->plus ? "PE32+" : "PE32", pe_machine_name(pe->machine));
	pe->entry = le32(o + OPT_ENTRY);
	pe->image_base = pe->plus ? le64(o + OPT_BASE_64) : le32(o + OPT_BASE_32);
	pe->section_align = le32(o + OPT_SECTION_ALIGN);
	pe->file_align = le32(o + OPT_FILE_ALIGN);
	pe->size_of_image = le32(o + OPT_SIZE_OF_IMAGE);
	pe->size_of_headers = le32(o + OPT_SIZE_OF_HEADERS);
	pe->checksum = le32(o + OPT_CHECKSUM);
	pe->checksum_off = off + OPT_CHECKSUM;
	pe->subsystem = le16(o + OPT_SUBSYSTEM);
	pe->dll_characteristics = le16(o + OPT_DLL);
	count = le32(o + dirs - 4);
	if (count > PE_DIRS || room != dirs + count * 8)
		pe_problem_add(pe, PE_P_OPTIONAL_HEADER,
			"the optional header has %u bytes, which is not what %u data directories need",
			room, count);
	if (count > PE_DIRS)
		count = PE_DIRS;
	while (pe->n_dirs < count && dirs + (pe->n_dirs + 1) * 8 <= room) {
		const uint8_t *d = o + dirs + pe->n_dirs * 8;

		pe->dirs[pe->n_dirs++] = (struct pe_dir){ le32(d), le32(d + 4) };
	}
	if (pe->n_dirs > PE_DIR_CERT)
		pe->cert_dir_off = off + dirs + PE_DIR_CERT * 8;
}

/* Copies a name of at most max bytes, up to a NUL. */
static void copy_name(char out[PE_NAME_MAX], const uint8_t *p, size_t max)
{
	size_t n = 0;

	while (n < max && n < PE_NAME_MAX - 1 && p[n]) {
		out[n] = p[n] > 0x20 && p[n] < 0x7f ? (char)p[n] : '?';
		n++;
	}
	out[n] = '\0';
}

/* "/123" stands for a name at byte 123 of the string table, which follows the symbols. */
static void resolve_name(
	struct pe_section *s, const struct pe_source *src, uint32_t symbols, uint32_t n_symbols)
{
	uint8_t bytes[PE_NAME_MAX];
	uint64_t off;
	size_t len = sizeof(bytes);
	char *end;
	unsigned long n;

	if (s->name[0] != '/' || s->name[1] < '0' || s->name[1] > '9' || !symbols)
		return;
	n = strtoul(s->name + 1, &end, 10);
	off = symbols + (uint64_t)n_symbols * COFF_SYMBOL_SIZE + n;
	if (*end || off >= src->size)
		return;
	if (len > src->size - off)
		len = (size_t)(src->size - off);
	/* A name that cannot be read stays "/123": the sections' own bytes are judged elsewhere. */
	if (pe_src_read(src, off, bytes, len, NULL) == 0 && bytes[0])
		copy_name(s->name, bytes, len);
}

static int read_sections(struct pe *pe, const struct pe_source *src, const uint8_t *coff,
	uint64_t table, struct err *err)
{
	CLEANUP(xfree) uint8_t *bytes = NULL;
	size_t n = pe->sections_claimed;
	uint64_t room = table < src->size ? (src->size - table) / PE_SECTION_HEADER_SIZE : 0;
	int r;

	if (n == 0)
		pe_problem_add(pe, PE_P_NO_SECTIONS, "the section table is empty");
	if (n > PE_SECTIONS_MAX) {
		pe_problem_add(pe, PE_P_TOO_MANY_SECTIONS, "%zu sections", n);
		n = PE_SECTIONS_MAX;
	}
	if (n > room) {
		pe_problem_add(pe, PE_P_HEADERS_CUT,
			"the file ends at byte %llu, inside of its section table",
			(unsigned long long)src->size);
		n = (size_t)room;
	}
	if (n == 0)
		return 0;
	bytes = xcalloc(n, PE_SECTION_HEADER_SIZE);
	r = pe_src_read(src, table, bytes, n * PE_SECTION_HEADER_SIZE, err);
	if (r < 0)
		return err_push(err, "reading the section table");
	pe->sections = xcalloc(n, sizeof(*pe->sections));
	pe->n_sections = n;
	for (size_t i = 0; i < n; i++) {
		const uint8_t *p = bytes + i * PE_SECTION_HEADER_SIZE;
		struct pe_section *s = &pe->sections[i];

		copy_name(s->name, p, 8);
		resolve_name(s, src, le32(coff + COFF_SYMBOLS), le32(coff + COFF_N_SYMBOLS));
		s->vsize = le32(p + SCN_VSIZE);
		s->va = le32(p + SCN_VA);
		s->raw_size = le32(p + SCN_RAW_SIZE);
		s->raw = le32(p + SCN_RAW);
		s->flags = le32(p + SCN_FLAGS);
	}
	return 0;
}

/* Finds the PE header. A file that only begins like one is distinguished from a DOS program by its pointer's size. */
static enum pe_looks find_pe_header(
	struct pe *pe, const struct pe_source *src, const uint8_t *head, size_t n)
{
	uint8_t sig[4];

	if (n < DOS_SIZE)
		return PE_LOOKS_CUT;
	pe->linux_magic = memcmp(head + LINUX_MAGIC, "ARM\x64", 4) == 0;
	pe->pe_off = le32(head + DOS_LFANEW);
	if (!range_within(pe->pe_off, sizeof(sig), src->size))
		return pe->pe_off <= HEAD_SIZE && pe->pe_off ? PE_LOOKS_CUT : PE_LOOKS_DOS;
	if (pe_src_read(src, pe->pe_off, sig, sizeof(sig), NULL) < 0 ||
		memcmp(sig, "PE\0\0", sizeof(sig)) != 0)
		return PE_LOOKS_DOS;
	return PE_LOOKS_PE;
}

static int no_pe(struct pe *pe, enum pe_looks looks, struct err *err)
{
	pe->looks = looks;
	return err_set(err, ENOEXEC, "is %s", pe_looks_text(looks));
}

static int read_headers(struct pe *pe, const struct pe_source *src, struct err *err)
{
	uint8_t h[COFF_SIZE + OPT_DIRS_64 + PE_DIRS * 8] = { 0 };
	uint64_t left = src->size - pe->pe_off;
	size_t n = left < sizeof(h) ? (size_t)left : sizeof(h);
	uint32_t room;
	int r = pe_src_read(src, pe->pe_off, h, n, err);

	if (r < 0)
		return r;
	if (n < COFF_SIZE + OPT_DIRS_64)
		return no_pe(pe, PE_LOOKS_CUT, err);
	pe->looks = PE_LOOKS_PE;
	pe->machine = le16(h + COFF_MACHINE);
	pe->sections_claimed = le16(h + COFF_SECTIONS);
	pe->timestamp = le32(h + COFF_TIMESTAMP);
	pe->characteristics = le16(h + COFF_FLAGS);
	room = le16(h + COFF_OPTIONAL_SIZE);
	read_optional_header(pe, h + COFF_SIZE, pe->pe_off + COFF_SIZE, room);
	/* Directories that the file is too short for were read as zeros; the section table is then cut too. */
	r = read_sections(pe, src, h, (uint64_t)pe->pe_off + COFF_SIZE + room, err);
	if (r < 0)
		return r;
	pe->table_end = pe->pe_off + (uint64_t)COFF_SIZE + room +
			pe->sections_claimed * PE_SECTION_HEADER_SIZE;
	if (pe->size_of_headers < pe->table_end || pe->size_of_headers > pe->file_size ||
		pe->size_of_headers > pe->size_of_image)
		pe_problem_add(pe, PE_P_SIZE_OF_HEADERS,
			"SizeOfHeaders is %u, with headers of %llu bytes, a file of %llu and an image of %u",
			pe->size_of_headers, (unsigned long long)pe->table_end,
			(unsigned long long)pe->file_size, pe->size_of_image);
	return 0;
}

int pe_read(struct pe *pe, const struct pe_source *src, struct err *err)
{
	uint8_t head[HEAD_SIZE];
	size_t n = src->size < HEAD_SIZE ? (size_t)src->size : HEAD_SIZE;
	enum pe_looks looks;
	int r;

	memset(pe, 0, sizeof(*pe));
	pe->looks = PE_LOOKS_OTHER;
	pe->file_size = src->size;
	r = pe_src_read(src, 0, head, n, err);
	if (r < 0)
		return r;
	looks = pe_looks_like(head, n, src->size);
	if (looks == PE_LOOKS_PE)
		looks = find_pe_header(pe, src, head, n);
	if (looks != PE_LOOKS_PE)
		return no_pe(pe, looks, err);
	r = read_headers(pe, src, err);
	if (r < 0)
		return r;
	pe_judge_layout(pe);
	r = pe_judge_relocs(pe, src, err);
	if (r < 0)
		return err_push(err, "reading the relocations");
	r = pe_judge_directories(pe, src, err);
	if (r < 0)
		return err_push(err, "reading the data directories");
	r = pe_read_certs(pe, src, err);
	return r < 0 ? err_push(err, "reading the certificate table") : 0;
}

const struct pe_section *pe_section(const struct pe *pe, const char *name, unsigned n)
{
	for (size_t i = 0; i < pe->n_sections; i++)
		if (strcmp(pe->sections[i].name, name) == 0 && n-- == 0)
			return &pe->sections[i];
	return NULL;
}

uint32_t pe_section_len(const struct pe *pe, const struct pe_section *s)
{
	uint64_t len = s->vsize && s->vsize < s->raw_size ? s->vsize : s->raw_size;

	if (s->raw >= pe->file_size)
		return 0;
	if (len > pe->file_size - s->raw)
		len = pe->file_size - s->raw;
	return (uint32_t)len;
}

int pe_section_read(const struct pe *pe, const struct pe_source *src, const struct pe_section *s,
	size_t max, struct buf *out, struct err *err)
{
	uint32_t len = pe_section_len(pe, s);
	int r;

	if (len > max)
		return err_set(
			err, EFBIG, "section %s has %u bytes, more than %zu", s->name, len, max);
	if (!len)
		return 0;
	r = pe_src_read(src, s->raw, buf_reserve(out, len), len, err);
	if (r < 0)
		return err_push(err, "reading section %s", s->name);
	buf_added(out, len);
	return 0;
}
