/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the families of distributions keep \EFI\BOOT current, and what their files share. Private to
 * nvram/.
 */
#ifndef ARMVM_NVRAM_REFRESH_H
#define ARMVM_NVRAM_REFRESH_H

#include "nvram/mechanisms.h"

/* Where an administrator's units are. */
#define REFRESH_UNITS "/etc/systemd/system/"

struct refresh_family {
	/* Whether the scene's guest has that loader from that family's packages: 1, 0 or an error. */
	int (*has)(const struct nvram_scene *scene, struct err *err);
	int (*detect)(const struct nvram_scene *scene, struct nvram_answer *a, struct err *err);
	/* Sees to it that updates keep \EFI\BOOT whole and current. */
	int (*keep)(const struct nvram_scene *scene, int64_t mtime, struct err *err);
};

extern const struct refresh_family refresh_debian, refresh_alpine, refresh_arch, refresh_rpm;

bool refresh_is_os(const struct nvram_scene *scene, const char *id);
/* A folder's name that needs no care in a path, a shell or a unit. */
bool refresh_is_plain(const char *name);
/* GRUB or shim is what starts from the ESP; while building, that is not known yet. */
bool refresh_has_grub(const struct nvram_scene *scene);
/* Where the guest mounts the ESP; NULL: nowhere. The caller frees it. */
int refresh_esp_folder(const struct nvram_scene *scene, char **folder, struct err *err);
/* Whether a line, no comment, runs grub-install into \EFI\BOOT. */
bool refresh_is_run(const char *text);

#endif
