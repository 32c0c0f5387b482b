/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest family, fourth part: state of one machine in a disk that will be
 * many machines' (VM-22): network cards by address or slot, identities, keys.
 * Removing it all is virt-sysprep's work; here it is reported.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/match.h"
#include "base/xalloc.h"
#include "checks/fixes.h"
#include "checks/groups.h"
#include "image/image.h"
#include "rootfs/rootfs.h"

#define FILE_MAX  ((size_t)1 << 20)
#define FILES_MAX 1000 /* in one folder */

/* Folders whose files configure networks, and how these files' names end. */
static const struct {
	const char *folder, *suffix;
} network_files[] = {
	{ "/etc/udev/rules.d", ".rules" },
	{ "/etc/systemd/network", "" },
	{ "/etc/netplan", ".yaml" },
	{ "/etc/network", "interfaces" },
	{ "/etc/network/interfaces.d", "" },
	{ "/etc/NetworkManager/system-connections", "" },
	{ "/etc/sysconfig/network-scripts", "" },
};

/* Adds what it finds in a line. */
typedef void find_fn(const char *line, size_t len, struct strlist *found);

static void add_found(struct strlist *found, const char *thing, size_t len)
{
	CLEANUP(xfree) char *copy = xstrndup(thing, len);

	if (!strlist_has(found, copy))
		strlist_add(found, copy);
}

/* What a connection is called matches no card: NetworkManager's id=, an ifcfg's NAME=, networkd's Description=. */
static bool is_title(const char *line)
{
	static const char *const keys[] = { "id=", "NAME=", "Description=" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strncmp(line, keys[i], strlen(keys[i])) == 0)
			return true;
	return false;
}

/* Each thing that find() finds in a file outside of comments. */
static void find_in_text(const char *text, find_fn *find, struct strlist *found)
{
	for (const char *p = text; *p; p += *p == '\n') {
		size_t len = strcspn(p, "\n");
		const char *start = p + strspn(p, " \t");

		if (*start != '#' && !is_title(start))
			find(p, len, found);
		p += len;
	}
}

/* Six groups of two hexadecimal digits, as a network card's address is written. */
static void find_mac(const char *line, size_t len, struct strlist *found)
{
	for (size_t i = 0; i + 17 <= len; i++) {
		size_t n = 0;

		while (n < 17 &&
			(n % 3 == 2 ? line[i + n] == ':' : isxdigit((unsigned char)line[i + n])))
			n++;
		if (n == 17 &&
			(i == 0 || (!isxdigit((unsigned char)line[i - 1]) && line[i - 1] != ':')) &&
			(i + 17 == len || line[i + 17] != ':'))
			add_found(found, line + i, 17);
	}
}

static size_t digits(const char *p, size_t len)
{
	size_t n = 0;

	while (n < len && isdigit((unsigned char)p[n]))
		n++;
	return n;
}

/* How long such a name at p is: enp1s0, enP2p1s0, ens3, eno1, end0 (systemd.net-naming-scheme(7)); 0: it is none. */
static size_t slot_name(const char *p, size_t left)
{
	size_t n = 2, m;

	if (left < 4 || memcmp(p, "en", 2) != 0)
		return 0;
	if (p[n] == 'P') {
		m = digits(p + n + 1, left - n - 1);
		n += m ? m + 1 : 0;
	}
	if (n >= left || !strchr("psod", p[n]))
		return 0;
	m = digits(p + n + 1, left - n - 1);
	if (!m)
		return 0;
	n += m + 1;
	while (n < left && isalnum((unsigned char)p[n]))
		n++;
	return n;
}

/* Cards named after where they are plugged in. */
static void find_slot_names(const char *line, size_t len, struct strlist *found)
{
	for (size_t i = 0; i < len; i++) {
		size_t n = i && (isalnum((unsigned char)line[i - 1]) || strchr("-_/.", line[i - 1]))
				   ? 0
				   : slot_name(line + i, len - i);

		if (n)
			add_found(found, line + i, n);
		i += n ? n - 1 : 0;
	}
}

/* What is found is no finding where the file has as much for another, which is reported by the check that it leads to. */
struct search {
	find_fn *find, *other;
	const char *leads;
	const char *advice, *what, *plural;
};

/* "a, b, c"; the caller frees it. */
static char *join(const struct strlist *words)
{
	CLEANUP(text_release) struct text text = TEXT_INIT;

	for (size_t i = 0; i < words->n; i++)
		text_printf(&text, "%s%s", i ? ", " : "", words->v[i]);
	return xstrdup(text_str(&text));
}

static int judge_file(struct rootfs *root, const char *path, const struct search *s,
	struct findings *f, struct err *err)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	CLEANUP(strlist_release) struct strlist found = { 0 }, others = { 0 };
	int ret = rootfs_read_file(root, path, FILE_MAX, &text, err);

	/* A link that leads nowhere (systemd's /dev/null masks among them), or no text at all. */
	if (ret == -ENOENT || ret == -EINVAL) {
		err_clear(err);
		return 0;
	}
	if (ret < 0)
		return ret;
	find_in_text(buf_text(&text), s->find, &found);
	if (s->other)
		find_in_text(buf_text(&text), s->other, &others);
	if (found.n && found.n <= others.n)
		finding_skip_for(f, s->leads, "what it names is bound to one machine otherwise");
	else if (found.n) {
		CLEANUP(xfree) char *names = join(&found);

		finding_add(f, path, s->advice, "%s%s %s", s->what, found.n > 1 ? s->plural : "",
			names);
	}
	return 0;
}

/* Lists a folder; one that is not there is empty. */
static int list_folder(
	struct rootfs *root, const char *folder, struct rootfs_dir *dir, struct err *err)
{
	int ret = rootfs_list(root, folder, dir, err);

	if (ret == -ENOENT || ret == -ENOTDIR) {
		err_clear(err);
		return 0;
	}
	return ret;
}

static int judge_network(
	struct image *image, const struct search *s, struct findings *f, struct err *err)
{
	struct rootfs *root;
	int ret = image_rootfs(image, &root, err);

	for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(network_files); i++) {
		CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };

		ret = list_folder(root, network_files[i].folder, &dir, err);
		if (ret == 0 && dir.n > FILES_MAX)
			ret = err_set(err, EFBIG, "%s: over %d files", network_files[i].folder,
				FILES_MAX);
		for (size_t n = 0; ret == 0 && n < dir.n; n++) {
			CLEANUP(xfree)
			char *path = xasprintf("%s/%s", network_files[i].folder, dir.v[n].name);

			if (dir.v[n].type != ROOTFS_DIR &&
				ends_with(dir.v[n].name, network_files[i].suffix))
				ret = judge_file(root, path, s, f, err);
		}
	}
	return ret;
}

static int run_network_address(struct image *image, struct findings *f, struct err *err)
{
	static const struct search search = { .find = find_mac,
		.advice =
			"match network cards by driver or name pattern (en* eth*), not by address",
		.what = "it is about the network card with the address",
		.plural = "es" };

	return judge_network(image, &search, f, err);
}

/* A name beside an address is one that this card is given (set-name:, NAME=), or another word for it. */
static int run_network_names(struct image *image, struct findings *f, struct err *err)
{
	static const struct search search = { .find = find_slot_names,
		.other = find_mac,
		.leads = "guest.network-address",
		.advice =
			"match all cards (networkd: Name=en* eth*), or boot with net.ifnames=0 and "
			"use eth0",
		.what = "it names network cards after their slots, which are others in another "
			"virtual machine:",
		.plural = "" };

	return judge_network(image, &search, f, err);
}

static int run_machine_id(struct image *image, struct findings *f, struct err *err)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	struct rootfs *root;
	int ret = image_rootfs(image, &root, err);

	if (ret == 0)
		ret = rootfs_read_file(root, "/etc/machine-id", 4096, &text, err);
	if (ret == -ENOENT) {
		err_clear(err);
		return 0;
	}
	/* "uninitialized" is how systemd learns that this is a first boot. */
	if (ret == 0 && text.len >= 32 && isxdigit((unsigned char)buf_bytes(&text)[0]))
		finding_add(f, "/etc/machine-id", "empty the file",
			"every machine made of this image will have the same identity");
	return ret;
}

static int run_host_keys(struct image *image, struct findings *f, struct err *err)
{
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
	struct rootfs *root;
	int ret = image_rootfs(image, &root, err);

	if (ret == 0)
		ret = list_folder(root, "/etc/ssh", &dir, err);
	for (size_t i = 0; ret == 0 && i < dir.n; i++)
		if (strncmp(dir.v[i].name, "ssh_host_", 9) == 0 &&
			ends_with(dir.v[i].name, "_key")) {
			finding_add(f, "/etc/ssh",
				"remove ssh_host_* and have them made at first boot",
				"every machine made of this image will have the same host keys (%s)",
				dir.v[i].name);
			break;
		}
	return ret;
}

/* A device that LVM's list allows, which it will then use alone. */
static void find_lvm_device(const char *line, size_t len, struct strlist *found)
{
	const char *p = memmem(line, len, "IDNAME=", 7);

	if (p)
		add_found(found, p + 7, strcspn(p + 7, " \n"));
}

static int run_lvm_devices(struct image *image, struct findings *f, struct err *err)
{
	static const struct search search = { .find = find_lvm_device,
		.advice = "remove the file",
		.what = "LVM will look at one machine's disks only:",
		.plural = "" };
	struct rootfs *root;
	int ret = image_rootfs(image, &root, err);

	return ret < 0 ? ret : judge_file(root, "/etc/lvm/devices/system.devices", &search, f, err);
}

static const struct check checks[] = {
	{ "guest.network-address", SEV_WARNING, "VM-22", "no network card is known by its address",
		NEED_ROOTFS, run_network_address },
	{ "guest.network-names", SEV_WARNING, "VM-22", "no network card is known by its slot",
		NEED_ROOTFS, run_network_names },
	{ "guest.machine-id", SEV_NOTE, "VM-22", "machine-id is empty", NEED_ROOTFS, run_machine_id,
		.fix = fix_machine_id },
	{ "guest.host-keys", SEV_NOTE, "VM-22", "there are no SSH host keys", NEED_ROOTFS,
		run_host_keys },
	{ "guest.lvm-devices", SEV_WARNING, "VM-22", "LVM is not bound to one machine's disks",
		NEED_ROOTFS, run_lvm_devices, .fix = fix_lvm_devices },
};

const struct check_group guest_state_checks = CHECK_GROUP(checks);
