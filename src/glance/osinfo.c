/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From os-release(5) to libosinfo's words. See osinfo.h. A row is the ID of
 * os-release, the distro of libosinfo's database, and how its versions are
 * written there. Distributions that the database lacks have no row: Glance
 * wants a recognised word or none.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "glance/osinfo.h"
#include "rootfs/osrelease.h"

enum version_form {
	AS_IT_IS,    /* VERSION_ID */
	MAJOR,       /* up to the first dot */
	MAJOR_MINOR, /* up to the second dot */
	ROLLING,     /* no version */
	SUSE,        /* the family is named otherwise from 15 on */
};

static const struct row {
	const char *id, *distro;
	enum version_form form;
	const char *unversioned; /* the version when os-release has none; NULL: none */
} rows[] = {
	{ "almalinux", "almalinux", MAJOR, NULL },
	{ "alpine", "alpinelinux", MAJOR_MINOR, NULL },
	{ "altlinux", "alt", MAJOR_MINOR, "sisyphus" },
	{ "arch", "archlinux", ROLLING, NULL },
	{ "archarm", "archlinux", ROLLING, NULL },
	{ "centos", "centos", AS_IT_IS, NULL },
	{ "cirros", "cirros", AS_IT_IS, NULL },
	{ "clear-linux-os", "clearlinux", ROLLING, NULL },
	{ "debian", "debian", AS_IT_IS, "testing" },
	{ "endless", "eos", MAJOR_MINOR, NULL },
	{ "fedora", "fedora", AS_IT_IS, NULL },
	{ "gentoo", "gentoo", ROLLING, NULL },
	{ "guix", "guix", MAJOR_MINOR, NULL },
	{ "mageia", "mageia", AS_IT_IS, NULL },
	{ "miraclelinux", "miraclelinux", AS_IT_IS, NULL },
	{ "nixos", "nixos", MAJOR_MINOR, "unstable" },
	{ "ol", "ol", AS_IT_IS, NULL },
	{ "opensuse", "opensuse", AS_IT_IS, NULL },
	{ "opensuse-leap", "opensuse", AS_IT_IS, NULL },
	{ "opensuse-tumbleweed", "opensuse", ROLLING, "tumbleweed" },
	{ "pop", "popos", AS_IT_IS, NULL },
	{ "pureos", "pureos", MAJOR, NULL },
	{ "rhel", "rhel", AS_IT_IS, NULL },
	{ "rocky", "rocky", AS_IT_IS, NULL },
	{ "sle-micro", "slem", AS_IT_IS, NULL },
	{ "sled", "sled", SUSE, NULL },
	{ "sles", "sles", SUSE, NULL },
	{ "slackware", "slackware", MAJOR_MINOR, NULL },
	{ "ubuntu", "ubuntu", MAJOR_MINOR, NULL },
	{ "void", "voidlinux", ROLLING, NULL },
};

/* version up to the dot of this number, counted from 1. */
static char *up_to_dot(const char *version, unsigned dots)
{
	const char *p = version;

	for (; *p; p++)
		if (*p == '.' && --dots == 0)
			break;
	return xstrndup(version, (size_t)(p - version));
}

static char *version_of(const struct row *row, const char *version)
{
	if (!version || !*version || row->form == ROLLING)
		return row->unversioned ? xstrdup(row->unversioned) : NULL;
	switch (row->form) {
	case MAJOR:
		return up_to_dot(version, 1);
	case MAJOR_MINOR:
		return up_to_dot(version, 2);
	default:
		return xstrdup(version);
	}
}

const char *osinfo_distro(const struct os_release *os, char **version)
{
	*version = NULL;
	for (size_t i = 0; os->id && i < ARRAY_SIZE(rows); i++) {
		if (strcmp(rows[i].id, os->id) != 0)
			continue;
		*version = version_of(&rows[i], os->version_id);
		if (rows[i].form == SUSE && os->version_id && atoi(os->version_id) >= 15)
			return "sle";
		return rows[i].distro;
	}
	return NULL;
}
