/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading PE headers: facts, each problem from one changed field, what is no PE, and every truncation. */
#include <errno.h>

#include "pe/authenticode.h"
#include "pe/sbat.h"
#include "pe/uki.h"
#include "sample.h"
#include "tap.h"

static const char sbat_text[] = "sbat,1,SBAT Version,sbat,1,https://example.org\n"
				"loader,2,Vendor,loader,1.0,https://example.org\n";
static const uint8_t levels[] = "\0\0\0\0\x08\0\0\0\x13\0\0\0sbat,1,20\n\0sbat,1,30\ngrub,9\n";
static const uint8_t vendor[24] = { 8, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 24, 0, 0, 0, 0x30, 6, 4,
	4 };

static void make(struct sample *s)
{
	struct sample_section given[] = {
		{ ".data", "#### LoaderInfo: systemd-stub 999 ####", 39 },
		{ ".sbat", sbat_text, sizeof(sbat_text) },
		{ ".sbatlevel", levels, sizeof(levels) },
		{ ".vendor_cert", vendor, sizeof(vendor) },
		{ ".linux", "kernel", 6 },
		{ ".cmdline", " root=x\rquiet\r\n", 16 },
		{ ".uname", "6.1.0", 5 },
	};

	sample_make(s, given, ARRAY_SIZE(given));
	sample_cert(s, "\x30\x05hello", 7);
}

static void test_facts(struct sample *s)
{
	CLEANUP(pe_release) struct pe pe;
	struct err err = { 0 };

	is_int(pe_read(&pe, &s->src, &err), 0, "a PE is read");
	is_int(pe.n_problems, 0, "nothing is wrong with it");
	is_str(pe_machine_name(pe.machine), "AArch64", "its machine");
	is_str(pe_subsystem_name(pe.subsystem), "EFI application", "its subsystem");
	is_int(pe.n_sections, 9, "its sections");
	is_str(pe.sections[3].name, ".sbatlevel", "a long name comes from the string table");
	is_int(pe.n_certs, 1, "one certificate");
	is_int(pe.certs[0].len, 7, "its length");
	is_int(pe.checksum_off, AT_CHECKSUM, "where the checksum is");
	is_int(pe.cert_dir_off, AT_DIR(PE_DIR_CERT), "where the certificate directory is");
	ok(pe.dll_characteristics & PE_DLL_NX_COMPAT, "NX_COMPAT is seen");
	ok(pe_section(&pe, ".text", 0) && !pe_section(&pe, ".text", 1),
		"sections are found by name");
	is_int(pe_section_len(&pe, pe_section(&pe, ".uname", 0)), 5, "padding is no content");
}

/* One field changed, one problem. Section 2 is .sbat. */
static const struct {
	const char *name;
	unsigned at;
	unsigned width;
	uint32_t value;
	enum pe_problem_code code;
} changes[] = {
	{ "optional header's size", AT_OPTIONAL_SIZE, 2, 248, PE_P_OPTIONAL_HEADER },
	{ "number of directories", AT_N_DIRS, 4, 17, PE_P_OPTIONAL_HEADER },
	{ "magic", AT_OPTIONAL, 2, 0x107, PE_P_OPTIONAL_HEADER },
	{ "PE32 for AArch64", AT_OPTIONAL, 2, 0x10b, PE_P_MAGIC_MACHINE },
	{ "not executable", AT_FLAGS, 2, 0x204, PE_P_NOT_EXECUTABLE },
	{ "relocations stripped", AT_FLAGS, 2, 0x207, PE_P_RELOCS_STRIPPED },
	{ "SizeOfHeaders too small", AT_SIZE_OF_HEADERS, 4, 0x100, PE_P_SIZE_OF_HEADERS },
	{ "SizeOfHeaders beyond the file", AT_SIZE_OF_HEADERS, 4, 0x100000, PE_P_SIZE_OF_HEADERS },
	{ "no sections", AT_N_SECTIONS, 2, 0, PE_P_NO_SECTIONS },
	{ "too many sections", AT_N_SECTIONS, 2, 0xffff, PE_P_TOO_MANY_SECTIONS },
	{ "section table beyond the file", AT_N_SECTIONS, 2, 0x200, PE_P_HEADERS_CUT },
	{ "section alignment", AT_SECTION_ALIGN, 4, 0x1001, PE_P_ALIGNMENT },
	{ "file alignment", AT_FILE_ALIGN, 4, 0, PE_P_ALIGNMENT },
	{ "SizeOfImage", AT_SIZE_OF_IMAGE, 4, 0x3000, PE_P_SECTION_OUTSIDE },
	{ "section beyond the file", AT_SECTION(2) + 16, 4, 0x80000000, PE_P_SECTION_CUT },
	{ "section's offset wraps", AT_SECTION(2) + 20, 4, 0xffffff00, PE_P_SECTION_CUT },
	{ "section in the headers", AT_SECTION(2) + 20, 4, 0x200, PE_P_SECTION_HEADERS },
	{ "section address 0", AT_SECTION(2) + 12, 4, 0, PE_P_SECTION_HEADERS },
	{ "sections overlap in memory", AT_SECTION(2) + 12, 4, 0x1000, PE_P_SECTIONS_OVERLAP },
	{ "sections overlap in the file", AT_SECTION(2) + 20, 4, HEADERS, PE_P_RAW_OVERLAP },
	{ "unaligned section", AT_SECTION(2) + 12, 4, 0x3008, PE_P_SECTION_UNALIGNED },
	{ "W+X", AT_SECTION(2) + 36, 4, 0xe0000040, PE_P_SECTION_WX },
	{ "entry point 0", AT_ENTRY, 4, 0, PE_P_ENTRY_OUTSIDE },
	{ "entry point far away", AT_ENTRY, 4, 0xfffffff0, PE_P_ENTRY_OUTSIDE },
	{ "entry point in data", AT_ENTRY, 4, 0x2000, PE_P_ENTRY_NO_EXEC },
	{ "relocations outside", AT_DIR(PE_DIR_RELOC), 4, 0x900000, PE_P_RELOC_DIR },
	{ "relocation block of 0", HEADERS + 0x1000 + 4, 4, 0, PE_P_RELOC_DIR },
	{ "relocation kind 5", HEADERS + 0x1000 + 8, 2, 0x5000, PE_P_RELOC_DIR },
	{ "relocation block too long", HEADERS + 0x1000 + 4, 4, 13, PE_P_RELOC_DIR },
	{ "certificates beyond the file", AT_DIR(PE_DIR_CERT) + 4, 4, 0xffffffff, PE_P_CERT_CUT },
	{ "certificates unaligned", AT_DIR(PE_DIR_CERT), 4, 0x601, PE_P_CERT_UNALIGNED },
	{ "bytes behind the certificates", AT_DIR(PE_DIR_CERT) + 4, 4, 8, PE_P_CERT_TRAILING },
};

static void test_problems(const struct sample *good)
{
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		CLEANUP(pe_release) struct pe pe;
		static struct sample s;
		struct err err = { 0 };

		s = *good;
		sample_source(&s);
		put_le16(s.bytes + changes[i].at, (uint16_t)changes[i].value);
		if (changes[i].width == 4)
			put_le32(s.bytes + changes[i].at, changes[i].value);
		is_int(pe_read(&pe, &s.src, &err), 0, changes[i].name);
		ok(pe_has_problem(&pe, changes[i].code), "%s: %s", changes[i].name,
			pe_problem_name(changes[i].code));
	}
}

/* Data directories that are not what lies there: .sbat's text. */
static void test_directories(const struct sample *good)
{
	static const struct {
		unsigned dir;
		uint32_t size;
		enum pe_problem_code code;
	} wrong[] = { { PE_DIR_DEBUG, 0x100000, PE_P_DEBUG_DIR },
		{ PE_DIR_RESOURCE, 23, PE_P_RESOURCE_DIR } };

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		CLEANUP(pe_release) struct pe pe;
		static struct sample s;

		s = *good;
		sample_source(&s);
		memcpy(s.bytes + AT_DIR(wrong[i].dir), s.bytes + AT_SECTION(2) + 12, 4);
		put_le32(s.bytes + AT_DIR(wrong[i].dir) + 4, wrong[i].size);
		is_int(pe_read(&pe, &s.src, NULL), 0, "a directory of another section's bytes");
		ok(pe_has_problem(&pe, wrong[i].code), "%s", pe_problem_name(wrong[i].code));
	}
}

/* The file has no bytes of one section, and its zeroes are to lie over the header of the next. */
static void test_zeroes(const struct sample *good)
{
	for (unsigned next = 0; next < 2; next++) {
		CLEANUP(pe_release) struct pe pe;
		static struct sample s;

		s = *good;
		sample_source(&s);
		put_le32(s.bytes + AT_SECTION(2) + 12, AT_SECTION(2 + next) + 4);
		put_le32(s.bytes + AT_SECTION(2) + 8, 8);
		put_le32(s.bytes + AT_SECTION(2) + 16, 0);
		is_int(pe_read(&pe, &s.src, NULL), 0, "zeroes over the section table");
		is_int(pe_has_problem(&pe, PE_P_SECTION_HEADERS), next, "hurt what is read later");
	}
}

/* Zeroes behind the last relocation block: one byte is none of a block, two begin one that has no size. */
static void test_relocs_behind(const struct sample *good)
{
	for (uint32_t more = 0; more < 8; more++) {
		CLEANUP(pe_release) struct pe pe;
		static struct sample s;
		uint8_t *last;

		s = *good;
		sample_source(&s);
		last = s.bytes + AT_SECTION(le16(s.bytes + AT_N_SECTIONS) - 1);
		put_le32(last + 8, 12 + more);
		put_le32(s.bytes + AT_DIR(PE_DIR_RELOC) + 4, 12 + more);
		is_int(pe_read(&pe, &s.src, NULL), 0, "relocations with zeroes behind");
		ok(pe_has_problem(&pe, PE_P_RELOC_DIR) == (more > 1), "%u of them", more);
	}
}

/* Bounds say nothing of a section that has no bytes, wherever it is said to be. */
static void test_empty_section(const struct sample *good)
{
	static const uint32_t places[] = { 0, 0x200, 0x3008, 0x7ffff000 };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		CLEANUP(pe_release) struct pe pe;
		static struct sample s;

		s = *good;
		sample_source(&s);
		memset(s.bytes + AT_SECTION(2) + 8, 0, 16);
		put_le32(s.bytes + AT_SECTION(2) + 12, places[i]);
		is_int(pe_read(&pe, &s.src, NULL), 0, "an empty section somewhere");
		is_int(pe.n_problems, 0, "is no problem");
	}
}

static void test_cert_entry(const struct sample *good)
{
	static struct sample s;
	CLEANUP(pe_release) struct pe pe;

	s = *good;
	sample_source(&s);
	put_le32(s.bytes + s.len - 16, 7);
	is_int(pe_read(&pe, &s.src, NULL), 0, "a certificate shorter than its header");
	ok(pe_has_problem(&pe, PE_P_CERT_ENTRY), "is a problem");
	is_int(pe.n_certs, 0, "and none");
}

static void looks(const void *bytes, size_t len, enum pe_looks want)
{
	struct pe_memory mem = { bytes, len };
	struct pe_source src = pe_source_memory(&mem);
	CLEANUP(pe_release) struct pe pe;
	struct err err = { 0 };

	is_int(pe_read(&pe, &src, &err), -ENOEXEC, pe_looks_text(want));
	is_int(pe.looks, want, "is told");
}

static void test_looks(void)
{
	static uint8_t b[8192];

	looks(b, 0, PE_LOOKS_EMPTY);
	looks(b, sizeof(b), PE_LOOKS_ZEROS);
	looks("MZ", 2, PE_LOOKS_CUT);
	looks("\177ELF\2\1\1", 8, PE_LOOKS_ELF);
	looks("\x1f\x8b\x08", 4, PE_LOOKS_GZIP);
	looks("\x28\xb5\x2f\xfd", 4, PE_LOOKS_ZSTD);
	looks("#!/bin/sh\n", 10, PE_LOOKS_SCRIPT);
	looks("<html>\n", 7, PE_LOOKS_TEXT);
	looks("VZ\x64\xaa", 4, PE_LOOKS_TE);
	memcpy(b + 56, "ARM\x64", 4);
	looks(b, sizeof(b), PE_LOOKS_LINUX_ARM64);
	memcpy(b, "MZ", 2);
	looks(b, sizeof(b), PE_LOOKS_DOS);
	b[0x3c] = 0x40;
	looks(b, 0x42, PE_LOOKS_CUT);
	memcpy(b + 0x40, "PE\0", 4);
	looks(b, 0x50, PE_LOOKS_CUT);
	looks("\1\2\3\4", 4, PE_LOOKS_OTHER);
}

static int read_all(const struct pe_source *src)
{
	CLEANUP(pe_release) struct pe pe;
	CLEANUP(sbat_release) struct sbat sbat = { 0 };
	CLEANUP(sbat_levels_release) struct sbat_levels lv = { 0 };
	CLEANUP(pe_signatures_release) struct pe_signatures sigs = { 0 };
	CLEANUP(pe_vendor_certs_release) struct pe_vendor_certs vc = { 0 };
	CLEANUP(pe_program_release) struct pe_program prog = { 0 };
	uint8_t digest[PE_DIGEST_MAX];
	struct err err = { 0 };
	int r = pe_read(&pe, src, &err);

	if (r < 0)
		return r;
	pe_sbat_read(&pe, src, &sbat, &err);
	pe_sbat_levels_read(&pe, src, &lv, &err);
	pe_vendor_certs_read(&pe, src, &vc, &err);
	pe_digest(&pe, src, PE_HASH_SHA256, digest, &err);
	r = pe_program_read(&prog, &pe, src, &err);
	return r < 0 ? r : pe_signatures_read(&pe, src, &sigs, &err);
}

static void test_truncation(const struct sample *s)
{
	unsigned odd = 0, complete = 0;

	for (size_t len = 0; len <= s->len; len++) {
		/* A copy of its own, so that a sanitizer sees a read beyond its end. */
		CLEANUP(xfree) uint8_t *copy = xmemdup(s->bytes, len);
		struct pe_memory mem = { copy, len };
		struct pe_source src = pe_source_memory(&mem);
		int r = read_all(&src);

		odd += r != 0 && r != -ENOEXEC;
		complete += r == 0;
	}
	is_int(odd, 0, "no truncation is more than no PE or a PE with problems");
	ok(complete > 0, "some are PE files with problems");
}

static void test_program(const struct sample *s)
{
	CLEANUP(pe_release) struct pe pe;
	CLEANUP(pe_program_release) struct pe_program p;

	pe_read(&pe, &s->src, NULL);
	is_int(pe_program_read(&p, &pe, &s->src, NULL), 0, "a program is read");
	is_int(p.kind, PE_KIND_UKI, "it is a UKI");
	is_str(p.loader_info, "systemd-stub 999", "its stub's name");
	is_str(p.cmdline, "root=x quiet", "its command line");
	is_str(p.uname, "6.1.0", "its kernel");
	is_str(p.os_release, NULL, "no os-release");
}

/* Says whether the sample is a program of this kind. */
static void kind(struct sample *s, enum pe_kind want, const char *what)
{
	CLEANUP(pe_release) struct pe pe;
	CLEANUP(pe_program_release) struct pe_program p;

	pe_read(&pe, &s->src, NULL);
	pe_program_read(&p, &pe, &s->src, NULL);
	is_str(pe_kind_name(p.kind), pe_kind_name(want), what);
}

static void test_kinds(void)
{
	static const char boot[] = "#### LoaderInfo: systemd-boot 252.39 ####";
	static const char stub[] = "#### LoaderInfo: systemd-stub 252.39 ####";
	static const char banner[] = "Linux version %s\0Linux version 6.1.0-9 (x@y)";
	struct sample_section sd[] = { { ".sdmagic", boot, sizeof(boot) } };
	struct sample_section addon[] = { { ".sdmagic", stub, sizeof(stub) },
		{ ".cmdline", "a", 1 } };
	struct sample_section other[] = { { ".data", banner, sizeof(banner) } };
	static struct sample s;
	char *version = NULL;

	sample_make(&s, sd, 1);
	kind(&s, PE_KIND_SYSTEMD_BOOT, "systemd-boot by its section");
	/* As an older one: the text stands behind all sections. */
	sample_make(&s, other, 1);
	memcpy(s.bytes + s.len, boot, sizeof(boot));
	s.len += sizeof(boot);
	sample_source(&s);
	kind(&s, PE_KIND_SYSTEMD_BOOT, "systemd-boot by its text");
	sample_make(&s, addon, 1);
	kind(&s, PE_KIND_SYSTEMD_STUB, "a stub");
	sample_make(&s, addon, 2);
	kind(&s, PE_KIND_UKI_ADDON, "an addon");
	sample_make(&s, other, 1);
	kind(&s, PE_KIND_OTHER, "another program");
	is_int(pe_linux_version(&s.src, &version, NULL), 0,
		"a kernel's banner, not its format string");
	is_str(version, "6.1.0-9", "its release");
	free(version);
	memcpy(s.bytes + 56, "ARM\x64", 4);
	kind(&s, PE_KIND_LINUX, "a kernel");
	memcpy(s.bytes + 4, "zimg", 4);
	memcpy(s.bytes + 24, "zstd", 4);
	kind(&s, PE_KIND_LINUX_ZBOOT, "a compressed kernel");
	/* All of Xen is in .text, as all of an old kernel. */
	sample_make(&s, sd, 1);
	memcpy(s.bytes + 56, "ARM\x64", 4);
	kind(&s, PE_KIND_LINUX, "a kernel without .data");
	memcpy(s.bytes + HEADERS + 8, "Xen version %d.%d", 17);
	kind(&s, PE_KIND_XEN, "Xen");
}

/* In pieces of any size, down to one byte, a banner is seen once it has passed, and no other text is. */
static void test_banner(void)
{
	static const char text[] =
		"Linux version %s (x) Linux version 6.1.0-9 (gcc) Linux version 7.0 ";

	for (size_t piece = 1; piece <= sizeof(text); piece++) {
		struct linux_banner b = { 0 };

		for (size_t at = 0; at < sizeof(text); at += piece)
			linux_banner_feed(&b, (const uint8_t *)text + at,
				piece < sizeof(text) - at ? piece : sizeof(text) - at);
		is_str(b.version, "6.1.0-9", "a banner in pieces");
		free(b.version);
	}
}

/* Wherever a banner stands it is found, also across the places where the search begins and ends. */
static void test_banner_places(void)
{
	static const char banner[] = "Linux version 6.1.0-9 (x@y)";
	static uint8_t bytes[1024];
	struct pe_memory mem = { bytes, sizeof(bytes) };
	struct pe_source src = pe_source_memory(&mem);
	size_t missed = 0;
	char *version = NULL;

	for (size_t at = 0; at + sizeof(banner) <= sizeof(bytes); at++) {
		memset(bytes, 'L', sizeof(bytes));
		memcpy(bytes + at, banner, sizeof(banner));
		missed += pe_linux_version(&src, &version, NULL) < 0 ||
			  strcmp(version, "6.1.0-9") != 0;
		free(version);
	}
	is_int(missed, 0, "banners in all places");
	memset(bytes, 'L', sizeof(bytes));
	is_int(pe_linux_version(&src, &version, NULL), -ENOENT, "none");
	src.size = 0;
	is_int(pe_linux_version(&src, &version, NULL), -ENOENT, "an empty file");
}

static void test_profiles(void)
{
	struct sample_section given[] = {
		{ ".linux", "kernel", 6 },
		{ ".profile", "ID=main", 7 },
		{ ".profile", "ID=rescue", 9 },
		{ ".cmdline", "single", 6 },
	};
	static struct sample s;
	CLEANUP(pe_release) struct pe pe;
	CLEANUP(pe_program_release) struct pe_program p;

	sample_make(&s, given, ARRAY_SIZE(given));
	pe_read(&pe, &s.src, NULL);
	is_int(pe_program_read(&p, &pe, &s.src, NULL), 0, "a UKI with profiles");
	is_int(p.n_profiles, 2, "both are seen");
	is_str(p.profiles[1].text, "ID=rescue", "with their text");
	is_str(p.cmdline, NULL, "a profile's command line is not the base's");
	is_str(p.profiles[0].cmdline, NULL, "nor another profile's");
	is_str(p.profiles[1].cmdline, "single", "but its own");
}

static bool is_program(const struct sample *s, size_t len, bool application)
{
	struct pe_memory mem = { s->bytes, len };
	struct pe_source src = pe_source_memory(&mem);
	bool is = true;

	is_int(pe_is_program(&src, application, &is, NULL), 0, "its headers are asked for");
	return is;
}

static void test_is_program(void)
{
	static struct sample s;
	static const struct {
		const char *name;
		unsigned at;
		uint8_t value;
	} none[] = { { "the DOS signature", 0, 'm' }, { "the place of the headers", 0x3f, 0x7f },
		{ "the PE signature", AT_PE + 2, 1 }, { "the magic", AT_OPTIONAL, 7 } };

	make(&s);
	ok(is_program(&s, s.len, true), "an EFI application is a program");
	ok(is_program(&s, AT_SUBSYSTEM + 2, true), "one that is cut behind its subsystem, too");
	ok(!is_program(&s, AT_SUBSYSTEM + 1, true), "one that is cut in it is none");
	ok(!is_program(&s, 63, true) && !is_program(&s, 0, true), "a shorter file is none");
	s.bytes[AT_MACHINE] = 0x4c;
	ok(is_program(&s, s.len, true), "one for another machine is one");
	s.bytes[AT_OPTIONAL] = 0x0b;
	s.bytes[AT_OPTIONAL + 1] = 0x01;
	ok(is_program(&s, s.len, true), "a PE32 is one");
	s.bytes[AT_SUBSYSTEM] = PE_SUBSYSTEM_EFI_BOOT_DRIVER;
	ok(!is_program(&s, s.len, true), "a driver is none that boots");
	ok(is_program(&s, s.len, false), "but a program");
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		make(&s);
		s.bytes[none[i].at] = none[i].value;
		ok(!is_program(&s, s.len, false), "without %s it is none", none[i].name);
	}
}

int main(void)
{
	static struct sample s;

	test_is_program();
	make(&s);
	test_facts(&s);
	test_problems(&s);
	test_directories(&s);
	test_zeroes(&s);
	test_relocs_behind(&s);
	test_empty_section(&s);
	test_cert_entry(&s);
	test_looks();
	test_program(&s);
	test_kinds();
	test_banner();
	test_banner_places();
	test_profiles();
	test_truncation(&s);
	return tap_done();
}
