/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the guest's next update keeps \EFI\BOOT whole and current: what the package of the boot
 * loader does there, a row for each family. Debian's was run (tests/distro/updates.t); the others
 * are from their packages, not run:
 *
 *	Debian, Ubuntu	postinst of grub-efi-arm64 and shim-signed: grub-install, where
 *			/boot/efi/EFI/<distributor> is a folder
 *	Alpine		grub.post-upgrade sources /etc/grub-autoinstall, where there is one; grub.trigger
 *			writes grub.cfg alone
 *	Arch		grub has no hook; an administrator's in /etc/pacman.d/hooks may run grub-install
 *	Fedora, RHEL	shim-aa64 owns EFI/BOOT/BOOTAA64.EFI and fbaa64.efi on the ESP, and
 *			grub2-efi-aa64 only EFI/<vendor>/grubaa64.efi
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "esp/esp.h"
#include "nvram/mechanisms.h"
#include "rootfs/edit.h"
#include "rootfs/fstab.h"

#define UNIT       "efi-fallback"
#define UNITS      "/etc/systemd/system/"
#define ALPINE     "/etc/grub-autoinstall"
#define ARCH_HOOKS "/etc/pacman.d/hooks"
#define ARCH_HOOK  ARCH_HOOKS "/95-grub-fallback.hook"

struct family {
	/* Whether the scene's guest has that loader from that family's packages: 1, 0 or an error. */
	int (*has)(const struct nvram_scene *scene, struct err *err);
	int (*detect)(const struct nvram_scene *scene, struct nvram_answer *a, struct err *err);
	int (*turn_off)(const struct nvram_scene *scene, int64_t mtime, struct err *err);
};

static bool is_os(const struct nvram_scene *scene, const char *id)
{
	return os_release_is_like(&scene->inventory->os, id);
}

/* A folder's name that needs no care in a path, a shell or a unit. */
static bool is_plain(const char *name)
{
	size_t n = strspn(
		name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+");

	return n && !name[n] && name[0] != '.';
}

/* GRUB or shim is what starts from the ESP; while building, that is not known yet. */
static bool has_grub_on_esp(const struct nvram_scene *scene)
{
	const struct esp_inventory *esp = scene->esp;

	return !esp || (!esp_find(esp, ESP_SYSTEMD_BOOT, ESP_ARCH_NONE) &&
			       esp_find(esp, ESP_GRUB_CFG, ESP_ARCH_NONE) &&
			       esp_find(esp, ESP_FALLBACK, ESP_AA64));
}

/* Where the guest mounts the ESP. The caller frees it. */
static int esp_folder(const struct nvram_scene *scene, char **folder, struct err *err)
{
	static const char *const usual[] = { "/boot/efi", "/efi", "/boot" };
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct fstab tab CLEANUP(fstab_release) = { 0 };
	int ret = nvram_read(scene->root, "/etc/fstab", &text, err);

	fstab_parse(&tab, buf_str(&text), text.len);
	*folder = NULL;
	for (size_t i = 0; ret == 0 && !*folder && i < ARRAY_SIZE(usual); i++) {
		const struct fstab_line *line = fstab_find(&tab, usual[i]);

		if (line && (strcmp(line->type, "vfat") == 0 || strcmp(line->type, "auto") == 0))
			*folder = xstrdup(usual[i]);
	}
	return ret;
}

/* ---- Debian, Ubuntu ---- */

/* The folder's name, as the postinst makes it of /etc/default/grub. */
static int distributor(const struct nvram_scene *scene, char **name, struct err *err)
{
	const char *id = scene->inventory->os.id;
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	CLEANUP(xfree) char *value = NULL;
	int ret = nvram_read(scene->root, "/etc/default/grub", &text, err);

	if (ret < 0)
		return ret;
	value = shell_assignment(buf_str(&text), "GRUB_DISTRIBUTOR");
	if (!value || !*value || strpbrk(value, "`$(/"))
		*name = xstrdup(id ? id : "debian");
	else
		*name = xstrndup(value, strcspn(value, " "));
	for (char *p = *name; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return is_plain(*name) ? 0
			       : err_set(err, ENOTSUP, "GRUB's distributor is no folder's name");
}

static int has_debian(const struct nvram_scene *scene, struct err *err)
{
	static const char *const packages[] = { "grub-efi-arm64", NULL };
	bool has;
	int ret;

	if (!is_os(scene, "debian") || !scene->esp || !has_grub_on_esp(scene))
		return 0;
	ret = nvram_has_package(scene->root, packages, &has, err);
	return ret < 0 ? ret : has;
}

static bool has_vendor(const struct nvram_scene *scene, const char *name)
{
	for (size_t i = 0; i < scene->esp->vendors.n; i++)
		if (strcasecmp(scene->esp->vendors.v[i], name) == 0)
			return true;
	return false;
}

/* How fstab may name the ESP. */
static void esp_name(const struct nvram_scene *scene, char name[16])
{
	uint32_t serial = fat_facts(scene->fat)->serial;

	snprintf(name, 16, "UUID=%04X-%04X", serial >> 16, serial & 0xffff);
}

static int debian_mounts(const struct nvram_scene *scene, bool *mounts, struct err *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct fstab tab CLEANUP(fstab_release) = { 0 };
	int ret = nvram_read(scene->root, "/etc/fstab", &text, err);
	const struct fstab_line *line;
	char name[16];

	fstab_parse(&tab, buf_str(&text), text.len);
	line = fstab_find(&tab, "/boot/efi");
	esp_name(scene, name);
	/* Whether other names are the ESP's is for guest.fstab-* to tell, and so is what its UUID would be. */
	*mounts = (line && (strncasecmp(line->spec, "UUID=", 5) != 0 ||
				   !fat_facts(scene->fat)->has_serial ||
				   strcasecmp(line->spec, name) == 0)) ||
		  rootfs_exists(scene->root, UNITS "boot-efi.mount");
	return ret;
}

static int detect_debian(const struct nvram_scene *scene, struct nvram_answer *a, struct err *err)
{
	CLEANUP(xfree) char *name = NULL;
	bool mounts;
	int ret = distributor(scene, &name, err);

	if (ret == 0)
		ret = debian_mounts(scene, &mounts, err);
	if (ret < 0)
		return ret;
	if (!mounts)
		return nvram_active(a, "/etc/fstab",
			"the ESP is not mounted at /boot/efi, where updates of GRUB and shim look "
			"for it: \\EFI\\BOOT stays as it is");
	if (!has_vendor(scene, name))
		return nvram_active(a, "ESP",
			"there is no folder \\EFI\\%s, without which updates of GRUB and shim leave "
			"the ESP, and \\EFI\\BOOT on it, as it is",
			name);
	return nvram_off(a);
}

/* A line that mounts something else there, which is not in the image, gets the ESP's name. */
static bool name_esp(void *ctx, const char *line, struct buf *out)
{
	struct fstab tab CLEANUP(fstab_release) = { 0 };

	fstab_parse(&tab, line, strlen(line));
	if (tab.n != 1 || strcmp(tab.v[0].file, "/boot/efi") != 0)
		return false;
	buf_printf(out, "%s%s", (const char *)ctx, line + strcspn(line, " \t"));
	return true;
}

static int mount_esp(const struct nvram_scene *scene, int64_t mtime, struct err *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	char name[16];
	bool changed;
	int ret;

	if (!fat_facts(scene->fat)->has_serial)
		return err_set(err, ENOTSUP, "the ESP has no volume serial number to name it by");
	esp_name(scene, name);
	ret = rootfs_edit(scene->root, "/etc/fstab", name_esp, name, mtime, &changed, err);
	if (ret < 0 || changed)
		return ret;
	ret = nvram_read(scene->root, "/etc/fstab", &text, err);
	if (ret < 0)
		return ret;
	if (text.len && text.data[text.len - 1] != '\n')
		buf_puts(&text, "\n");
	buf_printf(&text, "%s /boot/efi vfat umask=0077 0 1\n", name);
	ret = rootfs_mkdir_p(scene->root, "/boot/efi", mtime, err);
	return ret < 0 ? ret
		       : rootfs_write_file(scene->root, "/etc/fstab", ROOTFS_KEEP, text.data,
				 text.len, mtime, err);
}

static int refresh_debian(const struct nvram_scene *scene, int64_t mtime, struct err *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	CLEANUP(xfree) char *name = NULL, *folder = NULL, *path = NULL;
	bool mounts;
	int ret = distributor(scene, &name, err);

	if (ret == 0)
		ret = debian_mounts(scene, &mounts, err);
	if (ret == 0 && !mounts)
		ret = mount_esp(scene, mtime, err);
	if (ret < 0 || has_vendor(scene, name))
		return ret;
	/* What grub-install would write there leads to the same menu. */
	folder = xasprintf("/EFI/%s", name);
	path = xasprintf("%s/grub.cfg", folder);
	ret = rootfs_read_file(scene->esp_files, "/EFI/BOOT/grub.cfg", NVRAM_FILE_MAX, &text, err);
	if (ret == 0)
		ret = rootfs_mkdir_p(scene->esp_files, folder, mtime, err);
	return ret < 0 ? ret
		       : rootfs_write_file(
				 scene->esp_files, path, 0644, text.data, text.len, mtime, err);
}

/* ---- Alpine ---- */

static int has_alpine(const struct nvram_scene *scene, struct err *err)
{
	static const char *const databases[] = { "/lib/apk/db/installed",
		"/usr/lib/apk/db/installed" };

	if (!is_os(scene, "alpine") || !has_grub_on_esp(scene))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(databases); i++) {
		struct buf text CLEANUP(buf_release) = BUF_INIT;
		int ret = nvram_read(scene->root, databases[i], &text, err);

		if (ret < 0)
			return ret;
		if (strstr(buf_str(&text), "P:grub-efi\n"))
			return 1;
	}
	return 0;
}

/* A line, no comment, that runs grub-install into \EFI\BOOT. */
static bool refreshes(const char *text)
{
	CLEANUP(xfree) char *copied = xstrdup(text);
	char *save = NULL;

	for (char *line = strtok_r(copied, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (line[strspn(line, " \t")] != '#' && strstr(line, "grub-install") &&
			(strstr(line, "--removable") || strstr(line, "--force-extra-removable") ||
				strcasestr(line, "bootaa64")))
			return true;
	return false;
}

static int detect_alpine(const struct nvram_scene *scene, struct nvram_answer *a, struct err *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	int ret = nvram_read(scene->root, ALPINE, &text, err);

	if (ret < 0)
		return ret;
	if (refreshes(buf_str(&text)))
		return nvram_off(a);
	return nvram_active(a, ALPINE,
		"it does not run grub-install --removable: updates of grub-efi leave \\EFI\\BOOT as it "
		"is");
}

static int refresh_alpine(const struct nvram_scene *scene, int64_t mtime, struct err *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	CLEANUP(xfree) char *folder = NULL;
	int ret = nvram_read(scene->root, ALPINE, &text, err);

	if (ret == 0)
		ret = esp_folder(scene, &folder, err);
	if (ret < 0)
		return ret;
	buf_printf(&text,
		"grub-install --target=arm64-efi --efi-directory=%s --removable --no-nvram\n",
		folder ? folder : "/boot/efi");
	return rootfs_write_file(scene->root, ALPINE, ROOTFS_KEEP, text.data, text.len, mtime, err);
}

/* ---- Arch ---- */

static int has_arch(const struct nvram_scene *scene, struct err *err)
{
	struct rootfs_dir dir CLEANUP(rootfs_dir_release) = { 0 };
	int ret;

	if ((!is_os(scene, "arch") && !is_os(scene, "archarm")) || !has_grub_on_esp(scene))
		return 0;
	ret = rootfs_list(scene->root, "/var/lib/pacman/local", &dir, err);
	if (ret == -ENOENT || ret == -ENOTDIR) {
		err_clear(err);
		return 0;
	}
	for (size_t i = 0; ret == 0 && i < dir.n; i++)
		if (strncmp(dir.v[i].name, "grub-", 5) == 0 &&
			isdigit((unsigned char)dir.v[i].name[5]))
			return 1;
	return ret;
}

static int detect_arch(const struct nvram_scene *scene, struct nvram_answer *a, struct err *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	int ret = nvram_read_all(scene->root, ARCH_HOOKS, ".hook", &text, err);

	if (ret < 0)
		return ret;
	if (refreshes(buf_str(&text)))
		return nvram_off(a);
	return nvram_active(a, ARCH_HOOKS,
		"no hook runs grub-install --removable: updates of grub leave \\EFI\\BOOT as it is, "
		"until grub.cfg asks for what it does not know");
}

static int refresh_arch(const struct nvram_scene *scene, int64_t mtime, struct err *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	CLEANUP(xfree) char *folder = NULL;
	int ret = esp_folder(scene, &folder, err);

	if (ret == 0)
		ret = rootfs_mkdir_p(scene->root, ARCH_HOOKS, mtime, err);
	if (ret < 0)
		return ret;
	buf_printf(&text,
		"[Trigger]\nOperation = Upgrade\nType = Package\nTarget = grub\n\n"
		"[Action]\nDescription = Refreshing the fallback loader\nWhen = PostTransaction\n"
		"Exec = /usr/bin/grub-install --target=arm64-efi --efi-directory=%s --removable "
		"--no-nvram\n",
		folder ? folder : "/boot/efi");
	return rootfs_write_file(scene->root, ARCH_HOOK, 0644, text.data, text.len, mtime, err);
}

/* ---- Fedora, RHEL and what is made of it ---- */

/* The same while building: the package's files are where the ESP will be mounted. */
static char *shim_in_tree(struct rootfs *root)
{
	struct rootfs_dir dir CLEANUP(rootfs_dir_release) = { 0 };

	if (rootfs_list(root, "/boot/efi/EFI", &dir, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < dir.n; i++) {
		CLEANUP(xfree)
		char *path = xasprintf("/boot/efi/EFI/%s/shimaa64.efi", dir.v[i].name);

		if (strcasecmp(dir.v[i].name, "BOOT") != 0 && rootfs_exists(root, path))
			return xstrdup(dir.v[i].name);
	}
	return NULL;
}

/* The vendor's folder that has shim in it, the guest's own before others; NULL: none. */
static char *shim_vendor(const struct nvram_scene *scene)
{
	const char *id = scene->inventory->os.id ? scene->inventory->os.id : "";
	char *found = NULL;

	if (!scene->esp)
		return shim_in_tree(scene->root);
	if (strcmp(id, "rhel") == 0)
		id = "redhat";
	for (size_t i = 0; i < scene->esp->n; i++) {
		const struct esp_file *f = &scene->esp->files[i];
		const char *name = f->path + 5;

		if (f->role == ESP_SHIM && f->arch == ESP_AA64 &&
			strncasecmp(f->path, "\\EFI\\", 5) == 0 && strchr(name, '\\') &&
			strncasecmp(name, "BOOT\\", 5) != 0)
			if (!found || strncasecmp(name, id, strcspn(name, "\\")) == 0) {
				free(found);
				found = xstrndup(name, strcspn(name, "\\"));
			}
	}
	return found;
}

static int has_rpm(const struct nvram_scene *scene, struct err *err)
{
	CLEANUP(xfree) char *vendor = NULL;

	(void)err;
	if ((!is_os(scene, "fedora") && !is_os(scene, "rhel") && !is_os(scene, "centos")) ||
		!rootfs_exists(scene->root, "/usr/bin/rpm") ||
		rootfs_exists(scene->root, "/ostree") || !has_grub_on_esp(scene))
		return 0;
	vendor = shim_vendor(scene);
	return vendor != NULL;
}

static int detect_rpm(const struct nvram_scene *scene, struct nvram_answer *a, struct err *err)
{
	(void)err;
	if (rootfs_exists(scene->root, UNITS UNIT ".path"))
		return nvram_off(a);
	return nvram_active(a, "ESP",
		"updates of shim-aa64 put fbaa64.efi into \\EFI\\BOOT, and those of grub2-efi-aa64 leave "
		"the grubaa64.efi there as it is");
}

static int put(const struct nvram_scene *scene, const char *path, const struct buf *text,
	int64_t mtime, struct err *err)
{
	return rootfs_write_file(scene->root, path, 0644, text->data, text->len, mtime, err);
}

/* A unit that waits for what these updates do. */
static int refresh_rpm(const struct nvram_scene *scene, int64_t mtime, struct err *err)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT, service CLEANUP(buf_release) = BUF_INIT;
	CLEANUP(xfree) char *vendor = shim_vendor(scene), *folder = NULL;
	const char *esp;
	int ret = esp_folder(scene, &folder, err);

	if (ret == 0 && !is_plain(vendor))
		ret = err_set(err, ENOTSUP, "a folder of that name has no place in a unit");
	if (ret == 0)
		ret = rootfs_mkdir_p(scene->root, UNITS "multi-user.target.wants", mtime, err);
	if (ret < 0)
		return ret;
	esp = folder ? folder : "/boot/efi";
	buf_printf(&path,
		"[Unit]\nDescription=Updates of the boot loader on the ESP\nRequiresMountsFor=%s\n\n"
		"[Path]\nPathExists=%s/EFI/BOOT/fbaa64.efi\nPathChanged=%s/EFI/%s/grubaa64.efi\n\n"
		"[Install]\nWantedBy=multi-user.target\n",
		esp, esp, esp, vendor);
	buf_printf(&service,
		"[Unit]\nDescription=Keep the removable media path whole and current\n"
		"RequiresMountsFor=%s\n\n[Service]\nType=oneshot\n"
		"ExecStart=/bin/rm -f %s/EFI/BOOT/fbaa64.efi\n"
		"ExecStart=-/bin/cp -f %s/EFI/%s/grubaa64.efi %s/EFI/BOOT/grubaa64.efi\n"
		"ExecStart=-/bin/cp -f %s/EFI/%s/mmaa64.efi %s/EFI/BOOT/mmaa64.efi\n",
		esp, esp, esp, vendor, esp, esp, vendor, esp);
	ret = put(scene, UNITS UNIT ".service", &service, mtime, err);
	if (ret == 0)
		ret = put(scene, UNITS UNIT ".path", &path, mtime, err);
	return ret < 0 ? ret
		       : rootfs_symlink(scene->root, UNITS UNIT ".path",
				 UNITS "multi-user.target.wants/" UNIT ".path", mtime, err);
}

/* ---- the mechanism ---- */

static const struct family families[] = {
	{ has_debian, detect_debian, refresh_debian },
	{ has_alpine, detect_alpine, refresh_alpine },
	{ has_arch, detect_arch, refresh_arch },
	{ has_rpm, detect_rpm, refresh_rpm },
};

/* NULL: none of them. */
static int find_family(
	const struct nvram_scene *scene, const struct family **family, struct err *err)
{
	*family = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		int ret = families[i].has(scene, err);

		if (ret < 0)
			return ret;
		if (ret) {
			*family = &families[i];
			return 0;
		}
	}
	return 0;
}

static int detect_refresh(const struct nvram_mechanism *m, const struct nvram_scene *scene,
	struct nvram_answer *a, struct err *err)
{
	const struct family *family;
	int ret = find_family(scene, &family, err);

	(void)m;
	if (ret < 0)
		return ret;
	if (!family)
		return nvram_absent(a, "no package is known here that writes a loader to the ESP");
	return family->detect(scene, a, err);
}

static int turn_on_refresh(const struct nvram_mechanism *m, const struct nvram_scene *scene,
	int64_t mtime, struct err *err)
{
	const struct family *family;
	int ret = find_family(scene, &family, err);

	(void)m;
	if (ret == 0 && !family)
		ret = err_set(err, ENOENT, "no such family");
	return ret < 0 ? ret : family->turn_off(scene, mtime, err);
}

const struct nvram_mechanism nvram_fallback_refresh = {
	.name = "fallback-refresh",
	.done = "the loader's updates keep \\EFI\\BOOT whole and current now",
	.advice = "see to it that they do: armvm-image explain nvram.fallback-refresh",
	.detect = detect_refresh,
	.turn_off = turn_on_refresh,
};
