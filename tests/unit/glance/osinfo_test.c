/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * glance/osinfo: os-release(5) to libosinfo's words.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "glance/osinfo.h"
#include "rootfs/osrelease.h"
#include "tap.h"

static void known(const char *text, const char *distro, const char *version)
{
	struct os_release os CLEANUP(os_release_release) = { 0 };
	CLEANUP(xfree) char *got = NULL;
	const char *word;

	os_release_parse(&os, text);
	word = osinfo_distro(&os, &got);
	is_str(word ? word : "none", distro ? distro : "none", text);
	is_str(got ? got : "none", version ? version : "none", "its version");
}

int main(void)
{
	known("ID=debian\nVERSION_ID=\"12\"\n", "debian", "12");
	known("ID=debian\nVERSION_CODENAME=forky\n", "debian", "testing");
	known("ID=ubuntu\nVERSION_ID=\"24.04\"\n", "ubuntu", "24.04");
	known("ID=ubuntu\nVERSION_ID=\"24.04.1\"\n", "ubuntu", "24.04");
	known("ID=fedora\nVERSION_ID=41\n", "fedora", "41");
	known("ID=\"centos\"\nVERSION_ID=\"9\"\n", "centos", "9");
	known("ID=\"almalinux\"\nVERSION_ID=\"9.4\"\n", "almalinux", "9");
	known("ID=\"rocky\"\nVERSION_ID=\"9.4\"\n", "rocky", "9.4");
	known("ID=\"opensuse-leap\"\nVERSION_ID=\"15.6\"\n", "opensuse", "15.6");
	known("ID=\"opensuse-tumbleweed\"\nVERSION_ID=\"20240101\"\n", "opensuse", "tumbleweed");
	known("ID=\"sles\"\nVERSION_ID=\"15.5\"\n", "sle", "15.5");
	known("ID=\"sles\"\nVERSION_ID=\"12.5\"\n", "sles", "12.5");
	known("ID=alpine\nVERSION_ID=3.20.1\n", "alpinelinux", "3.20");
	known("ID=arch\n", "archlinux", NULL);
	known("ID=myown\nID_LIKE=debian\nVERSION_ID=12\n", NULL, NULL);
	known("NAME=x\n", NULL, NULL);
	known("ID=sles\n", "sles", NULL);
	return tap_done();
}
