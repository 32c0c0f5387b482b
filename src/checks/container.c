/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file that the disk comes in: whether QEMU, and the clouds that look into
 * an image before they take it (OpenStack's format_inspector), read it as one
 * disk that needs no other file. disk/format.h lists what is wrong with a header;
 * most checks here are one kind of problem and what to do about it. None of
 * them opens the image by its format.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "checks/fixes.h"
#include "checks/groups.h"
#include "disk/format.h"
#include "image/image.h"

#define UNUSED __attribute__((unused))
#define MIB    (1u << 20)

#define QCOW2_SPEC "QEMU docs/interop/qcow2.txt"
#define OSLO       "oslo.utils format_inspector"

#define ADVICE_WHOLE                                                                               \
	"if you trust the files that it needs, make one image of them: "                           \
	"qemu-img convert -O qcow2 IMAGE WHOLE.qcow2"
#define ADVICE_CONVERT "convert it: qemu-img convert -O qcow2 IMAGE NEW.qcow2"
#define ADVICE_AGAIN   "get or make the image again: this copy is damaged"

/* Which problems of a kind a check is about. */
enum which {
	ANY,
	FATAL,
	HARMLESS
};

#define ALL_FORMATS (~0u)
#define F(format)   (1u << FORMAT_##format)
#define IMAGES      (ALL_FORMATS & ~(F(RAW) | F(ISO)))

struct container_rule {
	enum disk_problem_kind kind;
	enum which which;
	unsigned formats;
	const char *advice;
};

static bool concerns(const struct container_rule *rule, const struct disk_problem *p)
{
	return p->kind == rule->kind && (rule->which == ANY || (rule->which == FATAL) == p->fatal);
}

static void run_with(struct image *image, struct findings *f, const char *advice)
{
	const struct container_rule *rule = finding_rule(f)->container;
	const struct disk_facts *facts = image_header(image);
	char where[64];

	if (!(rule->formats & 1u << facts->format))
		return;
	for (size_t i = 0; i < facts->n_problems; i++) {
		const struct disk_problem *p = &facts->problems[i];

		if (!concerns(rule, p))
			continue;
		snprintf(where, sizeof(where), "%s, offset %" PRIu64,
			disk_format_name(facts->format), p->offset);
		finding_add(f, p->offset ? where : "", advice, "%s", p->text);
	}
}

static int run_rule(struct image *image, struct findings *f, struct err *err UNUSED)
{
	run_with(image, f, finding_rule(f)->container->advice);
	return 0;
}

/* How to make the disk so large. qemu-img takes a fixed VHD for raw, and grows few formats. */
static char *resizing(const struct disk_facts *facts, uint64_t size)
{
	const char *format = disk_format_name(facts->format);
	bool vpc = facts->format == FORMAT_VPC;

	/* What is a CD as well is a raw file for qemu-img. */
	if (facts->format == FORMAT_ISO)
		format = "raw";
	if (F(RAW) & 1u << facts->format || F(ISO) & 1u << facts->format ||
		F(QCOW2) & 1u << facts->format || F(QED) & 1u << facts->format)
		return xasprintf("round it up: qemu-img resize -f %s IMAGE %" PRIu64, format, size);
	return xasprintf(
		"round it up in a raw copy, and convert that back: qemu-img convert -f %s -O "
		"raw IMAGE COPY, qemu-img resize -f raw COPY %" PRIu64
		", qemu-img convert -f raw -O %s %sCOPY NEW",
		format, size, format, vpc ? "-o subformat=fixed,force_size=on " : "");
}

static uint64_t rounded_up(uint64_t size, uint64_t to)
{
	return size > UINT64_MAX - to ? size : (size + to - 1) / to * to;
}

static int run_size_sectors(struct image *image, struct findings *f, struct err *err UNUSED)
{
	const struct disk_facts *facts = image_header(image);
	CLEANUP(xfree) char *advice = resizing(facts, rounded_up(facts->virtual_size, MIB));

	run_with(image, f, advice);
	return 0;
}

static int run_size_mib(struct image *image, struct findings *f, struct err *err UNUSED)
{
	uint64_t size = image_header(image)->virtual_size;
	CLEANUP(xfree) char *advice = resizing(image_header(image), rounded_up(size, MIB));

	/* Less than whole sectors is reported by others. */
	if (size % 512 == 0 && size % MIB != 0)
		finding_add(f, "", advice,
			"%" PRIu64 " bytes are %" PRIu64 " bytes more than whole MiB", size,
			size % MIB);
	return 0;
}

static int run_iso(struct image *image, struct findings *f, struct err *err UNUSED)
{
	const struct disk_facts *facts = image_header(image);
	char label[IMAGE_CD_LABEL];
	bool cd = image_cd(image, label);

	if (facts->format == FORMAT_ISO)
		finding_add(f, "offset 32769",
			"if it is an installer, use it as a CD; if not, clear the 64 KiB from "
			"offset 32768 on, after a look at what is there",
			"there is a volume descriptor of ISO 9660 or UDF%s%s: firmware and tools "
			"may take the disk for a CD",
			cd && *label ? " of " : "", cd ? label : "");
	else if (cd)
		finding_add(f, "offset 32769 of the disk",
			"if it is an installer, use what was put into this image, as a CD",
			"the disk in this %s image is a CD (ISO 9660)%s%s, such as an installer "
			"comes on",
			disk_format_name(facts->format), *label ? " called " : "", label);
	return 0;
}

/* What a name's ending says that the file is. */
static const struct ending {
	const char *ending;
	unsigned formats;
} endings[] = {
	{ ".raw", F(RAW) | F(ISO) },
	{ ".qcow2", F(QCOW2) },
	{ ".qcow", F(QCOW) | F(QCOW2) },
	{ ".qed", F(QED) },
	{ "-flat.vmdk", F(RAW) | F(ISO) },
	{ ".vmdk", F(VMDK) },
	{ ".vdi", F(VDI) },
	{ ".vhdx", F(VHDX) },
	{ ".vhd", F(VPC) },
	{ ".vpc", F(VPC) },
	{ ".iso", F(ISO) },
	{ ".dmg", F(DMG) },
	{ ".tar", F(TAR) },
	{ ".gz", F(GZIP) },
	{ ".tgz", F(GZIP) },
	{ ".xz", F(XZ) },
	{ ".zst", F(ZSTD) },
	{ ".bz2", F(BZIP2) },
	{ ".lz4", F(LZ4) },
	{ ".zip", F(ZIP) },
	{ ".7z", F(7Z) },
	{ ".hdd", F(PARALLELS) },
	{ ".simg", F(SIMG) },
};

static const struct ending *ending_of(const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		size_t n = strlen(endings[i].ending);

		if (len > n && path[len - n - 1] != '/' &&
			strcasecmp(path + len - n, endings[i].ending) == 0)
			return &endings[i];
	}
	return NULL;
}

static int run_name(struct image *image, struct findings *f, struct err *err UNUSED)
{
	const struct disk_facts *facts = image_header(image);
	const struct ending *claim = ending_of(image_path(image));

	if (facts->block_device || !claim || claim->formats & facts->matches)
		return 0;
	/* What has to be converted gets another name then. */
	if (disk_facts_problem(facts, PROBLEM_UNREADABLE))
		return 0;
	if (claim->formats == F(VPC) && facts->format == FORMAT_RAW)
		finding_add(f, "",
			"make one: qemu-img convert -f raw -O vpc -o subformat=fixed,force_size=on IMAGE NEW.vhd, or "
			"get it again: the footer is the last 512 bytes",
			"its name ends in %s, and it has no footer of that format at its end: "
			"Azure and Hyper-V refuse it",
			claim->ending);
	else
		finding_add(f, "",
			"name it after what it is, or convert it with its format named: qemu-img "
			"convert -f FORMAT -O FORMAT",
			"its name ends in %s, and it is %s: whoever goes by the name reads "
			"something else, or nothing",
			claim->ending, disk_format_name(facts->format));
	return 0;
}

static int run_compression(struct image *image, struct findings *f, struct err *err UNUSED)
{
	const struct qcow2_facts *q = &image_header(image)->qcow2;

	if (q->present && q->compression_type == 1)
		finding_add(f, "",
			"convert it: qemu-img convert -O qcow2 -o compression_type=zlib IMAGE NEW.qcow2",
			"clusters are compressed with zstd, which QEMU reads since version 5.1 and "
			"other programs often do not");
	return 0;
}

static const struct check rows[] = {
	{ "container.format", SEV_ERROR, OSLO, "the format is one that QEMU boots from",
		NEED_NOTHING, run_rule,
		RULE(container, PROBLEM_UNREADABLE, ANY, ALL_FORMATS, ADVICE_CONVERT) },
	{ "container.one-format", SEV_ERROR, OSLO, "the file is of one format only", NEED_NOTHING,
		run_rule,
		RULE(container, PROBLEM_AMBIGUOUS, ANY, ALL_FORMATS,
			"convert it with the format named that it is meant to have: "
			"qemu-img convert -f FORMAT -O qcow2 IMAGE NEW.qcow2") },
	{ "container.name", SEV_ERROR, OSLO, "the file is of the format that its name ends in",
		NEED_NOTHING, run_name },
	{ "container.unpacked", SEV_ERROR, "VM-1", "the file is not compressed as a whole",
		NEED_NOTHING, run_rule,
		RULE(container, PROBLEM_COMPRESSED, ANY, ALL_FORMATS,
			"unpack it first, then check the disk image inside") },
	{ "container.header", SEV_ERROR, QCOW2_SPEC, "the header makes sense", NEED_NOTHING,
		run_rule, RULE(container, PROBLEM_HEADER, ANY, ALL_FORMATS, ADVICE_AGAIN) },
	{ "container.version", SEV_ERROR, OSLO, "the format's version is known", NEED_NOTHING,
		run_rule, RULE(container, PROBLEM_VERSION, FATAL, ALL_FORMATS, ADVICE_CONVERT) },
	{ "container.old-format", SEV_WARNING, OSLO, "the format is still in use", NEED_NOTHING,
		run_rule,
		RULE(container, PROBLEM_VERSION, HARMLESS, F(QCOW) | F(QED), ADVICE_CONVERT),
		.fix = fix_container_rewrite },
	{ "container.qcow2-version", SEV_NOTE, QCOW2_SPEC, "a qcow2 image is of version 3",
		NEED_NOTHING, run_rule,
		RULE(container, PROBLEM_VERSION, HARMLESS, F(QCOW2),
			"qemu-img amend -o compat=1.1 IMAGE"),
		.fix = fix_container_rewrite },
	{ "container.backing-file", SEV_ERROR, OSLO, "the image needs no backing file",
		NEED_NOTHING, run_rule,
		RULE(container, PROBLEM_BACKING, ANY, ALL_FORMATS, ADVICE_WHOLE),
		.fix = fix_container_flatten },
	{ "container.external-data", SEV_ERROR, OSLO, "the data is in the image itself",
		NEED_NOTHING, run_rule,
		RULE(container, PROBLEM_EXTERNAL, ANY, ALL_FORMATS, ADVICE_WHOLE),
		.fix = fix_container_flatten },
	{ "container.encrypted", SEV_ERROR, QCOW2_SPEC, "the image is not encrypted", NEED_NOTHING,
		run_rule,
		RULE(container, PROBLEM_ENCRYPTED, ANY, ALL_FORMATS,
			"decrypt it with its secret: qemu-img convert -O qcow2 --object secret,id=s,file=SECRET "
			"--image-opts driver=qcow2,encrypt.key-secret=s,file.filename=IMAGE NEW.qcow2") },
	{ "container.features", SEV_ERROR, QCOW2_SPEC, "no unknown feature is needed to read it",
		NEED_NOTHING, run_rule,
		RULE(container, PROBLEM_FEATURE, FATAL, ALL_FORMATS,
			"convert it with the program that made it, without that feature") },
	{ "container.extended-l2", SEV_WARNING, OSLO, "qcow2 has no extended L2 entries",
		NEED_NOTHING, run_rule,
		RULE(container, PROBLEM_FEATURE, HARMLESS, F(QCOW2), ADVICE_CONVERT),
		.fix = fix_container_rewrite },
	{ "container.clean", SEV_ERROR, QCOW2_SPEC, "the image was closed properly", NEED_NOTHING,
		run_rule,
		RULE(container, PROBLEM_DIRTY, ANY, ALL_FORMATS,
			"shut down what uses it, or repair a copy: qemu-img check -r all COPY"),
		.fix = fix_container_repair },
	{ "container.corrupt", SEV_ERROR, QCOW2_SPEC, "the image is not marked corrupt",
		NEED_NOTHING, run_rule,
		RULE(container, PROBLEM_CORRUPT, ANY, ALL_FORMATS,
			"repair a copy and look what it lost: qemu-img check -r all COPY"),
		.fix = fix_container_repair },
	{ "container.tables", SEV_ERROR, QCOW2_SPEC, "the image's own tables are in order",
		NEED_NOTHING, run_rule,
		RULE(container, PROBLEM_METADATA, ANY, ALL_FORMATS, ADVICE_AGAIN) },
	{ "container.truncated", SEV_ERROR, QCOW2_SPEC, "the file is as long as it says",
		NEED_NOTHING, run_rule,
		RULE(container, PROBLEM_TRUNCATED, ANY, ALL_FORMATS, ADVICE_AGAIN) },
	{ "container.snapshots", SEV_NOTE, QCOW2_SPEC, "there are no internal snapshots",
		NEED_NOTHING, run_rule,
		RULE(container, PROBLEM_SNAPSHOTS, ANY, F(QCOW2),
			"drop them: qemu-img snapshot -d NAME IMAGE, or convert the image"),
		.fix = fix_container_rewrite },
	{ "container.size", SEV_ERROR, "VM-1", "the disk has a size", NEED_NOTHING, run_rule,
		RULE(container, PROBLEM_SIZE, FATAL, ALL_FORMATS, ADVICE_AGAIN) },
	{ "container.size-sectors", SEV_WARNING, "UEFI 2.10 5.3.1",
		"an image's size is whole sectors", NEED_NOTHING, run_size_sectors,
		RULE(container, PROBLEM_SIZE, HARMLESS, IMAGES, NULL), .fix = fix_container_size },
	{ "container.size-mib", SEV_NOTE, "Azure: a VHD's size is whole MiB",
		"the disk's size is whole MiB", NEED_NOTHING, run_size_mib,
		.fix = fix_container_size },
	{ "container.iso", SEV_WARNING, OSLO, "the disk is not a CD as well", NEED_NOTHING, run_iso,
		.fix = fix_container_iso },
	{ "container.vmdk-descriptor", SEV_WARNING, OSLO, "a VMDK is one that OpenStack takes",
		NEED_NOTHING, run_rule,
		RULE(container, PROBLEM_DESCRIPTOR, ANY, F(VMDK), ADVICE_CONVERT),
		.fix = fix_container_rewrite },
	{ "container.compression", SEV_NOTE, QCOW2_SPEC, "compressed clusters are zlib's",
		NEED_NOTHING, run_compression, .fix = fix_container_rewrite },
};

const struct check_group container_checks = CHECK_GROUP(rows);
