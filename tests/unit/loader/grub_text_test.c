/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "loader/grub_text.h"
#include "tap.h"

static void word(const char *s, const char *want)
{
	struct text b CLEANUP(text_release) = TEXT_INIT;

	grub_text_word(&b, s);
	is_str(text_str(&b), want, want);
}

static void config(void)
{
	static const struct install_kernel kernels[] = {
		{ .version = "6.2", .path = "/boot/vmlinuz-6.2", .initrd = "/boot/initrd.img-6.2" },
		{ .version = "6.1", .path = "/boot/vmlinuz-6.1" },
	};
	const struct grub_text text = {
		.title = "Debian GNU/Linux 12",
		.root_uuid = "u",
		.root_partuuid = "p",
		.args = "console=tty0 a=$b",
		.kernels = kernels,
		.n_kernels = ARRAY_SIZE(kernels),
	};
	struct text b CLEANUP(text_release) = TEXT_INIT;

	grub_text_config(&b, &text);
	is_str(text_str(&b),
		"# Made by armvm-image, because there was none. update-grub replaces it.\n"
		"set default=0\n"
		"set timeout=3\n"
		"search --no-floppy --fs-uuid --set=root u\n"
		"\n"
		"menuentry 'Debian GNU/Linux 12, Linux 6.2' {\n"
		"\tlinux /boot/vmlinuz-6.2 root=UUID=u ro console=tty0 'a=$b'\n"
		"\tinitrd /boot/initrd.img-6.2\n"
		"}\n"
		"\n"
		"menuentry 'Debian GNU/Linux 12, Linux 6.1' {\n"
		"\tlinux /boot/vmlinuz-6.1 root=PARTUUID=p ro console=tty0 'a=$b'\n"
		"}\n",
		"the newest first, PARTUUID where there is no initrd");
}

int main(void)
{
	word("/boot/vmlinuz-6.1.0-40+b1~x", "/boot/vmlinuz-6.1.0-40+b1~x");
	word("", "''");
	word("two words", "'two words'");
	word("$x;reboot", "'$x;reboot'");
	word("it's", "'it'\\''s'");
	word("}\n{\tx\x7f", "'}{x'");
	word("K\xc3\xa4se", "'K\xc3\xa4se'");
	config();
	return tap_done();
}
