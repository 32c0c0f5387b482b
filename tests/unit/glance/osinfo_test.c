/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * glance/osinfo: os-release(5) to libosinfo's words.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "glance/osinfo.h"
#include "rootfs/osrelease.h"
#include "tap.h"

/* An os-release, as the system has it, and what is answered; NULL: nothing. */
static const struct system {
	const char *text, *distro, *version;
} systems[] = {
	{ "ID=debian\nVERSION_ID=\"12\"\n", "debian", "12" },
	{ "ID=debian\nVERSION_CODENAME=forky\n", "debian", "testing" },
	{ "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\n", "ubuntu", "24.04" },
	{ "ID=ubuntu\nVERSION_ID=\"24.04.1\"\n", "ubuntu", "24.04" },
	{ "ID=fedora\nVERSION_ID=41\n", "fedora", "41" },
	{ "ID=\"rhel\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"9.4\"\n", "rhel", "9.4" },
	{ "ID=\"centos\"\nNAME=\"CentOS Stream\"\nVERSION_ID=\"9\"\n", "centos", "9" },
	{ "ID=\"almalinux\"\nVERSION_ID=\"9.4\"\n", "almalinux", "9" },
	{ "ID=\"rocky\"\nVERSION_ID=\"9.4\"\n", "rocky", "9" },
	{ "ID=\"rocky\"\nVERSION_ID=\"10\"\n", "rocky", "10" },
	{ "ID=\"ol\"\nVERSION_ID=\"8.9\"\n", "ol", "8.9" },
	{ "ID=\"opensuse-leap\"\nVERSION_ID=\"15.6\"\n", "opensuse", "15.6" },
	{ "ID=\"opensuse-tumbleweed\"\nVERSION_ID=\"20240101\"\n", "opensuse", "tumbleweed" },
	{ "ID=\"opensuse-microos\"\nVERSION_ID=\"20240101\"\n", "opensuse", "microos" },
	{ "ID=\"sles\"\nVERSION_ID=\"12.5\"\n", "sles", "12.5" },
	{ "ID=\"sles\"\nVERSION_ID=\"15\"\n", "sle", "15" },
	{ "ID=\"sles\"\nVERSION_ID=\"15.5\"\n", "sle", "15.5" },
	{ "ID=\"sled\"\nVERSION_ID=\"15.5\"\n", "sle", "15.5" },
	{ "ID=\"sles\"\nVERSION_ID=\"16.0\"\n", "sles", "16.0" },
	{ "ID=\"sle-micro\"\nVERSION_ID=\"5.5\"\n", "slem", "5.5" },
	{ "ID=sles\n", "sles", NULL },
	{ "ID=alpine\nVERSION_ID=3.20.1\n", "alpinelinux", "3.20" },
	{ "ID=arch\nBUILD_ID=rolling\n", "archlinux", NULL },
	{ "ID=archarm\nID_LIKE=arch\n", "archlinux", NULL },
	{ "ID=nixos\nVERSION_ID=\"24.05\"\n", "nixos", "24.05" },
	{ "ID=nixos\n", "nixos", "unstable" },
	{ "ID=altlinux\nVERSION_ID=p10\n", "alt", "p10" },
	{ "ID=gentoo\nVERSION_ID=2.15\n", "gentoo", NULL },
	{ "ID=void\n", "voidlinux", NULL },
	{ "ID=freebsd\nVERSION_ID=14.1\n", "freebsd", "14.1" },
	{ "ID=cirros\nVERSION_ID=\"0.6.2\"\n", "cirros", "0.6.2" },
	/* Those that libosinfo has no word for: not that of what they are like. */
	{ "ID=\"amzn\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"2023\"\n", NULL, NULL },
	{ "ID=\"openEuler\"\nVERSION_ID=\"22.03\"\n", NULL, NULL },
	{ "ID=\"sl-micro\"\nID_LIKE=\"suse\"\nVERSION_ID=\"6.0\"\n", NULL, NULL },
	{ "ID=flatcar\nID_LIKE=coreos\nVERSION_ID=3975.2.0\n", NULL, NULL },
	{ "ID=myown\nID_LIKE=debian\nVERSION_ID=12\n", NULL, NULL },
	{ "ID=Debian\nVERSION_ID=12\n", NULL, NULL },
	{ "ID=debian-like\nVERSION_ID=12\n", NULL, NULL },
	{ "NAME=x\n", NULL, NULL },
};

static void known(const struct system *s)
{
	struct os_release os CLEANUP(os_release_release) = { 0 };
	CLEANUP(xfree) char *got = NULL;
	const char *word;

	os_release_parse(&os, s->text);
	word = osinfo_distro(&os, &got);
	is_str(word ? word : "none", s->distro ? s->distro : "none", s->text);
	is_str(got ? got : "none", s->version ? s->version : "none", "its version");
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(systems); i++)
		known(&systems[i]);
	return tap_done();
}
