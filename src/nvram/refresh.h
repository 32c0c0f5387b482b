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
	/* Makes updates keep \EFI\BOOT whole and current. */
	int (*keep)(const struct nvram_scene *scene, int64_t mtime, struct err *err);
};

extern const struct refresh_family refresh_debian, refresh_systemd, refresh_alpine, refresh_arch,
	refresh_rpm;

bool refresh_is_os(const struct nvram_scene *scene, const char *id);
/* A folder's name that needs no care in a path, a shell or a unit. */
bool refresh_is_plain(const char *name);
/* GRUB or shim is what starts from the ESP; while building, that is not known yet. */
bool refresh_has_grub(const struct nvram_scene *scene);
/* Where the guest mounts the ESP; NULL: nowhere. The caller frees it. */
int refresh_esp_mount(const struct nvram_scene *scene, char **folder, struct err *err);
/* Where the guest mounts the ESP, /boot/efi when nothing says so. The caller frees it. */
int refresh_esp_folder(const struct nvram_scene *scene, char **folder, struct err *err);
/*
 * For families whose updates run what an administrator wrote, in the file `where`, or in the files of that folder
 * whose names end in suffix (NULL: it is a file): off when a line, no comment, runs grub-install into
 * \EFI\BOOT, else active there because of `what`.
 */
int refresh_judge(const struct nvram_scene *scene, struct nvram_answer *a, const char *where,
	const char *suffix, const char *what, struct err *err);
/* The line that does. The caller frees it. */
int refresh_command(const struct nvram_scene *scene, char **command, struct err *err);

/*
 * A unit that keeps what shim starts in \EFI\BOOT current: whether there is one, and making it. esp is
 * where the ESP is mounted; loader and mok are files below its EFI folder.
 */
bool refresh_unit_exists(const struct nvram_scene *scene);
int refresh_unit_write(const struct nvram_scene *scene, const char *esp, const char *loader,
	const char *mok, int64_t mtime, struct err *err);

#endif
