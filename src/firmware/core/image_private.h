/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files about images share and others don't need. */
#ifndef ARMVM_FIRMWARE_CORE_IMAGE_PRIVATE_H
#define ARMVM_FIRMWARE_CORE_IMAGE_PRIVATE_H

#include "firmware/core/image.h"

struct image {
	struct gaddr handle;
	struct gaddr base; /* of the loaded image, `pages` pages */
	uint64_t pages;
	uint64_t size;
	uint64_t entry;
	struct gaddr hii; /* the package list in its resources, or NULL */
	uint16_t subsystem;
	bool started;
	unsigned depth; /* started: the frame that waits for its end */
	uint32_t tpl;
	image_done *done;
	void *ctx;
	struct gaddr exit_data;
	uint64_t exit_data_size;
	struct gaddr loaded_image; /* its LoadedImage interface */
	char *name;                /* the file's, for people; "image 3" without one */
	bool is_kernel;
	bool is_zboot;          /* a kernel that unpacks itself */
	struct image_file file; /* its name is unset */
};

/* One of PI's security protocols: where, and its function as the firmware made it. */
struct security {
	struct gaddr interface, own;
};

struct images {
	struct image **v; /* in the order of loading */
	size_t n;
	struct image **running; /* the innermost last */
	size_t n_running;
	unsigned loaded;        /* ever */
	struct gaddr exit_data; /* of the image that ended last */
	uint64_t exit_data_size;
	struct security security[2]; /* Security2, which is asked first, and Security */
	char refused[256];           /* why the last image that was not loaded was not; "" */
	bool was_program;            /* it has a program's headers */
	bool by_edk2_alone;          /* and is refused for what U-Boot does not mind */
};

/* Whether it begins as a program does, for any machine; of applications alone, or of drivers, too. */
bool image_is_program(const uint8_t *file, uint64_t len, bool application);

/*
 * Puts a PE of len bytes at `file` (the host's view, valid during the call)
 * into memory, relocated. Sets base, pages, size, entry, subsystem, is_kernel,
 * is_zboot; why (of size n) says in words what is wrong.
 */
efi_status image_place(struct machine *m, const uint8_t *file, uint64_t len, bool application,
	struct image *image, char *why, size_t n);

/*
 * Whether Secure Boot lets an image be loaded whose bytes are in memory: done gets EFI_SUCCESS, or
 * EFI_ACCESS_DENIED (the reason is in m->images->refused), before it returns or later: functions
 * of guests may be asked.
 */
typedef void image_trusted(struct machine *m, void *ctx, efi_status status);
void image_judge(
	struct machine *m, const struct image_source *source, image_trusted *done, void *ctx);

/*
 * Where in a loaded image of size bytes the resource of the type "HII" begins (7.4.1), whose tree begins at
 * resources; 0 when there is none.
 */
uint32_t image_hii(const uint8_t *image, uint64_t size, uint32_t resources);

/* The memory type of a program's code. */
uint32_t image_code_type(uint16_t subsystem);

/* Reads the file at a device path; buffer (pages) is the callee's to free with pages_free(). status: EFI_NOT_FOUND for every fault. */
typedef void image_file_done(
	struct machine *m, void *ctx, efi_status status, struct gaddr buffer, uint64_t size);
void image_file_read(
	struct machine *m, struct gaddr path, bool boot_policy, image_file_done *done, void *ctx);

/* LoadedImage (UEFI 2.10 9.1) */
#define LI_REVISION          0
#define LI_PARENT            8
#define LI_SYSTEM_TABLE      16
#define LI_DEVICE            24
#define LI_FILE_PATH         32
#define LI_LOAD_OPTIONS_SIZE 48
#define LI_LOAD_OPTIONS      56
#define LI_IMAGE_BASE        64
#define LI_IMAGE_SIZE        72
#define LI_CODE_TYPE         80
#define LI_DATA_TYPE         84
#define LI_UNLOAD            88
#define LI_SIZE              96

#endif
