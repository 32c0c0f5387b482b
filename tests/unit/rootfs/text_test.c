/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The small text files of a guest: fstab, crypttab, os-release, kernel
 * configurations and debconf's database.
 */
#include "rootfs/debconf.h"
#include "rootfs/fstab.h"
#include "rootfs/kconfig.h"
#include "rootfs/osrelease.h"

#include "base/xalloc.h"
#include "tap.h"

static const char fstab_text[] = "# a comment\n"
				 "\n"
				 "UUID=1234-ABCD\t/boot/efi/ vfat umask=0077,nofail 0 1\r\n"
				 "/dev/vda1 / ext4 errors=remount-ro 0 1\n"
				 "  LABEL=a\\040b /srv/with\\011tab xfs\n"
				 "broken line\n"
				 "tmpfs /tmp tmpfs size=1G,mode=1777";

static void test_fstab(void)
{
	CLEANUP(fstab_release) struct fstab tab = { 0 };
	const struct fstab_line *l;
	char *v;

	fstab_parse(&tab, fstab_text, strlen(fstab_text));
	is_int(tab.n, 4, "four lines mount something");
	is_int(tab.bad_line, 6, "the line with two fields is recorded");
	l = fstab_find(&tab, "/boot/efi");
	ok(l != NULL, "a trailing slash does not hide /boot/efi");
	is_str(l ? l->spec : NULL, "UUID=1234-ABCD", "its device");
	is_int(l ? l->line : 0, 3, "its line number");
	is_int(l ? l->passno : 9, 1, "its pass number, before a carriage return");
	ok(l && fstab_has_option(l->options, "nofail"), "nofail is found");
	ok(l && !fstab_has_option(l->options, "fail"), "a part of an option is not");
	is_str(tab.v[2].spec, "LABEL=a b", "\\040 is a blank");
	is_str(tab.v[2].file, "/srv/with\ttab", "\\011 is a tab");
	is_str(tab.v[2].options, "defaults", "options may be missing");
	v = fstab_option_value(tab.v[3].options, "mode");
	is_str(v, "1777", "the value of an option at the end, without a newline");
	free(v);
	ok(!fstab_find(&tab, "/home"), "what is not there is not found");
}

static void test_device_names(void)
{
	static const char *const yes[] = { "/dev/sda1", "/dev/vda", "/dev/xvda1", "/dev/nvme0n1p2",
		"/dev/mmcblk0p1", "/dev/hdb3", "/dev/sdaa12" };
	static const char *const no[] = { "UUID=x", "/dev/disk/by-uuid/x", "/dev/mapper/vg-root",
		"/dev/sd", "/dev/sdcard/x", "PARTUUID=sda1", "/dev/vg/root", "/dev/md0" };

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		ok(fstab_by_device_name(yes[i]), "%s is a name by order", yes[i]);
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		ok(!fstab_by_device_name(no[i]), "%s is not", no[i]);
}

static void test_truncated(void)
{
	for (size_t len = 0; len <= strlen(fstab_text); len++) {
		/* On the heap and without a NUL, so that a sanitizer sees an overrun. */
		char *copy = xmemdup(fstab_text, len + 1);
		char *tight = xreallocarray(copy, len ? len : 1, 1);
		struct fstab tab = { 0 };
		struct crypttab crypt = { 0 };

		fstab_parse(&tab, tight, len);
		crypttab_parse(&crypt, tight, len);
		fstab_release(&tab);
		crypttab_release(&crypt);
		free(tight);
	}
	ok(true, "fstab is read cut off at each byte");
}

static void test_crypttab(void)
{
	static const char text[] = "# name device key options\nroot UUID=a-b none "
				   "luks,tpm2-device=auto\nswap /dev/vda3\n";
	CLEANUP(crypttab_release) struct crypttab tab = { 0 };

	crypttab_parse(&tab, text, strlen(text));
	is_int(tab.n, 2, "two encrypted devices");
	ok(fstab_has_option(tab.v[0].options, "tpm2-device"), "an option with a value");
	is_str(tab.v[1].key, "", "a missing key is empty");
}

static void test_os_release(void)
{
	static const char text[] =
		"PRETTY_NAME=\"Debian \\\"GNU\\\"/Linux 12\"\nID=debian\n"
		"# ID=other\nVERSION_ID='12' # really\nID_LIKE=\"suse opensuse\"\n";
	CLEANUP(os_release_release) struct os_release os = { 0 };

	os_release_parse(&os, text);
	is_str(os.pretty_name, "Debian \"GNU\"/Linux 12", "escaped quotes");
	is_str(os.id, "debian", "no quotes; comments are not read");
	is_str(os.version_id, "12", "single quotes");
	ok(!os.codename, "what is missing is NULL");
	ok(os_release_is_like(&os, "opensuse"), "ID_LIKE is a list");
	ok(!os_release_is_like(&os, "open"), "of whole words");
	os_release_parse(&os, "");
	is_str(os.id, "linux", "an empty file is some Linux");
}

static void test_kconfig(void)
{
	static const char text[] = "#\n# Automatically generated\n#\nCONFIG_VIRTIO_PCI=m\n"
				   "CONFIG_VIRTIO=y\n# CONFIG_VIRTIO_BLK is not set\n"
				   "CONFIG_MY_VIRTIO_NET=y\nCONFIG_NR_CPUS=256\nCONFIG_EFI_STUB=y";
	size_t len = strlen(text);

	is_int(kconfig_get(text, len, "VIRTIO_PCI"), KCONFIG_MODULE, "a module");
	is_int(kconfig_get(text, len, "VIRTIO"), KCONFIG_YES, "a name that others begin with");
	is_int(kconfig_get(text, len, "VIRTIO_BLK"), KCONFIG_NO, "not set");
	is_int(kconfig_get(text, len, "VIRTIO_NET"), KCONFIG_ABSENT, "a name that others end with");
	is_int(kconfig_get(text, len, "NR_CPUS"), KCONFIG_OTHER, "a number");
	is_int(kconfig_get(text, len, "EFI_STUB"), KCONFIG_YES, "the last line, without a newline");
	for (size_t n = 0; n <= len; n++) {
		char *tight = xmemdup(text, n + !n);

		kconfig_get(tight, n, "EFI_STUB");
		kconfig_get(tight, n, "VIRTIO");
		free(tight);
	}
	ok(true, "a configuration is read cut off at each byte");
}

static void test_debconf(void)
{
	static const char text[] = "Name: grub2/a\nTemplate: grub2/a\nOwners: grub-common\n\n"
				   "Name: grub2/update_nvram\nTemplate: grub2/update_nvram\n"
				   "Value: true\nOwners: grub-common, grub-efi-arm64\nFlags: seen\n"
				   "Variables:\n X = 1\n\nName: man-db/x\nTemplate: man-db/x\n"
				   "Value: \nOwners: man-db\n\n";
	CLEANUP(text_release) struct text out = TEXT_INIT;
	CLEANUP(text_release) struct text twice = TEXT_INIT;
	char *v = debconf_get(text, "grub2/update_nvram");

	is_str(v, "true", "a value is read");
	free(v);
	ok(!debconf_get(text, "grub2/a"), "a question without a value");
	ok(!debconf_get(text, "grub2"), "a question that is not there");
	v = debconf_get(text, "man-db/x");
	is_str(v, "", "an empty value");
	free(v);
	debconf_set(text, "grub2/update_nvram", "false", "grub-efi-arm64", &out);
	is_str(text_str(&out),
		"Name: grub2/a\nTemplate: grub2/a\nOwners: grub-common\n\n"
		"Name: grub2/update_nvram\nTemplate: grub2/update_nvram\n"
		"Value: false\nOwners: grub-common, grub-efi-arm64\nFlags: seen\n"
		"Variables:\n X = 1\n\nName: man-db/x\nTemplate: man-db/x\n"
		"Value: \nOwners: man-db\n\n",
		"only the value changes");
	text_reset(&out);
	debconf_set(text, "grub2/force_efi_extra_removable", "true", "grub-efi-arm64", &out);
	v = debconf_get(text_str(&out), "grub2/force_efi_extra_removable");
	is_str(v, "true", "a new question is added");
	free(v);
	ok(strstr(text_str(&out), "grub-common\n\nName: grub2/force_efi_extra_removable\n"),
		"in its place");
	ok(strstr(text_str(&out), "Flags: seen\n\nName: grub2/update_nvram\n"), "as one stanza");
	debconf_set(text_str(&out), "zz/last", "1", "me", &twice);
	ok(strstr(text_str(&twice), "Owners: man-db\n\nName: zz/last\n"), "at the end, too");
	text_reset(&out);
	debconf_set("Name: a\nx", "z", "1", "me", &out);
	ok(strstr(text_str(&out), "x\n\nName: z\n"), "behind a file that ends abruptly");
	text_reset(&out);
	debconf_set("", "a/b", "1", "me", &out);
	is_str(text_str(&out), "Name: a/b\nTemplate: a/b\nValue: 1\nOwners: me\nFlags: seen\n\n",
		"into an empty file");
}

int main(void)
{
	test_fstab();
	test_device_names();
	test_truncated();
	test_crypttab();
	test_os_release();
	test_kconfig();
	test_debconf();
	return tap_done();
}
