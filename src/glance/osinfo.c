/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From os-release(5) to libosinfo's words. See osinfo.h. A word is the ID of
 * os-release and the distro of libosinfo's database. Distributions that the database
 * lacks have none: Glance wants a recognised word, or nothing.
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
};

#define WORDS_MAX 20

/* The distributions whose versions libosinfo writes in the same way. */
static const struct group {
	enum version_form form;
	struct word {
		const char *id, *distro;
	} words[WORDS_MAX]; /* ends at an empty one */
} groups[] = {
	{ AS_IT_IS, { { "centos", "centos" }, { "cirros", "cirros" }, { "debian", "debian" },
			    { "fedora", "fedora" }, { "freebsd", "freebsd" },
			    { "mageia", "mageia" }, { "miraclelinux", "miraclelinux" },
			    { "ol", "ol" }, { "opensuse", "opensuse" },
			    { "opensuse-leap", "opensuse" }, { "pop", "popos" }, { "rhel", "rhel" },
			    { "sle-micro", "slem" }, { "sled", "sled" }, { "sles", "sles" } } },
	{ MAJOR, { { "almalinux", "almalinux" }, { "pureos", "pureos" }, { "rocky", "rocky" } } },
	{ MAJOR_MINOR, { { "alpine", "alpinelinux" }, { "altlinux", "alt" }, { "endless", "eos" },
			       { "guix", "guix-system" }, { "nixos", "nixos" },
			       { "slackware", "slackware" }, { "ubuntu", "ubuntu" } } },
	{ ROLLING, { { "arch", "archlinux" }, { "archarm", "archlinux" },
			   { "clear-linux-os", "clearlinux" }, { "gentoo", "gentoo" },
			   { "opensuse-microos", "opensuse" },
			   { "opensuse-tumbleweed", "opensuse" }, { "void", "voidlinux" } } },
};

/* What libosinfo has for a version where os-release has none, or one that changes by the day. */
static const struct {
	const char *id, *version;
} named[] = {
	{ "altlinux", "sisyphus" },
	{ "debian", "testing" },
	{ "nixos", "unstable" },
	{ "opensuse-microos", "microos" },
	{ "opensuse-tumbleweed", "tumbleweed" },
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

static char *named_version(const char *id)
{
	for (size_t i = 0; i < ARRAY_SIZE(named); i++)
		if (strcmp(named[i].id, id) == 0)
			return xstrdup(named[i].version);
	return NULL;
}

static char *version_of(enum version_form form, const struct os_release *os)
{
	const char *version = os->version_id;

	if (!version || !*version || form == ROLLING)
		return named_version(os->id);
	switch (form) {
	case MAJOR:
		return up_to_dot(version, 1);
	case MAJOR_MINOR:
		return up_to_dot(version, 2);
	default:
		return xstrdup(version);
	}
}

/* SUSE's server and desktop of version 15 are one there, before and behind they are two. */
static bool is_sle(const struct os_release *os)
{
	return (strcmp(os->id, "sles") == 0 || strcmp(os->id, "sled") == 0) && os->version_id &&
	       atoi(os->version_id) == 15;
}

const char *osinfo_distro(const struct os_release *os, char **version)
{
	*version = NULL;
	for (size_t i = 0; os->id && i < ARRAY_SIZE(groups); i++)
		for (const struct word *w = groups[i].words; w->id; w++)
			if (strcmp(w->id, os->id) == 0) {
				*version = version_of(groups[i].form, os);
				return is_sle(os) ? "sle" : w->distro;
			}
	return NULL;
}
