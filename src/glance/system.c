/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system in an image: what it is, and whether QEMU's guest agent is
 * installed in it.
 */
#include <string.h>

#include "base/xalloc.h"
#include "glance/derive.h"
#include "glance/osinfo.h"
#include "rootfs/rootfs.h"

static bool starts_windows(const struct boot_chain *chain)
{
	for (size_t i = 0; chain && i < chain->n_steps; i++)
		if (chain->steps[i].loader == LOADER_WINDOWS)
			return true;
	return false;
}

void glance_os_type(const struct glance_source *s, struct glance_property *p)
{
	if (starts_windows(s->chain))
		property_is(p, "windows", "Windows' boot manager is started");
	else if (s->entry && s->entry->kernel)
		property_is(p, "linux", "a Linux kernel is started");
	else
		property_left_out(p, "what is started is not known");
}

void glance_os_distro(const struct glance_source *s, struct glance_property *p)
{
	CLEANUP(xfree) char *version = NULL;
	const char *distro;

	if (!s->inventory) {
		property_left_out(p, "no os-release was found");
		return;
	}
	distro = osinfo_distro(&s->inventory->os, &version);
	if (distro)
		property_is(p, distro, "os-release has ID=%s", s->inventory->os.id);
	else
		property_left_out(p, "libosinfo has no word for os-release's ID=%s",
			s->inventory->os.id ? s->inventory->os.id : "");
}

void glance_os_version(const struct glance_source *s, struct glance_property *p)
{
	CLEANUP(xfree) char *version = NULL;
	const struct os_release *os;

	if (!s->inventory || !osinfo_distro(&s->inventory->os, &version)) {
		property_left_out(p, "it says nothing without os_distro");
		return;
	}
	os = &s->inventory->os;
	if (!version)
		property_left_out(p, "the distribution has no versions, or os-release none");
	else if (os->version_id)
		property_is(p, version, "os-release has VERSION_ID=%s", os->version_id);
	else
		property_is(p, version, "os-release has no VERSION_ID");
}

void glance_guest_agent(const struct glance_source *s, struct glance_property *p)
{
	static const char *const places[] = { "/usr/bin/qemu-ga", "/usr/sbin/qemu-ga",
		"/usr/local/bin/qemu-ga", "/usr/local/sbin/qemu-ga", "/bin/qemu-ga",
		"/sbin/qemu-ga" };
	struct rootfs_stat st;
	struct rootfs *root;

	if (image_rootfs(s->image, &root, NULL) < 0) {
		property_left_out(p, "there is no root file system to look for qemu-ga in");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (rootfs_stat(root, places[i], &st, NULL) == 0 && st.type == ROOTFS_FILE &&
			st.size) {
			property_is(p, "yes", "%s is installed", places[i]);
			return;
		}
	property_left_out(p, "qemu-ga is not installed");
}
