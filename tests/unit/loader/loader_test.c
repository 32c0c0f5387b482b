/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recognising loaders, and putting a unified kernel image together. */
#include <errno.h>

#include "base/xalloc.h"
#include "loader/loader.h"
#include "loader/uki_layout.h"
#include "minipe.h"
#include "pe/pe.h"
#include "tap.h"

#define WIDE_GRUB "\\\0g\0r\0u\0b\0a\0a\0006\0004\0.\0e\0f\0i\0\0"
#define WIDE_FB   "\\\0f\0b\0a\0a\0006\0004\0.\0e\0f\0i\0\0"

static const char text[] = "code";
static const char shim_data[] = "UEFI SHIM\n$Version: 15.8 $\n\0" WIDE_FB "\0" WIDE_GRUB;

/* A module block with a configuration and a prefix, as grub-mkimage writes it. */
static size_t make_mods(uint8_t *p)
{
	static const char config[] = "normal (memdisk)/grub.cfg\n";
	size_t at = 24;

	memset(p, 0, 256);
	put_le32(p, 0x676d696d);
	put_le64(p + 8, at);
	put_le32(p + at, 2);
	put_le32(p + at + 4, 8 + 32);
	memcpy(p + at + 8, config, sizeof(config));
	at += 40;
	put_le32(p + at, 3);
	put_le32(p + at + 4, 8 + 16);
	memcpy(p + at + 8, "/EFI/debian", 12);
	at += 24;
	put_le32(p + at, 1);
	put_le32(p + at + 4, 8 + 8);
	memcpy(p + at + 8, "memdisk!", 8);
	at += 16;
	put_le64(p + 16, at);
	return at;
}

static void recognise(const struct buf *b, size_t len, struct loader_facts *facts)
{
	struct pe_memory mem = { buf_bytes(b), len };
	struct pe_source src = pe_source_memory(&mem);

	loader_recognise(&src, facts, NULL);
}

/* Every beginning of the file is survived. */
static void truncate_all(const struct buf *b, const char *what)
{
	size_t known = 0, unknown = 0;

	for (size_t len = 0; len < b->len; len++) {
		CLEANUP(loader_facts_release) struct loader_facts facts;
		CLEANUP(buf_release) struct buf part = BUF_INIT;

		buf_add(&part, buf_bytes(b), len);
		recognise(&part, len, &facts);
		*(facts.kind == LOADER_UNKNOWN ? &unknown : &known) += 1;
	}
	ok(known && unknown, "%s, cut at every byte: %zu are known for one, %zu are not", what,
		known, unknown);
}

static void shim(void)
{
	const struct minisection s[] = { { ".text", text, 4 },
		{ ".data", shim_data, sizeof(shim_data) } };
	CLEANUP(loader_facts_release) struct loader_facts f;
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	minipe(&b, s, ARRAY_SIZE(s), false);
	recognise(&b, b.len, &f);
	is_int(f.kind, LOADER_SHIM, "shim");
	is_str(f.version, "15.8", "its version");
	is_str(f.second_stage, "grubaa64.efi", "what it starts, not its fallback program");
	truncate_all(&b, "shim");
}

static void grub(void)
{
	static const char sbat[] = "sbat,1,SBAT Version,sbat,1,u\ngrub,5,FSF,grub,2.06,u\n"
				   "grub.debian,5,Debian,grub2,2.06-13,u\n";
	uint8_t mods[256];
	size_t len = make_mods(mods);
	const struct minisection s[] = { { ".text", text, 4 }, { "mods", mods, len },
		{ ".sbat", sbat, sizeof(sbat) - 1 } };
	CLEANUP(loader_facts_release) struct loader_facts f;
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	minipe(&b, s, ARRAY_SIZE(s), false);
	recognise(&b, b.len, &f);
	is_int(f.kind, LOADER_GRUB, "GRUB");
	is_int(f.machine, 0xaa64, "for AArch64");
	is_str(f.version, "2.06-13", "the vendor's version, from SBAT");
	is_str(f.prefix, "/EFI/debian", "prefix");
	is_str(f.config, "normal (memdisk)/grub.cfg\n", "embedded configuration");
	is_int(f.memdisk.len, 8, "memory disk");
	truncate_all(&b, "GRUB");
}

static void others(void)
{
	const struct minisection s[] = { { ".text", text, 4 } };
	CLEANUP(loader_facts_release) struct loader_facts f;
	CLEANUP(loader_facts_release) struct loader_facts g;
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	CLEANUP(buf_release) struct buf k = BUF_INIT;

	minipe(&b, s, 1, false);
	recognise(&b, b.len, &f);
	is_int(f.kind, LOADER_UNKNOWN, "a program that nobody knows");
	minipe(&k, s, 1, true);
	recognise(&k, k.len, &g);
	is_int(g.kind, LOADER_KERNEL, "a kernel");
}

/* Those that are recognised by a text, and a text of somebody who speaks of them. */
static void by_text(void)
{
	static const struct {
		enum loader_kind kind;
		const char *data;
		size_t len;
		const char *version;
	} rows[] = {
#define ROW(kind, data, version) { kind, data, sizeof(data), version }
		ROW(LOADER_LIMINE,
			"for Limine\0/boot/limine/limine.conf\0Limine 8.2.0 (aarch64, UEFI)",
			"8.2.0"),
		ROW(LOADER_LIMINE, "/boot/limine/limine.cfg\0Limine 4", "4"),
		ROW(LOADER_LIMINE, "/limine/limine.cfg\0not Limine 3.x.\0Limine 4.20230729.0",
			"4.20230729.0"),
		ROW(LOADER_LIMINE, "/limine/limine.conf", ""),
		ROW(LOADER_UNKNOWN, "Limine 8.2.0, and limine.conf", ""),
		ROW(LOADER_FREEBSD, "FreeBSD/arm64 EFI loader, Revision 1.1", "1.1"),
		ROW(LOADER_FREEBSD, "FreeBSD EFI boot block", ""),
		ROW(LOADER_UNKNOWN, "FreeBSD/arm64", ""),
		ROW(LOADER_OPENBSD, ">> OpenBSD/arm64 %s %s", ""),
		ROW(LOADER_NETBSD, "NetBSD/evbarm efiboot (arm64)", ""),
		ROW(LOADER_BOOT_GUARD, "E\0F\0I\0 \0B\0o\0o\0t\0 \0G\0u\0a\0r\0d\0 \0%\0s\0", ""),
#undef ROW
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct minisection s[] = { { ".text", text, 4 },
			{ ".data", rows[i].data, rows[i].len } };
		CLEANUP(loader_facts_release) struct loader_facts f;
		CLEANUP(buf_release) struct buf b = BUF_INIT;

		minipe(&b, s, ARRAY_SIZE(s), false);
		recognise(&b, b.len, &f);
		is_int(f.kind, rows[i].kind, loader_kind_name(rows[i].kind));
		is_str(f.version, rows[i].version, "its version");
		if (f.kind != LOADER_UNKNOWN)
			truncate_all(&b, loader_kind_name(f.kind));
	}
}

/* What src/pe knows as Xen: no kernel. */
static void xen(void)
{
	static const char xen_text[] = "Xen version %d.%d%s\0xen,xen-4.20";
	const struct minisection s[] = { { ".text", xen_text, sizeof(xen_text) } };
	CLEANUP(loader_facts_release) struct loader_facts f;
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	minipe(&b, s, 1, true);
	recognise(&b, b.len, &f);
	is_int(f.kind, LOADER_XEN, "Xen");
	is_str(f.version, "4.20", "its version");
}

static void uki(void)
{
	static const char magic[] = "#### LoaderInfo: systemd-stub 252 ####";
	const struct minisection s[] = { { ".text", text, 4 },
		{ ".sdmagic", magic, sizeof(magic) } };
	struct uki_section add[] = { { .name = ".osrel", .size = 3 },
		{ .name = ".cmdline", .size = 8 },
		{ .name = ".linux", .size = 5000, .mem_size = 9000, .executable = true } };
	CLEANUP(loader_facts_release) struct loader_facts f;
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	CLEANUP(pe_release) struct pe pe;
	struct pe_memory mem;
	struct pe_source src;
	uint64_t end;

	minipe(&b, s, ARRAY_SIZE(s), false);
	is_int(uki_layout(&b, add, ARRAY_SIZE(add), &end, NULL), 0, "sections are added");
	is_int(b.len, add[0].off, "the stub ends where the first begins");
	memset(buf_reserve(&b, end - b.len), 0, end - b.len);
	buf_added(&b, end - b.len);
	memcpy(buf_edit(&b) + add[0].off, "ID=", 3);
	memcpy(buf_edit(&b) + add[1].off, "root=abc", 8);
	mem = (struct pe_memory){ buf_bytes(&b), b.len };
	src = pe_source_memory(&mem);
	is_int(pe_read(&pe, &src, NULL), 0, "the result is read");
	is_int(pe.n_sections, 5, "five sections");
	is_int(pe.n_problems, 0, "and nothing is wrong with them");
	recognise(&b, b.len, &f);
	is_int(f.kind, LOADER_UKI, "it is a UKI");
	is_str(f.cmdline, "root=abc", "with this command line");
	ok(!f.has_initrd, "without an initrd");
}

static void uki_refusals(void)
{
	const struct minisection s[] = { { ".text", text, 4 } };
	struct uki_section add[16] = { { .name = ".a", .size = 1 } };
	struct uki_section huge = { .name = ".a", .size = UINT64_MAX - 5 };
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	uint64_t end;

	minipe(&b, s, 1, false);
	for (size_t i = 1; i < ARRAY_SIZE(add); i++)
		add[i] = add[0];
	is_int(uki_layout(&b, add, ARRAY_SIZE(add), &end, NULL), -ENOSPC, "no room in the headers");
	is_int(uki_layout(&b, &huge, 1, &end, NULL), -EFBIG, "too large");
	for (size_t len = 0; len < b.len; len++) {
		CLEANUP(buf_release) struct buf part = BUF_INIT;

		buf_add(&part, buf_bytes(&b), len);
		uki_layout(&part, add, 2, &end, NULL);
	}
	ok(true, "a stub cut at every byte");
}

int main(void)
{
	shim();
	grub();
	others();
	by_text();
	xen();
	uki();
	uki_refusals();
	return tap_done();
}
