/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Images (UEFI 2.10 7.4): loading PE programs, starting and ending them.
 * Files are read through the guest-visible protocols (SimpleFileSystem,
 * LoadFile2, LoadFile), be they ours or a driver's, so loading from a path
 * takes a few calls through the guest and answers by a function.
 */
#ifndef ARMVM_FIRMWARE_CORE_IMAGE_H
#define ARMVM_FIRMWARE_CORE_IMAGE_H

#include "firmware/core/call.h"

struct images; /* opaque; m->images */

struct images *images_new(void);
void images_free(struct images *images);

/* Gives the firmware's own image a handle: the parent of what the boot manager loads. */
void image_install_firmware(struct machine *m);

/* image: the handle, 0 when status is an error. */
typedef void image_done(struct machine *m, void *ctx, efi_status status, struct gaddr image);

struct image_source {
	struct gaddr parent; /* the handle of who loads it; 0: the firmware */
	struct gaddr path;   /* a device path, or 0 */
	bool boot_policy;
	bool application;   /* a driver is refused, as edk2's boot options do (3.1.3) */
	struct gaddr bytes; /* the file in memory; 0: it is read from the path */
	uint64_t size;
};

/*
 * LoadImage(), from within a handler, a `done`, or at the top level. done is
 * called before it returns, or later. ctx is done's business; when the machine
 * is given up before that, it is freed by nobody and must not need to be.
 */
void image_load(struct machine *m, const struct image_source *source, image_done *done, void *ctx);
/* StartImage(): done gets the status with which it came back. */
void image_start(struct machine *m, struct gaddr image, image_done *done, void *ctx);
/* Sets LoadOptions of a loaded image, copied into boot services data. */
efi_status image_set_options(
	struct machine *m, struct gaddr image, const void *options, uint32_t size);

/* Why the last image that was refused was: "it is a program for x86-64"; "" when none was. */
const char *image_refusal(const struct machine *m);

/* Whether what was to be loaded last has the headers of a program, be it for this machine or not, and is no driver where none is wanted. */
bool image_was_program(const struct machine *m);
/* Whether what was refused last was so for what edk2 alone minds. */
bool image_refused_by_edk2_alone(const struct machine *m);

/* Where an address of the guest is: "shimaa64.efi+0x1234", into text; false when in no image. */
bool image_describe(struct machine *m, uint64_t addr, char *text, size_t size);
/* The range of the image that holds addr. */
bool image_range(struct machine *m, uint64_t addr, struct gaddr *base, uint64_t *size);
/* The range of the i-th image that is loaded; false when there are fewer. */
bool image_nth(struct machine *m, size_t i, struct gaddr *base, uint64_t *size);

/*
 * The section of a loaded image that holds addr, and how many bytes of its file are in it; false when none does, by the
 * headers that are in memory.
 */
bool image_section(struct machine *m, uint64_t addr, struct gaddr *start, uint64_t *size);

/* The name of the image that was started last and has not ended; NULL when there is none. */
const char *image_running(struct machine *m);

/* The file that an image was loaded from. */
struct image_file {
	const char *name; /* the image's */
	uint64_t size;
	bool kernel; /* it has the header of an arm64 Image, or unpacks one: */
	bool zboot;
	bool hashed; /* kernels are, while they are loaded */
	uint8_t sha256[32];
};
/* Of the image at this base; false when there is none. */
bool image_file_of(struct machine *m, struct gaddr base, struct image_file *out);

/* Where PI's security protocols are, whose functions are these two. For who installs them. */
void image_set_security(struct machine *m, struct gaddr security2, struct gaddr security);
call_handler svc_file_authentication, svc_file_authentication_state;

call_handler svc_load_image, svc_start_image, svc_exit, svc_unload_image;

#endif
