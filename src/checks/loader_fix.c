/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Repairs of the boot chain: the fallback made whole, and GRUB's and
 * systemd-boot's configuration.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "checks/fixes.h"
#include "checks/verdict.h"
#include "esp/esp.h"
#include "image/guest.h"
#include "loader/chain.h"
#include "loader/grub_text.h"
#include "loader/repair.h"
#include "plan/plan.h"
#include "rootfs/edit.h"
#include "rootfs/rootfs.h"
#include "rootfs/staged.h"

#define CONFIG_MAX ((size_t)4 << 20)

/* ---- what an installer has to know of the guest ---- */

struct scene {
	struct repair_scene repair;
	struct install_options install;
	struct install_kernel *kernels;
	struct buf os_release;
	char *cmdline;
};

static void scene_release(struct scene *s)
{
	free(s->kernels);
	free(s->cmdline);
	buf_release(&s->os_release);
}
DEFINE_RELEASE(struct scene, scene_release)

/* The file system that has the guest's grub.cfg, and where in it. */
static void find_grub_cfg(struct image *image, struct install_options *o)
{
	static const char *const places[] = { "/boot/grub", "/boot/grub2", "/grub", "/grub2" };
	const struct volume *root = image_root_volume(image);
	const struct chain_view *view;

	if (image_volumes(image, &view, NULL) < 0)
		return;
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < view->n; i++) {
			const struct volume *v = &view->volumes[i];

			if ((v == root) != (pass == 0) || v->is_esp || !v->uuid)
				continue;
			for (size_t k = 0; k < ARRAY_SIZE(places); k++) {
				CLEANUP(xfree) char *path = xasprintf("%s/grub.cfg", places[k]);
				struct file_info info;

				if (volume_stat(v, path, &info) == PRESENT && info.size) {
					o->root_uuid = v->uuid;
					o->boot_prefix = places[k];
					return;
				}
			}
		}
}

static void add_kernels(struct scene *s, const struct inventory *inv, struct rootfs *root)
{
	s->kernels = xcalloc(inv->n_kernels + 1, sizeof(*s->kernels));
	for (size_t i = 0; i < inv->n_kernels; i++)
		if (inv->kernels[i].fs == root)
			s->kernels[s->install.n_kernels++] = (struct install_kernel){
				.version = inv->kernels[i].version,
				.path = inv->kernels[i].image,
				.initrd = inv->kernels[i].initrd,
			};
	s->install.kernels = s->kernels;
}

static int set_scene(struct image *image, struct plan *plan, struct scene *s, struct err *err)
{
	const struct inventory *inv;
	struct rootfs *root;
	int ret = plan_esp(plan, &s->repair.esp, err);

	s->repair.install = &s->install;
	s->repair.mtime = plan->now;
	s->install.title = "Linux";
	if (ret < 0)
		return ret;
	find_grub_cfg(image, &s->install);
	/* Such a root is not booted by root= and a kernel of its own alone. */
	if (image_root_assembled(image))
		return 0;
	if (image_rootfs(image, &root, NULL) < 0 || image_inventory(image, &inv, NULL) < 0)
		return 0;
	s->repair.root = root;
	s->install.os_id = inv->os.id;
	if (inv->os.pretty_name)
		s->install.title = inv->os.pretty_name;
	if (rootfs_read_file(root, "/etc/os-release", 65536, &s->os_release, NULL) == 0)
		s->install.os_release = buf_text(&s->os_release);
	add_kernels(s, inv, root);
	s->cmdline = xasprintf("root=UUID=%s ro", rootfs_facts(root)->uuid);
	s->install.cmdline = s->cmdline;
	if (!s->install.boot_prefix)
		s->install.root_uuid = rootfs_facts(root)->uuid;
	return 0;
}

/* ---- the fallback ---- */

static int fill_fallback(struct image *image, struct plan *plan, struct err *err)
{
	struct scene s CLEANUP(scene_release) = { 0 };
	CLEANUP(xfree) char *what = NULL;
	int ret = set_scene(image, plan, &s, err);

	if (ret == 0)
		ret = repair_fallback(&s.repair, &what, err);
	if (ret == 0)
		plan_say(plan, "\\EFI\\BOOT gets %s", what);
	return ret;
}

int fix_fallback(struct image *image, struct plan *plan, struct err *err)
{
	return fill_fallback(image, plan, err);
}

/* A damaged program is started by nobody who can help it: shim goes on without a MokManager. */
static int drop_mok_manager(
	struct plan *plan, struct rootfs *esp, const char *path, struct err *err)
{
	struct buf was CLEANUP(buf_release) = BUF_INIT, is CLEANUP(buf_release) = BUF_INIT;
	int ret = rootfs_read_file(rootfs_staged_base(esp), path, CONFIG_MAX, &was, err);

	if (ret == 0)
		ret = rootfs_read_file(esp, path, CONFIG_MAX, &is, err);
	if (ret < 0 || was.len != is.len || memcmp(buf_text(&was), buf_text(&is), is.len) != 0)
		return ret;
	ret = rootfs_remove(esp, path, err);
	if (ret == 0)
		plan_say(plan,
			"%s, which is damaged and of which there is no other copy, is deleted",
			path);
	return ret;
}

int fix_programs(struct image *image, struct plan *plan, struct err *err)
{
	static const char place[] = "ESP:/EFI/BOOT/";
	const struct check_result *found = plan->found;
	struct rootfs *esp;
	int ret = plan_esp(plan, &esp, err);

	for (size_t i = 0; ret == 0 && i < found->n; i++)
		if (strncasecmp(found->findings[i].where, place, sizeof(place) - 1) != 0)
			return err_set(err, ENOTSUP,
				"%s is not a loader that could be put there again",
				found->findings[i].where);
	if (ret == 0)
		ret = fill_fallback(image, plan, err);
	for (size_t i = 0; ret == 0 && i < found->n; i++) {
		const char *path = found->findings[i].where + strlen("ESP:");
		const char *name = path + strlen("/EFI/BOOT/");

		if (strncasecmp(name, "mm", 2) == 0 || strncasecmp(name, "MokManager", 10) == 0)
			ret = drop_mok_manager(plan, esp, path, err);
	}
	return ret;
}

/* shim runs fbaa64.efi when it is there, and what it would start itself may not be. */
int fix_shim_fallback(struct image *image, struct plan *plan, struct err *err)
{
	const struct esp_inventory *inventory;
	struct rootfs *esp;
	int ret = image_esp_inventory(image, &inventory, err);

	if (ret == 0)
		ret = plan_esp(plan, &esp, err);
	if (ret == 0 && !rootfs_exists(esp, "/EFI/BOOT/grubaa64.efi"))
		ret = fill_fallback(image, plan, err);
	for (size_t i = 0; ret == 0 && i < inventory->n; i++) {
		const struct esp_file *file = &inventory->files[i];
		CLEANUP(xfree) char *path = path_clean(file->path);

		if (file->role != ESP_SHIM_FALLBACK || strncasecmp(path, "/EFI/BOOT/", 10) != 0)
			continue;
		ret = rootfs_remove(esp, path, err);
		if (ret == 0)
			plan_say(plan, "%s is deleted", file->path);
	}
	return ret;
}

/* ---- GRUB's configuration ---- */

/* A configuration on the ESP that does nothing but lead to the menu is made anew. */
static int lead_anew(
	struct plan *plan, const char *path, const struct install_options *o, struct err *err)
{
	CLEANUP(xfree) char *uuid = NULL, *target = NULL;
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct text stub CLEANUP(text_release) = TEXT_INIT;
	struct rootfs *esp;
	int ret = plan_esp(plan, &esp, err);

	if (ret == 0)
		ret = rootfs_read_file(esp, path, CONFIG_MAX, &text, err);
	if (ret < 0)
		return ret;
	if (!grub_leads_to(buf_text(&text), &uuid, &target))
		return 0;
	repair_stub(o, &stub);
	if (stub.len == text.len && memcmp(text_str(&stub), buf_bytes(&text), text.len) == 0)
		return 0;
	ret = rootfs_write_file(esp, path, ROOTFS_KEEP, text_str(&stub), stub.len, plan->now, err);
	if (ret == 0)
		plan_say(plan, "%s leads to %s/grub.cfg on %s", path, o->boot_prefix, o->root_uuid);
	return ret;
}

struct searches {
	const struct chain_view *view;
	const char *uuid; /* of the file system that is meant */
	unsigned changed;
};

/* On a line that searches a file system which is not there, its UUID is replaced. */
static bool edit_search(void *ctx, const char *line, struct text *out)
{
	struct searches *s = ctx;
	const char *p = line + strspn(line, " \t");
	size_t n, at = 0;

	if (strncmp(p, "search", 6) != 0)
		return false;
	for (; line[at]; at += n + !n) {
		CLEANUP(xfree) char *word = NULL;

		n = strspn(line + at, "0123456789abcdefABCDEF-");
		word = xstrndup(line + at, n);
		if (n != 36 || view_by_uuid(s->view, word))
			continue;
		text_printf(out, "%.*s%s%s", (int)at, line, s->uuid, line + at + n);
		s->changed++;
		return true;
	}
	return false;
}

int fix_grub_search(struct image *image, struct plan *plan, struct err *err)
{
	struct scene s CLEANUP(scene_release) = { 0 };
	const struct esp_inventory *inventory;
	struct searches searches = { 0 };
	size_t before = plan->n_mends;
	struct rootfs *root;
	int ret = set_scene(image, plan, &s, err);

	if (ret == 0)
		ret = image_volumes(image, &searches.view, err);
	if (ret == 0)
		ret = image_esp_inventory(image, &inventory, err);
	if (ret == 0 && !s.install.boot_prefix)
		ret = err_set(err, ENOENT, "no file system has a grub.cfg to be found");
	for (size_t i = 0; ret == 0 && i < inventory->n; i++)
		if (inventory->files[i].role == ESP_GRUB_CFG) {
			CLEANUP(xfree) char *path = path_clean(inventory->files[i].path);

			ret = lead_anew(plan, path, &s.install, err);
		}
	if (ret < 0 || plan_root(plan, &root, NULL) < 0)
		return ret;
	searches.uuid = rootfs_facts(root)->uuid;
	if (*searches.uuid && s.install.boot_prefix[1] == 'b') {
		CLEANUP(xfree) char *path = xasprintf("%s/grub.cfg", s.install.boot_prefix);

		ret = rootfs_edit(root, path, edit_search, &searches, plan->now, NULL, err);
		if (searches.changed)
			plan_say(plan, "%s searches the root file system, %s", path, searches.uuid);
	}
	if (ret == 0 && plan->n_mends == before)
		ret = err_set(err, ENOTSUP, "what it should search, nothing tells");
	return ret;
}

/* A menu of the kernels that are there; the old one stays beside it. */
int fix_grub_menu(struct image *image, struct plan *plan, struct err *err)
{
	struct scene s CLEANUP(scene_release) = { 0 };
	struct text text CLEANUP(text_release) = TEXT_INIT;
	struct buf old CLEANUP(buf_release) = BUF_INIT;
	const char *prefix;
	struct rootfs *root;
	int ret = set_scene(image, plan, &s, err);

	if (ret == 0)
		ret = plan_root(plan, &root, err);
	if (ret < 0)
		return ret;
	prefix = s.install.boot_prefix ? s.install.boot_prefix : "/boot/grub";
	if (!s.install.n_kernels || prefix[1] != 'b')
		return err_set(err, ENOTSUP, "the root file system has no kernel to boot");
	if (!s.kernels[0].initrd)
		return err_set(err, ENOTSUP, "its kernel %s has no initrd", s.kernels[0].version);
	CLEANUP(xfree) char *path = xasprintf("%s/grub.cfg", prefix);
	CLEANUP(xfree) char *aside = xasprintf("%s.before-fix", path);
	const struct grub_text config = {
		.title = s.install.title,
		.root_uuid = rootfs_facts(root)->uuid,
		.root_partuuid = "",
		.args = "",
		.kernels = s.kernels,
		.n_kernels = s.install.n_kernels,
	};

	grub_text_config(&text, &config);
	ret = rootfs_read_file(root, path, CONFIG_MAX, &old, NULL);
	if (ret == 0)
		ret = rootfs_write_file(
			root, aside, 0644, buf_bytes(&old), old.len, plan->now, err);
	else
		ret = rootfs_mkdir_p(root, prefix, plan->now, err);
	if (ret == 0)
		ret = rootfs_write_file(
			root, path, ROOTFS_KEEP, text_str(&text), text.len, plan->now, err);
	if (ret == 0)
		plan_say(plan, "%s is made anew with the kernels that are there%s%s", path,
			old.len ? "; the old one stays as " : "", old.len ? aside : "");
	return ret;
}

/* ---- menus ---- */

/* KEY=..., "set KEY=..." and "KEY ..." get another value. */
struct setting {
	const char *key, *value;
	bool (*is_wrong)(const char *value);
};

static bool edit_setting(void *ctx, const char *line, struct text *out)
{
	const struct setting *s = ctx;
	const char *p = line + strspn(line, " \t"), *value;
	size_t n = strlen(s->key);

	if (strncmp(p, "set ", 4) == 0)
		p += 4;
	if (strncmp(p, s->key, n) != 0 || !p[n] || !strchr("= \t", p[n]))
		return false;
	value = p + n + strspn(p + n, "= \t\"'");
	if (s->is_wrong && !s->is_wrong(value))
		return false;
	text_printf(out, "%.*s%s", (int)(p + n - line), line, p[n] == '=' ? "=" : " ");
	text_puts(out, s->value);
	return true;
}

static bool waits(const char *value)
{
	return *value == '-' || strncmp(value, "menu-force", 10) == 0 ||
	       strtoul(value, NULL, 10) > CHAIN_WAIT_MAX;
}

/* Sets it in every file that may have it, of the guest and of the ESP. */
static int set_everywhere(struct plan *plan, const struct setting *grub,
	const struct setting *defaults, const struct setting *loader_conf, struct err *err)
{
	static const char *const menus[] = { "/boot/grub/grub.cfg", "/boot/grub2/grub.cfg" };
	static const char *const on_esp[] = { "/EFI/BOOT/grub.cfg" };
	struct rootfs *root = NULL, *esp;
	bool changed, any = false;
	int ret = plan_esp(plan, &esp, err);

	if (ret == 0 && plan_root(plan, &root, NULL) == 0) {
		for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(menus); i++) {
			ret = rootfs_edit(root, menus[i], edit_setting, (void *)(uintptr_t)grub,
				plan->now, &changed, err);
			any |= changed;
			if (changed)
				plan_say(plan, "%s: %s is %s", menus[i], grub->key, grub->value);
		}
		if (ret == 0 && any)
			ret = rootfs_edit(root, "/etc/default/grub", edit_setting,
				(void *)(uintptr_t)defaults, plan->now, NULL, err);
	}
	for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(on_esp); i++) {
		ret = rootfs_edit(esp, on_esp[i], edit_setting, (void *)(uintptr_t)grub, plan->now,
			&changed, err);
		any |= changed;
		if (changed)
			plan_say(plan, "%s: %s is %s", on_esp[i], grub->key, grub->value);
	}
	if (ret == 0)
		ret = rootfs_edit(esp, "/loader/loader.conf", edit_setting,
			(void *)(uintptr_t)loader_conf, plan->now, &changed, err);
	if (ret == 0 && changed)
		plan_say(plan, "/loader/loader.conf: %s is %s", loader_conf->key,
			loader_conf->value);
	if (ret == 0 && !any && !changed)
		ret = err_set(err, ENOTSUP, "where that is set was not found");
	return ret;
}

/* GRUB waits for ever, too, where no timeout is set: one is put in front. */
static int add_timeout(struct plan *plan, const char *path, struct err *err)
{
	struct text text CLEANUP(text_release) = TEXT_INIT;
	struct rootfs *root;
	int ret = plan_root(plan, &root, err);

	text_puts(&text, "set timeout=3\n");
	if (ret == 0)
		ret = rootfs_read_text(root, path, CONFIG_MAX, &text, err);
	if (ret == 0)
		ret = rootfs_write_file(
			root, path, ROOTFS_KEEP, text_str(&text), text.len, plan->now, err);
	if (ret == 0 && rootfs_exists(root, "/etc/default/grub"))
		ret = rootfs_set_assignment(
			root, "/etc/default/grub", "GRUB_TIMEOUT", "3", plan->now, err);
	if (ret == 0)
		plan_say(plan, "%s: timeout is 3", path);
	return ret;
}

int fix_menu_wait(struct image *image, struct plan *plan, struct err *err)
{
	static const struct setting grub = { "timeout", "3", waits };
	static const struct setting defaults = { "GRUB_TIMEOUT", "3", waits };
	const char *where = plan->found->findings[0].where, *colon = strchr(where, ':');
	const struct volume *root = image_root_volume(image);
	char name[VOLUME_NAME_MAX];
	int ret = set_everywhere(plan, &grub, &defaults, &grub, err);

	if (ret != -ENOTSUP || !colon || !root ||
		strncmp(where, volume_name(root, name), (size_t)(colon - where)) != 0)
		return ret;
	err_clear(err);
	return add_timeout(plan, colon + 1, err);
}

int fix_default_entry(struct image *image, struct plan *plan, struct err *err)
{
	static const struct setting grub = { "default", "0", NULL };
	static const struct setting defaults = { "GRUB_DEFAULT", "0", NULL };
	static const struct setting loader_conf = { "default", "*", NULL };

	(void)image;
	return set_everywhere(plan, &grub, &defaults, &loader_conf, err);
}

/* ---- two configurations ---- */

/* The one that GRUB reads counts, unless it is a menu and the vendor's leads to one that updates write. */
int fix_config_copies(struct image *image, struct plan *plan, struct err *err)
{
	const struct esp_inventory *inventory;
	const struct boot_chain *chain;
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	const char *read = NULL;
	struct rootfs *esp;
	int ret = image_chain(image, &chain, err);

	if (ret == 0)
		ret = image_esp_inventory(image, &inventory, err);
	if (ret == 0)
		ret = plan_esp(plan, &esp, err);
	for (size_t i = 0; ret == 0 && !read && i < chain->n_steps; i++)
		if (chain->steps[i].kind == STEP_CONFIG && chain->steps[i].volume &&
			chain->steps[i].volume->is_esp)
			read = chain->steps[i].path;
	if (ret == 0 && !read)
		ret = err_set(err, ENOTSUP, "which one is read, nothing tells");
	if (ret == 0)
		ret = rootfs_read_file(esp, read, CONFIG_MAX, &text, err);
	for (size_t i = 0; ret == 0 && i < inventory->n; i++) {
		CLEANUP(xfree) char *path = path_clean(inventory->files[i].path);
		struct buf other CLEANUP(buf_release) = BUF_INIT;
		CLEANUP(xfree) char *uuid = NULL, *target = NULL, *own = NULL, *own_target = NULL;
		const char *to = path;

		if (inventory->files[i].role != ESP_GRUB_CFG || strcasecmp(path, read) == 0 ||
			strncasecmp(path, "/EFI/", 5) != 0)
			continue;
		ret = rootfs_read_file(esp, path, CONFIG_MAX, &other, err);
		if (ret < 0)
			return ret;
		if (grub_leads_to(buf_text(&other), &uuid, &target) &&
			!grub_leads_to(buf_text(&text), &own, &own_target)) {
			buf_reset(&text);
			buf_add(&text, buf_bytes(&other), other.len);
			to = read;
		}
		ret = rootfs_write_file(
			esp, to, ROOTFS_KEEP, buf_text(&text), text.len, plan->now, err);
		if (ret == 0)
			plan_say(plan, "%s becomes what %s is", to, to == read ? path : read);
	}
	return ret;
}

/* ---- a menu that updates never reach ---- */

/* The old menu stays beside it, for a person to look at. */
static int lead_to_guest(
	struct plan *plan, struct scene *s, const char *path, bool *changed, struct err *err)
{
	struct buf old CLEANUP(buf_release) = BUF_INIT;
	struct text stub CLEANUP(text_release) = TEXT_INIT;
	CLEANUP(xfree) char *uuid = NULL, *target = NULL, *kept = xasprintf("%s.old", path);
	int ret = rootfs_read_file(s->repair.esp, path, CONFIG_MAX, &old, err);

	if (ret < 0 || grub_leads_to(buf_text(&old), &uuid, &target))
		return ret;
	repair_stub(&s->install, &stub);
	ret = rootfs_write_file(
		s->repair.esp, kept, 0644, buf_bytes(&old), old.len, plan->now, err);
	if (ret == 0)
		ret = rootfs_write_file(s->repair.esp, path, ROOTFS_KEEP, text_str(&stub), stub.len,
			plan->now, err);
	if (ret == 0)
		plan_say(plan,
			"%s leads to %s/grub.cfg, which the guest's updates write; it is kept as %s",
			path, s->install.boot_prefix, kept);
	*changed |= ret == 0;
	return ret;
}

int fix_updates_reach(struct image *image, struct plan *plan, struct err *err)
{
	const char *where = plan->found->findings[0].where;
	struct scene s CLEANUP(scene_release) = { 0 };
	const struct esp_inventory *inventory;
	bool changed = false;
	int ret = image_esp_inventory(image, &inventory, err);

	if (ret == 0)
		ret = set_scene(image, plan, &s, err);
	if (ret < 0)
		return ret;
	if (strncmp(where, "ESP:", 4) != 0 || !strstr(where, "grub.cfg"))
		return err_set(err, ENOTSUP, "only a menu of GRUB's on the ESP is led elsewhere");
	if (!s.install.boot_prefix)
		return err_set(err, ENOTSUP,
			"the guest has no grub.cfg yet: run update-grub (grub2-mkconfig -o "
			"/boot/grub2/grub.cfg) in it");
	for (size_t i = 0; ret == 0 && i < inventory->n; i++) {
		CLEANUP(xfree) char *path = path_clean(inventory->files[i].path);

		if (inventory->files[i].role == ESP_GRUB_CFG && strncasecmp(path, "/EFI/", 5) == 0)
			ret = lead_to_guest(plan, &s, path, &changed, err);
	}
	if (ret == 0 && !changed)
		ret = err_set(err, ENOTSUP, "what on the ESP has the menu was not found");
	return ret;
}
