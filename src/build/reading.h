/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the root file system, which strangers have made: a worker (worker/single.h) that has given
 * up its rights reads it, decides what goes on the ESP and what is changed in the guest, and sends
 * that in frames. The process that writes takes them here; it reads nothing of the file system, and
 * copies its bytes alone.
 */
#ifndef ARMVM_BUILD_READING_H
#define ARMVM_BUILD_READING_H

#include "build/build.h"
#include "build/esp_make.h"
#include "build/guest.h"
#include "worker/writes.h"

struct disk;

/* What a worker sent. */
struct reading {
	const struct outfile *beside; /* where scratch files go */
	/* A layer over the input for what is changed in ext2, ext3 and ext4; what others want is in files. */
	struct disk *overlay;
	bool received; /* the facts that follow were */
	char *type;    /* of the file system, as libblkid calls it */
	bool is_ext;   /* ext2, ext3 or ext4 */
	bool is_arm;   /* of 32 bits */
	bool kernels_on_esp;
	int64_t now; /* seconds since 1970 that everything is dated */
	struct guest_ids ids;
	struct guid disk_guid;
	char *system, *loader; /* as of struct build_result */
	struct strlist changes, warnings;
	struct esp_files esp;
	struct writes_changes files;
	bool last_is_change; /* of esp and files: where FRAME_BYTES go */
	struct err failed;   /* code 0: nothing did */
};

/* In the worker: reads all of it, and sends. */
void reading_work(const struct build_options *opts, struct link *link);

/* Takes a frame; -EPROTO when it makes no sense. */
int reading_take(struct reading *r, struct frame *frame, struct err *err);
/* When the worker has ended as it should: what it failed of, or -EPROTO when something lacks. */
int reading_end(const struct reading *r, struct err *err);
void reading_release(struct reading *r);
DEFINE_RELEASE(struct reading, reading_release)

/* ---- for the worker's side, in reader.c ---- */

/* Whether libext2fs reads it, and changes it in an overlay. */
bool reading_is_ext(const char *type);
/* The facts; those of r that are sent. */
void reading_send(struct link *link, const struct reading *r);
/* A file for the ESP, whose bytes follow by writes_send_bytes(). */
void reading_send_file(struct link *link, const char *dest, uint64_t size);

#endif
