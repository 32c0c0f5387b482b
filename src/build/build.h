/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a root file system to a portable disk image: build_image() reads one
 * bare file system, writes a disk with GPT, an ESP with a loader on the
 * removable media path, and that file system as the last partition, with the
 * guest set up so that it neither needs firmware variables nor brings the
 * image to need them later (VM-1 to VM-6, VM-9). The input is only read; what
 * changes in the guest is kept in memory until it is written to the output.
 *
 * The output appears whole or not at all (base/outfile.h). Before it is put
 * in place the checks of checks/ have run on it; with an error among their
 * findings build_image() fails and leaves no output.
 */
#ifndef ARMVM_BUILD_BUILD_H
#define ARMVM_BUILD_BUILD_H

#include "base/buf.h"
#include "base/err.h"

enum build_format {
	BUILD_QCOW2,
	BUILD_RAW,
};

/* done and total in bytes of the output; total is 0 for a step that does not know. */
typedef void build_progress_fn(void *ctx, const char *step, uint64_t done, uint64_t total);

struct build_options {
	const char *rootfs; /* the file system */
	const char *out;    /* the image; NULL: build_default_name() in the working folder */
	enum build_format format;
	bool compress;      /* qcow2 only */
	bool force;         /* replace an existing out */
	uint64_t size;      /* bytes of the disk; 0: what the file system needs as it is */
	uint64_t esp_size;  /* bytes of the ESP; 0: build's own choice */
	const char *loader; /* auto, shim, grub, systemd-boot, uki or a path; NULL: auto */
	const char *seed;   /* the same seed and input give the same bytes; NULL: random GUIDs */
	/*
	 * Seconds since 1970 for all times written; -1: now, or, with a seed, the
	 * time of the file system's last write.
	 */
	int64_t epoch;
	bool verify;                 /* boot the result in QEMU before it is put in place */
	build_progress_fn *progress; /* may be NULL */
	void *progress_ctx;
};

/* What was made, for the verb to report. Starts zeroed. */
struct build_result {
	char *out;               /* the path that was written */
	char *system;            /* "Debian GNU/Linux 12 (bookworm)" */
	char *loader;            /* "shim 15.8 and GRUB 2.06" */
	uint64_t disk_size;      /* bytes */
	uint64_t esp_size;       /* bytes */
	uint64_t root_size;      /* bytes */
	struct strlist changes;  /* what was changed in the guest, one sentence each */
	struct strlist warnings; /* findings that are no errors, and what the user should know */
	/*
	 * With -EBADMSG the findings that are errors, with -ENODATA the checks that
	 * could not answer: "id: where: what".
	 */
	struct strlist problems;
};

void build_result_release(struct build_result *r);
DEFINE_RELEASE(struct build_result, build_result_release)

/*
 * Builds. Returns 0; -EEXIST, -ENOENT, -EINVAL ... with a hint when the input
 * or the options are at fault; -EBADMSG when the result failed its checks, and
 * -ENODATA when a boot was asked for and it could not be determined whether it boots.
 */
int build_image(const struct build_options *opts, struct build_result *result, struct err *err);

/* "debian.img" or "a/debian.ext4" gives "debian.qcow2" (or "debian.raw"). The caller frees it. */
char *build_default_name(const char *rootfs, enum build_format format);

/*
 * Reads "900M", "2GiB", "4096": a number with an optional K, M, G or T (powers
 * of 1024), an optional "B" or "iB" after it. False when it is something else
 * or does not fit.
 */
MUST_CHECK bool build_parse_size(const char *text, uint64_t *bytes);

#endif
